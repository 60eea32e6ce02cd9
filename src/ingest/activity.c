#include "ingest/activity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/json.h"
#include "base/mem.h"
#include "os/cancel.h"
#include "os/proc.h"
#include "os/thread.h"

// So that a message stays well below QUEUE_BODY_MAX: an event is at most about 800 bytes.
#define EVENTS_PER_MESSAGE 1000

struct activity_worker {
    struct activity *activity;
    struct activity_worker *next;
    char id[ACTIVITY_WORKER_ID_SIZE];
    char part[32];
    char video[VIDEO_ID_SIZE];
    int32_t segment;
    bool busy;
    bool stopped; // said once more, then forgotten
    bool changed; // since it was last published
    int64_t started_us;
    int64_t emitted, indexed, failed, objects, segments;
    int64_t stage_us[STAGE_COUNT];
};

struct pending {
    int64_t at_us;
    struct activity_event event;
    char worker[ACTIVITY_WORKER_ID_SIZE];
};

struct activity {
    struct queue *queue;
    const struct clock *clock;
    struct log *log;
    struct cancel *cancel;
    struct thread *thread;
    char host[64];
    int64_t started_us;
    struct metric_counter *emitted, *indexed, *failed, *objects, *dropped_total;

    pthread_mutex_t publishing; // one publisher at a time, so that messages are in order
    pthread_mutex_t lock;       // what follows
    struct activity_worker *workers;
    struct pending *pending; // being filled
    struct pending *spare;   // being published
    size_t count;
    int64_t dropped;
    int64_t heartbeat_us; // when all workers were last published
    bool queue_down;
};

static const char *const stage_names[STAGE_COUNT] = {
    "fetch", "split", "decode", "encode", "detect", "embed", "store", "publish", "wait", "track"};
static const char *const kind_names[ACTIVITY_KIND_COUNT] = {"video", "progress", "segment_split", "segment_done",
    "segment_failed", "frame_emitted", "frame_indexed", "frame_failed", "error", "tracked"};

const char *activity_stage_name(enum activity_stage stage)
{
    return (size_t)stage < STAGE_COUNT ? stage_names[stage] : "";
}

const char *activity_kind_name(enum activity_kind kind)
{
    return (size_t)kind < ACTIVITY_KIND_COUNT ? kind_names[kind] : "";
}

// ---- as JSON

static json_t *stages_json(const int64_t stage_us[STAGE_COUNT])
{
    json_t *stages = NULL;
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        if (stage_us[i] <= 0)
            continue;
        if (stages == NULL)
            stages = json_object();
        json_set_int64(stages, stage_names[i], stage_us[i]);
    }
    return stages;
}

static json_t *event_json(const struct pending *pending)
{
    const struct activity_event *event = &pending->event;
    json_t *o = json_object();
    json_set_int64(o, "at_us", pending->at_us);
    json_set_string(o, "kind", activity_kind_name(event->kind));
    if (pending->worker[0] != '\0')
        json_set_string(o, "worker", pending->worker);
    if (event->video[0] != '\0')
        json_set_string(o, "video", event->video);
    if (event->segment >= 0)
        json_set_int64(o, "segment", event->segment);
    if (event->frame >= 0)
        json_set_int64(o, "frame", event->frame);
    if (event->kind == ACTIVITY_SEGMENT_DONE || event->kind == ACTIVITY_FRAME_INDEXED ||
        event->kind == ACTIVITY_TRACKED)
        json_set_int64(o, "count", event->count);
    if (event->kind == ACTIVITY_PROGRESS) {
        json_set_int64(o, "done", event->done);
        json_set_int64(o, "total", event->total);
    }
    json_t *stages = stages_json(event->stage_us);
    if (stages != NULL)
        json_set(o, "stage_us", stages);
    if (event->text[0] != '\0')
        json_set_string(o, "text", event->text);
    return o;
}

static json_t *worker_json(const struct activity_worker *worker)
{
    json_t *o = json_object();
    json_set_string(o, "id", worker->id);
    json_set_string(o, "part", worker->part);
    json_set_string(o, "state", worker->stopped ? "stopped" : worker->busy ? "busy" : "idle");
    if (worker->video[0] != '\0')
        json_set_string(o, "video", worker->video);
    if (worker->segment >= 0)
        json_set_int64(o, "segment", worker->segment);
    json_set_int64(o, "started_us", worker->started_us);
    json_set_int64(o, "emitted", worker->emitted);
    json_set_int64(o, "indexed", worker->indexed);
    json_set_int64(o, "failed", worker->failed);
    json_set_int64(o, "objects", worker->objects);
    json_set_int64(o, "segments", worker->segments);
    json_t *stages = stages_json(worker->stage_us);
    json_set(o, "stage_us", stages != NULL ? stages : json_object());
    return o;
}

// ---- publishing

static void forget_stopped(struct activity *activity)
{
    struct activity_worker **at = &activity->workers;
    while (*at != NULL) {
        struct activity_worker *worker = *at;
        if (worker->stopped) {
            *at = worker->next;
            free(worker);
        } else {
            at = &worker->next;
        }
    }
}

// Workers that changed, or all of them now and then. With the lock held.
static json_t *workers_json(struct activity *activity, int64_t now)
{
    bool all = now - activity->heartbeat_us >= ACTIVITY_HEARTBEAT_MS * INT64_C(1000);
    json_t *workers = json_array();
    for (struct activity_worker *worker = activity->workers; worker != NULL; worker = worker->next) {
        if (!worker->changed && !all)
            continue;
        worker->changed = false;
        json_array_append_new(workers, worker_json(worker));
    }
    if (all)
        activity->heartbeat_us = now;
    forget_stopped(activity);
    return workers;
}

static void publish(struct activity *activity, json_t *message)
{
    struct err err = ERR_INIT;
    struct strbuf text;
    strbuf_init(&text);
    json_dump(message, &text);
    struct queue_item item = {.key = activity->host, .body = text.data, .body_size = text.size};
    enum err_code code = queue_publish(activity->queue, TOPIC_ACTIVITY, &item, 1, &err);
    if (code != ERR_NONE && !activity->queue_down)
        log_warn(activity->log, "what the workers do is not reported: %s", err.message);
    activity->queue_down = code != ERR_NONE;
    strbuf_release(&text);
}

static json_t *message_new(const struct activity *activity, int64_t dropped)
{
    json_t *message = json_object();
    json_set_int64(message, "v", 1);
    json_set_int64(message, "at_us", clock_wall_us(activity->clock));
    json_set_string(message, "host", activity->host);
    json_set_int64(message, "pid", getpid());
    json_set_int64(message, "rss_bytes", (int64_t)proc_rss_bytes());
    json_set_int64(message, "cpu_us", proc_cpu_us());
    json_set_int64(message, "dropped", dropped);
    return message;
}

void activity_flush(struct activity *activity)
{
    if (activity == NULL)
        return;
    pthread_mutex_lock(&activity->publishing);
    pthread_mutex_lock(&activity->lock);
    json_t *workers = workers_json(activity, clock_monotonic_us(activity->clock));
    struct pending *pending = activity->pending;
    size_t count = activity->count;
    int64_t dropped = activity->dropped;
    activity->pending = activity->spare;
    activity->spare = pending;
    activity->count = 0;
    pthread_mutex_unlock(&activity->lock);

    size_t at = 0;
    while (at < count || json_array_size(workers) > 0) {
        json_t *message = message_new(activity, dropped);
        json_t *events = json_array();
        for (size_t n = 0; at < count && n < EVENTS_PER_MESSAGE; n++)
            json_array_append_new(events, event_json(&pending[at++]));
        json_set(message, "workers", workers);
        json_set(message, "events", events);
        publish(activity, message);
        json_decref(message);
        workers = json_array();
    }
    json_decref(workers);
    pthread_mutex_unlock(&activity->publishing);
}

static void run_publisher(void *arg)
{
    struct activity *activity = arg;
    while (!cancel_wait(activity->cancel, ACTIVITY_PERIOD_MS))
        activity_flush(activity);
}

// ---- life

enum err_code activity_new(struct queue *queue, const struct clock *clock, struct log *log, struct metrics *metrics,
    struct activity **activity, struct err *err)
{
    struct activity *made = mem_calloc(1, sizeof(*made));
    made->queue = queue;
    made->clock = clock;
    made->log = log;
    made->cancel = cancel_new(NULL);
    made->pending = mem_calloc(ACTIVITY_EVENTS_MAX, sizeof(*made->pending));
    made->spare = mem_calloc(ACTIVITY_EVENTS_MAX, sizeof(*made->spare));
    pthread_mutex_init(&made->lock, NULL);
    pthread_mutex_init(&made->publishing, NULL);
    if (gethostname(made->host, sizeof(made->host) - 1) != 0 || made->host[0] == 0)
        snprintf(made->host, sizeof(made->host), "localhost");
    made->emitted = metrics_counter(
        metrics, "framehound_frames_emitted_total", "Frames stored by the downloaders.", METRIC_NO_LABELS);
    made->indexed = metrics_counter(metrics, "framehound_frames_indexed_total", "Frames indexed.", METRIC_NO_LABELS);
    made->failed = metrics_counter(
        metrics, "framehound_frames_failed_total", "Frames that could not be indexed.", METRIC_NO_LABELS);
    made->objects = metrics_counter(metrics, "framehound_objects_total", "Objects found.", METRIC_NO_LABELS);
    made->dropped_total = metrics_counter(metrics, "framehound_activity_dropped_total",
        "Activity events that were dropped because too many were pending.", METRIC_NO_LABELS);
    enum err_code code = thread_start("activity", run_publisher, made, &made->thread, err);
    if (code != ERR_NONE) {
        activity_free(made);
        return code;
    }
    *activity = made;
    return ERR_NONE;
}

void activity_free(struct activity *activity)
{
    if (activity == NULL)
        return;
    cancel_request(activity->cancel);
    thread_join(activity->thread);
    activity_flush(activity);
    for (struct activity_worker *worker = activity->workers, *next; worker != NULL; worker = next) {
        next = worker->next;
        free(worker);
    }
    cancel_free(activity->cancel);
    pthread_mutex_destroy(&activity->lock);
    pthread_mutex_destroy(&activity->publishing);
    free(activity->pending);
    free(activity->spare);
    free(activity);
}

struct activity_worker *activity_worker_new(struct activity *activity, const char *id, const char *part)
{
    if (activity == NULL)
        return NULL;
    struct activity_worker *worker = mem_calloc(1, sizeof(*worker));
    worker->activity = activity;
    snprintf(worker->id, sizeof(worker->id), "%s", id);
    snprintf(worker->part, sizeof(worker->part), "%s", part);
    worker->segment = -1;
    worker->changed = true;
    worker->started_us = clock_wall_us(activity->clock);
    pthread_mutex_lock(&activity->lock);
    worker->next = activity->workers;
    activity->workers = worker;
    pthread_mutex_unlock(&activity->lock);
    return worker;
}

void activity_worker_free(struct activity_worker *worker)
{
    if (worker == NULL)
        return;
    struct activity *activity = worker->activity;
    pthread_mutex_lock(&activity->lock);
    worker->stopped = true;
    worker->changed = true;
    worker->video[0] = '\0';
    worker->segment = -1;
    pthread_mutex_unlock(&activity->lock);
}

void activity_worker_busy(struct activity_worker *worker, const char *video, int32_t segment)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->activity->lock);
    worker->busy = true;
    worker->changed = true;
    snprintf(worker->video, sizeof(worker->video), "%s", video);
    worker->segment = segment;
    pthread_mutex_unlock(&worker->activity->lock);
}

void activity_worker_idle(struct activity_worker *worker)
{
    if (worker == NULL)
        return;
    pthread_mutex_lock(&worker->activity->lock);
    worker->busy = false;
    worker->changed = true;
    worker->video[0] = '\0';
    worker->segment = -1;
    pthread_mutex_unlock(&worker->activity->lock);
}

// ---- reporting

static void count_event(struct activity *activity, struct activity_worker *worker, const struct activity_event *event)
{
    struct activity_worker nobody = {0};
    struct activity_worker *by = worker != NULL ? worker : &nobody;
    switch (event->kind) {
    case ACTIVITY_FRAME_EMITTED:
        by->emitted++;
        metric_add(activity->emitted, 1);
        break;
    case ACTIVITY_FRAME_INDEXED:
        by->indexed++;
        by->objects += event->count;
        metric_add(activity->indexed, 1);
        metric_add(activity->objects, (uint64_t)event->count);
        break;
    case ACTIVITY_FRAME_FAILED:
        by->failed++;
        metric_add(activity->failed, 1);
        break;
    case ACTIVITY_SEGMENT_SPLIT:
    case ACTIVITY_SEGMENT_DONE:
        by->segments++;
        break;
    default:
        break;
    }
    for (size_t i = 0; i < STAGE_COUNT; i++)
        by->stage_us[i] += event->stage_us[i];
    by->changed = true;
}

void activity_report(struct activity *activity, struct activity_worker *worker, const struct activity_event *event)
{
    if (activity == NULL)
        return;
    int64_t now = clock_wall_us(activity->clock);
    pthread_mutex_lock(&activity->lock);
    count_event(activity, worker, event);
    if (activity->count < ACTIVITY_EVENTS_MAX) {
        struct pending *pending = &activity->pending[activity->count++];
        pending->at_us = now;
        pending->event = *event;
        if (worker != NULL)
            memcpy(pending->worker, worker->id, sizeof(pending->worker));
        else
            pending->worker[0] = '\0';
    } else {
        activity->dropped++;
        metric_add(activity->dropped_total, 1);
    }
    pthread_mutex_unlock(&activity->lock);
}

void activity_report_video(struct activity *activity, const char *video, const char *state)
{
    struct activity_event event = ACTIVITY_EVENT_INIT;
    event.kind = ACTIVITY_VIDEO;
    snprintf(event.video, sizeof(event.video), "%s", video);
    snprintf(event.text, sizeof(event.text), "%s", state);
    activity_report(activity, NULL, &event);
}

void activity_report_error(
    struct activity *activity, struct activity_worker *worker, const char *video, const char *sentence)
{
    struct activity_event event = ACTIVITY_EVENT_INIT;
    event.kind = ACTIVITY_ERROR;
    snprintf(event.video, sizeof(event.video), "%s", video);
    snprintf(event.text, sizeof(event.text), "%s", sentence);
    activity_report(activity, worker, &event);
}
