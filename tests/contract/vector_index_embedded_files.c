// The files of the embedded vector index: they outlive the process, may be damaged or missing, and find what a scan
// finds.
#include "vector_index_embedded.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_store_internal.h"

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
    assert_ok(vector_index_remove(f->index, PROJECT, removed, 1, &failure), &failure);
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

// Closes the index, and changes the truth behind it.
static void change_store(struct fixture *f, const char *const *statements, size_t count)
{
    vector_index_free(f->index);
    f->index = NULL;
    char *path = mem_sprintf("%s/%s/vectors.sqlite", f->folder, PROJECT);
    const struct db_options options = {.path = path,
        .kind = "vector index",
        .application_id = VECTOR_STORE_APPLICATION_ID,
        .migrations = vector_store_migrations,
        .migration_count = vector_store_migration_count};
    struct db *db;
    struct db_tx tx;
    assert_ok(db_open(&options, &db, &failure), &failure);
    db_begin(db, DB_WRITE_DURABLE, &tx);
    for (size_t i = 0; i < count; i++)
        db_exec(&tx, statements[i]);
    assert_ok(db_end(&tx, &failure), &failure);
    db_free(db);
    free(path);
}

static void data_of_an_older_schema_is_taken_forward(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    float got[DIMENSION];
    size_t dimension = 0;
    put_range(f, 1, 0, 10);
    // As the program wrote it that knew neither vectors of tracks nor negatives.
    static const char *const older[] = {"DROP TABLE tracks", "DROP TABLE negatives", "PRAGMA user_version = 1"};
    change_store(f, older, 3);

    reopen(f);
    for (int n = 0; n < 10; n++)
        assert_found(f, 1, n);
    vector_of(1, 0, vector);
    const struct vector_track_item item = {.track = {.video = "00000000000000aa", .n = 7}, .vector = vector};
    assert_ok(vector_index_put_tracks(f->index, PROJECT, MODEL, DIMENSION, &item, 1, &failure), &failure);
    reopen(f);
    assert_ok(vector_index_fetch_track(f->index, PROJECT, &item.track, got, DIMENSION, &dimension, &failure), &failure);
    assert_int_equal(dimension, DIMENSION);
}

// Room is made by it.
static void a_dimension_that_cannot_be_is_refused(void **state)
{
    struct fixture *f = *state;
    struct vector_stats stats;
    static const char *const statements[] = {
        "UPDATE meta SET dimension = 4294967296", "UPDATE meta SET dimension = -1", "UPDATE meta SET dimension = 4097"};
    put_range(f, 1, 0, 10);
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        change_store(f, statements + i, 1);
        reopen(f);
        assert_code(vector_index_stats(f->index, PROJECT, NULL, &stats, &failure), ERR_CORRUPT);
    }
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

// Each vector of the crowd has two of many parts, so that it has more neighbours than links, all equally far from it
// and hardly nearer to each other. The island's, being nobody's nearest, are linked from hardly any: a search of the
// graph that enters among the crowd does not reach all of them.
#define CROWD 8000
#define ISLAND 30
#define PARTS 65

static void vector_of_crowd(int n, float vector[DIMENSION])
{
    int pair = n / 4 % (PARTS * (PARTS - 1) / 2);
    int first = 0;
    while (pair >= PARTS - 1 - first)
        pair -= PARTS - 1 - first++;
    memset(vector, 0, DIMENSION * sizeof(*vector));
    vector[n < CROWD ? 0 : 1] = 1;
    vector[2 + first] = n % 2 == 0 ? 0.3f : -0.3f;
    vector[3 + first + pair] = n / 2 % 2 == 0 ? 0.3f : -0.3f;
}

static void what_the_graph_does_not_reach_is_found_whatever_is_left_out(void **state)
{
    struct fixture *f = *state;
    float(*vectors)[DIMENSION] = mem_calloc(CROWD + ISLAND, sizeof(*vectors));
    struct vector_item *items = mem_calloc(CROWD + ISLAND, sizeof(*items));
    const char **exclude = mem_calloc(CROWD, sizeof(*exclude));
    for (int n = 0; n < CROWD + ISLAND; n++) {
        vector_of_crowd(n, vectors[n]);
        items[n] = (struct vector_item){.class_name = "car", .track = -1, .vector = vectors[n]};
        object_of(1, n, items[n].object);
        if (n < CROWD)
            exclude[n] = items[n % (CROWD - 40)].object;
    }
    assert_ok(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, CROWD + ISLAND, &failure), &failure);
    flush(f);
    assert_int_equal(each_file(f, ".graph", NULL), 1);
    const float vector[DIMENSION] = {0, 1};
    struct vector_query query = query_for(vector, ISLAND);
    query.filter.exclude = exclude;
    // With what is left of the crowd, some being named twice, it is less than a search of a graph asks for.
    query.filter.exclude_count = CROWD;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), ISLAND);
    for (int i = 0; i < ISLAND; i++)
        assert_true(hits[i].score > 0.8f);
    free(hits);
    free(exclude);
    free(items);
    free(vectors);
}

// A picture that stands still: many objects with the very same vector, among others.
#define STILL 5000

static void put_still(struct fixture *f, int from, int to)
{
    struct vector_item *items = mem_calloc((size_t)(to - from), sizeof(*items));
    float vector[DIMENSION];
    vector_of(2, 0, vector);
    for (int n = from; n < to; n++) {
        items[n - from] = (struct vector_item){.class_name = "car", .track = 7, .vector = vector};
        object_of(2, n, items[n - from].object);
    }
    assert_ok(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, (size_t)(to - from), &failure), &failure);
    free(items);
}

// With the number of the first that may come.
static void assert_stills_found(struct fixture *f, int first)
{
    static char ids[STILL][OBJECT_ID_SIZE];
    static const char *exclude[STILL];
    float vector[DIMENSION];
    vector_of(2, 0, vector);
    for (int n = 0; n < first; n++) {
        object_of(2, n, ids[n]);
        exclude[n] = ids[n];
    }
    struct vector_query query = query_for(vector, 30);
    query.filter.exclude = exclude;
    query.filter.exclude_count = (size_t)first;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 30);
    for (int i = 0; i < 30; i++) {
        assert_float_equal(hits[i].score, 1, 2e-3);
        for (int n = 0; n < first; n++)
            assert_string_not_equal(hits[i].object, ids[n]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(hits[i].object, hits[k].object);
    }
    free(hits);
}

static void a_picture_that_stands_still_hides_nothing(void **state)
{
    struct fixture *f = *state;
    put_range(f, 7, 0, 3000);
    put_still(f, 0, STILL / 2);
    flush(f);
    // More of the same come to a graph that is there.
    put_still(f, STILL / 2, STILL);
    put_range(f, 7, 3000, 4000);
    flush(f);
    reopen(f);
    for (int n = 0; n < 4000; n += 7)
        assert_found(f, 7, n);
    assert_stills_found(f, 0);
    assert_stills_found(f, 40);
    const char *removed[STILL / 2];
    static char ids[STILL / 2][OBJECT_ID_SIZE];
    for (int n = 0; n < STILL / 2; n++) {
        object_of(2, n, ids[n]);
        removed[n] = ids[n];
    }
    // The one that the graph holds among them.
    assert_ok(vector_index_remove(f->index, PROJECT, removed, 500, &failure), &failure);
    assert_stills_found(f, 500);
    assert_ok(vector_index_remove(f->index, PROJECT, removed, STILL / 2, &failure), &failure);
    flush(f);
    assert_stills_found(f, STILL / 2);
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
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &before, &failure), &failure);
    snprintf(video, sizeof(video), "%016llx", (unsigned long long)mix(1));
    assert_ok(vector_index_remove_video(f->index, PROJECT, video, &failure), &failure);
    flush(f);
    reopen(f);
    assert_int_equal(count_all(f), 3000);
    for (int n = 0; n < 3000; n += 301)
        assert_found(f, 2, n);
    vector_index_free(f->index); // the last one out empties the log
    f->index = NULL;
    assert_ok(open_at(f->folder, false, &f->index), &failure);
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &after, &failure), &failure);
    assert_true(after.bytes < before.bytes * 2 / 3);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &failure), &failure);
    assert_int_equal(each_file(f, ".vectors", NULL), 0);
    assert_int_equal(each_file(f, ".rows", NULL), 0);
    assert_int_equal(each_file(f, ".graph", NULL), 0);
    reopen(f);
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &after, &failure), &failure);
    assert_true(after.bytes < 300000);
}

static void flip(const char *path, off_t from_end)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t place = lseek(fd, 0, SEEK_END) - from_end;
    unsigned char byte;
    assert_int_equal(pread(fd, &byte, 1, place), 1);
    byte ^= 0x55;
    assert_int_equal(pwrite(fd, &byte, 1, place), 1);
    close(fd);
}

static void flip_a_byte(const char *path)
{
    struct file_info info;
    assert_ok(file_stat(path, &info, &failure), &failure);
    flip(path, (off_t)(info.size_bytes / 3));
}

// Of the number of equal vectors, which says how long their list at the end of the graph is.
static void flip_the_number_of_twins(const char *path)
{
    flip(path, 16);
}

// Of the mark that says that there is such a list.
static void flip_the_mark_of_twins(const char *path)
{
    flip(path, 1);
}

static void flip_a_twin(const char *path)
{
    flip(path, 20);
}

static void cut_in_half(const char *path)
{
    struct file_info info;
    assert_ok(file_stat(path, &info, &failure), &failure);
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
            assert_ok(open_at(f->folder, false, &f->index), &failure);
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

static void damage_to_the_list_of_equal_vectors_hides_none(void **state)
{
    struct fixture *f = *state;
    static file_visit *const damages[] = {flip_the_number_of_twins, flip_the_mark_of_twins, flip_a_twin};
    put_range(f, 7, 0, 3000);
    put_still(f, 0, STILL / 2);
    for (size_t d = 0; d < 3; d++) {
        flush(f);
        vector_index_free(f->index);
        f->index = NULL;
        assert_int_equal(each_file(f, ".graph", damages[d]), 1);
        assert_ok(open_at(f->folder, false, &f->index), &failure);
        assert_stills_found(f, 0);
        assert_stills_found(f, 40);
        flush(f);
        assert_stills_found(f, 0);
        assert_stills_found(f, 40);
    }
}

static void leftovers_of_a_killed_writer_are_swept(void **state)
{
    struct fixture *f = *state;
    put_range(f, 1, 0, 600);
    char *path = mem_sprintf("%s/" PROJECT "/00077-9.vectors", f->folder);
    char *temporary = mem_sprintf("%s/" PROJECT "/00078-9.rows.abcdef.tmp", f->folder);
    assert_ok(file_write(path, "x", 1, FILE_SYNC_NONE, &failure), &failure);
    assert_ok(file_write(temporary, "x", 1, FILE_SYNC_NONE, &failure), &failure);
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
    assert_ok(open_at(f->folder, false, &other.index), &failure);
    assert_found(&other, 5, 7);
    for (int round = 0; round < ROUNDS; round++) {
        for (int n = 0; n < OBJECTS; n++) {
            changes[n] = (struct vector_attributes){.set_track = true, .track = round};
            object_of(5, n, changes[n].object);
        }
        assert_ok(vector_index_set_attributes(f->index, PROJECT, changes, OBJECTS, &failure), &failure);
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

static const struct CMUnitTest tests[] = {
    embedded(all_is_there_after_reopening),
    embedded(data_of_an_older_schema_is_taken_forward),
    embedded(a_dimension_that_cannot_be_is_refused),
    embedded(the_graph_finds_what_a_scan_finds),
    embedded(as_many_hits_come_as_match),
    embedded(what_the_graph_does_not_reach_is_found_whatever_is_left_out),
    embedded(a_picture_that_stands_still_hides_nothing),
    embedded(removing_frees_the_disk),
    embedded(damaged_files_are_made_again),
    embedded(damage_to_the_list_of_equal_vectors_hides_none),
    embedded(leftovers_of_a_killed_writer_are_swept),
    embedded(a_long_journal_is_shortened_and_nothing_forgotten),
};
CONTRACT_PART(file_part, tests);
