// Whether workers are at it: what the activity topic tells of other processes on the same stores.
//
// A worker that lives is heard of every ACTIVITY_HEARTBEAT_MS (activity.h); one that ended as it should has said so;
// one that was killed falls silent, and on the same machine its process is seen to be gone. Processes without workers
// (query engines, the command line) say nothing and are not found. Errors are the queue's.
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "ingest/activity.h"
#include "os/cancel.h"
#include "queue/queue.h"

struct presence {
    bool found;
    char worker[ACTIVITY_WORKER_ID_SIZE];
    char host[64];
};

// Looks at what was said of late, and then waits for `listen_ms` for anything new: that needs no clock but ours, which
// other machines may not share. The first worker that is found ends it.
#define PRESENCE_LISTEN_MS (3 * ACTIVITY_HEARTBEAT_MS)
enum err_code presence_find(struct queue *queue, const struct clock *clock, int64_t listen_ms, struct cancel *cancel,
    struct presence *presence, struct err *err) ERR_MUST_CHECK;
