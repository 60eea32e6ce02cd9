// What is particular to buckets: retries, parts, refusals, settings. The contract itself is in tests/contract.
#include "blob_store/blob_store_s3.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "blob_store/s3_server_testing.h"
#include "os/cancel.h"
#include "os/file.h"
#include "os/thread.h"

#define PART S3_PART_BYTES_MIN
#define LARGE_SIZE ((size_t)2 * PART + 12345)

static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct s3_server *server;
    struct blob_store *store;
    struct blob_store_s3_options options;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "blob-s3-", f->folder, &err), &err);
    f->server = s3_server_start("bucket");
    f->options = (struct blob_store_s3_options){.location = "s3://bucket/pre",
        .endpoint = s3_server_url(f->server),
        .part_bytes = PART,
        .retry = {.attempts = 4, .first_delay_ms = 1, .most_delay_ms = 2, .total_ms = 600000},
        .clock = clock_system()};
    setenv("AWS_ACCESS_KEY_ID", "tester", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "tester-secret", 1);
    assert_ok(blob_store_s3_open(&f->options, &f->store, &err), &err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    blob_store_free(f->store);
    s3_server_stop(f->server);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

static void reopen(struct fixture *f)
{
    blob_store_free(f->store);
    f->store = NULL;
    assert_ok(blob_store_s3_open(&f->options, &f->store, &err), &err);
}

static void put(struct fixture *f, const char *key, const char *text)
{
    assert_ok(blob_store_put(f->store, key, text, strlen(text), &err), &err);
}

static void assert_blob(struct fixture *f, const char *key, const char *text)
{
    void *bytes;
    size_t size;
    assert_ok(blob_store_get(f->store, key, 1000, &bytes, &size, &err), &err);
    assert_string_equal(bytes, text);
    free(bytes);
}

static void assert_says(const char *part)
{
    if (strstr(err.message, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, err.message);
}

static char *large_file(struct fixture *f, char **bytes)
{
    char *path = mem_sprintf("%s/large.mp4", f->folder);
    *bytes = mem_alloc(LARGE_SIZE);
    for (size_t i = 0; i < LARGE_SIZE; i++)
        (*bytes)[i] = (char)(i * 2654435761u >> 13);
    assert_ok(file_write(path, *bytes, LARGE_SIZE, FILE_SYNC_NONE, &err), &err);
    return path;
}

static void assert_object(struct fixture *f, const char *key, const char *bytes, size_t size)
{
    size_t got = 0;
    char *found = s3_server_get(f->server, key, &got);
    assert_non_null(found);
    assert_int_equal(got, size);
    assert_memory_equal(found, bytes, size);
    free(found);
}

// ---- what passes

static void failures_that_may_pass_are_tried_again(void **state)
{
    struct fixture *f = *state;
    const struct s3_fault faults[] = {
        {.kind = S3_FAULT_STATUS, .times = 3, .status = 503, .code = "SlowDown"},
        {.kind = S3_FAULT_STATUS, .times = 3, .status = 500, .code = "InternalError"},
        {.kind = S3_FAULT_STATUS, .times = 3, .status = 429},
        {.kind = S3_FAULT_STATUS, .times = 3, .status = 502},
        {.kind = S3_FAULT_STATUS, .times = 3, .status = 504},
        {.kind = S3_FAULT_CLOSE, .times = 3},
        {.kind = S3_FAULT_LOSE_ANSWER, .times = 3},
    };
    struct blob_info info;
    char buffer[8];
    size_t got;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        s3_server_fault(f->server, &faults[i]);
        put(f, "a/b", "content");
        s3_server_fault(f->server, &faults[i]);
        assert_blob(f, "a/b", "content");
        s3_server_fault(f->server, &faults[i]);
        assert_ok(blob_store_get_range(f->store, "a/b", 2, buffer, 3, &got, &err), &err);
        assert_memory_equal(buffer, "nte", 3);
        s3_server_fault(f->server, &faults[i]);
        assert_ok(blob_store_stat(f->store, "a/b", &info, &err), &err);
        assert_int_equal(info.size_bytes, 7);
        s3_server_fault(f->server, &faults[i]);
        assert_ok(blob_store_remove_prefix(f->store, "a/", NULL, &err), &err);
        s3_server_fault(f->server, &faults[i]);
        assert_ok(blob_store_remove(f->store, "a/b", &err), &err);
        assert_int_equal(err.code, ERR_NONE);
    }
    // A status that would not say so by itself.
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = 3, .status = 400, .code = "RequestTimeout"});
    put(f, "a/b", "content");
}

static void a_failure_that_lasts_is_told_with_the_server_and_what_it_said(void **state)
{
    struct fixture *f = *state;
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = -1, .status = 503, .code = "SlowDown"});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_says(s3_server_url(f->server));
    assert_says("503 SlowDown: said by the test to PUT of a/b (4 attempts)");
    assert_int_equal(s3_server_count(f->server, "PUT", "/bucket/pre/a/b"), 4);
}

static void a_server_that_asks_for_a_longer_pause_than_there_is_time_is_left_alone(void **state)
{
    struct fixture *f = *state;
    s3_server_fault(f->server,
        &(struct s3_fault){.kind = S3_FAULT_STATUS,
            .times = -1,
            .status = 503,
            .code = "SlowDown",
            .headers = "Retry-After: 3000\r\n"});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), 1);
}

static void what_is_refused_is_not_tried_again(void **state)
{
    struct fixture *f = *state;
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = -1, .status = 400, .code = "InvalidArgument"});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_says("400 InvalidArgument");
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), 1);
}

static void bytes_that_broke_off_are_read_again(void **state)
{
    struct fixture *f = *state;
    const enum s3_fault_kind kinds[] = {S3_FAULT_CUT_BODY, S3_FAULT_SHORT_BODY};
    char buffer[32];
    size_t got;
    struct blob_file file;
    put(f, "a/b", "0123456789");
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_CUT_BODY, .method = "GET", .times = 3});
    assert_blob(f, "a/b", "0123456789");
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_CUT_BODY, .method = "GET", .times = 3});
    assert_ok(blob_store_get_range(f->store, "a/b", 1, buffer, sizeof(buffer), &got, &err), &err);
    assert_int_equal(got, 9);
    assert_memory_equal(buffer, "123456789", 9);
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_CUT_BODY, .method = "GET", .times = 3});
    assert_ok(blob_store_get_file(f->store, "a/b", f->folder, NULL, &file, &err), &err);
    char *bytes;
    assert_ok(file_read(file.path, 100, &bytes, &got, &err), &err);
    assert_string_equal(bytes, "0123456789");
    free(bytes);
    blob_file_release(&file);
    for (size_t i = 0; i < 2; i++) {
        s3_server_fault(f->server, &(struct s3_fault){.kind = kinds[i], .method = "GET", .times = -1});
        assert_code(blob_store_get_range(f->store, "a/b", 0, buffer, 10, &got, &err), ERR_UNAVAILABLE);
        assert_int_equal(got, 0);
        assert_code(blob_store_get_file(f->store, "a/b", f->folder, NULL, &file, &err), ERR_UNAVAILABLE);
        assert_null(file.path);
    }
}

static void a_silent_server_is_given_up(void **state)
{
    struct fixture *f = *state;
    f->options.stall_ms = 1000;
    f->options.retry.attempts = 1;
    reopen(f);
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_SILENCE, .times = -1});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_TIMEOUT);
    assert_says("(--s3-endpoint) does not answer");
    s3_server_fault(f->server, NULL);
    put(f, "a/b", "x");
}

static void a_server_that_is_not_there_is_named(void **state)
{
    struct fixture *f = *state;
    // A port that nobody listens at: one that was ours a moment ago.
    struct s3_server *gone = s3_server_start("bucket");
    f->options.endpoint = s3_server_url(gone);
    reopen(f);
    char *url = mem_strdup(s3_server_url(gone));
    char *sentence = mem_sprintf("the S3 server %s (--s3-endpoint) does not answer", url);
    f->options.endpoint = url;
    s3_server_stop(gone);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_says(sentence);
    assert_code(blob_store_ping(f->store, &err), ERR_UNAVAILABLE);
    free(sentence);
    free(url);
}

struct waiting_put {
    struct blob_store *store;
    enum err_code outcome;
    struct err err;
};

static void put_and_wait(void *arg)
{
    struct waiting_put *waiting = arg;
    waiting->outcome = blob_store_put(waiting->store, "a/b", "x", 1, &waiting->err);
}

static void closing_ends_the_waiting(void **state)
{
    struct fixture *f = *state;
    struct thread *thread;
    f->options.cancel = cancel_new(NULL);
    f->options.retry =
        (struct retry_policy){.attempts = 100, .first_delay_ms = 3600000, .most_delay_ms = 3600000, .total_ms = 0};
    reopen(f);
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .method = "PUT", .times = -1, .status = 503});
    struct waiting_put waiting = {.store = f->store, .err = ERR_INIT};
    assert_ok(thread_start("put", put_and_wait, &waiting, &thread, &err), &err);
    // The first attempt has been made: what follows is waiting.
    assert_in_the_end(s3_server_count(f->server, "PUT", NULL) > 0);
    cancel_request(f->options.cancel);
    thread_join(thread);
    assert_code(waiting.outcome, ERR_CANCELLED);
    blob_store_free(f->store);
    f->store = NULL;
    cancel_free(f->options.cancel);
}

// ---- large files

static void a_large_file_goes_up_in_parts(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    assert_ok(blob_store_put_file(f->store, "v/source", path, true, &err), &err);
    assert_false(file_exists(path));
    assert_object(f, "pre/v/source", bytes, LARGE_SIZE);
    assert_int_equal(s3_server_count(f->server, "PUT", "partNumber="), 3);
    assert_int_equal(s3_server_uploads(f->server), 0);
    free(path);
    free(bytes);
}

static void parts_that_fail_are_sent_again_alone(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    const enum s3_fault_kind kinds[] = {S3_FAULT_STATUS, S3_FAULT_CLOSE, S3_FAULT_LOSE_ANSWER};
    for (size_t i = 0; i < 3; i++) {
        int before = s3_server_count(f->server, "PUT", "partNumber=");
        s3_server_fault(f->server,
            &(struct s3_fault){
                .kind = kinds[i], .target = "partNumber=2", .times = 2, .status = 503, .code = "SlowDown"});
        assert_ok(blob_store_put_file(f->store, "v/source", path, false, &err), &err);
        assert_object(f, "pre/v/source", bytes, LARGE_SIZE);
        assert_int_equal(s3_server_count(f->server, "PUT", "partNumber=") - before, 5);
    }
    free(path);
    free(bytes);
}

static void a_failed_upload_is_cleared_away_and_the_old_blob_stays(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    put(f, "v/source", "the old one");
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .target = "partNumber=3", .times = -1, .status = 500});
    assert_code(blob_store_put_file(f->store, "v/source", path, true, &err), ERR_UNAVAILABLE);
    assert_true(file_exists(path));
    assert_blob(f, "v/source", "the old one");
    assert_int_equal(s3_server_uploads(f->server), 0);
    free(path);
    free(bytes);
}

static bool note_upload(void *context, const char *key, const char *id, int64_t begun_us)
{
    strbuf_addf(context, "%s %s %d;", key, id, begun_us > 0);
    return true;
}

static void what_a_killed_process_left_is_found_and_removed(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    struct strbuf found;
    strbuf_init(&found);
    // The third part and the clearing away fail: as if there were nobody left to do it.
    s3_server_fault(f->server,
        &(struct s3_fault){.kind = S3_FAULT_STATUS, .target = "uploadId=", .skip = 2, .times = -1, .status = 500});
    assert_code(blob_store_put_file(f->store, "v/source", path, true, &err), ERR_UNAVAILABLE);
    assert_int_equal(s3_server_uploads(f->server), 1);
    s3_server_fault(f->server, NULL);
    assert_ok(blob_store_list_unfinished(f->store, note_upload, &found, &err), &err);
    const char *id = strchr(found.data, ' ') + 1;
    found.data[strcspn(found.data, ";") - 2] = '\0';
    assert_true(strncmp(found.data, "v/source upload+", 16) == 0);
    assert_ok(blob_store_remove_unfinished(f->store, "v/source", id, &err), &err);
    assert_ok(blob_store_remove_unfinished(f->store, "v/source", id, &err), &err);
    assert_int_equal(s3_server_uploads(f->server), 0);
    strbuf_release(&found);
    free(path);
    free(bytes);
}

static void an_upload_whose_last_answer_was_lost_is_complete(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    s3_server_fault(f->server,
        &(struct s3_fault){.kind = S3_FAULT_LOSE_ANSWER, .method = "POST", .target = "uploadId=", .times = 1});
    assert_ok(blob_store_put_file(f->store, "v/source", path, false, &err), &err);
    assert_int_equal(err.code, ERR_NONE);
    assert_object(f, "pre/v/source", bytes, LARGE_SIZE);
    free(path);
    free(bytes);
}

static void an_upload_that_fails_after_its_status_is_completed_again(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    struct s3_fault fault = {
        .kind = S3_FAULT_LATE_ERROR, .method = "POST", .target = "uploadId=", .times = 2, .code = "InternalError"};
    s3_server_fault(f->server, &fault);
    assert_ok(blob_store_put_file(f->store, "v/source", path, false, &err), &err);
    assert_object(f, "pre/v/source", bytes, LARGE_SIZE);
    fault.times = -1;
    fault.code = "InvalidPart";
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_put_file(f->store, "v/other", path, false, &err), ERR_UNAVAILABLE);
    assert_says("InvalidPart");
    assert_int_equal(s3_server_uploads(f->server), 0);
    free(path);
    free(bytes);
}

static void a_copy_is_read_in_pieces_of_one_and_the_same_object(void **state)
{
    struct fixture *f = *state;
    size_t size = ((size_t)64 << 20) + 7;
    char *bytes = mem_calloc(1, size + 1);
    memset(bytes, 'x', size);
    memcpy(bytes + ((size_t)32 << 20) - 2, "edge", 4);
    s3_server_put(f->server, "pre/big", bytes);
    struct blob_file file;
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_CUT_BODY, .method = "GET", .skip = 1, .times = 1});
    assert_ok(blob_store_get_file(f->store, "big", f->folder, NULL, &file, &err), &err);
    assert_int_equal(s3_server_count(f->server, "GET", "/pre/big"), 4);
    char *copy;
    size_t got;
    assert_ok(file_read(file.path, size, &copy, &got, &err), &err);
    assert_int_equal(got, size);
    assert_memory_equal(copy, bytes, size);
    assert_string_not_equal(s3_server_header(f->server, "If-Match"), "");
    free(copy);
    free(bytes);
    blob_file_release(&file);
}

// ---- refusals

static void assert_refusal(struct fixture *f, const struct s3_fault *fault, enum err_code of_ping, const char *part)
{
    struct blob_info info;
    s3_server_fault(f->server, fault);
    // Work may wait until somebody has mended it; only the ping says that it is not for time to mend.
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_says(part);
    assert_code(blob_store_stat(f->store, "a/b", &info, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_ping(f->store, &err), of_ping);
    assert_says(part);
    assert_int_equal(err.code, of_ping);
}

static void a_refused_key_is_named_and_its_secret_is_not(void **state)
{
    struct fixture *f = *state;
    const char *codes[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"};
    for (size_t i = 0; i < 3; i++) {
        const struct s3_fault fault = {
            .kind = S3_FAULT_STATUS, .times = -1, .status = i < 2 ? 403 : 400, .code = codes[i]};
        s3_server_fault(f->server, &fault);
        assert_code(blob_store_ping(f->store, &err), ERR_DENIED);
        assert_says("does not accept the key tester (");
        assert_says(codes[i]);
        assert_says("AWS_SECRET_ACCESS_KEY");
        assert_null(strstr(err.message, "tester-secret"));
        assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    }
}

static void a_missing_right_is_named(void **state)
{
    struct fixture *f = *state;
    const struct s3_fault fault = {.kind = S3_FAULT_STATUS, .times = -1, .status = 403, .code = "AccessDenied"};
    assert_refusal(f, &fault, ERR_DENIED, "in the bucket \"bucket\" (AccessDenied: said by the test)");
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_says("the right to s3:PutObject");
    assert_code(blob_store_remove(f->store, "a/b", &err), ERR_UNAVAILABLE);
    assert_says("the right to s3:DeleteObject");
}

static void a_clock_that_is_wrong_is_told_with_both_times(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    clock_manual_init(&clock, INT64_C(1369353600000000));
    f->options.clock = &clock.clock;
    reopen(f);
    const struct s3_fault fault = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 403,
        .code = "RequestTimeTooSkewed",
        .extra = "<ServerTime>2013-05-24T01:00:00Z</ServerTime>"};
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_ping(f->store, &err), ERR_DENIED);
    assert_says("clock is not its own: here it is 2013-05-24T00:00:00.000Z, there 2013-05-24T01:00:00Z; set");
    // Without a document, as after HEAD, the answer's own date says it.
    const struct s3_fault bare = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 403,
        .code = "RequestTimeTooSkewed",
        .headers = "Date: Fri, 24 May 2013 02:00:00 GMT\r\n"};
    s3_server_fault(f->server, &bare);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_says("there 2013-05-24T02:00:00.000Z");
}

static void a_bucket_elsewhere_is_told_with_its_region(void **state)
{
    struct fixture *f = *state;
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
    assert_says("set it to eu-west-2");
}

static void a_missing_bucket_is_not_a_missing_blob(void **state)
{
    struct fixture *f = *state;
    struct blob_info info;
    void *bytes;
    size_t size;
    f->options.location = "s3://other-bucket";
    reopen(f);
    assert_code(blob_store_stat(f->store, "a/b", &info, &err), ERR_UNAVAILABLE);
    assert_says("there is no bucket \"other-bucket\" on the S3 server");
    assert_code(blob_store_get(f->store, "a/b", 10, &bytes, &size, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_remove(f->store, "a/b", &err), ERR_UNAVAILABLE);
    assert_code(blob_store_ping(f->store, &err), ERR_INVALID);
    assert_says("mend --blob-store");
}

static void a_bucket_that_was_read_only_is_seen_to_take_writes_again(void **state)
{
    struct fixture *f = *state;
    const struct s3_fault fault = {
        .kind = S3_FAULT_STATUS, .method = "PUT", .times = -1, .status = 403, .code = "AccessDenied"};
    assert_ok(blob_store_ping(f->store, &err), &err);
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), 0);
    s3_server_fault(f->server, &fault);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_code(blob_store_ping(f->store, &err), ERR_DENIED);
    assert_says("s3:PutObject");
    s3_server_fault(f->server, NULL);
    assert_ok(blob_store_ping(f->store, &err), &err);
    int puts = s3_server_count(f->server, "PUT", NULL);
    assert_ok(blob_store_ping(f->store, &err), &err);
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), puts);
    assert_null(s3_server_get(f->server, "pre/.framehound-probe", NULL));
}

static void keys_that_were_changed_in_their_file_are_used_after_a_refusal(void **state)
{
    struct fixture *f = *state;
    char *path = mem_sprintf("%s/credentials", f->folder);
    const char *old = "[default]\naws_access_key_id=old\naws_secret_access_key=s\n";
    const char *new = "[default]\naws_access_key_id=new\naws_secret_access_key=s\n";
    assert_ok(file_write(path, old, strlen(old), FILE_SYNC_NONE, &err), &err);
    f->options.credentials_file = path;
    reopen(f);
    put(f, "a/b", "x");
    assert_non_null(strstr(s3_server_header(f->server, "Authorization"), "Credential=old/"));
    assert_ok(file_write(path, new, strlen(new), FILE_SYNC_NONE, &err), &err);
    s3_server_fault(f->server,
        &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = 1, .status = 403, .code = "InvalidAccessKeyId"});
    put(f, "a/b", "y");
    assert_non_null(strstr(s3_server_header(f->server, "Authorization"), "Credential=new/"));
    free(path);
}

// ---- lists

static bool note_key(void *context, const char *key, const struct blob_info *info)
{
    strbuf_addf(context, "%s:%d ", key, (int)info->size_bytes);
    return true;
}

static void long_lists_come_in_pages_and_go_in_batches(void **state)
{
    struct fixture *f = *state;
    struct strbuf keys, wanted;
    strbuf_init(&keys);
    strbuf_init(&wanted);
    s3_server_page_size(f->server, 7);
    for (int i = 0; i < 30; i++) {
        char key[32];
        snprintf(key, sizeof(key), "p/%03d", i);
        put(f, key, "x");
        strbuf_addf(&wanted, "%s:1 ", key);
    }
    put(f, "q/1", "x");
    assert_ok(blob_store_list(f->store, "p/", note_key, &keys, &err), &err);
    assert_string_equal(keys.data, wanted.data);
    assert_int_equal(s3_server_count(f->server, "GET", "continuation-token="), 4);
    assert_ok(blob_store_remove_prefix(f->store, "p/", NULL, &err), &err);
    assert_int_equal(s3_server_count(f->server, "POST", "delete="), 5);
    strbuf_reset(&keys);
    assert_ok(blob_store_list(f->store, "", note_key, &keys, &err), &err);
    assert_string_equal(keys.data, "q/1:1 ");
    strbuf_release(&keys);
    strbuf_release(&wanted);
}

static void what_others_put_into_the_bucket_is_not_shown_but_goes_with_its_prefix(void **state)
{
    struct fixture *f = *state;
    struct strbuf keys;
    strbuf_init(&keys);
    put(f, "p/a", "x");
    s3_server_put(f->server, "pre/p/", "a folder's mark");
    s3_server_put(f->server, "pre/p/with space & <more>+", "x");
    s3_server_put(f->server, "prefix-of-others/a", "x");
    assert_ok(blob_store_list(f->store, "", note_key, &keys, &err), &err);
    assert_string_equal(keys.data, "p/a:1 ");
    assert_ok(blob_store_remove_prefix(f->store, "p/", NULL, &err), &err);
    assert_null(s3_server_get(f->server, "pre/p/with space & <more>+", NULL));
    char *other = s3_server_get(f->server, "prefix-of-others/a", NULL);
    assert_non_null(other);
    free(other);
    strbuf_release(&keys);
}

static void keys_that_stay_although_they_were_to_go_are_an_error(void **state)
{
    struct fixture *f = *state;
    put(f, "p/a", "x");
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_LATE_ERROR, .method = "POST", .times = -1, .code = "x"});
    assert_code(blob_store_remove_prefix(f->store, "p/", NULL, &err), ERR_UNAVAILABLE);
    assert_says("says that it removes p/a, but it stays");
}

static void a_blob_that_looks_like_an_error_is_a_blob(void **state)
{
    struct fixture *f = *state;
    const char *text = "<Error><Code>SlowDown</Code></Error>";
    put(f, "a/b", text);
    assert_blob(f, "a/b", text);
}

// ---- links and settings

static void a_link_is_for_browsers_and_stays_the_same_for_a_while(void **state)
{
    struct fixture *f = *state;
    struct clock_manual clock;
    char *first, *second;
    clock_manual_init(&clock, INT64_C(1369353600000000));
    f->options.clock = &clock.clock;
    f->options.public_endpoint = "https://media.example.org/s3/";
    f->options.link_valid_s = 3600;
    reopen(f);
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
    struct fixture *f = *state;
    struct blob_store *store;
    const char *locations[] = {"s3://", "s3://ab", "s3://Upper", "s3://bucket/../x", "s3://bucket//x", "s3://-bucket",
        "s3://bucket/a b", "bucket"};
    for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
        struct blob_store_s3_options options = f->options;
        options.location = locations[i];
        assert_code(blob_store_s3_open(&options, &store, &err), ERR_INVALID);
        assert_says("--blob-store: ");
    }
    const char *endpoints[] = {"", "localhost:9000", "ftp://host", "http://", "http://:80", "http://user:secret@host",
        "http://host:", "http://host:x", "http://host?x=1", "http://ho st", "http://[::1"};
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        struct blob_store_s3_options options = f->options;
        options.endpoint = endpoints[i];
        assert_code(blob_store_s3_open(&options, &store, &err), ERR_INVALID);
        assert_says("--s3-endpoint: ");
        assert_null(strstr(err.message, "secret"));
    }
    struct blob_store_s3_options options = f->options;
    options.addressing = S3_ADDRESSING_VIRTUAL;
    assert_code(blob_store_s3_open(&options, &store, &err), ERR_INVALID);
    assert_says("--s3-addressing");
}

static void the_bucket_goes_where_the_addressing_says(void **state)
{
    struct fixture *f = *state;
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
        reopen(f);
        assert_ok(blob_store_link(f->store, "k", "image/jpeg", &url, &err), &err);
        if (strncmp(url, cases[i].start, strlen(cases[i].start)) != 0)
            fail_msg("%s does not begin with %s", url, cases[i].start);
        free(url);
    }
}

#define in_bucket(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
    unsetenv("AWS_PROFILE");
    unsetenv("AWS_SESSION_TOKEN");
    setenv("HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        in_bucket(failures_that_may_pass_are_tried_again),
        in_bucket(a_failure_that_lasts_is_told_with_the_server_and_what_it_said),
        in_bucket(a_server_that_asks_for_a_longer_pause_than_there_is_time_is_left_alone),
        in_bucket(what_is_refused_is_not_tried_again),
        in_bucket(bytes_that_broke_off_are_read_again),
        in_bucket(a_silent_server_is_given_up),
        in_bucket(a_server_that_is_not_there_is_named),
        in_bucket(closing_ends_the_waiting),
        in_bucket(a_large_file_goes_up_in_parts),
        in_bucket(parts_that_fail_are_sent_again_alone),
        in_bucket(a_failed_upload_is_cleared_away_and_the_old_blob_stays),
        in_bucket(what_a_killed_process_left_is_found_and_removed),
        in_bucket(an_upload_whose_last_answer_was_lost_is_complete),
        in_bucket(an_upload_that_fails_after_its_status_is_completed_again),
        in_bucket(a_copy_is_read_in_pieces_of_one_and_the_same_object),
        in_bucket(a_refused_key_is_named_and_its_secret_is_not),
        in_bucket(a_missing_right_is_named),
        in_bucket(a_clock_that_is_wrong_is_told_with_both_times),
        in_bucket(a_bucket_elsewhere_is_told_with_its_region),
        in_bucket(a_missing_bucket_is_not_a_missing_blob),
        in_bucket(a_bucket_that_was_read_only_is_seen_to_take_writes_again),
        in_bucket(keys_that_were_changed_in_their_file_are_used_after_a_refusal),
        in_bucket(long_lists_come_in_pages_and_go_in_batches),
        in_bucket(what_others_put_into_the_bucket_is_not_shown_but_goes_with_its_prefix),
        in_bucket(keys_that_stay_although_they_were_to_go_are_an_error),
        in_bucket(a_blob_that_looks_like_an_error_is_a_blob),
        in_bucket(a_link_is_for_browsers_and_stays_the_same_for_a_while),
        in_bucket(wrong_settings_are_refused_by_name),
        in_bucket(the_bucket_goes_where_the_addressing_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
