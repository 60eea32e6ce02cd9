// What is the SQLite meta store's own: it lasts, processes share it, any of them may be killed, and schemas go forward.
#include "meta_store/meta_store_sqlite.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_sqlite_internal.h"
#include "os/file.h"
#include "os/spawn_testing.h"

#define APPLICATION_ID 0x46486D73
#define VIDEO "00000000000000aa"
#define SECOND_US ((int64_t)1000000)

static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    char *path;
    struct meta_store *store;
};

static struct meta_store *open_store(const char *path)
{
    struct meta_store *store = NULL;
    if (meta_store_sqlite_open(path, clock_system(), &store, &err) != ERR_NONE)
        fprintf(stderr, "%s\n", err.message);
    return store;
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "meta-test-", f->folder, &err), &err);
    f->path = mem_sprintf("%s/meta.db", f->folder);
    f->store = open_store(f->path);
    assert_non_null(f->store);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    meta_store_free(f->store);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f->path);
    free(f);
    return 0;
}

static void create_video(struct meta_store *store)
{
    struct meta_video video = {
        .id = VIDEO, .project = "demo", .limit_us = -1, .sampling = {.fps_num = 5, .fps_den = 1}};
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
}

static enum err_code put_indexed(struct meta_store *store, int32_t index)
{
    struct meta_object objects[2] = {{.class_name = "car"}, {.class_name = "bus"}};
    struct meta_frame frame = {
        .index = index, .pts_us = (int64_t)index * 200000, .objects = objects, .object_count = 2};
    enum err_code code = meta_store_put_frames(store, VIDEO, &frame, 1, &err);
    return code != ERR_NONE ? code : meta_store_put_objects(store, VIDEO, &frame, 1, &err);
}

static struct meta_video get_video(struct meta_store *store)
{
    struct meta_video video;
    assert_ok(meta_store_get_video(store, VIDEO, &video, &err), &err);
    return video;
}

static struct db_options options_of(const char *path, size_t migrations)
{
    return (struct db_options){.path = path,
        .kind = "meta store",
        .application_id = APPLICATION_ID,
        .migrations = meta_sqlite_migrations,
        .migration_count = migrations};
}

static int64_t query(const char *path, const char *sql)
{
    const struct db_options options = options_of(path, meta_sqlite_migration_count);
    struct db *db;
    assert_ok(db_open(&options, &db, &err), &err);
    struct db_tx tx;
    db_begin(db, DB_WRITE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, sql);
    int64_t value = db_step(stmt) ? db_int(stmt, 0) : 0;
    assert_ok(db_end(&tx, &err), &err);
    db_free(db);
    return value;
}

// ---- roles of other processes

static int role_index(char **args)
{
    struct meta_store *store = open_store(args[0]);
    for (int32_t index = atoi(args[1]); store != NULL; index++) {
        if (put_indexed(store, index) != ERR_NONE)
            return 1;
        spawn_say("%d", index);
    }
    return 1;
}

static int role_settle(char **args)
{
    struct meta_store *store = open_store(args[0]);
    bool settled = false;
    spawn_say("ready");
    spawn_wait_for_go();
    if (store == NULL || meta_store_settle_video(store, VIDEO, &settled, &err) != ERR_NONE)
        return 1;
    spawn_say("%d", settled);
    meta_store_free(store);
    return 0;
}

static int role_remove(char **args)
{
    struct meta_store *store = open_store(args[0]);
    spawn_say("ready");
    return store != NULL && meta_store_remove_video(store, VIDEO, &err) == ERR_NONE ? 0 : 1;
}

static int role_open(char **args)
{
    spawn_say("ready");
    spawn_wait_for_go();
    struct meta_store *store = open_store(args[0]);
    if (store == NULL || meta_store_create_project(store, "demo", NULL, &err) != ERR_NONE)
        return 1;
    meta_store_free(store);
    return 0;
}

// Puts frames until the disk is full, then sees that what was accepted is there and that it goes on with room.
static int role_fill_disk(char **args)
{
    signal(SIGXFSZ, SIG_IGN);
    struct meta_store *store = open_store(args[0]);
    create_video(store);
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit small = {.rlim_cur = 500000, .rlim_max = limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    int32_t put = 0;
    while (put < 10000 && put_indexed(store, put) == ERR_NONE)
        put++;
    spawn_say("%s %s", err_code_name(err.code), err.message);
    setrlimit(RLIMIT_FSIZE, &limit);
    struct meta_video video = get_video(store);
    if (video.frames_indexed != put || video.objects != 2 * put)
        return 1;
    if (put_indexed(store, put) != ERR_NONE || get_video(store).frames_indexed != put + 1)
        return 2;
    meta_store_free(store);
    return 0;
}

// ---- lasting and sharing

static void everything_is_there_after_opening_again(void **state)
{
    struct fixture *f = *state;
    create_video(f->store);
    assert_ok(put_indexed(f->store, 3), &err);
    assert_ok(meta_store_put_setting(f->store, "k", "v", &err), &err);
    meta_store_free(f->store);
    f->store = open_store(f->path);
    assert_int_equal(get_video(f->store).objects, 2);
    struct meta_frames frame;
    assert_ok(meta_store_get_frame(f->store, VIDEO, 3, &frame, &err), &err);
    assert_string_equal(frame.items[0].objects[1].class_name, "bus");
    meta_frames_release(&frame);
    char *value;
    assert_ok(meta_store_get_setting(f->store, "k", &value, &err), &err);
    assert_string_equal(value, "v");
    free(value);
}

static void what_was_said_to_be_stored_survives_kills_and_counts_agree(void **state)
{
    struct fixture *f = *state;
    create_video(f->store);
    char line[64];
    int32_t confirmed = -1;
    for (int round = 0; round < 12; round++) {
        char from[16];
        snprintf(from, sizeof(from), "%d", confirmed + 1);
        struct spawned child = spawn("index", f->path, from);
        for (int i = 0; i < 3 + round * 5 % 17; i++)
            assert_true(spawned_line(&child, line, sizeof(line)));
        kill(child.pid, SIGKILL);
        while (spawned_line(&child, line, sizeof(line)))
            ;
        confirmed = atoi(line);
        spawned_wait(&child);
        struct meta_video video = get_video(f->store);
        assert_true(video.frames_indexed > confirmed);
        assert_true(video.frames_indexed <= confirmed + 2);
        assert_true(video.frames_emitted - video.frames_indexed <= 1);
        assert_int_equal(video.objects, 2 * video.frames_indexed);
    }
    struct meta_video video = get_video(f->store);
    meta_store_free(f->store);
    f->store = NULL;
    assert_int_equal(query(f->path, "SELECT count(*) FROM frames"), video.frames_emitted);
    assert_int_equal(query(f->path, "SELECT count(*) FROM frames WHERE state = 1"), video.frames_indexed);
    assert_int_equal(query(f->path, "SELECT sum(object_count) FROM frames"), video.objects);
}

static void processes_that_race_settle_a_video_once(void **state)
{
    struct fixture *f = *state;
    enum { RACERS = 4 };
    create_video(f->store);
    for (int round = 0; round < 3; round++) {
        assert_ok(meta_store_finish_split(f->store, VIDEO, 0, 0, SECOND_US, false, &err), &err);
        assert_ok(meta_store_set_video_state(f->store, VIDEO, 0xFF, VIDEO_RUNNING, &err), &err);
        struct spawned racers[RACERS];
        char line[16];
        int settled = 0;
        for (int i = 0; i < RACERS; i++) {
            racers[i] = spawn("settle", f->path, NULL);
            assert_true(spawned_line(&racers[i], line, sizeof(line)));
        }
        for (int i = 0; i < RACERS; i++)
            spawned_go(&racers[i]);
        for (int i = 0; i < RACERS; i++) {
            assert_true(spawned_line(&racers[i], line, sizeof(line)));
            settled += atoi(line);
            assert_int_equal(spawned_wait(&racers[i]), 0);
        }
        assert_int_equal(settled, 1);
        assert_int_equal(get_video(f->store).state, VIDEO_DONE);
    }
}

static void a_removal_that_was_killed_is_finished_by_the_next(void **state)
{
    struct fixture *f = *state;
    char line[16];
    create_video(f->store);
    struct meta_frame *frames = mem_calloc(10000, sizeof(*frames));
    for (int32_t i = 0; i < 10000; i++)
        frames[i] = (struct meta_frame){.index = i, .pts_us = i};
    assert_ok(meta_store_put_frames(f->store, VIDEO, frames, 10000, &err), &err);
    free(frames);
    struct spawned child = spawn("remove", f->path, NULL);
    assert_true(spawned_line(&child, line, sizeof(line)));
    spawned_kill(&child);
    struct meta_video video;
    enum err_code code = meta_store_get_video(f->store, VIDEO, &video, &err);
    assert_true(code == ERR_NONE || code == ERR_NOT_FOUND);
    assert_ok(meta_store_remove_video(f->store, VIDEO, &err), &err);
    meta_store_free(f->store);
    f->store = NULL;
    assert_int_equal(query(f->path, "SELECT count(*) FROM frames"), 0);
    assert_int_equal(query(f->path, "SELECT count(*) FROM videos"), 0);
}

static void processes_may_make_the_file_at_the_same_time(void **state)
{
    struct fixture *f = *state;
    enum { OPENERS = 4 };
    char line[16];
    char *path = mem_sprintf("%s/fresh.db", f->folder);
    struct spawned openers[OPENERS];
    for (int i = 0; i < OPENERS; i++) {
        openers[i] = spawn("open", path, NULL);
        assert_true(spawned_line(&openers[i], line, sizeof(line)));
    }
    for (int i = 0; i < OPENERS; i++)
        spawned_go(&openers[i]);
    for (int i = 0; i < OPENERS; i++)
        assert_int_equal(spawned_wait(&openers[i]), 0);
    free(path);
}

// ---- schemas and bad files

static void data_of_every_older_schema_is_taken_forward(void **state)
{
    struct fixture *f = *state;
    for (size_t version = 0; version <= meta_sqlite_migration_count; version++) {
        char *path = mem_sprintf("%s/schema-%zu.db", f->folder, version);
        const struct db_options options = options_of(path, version);
        struct db *db = NULL;
        assert_ok(db_open(&options, &db, &err), &err);
        db_free(db);
        struct meta_store *store = open_store(path);
        assert_non_null(store);
        create_video(store);
        assert_ok(put_indexed(store, 0), &err);
        meta_store_free(store);
        assert_int_equal(query(path, "SELECT user_version FROM pragma_user_version"), meta_sqlite_migration_count);
        free(path);
    }
}

static void tracks_of_an_older_schema_are_shown_by_their_best_object(void **state)
{
    struct fixture *f = *state;
    char *path = mem_sprintf("%s/older.db", f->folder);
    const struct db_options options = options_of(path, 3);
    struct db *db = NULL;
    struct db_tx tx;
    assert_ok(db_open(&options, &db, &err), &err);
    db_begin(db, DB_WRITE_DURABLE, &tx);
    db_exec(&tx, "INSERT INTO projects (name, created_us) VALUES ('p', 1)");
    db_exec(&tx,
        "INSERT INTO videos (number, id, project, source, name, chunk_us, limit_us, sampling_all, fps_num, fps_den,"
        " remote_request, state, created_us, updated_us, finished_us, split_done, source_incomplete, segments,"
        " segments_done, frames_expected, frames_emitted, frames_indexed, frames_failed, objects, errors_count,"
        " detector, embedder, tracks, tracked_us) VALUES (7, '" VIDEO "', 'p', 'x', 'x', 1, -1, 0, 5, 1, 0, 2, 1, 1, 1,"
        " 1, 0, 1, 1, 9, 9, 9, 0, 9, 0, 'd', 'e', 2, 5)");
    db_exec(&tx,
        "INSERT INTO tracks VALUES (7, 1, 'car', 0.5, 0, 8, 0, 1600000, 9, 4, 2),"
        " (7, 3, 'bus', 0.25, 2, 3, 400000, 600000, 2, 3, 1)");
    assert_ok(db_end(&tx, &err), &err);
    db_free(db);

    struct meta_store *store = open_store(path);
    struct meta_track *tracks;
    size_t count;
    assert_ok(meta_store_list_tracks(store, VIDEO, -1, 10, &tracks, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_int_equal(tracks[0].objects, 9);
    assert_int_equal(tracks[0].typical_frame, 4);
    assert_int_equal(tracks[0].typical_k, 2);
    assert_int_equal(tracks[1].best_k, 1);
    assert_int_equal(tracks[1].typical_frame, 3);
    assert_int_equal(tracks[1].typical_k, 1);
    free(tracks);
    assert_int_equal(get_video(store).tracks, 2);
    meta_store_free(store);
    free(path);
}

static void assert_refused(struct fixture *f, enum err_code code, const char *words)
{
    struct meta_store *store = NULL;
    assert_code(meta_store_sqlite_open(f->path, clock_system(), &store, &err), code);
    assert_null(store);
    assert_non_null(strstr(err.message, words));
    assert_non_null(strstr(err.message, f->path));
}

static void data_of_a_newer_program_is_refused_and_left_alone(void **state)
{
    struct fixture *f = *state;
    create_video(f->store);
    meta_store_free(f->store);
    f->store = NULL;
    query(f->path, "PRAGMA user_version = 99");
    assert_refused(f, ERR_INVALID, "the data folder was written by a newer Framehound");
    assert_non_null(strstr(err.message, "schema 99"));
    assert_non_null(strstr(err.message, "upgrade the program"));
}

static void a_damaged_file_is_refused_with_advice(void **state)
{
    struct fixture *f = *state;
    meta_store_free(f->store);
    f->store = NULL;
    char junk[8192];
    memset(junk, 'x', sizeof(junk));
    assert_ok(file_write(f->path, junk, sizeof(junk), FILE_SYNC_NONE, &err), &err);
    assert_refused(f, ERR_CORRUPT, "restore it from a backup");
}

static void damaged_objects_of_a_frame_are_said(void **state)
{
    struct fixture *f = *state;
    create_video(f->store);
    assert_ok(put_indexed(f->store, 8), &err);
    query(f->path, "UPDATE frames SET objects = x'0101'");
    struct meta_frames frame;
    assert_code(meta_store_get_frame(f->store, VIDEO, 8, &frame, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "frame 8"));
}

struct wrong_rows {
    int count;
    char last[ERR_MESSAGE_MAX];
};

static void note_wrong(void *context, const char *sentence)
{
    struct wrong_rows *wrong = context;
    wrong->count++;
    snprintf(wrong->last, sizeof(wrong->last), "%s", sentence);
}

// Between two others, with pages of one: what cannot be right ends no list, and hides nothing behind it.
static void a_row_that_cannot_be_right_is_told_and_stops_nothing(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sql, *why;
    } cases[] = {
        {"UPDATE videos SET id = 'zzz' WHERE id = '00000000000000a2'", "\"zzz\" (row 2 of videos"},
        {"UPDATE videos SET id = id || 'ff' WHERE id = '00000000000000a2'", "longer than 16"},
        {"UPDATE videos SET state = 77 WHERE id = '00000000000000a2'", "77 is no state"},
        {"UPDATE videos SET fps_den = 0 WHERE id = '00000000000000a2'", "no frame rate"},
        {"UPDATE videos SET project = 'Bad Name' WHERE id = '00000000000000a2'", "\"Bad Name\""},
    };
    static const char *const ids[] = {"00000000000000a1", "00000000000000a2", "00000000000000a3"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wrong_rows wrong = {0};
        for (int k = 0; k < 3; k++) {
            struct meta_video video = {.project = "demo", .limit_us = -1, .sampling = {.fps_num = 5, .fps_den = 1}};
            memcpy(video.id, ids[k], sizeof(video.id));
            assert_ok(meta_store_create_video(f->store, &video, NULL, &err), &err);
        }
        assert_ok(meta_store_find_wrong(f->store, note_wrong, &wrong, &err), &err);
        assert_int_equal(wrong.count, 0);
        query(f->path, cases[i].sql);

        struct meta_video *videos = NULL, video;
        size_t count = 0;
        assert_ok(meta_store_list_videos(f->store, NULL, NULL, 1, &videos, &count, &err), &err);
        assert_int_equal(count, 1);
        assert_string_equal(videos[0].id, ids[2]);
        free(videos);
        assert_ok(meta_store_list_videos(f->store, "demo", ids[2], 1, &videos, &count, &err), &err);
        assert_int_equal(count, 1);
        assert_string_equal(videos[0].id, ids[0]);
        free(videos);
        enum err_code code = meta_store_get_video(f->store, ids[1], &video, &err);
        assert_int_equal(code, i < 2 ? ERR_NOT_FOUND : ERR_CORRUPT);
        assert_ok(meta_store_find_wrong(f->store, note_wrong, &wrong, &err), &err);
        assert_true(wrong.count >= 1);
        assert_non_null(strstr(wrong.last, cases[i].why));

        // A person removes the project: its wrong rows go along.
        assert_ok(meta_store_remove_video(f->store, ids[0], &err), &err);
        assert_code(meta_store_remove_project(f->store, "demo", &err), ERR_CONFLICT);
        assert_ok(meta_store_remove_video(f->store, ids[2], &err), &err);
        assert_ok(meta_store_remove_project(f->store, "demo", &err), &err);
        query(f->path, "DELETE FROM videos WHERE project = 'Bad Name'");
        assert_int_equal(query(f->path, "SELECT count(*) FROM videos"), 0);
    }
    struct meta_project *projects = NULL;
    struct wrong_rows wrong = {0};
    size_t count = 0;
    query(f->path, "INSERT INTO projects (name, created_us) VALUES ('Bad', 1), ('a b', 1), ('z', 1)");
    assert_ok(meta_store_list_projects(f->store, NULL, 1, &projects, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(projects[0].name, "z");
    free(projects);
    assert_ok(meta_store_find_wrong(f->store, note_wrong, &wrong, &err), &err);
    assert_int_equal(wrong.count, 2);
}

static void a_full_disk_is_said_and_loses_nothing(void **state)
{
    struct fixture *f = *state;
    char line[1024];
    char *path = mem_sprintf("%s/full.db", f->folder);
    struct spawned child = spawn("fill-disk", path, NULL);
    assert_true(spawned_line(&child, line, sizeof(line)));
    assert_int_equal(spawned_wait(&child), 0);
    assert_non_null(strstr(line, "full "));
    assert_non_null(strstr(line, path));
    assert_non_null(strstr(line, "disk is full"));
    free(path);
}

#define with_store(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    (void)argc;
    static const struct spawn_role roles[] = {{"index", role_index}, {"settle", role_settle}, {"remove", role_remove},
        {"open", role_open}, {"fill-disk", role_fill_disk}};
    spawn_role(argv, roles, sizeof(roles) / sizeof(roles[0]));
    const struct CMUnitTest tests[] = {
        with_store(everything_is_there_after_opening_again),
        with_store(what_was_said_to_be_stored_survives_kills_and_counts_agree),
        with_store(processes_that_race_settle_a_video_once),
        with_store(a_removal_that_was_killed_is_finished_by_the_next),
        with_store(processes_may_make_the_file_at_the_same_time),
        with_store(data_of_every_older_schema_is_taken_forward),
        with_store(tracks_of_an_older_schema_are_shown_by_their_best_object),
        with_store(data_of_a_newer_program_is_refused_and_left_alone),
        with_store(a_damaged_file_is_refused_with_advice),
        with_store(damaged_objects_of_a_frame_are_said),
        with_store(a_row_that_cannot_be_right_is_told_and_stops_nothing),
        with_store(a_full_disk_is_said_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
