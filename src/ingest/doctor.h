// The doctor: finds what the stores disagree on, and mends it.
//
// It may run beside workers: things younger than `least_age_us` are left alone, since they may be being made.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/ingest.h"
#include "os/cancel.h"

enum finding_kind {
    FINDING_CROP_WITHOUT_OBJECT,   // mended by removing it
    FINDING_OBJECT_WITHOUT_CROP,   // by indexing the frame again
    FINDING_OBJECT_WITHOUT_VECTOR, // by indexing the frame again
    FINDING_VECTOR_WITHOUT_OBJECT, // by removing it
    FINDING_FRAME_WITHOUT_BLOB,    // by decoding its segment or the video again
    FINDING_BLOB_WITHOUT_FRAME,    // by removing it
    FINDING_BLOB_WITHOUT_VIDEO,    // by removing it
    FINDING_SOURCE_MISSING,        // only reported: nothing can bring it back
    FINDING_STUCK_VIDEO,           // running, but nothing is left to do or no message is there: resumed or settled
    FINDING_DELETION_UNFINISHED,   // finished
    FINDING_TEMPORARY_FILE,        // removed
    FINDING_TRACKS_BEHIND,         // missing, cannot be corrected, or do not follow corrections: tracked again
    FINDING_TRACKS_NEWER,          // or their corrections, of a newer program: only reported, for ours would be less
    FINDING_UNFINISHED_UPLOAD,     // of the blob store (blob_store_list_unfinished): removed
    FINDING_WRONG_ROW,             // damaged, or of somebody else: only reported, for what it was nobody knows
    FINDING_KIND_COUNT,
};
const char *finding_kind_name(enum finding_kind kind);
// Whether `repair` can do something about such.
bool finding_kind_is_mendable(enum finding_kind kind);

struct finding {
    enum finding_kind kind;
    const char *project; // "" if none
    const char *video;   // likewise
    const char *subject; // the object, frame, key or path
    const char *text;    // a sentence
    bool mended;         // or set on its way (published to be indexed again)
};

struct doctor_options {
    bool repair;
    const char *project;  // NULL: all
    int64_t least_age_us; // 0: DOCTOR_AGE_US_DEFAULT; -1: looks at everything (nothing else is running)
    void *context;
    void (*found)(void *context, const struct finding *finding); // may be NULL
};
#define DOCTOR_AGE_US_DEFAULT (INT64_C(10) * 60 * 1000000)

struct doctor_report {
    int64_t projects, videos, frames, objects; // looked at
    int64_t findings[FINDING_KIND_COUNT];
    int64_t found, mended; // in all
};

// ERR_NONE whether or not something was found; errors are those of the stores.
enum err_code doctor_run(const struct ingest *ingest, const struct doctor_options *options, struct cancel *cancel,
    struct doctor_report *report, struct err *err) ERR_MUST_CHECK;
