#include "ingest/splitter_media.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blob_store/blob_store.h"
#include "media/probe.h"
#include "media/remux.h"
#include "os/file.h"
#include "os/held_dir.h"

static const char *mime_type(const char *container)
{
    static const struct {
        const char *container, *mime_type;
    } known[] = {
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
        {"matroska", "video/x-matroska"},
        {"mpegts", "video/mp2t"},
        {"mpeg", "video/mpeg"},
        {"avi", "video/x-msvideo"},
        {"flv", "video/x-flv"},
        {"ogg", "video/ogg"},
        {"gif", "image/gif"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(container, known[i].container) == 0)
            return known[i].mime_type;
    }
    return "application/octet-stream";
}

static void describe(struct meta_media *media, const struct media_info *info)
{
    snprintf(media->container, sizeof(media->container), "%s", info->container);
    snprintf(media->codec, sizeof(media->codec), "%s", info->video_codec);
    media->width = info->width;
    media->height = info->height;
    media->sar_num = info->sar_num;
    media->sar_den = info->sar_den;
    media->rotation = info->rotation;
    media->has_audio = info->has_audio;
    media->size_bytes = info->size_bytes;
    media->frame_rate = info->fps_den > 0 ? (double)info->fps_num / info->fps_den : 0;
}

enum err_code splitter_describe(const struct ingest *ingest, const struct meta_video *video, const char *path,
    const char *title, struct cancel *cancel, struct err *err)
{
    const struct media_input input = {.path = path};
    struct media_info info;
    struct meta_media media = video->media;
    enum err_code code = media_probe(&input, NULL, cancel, &info, err);
    if (code != ERR_NONE)
        return code;
    describe(&media, &info);
    if (title[0] != '\0')
        snprintf(media.title, sizeof(media.title), "%s", title);
    if (!video->split_done)
        media.duration_us = info.duration_us > 0 ? info.duration_us : 0;
    if (media_is_playable(&info)) {
        snprintf(media.mime_type, sizeof(media.mime_type), "%s", mime_type(info.container));
        code = media_offset(&input, NULL, cancel, &media.media_offset_us, err);
    }
    if (code == ERR_NONE)
        code = meta_store_set_video_media(ingest->meta, video->id, &media, err);
    return code;
}

static enum err_code store_copy(const struct ingest *ingest, const struct meta_video *video, const char *path,
    const struct remux_result *result, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct meta_video now;
    blob_key_playable(video->project, video->id, key);
    enum err_code code = blob_store_put_file(ingest->blobs, key, path, true, err);
    if (code == ERR_NONE)
        code = blob_store_flush(ingest->blobs, err);
    if (code == ERR_NONE) // the split has written its own part meanwhile
        code = meta_store_get_video(ingest->meta, video->id, &now, err);
    if (code != ERR_NONE)
        return code;
    now.media.playable_copy = true;
    now.media.has_audio = now.media.has_audio || result->has_audio; // it may begin in the middle only
    now.media.media_offset_us = result->media_offset_us;
    snprintf(now.media.mime_type, sizeof(now.media.mime_type), "video/mp4");
    return meta_store_set_video_media(ingest->meta, video->id, &now.media, err);
}

// Without a copy the source is served as it is, and says what it is.
static enum err_code do_without(const struct ingest *ingest, const char *video, const char *container, struct err *err)
{
    struct meta_video now;
    enum err_code code = meta_store_get_video(ingest->meta, video, &now, err);
    if (code != ERR_NONE)
        return code;
    snprintf(now.media.mime_type, sizeof(now.media.mime_type), "%s", mime_type(container));
    return meta_store_set_video_media(ingest->meta, video, &now.media, err);
}

enum err_code splitter_make_playable(const struct ingest *ingest, const struct meta_video *video, const char *path,
    int threads, struct log *log, struct cancel *cancel, struct err *err)
{
    const struct media_input input = {.path = path};
    struct media_info info;
    struct remux_result result = {0};
    struct held_dir *dir = NULL;
    char output[FILE_PATH_MAX];
    enum err_code code = media_probe(&input, NULL, cancel, &info, err);
    if (code != ERR_NONE || media_is_playable(&info) || video->media.playable_copy)
        return code;
    code = held_dir_make(ingest->temp_dir, INGEST_COPY_PREFIX, &dir, err);
    if (code != ERR_NONE)
        return code;
    if (snprintf(output, sizeof(output), "%s/playable.mp4", held_dir_path(dir)) >= (int)sizeof(output)) {
        held_dir_free(dir);
        return err_set(err, ERR_INVALID, "the temporary folder's path is too long");
    }
    const struct remux_options options = {.threads = threads, .cancel = cancel, .log = log};
    code = media_make_playable(&input, output, &options, &result, err);
    if (code == ERR_NONE) {
        code = store_copy(ingest, video, output, &result, err);
    } else if (code != ERR_CANCELLED && code != ERR_FULL) {
        log_warn(log, "video %s: no copy for browsers could be made: %s", video->id, err->message);
        err_clear(err);
        code = do_without(ingest, video->id, info.container, err);
    }
    held_dir_free(dir);
    return code;
}
