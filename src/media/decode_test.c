#include "media/decode.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "media/test_clips.h"
#include "os/file.h"

#define RATE 25
#define GROUP 20
// The keyframes are recovery points, not IDR pictures, but for the first.
#define OPEN_GROUPS                                                                                                    \
    "-f lavfi -i testsrc2=s=128x96:r=25 -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 20 -bf 3 "                   \
    "-x264-params open-gop=1:b-pyramid=normal:keyint_min=20:scenecut=0 -frames:v "

// Some end shortly after a keyframe.
static const struct open_clip {
    const char *name;
    const char *arguments;
    size_t frames;
} open_clips[] = {
    {"open_85.mp4", OPEN_GROUPS "85", 85},
    {"open_82.mp4", OPEN_GROUPS "82", 82},
    {"open_83.mp4", OPEN_GROUPS "83", 83},
    {"open_84.ts", OPEN_GROUPS "84", 84},
};

static void the_last_pictures_of_an_open_group_do_not_depend_on_the_chunk_length(void **state)
{
    (void)state;
    static const double chunks[] = {0.5, 1, 2.5};
    for (size_t i = 0; i < sizeof(open_clips) / sizeof(*open_clips); i++) {
        const char *path = clip_make(open_clips[i].name, open_clips[i].arguments);
        struct clip_outcome whole;
        clip_must_run(path, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &whole);
        assert_int_equal(whole.list.count, open_clips[i].frames);
        assert_int_equal(whole.decode.lost, 0);
        for (size_t c = 0; c < sizeof(chunks) / sizeof(*chunks); c++) {
            for (int32_t threads = 1; threads <= 3; threads += 2) {
                struct clip_outcome cut;
                clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all", .threads = threads}, &cut);
                assert_same_frames(&cut.list, &whole.list, open_clips[i].name, true);
                assert_int_equal(cut.decode.lost, 0);
                clip_outcome_release(&cut);
            }
        }
        clip_outcome_release(&whole);
    }
}

static void a_limit_shortly_after_a_keyframe_loses_no_frame(void **state)
{
    (void)state;
    const char *path = clip_make(open_clips[0].name, open_clips[0].arguments);
    static const char *const rates[] = {"all", "5"};
    for (size_t r = 0; r < 2; r++) {
        struct clip_outcome whole;
        clip_must_run(path, &(struct clip_run){.chunk_s = 60, .fps = rates[r]}, &whole);
        for (int frame = GROUP + 1; frame < 85; frame++) {
            if (frame % GROUP > 6)
                continue;
            double limit_s = (double)frame / RATE;
            struct clip_outcome limited;
            clip_must_run(path, &(struct clip_run){.chunk_s = 0.5, .fps = rates[r], .limit_s = limit_s}, &limited);
            struct frame_list expected = whole.list;
            while (expected.count > 0 && expected.frames[expected.count - 1].pts_us >= (int64_t)frame * 1000000 / RATE)
                expected.count--;
            assert_same_frames(&limited.list, &expected, "limited", true);
            assert_int_equal(limited.decode.lost, 0);
            clip_outcome_release(&limited);
        }
        clip_outcome_release(&whole);
    }
}

// Makes the first coded picture of an H.264 MP4 file undecodable, and leaves what says that it is a keyframe.
static void spoil_first_slice(char *bytes, size_t size)
{
    const char *data = memmem(bytes, size, "mdat", 4);
    assert_non_null(data);
    size_t at = (size_t)(data + 4 - bytes);
    while (true) {
        assert_true(at + 5 < size);
        const uint8_t *b = (const uint8_t *)bytes + at;
        size_t length = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
        assert_true(length > 0 && length < size - at - 4);
        if ((b[4] & 0x1F) == 1) {
            memset(bytes + at + 5, 0, length - 1);
            return;
        }
        at += 4 + length;
    }
}

struct spoilt {
    int32_t segments; // with a keyframe that was spoilt
    int64_t emitted;
    int64_t lost;
    int64_t frames;
};

static enum err_code count_frame(void *context, const struct decoded_frame *frame, struct err *err)
{
    (void)err;
    struct spoilt *spoilt = context;
    spoilt->emitted += !frame->damaged;
    return ERR_NONE;
}

static enum err_code decode_spoilt(void *context, const struct split_segment *done, struct err *err)
{
    struct spoilt *spoilt = context;
    if (done->segment.index == 0) // its keyframe is an IDR picture
        return ERR_NONE;
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(done->path, 1 << 20, &bytes, &size, err), err);
    spoil_first_slice(bytes, size);
    const struct media_input input = {.data = (const uint8_t *)bytes, .size = size};
    struct decode_options options = {.threads = 1, .context = spoilt, .frame = count_frame};
    assert_ok(sampling_parse("all", &options.sampling, err), err);
    struct decode_result result;
    assert_ok(media_decode(&input, &done->segment, &options, &result, err), err);
    free(bytes);
    spoilt->segments++;
    spoilt->lost += result.lost;
    spoilt->frames += done->segment.frames;
    return ERR_NONE;
}

static void pictures_that_miss_their_keyframe_are_told_and_not_shown(void **state)
{
    (void)state;
    const struct media_input input = {.path = clip_make(open_clips[0].name, open_clips[0].arguments)};
    struct spoilt spoilt = {0};
    const struct split_options options = {
        .chunk_us = 500000, .limit_us = -1, .directory = clips_dir(), .context = &spoilt, .segment = decode_spoilt};
    struct split_result result;
    struct err err = ERR_INIT;
    assert_ok(media_split(&input, &options, &result, &err), &err);
    assert_int_equal(spoilt.segments, 4);
    assert_int_equal(spoilt.emitted, 0);
    assert_int_equal(spoilt.lost, spoilt.frames);
}

static enum err_code pass_over(void *context, const struct decoded_frame *frame, struct err *err)
{
    (void)frame;
    (void)err;
    ++*(int *)context;
    return ERR_NONE;
}

static enum err_code decode_in_room(void *context, const struct split_segment *done, struct err *err)
{
    const struct media_limits *limits = context;
    int frames = 0;
    const struct decode_options options = {
        .sampling = {.all = true}, .threads = 3, .limits = limits, .context = &frames, .frame = pass_over};
    struct decode_result result;
    return media_decode(&(struct media_input){.path = done->path}, &done->segment, &options, &result, err);
}

static void a_decoder_holds_no_more_pictures_than_it_may(void **state)
{
    (void)state;
    // Sixteen pictures of 18 kB are kept to predict others from.
    const struct media_input input = {
        .path = clip_make("references.mkv",
            "-f lavfi -i testsrc2=s=128x96:r=25:d=2 -c:v libx264 -preset veryfast -pix_fmt "
            "yuv420p -bf 0 -refs 16 -g 250 -x264-params ref=16:scenecut=0")};
    static const struct {
        int64_t bytes;
        bool enough;
    } cases[] = {{0, true}, {4 << 20, true}, {300000, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct media_limits limits = MEDIA_LIMITS_DEFAULT;
        limits.decoder_bytes_max = cases[i].bytes;
        const struct split_options options = {.chunk_us = 100000000,
            .limit_us = -1,
            .directory = clips_dir(),
            .context = &limits,
            .segment = decode_in_room};
        struct split_result result;
        struct err err = ERR_INIT;
        enum err_code code = media_split(&input, &options, &result, &err);
        assert_int_equal(code, cases[i].enough ? ERR_NONE : ERR_LIMIT);
        if (!cases[i].enough)
            assert_non_null(strstr(err.message, "it keeps too many pictures of 128x96 pixels at once"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_pictures_of_an_open_group_do_not_depend_on_the_chunk_length),
        cmocka_unit_test(a_limit_shortly_after_a_keyframe_loses_no_frame),
        cmocka_unit_test(pictures_that_miss_their_keyframe_are_told_and_not_shown),
        cmocka_unit_test(a_decoder_holds_no_more_pictures_than_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
