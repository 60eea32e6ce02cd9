#include "meta_store/frame_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VERSION 1
#define FLOATS 5

static void put_varint(struct strbuf *out, uint64_t value)
{
    while (value >= 0x80) {
        strbuf_addc(out, (char)(unsigned char)(value | 0x80));
        value >>= 7;
    }
    strbuf_addc(out, (char)(unsigned char)value);
}

static void put_float(struct strbuf *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    const unsigned char bytes[4] = {
        (unsigned char)bits, (unsigned char)(bits >> 8), (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
    strbuf_add(out, bytes, sizeof(bytes));
}

static size_t find_name(const struct meta_object *objects, const size_t *first_uses, size_t names, size_t object)
{
    for (size_t i = 0; i < names; i++) {
        if (strcmp(objects[first_uses[i]].class_name, objects[object].class_name) == 0)
            return i;
    }
    return names;
}

void frame_value_encode(const struct meta_object *objects, size_t count, struct strbuf *out)
{
    if (count == 0)
        return;
    size_t *first_uses = mem_calloc(count, sizeof(*first_uses));
    size_t *names_of = mem_calloc(count, sizeof(*names_of));
    size_t names = 0;
    for (size_t i = 0; i < count; i++) {
        names_of[i] = find_name(objects, first_uses, names, i);
        if (names_of[i] == names)
            first_uses[names++] = i;
    }
    strbuf_addc(out, VERSION);
    put_varint(out, names);
    for (size_t i = 0; i < names; i++) {
        const char *name = objects[first_uses[i]].class_name;
        size_t length = strnlen(name, META_CLASS_SIZE - 1);
        strbuf_addc(out, (char)length);
        strbuf_add(out, name, length);
    }
    put_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct meta_object *object = &objects[i];
        const float floats[FLOATS] = {object->x, object->y, object->width, object->height, object->score};
        for (size_t k = 0; k < FLOATS; k++)
            put_float(out, floats[k]);
        put_varint(out, names_of[i]);
        put_varint(out, (uint64_t)object->track + 1);
    }
    free(names_of);
    free(first_uses);
}

// What is left to read. After the first shortage `bad` stays set and everything reads as zero.
struct reader {
    const unsigned char *at, *end;
    bool bad;
};

static const unsigned char *take(struct reader *reader, size_t size)
{
    if (reader->bad || (size_t)(reader->end - reader->at) < size) {
        reader->bad = true;
        return NULL;
    }
    const unsigned char *bytes = reader->at;
    reader->at += size;
    return bytes;
}

static uint64_t take_varint(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = take(reader, 1);
        if (byte == NULL)
            return 0;
        value |= (uint64_t)(*byte & 0x7F) << shift;
        if ((*byte & 0x80) == 0)
            return value;
    }
    reader->bad = true;
    return 0;
}

static float take_float(struct reader *reader)
{
    const unsigned char *b = take(reader, 4);
    uint32_t bits = b != NULL ? (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24 : 0;
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static size_t take_count(struct reader *reader)
{
    uint64_t count = take_varint(reader);
    if (count > OBJECTS_PER_FRAME_MAX)
        reader->bad = true;
    return reader->bad ? 0 : (size_t)count;
}

static void take_name(struct reader *reader, char name[META_CLASS_SIZE])
{
    const unsigned char *length = take(reader, 1);
    if (length == NULL || *length >= META_CLASS_SIZE) {
        reader->bad = true;
        return;
    }
    const unsigned char *bytes = take(reader, *length);
    if (bytes != NULL)
        memcpy(name, bytes, *length);
}

static void take_object(
    struct reader *reader, char (*names)[META_CLASS_SIZE], size_t name_count, struct meta_object *object)
{
    object->x = take_float(reader);
    object->y = take_float(reader);
    object->width = take_float(reader);
    object->height = take_float(reader);
    object->score = take_float(reader);
    uint64_t name = take_varint(reader);
    object->track = (int64_t)(take_varint(reader) - 1);
    if (name >= name_count)
        reader->bad = true;
    else
        memcpy(object->class_name, names[name], META_CLASS_SIZE);
}

enum err_code frame_value_decode(
    const void *bytes, size_t size, struct meta_object **objects, size_t *count, struct err *err)
{
    *objects = NULL;
    *count = 0;
    if (size == 0)
        return ERR_NONE;
    struct reader reader = {.at = bytes, .end = (const unsigned char *)bytes + size};
    const unsigned char *version = take(&reader, 1);
    if (*version != VERSION)
        return err_set(err, ERR_CORRUPT, "the objects of a frame are stored in the unknown format %d", *version);
    size_t name_count = take_count(&reader);
    char(*names)[META_CLASS_SIZE] = mem_calloc(name_count + 1, sizeof(*names));
    for (size_t i = 0; i < name_count; i++)
        take_name(&reader, names[i]);
    size_t object_count = take_count(&reader);
    struct meta_object *found = mem_calloc(object_count + 1, sizeof(*found));
    for (size_t i = 0; i < object_count && !reader.bad; i++)
        take_object(&reader, names, name_count, &found[i]);
    free(names);
    if (reader.bad || reader.at != reader.end || object_count == 0) {
        free(found);
        return err_set(err, ERR_CORRUPT, "the stored objects of a frame are damaged");
    }
    *objects = found;
    *count = object_count;
    return ERR_NONE;
}
