// Stores vectors in a Weaviate server that is killed meanwhile, and looks whether what was stored is there.
//
// usage: vector_index_live store|check ADDRESS BATCHES
//
// store: prints the number of each batch once the index has said that it is stored; one that it refuses is tried again,
//        with its sentence after a "#".
// check: every vector can be fetched, is found, listed and counted; prints "PASSED", or what is wrong.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_weaviate.h"

#define PROJECT "killed"
#define VIDEO "0123456789abcdef"
#define DIMENSION 64
#define BATCH 20

static struct err err;

__attribute__((noreturn)) static void die(const char *what)
{
    printf("%s: %s\n", what, err.message);
    exit(1);
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

// Of length 1, so that what is stored is what is made.
static void make_vector(int batch, int k, float vector[DIMENSION])
{
    uint64_t state = mix((uint64_t)batch * BATCH + (uint64_t)k);
    float norm = 0;
    for (int i = 0; i < DIMENSION; i++) {
        state = mix(state);
        vector[i] = (float)(state >> 40) / (float)(1 << 24) - 0.5f;
        norm += vector[i] * vector[i];
    }
    for (int i = 0; i < DIMENSION; i++)
        vector[i] /= sqrtf(norm);
}

static void store(struct vector_index *index, int batches)
{
    static float vectors[BATCH][DIMENSION];
    static struct vector_item items[BATCH];
    for (int batch = 0; batch < batches; batch++) {
        for (int k = 0; k < BATCH; k++) {
            make_vector(batch, k, vectors[k]);
            items[k] = (struct vector_item){.class_name = "car", .track = -1, .vector = vectors[k]};
            object_id_make(VIDEO, batch, k, items[k].object);
        }
        while (vector_index_upsert(index, PROJECT, "model", DIMENSION, items, BATCH, &err) != ERR_NONE) {
            printf("# %s\n", err.message);
            fflush(stdout);
            if (err.code != ERR_UNAVAILABLE && err.code != ERR_TIMEOUT)
                exit(1);
            usleep(100000);
        }
        printf("%d\n", batch);
        fflush(stdout);
    }
}

static bool count_up(void *context, const char *object)
{
    char expected[OBJECT_ID_SIZE];
    int *seen = context;
    object_id_make(VIDEO, *seen / BATCH, *seen % BATCH, expected);
    if (strcmp(expected, object) != 0)
        return false;
    ++*seen;
    return true;
}

static void check_one(struct vector_index *index, int batch, int k)
{
    float vector[DIMENSION], found[DIMENSION];
    char object[OBJECT_ID_SIZE];
    size_t dimension = 0;
    make_vector(batch, k, vector);
    object_id_make(VIDEO, batch, k, object);
    if (vector_index_fetch(index, PROJECT, object, found, DIMENSION, &dimension, &err) != ERR_NONE)
        die(object);
    for (int i = 0; i < DIMENSION; i++) {
        if (fabsf(found[i] - vector[i]) > 1e-6f) {
            printf("%s is another vector\n", object);
            exit(1);
        }
    }
    const struct vector_query query = {
        .project = PROJECT, .vector = vector, .dimension = DIMENSION, .limit = 1, .min_score = -1};
    struct vector_hit *hits;
    size_t count;
    if (vector_index_query(index, &query, &hits, &count, &err) != ERR_NONE)
        die("query");
    if (count != 1 || strcmp(hits[0].object, object) != 0) {
        printf("%s is not found\n", object);
        exit(1);
    }
    free(hits);
}

static void check(struct vector_index *index, int batches)
{
    struct vector_stats stats;
    int listed = 0;
    for (int batch = 0; batch < batches; batch++)
        check_one(index, batch, batch % BATCH);
    if (vector_index_stats(index, PROJECT, NULL, &stats, &err) != ERR_NONE ||
        vector_index_list(index, PROJECT, VIDEO, count_up, &listed, &err) != ERR_NONE)
        die("counting");
    if (stats.count != (size_t)batches * BATCH || listed != batches * BATCH) {
        printf("%zu are counted and %d listed of %d\n", stats.count, listed, batches * BATCH);
        exit(1);
    }
    printf("PASSED\n");
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    struct vector_index *index;
    const struct vector_index_weaviate_settings settings = {.address = argv[2]};
    if (vector_index_weaviate_open(&settings, log_none(), &index, &err) != ERR_NONE)
        die("opening");
    if (strcmp(argv[1], "store") == 0)
        store(index, atoi(argv[3]));
    else
        check(index, atoi(argv[3]));
    vector_index_free(index);
    return 0;
}
