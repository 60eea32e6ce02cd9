// `framehound meta export` and `import`: the meta store as a file, and back, whatever is behind it.
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/settings.h"
#include "app/ui.h"
#include "app/wiring.h"
#include "base/json.h"
#include "base/mem.h"
#include "meta_store/meta_archive.h"
#include "os/signals.h"

static const struct option_table *const meta_tables[] = {
    &data_options, &store_options, &json_options, &log_options, NULL};

// What both commands have: the folder, the log, and an end on SIGINT.
struct meta_run {
    char dir[FILE_PATH_MAX];
    struct log *log;
    struct cancel *cancel;
    struct signals *signals;
    struct meta_store *store;
};

static enum err_code begin(const struct options *options, struct meta_run *run, struct err *err)
{
    *run = (struct meta_run){.log = settings_log(options, LOG_WARN), .cancel = cancel_new(NULL)};
    enum err_code code = signals_start(run->cancel, run->log, &run->signals, err);
    return code == ERR_NONE ? settings_data_dir(options, run->dir, err) : code;
}

static void end(struct meta_run *run)
{
    meta_store_free(run->store);
    signals_stop(run->signals);
    cancel_free(run->cancel);
    log_free(run->log);
}

static void show(
    const struct options *options, const char *what, const char *path, const struct meta_archive_totals *totals)
{
    if (options_bool(options, "json")) {
        json_t *o = json_object();
        json_set_string(o, "file", path);
        json_set_int64(o, "projects", totals->projects);
        json_set_int64(o, "videos", totals->videos);
        json_set_int64(o, "segments", totals->segments);
        json_set_int64(o, "frames", totals->frames);
        json_set_int64(o, "objects", totals->objects);
        json_set_int64(o, "tracks", totals->tracks);
        json_set_int64(o, "journal_entries", totals->entries);
        ui_print_json(o);
        json_decref(o);
        return;
    }
    ui_line("%s %s: %" PRId64 " projects, %" PRId64 " videos, %" PRId64 " frames, %" PRId64 " objects, %" PRId64
            " tracks, %" PRId64 " journal entries",
        what, path, totals->projects, totals->videos, totals->frames, totals->objects, totals->tracks, totals->entries);
}

// ---- export

static enum err_code export_to(
    struct meta_run *run, const char *path, struct meta_archive_totals *totals, struct err *err)
{
    struct file_writer *writer = NULL;
    if (strcmp(path, "-") == 0)
        return meta_archive_export(run->store, STDOUT_FILENO, "standard output", run->cancel, totals, err);
    enum err_code code = file_writer_open(path, &writer, err);
    if (code == ERR_NONE)
        code = meta_archive_export(run->store, file_writer_fd(writer), path, run->cancel, totals, err);
    if (code == ERR_NONE)
        return file_writer_commit(writer, FILE_SYNC_FULL, err);
    file_writer_abort(writer);
    return code;
}

static enum err_code run_export(const struct options *options, int *status, struct err *err)
{
    struct meta_run run;
    struct meta_archive_totals totals;
    const char *path = options_argument(options, 0);
    (void)status;
    bool is_own = wiring_meta_address(options) == NULL;
    enum err_code code = begin(options, &run, err);
    if (code == ERR_NONE && is_own)
        code = wiring_check(run.dir, err);
    if (code == ERR_NONE)
        code = wiring_open_meta(options, run.dir, clock_system(), run.log, NULL, &run.store, err);
    if (code == ERR_NONE && is_own)
        code = wiring_check_own_meta(run.dir, run.store, err);
    if (code == ERR_NONE)
        code = export_to(&run, path, &totals, err);
    if (code == ERR_NONE && strcmp(path, "-") != 0)
        show(options, "exported to", path, &totals);
    end(&run);
    return code;
}

// ---- import

static enum err_code run_import(const struct options *options, int *status, struct err *err)
{
    struct meta_run run;
    struct meta_archive_totals totals;
    struct clock_manual clock;
    char digest[SHA256_HEX_SIZE];
    struct file_lock *lock = NULL;
    struct identity identity;
    const char *path = options_argument(options, 0);
    (void)status;
    clock_manual_init(&clock, 0);
    enum err_code code = begin(options, &run, err);
    int fd = code == ERR_NONE ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (code == ERR_NONE && fd < 0)
        code = err_set(err, ERR_NOT_FOUND, "%s cannot be read", path);
    // Before anything is made: a file that is of no use leaves nothing behind.
    if (code == ERR_NONE)
        code = meta_archive_check(fd, path, run.cancel, digest, &totals, err);
    if (code == ERR_NONE && wiring_meta_address(options) == NULL) {
        code = dir_make(run.dir, err);
        if (code == ERR_NONE)
            code = wiring_lock(run.dir, &lock, err);
        if (code == ERR_NONE)
            code = identity_open(run.dir, &identity, err);
    }
    if (code == ERR_NONE)
        code = wiring_open_meta(options, run.dir, &clock.clock, run.log, NULL, &run.store, err);
    if (code == ERR_NONE)
        code = meta_archive_import(run.store, &clock, fd, path, run.log, run.cancel, &totals, err);
    if (code == ERR_NONE)
        show(options, "imported from", path, &totals);
    if (fd >= 0)
        close(fd);
    end(&run);
    file_lock_release(lock);
    return code;
}

const struct command command_meta_export = {
    .spec = {.name = "meta export",
        .arguments = "FILE",
        .summary = "Write the whole meta store into a file: projects, videos, frames, objects, tracks and labels.",
        .details = "The meta store is the one in the data folder, or that of --meta-store. Stop what changes it, if it "
                   "is to go on elsewhere. FILE may be \"-\" for standard output.",
        .examples = "framehound meta export framehound.meta\n"
                    "framehound meta export framehound.meta --meta-store redis://redis.example.org:6379/0",
        .tables = meta_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_export};

const struct command command_meta_import = {
    .spec = {.name = "meta import",
        .arguments = "FILE",
        .summary = "Fill an empty meta store from a file that \"meta export\" wrote.",
        .details =
            "The file is checked from beginning to end before anything is stored; one that is damaged is refused. "
            "An import that was interrupted is repeated with the same file and goes on.",
        .examples = "framehound meta import framehound.meta --meta-store redis://redis.example.org:6379/0",
        .tables = meta_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_import};
