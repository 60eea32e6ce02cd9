#include "queue/queue.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_backend.h"

// The longest pause between two deliveries, however often a message failed.
#define BACKOFF_MAX_MS ((int64_t)10 * 60 * 1000)
// Processes that end with a message in hand weigh less than failures: most are killed, few are killed by a message.
#define ENDS_PER_ATTEMPT 5

void queue_options_default(struct queue_options *options)
{
    *options = (struct queue_options){
        .max_attempts = 5,
        .lease_ms = 30000,
        .log_retention = 100000,
        .retry_base_ms = 1000,
    };
}

void queue_free(struct queue *queue)
{
    if (queue != NULL)
        queue->ops->free(queue);
}

static bool is_log(const char *topic)
{
    return strcmp(topic, TOPIC_ACTIVITY) == 0;
}

static enum err_code check_topic(const char *topic, struct err *err)
{
    size_t length = strnlen(topic, QUEUE_TOPIC_SIZE);
    bool valid = length > 0 && length < QUEUE_TOPIC_SIZE;
    for (size_t i = 0; valid && i < length; i++)
        valid = islower((unsigned char)topic[i]) || topic[i] == '-';
    return valid ? ERR_NONE : err_set(err, ERR_INVALID, "'%.40s' is no name of a topic", topic);
}

static enum err_code check_topic_kind(const char *topic, bool log, struct err *err)
{
    enum err_code code = check_topic(topic, err);
    if (code == ERR_NONE && is_log(topic) != log)
        code = err_set(
            err, ERR_INVALID, log ? "%s is no log topic: receive from it" : "%s is a log topic: read it", topic);
    return code;
}

static enum err_code check_item(const struct queue_item *item, struct err *err)
{
    size_t length = item->key != NULL ? strnlen(item->key, QUEUE_KEY_MAX + 1) : 0;
    if (length == 0 || length > QUEUE_KEY_MAX)
        return err_set(err, ERR_INVALID, "a message's key must have 1 to %d bytes", QUEUE_KEY_MAX);
    if (item->body_size > QUEUE_BODY_MAX)
        return err_set(err, ERR_LIMIT, "a message for %s has %zu bytes, more than the %zu allowed", item->key,
            item->body_size, QUEUE_BODY_MAX);
    return ERR_NONE;
}

enum err_code queue_publish(
    struct queue *queue, const char *topic, const struct queue_item *items, size_t count, struct err *err)
{
    enum err_code code = check_topic(topic, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = check_item(&items[i], err);
    if (code != ERR_NONE || count == 0)
        return code;
    return queue->ops->publish(queue, topic, is_log(topic), items, count, err);
}

enum err_code queue_receive(struct queue *queue, const char *topic, const char *worker, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    *count = 0;
    enum err_code code = check_topic_kind(topic, false, err);
    if (code != ERR_NONE || max == 0)
        return code;
    if (max > QUEUE_RECEIVE_MAX)
        max = QUEUE_RECEIVE_MAX;
    char name[QUEUE_WORKER_MAX + 1];
    snprintf(name, sizeof(name), "%s", worker);
    return queue->ops->receive(queue, topic, name, max, wait_ms > 0 ? wait_ms : 0, cancel, messages, count, err);
}

enum err_code queue_ack(struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err)
{
    return count == 0 ? ERR_NONE : queue->ops->ack(queue, messages, count, err);
}

enum err_code queue_reject(
    struct queue *queue, const struct queue_message *message, const char *reason, bool *dead, struct err *err)
{
    bool unused;
    return queue->ops->reject(queue, message, reason, false, dead != NULL ? dead : &unused, err);
}

enum err_code queue_bury(struct queue *queue, const struct queue_message *message, const char *reason, struct err *err)
{
    bool dead;
    return queue->ops->reject(queue, message, reason, true, &dead, err);
}

enum err_code queue_release(struct queue *queue, const struct queue_message *message, struct err *err)
{
    return queue->ops->release(queue, message, err);
}

enum err_code queue_extend(struct queue *queue, const struct queue_message *message, struct err *err)
{
    return queue->ops->extend(queue, message, err);
}

enum err_code queue_stats(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err)
{
    *stats = (struct queue_stats){0};
    enum err_code code = check_topic_kind(topic, false, err);
    return code != ERR_NONE ? code : queue->ops->stats(queue, topic, stats, err);
}

enum err_code queue_has(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err)
{
    *has = false;
    enum err_code code = check_topic_kind(topic, false, err);
    return code != ERR_NONE ? code : queue->ops->has(queue, topic, video, has, err);
}

enum err_code queue_purge(struct queue *queue, const char *video, struct err *err)
{
    return queue->ops->purge(queue, video, err);
}

enum err_code queue_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err)
{
    *letters = NULL;
    *count = 0;
    if (limit > QUEUE_DEAD_LETTERS_MAX)
        limit = QUEUE_DEAD_LETTERS_MAX;
    return limit == 0 ? ERR_NONE : queue->ops->dead_letters(queue, video, after, limit, letters, count, err);
}

enum err_code queue_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err)
{
    struct queue_dead_letter *found = NULL;
    enum err_code code = queue->ops->retry_dead_letter(queue, id, &found, err);
    if (letter != NULL)
        *letter = found;
    else
        queue_dead_letters_free(found, found != NULL ? 1 : 0);
    return code;
}

enum err_code queue_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    *count = 0;
    enum err_code code = check_topic_kind(topic, true, err);
    if (code != ERR_NONE || max == 0)
        return code;
    if (max > QUEUE_RECEIVE_MAX)
        max = QUEUE_RECEIVE_MAX;
    return queue->ops->log_read(
        queue, topic, offset > 0 ? offset : 0, max, wait_ms > 0 ? wait_ms : 0, cancel, messages, count, err);
}

enum err_code queue_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err)
{
    *offset = 0;
    enum err_code code = check_topic_kind(topic, true, err);
    return code != ERR_NONE ? code : queue->ops->log_end(queue, topic, offset, err);
}

enum err_code queue_ping(struct queue *queue, struct err *err)
{
    return queue->ops->ping(queue, err);
}

void queue_message_free(struct queue_message *message)
{
    if (message == NULL)
        return;
    free(message->body);
    free(message);
}

void queue_dead_letters_free(struct queue_dead_letter *letters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(letters[i].reason);
        free(letters[i].body);
    }
    free(letters);
}

int64_t queue_backoff_us(const struct queue_options *options, int attempt)
{
    int64_t delay_ms = options->retry_base_ms;
    for (int i = 1; i < attempt && delay_ms < BACKOFF_MAX_MS; i++)
        delay_ms *= 2;
    return (delay_ms < BACKOFF_MAX_MS ? delay_ms : BACKOFF_MAX_MS) * 1000;
}

void queue_key_video(const char *key, char out[QUEUE_KEY_MAX + 1])
{
    size_t length = strcspn(key, "/");
    if (length > QUEUE_KEY_MAX)
        length = QUEUE_KEY_MAX;
    memcpy(out, key, length);
    out[length] = '\0';
}

struct queue_message *queue_message_new(const char *topic, const char *key, const void *body, size_t body_size)
{
    struct queue_message *message = mem_calloc(1, sizeof(*message));
    snprintf(message->topic, sizeof(message->topic), "%s", topic);
    snprintf(message->key, sizeof(message->key), "%s", key);
    message->body = mem_alloc(body_size + 1);
    if (body_size > 0)
        memcpy(message->body, body, body_size);
    message->body[body_size] = '\0';
    message->body_size = body_size;
    return message;
}

int queue_ends_max(const struct queue_options *options)
{
    return ENDS_PER_ATTEMPT * options->max_attempts;
}

void queue_lost_reason(
    const char *worker, bool process_ended, int times, const struct queue_options *options, char out[QUEUE_REASON_MAX])
{
    if (process_ended)
        snprintf(out, QUEUE_REASON_MAX,
            "%d processes in a row ended while they worked on this, the last one that of worker %s", times, worker);
    else
        snprintf(out, QUEUE_REASON_MAX, "worker %s did not finish within %" PRId64 " s (attempt %d of %d)", worker,
            options->lease_ms / 1000, times, options->max_attempts);
}

enum err_code queue_lease_lost(const struct queue_message *message, struct err *err)
{
    return err_set(err, ERR_CONFLICT, "the lease of a message of %s for %s was lost: it ran out, or the video is gone",
        message->topic, message->key);
}

enum err_code queue_no_dead_letter(int64_t id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no dead letter %" PRId64, id);
}
