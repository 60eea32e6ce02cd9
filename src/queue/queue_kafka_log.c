// Log topics: one partition that everybody reads by offset. A message's number is its offset and one.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

#define FETCH_MS 5000
#define TRIM_SHARE 10 // of what is kept: how much may be published until the log is looked at

struct reading {
    struct queue_kafka *self;
    const char *topic;
    char name[KAFKA_NAME_SIZE];
    int64_t offset;
    size_t max;
    struct queue_message **messages;
};

static enum err_code open_reader(struct queue_kafka *self, struct err *err)
{
    struct kafka_log *log = &self->log_topic;
    char group[KAFKA_NAME_SIZE];
    if (log->handle != NULL)
        return ERR_NONE;
    rd_kafka_conf_t *conf = kafka_client_conf(self, NULL);
    kafka_client_set(conf, "enable.partition.eof", "true");
    kafka_topic_name(self, "readers", group);
    log->position = -1;
    enum err_code code = kafka_client_new(self, group, conf, &log->handle, err);
    if (code == ERR_NONE)
        rd_kafka_poll_set_consumer(log->handle);
    return code;
}

// One handle serves all readers of the process: usually there is one, and it goes on where it was.
static enum err_code go_to(struct queue_kafka *self, const char *name, int64_t offset, struct err *err)
{
    struct kafka_log *log = &self->log_topic;
    if (log->position == offset)
        return ERR_NONE;
    rd_kafka_topic_partition_list_t *from = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(from, name, 0)->offset = offset;
    rd_kafka_resp_err_t code = rd_kafka_assign(log->handle, from);
    rd_kafka_topic_partition_list_destroy(from);
    log->position = code == RD_KAFKA_RESP_ERR_NO_ERROR ? offset : -1;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ERR_NONE : kafka_error(self, code, "reading the log", err);
}

static struct queue_message *message_of(const char *topic, const rd_kafka_message_t *record)
{
    char key[QUEUE_KEY_MAX + 1];
    size_t length = record->key_len <= QUEUE_KEY_MAX ? record->key_len : QUEUE_KEY_MAX;
    if (length > 0)
        memcpy(key, record->key, length);
    key[length] = '\0';
    struct queue_message *message = queue_message_new(topic, key, record->payload, record->len);
    int64_t timestamp_ms = rd_kafka_message_timestamp(record, NULL);
    message->published_us = kafka_message_int(record, "published-us", timestamp_ms > 0 ? timestamp_ms * 1000 : 0);
    message->lease = record->offset + 1;
    return message;
}

// Takes what is there; waits for the first only if the brokers say that there is something.
static enum err_code fetch(struct reading *reading, size_t *count, struct err *err)
{
    struct kafka_log *log = &reading->self->log_topic;
    struct kafka_patience patience = kafka_patience_new(FETCH_MS);
    int64_t low, high;
    enum err_code code = kafka_offset(reading->self, log->handle, reading->name, KAFKA_LATEST, &high, err);
    if (code != ERR_NONE || reading->offset >= high)
        return code;
    if (log->position != reading->offset) {
        code = kafka_offset(reading->self, log->handle, reading->name, KAFKA_EARLIEST, &low, err);
        if (code == ERR_NONE)
            code = go_to(reading->self, reading->name, reading->offset > low ? reading->offset : low, err);
    }
    while (code == ERR_NONE && *count < reading->max && log->position < high) {
        rd_kafka_message_t *record = rd_kafka_consumer_poll(log->handle, *count == 0 ? 100 : 0);
        if (record == NULL) {
            if (*count > 0 || kafka_patience_left_ms(reading->self, &patience) == 0)
                break;
            continue;
        }
        if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            reading->messages[(*count)++] = message_of(reading->topic, record);
            log->position = record->offset + 1;
        } else if (record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            log->position = record->offset;
        } else if (record->err != RD_KAFKA_RESP_ERR__TRANSPORT) {
            code = kafka_error(reading->self, record->err, "reading the log", err);
        }
        rd_kafka_message_destroy(record);
    }
    return *count > 0 ? ERR_NONE : code;
}

static enum err_code try_read(void *context, bool polled, size_t *count, struct err *err)
{
    struct reading *reading = context;
    (void)polled;
    *count = 0;
    pthread_mutex_lock(&reading->self->log_topic.mutex);
    enum err_code code = open_reader(reading->self, err);
    if (code == ERR_NONE)
        code = fetch(reading, count, err);
    pthread_mutex_unlock(&reading->self->log_topic.mutex);
    return code;
}

enum err_code queue_kafka_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct reading reading = {
        .self = queue_kafka_of(queue), .topic = topic, .offset = offset, .max = max, .messages = messages};
    kafka_topic_name(reading.self, topic, reading.name);
    return queue_wait_run(&reading.self->wait, topic, wait_ms, cancel, try_read, &reading, count, err);
}

enum err_code queue_kafka_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    char name[KAFKA_NAME_SIZE];
    kafka_topic_name(self, topic, name);
    return kafka_offset(self, self->producer, name, KAFKA_LATEST, offset, err);
}

void kafka_log_published(struct queue_kafka *self, const char *topic, size_t count)
{
    char name[KAFKA_NAME_SIZE];
    int64_t low, high;
    struct err err = ERR_INIT;
    pthread_mutex_lock(&self->log_topic.mutex);
    self->log_topic.published += (int64_t)count;
    bool due = self->log_topic.published >= self->options.log_retention / TRIM_SHARE;
    if (due)
        self->log_topic.published = 0;
    pthread_mutex_unlock(&self->log_topic.mutex);
    if (!due)
        return;
    kafka_topic_name(self, topic, name);
    enum err_code code = kafka_offset(self, self->producer, name, KAFKA_EARLIEST, &low, &err);
    if (code == ERR_NONE)
        code = kafka_offset(self, self->producer, name, KAFKA_LATEST, &high, &err);
    if (code == ERR_NONE && high - low > self->options.log_retention)
        code = kafka_admin_trim(self, name, high - self->options.log_retention, &err);
    if (code != ERR_NONE) // the topic's own retention goes on
        log_debug(self->log, "%s", err.message);
}
