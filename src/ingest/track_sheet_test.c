#include "ingest/track_sheet.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_memory.h"

static struct err err;

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*random >> 33) % below);
}

// Frames with gaps between them, and objects of which some belong to no track.
static void draw_sheet(uint64_t *random, size_t frames, struct track_sheet *sheet)
{
    static const char *const names[] = {"car", "person", "traffic light"};
    struct meta_object objects[12];
    struct meta_frame frame = {.objects = objects};
    *sheet = (struct track_sheet){0};
    for (size_t i = 0; i < frames; i++) {
        frame.index += 1 + (int32_t)draw(random, 3);
        frame.pts_us = frame.index * INT64_C(200000) + draw(random, 1000);
        frame.object_count = draw(random, 12);
        for (size_t k = 0; k < frame.object_count; k++) {
            objects[k] = (struct meta_object){.x = (float)draw(random, 2000) / 3.0f - 10.0f,
                .y = (float)draw(random, 1000) / 7.0f,
                .width = (float)draw(random, 300),
                .height = (float)draw(random, 300) + 0.1f,
                .score = (float)draw(random, 1000) / 1000.0f};
            snprintf(objects[k].class_name, META_CLASS_SIZE, "%s", names[draw(random, 3)]);
        }
        track_sheet_add(sheet, &frame);
        for (size_t k = 0; k < frame.object_count; k++) {
            int64_t track = draw(random, 4) == 0 ? -1 : 1 + (int64_t)k;
            sheet->objects[sheet->frames[i].first + k].track = track;
            sheet->last = track > sheet->last ? track : sheet->last;
        }
    }
}

static void assert_same(const struct track_sheet *a, const struct track_sheet *b)
{
    assert_int_equal(a->frame_count, b->frame_count);
    assert_int_equal(a->object_count, b->object_count);
    assert_int_equal(a->class_count, b->class_count);
    assert_int_equal(a->last, b->last);
    for (size_t i = 0; i < a->frame_count; i++) {
        assert_int_equal(a->frames[i].index, b->frames[i].index);
        assert_int_equal(a->frames[i].pts_us, b->frames[i].pts_us);
        assert_int_equal(a->frames[i].first, b->frames[i].first);
        assert_int_equal(a->frames[i].count, b->frames[i].count);
    }
    for (size_t i = 0; i < a->object_count; i++) {
        assert_memory_equal(&a->objects[i].x, &b->objects[i].x, 5 * sizeof(float));
        assert_int_equal(a->objects[i].class_number, b->objects[i].class_number);
        assert_int_equal(a->objects[i].frame, b->objects[i].frame);
        assert_int_equal(a->objects[i].track, b->objects[i].track);
    }
    for (size_t i = 0; i < a->class_count; i++)
        assert_string_equal(a->classes[i], b->classes[i]);
}

static void a_sheet_comes_back_as_it_was_stored(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (size_t frames = 0; frames < 200; frames++) {
        struct track_sheet sheet;
        struct track_sheet again;
        struct strbuf bytes;
        strbuf_init(&bytes);
        draw_sheet(&random, frames, &sheet);
        track_sheet_encode(&sheet, &bytes);
        assert_ok(track_sheet_decode(bytes.data, bytes.size, &again, &err), &err);
        assert_same(&again, &sheet);
        strbuf_release(&bytes);
        track_sheet_release(&sheet);
        track_sheet_release(&again);
    }
}

static void a_sheet_with_any_wrong_byte_or_a_part_of_one_is_refused(void **state)
{
    (void)state;
    uint64_t random = 2;
    struct track_sheet sheet;
    struct track_sheet again;
    struct strbuf bytes;
    strbuf_init(&bytes);
    draw_sheet(&random, 5, &sheet);
    track_sheet_encode(&sheet, &bytes);
    for (size_t i = 0; i < bytes.size; i++) {
        bytes.data[i] = (char)(bytes.data[i] ^ 0x10);
        enum err_code code = track_sheet_decode(bytes.data, bytes.size, &again, &err);
        assert_true(code == ERR_CORRUPT || (i == 8 && code == ERR_INVALID));
        bytes.data[i] = (char)(bytes.data[i] ^ 0x10);
        assert_code(track_sheet_decode(bytes.data, i, &again, &err), ERR_CORRUPT);
    }
    strbuf_release(&bytes);
    track_sheet_release(&sheet);
}

// The checksum is right: what is wrong must be found by the rules.
static enum err_code decode_changed(struct track_sheet *sheet)
{
    struct track_sheet again;
    struct strbuf bytes;
    strbuf_init(&bytes);
    track_sheet_encode(sheet, &bytes);
    enum err_code code = track_sheet_decode(bytes.data, bytes.size, &again, &err);
    strbuf_release(&bytes);
    if (code == ERR_NONE)
        track_sheet_release(&again);
    return code;
}

static void what_breaks_the_rules_of_a_sheet_is_refused(void **state)
{
    (void)state;
    uint64_t random = 3;
    struct track_sheet sheet;
    draw_sheet(&random, 10, &sheet);
    assert_code(decode_changed(&sheet), ERR_NONE);
    struct sheet_object *object = &sheet.objects[sheet.frames[3].first];
    assert_true(sheet.frames[3].count >= 2);

    const struct sheet_object kept[2] = {object[0], object[1]};
    object[0].track = object[1].track = 1;
    assert_code(decode_changed(&sheet), ERR_CORRUPT);
    object[1] = kept[1];
    object[0] = kept[0];
    object[0].x = NAN;
    assert_code(decode_changed(&sheet), ERR_CORRUPT);
    object[0] = kept[0];
    object[0].class_number = (int32_t)sheet.class_count;
    assert_code(decode_changed(&sheet), ERR_CORRUPT);
    object[0] = kept[0];
    object[0].track = (int64_t)sheet.object_count + 1;
    assert_code(decode_changed(&sheet), ERR_CORRUPT);
    object[0] = kept[0];
    const int32_t index = sheet.frames[4].index;
    sheet.frames[4].index = sheet.frames[3].index;
    assert_code(decode_changed(&sheet), ERR_CORRUPT);
    sheet.frames[4].index = index;
    // Every frame of a video that has two of one time.
    sheet.frames[4].pts_us = sheet.frames[3].pts_us;
    assert_code(decode_changed(&sheet), ERR_NONE);
    sheet.frames[4].pts_us--;
    assert_code(decode_changed(&sheet), ERR_CORRUPT);
    track_sheet_release(&sheet);
}

static void an_object_is_found_by_frame_and_position(void **state)
{
    (void)state;
    uint64_t random = 4;
    struct track_sheet sheet;
    draw_sheet(&random, 50, &sheet);
    for (size_t i = 0; i < sheet.object_count; i++) {
        char id[OBJECT_ID_SIZE];
        int32_t index = 0;
        int32_t k = 0;
        track_sheet_object_id(&sheet, "0123456789abcdef", i, id);
        assert_true(object_id_parse(id, NULL, &index, &k));
        assert_int_equal(track_sheet_find(&sheet, index, k), i);
    }
    for (size_t i = 0; i < sheet.frame_count; i++)
        assert_int_equal(track_sheet_find(&sheet, sheet.frames[i].index, (int32_t)sheet.frames[i].count), -1);
    assert_int_equal(track_sheet_find(&sheet, 0, 0), -1);
    assert_int_equal(track_sheet_find(&sheet, FRAME_INDEX_MAX, 0), -1);
    assert_int_equal(track_sheet_find(&sheet, sheet.frames[0].index, -1), -1);
    track_sheet_release(&sheet);
}

static struct meta_object object_at(float score, float side, const char *class_name)
{
    struct meta_object object = {.width = side, .height = side, .score = score};
    snprintf(object.class_name, META_CLASS_SIZE, "%s", class_name);
    return object;
}

static void a_track_is_described_by_its_objects(void **state)
{
    (void)state;
    struct track_sheet sheet = {0};
    struct meta_object first[] = {object_at(0.9f, 10, "car"), object_at(0.5f, 50, "bus")};
    struct meta_object second[] = {object_at(0.4f, 90, "bus"), object_at(0.8f, 20, "car")};
    track_sheet_add(&sheet, &(struct meta_frame){.index = 3, .pts_us = 600, .objects = first, .object_count = 2});
    track_sheet_add(&sheet, &(struct meta_frame){.index = 5, .pts_us = 1000, .objects = second, .object_count = 2});
    size_t count = 0;
    struct meta_track *tracks = track_sheet_describe(&sheet, (const int64_t[]){7, -1, 7, 2}, &count);
    assert_int_equal(count, 2);
    assert_int_equal(tracks[0].n, 2);
    assert_string_equal(tracks[0].class_name, "car");
    assert_int_equal(tracks[0].first_frame, 5);
    assert_int_equal(tracks[0].objects, 1);
    assert_int_equal(tracks[1].n, 7);
    // 0.9 for car, 0.4 for bus; 0.9 of 10 pixels shows less than 0.4 of 90.
    assert_string_equal(tracks[1].class_name, "car");
    assert_float_equal(tracks[1].score, 0.65f, 1e-6);
    assert_int_equal(tracks[1].first_us, 600);
    assert_int_equal(tracks[1].last_us, 1000);
    assert_int_equal(tracks[1].last_frame, 5);
    assert_int_equal(tracks[1].best_frame, 5);
    assert_int_equal(tracks[1].best_k, 0);
    free(tracks);
    tracks = track_sheet_describe(&sheet, (const int64_t[]){-1, -1, -1, -1}, &count);
    assert_int_equal(count, 0);
    free(tracks);
    track_sheet_release(&sheet);
}

static void a_stored_sheet_says_when_it_is_not_there_or_damaged(void **state)
{
    (void)state;
    uint64_t random = 5;
    struct blob_store *blobs = blob_store_memory_new(clock_system());
    const struct ingest ingest = {.blobs = blobs};
    const struct meta_video video = {.id = "0123456789abcdef", .project = "demo"};
    struct track_sheet sheet;
    struct track_sheet again;
    assert_code(track_sheet_get(&ingest, &video, &again, &err), ERR_NOT_FOUND);
    draw_sheet(&random, 20, &sheet);
    assert_ok(track_sheet_put(&ingest, &video, &sheet, &err), &err);
    assert_ok(track_sheet_get(&ingest, &video, &again, &err), &err);
    assert_same(&again, &sheet);
    track_sheet_release(&again);
    assert_ok(blob_store_put(blobs, "demo/0123456789abcdef/tracks", "FHTRACKS and then nothing", 25, &err), &err);
    assert_code(track_sheet_get(&ingest, &video, &again, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "newer"));
    assert_ok(blob_store_put(blobs, "demo/0123456789abcdef/tracks", "FHTRACKS\1 nothing of use", 24, &err), &err);
    assert_code(track_sheet_get(&ingest, &video, &again, &err), ERR_CORRUPT);
    track_sheet_release(&sheet);
    blob_store_free(blobs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sheet_comes_back_as_it_was_stored),
        cmocka_unit_test(a_sheet_with_any_wrong_byte_or_a_part_of_one_is_refused),
        cmocka_unit_test(what_breaks_the_rules_of_a_sheet_is_refused),
        cmocka_unit_test(an_object_is_found_by_frame_and_position),
        cmocka_unit_test(a_track_is_described_by_its_objects),
        cmocka_unit_test(a_stored_sheet_says_when_it_is_not_there_or_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
