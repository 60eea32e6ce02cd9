// The indexer: finds the objects in a frame, stores their crops and embeddings, and last the objects themselves.
//
// Results are stored in the order crops, vectors, objects: an object that can be found has everything that belongs to
// it. A worker takes a batch of frames and keeps several of them in flight, so that decoding, detecting, embedding and
// storing overlap; a frame's results do not depend on the batch it came in.
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/options.h"
#include "ingest/ingest.h"
#include "ingest/worker.h"

struct detector;
struct embedder;

struct indexer_settings {
    int workers;
    int batch_frames;        // messages taken at once
    int frames_in_flight;    // decoded pictures a worker holds at once
    double crop_margin;      // added on each side, as a share of the box's width and height
    int crop_quality;        // JPEG, 1 … 100
    int max_objects;         // per frame, the best; 1 … 999
    bool publish_detections; // a `detections` message per frame, for other trackers than ours
};
void indexer_settings_default(struct indexer_settings *settings);

extern const struct option_table indexer_options;
void indexer_settings_read(const struct options *options, struct indexer_settings *settings);

// Detector and embedder are borrowed, shared by all workers, and outlive the pool.
enum err_code indexer_start(const struct ingest *ingest, const struct indexer_settings *settings,
    struct detector *detector, struct embedder *embedder, struct cancel *cancel, struct worker_pool **pool,
    struct err *err) ERR_MUST_CHECK;

#define MODEL_LABEL_SIZE 96
struct manifest;
// "{name}@{12 hex digits}": what is written to the vector index and the video, so that vectors of different models
// never meet. It changes when the network or what makes a descriptor of its output changes.
void model_label_make(const struct manifest *manifest, char out[MODEL_LABEL_SIZE]);
