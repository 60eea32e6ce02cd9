// Walks a JSON document that is too large to hold: an object whose fields are mostly lists of small things, as COCO's.
//
// The text is borrowed; one item at a time becomes a value, so the walk takes the memory of an item. Like json_parse()
// it refuses duplicate keys (also of the document itself), NUL characters, invalid UTF-8 and anything behind the
// document; a byte order mark in front is passed over. Errors are ERR_INVALID and ERR_LIMIT, and name the item and the
// line. Thread rule: one thread at a time.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

#define JSON_WALK_FIELDS_MAX 100 // of the document

// `index` counts a list's items from 0; `value` is borrowed. A list is announced before its first item, with index -1
// and without a value; a field that is no list comes once, with index -1 and its value. What it returns but ERR_NONE
// ends the walk.
typedef enum err_code json_walk_visit(
    void *context, const char *field, int64_t index, const json_t *value, struct err *err);

// `item_most`: bytes of one item's text, or of a field that is no list.
enum err_code json_walk(const char *text, size_t size, size_t item_most, json_walk_visit *visit, void *context,
    struct err *err) ERR_MUST_CHECK;
