#include "vision/manifest_read.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"

enum err_code manifest_require(const json_t *object, const char *field, struct err *err)
{
    if (json_object_get(object, field) == NULL)
        return err_set(err, ERR_INVALID, "\"%s\" is missing", field);
    return ERR_NONE;
}

enum err_code manifest_read_choice(
    const json_t *object, const char *field, const char *const *names, int *out, struct err *err)
{
    const char *text = NULL;
    enum err_code code = json_opt_string(object, field, &text, err);
    if (code != ERR_NONE || text == NULL)
        return code;
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return ERR_NONE;
        }
    }
    struct strbuf known;
    strbuf_init(&known);
    for (int i = 0; names[i] != NULL; i++)
        strbuf_addf(&known, "%s\"%s\"", i == 0 ? "" : names[i + 1] == NULL ? " or " : ", ", names[i]);
    code = err_set(err, ERR_INVALID, "\"%s\" must be %s, not \"%.64s\"", field, known.data, text);
    strbuf_release(&known);
    return code;
}

enum err_code manifest_read_text(
    struct arena *arena, const json_t *object, const char *field, const char **out, struct err *err)
{
    const char *text = NULL;
    enum err_code code = json_opt_string(object, field, &text, err);
    if (code != ERR_NONE || text == NULL)
        return code;
    size_t length = strlen(text);
    if (length == 0 || length > MANIFEST_TEXT_MAX)
        return err_set(err, ERR_INVALID, "\"%s\" must have 1 to %d bytes", field, MANIFEST_TEXT_MAX);
    *out = arena_strdup(arena, text);
    return ERR_NONE;
}

enum err_code manifest_read_numbers(
    const json_t *object, const char *field, size_t count, double least, double most, double *out, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_opt_array(object, field, count, &list, err);
    if (code != ERR_NONE || list == NULL)
        return code;
    if (json_array_size(list) != count)
        return err_set(err, ERR_INVALID, "\"%s\" must hold %zu numbers, not %zu", field, count, json_array_size(list));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        double number = json_is_number(item) ? json_number_value(item) : NAN;
        if (!(number >= least && number <= most))
            return err_set(err, ERR_INVALID, "\"%s\" must hold numbers from %g to %g", field, least, most);
        out[i] = number;
    }
    return ERR_NONE;
}

enum err_code manifest_read_int(const json_t *object, const char *field, int least, int most, int *out, struct err *err)
{
    int64_t number = *out;
    enum err_code code = json_opt_int64(object, field, least, most, &number, err);
    if (code == ERR_NONE)
        *out = (int)number;
    return code;
}

enum err_code manifest_read_float(
    const json_t *object, const char *field, double least, double most, float *out, struct err *err)
{
    double number = (double)*out;
    enum err_code code = json_opt_double(object, field, least, most, &number, err);
    if (code == ERR_NONE)
        *out = (float)number;
    return code;
}

static const char *const layouts[] = {"NHWC", "NCHW", NULL};

static enum err_code read_normalisation(const json_t *input, struct manifest_input *out, struct err *err)
{
    double mean[3] = {0, 0, 0};
    double deviation[3] = {1, 1, 1};
    enum err_code code = manifest_read_numbers(input, "mean", 3, -1e6, 1e6, mean, err);
    if (code == ERR_NONE)
        code = manifest_read_numbers(input, "deviation", 3, 1e-6, 1e6, deviation, err);
    if (code != ERR_NONE)
        return code;
    bool changed = false;
    for (int i = 0; i < 3; i++) {
        out->mean[i] = (float)mean[i];
        out->deviation[i] = (float)deviation[i];
        changed |= mean[i] != 0.0 || deviation[i] != 1.0;
    }
    if (changed && out->type == TENSOR_U8)
        return err_set(err, ERR_INVALID,
            "\"mean\" and \"deviation\" need \"type\": \"f32\": a "
            "network with \"u8\" input normalises by itself");
    return ERR_NONE;
}

static enum err_code read_picture_input(
    struct arena *arena, const json_t *input, struct manifest_input *out, struct err *err)
{
    static const char *const members[] = {"tensor", "width", "height", "layout", "type", "colour", "mean", "deviation",
        "resize", "pad", "letterbox_align", "size_tensor", NULL};
    int layout = LAYOUT_NHWC;
    int type = TENSOR_U8;
    int colour = PIXELS_RGB;
    int resize = RESIZE_STRETCH;
    int align = LETTERBOX_CENTRE;
    int pad = 114;
    enum err_code code = json_check_fields(input, members, err);
    if (code == ERR_NONE)
        code = manifest_require(input, "width", err);
    if (code == ERR_NONE)
        code = manifest_require(input, "height", err);
    if (code == ERR_NONE)
        code = manifest_read_int(input, "width", 1, MANIFEST_INPUT_SIDE_MAX, &out->width, err);
    if (code == ERR_NONE)
        code = manifest_read_int(input, "height", 1, MANIFEST_INPUT_SIDE_MAX, &out->height, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, input, "tensor", &out->tensor, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, input, "size_tensor", &out->size_tensor, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(input, "layout", layouts, &layout, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(input, "type", (const char *const[]){"u8", "f32", NULL}, &type, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(input, "colour", (const char *const[]){"RGB", "BGR", NULL}, &colour, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(input, "resize", (const char *const[]){"stretch", "letterbox", NULL}, &resize, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(
            input, "letterbox_align", (const char *const[]){"centre", "corner", NULL}, &align, err);
    if (code == ERR_NONE)
        code = manifest_read_int(input, "pad", 0, 255, &pad, err);
    out->layout = (enum tensor_layout)layout;
    out->type = (enum tensor_type)type;
    out->colour = (enum pixel_order)colour;
    out->resize = (enum resize_mode)resize;
    out->letterbox_align = (enum letterbox_align)align;
    out->pad = (uint8_t)pad;
    return code == ERR_NONE ? read_normalisation(input, out, err) : code;
}

static enum err_code read_text_input(
    struct arena *arena, const json_t *input, struct manifest_input *out, struct err *err)
{
    static const char *const members[] = {"tensor", "length", "type", "tokenizer", NULL};
    int type = 0;
    out->type = TENSOR_I64;
    enum err_code code = json_check_fields(input, members, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(input, "type", (const char *const[]){"i64", NULL}, &type, err);
    if (code == ERR_NONE)
        code = manifest_require(input, "length", err);
    if (code == ERR_NONE)
        code = manifest_read_int(input, "length", 1, 4096, &out->length, err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, input, "tensor", &out->tensor, err);
    if (code == ERR_NONE)
        code = manifest_require(input, "tokenizer", err);
    if (code == ERR_NONE)
        code = manifest_read_text(arena, input, "tokenizer", &out->tokenizer, err);
    return code;
}

enum err_code manifest_read_input(struct arena *arena, const json_t *input, struct manifest *manifest, struct err *err)
{
    return manifest->kind == MODEL_TEXT_ENCODER ? read_text_input(arena, input, &manifest->input, err)
                                                : read_picture_input(arena, input, &manifest->input, err);
}

static enum err_code read_ranges(const json_t *colour, double ranges[3][2], struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_opt_array(colour, "ranges", 3, &list, err);
    if (code != ERR_NONE || list == NULL)
        return code;
    for (size_t i = 0; i < 3; i++) {
        const json_t *pair = json_array_get(list, i);
        for (size_t k = 0; k < 2; k++)
            ranges[i][k] = json_number_value(json_array_get(pair, k));
        if (json_array_size(pair) != 2 ||
            !(ranges[i][0] >= -1000 && ranges[i][1] <= 1000 && ranges[i][0] < ranges[i][1]))
            return err_set(err, ERR_INVALID,
                "\"ranges\" must hold three pairs [least, most] within "
                "-1000 to 1000");
    }
    return ERR_NONE;
}

static enum err_code read_colour(const json_t *colour, struct manifest_colour *out, struct err *err)
{
    static const char *const members[] = {
        "space", "levels", "bins", "binning", "ranges", "compand", "margin", "power", "bands", "weight", NULL};
    *out = (struct manifest_colour){.levels = 32,
        .bins = {4, 10, 10},
        .ranges = {{0, 100}, {-100, 100}, {-100, 100}},
        .compand = 1.0,
        .margin = 0.125,
        .power = 0.5,
        .bands = 1,
        .weight = 1.0};
    int space = 0;
    int binning = BINNING_HARD;
    double bins[3] = {4, 10, 10};
    enum err_code code = json_check_fields(colour, members, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(colour, "space", (const char *const[]){"lab", NULL}, &space, err);
    if (code == ERR_NONE)
        code = manifest_read_choice(colour, "binning", (const char *const[]){"hard", "linear", NULL}, &binning, err);
    if (code == ERR_NONE)
        code = manifest_read_int(colour, "levels", 2, 64, &out->levels, err);
    if (code == ERR_NONE && (out->levels & (out->levels - 1)) != 0)
        code = err_set(err, ERR_INVALID, "\"levels\" must be a power of two from 2 to 64, not %d", out->levels);
    if (code == ERR_NONE)
        code = manifest_read_numbers(colour, "bins", 3, 1, 32, bins, err);
    for (int i = 0; i < 3; i++) {
        out->bins[i] = (int)bins[i];
        if (code == ERR_NONE && (double)out->bins[i] != bins[i])
            code = err_set(err, ERR_INVALID, "\"bins\" must hold whole numbers");
    }
    if (code == ERR_NONE)
        code = read_ranges(colour, out->ranges, err);
    if (code == ERR_NONE)
        code = json_opt_double(colour, "compand", 0.1, 2.0, &out->compand, err);
    if (code == ERR_NONE)
        code = json_opt_double(colour, "margin", 0.0, 0.45, &out->margin, err);
    if (code == ERR_NONE)
        code = json_opt_double(colour, "power", 0.05, 4.0, &out->power, err);
    if (code == ERR_NONE)
        code = manifest_read_int(colour, "bands", 1, 16, &out->bands, err);
    if (code == ERR_NONE)
        code = json_opt_double(colour, "weight", 0.0, 1000.0, &out->weight, err);
    out->binning = (enum colour_binning)binning;
    return code;
}

enum err_code manifest_read_descriptor(const json_t *descriptor, struct manifest *manifest, struct err *err)
{
    static const char *const members[] = {"deep_weight", "colour", NULL};
    json_t *colour = NULL;
    manifest->has_descriptor = true;
    enum err_code code = json_check_fields(descriptor, members, err);
    if (code == ERR_NONE)
        code = json_opt_double(descriptor, "deep_weight", 0.0, 1000.0, &manifest->deep_weight, err);
    if (code == ERR_NONE)
        code = json_opt_object(descriptor, "colour", &colour, err);
    if (code != ERR_NONE || colour == NULL)
        return code;
    manifest->has_colour = true;
    code = read_colour(colour, &manifest->colour, err);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "\"colour\"");
}
