#include "base/plain_text.h"

#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static bool is_line_break(uint32_t c)
{
    return (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool turns_direction(uint32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool plain_text_forbids(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || is_line_break(c) || turns_direction(c);
}

// What stands for the character at `text`, `*length` bytes, and how many bytes of `text` it stands for.
static const char *show(const char *text, size_t size, size_t *length, size_t *taken)
{
    uint32_t c = 0;
    const char *shown = text;
    *taken = utf8_decode(text, size, &c);
    *length = *taken;
    if (*taken > 0 && !plain_text_forbids(c))
        return shown;
    shown = *taken > 0 && is_line_break(c) ? " " : REPLACEMENT;
    *length = strlen(shown);
    *taken = *taken > 0 ? *taken : 1;
    return shown;
}

void plain_text_add(struct strbuf *out, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length;
        size_t taken;
        const char *shown = show(text + at, size - at, &length, &taken);
        strbuf_add(out, shown, length);
        at += taken;
    }
}

void plain_text_copy(char *out, size_t size, const char *text)
{
    size_t used = 0;
    size_t left = strlen(text);
    while (left > 0) {
        size_t length;
        size_t taken;
        const char *shown = show(text, left, &length, &taken);
        if (used + length >= size)
            break;
        memcpy(out + used, shown, length);
        used += length;
        text += taken;
        left -= taken;
    }
    out[used] = '\0';
}

enum err_code plain_text_check(const char *text, const char *whose, struct err *err)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        uint32_t c = 0;
        size_t length = utf8_decode(text + at, size - at, &c);
        if (length == 0)
            return err_set(err, ERR_INVALID, "%s is not valid UTF-8", whose);
        if (turns_direction(c))
            return err_set(err, ERR_INVALID,
                "%s has no marks that turn the text's direction, but this one has U+%04X: take it out (text in "
                "right-to-left scripts needs none)",
                whose, (unsigned)c);
        if (plain_text_forbids(c))
            return err_set(err, ERR_INVALID,
                "%s has no control characters or line breaks, but this one has U+%04X: take it out", whose,
                (unsigned)c);
        at += length;
    }
    return ERR_NONE;
}
