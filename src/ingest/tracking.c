#include "ingest/tracking.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "ingest/activity.h"
#include "ingest/messages.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

// ---- settings

static const struct option_spec tracking_specs[] = {
    {.name = "trackers",
        .type = OPTION_INT,
        .fallback = "1",
        .least = "0",
        .most = "64",
        .help =
            "Workers that follow objects through videos, each a whole video at a time; 0: objects are not followed."},
};
const struct option_table tracking_options = {
    .title = "Tracker", .options = tracking_specs, .count = sizeof(tracking_specs) / sizeof(tracking_specs[0])};

void tracking_settings_default(struct tracking_settings *settings)
{
    *settings = (struct tracking_settings){.workers = 1};
}

void tracking_settings_read(const struct options *options, struct tracking_settings *settings)
{
    tracking_settings_default(settings);
    settings->workers = (int)options_int(options, "trackers");
}

// ---- asking for it

enum err_code tracking_request(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    struct detections_message message = {.segment = -1, .frame = -1};
    char key[MESSAGE_KEY_SIZE];
    struct strbuf text;
    strbuf_init(&text);
    memcpy(message.project, video->project, sizeof(message.project));
    memcpy(message.video, video->id, sizeof(message.video));
    detections_message_encode(&message, &text);
    message_key_make(video->id, -1, key);
    const struct queue_item item = {.key = key, .body = text.data, .body_size = text.size};
    enum err_code code = queue_publish(ingest->queue, TOPIC_DETECTIONS, &item, 1, err);
    strbuf_release(&text);
    return code;
}

bool tracking_is_due(const struct meta_video *video)
{
    return (video->state == VIDEO_DONE || video->state == VIDEO_INCOMPLETE) && video->tracked_us < video->finished_us;
}

// Whether each object of a final video has its vector.
static enum err_code is_whole(const struct ingest *ingest, const struct meta_video *video, bool *whole, struct err *err)
{
    struct vector_stats stats = {0};
    enum err_code code = vector_index_stats(ingest->vectors, video->project, video->id, &stats, err);
    if (code == ERR_NOT_FOUND) { // no object was ever found in the project
        err_clear(err);
        code = ERR_NONE;
    }
    *whole = code == ERR_NONE && video_state_is_final(video->state) && (int64_t)stats.count == video->objects;
    return code;
}

enum err_code tracking_request_when_whole(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    struct meta_video now;
    bool whole = false;
    enum err_code code = meta_store_get_video(ingest->meta, video->id, &now, err);
    if (code != ERR_NONE || !video_state_is_final(now.state))
        return code;
    // One that was not final a moment ago has just ended, which asked for its tracks; or what was known is out of date.
    if (!video_state_is_final(video->state) && tracking_is_due(&now))
        return ERR_NONE;
    code = is_whole(ingest, &now, &whole, err);
    return code == ERR_NONE && whole ? tracking_request(ingest, &now, err) : code;
}

enum err_code tracking_request_anew(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    bool whole = false;
    enum err_code code = is_whole(ingest, video, &whole, err);
    if (code == ERR_NONE && whole)
        code = queue_purge(ingest->queue, video->id, err);
    return code == ERR_NONE && whole ? tracking_request(ingest, video, err) : code;
}

// ---- the part

struct tracking {
    const struct ingest *ingest;
};

static enum err_code track(const struct tracking *tracking, struct worker *worker, const struct worker_task *task,
    struct cancel *cancel, struct err *err)
{
    const struct ingest *ingest = tracking->ingest;
    struct detections_message message;
    enum err_code code = detections_message_decode(task->message->body, task->message->body_size, &message, err);
    // One frame is nothing to track; its video says when it is complete.
    if (code != ERR_NONE || message.frame >= 0)
        return code;
    struct activity_event event = ACTIVITY_EVENT_INIT;
    int64_t start_us = clock_monotonic_us(ingest->clock);
    size_t tracks = 0;
    code = tracking_run(ingest, task->video.id, cancel, &tracks, err);
    if (code != ERR_NONE)
        return code;
    event.kind = ACTIVITY_TRACKED;
    event.count = (int64_t)tracks;
    memcpy(event.video, task->video.id, sizeof(event.video));
    event.stage_us[STAGE_TRACK] = clock_monotonic_us(ingest->clock) - start_us;
    activity_report(ingest->activity, worker_activity(worker), &event);
    log_info(worker_log(worker), "video %s of project %s has %zu tracks", task->video.id, task->video.project, tracks);
    return ERR_NONE;
}

static void handle(
    void *part, void *state, struct worker *worker, struct worker_task *tasks, size_t count, struct cancel *cancel)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        activity_worker_busy(worker_activity(worker), tasks[i].video.id, -1);
        if (track(part, worker, &tasks[i], cancel, &tasks[i].err) == ERR_NONE)
            err_clear(&tasks[i].err);
    }
}

static void free_tracking(void *part)
{
    free(part);
}

static const struct worker_part tracking_part = {
    .name = "tracker", .topic = TOPIC_DETECTIONS, .handle = handle, .free = free_tracking};

enum err_code tracking_start(const struct ingest *ingest, const struct tracking_settings *settings,
    struct cancel *cancel, struct worker_pool **pool, struct err *err)
{
    struct tracking *tracking = mem_calloc(1, sizeof(*tracking));
    tracking->ingest = ingest;
    enum err_code code = worker_pool_start(ingest, &tracking_part, tracking,
        &(struct worker_pool_options){.threads = settings->workers, .batch_max = 1}, cancel, pool, err);
    if (code != ERR_NONE)
        free(tracking);
    return code;
}
