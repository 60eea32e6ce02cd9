#include "os/cancel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/cond.h"

// How often a waiter looks at its ancestors, which have condition variables of their own.
#define ANCESTOR_POLL_MS 50
// "Forever" must not wrap round into the past, also in microseconds.
#define FOREVER_MS (INT64_MAX / 4000)

struct cancel {
    struct cancel *parent;
    atomic_bool requested;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

struct cancel *cancel_new(struct cancel *parent)
{
    struct cancel *cancel = mem_calloc(1, sizeof(*cancel));
    cancel->parent = parent;
    atomic_init(&cancel->requested, false);
    pthread_mutex_init(&cancel->mutex, NULL);
    pthread_cond_init(&cancel->changed, NULL);
    return cancel;
}

void cancel_free(struct cancel *cancel)
{
    if (cancel == NULL)
        return;
    pthread_cond_destroy(&cancel->changed);
    pthread_mutex_destroy(&cancel->mutex);
    free(cancel);
}

void cancel_request(struct cancel *cancel)
{
    pthread_mutex_lock(&cancel->mutex);
    atomic_store(&cancel->requested, true);
    pthread_cond_broadcast(&cancel->changed);
    pthread_mutex_unlock(&cancel->mutex);
}

bool cancel_requested(const struct cancel *cancel)
{
    for (; cancel != NULL; cancel = cancel->parent) {
        if (atomic_load(&((struct cancel *)cancel)->requested))
            return true;
    }
    return false;
}

static int64_t monotonic_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

bool cancel_wait(struct cancel *cancel, int64_t timeout_ms)
{
    struct cancel *local = cancel == NULL ? cancel_new(NULL) : NULL;
    struct cancel *self = cancel != NULL ? cancel : local;
    int64_t start_ms = monotonic_ms();
    int64_t end_ms = timeout_ms < FOREVER_MS ? start_ms + timeout_ms : FOREVER_MS;

    pthread_mutex_lock(&self->mutex);
    while (!cancel_requested(self)) {
        int64_t now_ms = monotonic_ms();
        if (now_ms >= end_ms)
            break;
        int64_t until_ms = end_ms;
        if (self->parent != NULL && now_ms + ANCESTOR_POLL_MS < end_ms)
            until_ms = now_ms + ANCESTOR_POLL_MS;
        (void)cond_wait_until(&self->changed, &self->mutex, until_ms * 1000);
    }
    pthread_mutex_unlock(&self->mutex);
    bool requested = cancel_requested(self);
    cancel_free(local);
    return requested;
}

enum err_code cancel_check(const struct cancel *cancel, struct err *err)
{
    return cancel_requested(cancel) ? err_set(err, ERR_CANCELLED, "cancelled") : ERR_NONE;
}
