// Groups: what of the pool was not taken for the thing, as the things it is itself, and how probable each of them is.
//
// Growth (label_rank_grow.c) takes what is surely the thing. What it leaves is judged by the group, because boxes that
// are joined through near frames or by a track are one thing, and because one of them seen from a better side speaks
// for all. The probability is a logistic regression on what a group has for and against it (Platt 1999), fitted on
// objects of known identity (docs/labelling.md). Most of it says is relative: how much nearer it is to the thing than
// to what is not the thing, and than to what is certainly not itself, its crowd. That is what verification of speakers
// calls cohort normalisation (Auckenthaler, Carey and Lloyd-Thomas, "Score normalization for text-independent speaker
// verification systems", 2000), and makes one rule fit labels whose look-alikes are near and labels that have none.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// An object's crowd is the k-th nearest of so many objects of the pool, those most like the thing, that are of another
// group and of another video or so many frames away.
#define CROWD_MAX 512
#define CROWD_RANK 5
#define CROWD_FRAMES 12
// What it is at least, however empty the project.
#define CROWD_LEAST 0.6f
// Groups that are taken at most, and their videos' objects looked at again.
#define SEEDS_MAX 16

// Similarities of things that have nothing to do with each other, margins beyond which more says nothing, and what
// being unlike the thing at other times is worth at most: where the regression was fitted and ends.
#define NOTHING_ALIKE 0.3f
#define MARGIN_LEAST -0.1f
#define MARGIN_MOST 0.3f
#define FAR_LEAST 0.5f
#define JUST_THEN_MOST 0.1f
// An object taken from near frames or from far is right with this logistic of its evidence.
#define TAKEN_BIAS 1.85f
#define TAKEN_SLOPE 25.8f
// However much it is like what it was taken from: a track nobody spoke about, on the way to it, may have gone from one
// thing to another. Of 27 identities of annotated clips, in the mean, this share.
#define CROSSED_MAX 0.93f
// The regression was fitted on all groups, and most are nothing like the thing. It is put right where it decides, on
// groups of other times that it gave a tenth or more: it was too modest there, the more so the more videos have
// examples. These show that the thing comes again, and in how many looks; more of them than this were not seen.
#define FAR_BIAS 0.16f
#define FAR_BIAS_VIDEOS 0.27f
#define FAR_SLOPE 1.15f
#define FAR_SLOPE_VIDEOS 0.47f
#define FAR_VIDEOS_MAX 5
// What is more like what is not the thing than like the thing is at most this probable.
#define REFUSED_MAX 0.2f
// What is too far to be looked at is less probable than this, in the order of similarity, and so is what is not the
// thing only if something was taken rightly. What is not the thing comes after all of it.
#define LEAST 0.0005f
#define REFUSED 0.01f
#define THRESHOLD_MIN 0.7f
#define THRESHOLD_MAX 0.99f

static bool is_free(const struct rank_object *object)
{
    return object->role == ROLE_FREE;
}

// ---- joining

// A pair of free objects that may be one thing.
struct pair {
    float similarity;
    uint32_t a, b;
};

struct joining {
    struct label_model *m;
    size_t *order; // free objects by video, frame and id
    size_t count;
    struct pair *pairs;
    size_t pair_count;
    // Groups while they are made: of each object of the order the next member, ascending, and the first and last one.
    uint32_t *next, *first, *last;
};

#define NONE UINT32_MAX

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    if (x->similarity != y->similarity)
        return (x->similarity < y->similarity) - (x->similarity > y->similarity);
    return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b > y->b) - (x->b < y->b);
}

static void add_pair(struct joining *j, size_t a, size_t b, float similarity)
{
    if ((j->pair_count & (j->pair_count - 1)) == 0)
        j->pairs = mem_realloc_array(j->pairs, j->pair_count == 0 ? 1 : j->pair_count * 2, sizeof(*j->pairs));
    j->pairs[j->pair_count++] = (struct pair){similarity, (uint32_t)a, (uint32_t)b};
}

// All free objects, by id: that is by video, then by frame.
static void list_free(struct joining *j)
{
    const struct label_model *m = j->m;
    j->order = mem_realloc_array(NULL, m->count + 1, sizeof(*j->order));
    for (size_t i = 0; i < m->count; i++) {
        if (is_free(&m->objects[m->by_id[i]]))
            j->order[j->count++] = m->by_id[i];
    }
    j->next = mem_realloc_array(NULL, j->count + 1, sizeof(*j->next));
    j->first = mem_realloc_array(NULL, j->count + 1, sizeof(*j->first));
    j->last = mem_realloc_array(NULL, j->count + 1, sizeof(*j->last));
    for (size_t i = 0; i < j->count; i++) {
        j->next[i] = NONE;
        j->first[i] = j->last[i] = (uint32_t)i;
    }
}

static void find_pairs(struct joining *j)
{
    const struct label_model *m = j->m;
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    for (size_t a = 0; a < j->count; a++) {
        const struct rank_object *one = &m->objects[j->order[a]];
        bool has_vector = false;
        for (size_t b = a + 1; b < j->count; b++) {
            const struct rank_object *two = &m->objects[j->order[b]];
            if (one->video != two->video || two->frame - one->frame > NEAR_FRAMES)
                break;
            if (!rank_may_be_chained(m, one, two) || one->is_elsewhere != two->is_elsewhere)
                continue;
            if (!has_vector)
                vector_from_half(rank_half(m, j->order[a]), vector, m->dimension);
            has_vector = true;
            float similarity = vector_dot_half(vector, rank_half(m, j->order[b]), m->dimension);
            if (similarity >= NEAR_THRESHOLD)
                add_pair(j, a, b, similarity);
        }
    }
    free(vector);
}

static bool share_a_frame(const struct joining *j, uint32_t a, uint32_t b)
{
    while (a != NONE && b != NONE) {
        const struct rank_object *one = &j->m->objects[j->order[a]];
        const struct rank_object *two = &j->m->objects[j->order[b]];
        if (rank_same_frame(one, two))
            return true;
        if (a < b)
            a = j->next[a];
        else
            b = j->next[b];
    }
    return false;
}

// Merges two ascending lists of members.
static void unite(struct joining *j, uint32_t a, uint32_t b)
{
    uint32_t head = a < b ? a : b;
    uint32_t tail = NONE;
    while (a != NONE || b != NONE) {
        uint32_t *from = b == NONE || (a != NONE && a < b) ? &a : &b;
        if (tail != NONE)
            j->next[tail] = *from;
        tail = *from;
        j->first[tail] = head;
        *from = j->next[*from];
    }
    j->next[tail] = NONE;
}

// What is of one track is one thing, wherever the next box is.
static void join_tracks(struct joining *j)
{
    struct label_model *m = j->m;
    for (size_t a = 0; a < j->count; a++) {
        const struct rank_object *one = &m->objects[j->order[a]];
        if (one->track < 0 || j->first[a] != a || rank_is_disputed(m, one))
            continue;
        for (size_t b = a + 1; b < j->count && m->objects[j->order[b]].video == one->video; b++) {
            if (m->objects[j->order[b]].track == one->track && j->first[b] == b)
                unite(j, (uint32_t)a, (uint32_t)b);
        }
    }
}

// The nearest first, and never two of one frame.
static void join_pairs(struct joining *j)
{
    find_pairs(j);
    if (j->pair_count > 0)
        qsort(j->pairs, j->pair_count, sizeof(*j->pairs), compare_pairs);
    for (size_t i = 0; i < j->pair_count; i++) {
        uint32_t a = j->first[j->pairs[i].a];
        uint32_t b = j->first[j->pairs[i].b];
        if (a != b && !share_a_frame(j, a, b))
            unite(j, a, b);
    }
}

static void make_groups(struct label_model *m)
{
    struct joining j = {.m = m};
    list_free(&j);
    join_tracks(&j);
    join_pairs(&j);
    free(m->groups);
    m->groups = mem_calloc(j.count + 1, sizeof(*m->groups));
    m->group_count = 0;
    for (size_t i = 0; i < m->count; i++)
        m->objects[i].group = -1;
    for (size_t i = 0; i < j.count; i++) {
        struct rank_object *object = &m->objects[j.order[i]];
        if (j.first[i] == i) {
            object->group = (int32_t)m->group_count;
            m->groups[m->group_count++] = (struct rank_group){.best = j.order[i], .count = 1};
            continue;
        }
        object->group = m->objects[j.order[j.first[i]]].group;
        struct rank_group *group = &m->groups[object->group];
        group->count++;
        if (object->nearest > m->objects[group->best].nearest)
            group->best = j.order[i];
    }
    free(j.order);
    free(j.pairs);
    free(j.next);
    free(j.first);
    free(j.last);
}

// ---- the crowd

static int compare_nearest(const void *a, const void *b)
{
    float x = ((const struct pair *)a)->similarity;
    float y = ((const struct pair *)b)->similarity;
    return x != y ? (x < y) - (x > y) : compare_pairs(a, b);
}

// What is not taken for the thing and most like it.
static void make_crowd(struct label_model *m)
{
    struct pair *sorted = mem_calloc(m->count + 1, sizeof(*sorted));
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++) {
        if (m->objects[i].role != ROLE_POSITIVE && m->objects[i].role != ROLE_TAKEN)
            sorted[count++] = (struct pair){.similarity = m->objects[i].nearest, .a = (uint32_t)i};
    }
    qsort(sorted, count, sizeof(*sorted), compare_nearest);
    struct rank_crowd *crowd = &m->crowd;
    crowd->count = count < CROWD_MAX ? count : CROWD_MAX;
    crowd->code_size = vector_code_size(m->dimension);
    crowd->objects = mem_realloc_array(crowd->objects, crowd->count + 1, sizeof(*crowd->objects));
    free(crowd->codes);
    crowd->codes = mem_calloc(crowd->count + 1, crowd->code_size);
    for (size_t i = 0; i < crowd->count; i++) {
        crowd->objects[i] = sorted[i].a;
        vector_from_half(rank_half(m, sorted[i].a), m->scratch, m->dimension);
        vector_code_make(m->scratch, m->dimension, (char *)crowd->codes + i * crowd->code_size);
    }
    free(sorted);
}

static bool may_be_itself(const struct rank_object *a, const struct rank_object *b)
{
    return (a->group >= 0 && a->group == b->group) || strcmp(a->id, b->id) == 0 ||
        (a->video == b->video && abs(a->frame - b->frame) <= CROWD_FRAMES);
}

static float similarity_to_crowd(const struct label_model *m, const struct rank_object *object, const uint16_t *half)
{
    const struct rank_crowd *crowd = &m->crowd;
    float best[CROWD_RANK];
    size_t count = 0;
    float *vector = mem_calloc(m->dimension, sizeof(*vector));
    void *code = mem_calloc(1, crowd->code_size);
    vector_from_half(half, vector, m->dimension);
    vector_code_make(vector, m->dimension, code);
    for (size_t i = 0; i < crowd->count; i++) {
        if (may_be_itself(object, &m->objects[crowd->objects[i]]))
            continue;
        float similarity =
            vector_code_cosine(code, (const char *)crowd->codes + i * crowd->code_size, crowd->code_size);
        size_t at = count < CROWD_RANK ? count : CROWD_RANK - 1;
        if (count >= CROWD_RANK && similarity <= best[at])
            continue;
        for (; at > 0 && best[at - 1] < similarity; at--)
            best[at] = best[at - 1];
        best[at] = similarity;
        count += count < CROWD_RANK;
    }
    free(code);
    free(vector);
    return count < CROWD_RANK ? CROWD_UNKNOWN : fmaxf(best[CROWD_RANK - 1], CROWD_LEAST);
}

// ---- the probability

static float least_probability(const struct rank_object *object)
{
    return LEAST * (1 + object->similarity) / 2;
}

// A group's evidence, on the scales of the regression.
struct evidence {
    float margin;  // how much more it is like the thing than like what is not
    float refused; // as far as it is less
    float apart;   // how much more it is like the thing than others that are certainly not it are like the group
    float size;
};

static struct evidence evidence_of(const struct rank_features *f)
{
    float margin = f->nearest - fmaxf(f->against, NOTHING_ALIKE);
    return (struct evidence){.margin = fmaxf(fminf(margin, MARGIN_MOST), MARGIN_LEAST),
        .refused = fminf(margin, 0),
        .apart = f->nearest - f->crowd,
        .size = logf((float)f->count)};
}

// A group of the frames next to the thing's own is another question than one of another time: it may go on where the
// thing was lost, and then it looks more like the thing as it was just then than as it was at other times.
static float logit_of_near(const struct rank_features *f)
{
    struct evidence e = evidence_of(f);
    return -0.7f + 13.4f * f->near - 10.7f * fmaxf(f->far, FAR_LEAST) + 1.5f * e.apart + 11.8f * e.margin +
        16.8f * e.refused - 0.6f * e.size;
}

// With a track of its own it is a third one. The tracker, which saw where the boxes are, held it for another thing, and
// mostly it is one; the more so the longer it was followed.
static float logit_of_near_track(const struct rank_features *f)
{
    struct evidence e = evidence_of(f);
    float just_then = fminf(f->near - fmaxf(f->far, FAR_LEAST), JUST_THEN_MOST);
    return -3.72f + 4.95f * f->near + 5.71f * just_then + 10.35f * e.margin + 11.9f * e.refused - 1.0f * e.size;
}

static float logit_of_far(const struct label_model *m, const struct rank_features *f)
{
    struct evidence e = evidence_of(f);
    float examples = logf((float)m->info.positives);
    return -13.9f + 9.7f * f->nearest + 6.2f * fmaxf(f->across, NOTHING_ALIKE) + 14.2f * e.apart + 3.4f * e.margin +
        6.4f * e.refused - 0.32f * e.size - 0.61f * examples - (f->is_track ? 1.0f - 0.13f * e.size : 0);
}

static float logistic(float logit)
{
    return 1 / (1 + expf(-logit));
}

static float probability_of(const struct label_model *m, const struct rank_features *f)
{
    if (f->near >= 0)
        return logistic((f->is_track ? logit_of_near_track(f) : logit_of_near(f)) + f->linear);
    float logit = logit_of_far(m, f) + f->linear;
    float videos = logf(fminf((float)m->positive_videos, FAR_VIDEOS_MAX));
    return logistic(FAR_BIAS + FAR_BIAS_VIDEOS * videos + (FAR_SLOPE + FAR_SLOPE_VIDEOS * videos) * logit);
}

static float refused(float probability)
{
    return fminf(probability, REFUSED_MAX);
}

// The best of the members in each respect.
static void gather(struct label_model *m)
{
    for (size_t g = 0; g < m->group_count; g++) {
        const struct rank_object *best = &m->objects[m->groups[g].best];
        m->groups[g].features = (struct rank_features){.similarity = -1,
            .nearest = best->nearest,
            .near = -1,
            .far = -1,
            .across = -1,
            .against = best->against,
            .crowd = CROWD_UNKNOWN,
            .count = m->groups[g].count,
            .is_track = best->track >= 0};
    }
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        if (object->group < 0)
            continue;
        struct rank_features *f = &m->groups[object->group].features;
        f->near = fmaxf(f->near, object->near);
        f->far = fmaxf(f->far, object->far);
        f->across = fmaxf(f->across, object->across);
        f->similarity = fmaxf(f->similarity, object->similarity);
    }
}

static void judge_groups(struct label_model *m)
{
    gather(m);
    for (size_t g = 0; g < m->group_count; g++) {
        struct rank_group *group = &m->groups[g];
        struct rank_features *f = &group->features;
        const struct rank_object *best = &m->objects[group->best];
        if (f->nearest < LOOKED_AT)
            continue;
        rank_look_against(m, group->best);
        f->against = best->against;
        f->crowd = similarity_to_crowd(m, best, rank_half(m, group->best));
        f->linear = rank_linear_logit(m, rank_half(m, group->best));
        group->probability = probability_of(m, f);
        if (f->nearest < f->against || best->is_elsewhere)
            group->probability = refused(group->probability);
    }
}

// ---- taking groups

// Those that are surely the thing, the surest first, no two of which share a frame with another.
static size_t choose_seeds(const struct label_model *m, size_t seeds[SEEDS_MAX])
{
    size_t count = 0;
    for (size_t g = 0; g < m->group_count; g++) {
        if (m->groups[g].probability < LABEL_LIKELY_MIN)
            continue;
        size_t at = count < SEEDS_MAX ? count : SEEDS_MAX - 1;
        if (count == SEEDS_MAX && m->groups[seeds[at]].probability >= m->groups[g].probability)
            continue;
        while (at > 0 && m->groups[seeds[at - 1]].probability < m->groups[g].probability) {
            seeds[at] = seeds[at - 1];
            at--;
        }
        seeds[at] = g;
        count += count < SEEDS_MAX;
    }
    return count;
}

static enum err_code take_seeds(
    struct label_model *m, const size_t *seeds, size_t seed_count, struct cancel *cancel, struct err *err)
{
    size_t objects[SEEDS_MAX];
    float trusts[SEEDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < seed_count; i++) {
        objects[count] = m->groups[seeds[i]].best;
        trusts[count++] = m->groups[seeds[i]].probability;
    }
    return rank_take_seeds(m, objects, trusts, count, cancel, err);
}

// How alike a single box of another time must be to be taken, where the thing's surroundings are as they are here.
static void learn_threshold(struct label_model *m)
{
    struct rank_features f = {.near = -1, .crowd = CROWD_UNKNOWN, .against = -1, .count = 1};
    float nearest = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        if (object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER || object->role == ROLE_MATE)
            f.against = fmaxf(f.against, object->similarity);
        if (object->group >= 0 && object->nearest > nearest &&
            m->groups[object->group].probability < LABEL_LIKELY_MIN) {
            nearest = object->nearest;
            f.crowd = similarity_to_crowd(m, object, rank_half(m, i));
        }
    }
    float low = THRESHOLD_MIN;
    float high = THRESHOLD_MAX;
    while (high - low > 0.001f) {
        float middle = (low + high) / 2;
        f.nearest = f.far = f.across = middle;
        if (probability_of(m, &f) < LABEL_LIKELY_MIN)
            low = middle;
        else
            high = middle;
    }
    m->info.threshold = high;
}

static size_t count_positive_videos(const struct label_model *m)
{
    size_t count = 0;
    for (size_t i = 0; i < m->count; i++) {
        bool is_new = m->objects[i].role == ROLE_POSITIVE;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = m->objects[j].role != ROLE_POSITIVE || m->objects[j].video != m->objects[i].video;
        count += is_new;
    }
    return count;
}

static void judge_all(struct label_model *m)
{
    make_groups(m);
    make_crowd(m);
    judge_groups(m);
}

enum err_code rank_group(struct label_model *m, struct cancel *cancel, struct err *err)
{
    size_t seeds[SEEDS_MAX];
    enum err_code code = cancel_check(cancel, err);
    if (code != ERR_NONE)
        return code;
    m->positive_videos = count_positive_videos(m);
    judge_all(m);
    size_t seed_count = choose_seeds(m, seeds);
    if (seed_count > 0) {
        code = take_seeds(m, seeds, seed_count, cancel, err);
        if (code == ERR_NONE)
            judge_all(m);
    }
    for (size_t i = 0; i < m->count && code == ERR_NONE; i++) {
        if (m->objects[i].role == ROLE_TAKEN)
            rank_look_against(m, i);
    }
    if (code == ERR_NONE)
        learn_threshold(m);
    return code;
}

static float probability_of_taken(const struct rank_object *object)
{
    float probability = object->trust < 1 ? object->trust : logistic(TAKEN_BIAS + TAKEN_SLOPE * object->evidence);
    if (object->has_crossed)
        probability = fminf(probability, CROSSED_MAX);
    return object->nearest < object->against ? refused(probability) : probability;
}

struct rank_verdict rank_verdict(const struct label_model *m, const struct rank_object *object, const uint16_t *half)
{
    float least = least_probability(object);
    struct rank_features alone = {.similarity = object->similarity,
        .nearest = object->nearest,
        .near = object->near,
        .far = object->far,
        .across = object->across,
        .against = object->against,
        .crowd = CROWD_UNKNOWN,
        .count = 1,
        .is_track = object->track >= 0};
    if (object->role == ROLE_POSITIVE)
        return (struct rank_verdict){1, rank_order(object, &alone, 1)};
    if (object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER || object->role == ROLE_MATE) {
        float probability = object->is_doubted && object->role == ROLE_MATE ? least : REFUSED * least;
        return (struct rank_verdict){probability, rank_order(object, &alone, probability)};
    }
    const struct rank_features *features = &alone;
    float probability = least;
    if (object->group >= 0) {
        features = &m->groups[object->group].features;
        probability = fmaxf(m->groups[object->group].probability, least);
    } else if (object->role == ROLE_TAKEN || object->evidence >= 0) {
        probability = probability_of_taken(object);
    } else if (object->nearest >= LOOKED_AT && half != NULL) {
        alone.crowd = similarity_to_crowd(m, object, half);
        alone.linear = rank_linear_logit(m, half);
        probability = probability_of(m, &alone);
        if (object->nearest < object->against)
            probability = refused(probability);
        probability = fmaxf(probability, least);
    }
    return (struct rank_verdict){probability, rank_order(object, features, probability)};
}
