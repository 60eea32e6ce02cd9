// Journals.
#include "base/mem.h"
#include "meta_store/meta_sqlite_internal.h"

static bool require_project(struct db_tx *tx, const char *name, bool for_appending)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT deleting FROM projects WHERE name = ?1");
    db_bind_text(stmt, 1, name);
    bool found = db_step(stmt) && !(for_appending && db_int(stmt, 0) != 0);
    db_stmt_done(stmt);
    if (!found && db_ok(tx)) {
        struct err sentence = ERR_INIT;
        meta_no_project(name, &sentence);
        meta_sqlite_fail(tx, &sentence);
    }
    return found;
}

static int64_t journal_length(struct db_tx *tx, const char *project, const char *journal)
{
    struct db_stmt *stmt =
        db_stmt(tx, "SELECT max(position) + 1 FROM journal_entries WHERE project = ?1 AND journal = ?2");
    db_bind_text(stmt, 1, project);
    db_bind_text(stmt, 2, journal);
    int64_t length = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    return length;
}

enum err_code meta_sqlite_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    require_project(&tx, project, true);
    int64_t length = journal_length(&tx, project, journal);
    if (db_ok(&tx) && expected >= 0 && expected != length) {
        struct err sentence = ERR_INIT;
        meta_journal_moved(project, journal, expected, length, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    struct db_stmt *stmt = db_stmt(
        &tx, "INSERT INTO journal_entries (project, journal, position, at_us, value) VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_text(stmt, 1, project);
    db_bind_text(stmt, 2, journal);
    db_bind_int(stmt, 3, length);
    db_bind_int(stmt, 4, meta_sqlite_now_us(store));
    // No bytes still are a value, not NULL.
    db_bind_blob(stmt, 5, size > 0 ? value : "", size);
    db_run(stmt);
    *position = length;
    return db_end(&tx, err);
}

enum err_code meta_sqlite_get_journal(
    struct meta_store *store, const char *project, const char *journal, struct meta_journal_info *info, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    require_project(&tx, project, false);
    int64_t length = journal_length(&tx, project, journal);
    int64_t begun_us = 0;
    if (length > 0) {
        struct db_stmt *stmt =
            db_stmt(&tx, "SELECT at_us FROM journal_entries WHERE project = ?1 AND journal = ?2 AND position = 0");
        db_bind_text(stmt, 1, project);
        db_bind_text(stmt, 2, journal);
        begun_us = db_step(stmt) ? db_int(stmt, 0) : 0;
    }
    enum err_code code = db_end(&tx, err);
    if (code == ERR_NONE)
        *info = (struct meta_journal_info){.length = length, .begun_us = begun_us};
    return code;
}

enum err_code meta_sqlite_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    require_project(&tx, project, false);
    struct db_stmt *stmt =
        db_stmt(&tx, "SELECT DISTINCT journal FROM journal_entries WHERE project = ?1 ORDER BY journal");
    db_bind_text(stmt, 1, project);
    return meta_sqlite_end_texts(&tx, stmt, names, count, err);
}

enum err_code meta_sqlite_list_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t after, size_t limit, struct meta_journal_page *page, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    require_project(&tx, project, false);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT position, at_us, value FROM journal_entries WHERE project = ?1 AND journal = ?2 AND position > ?3"
        " ORDER BY position LIMIT ?4");
    db_bind_text(stmt, 1, project);
    db_bind_text(stmt, 2, journal);
    db_bind_int(stmt, 3, after);
    db_bind_int(stmt, 4, (int64_t)limit);
    size_t bytes = 0;
    while (db_step(stmt)) {
        size_t size = 0;
        const void *value = db_blob(stmt, 2, &size);
        if (!meta_journal_page_add(page, db_int(stmt, 0), db_int(stmt, 1), value, size, &bytes)) {
            db_stmt_done(stmt);
            break;
        }
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        meta_journal_page_release(page);
    return code;
}
