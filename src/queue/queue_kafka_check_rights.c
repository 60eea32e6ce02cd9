// The check-up of Kafka: whether messages may be written and read.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

// Topics that take larger messages are not tried: so much would have to be sent.
#define TRIAL_BYTES_MAX ((int64_t)16 * 1024 * 1024)
#define TRIAL_ROOM ((size_t)64 * 1024) // for what is around the bytes
#define POLL_MS 100

static const char *const acl_remedy =
    "let its user read, write and describe the topics that begin with the prefix of --queue, and read their groups; or "
    "give another user in the file of --kafka-config";

struct sending {
    rd_kafka_resp_err_t outcome;
    bool is_done;
};

static void on_outcome(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct sending *sending = message->_private;
    (void)handle;
    (void)opaque;
    sending->outcome = message->err;
    sending->is_done = true;
}

// ---- writing

// What became of a message that is one byte too large for the topic.
static rd_kafka_resp_err_t try_too_large(rd_kafka_t *handle, const struct kafka_checked_topic *topic)
{
    struct sending sending = {.outcome = RD_KAFKA_RESP_ERR__TIMED_OUT};
    size_t size = (size_t)topic->message_bytes + 1;
    char *bytes = mem_calloc(size, 1);
    rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic->topic.name},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = bytes, .size = size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = &sending},
    };
    rd_kafka_error_t *failure = rd_kafka_produceva(handle, parts, sizeof(parts) / sizeof(parts[0]));
    if (failure != NULL) {
        sending = (struct sending){.outcome = rd_kafka_error_code(failure), .is_done = true};
        rd_kafka_error_destroy(failure);
    }
    while (!sending.is_done) // reported within KAFKA_REQUEST_MS
        rd_kafka_poll(handle, POLL_MS);
    free(bytes);
    return sending.outcome;
}

static bool check_write_of(
    struct queue_kafka *self, rd_kafka_t *handle, const struct kafka_checked_topic *topic, struct checks *checks)
{
    struct err err = ERR_INIT;
    rd_kafka_resp_err_t outcome = try_too_large(handle, topic);
    if (outcome == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
        return true;
    kafka_error(self, outcome, "messages cannot be written", &err);
    checks_wrong(checks, outcome == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ? acl_remedy : NULL, "%s: %s",
        topic->topic.name,
        outcome == RD_KAFKA_RESP_ERR_NO_ERROR ? "a message larger than its max.message.bytes was stored" : err.message);
    return false;
}

static int64_t largest_trial(const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS])
{
    int64_t largest = 0;
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        if (topics[i].message_bytes <= TRIAL_BYTES_MAX && topics[i].message_bytes > largest)
            largest = topics[i].message_bytes;
    }
    return largest;
}

// A tombstone for no letter at all, as the program itself writes: so the idempotent producer is tried too.
static bool check_letters(struct queue_kafka *self, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct kafka_record record = {.topic = KAFKA_TOPIC_LETTERS, .key = "doctor/0/0"};
    if (kafka_produce(self, &record, 1, &err) == ERR_NONE)
        return true;
    checks_wrong(checks, NULL, "%s", err.message);
    return false;
}

static void check_writing(
    struct queue_kafka *self, const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS], struct checks *checks)
{
    rd_kafka_t *handle = NULL;
    struct err err = ERR_INIT;
    char wait_ms[24];
    bool all = true;
    int64_t largest = largest_trial(topics);
    rd_kafka_conf_t *conf = kafka_client_conf(self, NULL);
    snprintf(wait_ms, sizeof(wait_ms), "%d", KAFKA_REQUEST_MS);
    kafka_client_set(conf, "message.timeout.ms", wait_ms);
    rd_kafka_conf_set_dr_msg_cb(conf, on_outcome);
    if (kafka_client_new_trial(self, conf, (size_t)largest + TRIAL_ROOM, &handle, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return;
    }
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        bool is_there = topics[i].topic.partitions > 0;
        if (strcmp(kafka_topic_plans[i].name, KAFKA_TOPIC_LETTERS) == 0) {
            all = is_there && check_letters(self, checks) && all;
        } else if (is_there && topics[i].message_bytes > 0 && topics[i].message_bytes <= TRIAL_BYTES_MAX) {
            all = check_write_of(self, handle, &topics[i], checks) && all;
        } else {
            all = false;
        }
    }
    rd_kafka_destroy(handle);
    if (all)
        checks_ok(checks, "Kafka at %s lets messages be written to all topics", self->brokers);
}

// ---- reading

// Reads from the end of each topic's first partition: nobody else notices.
static rd_kafka_resp_err_t assign_all(rd_kafka_t *handle, const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS])
{
    rd_kafka_topic_partition_list_t *from = rd_kafka_topic_partition_list_new(QUEUE_KAFKA_TOPICS);
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        if (topics[i].topic.partitions > 0)
            rd_kafka_topic_partition_list_add(from, topics[i].topic.name, 0)->offset = RD_KAFKA_OFFSET_END;
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(handle, from);
    rd_kafka_topic_partition_list_destroy(from);
    return code;
}

static size_t place_of(const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS], const rd_kafka_message_t *message)
{
    const char *name = message->rkt != NULL ? rd_kafka_topic_name(message->rkt) : "";
    size_t i = 0;
    while (i < QUEUE_KAFKA_TOPICS && strcmp(topics[i].topic.name, name) != 0)
        i++;
    return i;
}

static bool check_reading(struct queue_kafka *self, const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS],
    rd_kafka_t *handle, struct checks *checks)
{
    rd_kafka_resp_err_t said[QUEUE_KAFKA_TOPICS];
    size_t left = 0;
    bool all = true;
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        said[i] = topics[i].topic.partitions > 0 ? RD_KAFKA_RESP_ERR__TIMED_OUT : RD_KAFKA_RESP_ERR_NO_ERROR;
        left += topics[i].topic.partitions > 0;
    }
    int64_t end_us = clock_monotonic_us(clock_system()) + KAFKA_REQUEST_MS * INT64_C(1000);
    while (left > 0 && clock_monotonic_us(clock_system()) < end_us) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(handle, POLL_MS);
        if (message == NULL)
            continue;
        size_t i = place_of(topics, message);
        bool passes = message->err == RD_KAFKA_RESP_ERR__TRANSPORT;
        if (i < QUEUE_KAFKA_TOPICS && said[i] == RD_KAFKA_RESP_ERR__TIMED_OUT && !passes) {
            said[i] = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF ? RD_KAFKA_RESP_ERR_NO_ERROR : message->err;
            left--;
        }
        rd_kafka_message_destroy(message);
    }
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        struct err err = ERR_INIT;
        if (said[i] == RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        kafka_error(self, said[i], "messages cannot be read", &err);
        checks_wrong(checks, said[i] == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ? acl_remedy : NULL, "%s: %s",
            topics[i].topic.name, err.message);
        all = false;
    }
    return all;
}

// Asks how far the topic's group is, which only those may who may join it.
static bool check_group(struct queue_kafka *self, const struct queue_kafka_topic *topic, struct checks *checks)
{
    struct err err = ERR_INIT;
    rd_kafka_t *handle;
    // The group of a topic has its name.
    if (kafka_client_new_observer(self, topic->name, &handle, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return false;
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic->name, 0);
    rd_kafka_resp_err_t code = kafka_committed(self, handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    kafka_error(self, code, "its group of consumers may not be used", &err);
    checks_wrong(checks, code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ? acl_remedy : NULL, "%s: %s",
        topic->name, err.message);
    return false;
}

bool kafka_check_rights(
    struct queue_kafka *self, const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS], struct checks *checks)
{
    struct err err = ERR_INIT;
    char group[KAFKA_NAME_SIZE];
    rd_kafka_t *handle;
    bool any = false;
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++)
        any = any || topics[i].topic.partitions > 0;
    if (!any)
        return true;
    int before = checks->wrong;
    check_writing(self, topics, checks);
    rd_kafka_conf_t *conf = kafka_client_conf(self, NULL);
    kafka_client_set(conf, "enable.partition.eof", "true");
    kafka_topic_name(self, "readers", group);
    if (kafka_client_new(self, group, conf, &handle, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return false;
    }
    rd_kafka_poll_set_consumer(handle);
    bool all = assign_all(handle, topics) == RD_KAFKA_RESP_ERR_NO_ERROR && check_reading(self, topics, handle, checks);
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        if (kafka_topic_plans[i].is_work && topics[i].topic.partitions > 0)
            all = check_group(self, &topics[i].topic, checks) && all;
    }
    if (all)
        checks_ok(checks, "Kafka at %s lets messages be read from all topics", self->brokers);
    return checks->wrong == before;
}
