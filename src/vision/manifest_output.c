#include <string.h>

#include "base/json.h"
#include "vision/manifest_read.h"

// Members of "output" that each decoder knows, beside "decoder".
static const char *const members_yolox[] = {"decoder", "tensor", "strides", "activation", NULL};
static const char *const members_nanodet[] = {
    "decoder", "levels", "tensor", "strides", "bins", "centre_offset", "activation", NULL};
static const char *const members_ssd[] = {
    "decoder", "boxes", "scores", "background", "box_format", "normalised", "activation", NULL};
static const char *const members_boxes[] = {"decoder", "boxes", "scores", "labels", "tensor", "row", "transposed",
    "background", "box_format", "normalised", "activation", NULL};
static const char *const members_detr[] = {
    "decoder", "boxes", "scores", "activation", "background", "box_format", "normalised", "top_k", NULL};
static const char *const members_centernet[] = {"decoder", "heatmap", "size", "offset", "layout", "stride", "size_unit",
    "centre_offset", "activation", "peak_window", "top_k", NULL};

static const char *const *const members_by_decoder[] = {
    [DECODER_YOLOX] = members_yolox,
    [DECODER_NANODET] = members_nanodet,
    [DECODER_SSD] = members_ssd,
    [DECODER_BOXES] = members_boxes,
    [DECODER_DETR] = members_detr,
    [DECODER_CENTERNET] = members_centernet,
};

static const char *const decoder_names[] = {"yolox", "nanodet", "ssd", "boxes", "detr", "centernet", NULL};

const char *decoder_kind_name(enum decoder_kind kind)
{
    return decoder_names[kind];
}

static struct manifest_output defaults_of(enum decoder_kind decoder)
{
    struct manifest_output out = {.decoder = decoder, .background = -1, .centre_offset = 0.5f, .stride = 4};
    switch (decoder) {
    case DECODER_SSD:
        out.background = 0;
        out.box_format = BOX_CORNER_YX;
        out.normalised = true;
        break;
    case DECODER_DETR:
        out.boxes = "pred_boxes";
        out.scores = "logits";
        out.activation = ACTIVATION_SIGMOID;
        out.box_format = BOX_CENTRE;
        out.normalised = true;
        out.top_k = 300;
        break;
    case DECODER_CENTERNET:
        out.activation = ACTIVATION_SIGMOID;
        out.centre_offset = 0.0f;
        out.peak_window = 3;
        out.top_k = 100;
        break;
    case DECODER_YOLOX:
    case DECODER_NANODET:
    case DECODER_BOXES:
        break;
    }
    return out;
}

static enum err_code read_strides(const json_t *output, struct manifest_output *out, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_opt_array(output, "strides", MANIFEST_LEVELS_MAX, &list, err);
    if (code != ERR_NONE)
        return code;
    if (list == NULL) {
        for (int i = 0; i < 3; i++)
            out->levels[i].stride = 8 << i;
        out->level_count = 3;
        return ERR_NONE;
    }
    out->level_count = json_array_size(list);
    bool good = out->level_count > 0;
    for (size_t i = 0; i < out->level_count && good; i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t stride = json_is_integer(item) ? json_integer_value(item) : 0;
        good = stride >= 1 && stride <= 1024;
        out->levels[i].stride = good ? (int)stride : 0;
    }
    if (!good)
        return err_set(
            err, ERR_INVALID, "\"strides\" must hold 1 to %d whole numbers from 1 to 1024", MANIFEST_LEVELS_MAX);
    return ERR_NONE;
}

static enum err_code read_level(struct arena *arena, const json_t *item, struct manifest_level *level, struct err *err)
{
    static const char *const members[] = {"stride", "scores", "distances", NULL};
    enum err_code code = json_check_fields(item, members, err);
    for (size_t i = 0; members[i] != NULL && code == ERR_NONE; i++)
        code = manifest_require(item, members[i], err);
    if (code == ERR_NONE)
        code = manifest_read_int(item, "stride", 1, 1024, &level->stride, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, item, "scores", &level->scores, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, item, "distances", &level->distances, err);
    return code;
}

// NanoDet's: tensors per level, or one tensor with the levels one after the other.
static enum err_code read_levels(
    struct arena *arena, const json_t *output, struct manifest_output *out, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_opt_array(output, "levels", MANIFEST_LEVELS_MAX, &list, err);
    if (code != ERR_NONE)
        return code;
    if ((list == NULL) == (out->tensor == NULL))
        return err_set(err, ERR_INVALID, "the decoder \"nanodet\" needs either \"levels\" or \"tensor\"");
    if (list == NULL)
        return read_strides(output, out, err);
    out->level_count = json_array_size(list);
    if (out->level_count == 0)
        return err_set(err, ERR_INVALID, "\"levels\" is empty");
    for (size_t i = 0; i < out->level_count && code == ERR_NONE; i++)
        code = read_level(arena, json_array_get(list, i), &out->levels[i], err);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "\"levels\"");
}

// What is needed, and what excludes what.
static enum err_code check_members(const json_t *output, const struct manifest_output *out, struct err *err)
{
    static const char *const needed[][3] = {
        [DECODER_YOLOX] = {NULL},
        [DECODER_NANODET] = {"bins", NULL},
        [DECODER_SSD] = {"boxes", "scores", NULL},
        [DECODER_BOXES] = {NULL},
        [DECODER_DETR] = {NULL},
        [DECODER_CENTERNET] = {"heatmap", "size", NULL},
    };
    for (size_t i = 0; i < 3 && needed[out->decoder][i] != NULL; i++) {
        if (manifest_require(output, needed[out->decoder][i], err) != ERR_NONE)
            return err_context(err, "the decoder \"%s\"", decoder_names[out->decoder]);
    }
    if (out->decoder == DECODER_BOXES) {
        if ((out->boxes == NULL) == (out->tensor == NULL))
            return err_set(err, ERR_INVALID, "the decoder \"boxes\" needs either \"boxes\" or \"tensor\"");
        if (out->boxes != NULL && out->scores == NULL)
            return err_set(err, ERR_INVALID, "the decoder \"boxes\" with \"boxes\" needs \"scores\" too");
        if (out->tensor != NULL && json_object_get(output, "row") == NULL)
            return err_set(err, ERR_INVALID, "the decoder \"boxes\" with \"tensor\" needs \"row\" too");
        if (out->tensor != NULL && (out->scores != NULL || out->labels != NULL))
            return err_set(err, ERR_INVALID, "\"tensor\" takes the place of \"scores\" and \"labels\"");
    }
    bool rows_of_classes = out->decoder == DECODER_SSD || out->decoder == DECODER_DETR ||
        (out->decoder == DECODER_BOXES && out->labels == NULL && out->row != ROW_SCORE_CLASS);
    if (out->activation == ACTIVATION_SOFTMAX && !rows_of_classes)
        return err_set(err, ERR_INVALID, "\"activation\": \"softmax\" needs rows of class scores");
    return ERR_NONE;
}

static enum err_code read_names(struct arena *arena, const json_t *output, struct manifest_output *out, struct err *err)
{
    const struct {
        const char *field;
        const char **out;
    } names[] = {{"tensor", &out->tensor}, {"boxes", &out->boxes}, {"scores", &out->scores}, {"labels", &out->labels},
        {"heatmap", &out->heatmap}, {"size", &out->size}, {"offset", &out->offset}};
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && code == ERR_NONE; i++)
        code = manifest_read_text(arena, output, names[i].field, names[i].out, err);
    return code;
}

static enum err_code read_choices(const json_t *output, struct manifest_output *out, struct err *err)
{
    int activation = (int)out->activation;
    int box_format = (int)out->box_format;
    int row = (int)out->row;
    int layout = (int)out->layout;
    int unit = (int)out->size_unit;
    enum err_code code = manifest_read_choice(
        output, "activation", (const char *const[]){"none", "sigmoid", "softmax", NULL}, &activation, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(output, "box_format",
            (const char *const[]){"corner", "corner_yx", "centre", "size", NULL}, &box_format, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(
            output, "row", (const char *const[]){"classes", "objectness_classes", "score_class", NULL}, &row, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(output, "layout", (const char *const[]){"NHWC", "NCHW", NULL}, &layout, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(output, "size_unit", (const char *const[]){"pixels", "cells", NULL}, &unit, err);
    out->activation = (enum activation)activation;
    out->box_format = (enum box_format)box_format;
    out->row = (enum row_format)row;
    out->layout = (enum tensor_layout)layout;
    out->size_unit = (enum size_unit)unit;
    return code;
}

static enum err_code read_detector_output(
    struct arena *arena, const json_t *output, struct manifest_output *out, struct err *err)
{
    int decoder = -1;
    enum err_code code = manifest_require(output, "decoder", err);
    if (code == ERR_NONE)
        code = manifest_read_choice(output, "decoder", decoder_names, &decoder, err);
    if (code != ERR_NONE)
        return code;
    *out = defaults_of((enum decoder_kind)decoder);
    code = json_check_fields(output, members_by_decoder[decoder], err);
    if (code == ERR_NONE)
        code = read_names(arena, output, out, err);
    if (code == ERR_NONE)
        code = read_choices(output, out, err);
    if (code == ERR_NONE)
        code = json_opt_bool(output, "normalised", &out->normalised, err);
    if (code == ERR_NONE)
        code = json_opt_bool(output, "transposed", &out->transposed, err);
    if (code == ERR_NONE)
        code = manifest_read_int(output, "background", -1, MANIFEST_CLASSES_MAX, &out->background, err);
    if (code == ERR_NONE)
        code = manifest_read_int(output, "bins", 2, 256, &out->bins, err);
    if (code == ERR_NONE)
        code = manifest_read_int(output, "stride", 1, 1024, &out->stride, err);
    if (code == ERR_NONE)
        code = manifest_read_int(output, "peak_window", 1, 31, &out->peak_window, err);
    if (code == ERR_NONE && out->decoder == DECODER_CENTERNET && out->peak_window % 2 == 0)
        code = err_set(err, ERR_INVALID, "\"peak_window\" must be odd, not %d", out->peak_window);
    if (code == ERR_NONE)
        code = manifest_read_int(output, "top_k", 1, 10000, &out->top_k, err);
    if (code == ERR_NONE)
        code = manifest_read_float(output, "centre_offset", -1.0, 1.0, &out->centre_offset, err);
    if (code == ERR_NONE && out->decoder == DECODER_YOLOX)
        code = read_strides(output, out, err);
    if (code == ERR_NONE && out->decoder == DECODER_NANODET)
        code = read_levels(arena, output, out, err);
    return code == ERR_NONE ? check_members(output, out, err) : code;
}

enum err_code manifest_read_output(
    struct arena *arena, const json_t *output, struct manifest *manifest, struct err *err)
{
    if (manifest->kind == MODEL_DETECTOR)
        return read_detector_output(arena, output, &manifest->output, err);
    static const char *const members_embedder[] = {"embedding", "scores", NULL};
    static const char *const members_text[] = {"embedding", NULL};
    manifest->output.background = -1;
    enum err_code code =
        json_check_fields(output, manifest->kind == MODEL_EMBEDDER ? members_embedder : members_text, err);
    if (code == ERR_NONE)
        code = manifest_require(output, "embedding", err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, output, "embedding", &manifest->output.embedding, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, output, "scores", &manifest->output.scores, err);
    return code;
}
