// `framehound export`: labels and tracks as a file, or as a folder where the format is an archive.
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "exchange/exchange.h"
#include "exchange/zip.h"
#include "os/file.h"

// An archive may hold so many times its size, or so much if it is small.
#define UNPACKED_TIMES 100
#define UNPACKED_LEAST ((uint64_t)64 << 20)

static const char *const formats[] = {"coco", "yolo", "csv", "mot", NULL};
static const char *const kinds[] = {"explicit", "probable", "all", NULL};

// No environment variables: they would speak for every call.
static const struct option_spec export_list[] = {
    {.name = "format",
        .short_name = 'f',
        .type = OPTION_ENUM,
        .choices = formats,
        .required = true,
        .env = "",
        .help = "COCO (JSON), YOLO, CSV or MOTChallenge."},
    {.name = "output",
        .short_name = 'o',
        .type = OPTION_PATH,
        .value_name = "FILE|DIR",
        .env = "",
        .help = "Where to write it; into a folder, archives are unpacked. Default: standard output."},
    {.name = "label", .type = OPTION_STRING, .value_name = "NAME", .env = "", .help = "Only this label."},
    {.name = "kind",
        .type = OPTION_ENUM,
        .choices = kinds,
        .env = "",
        .help = "Objects that carry a label, also those that probably do, or also all others by their class; default: "
                "explicit, of mot all."},
    {.name = "tracks", .type = OPTION_BOOL, .env = "", .help = "Only objects that were followed."},
    {.name = "images", .type = OPTION_BOOL, .env = "", .help = "The frames' pictures too; not with csv."},
    {.name = "all-frames", .type = OPTION_BOOL, .env = "", .help = "Frames without such an object too; not with csv."},
};
static const struct option_table export_options = {
    .title = "Export", .options = export_list, .count = sizeof(export_list) / sizeof(export_list[0])};
static const struct option_table *const export_tables[] = {&export_options, CLIENT_TABLES, NULL};

// ---- what is asked for

// A video's id may also be a project's name; the video comes first.
static enum err_code find_target(
    struct session *session, const char *target, char project[PROJECT_NAME_SIZE], bool *is_video, struct err *err)
{
    *is_video = false;
    if (video_id_is_valid(target)) {
        json_t *video = NULL;
        char *path = mem_sprintf("/api/v1/videos/%s", target);
        enum err_code code = session_get(session, path, &video, err);
        if (code == ERR_NONE)
            snprintf(project, PROJECT_NAME_SIZE, "%s", ui_string(video, "project"));
        *is_video = code == ERR_NONE;
        free(path);
        json_decref(video);
        if (code != ERR_NOT_FOUND)
            return code;
        err_clear(err);
    }
    enum err_code code = project_name_check(target, err);
    if (code == ERR_NONE)
        snprintf(project, PROJECT_NAME_SIZE, "%s", target);
    return code;
}

static void make_path(const struct options *options, const char *project, bool is_video, struct strbuf *path)
{
    strbuf_addf(path, "/api/v1/projects/%s/export?format=%s", project, options_string(options, "format"));
    if (is_video)
        strbuf_addf(path, "&video=%s", options_argument(options, 0));
    session_add_option(path, options, "label");
    session_add_option(path, options, "kind");
    if (options_bool(options, "tracks"))
        strbuf_adds(path, "&tracks=true");
    if (options_bool(options, "images"))
        strbuf_adds(path, "&images=true");
    if (options_bool(options, "all-frames"))
        strbuf_adds(path, "&frames=all");
}

// ---- where it goes

static enum err_code write_out(void *context, const void *bytes, size_t size, struct err *err)
{
    (void)context;
    return file_write_all(STDOUT_FILENO, bytes, size, "standard output", err);
}

struct saving {
    struct file_writer *writer;
    uint64_t left;
};

static enum err_code write_file(void *context, const void *bytes, size_t size, struct err *err)
{
    struct saving *saving = context;
    if (size > saving->left)
        return err_set(
            err, ERR_LIMIT, "the export is larger than the disk has room for: name another place with --output");
    saving->left -= size;
    return file_writer_write(saving->writer, bytes, size, err);
}

static enum err_code save(struct session *session, const char *url_path, const char *file, struct err *err)
{
    struct saving saving = {0};
    char *copy = mem_strdup(file);
    saving.left = disk_usable(dirname(copy));
    free(copy);
    enum err_code code = file_writer_open(file, &saving.writer, err);
    if (code != ERR_NONE)
        return code;
    code = session_download(session, url_path, write_file, &saving, err);
    if (code == ERR_NONE)
        return file_writer_commit(saving.writer, FILE_SYNC_NONE, err);
    file_writer_abort(saving.writer);
    return code;
}

// No export has such files, but a folder may: .bashrc, .git/hooks.
static bool is_hidden(const char *name)
{
    return name[0] == '.' || strstr(name, "/.") != NULL;
}

static enum err_code unpack_member(struct zip_reader *reader, const char *dir, const char *name, struct err *err)
{
    if (is_hidden(name))
        return err_set(err, ERR_INVALID, "the archive has a hidden file, \"%.64s\", which no export has", name);
    char *path = mem_sprintf("%s/%s", dir, name);
    enum err_code code = dir_make_parent(path, err);
    if (code == ERR_NONE)
        code = zip_read_to(reader, path, err);
    free(path);
    return code;
}

static enum err_code unpack_bytes(const void *bytes, size_t size, const char *dir, struct err *err)
{
    // The server may be anybody's, and a small archive can hold a thousand times its size.
    uint64_t most = size > UNPACKED_LEAST / UNPACKED_TIMES ? size * UNPACKED_TIMES : UNPACKED_LEAST;
    uint64_t room = disk_usable(dir);
    uint64_t total = most < room ? most : room;
    const struct zip_limits limits = {.member_bytes = total, .total_bytes = total};
    struct zip_reader *reader = NULL;
    const char *name = NULL;
    enum err_code code = zip_reader_new(bytes, size, &limits, &reader, err);
    do {
        if (code == ERR_NONE)
            code = zip_next(reader, &name, err);
        if (code == ERR_NONE && name != NULL)
            code = unpack_member(reader, dir, name, err);
    } while (code == ERR_NONE && name != NULL);
    zip_reader_free(reader);
    if (code == ERR_LIMIT && total == room)
        return err_context(err, "the disk has no room for what is in the archive: name another folder with --output");
    return code == ERR_NONE ? code : err_context(err, "what the server sent is no export that can be unpacked");
}

static enum err_code unpack(const char *archive, const char *dir, struct err *err)
{
    struct file_map map;
    enum err_code code = file_map(archive, &map, err);
    if (code == ERR_NONE)
        code = unpack_bytes(map.bytes, map.size, dir, err);
    file_unmap(&map);
    return code;
}

static bool is_folder(const char *output)
{
    struct file_info info;
    size_t length = strlen(output);
    return output[length - 1] == '/' || (file_stat(output, &info, NULL) == ERR_NONE && info.is_directory);
}

static enum err_code save_in_folder(struct session *session, const struct options *options, const char *url_path,
    const char *dir, bool is_archive, struct err *err)
{
    const char *format = options_string(options, "format");
    const char *extension = is_archive ? "zip" : strcmp(format, "coco") == 0 ? "json" : "csv";
    char *file = mem_sprintf("%s/%s-%s.%s", dir, options_argument(options, 0), format, extension);
    enum err_code code = dir_make(dir, err);
    if (code == ERR_NONE)
        code = save(session, url_path, file, err);
    if (code == ERR_NONE && is_archive) {
        code = unpack(file, dir, err);
        unlink(file);
    }
    free(file);
    return code;
}

static enum err_code run_export(const struct options *options, int *status, struct err *err)
{
    const char *output = options_string(options, "output");
    const char *format = options_string(options, "format");
    bool is_archive = strcmp(format, "yolo") == 0 || strcmp(format, "mot") == 0 || options_bool(options, "images");
    char project[PROJECT_NAME_SIZE];
    bool is_video = false;
    struct session session;
    if (output == NULL && is_archive && isatty(STDOUT_FILENO)) {
        ui_error("an archive is nothing for a terminal: name a file or a folder with --output");
        *status = 2;
        return ERR_NONE;
    }
    enum err_code code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    code = find_target(&session, options_argument(options, 0), project, &is_video, err);
    if (code == ERR_NONE) {
        struct strbuf path;
        strbuf_init(&path);
        make_path(options, project, is_video, &path);
        if (output == NULL)
            code = session_download(&session, path.data, write_out, NULL, err);
        else if (is_folder(output))
            code = save_in_folder(&session, options, path.data, output, is_archive, err);
        else
            code = save(&session, path.data, output, err);
        strbuf_release(&path);
    }
    session_close(&session);
    return code;
}

const struct command command_export = {
    .spec = {.name = "export",
        .arguments = "PROJECT|VIDEO",
        .summary = "Write labels and tracks as a file for other tools.",
        .details =
            "Every object that carries a label is exported, with its box, and every frame with its exact time. What "
            "stands in each format is in docs/export.md.",
        .examples = "framehound export demo --format coco --output demo.json\n"
                    "framehound export demo --format yolo --images --output dataset/\n"
                    "framehound export 0123456789abcdef --format mot --output tracks/",
        .tables = export_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_export};
