#include "vision/colour_histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

// A colour is shared between the two nearest bins of each axis at most.
#define SHARES_MAX 8

struct share {
    uint16_t bin;
    float weight;
};

struct colour_histogram {
    struct manifest_colour colour;
    int width;
    int height;
    int shift; // from 8 bits to a level
    int bits;  // of a level
    int shares;
    int bins;            // of one band, unreachable ones left out
    struct share *table; // `shares` for each cell of the RGB cube
};

void colour_lab_from_rgb(const double rgb[3], double lab[3])
{
    // Rounding errors must not decide into which bin pure greys fall.
    static const double neutral = 0.001;
    static const double matrix[3][3] = {
        {0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}};
    static const double white[3] = {0.95047, 1.0, 1.08883};
    double linear[3];
    double f[3];
    for (int c = 0; c < 3; c++) {
        double v = rgb[c] / 255.0;
        linear[c] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    for (int i = 0; i < 3; i++) {
        double t = (matrix[i][0] * linear[0] + matrix[i][1] * linear[1] + matrix[i][2] * linear[2]) / white[i];
        f[i] = t > 216.0 / 24389.0 ? cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0;
    }
    lab[0] = 116.0 * f[1] - 16.0;
    lab[1] = 500.0 * (f[0] - f[1]);
    lab[2] = 200.0 * (f[1] - f[2]);
    for (int i = 1; i < 3; i++) {
        if (fabs(lab[i]) < neutral)
            lab[i] = 0.0;
    }
}

// Where a Lab value lies on its axis, 0 … 1.
static double position(const struct manifest_colour *colour, int axis, double value)
{
    double low = colour->ranges[axis][0];
    double high = colour->ranges[axis][1];
    double u = fmin(fmax((value - low) / (high - low), 0.0), 1.0);
    if (axis == 0 || colour->compand == 1.0)
        return u;
    double t = 2.0 * u - 1.0;
    return (1.0 + copysign(pow(fabs(t), colour->compand), t)) / 2.0;
}

// The two bins of one axis and their shares; the second share is 0 with hard binning.
static void bins_of(const struct manifest_colour *colour, int axis, double value, int bin[2], double weight[2])
{
    int last = colour->bins[axis] - 1;
    double u = position(colour, axis, value);
    weight[0] = 1.0;
    weight[1] = 0.0;
    if (colour->binning == BINNING_HARD) {
        bin[0] = bin[1] = (int)fmin(u * (last + 1), last);
        return;
    }
    double p = fmin(fmax(u * (last + 1) - 0.5, 0.0), last);
    bin[0] = (int)p;
    bin[1] = bin[0] < last ? bin[0] + 1 : last;
    weight[1] = p - bin[0];
    weight[0] = 1.0 - weight[1];
}

static void fill_cell(const struct colour_histogram *histogram, const double rgb[3], struct share *shares)
{
    const struct manifest_colour *colour = &histogram->colour;
    double lab[3];
    int bin[3][2];
    double weight[3][2];
    colour_lab_from_rgb(rgb, lab);
    for (int axis = 0; axis < 3; axis++)
        bins_of(colour, axis, lab[axis], bin[axis], weight[axis]);
    for (int i = 0; i < histogram->shares; i++) {
        int l = i >> 2 & 1;
        int a = i >> 1 & 1;
        int b = i & 1;
        int flat = (bin[0][l] * colour->bins[1] + bin[1][a]) * colour->bins[2] + bin[2][b];
        shares[i].bin = (uint16_t)flat;
        shares[i].weight = (float)(weight[0][l] * weight[1][a] * weight[2][b]);
    }
}

// Renumbers the bins so that those which no cell reaches are gone.
static void drop_unreached(struct colour_histogram *histogram, size_t cells)
{
    size_t all =
        (size_t)histogram->colour.bins[0] * (size_t)histogram->colour.bins[1] * (size_t)histogram->colour.bins[2];
    size_t shares = cells * (size_t)histogram->shares;
    uint16_t *number = mem_calloc(all, sizeof(*number));
    for (size_t i = 0; i < shares; i++)
        number[histogram->table[i].bin] |= histogram->table[i].weight > 0.0f;
    for (size_t i = 0; i < all; i++)
        number[i] = number[i] != 0 ? (uint16_t)histogram->bins++ : UINT16_MAX;
    for (size_t i = 0; i < shares; i++) {
        uint16_t bin = number[histogram->table[i].bin];
        histogram->table[i].bin = bin != UINT16_MAX ? bin : 0; // without weight, so anywhere
    }
    free(number);
}

struct colour_histogram *colour_histogram_new(const struct manifest_colour *colour, int width, int height)
{
    struct colour_histogram *histogram = mem_calloc(1, sizeof(*histogram));
    histogram->colour = *colour;
    histogram->width = width;
    histogram->height = height;
    histogram->shares = colour->binning == BINNING_HARD ? 1 : SHARES_MAX;
    while (1 << histogram->bits < colour->levels)
        histogram->bits++;
    histogram->shift = 8 - histogram->bits;
    size_t levels = (size_t)colour->levels;
    size_t cells = levels * levels * levels;
    histogram->table = mem_alloc(cells * (size_t)histogram->shares * sizeof(*histogram->table));
    for (size_t cell = 0; cell < cells; cell++) {
        const size_t index[3] = {cell / (levels * levels), cell / levels % levels, cell % levels};
        double rgb[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = ((double)index[c] + 0.5) * 256.0 / colour->levels - 0.5;
        fill_cell(histogram, rgb, histogram->table + cell * (size_t)histogram->shares);
    }
    drop_unreached(histogram, cells);
    return histogram;
}

void colour_histogram_free(struct colour_histogram *histogram)
{
    if (histogram == NULL)
        return;
    free(histogram->table);
    free(histogram);
}

int colour_histogram_dimension(const struct colour_histogram *histogram)
{
    return histogram->bins * histogram->colour.bands;
}

static size_t cell_of(const struct colour_histogram *histogram, const uint8_t *pixel)
{
    size_t r = pixel[0] >> histogram->shift;
    size_t g = pixel[1] >> histogram->shift;
    size_t b = pixel[2] >> histogram->shift;
    return (r << histogram->bits | g) << histogram->bits | b;
}

// Adds one row's pixels to the band's bins.
static void add_row(const struct colour_histogram *histogram, const uint8_t *row, int count, float *bins)
{
    if (histogram->shares == 1) {
        for (int x = 0; x < count; x++)
            bins[histogram->table[cell_of(histogram, row + 3 * x)].bin] += 1.0f;
        return;
    }
    for (int x = 0; x < count; x++) {
        const struct share *shares = histogram->table + SHARES_MAX * cell_of(histogram, row + 3 * x);
        for (int i = 0; i < SHARES_MAX; i++)
            bins[shares[i].bin] += shares[i].weight;
    }
}

static void normalise(float *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    if (!(sum > 0.0))
        return;
    float scale = (float)(1.0 / sqrt(sum));
    for (size_t i = 0; i < count; i++)
        values[i] *= scale;
}

void colour_histogram_compute(const struct colour_histogram *histogram, const uint8_t *rgb, float *out)
{
    const struct manifest_colour *colour = &histogram->colour;
    const size_t dimension = (size_t)colour_histogram_dimension(histogram);
    const int left = (int)(colour->margin * histogram->width);
    const int top = (int)(colour->margin * histogram->height);
    const int columns = histogram->width - 2 * left;
    const int rows = histogram->height - 2 * top;
    memset(out, 0, dimension * sizeof(*out));
    for (int band = 0; band < colour->bands; band++) {
        float *bins = out + (size_t)band * (size_t)histogram->bins;
        size_t pixels = 0;
        // Band of row y: y * bands / rows, rounded down.
        int first = (band * rows + colour->bands - 1) / colour->bands;
        int last = ((band + 1) * rows + colour->bands - 1) / colour->bands;
        for (int y = first; y < last; y++) {
            const uint8_t *row = rgb + 3 * ((size_t)(top + y) * (size_t)histogram->width + (size_t)left);
            add_row(histogram, row, columns, bins);
            pixels += (size_t)columns;
        }
        for (int i = 0; i < histogram->bins; i++) {
            if (bins[i] > 0.0f)
                bins[i] = (float)pow((double)bins[i] / (double)pixels, colour->power);
        }
    }
    normalise(out, dimension);
}
