#include "vision/decoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct decoder *const decoders[] = {
    [DECODER_YOLOX] = &decoder_yolox,
    [DECODER_NANODET] = &decoder_nanodet,
    [DECODER_SSD] = &decoder_ssd,
    [DECODER_BOXES] = &decoder_boxes,
    [DECODER_DETR] = &decoder_detr,
    [DECODER_CENTERNET] = &decoder_centernet,
};

const struct decoder *decoder_of(const struct manifest *manifest)
{
    return decoders[manifest->output.decoder];
}

enum err_code decoder_run(const struct manifest *manifest, const char *const *names, const struct tensor *tensors,
    size_t count, struct candidates *out, struct err *err)
{
    struct tensor_spec specs[DECODER_TENSORS_MAX];
    for (size_t i = 0; i < count; i++) {
        snprintf(specs[i].name, sizeof(specs[i].name), "%s", names[i] != NULL ? names[i] : "");
        specs[i].rank = tensors[i].rank;
        memcpy(specs[i].dims, tensors[i].dims, sizeof(specs[i].dims));
    }
    const struct decoder *decoder = decoder_of(manifest);
    if (decoder->check(manifest, specs, err) != ERR_NONE)
        return err_set(err, ERR_CORRUPT, "the model \"%s\" gave an output of an unexpected shape", manifest->name);
    decoder->decode(manifest, tensors, out);
    return ERR_NONE;
}

// How many dimensions stand before the `rank` that count: 0, or 1 for the batch; -1 if it does not fit.
static int leading(int have, int64_t first, int rank)
{
    if (have == rank)
        return 0;
    return have == rank + 1 && (first == 1 || first == -1) ? 1 : -1;
}

enum err_code decoder_expect(
    const struct tensor_spec *spec, int rank, const int64_t *wanted, const char *meaning, struct err *err)
{
    if (spec->rank < 0)
        return ERR_NONE;
    int skip = leading(spec->rank, spec->dims[0], rank);
    bool fits = skip >= 0;
    for (int i = 0; i < rank && fits; i++) {
        int64_t dim = spec->dims[skip + i];
        fits = dim == -1 || wanted[i] == -1 || dim == wanted[i];
    }
    if (fits)
        return ERR_NONE;
    char shape[TENSOR_SHAPE_TEXT_SIZE];
    tensor_spec_format(spec, shape);
    return err_set(err, ERR_INVALID, "output \"%s\" should have the shape %s, and has %s", spec->name, meaning, shape);
}

int64_t decoder_dim(const struct tensor_spec *spec, int rank, int index)
{
    int skip = spec->rank < 0 ? -1 : leading(spec->rank, spec->dims[0], rank);
    return skip < 0 ? -1 : spec->dims[skip + index];
}

int64_t decoder_tensor_dim(const struct tensor *tensor, int rank, int index)
{
    return tensor->dims[tensor->rank - rank + index];
}

void decoder_read_box(const struct manifest *manifest, const float box[4], struct candidate *out)
{
    const struct manifest_output *output = &manifest->output;
    float sx = output->normalised ? (float)manifest->input.width : 1.0f;
    float sy = output->normalised ? (float)manifest->input.height : 1.0f;
    switch (output->box_format) {
    case BOX_CORNER:
        out->x1 = box[0] * sx, out->y1 = box[1] * sy, out->x2 = box[2] * sx, out->y2 = box[3] * sy;
        break;
    case BOX_CORNER_YX:
        out->x1 = box[1] * sx, out->y1 = box[0] * sy, out->x2 = box[3] * sx, out->y2 = box[2] * sy;
        break;
    case BOX_CENTRE:
        out->x1 = (box[0] - box[2] / 2) * sx, out->y1 = (box[1] - box[3] / 2) * sy;
        out->x2 = (box[0] + box[2] / 2) * sx, out->y2 = (box[1] + box[3] / 2) * sy;
        break;
    case BOX_SIZE:
        out->x1 = box[0] * sx, out->y1 = box[1] * sy;
        out->x2 = (box[0] + box[2]) * sx, out->y2 = (box[1] + box[3]) * sy;
        break;
    }
}

float decoder_sigmoid(float x)
{
    return 1.0f / (1.0f + expf(-x));
}

float decoder_raw_threshold(enum activation activation, float score)
{
    if (activation != ACTIVATION_SIGMOID)
        return score;
    if (score <= 0.0f)
        return -INFINITY;
    // A hair lower, so that rounding never loses what the exact comparison later would take.
    return score >= 1.0f ? 15.0f : logf(score / (1.0f - score)) - 1e-4f;
}

float decoder_activate(enum activation activation, float raw)
{
    return activation == ACTIVATION_SIGMOID ? decoder_sigmoid(raw) : raw;
}

int64_t decoder_score_columns(const struct manifest *manifest)
{
    return (int64_t)manifest->class_count + (manifest->output.background >= 0);
}

// Softmax over all columns: the scale that turns exp(x - greatest) into a probability.
static float softmax_scale(const float *scores, size_t step, int64_t columns, float *greatest)
{
    *greatest = -INFINITY;
    for (int64_t c = 0; c < columns; c++)
        *greatest = fmaxf(*greatest, scores[(size_t)c * step]);
    float sum = 0.0f;
    for (int64_t c = 0; c < columns; c++)
        sum += expf(scores[(size_t)c * step] - *greatest);
    return 1.0f / sum;
}

void decoder_add_classes(
    const struct manifest *manifest, struct candidate box, const float *scores, size_t step, struct candidates *out)
{
    const struct manifest_output *output = &manifest->output;
    int64_t columns = decoder_score_columns(manifest);
    float raw_threshold = decoder_raw_threshold(output->activation, out->threshold);
    float greatest = 0.0f;
    float scale = 0.0f;
    bool softmax = output->activation == ACTIVATION_SOFTMAX;
    if (softmax)
        scale = softmax_scale(scores, step, columns, &greatest);
    for (int64_t c = 0; c < columns; c++) {
        float raw = scores[(size_t)c * step];
        if (c == output->background || (!softmax && !(raw >= raw_threshold)))
            continue;
        box.score = softmax ? expf(raw - greatest) * scale : decoder_activate(output->activation, raw);
        box.class_id = (int32_t)(c - (output->background >= 0 && c > output->background));
        candidates_add(out, box);
    }
}

bool decoder_any_reaches(const float *row, size_t count, float threshold)
{
    int hits = 0;
    for (size_t i = 0; i < count; i++)
        hits += row[i] >= threshold;
    return hits > 0;
}
