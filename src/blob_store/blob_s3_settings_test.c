// Where a bucket is, as the settings say, and links into it.
#include <string.h>

#include "base/test.h"
#include "blob_store/s3_fixture_testing.h"

static struct err err;

static void a_link_is_for_browsers_and_stays_the_same_for_a_while(void **state)
{
    struct s3_fixture *f = *state;
    struct clock_manual clock;
    char *first, *second;
    clock_manual_init(&clock, INT64_C(1369353600000000));
    f->options.clock = &clock.clock;
    f->options.public_endpoint = "https://media.example.org/s3/";
    f->options.link_valid_s = 3600;
    s3_fixture_reopen(f);
    assert_true(blob_store_has_links(f->store));
    assert_ok(blob_store_link(f->store, "p/v/source", "video/mp4", &first, &err), &err);
    const char *start = "https://media.example.org/s3/bucket/pre/p/v/source?X-Amz-Algorithm=";
    assert_memory_equal(first, start, strlen(start));
    assert_non_null(strstr(first, "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=3600&"));
    assert_non_null(strstr(first, "&response-content-type=video%2Fmp4&X-Amz-Signature="));
    assert_null(strstr(first, "tester-secret"));
    clock.now_us += INT64_C(899) * 1000000;
    assert_ok(blob_store_link(f->store, "p/v/source", "video/mp4", &second, &err), &err);
    assert_string_equal(first, second);
    free(second);
    clock.now_us += INT64_C(1) * 1000000;
    assert_ok(blob_store_link(f->store, "p/v/source", "video/mp4", &second, &err), &err);
    assert_string_not_equal(first, second);
    free(first);
    free(second);
}

static void wrong_settings_are_refused_by_name(void **state)
{
    struct s3_fixture *f = *state;
    struct blob_store *store;
    const char *locations[] = {"s3://", "s3://ab", "s3://Upper", "s3://bucket/../x", "s3://bucket//x", "s3://-bucket",
        "s3://bucket/a b", "bucket"};
    for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
        struct blob_store_s3_options options = f->options;
        options.location = locations[i];
        assert_code(blob_store_s3_open(&options, &store, &err), ERR_INVALID);
        assert_err_says(&err, "--blob-store: ");
    }
    const char *endpoints[] = {"", "localhost:9000", "ftp://host", "http://", "http://:80", "http://user:secret@host",
        "http://host:", "http://host:x", "http://host?x=1", "http://ho st", "http://[::1"};
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        struct blob_store_s3_options options = f->options;
        options.endpoint = endpoints[i];
        assert_code(blob_store_s3_open(&options, &store, &err), ERR_INVALID);
        assert_err_says(&err, "--s3-endpoint: ");
        assert_null(strstr(err.message, "secret"));
    }
    struct blob_store_s3_options options = f->options;
    options.addressing = S3_ADDRESSING_VIRTUAL;
    assert_code(blob_store_s3_open(&options, &store, &err), ERR_INVALID);
    assert_err_says(&err, "--s3-addressing");
}

static void the_bucket_goes_where_the_addressing_says(void **state)
{
    struct s3_fixture *f = *state;
    const struct {
        const char *location, *endpoint, *region;
        enum s3_addressing addressing;
        const char *start;
    } cases[] = {
        {"s3://bucket/pre", NULL, "eu-west-1", S3_ADDRESSING_AUTO, "https://bucket.s3.eu-west-1.amazonaws.com/pre/k?"},
        {"s3://bucket", NULL, "cn-north-1", S3_ADDRESSING_AUTO, "https://bucket.s3.cn-north-1.amazonaws.com.cn/k?"},
        {"s3://with.dot", NULL, NULL, S3_ADDRESSING_AUTO, "https://s3.us-east-1.amazonaws.com/with.dot/k?"},
        {"s3://bucket/a/b/", "http://host:80/", NULL, S3_ADDRESSING_AUTO, "http://host/bucket/a/b/k?"},
        {"s3://bucket", "https://host:9000/base", NULL, S3_ADDRESSING_PATH, "https://host:9000/base/bucket/k?"},
        {"s3://bucket", "http://localhost:9000", NULL, S3_ADDRESSING_VIRTUAL, "http://bucket.localhost:9000/k?"},
        {"s3://bucket", "http://[::1]:9000", NULL, S3_ADDRESSING_AUTO, "http://[::1]:9000/bucket/k?"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *url;
        f->options.location = cases[i].location;
        f->options.endpoint = cases[i].endpoint;
        f->options.region = cases[i].region;
        f->options.addressing = cases[i].addressing;
        s3_fixture_reopen(f);
        assert_ok(blob_store_link(f->store, "k", "image/jpeg", &url, &err), &err);
        if (strncmp(url, cases[i].start, strlen(cases[i].start)) != 0)
            fail_msg("%s does not begin with %s", url, cases[i].start);
        free(url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_bucket(a_link_is_for_browsers_and_stays_the_same_for_a_while),
        in_bucket(wrong_settings_are_refused_by_name),
        in_bucket(the_bucket_goes_where_the_addressing_says),
    };
    return s3_fixture_run(tests);
}
