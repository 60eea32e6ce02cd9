// Several threads and processes over one embedded vector index, which may be killed.
#include "vector_index_embedded.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_PATH "/proc/self/exe"

static void a_project_that_another_process_removes_is_gone_here(void **state)
{
    struct fixture *f = *state;
    struct fixture other = *f;
    put_range(f, 5, 0, 1200);
    flush(f);
    assert_found(f, 5, 3);
    assert_ok(open_at(f->folder, false, &other.index), &failure);
    assert_ok(vector_index_remove_project(other.index, PROJECT, &failure), &failure);
    float vector[DIMENSION];
    vector_of(5, 3, vector);
    struct vector_query query = query_for(vector, 10);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
    put_range(&other, 6, 0, 600);
    assert_ok(vector_index_flush(other.index, &failure), &failure);
    assert_found(f, 6, 599);
    flush(f);
    assert_found(f, 6, 599);
    assert_int_equal(count_all(f), 600);
    vector_index_free(other.index);
}

struct writer {
    struct fixture *fixture;
    uint64_t seed;
    pthread_t thread;
    enum err_code code;
};

static void *run_writing_thread(void *arg)
{
    struct writer *writer = arg;
    writer->code = write_range(writer->fixture->index, writer->seed, 0, 2400);
    return NULL;
}

static void searching_goes_on_while_files_are_made_in_the_background(void **state)
{
    struct fixture *f = *state;
    struct writer writers[2] = {{.fixture = f, .seed = 1}, {.fixture = f, .seed = 2}};
    vector_index_free(f->index);
    assert_ok(open_at(f->folder, true, &f->index), &failure);
    put_range(f, 9, 0, 1500);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i].thread, NULL, run_writing_thread, &writers[i]), 0);
    for (int n = 0; n < 1500; n += 3)
        assert_found(f, 9, n);
    for (int i = 0; i < 2; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_int_equal(writers[i].code, ERR_NONE);
    }
    for (int n = 0; n < 2400; n += 97) {
        assert_found(f, 1, n);
        assert_found(f, 2, n);
    }
    reopen(f);
    assert_int_equal(count_all(f), 1500 + 2 * 2400);
    assert_found(f, 9, 1499);
    assert_found(f, 2, 2399);
}

static pid_t start_writer(struct fixture *f, int seed, int count, int *acknowledged)
{
    int ends[2];
    char seed_text[16];
    char count_text[16];
    snprintf(seed_text, sizeof(seed_text), "%d", seed);
    snprintf(count_text, sizeof(count_text), "%d", count);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(OWN_PATH, OWN_PATH, "write", f->folder, seed_text, count_text, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    *acknowledged = ends[0];
    return pid;
}

static void two_processes_write_while_a_third_searches(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 1500 };
    int pipes[2];
    pid_t pids[2];
    for (int i = 0; i < 2; i++)
        pids[i] = start_writer(f, i + 1, COUNT, &pipes[i]);
    int next = 0;
    // What a writer has acknowledged is found by the next query here.
    while (read(pipes[0], &next, sizeof(next)) == (ssize_t)sizeof(next)) {
        assert_found(f, 1, next - 1);
        if (next % 500 == 0)
            flush(f);
    }
    while (read(pipes[1], &next, sizeof(next)) == (ssize_t)sizeof(next))
        assert_found(f, 2, next - 1);
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        close(pipes[i]);
    }
    assert_int_equal(count_all(f), 2 * COUNT);
    flush(f);
    for (int n = 0; n < COUNT; n += 71) {
        assert_found(f, 1, n);
        assert_found(f, 2, n);
    }
}

static void what_was_acknowledged_survives_kills_at_any_moment(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 100000, KILLS = 20 };
    int acknowledged[KILLS] = {0};
    for (int k = 0; k < KILLS; k++) {
        int end;
        int next = 0;
        pid_t pid = start_writer(f, 100 + k, COUNT, &end);
        // The writer tells of each batch; after a number of them that differs each time it is killed at whatever it is
        // doing then, which is upserting or making files in the background.
        int last = 100 + (int)(mix((uint64_t)k) % 1200);
        while (next < last && read(end, &next, sizeof(next)) == (ssize_t)sizeof(next))
            ;
        kill(pid, SIGKILL);
        while (read(end, &next, sizeof(next)) == (ssize_t)sizeof(next))
            ;
        close(end);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        acknowledged[k] = next;
        assert_true(next >= last);
    }
    reopen(f);
    for (int pass = 0; pass < 2; pass++) {
        size_t least = 0;
        for (int k = 0; k < KILLS; k++) {
            least += (size_t)acknowledged[k];
            for (int n = acknowledged[k] - 1; n >= 0; n -= 53)
                assert_found(f, UINT64_C(100) + (uint64_t)k, n);
        }
        // One batch per writer may have been stored without being acknowledged, and only whole.
        size_t count = count_all(f);
        assert_true(count >= least && count <= least + (size_t)(KILLS * BATCH));
        assert_int_equal(count % BATCH, 0);
        flush(f);
    }
}

int run_writer(const char *folder, uint64_t seed, int count)
{
    struct vector_index *index;
    if (open_at(folder, true, &index) != ERR_NONE)
        return 1;
    for (int n = 0; n < count; n += BATCH) {
        int next = n + BATCH;
        if (write_range(index, seed, n, next) != ERR_NONE) {
            fprintf(stderr, "%s\n", failure.message);
            return 1;
        }
        if (write(STDOUT_FILENO, &next, sizeof(next)) != (ssize_t)sizeof(next))
            return 1;
    }
    vector_index_free(index);
    return 0;
}

static const struct CMUnitTest tests[] = {
    embedded(a_project_that_another_process_removes_is_gone_here),
    embedded(searching_goes_on_while_files_are_made_in_the_background),
    embedded(two_processes_write_while_a_third_searches),
    embedded(what_was_acknowledged_survives_kills_at_any_moment),
};
CONTRACT_PART(process_part, tests);
