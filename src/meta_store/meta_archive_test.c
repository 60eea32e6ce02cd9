// Whole stores as files: what goes from one backend to another and back is the same to the byte; what is damaged is
// refused; what was interrupted goes on.
#include "meta_store/meta_archive.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_memory.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/meta_store_sqlite.h"
#include "meta_store/redis_testing.h"
#include "meta_store_fault.h"
#include "os/file.h"

#define SECOND_US ((int64_t)1000000)
#define LARGE_ENTRY ((size_t)3 * 1024 * 1024) // more than a block

static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct meta_store *full; // in memory
};

// ---- a store with some of everything

static void fill_video(struct fixture *f, int n, enum video_state state)
{
    struct meta_video video = {.chunk_us = 5, .limit_us = -1, .sampling = {.fps_num = 30000, .fps_den = 1001}};
    snprintf(video.id, sizeof(video.id), "%016x", 0xa0 + (n * 7) % 16);
    snprintf(video.project, sizeof(video.project), n % 2 == 0 ? "even" : "odd");
    snprintf(video.source, sizeof(video.source), "https://example.org/%d.mp4", n);
    snprintf(video.name, sizeof(video.name), "Straße %d", n);
    f->clock.now_us += SECOND_US;
    assert_ok(meta_store_create_video(f->full, &video, NULL, &err), &err);
    for (int32_t i = 0; i < 3; i++) {
        const struct meta_segment segment = {
            .index = i, .start_us = i, .end_us = i + 1, .prev_pts_us = i - 1, .source_frames = 50};
        assert_ok(meta_store_put_segment(f->full, video.id, &segment, &err), &err);
    }
    for (int32_t i = 0; i < 450; i++) {
        struct meta_object objects[3] = {
            {.x = (float)i / 3, .y = -0.0f, .score = 0.1f, .class_name = "car", .track = -1},
            {.x = 1e-30f, .class_name = "traffic light", .track = i}, {.class_name = "car", .track = 7}};
        const struct meta_frame frame = {.index = i * 3,
            .segment = i / 200,
            .pts_us = i * 33367,
            .width = 640,
            .height = 480,
            .objects = objects,
            .object_count = (size_t)(i % 4)};
        if (i % 10 < 8)
            assert_ok(meta_store_put_objects(f->full, video.id, &frame, 1, &err), &err);
        else
            assert_ok(meta_store_put_frames(f->full, video.id, &frame, 1, &err), &err);
        if (i % 10 == 9)
            assert_ok(meta_store_fail_frame(f->full, video.id, i * 3, true, &err), &err);
    }
    assert_ok(meta_store_finish_segment(f->full, video.id, 0, 200, &err), &err);
    assert_ok(meta_store_fail_segment(f->full, video.id, 1, &err), &err);
    if (n % 3 != 0)
        assert_ok(meta_store_finish_split(f->full, video.id, 3, 460, 15 * SECOND_US, n == 1, &err), &err);
    for (int i = 0; i < (n == 2 ? 60 : n); i++) {
        char sentence[32];
        snprintf(sentence, sizeof(sentence), "frame %d is damaged", i);
        assert_ok(meta_store_add_video_error(f->full, video.id, sentence, i % 3 == 1, &err), &err);
    }
    const struct meta_media media = {.title = "t",
        .codec = "h264",
        .width = 640,
        .duration_us = 15 * SECOND_US,
        .frame_rate = 30000.0 / 1001,
        .playable_copy = true,
        .media_offset_us = -3};
    assert_ok(meta_store_set_video_media(f->full, video.id, &media, &err), &err);
    assert_ok(meta_store_set_video_models(f->full, video.id, "detector-1", "embedder-2", &err), &err);
    f->clock.now_us += SECOND_US;
    assert_ok(meta_store_set_video_state(f->full, video.id, 0xFF, state, &err), &err);
    f->clock.now_us += SECOND_US;
    const struct meta_track tracks[] = {{.n = 0, .class_name = "car", .score = 0.1f, .last_us = 9},
        {.n = 7, .class_name = "bus", .objects = 4, .best_frame = 3, .typical_frame = 6, .typical_k = 1}};
    if (n != 0 && state != VIDEO_DELETING)
        assert_ok(meta_store_put_tracks(f->full, video.id, tracks, n == 1 ? 0 : 2, n, &err), &err);
}

static void fill(struct fixture *f)
{
    clock_manual_init(&f->clock, 1000 * SECOND_US);
    f->full = meta_store_memory_new(&f->clock.clock);
    assert_ok(meta_store_put_setting(f->full, "resuming/a", "yes", &err), &err);
    assert_ok(meta_store_put_setting(f->full, "empty", "", &err), &err);
    assert_ok(meta_store_create_project(f->full, "even", NULL, &err), &err);
    for (int64_t i = 0; i < 5; i++) {
        f->clock.now_us += SECOND_US;
        assert_ok(meta_store_append_journal(f->full, "even", "labels", i, "a\0b", (size_t)i % 4, NULL, &err), &err);
    }
    char *large = mem_calloc(1, LARGE_ENTRY);
    assert_ok(meta_store_append_journal(f->full, "even", "tracks", 0, large, LARGE_ENTRY, NULL, &err), &err);
    free(large);
    fill_video(f, 0, VIDEO_RUNNING);
    fill_video(f, 1, VIDEO_DONE);
    fill_video(f, 2, VIDEO_INCOMPLETE);
    fill_video(f, 3, VIDEO_QUEUED);
    fill_video(f, 4, VIDEO_DELETING);
    assert_ok(meta_store_create_project(f->full, "going", NULL, &err), &err);
    assert_ok(meta_store_mark_project_deleting(f->full, "going", &err), &err);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary("/tmp", "meta-archive-", f->folder, &err), &err);
    fill(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    meta_store_free(f->full);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

// ---- helpers

static char *path_to(const struct fixture *f, const char *name)
{
    return mem_sprintf("%s/%s", f->folder, name);
}

static void export_to(struct fixture *f, struct meta_store *store, const char *name)
{
    struct meta_archive_totals totals;
    char *path = path_to(f, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_ok(meta_archive_export(store, fd, path, NULL, &totals, &err), &err);
    assert_int_equal(totals.videos, 4);
    assert_int_equal(totals.entries, 6);
    close(fd);
    free(path);
}

static enum err_code import_from(
    struct fixture *f, struct meta_store *store, struct clock_manual *clock, const char *name)
{
    struct meta_archive_totals totals;
    char *path = path_to(f, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    enum err_code code = meta_archive_import(store, clock, fd, path, log_none(), NULL, &totals, &err);
    close(fd);
    free(path);
    return code;
}

static void read_whole(const struct fixture *f, const char *name, char **bytes, size_t *size)
{
    char *path = path_to(f, name);
    assert_ok(file_read(path, (size_t)1 << 30, bytes, size, &err), &err);
    free(path);
}

static void assert_same(const struct fixture *f, const char *one, const char *other)
{
    char *a;
    char *b;
    size_t a_size;
    size_t b_size;
    read_whole(f, one, &a, &a_size);
    read_whole(f, other, &b, &b_size);
    assert_int_equal(a_size, b_size);
    assert_true(memcmp(a, b, a_size) == 0);
    free(a);
    free(b);
}

// ---- there and back

static void a_store_goes_to_sqlite_and_comes_out_the_same(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    struct meta_store *store;
    char *path = path_to(f, "meta.sqlite");
    clock_manual_init(&clock, 0);
    export_to(f, f->full, "first");
    assert_ok(meta_store_sqlite_open(path, &clock.clock, &store, &err), &err);
    assert_ok(import_from(f, store, &clock, "first"), &err);
    export_to(f, store, "second");
    assert_same(f, "first", "second");
    meta_store_free(store);
    free(path);
}

static void a_store_goes_to_redis_and_comes_out_the_same(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    struct redis_testing server;
    struct meta_store *store;
    if (!redis_testing_is_installed())
        skip_because("no Redis server is installed: scripts/setup test installs redis-tools");
    clock_manual_init(&clock, 0);
    redis_testing_start(&server, NULL);
    const struct meta_redis_options options = {.address = server.address};
    assert_ok(meta_store_redis_open(&options, &clock.clock, &store, &err), &err);
    export_to(f, f->full, "first");
    assert_ok(import_from(f, store, &clock, "first"), &err);
    export_to(f, store, "second");
    assert_same(f, "first", "second");
    meta_store_free(store);
    redis_testing_end(&server);
}

static void an_import_wants_an_empty_store(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    clock_manual_init(&clock, 0);
    export_to(f, f->full, "first");
    struct meta_store *store = meta_store_memory_new(&clock.clock);
    assert_ok(meta_store_create_project(store, "mine", NULL, &err), &err);
    assert_code(import_from(f, store, &clock, "first"), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "mine"));
    meta_store_free(store);
    store = meta_store_memory_new(&clock.clock);
    assert_ok(import_from(f, store, &clock, "first"), &err);
    // Once it is done the store may have changed, and is left alone.
    assert_code(import_from(f, store, &clock, "first"), ERR_CONFLICT);
    meta_store_free(store);
}

static void an_import_that_is_interrupted_anywhere_goes_on(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    clock_manual_init(&clock, 0);
    export_to(f, f->full, "first");
    struct fault fault = {0};
    int64_t step = 1;
    do {
        atomic_store(&fault.calls, 0);
        fault.at += step;
        // The first calls one by one, then some of the many that are alike.
        step = fault.at < 40 ? 1 : 41;
        struct meta_store *store = meta_store_fault_new(meta_store_memory_new(&clock.clock), &fault);
        enum err_code code = import_from(f, store, &clock, "first");
        bool failed = code != ERR_NONE;
        if (failed)
            assert_int_equal(code, ERR_UNAVAILABLE);
        int64_t at = fault.at;
        fault.at = 0;
        int64_t calls = atomic_load(&fault.calls);
        if (failed)
            assert_ok(import_from(f, store, &clock, "first"), &err);
        export_to(f, store, "second");
        assert_same(f, "first", "second");
        meta_store_free(store);
        fault.at = calls >= at ? at : -1;
    } while (fault.at > 0);
}

// ---- damaged files

static enum err_code check(struct fixture *f, const char *bytes, size_t size)
{
    char digest[SHA256_HEX_SIZE];
    struct meta_archive_totals totals;
    char *path = path_to(f, "damaged");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_ok(file_write_all(fd, bytes, size, path, &err), &err);
    enum err_code code = meta_archive_check(fd, "the file", NULL, digest, &totals, &err);
    close(fd);
    free(path);
    return code;
}

// A small store, so that every byte can be tried.
static void export_small(struct fixture *f, char **bytes, size_t *size)
{
    struct meta_archive_totals totals;
    char *path = path_to(f, "small");
    struct meta_store *store = meta_store_memory_new(&f->clock.clock);
    struct meta_video video = {.id = "00000000000000aa", .project = "demo", .sampling = {.fps_num = 5, .fps_den = 1}};
    struct meta_object object = {.class_name = "car", .track = 1};
    const struct meta_frame frame = {.index = 3, .objects = &object, .object_count = 1};
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
    assert_ok(meta_store_put_objects(store, video.id, &frame, 1, &err), &err);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_ok(meta_archive_export(store, fd, path, NULL, &totals, &err), &err);
    close(fd);
    meta_store_free(store);
    read_whole(f, "small", bytes, size);
    free(path);
}

static void a_file_with_any_byte_changed_or_missing_is_refused(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    size_t size;
    export_small(f, &bytes, &size);
    assert_ok(check(f, bytes, size), &err);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x10;
        enum err_code code = check(f, bytes, size);
        assert_true(code == ERR_CORRUPT || code == ERR_CONFLICT);
        assert_non_null(strstr(err.message, "the file"));
        bytes[i] ^= 0x10;
        assert_code(check(f, bytes, i), ERR_CORRUPT);
    }
    bytes = mem_realloc(bytes, size + 1);
    bytes[size] = 'x';
    assert_code(check(f, bytes, size + 1), ERR_CORRUPT);
    free(bytes);
}

static void nothing_of_a_damaged_file_is_stored(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    struct meta_project *projects;
    char **names;
    size_t count;
    char *path = path_to(f, "first");
    struct stat st;
    clock_manual_init(&clock, 0);
    export_to(f, f->full, "first");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 1), 0);
    struct meta_store *store = meta_store_memory_new(&clock.clock);
    assert_code(import_from(f, store, &clock, "first"), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "ends too early"));
    assert_ok(meta_store_list_projects(store, NULL, 10, &projects, &count, &err), &err);
    assert_int_equal(count, 0);
    assert_ok(meta_store_list_settings(store, NULL, 10, &names, &count, &err), &err);
    assert_int_equal(count, 0);
    meta_strings_free(names, count);
    meta_store_free(store);
    free(path);
}

static void what_is_no_such_file_or_of_another_version_is_said(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    size_t size;
    assert_code(check(f, "", 0), ERR_CORRUPT);
    assert_code(check(f, "SQLite format 3", 15), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "framehound meta export"));
    export_small(f, &bytes, &size);
    bytes[7] = '9';
    assert_code(check(f, bytes, size), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "another version"));
    free(bytes);
}

#define with_store(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_store(a_store_goes_to_sqlite_and_comes_out_the_same),
        with_store(a_store_goes_to_redis_and_comes_out_the_same),
        with_store(an_import_wants_an_empty_store),
        with_store(an_import_that_is_interrupted_anywhere_goes_on),
        with_store(a_file_with_any_byte_changed_or_missing_is_refused),
        with_store(nothing_of_a_damaged_file_is_stored),
        with_store(what_is_no_such_file_or_of_another_version_is_said),
    };
    return cmocka_run_group_tests_name("meta_archive", tests, NULL, NULL);
}
