// The colour half of a crop's descriptor: a histogram over CIE Lab, as docs/model-manifest.md defines it ("Colour
// histogram"). The table from RGB to bins is made once; then it is read only and safe from all threads.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "vision/manifest.h"

struct colour_histogram;

// For pictures of `width` by `height` pixels.
struct colour_histogram *colour_histogram_new(const struct manifest_colour *colour, int width, int height);
void colour_histogram_free(struct colour_histogram *histogram);
int colour_histogram_dimension(const struct colour_histogram *histogram);
// Of packed 8-bit RGB pixels, into colour_histogram_dimension() numbers of L2 norm 1.
void colour_histogram_compute(const struct colour_histogram *histogram, const uint8_t *rgb, float *out);

// sRGB (0 … 255) to CIE Lab under D65.
void colour_lab_from_rgb(const double rgb[3], double lab[3]);
