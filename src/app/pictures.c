#include "app/pictures.h"

#include <stdlib.h>

#include "os/file.h"

#define PICTURE_FILE_MAX ((size_t)256 * 1024 * 1024)

enum err_code picture_load(const char *path, struct image **image, struct pixels *pixels, struct err *err)
{
    char *bytes = NULL;
    size_t size = 0;
    *image = NULL;
    enum err_code code = file_read(path, PICTURE_FILE_MAX, &bytes, &size, err);
    if (code != ERR_NONE)
        return code;
    code = image_load(bytes, size, IMAGE_RGB, 0, 0, image, err);
    free(bytes);
    if (code != ERR_NONE)
        return err_context(err, "%s", path);
    *pixels = (struct pixels){.data = (*image)->data,
        .width = (*image)->width,
        .height = (*image)->height,
        .stride_bytes = (*image)->stride,
        .order = PIXELS_RGB};
    return ERR_NONE;
}
