// What the fuzzers of import share: a file is read, and what it says keeps its promises.
#pragma once

#include <math.h>
#include <string.h>

#include "exchange/import_file.h"
#include "fuzz.h"

static inline void fuzz_import(enum exchange_format format, const void *bytes, size_t size)
{
    const struct import_hints hints = {.label = "a"};
    struct import_file *file = NULL;
    struct err err = ERR_INIT;
    enum err_code code = import_file_parse(format, bytes, size, &hints, &file, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require((code == ERR_NONE) == (file != NULL));
    fuzz_require(code == ERR_NONE || code == ERR_INVALID || code == ERR_LIMIT);
    for (size_t i = 0; file != NULL && i < file->count; i++) {
        const struct import_row *row = &file->rows[i];
        char place[IMPORT_PLACE_SIZE];
        import_file_place(file, row, place);
        fuzz_require(place[0] != '\0');
        fuzz_require(row->label >= 0 && (size_t)row->label < file->label_count);
        fuzz_require(row->word >= IMPORT_EXPLICIT && row->word <= IMPORT_NEGATIVE);
        fuzz_require(row->video < (int32_t)file->video_count && row->object_video < (int32_t)file->video_count);
        fuzz_require(!row->has_box || (isfinite(row->x) && isfinite(row->y) && row->width >= 0 && row->height >= 0));
        fuzz_require(row->has_box || row->object_k >= 0);
    }
    for (size_t i = 0; file != NULL && i < file->label_count; i++)
        fuzz_require(file->labels[i][0] != '\0' && strlen(file->labels[i]) <= 400);
    import_file_free(file);
}
