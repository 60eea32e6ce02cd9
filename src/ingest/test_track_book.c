#include "ingest/test_track_book.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/test.h"
#include "ingest/track_request.h"

struct err failure;

struct meta_object walker(size_t frame, int64_t n)
{
    return (struct meta_object){.x = (float)n * 100.0f + (float)frame,
        .y = 10.0f,
        .width = 30.0f,
        .height = 60.0f,
        .score = 0.5f + (float)((frame * 7 + (size_t)n * 3) % 11) / 30.0f,
        .class_name = "person",
        .track = n};
}

void add_frame(struct track_sheet *sheet, int32_t index, struct meta_object *objects, size_t count)
{
    struct meta_frame frame = {
        .index = index, .pts_us = index * INT64_C(200000), .objects = objects, .object_count = count};
    track_sheet_add(sheet, &frame);
    for (size_t k = 0; k < count; k++) {
        struct sheet_object *object = &sheet->objects[sheet->object_count - count + k];
        object->track = objects[k].track;
        sheet->last = object->track > sheet->last ? object->track : sheet->last;
    }
}

void add_written(struct track_book *book, const struct track_entry *entry, int64_t at_us)
{
    struct track_entry read;
    struct strbuf text;
    strbuf_init(&text);
    track_entry_encode(entry, VIDEO, &text);
    assert_ok(track_entry_decode(text.data, text.size, VIDEO, &read, &failure), &failure);
    assert_ok(track_book_add(book, &read, at_us, &failure), &failure);
    strbuf_release(&text);
}

enum err_code correct(struct track_book *book, const struct track_sheet *sheet,
    const struct correction_request *request, int64_t at_us, struct track_state **state)
{
    struct track_entry entry;
    struct track_anchor *room = NULL;
    int64_t version = track_book_version(book);
    *state = track_book_replay(book, sheet, VIDEO, version);
    enum err_code code = track_request_entry(request, sheet, *state, VIDEO, &entry, &room, &failure);
    if (code == ERR_NONE)
        code = track_state_apply(*state, &entry, version + 1, &failure);
    if (code == ERR_NONE)
        add_written(book, &entry, at_us);
    free(room);
    return code;
}
