// The byte side of media/source.h. Internal to the module.
#pragma once

#include "media/source.h"

enum err_code source_io_open(
    struct media_source *source, const struct media_input *input, struct err *err) ERR_MUST_CHECK;
// Begins anew with what has not been read yet: FFmpeg keeps the bytes by which it told the format.
enum err_code source_io_rewind(struct media_source *source, struct err *err) ERR_MUST_CHECK;
void source_io_close(struct media_source *source);
// Reads bytes at an offset without moving the source's position; how many there were (0 also after an error).
int64_t source_io_read_at(const struct media_source *source, int64_t offset, uint8_t *buffer, int64_t size);
