#include "vector_index/vector_facts.h"

#include <string.h>

#include "base/clock.h"
#include "vector_index/vector_index_backend.h"

void vector_facts_cache_init(struct vector_facts_cache *cache)
{
    *cache = (struct vector_facts_cache){0};
    pthread_mutex_init(&cache->mutex, NULL);
}

void vector_facts_cache_release(struct vector_facts_cache *cache)
{
    pthread_mutex_destroy(&cache->mutex);
}

bool vector_facts_recall(struct vector_facts_cache *cache, const char *project, struct vector_facts *facts)
{
    bool known = false;
    int64_t now_us = clock_monotonic_us(clock_system());
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < VECTOR_FACTS_KEPT && !known; i++) {
        known = cache->facts[i].until_us > now_us && strcmp(cache->facts[i].project, project) == 0;
        if (known)
            *facts = cache->facts[i];
    }
    pthread_mutex_unlock(&cache->mutex);
    return known;
}

void vector_facts_keep(struct vector_facts_cache *cache, struct vector_facts *facts)
{
    facts->until_us = clock_monotonic_us(clock_system()) + VECTOR_FACTS_US;
    pthread_mutex_lock(&cache->mutex);
    cache->facts[cache->next] = *facts;
    cache->next = (cache->next + 1) % VECTOR_FACTS_KEPT;
    pthread_mutex_unlock(&cache->mutex);
}

void vector_facts_forget(struct vector_facts_cache *cache, const char *project)
{
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < VECTOR_FACTS_KEPT; i++) {
        if (strcmp(cache->facts[i].project, project) == 0)
            cache->facts[i].until_us = 0;
    }
    pthread_mutex_unlock(&cache->mutex);
}

enum err_code vector_facts_check(const struct vector_facts *facts, const char *model, size_t dimension, struct err *err)
{
    return vector_index_check_kind(facts->project, facts->model, facts->dimension, model, dimension, err);
}
