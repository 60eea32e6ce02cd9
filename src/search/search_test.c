#include "search/search.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_memory.h"
#include "search/label_refusals.h"
#include "vector_index/vector_index_flat.h"

#define VIDEO_A "aaaaaaaaaaaaaaaa"
#define VIDEO_B "bbbbbbbbbbbbbbbb"
#define DIMENSION 4

struct scene {
    struct meta_store *meta;
    struct vector_index *vectors;
    struct search *search;
};

static enum err_code no_embedder(void *context, struct embedder **embedder, const char **model, struct err *err)
{
    (void)context;
    (void)embedder;
    (void)model;
    return err_set(err, ERR_UNAVAILABLE, "no embedder in this test");
}

static void add_video(struct scene *scene, const char *id)
{
    struct err err = ERR_INIT;
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    memcpy(video->id, id, VIDEO_ID_SIZE);
    strcpy(video->project, "p");
    strcpy(video->source, "file:///x");
    video->chunk_us = 1000000;
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    bool created = false;
    assert_ok(meta_store_create_video(scene->meta, video, &created, &err), &err);
    free(video);
}

// Frame `index` of a video with one object, whose vector has the given direction.
static void add_object(struct scene *scene, const char *video, int32_t index, const char *class_name, int64_t track,
    const float vector[DIMENSION])
{
    struct err err = ERR_INIT;
    struct meta_object object = {.x = 1, .y = 2, .width = 30, .height = 40, .score = 0.9f, .track = track};
    strcpy(object.class_name, class_name);
    struct meta_frame frame = {.index = index,
        .pts_us = index * INT64_C(200000),
        .width = 640,
        .height = 360,
        .state = FRAME_INDEXED,
        .objects = &object,
        .object_count = 1};
    assert_ok(meta_store_put_frames(scene->meta, video, &frame, 1, &err), &err);
    assert_ok(meta_store_put_objects(scene->meta, video, &frame, 1, &err), &err);
    struct vector_item item = {.track = track, .vector = vector};
    object_id_make(video, index, 0, item.object);
    strcpy(item.class_name, class_name);
    assert_ok(vector_index_upsert(scene->vectors, "p", "model", DIMENSION, &item, 1, &err), &err);
}

static int make_scene(void **state)
{
    struct scene *scene = mem_calloc(1, sizeof(*scene));
    scene->meta = meta_store_memory_new(clock_system());
    scene->vectors = vector_index_flat_new();
    scene->search =
        search_new(&(struct search_config){.meta = scene->meta, .vectors = scene->vectors, .embedder = no_embedder});
    add_video(scene, VIDEO_A);
    add_video(scene, VIDEO_B);
    add_object(scene, VIDEO_A, 0, "car", 1, (float[]){1, 0, 0, 0});
    add_object(scene, VIDEO_A, 1, "car", 1, (float[]){0.99f, 0.1f, 0, 0});
    add_object(scene, VIDEO_A, 2, "bus", 2, (float[]){0.9f, 0.4f, 0, 0});
    add_object(scene, VIDEO_B, 0, "car", 1, (float[]){0.8f, 0, 0.6f, 0});
    add_object(scene, VIDEO_B, 1, "dog", -1, (float[]){0, 0, 0, 1});
    *state = scene;
    return 0;
}

static int drop_scene(void **state)
{
    struct scene *scene = *state;
    search_free(scene->search);
    vector_index_free(scene->vectors);
    meta_store_free(scene->meta);
    free(scene);
    return 0;
}

static const char *const query_object = VIDEO_A "-00000000-000";

static struct search_request ask_for(const char *object)
{
    return (struct search_request){.project = "p", .object = object, .min_score = -1, .limit = 10};
}

static void assert_hits(struct scene *scene, const struct search_request *request, const char *const *objects)
{
    struct err err = ERR_INIT;
    struct search_result result;
    assert_ok(search_run(scene->search, request, &result, &err), &err);
    size_t i = 0;
    for (; objects[i] != NULL; i++) {
        assert_true(i < result.count);
        assert_string_equal(result.hits[i].object, objects[i]);
    }
    assert_int_equal(result.count, i);
    search_result_release(&result);
}

static void the_object_itself_is_no_hit_and_the_nearest_comes_first(void **state)
{
    struct search_request request = ask_for(query_object);
    assert_hits(*state, &request,
        (const char *[]){
            VIDEO_A "-00000001-000", VIDEO_A "-00000002-000", VIDEO_B "-00000000-000", VIDEO_B "-00000001-000", NULL});
}

static void a_hit_carries_what_is_needed_to_show_it(void **state)
{
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    struct search_result result;
    struct search_request request = ask_for(query_object);
    assert_ok(search_run(scene->search, &request, &result, &err), &err);
    assert_string_equal(result.hits[0].video, VIDEO_A);
    assert_int_equal(result.hits[0].pts_us, 200000);
    assert_int_equal(result.hits[0].frame_width, 640);
    assert_string_equal(result.hits[0].box.class_name, "car");
    assert_true(result.hits[0].score > 0.99f);
    assert_false(result.more);
    search_result_release(&result);
}

static void pages_follow_each_other(void **state)
{
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    struct search_result result;
    struct search_request request = ask_for(query_object);
    request.offset = 1;
    request.limit = 2;
    assert_ok(search_run(scene->search, &request, &result, &err), &err);
    assert_int_equal(result.count, 2);
    assert_string_equal(result.hits[0].object, VIDEO_A "-00000002-000");
    assert_true(result.more);
    search_result_release(&result);
    request.offset = 9;
    assert_hits(scene, &request, (const char *[]){NULL});
}

static void filters_and_the_least_score_hold(void **state)
{
    struct search_request request = ask_for(query_object);
    request.filter.video = VIDEO_B;
    assert_hits(*state, &request, (const char *[]){VIDEO_B "-00000000-000", VIDEO_B "-00000001-000", NULL});
    request = ask_for(query_object);
    request.filter.classes = (const char *const[]){"car"};
    request.filter.class_count = 1;
    assert_hits(*state, &request, (const char *[]){VIDEO_A "-00000001-000", VIDEO_B "-00000000-000", NULL});
    request = ask_for(query_object);
    request.min_score = 0.95f;
    assert_hits(*state, &request, (const char *[]){VIDEO_A "-00000001-000", NULL});
}

static void of_each_track_only_the_best_hit_is_given_if_asked(void **state)
{
    // From the dog, so that all cars are hits: tracks of two videos have the same numbers and are not the same.
    struct search_request request = ask_for(VIDEO_B "-00000001-000");
    request.per_track = true;
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    struct search_result result;
    assert_ok(search_run(scene->search, &request, &result, &err), &err);
    assert_int_equal(result.count, 3);
    search_result_release(&result);
}

static void what_is_not_of_the_class_asked_for_is_left_out_of_all_pages(void **state)
{
    // The car of A is none, in both its frames; that of B is one.
    struct label_refusals *refusals = label_refusals_new();
    label_refusals_add_class(refusals, "car");
    label_refusals_add_track(refusals, (struct label_key){.video = strtoull(VIDEO_A, NULL, 16), .place = 1});
    struct search_request request = ask_for(VIDEO_B "-00000001-000");
    request.filter.classes = (const char *const[]){"car", "bus"};
    request.filter.class_count = 2;
    request.refusals = refusals;
    // Both remaining hits are as far from the dog: by id.
    assert_hits(*state, &request, (const char *[]){VIDEO_A "-00000002-000", VIDEO_B "-00000000-000", NULL});
    request.limit = 1;
    assert_hits(*state, &request, (const char *[]){VIDEO_A "-00000002-000", NULL});
    request.offset = 1;
    assert_hits(*state, &request, (const char *[]){VIDEO_B "-00000000-000", NULL});
    request.per_track = true;
    assert_hits(*state, &request, (const char *[]){VIDEO_B "-00000000-000", NULL});
    // One of its objects was confirmed all the same.
    request.offset = 0;
    request.limit = 10;
    label_refusals_add_object(refusals, label_key_at(VIDEO_A, 1, 0), false);
    assert_hits(*state, &request,
        (const char *[]){VIDEO_A "-00000001-000", VIDEO_A "-00000002-000", VIDEO_B "-00000000-000", NULL});
    label_refusals_free(refusals);
}

// A parked car, filmed for so long that more pictures of it than a query gives are nearer than anything else.
static void a_track_with_thousands_of_objects_does_not_hide_the_others(void **state)
{
    enum { PARKED = VECTOR_QUERY_LIMIT_MAX + 500, AT_ONCE = 500 };
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    static struct vector_item items[AT_ONCE];
    const float vector[DIMENSION] = {1, 0.01f, 0, 0};
    for (int32_t i = 0; i < PARKED; i++) {
        struct vector_item *item = &items[i % AT_ONCE];
        *item = (struct vector_item){.class_name = "car", .track = 9, .vector = vector};
        object_id_make(VIDEO_B, 100 + i, 0, item->object);
        if (i % AT_ONCE == AT_ONCE - 1)
            assert_ok(vector_index_upsert(scene->vectors, "p", "model", DIMENSION, items, AT_ONCE, &err), &err);
    }
    // The first of them exists for the meta store too.
    add_object(scene, VIDEO_B, 100, "car", 9, vector);
    struct search_request request = ask_for(query_object);
    request.per_track = true;
    assert_hits(scene, &request,
        (const char *[]){VIDEO_B "-00000100-000", VIDEO_A "-00000001-000", VIDEO_A "-00000002-000",
            VIDEO_B "-00000000-000", VIDEO_B "-00000001-000", NULL});
    // Those without a track come once too, however often is asked.
    request.limit = 2;
    request.offset = 3;
    assert_hits(scene, &request, (const char *[]){VIDEO_B "-00000000-000", VIDEO_B "-00000001-000", NULL});
}

static void put_tracks(struct scene *scene)
{
    struct err err = ERR_INIT;
    const struct meta_track tracks[] = {{.n = 1, .objects = 2, .typical_frame = 1},
        {.n = 2, .objects = 1, .first_frame = 2, .last_frame = 2, .best_frame = 2, .typical_frame = 2}};
    assert_ok(meta_store_put_tracks(scene->meta, VIDEO_A, tracks, 2, 0, &err), &err);
}

static void what_looks_like_a_track_looks_like_the_mean_of_its_objects(void **state)
{
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    struct search_result result;
    put_tracks(scene);
    const struct vector_track_item mean = {.track = {.video = VIDEO_A, .n = 1}, .vector = (float[]){0, 0, 0.6f, 0.8f}};
    assert_ok(vector_index_put_tracks(scene->vectors, "p", "model", DIMENSION, &mean, 1, &err), &err);
    struct search_request request = ask_for(NULL);
    request.track = VIDEO_A "-t1";
    // Its own objects are no hits.
    assert_hits(scene, &request,
        (const char *[]){VIDEO_B "-00000001-000", VIDEO_B "-00000000-000", VIDEO_A "-00000002-000", NULL});
    assert_ok(search_run(scene->search, &request, &result, &err), &err);
    assert_float_equal(result.hits[0].score, 0.8, 1e-3);
    search_result_release(&result);
    request.per_track = true;
    request.limit = 2;
    assert_hits(scene, &request, (const char *[]){VIDEO_B "-00000001-000", VIDEO_B "-00000000-000", NULL});
}

static void a_track_without_a_vector_is_searched_by_the_object_it_is_shown_by(void **state)
{
    struct scene *scene = *state;
    put_tracks(scene);
    struct search_request request = ask_for(NULL);
    request.track = VIDEO_A "-t1";
    request.limit = 1;
    assert_hits(scene, &request, (const char *[]){VIDEO_A "-00000002-000", NULL});
}

static void negative_examples_push_away_what_resembles_them(void **state)
{
    struct search_request request = {.project = "p", .min_score = -1, .limit = 10};
    request.positive = (const char *const[]){VIDEO_A "-00000000-000"};
    request.positive_count = 1;
    request.negative = (const char *const[]){VIDEO_A "-00000002-000"};
    request.negative_count = 1;
    // The second car leans towards the bus less than the third does; the examples are no hits.
    assert_hits(*state, &request,
        (const char *[]){VIDEO_A "-00000001-000", VIDEO_B "-00000000-000", VIDEO_B "-00000001-000", NULL});
}

static void wrong_questions_are_refused_with_a_sentence(void **state)
{
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    struct search_result result;
    struct search_request request = ask_for(NULL);
    assert_code(search_run(scene->search, &request, &result, &err), ERR_INVALID);
    request = ask_for("nonsense");
    assert_code(search_run(scene->search, &request, &result, &err), ERR_INVALID);
    request = ask_for(VIDEO_A "-00000077-000");
    assert_code(search_run(scene->search, &request, &result, &err), ERR_NOT_FOUND);
    request = ask_for(NULL);
    request.track = VIDEO_A "-t77";
    assert_code(search_run(scene->search, &request, &result, &err), ERR_NOT_FOUND);
    assert_string_equal(err.field, "track");
    request.track = query_object;
    assert_code(search_run(scene->search, &request, &result, &err), ERR_INVALID);
    request = ask_for(query_object);
    request.limit = 0;
    assert_code(search_run(scene->search, &request, &result, &err), ERR_INVALID);
    request = ask_for(query_object);
    request.picture = "x";
    request.picture_size = 1;
    assert_code(search_run(scene->search, &request, &result, &err), ERR_UNAVAILABLE);
}

static void an_object_is_found_with_its_frame(void **state)
{
    struct scene *scene = *state;
    struct err err = ERR_INIT;
    struct object_info info;
    assert_ok(search_object(scene->search, query_object, &info, &err), &err);
    assert_string_equal(info.project, "p");
    assert_string_equal(info.object.class_name, "car");
    assert_code(search_object(scene->search, VIDEO_A "-00000000-001", &info, &err), ERR_NOT_FOUND);
    assert_code(search_object(scene->search, "cccccccccccccccc-00000000-000", &info, &err), ERR_NOT_FOUND);
    assert_code(search_object(scene->search, "x", &info, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_object_itself_is_no_hit_and_the_nearest_comes_first, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(a_hit_carries_what_is_needed_to_show_it, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(pages_follow_each_other, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(filters_and_the_least_score_hold, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(of_each_track_only_the_best_hit_is_given_if_asked, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(
            what_is_not_of_the_class_asked_for_is_left_out_of_all_pages, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(
            a_track_with_thousands_of_objects_does_not_hide_the_others, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(
            what_looks_like_a_track_looks_like_the_mean_of_its_objects, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(
            a_track_without_a_vector_is_searched_by_the_object_it_is_shown_by, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(negative_examples_push_away_what_resembles_them, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(wrong_questions_are_refused_with_a_sentence, make_scene, drop_scene),
        cmocka_unit_test_setup_teardown(an_object_is_found_with_its_frame, make_scene, drop_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
