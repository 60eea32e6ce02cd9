// Publishing: one idempotent producer for all topics, and calls that wait until the brokers have stored what they gave.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/cond.h"
#include "queue/queue_kafka_internal.h"

#define SERVE_MS 100
#define PATIENCE_MS INT32_MAX // the user may give messages more time than KAFKA_DELIVERY_MS

// A call's records that are on their way.
struct delivery {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t pending;
    rd_kafka_resp_err_t failed;
    struct kafka_patience patience;
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct delivery *delivery = message->_private;
    (void)handle;
    (void)opaque;
    pthread_mutex_lock(&delivery->mutex);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        delivery->failed = message->err;
    if (--delivery->pending == 0)
        pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->mutex);
}

static enum err_code make_handle(struct queue_kafka *self, rd_kafka_t **handle, struct err *err)
{
    rd_kafka_conf_t *conf = kafka_client_conf(self, NULL);
    char wait_ms[24];
    snprintf(wait_ms, sizeof(wait_ms), "%d", KAFKA_DELIVERY_MS);
    kafka_client_set(conf, "message.timeout.ms", wait_ms);
    kafka_client_set(conf, "linger.ms", "1");
    // Of keys the same partition that every other client would choose.
    kafka_client_set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return kafka_client_new(self, NULL, conf, handle, err);
}

static void serve(void *arg)
{
    struct queue_kafka *self = arg;
    while (!cancel_requested(self->stop)) {
        rd_kafka_poll(self->producer, SERVE_MS);
        kafka_notice_ending(self);
    }
}

enum err_code kafka_producer_start(struct queue_kafka *self, struct err *err)
{
    enum err_code code = make_handle(self, &self->producer, err);
    if (code == ERR_NONE)
        code = thread_start("kafka-reports", serve, self, &self->delivery, err);
    return code;
}

void kafka_producer_stop(struct queue_kafka *self)
{
    thread_join(self->delivery);
    if (self->producer != NULL)
        rd_kafka_destroy(self->producer); // calls wait for their records, so nothing is on its way any more
}

static rd_kafka_resp_err_t hand_over(struct queue_kafka *self, struct kafka_record *record, struct delivery *delivery)
{
    char name[KAFKA_NAME_SIZE];
    kafka_topic_name(self, record->topic, name);
    for (;;) {
        rd_kafka_vu_t parts[] = {
            {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = name},
            {.vtype = RD_KAFKA_VTYPE_KEY,
                .u.mem = {.ptr = (void *)(uintptr_t)record->key, .size = strlen(record->key)}},
            {.vtype = RD_KAFKA_VTYPE_VALUE,
                .u.mem = {.ptr = (void *)(uintptr_t)record->body, .size = record->body_size}},
            {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
            {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = delivery},
            {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = record->headers},
        };
        size_t count = sizeof(parts) / sizeof(parts[0]) - (record->headers == NULL);
        rd_kafka_error_t *failure = rd_kafka_produceva(self->producer, parts, count);
        if (failure == NULL) {
            record->headers = NULL; // the message's from now on
            return RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
        rd_kafka_error_destroy(failure);
        // A full buffer empties within KAFKA_DELIVERY_MS, one way or the other.
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || kafka_patience_left_ms(self, &delivery->patience) == 0)
            return code;
        cancel_wait(self->stop, 10);
    }
}

static void wait_a_while(struct delivery *delivery)
{
    int64_t until_us = clock_monotonic_us(clock_system()) + SERVE_MS * 1000;
    (void)cond_wait_until(&delivery->changed, &delivery->mutex, until_us);
}

// Every record is reported within KAFKA_DELIVERY_MS. A process that is to end gives up sooner what is not stored; then
// nobody can tell whether it will be.
static void await_reports(struct queue_kafka *self, struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    while (delivery->pending > 0) {
        wait_a_while(delivery);
        if (delivery->pending == 0 || kafka_patience_left_ms(self, &delivery->patience) > 0)
            continue;
        pthread_mutex_unlock(&delivery->mutex);
        rd_kafka_purge(
            self->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
        pthread_mutex_lock(&delivery->mutex);
    }
    pthread_mutex_unlock(&delivery->mutex);
}

static enum err_code conclude(struct queue_kafka *self, rd_kafka_resp_err_t failed, struct err *err)
{
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ERR_NONE;
    if (failed == RD_KAFKA_RESP_ERR__PURGE_QUEUE || failed == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        return err_set(err, ERR_CANCELLED,
            "Kafka at %s (--queue): this process ended before a message was known to be published", self->brokers);
    return kafka_error(self, failed, "a message could not be published", err);
}

enum err_code kafka_produce(struct queue_kafka *self, struct kafka_record *records, size_t count, struct err *err)
{
    struct delivery delivery = {.pending = count, .patience = kafka_patience_new(PATIENCE_MS)};
    pthread_mutex_init(&delivery.mutex, NULL);
    pthread_cond_init(&delivery.changed, NULL);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = hand_over(self, &records[i], &delivery);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        pthread_mutex_lock(&delivery.mutex);
        delivery.failed = code;
        delivery.pending -= count - i;
        pthread_mutex_unlock(&delivery.mutex);
        break;
    }
    await_reports(self, &delivery);
    pthread_cond_destroy(&delivery.changed);
    pthread_mutex_destroy(&delivery.mutex);
    for (size_t i = 0; i < count; i++) {
        if (records[i].headers != NULL)
            rd_kafka_headers_destroy(records[i].headers);
        records[i].headers = NULL;
    }
    return conclude(self, delivery.failed, err);
}

// ---- headers

void kafka_header_text(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    rd_kafka_header_add(headers, name, -1, value, -1);
}

void kafka_header_int(rd_kafka_headers_t *headers, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, value);
    kafka_header_text(headers, name, text);
}

void kafka_message_text(const rd_kafka_message_t *message, const char *name, char *out, size_t size)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t length;
    out[0] = '\0';
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &length) != RD_KAFKA_RESP_ERR_NO_ERROR || value == NULL)
        return;
    if (length >= size)
        length = size - 1;
    memcpy(out, value, length);
    out[length] = '\0';
}

int64_t kafka_message_int(const rd_kafka_message_t *message, const char *name, int64_t otherwise)
{
    char text[24];
    char *end;
    kafka_message_text(message, name, text, sizeof(text));
    int64_t value = strtoll(text, &end, 10);
    return text[0] != '\0' && *end == '\0' ? value : otherwise;
}
