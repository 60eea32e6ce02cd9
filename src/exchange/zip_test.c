#include "exchange/zip.h"

#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/mem.h"
#include "base/test.h"

static struct err err;
static const struct zip_limits limits = {.member_bytes = 1 << 20, .total_bytes = 2 << 20};

static void put(struct zip_writer *writer, const char *name, const char *text, bool compress)
{
    assert_ok(zip_writer_put(writer, name, text, strlen(text), compress, &err), &err);
}

// An archive with one member of this name.
static void make(struct strbuf *out, const char *name, const char *text)
{
    struct zip_writer *writer = NULL;
    strbuf_init(out);
    assert_ok(zip_writer_new(out, 0, &writer, &err), &err);
    put(writer, name, text, true);
    assert_ok(zip_writer_finish(writer, &err), &err);
    zip_writer_free(writer);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct strbuf out;
    struct zip_writer *writer = NULL;
    struct zip_reader *reader = NULL;
    const char *name;
    const char *bytes;
    size_t size;
    strbuf_init(&out);
    assert_ok(zip_writer_new(&out, INT64_C(1700000000000000), &writer, &err), &err);
    put(writer, "a/b.txt", "some text, some text, some text, some text", true);
    put(writer, "empty", "", true);
    assert_ok(zip_writer_begin(writer, "c.jpg", 6, false, &err), &err);
    assert_ok(zip_writer_add(writer, "abc", 3, &err), &err);
    assert_ok(zip_writer_add(writer, "def", 3, &err), &err);
    assert_ok(zip_writer_finish(writer, &err), &err);
    zip_writer_free(writer);

    assert_true(zip_is_one(out.data, out.size));
    assert_ok(zip_reader_new(out.data, out.size, &limits, &reader, &err), &err);
    assert_ok(zip_next(reader, &name, &err), &err);
    assert_string_equal(name, "a/b.txt");
    assert_ok(zip_read(reader, &bytes, &size, &err), &err);
    assert_string_equal(bytes, "some text, some text, some text, some text");
    assert_ok(zip_next(reader, &name, &err), &err);
    assert_string_equal(name, "empty");
    assert_ok(zip_next(reader, &name, &err), &err);
    assert_string_equal(name, "c.jpg");
    assert_ok(zip_read(reader, &bytes, &size, &err), &err);
    assert_int_equal(size, 6);
    assert_ok(zip_next(reader, &name, &err), &err);
    assert_null(name);
    zip_reader_free(reader);
    strbuf_release(&out);
}

static void assert_refused(const char *name, const char *words)
{
    struct strbuf out;
    struct zip_reader *reader = NULL;
    const char *found;
    make(&out, name, "x");
    assert_ok(zip_reader_new(out.data, out.size, &limits, &reader, &err), &err);
    enum err_code code = zip_next(reader, &found, &err);
    if (code == ERR_NONE || strstr(err.message, words) == NULL)
        fail_msg("\"%s\": %s", name, code == ERR_NONE ? "taken" : err.message);
    zip_reader_free(reader);
    strbuf_release(&out);
}

static void names_that_lead_out_of_the_archive_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "../x", "a/../../x", "/etc/passwd", "a/./b", "a//b", "a\\..\\b", "..", "a\nb", "a\x7F"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_refused(names[i], "leads out of it or is no name");
    char name[ZIP_NAME_MAX + 2];
    memset(name, 'a', sizeof(name));
    name[ZIP_NAME_MAX + 1] = '\0';
    assert_refused(name, "a name of 513 bytes");
}

// By the library itself: our writer has no links.
static la_ssize_t gather(struct archive *archive, void *context, const void *bytes, size_t size)
{
    (void)archive;
    strbuf_add(context, bytes, size);
    return (la_ssize_t)size;
}

static void links_are_refused(void **state)
{
    (void)state;
    struct strbuf out;
    struct zip_reader *reader = NULL;
    const char *name;
    strbuf_init(&out);
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    archive_write_set_format_zip(archive);
    archive_write_open(archive, &out, NULL, gather, NULL);
    archive_entry_set_pathname(entry, "link");
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, "/etc/passwd");
    archive_write_header(archive, entry);
    archive_entry_free(entry);
    archive_write_close(archive);
    archive_write_free(archive);
    assert_ok(zip_reader_new(out.data, out.size, &limits, &reader, &err), &err);
    assert_code(zip_next(reader, &name, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "no plain file"));
    zip_reader_free(reader);
    strbuf_release(&out);
}

static void a_bomb_is_not_unpacked(void **state)
{
    (void)state;
    struct strbuf out;
    struct zip_writer *writer = NULL;
    struct zip_reader *reader = NULL;
    const char *name;
    const char *bytes;
    size_t size;
    char *zeroes = mem_calloc(1, (size_t)4 << 20);
    strbuf_init(&out);
    assert_ok(zip_writer_new(&out, 0, &writer, &err), &err);
    assert_ok(zip_writer_put(writer, "huge", zeroes, (size_t)4 << 20, true, &err), &err);
    for (int i = 0; i < 3; i++)
        assert_ok(zip_writer_put(writer, "large", zeroes, (size_t)1 << 20, true, &err), &err);
    assert_ok(zip_writer_finish(writer, &err), &err);
    zip_writer_free(writer);
    assert_true(out.size < 20000);

    assert_ok(zip_reader_new(out.data, out.size, &limits, &reader, &err), &err);
    assert_ok(zip_next(reader, &name, &err), &err);
    assert_code(zip_read(reader, &bytes, &size, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "\"huge\" in the archive is larger than"));
    zip_reader_free(reader);

    // Passed over costs nothing; several together are too much.
    assert_ok(zip_reader_new(out.data, out.size, &limits, &reader, &err), &err);
    assert_ok(zip_next(reader, &name, &err), &err);
    for (int i = 0; i < 2; i++) {
        assert_ok(zip_next(reader, &name, &err), &err);
        assert_ok(zip_read(reader, &bytes, &size, &err), &err);
    }
    assert_ok(zip_next(reader, &name, &err), &err);
    assert_code(zip_read(reader, &bytes, &size, &err), ERR_LIMIT);
    assert_non_null(strstr(err.message, "unpacks to more than"));
    zip_reader_free(reader);
    strbuf_release(&out);
    free(zeroes);
}

static void what_is_cut_off_or_no_archive_is_refused(void **state)
{
    (void)state;
    struct strbuf out;
    struct zip_reader *reader = NULL;
    const char *name;
    const char *bytes;
    size_t size;
    assert_code(zip_reader_new("no archive", 10, &limits, &reader, &err), ERR_INVALID);
    assert_code(zip_reader_new("", 0, &limits, &reader, &err), ERR_INVALID);
    make(&out, "a", "some text that is long enough to be cut somewhere in its middle");
    for (size_t cut = 4; cut < out.size; cut++) {
        enum err_code code = zip_reader_new(out.data, cut, &limits, &reader, &err);
        if (code == ERR_NONE)
            code = zip_next(reader, &name, &err);
        if (code == ERR_NONE && name != NULL)
            code = zip_read(reader, &bytes, &size, &err);
        if (code == ERR_NONE)
            fail_msg("%zu of %zu bytes are taken for an archive", cut, out.size);
        zip_reader_free(reader);
        reader = NULL;
    }
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(names_that_lead_out_of_the_archive_are_refused),
        cmocka_unit_test(links_are_refused),
        cmocka_unit_test(a_bomb_is_not_unpacked),
        cmocka_unit_test(what_is_cut_off_or_no_archive_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
