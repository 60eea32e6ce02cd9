// Import: labels from a file in one of the formats of exchange.h are given to stored objects.
//
// An entry means a stored object by its id, where the file has it (and a box that agrees with it), or else by its frame
// (index and time, as far as the file says them) and the best overlap of its box with those of the frame's objects,
// each object for one box. What matches nothing is reported and left out; nothing is invented. Everything else becomes
// one step of labelling (labels_exchange.h): all of it happens or nothing, and undo takes it back.
//
// A file of another project or installation calls the same clips otherwise. It is not taken for them by itself: which
// of the project's videos looks like one of the file's is said, and whoever knows says so (import_same).
//
// Safe from all threads. Errors: ERR_INVALID (a file that is refused, a contradiction in it, nothing that matches),
// ERR_LIMIT, ERR_NOT_FOUND (project, video), ERR_CONFLICT (version), ERR_CANCELLED, and those of the stores.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "exchange/exchange.h"
#include "search/labels_exchange.h"

struct cancel;
struct meta_store;

#define IMPORT_PROBLEMS_MAX 20
#define IMPORT_MIN_IOU_DEFAULT 0.5
// Boxes of one frame, so that a file cannot ask for any number of comparisons.
#define IMPORT_FRAME_BOXES_MAX 5000
#define IMPORT_SAME_MAX 200
#define IMPORT_OTHERS_MAX 20

struct import_config {
    struct meta_store *meta; // borrowed
    struct labels *labels;   // borrowed
};

// One clip, and its two names.
struct import_same {
    char file[VIDEO_ID_SIZE];  // what the file calls it
    char video[VIDEO_ID_SIZE]; // the project's
};

struct import_request {
    const char *project;
    enum exchange_format format;
    const char *video;              // that entries without one are about; NULL: each says its own
    const char *from;               // what the file calls that video, if it is another one's id; NULL: it is not
    const struct import_same *same; // of more than one
    size_t same_count;              // IMPORT_SAME_MAX at most
    const char *label;              // of boxes without a name (a gt.txt alone); NULL: none
    double min_iou;                 // 0 … 1: overlap from which a box is an object's
    bool strict;                    // what matches nothing is an error
    bool dry_run;
    struct label_editor editor;
};

struct imported_label {
    char name[LABEL_NAME_SIZE];
    bool made;
    int64_t positives, negatives; // newly said
};

// A video that the file is about and the project does not have.
struct imported_other {
    char video[VIDEO_ID_SIZE]; // as the file calls it
    int64_t entries;
    char same[VIDEO_ID_SIZE]; // the project's that has its boxes at the same times, mostly; "": none
};

struct imported {
    int64_t entries; // of the file that give a label
    int64_t matched, unmatched;
    int64_t ambiguous;             // matched, where another object has the same box and is not meant by any entry
    int64_t passed_over;           // probable ones, classes, crowds, rows that do not count
    int64_t unchanged;             // matched, and so already
    int64_t moved;                 // objects that were said to be something else before
    struct imported_label *labels; // of the file, in its order, as they are called here
    size_t label_count;
    char **problems; // sentences about the first that match nothing
    size_t problem_count;
    struct imported_other others[IMPORT_OTHERS_MAX]; // the first of them
    size_t other_count;
    int64_t step; // 0: nothing was done
    int64_t version;
};
void imported_release(struct imported *imported);

// The bytes are the file's, borrowed.
enum err_code import_run(const struct import_config *config, const struct import_request *request, const void *bytes,
    size_t size, struct cancel *cancel, struct imported *imported, struct err *err) ERR_MUST_CHECK;
