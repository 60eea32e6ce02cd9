#include "app/check_install.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/settings.h"
#include "app/ui.h"
#include "base/mem.h"
#include "ingest/fetch.h"
#include "os/child.h"
#include "os/file.h"
#include "os/proc.h"
#include "vision/engine.h"
#include "vision/model_store.h"

#define LEAST_FREE_BYTES ((uint64_t)1024 * 1024 * 1024)
#define VERSION_TIMEOUT_MS 30000

// ---- models

static size_t check_model(const struct options *options, struct engine *engine, const char *kind, struct checks *checks)
{
    const char *name = options_string(options, kind);
    struct manifest *manifest = NULL;
    struct model_report report = {0};
    struct err err = ERR_INIT;
    checks->what = kind;
    enum err_code code = model_find(settings_models_dir(options), name, &manifest, &err);
    if (code == ERR_NONE)
        code = model_verify(engine, manifest, NULL, &report, &err);
    if (code == ERR_NONE)
        checks_ok(checks, "%s works, %.1f ms for a picture", name, report.milliseconds);
    else
        checks_wrong(checks, "run \"make setup\" to install it again", "%s", err.message);
    manifest_free(manifest);
    return code == ERR_NONE ? (size_t)report.dimension : 0;
}

size_t check_models(const struct options *options, struct checks *checks)
{
    struct engine *engine = NULL;
    struct err err = ERR_INIT;
    checks->what = "inference";
    if (engine_new(&(struct engine_options){.threads = 0}, &engine, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return 0;
    }
    checks_ok(checks, "OpenVINO %s, %d threads", engine_version(engine), engine_threads(engine));
    check_model(options, engine, "detector", checks);
    size_t dimension = check_model(options, engine, "embedder", checks);
    engine_free(engine);
    return dimension;
}

// ---- programs

// A program that is there may still not run: its interpreter may be missing.
static bool check_yt_dlp(const char *program, const char *path, struct checks *checks)
{
    struct child_result result = {0};
    struct err err = ERR_INIT;
    const char *const argv[] = {program, "--version", NULL};
    const struct child_spec spec = {.argv = argv, .timeout_ms = VERSION_TIMEOUT_MS};
    enum err_code code = child_run(&spec, NULL, &result, &err);
    if (code == ERR_NONE)
        code = child_check(&result, "yt-dlp", &err);
    if (code == ERR_NONE)
        checks_ok(checks, "%s, version %.*s", path, (int)strcspn(result.output, "\r\n"), result.output);
    else
        checks_wrong(checks, "run \"make setup\" to install it again", "%s does not run: %s", path, err.message);
    child_result_release(&result);
    return code == ERR_NONE;
}

// Without them YouTube gives few videos or none; others do without.
static void check_scripts(const struct options *options, const char *program, struct checks *checks)
{
    struct fetch_settings settings;
    struct fetch_scripts scripts;
    struct err err = ERR_INIT;
    fetch_settings_read(options, &settings);
    settings.yt_dlp = program;
    checks->what = "deno";
    if (fetch_find_scripts(&settings, &scripts, &err) != ERR_NONE)
        checks_wrong(checks, "name a newer one with --yt-dlp", "%s", err.message);
    else if (scripts.runtime[0] == '\0')
        checks_warn(checks, "run \"make setup\", or name Deno 2.3 or newer with --deno",
            "yt-dlp finds none: few videos, or none, are fetched from pages such as YouTube's");
    else if (!scripts.has_solver)
        checks_warn(checks, "install yt-dlp-ejs beside that yt-dlp, or run \"make setup\" and use its own",
            "yt-dlp has no scripts of its own for it: few videos, or none, are fetched from pages such as YouTube's");
    else
        checks_ok(checks, "%s runs the scripts of pages such as YouTube's", scripts.runtime);
}

void check_programs(const struct options *options, struct checks *checks)
{
    const char *program = settings_yt_dlp(options);
    char *path = program[0] != '\0' ? child_find_program(program) : NULL;
    checks->what = "yt-dlp";
    if (path == NULL)
        checks_wrong(checks, "run \"make setup\"", "not found: pages such as YouTube's cannot be ingested");
    else if (check_yt_dlp(program, path, checks))
        check_scripts(options, program, checks);
    free(path);
    checks->what = "ffmpeg";
    path = child_find_program("ffmpeg");
    if (path != NULL)
        checks_ok(checks, "%s joins the streams of pages", path);
    else
        checks_warn(checks, "install ffmpeg, if such pages are to be ingested at their best",
            "not found: of pages that keep picture and sound apart, only what they have joined is fetched");
    free(path);
}

// ---- the data folder

static void check_disk(const char *dir, struct checks *checks)
{
    uint64_t free_bytes = 0;
    struct err err = ERR_INIT;
    char size[UI_TEXT_SIZE];
    checks->what = "disk";
    if (disk_free(dir, &free_bytes, NULL, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return;
    }
    ui_size((int64_t)free_bytes, size);
    if (free_bytes >= LEAST_FREE_BYTES)
        checks_ok(checks, "%s free in %s", size, dir);
    else
        checks_wrong(checks, "make room, or name another folder with --data", "%s free in %s", size, dir);
}

// Two that open the same file must not both get it.
static void check_locks(const char *dir, struct checks *checks)
{
    struct file_lock *first = NULL, *second = NULL;
    struct err err = ERR_INIT;
    char *path = mem_sprintf("%s/doctor-%ld.lock", dir, (long)getpid());
    static const char *const remedy = "keep the data folder on a local disk, or on a file system with locks (NFS 4)";
    checks->what = "folder";
    enum err_code code = file_lock_acquire(path, "doctor", &first, &err);
    if (code == ERR_DENIED)
        checks_wrong(checks, "name another folder with --data, or let this user write there", "%s", err.message);
    else if (code != ERR_NONE)
        checks_wrong(checks, remedy, "%s", err.message);
    else if (file_lock_acquire(path, "doctor", &second, &err) == ERR_NONE)
        checks_wrong(checks, remedy, "%s lies on a file system whose locks do not hold", dir);
    else
        checks_ok(checks, "%s may be written, and its locks hold", dir);
    file_lock_release(second);
    file_lock_release(first);
    unlink(path);
    free(path);
}

static void check_private(const char *dir, struct checks *checks)
{
    char *remedy = mem_sprintf("run \"chmod 700 %s\"", dir);
    checks->what = "folder";
    if (dir_is_open_to_others(dir))
        checks_warn(
            checks, remedy, "others on this machine may look into %s; the files themselves are closed to them", dir);
    free(remedy);
}

// By any of these: where the file that says what the folder is was lost, the rest is not nothing.
static bool has_data(const char *dir)
{
    static const char *const names[] = {"framehound.json", "meta.sqlite", "queue.sqlite", "blobs", "vectors"};
    bool any = false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !any; i++) {
        char *path = mem_sprintf("%s/%s", dir, names[i]);
        any = file_exists(path);
        free(path);
    }
    return any;
}

bool check_folder(const char *dir, struct checks *checks)
{
    checks->what = "data";
    if (!file_exists(dir)) {
        checks_ok(checks, "%s does not exist yet: the first \"framehound up\" makes it", dir);
        return false;
    }
    check_disk(dir, checks);
    check_locks(dir, checks);
    check_private(dir, checks);
    if (has_data(dir))
        return true;
    checks->what = "data";
    checks_ok(checks, "nothing is in %s yet: the first \"framehound up\" makes what it needs", dir);
    return false;
}
