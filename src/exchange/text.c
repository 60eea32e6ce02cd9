#include "exchange/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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
