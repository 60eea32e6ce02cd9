// Numbers and texts as the formats want them. No shared state: safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

// The shortest of two forms that is read back as the same float; 0 for what is not finite.
void text_add_float(struct strbuf *out, float number);
// A JSON string with its quotes. What is no UTF-8 becomes U+FFFD.
void text_add_json(struct strbuf *out, const char *text);
// Whether `size` bytes are UTF-8 (Unicode 15, table 3-7) without NUL.
bool text_is_utf8(const char *text, size_t size);
