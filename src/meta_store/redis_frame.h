// A frame as one value in Redis. The scripts of redis/ read its beginning too.
//
// A byte: the state; two bytes, little-endian: number of objects; the *place*, a byte with its length and segment,
// width, height, pts_us as varints; then the objects (frame_value.h). The index is the value's name.
//
// Frames lie in buckets by index, so that no value's home grows without end, and pages are read by few commands.
#pragma once

#include "base/err.h"
#include "base/strbuf.h"
#include "meta_store/meta_store.h"

#define REDIS_BUCKET_FRAMES 128
#define REDIS_BUCKET_NAME_SIZE 8
static inline int32_t redis_bucket_of(int32_t index)
{
    return index / REDIS_BUCKET_FRAMES;
}
// Six digits, so that names sort as numbers do.
void redis_bucket_name(int32_t bucket, char out[REDIS_BUCKET_NAME_SIZE]);

// The place, as put_frames.lua and put_objects.lua take it. Appends.
void redis_frame_encode_place(const struct meta_frame *frame, struct strbuf *out);
// The whole value. Appends.
void redis_frame_encode(const struct meta_frame *frame, struct strbuf *out);
// Fills all but the index; the objects are to be freed. ERR_CORRUPT; any bytes are safe.
enum err_code redis_frame_decode(
    const void *bytes, size_t size, struct meta_frame *frame, struct err *err) ERR_MUST_CHECK;
