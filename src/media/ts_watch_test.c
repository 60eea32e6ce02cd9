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
    // Too short for its times to go back by much where it is put end to end.
    {"short.ts", "-f lavfi -i testsrc2=s=160x96:r=25:d=0.6 -c:v libx264 -preset veryfast -pix_fmt yuv420p", 188, 0},
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

static int64_t damaged_of(const struct clip *clip, const char *data, size_t size, bool *incomplete)
{
    char *name = mem_sprintf("made-from-%s", clip->name);
    const char *path = clip_write(name, data, size);
    struct clip_outcome outcome;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "1"}, &outcome);
    int64_t damaged = outcome.split.damaged;
    *incomplete = outcome.split.incomplete;
    clip_outcome_release(&outcome);
    free(name);
    return damaged;
}

static int64_t damaged_without(const struct clip *clip, const struct bytes *bytes, size_t from, size_t to)
{
    struct strbuf left;
    bool incomplete;
    strbuf_init(&left);
    strbuf_add(&left, bytes->data, from);
    strbuf_add(&left, bytes->data + to, bytes->size - to);
    int64_t damaged = damaged_of(clip, left.data, left.size, &incomplete);
    strbuf_release(&left);
    return damaged;
}

// The first `size` bytes of it, then all of it once more.
static int64_t damaged_in(const struct clip *clip, const struct bytes *bytes, size_t size, bool *incomplete)
{
    struct strbuf joined;
    strbuf_init(&joined);
    strbuf_add(&joined, bytes->data, size);
    strbuf_add(&joined, bytes->data, bytes->size);
    int64_t damaged = damaged_of(clip, joined.data, joined.size, incomplete);
    strbuf_release(&joined);
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
        for (size_t k = packets / 2; k < packets / 2 + 40 && k < packets; k++) {
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

// Nothing moves in it, so that nearly all of its pictures are one packet each.
#define STILL "-f lavfi -i color=c=gray:s=160x96:r=25:d=8 "
#define LOSSES 40

static const struct clip still_clips[] = {
    {"still.ts", STILL "-c:v libx264 -preset veryfast -pix_fmt yuv420p", 188, 0},
    {"still-sound.ts", STILL "-f lavfi -i sine=d=8 -c:v libx264 -preset veryfast -pix_fmt yuv420p -c:a mp2 -b:a 32k",
        188, 0},
    {"still-hevc.ts",
        STILL
        "-f lavfi -i sine=d=8 -c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none -c:a aac",
        188, 0},
    {"still-mpeg2.ts", STILL "-f lavfi -i sine=d=8 -c:v mpeg2video -g 25 -bf 2 -c:a mp2 -b:a 32k", 188, 0},
};

// Finds the next picture of one packet from the offset on, but the last one of the video.
static bool next_single(const struct clip *clip, const struct bytes *bytes, size_t *at)
{
    size_t open = 0; // behind the begin of a picture that has one packet so far
    for (; *at < bytes->size; *at += clip->packet_bytes) {
        bool begins;
        if (!is_video(clip, bytes, *at, &begins))
            continue;
        if (begins && open > 0) {
            *at = open;
            return true;
        }
        open = begins ? *at : 0;
    }
    return false;
}

static void a_picture_that_is_lost_with_its_only_packet_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(still_clips) / sizeof(still_clips[0]); i++) {
        const struct clip *clip = &still_clips[i];
        struct bytes bytes = read_clip(clip);
        size_t at = bytes.size / clip->packet_bytes / 4 * clip->packet_bytes;
        for (int k = 0; k < LOSSES; k++, at += clip->packet_bytes) {
            if (!next_single(clip, &bytes, &at))
                fail_msg("%s: only %d pictures of one packet", clip->name, k);
            if (damaged_without(clip, &bytes, at, at + clip->packet_bytes) == 0)
                fail_msg("%s: the picture at byte %zu is lost and not told", clip->name, at);
        }
        free(bytes.data);
    }
}

// As many as a broadcast over a network has in one of its own packets.
#define BURST 7

static void packets_that_are_lost_together_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(still_clips) / sizeof(still_clips[0]); i++) {
        const struct clip *clip = &still_clips[i];
        struct bytes bytes = read_clip(clip);
        size_t from = bytes.size / clip->packet_bytes / 4 * clip->packet_bytes;
        int with_video = 0;
        int with_tables = 0;
        for (int k = 0; k < LOSSES; k++, from += clip->packet_bytes) {
            size_t to = from + BURST * clip->packet_bytes;
            bool video = false;
            for (size_t at = from; at < to; at += clip->packet_bytes) {
                const uint8_t *packet = (const uint8_t *)bytes.data + at + clip->header_bytes;
                bool begins;
                video = video || is_video(clip, &bytes, at, &begins);
                with_tables += (packet[1] & 0x1F) == 0 && packet[2] == 0;
            }
            with_video += video;
            int64_t damaged = damaged_without(clip, &bytes, from, to);
            if ((damaged > 0) != video)
                fail_msg("%s: %" PRId64 " damaged without the packets from byte %zu on", clip->name, damaged, from);
        }
        assert_in_range(with_video, LOSSES / 2, LOSSES);
        assert_in_range(with_tables, BURST, INT32_MAX);
        free(bytes.data);
    }
}

// Where recordings are put end to end, FFmpeg's mark for that stands on pictures that may have lost something as well.
static void what_is_lost_beside_the_place_where_another_recording_begins_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(clips) / sizeof(clips[0]); i++) {
        const struct clip *clip = &clips[i];
        struct bytes bytes = read_clip(clip);
        struct bytes twice = {mem_alloc(2 * bytes.size), 2 * bytes.size};
        memcpy(twice.data, bytes.data, bytes.size);
        memcpy(twice.data + bytes.size, bytes.data, bytes.size);
        size_t beside = 24 * clip->packet_bytes;
        bool is_last = true; // without which a recording only ends earlier
        for (size_t at = bytes.size + beside; at > bytes.size - beside; at -= clip->packet_bytes) {
            bool begins;
            if (!is_video(clip, &twice, at, &begins))
                continue;
            bool ends_earlier = at < bytes.size && is_last && begins;
            is_last = is_last && at >= bytes.size;
            if (!ends_earlier && damaged_without(clip, &twice, at, at + clip->packet_bytes) == 0)
                fail_msg("%s: what is lost %+d bytes from the end of the first recording is not told", clip->name,
                    (int)at - (int)bytes.size);
        }
        free(twice.data);
        free(bytes.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_end_to_end_are_whole),
        cmocka_unit_test(a_recording_that_ends_inside_a_picture_is_told),
        cmocka_unit_test(a_picture_that_is_lost_with_its_only_packet_is_told),
        cmocka_unit_test(packets_that_are_lost_together_are_told),
        cmocka_unit_test(what_is_lost_beside_the_place_where_another_recording_begins_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
