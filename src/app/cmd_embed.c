// `framehound embed`: the descriptors of pictures, as they are stored.
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "app/models.h"
#include "app/pictures.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/json.h"
#include "base/mem.h"
#include "vision/embedder.h"

static const struct option_table *const embed_tables[] = {&json_options, &model_options, &log_options, NULL};

static void print_embedding(const char *file, const float *descriptor, int dimension, bool json)
{
    if (!json) {
        ui_line("%s: %d numbers, beginning with %.4f %.4f %.4f", file, dimension, (double)descriptor[0],
            (double)descriptor[1], (double)descriptor[2]);
        return;
    }
    json_t *o = json_object();
    json_t *list = json_array();
    for (int i = 0; i < dimension; i++)
        json_array_append_new(list, json_real((double)descriptor[i]));
    json_set_string(o, "file", file);
    json_set(o, "embedding", list);
    ui_print_json(o);
    json_decref(o);
}

static enum err_code run_embed(const struct options *options, int *status, struct err *err)
{
    struct model_settings settings;
    struct embedder *embedder = NULL;
    struct log *log = settings_log(options, LOG_WARN);
    model_settings_read(options, &settings);
    struct models *models = models_new(&settings, NULL, log);
    enum err_code code = models_embedder(models, &embedder, NULL, err);
    int dimension = code == ERR_NONE ? embedder_dimension(embedder) : 0;
    float *descriptor = mem_calloc((size_t)dimension, sizeof(float));
    for (int i = 0; i < options_argument_count(options) && code == ERR_NONE; i++) {
        const char *file = options_argument(options, i);
        struct image *image = NULL;
        struct pixels pixels;
        struct err why = ERR_INIT;
        enum err_code one = picture_load(file, &image, &pixels, &why);
        if (one == ERR_NONE)
            one = embedder_embed_image(embedder, &pixels, -1, NULL, descriptor, NULL, &why);
        image_unref(image);
        if (one == ERR_NONE) {
            print_embedding(file, descriptor, dimension, options_bool(options, "json"));
        } else {
            // The other pictures are done all the same.
            ui_error("%s", why.message);
            *status = 1;
        }
    }
    free(descriptor);
    models_free(models);
    log_free(log);
    return code;
}

const struct command command_embed = {
    .spec = {.name = "embed",
        .arguments = "IMAGE...",
        .summary = "Print the descriptors of pictures, as they are stored (normalised).",
        .tables = embed_tables,
        .arguments_least = 1,
        .arguments_most = -1},
    .run = run_embed};
