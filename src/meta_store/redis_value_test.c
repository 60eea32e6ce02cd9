// What is kept as bytes and texts: numbers, frames and the fields of a video come back as they were; damaged ones are
// found out.
#include "base/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meta_store/meta_fields.h"
#include "meta_store/redis_frame.h"
#include "meta_store/value_bytes.h"

static struct err err;

static uint64_t draw(uint64_t *random)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return *random >> 11;
}

// ---- numbers

static void numbers_and_texts_come_back_as_they_were(void **state)
{
    (void)state;
    const int64_t numbers[] = {0, 1, -1, 63, 64, -64, -65, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    const size_t count = sizeof(numbers) / sizeof(numbers[0]);
    struct strbuf out;
    struct value_reader reader;
    char text[8];
    strbuf_init(&out);
    for (size_t i = 0; i < count; i++)
        value_put_int(&out, numbers[i]);
    value_put_uint(&out, UINT64_MAX);
    value_put_double(&out, 29.97);
    value_put_float(&out, -0.0f);
    value_put_bytes(&out, "street", 6);
    value_reader_init(&reader, out.data, out.size);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(value_take_int(&reader), numbers[i]);
    assert_true(value_take_uint(&reader) == UINT64_MAX);
    assert_true(value_take_double(&reader) == 29.97);
    assert_true(signbit(value_take_float(&reader)));
    value_take_text(&reader, text, sizeof(text));
    assert_string_equal(text, "street");
    assert_true(value_reader_is_done(&reader));
    strbuf_release(&out);
}

static void what_is_short_too_long_or_out_of_bounds_is_bad_and_stays_so(void **state)
{
    (void)state;
    struct value_reader reader;
    char text[4] = "xyz";
    const unsigned char endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x05};
    value_reader_init(&reader, endless, sizeof(endless));
    assert_int_equal(value_take_uint(&reader), 0);
    assert_true(reader.bad);
    assert_int_equal(value_take_uint(&reader), 0);
    value_reader_init(&reader,
        "\x05"
        "abcde",
        6);
    value_take_text(&reader, text, sizeof(text));
    assert_true(reader.bad);
    assert_string_equal(text, "");
    // A length without the bytes is none: whoever copies by it must not read past the end.
    size_t size = 7;
    value_reader_init(&reader,
        "\x05"
        "ab",
        3);
    assert_null(value_take_bytes(&reader, 100, &size));
    assert_int_equal(size, 0);
    value_reader_init(&reader, "\x0a", 1);
    assert_int_equal(value_take_int_in(&reader, 0, 4), 0);
    assert_true(reader.bad);
    value_reader_init(&reader, "", 0);
    assert_true(value_reader_is_done(&reader));
    assert_null(value_take(&reader, 1));
}

// ---- frames

static struct meta_frame make_frame(uint64_t *random, struct meta_object *objects)
{
    struct meta_frame frame = {.segment = (int32_t)(draw(random) % SEGMENTS_PER_VIDEO_MAX),
        .pts_us = (int64_t)(draw(random) % 100000000000) - 5,
        .width = (int32_t)(draw(random) % 10000),
        .height = (int32_t)(draw(random) % 10000),
        .state = (enum frame_state)(draw(random) % 3),
        .objects = objects,
        .object_count = draw(random) % 4 == 0 ? OBJECTS_PER_FRAME_MAX : (size_t)(draw(random) % 5)};
    for (size_t k = 0; k < frame.object_count; k++)
        objects[k] = (struct meta_object){.x = (float)draw(random), .class_name = "car", .track = (int64_t)k - 1};
    return frame;
}

static void frames_come_back_as_they_were(void **state)
{
    (void)state;
    static struct meta_object objects[OBJECTS_PER_FRAME_MAX];
    uint64_t random = 7;
    for (int round = 0; round < 200; round++) {
        struct meta_frame given = make_frame(&random, objects);
        struct meta_frame got = {0};
        struct strbuf value;
        strbuf_init(&value);
        redis_frame_encode(&given, &value);
        assert_ok(redis_frame_decode(value.data, value.size, &got, &err), &err);
        assert_int_equal(got.segment, given.segment);
        assert_int_equal(got.pts_us, given.pts_us);
        assert_int_equal(got.width, given.width);
        assert_int_equal(got.height, given.height);
        assert_int_equal(got.state, given.state);
        assert_int_equal(got.object_count, given.object_count);
        if (given.object_count > 0)
            assert_memory_equal(got.objects, objects, given.object_count * sizeof(objects[0]));
        free(got.objects);
        strbuf_release(&value);
    }
}

static void damaged_frames_are_found_out(void **state)
{
    (void)state;
    static struct meta_object objects[OBJECTS_PER_FRAME_MAX];
    uint64_t random = 11;
    struct meta_frame given = make_frame(&random, objects);
    given.object_count = 3;
    struct strbuf value;
    strbuf_init(&value);
    redis_frame_encode(&given, &value);
    for (size_t size = 0; size < value.size; size++) {
        struct meta_frame got = {0};
        assert_code(redis_frame_decode(value.data, size, &got, &err), ERR_CORRUPT);
        assert_null(got.objects);
    }
    // Any other bytes are safe, whatever comes of them.
    for (int round = 0; round < 20000; round++) {
        struct meta_frame got = {0};
        size_t at = draw(&random) % value.size;
        char before = value.data[at];
        value.data[at] = (char)draw(&random);
        (void)!redis_frame_decode(value.data, value.size, &got, &err);
        free(got.objects);
        value.data[at] = before;
    }
    strbuf_release(&value);
}

static void names_of_buckets_sort_as_their_numbers(void **state)
{
    (void)state;
    char one[REDIS_BUCKET_NAME_SIZE];
    char other[REDIS_BUCKET_NAME_SIZE];
    redis_bucket_name(redis_bucket_of(REDIS_BUCKET_FRAMES * 9), one);
    redis_bucket_name(redis_bucket_of(REDIS_BUCKET_FRAMES * 10), other);
    assert_true(strcmp(one, other) < 0);
    redis_bucket_name(redis_bucket_of(FRAME_INDEX_MAX), other);
    assert_string_equal(other, "781249");
}

// ---- fields

static void fill(const struct meta_field *field, struct meta_video *video, uint64_t *random)
{
    char text[64];
    switch (field->type) {
    case META_FIELD_TEXT:
        snprintf(text, sizeof(text), "%.*s", (int)(field->size - 1), field->name);
        break;
    case META_FIELD_BOOL:
        snprintf(text, sizeof(text), "1");
        break;
    case META_FIELD_INT32:
        snprintf(text, sizeof(text), "%d", (int)(int32_t)draw(random));
        break;
    case META_FIELD_INT64:
        snprintf(text, sizeof(text), "-%lld", (long long)draw(random));
        break;
    case META_FIELD_DOUBLE:
        snprintf(text, sizeof(text), "%.17g", 1.0 / (double)(draw(random) + 1));
        break;
    }
    assert_true(meta_field_parse(field, text, strlen(text), video));
}

static void all_fields_of_a_video_come_back_as_they_were(void **state)
{
    (void)state;
    static struct meta_video given;
    static struct meta_video got;
    uint64_t random = 3;
    for (size_t i = 0; i < meta_field_count; i++)
        fill(&meta_fields[i], &given, &random);
    for (size_t i = 0; i < meta_field_count; i++) {
        struct strbuf text;
        strbuf_init(&text);
        meta_field_format(&meta_fields[i], &given, &text);
        assert_true(meta_field_parse(&meta_fields[i], text.data, text.size, &got));
        strbuf_release(&text);
    }
    assert_memory_equal(&got, &given, sizeof(given));
}

// A member that the table forgot would be silently lost by an export, and by Redis.
static void the_table_has_every_member_of_a_video(void **state)
{
    (void)state;
    static unsigned char covered[sizeof(struct meta_video)];
    for (size_t i = 0; i < meta_field_count; i++)
        memset(covered + meta_fields[i].offset, 1, meta_fields[i].size);
    size_t gap = 0;
    for (size_t i = 0; i < sizeof(covered); i++) {
        gap = covered[i] != 0 ? 0 : gap + 1;
        // Less than that is padding before something that is aligned.
        if (gap >= 8)
            fail_msg("bytes up to %zu of struct meta_video are in no field of meta_fields.c", i);
    }
}

static void values_that_do_not_fit_a_field_are_refused(void **state)
{
    (void)state;
    static struct meta_video video;
    const struct {
        const char *field, *text;
    } wrong[] = {{"id", "0123456789abcdef0"}, {"state", "many"}, {"state", "4294967296"}, {"split_done", "2"},
        {"objects", "1 "}, {"objects", ""}, {"frame_rate", "fast"}, {"frame_rate", ""}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const struct meta_field *field = meta_fields;
        while (strcmp(field->name, wrong[i].field) != 0)
            field++;
        assert_false(meta_field_parse(field, wrong[i].text, strlen(wrong[i].text), &video));
    }
    assert_false(meta_field_parse(&meta_fields[0], "a\0b", 3, &video));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_texts_come_back_as_they_were),
        cmocka_unit_test(what_is_short_too_long_or_out_of_bounds_is_bad_and_stays_so),
        cmocka_unit_test(frames_come_back_as_they_were),
        cmocka_unit_test(damaged_frames_are_found_out),
        cmocka_unit_test(names_of_buckets_sort_as_their_numbers),
        cmocka_unit_test(all_fields_of_a_video_come_back_as_they_were),
        cmocka_unit_test(the_table_has_every_member_of_a_video),
        cmocka_unit_test(values_that_do_not_fit_a_field_are_refused),
    };
    return cmocka_run_group_tests_name("redis_value", tests, NULL, NULL);
}
