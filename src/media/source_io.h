// The byte side of media/source.h. Internal to the module.
#pragma once

#include "media/source.h"

enum err_code source_io_open(
    struct media_source *source, const struct media_input *input, struct err *err) ERR_MUST_CHECK;
void source_io_close(struct media_source *source);
