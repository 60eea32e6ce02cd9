#include "db/db.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/file.h"

static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    char *path;
    struct db *db;
};

static const char *const migrations[] = {
    "CREATE TABLE numbers (n INTEGER PRIMARY KEY, name TEXT, body BLOB)",
    "ALTER TABLE numbers ADD COLUMN weight REAL NOT NULL DEFAULT 1.5",
};

static struct db *open_db(const char *path, size_t migration_count)
{
    const struct db_options options = {.path = path,
        .kind = "test store",
        .application_id = 77,
        .migrations = migrations,
        .migration_count = migration_count};
    struct db *db = NULL;
    return db_open(&options, &db, &err) == ERR_NONE ? db : NULL;
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "db-test-", f->folder, &err), &err);
    f->path = mem_sprintf("%s/test.db", f->folder);
    f->db = open_db(f->path, 2);
    assert_non_null(f->db);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    db_free(f->db);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f->path);
    free(f);
    return 0;
}

static void insert(struct db_tx *tx, int64_t n)
{
    struct db_stmt *stmt = db_stmt(tx, "INSERT INTO numbers (n, name, body) VALUES (?1, ?2, ?3)");
    db_bind_int(stmt, 1, n);
    db_bind_text(stmt, 2, "name");
    db_bind_blob(stmt, 3, "\0b", 2);
    db_run(stmt);
}

static int64_t count_rows(struct db *db)
{
    struct db_tx tx;
    db_begin(db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT count(*) FROM numbers");
    int64_t count = db_step(stmt) ? db_int(stmt, 0) : -1;
    assert_ok(db_end(&tx, &err), &err);
    return count;
}

static void a_row_comes_back_as_it_was_bound(void **state)
{
    struct fixture *f = *state;
    struct db_tx tx;
    db_begin(f->db, DB_WRITE_DURABLE, &tx);
    insert(&tx, 5);
    assert_int_equal(db_changes(&tx), 1);
    assert_int_equal(db_last_id(&tx), 5);
    assert_ok(db_end(&tx, &err), &err);
    db_begin(f->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT n, name, body, weight, NULL FROM numbers");
    assert_true(db_step(stmt));
    assert_int_equal(db_int(stmt, 0), 5);
    assert_string_equal(db_text(stmt, 1), "name");
    size_t size;
    assert_memory_equal(db_blob(stmt, 2, &size), "\0b", 2);
    assert_int_equal(size, 2);
    assert_true(db_double(stmt, 3) == 1.5);
    assert_true(db_is_null(stmt, 4));
    assert_string_equal(db_text(stmt, 4), "");
    char name[3];
    db_copy_text(stmt, 1, name, sizeof(name));
    assert_string_equal(name, "na");
    assert_false(db_step(stmt));
    assert_ok(db_end(&tx, &err), &err);
}

static void after_an_error_nothing_more_is_done_and_all_is_undone(void **state)
{
    struct fixture *f = *state;
    struct db_tx tx;
    db_begin(f->db, DB_WRITE, &tx);
    insert(&tx, 1);
    db_exec(&tx, "SELECT no_such_column FROM numbers");
    assert_false(db_ok(&tx));
    insert(&tx, 2);
    assert_false(db_step(db_stmt(&tx, "SELECT 1")));
    assert_code(db_end(&tx, &err), ERR_INTERNAL);
    assert_non_null(strstr(err.message, "no_such_column"));
    assert_non_null(strstr(err.message, f->path));
    assert_int_equal(count_rows(f->db), 0);
}

static void the_callers_first_failure_is_what_the_end_returns(void **state)
{
    struct fixture *f = *state;
    struct db_tx tx;
    db_begin(f->db, DB_WRITE, &tx);
    insert(&tx, 1);
    db_fail(&tx, ERR_CONFLICT, "number %d is taken", 1);
    db_fail(&tx, ERR_LIMIT, "too late");
    assert_code(db_end(&tx, &err), ERR_CONFLICT);
    assert_string_equal(err.message, "number 1 is taken");
    db_begin(f->db, DB_WRITE, &tx);
    insert(&tx, 1);
    db_cancel(&tx);
    assert_int_equal(count_rows(f->db), 0);
}

static void a_reader_sees_its_beginning_while_others_write(void **state)
{
    struct fixture *f = *state;
    struct db_tx reading;
    struct db_tx writing;
    db_begin(f->db, DB_READ, &reading);
    struct db_stmt *stmt = db_stmt(&reading, "SELECT count(*) FROM numbers");
    assert_true(db_step(stmt));
    db_begin(f->db, DB_WRITE, &writing);
    insert(&writing, 1);
    assert_ok(db_end(&writing, &err), &err);
    db_stmt_done(stmt);
    stmt = db_stmt(&reading, "SELECT count(*) FROM numbers");
    assert_true(db_step(stmt));
    assert_int_equal(db_int(stmt, 0), 0);
    assert_ok(db_end(&reading, &err), &err);
    assert_int_equal(count_rows(f->db), 1);
}

static void an_older_schema_is_taken_forward_and_a_newer_one_refused(void **state)
{
    struct fixture *f = *state;
    db_free(f->db);
    char *path = mem_sprintf("%s/old.db", f->folder);
    struct db *old = open_db(path, 1);
    assert_non_null(old);
    db_free(old);
    f->db = open_db(path, 2);
    assert_non_null(f->db);
    assert_int_equal(count_rows(f->db), 0);
    assert_null(open_db(path, 1));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.message, "schema 2, this program knows 1"));
    free(path);
}

struct crowd {
    struct db *db;
    int first;
    atomic_int *failures;
};

static void *write_and_read(void *arg)
{
    const struct crowd *crowd = arg;
    struct err failure;
    for (int i = 0; i < 50; i++) {
        struct db_tx tx;
        db_begin(crowd->db, DB_WRITE_DURABLE, &tx);
        insert(&tx, crowd->first + i);
        if (db_end(&tx, &failure) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
        db_begin(crowd->db, DB_READ, &tx);
        struct db_stmt *stmt = db_stmt(&tx, "SELECT 1 FROM numbers WHERE n = ?1");
        db_bind_int(stmt, 1, crowd->first + i);
        if (!db_step(stmt))
            atomic_fetch_add(crowd->failures, 1);
        if (db_end(&tx, &failure) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
    }
    return NULL;
}

static void more_threads_than_connections_wait_for_each_other(void **state)
{
    struct fixture *f = *state;
    enum { THREADS = DB_READERS + 4 };
    atomic_int failures = 0;
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){.db = f->db, .first = i * 1000, .failures = &failures};
        assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &crowds[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(count_rows(f->db), THREADS * 50);
    assert_ok(db_ping(f->db, &err), &err);
}

// Waits for the start, so that all open the file at the same moment.
static pid_t start_opening(const char *path, const int start[2])
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    char byte;
    close(start[1]);
    if (read(start[0], &byte, 1) != 0)
        _exit(2);
    struct db *db = open_db(path, 2);
    if (db == NULL) {
        fprintf(stderr, "%s\n", err.message);
        _exit(1);
    }
    db_free(db);
    _exit(0);
}

static void processes_make_the_same_file_at_the_same_time(void **state)
{
    struct fixture *f = *state;
    enum { PROCESSES = 4, ROUNDS = 60 };
    for (int round = 0; round < ROUNDS; round++) {
        char *path = mem_sprintf("%s/made-%d.db", f->folder, round);
        int start[2];
        pid_t pids[PROCESSES];
        assert_int_equal(pipe2(start, O_CLOEXEC), 0);
        for (int i = 0; i < PROCESSES; i++)
            pids[i] = start_opening(path, start);
        close(start[0]);
        close(start[1]);
        for (int i = 0; i < PROCESSES; i++) {
            int status;
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
        }
        free(path);
    }
}

static void expect_private(const char *path, const char *ending)
{
    struct stat st;
    char *file = mem_sprintf("%s%s", path, ending);
    assert_int_equal(stat(file, &st), 0);
    if ((st.st_mode & 0777) != 0600)
        fail_msg("%s has mode %03o", file, (unsigned)st.st_mode & 0777);
    free(file);
}

// Whatever the folder and the user's mask are: it is private what people's videos are called and where they come from.
static void only_the_owner_may_read_a_database(void **state)
{
    struct fixture *f = *state;
    mode_t mask = umask(022);
    char *path = mem_sprintf("%s/new.db", f->folder);
    struct db *db = open_db(path, 2);
    assert_non_null(db);
    expect_private(path, "");
    expect_private(path, "-wal");
    expect_private(path, "-shm");
    db_free(db);
    umask(mask);
    free(path);
}

static void a_database_that_others_could_read_is_closed_to_them(void **state)
{
    struct fixture *f = *state;
    struct db_tx tx;
    char *wal = mem_sprintf("%s-wal", f->path);
    // As an earlier version left it, its log still there for another process has it open.
    assert_int_equal(chmod(f->path, 0644), 0);
    assert_int_equal(chmod(wal, 0664), 0);
    struct db *again = open_db(f->path, 2);
    assert_non_null(again);
    expect_private(f->path, "");
    expect_private(f->path, "-wal");
    expect_private(f->path, "-shm");
    db_begin(again, DB_WRITE, &tx);
    insert(&tx, 1);
    assert_ok(db_end(&tx, &err), &err);
    db_free(again);
    free(wal);
}

#define with_db(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_db(only_the_owner_may_read_a_database),
        with_db(a_database_that_others_could_read_is_closed_to_them),
        with_db(a_row_comes_back_as_it_was_bound),
        with_db(after_an_error_nothing_more_is_done_and_all_is_undone),
        with_db(the_callers_first_failure_is_what_the_end_returns),
        with_db(a_reader_sees_its_beginning_while_others_write),
        with_db(an_older_schema_is_taken_forward_and_a_newer_one_refused),
        with_db(more_threads_than_connections_wait_for_each_other),
        with_db(processes_make_the_same_file_at_the_same_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
