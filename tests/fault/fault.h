// Faults for tests: a wrapper around a store that fails its n-th call, once or for good.
//
// A sweep runs the same work with n = 1, 2, 3, … until no call is left to fail, and looks for lost work and leaks after
// each run. With `answer_lost` the call is done and only its answer fails, as when a connection breaks in between: work
// that is repeated after it must not count twice. Safe from all threads.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct fault {
    _Atomic int64_t calls; // so far
    int64_t at;            // the call that fails, from 1; 0: none
    bool for_good;         // all calls from it on fail
    bool answer_lost;
};

// Counts a call; whether it is one that fails.
static inline bool fault_strikes(struct fault *fault)
{
    int64_t call = atomic_fetch_add(&fault->calls, 1) + 1;
    return fault->at > 0 && (fault->for_good ? call >= fault->at : call == fault->at);
}

static inline enum err_code fault_error(const struct fault *fault, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "call %lld was made to fail by the test", (long long)fault->at);
}

// In a wrapper's operation: fails instead of the call, or after it.
#define FAULT_AROUND(fault, call, err)                                                                                 \
    do {                                                                                                               \
        bool strikes = fault_strikes(fault);                                                                           \
        if (strikes && !(fault)->answer_lost)                                                                          \
            return fault_error(fault, err);                                                                            \
        enum err_code code = (call);                                                                                   \
        return strikes && code == ERR_NONE ? fault_error(fault, err) : code;                                           \
    } while (0)

// The same for calls with results to be freed: they fail before, whatever the fault says.
#define FAULT_BEFORE(fault, call, err)                                                                                 \
    do {                                                                                                               \
        if (fault_strikes(fault))                                                                                      \
            return fault_error(fault, err);                                                                            \
        return (call);                                                                                                 \
    } while (0)
