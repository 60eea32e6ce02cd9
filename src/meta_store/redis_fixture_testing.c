#include "meta_store/redis_fixture_testing.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

int redis_fixture_set_up(void **state)
{
    const char *const *args = *state;
    struct redis_fixture *f = mem_calloc(1, sizeof(*f));
    redis_testing_start(&f->server, args);
    *state = f;
    return 0;
}

int redis_fixture_tear_down(void **state)
{
    struct redis_fixture *f = *state;
    redis_fixture_close(f);
    redis_testing_end(&f->server);
    free(f);
    return 0;
}

struct meta_store *redis_fixture_open(struct redis_fixture *f, int64_t timeout_ms)
{
    f->store = redis_fixture_open_at(&f->server, timeout_ms);
    return f->store;
}

void redis_fixture_close(struct redis_fixture *f)
{
    meta_store_free(f->store);
    f->store = NULL;
}

struct meta_store *redis_fixture_open_at(const struct redis_testing *server, int64_t timeout_ms)
{
    struct err err = ERR_INIT;
    struct meta_store *store;
    const struct meta_redis_options options = {.address = server->address, .timeout_ms = timeout_ms};
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    return store;
}

enum err_code redis_fixture_open_with(struct meta_redis_options options, struct meta_store **store, struct err *err)
{
    *store = NULL;
    return meta_store_redis_open(&options, clock_system(), store, err);
}

void redis_fixture_create_video(struct meta_store *store)
{
    struct err err = ERR_INIT;
    struct meta_video video = {.id = VIDEO, .project = PROJECT, .sampling = {.fps_num = 5, .fps_den = 1}};
    assert_ok(meta_store_create_video(store, &video, NULL, &err), &err);
}

struct meta_video redis_fixture_get_video(struct meta_store *store)
{
    struct err err = ERR_INIT;
    struct meta_video video;
    assert_ok(meta_store_get_video(store, VIDEO, &video, &err), &err);
    return video;
}

enum err_code redis_fixture_put_objects(struct meta_store *store, int32_t index, size_t count, struct err *err)
{
    struct meta_object objects[100] = {0};
    for (size_t k = 0; k < count; k++)
        objects[k] = (struct meta_object){.x = (float)k, .width = 1, .height = 1, .class_name = "car", .track = -1};
    const struct meta_frame frame = {
        .index = index, .pts_us = (int64_t)index * 200000, .objects = objects, .object_count = count};
    return meta_store_put_objects(store, VIDEO, &frame, 1, err);
}

void redis_fixture_assert_says(const struct redis_testing *server, const struct err *err, const char *words)
{
    assert_err_says(err, words);
    assert_err_says(err, "the Redis server");
    assert_true(strstr(err->message, server->path) != NULL || strstr(err->message, "127.0.0.1") != NULL ||
        strstr(err->message, "localhost") != NULL);
    assert_null(strstr(err->message, "s3cret"));
}
