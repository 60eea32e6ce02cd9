// The Redis meta store on a server that is full, unfit or strange to it, or that a crash left behind; real servers.
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/redis_fixture_testing.h"

static struct err err;

// ---- full, unfit, strange

static void a_full_memory_takes_nothing_new_but_shows_and_removes_what_is_there(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    redis_fixture_create_video(store);
    assert_ok(redis_fixture_put_objects(store, 0, 5, &err), &err);
    redis_testing_tell(&f->server, "CONFIG SET maxmemory 1");
    assert_code(redis_fixture_put_objects(store, 1, 5, &err), ERR_FULL);
    redis_fixture_assert_says(&f->server, &err, "its memory is full");
    assert_code(meta_store_create_project(store, "another", NULL, &err), ERR_FULL);
    assert_int_equal(redis_fixture_get_video(store).objects, 5);
    struct meta_store *another = redis_fixture_open_at(&f->server, PATIENT_MS);
    assert_int_equal(redis_fixture_get_video(another).objects, 5);
    meta_store_free(another);
    redis_testing_tell(&f->server, "CONFIG SET maxmemory 0");
    assert_ok(redis_fixture_put_objects(store, 1, 5, &err), &err);
    assert_int_equal(redis_fixture_get_video(store).objects, 10);
    redis_testing_tell(&f->server, "CONFIG SET maxmemory 1");
    assert_ok(meta_store_mark_project_deleting(store, PROJECT, &err), &err);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    redis_testing_tell(&f->server, "CONFIG SET maxmemory 0");
    redis_fixture_create_video(store);
    assert_int_equal(redis_fixture_get_video(store).objects, 0);
}

static void a_server_that_throws_data_away_or_has_newer_data_is_refused(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store;
    const struct meta_redis_options options = {.address = f->server.address, .timeout_ms = PATIENT_MS};
    redis_testing_tell(&f->server, "CONFIG SET maxmemory-policy allkeys-lfu");
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_INVALID);
    redis_fixture_assert_says(&f->server, &err, "noeviction");
    redis_testing_tell(&f->server, "CONFIG SET maxmemory-policy volatile-lru");
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    meta_store_free(store);
    redis_testing_tell(&f->server, "SET framehound:format 2");
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_CONFLICT);
    redis_fixture_assert_says(&f->server, &err, "--redis-prefix");
    redis_testing_tell(&f->server, "SET framehound:format something");
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_CORRUPT);
    redis_testing_tell(&f->server, "DEL framehound:format");
    redis_testing_tell(&f->server, "RPUSH framehound:format x");
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_CORRUPT);
    redis_fixture_assert_says(&f->server, &err, "under the same names");
}

static void damaged_values_are_said_to_be_so(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_frames frames;
    struct meta_track *tracks;
    struct meta_segment *segments;
    struct meta_video video;
    size_t count;
    redis_fixture_create_video(store);
    assert_ok(redis_fixture_put_objects(store, 0, 1, &err), &err);
    redis_testing_tell(&f->server, "HSET framehound:{" VIDEO "}:f:000000 0 damaged");
    assert_code(meta_store_get_frame(store, VIDEO, 0, &frames, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, VIDEO));
    redis_testing_tell(&f->server, "ZADD framehound:{" VIDEO "}:tracks 0 x");
    assert_code(meta_store_list_tracks(store, VIDEO, -1, 10, &tracks, &count, &err), ERR_CORRUPT);
    redis_testing_tell(&f->server, "ZADD framehound:{" VIDEO "}:segments 0 x");
    assert_code(meta_store_list_segments(store, VIDEO, -1, 10, &segments, &count, &err), ERR_CORRUPT);
    redis_testing_tell(&f->server, "HSET framehound:{" VIDEO "} objects many");
    assert_code(meta_store_get_video(store, VIDEO, &video, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "objects"));
    redis_testing_tell(&f->server, "HSET framehound:{" VIDEO "} objects 1");
    // What the indexer finds replaces it.
    redis_testing_tell(&f->server, "HSET framehound:{" VIDEO "}:f:000000 0 %b", "\1\1\0\4xxxx?", (size_t)9);
    assert_ok(redis_fixture_put_objects(store, 0, 1, &err), &err);
    assert_ok(meta_store_get_frame(store, VIDEO, 0, &frames, &err), &err);
    meta_frames_release(&frames);
}

static void count_wrong(void *context, const char *sentence)
{
    assert_non_null(strstr(sentence, VIDEO));
    ++*(int *)context;
}

static void a_video_that_cannot_be_right_stops_no_list(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_video *videos = NULL;
    size_t count = 0;
    int wrong = 0;
    struct meta_video other = {
        .id = "00000000000000a0", .project = PROJECT, .limit_us = -1, .sampling = {.fps_num = 5, .fps_den = 1}};
    assert_ok(meta_store_create_video(store, &other, NULL, &err), &err);
    redis_fixture_create_video(store);
    assert_ok(meta_store_find_wrong(store, count_wrong, &wrong, &err), &err);
    assert_int_equal(wrong, 0);
    redis_testing_tell(&f->server, "HSET framehound:{" VIDEO "} state 77");
    assert_ok(meta_store_list_videos(store, PROJECT, NULL, 1, &videos, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(videos[0].id, other.id);
    free(videos);
    assert_code(meta_store_get_video(store, VIDEO, &other, &err), ERR_CORRUPT);
    assert_ok(meta_store_find_wrong(store, count_wrong, &wrong, &err), &err);
    assert_int_equal(wrong, 1);
}

// A person removes the project: what no list shows of it goes along, and nothing before the rest has gone.
static void a_project_is_removed_although_a_video_of_it_cannot_be_right(void **state)
{
    struct redis_fixture *f = *state;
    // A field and what it is then; NULL: it is missing.
    static const char *const damage[][2] = {{"state", "77"}, {"project", "Bad"}, {"objects", "many"}, {"id", NULL},
        {"project", NULL}, {"number", NULL}, {"state", NULL}};
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_project project;
    struct meta_video video;
    char text[64];
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        int wrong = 0;
        struct meta_video other = {
            .id = "00000000000000a0", .project = PROJECT, .limit_us = -1, .sampling = {.fps_num = 5, .fps_den = 1}};
        assert_ok(meta_store_create_video(store, &other, NULL, &err), &err);
        redis_fixture_create_video(store);
        assert_ok(redis_fixture_put_objects(store, 0, 1, &err), &err);
        if (damage[i][1] != NULL)
            redis_testing_tell(&f->server, "HSET framehound:{" VIDEO "} %s %s", damage[i][0], damage[i][1]);
        else
            redis_testing_tell(&f->server, "HDEL framehound:{" VIDEO "} %s", damage[i][0]);
        assert_ok(meta_store_mark_project_deleting(store, PROJECT, &err), &err);
        assert_code(meta_store_remove_project(store, PROJECT, &err), ERR_CONFLICT);
        assert_int_not_equal(meta_store_get_video(store, VIDEO, &video, &err), ERR_NONE);
        assert_ok(meta_store_remove_video(store, other.id, &err), &err);
        assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
        assert_code(meta_store_get_project(store, PROJECT, &project, &err), ERR_NOT_FOUND);
        assert_code(meta_store_get_video(store, VIDEO, &video, &err), ERR_NOT_FOUND);
        assert_ok(meta_store_find_wrong(store, count_wrong, &wrong, &err), &err);
        assert_int_equal(wrong, 0);
        // Nor does anything else stay: what is left is the format, the last number, and fences that expire.
        redis_testing_ask(&f->server, text, sizeof(text), "EXISTS framehound:videos framehound:{" VIDEO "}:times");
        assert_string_equal(text, "0");
    }
}

static void a_video_without_its_state_or_number_is_damaged_and_holds_up_no_list(void **state)
{
    struct redis_fixture *f = *state;
    static const char *const missing[] = {"state", "number"};
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
        struct meta_video *videos = NULL;
        struct meta_video again = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
        size_t count = 0;
        int wrong = 0;
        redis_fixture_create_video(store);
        redis_testing_tell(&f->server, "HDEL framehound:{" VIDEO "} %s", missing[i]);
        assert_code(meta_store_get_video(store, VIDEO, &again, &err), ERR_CORRUPT);
        assert_non_null(strstr(err.message, missing[i]));
        assert_ok(meta_store_list_videos(store, PROJECT, NULL, 10, &videos, &count, &err), &err);
        assert_int_equal(count, 0);
        assert_ok(meta_store_find_wrong(store, count_wrong, &wrong, &err), &err);
        assert_int_equal(wrong, 1);
        // Asking for it once more does not hide what was damaged.
        again = (struct meta_video){.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
        assert_code(meta_store_create_video(store, &again, NULL, &err), ERR_CORRUPT);
        assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    }
}

static void a_server_that_has_lost_its_data_is_not_taken_for_an_empty_one(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_video video;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_store *hasty = redis_fixture_open_at(&f->server, SHORT_MS);
    redis_fixture_create_video(store);
    redis_testing_tell(&f->server, "RENAME framehound:format away");
    redis_testing_tell(&f->server, "CLIENT KILL TYPE normal SKIPME yes");
    assert_code(meta_store_get_video(hasty, VIDEO, &video, &err), ERR_UNAVAILABLE);
    redis_fixture_assert_says(&f->server, &err, "lost what was stored");
    redis_testing_tell(&f->server, "RENAME away framehound:format");
    assert_ok_in_the_end(meta_store_get_video(hasty, VIDEO, &video, &err), &err);
    meta_store_free(hasty);
}

static void scripts_that_the_server_has_forgotten_are_sent_again(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    redis_fixture_create_video(store);
    for (int32_t i = 0; i < 5; i++) {
        redis_testing_tell(&f->server, "SCRIPT FLUSH");
        assert_ok(redis_fixture_put_objects(store, i, 1, &err), &err);
    }
    assert_int_equal(redis_fixture_get_video(store).objects, 5);
}

static void a_replica_takes_nothing_until_it_is_the_master(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_store *hasty = redis_fixture_open_at(&f->server, SHORT_MS);
    redis_fixture_create_video(store);
    // Of a master that is not there: one that was would give it other data in its own time.
    redis_testing_tell(&f->server, "REPLICAOF 127.0.0.1 1");
    assert_code(redis_fixture_put_objects(hasty, 0, 1, &err), ERR_UNAVAILABLE);
    redis_fixture_assert_says(&f->server, &err, "replica");
    meta_store_free(hasty);
    redis_testing_tell(&f->server, "REPLICAOF NO ONE");
    assert_ok(redis_fixture_put_objects(store, 0, 1, &err), &err);
}

static void prefixes_keep_two_stores_apart(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *one;
    struct meta_store *other;
    struct meta_project project;
    struct meta_redis_options options = {.address = f->server.address, .prefix = "one"};
    assert_ok(redis_fixture_open_with(options, &one, &err), &err);
    options.prefix = "other";
    assert_ok(redis_fixture_open_with(options, &other, &err), &err);
    redis_fixture_create_video(one);
    assert_code(meta_store_get_project(other, PROJECT, &project, &err), ERR_NOT_FOUND);
    meta_store_free(one);
    meta_store_free(other);
    options.prefix = "{tag}";
    assert_code(redis_fixture_open_with(options, &one, &err), ERR_INVALID);
}

// ---- what a crash leaves between two nodes

static void leftovers_in_lists_are_passed_over(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_project *projects;
    struct meta_video *videos;
    size_t count;
    redis_fixture_create_video(store);
    redis_testing_tell(&f->server, "HSET framehound:projects ghost 1");
    redis_testing_tell(&f->server, "ZADD framehound:{" PROJECT "}:videos 7 00000000000000ee");
    redis_testing_tell(&f->server, "ZADD framehound:videos 7 00000000000000ee");
    assert_ok(meta_store_list_projects(store, NULL, 10, &projects, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(projects[0].videos, 1);
    free(projects);
    assert_ok(meta_store_list_videos(store, PROJECT, NULL, 1, &videos, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(videos[0].id, VIDEO);
    free(videos);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
}

// The creation had entered the video into the project's list and got no further when the project was removed.
static void a_creation_that_is_late_makes_no_video_in_a_project_that_is_gone(void **state)
{
    struct redis_fixture *f = *state;
    char incarnation[64];
    char text[64];
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    assert_ok(meta_store_create_project(store, PROJECT, NULL, &err), &err);
    redis_testing_ask(&f->server, incarnation, sizeof(incarnation), "HGET framehound:{" PROJECT "} incarnation");
    redis_testing_tell(&f->server, "ZADD framehound:{" PROJECT "}:videos 7 " VIDEO);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    redis_testing_ask(&f->server, text, sizeof(text), "GET framehound:{" VIDEO "}:fence");
    assert_string_equal(text, incarnation);
    // The project is made again with the same incarnation only here, to stand for the call that is late.
    redis_testing_tell(&f->server, "HSET framehound:{" PROJECT "} incarnation %s created_us 1 deleting 0", incarnation);
    struct meta_video video = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
    assert_code(meta_store_create_video(store, &video, NULL, &err), ERR_CONFLICT);
    redis_testing_ask(&f->server, text, sizeof(text), "EXISTS framehound:{" VIDEO "}");
    assert_string_equal(text, "0");
    // Another incarnation is another project.
    redis_testing_tell(&f->server, "HSET framehound:{" PROJECT "} incarnation new");
    redis_fixture_create_video(store);
}

static void a_large_video_is_removed_whole(void **state)
{
    struct redis_fixture *f = *state;
    char text[64];
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    redis_fixture_create_video(store);
    struct meta_frame *frames = mem_calloc(1000, sizeof(*frames));
    for (int32_t page = 0; page < 30; page++) {
        for (int32_t i = 0; i < 1000; i++)
            frames[i] = (struct meta_frame){.index = page * 1000 + i, .pts_us = page * 1000 + i};
        assert_ok(meta_store_put_frames(store, VIDEO, frames, 1000, &err), &err);
    }
    free(frames);
    assert_int_equal(redis_fixture_get_video(store).frames_emitted, 30000);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    redis_fixture_close(f);
    // The format, the number, and the lists, which are empty and so not there.
    redis_testing_ask(&f->server, text, sizeof(text), "DBSIZE");
    assert_string_equal(text, "2");
}

int main(void)
{
    if (!redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        on_redis(a_full_memory_takes_nothing_new_but_shows_and_removes_what_is_there),
        on_redis(a_server_that_throws_data_away_or_has_newer_data_is_refused),
        on_redis(damaged_values_are_said_to_be_so),
        on_redis(a_video_that_cannot_be_right_stops_no_list),
        on_redis(a_project_is_removed_although_a_video_of_it_cannot_be_right),
        on_redis(a_video_without_its_state_or_number_is_damaged_and_holds_up_no_list),
        on_redis(a_server_that_has_lost_its_data_is_not_taken_for_an_empty_one),
        on_redis(scripts_that_the_server_has_forgotten_are_sent_again),
        on_redis(a_replica_takes_nothing_until_it_is_the_master),
        on_redis(prefixes_keep_two_stores_apart),
        on_redis(leftovers_in_lists_are_passed_over),
        on_redis(a_creation_that_is_late_makes_no_video_in_a_project_that_is_gone),
        on_redis(a_large_video_is_removed_whole),
    };
    return cmocka_run_group_tests_name("meta_redis_data", tests, NULL, NULL);
}
