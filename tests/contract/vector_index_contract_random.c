// What every vector index says is what a few plain loops say, which keep everything and compute in double precision.
#include "vector_index_contract.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

// ---- the reference

// The reference: what a vector index says in a few plain loops.
#define MODEL_SIZE 600

struct reference {
    struct vector_item items[MODEL_SIZE];
    float vectors[MODEL_SIZE][DIMENSION];
    bool present[MODEL_SIZE];
    bool negatives[MODEL_SIZE][6]; // by label
    char videos[6][VIDEO_ID_SIZE];
};

static const char *const classes[] = {"car", "person", "dog", "bus", "kite"};
static const char *const labels[] = {"", "", "", "red", "blue", "green"};

static void reference_init(struct reference *r)
{
    for (int v = 0; v < 6; v++)
        snprintf(r->videos[v], VIDEO_ID_SIZE, "%016llx", 0x9e3779b97f4a7c15ull * (unsigned long long)(v + 1));
}

static void reference_put(struct fixture *f, struct reference *r, size_t i)
{
    struct vector_item old = r->items[i];
    draw_vector(f, r->vectors[i]);
    r->items[i] = item_of(r->videos[i % 6], (int32_t)(i / 12), (int32_t)(i / 6 % 2), r->vectors[i]);
    strcpy(r->items[i].class_name, classes[draw(f, 5)]);
    strcpy(r->items[i].label, labels[draw(f, 6)]);
    r->items[i].track = (int64_t)draw(f, 5) - 1;
    if (r->present[i] && r->items[i].label[0] == '\0')
        strcpy(r->items[i].label, old.label);
    if (r->present[i] && r->items[i].track < 0)
        r->items[i].track = old.track;
    r->present[i] = true;
}

static double reference_score(const struct reference *r, size_t i, const float *vector)
{
    double dot = 0;
    double a = 0;
    double b = 0;
    for (int d = 0; d < DIMENSION; d++) {
        dot += (double)r->vectors[i][d] * (double)vector[d];
        a += (double)r->vectors[i][d] * (double)r->vectors[i][d];
        b += (double)vector[d] * (double)vector[d];
    }
    return dot / sqrt(a * b);
}

static bool listed(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return count == 0;
}

static bool is_of_a_track(const struct vector_item *item, const struct vector_track *tracks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(item->object, tracks[i].video, VIDEO_ID_LENGTH) == 0 && item->track == tracks[i].n)
            return true;
    }
    return false;
}

static bool is_refused(const bool negatives[6], const struct vector_filter *filter)
{
    bool is_one = false;
    for (size_t i = 0; i < 6 && filter->refused_count > 0; i++)
        is_one |= negatives[i] && listed(labels[i], filter->refused, filter->refused_count);
    return is_one;
}

static bool reference_matches(
    const struct vector_item *item, const bool negatives[6], const struct vector_filter *filter)
{
    char video[VIDEO_ID_SIZE];
    snprintf(video, sizeof(video), "%.16s", item->object);
    bool by_track = item->label[0] == '\0' && is_of_a_track(item, filter->labelled, filter->labelled_count);
    return (filter->video == NULL || strcmp(filter->video, video) == 0) &&
        listed(video, filter->videos, filter->video_count) &&
        listed(item->class_name, filter->classes, filter->class_count) &&
        (listed(item->label, filter->labels, filter->label_count) || by_track) &&
        (!filter->has_track || item->track == filter->track) && !is_refused(negatives, filter) &&
        !is_of_a_track(item, filter->exclude_tracks, filter->exclude_track_count) &&
        (filter->exclude_count == 0 || !listed(item->object, filter->exclude, filter->exclude_count));
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x < y) - (x > y);
}

// Scores that rounding can swap are allowed to swap: place by place the scores must agree.
static void compare_with_reference(struct fixture *f, const struct reference *r, const struct vector_query *query)
{
    double expected[MODEL_SIZE];
    size_t expected_count = 0;
    for (size_t i = 0; i < MODEL_SIZE; i++) {
        if (!r->present[i] || !reference_matches(&r->items[i], r->negatives[i], &query->filter))
            continue;
        double score = reference_score(r, i, query->vector);
        if (score >= (double)query->min_score)
            expected[expected_count++] = score;
    }
    qsort(expected, expected_count, sizeof(double), descending);
    struct vector_hit *hits;
    size_t count = ask(f, query, &hits);
    assert_int_equal(count, expected_count < query->limit ? expected_count : query->limit);
    for (size_t h = 0; h < count; h++) {
        size_t i = 0;
        while (i < MODEL_SIZE && !(r->present[i] && strcmp(r->items[i].object, hits[h].object) == 0))
            i++;
        assert_true(i < MODEL_SIZE);
        assert_true(reference_matches(&r->items[i], r->negatives[i], &query->filter));
        assert_string_equal(hits[h].class_name, r->items[i].class_name);
        assert_string_equal(hits[h].label, r->items[i].label);
        assert_int_equal(hits[h].track, r->items[i].track);
        assert_float_equal(hits[h].score, reference_score(r, i, query->vector), SCORE_TOLERANCE);
        assert_float_equal(hits[h].score, expected[h], SCORE_TOLERANCE);
        assert_true(h == 0 || hits[h - 1].score >= hits[h].score);
    }
    free(hits);
}

static size_t some_tracks(struct fixture *f, const struct reference *r, struct vector_track tracks[12])
{
    size_t count = 1 + draw(f, 12);
    for (size_t i = 0; i < count; i++) {
        strcpy(tracks[i].video, r->videos[draw(f, 6)]);
        tracks[i].n = draw(f, 4);
    }
    return count;
}

static void ask_something(struct fixture *f, const struct reference *r)
{
    float vector[DIMENSION];
    draw_vector(f, vector);
    struct vector_query query = query_for(vector, 1 + draw(f, 40));
    const char *videos[3];
    const char *some_classes[2];
    const char *some_labels[2];
    const char *refused[2];
    const char *exclude[8];
    struct vector_track labelled[12];
    struct vector_track exclude_tracks[12];
    struct vector_filter *filter = &query.filter;
    query.exact = draw(f, 3) == 0;
    if (draw(f, 3) == 0)
        filter->video = r->videos[draw(f, 6)];
    if (draw(f, 3) == 0) {
        filter->videos = videos;
        filter->video_count = 1 + draw(f, 3);
        for (size_t i = 0; i < filter->video_count; i++)
            videos[i] = r->videos[draw(f, 6)];
    }
    if (draw(f, 3) == 0) {
        filter->classes = some_classes;
        filter->class_count = 1 + draw(f, 2);
        for (size_t i = 0; i < filter->class_count; i++)
            some_classes[i] = classes[draw(f, 5)];
    }
    if (draw(f, 3) == 0) {
        filter->labels = some_labels;
        filter->label_count = 1 + draw(f, 2);
        for (size_t i = 0; i < filter->label_count; i++)
            some_labels[i] = labels[draw(f, 6)];
    }
    if (draw(f, 3) == 0) {
        filter->refused = refused;
        filter->refused_count = 1 + draw(f, 2);
        for (size_t i = 0; i < filter->refused_count; i++)
            refused[i] = labels[3 + draw(f, 3)];
    }
    if (filter->label_count > 0 && draw(f, 2) == 0) {
        filter->labelled = labelled;
        filter->labelled_count = some_tracks(f, r, labelled);
    }
    if (draw(f, 3) == 0) {
        filter->exclude_tracks = exclude_tracks;
        filter->exclude_track_count = some_tracks(f, r, exclude_tracks);
    }
    if (filter->video != NULL && draw(f, 3) == 0) {
        filter->has_track = true;
        filter->track = draw(f, 4);
    }
    if (draw(f, 2) == 0) {
        filter->exclude = exclude;
        filter->exclude_count = 1 + draw(f, 8);
        for (size_t i = 0; i < filter->exclude_count; i++) {
            const char *object = r->items[draw(f, MODEL_SIZE)].object;
            exclude[i] = object[0] != '\0' ? object : VIDEO_A "-00000000-000";
        }
    }
    compare_with_reference(f, r, &query);
}

static void change_something(struct fixture *f, struct reference *r)
{
    size_t i = draw(f, MODEL_SIZE);
    const char *object = r->items[i].object;
    uint32_t what = draw(f, 11);
    if (what < 6 || !r->present[i]) {
        reference_put(f, r, i);
        put(f, &r->items[i], 1);
    } else if (what < 8) {
        assert_ok(vector_index_remove(f->index, PROJECT, &object, 1, &failure), &failure);
        r->present[i] = false;
        memset(r->negatives[i], 0, sizeof(r->negatives[i]));
    } else if (what == 8) {
        const char *negatives[3];
        struct vector_attributes change = {.set_negatives = true, .negatives = negatives};
        strcpy(change.object, object);
        for (size_t k = 3; k < 6; k++) {
            r->negatives[i][k] = draw(f, 2) != 0;
            if (r->negatives[i][k])
                negatives[change.negative_count++] = labels[k];
        }
        assert_ok(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), &failure);
    } else {
        struct vector_attributes change = {.set_label = draw(f, 2) != 0, .set_track = true, .track = draw(f, 4)};
        strcpy(change.object, object);
        strcpy(change.label, labels[draw(f, 6)]);
        assert_ok(vector_index_set_attributes(f->index, PROJECT, &change, 1, &failure), &failure);
        r->items[i].track = change.track;
        if (change.set_label)
            strcpy(r->items[i].label, change.label);
    }
}

static void drop_a_video(struct fixture *f, struct reference *r)
{
    size_t v = draw(f, 6);
    assert_ok(vector_index_remove_video(f->index, PROJECT, r->videos[v], &failure), &failure);
    for (size_t i = v; i < MODEL_SIZE; i += 6) {
        r->present[i] = false;
        memset(r->negatives[i], 0, sizeof(r->negatives[i]));
    }
}

static void random_changes_and_filters_agree_with_the_reference(void **state)
{
    struct fixture *f = *state;
    struct reference *r = mem_calloc(1, sizeof(*r));
    reference_init(r);
    for (size_t i = 0; i < MODEL_SIZE; i++) {
        reference_put(f, r, i);
        if (i % 50 == 49)
            put(f, &r->items[i - 49], 50);
    }
    for (int round = 0; round < 400; round++) {
        for (int k = 0; k < 3; k++)
            change_something(f, r);
        if (round % 150 == 149)
            drop_a_video(f, r);
        if (round % 40 == 20)
            assert_ok(vector_index_flush(f->index, &failure), &failure);
        ask_something(f, r);
    }
    size_t present = 0;
    for (size_t i = 0; i < MODEL_SIZE; i++)
        present += r->present[i];
    assert_int_equal(count_in(f, NULL), present);
    free(r);
}

static const struct CMUnitTest tests[] = {
    contract(random_changes_and_filters_agree_with_the_reference),
};
CONTRACT_PART(random_part, tests);
