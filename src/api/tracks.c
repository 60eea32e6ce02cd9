// Tracks: the objects that were followed through a video.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"
#include "os/cancel.h"

#define TRACKS_LIMIT 100
#define FRAMES_AT_ONCE 256

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

// The objects of one track, read from frames page by page.
struct track_page {
    const char *video;
    int64_t n;
    size_t limit;
    int32_t after; // frames up to this one have been looked at
    json_t *objects;
};

static void take_from_frame(struct track_page *page, const struct meta_frame *frame)
{
    for (size_t k = 0; k < frame->object_count; k++) {
        if (frame->objects[k].track == page->n)
            json_array_append_new(page->objects, shape_track_object(page->video, frame, (int32_t)k));
    }
    page->after = frame->index;
}

static enum err_code fill_page(
    struct api *api, struct track_page *page, const struct meta_track *track, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && page->after < track->last_frame && json_array_size(page->objects) < page->limit) {
        const struct meta_frame_range range = {.from_us = track->first_us,
            .to_us = track->last_us + 1,
            .after = page->after,
            .state_mask = 1u << FRAME_INDEXED,
            .limit = FRAMES_AT_ONCE};
        struct meta_frames frames = {0};
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(api->config.ingest->meta, page->video, &range, &frames, err);
        for (size_t i = 0; i < frames.count && json_array_size(page->objects) < page->limit; i++)
            take_from_frame(page, &frames.items[i]);
        // Frames may have gone since the track was made.
        if (code == ERR_NONE && frames.count == 0)
            page->after = track->last_frame;
        meta_frames_release(&frames);
    }
    return code;
}

API_HANDLER(api_list_track_objects)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", NULL};
    char video[VIDEO_ID_SIZE];
    struct track_page page = {.video = video, .objects = json_array()};
    struct meta_track track;
    int64_t after = -1;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_track(request, video, &page.n, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, TRACKS_LIMIT, META_LIST_MAX, &page.limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", -1, FRAME_INDEX_MAX, -1, &after, err);
    if (code == ERR_NONE)
        code = meta_store_get_track(api->config.ingest->meta, video, page.n, &track, err);
    page.after = (int32_t)after;
    if (code == ERR_NONE)
        code = fill_page(api, &page, &track, http_request_cancel(request), err);
    if (code != ERR_NONE) {
        json_decref(page.objects);
        return code;
    }
    json_t *answer = json_object();
    json_set(answer, "objects", page.objects);
    json_set_string(answer, "next_cursor",
        page.after < track.last_frame ? arena_sprintf(http_request_arena(request), "%" PRId32, page.after) : NULL);
    http_response_json(response, 200, answer);
    return ERR_NONE;
}
