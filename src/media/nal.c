#include "media/nal.h"

#include <string.h>

int nal_length_size(const AVCodecParameters *par)
{
    // avcC and hvcC begin with version 1; Annex B extradata with a start code. hvcC of old writers may have version 0.
    const uint8_t *data = par->extradata;
    if (par->codec_id == AV_CODEC_ID_H264 && par->extradata_size >= 7 && data[0] == 1)
        return (data[4] & 3) + 1;
    if (par->codec_id == AV_CODEC_ID_HEVC && par->extradata_size >= 23 && (data[0] != 0 || data[1] != 0 || data[2] > 1))
        return (data[21] & 3) + 1;
    return 0;
}

static bool next_prefixed(struct nal_reader *reader, const uint8_t **unit, size_t *unit_size)
{
    size_t prefix = (size_t)reader->length_size;
    if (reader->size - reader->position < prefix)
        return false;
    uint64_t length = 0;
    for (size_t i = 0; i < prefix; i++)
        length = length << 8 | reader->data[reader->position + i];
    reader->position += prefix;
    if (length == 0 || length > reader->size - reader->position) {
        reader->position = reader->size;
        return false;
    }
    *unit = reader->data + reader->position;
    *unit_size = (size_t)length;
    reader->position += (size_t)length;
    return true;
}

// The position after the next 00 00 01, or the size.
static size_t after_start_code(const uint8_t *data, size_t size, size_t from)
{
    while (from + 3 <= size) {
        const uint8_t *one = memchr(data + from + 2, 1, size - from - 2);
        if (one == NULL)
            return size;
        size_t at = (size_t)(one - data);
        if (data[at - 1] == 0 && data[at - 2] == 0)
            return at + 1;
        from = at - 1;
    }
    return size;
}

static bool next_after_start_code(struct nal_reader *reader, const uint8_t **unit, size_t *unit_size)
{
    if (reader->position == 0)
        reader->position = after_start_code(reader->data, reader->size, 0);
    if (reader->position >= reader->size)
        return false;
    size_t begin = reader->position;
    size_t next = after_start_code(reader->data, reader->size, begin);
    size_t end = next;
    if (next < reader->size || (next >= 3 && memcmp(reader->data + next - 3, "\0\0\1", 3) == 0))
        end = next - 3;
    *unit = reader->data + begin;
    *unit_size = end > begin ? end - begin : 0;
    reader->position = next;
    return *unit_size > 0;
}

bool nal_next(struct nal_reader *reader, const uint8_t **unit, size_t *unit_size)
{
    return reader->length_size > 0 ? next_prefixed(reader, unit, unit_size)
                                   : next_after_start_code(reader, unit, unit_size);
}

static uint32_t read_bit(struct nal_bits *bits)
{
    if (bits->bit == 0 && bits->zeros >= 2 && bits->byte < bits->size && bits->data[bits->byte] == 3) {
        bits->byte++;
        bits->zeros = 0;
    }
    if (bits->byte >= bits->size) {
        bits->overrun = true;
        return 0;
    }
    uint32_t value = (bits->data[bits->byte] >> (7 - bits->bit)) & 1u;
    if (++bits->bit == 8) {
        bits->zeros = bits->data[bits->byte] == 0 ? bits->zeros + 1 : 0;
        bits->bit = 0;
        bits->byte++;
    }
    return value;
}

uint32_t nal_bits_read(struct nal_bits *bits, int count)
{
    uint32_t value = 0;
    while (count-- > 0)
        value = value << 1 | read_bit(bits);
    return value;
}

uint32_t nal_bits_ue(struct nal_bits *bits)
{
    int zeros = 0;
    while (read_bit(bits) == 0) {
        if (bits->overrun || ++zeros > 31)
            return UINT32_MAX;
    }
    return (uint32_t)(((uint64_t)1 << zeros) - 1 + nal_bits_read(bits, zeros));
}
