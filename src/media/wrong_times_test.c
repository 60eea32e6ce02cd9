// Time stamps that are wrong for one picture: FFmpeg's program repairs them, so they are put into the file here.
#include <string.h>

#include "base/mem.h"
#include "media/split.h"
#include "media/test_clips.h"
#include "os/file.h"

#define TS_PACKET 188
#define PICTURES 75
#define WRONG 30
#define SOURCE                                                                                                         \
    "-f lavfi -i testsrc2=s=128x96:r=25:d=3 -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -bf 0 "               \
    "-output_ts_offset 200"

// A time stamp of a PES header, in 90000ths of a second.
static void move_stamp(uint8_t *at, int64_t by)
{
    int64_t t = (int64_t)(at[0] >> 1 & 7) << 30 | at[1] << 22 | (at[2] >> 1) << 15 | at[3] << 7 | at[4] >> 1;
    t = (t + by) & ((INT64_C(1) << 33) - 1);
    at[0] = (uint8_t)((at[0] & 0xF1) | (t >> 30 & 7) << 1);
    at[1] = (uint8_t)(t >> 22);
    at[2] = (uint8_t)((t >> 15 & 0x7F) << 1 | 1);
    at[3] = (uint8_t)(t >> 7);
    at[4] = (uint8_t)((t & 0x7F) << 1 | 1);
}

// Moves the times of a picture (in decoding order) of a transport stream: all or, where it has two, only the one at
// which it shows.
static void move_picture(char *bytes, size_t size, int picture, int64_t by, bool pts_only)
{
    int seen = 0;
    for (size_t at = 0; at + TS_PACKET <= size; at += TS_PACKET) {
        uint8_t *packet = (uint8_t *)bytes + at;
        if ((packet[1] & 0x40) == 0) // no payload begins here
            continue;
        uint8_t *pes = packet + 4;
        if ((packet[3] & 0x20) != 0)
            pes += 1 + pes[0];
        if (memcmp(pes, "\0\0\1", 3) != 0 || (pes[3] & 0xF0) != 0xE0 || seen++ != picture)
            continue;
        move_stamp(pes + 9, by);
        if (pes[7] >> 6 == 3 && !pts_only)
            move_stamp(pes + 14, by);
    }
    assert_true(seen > picture);
}

// Frees the bytes.
static const char *keep_bytes(const char *name, char *bytes, size_t size)
{
    const char *path = clip_write(name, bytes, size);
    free(bytes);
    return path;
}

static const char *clip_with_moved(const char *name, const char *source, int picture, int64_t by, bool pts_only)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(source, 4 << 20, &bytes, &size, &err), &err);
    move_picture(bytes, size, picture, by, pts_only);
    return keep_bytes(name, bytes, size);
}

static void a_time_far_from_those_around_it_follows_from_them(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *arguments;
    } sources[] = {{"plain.ts", SOURCE},
        {"reordered.ts",
            "-f lavfi -i testsrc2=s=128x96:r=25:d=3 -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -bf 3 "
            "-output_ts_offset 200"}};
    static const int pictures[] = {WRONG, WRONG + 1, 50}; // number 50 is a keyframe
    static const int64_t moves_s[] = {3600, -30, -100};
    for (size_t s = 0; s < 2; s++) {
        const char *source = clip_make(sources[s].name, sources[s].arguments);
        struct clip_outcome whole;
        clip_must_run(source, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
        assert_int_equal(whole.list.count, PICTURES);
        for (size_t p = 0; p < 3; p++) {
            for (size_t m = 0; m < 3; m++) {
                char *name = mem_sprintf("moved_%zu_%zu_%zu.ts", s, p, m);
                const char *path = clip_with_moved(name, source, pictures[p], moves_s[m] * 90000, false);
                free(name);
                struct clip_outcome got;
                clip_must_run(path, &(struct clip_run){.chunk_s = m == 0 ? 1 : 60, .fps = "all"}, &got);
                assert_same_frames(&got.list, &whole.list, path, true);
                assert_int_equal(got.split.duration_us, whole.split.duration_us);
                assert_false(got.split.incomplete);
                clip_outcome_release(&got);
            }
        }
        clip_outcome_release(&whole);
    }
}

static void times_that_make_no_sense_cost_their_frames_and_are_told(void **state)
{
    (void)state;
    const char *source = clip_make("plain.ts", SOURCE);
    // Of two in a row nothing says what they should be.
    const char *once = clip_with_moved("back_once.ts", source, WRONG, INT64_C(-8) * 90000, false);
    const char *path = clip_with_moved("back.ts", once, WRONG + 1, INT64_C(-8) * 90000, false);
    struct clip_outcome whole;
    struct clip_outcome got;
    clip_must_run(source, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
    clip_must_run(path, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &got);
    assert_int_equal(whole.list.count, PICTURES);
    assert_false(whole.split.incomplete);
    assert_int_equal(got.split.misplaced, 2);
    assert_true(got.split.incomplete);
    assert_non_null(strstr(got.split.reason, "2 of 75"));
    assert_int_equal(got.list.count, PICTURES - 2);
    for (size_t i = 0; i < PICTURES - 2; i++) {
        const struct clip_frame *expected = &whole.list.frames[i < WRONG ? i : i + 2];
        assert_int_equal(got.list.frames[i].pts_us, expected->pts_us);
        assert_int_equal(got.list.frames[i].crc, expected->crc);
    }
    clip_outcome_release(&whole);
    clip_outcome_release(&got);
}

// How many frames of `got` are at a time at which there is none in `whole`.
static size_t count_moved(const struct frame_list *got, const struct frame_list *whole)
{
    size_t moved = 0;
    size_t at = 0;
    for (size_t i = 0; i < got->count; i++) {
        while (at < whole->count && whole->frames[at].pts_us < got->frames[i].pts_us)
            at++;
        moved += at == whole->count || whole->frames[at].pts_us != got->frames[i].pts_us;
    }
    return moved;
}

static void a_time_of_showing_that_is_wrong_moves_no_other_frame(void **state)
{
    (void)state;
    static const char *const sources[] = {SOURCE,
        "-f lavfi -i testsrc2=s=128x96:r=25:d=3 -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 25 -bf 3 "
        "-output_ts_offset 200"};
    static const int pictures[] = {WRONG, WRONG + 1, 50}; // number 50 is a keyframe
    static const int64_t moves_ms[] = {-100000, -2000, -200, 200, 2000, 3600000};
    for (size_t s = 0; s < 2; s++) {
        const char *source = clip_make(s == 0 ? "plain.ts" : "reordered.ts", sources[s]);
        struct clip_outcome whole;
        clip_must_run(source, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
        for (size_t p = 0; p < 3; p++) {
            for (size_t m = 0; m < sizeof(moves_ms) / sizeof(*moves_ms); m++) {
                char *name = mem_sprintf("shown_%zu_%zu_%zu.ts", s, p, m);
                const char *path = clip_with_moved(name, source, pictures[p], moves_ms[m] * 90, true);
                free(name);
                struct clip_outcome got;
                clip_must_run(path, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &got);
                bool far = llabs(moves_ms[m]) > 1000;
                if (got.list.count != PICTURES)
                    fail_msg("%s: %zu frames", path, got.list.count);
                if (far)
                    assert_same_frames(&got.list, &whole.list, path, true);
                else if (count_moved(&got.list, &whole.list) > 1)
                    fail_msg("%s: %zu frames were moved", path, count_moved(&got.list, &whole.list));
                assert_int_equal(got.split.duration_us, whole.split.duration_us);
                clip_outcome_release(&got);
            }
        }
        clip_outcome_release(&whole);
    }
}

// A gap that MP4 cannot hold makes the segment another kind of file, where units begin with start codes.
static void a_long_gap_in_a_transport_stream_costs_no_frames(void **state)
{
    (void)state;
    static const char *const encoders[] = {"libx264", "libx265 -x265-params log-level=none"};
    for (size_t e = 0; e < 2; e++) {
        char *name = mem_sprintf("gap%zu.ts", e);
        char *arguments = mem_sprintf("-f lavfi -i testsrc2=s=128x96:r=25:d=3 -c:v %s -preset ultrafast -pix_fmt "
                                      "yuv420p -g 25 -bf 0",
            encoders[e]);
        const char *source = clip_make(name, arguments);
        free(name);
        free(arguments);
        struct err err = ERR_INIT;
        char *bytes = NULL;
        size_t size = 0;
        assert_ok(file_read(source, 4 << 20, &bytes, &size, &err), &err);
        for (int i = 40; i < PICTURES; i++)
            move_picture(bytes, size, i, INT64_C(1800) * 90000, false);
        const char *path = keep_bytes(e == 0 ? "gap_h264.ts" : "gap_hevc.ts", bytes, size);
        struct clip_outcome whole;
        struct clip_outcome got;
        clip_must_run(source, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
        clip_must_run(path, &(struct clip_run){.chunk_s = 3600, .fps = "all"}, &got);
        assert_int_equal(whole.list.count, PICTURES);
        assert_int_equal(got.list.count, PICTURES);
        for (size_t i = 0; i < PICTURES; i++) {
            assert_int_equal(got.list.frames[i].crc, whole.list.frames[i].crc);
            assert_int_equal(
                got.list.frames[i].pts_us, whole.list.frames[i].pts_us + (i >= 40 ? INT64_C(1800000000) : 0));
        }
        clip_outcome_release(&whole);
        clip_outcome_release(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_far_from_those_around_it_follows_from_them),
        cmocka_unit_test(times_that_make_no_sense_cost_their_frames_and_are_told),
        cmocka_unit_test(a_time_of_showing_that_is_wrong_moves_no_other_frame),
        cmocka_unit_test(a_long_gap_in_a_transport_stream_costs_no_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
