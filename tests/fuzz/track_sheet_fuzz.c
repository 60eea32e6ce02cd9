// Fuzzer: any bytes as a video's sheet of tracks, as they are and with the checksum that they should have. What is
// taken keeps the rules of a sheet, can be stored again and is the same.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "ingest/track_sheet.h"
#include "vector_index/vector_checksum.h"

#define CHECKSUM_SIZE 8

static void add_sheet(const struct meta_frame *frames, size_t count, fuzz_seed_add add, void *context)
{
    struct track_sheet sheet = {0};
    struct strbuf bytes;
    strbuf_init(&bytes);
    for (size_t i = 0; i < count; i++) {
        track_sheet_add(&sheet, &frames[i]);
        for (size_t k = 0; k < frames[i].object_count; k++)
            sheet.objects[sheet.frames[i].first + k].track = frames[i].objects[k].track;
    }
    track_sheet_encode(&sheet, &bytes);
    add(context, bytes.data, bytes.size);
    strbuf_release(&bytes);
    track_sheet_release(&sheet);
}

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    struct meta_object objects[] = {
        {.x = 1, .y = 2, .width = 3, .height = 4, .score = 0.5f, .class_name = "car", .track = 1},
        {.x = 5, .y = 6, .width = 7, .height = 8, .score = 0.25f, .class_name = "person", .track = -1},
        {.x = 9, .y = 6, .width = 7, .height = 8, .score = 0.25f, .class_name = "car", .track = 2},
    };
    const struct meta_frame frames[] = {
        {.index = 0, .pts_us = 0, .objects = objects, .object_count = 3},
        {.index = 1, .pts_us = 200000, .objects = objects, .object_count = 1},
        {.index = 300, .pts_us = 60000000, .objects = objects, .object_count = 0},
        {.index = 301, .pts_us = 60200000, .objects = objects, .object_count = 2},
    };
    for (size_t count = 0; count <= sizeof(frames) / sizeof(frames[0]); count++)
        add_sheet(frames, count, add, context);
}

static void keeps_the_rules(const struct track_sheet *sheet)
{
    size_t objects = 0;
    for (size_t i = 0; i < sheet->frame_count; i++) {
        const struct sheet_frame *frame = &sheet->frames[i];
        fuzz_require(i == 0 || frame->index > sheet->frames[i - 1].index);
        fuzz_require(i == 0 || frame->pts_us > sheet->frames[i - 1].pts_us);
        fuzz_require(frame->first == objects && frame->count <= OBJECTS_PER_FRAME_MAX);
        objects += frame->count;
        for (size_t a = frame->first; a < objects; a++) {
            const struct sheet_object *object = &sheet->objects[a];
            fuzz_require(object->frame == (int32_t)i && isfinite(object->x) && isfinite(object->score));
            fuzz_require(object->class_number >= 0 && (size_t)object->class_number < sheet->class_count);
            fuzz_require(object->track >= -1 && object->track <= sheet->last);
            for (size_t b = frame->first; b < a; b++)
                fuzz_require(object->track < 0 || object->track != sheet->objects[b].track);
        }
    }
    fuzz_require(objects == sheet->object_count && sheet->last <= (int64_t)objects);
}

// Bit by bit, so that zeros of either sign count as they are.
static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static void store_again(struct track_sheet *sheet)
{
    struct track_sheet again;
    struct strbuf bytes;
    struct err err = ERR_INIT;
    strbuf_init(&bytes);
    track_sheet_encode(sheet, &bytes);
    fuzz_require(track_sheet_decode(bytes.data, bytes.size, &again, &err) == ERR_NONE);
    fuzz_require(again.frame_count == sheet->frame_count && again.object_count == sheet->object_count);
    for (size_t i = 0; i < sheet->object_count; i++) {
        fuzz_require(same_bits(&again.objects[i].x, &sheet->objects[i].x, 5 * sizeof(float)));
        fuzz_require(again.objects[i].class_number == sheet->objects[i].class_number);
        fuzz_require(again.objects[i].track == sheet->objects[i].track);
    }
    strbuf_release(&bytes);
    track_sheet_release(&again);
}

static void describe(const struct track_sheet *sheet)
{
    int64_t *numbers = malloc((sheet->object_count + 1) * sizeof(*numbers));
    size_t count = 0;
    for (size_t i = 0; i < sheet->object_count; i++)
        numbers[i] = sheet->objects[i].track;
    struct meta_track *tracks = track_sheet_describe(sheet, numbers, &count);
    for (size_t i = 0; i < count; i++)
        fuzz_require(tracks[i].objects > 0 && tracks[i].first_us <= tracks[i].last_us);
    free(tracks);
    free(numbers);
}

static void try(const uint8_t *data, size_t size)
{
    struct track_sheet sheet;
    struct err err = ERR_INIT;
    enum err_code code = track_sheet_decode(data, size, &sheet, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code == ERR_NONE || code == ERR_CORRUPT || code == ERR_INVALID);
    fuzz_require(code == ERR_NONE || sheet.objects == NULL);
    if (code != ERR_NONE)
        return;
    keeps_the_rules(&sheet);
    store_again(&sheet);
    describe(&sheet);
    track_sheet_release(&sheet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try(data, size);
    if (size < CHECKSUM_SIZE)
        return 0;
    uint8_t *copy = malloc(size);
    memcpy(copy, data, size);
    uint64_t checksum = vector_checksum(copy, size - CHECKSUM_SIZE, 0);
    for (size_t i = 0; i < CHECKSUM_SIZE; i++)
        copy[size - CHECKSUM_SIZE + i] = (uint8_t)(checksum >> (8 * i));
    try(copy, size);
    free(copy);
    return 0;
}
