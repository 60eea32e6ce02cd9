#include "vector_index/vector_layout.h"

#include <stdlib.h>

#include "base/mem.h"
#include "vector_index/vector_kernels.h"

static struct vector_chunk *find_open(
    const struct vector_layout *layout, const struct vector_view *view, const struct vector_chunk_info *info)
{
    for (size_t i = 0; i < view->chunk_count && layout->shares; i++) {
        const struct vector_chunk_info *open = &view->chunks[i]->info;
        if (open->number == info->number && open->vectors_generation == info->vectors_generation)
            return view->chunks[i];
    }
    return NULL;
}

static void open_chunk(struct vector_layout *layout, const struct vector_view *view,
    const struct vector_chunk_info *info, size_t dimension)
{
    struct vector_chunk *chunk = find_open(layout, view, info);
    bool is_shared = chunk != NULL;
    if (!is_shared && vector_chunk_open(view->folder, info, dimension, &chunk, &layout->problem) != ERR_NONE) {
        layout->damaged = true;
        return;
    }
    layout->chunks[layout->chunk_count] = chunk;
    layout->is_shared[layout->chunk_count] = is_shared;
    layout->in_graph[layout->chunk_count] = info->in_graph;
    layout->chunk_count++;
}

static void apply_to_new_chunks(void *context, const struct vector_change *change)
{
    struct vector_layout *layout = context;
    for (size_t i = 0; i < layout->chunk_count; i++) {
        if (!layout->is_shared[i] && change->id > layout->chunks[i]->info.change)
            vector_block_apply(&layout->chunks[i]->block, change);
    }
}

static void catch_up_new_chunks(struct vector_layout *layout, struct db_tx *tx)
{
    int64_t oldest = layout->last_change;
    for (size_t i = 0; i < layout->chunk_count; i++) {
        if (!layout->is_shared[i] && layout->chunks[i]->info.change < oldest)
            oldest = layout->chunks[i]->info.change;
    }
    if (oldest < layout->last_change)
        vector_store_changes(tx, oldest, apply_to_new_chunks, layout);
}

static void leave_graph_out(struct vector_layout *layout)
{
    layout->graph = NULL;
    layout->graph_generation = 0;
    for (size_t i = 0; i < layout->chunk_count; i++)
        layout->in_graph[i] = false;
}

static void open_graph(
    struct vector_layout *layout, const struct vector_view *view, const struct vector_manifest *manifest)
{
    // Without one of its chunks a graph leads to codes that are not there.
    size_t wanted = 0;
    size_t present = 0;
    for (size_t i = 0; i < manifest->chunk_count; i++)
        wanted += manifest->chunks[i].in_graph;
    for (size_t i = 0; i < layout->chunk_count; i++)
        present += layout->in_graph[i];
    if (!manifest->has_graph || wanted == 0 || present != wanted) {
        leave_graph_out(layout);
        return;
    }
    layout->graph_generation = manifest->graph_generation;
    if (layout->shares && view->graph != NULL && view->graph_generation == manifest->graph_generation) {
        layout->graph = view->graph;
        layout->graph_is_shared = true;
        return;
    }
    char name[64];
    vector_manifest_graph_name(manifest->graph_generation, name, sizeof(name));
    char *path = mem_sprintf("%s/%s", view->folder, name);
    if (vector_graph_map(path, vector_code_size((size_t)manifest->state.dimension), manifest->graph_size,
            manifest->graph_checksum, &layout->graph, &layout->problem) != ERR_NONE) {
        layout->damaged = true;
        leave_graph_out(layout);
    }
    free(path);
    for (size_t i = 0; i < layout->chunk_count && layout->graph != NULL; i++) {
        if (layout->in_graph[i])
            vector_graph_set_codes(layout->graph, layout->chunks[i]->info.number, layout->chunks[i]->block.codes,
                layout->chunks[i]->block.count);
    }
}

void vector_layout_open(
    struct vector_layout *layout, struct vector_view *view, const struct vector_manifest *manifest, struct db_tx *tx)
{
    *layout = (struct vector_layout){
        .layout = manifest->state.layout, .epoch = manifest->state.epoch, .last_change = manifest->state.last_change};
    // A view that lost the store has not followed the changes to its chunks.
    pthread_rwlock_rdlock(&view->lock);
    layout->shares = !vector_view_is_lost(view, &manifest->state);
    pthread_rwlock_unlock(&view->lock);
    layout->chunks = mem_calloc(manifest->chunk_count, sizeof(*layout->chunks));
    layout->in_graph = mem_calloc(manifest->chunk_count, sizeof(*layout->in_graph));
    layout->is_shared = mem_calloc(manifest->chunk_count, sizeof(*layout->is_shared));
    for (size_t i = 0; i < manifest->chunk_count; i++)
        open_chunk(layout, view, &manifest->chunks[i], (size_t)manifest->state.dimension);
    catch_up_new_chunks(layout, tx);
    open_graph(layout, view, manifest);
}

void vector_layout_close(struct vector_layout *layout)
{
    for (size_t i = 0; i < layout->chunk_count; i++) {
        if (!layout->is_shared[i])
            vector_chunk_close(layout->chunks[i]);
    }
    if (!layout->graph_is_shared)
        vector_graph_free(layout->graph);
    free(layout->chunks);
    free(layout->in_graph);
    free(layout->is_shared);
    *layout = (struct vector_layout){0};
}
