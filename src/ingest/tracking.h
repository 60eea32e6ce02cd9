// The tracker: follows objects through a video whose frames are all in, and stores which track each belongs to.
//
// A `detections` message without a frame says that a video is complete (settle.h publishes it, and the indexer when a
// video that was complete has been indexed again). The whole video is then tracked in one pass over its frames in
// order, whatever segments it was cut into: ten hours at five frames a second are minutes of one worker's time at most,
// there are no borders to be stitched, and the result depends on nothing but the stored objects, so that any number of
// workers, restarts and repeated messages give the same tracks. Workers share the work by videos.
//
// What was found is stored as the video's sheet (track_sheet.h); the corrections that people made so far are applied to
// it (track_corrections.h), and the result is stored in the order vectors (for filters), frames, tracks: a video counts
// as tracked (meta_video.tracked_us) when all of it is there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/options.h"
#include "ingest/ingest.h"
#include "ingest/worker.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

struct tracking_settings {
    int workers; // 0 on the command line means that nobody calls tracking_start
};
void tracking_settings_default(struct tracking_settings *settings);
extern const struct option_table tracking_options;
void tracking_settings_read(const struct options *options, struct tracking_settings *settings);

enum err_code tracking_start(const struct ingest *ingest, const struct tracking_settings *settings,
    struct cancel *cancel, struct worker_pool **pool, struct err *err) ERR_MUST_CHECK;

// Asks a tracker to track the video. Asking twice makes it track twice, with the same result.
enum err_code tracking_request(
    const struct ingest *ingest, const struct meta_video *video, struct err *err) ERR_MUST_CHECK;
// Whether a final video has not been tracked since it became final.
bool tracking_is_due(const struct meta_video *video);
// The same as tracking_request for a final video that is being indexed again, once the last of its objects has its
// vector; before, nothing. For an indexer, after each frame that it has stored; `video` as it was before.
enum err_code tracking_request_when_whole(
    const struct ingest *ingest, const struct meta_video *video, struct err *err) ERR_MUST_CHECK;

// Instead of what is there about it: for a final video that no indexer is at any more; else nothing.
enum err_code tracking_request_anew(
    const struct ingest *ingest, const struct meta_video *video, struct err *err) ERR_MUST_CHECK;

// Tracks the video now. *tracks (may be NULL) is how many there are. ERR_NOT_FOUND when it was removed meanwhile,
// ERR_CANCELLED.
enum err_code tracking_run(const struct ingest *ingest, const char *video, struct cancel *cancel, size_t *tracks,
    struct err *err) ERR_MUST_CHECK;
