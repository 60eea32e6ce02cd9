// Commands that change what is stored: cancel, resume, delete, and dead letters.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/command.h"
#include "app/listing.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/json.h"
#include "base/mem.h"
#include "os/cancel.h"

static const struct option_spec delete_list[] = {
    {.name = "project",
        .short_name = 'p',
        .type = OPTION_STRING,
        .value_name = "NAME",
        .env = "", // what names a project for other commands must not remove it
        .help = "Remove the whole project instead of one video."},
    {.name = "yes", .short_name = 'y', .type = OPTION_BOOL, .help = "Do not ask."},
};
static const struct option_table delete_options = {
    .title = "Removal", .options = delete_list, .count = sizeof(delete_list) / sizeof(delete_list[0])};
static const struct option_table *const delete_tables[] = {&delete_options, CLIENT_TABLES, NULL};
static const struct option_table *const plain_tables[] = {&json_options, CLIENT_TABLES, NULL};

static enum err_code video_argument(const struct options *options, struct err *err)
{
    const char *id = options_argument(options, 0);
    if (id != NULL && !video_id_is_valid(id))
        return err_set(
            err, ERR_INVALID, "\"%.64s\" is no video id: it has 16 digits from 0 to f; see framehound videos", id);
    return ERR_NONE;
}

// POST /videos/{v}/{verb}
static enum err_code change_video(const struct options *options, const char *verb, const json_t *body, struct err *err)
{
    struct session session;
    json_t *video = NULL;
    enum err_code code = video_argument(options, err);
    if (code == ERR_NONE)
        code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/videos/%s/%s", options_argument(options, 0), verb);
    code = session_call(&session, HTTP_POST, path, body, &video, err);
    if (code == ERR_NONE && options_bool(options, "json"))
        ui_print_json(video);
    else if (code == ERR_NONE && body != NULL)
        ui_line("video %s is called %s", ui_string(video, "id"), ui_string(video, "name"));
    else if (code == ERR_NONE)
        ui_line("video %s is %s", ui_string(video, "id"), ui_string(video, "state"));
    // Nothing works on it here: this process ends now.
    if (code == ERR_NONE && session.instance != NULL && strcmp(verb, "resume") == 0 &&
        strcmp(ui_string(video, "state"), "done") != 0)
        fputs("It goes on when a server runs on this data folder: framehound up --data DIR\n", stderr);
    free(path);
    json_decref(video);
    session_close(&session);
    return code;
}

static enum err_code run_cancel(const struct options *options, int *status, struct err *err)
{
    (void)status;
    return change_video(options, "cancel", NULL, err);
}

static enum err_code run_resume(const struct options *options, int *status, struct err *err)
{
    (void)status;
    return change_video(options, "resume", NULL, err);
}

static enum err_code run_rename(const struct options *options, int *status, struct err *err)
{
    (void)status;
    json_t *body = json_object();
    json_set_string(body, "name", options_argument(options, 1));
    enum err_code code = change_video(options, "rename", body, err);
    json_decref(body);
    return code;
}

// ---- delete

// Says what will be lost and asks; true if that is wanted. Nobody there to ask is a no.
static bool confirmed(const json_t *thing, const char *video, const char *project)
{
    const json_t *counts = video != NULL ? json_object_get(thing, "progress") : thing;
    char answer[16] = "";
    if (video != NULL)
        ui_part("Remove video %s (%s) with %" PRId64 " frames and %" PRId64 " objects? [y/N] ", video,
            ui_string(thing, "name"), ui_int(counts, "frames_indexed"), ui_int(counts, "objects"));
    else
        ui_part("Remove project %s with %" PRId64 " videos, %" PRId64 " frames and %" PRId64 " objects? [y/N] ",
            project, ui_int(counts, "videos"), ui_int(counts, "frames"), ui_int(counts, "objects"));
    fflush(stdout);
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

// How long a removal may seem to stand still before it is asked for again.
#define STILL_MS (10 * 60 * 1000)
#define LOOK_MS 1000

// Until the project is gone, which is ERR_NOT_FOUND, or nothing moves.
static enum err_code watch_removal(struct session *session, const char *path, struct err *err)
{
    int64_t left = INT64_MAX;
    enum err_code code = ERR_NONE;
    for (int64_t still_ms = 0; code == ERR_NONE && still_ms < STILL_MS; still_ms += LOOK_MS) {
        json_t *project = NULL;
        code = session_get(session, path, &project, err);
        if (code == ERR_NONE && ui_int(project, "videos") < left) {
            if (left == INT64_MAX && json_object_get(project, "videos") != NULL)
                fprintf(stderr, "The removal goes on in the server: %" PRId64 " video%s left.\n",
                    ui_int(project, "videos"), ui_int(project, "videos") == 1 ? "" : "s");
            left = ui_int(project, "videos");
            still_ms = 0;
        }
        json_decref(project);
        if (code == ERR_NONE)
            cancel_wait(session->cancel, LOOK_MS);
        if (code == ERR_NONE)
            code = cancel_check(session->cancel, err);
    }
    return code;
}

// The removal of thousands of videos outlasts what a call may take, and what stands between us and the server may be
// less patient still (status 504); the server is at it all the same.
static enum err_code delete_with_patience(struct session *session, const char *path, struct err *err)
{
    enum err_code code = session_call(session, HTTP_DELETE, path, NULL, NULL, err);
    bool has_begun = code == ERR_TIMEOUT;
    while (code == ERR_TIMEOUT) {
        code = watch_removal(session, path, err);
        if (code == ERR_NONE)
            code = session_call(session, HTTP_DELETE, path, NULL, NULL, err);
    }
    if (code != ERR_NOT_FOUND || !has_begun)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static enum err_code run_delete(const struct options *options, int *status, struct err *err)
{
    struct session session;
    json_t *thing = NULL;
    const char *video = options_argument(options, 0);
    const char *project = options_string(options, "project");
    enum err_code code = video_argument(options, err);
    if (code == ERR_NONE && (video == NULL) == (project == NULL)) {
        ui_error("say what to remove: a video's id, or --project NAME");
        *status = 2;
        return ERR_NONE;
    }
    if (code == ERR_NONE && project != NULL)
        code = project_name_check(project, err);
    if (code == ERR_NONE)
        code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = video != NULL ? mem_sprintf("/api/v1/videos/%s", video) : mem_sprintf("/api/v1/projects/%s", project);
    code = session_get(&session, path, &thing, err);
    if (code == ERR_NONE && !options_bool(options, "yes") && !confirmed(thing, video, project)) {
        puts("Nothing was removed.");
        *status = 1;
    } else if (code == ERR_NONE) {
        code = delete_with_patience(&session, path, err);
        if (code == ERR_NONE)
            ui_line("removed %s %s", video != NULL ? "video" : "project", video != NULL ? video : project);
    }
    free(path);
    json_decref(thing);
    session_close(&session);
    return code;
}

// ---- dead letters

static void add_letter(struct ui_table *table, const json_t *letter)
{
    char id[24];
    snprintf(id, sizeof(id), "%" PRId64, ui_int(letter, "id"));
    ui_table_add(
        table, (const char *[]){id, ui_string(letter, "topic"), ui_string(letter, "key"), ui_string(letter, "reason")});
}

static enum err_code run_dead_letters(const struct options *options, int *status, struct err *err)
{
    static const char *const headings[] = {"ID", "TOPIC", "OF", "REASON", NULL};
    const struct listing letters = {.path = "/api/v1/dead-letters",
        .items = "dead_letters",
        .headings = headings,
        .add_row = add_letter,
        .none = "No work has failed for good."};
    (void)status;
    return listing_print(options, &letters, err);
}

static enum err_code run_retry(const struct options *options, int *status, struct err *err)
{
    struct session session;
    const char *text = options_argument(options, 0);
    char *end = NULL;
    (void)status;
    if (strtoll(text, &end, 10) < 1 || *end != '\0')
        return err_set(err, ERR_INVALID, "\"%.32s\" is no dead letter's number; see framehound dead-letters", text);
    enum err_code code = session_open(options, 0, &session, err);
    if (code != ERR_NONE)
        return code;
    char *path = mem_sprintf("/api/v1/dead-letters/%s/retry", text);
    code = session_call(&session, HTTP_POST, path, NULL, NULL, err);
    if (code == ERR_NONE)
        ui_line("dead letter %s is tried again", text);
    free(path);
    session_close(&session);
    return code;
}

const struct command command_cancel = {.spec = {.name = "cancel",
                                           .arguments = "VIDEO",
                                           .summary = "Stop an ingestion; what is indexed stays.",
                                           .tables = plain_tables,
                                           .arguments_least = 1,
                                           .arguments_most = 1},
    .run = run_cancel};

const struct command command_resume = {
    .spec = {.name = "resume",
        .arguments = "VIDEO",
        .summary = "Go on with what is missing of a cancelled, failed or incomplete video.",
        .tables = plain_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_resume};

const struct command command_rename = {.spec = {.name = "rename",
                                           .arguments = "VIDEO NAME",
                                           .summary = "Show a video by another name.",
                                           .examples = "framehound rename 0123456789abcdef \"Evening news, 3 March\"",
                                           .tables = plain_tables,
                                           .arguments_least = 2,
                                           .arguments_most = 2},
    .run = run_rename};

const struct command command_delete = {.spec = {.name = "delete",
                                           .arguments = "[VIDEO]",
                                           .summary = "Remove a video or a project with everything that belongs to it.",
                                           .tables = delete_tables,
                                           .arguments_most = 1},
    .run = run_delete};

const struct command command_dead_letters = {.spec = {.name = "dead-letters",
                                                 .arguments = "",
                                                 .summary = "List the work that failed for good, with the reason.",
                                                 .tables = plain_tables},
    .run = run_dead_letters};

const struct command command_retry = {.spec = {.name = "retry",
                                          .arguments = "ID",
                                          .summary = "Try a dead letter again.",
                                          .tables = plain_tables,
                                          .arguments_least = 1,
                                          .arguments_most = 1},
    .run = run_retry};
