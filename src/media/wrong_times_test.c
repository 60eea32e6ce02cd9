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

// A copy of the transport stream in which the times of the picture (in decoding order) are others.
static const char *clip_with_moved(const char *name, const char *source, int picture, int64_t by_s)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(source, 4 << 20, &bytes, &size, &err), &err);
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
        move_stamp(pes + 9, by_s * 90000);
        if (pes[7] >> 6 == 3)
            move_stamp(pes + 14, by_s * 90000);
    }
    assert_true(seen > picture);
    char *path = mem_sprintf("%s/%s", clips_dir(), name);
    assert_ok(file_write(path, bytes, size, FILE_SYNC_NONE, &err), &err);
    free(path);
    free(bytes);
    return clip_make(name, "");
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
                const char *path = clip_with_moved(name, source, pictures[p], moves_s[m]);
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

static void a_time_that_makes_no_sense_costs_one_frame_and_is_told(void **state)
{
    (void)state;
    const char *source = clip_make("plain.ts", SOURCE);
    const char *path = clip_with_moved("back.ts", source, WRONG, -8);
    struct clip_outcome whole;
    struct clip_outcome got;
    clip_must_run(source, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
    clip_must_run(path, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &got);
    assert_int_equal(whole.list.count, PICTURES);
    assert_false(whole.split.incomplete);
    assert_int_equal(got.split.misplaced, 1);
    assert_true(got.split.incomplete);
    assert_non_null(strstr(got.split.reason, "1 of 75"));
    assert_int_equal(got.list.count, PICTURES - 1);
    for (size_t i = 0; i < PICTURES - 1; i++) {
        const struct clip_frame *expected = &whole.list.frames[i < WRONG ? i : i + 1];
        assert_int_equal(got.list.frames[i].pts_us, expected->pts_us);
        assert_int_equal(got.list.frames[i].crc, expected->crc);
    }
    clip_outcome_release(&whole);
    clip_outcome_release(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_far_from_those_around_it_follows_from_them),
        cmocka_unit_test(a_time_that_makes_no_sense_costs_one_frame_and_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
