// Numbers and texts as bytes, for values and files that are stored: little-endian, whole numbers as LEB128.
//
// Reading never goes past the end: after the first shortage `bad` stays set and everything reads as zero, so that one
// look at the end is enough. Any bytes are safe.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

void value_put_uint(struct strbuf *out, uint64_t number);
// Zigzag: small numbers of either sign are short.
void value_put_int(struct strbuf *out, int64_t number);
void value_put_float(struct strbuf *out, float number);
void value_put_double(struct strbuf *out, double number);
// With its length before it.
void value_put_bytes(struct strbuf *out, const void *bytes, size_t size);

struct value_reader {
    const unsigned char *at, *end;
    bool bad;
};
void value_reader_init(struct value_reader *reader, const void *bytes, size_t size);
// Whether everything was there and nothing is left.
bool value_reader_is_done(const struct value_reader *reader);

// The next `size` bytes, borrowed; NULL if they are not there.
const unsigned char *value_take(struct value_reader *reader, size_t size);
uint64_t value_take_uint(struct value_reader *reader);
int64_t value_take_int(struct value_reader *reader);
// Between bounds; bad otherwise, and then `least`.
int64_t value_take_int_in(struct value_reader *reader, int64_t least, int64_t most);
float value_take_float(struct value_reader *reader);
double value_take_double(struct value_reader *reader);
// What value_put_bytes put, borrowed; bad if there are more than `most` or not all are there, and then *size is 0.
const unsigned char *value_take_bytes(struct value_reader *reader, size_t most, size_t *size);
// The same as a text of at most out_size - 1 bytes.
void value_take_text(struct value_reader *reader, char *out, size_t out_size);
