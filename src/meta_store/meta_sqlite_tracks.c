// Tracks, and which one each object belongs to.
#include <stdlib.h>

#include "base/mem.h"
#include "meta_store/frame_value.h"
#include "meta_store/meta_sqlite_internal.h"

// ---- in the frames

static void put_frame(struct db_tx *tx, int64_t number, const struct meta_frame_tracks *given, struct strbuf *value)
{
    int64_t row = meta_sqlite_frame_row(number, given->frame);
    struct meta_object *objects;
    size_t count;
    struct err sentence = ERR_INIT;
    enum err_code code = meta_sqlite_load_objects(tx, row, &objects, &count, &sentence);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        db_fail(tx, code, "%s, frame %d: %s", db_path(tx->db), given->frame, sentence.message);
    if (code == ERR_NONE && count == given->count && meta_take_tracks(objects, given)) {
        strbuf_reset(value);
        frame_value_encode(objects, count, value);
        struct db_stmt *stmt = db_stmt(tx, "UPDATE frames SET objects = ?2 WHERE row = ?1");
        db_bind_int(stmt, 1, row);
        db_bind_blob(stmt, 2, value->data, value->size);
        db_run(stmt);
    }
    free(objects);
}

enum err_code meta_sqlite_put_frame_tracks(
    struct meta_store *store, const char *id, const struct meta_frame_tracks *frames, size_t count, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct strbuf value;
    strbuf_init(&value);
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    for (size_t i = 0; i < count && db_ok(&tx); i++)
        put_frame(&tx, number, &frames[i], &value);
    enum err_code code = db_end(&tx, err);
    strbuf_release(&value);
    return code;
}

// ---- the tracks themselves

static void insert_track(struct db_tx *tx, int64_t number, const struct meta_track *track)
{
    struct db_stmt *stmt = db_stmt(tx,
        "INSERT INTO tracks (video, n, class_name, score, first_frame, last_frame, first_us, last_us, objects,"
        " best_frame, best_k, typical_frame, typical_k)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, track->n);
    db_bind_text(stmt, 3, track->class_name);
    db_bind_double(stmt, 4, (double)track->score);
    db_bind_int(stmt, 5, track->first_frame);
    db_bind_int(stmt, 6, track->last_frame);
    db_bind_int(stmt, 7, track->first_us);
    db_bind_int(stmt, 8, track->last_us);
    db_bind_int(stmt, 9, track->objects);
    db_bind_int(stmt, 10, track->best_frame);
    db_bind_int(stmt, 11, track->best_k);
    db_bind_int(stmt, 12, track->typical_frame);
    db_bind_int(stmt, 13, track->typical_k);
    db_run(stmt);
}

enum err_code meta_sqlite_put_tracks(struct meta_store *store, const char *id, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    struct db_stmt *stmt = db_stmt(&tx, "DELETE FROM tracks WHERE video = ?1");
    db_bind_int(stmt, 1, number);
    db_run(stmt);
    for (size_t i = 0; i < count && db_ok(&tx); i++)
        insert_track(&tx, number, &tracks[i]);
    int64_t now_us = meta_sqlite_now_us(store);
    stmt = db_stmt(
        &tx, "UPDATE videos SET tracks = ?2, tracked_us = ?3, updated_us = ?4, track_steps = ?5 WHERE number = ?1");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, (int64_t)count);
    db_bind_int(stmt, 3, meta_video_tracked_at(&video, now_us));
    db_bind_int(stmt, 4, now_us);
    db_bind_int(stmt, 5, track_steps);
    db_run(stmt);
    return db_end(&tx, err);
}

enum err_code meta_sqlite_list_tracks(struct meta_store *store, const char *id, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err)
{
    struct meta_track *found = NULL;
    size_t found_count = 0;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    int64_t number = meta_sqlite_find_video(&tx, id);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT n, class_name, score, first_frame, last_frame, first_us, last_us, objects, best_frame, best_k,"
        " typical_frame, typical_k FROM tracks WHERE video = ?1 AND n > ?2 ORDER BY n LIMIT ?3");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, after);
    db_bind_int(stmt, 3, (int64_t)limit);
    while (db_step(stmt)) {
        found = mem_realloc_array(found, found_count + 1, sizeof(*found));
        found[found_count] = (struct meta_track){.n = db_int(stmt, 0),
            .score = (float)db_double(stmt, 2),
            .first_frame = (int32_t)db_int(stmt, 3),
            .last_frame = (int32_t)db_int(stmt, 4),
            .first_us = db_int(stmt, 5),
            .last_us = db_int(stmt, 6),
            .objects = db_int(stmt, 7),
            .best_frame = (int32_t)db_int(stmt, 8),
            .best_k = (int32_t)db_int(stmt, 9),
            .typical_frame = (int32_t)db_int(stmt, 10),
            .typical_k = (int32_t)db_int(stmt, 11)};
        db_copy_text(stmt, 1, found[found_count].class_name, sizeof(found->class_name));
        found_count++;
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        free(found);
        return code;
    }
    *tracks = found;
    *count = found_count;
    return ERR_NONE;
}
