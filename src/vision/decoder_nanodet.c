// NanoDet: the four distances from a cell's point to the box's sides are distributions over multiples of the stride.
// Li et al., "Generalized Focal Loss: Learning Qualified and Distributed Bounding Boxes for Dense Object Detection".
#include <math.h>

#include "vision/decoder.h"

static bool is_joined(const struct manifest *manifest)
{
    return manifest->output.tensor != NULL;
}

static size_t tensors(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX])
{
    if (is_joined(manifest)) {
        names[0] = manifest->output.tensor;
        return 1;
    }
    size_t count = 0;
    for (size_t i = 0; i < manifest->output.level_count; i++) {
        names[count++] = manifest->output.levels[i].scores;
        names[count++] = manifest->output.levels[i].distances;
    }
    return count;
}

static int64_t cells(int side, int stride)
{
    return (side + stride - 1) / stride;
}

static int64_t level_cells(const struct manifest *manifest, size_t level)
{
    int stride = manifest->output.levels[level].stride;
    return cells(manifest->input.width, stride) * cells(manifest->input.height, stride);
}

static enum err_code check(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err)
{
    const int64_t classes = (int64_t)manifest->class_count;
    const int64_t distances = 4 * (int64_t)manifest->output.bins;
    enum err_code code = ERR_NONE;
    int64_t all = 0;
    for (size_t i = 0; i < manifest->output.level_count && code == ERR_NONE; i++) {
        int64_t count = level_cells(manifest, i);
        all += count;
        if (is_joined(manifest))
            continue;
        code = decoder_expect(&specs[2 * i], 2, (int64_t[]){count, classes}, "[1, cells, classes]", err);
        if (code == ERR_NONE)
            code = decoder_expect(&specs[2 * i + 1], 2, (int64_t[]){count, distances}, "[1, cells, 4 * bins]", err);
    }
    if (code == ERR_NONE && is_joined(manifest))
        code = decoder_expect(
            &specs[0], 2, (int64_t[]){all, classes + distances}, "[1, cells of all strides, classes + 4 * bins]", err);
    return code;
}

// The mean of a softmax distribution over 0 … bins - 1.
static float expected_bin(const float *logits, int bins)
{
    float greatest = logits[0];
    for (int i = 1; i < bins; i++)
        greatest = fmaxf(greatest, logits[i]);
    float sum = 0.0f;
    float mean = 0.0f;
    for (int i = 0; i < bins; i++) {
        float weight = expf(logits[i] - greatest);
        sum += weight;
        mean += weight * (float)i;
    }
    return mean / sum;
}

static void decode_level(const struct manifest *manifest, size_t level, const float *scores, size_t score_step,
    const float *distances, size_t distance_step, struct candidates *out)
{
    const struct manifest_output *output = &manifest->output;
    const int stride = output->levels[level].stride;
    const int64_t columns = cells(manifest->input.width, stride);
    const int64_t count = level_cells(manifest, level);
    const float least = decoder_raw_threshold(output->activation, out->threshold);
    for (int64_t i = 0; i < count; i++) {
        const float *row = scores + (size_t)i * score_step;
        if (!decoder_any_reaches(row, manifest->class_count, least))
            continue;
        const float *logits = distances + (size_t)i * distance_step;
        float x = ((float)(i % columns) + output->centre_offset) * (float)stride;
        float y = ((float)(i / columns) + output->centre_offset) * (float)stride;
        float side[4];
        for (int s = 0; s < 4; s++)
            side[s] = expected_bin(logits + s * output->bins, output->bins) * (float)stride;
        struct candidate box = {.x1 = x - side[0], .y1 = y - side[1], .x2 = x + side[2], .y2 = y + side[3]};
        decoder_add_classes(manifest, box, row, 1, out);
    }
}

static void decode(const struct manifest *manifest, const struct tensor *inputs, struct candidates *out)
{
    const size_t classes = manifest->class_count;
    const size_t distances = 4 * (size_t)manifest->output.bins;
    const float *joined = inputs[0].data;
    for (size_t i = 0; i < manifest->output.level_count; i++) {
        if (is_joined(manifest)) {
            decode_level(manifest, i, joined, classes + distances, joined + classes, classes + distances, out);
            joined += (size_t)level_cells(manifest, i) * (classes + distances);
        } else {
            decode_level(manifest, i, inputs[2 * i].data, classes, inputs[2 * i + 1].data, distances, out);
        }
    }
}

const struct decoder decoder_nanodet = {tensors, check, decode};
