#include "meta_store/frame_value.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static struct err err;

static uint32_t draw(uint64_t *random, uint32_t below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*random >> 33) % below);
}

static size_t draw_objects(uint64_t *random, struct meta_object objects[OBJECTS_PER_FRAME_MAX])
{
    static const char *const names[] = {"car", "person", "", "traffic light"};
    size_t count = draw(random, 8) == 0 ? OBJECTS_PER_FRAME_MAX : draw(random, 20);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits[5];
        for (int k = 0; k < 5; k++)
            bits[k] = draw(random, UINT32_MAX);
        memset(&objects[i], 0, sizeof(objects[i]));
        memcpy(&objects[i].x, bits, sizeof(bits));
        snprintf(objects[i].class_name, META_CLASS_SIZE, "%s", names[draw(random, 4)]);
        objects[i].track = draw(random, 2) == 0 ? -1 : (int64_t)draw(random, UINT32_MAX) << draw(random, 31);
    }
    return count;
}

static void assert_same(const struct meta_object *a, const struct meta_object *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(&a[i].x, &b[i].x, 5 * sizeof(float));
        assert_string_equal(a[i].class_name, b[i].class_name);
        assert_int_equal(a[i].track, b[i].track);
    }
}

static void any_objects_come_back_bit_for_bit(void **state)
{
    (void)state;
    uint64_t random = 1;
    struct meta_object *objects = mem_calloc(OBJECTS_PER_FRAME_MAX, sizeof(*objects));
    for (int i = 0; i < 500; i++) {
        size_t count = draw_objects(&random, objects);
        struct strbuf value;
        strbuf_init(&value);
        frame_value_encode(objects, count, &value);
        struct meta_object *decoded;
        size_t decoded_count;
        assert_ok(frame_value_decode(value.data, value.size, &decoded, &decoded_count, &err), &err);
        assert_int_equal(decoded_count, count);
        assert_same(decoded, objects, count);
        free(decoded);
        strbuf_release(&value);
    }
    free(objects);
}

static void the_format_is_what_the_header_says(void **state)
{
    (void)state;
    const struct meta_object objects[] = {
        {.x = 1, .class_name = "ab", .track = -1}, {.score = 0.5f, .class_name = "ab", .track = 300}};
    const unsigned char wanted[] = {1, 1, 2, 'a', 'b', 2,                       //
        0, 0, 0x80, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0, 0xAD, 0x02};
    struct strbuf value;
    strbuf_init(&value);
    frame_value_encode(objects, 2, &value);
    assert_int_equal(value.size, sizeof(wanted));
    assert_memory_equal(value.data, wanted, sizeof(wanted));
    strbuf_release(&value);
}

// The bytes lie at the end of an allocation of their own, so that a sanitizer sees every step beyond it.
static void decode_anything(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = mem_dup(bytes, size > 0 ? size : 1);
    struct meta_object *objects;
    size_t count;
    enum err_code code = frame_value_decode(copy, size, &objects, &count, &err);
    assert_true(code == ERR_NONE || code == ERR_CORRUPT);
    if (code != ERR_NONE)
        assert_null(objects);
    assert_true(count <= OBJECTS_PER_FRAME_MAX);
    for (size_t i = 0; i < count; i++)
        assert_true(strnlen(objects[i].class_name, META_CLASS_SIZE) < META_CLASS_SIZE);
    free(objects);
    free(copy);
}

static void random_bytes_are_refused_or_decoded_but_never_harmful(void **state)
{
    (void)state;
    uint64_t random = 2;
    unsigned char bytes[300];
    for (int i = 0; i < 20000; i++) {
        size_t size = draw(&random, sizeof(bytes));
        for (size_t k = 0; k < size; k++)
            bytes[k] = (unsigned char)draw(&random, draw(&random, 2) == 0 ? 256 : 4);
        if (size > 0)
            bytes[0] = draw(&random, 10) == 0 ? bytes[0] : 1;
        decode_anything(bytes, size);
    }
}

static void damaged_values_are_refused_or_decoded_but_never_harmful(void **state)
{
    (void)state;
    uint64_t random = 3;
    struct meta_object *objects = mem_calloc(OBJECTS_PER_FRAME_MAX, sizeof(*objects));
    for (int i = 0; i < 2000; i++) {
        size_t count = draw_objects(&random, objects) % 20;
        struct strbuf value;
        strbuf_init(&value);
        frame_value_encode(objects, count, &value);
        for (uint32_t changes = draw(&random, 4); value.size > 0 && changes > 0; changes--)
            value.data[draw(&random, (uint32_t)value.size)] = (char)draw(&random, 256);
        decode_anything((unsigned char *)value.data, value.size - (value.size > 0 ? draw(&random, 2) : 0));
        strbuf_release(&value);
    }
    free(objects);
}

static void every_cut_value_is_corrupt(void **state)
{
    (void)state;
    const struct meta_object objects[] = {{.class_name = "car", .track = 1}, {.class_name = "bus", .track = 4711}};
    struct strbuf value;
    strbuf_init(&value);
    frame_value_encode(objects, 2, &value);
    struct meta_object *decoded;
    size_t count;
    for (size_t size = 1; size < value.size; size++)
        assert_code(frame_value_decode(value.data, size, &decoded, &count, &err), ERR_CORRUPT);
    strbuf_addc(&value, 0);
    assert_code(frame_value_decode(value.data, value.size, &decoded, &count, &err), ERR_CORRUPT);
    value.data[0] = 2;
    assert_code(frame_value_decode(value.data, value.size, &decoded, &count, &err), ERR_CORRUPT);
    assert_non_null(strstr(err.message, "unknown format 2"));
    strbuf_release(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_objects_come_back_bit_for_bit),
        cmocka_unit_test(the_format_is_what_the_header_says),
        cmocka_unit_test(random_bytes_are_refused_or_decoded_but_never_harmful),
        cmocka_unit_test(damaged_values_are_refused_or_decoded_but_never_harmful),
        cmocka_unit_test(every_cut_value_is_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
