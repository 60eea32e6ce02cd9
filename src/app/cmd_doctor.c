// `framehound doctor`: checks the installation, the servers and the data, and mends what the stores disagree on.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/check_install.h"
#include "app/command.h"
#include "app/instance.h"
#include "app/settings.h"
#include "app/ui.h"
#include "app/wiring.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/doctor.h"
#include "ingest/presence.h"
#include "vector_index/vector_index.h"

static const struct option_spec doctor_list[] = {
    {.name = "repair", .type = OPTION_BOOL, .help = "Mend what can be mended."},
    {.name = "offline",
        .type = OPTION_BOOL,
        .help = "Nothing else works on these servers, on any machine: look at young things too."},
    {.name = "project", .short_name = 'p', .type = OPTION_STRING, .value_name = "NAME", .help = "Only this project."},
};
static const struct option_table doctor_options_table = {
    .title = "Doctor", .options = doctor_list, .count = sizeof(doctor_list) / sizeof(doctor_list[0])};
static const struct option_table *const doctor_tables[] = {&doctor_options_table, &json_options, INSTANCE_TABLES, NULL};

struct visit {
    const struct options *options;
    struct log *log;
    bool json;
    bool repair;
    struct checks checks;
    int64_t left; // findings that are not mended
};

// One line: "ok", or what is wrong and what to do.
static void show_check(void *context, const struct check *check)
{
    static const char *const words[] = {[CHECK_OK] = "ok", [CHECK_WARNING] = "warning", [CHECK_WRONG] = "PROBLEM"};
    const struct visit *visit = context;
    if (visit->json) {
        json_t *o = json_object();
        json_set_string(o, "check", check->what);
        json_set_bool(o, "ok", check->level != CHECK_WRONG);
        json_set_string(o, "level", check_level_name(check->level));
        json_set_string(o, "text", check->text);
        if (check->remedy != NULL)
            json_set_string(o, "remedy", check->remedy);
        ui_print_json(o);
        json_decref(o);
    } else {
        ui_line("%-8s %s: %s%s%s", words[check->level], check->what, check->text, check->remedy != NULL ? ": " : "",
            check->remedy != NULL ? check->remedy : "");
    }
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
        ui_line("%-8s %s", finding->mended ? "mended" : "FOUND", finding->text);
    }
}

// ---- the data

// Whether nothing else is at work, so that things need not be spared for being young. The folder's lock proves it where
// all is in the folder. Of servers only somebody can say so who knows; that no worker is heard of is looked after.
static enum err_code find_out_alone(const struct visit *visit, struct stores *stores, bool *alone, struct err *err)
{
    struct presence presence;
    *alone = stores_take_alone(stores, "framehound doctor");
    if (!stores_are_shared(stores, visit->options))
        return ERR_NONE;
    *alone = *alone && options_bool(visit->options, "offline");
    if (!options_bool(visit->options, "offline"))
        return ERR_NONE;
    enum err_code code = presence_find(stores->ingest.queue, clock_system(), PRESENCE_LISTEN_MS, NULL, &presence, err);
    if (code == ERR_NONE && presence.found)
        code = err_set(err, ERR_CONFLICT,
            "--offline says that nothing else works on these servers, but the worker %s on %s does: end it, or leave "
            "--offline out",
            presence.worker, presence.host);
    return code;
}

static void show_report(struct visit *visit, const char *dir, bool alone, const struct doctor_report *report)
{
    bool is_mendable = false;
    for (int kind = 0; kind < FINDING_KIND_COUNT; kind++)
        is_mendable |= report->findings[kind] > 0 && finding_kind_is_mendable((enum finding_kind)kind);
    const char *remedy =
        visit->repair || !is_mendable ? NULL : "\"framehound doctor --repair\" mends what can be mended";
    char *text = mem_sprintf("%s: %" PRId64 " videos, %" PRId64 " frames, %" PRId64 " objects; %" PRId64
                             " findings, %" PRId64 " mended%s",
        dir, report->videos, report->frames, report->objects, report->found, report->mended,
        alone ? "" : " (others may be at work: what is younger than ten minutes was left alone)");
    visit->checks.what = "data";
    if (report->found == report->mended)
        checks_ok(&visit->checks, "%s", text);
    else
        checks_wrong(&visit->checks, remedy, "%s", text);
    free(text);
}

// Each machine has a folder of its own then, and this one none yet.
static bool everything_is_on_servers(const struct options *options)
{
    static const char *const names[] = {"queue", "blob-store", "meta-store", "vector-index"};
    bool all = true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        all = all && options_string(options, names[i]) != NULL;
    return all;
}

static enum err_code check_data(struct visit *visit, const char *dir, struct err *err)
{
    struct store_settings settings;
    struct stores *stores = NULL;
    struct doctor_report report = {0};
    bool alone = false;
    store_settings_read(visit->options, &settings);
    enum err_code code =
        stores_open(dir, &settings, !everything_is_on_servers(visit->options), visit->log, NULL, &stores, err);
    if (code == ERR_NONE)
        code = find_out_alone(visit, stores, &alone, err);
    if (code == ERR_NONE) {
        struct doctor_options doctor = {.repair = visit->repair,
            .project = options_string(visit->options, "project"),
            .least_age_us = alone ? -1 : 0,
            .context = visit,
            .found = show_finding};
        code = doctor_run(&stores->ingest, &doctor, NULL, &report, err);
    }
    // Looks at every byte of the graphs' files, and makes the damaged ones again from the database.
    if (code == ERR_NONE && visit->repair)
        code = vector_index_flush(stores->ingest.vectors, err);
    if (code == ERR_NONE)
        show_report(visit, dir, alone, &report);
    stores_close(stores);
    return code;
}

static enum err_code run_doctor(const struct options *options, int *status, struct err *err)
{
    char dir[FILE_PATH_MAX];
    struct visit visit = {.options = options,
        .log = settings_log(options, LOG_WARN),
        .json = options_bool(options, "json"),
        .repair = options_bool(options, "repair")};
    visit.checks = (struct checks){.context = &visit, .found = show_check};
    enum err_code code = settings_data_dir(options, dir, err);
    if (code == ERR_NONE) {
        size_t dimension = check_models(options, &visit.checks);
        check_programs(options, &visit.checks);
        bool has_data = check_folder(dir, &visit.checks);
        const struct wiring_check servers = {.options = options,
            .dir = dir,
            .model = options_string(options, "embedder"),
            .dimension = dimension,
            .log = visit.log};
        // Without its servers the data cannot be looked at.
        if (wiring_check_servers(&servers, &visit.checks) && (has_data || everything_is_on_servers(options)))
            code = check_data(&visit, dir, err);
    }
    *status = visit.checks.wrong != 0 || visit.left != 0;
    log_free(visit.log);
    return code;
}

const struct command command_doctor = {
    .spec = {.name = "doctor",
        .arguments = "",
        .summary = "Check the installation, the servers and the data; with --repair, mend what the stores disagree on.",
        .details =
            "Looks after every server that the settings name: whether it answers and lets us in, its version and "
            "settings, and whether it may be written and read, for which it stores a little and removes it "
            "again.\n\n"
            "Ends with status 0 when everything is well (there may be warnings), 1 when something is not.\n\n"
            "Beside other processes, what is younger than ten minutes is left alone: it may be being made. Where "
            "everything is in the data folder the doctor sees whether it is alone; of servers it does not know, "
            "unless --offline says so.",
        .examples = "framehound doctor --config /etc/framehound.conf\nframehound doctor --repair --offline --queue "
                    "kafka://broker:9092 --meta-store redis://redis:6379",
        .tables = doctor_tables},
    .run = run_doctor};
