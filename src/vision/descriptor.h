// A descriptor's arithmetic: joining its parts, and the best classes of a row of logits. No state: safe from all
// threads.
#pragma once

#include "vision/embedder.h"

// One part of a descriptor.
struct descriptor_part {
    const float *values;
    int count;
    double weight; // the part's length before the whole is normalised
};

// Writes the parts one after the other, each scaled to its weight, the whole to length 1. A part that is zero or not
// finite becomes zero. `out` overlaps none of them.
void descriptor_join(const struct descriptor_part *parts, int count, float *out);

// The greatest of `count` logits with their softmax over all; `logits` may be NULL when `count` is 0.
void descriptor_top_scores(const float *logits, int count, struct embedding_scores *out);
