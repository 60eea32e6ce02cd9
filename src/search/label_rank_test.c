#include "search/test_label_rank.h"
#include "search/test_vector_count.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/cancel.h"
#include "vector_index/vector_index_flat.h"

static void one_positive_finds_its_cluster_and_not_the_other(void **state)
{
    struct world *world = *state;
    put_clusters(world);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    for (int i = 1; i < 8; i++) {
        assert_true(suggests(world, id_of(video_a, i * 10, 0)));
        assert_false(suggests(world, id_of(video_b, i * 10, 0)));
    }
    // The example itself is no suggestion.
    assert_false(suggests(world, id_of(video_a, 0, 0)));
}

static void a_negative_takes_its_look_alikes_with_it(void **state)
{
    struct world *world = *state;
    // Two things that are 0.97 alike; three pictures of each, 0.99 and more alike.
    for (int i = 0; i < 3; i++) {
        put(world, id_of(video_a, i * 10, 0), 0, 0.999f - 0.0001f * (float)i, 0);
        put(world, id_of(video_b, i * 10, 0), 0, 0.97f - 0.0001f * (float)i, 1);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    assert_true(suggests(world, id_of(video_b, 10, 0)));
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}, .negative = {id_of(video_b, 0, 0)}});
    for (int i = 0; i < 3; i++) {
        assert_int_equal(suggests(world, id_of(video_a, i * 10, 0)), i > 0);
        assert_false(suggests(world, id_of(video_b, i * 10, 0)));
    }
    // What is another label's is told apart as well.
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}, .other = {id_of(video_b, 0, 0)}});
    assert_true(suggests(world, id_of(video_a, 10, 0)));
    assert_false(suggests(world, id_of(video_b, 10, 0)));
}

static void what_is_rejected_never_comes_back(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put_clusters(world);
    const char *rejected = id_of(video_a, 30, 0);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}, .negative = {rejected}});
    struct label_query query = {.min_confidence = 0, .limit = 1000};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 14); // all but the two examples
    for (size_t i = 0; i < count; i++)
        assert_string_not_equal(hits[i].object, rejected);
    free(hits);
    struct label_query ask = {.limit = 100};
    struct label_candidates candidates;
    assert_ok(label_model_candidates(world->model, &ask, &candidates, &err), &err);
    for (size_t i = 0; i < candidates.count; i++)
        assert_string_not_equal(candidates.hits[i].object, rejected);
    label_candidates_release(&candidates);
    assert_true(score(world, rejected).confidence < 0.1f);
}

static void a_thing_is_followed_through_its_near_frames(void **state)
{
    struct world *world = *state;
    // It turns: each picture is 0.9 like the one before, the last nothing like the first. Beside it stands another
    // thing, which the last picture resembles more than the first one does.
    for (int i = 0; i < 6; i++) {
        struct err err = ERR_INIT;
        float vector[DIMENSION] = {cosf(0.45f * (float)i), sinf(0.45f * (float)i)};
        struct vector_item item = {.track = -1, .vector = vector};
        strcpy(item.object, id_of(video_a, i, 0));
        assert_ok(vector_index_upsert(world->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
        put(world, id_of(video_a, i, 1), 1, 0.75f, i);
        put(world, id_of(video_b, i, 0), 1, 0.75f, i);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    for (int i = 1; i < 6; i++) {
        assert_true(suggests(world, id_of(video_a, i, 0)));
        assert_false(suggests(world, id_of(video_a, i, 1)));
        assert_false(suggests(world, id_of(video_b, i, 0)));
    }
}

static void two_positives_of_one_frame_name_a_kind(void **state)
{
    struct world *world = *state;
    struct label_model_info info;
    for (int i = 0; i < 4; i++) {
        put(world, id_of(video_a, 50 * i, 0), 0, 0.94f, 0);
        put(world, id_of(video_a, 50 * i, 1), 0, 0.94f, 1);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    label_model_describe(world->model, &info);
    assert_false(info.kind);
    assert_int_equal(info.frame_mates, 1);
    assert_false(suggests(world, id_of(video_a, 50, 1)));

    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0), id_of(video_a, 0, 1)}});
    label_model_describe(world->model, &info);
    assert_true(info.kind);
    assert_int_equal(info.frame_mates, 0);
    assert_true(suggests(world, id_of(video_a, 50, 0)));
    assert_true(suggests(world, id_of(video_a, 50, 1)));
}

static enum err_code no_mates(
    void *context, const char *object, char (*mates)[OBJECT_ID_SIZE], size_t capacity, size_t *count, struct err *err)
{
    (void)object;
    (void)mates;
    (void)capacity;
    (void)err;
    ++*(int *)context;
    *count = 0;
    return ERR_NONE;
}

static void who_knows_the_boxes_says_what_else_is_in_a_frame(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    struct label_model_info info;
    int calls = 0;
    put(world, id_of(video_a, 0, 0), 0, 0.99f, 0);
    put(world, id_of(video_a, 0, 1), 0, 0.60f, 1);
    const char *positive = id_of(video_a, 0, 0);
    struct label_fit request = {.vectors = world->vectors,
        .project = PROJECT,
        .positive = &positive,
        .positive_count = 1,
        .frame_mates = no_mates,
        .frame_mates_context = &calls};
    assert_ok(label_model_fit(&request, &world->model, &err), &err);
    label_model_describe(world->model, &info);
    assert_int_equal(info.frame_mates, 0);
    assert_true(calls > 0);
}

static void wrong_examples_are_refused(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put_clusters(world);
    const char *a = id_of(video_a, 0, 0);
    assert_code(try_fit(world, &(struct examples){.negative = {a}}, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "positive"));
    assert_code(try_fit(world, &(struct examples){.positive = {"nothing"}}, &err), ERR_INVALID);
    assert_code(try_fit(world, &(struct examples){.positive = {a}, .negative = {a}}, &err), ERR_CONFLICT);
    assert_code(try_fit(world, &(struct examples){.positive = {id_of(video_a, 77, 7)}}, &err), ERR_NOT_FOUND);
    assert_null(world->model);
}

static void an_empty_project_has_nothing_to_learn_from(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    assert_code(try_fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}}, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, PROJECT));
}

static void examples_without_a_vector_are_left_out(void **state)
{
    struct world *world = *state;
    struct label_model_info info;
    put_clusters(world);
    fit(world,
        &(struct examples){
            .positive = {id_of(video_a, 99, 0), id_of(video_a, 0, 0)}, .negative = {id_of(video_b, 99, 0)}});
    label_model_describe(world->model, &info);
    assert_int_equal(info.positives, 1);
    assert_int_equal(info.negatives, 0);
    assert_int_equal(info.missing, 2);
    assert_true(suggests(world, id_of(video_a, 10, 0)));
    assert_string_equal(score(world, id_of(video_a, 99, 0)).object, "");
}

static void identical_vectors_on_both_sides_bring_nothing_in_doubt(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 4; i++)
        put(world, id_of(video_a, 50 * i, 0), 0, 0.99f, 0);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}, .negative = {id_of(video_a, 50, 0)}});
    assert_false(suggests(world, id_of(video_a, 100, 0)));
    struct label_hit hit = score(world, id_of(video_a, 100, 0));
    assert_true(isfinite(hit.score) && hit.confidence < 0.5f);
}

static void the_order_of_examples_does_not_matter(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    struct label_hit *hits[2];
    size_t counts[2];
    struct label_query query = {.min_confidence = 0, .limit = 1000};
    struct examples orders[2] = {0};
    put_clusters(world);
    for (int i = 0; i < 6; i++) {
        orders[0].positive[i] = id_of(video_a, i * 10, 0);
        orders[1].positive[5 - i] = id_of(video_a, i * 10, 0);
    }
    for (int i = 0; i < 3; i++) {
        orders[0].negative[i] = id_of(video_b, i * 10, 0);
        orders[1].negative[2 - i] = id_of(video_b, i * 10, 0);
    }
    for (int i = 0; i < 2; i++) {
        fit(world, &orders[i]);
        assert_ok(label_model_neighbours(world->model, &query, &hits[i], &counts[i], &err), &err);
    }
    assert_int_equal(counts[0], 7);
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(hits[0], hits[1], counts[0] * sizeof(*hits[0]));
    free(hits[0]);
    free(hits[1]);
}

// With one positive and nothing else known, the order is that of the cosine to it.
static void ranking_with_one_example_is_that_of_similarity(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    for (int i = 1; i < 30; i++)
        put(world, id_of(i % 2 == 0 ? video_a : video_b, i * 10, 0), 0, 1.0f - 0.03f * (float)i, i % 8);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    struct label_query query = {.min_confidence = 0, .limit = 1000, .filter = {.video = video_b}};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 15);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strncmp(hits[i].object, video_b, VIDEO_ID_LENGTH), 0);
        assert_true(i == 0 || hits[i - 1].similarity >= hits[i].similarity);
        assert_true(i == 0 || hits[i - 1].score >= hits[i].score);
    }
    free(hits);
}

// Being like it in another video says more, and is still no reason to come before what is much more like it here.
static void what_is_most_like_it_comes_first_where_nothing_is_taken(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    put(world, id_of(video_a, 100, 0), 0, 0.80f, 1);
    put(world, id_of(video_b, 100, 0), 0, 0.74f, 2);
    for (int i = 0; i < 8; i++)
        put(world, id_of(video_b, 200 + 50 * i, 0), 0, 0.5f, i);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    struct label_query query = {.min_confidence = 0, .limit = 100};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 10);
    assert_string_equal(hits[0].object, id_of(video_a, 100, 0));
    assert_true(hits[0].confidence < hits[1].confidence);
    assert_true(hits[0].score > hits[1].score);
    free(hits);
}

// Of one thing that is probably not it as well: those who look through it find what is like it at the front.
static void what_is_one_thing_and_not_taken_comes_in_the_order_of_similarity(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    put(world, id_of(video_a, 0, 1), 1, 1.0f, 0);
    for (int i = 0; i < 6; i++)
        put(world, id_of(video_b, i, 0), 0, 0.66f + 0.02f * (float)((i * 5) % 6), 3);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    struct label_query query = {.min_confidence = 0, .limit = 100, .filter = {.video = video_b}};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++) {
        assert_true(hits[i].confidence < LABEL_LIKELY_MIN && hits[i].confidence == hits[0].confidence);
        assert_true(i == 0 || hits[i - 1].similarity > hits[i].similarity);
    }
    free(hits);
}

// Many pictures of one thing are like each other, and so none of them is probable: that says little against what is
// much more like the example than what stands alone.
static void what_many_resemble_does_not_come_after_what_is_less_like_it(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    for (int i = 0; i < 8; i++) {
        char video[VIDEO_ID_SIZE];
        snprintf(video, sizeof(video), "%016d", i);
        put(world, id_of(video, 0, 0), 0, 0.80f, 1);
    }
    put(world, id_of(video_b, 0, 0), 0, 0.70f, 2);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    struct label_query query = {.min_confidence = 0, .limit = 100};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < 8; i++)
        assert_true(hits[i].similarity > 0.79f && hits[i].confidence < hits[8].confidence);
    assert_string_equal(hits[8].object, id_of(video_b, 0, 0));
    free(hits);
}

static void six_examples_on_each_side_part_the_rest(void **state)
{
    struct world *world = *state;
    struct examples examples = {0};
    put_clusters(world);
    for (int i = 0; i < 6; i++) {
        examples.positive[i] = id_of(video_a, i * 10, 0);
        examples.negative[i] = id_of(video_b, i * 10, 0);
    }
    fit(world, &examples);
    for (int i = 6; i < 8; i++) {
        assert_true(score(world, id_of(video_a, i * 10, 0)).confidence > 0.5f);
        assert_true(score(world, id_of(video_b, i * 10, 0)).confidence < 0.1f);
    }
}

static void filters_and_exclusions_hold(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    put_clusters(world);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    const char *excluded[] = {id_of(video_a, 10, 0), id_of(video_a, 20, 0)};
    const char *other_class = "other";
    struct label_query query = {.min_confidence = LABEL_LIKELY_MIN,
        .limit = 3,
        .filter = {.video = video_a, .exclude = excluded, .exclude_count = 2}};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_string_not_equal(hits[i].object, excluded[0]);
        assert_string_not_equal(hits[i].object, excluded[1]);
        assert_string_equal(hits[i].class_name, "thing");
    }
    free(hits);
    query.filter.classes = &other_class;
    query.filter.class_count = 1;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 0);
    free(hits);
    query.limit = 0;
    assert_code(label_model_neighbours(world->model, &query, &hits, &count, &err), ERR_INVALID);
}

// A thing of another time comes with all that is joined to it, though most of it is unlike the example.
static void what_is_one_thing_comes_as_one(void **state)
{
    struct world *world = *state;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    for (int i = 0; i < 6; i++) {
        struct err err = ERR_INIT;
        float angle = 0.25f + 0.4f * (float)i;
        float vector[DIMENSION] = {cosf(angle), [8] = sinf(angle)};
        struct vector_item item = {.track = -1, .vector = vector};
        strcpy(item.object, id_of(video_b, i, 0));
        assert_ok(vector_index_upsert(world->vectors, PROJECT, "model", DIMENSION, &item, 1, &err), &err);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    for (int i = 0; i < 6; i++)
        assert_true(suggests(world, id_of(video_b, i, 0)));
    // All of it is as sure as that which was recognised.
    assert_true(score(world, id_of(video_b, 5, 0)).confidence <= score(world, id_of(video_b, 0, 0)).confidence);
}

// The same similarity is enough where nothing is alike, and not where many are.
static void where_look_alikes_are_near_fewer_come(void **state)
{
    struct world *world = *state;
    struct label_model_info alone;
    struct label_model_info among;
    put(world, id_of(video_a, 0, 0), 0, 1.0f, 0);
    put(world, id_of(video_b, 0, 0), 0, 0.86f, 0);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    label_model_describe(world->model, &alone);
    assert_true(suggests(world, id_of(video_b, 0, 0)));
    for (int i = 0; i < 8; i++) {
        char video[VIDEO_ID_SIZE];
        snprintf(video, sizeof(video), "%016d", i + 1);
        put(world, id_of(video, 0, 0), 0, 0.84f, 0);
    }
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}});
    label_model_describe(world->model, &among);
    assert_false(suggests(world, id_of(video_b, 0, 0)));
    assert_true(among.threshold > alone.threshold + 0.03f);
}

// How sure the model is of a picture of another video, given two examples that look the same.
static float chance_after(struct world *world, const char *second)
{
    put(world, second, 0, 1, 0);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0), second}});
    return score(world, id_of("dddddddddddddddd", 0, 0)).confidence;
}

static void examples_of_several_videos_make_likeness_count_for_more(void **state)
{
    struct world *world = *state;
    put(world, id_of(video_a, 0, 0), 0, 1, 0);
    put(world, id_of("dddddddddddddddd", 0, 0), 0, 0.8f, 1);
    float of_one = chance_after(world, id_of(video_a, 500, 0));
    float of_two = chance_after(world, id_of(video_b, 500, 0));
    assert_true(of_one > 0.5f && of_two > of_one + 0.05f);
}

// One step from each to the next is as sure as another, but the last are less like the example than the first.
static void of_what_is_taken_the_most_similar_comes_first(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 10; i++)
        put_on_track(world, id_of(video_a, i, 0), -1, 0.1f * (float)(9 - i));
    fit(world, &(struct examples){.positive = {id_of(video_a, 9, 0)}});
    for (int i = 1; i < 9; i++) {
        assert_true(suggests(world, id_of(video_a, i - 1, 0)));
        assert_true(score(world, id_of(video_a, i, 0)).score > score(world, id_of(video_a, i - 1, 0)).score);
    }
    // Who asks for nothing else has the surest first.
    struct err err = ERR_INIT;
    struct label_query query = {.min_confidence = LABEL_LIKELY_MIN, .limit = 100};
    struct label_hit *hits;
    size_t count;
    assert_ok(label_model_neighbours(world->model, &query, &hits, &count, &err), &err);
    assert_int_equal(count, 9);
    for (size_t i = 1; i < count; i++)
        assert_true(hits[i].confidence <= hits[i - 1].confidence);
    free(hits);
}

// One round: learning, what is taken, what to ask about.
static struct vector_count count_round(struct world *world)
{
    struct err err = ERR_INIT;
    struct vector_count count;
    struct vector_index *inner = world->vectors;
    struct label_query query = {.min_confidence = LABEL_LIKELY_MIN, .limit = 100};
    struct label_hit *hits;
    size_t hit_count;
    struct label_candidates candidates;
    world->vectors = vector_count_new(inner, &count);
    fit(world, &(struct examples){.positive = {id_of(video_a, 0, 0)}, .negative = {id_of(video_b, 0, 0)}});
    assert_ok(label_model_neighbours(world->model, &query, &hits, &hit_count, &err), &err);
    assert_int_equal(hit_count, 7);
    ask(world, 20, &candidates);
    free(hits);
    label_candidates_release(&candidates);
    label_model_free(world->model);
    world->model = NULL;
    vector_count_release(world->vectors);
    world->vectors = inner;
    return count;
}

// What is far from the examples is neither fetched nor looked at, however much of it there is.
static void what_a_round_asks_for_does_not_grow_with_the_project(void **state)
{
    struct world *world = *state;
    put_clusters(world);
    struct vector_count few = count_round(world);
    assert_true(few.queries > 0 && few.hits > 0 && few.fetches > 0);
    for (int i = 0; i < 2000; i++)
        put(world, id_of("cccccccccccccccc", i, 0), 2 + i % 6, 0.9f, i % 8);
    struct vector_count many = count_round(world);
    assert_int_equal(many.queries, few.queries);
    assert_int_equal(many.hits, few.hits);
    assert_int_equal(many.fetches, few.fetches);
}

static void a_cancelled_round_ends(void **state)
{
    struct world *world = *state;
    struct err err = ERR_INIT;
    struct cancel *cancel = cancel_new(NULL);
    const char *positive = id_of(video_a, 0, 0);
    struct label_fit request = {
        .vectors = world->vectors, .project = PROJECT, .positive = &positive, .positive_count = 1, .cancel = cancel};
    put_clusters(world);
    cancel_request(cancel);
    assert_code(label_model_fit(&request, &world->model, &err), ERR_CANCELLED);
    cancel_free(cancel);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_world, drop_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_positive_finds_its_cluster_and_not_the_other),
        TEST(a_negative_takes_its_look_alikes_with_it),
        TEST(what_is_rejected_never_comes_back),
        TEST(a_thing_is_followed_through_its_near_frames),
        TEST(two_positives_of_one_frame_name_a_kind),
        TEST(who_knows_the_boxes_says_what_else_is_in_a_frame),
        TEST(wrong_examples_are_refused),
        TEST(an_empty_project_has_nothing_to_learn_from),
        TEST(examples_without_a_vector_are_left_out),
        TEST(identical_vectors_on_both_sides_bring_nothing_in_doubt),
        TEST(the_order_of_examples_does_not_matter),
        TEST(ranking_with_one_example_is_that_of_similarity),
        TEST(what_is_most_like_it_comes_first_where_nothing_is_taken),
        TEST(what_many_resemble_does_not_come_after_what_is_less_like_it),
        TEST(what_is_one_thing_and_not_taken_comes_in_the_order_of_similarity),
        TEST(six_examples_on_each_side_part_the_rest),
        TEST(filters_and_exclusions_hold),
        TEST(what_is_one_thing_comes_as_one),
        TEST(where_look_alikes_are_near_fewer_come),
        TEST(examples_of_several_videos_make_likeness_count_for_more),
        TEST(of_what_is_taken_the_most_similar_comes_first),
        TEST(what_a_round_asks_for_does_not_grow_with_the_project),
        TEST(a_cancelled_round_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
