#include "vision/detector.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "os/proc.h"
#include "vision/decoder.h"
#include "vision/model.h"
#include "vision/nms.h"
#include "vision/preprocess.h"

struct detection_job {
    struct detector *detector;
    struct request *request;
    struct placement place;
    uint8_t *scratch;
    struct candidates candidates;
    struct detection_job *next_free;
};

struct detector {
    struct manifest *manifest;
    struct network *network;
    struct model_inputs inputs;
    const char *output_names[DECODER_TENSORS_MAX];
    int output_positions[DECODER_TENSORS_MAX];
    size_t output_count;
    size_t max_detections;
    struct detection_job *jobs; // as many as the network has requests
    pthread_mutex_t mutex;      // guards what follows
    struct detection_job *free_jobs;
    struct detector_cost cost;
};

static enum err_code check_outputs(const struct detector *detector, struct err *err)
{
    const struct network_specs *specs = network_describe(detector->network);
    struct tensor_spec *found = mem_calloc(DECODER_TENSORS_MAX, sizeof(*found));
    for (size_t i = 0; i < detector->output_count; i++)
        found[i] = specs->outputs[detector->output_positions[i]];
    enum err_code code = decoder_of(detector->manifest)->check(detector->manifest, found, err);
    free(found);
    return code == ERR_NONE ? ERR_NONE
                            : err_context(err, "the model \"%s\" (decoder \"%s\")", detector->manifest->name,
                                  decoder_kind_name(detector->manifest->output.decoder));
}

static void prepare_jobs(struct detector *detector, float threshold)
{
    size_t count = (size_t)network_requests(detector->network);
    size_t scratch_size = preprocess_scratch_size(&detector->manifest->input);
    detector->jobs = mem_calloc(count, sizeof(*detector->jobs));
    for (size_t i = 0; i < count; i++) {
        struct detection_job *job = &detector->jobs[i];
        job->detector = detector;
        job->scratch = scratch_size > 0 ? mem_alloc(scratch_size) : NULL;
        candidates_init(&job->candidates, detector->manifest, threshold);
        job->next_free = detector->free_jobs;
        detector->free_jobs = job;
    }
}

enum err_code detector_open(struct engine *engine, const char *folder, const struct detector_options *given,
    struct detector **out, struct err *err)
{
    *out = NULL;
    struct detector_options options = given != NULL ? *given : DETECTOR_OPTIONS_INIT;
    struct detector *detector = mem_calloc(1, sizeof(*detector));
    pthread_mutex_init(&detector->mutex, NULL);
    enum err_code code = model_load(folder, MODEL_DETECTOR, options.skip_file_check, &detector->manifest, err);
    if (code != ERR_NONE)
        goto out;
    const struct manifest *manifest = detector->manifest;
    if (options.max_detections < 0 || options.max_detections > MANIFEST_DETECTIONS_MAX) {
        code = err_set(err, ERR_INVALID, "at most %d detections a picture are possible, not %d",
            MANIFEST_DETECTIONS_MAX, options.max_detections);
        goto out;
    }
    detector->max_detections = (size_t)(options.max_detections > 0 ? options.max_detections : manifest->max_detections);
    const struct network_options tune = {
        .hint = options.hint, .streams = options.streams, .requests = options.capacity};
    code = model_compile(engine, manifest, 1, &tune, &detector->network, &detector->inputs, err);
    if (code != ERR_NONE)
        goto out;
    detector->output_count = decoder_of(manifest)->tensors(manifest, detector->output_names);
    code = model_find_outputs(
        manifest, detector->network, detector->output_names, detector->output_count, detector->output_positions, err);
    if (code == ERR_NONE)
        code = check_outputs(detector, err);
    if (code != ERR_NONE)
        goto out;
    prepare_jobs(detector, options.score_threshold >= 0.0f ? options.score_threshold : manifest->score_threshold);
    *out = detector;
    detector = NULL;
out:
    detector_free(detector);
    return code;
}

void detector_free(struct detector *detector)
{
    if (detector == NULL)
        return;
    int count = detector->jobs != NULL ? network_requests(detector->network) : 0;
    for (int i = 0; i < count; i++) {
        free(detector->jobs[i].scratch);
        candidates_release(&detector->jobs[i].candidates);
    }
    free(detector->jobs);
    network_free(detector->network);
    manifest_free(detector->manifest);
    pthread_mutex_destroy(&detector->mutex);
    free(detector);
}

const struct manifest *detector_manifest(const struct detector *detector)
{
    return detector->manifest;
}

int detector_capacity(const struct detector *detector)
{
    return network_requests(detector->network);
}

enum err_code detector_submit(struct detector *detector, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, struct detection_job **out, struct err *err)
{
    *out = NULL;
    if (!pixels_is_valid(picture))
        return err_set(err, ERR_INVALID, "a picture must have 1 to %d pixels on each side", PIXELS_SIDE_MAX);
    struct request *request = NULL;
    enum err_code code = network_acquire(detector->network, timeout_ms, cancel, &request, err);
    if (code != ERR_NONE)
        return code;
    int64_t begin_us = proc_thread_cpu_us();
    pthread_mutex_lock(&detector->mutex);
    struct detection_job *job = detector->free_jobs; // there are as many as requests
    detector->free_jobs = job->next_free;
    pthread_mutex_unlock(&detector->mutex);
    const struct manifest_input *input = &detector->manifest->input;
    const struct region whole = region_whole(picture);
    job->request = request;
    job->place = preprocess_place(input, &whole);
    preprocess_fill(
        picture, &job->place, input, job->scratch, request_input(request, (size_t)detector->inputs.picture));
    model_fill_size(detector->manifest, &detector->inputs, request, 1);
    code = request_start(request, err);
    pthread_mutex_lock(&detector->mutex);
    detector->cost.prepare_us += proc_thread_cpu_us() - begin_us;
    detector->cost.pictures += code == ERR_NONE;
    pthread_mutex_unlock(&detector->mutex);
    if (code != ERR_NONE) {
        detection_free(job);
        return code;
    }
    *out = job;
    return ERR_NONE;
}

bool detection_is_done(struct detection_job *job)
{
    return request_is_done(job->request);
}

static float clamp(float value, float most)
{
    return value < 0.0f ? 0.0f : value > most ? most : value;
}

// From the network's input back to the picture, and clipped to it. False if less than a pixel is left.
static bool place_back(const struct placement *place, const struct candidate *candidate, struct detection *detection)
{
    const float sx = (float)place->region.width / (float)place->width;
    const float sy = (float)place->region.height / (float)place->height;
    const float x1 = clamp((candidate->x1 - (float)place->x) * sx, (float)place->region.width);
    const float y1 = clamp((candidate->y1 - (float)place->y) * sy, (float)place->region.height);
    const float x2 = clamp((candidate->x2 - (float)place->x) * sx, (float)place->region.width);
    const float y2 = clamp((candidate->y2 - (float)place->y) * sy, (float)place->region.height);
    *detection = (struct detection){.x = x1,
        .y = y1,
        .width = x2 - x1,
        .height = y2 - y1,
        .score = candidate->score,
        .class_id = candidate->class_id};
    return detection->width >= 1.0f && detection->height >= 1.0f;
}

static void finish(struct detection_job *job, struct arena *arena, struct detections *found)
{
    const struct candidates *candidates = &job->candidates;
    struct detection *items = mem_alloc((candidates->count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < candidates->count; i++)
        count += place_back(&job->place, &candidates->items[i], &items[count]);
    const struct detector *detector = job->detector;
    count = detections_suppress(items, count, detector->manifest->nms_iou, detector->max_detections);
    found->count = count;
    found->items = arena_alloc_array(arena, count + 1, sizeof(*items));
    memcpy(found->items, items, count * sizeof(*items));
    free(items);
}

enum err_code detection_wait(struct detection_job *job, int64_t timeout_ms, struct cancel *cancel, struct arena *arena,
    struct detections *found, struct err *err)
{
    struct detector *detector = job->detector;
    *found = (struct detections){0};
    enum err_code code = request_wait(job->request, timeout_ms, cancel, err);
    if (code != ERR_NONE)
        return code;
    int64_t begin_us = proc_thread_cpu_us();
    struct tensor tensors[DECODER_TENSORS_MAX];
    for (size_t i = 0; i < detector->output_count && code == ERR_NONE; i++)
        code = request_output(job->request, (size_t)detector->output_positions[i], &tensors[i], err);
    candidates_reset(&job->candidates);
    if (code == ERR_NONE)
        code = decoder_run(
            detector->manifest, detector->output_names, tensors, detector->output_count, &job->candidates, err);
    if (code == ERR_NONE)
        finish(job, arena, found);
    pthread_mutex_lock(&detector->mutex);
    detector->cost.decode_us += proc_thread_cpu_us() - begin_us;
    pthread_mutex_unlock(&detector->mutex);
    return code;
}

void detection_free(struct detection_job *job)
{
    if (job == NULL)
        return;
    struct detector *detector = job->detector;
    struct request *request = job->request;
    pthread_mutex_lock(&detector->mutex);
    job->request = NULL;
    job->next_free = detector->free_jobs;
    detector->free_jobs = job;
    pthread_mutex_unlock(&detector->mutex);
    request_release(request);
}

enum err_code detector_detect(struct detector *detector, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, struct arena *arena, struct detections *found, struct err *err)
{
    struct detection_job *job = NULL;
    *found = (struct detections){0};
    enum err_code code = detector_submit(detector, picture, timeout_ms, cancel, &job, err);
    if (code == ERR_NONE)
        code = detection_wait(job, timeout_ms, cancel, arena, found, err);
    detection_free(job);
    return code;
}

struct detector_cost detector_cost(const struct detector *detector)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)&detector->mutex;
    pthread_mutex_lock(mutex);
    struct detector_cost cost = detector->cost;
    pthread_mutex_unlock(mutex);
    cost.inference_us = network_cost(detector->network).run_us;
    return cost;
}
