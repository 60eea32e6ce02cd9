// A batch of frames on its way through the indexer: pictures to objects with crops and embeddings (indexer_batch.c),
// and those into the stores (indexer_store.c). One thread's.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "ingest/activity.h"
#include "ingest/indexer.h"
#include "ingest/messages.h"
#include "media/image.h"
#include "media/jpeg.h"
#include "vision/detector.h"
#include "vision/embedder.h"

#define INDEXER_BATCH_MAX 64

struct indexer {
    const struct ingest *ingest;
    struct indexer_settings settings;
    struct detector *detector;
    struct embedder *embedder;
    size_t dimension;
    char model[MODEL_LABEL_SIZE]; // of the embedder
};

// One frame.
struct index_slot {
    struct worker_task *task; // its err is the frame's outcome
    struct frame_message message;
    struct image *picture; // until its crops are cut
    struct pixels pixels;  // a view of it
    struct detection_job *detection;
    struct meta_object *objects; // in the arena
    size_t object_count;
    size_t first_crop; // number of its first crop in the batch
    struct activity_event event;
    int64_t submitted_us;
    bool stored;
};

struct index_batch {
    struct indexer *indexer;
    struct worker *worker;
    struct cancel *cancel;
    struct jpeg_decoder *jpeg_decoder; // the thread's
    struct jpeg_encoder *jpeg_encoder;
    struct strbuf *jpeg;
    struct arena *arena;

    struct index_slot slots[INDEXER_BATCH_MAX];
    size_t count;

    // Crops in order of their frames: [0, crops_submitted) are with the embedder or done, the rest waits for company.
    struct crop *crops;
    size_t crop_count, crop_capacity;
    size_t crops_submitted;
    struct embedding_job *embedding; // at most one at a time
    size_t embedding_first;          // the crop it begins with
    float *vectors;                  // crops_submitted descriptors
};

// Detects, crops and embeds all slots; what fails has its error in the task.
void index_batch_look(struct index_batch *batch);
// Stores what was found, and says what happened.
void index_batch_store(struct index_batch *batch);
// Gives back what is still held.
void index_batch_release(struct index_batch *batch);

static inline bool index_slot_failed(const struct index_slot *slot)
{
    return slot->task->err.code != ERR_NONE;
}
