// Random steps of labelling, for tests: what people say, take back, undo, rename, merge and delete over a real service,
// with a plain record of what was said kept beside it. What fails ends the test.
#pragma once

#include "search/test_labels.h"

#define PLAY_NAMES 6
#define PLAY_OBJECTS (2 * FRAMES * THINGS)
#define PLAY_STEPS_MOST 80

extern const char *const play_names[PLAY_NAMES];
extern char play_objects[PLAY_OBJECTS][OBJECT_ID_SIZE];

struct play_record {
    bool exists[PLAY_NAMES];
    int yes[PLAY_OBJECTS];          // name; -1: none
    int64_t yes_step[PLAY_OBJECTS]; // in which it was said
    int64_t no_step[PLAY_OBJECTS][PLAY_NAMES];
};

struct play {
    struct fixture *f;
    struct play_record now;
    struct play_record past[PLAY_STEPS_MOST + 1]; // before each step that could be undone, then the one after the last
    char *answers[PLAY_STEPS_MOST + 1];           // what was answered then; NULL: not looked
    int done, undone;
    int64_t tracks[PLAY_OBJECTS];
    uint64_t seed;
    int step;
};

void play_begin(struct play *play, struct fixture *f, uint64_t seed);
void play_end(struct play *play);
// One step; tracks change only where `with_tracks`.
void play_on(struct play *play, bool with_tracks);
// Tracks one of the videos again, in another way.
void play_track_again(struct play *play);
bool play_same_track(const struct play *play, int a, int b);
