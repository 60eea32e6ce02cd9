// The blob store: bytes under keys ("{project}/{video}/frames/00000042.jpg").
//
// A put is atomic: a reader sees the old bytes or the new ones, never a part. Keys are checked: segments of
// [A-Za-z0-9._-], joined by "/", no empty segment, none that starts with ".", at most BLOB_KEY_MAX bytes; a key never
// leads out of the store. All functions are safe from all threads, and several processes may share a store.
//
// Errors: ERR_NOT_FOUND, ERR_INVALID (key, range), ERR_LIMIT (larger than the caller allows), ERR_UNAVAILABLE
// (server does not answer or does not let us), ERR_FULL (disk, bucket), ERR_TIMEOUT, ERR_DENIED (a folder of somebody
// else's).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/check.h"
#include "base/err.h"

struct blob_store;
struct cancel;

#define BLOB_KEY_MAX 255

void blob_store_free(struct blob_store *store);
bool blob_key_is_valid(const char *key);
// Whether the blobs lie elsewhere: reading takes a network, and blob_store_get_file() makes a copy.
bool blob_store_is_remote(const struct blob_store *store);

enum err_code blob_store_put(
    struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err) ERR_MUST_CHECK;
// Stores a local file's content. With `move` the file may be renamed away instead of copied; it is gone afterwards.
enum err_code blob_store_put_file(
    struct blob_store *store, const char *key, const char *path, bool move, struct err *err) ERR_MUST_CHECK;

// The whole blob, NUL-terminated behind its end; the caller frees it. Refuses one above `limit` bytes.
enum err_code blob_store_get(struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size,
    struct err *err) ERR_MUST_CHECK;
// Up to `size` bytes from `offset` into `buffer`; *got is less at the end, 0 behind it.
enum err_code blob_store_get_range(struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size,
    size_t *got, struct err *err) ERR_MUST_CHECK;

// The blob as a local file, for libraries that want one: the stored file itself where the backend is a directory, else
// a temporary copy under `temp_dir`. Read only. Release it when done.
struct blob_file {
    char *path;
    bool temporary;
};
enum err_code blob_store_get_file(struct blob_store *store, const char *key, const char *temp_dir,
    struct cancel *cancel, struct blob_file *file, struct err *err) ERR_MUST_CHECK;
void blob_file_release(struct blob_file *file);

struct blob_info {
    int64_t size_bytes;
    int64_t modified_us; // wall clock
};
enum err_code blob_store_stat(
    struct blob_store *store, const char *key, struct blob_info *info, struct err *err) ERR_MUST_CHECK;

// A URL under which whoever has it may read the blob (GET, with ranges) for some hours, without passing through this
// process; it is answered with this content type. For browsers, so it names the server as they reach it. To be freed.
// ERR_INVALID where the backend has no such thing: ask first.
bool blob_store_has_links(const struct blob_store *store);
enum err_code blob_store_link(
    struct blob_store *store, const char *key, const char *content_type, char **url, struct err *err) ERR_MUST_CHECK;

// Removing what is not there is no error.
enum err_code blob_store_remove(struct blob_store *store, const char *key, struct err *err) ERR_MUST_CHECK;
// Everything whose key starts with `prefix`, which ends with "/".
enum err_code blob_store_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;

// Calls back for each key under `prefix` (ends with "/"; "": all) in ascending order; a callback that returns false
// ends the walk. Keys put or removed meanwhile may or may not be seen.
typedef bool blob_visit(void *context, const char *key, const struct blob_info *info);
enum err_code blob_store_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;

// What puts that were begun and never ended have left behind in the store (the process was killed); it takes up room,
// but no reader sees it. Only backends that cannot clear it away by themselves have any. `id` tells several of one key
// apart. The callback must not use the store.
typedef bool blob_unfinished_visit(void *context, const char *key, const char *id, int64_t begun_us);
enum err_code blob_store_list_unfinished(
    struct blob_store *store, blob_unfinished_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;
enum err_code blob_store_remove_unfinished(
    struct blob_store *store, const char *key, const char *id, struct err *err) ERR_MUST_CHECK;

// Makes everything put so far by this process survive a power failure, not only the end of the process. Called before
// a message is acknowledged.
enum err_code blob_store_flush(struct blob_store *store, struct err *err) ERR_MUST_CHECK;

// Whether the store works, now. ERR_UNAVAILABLE and ERR_TIMEOUT where that may change by itself; other codes for what
// somebody has to mend (ERR_DENIED: wrong keys or rights, ERR_INVALID: a bucket that is not there).
enum err_code blob_store_ping(struct blob_store *store, struct err *err) ERR_MUST_CHECK;

// Whether the store can be used as it has to be: is there, may be listed, written, read and removed from, and has about
// the same time. `where` names it for the sentences. Stores and removes one small blob that no list of a project shows.
void blob_store_check(struct blob_store *store, const char *where, struct checks *checks);

// Removes temporary copies of blob_store_get_file() in this folder whose processes have ended.
void blob_file_clean(const char *temp_dir);
