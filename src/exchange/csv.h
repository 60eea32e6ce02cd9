// Comma-separated values (RFC 4180): lines that end in CR LF, cells in double quotes where they must be.
//
// Spreadsheets take a cell that begins with = + - @ (or their wide forms), a tab or CR for a formula. Texts that begin
// so, or with an apostrophe, are therefore written with an apostrophe before them, which a spreadsheet shows as
// nothing; reading takes just those away again, so that every text comes back as it was.
//
// Reading is strict about what has no one meaning: a quote in the middle of a cell, text behind a closing quote, an end
// inside of quotes, bytes that are no UTF-8. Lines may end in CR LF, LF or CR; a byte order mark is passed over; empty
// lines are no records. Errors are ERR_INVALID and ERR_LIMIT, with the line. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

#define CSV_CELLS_MAX 256           // of a record
#define CSV_RECORD_MAX (256 * 1024) // bytes

// A text cell, made harmless.
void csv_add_text(struct strbuf *out, const char *text);

struct csv_reader;

// The text is borrowed. ERR_INVALID for other encodings than UTF-8 that show at the beginning.
enum err_code csv_reader_new(const char *text, size_t size, struct csv_reader **reader, struct err *err) ERR_MUST_CHECK;
void csv_reader_free(struct csv_reader *reader); // NULL is harmless

struct csv_record {
    const char *const *cells; // as they stand in the file, without quotes; NUL-terminated, good until the next record
    size_t count;
    int64_t line; // on which it begins, from 1
};
// *count 0 at the end.
enum err_code csv_next(struct csv_reader *reader, struct csv_record *record, struct err *err) ERR_MUST_CHECK;
// A text cell without the apostrophe that csv_add_text() gave it: the same pointer or the next one.
const char *csv_text(const char *cell);
