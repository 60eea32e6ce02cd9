// `framehound doctor`: checks the installation and a data folder, and mends what the stores disagree on.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/instance.h"
#include "app/models.h"
#include "app/settings.h"
#include "app/ui.h"
#include "app/wiring.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/doctor.h"
#include "os/child.h"
#include "os/proc.h"
#include "vector_index/vector_index.h"
#include "vision/engine.h"
#include "vision/model_store.h"

#define LEAST_FREE_BYTES ((uint64_t)1024 * 1024 * 1024)

static const struct option_spec doctor_list[] = {
    {.name = "repair", .type = OPTION_BOOL, .help = "Mend what can be mended."},
    {.name = "project", .short_name = 'p', .type = OPTION_STRING, .value_name = "NAME", .help = "Only this project."},
};
static const struct option_table doctor_options_table = {
    .title = "Doctor", .options = doctor_list, .count = sizeof(doctor_list) / sizeof(doctor_list[0])};
static const struct option_table *const doctor_tables[] = {&doctor_options_table, &json_options, INSTANCE_TABLES, NULL};

struct visit {
    bool json;
    bool repair;
    int64_t problems; // of the installation
    int64_t left;     // findings that are not mended
};

// One line about the installation: "ok" or what is wrong and what to do.
static void show_check(struct visit *visit, const char *what, bool ok, const char *text)
{
    visit->problems += !ok;
    if (visit->json) {
        json_t *o = json_object();
        json_set_string(o, "check", what);
        json_set_bool(o, "ok", ok);
        json_set_string(o, "text", text);
        ui_print_json(o);
        json_decref(o);
    } else {
        printf("%-8s %s: %s\n", ok ? "ok" : "PROBLEM", what, text);
    }
}

static void check_models(struct visit *visit, const struct options *options)
{
    struct engine *engine = NULL;
    struct err err = ERR_INIT;
    const char *const names[] = {options_string(options, "detector"), options_string(options, "embedder")};
    if (engine_new(&(struct engine_options){.threads = 0}, &engine, &err) != ERR_NONE) {
        show_check(visit, "inference", false, err.message);
        return;
    }
    char *text = mem_sprintf("OpenVINO %s, %d threads", engine_version(engine), engine_threads(engine));
    show_check(visit, "inference", true, text);
    free(text);
    for (size_t i = 0; i < 2; i++) {
        struct manifest *manifest = NULL;
        struct model_report report = {0};
        enum err_code code = model_find(settings_models_dir(options), names[i], &manifest, &err);
        if (code == ERR_NONE)
            code = model_verify(engine, manifest, NULL, &report, &err);
        text = code == ERR_NONE ? mem_sprintf("%s works, %.1f ms for a picture", names[i], report.milliseconds)
                                : mem_sprintf("%s: run \"make setup\" to install it again", err.message);
        show_check(visit, i == 0 ? "detector" : "embedder", code == ERR_NONE, text);
        free(text);
        manifest_free(manifest);
    }
    engine_free(engine);
}

static void check_yt_dlp(struct visit *visit, const struct options *options)
{
    const char *program = settings_yt_dlp(options);
    char *path = program[0] != '\0' ? child_find_program(program) : NULL;
    show_check(visit, "yt-dlp", path != NULL,
        path != NULL ? path : "not found: pages such as YouTube's cannot be ingested; run \"make setup\"");
    free(path);
}

static void check_disk(struct visit *visit, const char *dir)
{
    uint64_t free_bytes = 0;
    struct err err = ERR_INIT;
    char size[UI_TEXT_SIZE];
    if (disk_free(dir, &free_bytes, NULL, &err) != ERR_NONE) {
        show_check(visit, "disk", false, err.message);
        return;
    }
    ui_size((int64_t)free_bytes, size);
    char *text = mem_sprintf("%s free in %s", size, dir);
    show_check(visit, "disk", free_bytes >= LEAST_FREE_BYTES, text);
    free(text);
}

// The queue's server, where there is one.
static bool check_queue(struct visit *visit, const struct options *options, struct log *log)
{
    struct queue_topic topics[QUEUE_TOPICS_MAX];
    struct err err = ERR_INIT;
    size_t count;
    if (wiring_queue_topics(options, false, log, topics, &count, &err) != ERR_NONE) {
        show_check(visit, "queue", false, err.message);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool enough = topics[i].partitions >= topics[i].wanted;
        char *text =
            mem_sprintf("%s: %d partitions, %d replicas%s", topics[i].name, topics[i].partitions, topics[i].replicas,
                enough ? "" : ": fewer than --kafka-partitions says; more workers than that have nothing to do");
        show_check(visit, "queue", enough, text);
        free(text);
    }
    return true;
}

static void show_finding(void *context, const struct finding *finding)
{
    struct visit *visit = context;
    visit->left += !finding->mended;
    if (visit->json) {
        json_t *o = json_object();
        json_set_string(o, "finding", finding_kind_name(finding->kind));
        json_set_string(o, "project", finding->project[0] != '\0' ? finding->project : NULL);
        json_set_string(o, "video", finding->video[0] != '\0' ? finding->video : NULL);
        json_set_string(o, "subject", finding->subject);
        json_set_string(o, "text", finding->text);
        json_set_bool(o, "mended", finding->mended);
        ui_print_json(o);
        json_decref(o);
    } else {
        printf("%-8s %s\n", finding->mended ? "mended" : "FOUND", finding->text);
    }
}

// Looks at the data folder, if there is one. Beside a running server young things are left alone.
static enum err_code check_data(struct visit *visit, const struct options *options, struct log *log, struct err *err)
{
    char dir[FILE_PATH_MAX];
    struct store_settings settings;
    struct stores *stores = NULL;
    struct file_lock *lock = NULL;
    struct doctor_report report = {0};
    struct err busy = ERR_INIT;
    enum err_code code = settings_data_dir(options, dir, err);
    if (code != ERR_NONE)
        return code;
    if (!file_exists(dir)) {
        char *text = mem_sprintf("%s does not exist yet: the first \"framehound up\" makes it", dir);
        show_check(visit, "data", true, text);
        free(text);
        return ERR_NONE;
    }
    check_disk(visit, dir);
    bool alone = wiring_lock(dir, &lock, &busy) == ERR_NONE;
    store_settings_read(options, &settings);
    code = stores_open(dir, &settings, true, log, NULL, &stores, err);
    if (code == ERR_NONE) {
        struct doctor_options doctor = {.repair = visit->repair,
            .project = options_string(options, "project"),
            .least_age_us = alone ? -1 : 0,
            .context = visit,
            .found = show_finding};
        code = doctor_run(&stores->ingest, &doctor, NULL, &report, err);
        // Looks at every byte of the graphs' files, and makes the damaged ones again from the database.
        if (code == ERR_NONE && visit->repair)
            code = vector_index_flush(stores->ingest.vectors, err);
    }
    if (code == ERR_NONE) {
        char *text = mem_sprintf("%s: %" PRId64 " videos, %" PRId64 " frames, %" PRId64 " objects; %" PRId64
                                 " findings, %" PRId64 " mended",
            dir, report.videos, report.frames, report.objects, report.found, report.mended);
        show_check(visit, "data", report.found == report.mended, text);
        free(text);
        if (!visit->json && report.found > report.mended && !visit->repair)
            puts("         \"framehound doctor --repair\" mends what can be mended");
    }
    stores_close(stores);
    file_lock_release(lock);
    return code;
}

static enum err_code run_doctor(const struct options *options, int *status, struct err *err)
{
    struct visit visit = {.json = options_bool(options, "json"), .repair = options_bool(options, "repair")};
    struct log *log = settings_log(options, LOG_WARN);
    check_models(&visit, options);
    check_yt_dlp(&visit, options);
    // Without its servers the data cannot be looked at.
    enum err_code code = check_queue(&visit, options, log) ? check_data(&visit, options, log, err) : ERR_NONE;
    *status = visit.problems != 0 || visit.left != 0;
    log_free(log);
    return code;
}

const struct command command_doctor = {
    .spec = {.name = "doctor",
        .arguments = "",
        .summary = "Check the installation and the data folder; with --repair, mend what the stores disagree on.",
        .details = "Ends with status 0 when everything is well, 1 when something is not.",
        .tables = doctor_tables},
    .run = run_doctor};
