#include "ingest/activity_log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/activity_state.h"
#include "os/cond.h"
#include "os/thread.h"

#define READ_AT_ONCE 64
#define READ_WAIT_MS 1000
#define DOWN_WAIT_MS 1000
#define WAIT_SLICE_MS 200

// The topics between the parts, in the order of the data's way.
static const char *const work_topics[] = {TOPIC_SOURCES, TOPIC_SEGMENTS, TOPIC_FRAMES, TOPIC_DETECTIONS};
#define WORK_TOPICS (sizeof(work_topics) / sizeof(work_topics[0]))

// A message as it was published.
struct entry {
    int64_t id;
    char *json;
    size_t size;
};

struct activity_log {
    struct queue *queue;
    const struct clock *clock;
    struct log *log;
    struct cancel *cancel;
    struct thread *thread;
    int64_t looked_us; // at the queues; the thread's own

    pthread_mutex_t lock; // what follows
    pthread_cond_t news;
    struct activity_state *state;
    struct entry ring[ACTIVITY_LOG_EVENTS];
    size_t first, count;
    size_t bytes;
    int64_t newest;  // id of the newest message taken in
    int64_t evicted; // id of the newest message that is no longer in the ring
    struct queue_stats depths[WORK_TOPICS];
    uint64_t depths_version; // grows when they change
};

struct activity_subscription {
    struct activity_log *log;
    int64_t seen; // the newest id given out
    bool fresh;   // begins with a snapshot
    uint64_t depths_seen;
};

// ---- the ring; with the lock held

static void evict_oldest(struct activity_log *log)
{
    struct entry *oldest = &log->ring[log->first];
    log->evicted = oldest->id;
    log->bytes -= oldest->size;
    free(oldest->json);
    oldest->json = NULL;
    log->first = (log->first + 1) % ACTIVITY_LOG_EVENTS;
    log->count--;
}

static void keep(struct activity_log *log, int64_t id, const char *json, size_t size)
{
    while (log->count > 0 && (log->count == ACTIVITY_LOG_EVENTS || log->bytes + size > ACTIVITY_LOG_BYTES))
        evict_oldest(log);
    log->ring[(log->first + log->count++) % ACTIVITY_LOG_EVENTS] =
        (struct entry){.id = id, .json = mem_strndup(json, size), .size = size};
    log->bytes += size;
    log->newest = id;
}

static const struct entry *find_after(const struct activity_log *log, int64_t id)
{
    size_t low = 0;
    size_t high = log->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->ring[(log->first + middle) % ACTIVITY_LOG_EVENTS].id > id)
            high = middle;
        else
            low = middle + 1;
    }
    return low < log->count ? &log->ring[(log->first + low) % ACTIVITY_LOG_EVENTS] : NULL;
}

// ---- reading

static void take_in(struct activity_log *log, const struct queue_message *message)
{
    struct err err = ERR_INIT;
    json_t *root = NULL;
    const struct json_limits limits = {.size_bytes = QUEUE_BODY_MAX, .depth = 8};
    if (json_parse(message->body, message->body_size, &limits, &root, &err) != ERR_NONE || !json_is_object(root)) {
        log_debug(log->log, "an activity message is malformed: %s", err.message);
        json_decref(root);
        return;
    }
    pthread_mutex_lock(&log->lock);
    activity_state_apply(log->state, root, clock_wall_us(log->clock));
    keep(log, message->lease, message->body, message->body_size);
    pthread_cond_broadcast(&log->news);
    pthread_mutex_unlock(&log->lock);
    json_decref(root);
}

static void look_at_queues(struct activity_log *log)
{
    struct queue_stats depths[WORK_TOPICS] = {0};
    int64_t now_us = clock_monotonic_us(clock_system());
    if (log->looked_us != 0 && now_us - log->looked_us < ACTIVITY_LOG_QUEUES_MS * INT64_C(1000))
        return;
    log->looked_us = now_us;
    for (size_t i = 0; i < WORK_TOPICS; i++) {
        struct err err = ERR_INIT;
        if (cancel_requested(log->cancel))
            return;
        // The reader reports a queue that does not answer; until it does again, the last depths are shown.
        if (queue_stats(log->queue, work_topics[i], &depths[i], &err) != ERR_NONE)
            return;
    }
    pthread_mutex_lock(&log->lock);
    if (log->depths_version == 0 || memcmp(depths, log->depths, sizeof(depths)) != 0) {
        memcpy(log->depths, depths, sizeof(depths));
        log->depths_version++;
        pthread_cond_broadcast(&log->news);
    }
    pthread_mutex_unlock(&log->lock);
}

static void run_reader(void *arg)
{
    struct activity_log *log = arg;
    int64_t offset = log->newest;
    bool down = false;
    while (!cancel_requested(log->cancel)) {
        struct queue_message *messages[READ_AT_ONCE] = {0};
        size_t count = 0;
        struct err err = ERR_INIT;
        enum err_code code = queue_log_read(
            log->queue, TOPIC_ACTIVITY, offset, READ_AT_ONCE, READ_WAIT_MS, log->cancel, messages, &count, &err);
        if (code != ERR_NONE && code != ERR_CANCELLED) {
            if (!down)
                log_warn(log->log, "the activity cannot be followed, trying again: %s", err.message);
            cancel_wait(log->cancel, DOWN_WAIT_MS);
        }
        down = code != ERR_NONE;
        for (size_t i = 0; i < count; i++) {
            offset = messages[i]->lease;
            take_in(log, messages[i]);
            queue_message_free(messages[i]);
        }
        look_at_queues(log);
    }
}

// ---- life

enum err_code activity_log_start(struct queue *queue, const struct clock *clock, struct log *log,
    struct activity_log **activity_log, struct err *err)
{
    int64_t end = 0;
    enum err_code code = queue_log_end(queue, TOPIC_ACTIVITY, &end, err);
    if (code != ERR_NONE)
        return code;
    struct activity_log *made = mem_calloc(1, sizeof(*made));
    made->queue = queue;
    made->clock = clock;
    made->log = log;
    made->cancel = cancel_new(NULL);
    made->state = activity_state_new(clock_wall_us(clock));
    made->newest = end > ACTIVITY_LOG_EVENTS ? end - ACTIVITY_LOG_EVENTS : 0;
    made->evicted = made->newest;
    pthread_cond_init(&made->news, NULL);
    pthread_mutex_init(&made->lock, NULL);
    look_at_queues(made);
    code = thread_start("activity-log", run_reader, made, &made->thread, err);
    if (code != ERR_NONE) {
        activity_log_stop(made);
        return code;
    }
    *activity_log = made;
    return ERR_NONE;
}

void activity_log_stop(struct activity_log *log)
{
    if (log == NULL)
        return;
    cancel_request(log->cancel);
    pthread_mutex_lock(&log->lock);
    pthread_cond_broadcast(&log->news);
    pthread_mutex_unlock(&log->lock);
    thread_join(log->thread);
    while (log->count > 0)
        evict_oldest(log);
    activity_state_free(log->state);
    cancel_free(log->cancel);
    pthread_cond_destroy(&log->news);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

// The next two: with the lock held.
static json_t *queues_json(const struct activity_log *log)
{
    json_t *queues = json_array();
    for (size_t i = 0; i < WORK_TOPICS; i++) {
        json_t *o = json_object();
        json_set_string(o, "topic", work_topics[i]);
        json_set_int64(o, "waiting", log->depths[i].ready);
        json_set_int64(o, "leased", log->depths[i].leased);
        json_array_append_new(queues, o);
    }
    return queues;
}

static json_t *snapshot_json(struct activity_log *log)
{
    json_t *snapshot = activity_state_json(log->state, clock_wall_us(log->clock));
    json_set_int64(snapshot, "id", log->newest);
    json_set(snapshot, "queues", queues_json(log));
    return snapshot;
}

json_t *activity_log_snapshot(struct activity_log *log)
{
    pthread_mutex_lock(&log->lock);
    json_t *snapshot = snapshot_json(log);
    pthread_mutex_unlock(&log->lock);
    return snapshot;
}

json_t *activity_log_workers(struct activity_log *log)
{
    pthread_mutex_lock(&log->lock);
    json_t *workers = activity_state_workers(log->state, clock_wall_us(log->clock));
    pthread_mutex_unlock(&log->lock);
    return workers;
}

// ---- subscriptions

// Whether the topic has a message of this id: another query engine may have given it out before we read it. One beyond
// the end is of another data folder, or of a topic that was made anew.
static bool is_in_topic(struct activity_log *log, int64_t id)
{
    int64_t end = 0;
    pthread_mutex_lock(&log->lock);
    bool known = id <= log->newest;
    pthread_mutex_unlock(&log->lock);
    return known || (queue_log_end(log->queue, TOPIC_ACTIVITY, &end, NULL) == ERR_NONE && id <= end);
}

struct activity_subscription *activity_log_subscribe(struct activity_log *log, int64_t last_event_id)
{
    struct activity_subscription *subscription = mem_calloc(1, sizeof(*subscription));
    subscription->log = log;
    subscription->seen = last_event_id;
    subscription->fresh = last_event_id < 0 || !is_in_topic(log, last_event_id);
    return subscription;
}

void activity_subscription_free(struct activity_subscription *subscription)
{
    free(subscription);
}

// What gives something out: with the lock held. Takes `json` over.
static void give(
    struct activity_subscription *subscription, enum activity_item_kind kind, json_t *json, struct activity_item *item)
{
    struct strbuf text;
    strbuf_init(&text);
    json_dump(json, &text);
    json_decref(json);
    *item = (struct activity_item){.id = subscription->seen, .kind = kind};
    item->json = strbuf_detach(&text, &item->size);
    subscription->depths_seen = subscription->log->depths_version;
}

static bool give_next(struct activity_subscription *subscription, struct activity_item *item)
{
    struct activity_log *log = subscription->log;
    if (subscription->fresh || subscription->seen < log->evicted) {
        subscription->seen = log->newest;
        subscription->fresh = false;
        give(subscription, ACTIVITY_ITEM_SNAPSHOT, snapshot_json(log), item);
        return true;
    }
    const struct entry *entry = find_after(log, subscription->seen);
    if (entry != NULL) {
        *item = (struct activity_item){.id = entry->id,
            .kind = ACTIVITY_ITEM_MESSAGE,
            .json = mem_strndup(entry->json, entry->size),
            .size = entry->size};
        subscription->seen = entry->id;
        return true;
    }
    if (subscription->depths_seen != log->depths_version) {
        json_t *o = json_object();
        json_set(o, "queues", queues_json(log));
        give(subscription, ACTIVITY_ITEM_QUEUES, o, item);
        return true;
    }
    return false;
}

static void wait_for_news(struct activity_log *log, int64_t wait_ms)
{
    (void)cond_wait_until(&log->news, &log->lock, clock_monotonic_us(clock_system()) + wait_ms * 1000);
}

enum err_code activity_subscription_next(struct activity_subscription *subscription, int64_t timeout_ms,
    struct cancel *cancel, struct activity_item *item, struct err *err)
{
    struct activity_log *log = subscription->log;
    int64_t deadline_us = clock_monotonic_us(clock_system()) + timeout_ms * 1000;
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&log->lock);
    for (;;) {
        if (cancel_requested(cancel) || cancel_requested(log->cancel)) {
            code = err_set(err, ERR_CANCELLED, "following the activity was ended");
            break;
        }
        if (give_next(subscription, item))
            break;
        int64_t left_ms = (deadline_us - clock_monotonic_us(clock_system())) / 1000;
        if (left_ms <= 0) {
            code = err_set(err, ERR_TIMEOUT, "nothing happened");
            break;
        }
        // A cancel cannot wake this wait, so it is taken in slices.
        wait_for_news(log, left_ms < WAIT_SLICE_MS ? left_ms : WAIT_SLICE_MS);
    }
    pthread_mutex_unlock(&log->lock);
    return code;
}
