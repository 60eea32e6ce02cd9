#include "media/image_room.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/clock.h"
#include "os/cond.h"

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int64_t pixels_left;
    int64_t wait_ms;
} room = {.mutex = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
    .pixels_left = IMAGE_ROOM_PIXELS,
    .wait_ms = IMAGE_ROOM_WAIT_MS};

static int64_t at_most_all(int64_t pixels)
{
    return pixels < IMAGE_ROOM_PIXELS ? pixels : IMAGE_ROOM_PIXELS;
}

enum err_code image_room_take(int64_t pixels, struct err *err)
{
    pixels = at_most_all(pixels);
    pthread_mutex_lock(&room.mutex);
    int64_t end_us = clock_monotonic_us(clock_system()) + room.wait_ms * 1000;
    bool is_late = false;
    while (room.pixels_left < pixels && !is_late)
        is_late = !cond_wait_until(&room.changed, &room.mutex, end_us);
    bool has_room = room.pixels_left >= pixels;
    if (has_room)
        room.pixels_left -= pixels;
    pthread_mutex_unlock(&room.mutex);
    return has_room ? ERR_NONE
                    : err_set(err, ERR_UNAVAILABLE,
                          "other large pictures are being read, and there is no room for one more: try again later, or "
                          "with a smaller one");
}

void image_room_give(int64_t pixels)
{
    pthread_mutex_lock(&room.mutex);
    room.pixels_left += at_most_all(pixels);
    pthread_cond_broadcast(&room.changed);
    pthread_mutex_unlock(&room.mutex);
}

void image_room_set_wait(int64_t wait_ms)
{
    pthread_mutex_lock(&room.mutex);
    room.wait_ms = wait_ms;
    pthread_mutex_unlock(&room.mutex);
}
