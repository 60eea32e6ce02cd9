// What the files of this module share. Nobody else includes it.
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "db/db.h"

// Statements kept per connection; a store has fewer different ones.
#define DB_STATEMENTS_MAX 96

struct db_stmt {
    const char *sql;
    sqlite3_stmt *handle; // NULL when it could not be prepared: then the transaction has failed
    struct db_conn *conn;
};

struct db_conn {
    sqlite3 *handle;
    struct db *db;
    struct db_tx *tx; // the one that is open
    struct db_stmt statements[DB_STATEMENTS_MAX];
    size_t statement_count;
};

// Stands in for a statement that could not be made: without a handle, every call on it does nothing.
extern struct db_stmt db_no_stmt;

struct db {
    char *path;
    char *kind;
    pthread_mutex_t write_mutex; // held from db_begin to db_end of a write
    struct db_conn writer;

    pthread_mutex_t read_mutex; // guards the list below
    pthread_cond_t reader_free;
    struct db_conn *free_readers[DB_READERS];
    size_t free_reader_count;
    size_t reader_count; // opened so far

    // Group flush: commits get numbers; a flush covers all commits that were made before it began.
    pthread_mutex_t flush_mutex;
    pthread_cond_t flush_done;
    int wal_fd;
    uint64_t committed; // number of the last commit
    uint64_t flushed;   // all commits up to this one are on the disk
    bool flushing;
};

enum err_code db_conn_open(struct db *db, struct db_conn *conn, bool writer, struct err *err) ERR_MUST_CHECK;
void db_conn_close(struct db_conn *conn);
enum err_code db_migrate(struct db *db, const struct db_options *options, struct err *err) ERR_MUST_CHECK;

// Turns SQLite's last error on a connection into a code and a sentence.
enum err_code db_error(const struct db_conn *conn, int rc, struct err *err);
// Runs SQL outside a transaction's rules.
enum err_code db_conn_exec(struct db_conn *conn, const char *sql, struct err *err) ERR_MUST_CHECK;
// The first column of the first row as a number.
enum err_code db_conn_int(struct db_conn *conn, const char *sql, int64_t *value, struct err *err) ERR_MUST_CHECK;
