// SSD: decoded boxes and, for each, one row of class scores that usually includes the background.
// Liu et al., "SSD: Single Shot MultiBox Detector".
#include "vision/decoder.h"

static size_t tensors(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX])
{
    names[0] = manifest->output.boxes;
    names[1] = manifest->output.scores;
    return 2;
}

static enum err_code check(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err)
{
    enum err_code code = decoder_expect(&specs[0], 2, (int64_t[]){-1, 4}, "[1, boxes, 4]", err);
    const int64_t wanted[] = {decoder_dim(&specs[0], 2, 0), decoder_score_columns(manifest)};
    if (code == ERR_NONE)
        code = decoder_expect(&specs[1], 2, wanted, "[1, boxes, classes and background]", err);
    return code;
}

static void decode(const struct manifest *manifest, const struct tensor *inputs, struct candidates *out)
{
    const int64_t count = decoder_tensor_dim(&inputs[0], 2, 0);
    const size_t columns = (size_t)decoder_score_columns(manifest);
    const bool softmax = manifest->output.activation == ACTIVATION_SOFTMAX;
    const float least = decoder_raw_threshold(manifest->output.activation, out->threshold);
    for (int64_t i = 0; i < count; i++) {
        const float *scores = inputs[1].data + (size_t)i * columns;
        if (!softmax && !decoder_any_reaches(scores, columns, least))
            continue;
        struct candidate box = {0};
        decoder_read_box(manifest, inputs[0].data + 4 * i, &box);
        decoder_add_classes(manifest, box, scores, 1, out);
    }
}

const struct decoder decoder_ssd = {tensors, check, decode};
