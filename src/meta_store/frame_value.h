// A frame's objects as one compact value, for backends that store bytes: floats bit for bit, class names once each.
//
// Version 1, little-endian: the byte 1; varint number of class names; each as a length byte and its bytes; varint
// number of objects; each as x, y, width, height, score (IEEE 754 binary32), varint position of its class name, varint
// track + 1. Varints are LEB128. A value without objects is empty.
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "meta_store/meta_store.h"

// Appends the value of `count` objects, at most OBJECTS_PER_FRAME_MAX.
void frame_value_encode(const struct meta_object *objects, size_t count, struct strbuf *out);
// The objects of a value, to be freed; NULL for none. ERR_CORRUPT for anything frame_value_encode does not make; any
// bytes are safe.
enum err_code frame_value_decode(
    const void *bytes, size_t size, struct meta_object **objects, size_t *count, struct err *err) ERR_MUST_CHECK;
