#include "media/image.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROW_ALIGNMENT 64
// As many as a worker has in flight. Small pictures cost nothing, and huge ones are rare.
#define SPARES_MAX 8
#define SPARE_BYTES_MIN ((size_t)128 * 1024)
#define SPARE_BYTES_MAX ((size_t)8 * 1024 * 1024)

struct shared_image {
    struct image image; // first: an image is a pointer to this
    atomic_int refs;
};

// Pixels of images that are gone, for the next of their size. The pictures of a video are all alike, and giving their
// memory back to the system each time costs as much as a fifth of decoding one.
static struct {
    pthread_mutex_t mutex;
    size_t count;
    struct spare {
        uint8_t *data;
        size_t size;
    } items[SPARES_MAX]; // the newest last
} spares = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static uint8_t *take_spare(size_t size)
{
    uint8_t *data = NULL;
    pthread_mutex_lock(&spares.mutex);
    for (size_t i = spares.count; i > 0 && data == NULL; i--) {
        if (spares.items[i - 1].size != size)
            continue;
        data = spares.items[i - 1].data;
        memmove(&spares.items[i - 1], &spares.items[i], (spares.count - i) * sizeof(spares.items[0]));
        spares.count--;
    }
    pthread_mutex_unlock(&spares.mutex);
    return data;
}

static void give_spare(uint8_t *data, size_t size)
{
    uint8_t *oldest = NULL;
    if (size < SPARE_BYTES_MIN || size > SPARE_BYTES_MAX) {
        free(data);
        return;
    }
    pthread_mutex_lock(&spares.mutex);
    if (spares.count == SPARES_MAX) {
        oldest = spares.items[0].data;
        memmove(&spares.items[0], &spares.items[1], --spares.count * sizeof(spares.items[0]));
    }
    spares.items[spares.count++] = (struct spare){.data = data, .size = size};
    pthread_mutex_unlock(&spares.mutex);
    free(oldest);
}

struct image *image_new(int32_t width, int32_t height, enum image_order order)
{
    struct shared_image *shared = mem_calloc(1, sizeof(*shared));
    size_t stride = ((size_t)width * 3 + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
    uint8_t *data = take_spare((size_t)height * stride);
    shared->image = (struct image){
        .data = data != NULL ? data : mem_calloc((size_t)height, stride),
        .stride = stride,
        .width = width,
        .height = height,
        .order = order,
    };
    atomic_init(&shared->refs, 1);
    return &shared->image;
}

struct image *image_ref(const struct image *image)
{
    struct shared_image *shared = (struct shared_image *)(uintptr_t)image;
    atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return &shared->image;
}

void image_unref(struct image *image)
{
    if (image == NULL)
        return;
    struct shared_image *shared = (struct shared_image *)image;
    if (atomic_fetch_sub_explicit(&shared->refs, 1, memory_order_acq_rel) != 1)
        return;
    give_spare(image->data, (size_t)image->height * image->stride);
    free(shared);
}

const char *image_content_type(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    if (size >= 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0)
        return "image/jpeg";
    if (size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0)
        return "image/png";
    if (size >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
        return "image/webp";
    if (size >= 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0))
        return "image/gif";
    // "BM", the file's size, four reserved zeros, then the offset of the pixels.
    if (size >= 26 && memcmp(bytes, "BM", 2) == 0 && memcmp(bytes + 6, "\0\0\0\0", 4) == 0)
        return "image/bmp";
    return NULL;
}
