#include "vector_index/vector_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "vector_index/vector_layout.h"

// How often an adoption starts again because the files changed while it opened them. The next one will do it.
#define ADOPT_TRIES 3

void vector_view_init(struct vector_view *view, const char *folder, size_t tail_capacity, struct log *log)
{
    *view = (struct vector_view){.folder = mem_strdup(folder), .tail_capacity = tail_capacity, .log = log};
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    // Otherwise a stream of queries would keep news out for ever.
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&view->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&view->refresh_mutex, NULL);
    pthread_mutex_init(&view->adopt_mutex, NULL);
    view->block_of_chunk = mem_calloc(VECTOR_BLOCK_MAX, sizeof(*view->block_of_chunk));
}

static void clear(struct vector_view *view)
{
    vector_graph_free(view->graph);
    for (size_t i = 0; i < view->chunk_count; i++)
        vector_chunk_close(view->chunks[i]);
    for (size_t i = 0; i < view->tail_count; i++)
        vector_block_free(view->tail[i]);
    for (size_t i = 0; i < view->name_count; i++)
        free(view->names[i]);
    free(view->chunks);
    free(view->tail);
    free(view->blocks);
    free(view->names);
    view->graph = NULL;
    view->chunks = NULL;
    view->tail = NULL;
    view->blocks = NULL;
    view->names = NULL;
    view->chunk_count = view->tail_count = view->block_count = view->name_count = 0;
    view->graph_generation = view->layout = view->tail_after = 0;
    view->state = (struct vector_store_state){0};
}

void vector_view_release(struct vector_view *view)
{
    clear(view);
    free(view->block_of_chunk);
    free(view->folder);
    pthread_mutex_destroy(&view->adopt_mutex);
    pthread_mutex_destroy(&view->refresh_mutex);
    pthread_rwlock_destroy(&view->lock);
}

static void list_blocks(struct vector_view *view)
{
    view->block_count = view->chunk_count + view->tail_count;
    view->blocks = mem_realloc_array(view->blocks, view->block_count, sizeof(struct vector_block *));
    for (size_t i = 0; i < view->chunk_count; i++) {
        view->blocks[i] = &view->chunks[i]->block;
        view->block_of_chunk[view->chunks[i]->info.number] = (uint16_t)i;
    }
    for (size_t i = 0; i < view->tail_count; i++)
        view->blocks[view->chunk_count + i] = view->tail[i];
}

static void add_name(void *context, uint32_t id, const char *name)
{
    struct vector_view *view = context;
    if (id >= view->name_count) {
        view->names = mem_realloc_array(view->names, id + 1, sizeof(*view->names));
        for (size_t i = view->name_count; i <= id; i++)
            view->names[i] = mem_strdup("");
        view->name_count = id + 1;
    }
    free(view->names[id]);
    view->names[id] = mem_strdup(name);
}

bool vector_view_is_lost(const struct vector_view *view, const struct vector_store_state *now)
{
    return view->state.epoch != now->epoch || view->state.last_change < now->pruned_change;
}

// Makes sure that the next refresh loads everything anew. Chunks stay: an adoption may just be sharing them.
static void lose(struct vector_view *view)
{
    view->state = (struct vector_store_state){.epoch = -1};
}

static void start_tail_block(struct vector_view *view)
{
    view->tail = mem_realloc_array(view->tail, view->tail_count + 1, sizeof(*view->tail));
    view->tail[view->tail_count++] = vector_block_new(view->tail_capacity, (size_t)view->state.dimension);
    list_blocks(view);
}

// Rows of one block come in ascending order; a gap's rows, which are older than those in memory, begin a new one.
static void add_row(void *context, const struct vector_row *row)
{
    struct vector_view *view = context;
    const struct vector_block *last = view->tail_count > 0 ? view->tail[view->tail_count - 1] : NULL;
    if (last == NULL || last->count == last->capacity || (last->count > 0 && last->last_seq > row->seq))
        start_tail_block(view);
    vector_block_append(view->tail[view->tail_count - 1], row);
}

static void apply_change(void *context, const struct vector_change *change)
{
    struct vector_view *view = context;
    for (size_t i = 0; i < view->block_count; i++)
        vector_block_apply(view->blocks[i], change);
}

// Follows the store from `after_change` and the last row seen to `now`.
static void follow(
    struct vector_view *view, struct db_tx *tx, const struct vector_store_state *now, int64_t after_change)
{
    view->state.dimension = now->dimension;
    if (view->name_count == 0)
        add_name(view, 0, "");
    vector_store_names(tx, (int64_t)view->name_count - 1, add_name, view);
    vector_store_changes(tx, after_change, apply_change, view);
    vector_store_rows(tx, view->state.last_seq, now->last_seq, -1, (size_t)now->dimension, add_row, view);
    int64_t last_seq = view->state.last_seq;
    view->state = *now;
    // The newest row may have been removed again; what was seen stays seen.
    if (view->state.last_seq < last_seq)
        view->state.last_seq = last_seq;
}

static void kill_range(struct vector_view *view, int64_t first_seq, int64_t last_seq)
{
    for (size_t i = 0; i < view->tail_count; i++)
        vector_block_kill_range(view->tail[i], first_seq, last_seq);
}

// Loads the rows between `after` and `before` into memory, in place of what is there of them.
static void load_gap(struct vector_view *view, struct db_tx *tx, int64_t after, int64_t before)
{
    if (after + 1 >= before)
        return;
    kill_range(view, after + 1, before - 1);
    vector_store_rows(tx, after, before - 1, -1, (size_t)view->state.dimension, add_row, view);
}

static void drop_dead_tail(struct vector_view *view)
{
    size_t kept = 0;
    for (size_t i = 0; i < view->tail_count; i++) {
        if (view->tail[i]->live_count > 0)
            view->tail[kept++] = view->tail[i];
        else
            vector_block_free(view->tail[i]);
    }
    view->tail_count = kept;
}

// Rows that no chunk holds come into memory, those that one holds leave it.
static void fit_tail(struct vector_view *view, struct db_tx *tx, bool fresh)
{
    int64_t last = view->chunk_count > 0 ? view->chunks[view->chunk_count - 1]->info.last_seq : 0;
    if (fresh)
        view->state.last_seq = view->tail_after = last;
    int64_t after = 0;
    for (size_t i = 0; i < view->chunk_count; i++) {
        const struct vector_chunk_info *info = &view->chunks[i]->info;
        if (after < view->tail_after)
            load_gap(view, tx, after, info->first_seq <= view->tail_after ? info->first_seq : view->tail_after + 1);
        kill_range(view, info->first_seq, info->last_seq);
        after = info->last_seq;
    }
    if (after < view->tail_after)
        load_gap(view, tx, after, view->tail_after + 1);
    drop_dead_tail(view);
}

// Exchanges the files; the layout is left with what the view had and no longer needs.
static void exchange(struct vector_view *view, struct vector_layout *layout)
{
    struct vector_chunk **old = view->chunks;
    size_t old_count = view->chunk_count;
    view->chunks = mem_calloc(layout->chunk_count, sizeof(*view->chunks));
    view->chunk_count = layout->chunk_count;
    for (size_t i = 0; i < layout->chunk_count; i++) {
        view->chunks[i] = layout->chunks[i];
        view->chunks[i]->info.in_graph = layout->in_graph[i];
        layout->is_shared[i] = true;
    }
    if (!layout->graph_is_shared)
        vector_graph_free(view->graph);
    view->graph = layout->graph;
    view->graph_generation = layout->graph_generation;
    layout->graph_is_shared = true;
    for (size_t i = 0; i < old_count; i++) {
        bool kept = false;
        for (size_t k = 0; k < view->chunk_count; k++)
            kept |= view->chunks[k] == old[i];
        if (!kept)
            vector_chunk_close(old[i]);
    }
    free(old);
}

static void take_over(
    struct vector_view *view, struct vector_layout *layout, struct db_tx *tx, const struct vector_store_state *now)
{
    bool fresh = vector_view_is_lost(view, now);
    if (fresh)
        clear(view);
    int64_t after_change =
        fresh || layout->last_change < view->state.last_change ? layout->last_change : view->state.last_change;
    exchange(view, layout);
    view->state.dimension = now->dimension;
    fit_tail(view, tx, fresh);
    list_blocks(view);
    follow(view, tx, now, after_change);
    view->layout = layout->layout;
    if (layout->damaged) {
        log_warn(view->log, "a copy of vectors cannot be used and is made again: %s", layout->problem.message);
        atomic_store(&view->damaged, true);
    }
    if (!db_ok(tx))
        lose(view);
}

// Opens the files of the present layout and takes them over, unless the layout changes meanwhile (*done is false).
static enum err_code adopt_once(struct vector_view *view, struct vector_store *store, bool *done, struct err *err)
{
    struct vector_manifest manifest;
    struct vector_layout layout = {0};
    struct vector_store_state now;
    struct db_tx tx;
    db_begin(vector_store_db(store), DB_READ, &tx);
    vector_manifest_read(&tx, &manifest);
    if (db_ok(&tx))
        vector_layout_open(&layout, view, &manifest, &tx);
    enum err_code code = db_end(&tx, err);
    vector_manifest_release(&manifest);
    if (code != ERR_NONE) {
        vector_layout_close(&layout);
        return code;
    }
    pthread_mutex_lock(&view->refresh_mutex);
    db_begin(vector_store_db(store), DB_READ, &tx);
    vector_store_state(&tx, &now);
    *done = now.layout == layout.layout && now.epoch == layout.epoch && now.pruned_change <= layout.last_change &&
        !(layout.shares && vector_view_is_lost(view, &now));
    if (db_ok(&tx) && *done) {
        pthread_rwlock_wrlock(&view->lock);
        take_over(view, &layout, &tx, &now);
        pthread_rwlock_unlock(&view->lock);
    }
    code = db_end(&tx, err);
    pthread_mutex_unlock(&view->refresh_mutex);
    vector_layout_close(&layout);
    return code;
}

enum err_code vector_view_adopt(struct vector_view *view, struct vector_store *store, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool done = false;
    pthread_mutex_lock(&view->adopt_mutex);
    for (int i = 0; i < ADOPT_TRIES && !done && code == ERR_NONE; i++)
        code = adopt_once(view, store, &done, err);
    pthread_mutex_unlock(&view->adopt_mutex);
    return code;
}

// Follows rows and changes; *reload is set if the view is none of this store's present.
static enum err_code refresh_once(
    struct vector_view *view, struct vector_store *store, bool *adopt, bool *reload, struct err *err)
{
    struct vector_store_state now;
    struct db_tx tx;
    pthread_mutex_lock(&view->refresh_mutex);
    db_begin(vector_store_db(store), DB_READ, &tx);
    vector_store_state(&tx, &now);
    *reload = db_ok(&tx) && vector_view_is_lost(view, &now);
    if (db_ok(&tx) && !*reload && view->state.version != now.version) {
        pthread_rwlock_wrlock(&view->lock);
        follow(view, &tx, &now, view->state.last_change);
        if (!db_ok(&tx))
            lose(view);
        pthread_rwlock_unlock(&view->lock);
    }
    *adopt = view->layout != now.layout;
    enum err_code code = db_end(&tx, err);
    pthread_mutex_unlock(&view->refresh_mutex);
    return code;
}

enum err_code vector_view_refresh(struct vector_view *view, struct vector_store *store, bool *adopt, struct err *err)
{
    bool reload = false;
    enum err_code code = refresh_once(view, store, adopt, &reload, err);
    for (int i = 0; i < ADOPT_TRIES && code == ERR_NONE && reload; i++) {
        code = vector_view_adopt(view, store, err);
        if (code == ERR_NONE)
            code = refresh_once(view, store, adopt, &reload, err);
    }
    if (code == ERR_NONE && reload)
        return err_set(err, ERR_UNAVAILABLE, "the vector index %s is being rewritten: try again", view->folder);
    return code;
}
