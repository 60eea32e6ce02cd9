// For the module's tests: the whole ingestion over in-memory stores in one process, with the default models.
#pragma once

#include <stdbool.h>

#include "base/test.h"
#include "blob_store/blob_store_backend.h"
#include "ingest/downloader.h"
#include "ingest/indexer.h"
#include "ingest/ingest.h"
#include "ingest/lifecycle.h"
#include "ingest/splitter.h"
#include "ingest/tracking.h"
#include "meta_store/meta_store_backend.h"
#include "os/file.h"
#include "queue/queue_backend.h"
#include "vector_index/vector_index_backend.h"

struct pipeline {
    struct ingest ingest;
    char dir[FILE_PATH_MAX]; // temporary, removed at the end
    struct cancel *cancel;
    struct splitter_settings splitter_settings;
    struct downloader_settings downloader_settings;
    struct indexer_settings indexer_settings;
    struct tracking_settings tracking_settings;
    struct worker_pool *splitter, *downloader, *indexer, *tracker;
};

// The models of the set-up, opened once for all tests of the program; skips the test where they are missing.
void pipeline_models(struct detector **detector, struct embedder **embedder);
int pipeline_models_close(void **state); // as a group's tear-down
// The path of a street scene with people, cars and bicycles, which set-up fetches; skips the test without it.
const char *pipeline_street(void);

// Empty stores, no workers.
void pipeline_open(struct pipeline *pipeline);
// Short delays, so that what is tried again is tried soon.
void pipeline_open_with(struct pipeline *pipeline, const struct queue_options *options);
void pipeline_close(struct pipeline *pipeline);

// What the stores do.
struct pipeline_ops {
    struct queue_ops queue;
    struct blob_store_ops blobs;
    struct meta_store_ops meta;
    struct vector_index_ops vectors;
};
// Makes the stores do what `ops` says from now on, which outlives them and is what they do by themselves, as `own` is,
// until the test puts in something else. Before workers run.
void pipeline_intercept(struct pipeline *pipeline, struct pipeline_ops *own, struct pipeline_ops *ops);

enum { RUN_SPLITTER = 1, RUN_DOWNLOADER = 2, RUN_INDEXER = 4, RUN_TRACKER = 8, RUN_ALL = 15 };
void pipeline_start(struct pipeline *pipeline, int parts);
// Drains the workers.
void pipeline_stop(struct pipeline *pipeline);

// Submits a file to project "demo"; numbers as on the command line, limit 0 for none. Returns the outcome.
enum submit_outcome pipeline_submit(struct pipeline *pipeline, const char *path, double chunk_s, double limit_s,
    const char *fps, char video[VIDEO_ID_SIZE]);
// Waits until the video is final, and no message is left; those for a tracker only count where one runs.
enum video_state pipeline_wait(struct pipeline *pipeline, const char *video);
void pipeline_wait_queues(struct pipeline *pipeline);
// The messages of a topic that nobody has done yet.
int64_t pipeline_waiting(struct pipeline *pipeline, const char *topic);
struct meta_video pipeline_video(struct pipeline *pipeline, const char *video);

// All there is about a video as one text: frames, objects, tracks, and the names and hashes of its crops, frames and
// vectors.
// The video's id is left out, so that videos can be compared. To be freed.
char *pipeline_describe(struct pipeline *pipeline, const char *video);
