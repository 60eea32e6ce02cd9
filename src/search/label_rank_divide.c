// Tracks people disagree about: one of its objects is the thing and another is not, so the tracker went from one thing
// to another. Such a track is divided between a yes and a no where its looks change, as a sequence is into two parts of
// which each is most like itself (the two-segment case of Fisher, "On grouping for maximum homogeneity", 1958), or in
// the middle in time where they do not change.
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "search/label_rank_internal.h"
#include "vector_index/vector_kernels.h"

// What two parts must gain over the middle in time, for each object on them, to be believed. With 0.003 it is the same,
// and with 0.01 hardly worse, on made clips of seeds 1 and 3; with 0.001 worse at 5 frames/s (docs/labelling.md).
#define LOOKS_GAIN 0.006

static bool is_no(const struct rank_object *object)
{
    return object->role == ROLE_NEGATIVE || object->role == ROLE_OTHER;
}

bool rank_is_disputed(const struct label_model *m, const struct rank_object *object)
{
    for (size_t i = 0; i < m->dispute_count; i++) {
        if (rank_on_one_track(&m->objects[m->disputes[i]], object))
            return true;
    }
    return false;
}

static bool has_yes(const struct label_model *m, const struct rank_object *object)
{
    for (size_t i = 0; i < m->count; i++) {
        if (m->objects[i].role == ROLE_POSITIVE && rank_on_one_track(&m->objects[i], object))
            return true;
    }
    return false;
}

static void list_disputes(struct label_model *m)
{
    m->disputes = mem_realloc_array(m->disputes, m->count + 1, sizeof(*m->disputes));
    for (size_t i = 0; i < m->count; i++) {
        const struct rank_object *object = &m->objects[i];
        if (is_no(object) && object->track >= 0 && !rank_is_disputed(m, object) && has_yes(m, object))
            m->disputes[m->dispute_count++] = i;
    }
}

// ---- one track

struct track {
    const struct label_model *m;
    size_t *objects; // by frame
    size_t count;
};

static void list_track(const struct label_model *m, size_t of, struct track *track)
{
    *track = (struct track){.m = m, .objects = mem_calloc(m->count + 1, sizeof(*track->objects))};
    for (size_t i = 0; i < m->count; i++) {
        if (rank_on_one_track(&m->objects[of], &m->objects[m->by_id[i]]))
            track->objects[track->count++] = m->by_id[i];
    }
}

static const struct rank_object *object_of(const struct track *track, size_t at)
{
    return &track->m->objects[track->objects[at]];
}

static void add_vector(const struct track *track, size_t at, float *vector, float sign, float *sum)
{
    vector_from_half(rank_half(track->m, track->objects[at]), vector, track->m->dimension);
    for (size_t d = 0; d < track->m->dimension; d++)
        sum[d] += sign * vector[d];
}

static double length_of(const float *sum, size_t dimension)
{
    double square = 0;
    for (size_t d = 0; d < dimension; d++)
        square += (double)sum[d] * (double)sum[d];
    return sqrt(square);
}

// Where a track goes from one thing to another: after the example at `from` and not after the one at `to`, which say
// different things. `begin` to `end` is what is known to be of these two.
struct change {
    size_t begin, from, to, end;
};

// The first that is nearer to `to` in time. What is as far from the yes as from the no is with the no.
static size_t middle_of(const struct track *track, const struct change *change)
{
    int64_t first = object_of(track, change->from)->frame;
    int64_t last = object_of(track, change->to)->frame;
    bool begins_with_yes = !is_no(object_of(track, change->from));
    for (size_t at = change->from + 1; at < change->to; at++) {
        int64_t to_first = object_of(track, at)->frame - first;
        int64_t to_last = last - object_of(track, at)->frame;
        if (begins_with_yes ? to_last <= to_first : to_last < to_first)
            return at;
    }
    return change->to;
}

// The first of the second part. Vectors are of length one, so the sums of two parts are the longer the more each is
// like itself.
static size_t find_cut(const struct track *track, const struct change *change)
{
    size_t dimension = track->m->dimension;
    float *vector = mem_calloc(dimension, sizeof(*vector));
    float *left = mem_calloc(dimension, sizeof(*left));
    float *right = mem_calloc(dimension, sizeof(*right));
    size_t middle = middle_of(track, change);
    size_t best = middle;
    double most = -DBL_MAX;
    double usual = 0;
    for (size_t at = change->begin; at < change->end; at++)
        add_vector(track, at, vector, 1, at <= change->from ? left : right);
    for (size_t cut = change->from + 1; cut <= change->to; cut++) {
        double sum = length_of(left, dimension) + length_of(right, dimension);
        usual = cut == middle ? sum : usual;
        if (sum > most) {
            most = sum;
            best = cut;
        }
        add_vector(track, cut, vector, 1, left);
        add_vector(track, cut, vector, -1, right);
    }
    free(vector);
    free(left);
    free(right);
    return most - usual > LOOKS_GAIN * (double)(change->end - change->begin) ? best : middle;
}

static void add_part(struct label_model *m, const struct rank_object *first, int32_t frame, bool is_it)
{
    if ((m->part_count & (m->part_count - 1)) == 0)
        m->parts = mem_realloc_array(m->parts, m->part_count == 0 ? 1 : m->part_count * 2, sizeof(*m->parts));
    m->parts[m->part_count++] =
        (struct rank_part){.video = first->video, .track = first->track, .first = frame, .is_it = is_it};
}

static bool is_example(const struct rank_object *object)
{
    return object->role == ROLE_POSITIVE || is_no(object);
}

// The next example from `at` on that says the other thing, or the end.
static size_t next_other(const struct track *track, size_t at)
{
    bool no = is_no(object_of(track, at));
    while (at < track->count && (!is_example(object_of(track, at)) || is_no(object_of(track, at)) == no))
        at++;
    return at;
}

static void divide_track(struct label_model *m, size_t of)
{
    struct track track;
    size_t before = SIZE_MAX;
    size_t begin = 0;
    list_track(m, of, &track);
    for (size_t at = 0; at < track.count; at++) {
        const struct rank_object *object = object_of(&track, at);
        if (!is_example(object))
            continue;
        if (before == SIZE_MAX) {
            add_part(m, object, INT32_MIN, !is_no(object));
        } else if (is_no(object) != is_no(object_of(&track, before))) {
            const struct change change = {begin, before, at, next_other(&track, at)};
            begin = find_cut(&track, &change);
            add_part(m, object, object_of(&track, begin)->frame, !is_no(object));
        }
        before = at;
    }
    free(track.objects);
}

static bool is_elsewhere(const struct label_model *m, const struct rank_object *object)
{
    bool is_it = true;
    for (size_t i = 0; i < m->part_count; i++) {
        const struct rank_part *part = &m->parts[i];
        if (part->video == object->video && part->track == object->track && part->first <= object->frame)
            is_it = part->is_it;
    }
    return !is_it;
}

void rank_divide_mark(struct label_model *m, size_t from)
{
    for (size_t i = from; i < m->count && m->part_count > 0; i++) {
        struct rank_object *object = &m->objects[i];
        if (object->role == ROLE_FREE && object->track >= 0)
            object->is_elsewhere = is_elsewhere(m, object);
    }
}

enum err_code rank_divide(struct label_model *m, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    list_disputes(m);
    for (size_t i = 0; i < m->dispute_count && code == ERR_NONE; i++) {
        // Room stays for what is like the examples; of further tracks what is known serves.
        if (m->count < POOL_MAX / 2)
            code = rank_pool_track(m, m->disputes[i], cancel, err);
        if (code == ERR_NONE)
            divide_track(m, m->disputes[i]);
    }
    if (code == ERR_NONE)
        rank_divide_mark(m, 0);
    return code;
}
