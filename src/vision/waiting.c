#include "vision/waiting.h"

#include "base/clock.h"
#include "os/cond.h"

// A cancel has a condition variable of its own, so a waiter looks at it this often. Inferences take milliseconds: this
// only matters when all requests are busy for long.
#define CANCEL_POLL_US 20000

struct waiting waiting_begin(int64_t timeout_ms, struct cancel *cancel, const char *what)
{
    struct waiting waiting = {.deadline_us = -1, .cancel = cancel, .what = what};
    int64_t now_us = clock_monotonic_us(clock_system());
    if (timeout_ms >= 0 && timeout_ms < (INT64_MAX - now_us) / 1000)
        waiting.deadline_us = now_us + timeout_ms * 1000;
    return waiting;
}

enum err_code waiting_step(const struct waiting *waiting, pthread_cond_t *cond, pthread_mutex_t *mutex, struct err *err)
{
    if (cancel_requested(waiting->cancel))
        return err_set(err, ERR_CANCELLED, "cancelled while waiting for %s", waiting->what);
    if (waiting->deadline_us < 0 && waiting->cancel == NULL) {
        pthread_cond_wait(cond, mutex);
        return ERR_NONE;
    }
    int64_t now_us = clock_monotonic_us(clock_system());
    if (waiting->deadline_us >= 0 && now_us >= waiting->deadline_us)
        return err_set(err, ERR_TIMEOUT, "waited too long for %s", waiting->what);
    int64_t until_us = waiting->deadline_us;
    if (waiting->cancel != NULL && (until_us < 0 || until_us > now_us + CANCEL_POLL_US))
        until_us = now_us + CANCEL_POLL_US;
    (void)cond_wait_until(cond, mutex, until_us);
    return ERR_NONE;
}
