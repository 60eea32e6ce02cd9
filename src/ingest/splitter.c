#include "ingest/splitter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "ingest/splitter_media.h"
#include "media/probe.h"
#include "media/split.h"
#include "os/file.h"
#include "os/held_dir.h"

#define LIST_AT_ONCE 1000

struct splitter {
    const struct ingest *ingest;
    struct splitter_settings settings;
    struct fetch *fetch;
};

// One video being split.
struct job {
    struct splitter *splitter;
    const struct ingest *ingest;
    struct worker *worker;
    struct cancel *cancel;
    const struct meta_video *video;
    char fetch_dir[FILE_PATH_MAX]; // the same at every try, so that a download goes on where it was
    struct held_dir *split_dir;    // NULL before it is needed
    struct file_lock *lock;        // of fetch_dir
    bool again;                    // all segments are published, also those that are done
    bool *done_segments;           // known to be done, by index
    int32_t done_count;
    int64_t segment_start_us; // monotonic
};

// ---- settings

static const struct option_spec splitter_specs[] = {
    {.name = "splitters",
        .type = OPTION_INT,
        .fallback = "0",
        .least = "0",
        .most = "64",
        .help = "Workers that fetch and cut videos; 0: as many as --workers says."},
    {.name = "link-source",
        .type = OPTION_BOOL,
        .fallback = "false",
        .help = "Keep local files by a second name instead of a copy; they must then not be changed in place."},
    {.name = "segments-ahead",
        .type = OPTION_INT,
        .fallback = "64",
        .least = "1",
        .most = "100000",
        .help = "Segments that may wait to be decoded before cutting pauses."},
    {.name = "make-playable",
        .type = OPTION_BOOL,
        .fallback = "true",
        .help = "Make a copy that browsers play of videos that they do not."},
    {.name = "playable-threads",
        .type = OPTION_INT,
        .fallback = "1",
        .least = "1",
        .most = "64",
        .help = "Processor threads for encoding that copy."},
};
const struct option_table splitter_options = {
    .title = "Splitter", .options = splitter_specs, .count = sizeof(splitter_specs) / sizeof(splitter_specs[0])};

void splitter_settings_default(struct splitter_settings *settings)
{
    *settings = (struct splitter_settings){
        .workers = 1, .segments_ahead_max = 64, .make_playable = true, .playable_threads = 1};
    fetch_settings_default(&settings->fetch);
}

void splitter_settings_read(const struct options *options, struct splitter_settings *settings)
{
    splitter_settings_default(settings);
    fetch_settings_read(options, &settings->fetch);
    settings->workers = (int)options_int(options, "splitters");
    settings->link_source = options_bool(options, "link-source");
    settings->segments_ahead_max = options_int(options, "segments-ahead");
    settings->make_playable = options_bool(options, "make-playable");
    settings->playable_threads = (int)options_int(options, "playable-threads");
}

// ---- fetching

static void report_progress(struct job *job, const char *what, int64_t done, int64_t total)
{
    struct activity_event event = ACTIVITY_EVENT_INIT;
    event.kind = ACTIVITY_PROGRESS;
    memcpy(event.video, job->video->id, sizeof(event.video));
    event.done = done;
    event.total = total;
    snprintf(event.text, sizeof(event.text), "%s", what);
    activity_report(job->ingest->activity, worker_activity(job->worker), &event);
}

static void fetch_progress(void *context, int64_t done_bytes, int64_t total_bytes)
{
    report_progress(context, "fetch", done_bytes, total_bytes);
}

// Puts what was fetched into the blob store.
static enum err_code store_source(struct job *job, const char *key, const struct fetched *fetched, struct err *err)
{
    char link[FILE_PATH_MAX];
    if (fetched->owned || !job->splitter->settings.link_source)
        return blob_store_put_file(job->ingest->blobs, key, fetched->path, fetched->owned, err);
    if (snprintf(link, sizeof(link), "%s/link", job->fetch_dir) >= (int)sizeof(link))
        return err_set(err, ERR_INVALID, "the temporary folder's path is too long");
    enum err_code code = file_link_or_copy(fetched->path, link, FILE_SYNC_NONE, job->cancel, err);
    return code == ERR_NONE ? blob_store_put_file(job->ingest->blobs, key, link, true, err) : code;
}

static enum err_code fetch_into_store(struct job *job, const char *key, char title[META_TITLE_SIZE], struct err *err)
{
    char lock_path[FILE_PATH_MAX];
    struct fetched fetched = {0};
    if (snprintf(lock_path, sizeof(lock_path), "%s/lock", job->fetch_dir) >= (int)sizeof(lock_path))
        return err_set(err, ERR_INVALID, "the temporary folder's path is too long");
    enum err_code code = dir_make(job->fetch_dir, err);
    if (code == ERR_NONE)
        code = file_lock_acquire(lock_path, "fetching a video", &job->lock, err);
    if (code == ERR_CONFLICT)
        return err_set(err, ERR_UNAVAILABLE, "another worker is fetching this video");
    if (code != ERR_NONE)
        return code;
    int64_t start_us = clock_monotonic_us(job->ingest->clock);
    struct fetch_request request = {.source = job->video->source,
        .remote = job->video->remote_request,
        .dir = job->fetch_dir,
        .context = job,
        .progress = fetch_progress};
    code = fetch_source(job->splitter->fetch, &request, job->cancel, &fetched, err);
    if (code == ERR_NONE)
        code = store_source(job, key, &fetched, err);
    if (code == ERR_NONE) {
        snprintf(title, META_TITLE_SIZE, "%s", fetched.title);
        log_info(worker_log(job->worker), "fetched video %s: %lld bytes in %.1f s", job->video->id,
            (long long)fetched.size_bytes, (double)(clock_monotonic_us(job->ingest->clock) - start_us) / 1e6);
    }
    return code;
}

static enum err_code ensure_source(struct job *job, char title[META_TITLE_SIZE], struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    blob_key_source(job->video->project, job->video->id, key);
    enum err_code code = blob_store_stat(job->ingest->blobs, key, &info, err);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return fetch_into_store(job, key, title, err);
}

// ---- splitting

// Which segments need not be published again.
static enum err_code load_done_segments(struct job *job, struct err *err)
{
    int32_t after = -1;
    for (;;) {
        struct meta_segment *segments = NULL;
        size_t count = 0;
        enum err_code code =
            meta_store_list_segments(job->ingest->meta, job->video->id, after, LIST_AT_ONCE, &segments, &count, err);
        if (code != ERR_NONE)
            return code;
        if (count > 0) {
            after = segments[count - 1].index;
            job->done_segments = mem_realloc_array(job->done_segments, (size_t)after + 1, sizeof(bool));
            memset(job->done_segments + job->done_count, 0, (size_t)(after + 1 - job->done_count));
            job->done_count = after + 1;
        }
        for (size_t i = 0; i < count; i++)
            job->done_segments[segments[i].index] = segments[i].done && !segments[i].failed && !job->again;
        free(segments);
        if (count < LIST_AT_ONCE)
            return ERR_NONE;
    }
}

static enum err_code opened(void *context, const struct media_info *info, struct err *err)
{
    (void)err;
    struct job *job = context;
    log_info(worker_log(job->worker), "splitting video %s: %s, %s, %d x %d", job->video->id, info->container,
        info->video_codec, info->width, info->height);
    return ERR_NONE;
}

// Blob, then its message beside it, then the row, then the message itself: whatever is missing after a crash is made
// again when the source's message comes again.
static enum err_code store_segment(
    struct job *job, const struct split_segment *split, const struct strbuf *message, struct err *err)
{
    const struct meta_video *video = job->video;
    char key[BLOB_KEY_SIZE];
    blob_key_segment(video->project, video->id, split->segment.index, key);
    enum err_code code = blob_store_put_file(job->ingest->blobs, key, split->path, true, err);
    if (code != ERR_NONE)
        return code;
    blob_key_segment_message(video->project, video->id, split->segment.index, key);
    code = blob_store_put(job->ingest->blobs, key, message->data, message->size, err);
    if (code != ERR_NONE)
        return code;
    struct meta_segment segment = {.index = split->segment.index,
        .start_us = split->segment.start_us,
        .end_us = split->segment.end_us,
        .prev_pts_us = split->segment.prev_pts_us,
        .first_frame_number = split->segment.first_frame_number,
        .source_frames = split->segment.frames};
    return meta_store_put_segment(job->ingest->meta, video->id, &segment, err);
}

static void report_segment(struct job *job, const struct split_segment *split, int64_t store_us, int64_t publish_us)
{
    int64_t now = clock_monotonic_us(job->ingest->clock);
    struct activity_event event = ACTIVITY_EVENT_INIT;
    event.kind = ACTIVITY_SEGMENT_SPLIT;
    memcpy(event.video, job->video->id, sizeof(event.video));
    event.segment = split->segment.index;
    event.stage_us[STAGE_SPLIT] = now - job->segment_start_us - store_us - publish_us;
    event.stage_us[STAGE_STORE] = store_us;
    event.stage_us[STAGE_PUBLISH] = publish_us;
    activity_report(job->ingest->activity, worker_activity(job->worker), &event);
    job->segment_start_us = now;
}

static enum err_code segment_ready(void *context, const struct split_segment *split, struct err *err)
{
    struct job *job = context;
    const struct clock *clock = job->ingest->clock;
    if (split->segment.index < job->done_count && job->done_segments[split->segment.index])
        return ERR_NONE;
    enum err_code code =
        worker_wait_for_room(job->worker, TOPIC_SEGMENTS, job->splitter->settings.segments_ahead_max, job->cancel, err);
    if (code != ERR_NONE)
        return code;
    struct segment_message message = {
        .segment = split->segment, .limit_us = job->video->limit_us, .sampling = job->video->sampling};
    memcpy(message.project, job->video->project, sizeof(message.project));
    memcpy(message.video, job->video->id, sizeof(message.video));
    struct strbuf text;
    strbuf_init(&text);
    segment_message_encode(&message, &text);
    int64_t store_start_us = clock_monotonic_us(clock);
    code = store_segment(job, split, &text, err);
    int64_t stored_us = clock_monotonic_us(clock);
    if (code == ERR_NONE) {
        char key[MESSAGE_KEY_SIZE];
        message_key_make(job->video->id, split->segment.index, key);
        struct queue_item item = {.key = key, .body = text.data, .body_size = text.size};
        code = queue_publish(job->ingest->queue, TOPIC_SEGMENTS, &item, 1, err);
    }
    strbuf_release(&text);
    if (code == ERR_NONE)
        report_segment(job, split, stored_us - store_start_us, clock_monotonic_us(clock) - stored_us);
    return code;
}

static void split_progress(void *context, const struct split_progress *progress)
{
    report_progress(context, "split", progress->position_us, progress->duration_us);
}

// How many frames the sampling will take; exact for all frames and for constant frame rates.
static int64_t expected_frames(const struct meta_video *video, const struct split_result *result)
{
    if (video->sampling.all || result->duration_us <= 0)
        return result->frames;
    int64_t points = sampling_first_after(&video->sampling, result->duration_us - 1);
    return points < result->frames ? points : result->frames;
}

// A recording that begins between two keyframes, as the first or behind another, is whole but for what nobody can
// decode.
static enum err_code note_skipped(struct job *job, int64_t pictures, struct err *err)
{
    char sentence[160];
    snprintf(sentence, sizeof(sentence),
        "%lld coded pictures before a keyframe, at the beginning or where another recording begins, were left out",
        (long long)pictures);
    return meta_store_add_video_error(job->ingest->meta, job->video->id, sentence, true, err);
}

static enum err_code split(struct job *job, const char *path, struct err *err)
{
    struct split_result result = {0};
    const struct media_input input = {.path = path};
    enum err_code code = load_done_segments(job, err);
    if (code == ERR_NONE)
        code = held_dir_make(job->ingest->temp_dir, INGEST_CUT_PREFIX, &job->split_dir, err);
    if (code != ERR_NONE)
        return code;
    job->segment_start_us = clock_monotonic_us(job->ingest->clock);
    const struct split_options options = {.chunk_us = job->video->chunk_us,
        .limit_us = job->video->limit_us,
        .directory = held_dir_path(job->split_dir),
        .cancel = job->cancel,
        .log = worker_log(job->worker),
        .context = job,
        .opened = opened,
        .segment = segment_ready,
        .progress = split_progress};
    code = media_split(&input, &options, &result, err);
    if (code != ERR_NONE)
        return code;
    if (result.incomplete) {
        code = meta_store_add_video_error(job->ingest->meta, job->video->id, result.reason, true, err);
        activity_report_error(job->ingest->activity, worker_activity(job->worker), job->video->id, result.reason);
    }
    if (code == ERR_NONE && result.skipped > 0)
        code = note_skipped(job, result.skipped, err);
    if (code == ERR_NONE)
        code = blob_store_flush(job->ingest->blobs, err);
    if (code == ERR_NONE)
        code = meta_store_finish_split(job->ingest->meta, job->video->id, result.segments,
            expected_frames(job->video, &result), result.duration_us, result.incomplete, err);
    if (code == ERR_NONE)
        log_info(worker_log(job->worker), "split video %s into %d segments: %lld frames, %.3f s%s", job->video->id,
            result.segments, (long long)result.frames, (double)result.duration_us / 1e6,
            result.incomplete ? ", incomplete" : "");
    return code;
}

// ---- the job

static enum err_code begin(struct job *job, struct err *err)
{
    enum err_code code =
        meta_store_set_video_state(job->ingest->meta, job->video->id, 1u << VIDEO_QUEUED, VIDEO_RUNNING, err);
    if (code == ERR_NONE)
        activity_report_video(job->ingest->activity, job->video->id, video_state_name(VIDEO_RUNNING));
    if (code == ERR_CONFLICT) { // begun before
        err_clear(err);
        code = ERR_NONE;
    }
    return code == ERR_NONE ? settle_fetch_dir(job->ingest, job->video->id, job->fetch_dir, err) : code;
}

static enum err_code run(struct job *job, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    char title[META_TITLE_SIZE] = "";
    struct blob_file file = {0};
    enum err_code code = begin(job, err);
    if (code == ERR_NONE)
        code = ensure_source(job, title, err);
    blob_key_source(job->video->project, job->video->id, key);
    if (code == ERR_NONE)
        code = blob_store_get_file(job->ingest->blobs, key, job->ingest->temp_dir, job->cancel, &file, err);
    if (code == ERR_NONE)
        code = splitter_describe(job->ingest, job->video, file.path, title, job->cancel, err);
    // A source that was incomplete may have been cut short by a fault of ours.
    if (code == ERR_NONE && (!job->video->split_done || job->video->source_incomplete || job->again))
        code = split(job, file.path, err);
    if (code == ERR_NONE)
        code = settle_video_again(job->ingest, job->video, err);
    if (code == ERR_NONE && job->splitter->settings.make_playable)
        code = splitter_make_playable(job->ingest, job->video, file.path, job->splitter->settings.playable_threads,
            worker_log(job->worker), job->cancel, err);
    blob_file_release(&file);
    return code;
}

static void handle(
    void *part, void *state, struct worker *worker, struct worker_task *tasks, size_t count, struct cancel *cancel)
{
    (void)state;
    struct splitter *splitter = part;
    for (size_t i = 0; i < count; i++) {
        struct worker_task *task = &tasks[i];
        struct source_message message;
        struct job job = {.splitter = splitter,
            .ingest = splitter->ingest,
            .worker = worker,
            .cancel = cancel,
            .video = &task->video};
        if (source_message_decode(task->message->body, task->message->body_size, &message, &task->err) != ERR_NONE)
            continue;
        job.again = message.again;
        enum err_code code = run(&job, &task->err);
        if (code == ERR_NONE)
            err_clear(&task->err);
        held_dir_free(job.split_dir);
        file_lock_release(job.lock);
        // What was downloaded is kept for the next try, unless there is none.
        if (code == ERR_NONE || !err_is_retryable(code))
            (void)!dir_remove_tree(job.fetch_dir, NULL);
        free(job.done_segments);
    }
}

static void free_splitter(void *part)
{
    struct splitter *splitter = part;
    fetch_free(splitter->fetch);
    free(splitter);
}

static const struct worker_part splitter_part = {
    .name = "splitter", .topic = TOPIC_SOURCES, .handle = handle, .free = free_splitter};

enum err_code splitter_start(const struct ingest *ingest, const struct splitter_settings *settings,
    struct cancel *cancel, struct worker_pool **pool, struct err *err)
{
    // What killed processes left of videos is as large as they are.
    size_t left =
        held_dir_clean(ingest->temp_dir, INGEST_CUT_PREFIX) + held_dir_clean(ingest->temp_dir, INGEST_COPY_PREFIX);
    if (left > 0)
        log_info(ingest->log, "removed what processes that ended left of videos being cut or copied");
    struct splitter *splitter = mem_calloc(1, sizeof(*splitter));
    splitter->ingest = ingest;
    splitter->settings = *settings;
    enum err_code code = fetch_new(&settings->fetch, ingest->log, &splitter->fetch, err);
    if (code == ERR_NONE)
        code = worker_pool_start(ingest, &splitter_part, splitter,
            &(struct worker_pool_options){.threads = settings->workers, .batch_max = 1}, cancel, pool, err);
    if (code != ERR_NONE)
        free_splitter(splitter);
    return code;
}
