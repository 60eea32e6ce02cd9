// Connections: opening them, what SQLite's errors mean, and taking a file's schema forward.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "db/db_internal.h"

// SQLite's own busy handler sleeps up to 100 ms between tries, which is far longer than transactions here last.
#define BUSY_SLEEP_FIRST_US 100
#define BUSY_SLEEP_LAST_US 5000
#define FILE_MODE 0600

static int wait_while_busy(void *context, int tries)
{
    (void)context;
    static const int64_t doublings = 6;
    int64_t sleep_us = tries < doublings ? (int64_t)BUSY_SLEEP_FIRST_US << tries : BUSY_SLEEP_LAST_US;
    if ((int64_t)tries * BUSY_SLEEP_LAST_US > (int64_t)DB_BUSY_MS * 1000)
        return 0;
    struct timespec pause = {.tv_nsec = sleep_us * 1000};
    nanosleep(&pause, NULL);
    return 1;
}

static bool is_disk_full(int system_errno)
{
    return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

enum err_code db_error(const struct db_conn *conn, int rc, struct err *err)
{
    const struct db *db = conn->db;
    // SQLite does not note the cause of a failed COMMIT; then errno still has it.
    int last_errno = errno;
    int system_errno = conn->handle != NULL ? sqlite3_system_errno(conn->handle) : 0;
    if (system_errno == 0)
        system_errno = last_errno;
    const char *detail = conn->handle != NULL ? sqlite3_errmsg(conn->handle) : sqlite3_errstr(rc);
    switch (rc & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_UNAVAILABLE, "the %s %s has been locked by another process for more than %d s",
            db->kind, db->path, DB_BUSY_MS / 1000);
    case SQLITE_FULL:
        return err_set(err, ERR_FULL, "cannot write the %s %s: " ERR_FULL_WORDS, db->kind, db->path);
    case SQLITE_IOERR:
        if (is_disk_full(system_errno))
            return err_set(err, ERR_FULL, "cannot write the %s %s: " ERR_FULL_WORDS, db->kind, db->path);
        return err_set(err, ERR_UNAVAILABLE, "cannot read or write the %s %s: %s%s%s", db->kind, db->path, detail,
            system_errno != 0 ? ": " : "", system_errno != 0 ? strerror(system_errno) : "");
    case SQLITE_CANTOPEN:
        return err_set(err, system_errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED, "cannot open the %s %s: %s", db->kind,
            db->path, system_errno != 0 ? strerror(system_errno) : detail);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return err_set(err, ERR_DENIED, "the %s %s cannot be written: %s; check the owner and the mode of its folder",
            db->kind, db->path, detail);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return err_set(err, ERR_CORRUPT,
            "the %s %s is damaged (%s): restore it from a backup, or move it away to start anew", db->kind, db->path,
            detail);
    case SQLITE_TOOBIG:
        return err_set(err, ERR_LIMIT, "a value is too large for the %s %s", db->kind, db->path);
    case SQLITE_NOMEM:
        return err_set(err, ERR_UNAVAILABLE, "not enough memory for the %s %s", db->kind, db->path);
    default:
        return err_set(err, ERR_INTERNAL, "the %s %s: %s", db->kind, db->path, detail);
    }
}

enum err_code db_conn_exec(struct db_conn *conn, const char *sql, struct err *err)
{
    errno = 0;
    int rc = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_NONE : db_error(conn, rc, err);
}

enum err_code db_conn_int(struct db_conn *conn, const char *sql, int64_t *value, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->handle, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    enum err_code code = ERR_NONE;
    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(stmt, 0);
    else
        code = db_error(conn, rc == SQLITE_DONE ? SQLITE_ERROR : rc, err);
    sqlite3_finalize(stmt);
    return code;
}

static enum err_code use_write_ahead_log(struct db_conn *conn, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->handle, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);
    // Of processes that make the same file at the same time all but one are refused at once: SQLite asks its busy
    // handler only before a transaction, and this statement reads first and then wants the file for itself.
    for (int tries = 0; rc == SQLITE_OK; tries++) {
        int stepped = sqlite3_step(stmt);
        if ((stepped & 0xFF) != SQLITE_BUSY || wait_while_busy(NULL, tries) == 0)
            rc = stepped;
        else
            sqlite3_reset(stmt);
    }
    enum err_code code = ERR_NONE;
    if (rc != SQLITE_ROW)
        code = db_error(conn, rc, err);
    else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") != 0)
        code = err_set(err, ERR_UNAVAILABLE,
            "the %s %s lies on a file system without shared memory maps (a network share?): put the data folder on a "
            "local disk",
            conn->db->kind, conn->db->path);
    sqlite3_finalize(stmt);
    return code;
}

// Takes from a file of ours what an earlier version, or another program, let others do with it.
static void close_to_others(const char *path)
{
    struct stat st;
    // By name: opening and closing the file would drop SQLite's locks on it. A link is nobody's database here.
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        (void)chmod(path, st.st_mode & S_IRWXU);
}

// SQLite makes files that others may read, and gives its log and its shared memory the mode of the database.
static void make_private(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    if (mknod(path, S_IFREG | FILE_MODE, 0) == 0)
        return;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        char *file = mem_sprintf("%s%s", path, endings[i]);
        close_to_others(file);
        free(file);
    }
}

enum err_code db_conn_open(struct db *db, struct db_conn *conn, bool writer, struct err *err)
{
    conn->db = db;
    // A connection is used by one thread at a time, so SQLite's own mutexes are left out.
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (writer ? SQLITE_OPEN_CREATE : 0);
    if (writer)
        make_private(db->path);
    int rc = sqlite3_open_v2(db->path, &conn->handle, flags, NULL);
    if (rc != SQLITE_OK)
        return db_error(conn, rc, err);
    sqlite3_busy_handler(conn->handle, wait_while_busy, NULL);
    // Heeded only when the file is made: lets a store give the space of what it removed back to the file system.
    enum err_code code = db_conn_exec(conn, "PRAGMA auto_vacuum = INCREMENTAL", err);
    if (code == ERR_NONE)
        code = use_write_ahead_log(conn, err);
    if (code != ERR_NONE)
        return code;
    // NORMAL: commits are flushed by db_end() where asked for, for several threads at once; checkpoints always are.
    return db_conn_exec(conn,
        "PRAGMA synchronous = NORMAL;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -8192;"
        "PRAGMA journal_size_limit = 67108864;"
        "PRAGMA trusted_schema = OFF;",
        err);
}

void db_conn_close(struct db_conn *conn)
{
    for (size_t i = 0; i < conn->statement_count; i++)
        sqlite3_finalize(conn->statements[i].handle);
    sqlite3_close(conn->handle);
    conn->handle = NULL;
    conn->statement_count = 0;
}

static enum err_code check_kind(struct db *db, const struct db_options *options, struct err *err)
{
    int64_t application_id = 0;
    int64_t version = 0;
    int64_t tables = 0;
    enum err_code code = db_conn_int(&db->writer, "PRAGMA application_id", &application_id, err);
    if (code == ERR_NONE)
        code = db_conn_int(&db->writer, "PRAGMA user_version", &version, err);
    if (code == ERR_NONE)
        code = db_conn_int(&db->writer, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (code != ERR_NONE)
        return code;
    bool fresh = application_id == 0 && version == 0 && tables == 0;
    if (!fresh && application_id != options->application_id)
        return err_set(err, ERR_INVALID, "%s is a database, but not Framehound's %s: choose another data folder",
            db->path, db->kind);
    if (version > (int64_t)options->migration_count)
        return err_set(err, ERR_INVALID,
            "the data folder was written by a newer Framehound (%s: schema %lld, this program knows %zu): upgrade the "
            "program",
            db->path, (long long)version, options->migration_count);
    return ERR_NONE;
}

static enum err_code migrate_in_transaction(struct db *db, const struct db_options *options, struct err *err)
{
    // Looked at again inside the transaction: another process may have migrated meanwhile.
    enum err_code code = check_kind(db, options, err);
    int64_t version = 0;
    if (code == ERR_NONE)
        code = db_conn_int(&db->writer, "PRAGMA user_version", &version, err);
    if (code != ERR_NONE || version == (int64_t)options->migration_count)
        return code;
    for (size_t i = (size_t)version; i < options->migration_count && code == ERR_NONE; i++)
        code = db_conn_exec(&db->writer, options->migrations[i], err);
    if (code == ERR_NONE) {
        char *mark = mem_sprintf(
            "PRAGMA application_id = %d; PRAGMA user_version = %zu", options->application_id, options->migration_count);
        code = db_conn_exec(&db->writer, mark, err);
        free(mark);
    }
    return code;
}

enum err_code db_migrate(struct db *db, const struct db_options *options, struct err *err)
{
    // Looked at before anything is written, so that a foreign or newer file stays as it is; in one transaction, or a
    // file that another process is just making would be seen half made.
    enum err_code code = db_conn_exec(&db->writer, "BEGIN", err);
    if (code != ERR_NONE)
        return code;
    code = check_kind(db, options, err);
    sqlite3_exec(db->writer.handle, "ROLLBACK", NULL, NULL, NULL);
    if (code == ERR_NONE)
        code = db_conn_exec(&db->writer, "BEGIN IMMEDIATE", err);
    if (code != ERR_NONE)
        return code;
    code = migrate_in_transaction(db, options, err);
    if (code == ERR_NONE)
        code = db_conn_exec(&db->writer, "COMMIT", err);
    if (code != ERR_NONE && sqlite3_get_autocommit(db->writer.handle) == 0)
        sqlite3_exec(db->writer.handle, "ROLLBACK", NULL, NULL, NULL);
    return code;
}
