// A decoded picture with what is needed to show it upright. Reference-counted and immutable; safe from all threads.
#pragma once

#include <stdint.h>

struct frame;

struct frame *frame_ref(const struct frame *frame);
void frame_unref(struct frame *frame);

// Upright.
int32_t frame_width(const struct frame *frame);
int32_t frame_height(const struct frame *frame);
