// For the tests of the tracker: persons who walk, a frame every 40 ms.
#pragma once

#include "base/test.h"
#include "vision/tracker.h"

#define STEP_US 40000 // 25 frames a second

// The box of a person whose left upper corner is there.
struct track_box person(double x, double y, double score);
struct tracker *new_tracker(const struct tracker_settings *settings, int dimension);
void add(struct tracker *t, int frame, const struct track_box *boxes, size_t count);
struct tracks finish(struct tracker *t);
// The number of the track that has this box, which is no more than one; 0: none.
int32_t track_of(const struct tracks *tracks, size_t frame, int32_t box);
