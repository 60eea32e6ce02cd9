// What the embedded vector index promises beyond the contract: it outlives its process however that ends, several
// processes share it, its files may be damaged or missing, and its graph finds what a scan finds.
//
// With the name of a test as its argument it runs that one; as vector_index_embedded write FOLDER SEED COUNT it is the
// other process.
#include "base/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_store_internal.h"

#define DIMENSION 96
#define PROJECT "demo"
#define MODEL "model"
#define TAIL 512
#define BATCH 20

static const char *own_path;
static _Thread_local struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct vector_index *index;
};

static enum err_code open_at(const char *folder, bool background, struct vector_index **index)
{
    struct vector_index_usearch_options options = {.tail_vectors = TAIL, .no_background = !background};
    return vector_index_usearch_open(folder, &options, log_none(), index, &err);
}

static void reopen(struct fixture *f)
{
    vector_index_free(f->index);
    f->index = NULL;
    assert_ok(open_at(f->folder, false, &f->index), &err);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "vectors-", f->folder, &err), &err);
    assert_ok(open_at(f->folder, false, &f->index), &err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vector_index_free(f->index);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

// Object n of a seed: its vector lies near the centre of its track, 20 objects long, as crops of a thing that is
// followed do.
static void vector_of(uint64_t seed, int n, float vector[DIMENSION])
{
    uint64_t track = mix(seed * 1000003 + (uint64_t)(n / 20));
    for (int i = 0; i < DIMENSION; i++) {
        double centre = (double)(mix(track + (uint64_t)i) >> 11) * 0x1p-52 - 1;
        double noise = (double)(mix(track * 31 + (uint64_t)(n * DIMENSION + i)) >> 11) * 0x1p-52 - 1;
        vector[i] = (float)(centre + noise / 4);
    }
}

static void object_of(uint64_t seed, int n, char object[OBJECT_ID_SIZE])
{
    char video[VIDEO_ID_SIZE];
    snprintf(video, sizeof(video), "%016llx", (unsigned long long)mix(seed));
    object_id_make(video, n / 3, n % 3, object);
}

static struct vector_item item_of(uint64_t seed, int n, float *vector)
{
    struct vector_item item = {.class_name = "car", .track = n / 20, .vector = vector};
    object_of(seed, n, item.object);
    vector_of(seed, n, vector);
    if (n % 2 == 0)
        strcpy(item.label, "even");
    return item;
}

static enum err_code write_range(struct vector_index *index, uint64_t seed, int from, int to)
{
    enum err_code code = ERR_NONE;
    for (int n = from; n < to && code == ERR_NONE; n += BATCH) {
        float vectors[BATCH][DIMENSION];
        struct vector_item items[BATCH];
        int count = to - n < BATCH ? to - n : BATCH;
        for (int i = 0; i < count; i++)
            items[i] = item_of(seed, n + i, vectors[i]);
        code = vector_index_upsert(index, PROJECT, MODEL, DIMENSION, items, (size_t)count, &err);
    }
    return code;
}

static void put_range(struct fixture *f, uint64_t seed, int from, int to)
{
    assert_ok(write_range(f->index, seed, from, to), &err);
}

static void flush(struct fixture *f)
{
    assert_ok(vector_index_flush(f->index, &err), &err);
}

static struct vector_query query_for(const float *vector, size_t limit)
{
    return (struct vector_query){
        .project = PROJECT, .vector = vector, .dimension = DIMENSION, .limit = limit, .min_score = -1};
}

static size_t ask(struct fixture *f, const struct vector_query *query, struct vector_hit **hits)
{
    size_t count = 0;
    assert_ok(vector_index_query(f->index, query, hits, &count, &err), &err);
    return count;
}

static void assert_found(struct fixture *f, uint64_t seed, int n)
{
    float vector[DIMENSION];
    char object[OBJECT_ID_SIZE];
    object_of(seed, n, object);
    vector_of(seed, n, vector);
    struct vector_query query = query_for(vector, 1);
    struct vector_hit *hits;
    size_t count = ask(f, &query, &hits);
    if (count != 1 || strcmp(hits[0].object, object) != 0)
        fail_msg("%s (number %d) is not its own nearest, but %s", object, n, count > 0 ? hits[0].object : "nothing");
    assert_float_equal(hits[0].score, 1, 2e-3);
    assert_string_equal(hits[0].label, n % 2 == 0 ? "even" : "");
    assert_int_equal(hits[0].track, n / 20);
    free(hits);
}

static size_t count_all(struct fixture *f)
{
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &stats, &err), &err);
    return stats.count;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

typedef void file_visit(const char *path);

// Calls back for each file of the project with the ending, and returns their number.
static int each_file(struct fixture *f, const char *ending, file_visit *visit)
{
    char folder[FILE_PATH_MAX + 16];
    char names[256][64];
    int count = 0;
    snprintf(folder, sizeof(folder), "%s/" PROJECT, f->folder);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (ends_with(entry->d_name, ending) && count < 256)
            snprintf(names[count++], sizeof(names[0]), "%.63s", entry->d_name);
    }
    closedir(dir);
    for (int i = 0; i < count && visit != NULL; i++) {
        char *path = mem_sprintf("%s/%s", folder, names[i]);
        visit(path);
        free(path);
    }
    return count;
}

static void all_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    put_range(f, 1, 0, 700);
    reopen(f);
    assert_int_equal(count_all(f), 700);
    for (int n = 0; n < 700; n += 37)
        assert_found(f, 1, n);
    flush(f);
    put_range(f, 1, 700, 900);
    reopen(f);
    for (int n = 0; n < 900; n += 37)
        assert_found(f, 1, n);
    const char *removed[1];
    char object[OBJECT_ID_SIZE];
    object_of(1, 74, object);
    removed[0] = object;
    assert_ok(vector_index_remove(f->index, PROJECT, removed, 1, &err), &err);
    reopen(f);
    float vector[DIMENSION];
    vector_of(1, 74, vector);
    struct vector_query query = query_for(vector, 900);
    struct vector_hit *hits;
    size_t count = ask(f, &query, &hits);
    assert_int_equal(count, 899);
    for (size_t i = 0; i < count; i++)
        assert_string_not_equal(hits[i].object, object);
    free(hits);
}

static double recall(struct fixture *f, const struct vector_query *query)
{
    struct vector_query exact = *query;
    struct vector_hit *found;
    struct vector_hit *expected;
    exact.exact = true;
    size_t count = ask(f, query, &found);
    assert_int_equal(ask(f, &exact, &expected), count);
    assert_int_equal(count, query->limit);
    size_t same = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++)
            same += strcmp(found[i].object, expected[k].object) == 0;
    }
    free(found);
    free(expected);
    return (double)same / (double)count;
}

static void data_of_an_older_schema_is_taken_forward(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    float got[DIMENSION];
    size_t dimension = 0;
    put_range(f, 1, 0, 10);
    vector_index_free(f->index);
    f->index = NULL;
    // As the program wrote it that knew no vectors of tracks.
    char *path = mem_sprintf("%s/%s/vectors.sqlite", f->folder, PROJECT);
    const struct db_options options = {.path = path,
        .kind = "vector index",
        .application_id = VECTOR_STORE_APPLICATION_ID,
        .migrations = vector_store_migrations,
        .migration_count = vector_store_migration_count};
    struct db *db;
    struct db_tx tx;
    assert_ok(db_open(&options, &db, &err), &err);
    db_begin(db, DB_WRITE_DURABLE, &tx);
    db_exec(&tx, "DROP TABLE tracks");
    db_exec(&tx, "PRAGMA user_version = 1");
    assert_ok(db_end(&tx, &err), &err);
    db_free(db);
    free(path);

    reopen(f);
    for (int n = 0; n < 10; n++)
        assert_found(f, 1, n);
    vector_of(1, 0, vector);
    const struct vector_track_item item = {.track = {.video = "00000000000000aa", .n = 7}, .vector = vector};
    assert_ok(vector_index_put_tracks(f->index, PROJECT, MODEL, DIMENSION, &item, 1, &err), &err);
    reopen(f);
    assert_ok(vector_index_fetch_track(f->index, PROJECT, &item.track, got, DIMENSION, &dimension, &err), &err);
    assert_int_equal(dimension, DIMENSION);
}

static void the_graph_finds_what_a_scan_finds(void **state)
{
    struct fixture *f = *state;
    // Enough that a graph is worth it.
    put_range(f, 7, 0, 8000);
    flush(f);
    assert_int_equal(each_file(f, ".graph", NULL), 1);
    put_range(f, 7, 8000, 8100);
    double sum = 0;
    double filtered_sum = 0;
    const char *even = "even";
    for (int i = 0; i < 100; i++) {
        float vector[DIMENSION];
        vector_of(7, i * 81, vector);
        struct vector_query query = query_for(vector, 10);
        sum += recall(f, &query);
        query.filter.labels = &even;
        query.filter.label_count = 1;
        filtered_sum += recall(f, &query);
    }
    assert_true(sum / 100 >= 0.97);
    assert_true(filtered_sum / 100 >= 0.97);
}

static void as_many_hits_come_as_match(void **state)
{
    struct fixture *f = *state;
    put_range(f, 7, 0, 6000);
    flush(f);
    float vector[DIMENSION];
    vector_of(7, 5, vector);
    const char *even = "even";
    struct vector_query query = query_for(vector, 5000);
    query.filter.labels = &even;
    query.filter.label_count = 1;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 3000);
    free(hits);
}

static void removing_frees_the_disk(void **state)
{
    struct fixture *f = *state;
    char video[VIDEO_ID_SIZE];
    put_range(f, 1, 0, 3000);
    put_range(f, 2, 0, 3000);
    flush(f);
    struct vector_stats before;
    struct vector_stats after;
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &before, &err), &err);
    snprintf(video, sizeof(video), "%016llx", (unsigned long long)mix(1));
    assert_ok(vector_index_remove_video(f->index, PROJECT, video, &err), &err);
    flush(f);
    reopen(f);
    assert_int_equal(count_all(f), 3000);
    for (int n = 0; n < 3000; n += 301)
        assert_found(f, 2, n);
    vector_index_free(f->index); // the last one out empties the log
    f->index = NULL;
    assert_ok(open_at(f->folder, false, &f->index), &err);
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &after, &err), &err);
    assert_true(after.bytes < before.bytes * 2 / 3);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &err), &err);
    assert_int_equal(each_file(f, ".vectors", NULL), 0);
    assert_int_equal(each_file(f, ".rows", NULL), 0);
    assert_int_equal(each_file(f, ".graph", NULL), 0);
    reopen(f);
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &after, &err), &err);
    assert_true(after.bytes < 300000);
}

static void flip_a_byte(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    unsigned char byte;
    assert_int_equal(pread(fd, &byte, 1, size - size / 3), 1);
    byte ^= 0x55;
    assert_int_equal(pwrite(fd, &byte, 1, size - size / 3), 1);
    close(fd);
}

static void cut_in_half(const char *path)
{
    struct file_info info;
    assert_ok(file_stat(path, &info, &err), &err);
    assert_int_equal(truncate(path, (off_t)(info.size_bytes / 2)), 0);
}

static void make_empty(const char *path)
{
    assert_int_equal(truncate(path, 0), 0);
}

static void remove_it(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void damaged_files_are_made_again(void **state)
{
    struct fixture *f = *state;
    static const char *const endings[] = {".rows", ".vectors", ".graph"};
    static file_visit *const damages[] = {flip_a_byte, cut_in_half, make_empty, remove_it};
    put_range(f, 3, 0, 1000);
    for (size_t e = 0; e < 3; e++) {
        for (size_t d = 0; d < 4; d++) {
            flush(f);
            vector_index_free(f->index);
            f->index = NULL;
            int files = each_file(f, endings[e], NULL);
            assert_true(files > 0);
            each_file(f, endings[e], damages[d]);
            assert_ok(open_at(f->folder, false, &f->index), &err);
            // A flipped bit among the vectors is found by the flush, all else when the files are opened.
            bool late = e == 1 && d == 0;
            for (int n = 0; n < 1000 && !late; n += 97)
                assert_found(f, 3, n);
            flush(f);
            assert_true(each_file(f, endings[e], NULL) > 0);
            for (int n = 0; n < 1000; n += 97)
                assert_found(f, 3, n);
            assert_int_equal(count_all(f), 1000);
        }
    }
}

static void leftovers_of_a_killed_writer_are_swept(void **state)
{
    struct fixture *f = *state;
    put_range(f, 1, 0, 600);
    char *path = mem_sprintf("%s/" PROJECT "/00077-9.vectors", f->folder);
    char *temporary = mem_sprintf("%s/" PROJECT "/00078-9.rows.abcdef.tmp", f->folder);
    assert_ok(file_write(path, "x", 1, FILE_SYNC_NONE, &err), &err);
    assert_ok(file_write(temporary, "x", 1, FILE_SYNC_NONE, &err), &err);
    flush(f);
    assert_false(file_exists(path));
    assert_false(file_exists(temporary));
    free(path);
    free(temporary);
}

static void a_long_journal_is_shortened_and_nothing_forgotten(void **state)
{
    struct fixture *f = *state;
    enum { ROUNDS = 30, OBJECTS = 1200 };
    struct vector_attributes *changes = mem_calloc(OBJECTS, sizeof(*changes));
    put_range(f, 5, 0, OBJECTS);
    flush(f);
    // Somebody else looks at the beginning, and again when the journal no longer reaches back to that.
    struct fixture other = *f;
    assert_ok(open_at(f->folder, false, &other.index), &err);
    assert_found(&other, 5, 7);
    for (int round = 0; round < ROUNDS; round++) {
        for (int n = 0; n < OBJECTS; n++) {
            changes[n] = (struct vector_attributes){.set_track = true, .track = round};
            object_of(5, n, changes[n].object);
        }
        assert_ok(vector_index_set_attributes(f->index, PROJECT, changes, OBJECTS, &err), &err);
    }
    free(changes);
    flush(f);
    reopen(f);
    float vector[DIMENSION];
    char video[VIDEO_ID_SIZE];
    snprintf(video, sizeof(video), "%016llx", (unsigned long long)mix(5));
    vector_of(5, 0, vector);
    struct vector_query query = query_for(vector, OBJECTS + 1);
    query.filter.video = video;
    query.filter.has_track = true;
    query.filter.track = ROUNDS - 1;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), OBJECTS);
    free(hits);
    assert_int_equal(ask(&other, &query, &hits), OBJECTS);
    free(hits);
    vector_index_free(other.index);
}

static void a_project_that_another_process_removes_is_gone_here(void **state)
{
    struct fixture *f = *state;
    struct fixture other = *f;
    put_range(f, 5, 0, 1200);
    flush(f);
    assert_found(f, 5, 3);
    assert_ok(open_at(f->folder, false, &other.index), &err);
    assert_ok(vector_index_remove_project(other.index, PROJECT, &err), &err);
    float vector[DIMENSION];
    vector_of(5, 3, vector);
    struct vector_query query = query_for(vector, 10);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
    put_range(&other, 6, 0, 600);
    assert_ok(vector_index_flush(other.index, &err), &err);
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
    assert_ok(open_at(f->folder, true, &f->index), &err);
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
        execl(own_path, own_path, "write", f->folder, seed_text, count_text, (char *)NULL);
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

// The other process: stores objects in batches, and writes to standard output how many are stored.
static int run_writer(const char *folder, uint64_t seed, int count)
{
    struct vector_index *index;
    if (open_at(folder, true, &index) != ERR_NONE)
        return 1;
    for (int n = 0; n < count; n += BATCH) {
        int next = n + BATCH;
        if (write_range(index, seed, n, next) != ERR_NONE) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        if (write(STDOUT_FILENO, &next, sizeof(next)) != (ssize_t)sizeof(next))
            return 1;
    }
    vector_index_free(index);
    return 0;
}

#define embedded(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    own_path = "/proc/self/exe";
    if (argc == 5 && strcmp(argv[1], "write") == 0)
        return run_writer(argv[2], strtoull(argv[3], NULL, 10), atoi(argv[4]));
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        embedded(all_is_there_after_reopening),
        embedded(data_of_an_older_schema_is_taken_forward),
        embedded(the_graph_finds_what_a_scan_finds),
        embedded(as_many_hits_come_as_match),
        embedded(removing_frees_the_disk),
        embedded(damaged_files_are_made_again),
        embedded(leftovers_of_a_killed_writer_are_swept),
        embedded(a_long_journal_is_shortened_and_nothing_forgotten),
        embedded(a_project_that_another_process_removes_is_gone_here),
        embedded(searching_goes_on_while_files_are_made_in_the_background),
        embedded(two_processes_write_while_a_third_searches),
        embedded(what_was_acknowledged_survives_kills_at_any_moment),
    };
    return cmocka_run_group_tests_name("embedded vector index", tests, NULL, NULL);
}
