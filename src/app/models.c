#include "app/models.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/settings.h"
#include "base/mem.h"
#include "ingest/indexer.h"
#include "vision/model_store.h"

struct models {
    struct model_settings settings;
    const char *cache_dir;
    struct log *log;
    pthread_mutex_t mutex; // guards the opening of what follows
    struct engine *engine;
    struct detector *detector;
    struct embedder *embedder;
    char label[MODEL_LABEL_SIZE];
};

void model_settings_default(struct model_settings *settings)
{
    *settings = (struct model_settings){.models_dir = DEFAULT_MODELS_DIR,
        .detector = DEFAULT_DETECTOR,
        .embedder = DEFAULT_EMBEDDER,
        .score_threshold = -1};
}

void model_settings_read(const struct options *options, struct model_settings *settings)
{
    *settings = (struct model_settings){.models_dir = settings_models_dir(options),
        .detector = options_string(options, "detector"),
        .embedder = options_string(options, "embedder"),
        .score_threshold =
            options_is_set(options, "score-threshold") ? (float)options_float(options, "score-threshold") : -1,
        .threads = (int)options_int(options, "inference-threads")};
}

struct models *models_new(const struct model_settings *settings, const char *cache_dir, struct log *log)
{
    struct models *models = mem_calloc(1, sizeof(*models));
    models->settings = *settings;
    models->cache_dir = cache_dir;
    models->log = log;
    pthread_mutex_init(&models->mutex, NULL);
    return models;
}

void models_free(struct models *models)
{
    if (models == NULL)
        return;
    detector_free(models->detector);
    embedder_free(models->embedder);
    engine_free(models->engine);
    pthread_mutex_destroy(&models->mutex);
    free(models);
}

static enum err_code open_engine(struct models *models, struct err *err)
{
    if (models->engine != NULL)
        return ERR_NONE;
    struct engine_options options = {.cache_dir = models->cache_dir, .threads = models->settings.threads};
    return engine_new(&options, &models->engine, err);
}

// The folder of a model, to be freed; looks at its name before it becomes a path.
static enum err_code model_folder(
    struct models *models, const char *name, enum model_kind kind, char **folder, struct err *err)
{
    const char *dir = models->settings.models_dir;
    struct manifest *manifest = NULL;
    enum err_code code = model_find(dir, name, &manifest, err);
    if (code != ERR_NONE)
        return code;
    if (manifest->kind != kind)
        code = err_set(err, ERR_INVALID, "the model %s is of the kind %s, not %s", name,
            model_kind_name(manifest->kind), model_kind_name(kind));
    else
        *folder = mem_sprintf("%s/%s", dir, name);
    manifest_free(manifest);
    return code;
}

static enum err_code open_detector(struct models *models, struct err *err)
{
    char *folder = NULL;
    if (models->detector != NULL)
        return ERR_NONE;
    enum err_code code = open_engine(models, err);
    if (code == ERR_NONE)
        code = model_folder(models, models->settings.detector, MODEL_DETECTOR, &folder, err);
    if (code == ERR_NONE) {
        struct detector_options options = DETECTOR_OPTIONS_INIT;
        options.hint = NETWORK_THROUGHPUT;
        options.score_threshold = models->settings.score_threshold;
        code = detector_open(models->engine, folder, &options, &models->detector, err);
    }
    if (code == ERR_NONE)
        log_debug(models->log, "detector %s is ready", models->settings.detector);
    free(folder);
    return code;
}

static enum err_code open_embedder(struct models *models, struct err *err)
{
    char *folder = NULL;
    if (models->embedder != NULL)
        return ERR_NONE;
    enum err_code code = open_engine(models, err);
    if (code == ERR_NONE)
        code = model_folder(models, models->settings.embedder, MODEL_EMBEDDER, &folder, err);
    if (code == ERR_NONE) {
        struct embedder_options options = {.hint = NETWORK_THROUGHPUT};
        code = embedder_open(models->engine, folder, &options, &models->embedder, err);
    }
    if (code == ERR_NONE) {
        model_label_make(embedder_manifest(models->embedder), models->label);
        log_debug(models->log, "embedder %s is ready", models->label);
    }
    free(folder);
    return code;
}

enum err_code models_engine(struct models *models, struct engine **engine, struct err *err)
{
    pthread_mutex_lock(&models->mutex);
    enum err_code code = open_engine(models, err);
    *engine = models->engine;
    pthread_mutex_unlock(&models->mutex);
    return code;
}

enum err_code models_detector(struct models *models, struct detector **detector, struct err *err)
{
    pthread_mutex_lock(&models->mutex);
    enum err_code code = open_detector(models, err);
    *detector = models->detector;
    pthread_mutex_unlock(&models->mutex);
    return code;
}

enum err_code models_embedder(struct models *models, struct embedder **embedder, const char **label, struct err *err)
{
    pthread_mutex_lock(&models->mutex);
    enum err_code code = open_embedder(models, err);
    *embedder = models->embedder;
    if (label != NULL)
        *label = models->label;
    pthread_mutex_unlock(&models->mutex);
    return code;
}
