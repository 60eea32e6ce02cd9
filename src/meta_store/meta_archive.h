// A whole meta store as a file, and back: from SQLite to Redis, from Redis to SQLite, or to keep.
//
// All of it goes: settings, projects, journals with their times, videos in the order of their creation with all their
// fields, segments, frames and objects bit for bit, tracks, errors. Left out are videos that are being deleted. Of
// errors beyond the sentences that are kept, the number goes.
//
// Export reads pages and writes blocks, import the other way round, so memory does not grow with the store. While
// others change the store, what they change is exported as it was at some moment in between; stop the parts for an
// export to go on from. An import wants a store without projects; one that was interrupted is repeated with the same
// file and continues.
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

struct meta_archive_totals {
    int64_t settings, projects, entries, videos, segments, frames, objects, tracks;
};

// Writes it to `fd`; `name` is for sentences.
enum err_code meta_archive_export(struct meta_store *store, int fd, const char *name, struct cancel *cancel,
    struct meta_archive_totals *totals, struct err *err) ERR_MUST_CHECK;

// Reads the file from its beginning to its end and says whether it is whole, by the digest of its content. ERR_CORRUPT,
// ERR_CONFLICT (of another version).
enum err_code meta_archive_check(int fd, const char *name, struct cancel *cancel, char digest[SHA256_HEX_SIZE],
    struct meta_archive_totals *totals, struct err *err) ERR_MUST_CHECK;

// Reads the file twice from its beginning: to check it, before anything is stored, and to store what is in it. `clock`
// is the one the store was opened with: it is turned to the times that things were stored at. Videos whose counts come
// out otherwise than they were are logged. ERR_CONFLICT for a store that has projects already.
enum err_code meta_archive_import(struct meta_store *store, struct clock_manual *clock, int fd, const char *name,
    struct log *log, struct cancel *cancel, struct meta_archive_totals *totals, struct err *err) ERR_MUST_CHECK;
