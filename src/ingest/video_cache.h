// What a worker last heard about videos, so that it need not ask the meta store for every message.
//
// An entry is used for at most VIDEO_CACHE_AGE_MS. Safe from all threads.
#pragma once

#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "meta_store/meta_store.h"

#define VIDEO_CACHE_AGE_MS 1000
#define VIDEO_CACHE_ENTRIES 64

struct video_cache;

struct video_cache *video_cache_new(struct meta_store *meta, const struct clock *clock);
void video_cache_free(struct video_cache *cache);
// ERR_NOT_FOUND is remembered too.
enum err_code video_cache_get(
    struct video_cache *cache, const char *id, struct meta_video *video, struct err *err) ERR_MUST_CHECK;
void video_cache_forget(struct video_cache *cache, const char *id);
