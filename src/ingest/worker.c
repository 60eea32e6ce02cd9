#include "ingest/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "ingest/activity.h"
#include "ingest/dead_letter.h"
#include "ingest/messages.h"
#include "ingest/outage.h"
#include "ingest/settle.h"
#include "ingest/video_cache.h"
#include "os/thread.h"

#define RECEIVE_WAIT_MS 1000
#define STORE_DOWN_WAIT_MS 1000
#define KEEPER_PERIOD_MS 1000
#define DEAD_LETTERS_PERIOD_US (INT64_C(5) * 1000000)
#define ROOM_WAIT_FIRST_MS 20
#define ROOM_WAIT_MOST_MS 250

struct worker {
    struct worker_pool *pool;
    char id[ACTIVITY_WORKER_ID_SIZE];
    struct log *log;
    struct activity_worker *activity;
    struct thread *thread;
    void *state;
    struct worker_task *tasks; // of the batch in hand
    bool store_down;           // the queue; said once, until it answers again
    struct outage outage;      // of any store

    // What the keeper looks at: the messages in hand.
    pthread_mutex_t lock;
    struct queue_message *const *held;
    size_t held_count;
    int64_t held_since_us;
    int64_t extended_us;
    bool lease_told;       // that leases cannot be extended; until they can
    struct cancel *cancel; // of the batch in hand
};

struct worker_pool {
    const struct ingest *ingest;
    const struct worker_part *part;
    void *instance;
    struct worker_pool_options options;
    struct cancel *cancel;
    struct video_cache *videos;
    struct worker *workers;
    int started;
    struct thread *keeper;
    int64_t dead_letters_seen;
    int64_t dead_letters_us;
    struct metric_counter *done, *retried, *dead, *dropped;
    struct metric_histogram *seconds;
};

static int64_t now_us(const struct worker_pool *pool)
{
    return clock_monotonic_us(pool->ingest->clock);
}

const char *worker_id(const struct worker *worker)
{
    return worker->id;
}

struct log *worker_log(const struct worker *worker)
{
    return worker->log;
}

struct activity_worker *worker_activity(const struct worker *worker)
{
    return worker->activity;
}

enum err_code worker_video(struct worker *worker, const char *video, struct meta_video *out, struct err *err)
{
    return video_cache_get(worker->pool->videos, video, out, err);
}

enum err_code worker_wait_for_room(
    struct worker *worker, const char *topic, int64_t depth, struct cancel *cancel, struct err *err)
{
    int64_t wait_ms = ROOM_WAIT_FIRST_MS;
    for (;;) {
        struct queue_stats stats;
        enum err_code code = queue_stats(worker->pool->ingest->queue, topic, &stats, err);
        if (code != ERR_NONE || stats.ready < depth)
            return code;
        if (cancel_wait(cancel, wait_ms))
            return cancel_check(cancel, err);
        wait_ms = wait_ms * 2 < ROOM_WAIT_MOST_MS ? wait_ms * 2 : ROOM_WAIT_MOST_MS;
    }
}

// Whether nobody wants the work on this video any more.
static bool is_unwanted(enum err_code code, const struct meta_video *video)
{
    return code == ERR_NOT_FOUND ||
        (code == ERR_NONE && (video->state == VIDEO_CANCELLED || video->state == VIDEO_DELETING));
}

// ---- what becomes of a message

static void acknowledge(struct worker *worker, struct queue_message *const *messages, size_t count)
{
    struct err err = ERR_INIT;
    if (count == 0)
        return;
    enum err_code code = outage_ack(&worker->outage, messages, count, &err);
    // Not acknowledged, it is done again, to the same end.
    if (code == ERR_CONFLICT)
        log_debug(worker->log, "%s", err.message);
    else if (code != ERR_NONE)
        log_warn(worker->log, "%zu finished messages could not be acknowledged and will be done again: %s", count,
            err.message);
}

static void give_back(struct worker *worker, const struct queue_message *message)
{
    struct err err = ERR_INIT;
    if (outage_release(&worker->outage, message, &err) != ERR_NONE && err.code != ERR_CONFLICT)
        log_debug(worker->log, "a message waits for the end of its lease: %s", err.message);
}

static void reject(struct worker *worker, const struct queue_message *message, const struct err *why)
{
    const struct ingest *ingest = worker->pool->ingest;
    struct err err = ERR_INIT;
    char video[VIDEO_ID_SIZE] = "";
    (void)message_key_video(message->key, video);
    if (outage_is_met(&worker->outage, video, why)) {
        give_back(worker, message);
        return;
    }
    bool dead = !err_is_retryable(why->code);
    enum err_code code = dead ? queue_bury(ingest->queue, message, why->message, &err)
                              : queue_reject(ingest->queue, message, why->message, &dead, &err);
    if (code == ERR_CONFLICT)
        return; // somebody else has it now
    log_write(worker->log, dead ? LOG_ERROR : LOG_WARN, "%s %s, attempt %d: %s", message->topic, message->key,
        message->attempt, why->message);
    if (code != ERR_NONE) {
        log_warn(worker->log, "a failed message waits for the end of its lease: %s", err.message);
        return;
    }
    metric_add(dead ? worker->pool->dead : worker->pool->retried, 1);
    if (!dead) {
        activity_report_error(ingest->activity, worker->activity, video, why->message);
        return;
    }
    code = dead_letter_settle(
        ingest, message->topic, message->key, message->body, message->body_size, why->message, why->code, &err);
    if (code != ERR_NONE) // the keeper comes back to it
        log_warn(worker->log, "a dead letter could not be settled yet: %s", err.message);
}

// Whether the video is gone or not wanted any more, as it is right now.
static bool look_again(struct worker_pool *pool, const struct worker_task *task)
{
    struct meta_video video;
    video_cache_forget(pool->videos, task->video.id);
    enum err_code code = video_cache_get(pool->videos, task->video.id, &video, NULL);
    if (code == ERR_NOT_FOUND)
        settle_remove_leftovers(pool->ingest, &task->video);
    return is_unwanted(code, &video);
}

static void conclude(struct worker *worker, struct worker_task *tasks, size_t count)
{
    struct worker_pool *pool = worker->pool;
    struct queue_message *finished[QUEUE_RECEIVE_MAX];
    size_t finished_count = 0;
    bool has_worked = false;
    outage_begin_batch(&worker->outage);
    for (size_t i = 0; i < count; i++) {
        struct worker_task *task = &tasks[i];
        bool unwanted = task->err.code != ERR_NONE && look_again(pool, task);
        // At shutdown, or when it only looked unwanted (the same video was removed and asked for again). If somebody
        // else has it, giving it back does nothing.
        if (task->err.code == ERR_CANCELLED && !unwanted) {
            give_back(worker, task->message);
            continue;
        }
        if (task->err.code == ERR_NONE || unwanted) {
            has_worked = has_worked || task->err.code == ERR_NONE;
            metric_add(unwanted ? pool->dropped : pool->done, 1);
            finished[finished_count++] = (struct queue_message *)(uintptr_t)task->message;
        } else {
            reject(worker, task->message, &task->err);
        }
    }
    acknowledge(worker, finished, finished_count);
    if (has_worked && !worker->outage.is_on)
        outage_is_over(&worker->outage);
}

// ---- the loop

// Sorts out what nobody wants; the rest becomes tasks.
static size_t take_tasks(struct worker *worker, struct queue_message *const *messages, size_t count)
{
    struct worker_pool *pool = worker->pool;
    struct queue_message *unwanted[QUEUE_RECEIVE_MAX];
    size_t unwanted_count = 0;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        struct worker_task *task = &worker->tasks[taken];
        char id[VIDEO_ID_SIZE] = "";
        *task = (struct worker_task){.message = messages[i]};
        enum err_code code = message_key_video(messages[i]->key, id)
            ? video_cache_get(pool->videos, id, &task->video, &task->err)
            : err_set(&task->err, ERR_INVALID, "its key \"%s\" names no video", messages[i]->key);
        if (is_unwanted(code, &task->video)) {
            // Dropping is for good, so a memory of a moment ago is not enough: the video may have been removed and
            // asked for again, which gives it the same id.
            video_cache_forget(pool->videos, id);
            err_clear(&task->err);
            code = video_cache_get(pool->videos, id, &task->video, &task->err);
        }
        if (is_unwanted(code, &task->video))
            unwanted[unwanted_count++] = messages[i];
        else if (code != ERR_NONE)
            reject(worker, messages[i], &task->err);
        else
            taken++;
    }
    metric_add(pool->dropped, unwanted_count);
    acknowledge(worker, unwanted, unwanted_count);
    return taken;
}

static void hold(struct worker *worker, struct queue_message *const *messages, size_t count)
{
    int64_t now = now_us(worker->pool);
    pthread_mutex_lock(&worker->lock);
    worker->held = messages;
    worker->held_count = count;
    worker->held_since_us = now;
    worker->extended_us = now;
    if (count > 0)
        worker->cancel = cancel_new(worker->pool->cancel);
    pthread_mutex_unlock(&worker->lock);
}

static void let_go(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    struct cancel *cancel = worker->cancel;
    worker->cancel = NULL;
    worker->held = NULL;
    worker->held_count = 0;
    pthread_mutex_unlock(&worker->lock);
    cancel_free(cancel);
}

static int32_t key_segment(const char *key)
{
    const char *slash = strchr(key, '/');
    return slash == NULL ? -1 : (int32_t)strtol(slash + 1, NULL, 10);
}

static void work_on(struct worker *worker, struct queue_message **messages, size_t count)
{
    struct worker_pool *pool = worker->pool;
    hold(worker, messages, count);
    outage_begin_batch(&worker->outage);
    size_t taken = take_tasks(worker, messages, count);
    if (taken > 0) {
        int64_t start_us = now_us(pool);
        const struct worker_task *first = &worker->tasks[0];
        activity_worker_busy(worker->activity, first->video.id, key_segment(first->message->key));
        pool->part->handle(pool->instance, worker->state, worker, worker->tasks, taken, worker->cancel);
        metric_observe(pool->seconds, (double)(now_us(pool) - start_us) / 1e6);
        conclude(worker, worker->tasks, taken);
        activity_worker_idle(worker->activity);
    }
    let_go(worker);
}

static void run_worker(void *arg)
{
    struct worker *worker = arg;
    struct worker_pool *pool = worker->pool;
    while (!cancel_requested(pool->cancel)) {
        struct queue_message *messages[QUEUE_RECEIVE_MAX] = {0};
        size_t count = 0;
        struct err err = ERR_INIT;
        outage_wait(&worker->outage);
        enum err_code code = queue_receive(pool->ingest->queue, pool->part->topic, worker->id, pool->options.batch_max,
            RECEIVE_WAIT_MS, pool->cancel, messages, &count, &err);
        if (code == ERR_FULL) { // that there is nothing to receive a moment later does not mean that there is room
            (void)outage_is_met(&worker->outage, "", &err);
        } else if (code != ERR_NONE && code != ERR_CANCELLED) {
            if (!worker->store_down)
                log_error(worker->log, "no work can be taken, trying again: %s", err.message);
            worker->store_down = true;
            cancel_wait(pool->cancel, STORE_DOWN_WAIT_MS);
        } else if (worker->store_down && code == ERR_NONE) {
            log_info(worker->log, "work can be taken again");
            worker->store_down = false;
        }
        if (cancel_requested(pool->cancel)) {
            for (size_t i = 0; i < count; i++)
                give_back(worker, messages[i]);
        } else if (count > 0) {
            work_on(worker, messages, count);
        }
        for (size_t i = 0; i < count; i++)
            queue_message_free(messages[i]);
    }
}

// ---- the keeper

// With the worker's lock held.
static void extend_leases(struct worker *worker, int64_t now)
{
    const struct ingest *ingest = worker->pool->ingest;
    if (worker->held_count == 0 || now - worker->extended_us < ingest->lease_ms * 1000 / 3)
        return;
    size_t lost = 0;
    bool has_failed = false;
    for (size_t i = 0; i < worker->held_count; i++) {
        struct err err = ERR_INIT;
        enum err_code code = queue_extend(ingest->queue, worker->held[i], &err);
        if (code == ERR_CONFLICT || code == ERR_NOT_FOUND) {
            lost++;
        } else if (code != ERR_NONE) {
            if (!worker->lease_told && !has_failed)
                log_warn(worker->log, "a lease could not be extended: %s", err.message);
            has_failed = true;
        }
    }
    worker->lease_told = has_failed;
    worker->extended_us = now;
    // Somebody else does it now, or it was purged. With a part of a batch lost, the rest is still ours.
    if (lost == worker->held_count)
        cancel_request(worker->cancel);
}

static void end_unwanted_work(struct worker *worker, int64_t now)
{
    if (worker->held_count == 0 || now - worker->held_since_us < KEEPER_PERIOD_MS * INT64_C(1000))
        return;
    for (size_t i = 0; i < worker->held_count; i++) {
        struct meta_video video;
        char id[VIDEO_ID_SIZE];
        if (message_key_video(worker->held[i]->key, id) &&
            !is_unwanted(video_cache_get(worker->pool->videos, id, &video, NULL), &video))
            return;
    }
    cancel_request(worker->cancel);
}

static void run_keeper(void *arg)
{
    struct worker_pool *pool = arg;
    bool last = false;
    while (!last) {
        last = cancel_wait(pool->cancel, KEEPER_PERIOD_MS);
        int64_t now = now_us(pool);
        for (int i = 0; i < pool->started && !last; i++) {
            struct worker *worker = &pool->workers[i];
            pthread_mutex_lock(&worker->lock);
            extend_leases(worker, now);
            end_unwanted_work(worker, now);
            pthread_mutex_unlock(&worker->lock);
        }
        if (last || now - pool->dead_letters_us < DEAD_LETTERS_PERIOD_US)
            continue;
        struct err err = ERR_INIT;
        pool->dead_letters_us = now;
        if (dead_letter_settle_new(pool->ingest, pool->part->topic, &pool->dead_letters_seen, &err) != ERR_NONE)
            log_debug(pool->ingest->log, "dead letters could not be settled yet: %s", err.message);
    }
}

// ---- starting and stopping

static void make_metrics(struct worker_pool *pool)
{
    struct metrics *metrics = pool->ingest->metrics;
    const char *part = pool->part->name;
    const char *name = "framehound_messages_total";
    const char *help = "Messages handled, by part and outcome.";
    pool->done = metrics_counter(metrics, name, help, METRIC_LABELS({"part", part}, {"outcome", "done"}));
    pool->retried = metrics_counter(metrics, name, help, METRIC_LABELS({"part", part}, {"outcome", "retried"}));
    pool->dead = metrics_counter(metrics, name, help, METRIC_LABELS({"part", part}, {"outcome", "dead"}));
    pool->dropped = metrics_counter(metrics, name, help, METRIC_LABELS({"part", part}, {"outcome", "dropped"}));
    pool->seconds = metrics_histogram(metrics, "framehound_batch_seconds", "Time to handle a batch of messages.",
        METRICS_SECONDS_BUCKETS, METRIC_LABELS({"part", part}));
}

static enum err_code start_worker(struct worker_pool *pool, int n, struct err *err)
{
    struct worker *worker = &pool->workers[n];
    char host[48] = "";
    gethostname(host, sizeof(host) - 1);
    worker->pool = pool;
    snprintf(worker->id, sizeof(worker->id), "%s-%s-%ld-%d", pool->part->name, host[0] != '\0' ? host : "localhost",
        (long)getpid(), n);
    worker->log = log_derive(pool->ingest->log, "worker", worker->id);
    worker->tasks = mem_calloc(pool->options.batch_max, sizeof(*worker->tasks));
    pthread_mutex_init(&worker->lock, NULL);
    enum err_code code = ERR_NONE;
    if (pool->part->thread_open != NULL)
        code = pool->part->thread_open(pool->instance, worker, &worker->state, err);
    if (code == ERR_NONE) {
        worker->activity = activity_worker_new(pool->ingest->activity, worker->id, pool->part->name);
        worker->outage = (struct outage){.ingest = pool->ingest,
            .worker = worker->id,
            .log = worker->log,
            .activity = worker->activity,
            .cancel = pool->cancel};
        code = thread_start(pool->part->name, run_worker, worker, &worker->thread, err);
    }
    return code;
}

static void free_worker(struct worker_pool *pool, struct worker *worker)
{
    activity_worker_free(worker->activity);
    if (pool->part->thread_close != NULL && worker->state != NULL)
        pool->part->thread_close(pool->instance, worker->state);
    log_free(worker->log);
    free(worker->tasks);
    pthread_mutex_destroy(&worker->lock);
}

static void free_pool(struct worker_pool *pool, bool free_instance)
{
    if (free_instance && pool->part->free != NULL)
        pool->part->free(pool->instance);
    video_cache_free(pool->videos);
    cancel_free(pool->cancel);
    free(pool->workers);
    free(pool);
}

static void stop(struct worker_pool *pool)
{
    cancel_request(pool->cancel);
    for (int i = 0; i < pool->started; i++)
        thread_join(pool->workers[i].thread);
    thread_join(pool->keeper);
    for (int i = 0; i < pool->started; i++)
        free_worker(pool, &pool->workers[i]);
}

enum err_code worker_pool_start(const struct ingest *ingest, const struct worker_part *part, void *instance,
    const struct worker_pool_options *options, struct cancel *cancel, struct worker_pool **pool, struct err *err)
{
    *pool = NULL;
    if (options->threads < 1 || options->threads > WORKER_THREADS_MAX || options->batch_max < 1 ||
        options->batch_max > QUEUE_RECEIVE_MAX)
        return err_set(err, ERR_INVALID, "%s: %d workers with batches of %zu: 1 to %d workers and batches of 1 to %d",
            part->name, options->threads, options->batch_max, WORKER_THREADS_MAX, QUEUE_RECEIVE_MAX);
    struct worker_pool *made = mem_calloc(1, sizeof(*made));
    made->ingest = ingest;
    made->part = part;
    made->instance = instance;
    made->options = *options;
    made->cancel = cancel_new(cancel);
    made->videos = video_cache_new(ingest->meta, ingest->clock);
    made->workers = mem_calloc((size_t)options->threads, sizeof(*made->workers));
    make_metrics(made);
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && made->started < options->threads)
        code = start_worker(made, made->started++, err);
    if (code == ERR_NONE)
        code = thread_start("keeper", run_keeper, made, &made->keeper, err);
    if (code != ERR_NONE) {
        stop(made);
        free_pool(made, false);
        return code;
    }
    *pool = made;
    return ERR_NONE;
}

void worker_pool_stop(struct worker_pool *pool)
{
    if (pool == NULL)
        return;
    stop(pool);
    free_pool(pool, true);
}
