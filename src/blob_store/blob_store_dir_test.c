// What is the directory's own: links, leftovers, full disks and killed processes.
#include "blob_store/blob_store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "blob_store/blob_dir_internal.h"
#include "os/file.h"
#include "os/spawn_testing.h"

#define PATTERN_SIZE 20000

static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    char *path;
    struct blob_store *store;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "blob-test-", f->folder, &err), &err);
    f->path = mem_sprintf("%s/blobs", f->folder);
    assert_ok(blob_store_dir_open(f->path, &f->store, &err), &err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    blob_store_free(f->store);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f->path);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    blob_store_free(f->store);
    assert_ok(blob_store_dir_open(f->path, &f->store, &err), &err);
}

static int count_temporary(struct fixture *f)
{
    char *path = mem_sprintf("%s/.tmp", f->path);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    int count = 0;
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(dir);
    free(path);
    return count;
}

// Bytes that tell whether they are whole.
static void fill_pattern(char *bytes, int number)
{
    for (int i = 0; i < PATTERN_SIZE; i++)
        bytes[i] = (char)(i * 31 + number);
}

// ---- roles of other processes

static int role_put(char **args)
{
    struct blob_store *store;
    char *bytes = mem_alloc(PATTERN_SIZE);
    if (blob_store_dir_open(args[0], &store, &err) != ERR_NONE)
        return 1;
    for (int number = atoi(args[1]);; number++) {
        char key[64];
        snprintf(key, sizeof(key), "p/v/frames/%08d.jpg", number);
        fill_pattern(bytes, number);
        if (blob_store_put(store, key, bytes, PATTERN_SIZE, &err) != ERR_NONE)
            return 1;
        spawn_say("%d", number);
    }
}

static int role_fill_disk(char **args)
{
    signal(SIGXFSZ, SIG_IGN);
    struct blob_store *store;
    if (blob_store_dir_open(args[0], &store, &err) != ERR_NONE)
        return 1;
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit small = {.rlim_cur = PATTERN_SIZE / 2, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    char *bytes = mem_calloc(1, PATTERN_SIZE);
    enum err_code code = blob_store_put(store, "p/large", bytes, PATTERN_SIZE, &err);
    spawn_say("%s %s", err_code_name(code), err.message);
    setrlimit(RLIMIT_FSIZE, &limit);
    code = blob_store_put(store, "p/other", bytes, PATTERN_SIZE, &err);
    free(bytes);
    blob_store_free(store);
    return code == ERR_NONE ? 0 : 1;
}

// ---- links

static char *plant_outside(struct fixture *f)
{
    char *outside = mem_sprintf("%s/outside", f->folder);
    assert_ok(dir_make(outside, &err), &err);
    char *secret = mem_sprintf("%s/secret", outside);
    assert_ok(file_write(secret, "secret", 6, FILE_SYNC_NONE, &err), &err);
    char *folder_link = mem_sprintf("%s/link", f->path);
    char *file_link = mem_sprintf("%s/file", f->path);
    assert_int_equal(symlink(outside, folder_link), 0);
    assert_int_equal(symlink(secret, file_link), 0);
    free(folder_link);
    free(file_link);
    free(outside);
    return secret;
}

static bool count_blob(void *context, const char *key, const struct blob_info *info)
{
    (void)key;
    (void)info;
    ++*(int *)context;
    return true;
}

static void planted_links_lead_nowhere(void **state)
{
    struct fixture *f = *state;
    char *secret = plant_outside(f);
    void *bytes;
    size_t size;
    assert_true(blob_store_get(f->store, "link/secret", 100, &bytes, &size, &err) != ERR_NONE);
    assert_true(blob_store_get(f->store, "file", 100, &bytes, &size, &err) != ERR_NONE);
    assert_true(blob_store_put(f->store, "link/new", "x", 1, &err) != ERR_NONE);
    assert_true(blob_store_put(f->store, "link/secret", "x", 1, &err) != ERR_NONE);
    assert_true(blob_store_remove(f->store, "link/secret", &err) != ERR_NONE);
    int count = 0;
    assert_ok(blob_store_list(f->store, "", count_blob, &count, &err), &err);
    assert_int_equal(count, 0);
    // A put replaces a link at the blob's own place, not what it points to.
    assert_ok(blob_store_put(f->store, "file", "mine", 4, &err), &err);
    assert_true(blob_store_remove_prefix(f->store, "link/", NULL, &err) != ERR_NONE);
    assert_ok(blob_store_remove_prefix(f->store, "", NULL, &err), &err);
    char *text;
    assert_ok(file_read(secret, 100, &text, &size, &err), &err);
    assert_string_equal(text, "secret");
    free(text);
    free(secret);
}

static void without_openat2_paths_are_resolved_the_same(void **state)
{
    struct fixture *f = *state;
    char *secret = plant_outside(f);
    assert_ok(blob_store_put(f->store, "a/b/c", "x", 1, &err), &err);
    int root = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = blob_dir_open_step_by_step(root, "a/b/c", O_RDONLY);
    assert_true(fd >= 0);
    close(fd);
    fd = blob_dir_open_step_by_step(root, "a", O_PATH | O_DIRECTORY);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(blob_dir_open_step_by_step(root, "a/x/c", O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(blob_dir_open_step_by_step(root, "file", O_RDONLY), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(blob_dir_open_step_by_step(root, "link/secret", O_RDONLY), -1);
    close(root);
    free(secret);
}

static void a_link_is_copied_into_the_store_not_moved(void **state)
{
    struct fixture *f = *state;
    char *target = mem_sprintf("%s/target", f->folder);
    char *link_path = mem_sprintf("%s/link-to-target", f->folder);
    assert_ok(file_write(target, "content", 7, FILE_SYNC_NONE, &err), &err);
    assert_int_equal(symlink(target, link_path), 0);
    assert_ok(blob_store_put_file(f->store, "k", link_path, true, &err), &err);
    assert_true(file_exists(target));
    assert_false(file_exists(link_path));
    char *stored = mem_sprintf("%s/k", f->path);
    struct stat info;
    assert_int_equal(lstat(stored, &info), 0);
    assert_true(S_ISREG(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0600);
    free(stored);
    free(target);
    free(link_path);
}

static void a_device_or_pipe_is_no_blob_and_blocks_nobody(void **state)
{
    struct fixture *f = *state;
    char *pipe_path = mem_sprintf("%s/pipe", f->path);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    void *bytes;
    size_t size;
    assert_code(blob_store_get(f->store, "pipe", 100, &bytes, &size, &err), ERR_NOT_FOUND);
    assert_code(blob_store_put_file(f->store, "k", pipe_path, false, &err), ERR_INVALID);
    free(pipe_path);
}

// ---- leftovers and failures

static void empty_folders_do_not_stay(void **state)
{
    struct fixture *f = *state;
    assert_ok(blob_store_put(f->store, "p/v/frames/1", "x", 1, &err), &err);
    assert_ok(blob_store_put(f->store, "p/w", "x", 1, &err), &err);
    assert_ok(blob_store_remove(f->store, "p/v/frames/1", &err), &err);
    char *gone = mem_sprintf("%s/p/v", f->path);
    char *stays = mem_sprintf("%s/p", f->path);
    assert_false(file_exists(gone));
    assert_true(file_exists(stays));
    free(gone);
    free(stays);
}

static void blobs_of_killed_processes_are_whole_and_their_leftovers_go(void **state)
{
    struct fixture *f = *state;
    char line[32];
    char *wanted = mem_alloc(PATTERN_SIZE);
    int confirmed = -1;
    for (int round = 0; round < 12; round++) {
        char from[16];
        snprintf(from, sizeof(from), "%d", confirmed + 1);
        struct spawned child = spawn("put", f->path, from);
        for (int i = 0; i < 2 + round * 7 % 19; i++)
            assert_true(spawned_line(&child, line, sizeof(line)));
        kill(child.pid, SIGKILL);
        while (spawned_line(&child, line, sizeof(line)))
            ;
        confirmed = atoi(line);
        spawned_wait(&child);
    }
    for (int number = 0; number <= confirmed + 1; number++) {
        char key[64];
        void *bytes;
        size_t size;
        snprintf(key, sizeof(key), "p/v/frames/%08d.jpg", number);
        enum err_code code = blob_store_get(f->store, key, PATTERN_SIZE, &bytes, &size, &err);
        if (code == ERR_NOT_FOUND && number == confirmed + 1)
            continue;
        assert_code(code, ERR_NONE);
        fill_pattern(wanted, number);
        assert_int_equal(size, PATTERN_SIZE);
        assert_memory_equal(bytes, wanted, PATTERN_SIZE);
        free(bytes);
    }
    reopen(f);
    assert_int_equal(count_temporary(f), 0);
    free(wanted);
}

static void temporary_files_of_living_processes_stay(void **state)
{
    struct fixture *f = *state;
    char mark[PROCESS_MARK_SIZE];
    process_mark_self(mark);
    char *living = mem_sprintf("%s/.tmp/%s-77777", f->path, mark);
    char *strange = mem_sprintf("%s/.tmp/what-is-this", f->path);
    assert_ok(file_write(living, "x", 1, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_write(strange, "x", 1, FILE_SYNC_NONE, &err), &err);
    reopen(f);
    assert_int_equal(count_temporary(f), 2);
    free(living);
    free(strange);
}

// In containers every process is the first of its namespace: only what is held is of a living one.
static void temporary_files_of_another_container_go_when_nobody_holds_them(void **state)
{
    struct fixture *f = *state;
    char *path = mem_sprintf("%s/.tmp/1.1.5-7", f->path);
    struct file_lock *held;
    assert_ok(file_lock_acquire(path, "a put", &held, &err), &err);
    reopen(f);
    assert_int_equal(count_temporary(f), 1);
    file_lock_release(held);
    reopen(f);
    assert_int_equal(count_temporary(f), 0);
    free(path);
}

static void the_last_descriptor_is_enough_for_a_put(void **state)
{
    struct fixture *f = *state;
    struct rlimit limit;
    int last = dup(STDERR_FILENO);
    assert_true(last >= 0);
    close(last);
    getrlimit(RLIMIT_NOFILE, &limit);
    const struct rlimit few = {.rlim_cur = (rlim_t)last + 1, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    enum err_code code = blob_store_put(f->store, "k", "x", 1, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_ok(code, &err);
    assert_int_equal(count_temporary(f), 0);
}

static void a_full_disk_is_said_and_leaves_nothing_half(void **state)
{
    struct fixture *f = *state;
    char line[1024];
    struct spawned child = spawn("fill-disk", f->path, NULL);
    assert_true(spawned_line(&child, line, sizeof(line)));
    assert_int_equal(spawned_wait(&child), 0);
    assert_non_null(strstr(line, "full "));
    assert_non_null(strstr(line, "disk is full"));
    assert_non_null(strstr(line, "p/large"));
    assert_non_null(strstr(line, f->path));
    struct blob_info info;
    assert_code(blob_store_stat(f->store, "p/large", &info, &err), ERR_NOT_FOUND);
    assert_ok(blob_store_stat(f->store, "p/other", &info, &err), &err);
    assert_int_equal(count_temporary(f), 0);
}

static void a_path_that_cannot_be_a_store_is_said(void **state)
{
    struct fixture *f = *state;
    struct blob_store *store;
    char *file = mem_sprintf("%s/a-file", f->folder);
    assert_ok(file_write(file, "x", 1, FILE_SYNC_NONE, &err), &err);
    assert_true(blob_store_dir_open(file, &store, &err) != ERR_NONE);
    assert_null(store);
    assert_non_null(strstr(err.message, file));
    char *missing = mem_sprintf("%s/no/such/folder", f->folder);
    assert_code(blob_store_dir_open(missing, &store, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, missing));
    free(file);
    free(missing);
}

#define with_store(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    (void)argc;
    static const struct spawn_role roles[] = {{"put", role_put}, {"fill-disk", role_fill_disk}};
    spawn_role(argv, roles, sizeof(roles) / sizeof(roles[0]));
    const struct CMUnitTest tests[] = {
        with_store(planted_links_lead_nowhere),
        with_store(without_openat2_paths_are_resolved_the_same),
        with_store(a_link_is_copied_into_the_store_not_moved),
        with_store(a_device_or_pipe_is_no_blob_and_blocks_nobody),
        with_store(empty_folders_do_not_stay),
        with_store(blobs_of_killed_processes_are_whole_and_their_leftovers_go),
        with_store(temporary_files_of_living_processes_stay),
        with_store(temporary_files_of_another_container_go_when_nobody_holds_them),
        with_store(the_last_descriptor_is_enough_for_a_put),
        with_store(a_full_disk_is_said_and_leaves_nothing_half),
        with_store(a_path_that_cannot_be_a_store_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
