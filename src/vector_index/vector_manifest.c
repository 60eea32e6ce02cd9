#include "vector_index/vector_manifest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "vector_index/vector_store_internal.h"

void vector_manifest_graph_name(int64_t generation, char *out, size_t out_size)
{
    snprintf(out, out_size, "%lld.graph", (long long)generation);
}

static void read_chunks(struct db_tx *tx, struct vector_manifest *manifest)
{
    struct db_stmt *s = db_stmt(tx,
        "SELECT number, vectors_generation, rows_generation, first_seq, last_seq, count, change, in_graph"
        " FROM chunks ORDER BY first_seq");
    while (db_step(s)) {
        manifest->chunks = mem_realloc_array(manifest->chunks, manifest->chunk_count + 1, sizeof(*manifest->chunks));
        manifest->chunks[manifest->chunk_count++] = (struct vector_chunk_info){.number = (uint32_t)db_int(s, 0),
            .vectors_generation = db_int(s, 1),
            .rows_generation = db_int(s, 2),
            .first_seq = db_int(s, 3),
            .last_seq = db_int(s, 4),
            .count = db_int(s, 5),
            .change = db_int(s, 6),
            .in_graph = db_int(s, 7) != 0};
    }
}

void vector_manifest_read(struct db_tx *tx, struct vector_manifest *manifest)
{
    *manifest = (struct vector_manifest){0};
    vector_store_state(tx, &manifest->state);
    read_chunks(tx, manifest);
    struct db_stmt *s = db_stmt(tx, "SELECT generation, size_bytes, checksum FROM graphs");
    if (db_step(s)) {
        manifest->has_graph = true;
        manifest->graph_generation = db_int(s, 0);
        manifest->graph_size = (uint64_t)db_int(s, 1);
        manifest->graph_checksum = (uint64_t)db_int(s, 2);
    }
    db_stmt_done(s);
}

void vector_manifest_release(struct vector_manifest *manifest)
{
    free(manifest->chunks);
    *manifest = (struct vector_manifest){0};
}

void vector_manifest_begin(struct vector_store *store, int64_t epoch, struct db_tx *tx)
{
    struct vector_store_state state;
    db_begin(store->db, DB_WRITE_DURABLE, tx);
    vector_store_state(tx, &state);
    if (db_ok(tx) && state.epoch != epoch)
        db_fail(tx, ERR_CONFLICT, "the project was removed meanwhile");
}

void vector_manifest_put_chunk(struct db_tx *tx, const struct vector_chunk_info *info)
{
    struct db_stmt *s = db_stmt(tx,
        "INSERT OR REPLACE INTO chunks(number, vectors_generation, rows_generation, first_seq, last_seq, count, change,"
        " in_graph) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    db_bind_int(s, 1, info->number);
    db_bind_int(s, 2, info->vectors_generation);
    db_bind_int(s, 3, info->rows_generation);
    db_bind_int(s, 4, info->first_seq);
    db_bind_int(s, 5, info->last_seq);
    db_bind_int(s, 6, info->count);
    db_bind_int(s, 7, info->change);
    db_bind_int(s, 8, info->in_graph);
    db_run(s);
}

void vector_manifest_drop_chunk(struct db_tx *tx, uint32_t number)
{
    struct db_stmt *s = db_stmt(tx, "DELETE FROM chunks WHERE number = ?1");
    db_bind_int(s, 1, number);
    db_run(s);
}

void vector_manifest_put_graph(
    struct db_tx *tx, int64_t generation, uint64_t size_bytes, uint64_t checksum, const uint32_t *numbers, size_t count)
{
    vector_manifest_drop_graph(tx);
    struct db_stmt *s = db_stmt(tx, "INSERT INTO graphs(generation, size_bytes, checksum) VALUES(?1, ?2, ?3)");
    db_bind_int(s, 1, generation);
    db_bind_int(s, 2, (int64_t)size_bytes);
    db_bind_int(s, 3, (int64_t)checksum);
    db_run(s);
    for (size_t i = 0; i < count; i++) {
        s = db_stmt(tx, "UPDATE chunks SET in_graph = 1 WHERE number = ?1");
        db_bind_int(s, 1, numbers[i]);
        db_run(s);
    }
}

void vector_manifest_drop_graph(struct db_tx *tx)
{
    db_exec(tx, "DELETE FROM graphs");
    db_exec(tx, "UPDATE chunks SET in_graph = 0");
}

void vector_manifest_prune(struct db_tx *tx, int64_t change)
{
    struct db_stmt *s = db_stmt(tx, "DELETE FROM changes WHERE id <= ?1");
    db_bind_int(s, 1, change);
    db_run(s);
    s = db_stmt(tx, "UPDATE meta SET pruned_change = max(pruned_change, ?1)");
    db_bind_int(s, 1, change);
    db_run(s);
}

enum err_code vector_manifest_end(struct db_tx *tx, struct err *err)
{
    db_exec(tx, "UPDATE meta SET layout = layout + 1");
    vector_store_bump(tx);
    return db_end(tx, err);
}
