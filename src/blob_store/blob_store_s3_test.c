// What is particular to buckets: retries and lists. The contract itself is in tests/contract.
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "blob_store/s3_fixture_testing.h"
#include "os/cancel.h"
#include "os/file.h"
#include "os/thread.h"

static struct err err;

// ---- what passes

static void failures_that_may_pass_are_tried_again(void **state)
{
    struct s3_fixture *f = *state;
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
        s3_fixture_put(f, "a/b", "content");
        s3_server_fault(f->server, &faults[i]);
        s3_fixture_assert_blob(f, "a/b", "content");
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
    s3_fixture_put(f, "a/b", "content");
}

static void a_failure_that_lasts_is_told_with_the_server_and_what_it_said(void **state)
{
    struct s3_fixture *f = *state;
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = -1, .status = 503, .code = "SlowDown"});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, s3_server_url(f->server));
    assert_err_says(&err, "503 SlowDown: said by the test to PUT of a/b (4 attempts)");
    assert_int_equal(s3_server_count(f->server, "PUT", "/bucket/pre/a/b"), 4);
}

static void a_server_that_asks_for_a_longer_pause_than_there_is_time_is_left_alone(void **state)
{
    struct s3_fixture *f = *state;
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
    struct s3_fixture *f = *state;
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .times = -1, .status = 400, .code = "InvalidArgument"});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "400 InvalidArgument");
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), 1);
}

static void bytes_that_broke_off_are_read_again(void **state)
{
    struct s3_fixture *f = *state;
    const enum s3_fault_kind kinds[] = {S3_FAULT_CUT_BODY, S3_FAULT_SHORT_BODY};
    char buffer[32];
    size_t got;
    struct blob_file file;
    s3_fixture_put(f, "a/b", "0123456789");
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_CUT_BODY, .method = "GET", .times = 3});
    s3_fixture_assert_blob(f, "a/b", "0123456789");
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
    struct s3_fixture *f = *state;
    f->options.stall_ms = 1000;
    f->options.retry.attempts = 1;
    s3_fixture_reopen(f);
    s3_server_fault(f->server, &(struct s3_fault){.kind = S3_FAULT_SILENCE, .times = -1});
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_TIMEOUT);
    assert_err_says(&err, "(--s3-endpoint) does not answer");
    s3_server_fault(f->server, NULL);
    s3_fixture_put(f, "a/b", "x");
}

static void a_server_that_is_not_there_is_named(void **state)
{
    struct s3_fixture *f = *state;
    // A port that nobody listens at: one that was ours a moment ago.
    struct s3_server *gone = s3_server_start("bucket");
    f->options.endpoint = s3_server_url(gone);
    s3_fixture_reopen(f);
    char *url = mem_strdup(s3_server_url(gone));
    char *sentence = mem_sprintf("the S3 server %s (--s3-endpoint) does not answer", url);
    f->options.endpoint = url;
    s3_server_stop(gone);
    assert_code(blob_store_put(f->store, "a/b", "x", 1, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, sentence);
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
    struct s3_fixture *f = *state;
    struct thread *thread;
    f->options.cancel = cancel_new(NULL);
    f->options.retry =
        (struct retry_policy){.attempts = 100, .first_delay_ms = 3600000, .most_delay_ms = 3600000, .total_ms = 0};
    s3_fixture_reopen(f);
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

// ---- lists

static bool note_key(void *context, const char *key, const struct blob_info *info)
{
    strbuf_addf(context, "%s:%d ", key, (int)info->size_bytes);
    return true;
}

static void long_lists_come_in_pages_and_go_in_batches(void **state)
{
    struct s3_fixture *f = *state;
    struct strbuf keys, wanted;
    strbuf_init(&keys);
    strbuf_init(&wanted);
    s3_server_page_size(f->server, 7);
    for (int i = 0; i < 30; i++) {
        char key[32];
        snprintf(key, sizeof(key), "p/%03d", i);
        s3_fixture_put(f, key, "x");
        strbuf_addf(&wanted, "%s:1 ", key);
    }
    s3_fixture_put(f, "q/1", "x");
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

static void what_was_removed_already_is_removed(void **state)
{
    struct s3_fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        char key[8];
        snprintf(key, sizeof(key), "p/%d", i);
        s3_fixture_put(f, key, "x");
    }
    // Asked again, because the answer was lost, the server knows none of the keys.
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_LOSE_ANSWER, .method = "POST", .target = "delete=", .times = 1});
    assert_ok(blob_store_remove_prefix(f->store, "p/", NULL, &err), &err);
    assert_int_equal(s3_server_count(f->server, "POST", "delete="), 2);
}

static void what_others_put_into_the_bucket_is_not_shown_but_goes_with_its_prefix(void **state)
{
    struct s3_fixture *f = *state;
    struct strbuf keys;
    strbuf_init(&keys);
    s3_fixture_put(f, "p/a", "x");
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
    struct s3_fixture *f = *state;
    s3_fixture_put(f, "p/a", "x");
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_LATE_ERROR, .method = "POST", .times = -1, .code = "x"});
    assert_code(blob_store_remove_prefix(f->store, "p/", NULL, &err), ERR_UNAVAILABLE);
    assert_err_says(&err, "says that it removes p/a, but it stays");
}

static void a_blob_that_looks_like_an_error_is_a_blob(void **state)
{
    struct s3_fixture *f = *state;
    const char *text = "<Error><Code>SlowDown</Code></Error>";
    s3_fixture_put(f, "a/b", text);
    s3_fixture_assert_blob(f, "a/b", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_bucket(failures_that_may_pass_are_tried_again),
        in_bucket(a_failure_that_lasts_is_told_with_the_server_and_what_it_said),
        in_bucket(a_server_that_asks_for_a_longer_pause_than_there_is_time_is_left_alone),
        in_bucket(what_is_refused_is_not_tried_again),
        in_bucket(bytes_that_broke_off_are_read_again),
        in_bucket(a_silent_server_is_given_up),
        in_bucket(a_server_that_is_not_there_is_named),
        in_bucket(closing_ends_the_waiting),
        in_bucket(long_lists_come_in_pages_and_go_in_batches),
        in_bucket(what_was_removed_already_is_removed),
        in_bucket(what_others_put_into_the_bucket_is_not_shown_but_goes_with_its_prefix),
        in_bucket(keys_that_stay_although_they_were_to_go_are_an_error),
        in_bucket(a_blob_that_looks_like_an_error_is_a_blob),
    };
    return s3_fixture_run(tests);
}
