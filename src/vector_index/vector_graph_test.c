#include "vector_index/vector_graph.h"

#include "base/test.h"

#include "base/mem.h"
#include "os/file.h"
#include "vector_index/vector_block.h"
#include "vector_index/vector_checksum.h"
#include "vector_index/vector_kernels.h"

#define DIMENSION 64
#define COUNT 3000
// So many look alike, where a test wants it.
#define ALIKE 1000
// The ids of the second chunk, whose codes are those of the first.
#define SECOND ((uint32_t)1 << VECTOR_BLOCK_BITS)
// What a file ends with: the number of twins, which stand before it, and a mark.
#define FOOTER_BYTES 16

static struct err failure;

struct fixture {
    char folder[FILE_PATH_MAX];
    char path[FILE_PATH_MAX + 16];
    uint64_t size_bytes;
    uint64_t checksum;
    size_t code_size;
    uint8_t *codes; // of the first chunk, then of the second
    struct vector_graph *graph;
};

static uint8_t *code_at(const struct fixture *f, size_t n)
{
    return f->codes + n * f->code_size;
}

static void make_code(struct fixture *f, size_t n, bool is_alike)
{
    float vector[DIMENSION] = {0};
    uint64_t state = n + 1;
    for (size_t d = 0; d < DIMENSION; d++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        vector[d] = (float)(state >> 40) / 16777216.0f - 0.5f;
        if (is_alike)
            vector[d] = vector[d] / 50 + 1;
    }
    vector_code_make(vector, DIMENSION, code_at(f, n));
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    f->code_size = vector_code_size(DIMENSION);
    f->codes = mem_calloc(2 * COUNT, f->code_size);
    assert_ok(dir_make_temporary(NULL, "vector-graph-", f->folder, &failure), &failure);
    snprintf(f->path, sizeof(f->path), "%s/graph", f->folder);
    for (size_t n = 0; n < COUNT; n++)
        make_code(f, n, false);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vector_graph_free(f->graph);
    assert_ok(dir_remove_tree(f->folder, &failure), &failure);
    free(f->codes);
    free(f);
    return 0;
}

static void set_codes(struct fixture *f)
{
    memcpy(code_at(f, COUNT), f->codes, COUNT * f->code_size);
    vector_graph_set_codes(f->graph, 0, f->codes, COUNT);
    vector_graph_set_codes(f->graph, 1, code_at(f, COUNT), COUNT);
}

static void add(struct fixture *f, uint32_t first)
{
    uint32_t ids[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        ids[i] = first + i;
    assert_ok(vector_graph_add(f->graph, ids, COUNT, 1, NULL, &failure), &failure);
}

static void make_graph(struct fixture *f)
{
    assert_ok(vector_graph_new(f->code_size, &f->graph, &failure), &failure);
    set_codes(f);
    add(f, 0);
}

static void save(struct fixture *f)
{
    assert_ok(vector_graph_save(f->graph, f->path, &f->size_bytes, &f->checksum, &failure), &failure);
    vector_graph_free(f->graph);
    f->graph = NULL;
}

// Puts what is not as it was saved into the place of what was, with the checksum that belongs to it.
static void replace(struct fixture *f, const char *bytes, size_t size)
{
    assert_ok(file_write(f->path, bytes, size, FILE_SYNC_NONE, &failure), &failure);
    f->size_bytes = size;
    f->checksum = vector_checksum(bytes, size, 0);
}

// A graph as it was written before it had twins: without a list of them.
static void make_older_file(struct fixture *f)
{
    char *bytes;
    size_t size;
    make_graph(f);
    save(f);
    assert_ok(file_read(f->path, 1 << 30, &bytes, &size, &failure), &failure);
    replace(f, bytes, size - FOOTER_BYTES);
    free(bytes);
}

// In such a graph equal codes are nodes, each. Those that lie very near each other are linked as equals would be; what
// is linked already stays so when they become equal.
static void make_older_file_with_equals(struct fixture *f)
{
    for (size_t n = 0; n < ALIKE; n++)
        make_code(f, n, true);
    make_older_file(f);
    for (size_t n = 1; n < ALIKE; n++)
        memcpy(code_at(f, n), f->codes, f->code_size);
}

typedef enum err_code graph_reader(const char *path, size_t code_size, uint64_t size_bytes, uint64_t checksum,
    struct vector_graph **graph, struct err *err);

static enum err_code read_with(struct fixture *f, graph_reader *read)
{
    vector_graph_free(f->graph);
    f->graph = NULL;
    enum err_code code = read(f->path, f->code_size, f->size_bytes, f->checksum, &f->graph, &failure);
    if (code == ERR_NONE)
        set_codes(f);
    return code;
}

static bool allows_all(const void *context, uint32_t id)
{
    (void)context;
    (void)id;
    return true;
}

static void assert_finds(struct fixture *f, uint32_t id)
{
    uint32_t ids[COUNT / 3];
    bool found = false;
    size_t count = vector_graph_search(f->graph, code_at(f, id), COUNT / 3, allows_all, NULL, ids);
    for (size_t i = 0; i < count; i++)
        found |= ids[i] == id;
    assert_true(found);
}

static void assert_is_older_file(struct fixture *f)
{
    size_t twins = 0;
    assert_int_equal(vector_graph_count(f->graph), COUNT);
    for (uint32_t id = 0; id < COUNT; id++)
        assert_null(vector_graph_twins(f->graph, id, &twins));
    for (uint32_t id = 0; id < COUNT; id += 7)
        assert_finds(f, id);
}

static void a_file_from_before_there_were_twins_is_read(void **state)
{
    struct fixture *f = *state;
    make_older_file(f);
    assert_ok(read_with(f, vector_graph_load), &failure);
    assert_is_older_file(f);
    assert_ok(read_with(f, vector_graph_map), &failure);
    assert_is_older_file(f);
}

// Each of the second chunk stands once, beside a node with its code.
static void assert_second_are_twins(struct fixture *f)
{
    bool seen[COUNT] = {false};
    assert_int_equal(vector_graph_count(f->graph), COUNT);
    for (uint32_t id = 0; id < COUNT; id++) {
        size_t count = 0;
        const struct vector_twin *twins = vector_graph_twins(f->graph, id, &count);
        for (size_t i = 0; i < count; i++) {
            assert_true(twins[i].id >= SECOND && twins[i].id < SECOND + COUNT);
            size_t n = twins[i].id - SECOND;
            assert_false(seen[n]);
            seen[n] = true;
            assert_memory_equal(code_at(f, id), code_at(f, COUNT + n), f->code_size);
        }
    }
    for (size_t n = 0; n < COUNT; n++)
        assert_true(seen[n]);
}

static void what_equals_a_node_of_an_older_file_becomes_its_twin(void **state)
{
    struct fixture *f = *state;
    make_older_file_with_equals(f);
    assert_ok(read_with(f, vector_graph_load), &failure);
    add(f, SECOND);
    assert_second_are_twins(f);
    save(f);
    assert_ok(read_with(f, vector_graph_map), &failure);
    assert_second_are_twins(f);
}

static void assert_corrupt(struct fixture *f)
{
    assert_code(read_with(f, vector_graph_load), ERR_CORRUPT);
    assert_code(read_with(f, vector_graph_map), ERR_CORRUPT);
}

static void a_damaged_list_of_twins_is_told(void **state)
{
    struct fixture *f = *state;
    char *bytes;
    size_t size;
    make_graph(f);
    add(f, SECOND);
    save(f);
    assert_ok(file_read(f->path, 1 << 30, &bytes, &size, &failure), &failure);
    size_t list = COUNT * sizeof(struct vector_twin) + FOOTER_BYTES;
    for (size_t from_end = 1; from_end <= list; from_end += from_end <= FOOTER_BYTES ? 1 : 499) {
        bytes[size - from_end] ^= 0x10;
        assert_ok(file_write(f->path, bytes, size, FILE_SYNC_NONE, &failure), &failure);
        assert_corrupt(f);
        bytes[size - from_end] ^= 0x10;
    }
    // Cut off, and said to be longer than the file though the checksum is right.
    assert_ok(file_write(f->path, bytes, size - list, FILE_SYNC_NONE, &failure), &failure);
    assert_corrupt(f);
    bytes[size - FOOTER_BYTES + 5] = 1;
    replace(f, bytes, size);
    assert_corrupt(f);
    assert_err_says(&failure, "more equal vectors than fit in");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_from_before_there_were_twins_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_equals_a_node_of_an_older_file_becomes_its_twin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_list_of_twins_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("vector graph", tests, NULL, NULL);
}
