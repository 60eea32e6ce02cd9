// Trying again: how often, and after what pauses.
//
// Pauses grow exponentially and are drawn at random between zero and the grown bound ("full jitter", Marc Brooker,
// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that many clients do not come back in step. Clock
// and randomness are given, so that tests decide both. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "os/cancel.h"

struct retry_policy {
    int attempts;           // in all, the first included; 1: never again
    int64_t first_delay_ms; // upper bound of the first pause
    int64_t most_delay_ms;  // upper bound of any pause
    int64_t total_ms;       // no attempt begins later than this after the first; 0: no bound
};

#define RETRY_POLICY_DEFAULT                                                                                           \
    ((struct retry_policy){.attempts = 5, .first_delay_ms = 200, .most_delay_ms = 10000, .total_ms = 120000})

struct retry {
    struct retry_policy policy;
    const struct clock *clock;
    uint64_t random;
    int64_t started_us;
    int failures;
};

// `clock` NULL: the system's. `seed` 0: from the system's randomness.
void retry_init(struct retry *retry, const struct retry_policy *policy, const struct clock *clock, uint64_t seed);
// Whether to try again after a failure with `code`, and after what pause. `least_delay_ms` is what the other side asked
// for (Retry-After), 0 if nothing; a pause that would pass total_ms means no.
bool retry_next(struct retry *retry, enum err_code code, int64_t least_delay_ms, int64_t *delay_ms);
// The same, and waits for it: false when there is no other attempt or when cancelled meanwhile.
bool retry_wait(struct retry *retry, enum err_code code, int64_t least_delay_ms, struct cancel *cancel);
