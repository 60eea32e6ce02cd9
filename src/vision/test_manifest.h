// Manifests and pictures for tests of this module.
#pragma once

#include <stdint.h>

#include "vision/manifest.h"
#include "vision/pixels.h"

// A detector with the classes "cat" and "dog" and this "output", in JSON with ' for ". Ends the test if it is refused.
struct manifest *test_detector_manifest(int width, int height, const char *output);
// Replaces each ' by ", to keep JSON readable in C. To be freed.
char *test_json(const char *text);
// A picture by formula: red 37x + 101y + 17, green 91x + 59y + 99, blue 143x + 211y + 3, modulo 256. To be freed.
uint8_t *test_picture_data(int width, int height);

// cmocka's own takes floats.
#define assert_near(found, expected, within) assert_float_equal((float)(found), (float)(expected), (float)(within))
