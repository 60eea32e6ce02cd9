#include "search/test_label_rank.h"

#include <string.h>

#include "base/test.h"

// Ten objects of a track, which shows another thing from `change` on, with a yes to the first and a no to the last.
static void expect_division(void **state, int change)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    const int64_t track = 3;
    for (int i = 0; i < 10; i++)
        put_on_track(world, id_of(video_a, 10 * i, 0), track, i < change ? 0 : 0.75f);
    const char *positive = id_of(video_a, 0, 0);
    const char *negative = id_of(video_a, 90, 0);
    struct label_fit request = {.vectors = world->vectors,
        .project = PROJECT,
        .positive = &positive,
        .positive_count = 1,
        .positive_tracks = &track};
    assert_ok(label_model_fit(&request, &world->model, &err), &err);
    for (int i = 1; i < 10; i++)
        assert_true(suggests(world, id_of(video_a, 10 * i, 0)));
    label_model_free(world->model);
    request.negative = &negative;
    request.negative_count = 1;
    request.negative_tracks = &track;
    assert_ok(label_model_fit(&request, &world->model, &err), &err);
    for (int i = 1; i < 10; i++)
        assert_int_equal(suggests(world, id_of(video_a, 10 * i, 0)), i < change);
    label_model_free(world->model);
    world->model = NULL;
}

static void a_track_of_two_things_is_divided_where_its_looks_change(void **state)
{
    expect_division(state, 5);
    expect_division(state, 2);
    expect_division(state, 8);
}

static void a_track_is_one_candidate_and_one_hit_where_asked(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    for (int i = 0; i < 6; i++) {
        float vector[DIMENSION] = {1, 0.01f * (float)i};
        struct vector_item item = {.track = i / 3, .vector = vector};
        strcpy(item.object, id_of(video_a, 100 * i, 0));
        assert_ok(vector_index_upsert(world->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    struct label_query query = {.min_confidence = LABEL_LIKELY_MIN, .limit = 20, .per_track = true};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_int_not_equal(hits[0].track, hits[1].track);
    free(hits);
}

// It was lost where it looked unlike its beginning, and what comes just then looks like its beginning.
static void a_track_beside_the_end_of_the_things_own_must_look_as_it_did_then(void **state)
{
    struct world *world = *state;
    const int frames = 9;
    for (int i = 0; i < frames; i++)
        put_on_track(world, id_of(video_a, i, 0), 1, 0.1f * (float)i);
    put_on_track(world, id_of(video_a, frames, 0), 2, -0.4f);
    put_on_track(world, id_of(video_b, 0, 0), 1, 0);
    put_on_track(world, id_of(video_b, 1, 0), 2, 0.7f);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    assert_true(suggests(world, id_of(video_a, frames - 1, 0)));
    assert_false(suggests(world, id_of(video_a, frames, 0)));
    // The same likeness where the thing never looked otherwise.
    fit(world, &(struct examples){.positive = {id_of(video_b, 0, 0)}});
    assert_true(suggests(world, id_of(video_b, 1, 0)));
}

// A track may have gone from one thing to another before the box that was followed from it.
static void what_was_followed_from_the_end_of_a_track_is_less_sure(void **state)
{
    struct world *world = *state;
    put_on_track(world, id_of(video_a, 0, 0), 1, 0);
    put_on_track(world, id_of(video_a, 1, 0), -1, 0.05f);
    put_on_track(world, id_of(video_a, 30, 0), 1, 0.05f);
    put_on_track(world, id_of(video_a, 31, 0), -1, 0.1f);
    put_on_track(world, id_of(video_a, 32, 0), -1, 0.1f);
    put_on_track(world, id_of(video_a, 33, 0), 2, 0.1f);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    float beside = score(world, id_of(video_a, 1, 0)).confidence;
    assert_true(beside > 0.97f);
    assert_true(score(world, id_of(video_a, 30, 0)).confidence >= beside);
    for (int frame = 31; frame <= 33; frame++) {
        float after = score(world, id_of(video_a, frame, 0)).confidence;
        assert_true(after >= LABEL_LIKELY_MIN);
        assert_true(after < 0.95f);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_track_of_two_things_is_divided_where_its_looks_change),
        TEST(a_track_is_one_candidate_and_one_hit_where_asked),
        TEST(a_track_beside_the_end_of_the_things_own_must_look_as_it_did_then),
        TEST(what_was_followed_from_the_end_of_a_track_is_less_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
