#include "vision/embedder.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/proc.h"
#include "vision/colour_histogram.h"
#include "vision/descriptor.h"
#include "vision/model.h"
#include "vision/preprocess.h"
#include "vision/waiting.h"

// The network is compiled for these numbers of crops, largest first, ending with 1. Small batches cost the processor
// hardly more per crop than large ones, and a larger one delays its first crop; a single crop costs some 8 % more.
static const int batch_sizes[] = {4, 1};
#define VARIANTS (sizeof(batch_sizes) / sizeof(batch_sizes[0]))

#define CAPACITY_DEFAULT 32

// The network for one number of crops.
struct variant {
    struct network *network;
    struct model_inputs inputs;
    int outputs[2]; // embedding, scores
    int batch;
    int free; // requests; guarded by the embedder's mutex
};

struct waiter {
    struct waiter *next;
};

struct embedder {
    struct manifest *manifest;
    struct variant variants[VARIANTS];
    struct colour_histogram *histogram; // NULL: deep features only
    int deep_dimension;
    int colour_dimension;
    int score_count; // 0: none
    int capacity;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t freed;
    struct waiter *waiters; // submits in their order, on their callers' stacks
    struct embedder_cost cost;
};

// A request and the crops in it.
struct part {
    struct variant *variant;
    struct request *request;
    size_t first;
};

struct embedding_job {
    struct embedder *embedder;
    size_t count;
    float *colours; // count × colour_dimension
    struct part *parts;
    size_t part_count;
};

static enum err_code check_outputs(struct embedder *embedder, const struct variant *variant, struct err *err)
{
    const struct manifest *manifest = embedder->manifest;
    const struct network_specs *specs = network_describe(variant->network);
    char shape[TENSOR_SHAPE_TEXT_SIZE];
    for (int i = 0; i < (manifest->output.scores != NULL ? 2 : 1); i++) {
        const struct tensor_spec *spec = &specs->outputs[variant->outputs[i]];
        tensor_spec_format(spec, shape);
        bool good = spec->rank == 2 && spec->dims[0] == variant->batch && spec->dims[1] >= 1 && spec->dims[1] <= 65536;
        if (!good)
            return err_set(err, ERR_INVALID,
                "the model \"%s\": output \"%s\" should have the shape [%d, numbers], and has %s", manifest->name,
                spec->name, variant->batch, shape);
        if (i == 0)
            embedder->deep_dimension = (int)spec->dims[1];
        else
            embedder->score_count = (int)spec->dims[1];
    }
    if (manifest->output.scores != NULL && manifest->class_count > 0 &&
        (int)manifest->class_count != embedder->score_count)
        return err_set(err, ERR_INVALID, "the model \"%s\": the manifest names %zu classes, and output \"%s\" has %d",
            manifest->name, manifest->class_count, manifest->output.scores, embedder->score_count);
    return ERR_NONE;
}

static enum err_code open_variant(struct embedder *embedder, struct engine *engine,
    const struct embedder_options *options, size_t index, struct err *err)
{
    const struct manifest *manifest = embedder->manifest;
    struct variant *variant = &embedder->variants[index];
    variant->batch = batch_sizes[index];
    const char *names[2] = {manifest->output.embedding, manifest->output.scores};
    int streams = options->streams > 0 ? options->streams : engine_threads(engine);
    // Enough of the large ones for a whole submit; of the others, for the rests of as many submits as can be running.
    int requests = variant->batch > 1 ? (embedder->capacity + variant->batch - 1) / variant->batch
                                      : batch_sizes[0] * (streams + 1);
    const struct network_options tune = {.hint = options->hint, .streams = options->streams, .requests = requests};
    enum err_code code =
        model_compile(engine, manifest, variant->batch, &tune, &variant->network, &variant->inputs, err);
    if (code == ERR_NONE)
        code = model_find_outputs(
            manifest, variant->network, names, manifest->output.scores != NULL ? 2 : 1, variant->outputs, err);
    if (code == ERR_NONE)
        code = check_outputs(embedder, variant, err);
    if (code == ERR_NONE)
        variant->free = network_requests(variant->network);
    return code;
}

enum err_code embedder_open(struct engine *engine, const char *folder, const struct embedder_options *given,
    struct embedder **out, struct err *err)
{
    *out = NULL;
    struct embedder_options options = given != NULL ? *given : (struct embedder_options){0};
    struct embedder *embedder = mem_calloc(1, sizeof(*embedder));
    pthread_mutex_init(&embedder->mutex, NULL);
    pthread_cond_init(&embedder->freed, NULL);
    int most = NETWORK_REQUESTS_MAX * batch_sizes[0];
    int capacity = options.capacity > 0 ? options.capacity : CAPACITY_DEFAULT;
    capacity = (capacity + batch_sizes[0] - 1) / batch_sizes[0] * batch_sizes[0];
    embedder->capacity = capacity < most ? capacity : most;
    enum err_code code = model_load(folder, MODEL_EMBEDDER, options.skip_file_check, &embedder->manifest, err);
    for (size_t i = 0; i < VARIANTS && code == ERR_NONE; i++)
        code = open_variant(embedder, engine, &options, i, err);
    if (code != ERR_NONE) {
        embedder_free(embedder);
        return code;
    }
    const struct manifest *manifest = embedder->manifest;
    if (manifest->has_colour) {
        embedder->histogram = colour_histogram_new(&manifest->colour, manifest->input.width, manifest->input.height);
        embedder->colour_dimension = colour_histogram_dimension(embedder->histogram);
    }
    *out = embedder;
    return ERR_NONE;
}

void embedder_free(struct embedder *embedder)
{
    if (embedder == NULL)
        return;
    for (size_t i = 0; i < VARIANTS; i++)
        network_free(embedder->variants[i].network);
    colour_histogram_free(embedder->histogram);
    manifest_free(embedder->manifest);
    pthread_cond_destroy(&embedder->freed);
    pthread_mutex_destroy(&embedder->mutex);
    free(embedder);
}

const struct manifest *embedder_manifest(const struct embedder *embedder)
{
    return embedder->manifest;
}

int embedder_dimension(const struct embedder *embedder)
{
    return embedder->deep_dimension + embedder->colour_dimension;
}

int embedder_capacity(const struct embedder *embedder)
{
    return embedder->capacity;
}

bool embedder_has_scores(const struct embedder *embedder)
{
    return embedder->score_count > 0;
}

static struct region crop_region(const struct embedder *embedder, const struct crop *crop)
{
    return region_of_box(crop->picture, crop->x, crop->y, crop->width, crop->height, embedder->manifest->crop_margin);
}

struct crop_area embedder_crop_area(const struct embedder *embedder, const struct crop *crop)
{
    struct region region = crop_region(embedder, crop);
    return (struct crop_area){region.x, region.y, region.width, region.height};
}

// How many requests of each variant `count` crops need.
static void plan(size_t count, int need[VARIANTS])
{
    for (size_t i = 0; i < VARIANTS; i++) {
        need[i] = (int)(count / (size_t)batch_sizes[i]);
        count %= (size_t)batch_sizes[i];
    }
}

static bool has_free(const struct embedder *embedder, const int need[VARIANTS])
{
    for (size_t i = 0; i < VARIANTS; i++) {
        if (embedder->variants[i].free < need[i])
            return false;
    }
    return true;
}

// Takes all requests of a job at once, first come, first served: a large job is not overtaken for ever by small ones.
static enum err_code reserve(
    struct embedder *embedder, const int need[VARIANTS], int64_t timeout_ms, struct cancel *cancel, struct err *err)
{
    struct waiting waiting = waiting_begin(timeout_ms, cancel, "free places of the embedder");
    struct waiter self = {0};
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&embedder->mutex);
    struct waiter **end = &embedder->waiters;
    while (*end != NULL)
        end = &(*end)->next;
    *end = &self;
    while (code == ERR_NONE && (embedder->waiters != &self || !has_free(embedder, need)))
        code = waiting_step(&waiting, &embedder->freed, &embedder->mutex, err);
    for (size_t i = 0; i < VARIANTS && code == ERR_NONE; i++)
        embedder->variants[i].free -= need[i];
    struct waiter **link = &embedder->waiters;
    while (*link != &self)
        link = &(*link)->next;
    *link = self.next;
    pthread_cond_broadcast(&embedder->freed);
    pthread_mutex_unlock(&embedder->mutex);
    return code;
}

static void give_back(struct embedder *embedder, struct part *part)
{
    request_release(part->request);
    part->request = NULL;
    pthread_mutex_lock(&embedder->mutex);
    part->variant->free++;
    pthread_cond_broadcast(&embedder->freed);
    pthread_mutex_unlock(&embedder->mutex);
}

// Cuts crop `index` of the job into place `slot` of its request.
static void fill_crop(struct embedding_job *job, const struct part *part, const struct crop *crop, size_t index,
    size_t slot, uint8_t *scratch)
{
    const struct embedder *embedder = job->embedder;
    const struct manifest_input *input = &embedder->manifest->input;
    size_t elements = 3 * (size_t)input->width * (size_t)input->height;
    size_t element_size = input->type == TENSOR_U8 ? 1 : sizeof(float);
    uint8_t *tensor = request_input(part->request, (size_t)part->variant->inputs.picture);
    tensor += slot * elements * element_size;
    const struct region region = crop_region(embedder, crop);
    const struct placement place = preprocess_place(input, &region);
    bool direct = preprocess_is_direct(input) && input->colour == PIXELS_RGB;
    uint8_t *rgb = direct ? tensor : scratch;
    preprocess_render(crop->picture, &place, input, PIXELS_RGB, rgb);
    if (embedder->histogram != NULL)
        colour_histogram_compute(embedder->histogram, rgb, job->colours + index * (size_t)embedder->colour_dimension);
    if (direct)
        return;
    for (size_t i = 0; i < elements && input->colour == PIXELS_BGR; i += 3) {
        uint8_t red = rgb[i];
        rgb[i] = rgb[i + 2];
        rgb[i + 2] = red;
    }
    preprocess_convert(input, rgb, tensor);
}

static enum err_code fill_and_start(
    struct embedding_job *job, struct part *part, const struct crop *crops, uint8_t *scratch, struct err *err)
{
    for (int slot = 0; slot < part->variant->batch; slot++) {
        size_t index = part->first + (size_t)slot;
        fill_crop(job, part, &crops[index], index, (size_t)slot, scratch);
    }
    model_fill_size(job->embedder->manifest, &part->variant->inputs, part->request, part->variant->batch);
    return request_start(part->request, err);
}

static enum err_code check_crops(
    const struct embedder *embedder, const struct crop *crops, size_t count, struct err *err)
{
    if (count == 0 || count > (size_t)embedder->capacity)
        return err_set(err, ERR_LIMIT, "1 to %d crops can be embedded at a time, not %zu", embedder->capacity, count);
    for (size_t i = 0; i < count; i++) {
        const struct crop *crop = &crops[i];
        if (!pixels_is_valid(crop->picture))
            return err_set(err, ERR_INVALID, "a picture must have 1 to %d pixels on each side", PIXELS_SIDE_MAX);
        if (!isfinite(crop->x) || !isfinite(crop->y) || !isfinite(crop->width) || !isfinite(crop->height) ||
            crop->width < 0.0f || crop->height < 0.0f)
            return err_set(err, ERR_INVALID, "a crop's box must be finite and not negative in size");
    }
    return ERR_NONE;
}

static struct embedding_job *job_new(struct embedder *embedder, size_t count, const int need[VARIANTS])
{
    struct embedding_job *job = mem_calloc(1, sizeof(*job));
    job->embedder = embedder;
    job->count = count;
    job->colours = mem_calloc(count * (size_t)embedder->colour_dimension + 1, sizeof(*job->colours));
    job->parts = mem_calloc(count, sizeof(*job->parts));
    size_t first = 0;
    for (size_t i = 0; i < VARIANTS; i++) {
        for (int k = 0; k < need[i]; k++) {
            job->parts[job->part_count++] = (struct part){.variant = &embedder->variants[i], .first = first};
            first += (size_t)embedder->variants[i].batch;
        }
    }
    return job;
}

enum err_code embedder_submit(struct embedder *embedder, const struct crop *crops, size_t count, int64_t timeout_ms,
    struct cancel *cancel, struct embedding_job **out, struct err *err)
{
    *out = NULL;
    int need[VARIANTS];
    enum err_code code = check_crops(embedder, crops, count, err);
    if (code != ERR_NONE)
        return code;
    plan(count, need);
    code = reserve(embedder, need, timeout_ms, cancel, err);
    if (code != ERR_NONE)
        return code;
    int64_t begin_us = proc_thread_cpu_us();
    const struct manifest_input *input = &embedder->manifest->input;
    struct embedding_job *job = job_new(embedder, count, need);
    uint8_t *scratch = mem_alloc(3 * (size_t)input->width * (size_t)input->height);
    for (size_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];
        // Never waits: the places are reserved.
        enum err_code acquired = network_acquire(part->variant->network, -1, NULL, &part->request, err);
        if (code == ERR_NONE)
            code = acquired;
        if (code == ERR_NONE)
            code = fill_and_start(job, part, crops, scratch, err);
    }
    free(scratch);
    pthread_mutex_lock(&embedder->mutex);
    embedder->cost.prepare_us += proc_thread_cpu_us() - begin_us;
    embedder->cost.crops += (int64_t)count;
    pthread_mutex_unlock(&embedder->mutex);
    if (code != ERR_NONE) {
        embedding_free(job);
        return code;
    }
    *out = job;
    return ERR_NONE;
}

bool embedding_is_done(struct embedding_job *job)
{
    for (size_t i = 0; i < job->part_count; i++) {
        if (!request_is_done(job->parts[i].request))
            return false;
    }
    return true;
}

static enum err_code read_part(const struct embedding_job *job, const struct part *part, float *descriptors,
    struct embedding_scores *scores, struct err *err)
{
    const struct embedder *embedder = job->embedder;
    struct tensor deep;
    struct tensor logits = {0};
    enum err_code code = request_output(part->request, (size_t)part->variant->outputs[0], &deep, err);
    if (code == ERR_NONE && embedder->score_count > 0)
        code = request_output(part->request, (size_t)part->variant->outputs[1], &logits, err);
    for (int slot = 0; slot < part->variant->batch && code == ERR_NONE; slot++) {
        size_t index = part->first + (size_t)slot;
        const struct descriptor_part parts[] = {
            {deep.data + (size_t)slot * (size_t)embedder->deep_dimension, embedder->deep_dimension,
                embedder->manifest->deep_weight},
            {job->colours + index * (size_t)embedder->colour_dimension, embedder->colour_dimension,
                embedder->manifest->colour.weight},
        };
        descriptor_join(parts, 2, descriptors + index * (size_t)embedder_dimension(embedder));
        if (scores != NULL)
            descriptor_top_scores(
                logits.data != NULL ? logits.data + (size_t)slot * (size_t)embedder->score_count : NULL,
                embedder->score_count, &scores[index]);
    }
    return code;
}

enum err_code embedding_wait(struct embedding_job *job, int64_t timeout_ms, struct cancel *cancel, float *descriptors,
    struct embedding_scores *scores, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < job->part_count && code == ERR_NONE; i++)
        code = request_wait(job->parts[i].request, timeout_ms, cancel, err);
    for (size_t i = 0; i < job->part_count && code == ERR_NONE; i++)
        code = read_part(job, &job->parts[i], descriptors, scores, err);
    return code;
}

void embedding_free(struct embedding_job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < job->part_count; i++)
        give_back(job->embedder, &job->parts[i]);
    free(job->parts);
    free(job->colours);
    free(job);
}

enum err_code embedder_embed(struct embedder *embedder, const struct crop *crops, size_t count, int64_t timeout_ms,
    struct cancel *cancel, float *descriptors, struct embedding_scores *scores, struct err *err)
{
    size_t dimension = (size_t)embedder_dimension(embedder);
    enum err_code code = ERR_NONE;
    for (size_t done = 0; done < count && code == ERR_NONE;) {
        size_t left = count - done;
        size_t round = left < (size_t)embedder->capacity ? left : (size_t)embedder->capacity;
        struct embedding_job *job = NULL;
        code = embedder_submit(embedder, crops + done, round, timeout_ms, cancel, &job, err);
        if (code == ERR_NONE)
            code = embedding_wait(
                job, timeout_ms, cancel, descriptors + done * dimension, scores != NULL ? scores + done : NULL, err);
        embedding_free(job);
        done += round;
    }
    return code;
}

enum err_code embedder_embed_image(struct embedder *embedder, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, float *descriptor, struct embedding_scores *scores, struct err *err)
{
    const struct crop crop = {.picture = picture, .width = (float)picture->width, .height = (float)picture->height};
    return embedder_embed(embedder, &crop, 1, timeout_ms, cancel, descriptor, scores, err);
}

struct embedder_cost embedder_cost(const struct embedder *embedder)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)&embedder->mutex;
    pthread_mutex_lock(mutex);
    struct embedder_cost cost = embedder->cost;
    pthread_mutex_unlock(mutex);
    for (size_t i = 0; i < VARIANTS; i++)
        cost.inference_us += network_cost(embedder->variants[i].network).run_us;
    return cost;
}
