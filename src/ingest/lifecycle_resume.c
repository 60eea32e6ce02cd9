#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/lifecycle_internal.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

#define FRAMES_AT_ONCE 200
#define SEGMENTS_AT_ONCE 500

// ---- every video

struct video_ids {
    char (*ids)[VIDEO_ID_SIZE];
    size_t count;
};

static enum err_code list_ids(
    const struct ingest *ingest, const char *project, struct cancel *cancel, struct video_ids *list, struct err *err)
{
    for (;;) {
        struct meta_video *videos = NULL;
        size_t count = 0;
        const char *after = list->count > 0 ? list->ids[list->count - 1] : NULL;
        enum err_code code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_videos(ingest->meta, project, after, LIFECYCLE_LIST_AT_ONCE, &videos, &count, err);
        if (code != ERR_NONE)
            return code;
        list->ids = mem_realloc_array(list->ids, list->count + count + 1, sizeof(*list->ids));
        for (size_t i = 0; i < count; i++)
            memcpy(list->ids[list->count++], videos[i].id, VIDEO_ID_SIZE);
        free(videos);
        if (count < LIFECYCLE_LIST_AT_ONCE)
            return ERR_NONE;
    }
}

enum err_code lifecycle_each_video(const struct ingest *ingest, const char *project, struct cancel *cancel,
    lifecycle_visit *visit, void *context, struct err *err)
{
    // All ids first, since visiting may remove the video that the next page would begin after.
    struct video_ids list = {0};
    enum err_code code = list_ids(ingest, project, cancel, &list, err);
    for (size_t left = list.count; left > 0 && code == ERR_NONE; left--) { // lists begin with the newest
        struct meta_video video;
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = meta_store_get_video(ingest->meta, list.ids[left - 1], &video, err);
        if (code == ERR_NONE) {
            code = visit(ingest, &video, context, err);
        } else if (code == ERR_NOT_FOUND || code == ERR_CORRUPT) { // gone, or told by meta_store_find_wrong()
            err_clear(err);
            code = ERR_NONE;
        }
    }
    free(list.ids);
    return code;
}

// ---- frames

// Takes up to FRAMES_AT_ONCE messages and publishes them together.
struct outbox {
    struct queue_item items[FRAMES_AT_ONCE];
    char keys[FRAMES_AT_ONCE][MESSAGE_KEY_SIZE];
    size_t starts[FRAMES_AT_ONCE];
    size_t count;
    struct strbuf text;
};

static enum err_code outbox_send(const struct ingest *ingest, struct outbox *outbox, struct err *err)
{
    if (outbox->count == 0)
        return ERR_NONE;
    for (size_t i = 0; i < outbox->count; i++) {
        size_t end = i + 1 < outbox->count ? outbox->starts[i + 1] : outbox->text.size;
        outbox->items[i] = (struct queue_item){.key = outbox->keys[i],
            .body = outbox->text.data + outbox->starts[i],
            .body_size = end - outbox->starts[i]};
    }
    enum err_code code = queue_publish(ingest->queue, TOPIC_FRAMES, outbox->items, outbox->count, err);
    outbox->count = 0;
    strbuf_reset(&outbox->text);
    return code;
}

static enum err_code add_frame(const struct ingest *ingest, const struct meta_video *video,
    const struct meta_frame *frame, struct outbox *outbox, int64_t *without_picture, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    enum err_code code = ERR_NONE;
    if (frame->state == FRAME_FAILED)
        code = meta_store_fail_frame(ingest->meta, video->id, frame->index, false, err);
    blob_key_frame(video->project, video->id, frame->index, key);
    if (code == ERR_NONE)
        code = blob_store_stat(ingest->blobs, key, &info, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        ++*without_picture;
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    struct frame_message message = {.segment = frame->segment,
        .frame = frame->index,
        .pts_us = frame->pts_us,
        .width = frame->width,
        .height = frame->height};
    memcpy(message.project, video->project, sizeof(message.project));
    memcpy(message.video, video->id, sizeof(message.video));
    message_key_make(video->id, frame->segment, outbox->keys[outbox->count]);
    outbox->starts[outbox->count++] = outbox->text.size;
    frame_message_encode(&message, &outbox->text);
    return ERR_NONE;
}

enum err_code lifecycle_publish_frames(const struct ingest *ingest, const struct meta_video *video, unsigned state_mask,
    struct cancel *cancel, int64_t *without_picture, struct err *err)
{
    struct meta_frame_range range = {.to_us = -1, .after = -1, .state_mask = state_mask, .limit = FRAMES_AT_ONCE};
    struct outbox *outbox = mem_calloc(1, sizeof(*outbox));
    enum err_code code = ERR_NONE;
    size_t count = FRAMES_AT_ONCE;
    *without_picture = 0;
    strbuf_init(&outbox->text);
    while (code == ERR_NONE && count == FRAMES_AT_ONCE) {
        struct meta_frames frames = {0};
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(ingest->meta, video->id, &range, &frames, err);
        count = frames.count;
        for (size_t i = 0; i < count && code == ERR_NONE; i++)
            code = add_frame(ingest, video, &frames.items[i], outbox, without_picture, err);
        if (count > 0)
            range.after = frames.items[count - 1].index;
        meta_frames_release(&frames);
        if (code == ERR_NONE)
            code = outbox_send(ingest, outbox, err);
    }
    strbuf_release(&outbox->text);
    free(outbox);
    return code;
}

// ---- segments

static enum err_code publish_segment(
    const struct ingest *ingest, const struct meta_video *video, int32_t segment, int64_t *missing, struct err *err)
{
    char blob_key[BLOB_KEY_SIZE];
    char key[MESSAGE_KEY_SIZE];
    void *body = NULL;
    size_t size = 0;
    struct blob_info info;
    blob_key_segment(video->project, video->id, segment, blob_key);
    enum err_code code = blob_store_stat(ingest->blobs, blob_key, &info, err);
    if (code == ERR_NONE) {
        blob_key_segment_message(video->project, video->id, segment, blob_key);
        code = blob_store_get(ingest->blobs, blob_key, MESSAGE_SIZE_MAX, &body, &size, err);
    }
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        ++*missing;
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    message_key_make(video->id, segment, key);
    struct queue_item item = {.key = key, .body = body, .body_size = size};
    code = queue_publish(ingest->queue, TOPIC_SEGMENTS, &item, 1, err);
    free(body);
    return code;
}

enum err_code lifecycle_publish_segments(const struct ingest *ingest, const struct meta_video *video, bool all,
    struct cancel *cancel, int64_t *missing, struct err *err)
{
    int32_t after = -1;
    *missing = 0;
    for (;;) {
        struct meta_segment *segments = NULL;
        size_t count = 0;
        enum err_code code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_segments(ingest->meta, video->id, after, SEGMENTS_AT_ONCE, &segments, &count, err);
        if (code != ERR_NONE)
            return code;
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            after = segments[i].index;
            if (all || !segments[i].done || segments[i].failed)
                code = publish_segment(ingest, video, segments[i].index, missing, err);
        }
        free(segments);
        if (code != ERR_NONE || count < SEGMENTS_AT_ONCE)
            return code;
    }
}

// ---- resuming

// Between the purge and the last message a crash would leave a video that nobody works on; the setting says so.
static void resume_setting(const char *video, char out[64])
{
    snprintf(out, 64, "resuming/%s", video);
}

enum err_code lifecycle_resume_interrupted(
    const struct ingest *ingest, const char *video, bool *interrupted, struct err *err)
{
    char setting[64];
    char *value = NULL;
    *interrupted = false;
    resume_setting(video, setting);
    enum err_code code = meta_store_get_setting(ingest->meta, setting, &value, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    *interrupted = code == ERR_NONE && strcmp(value, "yes") == 0;
    free(value);
    return code;
}

static enum err_code set_resuming(const struct ingest *ingest, const char *video, bool resuming, struct err *err)
{
    char setting[64];
    resume_setting(video, setting);
    return resuming ? meta_store_put_setting(ingest->meta, setting, "yes", err)
                    : meta_store_remove_setting(ingest->meta, setting, err);
}

// Asked for first: most videos have none, and a removal waits for the disk.
enum err_code lifecycle_forget_resume(const struct ingest *ingest, const char *video, struct err *err)
{
    char setting[64];
    char *value = NULL;
    resume_setting(video, setting);
    enum err_code code = meta_store_get_setting(ingest->meta, setting, &value, err);
    free(value);
    if (code != ERR_NOT_FOUND)
        return code == ERR_NONE ? meta_store_remove_setting(ingest->meta, setting, err) : code;
    err_clear(err);
    return ERR_NONE;
}

enum err_code lifecycle_publish_missing(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, struct err *err)
{
    int64_t segments_missing = 0;
    int64_t without_picture = 0;
    bool split = !video->split_done || video->source_incomplete;
    enum err_code code = lifecycle_publish_frames(
        ingest, video, (1u << FRAME_EMITTED) | (1u << FRAME_FAILED), cancel, &without_picture, err);
    if (code == ERR_NONE && !split)
        code = lifecycle_publish_segments(ingest, video, without_picture > 0, cancel, &segments_missing, err);
    if (code == ERR_NONE && (split || segments_missing > 0))
        code = lifecycle_publish_source(ingest, video, segments_missing > 0 || without_picture > 0, err);
    return code;
}

enum err_code lifecycle_resume(const struct ingest *ingest, const char *id, struct cancel *cancel, struct err *err)
{
    struct meta_video video;
    enum err_code code = meta_store_get_video(ingest->meta, id, &video, err);
    if (code != ERR_NONE || video.state == VIDEO_DONE)
        return code;
    if (video.state == VIDEO_DELETING)
        return err_set(err, ERR_CONFLICT, "video %s is being deleted and cannot be resumed", id);
    unsigned from = (1u << VIDEO_QUEUED) | (1u << VIDEO_RUNNING) | (1u << VIDEO_CANCELLED) | (1u << VIDEO_FAILED) |
        (1u << VIDEO_INCOMPLETE);
    enum video_state to = video.segments > 0 || video.split_done ? VIDEO_RUNNING : VIDEO_QUEUED;
    code = set_resuming(ingest, id, true, err);
    if (code == ERR_NONE)
        code = queue_purge(ingest->queue, id, err);
    if (code == ERR_NONE)
        code = meta_store_clear_video_errors(ingest->meta, id, err);
    if (code == ERR_NONE)
        code = meta_store_set_video_state(ingest->meta, id, from, to, err);
    if (code == ERR_NONE)
        code = lifecycle_publish_missing(ingest, &video, cancel, err);
    if (code == ERR_NONE)
        code = set_resuming(ingest, id, false, err);
    if (code != ERR_NONE)
        return code;
    activity_report_video(ingest->activity, id, video_state_name(to));
    log_info(ingest->log, "video %s is resumed", id);
    // Nothing may have been missing: cancelled just before its end.
    return video.source_incomplete ? ERR_NONE : settle_video(ingest, id, err);
}

enum err_code lifecycle_retry_dead_letter(const struct ingest *ingest, int64_t id, struct err *err)
{
    struct queue_dead_letter *letters = NULL;
    size_t count = 0;
    char video[VIDEO_ID_SIZE];
    struct frame_message frame;
    enum err_code code = queue_dead_letters(ingest->queue, NULL, id - 1, 1, &letters, &count, err);
    if (code != ERR_NONE)
        return code;
    if (count == 0 || letters[0].id != id) {
        queue_dead_letters_free(letters, count);
        return err_set(err, ERR_NOT_FOUND, "there is no dead letter %lld", (long long)id);
    }
    bool known = message_key_video(letters[0].key, video);
    // The frame counts as waiting again before the video can run, or it would settle at once.
    if (known && strcmp(letters[0].topic, TOPIC_FRAMES) == 0 &&
        frame_message_decode(letters[0].body, letters[0].body_size, &frame, NULL) == ERR_NONE)
        code = meta_store_fail_frame(ingest->meta, video, frame.frame, false, err);
    queue_dead_letters_free(letters, count);
    if (code == ERR_NONE && known)
        code = meta_store_set_video_state(
            ingest->meta, video, (1u << VIDEO_INCOMPLETE) | (1u << VIDEO_FAILED), VIDEO_RUNNING, err);
    if (code == ERR_CONFLICT || code == ERR_NOT_FOUND) { // running still, or gone: the worker will say
        err_clear(err);
        code = ERR_NONE;
    }
    return code == ERR_NONE ? queue_retry_dead_letter(ingest->queue, id, NULL, err) : code;
}

// ---- indexing again

static enum err_code reindex_video(
    const struct ingest *ingest, const struct meta_video *video, void *context, struct err *err)
{
    struct cancel *cancel = context;
    int64_t without_picture = 0;
    int64_t missing = 0;
    if (video->state == VIDEO_DELETING || video->state == VIDEO_CANCELLED)
        return ERR_NONE;
    enum err_code code = lifecycle_publish_frames(ingest, video, 1u << FRAME_INDEXED, cancel, &without_picture, err);
    if (code == ERR_NONE && without_picture > 0)
        code = lifecycle_publish_segments(ingest, video, true, cancel, &missing, err);
    if (code == ERR_NONE && missing > 0)
        code = lifecycle_publish_source(ingest, video, true, err);
    return code;
}

enum err_code lifecycle_reindex_project(
    const struct ingest *ingest, const char *project, struct cancel *cancel, struct err *err)
{
    struct meta_project known;
    enum err_code code = meta_store_get_project(ingest->meta, project, &known, err);
    if (code == ERR_NONE)
        code = vector_index_remove_project(ingest->vectors, project, err);
    if (code == ERR_NONE)
        code = lifecycle_each_video(ingest, project, cancel, reindex_video, cancel, err);
    return code;
}
