// `framehound import`: gives stored objects the labels of a file.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/strbuf.h"

static const char *const formats[] = {"coco", "yolo", "csv", "mot", NULL};

// No environment variables: they would speak for every call.
static const struct option_spec import_list[] = {
    {.name = "project",
        .short_name = 'p',
        .type = OPTION_STRING,
        .required = true,
        .value_name = "NAME",
        .env = "",
        .help = "Project whose objects get the labels."},
    {.name = "format",
        .short_name = 'f',
        .type = OPTION_ENUM,
        .choices = formats,
        .required = true,
        .env = "",
        .help = "COCO (JSON), YOLO (zip), CSV or MOTChallenge (zip, or gt.txt)."},
    {.name = "video",
        .type = OPTION_STRING,
        .value_name = "ID",
        .env = "",
        .help = "Video that entries are about which say none."},
    {.name = "from",
        .type = OPTION_STRING,
        .value_name = "ID",
        .env = "",
        .help = "What the file calls that video, where it is the same clip under another id."},
    {.name = "same",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "FILE:OURS",
        .env = "",
        .help =
            "The file's video FILE is the same clip as our video OURS; once for each such clip. A dry run says which "
            "look the same."},
    {.name = "label",
        .type = OPTION_STRING,
        .value_name = "NAME",
        .env = "",
        .help = "Label of boxes without a name, as those of a gt.txt alone."},
    {.name = "min-iou",
        .type = OPTION_FLOAT,
        .fallback = "0.5",
        .least = "0",
        .most = "1",
        .env = "",
        .help = "Overlap (intersection over union) from which a box is an object's."},
    {.name = "strict", .type = OPTION_BOOL, .env = "", .help = "Refuse the file if anything in it matches nothing."},
    {.name = "dry-run", .type = OPTION_BOOL, .env = "", .help = "Only say what would be done."},
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .env = "", .help = "Who says it, for the history."},
};
static const struct option_table import_options = {
    .title = "Import", .options = import_list, .count = sizeof(import_list) / sizeof(import_list[0])};
static const struct option_table *const import_tables[] = {&import_options, &json_options, CLIENT_TABLES, NULL};

static enum err_code check_video(const struct options *options, const char *option, struct err *err)
{
    const char *id = options_string(options, option);
    if (id == NULL || video_id_is_valid(id))
        return ERR_NONE;
    return err_set(err, ERR_INVALID,
        "--%s: \"%.64s\" is no video id: it has 16 digits from 0 to f; see framehound "
        "videos",
        option, id);
}

static void make_path(const struct options *options, struct strbuf *path)
{
    strbuf_addf(path, "/api/v1/projects/%s/import?format=%s&min_iou=%.17g", options_string(options, "project"),
        options_string(options, "format"), options_float(options, "min-iou"));
    session_add_option(path, options, "video");
    session_add_option(path, options, "from");
    for (size_t i = 0; i < options_count(options, "same"); i++)
        http_url_add_query(path, "same", options_string_at(options, "same", i));
    session_add_option(path, options, "label");
    session_add_option(path, options, "by");
    if (options_bool(options, "strict"))
        strbuf_adds(path, "&strict=true");
    if (options_bool(options, "dry-run"))
        strbuf_adds(path, "&dry_run=true");
}

static void print_labels(const json_t *labels)
{
    static const char *const headings[] = {"LABEL", "YES", "NO", "", NULL};
    struct ui_table *table = ui_table_new(headings);
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *label = json_array_get(labels, i);
        char yes[24];
        char no[24];
        snprintf(yes, sizeof(yes), "%" PRId64, ui_int(label, "positives"));
        snprintf(no, sizeof(no), "%" PRId64, ui_int(label, "negatives"));
        ui_table_add(table,
            (const char *[]){
                ui_string(label, "name"), yes, no, json_is_true(json_object_get(label, "made")) ? "new" : ""});
    }
    ui_table_print(table);
    ui_table_free(table);
}

static void print_others(const json_t *others)
{
    for (size_t i = 0; i < json_array_size(others); i++) {
        const json_t *other = json_array_get(others, i);
        const char *video = ui_string(other, "video");
        const char *same = json_string_value(json_object_get(other, "same"));
        if (same != NULL)
            ui_line("%" PRId64
                    " entries are about video %s, which looks like %s: if it is the same clip, add --same %s:%s",
                ui_int(other, "entries"), video, same, video, same);
    }
}

static void print_result(const json_t *result)
{
    const json_t *problems = json_object_get(result, "problems");
    bool dry = json_is_true(json_object_get(result, "dry_run"));
    print_labels(json_object_get(result, "labels"));
    ui_line("%" PRId64 " of %" PRId64 " entries match an object, %" PRId64 " of them are so already",
        ui_int(result, "matched"), ui_int(result, "entries"), ui_int(result, "unchanged"));
    if (ui_int(result, "moved") > 0)
        ui_line("%" PRId64 " objects %s another label before", ui_int(result, "moved"), dry ? "have" : "had");
    int64_t ambiguous = ui_int(result, "ambiguous");
    if (ambiguous > 0)
        ui_line("%" PRId64 " %s: the label %s the one the detector was surest of", ambiguous,
            ambiguous == 1 ? "entry has boxes of several objects" : "entries have boxes of several objects each",
            dry ? "would go to" : "went to");
    int64_t passed_over = ui_int(result, "passed_over");
    if (passed_over > 0)
        ui_line("%" PRId64 " %s passed over: probable labels, classes, crowds, rows that do not count", passed_over,
            passed_over == 1 ? "entry is" : "entries are");
    for (size_t i = 0; i < json_array_size(problems); i++)
        ui_line("  %s", json_string_value(json_array_get(problems, i)));
    int64_t more = ui_int(result, "unmatched") - (int64_t)json_array_size(problems);
    if (more > 0)
        ui_line("  and %" PRId64 " more that match nothing", more);
    print_others(json_object_get(result, "others"));
    if (dry)
        puts("Nothing was changed: this was a dry run.");
    else if (json_is_null(json_object_get(result, "step")))
        puts("Nothing was changed: everything is so already.");
}

static enum err_code run_import(const struct options *options, int *status, struct err *err)
{
    struct session session;
    struct strbuf path;
    json_t *result = NULL;
    (void)status;
    enum err_code code = project_name_check(options_string(options, "project"), err);
    if (code == ERR_NONE)
        code = check_video(options, "video", err);
    if (code == ERR_NONE)
        code = check_video(options, "from", err);
    if (code == ERR_NONE)
        code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    strbuf_init(&path);
    make_path(options, &path);
    code = session_upload(&session, HTTP_POST, path.data, options_argument(options, 0), &result, err);
    if (code == ERR_NONE && options_bool(options, "json"))
        ui_print_json(result);
    else if (code == ERR_NONE)
        print_result(result);
    strbuf_release(&path);
    json_decref(result);
    session_close(&session);
    return code;
}

const struct command command_import = {
    .spec = {.name = "import",
        .arguments = "FILE",
        .summary = "Give stored objects the labels of a file.",
        .details =
            "Entries mean objects by their ids, or by frame and box. What matches nothing is reported and left out; "
            "the rest is one step, which framehound undo takes back. What is read of each format is in "
            "docs/export.md.",
        .examples = "framehound import labels.csv --project demo --format csv --dry-run\n"
                    "framehound import dataset.zip --project demo --format yolo --video 0123456789abcdef",
        .tables = import_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_import};
