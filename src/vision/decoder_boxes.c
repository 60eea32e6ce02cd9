// Decoded boxes in the forms in which networks are commonly exported: boxes with score rows, boxes with labels and
// scores, or one tensor whose rows hold both (YOLOv5 and later, with or without suppression inside).
#include <math.h>

#include "vision/decoder.h"

static size_t tensors(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX])
{
    const struct manifest_output *output = &manifest->output;
    if (output->tensor != NULL) {
        names[0] = output->tensor;
        return 1;
    }
    names[0] = output->boxes;
    names[1] = output->scores;
    names[2] = output->labels;
    return output->labels != NULL ? 3 : 2;
}

static int64_t row_columns(const struct manifest *manifest)
{
    switch (manifest->output.row) {
    case ROW_CLASSES:
        return 4 + decoder_score_columns(manifest);
    case ROW_OBJECTNESS_CLASSES:
        return 5 + decoder_score_columns(manifest);
    case ROW_SCORE_CLASS:
        return 6;
    }
    return 0;
}

static enum err_code check(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err)
{
    const struct manifest_output *output = &manifest->output;
    if (output->tensor != NULL && output->transposed)
        return decoder_expect(
            &specs[0], 2, (int64_t[]){row_columns(manifest), -1}, "[1, columns of a row, boxes]", err);
    if (output->tensor != NULL)
        return decoder_expect(
            &specs[0], 2, (int64_t[]){-1, row_columns(manifest)}, "[1, boxes, columns of a row]", err);
    enum err_code code = decoder_expect(&specs[0], 2, (int64_t[]){-1, 4}, "[1, boxes, 4]", err);
    const int64_t count = decoder_dim(&specs[0], 2, 0);
    if (code != ERR_NONE)
        return code;
    if (output->labels == NULL)
        return decoder_expect(
            &specs[1], 2, (int64_t[]){count, decoder_score_columns(manifest)}, "[1, boxes, classes]", err);
    code = decoder_expect(&specs[1], 1, (int64_t[]){count}, "[1, boxes]", err);
    return code == ERR_NONE ? decoder_expect(&specs[2], 1, (int64_t[]){count}, "[1, boxes]", err) : code;
}

// Class numbers come as floats; the background's own number is none.
static void add_labelled(
    const struct manifest *manifest, struct candidate box, float raw_score, float label, struct candidates *out)
{
    const struct manifest_output *output = &manifest->output;
    if (!(label >= 0.0f && label < (float)MANIFEST_CLASSES_MAX))
        return;
    int32_t number = (int32_t)lroundf(label);
    if (number == output->background)
        return;
    box.score = decoder_activate(output->activation, raw_score);
    box.class_id = number - (output->background >= 0 && number > output->background);
    candidates_add(out, box);
}

// `scores` begins with the objectness.
static void add_with_objectness(
    const struct manifest *manifest, struct candidate box, const float *scores, size_t step, struct candidates *out)
{
    const struct manifest_output *output = &manifest->output;
    float objectness = decoder_activate(output->activation, scores[0]);
    if (!(objectness >= out->threshold))
        return;
    for (int64_t c = 0; c < decoder_score_columns(manifest); c++) {
        if (c == output->background)
            continue;
        box.score = objectness * decoder_activate(output->activation, scores[(size_t)(1 + c) * step]);
        box.class_id = (int32_t)(c - (output->background >= 0 && c > output->background));
        candidates_add(out, box);
    }
}

static void decode_rows(const struct manifest *manifest, const struct tensor *tensor, struct candidates *out)
{
    const struct manifest_output *output = &manifest->output;
    const int64_t count = decoder_tensor_dim(tensor, 2, output->transposed ? 1 : 0);
    // Columns of one row are `step` floats apart, rows `row_step`.
    const size_t step = output->transposed ? (size_t)count : 1;
    const size_t row_step = output->transposed ? 1 : (size_t)row_columns(manifest);
    for (int64_t i = 0; i < count; i++) {
        const float *row = tensor->data + (size_t)i * row_step;
        struct candidate box = {0};
        decoder_read_box(manifest, (const float[]){row[0], row[step], row[2 * step], row[3 * step]}, &box);
        switch (output->row) {
        case ROW_CLASSES:
            decoder_add_classes(manifest, box, row + 4 * step, step, out);
            break;
        case ROW_OBJECTNESS_CLASSES:
            add_with_objectness(manifest, box, row + 4 * step, step, out);
            break;
        case ROW_SCORE_CLASS:
            add_labelled(manifest, box, row[4 * step], row[5 * step], out);
            break;
        }
    }
}

static void decode(const struct manifest *manifest, const struct tensor *inputs, struct candidates *out)
{
    if (manifest->output.tensor != NULL) {
        decode_rows(manifest, &inputs[0], out);
    } else if (manifest->output.labels == NULL) {
        decoder_ssd.decode(manifest, inputs, out);
    } else {
        for (int64_t i = 0; i < decoder_tensor_dim(&inputs[0], 2, 0); i++) {
            struct candidate box = {0};
            decoder_read_box(manifest, inputs[0].data + 4 * i, &box);
            add_labelled(manifest, box, inputs[1].data[i], inputs[2].data[i], out);
        }
    }
}

const struct decoder decoder_boxes = {tensors, check, decode};
