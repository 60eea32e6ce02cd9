// Label ranking's heart: from the examples through their near frames to everything that is the same thing.
//
// The best unasserted object is taken for the thing, one at a time, and then speaks for it too (self-training: Yarowsky
// 1995; single-linkage growth of a cluster from seeds). What keeps it from drifting: an object of a frame in which the
// thing was already found is not the thing and speaks against; what is nearer to those is refused; and from far, a
// taken object convinces only what is nearly identical to it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// A taken object that is this similar to one that pulls from far would find nothing new.
#define FAR_ANCHOR_ALIKE 0.97f

static bool is_the_thing(const struct rank_object *object)
{
    return object->role == ROLE_POSITIVE || object->role == ROLE_TAKEN;
}

static bool is_not_the_thing(const struct rank_object *object)
{
    return object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER || object->role == ROLE_MATE;
}

static bool same_frame(const struct rank_object *a, const struct rank_object *b)
{
    return a->video == b->video && a->frame == b->frame;
}

// A kind of thing is in many places of one frame and of the next: nearness in time says nothing.
static bool near_in_time(const struct label_model *m, const struct rank_object *a, const struct rank_object *b)
{
    return !m->info.kind && a->video == b->video && a->frame != b->frame && abs(a->frame - b->frame) <= NEAR_FRAMES;
}

static bool same_track(const struct rank_object *a, const struct rank_object *b)
{
    return a->track >= 0 && a->track == b->track && a->video == b->video;
}

static float threshold_between(
    const struct label_model *m, const struct rank_object *anchor, const struct rank_object *object)
{
    if (same_track(anchor, object))
        return TRACK_THRESHOLD;
    return near_in_time(m, anchor, object) ? NEAR_THRESHOLD : fmaxf(FAR_THRESHOLD_TAKEN, m->info.threshold);
}

static float margin_of(enum rank_role role)
{
    return role == ROLE_OTHER ? MARGIN_OTHER : MARGIN;
}

// How far above its threshold an object is by its best anchor. What positives say from far is not in `evidence`,
// because the threshold for it is still being learnt.
static float best_evidence(const struct label_model *m, const struct rank_object *object)
{
    return fmaxf(object->evidence, fmaxf(object->similarity - m->info.threshold, object->across - m->threshold_across));
}

float rank_evidence(const struct label_model *m, const struct rank_object *object)
{
    if (object->role == ROLE_POSITIVE)
        return 1 - m->info.threshold;
    float evidence = best_evidence(m, object);
    float margin = object->nearest - object->against;
    // Below the margin the score falls from just under the threshold, so that what is rejected ranks last.
    if (margin < 0)
        evidence = fminf(evidence, -CONFIDENCE_SCALE) + margin;
    if (object->role == ROLE_NEGATIVE || object->role == ROLE_MATE)
        evidence = fminf(evidence, -3 * CONFIDENCE_SCALE);
    return evidence;
}

// Which of the groups of positives an object belongs to; groups that near frames join become one.
static void join(struct label_model *m, uint16_t a, uint16_t b)
{
    uint16_t low = a < b ? a : b;
    uint16_t high = a < b ? b : a;
    for (size_t i = 0; i < m->count && low != high; i++) {
        if (m->objects[i].component == high)
            m->objects[i].component = low;
    }
}

// Two boxes around one thing, or two things that are alike? Whoever knows the boxes is asked.
static enum err_code is_mate(
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

static void speak_against(struct label_model *m, size_t i)
{
    m->against[m->against_count++] = i;
}

static void hear_anchor(
    const struct label_model *m, const struct rank_object *anchor, struct rank_object *object, float similarity)
{
    object->nearest = fmaxf(object->nearest, similarity);
    if (anchor->role == ROLE_POSITIVE)
        object->similarity = fmaxf(object->similarity, similarity);
    if (anchor->role == ROLE_POSITIVE && anchor->video != object->video)
        object->across = fmaxf(object->across, similarity);
    if (anchor->role != ROLE_POSITIVE || near_in_time(m, anchor, object) || same_track(anchor, object))
        object->evidence = fmaxf(object->evidence, similarity - threshold_between(m, anchor, object));
}

// Lets anchor `i` speak for the objects from `from` on.
static enum err_code apply_anchor(struct label_model *m, size_t i, size_t from, struct err *err)
{
    struct rank_object *anchor = &m->objects[i];
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    enum err_code code = ERR_NONE;
    vector_from_half(rank_half(m, i), vector, m->dimension);
    for (size_t j = from; j < m->count && code == ERR_NONE; j++) {
        struct rank_object *object = &m->objects[j];
        bool in_frame = same_frame(anchor, object);
        bool near_frame = near_in_time(m, anchor, object);
        if (j == i || (!anchor->far_anchor && !near_frame && !in_frame && !same_track(anchor, object)))
            continue;
        float similarity = vector_dot_half(vector, rank_half(m, j), m->dimension);
        float before = best_evidence(m, object);
        hear_anchor(m, anchor, object, similarity);
        if (is_the_thing(object) && near_frame && similarity >= NEAR_THRESHOLD)
            join(m, anchor->component, object->component);
        else if (!is_the_thing(object) && best_evidence(m, object) > before)
            object->component = anchor->component;
        if (in_frame && object->role == ROLE_FREE && !m->info.kind) {
            bool mate = similarity < SAME_BOX;
            if (!mate)
                code = is_mate(m, anchor, object->id, &mate, err);
            if (mate) {
                object->role = ROLE_MATE;
                speak_against(m, j);
            }
        }
    }
    free(vector);
    return code;
}

// Compares an object with what is not the thing and was not looked at for it yet.
static void look_against(struct label_model *m, size_t i)
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
        float most = 0;
        for (size_t i = 0; i < m->count; i++) {
            const struct rank_object *object = &m->objects[i];
            float evidence = best_evidence(m, object);
            if (object->role != ROLE_FREE || evidence < 0 || object->refused_at >= object->nearest)
                continue;
            if (best == SIZE_MAX || evidence > most ||
                (evidence == most && strcmp(object->id, m->objects[best].id) < 0)) {
                best = i;
                most = evidence;
            }
        }
        if (best == SIZE_MAX)
            return best;
        look_against(m, best);
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
        (m->far_count < FAR_ANCHORS_MAX && object->nearest < FAR_ANCHOR_ALIKE && !m->info.kind);
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
        bool speaks = m->objects[best].evidence >= 0 || m->objects[best].similarity >= FAR_THRESHOLD;
        m->objects[best].role = ROLE_TAKEN;
        code = cancel_check(cancel, err);
        if (!speaks)
            continue;
        add_anchor(m, best);
        if (code == ERR_NONE)
            code = apply_anchor(m, best, 0, err);
    }
    return code;
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x > y) - (x < y);
}

// How near to each other are positives of different moments? For each, the nearest that near frames do not join with
// it; the median of those. 1 where there are none.
static float spread_of_positives(const struct label_model *m)
{
    float *nearest = mem_realloc_array(NULL, LABEL_FIT_MAX, sizeof(*nearest));
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    size_t count = 0;
    for (size_t a = 0; a < m->info.positives; a++) {
        const struct rank_object *one = &m->objects[m->anchors[a]];
        float best = -1;
        vector_from_half(rank_half(m, m->anchors[a]), vector, m->dimension);
        for (size_t b = 0; b < m->info.positives; b++) {
            const struct rank_object *two = &m->objects[m->anchors[b]];
            if (a == b || (one->component == two->component && !m->info.kind))
                continue;
            float similarity = vector_dot_half(vector, rank_half(m, m->anchors[b]), m->dimension);
            bool alone = one->video != two->video || m->info.kind;
            best = fmaxf(best, alone ? similarity : fmaxf(similarity, FAR_THRESHOLD_MIN_VIDEO));
        }
        if (best > -1)
            nearest[count++] = best;
    }
    float spread = 1;
    if (count > 0) {
        qsort(nearest, count, sizeof(*nearest), ascending);
        spread = nearest[count / 2];
    }
    free(vector);
    free(nearest);
    return spread;
}

// The thresholds from far: lower where the positives themselves differ, higher where what is not the thing comes near.
static void learn_threshold(struct label_model *m, bool may_lower)
{
    float base = FAR_THRESHOLD + FAR_THRESHOLD_DOUBLING * log2f((float)m->info.positives);
    float threshold = may_lower ? fminf(base, fmaxf(spread_of_positives(m), FAR_THRESHOLD_MIN)) : base;
    float across = threshold - FAR_THRESHOLD + FAR_THRESHOLD_ACROSS;
    across = fmaxf(across, fminf(threshold, FAR_THRESHOLD_ACROSS));
    for (size_t a = 0; a < m->against_count; a++) {
        const struct rank_object *object = &m->objects[m->against[a]];
        threshold = fmaxf(threshold, object->similarity + margin_of(object->role));
        across = fmaxf(across, object->across + margin_of(object->role));
    }
    m->info.threshold = fminf(threshold, FAR_THRESHOLD_MAX);
    m->threshold_across = fminf(m->info.threshold, across);
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
    for (size_t a = 0; a < m->anchor_count && code == ERR_NONE; a++) {
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = apply_anchor(m, m->anchors[a], from, err);
    }
    return code;
}

enum err_code rank_grow(struct label_model *m, struct cancel *cancel, struct err *err)
{
    size_t most = POOL_MAX;
    m->anchors = mem_realloc_array(NULL, most, sizeof(*m->anchors));
    m->against = mem_realloc_array(NULL, most, sizeof(*m->against));
    learn_threshold(m, false);
    for (size_t i = 0; i < m->count; i++) {
        if (m->objects[i].role == ROLE_POSITIVE) {
            m->objects[i].component = (uint16_t)m->anchor_count;
            add_anchor(m, i);
        } else if (is_not_the_thing(&m->objects[i])) {
            speak_against(m, i);
        }
    }

    size_t asked[LABEL_REPRESENTATIVES_MAX];
    size_t ask_count = rank_farthest(m, ROLE_POSITIVE, LABEL_REPRESENTATIVES_MAX, NEIGHBOURS_ALIKE, asked);
    enum err_code code = ERR_NONE;
    size_t known = 0;
    for (int round = 0; round < POOL_ROUNDS && ask_count > 0 && code == ERR_NONE; round++) {
        for (size_t i = 0; i < ask_count && code == ERR_NONE; i++)
            code = rank_pool_around(m, asked[i], cancel, err);
        if (code == ERR_NONE)
            code = apply_to_new(m, known, cancel, err);
        known = m->count;
        if (code == ERR_NONE && round == 0)
            learn_threshold(m, false);
        if (code == ERR_NONE)
            code = take_all(m, cancel, err);
        if (code == ERR_NONE) {
            learn_threshold(m, true);
            code = take_all(m, cancel, err);
        }
        ask_count = m->info.kind ? 0 : choose_to_ask(m, asked);
    }
    for (size_t i = 0; i < m->count && code == ERR_NONE; i++) {
        if (best_evidence(m, &m->objects[i]) > -FAR_BELOW)
            look_against(m, i);
    }
    return code;
}

void rank_judge(const struct label_model *m, struct rank_object *object, const uint16_t *half)
{
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    vector_from_half(half, vector, m->dimension);
    for (size_t a = 0; a < m->anchor_count; a++) {
        const struct rank_object *anchor = &m->objects[m->anchors[a]];
        bool in_frame = same_frame(anchor, object);
        if (!anchor->far_anchor && !near_in_time(m, anchor, object) && !in_frame && !same_track(anchor, object))
            continue;
        float similarity = vector_dot_half(vector, rank_half(m, m->anchors[a]), m->dimension);
        hear_anchor(m, anchor, object, similarity);
        if (in_frame && similarity < SAME_BOX && !m->info.kind)
            object->role = ROLE_MATE;
    }
    for (size_t a = 0; a < m->against_count && best_evidence(m, object) > -FAR_BELOW; a++) {
        const struct rank_object *other = &m->objects[m->against[a]];
        float similarity = vector_dot_half(vector, rank_half(m, m->against[a]), m->dimension);
        object->against = fmaxf(object->against, similarity + margin_of(other->role));
    }
    free(vector);
}
