#include "net/aws_credentials.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "net/http_server.h"
#include "os/file.h"

#define NOW_US INT64_C(1700000000000000)
#define MINUTE_US (INT64_C(60) * 1000000)

static struct err err;
static char folder[FILE_PATH_MAX];

static const char *const variables[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_SESSION_NAME", "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"};

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        unsetenv(variables[i]);
    assert_ok(dir_make_temporary(NULL, "aws-credentials-", folder, &err), &err);
    setenv("HOME", folder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return dir_remove_tree(folder, &err) == ERR_NONE ? 0 : -1;
}

static void write_file(const char *name, const char *text)
{
    char *path = mem_sprintf("%s/%s", folder, name);
    assert_ok(dir_make_parent(path, &err), &err);
    assert_ok(file_write(path, text, strlen(text), FILE_SYNC_NONE, &err), &err);
    free(path);
}

static void set_file(const char *variable, const char *name)
{
    char *path = mem_sprintf("%s/%s", folder, name);
    setenv(variable, path, 1);
    free(path);
}

static struct aws_credentials *credentials_with(struct aws_credentials_options options)
{
    if (options.clock == NULL)
        options.clock = clock_system();
    return aws_credentials_new(&options);
}

static void assert_keys(struct aws_credentials *credentials, const char *id, const char *secret, const char *token)
{
    struct aws_keys keys;
    assert_ok(aws_credentials_get(credentials, NULL, &keys, &err), &err);
    assert_string_equal(keys.id, id);
    assert_string_equal(keys.secret, secret);
    assert_string_equal(keys.token, token);
}

static void assert_refused(struct aws_credentials_options options, enum err_code code, const char *part)
{
    struct aws_keys keys;
    struct aws_credentials *credentials = credentials_with(options);
    assert_code(aws_credentials_get(credentials, NULL, &keys, &err), code);
    if (strstr(err.message, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, err.message);
    aws_credentials_free(credentials);
}

// ---- environment and files

static void the_environment_comes_first(void **state)
{
    (void)state;
    write_file(".aws/credentials", "[default]\naws_access_key_id=filed\naws_secret_access_key=s\n");
    setenv("AWS_ACCESS_KEY_ID", "id", 1);
    assert_refused((struct aws_credentials_options){0}, ERR_INVALID, "AWS_SECRET_ACCESS_KEY is not");
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_SESSION_TOKEN", "token", 1);
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){0});
    assert_keys(credentials, "id", "secret", "token");
    aws_credentials_free(credentials);
    setenv("AWS_SECRET_ACCESS_KEY", "with a space", 1);
    assert_refused((struct aws_credentials_options){0}, ERR_INVALID, "AWS_SECRET_ACCESS_KEY has a space");
}

static void a_profile_is_read_from_the_shared_files(void **state)
{
    (void)state;
    write_file(".aws/credentials",
        "# a comment\n[default]\naws_access_key_id = first\naws_secret_access_key = one=1\n\n"
        "[ other ]\r\naws_access_key_id=second\r\naws_secret_access_key=two\r\naws_session_token=tok\r\n");
    write_file(".aws/config",
        "[default]\nregion = eu-north-1\n[profile third]\nregion=ap-south-1\naws_access_key_id=third\n"
        "aws_secret_access_key=three\ns3 =\n  aws_access_key_id=nested\n[profile role]\nrole_arn=arn:x\n");
    char region[AWS_REGION_SIZE];
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){0});
    assert_keys(credentials, "first", "one=1", "");
    aws_credentials_free(credentials);
    assert_true(aws_find_region(NULL, region));
    assert_string_equal(region, "eu-north-1");

    credentials = credentials_with((struct aws_credentials_options){.profile = "other"});
    assert_keys(credentials, "second", "two", "tok");
    aws_credentials_free(credentials);
    setenv("AWS_PROFILE", "third", 1);
    credentials = credentials_with((struct aws_credentials_options){0});
    assert_keys(credentials, "third", "three", "");
    aws_credentials_free(credentials);
    assert_true(aws_find_region(NULL, region));
    assert_string_equal(region, "ap-south-1");
    setenv("AWS_REGION", "us-west-2", 1);
    assert_true(aws_find_region("third", region));
    assert_string_equal(region, "us-west-2");

    assert_refused((struct aws_credentials_options){.profile = "none"}, ERR_DENIED, "no keys for the profile \"none\"");
    assert_refused((struct aws_credentials_options){.profile = "role"}, ERR_INVALID, "role_arn");
}

static void a_profile_that_was_asked_for_wins_over_the_environment(void **state)
{
    (void)state;
    setenv("AWS_ACCESS_KEY_ID", "id", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    write_file("keys", "[default]\naws_access_key_id=filed\naws_secret_access_key=s\n");
    char *path = mem_sprintf("%s/keys", folder);
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){.file = path});
    assert_keys(credentials, "filed", "s", "");
    aws_credentials_free(credentials);
    assert_refused((struct aws_credentials_options){.file = "/nowhere/keys"}, ERR_DENIED, "/nowhere/keys");
    free(path);
}

static void without_any_keys_the_sentence_says_where_they_could_be(void **state)
{
    (void)state;
    assert_refused((struct aws_credentials_options){0}, ERR_DENIED, "AWS_ACCESS_KEY_ID");
}

static void a_changed_file_is_seen_after_a_refusal_and_with_time(void **state)
{
    (void)state;
    struct clock_manual clock;
    struct aws_keys keys;
    clock_manual_init(&clock, NOW_US);
    write_file(".aws/credentials", "[default]\naws_access_key_id=one\naws_secret_access_key=s\n");
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){.clock = &clock.clock});
    assert_ok(aws_credentials_get(credentials, NULL, &keys, &err), &err);
    assert_false(aws_credentials_changed(credentials, &keys, NULL));
    write_file(".aws/credentials", "[default]\naws_access_key_id=two\naws_secret_access_key=s\n");
    assert_keys(credentials, "one", "s", "");
    assert_true(aws_credentials_changed(credentials, &keys, NULL));
    assert_keys(credentials, "two", "s", "");
    // Another thread with the old keys need not look again.
    assert_true(aws_credentials_changed(credentials, &keys, NULL));
    write_file(".aws/credentials", "[default]\naws_access_key_id=three\naws_secret_access_key=s\n");
    clock.now_us += MINUTE_US + 1;
    assert_keys(credentials, "three", "s", "");
    aws_credentials_free(credentials);
}

// ---- services

static struct {
    atomic_int asked;
    atomic_int status;
    _Atomic int64_t end_us;
    char authorization[64];
    char form[1024];
} service;

static enum err_code give_keys(
    void *context, struct http_request *request, struct http_response *response, struct err *failure)
{
    char end[CLOCK_TEXT_MAX];
    (void)context;
    (void)failure;
    int n = atomic_fetch_add(&service.asked, 1) + 1;
    const char *authorization = http_request_header(request, "Authorization");
    snprintf(service.authorization, sizeof(service.authorization), "%s", authorization != NULL ? authorization : "");
    clock_format_utc(atomic_load(&service.end_us), end);
    char *text = mem_sprintf(
        "{\"AccessKeyId\":\"id%d\",\"SecretAccessKey\":\"secret\",\"Token\":\"token\",\"Expiration\":\"%s\"}", n, end);
    http_response_bytes(response, atomic_load(&service.status), "application/json", text, strlen(text));
    free(text);
    return ERR_NONE;
}

static enum err_code exchange_token(
    void *context, struct http_request *request, struct http_response *response, struct err *failure)
{
    size_t size;
    (void)context;
    (void)failure;
    snprintf(service.form, sizeof(service.form), "%s", http_request_body(request, &size));
    const char *text = "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                       "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>assumed</AccessKeyId>"
                       "<SecretAccessKey>s/e+c</SecretAccessKey><SessionToken>sess==</SessionToken>"
                       "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
                       "</AssumeRoleWithWebIdentityResponse>";
    http_response_bytes(response, atomic_load(&service.status), "text/xml", text, strlen(text));
    return ERR_NONE;
}

static struct http_server *service_start(const char *variable, const char *path)
{
    struct http_server *server = NULL;
    assert_ok(http_server_new(&(struct http_server_options){0}, &server, &err), &err);
    http_server_add(server, &(struct http_route){.method = HTTP_GET, .pattern = "/keys", .handler = give_keys});
    http_server_add(server, &(struct http_route){.method = HTTP_POST, .pattern = "/sts", .handler = exchange_token});
    assert_ok(http_server_start(server, &err), &err);
    char *url = mem_sprintf("http://127.0.0.1:%u%s", (unsigned)http_server_port(server), path);
    setenv(variable, url, 1);
    free(url);
    atomic_store(&service.asked, 0);
    atomic_store(&service.status, 200);
    atomic_store(&service.end_us, NOW_US + 60 * MINUTE_US);
    return server;
}

static void a_containers_endpoint_gives_keys_that_are_renewed_before_they_end(void **state)
{
    (void)state;
    struct clock_manual clock;
    clock_manual_init(&clock, NOW_US);
    struct http_server *server = service_start("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/keys");
    write_file("token", "Bearer abc\n");
    set_file("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "token");
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){.clock = &clock.clock});
    assert_keys(credentials, "id1", "secret", "token");
    assert_string_equal(service.authorization, "Bearer abc");
    clock.now_us += 54 * MINUTE_US;
    assert_keys(credentials, "id1", "secret", "token");
    // Five minutes before the end; the token's file is read again too.
    write_file("token", "Bearer xyz");
    clock.now_us += 2 * MINUTE_US;
    atomic_store(&service.end_us, NOW_US + 120 * MINUTE_US);
    assert_keys(credentials, "id2", "secret", "token");
    assert_string_equal(service.authorization, "Bearer xyz");
    aws_credentials_free(credentials);
    http_server_free(server);
}

static void keys_that_still_hold_are_used_while_the_endpoint_fails(void **state)
{
    (void)state;
    struct clock_manual clock;
    struct aws_keys keys;
    clock_manual_init(&clock, NOW_US);
    struct http_server *server = service_start("AWS_CONTAINER_CREDENTIALS_FULL_URI", "/keys");
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){.clock = &clock.clock});
    assert_keys(credentials, "id1", "secret", "token");
    atomic_store(&service.status, 403);
    clock.now_us += 56 * MINUTE_US;
    assert_keys(credentials, "id1", "secret", "token");
    int asked = atomic_load(&service.asked);
    assert_keys(credentials, "id1", "secret", "token");
    assert_int_equal(atomic_load(&service.asked), asked); // not at every call
    clock.now_us += 5 * MINUTE_US;
    assert_code(aws_credentials_get(credentials, NULL, &keys, &err), ERR_DENIED);
    assert_non_null(strstr(err.message, "the container's endpoint gives no keys"));
    atomic_store(&service.status, 200);
    atomic_store(&service.end_us, clock.now_us + 60 * MINUTE_US);
    assert_ok(aws_credentials_get(credentials, NULL, &keys, &err), &err);
    aws_credentials_free(credentials);
    http_server_free(server);
}

static void a_containers_endpoint_elsewhere_must_be_https(void **state)
{
    (void)state;
    const char *urls[] = {"http://example.org/keys", "http://localhost.example.org/",
        "http://169.254.170.2.example.org/", "http://127.0.0.1.example.org/", "http://127.0.0.1@example.org/",
        "http://127.0.0.1:x@example.org/", "ftp://127.0.0.1/"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i], 1);
        assert_refused((struct aws_credentials_options){0}, ERR_INVALID, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    }
}

static void a_web_identity_is_exchanged_for_keys(void **state)
{
    (void)state;
    struct http_server *server = service_start("AWS_ENDPOINT_URL_STS", "/sts");
    write_file("jwt", "head.body+/=\n");
    set_file("AWS_WEB_IDENTITY_TOKEN_FILE", "jwt");
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/r", 1);
    struct aws_credentials *credentials = credentials_with((struct aws_credentials_options){0});
    assert_keys(credentials, "assumed", "s/e+c", "sess==");
    assert_string_equal(service.form,
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
        "RoleSessionName=framehound&WebIdentityToken=head.body%2B%2F%3D");
    aws_credentials_free(credentials);
    atomic_store(&service.status, 403);
    assert_refused((struct aws_credentials_options){0}, ERR_DENIED, "gives no keys for arn:aws:iam::1:role/r");
    http_server_free(server);
}

#define with_folder(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_folder(the_environment_comes_first),
        with_folder(a_profile_is_read_from_the_shared_files),
        with_folder(a_profile_that_was_asked_for_wins_over_the_environment),
        with_folder(without_any_keys_the_sentence_says_where_they_could_be),
        with_folder(a_changed_file_is_seen_after_a_refusal_and_with_time),
        with_folder(a_containers_endpoint_gives_keys_that_are_renewed_before_they_end),
        with_folder(keys_that_still_hold_are_used_while_the_endpoint_fails),
        with_folder(a_containers_endpoint_elsewhere_must_be_https),
        with_folder(a_web_identity_is_exchanged_for_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
