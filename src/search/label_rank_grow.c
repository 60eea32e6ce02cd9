// Label ranking's heart: from the examples through their near frames and tracks to what is surely the same thing.
//
// The best unasserted object is taken for the thing, one at a time, and then speaks for it too (self-training: Yarowsky
// 1995; single-linkage growth of a cluster from seeds). What keeps it from drifting: an object of a frame in which the
// thing was already found is not the thing and speaks against, and what is nearer to those is refused. What the thing
// is at other times is not for growth to say but for label_rank_group.c.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// A taken object that is this similar to one that is compared with all others would find nothing new.
#define FAR_ANCHOR_ALIKE 0.97f

static bool is_not_the_thing(const struct rank_object *object)
{
    return object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER || object->role == ROLE_MATE;
}

static float margin_of(enum rank_role role)
{
    return role == ROLE_OTHER ? MARGIN_OTHER : MARGIN;
}

static void speak_against(struct label_model *m, size_t i)
{
    m->against[m->against_count++] = i;
}

// From a track, or onto one, that nobody spoke of at this end.
static bool crosses(const struct rank_object *anchor, const struct rank_object *object)
{
    if (rank_on_one_track(anchor, object))
        return false;
    return anchor->track >= 0 ? anchor->role != ROLE_POSITIVE : object->track >= 0;
}

static void hear_anchor(
    const struct label_model *m, const struct rank_object *anchor, struct rank_object *object, float similarity)
{
    object->nearest = fmaxf(object->nearest, similarity);
    if (rank_near_in_time(m, anchor, object))
        object->near = fmaxf(object->near, similarity);
    else
        object->far = fmaxf(object->far, similarity);
    if (anchor->role == ROLE_POSITIVE)
        object->similarity = fmaxf(object->similarity, similarity);
    if (anchor->role == ROLE_POSITIVE && anchor->video != object->video)
        object->across = fmaxf(object->across, similarity);
    float evidence = -2;
    if (rank_same_track(m, anchor, object))
        evidence = similarity - TRACK_THRESHOLD;
    else if (rank_may_be_chained(m, anchor, object))
        evidence = similarity - NEAR_THRESHOLD;
    if (evidence > object->evidence) {
        object->evidence = evidence;
        object->trust = anchor->trust;
        object->claim = anchor->claim;
        object->has_crossed = anchor->has_crossed || crosses(anchor, object);
    }
}

// Whether the anchor has anything to say about the object.
static bool speaks_of(const struct label_model *m, const struct rank_object *anchor, const struct rank_object *object)
{
    return anchor->far_anchor || rank_same_frame(anchor, object) || rank_near_in_time(m, anchor, object) ||
        rank_same_track(m, anchor, object);
}

// Lets anchor `i` speak for the objects from `from` on.
static enum err_code apply_anchor(struct label_model *m, size_t i, size_t from, struct err *err)
{
    const struct rank_object *anchor = &m->objects[i];
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    enum err_code code = ERR_NONE;
    vector_from_half(rank_half(m, i), vector, m->dimension);
    for (size_t j = from; j < m->count && code == ERR_NONE; j++) {
        struct rank_object *object = &m->objects[j];
        if (j == i || !speaks_of(m, anchor, object))
            continue;
        float similarity = vector_dot_half(vector, rank_half(m, j), m->dimension);
        hear_anchor(m, anchor, object, similarity);
        if (!rank_same_frame(anchor, object) || object->role != ROLE_FREE || m->info.kind)
            continue;
        bool mate = similarity < SAME_BOX;
        if (!mate)
            code = rank_is_mate(m, anchor, object->id, &mate, err);
        if (mate) {
            object->role = ROLE_MATE;
            object->is_doubted = anchor->role != ROLE_POSITIVE;
            speak_against(m, j);
        }
    }
    free(vector);
    return code;
}

// Compares an object with what is not the thing and was not looked at for it yet.
void rank_look_against(struct label_model *m, size_t i)
{
    struct rank_object *object = &m->objects[i];
    if (object->against_seen == m->against_count)
        return;
    vector_from_half(rank_half(m, i), m->scratch, m->dimension);
    for (; object->against_seen < m->against_count; object->against_seen++) {
        size_t j = m->against[object->against_seen];
        if (j == i)
            continue;
        float similarity = vector_dot_half(m->scratch, rank_half(m, j), m->dimension);
        object->against = fmaxf(object->against, similarity + margin_of(m->objects[j].role));
    }
}

// The free object that is farthest above its threshold, ties by id; SIZE_MAX when there is none.
static size_t best_free(struct label_model *m)
{
    for (;;) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < m->count; i++) {
            const struct rank_object *object = &m->objects[i];
            if (object->role != ROLE_FREE || object->is_elsewhere || object->evidence < 0 ||
                object->refused_at >= object->nearest)
                continue;
            const struct rank_object *most = best == SIZE_MAX ? NULL : &m->objects[best];
            if (most == NULL || object->evidence > most->evidence ||
                (object->evidence == most->evidence && strcmp(object->id, most->id) < 0))
                best = i;
        }
        if (best == SIZE_MAX)
            return best;
        rank_look_against(m, best);
        struct rank_object *object = &m->objects[best];
        if (object->nearest >= object->against)
            return best;
        object->refused_at = object->nearest;
    }
}

static void add_anchor(struct label_model *m, size_t i)
{
    struct rank_object *object = &m->objects[i];
    object->far_anchor = object->role == ROLE_POSITIVE ||
        (m->far_count < FAR_ANCHORS_MAX && object->nearest < FAR_ANCHOR_ALIKE && object->trust >= 1 && !m->info.kind);
    m->far_count += object->far_anchor && object->role != ROLE_POSITIVE;
    m->anchors[m->anchor_count++] = i;
}

static enum err_code take_all(struct label_model *m, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && m->anchor_count < ACCEPTED_MAX + LABEL_FIT_MAX) {
        size_t best = best_free(m);
        if (best == SIZE_MAX)
            break;
        m->objects[best].role = ROLE_TAKEN;
        add_anchor(m, best);
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = apply_anchor(m, best, 0, err);
    }
    return code;
}

// Taken objects that are unlike all whose neighbours are known, the most unlike first.
static size_t choose_to_ask(const struct label_model *m, size_t chosen[POOL_ROUND_QUERIES])
{
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    float *nearest = mem_calloc(m->count, sizeof(*nearest));
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++)
        nearest[i] = m->objects[i].role == ROLE_TAKEN && !m->objects[i].asked ? -1 : 2;
    for (size_t i = 0; i <= m->count && count < POOL_ROUND_QUERIES; i++) {
        // First those that were asked for already, then the farthest from all, one after the other.
        size_t from = i;
        if (i < m->count && !m->objects[i].asked)
            continue;
        if (i == m->count) {
            from = 0;
            for (size_t j = 1; j < m->count; j++)
                from = nearest[j] < nearest[from] ? j : from;
            if (nearest[from] >= NEIGHBOURS_ALIKE)
                break;
            chosen[count++] = from;
            nearest[from] = 2;
            i--; // until there are enough
        }
        vector_from_half(rank_half(m, from), vector, m->dimension);
        for (size_t j = 0; j < m->count; j++) {
            if (nearest[j] < 2)
                nearest[j] = fmaxf(nearest[j], vector_dot_half(vector, rank_half(m, j), m->dimension));
        }
    }
    free(nearest);
    free(vector);
    return count;
}

static enum err_code apply_to_new(struct label_model *m, size_t from, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    rank_divide_mark(m, from);
    for (size_t a = 0; a < m->anchor_count && code == ERR_NONE; a++) {
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = apply_anchor(m, m->anchors[a], from, err);
    }
    return code;
}

// Asks around the objects chosen and takes what follows.
static enum err_code take_around(
    struct label_model *m, const size_t *asked, size_t count, struct cancel *cancel, struct err *err)
{
    size_t known = m->count;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        if (!m->objects[asked[i]].asked)
            code = rank_pool_around(m, asked[i], cancel, err);
    }
    if (code == ERR_NONE)
        code = apply_to_new(m, known, cancel, err);
    return code == ERR_NONE ? take_all(m, cancel, err) : code;
}

// Then around what was taken and is unlike those, and so on.
static enum err_code take_around_all(
    struct label_model *m, const size_t *asked, size_t count, struct cancel *cancel, struct err *err)
{
    size_t more[POOL_ROUND_QUERIES];
    enum err_code code = take_around(m, asked, count, cancel, err);
    for (int round = 1; round < POOL_ROUNDS && code == ERR_NONE && !m->info.kind; round++) {
        count = choose_to_ask(m, more);
        if (count == 0)
            break;
        code = take_around(m, more, count, cancel, err);
    }
    return code;
}

enum err_code rank_grow(struct label_model *m, struct cancel *cancel, struct err *err)
{
    m->anchors = mem_realloc_array(NULL, POOL_MAX, sizeof(*m->anchors));
    m->against = mem_realloc_array(NULL, POOL_MAX, sizeof(*m->against));
    for (size_t i = 0; i < m->count; i++) {
        if (m->objects[i].role == ROLE_POSITIVE)
            add_anchor(m, i);
        else if (is_not_the_thing(&m->objects[i]))
            speak_against(m, i);
    }

    size_t asked[LABEL_REPRESENTATIVES_MAX];
    size_t ask_count = rank_farthest(m, ROLE_POSITIVE, LABEL_REPRESENTATIVES_MAX, NEIGHBOURS_ALIKE, asked);
    enum err_code code = rank_divide(m, cancel, err);
    if (code == ERR_NONE)
        code = apply_to_new(m, 0, cancel, err);
    return code == ERR_NONE ? take_around_all(m, asked, ask_count, cancel, err) : code;
}

enum err_code rank_take_seeds(struct label_model *m, const size_t *seeds, const float *trusts, size_t count,
    struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct rank_object *object = &m->objects[seeds[i]];
        // One before may have shown that it is not the thing.
        if (object->role != ROLE_FREE)
            continue;
        object->role = ROLE_TAKEN;
        object->trust = trusts[i];
        object->claim = (uint16_t)(i + 1);
        add_anchor(m, seeds[i]);
        code = apply_anchor(m, seeds[i], 0, err);
    }
    return code == ERR_NONE ? take_around_all(m, seeds, count, cancel, err) : code;
}

void rank_judge(const struct label_model *m, struct rank_object *object, const uint16_t *half)
{
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    vector_from_half(half, vector, m->dimension);
    for (size_t a = 0; a < m->anchor_count; a++) {
        const struct rank_object *anchor = &m->objects[m->anchors[a]];
        if (!speaks_of(m, anchor, object))
            continue;
        float similarity = vector_dot_half(vector, rank_half(m, m->anchors[a]), m->dimension);
        hear_anchor(m, anchor, object, similarity);
        if (rank_same_frame(anchor, object) && similarity < SAME_BOX && !m->info.kind) {
            object->is_doubted = anchor->role != ROLE_POSITIVE && (object->role != ROLE_MATE || object->is_doubted);
            object->role = ROLE_MATE;
        }
    }
    for (size_t a = 0; a < m->against_count && object->nearest >= LOOKED_AT; a++) {
        const struct rank_object *other = &m->objects[m->against[a]];
        float similarity = vector_dot_half(vector, rank_half(m, m->against[a]), m->dimension);
        object->against = fmaxf(object->against, similarity + margin_of(other->role));
    }
    free(vector);
}
