// What the splitter finds out about a source besides its segments, and the copy of it that browsers play.
#pragma once

#include "base/err.h"
#include "base/log.h"
#include "ingest/ingest.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

// Looks at the source in the local file `path` and writes what it is to the video's row. `title` is the page's, or "".
enum err_code splitter_describe(const struct ingest *ingest, const struct meta_video *video, const char *path,
    const char *title, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Makes the copy for browsers where the source is none they play and there is no copy yet. That it cannot be made is
// logged and no error: the video is searchable without it.
enum err_code splitter_make_playable(const struct ingest *ingest, const struct meta_video *video, const char *path,
    int threads, struct log *log, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
