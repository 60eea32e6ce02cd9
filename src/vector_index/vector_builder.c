// The builder's run, and its steps on chunks.
#include "vector_index/vector_builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/cancel.h"
#include "os/file.h"
#include "vector_index/vector_builder_internal.h"

// Changes that are kept for readers who lag behind, so that they need not load everything anew.
#define JOURNAL_KEPT 16384

enum err_code vector_builder_manifest(const struct vector_builder *b, struct vector_manifest *manifest, struct err *err)
{
    struct db_tx tx;
    db_begin(vector_store_db(b->store), DB_READ, &tx);
    vector_manifest_read(&tx, manifest);
    return db_end(&tx, err);
}

struct collect {
    struct vector_block *block;
};

static void collect_row(void *context, const struct vector_row *row)
{
    struct collect *c = context;
    vector_block_append(c->block, row);
}

enum err_code vector_builder_write_chunk(const struct vector_builder *b, int64_t after, int64_t before, size_t most,
    uint32_t number, int64_t generation, struct vector_chunk_info *info, struct err *err)
{
    struct vector_store_state state;
    struct collect c = {0};
    struct db_tx tx;
    db_begin(vector_store_db(b->store), DB_READ, &tx);
    vector_store_state(&tx, &state);
    *info = (struct vector_chunk_info){
        .number = number, .vectors_generation = generation, .rows_generation = generation, .change = state.last_change};
    if (db_ok(&tx) && state.dimension > 0) {
        c.block = vector_block_new(most, (size_t)state.dimension);
        vector_store_rows(&tx, after, before - 1, (int64_t)most, (size_t)state.dimension, collect_row, &c);
    }
    enum err_code code = db_end(&tx, err);
    if (code == ERR_NONE && c.block != NULL && c.block->count > 0)
        code = vector_chunk_write(b->folder, c.block, info, err);
    vector_block_free(c.block);
    return code;
}

// A number that no chunk has; UINT32_MAX when all are taken.
static uint32_t free_number(const struct vector_manifest *manifest, uint32_t from)
{
    for (uint32_t i = 0; i < VECTOR_BLOCK_MAX; i++) {
        uint32_t number = (from + i) % (uint32_t)VECTOR_BLOCK_MAX;
        bool taken = false;
        for (size_t k = 0; k < manifest->chunk_count; k++)
            taken |= manifest->chunks[k].number == number;
        if (!taken)
            return number;
    }
    return UINT32_MAX;
}

static int64_t count_rows(const struct vector_builder *b, int64_t after, int64_t before, int64_t most, struct err *err)
{
    struct db_tx tx;
    db_begin(vector_store_db(b->store), DB_READ, &tx);
    struct db_stmt *s =
        db_stmt(&tx, "SELECT count(*) FROM (SELECT 1 FROM objects WHERE seq > ?1 AND seq < ?2 LIMIT ?3)");
    db_bind_int(s, 1, after);
    db_bind_int(s, 2, before);
    db_bind_int(s, 3, most);
    int64_t count = db_step(s) ? db_int(s, 0) : 0;
    return db_end(&tx, err) == ERR_NONE ? count : -1;
}

// Moves rows of the first gap that has enough of them; *moved says whether there was one.
static enum err_code move_some(const struct vector_builder *b, size_t least, bool *moved, struct err *err)
{
    struct vector_manifest m;
    *moved = false;
    enum err_code code = vector_builder_manifest(b, &m, err);
    int64_t after = 0;
    for (size_t i = 0; i <= m.chunk_count && code == ERR_NONE && !*moved; i++) {
        bool is_last = i == m.chunk_count;
        int64_t before = is_last ? INT64_MAX : m.chunks[i].first_seq;
        // Between chunks there are rows only where a damaged chunk was.
        size_t needed = is_last ? least : 1;
        int64_t count = count_rows(b, after, before, (int64_t)b->chunk_rows, err);
        if (count < 0) {
            code = ERR_UNAVAILABLE;
        } else if ((size_t)count >= needed && count > 0) {
            struct vector_chunk_info info;
            struct db_tx tx;
            code = vector_builder_write_chunk(b, after, before, b->chunk_rows, free_number(&m, (uint32_t)m.chunk_count),
                m.state.layout + 1, &info, err);
            if (code == ERR_NONE && info.count > 0) {
                vector_manifest_begin(b->store, m.state.epoch, &tx);
                vector_manifest_put_chunk(&tx, &info);
                code = vector_manifest_end(&tx, err);
                *moved = code == ERR_NONE;
            }
        }
        if (!is_last)
            after = m.chunks[i].last_seq;
    }
    vector_manifest_release(&m);
    return code;
}

enum err_code vector_builder_move_rows(const struct vector_builder *b, size_t least, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool moved = true;
    while (moved && code == ERR_NONE) {
        code = cancel_check(b->cancel, err);
        if (code == ERR_NONE)
            code = move_some(b, least, &moved, err);
    }
    return code;
}

static bool chunk_is_usable(const struct vector_builder *b, const struct vector_chunk_info *info, size_t dimension,
    bool thorough, struct err *err)
{
    struct vector_chunk *chunk;
    if (vector_chunk_open(b->folder, info, dimension, &chunk, err) != ERR_NONE)
        return false;
    bool usable = !thorough || vector_chunk_verify(chunk, err) == ERR_NONE;
    vector_chunk_close(chunk);
    return usable;
}

static bool graph_is_usable(const struct vector_builder *b, const struct vector_manifest *m, struct err *err)
{
    struct vector_graph *graph;
    char name[64];
    vector_manifest_graph_name(m->graph_generation, name, sizeof(name));
    char *path = mem_sprintf("%s/%s", b->folder, name);
    enum err_code code = vector_graph_map(path, 64, m->graph_size, m->graph_checksum, &graph, err);
    if (code == ERR_NONE)
        vector_graph_free(graph);
    free(path);
    return code == ERR_NONE;
}

enum err_code vector_builder_verify(const struct vector_builder *b, bool thorough, struct err *err)
{
    struct vector_manifest m;
    struct err problem = ERR_INIT;
    enum err_code code = vector_builder_manifest(b, &m, err);
    bool graph_bad = code == ERR_NONE && m.has_graph && !graph_is_usable(b, &m, &problem);
    bool *bad = mem_calloc(m.chunk_count, sizeof(*bad));
    bool any = graph_bad;
    for (size_t i = 0; i < m.chunk_count && code == ERR_NONE; i++) {
        bad[i] = !chunk_is_usable(b, &m.chunks[i], (size_t)m.state.dimension, thorough, &problem);
        graph_bad |= bad[i] && m.chunks[i].in_graph;
        any |= bad[i];
    }
    if (code == ERR_NONE && any) {
        struct db_tx tx;
        log_warn(b->log, "made again from the store: %s", problem.message);
        vector_manifest_begin(b->store, m.state.epoch, &tx);
        if (graph_bad)
            vector_manifest_drop_graph(&tx);
        for (size_t i = 0; i < m.chunk_count; i++) {
            if (bad[i])
                vector_manifest_drop_chunk(&tx, m.chunks[i].number);
        }
        code = vector_manifest_end(&tx, err);
    }
    free(bad);
    vector_manifest_release(&m);
    return code;
}

// Applies the journal to a chunk's copy of its rows and writes them.
static void apply_change(void *context, const struct vector_change *change)
{
    struct vector_chunk *chunk = context;
    if (change->id > chunk->info.change)
        vector_block_apply(&chunk->block, change);
}

static enum err_code rewrite_rows(
    const struct vector_builder *b, const struct vector_manifest *m, struct vector_chunk_info *info, struct err *err)
{
    struct vector_chunk *chunk;
    struct vector_store_state state;
    struct db_tx tx;
    enum err_code code = vector_chunk_open(b->folder, info, (size_t)m->state.dimension, &chunk, err);
    if (code != ERR_NONE)
        return code;
    db_begin(vector_store_db(b->store), DB_READ, &tx);
    vector_store_state(&tx, &state);
    vector_store_changes(&tx, info->change, apply_change, chunk);
    code = db_end(&tx, err);
    info->change = state.last_change;
    info->rows_generation = m->state.layout + 1;
    if (code == ERR_NONE)
        code = vector_chunk_write_rows(b->folder, chunk, info, err);
    vector_chunk_close(chunk);
    return code;
}

enum err_code vector_builder_shorten_journal(const struct vector_builder *b, struct err *err)
{
    struct vector_manifest m;
    struct db_tx tx;
    enum err_code code = vector_builder_manifest(b, &m, err);
    int64_t rows = 0;
    int64_t oldest = m.state.last_change;
    for (size_t i = 0; i < m.chunk_count; i++) {
        rows += m.chunks[i].count;
        if (m.chunks[i].change < oldest)
            oldest = m.chunks[i].change;
    }
    // Opening costs about as much as the journal is long, writing as much as there are rows.
    bool rewrite = m.state.last_change - oldest > JOURNAL_KEPT + rows / 16;
    for (size_t i = 0; i < m.chunk_count && code == ERR_NONE && rewrite; i++)
        code = rewrite_rows(b, &m, &m.chunks[i], err);
    int64_t prune = m.state.last_change - JOURNAL_KEPT;
    if (!rewrite && oldest < prune)
        prune = oldest;
    if (code == ERR_NONE && (rewrite || prune > m.state.pruned_change + JOURNAL_KEPT)) {
        vector_manifest_begin(b->store, m.state.epoch, &tx);
        for (size_t i = 0; i < m.chunk_count && rewrite; i++)
            vector_manifest_put_chunk(&tx, &m.chunks[i]);
        vector_manifest_prune(&tx, prune);
        code = vector_manifest_end(&tx, err);
    }
    vector_manifest_release(&m);
    return code;
}

static enum err_code run_steps(const struct vector_builder *b, enum vector_build what, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (what != VECTOR_BUILD_DUE)
        code = vector_builder_verify(b, what == VECTOR_BUILD_ALL, err);
    if (code == ERR_NONE && (b->may_compact || what == VECTOR_BUILD_ALL))
        code = vector_builder_compact(b, err);
    if (code == ERR_NONE)
        code = vector_builder_move_rows(b, what == VECTOR_BUILD_ALL ? b->chunk_rows / 8 + 1 : b->chunk_rows, err);
    if (code == ERR_NONE)
        code = vector_builder_extend_graph(b, err);
    if (code == ERR_NONE)
        code = vector_builder_shorten_journal(b, err);
    if (code == ERR_NONE)
        code = vector_builder_sweep(b, err);
    return code;
}

enum err_code vector_builder_run(const struct vector_builder *b, enum vector_build what, struct err *err)
{
    struct file_lock *lock = NULL;
    char *path = mem_sprintf("%s/files.lock", b->folder);
    enum err_code code = file_lock_acquire(path, "vector index", &lock, err);
    free(path);
    if (code != ERR_NONE)
        return code;
    code = run_steps(b, what, err);
    file_lock_release(lock);
    return code;
}
