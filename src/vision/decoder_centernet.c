// CenterNet: a heat map of object centres per class, and the size at each cell. Zhou et al., "Objects as Points".
#include <math.h>

#include "vision/decoder.h"

// A map of `channels` values for each of `height` by `width` cells, in either layout.
struct map {
    const float *data;
    int64_t height;
    int64_t width;
    int64_t channels;
    size_t cell_step;
    size_t channel_step;
};

static size_t tensors(const struct manifest *manifest, const char *names[DECODER_TENSORS_MAX])
{
    const struct manifest_output *output = &manifest->output;
    names[0] = output->heatmap;
    names[1] = output->size;
    names[2] = output->offset;
    return output->offset != NULL ? 3 : 2;
}

static enum err_code expect_map(const struct manifest *manifest, const struct tensor_spec *spec, int64_t channels,
    const char *meaning, struct err *err)
{
    const int64_t height = manifest->input.height / manifest->output.stride;
    const int64_t width = manifest->input.width / manifest->output.stride;
    if (manifest->output.layout == LAYOUT_NHWC)
        return decoder_expect(spec, 3, (int64_t[]){height, width, channels}, meaning, err);
    return decoder_expect(spec, 3, (int64_t[]){channels, height, width}, meaning, err);
}

static enum err_code check(const struct manifest *manifest, const struct tensor_spec *specs, struct err *err)
{
    const int64_t classes = (int64_t)manifest->class_count;
    const int64_t sizes = decoder_dim(&specs[1], 3, manifest->output.layout == LAYOUT_NHWC ? 2 : 0);
    enum err_code code = expect_map(manifest, &specs[0], classes, "[1, height / stride, width / stride, classes]", err);
    if (code == ERR_NONE)
        code = expect_map(manifest, &specs[1], sizes == 2 ? 2 : 4, "[1, height / stride, width / stride, 2 or 4]", err);
    if (code == ERR_NONE && manifest->output.offset != NULL)
        code = expect_map(manifest, &specs[2], 2, "[1, height / stride, width / stride, 2]", err);
    return code;
}

static struct map map_of(const struct manifest *manifest, const struct tensor *tensor)
{
    bool packed = manifest->output.layout == LAYOUT_NHWC;
    struct map map = {
        .data = tensor->data,
        .height = decoder_tensor_dim(tensor, 3, packed ? 0 : 1),
        .width = decoder_tensor_dim(tensor, 3, packed ? 1 : 2),
        .channels = decoder_tensor_dim(tensor, 3, packed ? 2 : 0),
    };
    map.cell_step = packed ? (size_t)map.channels : 1;
    map.channel_step = packed ? 1 : (size_t)(map.height * map.width);
    return map;
}

static float at(const struct map *map, int64_t x, int64_t y, int64_t channel)
{
    return map->data[(size_t)(y * map->width + x) * map->cell_step + (size_t)channel * map->channel_step];
}

static bool is_peak(const struct map *heat, int64_t x, int64_t y, int64_t channel, int window)
{
    const float value = at(heat, x, y, channel);
    const int64_t reach = window / 2;
    for (int64_t j = y - reach; j <= y + reach; j++) {
        for (int64_t i = x - reach; i <= x + reach; i++) {
            if (i >= 0 && j >= 0 && i < heat->width && j < heat->height && at(heat, i, j, channel) > value)
                return false;
        }
    }
    return true;
}

static struct candidate box_at(
    const struct manifest_output *output, const struct map *size, const struct map *offset, int64_t x, int64_t y)
{
    const float stride = (float)output->stride;
    const float unit = output->size_unit == SIZE_CELLS ? stride : 1.0f;
    float cx = (float)x + output->centre_offset;
    float cy = (float)y + output->centre_offset;
    if (offset != NULL) {
        cx += at(offset, x, y, 0);
        cy += at(offset, x, y, 1);
    }
    cx *= stride;
    cy *= stride;
    float side[4];
    for (int i = 0; i < 4; i++)
        side[i] = unit * (size->channels == 4 ? at(size, x, y, i) : at(size, x, y, i % 2) / 2);
    return (struct candidate){.x1 = cx - side[0], .y1 = cy - side[1], .x2 = cx + side[2], .y2 = cy + side[3]};
}

static void decode(const struct manifest *manifest, const struct tensor *inputs, struct candidates *out)
{
    const struct manifest_output *output = &manifest->output;
    const struct map heat = map_of(manifest, &inputs[0]);
    const struct map size = map_of(manifest, &inputs[1]);
    const struct map offset = output->offset != NULL ? map_of(manifest, &inputs[2]) : (struct map){0};
    const float least = decoder_raw_threshold(output->activation, out->threshold);
    for (int64_t y = 0; y < heat.height; y++) {
        for (int64_t x = 0; x < heat.width; x++) {
            const float *cell = heat.data + (size_t)(y * heat.width + x) * heat.cell_step;
            if (heat.channel_step == 1 && !decoder_any_reaches(cell, (size_t)heat.channels, least))
                continue;
            for (int64_t c = 0; c < heat.channels; c++) {
                if (!(at(&heat, x, y, c) >= least) || !is_peak(&heat, x, y, c, output->peak_window))
                    continue;
                struct candidate box = box_at(output, &size, output->offset != NULL ? &offset : NULL, x, y);
                box.score = decoder_activate(output->activation, at(&heat, x, y, c));
                box.class_id = (int32_t)c;
                candidates_add(out, box);
            }
        }
    }
    candidates_keep_best(out, (size_t)output->top_k);
}

const struct decoder decoder_centernet = {tensors, check, decode};
