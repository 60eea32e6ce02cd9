// Numbers and texts as the formats want them. No shared state: safe from all threads.
#pragma once

#include "base/strbuf.h"

// The shortest of two forms that is read back as the same float; 0 for what is not finite.
void text_add_float(struct strbuf *out, float number);
// A JSON string with its quotes. What is no UTF-8 becomes U+FFFD.
void text_add_json(struct strbuf *out, const char *text);
