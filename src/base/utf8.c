#include "base/utf8.h"

size_t utf8_sequence(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    if (size == 0)
        return 0;
    unsigned char c = bytes[0];
    if (c < 0x80)
        return 1;
    size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (c < 0xC2 || c > 0xF4 || length > size)
        return 0;
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    for (size_t i = 1; i < length; i++) {
        if (bytes[i] < low || bytes[i] > high)
            return 0;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

size_t utf8_decode(const char *text, size_t size, uint32_t *character)
{
    static const unsigned char bits_of_first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = utf8_sequence(text, size);
    *character = length > 0 ? (uint32_t)bytes[0] & bits_of_first[length] : 0;
    for (size_t i = 1; i < length; i++)
        *character = *character << 6 | (bytes[i] & 0x3F);
    return length;
}

bool utf8_is_valid(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = text[at] != '\0' ? utf8_sequence(text + at, size - at) : 0;
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}
