#include "media/parameter_sets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// Up to the first list of units, its count or type included.
#define AVCC_HEADER 6
#define HVCC_HEADER 23
// Types of HEVC's units (ITU-T H.265, table 7-1).
#define HEVC_VIDEO_SETS 32
#define HEVC_PICTURE_SETS 34
// Real ones have some hundred bytes.
#define SETS_MAX_BYTES 65536

void parameter_sets_release(struct parameter_sets *sets)
{
    free(sets->units);
    *sets = (struct parameter_sets){0};
}

// Whether it is the record (avcC or hvcC) that says how the units of such a stream are kept.
static bool is_record(enum AVCodecID codec, const uint8_t *data, size_t size)
{
    if (codec == AV_CODEC_ID_HEVC)
        return size > HVCC_HEADER && data[0] == 1;
    return codec == AV_CODEC_ID_H264 && size > AVCC_HEADER && data[0] == 1;
}

// Bytes of the length before each unit.
static size_t length_bytes(enum AVCodecID codec, const uint8_t *record)
{
    return (size_t)(record[codec == AV_CODEC_ID_HEVC ? 21 : 4] & 3) + 1;
}

struct record {
    const uint8_t *data;
    size_t size;
    size_t at;     // of what is to be read next
    size_t prefix; // bytes of the length before each unit
};

// Adds the units of one list of the record, or goes over them; false where they go past its end.
static bool add_units(struct parameter_sets *sets, struct record *record, int count, bool wanted)
{
    for (int i = 0; i < count; i++) {
        if (record->size - record->at < 2)
            return false;
        size_t length = (size_t)record->data[record->at] << 8 | record->data[record->at + 1];
        record->at += 2;
        if (length == 0 || length > record->size - record->at)
            return false;
        const uint8_t *unit = record->data + record->at;
        record->at += length;
        if (!wanted)
            continue;
        if (sets->size + record->prefix + length > SETS_MAX_BYTES || (record->prefix == 1 && length > UINT8_MAX))
            return false;
        uint8_t *to = sets->units + sets->size;
        for (size_t b = 0; b < record->prefix; b++)
            to[record->prefix - 1 - b] = b < 2 ? (uint8_t)(length >> 8 * b) : 0;
        memcpy(to + record->prefix, unit, length);
        sets->size += record->prefix + length;
    }
    return true;
}

static bool read_avcc(struct parameter_sets *sets, struct record *record)
{
    int sequences = record->data[AVCC_HEADER - 1] & 0x1F;
    record->at = AVCC_HEADER;
    if (!add_units(sets, record, sequences, true) || record->at >= record->size)
        return false;
    int pictures = record->data[record->at++];
    return add_units(sets, record, pictures, true);
}

// Lists by type, of which messages (SEI) are no parameter sets.
static bool read_hvcc(struct parameter_sets *sets, struct record *record)
{
    int lists = record->data[HVCC_HEADER - 1];
    record->at = HVCC_HEADER;
    for (int i = 0; i < lists; i++) {
        if (record->size - record->at < 3)
            return false;
        int type = record->data[record->at] & 0x3F;
        int count = record->data[record->at + 1] << 8 | record->data[record->at + 2];
        record->at += 3;
        if (!add_units(sets, record, count, type >= HEVC_VIDEO_SETS && type <= HEVC_PICTURE_SETS))
            return false;
    }
    return true;
}

static void read_record(struct parameter_sets *sets, enum AVCodecID codec, const uint8_t *data, size_t size)
{
    struct parameter_sets fresh = {.units = mem_alloc(SETS_MAX_BYTES)};
    struct record record = {.data = data, .size = size, .prefix = length_bytes(codec, data)};
    bool whole = codec == AV_CODEC_ID_HEVC ? read_hvcc(&fresh, &record) : read_avcc(&fresh, &record);
    if (!whole || fresh.size == 0) {
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
    enum AVCodecID codec = par->codec_id;
    if (!is_record(codec, par->extradata, (size_t)par->extradata_size))
        return;
    size_t size = 0;
    const uint8_t *data = av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
    bool same = sets->units == NULL && size == (size_t)par->extradata_size && data != NULL &&
        memcmp(data, par->extradata, size) == 0;
    if (data != NULL && !same && is_record(codec, data, size) &&
        length_bytes(codec, data) == length_bytes(codec, par->extradata))
        read_record(sets, codec, data, size);
    if (sets->units != NULL && (packet->flags & AV_PKT_FLAG_KEY) != 0)
        put_before(sets, packet);
}
