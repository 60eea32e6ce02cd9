// The tracks of a video while corrections are applied to them: which track each object belongs to.
//
// Begins as what the tracker found (track_sheet.h) and takes one correction after the other. A correction either is
// applied as a whole or refused with a sentence and leaves no trace; that nothing would change is a reason to refuse.
// Whatever is applied, a track has at most one object in a frame.
//
// Anchors are looked up in the sheet: the object of that id if its box is the anchor's, else the one in its frame that
// overlaps the anchor's box most, by half or more (as in the evaluation of detectors, IoU 0.5).
//
// A track that a correction makes has the number `sheet->last` + the correction's id, which no other one ever has.
//
// One thread at a time. Errors of applying: ERR_CONFLICT (it cannot be done on these tracks, or changes nothing),
// ERR_NOT_FOUND (an anchor is not there).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/track_sheet.h"
#include "ingest/track_step.h"

struct track_state;

// Borrows the sheet. `steps`: the highest id that will be applied. `video` is for sentences.
struct track_state *track_state_new(const struct track_sheet *sheet, const char *video, int64_t steps);
void track_state_free(struct track_state *state); // NULL is harmless

// A split, merge or giving.
enum err_code track_state_apply(
    struct track_state *state, const struct track_entry *entry, int64_t id, struct err *err) ERR_MUST_CHECK;

// The track of each object of the sheet; -1: none. Borrowed.
const int64_t *track_state_numbers(const struct track_state *state);
// The objects of a track in order, as positions in the sheet; borrowed until the next change. None: 0.
const size_t *track_state_objects(const struct track_state *state, int64_t n, size_t *count);
