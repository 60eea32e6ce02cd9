#include "ingest/video_cache.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct entry {
    char id[VIDEO_ID_SIZE]; // "": unused
    int64_t read_us;        // monotonic
    bool found;
    struct meta_video video;
};

struct video_cache {
    struct meta_store *meta;
    const struct clock *clock;
    pthread_mutex_t lock;
    struct entry entries[VIDEO_CACHE_ENTRIES];
};

struct video_cache *video_cache_new(struct meta_store *meta, const struct clock *clock)
{
    struct video_cache *cache = mem_calloc(1, sizeof(*cache));
    cache->meta = meta;
    cache->clock = clock;
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void video_cache_free(struct video_cache *cache)
{
    if (cache == NULL)
        return;
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

// The entry of a video, else the one that was read longest ago.
static struct entry *find_entry(struct video_cache *cache, const char *id)
{
    struct entry *oldest = &cache->entries[0];
    for (size_t i = 0; i < VIDEO_CACHE_ENTRIES; i++) {
        struct entry *entry = &cache->entries[i];
        if (strcmp(entry->id, id) == 0)
            return entry;
        if (entry->id[0] == '\0' || (oldest->id[0] != '\0' && entry->read_us < oldest->read_us))
            oldest = entry;
    }
    return oldest;
}

static enum err_code not_found(const char *id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "video %s does not exist", id);
}

enum err_code video_cache_get(struct video_cache *cache, const char *id, struct meta_video *video, struct err *err)
{
    int64_t now = clock_monotonic_us(cache->clock);
    pthread_mutex_lock(&cache->lock);
    struct entry *entry = find_entry(cache, id);
    if (strcmp(entry->id, id) == 0 && now - entry->read_us < VIDEO_CACHE_AGE_MS * INT64_C(1000)) {
        bool found = entry->found;
        *video = entry->video;
        pthread_mutex_unlock(&cache->lock);
        return found ? ERR_NONE : not_found(id, err);
    }
    pthread_mutex_unlock(&cache->lock);

    // Read without the lock: other videos' readers need not wait for the store.
    enum err_code code = meta_store_get_video(cache->meta, id, video, err);
    if (code != ERR_NONE && code != ERR_NOT_FOUND)
        return code;
    pthread_mutex_lock(&cache->lock);
    entry = find_entry(cache, id);
    memcpy(entry->id, id, strlen(id) + 1);
    entry->read_us = now;
    entry->found = code == ERR_NONE;
    if (entry->found)
        entry->video = *video;
    pthread_mutex_unlock(&cache->lock);
    return code;
}

void video_cache_forget(struct video_cache *cache, const char *id)
{
    pthread_mutex_lock(&cache->lock);
    struct entry *entry = find_entry(cache, id);
    if (strcmp(entry->id, id) == 0)
        entry->id[0] = '\0';
    pthread_mutex_unlock(&cache->lock);
}
