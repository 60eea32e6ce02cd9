#include "vision/mot_file.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/file.h"

#define COLUMNS_LEAST 6
#define COLUMNS_MOST 10
#define LINE_SIZE_MAX 512
#define ID_MAX INT64_C(4611686018427387904)

static const char *const column_names[COLUMNS_MOST] = {
    "frame", "id", "left", "top", "width", "height", "confidence", "class", "visibility", "tenth number"};

struct reader {
    const char *name;
    int32_t line;
    struct mot_row *rows;
    size_t count;
    size_t capacity;
    struct err *err;
};

static enum err_code refuse(const struct reader *r, int column, const char *what)
{
    return err_set(r->err, ERR_INVALID, "%s, line %d: the %s %s", r->name, (int)r->line, column_names[column], what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

// Splits the line, which is followed by a NUL, into numbers.
static enum err_code read_numbers(const struct reader *r, const char *line, double numbers[COLUMNS_MOST], int *count)
{
    const char *at = line;
    *count = 0;
    for (;;) {
        if (*count == COLUMNS_MOST)
            return err_set(
                r->err, ERR_INVALID, "%s, line %d: more than %d numbers", r->name, (int)r->line, COLUMNS_MOST);
        char *end = NULL;
        while (is_blank(*at))
            at++;
        numbers[*count] = strtod(at, &end);
        if (end == at)
            return refuse(r, *count, *at == ',' || *at == '\0' ? "is missing" : "is not a number");
        at = end;
        while (is_blank(*at))
            at++;
        if (*at != ',' && *at != '\0')
            return refuse(r, *count, "is not a number followed by a comma");
        if (!isfinite(numbers[*count]))
            return refuse(r, *count, "is not finite");
        (*count)++;
        if (*at == '\0')
            return ERR_NONE;
        at++;
        // Some tools end lines with a comma.
        const char *rest = at;
        while (is_blank(*rest))
            rest++;
        if (*rest == '\0' && *count >= COLUMNS_LEAST)
            return ERR_NONE;
    }
}

static bool is_whole(double number, double least, double most)
{
    return number >= least && number <= most && floor(number) == number;
}

static enum err_code check_numbers(const struct reader *r, const double n[COLUMNS_MOST], int count)
{
    if (count < COLUMNS_LEAST)
        return err_set(r->err, ERR_INVALID,
            "%s, line %d: %d numbers instead of at least %d (frame, id, left, top, width, height)", r->name,
            (int)r->line, count, COLUMNS_LEAST);
    if (!is_whole(n[0], 1, MOT_FRAMES_MAX))
        return err_set(r->err, ERR_INVALID, "%s, line %d: the frame %g is not a whole number from 1 to %d", r->name,
            (int)r->line, n[0], MOT_FRAMES_MAX);
    if (!is_whole(n[1], -1, (double)ID_MAX))
        return refuse(r, 1, "is not a whole number from -1");
    for (int i = 2; i < 6; i++) {
        if (!(fabs(n[i]) <= MOT_NUMBER_MAX))
            return refuse(r, i, "is out of bounds");
    }
    for (int i = 4; i < 6; i++) {
        if (!(n[i] > 0.0))
            return err_set(r->err, ERR_INVALID, "%s, line %d: the %s must be above 0, not %g", r->name, (int)r->line,
                column_names[i], n[i]);
    }
    // Columns 8 to 10 of a tracker's result are places in the world, -1 as a rule.
    if (count >= 8 && count < COLUMNS_MOST && !is_whole(n[7], -1, INT32_MAX))
        return refuse(r, 7, "is not a whole number from -1");
    return ERR_NONE;
}

static enum err_code read_line(struct reader *r, const char *line)
{
    double n[COLUMNS_MOST];
    int count = 0;
    enum err_code code = read_numbers(r, line, n, &count);
    if (code == ERR_NONE)
        code = check_numbers(r, n, count);
    if (code != ERR_NONE)
        return code;
    if (r->count == MOT_ROWS_MAX)
        return err_set(r->err, ERR_LIMIT, "%s has more than %d boxes", r->name, MOT_ROWS_MAX);
    if (r->count == r->capacity) {
        r->capacity = r->capacity * 2 + 1024;
        r->rows = mem_realloc_array(r->rows, r->capacity, sizeof(*r->rows));
    }
    r->rows[r->count] = (struct mot_row){.frame = (int32_t)n[0],
        .line = r->line,
        .index = r->count,
        .id = (int64_t)n[1],
        .x = n[2],
        .y = n[3],
        .width = n[4],
        .height = n[5],
        .confidence = count > 6 ? n[6] : 1.0,
        .class_id = count > 7 && is_whole(n[7], 0, INT32_MAX) ? (int32_t)n[7] : -1,
        .visibility = count > 8 ? n[8] : -1.0};
    r->count++;
    return ERR_NONE;
}

static enum err_code read_lines(struct reader *r, const char *text, size_t size)
{
    char line[LINE_SIZE_MAX];
    enum err_code code = ERR_NONE;
    for (size_t at = 0; at < size && code == ERR_NONE;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t length = newline != NULL ? (size_t)(newline - text) - at : size - at;
        r->line++;
        const char *begin = text + at;
        at += length + 1;
        size_t blanks = 0;
        while (blanks < length && is_blank(begin[blanks]))
            blanks++;
        if (blanks == length || begin[blanks] == '#')
            continue;
        if (length >= sizeof(line) || memchr(begin, '\0', length) != NULL)
            return err_set(r->err, ERR_INVALID, "%s, line %d: this is no line of text with up to %d characters",
                r->name, (int)r->line, LINE_SIZE_MAX - 1);
        memcpy(line, begin, length);
        line[length] = '\0';
        code = read_line(r, line);
    }
    return code;
}

// Counting sort: stable, and the beginnings are wanted anyway.
static void sort_by_frame(struct mot_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        file->frames = file->rows[i].frame > file->frames ? file->rows[i].frame : file->frames;
    file->begin = mem_calloc((size_t)file->frames + 2, sizeof(*file->begin));
    struct mot_row *sorted = mem_calloc(file->count + 1, sizeof(*sorted));
    size_t *next = mem_calloc((size_t)file->frames + 2, sizeof(*next));
    for (size_t i = 0; i < file->count; i++)
        file->begin[file->rows[i].frame + 1]++;
    for (int32_t f = 0; f <= file->frames; f++)
        file->begin[f + 1] += file->begin[f];
    memcpy(next, file->begin, ((size_t)file->frames + 2) * sizeof(*next));
    for (size_t i = 0; i < file->count; i++)
        sorted[next[file->rows[i].frame]++] = file->rows[i];
    free(next);
    free(file->rows);
    file->rows = sorted;
}

enum err_code mot_file_parse(const char *name, const char *text, size_t size, struct mot_file **out, struct err *err)
{
    struct reader r = {.name = name, .err = err};
    *out = NULL;
    enum err_code code = read_lines(&r, text, size);
    if (code != ERR_NONE) {
        free(r.rows);
        return code;
    }
    struct mot_file *file = mem_calloc(1, sizeof(*file));
    file->rows = r.rows;
    file->count = r.count;
    sort_by_frame(file);
    *out = file;
    return ERR_NONE;
}

enum err_code mot_file_load(const char *path, struct mot_file **out, struct err *err)
{
    char *text = NULL;
    size_t size = 0;
    *out = NULL;
    enum err_code code = file_read(path, MOT_FILE_SIZE_MAX, &text, &size, err);
    if (code != ERR_NONE)
        return code;
    code = mot_file_parse(path, text, size, out, err);
    free(text);
    return code;
}

void mot_file_free(struct mot_file *file)
{
    if (file == NULL)
        return;
    free(file->rows);
    free(file->begin);
    free(file);
}

static int by_id(const void *left, const void *right)
{
    const struct mot_row *a = *(const struct mot_row *const *)left;
    const struct mot_row *b = *(const struct mot_row *const *)right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

enum err_code mot_file_check_ids(const char *name, const struct mot_file *file, struct err *err)
{
    const struct mot_row **sorted = mem_calloc(file->count + 1, sizeof(struct mot_row *));
    enum err_code code = ERR_NONE;
    for (int32_t f = 1; f <= file->frames && code == ERR_NONE; f++) {
        size_t count = file->begin[f + 1] - file->begin[f];
        for (size_t i = 0; i < count; i++)
            sorted[i] = &file->rows[file->begin[f] + i];
        qsort(sorted, count, sizeof(struct mot_row *), by_id);
        if (count > 0 && sorted[0]->id < 0)
            code = err_set(err, ERR_INVALID, "%s, line %d: the box has no id", name, (int)sorted[0]->line);
        for (size_t i = 1; i < count && code == ERR_NONE; i++) {
            if (sorted[i]->id == sorted[i - 1]->id)
                code =
                    err_set(err, ERR_INVALID, "%s, line %d: the id %" PRId64 " occurs twice in frame %d (line %d too)",
                        name, (int)sorted[i]->line, sorted[i]->id, (int)f, (int)sorted[i - 1]->line);
        }
    }
    free(sorted);
    return code;
}

void mot_row_format(const struct mot_row *row, struct strbuf *out)
{
    strbuf_addf(out, "%d,%" PRId64 ",%.2f,%.2f,%.2f,%.2f,%.4g,", (int)row->frame, row->id, row->x, row->y, row->width,
        row->height, row->confidence);
    if (row->class_id >= 0)
        strbuf_addf(out, "%d,%.4g\n", (int)row->class_id, row->visibility);
    else
        strbuf_adds(out, "-1,-1,-1\n");
}
