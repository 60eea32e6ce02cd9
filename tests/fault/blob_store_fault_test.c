// Sweeps faults over putting, reading and removing: whatever call fails, trying again gives what was put.
#include "blob_store_fault.h"

#include <string.h>

#include "base/test.h"
#include "blob_store/blob_store_memory.h"

static struct err err;

// Tries again until it works, as a worker does whose message comes back.
#define again(call)                                                                                                    \
    while ((call) != ERR_NONE)                                                                                         \
    assert_int_equal(err.code, ERR_UNAVAILABLE)

static void use(struct blob_store *store)
{
    void *bytes = NULL;
    size_t size = 0;
    again(blob_store_put(store, "a/b", "one", 3, &err));
    again(blob_store_put(store, "a/b", "two", 3, &err));
    again(blob_store_put(store, "c", "three", 5, &err));
    again(blob_store_flush(store, &err));
    again(blob_store_get(store, "a/b", 10, &bytes, &size, &err));
    assert_string_equal(bytes, "two");
    free(bytes);
    again(blob_store_remove_prefix(store, "a/", NULL, &err));
    struct blob_info info;
    enum err_code code;
    do {
        code = blob_store_stat(store, "a/b", &info, &err);
    } while (code == ERR_UNAVAILABLE);
    assert_code(code, ERR_NOT_FOUND);
    again(blob_store_stat(store, "c", &info, &err));
    assert_int_equal(info.size_bytes, 5);
}

static void whatever_call_fails_once_the_blobs_are_the_same(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct fault fault = {.answer_lost = lost == 1};
        do {
            atomic_store(&fault.calls, 0);
            fault.at++;
            struct blob_store *store = blob_store_fault_new(blob_store_memory_new(clock_system()), &fault);
            use(store);
            blob_store_free(store);
        } while (atomic_load(&fault.calls) >= fault.at);
        assert_true(fault.at > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_call_fails_once_the_blobs_are_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
