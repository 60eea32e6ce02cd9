// Commands that search: what is similar to an object, or to a picture.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "app/command.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/json.h"
#include "base/mem.h"
#include "search/search.h"

#define HITS_DEFAULT "20"

static const struct option_spec hit_list[] = {
    {.name = "limit",
        .short_name = 'n',
        .type = OPTION_INT,
        .fallback = HITS_DEFAULT,
        .least = "1",
        .most = "1000",
        .env = "FRAMEHOUND_HITS",
        .help = "At most this many hits."},
    {.name = "min-score",
        .type = OPTION_FLOAT,
        .fallback = "-1",
        .least = "-1",
        .most = "1",
        .help = "Least similarity, -1 to 1."},
    {.name = "per-track", .type = OPTION_BOOL, .help = "Only the best hit of each track."},
};
static const struct option_table hit_options = {
    .title = "Hits", .options = hit_list, .count = sizeof(hit_list) / sizeof(hit_list[0])};

static const char *const scopes[] = {"video", "project", NULL};
static const struct option_spec scope_list[] = {{.name = "scope",
    .type = OPTION_ENUM,
    .choices = scopes,
    .fallback = "project",
    .help = "Search in the object's video only, or in its whole project."}};
static const struct option_table scope_options = {.title = "Where", .options = scope_list, .count = 1};

static const struct option_spec search_list[] = {
    {.name = "project",
        .short_name = 'p',
        .type = OPTION_STRING,
        .required = true,
        .value_name = "NAME",
        .help = "Project to search in."},
    {.name = "image", .type = OPTION_PATH, .value_name = "FILE", .help = "Search for what looks like this picture."},
    {.name = "object", .type = OPTION_STRING, .value_name = "ID", .help = "Search for what looks like this object."},
    {.name = "track",
        .type = OPTION_STRING,
        .value_name = "ID",
        .help = "Search for what looks like this track: like all its objects together."},
    {.name = "positive",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "ID",
        .help = "An object that is what is searched for."},
    {.name = "negative",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "ID",
        .help = "An object that is not."},
    {.name = "class", .type = OPTION_STRING, .repeatable = true, .help = "Only objects of this class."},
    {.name = "label", .type = OPTION_STRING, .repeatable = true, .help = "Only objects with this label."},
    {.name = "video", .type = OPTION_STRING, .repeatable = true, .value_name = "ID", .help = "Only in this video."},
};
static const struct option_table search_options = {
    .title = "Search", .options = search_list, .count = sizeof(search_list) / sizeof(search_list[0])};

static const struct option_table *const similar_tables[] = {
    &hit_options, &scope_options, &json_options, CLIENT_TABLES, NULL};
static const struct option_table *const search_tables[] = {&search_options, &hit_options, &json_options,
    &client_options, &data_options, &options_further, INSTANCE_TABLES_BUT_DATA, NULL};

static void print_hits(const json_t *answer, bool json)
{
    static const char *const headings[] = {"SCORE", "OBJECT", "CLASS", "AT", NULL};
    const json_t *hits = json_object_get(answer, "hits");
    struct ui_table *table = ui_table_new(headings);
    for (size_t i = 0; i < json_array_size(hits); i++) {
        const json_t *hit = json_array_get(hits, i);
        char score[UI_TEXT_SIZE];
        char at[UI_TEXT_SIZE];
        char class_name[META_CLASS_SIZE + sizeof("not ")];
        if (json) {
            ui_print_json(hit);
            continue;
        }
        snprintf(score, sizeof(score), "%.3f", ui_number(hit, "score"));
        ui_timestamp(ui_int(hit, "pts_us"), at);
        bool is_refused = json_is_true(json_object_get(hit, "class_refused"));
        snprintf(class_name, sizeof(class_name), "%s%s", is_refused ? "not " : "", ui_string(hit, "class"));
        ui_table_add(table, (const char *[]){score, ui_string(hit, "object"), class_name, at});
    }
    if (!json && ui_table_rows(table) == 0)
        puts("Nothing found.");
    else if (!json)
        ui_table_print(table);
    ui_table_free(table);
}

static enum err_code run_similar(const struct options *options, int *status, struct err *err)
{
    struct session session;
    json_t *answer = NULL;
    const char *id = options_argument(options, 0);
    (void)status;
    if (!object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
        return err_set(err, ERR_INVALID,
            "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007; see framehound frames VIDEO "
            "--json",
            id);
    enum err_code code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/objects/%s/similar?limit=%" PRId64 "&min_score=%.6f&scope=%s&per_track=%s", id,
        options_int(options, "limit"), options_float(options, "min-score"), options_string(options, "scope"),
        options_bool(options, "per-track") ? "true" : "false");
    code = session_get(&session, path, &answer, err);
    if (code == ERR_NONE)
        print_hits(answer, options_bool(options, "json"));
    free(path);
    json_decref(answer);
    session_close(&session);
    return code;
}

static void set_list(json_t *object, const char *field, const struct options *options, const char *option)
{
    size_t count = options_count(options, option);
    if (count == 0)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string_lossy(options_string_at(options, option, i)));
    json_set(object, field, list);
}

static enum err_code set_image(json_t *body, const char *file, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    enum err_code code = file_read(file, SEARCH_PICTURE_SIZE_MAX, &bytes, &size, err);
    if (code != ERR_NONE)
        return code;
    size_t capacity = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *text = mem_alloc(capacity);
    sodium_bin2base64(text, capacity, (const unsigned char *)bytes, size, sodium_base64_VARIANT_ORIGINAL);
    json_set_string(body, "image", text);
    free(text);
    free(bytes);
    return ERR_NONE;
}

static enum err_code build_question(const struct options *options, json_t *body, struct err *err)
{
    enum err_code code = project_name_check(options_string(options, "project"), err);
    if (code == ERR_NONE && options_is_set(options, "image"))
        code = set_image(body, options_string(options, "image"), err);
    if (code != ERR_NONE)
        return code;
    json_set_string(body, "project", options_string(options, "project"));
    if (options_is_set(options, "object"))
        json_set_string(body, "object", options_string(options, "object"));
    if (options_is_set(options, "track"))
        json_set_string(body, "track", options_string(options, "track"));
    set_list(body, "positive", options, "positive");
    set_list(body, "negative", options, "negative");
    json_set_int64(body, "limit", options_int(options, "limit"));
    json_set_bool(body, "per_track", options_bool(options, "per-track"));
    json_t *filters = json_object();
    set_list(filters, "classes", options, "class");
    set_list(filters, "labels", options, "label");
    set_list(filters, "videos", options, "video");
    json_set_double(filters, "min_score", options_float(options, "min-score"));
    json_set(body, "filters", filters);
    return ERR_NONE;
}

static enum err_code run_search(const struct options *options, int *status, struct err *err)
{
    struct session session;
    json_t *answer = NULL;
    json_t *body = json_object();
    (void)status;
    enum err_code code = build_question(options, body, err);
    if (code == ERR_NONE)
        code = session_open(options, PART_QUERY, &session, err);
    if (code == ERR_NONE) {
        code = session_call(&session, HTTP_POST, "/api/v1/search", body, &answer, err);
        if (code == ERR_NONE)
            print_hits(answer, options_bool(options, "json"));
        session_close(&session);
    }
    json_decref(answer);
    json_decref(body);
    return code;
}

const struct command command_similar = {.spec = {.name = "similar",
                                            .arguments = "OBJECT",
                                            .summary = "List the objects that look like this one, best first.",
                                            .details = "With --json, one hit a line: object, score, frame and more.",
                                            .tables = similar_tables,
                                            .arguments_least = 1,
                                            .arguments_most = 1},
    .run = run_similar};

const struct command command_search = {
    .spec = {.name = "search",
        .arguments = "",
        .summary = "Search by a picture, an object, a track, or examples.",
        .examples = "framehound search --project demo --image bicycle.jpg\n"
                    "framehound search --project demo --object 0123456789abcdef-00000042-007 --class car -n 50",
        .tables = search_tables},
    .run = run_search};
