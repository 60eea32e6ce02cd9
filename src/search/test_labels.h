// Labelling over real stores, for tests: a project of two videos whose objects are known, and one of another project.
//
// Thing k of every frame points along axis k, a little differently in each frame, so that the objects of one thing are
// like each other and like no other. What fails ends the test.
#pragma once

#include "base/clock.h"
#include "meta_store/meta_store.h"
#include "os/file.h"
#include "search/labels.h"
#include "vector_index/vector_index.h"

#define PROJECT "demo"
#define VIDEO_A "00000000000000aa"
#define VIDEO_B "f0000000000000bb"
#define ELSEWHERE "00000000000000cc" // a video of another project
#define DIMENSION 16
#define FRAMES 12
#define THINGS 3 // of each frame; object k shows thing k

struct fault;

extern const char *backend; // "memory" or "sqlite": of the meta store
extern struct err failure;  // of the last call

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct fault *fault; // tests/fault/fault.h
    struct meta_store *meta;
    struct vector_index *vectors;
    struct labels *labels;
};

#define with_stores(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int set_up(void **state);
int tear_down(void **state);

struct labels *new_labels(struct fixture *f);
// Another service instead of the one so far, which knows nothing yet.
void restart(struct fixture *f);
void pass_seconds(struct fixture *f, int seconds);

void add_video(struct fixture *f, const char *project, const char *id);
// Object k of a frame, on that track; -1: none.
struct meta_object thing_on(size_t k, int64_t track);
void put_frame(struct fixture *f, const char *video, int32_t index, struct meta_object *objects, size_t count);
// `count` objects; object k is on track `track` + k, none with -1. Once more replaces them.
void add_frame(struct fixture *f, const char *video, int32_t index, size_t count, int64_t track);
void add_vectors(struct fixture *f, const char *project, const char *video);
// All of it, without tracks.
void ingest(struct fixture *f, const char *project, const char *video);

// ---- saying

extern const struct label_editor anybody;

// One of eight places: good for a few calls.
const char *object_of(const char *video, int frame, int k);
// `yes` and `no` may be NULL.
enum err_code try_say(struct fixture *f, const char *label, const char *yes, const char *no) ERR_MUST_CHECK;
void say_yes(struct fixture *f, const char *label, const char *object);
void say_no(struct fixture *f, const char *label, const char *object);
void undo(struct fixture *f);
// That the last error says so.
void assert_says(const char *words);

// ---- asking; texts are good until the next call

// What an object is shown as: "red", "red?" or "-".
const char *shown_on(struct fixture *f, const char *object, int64_t track);
const char *shown(struct fixture *f, const char *object);
// "name positives/negatives/probable" of each label.
const char *listed(struct fixture *f);
// `without` (NULL: none) is not among them.
size_t count_found(
    struct fixture *f, const char *label, enum label_listing listing, const char *video, const char *without);
// How many vectors the index knows by the label at this moment.
size_t count_indexed(struct fixture *f, const char *label);
// How many of them a search finds that filters by it, and so waits until the index knows what was said.
size_t count_searched(struct fixture *f, const char *label);
// How many vectors the index leaves out of a question that refuses the label: what it knows now, and what it knows when
// it knows all.
size_t count_indexed_negatives(struct fixture *f, const char *label);
size_t count_negatives(struct fixture *f, const char *label);
