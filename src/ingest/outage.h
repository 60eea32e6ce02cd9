// When the stores cannot be used, or have no room: whether a failure of a worker's is theirs, and until when it waits.
//
// Two things stop work. A look at the stores finds that one of them, the queue among them, does not take changes, or
// that the vector index is not made for the vectors of this process; then it is looked again every second. And a store
// or disk had no room for what was to be left in it (ERR_FULL), which looking does not show, because the little that is
// written for it may fit: then the work itself is tried again, at once where room was made on the disk of the temporary
// folder, else after pauses that grow. Either is told once, and once that it is over.
//
// One per worker, used by its thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "ingest/activity.h"
#include "ingest/ingest.h"
#include "os/cancel.h"
#include "queue/queue.h"

struct outage {
    const struct ingest *ingest;
    const char *worker; // its id
    struct log *log;
    struct activity_worker *activity; // may be NULL
    struct cancel *cancel;            // ends all waiting

    bool is_on;          // nothing is to be received
    bool is_full;        // for want of room; until work has been done again
    bool is_down;        // a look has found a store that cannot be used, which was told
    bool has_looked;     // since outage_begin_batch()
    int64_t pause_ms;    // the last one of those that grow
    uint64_t free_bytes; // on the disk of the temporary folder, when there was no room
};

// The failures of a batch are judged by one look, made after they happened.
void outage_begin_batch(struct outage *outage);
// Whether the failure is no fault of the work's: then its message is to be given back and not counted as tried, or an
// outage of minutes would make dead letters of everything in hand. Whatever the code is: credentials that are taken
// back or an index of another dimension look like a mistake of ours to some servers. `video` is told of it.
bool outage_is_met(struct outage *outage, const char *video, const struct err *why);
// Waits until work may be tried (again), or the cancel.
void outage_wait(struct outage *outage);
// Work was done, so there is room.
void outage_is_over(struct outage *outage);

// Like queue_release() and queue_ack(), but where the queue has no room for it they try again until it has: what is not
// said to it would count as an attempt in the end.
enum err_code outage_release(
    const struct outage *outage, const struct queue_message *message, struct err *err) ERR_MUST_CHECK;
enum err_code outage_ack(
    const struct outage *outage, struct queue_message *const *messages, size_t count, struct err *err) ERR_MUST_CHECK;
