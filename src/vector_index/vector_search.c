#include "vector_index/vector_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_filter.h"
#include "vector_index/vector_kernels.h"
#include "vector_index/vector_top.h"

// Below this many rows the codes are not worth a pass of their own.
#define EXACT_ROWS 2048

struct search {
    const struct vector_view *view;
    const struct vector_query *query;
    struct vector_match match;
    void *code;                // of the query
    struct vector_top pool;    // candidates by the codes' cosine; `ref` is block << VECTOR_BLOCK_BITS | slot
    struct vector_top results; // by exact score
};

static uint32_t make_ref(size_t block, size_t slot)
{
    return (uint32_t)(block << VECTOR_BLOCK_BITS | slot);
}

static void add_exact(struct search *s, size_t block_index, size_t slot)
{
    const struct vector_block *block = s->view->blocks[block_index];
    float score = vector_dot_half(s->query->vector, vector_block_half(block, slot), block->dimension);
    if (score < s->query->min_score || score < vector_top_floor(&s->results))
        return;
    struct vector_key key = vector_block_key(block, slot);
    if (!vector_match_excludes(&s->match, key))
        vector_top_add(
            &s->results, (struct vector_candidate){.score = score, .ref = make_ref(block_index, slot), .key = key});
}

// The first slot from `slot` on that may match, skipping eight at a time; `to` if there is none.
static size_t next_match(const struct vector_selection *selection, size_t slot)
{
    uint64_t eight;
    while (slot + sizeof(eight) <= selection->to) {
        memcpy(&eight, selection->mask + slot, sizeof(eight));
        if (eight != 0)
            break;
        slot += sizeof(eight);
    }
    while (slot < selection->to && selection->mask[slot] == 0)
        slot++;
    return slot;
}

static void scan_exactly(struct search *s)
{
    for (size_t b = 0; b < s->match.block_count; b++) {
        const struct vector_selection *selection = &s->match.selections[b];
        if (selection->matches == 0)
            continue;
        for (size_t i = next_match(selection, selection->from); i < selection->to; i = next_match(selection, i + 1))
            add_exact(s, b, i);
    }
}

static float code_score(const struct search *s, size_t block_index, size_t slot)
{
    const struct vector_block *block = s->view->blocks[block_index];
    return vector_code_cosine(s->code, vector_block_code(block, slot), block->code_size);
}

static void add_to_pool(struct search *s, size_t block_index, size_t slot, float score)
{
    if (score <= vector_top_floor(&s->pool))
        return;
    struct vector_key key = vector_block_key(s->view->blocks[block_index], slot);
    if (!vector_match_excludes(&s->match, key))
        vector_top_add(
            &s->pool, (struct vector_candidate){.score = score, .ref = make_ref(block_index, slot), .key = key});
}

static void scan_codes(struct search *s, size_t block_index)
{
    const struct vector_selection *selection = &s->match.selections[block_index];
    if (selection->matches == 0)
        return;
    for (size_t i = next_match(selection, selection->from); i < selection->to; i = next_match(selection, i + 1))
        add_to_pool(s, block_index, i, code_score(s, block_index, i));
}

// How many candidates by codes make sure that the best by exact score are among them: the codes' error moves a vector
// past some of its neighbours, not past many.
static size_t pool_size(const struct search *s)
{
    return s->query->limit + s->query->limit / 2 + 64;
}

// In a graph a candidate is also a way to others: with 79 of them, recall@10 among a million was 0.958, with 160 it was
// 0.978. The less of the graph a filter lets through, the more of it is visited for each candidate anyway: where it was
// a tenth of 300,000, 47 had a recall of 0.996, 51 of 0.999 and 87, which took a third more time than those, of 0.9995.
static size_t graph_candidates(const struct search *s, size_t rows, size_t matches)
{
    return s->query->limit + s->query->limit / 2 + 24 + 120 * matches / rows;
}

static bool is_in_graph(const struct search *s, size_t block_index)
{
    return s->view->graph != NULL && block_index < s->view->chunk_count && s->view->chunks[block_index]->info.in_graph;
}

static bool is_wanted(const void *context, uint32_t id)
{
    const struct search *s = context;
    size_t block = s->view->block_of_chunk[id >> VECTOR_BLOCK_BITS];
    size_t slot = id & (VECTOR_BLOCK_MAX - 1);
    return s->match.selections[block].mask[slot] != 0 &&
        !vector_match_excludes(&s->match, vector_block_key(s->view->blocks[block], slot));
}

// A search among the `matches` of `rows` rows in a graph has to visit about 1 / share nodes for each match it finds,
// while a scan computes each match once, and more quickly, as it reads in order. They cost the same where
// matches = rows / matches * candidates * GRAPH_STEP_COST (measured by bench/vector_bench.c).
#define GRAPH_STEP_COST 40

static bool is_graph_worth_it(const struct search *s, size_t rows, size_t matches)
{
    return (double)matches * (double)matches >
        (double)rows * (double)graph_candidates(s, rows, matches) * GRAPH_STEP_COST;
}

static size_t count_wanted(const struct search *s, uint32_t node)
{
    size_t count = 0;
    const struct vector_twin *twins = vector_graph_twins(s->view->graph, node, &count);
    size_t wanted = is_wanted(s, node);
    for (size_t i = 0; i < count; i++)
        wanted += is_wanted(s, twins[i].id);
    return wanted;
}

static size_t count_all_wanted(const struct search *s, const uint32_t *nodes, size_t count)
{
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        wanted += count_wanted(s, nodes[i]);
    return wanted;
}

// The node by its exact score. Its twins may be very many, and nothing tells them apart but rounding: they come into
// the pool.
static void add_node(struct search *s, uint32_t node)
{
    size_t block = s->view->block_of_chunk[node >> VECTOR_BLOCK_BITS];
    size_t slot = node & (VECTOR_BLOCK_MAX - 1);
    size_t count = 0;
    const struct vector_twin *twins = vector_graph_twins(s->view->graph, node, &count);
    if (is_wanted(s, node))
        add_exact(s, block, slot);
    float score = count > 0 ? code_score(s, block, slot) : 0;
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(s, twins[i].id))
            add_to_pool(s, s->view->block_of_chunk[twins[i].id >> VECTOR_BLOCK_BITS],
                twins[i].id & (VECTOR_BLOCK_MAX - 1), score);
    }
}

// Whether the graph gave what there is; if not, its blocks have to be scanned.
static bool search_graph(struct search *s)
{
    size_t rows = 0;
    size_t matches = 0;
    for (size_t b = 0; b < s->view->chunk_count; b++) {
        if (is_in_graph(s, b)) {
            rows += s->view->blocks[b]->count;
            matches += s->match.selections[b].matches;
        }
    }
    if (rows == 0 || !is_graph_worth_it(s, rows, matches))
        return false;
    size_t wanted = graph_candidates(s, rows, matches);
    uint32_t *ids = mem_calloc(wanted, sizeof(*ids));
    size_t found = vector_graph_search(s->view->graph, s->code, wanted, is_wanted, s, ids);
    size_t excluded = s->match.excluded_count;
    // It finds none that are excluded, however many these are.
    bool is_enough = found >= wanted || count_all_wanted(s, ids, found) + excluded >= matches;
    for (size_t i = 0; i < found && is_enough; i++)
        add_node(s, ids[i]);
    free(ids);
    return is_enough;
}

static void search_codes(struct search *s)
{
    size_t code_size = vector_code_size(s->query->dimension);
    s->code = mem_alloc(code_size);
    vector_code_make(s->query->vector, s->query->dimension, s->code);
    vector_top_init(&s->pool, pool_size(s));
    bool has_graph = search_graph(s);
    for (size_t b = 0; b < s->match.block_count; b++) {
        if (!has_graph || !is_in_graph(s, b))
            scan_codes(s, b);
    }
    for (size_t i = 0; i < s->pool.count; i++) {
        uint32_t ref = s->pool.entries[i].ref;
        add_exact(s, ref >> VECTOR_BLOCK_BITS, ref & (VECTOR_BLOCK_MAX - 1));
    }
    vector_top_release(&s->pool);
    free(s->code);
}

static const char *name_of(const struct vector_view *view, uint32_t id)
{
    return id < view->name_count ? view->names[id] : "";
}

static void copy_name(char *out, size_t out_size, const char *name)
{
    size_t length = strnlen(name, out_size - 1);
    memcpy(out, name, length);
    out[length] = '\0';
}

static struct vector_hit *make_hits(const struct search *s)
{
    struct vector_hit *hits = mem_calloc(s->results.count, sizeof(*hits));
    for (size_t i = 0; i < s->results.count; i++) {
        uint32_t ref = s->results.entries[i].ref;
        const struct vector_block *block = s->view->blocks[ref >> VECTOR_BLOCK_BITS];
        size_t slot = ref & (VECTOR_BLOCK_MAX - 1);
        vector_key_format(vector_block_key(block, slot), hits[i].object);
        copy_name(hits[i].class_name, VECTOR_CLASS_SIZE, name_of(s->view, block->classes[slot]));
        copy_name(hits[i].label, VECTOR_LABEL_SIZE, name_of(s->view, block->labels[slot]));
        hits[i].track = block->tracks[slot];
        hits[i].score = s->results.entries[i].score;
    }
    return hits;
}

void vector_search(const struct vector_view *view, const struct vector_query *query, const struct vector_key *refused,
    size_t refused_count, struct vector_hit **hits, size_t *count)
{
    struct search s = {.view = view, .query = query};
    vector_match_init(&s.match, view, &query->filter, refused, refused_count);
    size_t most = query->limit < s.match.matches ? query->limit : s.match.matches;
    if (most > 0) {
        vector_top_init(&s.results, most);
        if (query->exact || s.match.matches <= EXACT_ROWS || s.match.matches <= pool_size(&s))
            scan_exactly(&s);
        else
            search_codes(&s);
        vector_top_sort(&s.results);
        *count = s.results.count;
        *hits = make_hits(&s);
        vector_top_release(&s.results);
    }
    vector_match_release(&s.match);
}
