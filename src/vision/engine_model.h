// A network in the library's hands before it is compiled: read, described, fitted to a batch and to our types. Internal
// to vision/engine.c. Sources: OpenVINO's C API (openvino/c), version 2026.4.
#pragma once

#include <openvino/c/openvino.h>
#include <stddef.h>

#include "base/err.h"
#include "vision/engine.h"

// `code` with a sentence that carries the library's last words; `file` may be NULL.
enum err_code engine_failed(
    ov_status_e status, enum err_code code, const char *file, const char *doing, struct err *err);

// To be freed with ov_model_free().
enum err_code engine_read_model(ov_core_t *core, const char *file, ov_model_t **model, struct err *err) ERR_MUST_CHECK;
enum err_code engine_describe_model(
    const char *file, const ov_model_t *model, struct network_specs *specs, struct err *err) ERR_MUST_CHECK;
ov_status_e engine_set_batch(ov_model_t *model, size_t input_count, int batch);
// Inputs in the caller's types and all outputs as floats, converted inside the network; replaces *model.
ov_status_e engine_convert_types(ov_model_t **model, const struct network_options *options, size_t output_count);
