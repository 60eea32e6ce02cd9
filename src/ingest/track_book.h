// The book: the corrections of one video's tracks so far, and what counts of them.
//
// Filled with the entries of the journal, one after the other (track_step.h). Corrections are undone in the reverse
// order in which they were made, and a new one forgets those that could have been made again. What counts is applied to
// what the tracker found, so that undoing restores the former tracks exactly, and tracking again keeps the corrections;
// one that cannot be applied then is passed over.
//
// One thread at a time. Errors: ERR_CONFLICT (it cannot be undone now), ERR_LIMIT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/track_sheet.h"
#include "ingest/track_state.h"
#include "ingest/track_step.h"

#define TRACK_BOOK_STEPS_MAX 10000     // undos and redos included
#define TRACK_BOOK_OBJECTS_MAX 1000000 // given in all of them together

struct track_book;

struct track_book *track_book_new(void);
void track_book_free(struct track_book *book); // NULL is harmless

// Corrections so far, undos and redos included: the id of the last one.
int64_t track_book_version(const struct track_book *book);
// Steps that could be undone or made again next; 0: none.
int64_t track_book_undo_step(const struct track_book *book);
int64_t track_book_redo_step(const struct track_book *book);

// Whether the entry may come next: undo and redo must name what …_undo_step() or …_redo_step() says.
enum err_code track_book_check(
    const struct track_book *book, const struct track_entry *entry, struct err *err) ERR_MUST_CHECK;
// Adds the next one and takes what it points at over; *entry is empty afterwards. Refused as by track_book_check().
enum err_code track_book_add(
    struct track_book *book, struct track_entry *entry, int64_t at_us, struct err *err) ERR_MUST_CHECK;

// The tracks after the first `version` entries; room for one more correction. Notes which of what counts was passed
// over.
struct track_state *track_book_replay(
    struct track_book *book, const struct track_sheet *sheet, const char *video, int64_t version);

// A correction as it is shown.
struct track_step {
    int64_t id;
    enum track_step_kind kind;
    enum track_step_kind about; // of an undo or redo: what it undid or made again; else `kind`
    int64_t step;               // of an undo or redo: the id of that; 0: none
    int64_t track, other;       // numbers when it was made; -1: none
    int64_t made;               // the track that it makes on what was replayed last; -1: none
    int64_t objects;            // given; of a split or merge 0
    int64_t time_us;            // in the video
    int64_t at_us;              // wall clock
    char by[TRACK_EDITOR_SIZE]; // "": nobody said
    bool undone;
    int64_t undone_us;                 // when, wall clock; 0 where it is not undone
    char passed_over[ERR_MESSAGE_MAX]; // why it was not applied by the last track_book_replay(); "": it was
};
// Of 1 … version.
void track_book_step(const struct track_book *book, int64_t id, struct track_step *step);
