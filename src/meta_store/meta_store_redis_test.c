// The Redis meta store when its server is away, silent, or loading; against real servers.
#include <pthread.h>
#include <string.h>

#include "base/metrics.h"
#include "base/test.h"
#include "meta_store/redis_fixture_testing.h"

static struct err err;

static const char *const looking_up_while_loading[] = {"--loading-process-events-interval-bytes", "1024", NULL};

static void nobody_there_at_the_start_is_said_so(void **state)
{
    (void)state;
    struct meta_store *store;
    const struct meta_redis_options options = {.address = "redis://:s3cret@127.0.0.1:1/0", .timeout_ms = SHORT_MS};
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_UNAVAILABLE);
    assert_string_equal(
        err.message, "the Redis server redis://127.0.0.1:1/0: it refuses connections: is the server running there?");
    assert_null(store);
}

static void what_was_stored_outlives_a_server_that_is_killed(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    redis_fixture_create_video(store);
    for (int32_t i = 0; i < 50; i++) {
        assert_ok(redis_fixture_put_objects(store, i, 3, &err), &err);
        if (i % 10 == 9) {
            redis_testing_kill(&f->server);
            redis_testing_restart_without_waiting(&f->server);
        }
    }
    assert_int_equal(redis_fixture_get_video(store).frames_indexed, 50);
    assert_int_equal(redis_fixture_get_video(store).objects, 150);
}

static void an_outage_is_an_error_with_a_sentence_and_ends_by_itself(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_store *hasty = redis_fixture_open_at(&f->server, SHORT_MS);
    redis_fixture_create_video(store);
    redis_testing_kill(&f->server);
    assert_code(redis_fixture_put_objects(hasty, 0, 1, &err), ERR_UNAVAILABLE);
    redis_fixture_assert_says(&f->server, &err, "is the server running");
    assert_code(meta_store_ping(hasty, &err), ERR_UNAVAILABLE);
    redis_testing_restart(&f->server);
    assert_ok_in_the_end(redis_fixture_put_objects(hasty, 0, 1, &err), &err);
    assert_ok_in_the_end(meta_store_ping(hasty, &err), &err);
    meta_store_free(hasty);
    assert_int_equal(redis_fixture_get_video(store).objects, 1);
}

static uint64_t number_in(struct metrics *metrics, const char *name)
{
    return metric_count(metrics_counter(metrics, name, "", METRIC_NO_LABELS));
}

struct caller {
    struct meta_store *store;
    pthread_t thread;
};

static void *call_for_a_while(void *arg)
{
    struct caller *caller = arg;
    struct err mine = ERR_INIT;
    for (int i = 0; i < 3; i++) {
        struct meta_video video;
        (void)!meta_store_get_video(caller->store, VIDEO, &video, &mine);
    }
    return NULL;
}

// A server that takes every connection and closes it is the worst: nothing costs it time.
static void many_callers_do_not_hammer_a_server_that_is_down(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store;
    struct metrics *metrics = metrics_new();
    const struct meta_redis_options options = {
        .address = f->server.address, .timeout_ms = SHORT_MS, .metrics = metrics};
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    redisContext *only = redisConnectUnix(f->server.path);
    freeReplyObject(redisCommand(only, "CONFIG SET maxclients 1"));
    freeReplyObject(redisCommand(only, "CLIENT KILL TYPE normal SKIPME yes"));
    struct caller callers[8];
    for (size_t i = 0; i < 8; i++) {
        callers[i] = (struct caller){.store = store};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_for_a_while, &callers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++)
        pthread_join(callers[i].thread, NULL);
    assert_code(meta_store_ping(store, &err), ERR_UNAVAILABLE);
    redis_fixture_assert_says(&f->server, &err, "maxclients");
    redisReply *info = redisCommand(only, "INFO stats");
    const char *rejected = strstr(info->str, "rejected_connections:");
    assert_non_null(rejected);
    // Each of the eight may have tried once before it was known; then one at a time, with pauses.
    assert_in_range(strtol(strchr(rejected, ':') + 1, NULL, 10), 1, 8 + 60);
    freeReplyObject(info);
    freeReplyObject(redisCommand(only, "CONFIG SET maxclients 100"));
    redisFree(only);
    assert_ok_in_the_end(meta_store_ping(store, &err), &err);
    assert_in_range(number_in(metrics, "framehound_redis_connects_total"), 2, 20);
    meta_store_free(store);
    metrics_free(metrics);
}

static void a_server_that_never_answers_is_given_up_at_the_deadline(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_store *hasty = redis_fixture_open_at(&f->server, SHORT_MS);
    redis_fixture_create_video(store);
    redis_testing_pause(&f->server);
    assert_code(redis_fixture_put_objects(hasty, 0, 2, &err), ERR_TIMEOUT);
    redis_fixture_assert_says(&f->server, &err, "in time");
    assert_true(meta_store_ping(hasty, &err) != ERR_NONE);
    redis_testing_continue(&f->server);
    assert_ok_in_the_end(redis_fixture_put_objects(hasty, 0, 2, &err), &err);
    meta_store_free(hasty);
    // The first one may have been done after all: it counts once.
    assert_int_equal(redis_fixture_get_video(store).objects, 2);
    assert_int_equal(redis_fixture_get_video(store).frames_indexed, 1);
}

static bool aof_is_rewritten(const struct redis_testing *server)
{
    char info[8192];
    redis_testing_ask(server, info, sizeof(info), "INFO persistence");
    return strstr(info, "aof_rewrite_in_progress:0") != NULL && strstr(info, "aof_rewrite_scheduled:0") != NULL;
}

static void a_server_that_loads_its_data_is_waited_for(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store = redis_fixture_open(f, PATIENT_MS);
    struct meta_store *hasty = redis_fixture_open_at(&f->server, SHORT_MS);
    redis_fixture_create_video(store);
    for (int32_t i = 0; i < 300; i++)
        assert_ok(redis_fixture_put_objects(store, i * 128, 10, &err), &err);
    // As a snapshot its keys are loaded one by one, with looks at the connections in between.
    redis_testing_tell(&f->server, "BGREWRITEAOF");
    assert_in_the_end(aof_is_rewritten(&f->server));
    redis_testing_kill(&f->server);
    // 30 ms for each key, so that it is loading however late it is looked, and 5 ms when that was seen.
    f->server.args[2] = "--key-load-delay";
    f->server.args[3] = "30000";
    redis_testing_restart_without_waiting(&f->server);
    assert_in_the_end(meta_store_ping(hasty, &err) != ERR_NONE && strstr(err.message, "loading its data") != NULL);
    redis_fixture_assert_says(&f->server, &err, "loading its data");
    redis_testing_tell(&f->server, "CONFIG SET key-load-delay 5000");
    meta_store_free(hasty);
    redis_fixture_close(f);
    // However short a call may be, the start waits.
    store = redis_fixture_open(f, SHORT_MS);
    assert_int_equal(redis_fixture_get_video(store).frames_indexed, 300);
}

int main(void)
{
    if (!redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_there_at_the_start_is_said_so),
        on_redis(what_was_stored_outlives_a_server_that_is_killed),
        on_redis(an_outage_is_an_error_with_a_sentence_and_ends_by_itself),
        on_redis(many_callers_do_not_hammer_a_server_that_is_down),
        on_redis(a_server_that_never_answers_is_given_up_at_the_deadline),
        on_redis_with(looking_up_while_loading, a_server_that_loads_its_data_is_waited_for),
    };
    return cmocka_run_group_tests_name("meta_store_redis", tests, NULL, NULL);
}
