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

bool rank_on_one_track(const struct rank_object *a, const struct rank_object *b)
{
    return a->track >= 0 && a->track == b->track && a->video == b->video;
}

bool rank_same_track(const struct label_model *m, const struct rank_object *anchor, const struct rank_object *object)
{
    return rank_on_one_track(anchor, object) && !object->is_elsewhere &&
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
