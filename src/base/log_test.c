#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/test.h"

// What one call of log_warn writes.
struct written {
    int ends[2];
    struct log *root, *log;
    char text[16384];
};

static struct written begin(bool json)
{
    struct written written = {.text = ""};
    assert_int_equal(pipe(written.ends), 0);
    written.root = log_new(written.ends[1], LOG_INFO, json);
    written.log = log_derive(written.root, "project", "caf\xC3\xA9\xFF");
    return written;
}

static const char *end(struct written *written)
{
    close(written->ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(written->ends[0], written->text + size, sizeof(written->text) - 1 - size)) > 0)
        size += (size_t)got;
    written->text[size] = '\0';
    close(written->ends[0]);
    log_free(written->log);
    log_free(written->root);
    return written->text;
}

static json_t *end_line(struct written *written)
{
    json_t *line = NULL;
    struct err err = ERR_INIT;
    const char *text = end(written);
    assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
    assert_ok(json_parse(text, strlen(text), NULL, &line, &err), &err);
    return line;
}

static const char *field_of(const json_t *line, const char *name)
{
    return json_string_value(json_object_get(line, name));
}

static void a_line_of_json_has_its_message_whatever_bytes_are_in_it(void **state)
{
    (void)state;
    struct written written = begin(true);
    log_warn(written.log, "cannot read %s:\n%s", "na\xEFve.mp4", "denied");
    json_t *line = end_line(&written);
    assert_string_equal(field_of(line, "message"), "cannot read na\xEF\xBF\xBDve.mp4: denied");
    assert_string_equal(field_of(line, "project"), "caf\xC3\xA9\xEF\xBF\xBD");
    assert_string_equal(field_of(line, "level"), "warn");
    assert_non_null(field_of(line, "time"));
    json_decref(line);
}

static void a_message_that_is_cut_within_a_character_is_there(void **state)
{
    (void)state;
    for (int before = 0; before < 2; before++) {
        struct written written = begin(true);
        char text[6001] = "";
        memset(text, 'x', (size_t)before);
        for (int i = before; i + 2 <= 6000; i += 2)
            memcpy(text + i, "\xC3\xA9", 3);
        log_warn(written.log, "%s", text);
        json_t *line = end_line(&written);
        assert_non_null(field_of(line, "message"));
        assert_memory_equal(field_of(line, "message"), text, 4000);
        json_decref(line);
    }
}

static void a_line_break_in_a_message_begins_no_line(void **state)
{
    (void)state;
    struct written written = begin(false);
    log_warn(written.log, "there is no video \"%s\"", "x\n2026-01-01 error all is lost");
    log_debug(written.log, "nobody asked");
    const char *text = end(&written);
    assert_non_null(strstr(text, "warn  there is no video \"x 2026-01-01 error all is lost\" project=caf"));
    assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
}

static void nothing_in_a_line_is_obeyed_by_a_terminal(void **state)
{
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct written written = {.text = ""};
        assert_int_equal(pipe(written.ends), 0);
        written.root = log_new(written.ends[1], LOG_INFO, json == 1);
        written.log = log_derive(written.root, "host", "a\n2026-01-01 error all is lost \033[2J\xC2\x9B");
        log_warn(written.log, "%s", "\xC2\x9B[31mred \u202Eturned");
        const char *text = end(&written);
        assert_null(strstr(text, "\033"));
        assert_null(strstr(text, "\xC2\x9B"));
        assert_null(strstr(text, "\u202E"));
        assert_non_null(strstr(text, "\uFFFD[31mred \uFFFDturned"));
        assert_non_null(strstr(text, "a 2026-01-01 error all is lost \uFFFD[2J\uFFFD"));
        assert_int_equal(strcspn(text, "\n") + 1, strlen(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_json_has_its_message_whatever_bytes_are_in_it),
        cmocka_unit_test(a_message_that_is_cut_within_a_character_is_there),
        cmocka_unit_test(a_line_break_in_a_message_begins_no_line),
        cmocka_unit_test(nothing_in_a_line_is_obeyed_by_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
