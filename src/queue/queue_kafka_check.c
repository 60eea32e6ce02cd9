// The check-up of Kafka: brokers, topics and their settings.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "queue/queue_kafka_internal.h"

// Of a work topic: messages that wait longer are lost.
#define RETENTION_LEAST_MS (INT64_C(24) * 3600 * 1000)

struct checking {
    struct queue_kafka *self;
    struct checks *checks;
    struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS];
    int brokers;
    bool makes_topics;
    bool lacks; // a topic
};

static const char *const add_partitions =
    "add partitions with Kafka's own tools (kafka-topics --alter), or set --kafka-partitions to what is there";

// ---- what the brokers have

static const struct rd_kafka_metadata_topic *find_topic(const struct rd_kafka_metadata *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        if (strcmp(topic->topic, name) == 0 && topic->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return topic;
    }
    return NULL;
}

static void check_missing(struct checking *checking, const char *name)
{
    checking->lacks = true;
    if (checking->makes_topics)
        checks_warn(checking->checks, "run `framehound queue init`, or start a part: it makes them",
            "%s: the topic is not there, or may not be seen", name);
    else
        checks_wrong(checking->checks, "run `framehound queue init`, or let somebody make it who may",
            "%s: the topic is not there, or may not be seen", name);
}

static void check_replicas(
    struct checking *checking, const struct rd_kafka_metadata_topic *topic, const struct queue_kafka_topic *seen)
{
    int leaderless = 0, behind = 0;
    for (int i = 0; i < topic->partition_cnt; i++) {
        leaderless += topic->partitions[i].leader < 0;
        behind += topic->partitions[i].isr_cnt < topic->partitions[i].replica_cnt;
    }
    if (leaderless > 0)
        checks_wrong(checking->checks, "start the brokers that have them", "%s: %d of %d partitions have no leader",
            topic->topic, leaderless, topic->partition_cnt);
    else if (behind > 0)
        checks_warn(checking->checks, "look after the brokers that have them",
            "%s: %d of %d partitions have replicas that are not up to date", topic->topic, behind,
            topic->partition_cnt);
    int wanted = checking->self->replication;
    if (wanted > 0 && seen->replicas < wanted)
        checks_warn(checking->checks, "give the topic more replicas with Kafka's own tools (kafka-reassign-partitions)",
            "%s: %d replicas, and --kafka-replication says %d", topic->topic, seen->replicas, wanted);
    else if (seen->replicas == 1 && checking->brokers > 1)
        checks_warn(checking->checks,
            "give the topic three replicas with Kafka's own tools (kafka-reassign-partitions)",
            "%s: one replica: when its broker is lost, so is the work", topic->topic);
}

static void check_topic(
    struct checking *checking, const struct rd_kafka_metadata *metadata, struct queue_kafka_topic *seen, size_t i)
{
    *seen = (struct queue_kafka_topic){.wanted = kafka_topic_plans[i].is_work ? checking->self->partitions : 1};
    kafka_topic_name(checking->self, kafka_topic_plans[i].name, seen->name);
    const struct rd_kafka_metadata_topic *topic = find_topic(metadata, seen->name);
    checking->checks->what = "queue";
    if (topic == NULL || topic->partition_cnt == 0) {
        check_missing(checking, seen->name);
        return;
    }
    seen->partitions = topic->partition_cnt;
    seen->replicas = topic->partitions[0].replica_cnt;
    if (seen->partitions < seen->wanted)
        checks_wrong(checking->checks, add_partitions,
            "%s: %d partitions, %d replicas: fewer than the %d that --kafka-partitions says; more workers than that "
            "have nothing to do",
            seen->name, seen->partitions, seen->replicas, seen->wanted);
    else if (!kafka_topic_plans[i].is_work && seen->partitions > 1)
        checks_wrong(checking->checks, "make the topic anew with one partition",
            "%s: %d partitions, and its order matters, so that it must have one", seen->name, seen->partitions);
    else
        checks_ok(checking->checks, "%s: %d partitions, %d replicas", seen->name, seen->partitions, seen->replicas);
    checking->checks->what = "kafka";
    check_replicas(checking, topic, seen);
}

static bool check_brokers(struct checking *checking)
{
    const struct rd_kafka_metadata *metadata;
    struct err err = ERR_INIT;
    checking->checks->what = "kafka";
    if (kafka_all_topics(checking->self, &metadata, KAFKA_REQUEST_MS, &err) != ERR_NONE) {
        checks_wrong(checking->checks, NULL, "%s", err.message);
        return false;
    }
    checking->brokers = metadata->broker_cnt;
    checks_ok(checking->checks, "Kafka at %s answers and lets us in; it has %d broker%s", checking->self->brokers,
        metadata->broker_cnt, metadata->broker_cnt == 1 ? "" : "s");
    kafka_check_versions(checking->self, metadata, checking->checks);
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++)
        check_topic(checking, metadata, &checking->topics[i].topic, i);
    rd_kafka_metadata_destroy(metadata);
    checking->checks->what = "kafka";
    return true;
}

// ---- the topics' settings

static const char *setting_of(const rd_kafka_ConfigEntry_t **entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(entries[i]);
    }
    return NULL;
}

static int64_t number_of(const rd_kafka_ConfigEntry_t **entries, size_t count, const char *name, int64_t otherwise)
{
    const char *text = setting_of(entries, count, name);
    return text != NULL ? strtoll(text, NULL, 10) : otherwise;
}

static void check_settings_of(struct checking *checking, size_t i, const rd_kafka_ConfigEntry_t **entries, size_t count)
{
    struct kafka_checked_topic *topic = &checking->topics[i];
    const char *name = topic->topic.name;
    const char *policy = setting_of(entries, count, "cleanup.policy");
    int64_t retention_ms = number_of(entries, count, "retention.ms", -1);
    int64_t insync = number_of(entries, count, "min.insync.replicas", 1);
    topic->message_bytes = number_of(entries, count, "max.message.bytes", 0);
    if (topic->message_bytes > 0 && topic->message_bytes < (int64_t)KAFKA_MESSAGE_BYTES)
        checks_wrong(checking->checks, "give the topic max.message.bytes=2097152",
            "%s: max.message.bytes is %" PRId64 ", and messages may have %zu", name, topic->message_bytes,
            KAFKA_MESSAGE_BYTES);
    if (policy != NULL && strcmp(policy, kafka_topic_plans[i].policy) != 0)
        checks_wrong(checking->checks, "set it with Kafka's own tools (kafka-configs)",
            "%s: cleanup.policy is %s and must be %s: otherwise %s", name, policy, kafka_topic_plans[i].policy,
            kafka_topic_plans[i].is_work ? "work is thrown away that has the key of other work"
                                         : "what is there is thrown away too early or never");
    if (kafka_topic_plans[i].is_work && retention_ms >= 0 && retention_ms < RETENTION_LEAST_MS)
        checks_warn(checking->checks, "raise retention.ms to how long work may wait, a week for instance",
            "%s: retention.ms is %" PRId64 ": work that waits longer than %" PRId64 " minutes is lost", name,
            retention_ms, retention_ms / 60000);
    if (insync > topic->topic.replicas)
        checks_wrong(checking->checks, "give the topic more replicas, or a smaller min.insync.replicas",
            "%s: min.insync.replicas is %" PRId64 ", and the topic has %d replicas: nothing can be written", name,
            insync, topic->topic.replicas);
}

static void read_settings(struct checking *checking, const rd_kafka_event_t *event)
{
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)(uintptr_t)event), &count);
    bool refused = false;
    for (size_t k = 0; k < count; k++) {
        size_t entry_count = 0;
        const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[k], &entry_count);
        refused = refused || rd_kafka_ConfigResource_error(resources[k]) != RD_KAFKA_RESP_ERR_NO_ERROR;
        for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
            bool is_it = strcmp(checking->topics[i].topic.name, rd_kafka_ConfigResource_name(resources[k])) == 0;
            if (is_it && rd_kafka_ConfigResource_error(resources[k]) == RD_KAFKA_RESP_ERR_NO_ERROR)
                check_settings_of(checking, i, entries, entry_count);
        }
    }
    if (refused)
        checks_warn(checking->checks, "let its user describe the topics' configurations, for the doctor only",
            "the topics' settings may not be read, so they were not looked at, nor whether messages may be written");
}

static void check_settings(struct checking *checking)
{
    rd_kafka_ConfigResource_t *asked[QUEUE_KAFKA_TOPICS];
    size_t count = 0;
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS; i++) {
        if (checking->topics[i].topic.partitions > 0)
            asked[count++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, checking->topics[i].topic.name);
    }
    if (count == 0)
        return;
    rd_kafka_t *handle = checking->self->producer;
    rd_kafka_queue_t *answers = rd_kafka_queue_new(handle);
    rd_kafka_DescribeConfigs(handle, asked, count, NULL, answers);
    rd_kafka_event_t *event = rd_kafka_queue_poll(answers, KAFKA_REQUEST_MS);
    rd_kafka_resp_err_t code = event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        read_settings(checking, event);
    else
        checks_warn(checking->checks, NULL, "the topics' settings could not be read: %s", rd_kafka_err2str(code));
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(answers);
    rd_kafka_ConfigResource_destroy_array(asked, count);
}

bool queue_kafka_check(const struct queue_kafka_settings *settings, struct log *log, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct checking checking = {.checks = checks, .makes_topics = settings->make_topics};
    bool usable = false;
    checks->what = "kafka";
    if (kafka_new(settings, NULL, clock_system(), log, &checking.self, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return false;
    }
    if (check_brokers(&checking)) {
        check_settings(&checking);
        usable = kafka_check_rights(checking.self, checking.topics, checks) && !checking.lacks;
    }
    queue_free(&checking.self->queue);
    return usable;
}
