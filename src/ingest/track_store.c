#include "ingest/track_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ingest/track_look.h"
#include "os/file.h"
#include "vector_index/vector_index.h"

#define FRAMES_AT_ONCE 256
#define ATTRIBUTES_AT_ONCE 1000

// ---- the lock

enum err_code track_lock(const struct ingest *ingest, const char *video, enum track_lock_kind kind, int64_t timeout_ms,
    struct cancel *cancel, struct file_lock **lock, struct err *err)
{
    const char *name = kind == TRACK_LOCK_RUN ? "tracking" : "tracks";
    char path[FILE_PATH_MAX];
    // Lock files stay; 256 of them, by the first digits of the video, are few, and seldom two videos' one.
    if (snprintf(path, sizeof(path), "%s/%s-%.2s.lock", ingest->temp_dir, name, video) >= (int)sizeof(path))
        return err_set(err, ERR_INVALID, "the path of the temporary folder is too long");
    enum err_code code = file_lock_wait(path, name, timeout_ms, cancel, lock, err);
    if (code == ERR_CONFLICT)
        return err_set(err, ERR_UNAVAILABLE, "the tracks of video %s are being stored: try again in a moment", video);
    return code;
}

// ---- storing

static bool may_differ(const struct track_results *results, size_t object)
{
    return results->changed == NULL || results->changed[object];
}

static enum err_code store_attributes(
    const struct ingest *ingest, const struct track_results *results, struct cancel *cancel, struct err *err)
{
    const struct track_sheet *sheet = results->sheet;
    const char *project = results->video->project;
    struct vector_attributes *changes = mem_calloc(ATTRIBUTES_AT_ONCE, sizeof(*changes));
    enum err_code code = ERR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < sheet->object_count && code == ERR_NONE; i++) {
        if (!may_differ(results, i))
            continue;
        struct vector_attributes *change = &changes[count++];
        *change = (struct vector_attributes){.set_track = true, .track = results->numbers[i]};
        track_sheet_object_id(sheet, results->video->id, i, change->object);
        if (count < ATTRIBUTES_AT_ONCE)
            continue;
        code = vector_index_set_attributes(ingest->vectors, project, changes, count, err);
        count = 0;
        if (code == ERR_NONE)
            code = cancel_check(cancel, err);
    }
    if (code == ERR_NONE && count > 0)
        code = vector_index_set_attributes(ingest->vectors, project, changes, count, err);
    free(changes);
    return code;
}

static bool is_as_before(const struct track_results *results, const struct sheet_frame *frame)
{
    if (frame->count == 0)
        return true;
    if (results->before != NULL)
        return memcmp(results->numbers + frame->first, results->before + frame->first,
                   frame->count * sizeof(*results->numbers)) == 0;
    for (size_t i = frame->first; i < frame->first + frame->count; i++) {
        if (may_differ(results, i))
            return false;
    }
    return true;
}

static enum err_code store_frames(
    const struct ingest *ingest, const struct track_results *results, struct cancel *cancel, struct err *err)
{
    struct meta_frame_tracks batch[FRAMES_AT_ONCE];
    enum err_code code = ERR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < results->sheet->frame_count && code == ERR_NONE; i++) {
        const struct sheet_frame *frame = &results->sheet->frames[i];
        if (!is_as_before(results, frame)) {
            batch[count] = (struct meta_frame_tracks){
                .frame = frame->index, .tracks = results->numbers + frame->first, .count = frame->count};
            count++;
        }
        if (count < FRAMES_AT_ONCE)
            continue;
        code = meta_store_put_frame_tracks(ingest->meta, results->video->id, batch, count, err);
        count = 0;
        if (code == ERR_NONE)
            code = cancel_check(cancel, err);
    }
    return code != ERR_NONE ? code : meta_store_put_frame_tracks(ingest->meta, results->video->id, batch, count, err);
}

enum err_code track_store_put(const struct ingest *ingest, const struct track_results *results, struct cancel *cancel,
    struct meta_track **tracks, size_t *count, struct err *err)
{
    const struct meta_video *video = results->video;
    size_t found = 0;
    struct meta_track *list = track_sheet_describe(results->sheet, results->numbers, &found);
    enum err_code code = store_attributes(ingest, results, cancel, err);
    if (code == ERR_NONE)
        code = track_look_store(ingest, results, list, found, cancel, err);
    if (code == ERR_NONE)
        code = store_frames(ingest, results, cancel, err);
    if (code == ERR_NONE)
        code = meta_store_put_tracks(ingest->meta, video->id, list, found, results->steps, err);
    // Nobody else removes what was stored of a video after it was removed.
    if (code == ERR_NOT_FOUND)
        (void)!vector_index_keep_tracks(ingest->vectors, video->project, video->id, NULL, 0, NULL);
    if (count != NULL)
        *count = found;
    if (tracks != NULL && code == ERR_NONE)
        *tracks = list;
    else
        free(list);
    return code;
}
