// What every blob store does, whatever is behind it. Run as: blob_store_contract BACKEND
// "s3" wants a server: FRAMEHOUND_TEST_S3 is its address, FRAMEHOUND_TEST_BUCKET a bucket there; keys as for
// Framehound.
#include "base/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_dir.h"
#include "blob_store/blob_store_memory.h"
#include "blob_store/blob_store_s3.h"
#include "blob_store/s3_server_testing.h"
#include "os/cancel.h"
#include "os/file.h"

static const char *backend;
static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct blob_store *store;
    struct s3_server *server; // in memory; NULL: none
};

// Each test has a part of the bucket for itself.
static struct blob_store *open_s3(struct fixture *f)
{
    struct blob_store *store = NULL;
    const char *endpoint = getenv("FRAMEHOUND_TEST_S3");
    const char *bucket = getenv("FRAMEHOUND_TEST_BUCKET");
    if (endpoint == NULL || bucket == NULL) {
        bucket = "contract";
        f->server = s3_server_start(bucket);
        endpoint = s3_server_url(f->server);
        setenv("AWS_ACCESS_KEY_ID", "tester", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "tester-secret", 1);
    }
    char *location = mem_sprintf("s3://%s/contract/%s", bucket, strrchr(f->folder, '-') + 1);
    const struct blob_store_s3_options options = {.location = location,
        .endpoint = endpoint,
        .ca_file = getenv("FRAMEHOUND_TEST_CA"),
        .addressing = getenv("FRAMEHOUND_TEST_VIRTUAL") != NULL ? S3_ADDRESSING_VIRTUAL : S3_ADDRESSING_PATH,
        .clock = clock_system()};
    assert_ok(blob_store_s3_open(&options, &store, &err), &err);
    free(location);
    return store;
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "blob-contract-", f->folder, &err), &err);
    if (strcmp(backend, "dir") == 0) {
        char *path = mem_sprintf("%s/blobs", f->folder);
        assert_ok(blob_store_dir_open(path, &f->store, &err), &err);
        free(path);
    } else if (strcmp(backend, "s3") == 0) {
        f->store = open_s3(f);
    } else {
        f->store = blob_store_memory_new(clock_system());
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (strcmp(backend, "s3") == 0)
        assert_ok(blob_store_remove_prefix(f->store, "", NULL, &err), &err);
    blob_store_free(f->store);
    s3_server_stop(f->server);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *key, const char *text)
{
    assert_ok(blob_store_put(f->store, key, text, strlen(text), &err), &err);
}

static void assert_blob(struct fixture *f, const char *key, const char *text)
{
    void *bytes;
    size_t size;
    assert_ok(blob_store_get(f->store, key, 1000, &bytes, &size, &err), &err);
    assert_int_equal(size, strlen(text));
    assert_string_equal(bytes, text);
    free(bytes);
}

static void assert_no_blob(struct fixture *f, const char *key)
{
    struct blob_info info;
    assert_code(blob_store_stat(f->store, key, &info, &err), ERR_NOT_FOUND);
}

struct listing {
    struct strbuf keys;
    int left; // until the callback says stop; negative: never
};

static bool note_key(void *context, const char *key, const struct blob_info *info)
{
    struct listing *listing = context;
    strbuf_addf(&listing->keys, "%s:%d ", key, (int)info->size_bytes);
    return --listing->left != 0;
}

static void assert_list(struct fixture *f, const char *prefix, int at_most, const char *wanted)
{
    struct listing listing = {.left = at_most};
    strbuf_init(&listing.keys);
    assert_ok(blob_store_list(f->store, prefix, note_key, &listing, &err), &err);
    assert_string_equal(listing.keys.data, wanted);
    strbuf_release(&listing.keys);
}

// ---- putting and getting

static void a_blob_comes_back_as_it_was_put(void **state)
{
    struct fixture *f = *state;
    const char bytes[] = {0, 1, 2, (char)0xFF, 0, 5};
    assert_ok(blob_store_put(f->store, "p/v/frames/00000042.jpg", bytes, sizeof(bytes), &err), &err);
    void *got;
    size_t size;
    assert_ok(blob_store_get(f->store, "p/v/frames/00000042.jpg", sizeof(bytes), &got, &size, &err), &err);
    assert_int_equal(size, sizeof(bytes));
    assert_memory_equal(got, bytes, sizeof(bytes));
    assert_int_equal(((char *)got)[size], 0);
    free(got);
}

static void a_put_replaces(void **state)
{
    struct fixture *f = *state;
    put(f, "a/b", "the first one");
    put(f, "a/b", "second");
    assert_blob(f, "a/b", "second");
}

static void an_empty_blob_is_a_blob(void **state)
{
    struct fixture *f = *state;
    assert_ok(blob_store_put(f->store, "empty", NULL, 0, &err), &err);
    assert_blob(f, "empty", "");
    struct blob_info info;
    assert_ok(blob_store_stat(f->store, "empty", &info, &err), &err);
    assert_int_equal(info.size_bytes, 0);
}

static void a_blob_above_the_readers_limit_is_refused(void **state)
{
    struct fixture *f = *state;
    put(f, "large", "12345");
    void *bytes;
    size_t size;
    assert_code(blob_store_get(f->store, "large", 4, &bytes, &size, &err), ERR_LIMIT);
    assert_null(bytes);
    assert_ok(blob_store_get(f->store, "large", 5, &bytes, &size, &err), &err);
    free(bytes);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    void *bytes;
    size_t size;
    char buffer[4];
    struct blob_file file;
    put(f, "folder/blob", "x");
    const char *keys[] = {"nothing", "folder/nothing", "folder", "folder/blob/below", "no/such/folder"};
    for (size_t i = 0; i < 5; i++) {
        assert_code(blob_store_get(f->store, keys[i], 9, &bytes, &size, &err), ERR_NOT_FOUND);
        assert_non_null(strstr(err.message, keys[i]));
        assert_code(blob_store_get_range(f->store, keys[i], 0, buffer, 4, &size, &err), ERR_NOT_FOUND);
        assert_code(blob_store_get_file(f->store, keys[i], f->folder, NULL, &file, &err), ERR_NOT_FOUND);
        assert_no_blob(f, keys[i]);
        assert_ok(blob_store_remove(f->store, keys[i], &err), &err);
    }
    assert_blob(f, "folder/blob", "x");
}

static void keys_that_could_lead_elsewhere_are_invalid(void **state)
{
    struct fixture *f = *state;
    char long_key[BLOB_KEY_MAX + 2];
    memset(long_key, 'k', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    const char *keys[] = {"", "/", "/etc/passwd", "a/../b", "..", ".", ".tmp/x", "a/.hidden", "a//b", "a/", "a b",
        "a\nb", "a\\b", "\xC3\xA4", "a:b", long_key};
    void *bytes;
    size_t size;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_false(blob_key_is_valid(keys[i]));
        assert_code(blob_store_put(f->store, keys[i], "x", 1, &err), ERR_INVALID);
        assert_code(blob_store_get(f->store, keys[i], 9, &bytes, &size, &err), ERR_INVALID);
        assert_code(blob_store_remove(f->store, keys[i], &err), ERR_INVALID);
    }
    const char *prefixes[] = {"a", "/", "../", "a/../", ".tmp/", "a//"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        assert_code(blob_store_remove_prefix(f->store, prefixes[i], NULL, &err), ERR_INVALID);
        assert_code(blob_store_list(f->store, prefixes[i], note_key, NULL, &err), ERR_INVALID);
    }
    long_key[BLOB_KEY_MAX] = '\0';
    assert_true(blob_key_is_valid(long_key));
    put(f, long_key, "the longest key");
    assert_blob(f, long_key, "the longest key");
}

static void ranges_end_with_the_blob(void **state)
{
    struct fixture *f = *state;
    put(f, "r", "0123456789");
    char buffer[16];
    size_t got;
    assert_ok(blob_store_get_range(f->store, "r", 2, buffer, 3, &got, &err), &err);
    assert_int_equal(got, 3);
    assert_memory_equal(buffer, "234", 3);
    assert_ok(blob_store_get_range(f->store, "r", 8, buffer, 16, &got, &err), &err);
    assert_int_equal(got, 2);
    assert_ok(blob_store_get_range(f->store, "r", 10, buffer, 16, &got, &err), &err);
    assert_int_equal(got, 0);
    assert_ok(blob_store_get_range(f->store, "r", INT64_MAX, buffer, 16, &got, &err), &err);
    assert_int_equal(got, 0);
    assert_ok(blob_store_get_range(f->store, "r", 0, buffer, 0, &got, &err), &err);
    assert_int_equal(got, 0);
    assert_code(blob_store_get_range(f->store, "r", -1, buffer, 1, &got, &err), ERR_INVALID);
}

// ---- files

static char *make_file(struct fixture *f, const char *name, const char *text)
{
    char *path = mem_sprintf("%s/%s", f->folder, name);
    assert_ok(file_write(path, text, strlen(text), FILE_SYNC_NONE, &err), &err);
    return path;
}

static void a_file_is_stored_by_copy_or_move(void **state)
{
    struct fixture *f = *state;
    char *path = make_file(f, "local.mp4", "a video");
    assert_ok(blob_store_put_file(f->store, "p/v/source", path, false, &err), &err);
    assert_true(file_exists(path));
    assert_ok(blob_store_put_file(f->store, "p/v/moved", path, true, &err), &err);
    assert_false(file_exists(path));
    assert_blob(f, "p/v/source", "a video");
    assert_blob(f, "p/v/moved", "a video");
    assert_code(blob_store_put_file(f->store, "p/v/source", path, false, &err), ERR_NOT_FOUND);
    assert_code(blob_store_put_file(f->store, "p/v/source", f->folder, true, &err), ERR_INVALID);
    assert_blob(f, "p/v/source", "a video");
    free(path);
}

static void a_large_file_is_stored_whole(void **state)
{
    struct fixture *f = *state;
    size_t size = 3 * 1024 * 1024 + 17;
    char *bytes = mem_alloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    char *path = mem_sprintf("%s/large", f->folder);
    assert_ok(file_write(path, bytes, size, FILE_SYNC_NONE, &err), &err);
    assert_ok(blob_store_put_file(f->store, "large", path, false, &err), &err);
    void *got;
    size_t got_size;
    assert_ok(blob_store_get(f->store, "large", size, &got, &got_size, &err), &err);
    assert_int_equal(got_size, size);
    assert_memory_equal(got, bytes, size);
    free(got);
    free(path);
    free(bytes);
}

static void a_blob_is_there_as_a_local_file_until_released(void **state)
{
    struct fixture *f = *state;
    put(f, "p/clip.mp4", "content");
    struct blob_file file;
    assert_ok(blob_store_get_file(f->store, "p/clip.mp4", f->folder, NULL, &file, &err), &err);
    char *bytes;
    size_t size;
    assert_ok(file_read(file.path, 100, &bytes, &size, &err), &err);
    assert_string_equal(bytes, "content");
    free(bytes);
    assert_string_equal(file.path + strlen(file.path) - 4, ".mp4");
    char *path = mem_strdup(file.path);
    bool temporary = file.temporary;
    blob_file_release(&file);
    assert_int_equal(file_exists(path), !temporary);
    free(path);
    assert_blob(f, "p/clip.mp4", "content");
}

// ---- removing and listing

static void what_was_removed_is_gone_and_its_neighbour_stays(void **state)
{
    struct fixture *f = *state;
    put(f, "p/v/a", "1");
    put(f, "p/v/b", "2");
    assert_ok(blob_store_remove(f->store, "p/v/a", &err), &err);
    assert_no_blob(f, "p/v/a");
    assert_blob(f, "p/v/b", "2");
    assert_ok(blob_store_remove(f->store, "p/v/b", &err), &err);
    assert_list(f, "", -1, "");
    put(f, "p", "a key may become what was a folder");
}

static void a_prefix_is_removed_with_all_below_it_and_nothing_beside(void **state)
{
    struct fixture *f = *state;
    put(f, "p/v1/frames/1", "x");
    put(f, "p/v1/objects/1", "x");
    put(f, "p/v1/source", "x");
    put(f, "p/v10/source", "x");
    put(f, "p2/v1/source", "x");
    assert_ok(blob_store_remove_prefix(f->store, "p/v1/", NULL, &err), &err);
    assert_list(f, "", -1, "p/v10/source:1 p2/v1/source:1 ");
    assert_ok(blob_store_remove_prefix(f->store, "p/v1/", NULL, &err), &err);
    assert_ok(blob_store_remove_prefix(f->store, "p/", NULL, &err), &err);
    assert_list(f, "", -1, "p2/v1/source:1 ");
    struct cancel *cancel = cancel_new(NULL);
    cancel_request(cancel);
    assert_code(blob_store_remove_prefix(f->store, "p2/", cancel, &err), ERR_CANCELLED);
    cancel_free(cancel);
    assert_ok(blob_store_remove_prefix(f->store, "", NULL, &err), &err);
    assert_list(f, "", -1, "");
}

static void keys_are_listed_in_the_order_of_their_bytes(void **state)
{
    struct fixture *f = *state;
    // "-" and "." come before "/", digits and letters after it.
    const char *keys[] = {"a/b", "a-b", "a.b", "a0", "a/c/d", "Z", "a/b-c", "b"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        put(f, keys[i], keys[i]);
    assert_list(f, "", -1, "Z:1 a-b:3 a.b:3 a/b:3 a/b-c:5 a/c/d:5 a0:2 b:1 ");
    assert_list(f, "", 3, "Z:1 a-b:3 a.b:3 ");
    assert_list(f, "a/", -1, "a/b:3 a/b-c:5 a/c/d:5 ");
    assert_list(f, "a/c/", -1, "a/c/d:5 ");
    assert_list(f, "nothing/", -1, "");
}

static void a_key_is_not_the_folder_of_another(void **state)
{
    struct fixture *f = *state;
    put(f, "a/b", "x");
    enum err_code above = blob_store_put(f->store, "a", "above", 5, &err);
    enum err_code below = blob_store_put(f->store, "a/b/c", "below", 5, &err);
    assert_blob(f, "a/b", "x");
    // S3 itself has no folders, servers over file systems do, and some do as if they had none.
    if (strcmp(backend, "s3") == 0 && above == ERR_NONE && below == ERR_NONE) {
        assert_blob(f, "a", "above");
        assert_blob(f, "a/b/c", "below");
        const char *keys[] = {"a/b/c", "a/b", "a"};
        for (size_t i = 0; i < 3; i++)
            assert_ok(blob_store_remove(f->store, keys[i], &err), &err);
        return;
    }
    assert_code(above, ERR_CONFLICT);
    assert_code(below, ERR_CONFLICT);
    assert_list(f, "", -1, "a/b:1 ");
}

static void stat_tells_size_and_time(void **state)
{
    struct fixture *f = *state;
    int64_t before_us = clock_wall_us(clock_system());
    put(f, "s", "12345");
    struct blob_info info;
    assert_ok(blob_store_stat(f->store, "s", &info, &err), &err);
    assert_int_equal(info.size_bytes, 5);
    // File systems keep times of the last tick, so a little earlier is possible.
    assert_true(info.modified_us >= before_us - 2000000);
    assert_true(info.modified_us <= clock_wall_us(clock_system()) + 1);
    assert_ok(blob_store_flush(f->store, &err), &err);
    assert_ok(blob_store_flush(f->store, &err), &err);
    assert_ok(blob_store_ping(f->store, &err), &err);
}

// ---- threads

#define THREADS 4
#define ROUNDS 150
#define BLOB_SIZE 5000

struct worker {
    struct fixture *f;
    int number;
    atomic_int *failures;
};

static void run_threads(struct fixture *f, void *(*work)(void *arg), atomic_int *failures)
{
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.f = f, .number = i, .failures = failures};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

// Half of the threads replace a blob with bytes of one kind, the others look whether they ever see two kinds.
static void *replace_or_read(void *arg)
{
    const struct worker *worker = arg;
    struct err failure;
    char bytes[BLOB_SIZE];
    for (int i = 0; i < ROUNDS; i++) {
        if (worker->number % 2 == 0) {
            memset(bytes, 'a' + (i + worker->number) % 26, sizeof(bytes));
            size_t size = (size_t)(BLOB_SIZE - i % 100);
            if (blob_store_put(worker->f->store, "contended/blob", bytes, size, &failure) != ERR_NONE)
                atomic_fetch_add(worker->failures, 1);
            continue;
        }
        void *got;
        size_t size;
        enum err_code code = blob_store_get(worker->f->store, "contended/blob", BLOB_SIZE, &got, &size, &failure);
        for (size_t k = 0; code == ERR_NONE && k < size; k++) {
            if (((char *)got)[k] != ((char *)got)[0])
                code = ERR_CORRUPT;
        }
        if (code == ERR_NONE)
            free(got);
        else if (code != ERR_NOT_FOUND)
            atomic_fetch_add(worker->failures, 1);
    }
    return NULL;
}

static void a_reader_never_sees_a_part(void **state)
{
    struct fixture *f = *state;
    atomic_int failures = 0;
    run_threads(f, replace_or_read, &failures);
    assert_int_equal(atomic_load(&failures), 0);
}

static void *put_or_remove(void *arg)
{
    const struct worker *worker = arg;
    struct err failure;
    for (int i = 0; i < ROUNDS; i++) {
        enum err_code code;
        char key[64];
        snprintf(key, sizeof(key), "p/v/frames/%d-%d", worker->number, i);
        if (worker->number == 0)
            code = blob_store_remove_prefix(worker->f->store, i % 2 == 0 ? "p/v/" : "p/", NULL, &failure);
        else
            code = blob_store_put(worker->f->store, key, "x", 1, &failure);
        if (code == ERR_NONE && worker->number == 1)
            code = blob_store_remove(worker->f->store, key, &failure);
        if (code != ERR_NONE) {
            print_message("%s: %s\n", err_code_name(code), failure.message);
            atomic_fetch_add(worker->failures, 1);
        }
    }
    return NULL;
}

static void puts_that_race_with_removals_of_their_folders_succeed(void **state)
{
    struct fixture *f = *state;
    atomic_int failures = 0;
    run_threads(f, put_or_remove, &failures);
    assert_int_equal(atomic_load(&failures), 0);
    assert_ok(blob_store_remove_prefix(f->store, "", NULL, &err), &err);
    assert_list(f, "", -1, "");
}

#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        contract(a_blob_comes_back_as_it_was_put),
        contract(a_put_replaces),
        contract(an_empty_blob_is_a_blob),
        contract(a_blob_above_the_readers_limit_is_refused),
        contract(what_is_not_there_is_not_found),
        contract(keys_that_could_lead_elsewhere_are_invalid),
        contract(ranges_end_with_the_blob),
        contract(a_file_is_stored_by_copy_or_move),
        contract(a_large_file_is_stored_whole),
        contract(a_blob_is_there_as_a_local_file_until_released),
        contract(what_was_removed_is_gone_and_its_neighbour_stays),
        contract(a_prefix_is_removed_with_all_below_it_and_nothing_beside),
        contract(keys_are_listed_in_the_order_of_their_bytes),
        contract(a_key_is_not_the_folder_of_another),
        contract(stat_tells_size_and_time),
        contract(a_reader_never_sees_a_part),
        contract(puts_that_race_with_removals_of_their_folders_succeed),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
