// A bounded first-in first-out queue of pointers between threads: any number of producers and consumers.
//
// Full queues hold producers back, empty ones consumers; both waits end early on cancel, and on close. After
// bounded_queue_close() nothing goes in, and consumers get what is left and then ERR_NOT_FOUND. Items belong to whoever
// holds them: the queue never frees one. Safe from all threads, except _free.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "os/cancel.h"

// As a timeout: wait until something happens.
#define BOUNDED_QUEUE_FOREVER INT64_MAX

struct bounded_queue;

struct bounded_queue *bounded_queue_new(size_t capacity);
// Nobody may be waiting; items left inside are handed to `free_item` if that is not NULL.
void bounded_queue_free(struct bounded_queue *queue, void (*free_item)(void *item));

// `item` is not NULL. On any error the caller still owns it: ERR_TIMEOUT, ERR_CANCELLED, ERR_CONFLICT (closed).
// `timeout_ms` 0 only tries. `cancel` may be NULL.
enum err_code bounded_queue_push(
    struct bounded_queue *queue, void *item, int64_t timeout_ms, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// ERR_TIMEOUT, ERR_CANCELLED, or ERR_NOT_FOUND when closed and empty. Cancel wins over items.
enum err_code bounded_queue_pop(struct bounded_queue *queue, int64_t timeout_ms, struct cancel *cancel, void **item,
    struct err *err) ERR_MUST_CHECK;

// May be called more than once.
void bounded_queue_close(struct bounded_queue *queue);
bool bounded_queue_is_closed(const struct bounded_queue *queue);
size_t bounded_queue_size(const struct bounded_queue *queue);
