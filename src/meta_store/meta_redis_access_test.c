// Who a Redis server lets in: passwords, users, TLS; against real servers.
#include "base/mem.h"
#include "base/test.h"
#include "meta_store/redis_fixture_testing.h"
#include "net/tls_testing.h"
#include "os/file.h"

static struct err err;

static const char *const with_a_password[] = {"--requirepass", "s3cret", NULL};

static void credentials_are_checked_and_named_but_never_shown(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store;
    f->server.password = "s3cret";
    struct meta_redis_options options = {.address = f->server.address, .timeout_ms = PATIENT_MS};
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "--redis-password-file");
    options.password = "s3cret-but-wrong";
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "does not take this user and password");
    options.password = "s3cret";
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    redis_fixture_create_video(store);
    meta_store_free(store);

    redis_testing_tell(
        &f->server, "ACL SETUSER worker on >s3cret2 ~framehound:* +@read +@write +@scripting +@connection +info");
    options.user = "worker";
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    options.password = "s3cret2";
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    assert_ok(redis_fixture_put_objects(store, 0, 1, &err), &err);
    const struct meta_track track = {.class_name = "car"};
    assert_ok(meta_store_put_tracks(store, VIDEO, &track, 1, 0, &err), &err);
    assert_ok(meta_store_remove_video(store, VIDEO, &err), &err);
    assert_ok(meta_store_remove_project(store, PROJECT, &err), &err);
    meta_store_free(store);
    options.prefix = "other";
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "NOPERM");
}

static void credentials_that_stop_being_right_are_an_error_until_they_are_right_again(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store;
    f->server.password = "s3cret";
    const struct meta_redis_options options = {
        .address = f->server.address, .password = "s3cret", .timeout_ms = PATIENT_MS};
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    redis_fixture_create_video(store);
    redis_testing_tell(&f->server, "CONFIG SET requirepass other");
    f->server.password = "other";
    redis_testing_tell(&f->server, "CLIENT KILL TYPE normal SKIPME yes");
    // However patient the call is: waiting does not make a password right.
    assert_code(redis_fixture_put_objects(store, 0, 1, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "does not take this user and password");
    redis_testing_tell(&f->server, "CONFIG SET requirepass s3cret");
    assert_ok_in_the_end(redis_fixture_put_objects(store, 0, 1, &err), &err);
    meta_store_free(store);
}

static void a_password_that_is_not_wanted_is_said_so(void **state)
{
    struct redis_fixture *f = *state;
    struct meta_store *store;
    struct meta_redis_options options = {.address = f->server.address, .password = "s3cret", .timeout_ms = PATIENT_MS};
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "it has no password");
    char *address = mem_sprintf("redis://127.0.0.1:%d/99", f->server.port);
    options = (struct meta_redis_options){.address = address, .timeout_ms = PATIENT_MS};
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_INVALID);
    redis_fixture_assert_says(&f->server, &err, "no database of this number");
    free(address);
}

static void over_tls_certificates_are_looked_at_and_without_it_that_is_said(void **state)
{
    struct redis_fixture *f = *state;
    char folder[FILE_PATH_MAX];
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
    redis_testing_tell(&f->server, "CONFIG SET tls-ca-cert-file %s", root_file);
    redis_testing_tell(&f->server, "CONFIG SET tls-cert-file %s tls-key-file %s", host_file, host_file);
    redis_testing_tell(&f->server, "CONFIG SET port 0 tls-port %d", f->server.port);
    char *address = mem_sprintf("rediss://localhost:%d", f->server.port);
    char *by_number = mem_sprintf("rediss://127.0.0.1:%d", f->server.port);
    char *in_the_clear = mem_sprintf("redis://localhost:%d", f->server.port);

    struct meta_redis_options options = {
        .address = address, .ca_file = root_file, .cert_file = client_file, .timeout_ms = PATIENT_MS};
    assert_ok(redis_fixture_open_with(options, &store, &err), &err);
    redis_fixture_create_video(store);
    assert_ok(redis_fixture_put_objects(store, 0, 100, &err), &err);
    meta_store_free(store);
    options.cert_file = NULL;
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "refuses the TLS connection");
    options.ca_file = stranger_file;
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "certificate is not trusted");
    options.ca_file = root_file;
    options.address = by_number;
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "certificate is not trusted");
    options.address = in_the_clear;
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_INVALID);
    // However patient the call is: neither of these becomes right by waiting.
    options.timeout_ms = PATIENT_MS;
    options.ca_file = NULL;
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "redis://localhost");
    redis_fixture_assert_says(&f->server, &err, "it speaks TLS there: write rediss:// in --meta-store");
    redis_testing_tell(&f->server, "CONFIG SET tls-port 0 port %d", f->server.port);
    options.address = address;
    options.ca_file = root_file;
    assert_code(redis_fixture_open_with(options, &store, &err), ERR_DENIED);
    redis_fixture_assert_says(&f->server, &err, "it does not speak TLS there: write redis:// in --meta-store");

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
    assert_ok(dir_remove_tree(folder, &err), &err);
}

int main(void)
{
    if (!redis_testing_is_installed()) {
        puts("1..0 # SKIP no Redis server is installed: scripts/setup test installs redis-tools");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        on_redis_with(with_a_password, credentials_are_checked_and_named_but_never_shown),
        on_redis_with(with_a_password, credentials_that_stop_being_right_are_an_error_until_they_are_right_again),
        on_redis(a_password_that_is_not_wanted_is_said_so),
        on_redis(over_tls_certificates_are_looked_at_and_without_it_that_is_said),
    };
    return cmocka_run_group_tests_name("meta_redis_access", tests, NULL, NULL);
}
