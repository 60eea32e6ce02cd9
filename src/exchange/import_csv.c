// Tables: CSV as it is exported, or of another program, with a header that names the columns.
#include <inttypes.h>
#include <string.h>

#include "exchange/csv.h"
#include "exchange/import_internal.h"

enum column {
    COLUMN_VIDEO,
    COLUMN_FRAME,
    COLUMN_PTS,
    COLUMN_FRAME_WIDTH,
    COLUMN_FRAME_HEIGHT,
    COLUMN_OBJECT,
    COLUMN_X,
    COLUMN_Y,
    COLUMN_WIDTH,
    COLUMN_HEIGHT,
    COLUMN_LABEL,
    COLUMN_KIND,
    COLUMN_COUNT,
};
static const char *const column_names[COLUMN_COUNT] = {
    "video", "frame", "pts_us", "frame_width", "frame_height", "object", "x", "y", "width", "height", "label", "kind"};

struct table {
    struct import_file *file;
    int32_t source;
    int columns[COLUMN_COUNT]; // where they stand; -1: not there
    size_t width;
};

static enum err_code find_columns(struct table *table, const struct csv_record *header, struct err *err)
{
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        table->columns[c] = -1;
        for (size_t i = 0; i < header->count; i++) {
            if (strcmp(header->cells[i], column_names[c]) != 0)
                continue;
            if (table->columns[c] >= 0)
                return err_set(err, ERR_INVALID, "the column \"%s\" is there twice", column_names[c]);
            table->columns[c] = (int)i;
        }
    }
    table->width = header->count;
    return ERR_NONE;
}

static bool has(const struct table *table, enum column column)
{
    return table->columns[column] >= 0;
}

static enum err_code check_columns(const struct table *table, const struct csv_record *header, struct err *err)
{
    bool has_box =
        has(table, COLUMN_X) && has(table, COLUMN_Y) && has(table, COLUMN_WIDTH) && has(table, COLUMN_HEIGHT);
    bool has_place = has_box && (has(table, COLUMN_FRAME) || has(table, COLUMN_PTS));
    if (header->count == 0)
        return err_set(err, ERR_INVALID, "the file is empty: its first line must name the columns");
    if (header->count == 1 && strchr(header->cells[0], ';') != NULL)
        return err_set(err, ERR_INVALID, "the columns are separated by semicolons: save the file with commas");
    if (!has(table, COLUMN_LABEL))
        return err_set(err, ERR_INVALID, "there is no column \"label\": the first line must name the columns");
    if (!has(table, COLUMN_OBJECT) && !has_place)
        return err_set(err, ERR_INVALID,
            "there is neither a column \"object\" nor are there \"x\", \"y\", \"width\", \"height\" with \"frame\" or "
            "\"pts_us\": nothing says which object is meant");
    return ERR_NONE;
}

// A cell's text; "" where the column is not there.
static const char *cell(const struct table *table, const struct csv_record *record, enum column column)
{
    return has(table, column) ? csv_text(record->cells[table->columns[column]]) : "";
}

static enum err_code read_integer(const struct table *table, const struct csv_record *record, enum column column,
    int64_t most, int64_t *out, struct err *err)
{
    const char *text = cell(table, record, column);
    return text[0] == '\0' ? ERR_NONE : import_integer(column_names[column], text, 0, most, out, err);
}

static enum err_code read_box(
    const struct table *table, const struct csv_record *record, struct import_row *row, struct err *err)
{
    double box[4] = {0};
    size_t given = 0;
    enum err_code code = ERR_NONE;
    for (int i = 0; i < 4 && code == ERR_NONE; i++) {
        const char *text = cell(table, record, COLUMN_X + i);
        given += text[0] != '\0';
        if (text[0] != '\0')
            code = import_number(
                column_names[COLUMN_X + i], text, -IMPORT_COORDINATE_MAX, IMPORT_COORDINATE_MAX, &box[i], err);
    }
    if (code == ERR_NONE && given != 0 && given != 4)
        code = err_set(err, ERR_INVALID, "a box needs x, y, width and height");
    return code == ERR_NONE && given == 4 ? import_set_box(row, box, err) : code;
}

static enum err_code read_place(
    struct table *table, const struct csv_record *record, struct import_row *row, struct err *err)
{
    int64_t frame = -1;
    int64_t wide = 0;
    int64_t high = 0;
    const char *video = cell(table, record, COLUMN_VIDEO);
    const char *object = cell(table, record, COLUMN_OBJECT);
    enum err_code code = video[0] != '\0' ? import_add_video(table->file, video, &row->video, err) : ERR_NONE;
    if (code == ERR_NONE)
        code = read_integer(table, record, COLUMN_FRAME, FRAME_INDEX_MAX, &frame, err);
    if (code == ERR_NONE)
        code = read_integer(table, record, COLUMN_PTS, INT64_MAX, &row->pts_us, err);
    if (code == ERR_NONE)
        code = read_integer(table, record, COLUMN_FRAME_WIDTH, 1000000, &wide, err);
    if (code == ERR_NONE)
        code = read_integer(table, record, COLUMN_FRAME_HEIGHT, 1000000, &high, err);
    if (code == ERR_NONE && object[0] != '\0')
        code = import_set_object(table->file, row, object, err);
    if (code == ERR_NONE)
        code = read_box(table, record, row, err);
    row->frame = (int32_t)frame;
    bool is_other = object[0] != '\0' &&
        ((row->video >= 0 && row->video != row->object_video) || (frame >= 0 && frame != row->object_frame));
    if (code == ERR_NONE && is_other)
        code = err_set(err, ERR_INVALID, "the object %.40s is not of the video and frame that the line says", object);
    row->frame_width = (float)wide;
    row->frame_height = (float)high;
    if (code == ERR_NONE && object[0] == '\0' && (!row->has_box || (frame < 0 && row->pts_us < 0)))
        code = err_set(err, ERR_INVALID, "nothing says which object is meant: neither its id, nor its frame and box");
    return code;
}

// What the record says of its label; *is_wanted false: nothing of interest.
static enum err_code read_kind(
    const char *kind, const char *label, enum import_word *word, bool *is_wanted, struct err *err)
{
    *word = strcmp(kind, "negative") == 0 ? IMPORT_NEGATIVE
        : strcmp(kind, "track") == 0      ? IMPORT_TRACK
                                          : IMPORT_EXPLICIT;
    *is_wanted = label[0] != '\0' && strcmp(kind, "probable") != 0;
    bool is_known =
        kind[0] == '\0' || *word != IMPORT_EXPLICIT || strcmp(kind, "explicit") == 0 || strcmp(kind, "probable") == 0;
    if (!is_known)
        return err_set(err, ERR_INVALID, "kind must be explicit, track, probable or negative, not \"%.32s\"", kind);
    if (label[0] == '\0' && kind[0] != '\0')
        return err_set(err, ERR_INVALID, "the label is missing");
    return ERR_NONE;
}

static enum err_code read_record(struct table *table, const struct csv_record *record, struct err *err)
{
    struct import_row *row = NULL;
    enum import_word word;
    bool is_wanted = false;
    // Before any of them is looked at: a shorter record has no cells where others have.
    if (record->count != table->width)
        return err_set(err, ERR_INVALID, "there are %zu cells, but the first line has %zu: is the file cut off?",
            record->count, table->width);
    const char *label = cell(table, record, COLUMN_LABEL);
    enum err_code code = read_kind(cell(table, record, COLUMN_KIND), label, &word, &is_wanted, err);
    if (code == ERR_NONE && !is_wanted) {
        table->file->passed_over++;
        return ERR_NONE;
    }
    if (code == ERR_NONE)
        code = import_add_row(table->file, &row, err);
    if (code != ERR_NONE)
        return code;
    row->source = table->source;
    row->place = record->line;
    row->word = word;
    code = import_add_label(table->file, label, &row->label, err);
    return code == ERR_NONE ? read_place(table, record, row, err) : code;
}

enum err_code import_read_csv(struct import_file *file, const char *text, size_t size, struct err *err)
{
    struct table table = {.file = file};
    struct csv_reader *reader = NULL;
    struct csv_record record = {0};
    enum err_code code = import_add_source(file, "", false, &table.source, err);
    if (code == ERR_NONE)
        code = csv_reader_new(text, size, &reader, err);
    if (code == ERR_NONE)
        code = csv_next(reader, &record, err);
    if (code == ERR_NONE)
        code = find_columns(&table, &record, err);
    if (code == ERR_NONE)
        code = check_columns(&table, &record, err);
    while (code == ERR_NONE) {
        code = csv_next(reader, &record, err);
        if (code != ERR_NONE || record.count == 0)
            break;
        code = read_record(&table, &record, err);
        if (code != ERR_NONE)
            err_context(err, "line %" PRId64, record.line);
    }
    csv_reader_free(reader);
    return code;
}
