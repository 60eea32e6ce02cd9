#include "vision/colour_histogram.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/test.h"

static const char *cases_file; // expected histograms of the reference implementation in scripts/models

static struct manifest_colour colour_of(const json_t *object)
{
    struct manifest_colour colour = {0};
    colour.levels = (int)json_integer_value(json_object_get(object, "levels"));
    for (size_t i = 0; i < 3; i++) {
        colour.bins[i] = (int)json_integer_value(json_array_get(json_object_get(object, "bins"), i));
        for (size_t k = 0; k < 2; k++)
            colour.ranges[i][k] =
                json_number_value(json_array_get(json_array_get(json_object_get(object, "ranges"), i), k));
    }
    colour.binning =
        strcmp(json_string_value(json_object_get(object, "binning")), "hard") == 0 ? BINNING_HARD : BINNING_LINEAR;
    colour.compand = json_number_value(json_object_get(object, "compand"));
    colour.margin = json_number_value(json_object_get(object, "margin"));
    colour.power = json_number_value(json_object_get(object, "power"));
    colour.bands = (int)json_integer_value(json_object_get(object, "bands"));
    return colour;
}

// The pixel at column x, row y has (a·x + b·y + c) mod 256, with one triple per channel.
static uint8_t *formula_picture(const json_t *channels, int width, int height)
{
    uint8_t *rgb = mem_alloc(3 * (size_t)width * (size_t)height);
    for (size_t i = 0; i < 3 * (size_t)width * (size_t)height; i++) {
        const json_t *triple = json_array_get(channels, i % 3);
        json_int_t x = (json_int_t)(i / 3) % width;
        json_int_t y = (json_int_t)(i / 3) / width;
        rgb[i] = (uint8_t)(json_integer_value(json_array_get(triple, 0)) * x +
            json_integer_value(json_array_get(triple, 1)) * y + json_integer_value(json_array_get(triple, 2)));
    }
    return rgb;
}

static void check_case(const json_t *item)
{
    const json_t *picture = json_object_get(item, "picture");
    const json_t *index = json_object_get(item, "index");
    const json_t *value = json_object_get(item, "value");
    int width = (int)json_integer_value(json_object_get(picture, "width"));
    int height = (int)json_integer_value(json_object_get(picture, "height"));
    struct manifest_colour colour = colour_of(json_object_get(item, "colour"));
    struct colour_histogram *histogram = colour_histogram_new(&colour, width, height);
    size_t dimension = (size_t)colour_histogram_dimension(histogram);
    assert_int_equal(dimension, json_integer_value(json_object_get(item, "dimensions")));
    float *expected = mem_calloc(dimension, sizeof(*expected));
    for (size_t i = 0; i < json_array_size(index); i++)
        expected[json_integer_value(json_array_get(index, i))] = (float)json_number_value(json_array_get(value, i));
    float *found = mem_alloc(dimension * sizeof(*found));
    uint8_t *rgb = formula_picture(json_object_get(picture, "channels"), width, height);
    colour_histogram_compute(histogram, rgb, found);
    for (size_t i = 0; i < dimension; i++)
        assert_float_equal(found[i], expected[i], 2e-6);
    free(rgb);
    free(found);
    free(expected);
    colour_histogram_free(histogram);
}

static void histograms_equal_the_reference_implementations(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    json_t *cases = NULL;
    assert_ok(json_parse_file(cases_file, NULL, &cases, &err), &err);
    assert_true(json_array_size(cases) >= 12);
    for (size_t i = 0; i < json_array_size(cases); i++)
        check_case(json_array_get(cases, i));
    json_decref(cases);
}

static void lab_of_known_colours(void **state)
{
    (void)state;
    // White, red, green, blue and a grey; from the definition under D65.
    const double rgb[][3] = {{255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {119, 119, 119}};
    const double lab[][3] = {
        {100, 0, 0}, {53.24, 80.09, 67.20}, {87.73, -86.18, 83.18}, {32.30, 79.19, -107.86}, {50.03, 0, 0}};
    for (size_t i = 0; i < sizeof(rgb) / sizeof(rgb[0]); i++) {
        double found[3];
        colour_lab_from_rgb(rgb[i], found);
        for (int k = 0; k < 3; k++)
            assert_float_equal(found[k], lab[i][k], 0.02);
    }
}

int main(int argc, char **argv)
{
    assert_int_equal(argc, 2);
    cases_file = argv[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histograms_equal_the_reference_implementations),
        cmocka_unit_test(lab_of_known_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
