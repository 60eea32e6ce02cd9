// Dense float arrays as they come out of a network, and what is known of a network's inputs and outputs before it runs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TENSOR_RANK_MAX 6
#define TENSOR_NAME_SIZE 128
// A single tensor may have this many elements (1 GiB of floats); more is refused when a network is loaded.
#define TENSOR_ELEMENTS_MAX ((int64_t)1 << 28)

enum tensor_type { TENSOR_U8, TENSOR_F32, TENSOR_I64 };

// Row-major; `data` is borrowed.
struct tensor {
    const float *data;
    int rank;
    int64_t dims[TENSOR_RANK_MAX];
};

// An input or output of a network. A dimension of -1 is dynamic.
struct tensor_spec {
    char name[TENSOR_NAME_SIZE];
    int rank; // -1: unknown until it runs
    int64_t dims[TENSOR_RANK_MAX];
};

static inline int64_t tensor_elements(const struct tensor *tensor)
{
    int64_t count = 1;
    for (int i = 0; i < tensor->rank; i++)
        count *= tensor->dims[i];
    return count;
}

#define TENSOR_SHAPE_TEXT_SIZE 96
// "[1, ?, 85]" for messages; "[...]" for an unknown rank.
void tensor_spec_format(const struct tensor_spec *spec, char out[TENSOR_SHAPE_TEXT_SIZE]);
