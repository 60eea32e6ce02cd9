// Statements: kept per connection, bound, stepped and read.
#include <errno.h>
#include <string.h>

#include "db/db_internal.h"

struct db_stmt db_no_stmt;

static bool usable(const struct db_stmt *stmt)
{
    return stmt->handle != NULL && stmt->conn->tx->code == ERR_NONE;
}

static void fail(struct db_conn *conn, int rc)
{
    struct db_tx *tx = conn->tx;
    if (tx->code == ERR_NONE)
        tx->code = db_error(conn, rc, &tx->err);
}

static struct db_stmt *find(struct db_conn *conn, const char *sql)
{
    for (size_t i = 0; i < conn->statement_count; i++) {
        if (conn->statements[i].sql == sql)
            return &conn->statements[i];
    }
    return NULL;
}

struct db_stmt *db_stmt(struct db_tx *tx, const char *sql)
{
    struct db_conn *conn = tx->conn;
    if (tx->code != ERR_NONE)
        return &db_no_stmt;
    struct db_stmt *stmt = find(conn, sql);
    if (stmt != NULL) {
        sqlite3_reset(stmt->handle);
        sqlite3_clear_bindings(stmt->handle);
        return stmt;
    }
    if (conn->statement_count == DB_STATEMENTS_MAX) {
        db_fail(tx, ERR_INTERNAL, "more than %d statements on %s", DB_STATEMENTS_MAX, conn->db->path);
        return &db_no_stmt;
    }
    sqlite3_stmt *handle = NULL;
    int rc = sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
    if (rc != SQLITE_OK) {
        fail(conn, rc);
        return &db_no_stmt;
    }
    stmt = &conn->statements[conn->statement_count++];
    *stmt = (struct db_stmt){.sql = sql, .handle = handle, .conn = conn};
    return stmt;
}

static void check_bind(struct db_stmt *stmt, int rc)
{
    if (rc != SQLITE_OK)
        fail(stmt->conn, rc);
}

void db_bind_int(struct db_stmt *stmt, int index, int64_t value)
{
    if (usable(stmt))
        check_bind(stmt, sqlite3_bind_int64(stmt->handle, index, value));
}

void db_bind_double(struct db_stmt *stmt, int index, double value)
{
    if (usable(stmt))
        check_bind(stmt, sqlite3_bind_double(stmt->handle, index, value));
}

void db_bind_text(struct db_stmt *stmt, int index, const char *value)
{
    if (usable(stmt))
        check_bind(stmt, sqlite3_bind_text(stmt->handle, index, value, -1, SQLITE_STATIC));
}

void db_bind_blob(struct db_stmt *stmt, int index, const void *bytes, size_t size)
{
    if (!usable(stmt))
        return;
    // A NULL pointer would bind NULL instead of an empty blob.
    if (size == 0)
        check_bind(stmt, sqlite3_bind_zeroblob(stmt->handle, index, 0));
    else
        check_bind(stmt, sqlite3_bind_blob64(stmt->handle, index, bytes, size, SQLITE_STATIC));
}

bool db_step(struct db_stmt *stmt)
{
    if (!usable(stmt))
        return false;
    errno = 0;
    int rc = sqlite3_step(stmt->handle);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        fail(stmt->conn, rc);
    sqlite3_reset(stmt->handle);
    return false;
}

bool db_run(struct db_stmt *stmt)
{
    while (db_step(stmt))
        ;
    return usable(stmt);
}

void db_stmt_done(struct db_stmt *stmt)
{
    if (stmt->handle != NULL)
        sqlite3_reset(stmt->handle);
}

int64_t db_int(const struct db_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

double db_double(const struct db_stmt *stmt, int column)
{
    return sqlite3_column_double(stmt->handle, column);
}

const char *db_text(const struct db_stmt *stmt, int column)
{
    const unsigned char *text = sqlite3_column_text(stmt->handle, column);
    return text != NULL ? (const char *)text : "";
}

const void *db_blob(const struct db_stmt *stmt, int column, size_t *size)
{
    const void *bytes = sqlite3_column_blob(stmt->handle, column);
    *size = bytes != NULL ? (size_t)sqlite3_column_bytes(stmt->handle, column) : 0;
    return bytes;
}

bool db_is_null(const struct db_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}

void db_copy_text(const struct db_stmt *stmt, int column, char *out, size_t out_size)
{
    size_t length = strnlen(db_text(stmt, column), out_size - 1);
    memcpy(out, db_text(stmt, column), length);
    out[length] = '\0';
}

int64_t db_changes(const struct db_tx *tx)
{
    return tx->code == ERR_NONE ? sqlite3_changes64(tx->conn->handle) : 0;
}

int64_t db_last_id(const struct db_tx *tx)
{
    return tx->code == ERR_NONE ? sqlite3_last_insert_rowid(tx->conn->handle) : 0;
}

bool db_exec(struct db_tx *tx, const char *sql)
{
    return db_run(db_stmt(tx, sql));
}
