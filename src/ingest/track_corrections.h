// Corrections of tracks by people: splitting a track, merging two, giving objects to another track; undone and made
// again.
//
// The truth is a journal per video in the meta store (track_step.h) over what the tracker found (track_sheet.h);
// everything else is made from the two, by the tracker whenever it tracks the video, and here as soon as the journal
// has a new entry. So corrections outlast tracking again, also after another model indexed the video, as far as there
// is something they can be about. A video that is deleted keeps its journal as long as its project is there: ingested
// again it has the same ids and is corrected as before.
//
// The version is the number of entries. A change that names the version it was made for is refused with ERR_CONFLICT
// when somebody else was quicker. If the stores fail after the entry is in the journal, or the process ends, the tracks
// follow later: through the tracker, which is asked for it then, or at the next start, or with the next correction. A
// video that was tracked before there were corrections is tracked again by the first of them.
//
// Thread rule: all functions are safe from all threads and processes; changes of one video wait for each other. On
// several machines they may not, and look afterwards whether somebody else stored meanwhile: then they store again.
// Errors: ERR_NOT_FOUND (video, track, object), ERR_INVALID (numbers, objects of another video),
// ERR_CONFLICT (version, not tracked yet, it cannot be done on these tracks, nothing to undo), ERR_LIMIT,
// ERR_UNAVAILABLE (the tracks are being stored), and those of the stores. Where it is about one of them, the error's
// field is "track", "into", "at_us" or "objects".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "ingest/ingest.h"
#include "ingest/track_book.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

#define CORRECTIONS_LIST_MAX 1000 // of one page

// The name of a video's journal, whose length is the version.
#define CORRECTIONS_JOURNAL_SIZE (7 + VIDEO_ID_SIZE)
void corrections_journal(const char *video, char name[CORRECTIONS_JOURNAL_SIZE]);

struct correction_request {
    enum track_step_kind kind;
    int64_t track;              // split, merge: which
    int64_t into;               // merge, give: which; give: -1 for a track of their own
    int64_t at_us;              // split: the first of its objects at or after this begins the new track
    const char *const *objects; // give: ids, each in a frame of its own
    size_t count;               // 1 … TRACK_STEP_OBJECTS_MAX
    const char *by;             // NULL: nobody says
    int64_t expected_version;   // -1: any
};

struct corrected_object {
    char id[OBJECT_ID_SIZE];
    int64_t track; // now; -1: none
};

struct correction {
    char project[PROJECT_NAME_SIZE];
    int64_t version;
    struct track_step step;
    bool has_undo, has_redo;
    struct track_step undo, redo;
    // What was changed: the objects, the tracks that lost or got some, and those of them that have none left.
    struct corrected_object *objects;
    size_t object_count;
    struct meta_track *tracks;
    size_t track_count;
    int64_t *gone;
    size_t gone_count;
};
void correction_release(struct correction *correction);

enum err_code corrections_change(const struct ingest *ingest, const char *video,
    const struct correction_request *request, struct cancel *cancel, struct correction *correction,
    struct err *err) ERR_MUST_CHECK;

struct correction_list {
    int64_t version;
    struct track_step *steps; // newest first
    size_t count;
    bool more; // older ones follow: ask again with before = the last one's id
    bool has_undo, has_redo;
    struct track_step undo, redo;
};
void correction_list_release(struct correction_list *list);
// Those with an id < before (0: all).
enum err_code corrections_list(const struct ingest *ingest, const char *video, int64_t before, size_t limit,
    struct correction_list *list, struct err *err) ERR_MUST_CHECK;

// ---- for the tracker and at a start

// The corrections so far; to be freed with track_book_free(). Under the lock of track_store.h where it matters that
// none is added meanwhile.
enum err_code corrections_load(const struct ingest *ingest, const struct meta_video *video, struct track_book **book,
    struct err *err) ERR_MUST_CHECK;
// Whether these are still the stored sheet and all corrections: else somebody on another machine was at it, too.
enum err_code corrections_are_current(const struct ingest *ingest, const struct meta_video *video,
    const struct track_sheet *sheet, int64_t steps, bool *current, struct err *err) ERR_MUST_CHECK;
// Stores the tracks that follow from the stored sheet and the corrections, whatever is stored. *tracks (may be NULL) is
// how many there are. Under the lock.
enum err_code corrections_store(const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel,
    size_t *tracks, struct err *err) ERR_MUST_CHECK;
// Whether the tracks of a tracked video cannot be corrected as they are stored, or do not follow what was corrected:
// made by a program without corrections, or interrupted.
enum err_code corrections_are_due(
    const struct ingest *ingest, const struct meta_video *video, bool *due, struct err *err) ERR_MUST_CHECK;
