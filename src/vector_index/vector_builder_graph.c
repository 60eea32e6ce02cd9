// The builder's steps on the graph and on everything at once: extending, compacting, sweeping.
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/cancel.h"
#include "os/file.h"
#include "vector_index/vector_builder_internal.h"
#include "vector_index/vector_kernels.h"

// Compaction is due when more than a third of the rows in files are dead, and these are not few.
#define DEAD_SHARE 3
#define DEAD_LEAST 64
// Chunks beyond twice as many as the rows would need: made by many small flushes.
#define CHUNKS_LEAST 32

// Neighbours in a video look alike. In the order of the objects they would be linked to each other before anything else
// is there to link to; a graph grown in random order is better connected.
static void shuffle(uint32_t *ids, size_t count)
{
    uint64_t random = 88172645463325252u;
    for (size_t i = count; i > 1; i--) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        size_t k = (size_t)(random % i);
        uint32_t t = ids[i - 1];
        ids[i - 1] = ids[k];
        ids[k] = t;
    }
}

struct opened {
    struct vector_chunk **chunks;
    size_t count;
    uint32_t *ids; // to be added
    size_t id_count;
};

static void opened_release(struct opened *o)
{
    for (size_t i = 0; i < o->count; i++)
        vector_chunk_close(o->chunks[i]);
    free(o->chunks);
    free(o->ids);
}

static enum err_code open_chunks(const struct vector_builder *b, const struct vector_chunk_info *infos, size_t count,
    size_t dimension, bool extend, struct opened *o, struct err *err)
{
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += (size_t)infos[i].count;
    o->chunks = mem_calloc(count, sizeof(struct vector_chunk *));
    o->ids = mem_calloc(rows, sizeof(*o->ids));
    for (size_t i = 0; i < count; i++) {
        enum err_code code = vector_chunk_open(b->folder, &infos[i], dimension, &o->chunks[i], err);
        if (code != ERR_NONE)
            return code;
        o->count++;
        for (size_t slot = 0; slot < (size_t)infos[i].count && !(extend && infos[i].in_graph); slot++) {
            if (o->chunks[i]->block.live[slot] != 0)
                o->ids[o->id_count++] = infos[i].number << VECTOR_BLOCK_BITS | (uint32_t)slot;
        }
    }
    shuffle(o->ids, o->id_count);
    return ERR_NONE;
}

enum err_code vector_builder_write_graph(const struct vector_builder *b, const struct vector_manifest *manifest,
    const struct vector_chunk_info *chunks, size_t chunk_count, bool extend, int64_t generation, uint64_t *size_bytes,
    uint64_t *checksum, struct err *err)
{
    size_t dimension = (size_t)manifest->state.dimension;
    struct opened o = {0};
    struct vector_graph *graph = NULL;
    char name[64];
    vector_manifest_graph_name(manifest->graph_generation, name, sizeof(name));
    char *old_path = mem_sprintf("%s/%s", b->folder, name);
    vector_manifest_graph_name(generation, name, sizeof(name));
    char *path = mem_sprintf("%s/%s", b->folder, name);
    enum err_code code = open_chunks(b, chunks, chunk_count, dimension, extend, &o, err);
    if (code == ERR_NONE && extend)
        code = vector_graph_load(
            old_path, vector_code_size(dimension), manifest->graph_size, manifest->graph_checksum, &graph, err);
    else if (code == ERR_NONE)
        code = vector_graph_new(vector_code_size(dimension), &graph, err);
    for (size_t i = 0; i < o.count && code == ERR_NONE; i++)
        vector_graph_set_codes(graph, chunks[i].number, o.chunks[i]->block.codes, o.chunks[i]->block.count);
    if (code == ERR_NONE)
        code = vector_graph_add(graph, o.ids, o.id_count, b->build_threads, b->cancel, err);
    if (code == ERR_NONE)
        code = vector_graph_save(graph, path, size_bytes, checksum, err);
    vector_graph_free(graph);
    opened_release(&o);
    free(old_path);
    free(path);
    return code;
}

static void put_graph(struct db_tx *tx, int64_t generation, uint64_t size_bytes, uint64_t checksum,
    const struct vector_chunk_info *chunks, size_t count)
{
    uint32_t *numbers = mem_calloc(count, sizeof(*numbers));
    for (size_t i = 0; i < count; i++)
        numbers[i] = chunks[i].number;
    vector_manifest_put_graph(tx, generation, size_bytes, checksum, numbers, count);
    free(numbers);
}

enum err_code vector_builder_extend_graph(const struct vector_builder *b, struct err *err)
{
    struct vector_manifest m;
    enum err_code code = vector_builder_manifest(b, &m, err);
    int64_t rows = 0;
    bool missing = false;
    for (size_t i = 0; i < m.chunk_count; i++) {
        rows += m.chunks[i].count;
        missing |= !m.chunks[i].in_graph;
    }
    if (code == ERR_NONE && missing && rows >= (int64_t)b->chunk_rows) {
        int64_t generation = m.state.layout + 1;
        uint64_t size_bytes = 0;
        uint64_t checksum = 0;
        code = vector_builder_write_graph(
            b, &m, m.chunks, m.chunk_count, m.has_graph, generation, &size_bytes, &checksum, err);
        if (code == ERR_NONE) {
            struct db_tx tx;
            vector_manifest_begin(b->store, m.state.epoch, &tx);
            put_graph(&tx, generation, size_bytes, checksum, m.chunks, m.chunk_count);
            code = vector_manifest_end(&tx, err);
        }
    }
    vector_manifest_release(&m);
    return code;
}

static enum err_code count_live(const struct vector_builder *b, int64_t last_seq, int64_t *count, struct err *err)
{
    struct db_tx tx;
    db_begin(vector_store_db(b->store), DB_READ, &tx);
    struct db_stmt *s = db_stmt(&tx, "SELECT count(*) FROM objects WHERE seq <= ?1");
    db_bind_int(s, 1, last_seq);
    *count = db_step(s) ? db_int(s, 0) : 0;
    return db_end(&tx, err);
}

static bool is_due(const struct vector_builder *b, const struct vector_manifest *m, int64_t live)
{
    int64_t rows = 0;
    for (size_t i = 0; i < m->chunk_count; i++)
        rows += m->chunks[i].count;
    int64_t dead = rows - live;
    size_t fitting = (size_t)rows / b->chunk_rows * 2;
    return (dead > rows / DEAD_SHARE && (dead > DEAD_LEAST || live == 0)) || m->chunk_count > fitting + CHUNKS_LEAST;
}

// New chunks for all rows up to the last that is in one, beside the old ones.
static enum err_code rewrite_chunks(const struct vector_builder *b, const struct vector_manifest *m, int64_t last_seq,
    struct vector_chunk_info **chunks, size_t *count, struct err *err)
{
    // Numbers have to differ from those in use, as a view may hold both for a moment.
    bool taken[VECTOR_BLOCK_MAX] = {0};
    for (size_t i = 0; i < m->chunk_count; i++)
        taken[m->chunks[i].number] = true;
    size_t most = b->chunk_rows * 4 < VECTOR_BLOCK_MAX ? b->chunk_rows * 4 : VECTOR_BLOCK_MAX;
    int64_t after = 0;
    uint32_t number = 0;
    for (;;) {
        struct vector_chunk_info info;
        while (number < VECTOR_BLOCK_MAX && taken[number])
            number++;
        if (number == VECTOR_BLOCK_MAX)
            return err_set(err, ERR_LIMIT, "%s holds too many vectors", b->folder);
        enum err_code code = cancel_check(b->cancel, err);
        if (code == ERR_NONE)
            code = vector_builder_write_chunk(b, after, last_seq + 1, most, number++, m->state.layout + 1, &info, err);
        if (code != ERR_NONE || info.count == 0)
            return code;
        *chunks = mem_realloc_array(*chunks, *count + 1, sizeof(**chunks));
        (*chunks)[(*count)++] = info;
        after = info.last_seq;
    }
}

static enum err_code compact(
    const struct vector_builder *b, const struct vector_manifest *m, int64_t last_seq, struct err *err)
{
    struct vector_chunk_info *chunks = NULL;
    size_t count = 0;
    int64_t rows = 0;
    int64_t generation = m->state.layout + 1;
    uint64_t size_bytes = 0;
    uint64_t checksum = 0;
    enum err_code code = rewrite_chunks(b, m, last_seq, &chunks, &count, err);
    for (size_t i = 0; i < count; i++)
        rows += chunks[i].count;
    bool with_graph = rows >= (int64_t)b->chunk_rows;
    if (code == ERR_NONE && with_graph)
        code = vector_builder_write_graph(b, m, chunks, count, false, generation, &size_bytes, &checksum, err);
    if (code == ERR_NONE) {
        struct db_tx tx;
        vector_manifest_begin(b->store, m->state.epoch, &tx);
        vector_manifest_drop_graph(&tx);
        for (size_t i = 0; i < m->chunk_count; i++)
            vector_manifest_drop_chunk(&tx, m->chunks[i].number);
        for (size_t i = 0; i < count; i++)
            vector_manifest_put_chunk(&tx, &chunks[i]);
        if (with_graph)
            put_graph(&tx, generation, size_bytes, checksum, chunks, count);
        code = vector_manifest_end(&tx, err);
    }
    free(chunks);
    return code;
}

enum err_code vector_builder_compact(const struct vector_builder *b, struct err *err)
{
    struct vector_manifest m;
    int64_t live = 0;
    enum err_code code = vector_builder_manifest(b, &m, err);
    if (code == ERR_NONE && m.chunk_count > 0) {
        int64_t last_seq = m.chunks[m.chunk_count - 1].last_seq;
        code = count_live(b, last_seq, &live, err);
        if (code == ERR_NONE && is_due(b, &m, live))
            code = compact(b, &m, last_seq, err);
    }
    vector_manifest_release(&m);
    return code;
}

static bool is_named(const struct vector_manifest *m, const char *file)
{
    char name[64];
    vector_manifest_graph_name(m->graph_generation, name, sizeof(name));
    if (m->has_graph && strcmp(file, name) == 0)
        return true;
    for (size_t i = 0; i < m->chunk_count; i++) {
        vector_chunk_rows_name(&m->chunks[i], name, sizeof(name));
        if (strcmp(file, name) == 0)
            return true;
        vector_chunk_vectors_name(&m->chunks[i], name, sizeof(name));
        if (strcmp(file, name) == 0)
            return true;
    }
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

enum err_code vector_builder_sweep(const struct vector_builder *b, struct err *err)
{
    struct vector_manifest m;
    enum err_code code = vector_builder_manifest(b, &m, err);
    DIR *folder = code == ERR_NONE ? opendir(b->folder) : NULL;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        const char *file = entry->d_name;
        bool ours = ends_with(file, ".rows") || ends_with(file, ".vectors") || ends_with(file, ".graph") ||
            ends_with(file, ".tmp");
        if (!ours || is_named(&m, file))
            continue;
        struct err ignored = ERR_INIT;
        char *path = mem_sprintf("%s/%s", b->folder, file);
        if (file_remove(path, &ignored) != ERR_NONE)
            log_warn(b->log, "cannot remove a file that is no longer needed: %s", ignored.message);
        free(path);
    }
    if (folder != NULL)
        closedir(folder);
    vector_manifest_release(&m);
    return code;
}
