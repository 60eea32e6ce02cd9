#include "search/label_mistakes.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/cancel.h"
#include "vector_index/vector_kernels.h"

#define DIMENSION 32
#define MOST 256

static const char *const video_a = "aaaaaaaaaaaaaaaa";
static const char *const video_b = "bbbbbbbbbbbbbbbb";
enum { RED, BLUE, GREEN };

struct scene {
    struct mistake_assertion said[MOST];
    uint16_t halves[MOST * DIMENSION];
    struct mistake found[MOST];
    size_t count;
};

static int set_scene(void **state)
{
    *state = mem_calloc(1, sizeof(struct scene));
    return 0;
}

static int clear_scene(void **state)
{
    free(*state);
    return 0;
}

// An object that looks like thing `thing`: its cosine to others of the thing is 0.96, to other things 0.
static size_t say(struct scene *s, const char *video, int frame, int k, int thing, int32_t label, bool is_no)
{
    float vector[DIMENSION] = {0};
    size_t at = s->count++;
    vector[thing] = sqrtf(0.96f);
    vector[8 + at % (DIMENSION - 8)] = sqrtf(0.04f);
    vector_to_half(vector, s->halves + at * DIMENSION, DIMENSION);
    s->said[at] =
        (struct mistake_assertion){.key = label_key_at(video, frame, k), .track = -1, .label = label, .is_no = is_no};
    return at;
}

static size_t yes(struct scene *s, const char *video, int frame, int k, int thing, int32_t label)
{
    return say(s, video, frame, k, thing, label, false);
}

static void find(struct scene *s)
{
    struct err err = ERR_INIT;
    assert_ok(label_mistakes_find(s->said, s->count, s->halves, DIMENSION, NULL, s->found, &err), &err);
}

static float highest_but(const struct scene *s, size_t first, size_t last)
{
    float highest = 0;
    for (size_t i = 0; i < s->count; i++)
        highest = i >= first && i <= last ? highest : fmaxf(highest, s->found[i].score);
    return highest;
}

// Two things side by side in twelve frames, each rightly labelled.
static void say_two_things(struct scene *s)
{
    for (int frame = 0; frame < 12; frame++) {
        yes(s, video_a, frame, 0, RED, RED);
        yes(s, video_a, frame, 1, BLUE, BLUE);
    }
}

static void what_is_right_is_no_mistake(void **state)
{
    struct scene *s = *state;
    find(s);
    say_two_things(s);
    for (int frame = 0; frame < 12; frame++)
        yes(s, video_b, frame, 0, RED, RED);
    find(s);
    assert_true(highest_but(s, 1, 0) < 0.05f);
}

static void a_wrong_one_is_found_with_what_it_rather_is(void **state)
{
    struct scene *s = *state;
    say_two_things(s);
    size_t wrong = 9;
    s->said[wrong].label = RED; // shows the blue thing
    find(s);
    assert_true(s->found[wrong].score > 0.7f);
    assert_int_equal(s->found[wrong].reason, MISTAKE_OTHER_LABEL);
    assert_int_equal(s->said[s->found[wrong].other].label, BLUE);
    assert_true(s->found[wrong].other_similarity > 0.9f);
    // The right ones beside it are believed: they are more.
    assert_true(highest_but(s, wrong, wrong) < 0.3f);
}

static void several_of_a_row_said_wrongly_at_once_are_found_together(void **state)
{
    struct scene *s = *state;
    for (int frame = 0; frame < 30; frame++)
        yes(s, video_a, frame, 0, BLUE, frame >= 10 && frame < 14 ? RED : BLUE);
    for (int frame = 0; frame < 8; frame++)
        yes(s, video_b, frame * 10, 0, RED, RED);
    find(s);
    for (size_t i = 10; i < 14; i++) {
        assert_true(s->found[i].score > 0.7f);
        assert_int_equal(s->found[i].unit, s->found[10].unit);
    }
    assert_true(highest_but(s, 10, 13) < 0.5f);
}

static void objects_of_one_track_are_right_or_wrong_together(void **state)
{
    struct scene *s = *state;
    for (int frame = 0; frame < 12; frame++) {
        // Far from each other in time, but followed.
        size_t at = yes(s, video_a, frame * 20, 0, BLUE, frame == 4 || frame == 9 ? RED : BLUE);
        s->said[at].track = 7;
        yes(s, video_b, frame * 20, 0, RED, RED);
    }
    find(s);
    assert_int_equal(s->found[8].unit, s->found[18].unit);
    assert_true(s->found[8].score > 0.7f && s->found[18].score > 0.7f);
    assert_int_not_equal(s->found[1].unit, s->found[3].unit);
    s->found[8].score = s->found[18].score = 0;
    assert_true(highest_but(s, 1, 0) < 0.5f);
}

static void a_kind_of_thing_may_be_in_a_frame_several_times(void **state)
{
    struct scene *s = *state;
    // "fruit": three things in each frame, all rightly labelled, and one that is blue.
    for (int frame = 0; frame < 10; frame++) {
        yes(s, video_a, frame * 10, 0, 3, RED);
        yes(s, video_a, frame * 10, 1, 4, RED);
        yes(s, video_a, frame * 10, 2, 5, RED);
        yes(s, video_a, frame * 10, 3, BLUE, BLUE);
    }
    size_t wrong = yes(s, video_b, 0, 0, BLUE, RED);
    find(s);
    assert_true(s->found[wrong].score > 0.7f);
    assert_true(highest_but(s, wrong, wrong) < 0.3f);
}

// Makes the object look so much like another thing.
static void resemble(struct scene *s, size_t at, int thing, float cosine)
{
    float vector[DIMENSION];
    vector_from_half(s->halves + at * DIMENSION, vector, DIMENSION);
    for (size_t i = 0; i < DIMENSION; i++)
        vector[i] *= sqrtf(1 - cosine * cosine);
    vector[thing] += cosine;
    vector_to_half(vector, s->halves + at * DIMENSION, DIMENSION);
}

static void a_no_of_the_thing_itself_is_found_and_a_no_of_a_look_alike_is_not(void **state)
{
    struct scene *s = *state;
    for (int frame = 0; frame < 10; frame++)
        yes(s, video_a, frame, 0, RED, RED);
    // Alike enough to be the thing in the next frames, but in frames where that stands beside it.
    size_t first = s->count;
    for (int frame = 0; frame < 10; frame += 3)
        resemble(s, say(s, video_a, frame, 1, GREEN, RED, true), RED, 0.87f);
    for (int frame = 20; frame < 24; frame++)
        yes(s, video_a, frame, 0, RED, RED);
    size_t wrong = say(s, video_a, 24, 0, RED, RED, true);
    // What carries another label is rightly not this.
    yes(s, video_b, 5, 0, BLUE, BLUE);
    say(s, video_b, 5, 0, BLUE, RED, true);
    find(s);
    assert_true(s->found[wrong].score > 0.7f);
    assert_int_equal(s->found[wrong].reason, MISTAKE_LIKE_YES);
    assert_true(s->found[first].score < 0.2f);
    assert_true(highest_but(s, wrong, wrong) < 0.3f);
}

static void what_looks_like_the_noes_of_its_label_is_suspected(void **state)
{
    struct scene *s = *state;
    for (int frame = 0; frame < 6; frame++) {
        yes(s, video_a, frame * 10, 0, RED, RED);
        say(s, video_b, frame * 10, 0, GREEN, RED, true);
    }
    size_t wrong = yes(s, video_b, 100, 0, GREEN, RED);
    find(s);
    assert_true(s->found[wrong].score > 0.6f);
    assert_int_equal(s->found[wrong].reason, MISTAKE_LIKE_NO);
    assert_true(highest_but(s, wrong, wrong) < 0.3f);
}

static void what_cannot_be_judged_is_not(void **state)
{
    struct scene *s = *state;
    // One positive only, a label of noes only, and a no for the label with one yes; all show the same.
    yes(s, video_a, 0, 0, RED, RED);
    say(s, video_a, 10, 0, RED, BLUE, true);
    say(s, video_b, 20, 0, RED, RED, true);
    yes(s, video_b, 30, 0, RED, GREEN);
    find(s);
    assert_true(highest_but(s, 1, 0) == 0);
}

static void identical_objects_on_both_sides_accuse_nobody(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 4; i++) {
        yes(s, video_a, i * 10, 0, RED, RED);
        yes(s, video_b, i * 10, 0, RED, BLUE);
    }
    for (size_t i = 1; i < s->count; i++)
        memcpy(s->halves + i * DIMENSION, s->halves, DIMENSION * sizeof(uint16_t));
    find(s);
    assert_true(highest_but(s, 1, 0) < 0.1f);
}

static void the_order_of_assertions_makes_no_difference(void **state)
{
    struct scene *s = *state;
    say_two_things(s);
    s->said[9].label = RED;
    find(s);
    struct scene *turned = mem_calloc(1, sizeof(*turned));
    turned->count = s->count;
    for (size_t i = 0; i < s->count; i++) {
        size_t to = s->count - 1 - i;
        turned->said[to] = s->said[i];
        memcpy(turned->halves + to * DIMENSION, s->halves + i * DIMENSION, DIMENSION * sizeof(uint16_t));
    }
    find(turned);
    for (size_t i = 0; i < s->count; i++)
        assert_true(fabsf(turned->found[s->count - 1 - i].score - s->found[i].score) < 1e-6f);
    free(turned);
}

static void looking_can_be_stopped(void **state)
{
    struct scene *s = *state;
    struct err err = ERR_INIT;
    struct cancel *cancel = cancel_new(NULL);
    say_two_things(s);
    cancel_request(cancel);
    assert_code(label_mistakes_find(s->said, s->count, s->halves, DIMENSION, cancel, s->found, &err), ERR_CANCELLED);
    cancel_free(cancel);
}

#define with_scene(name) cmocka_unit_test_setup_teardown(name, set_scene, clear_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scene(what_is_right_is_no_mistake),
        with_scene(a_wrong_one_is_found_with_what_it_rather_is),
        with_scene(several_of_a_row_said_wrongly_at_once_are_found_together),
        with_scene(objects_of_one_track_are_right_or_wrong_together),
        with_scene(a_kind_of_thing_may_be_in_a_frame_several_times),
        with_scene(a_no_of_the_thing_itself_is_found_and_a_no_of_a_look_alike_is_not),
        with_scene(what_looks_like_the_noes_of_its_label_is_suspected),
        with_scene(what_cannot_be_judged_is_not),
        with_scene(identical_objects_on_both_sides_accuse_nobody),
        with_scene(the_order_of_assertions_makes_no_difference),
        with_scene(looking_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
