// One correction of a video's tracks, and how it is written in the journal.
//
// The journal "tracks-{video}" of a project (meta_store.h) holds one correction per entry, as JSON text:
//
//   {"format": 1, "kind": "split", "by": "ann", "time_us": 400000, "track": 7,
//    "at": {"object": "0123456789abcdef-00000002-001", "box": [x, y, width, height]}}
//   {"format": 1, "kind": "merge", "time_us": …, "track": 9, "other": 7, "at": {…}, "to": {…}}
//   {"format": 1, "kind": "give",  "time_us": …, "other": 7, "objects": [{…}, …], "to": {…}}   "to" left out: a new one
//   {"format": 1, "kind": "undo",  "step": 17}
//   {"format": 1, "kind": "redo",  "step": 17}
//
// Tracks are named by anchors, objects that belonged to them when the correction was made, so that it can be made again
// on other tracks. An anchor carries the object's box: after another detector had its turn, what is nearest there is
// meant. "track", "other" and "time_us" are what they were then, to be shown. The time of a correction is that of its
// entry, and its id the entry's position + 1. A program refuses entries of a format newer than its own.
//
// No shared state: safe from all threads. Errors: ERR_INVALID (newer format), ERR_CORRUPT (not such a text), ERR_LIMIT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/strbuf.h"

#define TRACK_STEP_FORMAT 1
#define TRACK_EDITOR_SIZE 401        // "by", with its NUL: 100 characters
#define TRACK_STEP_OBJECTS_MAX 10000 // given in one correction

enum track_step_kind {
    TRACK_STEP_SPLIT, // from `at` on its track's objects are a track of their own
    TRACK_STEP_MERGE, // the objects of `at`'s track become `to`'s
    TRACK_STEP_GIVE,  // these objects become `to`'s, or a track of their own
    TRACK_STEP_UNDO,
    TRACK_STEP_REDO,
};
const char *track_step_kind_name(enum track_step_kind kind);

struct track_anchor {
    int32_t index; // of the frame
    int32_t k;
    float box[4]; // x, y, width, height
};

struct track_entry {
    enum track_step_kind kind;
    const char *by;                     // NULL: nobody said
    int64_t time_us;                    // of the first object it is about
    int64_t track, other;               // numbers then; -1: none
    struct track_anchor at;             // of split and merge
    struct track_anchor to;             // of merge, and of give with has_to
    bool has_to;                        //
    const struct track_anchor *objects; // of give: ascending, one of a frame at most
    size_t count;                       //
    int64_t step;                       // of undo and redo: which
    void *memory;                       // what track_entry_decode allocated
};

// Appends the text. All objects are of `video`.
void track_entry_encode(const struct track_entry *entry, const char *video, struct strbuf *out);
// Everything it points at is released with track_entry_release. Objects of another video are ERR_CORRUPT.
enum err_code track_entry_decode(
    const void *text, size_t size, const char *video, struct track_entry *entry, struct err *err) ERR_MUST_CHECK;
void track_entry_release(struct track_entry *entry);
