#include "vision/preprocess.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "vision/test_manifest.h"

// Of test_picture_data(7, 5), computed with NumPy: exact area averages where an axis shrinks, linear interpolation
// between pixel centres where it grows, rounded once.
static const uint8_t shrunk_3x2[] = {
    95, 153, 120, 128, 119, 125, 140, 130, 108, 133, 104, 115, 122, 115, 149, 133, 125, 117};
static const uint8_t enlarged_10x6[] = {17, 99, 3, 37, 149, 82, 63, 149, 118, 89, 33, 39, 115, 84, 126, 141, 148, 136,
    167, 199, 70, 193, 83, 170, 219, 83, 155, 239, 133, 93, 93, 143, 161, 113, 193, 134, 139, 193, 132, 165, 77, 187,
    191, 128, 159, 150, 125, 103, 51, 61, 36, 77, 80, 137, 102, 127, 121, 123, 177, 59, 177, 192, 188, 115, 160, 126,
    74, 130, 111, 100, 119, 211, 126, 178, 144, 114, 152, 117, 71, 49, 141, 97, 113, 136, 123, 176, 84, 143, 226, 22,
    154, 135, 150, 93, 103, 88, 51, 99, 73, 77, 163, 173, 103, 157, 107, 129, 132, 117, 155, 98, 205, 181, 162, 126,
    159, 178, 94, 120, 169, 91, 89, 35, 113, 110, 85, 86, 136, 133, 84, 161, 151, 139, 146, 87, 111, 149, 84, 121, 175,
    144, 167, 201, 163, 88, 140, 124, 124, 55, 69, 203, 165, 79, 79, 185, 129, 158, 211, 129, 194, 237, 13, 115, 97, 64,
    202, 33, 128, 212, 59, 179, 133, 85, 63, 54, 111, 63, 90, 131, 113, 169};
static const uint8_t mixed_4x8[] = {33, 138, 64, 96, 75, 90, 160, 157, 116, 223, 94, 141, 77, 164, 109, 140, 100, 134,
    124, 119, 96, 155, 120, 122, 133, 194, 163, 188, 135, 188, 80, 74, 77, 74, 157, 94, 128, 162, 135, 91, 149, 160, 97,
    111, 140, 138, 194, 65, 111, 119, 107, 74, 152, 132, 137, 125, 158, 155, 185, 83, 83, 64, 78, 137, 143, 104, 200,
    116, 130, 127, 130, 146, 137, 92, 112, 159, 93, 138, 120, 128, 143, 119, 96, 127, 181, 118, 140, 171, 55, 166, 52,
    137, 155, 115, 74, 108};

static struct pixels picture_7x5(const uint8_t *data)
{
    return (struct pixels){.data = data, .width = 7, .height = 5, .stride_bytes = 21, .order = PIXELS_RGB};
}

static void assert_close(const uint8_t *found, const uint8_t *expected, size_t count)
{
    // Floats may round a tie the other way than doubles.
    for (size_t i = 0; i < count; i++)
        assert_in_range(found[i] + 1, expected[i], expected[i] + 2);
}

static void check_resize(int width, int height, const uint8_t *expected)
{
    uint8_t *data = test_picture_data(7, 5);
    struct pixels picture = picture_7x5(data);
    const struct region whole = region_whole(&picture);
    size_t size = 3 * (size_t)width * (size_t)height;
    uint8_t *out = mem_alloc(size);
    preprocess_resize(&picture, &whole, width, height, PIXELS_RGB, out, 3 * (size_t)width);
    assert_close(out, expected, size);
    free(out);
    free(data);
}

static void a_picture_shrinks_by_averaging(void **state)
{
    (void)state;
    check_resize(3, 2, shrunk_3x2);
}

static void a_picture_grows_linearly(void **state)
{
    (void)state;
    check_resize(10, 6, enlarged_10x6);
}

static void axes_are_resized_independently(void **state)
{
    (void)state;
    check_resize(4, 8, mixed_4x8);
}

static void a_region_reads_nothing_outside(void **state)
{
    (void)state;
    // A frame of 255 around a field of 10: nothing of it may leak in, whichever way it is resized.
    enum { SIDE = 20 };
    uint8_t data[3 * SIDE * SIDE];
    uint8_t out[3 * 32 * 32];
    memset(data, 255, sizeof(data));
    const struct region inner = {.x = 5, .y = 6, .width = 9, .height = 8};
    for (int y = inner.y; y < inner.y + inner.height; y++)
        memset(data + 3 * (SIDE * y + inner.x), 10, 3 * (size_t)inner.width);
    struct pixels picture = {data, SIDE, SIDE, 3 * SIDE, PIXELS_RGB};
    const int sides[][2] = {{32, 32}, {4, 3}, {9, 8}, {1, 1}, {32, 2}};
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        size_t width = (size_t)sides[i][0];
        preprocess_resize(&picture, &inner, sides[i][0], sides[i][1], PIXELS_RGB, out, 3 * width);
        for (size_t k = 0; k < 3 * width * (size_t)sides[i][1]; k++)
            assert_int_equal(out[k], 10);
    }
}

static void extreme_sizes_are_fine(void **state)
{
    (void)state;
    enum { LONG = 20000 };
    uint8_t *data = mem_alloc(3 * LONG);
    for (size_t i = 0; i < 3 * LONG; i++)
        data[i] = (uint8_t)(i % 3 == 0 ? 255 : 0);
    uint8_t out[3 * 64];
    struct pixels wide = {data, LONG, 1, 3 * LONG, PIXELS_RGB};
    struct pixels tall = {data, 1, LONG, 3, PIXELS_RGB};
    const struct region wide_whole = region_whole(&wide);
    const struct region tall_whole = region_whole(&tall);
    preprocess_resize(&wide, &wide_whole, 8, 8, PIXELS_BGR, out, 24);
    for (size_t i = 0; i < 3 * 64; i++)
        assert_int_equal(out[i], i % 3 == 2 ? 255 : 0);
    preprocess_resize(&tall, &tall_whole, 8, 8, PIXELS_RGB, out, 24);
    for (size_t i = 0; i < 3 * 64; i++)
        assert_int_equal(out[i], i % 3 == 0 ? 255 : 0);
    free(data);
}

static void a_letterbox_keeps_the_aspect(void **state)
{
    (void)state;
    const struct region region = {.width = 200, .height = 100};
    struct manifest_input input = {.width = 64, .height = 64, .resize = RESIZE_LETTERBOX, .pad = 114};
    struct placement place = preprocess_place(&input, &region);
    assert_int_equal(place.width, 64);
    assert_int_equal(place.height, 32);
    assert_int_equal(place.x, 0);
    assert_int_equal(place.y, 16);
    input.letterbox_align = LETTERBOX_CORNER;
    place = preprocess_place(&input, &region);
    assert_int_equal(place.y, 0);
    input.resize = RESIZE_STRETCH;
    place = preprocess_place(&input, &region);
    assert_int_equal(place.height, 64);
    // A picture of extreme shape still has a pixel.
    input.resize = RESIZE_LETTERBOX;
    const struct region line = {.width = 60000, .height = 1};
    assert_int_equal(preprocess_place(&input, &line).height, 1);
}

static void bars_are_filled(void **state)
{
    (void)state;
    uint8_t data[3 * 4 * 2];
    uint8_t out[3 * 16];
    memset(data, 7, sizeof(data));
    struct pixels picture = {data, 4, 2, 12, PIXELS_RGB};
    const struct region whole = region_whole(&picture);
    struct manifest_input input = {.width = 4, .height = 4, .resize = RESIZE_LETTERBOX, .pad = 114};
    struct placement place = preprocess_place(&input, &whole);
    preprocess_render(&picture, &place, &input, PIXELS_RGB, out);
    for (size_t i = 0; i < sizeof(out); i++)
        assert_int_equal(out[i], i / 12 == 1 || i / 12 == 2 ? 7 : 114);
}

static void tensors_have_the_layout_and_normalisation_asked_for(void **state)
{
    (void)state;
    const uint8_t data[] = {10, 20, 30, 40, 50, 60};
    struct pixels picture = {data, 2, 1, 6, PIXELS_RGB};
    const struct region whole = region_whole(&picture);
    struct manifest_input input = {.width = 2,
        .height = 1,
        .type = TENSOR_F32,
        .layout = LAYOUT_NCHW,
        .colour = PIXELS_BGR,
        .mean = {1, 2, 3},
        .deviation = {2, 4, 8}};
    struct placement place = preprocess_place(&input, &whole);
    float tensor[6];
    uint8_t bytes[6];
    uint8_t scratch[6];
    assert_int_equal(preprocess_scratch_size(&input), 6);
    preprocess_fill(&picture, &place, &input, scratch, tensor);
    const float planes[] = {14.5f, 29.5f, 4.5f, 12.0f, 0.875f, 4.625f};
    for (int i = 0; i < 6; i++)
        assert_float_equal(tensor[i], planes[i], 1e-6);
    input.layout = LAYOUT_NHWC;
    preprocess_fill(&picture, &place, &input, scratch, tensor);
    const float packed[] = {14.5f, 4.5f, 0.875f, 29.5f, 12.0f, 4.625f};
    for (int i = 0; i < 6; i++)
        assert_float_equal(tensor[i], packed[i], 1e-6);
    input = (struct manifest_input){.width = 2, .height = 1, .type = TENSOR_U8, .layout = LAYOUT_NCHW};
    preprocess_fill(&picture, &place, &input, scratch, bytes);
    const uint8_t byte_planes[] = {10, 40, 20, 50, 30, 60};
    assert_memory_equal(bytes, byte_planes, 6);
    input.layout = LAYOUT_NHWC;
    assert_int_equal(preprocess_scratch_size(&input), 0);
    preprocess_fill(&picture, &place, &input, NULL, bytes);
    assert_memory_equal(bytes, data, 6);
}

static void a_box_becomes_the_whole_pixels_around_it(void **state)
{
    (void)state;
    const uint8_t data[3] = {0};
    const struct pixels picture = {data, 100, 50, 300, PIXELS_RGB};
    struct region region = region_of_box(&picture, 10.2f, 20.0f, 5.5f, 10.0f, 0.0);
    assert_int_equal(region.x, 10);
    assert_int_equal(region.width, 6);
    assert_int_equal(region.y, 20);
    assert_int_equal(region.height, 10);
    region = region_of_box(&picture, -10, 45, 200, 20, 0.1);
    assert_int_equal(region.x, 0);
    assert_int_equal(region.width, 100);
    assert_int_equal(region.y, 43);
    assert_int_equal(region.height, 7);
    region = region_of_box(&picture, 500, -80, 3, 3, 0.0);
    assert_int_equal(region.x, 99);
    assert_int_equal(region.width, 1);
    assert_int_equal(region.y, 0);
    assert_int_equal(region.height, 1);
    region = region_of_box(&picture, 1e30f, 1e30f, 1e30f, 0, 0.0);
    assert_int_equal(region.x, 99);
    assert_int_equal(region.y, 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_shrinks_by_averaging),
        cmocka_unit_test(a_picture_grows_linearly),
        cmocka_unit_test(axes_are_resized_independently),
        cmocka_unit_test(a_region_reads_nothing_outside),
        cmocka_unit_test(extreme_sizes_are_fine),
        cmocka_unit_test(a_letterbox_keeps_the_aspect),
        cmocka_unit_test(bars_are_filled),
        cmocka_unit_test(tensors_have_the_layout_and_normalisation_asked_for),
        cmocka_unit_test(a_box_becomes_the_whole_pixels_around_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
