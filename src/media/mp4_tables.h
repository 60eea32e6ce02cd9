// Looks over the tables of an MP4 or MOV file before FFmpeg does. A few bytes there can claim any number of samples,
// and its demuxer makes an entry of its index for each when it opens the file. Internal to the module.
#pragma once

#include "base/err.h"
#include "media/source.h"

// ERR_LIMIT for tables that claim more than a long video has or the file has room for; ERR_INVALID for a compressed
// index, which cannot be looked at; ERR_CANCELLED. Whether the file is in order otherwise is left to the demuxer.
enum err_code mp4_tables_check(struct media_source *source, struct err *err) ERR_MUST_CHECK;
