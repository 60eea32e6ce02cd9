// What a bucket refuses, and what the person is told of it.
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "blob_store/s3_fixture_testing.h"
#include "os/file.h"

static struct err err;

static void assert_refusal(struct s3_fixture *f, const struct s3_fault *fault, enum err_code of_ping, const char *part)
{
    struct blob_info info;
    s3_server_fault(f->server, fault);
    // Work may wait until somebody has mended it; only the ping says that it is not for time to mend.
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, part);
    assert_code(blob_store_stat(f->store, "a/b", &info, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_ping(f->store, &err), of_ping);
    assert_err_says(&err, part);
    assert_int_equal(err.code, of_ping);
}

static void a_refused_key_is_named_and_its_secret_is_not(void **state)
{
    struct s3_fixture *f = *state;
    const char *codes[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"};
    for (size_t i = 0; i < 3; i++) {
        const struct s3_fault fault = {
            .kind = S3_FAULT_STATUS, .times = -1, .status = i < 2 ? 403 : 400, .code = codes[i]};
        s3_server_fault(f->server, &fault);
        assert_code(blob_store_ping(f->store, &err), ERR_DENIED);
        assert_err_says(&err, "does not accept the key tester (");
        assert_err_says(&err, codes[i]);
        assert_err_says(&err, "AWS_SECRET_ACCESS_KEY");
        assert_null(strstr(err.message, "tester-secret"));
        assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    }
}

static void a_missing_right_is_named(void **state)
{
    struct s3_fixture *f = *state;
    const struct s3_fault fault = {.kind = S3_FAULT_STATUS, .times = -1, .status = 403, .code = "AccessDenied"};
    assert_refusal(f, &fault, ERR_DENIED, "in the bucket \"bucket\" (AccessDenied: said by the test)");
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "the right to s3:PutObject");
    assert_code(blob_store_remove(f->store, "a/b", &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "the right to s3:DeleteObject");
}

static void a_clock_that_is_wrong_is_told_with_both_times(void **state)
{
    struct s3_fixture *f = *state;
    struct clock_manual clock;
    clock_manual_init(&clock, INT64_C(1369353600000000));
    f->options.clock = &clock.clock;
    s3_fixture_reopen(f);
    const struct s3_fault fault = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 403,
        .code = "RequestTimeTooSkewed",
        .extra = "<ServerTime>2013-05-24T01:00:00Z</ServerTime>"};
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_ping(f->store, &err), ERR_DENIED);
    assert_err_says(&err, "clock is not its own: here it is 2013-05-24T00:00:00.000Z, there 2013-05-24T01:00:00Z; set");
    // Without a document, as after HEAD, the answer's own date says it.
    const struct s3_fault bare = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 403,
        .code = "RequestTimeTooSkewed",
        .headers = "Date: Fri, 24 May 2013 02:00:00 GMT\r\n"};
    s3_server_fault(f->server, &bare);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "there 2013-05-24T02:00:00.000Z");
}

static void a_bucket_elsewhere_is_told_with_its_region(void **state)
{
    struct s3_fixture *f = *state;
    const struct s3_fault moved = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 301,
        .code = "PermanentRedirect",
        .headers = "x-amz-bucket-region: eu-west-1\r\n"};
    assert_refusal(f, &moved, ERR_INVALID, "lies in the region eu-west-1, and --s3-region is us-east-1");
    const struct s3_fault malformed = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 400,
        .code = "AuthorizationHeaderMalformed",
        .extra = "<Region>eu-west-2</Region>"};
    s3_server_fault(f->server, &malformed);
    assert_code(blob_store_ping(f->store, &err), ERR_INVALID);
    assert_err_says(&err, "set it to eu-west-2");
}

static void a_missing_bucket_is_not_a_missing_blob(void **state)
{
    struct s3_fixture *f = *state;
    struct blob_info info;
    void *bytes;
    size_t size;
    f->options.location = "s3://other-bucket";
    s3_fixture_reopen(f);
    assert_code(blob_store_stat(f->store, "a/b", &info, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "there is no bucket \"other-bucket\" on the S3 server");
    assert_code(blob_store_get(f->store, "a/b", 10, &bytes, &size, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_remove(f->store, "a/b", &err), ERR_UNAVAILABLE);
    assert_code(blob_store_ping(f->store, &err), ERR_INVALID);
    assert_err_says(&err, "mend --blob-store");
}

static void a_bucket_that_was_read_only_is_seen_to_take_writes_again(void **state)
{
    struct s3_fixture *f = *state;
    const struct s3_fault fault = {
        .kind = S3_FAULT_STATUS, .method = "PUT", .times = -1, .status = 403, .code = "AccessDenied"};
    assert_ok(blob_store_ping(f->store, &err), &err);
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), 0);
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_ping(f->store, &err), ERR_DENIED);
    assert_err_says(&err, "s3:PutObject");
    s3_server_fault(f->server, NULL);
    assert_ok(blob_store_ping(f->store, &err), &err);
    int puts = s3_server_count(f->server, "PUT", NULL);
    assert_ok(blob_store_ping(f->store, &err), &err);
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), puts);
    assert_null(s3_server_get(f->server, "pre/.framehound-probe", NULL));
}

static void a_bucket_without_room_is_no_fault_of_the_request(void **state)
{
    struct s3_fixture *f = *state;
    static const struct {
        int status;
        const char *code;
    } answers[] = {{507, "XMinioStorageFull"}, {400, "XMinioAdminBucketQuotaExceeded"}, {403, "QuotaExceeded"}};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        const struct s3_fault fault = {.kind = S3_FAULT_STATUS,
            .method = "PUT",
            .times = -1,
            .status = answers[i].status,
            .code = answers[i].code};
        s3_server_fault(f->server, &fault);
        assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_FULL);
        assert_err_says(&err, answers[i].code);
    }
}

static void keys_that_were_changed_in_their_file_are_used_after_a_refusal(void **state)
{
    struct s3_fixture *f = *state;
    char *path = mem_sprintf("%s/credentials", f->folder);
    const char *old = "[default]\naws_access_key_id=old\naws_secret_access_key=s\n";
    const char *new = "[default]\naws_access_key_id=new\naws_secret_access_key=s\n";
    assert_ok(file_write(path, old, strlen(old), FILE_SYNC_NONE, &err), &err);
    f->options.credentials_file = path;
    s3_fixture_reopen(f);
    s3_fixture_put(f, "a/b", "x");
    assert_non_null(strstr(s3_server_header(f->server, "Authorization"), "Credential=old/"));
    assert_ok(file_write(path, new, strlen(new), FILE_SYNC_NONE, &err), &err);
    s3_server_fault(f->server,
        &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = 1, .status = 403, .code = "InvalidAccessKeyId"});
    s3_fixture_put(f, "a/b", "y");
    assert_non_null(strstr(s3_server_header(f->server, "Authorization"), "Credential=new/"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_bucket(a_refused_key_is_named_and_its_secret_is_not),
        in_bucket(a_missing_right_is_named),
        in_bucket(a_clock_that_is_wrong_is_told_with_both_times),
        in_bucket(a_bucket_elsewhere_is_told_with_its_region),
        in_bucket(a_missing_bucket_is_not_a_missing_blob),
        in_bucket(a_bucket_that_was_read_only_is_seen_to_take_writes_again),
        in_bucket(a_bucket_without_room_is_no_fault_of_the_request),
        in_bucket(keys_that_were_changed_in_their_file_are_used_after_a_refusal),
    };
    return s3_fixture_run(tests);
}
