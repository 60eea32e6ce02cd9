#include "base/strbuf.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CAPACITY_MIN 64

// What empty strings point to before they own memory: so that an empty string needs no release, in particular not after
// its bytes were detached. Never written to.
static char nothing[1];

void strbuf_init(struct strbuf *sb)
{
    *sb = (struct strbuf){.data = nothing};
}

void strbuf_release(struct strbuf *sb)
{
    if (sb->capacity > 0)
        free(sb->data);
    *sb = (struct strbuf){0};
}

void strbuf_reset(struct strbuf *sb)
{
    sb->size = 0;
    if (sb->capacity > 0)
        sb->data[0] = '\0';
}

void strbuf_reserve(struct strbuf *sb, size_t extra)
{
    size_t want = sb->size + extra + 1;
    if (want <= sb->capacity)
        return;
    size_t capacity = sb->capacity > 0 ? sb->capacity * 2 : CAPACITY_MIN;
    capacity = capacity > want ? capacity : want;
    sb->data = mem_realloc(sb->capacity > 0 ? sb->data : NULL, capacity);
    sb->data[sb->size] = '\0';
    sb->capacity = capacity;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t size)
{
    strbuf_reserve(sb, size);
    if (size != 0)
        memcpy(sb->data + sb->size, bytes, size);
    sb->size += size;
    sb->data[sb->size] = '\0';
}

void strbuf_adds(struct strbuf *sb, const char *text)
{
    strbuf_add(sb, text, strlen(text));
}

void strbuf_addc(struct strbuf *sb, char c)
{
    strbuf_add(sb, &c, 1);
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    strbuf_addv(sb, format, args);
    va_end(args);
}

void strbuf_addv(struct strbuf *sb, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(sb->data + sb->size, sb->capacity - sb->size, format, args);
    if (length > 0 && (size_t)length >= sb->capacity - sb->size) {
        strbuf_reserve(sb, (size_t)length);
        vsnprintf(sb->data + sb->size, sb->capacity - sb->size, format, again);
    }
    va_end(again);
    if (length > 0)
        sb->size += (size_t)length;
}

char *strbuf_detach(struct strbuf *sb, size_t *size)
{
    strbuf_reserve(sb, 0);
    char *data = sb->data;
    if (size != NULL)
        *size = sb->size;
    strbuf_init(sb);
    return data;
}

char *text_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}
