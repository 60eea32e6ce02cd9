#include "vision/tensor.h"

#include <inttypes.h>
#include <stdio.h>

void tensor_spec_format(const struct tensor_spec *spec, char out[TENSOR_SHAPE_TEXT_SIZE])
{
    if (spec->rank < 0) {
        snprintf(out, TENSOR_SHAPE_TEXT_SIZE, "[...]");
        return;
    }
    size_t used = (size_t)snprintf(out, TENSOR_SHAPE_TEXT_SIZE, "[");
    for (int i = 0; i < spec->rank && used < TENSOR_SHAPE_TEXT_SIZE; i++) {
        const char *comma = i > 0 ? ", " : "";
        int added = spec->dims[i] < 0
            ? snprintf(out + used, TENSOR_SHAPE_TEXT_SIZE - used, "%s?", comma)
            : snprintf(out + used, TENSOR_SHAPE_TEXT_SIZE - used, "%s%" PRId64, comma, spec->dims[i]);
        used += (size_t)added;
    }
    if (used < TENSOR_SHAPE_TEXT_SIZE)
        snprintf(out + used, TENSOR_SHAPE_TEXT_SIZE - used, "]");
}
