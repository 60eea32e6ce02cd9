// Commands about tracks: listing them, and correcting them.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/listing.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/id.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define NUMBER_SIZE 24

// No environment variables: they would speak for every call.
static const struct option_spec split_list[] = {
    {.name = "at",
        .type = OPTION_STRING,
        .value_name = "TIME",
        .env = "",
        .help = "Where the new track begins, as seconds (12.5) or as commands show times (0:12.500)."},
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .help = "Who corrects, for the history."},
};
static const struct option_spec merge_list[] = {
    {.name = "into", .type = OPTION_STRING, .value_name = "TRACK", .env = "", .help = "The track that both are then."},
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .help = "Who corrects, for the history."},
};
static const struct option_spec give_list[] = {
    {.name = "to",
        .type = OPTION_STRING,
        .value_name = "TRACK",
        .env = "",
        .help = "The track that gets the objects; new: one of their own."},
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .help = "Who corrects, for the history."},
};
static const struct option_spec boxes_list[] = {
    {.name = "step",
        .type = OPTION_FLOAT,
        .fallback = "0.04",
        .least = "0.001",
        .most = "10",
        .value_name = "SECONDS",
        .env = "",
        .help = "Time between boxes."},
};
static const struct option_spec step_list[] = {
    {.name = "by", .type = OPTION_STRING, .value_name = "NAME", .help = "Who corrects, for the history."},
};
#define TABLE(list)                                                                                                    \
    {                                                                                                                  \
        .title = "Correction", .options = list, .count = sizeof(list) / sizeof((list)[0])                              \
    }
static const struct option_table split_options = TABLE(split_list);
static const struct option_table merge_options = TABLE(merge_list);
static const struct option_table give_options = TABLE(give_list);
static const struct option_table step_options = TABLE(step_list);
static const struct option_table boxes_options = {.title = "Boxes", .options = boxes_list, .count = 1};

static const struct option_table *const list_tables[] = {&json_options, CLIENT_TABLES, NULL};
static const struct option_table *const split_tables[] = {&split_options, &json_options, CLIENT_TABLES, NULL};
static const struct option_table *const merge_tables[] = {&merge_options, &json_options, CLIENT_TABLES, NULL};
static const struct option_table *const give_tables[] = {&give_options, &json_options, CLIENT_TABLES, NULL};
static const struct option_table *const step_tables[] = {&step_options, &json_options, CLIENT_TABLES, NULL};
static const struct option_table *const boxes_tables[] = {&boxes_options, &json_options, CLIENT_TABLES, NULL};

// ---- arguments

static enum err_code check_video(const char *id, struct err *err)
{
    if (video_id_is_valid(id))
        return ERR_NONE;
    return err_set(
        err, ERR_INVALID, "\"%.64s\" is no video id: it has 16 digits from 0 to f; see framehound videos", id);
}

static enum err_code check_track(const char *id, struct err *err)
{
    if (track_id_parse(id, NULL, &(int64_t){0}))
        return ERR_NONE;
    return err_set(err, ERR_INVALID,
        "\"%.64s\" is no track id: it looks like 0123456789abcdef-t42; see framehound tracks VIDEO", id);
}

// An option without which the command makes no sense; *status is that of wrong usage where it is missing.
static const char *wanted(const struct options *options, const char *name, const char *sentence, int *status)
{
    if (options_is_set(options, name))
        return options_string(options, name);
    ui_error("%s", sentence);
    *status = 2;
    return NULL;
}

// ---- lists

static void add_track(struct ui_table *table, const json_t *track)
{
    char from[UI_TEXT_SIZE];
    char to[UI_TEXT_SIZE];
    char objects[NUMBER_SIZE];
    char score[NUMBER_SIZE];
    ui_timestamp(ui_int(track, "first_us"), from);
    ui_timestamp(ui_int(track, "last_us"), to);
    snprintf(objects, sizeof(objects), "%" PRId64, ui_int(track, "objects"));
    snprintf(score, sizeof(score), "%.2f", ui_number(track, "score"));
    ui_table_add(table,
        (const char *[]){ui_string(track, "id"), ui_string(track, "class"), from, to, objects, score,
            ui_string(track, "best"), ui_string(json_object_get(track, "label"), "name")});
}

static void add_box(struct ui_table *table, const json_t *item)
{
    char at[UI_TEXT_SIZE];
    char numbers[4][NUMBER_SIZE];
    ui_timestamp(ui_int(item, "pts_us"), at);
    for (size_t i = 0; i < 4; i++)
        snprintf(
            numbers[i], sizeof(numbers[i]), "%.1f", json_number_value(json_array_get(json_object_get(item, "box"), i)));
    ui_table_add(
        table, (const char *[]){at, numbers[0], numbers[1], numbers[2], numbers[3], ui_string(item, "object")});
}

static bool is_step_back_or_forth(const json_t *step)
{
    const char *kind = ui_string(step, "kind");
    return strcmp(kind, "undo") == 0 || strcmp(kind, "redo") == 0;
}

// What was done, in a few words.
static void say_step(const json_t *step, struct strbuf *out)
{
    char at[UI_TEXT_SIZE];
    const char *about = ui_string(step, "about");
    int64_t objects = ui_int(step, "objects");
    ui_timestamp(ui_int(step, "time_us"), at);
    if (is_step_back_or_forth(step))
        strbuf_addf(out, "%s of %" PRId64 ": ", ui_string(step, "kind"), ui_int(step, "step"));
    if (strcmp(about, "split") == 0)
        strbuf_addf(out, "split %s at %s", ui_string(step, "track"), at);
    else if (strcmp(about, "merge") == 0)
        strbuf_addf(out, "merge %s into %s", ui_string(step, "track"), ui_string(step, "other"));
    else
        strbuf_addf(out, "give %" PRId64 " object%s, from %s on, to %s", objects, objects == 1 ? "" : "s", at,
            ui_string(step, "other")[0] != '\0' ? ui_string(step, "other") : "a new track");
}

static void add_step(struct ui_table *table, const json_t *step)
{
    char id[NUMBER_SIZE];
    struct strbuf what;
    strbuf_init(&what);
    say_step(step, &what);
    if (json_is_true(json_object_get(step, "undone")))
        strbuf_adds(&what, " (undone)");
    if (ui_string(step, "passed_over")[0] != '\0')
        strbuf_addf(&what, " (passed over: %s)", ui_string(step, "passed_over"));
    snprintf(id, sizeof(id), "%" PRId64, ui_int(step, "id"));
    ui_table_add(table, (const char *[]){id, ui_string(step, "at"), ui_string(step, "by"), what.data});
    strbuf_release(&what);
}

// A list of the video that is the argument: the last part of its path, and the rest as struct listing has it.
static enum err_code list(const struct options *options, const char *what, struct listing *listing, struct err *err)
{
    const char *video = options_argument(options, 0);
    enum err_code code = check_video(video, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/videos/%s/%s", video, what);
    listing->path = path;
    code = listing_print(options, listing, err);
    free(path);
    return code;
}

static enum err_code run_tracks(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"TRACK", "CLASS", "FROM", "TO", "OBJECTS", "SCORE", "BEST", "LABEL", NULL};
    (void)status;
    struct listing tracks = {
        .items = "tracks", .headings = headings, .add_row = add_track, .none = "No tracks: nothing was followed."};
    return list(options, "tracks", &tracks, err);
}

static enum err_code run_boxes(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"TIME", "LEFT", "TOP", "WIDTH", "HEIGHT", "OBJECT", NULL};
    const char *track = options_argument(options, 0);
    (void)status;
    enum err_code code = check_track(track, err);
    if (code != ERR_NONE)
        return code;
    char *path =
        mem_sprintf("/api/v1/tracks/%s/boxes?step_us=%lld", track, llround(options_float(options, "step") * 1e6));
    const struct listing boxes = {
        .path = path, .items = "boxes", .headings = headings, .add_row = add_box, .none = "No boxes."};
    code = listing_print(options, &boxes, err);
    free(path);
    return code;
}

static enum err_code run_history(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"STEP", "WHEN", "BY", "WHAT", NULL};
    (void)status;
    struct listing steps = {.items = "steps", .headings = headings, .add_row = add_step, .none = "No corrections yet."};
    return list(options, "corrections", &steps, err);
}

// ---- corrections

static void print_change(const json_t *change, bool json)
{
    const json_t *tracks = json_object_get(change, "tracks");
    const json_t *removed = json_object_get(change, "removed");
    const json_t *step = json_object_get(change, "step");
    struct strbuf what;
    if (json) {
        ui_print_json(change);
        return;
    }
    strbuf_init(&what);
    say_step(step, &what);
    ui_line("%s", what.data);
    strbuf_release(&what);
    for (size_t i = 0; i < json_array_size(tracks); i++) {
        const json_t *track = json_array_get(tracks, i);
        char from[UI_TEXT_SIZE];
        char to[UI_TEXT_SIZE];
        int64_t objects = ui_int(track, "objects");
        ui_timestamp(ui_int(track, "first_us"), from);
        ui_timestamp(ui_int(track, "last_us"), to);
        ui_line("%s: %s, %" PRId64 " object%s from %s to %s", ui_string(track, "id"), ui_string(track, "class"),
            objects, objects == 1 ? "" : "s", from, to);
    }
    for (size_t i = 0; i < json_array_size(removed); i++)
        ui_line("%s: no objects any more", json_string_value(json_array_get(removed, i)));
}

// POST with what was changed as the answer.
static enum err_code post(const struct options *options, const char *path, json_t *body, struct err *err)
{
    struct session session;
    json_t *change = NULL;
    if (body != NULL && options_is_set(options, "by"))
        json_set_string(body, "by", options_string(options, "by"));
    enum err_code code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    code = session_call(&session, HTTP_POST, path, body, &change, err);
    if (code == ERR_NONE)
        print_change(change, options_bool(options, "json"));
    json_decref(change);
    session_close(&session);
    return code;
}

static enum err_code run_split(const struct options *options, int *status, struct err *err)
{
    int64_t at_us = 0;
    const char *track = options_argument(options, 0);
    const char *at = wanted(options, "at", "say where: --at TIME", status);
    if (at == NULL)
        return ERR_NONE;
    enum err_code code = check_track(track, err);
    if (code == ERR_NONE && !ui_parse_timestamp(at, &at_us))
        code = err_set(err, ERR_INVALID,
            "--at: \"%.64s\" is no time in a video: give it as seconds (12.5) or as commands show it (0:12.500)", at);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/tracks/%s/split", track);
    json_t *body = json_object();
    json_set_int64(body, "at_us", at_us);
    code = post(options, path, body, err);
    json_decref(body);
    free(path);
    return code;
}

static enum err_code run_merge(const struct options *options, int *status, struct err *err)
{
    const char *track = options_argument(options, 0);
    const char *into = wanted(options, "into", "say which track both are then: --into TRACK", status);
    if (into == NULL)
        return ERR_NONE;
    enum err_code code = check_track(track, err);
    if (code == ERR_NONE)
        code = check_track(into, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/tracks/%s/merge", track);
    json_t *body = json_object();
    json_set_string(body, "into", into);
    code = post(options, path, body, err);
    json_decref(body);
    free(path);
    return code;
}

// The objects among the arguments, and the video of the first one.
static enum err_code read_objects(
    const struct options *options, json_t *body, char video[VIDEO_ID_SIZE], struct err *err)
{
    json_t *objects = json_array();
    json_set(body, "objects", objects);
    for (int i = 0; i < options_argument_count(options); i++) {
        const char *id = options_argument(options, i);
        if (!object_id_parse(id, i == 0 ? video : NULL, &(int32_t){0}, &(int32_t){0}))
            return err_set(err, ERR_INVALID,
                "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007; see framehound frames VIDEO "
                "--json",
                id);
        json_array_append_new(objects, json_string(id));
    }
    return ERR_NONE;
}

static enum err_code run_give(const struct options *options, int *status, struct err *err)
{
    char video[VIDEO_ID_SIZE] = "";
    const char *to = wanted(options, "to", "say which track gets them: --to TRACK, or --to new", status);
    if (to == NULL)
        return ERR_NONE;
    bool is_new = strcmp(to, "new") == 0;
    json_t *body = json_object();
    enum err_code code = is_new ? ERR_NONE : check_track(to, err);
    if (code == ERR_NONE)
        code = read_objects(options, body, video, err);
    if (code == ERR_NONE) {
        char *path =
            is_new ? mem_sprintf("/api/v1/videos/%s/tracks", video) : mem_sprintf("/api/v1/tracks/%s/objects", to);
        code = post(options, path, body, err);
        free(path);
    }
    json_decref(body);
    return code;
}

static enum err_code run_step(const struct options *options, const char *verb, struct err *err)
{
    struct strbuf path;
    const char *video = options_argument(options, 0);
    enum err_code code = check_video(video, err);
    if (code != ERR_NONE)
        return code;
    strbuf_init(&path);
    strbuf_addf(&path, "/api/v1/videos/%s/corrections/%s", video, verb);
    session_add_option(&path, options, "by");
    code = post(options, path.data, NULL, err);
    strbuf_release(&path);
    return code;
}

static enum err_code run_undo(const struct options *options, int *status, struct err *err)
{
    (void)status;
    return run_step(options, "undo", err);
}

static enum err_code run_redo(const struct options *options, int *status, struct err *err)
{
    (void)status;
    return run_step(options, "redo", err);
}

const struct command command_tracks = {.spec = {.name = "tracks",
                                           .arguments = "VIDEO",
                                           .summary = "List the objects that were followed through a video.",
                                           .details = "With --json, one track a line.",
                                           .tables = list_tables,
                                           .arguments_least = 1,
                                           .arguments_most = 1},
    .run = run_tracks};

const struct command command_track_boxes = {
    .spec = {.name = "track boxes",
        .arguments = "TRACK",
        .summary = "List where a track is, between its objects too.",
        .details = "The boxes of its objects and, as long as it was not out of sight, boxes on the way from one to the "
                   "next. With --json, one box a line.",
        .tables = boxes_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_boxes};

const struct command command_track_split = {
    .spec = {.name = "track split",
        .arguments = "TRACK",
        .summary = "End a track at a time; what follows is a track of its own.",
        .details = "The first of its objects at or after that time begins the new track. Corrections are kept when a "
                   "video is tracked again, and can be taken back.",
        .examples = "framehound track split 0123456789abcdef-t42 --at 0:12.500",
        .tables = split_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_split};

const struct command command_track_merge = {
    .spec = {.name = "track merge",
        .arguments = "TRACK",
        .summary = "Make one track of two.",
        .details = "Tracks that both have an object in the same frame cannot be one.",
        .examples = "framehound track merge 0123456789abcdef-t42 --into 0123456789abcdef-t7",
        .tables = merge_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_merge};

const struct command command_track_give = {
    .spec = {.name = "track give",
        .arguments = "OBJECT…",
        .summary = "Give objects to a track, or to one of their own.",
        .details =
            "Where the track has another object in the same frame, the two exchange their tracks: so an exchange "
            "of identities is mended by giving one of the two tracks its objects back.",
        .examples = "framehound track give 0123456789abcdef-00000042-007 --to 0123456789abcdef-t7\n"
                    "framehound track give 0123456789abcdef-00000042-007 --to new",
        .tables = give_tables,
        .arguments_least = 1,
        .arguments_most = -1},
    .run = run_give};

const struct command command_track_undo = {.spec = {.name = "track undo",
                                               .arguments = "VIDEO",
                                               .summary = "Take back the last correction of a video's tracks.",
                                               .tables = step_tables,
                                               .arguments_least = 1,
                                               .arguments_most = 1},
    .run = run_undo};

const struct command command_track_redo = {.spec = {.name = "track redo",
                                               .arguments = "VIDEO",
                                               .summary = "Make the correction again that was taken back last.",
                                               .tables = step_tables,
                                               .arguments_least = 1,
                                               .arguments_most = 1},
    .run = run_redo};

const struct command command_track_history = {.spec = {.name = "track history",
                                                  .arguments = "VIDEO",
                                                  .summary = "List the corrections of a video's tracks, newest first.",
                                                  .details = "With --json, one correction a line.",
                                                  .tables = list_tables,
                                                  .arguments_least = 1,
                                                  .arguments_most = 1},
    .run = run_history};
