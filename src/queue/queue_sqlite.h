// The embedded queue: one SQLite file, for the threads of one process or for several processes on one machine.
//
// Leases carry the mark of the process that holds them (os/process_mark.h): when a process ends, its messages are
// delivered again at once (at the next open, or within about a second by whoever receives), not when the lease runs
// out. The end of a process is no attempt: it may have been killed for any reason. But a message that was in hand each
// of queue_ends_max times in a row may be the reason, and becomes a dead letter. To spare the messages that were merely
// leased together with it, a message whose worker vanished is from then on delivered alone.
//
// Deadlines (leases, back-off) are on the monotonic clock, which only goes forward; a start of the machine, where that
// clock begins anew and all workers are gone, is noticed by its boot id.
//
// Power failures: publishing to `sources` waits for the disk, because nothing stands behind that message that would
// repeat it. All other commits are in the operating system's hands only, and a power failure may undo the newest of
// them, never one without those after it. That is enough: a message that is published while another one is worked on
// comes back when that one is delivered again, and its acknowledgement, being later, is undone with it. So results must
// be durable before the acknowledgement (blob_store_flush, and the meta store's commits are), but the queue need not
// be.
#pragma once

#include "base/clock.h"
#include "queue/queue.h"

// Opens or makes the file at `path`; its folder exists. `options` NULL: defaults; `clock` outlives the queue.
enum err_code queue_sqlite_open(const char *path, const struct queue_options *options, const struct clock *clock,
    struct queue **queue, struct err *err) ERR_MUST_CHECK;
