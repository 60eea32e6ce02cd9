// Commands about models: list, verify, add, bench.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/models.h"
#include "app/pictures.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "vision/coco_eval.h"
#include "vision/detector.h"
#include "vision/engine.h"
#include "vision/model_store.h"

#define BENCH_THRESHOLD 0.001f
#define MODEL_DOWNLOAD_MAX ((uint64_t)4 * 1024 * 1024 * 1024)

static const struct option_table *const models_tables[] = {&json_options, &model_options, &log_options, NULL};

static const struct option_spec add_list[] = {
    {.name = "manifest",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "The model.json that goes with a network given as a file or address."},
    {.name = "sha256",
        .type = OPTION_STRING,
        .value_name = "HEX",
        .help = "SHA-256 of the network; required for an address."},
    {.name = "image", .type = OPTION_PATH, .value_name = "FILE", .help = "Picture to try the model on."},
    {.name = "replace", .type = OPTION_BOOL, .help = "Replace a model of the same name."},
};
static const struct option_table add_options = {
    .title = "The model", .options = add_list, .count = sizeof(add_list) / sizeof(add_list[0])};
static const struct option_table *const add_tables[] = {
    &add_options, &json_options, &model_options, &log_options, NULL};

static const struct option_spec bench_list[] = {
    {.name = "coco",
        .type = OPTION_PATH,
        .required = true,
        .value_name = "ANNOTATIONS.json",
        .help = "Labelled boxes in COCO's format."},
    {.name = "images", .type = OPTION_PATH, .required = true, .value_name = "DIR", .help = "Folder of the pictures."},
    {.name = "model",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .help = "Detector; by default the one of --detector."},
};
static const struct option_table bench_options = {
    .title = "Measurement", .options = bench_list, .count = sizeof(bench_list) / sizeof(bench_list[0])};
static const struct option_table *const bench_tables[] = {
    &bench_options, &json_options, &model_options, &log_options, NULL};

// ---- list

static enum err_code run_list(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"MODEL", "KIND", "INPUT", "LICENCE", "SOURCE", NULL};
    struct model_list list;
    (void)status;
    enum err_code code = model_list_load(settings_models_dir(options), &list, err);
    if (code != ERR_NONE)
        return code;
    struct ui_table *table = ui_table_new(headings);
    for (size_t i = 0; i < list.count; i++) {
        const struct manifest *m = list.items[i].manifest;
        char input[UI_TEXT_SIZE] = "";
        if (m != NULL)
            snprintf(input, sizeof(input), "%dx%d", m->input.width, m->input.height);
        if (options_bool(options, "json")) {
            json_t *o = json_object();
            json_set_string(o, "name", list.items[i].name);
            json_set_string(o, "kind", m != NULL ? model_kind_name(m->kind) : NULL);
            json_set_string(o, "licence", m != NULL ? m->licence : NULL);
            json_set_string(o, "source", m != NULL ? m->source : NULL);
            json_set_string(o, "error", m != NULL ? NULL : list.items[i].err.message);
            ui_print_json(o);
            json_decref(o);
        } else if (m != NULL) {
            ui_table_add(
                table, (const char *[]){list.items[i].name, model_kind_name(m->kind), input, m->licence, m->source});
        } else {
            ui_table_add(table, (const char *[]){list.items[i].name, "unusable", "", "", list.items[i].err.message});
        }
    }
    if (!options_bool(options, "json"))
        ui_table_print(table);
    ui_table_free(table);
    model_list_release(&list);
    return ERR_NONE;
}

// ---- verify

static void print_report(const char *name, const struct manifest *m, const struct model_report *report, bool json)
{
    if (json) {
        json_t *o = json_object();
        json_set_string(o, "name", name);
        json_set_bool(o, "ok", true);
        json_set_int64(o, "detections", (int64_t)report->detections);
        json_set_int64(o, "dimension", report->dimension);
        json_set_double(o, "milliseconds", report->milliseconds);
        ui_print_json(o);
        json_decref(o);
    } else if (m == NULL || m->kind == MODEL_DETECTOR) {
        ui_line("%s: works, %.1f ms for a picture", name, report->milliseconds);
    } else {
        ui_line("%s: works, %.1f ms for a picture, descriptors of %d numbers", name, report->milliseconds,
            report->dimension);
    }
}

static void print_failure(const char *name, const struct err *err, bool json)
{
    if (!json) {
        ui_line("%s: %s", name, err->message);
        return;
    }
    json_t *o = json_object();
    json_set_string(o, "name", name);
    json_set_bool(o, "ok", false);
    json_set_string(o, "error", err->message);
    ui_print_json(o);
    json_decref(o);
}

static enum err_code run_verify(const struct options *options, int *status, struct err *err)
{
    struct model_list list = {0};
    struct engine *engine = NULL;
    const char *only = options_argument(options, 0);
    bool json = options_bool(options, "json");
    bool found = false;
    enum err_code code = model_list_load(settings_models_dir(options), &list, err);
    if (code == ERR_NONE)
        code = engine_new(
            &(struct engine_options){.threads = (int)options_int(options, "inference-threads")}, &engine, err);
    for (size_t i = 0; i < list.count && code == ERR_NONE; i++) {
        struct model_entry *entry = &list.items[i];
        struct model_report report = {0};
        struct err why = entry->err;
        if (only != NULL && strcmp(only, entry->name) != 0)
            continue;
        found = true;
        if (entry->manifest != NULL && model_verify(engine, entry->manifest, NULL, &report, &why) == ERR_NONE) {
            print_report(entry->name, entry->manifest, &report, json);
        } else {
            print_failure(entry->name, &why, json);
            *status = 1;
        }
    }
    if (code == ERR_NONE && !found)
        code = only != NULL
            ? err_set(err, ERR_NOT_FOUND, "there is no model %s in %s", only, settings_models_dir(options))
            : err_set(err, ERR_NOT_FOUND, "there are no models in %s", settings_models_dir(options));
    engine_free(engine);
    model_list_release(&list);
    return code;
}

// ---- add

// Brings a network from an address to a local file in `dir`, checked against the SHA-256 given.
static enum err_code download_network(
    const char *url, const char *sha256, const char *dir, char **path, struct err *err)
{
    struct http_client *client = NULL;
    struct http_downloaded got = {0};
    char hex[SHA256_HEX_SIZE];
    char shown[HTTP_URL_SHOWN_MAX];
    const char *slash = strrchr(url, '/');
    const char *dot = strrchr(url, '.');
    if (sha256 == NULL)
        return err_set(err, ERR_INVALID, "a network from an address needs --sha256, so that it is the one you mean");
    // The engine tells the format by the ending.
    *path = mem_sprintf("%s/network%.8s", dir, dot != NULL && dot > slash ? dot : ".onnx");
    enum err_code code = http_client_new(&(struct http_client_options){.allow_private = true}, &client, err);
    if (code == ERR_NONE)
        code = http_client_download(client,
            &(struct http_download){.url = url, .path = *path, .limit_bytes = MODEL_DOWNLOAD_MAX}, NULL, &got, err);
    if (code == ERR_NONE)
        code = file_sha256(*path, NULL, hex, NULL, err);
    http_url_show(url, shown);
    if (code == ERR_NONE && strcasecmp(hex, sha256) != 0)
        code = err_set(err, ERR_CORRUPT, "%s has the SHA-256 %s, not %s", shown, hex, sha256);
    http_client_free(client);
    return code;
}

static enum err_code check_local_sha256(const char *path, const char *sha256, struct err *err)
{
    char hex[SHA256_HEX_SIZE];
    if (sha256 == NULL)
        return ERR_NONE;
    enum err_code code = file_sha256(path, NULL, hex, NULL, err);
    if (code == ERR_NONE && strcasecmp(hex, sha256) != 0)
        code = err_set(err, ERR_CORRUPT, "%s has the SHA-256 %s, not %s", path, hex, sha256);
    return code;
}

static enum err_code add_model(const struct options *options, struct engine *engine, const struct pixels *picture,
    struct model_report *report, char **name, struct err *err)
{
    const char *source = options_argument(options, 0);
    const char *manifest = options_string(options, "manifest");
    const char *sha256 = options_string(options, "sha256");
    const char *models_dir = settings_models_dir(options);
    bool replace = options_bool(options, "replace");
    struct file_info info;
    char temp_dir[FILE_PATH_MAX] = "";
    char *path = NULL;
    enum err_code code;
    if (strstr(source, "://") != NULL) {
        code = dir_make_temporary(NULL, "framehound-model-", temp_dir, err);
        if (code == ERR_NONE)
            code = download_network(source, sha256, temp_dir, &path, err);
    } else {
        code = file_stat(source, &info, err);
        if (code == ERR_NONE && info.is_directory)
            return model_add(engine, models_dir, source, replace, picture, report, name, err);
        if (code == ERR_NONE)
            code = check_local_sha256(source, sha256, err);
        path = mem_strdup(source);
    }
    if (code == ERR_NONE && manifest == NULL)
        code = err_set(err, ERR_INVALID,
            "a network alone is not enough: --manifest FILE says what it expects and gives "
            "(docs/model-manifest.md)");
    if (code == ERR_NONE)
        code = model_add_file(engine, models_dir, path, manifest, replace, picture, report, name, err);
    if (temp_dir[0] != '\0') {
        struct err ignored;
        if (dir_remove_tree(temp_dir, &ignored) != ERR_NONE)
            ui_error("%s", ignored.message);
    }
    free(path);
    return code;
}

static enum err_code run_add(const struct options *options, int *status, struct err *err)
{
    struct engine *engine = NULL;
    struct image *image = NULL;
    struct pixels pixels;
    struct model_report report = {0};
    char *name = NULL;
    (void)status;
    enum err_code code = ERR_NONE;
    if (options_is_set(options, "image"))
        code = picture_load(options_string(options, "image"), &image, &pixels, err);
    if (code == ERR_NONE)
        code = engine_new(
            &(struct engine_options){.threads = (int)options_int(options, "inference-threads")}, &engine, err);
    if (code == ERR_NONE)
        code = add_model(options, engine, image != NULL ? &pixels : NULL, &report, &name, err);
    if (code == ERR_NONE)
        print_report(name, NULL, &report, options_bool(options, "json"));
    free(name);
    engine_free(engine);
    image_unref(image);
    return code;
}

// ---- bench

struct bench {
    const struct coco_set *set;
    struct detector *detector;
    struct coco_result *results;
    size_t count, capacity;
    struct arena *arena;
};

static void add_results(struct bench *bench, int64_t image, const struct detections *found)
{
    const struct manifest *manifest = detector_manifest(bench->detector);
    for (size_t i = 0; i < found->count; i++) {
        const struct detection *d = &found->items[i];
        const struct coco_category *category =
            coco_set_category(bench->set, manifest_class_name(manifest, d->class_id));
        if (category == NULL)
            continue; // a class that the set does not have
        if (bench->count == bench->capacity) {
            bench->capacity = bench->capacity * 2 + 1024;
            bench->results = mem_realloc_array(bench->results, bench->capacity, sizeof(*bench->results));
        }
        bench->results[bench->count++] = (struct coco_result){.image_id = image,
            .category_id = category->id,
            .x = (double)d->x,
            .y = (double)d->y,
            .width = (double)d->width,
            .height = (double)d->height,
            .score = (double)d->score};
    }
}

static enum err_code finish_job(struct bench *bench, struct detection_job *job, int64_t image, struct err *err)
{
    struct detections found = {0};
    enum err_code code = detection_wait(job, -1, NULL, bench->arena, &found, err);
    if (code == ERR_NONE)
        add_results(bench, image, &found);
    detection_free(job);
    arena_reset(bench->arena);
    return code;
}

// Several pictures in flight, oldest finished first. Reading the files is not part of the time.
static enum err_code detect_all(struct bench *bench, const char *dir, int64_t *elapsed_us, struct err *err)
{
    enum { IN_FLIGHT_MAX = 64 };
    struct detection_job *jobs[IN_FLIGHT_MAX];
    int64_t ids[IN_FLIGHT_MAX];
    int capacity = detector_capacity(bench->detector);
    size_t most = capacity < 1 ? 1 : capacity < IN_FLIGHT_MAX ? (size_t)capacity : IN_FLIGHT_MAX;
    size_t begun = 0;
    size_t done = 0;
    enum err_code code = ERR_NONE;
    *elapsed_us = 0;
    for (size_t i = 0; i < bench->set->image_count && code == ERR_NONE; i++) {
        struct image *image = NULL;
        struct pixels pixels;
        char *path = mem_sprintf("%s/%s", dir, bench->set->images[i].file_name);
        code = picture_load(path, &image, &pixels, err);
        free(path);
        int64_t start_us = clock_monotonic_us(clock_system());
        if (code == ERR_NONE && begun - done == most) {
            code = finish_job(bench, jobs[done % most], ids[done % most], err);
            done++;
        }
        if (code == ERR_NONE)
            code = detector_submit(bench->detector, &pixels, -1, NULL, &jobs[begun % most], err);
        if (code == ERR_NONE)
            ids[begun++ % most] = bench->set->images[i].id;
        *elapsed_us += clock_monotonic_us(clock_system()) - start_us;
        image_unref(image);
    }
    int64_t start_us = clock_monotonic_us(clock_system());
    for (; done < begun; done++) {
        struct err later = ERR_INIT;
        enum err_code last = finish_job(bench, jobs[done % most], ids[done % most], &later);
        if (code == ERR_NONE && last != ERR_NONE) {
            code = last;
            *err = later;
        }
    }
    *elapsed_us += clock_monotonic_us(clock_system()) - start_us;
    return code;
}

static enum err_code run_bench(const struct options *options, int *status, struct err *err)
{
    struct coco_set *set = NULL;
    struct engine *engine = NULL;
    struct coco_scores scores = {0};
    struct bench bench = {.arena = arena_new()};
    int64_t elapsed_us = 0;
    const char *name =
        options_is_set(options, "model") ? options_string(options, "model") : options_string(options, "detector");
    struct manifest *manifest = NULL;
    char *folder = NULL;
    (void)status;
    enum err_code code = coco_set_load(options_string(options, "coco"), &set, err);
    bench.set = set;
    if (code == ERR_NONE)
        code = model_find(settings_models_dir(options), name, &manifest, err);
    if (code == ERR_NONE)
        code = engine_new(
            &(struct engine_options){.threads = (int)options_int(options, "inference-threads")}, &engine, err);
    if (code == ERR_NONE) {
        // Average precision looks at all detections, however unsure.
        struct detector_options detector = DETECTOR_OPTIONS_INIT;
        detector.score_threshold = BENCH_THRESHOLD;
        detector.max_detections = COCO_DETECTIONS_PER_IMAGE;
        folder = mem_sprintf("%s/%s", settings_models_dir(options), name);
        code = detector_open(engine, folder, &detector, &bench.detector, err);
    }
    if (code == ERR_NONE)
        code = detect_all(&bench, options_string(options, "images"), &elapsed_us, err);
    if (code == ERR_NONE)
        code = coco_evaluate(set, bench.results, bench.count, &scores, err);
    if (code == ERR_NONE) {
        double rate = elapsed_us > 0 ? (double)set->image_count * 1e6 / (double)elapsed_us : 0;
        json_t *o = json_object();
        json_set_string(o, "model", name);
        json_set_int64(o, "images", (int64_t)set->image_count);
        json_set_double(o, "ap", scores.ap);
        json_set_double(o, "ap50", scores.ap50);
        json_set_double(o, "ar100", scores.ar100);
        json_set_double(o, "images_per_s", rate);
        if (options_bool(options, "json"))
            ui_print_json(o);
        else
            ui_line("%s on %zu pictures: AP %.3f, AP50 %.3f, AR100 %.3f, %.0f pictures/s", name, set->image_count,
                scores.ap, scores.ap50, scores.ar100, rate);
        json_decref(o);
    }
    detector_free(bench.detector);
    engine_free(engine);
    manifest_free(manifest);
    coco_set_free(set);
    arena_free(bench.arena);
    free(bench.results);
    free(folder);
    return code;
}

const struct command command_models_list = {
    .spec = {.name = "models list", .arguments = "", .summary = "List the installed models.", .tables = models_tables},
    .run = run_list};

const struct command command_models_verify = {
    .spec = {.name = "models verify",
        .arguments = "[NAME]",
        .summary = "Check files and networks of the models, and try them on a picture.",
        .tables = models_tables,
        .arguments_most = 1},
    .run = run_verify};

const struct command command_models_add = {
    .spec = {.name = "models add",
        .arguments = "SOURCE",
        .summary = "Install a model after trying it: a folder with model.json, or a network with --manifest.",
        .examples = "framehound models add ./my-model\n"
                    "framehound models add yolox_s.onnx --manifest yolox_s.json --image street.jpg",
        .tables = add_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_add};

const struct command command_models_bench = {
    .spec = {.name = "models bench",
        .arguments = "",
        .summary = "Measure a detector: average precision by COCO's method, and speed.",
        .examples = "framehound models bench --coco instances.json --images pictures/ --json",
        .tables = bench_tables},
    .run = run_bench};
