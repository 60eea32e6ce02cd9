// Finds objects in pictures with any detector that has a manifest.
//
// A detector is safe from all threads. Pictures can be handed in one by one (detector_detect) or several at a time:
// detector_submit() resizes the picture into a free request on the caller's thread, starts it and returns; the picture
// may be freed right away. detection_wait() then decodes the result on the caller's thread. At most detector_capacity()
// pictures are in flight; a further submit waits for a free place. Results do not depend on what else is in flight.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "os/cancel.h"
#include "vision/engine.h"
#include "vision/manifest.h"
#include "vision/pixels.h"

struct detector;
// One picture in flight. One thread at a time.
struct detection_job;

// In pixels of the picture, inside it, at least one pixel wide and high.
struct detection {
    float x;
    float y;
    float width;
    float height;
    float score;      // 0 … 1
    int32_t class_id; // see manifest_class_name()
};

// In order of descending score, ties by position (top, left, height, width), then class.
struct detections {
    struct detection *items;
    size_t count;
};

struct detector_options {
    enum network_hint hint;
    int streams;           // 0: as many as the engine has threads
    int capacity;          // pictures in flight; 0: one more than streams
    float score_threshold; // instead of the manifest's, which NaN or a negative number leaves as it is
    int max_detections;    // instead of the manifest's; 0: the manifest's
    bool skip_file_check;  // the caller has just checked the files' SHA-256
};
#define DETECTOR_OPTIONS_INIT ((struct detector_options){.score_threshold = -1.0f})

// Loads the model in `folder`. `options` may be NULL.
enum err_code detector_open(struct engine *engine, const char *folder, const struct detector_options *options,
    struct detector **detector, struct err *err) ERR_MUST_CHECK;
// No job may be left.
void detector_free(struct detector *detector);
const struct manifest *detector_manifest(const struct detector *detector);
int detector_capacity(const struct detector *detector);

// One picture, waiting for the result. `found->items` lies in `arena`.
enum err_code detector_detect(struct detector *detector, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, struct arena *arena, struct detections *found, struct err *err) ERR_MUST_CHECK;

// `timeout_ms` bounds the wait for a free place: < 0 without end, 0 not at all (ERR_TIMEOUT).
enum err_code detector_submit(struct detector *detector, const struct pixels *picture, int64_t timeout_ms,
    struct cancel *cancel, struct detection_job **job, struct err *err) ERR_MUST_CHECK;
bool detection_is_done(struct detection_job *job);
// Waits for the result. After ERR_TIMEOUT it may be called again.
enum err_code detection_wait(struct detection_job *job, int64_t timeout_ms, struct cancel *cancel, struct arena *arena,
    struct detections *found, struct err *err) ERR_MUST_CHECK;
// Always, whether waited for or not: gives the place back. NULL is harmless.
void detection_free(struct detection_job *job);

// Where the time went, summed over all threads.
struct detector_cost {
    int64_t pictures;
    int64_t prepare_us;   // resizing and converting, processor time
    int64_t inference_us; // wall time from start to completion, requests side by side counted each
    int64_t decode_us;    // outputs to boxes, processor time
};
struct detector_cost detector_cost(const struct detector *detector);
