// What the embedded vector index promises beyond the contract: it outlives its process however that ends, several
// processes share it, its files may be damaged or missing, and its graph finds what a scan finds.
//
// With the name of a test as its argument it runs that one; as vector_index_embedded write FOLDER SEED COUNT it is the
// other process.
#include "vector_index_embedded.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "vector_index/vector_index_usearch.h"

_Thread_local struct err failure;

enum err_code open_at(const char *folder, bool background, struct vector_index **index)
{
    struct vector_index_usearch_options options = {.tail_vectors = TAIL, .no_background = !background};
    return vector_index_usearch_open(folder, &options, log_none(), index, &failure);
}

void reopen(struct fixture *f)
{
    vector_index_free(f->index);
    f->index = NULL;
    assert_ok(open_at(f->folder, false, &f->index), &failure);
}

int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    assert_ok(dir_make_temporary(NULL, "vectors-", f->folder, &failure), &failure);
    assert_ok(open_at(f->folder, false, &f->index), &failure);
    *state = f;
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;
    vector_index_free(f->index);
    assert_ok(dir_remove_tree(f->folder, &failure), &failure);
    free(f);
    return 0;
}

uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

void vector_of(uint64_t seed, int n, float vector[DIMENSION])
{
    uint64_t track = mix(seed * 1000003 + (uint64_t)(n / 20));
    for (int i = 0; i < DIMENSION; i++) {
        double centre = (double)(mix(track + (uint64_t)i) >> 11) * 0x1p-52 - 1;
        double noise = (double)(mix(track * 31 + (uint64_t)(n * DIMENSION + i)) >> 11) * 0x1p-52 - 1;
        vector[i] = (float)(centre + noise / 4);
    }
}

void object_of(uint64_t seed, int n, char object[OBJECT_ID_SIZE])
{
    char video[VIDEO_ID_SIZE];
    snprintf(video, sizeof(video), "%016llx", (unsigned long long)mix(seed));
    object_id_make(video, n / 3, n % 3, object);
}

static struct vector_item item_of(uint64_t seed, int n, float *vector)
{
    struct vector_item item = {.class_name = "car", .track = n / 20, .vector = vector};
    object_of(seed, n, item.object);
    vector_of(seed, n, vector);
    if (n % 2 == 0)
        strcpy(item.label, "even");
    return item;
}

enum err_code write_range(struct vector_index *index, uint64_t seed, int from, int to)
{
    enum err_code code = ERR_NONE;
    for (int n = from; n < to && code == ERR_NONE; n += BATCH) {
        float vectors[BATCH][DIMENSION];
        struct vector_item items[BATCH];
        int count = to - n < BATCH ? to - n : BATCH;
        for (int i = 0; i < count; i++)
            items[i] = item_of(seed, n + i, vectors[i]);
        code = vector_index_upsert(index, PROJECT, MODEL, DIMENSION, items, (size_t)count, &failure);
    }
    return code;
}

void put_range(struct fixture *f, uint64_t seed, int from, int to)
{
    assert_ok(write_range(f->index, seed, from, to), &failure);
}

void flush(struct fixture *f)
{
    assert_ok(vector_index_flush(f->index, &failure), &failure);
}

struct vector_query query_for(const float *vector, size_t limit)
{
    return (struct vector_query){
        .project = PROJECT, .vector = vector, .dimension = DIMENSION, .limit = limit, .min_score = -1};
}

size_t ask(struct fixture *f, const struct vector_query *query, struct vector_hit **hits)
{
    size_t count = 0;
    assert_ok(vector_index_query(f->index, query, hits, &count, &failure), &failure);
    return count;
}

void assert_found(struct fixture *f, uint64_t seed, int n)
{
    float vector[DIMENSION];
    char object[OBJECT_ID_SIZE];
    object_of(seed, n, object);
    vector_of(seed, n, vector);
    struct vector_query query = query_for(vector, 1);
    struct vector_hit *hits;
    size_t count = ask(f, &query, &hits);
    if (count != 1 || strcmp(hits[0].object, object) != 0)
        fail_msg("%s (number %d) is not its own nearest, but %s", object, n, count > 0 ? hits[0].object : "nothing");
    assert_float_equal(hits[0].score, 1, 2e-3);
    assert_string_equal(hits[0].label, n % 2 == 0 ? "even" : "");
    assert_int_equal(hits[0].track, n / 20);
    free(hits);
}

size_t count_all(struct fixture *f)
{
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &stats, &failure), &failure);
    return stats.count;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "write") == 0)
        return run_writer(argv[2], strtoull(argv[3], NULL, 10), atoi(argv[4]));
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    static const struct contract_part *const parts[] = {&file_part, &process_part, NULL};
    return contract_run("embedded vector index", parts, NULL, NULL);
}
