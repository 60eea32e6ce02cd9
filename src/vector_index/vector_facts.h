// What the vectors of projects are, kept for a while: it changes only when a project is removed and filled anew, and
// every query and upsert of a client wants it. Safe from all threads.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

struct vector_facts {
    char project[PROJECT_NAME_SIZE];
    size_t dimension; // 0: nothing was stored yet
    char model[128];
    int64_t until_us; // how long they are taken for right without asking
};
#define VECTOR_FACTS_KEPT 16
#define VECTOR_FACTS_US INT64_C(5000000)

struct vector_facts_cache {
    pthread_mutex_t mutex;
    struct vector_facts facts[VECTOR_FACTS_KEPT];
    size_t next; // the place of the oldest
};

void vector_facts_cache_init(struct vector_facts_cache *cache);
void vector_facts_cache_release(struct vector_facts_cache *cache);
bool vector_facts_recall(struct vector_facts_cache *cache, const char *project, struct vector_facts *facts);
void vector_facts_keep(struct vector_facts_cache *cache, struct vector_facts *facts);
void vector_facts_forget(struct vector_facts_cache *cache, const char *project);

// vector_index_check_kind() of what is stored.
enum err_code vector_facts_check(
    const struct vector_facts *facts, const char *model, size_t dimension, struct err *err) ERR_MUST_CHECK;
