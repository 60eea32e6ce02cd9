// What all parts of the ingestion share: the stores, the log and the settings that several of them look at.
//
// Filled once by the wiring and borrowed by everything in this module; it must outlive all of it. Nothing here changes
// afterwards but what is atomic, so it may be read from all threads.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct activity;
struct blob_store;
struct clock;
struct log;
struct meta_store;
struct metrics;
struct queue;
struct vector_check;
struct vector_index;

// What stays after a video is indexed. Crops, the source and what is in the meta store always stay.
struct retention {
    bool keep_segments; // false: removed when the video has settled
    bool keep_frames;   // likewise; frames are then decoded again where somebody wants to see one
};
#define RETENTION_INIT ((struct retention){.keep_segments = false, .keep_frames = true})

// In the temporary folder, each held by its process (os/held_dir.h): uploads; segments while a video is cut; a copy for
// browsers while it is made.
#define INGEST_UPLOADS_PREFIX "uploads-"
#define INGEST_CUT_PREFIX "cut-"
#define INGEST_COPY_PREFIX "copy-"
// Beside them, "fetch-{video}": what is loaded of a source, which outlasts its process.
#define INGEST_FETCH_PREFIX "fetch-"

struct ingest {
    struct queue *queue;
    struct blob_store *blobs;
    struct meta_store *meta;
    struct vector_index *vectors;
    struct log *log;           // log_none() if nobody listens
    struct metrics *metrics;   // NULL: none
    struct activity *activity; // NULL: nothing is reported
    const struct clock *clock;
    const char *temp_dir; // existing, private, best on the blob store's file system
    int64_t lease_ms;     // as the queue was opened with
    struct retention retention;
    // What vectors the indexers of this process make; NULL: it has none, or none yet.
    _Atomic(const struct vector_check *) makes_vectors;
};
