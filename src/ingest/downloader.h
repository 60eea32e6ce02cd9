// The downloader: decodes a segment, picks the frames on the sampling grid, and stores them as JPEG.
//
// Frames that are indexed already are neither stored nor published again, so doing a segment twice changes nothing.
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/options.h"
#include "ingest/ingest.h"
#include "ingest/worker.h"

struct downloader_settings {
    int workers;
    int decoder_threads;      // of each worker; 0: as many as there are cores
    int jpeg_quality;         // 1 … 100
    int batch_frames;         // frames stored and published at once
    int64_t frames_ahead_max; // frames that may wait for an indexer before the downloader pauses
};
void downloader_settings_default(struct downloader_settings *settings);

extern const struct option_table downloader_options;
void downloader_settings_read(const struct options *options, struct downloader_settings *settings);

enum err_code downloader_start(const struct ingest *ingest, const struct downloader_settings *settings,
    struct cancel *cancel, struct worker_pool **pool, struct err *err) ERR_MUST_CHECK;
