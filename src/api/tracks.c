// Tracks: the objects that were followed through a video.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"

#define TRACKS_LIMIT 100

// The labels of tracks, which are those of their objects.
static enum err_code labels_of_tracks(struct api *api, const char *project, const char *video,
    const struct meta_track *tracks, size_t count, struct object_labels *set, struct err *err)
{
    struct label_object *objects = mem_realloc_array(NULL, count + 1, sizeof(*objects));
    char(*ids)[OBJECT_ID_SIZE] = mem_realloc_array(NULL, count + 1, sizeof(*ids));
    for (size_t i = 0; i < count; i++) {
        object_id_make(video, tracks[i].best_frame, tracks[i].best_k, ids[i]);
        objects[i] = (struct label_object){.object = ids[i], .track = tracks[i].n, .class_name = tracks[i].class_name};
    }
    enum err_code code = labels_of_objects(api->config.labels, project, objects, count, set, err);
    free(ids);
    free(objects);
    return code;
}

enum err_code api_shape_tracks(struct api *api, const char *project, const char *video, const struct meta_track *tracks,
    size_t count, json_t **out, struct err *err)
{
    struct object_labels labels = {0};
    enum err_code code = labels_of_tracks(api, project, video, tracks, count, &labels, err);
    if (code == ERR_NONE) {
        *out = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(*out, shape_track(video, &tracks[i], &labels.items[i]));
    }
    object_labels_release(&labels);
    return code;
}

enum err_code api_param_track(
    const struct http_request *request, char video[VIDEO_ID_SIZE], int64_t *n, struct err *err)
{
    const char *id = http_request_param(request, "t");
    if (track_id_parse(id, video, n))
        return ERR_NONE;
    err_set(err, ERR_INVALID, "\"%.64s\" is no track id: it looks like 0123456789abcdef-t42", id);
    return err_of_field(err, ERR_INVALID, "track");
}

API_HANDLER(api_list_tracks)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", NULL};
    const char *video = NULL;
    struct meta_track *tracks = NULL;
    size_t count = 0;
    size_t limit = 0;
    int64_t after = -1;
    json_t *list = NULL;
    struct meta_video *stored = mem_alloc(sizeof(*stored));
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, TRACKS_LIMIT, META_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", -1, INT64_MAX, -1, &after, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        code = meta_store_list_tracks(api->config.ingest->meta, video, after, limit, &tracks, &count, err);
    if (code == ERR_NONE)
        code = api_shape_tracks(api, stored->project, video, tracks, count, &list, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "tracks", list);
        const char *next =
            count == limit ? arena_sprintf(http_request_arena(request), "%" PRId64, tracks[count - 1].n) : NULL;
        json_set_string(answer, "next_cursor", next);
        http_response_json(response, 200, answer);
    }
    free(tracks);
    free(stored);
    return code;
}

API_HANDLER(api_get_track)
{
    struct api *api = context;
    char video[VIDEO_ID_SIZE];
    int64_t n = 0;
    struct meta_track track;
    json_t *list = NULL;
    struct meta_video *stored = mem_alloc(sizeof(*stored));
    enum err_code code = api_param_track(request, video, &n, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        code = meta_store_get_track(api->config.ingest->meta, video, n, &track, err);
    if (code == ERR_NONE)
        code = api_shape_tracks(api, stored->project, video, &track, 1, &list, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, json_incref(json_array_get(list, 0)));
    json_decref(list);
    free(stored);
    return code;
}
