#include "meta_store/value_bytes.h"

#include <string.h>

void value_put_uint(struct strbuf *out, uint64_t number)
{
    while (number >= 0x80) {
        strbuf_addc(out, (char)(unsigned char)(number | 0x80));
        number >>= 7;
    }
    strbuf_addc(out, (char)(unsigned char)number);
}

void value_put_int(struct strbuf *out, int64_t number)
{
    value_put_uint(out, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

static void put_little(struct strbuf *out, uint64_t bits, int size)
{
    for (int i = 0; i < size; i++)
        strbuf_addc(out, (char)(unsigned char)(bits >> (8 * i)));
}

void value_put_float(struct strbuf *out, float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof(bits));
    put_little(out, bits, 4);
}

void value_put_double(struct strbuf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    put_little(out, bits, 8);
}

void value_put_bytes(struct strbuf *out, const void *bytes, size_t size)
{
    value_put_uint(out, size);
    strbuf_add(out, bytes, size);
}

void value_reader_init(struct value_reader *reader, const void *bytes, size_t size)
{
    *reader = (struct value_reader){.at = bytes, .end = (const unsigned char *)bytes + size};
}

bool value_reader_is_done(const struct value_reader *reader)
{
    return !reader->bad && reader->at == reader->end;
}

const unsigned char *value_take(struct value_reader *reader, size_t size)
{
    if (reader->bad || (size_t)(reader->end - reader->at) < size) {
        reader->bad = true;
        return NULL;
    }
    const unsigned char *bytes = reader->at;
    reader->at += size;
    return bytes;
}

uint64_t value_take_uint(struct value_reader *reader)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = value_take(reader, 1);
        if (byte == NULL)
            return 0;
        number |= (uint64_t)(*byte & 0x7F) << shift;
        if ((*byte & 0x80) == 0)
            return number;
    }
    reader->bad = true;
    return 0;
}

int64_t value_take_int(struct value_reader *reader)
{
    uint64_t bits = value_take_uint(reader);
    return (int64_t)(bits >> 1 ^ ((bits & 1) != 0 ? UINT64_MAX : 0));
}

int64_t value_take_int_in(struct value_reader *reader, int64_t least, int64_t most)
{
    int64_t number = value_take_int(reader);
    if (number < least || number > most)
        reader->bad = true;
    return reader->bad ? least : number;
}

static uint64_t take_little(struct value_reader *reader, size_t size)
{
    const unsigned char *bytes = value_take(reader, size);
    uint64_t bits = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        bits |= (uint64_t)bytes[i] << (8 * i);
    return bits;
}

float value_take_float(struct value_reader *reader)
{
    uint32_t bits = (uint32_t)take_little(reader, 4);
    float number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

double value_take_double(struct value_reader *reader)
{
    uint64_t bits = take_little(reader, 8);
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

const unsigned char *value_take_bytes(struct value_reader *reader, size_t most, size_t *size)
{
    uint64_t length = value_take_uint(reader);
    if (length > most)
        reader->bad = true;
    const unsigned char *bytes = reader->bad ? NULL : value_take(reader, (size_t)length);
    *size = bytes != NULL ? (size_t)length : 0;
    return bytes;
}

void value_take_text(struct value_reader *reader, char *out, size_t out_size)
{
    size_t size;
    const unsigned char *bytes = value_take_bytes(reader, out_size - 1, &size);
    if (bytes != NULL)
        memcpy(out, bytes, size);
    out[bytes != NULL ? size : 0] = '\0';
}
