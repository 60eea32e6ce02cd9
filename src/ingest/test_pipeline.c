#include "ingest/test_pipeline.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_memory.h"
#include "meta_store/meta_store.h"
#include "meta_store/meta_store_memory.h"
#include "os/cancel.h"
#include "queue/queue_memory.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_flat.h"
#include "vision/detector.h"
#include "vision/embedder.h"
#include "vision/engine.h"

#define WAIT_MS 120000
#define LOOK_MS 10

// ---- models and clips

static struct {
    struct engine *engine;
    struct detector *detector;
    struct embedder *embedder;
} models;

static const char *deps_dir(void)
{
    const char *dir = getenv("FRAMEHOUND_DEPS");
    return dir != NULL ? dir : ".deps";
}

void pipeline_models(struct detector **detector, struct embedder **embedder)
{
    char detector_dir[FILE_PATH_MAX];
    char embedder_dir[FILE_PATH_MAX];
    struct err err = ERR_INIT;
    snprintf(detector_dir, sizeof(detector_dir), "%s/models/ssdlite-mobilenet-v2", deps_dir());
    snprintf(embedder_dir, sizeof(embedder_dir), "%s/models/efficientnet-lite0", deps_dir());
    if (!file_exists(detector_dir) || !file_exists(embedder_dir))
        skip_because("the default models are not in %s/models", deps_dir());
    if (models.engine == NULL) {
        struct detector_options detector_options = DETECTOR_OPTIONS_INIT;
        const struct embedder_options embedder_options = {.streams = 1};
        detector_options.streams = 2;
        detector_options.score_threshold = 0.2f; // more objects to compare
        assert_ok(engine_new(&(struct engine_options){.threads = 2}, &models.engine, &err), &err);
        assert_ok(detector_open(models.engine, detector_dir, &detector_options, &models.detector, &err), &err);
        assert_ok(embedder_open(models.engine, embedder_dir, &embedder_options, &models.embedder, &err), &err);
    }
    *detector = models.detector;
    *embedder = models.embedder;
}

int pipeline_models_close(void **state)
{
    (void)state;
    detector_free(models.detector);
    embedder_free(models.embedder);
    engine_free(models.engine);
    return 0;
}

const char *pipeline_street(void)
{
    static char path[FILE_PATH_MAX];
    snprintf(path, sizeof(path), "%s/media/bikes.mp4", deps_dir());
    if (!file_exists(path))
        skip_because("%s is not there", path);
    // Skips before anything is opened, should the models be missing.
    struct detector *detector;
    struct embedder *embedder;
    pipeline_models(&detector, &embedder);
    return path;
}

// ---- stores

void pipeline_open_with(struct pipeline *pipeline, const struct queue_options *options)
{
    struct err err = ERR_INIT;
    const struct clock *clock = clock_system();
    *pipeline = (struct pipeline){.cancel = cancel_new(NULL)};
    assert_ok(dir_make_temporary(NULL, "framehound-ingest-", pipeline->dir, &err), &err);
    struct log *log = log_none();
    if (getenv("FRAMEHOUND_TEST_LOG") != NULL)
        log = log_new(STDERR_FILENO, LOG_DEBUG, false);
    pipeline->ingest = (struct ingest){.queue = queue_memory_new(options, clock),
        .blobs = blob_store_memory_new(clock),
        .meta = meta_store_memory_new(clock),
        .vectors = vector_index_flat_new(),
        .log = log,
        .clock = clock,
        .temp_dir = pipeline->dir,
        .lease_ms = options->lease_ms,
        .retention = {.keep_segments = true, .keep_frames = true}};
    splitter_settings_default(&pipeline->splitter_settings);
    downloader_settings_default(&pipeline->downloader_settings);
    indexer_settings_default(&pipeline->indexer_settings);
    tracking_settings_default(&pipeline->tracking_settings);
    pipeline->splitter_settings.make_playable = false;
    pipeline->downloader_settings.decoder_threads = 1;
}

void pipeline_open(struct pipeline *pipeline)
{
    struct queue_options options;
    queue_options_default(&options);
    options.retry_base_ms = 10;
    pipeline_open_with(pipeline, &options);
}

void pipeline_intercept(struct pipeline *pipeline, struct pipeline_ops *own, struct pipeline_ops *ops)
{
    struct ingest *ingest = &pipeline->ingest;
    *own = (struct pipeline_ops){.queue = *ingest->queue->ops,
        .blobs = *ingest->blobs->ops,
        .meta = *ingest->meta->ops,
        .vectors = *ingest->vectors->ops};
    *ops = *own;
    ingest->queue->ops = &ops->queue;
    ingest->blobs->ops = &ops->blobs;
    ingest->meta->ops = &ops->meta;
    ingest->vectors->ops = &ops->vectors;
}

void pipeline_stop(struct pipeline *pipeline)
{
    worker_pool_stop(pipeline->splitter);
    worker_pool_stop(pipeline->downloader);
    worker_pool_stop(pipeline->indexer);
    worker_pool_stop(pipeline->tracker);
    pipeline->splitter = pipeline->downloader = pipeline->indexer = pipeline->tracker = NULL;
}

void pipeline_close(struct pipeline *pipeline)
{
    pipeline_stop(pipeline);
    vector_index_free(pipeline->ingest.vectors);
    meta_store_free(pipeline->ingest.meta);
    blob_store_free(pipeline->ingest.blobs);
    queue_free(pipeline->ingest.queue);
    if (pipeline->ingest.log != log_none())
        log_free(pipeline->ingest.log);
    cancel_free(pipeline->cancel);
    (void)!dir_remove_tree(pipeline->dir, NULL);
}

void pipeline_start(struct pipeline *pipeline, int parts)
{
    struct err err = ERR_INIT;
    struct detector *detector = NULL;
    struct embedder *embedder = NULL;
    const struct ingest *ingest = &pipeline->ingest;
    if (parts & RUN_INDEXER)
        pipeline_models(&detector, &embedder);
    if (parts & RUN_SPLITTER)
        assert_ok(
            splitter_start(ingest, &pipeline->splitter_settings, pipeline->cancel, &pipeline->splitter, &err), &err);
    if (parts & RUN_DOWNLOADER)
        assert_ok(
            downloader_start(ingest, &pipeline->downloader_settings, pipeline->cancel, &pipeline->downloader, &err),
            &err);
    if (parts & RUN_INDEXER)
        assert_ok(indexer_start(ingest, &pipeline->indexer_settings, detector, embedder, pipeline->cancel,
                      &pipeline->indexer, &err),
            &err);
    if (parts & RUN_TRACKER)
        assert_ok(
            tracking_start(ingest, &pipeline->tracking_settings, pipeline->cancel, &pipeline->tracker, &err), &err);
}

// ---- videos

enum submit_outcome pipeline_submit(struct pipeline *pipeline, const char *path, double chunk_s, double limit_s,
    const char *fps, char video[VIDEO_ID_SIZE])
{
    struct submit_request request;
    struct meta_video made;
    enum submit_outcome outcome;
    struct err err = ERR_INIT;
    submit_request_init(&request);
    request.project = "demo";
    request.source = path;
    assert_ok(submit_request_set_chunk(&request, chunk_s, &err), &err);
    if (limit_s > 0)
        assert_ok(submit_request_set_limit(&request, limit_s, &err), &err);
    assert_ok(submit_request_set_fps(&request, fps, &err), &err);
    assert_ok(lifecycle_submit(&pipeline->ingest, &request, NULL, &made, &outcome, &err), &err);
    memcpy(video, made.id, VIDEO_ID_SIZE);
    return outcome;
}

struct meta_video pipeline_video(struct pipeline *pipeline, const char *video)
{
    struct meta_video found;
    struct err err = ERR_INIT;
    assert_ok(meta_store_get_video(pipeline->ingest.meta, video, &found, &err), &err);
    return found;
}

static bool queues_are_empty(struct pipeline *pipeline)
{
    static const char *const topics[] = {TOPIC_SOURCES, TOPIC_SEGMENTS, TOPIC_FRAMES, TOPIC_DETECTIONS};
    for (size_t i = 0; i < (pipeline->tracker != NULL ? 4 : 3); i++) {
        struct queue_stats stats;
        struct err err = ERR_INIT;
        assert_ok(queue_stats(pipeline->ingest.queue, topics[i], &stats, &err), &err);
        if (stats.ready + stats.leased > 0)
            return false;
    }
    return true;
}

void pipeline_wait_queues(struct pipeline *pipeline)
{
    for (int waited = 0; !queues_are_empty(pipeline); waited += LOOK_MS) {
        if (waited > WAIT_MS)
            fail_msg("messages were left after %d s", WAIT_MS / 1000);
        cancel_wait(NULL, LOOK_MS);
    }
}

int64_t pipeline_waiting(struct pipeline *pipeline, const char *topic)
{
    struct queue_stats stats;
    struct err err = ERR_INIT;
    assert_ok(queue_stats(pipeline->ingest.queue, topic, &stats, &err), &err);
    return stats.ready + stats.leased;
}

enum video_state pipeline_wait(struct pipeline *pipeline, const char *video)
{
    for (int waited = 0;; waited += LOOK_MS) {
        struct meta_video found = pipeline_video(pipeline, video);
        if (video_state_is_final(found.state)) {
            pipeline_wait_queues(pipeline);
            return pipeline_video(pipeline, video).state;
        }
        if (waited > WAIT_MS)
            fail_msg("the video was still %s after %d s: %lld of %lld segments, %lld frames emitted, %lld indexed",
                video_state_name(found.state), WAIT_MS / 1000, (long long)found.segments_done,
                (long long)found.segments, (long long)found.frames_emitted, (long long)found.frames_indexed);
        cancel_wait(NULL, LOOK_MS);
    }
}

// ---- what there is

struct description {
    struct pipeline *pipeline;
    const char *video;
    size_t key_prefix;
    struct strbuf *out;
};

static bool describe_blob(void *context, const char *key, const struct blob_info *info)
{
    struct description *description = context;
    struct err err = ERR_INIT;
    char hex[SHA256_HEX_SIZE];
    void *bytes = NULL;
    size_t size = 0;
    const char *name = key + description->key_prefix;
    (void)info;
    if (strncmp(name, "frames/", 7) != 0 && strncmp(name, "objects/", 8) != 0)
        return true;
    assert_ok(blob_store_get(description->pipeline->ingest.blobs, key, 1 << 26, &bytes, &size, &err), &err);
    sha256_of(bytes, size, hex);
    free(bytes);
    const char *dash = strchr(name, '-');
    strbuf_addf(description->out, "blob %s %.16s\n", dash != NULL ? dash : name, hex);
    return true;
}

static bool describe_vector(void *context, const char *object)
{
    struct description *description = context;
    struct err err = ERR_INIT;
    float vector[VECTOR_DIMENSION_MAX];
    size_t dimension = 0;
    double sum = 0;
    assert_ok(vector_index_fetch(description->pipeline->ingest.vectors, "demo", object, vector, VECTOR_DIMENSION_MAX,
                  &dimension, &err),
        &err);
    for (size_t i = 0; i < dimension; i++)
        sum += (double)vector[i] * (double)(i % 7);
    strbuf_addf(description->out, "vector %s %zu %.3f\n", object + VIDEO_ID_LENGTH, dimension, sum);
    return true;
}

static void describe_frames(struct description *description)
{
    struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
    struct meta_frames frames = {0};
    struct err err = ERR_INIT;
    assert_ok(
        meta_store_list_frames(description->pipeline->ingest.meta, description->video, &range, &frames, &err), &err);
    for (size_t i = 0; i < frames.count; i++) {
        const struct meta_frame *frame = &frames.items[i];
        strbuf_addf(description->out, "frame %d %lld %dx%d %s\n", frame->index, (long long)frame->pts_us, frame->width,
            frame->height, frame_state_name(frame->state));
        for (size_t k = 0; k < frame->object_count; k++) {
            const struct meta_object *object = &frame->objects[k];
            strbuf_addf(description->out, "  %s %.3f at %.1f %.1f %.1f %.1f track %lld\n", object->class_name,
                (double)object->score, (double)object->x, (double)object->y, (double)object->width,
                (double)object->height, (long long)object->track);
        }
    }
    meta_frames_release(&frames);
}

// 0 for a track without a vector.
static double sum_of_track(struct description *description, int64_t n)
{
    struct vector_track track = {.n = n};
    float vector[VECTOR_DIMENSION_MAX];
    size_t dimension = 0;
    double sum = 0;
    struct err err = ERR_INIT;
    memcpy(track.video, description->video, VIDEO_ID_LENGTH);
    enum err_code code = vector_index_fetch_track(
        description->pipeline->ingest.vectors, "demo", &track, vector, VECTOR_DIMENSION_MAX, &dimension, &err);
    assert_true(code == ERR_NONE || code == ERR_NOT_FOUND);
    for (size_t i = 0; i < dimension; i++)
        sum += (double)vector[i] * (double)(i % 7);
    return sum;
}

static void describe_tracks(struct description *description)
{
    struct meta_track *tracks;
    size_t count;
    struct err err = ERR_INIT;
    assert_ok(meta_store_list_tracks(
                  description->pipeline->ingest.meta, description->video, -1, META_LIST_MAX, &tracks, &count, &err),
        &err);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(description->out,
            "track %lld %s %.3f frames %d to %d, %lld objects, best %d-%d typical %d-%d %.3f\n", (long long)tracks[i].n,
            tracks[i].class_name, (double)tracks[i].score, tracks[i].first_frame, tracks[i].last_frame,
            (long long)tracks[i].objects, tracks[i].best_frame, tracks[i].best_k, tracks[i].typical_frame,
            tracks[i].typical_k, sum_of_track(description, tracks[i].n));
    free(tracks);
}

char *pipeline_describe(struct pipeline *pipeline, const char *video)
{
    struct strbuf out;
    struct err err = ERR_INIT;
    char prefix[BLOB_KEY_SIZE];
    struct description description = {.pipeline = pipeline, .video = video, .out = &out};
    strbuf_init(&out);
    blob_key_prefix("demo", video, prefix);
    description.key_prefix = strlen(prefix);
    describe_frames(&description);
    describe_tracks(&description);
    assert_ok(blob_store_list(pipeline->ingest.blobs, prefix, describe_blob, &description, &err), &err);
    assert_ok(vector_index_list(pipeline->ingest.vectors, "demo", video, describe_vector, &description, &err), &err);
    return strbuf_detach(&out, NULL);
}
