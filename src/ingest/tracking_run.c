// One video's tracks: read, followed, corrected as people corrected them, stored.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/track_corrections.h"
#include "ingest/track_sheet.h"
#include "ingest/track_store.h"
#include "ingest/tracking.h"
#include "os/file.h"
#include "vector_index/vector_index.h"
#include "vision/tracker.h"

#define FRAMES_AT_ONCE 256
// Corrections take milliseconds each.
#define LOCK_MS 60000

struct run {
    const struct ingest *ingest;
    struct meta_video video; // as it was before the first frame was read
    struct cancel *cancel;
    struct tracker *tracker;
    size_t dimension; // 0: without looks
    int64_t time_us;  // of the frame that was read last
    struct track_sheet sheet;
    int64_t *before; // of each object of the sheet: its track as it was read
    size_t before_room;

    // Working memory for one frame.
    struct track_box *boxes;
    float *vectors;
};

static void release(struct run *run)
{
    tracker_free(run->tracker);
    track_sheet_release(&run->sheet);
    free(run->before);
    free(run->boxes);
    free(run->vectors);
}

// ---- reading

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
    object_id_make(run->video.id, frame->index, (int32_t)k, id);
    enum err_code code =
        vector_index_fetch(run->ingest->vectors, run->video.project, id, vector, run->dimension, &dimension, err);
    if (code == ERR_NONE && dimension == run->dimension)
        *look = vector;
    if (code == ERR_NOT_FOUND || code == ERR_INVALID) {
        err_clear(err);
        code = ERR_NONE;
    }
    return code;
}

static void note_tracks(struct run *run, const struct meta_frame *frame)
{
    size_t count = run->sheet.object_count + frame->object_count;
    if (count > run->before_room) {
        run->before_room = count * 2;
        run->before = mem_realloc_array(run->before, run->before_room, sizeof(*run->before));
    }
    for (size_t k = 0; k < frame->object_count; k++)
        run->before[run->sheet.object_count + k] = frame->objects[k].track;
}

static bool is_coordinate(float value)
{
    return fabs((double)value) <= TRACKER_COORDINATE_MAX;
}

// What is no area in any picture is nothing to follow, and no reason to follow nothing else: it gets a score below all
// thresholds.
static struct track_box box_of(const struct meta_object *object, int32_t class_number)
{
    bool is_area = object->width > 0 && object->height > 0 && is_coordinate(object->x) && is_coordinate(object->y) &&
        is_coordinate(object->width) && is_coordinate(object->height);
    if (!is_area)
        return (struct track_box){.width = 1, .height = 1, .score = -1, .class_id = -1};
    return (struct track_box){.x = (double)object->x,
        .y = (double)object->y,
        .width = (double)object->width,
        .height = (double)object->height,
        .score = (double)object->score,
        .class_id = class_number};
}

static enum err_code add_frame(struct run *run, const struct meta_frame *frame, struct err *err)
{
    enum err_code code = ERR_NONE;
    note_tracks(run, frame);
    track_sheet_add(&run->sheet, frame);
    const struct sheet_object *objects = run->sheet.objects + run->sheet.object_count - frame->object_count;
    // Of a video of which every frame is taken some may have the same time.
    run->time_us = frame->pts_us > run->time_us ? frame->pts_us : run->time_us + 1;
    for (size_t k = 0; k < frame->object_count && code == ERR_NONE; k++) {
        const struct meta_object *object = &frame->objects[k];
        run->boxes[k] = box_of(object, objects[k].class_number);
        code = fetch_look(run, frame, k, &run->boxes[k].embedding, err);
    }
    return code != ERR_NONE ? code : tracker_add(run->tracker, run->time_us, run->boxes, frame->object_count, err);
}

static enum err_code read_frames(struct run *run, struct err *err)
{
    struct meta_frame_range range = {
        .from_us = INT64_MIN, .to_us = -1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = FRAMES_AT_ONCE};
    for (;;) {
        struct meta_frames page;
        enum err_code code = cancel_check(run->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(run->ingest->meta, run->video.id, &range, &page, err);
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

static void mark(struct run *run, const struct tracks *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct track *track = &found->items[i];
        for (size_t k = 0; k < track->count; k++) {
            const struct track_point *point = &track->points[k];
            if (point->box < 0)
                continue;
            run->sheet.objects[run->sheet.frames[point->frame].first + (size_t)point->box].track = track->number;
            run->sheet.last = track->number > run->sheet.last ? track->number : run->sheet.last;
        }
    }
}

// Under the lock no correction comes in between. One that came while the frames were read may have changed them.
static enum err_code store_locked(struct run *run, size_t *tracks, struct err *err)
{
    const struct ingest *ingest = run->ingest;
    struct meta_video now;
    struct track_book *book = NULL;
    enum err_code code = meta_store_get_video(ingest->meta, run->video.id, &now, err);
    if (code == ERR_NONE)
        code = corrections_load(ingest, &now, &book, err);
    if (code == ERR_NONE)
        code = track_sheet_put(ingest, &now, &run->sheet, err);
    if (code != ERR_NONE) {
        track_book_free(book);
        return code;
    }
    struct track_state *state = track_book_replay(book, &run->sheet, now.id, track_book_version(book));
    const struct track_results results = {.video = &now,
        .sheet = &run->sheet,
        .numbers = track_state_numbers(state),
        .before = now.tracked_us == run->video.tracked_us ? run->before : NULL,
        .steps = track_book_version(book)};
    bool current = false;
    code = track_store_put(ingest, &results, run->cancel, NULL, tracks, err);
    if (code == ERR_NONE)
        code = corrections_are_current(ingest, &now, &run->sheet, results.steps, &current, err);
    if (code == ERR_NONE && !current)
        code = corrections_store(ingest, &now, run->cancel, tracks, err);
    track_state_free(state);
    track_book_free(book);
    return code;
}

static enum err_code store(struct run *run, size_t *tracks, struct err *err)
{
    struct file_lock *lock = NULL;
    enum err_code code = track_lock(run->ingest, run->video.id, TRACK_LOCK_STORE, LOCK_MS, run->cancel, &lock, err);
    if (code == ERR_NONE)
        code = store_locked(run, tracks, err);
    file_lock_release(lock);
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

static enum err_code begin(struct run *run, const char *video, struct err *err)
{
    struct tracker_settings settings = settings_for_detections();
    struct vector_stats stats = {0};
    enum err_code code = meta_store_get_video(run->ingest->meta, video, &run->video, err);
    if (code == ERR_NONE)
        code = vector_index_stats(run->ingest->vectors, run->video.project, video, &stats, err);
    if (code == ERR_NOT_FOUND && run->video.id[0] != '\0') { // no object was ever found in the project
        err_clear(err);
        code = ERR_NONE;
    }
    run->dimension = stats.count > 0 ? stats.dimension : 0;
    run->boxes = mem_calloc(OBJECTS_PER_FRAME_MAX, sizeof(*run->boxes));
    if (run->dimension > 0)
        run->vectors = mem_calloc(OBJECTS_PER_FRAME_MAX * run->dimension, sizeof(*run->vectors));
    return code == ERR_NONE ? tracker_new(&settings, (int)run->dimension, &run->tracker, err) : code;
}

enum err_code tracking_run(
    const struct ingest *ingest, const char *video, struct cancel *cancel, size_t *tracks, struct err *err)
{
    struct run *run = mem_calloc(1, sizeof(*run));
    struct tracks found = {0};
    struct file_lock *lock = NULL;
    run->ingest = ingest;
    run->cancel = cancel;
    run->time_us = INT64_MIN;
    enum err_code code = track_lock(ingest, video, TRACK_LOCK_RUN, -1, cancel, &lock, err);
    if (code == ERR_NONE)
        code = begin(run, video, err);
    if (code == ERR_NONE)
        code = read_frames(run, err);
    if (code == ERR_NONE)
        code = tracker_finish(run->tracker, &found, err);
    if (code == ERR_NONE) {
        mark(run, &found);
        code = store(run, tracks, err);
    }
    file_lock_release(lock);
    release(run);
    free(run);
    return code;
}
