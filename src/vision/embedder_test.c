#include "vision/embedder.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "vision/descriptor.h"
#include "vision/test_manifest.h"
#include "vision/test_network.h"

// The network of these tests gives a crop's mean colour (test_network.h).
#define SIDE 64
#define DEEP 3

struct fixture {
    char *dir;
    char *folder;
    struct engine *engine;
    struct embedder *embedder;
    uint8_t data[3 * SIDE * SIDE];
    struct pixels picture;
};

static struct fixture *fixture_new(bool colour)
{
    struct err err = ERR_INIT;
    struct fixture *fixture = mem_calloc(1, sizeof(*fixture));
    fixture->dir = test_dir_make();
    fixture->folder = mem_sprintf("%s/means", fixture->dir);
    test_write_embedder(fixture->dir, colour);
    assert_ok(engine_new(&(struct engine_options){.threads = 2}, &fixture->engine, &err), &err);
    assert_ok(embedder_open(fixture->engine, fixture->folder, NULL, &fixture->embedder, &err), &err);
    fixture->picture = (struct pixels){
        .data = fixture->data, .width = SIDE, .height = SIDE, .stride_bytes = 3 * SIDE, .order = PIXELS_RGB};
    // Left half red, right half green and blue.
    for (int i = 0; i < SIDE * SIDE; i++) {
        bool left = i % SIDE < SIDE / 2;
        const uint8_t pixel[3] = {left ? 200 : 0, left ? 0 : 120, left ? 0 : 160};
        memcpy(fixture->data + 3 * i, pixel, 3);
    }
    return fixture;
}

static int setup_deep(void **state)
{
    *state = fixture_new(false);
    return 0;
}

static int setup_colour(void **state)
{
    *state = fixture_new(true);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    embedder_free(fixture->embedder);
    engine_free(fixture->engine);
    test_dir_remove(fixture->dir);
    free(fixture->folder);
    free(fixture);
    return 0;
}

static double dot(const float *a, const float *b, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void assert_direction(const float *descriptor, float r, float g, float b)
{
    double length = sqrt((double)(r * r + g * g + b * b));
    assert_near(descriptor[0], (double)r / length, 0.01);
    assert_near(descriptor[1], (double)g / length, 0.01);
    assert_near(descriptor[2], (double)b / length, 0.01);
}

static void a_descriptor_without_colour_is_the_normalised_embedding(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    float descriptors[2 * DEEP];
    assert_int_equal(embedder_dimension(fixture->embedder), DEEP);
    assert_false(embedder_has_scores(fixture->embedder));
    // The margin of 0.5 widens the second box from the right half to three quarters of the picture.
    const struct crop crops[] = {{&fixture->picture, 0, 0, 8, 8}, {&fixture->picture, 32, 0, 32, 64}};
    struct embedding_scores scores[2];
    assert_ok(embedder_embed(fixture->embedder, crops, 2, -1, NULL, descriptors, scores, &err), &err);
    assert_direction(descriptors, 200, 0, 0);
    assert_direction(descriptors + DEEP, 200.0f / 3, 120.0f * 2 / 3, 160.0f * 2 / 3);
    assert_int_equal(scores[0].top[0].class_id, -1);
}

static void a_crop_stands_for_whole_pixels_with_its_margin(void **state)
{
    struct fixture *fixture = *state;
    const struct crop crop = {&fixture->picture, 20.5f, 60, 10, 10};
    struct crop_area area = embedder_crop_area(fixture->embedder, &crop);
    assert_int_equal(area.x, 15);
    assert_int_equal(area.width, 21);
    assert_int_equal(area.y, 55);
    assert_int_equal(area.height, 9);
}

static void colour_is_appended_and_the_whole_has_length_one(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    int dimension = embedder_dimension(fixture->embedder);
    float *descriptor = mem_alloc((size_t)dimension * sizeof(*descriptor));
    struct embedding_scores scores;
    assert_true(dimension > DEEP + 4);
    assert_ok(embedder_embed_image(fixture->embedder, &fixture->picture, -1, NULL, descriptor, &scores, &err), &err);
    assert_near(dot(descriptor, descriptor, dimension), 1.0, 1e-5);
    assert_near(dot(descriptor, descriptor, DEEP), 0.5, 1e-5);
    // Two colours in equal parts: two bins, each the root of a half before the whole is normalised.
    int filled = 0;
    for (int i = DEEP; i < dimension; i++)
        filled += descriptor[i] > 0.0f;
    assert_int_equal(filled, 2);
    assert_int_equal(scores.top[0].class_id, 0);
    assert_int_equal(scores.top[1].class_id, 2);
    assert_int_equal(scores.top[2].class_id, 1);
    assert_int_equal(scores.top[3].class_id, -1);
    free(descriptor);
}

static void a_crops_descriptor_does_not_depend_on_its_neighbours(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    enum { COUNT = 75 };
    struct crop crops[COUNT];
    size_t dimension = (size_t)embedder_dimension(fixture->embedder);
    float *together = mem_alloc(COUNT * dimension * sizeof(*together));
    float *alone = mem_alloc(dimension * sizeof(*alone));
    for (int i = 0; i < COUNT; i++)
        crops[i] = (struct crop){&fixture->picture, (float)(i % 50), (float)(i % 7), 5 + (float)(i % 9), 20};
    assert_true(COUNT > embedder_capacity(fixture->embedder));
    assert_ok(embedder_embed(fixture->embedder, crops, COUNT, -1, NULL, together, NULL, &err), &err);
    for (size_t i = 0; i < COUNT; i++) {
        assert_ok(embedder_embed(fixture->embedder, &crops[i], 1, -1, NULL, alone, NULL, &err), &err);
        for (size_t k = 0; k < dimension; k++)
            assert_near(together[i * dimension + k], alone[k], 1e-3);
    }
    free(together);
    free(alone);
}

static void jobs_wait_for_free_places(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct crop crops[512];
    size_t capacity = (size_t)embedder_capacity(fixture->embedder);
    struct embedding_job *all = NULL;
    struct embedding_job *more = NULL;
    float *descriptors = mem_alloc(capacity * DEEP * sizeof(*descriptors));
    assert_true(capacity <= 512);
    for (size_t i = 0; i < capacity; i++)
        crops[i] = (struct crop){&fixture->picture, 0, 0, 10, 10};
    assert_ok(embedder_submit(fixture->embedder, crops, capacity, -1, NULL, &all, &err), &err);
    assert_code(embedder_submit(fixture->embedder, crops, capacity, 0, NULL, &more, &err), ERR_TIMEOUT);
    assert_null(more);
    assert_code(embedder_submit(fixture->embedder, crops, capacity + 1, 0, NULL, &more, &err), ERR_LIMIT);
    assert_code(embedder_submit(fixture->embedder, crops, 0, 0, NULL, &more, &err), ERR_LIMIT);
    assert_ok(embedding_wait(all, 60000, NULL, descriptors, NULL, &err), &err);
    assert_true(embedding_is_done(all));
    assert_direction(descriptors + (capacity - 1) * DEEP, 1, 0, 0);
    embedding_free(all);
    assert_ok(embedder_submit(fixture->embedder, crops, capacity, 0, NULL, &more, &err), &err);
    embedding_free(more);
    free(descriptors);
}

static void broken_boxes_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    float descriptor[DEEP];
    struct crop crop = {&fixture->picture, NAN, 0, 8, 8};
    assert_code(embedder_embed(fixture->embedder, &crop, 1, -1, NULL, descriptor, NULL, &err), ERR_INVALID);
    crop = (struct crop){&fixture->picture, 0, 0, -8, 8};
    assert_code(embedder_embed(fixture->embedder, &crop, 1, -1, NULL, descriptor, NULL, &err), ERR_INVALID);
    // Outside the picture: the nearest pixel counts.
    crop = (struct crop){&fixture->picture, 1000, -1000, 8, 8};
    assert_ok(embedder_embed(fixture->embedder, &crop, 1, -1, NULL, descriptor, NULL, &err), &err);
    assert_direction(descriptor, 0, 120, 160);
}

static void *embed_many(void *arg)
{
    struct fixture *fixture = arg;
    size_t wrong = 0;
    for (int i = 1; i < 40; i++) {
        struct err err = ERR_INIT;
        struct crop crops[32];
        float descriptors[32 * DEEP];
        for (int k = 0; k < 32; k++)
            crops[k] = (struct crop){&fixture->picture, k % 2 == 0 ? 2.0f : 50.0f, 8, 6, 6};
        size_t count = (size_t)(i * 7 % 32 + 1);
        wrong += embedder_embed(fixture->embedder, crops, count, -1, NULL, descriptors, NULL, &err) != ERR_NONE;
        for (size_t k = 0; k < count; k++)
            wrong += (descriptors[k * DEEP] > 0.9f) != (k % 2 == 0);
    }
    return (void *)wrong;
}

static void threads_share_an_embedder(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, embed_many, *state), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

static void zero_and_broken_parts_stay_zero(void **state)
{
    (void)state;
    const float zero[2] = {0, 0};
    const float broken[2] = {NAN, 1};
    const float good[2] = {3, 4};
    float out[4];
    descriptor_join((const struct descriptor_part[]){{zero, 2, 1.0}, {good, 2, 0.5}}, 2, out);
    assert_near(out[1], 0, 0);
    assert_near(out[2], 0.6, 1e-6);
    assert_near(out[3], 0.8, 1e-6);
    descriptor_join((const struct descriptor_part[]){{good, 2, 2.0}, {broken, 2, 1.0}}, 2, out);
    assert_near(out[0], 0.6, 1e-6);
    assert_near(out[3], 0, 0);
    descriptor_join((const struct descriptor_part[]){{good, 2, 2.0}, {good, 2, 1.0}}, 2, out);
    assert_near(out[0] / out[2], 2.0, 1e-5);
}

static void top_scores_are_the_softmax_of_the_greatest(void **state)
{
    (void)state;
    struct embedding_scores scores;
    const float logits[] = {0, 2, NAN, 1, -1, 5, 2};
    descriptor_top_scores(logits, 7, &scores);
    const int expected[] = {5, 1, 6, 3, 0};
    for (int i = 0; i < EMBEDDER_TOP_SCORES; i++)
        assert_int_equal(scores.top[i].class_id, expected[i]);
    double sum = 1 + exp(2) + exp(1) + exp(-1) + exp(5) + exp(2);
    assert_near(scores.top[0].score, exp(5) / sum, 1e-6);
    assert_near(scores.top[4].score, 1 / sum, 1e-6);
    descriptor_top_scores(NULL, 0, &scores);
    assert_int_equal(scores.top[0].class_id, -1);
}

// On the machine's own model, where set-up has built it.
static void the_default_embedder_recognises_a_crop(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct engine *engine = NULL;
    struct embedder *embedder = NULL;
    const char *deps = getenv("FRAMEHOUND_DEPS");
    char *folder = mem_sprintf("%s/models/efficientnet-lite0", deps != NULL ? deps : ".deps");
    struct manifest *manifest = NULL;
    if (manifest_load(folder, &manifest, &err) == ERR_NOT_FOUND) {
        free(folder);
        skip_because("the default embedder is not built");
    }
    manifest_free(manifest);
    assert_ok(engine_new(NULL, &engine, &err), &err);
    assert_ok(embedder_open(engine, folder, NULL, &embedder, &err), &err);
    static uint8_t data[3 * 300 * 200];
    for (int i = 0; i < 300 * 200; i++) {
        int x = i % 300;
        int y = i / 300;
        bool disc = (x - 80) * (x - 80) + (y - 100) * (y - 100) < 3600;
        const uint8_t pixel[3] = {disc ? 220 : 60, (uint8_t)(x > 180 ? (x / 8 + y / 8) % 2 * 200 : 70), disc ? 20 : 90};
        memcpy(data + 3 * i, pixel, 3);
    }
    const struct pixels picture = {data, 300, 200, 900, PIXELS_RGB};
    const struct crop crops[] = {
        {&picture, 10, 30, 140, 140}, {&picture, 14, 32, 136, 138}, {&picture, 180, 30, 110, 140}};
    int dimension = embedder_dimension(embedder);
    float *d = mem_alloc(3 * (size_t)dimension * sizeof(*d));
    assert_ok(embedder_embed(embedder, crops, 3, -1, NULL, d, NULL, &err), &err);
    for (int i = 0; i < 3; i++)
        assert_near(dot(d + i * dimension, d + i * dimension, dimension), 1.0, 1e-4);
    assert_true(dot(d, d + dimension, dimension) > 0.8);
    assert_true(dot(d, d + 2 * dimension, dimension) < 0.6);
    free(d);
    embedder_free(embedder);
    engine_free(engine);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_descriptor_without_colour_is_the_normalised_embedding, setup_deep, teardown),
        cmocka_unit_test_setup_teardown(a_crop_stands_for_whole_pixels_with_its_margin, setup_deep, teardown),
        cmocka_unit_test_setup_teardown(colour_is_appended_and_the_whole_has_length_one, setup_colour, teardown),
        cmocka_unit_test_setup_teardown(a_crops_descriptor_does_not_depend_on_its_neighbours, setup_colour, teardown),
        cmocka_unit_test_setup_teardown(jobs_wait_for_free_places, setup_deep, teardown),
        cmocka_unit_test_setup_teardown(broken_boxes_are_refused, setup_deep, teardown),
        cmocka_unit_test_setup_teardown(threads_share_an_embedder, setup_deep, teardown),
        cmocka_unit_test(zero_and_broken_parts_stay_zero),
        cmocka_unit_test(top_scores_are_the_softmax_of_the_greatest),
        cmocka_unit_test(the_default_embedder_recognises_a_crop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
