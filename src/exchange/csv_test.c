#include "exchange/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static struct err err;

// All records as one text: cells in brackets, a record a line, with its number.
static char *read_all(const char *text, size_t size)
{
    struct csv_reader *reader = NULL;
    struct csv_record record;
    struct strbuf out;
    strbuf_init(&out);
    if (csv_reader_new(text, size, &reader, &err) != ERR_NONE) {
        strbuf_adds(&out, err.message);
        return strbuf_detach(&out, NULL);
    }
    do {
        if (csv_next(reader, &record, &err) != ERR_NONE) {
            strbuf_reset(&out);
            strbuf_adds(&out, err.message);
            break;
        }
        if (record.count > 0)
            strbuf_addf(&out, "%" PRId64 ":", record.line);
        for (size_t i = 0; i < record.count; i++)
            strbuf_addf(&out, "[%s]", record.cells[i]);
        if (record.count > 0)
            strbuf_addc(&out, '\n');
    } while (record.count > 0);
    csv_reader_free(reader);
    return strbuf_detach(&out, NULL);
}

static void assert_read(const char *text, const char *wanted)
{
    char *got = read_all(text, strlen(text));
    assert_string_equal(got, wanted);
    free(got);
}

static void records_are_read_as_rfc_4180_says(void **state)
{
    (void)state;
    assert_read("", "");
    assert_read("a,b\r\nc,d\r\n", "1:[a][b]\n2:[c][d]\n");
    assert_read("a,b\r\nc,d", "1:[a][b]\n2:[c][d]\n");
    assert_read("\"a,\"\"b\"\"\r\nc\",,\r\nd\r\n", "1:[a,\"b\"\r\nc][][]\n3:[d]\n");
    assert_read("\"\"", "1:[]\n");
    assert_read(",", "1:[][]\n");
}

static void any_line_end_and_a_byte_order_mark_will_do(void **state)
{
    (void)state;
    assert_read("\xEF\xBB\xBF"
                "a,b\nc\rd\r\n\r\n\ne\n",
        "1:[a][b]\n2:[c]\n3:[d]\n6:[e]\n");
    assert_read("\"x\ry\"\nz", "1:[x\ry]\n3:[z]\n");
}

static void what_has_no_one_meaning_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_read("a\n\"b,c\nd", "line 2: a quote is opened and never closed: the file is cut off or damaged");
    assert_read("a\n\"b\"c", "line 2: there is text behind a closing quote");
    assert_read("a\nb\"c\"", "line 2: a quote stands in the middle of a cell: put the cell in quotes and double it");
    assert_read("a\nb\xFF,c", "line 2 is no UTF-8: save the file as UTF-8");
    assert_read("a\n\xED\xA0\x80", "line 2 is no UTF-8: save the file as UTF-8");
    assert_read("\xFF\xFE"
                "a",
        "the file is UTF-16: save it as UTF-8");
    static const char with_nul[] = "a\0b";
    char *got = read_all(with_nul, sizeof(with_nul) - 1);
    assert_string_equal(got, "line 1 is no UTF-8: save the file as UTF-8");
    free(got);
}

static void records_without_an_end_are_refused(void **state)
{
    (void)state;
    size_t size = CSV_RECORD_MAX + 10;
    char *text = mem_alloc(size);
    memset(text, 'a', size);
    struct csv_reader *reader = NULL;
    struct csv_record record;
    assert_ok(csv_reader_new(text, size, &reader, &err), &err);
    assert_code(csv_next(reader, &record, &err), ERR_LIMIT);
    csv_reader_free(reader);
    text[0] = '"';
    assert_ok(csv_reader_new(text, size, &reader, &err), &err);
    assert_code(csv_next(reader, &record, &err), ERR_LIMIT);
    csv_reader_free(reader);
    memset(text, ',', size);
    assert_ok(csv_reader_new(text, size, &reader, &err), &err);
    assert_code(csv_next(reader, &record, &err), ERR_LIMIT);
    csv_reader_free(reader);
    free(text);
}

static void no_text_is_a_formula_and_every_text_comes_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "Bob", "=1+1", "+49", "-x", "@a", "'quoted", "''", "'", "'=1", "''=1", "=",
        "\t=1", "\rx", "\nx",
        "\xEF\xBC\x9D"
        "1",
        "'\xEF\xBC\xA0", "a,b", "a\"b", "\"", "=\"a\",b", "line\nbreak", "line\r\nbreak", "\u05e9\u05dc\u05d5\u05dd",
        "caf\u00e9 = x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct strbuf out;
        struct csv_reader *reader = NULL;
        struct csv_record record;
        strbuf_init(&out);
        csv_add_text(&out, texts[i]);
        const char *first = out.data + (out.data[0] == '"');
        assert_null(strchr("=+-@\t\r\n", first[0] != '\0' ? first[0] : 'x'));
        assert_int_not_equal(strncmp(first, "\xEF\xBC", 2), 0);
        strbuf_adds(&out, ",end\r\n");
        assert_ok(csv_reader_new(out.data, out.size, &reader, &err), &err);
        assert_ok(csv_next(reader, &record, &err), &err);
        assert_int_equal(record.count, 2);
        assert_string_equal(csv_text(record.cells[0]), texts[i]);
        csv_reader_free(reader);
        strbuf_release(&out);
    }
    // What other programs write with an apostrophe of its own stays.
    assert_string_equal(csv_text("'tis"), "'tis");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_rfc_4180_says),
        cmocka_unit_test(any_line_end_and_a_byte_order_mark_will_do),
        cmocka_unit_test(what_has_no_one_meaning_is_refused_with_its_line),
        cmocka_unit_test(records_without_an_end_are_refused),
        cmocka_unit_test(no_text_is_a_formula_and_every_text_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
