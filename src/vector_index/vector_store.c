// The store's writes.
#include "vector_index/vector_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_kernels.h"
#include "vector_index/vector_store_internal.h"

// Vectors have a table of their own, so that a change of attributes does not rewrite them. A step that was released is
// never changed: a new one is appended.
const char *const vector_store_migrations[] = {
    "CREATE TABLE meta("
    "  id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    "  layout INTEGER NOT NULL, model TEXT NOT NULL, dimension INTEGER NOT NULL, pruned_change INTEGER NOT NULL);"
    "INSERT INTO meta VALUES(1, 1, 1, 1, '', 0, 0);"
    "CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE objects("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT, video INTEGER NOT NULL, position INTEGER NOT NULL,"
    "  class INTEGER NOT NULL, label INTEGER NOT NULL, track INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX objects_by_key ON objects(video, position);"
    "CREATE TABLE vectors(seq INTEGER PRIMARY KEY, vector BLOB NOT NULL);"
    "CREATE TABLE changes("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, seq INTEGER NOT NULL, video INTEGER NOT NULL,"
    "  position INTEGER NOT NULL);"
    "CREATE TABLE chunks("
    "  number INTEGER PRIMARY KEY, vectors_generation INTEGER NOT NULL, rows_generation INTEGER NOT NULL,"
    "  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, count INTEGER NOT NULL, change INTEGER NOT NULL,"
    "  in_graph INTEGER NOT NULL);"
    "CREATE TABLE graphs(generation INTEGER PRIMARY KEY, size_bytes INTEGER NOT NULL, checksum INTEGER NOT NULL);",

    "CREATE TABLE tracks(video INTEGER NOT NULL, n INTEGER NOT NULL, vector BLOB NOT NULL);"
    "CREATE UNIQUE INDEX tracks_by_key ON tracks(video, n);",

    "CREATE TABLE negatives("
    "  video INTEGER NOT NULL, position INTEGER NOT NULL, label INTEGER NOT NULL,"
    "  PRIMARY KEY(video, position, label)) WITHOUT ROWID;"
    "CREATE INDEX negatives_by_label ON negatives(label, video, position);",
};
const size_t vector_store_migration_count = sizeof(vector_store_migrations) / sizeof(vector_store_migrations[0]);

int64_t vector_index_usearch_schema(void)
{
    return (int64_t)vector_store_migration_count;
}

enum change_kind { CHANGE_OBJECT = 0, CHANGE_VIDEO = 1 };

enum err_code vector_store_open(const char *path, struct vector_store **out, struct err *err)
{
    struct vector_store *store = mem_calloc(1, sizeof(*store));
    struct db_options options = {.path = path,
        .kind = "vector index",
        .application_id = VECTOR_STORE_APPLICATION_ID,
        .migrations = vector_store_migrations,
        .migration_count = vector_store_migration_count};
    enum err_code code = db_open(&options, &store->db, err);
    if (code != ERR_NONE) {
        free(store);
        return code;
    }
    *out = store;
    return ERR_NONE;
}

void vector_store_free(struct vector_store *store)
{
    if (store == NULL)
        return;
    db_free(store->db);
    free(store);
}

struct db *vector_store_db(struct vector_store *store)
{
    return store->db;
}

void vector_store_bump(struct db_tx *tx)
{
    db_exec(tx, "UPDATE meta SET version = version + 1");
}

static void log_change(struct db_tx *tx, enum change_kind kind, int64_t seq, struct vector_key key)
{
    struct db_stmt *s = db_stmt(tx, "INSERT INTO changes(kind, seq, video, position) VALUES(?1, ?2, ?3, ?4)");
    db_bind_int(s, 1, kind);
    db_bind_int(s, 2, seq);
    db_bind_int(s, 3, (int64_t)key.video);
    db_bind_int(s, 4, (int64_t)key.position);
    db_run(s);
}

static int64_t name_id(struct db_tx *tx, const char *name)
{
    if (name[0] == '\0')
        return 0;
    struct db_stmt *s = db_stmt(tx, "SELECT id FROM names WHERE name = ?1");
    db_bind_text(s, 1, name);
    if (db_step(s)) {
        int64_t id = db_int(s, 0);
        db_stmt_done(s);
        return id;
    }
    s = db_stmt(tx, "INSERT INTO names(name) VALUES(?1)");
    db_bind_text(s, 1, name);
    db_run(s);
    return db_last_id(tx);
}

// 0 when there is no such object.
static int64_t find_seq(struct db_tx *tx, struct vector_key key)
{
    struct db_stmt *s = db_stmt(tx, "SELECT seq FROM objects WHERE video = ?1 AND position = ?2");
    db_bind_int(s, 1, (int64_t)key.video);
    db_bind_int(s, 2, (int64_t)key.position);
    int64_t seq = db_step(s) ? db_int(s, 0) : 0;
    db_stmt_done(s);
    return seq;
}

static bool delete_row(struct db_tx *tx, struct vector_key key)
{
    int64_t seq = find_seq(tx, key);
    if (seq == 0)
        return false;
    struct db_stmt *s = db_stmt(tx, "DELETE FROM vectors WHERE seq = ?1");
    db_bind_int(s, 1, seq);
    db_run(s);
    s = db_stmt(tx, "DELETE FROM objects WHERE seq = ?1");
    db_bind_int(s, 1, seq);
    db_run(s);
    log_change(tx, CHANGE_OBJECT, seq, key);
    return true;
}

static bool delete_negatives(struct db_tx *tx, struct vector_key key)
{
    struct db_stmt *s = db_stmt(tx, "DELETE FROM negatives WHERE video = ?1 AND position = ?2");
    db_bind_int(s, 1, (int64_t)key.video);
    db_bind_int(s, 2, (int64_t)key.position);
    db_run(s);
    return db_changes(tx) > 0;
}

// With all that was said of it.
static bool delete_object(struct db_tx *tx, struct vector_key key)
{
    if (!delete_row(tx, key))
        return false;
    (void)delete_negatives(tx, key);
    return true;
}

// Leaves both as they are when there is no such object.
static void stored_attributes(struct db_tx *tx, struct vector_key key, int64_t *label_id, int64_t *track)
{
    struct db_stmt *s = db_stmt(tx, "SELECT label, track FROM objects WHERE video = ?1 AND position = ?2");
    db_bind_int(s, 1, (int64_t)key.video);
    db_bind_int(s, 2, (int64_t)key.position);
    if (!db_step(s))
        return;
    *label_id = db_int(s, 0);
    *track = db_int(s, 1);
    db_stmt_done(s);
}

static void insert_item(struct db_tx *tx, const struct vector_item *item, const uint16_t *half, size_t dimension)
{
    struct vector_key key = vector_key_of(item->object);
    int64_t label_id = 0;
    int64_t track = -1;
    stored_attributes(tx, key, &label_id, &track);
    delete_row(tx, key);
    int64_t class_id = name_id(tx, item->class_name);
    if (item->label[0] != '\0')
        label_id = name_id(tx, item->label);
    if (item->track >= 0)
        track = item->track;
    struct db_stmt *s =
        db_stmt(tx, "INSERT INTO objects(video, position, class, label, track) VALUES(?1, ?2, ?3, ?4, ?5)");
    db_bind_int(s, 1, (int64_t)key.video);
    db_bind_int(s, 2, (int64_t)key.position);
    db_bind_int(s, 3, class_id);
    db_bind_int(s, 4, label_id);
    db_bind_int(s, 5, track);
    db_run(s);
    int64_t seq = db_last_id(tx);
    s = db_stmt(tx, "INSERT INTO vectors(seq, vector) VALUES(?1, ?2)");
    db_bind_int(s, 1, seq);
    db_bind_blob(s, 2, half, dimension * sizeof(*half));
    db_run(s);
}

void vector_store_check_or_set_model(struct db_tx *tx, const char *project, const char *model, size_t dimension)
{
    struct db_stmt *s = db_stmt(tx, "SELECT model, dimension FROM meta");
    struct vector_stats stored = {0};
    if (!db_step(s))
        return;
    db_copy_text(s, 0, stored.model, sizeof(stored.model));
    stored.dimension = (size_t)db_int(s, 1);
    db_stmt_done(s);
    struct err err = ERR_INIT;
    if (stored.dimension == 0) {
        s = db_stmt(tx, "UPDATE meta SET model = ?1, dimension = ?2");
        db_bind_text(s, 1, model);
        db_bind_int(s, 2, (int64_t)dimension);
        db_run(s);
    } else if (vector_index_check_kind(project, stored.model, stored.dimension, model, dimension, &err) != ERR_NONE) {
        db_fail(tx, err.code, "%s", err.message);
    }
}

enum err_code vector_store_upsert(struct vector_store *store, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    // Rounded before the transaction begins, which keeps others waiting.
    uint16_t *halves = mem_calloc(count, dimension * sizeof(*halves));
    for (size_t i = 0; i < count; i++)
        vector_to_half(items[i].vector, halves + i * dimension, dimension);
    struct db_tx tx;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    vector_store_check_or_set_model(&tx, project, model, dimension);
    for (size_t i = 0; i < count && db_ok(&tx); i++)
        insert_item(&tx, &items[i], halves + i * dimension, dimension);
    vector_store_bump(&tx);
    enum err_code code = db_end(&tx, err);
    free(halves);
    return code;
}

static bool change_negatives(struct db_tx *tx, struct vector_key key, const struct vector_attributes *change)
{
    bool changed = delete_negatives(tx, key) || change->negative_count > 0;
    for (size_t i = 0; i < change->negative_count; i++) {
        int64_t label_id = name_id(tx, change->negatives[i]);
        struct db_stmt *s = db_stmt(tx, "INSERT OR IGNORE INTO negatives(video, position, label) VALUES(?1, ?2, ?3)");
        db_bind_int(s, 1, (int64_t)key.video);
        db_bind_int(s, 2, (int64_t)key.position);
        db_bind_int(s, 3, label_id);
        db_run(s);
    }
    return changed;
}

static bool change_row(struct db_tx *tx, struct vector_key key, int64_t seq, const struct vector_attributes *change)
{
    int64_t label_id = change->set_label ? name_id(tx, change->label) : 0;
    struct db_stmt *s = db_stmt(tx,
        "UPDATE objects SET label = iif(?2, ?3, label), track = iif(?4, ?5, track) WHERE seq = ?1"
        " AND (?2 AND label <> ?3 OR ?4 AND track <> ?5)");
    db_bind_int(s, 1, seq);
    db_bind_int(s, 2, change->set_label);
    db_bind_int(s, 3, label_id);
    db_bind_int(s, 4, change->set_track);
    db_bind_int(s, 5, change->track);
    db_run(s);
    if (db_changes(tx) == 0)
        return false;
    log_change(tx, CHANGE_OBJECT, seq, key);
    return true;
}

static bool change_object(struct db_tx *tx, const struct vector_attributes *change)
{
    struct vector_key key = vector_key_of(change->object);
    int64_t seq = find_seq(tx, key);
    bool changed = seq != 0 && change_row(tx, key, seq, change);
    if (seq != 0 && change->set_negatives)
        changed |= change_negatives(tx, key, change);
    return changed;
}

// Ends a transaction that may have found nothing to do.
static enum err_code end_if_changed(struct db_tx *tx, bool changed, struct err *err)
{
    if (changed || !db_ok(tx)) {
        vector_store_bump(tx);
        return db_end(tx, err);
    }
    db_cancel(tx);
    return ERR_NONE;
}

enum err_code vector_store_set_attributes(
    struct vector_store *store, const struct vector_attributes *changes, size_t count, struct err *err)
{
    struct db_tx tx;
    bool changed = false;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    for (size_t i = 0; i < count && db_ok(&tx); i++)
        changed |= change_object(&tx, &changes[i]);
    return end_if_changed(&tx, changed, err);
}

enum err_code vector_store_remove(struct vector_store *store, const char *const *objects, size_t count, struct err *err)
{
    struct db_tx tx;
    bool changed = false;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    for (size_t i = 0; i < count && db_ok(&tx); i++)
        changed |= delete_object(&tx, vector_key_of(objects[i]));
    return end_if_changed(&tx, changed, err);
}

enum err_code vector_store_remove_frame(
    struct vector_store *store, const char *video, int32_t frame_index, struct err *err)
{
    struct vector_key key = vector_key_first_of_frame(video, frame_index);
    struct db_tx tx;
    bool changed = false;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    for (int k = 0; k < OBJECTS_PER_FRAME_MAX && db_ok(&tx); k++) {
        struct db_stmt *s = db_stmt(&tx,
            "SELECT position FROM objects WHERE video = ?1 AND position >= ?2 AND position < ?3"
            " ORDER BY position LIMIT 1");
        db_bind_int(s, 1, (int64_t)key.video);
        db_bind_int(s, 2, (int64_t)key.position);
        db_bind_int(s, 3, ((int64_t)frame_index + 1) * OBJECTS_PER_FRAME_MAX);
        if (!db_step(s))
            break;
        key.position = (uint64_t)db_int(s, 0);
        db_stmt_done(s);
        changed |= delete_object(&tx, key);
    }
    return end_if_changed(&tx, changed, err);
}

enum err_code vector_store_remove_video(struct vector_store *store, const char *video, struct err *err)
{
    struct vector_key key = {.video = vector_key_video(video)};
    struct db_tx tx;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    struct db_stmt *s = db_stmt(&tx, "SELECT coalesce(max(seq), 0) FROM objects WHERE video = ?1");
    db_bind_int(s, 1, (int64_t)key.video);
    int64_t last_seq = db_step(s) ? db_int(s, 0) : 0;
    db_stmt_done(s);
    if (last_seq > 0) {
        s = db_stmt(&tx, "DELETE FROM vectors WHERE seq IN (SELECT seq FROM objects WHERE video = ?1)");
        db_bind_int(s, 1, (int64_t)key.video);
        db_run(s);
        s = db_stmt(&tx, "DELETE FROM objects WHERE video = ?1");
        db_bind_int(s, 1, (int64_t)key.video);
        db_run(s);
        s = db_stmt(&tx, "DELETE FROM negatives WHERE video = ?1");
        db_bind_int(s, 1, (int64_t)key.video);
        db_run(s);
        log_change(&tx, CHANGE_VIDEO, last_seq, key);
    }
    s = db_stmt(&tx, "DELETE FROM tracks WHERE video = ?1");
    db_bind_int(s, 1, (int64_t)key.video);
    db_run(s);
    return end_if_changed(&tx, last_seq > 0 || db_changes(&tx) > 0, err);
}

enum err_code vector_store_clear(struct vector_store *store, struct err *err)
{
    struct db_tx tx;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    db_exec(&tx, "DELETE FROM vectors");
    db_exec(&tx, "DELETE FROM objects");
    db_exec(&tx, "DELETE FROM tracks");
    db_exec(&tx, "DELETE FROM negatives");
    db_exec(&tx, "DELETE FROM names");
    db_exec(&tx, "DELETE FROM chunks");
    db_exec(&tx, "DELETE FROM graphs");
    db_exec(&tx,
        "UPDATE meta SET version = version + 1, epoch = epoch + 1, layout = layout + 1, model = '', dimension = 0,"
        " pruned_change = (SELECT coalesce(max(id), pruned_change) FROM changes)");
    db_exec(&tx, "DELETE FROM changes");
    return db_end(&tx, err);
}

enum err_code vector_store_shrink(struct vector_store *store, int64_t pages, struct err *err)
{
    struct db_tx tx;
    db_begin(store->db, DB_READ, &tx);
    struct db_stmt *s = db_stmt(&tx, "PRAGMA freelist_count");
    int64_t free_pages = db_step(s) ? db_int(s, 0) : 0;
    db_cancel(&tx);
    if (free_pages == 0)
        return ERR_NONE;
    // Page by page, as the pragma's argument must be a literal.
    db_begin(store->db, DB_WRITE, &tx);
    for (int64_t i = 0; i < pages && i < free_pages && db_ok(&tx); i += 256)
        db_exec(&tx, "PRAGMA incremental_vacuum(256)");
    return db_end(&tx, err);
}
