#include "vector_index/vector_graph.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <usearch.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "os/file.h"
#include "vector_index/vector_block.h"
#include "vector_index/vector_checksum.h"
#include "vector_index/vector_code_set.h"
#include "vector_index/vector_kernels.h"

// Links per node and the breadth of the search for them when it is added.
#define CONNECTIVITY 16
#define EXPANSION_ADD 128
#define SEARCH_THREADS_MAX 32
#define BUILD_THREADS_MAX 32

// The id that stands for the query in the metric.
#define QUERY_ID UINT32_MAX

struct chunk_codes {
    const uint8_t *codes;
    size_t count;
};

struct vector_graph {
    usearch_index_t index;
    size_t code_size;
    struct chunk_codes *chunks; // by number
    struct vector_twins twins;
    void *map;
    size_t map_size;
    sem_t search_slots; // USearch has room for so many searches at a time
};

static _Thread_local const uint8_t *query_code;

// USearch keeps its keys in a hash table whose hash is the key itself. Ids as they are would lie in a few dense runs,
// and filling the table would take quadratic time; this one-to-one mapping spreads them.
#define KEY_FACTOR 0x9e3779b97f4a7c15u
#define KEY_INVERSE 0xf1de83e19937733du

static usearch_key_t key_of(uint32_t id)
{
    return __builtin_bswap64(id * KEY_FACTOR);
}

static uint32_t id_of(usearch_key_t key)
{
    return (uint32_t)(__builtin_bswap64(key) * KEY_INVERSE);
}

static const uint8_t *code_of(const struct vector_graph *graph, const void *vector)
{
    uint32_t id;
    memcpy(&id, vector, sizeof(id));
    if (id == QUERY_ID)
        return query_code;
    return graph->chunks[id >> VECTOR_BLOCK_BITS].codes + (id & (VECTOR_BLOCK_MAX - 1)) * graph->code_size;
}

// USearch declares metrics with two arguments and calls those that have a state with three.
static usearch_distance_t distance(const void *a, const void *b, const void *state)
{
    const struct vector_graph *graph = state;
    return 1.0f - vector_code_cosine(code_of(graph, a), code_of(graph, b), graph->code_size);
}

static enum err_code failed(struct err *err, enum err_code code, const char *what, usearch_error_t error)
{
    return err_set(err, code, "vector graph: cannot %s: %s", what, error);
}

static enum err_code use_metric(struct vector_graph *graph, struct err *err)
{
    usearch_error_t error = NULL;
    usearch_change_metric(graph->index, (usearch_metric_t)(void (*)(void))distance, graph, usearch_metric_ip_k, &error);
    return error != NULL ? failed(err, ERR_INTERNAL, "set its metric", error) : ERR_NONE;
}

static enum err_code graph_init(size_t code_size, struct vector_graph **out, struct err *err)
{
    usearch_error_t error = NULL;
    usearch_init_options_t options = {.metric_kind = usearch_metric_ip_k,
        .quantization = usearch_scalar_f32_k,
        .dimensions = 1,
        .connectivity = CONNECTIVITY,
        .expansion_add = EXPANSION_ADD,
        .expansion_search = 1};
    struct vector_graph *graph = mem_calloc(1, sizeof(*graph));
    graph->code_size = code_size;
    graph->chunks = mem_calloc(VECTOR_BLOCK_MAX, sizeof(*graph->chunks));
    sem_init(&graph->search_slots, 0, SEARCH_THREADS_MAX);
    graph->index = usearch_init(&options, &error);
    if (error == NULL)
        usearch_change_threads_search(graph->index, SEARCH_THREADS_MAX, &error);
    if (error != NULL) {
        enum err_code code = failed(err, ERR_UNAVAILABLE, "be made", error);
        vector_graph_free(graph);
        return code;
    }
    *out = graph;
    return ERR_NONE;
}

enum err_code vector_graph_new(size_t code_size, struct vector_graph **out, struct err *err)
{
    enum err_code code = graph_init(code_size, out, err);
    return code == ERR_NONE ? use_metric(*out, err) : code;
}

static enum err_code map_file(const char *path, uint64_t size_bytes, void **map, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open %s", path);
    struct stat st;
    enum err_code code = ERR_NONE;
    if (fstat(fd, &st) != 0) {
        code = err_set_errno(err, errno, "cannot look at %s", path);
    } else if ((uint64_t)st.st_size != size_bytes || size_bytes == 0) {
        code = err_set(err, ERR_CORRUPT, "%s has %lld bytes instead of %llu", path, (long long)st.st_size,
            (unsigned long long)size_bytes);
    } else {
        *map = mmap(NULL, size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
        if (*map == MAP_FAILED)
            code = err_set_errno(err, errno, "cannot map %s", path);
    }
    close(fd);
    return code;
}

// Links are followed without looking, so a damaged file must not get that far.
static enum err_code map_checked(const char *path, uint64_t size_bytes, uint64_t checksum, void **map, struct err *err)
{
    enum err_code code = map_file(path, size_bytes, map, err);
    if (code == ERR_NONE && vector_checksum(*map, size_bytes, 0) != checksum) {
        munmap(*map, size_bytes);
        return err_set(err, ERR_CORRUPT, "%s is damaged: its checksum is wrong", path);
    }
    return code;
}

// The links, and behind them the twins.
static enum err_code read_content(struct vector_graph *graph, const char *path, bool keep_mapped, struct err *err)
{
    usearch_error_t error = NULL;
    size_t twins = 0;
    if (!vector_twins_read(&graph->twins, graph->map, graph->map_size, &twins))
        return err_set(err, ERR_CORRUPT, "%s is damaged: it says that it holds more equal vectors than fit in", path);
    if (keep_mapped)
        usearch_view_buffer(graph->index, graph->map, graph->map_size - twins, &error);
    else
        usearch_load_buffer(graph->index, graph->map, graph->map_size - twins, &error);
    return error != NULL ? failed(err, ERR_CORRUPT, "be read", error) : ERR_NONE;
}

// With `keep_mapped` for searching only; else its content is copied.
static enum err_code graph_open(const char *path, size_t code_size, uint64_t size_bytes, uint64_t checksum,
    bool keep_mapped, struct vector_graph **out, struct err *err)
{
    struct vector_graph *graph;
    void *map = NULL;
    enum err_code code = map_checked(path, size_bytes, checksum, &map, err);
    if (code != ERR_NONE)
        return code;
    code = graph_init(code_size, &graph, err);
    if (code != ERR_NONE) {
        munmap(map, size_bytes);
        return code;
    }
    graph->map = map;
    graph->map_size = size_bytes;
    code = read_content(graph, path, keep_mapped, err);
    if (code == ERR_NONE)
        code = use_metric(graph, err);
    if (code != ERR_NONE) {
        vector_graph_free(graph);
        return code;
    }
    if (!keep_mapped) {
        munmap(graph->map, graph->map_size);
        graph->map = NULL;
    }
    *out = graph;
    return ERR_NONE;
}

enum err_code vector_graph_load(const char *path, size_t code_size, uint64_t size_bytes, uint64_t checksum,
    struct vector_graph **graph, struct err *err)
{
    return graph_open(path, code_size, size_bytes, checksum, false, graph, err);
}

enum err_code vector_graph_map(const char *path, size_t code_size, uint64_t size_bytes, uint64_t checksum,
    struct vector_graph **graph, struct err *err)
{
    return graph_open(path, code_size, size_bytes, checksum, true, graph, err);
}

void vector_graph_free(struct vector_graph *graph)
{
    usearch_error_t error = NULL;
    if (graph == NULL)
        return;
    if (graph->index != NULL)
        usearch_free(graph->index, &error);
    if (graph->map != NULL)
        munmap(graph->map, graph->map_size);
    sem_destroy(&graph->search_slots);
    vector_twins_release(&graph->twins);
    free(graph->chunks);
    free(graph);
}

void vector_graph_set_codes(struct vector_graph *graph, uint32_t chunk_number, const uint8_t *codes, size_t count)
{
    graph->chunks[chunk_number] = (struct chunk_codes){.codes = codes, .count = count};
}

size_t vector_graph_count(const struct vector_graph *graph)
{
    usearch_error_t error = NULL;
    return usearch_size(graph->index, &error);
}

struct addition {
    struct vector_graph *graph;
    const uint32_t *ids;
    size_t count;
    struct cancel *cancel;
    atomic_size_t next;
    _Atomic(usearch_error_t) error;
};

static void *run_addition(void *arg)
{
    struct addition *a = arg;
    for (;;) {
        size_t i = atomic_fetch_add(&a->next, 1);
        if (i >= a->count || atomic_load(&a->error) != NULL || cancel_requested(a->cancel))
            return NULL;
        float vector;
        memcpy(&vector, &a->ids[i], sizeof(vector));
        usearch_error_t error = NULL;
        usearch_add(a->graph->index, key_of(a->ids[i]), &vector, usearch_scalar_f32_k, &error);
        if (error != NULL)
            atomic_store(&a->error, error);
    }
}

// ---- of equal codes one

static bool is_node(const struct vector_graph *graph, uint32_t id)
{
    usearch_error_t error = NULL;
    return usearch_contains(graph->index, key_of(id), &error);
}

// Names the nodes whose codes the set has. All codes are read once, in order: with 100,000 of them a hundredth of the
// time that adding 4,000 takes. To search the graph for each that is added took a fifth of it, and missed some.
static void name_nodes(const struct vector_graph *graph, struct vector_code_set *set, struct cancel *cancel)
{
    for (size_t chunk = 0; chunk < VECTOR_BLOCK_MAX && !cancel_requested(cancel); chunk++) {
        const uint8_t *code = graph->chunks[chunk].codes;
        for (size_t slot = 0; slot < graph->chunks[chunk].count; slot++, code += graph->code_size) {
            uint32_t *id = vector_code_set_find(set, code);
            uint32_t candidate = (uint32_t)(chunk << VECTOR_BLOCK_BITS | slot);
            if (id != NULL && is_node(graph, candidate))
                *id = candidate;
        }
    }
}

// nodes[i] is the node that ids[i] is, or is a twin of.
static uint32_t *find_nodes(struct vector_graph *graph, const uint32_t *ids, size_t count, struct cancel *cancel)
{
    struct vector_code_set set;
    uint32_t *nodes = mem_realloc_array(NULL, count, sizeof(*nodes));
    vector_code_set_init(&set, count, graph->code_size);
    for (size_t i = 0; i < count; i++)
        vector_code_set_add(&set, code_of(graph, &ids[i]), ids[i]);
    if (vector_graph_count(graph) > 0)
        name_nodes(graph, &set, cancel);
    for (size_t i = 0; i < count; i++)
        nodes[i] = *vector_code_set_find(&set, code_of(graph, &ids[i]));
    vector_code_set_release(&set);
    return nodes;
}

// Puts twins where they belong; what is left are the ids to be nodes.
static uint32_t *take_twins(struct vector_graph *graph, const uint32_t *ids, size_t *count, struct cancel *cancel)
{
    uint32_t *nodes = find_nodes(graph, ids, *count, cancel);
    struct vector_twin *twins = mem_realloc_array(NULL, *count, sizeof(*twins));
    size_t twin_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < *count && !cancel_requested(cancel); i++) {
        if (nodes[i] == ids[i])
            nodes[kept++] = ids[i];
        else
            twins[twin_count++] = (struct vector_twin){.node = nodes[i], .id = ids[i]};
    }
    vector_twins_add(&graph->twins, twins, twin_count);
    free(twins);
    *count = kept;
    return nodes;
}

static enum err_code add_nodes(struct vector_graph *graph, const uint32_t *ids, size_t count, size_t threads,
    struct cancel *cancel, struct err *err)
{
    struct addition addition = {.graph = graph, .ids = ids, .count = count, .cancel = cancel};
    usearch_error_t error = NULL;
    threads = threads < 1 ? 1 : threads > BUILD_THREADS_MAX ? BUILD_THREADS_MAX : threads;
    usearch_change_threads_add(graph->index, threads, &error);
    if (error == NULL)
        usearch_reserve(graph->index, vector_graph_count(graph) + count, &error);
    if (error == NULL)
        usearch_change_threads_add(graph->index, threads, &error);
    if (error != NULL)
        return failed(err, ERR_UNAVAILABLE, "grow", error);
    pthread_t others[BUILD_THREADS_MAX];
    size_t started = 0;
    while (started + 1 < threads && pthread_create(&others[started], NULL, run_addition, &addition) == 0)
        started++;
    run_addition(&addition);
    for (size_t i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    error = atomic_load(&addition.error);
    return error != NULL ? failed(err, ERR_UNAVAILABLE, "be added to", error) : cancel_check(cancel, err);
}

enum err_code vector_graph_add(struct vector_graph *graph, const uint32_t *ids, size_t count, size_t threads,
    struct cancel *cancel, struct err *err)
{
    uint32_t *nodes = take_twins(graph, ids, &count, cancel);
    enum err_code code = add_nodes(graph, nodes, count, threads, cancel, err);
    free(nodes);
    return code;
}

enum err_code vector_graph_save(
    const struct vector_graph *graph, const char *path, uint64_t *size_bytes, uint64_t *checksum, struct err *err)
{
    usearch_error_t error = NULL;
    size_t links = usearch_serialized_length(graph->index, &error);
    size_t size = links + vector_twins_size_bytes(&graph->twins);
    uint8_t *buffer = mem_alloc(size);
    enum err_code code = ERR_NONE;
    usearch_save_buffer(graph->index, buffer, links, &error);
    if (error != NULL)
        code = failed(err, ERR_INTERNAL, "be saved", error);
    vector_twins_write(&graph->twins, buffer + links);
    if (code == ERR_NONE)
        code = file_write(path, buffer, size, FILE_SYNC_FULL, err);
    if (code == ERR_NONE) {
        *size_bytes = size;
        *checksum = vector_checksum(buffer, size, 0);
    }
    free(buffer);
    return code;
}

const struct vector_twin *vector_graph_twins(const struct vector_graph *graph, uint32_t node, size_t *count)
{
    return vector_twins_of(&graph->twins, node, count);
}

struct predicate {
    const struct vector_graph *graph;
    vector_graph_allows *allows;
    const void *context;
};

static int allows_key(usearch_key_t key, void *state)
{
    const struct predicate *predicate = state;
    uint32_t id = id_of(key);
    bool allowed = predicate->allows(predicate->context, id);
    size_t count = 0;
    const struct vector_twin *twins = allowed ? NULL : vector_graph_twins(predicate->graph, id, &count);
    for (size_t i = 0; i < count && !allowed; i++)
        allowed = predicate->allows(predicate->context, twins[i].id);
    return allowed;
}

size_t vector_graph_search(struct vector_graph *graph, const void *code, size_t limit, vector_graph_allows *allows,
    const void *context, uint32_t *ids)
{
    uint32_t id = QUERY_ID;
    float vector;
    memcpy(&vector, &id, sizeof(vector));
    usearch_key_t *keys = mem_calloc(limit, sizeof(*keys));
    usearch_distance_t *distances = mem_calloc(limit, sizeof(*distances));
    struct predicate predicate = {.graph = graph, .allows = allows, .context = context};
    usearch_error_t error = NULL;
    while (sem_wait(&graph->search_slots) != 0)
        ;
    query_code = code;
    size_t found = usearch_filtered_search(
        graph->index, &vector, usearch_scalar_f32_k, limit, allows_key, &predicate, keys, distances, &error);
    query_code = NULL;
    sem_post(&graph->search_slots);
    if (error != NULL)
        found = 0;
    for (size_t i = 0; i < found; i++)
        ids[i] = id_of(keys[i]);
    free(distances);
    free(keys);
    return found;
}
