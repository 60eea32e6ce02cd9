// What a decoder finds in one picture: boxes in pixels of the network's input, each with one class and score. Bounded.
// One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vision/manifest.h"

// The best this many are kept of one picture; more come from very low thresholds only, and cannot matter.
#define CANDIDATES_MAX 30000

struct candidate {
    float x1;
    float y1;
    float x2;
    float y2;
    float score;
    int32_t class_id;
};

struct candidates {
    const struct manifest *manifest;
    float threshold; // lower scores are not taken
    struct candidate *items;
    size_t count;
    size_t capacity;
};

void candidates_init(struct candidates *candidates, const struct manifest *manifest, float threshold);
void candidates_release(struct candidates *candidates);
void candidates_reset(struct candidates *candidates);
// Takes it unless its score is below the threshold, a number is NaN or infinite, the box has no area, or the class is
// none that is reported.
void candidates_add(struct candidates *candidates, struct candidate candidate);
// Drops all but the best `most`; sorts by descending score, ties by position.
void candidates_keep_best(struct candidates *candidates, size_t most);
