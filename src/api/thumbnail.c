// The picture a video is shown by: one of its frames.
#include <stdlib.h>

#include "api/api_internal.h"
#include "base/mem.h"

// Frames looked at for one with objects. Beginnings are titles and black, so a third into the video is where to look.
#define FRAMES_LOOKED_AT 16

// The best of the indexed frames from `from_us` on: the first with an object in it, else the first.
static enum err_code look_from(
    struct api *api, const char *video, int64_t from_us, bool *found, int32_t *index, struct err *err)
{
    struct meta_frames frames = {0};
    const struct meta_frame_range range = {
        .from_us = from_us, .to_us = -1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = FRAMES_LOOKED_AT};
    enum err_code code = meta_store_list_frames(api->config.ingest->meta, video, &range, &frames, err);
    if (code == ERR_NONE && frames.count > 0) {
        size_t best = 0;
        while (best + 1 < frames.count && frames.items[best].object_count == 0)
            best++;
        if (frames.items[best].object_count == 0)
            best = 0;
        *found = true;
        *index = frames.items[best].index;
    }
    meta_frames_release(&frames);
    return code;
}

enum err_code api_find_thumbnail(
    struct api *api, const struct meta_video *video, bool *found, int32_t *index, struct err *err)
{
    int32_t at = 0;
    *found = false;
    // Where pictures of frames are not kept they go some time after the video has settled: one that is promised now
    // may not be there when it is asked for.
    if (!api->config.ingest->retention.keep_frames || video->frames_indexed == 0 || video->state == VIDEO_DELETING)
        return ERR_NONE;
    int64_t end_us = video->media.duration_us;
    if (video->limit_us >= 0 && (end_us == 0 || video->limit_us < end_us))
        end_us = video->limit_us;
    enum err_code code = look_from(api, video->id, end_us / 3, found, &at, err);
    if (code == ERR_NONE && !*found)
        code = look_from(api, video->id, 0, found, &at, err);
    // Elsewhere each question takes its time, and a list of videos has many; the picture itself says if it is gone.
    if (code == ERR_NONE && *found && !blob_store_is_remote(api->config.ingest->blobs)) {
        char key[BLOB_KEY_SIZE];
        struct blob_info info;
        blob_key_frame(video->project, video->id, at, key);
        code = blob_store_stat(api->config.ingest->blobs, key, &info, err);
        *found = code == ERR_NONE;
    }
    // A picture, or the whole video, that went away meanwhile is none.
    if (code == ERR_NOT_FOUND) {
        *found = false;
        err_clear(err);
        code = ERR_NONE;
    }
    if (index != NULL)
        *index = at;
    return code;
}

API_HANDLER(api_video_image)
{
    struct api *api = context;
    const char *id = NULL;
    bool found = false;
    int32_t index = 0;
    char key[BLOB_KEY_SIZE];
    char frame[FRAME_ID_SIZE];
    struct meta_video *video = mem_alloc(sizeof(*video));
    enum err_code code = http_request_check_query(request, (const char *const[]){NULL}, err);
    if (code == ERR_NONE)
        code = api_param_video(request, &id, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(api->config.ingest->meta, id, video, err);
    if (code == ERR_NONE)
        code = api_find_thumbnail(api, video, &found, &index, err);
    if (code == ERR_NONE && !found)
        code = err_set(err, ERR_NOT_FOUND, "there is no picture of video %s: none of its frames is stored", id);
    if (code == ERR_NONE) {
        blob_key_frame(video->project, id, index, key);
        frame_id_make(id, index, frame);
        code = api_respond_blob(api, request, response, key, "image/jpeg", frame, err);
    }
    free(video);
    return code;
}
