#include "media/remux.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/test_clips.h"
#include "os/file.h"

#define SOURCE "-f lavfi -i testsrc2=s=128x96:r=25:d=2 "
#define SOUND "-f lavfi -i sine=d=2 "

static const struct clip {
    const char *name;
    const char *arguments;
    bool playable; // as it is
    bool encoded;  // the video of the copy
    bool sound_encoded;
} clips[] = {
    {"plain.mp4", SOURCE "-c:v libx264 -pix_fmt yuv420p -bf 2", true, false, false},
    {"sound.mp4", SOURCE SOUND "-c:v libx264 -pix_fmt yuv420p -c:a aac", true, false, false},
    {"plain.webm", SOURCE SOUND "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus", true, false, false},
    {"h264.mkv", SOURCE SOUND "-c:v libx264 -pix_fmt yuv420p -bf 3 -c:a libmp3lame", false, false, false},
    {"h264.ts", SOURCE SOUND "-c:v libx264 -pix_fmt yuv420p -bf 3 -c:a aac", false, false, false},
    {"late.ts", SOURCE SOUND "-c:v libx264 -pix_fmt yuv420p -bf 3 -c:a aac -output_ts_offset 500", false, false, false},
    {"h264.avi", SOURCE SOUND "-c:v libx264 -pix_fmt yuv420p -bf 2 -c:a pcm_s16le", false, false, true},
    {"deep.mp4", SOURCE "-c:v libx264 -pix_fmt yuv420p10le", false, true, false},
    {"colour.mp4", SOURCE "-c:v libx264 -pix_fmt yuv444p", false, true, false},
    {"hevc.mp4", SOURCE SOUND "-c:v libx265 -preset ultrafast -x265-params log-level=none -c:a aac", false, true,
        false},
    {"mpeg2.ts", SOURCE SOUND "-c:v mpeg2video -bf 2 -c:a mp2", false, true, true},
    {"mpeg4.nut", SOURCE "-c:v mpeg4", false, true, false},
    {"mpeg4.avi", SOURCE SOUND "-c:v mpeg4 -c:a libmp3lame", false, true, false},
    {"vp8.mkv", SOURCE SOUND "-c:v libvpx -deadline realtime -cpu-used 8 -c:a flac -ar 96000", false, true, true},
    {"odd.gif", "-f lavfi -i testsrc2=s=63x47:r=10:d=2", false, true, false},
    {"vfr.mkv", SOURCE "-vf select='not(mod(n\\,3))+not(mod(n\\,7))' -vsync vfr -c:v mpeg4", false, true, false},
};

static void all_frames(const char *path, struct clip_outcome *outcome)
{
    struct err err = ERR_INIT;
    assert_ok(clip_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, outcome, &err), &err);
}

static void what_browsers_play_is_told_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(clips) / sizeof(*clips); i++) {
        const struct media_input input = {.path = clip_make(clips[i].name, clips[i].arguments)};
        struct media_info info;
        struct err err = ERR_INIT;
        assert_ok(media_probe(&input, NULL, NULL, &info, &err), &err);
        if (media_is_playable(&info) != clips[i].playable)
            fail_msg("%s (%s, %s)", clips[i].name, info.container, info.video_codec);
    }
}

static void a_copy_plays_and_its_frames_keep_their_times(void **state)
{
    (void)state;
    char *output = mem_sprintf("%s/copy.out", clips_dir());
    for (size_t i = 0; i < sizeof(clips) / sizeof(*clips); i++) {
        const char *source = clip_make(clips[i].name, clips[i].arguments);
        const struct media_input input = {.path = source};
        const struct remux_options options = {.threads = 1};
        struct remux_result result;
        struct err err = ERR_INIT;
        if (media_make_playable(&input, output, &options, &result, &err) != ERR_NONE)
            fail_msg("%s: %s", clips[i].name, err.message);
        const struct media_input copy = {.path = output};
        struct media_info info;
        assert_ok(media_probe(&copy, NULL, NULL, &info, &err), &err);
        if (!media_is_playable(&info) || result.video_encoded != clips[i].encoded ||
            result.audio_encoded != clips[i].sound_encoded)
            fail_msg("%s: %s and %s in %s", clips[i].name, info.video_codec, info.audio_codec, info.container);
        if (strstr(clips[i].arguments, "sine") != NULL)
            assert_true(info.has_audio);
        assert_true(result.media_offset_us >= 0 && result.media_offset_us < 1000000);
        struct clip_outcome before;
        struct clip_outcome after;
        all_frames(source, &before);
        all_frames(output, &after);
        if (before.list.count != after.list.count)
            fail_msg("%s: %zu frames became %zu", clips[i].name, before.list.count, after.list.count);
        for (size_t f = 0; f < before.list.count; f++) {
            // Each container rounds to its own time base.
            int64_t difference = after.list.frames[f].pts_us - before.list.frames[f].pts_us;
            if (difference < -1000 || difference > 1000)
                fail_msg("%s: frame %zu at %" PRId64 " instead of %" PRId64, clips[i].name, f,
                    after.list.frames[f].pts_us, before.list.frames[f].pts_us);
        }
        clip_outcome_release(&before);
        clip_outcome_release(&after);
    }
    free(output);
}

// The second half of the clip shows so many seconds later; its sound too.
static const char *with_gap(const char *name, const char *arguments, int64_t gap_s)
{
    char *whole = mem_sprintf("whole-%s", name);
    char *setts = mem_sprintf("setts=pts='if(gte(PTS\\,1000)\\,PTS+%" PRId64 "\\,PTS)'"
                              ":dts='if(gte(DTS\\,1000)\\,DTS+%" PRId64 "\\,DTS)'",
        gap_s * 1000, gap_s * 1000);
    char *options = mem_sprintf("-i '%s' -c copy -bsf:v %s -bsf:a %s", clip_make(whole, arguments), setts, setts);
    const char *path = clip_make(name, options);
    free(options);
    free(setts);
    free(whole);
    return path;
}

static void a_gap_of_days_is_in_the_copy_too(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *arguments;
    } cases[] = {
        {"gap.mkv", SOURCE SOUND "-c:v libx264 -pix_fmt yuv420p -g 25 -bf 2 -c:a aac"},
        {"gap_inside.mkv", SOURCE "-c:v libx264 -pix_fmt yuv420p -g 999 -bf 2"},
        {"gap_encoded.mkv", SOURCE "-c:v mpeg4 -g 25"},
    };
    char *output = mem_sprintf("%s/copy.out", clips_dir());
    const struct remux_options options = {.threads = 1};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct media_input input = {.path = with_gap(cases[i].name, cases[i].arguments, 300000)};
        struct remux_result result;
        struct err err = ERR_INIT;
        if (media_make_playable(&input, output, &options, &result, &err) != ERR_NONE)
            fail_msg("%s: %s", cases[i].name, err.message);
        struct frame_list before;
        struct frame_list after;
        clip_probe(input.path, 0, &before);
        clip_probe(output, 0, &after);
        assert_int_equal(before.count, 50);
        assert_true(before.frames[49].pts_us > INT64_C(300000000000));
        assert_same_frames(&after, &before, cases[i].name, false);
        frame_list_free(&before);
        frame_list_free(&after);
    }
    const struct media_input input = {.path = with_gap("months.mkv", cases[0].arguments, 5000000)};
    struct remux_result result;
    struct err err = ERR_INIT;
    assert_code(media_make_playable(&input, output, &options, &result, &err), ERR_LIMIT);
    assert_string_equal(err.message,
        "there is a gap of more than 24 days in the video, which no MP4 file holds: cut it into parts there");
    free(output);
}

static void the_offset_is_the_first_frames_time_in_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *arguments;
        int64_t least_us, most_us;
    } cases[] = {
        {"plain.mp4", SOURCE "-c:v libx264 -pix_fmt yuv420p -bf 2", 0, 0},
        {"half.webm", SOURCE "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -output_ts_offset 0.5", 500000, 500000},
        {"no_list.mp4", SOURCE "-c:v libx264 -pix_fmt yuv420p -bf 2 -use_editlist 0", 80000, 80000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct media_input input = {.path = clip_make(cases[i].name, cases[i].arguments)};
        int64_t offset_us = -1;
        struct err err = ERR_INIT;
        assert_ok(media_offset(&input, NULL, NULL, &offset_us, &err), &err);
        if (offset_us < cases[i].least_us || offset_us > cases[i].most_us)
            fail_msg("%s: %" PRId64, cases[i].name, offset_us);
    }
}

static void no_half_copy_is_left_behind(void **state)
{
    (void)state;
    char *output = mem_sprintf("%s/nothing.mp4", clips_dir());
    char *part = mem_sprintf("%s.part", output);
    const struct media_input input = {.path = clip_make("still.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1")};
    const struct remux_options options = {.threads = 1};
    struct remux_result result;
    struct err err = ERR_INIT;
    assert_code(media_make_playable(&input, output, &options, &result, &err), ERR_INVALID);
    struct cancel *cancel = cancel_new(NULL);
    const struct media_input clip = {.path = clip_make("hevc.mp4", clips[9].arguments)};
    cancel_request(cancel);
    const struct remux_options cancelled = {.threads = 1, .cancel = cancel};
    assert_code(media_make_playable(&clip, output, &cancelled, &result, &err), ERR_CANCELLED);
    assert_int_not_equal(access(output, F_OK), 0);
    assert_int_not_equal(access(part, F_OK), 0);
    assert_true(media_make_playable(&clip, "/nonexistent/copy.mp4", &options, &result, &err) == ERR_NOT_FOUND);
    cancel_free(cancel);
    free(part);
    free(output);
}

// Says in a file that its sound is coded in a way that none here decodes: MPEG-H, without what says how AAC is.
static void call_it_mpeg_h(char *data, size_t size)
{
    static const char *const names[][2] = {{"mp4a", "mhm1"}, {"esds", "free"}};
    for (int i = 0; i < 2; i++) {
        char *found = memmem(data, size, names[i][0], 4);
        assert_non_null(found);
        memcpy(found, names[i][1], 4);
    }
}

static void a_copy_without_its_sound_is_made_where_there_is_no_decoder_for_it(void **state)
{
    (void)state;
    char *output = mem_sprintf("%s/mpeg-h.out", clips_dir());
    char *log_path = mem_sprintf("%s/mpeg-h.log", clips_dir());
    struct err err = ERR_INIT;
    char *data;
    size_t size;
    assert_ok(file_read(clip_make("sound.mp4", clips[1].arguments), 1 << 24, &data, &size, &err), &err);
    call_it_mpeg_h(data, size);
    const char *path = clip_write("mpeg-h.mp4", data, size);
    free(data);
    int fd = open(log_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct log *log = log_new(fd, LOG_WARN, false);
    struct remux_result result;
    assert_ok(media_make_playable(&(struct media_input){.path = path}, output,
                  &(struct remux_options){.threads = 1, .log = log}, &result, &err),
        &err);
    assert_false(result.has_audio);
    log_free(log);
    close(fd);
    struct media_info info;
    assert_ok(media_probe(&(struct media_input){.path = output}, NULL, NULL, &info, &err), &err);
    assert_true(media_is_playable(&info) && !info.has_audio);
    struct clip_outcome copy;
    all_frames(output, &copy);
    assert_int_equal(copy.list.count, 50);
    clip_outcome_release(&copy);
    assert_ok(file_read(log_path, 1 << 16, &data, &size, &err), &err);
    assert_non_null(strstr(data, "sound (mpegh_3d_audio) is missing in the copy for browsers: there is no decoder"));
    free(data);
    free(output);
    free(log_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_browsers_play_is_told_apart),
        cmocka_unit_test(a_copy_plays_and_its_frames_keep_their_times),
        cmocka_unit_test(a_gap_of_days_is_in_the_copy_too),
        cmocka_unit_test(the_offset_is_the_first_frames_time_in_the_file),
        cmocka_unit_test(no_half_copy_is_left_behind),
        cmocka_unit_test(a_copy_without_its_sound_is_made_where_there_is_no_decoder_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
