// The Redis meta store when its server is away, slow, full, strange or new to it; against real servers.
#include "meta_store/meta_store_redis.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/metrics.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "meta_store/redis_testing.h"
#include "net/tls_testing.h"

#define VIDEO "00000000000000aa"
#define PROJECT "demo"
#define SHORT_MS 700
#define PATIENT_MS 60000

static struct err err;

// ---- helpers

static enum err_code open_with(struct meta_redis_options options, struct meta_store **store)
{
    *store = NULL;
    return meta_store_redis_open(&options, clock_system(), store, &err);
}

static struct meta_store *open_at(const struct redis_testing *server, int64_t timeout_ms)
{
    struct meta_store *store;
    const struct meta_redis_options options = {.address = server->address, .timeout_ms = timeout_ms};
    assert_ok(open_with(options, &store), &err);
    return store;
}

static void create(struct meta_store *store)
{
    struct meta_video video = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
}

static enum err_code put_objects(struct meta_store *store, int32_t index, size_t count)
{
    struct meta_object objects[100] = {0};
    for (size_t k = 0; k < count; k++)
        objects[k] = (struct meta_object){.x = (float)k, .width = 1, .height = 1, .class_name = "car", .track = -1};
    const struct meta_frame frame = {
        .index = index, .pts_us = (int64_t)index * 200000, .objects = objects, .object_count = count};
    return meta_store_put_objects(store, VIDEO, &frame, 1, &err);
}

static struct meta_video get(struct meta_store *store)
{
    struct meta_video video;
    assert_ok(meta_store_get_video(store, VIDEO, &video, &err), &err);
    return video;
}

// A sentence for the person names the server, and no secret.
static void assert_sentence(const struct redis_testing *server, const char *part)
{
    if (strstr(err.message, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, part);
    assert_non_null(strstr(err.message, "the Redis server"));
    assert_true(strstr(err.message, server->path) != NULL || strstr(err.message, "127.0.0.1") != NULL ||
        strstr(err.message, "localhost") != NULL);
    assert_null(strstr(err.message, "s3cret"));
}

// ---- away

static void nobody_there_at_the_start_is_said_so(void **state)
{
    (void)state;
    struct meta_store *store;
    const struct meta_redis_options options = {.address = "redis://:s3cret@127.0.0.1:1/0", .timeout_ms = SHORT_MS};
    assert_code(open_with(options, &store), ERR_UNAVAILABLE);
    assert_string_equal(
        err.message, "the Redis server redis://127.0.0.1:1/0: it refuses connections: is the server running there?");
    assert_null(store);
}

static void what_was_stored_outlives_a_server_that_is_killed(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, PATIENT_MS);
    create(store);
    for (int32_t i = 0; i < 50; i++) {
        assert_ok(put_objects(store, i, 3), &err);
        if (i % 10 == 9) {
            redis_testing_kill(&server);
            redis_testing_restart_without_waiting(&server);
        }
    }
    assert_int_equal(get(store).frames_indexed, 50);
    assert_int_equal(get(store).objects, 150);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void an_outage_is_an_error_with_a_sentence_and_ends_by_itself(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    create(store);
    redis_testing_kill(&server);
    assert_code(put_objects(store, 0, 1), ERR_UNAVAILABLE);
    assert_sentence(&server, "is the server running");
    assert_code(meta_store_ping(store, &err), ERR_UNAVAILABLE);
    redis_testing_restart(&server);
    assert_ok_in_the_end(put_objects(store, 0, 1), &err);
    assert_ok(meta_store_ping(store, &err), &err);
    assert_int_equal(get(store).objects, 1);
    meta_store_free(store);
    redis_testing_end(&server);
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
    (void)state;
    struct redis_testing server;
    struct meta_store *store;
    struct metrics *metrics = metrics_new();
    redis_testing_start(&server, NULL);
    const struct meta_redis_options options = {.address = server.address, .timeout_ms = SHORT_MS, .metrics = metrics};
    assert_ok(open_with(options, &store), &err);
    redisContext *only = redisConnectUnix(server.path);
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
    assert_sentence(&server, "maxclients");
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
    redis_testing_end(&server);
}

static void a_server_that_never_answers_is_given_up_at_the_deadline(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    create(store);
    redis_testing_pause(&server);
    assert_code(put_objects(store, 0, 2), ERR_TIMEOUT);
    assert_sentence(&server, "in time");
    assert_true(meta_store_ping(store, &err) != ERR_NONE);
    redis_testing_continue(&server);
    assert_ok_in_the_end(put_objects(store, 0, 2), &err);
    // The first one may have been done after all: it counts once.
    assert_int_equal(get(store).objects, 2);
    assert_int_equal(get(store).frames_indexed, 1);
    meta_store_free(store);
    redis_testing_end(&server);
}

static bool aof_is_rewritten(const struct redis_testing *server)
{
    char info[8192];
    redis_testing_ask(server, info, sizeof(info), "INFO persistence");
    return strstr(info, "aof_rewrite_in_progress:0") != NULL && strstr(info, "aof_rewrite_scheduled:0") != NULL;
}

static void a_server_that_loads_its_data_is_waited_for(void **state)
{
    (void)state;
    static const char *const args[] = {"--loading-process-events-interval-bytes", "1024", NULL};
    struct redis_testing server;
    redis_testing_start(&server, args);
    struct meta_store *store = open_at(&server, SHORT_MS);
    create(store);
    for (int32_t i = 0; i < 300; i++)
        assert_ok(put_objects(store, i * 128, 10), &err);
    // As a snapshot its keys are loaded one by one, with looks at the connections in between.
    redis_testing_tell(&server, "BGREWRITEAOF");
    assert_in_the_end(aof_is_rewritten(&server));
    redis_testing_kill(&server);
    // 5 ms for each key.
    server.args[2] = "--key-load-delay";
    server.args[3] = "5000";
    redis_testing_restart_without_waiting(&server);
    assert_in_the_end(meta_store_ping(store, &err) != ERR_NONE && strstr(err.message, "loading its data") != NULL);
    assert_sentence(&server, "loading its data");
    meta_store_free(store);
    // However short a call may be, the start waits.
    store = open_at(&server, SHORT_MS);
    assert_int_equal(get(store).frames_indexed, 300);
    meta_store_free(store);
    redis_testing_end(&server);
}

// ---- who may come in

static void credentials_are_checked_and_named_but_never_shown(void **state)
{
    (void)state;
    static const char *const args[] = {"--requirepass", "s3cret", NULL};
    struct redis_testing server;
    struct meta_store *store;
    redis_testing_start(&server, args);
    server.password = "s3cret";
    struct meta_redis_options options = {.address = server.address, .timeout_ms = SHORT_MS};
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "--redis-password-file");
    options.password = "s3cret-but-wrong";
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "does not take this user and password");
    options.password = "s3cret";
    assert_ok(open_with(options, &store), &err);
    create(store);
    meta_store_free(store);

    redis_testing_tell(
        &server, "ACL SETUSER worker on >s3cret2 ~framehound:* +@read +@write +@scripting +@connection +info");
    options.user = "worker";
    assert_code(open_with(options, &store), ERR_DENIED);
    options.password = "s3cret2";
    assert_ok(open_with(options, &store), &err);
    assert_ok(put_objects(store, 0, 1), &err);
    const struct meta_track track = {.class_name = "car"};
    assert_ok(meta_store_put_tracks(store, VIDEO, &track, 1, 0, &err), &err);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    meta_store_free(store);
    options.prefix = "other";
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "NOPERM");
    redis_testing_end(&server);
}

static void credentials_that_stop_being_right_are_an_error_until_they_are_right_again(void **state)
{
    (void)state;
    static const char *const args[] = {"--requirepass", "s3cret", NULL};
    struct redis_testing server;
    struct meta_store *store;
    redis_testing_start(&server, args);
    server.password = "s3cret";
    const struct meta_redis_options options = {
        .address = server.address, .password = "s3cret", .timeout_ms = PATIENT_MS};
    assert_ok(open_with(options, &store), &err);
    create(store);
    redis_testing_tell(&server, "CONFIG SET requirepass other");
    server.password = "other";
    redis_testing_tell(&server, "CLIENT KILL TYPE normal SKIPME yes");
    // However patient the call is: waiting does not make a password right.
    assert_code(put_objects(store, 0, 1), ERR_DENIED);
    assert_sentence(&server, "does not take this user and password");
    redis_testing_tell(&server, "CONFIG SET requirepass s3cret");
    assert_ok_in_the_end(put_objects(store, 0, 1), &err);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void a_password_that_is_not_wanted_is_said_so(void **state)
{
    (void)state;
    struct redis_testing server;
    struct meta_store *store;
    redis_testing_start(&server, NULL);
    struct meta_redis_options options = {.address = server.address, .password = "s3cret", .timeout_ms = SHORT_MS};
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "it has no password");
    char *address = mem_sprintf("redis://127.0.0.1:%d/99", server.port);
    options = (struct meta_redis_options){.address = address, .timeout_ms = SHORT_MS};
    assert_code(open_with(options, &store), ERR_INVALID);
    assert_sentence(&server, "no database of this number");
    free(address);
    redis_testing_end(&server);
}

static void over_tls_the_servers_certificate_must_be_trusted_and_ours_may_be_asked_for(void **state)
{
    (void)state;
    char folder[FILE_PATH_MAX];
    struct redis_testing server;
    struct meta_store *store;
    struct tls_identity root = tls_testing_make("root", NULL, NULL);
    struct tls_identity host = tls_testing_make("server", &root, "DNS:localhost");
    struct tls_identity client = tls_testing_make("client", &root, NULL);
    struct tls_identity stranger = tls_testing_make("stranger", NULL, NULL);
    assert_ok(dir_make_temporary("/tmp", "redis-tls-", folder, &err), &err);
    tls_testing_write(&root, folder, "root");
    tls_testing_write(&host, folder, "server");
    tls_testing_write(&client, folder, "client");
    tls_testing_write(&stranger, folder, "stranger");
    char *root_file = mem_sprintf("%s/root.pem", folder);
    char *host_file = mem_sprintf("%s/server.pem", folder);
    char *client_file = mem_sprintf("%s/client.pem", folder);
    char *stranger_file = mem_sprintf("%s/stranger.pem", folder);
    redis_testing_start(&server, NULL);
    redis_testing_tell(&server, "CONFIG SET tls-ca-cert-file %s", root_file);
    redis_testing_tell(&server, "CONFIG SET tls-cert-file %s tls-key-file %s", host_file, host_file);
    redis_testing_tell(&server, "CONFIG SET port 0 tls-port %d", server.port);
    char *address = mem_sprintf("rediss://localhost:%d", server.port);
    char *by_number = mem_sprintf("rediss://127.0.0.1:%d", server.port);
    char *in_the_clear = mem_sprintf("redis://localhost:%d", server.port);

    struct meta_redis_options options = {
        .address = address, .ca_file = root_file, .cert_file = client_file, .timeout_ms = SHORT_MS};
    assert_ok(open_with(options, &store), &err);
    create(store);
    assert_ok(put_objects(store, 0, 100), &err);
    meta_store_free(store);
    options.cert_file = NULL;
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "refuses the TLS connection");
    options.ca_file = stranger_file;
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "certificate is not trusted");
    options.ca_file = root_file;
    options.address = by_number;
    assert_code(open_with(options, &store), ERR_DENIED);
    assert_sentence(&server, "certificate is not trusted");
    options.address = in_the_clear;
    assert_code(open_with(options, &store), ERR_INVALID);
    options.ca_file = NULL;
    assert_code(open_with(options, &store), ERR_UNAVAILABLE);
    assert_sentence(&server, "redis://localhost");

    free(in_the_clear);
    free(by_number);
    free(address);
    free(stranger_file);
    free(client_file);
    free(host_file);
    free(root_file);
    tls_testing_free(&stranger);
    tls_testing_free(&client);
    tls_testing_free(&host);
    tls_testing_free(&root);
    redis_testing_end(&server);
    assert_ok(dir_remove_tree(folder, &err), &err);
}

// ---- full, unfit, strange

static void a_full_memory_takes_nothing_new_but_shows_and_removes_what_is_there(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    create(store);
    assert_ok(put_objects(store, 0, 5), &err);
    redis_testing_tell(&server, "CONFIG SET maxmemory 1");
    assert_code(put_objects(store, 1, 5), ERR_UNAVAILABLE);
    assert_sentence(&server, "its memory is full");
    assert_code(meta_store_create_project(store, "another", NULL, &err), ERR_UNAVAILABLE);
    assert_int_equal(get(store).objects, 5);
    struct meta_store *another = open_at(&server, SHORT_MS);
    assert_int_equal(get(another).objects, 5);
    meta_store_free(another);
    redis_testing_tell(&server, "CONFIG SET maxmemory 0");
    assert_ok(put_objects(store, 1, 5), &err);
    assert_int_equal(get(store).objects, 10);
    redis_testing_tell(&server, "CONFIG SET maxmemory 1");
    assert_ok(meta_store_mark_project_deleting(store, PROJECT, &err), &err);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    redis_testing_tell(&server, "CONFIG SET maxmemory 0");
    create(store);
    assert_int_equal(get(store).objects, 0);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void a_server_that_throws_data_away_or_has_newer_data_is_refused(void **state)
{
    (void)state;
    struct redis_testing server;
    struct meta_store *store;
    redis_testing_start(&server, NULL);
    const struct meta_redis_options options = {.address = server.address, .timeout_ms = SHORT_MS};
    redis_testing_tell(&server, "CONFIG SET maxmemory-policy allkeys-lfu");
    assert_code(open_with(options, &store), ERR_INVALID);
    assert_sentence(&server, "noeviction");
    redis_testing_tell(&server, "CONFIG SET maxmemory-policy volatile-lru");
    assert_ok(open_with(options, &store), &err);
    meta_store_free(store);
    redis_testing_tell(&server, "SET framehound:format 2");
    assert_code(open_with(options, &store), ERR_CONFLICT);
    assert_sentence(&server, "--redis-prefix");
    redis_testing_tell(&server, "SET framehound:format something");
    assert_code(open_with(options, &store), ERR_CORRUPT);
    redis_testing_tell(&server, "DEL framehound:format");
    redis_testing_tell(&server, "RPUSH framehound:format x");
    assert_code(open_with(options, &store), ERR_CORRUPT);
    assert_sentence(&server, "under the same names");
    redis_testing_end(&server);
}

static void damaged_values_are_said_to_be_so(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    struct meta_frames frames;
    struct meta_track *tracks;
    struct meta_segment *segments;
    struct meta_video video;
    size_t count;
    create(store);
    assert_ok(put_objects(store, 0, 1), &err);
    redis_testing_tell(&server, "HSET framehound:{" VIDEO "}:f:000000 0 damaged");
    assert_code(meta_store_get_frame(store, VIDEO, 0, &frames, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, VIDEO));
    redis_testing_tell(&server, "ZADD framehound:{" VIDEO "}:tracks 0 x");
    assert_code(meta_store_list_tracks(store, VIDEO, -1, 10, &tracks, &count, &err), ERR_CORRUPT);
    redis_testing_tell(&server, "ZADD framehound:{" VIDEO "}:segments 0 x");
    assert_code(meta_store_list_segments(store, VIDEO, -1, 10, &segments, &count, &err), ERR_CORRUPT);
    redis_testing_tell(&server, "HSET framehound:{" VIDEO "} objects many");
    assert_code(meta_store_get_video(store, VIDEO, &video, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "objects"));
    redis_testing_tell(&server, "HSET framehound:{" VIDEO "} objects 1");
    // What the indexer finds replaces it.
    redis_testing_tell(&server, "HSET framehound:{" VIDEO "}:f:000000 0 %b", "\1\1\0\4xxxx?", (size_t)9);
    assert_ok(put_objects(store, 0, 1), &err);
    assert_ok(meta_store_get_frame(store, VIDEO, 0, &frames, &err), &err);
    meta_frames_release(&frames);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void a_server_that_has_lost_its_data_is_not_taken_for_an_empty_one(void **state)
{
    (void)state;
    struct redis_testing server;
    struct meta_video video;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    create(store);
    redis_testing_tell(&server, "RENAME framehound:format away");
    redis_testing_tell(&server, "CLIENT KILL TYPE normal SKIPME yes");
    assert_code(meta_store_get_video(store, VIDEO, &video, &err), ERR_UNAVAILABLE);
    assert_sentence(&server, "lost what was stored");
    redis_testing_tell(&server, "RENAME away framehound:format");
    assert_ok_in_the_end(meta_store_get_video(store, VIDEO, &video, &err), &err);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void scripts_that_the_server_has_forgotten_are_sent_again(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, PATIENT_MS);
    create(store);
    for (int32_t i = 0; i < 5; i++) {
        redis_testing_tell(&server, "SCRIPT FLUSH");
        assert_ok(put_objects(store, i, 1), &err);
    }
    assert_int_equal(get(store).objects, 5);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void a_replica_takes_nothing_until_it_is_the_master(void **state)
{
    (void)state;
    struct redis_testing master;
    struct redis_testing replica;
    redis_testing_start(&master, NULL);
    redis_testing_start(&replica, NULL);
    struct meta_store *store = open_at(&replica, SHORT_MS);
    create(store);
    redis_testing_tell(&replica, "REPLICAOF 127.0.0.1 %d", master.port);
    assert_code(put_objects(store, 0, 1), ERR_UNAVAILABLE);
    assert_sentence(&replica, "replica");
    redis_testing_tell(&replica, "REPLICAOF NO ONE");
    create(store);
    assert_ok(put_objects(store, 0, 1), &err);
    meta_store_free(store);
    redis_testing_end(&replica);
    redis_testing_end(&master);
}

static void prefixes_keep_two_stores_apart(void **state)
{
    (void)state;
    struct redis_testing server;
    struct meta_store *one;
    struct meta_store *other;
    struct meta_project project;
    redis_testing_start(&server, NULL);
    struct meta_redis_options options = {.address = server.address, .prefix = "one"};
    assert_ok(open_with(options, &one), &err);
    options.prefix = "other";
    assert_ok(open_with(options, &other), &err);
    create(one);
    assert_code(meta_store_get_project(other, PROJECT, &project, &err), ERR_NOT_FOUND);
    meta_store_free(one);
    meta_store_free(other);
    options.prefix = "{tag}";
    assert_code(open_with(options, &one), ERR_INVALID);
    redis_testing_end(&server);
}

// ---- what a crash leaves between two nodes

static void leftovers_in_lists_are_passed_over(void **state)
{
    (void)state;
    struct redis_testing server;
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    struct meta_project *projects;
    struct meta_video *videos;
    size_t count;
    create(store);
    redis_testing_tell(&server, "HSET framehound:projects ghost 1");
    redis_testing_tell(&server, "ZADD framehound:{" PROJECT "}:videos 7 00000000000000ee");
    redis_testing_tell(&server, "ZADD framehound:videos 7 00000000000000ee");
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
    meta_store_free(store);
    redis_testing_end(&server);
}

// The creation had entered the video into the project's list and got no further when the project was removed.
static void a_creation_that_is_late_makes_no_video_in_a_project_that_is_gone(void **state)
{
    (void)state;
    struct redis_testing server;
    char incarnation[64];
    char text[64];
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, SHORT_MS);
    assert_ok(meta_store_create_project(store, PROJECT, NULL, &err), &err);
    redis_testing_ask(&server, incarnation, sizeof(incarnation), "HGET framehound:{" PROJECT "} incarnation");
    redis_testing_tell(&server, "ZADD framehound:{" PROJECT "}:videos 7 " VIDEO);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    redis_testing_ask(&server, text, sizeof(text), "GET framehound:{" VIDEO "}:fence");
    assert_string_equal(text, incarnation);
    // The project is made again with the same incarnation only here, to stand for the call that is late.
    redis_testing_tell(&server, "HSET framehound:{" PROJECT "} incarnation %s created_us 1 deleting 0", incarnation);
    struct meta_video video = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
    assert_code(meta_store_create_video(store, &video, NULL, &err), ERR_CONFLICT);
    redis_testing_ask(&server, text, sizeof(text), "EXISTS framehound:{" VIDEO "}");
    assert_string_equal(text, "0");
    // Another incarnation is another project.
    redis_testing_tell(&server, "HSET framehound:{" PROJECT "} incarnation new");
    create(store);
    meta_store_free(store);
    redis_testing_end(&server);
}

static void a_large_video_is_removed_whole(void **state)
{
    (void)state;
    struct redis_testing server;
    char text[64];
    redis_testing_start(&server, NULL);
    struct meta_store *store = open_at(&server, PATIENT_MS);
    create(store);
    struct meta_frame *frames = mem_calloc(1000, sizeof(*frames));
    for (int32_t page = 0; page < 30; page++) {
        for (int32_t i = 0; i < 1000; i++)
            frames[i] = (struct meta_frame){.index = page * 1000 + i, .pts_us = page * 1000 + i};
        assert_ok(meta_store_put_frames(store, VIDEO, frames, 1000, &err), &err);
    }
    free(frames);
    assert_int_equal(get(store).frames_emitted, 30000);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    meta_store_free(store);
    // The format, the number, and the lists, which are empty and so not there.
    redis_testing_ask(&server, text, sizeof(text), "DBSIZE");
    assert_string_equal(text, "2");
    redis_testing_end(&server);
}

int main(void)
{
    if (!redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_there_at_the_start_is_said_so),
        cmocka_unit_test(what_was_stored_outlives_a_server_that_is_killed),
        cmocka_unit_test(an_outage_is_an_error_with_a_sentence_and_ends_by_itself),
        cmocka_unit_test(many_callers_do_not_hammer_a_server_that_is_down),
        cmocka_unit_test(a_server_that_never_answers_is_given_up_at_the_deadline),
        cmocka_unit_test(a_server_that_loads_its_data_is_waited_for),
        cmocka_unit_test(credentials_are_checked_and_named_but_never_shown),
        cmocka_unit_test(credentials_that_stop_being_right_are_an_error_until_they_are_right_again),
        cmocka_unit_test(a_password_that_is_not_wanted_is_said_so),
        cmocka_unit_test(over_tls_the_servers_certificate_must_be_trusted_and_ours_may_be_asked_for),
        cmocka_unit_test(a_full_memory_takes_nothing_new_but_shows_and_removes_what_is_there),
        cmocka_unit_test(a_server_that_throws_data_away_or_has_newer_data_is_refused),
        cmocka_unit_test(damaged_values_are_said_to_be_so),
        cmocka_unit_test(a_server_that_has_lost_its_data_is_not_taken_for_an_empty_one),
        cmocka_unit_test(scripts_that_the_server_has_forgotten_are_sent_again),
        cmocka_unit_test(a_replica_takes_nothing_until_it_is_the_master),
        cmocka_unit_test(prefixes_keep_two_stores_apart),
        cmocka_unit_test(leftovers_in_lists_are_passed_over),
        cmocka_unit_test(a_creation_that_is_late_makes_no_video_in_a_project_that_is_gone),
        cmocka_unit_test(a_large_video_is_removed_whole),
    };
    return cmocka_run_group_tests_name("meta_store_redis", tests, NULL, NULL);
}
