#include "vision/engine.h"

#include <openvino/c/openvino.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/file.h"
#include "os/proc.h"
#include "vision/engine_model.h"
#include "vision/network_check.h"
#include "vision/waiting.h"

// Longer than the largest networks take to compile.
#define CACHE_WAIT_MS 120000

struct engine {
    ov_core_t *core;
    int threads;
    char *cache_dir;
    char *version;
};

struct request {
    struct network *network;
    ov_infer_request_t *infer;
    ov_callback_t callback; // the library keeps a pointer to it
    ov_tensor_t *inputs[NETWORK_INPUTS_MAX];
    void *input_data[NETWORK_INPUTS_MAX];
    ov_tensor_t *outputs[NETWORK_OUTPUTS_MAX]; // fetched on demand after a run
    struct request *next_free;
    int64_t started_us;
    bool running; // guarded by the network's mutex, like next_free
    pthread_cond_t done;
};

struct network {
    char *file;
    ov_model_t *model;
    ov_compiled_model_t *compiled;
    struct network_specs specs;
    struct request *requests;
    int request_count;
    pthread_mutex_t mutex; // guards what follows
    pthread_cond_t freed;
    struct request *free_list;
    struct network_cost cost;
};

enum err_code engine_new(const struct engine_options *options, struct engine **out, struct err *err)
{
    *out = NULL;
    int threads = options != NULL ? options->threads : 0;
    if (threads < 0 || threads > ENGINE_THREADS_MAX)
        return err_set(
            err, ERR_INVALID, "inference threads must be 0 (all) to %d, not %d", ENGINE_THREADS_MAX, threads);
    struct engine *engine = mem_calloc(1, sizeof(*engine));
    engine->threads = threads > 0 ? threads : proc_cpu_count();
    if (engine->threads > ENGINE_THREADS_MAX)
        engine->threads = ENGINE_THREADS_MAX;
    engine->cache_dir = options != NULL ? mem_strdup(options->cache_dir) : NULL;
    ov_version_t version = {0};
    ov_status_e status = ov_get_openvino_version(&version);
    if (status == OK) {
        engine->version = mem_strdup(version.buildNumber);
        ov_version_free(&version);
        status = ov_core_create(&engine->core);
    }
    if (status != OK) {
        engine_free(engine);
        return engine_failed(status, ERR_INTERNAL, NULL, "starting", err);
    }
    *out = engine;
    return ERR_NONE;
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->core != NULL)
        ov_core_free(engine->core);
    free(engine->cache_dir);
    free(engine->version);
    free(engine);
}

const char *engine_version(const struct engine *engine)
{
    return engine->version;
}

int engine_threads(const struct engine *engine)
{
    return engine->threads;
}

enum err_code network_inspect(struct engine *engine, const char *file, struct network_specs *specs, struct err *err)
{
    ov_model_t *model = NULL;
    enum err_code code = engine_read_model(engine->core, file, &model, err);
    if (code == ERR_NONE)
        code = engine_describe_model(file, model, specs, err);
    if (model != NULL)
        ov_model_free(model);
    return code;
}

static int stream_count(const struct engine *engine, const struct network_options *options)
{
    if (options->streams > 0)
        return options->streams;
    return options->hint == NETWORK_LATENCY ? 1 : engine->threads;
}

static ov_status_e compile_with(struct engine *engine, const struct network_options *options, const ov_model_t *model,
    const char *cache_dir, ov_compiled_model_t **out)
{
    char threads[16];
    char streams[16];
    snprintf(threads, sizeof(threads), "%d", engine->threads);
    snprintf(streams, sizeof(streams), "%d", stream_count(engine, options));
    ov_property_t properties[] = {
        {ov_property_key_hint_performance_mode, options->hint == NETWORK_LATENCY ? "LATENCY" : "THROUGHPUT"},
        {ov_property_key_num_streams, streams},
        {ov_property_key_inference_num_threads, threads},
        // Networks, decoders and other processes share the processors: a pinned thread would wait for its own while
        // another is idle.
        {ov_property_key_hint_enable_cpu_pinning, "NO"},
        {ov_property_key_cache_dir, cache_dir},
    };
    size_t count = sizeof(properties) / sizeof(properties[0]) - (cache_dir == NULL);
    return ov_core_compile_model_props(engine->core, model, "CPU", count, properties, out);
}

// The library's cache bears one user at a time: processes that start together on the same folder break each other's
// files. What is kept only saves time, so a folder that cannot be used (full, read-only, held too long) stops nobody.
static ov_status_e compile(
    struct engine *engine, const struct network_options *options, const ov_model_t *model, ov_compiled_model_t **out)
{
    struct file_lock *lock = NULL;
    ov_status_e status = GENERAL_ERROR;
    if (engine->cache_dir != NULL) {
        char *path = mem_sprintf("%s/compiling.lock", engine->cache_dir);
        if (file_lock_wait(path, "compiling a network", CACHE_WAIT_MS, NULL, &lock, NULL) == ERR_NONE)
            status = compile_with(engine, options, model, engine->cache_dir, out);
        file_lock_release(lock);
        free(path);
    }
    return status == OK ? OK : compile_with(engine, options, model, NULL, out);
}

// Called by the library's thread when a request has run, well or badly.
static void request_completed(void *arg)
{
    struct request *request = arg;
    struct network *network = request->network;
    pthread_mutex_lock(&network->mutex);
    network->cost.runs++;
    network->cost.run_us += clock_monotonic_us(clock_system()) - request->started_us;
    request->running = false;
    pthread_cond_broadcast(&request->done);
    pthread_mutex_unlock(&network->mutex);
}

static ov_status_e prepare_request(struct network *network, struct request *request)
{
    request->network = network;
    request->callback = (ov_callback_t){request_completed, request};
    pthread_cond_init(&request->done, NULL);
    ov_status_e status = ov_compiled_model_create_infer_request(network->compiled, &request->infer);
    for (size_t i = 0; status == OK && i < network->specs.input_count; i++) {
        status = ov_infer_request_get_input_tensor_by_index(request->infer, i, &request->inputs[i]);
        if (status == OK)
            status = ov_tensor_data(request->inputs[i], &request->input_data[i]);
    }
    if (status == OK)
        status = ov_infer_request_set_callback(request->infer, &request->callback);
    return status;
}

static void drop_outputs(struct request *request)
{
    for (size_t i = 0; i < NETWORK_OUTPUTS_MAX; i++) {
        if (request->outputs[i] != NULL)
            ov_tensor_free(request->outputs[i]);
        request->outputs[i] = NULL;
    }
}

static void release_request_parts(struct request *request)
{
    if (request->network == NULL)
        return;
    drop_outputs(request);
    for (size_t i = 0; i < NETWORK_INPUTS_MAX; i++) {
        if (request->inputs[i] != NULL)
            ov_tensor_free(request->inputs[i]);
    }
    if (request->infer != NULL)
        ov_infer_request_free(request->infer);
    pthread_cond_destroy(&request->done);
}

static enum err_code load(
    struct network *network, struct engine *engine, const struct network_options *options, struct err *err)
{
    enum err_code code = engine_read_model(engine->core, options->file, &network->model, err);
    if (code == ERR_NONE)
        code = engine_describe_model(options->file, network->model, &network->specs, err);
    if (code != ERR_NONE)
        return code;
    if (network->specs.input_count != options->input_count)
        return err_set(err, ERR_INVALID, "%s: the network has %zu inputs, not %zu", options->file,
            network->specs.input_count, options->input_count);
    ov_status_e status = OK;
    if (options->batch > 0)
        status = engine_set_batch(network->model, options->input_count, options->batch);
    if (status != OK)
        return engine_failed(status, ERR_INVALID, options->file, "setting the batch size", err);
    status = engine_convert_types(&network->model, options, network->specs.output_count);
    if (status != OK)
        return engine_failed(status, ERR_INVALID, options->file, "converting inputs and outputs", err);
    code = engine_describe_model(options->file, network->model, &network->specs, err);
    if (code == ERR_NONE)
        code = network_specs_check(options->file, &network->specs, err);
    if (code != ERR_NONE)
        return code;
    status = compile(engine, options, network->model, &network->compiled);
    if (status != OK)
        return engine_failed(status, ERR_INVALID, options->file, "compiling the network", err);
    return ERR_NONE;
}

enum err_code network_compile(
    struct engine *engine, const struct network_options *options, struct network **out, struct err *err)
{
    *out = NULL;
    if (options->batch < 0 || options->batch > NETWORK_BATCH_MAX || options->input_count > NETWORK_INPUTS_MAX)
        return err_set(err, ERR_LIMIT, "%s: a batch of %d is out of range (at most %d)", options->file, options->batch,
            NETWORK_BATCH_MAX);
    struct network *network = mem_calloc(1, sizeof(*network));
    network->file = mem_strdup(options->file);
    pthread_mutex_init(&network->mutex, NULL);
    pthread_cond_init(&network->freed, NULL);
    enum err_code code = load(network, engine, options, err);
    if (code != ERR_NONE)
        goto out;
    int count = options->requests > 0 ? options->requests : stream_count(engine, options) + 1;
    network->request_count = count < NETWORK_REQUESTS_MAX ? count : NETWORK_REQUESTS_MAX;
    network->requests = mem_calloc((size_t)network->request_count, sizeof(*network->requests));
    for (int i = 0; i < network->request_count; i++) {
        struct request *request = &network->requests[i];
        ov_status_e status = prepare_request(network, request);
        if (status != OK) {
            code = engine_failed(status, ERR_INTERNAL, options->file, "making an inference request", err);
            goto out;
        }
        request->next_free = network->free_list;
        network->free_list = request;
    }
    *out = network;
    network = NULL;
out:
    network_free(network);
    return code;
}

void network_free(struct network *network)
{
    if (network == NULL)
        return;
    for (int i = 0; network->requests != NULL && i < network->request_count; i++)
        release_request_parts(&network->requests[i]);
    free(network->requests);
    if (network->compiled != NULL)
        ov_compiled_model_free(network->compiled);
    if (network->model != NULL)
        ov_model_free(network->model);
    pthread_cond_destroy(&network->freed);
    pthread_mutex_destroy(&network->mutex);
    free(network->file);
    free(network);
}

const struct network_specs *network_describe(const struct network *network)
{
    return &network->specs;
}

int network_requests(const struct network *network)
{
    return network->request_count;
}

// A port may have several names: the library resolves the one given, and its first name says which port it is.
int network_find_output(const struct network *network, const char *name)
{
    ov_output_const_port_t *port = NULL;
    ov_status_e status = ov_model_const_output_by_name(network->model, name, &port);
    char *first = NULL;
    if (status == OK)
        status = ov_port_get_any_name(port, &first);
    int found = -1;
    for (size_t i = 0; status == OK && i < network->specs.output_count && found < 0; i++) {
        const struct tensor_spec *spec = &network->specs.outputs[i];
        if (strncmp(spec->name, first, sizeof(spec->name) - 1) == 0)
            found = (int)i;
    }
    ov_free(first);
    if (port != NULL)
        ov_output_const_port_free(port);
    return found;
}

struct network_cost network_cost(const struct network *network)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)&network->mutex;
    pthread_mutex_lock(mutex);
    struct network_cost cost = network->cost;
    pthread_mutex_unlock(mutex);
    return cost;
}

enum err_code network_acquire(
    struct network *network, int64_t timeout_ms, struct cancel *cancel, struct request **out, struct err *err)
{
    *out = NULL;
    struct waiting waiting = waiting_begin(timeout_ms, cancel, "a free inference request");
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&network->mutex);
    while (network->free_list == NULL && code == ERR_NONE)
        code = waiting_step(&waiting, &network->freed, &network->mutex, err);
    if (code == ERR_NONE) {
        *out = network->free_list;
        network->free_list = (*out)->next_free;
    }
    pthread_mutex_unlock(&network->mutex);
    return code;
}

void *request_input(struct request *request, size_t index)
{
    return request->input_data[index];
}

enum err_code request_start(struct request *request, struct err *err)
{
    struct network *network = request->network;
    drop_outputs(request);
    pthread_mutex_lock(&network->mutex);
    request->running = true;
    request->started_us = clock_monotonic_us(clock_system());
    pthread_mutex_unlock(&network->mutex);
    ov_status_e status = ov_infer_request_start_async(request->infer);
    if (status == OK)
        return ERR_NONE;
    pthread_mutex_lock(&network->mutex);
    request->running = false;
    pthread_mutex_unlock(&network->mutex);
    return engine_failed(status, ERR_INTERNAL, network->file, "starting an inference", err);
}

bool request_is_done(struct request *request)
{
    pthread_mutex_lock(&request->network->mutex);
    bool done = !request->running;
    pthread_mutex_unlock(&request->network->mutex);
    return done;
}

enum err_code request_wait(struct request *request, int64_t timeout_ms, struct cancel *cancel, struct err *err)
{
    struct network *network = request->network;
    struct waiting waiting = waiting_begin(timeout_ms, cancel, "an inference");
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&network->mutex);
    while (request->running && code == ERR_NONE)
        code = waiting_step(&waiting, &request->done, &network->mutex, err);
    pthread_mutex_unlock(&network->mutex);
    if (code != ERR_NONE)
        return code;
    // Returns at once, with what went wrong if anything did.
    ov_status_e status = ov_infer_request_wait(request->infer);
    if (status != OK)
        return engine_failed(status, ERR_INTERNAL, network->file, "running the network", err);
    return ERR_NONE;
}

enum err_code request_output(struct request *request, size_t index, struct tensor *tensor, struct err *err)
{
    ov_status_e status = OK;
    if (request->outputs[index] == NULL)
        status = ov_infer_request_get_output_tensor_by_index(request->infer, index, &request->outputs[index]);
    ov_shape_t shape = {0};
    void *data = NULL;
    if (status == OK)
        status = ov_tensor_get_shape(request->outputs[index], &shape);
    if (status == OK && shape.rank > TENSOR_RANK_MAX) {
        ov_shape_free(&shape);
        return err_set(
            err, ERR_LIMIT, "%s: an output has more than %d dimensions", request->network->file, TENSOR_RANK_MAX);
    }
    tensor->rank = (int)shape.rank;
    for (int i = 0; status == OK && i < tensor->rank; i++)
        tensor->dims[i] = shape.dims[i];
    if (shape.dims != NULL)
        ov_shape_free(&shape);
    if (status == OK)
        status = ov_tensor_data(request->outputs[index], &data);
    tensor->data = data;
    if (status != OK)
        return engine_failed(status, ERR_INTERNAL, request->network->file, "reading an output", err);
    return ERR_NONE;
}

void request_release(struct request *request)
{
    if (request == NULL)
        return;
    struct network *network = request->network;
    (void)ov_infer_request_wait(request->infer);
    pthread_mutex_lock(&network->mutex);
    while (request->running)
        pthread_cond_wait(&request->done, &network->mutex);
    request->next_free = network->free_list;
    network->free_list = request;
    pthread_cond_signal(&network->freed);
    pthread_mutex_unlock(&network->mutex);
}
