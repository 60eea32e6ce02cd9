// Fuzzer: any bytes as a video are opened, cut and decoded, as an ingestion does it.

#include "fuzz.h"
#include "media/decode.h"
#include "media/split.h"
#include "media_seeds.h"

#define FRAMES_MAX 64
#define ONE "-f lavfi -i testsrc2=s=48x32:r=10:d=1 -bitexact -threads 1 -g 5 "

// Small, so that time goes into parsing and not into filling pictures.
static const struct media_limits limits = {.pixels_max = 512 * 512, .side_max = 1024, .streams_max = 16};

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const commands[] = {
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -f mp4",
        ONE "-c:v mpeg4 -f matroska",
        ONE "-c:v mpeg2video -f mpegts",
        ONE "-c:v mjpeg -pix_fmt yuvj420p -f avi",
        ONE "-c:v libvpx -deadline realtime -f webm",
    };
    media_seeds_make(commands, sizeof(commands) / sizeof(commands[0]), add, context);
}

static enum err_code take_frame(void *context, const struct decoded_frame *frame, struct err *err)
{
    (void)frame;
    return ++*(int *)context < FRAMES_MAX ? ERR_NONE : err_set(err, ERR_CANCELLED, "enough");
}

static enum err_code take_segment(void *context, const struct split_segment *done, struct err *err)
{
    const struct decode_options options = {
        .sampling = {.fps_num = 5, .fps_den = 1},
        .threads = 1,
        .limits = &limits,
        .context = context,
        .frame = take_frame,
    };
    const struct media_input input = {.path = done->path};
    struct decode_result result;
    enum err_code code = media_decode(&input, &done->segment, &options, &result, err);
    return code == ERR_CANCELLED ? code : ERR_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = ERR_INIT;
    if (size == 0)
        return 0;
    int frames = 0;
    const struct media_input input = {.data = data, .size = size};
    const struct split_options options = {
        .chunk_us = 500000,
        .limit_us = -1,
        .directory = fuzz_folder(),
        .segments_max = 100,
        .limits = &limits,
        .context = &frames,
        .segment = take_segment,
    };
    struct split_result result;
    enum err_code code = media_split(&input, &options, &result, &err);
    fuzz_require(code == ERR_NONE || err.message[0] != '\0');
    return 0;
}
