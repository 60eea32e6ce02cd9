// The DETR family: queries with a box and a row of class scores each, no suppression needed. Carion et al., "End-to-End
// Object Detection with Transformers"; with a sigmoid per class as in RT-DETR, D-FINE and RF-DETR, the best (query,
// class) pairs count; with the original's softmax, each query's best class.
#include <math.h>

#include "vision/decoder.h"

static size_t tensors(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX])
{
    names[0] = manifest->output.boxes;
    names[1] = manifest->output.scores;
    return 2;
}

static enum err_code check(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err)
{
    return decoder_ssd.check(manifest, specs, err);
}

static void add_best_class(
    const struct manifest *manifest, struct candidate box, const float *scores, struct candidates *out)
{
    const int background = manifest->output.background;
    const int64_t columns = decoder_score_columns(manifest);
    int64_t best = -1;
    float greatest = -INFINITY;
    for (int64_t c = 0; c < columns; c++) {
        greatest = fmaxf(greatest, scores[c]);
        if (c != background && (best < 0 || scores[c] > scores[best]))
            best = c;
    }
    float sum = 0.0f;
    for (int64_t c = 0; c < columns; c++)
        sum += expf(scores[c] - greatest);
    if (best < 0)
        return;
    box.score = expf(scores[best] - greatest) / sum;
    box.class_id = (int32_t)(best - (background >= 0 && best > background));
    candidates_add(out, box);
}

static void decode(const struct manifest *manifest, const struct tensor *inputs, struct candidates *out)
{
    const int64_t columns = decoder_score_columns(manifest);
    for (int64_t i = 0; i < decoder_tensor_dim(&inputs[0], 2, 0); i++) {
        const float *scores = inputs[1].data + i * columns;
        struct candidate box = {0};
        decoder_read_box(manifest, inputs[0].data + 4 * i, &box);
        if (manifest->output.activation == ACTIVATION_SOFTMAX)
            add_best_class(manifest, box, scores, out);
        else
            decoder_add_classes(manifest, box, scores, 1, out);
    }
    // All pairs above the threshold are there, so the best of these are the best of all.
    candidates_keep_best(out, (size_t)manifest->output.top_k);
}

const struct decoder decoder_detr = {tensors, check, decode};
