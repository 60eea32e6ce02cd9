// `framehound ingest`: submits a video, and waits for it with a progress bar if asked to.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "app/command.h"
#include "app/session.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/plain_text.h"
#include "ingest/lifecycle.h"
#include "queue/queue.h"

// How often a video is asked about: what is soon done is noticed at once, what lasts costs the server little.
#define POLL_LEAST_MS 20
#define POLL_MOST_MS 200
#define POLL_SHARE 100
// With so little room left and nothing done for so long, a disk counts as full.
#define STALL_US (INT64_C(15) * 1000000)
#define STALL_FREE_BYTES ((uint64_t)8 * 1024 * 1024)

static const struct option_spec ingest_list[] = {
    {.name = "project",
        .short_name = 'p',
        .type = OPTION_STRING,
        .required = true,
        .value_name = "NAME",
        .help = "Project to put the video into; made if it does not exist."},
    {.name = "chunk",
        .type = OPTION_FLOAT,
        .fallback = "10",
        .unit = "seconds",
        .help = "About how long the segments are, 1 to 3600 seconds."},
    {.name = "limit",
        .type = OPTION_FLOAT,
        .unit = "seconds",
        .env = "FRAMEHOUND_LIMIT_SECONDS",
        .help = "Look at the first so many seconds only."},
    {.name = "fps",
        .type = OPTION_STRING,
        .fallback = SAMPLING_DEFAULT,
        .value_name = "RATE",
        .help = "Frames per second to look at (5, 0.5, 30000/1001), or \"all\"."},
    {.name = "name", .type = OPTION_STRING, .help = "What to show the video as."},
    {.name = "wait",
        .short_name = 'w',
        .type = OPTION_BOOL,
        .help = "Wait until the video is indexed, showing progress."},
};
static const struct option_table ingest_options = {
    .title = "Ingestion", .options = ingest_list, .count = sizeof(ingest_list) / sizeof(ingest_list[0])};
static const struct option_table *const ingest_tables[] = {
    &ingest_options, &json_options, &client_options, &data_options, &options_further, INSTANCE_TABLES_BUT_DATA, NULL};

// Looks at the numbers here too, so that a mistake is found before a server is asked or started.
static enum err_code check_settings(const struct options *options, struct err *err)
{
    struct submit_request request;
    submit_request_init(&request);
    enum err_code code = project_name_check(options_string(options, "project"), err);
    if (code == ERR_NONE)
        code = submit_request_set_chunk(&request, options_float(options, "chunk"), err);
    if (code == ERR_NONE && options_is_set(options, "limit"))
        code = submit_request_set_limit(&request, options_float(options, "limit"), err);
    if (code == ERR_NONE)
        code = submit_request_set_fps(&request, options_string(options, "fps"), err);
    if (code == ERR_NONE && options_is_set(options, "name"))
        code = plain_text_check(options_string(options, "name"), "a video's name", err);
    return code;
}

static bool is_url(const char *source)
{
    const char *colon = strstr(source, "://");
    return colon != NULL && strcspn(source, "/") > (size_t)(colon - source);
}

// The path of a local file as the server must see it, to be freed; NULL for a URL. Mistakes are reported here, where
// the person's working folder is known.
static enum err_code local_path(const char *source, char **path, struct err *err)
{
    struct stat st;
    *path = NULL;
    if (is_url(source) || strncasecmp(source, "file:", 5) == 0)
        return ERR_NONE;
    if (stat(source, &st) != 0)
        return err_set_errno(err, errno, "%s cannot be ingested", source);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is a folder: name one video file", source);
    *path = realpath(source, NULL);
    return *path != NULL ? ERR_NONE : err_set_errno(err, errno, "%s cannot be ingested", source);
}

static enum err_code submit_source(
    struct session *session, const struct options *options, const char *source, json_t **video, struct err *err)
{
    json_t *body = json_object();
    char *path = mem_sprintf("/api/v1/projects/%s/videos", options_string(options, "project"));
    json_set_string(body, "source", source);
    json_set_double(body, "chunk_seconds", options_float(options, "chunk"));
    if (options_is_set(options, "limit"))
        json_set_double(body, "limit_seconds", options_float(options, "limit"));
    json_set_string(body, "fps", options_string(options, "fps"));
    if (options_is_set(options, "name"))
        json_set_string(body, "name", options_string(options, "name"));
    enum err_code code = session_call(session, HTTP_POST, path, body, video, err);
    free(path);
    json_decref(body);
    return code;
}

// Appends what an upload is shown as. It stands in an address, which takes no slash in a name and no control
// characters.
static void add_upload_name(struct strbuf *path, const struct options *options, const char *file)
{
    const char *given = options_string(options, "name");
    const char *slash = strrchr(file, '/');
    const char *shown = given != NULL && given[0] != '\0' ? given : slash != NULL ? slash + 1 : file;
    struct strbuf name;
    strbuf_init(&name);
    plain_text_add(&name, shown, strlen(shown));
    for (char *c = name.data; *c != '\0'; c++) {
        if (*c == '/' || *c == '\\')
            *c = '-';
    }
    http_url_encode(path, name.data);
    strbuf_release(&name);
}

static enum err_code upload_source(
    struct session *session, const struct options *options, const char *file, json_t **video, struct err *err)
{
    struct strbuf path;
    strbuf_init(&path);
    strbuf_addf(&path, "/api/v1/projects/%s/uploads/", options_string(options, "project"));
    add_upload_name(&path, options, file);
    strbuf_addf(&path, "?chunk_seconds=%.6f&fps=", options_float(options, "chunk"));
    http_url_encode(&path, options_string(options, "fps"));
    if (options_is_set(options, "limit"))
        strbuf_addf(&path, "&limit_seconds=%.6f", options_float(options, "limit"));
    enum err_code code = session_upload(session, HTTP_PUT, path.data, file, video, err);
    strbuf_release(&path);
    return code;
}

static enum err_code submit(struct session *session, const struct options *options, json_t **video, struct err *err)
{
    const char *source = options_argument(options, 0);
    char *path = NULL;
    enum err_code code = local_path(source, &path, err);
    if (code == ERR_NONE) {
        if (path != NULL && !session->local)
            code = upload_source(session, options, path, video, err);
        else
            code = submit_source(session, options, path != NULL ? path : source, video, err);
    }
    free(path);
    return code;
}

static bool is_final(const char *state)
{
    enum video_state value;
    return video_state_from_name(state, &value) && video_state_is_final(value);
}

// Without a server, nobody makes room on a full disk while this process waits for it.
struct stall {
    int64_t indexed, emitted, segments;
    int64_t since_us;
};

static enum err_code check_stall(struct session *session, const json_t *video, struct stall *stall, struct err *err)
{
    const json_t *progress = json_object_get(video, "progress");
    int64_t now_us = clock_monotonic_us(clock_system());
    struct stall now = {
        ui_int(progress, "frames_indexed"), ui_int(progress, "frames_emitted"), ui_int(progress, "segments"), now_us};
    uint64_t free_bytes = 0;
    if (now.indexed != stall->indexed || now.emitted != stall->emitted || now.segments != stall->segments ||
        stall->since_us == 0)
        *stall = now;
    if (session->instance == NULL || now_us - stall->since_us < STALL_US)
        return ERR_NONE;
    const char *dir = instance_stores(session->instance)->dir;
    if (disk_free(dir, &free_bytes, NULL, NULL) != ERR_NONE || free_bytes >= STALL_FREE_BYTES)
        return ERR_NONE;
    return err_set(
        err, ERR_FULL, "the disk with %s is full: make room there, then give the same command again to go on", dir);
}

static bool has_tracker(struct session *session)
{
    json_t *answer = NULL;
    size_t i;
    const json_t *worker;
    bool found = false;
    if (session_get(session, "/api/v1/workers", &answer, NULL) != ERR_NONE)
        return false;
    json_array_foreach(json_object_get(answer, "workers"), i, worker)
    {
        const char *state = ui_string(worker, "state");
        found = found ||
            (strcmp(ui_string(worker, "part"), "tracker") == 0 &&
                (strcmp(state, "busy") == 0 || strcmp(state, "idle") == 0));
    }
    json_decref(answer);
    return found;
}

// Whether following the video's objects has failed for good, and the video's errors say so: they are written after the
// dead letter.
static bool is_given_up(struct session *session, const json_t *video)
{
    json_t *answer = NULL;
    size_t i;
    const json_t *letter;
    bool found = false;
    if (json_array_size(json_object_get(video, "errors")) == 0)
        return false;
    char *path = mem_sprintf("/api/v1/dead-letters?video=%s", ui_string(video, "id"));
    if (session_get(session, path, &answer, NULL) == ERR_NONE) {
        json_array_foreach(json_object_get(answer, "dead_letters"), i, letter)
        {
            found = found || strcmp(ui_string(letter, "topic"), TOPIC_DETECTIONS) == 0;
        }
    }
    json_decref(answer);
    free(path);
    return found;
}

// Whether the objects of an indexed video are still to be followed, by somebody who is there.
static bool waits_for_tracks(struct session *session, const json_t *video)
{
    const char *state = ui_string(video, "state");
    bool is_indexed = strcmp(state, "done") == 0 || strcmp(state, "incomplete") == 0;
    bool is_tracked = json_is_true(json_object_get(json_object_get(video, "progress"), "tracked"));
    return is_indexed && !is_tracked && has_tracker(session) && !is_given_up(session, video);
}

static int64_t poll_ms(int64_t since_us)
{
    int64_t ms = (clock_monotonic_us(clock_system()) - since_us) / 1000 / POLL_SHARE;
    if (ms < POLL_LEAST_MS)
        return POLL_LEAST_MS;
    return ms > POLL_MOST_MS ? POLL_MOST_MS : ms;
}

// Until the video is final and its objects are followed; *video is replaced by its last state.
static enum err_code wait_for_end(struct session *session, json_t **video, struct err *err)
{
    struct ui_progress progress;
    char *path = mem_sprintf("/api/v1/videos/%s", ui_string(*video, "id"));
    enum err_code code = ERR_NONE;
    struct stall stall = {0};
    int64_t since_us = clock_monotonic_us(clock_system());
    ui_progress_begin(&progress);
    for (;;) {
        ui_progress_show(&progress, *video);
        if (is_final(ui_string(*video, "state")) && !waits_for_tracks(session, *video))
            break;
        code = check_stall(session, *video, &stall, err);
        if (code != ERR_NONE)
            break;
        if (cancel_wait(session->cancel, poll_ms(since_us))) {
            code = err_set(err, ERR_CANCELLED, "stopped waiting; video %s %s", ui_string(*video, "id"),
                session->instance != NULL ? "goes on when the same command is given again" : "goes on in the server");
            break;
        }
        json_t *next = NULL;
        code = session_get(session, path, &next, err);
        if (code != ERR_NONE)
            break;
        json_decref(*video);
        *video = next;
    }
    ui_progress_end(&progress);
    free(path);
    return code;
}

// The one object that `--json` ends with. `video` NULL: nothing came of it, and `why` says why.
static void print_result_json(const char *project, const json_t *video, const char *why)
{
    const json_t *progress = json_object_get(video, "progress");
    json_t *o = json_object();
    json_t *errors = video != NULL ? json_deep_copy(json_object_get(video, "errors")) : json_array();
    if (why != NULL)
        json_array_append_new(errors, json_string_lossy(why));
    json_set_string(o, "project", project);
    json_set_string(o, "video", video != NULL ? ui_string(video, "id") : NULL);
    json_set_string(o, "state", video != NULL ? ui_string(video, "state") : "failed");
    json_set_int64(o, "segments", ui_int(progress, "segments"));
    json_set_int64(o, "frames", ui_int(progress, "frames_indexed"));
    json_set_int64(o, "objects", ui_int(progress, "objects"));
    json_set_int64(o, "tracks", ui_int(progress, "tracks"));
    json_set_int64(o, "duration_us", ui_int(json_object_get(video, "media"), "duration_us"));
    json_set(o, "errors", errors);
    ui_print_json(o);
    json_decref(o);
}

static void print_result(const json_t *video)
{
    const json_t *progress = json_object_get(video, "progress");
    const json_t *errors = json_object_get(video, "errors");
    int64_t duration_us = ui_int(json_object_get(video, "media"), "duration_us");
    char duration[UI_TEXT_SIZE];
    ui_duration(duration_us, duration);
    ui_part(
        "%s: video %s of project %s", ui_string(video, "state"), ui_string(video, "id"), ui_string(video, "project"));
    // Of what nobody could look into, there is nothing to count; a header may have no duration.
    if (is_final(ui_string(video, "state")) && ui_int(json_object_get(video, "media"), "width") > 0)
        ui_part(", %s, segments: %lld, frames: %lld, objects: %lld, tracks: %lld", duration,
            (long long)ui_int(progress, "segments"), (long long)ui_int(progress, "frames_indexed"),
            (long long)ui_int(progress, "objects"), (long long)ui_int(progress, "tracks"));
    putchar('\n');
    for (size_t i = 0; i < json_array_size(errors); i++)
        ui_line("  %s", json_string_value(json_array_get(errors, i)));
}

static enum err_code run_ingest(const struct options *options, int *status, struct err *err)
{
    struct session session;
    json_t *video = NULL;
    enum err_code code = check_settings(options, err);
    if (code != ERR_NONE) {
        *status = 2;
        ui_error("%s", err->message);
        return ERR_NONE;
    }
    const char *project = options_string(options, "project");
    bool json = options_bool(options, "json");
    code = session_open(options, PART_INGEST, &session, err);
    if (code != ERR_NONE) {
        if (json)
            print_result_json(project, NULL, err->message);
        return code;
    }
    code = submit(&session, options, &video, err);
    if (code == ERR_CANCELLED)
        code = err_set(err, ERR_CANCELLED, "stopped before the video was submitted");
    // Without a server, nobody would go on after this process.
    bool wait = options_bool(options, "wait") || session.instance != NULL;
    if (code == ERR_NONE && wait)
        code = wait_for_end(&session, &video, err);
    if (json)
        print_result_json(project, video, code != ERR_NONE ? err->message : NULL);
    if (code == ERR_NONE) {
        if (!json)
            print_result(video);
        const char *state = ui_string(video, "state");
        *status = wait && strcmp(state, "done") != 0 && strcmp(state, "incomplete") != 0;
    }
    json_decref(video);
    session_close(&session);
    return code;
}

const struct command command_ingest = {
    .spec = {.name = "ingest",
        .arguments = "SOURCE",
        .summary = "Index a video: a file, an address of a file, or a page that shows one.",
        .details = "The same source with the same settings is the same video: giving the command again resumes what is "
                   "missing and indexes nothing twice. With --data and no server running there, everything happens in "
                   "this process. Ends with status 0 when the video is indexed, as far as it can be read.",
        .examples = "framehound ingest clip.mp4 --project demo --wait\n"
                    "framehound ingest https://example.org/talk.webm --project talks --fps 1 --limit 600\n"
                    "framehound ingest clip.mp4 --project demo --data ./data --wait --json",
        .tables = ingest_tables,
        .arguments_least = 1,
        .arguments_most = 1},
    .run = run_ingest};
