// The embedded meta store: one SQLite file, for the threads of one process or for several processes on one machine.
//
// A frame is one row, its objects one compact value in it (frame_value.h): a frame is written and read as a whole, and
// a row per object would make both ten times dearer. Counts are kept in the video's row and change in the transaction
// of what they count.
//
// What survives: every change is on the disk when its call returns (threads that change at the same time share a
// flush), because the queue's acknowledgement follows and must not outlive what it acknowledges; see queue_sqlite.h.
#pragma once

#include "base/clock.h"
#include "meta_store/meta_store.h"

// Opens or makes the file at `path`, whose folder exists, and takes its schema forward. ERR_INVALID if a newer program
// wrote it. `clock` outlives the store.
enum err_code meta_store_sqlite_open(
    const char *path, const struct clock *clock, struct meta_store **store, struct err *err) ERR_MUST_CHECK;
