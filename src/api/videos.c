// Videos: submitting, watching, stopping, removing and playing them.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/plain_text.h"
#include "ingest/lifecycle.h"

#define VIDEOS_LIMIT 50
#define SEGMENTS_LIMIT 100
#define NAME_LENGTH_MAX 255

enum err_code api_video_json(struct api *api, const struct meta_video *video, json_t **out, struct err *err)
{
    char **errors = NULL;
    size_t count = 0;
    enum err_code code = ERR_NONE;
    if (video->errors_count > 0)
        code = meta_store_video_errors(api->config.ingest->meta, video->id, &errors, &count, err);
    bool has_thumbnail = false;
    if (code == ERR_NONE)
        code = api_find_thumbnail(api, video, &has_thumbnail, NULL, err);
    if (code == ERR_NONE)
        *out = shape_video(video, has_thumbnail, errors, count);
    meta_strings_free(errors, count);
    return code;
}

static enum err_code respond_video(
    struct api *api, struct http_response *response, const char *id, int status, struct err *err)
{
    struct meta_video *video = mem_alloc(sizeof(*video));
    json_t *answer = NULL;
    enum err_code code = meta_store_get_video(api->config.ingest->meta, id, video, err);
    if (code == ERR_NONE)
        code = api_video_json(api, video, &answer, err);
    if (code == ERR_NONE)
        http_response_json(response, status, answer);
    free(video);
    return code;
}

// `project` NULL: of all.
static enum err_code list_videos(
    struct api *api, struct http_request *request, struct http_response *response, const char *project, struct err *err)
{
    static const char *const allowed[] = {"limit", "cursor", NULL};
    struct meta_video *videos = NULL;
    size_t count = 0;
    size_t limit = 0;
    const char *cursor = http_request_query(request, "cursor");
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, VIDEOS_LIMIT, META_LIST_MAX, &limit, err);
    if (code == ERR_NONE && cursor != NULL && !video_id_is_valid(cursor))
        code =
            err_of_field(err, err_set(err, ERR_INVALID, "cursor must be the next_cursor of a page before"), "cursor");
    if (code == ERR_NONE)
        code = meta_store_list_videos(api->config.ingest->meta, project, cursor, limit, &videos, &count, err);
    json_t *list = json_array();
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        json_t *video = NULL;
        code = api_video_json(api, &videos[i], &video, err);
        if (code == ERR_NONE)
            json_array_append_new(list, video);
    }
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "videos", json_incref(list));
        json_set_string(answer, "next_cursor", count == limit ? videos[count - 1].id : NULL);
        http_response_json(response, 200, answer);
    }
    json_decref(list);
    free(videos);
    return code;
}

API_HANDLER(api_list_videos)
{
    return list_videos(context, request, response, NULL, err);
}

API_HANDLER(api_list_project_videos)
{
    struct api *api = context;
    const char *project = NULL;
    struct meta_project stored;
    enum err_code code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = meta_store_get_project(api->config.ingest->meta, project, &stored, err);
    return code == ERR_NONE ? list_videos(api, request, response, project, err) : code;
}

static enum err_code respond_submitted(
    struct api *api, struct http_response *response, const struct meta_video *video, struct err *err)
{
    char location[64];
    snprintf(location, sizeof(location), "/api/v1/videos/%s", video->id);
    http_response_header(response, "Location", location);
    return respond_video(api, response, video->id, 202, err);
}

// fps is a number, or a text such as "all" or "30000/1001".
static enum err_code read_fps(const json_t *body, struct submit_request *submission, struct err *err)
{
    const json_t *fps = json_object_get(body, "fps");
    if (fps == NULL || json_is_null(fps))
        return ERR_NONE;
    if (json_is_string(fps))
        return submit_request_set_fps(submission, json_string_value(fps), err);
    if (json_is_number(fps))
        return submit_request_set_fps_number(submission, json_number_value(fps), err);
    return err_of_field(
        err, err_set(err, ERR_INVALID, "field \"fps\" must be a number of frames per second or \"all\""), "fps");
}

static enum err_code read_seconds(const json_t *body, const char *field, double *seconds, struct err *err)
{
    return json_opt_double(body, field, -1e15, 1e15, seconds, err);
}

static enum err_code read_submission(const json_t *body, struct submit_request *submission, struct err *err)
{
    static const char *const allowed[] = {"source", "name", "chunk_seconds", "limit_seconds", "fps", NULL};
    double chunk = CHUNK_SECONDS_DEFAULT;
    double limit = 0;
    const json_t *limit_field = json_object_get(body, "limit_seconds");
    bool has_limit = limit_field != NULL && !json_is_null(limit_field);
    enum err_code code = json_check_fields(body, allowed, err);
    if (code == ERR_NONE)
        code = json_get_string(body, "source", &submission->source, err);
    if (code == ERR_NONE)
        code = json_opt_string(body, "name", &submission->name, err);
    if (code == ERR_NONE)
        code = read_seconds(body, "chunk_seconds", &chunk, err);
    if (code == ERR_NONE)
        code = submit_request_set_chunk(submission, chunk, err);
    if (code == ERR_NONE)
        code = read_seconds(body, "limit_seconds", &limit, err);
    if (code == ERR_NONE && has_limit)
        code = submit_request_set_limit(submission, limit, err);
    if (code == ERR_NONE)
        code = read_fps(body, submission, err);
    return code;
}

API_HANDLER(api_submit_video)
{
    struct api *api = context;
    json_t *body = NULL;
    struct submit_request submission;
    struct meta_video *video = mem_alloc(sizeof(*video));
    enum submit_outcome outcome;
    submit_request_init(&submission);
    submission.remote = !api_request_is_local(api, request);
    submission.allow_local_files = api->config.allow_local_files;
    enum err_code code = api_param_project(request, &submission.project, err);
    if (code == ERR_NONE)
        code = http_request_json(request, &body, err);
    if (code == ERR_NONE)
        code = read_submission(body, &submission, err);
    if (code == ERR_NONE)
        code = lifecycle_submit(api->config.ingest, &submission, http_request_cancel(request), video, &outcome, err);
    if (code == ERR_NONE)
        code = respond_submitted(api, response, video, err);
    json_decref(body);
    free(video);
    return code;
}

// `whose`: "the file's", for the sentence.
static enum err_code check_name(const char *name, const char *whose, struct err *err)
{
    if (api_count_characters(name) <= NAME_LENGTH_MAX && strlen(name) < META_TITLE_SIZE)
        return ERR_NONE;
    err_set(err, ERR_INVALID, "%s name has more than %d characters or %d bytes", whose, NAME_LENGTH_MAX,
        META_TITLE_SIZE - 1);
    return err_of_field(err, ERR_INVALID, "name");
}

// All but the bytes.
static enum err_code read_upload(struct http_request *request, struct submit_request *submission, struct err *err)
{
    static const char *const allowed[] = {"chunk_seconds", "limit_seconds", "fps", NULL};
    double chunk = CHUNK_SECONDS_DEFAULT;
    double limit = 0;
    submit_request_init(submission);
    submission->remote = true;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &submission->project, err);
    if (code == ERR_NONE)
        code = check_name(http_request_param(request, "name"), "the file's", err);
    if (code == ERR_NONE)
        code = http_request_query_double(request, "chunk_seconds", -1e15, 1e15, chunk, &chunk, err);
    if (code == ERR_NONE)
        code = submit_request_set_chunk(submission, chunk, err);
    if (code == ERR_NONE)
        code = http_request_query_double(request, "limit_seconds", -1e15, 1e15, 0, &limit, err);
    if (code == ERR_NONE && http_request_query(request, "limit_seconds") != NULL)
        code = submit_request_set_limit(submission, limit, err);
    const char *fps = http_request_query(request, "fps");
    return code == ERR_NONE && fps != NULL ? submit_request_set_fps(submission, fps, err) : code;
}

enum err_code api_check_upload(void *context, struct http_request *request, struct err *err)
{
    struct submit_request submission;
    (void)context;
    return read_upload(request, &submission, err);
}

API_HANDLER(api_upload_video)
{
    struct api *api = context;
    struct submit_request submission;
    struct meta_video *video = mem_alloc(sizeof(*video));
    enum submit_outcome outcome;
    uint64_t size_bytes = 0;
    const char *sha256 = NULL;
    enum err_code code = read_upload(request, &submission, err);
    if (code == ERR_NONE) {
        const char *path = http_request_body_path(request, &size_bytes, &sha256);
        if (size_bytes == 0)
            code = err_of_field(err,
                err_set(err, ERR_INVALID, "the upload is empty: send the file's bytes as the request's body"),
                "source");
        else
            code = lifecycle_submit_upload(api->config.ingest, &submission, path, sha256,
                http_request_param(request, "name"), http_request_cancel(request), video, &outcome, err);
    }
    if (code == ERR_NONE)
        code = respond_submitted(api, response, video, err);
    free(video);
    return code;
}

API_HANDLER(api_get_video)
{
    const char *video = NULL;
    enum err_code code = api_param_video(request, &video, err);
    return code == ERR_NONE ? respond_video(context, response, video, 200, err) : code;
}

API_HANDLER(api_delete_video)
{
    struct api *api = context;
    const char *video = NULL;
    struct meta_video *stored = mem_alloc(sizeof(*stored));
    (void)response;
    enum err_code code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        code = lifecycle_delete_video(api->config.ingest, video, http_request_cancel(request), err);
    // Should this fail, the labels notice by themselves a moment later.
    if (code == ERR_NONE)
        (void)!labels_resolve(api->config.labels, stored->project, video, NULL);
    free(stored);
    return code;
}

API_HANDLER(api_cancel_video)
{
    struct api *api = context;
    const char *video = NULL;
    enum err_code code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = lifecycle_cancel(api->config.ingest, video, err);
    return code == ERR_NONE ? respond_video(api, response, video, 200, err) : code;
}

API_HANDLER(api_resume_video)
{
    struct api *api = context;
    const char *video = NULL;
    enum err_code code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = lifecycle_resume(api->config.ingest, video, http_request_cancel(request), err);
    return code == ERR_NONE ? respond_video(api, response, video, 202, err) : code;
}

static enum err_code read_name(const json_t *body, const char **name, struct err *err)
{
    static const char *const allowed[] = {"name", NULL};
    enum err_code code = json_check_fields(body, allowed, err);
    if (code == ERR_NONE)
        code = json_get_string(body, "name", name, err);
    if (code == ERR_NONE && (*name)[strspn(*name, " \t\r\n")] == '\0')
        code = err_of_field(err, err_set(err, ERR_INVALID, "a video needs a name"), "name");
    if (code == ERR_NONE)
        code = check_name(*name, "the video's", err);
    return code == ERR_NONE ? err_of_field(err, plain_text_check(*name, "a video's name", err), "name") : code;
}

API_HANDLER(api_rename_video)
{
    struct api *api = context;
    const char *video = NULL;
    const char *name = NULL;
    json_t *body = NULL;
    enum err_code code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = http_request_json(request, &body, err);
    if (code == ERR_NONE)
        code = read_name(body, &name, err);
    if (code == ERR_NONE)
        code = meta_store_set_video_name(api->config.ingest->meta, video, name, err);
    json_decref(body);
    return code == ERR_NONE ? respond_video(api, response, video, 200, err) : code;
}

API_HANDLER(api_list_segments)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", NULL};
    const char *video = NULL;
    struct meta_segment *segments = NULL;
    size_t count = 0;
    size_t limit = 0;
    int64_t after = -1;
    struct meta_video *stored = mem_alloc(sizeof(*stored));
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, SEGMENTS_LIMIT, META_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", -1, SEGMENTS_PER_VIDEO_MAX, -1, &after, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        code = meta_store_list_segments(api->config.ingest->meta, video, (int32_t)after, limit, &segments, &count, err);
    if (code == ERR_NONE) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, shape_segment(&segments[i]));
        json_t *answer = json_object();
        json_set(answer, "segments", list);
        if (count == limit)
            json_set_string(
                answer, "next_cursor", arena_sprintf(http_request_arena(request), "%d", segments[count - 1].index));
        else
            json_set_string(answer, "next_cursor", NULL);
        http_response_json(response, 200, answer);
    }
    free(segments);
    free(stored);
    return code;
}

API_HANDLER(api_stream_video)
{
    struct api *api = context;
    const char *id = NULL;
    char key[BLOB_KEY_SIZE];
    struct meta_video *video = mem_alloc(sizeof(*video));
    enum err_code code = api_param_video(request, &id, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, id, video, err);
    if (code == ERR_NONE) {
        const char *type = video->media.mime_type[0] != '\0' ? video->media.mime_type : "application/octet-stream";
        if (video->media.playable_copy)
            blob_key_playable(video->project, id, key);
        else
            blob_key_source(video->project, id, key);
        // The copy for browsers comes later than the source: the tag tells them
        // apart.
        const char *etag =
            arena_sprintf(http_request_arena(request), "%s-%c", id, video->media.playable_copy ? 'p' : 's');
        code = api_respond_blob(api, request, response, key, type, etag, err);
        if (code == ERR_NOT_FOUND)
            code = err_set(err, ERR_NOT_FOUND, "video %s is not stored yet", id);
    }
    free(video);
    return code;
}
