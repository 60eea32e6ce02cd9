// What tracks look like: a vector for each, the mean of its objects', and the object that is nearest to it.
//
// The vectors go to the vector index (vector_index_put_tracks), the nearest objects to the tracks that are stored after
// it (meta_track.typical_frame). Searching with a mean finds another track of the same thing more surely than with one
// of its pictures (docs/tracking.md). Of long tracks TRACK_LOOK_OBJECTS are taken, evenly spread: the work does not
// grow with the hours that a car is parked for.
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "ingest/ingest.h"
#include "ingest/track_store.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

#define TRACK_LOOK_OBJECTS 256

// Stores the vectors of these tracks, which are those of `results`, and removes what other ones had; fills in which
// object of each is typical. Where only some changed, the rest keeps what is stored. Objects without a vector do not
// count, and a track without any has none. ERR_CANCELLED and the errors of the stores.
enum err_code track_look_store(const struct ingest *ingest, const struct track_results *results,
    struct meta_track *tracks, size_t count, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
