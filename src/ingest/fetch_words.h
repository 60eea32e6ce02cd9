// What the words with which yt-dlp ends mean: it has one exit status for everything. Internal to fetching.
#pragma once

#include <stdbool.h>

#include "base/err.h"

// Sets the sentence for a person who wanted the video of the page: the words without what only helps at yt-dlp's own
// command line, and what to do. `shown` is the page's address as it may be shown. ERR_UNAVAILABLE where another try may
// help, ERR_FULL for a disk of ours, else ERR_NOT_FOUND, ERR_DENIED or ERR_INVALID. `warned_of_scripts` says that
// yt-dlp missed a program for the scripts of pages. No shared state: safe from all threads.
enum err_code fetch_words_explain(const char *shown, const char *words, bool warned_of_scripts, struct err *err);
