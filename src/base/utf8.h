// UTF-8 as the Unicode Standard has it (Unicode 15, table 3-7): nothing overlong, no surrogates, nothing past U+10FFFF.
// No shared state: safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes of the character that `size` bytes at `text` begin with, 1 to 4; 0 if they begin with none. NUL is one.
size_t utf8_sequence(const char *text, size_t size);
// The same, and which character it is.
size_t utf8_decode(const char *text, size_t size, uint32_t *character);
// Whether `size` bytes are characters and nothing else. NUL is not among them.
bool utf8_is_valid(const char *text, size_t size);
