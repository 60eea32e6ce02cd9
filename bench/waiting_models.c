// A detector and an embedder that wait as long as real ones compute, and answer made-up objects: for bench/scale.py,
// which runs many indexers on a machine that could not compute for as many. Everything else of the program is the real
// one; these functions stand in for vision/detector.c and vision/embedder.c at linking.
//
// A process has one device, which serves one picture or crop after the other. How long each takes, and what is
// answered, stands in the environment: FRAMEHOUND_WAIT_DETECT_US, FRAMEHOUND_WAIT_EMBED_US (a crop),
// FRAMEHOUND_WAIT_OBJECTS (a picture), FRAMEHOUND_WAIT_DIMENSION.
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "vision/detector.h"
#include "vision/embedder.h"

struct device {
    pthread_mutex_t mutex;
    int64_t free_us; // when it has done all it was given
};
static struct device device = {.mutex = PTHREAD_MUTEX_INITIALIZER};

struct detector {
    struct manifest *manifest;
    int64_t picture_us;
    size_t objects;
};

struct embedder {
    struct manifest *manifest;
    int64_t crop_us;
    size_t dimension;
};

struct detection_job {
    int64_t done_us;
    int width, height;
    const struct detector *detector;
};

struct embedding_job {
    int64_t done_us;
    size_t count;
    uint64_t seed;
    const struct embedder *embedder;
};

static int64_t number(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoll(text, NULL, 10);
}

// When the device will be done with this too.
static int64_t device_take(int64_t service_us)
{
    pthread_mutex_lock(&device.mutex);
    int64_t now = clock_monotonic_us(clock_system());
    device.free_us = (device.free_us > now ? device.free_us : now) + service_us;
    int64_t done = device.free_us;
    pthread_mutex_unlock(&device.mutex);
    return done;
}

static enum err_code wait_until(int64_t done_us, struct cancel *cancel, struct err *err)
{
    while (clock_monotonic_us(clock_system()) < done_us) {
        int64_t left_ms = (done_us - clock_monotonic_us(clock_system()) + 999) / 1000;
        if (left_ms > 0 && cancel_wait(cancel, left_ms))
            return cancel_check(cancel, err);
    }
    return ERR_NONE;
}

// ---- detector

enum err_code detector_open(struct engine *engine, const char *folder, const struct detector_options *options,
    struct detector **detector, struct err *err)
{
    (void)engine;
    (void)options;
    struct manifest *manifest = NULL;
    enum err_code code = manifest_load(folder, &manifest, err);
    if (code != ERR_NONE)
        return code;
    *detector = mem_calloc(1, sizeof(**detector));
    **detector = (struct detector){.manifest = manifest,
        .picture_us = number("FRAMEHOUND_WAIT_DETECT_US", 10000),
        .objects = (size_t)number("FRAMEHOUND_WAIT_OBJECTS", 8)};
    return ERR_NONE;
}

void detector_free(struct detector *detector)
{
    if (detector == NULL)
        return;
    manifest_free(detector->manifest);
    free(detector);
}

const struct manifest *detector_manifest(const struct detector *detector)
{
    return detector->manifest;
}

int detector_capacity(const struct detector *detector)
{
    (void)detector;
    return 4;
}

enum err_code detector_submit(struct detector *detector, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, struct detection_job **job, struct err *err)
{
    (void)timeout_ms;
    (void)cancel;
    (void)err;
    *job = mem_calloc(1, sizeof(**job));
    **job = (struct detection_job){.done_us = device_take(detector->picture_us),
        .width = picture->width,
        .height = picture->height,
        .detector = detector};
    return ERR_NONE;
}

bool detection_is_done(struct detection_job *job)
{
    return clock_monotonic_us(clock_system()) >= job->done_us;
}

enum err_code detection_wait(struct detection_job *job, int64_t timeout_ms, struct cancel *cancel, struct arena *arena,
    struct detections *found, struct err *err)
{
    (void)timeout_ms;
    enum err_code code = wait_until(job->done_us, cancel, err);
    if (code != ERR_NONE)
        return code;
    size_t count = job->detector->objects;
    float width = (float)job->width;
    float height = (float)job->height;
    found->items = arena_alloc_array(arena, count + 1, sizeof(*found->items));
    found->count = count;
    for (size_t i = 0; i < count; i++)
        found->items[i] = (struct detection){.x = width * (float)i / (float)(count + 1),
            .y = height * 0.25f,
            .width = width / (float)(count + 1),
            .height = height * 0.5f,
            .score = 0.9f - (float)i * 0.01f};
    return ERR_NONE;
}

void detection_free(struct detection_job *job)
{
    free(job);
}

enum err_code detector_detect(struct detector *detector, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, struct arena *arena, struct detections *found, struct err *err)
{
    struct detection_job *job = NULL;
    enum err_code code = detector_submit(detector, picture, timeout_ms, cancel, &job, err);
    if (code == ERR_NONE)
        code = detection_wait(job, timeout_ms, cancel, arena, found, err);
    detection_free(job);
    return code;
}

struct detector_cost detector_cost(const struct detector *detector)
{
    (void)detector;
    return (struct detector_cost){0};
}

// ---- embedder

enum err_code embedder_open(struct engine *engine, const char *folder, const struct embedder_options *options,
    struct embedder **embedder, struct err *err)
{
    (void)engine;
    (void)options;
    struct manifest *manifest = NULL;
    enum err_code code = manifest_load(folder, &manifest, err);
    if (code != ERR_NONE)
        return code;
    *embedder = mem_calloc(1, sizeof(**embedder));
    **embedder = (struct embedder){.manifest = manifest,
        .crop_us = number("FRAMEHOUND_WAIT_EMBED_US", 2000),
        .dimension = (size_t)number("FRAMEHOUND_WAIT_DIMENSION", 1280)};
    return ERR_NONE;
}

void embedder_free(struct embedder *embedder)
{
    if (embedder == NULL)
        return;
    manifest_free(embedder->manifest);
    free(embedder);
}

const struct manifest *embedder_manifest(const struct embedder *embedder)
{
    return embedder->manifest;
}

int embedder_dimension(const struct embedder *embedder)
{
    return (int)embedder->dimension;
}

int embedder_capacity(const struct embedder *embedder)
{
    (void)embedder;
    return 64;
}

bool embedder_has_scores(const struct embedder *embedder)
{
    (void)embedder;
    return false;
}

struct crop_area embedder_crop_area(const struct embedder *embedder, const struct crop *crop)
{
    (void)embedder;
    return (struct crop_area){(int)crop->x, (int)crop->y, (int)ceilf(crop->width), (int)ceilf(crop->height)};
}

enum err_code embedder_submit(struct embedder *embedder, const struct crop *crops, size_t count, int64_t timeout_ms,
    struct cancel *cancel, struct embedding_job **job, struct err *err)
{
    (void)crops;
    (void)timeout_ms;
    (void)cancel;
    (void)err;
    *job = mem_calloc(1, sizeof(**job));
    int64_t done = device_take(embedder->crop_us * (int64_t)count);
    **job = (struct embedding_job){.done_us = done, .count = count, .seed = (uint64_t)done, .embedder = embedder};
    return ERR_NONE;
}

bool embedding_is_done(struct embedding_job *job)
{
    return clock_monotonic_us(clock_system()) >= job->done_us;
}

// Uniform in -0.5 … 0.5 (splitmix64: Steele, Lea, Flood 2014).
static float chance(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (float)((z ^ (z >> 31)) >> 40) / (float)(1 << 24) - 0.5f;
}

// Vectors that resemble nothing: the hardest for an index.
static void make_descriptor(float *descriptor, size_t dimension, uint64_t *state)
{
    float sum = 0;
    for (size_t i = 0; i < dimension; i++) {
        descriptor[i] = chance(state);
        sum += descriptor[i] * descriptor[i];
    }
    for (size_t i = 0; i < dimension; i++)
        descriptor[i] /= sqrtf(sum);
}

enum err_code embedding_wait(struct embedding_job *job, int64_t timeout_ms, struct cancel *cancel, float *descriptors,
    struct embedding_scores *scores, struct err *err)
{
    (void)timeout_ms;
    (void)scores;
    size_t dimension = job->embedder->dimension;
    enum err_code code = wait_until(job->done_us, cancel, err);
    for (size_t i = 0; i < job->count && code == ERR_NONE; i++)
        make_descriptor(descriptors + i * dimension, dimension, &job->seed);
    return code;
}

void embedding_free(struct embedding_job *job)
{
    free(job);
}

enum err_code embedder_embed(struct embedder *embedder, const struct crop *crops, size_t count, int64_t timeout_ms,
    struct cancel *cancel, float *descriptors, struct embedding_scores *scores, struct err *err)
{
    struct embedding_job *job = NULL;
    enum err_code code = embedder_submit(embedder, crops, count, timeout_ms, cancel, &job, err);
    if (code == ERR_NONE)
        code = embedding_wait(job, timeout_ms, cancel, descriptors, scores, err);
    embedding_free(job);
    return code;
}

enum err_code embedder_embed_image(struct embedder *embedder, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, float *descriptor, struct embedding_scores *scores, struct err *err)
{
    const struct crop all = {.picture = picture, .width = (float)picture->width, .height = (float)picture->height};
    return embedder_embed(embedder, &all, 1, timeout_ms, cancel, descriptor, scores, err);
}

struct embedder_cost embedder_cost(const struct embedder *embedder)
{
    (void)embedder;
    return (struct embedder_cost){0};
}
