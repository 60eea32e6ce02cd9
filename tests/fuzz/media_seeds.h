// Small pictures and clips to begin fuzzing with, made by FFmpeg's program.
#pragma once

#include "fuzz.h"

// Runs `ffmpeg <words> FILE` for each; what cannot be made here is passed over. The format is one of the words.
void media_seeds_make(const char *const *commands, size_t count, fuzz_seed_add add, void *context);
