#include "meta_store/meta_store_sqlite.h"

#include <stdlib.h>

#include "base/mem.h"
#include "meta_store/meta_sqlite_internal.h"

// Marks the file as a meta store: "FHms".
#define APPLICATION_ID 0x46486D73

void meta_sqlite_fail(struct db_tx *tx, const struct err *sentence)
{
    db_fail(tx, sentence->code, "%s", sentence->message);
}

enum err_code meta_sqlite_end_texts(
    struct db_tx *tx, struct db_stmt *stmt, char ***texts, size_t *count, struct err *err)
{
    char **found = NULL;
    size_t found_count = 0;
    while (db_step(stmt)) {
        found = mem_realloc_array(found, found_count + 1, sizeof(*found));
        found[found_count++] = mem_strdup(db_text(stmt, 0));
    }
    enum err_code code = db_end(tx, err);
    if (code != ERR_NONE) {
        meta_strings_free(found, found_count);
        return code;
    }
    *texts = found;
    *count = found_count;
    return ERR_NONE;
}

bool meta_sqlite_add_project(struct db_tx *tx, const char *name, int64_t now_us)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT deleting FROM projects WHERE name = ?1");
    db_bind_text(stmt, 1, name);
    bool known = db_step(stmt);
    bool deleting = known && db_int(stmt, 0) != 0;
    db_stmt_done(stmt);
    struct err sentence = ERR_INIT;
    if (deleting) {
        meta_project_deleting(name, &sentence);
        meta_sqlite_fail(tx, &sentence);
    }
    if (known || !db_ok(tx))
        return false;
    stmt = db_stmt(tx, "INSERT INTO projects (name, created_us) VALUES (?1, ?2)");
    db_bind_text(stmt, 1, name);
    db_bind_int(stmt, 2, now_us);
    return db_run(stmt);
}

static enum err_code create_project(struct meta_store *store, const char *name, bool *created, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    *created = meta_sqlite_add_project(&tx, name, meta_sqlite_now_us(store));
    return db_end(&tx, err);
}

static void read_project(const struct db_stmt *stmt, struct meta_project *project)
{
    *project = (struct meta_project){
        .created_us = db_int(stmt, 1),
        .deleting = db_int(stmt, 2) != 0,
        .videos = db_int(stmt, 3),
        .frames = db_int(stmt, 4),
        .objects = db_int(stmt, 5),
    };
    db_copy_text(stmt, 0, project->name, sizeof(project->name));
}

static enum err_code get_project(
    struct meta_store *store, const char *name, struct meta_project *project, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT p.name, p.created_us, p.deleting, count(v.number), total(v.frames_emitted), total(v.objects)"
        " FROM projects p LEFT JOIN videos v ON v.project = p.name WHERE p.name = ?1 GROUP BY p.name");
    db_bind_text(stmt, 1, name);
    if (db_step(stmt)) {
        read_project(stmt, project);
    } else {
        struct err sentence = ERR_INIT;
        meta_no_project(name, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    return db_end(&tx, err);
}

// The last of the next `limit` names that can be names, "" if there is none: what cannot be does not shorten a page.
static void find_page_end(struct db_tx *tx, const char *after, size_t limit, char last[PROJECT_NAME_SIZE])
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT name FROM projects WHERE name > ?1 ORDER BY name");
    db_bind_text(stmt, 1, after);
    last[0] = '\0';
    while (limit > 0 && db_step(stmt)) {
        if (project_name_check(db_text(stmt, 0), NULL) != ERR_NONE)
            continue;
        db_copy_text(stmt, 0, last, PROJECT_NAME_SIZE);
        limit--;
    }
    db_stmt_done(stmt);
}

static enum err_code list_projects(struct meta_store *store, const char *after, size_t limit,
    struct meta_project **projects, size_t *count, struct err *err)
{
    struct meta_project *found = NULL;
    size_t found_count = 0;
    struct db_tx tx;
    char last[PROJECT_NAME_SIZE];
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    find_page_end(&tx, after, limit, last);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT p.name, p.created_us, p.deleting, count(v.number), total(v.frames_emitted), total(v.objects)"
        " FROM (SELECT * FROM projects WHERE name > ?1 AND name <= ?2) p"
        " LEFT JOIN videos v ON v.project = p.name GROUP BY p.name ORDER BY p.name");
    db_bind_text(stmt, 1, after);
    db_bind_text(stmt, 2, last);
    while (db_step(stmt)) {
        if (project_name_check(db_text(stmt, 0), NULL) != ERR_NONE)
            continue;
        found = mem_realloc_array(found, found_count + 1, sizeof(*found));
        read_project(stmt, &found[found_count++]);
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        free(found);
        return code;
    }
    *projects = found;
    *count = found_count;
    return ERR_NONE;
}

static enum err_code mark_project_deleting(struct meta_store *store, const char *name, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "UPDATE projects SET deleting = 1 WHERE name = ?1");
    db_bind_text(stmt, 1, name);
    db_run(stmt);
    if (db_ok(&tx) && db_changes(&tx) == 0) {
        struct err sentence = ERR_INIT;
        meta_no_project(name, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    return db_end(&tx, err);
}

static enum err_code remove_project(struct meta_store *store, const char *name, struct err *err)
{
    struct db_tx tx;
    enum err_code code = meta_sqlite_remove_wrong_videos(store, name, err);
    if (code != ERR_NONE)
        return code;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT count(*) FROM videos WHERE project = ?1");
    db_bind_text(stmt, 1, name);
    int64_t videos = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    if (videos > 0) {
        struct err sentence = ERR_INIT;
        meta_project_has_videos(name, videos, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    stmt = db_stmt(&tx, "DELETE FROM journal_entries WHERE project = ?1");
    db_bind_text(stmt, 1, name);
    db_run(stmt);
    stmt = db_stmt(&tx, "DELETE FROM projects WHERE name = ?1");
    db_bind_text(stmt, 1, name);
    db_run(stmt);
    return db_end(&tx, err);
}

static enum err_code put_setting(struct meta_store *store, const char *key, const char *value, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)");
    db_bind_text(stmt, 1, key);
    db_bind_text(stmt, 2, value);
    db_run(stmt);
    return db_end(&tx, err);
}

static enum err_code remove_setting(struct meta_store *store, const char *key, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "DELETE FROM settings WHERE name = ?1");
    db_bind_text(stmt, 1, key);
    db_run(stmt);
    return db_end(&tx, err);
}

static enum err_code get_setting(struct meta_store *store, const char *key, char **value, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT value FROM settings WHERE name = ?1");
    db_bind_text(stmt, 1, key);
    if (db_step(stmt)) {
        *value = mem_strdup(db_text(stmt, 0));
    } else {
        struct err sentence = ERR_INIT;
        meta_no_setting(key, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        free(*value);
        *value = NULL;
    }
    return code;
}

static enum err_code keep_setting(
    struct meta_store *store, const char *key, const char *value, char **kept, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "INSERT OR IGNORE INTO settings (name, value) VALUES (?1, ?2)");
    db_bind_text(stmt, 1, key);
    db_bind_text(stmt, 2, value);
    db_run(stmt);
    stmt = db_stmt(&tx, "SELECT value FROM settings WHERE name = ?1");
    db_bind_text(stmt, 1, key);
    if (db_step(stmt))
        *kept = mem_strdup(db_text(stmt, 0));
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        free(*kept);
        *kept = NULL;
    }
    return code;
}

static enum err_code list_settings(
    struct meta_store *store, const char *after, size_t limit, char ***names, size_t *count, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT name FROM settings WHERE name > ?1 ORDER BY name LIMIT ?2");
    db_bind_text(stmt, 1, after);
    db_bind_int(stmt, 2, (int64_t)limit);
    return meta_sqlite_end_texts(&tx, stmt, names, count, err);
}

static enum err_code find_wrong(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT name FROM projects ORDER BY name");
    while (db_step(stmt)) {
        struct err sentence = ERR_INIT;
        if (project_name_check(db_text(stmt, 0), &sentence) == ERR_NONE)
            continue;
        err_context(
            &sentence, "the project \"%.80s\" (in projects of %s) is damaged", db_text(stmt, 0), db_path(tx.db));
        visit(context, sentence.message);
    }
    meta_sqlite_find_wrong_videos(&tx, visit, context);
    return db_end(&tx, err);
}

static enum err_code ping(struct meta_store *store, struct err *err)
{
    return db_ping(meta_sqlite_db(store), err);
}

static void sqlite_free(struct meta_store *store)
{
    db_free(meta_sqlite_db(store));
    free(meta_sqlite_of(store));
}

static const struct meta_store_ops sqlite_ops = {
    .name = "sqlite",
    .free = sqlite_free,
    .create_project = create_project,
    .get_project = get_project,
    .list_projects = list_projects,
    .mark_project_deleting = mark_project_deleting,
    .remove_project = remove_project,
    .create_video = meta_sqlite_create_video,
    .get_video = meta_sqlite_get_video,
    .list_videos = meta_sqlite_list_videos,
    .set_video_state = meta_sqlite_set_video_state,
    .set_video_media = meta_sqlite_set_video_media,
    .set_video_models = meta_sqlite_set_video_models,
    .set_video_name = meta_sqlite_set_video_name,
    .add_video_error = meta_sqlite_add_video_error,
    .clear_video_errors = meta_sqlite_clear_video_errors,
    .video_errors = meta_sqlite_video_errors,
    .remove_video = meta_sqlite_remove_video,
    .put_segment = meta_sqlite_put_segment,
    .finish_split = meta_sqlite_finish_split,
    .finish_segment = meta_sqlite_finish_segment,
    .list_segments = meta_sqlite_list_segments,
    .put_frames = meta_sqlite_put_frames,
    .fail_frame = meta_sqlite_fail_frame,
    .list_frames = meta_sqlite_list_frames,
    .put_frame_tracks = meta_sqlite_put_frame_tracks,
    .put_tracks = meta_sqlite_put_tracks,
    .list_tracks = meta_sqlite_list_tracks,
    .settle_video = meta_sqlite_settle_video,
    .append_journal = meta_sqlite_append_journal,
    .get_journal = meta_sqlite_get_journal,
    .list_journals = meta_sqlite_list_journals,
    .list_journal = meta_sqlite_list_journal,
    .put_setting = put_setting,
    .remove_setting = remove_setting,
    .keep_setting = keep_setting,
    .get_setting = get_setting,
    .list_settings = list_settings,
    .find_wrong = find_wrong,
    .ping = ping,
};

enum err_code meta_store_sqlite_open(
    const char *path, const struct clock *clock, struct meta_store **store, struct err *err)
{
    *store = NULL;
    const struct db_options options = {
        .path = path,
        .kind = "meta store",
        .application_id = APPLICATION_ID,
        .migrations = meta_sqlite_migrations,
        .migration_count = meta_sqlite_migration_count,
    };
    struct db *db = NULL;
    enum err_code code = db_open(&options, &db, err);
    if (code != ERR_NONE)
        return code;
    struct meta_sqlite *self = mem_calloc(1, sizeof(*self));
    *self = (struct meta_sqlite){.store.ops = &sqlite_ops, .db = db, .clock = clock};
    *store = &self->store;
    return ERR_NONE;
}
