// Room for pictures that are being unpacked: all threads of the process share so many pixels, so that a few large
// pictures, each of which is small as a file, do not take all memory (one of 16 bits a channel needs up to 15 bytes for
// a pixel). Beside the largest there is room for common ones. Internal to the module. Safe from all threads.
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "media/image.h"

#define IMAGE_ROOM_PIXELS (IMAGE_PIXELS_MAX / 4 * 5)
#define IMAGE_ROOM_WAIT_MS 20000

// Waits for room; ERR_UNAVAILABLE if others keep it. What is larger than all room counts as all of it.
enum err_code image_room_take(int64_t pixels, struct err *err) ERR_MUST_CHECK;
void image_room_give(int64_t pixels);
// How long is waited, for tests; IMAGE_ROOM_WAIT_MS until this is called.
void image_room_set_wait(int64_t wait_ms);
