#include "ingest/settle.h"

#include <stdio.h>

#include "base/log.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/source.h"
#include "ingest/tracking.h"
#include "meta_store/meta_store.h"
#include "os/file.h"
#include "vector_index/vector_index.h"

static enum err_code remove_folder(const struct ingest *ingest, const char *project, const char *video,
    const char *folder, struct cancel *cancel, struct err *err)
{
    char prefix[BLOB_KEY_SIZE];
    char key[BLOB_KEY_SIZE + 16];
    blob_key_prefix(project, video, prefix);
    snprintf(key, sizeof(key), "%s%s/", prefix, folder);
    return blob_store_remove_prefix(ingest->blobs, key, cancel, err);
}

enum err_code settle_apply_retention(
    const struct ingest *ingest, const char *project, const char *video, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (!ingest->retention.keep_segments)
        code = remove_folder(ingest, project, video, "segments", cancel, err);
    if (code == ERR_NONE && !ingest->retention.keep_frames)
        code = remove_folder(ingest, project, video, "frames", cancel, err);
    return code;
}

// Segments and frames are what a resume would start from, so they go only when everything is there.
static enum err_code finish(const struct ingest *ingest, const char *id, struct err *err)
{
    struct meta_video video;
    enum err_code code = meta_store_get_video(ingest->meta, id, &video, err);
    if (code != ERR_NONE)
        return code;
    activity_report_video(ingest->activity, id, video_state_name(video.state));
    log_info(ingest->log, "video %s of project %s is %s: %lld frames, %lld objects", id, video.project,
        video_state_name(video.state), (long long)video.frames_indexed, (long long)video.objects);
    if (tracking_is_due(&video))
        code = tracking_request(ingest, &video, err);
    if (code != ERR_NONE || video.state != VIDEO_DONE)
        return code;
    return settle_apply_retention(ingest, video.project, id, NULL, err);
}

enum err_code settle_video(const struct ingest *ingest, const char *video, struct err *err)
{
    bool settled = false;
    enum err_code code = meta_store_settle_video(ingest->meta, video, &settled, err);
    if (code == ERR_NONE && settled)
        code = finish(ingest, video, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    return code;
}

enum err_code settle_video_again(const struct ingest *ingest, const struct meta_video *before, struct err *err)
{
    enum err_code code = settle_video(ingest, before->id, err);
    return code == ERR_NONE && tracking_is_due(before) ? tracking_request(ingest, before, err) : code;
}

enum err_code settle_remove_stored(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, struct err *err)
{
    static const char *const folders[] = {"segments", "frames", "objects"};
    char key[BLOB_KEY_SIZE];
    enum err_code code = vector_index_remove_video(ingest->vectors, video->project, video->id, err);
    if (code == ERR_NONE && !source_is_upload(video->source)) {
        blob_key_prefix(video->project, video->id, key);
        return blob_store_remove_prefix(ingest->blobs, key, cancel, err);
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && code == ERR_NONE; i++)
        code = remove_folder(ingest, video->project, video->id, folders[i], cancel, err);
    blob_key_playable(video->project, video->id, key);
    if (code == ERR_NONE)
        code = blob_store_remove(ingest->blobs, key, err);
    blob_key_tracks(video->project, video->id, key);
    return code == ERR_NONE ? blob_store_remove(ingest->blobs, key, err) : code;
}

void settle_remove_leftovers(const struct ingest *ingest, const struct meta_video *video)
{
    struct err err = ERR_INIT;
    if (settle_remove_stored(ingest, video, NULL, &err) != ERR_NONE) // the doctor finds them
        log_warn(ingest->log, "leftovers of the removed video %s could not be removed: %s", video->id, err.message);
}

enum err_code settle_fetch_dir(const struct ingest *ingest, const char *video, char dir[FILE_PATH_MAX], struct err *err)
{
    return snprintf(dir, FILE_PATH_MAX, "%s/" INGEST_FETCH_PREFIX "%s", ingest->temp_dir, video) < FILE_PATH_MAX
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "the temporary folder's path is too long");
}

void settle_remove_fetched(const struct ingest *ingest, const char *video)
{
    char dir[FILE_PATH_MAX];
    if (settle_fetch_dir(ingest, video, dir, NULL) == ERR_NONE)
        (void)!dir_remove_tree(dir, NULL);
}
