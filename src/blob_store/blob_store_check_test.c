// The check-up of a bucket, on a server in memory that refuses what the test says.
#include "base/check_testing.h"
#include "blob_store/blob_store_memory.h"
#include "blob_store/s3_fixture_testing.h"

#define WHERE "s3://bucket/pre"
#define DAY_US INT64_C(1369353600000000) // 2013-05-24

static void look_after(struct s3_fixture *f, struct check_record *record)
{
    check_record_begin(record);
    blob_store_check(f->store, WHERE, &record->checks);
}

static struct s3_fault denial(const char *method, const char *target)
{
    return (struct s3_fault){.kind = S3_FAULT_STATUS,
        .method = method,
        .target = target,
        .times = -1,
        .status = 403,
        .code = "AccessDenied"};
}

static void a_bucket_that_works_is_well_in_everything_and_keeps_nothing(void **state)
{
    struct s3_fixture *f = *state;
    struct check_record record;
    look_after(f, &record);
    assert_int_equal(record.checks.wrong, 0);
    assert_check_says(&record, "ok", WHERE " answers", "");
    assert_check_says(&record, "ok", WHERE " may be written", "");
    assert_check_says(&record, "ok", WHERE " may be read", "");
    assert_check_says(&record, "ok", WHERE " may be listed", "");
    assert_check_says(&record, "ok", WHERE " lets blobs be removed", "");
    assert_int_equal(s3_server_count(f->server, "PUT", NULL), 1);
    assert_int_equal(s3_server_count(f->server, "DELETE", NULL), 1);
}

static void each_right_that_lacks_is_told_by_its_name(void **state)
{
    struct s3_fixture *f = *state;
    struct check_record record;
    struct s3_fault fault = denial("PUT", NULL);
    s3_server_fault(f->server, &fault);
    look_after(f, &record);
    assert_check_says(&record, "wrong", "may not be written", "s3:PutObject");
    assert_int_equal(record.checks.wrong, 1);
    fault = denial("GET", "doctor.check/");
    fault.skip = 0;
    s3_server_fault(f->server, &fault);
    look_after(f, &record);
    assert_check_says(&record, "wrong", "cannot be read", "s3:GetObject");
    fault = denial("DELETE", NULL);
    s3_server_fault(f->server, &fault);
    look_after(f, &record);
    assert_check_says(&record, "wrong", "does not let blobs be removed", "s3:DeleteObject");
    assert_int_equal(record.checks.wrong, 1);
    fault = denial("GET", "list-type");
    s3_server_fault(f->server, &fault);
    look_after(f, &record);
    assert_check_says(&record, "wrong", "s3:ListBucket", "");
    // Of what is not there nothing more is said.
    assert_int_equal(record.checks.wrong, 1);
}

static void a_clock_that_is_off_is_told_before_the_server_refuses_and_when_it_does(void **state)
{
    struct s3_fixture *f = *state;
    struct check_record record;
    struct clock_manual clock;
    const struct s3_fault late = {.kind = S3_FAULT_STATUS,
        .times = -1,
        .status = 403,
        .code = "RequestTimeTooSkewed",
        .headers = "Date: Fri, 24 May 2013 00:20:00 GMT\r\n"};
    clock_manual_init(&clock, DAY_US);
    f->options.clock = &clock.clock;
    s3_fixture_reopen(f);
    s3_server_fault(f->server, &late);
    look_after(f, &record);
    assert_check_says(
        &record, "wrong", "this machine's clock is 20 minutes behind that of " WHERE, "set this machine's clock");
    assert_check_says(&record, "wrong", "there 2013-05-24T00:20:00", "");
    const struct s3_fault early = {
        .kind = S3_FAULT_STATUS, .times = -1, .status = 503, .headers = "Date: Thu, 23 May 2013 23:55:00 GMT\r\n"};
    s3_server_fault(f->server, &early);
    look_after(f, &record);
    assert_check_says(&record, "warning", "this machine's clock is 300 seconds ahead of that of " WHERE, "by NTP");
    const struct s3_fault close = {
        .kind = S3_FAULT_STATUS, .times = -1, .status = 503, .headers = "Date: Fri, 24 May 2013 00:00:30 GMT\r\n"};
    s3_server_fault(f->server, &close);
    look_after(f, &record);
    assert_check_says(&record, "ok", "differ by less than a minute", "");
}

static void a_store_without_a_server_is_looked_after_as_well(void **state)
{
    (void)state;
    struct check_record record;
    struct blob_store *store = blob_store_memory_new(clock_system());
    check_record_begin(&record);
    blob_store_check(store, "memory", &record.checks);
    assert_int_equal(record.checks.wrong, 0);
    assert_check_says(&record, "ok", "memory lets blobs be removed", "");
    blob_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_bucket(a_bucket_that_works_is_well_in_everything_and_keeps_nothing),
        in_bucket(each_right_that_lacks_is_told_by_its_name),
        in_bucket(a_clock_that_is_off_is_told_before_the_server_refuses_and_when_it_does),
        cmocka_unit_test(a_store_without_a_server_is_looked_after_as_well),
    };
    return s3_fixture_run(tests);
}
