#include "media/image_header.h"

#include <stdlib.h>
#include <string.h>

#include "media/image.h"

#define EXIF_ENTRIES_MAX 512

static uint32_t big(const uint8_t *bytes, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

static uint32_t little(const uint8_t *bytes, int count)
{
    uint32_t value = 0;
    for (int i = count - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static bool webp_size(const uint8_t *bytes, size_t size, int64_t *width, int64_t *height)
{
    if (size < 30)
        return false;
    if (memcmp(bytes + 12, "VP8X", 4) == 0) {
        *width = (int64_t)little(bytes + 24, 3) + 1;
        *height = (int64_t)little(bytes + 27, 3) + 1;
        return true;
    }
    if (memcmp(bytes + 12, "VP8L", 4) == 0) {
        uint32_t bits = little(bytes + 21, 4);
        *width = (bits & 0x3FFF) + 1;
        *height = (bits >> 14 & 0x3FFF) + 1;
        return true;
    }
    if (memcmp(bytes + 12, "VP8 ", 4) == 0) {
        *width = little(bytes + 26, 2) & 0x3FFF;
        *height = little(bytes + 28, 2) & 0x3FFF;
        return true;
    }
    return false;
}

static bool bmp_size(const uint8_t *bytes, size_t size, int64_t *width, int64_t *height)
{
    if (size < 26)
        return false;
    if (little(bytes + 14, 4) == 12) { // the header of OS/2
        *width = little(bytes + 18, 2);
        *height = little(bytes + 20, 2);
        return true;
    }
    *width = (int32_t)little(bytes + 18, 4);
    *height = llabs((long long)(int32_t)little(bytes + 22, 4)); // negative: rows from the top
    return true;
}

bool image_header_size(const void *data, size_t size, int64_t *width, int64_t *height)
{
    const char *type = image_content_type(data, size);
    const uint8_t *bytes = data;
    if (type == NULL)
        return false;
    if (strcmp(type, "image/png") == 0 && size >= 24) {
        *width = big(bytes + 16, 4);
        *height = big(bytes + 20, 4);
        return true;
    }
    if (strcmp(type, "image/gif") == 0 && size >= 10) {
        *width = little(bytes + 6, 2);
        *height = little(bytes + 8, 2);
        return true;
    }
    if (strcmp(type, "image/webp") == 0)
        return webp_size(bytes, size, width, height);
    if (strcmp(type, "image/bmp") == 0)
        return bmp_size(bytes, size, width, height);
    return false;
}

static int orientation_in_tiff(const uint8_t *tiff, size_t size)
{
    if (size < 8 || (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0))
        return 1;
    uint32_t (*number)(const uint8_t *, int) = tiff[0] == 'I' ? little : big;
    size_t at = number(tiff + 4, 4);
    if (at > size || size - at < 2)
        return 1;
    uint32_t entries = number(tiff + at, 2);
    at += 2;
    for (uint32_t i = 0; i < entries && i < EXIF_ENTRIES_MAX && size - at >= 12; i++, at += 12) {
        if (number(tiff + at, 2) != 0x0112)
            continue;
        uint32_t value = number(tiff + at + 8, 2);
        return value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}

// Goes to the next marker segment of a JPEG's header; false at its end, with `marker` 0 unless coded data follow.
static bool next_segment(const uint8_t *bytes, size_t size, size_t *at, uint8_t *marker, size_t *length)
{
    *marker = 0;
    while (size >= 4 && *at <= size - 4 && bytes[*at] == 0xFF && bytes[*at + 1] == 0xFF) // fill bytes
        *at += 1;
    if (size < 4 || *at > size - 4 || bytes[*at] != 0xFF)
        return false;
    *length = big(bytes + *at + 2, 2);
    if (*length < 2 || *length > size - *at - 2)
        return false;
    *marker = bytes[*at + 1];
    return *marker != 0xDA && *marker != 0xD9;
}

int jpeg_exif_orientation(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t marker;
    size_t length;
    for (size_t at = 2; next_segment(bytes, size, &at, &marker, &length); at += 2 + length) {
        if (marker == 0xE1 && length >= 16 && memcmp(bytes + at + 4, "Exif\0\0", 6) == 0)
            return orientation_in_tiff(bytes + at + 10, length - 8);
    }
    return 1;
}

bool jpeg_has_scan(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t marker;
    size_t length;
    bool frame = false;
    for (size_t at = 2; next_segment(bytes, size, &at, &marker, &length); at += 2 + length) {
        if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC)
            frame = true;
    }
    return frame && marker == 0xDA;
}

int64_t jpeg_scan_count(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t marker;
    size_t length;
    size_t at = 2;
    int64_t scans = 0;
    while (next_segment(bytes, size, &at, &marker, &length))
        at += 2 + length;
    // In coded data 0xFF stands for itself with a zero behind it. The tables between scans are too few to matter.
    while (at + 1 < size) {
        const uint8_t *found = memchr(bytes + at, 0xFF, size - at - 1);
        if (found == NULL)
            break;
        scans += found[1] == 0xDA;
        at = (size_t)(found - bytes) + 1;
    }
    return scans;
}
