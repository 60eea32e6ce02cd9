// What a queue's backend provides, and what backends share. Included by backends and by queue.c only.
#pragma once

#include <pthread.h>

#include "base/clock.h"
#include "queue/queue.h"

// Called after queue.c has checked the arguments; the contracts are those of queue.h.
struct queue_ops {
    const char *name;
    void (*free)(struct queue *queue);
    // `log`: the topic is a log topic.
    enum err_code (*publish)(struct queue *queue, const char *topic, bool log, const struct queue_item *items,
        size_t count, struct err *err);
    enum err_code (*receive)(struct queue *queue, const char *topic, const char *worker, size_t max, int64_t wait_ms,
        struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err);
    enum err_code (*ack)(struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err);
    // `bury`: at once, whatever the attempts.
    enum err_code (*reject)(struct queue *queue, const struct queue_message *message, const char *reason, bool bury,
        bool *dead, struct err *err);
    enum err_code (*release)(struct queue *queue, const struct queue_message *message, struct err *err);
    enum err_code (*extend)(struct queue *queue, const struct queue_message *message, struct err *err);
    enum err_code (*stats)(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err);
    enum err_code (*has)(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err);
    enum err_code (*purge)(struct queue *queue, const char *video, struct err *err);
    enum err_code (*dead_letters)(struct queue *queue, const char *video, int64_t after, size_t limit,
        struct queue_dead_letter **letters, size_t *count, struct err *err);
    enum err_code (*retry_dead_letter)(
        struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err);
    enum err_code (*log_read)(struct queue *queue, const char *topic, int64_t offset, size_t max, int64_t wait_ms,
        struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err);
    enum err_code (*log_end)(struct queue *queue, const char *topic, int64_t *offset, struct err *err);
    enum err_code (*ping)(struct queue *queue, struct err *err);
};

struct queue {
    const struct queue_ops *ops;
};

#define QUEUE_WORKER_MAX 63
#define QUEUE_TOPIC_SIZE sizeof(((struct queue_message *)0)->topic)

// ---- rules that are the same for every backend

// How long after the rejection of delivery `attempt` the next one waits.
int64_t queue_backoff_us(const struct queue_options *options, int attempt);
// The part of a key before "/": the video.
void queue_key_video(const char *key, char out[QUEUE_KEY_MAX + 1]);
struct queue_message *queue_message_new(const char *topic, const char *key, const void *body, size_t body_size);
// How many processes in a row may end with a message in hand before it is taken for the cause.
int queue_ends_max(const struct queue_options *options);
// The reason of a message whose worker did not give it back, `times` times.
void queue_lost_reason(
    const char *worker, bool process_ended, int times, const struct queue_options *options, char out[QUEUE_REASON_MAX]);
enum err_code queue_lease_lost(const struct queue_message *message, struct err *err);
enum err_code queue_no_dead_letter(int64_t id, struct err *err);

// ---- waiting for messages
//
// Publishers in this process wake waiters at once. What other processes publish, and messages whose time has come, are
// found by trying again at intervals that grow to QUEUE_POLL_MAX_MS, which is also how fast a cancel is noticed.

#define QUEUE_POLL_MAX_MS 100
#define QUEUE_WAIT_TOPICS 16

struct queue_wait {
    pthread_mutex_t mutex;
    struct queue_wait_topic {
        char name[32];
        uint64_t generation; // grows with every wake-up
        pthread_cond_t woken;
    } topics[QUEUE_WAIT_TOPICS];
    size_t topic_count;
};
void queue_wait_init(struct queue_wait *wait);
void queue_wait_release(struct queue_wait *wait);
// `count` messages came to `topic`. `everybody`: all waiters want them (log topics).
void queue_wait_wake(struct queue_wait *wait, const char *topic, size_t count, bool everybody);

// One try to get messages; sets *count. `polled`: no publisher in this process called, so there is probably nothing.
typedef enum err_code queue_try(void *context, bool polled, size_t *count, struct err *err);
enum err_code queue_wait_run(struct queue_wait *wait, const char *topic, int64_t wait_ms, struct cancel *cancel,
    queue_try *attempt, void *context, size_t *count, struct err *err) ERR_MUST_CHECK;
