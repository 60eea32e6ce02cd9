#include "os/bounded_queue.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/cond.h"

// How often a waiter looks at its cancel, which has a condition variable of its own.
#define CANCEL_POLL_MS 50
// Longer waits than this cannot be told from forever, and would overflow.
#define WAIT_MAX_MS ((int64_t)1000 * 86400 * 365)

struct bounded_queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_full;
    pthread_cond_t not_empty;
    bool closed;
    size_t capacity;
    size_t head;
    size_t size;
    void *items[];
};

struct bounded_queue *bounded_queue_new(size_t capacity)
{
    assert(capacity > 0);
    struct bounded_queue *queue = mem_calloc(1, sizeof(*queue) + capacity * sizeof(queue->items[0]));
    queue->capacity = capacity;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->not_full, NULL);
    pthread_cond_init(&queue->not_empty, NULL);
    return queue;
}

void bounded_queue_free(struct bounded_queue *queue, void (*free_item)(void *item))
{
    if (queue == NULL)
        return;
    for (size_t i = 0; i < queue->size && free_item != NULL; i++)
        free_item(queue->items[(queue->head + i) % queue->capacity]);
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

// When a wait that begins now is over.
static int64_t end_after(int64_t timeout_ms)
{
    return timeout_ms > 0 ? now_ms() + (timeout_ms < WAIT_MAX_MS ? timeout_ms : WAIT_MAX_MS) : 0;
}

// Waits once, for a signal, the end or the next look at the cancel. False, with the error, when waiting is over.
static enum err_code wait_once(
    struct bounded_queue *queue, pthread_cond_t *cond, int64_t end_ms, const struct cancel *cancel, struct err *err)
{
    int64_t now = now_ms();
    if (now >= end_ms)
        return err_set(err, ERR_TIMEOUT, "the queue did not move in time");
    int64_t until_ms = cancel != NULL && now + CANCEL_POLL_MS < end_ms ? now + CANCEL_POLL_MS : end_ms;
    (void)cond_wait_until(cond, &queue->mutex, until_ms * 1000);
    return ERR_NONE;
}

enum err_code bounded_queue_push(
    struct bounded_queue *queue, void *item, int64_t timeout_ms, struct cancel *cancel, struct err *err)
{
    assert(item != NULL);
    enum err_code code = ERR_NONE;
    int64_t end_ms = end_after(timeout_ms);
    pthread_mutex_lock(&queue->mutex);
    while (code == ERR_NONE) {
        code = cancel_check(cancel, err);
        if (code == ERR_NONE && queue->closed)
            code = err_set(err, ERR_CONFLICT, "the queue is closed");
        if (code != ERR_NONE || queue->size < queue->capacity)
            break;
        code = wait_once(queue, &queue->not_full, end_ms, cancel, err);
    }
    if (code == ERR_NONE) {
        queue->items[(queue->head + queue->size++) % queue->capacity] = item;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->mutex);
    return code;
}

enum err_code bounded_queue_pop(
    struct bounded_queue *queue, int64_t timeout_ms, struct cancel *cancel, void **item, struct err *err)
{
    enum err_code code = ERR_NONE;
    int64_t end_ms = end_after(timeout_ms);
    *item = NULL;
    pthread_mutex_lock(&queue->mutex);
    while (code == ERR_NONE) {
        code = cancel_check(cancel, err);
        if (code != ERR_NONE || queue->size > 0)
            break;
        if (queue->closed)
            code = err_set(err, ERR_NOT_FOUND, "the queue is closed and empty");
        else
            code = wait_once(queue, &queue->not_empty, end_ms, cancel, err);
    }
    if (code == ERR_NONE) {
        *item = queue->items[queue->head];
        queue->head = (queue->head + 1) % queue->capacity;
        queue->size--;
        pthread_cond_signal(&queue->not_full);
    }
    pthread_mutex_unlock(&queue->mutex);
    return code;
}

void bounded_queue_close(struct bounded_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_full);
    pthread_cond_broadcast(&queue->not_empty);
    pthread_mutex_unlock(&queue->mutex);
}

bool bounded_queue_is_closed(const struct bounded_queue *queue)
{
    struct bounded_queue *of = (struct bounded_queue *)queue;
    pthread_mutex_lock(&of->mutex);
    bool closed = of->closed;
    pthread_mutex_unlock(&of->mutex);
    return closed;
}

size_t bounded_queue_size(const struct bounded_queue *queue)
{
    struct bounded_queue *of = (struct bounded_queue *)queue;
    pthread_mutex_lock(&of->mutex);
    size_t size = of->size;
    pthread_mutex_unlock(&of->mutex);
    return size;
}
