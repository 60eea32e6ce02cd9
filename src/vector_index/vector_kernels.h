// The arithmetic of the vector index: half-precision storage, 8-bit codes and their scalar products. The fastest
// kernel that the processor has is chosen when the program starts. Pure functions, safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// IEEE 754 binary16, rounded to nearest even.
void vector_to_half(const float *from, uint16_t *to, size_t dimension);
void vector_from_half(const uint16_t *from, float *to, size_t dimension);
// The scalar product of a query and a stored vector, summed in single precision.
float vector_dot_half(const float *query, const uint16_t *stored, size_t dimension);
float vector_norm(const float *vector, size_t dimension);

// An 8-bit code: the vector scaled so that its largest component is 127, rounded, and the reciprocal length of the
// result, so that the cosine of two codes needs one integer scalar product. Scaling each vector by its own largest
// component costs nothing here (a cosine does not see it) and uses all 8 bits, which a common scale would not: the
// components of a unit vector of 640 dimensions are about 0.04.
// Codes are padded to whole cache lines; `vector_code_size` is also their distance in an array.
size_t vector_code_size(size_t dimension);
void vector_code_make(const float *vector, size_t dimension, void *code);
float vector_code_cosine(const void *a, const void *b, size_t code_size);

// What was chosen: "avx512vnni", "avx512", "avx2", "portable".
const char *vector_kernels_name(void);
// For tests and measurements, while nobody computes: takes the named kernels, or the fastest for NULL; false if the
// processor does not have them.
bool vector_kernels_choose(const char *name);
