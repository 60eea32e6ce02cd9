// The file that exported metadata is in: records in blocks, each block checked.
//
// "FHMETA01", then blocks: payload size (4 bytes, little-endian, not 0), payload, and SHA-256 over the digest of the
// block before, the size and the payload; so a block that is damaged, missing, repeated or out of order is found out
// where it is. The last block has a record of the totals and nothing follows it, so a file that was cut is found out
// too. A payload is whole records: a byte that says which, the size of the rest, and the rest (value_bytes.h).
//
// Reading and writing are streams; memory is that of a block. One thread at a time. Errors: ERR_CORRUPT (damaged, cut,
// not such a file), ERR_CONFLICT (of a newer program), ERR_UNAVAILABLE.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "meta_store/value_bytes.h"

enum archive_kind {
    ARCHIVE_SETTING = 'S',
    ARCHIVE_PROJECT = 'P',
    ARCHIVE_ENTRY = 'J',
    ARCHIVE_VIDEO = 'V',
    ARCHIVE_SEGMENT = 'G',
    ARCHIVE_FRAME = 'F',
    ARCHIVE_TRACK = 'T',
    ARCHIVE_SENTENCE = 'E',
    ARCHIVE_VIDEO_END = 'v',
    ARCHIVE_TOTALS = 'Z', // the last
};

struct archive_writer;
// `fd` stays the caller's; `name` is for sentences and borrowed.
struct archive_writer *archive_writer_new(int fd, const char *name);
void archive_writer_free(struct archive_writer *writer);
enum err_code archive_writer_add(
    struct archive_writer *writer, enum archive_kind kind, const struct strbuf *record, struct err *err) ERR_MUST_CHECK;
// Writes what is buffered; after the totals.
enum err_code archive_writer_finish(struct archive_writer *writer, struct err *err) ERR_MUST_CHECK;

struct archive_reader;
enum err_code archive_reader_open(
    int fd, const char *name, struct archive_reader **out, struct err *err) ERR_MUST_CHECK;
void archive_reader_free(struct archive_reader *reader); // NULL is harmless
// The next record; its bytes are valid until the next call. After ARCHIVE_TOTALS it makes sure that nothing follows and
// is not called again.
enum err_code archive_reader_next(struct archive_reader *reader, enum archive_kind *kind, struct value_reader *record,
    struct err *err) ERR_MUST_CHECK;
// A sentence about the record that was read last.
enum err_code archive_reader_damaged(const struct archive_reader *reader, struct err *err);
// The digest of the last block read: once the end is reached, that of the whole file.
void archive_reader_digest(const struct archive_reader *reader, char hex[SHA256_HEX_SIZE]);
