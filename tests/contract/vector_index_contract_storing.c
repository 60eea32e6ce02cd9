// What every vector index does with what is stored, and what it refuses.
#include "vector_index_contract.h"

#include <math.h>
#include <string.h>

// ---- storing

static void an_object_is_found_by_the_query_after_its_upsert(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    draw_vector(f, vector);
    put_one(f, VIDEO_A, 7, 2, vector);
    struct vector_query query = query_for(vector, 5);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].object, VIDEO_A "-00000007-002");
    assert_string_equal(hits[0].class_name, "car");
    assert_string_equal(hits[0].label, "");
    assert_int_equal(hits[0].track, -1);
    assert_float_equal(hits[0].score, 1, SCORE_TOLERANCE);
    free(hits);
}

static void scores_are_cosines_whatever_the_lengths(void **state)
{
    struct fixture *f = *state;
    float stored[DIMENSION];
    float asked[DIMENSION];
    axis(stored, 3, 1);
    axis(asked, 3, 0);
    for (int i = 0; i < DIMENSION; i++) {
        stored[i] *= 1e30f;
        asked[i] *= 1e-30f;
    }
    put_one(f, VIDEO_A, 0, 0, stored);
    struct vector_query query = query_for(asked, 1);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_float_equal(hits[0].score, sqrt(0.5), SCORE_TOLERANCE);
    free(hits);
}

static void equal_scores_are_ordered_by_object(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    put_one(f, VIDEO_B, 1, 0, vector);
    put_one(f, VIDEO_A, 2, 1, vector);
    put_one(f, VIDEO_A, 2, 0, vector);
    put_one(f, VIDEO_A, 10, 0, vector);
    struct vector_query query = query_for(vector, 3);
    char text[256];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000002-000 " VIDEO_A "-00000002-001 " VIDEO_A "-00000010-000");
}

static void an_upsert_replaces_vector_and_class(void **state)
{
    struct fixture *f = *state;
    float before[DIMENSION];
    float after[DIMENSION];
    axis(before, 0, 0);
    axis(after, 5, 0);
    struct vector_item item = item_of(VIDEO_A, 1, 0, before);
    strcpy(item.label, "old");
    put(f, &item, 1);
    item = item_of(VIDEO_A, 1, 0, after);
    strcpy(item.class_name, "truck");
    strcpy(item.label, "new");
    item.track = 4;
    put(f, &item, 1);
    struct vector_query query = query_for(after, 5);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_float_equal(hits[0].score, 1, SCORE_TOLERANCE);
    assert_string_equal(hits[0].class_name, "truck");
    assert_string_equal(hits[0].label, "new");
    assert_int_equal(hits[0].track, 4);
    free(hits);
    assert_int_equal(count_in(f, NULL), 1);
}

static void an_upsert_without_label_or_track_keeps_those_there_are(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    struct vector_item item = item_of(VIDEO_A, 1, 0, vector);
    strcpy(item.label, "red");
    item.track = 7;
    put(f, &item, 1);
    item = item_of(VIDEO_A, 1, 0, vector);
    put(f, &item, 1);
    put(f, &item, 1);
    const char *red = "red";
    struct vector_query query = query_for(vector, 5);
    query.filter.labels = &red;
    query.filter.label_count = 1;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].label, "red");
    assert_int_equal(hits[0].track, 7);
    free(hits);
    // What was removed takes them along.
    const char *object = item.object;
    assert_ok(vector_index_remove(f->index, PROJECT, &object, 1, &failure), &failure);
    put(f, &item, 1);
    query = query_for(vector, 5);
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].label, "");
    assert_int_equal(hits[0].track, -1);
    free(hits);
}

static void the_last_of_two_items_for_one_object_wins(void **state)
{
    struct fixture *f = *state;
    float vectors[2][DIMENSION];
    axis(vectors[0], 0, 0);
    axis(vectors[1], 1, 0);
    struct vector_item items[2] = {item_of(VIDEO_A, 1, 0, vectors[0]), item_of(VIDEO_A, 1, 0, vectors[1])};
    put(f, items, 2);
    struct vector_query query = query_for(vectors[1], 5);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_float_equal(hits[0].score, 1, SCORE_TOLERANCE);
    free(hits);
}

static void hits_below_the_least_score_are_left_out(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    for (int i = 0; i < 20; i++) {
        axis(vector, 0, (float)i / 4.0f);
        put_one(f, VIDEO_A, i, 0, vector);
    }
    axis(vector, 0, 0);
    struct vector_query query = query_for(vector, 20);
    query.min_score = 0.7f;
    struct vector_hit *hits;
    // 1 / sqrt(1 + (i / 4)^2) >= 0.7 for i <= 4
    assert_int_equal(ask(f, &query, &hits), 5);
    free(hits);
}

static void a_wrong_dimension_is_invalid_and_says_both(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION + 1] = {1, 2, 3};
    put_one(f, VIDEO_A, 0, 0, vector);
    struct vector_item item = item_of(VIDEO_A, 1, 0, vector);
    assert_code(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION + 1, &item, 1, &failure), ERR_INVALID);
    assert_non_null(strstr(failure.message, "48"));
    assert_non_null(strstr(failure.message, "49"));
    struct vector_query query = query_for(vector, 1);
    query.dimension = DIMENSION - 1;
    struct vector_hit *hits;
    size_t count;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    assert_int_equal(count_in(f, NULL), 1);
}

static void vectors_of_another_model_are_a_conflict_that_says_both(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    put_one(f, VIDEO_A, 0, 0, vector);
    struct vector_item item = item_of(VIDEO_A, 1, 0, vector);
    assert_code(vector_index_upsert(f->index, PROJECT, "model-b", DIMENSION, &item, 1, &failure), ERR_CONFLICT);
    assert_non_null(strstr(failure.message, "model-a"));
    assert_non_null(strstr(failure.message, "model-b"));
    assert_ok(vector_index_upsert(f->index, OTHER_PROJECT, "model-b", DIMENSION, &item, 1, &failure), &failure);
}

static void vectors_that_are_zero_or_not_finite_are_invalid_and_store_nothing(void **state)
{
    struct fixture *f = *state;
    float good[DIMENSION] = {1};
    float zero[DIMENSION] = {0};
    float nan_inside[DIMENSION] = {1, NAN};
    float infinite[DIMENSION] = {1, -INFINITY};
    const float *bad[] = {zero, nan_inside, infinite};
    for (size_t i = 0; i < 3; i++) {
        struct vector_item items[2] = {item_of(VIDEO_A, 0, 0, good), item_of(VIDEO_A, 0, 1, bad[i])};
        assert_code(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, 2, &failure), ERR_INVALID);
        assert_int_equal(count_in(f, NULL), 0);
        struct vector_query query = query_for(bad[i], 1);
        struct vector_hit *hits;
        size_t count;
        assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    }
}

static void ids_limits_and_filters_that_make_no_sense_are_invalid(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    struct vector_item item = item_of(VIDEO_A, 0, 0, vector);
    struct vector_hit *hits;
    size_t count;
    assert_code(vector_index_upsert(f->index, "../x", MODEL, DIMENSION, &item, 1, &failure), ERR_INVALID);
    strcpy(item.object, "not-an-object");
    assert_code(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, &item, 1, &failure), ERR_INVALID);
    struct vector_query query = query_for(vector, 0);
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    query.limit = VECTOR_QUERY_LIMIT_MAX + 1;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    query = query_for(vector, 1);
    query.filter.video = "xyz";
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    query = query_for(vector, 1);
    query.filter.has_track = true;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    const struct vector_track track = {.video = VIDEO_A, .n = -1};
    query = query_for(vector, 1);
    query.filter.exclude_tracks = &track;
    query.filter.exclude_track_count = 1;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_INVALID);
    query.filter = (struct vector_filter){.labelled = &track, .labelled_count = VECTOR_TRACKS_MAX + 1};
    assert_code(vector_index_query(f->index, &query, &hits, &count, &failure), ERR_LIMIT);
}

static void an_unknown_project_has_no_hits_and_nothing_to_remove(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    struct vector_query query = query_for(vector, 5);
    query.project = "nobody";
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
    const char *object = VIDEO_A "-00000000-000";
    assert_ok(vector_index_remove(f->index, "nobody", &object, 1, &failure), &failure);
    assert_ok(vector_index_remove_frame(f->index, "nobody", VIDEO_A, 0, &failure), &failure);
    assert_ok(vector_index_remove_video(f->index, "nobody", VIDEO_A, &failure), &failure);
    assert_ok(vector_index_remove_project(f->index, "nobody", &failure), &failure);
    struct vector_attributes change = {.set_track = true};
    strcpy(change.object, object);
    assert_ok(vector_index_set_attributes(f->index, "nobody", &change, 1, &failure), &failure);
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, "nobody", NULL, &stats, &failure), &failure);
    assert_int_equal(stats.count, 0);
    assert_int_equal(stats.dimension, 0);
    size_t dimension;
    assert_code(vector_index_fetch(f->index, "nobody", object, vector, DIMENSION, &dimension, &failure), ERR_NOT_FOUND);
}

static void a_stored_vector_can_be_fetched_with_length_one(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    float fetched[DIMENSION];
    size_t dimension = 0;
    draw_vector(f, vector);
    put_one(f, VIDEO_B, 3, 1, vector);
    const char *object = VIDEO_B "-00000003-001";
    assert_ok(vector_index_fetch(f->index, PROJECT, object, fetched, DIMENSION, &dimension, &failure), &failure);
    assert_int_equal(dimension, DIMENSION);
    double norm = 0;
    for (int i = 0; i < DIMENSION; i++)
        norm += (double)vector[i] * (double)vector[i];
    for (int i = 0; i < DIMENSION; i++)
        assert_float_equal(fetched[i], vector[i] / (float)sqrt(norm), 1e-3);
    assert_code(
        vector_index_fetch(f->index, PROJECT, VIDEO_B "-00000003-002", fetched, DIMENSION, &dimension, &failure),
        ERR_NOT_FOUND);
    assert_code(
        vector_index_fetch(f->index, PROJECT, object, fetched, DIMENSION - 1, &dimension, &failure), ERR_INVALID);
}

static const struct CMUnitTest tests[] = {
    contract(an_object_is_found_by_the_query_after_its_upsert),
    contract(scores_are_cosines_whatever_the_lengths),
    contract(equal_scores_are_ordered_by_object),
    contract(an_upsert_replaces_vector_and_class),
    contract(an_upsert_without_label_or_track_keeps_those_there_are),
    contract(the_last_of_two_items_for_one_object_wins),
    contract(hits_below_the_least_score_are_left_out),
    contract(a_wrong_dimension_is_invalid_and_says_both),
    contract(vectors_of_another_model_are_a_conflict_that_says_both),
    contract(vectors_that_are_zero_or_not_finite_are_invalid_and_store_nothing),
    contract(ids_limits_and_filters_that_make_no_sense_are_invalid),
    contract(an_unknown_project_has_no_hits_and_nothing_to_remove),
    contract(a_stored_vector_can_be_fetched_with_length_one),
};
CONTRACT_PART(storing_part, tests);
