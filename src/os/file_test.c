#include "os/file.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

static char root[FILE_PATH_MAX];

static int make_root(void **state)
{
    (void)state;
    return dir_make_temporary(NULL, "framehound-file-", root, NULL) == ERR_NONE ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    return dir_remove_tree(root, NULL) == ERR_NONE ? 0 : -1;
}

// A path below the test's folder; valid until the fourth call after.
static const char *at(const char *name)
{
    static char paths[4][2 * FILE_PATH_MAX];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
    return path;
}

static void put(const char *name, const char *text)
{
    struct err err = ERR_INIT;
    assert_ok(file_write(at(name), text, strlen(text), FILE_SYNC_NONE, &err), &err);
}

static void assert_content(const char *name, const char *text)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(at(name), 1 << 20, &bytes, &size, &err), &err);
    assert_string_equal(bytes, text);
    assert_int_equal(size, strlen(text));
    free(bytes);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    put("a", "first");
    assert_content("a", "first");
    assert_ok(file_write(at("a"), "second", 6, FILE_SYNC_FULL, &err), &err);
    assert_content("a", "second");
    put("empty", "");
    assert_content("empty", "");
    struct file_info info;
    assert_ok(file_stat(at("a"), &info, &err), &err);
    assert_int_equal(info.size_bytes, 6);
    assert_true(info.is_regular && !info.is_directory && info.modified_us > 0);
    struct stat st;
    assert_int_equal(stat(at("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_file_larger_than_the_limit_is_not_read(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    put("big", "0123456789");
    assert_ok(file_read(at("big"), 10, &bytes, &size, &err), &err);
    free(bytes);
    assert_code(file_read(at("big"), 9, &bytes, &size, &err), ERR_LIMIT);
    assert_null(bytes);
    assert_code(file_read(at("none"), 9, &bytes, &size, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, at("none")));
    // Endless, and without a size of its own.
    assert_code(file_read("/dev/zero", 100000, &bytes, &size, &err), ERR_LIMIT);
    assert_code(file_read(root, 9, &bytes, &size, &err), ERR_INVALID);
}

static void a_file_is_looked_at_without_reading_it(void **state)
{
    (void)state;
    struct file_map map;
    struct err err = ERR_INIT;
    assert_ok(file_write(at("mapped"), "some bytes", 10, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_map(at("mapped"), &map, &err), &err);
    assert_int_equal(map.size, 10);
    assert_memory_equal(map.bytes, "some bytes", 10);
    file_unmap(&map);
    assert_int_equal(map.size, 0);
    assert_ok(file_write(at("mapped"), "", 0, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_map(at("mapped"), &map, &err), &err);
    assert_int_equal(map.size, 0);
    file_unmap(&map);
    assert_code(file_map(at("none"), &map, &err), ERR_NOT_FOUND);
    assert_code(file_map(root, &map, &err), ERR_INVALID);
}

static void an_aborted_write_leaves_the_old_content_and_nothing_else(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_ok(dir_make(at("alone"), &err), &err);
    put("alone/kept", "old");
    struct file_writer *writer = NULL;
    assert_ok(file_writer_open(at("alone/kept"), &writer, &err), &err);
    assert_ok(file_writer_write(writer, "new", 3, &err), &err);
    file_writer_abort(writer);
    file_writer_abort(NULL);
    assert_content("alone/kept", "old");
    assert_int_equal(dir_size_bytes(at("alone")), 3);
    assert_code(file_writer_open(at("nowhere/file"), &writer, &err), ERR_NOT_FOUND);
    assert_null(writer);
}

static void copies_links_and_moves_have_the_same_content(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    put("from", "content");
    assert_ok(file_copy(at("from"), at("copy"), FILE_SYNC_FULL, NULL, &err), &err);
    assert_content("copy", "content");
    put("link", "to be replaced");
    assert_ok(file_link_or_copy(at("from"), at("link"), FILE_SYNC_FULL, NULL, &err), &err);
    assert_ok(file_link_or_copy(at("from"), at("link"), FILE_SYNC_NONE, NULL, &err), &err);
    assert_content("link", "content");
    assert_ok(file_move(at("copy"), at("link"), FILE_SYNC_FULL, NULL, &err), &err);
    assert_false(file_exists(at("copy")));
    assert_content("link", "content");
    assert_content("from", "content");
    assert_ok(file_remove(at("link"), &err), &err);
    assert_ok(file_remove(at("link"), &err), &err);
    assert_code(file_copy(at("none"), at("copy"), FILE_SYNC_NONE, NULL, &err), ERR_NOT_FOUND);
    assert_false(file_exists(at("copy")));
    char hex[SHA256_HEX_SIZE];
    uint64_t size = 0;
    assert_ok(file_sha256(at("from"), NULL, hex, &size, &err), &err);
    assert_string_equal(hex, "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73");
    assert_int_equal(size, 7);
}

static void a_cancelled_copy_leaves_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    char hex[SHA256_HEX_SIZE];
    struct cancel *cancel = cancel_new(NULL);
    cancel_request(cancel);
    assert_ok(dir_make(at("cancelled"), &err), &err);
    put("source", "content");
    // A clone would be done at once, so the kernel is given a source that cannot be cloned.
    assert_code(file_copy("/proc/self/status", at("cancelled/copy"), FILE_SYNC_NONE, cancel, &err), ERR_CANCELLED);
    assert_int_equal(rmdir(at("cancelled")), 0);
    assert_code(file_sha256(at("source"), cancel, hex, NULL, &err), ERR_CANCELLED);
    cancel_free(cancel);
    assert_ok(file_copy("/proc/self/status", at("status"), FILE_SYNC_NONE, NULL, &err), &err);
    assert_true(dir_size_bytes(at("status")) > 0);
}

static void expect_secret(mode_t mode, enum err_code wanted)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(chmod(at("secret"), mode), 0);
    enum err_code code = file_read_private(at("secret"), 100, &bytes, &size, &err);
    if (code != wanted)
        fail_msg("a secret of mode %04o: %s", (unsigned)mode, err.message);
    assert_int_equal(bytes != NULL, code == ERR_NONE);
    free(bytes);
}

static void a_secret_that_others_may_read_or_change_is_not_read(void **state)
{
    (void)state;
    put("secret", "1234");
    expect_secret(0600, ERR_NONE);
    expect_secret(0400, ERR_NONE);
    expect_secret(0604, ERR_DENIED);
    expect_secret(0602, ERR_DENIED);
    expect_secret(0640, ERR_DENIED);
    expect_secret(0620, ERR_DENIED);
    if (geteuid() != 0)
        return;
    // As secrets are mounted into containers: somebody else's, and ours by the group.
    assert_int_equal(chown(at("secret"), 65534, (gid_t)-1), 0);
    expect_secret(0440, ERR_NONE);
    expect_secret(0640, ERR_NONE);
    expect_secret(0460, ERR_DENIED);
    expect_secret(0444, ERR_DENIED);
}

static void a_folder_is_open_to_others_or_not(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_ok(dir_make(at("folder"), &err), &err);
    assert_false(dir_is_open_to_others(at("folder")));
    static const mode_t open[] = {0755, 0701, 0707, 0770};
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
        assert_int_equal(chmod(at("folder"), open[i]), 0);
        assert_true(dir_is_open_to_others(at("folder")));
    }
    assert_int_equal(chmod(at("folder"), 0750), 0);
    assert_false(dir_is_open_to_others(at("folder")));
    assert_false(dir_is_open_to_others(at("nothing")));
}

static void folders_are_made_with_those_above_and_removed_with_all_below(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_ok(dir_make(at("x/y/z"), &err), &err);
    assert_ok(dir_make(at("x/y/z/"), &err), &err);
    assert_ok(dir_make_parent(at("x/q/file"), &err), &err);
    put("x/q/file", "1234");
    put("x/y/file", "12");
    assert_int_equal(dir_size_bytes(at("x")), 6);
    put("plain", "");
    assert_code(dir_make(at("plain/below"), &err), ERR_CONFLICT);
    assert_code(dir_make(at("plain"), &err), ERR_CONFLICT);
    assert_ok(dir_remove_tree(at("x"), &err), &err);
    assert_false(file_exists(at("x")));
    assert_ok(dir_remove_tree(at("x"), &err), &err);
}

static void removing_a_tree_never_follows_a_link(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_ok(dir_make(at("precious"), &err), &err);
    put("precious/file", "stays");
    assert_ok(dir_make(at("doomed"), &err), &err);
    assert_int_equal(symlink(at("precious"), at("doomed/link")), 0);
    assert_int_equal(symlink(at("precious"), at("link-itself")), 0);
    assert_int_equal(dir_size_bytes(at("doomed")), 0);
    assert_ok(dir_remove_tree(at("doomed"), &err), &err);
    assert_ok(dir_remove_tree(at("link-itself"), &err), &err);
    assert_content("precious/file", "stays");
}

static void empty_folders_are_removed_up_to_the_top(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    assert_ok(dir_make(at("top/a/b/c"), &err), &err);
    put("top/a/file", "");
    dir_remove_empty_upwards(at("top/a/b/c"), at("top"));
    assert_false(file_exists(at("top/a/b")));
    assert_true(file_exists(at("top/a")));
    assert_ok(file_remove(at("top/a/file"), &err), &err);
    dir_remove_empty_upwards(at("top/a"), at("top"));
    assert_false(file_exists(at("top/a")));
    assert_true(file_exists(at("top")));
}

static void a_held_lock_says_who_holds_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct file_lock *lock = NULL, *second = NULL;
    assert_ok(file_lock_acquire(at("lock"), "framehound up", &lock, &err), &err);
    assert_code(file_lock_acquire(at("lock"), "another", &second, &err), ERR_CONFLICT);
    assert_null(second);
    char expected[64];
    snprintf(expected, sizeof(expected), "held by process %d (framehound up), since ", (int)getpid());
    assert_non_null(strstr(err.message, expected));
    file_lock_release(lock);
    assert_ok(file_lock_acquire(at("lock"), "another", &second, &err), &err);
    file_lock_release(second);
    file_lock_release(NULL);
}

static void a_lock_that_many_share_can_be_had_alone_by_the_last_of_them(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct file_lock *one = NULL, *other = NULL, *third = NULL;
    assert_ok(file_lock_share(at("shared"), &one, &err), &err);
    assert_ok(file_lock_share(at("shared"), &other, &err), &err);
    assert_false(file_lock_take_alone(one, "the doctor"));
    assert_false(file_lock_take_alone(other, "the doctor"));
    file_lock_release(other);
    assert_true(file_lock_take_alone(one, "the doctor"));
    assert_code(file_lock_share(at("shared"), &third, &err), ERR_CONFLICT);
    assert_err_says(&err, "(the doctor)");
    file_lock_release(one);
    assert_ok(file_lock_share(at("shared"), &third, &err), &err);
    file_lock_release(third);
}

static void a_lock_goes_with_the_process_that_held_it(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct file_lock *held = NULL;
        bool locked = file_lock_acquire(at("lock"), "child", &held, NULL) == ERR_NONE;
        ssize_t told = write(ready[1], locked ? "y" : "n", 1);
        (void)told;
        pause();
        _exit(0);
    }
    char answer = 0;
    assert_int_equal(read(ready[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    struct file_lock *lock = NULL;
    assert_code(file_lock_acquire(at("lock"), "me", &lock, &err), ERR_CONFLICT);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_ok(file_lock_acquire(at("lock"), "me", &lock, &err), &err);
    file_lock_release(lock);
    close(ready[0]);
    close(ready[1]);
}

// For root nothing is forbidden, so it becomes nobody for a while.
static void a_folder_that_may_not_be_made_says_why(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    const uid_t nobody = 65534;
    bool is_root = geteuid() == 0;
    assert_int_equal(chmod(root, 0755), 0);
    assert_ok(dir_make(at("closed"), &err), &err);
    assert_int_equal(chmod(at("closed"), 0555), 0);
    if (is_root)
        assert_int_equal(seteuid(nobody), 0);
    (void)!dir_make(at("closed/new"), &err);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_non_null(strstr(err.message, "closed/new: Permission denied"));
    // What is there need not be made, whoever may make it.
    assert_ok(dir_make(at("closed"), &err), &err);
    assert_int_equal(chmod(at("closed"), 0755), 0);
}

static void free_space_is_told(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    uint64_t free_bytes = 0, total_bytes = 0;
    assert_ok(disk_free(root, &free_bytes, &total_bytes, &err), &err);
    assert_true(free_bytes <= total_bytes && total_bytes > 0);
    assert_code(disk_free(at("none"), &free_bytes, NULL, &err), ERR_NOT_FOUND);
}

static void a_full_disk_is_told_and_leaves_the_old_file(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    int full = open("/dev/full", O_WRONLY);
    if (full < 0)
        skip_because("there is no /dev/full");
    assert_code(file_write_all(full, "x", 1, "frame", &err), ERR_FULL);
    assert_string_equal(err.message, "cannot write frame: the disk is full; free some space and try again");
    close(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_file_larger_than_the_limit_is_not_read),
        cmocka_unit_test(an_aborted_write_leaves_the_old_content_and_nothing_else),
        cmocka_unit_test(copies_links_and_moves_have_the_same_content),
        cmocka_unit_test(a_cancelled_copy_leaves_nothing),
        cmocka_unit_test(a_secret_that_others_may_read_or_change_is_not_read),
        cmocka_unit_test(a_folder_is_open_to_others_or_not),
        cmocka_unit_test(folders_are_made_with_those_above_and_removed_with_all_below),
        cmocka_unit_test(removing_a_tree_never_follows_a_link),
        cmocka_unit_test(empty_folders_are_removed_up_to_the_top),
        cmocka_unit_test(a_held_lock_says_who_holds_it),
        cmocka_unit_test(a_lock_that_many_share_can_be_had_alone_by_the_last_of_them),
        cmocka_unit_test(a_lock_goes_with_the_process_that_held_it),
        cmocka_unit_test(a_folder_that_may_not_be_made_says_why),
        cmocka_unit_test(free_space_is_told),
        cmocka_unit_test(a_full_disk_is_told_and_leaves_the_old_file),
        cmocka_unit_test(a_file_is_looked_at_without_reading_it),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
