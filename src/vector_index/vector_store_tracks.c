// The vectors of tracks.
#include <stdlib.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_kernels.h"
#include "vector_index/vector_store_internal.h"

enum err_code vector_store_put_tracks(struct vector_store *store, const char *project, const char *model,
    size_t dimension, const struct vector_track_item *items, size_t count, struct err *err)
{
    uint16_t *half = mem_calloc(dimension, sizeof(*half));
    struct db_tx tx;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    vector_store_check_or_set_model(&tx, project, model, dimension);
    for (size_t i = 0; i < count && db_ok(&tx); i++) {
        vector_to_half(items[i].vector, half, dimension);
        struct db_stmt *s = db_stmt(&tx, "INSERT OR REPLACE INTO tracks(video, n, vector) VALUES(?1, ?2, ?3)");
        db_bind_int(s, 1, (int64_t)vector_key_video(items[i].track.video));
        db_bind_int(s, 2, items[i].track.n);
        db_bind_blob(s, 3, half, dimension * sizeof(*half));
        db_run(s);
    }
    enum err_code code = db_end(&tx, err);
    free(half);
    return code;
}

// Removes those with after < n < before.
static void remove_between(struct db_tx *tx, int64_t video, int64_t after, int64_t before)
{
    if (after >= before - 1)
        return;
    struct db_stmt *s = db_stmt(tx, "DELETE FROM tracks WHERE video = ?1 AND n > ?2 AND n < ?3");
    db_bind_int(s, 1, video);
    db_bind_int(s, 2, after);
    db_bind_int(s, 3, before);
    db_run(s);
}

enum err_code vector_store_keep_tracks(
    struct vector_store *store, const char *video, const int64_t *numbers, size_t count, struct err *err)
{
    int64_t key = (int64_t)vector_key_video(video);
    int64_t after = -1;
    struct db_tx tx;
    db_begin(store->db, DB_WRITE_DURABLE, &tx);
    for (size_t i = 0; i < count && db_ok(&tx); i++) {
        remove_between(&tx, key, after, numbers[i]);
        after = numbers[i];
    }
    remove_between(&tx, key, after, INT64_MAX);
    return db_end(&tx, err);
}

enum err_code vector_store_fetch_track(struct vector_store *store, const char *project,
    const struct vector_track *track, float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    struct db_tx tx;
    db_begin(store->db, DB_READ, &tx);
    struct db_stmt *s = db_stmt(&tx, "SELECT vector FROM tracks WHERE video = ?1 AND n = ?2");
    db_bind_int(s, 1, (int64_t)vector_key_video(track->video));
    db_bind_int(s, 2, track->n);
    struct err wrong = ERR_INIT;
    if (!db_step(s)) {
        vector_index_no_track(&wrong, project, track);
        db_fail(&tx, wrong.code, "%s", wrong.message);
        return db_end(&tx, err);
    }
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
    return db_end(&tx, err);
}
