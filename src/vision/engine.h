// The inference engine: networks are read, compiled for this machine's processor and run here, and nowhere else does
// the program know which library does it.
//
// One `struct engine` a process, shared by all networks. A `struct network` is compiled once and owns a fixed pool of
// requests: acquire one, fill its inputs, start it, wait, read its outputs, release it. Engine and network are safe
// from all threads; a request belongs to whoever acquired it. Requests run at the same time, on the network's streams.
//
// Fails with: ERR_NOT_FOUND (no such file), ERR_INVALID (not a network, or other inputs and outputs than asked for),
// ERR_LIMIT (absurd sizes), ERR_TIMEOUT, ERR_CANCELLED, ERR_INTERNAL (the library failed; the sentence carries its
// words).
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "os/cancel.h"
#include "vision/tensor.h"

struct engine;
struct network;
struct request;

struct engine_options {
    // Compiled networks are kept here to start faster, for all processes on the folder; NULL: not kept. They are
    // compiled without it where it cannot be used.
    const char *cache_dir;
    int threads; // processor threads for inference; 0: as many as the process may use
};

#define ENGINE_THREADS_MAX 256

enum err_code engine_new(const struct engine_options *options, struct engine **engine, struct err *err) ERR_MUST_CHECK;
// After all its networks.
void engine_free(struct engine *engine);
// "2026.4.1-…", of the library.
const char *engine_version(const struct engine *engine);
int engine_threads(const struct engine *engine);

enum network_hint {
    NETWORK_THROUGHPUT, // many requests side by side, one thread each
    NETWORK_LATENCY,    // one request on all threads
};

#define NETWORK_INPUTS_MAX 4
#define NETWORK_OUTPUTS_MAX 32
#define NETWORK_REQUESTS_MAX 64
#define NETWORK_BATCH_MAX 64
#define NETWORK_FILE_SIZE_MAX ((uint64_t)4 << 30)

struct network_options {
    const char *file; // .xml (weights beside it, in .bin) or .onnx
    // The type in which the caller fills each input, by position; conversion is done in the network.
    enum tensor_type input_types[NETWORK_INPUTS_MAX];
    size_t input_count; // must be the network's number of inputs
    int batch;          // > 0: sets the first dimension of all inputs; 0: as the file says
    enum network_hint hint;
    int streams;  // 0: one per thread of the engine (throughput) or one (latency)
    int requests; // 0: one more than streams, so that the next is being filled while they run
};

// Inputs and outputs of a network file, without compiling it. Names are the first tensor names of each.
struct network_specs {
    struct tensor_spec inputs[NETWORK_INPUTS_MAX];
    enum tensor_type input_types[NETWORK_INPUTS_MAX]; // the nearest of those the caller can fill
    size_t input_count;
    struct tensor_spec outputs[NETWORK_OUTPUTS_MAX];
    size_t output_count;
};
enum err_code network_inspect(
    struct engine *engine, const char *file, struct network_specs *specs, struct err *err) ERR_MUST_CHECK;

enum err_code network_compile(struct engine *engine, const struct network_options *options, struct network **network,
    struct err *err) ERR_MUST_CHECK;
// Waits for requests that still run; none may be held by anybody.
void network_free(struct network *network);
const struct network_specs *network_describe(const struct network *network);
int network_requests(const struct network *network);
// Position of the output that has this name among its names; -1 if there is none.
int network_find_output(const struct network *network, const char *name);

// What a network has cost so far.
struct network_cost {
    int64_t runs;
    int64_t run_us; // from start to completion, summed over requests that ran at the same time
};
struct network_cost network_cost(const struct network *network);

// A free request; waits for one. `timeout_ms` < 0 waits without end, 0 does not wait (ERR_TIMEOUT).
enum err_code network_acquire(struct network *network, int64_t timeout_ms, struct cancel *cancel,
    struct request **request, struct err *err) ERR_MUST_CHECK;
// The memory to fill, in the type asked for and the shape of the input with `batch` as its first dimension.
void *request_input(struct request *request, size_t index);
enum err_code request_start(struct request *request, struct err *err) ERR_MUST_CHECK;
// Whether request_wait() would return at once.
bool request_is_done(struct request *request);
// Waits until it has run. On ERR_TIMEOUT and ERR_CANCELLED it still runs.
enum err_code request_wait(
    struct request *request, int64_t timeout_ms, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// An output after request_wait(); valid until the request is started again or released.
enum err_code request_output(
    struct request *request, size_t index, struct tensor *tensor, struct err *err) ERR_MUST_CHECK;
// Back to the pool, after waiting if it still runs. NULL is harmless.
void request_release(struct request *request);
