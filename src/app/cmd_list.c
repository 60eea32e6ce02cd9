// Commands that show what is stored: projects, videos, the state of one, its frames.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/listing.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/json.h"
#include "base/mem.h"

#define NUMBER_SIZE 24

static const struct option_spec project_list[] = {
    {.name = "project", .short_name = 'p', .type = OPTION_STRING, .value_name = "NAME", .help = "Only this project."}};
static const struct option_table project_options = {.title = "Choice", .options = project_list, .count = 1};
static const struct option_table *const list_tables[] = {&json_options, CLIENT_TABLES, NULL};
static const struct option_table *const videos_tables[] = {&project_options, &json_options, CLIENT_TABLES, NULL};

static const char *number(int64_t value, char out[NUMBER_SIZE])
{
    snprintf(out, NUMBER_SIZE, "%" PRId64, value);
    return out;
}

static void add_project(struct ui_table *table, const json_t *project)
{
    char videos[NUMBER_SIZE];
    char frames[NUMBER_SIZE];
    char objects[NUMBER_SIZE];
    ui_table_add(table,
        (const char *[]){ui_string(project, "name"), number(ui_int(project, "videos"), videos),
            number(ui_int(project, "frames"), frames), number(ui_int(project, "objects"), objects)});
}

// A dash as long as nobody has looked into the video.
static void shown_length(const json_t *media, char out[UI_TEXT_SIZE])
{
    if (ui_int(media, "duration_us") > 0)
        ui_duration(ui_int(media, "duration_us"), out);
    else
        snprintf(out, UI_TEXT_SIZE, "-");
}

static void add_video(struct ui_table *table, const json_t *video)
{
    const json_t *progress = json_object_get(video, "progress");
    char duration[UI_TEXT_SIZE];
    char frames[NUMBER_SIZE];
    char objects[NUMBER_SIZE];
    shown_length(json_object_get(video, "media"), duration);
    ui_table_add(table,
        (const char *[]){ui_string(video, "id"), ui_string(video, "project"), ui_string(video, "state"), duration,
            number(ui_int(progress, "frames_indexed"), frames), number(ui_int(progress, "objects"), objects),
            ui_string(video, "name")});
}

static enum err_code run_projects(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"PROJECT", "VIDEOS", "FRAMES", "OBJECTS", NULL};
    (void)status;
    const struct listing projects = {.path = "/api/v1/projects",
        .items = "projects",
        .headings = headings,
        .add_row = add_project,
        .none = "There are no projects yet: framehound ingest VIDEO --project NAME makes one."};
    return listing_print(options, &projects, err);
}

static enum err_code run_videos(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"VIDEO", "PROJECT", "STATE", "LENGTH", "FRAMES", "OBJECTS", "NAME", NULL};
    const char *project = options_string(options, "project");
    char *path = NULL;
    (void)status;
    if (project != NULL) {
        enum err_code code = project_name_check(project, err);
        if (code != ERR_NONE)
            return code;
        path = mem_sprintf("/api/v1/projects/%s/videos", project);
    }
    const struct listing videos = {.path = path != NULL ? path : "/api/v1/videos",
        .items = "videos",
        .headings = headings,
        .add_row = add_video,
        .none = "There are no videos yet: framehound ingest VIDEO --project NAME indexes one."};
    enum err_code code = listing_print(options, &videos, err);
    free(path);
    return code;
}

// ---- status

static void print_media(const json_t *media)
{
    char duration[UI_TEXT_SIZE];
    char size[UI_TEXT_SIZE];
    if (ui_int(media, "width") <= 0) {
        puts("media     not known");
        return;
    }
    shown_length(media, duration);
    ui_size(ui_int(media, "size_bytes"), size);
    ui_line("media     %s, %s in %s, %" PRId64 "x%" PRId64 ", %.6g frames/s, %s", duration, ui_string(media, "codec"),
        ui_string(media, "container"), ui_int(media, "width"), ui_int(media, "height"), ui_number(media, "frame_rate"),
        size);
}

// More of it may come. What nobody works on is as large as it is.
static const char *so_far(const json_t *video)
{
    const char *state = ui_string(video, "state");
    return strcmp(state, "queued") == 0 || strcmp(state, "running") == 0 ? " so far" : "";
}

static void print_video(const json_t *video)
{
    const json_t *progress = json_object_get(video, "progress");
    const json_t *models = json_object_get(video, "models");
    const json_t *errors = json_object_get(video, "errors");
    ui_line("video     %s  %s", ui_string(video, "id"), ui_string(video, "name"));
    ui_line("project   %s", ui_string(video, "project"));
    ui_line("source    %s", ui_string(video, "source"));
    ui_line("state     %s", ui_string(video, "state"));
    print_media(json_object_get(video, "media"));
    ui_line("segments  %" PRId64 " of %" PRId64 "%s", ui_int(progress, "segments_done"), ui_int(progress, "segments"),
        json_is_true(json_object_get(progress, "split_done")) ? "" : so_far(video));
    ui_line("frames    %" PRId64 " of %" PRId64 "%s indexed, %" PRId64 " failed", ui_int(progress, "frames_indexed"),
        ui_int(progress, "frames_emitted"), so_far(video), ui_int(progress, "frames_failed"));
    ui_line("objects   %" PRId64, ui_int(progress, "objects"));
    if (json_is_true(json_object_get(progress, "tracked")))
        ui_line("tracks    %" PRId64, ui_int(progress, "tracks"));
    if (ui_string(models, "detector")[0] != '\0')
        ui_line("models    %s, %s", ui_string(models, "detector"), ui_string(models, "embedder"));
    for (size_t i = 0; i < json_array_size(errors); i++)
        ui_line("%s  %s", i == 0 ? "errors  " : "        ", json_string_value(json_array_get(errors, i)));
    int64_t more = ui_int(video, "errors_count") - (int64_t)json_array_size(errors);
    if (more > 0)
        ui_line("          and %" PRId64 " more", more);
}

static void print_server(const struct session *session, const json_t *workers)
{
    static const char *const headings[] = {"WORKER", "PART", "STATE", "VIDEO", NULL};
    struct ui_table *table = ui_table_new(headings);
    const json_t *items = json_object_get(workers, "workers");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *w = json_array_get(items, i);
        ui_table_add(table,
            (const char *[]){ui_string(w, "id"), ui_string(w, "part"), ui_string(w, "state"), ui_string(w, "video")});
    }
    if (session->instance != NULL)
        puts("No server runs on this data folder: start one with \"framehound up\", or name a video to see its state.");
    else
        ui_line("server %s", session->url);
    if (ui_table_rows(table) > 0)
        ui_table_print(table);
    ui_table_free(table);
}

static enum err_code check_video_argument(const struct options *options, int index, struct err *err)
{
    const char *id = options_argument(options, index);
    if (id != NULL && !video_id_is_valid(id))
        return err_set(
            err, ERR_INVALID, "\"%.64s\" is no video id: it has 16 digits from 0 to f; see framehound videos", id);
    return ERR_NONE;
}

static enum err_code run_status(const struct options *options, int *status, struct err *err)
{
    struct session session;
    json_t *answer = NULL;
    const char *id = options_argument(options, 0);
    (void)status;
    enum err_code code = check_video_argument(options, 0, err);
    if (code == ERR_NONE)
        code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = id != NULL ? mem_sprintf("/api/v1/videos/%s", id) : mem_strdup("/api/v1/workers");
    code = session_get(&session, path, &answer, err);
    if (code == ERR_NONE) {
        if (options_bool(options, "json"))
            ui_print_json(answer);
        else if (id != NULL)
            print_video(answer);
        else
            print_server(&session, answer);
    }
    free(path);
    json_decref(answer);
    session_close(&session);
    return code;
}

// ---- frames

struct frame_list {
    bool json;
    bool any;
};

static enum err_code show_frame(void *context, const json_t *frame, struct err *err)
{
    struct frame_list *list = context;
    const json_t *objects = json_object_get(frame, "objects");
    (void)err;
    if (list->json) {
        json_t *o = json_object();
        static const char *const fields[] = {"index", "pts_us", "width", "height", "objects"};
        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
            json_object_set(o, fields[i], json_object_get(frame, fields[i]));
        ui_print_json(o);
        json_decref(o);
        return ERR_NONE;
    }
    if (!list->any)
        puts("   FRAME          TIME  OBJECTS");
    list->any = true;
    char at[UI_TEXT_SIZE];
    ui_timestamp(ui_int(frame, "pts_us"), at);
    ui_part("%8" PRId64 "  %12s ", ui_int(frame, "index"), at);
    if (strcmp(ui_string(frame, "state"), "indexed") != 0)
        ui_part(" (%s)", ui_string(frame, "state"));
    for (size_t i = 0; i < json_array_size(objects); i++) {
        const json_t *object = json_array_get(objects, i);
        ui_part(" %s %.2f", ui_string(object, "class"), ui_number(object, "score"));
    }
    putchar('\n');
    return ERR_NONE;
}

static enum err_code run_frames(const struct options *options, int *status, struct err *err)
{
    struct session session;
    struct frame_list list = {.json = options_bool(options, "json")};
    (void)status;
    enum err_code code = check_video_argument(options, 0, err);
    if (code == ERR_NONE)
        code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/videos/%s/frames", options_argument(options, 0));
    code = session_each(&session, path, "frames", show_frame, &list, err);
    if (code == ERR_NONE && !list.json && !list.any)
        puts("No frames yet: framehound status VIDEO says how far it is.");
    free(path);
    session_close(&session);
    return code;
}

const struct command command_projects = {
    .spec = {.name = "projects", .arguments = "", .summary = "List the projects.", .tables = list_tables},
    .run = run_projects};

const struct command command_videos = {
    .spec = {.name = "videos", .arguments = "", .summary = "List the videos, newest first.", .tables = videos_tables},
    .run = run_videos};

const struct command command_status = {
    .spec = {.name = "status",
        .arguments = "[VIDEO]",
        .summary = "Show how far a video is and what went wrong; without one, what the server's workers do.",
        .tables = list_tables,
        .arguments_most = 1},
    .run = run_status};

const struct command command_frames = {
    .spec = {.name = "frames",
        .arguments = "VIDEO",
        .summary = "List a video's frames with the objects in them.",
        .details = "With --json, one object a line: index, pts_us, width, height, objects.",
        .tables = list_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_frames};
