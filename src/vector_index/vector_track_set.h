// The tracks that a filter names, made ready to be looked up for one row after the other.
//
// Rows of one video mostly lie together, so what is known of the last row's video is kept: a row costs a comparison
// where its video has no track in the set, else a binary search among that video's. Not for several threads at once.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vector_index/vector_index.h"

struct vector_track_entry {
    uint64_t video;
    int64_t n;
};

// By video, then by number; for qsort and bsearch too.
int vector_track_compare(const void *a, const void *b);
// Whether the ascending numbers of a video's tracks have this one.
bool vector_track_is_among(int64_t n, const int64_t *numbers, size_t count);

struct vector_track_set {
    struct vector_track_entry *entries; // ascending
    size_t count;
    bool has_video;
    uint64_t video; // of the row asked about last
    size_t from;    // its entries, from <= i < to
    size_t to;
};

void vector_track_set_init(struct vector_track_set *set, const struct vector_track *tracks, size_t count);
void vector_track_set_release(struct vector_track_set *set);
// False for a row without a track (-1).
bool vector_track_set_has(struct vector_track_set *set, uint64_t video, int64_t n);
