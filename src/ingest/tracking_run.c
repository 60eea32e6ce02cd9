// One video's tracks: read, followed, stored.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/tracking.h"
#include "vector_index/vector_index.h"
#include "vision/tracker.h"

#define FRAMES_AT_ONCE 256
#define ATTRIBUTES_AT_ONCE 1000

// A frame as far as its tracks are concerned.
struct tracked_frame {
    int32_t index;
    int64_t pts_us;
    size_t first; // of its objects in the video's arrays
    size_t count;
};

struct run {
    const struct ingest *ingest;
    const struct meta_video *video;
    struct cancel *cancel;
    struct tracker *tracker;
    size_t dimension; // 0: without looks

    struct tracked_frame *frames;
    size_t frame_count, frame_room;
    // Of all objects, frame after frame.
    int64_t *before, *tracks; // as stored, and as found; -1: none
    float *scores, *areas;
    size_t object_count, object_room;

    char (*classes)[META_CLASS_SIZE]; // by number, in the order they came
    size_t class_count;

    // Working memory for one frame.
    struct track_box *boxes;
    float *vectors;
};

static void release(struct run *run)
{
    tracker_free(run->tracker);
    free(run->frames);
    free(run->before);
    free(run->tracks);
    free(run->scores);
    free(run->areas);
    free(run->classes);
    free(run->boxes);
    free(run->vectors);
}

// ---- reading

// A detector has few classes, and most objects are of the first ones.
static int32_t class_number(struct run *run, const char *name)
{
    for (size_t i = 0; i < run->class_count; i++) {
        if (strcmp(run->classes[i], name) == 0)
            return (int32_t)i;
    }
    run->classes = mem_realloc_array(run->classes, run->class_count + 1, sizeof(*run->classes));
    memcpy(run->classes[run->class_count], name, META_CLASS_SIZE);
    return (int32_t)run->class_count++;
}

static void make_room(struct run *run, size_t objects)
{
    if (run->frame_count == run->frame_room) {
        run->frame_room = run->frame_room * 2 + FRAMES_AT_ONCE;
        run->frames = mem_realloc_array(run->frames, run->frame_room, sizeof(*run->frames));
    }
    if (run->object_count + objects <= run->object_room)
        return;
    run->object_room = run->object_room * 2 + objects;
    run->before = mem_realloc_array(run->before, run->object_room, sizeof(*run->before));
    run->tracks = mem_realloc_array(run->tracks, run->object_room, sizeof(*run->tracks));
    run->scores = mem_realloc_array(run->scores, run->object_room, sizeof(*run->scores));
    run->areas = mem_realloc_array(run->areas, run->object_room, sizeof(*run->areas));
}

// The look of an object, NULL where it has no vector: it is being indexed again, and will be tracked again after it.
static enum err_code fetch_look(
    struct run *run, const struct meta_frame *frame, size_t k, const float **look, struct err *err)
{
    float *vector = run->vectors + k * run->dimension;
    char id[OBJECT_ID_SIZE];
    size_t dimension = 0;
    *look = NULL;
    if (run->dimension == 0)
        return ERR_NONE;
    object_id_make(run->video->id, frame->index, (int32_t)k, id);
    enum err_code code =
        vector_index_fetch(run->ingest->vectors, run->video->project, id, vector, run->dimension, &dimension, err);
    if (code == ERR_NONE && dimension == run->dimension)
        *look = vector;
    if (code == ERR_NOT_FOUND || code == ERR_INVALID) {
        err_clear(err);
        code = ERR_NONE;
    }
    return code;
}

static enum err_code add_frame(struct run *run, const struct meta_frame *frame, struct err *err)
{
    enum err_code code = ERR_NONE;
    make_room(run, frame->object_count);
    run->frames[run->frame_count++] = (struct tracked_frame){
        .index = frame->index, .pts_us = frame->pts_us, .first = run->object_count, .count = frame->object_count};
    for (size_t k = 0; k < frame->object_count && code == ERR_NONE; k++) {
        const struct meta_object *object = &frame->objects[k];
        size_t at = run->object_count++;
        run->before[at] = object->track;
        run->tracks[at] = -1;
        run->scores[at] = object->score;
        run->areas[at] = object->width * object->height;
        run->boxes[k] = (struct track_box){.x = (double)object->x,
            .y = (double)object->y,
            .width = (double)object->width,
            .height = (double)object->height,
            .score = (double)object->score,
            .class_id = class_number(run, object->class_name)};
        code = fetch_look(run, frame, k, &run->boxes[k].embedding, err);
    }
    return code != ERR_NONE ? code : tracker_add(run->tracker, frame->pts_us, run->boxes, frame->object_count, err);
}

static enum err_code read_frames(struct run *run, struct err *err)
{
    struct meta_frame_range range = {
        .from_us = INT64_MIN, .to_us = -1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = FRAMES_AT_ONCE};
    for (;;) {
        struct meta_frames page;
        enum err_code code = cancel_check(run->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(run->ingest->meta, run->video->id, &range, &page, err);
        if (code != ERR_NONE)
            return code;
        size_t count = page.count;
        for (size_t i = 0; i < count && code == ERR_NONE; i++)
            code = add_frame(run, &page.items[i], err);
        if (count > 0)
            range.after = page.items[count - 1].index;
        meta_frames_release(&page);
        if (code != ERR_NONE || count < FRAMES_AT_ONCE)
            return code;
    }
}

// ---- what was found

static double shows_well(const struct run *run, size_t object)
{
    return (double)run->scores[object] * sqrt((double)run->areas[object]);
}

// Marks the track's objects and says what it is. False for a track without any.
static bool describe(struct run *run, const struct track *track, struct meta_track *out)
{
    *out = (struct meta_track){.n = track->number, .score = (float)track->score};
    double best = -1;
    for (size_t i = 0; i < track->count; i++) {
        const struct track_point *point = &track->points[i];
        const struct tracked_frame *frame = &run->frames[point->frame];
        if (point->box < 0)
            continue;
        size_t object = frame->first + (size_t)point->box;
        run->tracks[object] = track->number;
        if (out->objects++ == 0) {
            out->first_frame = frame->index;
            out->first_us = frame->pts_us;
        }
        out->last_frame = frame->index;
        out->last_us = frame->pts_us;
        if (shows_well(run, object) > best) {
            best = shows_well(run, object);
            out->best_frame = frame->index;
            out->best_k = point->box;
        }
    }
    if (track->class_id >= 0)
        memcpy(out->class_name, run->classes[track->class_id], sizeof(out->class_name));
    return out->objects > 0;
}

// ---- storing

static enum err_code store_attributes(struct run *run, struct err *err)
{
    struct vector_attributes *changes = mem_calloc(ATTRIBUTES_AT_ONCE, sizeof(*changes));
    enum err_code code = ERR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < run->frame_count && code == ERR_NONE; i++) {
        const struct tracked_frame *frame = &run->frames[i];
        for (size_t k = 0; k < frame->count && code == ERR_NONE; k++) {
            struct vector_attributes *change = &changes[count++];
            *change = (struct vector_attributes){.set_track = true, .track = run->tracks[frame->first + k]};
            object_id_make(run->video->id, frame->index, (int32_t)k, change->object);
            if (count < ATTRIBUTES_AT_ONCE)
                continue;
            code = vector_index_set_attributes(run->ingest->vectors, run->video->project, changes, count, err);
            count = 0;
            if (code == ERR_NONE)
                code = cancel_check(run->cancel, err);
        }
    }
    if (code == ERR_NONE && count > 0)
        code = vector_index_set_attributes(run->ingest->vectors, run->video->project, changes, count, err);
    free(changes);
    return code;
}

static bool is_as_before(const struct run *run, const struct tracked_frame *frame)
{
    return memcmp(run->tracks + frame->first, run->before + frame->first, frame->count * sizeof(*run->tracks)) == 0;
}

static enum err_code store_frames(struct run *run, struct err *err)
{
    struct meta_frame_tracks batch[FRAMES_AT_ONCE];
    enum err_code code = ERR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < run->frame_count && code == ERR_NONE; i++) {
        const struct tracked_frame *frame = &run->frames[i];
        if (frame->count > 0 && !is_as_before(run, frame)) {
            batch[count] = (struct meta_frame_tracks){
                .frame = frame->index, .tracks = run->tracks + frame->first, .count = frame->count};
            count++;
        }
        if (count < FRAMES_AT_ONCE)
            continue;
        code = meta_store_put_frame_tracks(run->ingest->meta, run->video->id, batch, count, err);
        count = 0;
        if (code == ERR_NONE)
            code = cancel_check(run->cancel, err);
    }
    return code != ERR_NONE ? code : meta_store_put_frame_tracks(run->ingest->meta, run->video->id, batch, count, err);
}

static enum err_code store(struct run *run, const struct tracks *found, size_t *stored, struct err *err)
{
    struct meta_track *tracks = mem_calloc(found->count + 1, sizeof(*tracks));
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        count += describe(run, &found->items[i], &tracks[count]);
    enum err_code code = store_attributes(run, err);
    if (code == ERR_NONE)
        code = store_frames(run, err);
    if (code == ERR_NONE)
        code = meta_store_put_tracks(run->ingest->meta, run->video->id, tracks, count, err);
    free(tracks);
    *stored = count;
    return code;
}

// What is stored has passed the detector's own threshold, so every box may begin a track, and two of them make one. A
// label said of one object holds for its whole track, so a wrong join is worse than a gap: tracks are joined by looks
// only where these are nearer than different objects' are (docs/tracking.md says how both were measured).
static struct tracker_settings settings_for_detections(void)
{
    struct tracker_settings settings = tracker_settings_default();
    settings.high_score = 0;
    settings.low_score = 0;
    settings.sure_score = 0;
    settings.look_link = 0.06;
    return settings;
}

enum err_code tracking_run(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, size_t *tracks, struct err *err)
{
    struct run run = {.ingest = ingest, .video = video, .cancel = cancel};
    struct vector_stats stats = {0};
    struct tracks found = {0};
    size_t stored = 0;
    struct tracker_settings settings = settings_for_detections();
    enum err_code code = vector_index_stats(ingest->vectors, video->project, video->id, &stats, err);
    if (code == ERR_NOT_FOUND) { // no object was ever found in the project
        err_clear(err);
        code = ERR_NONE;
    }
    run.dimension = stats.count > 0 ? stats.dimension : 0;
    run.boxes = mem_calloc(OBJECTS_PER_FRAME_MAX, sizeof(*run.boxes));
    if (run.dimension > 0)
        run.vectors = mem_calloc(OBJECTS_PER_FRAME_MAX * run.dimension, sizeof(*run.vectors));
    if (code == ERR_NONE)
        code = tracker_new(&settings, (int)run.dimension, &run.tracker, err);
    if (code == ERR_NONE)
        code = read_frames(&run, err);
    if (code == ERR_NONE)
        code = tracker_finish(run.tracker, &found, err);
    if (code == ERR_NONE)
        code = store(&run, &found, &stored, err);
    release(&run);
    if (tracks != NULL)
        *tracks = stored;
    return code;
}
