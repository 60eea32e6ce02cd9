#include "media/probe.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/source_info.h"
#include "media/test_clips.h"

static struct media_info probe(const char *path)
{
    const struct media_input input = {.path = path};
    struct media_info info = {0};
    struct err err = ERR_INIT;
    assert_ok(media_probe(&input, NULL, NULL, &info, &err), &err);
    return info;
}

static void a_video_is_described(void **state)
{
    (void)state;
    struct media_info info = probe(clip_make("sound.mp4",
        "-f lavfi -i testsrc2=s=160x90:r=30000/1001:d=2 -f lavfi -i sine=d=2 -c:v libx264 -pix_fmt yuv420p -c:a aac "
        "-vf setsar=4/3"));
    assert_string_equal(info.container, "mp4");
    assert_string_equal(info.video_codec, "h264");
    assert_string_equal(info.audio_codec, "aac");
    assert_string_equal(info.pixel_format, "yuv420p");
    assert_int_equal(info.width, 160);
    assert_int_equal(info.height, 90);
    assert_int_equal(info.sar_num, 4);
    assert_int_equal(info.sar_den, 3);
    assert_int_equal(info.rotation, 0);
    assert_int_equal(info.fps_num, 30000);
    assert_int_equal(info.fps_den, 1001);
    assert_int_equal(info.frames, 60);
    assert_true(info.has_audio);
    assert_in_range(info.duration_us, 1990000, 2010000);
}

static void rotation_gives_the_upright_size(void **state)
{
    (void)state;
    const char *source = clip_make("wide.mp4", "-f lavfi -i testsrc2=s=160x90:r=10:d=0.5 -c:v libx264 -vf setsar=2/1");
    for (int rotation = 90; rotation <= 270; rotation += 90) {
        char *arguments = mem_sprintf("-i '%s' -c copy -metadata:s:v rotate=%d", source, rotation);
        char *name = mem_sprintf("rotated%d.mp4", rotation);
        struct media_info info = probe(clip_make(name, arguments));
        bool turned = rotation != 180;
        assert_int_equal(info.rotation, 360 - rotation); // FFmpeg's tag counts the other way round
        assert_false(info.flip);
        assert_int_equal(info.coded_width, 160);
        assert_int_equal(info.width, turned ? 90 : 160);
        assert_int_equal(info.height, turned ? 160 : 90);
        assert_int_equal(info.sar_num, turned ? 1 : 2);
        assert_int_equal(info.sar_den, turned ? 2 : 1);
        free(arguments);
        free(name);
    }
}

static void every_right_angled_matrix_is_understood(void **state)
{
    (void)state;
    static const struct {
        int32_t a, b, c, d;
        int32_t rotation;
        bool flip;
    } cases[] = {
        {1, 0, 0, 1, 0, false},                                                        // as it is
        {0, 1, -1, 0, 90, false},                                                      // clockwise
        {-1, 0, 0, -1, 180, false}, {0, -1, 1, 0, 270, false}, {-1, 0, 0, 1, 0, true}, // left and right exchanged
        {1, 0, 0, -1, 180, true},                                                      // top and bottom exchanged
        {0, 1, 1, 0, 270, true},                                                       // rows and columns exchanged
        {0, -1, -1, 0, 90, true}, {0, 0, 0, 0, 0, false},                              // nonsense
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const int32_t one = 1 << 16;
        const int32_t matrix[9] = {
            cases[i].a * one, cases[i].b * one, 0, cases[i].c * one, cases[i].d * one, 0, 0, 0, 1 << 30};
        int32_t rotation;
        bool flip;
        source_matrix_to_rotation(matrix, &rotation, &flip);
        if (rotation != cases[i].rotation || flip != cases[i].flip)
            fail_msg("case %zu: %d, %d", i, rotation, flip);
    }
}

static const char *write_file(const char *name, const void *data, size_t size)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", clips_dir(), name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
    return path;
}

static void assert_refused(const char *path, enum err_code code, const char *part)
{
    const struct media_input input = {.path = path};
    struct media_info info;
    struct err err = ERR_INIT;
    assert_code(media_probe(&input, NULL, NULL, &info, &err), code);
    if (strstr(err.message, part) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", path, err.message, part);
}

static void what_is_no_video_is_refused_with_a_sentence(void **state)
{
    (void)state;
    assert_refused("/nonexistent.mp4", ERR_NOT_FOUND, "cannot open");
    assert_refused(clips_dir(), ERR_INVALID, "directory");
    assert_refused("/dev/null", ERR_INVALID, "no regular file");
    assert_refused(write_file("empty.mp4", "", 0), ERR_INVALID, "empty");
    const char *text = "This is a text of some length, named like a video, and nobody can watch it.\n";
    assert_refused(write_file("text.mp4", text, strlen(text)), ERR_INVALID, "no video");
    assert_refused(clip_make("still.png", "-f lavfi -i testsrc2=s=64x64 -frames:v 1"), ERR_INVALID, "still picture");
    assert_refused(clip_make("still.jpg", "-f lavfi -i testsrc2=s=64x64 -frames:v 1"), ERR_INVALID, "still picture");
    assert_refused(clip_make("moving.webp", "-f lavfi -i testsrc2=s=64x64:r=5:d=1 -c:v libwebp_anim"), ERR_INVALID,
        "an animated WebP picture, which cannot be read here: make a GIF or a video of it first");
    assert_refused(clip_make("row.mjpeg", "-f lavfi -i testsrc2=s=64x64:r=5:d=1"), ERR_INVALID,
        "ffmpeg -f mjpeg -framerate 25 -i FILE -c copy NEW.mkv");
    assert_refused(clip_make("moving.apng", "-f lavfi -i testsrc2=s=64x64:r=5:d=1"), ERR_INVALID,
        "not read here: write it anew, as with ffmpeg -i FILE -c:v ffv1 NEW.mkv");
    assert_refused(clip_make("real.rm", "-f lavfi -i testsrc2=s=64x64:r=5:d=1 -c:v rv10"), ERR_INVALID,
        "RealMedia, which is not read here: write it anew, as with ffmpeg -i FILE NEW.mp4");
    assert_refused(clip_make("no-rate.obu", "-f lavfi -i testsrc2=s=64x64:r=5:d=1 -c:v libaom-av1 -cpu-used 8"),
        ERR_INVALID, "does not say how many pictures a second it has; with 25, ffmpeg -framerate 25 -i FILE");
    assert_refused(clip_make("sound.m4a", "-f lavfi -i sine=d=0.5 -c:a aac"), ERR_INVALID, "only sound");
}

static void nothing_that_a_file_names_is_opened(void **state)
{
    (void)state;
    const char *clip = clip_make("named.ts", "-f lavfi -i testsrc2=s=64x64:r=10:d=1 -c:v mpeg2video");
    char *playlist = mem_sprintf(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n%s\n#EXT-X-ENDLIST\n", clip);
    assert_refused(write_file("playlist.mp4", playlist, strlen(playlist)), ERR_INVALID, "list of other files");
    char *concat = mem_sprintf("ffconcat version 1.0\nfile '%s'\n", clip);
    assert_refused(write_file("concat.mp4", concat, strlen(concat)), ERR_INVALID, "list of other files");
    free(playlist);
    free(concat);
}

static void limits_are_kept(void **state)
{
    (void)state;
    const struct media_input input = {
        .path = clip_make("wide.mp4", "-f lavfi -i testsrc2=s=160x90:r=10:d=0.5 -c:v libx264 -vf setsar=2/1")};
    struct media_info info;
    struct err err = ERR_INIT;
    struct media_limits limits = MEDIA_LIMITS_DEFAULT;
    limits.pixels_max = 160 * 90 - 1;
    assert_code(media_probe(&input, &limits, NULL, &info, &err), ERR_LIMIT);
    limits = MEDIA_LIMITS_DEFAULT;
    limits.side_max = 159;
    assert_code(media_probe(&input, &limits, NULL, &info, &err), ERR_LIMIT);
    limits.side_max = 160;
    assert_ok(media_probe(&input, &limits, NULL, &info, &err), &err);
}

static void the_shared_clips_have_their_frames(void **state)
{
    (void)state;
    const char *path = clip_shared("media/expected.json");
    if (path == NULL)
        skip_because("there is no ../shared/data/media");
    json_t *expected = json_load_file(path, 0, NULL);
    assert_non_null(expected);
    const char *name;
    json_t *what;
    json_object_foreach(expected, name, what)
    {
        char *relative = mem_sprintf("media/%s", name);
        const char *clip = clip_shared(relative);
        free(relative);
        if (clip == NULL)
            continue;
        struct clip_outcome outcome;
        struct err err = ERR_INIT;
        assert_ok(clip_run(clip, &(struct clip_run){.chunk_s = 3, .fps = "all"}, &outcome, &err), &err);
        if ((json_int_t)outcome.list.count != json_integer_value(json_object_get(what, "frames")))
            fail_msg("%s: %zu frames", name, outcome.list.count);
        struct frame_list times;
        clip_probe(clip, 0, &times);
        for (size_t i = 0; i < times.count; i++)
            assert_int_equal(outcome.list.frames[i].pts_us, times.frames[i].pts_us);
        frame_list_free(&times);
        clip_outcome_release(&outcome);
    }
    json_decref(expected);
}

static void broken_files_give_what_can_be_had(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum err_code code;
        const char *sentence; // part of the error, or of the reason why it is incomplete; NULL: complete
        size_t frames;
    } cases[] = {
        {"audio_only.mp4", ERR_INVALID, "no video stream", 0},
        {"audio_with_cover.mp3", ERR_INVALID, "not a video", 0},
        {"bitflips_mdat.mp4", ERR_NONE, NULL, 87},
        {"chunk_offsets_past_eof.mp4", ERR_NONE, "44 of 88", 44},
        {"hls_playlist_named.mp4", ERR_INVALID, "nothing it names was opened", 0},
        {"huge_dims_header.mp4", ERR_NONE, NULL, 88},
        {"jpeg_named.mp4", ERR_INVALID, "still picture", 0},
        {"mp4parse_chunk_out_of_range.mp4", ERR_CORRUPT, "cannot be read", 0},
        {"mp4parse_invalid_userdata.mp4", ERR_INVALID, "no frame of the video can be decoded", 0},
        {"ok_fragmented.mp4", ERR_NONE, NULL, 88},
        {"ok_moov_at_end.mp4", ERR_NONE, NULL, 88},
        {"timestamp_gap_114h.mkv", ERR_NONE, NULL, 360},
        {"truncated_faststart_half.mp4", ERR_NONE, "ends early", 54},
        {"truncated_no_moov.mp4", ERR_CORRUPT, "moov", 0},
        {"ts_starts_mid_gop.ts", ERR_NONE, NULL, 28},
        {"zero_length.mp4", ERR_INVALID, "empty", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char *relative = mem_sprintf("bad/%s", cases[i].name);
        const char *path = clip_shared(relative);
        free(relative);
        if (path == NULL)
            skip_because("there is no ../shared/data/bad");
        struct clip_outcome outcome;
        struct err err = ERR_INIT;
        enum err_code code = clip_run(path, &(struct clip_run){.chunk_s = 2, .fps = "all"}, &outcome, &err);
        const char *said = code != ERR_NONE ? err.message : outcome.split.reason;
        if (code != cases[i].code || outcome.list.count != cases[i].frames)
            fail_msg("%s: %s, %zu frames: %s", cases[i].name, err_code_name(code), outcome.list.count, said);
        bool as_expected = cases[i].sentence == NULL ? said[0] == '\0' : strstr(said, cases[i].sentence) != NULL;
        if (!as_expected)
            fail_msg("%s: \"%s\"", cases[i].name, said);
        clip_outcome_release(&outcome);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    assert_true(usage.ru_maxrss < 1024 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_video_is_described),
        cmocka_unit_test(rotation_gives_the_upright_size),
        cmocka_unit_test(every_right_angled_matrix_is_understood),
        cmocka_unit_test(what_is_no_video_is_refused_with_a_sentence),
        cmocka_unit_test(nothing_that_a_file_names_is_opened),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(the_shared_clips_have_their_frames),
        cmocka_unit_test(broken_files_give_what_can_be_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
