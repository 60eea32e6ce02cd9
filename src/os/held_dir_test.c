#include "os/held_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"
#include "os/file.h"

static char parent[FILE_PATH_MAX];

static int make_parent(void **state)
{
    (void)state;
    return dir_make_temporary(NULL, "held-dir-test-", parent, NULL) == ERR_NONE ? 0 : -1;
}

static int remove_parent(void **state)
{
    (void)state;
    return dir_remove_tree(parent, NULL) == ERR_NONE ? 0 : -1;
}

static void put_file(const char *folder)
{
    struct err err = ERR_INIT;
    char path[FILE_PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/file", folder);
    assert_ok(file_write(path, "1234", 4, FILE_SYNC_NONE, &err), &err);
}

static void a_folder_is_there_as_long_as_it_is_held(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct held_dir *dir = NULL;
    char path[FILE_PATH_MAX];
    assert_ok(held_dir_make(parent, "up-", &dir, &err), &err);
    snprintf(path, sizeof(path), "%s", held_dir_path(dir));
    put_file(path);
    assert_int_equal(held_dir_clean(parent, "up-"), 0);
    assert_false(held_dir_is_left(path));
    assert_code(held_dir_remove(path, &err), ERR_CONFLICT);
    assert_true(file_exists(path));
    held_dir_free(dir);
    assert_false(file_exists(path));
    assert_false(held_dir_is_left(path));
    assert_ok(held_dir_remove(path, &err), &err);
    held_dir_free(NULL);
}

static void what_a_killed_process_leaves_is_removed_and_nothing_else(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct held_dir *mine = NULL;
    char path[FILE_PATH_MAX] = "";
    char other[FILE_PATH_MAX + 16];
    int ends[2];
    int status;
    snprintf(other, sizeof(other), "%s/other", parent);
    assert_ok(dir_make(other, &err), &err);
    assert_ok(held_dir_make(parent, "up-", &mine, &err), &err);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct held_dir *dir = NULL;
        if (held_dir_make(parent, "up-", &dir, &err) != ERR_NONE ||
            write(ends[1], held_dir_path(dir), strlen(held_dir_path(dir))) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_true(read(ends[0], path, sizeof(path) - 1) > 0);
    put_file(path);
    assert_int_equal(held_dir_clean(parent, "up-"), 0);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(held_dir_is_left(path));
    assert_int_equal(held_dir_clean(parent, "up-"), 1);
    assert_false(file_exists(path));
    assert_true(file_exists(held_dir_path(mine)));
    assert_true(file_exists(other));
    held_dir_free(mine);
    close(ends[0]);
    close(ends[1]);
}

static void a_folder_that_cannot_be_made_says_where(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct held_dir *dir = NULL;
    char nowhere[FILE_PATH_MAX + 16];
    snprintf(nowhere, sizeof(nowhere), "%s/nowhere", parent);
    assert_code(held_dir_make(nowhere, "up-", &dir, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, nowhere));
    assert_null(dir);
    assert_int_equal(held_dir_clean(nowhere, "up-"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_there_as_long_as_it_is_held),
        cmocka_unit_test(what_a_killed_process_leaves_is_removed_and_nothing_else),
        cmocka_unit_test(a_folder_that_cannot_be_made_says_where),
    };
    return cmocka_run_group_tests(tests, make_parent, remove_parent);
}
