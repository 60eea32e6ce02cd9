// A Redis server of a test's own (redis_testing.h) with a meta store on it, and one video there to work with. For the
// thread that runs the test.
#pragma once

#include "base/test.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/redis_testing.h"

#define VIDEO "00000000000000aa"
#define PROJECT "demo"
#define SHORT_MS 700
#define PATIENT_MS 60000

struct redis_fixture {
    struct redis_testing server;
    struct meta_store *store; // NULL: none is open
};

// Starts the server and ends it; the store is closed with it.
int redis_fixture_set_up(void **state);
int redis_fixture_tear_down(void **state);
#define on_redis(name) cmocka_unit_test_setup_teardown(name, redis_fixture_set_up, redis_fixture_tear_down)
// With the server's arguments, a constant list that ends with NULL.
#define on_redis_with(args, name)                                                                                      \
    cmocka_unit_test_prestate_setup_teardown(                                                                          \
        name, redis_fixture_set_up, redis_fixture_tear_down, (void *)(uintptr_t)(args))

// Opens the fixture's store, which stays the fixture's.
struct meta_store *redis_fixture_open(struct redis_fixture *f, int64_t timeout_ms);
void redis_fixture_close(struct redis_fixture *f);

// Stores that are the caller's.
struct meta_store *redis_fixture_open_at(const struct redis_testing *server, int64_t timeout_ms);
enum err_code redis_fixture_open_with(
    struct meta_redis_options options, struct meta_store **store, struct err *err) ERR_MUST_CHECK;

// The video VIDEO of PROJECT.
void redis_fixture_create_video(struct meta_store *store);
struct meta_video redis_fixture_get_video(struct meta_store *store);
// A frame of it with `count` cars, at most 100.
enum err_code redis_fixture_put_objects(
    struct meta_store *store, int32_t index, size_t count, struct err *err) ERR_MUST_CHECK;

// A sentence for the person: it says this, names the server, and no secret.
void redis_fixture_assert_says(const struct redis_testing *server, const struct err *err, const char *words);
