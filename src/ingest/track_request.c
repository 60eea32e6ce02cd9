#include "ingest/track_request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct wanted {
    const struct correction_request *request;
    const struct track_sheet *sheet;
    const struct track_state *state;
    const char *video;
};

static struct track_anchor anchor_of(const struct track_sheet *sheet, size_t object)
{
    const struct sheet_object *o = &sheet->objects[object];
    const struct sheet_frame *frame = &sheet->frames[o->frame];
    return (struct track_anchor){
        .index = frame->index, .k = (int32_t)(object - frame->first), .box = {o->x, o->y, o->width, o->height}};
}

static int64_t time_of(const struct track_sheet *sheet, size_t object)
{
    return sheet->frames[sheet->objects[object].frame].pts_us;
}

static enum err_code objects_of(
    const struct wanted *w, int64_t n, const char *field, const size_t **objects, size_t *count, struct err *err)
{
    *objects = track_state_objects(w->state, n, count);
    if (*count > 0)
        return ERR_NONE;
    return err_of_field(err, err_set(err, ERR_NOT_FOUND, "there is no track %s-t%" PRId64, w->video, n), field);
}

static enum err_code make_split(const struct wanted *w, struct track_entry *entry, struct err *err)
{
    const size_t *objects = NULL;
    size_t count = 0;
    int64_t at_us = w->request->at_us;
    enum err_code code = objects_of(w, w->request->track, "track", &objects, &count, err);
    if (code != ERR_NONE)
        return code;
    if (count == 1)
        return err_of_field(err,
            err_set(err, ERR_CONFLICT, "track %s-t%" PRId64 " has one object only and cannot be split", w->video,
                w->request->track),
            "track");
    size_t at = 0;
    while (at < count && time_of(w->sheet, objects[at]) < at_us)
        at++;
    if (at == 0 || at == count)
        return err_of_field(err,
            err_set(err, ERR_INVALID,
                "%.6f s is no time at which track %s-t%" PRId64
                " can be split: that must be after its first object at %.6f s, and not after its last one at %.6f s",
                (double)at_us / 1e6, w->video, w->request->track, (double)time_of(w->sheet, objects[0]) / 1e6,
                (double)time_of(w->sheet, objects[count - 1]) / 1e6),
            "at_us");
    entry->track = w->request->track;
    entry->at = anchor_of(w->sheet, objects[at]);
    entry->time_us = time_of(w->sheet, objects[at]);
    return ERR_NONE;
}

// What shows a track best is found again best, too.
static enum err_code make_target(const struct wanted *w, struct track_entry *entry, struct err *err)
{
    const size_t *objects = NULL;
    size_t count = 0;
    enum err_code code = objects_of(w, w->request->into, "into", &objects, &count, err);
    if (code != ERR_NONE)
        return code;
    entry->has_to = true;
    entry->other = w->request->into;
    entry->to = anchor_of(w->sheet, track_sheet_best(w->sheet, objects, count));
    return ERR_NONE;
}

static enum err_code make_merge(const struct wanted *w, struct track_entry *entry, struct err *err)
{
    const size_t *objects = NULL;
    size_t count = 0;
    if (w->request->track == w->request->into)
        return err_of_field(err,
            err_set(
                err, ERR_INVALID, "track %s-t%" PRId64 " cannot be merged into itself", w->video, w->request->track),
            "into");
    enum err_code code = objects_of(w, w->request->track, "track", &objects, &count, err);
    if (code == ERR_NONE)
        code = make_target(w, entry, err);
    if (code != ERR_NONE)
        return code;
    entry->track = w->request->track;
    entry->at = anchor_of(w->sheet, track_sheet_best(w->sheet, objects, count));
    entry->time_us = time_of(w->sheet, objects[0]);
    return ERR_NONE;
}

static enum err_code find_object(const struct wanted *w, const char *id, size_t *object, struct err *err)
{
    char of[VIDEO_ID_SIZE];
    int32_t index = 0;
    int32_t k = 0;
    if (!object_id_parse(id, of, &index, &k))
        return err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007", id);
    if (strcmp(of, w->video) != 0)
        return err_set(err, ERR_INVALID, "the object %s is not of video %s: a track is of one video", id, w->video);
    int64_t found = track_sheet_find(w->sheet, index, k);
    if (found < 0)
        return err_set(err, ERR_NOT_FOUND, "there is no object %s", id);
    *object = (size_t)found;
    return ERR_NONE;
}

static int compare_positions(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static enum err_code check_apart(const struct wanted *w, size_t a, size_t b, struct err *err)
{
    char first[OBJECT_ID_SIZE];
    char second[OBJECT_ID_SIZE];
    if (w->sheet->objects[a].frame != w->sheet->objects[b].frame)
        return ERR_NONE;
    track_sheet_object_id(w->sheet, w->video, a, first);
    track_sheet_object_id(w->sheet, w->video, b, second);
    if (a == b)
        return err_set(err, ERR_INVALID, "the object %s is named twice: name each once", first);
    return err_set(err, ERR_INVALID,
        "the objects %s and %s are in the same frame: a track has one object in a frame at most", first, second);
}

static enum err_code find_objects(const struct wanted *w, size_t *objects, struct err *err)
{
    size_t count = w->request->count;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = find_object(w, w->request->objects[i], &objects[i], err);
    if (code != ERR_NONE)
        return code;
    qsort(objects, count, sizeof(*objects), compare_positions);
    for (size_t i = 1; i < count && code == ERR_NONE; i++)
        code = check_apart(w, objects[i - 1], objects[i], err);
    return code;
}

static enum err_code make_give(
    const struct wanted *w, struct track_entry *entry, struct track_anchor **room, struct err *err)
{
    size_t count = w->request->count;
    if (count == 0 || count > TRACK_STEP_OBJECTS_MAX)
        return err_of_field(err,
            err_set(err, count == 0 ? ERR_INVALID : ERR_LIMIT,
                "%zu objects were named: give a track between 1 and %d of them at once", count, TRACK_STEP_OBJECTS_MAX),
            "objects");
    enum err_code code = w->request->into >= 0 ? make_target(w, entry, err) : ERR_NONE;
    if (code != ERR_NONE)
        return code;
    size_t *objects = mem_calloc(count, sizeof(*objects));
    code = err_of_field(err, find_objects(w, objects, err), "objects");
    if (code == ERR_NONE) {
        *room = mem_calloc(count, sizeof(**room));
        for (size_t i = 0; i < count; i++)
            (*room)[i] = anchor_of(w->sheet, objects[i]);
        entry->objects = *room;
        entry->count = count;
        entry->time_us = time_of(w->sheet, objects[0]);
        entry->track = track_state_numbers(w->state)[objects[0]];
    }
    free(objects);
    return code;
}

enum err_code track_request_entry(const struct correction_request *request, const struct track_sheet *sheet,
    const struct track_state *state, const char *video, struct track_entry *entry, struct track_anchor **room,
    struct err *err)
{
    const struct wanted wanted = {.request = request, .sheet = sheet, .state = state, .video = video};
    *entry = (struct track_entry){.kind = request->kind, .by = request->by, .track = -1, .other = -1};
    *room = NULL;
    switch (request->kind) {
    case TRACK_STEP_SPLIT:
        return make_split(&wanted, entry, err);
    case TRACK_STEP_MERGE:
        return make_merge(&wanted, entry, err);
    case TRACK_STEP_GIVE:
        return make_give(&wanted, entry, room, err);
    case TRACK_STEP_UNDO:
    case TRACK_STEP_REDO:
        break;
    }
    return err_set(err, ERR_INTERNAL, "an undo or redo names no tracks");
}
