#include "blob_store/s3_fixture_testing.h"

#include <string.h>

#include "base/mem.h"

static struct err err;

int s3_fixture_set_up(void **state)
{
    struct s3_fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "blob-s3-", f->folder, &err), &err);
    f->server = s3_server_start("bucket");
    f->options = (struct blob_store_s3_options){.location = "s3://bucket/pre",
        .endpoint = s3_server_url(f->server),
        .part_bytes = S3_PART_BYTES_MIN,
        .retry = {.attempts = 4, .first_delay_ms = 1, .most_delay_ms = 2, .total_ms = 600000},
        .clock = clock_system()};
    setenv("AWS_ACCESS_KEY_ID", "tester", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "tester-secret", 1);
    assert_ok(blob_store_s3_open(&f->options, &f->store, &err), &err);
    *state = f;
    return 0;
}

int s3_fixture_tear_down(void **state)
{
    struct s3_fixture *f = *state;
    blob_store_free(f->store);
    s3_server_stop(f->server);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

void s3_fixture_reopen(struct s3_fixture *f)
{
    blob_store_free(f->store);
    f->store = NULL;
    assert_ok(blob_store_s3_open(&f->options, &f->store, &err), &err);
}

void s3_fixture_put(struct s3_fixture *f, const char *key, const char *text)
{
    assert_ok(blob_store_put(f->store, key, text, strlen(text), &err), &err);
}

void s3_fixture_assert_blob(struct s3_fixture *f, const char *key, const char *text)
{
    void *bytes;
    size_t size;
    assert_ok(blob_store_get(f->store, key, 1000, &bytes, &size, &err), &err);
    assert_string_equal(bytes, text);
    free(bytes);
}

void s3_fixture_clear_environment(void)
{
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_SESSION_TOKEN");
    setenv("HOME", "/nonexistent", 1);
}
