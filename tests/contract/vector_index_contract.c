// What every vector index does, whatever is behind it. Run as: vector_index_contract BACKEND
//
// Random data is compared with a reference that keeps everything in plain arrays and computes in double precision.
#include "vector_index_contract.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "vector_index/vector_index_flat.h"
#include "vector_index/vector_index_pinecone.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_index_weaviate.h"

const char *backend;

struct err failure;

uint32_t draw(struct fixture *f, uint32_t below)
{
    f->random = f->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((f->random >> 33) % below);
}

static float draw_component(struct fixture *f)
{
    float sum = 0;
    for (int i = 0; i < 6; i++)
        sum += (float)draw(f, 20001) / 10000.0f - 1.0f;
    return sum;
}

void draw_vector(struct fixture *f, float vector[DIMENSION])
{
    for (int i = 0; i < DIMENSION; i++)
        vector[i] = draw_component(f);
}

// A service that speaks Pinecone's data plane, or a Weaviate server; the cases follow each other in the same projects.
#define VECTORS_VARIABLE "FRAMEHOUND_TEST_VECTORS"
#define KEY_VARIABLE "FRAMEHOUND_TEST_VECTORS_KEY"

static bool is_on_a_server(void)
{
    return strcmp(backend, "pinecone") == 0 || strcmp(backend, "weaviate") == 0;
}

static void open_server(struct fixture *f)
{
    const char *address = getenv(VECTORS_VARIABLE), *key = getenv(KEY_VARIABLE);
    const struct vector_index_pinecone_settings pinecone = {.url = address, .key = key};
    const struct vector_index_weaviate_settings weaviate = {.address = address, .key = key};
    enum err_code code = strcmp(backend, "pinecone") == 0
        ? vector_index_pinecone_open(&pinecone, log_none(), &f->index, &failure)
        : vector_index_weaviate_open(&weaviate, log_none(), &f->index, &failure);
    assert_ok(code, &failure);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &failure), &failure);
    assert_ok(vector_index_remove_project(f->index, OTHER_PROJECT, &failure), &failure);
}

static void open_index(struct fixture *f)
{
    if (is_on_a_server()) {
        open_server(f);
        return;
    }
    if (strcmp(backend, "flat") == 0) {
        f->index = vector_index_flat_new();
        return;
    }
    // Small files and no background work: flushes at known moments take the place of both.
    struct vector_index_usearch_options options = {.tail_vectors = 64, .no_background = true};
    assert_ok(vector_index_usearch_open(f->folder, &options, log_none(), &f->index, &failure), &failure);
}

int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    f->random = 42;
    assert_ok(dir_make_temporary(NULL, "vectors-", f->folder, &failure), &failure);
    open_index(f);
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

struct vector_item item_of(const char *video, int32_t frame, int32_t k, const float *vector)
{
    struct vector_item item = {.track = -1, .vector = vector};
    object_id_make(video, frame, k, item.object);
    strcpy(item.class_name, "car");
    return item;
}

void put(struct fixture *f, const struct vector_item *items, size_t count)
{
    assert_ok(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, count, &failure), &failure);
}

void put_one(struct fixture *f, const char *video, int32_t frame, int32_t k, const float *vector)
{
    struct vector_item item = item_of(video, frame, k, vector);
    put(f, &item, 1);
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
    assert_true(count <= query->limit);
    return count;
}

void ask_text(struct fixture *f, const struct vector_query *query, char *text, size_t size)
{
    struct vector_hit *hits;
    size_t count = ask(f, query, &hits);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "", hits[i].object);
    }
    free(hits);
}

size_t count_in(struct fixture *f, const char *video)
{
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, PROJECT, video, &stats, &failure), &failure);
    return stats.count;
}

void axis(float vector[DIMENSION], int main_axis, float other)
{
    memset(vector, 0, DIMENSION * sizeof(float));
    vector[main_axis] = 1;
    vector[(main_axis + 1) % DIMENSION] = other;
}

void put_grid(struct fixture *f)
{
    float vector[DIMENSION];
    for (int frame = 0; frame < 10; frame++) {
        for (int k = 0; k < 3; k++) {
            draw_vector(f, vector);
            put_one(f, VIDEO_A, frame, k, vector);
            put_one(f, VIDEO_B, frame, k, vector);
        }
    }
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "flat";
    if (is_on_a_server() && getenv(VECTORS_VARIABLE) == NULL) {
        printf("1..0 # SKIP " VECTORS_VARIABLE
               " names no server; tests/integration/test_vectors.py and test_weaviate.py start one\n");
        return 0;
    }
    static const struct contract_part *const parts[] = {&storing_part, &filter_part, &track_part, &random_part, NULL};
    return contract_run(backend, parts, NULL, NULL);
}
