#include "meta_store/frame_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/value_bytes.h"

#define VERSION 1
#define FLOATS 5

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
    value_put_uint(out, names);
    for (size_t i = 0; i < names; i++) {
        const char *name = objects[first_uses[i]].class_name;
        size_t length = strnlen(name, META_CLASS_SIZE - 1);
        strbuf_addc(out, (char)length);
        strbuf_add(out, name, length);
    }
    value_put_uint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct meta_object *object = &objects[i];
        const float floats[FLOATS] = {object->x, object->y, object->width, object->height, object->score};
        for (size_t k = 0; k < FLOATS; k++)
            value_put_float(out, floats[k]);
        value_put_uint(out, names_of[i]);
        value_put_uint(out, (uint64_t)object->track + 1);
    }
    free(names_of);
    free(first_uses);
}

static size_t take_count(struct value_reader *reader)
{
    uint64_t count = value_take_uint(reader);
    if (count > OBJECTS_PER_FRAME_MAX)
        reader->bad = true;
    return reader->bad ? 0 : (size_t)count;
}

static void take_name(struct value_reader *reader, char name[META_CLASS_SIZE])
{
    const unsigned char *length = value_take(reader, 1);
    if (length == NULL || *length >= META_CLASS_SIZE) {
        reader->bad = true;
        return;
    }
    const unsigned char *bytes = value_take(reader, *length);
    if (bytes != NULL)
        memcpy(name, bytes, *length);
}

static void take_object(
    struct value_reader *reader, char (*names)[META_CLASS_SIZE], size_t name_count, struct meta_object *object)
{
    object->x = value_take_float(reader);
    object->y = value_take_float(reader);
    object->width = value_take_float(reader);
    object->height = value_take_float(reader);
    object->score = value_take_float(reader);
    uint64_t name = value_take_uint(reader);
    object->track = (int64_t)(value_take_uint(reader) - 1);
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
    struct value_reader reader;
    value_reader_init(&reader, bytes, size);
    const unsigned char *version = value_take(&reader, 1);
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
    if (!value_reader_is_done(&reader) || object_count == 0) {
        free(found);
        return err_set(err, ERR_CORRUPT, "the stored objects of a frame are damaged");
    }
    *objects = found;
    *count = object_count;
    return ERR_NONE;
}
