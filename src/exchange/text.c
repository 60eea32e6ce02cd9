#include "exchange/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

void text_add_float(struct strbuf *out, float number)
{
    char text[32];
    if (!isfinite(number)) {
        strbuf_addc(out, '0');
        return;
    }
    // Six digits are enough for most, nine for all (IEEE 754, 5.12.2).
    snprintf(text, sizeof(text), "%.6g", (double)number);
    if (strtof(text, NULL) != number)
        snprintf(text, sizeof(text), "%.9g", (double)number);
    strbuf_adds(out, text);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            return false;
    }
    return true;
}

void text_add_json(struct strbuf *out, const char *text)
{
    if (is_plain(text)) {
        strbuf_addc(out, '"');
        strbuf_adds(out, text);
        strbuf_addc(out, '"');
        return;
    }
    json_t *value = json_string_lossy(text);
    json_dump(value, out);
    json_decref(value);
}

bool text_is_utf8(const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    while (at < end) {
        unsigned char c = *at++;
        if (c == 0)
            return false;
        if (c < 0x80)
            continue;
        if (c < 0xC2 || c > 0xF4)
            return false;
        unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
        unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        for (int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1; more > 0; more--) {
            if (at == end || *at < low || *at > high)
                return false;
            at++;
            low = 0x80;
            high = 0xBF;
        }
    }
    return true;
}
