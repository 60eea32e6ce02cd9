// The loop every part runs: receive, handle, make durable, acknowledge; and what happens when something goes wrong.
//
// A pool has a number of worker threads of one part, and one thread that extends the leases of what they hold, stops
// work on videos that were cancelled or deleted, and settles messages that died without a worker (a process that was
// killed while it held them too often). Pools of one part may run in any number of processes.
//
// What becomes of a message is decided by the code its handler leaves in the task:
//   ERR_NONE                                acknowledged (results are durable by then)
//   ERR_CANCELLED                           shutdown: given back, the attempt not counted; else dropped: the video was
//                                           cancelled or is gone
//   ERR_FULL                                given back, the attempt not counted: a store or disk of ours has no room
//   ERR_UNAVAILABLE, _TIMEOUT, _INTERNAL    tried again with a growing delay, up to the queue's limit of attempts
//   anything else                           dead letter at once: the same input would fail the same way
// But while a store, the queue among them, cannot be used, or the vector index is not made for the vectors of this
// process, a failure is not counted and its message given back: the worker waits until all can be used (outage.h).
// A dead letter is settled (dead_letter.h): the frame, segment or video is marked as failed with the sentence.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "ingest/ingest.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"
#include "queue/queue.h"

struct activity_worker;
struct video_cache;
struct worker;
struct worker_pool;

struct worker_task {
    const struct queue_message *message;
    struct meta_video video; // as it was a moment ago; neither cancelled nor being deleted
    struct err err;          // the outcome; ERR_NONE at first
};

// One kind of work. The record is const and outlives the pool; `part` is the part's own instance, shared by the pool's
// threads and read only, or guarded by itself.
struct worker_part {
    const char *name;  // "indexer"
    const char *topic; //
    // A thread's own state (encoders, buffers). May be NULL.
    enum err_code (*thread_open)(void *part, struct worker *worker, void **state, struct err *err);
    void (*thread_close)(void *part, void *state);
    // Handles 1 … batch tasks and leaves the outcome in each. `cancel` is requested on shutdown, when the lease was
    // lost, and when the video of a task was cancelled or is being deleted.
    void (*handle)(
        void *part, void *state, struct worker *worker, struct worker_task *tasks, size_t count, struct cancel *cancel);
    // The pool owns the instance from a successful worker_pool_start() on.
    void (*free)(void *part);
};

struct worker_pool_options {
    int threads;      // 1 … WORKER_THREADS_MAX
    size_t batch_max; // messages handed to one call of handle; 1 … QUEUE_RECEIVE_MAX
};
#define WORKER_THREADS_MAX 64

enum err_code worker_pool_start(const struct ingest *ingest, const struct worker_part *part, void *instance,
    const struct worker_pool_options *options, struct cancel *cancel, struct worker_pool **pool,
    struct err *err) ERR_MUST_CHECK;
// Ends the pool: messages that are not begun are given back, the ones being worked on are ended by cancel. Returns when
// all threads have ended. NULL is harmless.
void worker_pool_stop(struct worker_pool *pool);

// For handlers.
const char *worker_id(const struct worker *worker); // "indexer-{host}-{pid}-{n}"
struct log *worker_log(const struct worker *worker);
struct activity_worker *worker_activity(const struct worker *worker); // may be NULL: activity_* take that
// What a video was a moment ago (at most VIDEO_CACHE_AGE_MS), without asking the store for each message.
enum err_code worker_video(
    struct worker *worker, const char *video, struct meta_video *out, struct err *err) ERR_MUST_CHECK;
// Waits while `topic` has at least `depth` messages ready, so that what comes before does not run away from what comes
// after. ERR_CANCELLED.
enum err_code worker_wait_for_room(
    struct worker *worker, const char *topic, int64_t depth, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
