// Signals become a cancel: SIGTERM, SIGINT and SIGHUP (the terminal is gone) are taken by a thread of their own, so no
// handler ever runs.
//
// The first one requests the cancel, so that everything drains; the second one, which is no SIGHUP, ends the process at
// once with status 128 + its number. A SIGHUP that is ignored at the start (nohup) stays so. SIGPIPE is ignored for the
// whole process. signals_start() must be called before any other thread is started, since threads inherit the mask that
// it sets.
#pragma once

#include "base/err.h"
#include "base/log.h"
#include "os/cancel.h"

struct signals;

enum err_code signals_start(
    struct cancel *cancel, struct log *log, struct signals **out, struct err *err) ERR_MUST_CHECK;
// The first signal taken, or 0.
int signals_received(const struct signals *signals);
// Ends the thread and restores the mask of the calling thread; NULL is harmless.
void signals_stop(struct signals *signals);
