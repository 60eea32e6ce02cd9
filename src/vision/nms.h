// Non-maximum suppression and the order of detections. No state: safe from all threads.
#pragma once

#include <stddef.h>

#include "vision/detector.h"

// Intersection over union; 0 where there is none.
float detection_iou(const struct detection *a, const struct detection *b);

// Sorts by descending score, ties by position (top, left, height, width), then class. Total: equal input in any order
// gives equal output.
void detections_sort(struct detection *items, size_t count);

// Sorts, then keeps, greedily, what overlaps no better detection of its class by more than `iou`, until `most` are kept
// (1.0 and above: all). Returns how many; they come first in `items`. O(n log n + n · kept).
size_t detections_suppress(struct detection *items, size_t count, float iou, size_t most);
