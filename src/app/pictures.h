// Pictures from files, as the vision module wants them.
#pragma once

#include "base/err.h"
#include "media/image.h"
#include "vision/pixels.h"

// `pixels` looks into `image`, which is to be unreferenced.
enum err_code picture_load(
    const char *path, struct image **image, struct pixels *pixels, struct err *err) ERR_MUST_CHECK;
