// Frames, and the objects in them.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"

#define FRAMES_LIMIT 100

API_HANDLER(api_list_frames)
{
    struct api *api = context;
    static const char *const allowed[] = {"from_us", "to_us", "limit", "cursor", "state", NULL};
    const char *video = NULL;
    struct meta_video *stored = NULL;
    struct meta_frames frames = {0};
    struct object_labels labels = {0};
    size_t limit = 0;
    int64_t after = -1;
    struct meta_frame_range range = {.from_us = 0, .to_us = -1, .after = -1};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &video, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "from_us", 0, INT64_MAX, 0, &range.from_us, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "to_us", 0, INT64_MAX, -1, &range.to_us, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", -1, FRAME_INDEX_MAX, -1, &after, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, FRAMES_LIMIT, META_LIST_MAX, &limit, err);
    const char *state = http_request_query(request, "state");
    if (code == ERR_NONE && state != NULL) {
        for (unsigned s = FRAME_EMITTED; s <= FRAME_FAILED; s++) {
            if (strcmp(state, frame_state_name((enum frame_state)s)) == 0)
                range.state_mask = 1u << s;
        }
        if (range.state_mask == 0)
            code = err_of_field(err,
                err_set(err, ERR_INVALID, "state must be emitted, indexed or failed, not \"%.32s\"", state), "state");
    }
    if (code != ERR_NONE)
        return code;

    // One more than asked for tells whether there is a next page.
    stored = mem_alloc(sizeof(*stored));
    range.after = (int32_t)after;
    range.limit = limit < META_LIST_MAX ? limit + 1 : limit;
    code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        code = meta_store_list_frames(api->config.ingest->meta, video, &range, &frames, err);
    size_t count = frames.count < limit ? frames.count : limit;
    if (code == ERR_NONE)
        code = api_labels_of_frames(api, stored->project, video, frames.items, count, &labels, err);
    if (code == ERR_NONE) {
        bool more = limit < META_LIST_MAX ? frames.count > limit : frames.count == limit;
        json_t *list = json_array();
        const struct object_label *label = labels.items;
        for (size_t i = 0; i < count; label += frames.items[i++].object_count)
            json_array_append_new(list, shape_frame(video, &frames.items[i], label));
        json_t *answer = json_object();
        json_set(answer, "frames", list);
        if (more && count > 0)
            json_set_string(
                answer, "next_cursor", arena_sprintf(http_request_arena(request), "%d", frames.items[count - 1].index));
        else
            json_set_string(answer, "next_cursor", NULL);
        http_response_json(response, 200, answer);
    }
    object_labels_release(&labels);
    meta_frames_release(&frames);
    free(stored);
    return code;
}

static enum err_code read_frame(struct api *api, const struct http_request *request, char video[VIDEO_ID_SIZE],
    int32_t *index, struct meta_frames *frame, struct err *err)
{
    const char *id = http_request_param(request, "f");
    if (!frame_id_parse(id, video, index))
        return err_of_field(err,
            err_set(err, ERR_INVALID, "\"%.64s\" is no frame id: it looks like 0123456789abcdef-00000042", id),
            "frame");
    enum err_code code = meta_store_get_frame(api->config.ingest->meta, video, *index, frame, err);
    if (code == ERR_NONE && frame->count == 0)
        code = err_set(err, ERR_NOT_FOUND, "there is no frame %s", id);
    return code;
}

static enum err_code project_of(struct api *api, const char *video, char project[PROJECT_NAME_SIZE], struct err *err)
{
    struct meta_video *stored = mem_alloc(sizeof(*stored));
    enum err_code code = meta_store_get_video(api->config.ingest->meta, video, stored, err);
    if (code == ERR_NONE)
        memcpy(project, stored->project, PROJECT_NAME_SIZE);
    free(stored);
    return code;
}

API_HANDLER(api_get_frame)
{
    struct api *api = context;
    char video[VIDEO_ID_SIZE];
    int32_t index;
    char project[PROJECT_NAME_SIZE];
    struct meta_frames frame = {0};
    struct object_labels labels = {0};
    enum err_code code = read_frame(api, request, video, &index, &frame, err);
    if (code == ERR_NONE)
        code = project_of(api, video, project, err);
    if (code == ERR_NONE)
        code = api_labels_of_frames(api, project, video, frame.items, 1, &labels, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, shape_frame(video, &frame.items[0], labels.items));
    object_labels_release(&labels);
    meta_frames_release(&frame);
    return code;
}

API_HANDLER(api_frame_image)
{
    struct api *api = context;
    char video[VIDEO_ID_SIZE];
    char project[PROJECT_NAME_SIZE];
    char key[BLOB_KEY_SIZE];
    int32_t index;
    struct meta_frames frame = {0};
    enum err_code code = read_frame(api, request, video, &index, &frame, err);
    meta_frames_release(&frame);
    if (code == ERR_NONE)
        code = project_of(api, video, project, err);
    if (code != ERR_NONE)
        return code;
    blob_key_frame(project, video, index, key);
    code = api_respond_blob(api, request, response, key, "image/jpeg", http_request_param(request, "f"), err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "the picture of frame %s was not kept", http_request_param(request, "f"));
    return code;
}

API_HANDLER(api_get_object)
{
    struct api *api = context;
    const char *id = http_request_param(request, "o");
    struct object_info info;
    struct object_labels labels = {0};
    enum err_code code = err_of_field(err, search_object(api->config.search, id, &info, err), "object");
    if (code == ERR_NONE)
        code = api_label_of(api, id, &info, &labels, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, shape_object_info(id, &info, labels.items));
    object_labels_release(&labels);
    return code;
}

API_HANDLER(api_object_image)
{
    struct api *api = context;
    const char *id = http_request_param(request, "o");
    char key[BLOB_KEY_SIZE];
    struct object_info info;
    enum err_code code = err_of_field(err, search_object(api->config.search, id, &info, err), "object");
    if (code != ERR_NONE)
        return code;
    blob_key_object(info.project, id, key);
    return api_respond_blob(api, request, response, key, "image/jpeg", id, err);
}
