// What detectors and embedders share: opening a model's folder, and tying the manifest to the network. Internal to
// vision/.
#pragma once

#include "base/err.h"
#include "vision/engine.h"
#include "vision/manifest.h"

// Which of the network's inputs is what; -1: there is none.
struct model_inputs {
    int picture;
    int size;
    enum tensor_type size_type;
};

// Reads the manifest, checks the kind and, unless told not to, the files' SHA-256.
enum err_code model_load(const char *folder, enum model_kind kind, bool skip_file_check, struct manifest **manifest,
    struct err *err) ERR_MUST_CHECK;

// Compiles the manifest's network for `batch` pictures after comparing its inputs with the manifest. Only `hint`,
// `streams` and `requests` of `tune` count.
enum err_code model_compile(struct engine *engine, const struct manifest *manifest, int batch,
    const struct network_options *tune, struct network **network, struct model_inputs *inputs,
    struct err *err) ERR_MUST_CHECK;

// Positions of the outputs with these names; NULL stands for the only output.
enum err_code model_find_outputs(const struct manifest *manifest, const struct network *network,
    const char *const *names, size_t count, int *positions, struct err *err) ERR_MUST_CHECK;

// Fills the input that wants a picture size, if there is one.
void model_fill_size(
    const struct manifest *manifest, const struct model_inputs *inputs, struct request *request, int batch);
