#include "media/parameter_sets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define AVCC_HEADER 6
// Real ones have some hundred bytes.
#define SETS_MAX_BYTES 65536

void parameter_sets_release(struct parameter_sets *sets)
{
    free(sets->units);
    *sets = (struct parameter_sets){0};
}

// Bytes of the length before each unit.
static size_t length_bytes(const uint8_t *avcc)
{
    return (size_t)(avcc[4] & 3) + 1;
}

static bool is_avcc(const uint8_t *data, size_t size)
{
    return size > AVCC_HEADER && data[0] == 1;
}

// Adds the units of one list of an avcC record from `*at` on; false where they go past its end.
static bool add_units(struct parameter_sets *sets, const uint8_t *data, size_t size, size_t *at, int count)
{
    size_t prefix = length_bytes(data);
    for (int i = 0; i < count; i++) {
        if (size - *at < 2)
            return false;
        size_t length = (size_t)data[*at] << 8 | data[*at + 1];
        *at += 2;
        if (length == 0 || length > size - *at || sets->size + prefix + length > SETS_MAX_BYTES ||
            (prefix == 1 && length > UINT8_MAX))
            return false;
        uint8_t *to = sets->units + sets->size;
        for (size_t b = 0; b < prefix; b++)
            to[prefix - 1 - b] = b < 2 ? (uint8_t)(length >> 8 * b) : 0;
        memcpy(to + prefix, data + *at, length);
        sets->size += prefix + length;
        *at += length;
    }
    return true;
}

static void read_avcc(struct parameter_sets *sets, const uint8_t *data, size_t size)
{
    struct parameter_sets fresh = {.units = mem_alloc(SETS_MAX_BYTES)};
    size_t at = AVCC_HEADER;
    bool whole = add_units(&fresh, data, size, &at, data[AVCC_HEADER - 1] & 0x1F) && at < size;
    if (whole) {
        int pictures = data[at++];
        whole = add_units(&fresh, data, size, &at, pictures) && fresh.size > 0;
    }
    if (!whole) {
        parameter_sets_release(&fresh);
        return;
    }
    parameter_sets_release(sets);
    *sets = fresh;
}

static void put_before(const struct parameter_sets *sets, AVPacket *packet)
{
    AVPacket *longer = av_packet_alloc();
    if (longer == NULL)
        return;
    if (packet->size <= INT32_MAX / 2 && av_new_packet(longer, packet->size + (int)sets->size) >= 0 &&
        av_packet_copy_props(longer, packet) >= 0) {
        memcpy(longer->data, sets->units, sets->size);
        memcpy(longer->data + sets->size, packet->data, (size_t)packet->size);
        longer->stream_index = packet->stream_index;
        av_packet_unref(packet);
        av_packet_move_ref(packet, longer);
    }
    av_packet_free(&longer);
}

void parameter_sets_apply(struct parameter_sets *sets, const AVCodecParameters *par, AVPacket *packet)
{
    if (par->codec_id != AV_CODEC_ID_H264 || !is_avcc(par->extradata, (size_t)par->extradata_size))
        return;
    size_t size = 0;
    const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
    bool same = sets->units == NULL && size == (size_t)par->extradata_size && data != NULL &&
        memcmp(data, par->extradata, size) == 0;
    if (data != NULL && !same && is_avcc(data, size) && length_bytes(data) == length_bytes(par->extradata))
        read_avcc(sets, data, size);
    if (sets->units != NULL && (packet->flags & AV_PKT_FLAG_KEY) != 0)
        put_before(sets, packet);
}
