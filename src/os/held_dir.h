// A temporary folder that goes with its process, however that ends: as long as the process lives it holds a lock on the
// folder, and what nobody holds any more is removed by whoever comes next (flock(2)). Unlike a process id that says so
// across containers too. On file systems without locks nothing is known to be left behind, and nothing is removed.
//
// Safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct held_dir;

// A new private folder "{parent}/{prefix}XXXXXX".
enum err_code held_dir_make(
    const char *parent, const char *prefix, struct held_dir **dir, struct err *err) ERR_MUST_CHECK;
const char *held_dir_path(const struct held_dir *dir);
// Removes it with all in it. NULL is harmless.
void held_dir_free(struct held_dir *dir);
// Whether there is such a folder and nobody holds it.
bool held_dir_is_left(const char *path);
// Removes such a folder if nobody holds it. ERR_CONFLICT if somebody does, or where nobody can know.
enum err_code held_dir_remove(const char *path, struct err *err) ERR_MUST_CHECK;
// Removes all that nobody holds, so far as that can be done; how many there were.
size_t held_dir_clean(const char *parent, const char *prefix);
