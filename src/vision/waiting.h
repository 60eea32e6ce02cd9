// Waiting on a condition variable under a deadline and a cancel. Internal to vision/.
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/err.h"
#include "os/cancel.h"

struct waiting {
    int64_t deadline_us; // monotonic; < 0: none
    struct cancel *cancel;
    const char *what; // "waited for …" in the timeout's sentence
};

struct waiting waiting_begin(int64_t timeout_ms, struct cancel *cancel, const char *what);

// To be called with `mutex` held, in a loop that looks at its own condition first: ERR_NONE means "look again".
enum err_code waiting_step(
    const struct waiting *waiting, pthread_cond_t *cond, pthread_mutex_t *mutex, struct err *err) ERR_MUST_CHECK;
