#include "media/image.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROW_ALIGNMENT 64

struct shared_image {
    struct image image; // first: an image is a pointer to this
    atomic_int refs;
};

struct image *image_new(int32_t width, int32_t height, enum image_order order)
{
    struct shared_image *shared = mem_calloc(1, sizeof(*shared));
    size_t stride = ((size_t)width * 3 + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
    shared->image = (struct image){
        .data = mem_calloc((size_t)height, stride),
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
    free(image->data);
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
