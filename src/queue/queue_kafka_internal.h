// What the files of the Kafka queue share. librdkafka is used here and nowhere else.
#pragma once

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "os/cancel.h"
#include "os/thread.h"
#include "queue/queue_backend.h"
#include "queue/queue_kafka.h"
#include "queue/queue_kafka_window.h"

#define KAFKA_REQUEST_MS 10000
#define KAFKA_DELIVERY_MS 30000 // a message that is not stored by then is not stored
#define KAFKA_WORK_TOPICS 4
// Room for the largest body with its key, its headers and Kafka's own bytes.
#define KAFKA_MESSAGE_BYTES (2 * QUEUE_BODY_MAX)
#define KAFKA_NAME_SIZE 256
#define KAFKA_TOPIC_LETTERS "dead-letters"

// What callbacks get, by every handle's opaque.
struct kafka_opaque {
    struct queue_kafka *self;
    struct kafka_consumer *consumer; // NULL: the handle is none of a group's
};

// The consumer of one work topic: a thread that fills the window, commits, and answers the group's rebalances.
struct kafka_consumer {
    struct kafka_opaque opaque;
    const char *topic;
    char name[KAFKA_NAME_SIZE]; // with the prefix
    rd_kafka_t *handle;
    struct thread *thread;
    struct cancel *cancel;
    bool has_left;         // the group, in good order; the thread's own, and whoever joined it
    bool is_thrown_out;    // of the group, since partitions were last assigned; the thread's own
    bool was_assigned;     // ever, if only no partitions; the thread's own
    int64_t assigned_us;   // when partitions were last assigned; the thread's own
    bool is_paused;        // all partitions are; the thread's own
    pthread_mutex_t mutex; // guards what follows
    struct window window;
    struct err trouble; // why nothing comes; ERR_NONE: nothing known
};

// The dead letters, as far as they were read.
struct kafka_letter {
    char token[KAFKA_NAME_SIZE]; // the record's key
    struct queue_dead_letter letter;
};
struct kafka_letters {
    pthread_mutex_t mutex; // guards all; reading happens in the calling thread
    rd_kafka_t *handle;
    int64_t position; // the offset to be read next
    struct kafka_letter *items;
    size_t count;
};

struct kafka_log {
    pthread_mutex_t mutex; // guards all
    rd_kafka_t *handle;
    int64_t position;
    int64_t published; // since the log was last trimmed
};

struct queue_kafka {
    struct queue queue;
    struct cancel *told;       // the process is to end; NULL: nobody tells
    _Atomic int64_t ending_us; // when that was noticed, or the queue is being freed; 0: not yet
    struct queue_options options;
    const struct clock *clock;
    struct log *log;
    struct kafka_opaque opaque;
    char *brokers, *prefix, *config;
    int partitions, replication;

    pthread_mutex_t mutex; // guards last_reason, last_code
    rd_kafka_t *producer;
    struct thread *delivery; // serves the producer's reports
    struct cancel *stop;
    pthread_mutex_t joining; // one at a time becomes a consumer or an observer
    _Atomic(struct kafka_consumer *) consumers[KAFKA_WORK_TOPICS];
    rd_kafka_t *observers[KAFKA_WORK_TOPICS]; // ask how far a group is, without being in it
    char last_reason[ERR_MESSAGE_MAX];        // what librdkafka said last about brokers that cannot be used
    rd_kafka_resp_err_t last_code;            // of the same

    struct queue_wait wait;
    struct kafka_letters letters;
    struct kafka_log log_topic;
};

static inline struct queue_kafka *queue_kafka_of(struct queue *queue)
{
    return (struct queue_kafka *)queue;
}

extern const char *const kafka_work_topics[KAFKA_WORK_TOPICS];
// The topic's place in the arrays; ERR_NOT_FOUND for one that Kafka was not given.
enum err_code kafka_topic_place(const char *topic, size_t *place, struct err *err);
void kafka_topic_name(const struct queue_kafka *self, const char *topic, char out[KAFKA_NAME_SIZE]);

// A queue that can publish, of whose topics nothing is known yet.
enum err_code kafka_new(const struct queue_kafka_settings *settings, const struct queue_options *options,
    const struct clock *clock, struct log *log, struct queue_kafka **self, struct err *err);

// ---- queue_kafka_client.c: handles and errors

// A producer without promises that sends messages as they are, of up to `bytes`, for trials.
enum err_code kafka_client_new_trial(
    struct queue_kafka *self, rd_kafka_conf_t *conf, size_t bytes, rd_kafka_t **handle, struct err *err);

// A handle with the user's properties; `consumer_group` NULL: a producer.
enum err_code kafka_client_new(
    struct queue_kafka *self, const char *consumer_group, rd_kafka_conf_t *conf, rd_kafka_t **handle, struct err *err);
// One that only asks how far a group is. So long as a request may last, or a group's broker be looked for, ending it
// may take, so that is short.
enum err_code kafka_client_new_observer(
    struct queue_kafka *self, const char *group, rd_kafka_t **handle, struct err *err);
// A configuration with those properties that the user may override; `consumer` NULL: of a handle that joins no group.
rd_kafka_conf_t *kafka_client_conf(struct queue_kafka *self, struct kafka_consumer *consumer);
void kafka_client_set(rd_kafka_conf_t *conf, const char *name, const char *value);
// The sentence of an error, with the brokers, the setting and what to do. Returns the code it sets.
enum err_code kafka_error(struct queue_kafka *self, rd_kafka_resp_err_t code, const char *what, struct err *err);
// Whether what was heard last of brokers that cannot be used is for somebody to mend: wrong credentials, TLS. For
// whoever would wait for them.
bool kafka_is_refused(struct queue_kafka *self);

// ---- queue_kafka_ask.c: requests that are made again while their failures pass, for KAFKA_REQUEST_MS

// How long a call may wait for the brokers. Once the process is told to end, or the queue is freed, all calls share a
// few seconds, whatever time they had.
struct kafka_patience {
    int64_t begun_us, end_us;
};
struct kafka_patience kafka_patience_new(int64_t most_ms);
int kafka_patience_left_ms(struct queue_kafka *self, const struct kafka_patience *patience);
// From now on calls end soon.
void kafka_end_soon(struct queue_kafka *self);
// If the process was told to end, that is from now on.
void kafka_notice_ending(struct queue_kafka *self);
// NULL: none came.
rd_kafka_event_t *kafka_await_event(struct queue_kafka *self, rd_kafka_queue_t *answers, int64_t most_ms);

// What the handle's group has committed, as rd_kafka_committed() has it. That a broker does not answer for the group
// yet, or no longer, passes.
rd_kafka_resp_err_t kafka_committed(
    struct queue_kafka *self, rd_kafka_t *handle, rd_kafka_topic_partition_list_t *partitions);
// All topics of the brokers, asked once with at most `timeout_ms`, or with 0 again as the others.
enum err_code kafka_all_topics(
    struct queue_kafka *self, const struct rd_kafka_metadata **metadata, int timeout_ms, struct err *err);
// All partitions of a topic, offsets not set. The caller destroys the list.
enum err_code kafka_partitions(struct queue_kafka *self, rd_kafka_t *handle, const char *name,
    rd_kafka_topic_partition_list_t **list, struct err *err);
// The first offsets of a topic's partitions, or the next ones. The new leader of a partition whose old one is gone is
// looked for; brokers that do not know the topic yet are asked again for a while.
enum kafka_end { KAFKA_LATEST = -1, KAFKA_EARLIEST = -2 };
enum err_code kafka_offsets(struct queue_kafka *self, rd_kafka_t *handle, rd_kafka_topic_partition_list_t *list,
    enum kafka_end which, struct err *err);
// The same of a topic's only partition.
enum err_code kafka_offset(struct queue_kafka *self, rd_kafka_t *handle, const char *name, enum kafka_end which,
    int64_t *offset, struct err *err);
// Waits until whoever leads a partition of a topic that was just made answers about it: brokers hear of it one after
// the other, and some thousand partitions take a busy one long.
enum err_code kafka_await_topic(struct queue_kafka *self, const char *name, int64_t most_ms, struct err *err);

// ---- queue_kafka_producer.c

struct kafka_record {
    const char *topic; // without the prefix
    const char *key;
    const void *body; // NULL: a tombstone
    size_t body_size;
    rd_kafka_headers_t *headers; // the call's from now on; may be NULL
};
enum err_code kafka_producer_start(struct queue_kafka *self, struct err *err);
void kafka_producer_stop(struct queue_kafka *self);
// Publishes all and waits until they are stored.
enum err_code kafka_produce(struct queue_kafka *self, struct kafka_record *records, size_t count, struct err *err);
void kafka_header_int(rd_kafka_headers_t *headers, const char *name, int64_t value);
void kafka_header_text(rd_kafka_headers_t *headers, const char *name, const char *value);
int64_t kafka_message_int(const rd_kafka_message_t *message, const char *name, int64_t otherwise);
void kafka_message_text(const rd_kafka_message_t *message, const char *name, char *out, size_t size);

// ---- queue_kafka_admin.c

// What is planned for a topic, in the order of queue_kafka_topics().
struct kafka_topic_plan {
    const char *name;
    bool is_work;       // as many partitions as are set; else one, because its order matters
    const char *policy; // cleanup.policy
};
extern const struct kafka_topic_plan kafka_topic_plans[QUEUE_KAFKA_TOPICS];

enum err_code kafka_admin_prepare(struct queue_kafka *self, bool make_topics, struct err *err);
// Deletes what is before `offset` of the topic's only partition.
enum err_code kafka_admin_trim(struct queue_kafka *self, const char *name, int64_t offset, struct err *err);

// ---- queue_kafka_check.c, queue_kafka_check_rights.c, queue_kafka_check_versions.c

// Whether each broker takes the requests that are needed.
void kafka_check_versions(struct queue_kafka *self, const struct rd_kafka_metadata *metadata, struct checks *checks);

struct kafka_checked_topic {
    struct queue_kafka_topic topic;
    int64_t message_bytes; // max.message.bytes; 0: not told
};
// Whether messages may be written to and read from topics that are there, and their groups be joined; false if not.
bool kafka_check_rights(
    struct queue_kafka *self, const struct kafka_checked_topic topics[QUEUE_KAFKA_TOPICS], struct checks *checks);

// ---- queue_kafka_consumer.c

// Begins to leave; kafka_consumer_free() waits for it. NULL is harmless.
void kafka_consumer_end(struct kafka_consumer *consumer);
// False where its group was not left in time: then it lives on with the process, and still knows the queue.
bool kafka_consumer_free(struct kafka_consumer *consumer);
enum err_code queue_kafka_receive(struct queue *queue, const char *topic, const char *worker, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err);
enum err_code queue_kafka_ack(
    struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err);
enum err_code queue_kafka_reject(struct queue *queue, const struct queue_message *message, const char *reason,
    bool bury, bool *dead, struct err *err);
enum err_code queue_kafka_release(struct queue *queue, const struct queue_message *message, struct err *err);
enum err_code queue_kafka_extend(struct queue *queue, const struct queue_message *message, struct err *err);

// ---- queue_kafka_group.c: joining, committing, leaving

enum err_code kafka_group_join(
    struct queue_kafka *self, size_t place, struct kafka_consumer **consumer, struct err *err);
// Lets the brokers know, before the messages are handed out, that this process has them in hand. With the mutex held:
// it waits for the brokers once for each partition that was assigned.
void kafka_group_mark(struct kafka_consumer *consumer, struct window_entry *const *taken, size_t count);
// Why nothing comes, if that is still so: asks the brokers when something was wrong.
enum err_code kafka_group_check(struct kafka_consumer *consumer, struct err *err);
enum err_code queue_kafka_stats(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err);

// ---- queue_kafka_letters.c

enum err_code kafka_letters_bury(
    struct queue_kafka *self, const char *topic, const struct window_entry *entry, const char *reason, struct err *err);
enum err_code kafka_letters_purge(struct queue_kafka *self, const char *video, struct err *err);
void kafka_letters_release(struct kafka_letters *letters);
enum err_code queue_kafka_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err);
enum err_code queue_kafka_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err);

// ---- queue_kafka_log.c

enum err_code queue_kafka_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err);
enum err_code queue_kafka_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err);
// `count` messages were published to the log: old ones go from time to time.
void kafka_log_published(struct queue_kafka *self, const char *topic, size_t count);
