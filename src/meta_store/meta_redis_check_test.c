// The check-up of a Redis server; against real ones.
#include "base/check_testing.h"
#include "base/mem.h"
#include "meta_store/redis_fixture_testing.h"

static void look_after(const struct meta_redis_options *options, struct check_record *record)
{
    check_record_begin(record);
    meta_store_redis_check(options, &record->checks);
}

static void a_server_that_is_fit_is_well_in_everything_and_keeps_nothing(void **state)
{
    struct redis_fixture *f = *state;
    struct check_record record;
    char answer[64];
    look_after(&(struct meta_redis_options){.address = f->server.address, .timeout_ms = PATIENT_MS}, &record);
    assert_int_equal(record.checks.wrong, 0);
    assert_check_says(&record, "ok", "it is of version ", "");
    assert_check_says(&record, "ok", "maxmemory-policy noeviction", "");
    assert_check_says(&record, "ok", "keeps an append-only file", "");
    assert_check_says(&record, "ok", "may be written and read, and runs scripts, under the prefix \"framehound\"", "");
    redis_testing_ask(&f->server, answer, sizeof(answer), "DBSIZE");
    assert_string_equal(answer, "0");
}

static const char *const careless[] = {
    "--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb", "--appendonly", "no", NULL};

static void everything_that_is_wrong_is_told_at_once(void **state)
{
    struct redis_fixture *f = *state;
    struct check_record record;
    look_after(&(struct meta_redis_options){.address = f->server.address, .timeout_ms = PATIENT_MS}, &record);
    assert_int_equal(record.checks.wrong, 1);
    assert_check_says(&record, "wrong", "throws data away when its memory is full (maxmemory-policy allkeys-lru)",
        "set its maxmemory-policy to noeviction");
    assert_check_says(&record, "warning", "keeps no append-only file", "set its appendonly to yes");
}

static void full_memory_is_told(void **state)
{
    struct redis_fixture *f = *state;
    struct check_record record;
    redis_testing_tell(&f->server, "CONFIG SET maxmemory 1");
    look_after(&(struct meta_redis_options){.address = f->server.address, .timeout_ms = PATIENT_MS}, &record);
    assert_check_says(&record, "warning", "is nearly full", "raise its maxmemory");
    assert_check_says(&record, "wrong", "what the meta store needs is not possible", "maxmemory");
}

static void a_user_who_lacks_rights_is_told_which_to_have(void **state)
{
    struct redis_fixture *f = *state;
    struct check_record record;
    redis_testing_tell(&f->server, "ACL SETUSER reader on >s3cret ~framehound:* +@read +@connection +info");
    struct meta_redis_options options = {
        .address = f->server.address, .user = "reader", .password = "s3cret", .timeout_ms = PATIENT_MS};
    look_after(&options, &record);
    assert_check_says(&record, "wrong", "what the meta store needs is not possible", "give its user");
    redis_testing_tell(&f->server, "ACL SETUSER reader +@write");
    look_after(&options, &record);
    assert_check_says(&record, "wrong", "what the meta store needs is not possible", "+@scripting");
    redis_testing_tell(&f->server, "ACL SETUSER reader +@scripting");
    look_after(&options, &record);
    assert_int_equal(record.checks.wrong, 0);
    options.prefix = "other";
    look_after(&options, &record);
    assert_check_says(&record, "wrong", "under the prefix \"other\"", "give its user");
    options.password = "wrong";
    look_after(&options, &record);
    assert_check_says(&record, "wrong", "does not take this user and password", "");
    assert_null(strstr(record.lines, "s3cret"));
}

static void a_replica_and_a_server_that_is_not_there_are_told(void **state)
{
    struct redis_fixture *f = *state;
    struct check_record record;
    redis_testing_tell(&f->server, "REPLICAOF 127.0.0.1 1");
    look_after(&(struct meta_redis_options){.address = f->server.address, .timeout_ms = SHORT_MS}, &record);
    assert_check_says(&record, "wrong", "is a replica, which takes no writes", "name its master");
    redis_testing_kill(&f->server);
    look_after(&(struct meta_redis_options){.address = f->server.address, .timeout_ms = SHORT_MS}, &record);
    assert_int_equal(record.checks.wrong, 1);
    assert_check_says(&record, "wrong", f->server.path, "");
}

static void a_cluster_is_looked_after_through_any_of_its_nodes(void **state)
{
    (void)state;
    struct redis_testing servers[3];
    struct check_record record;
    redis_testing_start_cluster(servers);
    char *address = mem_sprintf("redis://127.0.0.1:%d", servers[1].port);
    look_after(&(struct meta_redis_options){.address = address, .timeout_ms = PATIENT_MS}, &record);
    assert_int_equal(record.checks.wrong, 0);
    assert_check_says(&record, "ok", "is a node of a cluster", "");
    assert_check_says(&record, "ok", "runs scripts", "");
    free(address);
    for (size_t i = 0; i < 3; i++)
        redis_testing_end(&servers[i]);
}

int main(void)
{
    if (!redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        on_redis(a_server_that_is_fit_is_well_in_everything_and_keeps_nothing),
        on_redis_with(careless, everything_that_is_wrong_is_told_at_once),
        on_redis(full_memory_is_told),
        on_redis(a_user_who_lacks_rights_is_told_which_to_have),
        on_redis(a_replica_and_a_server_that_is_not_there_are_told),
        cmocka_unit_test(a_cluster_is_looked_after_through_any_of_its_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
