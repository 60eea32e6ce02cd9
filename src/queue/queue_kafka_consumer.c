// Receiving and giving back: the window of the process stands between the workers and the group.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

struct receive {
    struct queue_kafka *self;
    struct kafka_consumer *consumer;
    const char *worker;
    size_t max;
    struct queue_message **messages;
};

static struct window_take terms(const struct queue_kafka *self, const char *worker, size_t max)
{
    return (struct window_take){.worker = worker,
        .max = max,
        .now_us = clock_monotonic_us(self->clock),
        .wall_us = clock_wall_us(self->clock),
        .lease_us = self->options.lease_ms * 1000,
        .max_attempts = self->options.max_attempts,
        .ends_max = queue_ends_max(&self->options)};
}

static struct queue_message *message_of(const struct kafka_consumer *consumer, const struct window_entry *entry)
{
    struct queue_message *message = queue_message_new(consumer->topic, entry->key, entry->body, entry->body_size);
    message->attempt = entry->attempts;
    message->published_us = entry->published_us;
    message->lease = entry->offset;
    snprintf(message->lease_token, sizeof(message->lease_token), "%" PRId64, entry->token);
    return message;
}

// ---- messages that must not be delivered any more

// What is needed of an entry while the window is not locked.
static struct window_entry *copy_of(const struct window_entry *entry)
{
    struct window_entry *copy = mem_dup(entry, sizeof(*entry));
    copy->body = mem_dup(entry->body, entry->body_size + 1);
    return copy;
}

// The entry may have gone meanwhile: then its partition is somebody else's, who will bury it under the same name.
static void finish(struct kafka_consumer *consumer, const struct window_entry *copy, bool done)
{
    struct queue_message message = {.lease = copy->offset};
    snprintf(message.lease_token, sizeof(message.lease_token), "%" PRId64, copy->token);
    pthread_mutex_lock(&consumer->mutex);
    struct window_entry *entry = window_find(&consumer->window, &message);
    if (entry != NULL && done)
        window_remove(&consumer->window, entry);
    else if (entry != NULL)
        window_unlease(&consumer->window, entry);
    pthread_mutex_unlock(&consumer->mutex);
}

static enum err_code bury_unfit(
    struct queue_kafka *self, struct kafka_consumer *consumer, struct window_entry *copy, struct err *err)
{
    struct window_take take = terms(self, "", 0);
    char reason[QUEUE_REASON_MAX];
    bool overdue = window_is_overdue(copy, &take);
    queue_lost_reason(copy->worker[0] != '\0' ? copy->worker : "of a process that is gone", !overdue,
        overdue ? copy->attempts : take.ends_max, &self->options, reason);
    enum err_code code = kafka_letters_bury(self, consumer->topic, copy, reason, err);
    finish(consumer, copy, code == ERR_NONE);
    return code;
}

// ---- receiving

static enum err_code try_receive(void *context, bool polled, size_t *count, struct err *err)
{
    const struct receive *receive = context;
    struct kafka_consumer *consumer = receive->consumer;
    (void)polled;
    for (;;) {
        struct window_entry *taken[QUEUE_RECEIVE_MAX];
        struct window_entry *dead;
        struct window_take take = terms(receive->self, receive->worker, receive->max);
        pthread_mutex_lock(&consumer->mutex);
        *count = window_take(&consumer->window, &take, taken, &dead);
        kafka_group_mark(consumer, taken, *count);
        for (size_t i = 0; i < *count; i++)
            receive->messages[i] = message_of(consumer, taken[i]);
        dead = dead != NULL ? copy_of(dead) : NULL;
        pthread_mutex_unlock(&consumer->mutex);
        if (dead == NULL)
            return *count > 0 ? ERR_NONE : kafka_group_check(consumer, err);
        enum err_code code = bury_unfit(receive->self, consumer, dead, err);
        window_entry_free(dead);
        if (*count > 0) { // what was leased is delivered, whatever became of the other
            err_clear(err);
            return ERR_NONE;
        }
        if (code != ERR_NONE)
            return code;
    }
}

enum err_code queue_kafka_receive(struct queue *queue, const char *topic, const char *worker, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct receive receive = {.self = queue_kafka_of(queue), .worker = worker, .max = max, .messages = messages};
    size_t place;
    enum err_code code = kafka_topic_place(topic, &place, err);
    if (code == ERR_NONE)
        code = kafka_group_join(receive.self, place, &receive.consumer, err);
    if (code == ERR_NONE)
        code = queue_wait_run(&receive.self->wait, topic, wait_ms, cancel, try_receive, &receive, count, err);
    return code;
}

// ---- giving back

// The entry of a message whose lease is still ours, with the consumer locked; NULL: nothing is locked.
static struct window_entry *lock_lease(
    struct queue_kafka *self, const struct queue_message *message, struct kafka_consumer **consumer)
{
    size_t place;
    if (kafka_topic_place(message->topic, &place, NULL) != ERR_NONE)
        return NULL;
    *consumer = atomic_load(&self->consumers[place]);
    if (*consumer == NULL)
        return NULL;
    pthread_mutex_lock(&(*consumer)->mutex);
    struct window_entry *entry = window_find(&(*consumer)->window, message);
    if (entry == NULL)
        pthread_mutex_unlock(&(*consumer)->mutex);
    return entry;
}

enum err_code queue_kafka_ack(struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err)
{
    const struct queue_message *lost = NULL;
    for (size_t i = 0; i < count; i++) {
        struct kafka_consumer *consumer;
        struct window_entry *entry = lock_lease(queue_kafka_of(queue), messages[i], &consumer);
        if (entry == NULL) {
            lost = messages[i];
            continue;
        }
        window_remove(&consumer->window, entry);
        pthread_mutex_unlock(&consumer->mutex);
    }
    return lost != NULL ? queue_lease_lost(lost, err) : ERR_NONE;
}

static enum err_code publish_again(
    struct queue_kafka *self, const char *topic, const struct window_entry *entry, struct err *err)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(3);
    kafka_header_int(headers, "attempts", entry->attempts);
    kafka_header_int(headers, "published-us", entry->published_us);
    kafka_header_int(
        headers, "not-before-us", clock_wall_us(self->clock) + queue_backoff_us(&self->options, entry->attempts));
    struct kafka_record record = {
        .topic = topic, .key = entry->key, .body = entry->body, .body_size = entry->body_size, .headers = headers};
    return kafka_produce(self, &record, 1, err);
}

enum err_code queue_kafka_reject(struct queue *queue, const struct queue_message *message, const char *reason,
    bool bury, bool *dead, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    struct kafka_consumer *consumer;
    struct window_entry *entry = lock_lease(self, message, &consumer);
    if (entry == NULL)
        return queue_lease_lost(message, err);
    *dead = bury || entry->attempts >= self->options.max_attempts;
    struct window_entry *copy = copy_of(entry);
    pthread_mutex_unlock(&consumer->mutex);
    enum err_code code = *dead ? kafka_letters_bury(self, message->topic, copy, reason, err)
                               : publish_again(self, message->topic, copy, err);
    // Failing that, the lease runs out and the message comes back.
    if (code == ERR_NONE)
        finish(consumer, copy, true);
    window_entry_free(copy);
    return code;
}

enum err_code queue_kafka_release(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    struct kafka_consumer *consumer;
    struct window_entry *entry = lock_lease(self, message, &consumer);
    if (entry == NULL)
        return queue_lease_lost(message, err);
    entry->attempts--;
    entry->not_before_us = 0;
    window_unlease(&consumer->window, entry);
    pthread_mutex_unlock(&consumer->mutex);
    queue_wait_wake(&self->wait, message->topic, 1, false);
    return ERR_NONE;
}

enum err_code queue_kafka_extend(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    struct kafka_consumer *consumer;
    struct window_entry *entry = lock_lease(self, message, &consumer);
    if (entry == NULL)
        return queue_lease_lost(message, err);
    entry->lease_until_us = clock_monotonic_us(self->clock) + self->options.lease_ms * 1000;
    pthread_mutex_unlock(&consumer->mutex);
    return ERR_NONE;
}
