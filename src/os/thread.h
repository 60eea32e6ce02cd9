// Threads with names, so that top, gdb and logs say who is who.
//
// A thread begins with the signal mask of its maker (see os/signals.h). Safe from all threads.
#pragma once

#include <stddef.h>

#include "base/err.h"

struct thread;

// Starts `run(arg)`. Only the first 15 bytes of the name are kept by the system. ERR_UNAVAILABLE when the system allows
// no more threads.
enum err_code thread_start(
    const char *name, void (*run)(void *arg), void *arg, struct thread **out, struct err *err) ERR_MUST_CHECK;
// Waits for the end and frees; NULL is harmless.
void thread_join(struct thread *thread);
// Names the calling thread.
void thread_name_self(const char *name);
