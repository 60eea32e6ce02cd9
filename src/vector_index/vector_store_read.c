// The store's reads: single objects for callers, and the stream of rows and changes for views and builders.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_kernels.h"
#include "vector_index/vector_store_internal.h"

enum err_code vector_store_fetch(struct vector_store *store, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    struct vector_key key = vector_key_of(object);
    struct err wrong = ERR_INIT;
    struct db_tx tx;
    db_begin(store->db, DB_READ, &tx);
    struct db_stmt *s =
        db_stmt(&tx, "SELECT vector FROM objects JOIN vectors USING (seq) WHERE video = ?1 AND position = ?2");
    db_bind_int(s, 1, (int64_t)key.video);
    db_bind_int(s, 2, (int64_t)key.position);
    if (db_step(s)) {
        size_t size = 0;
        const void *half = db_blob(s, 0, &size);
        size_t stored = size / sizeof(uint16_t);
        if (stored > capacity) {
            vector_index_wrong_dimension(&wrong, project, stored, capacity);
            db_fail(&tx, wrong.code, "%s", wrong.message);
        } else {
            *dimension = stored;
            vector_from_half(half, vector, stored);
        }
    } else {
        vector_index_no_object(&wrong, project, object);
        db_fail(&tx, wrong.code, "%s", wrong.message);
    }
    return db_end(&tx, err);
}

enum err_code vector_store_stats(
    struct vector_store *store, const char *video, struct vector_stats *stats, struct err *err)
{
    struct db_tx tx;
    db_begin(store->db, DB_READ, &tx);
    struct db_stmt *s = db_stmt(&tx, "SELECT model, dimension FROM meta");
    if (db_step(s)) {
        db_copy_text(s, 0, stats->model, sizeof(stats->model));
        stats->dimension = (size_t)db_int(s, 1);
    }
    if (video != NULL) {
        s = db_stmt(&tx, "SELECT count(*) FROM objects WHERE video = ?1");
        db_bind_int(s, 1, (int64_t)vector_key_video(video));
    } else {
        s = db_stmt(&tx, "SELECT count(*) FROM objects");
    }
    if (db_step(s))
        stats->count = (size_t)db_int(s, 0);
    return db_end(&tx, err);
}

// Reads a page of positions at a time, so that the visitor may call the index and take its time.
enum err_code vector_store_list(
    struct vector_store *store, const char *video, vector_visit *visit, void *context, struct err *err)
{
    enum { PAGE = 512 };
    struct vector_key key = {.video = vector_key_video(video)};
    int64_t after = -1;
    size_t got = PAGE;
    while (got == PAGE) {
        int64_t positions[PAGE];
        struct db_tx tx;
        got = 0;
        db_begin(store->db, DB_READ, &tx);
        struct db_stmt *s =
            db_stmt(&tx, "SELECT position FROM objects WHERE video = ?1 AND position > ?2 ORDER BY position LIMIT ?3");
        db_bind_int(s, 1, (int64_t)key.video);
        db_bind_int(s, 2, after);
        db_bind_int(s, 3, PAGE);
        while (got < PAGE && db_step(s))
            positions[got++] = db_int(s, 0);
        enum err_code code = db_end(&tx, err);
        if (code != ERR_NONE)
            return code;
        for (size_t i = 0; i < got; i++) {
            char object[OBJECT_ID_SIZE];
            key.position = (uint64_t)positions[i];
            vector_key_format(key, object);
            if (!visit(context, object))
                return ERR_NONE;
        }
        if (got > 0)
            after = positions[got - 1];
    }
    return ERR_NONE;
}

static void add_refused(struct db_tx *tx, const char *label, struct vector_key **objects, size_t *count)
{
    struct db_stmt *s =
        db_stmt(tx, "SELECT video, position FROM negatives WHERE label = (SELECT id FROM names WHERE name = ?1)");
    db_bind_text(s, 1, label);
    while (db_step(s)) {
        if ((*count & (*count - 1)) == 0)
            *objects = mem_realloc_array(*objects, *count == 0 ? 1 : *count * 2, sizeof(**objects));
        (*objects)[(*count)++] = (struct vector_key){(uint64_t)db_int(s, 0), (uint64_t)db_int(s, 1)};
    }
}

enum err_code vector_store_refused(struct vector_store *store, const char *const *labels, size_t label_count,
    struct vector_key **objects, size_t *count, struct err *err)
{
    struct db_tx tx;
    *objects = NULL;
    *count = 0;
    db_begin(store->db, DB_READ, &tx);
    for (size_t i = 0; i < label_count && db_ok(&tx); i++)
        add_refused(&tx, labels[i], objects, count);
    return db_end(&tx, err);
}

void vector_store_state(struct db_tx *tx, struct vector_store_state *state)
{
    *state = (struct vector_store_state){0};
    struct db_stmt *s = db_stmt(tx,
        "SELECT version, epoch, layout, dimension, pruned_change, (SELECT coalesce(max(seq), 0) FROM objects),"
        " (SELECT coalesce(max(id), 0) FROM changes) FROM meta");
    if (db_step(s)) {
        state->version = db_int(s, 0);
        state->epoch = db_int(s, 1);
        state->layout = db_int(s, 2);
        state->dimension = db_int(s, 3);
        state->pruned_change = db_int(s, 4);
        state->last_seq = db_int(s, 5);
        state->last_change = db_int(s, 6);
        if (state->last_change < state->pruned_change)
            state->last_change = state->pruned_change;
    }
    db_stmt_done(s);
}

void vector_store_rows(struct db_tx *tx, int64_t after, int64_t last, int64_t limit, size_t dimension,
    vector_row_visit *visit, void *context)
{
    struct db_stmt *s = db_stmt(tx,
        "SELECT o.seq, o.video, o.position, o.class, o.label, o.track, v.vector FROM objects o JOIN vectors v"
        " ON v.seq = o.seq WHERE o.seq > ?1 AND o.seq <= ?2 ORDER BY o.seq LIMIT ?3");
    db_bind_int(s, 1, after);
    db_bind_int(s, 2, last);
    db_bind_int(s, 3, limit);
    while (db_step(s)) {
        size_t size = 0;
        struct vector_row row = {.seq = db_int(s, 0),
            .key = {(uint64_t)db_int(s, 1), (uint64_t)db_int(s, 2)},
            .class_id = (uint32_t)db_int(s, 3),
            .label_id = (uint32_t)db_int(s, 4),
            .track = db_int(s, 5)};
        row.half = db_blob(s, 6, &size);
        if (size != dimension * sizeof(uint16_t)) {
            db_fail(tx, ERR_CORRUPT,
                "the vector index %s holds a vector of %zu bytes where %zu dimensions are expected", db_path(tx->db),
                size, dimension);
            return;
        }
        visit(context, &row);
    }
}

void vector_store_changes(struct db_tx *tx, int64_t after, vector_change_visit *visit, void *context)
{
    struct db_stmt *s = db_stmt(tx,
        "SELECT c.id, c.kind, c.seq, c.video, c.position, o.class, o.label, o.track FROM changes c"
        " LEFT JOIN objects o ON o.seq = c.seq WHERE c.id > ?1 ORDER BY c.id");
    db_bind_int(s, 1, after);
    while (db_step(s)) {
        struct vector_change change = {.id = db_int(s, 0),
            .whole_video = db_int(s, 1) != 0,
            .removed = db_is_null(s, 5),
            .row = {.seq = db_int(s, 2),
                .key = {(uint64_t)db_int(s, 3), (uint64_t)db_int(s, 4)},
                .class_id = (uint32_t)db_int(s, 5),
                .label_id = (uint32_t)db_int(s, 6),
                .track = db_int(s, 7)}};
        visit(context, &change);
    }
}

void vector_store_names(struct db_tx *tx, int64_t after, vector_name_visit *visit, void *context)
{
    struct db_stmt *s = db_stmt(tx, "SELECT id, name FROM names WHERE id > ?1 ORDER BY id");
    db_bind_int(s, 1, after);
    while (db_step(s))
        visit(context, (uint32_t)db_int(s, 0), db_text(s, 1));
}
