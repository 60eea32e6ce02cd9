#include "base/xml.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static enum err_code note(void *context, const char *path, const char *text, struct err *err)
{
    strbuf_addf(context, "%s=%s;", path, text);
    return strstr(path, "stop") != NULL ? err_set(err, ERR_CONFLICT, "stopped") : ERR_NONE;
}

static void assert_walk(const char *document, const char *wanted)
{
    struct err err = ERR_INIT;
    struct strbuf seen;
    strbuf_init(&seen);
    assert_ok(xml_walk(document, strlen(document), note, &seen, &err), &err);
    assert_string_equal(seen.data, wanted);
    strbuf_release(&seen);
}

static void assert_refused(const char *document, size_t size, enum err_code wanted)
{
    struct err err = ERR_INIT;
    struct strbuf seen;
    strbuf_init(&seen);
    assert_code(xml_walk(document, size, note, &seen, &err), wanted);
    assert_true(err.message[0] != '\0');
    strbuf_release(&seen);
}

static void elements_come_with_their_paths_and_texts(void **state)
{
    (void)state;
    assert_walk("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<List xmlns=\"http://example.org/a>b/\"><Item><Key>a/b</Key><Size>3</Size></Item>"
                "<Item  ><Key>c</Key><Empty/></Item ></List>\n",
        "List/Item/Key=a/b;List/Item/Size=3;List/Item=;List/Item/Key=c;List/Item/Empty=;List/Item=;List=;");
}

static void entities_and_marked_sections_are_decoded(void **state)
{
    (void)state;
    assert_walk("<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x20AC;<!-- <b> --><![CDATA[<x>&amp;]]>!</a>",
        "a=<&>\"'A\xE2\x82\xAC<x>&amp;!;");
}

static void broken_documents_are_refused(void **state)
{
    (void)state;
    const char *documents[] = {"", "text", "<a>", "<a></b>", "</a>", "<a><b></a></b>", "<a/><b/>", "<a", "<a b=\"></a>",
        "<a>&unknown;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&amp</a>",
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "<a><![CDATA[</a>", "<a><!-- </a>", "< a></a>", "<a/>x"};
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        assert_refused(documents[i], strlen(documents[i]), ERR_CORRUPT);
    assert_refused("<a>\0</a>", 8, ERR_CORRUPT);
}

static void nesting_and_texts_have_bounds(void **state)
{
    (void)state;
    struct strbuf document;
    strbuf_init(&document);
    for (int i = 0; i < XML_DEPTH_MAX + 1; i++)
        strbuf_adds(&document, "<a>");
    assert_refused(document.data, document.size, ERR_LIMIT);
    strbuf_reset(&document);
    strbuf_adds(&document, "<a>");
    for (int i = 0; i < XML_TEXT_MAX + 1; i++)
        strbuf_addc(&document, 'x');
    strbuf_adds(&document, "</a>");
    assert_refused(document.data, document.size, ERR_LIMIT);
    strbuf_release(&document);
}

static void the_visitor_may_end_the_walk(void **state)
{
    (void)state;
    assert_refused("<a><stop/><b/></a>", 18, ERR_CONFLICT);
}

static void an_escaped_text_reads_as_itself(void **state)
{
    (void)state;
    const char *text = "a<b>&amp; \"quoted\"\r\n\xC3\xA4";
    struct strbuf document;
    strbuf_init(&document);
    strbuf_adds(&document, "<a>");
    assert_true(xml_escape(&document, text));
    strbuf_adds(&document, "</a>");
    char *wanted = mem_sprintf("a=%s;", text);
    assert_walk(document.data, wanted);
    free(wanted);
    strbuf_reset(&document);
    assert_false(xml_escape(&document, "a\x01"));
    assert_int_equal(document.size, 0);
    strbuf_release(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_with_their_paths_and_texts),
        cmocka_unit_test(entities_and_marked_sections_are_decoded),
        cmocka_unit_test(broken_documents_are_refused),
        cmocka_unit_test(nesting_and_texts_have_bounds),
        cmocka_unit_test(the_visitor_may_end_the_walk),
        cmocka_unit_test(an_escaped_text_reads_as_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
