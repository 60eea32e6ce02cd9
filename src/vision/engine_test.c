#include "vision/engine.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "vision/network_check.h"
#include "vision/test_network.h"

struct fixture {
    char *dir;
    struct engine *engine;
    struct network *network;
};

static int setup(void **state)
{
    struct err err = ERR_INIT;
    struct fixture *fixture = mem_calloc(1, sizeof(*fixture));
    fixture->dir = test_dir_make();
    test_write_detector(fixture->dir);
    test_write_embedder(fixture->dir, false);
    assert_ok(engine_new(&(struct engine_options){.threads = 2}, &fixture->engine, &err), &err);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    network_free(fixture->network);
    engine_free(fixture->engine);
    test_dir_remove(fixture->dir);
    free(fixture);
    return 0;
}

static struct network *compile_means(struct fixture *fixture, int batch, int requests)
{
    struct err err = ERR_INIT;
    char *file = mem_sprintf("%s/means/model.xml", fixture->dir);
    const struct network_options options = {
        .file = file, .input_types = {TENSOR_U8}, .input_count = 1, .batch = batch, .requests = requests};
    assert_ok(network_compile(fixture->engine, &options, &fixture->network, &err), &err);
    free(file);
    return fixture->network;
}

static void a_network_tells_its_inputs_and_outputs(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct network_specs specs;
    char shape[TENSOR_SHAPE_TEXT_SIZE];
    char *file = mem_sprintf("%s/means/model.xml", fixture->dir);
    assert_ok(network_inspect(fixture->engine, file, &specs, &err), &err);
    assert_int_equal(specs.input_count, 1);
    assert_string_equal(specs.inputs[0].name, "image");
    assert_int_equal(specs.input_types[0], TENSOR_U8);
    tensor_spec_format(&specs.inputs[0], shape);
    assert_string_equal(shape, "[?, 8, 8, 3]");
    assert_int_equal(specs.output_count, 2);
    free(file);
}

static void a_batch_runs_with_each_picture_for_itself(void **state)
{
    struct err err = ERR_INIT;
    struct network *network = compile_means(*state, 3, 1);
    struct request *request = NULL;
    struct tensor means;
    assert_ok(network_acquire(network, -1, NULL, &request, &err), &err);
    uint8_t *pixels = request_input(request, 0);
    for (size_t i = 0; i < 3 * 192; i++)
        pixels[i] = (uint8_t)(100 * (i / 192) + i % 3);
    assert_ok(request_start(request, &err), &err);
    assert_ok(request_wait(request, 60000, NULL, &err), &err);
    assert_true(request_is_done(request));
    assert_ok(request_output(request, (size_t)network_find_output(network, "embedding"), &means, &err), &err);
    assert_int_equal(means.dims[0], 3);
    for (int i = 0; i < 9; i++)
        assert_float_equal(means.data[i], (float)(100 * (i / 3) + i % 3), 0.5);
    request_release(request);
    assert_int_equal(network_cost(network).runs, 1);
    assert_int_equal(network_find_output(network, "nothing"), -1);
}

static void a_cache_that_cannot_be_used_is_done_without(void **state)
{
    const struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    char *cache = mem_sprintf("%s/cache", fixture->dir);
    char *file = mem_sprintf("%s/means/model.xml", fixture->dir);
    struct fixture own = {0};
    test_write_file(fixture->dir, "cache", "a file where a folder should be", 31);
    const struct network_options options = {.file = file, .input_types = {TENSOR_U8}, .input_count = 1, .batch = 1};
    assert_ok(engine_new(&(struct engine_options){.threads = 1, .cache_dir = cache}, &own.engine, &err), &err);
    assert_ok(network_compile(own.engine, &options, &own.network, &err), &err);
    network_free(own.network);
    engine_free(own.engine);
    free(file);
    free(cache);
}

static void who_finds_no_free_request_waits_until_the_deadline(void **state)
{
    struct err err = ERR_INIT;
    struct network *network = compile_means(*state, 1, 1);
    struct request *first = NULL;
    struct request *second = NULL;
    assert_ok(network_acquire(network, 0, NULL, &first, &err), &err);
    assert_code(network_acquire(network, 0, NULL, &second, &err), ERR_TIMEOUT);
    assert_null(second);
    struct cancel *cancel = cancel_new(NULL);
    cancel_request(cancel);
    assert_code(network_acquire(network, -1, cancel, &second, &err), ERR_CANCELLED);
    cancel_free(cancel);
    request_release(first);
    assert_ok(network_acquire(network, 0, NULL, &second, &err), &err);
    request_release(second);
}

static void *run_many(void *arg)
{
    struct network *network = arg;
    struct err err = ERR_INIT;
    size_t wrong = 0;
    for (int round = 0; round < 50; round++) {
        struct request *request = NULL;
        struct tensor means;
        uint8_t value = (uint8_t)(round * 5);
        if (network_acquire(network, -1, NULL, &request, &err) != ERR_NONE)
            return (void *)1;
        memset(request_input(request, 0), value, 192);
        bool good = request_start(request, &err) == ERR_NONE && request_wait(request, -1, NULL, &err) == ERR_NONE &&
            request_output(request, 0, &means, &err) == ERR_NONE;
        wrong += !good || means.data[0] < (float)value - 1.0f || means.data[0] > (float)value + 1.0f;
        request_release(request);
    }
    return (void *)wrong;
}

static void threads_share_the_requests(void **state)
{
    struct network *network = compile_means(*state, 1, 2);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, network), 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    assert_int_equal(network_cost(network).runs, 200);
}

static void what_is_no_network_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct network_specs specs;
    static const struct {
        const char *name;
        const char *content;
    } bad[] = {
        {"text.xml", "no network at all"},
        {"other.xml", "<html></html>"},
        {"cut.xml", "<?xml version=\"1.0\"?><net name=\"x\" version=\"11\"><layers>"},
        {"strange.xml", "<?xml version=\"1.0\"?><net name=\"x\" version=\"11\"><layers></layers><edges/></net>"},
        {"empty.onnx", ""},
        {"text.onnx", "no network at all, but long enough to be one"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        test_write_file(fixture->dir, bad[i].name, bad[i].content, strlen(bad[i].content));
        char *file = mem_sprintf("%s/%s", fixture->dir, bad[i].name);
        const struct network_options options = {.file = file, .input_count = 1, .batch = 1};
        assert_code(network_compile(fixture->engine, &options, &fixture->network, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, bad[i].name));
        assert_null(strchr(err.message, '\n'));
        free(file);
    }
    char *file = mem_sprintf("%s/none.onnx", fixture->dir);
    assert_code(network_inspect(fixture->engine, file, &specs, &err), ERR_NOT_FOUND);
    free(file);
    assert_code(network_inspect(fixture->engine, fixture->dir, &specs, &err), ERR_INVALID);
}

static void absurd_settings_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct engine *engine = NULL;
    assert_code(engine_new(&(struct engine_options){.threads = -1}, &engine, &err), ERR_INVALID);
    assert_code(engine_new(&(struct engine_options){.threads = 100000}, &engine, &err), ERR_INVALID);
    struct network_options options = {.file = "x", .input_count = 1, .batch = NETWORK_BATCH_MAX + 1};
    assert_code(network_compile(fixture->engine, &options, &fixture->network, &err), ERR_LIMIT);
    char *file = mem_sprintf("%s/means/model.xml", fixture->dir);
    options = (struct network_options){.file = file, .input_count = 2, .batch = 1};
    assert_code(network_compile(fixture->engine, &options, &fixture->network, &err), ERR_INVALID);
    // A dynamic batch that nobody sets.
    options = (struct network_options){.file = file, .input_count = 1};
    assert_code(network_compile(fixture->engine, &options, &fixture->network, &err), ERR_INVALID);
    free(file);
}

static void huge_tensors_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct network_specs specs = {.input_count = 1, .inputs = {{"in", 4, {1, 100000, 100000, 3}}}};
    assert_code(network_specs_check("n.onnx", &specs, &err), ERR_LIMIT);
    assert_string_equal(err.message, "n.onnx: \"in\" is too large: [1, 100000, 100000, 3]");
    specs.inputs[0] = (struct tensor_spec){"in", 4, {1, INT64_MAX, INT64_MAX, 3}};
    assert_code(network_specs_check("n.onnx", &specs, &err), ERR_LIMIT);
    specs.inputs[0] = (struct tensor_spec){"in", -1, {0}};
    assert_code(network_specs_check("n.onnx", &specs, &err), ERR_INVALID);
}

static void the_librarys_words_become_one_line(void **state)
{
    (void)state;
    char words[64];
    network_message_clean("Exception from src/a.cpp:1:\nCannot open\nthe file\n\n", "?", words, sizeof(words));
    assert_string_equal(words, "Cannot open the file");
    network_message_clean("Exception from src/a.cpp:1:\n", "general error", words, sizeof(words));
    assert_string_equal(words, "general error");
    network_message_clean(NULL, NULL, words, sizeof(words));
    assert_string_equal(words, "unknown reason");
    char longer[200];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    network_message_clean(longer, NULL, words, sizeof(words));
    assert_true(strlen(words) < sizeof(words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_network_tells_its_inputs_and_outputs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_runs_with_each_picture_for_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cache_that_cannot_be_used_is_done_without, setup, teardown),
        cmocka_unit_test_setup_teardown(who_finds_no_free_request_waits_until_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_share_the_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_network_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(absurd_settings_are_refused, setup, teardown),
        cmocka_unit_test(huge_tensors_are_refused),
        cmocka_unit_test(the_librarys_words_become_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
