#include "search/catalogue.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_memory.h"
#include "search/label_refusals.h"
#include "search/labels.h"
#include "vector_index/vector_index_flat.h"

#define VIDEO_A "aaaaaaaaaaaaaaaa"
#define VIDEO_B "bbbbbbbbbbbbbbbb"
#define FRAMES 1500 // more than a page

struct shelf {
    struct clock_manual clock;
    struct meta_store *meta;
    struct catalogue *catalogue;
};

static void add_video(struct shelf *shelf, const char *id)
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
    assert_ok(meta_store_create_video(shelf->meta, video, &created, &err), &err);
    free(video);
}

static void add_frame(
    struct shelf *shelf, const char *video, int32_t index, const char *first, float score, const char *second)
{
    struct err err = ERR_INIT;
    struct meta_object objects[2] = {{.width = 30, .height = 40, .score = score, .track = -1},
        {.width = 5, .height = 6, .score = 0.4f, .track = -1}};
    strcpy(objects[0].class_name, first);
    strcpy(objects[1].class_name, second != NULL ? second : "");
    struct meta_frame frame = {.index = index,
        .pts_us = index * INT64_C(200000),
        .width = 640,
        .height = 360,
        .state = FRAME_INDEXED,
        .objects = objects,
        .object_count = second != NULL ? 2 : 1};
    assert_ok(meta_store_put_objects(shelf->meta, video, &frame, 1, &err), &err);
}

static int fill_shelf(void **state)
{
    struct shelf *shelf = mem_calloc(1, sizeof(*shelf));
    clock_manual_init(&shelf->clock, INT64_C(1000000000));
    shelf->meta = meta_store_memory_new(&shelf->clock.clock);
    shelf->catalogue = catalogue_new(shelf->meta);
    add_video(shelf, VIDEO_A);
    add_video(shelf, VIDEO_B);
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(shelf, VIDEO_A, i, "car", 0.5f + (float)(i % 100) / 1000.0f, i % 3 == 0 ? "dog" : NULL);
    add_frame(shelf, VIDEO_B, 7, "bus", 0.8f, "car");
    *state = shelf;
    return 0;
}

static int clear_shelf(void **state)
{
    struct shelf *shelf = *state;
    catalogue_free(shelf->catalogue);
    meta_store_free(shelf->meta);
    free(shelf);
    return 0;
}

static void classes_are_counted_the_most_frequent_first(void **state)
{
    struct shelf *shelf = *state;
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    // The second time from what was kept.
    for (int i = 0; i < 2; i++) {
        assert_ok(catalogue_classes(shelf->catalogue, NULL, "p", NULL, &classes, &count, &err), &err);
        assert_int_equal(count, 3);
        assert_string_equal(classes[0].name, "car");
        assert_int_equal(classes[0].objects, FRAMES + 1);
        assert_string_equal(classes[1].name, "dog");
        assert_int_equal(classes[1].objects, FRAMES / 3);
        assert_string_equal(classes[2].name, "bus");
        assert_int_equal(classes[2].objects, 1);
        free(classes);
    }
}

static void counts_follow_what_is_indexed(void **state)
{
    struct shelf *shelf = *state;
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    assert_ok(catalogue_classes(shelf->catalogue, NULL, "p", NULL, &classes, &count, &err), &err);
    free(classes);
    add_frame(shelf, VIDEO_B, 8, "owl", 0.7f, "owl");
    assert_ok(catalogue_classes(shelf->catalogue, NULL, "p", NULL, &classes, &count, &err), &err);
    assert_int_equal(count, 4);
    assert_string_equal(classes[2].name, "owl");
    assert_int_equal(classes[2].objects, 2);
    free(classes);
}

static void a_project_that_was_begun_anew_is_counted_anew(void **state)
{
    struct shelf *shelf = *state;
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    assert_ok(catalogue_classes(shelf->catalogue, NULL, "p", NULL, &classes, &count, &err), &err);
    free(classes);
    assert_ok(meta_store_remove_video(shelf->meta, VIDEO_A, &err), &err);
    assert_ok(meta_store_remove_video(shelf->meta, VIDEO_B, &err), &err);
    assert_ok(meta_store_remove_project(shelf->meta, "p", &err), &err);
    // As many of everything.
    shelf->clock.now_us++;
    add_video(shelf, VIDEO_A);
    add_video(shelf, VIDEO_B);
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(shelf, VIDEO_A, i, "owl", 0.5f, i % 3 == 0 ? "owl" : NULL);
    add_frame(shelf, VIDEO_B, 7, "owl", 0.8f, "owl");
    assert_ok(catalogue_classes(shelf->catalogue, NULL, "p", NULL, &classes, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(classes[0].name, "owl");
    free(classes);
}

// Says no to "car" of the object, or takes the last word back.
static void refuse(struct labels *labels, const char *object)
{
    struct label_change change;
    struct err err = ERR_INIT;
    const struct label_editor anybody = {.expected_version = -1};
    const struct label_examples examples = {.negative = &object, .negative_count = 1};
    if (object != NULL)
        assert_ok(labels_examples(labels, "p", "car", &examples, &anybody, &change, &err), &err);
    else
        assert_ok(labels_undo(labels, "p", &anybody, &change, &err), &err);
}

static int64_t count_cars(struct shelf *shelf, struct labels *labels)
{
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    int64_t cars = 0;
    struct err err = ERR_INIT;
    assert_ok(catalogue_classes(shelf->catalogue, labels, "p", NULL, &classes, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        assert_true(classes[i].objects > 0);
        cars += strcmp(classes[i].name, "car") == 0 ? classes[i].objects : 0;
    }
    free(classes);
    return cars;
}

static void what_people_refused_neither_counts_nor_shows(void **state)
{
    struct shelf *shelf = *state;
    struct err err = ERR_INIT;
    struct vector_index *vectors = vector_index_flat_new();
    struct labels *labels = labels_new(
        &(struct labels_config){.meta = shelf->meta, .vectors = vectors, .clock = clock_system(), .log = log_none()});
    assert_int_equal(count_cars(shelf, labels), FRAMES + 1);
    refuse(labels, VIDEO_A "-00000099-000");
    refuse(labels, VIDEO_A "-00000007-000");
    for (int i = 0; i < 2; i++)
        assert_int_equal(count_cars(shelf, labels), FRAMES - 1);
    const char *const car[] = {"car"};
    struct catalogue_request request = {.project = "p", .classes = car, .class_count = 1, .limit = 20};
    struct search_result result;
    struct label_refusals *refusals = NULL;
    assert_ok(labels_refusals(labels, "p", car, 1, &refusals, &err), &err);
    request.refusals = refusals;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_string_equal(result.hits[0].object, VIDEO_A "-00000199-000");
    search_result_release(&result);
    label_refusals_free(refusals);
    refuse(labels, NULL);
    assert_int_equal(count_cars(shelf, labels), FRAMES);
    refuse(labels, NULL);
    assert_int_equal(count_cars(shelf, labels), FRAMES + 1);
    labels_free(labels);
    vector_index_free(vectors);
}

static void browsing_gives_the_surest_first_in_pages(void **state)
{
    struct shelf *shelf = *state;
    const char *const car[] = {"car"};
    struct catalogue_request request = {.project = "p", .classes = car, .class_count = 1, .limit = 20};
    struct search_result first;
    struct search_result second;
    struct err err = ERR_INIT;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &first, &err), &err);
    assert_int_equal(first.count, 20);
    assert_true(first.more);
    // 0.599 is the best score; fifteen frames have it.
    assert_string_equal(first.hits[0].object, VIDEO_A "-00000099-000");
    assert_string_equal(first.hits[1].object, VIDEO_A "-00000199-000");
    assert_int_equal(first.hits[0].pts_us, 99 * 200000);
    for (size_t i = 1; i < first.count; i++)
        assert_true(first.hits[i - 1].score >= first.hits[i].score);
    request.offset = 20;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &second, &err), &err);
    assert_int_equal(second.count, 20);
    assert_true(first.hits[19].score >= second.hits[0].score);
    assert_string_not_equal(first.hits[19].object, second.hits[0].object);
    search_result_release(&first);
    search_result_release(&second);
}

static void browsing_ends_and_keeps_to_the_videos(void **state)
{
    struct shelf *shelf = *state;
    const char *const classes[] = {"car", "bus"};
    const char *const videos[] = {VIDEO_B};
    struct catalogue_request request = {
        .project = "p", .classes = classes, .class_count = 2, .videos = videos, .video_count = 1, .limit = 20};
    struct search_result result;
    struct err err = ERR_INIT;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_int_equal(result.count, 2);
    assert_false(result.more);
    assert_string_equal(result.hits[0].box.class_name, "bus");
    assert_string_equal(result.hits[1].object, VIDEO_B "-00000007-001");
    search_result_release(&result);
    request.min_score = 0.5f;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_int_equal(result.count, 1);
    search_result_release(&result);
    request.offset = 2;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_int_equal(result.count, 0);
    search_result_release(&result);
}

static void add_tracked(struct shelf *shelf, const char *video, int32_t index, int64_t track, float score)
{
    struct err err = ERR_INIT;
    struct meta_object object = {.width = 30, .height = 40, .score = score, .class_name = "taxi", .track = track};
    struct meta_frame frame = {.index = index,
        .pts_us = index * INT64_C(200000),
        .width = 640,
        .height = 360,
        .state = FRAME_INDEXED,
        .objects = &object,
        .object_count = 1};
    assert_ok(meta_store_put_objects(shelf->meta, video, &frame, 1, &err), &err);
}

static void browsing_shows_the_best_of_each_track(void **state)
{
    struct shelf *shelf = *state;
    // 200 tracks of B with two objects each, the second the surer one; a track of A with a number that B has too; two
    // objects without a track.
    for (int32_t i = 0; i < 400; i++)
        add_tracked(shelf, VIDEO_B, 1000 + i, i % 200, 0.3f + (float)i / 1000.0f);
    add_tracked(shelf, VIDEO_A, 5000, 7, 0.9f);
    add_tracked(shelf, VIDEO_A, 5001, 7, 0.8f);
    add_tracked(shelf, VIDEO_A, 5002, -1, 0.95f);
    add_tracked(shelf, VIDEO_A, 5003, -1, 0.85f);
    const char *const taxi[] = {"taxi"};
    struct catalogue_request request = {
        .project = "p", .classes = taxi, .class_count = 1, .per_track = true, .limit = 103};
    struct search_result result;
    struct err err = ERR_INIT;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_int_equal(result.count, 103);
    assert_true(result.more);
    assert_string_equal(result.hits[0].object, VIDEO_A "-00005002-000");
    assert_string_equal(result.hits[1].object, VIDEO_A "-00005000-000");
    assert_string_equal(result.hits[2].object, VIDEO_A "-00005003-000");
    for (int i = 3; i < 103; i++)
        assert_int_equal(result.hits[i].frame_index, 1399 - (i - 3));
    search_result_release(&result);
    request.offset = 103;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_int_equal(result.count, 100);
    assert_false(result.more);
    assert_int_equal(result.hits[99].frame_index, 1200);
    search_result_release(&result);
    request.per_track = false;
    assert_ok(catalogue_browse(shelf->catalogue, &request, &result, &err), &err);
    assert_true(result.more);
    search_result_release(&result);
}

static void wrong_questions_are_refused(void **state)
{
    struct shelf *shelf = *state;
    const char *const car[] = {"car"};
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    struct search_result result;
    struct err err = ERR_INIT;
    assert_int_equal(catalogue_classes(shelf->catalogue, NULL, "q", NULL, &classes, &count, &err), ERR_NOT_FOUND);
    struct catalogue_request request = {.project = "q", .classes = car, .class_count = 1, .limit = 20};
    assert_int_equal(catalogue_browse(shelf->catalogue, &request, &result, &err), ERR_NOT_FOUND);
    request.project = "p";
    request.limit = SEARCH_LIMIT_MAX + 1;
    assert_int_equal(catalogue_browse(shelf->catalogue, &request, &result, &err), ERR_INVALID);
    request.limit = 1;
    request.class_count = 0;
    assert_int_equal(catalogue_browse(shelf->catalogue, &request, &result, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(classes_are_counted_the_most_frequent_first, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(counts_follow_what_is_indexed, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(a_project_that_was_begun_anew_is_counted_anew, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(what_people_refused_neither_counts_nor_shows, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(browsing_gives_the_surest_first_in_pages, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(browsing_ends_and_keeps_to_the_videos, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(browsing_shows_the_best_of_each_track, fill_shelf, clear_shelf),
        cmocka_unit_test_setup_teardown(wrong_questions_are_refused, fill_shelf, clear_shelf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
