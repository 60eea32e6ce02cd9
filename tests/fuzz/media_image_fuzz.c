// Fuzzer: any bytes as an uploaded picture.
#include <stdlib.h>

#include "base/mem.h"
#include "fuzz.h"
#include "media/image.h"
#include "media/jpeg.h"
#include "media_seeds.h"

#define PIXELS_MAX (512 * 512)
#define ONE "-f lavfi -i testsrc2=s=40x24 -frames:v 1 -bitexact "

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const commands[] = {
        ONE "-f image2 -c:v mjpeg",
        ONE "-f image2 -c:v mjpeg -pix_fmt yuvj444p",
        ONE "-f image2 -c:v png",
        ONE "-f image2 -c:v png -pix_fmt rgba",
        ONE "-f image2 -c:v bmp",
        ONE "-f gif",
        ONE "-f webp",
    };
    media_seeds_make(commands, sizeof(commands) / sizeof(commands[0]), add, context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image *image = NULL;
    struct err err = ERR_INIT;
    enum err_code code = image_load(data, size, IMAGE_RGB, PIXELS_MAX, 64, &image, &err);
    fuzz_require_sentence(code, &err);
    (void)image_content_type(data, size);
    if (code == ERR_NONE) {
        fuzz_require((int64_t)image->width * image->height <= PIXELS_MAX);
        struct jpeg_encoder *encoder = jpeg_encoder_new();
        struct strbuf jpeg;
        strbuf_init(&jpeg);
        fuzz_require(jpeg_encode_crop(encoder, image, 0, 0, image->width, image->height, 80, &jpeg, &err) == ERR_NONE);
        strbuf_release(&jpeg);
        jpeg_encoder_free(encoder);
    }
    image_unref(image);
    return 0;
}
