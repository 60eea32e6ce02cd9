// The check-up of what is on this machine: models, programs, the data folder. One thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/check.h"
#include "base/options.h"

// Loads and runs both models. Gives the dimension of the embedder's vectors, 0 if it does not work. `options` include
// model_options.
size_t check_models(const struct options *options, struct checks *checks);
// yt-dlp, and what it wants. `options` include fetch_options.
void check_programs(const struct options *options, struct checks *checks);
// Whether the data folder may be written, has room, and has locks that hold. It need not be there. False where nothing
// was kept in it yet: it is not there, or is somebody's empty one, a volume that was just mounted for instance.
bool check_folder(const char *dir, struct checks *checks);
