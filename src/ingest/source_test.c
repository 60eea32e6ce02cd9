#include "base/test.h"

#include <string.h>
#include <unistd.h>

#include "ingest/source.h"
#include "ingest/source_url.h"
#include "os/file.h"

static char dir[FILE_PATH_MAX];

static int make_dir(void **state)
{
    (void)state;
    return dir_make_temporary(NULL, "framehound-source-", dir, NULL) == ERR_NONE ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return dir_remove_tree(dir, NULL) == ERR_NONE ? 0 : -1;
}

static void expect_url(const char *given, const char *canonical, const char *name)
{
    struct source source;
    struct err err = ERR_INIT;
    assert_ok(source_resolve(given, true, false, NULL, &source, &err), &err);
    assert_int_equal(source.kind, SOURCE_URL);
    assert_string_equal(source.canonical, canonical);
    assert_string_equal(source.name, name);
}

static void addresses_are_normalised(void **state)
{
    (void)state;
    expect_url("HTTP://Example.ORG", "http://example.org/", "example.org");
    expect_url("https://example.org:443/a.mp4#t=3", "https://example.org/a.mp4", "a.mp4");
    expect_url("http://example.org:80/x/../a/./b.mp4", "http://example.org/a/b.mp4", "b.mp4");
    expect_url(
        "http://example.org:8080/%7euser/%c3%a9.mp4", "http://example.org:8080/~user/%C3%A9.mp4", "\xc3\xa9.mp4");
    expect_url("https://example.org/watch?v=AbC&list=1", "https://example.org/watch?v=AbC&list=1", "example.org/watch");
    expect_url("http://[2001:DB8::1]:81/a", "http://[2001:db8::1]:81/a", "[2001:db8::1]:81/a");
    expect_url("http://example.org/a\"b<c>", "http://example.org/a%22b%3Cc%3E", "example.org/a\"b<c>");
    expect_url("http://example.org/../../a", "http://example.org/a", "example.org/a");
}

static void expect_refused(const char *given, enum err_code code)
{
    struct source source;
    struct err err = ERR_INIT;
    assert_code(source_resolve(given, true, true, NULL, &source, &err), code);
    assert_true(err.message[0] != '\0');
}

static void what_is_no_source_is_refused(void **state)
{
    (void)state;
    expect_refused("", ERR_INVALID);
    expect_refused("ftp://example.org/a.mp4", ERR_INVALID);
    expect_refused("javascript://example.org/", ERR_INVALID);
    expect_refused("http://", ERR_INVALID);
    expect_refused("http:///a", ERR_INVALID);
    expect_refused("http://user:secret@example.org/a", ERR_INVALID);
    expect_refused("http://example.org:0/", ERR_INVALID);
    expect_refused("http://example.org:99999/", ERR_INVALID);
    expect_refused("http://example.org:8a/", ERR_INVALID);
    expect_refused("http://example.org/%zz", ERR_INVALID);
    expect_refused("http://example.org/%4", ERR_INVALID);
    expect_refused("http://exa mple.org/", ERR_INVALID);
    expect_refused("http://example.org/a\r\nX: y", ERR_INVALID);
    expect_refused("http://example.org\\@other.org/", ERR_INVALID);
    expect_refused("http://[::1/", ERR_INVALID);
    expect_refused("file://other.org/a.mp4", ERR_INVALID);
    expect_refused("file:///a%00b", ERR_INVALID);
    expect_refused("/does/not/exist.mp4", ERR_NOT_FOUND);
    expect_refused(dir, ERR_INVALID);
    expect_refused("/dev/null", ERR_INVALID);
}

static void an_unchanged_file_is_the_same_source_by_any_name(void **state)
{
    (void)state;
    struct source by_path, by_url, by_link, changed;
    char path[FILE_PATH_MAX + 32], url[FILE_PATH_MAX + 64], link[FILE_PATH_MAX + 32];
    struct err err = ERR_INIT;
    snprintf(path, sizeof(path), "%s/my video#1.mp4", dir);
    snprintf(url, sizeof(url), "file://localhost%s/my%%20video%%231.mp4", dir);
    snprintf(link, sizeof(link), "%s/link.mp4", dir);
    assert_ok(file_write(path, "some bytes", 10, FILE_SYNC_NONE, &err), &err);
    assert_int_equal(symlink(path, link), 0);
    assert_ok(source_resolve(path, false, false, NULL, &by_path, &err), &err);
    assert_ok(source_resolve(url, false, false, NULL, &by_url, &err), &err);
    assert_ok(source_resolve(link, false, false, NULL, &by_link, &err), &err);
    assert_string_equal(by_path.canonical, by_url.canonical);
    assert_string_equal(by_path.canonical, by_link.canonical);
    assert_string_equal(by_path.name, "my video#1.mp4");

    struct source parsed;
    assert_ok(source_parse_canonical(by_path.canonical, &parsed, &err), &err);
    assert_int_equal(parsed.kind, SOURCE_FILE);
    assert_string_equal(parsed.path, by_path.path);
    assert_string_equal(parsed.sha256, by_path.sha256);

    assert_ok(file_write(path, "Some bytes", 10, FILE_SYNC_NONE, &err), &err);
    assert_ok(source_resolve(path, false, false, NULL, &changed, &err), &err);
    assert_string_not_equal(by_path.canonical, changed.canonical);
}

static void files_are_not_for_remote_users(void **state)
{
    (void)state;
    struct source source;
    struct err err = ERR_INIT;
    assert_code(source_resolve("/etc/hostname", true, false, NULL, &source, &err), ERR_DENIED);
    assert_code(source_resolve("file:///etc/hostname", true, false, NULL, &source, &err), ERR_DENIED);
}

static void uploads_are_named_by_their_content(void **state)
{
    (void)state;
    struct source source, parsed;
    struct err err = ERR_INIT;
    char hex[SHA256_HEX_SIZE];
    sha256_of("x", 1, hex);
    source_make_upload(hex, "a.mp4", &source);
    assert_ok(source_parse_canonical(source.canonical, &parsed, &err), &err);
    assert_int_equal(parsed.kind, SOURCE_UPLOAD);
    assert_string_equal(parsed.sha256, hex);
    assert_code(source_parse_canonical("sha256:12", &parsed, &err), ERR_CORRUPT);
    assert_code(source_parse_canonical("file:///a", &parsed, &err), ERR_CORRUPT);
}

static void what_a_terminal_obeys_is_not_in_a_name(void **state)
{
    (void)state;
    struct source source;
    struct err err = ERR_INIT;
    char path[FILE_PATH_MAX + 64];
    char hex[SHA256_HEX_SIZE];
    sha256_of("x", 1, hex);
    source_make_upload(hex, "a\033[31m\nb\xC2\x9B.mp4", &source);
    assert_string_equal(source.name, "a\uFFFD[31m b\uFFFD.mp4");
    expect_url("http://example.org/a%C2%9B%E2%80%AEgpj.mp4", "http://example.org/a%C2%9B%E2%80%AEgpj.mp4",
        "a\uFFFD\uFFFDgpj.mp4");
    // A file is taken whatever it is called: who has it did not choose its name.
    snprintf(path, sizeof(path), "%s/evil\033]0;x\007.mp4", dir);
    assert_ok(file_write(path, "x", 1, FILE_SYNC_NONE, &err), &err);
    assert_ok(source_resolve(path, false, true, NULL, &source, &err), &err);
    assert_string_equal(source.name, "evil\uFFFD]0;x\uFFFD.mp4");
    struct source parsed;
    assert_ok(source_parse_canonical(source.canonical, &parsed, &err), &err);
    assert_string_equal(parsed.path, source.path);
    assert_string_equal(parsed.name, source.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_normalised),
        cmocka_unit_test(what_is_no_source_is_refused),
        cmocka_unit_test(an_unchanged_file_is_the_same_source_by_any_name),
        cmocka_unit_test(files_are_not_for_remote_users),
        cmocka_unit_test(uploads_are_named_by_their_content),
        cmocka_unit_test(what_a_terminal_obeys_is_not_in_a_name),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
