#include "queue_fault.h"

#include <stdlib.h>

#include "base/mem.h"
#include "queue/queue_backend.h"

struct queue_fault {
    struct queue queue;
    struct queue *inner;
    struct fault *fault;
};

static struct queue_fault *self_of(struct queue *queue)
{
    return (struct queue_fault *)queue;
}

static void fault_free(struct queue *queue)
{
    queue_free(self_of(queue)->inner);
    free(queue);
}

static enum err_code fault_publish(
    struct queue *queue, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    (void)log;
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_publish(self->inner, topic, items, count, err), err);
}

static enum err_code fault_receive(struct queue *queue, const char *topic, const char *worker, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    bool strikes = fault_strikes(self->fault);
    if (strikes && !self->fault->answer_lost)
        return fault_error(self->fault, err);
    enum err_code code = queue_receive(self->inner, topic, worker, max, wait_ms, cancel, messages, count, err);
    if (!strikes || code != ERR_NONE)
        return code;
    for (size_t i = 0; i < *count; i++)
        queue_message_free(messages[i]);
    *count = 0;
    return fault_error(self->fault, err);
}

static enum err_code fault_ack(
    struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_ack(self->inner, messages, count, err), err);
}

static enum err_code fault_reject(struct queue *queue, const struct queue_message *message, const char *reason,
    bool bury, bool *dead, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    *dead = bury;
    FAULT_AROUND(self->fault,
        bury ? queue_bury(self->inner, message, reason, err) : queue_reject(self->inner, message, reason, dead, err),
        err);
}

static enum err_code fault_release(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_release(self->inner, message, err), err);
}

static enum err_code fault_extend(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_extend(self->inner, message, err), err);
}

static enum err_code fault_stats(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_stats(self->inner, topic, stats, err), err);
}

static enum err_code fault_has(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_has(self->inner, topic, video, has, err), err);
}

static enum err_code fault_purge(struct queue *queue, const char *video, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_purge(self->inner, video, err), err);
}

static enum err_code fault_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_BEFORE(self->fault, queue_dead_letters(self->inner, video, after, limit, letters, count, err), err);
}

static enum err_code fault_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_BEFORE(self->fault, queue_retry_dead_letter(self->inner, id, letter, err), err);
}

static enum err_code fault_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_BEFORE(
        self->fault, queue_log_read(self->inner, topic, offset, max, wait_ms, cancel, messages, count, err), err);
}

static enum err_code fault_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_log_end(self->inner, topic, offset, err), err);
}

static enum err_code fault_ping(struct queue *queue, struct err *err)
{
    struct queue_fault *self = self_of(queue);
    FAULT_AROUND(self->fault, queue_ping(self->inner, err), err);
}

static const struct queue_ops fault_ops = {
    .name = "fault",
    .free = fault_free,
    .publish = fault_publish,
    .receive = fault_receive,
    .ack = fault_ack,
    .reject = fault_reject,
    .release = fault_release,
    .extend = fault_extend,
    .stats = fault_stats,
    .has = fault_has,
    .purge = fault_purge,
    .dead_letters = fault_dead_letters,
    .retry_dead_letter = fault_retry_dead_letter,
    .log_read = fault_log_read,
    .log_end = fault_log_end,
    .ping = fault_ping,
};

struct queue *queue_fault_new(struct queue *inner, struct fault *fault)
{
    struct queue_fault *self = mem_calloc(1, sizeof(*self));
    *self = (struct queue_fault){.queue.ops = &fault_ops, .inner = inner, .fault = fault};
    return &self->queue;
}
