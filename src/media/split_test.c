#include "media/split.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "media/test_clips.h"
#include "os/file.h"

#define SOURCE "-f lavfi -i testsrc2=s=128x96:r=25:d=4 "
#define X264 "-c:v libx264 -preset veryfast -pix_fmt yuv420p "
#define X265 "-c:v libx265 -preset ultrafast -pix_fmt yuv420p -x265-params log-level=none:keyint=20:"

static const struct clip {
    const char *name;
    const char *arguments;
    bool one_segment; // has one place only where decoding can begin
    bool regular;     // a frame each 40 ms; ffprobe guesses the reordering too small and loses frames
} clips[] = {
    {"h264_closed.mp4", SOURCE X264 "-g 20 -bf 3", false, false},
    {"h264_open.mp4", SOURCE X264 "-g 20 -bf 3 -x264-params open-gop=1:b-pyramid=normal:keyint_min=20", false, false},
    {"h264_open.mkv", SOURCE X264 "-g 20 -bf 3 -x264-params open-gop=1:b-pyramid=normal", false, false},
    {"h264_open.ts", SOURCE X264 "-g 20 -bf 3 -x264-params open-gop=1:b-pyramid=normal", false, false},
    {"h264_plain.avi", SOURCE X264 "-g 20 -bf 0", false, false},
    {"h264_b.avi", SOURCE X264 "-g 20 -bf 3 -x264-params b-pyramid=normal", false, true},
    {"h264_intra_refresh.mp4", SOURCE X264 "-g 20 -x264-params intra-refresh=1", true, false},
    {"h264_one_keyframe.mp4", SOURCE X264 "-g 9999", true, false},
    {"h264_all_intra.mp4", SOURCE X264 "-g 1", false, false},
    {"h264_10bit.mp4", SOURCE "-c:v libx264 -preset veryfast -pix_fmt yuv420p10le -g 20", false, false},
    {"h264_422.mp4", SOURCE "-c:v libx264 -preset veryfast -pix_fmt yuv422p -g 20", false, false},
    {"h264_444.mkv", SOURCE "-c:v libx264 -preset veryfast -pix_fmt yuv444p -g 20", false, false},
    {"h264_interlaced.ts", SOURCE X264 "-g 20 -flags +ilme+ildct -x264-params tff=1", false, false},
    {"h264_fragmented.mp4", SOURCE X264 "-g 20 -movflags +frag_keyframe+empty_moov", false, false},
    {"h264_late_start.mp4", SOURCE X264 "-g 20 -bf 3 -output_ts_offset 5", false, false},
    {"h264_late_start.ts", SOURCE X264 "-g 20 -bf 3 -output_ts_offset 1000", false, false},
    {"h264_wrapping.ts", SOURCE X264 "-g 20 -bf 3 -output_ts_offset 95441", false, false},
    {"h264_vfr.mp4", SOURCE "-vf select='not(mod(n\\,3))+not(mod(n\\,7))' -vsync vfr " X264 "-g 10 -bf 2", false,
        false},
    {"h264_vfr.mkv", SOURCE "-vf select='not(mod(n\\,3))+not(mod(n\\,7))' -vsync vfr " X264 "-g 10 -bf 2", false,
        false},
    {"hevc_closed.mp4", SOURCE X265 "open-gop=0", false, false},
    {"hevc_open.mp4", SOURCE X265 "open-gop=1:bframes=4", false, false},
    {"hevc_open.ts", SOURCE X265 "open-gop=1:bframes=4", false, false},
    {"hevc_radl.mkv", SOURCE X265 "open-gop=0:radl=2:bframes=4", false, false},
    {"hevc_layers.mp4", SOURCE X265 "open-gop=1:bframes=4:temporal-layers=1", false, false},
    {"hevc_10bit.mp4",
        SOURCE "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -x265-params log-level=none:keyint=20", false,
        false},
    {"vp9.webm", SOURCE "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 20 -auto-alt-ref 1 -lag-in-frames 8", false,
        false},
    {"vp9.mp4", SOURCE "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 20", false, false},
    {"vp8.webm", SOURCE "-c:v libvpx -deadline good -cpu-used 5 -g 20 -auto-alt-ref 1 -lag-in-frames 8", false, false},
    {"av1.mp4", SOURCE "-c:v libsvtav1 -preset 12 -g 20", false, false},
    {"av1.webm", SOURCE "-c:v libaom-av1 -cpu-used 8 -usage realtime -g 20", false, false},
    {"mpeg2.ts", SOURCE "-c:v mpeg2video -g 12 -bf 2", false, false},
    {"mpeg2.mpg", SOURCE "-c:v mpeg2video -g 12 -bf 2 -f vob", false, true},
    {"mpeg2_closed.mkv", SOURCE "-c:v mpeg2video -g 12 -bf 2 -flags +cgop -sc_threshold 1000000000", false, false},
    {"mpeg4.avi", SOURCE "-c:v mpeg4 -g 12", false, false},
    {"mpeg4_b.avi", SOURCE "-c:v mpeg4 -g 12 -bf 2", false, true},
    {"mpeg4_b.mp4", SOURCE "-c:v mpeg4 -g 12 -bf 2", false, false},
    {"mjpeg.avi", SOURCE "-c:v mjpeg -q:v 5", false, false},
    {"mjpeg.mov", SOURCE "-c:v mjpeg -q:v 5", false, false},
    {"flv1.flv", SOURCE "-c:v flv -g 20", false, false},
    {"h264.flv", SOURCE X264 "-g 20 -bf 3", false, false},
    {"theora.ogv", SOURCE "-c:v libtheora -g 16", false, false},
    {"wmv2.asf", SOURCE "-c:v wmv2 -g 20", false, false},
    {"prores.mov", SOURCE "-c:v prores_ks -profile:v 0", false, false},
    {"ffv1.mkv", SOURCE "-c:v ffv1 -g 1", true, false},
    {"utvideo.avi", SOURCE "-c:v utvideo", false, false},
    {"raw_i420.avi", SOURCE "-c:v rawvideo -pix_fmt yuv420p", false, false},
    {"raw_rgb.avi", SOURCE "-c:v rawvideo -pix_fmt bgr24", false, false},
    {"raw_rgb.mov", SOURCE "-c:v rawvideo -pix_fmt rgb24", false, false},
    {"animation.gif", SOURCE "-r 10", true, false},
    {"flv1.swf", SOURCE "-c:v flv -g 20", false, false},
    {"planes.y4m", SOURCE "-pix_fmt yuv422p", false, false},
    {"open.h264", SOURCE X264 "-g 20 -bf 3 -x264-params open-gop=1:b-pyramid=normal", false, true},
    {"open.hevc", SOURCE X265 "open-gop=1:bframes=4", false, true},
    {"open.m2v", SOURCE "-c:v mpeg2video -g 12 -bf 2", false, true},
    {"open.m1v", SOURCE "-c:v mpeg1video -g 12 -bf 2", false, true},
};

static void frames_and_times_are_ffprobes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(clips) / sizeof(*clips); i++) {
        const char *path = clip_make(clips[i].name, clips[i].arguments);
        struct frame_list expected;
        clip_probe(path, 0, &expected);
        struct clip_outcome got;
        clip_must_run(path, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &got);
        if (clips[i].regular) {
            assert_int_equal(got.list.count, 100);
            for (int f = 0; f < 100; f++)
                assert_int_equal(got.list.frames[f].pts_us, f * 40000);
        } else {
            assert_same_frames(&got.list, &expected, clips[i].name, false);
        }
        assert_int_equal(got.split.frames, got.list.count);
        assert_false(got.split.incomplete);
        if (clips[i].one_segment != (got.split.segments == 1))
            fail_msg("%s: %d segments", clips[i].name, got.split.segments);
        frame_list_free(&expected);
        clip_outcome_release(&got);
    }
}

// DivX and Xvid put a B picture into the packet of the picture before. AVI has no times of showing.
static void packed_pictures_of_avi_files_show_in_order(void **state)
{
    (void)state;
    const char *packed = clip_make("packed.avi", SOURCE "-c:v libxvid -bf 1 -g 12");
    char *arguments = mem_sprintf("-i '%s' -fps_mode passthrough -c:v ffv1", packed);
    const char *unpacked = clip_make("unpacked.mkv", arguments);
    struct clip_outcome got;
    struct clip_outcome expected;
    clip_must_run(packed, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &got);
    clip_must_run(unpacked, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &expected);
    assert_int_equal(got.list.count, expected.list.count);
    assert_int_equal(got.decode.lost, 0);
    assert_true(got.split.segments > 1);
    for (size_t i = 0; i < got.list.count; i++) {
        if (got.list.frames[i].crc != expected.list.frames[i].crc)
            fail_msg("frame %zu shows another picture", i);
    }
    clip_outcome_release(&got);
    clip_outcome_release(&expected);
    free(arguments);
}

static void what_is_found_does_not_depend_on_the_chunk_length(void **state)
{
    (void)state;
    static const double chunks[] = {0.04, 0.3, 0.85, 1.7};
    static const char *const rates[] = {"all", "5"};
    for (size_t i = 0; i < sizeof(clips) / sizeof(*clips); i++) {
        const char *path = clip_make(clips[i].name, clips[i].arguments);
        for (size_t r = 0; r < 2; r++) {
            struct clip_outcome whole;
            clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = rates[r]}, &whole);
            assert_int_equal(whole.split.segments, 1);
            for (size_t c = 0; c < sizeof(chunks) / sizeof(*chunks); c++) {
                struct clip_outcome cut;
                clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = rates[r]}, &cut);
                assert_same_frames(&cut.list, &whole.list, clips[i].name, true);
                assert_int_equal(cut.split.duration_us, whole.split.duration_us);
                clip_outcome_release(&cut);
            }
            clip_outcome_release(&whole);
        }
    }
}

static void skipping_packets_changes_no_bit(void **state)
{
    (void)state;
    static const char *const rates[] = {"1", "3", "7.5", "12.5"};
    int64_t skipped = 0;
    for (size_t i = 0; i < sizeof(clips) / sizeof(*clips); i++) {
        const char *path = clip_make(clips[i].name, clips[i].arguments);
        for (size_t r = 0; r < sizeof(rates) / sizeof(*rates); r++) {
            struct clip_outcome fast;
            struct clip_outcome full;
            clip_must_run(path, &(struct clip_run){.chunk_s = 2, .fps = rates[r]}, &fast);
            clip_must_run(path,
                &(struct clip_run){.chunk_s = 2, .fps = rates[r], .decode_everything = true, .threads = 3}, &full);
            assert_same_frames(&fast.list, &full.list, clips[i].name, true);
            assert_int_equal(full.decode.skipped, 0);
            assert_int_equal(fast.decode.lost, 0);
            skipped += fast.decode.skipped;
            clip_outcome_release(&fast);
            clip_outcome_release(&full);
        }
    }
    assert_true(skipped > 1000);
}

// The rule itself, from ffprobe's times: point i goes to the first frame at or after it, a frame takes its first point.
static void samples_are_the_first_frames_at_or_after_the_grid_points(void **state)
{
    (void)state;
    static const char *const rates[] = {"5", "29.97", "0.5", "24", "60"};
    const char *path = clip_make("h264_vfr.mp4", clips[17].arguments);
    assert_string_equal(clips[17].name, "h264_vfr.mp4");
    struct frame_list all;
    clip_probe(path, 0, &all);
    for (size_t r = 0; r < sizeof(rates) / sizeof(*rates); r++) {
        struct clip_outcome got;
        clip_must_run(path, &(struct clip_run){.chunk_s = 0.5, .fps = rates[r]}, &got);
        struct sampling sampling;
        struct err err = ERR_INIT;
        assert_ok(sampling_parse(rates[r], &sampling, &err), &err);
        size_t taken = 0;
        size_t last = all.count;
        for (int32_t point = 0;; point++) {
            size_t f = 0;
            while (f < all.count && all.frames[f].pts_us < sampling_point_us(&sampling, point))
                f++;
            if (f == all.count)
                break;
            if (f == last)
                continue;
            last = f;
            assert_true(taken < got.list.count);
            assert_int_equal(got.list.frames[taken].index, point);
            assert_int_equal(got.list.frames[taken].pts_us, all.frames[f].pts_us);
            taken++;
        }
        assert_int_equal(taken, got.list.count);
        clip_outcome_release(&got);
    }
    frame_list_free(&all);
}

static void a_time_limit_keeps_the_frames_before_it(void **state)
{
    (void)state;
    static const double limits[] = {0.01, 0.5, 0.78, 1.6, 3.99, 50};
    for (size_t i = 0; i < sizeof(clips) / sizeof(*clips); i += 3) {
        const char *path = clip_make(clips[i].name, clips[i].arguments);
        struct clip_outcome whole;
        clip_must_run(path, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &whole);
        for (size_t l = 0; l < sizeof(limits) / sizeof(*limits); l++) {
            struct clip_outcome limited;
            clip_must_run(path, &(struct clip_run){.chunk_s = 1, .fps = "all", .limit_s = limits[l]}, &limited);
            struct frame_list expected = whole.list;
            while (expected.count > 0 && expected.frames[expected.count - 1].pts_us >= (int64_t)(limits[l] * 1e6))
                expected.count--;
            assert_same_frames(&limited.list, &expected, clips[i].name, true);
            assert_true(limited.split.duration_us <= (int64_t)(limits[l] * 1e6));
            assert_false(limited.split.incomplete);
            clip_outcome_release(&limited);
        }
        clip_outcome_release(&whole);
    }
}

static void an_edit_list_hides_frames(void **state)
{
    (void)state;
    // A stream copy that begins between keyframes: the pictures before are there, to be decoded but not to be shown.
    const char *source = clip_make("h264_closed.mp4", clips[0].arguments);
    char *arguments = mem_sprintf("-ss 1.3 -i '%s' -c copy -t 2", source);
    const char *path = clip_make("edited.mp4", arguments);
    free(arguments);
    struct frame_list expected;
    clip_probe(path, 0, &expected);
    assert_in_range(expected.count, 30, 60);
    static const double chunks[] = {0.1, 0.5, 100};
    struct clip_outcome first;
    clip_must_run(path, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &first);
    assert_same_frames(&first.list, &expected, "edited.mp4", false);
    for (size_t c = 0; c < 3; c++) {
        struct clip_outcome other;
        clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all"}, &other);
        assert_same_frames(&other.list, &first.list, "edited.mp4", true);
        clip_outcome_release(&other);
    }
    clip_outcome_release(&first);
    frame_list_free(&expected);
}

static void times_that_jump_back_go_on(void **state)
{
    (void)state;
    // Two recordings put end to end, byte by byte: the second begins at the first one's time again.
    const char *source = clip_make("h264_open.ts", clips[3].arguments);
    char *joined = mem_sprintf("%s/joined.ts", clips_dir());
    char *command = mem_sprintf("cat '%s' '%s' > '%s'", source, source, joined);
    assert_int_equal(system(command), 0);
    struct clip_outcome one;
    struct clip_outcome two;
    clip_must_run(source, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &one);
    clip_must_run(joined, &(struct clip_run){.chunk_s = 1, .fps = "all"}, &two);
    assert_true(two.list.count + 4 >= 2 * one.list.count);
    for (size_t i = 1; i < two.list.count; i++)
        assert_true(two.list.frames[i].pts_us > two.list.frames[i - 1].pts_us);
    assert_true(two.split.duration_us < 2 * one.split.duration_us + 1000000);
    clip_outcome_release(&one);
    clip_outcome_release(&two);
    free(command);
    free(joined);
}

static int by_pts(const void *a, const void *b)
{
    int64_t x = ((const struct clip_frame *)a)->pts_us;
    int64_t y = ((const struct clip_frame *)b)->pts_us;
    return x < y ? -1 : x > y;
}

static void a_gap_of_days_is_left_as_it_is(void **state)
{
    (void)state;
    // In the middle of a group of pictures, so that one segment spans the gap, which no MP4 file can.
    const char *source = clip_make("h264_closed.mp4", clips[0].arguments);
    char *arguments = mem_sprintf("-i '%s' -c copy -bsf:v setts=ts='if(gte(N\\,50)\\,TS+5000000000\\,TS)'", source);
    const char *path = clip_make("gap.mkv", arguments);
    free(arguments);
    struct frame_list expected;
    clip_probe(path, 0, &expected);
    qsort(expected.frames, expected.count, sizeof(*expected.frames), by_pts);
    for (size_t i = 0; i < expected.count; i++)
        expected.frames[i].index = (int32_t)i;
    static const double chunks[] = {0.1, 1, 1e6};
    for (size_t c = 0; c < 3; c++) {
        struct clip_outcome got;
        clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all"}, &got);
        assert_same_frames(&got.list, &expected, "gap.mkv", false);
        assert_int_equal(got.list.count, 100);
        assert_true(got.split.duration_us > (int64_t)86400 * 1000000);
        clip_outcome_release(&got);
    }
    frame_list_free(&expected);
}

// Makes the n-th key picture of a VP8 file one that needs others, by its header; the container still says otherwise.
static void spoil_key_picture(const char *path, int n)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    char *at = bytes;
    for (int i = 0; i <= n; i++) {
        at = memmem(at + 1, size - (size_t)(at + 1 - bytes), "\x9d\x01\x2a", 3);
        assert_non_null(at);
    }
    at[-3] |= 1;
    assert_ok(file_write(path, bytes, size, FILE_SYNC_NONE, &err), &err);
    free(bytes);
}

static void a_spoilt_keyframe_that_goes_back_is_no_end(void **state)
{
    (void)state;
    // VP8 is kept in NUT, whose writer once ended the process: it indexed keyframes whose times went back. This is the
    // kind of file that did it, a keyframe by the container that the codec denies; the fuzzer found the exact order.
    const char *path = clip_make("back.mkv",
        "-f lavfi -i testsrc2=s=64x48:r=10:d=2 -bitexact -c:v libvpx -deadline realtime -g 5 "
        "-bsf:v setts=pts='if(eq(N\\,0)\\,PTS+768\\,PTS)':dts=DTS");
    spoil_key_picture(path, 1);
    struct clip_outcome got;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
    assert_true(got.list.count > 0);
    clip_outcome_release(&got);
}

static enum err_code count_segment(void *context, const struct split_segment *segment, struct err *err)
{
    (void)err;
    assert_int_equal(segment->segment.index, (*(int *)context)++);
    return ERR_NONE;
}

static void too_many_segments_and_senseless_options_are_refused(void **state)
{
    (void)state;
    const char *path = clip_make("h264_all_intra.mp4", clips[8].arguments);
    assert_string_equal(clips[8].name, "h264_all_intra.mp4");
    const struct media_input input = {.path = path};
    struct split_result result;
    struct err err = ERR_INIT;
    int segments = 0;
    struct split_options options = {.chunk_us = 40000,
        .limit_us = -1,
        .directory = clips_dir(),
        .segments_max = 10,
        .context = &segments,
        .segment = count_segment};
    assert_code(media_split(&input, &options, &result, &err), ERR_LIMIT);
    assert_int_equal(segments, 10);
    options.chunk_us = 0;
    assert_code(media_split(&input, &options, &result, &err), ERR_INVALID);
    options.chunk_us = 40000;
    options.limit_us = 0;
    assert_code(media_split(&input, &options, &result, &err), ERR_INVALID);
    options.limit_us = -1;
    options.directory = "/nonexistent/folder";
    assert_true(media_split(&input, &options, &result, &err) == ERR_NOT_FOUND);
}

static enum err_code cancel_now(void *context, const struct split_segment *segment, struct err *err)
{
    (void)segment;
    (void)err;
    cancel_request(context);
    return ERR_NONE;
}

static void a_cancelled_split_ends(void **state)
{
    (void)state;
    const struct media_input input = {.path = clip_make("h264_all_intra.mp4", clips[8].arguments)};
    struct cancel *cancel = cancel_new(NULL);
    struct split_result result;
    struct err err = ERR_INIT;
    const struct split_options options = {.chunk_us = 40000,
        .limit_us = -1,
        .directory = clips_dir(),
        .cancel = cancel,
        .context = cancel,
        .segment = cancel_now};
    assert_code(media_split(&input, &options, &result, &err), ERR_CANCELLED);
    assert_true(result.segments < 100);
    cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_and_times_are_ffprobes),
        cmocka_unit_test(packed_pictures_of_avi_files_show_in_order),
        cmocka_unit_test(what_is_found_does_not_depend_on_the_chunk_length),
        cmocka_unit_test(skipping_packets_changes_no_bit),
        cmocka_unit_test(samples_are_the_first_frames_at_or_after_the_grid_points),
        cmocka_unit_test(a_time_limit_keeps_the_frames_before_it),
        cmocka_unit_test(an_edit_list_hides_frames),
        cmocka_unit_test(times_that_jump_back_go_on),
        cmocka_unit_test(a_gap_of_days_is_left_as_it_is),
        cmocka_unit_test(a_spoilt_keyframe_that_goes_back_is_no_end),
        cmocka_unit_test(too_many_segments_and_senseless_options_are_refused),
        cmocka_unit_test(a_cancelled_split_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
