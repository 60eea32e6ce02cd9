// Large files of a bucket: up in parts, down in pieces.
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "blob_store/s3_fixture_testing.h"
#include "os/file.h"

static struct err err;

#define LARGE_SIZE ((size_t)2 * S3_PART_BYTES_MIN + 12345)

static char *large_file(struct s3_fixture *f, char **bytes)
{
    char *path = mem_sprintf("%s/large.mp4", f->folder);
    *bytes = mem_alloc(LARGE_SIZE);
    for (size_t i = 0; i < LARGE_SIZE; i++)
        (*bytes)[i] = (char)(i * 2654435761u >> 13);
    assert_ok(file_write(path, *bytes, LARGE_SIZE, FILE_SYNC_NONE, &err), &err);
    return path;
}

static void assert_object(struct s3_fixture *f, const char *key, const char *bytes, size_t size)
{
    size_t got = 0;
    char *found = s3_server_get(f->server, key, &got);
    assert_non_null(found);
    assert_int_equal(got, size);
    assert_memory_equal(found, bytes, size);
    free(found);
}

static void a_large_file_goes_up_in_parts(void **state)
{
    struct s3_fixture *f = *state;
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
    struct s3_fixture *f = *state;
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
    struct s3_fixture *f = *state;
    char *bytes;
    char *path = large_file(f, &bytes);
    s3_fixture_put(f, "v/source", "the old one");
    s3_server_fault(
        f->server, &(struct s3_fault){.kind = S3_FAULT_STATUS, .target = "partNumber=3", .times = -1, .status = 500});
    assert_code(blob_store_put_file(f->store, "v/source", path, true, &err), ERR_UNAVAILABLE);
    assert_true(file_exists(path));
    s3_fixture_assert_blob(f, "v/source", "the old one");
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
    struct s3_fixture *f = *state;
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
    struct s3_fixture *f = *state;
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
    struct s3_fixture *f = *state;
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
    assert_err_says(&err, "InvalidPart");
    assert_int_equal(s3_server_uploads(f->server), 0);
    free(path);
    free(bytes);
}

static void a_copy_is_read_in_pieces_of_one_and_the_same_object(void **state)
{
    struct s3_fixture *f = *state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_bucket(a_large_file_goes_up_in_parts),
        in_bucket(parts_that_fail_are_sent_again_alone),
        in_bucket(a_failed_upload_is_cleared_away_and_the_old_blob_stays),
        in_bucket(what_a_killed_process_left_is_found_and_removed),
        in_bucket(an_upload_whose_last_answer_was_lost_is_complete),
        in_bucket(an_upload_that_fails_after_its_status_is_completed_again),
        in_bucket(a_copy_is_read_in_pieces_of_one_and_the_same_object),
    };
    return s3_fixture_run(tests);
}
