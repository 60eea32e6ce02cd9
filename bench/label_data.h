// What the measurements of labelling share: objects whose identity is known, with their vectors, from files.
// Programs of one thread; whatever goes wrong ends the program with a message.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "bench.h"
#include "vector_index/vector_index.h"

#define BENCH_PROJECT "bench"
#define BENCH_NAME_SIZE 96
#define BENCH_GROUPS_MAX 16

enum track_source { TRACKS_NONE, TRACKS_FOUND, TRACKS_TRUE };

struct data_object {
    char id[OBJECT_ID_SIZE];
    char identity[BENCH_NAME_SIZE];
    int group;
    int64_t tracks[3]; // by enum track_source; -1: none
};

// Ascending by id.
struct data {
    struct data_object *objects;
    size_t count, dimension;
    float *vectors; // normalised; count × dimension
    char groups[BENCH_GROUPS_MAX][BENCH_NAME_SIZE];
    int group_count;
};

// A number from a number, as good as random (splitmix64).
uint64_t bench_mix(uint64_t x);
int bench_ascending(const void *a, const void *b); // of doubles, for qsort
// An object of the data, in an order.
struct bench_scored {
    float score;
    size_t object;
    bool right; // it is what is looked for, where somebody says so
};
int bench_by_score(const void *a, const void *b); // highest first; for qsort
double bench_quantile(const double *sorted, size_t count, double share);

// A line per object: id, identity, group, track the tracker found, true track (-1: none), parted by tabs.
void data_read(struct data *data, const char *objects, const char *vectors);
void data_release(struct data *data);
size_t data_find(const struct data *data, const char *id); // SIZE_MAX: none
bool data_is_same(const struct data *data, size_t a, size_t b);
float data_cosine(const struct data *data, size_t a, size_t b);
// The objects of `first`'s identity, ascending, and whether `first` is the first of them.
size_t data_members(const struct data *data, size_t first, size_t *members, bool *is_first);
void data_fill(const struct data *data, enum track_source tracks, struct vector_index *index);
