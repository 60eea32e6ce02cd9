// What the files of the wiring share.
#pragma once

#include "app/wiring.h"

enum err_code wiring_join(char out[FILE_PATH_MAX], const char *dir, const char *name, struct err *err) ERR_MUST_CHECK;
// s->dir, s->temp_dir and the shared parts of s->ingest are there; opens s->ingest.blobs.
enum err_code wiring_open_blobs(
    const struct store_settings *settings, struct stores *s, struct err *err) ERR_MUST_CHECK;
