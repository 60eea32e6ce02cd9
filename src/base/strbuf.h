// A growing byte string, always followed by a NUL. One thread at a time; growth cannot fail (see mem.h).
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
    char *data; // never NULL after strbuf_init
    size_t size;
    size_t capacity;
};

void strbuf_init(struct strbuf *sb);
void strbuf_release(struct strbuf *sb);
void strbuf_reset(struct strbuf *sb);
void strbuf_reserve(struct strbuf *sb, size_t extra);
void strbuf_add(struct strbuf *sb, const void *bytes, size_t size);
void strbuf_adds(struct strbuf *sb, const char *text);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_addv(struct strbuf *sb, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
// Hands the bytes (NUL-terminated, to be freed) to the caller and leaves an empty string, which needs no release.
char *strbuf_detach(struct strbuf *sb, size_t *size);
// The text without white space at its ends, which is cut off in place.
char *text_trim(char *text);
