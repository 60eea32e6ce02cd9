// Who left this behind? A mark names a process beyond its end, so that others can tell whether what it owned (a lease,
// a temporary file) is orphaned.
//
// A process id alone is used again for other processes, so the mark also holds the process's start time; and ids mean
// nothing in another container that shares the folder, so it holds the id namespace too. Safe from all threads.
#pragma once

#include <stdbool.h>

// "{namespace}.{pid}.{start}", digits and dots only.
#define PROCESS_MARK_SIZE 64

// The calling process's mark.
void process_mark_self(char out[PROCESS_MARK_SIZE]);
// True only when the process has certainly ended: a mark of another namespace, or no mark at all, is not judged.
bool process_mark_is_dead(const char *mark);
// A mark of another namespace, as each container has one: whether its process lives nobody here can tell.
bool process_mark_is_foreign(const char *mark);

// A text that is the same until the machine starts anew; "" if the system does not tell.
#define BOOT_ID_SIZE 40
void boot_id_read(char out[BOOT_ID_SIZE]);
