// YOLOX, raw grid: one row a cell, x, y, w, h relative to the cell in units of its stride, objectness, class scores.
// Ge et al., "YOLOX: Exceeding YOLO Series in 2021".
#include <math.h>

#include "vision/decoder.h"

static size_t tensors(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX])
{
    names[0] = manifest->output.tensor;
    return 1;
}

static int64_t cells(int side, int stride)
{
    return (side + stride - 1) / stride;
}

static int64_t all_cells(const struct manifest *manifest)
{
    int64_t count = 0;
    for (size_t i = 0; i < manifest->output.level_count; i++) {
        int stride = manifest->output.levels[i].stride;
        count += cells(manifest->input.width, stride) * cells(manifest->input.height, stride);
    }
    return count;
}

static enum err_code check(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err)
{
    const int64_t wanted[] = {all_cells(manifest), 5 + (int64_t)manifest->class_count};
    return decoder_expect(
        &specs[0], 2, wanted, "[1, cells of all strides, 5 + classes] (yolox: raw grid, not decoded boxes)", err);
}

static void decode_cell(const struct manifest *manifest, const float *row, int64_t column, int64_t line, float stride,
    struct candidates *out)
{
    enum activation activation = manifest->output.activation;
    float objectness = decoder_activate(activation, row[4]);
    if (!(objectness >= out->threshold))
        return;
    float x = (row[0] + (float)column) * stride;
    float y = (row[1] + (float)line) * stride;
    float w = expf(row[2]) * stride;
    float h = expf(row[3]) * stride;
    struct candidate box = {.x1 = x - w / 2, .y1 = y - h / 2, .x2 = x + w / 2, .y2 = y + h / 2};
    for (size_t c = 0; c < manifest->class_count; c++) {
        box.score = objectness * decoder_activate(activation, row[5 + c]);
        box.class_id = (int32_t)c;
        candidates_add(out, box);
    }
}

static void decode(const struct manifest *manifest, const struct tensor *inputs, struct candidates *out)
{
    const float *row = inputs[0].data;
    size_t step = 5 + manifest->class_count;
    for (size_t i = 0; i < manifest->output.level_count; i++) {
        int stride = manifest->output.levels[i].stride;
        for (int64_t line = 0; line < cells(manifest->input.height, stride); line++) {
            for (int64_t column = 0; column < cells(manifest->input.width, stride); column++) {
                decode_cell(manifest, row, column, line, (float)stride, out);
                row += step;
            }
        }
    }
}

const struct decoder decoder_yolox = {tensors, check, decode};
