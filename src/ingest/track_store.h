// Storing which track each object of a video belongs to, in the order vectors (of objects, for filters, and of the
// tracks themselves, track_look.h), frames, tracks: the tracks say which corrections all of it follows
// (meta_video.track_steps), so what a crash leaves half done shows.
//
// The tracker and corrections both store, in any number of threads and processes, and hold the video's lock meanwhile,
// which is one of this machine; for several see corrections_are_current().
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ingest/ingest.h"
#include "ingest/track_sheet.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

struct file_lock;

enum track_lock_kind {
    TRACK_LOCK_STORE, // who stores tracks, or reads them to change them
    TRACK_LOCK_RUN,   // who reads a video to track it, taken before the other: what was read last is stored last
};
// Waits for a lock of a video's tracks; released with file_lock_release(). ERR_UNAVAILABLE after `timeout_ms` (-1: as
// long as it takes), ERR_CANCELLED.
enum err_code track_lock(const struct ingest *ingest, const char *video, enum track_lock_kind kind, int64_t timeout_ms,
    struct cancel *cancel, struct file_lock **lock, struct err *err) ERR_MUST_CHECK;

struct track_results {
    const struct meta_video *video;
    const struct track_sheet *sheet;
    const int64_t *numbers; // the track of each object of the sheet; -1: none
    const bool *changed;    // which of them may be stored otherwise; NULL: any
    const int64_t *before;  // what the frames hold, where that is known; NULL: it is not
    int64_t steps;          // corrections that are in it
};
// *tracks (may be NULL) are those that were stored, to be freed; *count (may be NULL) is how many. ERR_NOT_FOUND when
// the video was removed meanwhile, ERR_CANCELLED.
enum err_code track_store_put(const struct ingest *ingest, const struct track_results *results, struct cancel *cancel,
    struct meta_track **tracks, size_t *count, struct err *err) ERR_MUST_CHECK;
