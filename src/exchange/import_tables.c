// Side files of archives: which frame a file or a number is, and what categories are called.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/csv.h"
#include "exchange/import_internal.h"

static void *room_for_one(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return mem_realloc_array(items, count == 0 ? 1 : count * 2, size);
}

// The header's columns of these names; -1: not there.
static void find_columns(const struct csv_record *header, const char *const *names, size_t count, int *columns)
{
    for (size_t c = 0; c < count; c++) {
        columns[c] = -1;
        for (size_t i = 0; i < header->count; i++) {
            if (strcmp(header->cells[i], names[c]) == 0)
                columns[c] = (int)i;
        }
    }
}

static const char *cell(const struct csv_record *record, int column)
{
    return column >= 0 && (size_t)column < record->count ? csv_text(record->cells[column]) : "";
}

// ---- frames.csv

enum { FRAME_FILE, FRAME_NUMBER, FRAME_VIDEO, FRAME_FRAME, FRAME_PTS, FRAME_COLUMNS };

static int compare_frames(const void *a, const void *b)
{
    const struct import_frame *x = a;
    const struct import_frame *y = b;
    if (x->file != NULL && y->file != NULL)
        return strcmp(x->file, y->file);
    return (x->number > y->number) - (x->number < y->number);
}

void import_frames_release(struct import_frames *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        free(frames->items[i].file);
    free(frames->items);
    *frames = (struct import_frames){0};
}

static enum err_code read_frame(struct import_file *file, const struct csv_record *record, const int *columns,
    struct import_frame *frame, struct err *err)
{
    int64_t number = 0;
    int64_t index = -1;
    const char *path = cell(record, columns[FRAME_FILE]);
    const char *video = cell(record, columns[FRAME_VIDEO]);
    *frame = (struct import_frame){.video = -1, .frame = -1, .pts_us = -1};
    enum err_code code = columns[FRAME_FILE] >= 0
        ? import_check_path(path, err)
        : import_integer("number", cell(record, columns[FRAME_NUMBER]), 1, INT32_MAX, &number, err);
    if (code == ERR_NONE)
        code = import_integer("frame", cell(record, columns[FRAME_FRAME]), 0, FRAME_INDEX_MAX, &index, err);
    if (code == ERR_NONE && columns[FRAME_PTS] >= 0)
        code = import_integer("pts_us", cell(record, columns[FRAME_PTS]), 0, INT64_MAX, &frame->pts_us, err);
    if (code == ERR_NONE && video[0] != '\0')
        code = import_add_video(file, video, &frame->video, err);
    frame->number = (int32_t)number;
    frame->frame = (int32_t)index;
    if (code == ERR_NONE && columns[FRAME_FILE] >= 0)
        frame->file = mem_strdup(path);
    return code;
}

static enum err_code check_frames(struct import_frames *frames, struct err *err)
{
    if (frames->count > 1)
        qsort(frames->items, frames->count, sizeof(*frames->items), compare_frames);
    for (size_t i = 1; i < frames->count; i++) {
        if (compare_frames(&frames->items[i - 1], &frames->items[i]) != 0)
            continue;
        if (frames->items[i].file != NULL)
            return err_set(err, ERR_INVALID, "the file \"%.100s\" is there twice", frames->items[i].file);
        return err_set(err, ERR_INVALID, "the number %d is there twice", (int)frames->items[i].number);
    }
    return ERR_NONE;
}

enum err_code import_read_frames(
    struct import_file *file, const char *text, size_t size, struct import_frames *frames, struct err *err)
{
    static const char *const names[FRAME_COLUMNS] = {"file", "number", "video", "frame", "pts_us"};
    int columns[FRAME_COLUMNS];
    struct csv_reader *reader = NULL;
    struct csv_record record;
    enum err_code code = csv_reader_new(text, size, &reader, err);
    if (code == ERR_NONE)
        code = csv_next(reader, &record, err);
    if (code == ERR_NONE) {
        find_columns(&record, names, FRAME_COLUMNS, columns);
        if ((columns[FRAME_FILE] < 0 && columns[FRAME_NUMBER] < 0) || columns[FRAME_FRAME] < 0)
            code = err_set(err, ERR_INVALID, "it needs the columns \"frame\" and \"file\" or \"number\"");
    }
    while (code == ERR_NONE) {
        code = csv_next(reader, &record, err);
        if (code != ERR_NONE || record.count == 0)
            break;
        if (frames->count == IMPORT_SOURCES_MAX)
            code = err_set(err, ERR_LIMIT, "it has more than %d lines", IMPORT_SOURCES_MAX);
        frames->items = room_for_one(frames->items, frames->count, sizeof(*frames->items));
        if (code == ERR_NONE)
            code = read_frame(file, &record, columns, &frames->items[frames->count], err);
        if (code == ERR_NONE)
            frames->count++;
        else
            err_context(err, "line %" PRId64, record.line);
    }
    csv_reader_free(reader);
    if (code == ERR_NONE)
        code = check_frames(frames, err);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "frames.csv");
}

static const struct import_frame *find_frame(const struct import_frames *frames, const struct import_frame *key)
{
    return frames->count == 0 ? NULL
                              : bsearch(key, frames->items, frames->count, sizeof(*frames->items), compare_frames);
}

const struct import_frame *import_frames_by_file(const struct import_frames *frames, const char *file)
{
    if (frames->count == 0 || frames->items[0].file == NULL)
        return NULL;
    const struct import_frame key = {.file = (char *)(uintptr_t)file};
    return find_frame(frames, &key);
}

const struct import_frame *import_frames_by_number(const struct import_frames *frames, int32_t number)
{
    if (frames->count == 0 || frames->items[0].file != NULL)
        return NULL;
    const struct import_frame key = {.number = number};
    return find_frame(frames, &key);
}

// ---- categories

void import_categories_release(struct import_categories *categories)
{
    for (size_t i = 0; i < categories->count; i++)
        free(categories->names[i]);
    free(categories->names);
    free(categories->is_class);
    *categories = (struct import_categories){0};
}

enum err_code import_categories_set(
    struct import_categories *categories, int64_t number, const char *name, struct err *err)
{
    if (number < 0 || number >= IMPORT_CATEGORIES_MAX)
        return err_set(err, ERR_LIMIT, "the number of a category is between 0 and %d", IMPORT_CATEGORIES_MAX - 1);
    size_t place = (size_t)number;
    if (place >= categories->count) {
        categories->names = mem_realloc_array(categories->names, place + 1, sizeof(*categories->names));
        categories->is_class = mem_realloc_array(categories->is_class, place + 1, sizeof(*categories->is_class));
        for (size_t i = categories->count; i <= place; i++) {
            categories->names[i] = NULL;
            categories->is_class[i] = false;
        }
        categories->count = place + 1;
    }
    if (categories->names[place] != NULL)
        return err_set(err, ERR_INVALID, "the category %zu has two names", place);
    categories->names[place] = mem_strdup(name);
    return ERR_NONE;
}

enum err_code import_read_name_lines(
    struct import_categories *categories, const char *text, size_t size, struct err *err)
{
    const char *end = text + size;
    enum err_code code = ERR_NONE;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    for (int64_t number = 0; text < end && code == ERR_NONE; number++) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        size_t length = line_end != NULL ? (size_t)(line_end - text) : (size_t)(end - text);
        char *name = mem_strndup(text, length > 0 && text[length - 1] == '\r' ? length - 1 : length);
        code = import_categories_set(categories, number, name, err);
        free(name);
        text += length + (line_end != NULL);
    }
    return code;
}

enum err_code import_read_kinds(
    struct import_categories *categories, int64_t first, const char *text, size_t size, struct err *err)
{
    static const char *const names[] = {"number", "kind"};
    int columns[2] = {-1, -1};
    struct csv_reader *reader = NULL;
    struct csv_record record;
    enum err_code code = csv_reader_new(text, size, &reader, err);
    if (code == ERR_NONE)
        code = csv_next(reader, &record, err);
    if (code == ERR_NONE)
        find_columns(&record, names, 2, columns);
    if (code == ERR_NONE && (columns[0] < 0 || columns[1] < 0))
        code = err_set(err, ERR_INVALID, "it needs the columns \"number\" and \"kind\"");
    while (code == ERR_NONE) {
        int64_t number = 0;
        code = csv_next(reader, &record, err);
        if (code != ERR_NONE || record.count == 0)
            break;
        code = import_integer("number", cell(&record, columns[0]), first, IMPORT_CATEGORIES_MAX, &number, err);
        number -= first;
        if (code == ERR_NONE && (size_t)number < categories->count)
            categories->is_class[number] = strcmp(cell(&record, columns[1]), "class") == 0;
    }
    csv_reader_free(reader);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "categories.csv");
}
