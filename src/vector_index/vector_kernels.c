#include "vector_index/vector_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#define HAVE_X86 1
#endif

struct kernels {
    const char *name;
    void (*to_half)(const float *from, uint16_t *to, size_t n);
    void (*from_half)(const uint16_t *from, float *to, size_t n);
    float (*dot_half)(const float *query, const uint16_t *stored, size_t n);
    // `n` is a multiple of 64
    int32_t (*dot_int8)(const int8_t *a, const int8_t *b, size_t n);
};

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static float bits_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint16_t half_from_float(float value)
{
    uint32_t bits = float_bits(value);
    uint32_t sign = bits >> 16 & 0x8000;
    float magnitude = bits_float(bits & 0x7fffffff);
    if (!(magnitude < 65520.0f))
        return (uint16_t)(sign | (magnitude != magnitude ? 0x7e00 : 0x7c00));
    if (magnitude < 6.103515625e-05f) {
        // Subnormal: adding 0.5 makes the unit of the last place 2^-24, so that the addition itself rounds.
        return (uint16_t)(sign | (float_bits(magnitude + 0.5f) - float_bits(0.5f)));
    }
    uint32_t m = float_bits(magnitude);
    m += 0xfff + (m >> 13 & 1);
    return (uint16_t)(sign | ((m - (112u << 23)) >> 13));
}

static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t rest = half & 0x7fff;
    if (rest >= 0x7c00)
        return bits_float(sign | 0x7f800000 | (rest & 0x3ff) << 13);
    if (rest < 0x400) {
        float magnitude = (float)rest * 5.9604644775390625e-08f;
        return sign != 0 ? -magnitude : magnitude;
    }
    return bits_float(sign | ((rest << 13) + (112u << 23)));
}

static void to_half_portable(const float *from, uint16_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = half_from_float(from[i]);
}

static void from_half_portable(const uint16_t *from, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = half_to_float(from[i]);
}

static float dot_half_portable(const float *query, const uint16_t *stored, size_t n)
{
    float sum[4] = {0};
    for (size_t i = 0; i < n; i++)
        sum[i & 3] += query[i] * half_to_float(stored[i]);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static int32_t dot_int8_portable(const int8_t *a, const int8_t *b, size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (int32_t)a[i] * b[i];
    return sum;
}

static const struct kernels portable = {
    "portable", to_half_portable, from_half_portable, dot_half_portable, dot_int8_portable};

#ifdef HAVE_X86

#define TARGET_AVX2 __attribute__((target("avx2,f16c,fma")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx2,f16c,fma")))
#define TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

TARGET_AVX2 static void to_half_avx2(const float *from, uint16_t *to, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm_storeu_si128((__m128i *)(to + i), _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT));
    to_half_portable(from + i, to + i, n - i);
}

TARGET_AVX2 static void from_half_avx2(const uint16_t *from, float *to, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + i))));
    from_half_portable(from + i, to + i, n - i);
}

TARGET_AVX2 static float sum_avx2(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

TARGET_AVX2 static float dot_half_avx2(const float *query, const uint16_t *stored, size_t n)
{
    __m256 sum0 = _mm256_setzero_ps();
    __m256 sum1 = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m256 s0 = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(stored + i)));
        __m256 s1 = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(stored + i + 8)));
        sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i), s0, sum0);
        sum1 = _mm256_fmadd_ps(_mm256_loadu_ps(query + i + 8), s1, sum1);
    }
    return sum_avx2(_mm256_add_ps(sum0, sum1)) + dot_half_portable(query + i, stored + i, n - i);
}

TARGET_AVX2 static int32_t dot_int8_avx2(const int8_t *a, const int8_t *b, size_t n)
{
    __m256i sum0 = _mm256_setzero_si256();
    __m256i sum1 = _mm256_setzero_si256();
    for (size_t i = 0; i < n; i += 32) {
        __m256i a0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
        __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + i)));
        __m256i a1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i + 16)));
        __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(b + i + 16)));
        sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(a0, b0));
        sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(a1, b1));
    }
    sum0 = _mm256_add_epi32(sum0, sum1);
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sum0), _mm256_extracti128_si256(sum0, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

TARGET_AVX512 static float dot_half_avx512(const float *query, const uint16_t *stored, size_t n)
{
    __m512 sum0 = _mm512_setzero_ps();
    __m512 sum1 = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        __m512 s0 = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(stored + i)));
        __m512 s1 = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(stored + i + 16)));
        sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), s0, sum0);
        sum1 = _mm512_fmadd_ps(_mm512_loadu_ps(query + i + 16), s1, sum1);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1)) + dot_half_portable(query + i, stored + i, n - i);
}

TARGET_AVX512 static int32_t dot_int8_avx512(const int8_t *a, const int8_t *b, size_t n)
{
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 32) {
        __m512i wide_a = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(a + i)));
        __m512i wide_b = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(b + i)));
        sum = _mm512_add_epi32(sum, _mm512_madd_epi16(wide_a, wide_b));
    }
    return _mm512_reduce_add_epi32(sum);
}

// The instruction multiplies unsigned by signed bytes, so `a` is shifted by 128 and 128 times the sum of `b` taken off.
TARGET_VNNI static int32_t dot_int8_vnni(const int8_t *a, const int8_t *b, size_t n)
{
    const __m512i shift = _mm512_set1_epi8((char)0x80);
    __m512i sum = _mm512_setzero_si512();
    __m512i excess = _mm512_setzero_si512();
    for (size_t i = 0; i < n; i += 64) {
        __m512i block_a = _mm512_xor_si512(_mm512_loadu_si512(a + i), shift);
        __m512i block_b = _mm512_loadu_si512(b + i);
        sum = _mm512_dpbusd_epi32(sum, block_a, block_b);
        excess = _mm512_dpbusd_epi32(excess, shift, block_b);
    }
    return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, excess));
}

static const struct kernels avx2 = {"avx2", to_half_avx2, from_half_avx2, dot_half_avx2, dot_int8_avx2};
static const struct kernels avx512 = {"avx512", to_half_avx2, from_half_avx2, dot_half_avx512, dot_int8_avx512};
static const struct kernels avx512vnni = {"avx512vnni", to_half_avx2, from_half_avx2, dot_half_avx512, dot_int8_vnni};

#endif

#ifdef HAVE_X86
// Older compilers know the feature, but not its name in __builtin_cpu_supports().
static bool has_f16c(void)
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

static bool is_supported(const struct kernels *kernels)
{
#ifdef HAVE_X86
    bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (kernels == &avx512vnni)
        return has_avx512 && __builtin_cpu_supports("avx512vnni");
    if (kernels == &avx512)
        return has_avx512;
    if (kernels == &avx2)
        return has_avx2;
#endif
    return kernels == &portable;
}

// The fastest first.
static const struct kernels *const all[] = {
#ifdef HAVE_X86
    &avx512vnni, &avx512, &avx2,
#endif
    &portable};

static const struct kernels *chosen = &portable;

bool vector_kernels_choose(const char *name)
{
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if ((name == NULL || strcmp(name, all[i]->name) == 0) && is_supported(all[i])) {
            chosen = all[i];
            return true;
        }
    }
    return false;
}

// Before main(), hence before any thread.
__attribute__((constructor)) static void choose_fastest(void)
{
#ifdef HAVE_X86
    __builtin_cpu_init();
#endif
    (void)vector_kernels_choose(NULL);
}

const char *vector_kernels_name(void)
{
    return chosen->name;
}

void vector_to_half(const float *from, uint16_t *to, size_t dimension)
{
    chosen->to_half(from, to, dimension);
}

void vector_from_half(const uint16_t *from, float *to, size_t dimension)
{
    chosen->from_half(from, to, dimension);
}

float vector_dot_half(const float *query, const uint16_t *stored, size_t dimension)
{
    return chosen->dot_half(query, stored, dimension);
}

float vector_norm(const float *vector, size_t dimension)
{
    double sum = 0;
    for (size_t i = 0; i < dimension; i++)
        sum += (double)vector[i] * (double)vector[i];
    return (float)sqrt(sum);
}

// The padding ends with the reciprocal length, which therefore lies in the code's last four bytes.
static size_t padded_dimension(size_t dimension)
{
    return (dimension + 63) / 64 * 64;
}

size_t vector_code_size(size_t dimension)
{
    return padded_dimension(dimension + sizeof(float));
}

void vector_code_make(const float *vector, size_t dimension, void *code)
{
    size_t size = vector_code_size(dimension);
    float largest = 0;
    for (size_t i = 0; i < dimension; i++)
        largest = fmaxf(largest, fabsf(vector[i]));
    int8_t *bytes = code;
    memset(bytes, 0, size);
    float scale = largest > 0 ? 127.0f / largest : 0;
    int32_t square = 0;
    for (size_t i = 0; i < dimension; i++) {
        int32_t value = (int32_t)lrintf(vector[i] * scale);
        bytes[i] = (int8_t)value;
        square += value * value;
    }
    float reciprocal = square > 0 ? 1.0f / sqrtf((float)square) : 0;
    memcpy(bytes + size - sizeof(float), &reciprocal, sizeof(float));
}

float vector_code_cosine(const void *a, const void *b, size_t code_size)
{
    float length_a;
    float length_b;
    memcpy(&length_a, (const char *)a + code_size - sizeof(float), sizeof(float));
    memcpy(&length_b, (const char *)b + code_size - sizeof(float), sizeof(float));
    const int8_t *end_a = (const int8_t *)a + code_size - sizeof(float);
    const int8_t *end_b = (const int8_t *)b + code_size - sizeof(float);
    int32_t product = chosen->dot_int8(a, b, code_size);
    // The kernel ran over the two lengths as well.
    for (size_t i = 0; i < sizeof(float); i++)
        product -= (int32_t)end_a[i] * end_b[i];
    return (float)product * length_a * length_b;
}
