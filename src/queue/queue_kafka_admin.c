// Topics: which there are, making those that are missing, and shortening logs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

#define METADATA_FIRST_MS 1000
#define METADATA_TRY_MS 3000
#define METADATA_PAUSE_MS 50
// How long brokers may take to lead the partitions that were made: a busy one takes some 30 ms for each.
#define MADE_WAIT_MS 30000
#define MADE_PARTITION_MS 100

const struct kafka_topic_plan kafka_topic_plans[QUEUE_KAFKA_TOPICS] = {
    {TOPIC_SOURCES, true, "delete"},
    {TOPIC_SEGMENTS, true, "delete"},
    {TOPIC_FRAMES, true, "delete"},
    {TOPIC_DETECTIONS, true, "delete"},
    {TOPIC_ACTIVITY, false, "delete"},
    {KAFKA_TOPIC_LETTERS, false, "compact"},
};

static void look_up(const struct rd_kafka_metadata *metadata, const char *name, struct queue_kafka_topic *out)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        if (strcmp(topic->topic, name) != 0 || topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        out->partitions = topic->partition_cnt;
        out->replicas = topic->partition_cnt > 0 ? topic->partitions[0].replica_cnt : 0;
    }
}

static enum err_code read_topics(
    struct queue_kafka *self, struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS], int timeout_ms, struct err *err)
{
    const struct rd_kafka_metadata *metadata;
    enum err_code code = kafka_all_topics(self, &metadata, timeout_ms, err);
    if (code != ERR_NONE)
        return code;
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        topics[i] = (struct queue_kafka_topic){.wanted = kafka_topic_plans[i].is_work ? self->partitions : 1};
        kafka_topic_name(self, kafka_topic_plans[i].name, topics[i].name);
        look_up(metadata, topics[i].name, &topics[i]);
    }
    rd_kafka_metadata_destroy(metadata);
    return ERR_NONE;
}

enum err_code queue_kafka_topics(
    struct queue *queue, struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS], struct err *err)
{
    return read_topics(queue_kafka_of(queue), topics, 0, err);
}

// Brokers may be starting beside us. What somebody has to mend is not waited for.
static enum err_code wait_for_brokers(
    struct queue_kafka *self, struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS], struct err *err)
{
    struct kafka_patience patience = kafka_patience_new(QUEUE_KAFKA_START_WAIT_MS);
    int try_ms = METADATA_FIRST_MS;
    enum err_code code;
    while ((code = read_topics(self, topics, try_ms, err)) != ERR_NONE && !kafka_is_refused(self) &&
        kafka_patience_left_ms(self, &patience) > 0) {
        try_ms = METADATA_TRY_MS;
        cancel_wait(self->stop, METADATA_PAUSE_MS);
        err_clear(err);
    }
    return code;
}

// Whoever leads a partition is asked about it afterwards, so all of them have to answer.
static enum err_code wait_for_topics(struct queue_kafka *self, struct err *err)
{
    int64_t partitions = (int64_t)self->partitions * KAFKA_WORK_TOPICS;
    struct kafka_patience patience = kafka_patience_new(MADE_WAIT_MS + partitions * MADE_PARTITION_MS);
    enum err_code code = ERR_NONE;
    log_info(self->log, "waiting until the Kafka brokers answer for all partitions that were made");
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS && code == ERR_NONE; i++) {
        char name[KAFKA_NAME_SIZE];
        kafka_topic_name(self, kafka_topic_plans[i].name, name);
        code = kafka_await_topic(self, name, kafka_patience_left_ms(self, &patience), err);
    }
    return code;
}

// ---- making topics

static rd_kafka_NewTopic_t *describe(
    const struct queue_kafka *self, const struct kafka_topic_plan *plan, const struct queue_kafka_topic *topic)
{
    char bytes[24];
    char text[256];
    rd_kafka_NewTopic_t *made =
        rd_kafka_NewTopic_new(topic->name, topic->wanted, self->replication, text, sizeof(text));
    if (made == NULL)
        return NULL;
    snprintf(bytes, sizeof(bytes), "%zu", KAFKA_MESSAGE_BYTES);
    rd_kafka_NewTopic_set_config(made, "max.message.bytes", bytes);
    rd_kafka_NewTopic_set_config(made, "cleanup.policy", plan->policy);
    return made;
}

static enum err_code check_made(
    struct queue_kafka *self, rd_kafka_event_t *event, const struct queue_kafka_topic *topic, struct err *err)
{
    size_t count = 0;
    if (event == NULL)
        return kafka_error(self, RD_KAFKA_RESP_ERR__TIMED_OUT, "making topics", err);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error(self, rd_kafka_event_error(event), "making topics", err);
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    rd_kafka_resp_err_t code = count > 0 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return ERR_NONE;
    enum err_code as = kafka_error(self, code, "a topic could not be made", err);
    err_context(err, "topic %s (%s)", topic->name,
        rd_kafka_topic_result_error_string(results[0]) != NULL ? rd_kafka_topic_result_error_string(results[0]) : "");
    return as;
}

static enum err_code make_topic(struct queue_kafka *self, const struct kafka_topic_plan *plan,
    const struct queue_kafka_topic *topic, struct err *err)
{
    rd_kafka_NewTopic_t *made = describe(self, plan, topic);
    if (made == NULL)
        return err_set(err, ERR_INVALID,
            "the Kafka topic %s cannot be made: %d partitions (--kafka-partitions) with %d replicas "
            "(--kafka-replication)",
            topic->name, topic->wanted, self->replication);
    rd_kafka_queue_t *answers = rd_kafka_queue_new(self->producer);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(self->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char text[256];
    rd_kafka_AdminOptions_set_operation_timeout(options, KAFKA_REQUEST_MS, text, sizeof(text));
    rd_kafka_CreateTopics(self->producer, &made, 1, options, answers);
    rd_kafka_event_t *event = kafka_await_event(self, answers, INT64_C(2) * KAFKA_REQUEST_MS);
    enum err_code code = check_made(self, event, topic, err);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(answers);
    rd_kafka_NewTopic_destroy(made);
    return code;
}

enum err_code kafka_admin_prepare(struct queue_kafka *self, bool make_topics, struct err *err)
{
    struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS] = {0};
    bool made = false;
    enum err_code code = wait_for_brokers(self, topics, err);
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS && code == ERR_NONE; i++) {
        if (topics[i].partitions > 0) {
            if (topics[i].partitions < topics[i].wanted)
                log_warn(self->log,
                    "the Kafka topic %s has %d partitions, %d are set (--kafka-partitions): no more than %d workers of "
                    "its part can be of use",
                    topics[i].name, topics[i].partitions, topics[i].wanted, topics[i].partitions);
            continue;
        }
        if (!make_topics)
            return err_set(err, ERR_NOT_FOUND,
                "Kafka at %s (--queue) has no topic %s: make the topics with `framehound queue init`", self->brokers,
                topics[i].name);
        code = make_topic(self, &kafka_topic_plans[i], &topics[i], err);
        if (code == ERR_NONE)
            log_info(self->log, "the Kafka topic %s was made, with %d partitions", topics[i].name, topics[i].wanted);
        made = true;
    }
    return code == ERR_NONE && made ? wait_for_topics(self, err) : code;
}

// ---- shortening a log

enum err_code kafka_admin_trim(struct queue_kafka *self, const char *name, int64_t offset, struct err *err)
{
    rd_kafka_topic_partition_list_t *before = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(before, name, 0)->offset = offset;
    rd_kafka_DeleteRecords_t *request = rd_kafka_DeleteRecords_new(before);
    rd_kafka_queue_t *answers = rd_kafka_queue_new(self->producer);
    rd_kafka_DeleteRecords(self->producer, &request, 1, NULL, answers);
    rd_kafka_event_t *event = kafka_await_event(self, answers, KAFKA_REQUEST_MS);
    rd_kafka_resp_err_t code = event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(answers);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(before);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ERR_NONE : kafka_error(self, code, "shortening a log", err);
}
