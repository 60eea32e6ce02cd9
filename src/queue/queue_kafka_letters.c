// Dead letters: a compacted topic of one partition, which is read to its end whenever somebody asks.
//
// A record's key names the message that died ("frames/3/4711": topic, partition, offset), so burying it twice is one
// letter. Its id is the record's offset and one. A record without a body takes the letter with its key back.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

#define POLL_MS 200
#define LETTERS_MAX 100000 // in memory; beyond it the oldest are not shown

enum err_code kafka_letters_bury(
    struct queue_kafka *self, const char *topic, const struct window_entry *entry, const char *reason, struct err *err)
{
    char token[KAFKA_NAME_SIZE];
    snprintf(token, sizeof(token), "%s/%" PRId32 "/%" PRId64, topic, entry->partition, entry->offset);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(5);
    kafka_header_text(headers, "topic", topic);
    kafka_header_text(headers, "key", entry->key);
    kafka_header_text(headers, "reason", reason);
    kafka_header_int(headers, "attempts", entry->attempts);
    kafka_header_int(headers, "failed-us", clock_wall_us(self->clock));
    struct kafka_record record = {.topic = KAFKA_TOPIC_LETTERS,
        .key = token,
        .body = entry->body,
        .body_size = entry->body_size,
        .headers = headers};
    return kafka_produce(self, &record, 1, err);
}

// ---- what is known

static void letter_release(struct kafka_letter *item)
{
    free(item->letter.reason);
    free(item->letter.body);
}

static void forget(struct kafka_letters *letters, size_t i)
{
    letter_release(&letters->items[i]);
    memmove(&letters->items[i], &letters->items[i + 1], (letters->count - i - 1) * sizeof(*letters->items));
    letters->count--;
}

static void forget_token(struct kafka_letters *letters, const char *token)
{
    for (size_t i = 0; i < letters->count; i++) {
        if (strcmp(letters->items[i].token, token) == 0) {
            forget(letters, i);
            return;
        }
    }
}

static void add(struct kafka_letters *letters, const char *token, const rd_kafka_message_t *message)
{
    char reason[QUEUE_REASON_MAX];
    if (letters->count == LETTERS_MAX)
        forget(letters, 0);
    letters->items = mem_realloc_array(letters->items, letters->count + 1, sizeof(*letters->items));
    struct kafka_letter *item = &letters->items[letters->count++];
    *item = (struct kafka_letter){0};
    snprintf(item->token, sizeof(item->token), "%s", token);
    kafka_message_text(message, "topic", item->letter.topic, sizeof(item->letter.topic));
    kafka_message_text(message, "key", item->letter.key, sizeof(item->letter.key));
    kafka_message_text(message, "reason", reason, sizeof(reason));
    item->letter.reason = mem_strdup(reason);
    item->letter.id = message->offset + 1;
    item->letter.attempts = (int)kafka_message_int(message, "attempts", 0);
    item->letter.failed_us = kafka_message_int(message, "failed-us", 0);
    item->letter.body_size = message->len;
    item->letter.body = mem_alloc(message->len + 1);
    if (message->len > 0)
        memcpy(item->letter.body, message->payload, message->len);
    item->letter.body[message->len] = '\0';
}

static void apply(struct kafka_letters *letters, const rd_kafka_message_t *message)
{
    char token[KAFKA_NAME_SIZE];
    size_t length = message->key_len < sizeof(token) ? message->key_len : sizeof(token) - 1;
    memcpy(token, message->key != NULL ? message->key : "", message->key != NULL ? length : 0);
    token[message->key != NULL ? length : 0] = '\0';
    forget_token(letters, token);
    if (message->payload != NULL)
        add(letters, token, message);
}

// ---- reading

static enum err_code open_reader(
    struct queue_kafka *self, struct kafka_letters *letters, const char *name, struct err *err)
{
    char group[KAFKA_NAME_SIZE];
    if (letters->handle != NULL)
        return ERR_NONE;
    rd_kafka_conf_t *conf = kafka_client_conf(self, NULL);
    kafka_client_set(conf, "enable.partition.eof", "true");
    kafka_topic_name(self, "readers", group); // assigned by hand, it joins no group; librdkafka wants a name
    enum err_code code = kafka_client_new(self, group, conf, &letters->handle, err);
    if (code != ERR_NONE)
        return code;
    rd_kafka_poll_set_consumer(letters->handle);
    rd_kafka_topic_partition_list_t *from = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(from, name, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t failure = rd_kafka_assign(letters->handle, from);
    rd_kafka_topic_partition_list_destroy(from);
    return failure == RD_KAFKA_RESP_ERR_NO_ERROR ? ERR_NONE : kafka_error(self, failure, "reading dead letters", err);
}

// Reads everything that was there when it was called. With the mutex held.
static enum err_code catch_up(struct queue_kafka *self, struct err *err)
{
    struct kafka_letters *letters = &self->letters;
    char name[KAFKA_NAME_SIZE];
    struct kafka_patience patience = kafka_patience_new(KAFKA_REQUEST_MS);
    int64_t high;
    kafka_topic_name(self, KAFKA_TOPIC_LETTERS, name);
    enum err_code code = open_reader(self, letters, name, err);
    if (code == ERR_NONE)
        code = kafka_offset(self, letters->handle, name, KAFKA_LATEST, &high, err);
    while (code == ERR_NONE && letters->position < high) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(letters->handle, POLL_MS);
        if (message == NULL) {
            if (kafka_patience_left_ms(self, &patience) == 0)
                code = kafka_error(self, RD_KAFKA_RESP_ERR__TIMED_OUT, "reading dead letters", err);
            continue;
        }
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            apply(letters, message);
            letters->position = message->offset + 1;
        } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            letters->position = message->offset; // compaction leaves gaps at the end too
        } else if (message->err != RD_KAFKA_RESP_ERR__TRANSPORT) {
            code = kafka_error(self, message->err, "reading dead letters", err);
        }
        rd_kafka_message_destroy(message);
    }
    return code;
}

void kafka_letters_release(struct kafka_letters *letters)
{
    for (size_t i = 0; i < letters->count; i++)
        letter_release(&letters->items[i]);
    free(letters->items);
    if (letters->handle != NULL)
        rd_kafka_destroy_flags(letters->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_destroy(&letters->mutex);
}

// ---- asking and taking back

static struct queue_dead_letter copy_letter(const struct queue_dead_letter *letter)
{
    struct queue_dead_letter copy = *letter;
    copy.reason = mem_strdup(letter->reason);
    copy.body = mem_dup(letter->body, letter->body_size + 1);
    return copy;
}

static bool is_of(const struct queue_dead_letter *letter, const char *video)
{
    char of[QUEUE_KEY_MAX + 1];
    queue_key_video(letter->key, of);
    return strcmp(of, video) == 0;
}

enum err_code queue_kafka_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    pthread_mutex_lock(&self->letters.mutex);
    enum err_code code = catch_up(self, err);
    for (size_t i = 0; code == ERR_NONE && i < self->letters.count && *count < limit; i++) {
        const struct queue_dead_letter *letter = &self->letters.items[i].letter;
        if (letter->id <= after || (video != NULL && !is_of(letter, video)))
            continue;
        *letters = mem_realloc_array(*letters, *count + 1, sizeof(**letters));
        (*letters)[(*count)++] = copy_letter(letter);
    }
    pthread_mutex_unlock(&self->letters.mutex);
    return code;
}

static enum err_code take_back(struct queue_kafka *self, const char *token, struct err *err)
{
    struct kafka_record tombstone = {.topic = KAFKA_TOPIC_LETTERS, .key = token};
    return kafka_produce(self, &tombstone, 1, err);
}

static enum err_code put_back(struct queue_kafka *self, const struct kafka_letter *found, struct err *err)
{
    const struct queue_item item = {
        .key = found->letter.key, .body = found->letter.body, .body_size = found->letter.body_size};
    enum err_code code = queue_publish(&self->queue, found->letter.topic, &item, 1, err);
    return code == ERR_NONE ? take_back(self, found->token, err) : code;
}

enum err_code queue_kafka_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    struct kafka_letter *found = NULL;
    pthread_mutex_lock(&self->letters.mutex);
    enum err_code code = catch_up(self, err);
    for (size_t i = 0; code == ERR_NONE && i < self->letters.count; i++) {
        if (self->letters.items[i].letter.id == id)
            found = &self->letters.items[i];
    }
    if (code == ERR_NONE)
        code = found != NULL ? put_back(self, found, err) : queue_no_dead_letter(id, err);
    if (code == ERR_NONE && found != NULL) {
        *letter = mem_calloc(1, sizeof(**letter));
        **letter = copy_letter(&found->letter);
    }
    pthread_mutex_unlock(&self->letters.mutex);
    return code;
}

enum err_code kafka_letters_purge(struct queue_kafka *self, const char *video, struct err *err)
{
    pthread_mutex_lock(&self->letters.mutex);
    enum err_code code = catch_up(self, err);
    for (size_t i = 0; code == ERR_NONE && i < self->letters.count; i++) {
        if (is_of(&self->letters.items[i].letter, video))
            code = take_back(self, self->letters.items[i].token, err);
    }
    pthread_mutex_unlock(&self->letters.mutex);
    return code;
}
