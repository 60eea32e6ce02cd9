#include "ingest/lifecycle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/plain_text.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/lifecycle_internal.h"
#include "ingest/messages.h"
#include "ingest/source.h"
#include "os/file.h"
#include "queue/queue.h"

// ---- what is asked for

void submit_request_init(struct submit_request *request)
{
    *request = (struct submit_request){.chunk_us = CHUNK_SECONDS_DEFAULT * INT64_C(1000000), .limit_us = -1};
    (void)!sampling_parse(SAMPLING_DEFAULT, &request->sampling, NULL);
}

enum err_code submit_request_set_chunk(struct submit_request *request, double seconds, struct err *err)
{
    if (!(seconds >= CHUNK_SECONDS_MIN && seconds <= CHUNK_SECONDS_MAX))
        return err_of_field(err,
            err_set(err, ERR_INVALID, "the chunk length must be %d to %d seconds, not %g", CHUNK_SECONDS_MIN,
                CHUNK_SECONDS_MAX, seconds),
            "chunk_seconds");
    request->chunk_us = llround(seconds * 1e6);
    return ERR_NONE;
}

enum err_code submit_request_set_limit(struct submit_request *request, double seconds, struct err *err)
{
    if (!(seconds >= 1e-3 && seconds <= LIMIT_SECONDS_MAX))
        return err_of_field(err,
            err_set(err, ERR_INVALID,
                "the time limit must be above 0 and at most %d seconds, not %g; leave it out for the whole video",
                LIMIT_SECONDS_MAX, seconds),
            "limit_seconds");
    request->limit_us = llround(seconds * 1e6);
    return ERR_NONE;
}

enum err_code submit_request_set_fps(struct submit_request *request, const char *text, struct err *err)
{
    return err_of_field(err, sampling_parse(text, &request->sampling, err), "fps");
}

enum err_code submit_request_set_fps_number(struct submit_request *request, double fps, struct err *err)
{
    char text[64];
    if (!isfinite(fps) || fps <= 0 || fps > SAMPLING_FPS_MAX)
        return err_of_field(err,
            err_set(err, ERR_INVALID,
                "%g is no frame rate: use a number of frames per second above 0 and up to %d, or \"all\"", fps,
                SAMPLING_FPS_MAX),
            "fps");
    // The shortest decimal that is this number; at most nine digits are meant.
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof(text), "%.*f", digits - 1, fps);
        if (strtod(text, NULL) == fps)
            break;
    }
    return submit_request_set_fps(request, text, err);
}

static enum err_code check_request(const struct submit_request *request, struct err *err)
{
    struct submit_request scratch = *request;
    if (request->project == NULL)
        return err_of_field(err, err_set(err, ERR_INVALID, "no project was given"), "project");
    enum err_code code = err_of_field(err, project_name_check(request->project, err), "project");
    if (code == ERR_NONE && request->name != NULL && strlen(request->name) >= META_TITLE_SIZE)
        code = err_of_field(err,
            err_set(err, ERR_INVALID, "the name to show has %zu bytes; at most %d are allowed", strlen(request->name),
                META_TITLE_SIZE - 1),
            "name");
    if (code == ERR_NONE && request->name != NULL)
        code = err_of_field(err, plain_text_check(request->name, "a video's name", err), "name");
    if (code == ERR_NONE)
        code = submit_request_set_chunk(&scratch, (double)request->chunk_us / 1e6, err);
    if (code == ERR_NONE && request->limit_us != -1)
        code = submit_request_set_limit(&scratch, (double)request->limit_us / 1e6, err);
    return code;
}

// ---- submitting

enum err_code lifecycle_publish_source(
    const struct ingest *ingest, const struct meta_video *video, bool again, struct err *err)
{
    struct source_message message = {.again = again};
    struct strbuf text;
    memcpy(message.project, video->project, sizeof(message.project));
    memcpy(message.video, video->id, sizeof(message.video));
    strbuf_init(&text);
    source_message_encode(&message, &text);
    struct queue_item item = {.key = video->id, .body = text.data, .body_size = text.size};
    enum err_code code = queue_publish(ingest->queue, TOPIC_SOURCES, &item, 1, err);
    strbuf_release(&text);
    return code;
}

enum err_code lifecycle_ensure_source(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    bool has = false;
    enum err_code code = queue_has(ingest->queue, TOPIC_SOURCES, video->id, &has, err);
    if (code != ERR_NONE || has)
        return code;
    code = queue_purge(ingest->queue, video->id, err);
    return code == ERR_NONE ? lifecycle_publish_source(ingest, video, false, err) : code;
}

// An upload that is gone or not whole, or what was fetched when nothing of it could be used, makes room for another
// try.
static enum err_code refresh_source(
    const struct ingest *ingest, const struct meta_video *video, const char *upload, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    blob_key_source(video->project, video->id, key);
    if (upload != NULL) {
        struct file_info sent;
        enum err_code code = blob_store_stat(ingest->blobs, key, &info, err);
        bool is_stored = code == ERR_NONE && video->state != VIDEO_FAILED;
        if (code == ERR_NOT_FOUND) {
            err_clear(err);
            code = ERR_NONE;
        }
        if (code == ERR_NONE && is_stored)
            code = file_stat(upload, &sent, err);
        if (code != ERR_NONE || (is_stored && info.size_bytes == (int64_t)sent.size_bytes))
            return code;
        code = blob_store_put_file(ingest->blobs, key, upload, true, err);
        // Nobody sends these bytes again: they must not be less durable than the message about them.
        return code == ERR_NONE ? blob_store_flush(ingest->blobs, err) : code;
    }
    if (video->state != VIDEO_FAILED || source_is_upload(video->source) || video->frames_indexed > 0)
        return ERR_NONE;
    return blob_store_remove(ingest->blobs, key, err);
}

static enum err_code submit_new(
    const struct ingest *ingest, const struct meta_video *video, const char *upload, struct err *err)
{
    enum err_code code = refresh_source(ingest, video, upload, err);
    if (code == ERR_NONE)
        code = lifecycle_publish_source(ingest, video, false, err);
    if (code == ERR_NONE)
        activity_report_video(ingest->activity, video->id, video_state_name(VIDEO_QUEUED));
    return code;
}

// Only its client has the bytes of an upload, and was told that they were not taken: whatever kept them, or the message
// about them, from being stored, it would wait for its turn for ever. What is sent again goes on from there.
static void give_up_upload(const struct ingest *ingest, const struct meta_video *video, const char *reason)
{
    bool has = false;
    if (queue_has(ingest->queue, TOPIC_SOURCES, video->id, &has, NULL) == ERR_NONE && has)
        return; // somebody else has sent it meanwhile, or only the answer was lost
    (void)!meta_store_add_video_error(ingest->meta, video->id, reason, false, NULL);
    if (meta_store_set_video_state(ingest->meta, video->id, 1u << VIDEO_QUEUED, VIDEO_FAILED, NULL) == ERR_NONE)
        activity_report_video(ingest->activity, video->id, video_state_name(VIDEO_FAILED));
}

static enum err_code submit_again(const struct ingest *ingest, struct meta_video *video, const char *upload,
    struct cancel *cancel, enum submit_outcome *outcome, struct err *err)
{
    enum err_code code = ERR_NONE;
    *outcome = video->state == VIDEO_DONE ? SUBMIT_DONE : SUBMIT_RUNNING;
    if (video->state == VIDEO_DONE || video->state == VIDEO_RUNNING)
        return ERR_NONE;
    if (video->state == VIDEO_DELETING)
        return err_set(err, ERR_CONFLICT, "video %s is being deleted; try again when it is gone", video->id);
    if (video->state == VIDEO_QUEUED) { // its message may never have been published
        code = refresh_source(ingest, video, upload, err);
        return code == ERR_NONE ? lifecycle_ensure_source(ingest, video, err) : code;
    }
    *outcome = SUBMIT_RESUMED;
    code = refresh_source(ingest, video, upload, err);
    if (code == ERR_NONE)
        code = lifecycle_resume(ingest, video->id, cancel, err);
    return code == ERR_NONE ? meta_store_get_video(ingest->meta, video->id, video, err) : code;
}

static enum err_code submit(const struct ingest *ingest, const struct submit_request *request,
    const struct source *source, const char *upload, struct cancel *cancel, struct meta_video *video,
    enum submit_outcome *outcome, struct err *err)
{
    bool created = false;
    *video = (struct meta_video){.chunk_us = request->chunk_us,
        .limit_us = request->limit_us,
        .sampling = request->sampling,
        .remote_request = request->remote};
    snprintf(video->project, sizeof(video->project), "%s", request->project);
    snprintf(video->source, sizeof(video->source), "%s", source->canonical);
    snprintf(video->name, sizeof(video->name), "%s",
        request->name != NULL && request->name[0] != '\0' ? request->name : source->name);
    video_id_make(video->project, video->source, video->chunk_us, video->limit_us, &video->sampling, video->id);
    enum err_code code = meta_store_create_video(ingest->meta, video, &created, err);
    if (code != ERR_NONE)
        return code;
    if (!created)
        return submit_again(ingest, video, upload, cancel, outcome, err);
    *outcome = SUBMIT_CREATED;
    log_info(ingest->log, "video %s of project %s: %s", video->id, video->project, video->name);
    struct err why = ERR_INIT;
    code = submit_new(ingest, video, upload, &why);
    if (code == ERR_NONE)
        return code;
    if (upload != NULL)
        give_up_upload(ingest, video, why.message);
    return err_set(err, code, "%s", why.message);
}

enum err_code lifecycle_submit(const struct ingest *ingest, const struct submit_request *request, struct cancel *cancel,
    struct meta_video *video, enum submit_outcome *outcome, struct err *err)
{
    struct source source;
    enum err_code code = check_request(request, err);
    if (code == ERR_NONE)
        code = err_of_field(err,
            source_resolve(request->source, request->remote, request->allow_local_files, cancel, &source, err),
            "source");
    return code == ERR_NONE ? submit(ingest, request, &source, NULL, cancel, video, outcome, err) : code;
}

enum err_code lifecycle_submit_upload(const struct ingest *ingest, const struct submit_request *request,
    const char *path, const char *sha256, const char *file_name, struct cancel *cancel, struct meta_video *video,
    enum submit_outcome *outcome, struct err *err)
{
    struct source source;
    struct file_info info;
    char hex[SHA256_HEX_SIZE];
    enum err_code code = check_request(request, err);
    if (code == ERR_NONE)
        code = file_stat(path, &info, err);
    if (code == ERR_NONE && info.size_bytes == 0)
        code = err_set(err, ERR_INVALID, "the upload is empty: send the video file as the request's body");
    if (code == ERR_NONE && sha256 == NULL)
        code = file_sha256(path, cancel, hex, NULL, err);
    if (code != ERR_NONE)
        return code;
    source_make_upload(sha256 != NULL ? sha256 : hex, file_name, &source);
    code = submit(ingest, request, &source, path, cancel, video, outcome, err);
    return code == ERR_NONE ? file_remove(path, err) : code;
}

// ---- stopping

enum err_code lifecycle_cancel(const struct ingest *ingest, const char *video, struct err *err)
{
    enum err_code code = meta_store_set_video_state(
        ingest->meta, video, (1u << VIDEO_QUEUED) | (1u << VIDEO_RUNNING), VIDEO_CANCELLED, err);
    if (code != ERR_NONE)
        return code;
    activity_report_video(ingest->activity, video, video_state_name(VIDEO_CANCELLED));
    log_info(ingest->log, "video %s was cancelled", video);
    // Should this be interrupted, the workers drop what is left.
    return queue_purge(ingest->queue, video, err);
}
