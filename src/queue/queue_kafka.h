// The queue over Apache Kafka, for many machines: librdkafka behind the contract of queue.h.
//
// Topics are "{prefix}sources", "{prefix}segments", … Work topics have one consumer group each; a message belongs to
// the process that its partition is assigned to, and leases are that process's own affair: threads of one process share
// the messages of its partitions as they do over the embedded queue. An offset is committed only when every message
// before it is done, so several messages of a partition may be in hand at once and a crash delivers all that were not
// finished again. What differs from the embedded queue:
//
// - A rejected message is published again with its attempts and the time before which nobody shall have it; then the
//   old one counts as done. A message's place is therefore at the end of its partition.
// - The end of a process is no attempt here either. How many processes in a row ended without getting past a
//   partition's committed offset is kept in that commit's metadata. From the second on, the partition's messages are
//   delivered one at a time; after queue_ends_max() the one at the offset is taken for the cause and becomes a dead
//   letter.
// - Dead letters are a compacted topic of one partition, followed by every process that asks about them; retrying and
//   purging leave tombstones.
// - Kafka cannot delete single messages: purging drops what is in this process, and whoever receives the others finds
//   that nobody wants them.
// - queue_stats() counts as leased what this process holds; what others hold counts as ready.
// - Whatever the brokers do, calls end within KAFKA_REQUEST_MS (publishing: KAFKA_DELIVERY_MS), and within a few
//   seconds of the process being told to end or of queue_free(), which leaves the groups. What was received and is not
//   acknowledged by then is delivered again.
//
// Thread rule and errors: as queue.h says. Sentences name the brokers and the setting they come from.
#pragma once

#include "base/check.h"
#include "base/clock.h"
#include "queue/queue.h"

struct cancel;
struct log;

#define QUEUE_KAFKA_PARTITIONS 64       // of work topics: as many consumers of one topic can be useful
#define QUEUE_KAFKA_REPLICATION (-1)    // what the brokers have as their default
#define QUEUE_KAFKA_START_WAIT_MS 15000 // how long opening waits for the brokers

struct queue_kafka_settings {
    const char *brokers; // "host:port,host:port"
    const char *prefix;  // of topics and groups; "framehound."
    const char *config;  // lines of librdkafka's properties ("security.protocol=SASL_SSL"); NULL: none
    int partitions;      // for topics that are made
    int replication;     // -1: the brokers' default
    bool make_topics;    // make those that are missing
    // The process is told to end: calls that wait for the brokers have a few seconds from then on. Outlives the queue;
    // may be NULL.
    struct cancel *cancel;
};
void queue_kafka_settings_default(struct queue_kafka_settings *settings);

// Connects and looks at the topics. Settings are copied; `options` NULL: defaults; `clock` and `log` outlive the queue.
// ERR_INVALID for properties that librdkafka does not know or that the queue decides itself, ERR_UNAVAILABLE when the
// brokers do not answer, ERR_NOT_FOUND when topics are missing and may not be made.
enum err_code queue_kafka_open(const struct queue_kafka_settings *settings, const struct queue_options *options,
    const struct clock *clock, struct log *log, struct queue **queue, struct err *err) ERR_MUST_CHECK;

// What the brokers have, for `framehound queue init` and the doctor.
struct queue_kafka_topic {
    char name[256]; // with the prefix
    int partitions; // 0: it is missing
    int wanted;     // partitions it would be made with
    int replicas;   // of its first partition
};
#define QUEUE_KAFKA_TOPICS 6
enum err_code queue_kafka_topics(
    struct queue *queue, struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS], struct err *err) ERR_MUST_CHECK;

// Everything that is to be said of the brokers, good or bad, without opening a queue: whether they answer, let us in
// and are new enough, topics, partitions, replicas, the topics' settings, and whether messages may be written and read.
// Makes no topics. Nothing stays behind but a tombstone among the dead letters: work topics are tried with a message
// that is too large for them, which brokers refuse only to those who may write. False if there is no working with it as
// it is.
bool queue_kafka_check(const struct queue_kafka_settings *settings, struct log *log, struct checks *checks);

// Waits until all that is in the topic now has come to this process, provided that no other consumes it. For tests.
// ERR_TIMEOUT.
enum err_code queue_kafka_catch_up(
    struct queue *queue, const char *topic, int64_t timeout_ms, struct err *err) ERR_MUST_CHECK;
