#include "vision/model_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "os/file.h"
#include "vision/detector.h"
#include "vision/embedder.h"

#define INFERENCE_TIMEOUT_MS 60000

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct model_entry *)left)->name, ((const struct model_entry *)right)->name);
}

static bool is_model_folder(const char *models_dir, const char *name)
{
    struct file_info info;
    char *path = mem_sprintf("%s/%s", models_dir, name);
    bool found = name[0] != '.' && file_stat(path, &info, NULL) == ERR_NONE && info.is_directory;
    free(path);
    return found;
}

static void add_entry(struct model_list *list, const char *models_dir, const char *name)
{
    struct model_entry *entry = &list->items[list->count++];
    char *folder = mem_sprintf("%s/%s", models_dir, name);
    *entry = (struct model_entry){.name = mem_strdup(name)};
    if (manifest_load(folder, &entry->manifest, &entry->err) != ERR_NONE)
        entry->manifest = NULL;
    free(folder);
}

enum err_code model_list_load(const char *models_dir, struct model_list *list, struct err *err)
{
    *list = (struct model_list){0};
    DIR *dir = opendir(models_dir);
    if (dir == NULL && errno == ENOENT)
        return ERR_NONE;
    if (dir == NULL)
        return err_set_errno(err, errno, "cannot read the folder of models %s", models_dir);
    enum err_code code = ERR_NONE;
    list->items = mem_calloc(MODEL_STORE_MODELS_MAX, sizeof(*list->items));
    for (const struct dirent *item = readdir(dir); item != NULL && code == ERR_NONE; item = readdir(dir)) {
        if (!is_model_folder(models_dir, item->d_name))
            continue;
        if (list->count == MODEL_STORE_MODELS_MAX)
            code = err_set(err, ERR_LIMIT, "%s holds more than %d models", models_dir, MODEL_STORE_MODELS_MAX);
        else
            add_entry(list, models_dir, item->d_name);
    }
    closedir(dir);
    if (code != ERR_NONE)
        model_list_release(list);
    else if (list->count > 1)
        qsort(list->items, list->count, sizeof(*list->items), by_name);
    return code;
}

void model_list_release(struct model_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        manifest_free(list->items[i].manifest);
        free((char *)list->items[i].name);
    }
    free(list->items);
    *list = (struct model_list){0};
}

static enum err_code not_found(const char *models_dir, const char *name, struct err *err)
{
    struct model_list list;
    struct strbuf names;
    if (model_list_load(models_dir, &list, NULL) != ERR_NONE)
        return err_set(err, ERR_NOT_FOUND, "there is no model \"%s\" in %s", name, models_dir);
    strbuf_init(&names);
    for (size_t i = 0; i < list.count; i++)
        strbuf_addf(&names, "%s%s", i > 0 ? ", " : "", list.items[i].name);
    enum err_code code = list.count > 0
        ? err_set(err, ERR_NOT_FOUND, "there is no model \"%s\" in %s; there are %s", name, models_dir, names.data)
        : err_set(err, ERR_NOT_FOUND, "there is no model \"%s\" in %s, which holds none: run `make setup`", name,
              models_dir);
    strbuf_release(&names);
    model_list_release(&list);
    return code;
}

enum err_code model_find(const char *models_dir, const char *name, struct manifest **manifest, struct err *err)
{
    *manifest = NULL;
    if (!manifest_name_is_valid(name))
        return err_set(err, ERR_INVALID, "\"%.64s\" cannot be the name of a model", name);
    if (!is_model_folder(models_dir, name))
        return not_found(models_dir, name, err);
    char *folder = mem_sprintf("%s/%s", models_dir, name);
    enum err_code code = manifest_load(folder, manifest, err);
    free(folder);
    return code;
}

// A street of sorts, for those who bring no picture: edges, colours and gradients at several sizes.
static uint8_t *draw_picture(int width, int height)
{
    uint8_t *data = mem_alloc(3 * (size_t)width * (size_t)height);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            uint8_t *pixel = data + 3 * ((size_t)y * (size_t)width + (size_t)x);
            bool block = (x / 80 + y / 60) % 3 == 0;
            pixel[0] = (uint8_t)(block ? 200 : x * 255 / width);
            pixel[1] = (uint8_t)(block ? x % 80 * 3 : y * 255 / height);
            pixel[2] = (uint8_t)(y < height / 2 ? 220 : 60);
        }
    }
    return data;
}

static enum err_code run_detector(struct engine *engine, const struct manifest *manifest, const struct pixels *picture,
    struct model_report *report, struct err *err)
{
    struct detector *detector = NULL;
    struct arena *arena = arena_new();
    struct detections found = {0};
    struct detector_options options = DETECTOR_OPTIONS_INIT;
    options.streams = 1;
    options.capacity = 1;
    enum err_code code = detector_open(engine, manifest->folder, &options, &detector, err);
    for (int round = 0; round < 2 && code == ERR_NONE; round++) {
        int64_t begin_us = clock_monotonic_us(clock_system());
        code = detector_detect(detector, picture, INFERENCE_TIMEOUT_MS, NULL, arena, &found, err);
        report->milliseconds = (double)(clock_monotonic_us(clock_system()) - begin_us) / 1000.0;
    }
    report->detections = found.count;
    detector_free(detector);
    arena_free(arena);
    return code;
}

static enum err_code run_embedder(struct engine *engine, const struct manifest *manifest, const struct pixels *picture,
    struct model_report *report, struct err *err)
{
    struct embedder *embedder = NULL;
    float *descriptor = NULL;
    const struct embedder_options options = {.streams = 1, .capacity = 1};
    enum err_code code = embedder_open(engine, manifest->folder, &options, &embedder, err);
    if (code == ERR_NONE) {
        report->dimension = embedder_dimension(embedder);
        descriptor = mem_calloc((size_t)report->dimension, sizeof(*descriptor));
    }
    for (int round = 0; round < 2 && code == ERR_NONE; round++) {
        int64_t begin_us = clock_monotonic_us(clock_system());
        code = embedder_embed_image(embedder, picture, INFERENCE_TIMEOUT_MS, NULL, descriptor, NULL, err);
        report->milliseconds = (double)(clock_monotonic_us(clock_system()) - begin_us) / 1000.0;
    }
    double length = 0.0;
    for (int i = 0; code == ERR_NONE && i < report->dimension; i++)
        length += (double)descriptor[i] * (double)descriptor[i];
    if (code == ERR_NONE && !(length > 0.5))
        code = err_set(err, ERR_INVALID,
            "the model \"%s\" gave no usable embedding of a test picture: zeros or no numbers", manifest->name);
    free(descriptor);
    embedder_free(embedder);
    return code;
}

// There is no picture to run it on: that it can be read, and has the output, must do.
static enum err_code inspect_text_encoder(struct engine *engine, const struct manifest *manifest, struct err *err)
{
    struct network_specs *specs = mem_calloc(1, sizeof(*specs));
    char *file = mem_sprintf("%s/%s", manifest->folder, manifest->network);
    enum err_code code = network_inspect(engine, file, specs, err);
    bool found = false;
    for (size_t i = 0; i < specs->output_count; i++)
        found = found || strcmp(specs->outputs[i].name, manifest->output.embedding) == 0;
    if (code == ERR_NONE && !found)
        code = err_set(err, ERR_INVALID, "the model \"%s\": the network has no output \"%s\"", manifest->name,
            manifest->output.embedding);
    free(file);
    free(specs);
    return code;
}

enum err_code model_verify(struct engine *engine, const struct manifest *manifest, const struct pixels *picture,
    struct model_report *report, struct err *err)
{
    struct model_report unused;
    struct model_report *out = report != NULL ? report : &unused;
    *out = (struct model_report){0};
    uint8_t *drawn = NULL;
    struct pixels own = {.width = 640, .height = 480, .stride_bytes = 3 * 640, .order = PIXELS_RGB};
    if (picture == NULL) {
        drawn = draw_picture(own.width, own.height);
        own.data = drawn;
        picture = &own;
    }
    enum err_code code = ERR_NONE;
    switch (manifest->kind) {
    case MODEL_DETECTOR: // opening it checks the files
        code = run_detector(engine, manifest, picture, out, err);
        break;
    case MODEL_EMBEDDER:
        code = run_embedder(engine, manifest, picture, out, err);
        break;
    case MODEL_TEXT_ENCODER:
        code = manifest_check_files(manifest, err);
        if (code == ERR_NONE)
            code = inspect_text_encoder(engine, manifest, err);
        break;
    }
    free(drawn);
    return code;
}
