// What is asked about next, and how good the label is said to be (label_rank_candidates.c).
#include "search/test_label_rank.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static void candidates_differ_and_end_when_the_label_is_settled(void **state)
{
    struct world *world = *state;
    struct label_candidates candidates;
    // Ten pictures of nearly one moment, not quite like the example, and one of another sort.
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    for (int i = 0; i < 10; i++)
        put(world, id_of(video_b, i, 0), 0, 0.80f, 1);
    put(world, id_of(video_b, 1000, 0), 0, 0.77f, 2);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    ask(world, 20, &candidates);
    assert_int_equal(candidates.count, 2);
    assert_false(candidates.settled);
    // Ten are more worth a question than one is.
    assert_int_equal(strncmp(candidates.hits[0].object, id_of(video_b, 0, 0), VIDEO_ID_LENGTH + 8), 0);
    label_candidates_release(&candidates);

    const char *answered = id_of(video_b, 0, 0);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}, .negative = {answered, id_of(video_b, 1000, 0)}});
    ask(world, 20, &candidates);
    assert_int_equal(candidates.count, 0);
    assert_true(candidates.settled);
    label_candidates_release(&candidates);
}

// How probable an object is that does not carry the label.
static double chance_of(struct world *world, const char *id)
{
    double confidence = (double)score(world, id).confidence;
    return confidence < (double)LABEL_LIKELY_MIN ? confidence : 0;
}

static void how_good_a_label_is_counts_what_carries_it_and_what_may_be_missing(void **state)
{
    struct world *world = *state;
    struct label_candidates candidates;
    put_clusters(world);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    ask(world, 20, &candidates);
    // The eight of the thing carry the label, and nothing is like it besides.
    assert_true(candidates.precision > 0.9 && candidates.precision <= 1);
    assert_true(candidates.missing < 0.2);
    assert_true(candidates.is_complete);
    label_candidates_release(&candidates);

    // Twenty more of one moment of which nobody can tell.
    for (int i = 0; i < 20; i++)
        put(world, id_of("cccccccccccccccc", i, 0), 0, 0.82f, 7);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    ask(world, 20, &candidates);
    double missing = 0;
    for (int i = 0; i < 20; i++)
        missing += chance_of(world, id_of("cccccccccccccccc", i, 0));
    assert_true(missing > 2);
    for (int i = 1; i < 8; i++)
        missing += chance_of(world, id_of(video_a, i * 10, 0));
    assert_true(fabs(candidates.missing - missing) < 0.1);
    assert_false(candidates.is_complete);
    label_candidates_release(&candidates);
}

// What the tracker took for two things is not joined through near frames.
static void a_track_beside_the_things_own_is_asked_about(void **state)
{
    struct world *world = *state;
    struct label_candidates candidates;
    const float apart = 0.6f; // a cosine of 0.83
    for (int i = 0; i < 3; i++)
        put_on_track(world, id_of(video_a, i, 1), 9, 1.2f); // as like the track as the thing is
    for (int i = 0; i < 6; i++)
        put_on_track(world, id_of(video_a, i, 0), i < 3 ? 1 : 2, i < 3 ? 0 : apart);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    assert_true(suggests(world, id_of(video_a, 2, 0)));
    assert_false(suggests(world, id_of(video_a, 3, 0)));
    ask(world, 20, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_int_equal(candidates.hits[0].track, 2);
    label_candidates_release(&candidates);
    for (int i = 3; i < 6; i++)
        put_on_track(world, id_of(video_b, i, 0), -1, apart);
    for (int i = 0; i < 3; i++)
        put_on_track(world, id_of(video_b, i, 0), -1, 0);
    fit(world, &(struct examples){.positive = {id_of(video_b, 0, 0)}});
    assert_true(suggests(world, id_of(video_b, 3, 0)));
}

// One click, and what is on another track carries the label without anybody having confirmed it.
static void what_carries_a_label_of_one_example_is_asked_about(void **state)
{
    struct world *world = *state;
    struct label_candidates candidates;
    put_on_track(world, id_of(video_a, 2, 0), 1, 0.4f);
    put_on_track(world, id_of(video_a, 4, 0), 2, 0);
    put_on_track(world, id_of(video_a, 5, 0), 2, 0.1f);
    put_on_track(world, id_of(video_a, 48, 0), 3, 1.5f);
    const struct examples said = {.positive = {id_of(video_a, 4, 0)}, .negative = {id_of(video_a, 48, 0)}};
    fit(world, &said);
    assert_true(suggests(world, id_of(video_a, 2, 0)));
    ask(world, 20, &candidates);
    assert_int_equal(candidates.count, 1);
    assert_string_equal(candidates.hits[0].object, id_of(video_a, 2, 0));
    assert_false(candidates.settled);
    assert_false(candidates.is_estimated);
    label_candidates_release(&candidates);

    fit(world,
        &(struct examples){
            .positive = {id_of(video_a, 4, 0), id_of(video_a, 2, 0)}, .negative = {id_of(video_a, 48, 0)}});
    ask(world, 20, &candidates);
    assert_int_equal(candidates.count, 0);
    assert_true(candidates.settled);
    assert_true(candidates.is_estimated);
    label_candidates_release(&candidates);
}

// A confirmation after each question whose answer may change the label.
static void what_is_surest_is_asked_in_turn_with_what_is_open(void **state)
{
    struct world *world = *state;
    struct label_candidates candidates;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    for (int i = 0; i < 2; i++) {
        char video[VIDEO_ID_SIZE];
        snprintf(video, sizeof(video), "%016d", i + 1);
        put(world, id_of(video, 0, 0), 0, 0.93f, i);
        put(world, id_of(video, 100, 0), 0, 0.775f, 2 + i);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    ask(world, 20, &candidates);
    assert_int_equal(candidates.count, 4);
    for (size_t i = 0; i < candidates.count; i++)
        assert_int_equal(candidates.hits[i].confidence >= LABEL_LIKELY_MIN, i % 2);
    label_candidates_release(&candidates);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(candidates_differ_and_end_when_the_label_is_settled),
        TEST(how_good_a_label_is_counts_what_carries_it_and_what_may_be_missing),
        TEST(a_track_beside_the_things_own_is_asked_about),
        TEST(what_carries_a_label_of_one_example_is_asked_about),
        TEST(what_is_surest_is_asked_in_turn_with_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
