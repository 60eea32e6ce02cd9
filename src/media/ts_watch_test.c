// What is said to be damaged in a transport stream whose writer began anew, and what is.
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "media/test_clips.h"
#include "os/file.h"

#define SOURCE "-f lavfi -i testsrc2=s=160x96:r=25:d=2 -f lavfi -i sine=d=2 "
#define CLIP_MAX ((size_t)4 << 20)

static const struct clip {
    const char *name;
    const char *arguments;
    size_t packet_bytes;
    size_t header_bytes; // before the packet proper
} clips[] = {
    {"h264.ts", SOURCE "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 20 -bf 2 -c:a aac", 188, 0},
    {"mpeg2.ts", SOURCE "-c:v mpeg2video -g 12 -bf 2 -b:v 1M -c:a mp2", 188, 0},
    {"hevc.ts", SOURCE "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none -c:a aac", 188, 0},
    {"h264.m2ts", SOURCE "-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 20 -bf 2 -c:a aac -mpegts_m2ts_mode 1", 192,
        4},
};

struct bytes {
    char *data;
    size_t size;
};

static struct bytes read_clip(const struct clip *clip)
{
    struct bytes bytes;
    struct err err = ERR_INIT;
    assert_ok(file_read(clip_make(clip->name, clip->arguments), CLIP_MAX, &bytes.data, &bytes.size, &err), &err);
    return bytes;
}

// The first `size` bytes of it, then all of it once more.
static int64_t damaged_in(const struct clip *clip, const struct bytes *bytes, size_t size, bool *incomplete)
{
    char *path = mem_sprintf("%s/joined-%s", clips_dir(), clip->name);
    struct strbuf joined;
    struct err err = ERR_INIT;
    struct clip_outcome outcome;
    strbuf_init(&joined);
    strbuf_add(&joined, bytes->data, size);
    strbuf_add(&joined, bytes->data, bytes->size);
    assert_ok(file_write(path, joined.data, joined.size, FILE_SYNC_NONE, &err), &err);
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "1"}, &outcome);
    int64_t damaged = outcome.split.damaged;
    *incomplete = outcome.split.incomplete;
    clip_outcome_release(&outcome);
    strbuf_release(&joined);
    free(path);
    return damaged;
}

static void recordings_end_to_end_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(clips) / sizeof(clips[0]); i++) {
        struct bytes bytes = read_clip(&clips[i]);
        bool incomplete;
        int64_t damaged = damaged_in(&clips[i], &bytes, bytes.size, &incomplete);
        if (damaged != 0 || incomplete)
            fail_msg("%s: %" PRId64 " pictures are said to be damaged", clips[i].name, damaged);
        free(bytes.data);
    }
}

#define VIDEO_PID 0x100

// Whether the packet at the offset is of the video, and begins a picture.
static bool is_video(const struct clip *clip, const struct bytes *bytes, size_t at, bool *begins)
{
    const uint8_t *packet = (const uint8_t *)bytes->data + at + clip->header_bytes;
    bool blu_ray = clip->header_bytes > 0;
    *begins = (packet[1] & 0x40) != 0;
    return ((packet[1] & 0x1F) << 8 | packet[2]) == (blu_ray ? 0x1011 : VIDEO_PID) && (packet[3] & 0x10) != 0;
}

// Whether the picture that is open at the end of the first `size` bytes lacks packets.
static bool ends_inside(const struct clip *clip, const struct bytes *bytes, size_t size)
{
    for (size_t at = size; at < bytes->size; at += clip->packet_bytes) {
        bool begins;
        if (is_video(clip, bytes, at, &begins))
            return !begins;
    }
    return false;
}

static void a_recording_that_ends_inside_a_picture_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(clips) / sizeof(clips[0]); i++) {
        struct bytes bytes = read_clip(&clips[i]);
        size_t packets = bytes.size / clips[i].packet_bytes;
        int inside = 0;
        for (size_t k = packets / 2; k < packets / 2 + 40; k++) {
            size_t size = k * clips[i].packet_bytes;
            bool incomplete;
            int64_t damaged = damaged_in(&clips[i], &bytes, size, &incomplete);
            bool cut = ends_inside(&clips[i], &bytes, size);
            inside += cut;
            // FFmpeg's own mark tells nothing where the counters go on by chance, once in 16 times.
            if ((damaged > 0) != incomplete || (damaged > 0 && !cut))
                fail_msg("%s: %" PRId64 " damaged, cut behind %zu packets", clips[i].name, damaged, k);
            if (cut && damaged == 0)
                inside -= 2;
        }
        if (inside < 10)
            fail_msg("%s: only %d cuts inside a picture are told", clips[i].name, inside);
        free(bytes.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_end_to_end_are_whole),
        cmocka_unit_test(a_recording_that_ends_inside_a_picture_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
