// SQLite for the embedded stores: one file, one writer and a few readers, short transactions, sentences for errors.
//
// SQLite lets one connection write at a time. So a `struct db` has one writing connection behind a mutex, which is
// fairer and quicker than several that find each other busy, and up to DB_READERS connections for reading: in
// write-ahead-log mode readers see the last commit and wait for nobody. Other processes may have the same file open;
// their writers are waited for up to DB_BUSY_MS.
//
// Inside a transaction errors are sticky: after the first one, every call does nothing, db_step() says there is no row,
// and db_end() rolls back and returns it. That leaves one place to look at errors per transaction.
//
// What survives: a commit is in the operating system's hands when db_end() returns, so the end of the process loses
// nothing. DB_WRITE_DURABLE also waits until it is on the disk, for power failures; threads that commit at the same
// time share one flush, outside the writer's mutex. Without it a power failure may undo the newest commits (never one
// without those after it) but not damage the file.
//
// Thread rule: a `struct db` is for all threads, a transaction and its statements belong to one. At most one
// transaction per thread at a time, or a thread may wait for itself.
//
// Errors: ERR_UNAVAILABLE (locked too long, I/O error), ERR_FULL (the disk), ERR_CORRUPT, ERR_DENIED (not writable),
// ERR_INVALID (written by a newer program, or not a file of this kind), ERR_INTERNAL (wrong SQL).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DB_READERS 4
#define DB_BUSY_MS 15000

struct db;
struct db_conn;
struct db_stmt;

struct db_options {
    const char *path;              // its folder exists
    const char *kind;              // for sentences: "queue"
    int32_t application_id;        // marks the file's kind, so that no other file is taken for it
    const char *const *migrations; // SQL that takes schema n to n + 1; only ever appended to
    size_t migration_count;        // the schema this program knows
};

// Opens or makes the file and migrates it forward.
enum err_code db_open(const struct db_options *options, struct db **db, struct err *err) ERR_MUST_CHECK;
void db_free(struct db *db); // NULL is harmless

enum db_mode { DB_READ, DB_WRITE, DB_WRITE_DURABLE };

// A transaction, to be kept on the stack. Fields are the module's own.
struct db_tx {
    struct db *db;
    struct db_conn *conn;
    enum db_mode mode;
    enum err_code code;
    struct err err;
};

// Begins; the transaction may be used and must be ended even when this fails, so callers need not look at the result.
enum err_code db_begin(struct db *db, enum db_mode mode, struct db_tx *tx);
// Commits, or rolls back after an error, which it returns.
enum err_code db_end(struct db_tx *tx, struct err *err) ERR_MUST_CHECK;
// Rolls back what was done; for transactions that turn out to have nothing to do.
void db_cancel(struct db_tx *tx);
// Fails the transaction for a reason of the caller's; the first failure stays. Returns its code.
enum err_code db_fail(struct db_tx *tx, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static inline bool db_ok(const struct db_tx *tx)
{
    return tx->code == ERR_NONE;
}

// A statement, made once per connection and kept. `sql` must be a literal: its address is the cache's key. Bindings are
// empty. Never NULL; valid until db_end.
struct db_stmt *db_stmt(struct db_tx *tx, const char *sql);
// Parameters ?1, ?2, … Texts and blobs are borrowed until the statement was run. A NULL text binds NULL.
void db_bind_int(struct db_stmt *stmt, int index, int64_t value);
void db_bind_double(struct db_stmt *stmt, int index, double value);
void db_bind_text(struct db_stmt *stmt, int index, const char *value);
void db_bind_blob(struct db_stmt *stmt, int index, const void *bytes, size_t size);
// The next row; false at the end or after an error. After false the statement can be bound and run again.
bool db_step(struct db_stmt *stmt);
// Runs a statement that gives no rows (or whose rows do not matter); true unless the transaction has failed.
bool db_run(struct db_stmt *stmt);
// Ends reading before the last row.
void db_stmt_done(struct db_stmt *stmt);

// The row's columns, 0, 1, … Texts and blobs live until the next step; a NULL text is "".
int64_t db_int(const struct db_stmt *stmt, int column);
double db_double(const struct db_stmt *stmt, int column);
const char *db_text(const struct db_stmt *stmt, int column);
const void *db_blob(const struct db_stmt *stmt, int column, size_t *size);
bool db_is_null(const struct db_stmt *stmt, int column);
// Copies a text into a field, cut at its end.
void db_copy_text(const struct db_stmt *stmt, int column, char *out, size_t out_size);

// Rows the last statement of the transaction inserted, changed or removed.
int64_t db_changes(const struct db_tx *tx);
int64_t db_last_id(const struct db_tx *tx);

// Shorthand for a statement without parameters.
bool db_exec(struct db_tx *tx, const char *sql);

// Reads something small, to see that the file answers.
enum err_code db_ping(struct db *db, struct err *err) ERR_MUST_CHECK;
const char *db_path(const struct db *db);
