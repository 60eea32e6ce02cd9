#include "media/parameter_sets.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/test_clips.h"
#include "os/file.h"

#define FLV_HEADER 13
#define TAG_HEADER 11
#define TAG_VIDEO 9
#define TAG_SCRIPT 18
#define FRAME_MS 40

static uint32_t be24(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;
    return (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

static void put_be24(char *at, uint32_t value)
{
    at[0] = (char)(value >> 16);
    at[1] = (char)(value >> 8);
    at[2] = (char)value;
}

// Adds the tags of an FLV file, later by `after_ms`; returns the time of the last.
static uint32_t add_tags(struct strbuf *out, const char *path, uint32_t after_ms)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(path, 1 << 20, &bytes, &size, &err), &err);
    if (out->size == 0)
        strbuf_add(out, bytes, FLV_HEADER);
    uint32_t last_ms = 0;
    for (size_t at = FLV_HEADER; at + TAG_HEADER < size;) {
        size_t length = TAG_HEADER + be24(bytes + at + 1) + 4;
        assert_true(at + length <= size);
        uint32_t time_ms = be24(bytes + at + 4) + after_ms;
        put_be24(bytes + at + 4, time_ms);
        bool end_of_sequence = bytes[at] == TAG_VIDEO && bytes[at + TAG_HEADER + 1] == 2;
        if (bytes[at] != TAG_SCRIPT && !end_of_sequence)
            strbuf_add(out, bytes + at, length);
        last_ms = time_ms;
        at += length;
    }
    free(bytes);
    return last_ms;
}

static void a_live_stream_that_changes_its_size_is_decoded_to_its_end(void **state)
{
    (void)state;
    // The sizes change to and fro, so that the sets of the header come again.
    const char *large =
        clip_make("large.flv", "-f lavfi -i testsrc2=s=160x96:r=25:d=2 -c:v libx264 -pix_fmt yuv420p -g 20 -bf 2");
    const char *small =
        clip_make("small.flv", "-f lavfi -i testsrc2=s=96x64:r=25:d=2 -c:v libx264 -pix_fmt yuv420p -g 20 -bf 2");
    struct strbuf joined;
    strbuf_init(&joined);
    uint32_t last_ms = add_tags(&joined, large, 0);
    last_ms = add_tags(&joined, small, last_ms + FRAME_MS);
    add_tags(&joined, large, last_ms + FRAME_MS);
    const char *path = clip_write("joined.flv", joined.data, joined.size);
    struct clip_outcome parts[2];
    clip_must_run(large, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &parts[0]);
    clip_must_run(small, &(struct clip_run){.chunk_s = 60, .fps = "all"}, &parts[1]);
    static const double chunks[] = {0.5, 1, 60};
    for (size_t c = 0; c < sizeof(chunks) / sizeof(*chunks); c++) {
        struct clip_outcome got;
        clip_must_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all"}, &got);
        assert_int_equal(got.list.count, 150);
        assert_int_equal(got.decode.lost, 0);
        for (size_t i = 0; i < 150; i++) {
            const struct clip_frame *expected = &parts[i / 50 % 2].list.frames[i % 50];
            assert_int_equal(got.list.frames[i].width, expected->width);
            assert_int_equal(got.list.frames[i].crc, expected->crc);
            assert_false(got.list.frames[i].damaged);
        }
        clip_outcome_release(&got);
    }
    clip_outcome_release(&parts[0]);
    clip_outcome_release(&parts[1]);
    strbuf_release(&joined);
}

// Of sets that come with a keyframe, cut at every length: they are put before the picture when they are whole.
static void assert_only_whole_ones_are_put_before(
    AVCodecParameters *par, const uint8_t *good, size_t good_size, const char *expected, size_t expected_size)
{
    for (size_t size = 0; size <= good_size; size++) {
        struct parameter_sets sets = {0};
        AVPacket *packet = av_packet_alloc();
        assert_int_equal(av_new_packet(packet, 3), 0);
        memcpy(packet->data, "abc", 3);
        packet->flags = AV_PKT_FLAG_KEY;
        uint8_t *data = av_packet_new_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, size);
        assert_non_null(data);
        memcpy(data, good, size);
        parameter_sets_apply(&sets, par, packet);
        bool whole = size == good_size;
        assert_int_equal(packet->size, whole ? expected_size : 3);
        assert_memory_equal(packet->data, whole ? expected : "abc", (size_t)packet->size);
        av_packet_free(&packet);
        parameter_sets_release(&sets);
    }
}

static void sets_that_make_no_sense_leave_the_picture_as_it_is(void **state)
{
    (void)state;
    uint8_t header[] = {1, 66, 0, 30, 0xFF, 0xE1, 0, 2, 0x67, 1, 1, 0, 2, 0x68, 2};
    AVCodecParameters par = {.codec_id = AV_CODEC_ID_H264, .extradata = header, .extradata_size = (int)sizeof(header)};
    static const uint8_t good[] = {1, 66, 0, 30, 0xFF, 0xE1, 0, 2, 0x67, 9, 1, 0, 2, 0x68, 8};
    static const char expected[] = "\0\0\0\2\x67\x09\0\0\0\2\x68\x08"
                                   "abc";
    assert_only_whole_ones_are_put_before(&par, good, sizeof(good), expected, sizeof(expected) - 1);
}

static void sets_of_hevc_that_end_early_leave_the_picture_as_it_is(void **state)
{
    (void)state;
    // A list of messages, which are no parameter sets, and one of two picture parameter sets.
    static const uint8_t lists[] = {2, 39, 0, 1, 0, 2, 0x4E, 1, 34, 0, 2, 0, 2, 0x44, 1, 0, 3, 0x44, 1, 7};
    uint8_t header[22 + sizeof(lists)] = {1};
    uint8_t good[22 + sizeof(lists)] = {1, 1};
    header[21] = good[21] = 0xFC | 1;
    memcpy(header + 22, lists, sizeof(lists));
    memcpy(good + 22, lists, sizeof(lists));
    AVCodecParameters par = {.codec_id = AV_CODEC_ID_HEVC, .extradata = header, .extradata_size = (int)sizeof(header)};
    static const char expected[] = "\0\2\x44\1\0\3\x44\1\7abc";
    assert_only_whole_ones_are_put_before(&par, good, sizeof(good), expected, sizeof(expected) - 1);
}

static void sets_get_lengths_as_the_pictures_have_them(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "\2\x67\x09\2\x68\x08", "\0\2\x67\x09\0\2\x68\x08", NULL, "\0\0\0\2\x67\x09\0\0\0\2\x68\x08"};
    for (int bytes = 1; bytes <= 4; bytes++) {
        for (int other = 1; other <= 4; other++) {
            if (bytes == 3 || other == 3) // there is no such thing
                continue;
            uint8_t header[] = {1, 66, 0, 30, (uint8_t)(0xFC | (bytes - 1)), 0xE1, 0, 2, 0x67, 1, 1, 0, 2, 0x68, 2};
            uint8_t fresh[] = {1, 66, 0, 30, (uint8_t)(0xFC | (other - 1)), 0xE1, 0, 2, 0x67, 9, 1, 0, 2, 0x68, 8};
            AVCodecParameters par = {
                .codec_id = AV_CODEC_ID_H264, .extradata = header, .extradata_size = (int)sizeof(header)};
            struct parameter_sets sets = {0};
            AVPacket *packet = av_packet_alloc();
            assert_int_equal(av_new_packet(packet, 3), 0);
            memcpy(packet->data, "abc", 3);
            packet->flags = AV_PKT_FLAG_KEY;
            uint8_t *data = av_packet_new_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, sizeof(fresh));
            assert_non_null(data);
            memcpy(data, fresh, sizeof(fresh));
            parameter_sets_apply(&sets, &par, packet);
            size_t added = bytes == other ? 2 * (size_t)bytes + 4 : 0;
            assert_int_equal(packet->size, added + 3);
            if (added > 0)
                assert_memory_equal(packet->data, expected[bytes - 1], added);
            assert_memory_equal(packet->data + added, "abc", 3);
            av_packet_free(&packet);
            parameter_sets_release(&sets);
        }
    }
}

// ---- MP4 files with several sample descriptions

#define PATH_BOXES 5

static uint32_t be32(const char *at)
{
    return (uint32_t)(uint8_t)at[0] << 24 | be24(at + 1);
}

// Where the box is among those from `at` to `end`.
static size_t find_box(const char *data, size_t at, size_t end, const char *kind)
{
    while (memcmp(data + at + 4, kind, 4) != 0) {
        at += be32(data + at);
        assert_true(at + 8 <= end);
    }
    return at;
}

// Of the first video's table of samples and the boxes around it, the outermost first.
static void find_tables(const char *data, size_t size, size_t boxes[PATH_BOXES])
{
    static const char *const kinds[PATH_BOXES] = {"moov", "trak", "mdia", "minf", "stbl"};
    size_t at = 0;
    size_t end = size;
    for (int i = 0; i < PATH_BOXES; i++) {
        boxes[i] = find_box(data, at, end, kinds[i]);
        at = boxes[i] + 8;
        end = boxes[i] + be32(data + boxes[i]);
    }
}

static void put_rows(struct strbuf *out, const char *kind, const uint32_t *values, uint32_t count)
{
    put_be32(out, 8 + 4 + 4 * count);
    strbuf_adds(out, kind);
    put_be32(out, 0);
    for (uint32_t i = 0; i < count; i++)
        put_be32(out, values[i]);
}

// Adds the table of samples with the description of another file for those from `first` on.
static void put_tables(struct strbuf *out, const char *data, size_t table, const char *other, uint32_t first)
{
    size_t end = table + be32(data + table);
    size_t other_boxes[PATH_BOXES];
    find_tables(other, SIZE_MAX, other_boxes);
    size_t own = find_box(data, table + 8, end, "stsd");
    size_t added = find_box(other, other_boxes[PATH_BOXES - 1] + 8, SIZE_MAX, "stsd");
    size_t sizes = find_box(data, table + 8, end, "stsz");
    uint32_t samples = be32(data + sizes + 16);
    uint32_t begin = be32(data + find_box(data, table + 8, end, "stco") + 16);
    uint32_t length = 0;
    for (uint32_t i = 0; i < first; i++)
        length += be32(data + sizes + 20 + 4 * (size_t)i);
    for (size_t at = table + 8; at < end; at += be32(data + at)) {
        if (memcmp(data + at + 4, "stsd", 4) != 0 && memcmp(data + at + 4, "stsc", 4) != 0 &&
            memcmp(data + at + 4, "stco", 4) != 0)
            strbuf_add(out, data + at, be32(data + at));
    }
    uint32_t both = be32(data + own) + be32(other + added) - 16;
    put_be32(out, both);
    strbuf_add(out, "stsd\0\0\0\0\0\0\0\2", 12);
    strbuf_add(out, data + own + 16, be32(data + own) - 16);
    strbuf_add(out, other + added + 16, be32(other + added) - 16);
    put_rows(out, "stsc", (const uint32_t[]){2, 1, first, 1, 2, samples - first, 2}, 7);
    put_rows(out, "stco", (const uint32_t[]){2, begin, begin + length}, 3);
}

static char *read_file(const char *path, size_t *size)
{
    struct err err = ERR_INIT;
    char *bytes = NULL;
    assert_ok(file_read(path, 1 << 20, &bytes, size, &err), &err);
    return bytes;
}

// What ffmpeg made of both without converting has the first's description only.
static const char *join_described(const char *name, const char *first, const char *second, uint32_t first_samples)
{
    char *text = mem_sprintf("file '%s'\nfile '%s'\n", first, second);
    const char *list = clip_write("parts.txt", text, strlen(text));
    char *plain = mem_sprintf("plain-%s", name);
    char *arguments = mem_sprintf("-f concat -safe 0 -auto_convert 0 -i '%s' -c copy", list);
    size_t size, other_size;
    char *data = read_file(clip_make(plain, arguments), &size);
    char *other = read_file(second, &other_size);
    size_t boxes[PATH_BOXES];
    find_tables(data, size, boxes);
    size_t table = boxes[PATH_BOXES - 1];
    struct strbuf out;
    strbuf_init(&out);
    strbuf_add(&out, data, table + 8);
    put_tables(&out, data, table, other, first_samples);
    size_t after = table + be32(data + table);
    uint32_t longer = (uint32_t)(out.size - after);
    for (int i = 0; i < PATH_BOXES; i++) {
        struct strbuf changed;
        strbuf_init(&changed);
        put_be32(&changed, be32(data + boxes[i]) + longer);
        memcpy(out.data + boxes[i], changed.data, 4);
        strbuf_release(&changed);
    }
    strbuf_add(&out, data + after, size - after);
    const char *path = clip_write(name, out.data, out.size);
    strbuf_release(&out);
    free(other);
    free(data);
    free(arguments);
    free(plain);
    free(text);
    return path;
}

static void an_mp4_file_with_several_descriptions_is_decoded_to_its_end(void **state)
{
    (void)state;
    static const char *const coders[][2] = {{"libx264 -preset veryfast", "libx264 -preset ultrafast -crf 35"},
        {"libx265 -preset veryfast -x265-params log-level=none",
            "libx265 -preset ultrafast -crf 35 -x265-params log-level=none"}};
    for (size_t i = 0; i < 2; i++) {
        const char *parts[2];
        struct clip_outcome expected[2];
        for (int k = 0; k < 2; k++) {
            char *name = mem_sprintf("part-%zu-%d.mp4", i, k);
            char *arguments = mem_sprintf("-f lavfi -i testsrc2=s=192x128:r=25:d=2 -c:v %s -pix_fmt yuv420p -g 20 "
                                          "-bf 2 -video_track_timescale 25000",
                coders[i][k]);
            parts[k] = clip_make(name, arguments);
            clip_must_run(parts[k], &(struct clip_run){.chunk_s = 60, .fps = "all"}, &expected[k]);
            assert_int_equal(expected[k].list.count, 50);
            free(arguments);
            free(name);
        }
        const char *path = join_described(i == 0 ? "both-264.mp4" : "both-265.mp4", parts[0], parts[1], 50);
        for (int c = 0; c < 2; c++) {
            struct clip_outcome got;
            clip_must_run(path, &(struct clip_run){.chunk_s = c == 0 ? 60 : 0.5, .fps = "all"}, &got);
            assert_int_equal(got.list.count, 100);
            assert_int_equal(got.decode.lost, 0);
            for (size_t f = 0; f < 100; f++) {
                if (got.list.frames[f].crc != expected[f / 50].list.frames[f % 50].crc)
                    fail_msg("%s: frame %zu is another picture", path, f);
            }
            clip_outcome_release(&got);
        }
        clip_outcome_release(&expected[0]);
        clip_outcome_release(&expected[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_that_changes_its_size_is_decoded_to_its_end),
        cmocka_unit_test(an_mp4_file_with_several_descriptions_is_decoded_to_its_end),
        cmocka_unit_test(sets_that_make_no_sense_leave_the_picture_as_it_is),
        cmocka_unit_test(sets_of_hevc_that_end_early_leave_the_picture_as_it_is),
        cmocka_unit_test(sets_get_lengths_as_the_pictures_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
