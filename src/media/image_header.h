// What the headers of picture files say. Internal to the module.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Size of a PNG, GIF, WebP or BMP; false if the header does not tell it.
bool image_header_size(const void *data, size_t size, int64_t *width, int64_t *height);
// The EXIF orientation of a JPEG, 1 to 8 (1: as stored, also when there is none).
int jpeg_exif_orientation(const void *data, size_t size);
// Whether a JPEG has a frame header and begins its coded data. (libjpeg-turbo's simple interface does not tell.)
bool jpeg_has_scan(const void *data, size_t size);
// How many scans a JPEG has: coded passes over the picture, each of which costs its decoder the whole picture.
int64_t jpeg_scan_count(const void *data, size_t size);
// What progressive JPEGs have at most, whoever writes them.
#define JPEG_SCANS_USUAL 16
