// Zip archives: written as a stream, read from memory.
//
// Foreign archives are not trusted: members must have clean relative names of their own (no "..", no "\", no control
// characters), and be plain files; links, devices and encrypted members are refused, folders passed over. What is
// unpacked is bounded by the caller. One thread at a time. Errors: ERR_INVALID (no archive, damaged, a member that is
// refused), ERR_LIMIT, ERR_INTERNAL.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

#define ZIP_NAME_MAX 512
#define ZIP_MEMBERS_MAX 1000000

// ---- writing

struct zip_writer;

// Appends the archive to `out` (borrowed; the caller takes from it what has gathered). Members carry the time `at_us`.
// It keeps about 400 bytes a member in memory, for the list at the archive's end.
enum err_code zip_writer_new(
    struct strbuf *out, int64_t at_us, struct zip_writer **writer, struct err *err) ERR_MUST_CHECK;
void zip_writer_free(struct zip_writer *writer); // NULL is harmless
// A member of `size` bytes, which zip_writer_add() then gives. Text should be compressed, pictures are already.
enum err_code zip_writer_begin(
    struct zip_writer *writer, const char *name, uint64_t size, bool compress, struct err *err) ERR_MUST_CHECK;
enum err_code zip_writer_add(struct zip_writer *writer, const void *bytes, size_t size, struct err *err) ERR_MUST_CHECK;
// A whole member.
enum err_code zip_writer_put(struct zip_writer *writer, const char *name, const void *bytes, size_t size, bool compress,
    struct err *err) ERR_MUST_CHECK;
// The archive's end.
enum err_code zip_writer_finish(struct zip_writer *writer, struct err *err) ERR_MUST_CHECK;

// ---- reading

struct zip_reader;

struct zip_limits {
    uint64_t member_bytes; // of one member that is read, unpacked
    uint64_t total_bytes;  // of all that are read
};

// The bytes are borrowed.
enum err_code zip_reader_new(const void *bytes, size_t size, const struct zip_limits *limits,
    struct zip_reader **reader, struct err *err) ERR_MUST_CHECK;
void zip_reader_free(struct zip_reader *reader); // NULL is harmless
// The next file's name, good until the next call; NULL at the end. Its content need not be read.
enum err_code zip_next(struct zip_reader *reader, const char **name, struct err *err) ERR_MUST_CHECK;
// What it holds, unpacked; NUL-terminated behind its end, good until the next call.
enum err_code zip_read(struct zip_reader *reader, const char **bytes, size_t *size, struct err *err) ERR_MUST_CHECK;
// Unpacks it to a file.
enum err_code zip_read_to(struct zip_reader *reader, const char *path, struct err *err) ERR_MUST_CHECK;
// Whether the bytes begin as a zip archive does.
bool zip_is_one(const void *bytes, size_t size);
