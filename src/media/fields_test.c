// No encoder at hand codes pictures as pairs of fields, so the clip is written here bit by bit: raw (I_PCM)
// macroblocks.
#include "media/fields.h"

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "media/test_clips.h"

#define PICTURES 30
#define GROUP 10

struct bits {
    struct strbuf bytes;
    int used; // bits of the last byte
};

static void put(struct bits *bits, int count, uint32_t value)
{
    while (count-- > 0) {
        if (bits->used % 8 == 0)
            strbuf_addc(&bits->bytes, 0);
        bits->bytes.data[bits->bytes.size - 1] |= (char)((value >> count & 1) << (7 - bits->used % 8));
        bits->used = (bits->used + 1) % 8;
    }
}

static void put_ue(struct bits *bits, uint32_t value)
{
    int length = 0;
    while ((value + 1) >> (length + 1) != 0)
        length++;
    put(bits, length, 0);
    put(bits, length + 1, value + 1);
}

static void put_flags(struct bits *bits, const char *zeros_and_ones)
{
    for (; *zeros_and_ones != '\0'; zeros_and_ones++)
        put(bits, 1, *zeros_and_ones == '1');
}

static void align(struct bits *bits)
{
    bits->used = 0;
}

// Adds the bits as a NAL unit and empties them.
static void end_unit(struct strbuf *stream, int ref, int type, struct bits *bits)
{
    put(bits, 1, 1);
    strbuf_add(stream, "\0\0\0\1", 4);
    strbuf_addc(stream, (char)(ref << 5 | type));
    int zeros = 0;
    for (size_t i = 0; i < bits->bytes.size; i++) {
        uint8_t byte = (uint8_t)bits->bytes.data[i];
        if (zeros >= 2 && byte <= 3) {
            strbuf_addc(stream, 3);
            zeros = 0;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        strbuf_addc(stream, (char)byte);
    }
    strbuf_reset(&bits->bytes);
    bits->used = 0;
}

static void add_parameters(struct strbuf *stream, struct bits *bits)
{
    put(bits, 8, 77); // Main profile, level 3
    put(bits, 8, 0);
    put(bits, 8, 30);
    put_ue(bits, 0);
    put_ue(bits, 0); // frame numbers of 4 bits
    put_ue(bits, 0);
    put_ue(bits, 4); // picture order counts of 8 bits
    put_ue(bits, 1);
    put(bits, 1, 0);
    put_ue(bits, 3); // 4 macroblocks wide
    put_ue(bits, 1); // and 2 high in a field
    put_flags(bits, "00100");
    end_unit(stream, 3, 7, bits);
    put_ue(bits, 0);
    put_ue(bits, 0);
    put_flags(bits, "00");
    put_ue(bits, 0);
    put_ue(bits, 0);
    put_ue(bits, 0);
    put_flags(bits, "000");
    put_ue(bits, 0);
    put_ue(bits, 0);
    put_ue(bits, 0);
    put_flags(bits, "000");
    end_unit(stream, 3, 8, bits);
}

static void add_field(struct strbuf *stream, struct bits *bits, int picture, int field)
{
    int in_group = picture % GROUP;
    bool idr = in_group == 0 && field == 0;
    strbuf_add(stream, "\0\0\0\1\x09\xF0", 6); // access unit delimiter
    if (idr)
        add_parameters(stream, bits);
    put_ue(bits, 0);
    put_ue(bits, 7); // all macroblocks intra
    put_ue(bits, 0);
    put(bits, 4, (uint32_t)in_group);
    put(bits, 1, 1);
    put(bits, 1, (uint32_t)field);
    if (idr)
        put_ue(bits, 0);
    put(bits, 8, (uint32_t)(2 * in_group + field));
    put_flags(bits, idr ? "00" : "0");
    put_ue(bits, 0);
    for (int macroblock = 0; macroblock < 8; macroblock++) {
        put_ue(bits, 25); // raw
        align(bits);
        for (int i = 0; i < 384; i++)
            put(bits, 8, i < 256 ? (uint32_t)(16 + (7 * picture + 3 * field) % 200) : 128);
    }
    end_unit(stream, 3, idr ? 5 : 1, bits);
}

static char *write_raw(const char *name)
{
    struct strbuf stream;
    struct bits bits = {.used = 0};
    strbuf_init(&stream);
    strbuf_init(&bits.bytes);
    for (int picture = 0; picture < PICTURES; picture++) {
        add_field(&stream, &bits, picture, 0);
        add_field(&stream, &bits, picture, 1);
    }
    char *raw = mem_sprintf("%s/%s", clips_dir(), name);
    FILE *file = fopen(raw, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(stream.data, 1, stream.size, file), stream.size);
    fclose(file);
    strbuf_release(&stream);
    strbuf_release(&bits.bytes);
    return raw;
}

static void a_pair_of_fields_is_one_frame(void **state)
{
    (void)state;
    char *raw = write_raw("fields.h264");
    // 50 fields a second; the raw stream's time base is 1/1200000 s.
    char *arguments = mem_sprintf("-r 50 -i '%s' -c copy -bsf:v 'setts=ts=N*24000:time_base=1/1200000'", raw);
    const char *path = clip_make("fields.ts", arguments);
    struct frame_list expected;
    clip_probe(path, 0, &expected);
    assert_int_equal(expected.count, PICTURES);
    static const double chunks[] = {0.1, 100};
    for (size_t c = 0; c < 2; c++) {
        struct clip_outcome got;
        struct err err = ERR_INIT;
        assert_ok(clip_run(path, &(struct clip_run){.chunk_s = chunks[c], .fps = "all"}, &got, &err), &err);
        assert_int_equal(got.list.count, PICTURES);
        assert_int_equal(got.decode.lost, 0);
        assert_int_equal(got.decode.packets, 2 * PICTURES);
        for (size_t i = 0; i < PICTURES; i++) {
            assert_int_equal(got.list.frames[i].index, i);
            assert_int_equal(got.list.frames[i].pts_us, expected.frames[i].pts_us);
        }
        clip_outcome_release(&got);
    }
    frame_list_free(&expected);
    free(arguments);
    free(raw);
}

static void a_raw_stream_of_fields_that_has_no_rate_can_be_given_one(void **state)
{
    (void)state;
    char *raw = write_raw("no-rate.h264");
    const struct media_input input = {.path = raw};
    struct media_info info;
    struct err err = ERR_INIT;
    assert_code(media_probe(&input, NULL, NULL, &info, &err), ERR_INVALID);
    // The sentence has the command that is run here.
    const char *remedy = "-c copy -bsf:v h264_metadata=tick_rate=50 ";
    assert_non_null(strstr(err.message, remedy));
    char *arguments = mem_sprintf("-i '%s' %s", raw, remedy);
    const char *path = clip_make("rate.h264", arguments);
    struct clip_outcome got;
    clip_must_run(path, &(struct clip_run){.chunk_s = 100, .fps = "all"}, &got);
    assert_int_equal(got.list.count, PICTURES);
    for (int i = 0; i < PICTURES; i++)
        assert_int_equal(got.list.frames[i].pts_us, i * 40000);
    clip_outcome_release(&got);
    free(arguments);
    free(raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_of_fields_is_one_frame),
        cmocka_unit_test(a_raw_stream_of_fields_that_has_no_rate_can_be_given_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
