// The fields of a video as a table, for what keeps or carries them by name: Redis, and files of exported metadata.
//
// A field that is added to struct meta_video or struct meta_media is added here too.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "meta_store/meta_store.h"

enum meta_field_type { META_FIELD_TEXT, META_FIELD_BOOL, META_FIELD_INT32, META_FIELD_INT64, META_FIELD_DOUBLE };

struct meta_field {
    const char *name;
    enum meta_field_type type;
    size_t offset, size; // in struct meta_video
    bool of_media;
};

extern const struct meta_field meta_fields[];
extern const size_t meta_field_count;

// The field's value as a text: numbers in decimal, doubles so that they come back bit for bit. Appends.
void meta_field_format(const struct meta_field *field, const struct meta_video *video, struct strbuf *out);
// Takes it from a text; false if it is none of that type, or too large.
bool meta_field_parse(const struct meta_field *field, const char *text, size_t size, struct meta_video *video);
