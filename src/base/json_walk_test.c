#include "base/json_walk.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"

static struct err err;

// "name" where a list begins, "name=value" for other fields and "name[i]=value" for items.
static enum err_code note(void *context, const char *field, int64_t index, const json_t *value, struct err *e)
{
    struct strbuf *out = context;
    strbuf_adds(out, field);
    if (index >= 0)
        strbuf_addf(out, "[%" PRId64 "]", index);
    if (value != NULL) {
        strbuf_addc(out, '=');
        json_dump(value, out);
    }
    strbuf_addc(out, '\n');
    if (json_is_string(value) && strcmp(json_string_value(value), "stop") == 0)
        return err_set(e, ERR_CONFLICT, "stopped");
    return ERR_NONE;
}

static void assert_walk(const char *text, const char *wanted)
{
    struct strbuf out;
    strbuf_init(&out);
    size_t size = strlen(text);
    // What is read beyond the end is seen by a sanitizer.
    char *exact = mem_dup(text, size > 0 ? size : 1);
    enum err_code code = json_walk(exact, size, 100, note, &out, &err);
    const char *got = code == ERR_NONE ? out.data : err.message;
    if (strcmp(got, wanted) != 0)
        fail_msg("%s\ngives\n%s\ninstead of\n%s", text, got, wanted);
    free(exact);
    strbuf_release(&out);
}

static void fields_and_items_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    assert_walk("{}", "");
    assert_walk(" { \"a\" : [ 1 , {\"b\": [2]} , \"x\" ] , \"c\" : { } , \"d\":[ ],\n\"e\":7}\n",
        "a\na[0]=1\na[1]={\"b\":[2]}\na[2]=\"x\"\nc={}\nd\ne=7\n");
    assert_walk(
        "\xEF\xBB\xBF{\"\\u00e9\":[-1.5,true,null]}", "\u00e9\n\u00e9[0]=-1.5\n\u00e9[1]=true\n\u00e9[2]=null\n");
}

static void what_is_cut_off_or_malformed_is_refused_with_its_place(void **state)
{
    (void)state;
    assert_walk("", "the JSON text ends too early (line 1): it is cut off");
    assert_walk("[1]", "malformed JSON at line 1: the document is no JSON object");
    assert_walk("{\"a\":[1,\n2", "the JSON text ends too early (line 2): it is cut off");
    assert_walk("{\"a\":[1,\n{\"b\":", "a[1]: the JSON text ends too early (line 2): it is cut off");
    assert_walk("{\"a\":[1 2]}", "malformed JSON at line 1: a comma or a closing bracket is missing");
    assert_walk("{\"a\":1 \"b\":2}", "malformed JSON at line 1: a comma or a closing brace is missing");
    assert_walk("{\"a\" 1}", "malformed JSON at line 1: a colon is missing");
    assert_walk("{\"a\":1,}", "malformed JSON at line 1: a field's name is missing");
    assert_walk("{\"a\":[1,]}", "a[1]: malformed JSON at line 1: unexpected token near ']'");
    assert_walk("{\"a\":1}\n{", "malformed JSON at line 2: there is something behind the document");
    assert_walk("{\"a\":[{\"b\":1,\"b\":2}]}", "a[0]: malformed JSON at line 1: duplicate object key near '\"b\"'");
    assert_walk("{\"a\":[],\n\"a\":[]}", "the field \"a\" occurs twice (line 2)");
    assert_walk("\xFF\xFE{\"a\":1}", "the file is UTF-16: save it as UTF-8");
}

static void numbers_and_texts_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_walk("{\"a\":[NaN]}", "a[0]: malformed JSON at line 1: invalid token near 'NaN'");
    assert_walk("{\"a\":[1e999]}", "a[0]: malformed JSON at line 1: real number overflow near '1e999'");
    assert_walk("{\"a\":[99999999999999999999]}",
        "a[0]: malformed JSON at line 1: too big integer near '99999999999999999999'");
    char text[] = "{\"a\":[\"?\"]}";
    text[7] = '\xFF';
    struct strbuf out;
    strbuf_init(&out);
    assert_code(json_walk(text, sizeof(text) - 1, 100, note, &out, &err), ERR_INVALID);
    strbuf_release(&out);
}

static void an_item_has_a_size_at_most(void **state)
{
    (void)state;
    char text[300];
    char filler[120];
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    snprintf(text, sizeof(text), "{\"a\":[1,\"%s\"]}", filler);
    assert_walk(text, "a[1]: line 1: the value is larger than 100 bytes");
    snprintf(text, sizeof(text), "{\"%s\":1}", filler);
    assert_walk(text, "line 1: the value is larger than 100 bytes");
}

static void who_looks_can_end_it(void **state)
{
    (void)state;
    assert_walk("{\"a\":[1,\n\"stop\"],\"b\":1}", "a[1] (line 2): stopped");
    assert_walk("{\"a\":\"stop\"}", "stopped");
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addc(&text, '{');
    for (int i = 0; i <= JSON_WALK_FIELDS_MAX; i++)
        strbuf_addf(&text, "%s\"f%d\":1", i > 0 ? "," : "", i);
    strbuf_addc(&text, '}');
    assert_walk(text.data, "the JSON document has more than 100 fields");
    strbuf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_items_come_in_the_order_of_the_text),
        cmocka_unit_test(what_is_cut_off_or_malformed_is_refused_with_its_place),
        cmocka_unit_test(numbers_and_texts_that_are_none_are_refused),
        cmocka_unit_test(an_item_has_a_size_at_most),
        cmocka_unit_test(who_looks_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
