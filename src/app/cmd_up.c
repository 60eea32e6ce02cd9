// `framehound up`, and each part as a process of its own.
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "app/instance.h"
#include "app/settings.h"
#include "app/ui.h"
#include "os/file.h"
#include "os/signals.h"

#define FOREVER_MS (INT64_C(1000) * 60 * 60 * 24 * 365)

static enum err_code serve(const struct options *options, unsigned parts, bool alone, struct err *err)
{
    char dir[FILE_PATH_MAX];
    struct log *log = settings_log(options, LOG_INFO);
    struct cancel *cancel = cancel_new(NULL);
    struct signals *signals = NULL;
    struct instance *instance = NULL;
    enum err_code code = signals_start(cancel, log, &signals, err);
    if (code == ERR_NONE)
        code = settings_data_dir(options, dir, err);
    if (code == ERR_NONE) {
        struct instance_config config = {
            .dir = dir, .options = options, .parts = parts, .alone = alone, .log = log, .cancel = cancel};
        code = instance_start(&config, &instance, err);
    }
    if (code == ERR_NONE) {
        const char *url = instance_url(instance);
        log_info(log, "framehound %s works on %s", FRAMEHOUND_VERSION, instance_stores(instance)->dir);
        if (dir_is_open_to_others(dir))
            log_warn(log, "others on this machine may look into the data folder: run \"chmod 700 %s\"", dir);
        if (url != NULL)
            log_info(log, "open %s/", url);
        cancel_wait(cancel, FOREVER_MS);
        log_info(log, "stopping: what is being worked on is finished or given back");
    }
    instance_stop(instance);
    signals_stop(signals);
    cancel_free(cancel);
    log_free(log);
    return code;
}

static const struct option_table *const up_tables[] = {INSTANCE_TABLES, &server_options, NULL};
static const struct option_table *const part_tables[] = {INSTANCE_TABLES, &probe_options, NULL};

// An address that is none is wrong usage, and is said before anything is opened.
static enum err_code serve_at(
    const struct options *options, const char *option, unsigned parts, bool alone, int *status, struct err *err)
{
    char address[64];
    uint16_t port;
    const char *given = options_string(options, option);
    if (given == NULL || settings_listen(given, address, &port, err) == ERR_NONE)
        return serve(options, parts, alone, err);
    *status = 2;
    ui_error("--%s: %s", option, err->message);
    return ERR_NONE;
}

static enum err_code run_up(const struct options *options, int *status, struct err *err)
{
    return serve_at(options, "listen", PART_ALL, true, status, err);
}

static enum err_code run_splitter(const struct options *options, int *status, struct err *err)
{
    return serve_at(options, "probe-listen", PART_SPLITTER, false, status, err);
}

static enum err_code run_downloader(const struct options *options, int *status, struct err *err)
{
    return serve_at(options, "probe-listen", PART_DOWNLOADER, false, status, err);
}

static enum err_code run_indexer(const struct options *options, int *status, struct err *err)
{
    return serve_at(options, "probe-listen", PART_INDEXER, false, status, err);
}

static enum err_code run_tracker(const struct options *options, int *status, struct err *err)
{
    return serve_at(options, "probe-listen", PART_TRACKER, false, status, err);
}

static enum err_code run_query(const struct options *options, int *status, struct err *err)
{
    return serve_at(options, "listen", PART_QUERY, false, status, err);
}

const struct command command_up = {
    .spec = {.name = "up",
        .arguments = "",
        .summary = "Run everything on this machine: all parts and the web server.",
        .examples = "framehound up\nframehound up --data ./data --listen 127.0.0.1:9000 --workers 4",
        .tables = up_tables},
    .run = run_up};

#define PART_COMMAND(variable, word, what, table_list, function)                                                       \
    const struct command variable = {                                                                                  \
        .spec = {.name = word,                                                                                         \
            .arguments = "",                                                                                           \
            .summary = what,                                                                                           \
            .details = "Several processes of one part share the work. They may run beside \"framehound up\" on the "   \
                       "same data folder.",                                                                            \
            .tables = table_list},                                                                                     \
        .run = function}

PART_COMMAND(command_splitter, "splitter", "Run only splitters: fetch videos and cut them into segments.", part_tables,
    run_splitter);
PART_COMMAND(command_downloader, "downloader", "Run only downloaders: decode segments into frames.", part_tables,
    run_downloader);
PART_COMMAND(command_indexer, "indexer", "Run only indexers: find, crop and embed the objects in frames.", part_tables,
    run_indexer);
PART_COMMAND(command_tracker, "tracker", "Run only trackers: follow objects through videos whose frames are indexed.",
    part_tables, run_tracker);
PART_COMMAND(command_query, "query", "Run only the query engine: HTTP and the web application.", up_tables, run_query);
