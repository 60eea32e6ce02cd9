// How two objects of the pool stand to each other: in time, on tracks, in one frame.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/label_rank_internal.h"

bool rank_same_frame(const struct rank_object *a, const struct rank_object *b)
{
    return a->video == b->video && a->frame == b->frame;
}

// A kind of thing is in many places of one frame and of the next: nearness in time says nothing.
bool rank_near_in_time(const struct label_model *m, const struct rank_object *a, const struct rank_object *b)
{
    return !m->info.kind && a->video == b->video && a->frame != b->frame && abs(a->frame - b->frame) <= NEAR_FRAMES;
}

// The tracker thought that these are two things.
static bool on_two_tracks(const struct rank_object *a, const struct rank_object *b)
{
    return a->track >= 0 && b->track >= 0 && a->video == b->video && a->track != b->track;
}

bool rank_may_be_chained(const struct label_model *m, const struct rank_object *a, const struct rank_object *b)
{
    return rank_near_in_time(m, a, b) && !on_two_tracks(a, b);
}

static bool on_one_track(const struct rank_object *a, const struct rank_object *b)
{
    return a->track >= 0 && a->track == b->track && a->video == b->video;
}

bool rank_is_disputed(const struct label_model *m, const struct rank_object *object)
{
    for (size_t i = 0; i < m->dispute_count; i++) {
        if (on_one_track(&m->objects[m->disputes[i]], object))
            return true;
    }
    return false;
}

// Frames to the nearest example of the object's track that is the thing, or is not.
static int32_t frames_to(const struct label_model *m, const struct rank_object *object, bool is_it)
{
    int32_t least = INT32_MAX;
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *example = &m->objects[i];
        bool counts =
            is_it ? example->role == ROLE_POSITIVE : example->role == ROLE_NEGATIVE || example->role == ROLE_OTHER;
        if (counts && on_one_track(example, object) && abs(example->frame - object->frame) < least)
            least = abs(example->frame - object->frame);
    }
    return least;
}

void rank_find_disputes(struct label_model *m, size_t from)
{
    if (from == 0) {
        m->disputes = mem_realloc_array(m->disputes, m->count + 1, sizeof(*m->disputes));
        for (size_t i = 0; i < m->count; i++) {
            const struct rank_object *object = &m->objects[i];
            if ((object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER) && object->track >= 0 &&
                !rank_is_disputed(m, object) && frames_to(m, object, true) < INT32_MAX)
                m->disputes[m->dispute_count++] = i;
        }
    }
    for (size_t i = from; i < m->count && m->dispute_count > 0; i++) {
        struct rank_object *object = &m->objects[i];
        if (object->role == ROLE_FREE && rank_is_disputed(m, object))
            object->is_elsewhere = frames_to(m, object, false) <= frames_to(m, object, true);
    }
}

bool rank_same_track(const struct label_model *m, const struct rank_object *anchor, const struct rank_object *object)
{
    return on_one_track(anchor, object) && !object->is_elsewhere &&
        (anchor->role == ROLE_POSITIVE || !rank_is_disputed(m, object));
}

enum err_code rank_is_mate(
    struct label_model *m, const struct rank_object *anchor, const char *id, bool *mate, struct err *err)
{
    *mate = false;
    if (m->frame_mates == NULL)
        return ERR_NONE;
    char(*mates)[OBJECT_ID_SIZE] = mem_calloc(LABEL_FRAME_MATES_MAX, sizeof(*mates));
    size_t count = 0;
    enum err_code code = m->frame_mates(m->frame_mates_context, anchor->id, mates, LABEL_FRAME_MATES_MAX, &count, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        *mate = *mate || strcmp(mates[i], id) == 0;
    free(mates);
    return code;
}
