#include "search/label_mistakes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "vector_index/vector_kernels.h"

// How alike two objects must be to be taken for one thing: followed from one to the other, in the next frames, at
// another time of the video, in another video; and at which distance from that it is 0.73 sure. The first two as label
// ranking has them (label_rank_internal.h).
#define SAME_TRACK 0.50f
#define SAME_NEAR 0.80f
#define SAME_VIDEO 0.92f
#define SAME_ACROSS 0.90f
#define NEAR_FRAMES 3
#define SCALE 0.03f
// Farther below it is not worth a look.
#define FLOOR_BELOW 0.12f
// Where the label's object stands elsewhere in the frame, this one is it in one of so many cases.
#define IN_FRAME 0.1f
// A label names a kind of thing if more of its objects than this share a frame with another one of it: fewer may be
// mistakes.
#define KIND_SHARE 0.3f
// Yeses that a no is judged by, at least.
#define YESES_MIN 2

const char *mistake_reason_name(enum mistake_reason reason)
{
    static const char *const names[] = {"other_label", "like_no", "like_yes"};
    return (size_t)reason < sizeof(names) / sizeof(names[0]) ? names[reason] : "unknown";
}

struct work {
    const struct mistake_assertion *said;
    size_t count;
    const uint16_t *halves;
    size_t dimension;
    float *vector; // of the one that is compared
    // Assertions by object, and of each the range of its frame in it.
    struct place *places;
    size_t *frame_first, *frame_end;
    size_t *unit_size; // by unit
    size_t label_count;
    size_t *yeses;      // by label
    bool *is_kind;      // by label
    float *own, *other; // of each assertion: how surely it is taken for what agrees and what does not
    struct mistake *out;
};

// An assertion in an order.
struct place {
    int64_t group, sub; // compared first
    struct label_key key;
    size_t at;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->key.video != y->key.video)
        return x->key.video < y->key.video ? -1 : 1;
    if (x->sub != y->sub)
        return x->sub < y->sub ? -1 : 1;
    return (x->key.place > y->key.place) - (x->key.place < y->key.place);
}

static float similarity(const struct work *w, size_t to)
{
    return vector_dot_half(w->vector, w->halves + to * w->dimension, w->dimension);
}

static void compare_from(const struct work *w, size_t from)
{
    vector_from_half(w->halves + from * w->dimension, w->vector, w->dimension);
}

static bool same_object(struct label_key a, struct label_key b)
{
    return a.video == b.video && a.place == b.place;
}

static int32_t frames_between(struct label_key a, struct label_key b)
{
    return abs(label_key_frame(a) - label_key_frame(b));
}

// ---- who shares a frame

static void find_frames(struct work *w)
{
    for (size_t i = 0; i < w->count; i++)
        w->places[i] = (struct place){.key = w->said[i].key, .at = i};
    qsort(w->places, w->count, sizeof(*w->places), compare_places);
    for (size_t first = 0; first < w->count;) {
        struct label_key key = w->places[first].key;
        size_t end = first;
        while (end < w->count && w->places[end].key.video == key.video && frames_between(w->places[end].key, key) == 0)
            end++;
        for (size_t i = first; i < end; i++) {
            w->frame_first[w->places[i].at] = first;
            w->frame_end[w->places[i].at] = end;
        }
        first = end;
    }
}

// Whether another object of the frame of `i` carries the label.
static bool is_elsewhere(const struct work *w, size_t i, int32_t label)
{
    for (size_t at = w->frame_first[i]; at < w->frame_end[i] && !w->is_kind[label]; at++) {
        const struct mistake_assertion *mate = &w->said[w->places[at].at];
        if (!mate->is_no && mate->label == label && !same_object(mate->key, w->said[i].key))
            return true;
    }
    return false;
}

static void find_kinds(struct work *w)
{
    size_t *shared = mem_calloc(w->label_count, sizeof(*shared));
    for (size_t i = 0; i < w->count; i++) {
        if (w->said[i].is_no)
            continue;
        w->yeses[w->said[i].label]++;
        shared[w->said[i].label] += is_elsewhere(w, i, w->said[i].label);
    }
    for (size_t l = 0; l < w->label_count; l++)
        w->is_kind[l] = (float)shared[l] > KIND_SHARE * (float)w->yeses[l];
    free(shared);
}

// ---- units: disjoint sets (Tarjan 1975), the smallest member's number as the name

static size_t unit_of(struct work *w, size_t i)
{
    while (w->out[i].unit != i) {
        w->out[i].unit = w->out[w->out[i].unit].unit;
        i = w->out[i].unit;
    }
    return i;
}

static void join(struct work *w, size_t a, size_t b)
{
    a = unit_of(w, a);
    b = unit_of(w, b);
    w->out[a > b ? a : b].unit = a < b ? a : b;
}

static int64_t group_of(const struct mistake_assertion *said)
{
    return 2 * (int64_t)said->label + said->is_no;
}

// In the next frames, and alike.
static void join_near(struct work *w, struct place *order)
{
    for (size_t i = 0; i < w->count; i++)
        order[i] = (struct place){.group = group_of(&w->said[i]), .key = w->said[i].key, .at = i};
    qsort(order, w->count, sizeof(*order), compare_places);
    for (size_t i = 0; i < w->count; i++) {
        bool is_loaded = false;
        for (size_t k = i + 1; k < w->count && order[k].group == order[i].group &&
             order[k].key.video == order[i].key.video && frames_between(order[k].key, order[i].key) <= NEAR_FRAMES;
             k++) {
            if (frames_between(order[k].key, order[i].key) == 0 || unit_of(w, order[i].at) == unit_of(w, order[k].at))
                continue;
            if (!is_loaded)
                compare_from(w, order[i].at);
            is_loaded = true;
            if (similarity(w, order[k].at) >= SAME_NEAR)
                join(w, order[i].at, order[k].at);
        }
    }
}

static void join_tracks(struct work *w, struct place *order)
{
    for (size_t i = 0; i < w->count; i++)
        order[i] =
            (struct place){.group = group_of(&w->said[i]), .sub = w->said[i].track, .key = w->said[i].key, .at = i};
    qsort(order, w->count, sizeof(*order), compare_places);
    for (size_t i = 1; i < w->count; i++) {
        if (order[i].sub >= 0 && order[i].sub == order[i - 1].sub && order[i].group == order[i - 1].group &&
            order[i].key.video == order[i - 1].key.video)
            join(w, order[i - 1].at, order[i].at);
    }
}

static void find_units(struct work *w)
{
    struct place *order = mem_calloc(w->count, sizeof(*order));
    for (size_t i = 0; i < w->count; i++)
        w->out[i] = (struct mistake){.unit = i, .own = SIZE_MAX, .other = SIZE_MAX};
    join_tracks(w, order);
    join_near(w, order);
    free(order);
    for (size_t i = 0; i < w->count; i++) {
        w->out[i].unit = unit_of(w, i);
        w->unit_size[w->out[i].unit]++;
    }
}

// ---- evidence

// How surely two objects are the same thing. With `follows` what is alike in the next frames is it.
static float sureness(const struct mistake_assertion *a, const struct mistake_assertion *b, float alike, bool follows)
{
    float least = SAME_ACROSS;
    if (a->key.video == b->key.video) {
        int32_t frames = frames_between(a->key, b->key);
        if (frames == 0)
            return 0;
        least = SAME_VIDEO;
        if (a->track >= 0 && a->track == b->track)
            least = SAME_TRACK;
        else if (frames <= NEAR_FRAMES && follows)
            least = SAME_NEAR;
    }
    return alike < least - FLOOR_BELOW ? 0 : 1 / (1 + expf((least - alike) / SCALE));
}

static void agree(struct work *w, size_t i, size_t with, float sure, float alike)
{
    if (sure <= w->own[i])
        return;
    w->own[i] = sure;
    w->out[i].own = with;
    w->out[i].own_similarity = alike;
}

// The larger unit is believed.
static void disagree(struct work *w, size_t i, size_t with, float sure, float alike, enum mistake_reason reason)
{
    float against = (float)w->unit_size[w->out[with].unit];
    float all = against + (float)w->unit_size[w->out[i].unit];
    sure *= fminf(1, 2 * against / all);
    if (sure <= w->other[i])
        return;
    w->other[i] = sure;
    w->out[i].other = with;
    w->out[i].other_similarity = alike;
    w->out[i].reason = reason;
}

// What `j` says of `i`. A no says nothing about where a thing went: what follows a look-alike may be the thing.
static void weigh(struct work *w, size_t i, size_t j, float sure, float alike)
{
    const struct mistake_assertion *a = &w->said[i];
    const struct mistake_assertion *b = &w->said[j];
    bool same_label = a->label == b->label;
    bool same_unit = w->out[i].unit == w->out[j].unit;
    if (!a->is_no && !b->is_no && same_label && !same_unit)
        agree(w, i, j, is_elsewhere(w, i, a->label) ? sure * IN_FRAME : sure, alike);
    else if (!a->is_no && !b->is_no && !same_label)
        disagree(w, i, j, is_elsewhere(w, i, b->label) ? sure * IN_FRAME : sure, alike, MISTAKE_OTHER_LABEL);
    else if (!a->is_no && b->is_no && same_label && !is_elsewhere(w, j, b->label))
        disagree(w, i, j, sureness(a, b, alike, false), alike, MISTAKE_LIKE_NO);
    else if (a->is_no && !b->is_no && same_label)
        disagree(w, i, j, is_elsewhere(w, i, b->label) ? sure * IN_FRAME : sure, alike, MISTAKE_LIKE_YES);
    else if (a->is_no && ((!b->is_no && !same_label) || (b->is_no && same_label && !same_unit)))
        agree(w, i, j, sure, alike);
}

static void compare(struct work *w, size_t i, size_t j)
{
    const struct mistake_assertion *a = &w->said[i];
    const struct mistake_assertion *b = &w->said[j];
    if (same_object(a->key, b->key)) {
        // It carries another label: so it is not this.
        if (a->is_no && !b->is_no)
            agree(w, i, j, 1, 1);
        if (b->is_no && !a->is_no)
            agree(w, j, i, 1, 1);
        return;
    }
    float alike = similarity(w, j);
    float sure = alike < SAME_TRACK - FLOOR_BELOW ? 0 : sureness(a, b, alike, true);
    if (sure > 0) {
        weigh(w, i, j, sure, alike);
        weigh(w, j, i, sure, alike);
    }
}

static enum err_code compare_all(struct work *w, struct cancel *cancel, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < w->count && code == ERR_NONE; i++) {
        code = cancel_check(cancel, err);
        compare_from(w, i);
        for (size_t j = i + 1; j < w->count && code == ERR_NONE; j++)
            compare(w, i, j);
    }
    return code;
}

// ---- verdicts

static bool can_be_judged(const struct work *w, size_t i)
{
    size_t yeses = w->yeses[w->said[i].label];
    return w->said[i].is_no ? yeses >= YESES_MIN : yeses > w->unit_size[w->out[i].unit];
}

// A unit agrees as surely as its best, and disagrees as surely as it does on average.
static void judge(struct work *w)
{
    float *own = mem_calloc(w->count, sizeof(*own));
    float *other = mem_calloc(w->count, sizeof(*other));
    for (size_t i = 0; i < w->count; i++) {
        size_t unit = w->out[i].unit;
        own[unit] = fmaxf(own[unit], w->own[i]);
        other[unit] += w->other[i] / (float)w->unit_size[unit];
    }
    for (size_t i = 0; i < w->count; i++) {
        size_t unit = w->out[i].unit;
        w->out[i].score = can_be_judged(w, i) && w->out[i].other != SIZE_MAX ? other[unit] * (1 - own[unit]) : 0;
    }
    free(own);
    free(other);
}

enum err_code label_mistakes_find(const struct mistake_assertion *assertions, size_t count, const uint16_t *halves,
    size_t dimension, struct cancel *cancel, struct mistake *mistakes, struct err *err)
{
    struct work w = {.said = assertions, .count = count, .halves = halves, .dimension = dimension, .out = mistakes};
    for (size_t i = 0; i < count; i++) {
        if ((size_t)assertions[i].label >= w.label_count)
            w.label_count = (size_t)assertions[i].label + 1;
    }
    w.vector = mem_calloc(dimension, sizeof(*w.vector));
    w.places = mem_calloc(count, sizeof(*w.places));
    w.frame_first = mem_calloc(count, sizeof(*w.frame_first));
    w.frame_end = mem_calloc(count, sizeof(*w.frame_end));
    w.unit_size = mem_calloc(count, sizeof(*w.unit_size));
    w.yeses = mem_calloc(w.label_count, sizeof(*w.yeses));
    w.is_kind = mem_calloc(w.label_count, sizeof(*w.is_kind));
    w.own = mem_calloc(count, sizeof(*w.own));
    w.other = mem_calloc(count, sizeof(*w.other));
    find_frames(&w);
    find_kinds(&w);
    find_units(&w);
    enum err_code code = compare_all(&w, cancel, err);
    if (code == ERR_NONE)
        judge(&w);
    free(w.vector);
    free(w.places);
    free(w.frame_first);
    free(w.frame_end);
    free(w.unit_size);
    free(w.yeses);
    free(w.is_kind);
    free(w.own);
    free(w.other);
    return code;
}
