// A cluster: which node holds a key, data that moves while it is used, and nodes that end.
#include "meta_store/redis_cluster.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/redis_testing.h"

#define VIDEO "00000000000000aa"
#define VIDEO_KEY "framehound:{" VIDEO "}"

static struct err err;
static struct redis_testing servers[3];

// ---- without servers

static void keys_with_the_same_tag_have_the_same_slot(void **state)
{
    (void)state;
    // The check value of CRC-16/XMODEM, as Redis' specification gives it.
    assert_int_equal(redis_slot("123456789"), 0x31C3);
    assert_int_equal(redis_slot("framehound:{aa}:times"), redis_slot("framehound:{aa}"));
    assert_int_equal(redis_slot("{aa}"), redis_slot("aa"));
    // Without a tag, or with an empty one, the whole key counts.
    assert_int_equal(redis_slot("a{}b"), redis_slot("a{}b"));
    assert_true(redis_slot("a{}b") != redis_slot(""));
}

static void redirections_are_followed_and_nonsense_is_not(void **state)
{
    (void)state;
    const struct redis_node_options options = {.target = {.host = "seed", .port = 1},
        .label = "seed",
        .connections_most = 1,
        .timeout_ms = 1,
        .log = log_none()};
    struct redis_map *map = redis_map_new(&options);
    assert_int_equal(redis_map_redirect(map, "MOVED 12739 10.0.0.2:7001", 0), 1);
    assert_ptr_equal(redis_map_node_of(map, "123456789"), redis_map_node(map, 1));
    assert_int_equal(redis_map_redirect(map, "MOVED 1 fd00::1:7002", 0), 2);
    assert_true(redis_node_is_at(redis_map_node(map, 2), "fd00::1", 7002));
    // ASK is for once.
    assert_int_equal(redis_map_redirect(map, "ASK 12739 10.0.0.3:7003", 0), 3);
    assert_ptr_equal(redis_map_node_of(map, "123456789"), redis_map_node(map, 1));
    // A node that does not know its name is the one that was asked.
    assert_int_equal(redis_map_redirect(map, "MOVED 5 :7001", 1), 1);
    assert_int_equal(redis_map_redirect(map, "MOVED 5 ?:7001", 2), 2);
    const char *const nonsense[] = {"MOVED", "MOVED ", "MOVED x h:1", "MOVED -1 h:1", "MOVED 16384 h:1", "MOVED 5 h",
        "MOVED 5 h:0", "MOVED 5 h:99999", "MOVED 5"};
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++)
        assert_int_equal(redis_map_redirect(map, nonsense[i], 0), -1);
    assert_int_equal(redis_map_node_count(map), 4);
    redis_map_free(map);
}

// ---- with them

static int start(void **state)
{
    (void)state;
    if (!redis_testing_is_installed())
        skip_because("no Redis server is installed: scripts/setup test installs redis-tools");
    redis_testing_start_cluster(servers);
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        redis_testing_end(&servers[i]);
    return 0;
}

static struct meta_store *open_store(int64_t timeout_ms)
{
    struct meta_store *store = NULL;
    char *address = mem_sprintf("redis://127.0.0.1:%d", servers[0].port);
    const struct meta_redis_options options = {.address = address, .timeout_ms = timeout_ms};
    assert_ok(meta_store_redis_open(&options, clock_system(), &store, &err), &err);
    free(address);
    return store;
}

static enum err_code put(struct meta_store *store, int32_t index)
{
    struct meta_object object = {.x = 1, .track = -1};
    const struct meta_frame frame = {.index = index, .pts_us = index, .objects = &object, .object_count = 1};
    return meta_store_put_objects(store, VIDEO, &frame, 1, &err);
}

static int owner_of(const char *key)
{
    const unsigned first[] = {0, 5461, 10923, 16384};
    int owner = 0;
    while (redis_slot(key) >= first[owner + 1])
        owner++;
    return owner;
}

static void assert_frames(struct meta_store *store, int64_t count)
{
    struct meta_video video;
    struct meta_frames frames;
    const struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
    assert_ok(meta_store_get_video(store, VIDEO, &video, &err), &err);
    assert_int_equal(video.frames_indexed, count);
    assert_ok(meta_store_list_frames(store, VIDEO, &range, &frames, &err), &err);
    assert_int_equal(frames.count, count);
    meta_frames_release(&frames);
}

static void data_that_moves_to_another_node_is_followed_there(void **state)
{
    (void)state;
    struct meta_store *store = open_store(60000);
    struct meta_video video = {.id = VIDEO, .project = "demo", .sampling = {.fps_num = 5, .fps_den = 1}};
    char from_id[64];
    char to_id[64];
    unsigned slot = redis_slot(VIDEO_KEY);
    struct redis_testing *from = &servers[owner_of(VIDEO_KEY)];
    struct redis_testing *to = &servers[(owner_of(VIDEO_KEY) + 1) % 3];
    redis_testing_ask(from, from_id, sizeof(from_id), "CLUSTER MYID");
    redis_testing_ask(to, to_id, sizeof(to_id), "CLUSTER MYID");
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
    for (int32_t i = 0; i < 10; i++)
        assert_ok(put(store, i * 100), &err);

    // On the way: nothing has moved yet, then everything has, but the slot is still the old node's (ASK).
    redis_testing_tell(to, "CLUSTER SETSLOT %u IMPORTING %s", slot, from_id);
    redis_testing_tell(from, "CLUSTER SETSLOT %u MIGRATING %s", slot, to_id);
    redisContext *context = redisConnectUnix(from->path);
    redisReply *keys = redisCommand(context, "CLUSTER GETKEYSINSLOT %u 1000", slot);
    assert_true(keys->elements >= 10);
    for (size_t i = 0; i < keys->elements; i++)
        freeReplyObject(redisCommand(context, "MIGRATE 127.0.0.1 %d %s 0 5000", to->port, keys->element[i]->str));
    freeReplyObject(keys);
    redisFree(context);
    assert_frames(store, 10);

    redis_testing_tell(to, "CLUSTER SETSLOT %u NODE %s", slot, to_id);
    redis_testing_tell(from, "CLUSTER SETSLOT %u NODE %s", slot, to_id);
    assert_ok(put(store, 1), &err);
    assert_frames(store, 11);
    struct meta_store *another = open_store(60000);
    assert_frames(another, 11);
    meta_store_free(another);
    meta_store_free(store);
}

static void a_node_that_ends_is_an_error_until_it_is_back(void **state)
{
    (void)state;
    struct meta_store *store = open_store(3000);
    struct meta_video video = {.id = "00000000000000bb", .project = "demo", .sampling = {.fps_num = 5, .fps_den = 1}};
    int owner = owner_of("framehound:{00000000000000bb}");
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
    redis_testing_kill(&servers[owner]);
    assert_code(meta_store_get_video(store, "00000000000000bb", &video, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "the Redis server redis://127.0.0.1:"));
    redis_testing_restart(&servers[owner]);
    enum err_code code = ERR_UNAVAILABLE;
    for (int i = 0; i < 30 && code != ERR_NONE; i++)
        code = meta_store_get_video(store, "00000000000000bb", &video, &err);
    assert_ok(code, &err);
    assert_string_equal(video.project, "demo");
    meta_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_with_the_same_tag_have_the_same_slot),
        cmocka_unit_test(redirections_are_followed_and_nonsense_is_not),
        cmocka_unit_test_setup_teardown(data_that_moves_to_another_node_is_followed_there, start, end),
        cmocka_unit_test_setup_teardown(a_node_that_ends_is_an_error_until_it_is_back, start, end),
    };
    return cmocka_run_group_tests_name("redis_cluster", tests, NULL, NULL);
}
