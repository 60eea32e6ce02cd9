#include "base/test.h"

#include <string.h>

#include "ingest/messages.h"

#define VIDEO "0123456789abcdef"

static const struct segment_message some_segment = {
    .project = "demo",
    .video = VIDEO,
    .segment = {.index = 7,
        .start_us = 70000000,
        .end_us = 80040000,
        .prev_pts_us = 69960000,
        .first_frame_number = 1750,
        .frames = 251,
        .time_base_num = 1,
        .time_base_den = 90000,
        .pts_offset = -126000,
        .rotation = 270,
        .flip = true},
    .limit_us = -1,
    .sampling = {.fps_num = 30000, .fps_den = 1001},
};

static void a_source_message_comes_back_as_it_was(void **state)
{
    (void)state;
    struct source_message in = {.project = "demo", .video = VIDEO};
    struct source_message out;
    struct err err = ERR_INIT;
    struct strbuf text;
    strbuf_init(&text);
    source_message_encode(&in, &text);
    assert_ok(source_message_decode(text.data, text.size, &out, &err), &err);
    assert_string_equal(out.project, in.project);
    assert_string_equal(out.video, in.video);
    strbuf_release(&text);
}

static void a_segment_message_comes_back_as_it_was(void **state)
{
    (void)state;
    struct segment_message out;
    struct err err = ERR_INIT;
    struct strbuf text;
    strbuf_init(&text);
    segment_message_encode(&some_segment, &text);
    assert_ok(segment_message_decode(text.data, text.size, &out, &err), &err);
    assert_string_equal(out.project, some_segment.project);
    assert_string_equal(out.video, some_segment.video);
    assert_int_equal(out.segment.index, 7);
    assert_int_equal(out.segment.start_us, 70000000);
    assert_int_equal(out.segment.end_us, 80040000);
    assert_int_equal(out.segment.prev_pts_us, 69960000);
    assert_int_equal(out.segment.first_frame_number, 1750);
    assert_int_equal(out.segment.frames, 251);
    assert_int_equal(out.segment.time_base_num, 1);
    assert_int_equal(out.segment.time_base_den, 90000);
    assert_int_equal(out.segment.pts_offset, -126000);
    assert_int_equal(out.segment.rotation, 270);
    assert_true(out.segment.flip);
    assert_int_equal(out.limit_us, -1);
    assert_int_equal(out.sampling.fps_num, 30000);
    assert_int_equal(out.sampling.fps_den, 1001);
    strbuf_release(&text);
}

static void a_frame_message_comes_back_as_it_was(void **state)
{
    (void)state;
    struct frame_message in = {.project = "demo",
        .video = VIDEO,
        .segment = 3,
        .frame = 99999999,
        .pts_us = 123456789,
        .width = 1920,
        .height = 1080};
    struct frame_message out;
    struct err err = ERR_INIT;
    struct strbuf text;
    strbuf_init(&text);
    frame_message_encode(&in, &text);
    assert_ok(frame_message_decode(text.data, text.size, &out, &err), &err);
    assert_int_equal(out.segment, 3);
    assert_int_equal(out.frame, 99999999);
    assert_int_equal(out.pts_us, 123456789);
    assert_int_equal(out.width, 1920);
    assert_int_equal(out.height, 1080);
    strbuf_release(&text);
}

static void a_detections_message_comes_back_as_it_was(void **state)
{
    (void)state;
    struct detections_message in = {.project = "demo", .video = VIDEO, .frame = 4, .pts_us = 5, .objects = 6};
    struct detections_message out;
    struct err err = ERR_INIT;
    struct strbuf text;
    strbuf_init(&text);
    detections_message_encode(&in, &text);
    assert_ok(detections_message_decode(text.data, text.size, &out, &err), &err);
    assert_int_equal(out.frame, 4);
    assert_int_equal(out.objects, 6);
    strbuf_release(&text);
}

static void a_detections_message_is_about_a_frame_or_about_all(void **state)
{
    (void)state;
    static const struct {
        int segment, frame;
        enum err_code code;
    } cases[] = {
        {-1, -1, ERR_NONE}, {0, 0, ERR_NONE}, {-1, 0, ERR_INVALID}, {0, -1, ERR_INVALID}, {-2, -2, ERR_INVALID}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct detections_message in = {
            .project = "demo", .video = VIDEO, .segment = cases[i].segment, .frame = cases[i].frame};
        struct detections_message out;
        struct err err = ERR_INIT;
        struct strbuf text;
        strbuf_init(&text);
        detections_message_encode(&in, &text);
        assert_code(detections_message_decode(text.data, text.size, &out, &err), cases[i].code);
        assert_int_equal(cases[i].code == ERR_NONE ? out.frame : 0, cases[i].code == ERR_NONE ? cases[i].frame : 0);
        strbuf_release(&text);
    }
}

static void malformed_messages_are_invalid(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "nonsense",
        "[]",
        "{}",
        "{\"v\":1}",
        "{\"v\":2,\"project\":\"p\",\"video\":\"" VIDEO "\"}",
        "{\"v\":\"1\",\"project\":\"p\",\"video\":\"" VIDEO "\"}",
        "{\"v\":1,\"project\":\"../p\",\"video\":\"" VIDEO "\"}",
        "{\"v\":1,\"project\":\"p\",\"video\":\"..\"}",
        "{\"v\":1,\"project\":\"p\",\"video\":\"" VIDEO "\",\"more\":1}",
        "{\"v\":1,\"project\":\"p\",\"video\":\"" VIDEO "\"} x",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct source_message source;
        struct segment_message segment;
        struct frame_message frame;
        struct detections_message detections;
        struct err err = ERR_INIT;
        size_t size = strlen(bodies[i]);
        assert_code(source_message_decode(bodies[i], size, &source, &err), ERR_INVALID);
        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.message, "malformed"));
        assert_code(segment_message_decode(bodies[i], size, &segment, &err), ERR_INVALID);
        assert_code(frame_message_decode(bodies[i], size, &frame, &err), ERR_INVALID);
        assert_code(detections_message_decode(bodies[i], size, &detections, &err), ERR_INVALID);
    }
}

// Replaces `from` in a good segment message by `to` and expects it to be refused.
static void expect_refused(const char *from, const char *to)
{
    struct strbuf text;
    struct strbuf changed;
    struct segment_message out;
    struct err err = ERR_INIT;
    strbuf_init(&text);
    strbuf_init(&changed);
    segment_message_encode(&some_segment, &text);
    char *at = strstr(text.data, from);
    assert_non_null(at);
    strbuf_add(&changed, text.data, (size_t)(at - text.data));
    strbuf_adds(&changed, to);
    strbuf_adds(&changed, at + strlen(from));
    assert_code(segment_message_decode(changed.data, changed.size, &out, &err), ERR_INVALID);
    strbuf_release(&text);
    strbuf_release(&changed);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    expect_refused("\"segment\":7", "\"segment\":-1");
    expect_refused("\"segment\":7", "\"segment\":100000");
    expect_refused("\"segment\":7", "\"segment\":7.5");
    expect_refused("\"start_us\":70000000", "\"start_us\":-1");
    expect_refused("\"end_us\":80040000", "\"end_us\":60000000");
    expect_refused("\"time_base_den\":90000", "\"time_base_den\":0");
    expect_refused("\"rotation\":270", "\"rotation\":45");
    expect_refused("\"flip\":true", "\"flip\":1");
    expect_refused("\"fps\":\"30000/1001\"", "\"fps\":\"0\"");
    expect_refused("\"fps\":\"30000/1001\"", "\"fps\":5");
    expect_refused("\"limit_us\":-1", "\"limit_us\":-2");
}

static void keys_name_their_video(void **state)
{
    (void)state;
    char key[MESSAGE_KEY_SIZE];
    char video[VIDEO_ID_SIZE];
    message_key_make(VIDEO, -1, key);
    assert_string_equal(key, VIDEO);
    assert_true(message_key_video(key, video));
    assert_string_equal(video, VIDEO);
    message_key_make(VIDEO, 12, key);
    assert_string_equal(key, VIDEO "/12");
    assert_true(message_key_video(key, video));
    assert_string_equal(video, VIDEO);
    assert_false(message_key_video("", video));
    assert_false(message_key_video("0123456789abcde", video));
    assert_false(message_key_video("0123456789abcdeF", video));
    assert_false(message_key_video(VIDEO "0", video));
}

static void the_message_of_a_segment_lies_beside_it(void **state)
{
    (void)state;
    char key[BLOB_KEY_SIZE];
    blob_key_segment_message("demo", VIDEO, 7, key);
    assert_string_equal(key, "demo/" VIDEO "/segments/00007.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_message_comes_back_as_it_was),
        cmocka_unit_test(a_segment_message_comes_back_as_it_was),
        cmocka_unit_test(a_frame_message_comes_back_as_it_was),
        cmocka_unit_test(a_detections_message_comes_back_as_it_was),
        cmocka_unit_test(a_detections_message_is_about_a_frame_or_about_all),
        cmocka_unit_test(malformed_messages_are_invalid),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(keys_name_their_video),
        cmocka_unit_test(the_message_of_a_segment_lies_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
