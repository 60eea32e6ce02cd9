// The queue that joins the parts: topics of messages, delivered at least once.
//
// Two kinds of topic. *Work* topics (sources, segments, frames, detections) have one group of consumers: each message
// is leased to one worker, which acknowledges it once its results are durable, or rejects it; a message whose lease
// ends is delivered again, and after the limit of attempts it becomes a dead letter with its reason. *Log* topics
// (activity) are read by everybody from an offset on, and keep the newest messages only.
//
// Delivery order is roughly the order of publishing, and no consumer may depend on it. Publishing is durable when the
// call returns. All functions are safe from all threads; several processes may share one embedded queue.
//
// Errors: ERR_UNAVAILABLE (the backend does not answer), ERR_FULL (the disk), ERR_CANCELLED, ERR_LIMIT (a message above
// QUEUE_BODY_MAX), ERR_CONFLICT (the lease was lost: another worker has the message now), ERR_NOT_FOUND.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cancel;
struct queue;

#define QUEUE_BODY_MAX ((size_t)1024 * 1024)
#define QUEUE_KEY_MAX 127
#define QUEUE_REASON_MAX ERR_MESSAGE_MAX
#define QUEUE_RECEIVE_MAX 256
#define QUEUE_DEAD_LETTERS_MAX 1000

// The topics, and who consumes them (ARCHITECTURE.md). DEAD_LETTERS is reached through its own functions below.
#define TOPIC_SOURCES "sources"
#define TOPIC_SEGMENTS "segments"
#define TOPIC_FRAMES "frames"
#define TOPIC_DETECTIONS "detections"
#define TOPIC_ACTIVITY "activity"

struct queue_options {
    int max_attempts;      // deliveries that fail before a message becomes a dead letter; default 5
    int64_t lease_ms;      // how long a worker has until it must extend; default 30000
    int64_t log_retention; // messages a log topic keeps; default 100000
    int64_t retry_base_ms; // delay before the second delivery after a rejection, doubled each time; default 1000
};
void queue_options_default(struct queue_options *options);

void queue_free(struct queue *queue);

// What to publish. `key` is "{video}" or "{video}/{segment}": it orders and purges; bytes are borrowed.
struct queue_item {
    const char *key;
    const void *body;
    size_t body_size;
};

// All or none. Log topics and work topics alike.
enum err_code queue_publish(struct queue *queue, const char *topic, const struct queue_item *items, size_t count,
    struct err *err) ERR_MUST_CHECK;

struct queue_message {
    char topic[32];
    char key[QUEUE_KEY_MAX + 1];
    int attempt;          // 1 at the first delivery
    int64_t published_us; // wall clock
    size_t body_size;
    char *body;           // NUL-terminated behind its end
    int64_t lease;        // the backend's own
    char lease_token[48]; // likewise: proves that the lease is still ours
};

// Leases up to `max` messages to `worker`, waiting at most `wait_ms` for the first. On success *count may be 0 (nothing
// came in time). Each received message must be given back by ack, reject or release, and freed.
enum err_code queue_receive(struct queue *queue, const char *topic, const char *worker, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err) ERR_MUST_CHECK;
void queue_message_free(struct queue_message *message);

// Done: never delivered again. ERR_CONFLICT for a lost lease (the work is done twice, which is harmless); the other
// messages of the batch are acknowledged all the same.
enum err_code queue_ack(
    struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err) ERR_MUST_CHECK;
// Failed: delivered again after a growing delay, or made a dead letter when the attempts are used up; *dead says which
// (may be NULL).
enum err_code queue_reject(struct queue *queue, const struct queue_message *message, const char *reason, bool *dead,
    struct err *err) ERR_MUST_CHECK;
// Failed for good: made a dead letter at once.
enum err_code queue_bury(
    struct queue *queue, const struct queue_message *message, const char *reason, struct err *err) ERR_MUST_CHECK;
// Not worked on: delivered again at once, the attempt not counted (shutdown).
enum err_code queue_release(struct queue *queue, const struct queue_message *message, struct err *err) ERR_MUST_CHECK;
// The lease starts anew; for long work.
enum err_code queue_extend(struct queue *queue, const struct queue_message *message, struct err *err) ERR_MUST_CHECK;

struct queue_stats {
    int64_t ready;  // waiting, including those waiting for their next attempt
    int64_t leased; // being worked on
};
enum err_code queue_stats(
    struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err) ERR_MUST_CHECK;

// Whether a message of a video waits on a work topic or is being worked on. Where the backend cannot look through what
// waits (Kafka) it is false.
enum err_code queue_has(
    struct queue *queue, const char *topic, const char *video, bool *has, struct err *err) ERR_MUST_CHECK;
// Removes the waiting and leased messages and the dead letters of a video (keys "{video}" and "{video}/…") from all
// work topics. Best effort where the backend cannot delete (Kafka): consumers drop messages of videos that are gone.
enum err_code queue_purge(struct queue *queue, const char *video, struct err *err) ERR_MUST_CHECK;

struct queue_dead_letter {
    int64_t id;
    char topic[32];
    char key[QUEUE_KEY_MAX + 1];
    char *reason;
    int attempts;
    int64_t failed_us; // wall clock
    char *body;
    size_t body_size;
};
// Dead letters with id > after, ascending, at most `limit`; `video` NULL for all. Free with queue_dead_letters_free.
enum err_code queue_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err) ERR_MUST_CHECK;
void queue_dead_letters_free(struct queue_dead_letter *letters, size_t count);
// Puts it back on its topic with fresh attempts. `letter` (may be NULL) is filled for the caller, to be freed as above.
enum err_code queue_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err) ERR_MUST_CHECK;

// Log topics: messages after `offset`, oldest first; waits like queue_receive. `message->lease` is the offset.
// An offset older than what is kept continues with the oldest kept message.
enum err_code queue_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err) ERR_MUST_CHECK;
// The offset of the newest message; 0 when there is none.
enum err_code queue_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err) ERR_MUST_CHECK;

// Whether the backend answers, for readiness.
enum err_code queue_ping(struct queue *queue, struct err *err) ERR_MUST_CHECK;
