#include "vision/detector.h"

#include <pthread.h>
#include <string.h>

#include "base/test.h"
#include "os/file.h"
#include "vision/test_network.h"

// The network of these tests reads candidates straight from the picture's bytes (test_network.h).
struct fixture {
    char *dir;
    char *folder;
    struct engine *engine;
    struct detector *detector;
    struct arena *arena;
    uint8_t data[3 * TEST_ROWS_WIDTH * TEST_ROWS_HEIGHT];
    struct pixels picture;
};

static int setup(void **state)
{
    struct err err = ERR_INIT;
    struct fixture *fixture = mem_calloc(1, sizeof(*fixture));
    fixture->dir = test_dir_make();
    fixture->folder = mem_sprintf("%s/rows", fixture->dir);
    fixture->arena = arena_new();
    test_write_detector(fixture->dir);
    assert_ok(engine_new(&(struct engine_options){.threads = 2}, &fixture->engine, &err), &err);
    assert_ok(detector_open(fixture->engine, fixture->folder, NULL, &fixture->detector, &err), &err);
    fixture->picture = (struct pixels){.data = fixture->data,
        .width = TEST_ROWS_WIDTH,
        .height = TEST_ROWS_HEIGHT,
        .stride_bytes = 3 * TEST_ROWS_WIDTH,
        .order = PIXELS_RGB};
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    detector_free(fixture->detector);
    engine_free(fixture->engine);
    arena_free(fixture->arena);
    test_dir_remove(fixture->dir);
    free(fixture->folder);
    free(fixture);
    return 0;
}

// Candidate `at` of the picture: corners, a number that the score grows with, and the class.
static void put(struct fixture *fixture, int at, int x1, int y1, int x2, int y2, int score, int class_id)
{
    const int row[6] = {x1, y1, x2, y2, score, class_id};
    for (int i = 0; i < 6; i++)
        fixture->data[6 * at + i] = (uint8_t)row[i];
}

static struct detections detect(struct fixture *fixture)
{
    struct err err = ERR_INIT;
    struct detections found;
    assert_ok(detector_detect(fixture->detector, &fixture->picture, -1, NULL, fixture->arena, &found, &err), &err);
    return found;
}

static void assert_box(const struct detection *found, float x, float y, float width, float height, int class_id)
{
    assert_float_equal(found->x, x, 1e-3);
    assert_float_equal(found->y, y, 1e-3);
    assert_float_equal(found->width, width, 1e-3);
    assert_float_equal(found->height, height, 1e-3);
    assert_int_equal(found->class_id, class_id);
}

static void detections_come_by_score_then_position(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, 0, 30, 20, 40, 30, 2, 0);
    put(fixture, 5, 20, 1, 28, 10, 1, 1);
    put(fixture, 9, 2, 1, 10, 10, 1, 0);
    put(fixture, 12, 2, 15, 10, 25, 1, 0);
    struct detections found = detect(fixture);
    assert_int_equal(found.count, 4);
    assert_box(&found.items[0], 30, 20, 10, 10, 0);
    assert_float_equal(found.items[0].score, 0.8808, 1e-3);
    assert_box(&found.items[1], 2, 1, 8, 9, 0);
    assert_box(&found.items[2], 20, 1, 8, 9, 1);
    assert_box(&found.items[3], 2, 15, 8, 10, 0);
    assert_string_equal(manifest_class_name(detector_manifest(fixture->detector), found.items[2].class_id), "dog");
}

static void overlapping_boxes_of_one_class_become_one(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, 0, 10, 10, 30, 30, 1, 0);
    put(fixture, 1, 11, 10, 31, 30, 3, 0); // better
    put(fixture, 2, 10, 11, 30, 31, 2, 1); // another class
    struct detections found = detect(fixture);
    assert_int_equal(found.count, 2);
    assert_box(&found.items[0], 11, 10, 20, 20, 0);
    assert_box(&found.items[1], 10, 11, 20, 20, 1);
}

static void boxes_are_clipped_to_the_picture(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, 0, 40, 20, 200, 200, 1, 0);
    put(fixture, 1, 100, 0, 200, 10, 2, 0); // outside
    struct detections found = detect(fixture);
    assert_int_equal(found.count, 1);
    assert_box(&found.items[0], 40, 20, 8, 12, 0);
}

static void boxes_come_back_in_the_pictures_own_pixels(void **state)
{
    struct fixture *fixture = *state;
    enum { SCALE = 3 };
    static uint8_t data[3 * TEST_ROWS_WIDTH * TEST_ROWS_HEIGHT * SCALE * SCALE];
    put(fixture, 0, 10, 5, 30, 25, 1, 1);
    // Every pixel three by three times: averaging gives the small picture again.
    for (int y = 0; y < TEST_ROWS_HEIGHT * SCALE; y++) {
        for (int x = 0; x < TEST_ROWS_WIDTH * SCALE; x++)
            memcpy(data + 3 * (y * TEST_ROWS_WIDTH * SCALE + x),
                fixture->data + 3 * (y / SCALE * TEST_ROWS_WIDTH + x / SCALE), 3);
    }
    fixture->picture = (struct pixels){.data = data,
        .width = TEST_ROWS_WIDTH * SCALE,
        .height = TEST_ROWS_HEIGHT * SCALE,
        .stride_bytes = 3 * TEST_ROWS_WIDTH * SCALE,
        .order = PIXELS_RGB};
    struct detections found = detect(fixture);
    assert_int_equal(found.count, 1);
    assert_box(&found.items[0], 30, 15, 60, 60, 1);
}

static void the_threshold_and_the_number_can_be_set(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct detector_options options = DETECTOR_OPTIONS_INIT;
    options.score_threshold = 0.9f;
    options.max_detections = 2;
    detector_free(fixture->detector);
    assert_ok(detector_open(fixture->engine, fixture->folder, &options, &fixture->detector, &err), &err);
    for (int i = 0; i < 8; i++)
        put(fixture, i, 5 * i, 0, 5 * i + 4, 10, i, 0);
    struct detections found = detect(fixture);
    assert_int_equal(found.count, 2);
    assert_box(&found.items[0], 35, 0, 4, 10, 0);
    assert_box(&found.items[1], 30, 0, 4, 10, 0);
}

static void several_pictures_are_in_flight(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct detection_job *jobs[NETWORK_REQUESTS_MAX];
    int capacity = detector_capacity(fixture->detector);
    assert_true(capacity >= 2);
    for (int i = 0; i < capacity; i++) {
        put(fixture, 0, i, 0, i + 10, 10, 1, 0);
        assert_ok(detector_submit(fixture->detector, &fixture->picture, -1, NULL, &jobs[i], &err), &err);
        memset(fixture->data, 0, sizeof(fixture->data)); // the picture is free again
    }
    struct detection_job *more = NULL;
    assert_code(detector_submit(fixture->detector, &fixture->picture, 0, NULL, &more, &err), ERR_TIMEOUT);
    assert_null(more);
    for (int i = capacity - 1; i >= 0; i--) {
        struct detections found;
        assert_ok(detection_wait(jobs[i], 60000, NULL, fixture->arena, &found, &err), &err);
        assert_true(detection_is_done(jobs[i]));
        assert_int_equal(found.count, 1);
        assert_box(&found.items[0], (float)i, 0, 10, 10, 0);
        detection_free(jobs[i]);
    }
    assert_int_equal(detector_cost(fixture->detector).pictures, capacity);
}

static void a_job_may_be_given_up(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    for (int i = 0; i < 3 * detector_capacity(fixture->detector); i++) {
        struct detection_job *job = NULL;
        assert_ok(detector_submit(fixture->detector, &fixture->picture, -1, NULL, &job, &err), &err);
        detection_free(job);
    }
    assert_int_equal(detect(fixture).count, 0);
}

static void what_is_no_picture_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct detections found;
    struct pixels bad = fixture->picture;
    bad.stride_bytes = 3;
    assert_code(detector_detect(fixture->detector, &bad, -1, NULL, fixture->arena, &found, &err), ERR_INVALID);
    bad = fixture->picture;
    bad.width = 0;
    assert_code(detector_detect(fixture->detector, &bad, -1, NULL, fixture->arena, &found, &err), ERR_INVALID);
    bad = fixture->picture;
    bad.height = PIXELS_SIDE_MAX + 1;
    assert_code(detector_detect(fixture->detector, &bad, -1, NULL, fixture->arena, &found, &err), ERR_INVALID);
    assert_int_equal(found.count, 0);
}

static void *detect_many(void *arg)
{
    struct fixture *shared = arg;
    struct fixture own = *shared;
    own.picture.data = own.data;
    own.arena = arena_new();
    size_t wrong = 0;
    for (int i = 0; i < 30; i++) {
        struct err err = ERR_INIT;
        struct detections found;
        put(&own, 0, i, 1, i + 10, 11, 1, i % 2);
        enum err_code code = detector_detect(own.detector, &own.picture, -1, NULL, own.arena, &found, &err);
        wrong += code != ERR_NONE || found.count != 1 || found.items[0].class_id != i % 2 ||
            found.items[0].x < (float)i - 0.1f || found.items[0].x > (float)i + 0.1f;
        arena_reset(own.arena);
    }
    arena_free(own.arena);
    return (void *)wrong;
}

static void threads_share_a_detector(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, detect_many, *state), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

// Opens the detector with this manifest, and expects a refusal that contains `sentence`.
static void assert_refused(struct fixture *fixture, const char *manifest, const char *sentence)
{
    struct err err = ERR_INIT;
    struct detector *detector = NULL;
    test_write_file(fixture->folder, MANIFEST_FILE, manifest, strlen(manifest));
    assert_code(detector_open(fixture->engine, fixture->folder, NULL, &detector, &err), ERR_INVALID);
    assert_null(detector);
    if (strstr(err.message, sentence) == NULL)
        fail_msg("\"%s\" does not contain \"%s\"", err.message, sentence);
}

static char *replace(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    return mem_sprintf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void a_manifest_that_does_not_fit_the_network_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *from;
        const char *to;
        const char *sentence;
    } cases[] = {
        {"\"width\":48", "\"width\":64", "has the shape [N, 32, 64, 3] (NHWC), and the network has [1, 32, 48, 3]"},
        {"\"tensor\":\"rows\"", "\"tensor\":\"lines\"", "no output \"lines\"; its outputs are \"rows\""},
        {"\"tensor\":\"image\"", "\"tensor\":\"picture\"", "no input \"picture\"; its inputs are \"image\""},
        {"\"score_class\"", "\"objectness_classes\"", "output \"rows\" should have the shape"},
        {"\"height\":32", "\"height\":32,\"type\":\"f32\"", "takes whole numbers"},
    };
    char *path = mem_sprintf("%s/%s", fixture->folder, MANIFEST_FILE);
    struct err err = ERR_INIT;
    char *good = NULL;
    size_t size = 0;
    assert_ok(file_read(path, MANIFEST_SIZE_MAX, &good, &size, &err), &err);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *bad = replace(good, cases[i].from, cases[i].to);
        assert_refused(fixture, bad, cases[i].sentence);
        free(bad);
    }
    free(good);
    free(path);
}

static void a_network_with_another_checksum_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct detector *detector = NULL;
    test_write_file(fixture->folder, "model.bin", "tampered", 8);
    assert_code(detector_open(fixture->engine, fixture->folder, NULL, &detector, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "model.bin is not the file that the manifest of \"rows\" names"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(detections_come_by_score_then_position, setup, teardown),
        cmocka_unit_test_setup_teardown(overlapping_boxes_of_one_class_become_one, setup, teardown),
        cmocka_unit_test_setup_teardown(boxes_are_clipped_to_the_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(boxes_come_back_in_the_pictures_own_pixels, setup, teardown),
        cmocka_unit_test_setup_teardown(the_threshold_and_the_number_can_be_set, setup, teardown),
        cmocka_unit_test_setup_teardown(several_pictures_are_in_flight, setup, teardown),
        cmocka_unit_test_setup_teardown(a_job_may_be_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_picture_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_share_a_detector, setup, teardown),
        cmocka_unit_test_setup_teardown(a_manifest_that_does_not_fit_the_network_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_network_with_another_checksum_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
