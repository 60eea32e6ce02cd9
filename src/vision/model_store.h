// The folder of models: one folder a model, named like it (docs/model-manifest.md).
//
// Functions are stateless and safe from all threads; two processes may add models at the same time (a model appears
// with one rename). Names are checked before they become paths.
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "vision/engine.h"
#include "vision/manifest.h"
#include "vision/pixels.h"

#define MODEL_STORE_MODELS_MAX 256

struct model_entry {
    const char *name;
    struct manifest *manifest; // NULL if model.json cannot be used
    struct err err;            // why not
};

struct model_list {
    struct model_entry *items; // sorted by name
    size_t count;
};

// All models in `models_dir`; an unusable manifest is an entry with its reason, no failure. A missing folder is an
// empty list. Network files are not hashed: see model_verify().
enum err_code model_list_load(const char *models_dir, struct model_list *list, struct err *err) ERR_MUST_CHECK;
void model_list_release(struct model_list *list);

// Reads one model's manifest by name: ERR_INVALID for a name that cannot be one, ERR_NOT_FOUND with the names there
// are.
enum err_code model_find(
    const char *models_dir, const char *name, struct manifest **manifest, struct err *err) ERR_MUST_CHECK;

// What a model did with one picture.
struct model_report {
    size_t detections;   // detector
    int dimension;       // embedder: of the descriptor
    double milliseconds; // for one picture after a first one
};

// Checks the files' SHA-256, loads the network, compares its inputs and outputs with the manifest, and runs it on
// `picture` (NULL: a drawn one).
enum err_code model_verify(struct engine *engine, const struct manifest *manifest, const struct pixels *picture,
    struct model_report *report, struct err *err) ERR_MUST_CHECK;

// Copies the model in `source_dir` (model.json and the files it names, nothing else) into `models_dir` after
// model_verify(). A model of the same name is ERR_CONFLICT unless `replace`. On failure the store is unchanged.
// `name` (may be NULL) receives the model's name, to be freed.
enum err_code model_add(struct engine *engine, const char *models_dir, const char *source_dir, bool replace,
    const struct pixels *picture, struct model_report *report, char **name, struct err *err) ERR_MUST_CHECK;

// The same where network and manifest lie apart: `network_file` takes the place of the file that the manifest calls
// `network` (a network of one file only, such as .onnx).
enum err_code model_add_file(struct engine *engine, const char *models_dir, const char *network_file,
    const char *manifest_file, bool replace, const struct pixels *picture, struct model_report *report, char **name,
    struct err *err) ERR_MUST_CHECK;
