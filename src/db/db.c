// Transactions: the writer and its mutex, the pool of readers, and flushes shared by those who commit at the same time.
#include "db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "db/db_internal.h"

// The folder's entry for the log must be on the disk too, or flushing the log's content is of no use.
static enum err_code open_wal(struct db *db, struct err *err)
{
    char *wal_path = mem_sprintf("%s-wal", db->path);
    // Opening and closing the database file itself would drop SQLite's locks on it; the log carries none.
    db->wal_fd = open(wal_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    enum err_code code = ERR_NONE;
    if (db->wal_fd < 0)
        code = err_set_errno(err, errno, "cannot open %s", wal_path);
    char *slash = strrchr(wal_path, '/');
    if (slash != NULL)
        slash[slash == wal_path ? 1 : 0] = '\0';
    int folder = open(slash != NULL ? wal_path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (code == ERR_NONE && (folder < 0 || fsync(folder) != 0))
        code = err_set_errno(err, errno, "cannot flush the folder of %s", db->path);
    if (folder >= 0)
        close(folder);
    free(wal_path);
    return code;
}

enum err_code db_open(const struct db_options *options, struct db **out, struct err *err)
{
    *out = NULL;
    struct db *db = mem_calloc(1, sizeof(*db));
    db->path = mem_strdup(options->path);
    db->kind = mem_strdup(options->kind);
    db->wal_fd = -1;
    pthread_mutex_init(&db->write_mutex, NULL);
    pthread_mutex_init(&db->read_mutex, NULL);
    pthread_cond_init(&db->reader_free, NULL);
    pthread_mutex_init(&db->flush_mutex, NULL);
    pthread_cond_init(&db->flush_done, NULL);
    enum err_code code = db_conn_open(db, &db->writer, true, err);
    if (code == ERR_NONE)
        code = db_migrate(db, options, err);
    if (code == ERR_NONE)
        code = open_wal(db, err);
    if (code != ERR_NONE) {
        db_free(db);
        return code;
    }
    *out = db;
    return ERR_NONE;
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->free_reader_count; i++) {
        db_conn_close(db->free_readers[i]);
        free(db->free_readers[i]);
    }
    db_conn_close(&db->writer);
    if (db->wal_fd >= 0)
        close(db->wal_fd);
    pthread_cond_destroy(&db->flush_done);
    pthread_mutex_destroy(&db->flush_mutex);
    pthread_cond_destroy(&db->reader_free);
    pthread_mutex_destroy(&db->read_mutex);
    pthread_mutex_destroy(&db->write_mutex);
    free(db->kind);
    free(db->path);
    free(db);
}

const char *db_path(const struct db *db)
{
    return db->path;
}

// A reader that is free, or a new one while there are few, or the next one that becomes free.
static struct db_conn *take_reader(struct db *db, struct err *err)
{
    pthread_mutex_lock(&db->read_mutex);
    while (db->free_reader_count == 0 && db->reader_count == DB_READERS)
        pthread_cond_wait(&db->reader_free, &db->read_mutex);
    struct db_conn *conn = NULL;
    if (db->free_reader_count > 0)
        conn = db->free_readers[--db->free_reader_count];
    else
        db->reader_count++;
    pthread_mutex_unlock(&db->read_mutex);
    if (conn != NULL)
        return conn;

    conn = mem_calloc(1, sizeof(*conn));
    if (db_conn_open(db, conn, false, err) == ERR_NONE)
        return conn;
    db_conn_close(conn);
    free(conn);
    pthread_mutex_lock(&db->read_mutex);
    db->reader_count--;
    pthread_cond_signal(&db->reader_free);
    pthread_mutex_unlock(&db->read_mutex);
    return NULL;
}

static void give_reader(struct db *db, struct db_conn *conn)
{
    pthread_mutex_lock(&db->read_mutex);
    db->free_readers[db->free_reader_count++] = conn;
    pthread_cond_signal(&db->reader_free);
    pthread_mutex_unlock(&db->read_mutex);
}

enum err_code db_begin(struct db *db, enum db_mode mode, struct db_tx *tx)
{
    *tx = (struct db_tx){.db = db, .mode = mode};
    if (mode == DB_READ) {
        tx->conn = take_reader(db, &tx->err);
        if (tx->conn == NULL) {
            tx->code = tx->err.code;
            return tx->code;
        }
    } else {
        pthread_mutex_lock(&db->write_mutex);
        tx->conn = &db->writer;
    }
    tx->conn->tx = tx;
    db_exec(tx, mode == DB_READ ? "BEGIN" : "BEGIN IMMEDIATE");
    return tx->code;
}

enum err_code db_fail(struct db_tx *tx, enum err_code code, const char *format, ...)
{
    if (tx->code != ERR_NONE)
        return tx->code;
    va_list args;
    va_start(args, format);
    tx->code = err_setv(&tx->err, code, format, args);
    va_end(args);
    return tx->code;
}

// An open statement would keep the transaction open.
static void reset_statements(struct db_conn *conn)
{
    for (size_t i = 0; i < conn->statement_count; i++)
        sqlite3_reset(conn->statements[i].handle);
}

static void roll_back(struct db_conn *conn)
{
    // After some errors (a full disk) SQLite has rolled back already.
    if (sqlite3_get_autocommit(conn->handle) == 0)
        sqlite3_exec(conn->handle, "ROLLBACK", NULL, NULL, NULL);
}

static void leave(struct db_tx *tx)
{
    struct db_conn *conn = tx->conn;
    conn->tx = NULL;
    tx->conn = NULL;
    if (tx->mode == DB_READ)
        give_reader(tx->db, conn);
    else
        pthread_mutex_unlock(&tx->db->write_mutex);
}

static uint64_t note_commit(struct db *db)
{
    pthread_mutex_lock(&db->flush_mutex);
    uint64_t number = ++db->committed;
    pthread_mutex_unlock(&db->flush_mutex);
    return number;
}

// Waits until commit `number` is on the disk: by somebody's flush that began after it, or by an own one for all
// commits up to now. (What a checkpoint has moved from the log to the file, it has flushed itself.)
static enum err_code flush_up_to(struct db *db, uint64_t number, struct err *err)
{
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&db->flush_mutex);
    while (db->flushed < number && code == ERR_NONE) {
        if (db->flushing) {
            pthread_cond_wait(&db->flush_done, &db->flush_mutex);
            continue;
        }
        db->flushing = true;
        uint64_t target = db->committed;
        pthread_mutex_unlock(&db->flush_mutex);
        int failed = fdatasync(db->wal_fd) != 0 ? errno : 0;
        pthread_mutex_lock(&db->flush_mutex);
        db->flushing = false;
        if (failed != 0)
            code = err_set_errno(err, failed, "cannot flush the %s %s to the disk", db->kind, db->path);
        else if (db->flushed < target)
            db->flushed = target;
        pthread_cond_broadcast(&db->flush_done);
    }
    pthread_mutex_unlock(&db->flush_mutex);
    return code;
}

enum err_code db_end(struct db_tx *tx, struct err *err)
{
    struct db *db = tx->db;
    uint64_t number = 0;
    if (tx->conn != NULL) {
        reset_statements(tx->conn);
        if (tx->code == ERR_NONE)
            db_exec(tx, "COMMIT");
        if (tx->code != ERR_NONE)
            roll_back(tx->conn);
        else if (tx->mode == DB_WRITE_DURABLE)
            number = note_commit(db);
        leave(tx);
    }
    if (tx->code != ERR_NONE)
        return err_set(err, tx->code, "%s", tx->err.message);
    return number != 0 ? flush_up_to(db, number, err) : ERR_NONE;
}

void db_cancel(struct db_tx *tx)
{
    if (tx->conn == NULL)
        return;
    reset_statements(tx->conn);
    roll_back(tx->conn);
    leave(tx);
}

enum err_code db_ping(struct db *db, struct err *err)
{
    struct db_tx tx;
    db_begin(db, DB_READ, &tx);
    db_exec(&tx, "SELECT count(*) FROM sqlite_schema");
    return db_end(&tx, err);
}
