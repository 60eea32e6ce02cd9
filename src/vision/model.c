#include "vision/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

enum err_code model_load(
    const char *folder, enum model_kind kind, bool skip_file_check, struct manifest **manifest, struct err *err)
{
    enum err_code code = manifest_load(folder, manifest, err);
    if (code != ERR_NONE)
        return code;
    if ((*manifest)->kind != kind)
        code = err_set(err, ERR_INVALID, "the model \"%s\" is of kind \"%s\"; here one of kind \"%s\" is needed",
            (*manifest)->name, model_kind_name((*manifest)->kind), model_kind_name(kind));
    if (code == ERR_NONE && !skip_file_check)
        code = manifest_check_files(*manifest, err);
    if (code != ERR_NONE) {
        manifest_free(*manifest);
        *manifest = NULL;
    }
    return code;
}

// "a", "b" for sentences.
static char *list_names(const struct tensor_spec *specs, size_t count)
{
    struct strbuf names;
    strbuf_init(&names);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(&names, "%s\"%s\"", i > 0 ? ", " : "", specs[i].name);
    return strbuf_detach(&names, NULL);
}

static int find_input(const struct network_specs *specs, const char *name)
{
    for (size_t i = 0; i < specs->input_count; i++) {
        if (strcmp(specs->inputs[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static enum err_code match_inputs(
    const struct manifest *manifest, const struct network_specs *specs, struct model_inputs *inputs, struct err *err)
{
    const struct manifest_input *input = &manifest->input;
    *inputs = (struct model_inputs){.picture = -1, .size = -1};
    if (input->size_tensor != NULL)
        inputs->size = find_input(specs, input->size_tensor);
    if (input->tensor != NULL)
        inputs->picture = find_input(specs, input->tensor);
    else if (specs->input_count == (input->size_tensor != NULL ? 2 : 1))
        inputs->picture = inputs->size == 0 ? 1 : 0;
    const char *missing = input->size_tensor != NULL && inputs->size < 0 ? input->size_tensor
        : inputs->picture < 0                                            ? input->tensor
                                                                         : NULL;
    size_t expected = input->size_tensor != NULL ? 2 : 1;
    if (missing == NULL && inputs->picture >= 0 && specs->input_count == expected) {
        if (inputs->size >= 0)
            inputs->size_type = specs->input_types[inputs->size] == TENSOR_I64 ? TENSOR_I64 : TENSOR_F32;
        return ERR_NONE;
    }
    char *names = list_names(specs->inputs, specs->input_count);
    enum err_code code = missing != NULL
        ? err_set(err, ERR_INVALID, "the model \"%s\": the network has no input \"%s\"; its inputs are %s",
              manifest->name, missing, names)
        : err_set(err, ERR_INVALID, "the model \"%s\": the manifest speaks of %zu inputs; the network's are %s",
              manifest->name, expected, names);
    free(names);
    return code;
}

static bool fits(int64_t have, int64_t wanted)
{
    return have == -1 || have == wanted;
}

static enum err_code check_picture_input(const struct manifest *manifest, const struct network_specs *specs,
    const struct model_inputs *inputs, int batch, struct err *err)
{
    const struct manifest_input *input = &manifest->input;
    const struct tensor_spec *spec = &specs->inputs[inputs->picture];
    const int64_t packed[] = {batch, input->height, input->width, 3};
    const int64_t planes[] = {batch, 3, input->height, input->width};
    const int64_t *wanted = input->layout == LAYOUT_NHWC ? packed : planes;
    char shape[TENSOR_SHAPE_TEXT_SIZE];
    tensor_spec_format(spec, shape);
    bool good = spec->rank == 4 && spec->dims[0] != 0;
    // The batch can be changed; the rest is the network's own.
    for (int i = 1; i < 4 && good; i++)
        good = spec->dims[i] == wanted[i];
    if (!good)
        return err_set(err, ERR_INVALID,
            "the model \"%s\": the manifest says that input \"%s\" has the shape [N, %" PRId64 ", %" PRId64 ", %" PRId64
            "] (%s), and the network has %s",
            manifest->name, spec->name, wanted[1], wanted[2], wanted[3], input->layout == LAYOUT_NHWC ? "NHWC" : "NCHW",
            shape);
    if (input->type == TENSOR_F32 && specs->input_types[inputs->picture] != TENSOR_F32)
        return err_set(err, ERR_INVALID,
            "the model \"%s\": the manifest says that input \"%s\" takes \"f32\", and the network takes whole numbers",
            manifest->name, spec->name);
    if (inputs->size >= 0) {
        const struct tensor_spec *size = &specs->inputs[inputs->size];
        if (size->rank != 2 || !fits(size->dims[1], 2))
            return err_set(err, ERR_INVALID, "the model \"%s\": input \"%s\" should have the shape [N, 2]",
                manifest->name, size->name);
    }
    return ERR_NONE;
}

enum err_code model_compile(struct engine *engine, const struct manifest *manifest, int batch,
    const struct network_options *tune, struct network **network, struct model_inputs *inputs, struct err *err)
{
    *network = NULL;
    char *file = mem_sprintf("%s/%s", manifest->folder, manifest->network);
    struct network_specs *specs = mem_calloc(1, sizeof(*specs));
    enum err_code code = network_inspect(engine, file, specs, err);
    if (code == ERR_NONE)
        code = match_inputs(manifest, specs, inputs, err);
    if (code == ERR_NONE)
        code = check_picture_input(manifest, specs, inputs, batch, err);
    if (code == ERR_NONE) {
        struct network_options options = {
            .file = file,
            .input_count = specs->input_count,
            .batch = batch,
            .hint = tune->hint,
            .streams = tune->streams,
            .requests = tune->requests,
        };
        options.input_types[inputs->picture] = manifest->input.type;
        if (inputs->size >= 0)
            options.input_types[inputs->size] = inputs->size_type;
        code = network_compile(engine, &options, network, err);
    }
    free(specs);
    free(file);
    return code;
}

enum err_code model_find_outputs(const struct manifest *manifest, const struct network *network,
    const char *const *names, size_t count, int *positions, struct err *err)
{
    const struct network_specs *specs = network_describe(network);
    for (size_t i = 0; i < count; i++) {
        positions[i] = names[i] != NULL ? network_find_output(network, names[i]) : specs->output_count == 1 ? 0 : -1;
        if (positions[i] >= 0)
            continue;
        char *known = list_names(specs->outputs, specs->output_count);
        if (names[i] != NULL)
            err_set(err, ERR_INVALID, "the model \"%s\": the network has no output \"%s\"; its outputs are %s",
                manifest->name, names[i], known);
        else
            err_set(err, ERR_INVALID,
                "the model \"%s\": the network has several outputs, and the manifest must name one of %s",
                manifest->name, known);
        free(known);
        return ERR_INVALID;
    }
    return ERR_NONE;
}

void model_fill_size(
    const struct manifest *manifest, const struct model_inputs *inputs, struct request *request, int batch)
{
    if (inputs->size < 0)
        return;
    void *data = request_input(request, (size_t)inputs->size);
    const int64_t size[2] = {manifest->input.width, manifest->input.height};
    for (int i = 0; i < 2 * batch; i++) {
        if (inputs->size_type == TENSOR_I64)
            ((int64_t *)data)[i] = size[i % 2];
        else
            ((float *)data)[i] = (float)size[i % 2];
    }
}
