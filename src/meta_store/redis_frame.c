#include "meta_store/redis_frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_store/frame_value.h"
#include "meta_store/value_bytes.h"

// set_state.lua, takes_changes() in prelude.lua, put_objects.lua and settle.lua know these numbers.
_Static_assert(VIDEO_DELETING == 6 && FRAME_EMITTED == 0 && FRAME_INDEXED == 1 && FRAME_FAILED == 2,
    "the scripts of redis/ know these numbers");
_Static_assert(FRAME_INDEX_MAX / REDIS_BUCKET_FRAMES < 1000000, "a bucket's name has six digits");
_Static_assert(OBJECTS_PER_FRAME_MAX <= UINT16_MAX, "the number of objects has two bytes");

void redis_bucket_name(int32_t bucket, char out[REDIS_BUCKET_NAME_SIZE])
{
    snprintf(out, REDIS_BUCKET_NAME_SIZE, "%06u", (unsigned)bucket % 1000000u);
}

void redis_frame_encode_place(const struct meta_frame *frame, struct strbuf *out)
{
    size_t at = out->size;
    strbuf_addc(out, '\0');
    value_put_int(out, frame->segment);
    value_put_int(out, frame->width);
    value_put_int(out, frame->height);
    value_put_int(out, frame->pts_us);
    out->data[at] = (char)(unsigned char)(out->size - at - 1);
}

void redis_frame_encode(const struct meta_frame *frame, struct strbuf *out)
{
    strbuf_addc(out, (char)frame->state);
    strbuf_addc(out, (char)(unsigned char)(frame->object_count & 0xFF));
    strbuf_addc(out, (char)(unsigned char)(frame->object_count >> 8));
    redis_frame_encode_place(frame, out);
    frame_value_encode(frame->objects, frame->object_count, out);
}

enum err_code redis_frame_decode(const void *bytes, size_t size, struct meta_frame *frame, struct err *err)
{
    struct value_reader reader;
    struct value_reader place;
    value_reader_init(&reader, bytes, size);
    const unsigned char *head = value_take(&reader, 4);
    const unsigned char *place_bytes = head != NULL ? value_take(&reader, head[3]) : NULL;
    if (place_bytes == NULL || head[0] > FRAME_FAILED)
        return err_set(err, ERR_CORRUPT, "a stored frame is damaged");
    value_reader_init(&place, place_bytes, head[3]);
    frame->state = (enum frame_state)head[0];
    frame->segment = (int32_t)value_take_int_in(&place, INT32_MIN, INT32_MAX);
    frame->width = (int32_t)value_take_int_in(&place, INT32_MIN, INT32_MAX);
    frame->height = (int32_t)value_take_int_in(&place, INT32_MIN, INT32_MAX);
    frame->pts_us = value_take_int(&place);
    if (!value_reader_is_done(&place))
        return err_set(err, ERR_CORRUPT, "a stored frame is damaged");
    enum err_code code =
        frame_value_decode(reader.at, (size_t)(reader.end - reader.at), &frame->objects, &frame->object_count, err);
    if (code == ERR_NONE && frame->object_count != (size_t)head[1] + 256 * (size_t)head[2]) {
        free(frame->objects);
        frame->objects = NULL;
        frame->object_count = 0;
        code = err_set(err, ERR_CORRUPT, "a stored frame has another number of objects than it says");
    }
    return code;
}
