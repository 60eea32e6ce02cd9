// Turns crops into descriptors: deep features of a network and a colour histogram, joined as the model's manifest says
// (docs/model-manifest.md, "Embedder"). Descriptors are L2-normalised, so their dot product is their similarity.
//
// An embedder is safe from all threads. embedder_submit() cuts the crops straight out of the pictures into free
// requests, on the caller's thread; the pictures may be freed right away. At most embedder_capacity() crops are in
// flight. A crop's descriptor does not depend on the crops it is submitted with.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "os/cancel.h"
#include "vision/engine.h"
#include "vision/manifest.h"
#include "vision/pixels.h"

struct embedder;
// Crops in flight. One thread at a time.
struct embedding_job;

// A box in a picture, in its pixels; it is widened by the manifest's margin and clipped to the picture.
struct crop {
    const struct pixels *picture;
    float x;
    float y;
    float width;
    float height;
};

// The pixels of the picture that a crop stands for: what a crop's own picture should show, so that embedding that
// picture gives (but for compression) the same descriptor.
struct crop_area {
    int x;
    int y;
    int width;
    int height;
};
struct crop_area embedder_crop_area(const struct embedder *embedder, const struct crop *crop);

#define EMBEDDER_TOP_SCORES 5
struct embedding_score {
    int32_t class_id; // see manifest_class_name(); -1: no more
    float score;      // softmax, 0 … 1
};
// Best classes of the network the descriptor is taken from, best first.
struct embedding_scores {
    struct embedding_score top[EMBEDDER_TOP_SCORES];
};

struct embedder_options {
    enum network_hint hint;
    int streams;          // 0: as many as the engine has threads
    int capacity;         // crops in flight; 0: a default; rounded up to whole batches
    bool skip_file_check; // the caller has just checked the files' SHA-256
};

enum err_code embedder_open(struct engine *engine, const char *folder, const struct embedder_options *options,
    struct embedder **embedder, struct err *err) ERR_MUST_CHECK;
// No job may be left.
void embedder_free(struct embedder *embedder);
const struct manifest *embedder_manifest(const struct embedder *embedder);
// Length of a descriptor.
int embedder_dimension(const struct embedder *embedder);
// Crops that can be in flight, and so the most that one submit takes.
int embedder_capacity(const struct embedder *embedder);
bool embedder_has_scores(const struct embedder *embedder);

// Starts `count` crops (1 … embedder_capacity()). `timeout_ms` bounds the wait for free places: < 0 without end.
// Two threads that submit large jobs do not block one another for good: places are taken all at once.
enum err_code embedder_submit(struct embedder *embedder, const struct crop *crops, size_t count, int64_t timeout_ms,
    struct cancel *cancel, struct embedding_job **job, struct err *err) ERR_MUST_CHECK;
bool embedding_is_done(struct embedding_job *job);
// Waits, then writes `count` descriptors of embedder_dimension() floats one after the other, in the order of the crops,
// and their best classes (`scores` may be NULL; without scores in the network all class ids are -1).
enum err_code embedding_wait(struct embedding_job *job, int64_t timeout_ms, struct cancel *cancel, float *descriptors,
    struct embedding_scores *scores, struct err *err) ERR_MUST_CHECK;
// Always, whether waited for or not. NULL is harmless.
void embedding_free(struct embedding_job *job);

// Any number of crops, in as many rounds as needed, waiting for the results.
enum err_code embedder_embed(struct embedder *embedder, const struct crop *crops, size_t count, int64_t timeout_ms,
    struct cancel *cancel, float *descriptors, struct embedding_scores *scores, struct err *err) ERR_MUST_CHECK;
// A whole picture, for search by an uploaded one.
enum err_code embedder_embed_image(struct embedder *embedder, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, float *descriptor, struct embedding_scores *scores, struct err *err) ERR_MUST_CHECK;

// Where the time went, summed over all threads.
struct embedder_cost {
    int64_t crops;
    int64_t prepare_us;   // cutting, resizing and histograms, processor time
    int64_t inference_us; // wall time from start to completion, requests side by side counted each
};
struct embedder_cost embedder_cost(const struct embedder *embedder);
