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
    char *path = mem_sprintf("%s/joined.flv", clips_dir());
    struct err err = ERR_INIT;
    assert_ok(file_write(path, joined.data, joined.size, FILE_SYNC_NONE, &err), &err);
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
    free(path);
}

static void sets_that_make_no_sense_leave_the_picture_as_it_is(void **state)
{
    (void)state;
    uint8_t header[] = {1, 66, 0, 30, 0xFF, 0xE1, 0, 2, 0x67, 1, 1, 0, 2, 0x68, 2};
    AVCodecParameters par = {.codec_id = AV_CODEC_ID_H264, .extradata = header, .extradata_size = (int)sizeof(header)};
    static const uint8_t good[] = {1, 66, 0, 30, 0xFF, 0xE1, 0, 2, 0x67, 9, 1, 0, 2, 0x68, 8};
    for (size_t size = 0; size <= sizeof(good); size++) {
        struct parameter_sets sets = {0};
        AVPacket *packet = av_packet_alloc();
        assert_int_equal(av_new_packet(packet, 3), 0);
        memcpy(packet->data, "abc", 3);
        packet->flags = AV_PKT_FLAG_KEY;
        uint8_t *data = av_packet_new_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, size);
        assert_non_null(data);
        memcpy(data, good, size);
        parameter_sets_apply(&sets, &par, packet);
        bool whole = size == sizeof(good);
        assert_int_equal(packet->size, whole ? 15 : 3);
        if (whole)
            assert_memory_equal(packet->data,
                "\0\0\0\2\x67\x09\0\0\0\2\x68\x08"
                "abc",
                15);
        av_packet_free(&packet);
        parameter_sets_release(&sets);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_live_stream_that_changes_its_size_is_decoded_to_its_end),
        cmocka_unit_test(sets_that_make_no_sense_leave_the_picture_as_it_is),
        cmocka_unit_test(sets_get_lengths_as_the_pictures_have_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
