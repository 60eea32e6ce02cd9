// Reporting what workers do, per frame, at next to no cost.
//
// Events are gathered in memory and published by one thread every ACTIVITY_PERIOD_MS as one message on the `activity`
// topic (api/messages/activity.schema.json). Reporting never waits: when more than ACTIVITY_EVENTS_MAX events are
// pending, further ones are dropped and counted, and the counters stay exact. All functions take NULL handles and do
// nothing then. Safe from all threads; a worker's handle belongs to one thread at a time.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "queue/queue.h"

#define ACTIVITY_PERIOD_MS 200
#define ACTIVITY_HEARTBEAT_MS 2000
#define ACTIVITY_EVENTS_MAX 4096
#define ACTIVITY_TEXT_SIZE 256
#define ACTIVITY_WORKER_ID_SIZE 96

struct activity;
struct activity_worker;

enum err_code activity_new(struct queue *queue, const struct clock *clock, struct log *log, struct metrics *metrics,
    struct activity **activity, struct err *err) ERR_MUST_CHECK;
// Publishes what is pending, as far as the queue takes it.
void activity_free(struct activity *activity);
// Publishes what is pending now, for tests and before the end.
void activity_flush(struct activity *activity);

// A worker begins; it is shown until it ends. `id` is unique among all processes.
struct activity_worker *activity_worker_new(struct activity *activity, const char *id, const char *part);
void activity_worker_free(struct activity_worker *worker);
// What it works on; "" and -1: nothing (idle).
void activity_worker_busy(struct activity_worker *worker, const char *video, int32_t segment);
void activity_worker_idle(struct activity_worker *worker);

enum activity_stage {
    STAGE_FETCH,
    STAGE_SPLIT,
    STAGE_DECODE,  // downloader: segment to pictures; indexer: JPEG to pixels
    STAGE_ENCODE,  // JPEG
    STAGE_DETECT,  // waiting for the detector included
    STAGE_EMBED,   //
    STAGE_STORE,   // blobs, vectors, meta store
    STAGE_PUBLISH, // queue
    STAGE_WAIT,    // held back because the next part has enough to do
    STAGE_TRACK,   // following objects through a whole video, reading and storing included
    STAGE_COUNT,
};
const char *activity_stage_name(enum activity_stage stage);

enum activity_kind {
    ACTIVITY_VIDEO,          // a video changed its state: text is the state's name
    ACTIVITY_PROGRESS,       // of a long step of a video: `done` of `total` (-1: unknown), text says which
    ACTIVITY_SEGMENT_SPLIT,  // the splitter published a segment
    ACTIVITY_SEGMENT_DONE,   // the downloader has emitted a segment's frames: `count`
    ACTIVITY_SEGMENT_FAILED, //
    ACTIVITY_FRAME_EMITTED,  //
    ACTIVITY_FRAME_INDEXED,  // `count` objects
    ACTIVITY_FRAME_FAILED,   //
    ACTIVITY_ERROR,          // a sentence, final or not
    ACTIVITY_TRACKED,        // the objects of a video were followed: `count` tracks
    ACTIVITY_KIND_COUNT,
};
const char *activity_kind_name(enum activity_kind kind);

struct activity_event {
    enum activity_kind kind;
    char video[VIDEO_ID_SIZE]; // "" if it concerns none
    int32_t segment;           // -1: none
    int32_t frame;             // -1: none
    int64_t count;
    int64_t done, total;
    int64_t stage_us[STAGE_COUNT]; // durations; 0: not taken part in
    char text[ACTIVITY_TEXT_SIZE];
};
#define ACTIVITY_EVENT_INIT ((struct activity_event){.segment = -1, .frame = -1, .total = -1})

// Copies the event. `worker` may be NULL (the command line, the server).
void activity_report(struct activity *activity, struct activity_worker *worker, const struct activity_event *event);
// The same for what most callers say.
void activity_report_video(struct activity *activity, const char *video, const char *state);
void activity_report_error(
    struct activity *activity, struct activity_worker *worker, const char *video, const char *sentence);
