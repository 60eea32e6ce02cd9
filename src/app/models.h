// The models of a process: opened when first needed, shared by everything in it. Safe from all threads.
#pragma once

#include "base/err.h"
#include "base/log.h"
#include "base/options.h"
#include "vision/detector.h"
#include "vision/embedder.h"
#include "vision/engine.h"

struct models;

struct model_settings {
    const char *models_dir;
    const char *detector, *embedder; // names
    float score_threshold;           // < 0: the model's own
    int threads;                     // for inference; 0: as many as there are processors
};
void model_settings_default(struct model_settings *settings);
// From options that include model_options, which must outlive what is made with the settings.
void model_settings_read(const struct options *options, struct model_settings *settings);

// `cache_dir` may be NULL.
struct models *models_new(const struct model_settings *settings, const char *cache_dir, struct log *log);
void models_free(struct models *models);

// All belong to `models`.
enum err_code models_engine(struct models *models, struct engine **engine, struct err *err) ERR_MUST_CHECK;
enum err_code models_detector(struct models *models, struct detector **detector, struct err *err) ERR_MUST_CHECK;
// `label` (may be NULL): the name its vectors have in the index.
enum err_code models_embedder(
    struct models *models, struct embedder **embedder, const char **label, struct err *err) ERR_MUST_CHECK;
