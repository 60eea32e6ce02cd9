// The splitter: fetches a source, stores it, and cuts it into segments.
//
// Each segment is published as soon as it is cut. The message of a video is acknowledged when the split is finished;
// killed before, it is done again, and finds the source stored already and the same segments.
#pragma once

#include "base/err.h"
#include "base/options.h"
#include "ingest/fetch.h"
#include "ingest/ingest.h"
#include "ingest/worker.h"

struct splitter_settings {
    int workers;
    struct fetch_settings fetch;
    bool link_source;           // local files get a second name instead of a copy, where the file system can
    int64_t segments_ahead_max; // segments that may wait for a downloader before the splitter pauses
    bool make_playable;         // a copy for browsers where the source is none they play
    int playable_threads;       // for encoding that copy; 0: one
};
void splitter_settings_default(struct splitter_settings *settings);

extern const struct option_table splitter_options;
// From options that include splitter_options and fetch_options.
void splitter_settings_read(const struct options *options, struct splitter_settings *settings);

enum err_code splitter_start(const struct ingest *ingest, const struct splitter_settings *settings,
    struct cancel *cancel, struct worker_pool **pool, struct err *err) ERR_MUST_CHECK;
