// Fuzzer: a copy for browsers is made of any bytes.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fuzz.h"
#include "media/remux.h"
#include "media_seeds.h"

#define ONE "-f lavfi -i testsrc2=s=48x32:r=10:d=1 -f lavfi -i sine=d=1 -bitexact -threads 1 -g 5 "

static const struct media_limits limits = {.pixels_max = 256 * 256, .side_max = 512, .streams_max = 16};

// Puts each seed behind the one before, as recordings end to end.
struct joined {
    char *before;
    size_t before_size;
    fuzz_seed_add add;
    void *context;
};

static void add_joined(void *context, const void *bytes, size_t size)
{
    struct joined *joined = context;
    char *both = mem_alloc(joined->before_size + size);
    if (joined->before_size > 0)
        memcpy(both, joined->before, joined->before_size);
    memcpy(both + joined->before_size, bytes, size);
    if (joined->before_size > 0)
        joined->add(joined->context, both, joined->before_size + size);
    free(joined->before);
    joined->before = mem_alloc(size);
    memcpy(joined->before, bytes, size);
    joined->before_size = size;
    free(both);
}

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const commands[] = {
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -f matroska",
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a mp2 -f mpegts",
        ONE "-c:v mpeg2video -c:a mp2 -f mpegts",
        ONE "-c:v mpeg4 -c:a pcm_s16le -f avi",
    };
    static const char *const recordings[] = {
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -an -f mpegts",
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a mp2 -ac 2 -f mpegts",
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a mp2 -ac 1 -f mpegts",
        ONE "-c:v mpeg2video -an -f mpegts",
        ONE "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -f mpegts",
    };
    media_seeds_make(commands, sizeof(commands) / sizeof(commands[0]), add, context);
    struct joined joined = {.add = add, .context = context};
    media_seeds_make(recordings, sizeof(recordings) / sizeof(recordings[0]), add_joined, &joined);
    free(joined.before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = ERR_INIT;
    if (size == 0)
        return 0;
    const struct media_input input = {.data = data, .size = size};
    const struct remux_options options = {.threads = 1, .limits = &limits};
    struct remux_result result;
    char *output = mem_sprintf("%s/copy.mp4", fuzz_folder());
    enum err_code code = media_make_playable(&input, output, &options, &result, &err);
    fuzz_require(code == ERR_NONE || err.message[0] != '\0');
    fuzz_require((code == ERR_NONE) == (access(output, F_OK) == 0));
    unlink(output);
    free(output);
    return 0;
}
