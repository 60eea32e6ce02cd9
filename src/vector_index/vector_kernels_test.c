#include "vector_index/vector_kernels.h"

#include "base/test.h"

#include <math.h>
#include <string.h>

#include "vector_index/vector_checksum.h"

#define DIMENSION_MOST 4096

static const char *const kernels[] = {"portable", "avx2", "avx512", "avx512vnni"};
enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };

// Runs a check with all kernels that the processor has.
static void with_all_kernels(void (*check)(void))
{
    for (int i = 0; i < KERNELS; i++) {
        if (vector_kernels_choose(kernels[i]))
            check();
    }
    assert_true(vector_kernels_choose(NULL));
}

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static void draw_vector(uint64_t *state, float *vector, size_t dimension)
{
    for (size_t i = 0; i < dimension; i++)
        vector[i] = (float)draw(state) / 4294967296.0f - 0.5f;
}

static void check_round_trips(void)
{
    for (uint32_t bits = 0; bits < 65536; bits++) {
        if ((bits & 0x7c00) == 0x7c00)
            continue; // infinities and what is not a number
        uint16_t half[8];
        uint16_t back[8];
        float value[8];
        for (int i = 0; i < 8; i++)
            half[i] = (uint16_t)bits;
        vector_from_half(half, value, 8);
        vector_to_half(value, back, 8);
        assert_int_equal(back[0], bits);
        vector_from_half(half, value, 1); // the way of the last few components
        vector_to_half(value, back, 1);
        assert_int_equal(back[0], bits);
    }
}

static void every_half_survives_the_way_to_float_and_back(void **state)
{
    (void)state;
    with_all_kernels(check_round_trips);
}

static void check_rounding(void)
{
    uint64_t random = 5;
    for (int i = 0; i < 20000; i++) {
        float value[9];
        uint16_t half[9];
        float back[9];
        float scale = ldexpf(1, (int)(draw(&random) % 40) - 26);
        for (int k = 0; k < 9; k++)
            value[k] = ((float)draw(&random) / 4294967296.0f - 0.5f) * scale;
        vector_to_half(value, half, 9);
        vector_from_half(half, back, 9);
        for (int k = 0; k < 9; k++) {
            // Half a unit of the last place of 11 bits, or of the smallest subnormal number.
            float unit = fmaxf(fabsf(value[k]) / 2048.0f, 0x1p-25f);
            assert_true(fabsf(back[k] - value[k]) <= unit);
        }
    }
}

static void halves_are_rounded_to_the_nearest(void **state)
{
    (void)state;
    with_all_kernels(check_rounding);
}

static void check_products(void)
{
    static float query[DIMENSION_MOST];
    static float stored[DIMENSION_MOST];
    static uint16_t half[DIMENSION_MOST];
    uint64_t random = 9;
    const size_t dimensions[] = {1, 2, 7, 15, 16, 17, 31, 33, 48, 63, 64, 65, 127, 563, 640, 1680, 4095, 4096};
    for (size_t k = 0; k < sizeof(dimensions) / sizeof(dimensions[0]); k++) {
        size_t n = dimensions[k];
        draw_vector(&random, query, n);
        draw_vector(&random, stored, n);
        vector_to_half(stored, half, n);
        vector_from_half(half, stored, n);
        double expected = 0;
        for (size_t i = 0; i < n; i++)
            expected += (double)query[i] * (double)stored[i];
        assert_float_equal(vector_dot_half(query, half, n), (float)expected, 1e-3);
    }
}

static void products_agree_with_double_precision_at_all_lengths(void **state)
{
    (void)state;
    with_all_kernels(check_products);
}

static double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static void check_codes(void)
{
    static float a[DIMENSION_MOST];
    static float b[DIMENSION_MOST];
    static _Alignas(64) unsigned char code_a[DIMENSION_MOST + 64];
    static _Alignas(64) unsigned char code_b[DIMENSION_MOST + 64];
    uint64_t random = 3;
    const size_t dimensions[] = {1, 3, 59, 60, 61, 64, 124, 563, 640, 1680, 4096};
    for (size_t k = 0; k < sizeof(dimensions) / sizeof(dimensions[0]); k++) {
        size_t n = dimensions[k];
        draw_vector(&random, a, n);
        draw_vector(&random, b, n);
        for (size_t i = 0; i < n; i++)
            b[i] = b[i] / 4 + a[i];
        vector_code_make(a, n, code_a);
        vector_code_make(b, n, code_b);
        assert_float_equal(vector_code_cosine(code_a, code_b, vector_code_size(n)), (float)cosine(a, b, n), 5e-3);
        assert_float_equal(vector_code_cosine(code_a, code_a, vector_code_size(n)), 1, 1e-5);
        vector_code_make(a, n, code_a);
        for (size_t i = 0; i < n; i++)
            b[i] = -a[i];
        vector_code_make(b, n, code_b);
        assert_float_equal(vector_code_cosine(code_a, code_b, vector_code_size(n)), -1, 1e-5);
    }
}

static void codes_have_nearly_the_cosine_of_their_vectors(void **state)
{
    (void)state;
    with_all_kernels(check_codes);
}

static void the_checksum_is_that_of_its_specification(void **state)
{
    (void)state;
    assert_true(vector_checksum("", 0, 0) == 0xef46db3751d8e999u);
    assert_true(vector_checksum("a", 1, 0) == 0xd24ec4f1a98c6e5bu);
    assert_true(vector_checksum("abc", 3, 0) == 0x44bc2cf5ad770999u);
    const char *text = "Nobody inspects the spammish repetition";
    assert_true(vector_checksum(text, strlen(text), 0) == 0xfbcea83c8a378bf1u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_survives_the_way_to_float_and_back),
        cmocka_unit_test(halves_are_rounded_to_the_nearest),
        cmocka_unit_test(products_agree_with_double_precision_at_all_lengths),
        cmocka_unit_test(codes_have_nearly_the_cosine_of_their_vectors),
        cmocka_unit_test(the_checksum_is_that_of_its_specification),
    };
    return cmocka_run_group_tests_name("vector kernels", tests, NULL, NULL);
}
