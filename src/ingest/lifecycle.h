// The life of a video: submitted, cancelled, resumed, removed; and what is put right at a start.
//
// Everything here may be interrupted at any point and repeated; lifecycle_recover() finishes what was begun. All
// functions are safe from all threads and processes. Errors carry sentences for the person who asked.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "ingest/ingest.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

#define CHUNK_SECONDS_MIN 1
#define CHUNK_SECONDS_MAX 3600
#define CHUNK_SECONDS_DEFAULT 10
#define LIMIT_SECONDS_MAX 604800
#define SAMPLING_DEFAULT "5"

struct submit_request {
    const char *project;
    const char *source; // a path or an address; not looked at for uploads
    const char *name;   // to show; NULL: from the source
    int64_t chunk_us;   //
    int64_t limit_us;   // -1: none
    struct sampling sampling;
    bool remote;            // came over the network: no local files, no private addresses
    bool allow_local_files; // though remote: the setting of the server
};
// Defaults for all but project and source.
void submit_request_init(struct submit_request *request);
// From numbers of seconds and texts as people give them; refuse with a sentence that says what is allowed.
// Seconds are rounded to the microsecond. Like what is refused when it is submitted, the error names the field:
// "project", "source", "name", "chunk_seconds", "limit_seconds", "fps".
enum err_code submit_request_set_chunk(struct submit_request *request, double seconds, struct err *err) ERR_MUST_CHECK;
enum err_code submit_request_set_limit(struct submit_request *request, double seconds, struct err *err) ERR_MUST_CHECK;
enum err_code submit_request_set_fps(struct submit_request *request, const char *text, struct err *err) ERR_MUST_CHECK;
// A number as it comes in JSON; the nearest short decimal is meant (29.97, not its binary neighbour).
enum err_code submit_request_set_fps_number(struct submit_request *request, double fps, struct err *err) ERR_MUST_CHECK;

enum submit_outcome {
    SUBMIT_CREATED, // a new video, queued
    SUBMIT_RUNNING, // it is being worked on already
    SUBMIT_DONE,    // it is done: nothing to do
    SUBMIT_RESUMED, // it had failed, was cancelled or incomplete: what is missing is done now
};

// ERR_INVALID (project, source, numbers), ERR_NOT_FOUND, ERR_DENIED, ERR_CONFLICT (being deleted).
enum err_code lifecycle_submit(const struct ingest *ingest, const struct submit_request *request, struct cancel *cancel,
    struct meta_video *video, enum submit_outcome *outcome, struct err *err) ERR_MUST_CHECK;
// The same with bytes that were received into a local file, which is moved away (it is gone afterwards, on success).
// `sha256` NULL: computed here. `file_name` is shown.
enum err_code lifecycle_submit_upload(const struct ingest *ingest, const struct submit_request *request,
    const char *path, const char *sha256, const char *file_name, struct cancel *cancel, struct meta_video *video,
    enum submit_outcome *outcome, struct err *err) ERR_MUST_CHECK;

// Stops a queued or running video; what is stored stays. A final one is left as it is (ERR_CONFLICT).
enum err_code lifecycle_cancel(const struct ingest *ingest, const char *video, struct err *err) ERR_MUST_CHECK;
// Does what is missing: the split, segments, frames, failed ones included. A video that is done is left as it is.
enum err_code lifecycle_resume(
    const struct ingest *ingest, const char *video, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Indexes all frames of a project again, after another model was chosen: its vectors are removed at once, objects stay
// visible until they are replaced. Frames that are no longer stored are decoded again from the source. The videos keep
// their state meanwhile.
enum err_code lifecycle_reindex_project(
    const struct ingest *ingest, const char *project, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;

// Removes a video or project with its messages, vectors, blobs and rows. From the first moment on it cannot be resumed;
// interrupted, it is finished by lifecycle_recover(). A project that this process removes already is ERR_CONFLICT.
// Where another process does, both work on it, and each looks before every step whether it is still there to be
// removed: it may be gone, and another made under its name.
enum err_code lifecycle_delete_video(
    const struct ingest *ingest, const char *video, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
enum err_code lifecycle_delete_project(
    const struct ingest *ingest, const char *project, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;

// Puts a dead letter back to work, and its video back to running.
enum err_code lifecycle_retry_dead_letter(const struct ingest *ingest, int64_t id, struct err *err) ERR_MUST_CHECK;

struct recover_report {
    int64_t deletions_finished;
    int64_t videos_resumed; // their messages were gone
    int64_t videos_settled; // they had been finished
    int64_t left_out;       // rows that cannot be right, videos and projects that could not be put right: logged
};
// At the start of a server, before its workers: finishes deletions and interrupted resumes, publishes again what lost
// its message, settles what was finished. `report` may be NULL.
enum err_code lifecycle_recover(
    const struct ingest *ingest, struct cancel *cancel, struct recover_report *report, struct err *err) ERR_MUST_CHECK;
