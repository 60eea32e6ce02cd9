#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/blob_store.h"
#include "ingest/doctor_internal.h"
#include "ingest/lifecycle_internal.h"
#include "ingest/messages.h"
#include "ingest/track_corrections.h"
#include "ingest/track_sheet.h"
#include "ingest/tracking.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

#define FRAMES_AT_ONCE 500

// One thing that is stored: a frame's picture (k is -1), or an object's crop or vector.
struct item {
    int32_t frame;
    int32_t k;
};

// Ascending, as the stores list them.
struct items {
    struct item *list;
    size_t count, capacity;
    size_t at; // the first that was not met yet
};

struct exam {
    struct doctor *doctor;
    const struct meta_video *video;
    size_t prefix; // of the video's keys
    struct items frames, crops, vectors;
    bool settled;        // nothing of it is being made
    bool source_missing; //
    int64_t decode;      // frames whose pictures have to be made again
};

static void items_add(struct items *items, int32_t frame, int32_t k)
{
    if (items->count == items->capacity) {
        items->capacity = items->capacity == 0 ? 256 : 2 * items->capacity;
        items->list = mem_realloc_array(items->list, items->capacity, sizeof(*items->list));
    }
    items->list[items->count++] = (struct item){.frame = frame, .k = k};
}

static int compare(const struct item *a, int32_t frame, int32_t k)
{
    if (a->frame != frame)
        return a->frame < frame ? -1 : 1;
    return (a->k > k) - (a->k < k);
}

// ---- what is stored

static bool add_frame_blob(void *context, const char *key, const struct blob_info *info)
{
    struct exam *exam = context;
    int32_t frame = 0;
    char end = '\0';
    (void)info;
    if (sscanf(key + exam->prefix, "frames/%8d.jp%c", &frame, &end) == 2 && end == 'g')
        items_add(&exam->frames, frame, -1);
    return !cancel_requested(exam->doctor->cancel);
}

static bool add_object(struct items *items, const char *text)
{
    char id[OBJECT_ID_SIZE];
    int32_t frame = 0;
    int32_t k = 0;
    snprintf(id, sizeof(id), "%s", text);
    if (object_id_parse(id, NULL, &frame, &k))
        items_add(items, frame, k);
    return true;
}

static bool add_crop(void *context, const char *key, const struct blob_info *info)
{
    struct exam *exam = context;
    (void)info;
    (void)add_object(&exam->crops, key + exam->prefix + strlen("objects/"));
    return !cancel_requested(exam->doctor->cancel);
}

static bool add_vector(void *context, const char *object)
{
    struct exam *exam = context;
    (void)add_object(&exam->vectors, object);
    return !cancel_requested(exam->doctor->cancel);
}

static enum err_code list_stored(struct exam *exam, struct err *err)
{
    const struct ingest *ingest = exam->doctor->ingest;
    char prefix[BLOB_KEY_SIZE];
    char key[BLOB_KEY_SIZE + 16];
    blob_key_prefix(exam->video->project, exam->video->id, prefix);
    exam->prefix = strlen(prefix);
    snprintf(key, sizeof(key), "%sframes/", prefix);
    enum err_code code = blob_store_list(ingest->blobs, key, add_frame_blob, exam, err);
    snprintf(key, sizeof(key), "%sobjects/", prefix);
    if (code == ERR_NONE)
        code = blob_store_list(ingest->blobs, key, add_crop, exam, err);
    if (code == ERR_NONE)
        code = vector_index_list(ingest->vectors, exam->video->project, exam->video->id, add_vector, exam, err);
    if (code == ERR_NOT_FOUND) { // no vector was ever stored in the project
        err_clear(err);
        code = ERR_NONE;
    }
    return code == ERR_NONE ? cancel_check(exam->doctor->cancel, err) : code;
}

// ---- mending

static enum err_code index_again(struct exam *exam, const struct meta_frame *frame, struct err *err)
{
    struct frame_message message = {.segment = frame->segment,
        .frame = frame->index,
        .pts_us = frame->pts_us,
        .width = frame->width,
        .height = frame->height};
    struct strbuf text;
    char key[MESSAGE_KEY_SIZE];
    memcpy(message.project, exam->video->project, sizeof(message.project));
    memcpy(message.video, exam->video->id, sizeof(message.video));
    message_key_make(message.video, frame->segment, key);
    strbuf_init(&text);
    frame_message_encode(&message, &text);
    struct queue_item item = {.key = key, .body = text.data, .body_size = text.size};
    enum err_code code = queue_publish(exam->doctor->ingest->queue, TOPIC_FRAMES, &item, 1, err);
    strbuf_release(&text);
    return code;
}

static enum err_code decode_again(struct exam *exam, struct err *err)
{
    const struct ingest *ingest = exam->doctor->ingest;
    int64_t missing = 0;
    enum err_code code = lifecycle_publish_segments(ingest, exam->video, true, exam->doctor->cancel, &missing, err);
    if (code == ERR_NONE && missing > 0)
        code = lifecycle_publish_source(ingest, exam->video, true, err);
    return code;
}

// What is stored and belongs to nothing, up to (frame, k).
static enum err_code remove_crops_before(struct exam *exam, int32_t frame, int32_t k, struct err *err)
{
    struct items *items = &exam->crops;
    enum err_code code = ERR_NONE;
    for (; items->at < items->count && compare(&items->list[items->at], frame, k) < 0 && code == ERR_NONE;
         items->at++) {
        const struct item *item = &items->list[items->at];
        char id[OBJECT_ID_SIZE];
        char key[BLOB_KEY_SIZE];
        struct blob_info info;
        object_id_make(exam->video->id, item->frame, item->k, id);
        blob_key_object(exam->video->project, id, key);
        code = blob_store_stat(exam->doctor->ingest->blobs, key, &info, err);
        if (code == ERR_NOT_FOUND) {
            err_clear(err);
            code = ERR_NONE;
            continue;
        }
        if (code != ERR_NONE || !exam->settled || !doctor_judges(exam->doctor, info.modified_us))
            continue;
        if (exam->doctor->options->repair)
            code = blob_store_remove(exam->doctor->ingest->blobs, key, err);
        if (code == ERR_NONE)
            doctor_report_finding(exam->doctor, FINDING_CROP_WITHOUT_OBJECT, id, exam->doctor->options->repair,
                "there is a picture of object %s, which is not there", id);
    }
    return code;
}

static enum err_code remove_vectors_before(struct exam *exam, int32_t frame, int32_t k, struct err *err)
{
    struct items *items = &exam->vectors;
    enum err_code code = ERR_NONE;
    for (; items->at < items->count && compare(&items->list[items->at], frame, k) < 0 && code == ERR_NONE;
         items->at++) {
        const struct item *item = &items->list[items->at];
        char id[OBJECT_ID_SIZE];
        const char *object = id;
        if (!exam->settled)
            continue;
        object_id_make(exam->video->id, item->frame, item->k, id);
        if (exam->doctor->options->repair)
            code = vector_index_remove(exam->doctor->ingest->vectors, exam->video->project, &object, 1, err);
        if (code == ERR_NONE)
            doctor_report_finding(exam->doctor, FINDING_VECTOR_WITHOUT_OBJECT, id, exam->doctor->options->repair,
                "there is a vector of object %s, which is not there", id);
    }
    return code;
}

static enum err_code remove_frames_before(struct exam *exam, int32_t frame, struct err *err)
{
    struct items *items = &exam->frames;
    enum err_code code = ERR_NONE;
    for (; items->at < items->count && items->list[items->at].frame < frame && code == ERR_NONE; items->at++) {
        int32_t index = items->list[items->at].frame;
        char id[FRAME_ID_SIZE];
        char key[BLOB_KEY_SIZE];
        if (!exam->settled)
            continue;
        frame_id_make(exam->video->id, index, id);
        blob_key_frame(exam->video->project, exam->video->id, index, key);
        if (exam->doctor->options->repair)
            code = blob_store_remove(exam->doctor->ingest->blobs, key, err);
        if (code == ERR_NONE)
            doctor_report_finding(exam->doctor, FINDING_BLOB_WITHOUT_FRAME, id, exam->doctor->options->repair,
                "there is a picture of frame %s, which is not there", id);
    }
    return code;
}

// ---- frames

// Whether the next stored item is this one; steps over it.
static bool take(struct items *items, int32_t frame, int32_t k)
{
    if (items->at >= items->count || compare(&items->list[items->at], frame, k) != 0)
        return false;
    items->at++;
    return true;
}

static void report_missing(struct exam *exam, enum finding_kind kind, int32_t frame, size_t k, bool mended)
{
    char id[OBJECT_ID_SIZE];
    object_id_make(exam->video->id, frame, (int32_t)k, id);
    doctor_report_finding(exam->doctor, kind, id, mended, "object %s has no %s", id,
        kind == FINDING_OBJECT_WITHOUT_CROP ? "picture" : "vector");
}

// Pictures of frames may have been removed on purpose after indexing.
static bool pictures_are_kept(const struct exam *exam)
{
    return exam->frames.count > 0 || exam->video->state != VIDEO_DONE;
}

static enum err_code check_frame(struct exam *exam, const struct meta_frame *frame, struct err *err)
{
    bool repair = exam->doctor->options->repair;
    bool incomplete = false;
    enum err_code code = remove_frames_before(exam, frame->index, err);
    if (code != ERR_NONE)
        return code;
    bool picture = take(&exam->frames, frame->index, -1);
    bool mendable = repair && (picture || !exam->source_missing);
    if (!picture && pictures_are_kept(exam)) {
        char id[FRAME_ID_SIZE];
        frame_id_make(exam->video->id, frame->index, id);
        doctor_report_finding(
            exam->doctor, FINDING_FRAME_WITHOUT_BLOB, id, mendable, "the picture of frame %s is missing", id);
        exam->decode += mendable;
    }
    for (size_t k = 0; k < frame->object_count && code == ERR_NONE; k++) {
        code = remove_crops_before(exam, frame->index, (int32_t)k, err);
        if (code == ERR_NONE)
            code = remove_vectors_before(exam, frame->index, (int32_t)k, err);
        bool crop = take(&exam->crops, frame->index, (int32_t)k);
        bool vector = take(&exam->vectors, frame->index, (int32_t)k);
        incomplete = incomplete || !crop || !vector;
        if (code == ERR_NONE && !crop)
            report_missing(exam, FINDING_OBJECT_WITHOUT_CROP, frame->index, k, mendable);
        if (code == ERR_NONE && !vector)
            report_missing(exam, FINDING_OBJECT_WITHOUT_VECTOR, frame->index, k, mendable);
    }
    exam->doctor->report->frames++;
    exam->doctor->report->objects += (int64_t)frame->object_count;
    if (code == ERR_NONE && incomplete && mendable) {
        if (picture)
            code = index_again(exam, frame, err);
        else
            exam->decode++;
    }
    return code;
}

static enum err_code check_frames(struct exam *exam, struct err *err)
{
    struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = FRAMES_AT_ONCE};
    enum err_code code = ERR_NONE;
    size_t count = FRAMES_AT_ONCE;
    while (code == ERR_NONE && count == FRAMES_AT_ONCE) {
        struct meta_frames frames = {0};
        code = cancel_check(exam->doctor->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(exam->doctor->ingest->meta, exam->video->id, &range, &frames, err);
        count = frames.count;
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            range.after = frames.items[i].index;
            code = check_frame(exam, &frames.items[i], err);
        }
        meta_frames_release(&frames);
    }
    if (code == ERR_NONE)
        code = remove_frames_before(exam, INT32_MAX, err);
    if (code == ERR_NONE)
        code = remove_crops_before(exam, INT32_MAX, INT32_MAX, err);
    if (code == ERR_NONE)
        code = remove_vectors_before(exam, INT32_MAX, INT32_MAX, err);
    return code;
}

// ---- the video

static enum err_code check_source(struct exam *exam, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    if (!exam->video->split_done)
        return ERR_NONE;
    blob_key_source(exam->video->project, exam->video->id, key);
    enum err_code code = blob_store_stat(exam->doctor->ingest->blobs, key, &info, err);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    exam->source_missing = true;
    doctor_report_finding(exam->doctor, FINDING_SOURCE_MISSING, key, false,
        "the source of video %s (%.100s) is missing: it can be searched, but not played or indexed again",
        exam->video->id, exam->video->name);
    return ERR_NONE;
}

// Of a video that has ended and was not tracked since: where a message asks for it, all is well.
static enum err_code is_asked_for(const struct doctor *doctor, bool *asked, struct err *err)
{
    struct queue_stats stats = {0};
    enum err_code code = queue_stats(doctor->ingest->queue, TOPIC_DETECTIONS, &stats, err);
    *asked = code == ERR_NONE && stats.ready + stats.leased > 0;
    return code;
}

// ERR_INVALID: it is of a newer program.
static enum err_code is_sheet_missing(const struct exam *exam, bool *missing, struct err *err)
{
    struct track_sheet sheet = {0};
    enum err_code code = track_sheet_get(exam->doctor->ingest, exam->video, &sheet, err);
    track_sheet_release(&sheet);
    *missing = code == ERR_NOT_FOUND || code == ERR_CORRUPT;
    if (!*missing)
        return code;
    err_clear(err);
    return ERR_NONE;
}

// Whether a tracker has to have another go. ERR_INVALID: what there is, or its corrections, is of a newer program, and
// would only become less.
static enum err_code are_tracks_behind(const struct exam *exam, bool *behind, struct err *err)
{
    bool is_missing = false;
    struct track_book *book = NULL;
    enum err_code code = is_sheet_missing(exam, &is_missing, err);
    *behind = tracking_is_due(exam->video) || is_missing;
    if (code == ERR_NONE && !*behind)
        code = corrections_are_due(exam->doctor->ingest, exam->video, behind, err);
    if (code == ERR_NONE && *behind)
        code = corrections_load(exam->doctor->ingest, exam->video, &book, err);
    track_book_free(book);
    return code;
}

static enum err_code check_tracks(struct exam *exam, struct err *err)
{
    struct doctor *doctor = exam->doctor;
    bool are_behind = false;
    bool is_due = tracking_is_due(exam->video);
    if (!exam->settled || (!is_due && exam->video->tracked_us == 0))
        return ERR_NONE;
    enum err_code code = are_tracks_behind(exam, &are_behind, err);
    if (code == ERR_INVALID) { // as its sentence says
        doctor_report_finding(doctor, FINDING_TRACKS_NEWER, exam->video->id, false,
            "the tracks of video %s cannot be looked at: %s", exam->video->id, err->message);
        err_clear(err);
        return ERR_NONE;
    }
    bool is_asked = false;
    if (code == ERR_NONE && is_due)
        code = is_asked_for(doctor, &is_asked, err);
    if (code != ERR_NONE || !are_behind || is_asked)
        return code;
    code = doctor->options->repair ? tracking_request(doctor->ingest, exam->video, err) : ERR_NONE;
    if (code == ERR_NONE)
        doctor_report_finding(doctor, FINDING_TRACKS_BEHIND, exam->video->id, doctor->options->repair,
            is_due ? "the objects of video %s were not followed, and no message asks for that"
                   : "the tracks of video %s do not follow their corrections, or cannot be corrected",
            exam->video->id);
    return code;
}

static enum err_code check_state(struct doctor *doctor, const struct meta_video *video, bool *stop, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool repair = doctor->options->repair;
    *stop = false;
    if (video->state == VIDEO_DELETING) {
        *stop = true;
        if (!doctor_judges(doctor, video->updated_us))
            return ERR_NONE;
        if (repair)
            code = lifecycle_delete_video(doctor->ingest, video->id, doctor->cancel, err);
        if (code == ERR_NONE)
            doctor_report_finding(doctor, FINDING_DELETION_UNFINISHED, video->id, repair,
                "the removal of video %s was not finished", video->id);
    } else if (!video_state_is_final(video->state) && doctor->queues_empty &&
        doctor_judges(doctor, video->updated_us)) {
        if (repair)
            code = lifecycle_resume(doctor->ingest, video->id, doctor->cancel, err);
        *stop = repair;
        if (code == ERR_NONE)
            doctor_report_finding(doctor, FINDING_STUCK_VIDEO, video->id, repair,
                "video %s is %s, but no message about it is left", video->id, video_state_name(video->state));
    }
    return code;
}

enum err_code doctor_check_video(struct doctor *doctor, const struct meta_video *video, struct err *err)
{
    struct exam exam = {.doctor = doctor, .video = video};
    bool stop = false;
    enum err_code code = check_state(doctor, video, &stop, err);
    if (code != ERR_NONE || stop)
        return code;
    // While frames wait for their indexer, what is stored for them already belongs to nothing yet; the same is true
    // for a while after the end, should a message have come twice.
    exam.settled = video_state_is_final(video->state) && doctor_judges(doctor, video->updated_us);
    code = check_source(&exam, err);
    if (code == ERR_NONE && video_state_is_final(video->state)) {
        code = list_stored(&exam, err);
        if (code == ERR_NONE)
            code = check_frames(&exam, err);
        if (code == ERR_NONE && exam.decode > 0)
            code = decode_again(&exam, err);
        if (code == ERR_NONE)
            code = check_tracks(&exam, err);
    }
    free(exam.frames.list);
    free(exam.crops.list);
    free(exam.vectors.list);
    return code;
}
