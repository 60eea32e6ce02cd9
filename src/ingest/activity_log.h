// The activity log: follows the `activity` topic and knows what all workers of all processes are doing.
//
// One thread reads the topic. Clients get the state so far and then live events through a subscription. Subscriptions
// share one ring of the newest ACTIVITY_LOG_EVENTS events; a client that falls behind it gets a fresh snapshot instead
// of a queue that grows. Event ids are the topic's offsets: they grow, and mean the same after a restart of the server.
// The same thread looks every ACTIVITY_LOG_QUEUES_MS at how much work waits between the parts.
// Safe from all threads; a subscription belongs to one thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "os/cancel.h"
#include "queue/queue.h"

#define ACTIVITY_LOG_EVENTS 1024       // messages in the ring
#define ACTIVITY_LOG_BYTES (16u << 20) // of their texts, at most
#define ACTIVITY_LOG_WORKERS 512       // further ones are not shown
#define ACTIVITY_LOG_VIDEOS 256        // the ones that had news last
#define ACTIVITY_LOG_RECENT 200        // frames, other events and errors in a snapshot, each
#define ACTIVITY_LOG_QUEUES_MS 1000    // between two looks at the queues

struct activity_log;
struct activity_subscription;

// Starts the thread. It begins with the newest ACTIVITY_LOG_EVENTS messages of the topic.
enum err_code activity_log_start(struct queue *queue, const struct clock *clock, struct log *log,
    struct activity_log **activity_log, struct err *err) ERR_MUST_CHECK;
// Ends waiting subscriptions (ERR_CANCELLED) and joins the thread. Subscriptions must be freed before.
void activity_log_stop(struct activity_log *activity_log);

// The state so far; a new reference:
// {"id", "at_us", "workers": […], "videos": […], "recent": […], "errors": […], "totals": {…}, "queues": […]}. The
// members are those of api/messages/activity.schema.json; a worker also has "seen_us", "rate" (frames a second, of
// late) and "state": "busy", "idle", "stopped" or "lost" (not heard of for ACTIVITY_LOG_LOST_MS). A queue has "topic",
// "waiting" and "leased" (messages being worked on).
json_t *activity_log_snapshot(struct activity_log *activity_log);
// Only its "workers".
json_t *activity_log_workers(struct activity_log *activity_log);
#define ACTIVITY_LOG_LOST_MS 10000

// `last_event_id` >= 0: goes on behind that event if it is still in the ring, else begins with a snapshot. An event
// that this log has not heard of yet, but the topic has, was given out by another query engine: what comes up to it is
// left out. The queue is asked for that.
struct activity_subscription *activity_log_subscribe(struct activity_log *activity_log, int64_t last_event_id);
void activity_subscription_free(struct activity_subscription *subscription);

enum activity_item_kind {
    ACTIVITY_ITEM_SNAPSHOT, // the state so far
    ACTIVITY_ITEM_MESSAGE,  // what happened since, as it was published
    ACTIVITY_ITEM_QUEUES,   // {"queues": […]}: the depths have changed; it has no id of its own
};

struct activity_item {
    enum activity_item_kind kind;
    int64_t id; // of the newest message the subscription has given out
    char *json; // one line, to be freed
    size_t size;
};
// Waits for the next one. ERR_TIMEOUT (send a comment to keep the connection), ERR_CANCELLED (the log ends).
enum err_code activity_subscription_next(struct activity_subscription *subscription, int64_t timeout_ms,
    struct cancel *cancel, struct activity_item *item, struct err *err) ERR_MUST_CHECK;
