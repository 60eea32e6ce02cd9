#include "exchange/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

// ---- writing

// What a spreadsheet may take for the beginning of a formula.
static bool begins_formula(const char *text)
{
    static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"}; // ＝＋－＠
    if (text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL)
        return true;
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return true;
    }
    return false;
}

static bool needs_apostrophe(const char *text)
{
    return text[0] == '\'' || begins_formula(text);
}

void csv_add_text(struct strbuf *out, const char *text)
{
    const char *apostrophe = needs_apostrophe(text) ? "'" : "";
    if (strpbrk(text, ",\"\r\n") == NULL) {
        strbuf_adds(out, apostrophe);
        strbuf_adds(out, text);
        return;
    }
    strbuf_addc(out, '"');
    strbuf_adds(out, apostrophe);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            strbuf_addc(out, '"');
        strbuf_addc(out, *text);
    }
    strbuf_addc(out, '"');
}

const char *csv_text(const char *cell)
{
    return cell[0] == '\'' && needs_apostrophe(cell + 1) ? cell + 1 : cell;
}

// ---- reading

struct csv_reader {
    const char *at, *end;
    int64_t line;
    struct strbuf text; // of the record's cells, each with its NUL
    size_t starts[CSV_CELLS_MAX];
    const char *cells[CSV_CELLS_MAX];
};

enum err_code csv_reader_new(const char *text, size_t size, struct csv_reader **reader, struct err *err)
{
    *reader = NULL;
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return err_set(err, ERR_INVALID, "the file is UTF-16: save it as UTF-8");
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    struct csv_reader *made = mem_calloc(1, sizeof(*made));
    made->at = text;
    made->end = text + size;
    made->line = 1;
    strbuf_init(&made->text);
    *reader = made;
    return ERR_NONE;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (reader == NULL)
        return;
    strbuf_release(&reader->text);
    free(reader);
}

// Steps over a line's end, if there is one here.
static bool take_line_end(struct csv_reader *r)
{
    if (r->at == r->end || (*r->at != '\r' && *r->at != '\n'))
        return false;
    bool is_pair = *r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n';
    r->at += is_pair ? 2 : 1;
    r->line++;
    return true;
}

static bool is_cell_end(const struct csv_reader *r)
{
    return r->at == r->end || *r->at == ',' || *r->at == '\r' || *r->at == '\n';
}

static enum err_code read_quoted(struct csv_reader *r, struct err *err)
{
    int64_t begun = r->line;
    r->at++;
    for (;;) {
        if (r->at == r->end)
            return err_set(err, ERR_INVALID,
                "line %" PRId64 ": a quote is opened and never closed: the file is cut off or damaged", begun);
        char c = *r->at++;
        if (c == '"' && (r->at == r->end || *r->at != '"'))
            break;
        if (c == '"')
            r->at++;
        if (c == '\n' || (c == '\r' && (r->at == r->end || *r->at != '\n')))
            r->line++;
        strbuf_addc(&r->text, c);
        if (r->text.size > CSV_RECORD_MAX)
            return err_set(err, ERR_LIMIT, "line %" PRId64 ": a record has at most %d bytes; is a quote not closed?",
                begun, CSV_RECORD_MAX);
    }
    if (!is_cell_end(r))
        return err_set(err, ERR_INVALID, "line %" PRId64 ": there is text behind a closing quote", r->line);
    return ERR_NONE;
}

static enum err_code read_plain(struct csv_reader *r, struct err *err)
{
    const char *begin = r->at;
    while (!is_cell_end(r)) {
        if (*r->at == '"')
            return err_set(err, ERR_INVALID,
                "line %" PRId64 ": a quote stands in the middle of a cell: put the cell in quotes and double it",
                r->line);
        r->at++;
    }
    strbuf_add(&r->text, begin, (size_t)(r->at - begin));
    if (r->text.size > CSV_RECORD_MAX)
        return err_set(err, ERR_LIMIT, "line %" PRId64 ": a record has at most %d bytes", r->line, CSV_RECORD_MAX);
    return ERR_NONE;
}

static enum err_code read_cell(struct csv_reader *r, size_t start, struct err *err)
{
    int64_t line = r->line;
    enum err_code code = r->at < r->end && *r->at == '"' ? read_quoted(r, err) : read_plain(r, err);
    if (code == ERR_NONE && !utf8_is_valid(r->text.data + start, r->text.size - start))
        code = err_set(err, ERR_INVALID, "line %" PRId64 " is no UTF-8: save the file as UTF-8", line);
    return code;
}

enum err_code csv_next(struct csv_reader *r, struct csv_record *record, struct err *err)
{
    *record = (struct csv_record){.cells = r->cells};
    while (take_line_end(r))
        ;
    record->line = r->line;
    strbuf_reset(&r->text);
    size_t count = 0;
    bool more = r->at < r->end;
    while (more) {
        if (count == CSV_CELLS_MAX)
            return err_set(
                err, ERR_LIMIT, "line %" PRId64 " has more than %d cells: is it CSV?", r->line, CSV_CELLS_MAX);
        r->starts[count] = r->text.size;
        enum err_code code = read_cell(r, r->starts[count], err);
        if (code != ERR_NONE)
            return code;
        strbuf_addc(&r->text, '\0');
        count++;
        more = r->at < r->end && *r->at == ',';
        if (more)
            r->at++;
    }
    take_line_end(r);
    for (size_t i = 0; i < count; i++)
        r->cells[i] = r->text.data + r->starts[i];
    record->count = count;
    return ERR_NONE;
}
