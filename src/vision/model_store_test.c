#include "vision/model_store.h"

#include <string.h>

#include "base/test.h"
#include "os/file.h"
#include "vision/test_manifest.h"
#include "vision/test_network.h"

struct fixture {
    char *source; // where models come from
    char *store;
    struct engine *engine;
};

static int setup(void **state)
{
    struct err err = ERR_INIT;
    struct fixture *fixture = mem_calloc(1, sizeof(*fixture));
    fixture->source = test_dir_make();
    fixture->store = test_dir_make();
    test_write_detector(fixture->source);
    test_write_embedder(fixture->source, true);
    assert_ok(engine_new(&(struct engine_options){.threads = 1}, &fixture->engine, &err), &err);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    engine_free(fixture->engine);
    test_dir_remove(fixture->source);
    test_dir_remove(fixture->store);
    free(fixture);
    return 0;
}

static enum err_code add(struct fixture *fixture, const char *name, bool replace, struct err *err)
{
    struct model_report report;
    char *folder = mem_sprintf("%s/%s", fixture->source, name);
    enum err_code code = model_add(fixture->engine, fixture->store, folder, replace, NULL, &report, NULL, err);
    free(folder);
    return code;
}

static size_t store_size(const struct fixture *fixture)
{
    struct err err = ERR_INIT;
    struct model_list list;
    assert_ok(model_list_load(fixture->store, &list, &err), &err);
    size_t count = list.count;
    model_list_release(&list);
    return count;
}

static void models_are_added_and_listed_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct model_report report;
    struct model_list list;
    char *name = NULL;
    char *folder = mem_sprintf("%s/means", fixture->source);
    assert_ok(add(fixture, "rows", false, &err), &err);
    assert_ok(model_add(fixture->engine, fixture->store, folder, false, NULL, &report, &name, &err), &err);
    assert_string_equal(name, "means");
    assert_true(report.dimension > 3);
    assert_ok(model_list_load(fixture->store, &list, &err), &err);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].name, "means");
    assert_string_equal(list.items[1].name, "rows");
    assert_int_equal(list.items[1].manifest->kind, MODEL_DETECTOR);
    assert_ok(model_verify(fixture->engine, list.items[1].manifest, NULL, NULL, &err), &err);
    model_list_release(&list);
    free(name);
    free(folder);
}

static void a_model_of_the_same_name_must_be_replaced_on_purpose(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct manifest *manifest = NULL;
    assert_ok(add(fixture, "means", false, &err), &err);
    test_write_embedder(fixture->source, false);
    assert_code(add(fixture, "means", false, &err), ERR_CONFLICT);
    assert_ok(model_find(fixture->store, "means", &manifest, &err), &err);
    assert_true(manifest->has_colour);
    manifest_free(manifest);
    assert_ok(add(fixture, "means", true, &err), &err);
    assert_ok(model_find(fixture->store, "means", &manifest, &err), &err);
    assert_false(manifest->has_colour);
    manifest_free(manifest);
    assert_int_equal(store_size(fixture), 1);
}

static void a_model_that_does_not_work_leaves_the_store_unchanged(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    assert_ok(add(fixture, "rows", false, &err), &err);
    char *folder = mem_sprintf("%s/rows", fixture->source);
    test_write_file(folder, "model.bin", "tampered", 8);
    free(folder);
    assert_code(add(fixture, "rows", true, &err), ERR_CORRUPT);
    struct manifest *manifest = NULL;
    assert_ok(model_find(fixture->store, "rows", &manifest, &err), &err);
    assert_ok(model_verify(fixture->engine, manifest, NULL, NULL, &err), &err);
    manifest_free(manifest);
    // Nor is anything left over.
    assert_int_equal(store_size(fixture), 1);
    uint64_t size = dir_size_bytes(fixture->store);
    assert_code(add(fixture, "rows", true, &err), ERR_CORRUPT);
    assert_int_equal(dir_size_bytes(fixture->store), size);
    assert_code(add(fixture, "nothing", false, &err), ERR_NOT_FOUND);
}

static void a_network_and_its_manifest_may_lie_apart(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct model_report report;
    char *name = NULL;
    char *from = mem_sprintf("%s/rows/model.xml", fixture->source);
    char *network = mem_sprintf("%s/rows/renamed.xml", fixture->source);
    char *manifest = mem_sprintf("%s/rows/" MANIFEST_FILE, fixture->source);
    assert_int_equal(rename(from, network), 0);
    assert_ok(
        model_add_file(fixture->engine, fixture->store, network, manifest, false, NULL, &report, &name, &err), &err);
    assert_string_equal(name, "rows");
    struct manifest *added = NULL;
    assert_ok(model_find(fixture->store, "rows", &added, &err), &err);
    assert_string_equal(added->network, "model.xml");
    assert_ok(manifest_check_files(added, &err), &err);
    manifest_free(added);
    free(name);
    free(manifest);
    free(network);
    free(from);
}

static void unusable_manifests_are_listed_with_the_reason(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct model_list list;
    char *folder = mem_sprintf("%s/broken", fixture->store);
    assert_ok(dir_make(folder, &err), &err);
    test_write_file(folder, MANIFEST_FILE, "{}", 2);
    free(folder);
    test_write_file(fixture->store, "a-file", "x", 1);
    assert_ok(model_list_load(fixture->store, &list, &err), &err);
    assert_int_equal(list.count, 1);
    assert_null(list.items[0].manifest);
    assert_code(list.items[0].err.code, ERR_INVALID);
    assert_non_null(strstr(list.items[0].err.message, "broken"));
    model_list_release(&list);
}

static void a_name_is_checked_before_it_becomes_a_path(void **state)
{
    struct fixture *fixture = *state;
    struct err err = ERR_INIT;
    struct manifest *manifest = NULL;
    assert_code(model_find(fixture->store, "../x", &manifest, &err), ERR_INVALID);
    assert_code(model_find(fixture->store, "", &manifest, &err), ERR_INVALID);
    assert_code(model_find(fixture->store, "yolo", &manifest, &err), ERR_NOT_FOUND);
    assert_ok(add(fixture, "rows", false, &err), &err);
    assert_code(model_find(fixture->store, "yolo", &manifest, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "there are rows"));
    struct model_list list;
    assert_ok(model_list_load("/nowhere/at/all", &list, &err), &err);
    assert_int_equal(list.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(models_are_added_and_listed_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(a_model_of_the_same_name_must_be_replaced_on_purpose, setup, teardown),
        cmocka_unit_test_setup_teardown(a_model_that_does_not_work_leaves_the_store_unchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(a_network_and_its_manifest_may_lie_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(unusable_manifests_are_listed_with_the_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(a_name_is_checked_before_it_becomes_a_path, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
