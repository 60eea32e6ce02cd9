// What the files of the life of a video share.
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "ingest/ingest.h"
#include "ingest/lifecycle.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

#define LIFECYCLE_LIST_AT_ONCE 100

enum err_code lifecycle_publish_source(
    const struct ingest *ingest, const struct meta_video *video, bool again, struct err *err) ERR_MUST_CHECK;
// Of a video that is queued: publishes its message unless it waits or is in hand, which keeps its place in the queue.
enum err_code lifecycle_ensure_source(
    const struct ingest *ingest, const struct meta_video *video, struct err *err) ERR_MUST_CHECK;
// Publishes everything that is missing of a video that is queued or running.
enum err_code lifecycle_publish_missing(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Whether a resume of the video was begun and not finished.
enum err_code lifecycle_resume_interrupted(
    const struct ingest *ingest, const char *video, bool *interrupted, struct err *err) ERR_MUST_CHECK;

// For a video that is removed.
enum err_code lifecycle_forget_resume(const struct ingest *ingest, const char *video, struct err *err) ERR_MUST_CHECK;

// Whether no work at all is waiting or leased.
enum err_code lifecycle_queues_empty(const struct ingest *ingest, bool *empty, struct err *err) ERR_MUST_CHECK;

// Calls back for each video, of one project or of all (NULL), in the order in which they were asked for: work that is
// published again keeps it.
typedef enum err_code lifecycle_visit(
    const struct ingest *ingest, const struct meta_video *video, void *context, struct err *err);
enum err_code lifecycle_each_video(const struct ingest *ingest, const char *project, struct cancel *cancel,
    lifecycle_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;
// Publishes frames messages for the frames of `video` whose state is in `state_mask`. Frames whose picture is not
// stored are counted in *without_picture instead; their segments have to be decoded again.
enum err_code lifecycle_publish_frames(const struct ingest *ingest, const struct meta_video *video, unsigned state_mask,
    struct cancel *cancel, int64_t *without_picture, struct err *err) ERR_MUST_CHECK;
// Publishes the segments' messages that are stored beside them; of all segments, or of those that are not done or had
// failed. *missing counts segments that are not stored.
enum err_code lifecycle_publish_segments(const struct ingest *ingest, const struct meta_video *video, bool all,
    struct cancel *cancel, int64_t *missing, struct err *err) ERR_MUST_CHECK;
