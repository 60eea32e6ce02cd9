// Fuzzer: any bytes as the stored value of a frame's objects. What is taken can be stored again and is the same.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "meta_store/frame_value.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    const struct meta_object objects[] = {
        {.x = 1, .y = 2, .width = 3, .height = 4, .score = 0.5f, .class_name = "car", .track = -1},
        {.x = 5, .y = 6, .width = 7, .height = 8, .score = 0.25f, .class_name = "person", .track = 300},
        {.class_name = "", .track = INT64_MAX - 1},
        {.class_name = "car", .track = 0},
    };
    for (size_t count = 0; count <= sizeof(objects) / sizeof(objects[0]); count++) {
        struct strbuf value;
        strbuf_init(&value);
        frame_value_encode(objects, count, &value);
        add(context, value.size > 0 ? value.data : "", value.size);
        strbuf_release(&value);
    }
}

// Bit by bit, so that NaNs and zeros of either sign count as they are.
static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static void store_again(const struct meta_object *objects, size_t count)
{
    struct strbuf value;
    strbuf_init(&value);
    frame_value_encode(objects, count, &value);
    struct meta_object *again = NULL;
    size_t again_count = 0;
    struct err err = ERR_INIT;
    fuzz_require(frame_value_decode(value.data, value.size, &again, &again_count, &err) == ERR_NONE);
    fuzz_require(again_count == count);
    for (size_t i = 0; i < count; i++) {
        fuzz_require(same_bits(&again[i].x, &objects[i].x, 5 * sizeof(float)));
        fuzz_require(strcmp(again[i].class_name, objects[i].class_name) == 0);
        fuzz_require(again[i].track == objects[i].track);
    }
    free(again);
    strbuf_release(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct meta_object *objects = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    enum err_code code = frame_value_decode(data, size, &objects, &count, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code == ERR_NONE || (code == ERR_CORRUPT && objects == NULL));
    fuzz_require(count <= OBJECTS_PER_FRAME_MAX);
    if (code == ERR_NONE)
        store_again(objects, count);
    free(objects);
    return 0;
}
