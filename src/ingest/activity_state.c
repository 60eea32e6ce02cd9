#include "ingest/activity_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/activity.h"
#include "ingest/activity_log.h"

#define RATE_HALF_LIFE_S 5.0
#define WORKER_FORGET_US (INT64_C(600) * 1000000)
#define WORKER_STOPPED_SHOWN_US (INT64_C(60) * 1000000)

struct seen_worker {
    char id[ACTIVITY_WORKER_ID_SIZE];
    json_t *json; // as last published, with the process's "host", "pid" and "rss_bytes"
    int64_t seen_us;
    int64_t frames; // emitted and indexed, when last seen
    double rate;    // of them, a second
    bool stopped;
};

struct seen_video {
    char id[VIDEO_ID_SIZE];
    char state[32];
    int64_t seen_us;
    int64_t segments_split, segments_done, segments_failed;
    int64_t emitted, indexed, failed, objects;
    char step[32]; // of the last progress
    int64_t done, total;
};

// The newest values, oldest first.
struct recent {
    json_t *items[ACTIVITY_LOG_RECENT];
    size_t first, count;
};

struct activity_state {
    int64_t since_us;
    struct seen_worker *workers;
    size_t worker_count, worker_capacity;
    struct seen_video videos[ACTIVITY_LOG_VIDEOS];
    size_t video_count;
    struct recent frames; // emitted and indexed: so many that they would push everything else out
    struct recent events; // the others
    struct recent errors;
    int64_t counts[ACTIVITY_KIND_COUNT];
    int64_t objects;
};

struct activity_state *activity_state_new(int64_t now_us)
{
    struct activity_state *state = mem_calloc(1, sizeof(*state));
    state->since_us = now_us;
    return state;
}

static void recent_release(struct recent *recent)
{
    for (size_t i = 0; i < recent->count; i++)
        json_decref(recent->items[(recent->first + i) % ACTIVITY_LOG_RECENT]);
}

void activity_state_free(struct activity_state *state)
{
    if (state == NULL)
        return;
    for (size_t i = 0; i < state->worker_count; i++)
        json_decref(state->workers[i].json);
    recent_release(&state->frames);
    recent_release(&state->events);
    recent_release(&state->errors);
    free(state->workers);
    free(state);
}

// ---- reading members that may be anything

static int64_t member_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const char *member_text(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? json_string_value(value) : "";
}

// ---- workers

static void forget_worker(struct activity_state *state, size_t i)
{
    json_decref(state->workers[i].json);
    state->workers[i] = state->workers[--state->worker_count];
}

static void forget_old_workers(struct activity_state *state, int64_t now_us)
{
    for (size_t i = state->worker_count; i > 0; i--) {
        if (now_us - state->workers[i - 1].seen_us > WORKER_FORGET_US)
            forget_worker(state, i - 1);
    }
}

static struct seen_worker *find_worker(struct activity_state *state, const char *id)
{
    for (size_t i = 0; i < state->worker_count; i++) {
        if (strcmp(state->workers[i].id, id) == 0)
            return &state->workers[i];
    }
    if (state->worker_count == ACTIVITY_LOG_WORKERS)
        return NULL;
    if (state->worker_count == state->worker_capacity) {
        state->worker_capacity = state->worker_capacity == 0 ? 16 : 2 * state->worker_capacity;
        state->workers = mem_realloc_array(state->workers, state->worker_capacity, sizeof(*state->workers));
    }
    struct seen_worker *worker = &state->workers[state->worker_count++];
    *worker = (struct seen_worker){.frames = -1};
    snprintf(worker->id, sizeof(worker->id), "%s", id);
    return worker;
}

static void update_rate(struct seen_worker *worker, int64_t frames, int64_t now_us)
{
    double seconds = (double)(now_us - worker->seen_us) / 1e6;
    if (worker->frames >= 0 && frames >= worker->frames && seconds > 0) {
        double weight = 1 - exp2(-seconds / RATE_HALF_LIFE_S);
        worker->rate += weight * ((double)(frames - worker->frames) / seconds - worker->rate);
    }
    worker->frames = frames;
}

static void apply_worker(struct activity_state *state, const json_t *message, const json_t *given, int64_t now_us)
{
    static const char *const of_process[] = {"host", "pid", "rss_bytes", "cpu_us"};
    const char *id = member_text(given, "id");
    struct seen_worker *worker = id[0] != '\0' ? find_worker(state, id) : NULL;
    if (worker == NULL)
        return;
    // Replayed messages of the past count with their own time.
    int64_t at_us = member_int(message, "at_us", now_us);
    at_us = at_us < now_us ? at_us : now_us;
    update_rate(worker, member_int(given, "emitted", 0) + member_int(given, "indexed", 0), at_us);
    worker->seen_us = at_us;
    worker->stopped = strcmp(member_text(given, "state"), "stopped") == 0;
    json_decref(worker->json);
    worker->json = json_deep_copy(given);
    for (size_t i = 0; i < sizeof(of_process) / sizeof(of_process[0]); i++) {
        json_t *value = json_object_get(message, of_process[i]);
        if (value != NULL)
            json_object_set(worker->json, of_process[i], value);
    }
}

json_t *activity_state_workers(const struct activity_state *state, int64_t now_us)
{
    json_t *workers = json_array();
    for (size_t i = 0; i < state->worker_count; i++) {
        const struct seen_worker *worker = &state->workers[i];
        bool lost = !worker->stopped && now_us - worker->seen_us > ACTIVITY_LOG_LOST_MS * INT64_C(1000);
        bool idle = strcmp(member_text(worker->json, "state"), "busy") != 0;
        // One that ended as it should is of no interest for long; one that was lost is.
        if (worker->stopped && now_us - worker->seen_us > WORKER_STOPPED_SHOWN_US)
            continue;
        json_t *o = json_copy(worker->json);
        if (lost)
            json_set_string(o, "state", "lost");
        json_set_int64(o, "seen_us", worker->seen_us);
        json_set_double(o, "rate", lost || (idle && worker->rate < 0.05) ? 0 : round(worker->rate * 100) / 100);
        json_array_append_new(workers, o);
    }
    return workers;
}

// ---- videos

static struct seen_video *find_video(struct activity_state *state, const char *id)
{
    struct seen_video *oldest = &state->videos[0];
    for (size_t i = 0; i < state->video_count; i++) {
        struct seen_video *video = &state->videos[i];
        if (strcmp(video->id, id) == 0)
            return video;
        if (video->seen_us < oldest->seen_us)
            oldest = video;
    }
    struct seen_video *video = state->video_count < ACTIVITY_LOG_VIDEOS ? &state->videos[state->video_count++] : oldest;
    *video = (struct seen_video){.total = -1};
    memcpy(video->id, id, VIDEO_ID_SIZE);
    return video;
}

static void apply_to_video(struct seen_video *video, enum activity_kind kind, const json_t *event)
{
    switch (kind) {
    case ACTIVITY_VIDEO:
        snprintf(video->state, sizeof(video->state), "%s", member_text(event, "text"));
        break;
    case ACTIVITY_PROGRESS:
        snprintf(video->step, sizeof(video->step), "%s", member_text(event, "text"));
        video->done = member_int(event, "done", 0);
        video->total = member_int(event, "total", -1);
        break;
    case ACTIVITY_SEGMENT_SPLIT:
        video->segments_split++;
        break;
    case ACTIVITY_SEGMENT_DONE:
        video->segments_done++;
        break;
    case ACTIVITY_SEGMENT_FAILED:
        video->segments_failed++;
        break;
    case ACTIVITY_FRAME_EMITTED:
        video->emitted++;
        break;
    case ACTIVITY_FRAME_INDEXED:
        video->indexed++;
        video->objects += member_int(event, "count", 0);
        break;
    case ACTIVITY_FRAME_FAILED:
        video->failed++;
        break;
    default:
        break;
    }
}

static json_t *videos_json(const struct activity_state *state)
{
    json_t *videos = json_array();
    for (size_t i = 0; i < state->video_count; i++) {
        const struct seen_video *video = &state->videos[i];
        json_t *o = json_object();
        json_set_string(o, "video", video->id);
        if (video->state[0] != '\0')
            json_set_string(o, "state", video->state);
        json_set_int64(o, "seen_us", video->seen_us);
        json_set_int64(o, "segments_split", video->segments_split);
        json_set_int64(o, "segments_done", video->segments_done);
        json_set_int64(o, "segments_failed", video->segments_failed);
        json_set_int64(o, "emitted", video->emitted);
        json_set_int64(o, "indexed", video->indexed);
        json_set_int64(o, "failed", video->failed);
        json_set_int64(o, "objects", video->objects);
        if (video->step[0] != '\0') {
            json_t *progress = json_object();
            json_set_string(progress, "text", video->step);
            json_set_int64(progress, "done", video->done);
            json_set_int64(progress, "total", video->total);
            json_set(o, "progress", progress);
        }
        json_array_append_new(videos, o);
    }
    return videos;
}

// ---- events

static bool kind_from_name(const char *name, enum activity_kind *kind)
{
    for (int i = 0; i < ACTIVITY_KIND_COUNT; i++) {
        if (strcmp(activity_kind_name((enum activity_kind)i), name) == 0) {
            *kind = (enum activity_kind)i;
            return true;
        }
    }
    return false;
}

static void recent_add(struct recent *recent, json_t *event)
{
    if (recent->count == ACTIVITY_LOG_RECENT) {
        json_decref(recent->items[recent->first]);
        recent->first = (recent->first + 1) % ACTIVITY_LOG_RECENT;
        recent->count--;
    }
    recent->items[(recent->first + recent->count++) % ACTIVITY_LOG_RECENT] = json_incref(event);
}

static void append_recent(json_t *array, const struct recent *recent)
{
    for (size_t i = 0; i < recent->count; i++)
        json_array_append(array, recent->items[(recent->first + i) % ACTIVITY_LOG_RECENT]);
}

static void apply_event(struct activity_state *state, json_t *event, int64_t now_us)
{
    enum activity_kind kind;
    if (!json_is_object(event) || !kind_from_name(member_text(event, "kind"), &kind))
        return;
    state->counts[kind]++;
    if (kind == ACTIVITY_FRAME_INDEXED)
        state->objects += member_int(event, "count", 0);
    const char *id = member_text(event, "video");
    if (video_id_is_valid(id)) {
        struct seen_video *video = find_video(state, id);
        video->seen_us = member_int(event, "at_us", now_us);
        apply_to_video(video, kind, event);
    }
    if (kind == ACTIVITY_FRAME_EMITTED || kind == ACTIVITY_FRAME_INDEXED)
        recent_add(&state->frames, event);
    else if (kind != ACTIVITY_PROGRESS)
        recent_add(&state->events, event);
    if (kind == ACTIVITY_ERROR || kind == ACTIVITY_FRAME_FAILED || kind == ACTIVITY_SEGMENT_FAILED)
        recent_add(&state->errors, event);
}

void activity_state_apply(struct activity_state *state, const json_t *message, int64_t now_us)
{
    size_t i;
    json_t *value;
    int64_t at_us = member_int(message, "at_us", now_us);
    // What was said before this process began counts too.
    state->since_us = at_us < state->since_us ? at_us : state->since_us;
    json_array_foreach(json_object_get(message, "workers"), i, value) apply_worker(state, message, value, now_us);
    json_array_foreach(json_object_get(message, "events"), i, value) apply_event(state, value, now_us);
    forget_old_workers(state, now_us);
}

json_t *activity_state_json(const struct activity_state *state, int64_t now_us)
{
    json_t *o = json_object();
    json_t *totals = json_object();
    json_t *recent = json_array();
    json_t *errors = json_array();
    append_recent(recent, &state->events);
    append_recent(recent, &state->frames);
    append_recent(errors, &state->errors);
    json_set_int64(totals, "since_us", state->since_us);
    json_set_int64(totals, "segments_split", state->counts[ACTIVITY_SEGMENT_SPLIT]);
    json_set_int64(totals, "segments_done", state->counts[ACTIVITY_SEGMENT_DONE]);
    json_set_int64(totals, "segments_failed", state->counts[ACTIVITY_SEGMENT_FAILED]);
    json_set_int64(totals, "emitted", state->counts[ACTIVITY_FRAME_EMITTED]);
    json_set_int64(totals, "indexed", state->counts[ACTIVITY_FRAME_INDEXED]);
    json_set_int64(totals, "failed", state->counts[ACTIVITY_FRAME_FAILED]);
    json_set_int64(totals, "objects", state->objects);
    json_set_int64(totals, "errors", state->counts[ACTIVITY_ERROR]);
    json_set_int64(o, "at_us", now_us);
    json_set(o, "workers", activity_state_workers(state, now_us));
    json_set(o, "videos", videos_json(state));
    json_set(o, "recent", recent);
    json_set(o, "errors", errors);
    json_set(o, "totals", totals);
    return o;
}
