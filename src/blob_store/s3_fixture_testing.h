// A bucket on a server in memory (s3_server_testing.h) with a blob store on it, as the tests of the S3 blob store want
// it. For the thread that runs the test.
#pragma once

#include "base/test.h"
#include "blob_store/blob_store_s3.h"
#include "blob_store/s3_server_testing.h"
#include "os/file.h"

struct s3_fixture {
    char folder[FILE_PATH_MAX];
    struct s3_server *server;
    struct blob_store *store; // in the bucket "bucket" under "pre", as "tester" with "tester-secret"
    struct blob_store_s3_options options;
};

int s3_fixture_set_up(void **state);
int s3_fixture_tear_down(void **state);
#define in_bucket(name) cmocka_unit_test_setup_teardown(name, s3_fixture_set_up, s3_fixture_tear_down)

// Opens the store anew, after a change of the options.
void s3_fixture_reopen(struct s3_fixture *f);
void s3_fixture_put(struct s3_fixture *f, const char *key, const char *text);
void s3_fixture_assert_blob(struct s3_fixture *f, const char *key, const char *text);

// Takes from the environment what would change the settings, and runs the cases.
#define s3_fixture_run(tests) (s3_fixture_clear_environment(), cmocka_run_group_tests(tests, NULL, NULL))
void s3_fixture_clear_environment(void);
