// The end of a video: its final state, and what is kept afterwards.
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "ingest/ingest.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"
#include "os/file.h"

// Moves the video to its final state if nothing is left to do (meta_store_settle_video); if this call did it, reports
// it, asks for its tracks (tracking.h) and removes what the retention says. Repeatable; safe from all threads.
// ERR_NOT_FOUND for a video that is gone is no error here.
enum err_code settle_video(const struct ingest *ingest, const char *video, struct err *err) ERR_MUST_CHECK;
// The same for work that is done once more, `before` being the video as it was when that was taken up: one that had
// ended by then without having been tracked is asked for again, because who ended it may have been stopped before that.
enum err_code settle_video_again(
    const struct ingest *ingest, const struct meta_video *before, struct err *err) ERR_MUST_CHECK;
// Removes what the retention says. Only for a video that is done: the others may be resumed from what is there.
enum err_code settle_apply_retention(const struct ingest *ingest, const char *project, const char *video,
    struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Removes what workers may have stored of a video whose row is gone: its vectors and all its blobs, but for the source
// of an upload. That no worker stores, so it can only be of somebody who has sent the same again meanwhile.
enum err_code settle_remove_stored(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// The same for a worker that finds the video it was working on removed.
void settle_remove_leftovers(const struct ingest *ingest, const struct meta_video *video);
// Where a source is loaded to before it is stored, the same at every try.
enum err_code settle_fetch_dir(
    const struct ingest *ingest, const char *video, char dir[FILE_PATH_MAX], struct err *err) ERR_MUST_CHECK;
// Removes it, so far as it lies on this machine.
void settle_remove_fetched(const struct ingest *ingest, const char *video);
