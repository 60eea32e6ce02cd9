// Turning and mirroring of planes. Internal to the module.
#pragma once

#include <stdbool.h>

#include "media/yuv.h"

// The shape after turning clockwise by 0, 90, 180 or 270 degrees.
void yuv_turn_shape(struct yuv_planes *planes, int32_t rotation);
// Mirrors left to right if `flip`, then turns; `out` are the planes of `upright`, which has the turned shape and
// strides.
void yuv_turn(const struct yuv_planes *planes, int32_t rotation, bool flip, const struct yuv_planes *upright,
    uint8_t *const out[3]);
