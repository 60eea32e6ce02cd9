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

#define LOOK_MS 1000
#define LOOK_TIMEOUT_MS 30000
// How many looks in a row may learn nothing before it is given up, and see nothing move before it is asked for again.
#define LOOKS_IN_VAIN_MAX 20
#define LOOKS_STILL_MAX 20

struct removal {
    struct session *session;
    const char *path;
    struct err asked; // why the call that asks for it was no success
    bool is_seen;     // the server has said that it is at it
    int64_t left;     // videos
    int in_vain, still;
};

// The removal of thousands of videos outlasts what a call may take, and what stands between us and the server may be
// less patient still (status 504): the server is at it all the same. One that answers itself has stopped, whatever it
// says, a store that took too long included; or somebody else had asked it before.
static bool may_go_on(const struct session *session, enum err_code code)
{
    return code == (session->is_told ? ERR_CONFLICT : ERR_TIMEOUT);
}

static void see(struct removal *removal, const json_t *thing)
{
    int64_t left = ui_int(thing, "videos");
    if (!removal->is_seen && json_object_get(thing, "videos") != NULL)
        ui_error("the removal goes on in the server, %" PRId64 " video%s left", left, left == 1 ? "" : "s");
    removal->still = removal->is_seen && left >= removal->left ? removal->still + 1 : 0;
    removal->is_seen = true;
    removal->left = left;
    removal->in_vain = 0;
}

// An error when it is given up.
static enum err_code look(struct removal *removal, bool *is_gone, struct err *err)
{
    struct session *session = removal->session;
    json_t *thing = NULL;
    session->timeout_ms = LOOK_TIMEOUT_MS;
    enum err_code code = session_get(session, removal->path, &thing, err);
    session->timeout_ms = 0;
    bool goes_on =
        json_is_true(json_object_get(thing, "deleting")) || strcmp(ui_string(thing, "state"), "deleting") == 0;
    // What is there and stays was made anew under the name.
    *is_gone = code == ERR_NOT_FOUND ? session->is_told : code == ERR_NONE && !goes_on && removal->is_seen;
    if (goes_on)
        see(removal, thing);
    json_decref(thing);
    if (goes_on || *is_gone || code == ERR_CANCELLED)
        return *is_gone ? ERR_NONE : code;
    if (++removal->in_vain < LOOKS_IN_VAIN_MAX)
        return ERR_NONE;
    if (code == ERR_NONE)
        return err_set(err, removal->asked.code,
            "the server does not say that the removal has begun (%.300s): ask for it again", removal->asked.message);
    struct err why = *err;
    return err_set(
        err, code, "whether the removal goes on is not known (%.300s): see \"framehound projects\"", why.message);
}

// Until it is gone, or nothing moves.
static enum err_code watch(struct removal *removal, bool *is_gone, struct err *err)
{
    enum err_code code = ERR_NONE;
    removal->still = 0;
    *is_gone = false;
    while (code == ERR_NONE && !*is_gone && removal->still < LOOKS_STILL_MAX) {
        code = look(removal, is_gone, err);
        if (code == ERR_NONE && !*is_gone && cancel_wait(removal->session->cancel, LOOK_MS))
            code = cancel_check(removal->session->cancel, err);
    }
    return code;
}

// One that is said to go on and does not move may be a large one, or may have stopped when nobody heard the answer any
// more. Asked again, a server that is at it says so, and one that is not goes on with it.
static enum err_code delete_with_patience(struct session *session, const char *path, struct err *err)
{
    struct removal removal = {.session = session, .path = path};
    enum err_code code = session_call(session, HTTP_DELETE, path, NULL, NULL, err);
    while (may_go_on(session, code)) {
        bool is_gone = false;
        removal.asked = *err;
        code = watch(&removal, &is_gone, err);
        if (code != ERR_NONE || is_gone) {
            if (is_gone)
                err_clear(err);
            return code;
        }
        code = session_call(session, HTTP_DELETE, path, NULL, NULL, err);
        if (code == ERR_NOT_FOUND && session->is_told) {
            err_clear(err);
            return ERR_NONE;
        }
    }
    return code;
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
