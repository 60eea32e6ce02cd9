#include "ingest/downloader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "media/decode.h"
#include "media/jpeg.h"

#define BATCH_FRAMES_MAX 256

struct downloader {
    const struct ingest *ingest;
    struct downloader_settings settings;
};

// A thread's own.
struct downloader_thread {
    struct jpeg_encoder *encoder;
    struct strbuf jpeg;
};

// One segment being decoded.
struct job {
    struct downloader *downloader;
    struct downloader_thread *thread;
    const struct ingest *ingest;
    struct worker *worker;
    struct cancel *cancel;
    const struct meta_video *video;
    struct segment_message message;
    int32_t *indexed; // indices of the segment's frames that are indexed already, ascending
    size_t indexed_count;
    int64_t frames;     // of the segment so far, indexed ones included
    int64_t picture_us; // monotonic: when the last picture had been dealt with

    // Stored, but not yet in the meta store and published.
    struct meta_frame batch[BATCH_FRAMES_MAX];
    struct activity_event events[BATCH_FRAMES_MAX];
    size_t batch_count;
};

// ---- settings

static const struct option_spec downloader_specs[] = {
    {.name = "downloaders",
        .type = OPTION_INT,
        .fallback = "0",
        .least = "0",
        .most = "64",
        .help = "Workers that decode segments; 0: as many as --workers says."},
    {.name = "decoder-threads",
        .type = OPTION_INT,
        .fallback = "0",
        .least = "0",
        .most = "64",
        .help = "Processor threads of each decoder; 0: as many as there are processors."},
    {.name = "jpeg-quality",
        .type = OPTION_INT,
        .fallback = "90",
        .least = "1",
        .most = "100",
        .help = "Quality of the stored frames."},
    {.name = "frames-ahead",
        .type = OPTION_INT,
        .fallback = "512",
        .least = "1",
        .most = "1000000",
        .help = "Frames that may wait to be indexed before decoding pauses."},
};
const struct option_table downloader_options = {.title = "Downloader",
    .options = downloader_specs,
    .count = sizeof(downloader_specs) / sizeof(downloader_specs[0])};

void downloader_settings_default(struct downloader_settings *settings)
{
    *settings = (struct downloader_settings){
        .workers = 1, .jpeg_quality = JPEG_QUALITY_DEFAULT, .batch_frames = 16, .frames_ahead_max = 512};
}

void downloader_settings_read(const struct options *options, struct downloader_settings *settings)
{
    downloader_settings_default(settings);
    settings->workers = (int)options_int(options, "downloaders");
    settings->decoder_threads = (int)options_int(options, "decoder-threads");
    settings->jpeg_quality = (int)options_int(options, "jpeg-quality");
    settings->frames_ahead_max = options_int(options, "frames-ahead");
}

// ---- what is there already

static enum err_code load_indexed(struct job *job, struct err *err)
{
    struct meta_frame_range range = {.from_us = job->message.segment.start_us,
        .to_us = job->message.segment.end_us,
        .after = -1,
        .state_mask = 1u << FRAME_INDEXED,
        .limit = META_LIST_MAX};
    for (;;) {
        struct meta_frames frames = {0};
        enum err_code code = meta_store_list_frames(job->ingest->meta, job->video->id, &range, &frames, err);
        if (code != ERR_NONE)
            return code;
        size_t count = frames.count;
        job->indexed = mem_realloc_array(job->indexed, job->indexed_count + count + 1, sizeof(*job->indexed));
        for (size_t i = 0; i < count; i++)
            job->indexed[job->indexed_count++] = frames.items[i].index;
        if (count > 0)
            range.after = frames.items[count - 1].index;
        meta_frames_release(&frames);
        if (count < META_LIST_MAX)
            return ERR_NONE;
    }
}

static int compare_index(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

// A frame that is indexed and whose picture is there needs nothing.
static enum err_code is_finished(struct job *job, int32_t index, bool *finished, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    *finished = false;
    if (bsearch(&index, job->indexed, job->indexed_count, sizeof(*job->indexed), compare_index) == NULL)
        return ERR_NONE;
    blob_key_frame(job->video->project, job->video->id, index, key);
    enum err_code code = blob_store_stat(job->ingest->blobs, key, &info, err);
    *finished = code == ERR_NONE;
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

// ---- frames

static enum err_code publish_batch(struct job *job, struct err *err)
{
    struct queue_item items[BATCH_FRAMES_MAX];
    size_t ends[BATCH_FRAMES_MAX];
    char key[MESSAGE_KEY_SIZE];
    struct strbuf text;
    struct frame_message message = {.segment = job->message.segment.index};
    memcpy(message.project, job->video->project, sizeof(message.project));
    memcpy(message.video, job->video->id, sizeof(message.video));
    message_key_make(job->video->id, job->message.segment.index, key);
    strbuf_init(&text);
    for (size_t i = 0; i < job->batch_count; i++) {
        message.frame = job->batch[i].index;
        message.pts_us = job->batch[i].pts_us;
        message.width = job->batch[i].width;
        message.height = job->batch[i].height;
        frame_message_encode(&message, &text);
        ends[i] = text.size;
    }
    for (size_t i = 0, start = 0; i < job->batch_count; start = ends[i], i++)
        items[i] = (struct queue_item){.key = key, .body = text.data + start, .body_size = ends[i] - start};
    enum err_code code = queue_publish(job->ingest->queue, TOPIC_FRAMES, items, job->batch_count, err);
    strbuf_release(&text);
    return code;
}

// There is something to index again in a video that was finished (a segment that had failed): it is running again.
static enum err_code reopen_video(struct job *job, struct err *err)
{
    if (!video_state_is_final(job->video->state))
        return ERR_NONE;
    enum err_code code = meta_store_set_video_state(
        job->ingest->meta, job->video->id, (1u << VIDEO_INCOMPLETE) | (1u << VIDEO_FAILED), VIDEO_RUNNING, err);
    if (code != ERR_CONFLICT)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static enum err_code finish_batch(struct job *job, struct err *err)
{
    const struct clock *clock = job->ingest->clock;
    if (job->batch_count == 0)
        return ERR_NONE;
    int64_t start_us = clock_monotonic_us(clock);
    enum err_code code =
        worker_wait_for_room(job->worker, TOPIC_FRAMES, job->downloader->settings.frames_ahead_max, job->cancel, err);
    int64_t waited_us = clock_monotonic_us(clock);
    if (code == ERR_NONE)
        code = reopen_video(job, err);
    if (code == ERR_NONE)
        code = meta_store_put_frames(job->ingest->meta, job->video->id, job->batch, job->batch_count, err);
    int64_t stored_us = clock_monotonic_us(clock);
    if (code == ERR_NONE)
        code = publish_batch(job, err);
    if (code != ERR_NONE)
        return code;
    // What the batch took together is said with its last frame.
    struct activity_event *last = &job->events[job->batch_count - 1];
    last->stage_us[STAGE_WAIT] = waited_us - start_us;
    last->stage_us[STAGE_STORE] += stored_us - waited_us;
    last->stage_us[STAGE_PUBLISH] = clock_monotonic_us(clock) - stored_us;
    for (size_t i = 0; i < job->batch_count; i++)
        activity_report(job->ingest->activity, worker_activity(job->worker), &job->events[i]);
    job->batch_count = 0;
    return ERR_NONE;
}

static enum err_code store_frame(struct job *job, const struct decoded_frame *decoded, struct err *err)
{
    const struct clock *clock = job->ingest->clock;
    struct strbuf *jpeg = &job->thread->jpeg;
    char key[BLOB_KEY_SIZE];
    int64_t start_us = clock_monotonic_us(clock);
    enum err_code code =
        jpeg_encode_frame(job->thread->encoder, decoded->frame, job->downloader->settings.jpeg_quality, jpeg, err);
    int64_t encoded_us = clock_monotonic_us(clock);
    blob_key_frame(job->video->project, job->video->id, decoded->index, key);
    if (code == ERR_NONE)
        code = blob_store_put(job->ingest->blobs, key, jpeg->data, jpeg->size, err);
    if (code != ERR_NONE)
        return code;
    struct activity_event *event = &job->events[job->batch_count];
    *event = ACTIVITY_EVENT_INIT;
    event->kind = ACTIVITY_FRAME_EMITTED;
    memcpy(event->video, job->video->id, sizeof(event->video));
    event->segment = job->message.segment.index;
    event->frame = decoded->index;
    event->stage_us[STAGE_DECODE] = start_us - job->picture_us;
    event->stage_us[STAGE_ENCODE] = encoded_us - start_us;
    event->stage_us[STAGE_STORE] = clock_monotonic_us(clock) - encoded_us;
    job->batch[job->batch_count++] = (struct meta_frame){.index = decoded->index,
        .segment = job->message.segment.index,
        .pts_us = decoded->pts_us,
        .width = decoded->width,
        .height = decoded->height,
        .state = FRAME_EMITTED};
    return ERR_NONE;
}

static enum err_code frame_ready(void *context, const struct decoded_frame *decoded, struct err *err)
{
    struct job *job = context;
    bool finished = false;
    enum err_code code = ERR_NONE;
    if (job->message.limit_us >= 0 && decoded->pts_us >= job->message.limit_us)
        return ERR_NONE;
    job->frames++;
    code = is_finished(job, decoded->index, &finished, err);
    if (code == ERR_NONE && !finished)
        code = store_frame(job, decoded, err);
    if (code == ERR_NONE && job->batch_count >= (size_t)job->downloader->settings.batch_frames)
        code = finish_batch(job, err);
    job->picture_us = clock_monotonic_us(job->ingest->clock);
    return code;
}

// ---- the segment

// Frames that are missing or patched up are said to the person; missing ones make the video incomplete.
static enum err_code judge_damage(struct job *job, const struct decode_result *result, struct err *err)
{
    const struct media_segment *segment = &job->message.segment;
    char sentence[ERR_MESSAGE_MAX];
    enum err_code code = ERR_NONE;
    if (result->lost == 0 && result->damaged == 0)
        return ERR_NONE;
    if (result->lost > 0)
        snprintf(sentence, sizeof(sentence),
            "segment %d (%.1f s to %.1f s): %lld of the source's pictures could not be decoded, the data is damaged",
            segment->index, (double)segment->start_us / 1e6, (double)segment->end_us / 1e6, (long long)result->lost);
    else
        snprintf(sentence, sizeof(sentence),
            "segment %d (%.1f s to %.1f s): %lld of the sampled pictures come from damaged data and were patched up",
            segment->index, (double)segment->start_us / 1e6, (double)segment->end_us / 1e6, (long long)result->damaged);
    log_warn(worker_log(job->worker), "video %s: %s", job->video->id, sentence);
    activity_report_error(job->ingest->activity, worker_activity(job->worker), job->video->id, sentence);
    code = meta_store_add_video_error(job->ingest->meta, job->video->id, sentence, true, err);
    if (code == ERR_NONE && result->lost > 0)
        code = meta_store_fail_segment(job->ingest->meta, job->video->id, segment->index, err);
    return code;
}

static void report_done(struct job *job)
{
    struct activity_event event = ACTIVITY_EVENT_INIT;
    event.kind = ACTIVITY_SEGMENT_DONE;
    memcpy(event.video, job->video->id, sizeof(event.video));
    event.segment = job->message.segment.index;
    event.count = job->frames;
    activity_report(job->ingest->activity, worker_activity(job->worker), &event);
}

static enum err_code decode_segment(struct job *job, const char *path, struct err *err)
{
    const struct media_input input = {.path = path};
    struct decode_result result = {0};
    const struct decode_options options = {.sampling = job->message.sampling,
        .threads = job->downloader->settings.decoder_threads,
        .cancel = job->cancel,
        .log = worker_log(job->worker),
        .context = job,
        .frame = frame_ready};
    job->picture_us = clock_monotonic_us(job->ingest->clock);
    enum err_code code = media_decode(&input, &job->message.segment, &options, &result, err);
    if (code == ERR_NONE)
        code = finish_batch(job, err);
    if (code == ERR_NONE)
        code = blob_store_flush(job->ingest->blobs, err);
    if (code == ERR_NONE)
        code = judge_damage(job, &result, err);
    if (code == ERR_NONE && result.lost == 0)
        code =
            meta_store_finish_segment(job->ingest->meta, job->video->id, job->message.segment.index, job->frames, err);
    if (code == ERR_NONE)
        report_done(job);
    return code;
}

static enum err_code run(struct job *job, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_file file = {0};
    enum err_code code = load_indexed(job, err);
    blob_key_segment(job->video->project, job->video->id, job->message.segment.index, key);
    if (code == ERR_NONE)
        code = blob_store_get_file(job->ingest->blobs, key, job->ingest->temp_dir, job->cancel, &file, err);
    if (code == ERR_NONE)
        code = decode_segment(job, file.path, err);
    // The last segment may be the last thing to be done: without frames no indexer comes after.
    if (code == ERR_NONE)
        code = settle_video_again(job->ingest, job->video, err);
    blob_file_release(&file);
    return code;
}

static enum err_code open_thread(void *part, struct worker *worker, void **state, struct err *err)
{
    (void)part;
    (void)worker;
    (void)err;
    struct downloader_thread *thread = mem_calloc(1, sizeof(*thread));
    thread->encoder = jpeg_encoder_new();
    strbuf_init(&thread->jpeg);
    *state = thread;
    return ERR_NONE;
}

static void close_thread(void *part, void *state)
{
    (void)part;
    struct downloader_thread *thread = state;
    jpeg_encoder_free(thread->encoder);
    strbuf_release(&thread->jpeg);
    free(thread);
}

static void handle(
    void *part, void *state, struct worker *worker, struct worker_task *tasks, size_t count, struct cancel *cancel)
{
    struct downloader *downloader = part;
    struct job *job = mem_calloc(1, sizeof(*job));
    for (size_t i = 0; i < count; i++) {
        struct worker_task *task = &tasks[i];
        *job = (struct job){.downloader = downloader,
            .thread = state,
            .ingest = downloader->ingest,
            .worker = worker,
            .cancel = cancel,
            .video = &task->video};
        const struct queue_message *message = task->message;
        if (segment_message_decode(message->body, message->body_size, &job->message, &task->err) != ERR_NONE)
            continue;
        if (run(job, &task->err) == ERR_NONE)
            err_clear(&task->err);
        free(job->indexed);
    }
    free(job);
}

static void free_downloader(void *part)
{
    free(part);
}

static const struct worker_part downloader_part = {.name = "downloader",
    .topic = TOPIC_SEGMENTS,
    .thread_open = open_thread,
    .thread_close = close_thread,
    .handle = handle,
    .free = free_downloader};

enum err_code downloader_start(const struct ingest *ingest, const struct downloader_settings *settings,
    struct cancel *cancel, struct worker_pool **pool, struct err *err)
{
    if (settings->batch_frames < 1 || settings->batch_frames > BATCH_FRAMES_MAX)
        return err_set(err, ERR_INVALID, "frames are stored in batches of 1 to %d, not %d", BATCH_FRAMES_MAX,
            settings->batch_frames);
    struct downloader *downloader = mem_calloc(1, sizeof(*downloader));
    downloader->ingest = ingest;
    downloader->settings = *settings;
    enum err_code code = worker_pool_start(ingest, &downloader_part, downloader,
        &(struct worker_pool_options){.threads = settings->workers, .batch_max = 1}, cancel, pool, err);
    if (code != ERR_NONE)
        free(downloader);
    return code;
}
