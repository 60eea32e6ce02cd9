#include "app/ui.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/plain_text.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#define COLUMNS_MAX 12
#define PLAIN_PERIOD_US 5000000
#define BAR_WIDTH 24
#define LINE_MAX_BYTES 512

static void put_plain(FILE *file, const char *before, const char *format, va_list args, const char *after)
{
    struct strbuf text;
    struct strbuf line;
    strbuf_init(&text);
    strbuf_init(&line);
    strbuf_addv(&text, format, args);
    strbuf_adds(&line, before);
    plain_text_add(&line, text.data, text.size);
    strbuf_adds(&line, after);
    fputs(line.data, file);
    strbuf_release(&line);
    strbuf_release(&text);
}

void ui_line(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_plain(stdout, "", format, args, "\n");
    va_end(args);
}

void ui_part(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_plain(stdout, "", format, args, "");
    va_end(args);
}

void ui_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_plain(stderr, "framehound: ", format, args, "\n");
    va_end(args);
}

void ui_duration(int64_t us, char out[UI_TEXT_SIZE])
{
    double s = (double)us / 1e6;
    if (s < 60)
        snprintf(out, UI_TEXT_SIZE, "%.1f s", s);
    else if (s < 3600)
        snprintf(out, UI_TEXT_SIZE, "%d min %02d s", (int)s / 60, (int)s % 60);
    else
        snprintf(out, UI_TEXT_SIZE, "%d h %02d min", (int)(s / 3600), (int)(s / 60) % 60);
}

void ui_size(int64_t bytes, char out[UI_TEXT_SIZE])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    snprintf(out, UI_TEXT_SIZE, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void ui_timestamp(int64_t us, char out[UI_TEXT_SIZE])
{
    int64_t ms = us / 1000;
    if (ms >= 3600000)
        snprintf(out, UI_TEXT_SIZE, "%" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 3600000, ms / 60000 % 60,
            ms / 1000 % 60, ms % 1000);
    else
        snprintf(out, UI_TEXT_SIZE, "%" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 60000, ms / 1000 % 60, ms % 1000);
}

// Digits, at most ten of them; NULL without any.
static const char *take_digits(const char *text, int64_t *number)
{
    int count = 0;
    *number = 0;
    for (; *text >= '0' && *text <= '9'; text++, count++) {
        if (count == 10)
            return NULL;
        *number = *number * 10 + (*text - '0');
    }
    return count > 0 ? text : NULL;
}

bool ui_parse_timestamp(const char *text, int64_t *us)
{
    int64_t seconds = 0;
    int parts = 0;
    for (;; text++) {
        int64_t part = 0;
        text = take_digits(text, &part);
        // Minutes and seconds behind a colon end at 59; alone they may be any number.
        if (text == NULL || parts == 3 || (parts > 0 && part > 59))
            return false;
        seconds = seconds * 60 + part;
        parts++;
        if (*text != ':')
            break;
    }
    *us = seconds * 1000000;
    if (*text != '.')
        return *text == '\0';
    int64_t unit = 100000;
    for (text++; *text >= '0' && *text <= '9' && unit > 0; text++, unit /= 10)
        *us += (*text - '0') * unit;
    return *text == '\0' && text[-1] != '.';
}

struct ui_table {
    size_t columns, rows, capacity;
    char **cells; // row by row, the headings first
};

static void add_row(struct ui_table *table, const char *const *cells)
{
    if ((table->rows + 1) * table->columns > table->capacity) {
        table->capacity = (table->capacity + 16 * table->columns) * 2;
        table->cells = mem_realloc_array(table->cells, table->capacity, sizeof(*table->cells));
    }
    for (size_t c = 0; c < table->columns; c++) {
        struct strbuf cell;
        strbuf_init(&cell);
        if (cells[c] != NULL)
            plain_text_add(&cell, cells[c], strlen(cells[c]));
        table->cells[table->rows * table->columns + c] = strbuf_detach(&cell, NULL);
    }
    table->rows++;
}

struct ui_table *ui_table_new(const char *const *headings)
{
    struct ui_table *table = mem_calloc(1, sizeof(*table));
    while (headings[table->columns] != NULL && table->columns < COLUMNS_MAX)
        table->columns++;
    add_row(table, headings);
    return table;
}

void ui_table_add(struct ui_table *table, const char *const *cells)
{
    add_row(table, cells);
}

size_t ui_table_rows(const struct ui_table *table)
{
    return table->rows - 1;
}

// Characters, not bytes; wide ones are counted as one.
static size_t shown_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

void ui_table_print(struct ui_table *table)
{
    size_t widths[COLUMNS_MAX] = {0};
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        size_t width = shown_width(table->cells[i]);
        if (width > widths[i % table->columns])
            widths[i % table->columns] = width;
    }
    for (size_t r = 0; r < table->rows; r++) {
        for (size_t c = 0; c < table->columns; c++) {
            const char *cell = table->cells[r * table->columns + c];
            bool last = c + 1 == table->columns;
            int padding = last ? 0 : (int)(widths[c] - shown_width(cell)) + 2;
            printf("%s%*s", cell, padding, "");
        }
        putchar('\n');
    }
}

void ui_table_free(struct ui_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->rows * table->columns; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void ui_print_json(const json_t *value)
{
    struct strbuf text;
    struct strbuf plain;
    strbuf_init(&text);
    strbuf_init(&plain);
    json_dump(value, &text);
    // The dump is UTF-8 without line breaks, and what is not plain in it stands within a string.
    for (size_t at = 0; at < text.size;) {
        uint32_t c = 0;
        size_t length = utf8_decode(text.data + at, text.size - at, &c);
        if (length > 0 && !plain_text_forbids(c))
            strbuf_add(&plain, text.data + at, length);
        else
            strbuf_addf(&plain, "\\u%04x", length > 0 ? (unsigned)c : 0xFFFDU);
        at += length > 0 ? length : 1;
    }
    puts(plain.data);
    strbuf_release(&plain);
    strbuf_release(&text);
}

int64_t ui_int(const json_t *object, const char *field)
{
    return (int64_t)json_integer_value(json_object_get(object, field));
}

double ui_number(const json_t *object, const char *field)
{
    return json_number_value(json_object_get(object, field));
}

const char *ui_string(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text != NULL ? text : "";
}

void ui_progress_begin(struct ui_progress *progress)
{
    *progress = (struct ui_progress){
        .terminal = isatty(STDERR_FILENO) == 1, .begun_us = clock_monotonic_us(clock_system()), .first_indexed = -1};
}

// How much of the video is done, 0 to 1; -1 as long as nobody can know.
static double fraction_done(const json_t *progress)
{
    int64_t expected = ui_int(progress, "frames_expected");
    int64_t done = ui_int(progress, "frames_indexed") + ui_int(progress, "frames_failed");
    if (expected <= 0)
        return -1;
    double fraction = (double)done / (double)expected;
    return fraction < 1 ? fraction : 1;
}

static void describe(struct ui_progress *p, const json_t *video, int64_t now_us, char line[LINE_MAX_BYTES])
{
    const json_t *progress = json_object_get(video, "progress");
    int64_t indexed = ui_int(progress, "frames_indexed");
    int64_t expected = ui_int(progress, "frames_expected");
    double seconds = (double)(now_us - p->begun_us) / 1e6;
    double rate = seconds > 0.5 ? (double)(indexed - p->first_indexed) / seconds : 0;
    char left[UI_TEXT_SIZE] = "";
    char of[UI_TEXT_SIZE] = "";
    if (expected > 0)
        snprintf(of, sizeof(of), "/%" PRId64, expected);
    if (rate > 0 && expected > indexed)
        ui_duration((int64_t)((double)(expected - indexed) / rate * 1e6), left);
    int n = snprintf(line, LINE_MAX_BYTES, "segments %" PRId64 "/%" PRId64 "%s  frames %" PRId64 "%s  objects %" PRId64,
        ui_int(progress, "segments_done"), ui_int(progress, "segments"),
        json_is_true(json_object_get(progress, "split_done")) ? "" : "+", indexed, of, ui_int(progress, "objects"));
    if (rate > 0)
        n += snprintf(line + n, LINE_MAX_BYTES - (size_t)n, "  %.1f frames/s", rate);
    if (left[0] != '\0')
        snprintf(line + n, LINE_MAX_BYTES - (size_t)n, "  %s left", left);
}

static void show_bar(const char *state, double fraction, const char *text)
{
    char bar[BAR_WIDTH * 3 + 1] = "";
    int full = fraction >= 0 ? (int)(fraction * BAR_WIDTH + 0.5) : 0;
    for (int i = 0; i < BAR_WIDTH; i++)
        strcat(bar, i < full ? "\u2588" : "\u2591");
    struct winsize size;
    int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    int room = columns - BAR_WIDTH - (int)strlen(state) - 4;
    fprintf(stderr, "\r\033[K%s %s %.*s", state, bar, room > 0 ? room : 0, text);
    fflush(stderr);
}

void ui_progress_show(struct ui_progress *p, const json_t *video)
{
    int64_t now_us = clock_monotonic_us(clock_system());
    const json_t *progress = json_object_get(video, "progress");
    char state[sizeof(p->state)];
    char line[LINE_MAX_BYTES];
    plain_text_copy(state, sizeof(state), ui_string(video, "state"));
    bool changed = strcmp(state, p->state) != 0;
    if (p->first_indexed < 0)
        p->first_indexed = ui_int(progress, "frames_indexed");
    if (!p->terminal && !changed && now_us - p->shown_us < PLAIN_PERIOD_US)
        return;
    memcpy(p->state, state, sizeof(p->state));
    p->shown_us = now_us;
    describe(p, video, now_us, line);
    if (p->terminal) {
        show_bar(state, fraction_done(progress), line);
        p->has_line = true;
    } else {
        fprintf(stderr, "%s  %s\n", state, line);
    }
}

void ui_progress_end(struct ui_progress *progress)
{
    if (progress->has_line)
        fputc('\n', stderr);
    progress->has_line = false;
}
