// Fuzzer: any bytes as a correction in the journal. What is taken can be written again and means the same.
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "ingest/track_step.h"

static const char video[] = "0123456789abcdef";

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const struct track_anchor objects[] = {
        {.index = 2, .k = 1, .box = {1, 2.5f, 3, 4}}, {.index = 7, .k = 0, .box = {-1, 2, 1e9f, 0.1f}}};
    const struct track_entry entries[] = {
        {.kind = TRACK_STEP_SPLIT, .by = "ann", .time_us = 400000, .track = 7, .other = -1, .at = objects[0]},
        {.kind = TRACK_STEP_MERGE, .track = 9, .other = 7, .at = objects[0], .to = objects[1], .has_to = true},
        {.kind = TRACK_STEP_GIVE,
            .track = -1,
            .other = 7,
            .objects = objects,
            .count = 2,
            .to = objects[1],
            .has_to = true},
        {.kind = TRACK_STEP_GIVE, .track = 3, .other = -1, .objects = objects, .count = 1},
        {.kind = TRACK_STEP_UNDO, .track = -1, .other = -1, .step = 17},
        {.kind = TRACK_STEP_REDO, .track = -1, .other = -1, .step = 17, .by = "å"},
    };
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        struct strbuf text;
        strbuf_init(&text);
        track_entry_encode(&entries[i], video, &text);
        add(context, text.data, text.size);
        strbuf_release(&text);
    }
}

// Bit by bit, so that zeros of either sign count as they are.
static bool same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

static bool same(const struct track_anchor *a, const struct track_anchor *b)
{
    return a->index == b->index && a->k == b->k && same_bits(a->box, b->box, sizeof(a->box));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct track_entry entry;
    struct track_entry again;
    struct strbuf text;
    struct err err = ERR_INIT;
    enum err_code code = track_entry_decode(data, size, video, &entry, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code == ERR_NONE || code == ERR_CORRUPT || code == ERR_INVALID);
    fuzz_require(code == ERR_NONE || entry.memory == NULL);
    if (code != ERR_NONE)
        return 0;
    strbuf_init(&text);
    track_entry_encode(&entry, video, &text);
    fuzz_require(track_entry_decode(text.data, text.size, video, &again, &err) == ERR_NONE);
    fuzz_require(again.kind == entry.kind && again.step == entry.step && again.time_us == entry.time_us);
    fuzz_require(again.track == entry.track && again.other == entry.other && again.has_to == entry.has_to);
    fuzz_require((again.by == NULL) == (entry.by == NULL) && again.count == entry.count);
    fuzz_require(again.by == NULL || strcmp(again.by, entry.by) == 0);
    fuzz_require(same(&again.at, &entry.at) && same(&again.to, &entry.to));
    for (size_t i = 0; i < entry.count; i++) {
        fuzz_require(same(&again.objects[i], &entry.objects[i]));
        fuzz_require(i == 0 || entry.objects[i].index > entry.objects[i - 1].index);
    }
    track_entry_release(&again);
    track_entry_release(&entry);
    strbuf_release(&text);
    return 0;
}
