// What the tests of label ranking share: a project of vectors, and a model of examples in it. For tests, of one thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "search/label_rank.h"

#define PROJECT "p"
#define DIMENSION 16

extern const char *const video_a;
extern const char *const video_b;

struct world {
    struct vector_index *vectors;
    struct label_model *model;
};

struct examples {
    const char *positive[16];
    const char *negative[16];
    const char *other[16];
};

// Fits world->model anew.
enum err_code try_fit(struct world *world, const struct examples *e, struct err *err);
void fit(struct world *world, const struct examples *e);
struct label_hit score(struct world *world, const char *id);
// Whether the model takes it for the thing.
bool suggests(struct world *world, const char *id);
// An object whose vector has a cosine of about `similarity` to axis `axis`; `twist` says in which direction it
// deviates.
void put(struct world *world, const char *id, int axis, float similarity, int twist);
// Good until 64 more were asked for.
const char *id_of(const char *video, int frame, int k);
// Eight pictures of one thing in video_a, of another in video_b, ten frames apart.
void put_clusters(struct world *world);
int make_world(void **state);
int drop_world(void **state);
void ask(struct world *world, size_t limit, struct label_candidates *candidates);
// Turned by so many radians from one to the next axis.
void put_on_track(struct world *world, const char *id, int64_t track, float turn);
