// Corrections of tracks: splitting, merging, giving objects to another track, and taking that back.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/track_corrections.h"

#define HISTORY_LIMIT 100

static void begin(struct correction_request *correction, enum track_step_kind kind)
{
    *correction =
        (struct correction_request){.kind = kind, .track = -1, .into = -1, .at_us = -1, .expected_version = -1};
}

// ---- what requests say

// Who corrects, and which version they had seen.
static enum err_code read_editor(const json_t *body, struct correction_request *correction, struct err *err)
{
    enum err_code code = json_opt_string(body, "by", &correction->by, err);
    if (code == ERR_NONE)
        code = json_opt_int64(body, "version", 0, INT64_MAX, &correction->expected_version, err);
    return code == ERR_NONE ? api_check_editor(&correction->by, err) : code;
}

// A body with these fields, `version` and `by` among them.
static enum err_code read_body(const struct http_request *request, const char *const *allowed, json_t **body,
    struct correction_request *correction, struct err *err)
{
    enum err_code code = http_request_json(request, body, err);
    if (code == ERR_NONE)
        code = json_check_fields(*body, allowed, err);
    return code == ERR_NONE ? read_editor(*body, correction, err) : code;
}

// The number of a track of this video.
static enum err_code number_of(const char *id, const char *video, const char *field, int64_t *n, struct err *err)
{
    char of[VIDEO_ID_SIZE];
    enum err_code code = ERR_NONE;
    if (!track_id_parse(id, of, n))
        code = err_set(err, ERR_INVALID, "\"%.64s\" is no track id: it looks like 0123456789abcdef-t42", id);
    else if (strcmp(of, video) != 0)
        code = err_set(err, ERR_INVALID, "track %s is not of video %s: a track is of one video", id, video);
    return err_of_field(err, code, field);
}

static enum err_code read_objects(
    struct http_request *request, json_t *body, struct correction_request *correction, struct err *err)
{
    enum err_code code = api_read_objects(
        request, body, "objects", TRACK_STEP_OBJECTS_MAX, &correction->objects, &correction->count, err);
    if (code == ERR_NONE && correction->count == 0)
        code = err_of_field(err, err_set(err, ERR_INVALID, "\"objects\" must name at least one object"), "objects");
    return code;
}

// ---- answers

// Labels hold for tracks, so they follow before the answer says what the tracks carry.
static void tell_labels(struct api *api, const char *video, const struct correction *correction)
{
    struct label_object *objects = mem_realloc_array(NULL, correction->object_count + 1, sizeof(*objects));
    struct err err = ERR_INIT;
    for (size_t i = 0; i < correction->object_count; i++)
        objects[i] = (struct label_object){.object = correction->objects[i].id, .track = correction->objects[i].track};
    enum err_code code =
        labels_follow_tracks(api->config.labels, correction->project, video, objects, correction->object_count, &err);
    if (code != ERR_NONE)
        log_warn(api->config.ingest->log, "labels follow the corrected tracks of video %s a little later: %s", video,
            err.message);
    free(objects);
}

static enum err_code change(struct api *api, const struct http_request *request, struct http_response *response,
    const char *video, const struct correction_request *wanted, struct err *err)
{
    struct correction *correction = mem_calloc(1, sizeof(*correction));
    json_t *tracks = NULL;
    enum err_code code =
        corrections_change(api->config.ingest, video, wanted, http_request_cancel(request), correction, err);
    if (code == ERR_NONE) {
        tell_labels(api, video, correction);
        code = api_shape_tracks(
            api, correction->project, video, correction->tracks, correction->track_count, &tracks, err);
    }
    if (code == ERR_NONE) {
        json_t *answer = shape_correction(video, correction);
        json_set(answer, "tracks", tracks);
        http_response_json(response, 200, answer);
    }
    correction_release(correction);
    free(correction);
    return code;
}

// ---- the routes

API_HANDLER(api_split_track)
{
    static const char *const allowed[] = {"at_us", "version", "by", NULL};
    char video[VIDEO_ID_SIZE];
    json_t *body = NULL;
    struct correction_request wanted;
    begin(&wanted, TRACK_STEP_SPLIT);
    enum err_code code = api_param_track(request, video, &wanted.track, err);
    if (code == ERR_NONE)
        code = read_body(request, allowed, &body, &wanted, err);
    if (code == ERR_NONE)
        code = json_get_int64(body, "at_us", 0, INT64_MAX, &wanted.at_us, err);
    if (code == ERR_NONE)
        code = change(context, request, response, video, &wanted, err);
    json_decref(body);
    return code;
}

API_HANDLER(api_merge_track)
{
    static const char *const allowed[] = {"into", "version", "by", NULL};
    char video[VIDEO_ID_SIZE];
    const char *into = NULL;
    json_t *body = NULL;
    struct correction_request wanted;
    begin(&wanted, TRACK_STEP_MERGE);
    enum err_code code = api_param_track(request, video, &wanted.track, err);
    if (code == ERR_NONE)
        code = read_body(request, allowed, &body, &wanted, err);
    if (code == ERR_NONE)
        code = json_get_string(body, "into", &into, err);
    if (code == ERR_NONE)
        code = number_of(into, video, "into", &wanted.into, err);
    if (code == ERR_NONE)
        code = change(context, request, response, video, &wanted, err);
    json_decref(body);
    return code;
}

API_HANDLER(api_give_objects)
{
    static const char *const allowed[] = {"objects", "version", "by", NULL};
    char video[VIDEO_ID_SIZE];
    json_t *body = NULL;
    struct correction_request wanted;
    begin(&wanted, TRACK_STEP_GIVE);
    enum err_code code = api_param_track(request, video, &wanted.into, err);
    if (code == ERR_NONE)
        code = read_body(request, allowed, &body, &wanted, err);
    if (code == ERR_NONE)
        code = read_objects(request, body, &wanted, err);
    if (code == ERR_NONE)
        code = change(context, request, response, video, &wanted, err);
    if (code != ERR_NONE && err != NULL && strcmp(err->field, "into") == 0)
        err_name_field(err, "track");
    json_decref(body);
    return code;
}

API_HANDLER(api_make_track)
{
    static const char *const allowed[] = {"objects", "version", "by", NULL};
    const char *video = NULL;
    json_t *body = NULL;
    struct correction_request wanted;
    begin(&wanted, TRACK_STEP_GIVE);
    enum err_code code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = read_body(request, allowed, &body, &wanted, err);
    if (code == ERR_NONE)
        code = read_objects(request, body, &wanted, err);
    if (code == ERR_NONE)
        code = change(context, request, response, video, &wanted, err);
    json_decref(body);
    return code;
}

// `track`: an id, or null for a track of its own.
static enum err_code read_track(
    const json_t *body, const char *video, struct correction_request *wanted, struct err *err)
{
    const json_t *track = json_object_get(body, "track");
    if (json_is_null(track))
        return ERR_NONE;
    if (!json_is_string(track))
        return err_of_field(err,
            err_set(err, ERR_INVALID,
                "\"track\" must be given: the id of the track that the object belongs to, or null for a track of its "
                "own"),
            "track");
    return number_of(json_string_value(track), video, "track", &wanted->into, err);
}

API_HANDLER(api_put_object_track)
{
    static const char *const allowed[] = {"track", "version", "by", NULL};
    const char *object = http_request_param(request, "o");
    char video[VIDEO_ID_SIZE];
    json_t *body = NULL;
    struct correction_request wanted;
    begin(&wanted, TRACK_STEP_GIVE);
    wanted.objects = &object;
    wanted.count = 1;
    enum err_code code = ERR_NONE;
    if (!object_id_parse(object, video, &(int32_t){0}, &(int32_t){0}))
        code = err_of_field(err,
            err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007", object),
            "object");
    if (code == ERR_NONE)
        code = read_body(request, allowed, &body, &wanted, err);
    if (code == ERR_NONE)
        code = read_track(body, video, &wanted, err);
    if (code == ERR_NONE)
        code = change(context, request, response, video, &wanted, err);
    if (code != ERR_NONE && err != NULL && strcmp(err->field, "into") == 0)
        err_name_field(err, "track");
    else if (code != ERR_NONE && err != NULL && strcmp(err->field, "objects") == 0)
        err_name_field(err, "object");
    json_decref(body);
    return code;
}

static enum err_code step_back_or_forth(struct api *api, struct http_request *request, struct http_response *response,
    enum track_step_kind kind, struct err *err)
{
    static const char *const allowed[] = {"version", "by", NULL};
    const char *video = NULL;
    struct correction_request wanted;
    begin(&wanted, kind);
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "version", 0, INT64_MAX, -1, &wanted.expected_version, err);
    wanted.by = http_request_query(request, "by");
    if (code == ERR_NONE)
        code = api_check_editor(&wanted.by, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &video, err);
    return code == ERR_NONE ? change(api, request, response, video, &wanted, err) : code;
}

API_HANDLER(api_undo_correction)
{
    return step_back_or_forth(context, request, response, TRACK_STEP_UNDO, err);
}

API_HANDLER(api_redo_correction)
{
    return step_back_or_forth(context, request, response, TRACK_STEP_REDO, err);
}

API_HANDLER(api_list_corrections)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", NULL};
    const char *video = NULL;
    size_t limit = 0;
    int64_t before = 0;
    struct correction_list *list = mem_calloc(1, sizeof(*list));
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, HISTORY_LIMIT, CORRECTIONS_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", 1, INT64_MAX, 0, &before, err);
    if (code == ERR_NONE)
        code = corrections_list(api->config.ingest, video, before, limit, list, err);
    if (code == ERR_NONE) {
        json_t *answer = shape_correction_list(video, list);
        const char *next = list->more && list->count > 0
            ? arena_sprintf(http_request_arena(request), "%" PRId64, list->steps[list->count - 1].id)
            : NULL;
        json_set_string(answer, "next_cursor", next);
        http_response_json(response, 200, answer);
    }
    correction_list_release(list);
    free(list);
    return code;
}
