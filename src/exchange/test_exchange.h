// Export and import over real stores, for tests: the project of test_labels.h with one clip more whose boxes are known.
//
//   frame 0, at 0:         a car (track 0) [10.5, 20, 30, 40], a person [100, 50, 20, 60]
//   frame 2, at 400123 µs: the car [12.25, 21, 30, 40], a dog (track 1) [300.123, 100, 64, 36]
//
// What fails ends the test.
#pragma once

#include "blob_store/blob_store.h"
#include "exchange/export.h"
#include "exchange/import.h"
#include "search/catalogue.h"
#include "search/test_labels.h"

#define CLIP "00000000000000ee"

struct exchange_fixture {
    struct fixture *base;
    struct blob_store *blobs;
    struct catalogue *catalogue;
    char folder[FILE_PATH_MAX];
};

#define with_clip(name) cmocka_unit_test_setup_teardown(name, set_up_clip, tear_down_clip)
int set_up_clip(void **state);
int tear_down_clip(void **state);

// The car is "=Bob", the person is not, and the dog is no dog.
void label_the_clip(struct exchange_fixture *f);
// The video counts as tracked.
void track_the_clip(struct exchange_fixture *f);
void put_picture(struct exchange_fixture *f, int32_t frame, const char *bytes);

// Calls of the meta store: which one fails (0: none), and how many there were since that was said.
void fail_call(struct exchange_fixture *f, int64_t at);
int64_t calls(struct exchange_fixture *f);

// ---- exports; `video` NULL: all of the project. The request's project is PROJECT where it says none.

struct export *begin_export(struct exchange_fixture *f, const char *video, const struct export_request *request);
// *text (may be NULL) is what came, also of an export that broke off; to be freed.
enum err_code try_export(
    struct exchange_fixture *f, const char *video, const struct export_request *request, char **text) ERR_MUST_CHECK;
// To be freed.
char *export_from(struct exchange_fixture *f, const char *video, const struct export_request *request);
// Of the clip.
char *export_text(struct exchange_fixture *f, const struct export_request *request);
struct strbuf export_bytes(struct exchange_fixture *f, const struct export_request *request);

// The names of an archive's files, one a line.
void assert_members(const struct strbuf *archive, const char *wanted);
void assert_member(const struct strbuf *archive, const char *name, const char *wanted);

// ---- imports; the request's project is PROJECT where it says none, its overlap the usual one where it says 0 and none
// where it says NO_OVERLAP, and any version will do

#define NO_OVERLAP (-1)

enum err_code try_import(struct exchange_fixture *f, const struct import_request *request, const void *bytes,
    size_t size, struct imported *imported) ERR_MUST_CHECK;
// Everything that is labelled in the project, as text: each object's label, by whose word, and what it is not; by
// object. To be freed.
char *labels_text(struct exchange_fixture *f);
void assert_labels(struct exchange_fixture *f, const char *wanted);
// Removes all labels.
void forget_labels(struct exchange_fixture *f);
