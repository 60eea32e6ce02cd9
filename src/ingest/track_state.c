#include "ingest/track_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SAME_OVERLAP 0.5

// A track's objects, in order.
struct members {
    size_t *objects;
    size_t count;
    size_t room; // 0: `objects` lies in the shared block
};

struct track_state {
    const struct track_sheet *sheet;
    char video[VIDEO_ID_SIZE];
    int64_t *numbers;
    struct members *tracks; // by number
    int64_t track_count;
    size_t *block; // of the tracks nobody has changed yet
};

struct track_state *track_state_new(const struct track_sheet *sheet, const char *video, int64_t steps)
{
    struct track_state *s = mem_calloc(1, sizeof(*s));
    s->sheet = sheet;
    memcpy(s->video, video, sizeof(s->video));
    s->track_count = sheet->last + steps + 1;
    s->tracks = mem_calloc((size_t)s->track_count, sizeof(*s->tracks));
    s->numbers = mem_realloc_array(NULL, sheet->object_count + 1, sizeof(*s->numbers));
    s->block = mem_realloc_array(NULL, sheet->object_count + 1, sizeof(*s->block));
    for (size_t i = 0; i < sheet->object_count; i++) {
        s->numbers[i] = sheet->objects[i].track;
        if (s->numbers[i] >= 0)
            s->tracks[s->numbers[i]].count++;
    }
    size_t *next = s->block;
    for (int64_t n = 0; n < s->track_count; n++) {
        s->tracks[n].objects = next;
        next += s->tracks[n].count;
        s->tracks[n].count = 0;
    }
    for (size_t i = 0; i < sheet->object_count; i++) {
        struct members *track = s->numbers[i] >= 0 ? &s->tracks[s->numbers[i]] : NULL;
        if (track != NULL)
            track->objects[track->count++] = i;
    }
    return s;
}

void track_state_free(struct track_state *s)
{
    if (s == NULL)
        return;
    for (int64_t n = 0; n < s->track_count; n++) {
        if (s->tracks[n].room > 0)
            free(s->tracks[n].objects);
    }
    free(s->tracks);
    free(s->numbers);
    free(s->block);
    free(s);
}

const int64_t *track_state_numbers(const struct track_state *state)
{
    return state->numbers;
}

const size_t *track_state_objects(const struct track_state *state, int64_t n, size_t *count)
{
    *count = n >= 0 && n < state->track_count ? state->tracks[n].count : 0;
    return *count > 0 ? state->tracks[n].objects : NULL;
}

// ---- a track's objects

static void make_room(struct members *track, size_t count)
{
    if (track->room > 0 && count <= track->room)
        return;
    size_t room = count + count / 2 + 4;
    size_t *objects = mem_realloc_array(track->room > 0 ? track->objects : NULL, room, sizeof(*objects));
    if (track->room == 0 && track->count > 0)
        memcpy(objects, track->objects, track->count * sizeof(*objects));
    track->objects = objects;
    track->room = room;
}

// The place of the first of its objects that is not before the object.
static size_t place_of(const struct members *track, size_t object)
{
    size_t low = 0;
    size_t high = track->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (track->objects[middle] < object)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take_out(struct track_state *s, size_t object)
{
    if (s->numbers[object] < 0)
        return;
    struct members *track = &s->tracks[s->numbers[object]];
    size_t at = place_of(track, object);
    make_room(track, track->count);
    memmove(track->objects + at, track->objects + at + 1, (track->count - at - 1) * sizeof(*track->objects));
    track->count--;
    s->numbers[object] = -1;
}

static void put_in(struct track_state *s, size_t object, int64_t n)
{
    if (n < 0)
        return;
    struct members *track = &s->tracks[n];
    size_t at = place_of(track, object);
    make_room(track, track->count + 1);
    memmove(track->objects + at + 1, track->objects + at, (track->count - at) * sizeof(*track->objects));
    track->objects[at] = object;
    track->count++;
    s->numbers[object] = n;
}

// The object of track n in the frame of `object`; -1: none.
static int64_t in_same_frame(const struct track_state *s, int64_t n, size_t object)
{
    const struct members *track = &s->tracks[n];
    const struct sheet_frame *frame = &s->sheet->frames[s->sheet->objects[object].frame];
    size_t at = place_of(track, frame->first);
    return at < track->count && track->objects[at] < frame->first + frame->count ? (int64_t)track->objects[at] : -1;
}

// ---- anchors

static bool has_box(const struct sheet_object *object, const float box[4])
{
    return object->x == box[0] && object->y == box[1] && object->width == box[2] && object->height == box[3];
}

static double overlap(const struct sheet_object *object, const float box[4])
{
    double width = fmin((double)object->x + (double)object->width, (double)box[0] + (double)box[2]) -
        fmax((double)object->x, (double)box[0]);
    double height = fmin((double)object->y + (double)object->height, (double)box[1] + (double)box[3]) -
        fmax((double)object->y, (double)box[1]);
    if (!(width > 0) || !(height > 0))
        return 0;
    double both = (double)object->width * (double)object->height + (double)box[2] * (double)box[3] - width * height;
    return both > 0 ? width * height / both : 0;
}

// -1 when nothing there can be meant.
static int64_t find(const struct track_state *s, const struct track_anchor *anchor)
{
    int64_t named = track_sheet_find(s->sheet, anchor->index, anchor->k);
    if (named >= 0 && has_box(&s->sheet->objects[named], anchor->box))
        return named;
    int64_t first = track_sheet_find(s->sheet, anchor->index, 0);
    if (first < 0)
        return -1;
    const struct sheet_frame *frame = &s->sheet->frames[s->sheet->objects[first].frame];
    int64_t best = -1;
    double most = 0;
    for (size_t i = frame->first; i < frame->first + frame->count; i++) {
        double share = overlap(&s->sheet->objects[i], anchor->box);
        if (share >= SAME_OVERLAP && share > most) {
            most = share;
            best = (int64_t)i;
        }
    }
    return best;
}

static enum err_code not_there(const struct track_state *s, const struct track_anchor *anchor, struct err *err)
{
    char id[OBJECT_ID_SIZE];
    object_id_make(s->video, anchor->index, anchor->k, id);
    return err_set(err, ERR_NOT_FOUND, "the object %s is not there any more, nor another in its place", id);
}

static enum err_code find_track(
    const struct track_state *s, const struct track_anchor *anchor, size_t *object, int64_t *n, struct err *err)
{
    char id[OBJECT_ID_SIZE];
    int64_t found = find(s, anchor);
    if (found < 0)
        return not_there(s, anchor, err);
    *object = (size_t)found;
    *n = s->numbers[found];
    if (*n >= 0)
        return ERR_NONE;
    track_sheet_object_id(s->sheet, s->video, *object, id);
    return err_set(err, ERR_CONFLICT, "the object %s belongs to no track", id);
}

// ---- corrections

static enum err_code split(struct track_state *s, const struct track_entry *entry, int64_t made, struct err *err)
{
    size_t object;
    int64_t n;
    enum err_code code = find_track(s, &entry->at, &object, &n, err);
    if (code != ERR_NONE)
        return code;
    struct members *track = &s->tracks[n];
    size_t at = place_of(track, object);
    if (at == 0)
        return err_set(err, ERR_CONFLICT, "track %s-t%" PRId64 " begins there: nothing would be left before the split",
            s->video, n);
    struct members *rest = &s->tracks[made];
    make_room(rest, track->count - at);
    for (size_t i = at; i < track->count; i++) {
        rest->objects[rest->count++] = track->objects[i];
        s->numbers[track->objects[i]] = made;
    }
    track->count = at;
    return ERR_NONE;
}

static enum err_code check_apart(const struct track_state *s, int64_t a, int64_t b, struct err *err)
{
    const struct members *x = &s->tracks[a];
    const struct members *y = &s->tracks[b];
    const struct sheet_object *objects = s->sheet->objects;
    size_t both = 0;
    int64_t first_us = 0;
    for (size_t i = 0, k = 0; i < x->count && k < y->count;) {
        int32_t fx = objects[x->objects[i]].frame;
        int32_t fy = objects[y->objects[k]].frame;
        if (fx == fy && both++ == 0)
            first_us = s->sheet->frames[fx].pts_us;
        i += fx <= fy;
        k += fy <= fx;
    }
    if (both == 0)
        return ERR_NONE;
    return err_set(err, ERR_CONFLICT,
        "tracks %s-t%" PRId64 " and %s-t%" PRId64 " cannot be one: both have an object in %zu frame%s, %s at %.3f s; "
        "split one of them first, or give single objects to the other",
        s->video, a, s->video, b, both, both == 1 ? "" : "s", both == 1 ? "which is" : "the first of them",
        (double)first_us / 1e6);
}

static enum err_code merge(struct track_state *s, const struct track_entry *entry, struct err *err)
{
    size_t object;
    int64_t from;
    int64_t into;
    enum err_code code = find_track(s, &entry->at, &object, &from, err);
    if (code == ERR_NONE)
        code = find_track(s, &entry->to, &object, &into, err);
    if (code == ERR_NONE && from == into)
        code = err_set(err, ERR_CONFLICT, "the two are one track already, %s-t%" PRId64, s->video, into);
    if (code == ERR_NONE)
        code = check_apart(s, from, into, err);
    if (code != ERR_NONE)
        return code;
    struct members *joining = &s->tracks[from];
    struct members *joined = &s->tracks[into];
    make_room(joined, joined->count + joining->count);
    // From the end, so that nothing is overwritten before it was moved.
    size_t i = joining->count;
    size_t k = joined->count;
    size_t at = i + k;
    while (i > 0) {
        bool is_later = k == 0 || joining->objects[i - 1] > joined->objects[k - 1];
        joined->objects[--at] = is_later ? joining->objects[--i] : joined->objects[--k];
        s->numbers[joined->objects[at]] = into;
    }
    joined->count += joining->count;
    joining->count = 0;
    return ERR_NONE;
}

// Where the track has another object in that frame, the two exchange tracks.
static void give_one(struct track_state *s, size_t object, int64_t to)
{
    int64_t from = s->numbers[object];
    int64_t other = in_same_frame(s, to, object);
    take_out(s, object);
    if (other >= 0) {
        take_out(s, (size_t)other);
        put_in(s, (size_t)other, from);
    }
    put_in(s, object, to);
}

static bool are_a_whole_track(const struct track_state *s, const size_t *objects, size_t count)
{
    int64_t n = s->numbers[objects[0]];
    bool is_one = n >= 0 && s->tracks[n].count == count;
    for (size_t i = 1; i < count && is_one; i++)
        is_one = s->numbers[objects[i]] == n;
    return is_one;
}

static enum err_code give_to(struct track_state *s, const struct track_entry *entry, int64_t to, int64_t made,
    const size_t *objects, size_t count, struct err *err)
{
    size_t moving = 0;
    for (size_t i = 0; i < count; i++)
        moving += s->numbers[objects[i]] != to;
    const char *they = entry->count == 1 ? "the object is" : "the objects are";
    if (moving == 0)
        return err_set(err, ERR_CONFLICT, "%s in track %s-t%" PRId64 " already", they, s->video, to);
    if (to == made && are_a_whole_track(s, objects, count))
        return err_set(err, ERR_CONFLICT, "%s a track of %s own already, %s-t%" PRId64, they,
            entry->count == 1 ? "its" : "their", s->video, s->numbers[objects[0]]);
    for (size_t i = 0; i < count; i++) {
        if (s->numbers[objects[i]] != to)
            give_one(s, objects[i], to);
    }
    return ERR_NONE;
}

static enum err_code give(struct track_state *s, const struct track_entry *entry, int64_t made, struct err *err)
{
    size_t target;
    int64_t to = made;
    enum err_code code = entry->has_to ? find_track(s, &entry->to, &target, &to, err) : ERR_NONE;
    if (code != ERR_NONE)
        return code;
    // Of an earlier detector's objects some may have gone: the rest still belongs together.
    size_t *objects = mem_realloc_array(NULL, entry->count + 1, sizeof(*objects));
    size_t count = 0;
    for (size_t i = 0; i < entry->count; i++) {
        int64_t found = find(s, &entry->objects[i]);
        if (found >= 0)
            objects[count++] = (size_t)found;
    }
    code = count > 0 ? give_to(s, entry, to, made, objects, count, err) : not_there(s, &entry->objects[0], err);
    free(objects);
    return code;
}

enum err_code track_state_apply(struct track_state *state, const struct track_entry *entry, int64_t id, struct err *err)
{
    int64_t made = state->sheet->last + id;
    switch (entry->kind) {
    case TRACK_STEP_SPLIT:
        return split(state, entry, made, err);
    case TRACK_STEP_MERGE:
        return merge(state, entry, err);
    case TRACK_STEP_GIVE:
        return give(state, entry, made, err);
    case TRACK_STEP_UNDO:
    case TRACK_STEP_REDO:
        break;
    }
    return err_set(err, ERR_INTERNAL, "an undo or redo is no change of its own");
}
