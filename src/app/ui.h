// What commands show to people: lines, tables, sizes, times, and progress. Standard output holds results, standard
// error progress and mistakes. Names, titles and what servers say are foreign text: all that is shown is plain
// (base/plain_text.h), so that nothing in it steers a terminal or looks like a line of its own. One thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

// A line on standard output, or a part of one. Line breaks in what is formatted are spaces.
void ui_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ui_part(const char *format, ...) __attribute__((format(printf, 1, 2)));
// A line on standard error, behind the program's name.
void ui_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

// "1 h 02 min", "3.2 s"; "12.5 MB". `out` holds 32 bytes.
#define UI_TEXT_SIZE 32
void ui_duration(int64_t us, char out[UI_TEXT_SIZE]);
void ui_size(int64_t bytes, char out[UI_TEXT_SIZE]);
// "0:12.345", a place in a video.
void ui_timestamp(int64_t us, char out[UI_TEXT_SIZE]);
// The other way round: "0:12.345", "1:00:12.345", and seconds, "12.345678". False for anything else.
bool ui_parse_timestamp(const char *text, int64_t *us);

// A table that is printed when complete, columns as wide as they must be. Cells are copied.
struct ui_table;
struct ui_table *ui_table_new(const char *const *headings); // NULL-terminated
void ui_table_add(struct ui_table *table, const char *const *cells);
// Without the headings.
size_t ui_table_rows(const struct ui_table *table);
void ui_table_print(struct ui_table *table);
void ui_table_free(struct ui_table *table);

// One line of JSON on standard output, with escapes for what is not plain in its texts.
void ui_print_json(const json_t *value);

// Progress of an ingestion. On a terminal one line that is written over; else a plain line every few seconds, and
// whenever the state changes.
struct ui_progress {
    bool terminal;
    int64_t begun_us, shown_us;
    int64_t first_indexed; // done before we looked: not part of the rate
    char state[16];
    bool has_line;
};
void ui_progress_begin(struct ui_progress *progress);
// `video` as the HTTP interface gives it.
void ui_progress_show(struct ui_progress *progress, const json_t *video);
void ui_progress_end(struct ui_progress *progress);

// Fields of an answer; 0 and "" where there are none.
int64_t ui_int(const json_t *object, const char *field);
double ui_number(const json_t *object, const char *field);
const char *ui_string(const json_t *object, const char *field);
