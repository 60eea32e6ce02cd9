#include "vision/engine_model.h"

#include <stdio.h>
#include <string.h>

#include "vision/network_check.h"

enum err_code engine_failed(
    ov_status_e status, enum err_code code, const char *file, const char *doing, struct err *err)
{
    char words[300];
    const char *text = ov_get_last_err_msg();
    network_message_clean(text, ov_get_error_info(status), words, sizeof(words));
    ov_free(text);
    if (file == NULL)
        return err_set(err, code, "the inference library failed while %s: %s", doing, words);
    return err_set(err, code, "%s: the inference library failed while %s: %s", file, doing, words);
}

enum err_code engine_read_model(ov_core_t *core, const char *file, ov_model_t **model, struct err *err)
{
    enum err_code code = network_file_check(file, err);
    if (code != ERR_NONE)
        return code;
    ov_status_e status = ov_core_read_model(core, file, NULL, model);
    if (status != OK)
        return engine_failed(status, ERR_INVALID, file, "reading the network", err);
    return ERR_NONE;
}

static enum tensor_type nearest_type(ov_element_type_e type)
{
    switch (type) {
    case U8:
        return TENSOR_U8;
    case I64:
    case I32:
        return TENSOR_I64;
    default:
        return TENSOR_F32;
    }
}

static ov_element_type_e library_type(enum tensor_type type)
{
    return type == TENSOR_U8 ? U8 : type == TENSOR_I64 ? I64 : F32;
}

static ov_status_e describe_port(const ov_output_const_port_t *port, struct tensor_spec *spec, ov_element_type_e *type)
{
    char *name = NULL;
    // A port may have no name at all; the library reports that as an error.
    if (ov_port_get_any_name(port, &name) != OK)
        name = NULL;
    snprintf(spec->name, sizeof(spec->name), "%s", name != NULL ? name : "");
    ov_free(name);
    ov_status_e status = ov_port_get_element_type(port, type);
    if (status != OK)
        return status;
    ov_partial_shape_t shape = {0};
    status = ov_port_get_partial_shape(port, &shape);
    if (status != OK)
        return status;
    spec->rank = -1;
    if (shape.rank.min == shape.rank.max && shape.rank.max <= TENSOR_RANK_MAX) {
        spec->rank = (int)shape.rank.max;
        for (int i = 0; i < spec->rank; i++)
            spec->dims[i] = shape.dims[i].min == shape.dims[i].max ? shape.dims[i].max : -1;
    }
    ov_partial_shape_free(&shape);
    return OK;
}

enum err_code engine_describe_model(
    const char *file, const ov_model_t *model, struct network_specs *specs, struct err *err)
{
    memset(specs, 0, sizeof(*specs));
    ov_element_type_e type = DYNAMIC;
    ov_status_e status = ov_model_inputs_size(model, &specs->input_count);
    if (status == OK)
        status = ov_model_outputs_size(model, &specs->output_count);
    if (status == OK && (specs->input_count > NETWORK_INPUTS_MAX || specs->output_count > NETWORK_OUTPUTS_MAX))
        return err_set(err, ERR_LIMIT,
            "%s: the network has %zu inputs and %zu outputs; at most %d "
            "and %d are supported",
            file, specs->input_count, specs->output_count, NETWORK_INPUTS_MAX, NETWORK_OUTPUTS_MAX);
    for (size_t i = 0; status == OK && i < specs->input_count + specs->output_count; i++) {
        bool input = i < specs->input_count;
        size_t at = input ? i : i - specs->input_count;
        ov_output_const_port_t *port = NULL;
        status =
            input ? ov_model_const_input_by_index(model, at, &port) : ov_model_const_output_by_index(model, at, &port);
        if (status != OK)
            break;
        status = describe_port(port, input ? &specs->inputs[at] : &specs->outputs[at], &type);
        ov_output_const_port_free(port);
        if (input)
            specs->input_types[at] = nearest_type(type);
    }
    if (status != OK)
        return engine_failed(status, ERR_INVALID, file, "looking at the network's inputs and outputs", err);
    return ERR_NONE;
}

ov_status_e engine_set_batch(ov_model_t *model, size_t input_count, int batch)
{
    ov_partial_shape_t shapes[NETWORK_INPUTS_MAX] = {0};
    size_t indexes[NETWORK_INPUTS_MAX];
    ov_status_e status = OK;
    bool change = false;
    size_t made = 0;
    for (; status == OK && made < input_count; made++) {
        ov_output_const_port_t *port = NULL;
        indexes[made] = made;
        status = ov_model_const_input_by_index(model, made, &port);
        if (status == OK) {
            status = ov_port_get_partial_shape(port, &shapes[made]);
            ov_output_const_port_free(port);
        }
        if (status == OK && shapes[made].rank.min == shapes[made].rank.max && shapes[made].rank.max > 0) {
            ov_dimension_t *dim = &shapes[made].dims[0];
            change |= dim->min != batch || dim->max != batch;
            *dim = (ov_dimension_t){.min = batch, .max = batch};
        }
    }
    // Some networks carry a fixed batch in their inner constants: they are left alone when it is the right one.
    if (status == OK && change)
        status = ov_model_reshape_by_port_indexes(model, indexes, shapes, input_count);
    for (size_t i = 0; i < made; i++)
        ov_partial_shape_free(&shapes[i]);
    return status;
}

static ov_status_e convert_input(ov_preprocess_prepostprocessor_t *ppp, size_t index, enum tensor_type type)
{
    ov_preprocess_input_info_t *info = NULL;
    ov_preprocess_input_tensor_info_t *tensor = NULL;
    ov_status_e status = ov_preprocess_prepostprocessor_get_input_info_by_index(ppp, index, &info);
    if (status == OK)
        status = ov_preprocess_input_info_get_tensor_info(info, &tensor);
    if (status == OK)
        status = ov_preprocess_input_tensor_info_set_element_type(tensor, library_type(type));
    if (tensor != NULL)
        ov_preprocess_input_tensor_info_free(tensor);
    if (info != NULL)
        ov_preprocess_input_info_free(info);
    return status;
}

static ov_status_e convert_output(ov_preprocess_prepostprocessor_t *ppp, size_t index)
{
    ov_preprocess_output_info_t *info = NULL;
    ov_preprocess_output_tensor_info_t *tensor = NULL;
    ov_status_e status = ov_preprocess_prepostprocessor_get_output_info_by_index(ppp, index, &info);
    if (status == OK)
        status = ov_preprocess_output_info_get_tensor_info(info, &tensor);
    if (status == OK)
        status = ov_preprocess_output_set_element_type(tensor, F32);
    if (tensor != NULL)
        ov_preprocess_output_tensor_info_free(tensor);
    if (info != NULL)
        ov_preprocess_output_info_free(info);
    return status;
}

ov_status_e engine_convert_types(ov_model_t **model, const struct network_options *options, size_t output_count)
{
    ov_preprocess_prepostprocessor_t *ppp = NULL;
    ov_model_t *built = NULL;
    ov_status_e status = ov_preprocess_prepostprocessor_create(*model, &ppp);
    for (size_t i = 0; status == OK && i < options->input_count; i++)
        status = convert_input(ppp, i, options->input_types[i]);
    for (size_t i = 0; status == OK && i < output_count; i++)
        status = convert_output(ppp, i);
    if (status == OK)
        status = ov_preprocess_prepostprocessor_build(ppp, &built);
    if (ppp != NULL)
        ov_preprocess_prepostprocessor_free(ppp);
    if (built != NULL) {
        ov_model_free(*model);
        *model = built;
    }
    return status;
}
