// Fuzzer: any bytes as JSON from outside, read with every getter, and written again.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fuzz.h"

static const struct json_limits limits = {.size_bytes = 1 << 16, .depth = 8};

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "{\"project\":\"demo\",\"limit\":10,\"share\":0.5,\"deep\":[[[{\"a\":null}]]],\"on\":true}",
        "[1,-2,3.0,1e300,-0.0,\"\\u00e9\\ud83d\\ude00\\n\",{},[]]",
        "  {\"text\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\",\"nothing\":null}\n",
        "9223372036854775807",
        "\"a text\"",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

static void read_fields(const json_t *object)
{
    static const char *const allowed[] = {"project", "limit", "share", "deep", "on", NULL};
    struct err err = ERR_INIT;
    fuzz_require_sentence(json_check_fields(object, allowed, &err), &err);
    if (!json_is_object(object))
        return;
    const char *field = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, field, value)
    {
        const char *text = NULL;
        int64_t whole = 0;
        double number = 0;
        bool truth = false;
        json_t *inner = NULL;
        fuzz_require_sentence(json_get_string(object, field, &text, &err), &err);
        fuzz_require_sentence(json_get_bool(object, field, &truth, &err), &err);
        fuzz_require_sentence(json_opt_object(object, field, &inner, &err), &err);
        fuzz_require_sentence(json_opt_array(object, field, 3, &inner, &err), &err);
        if (json_get_int64(object, field, -5, INT64_MAX, &whole, &err) == ERR_NONE)
            fuzz_require(whole >= -5);
        if (json_get_double(object, field, -INFINITY, 1e9, &number, &err) == ERR_NONE)
            fuzz_require(isfinite(number) && number <= 1e9);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    json_t *value = NULL;
    struct err err = ERR_INIT;
    enum err_code code = json_parse(text, size, &limits, &value, &err);
    fuzz_require_sentence(code, &err);
    if (code == ERR_NONE) {
        read_fields(value);
        struct strbuf out;
        strbuf_init(&out);
        json_dump(value, &out);
        json_t *again = NULL;
        const struct json_limits larger = {.size_bytes = (size_t)1 << 20, .depth = limits.depth};
        fuzz_require(json_parse(out.data, out.size, &larger, &again, &err) == ERR_NONE);
        fuzz_require(json_equal(value, again));
        json_decref(again);
        strbuf_release(&out);
    }
    json_decref(value);
    // As a text of whatever encoding, it can always be said.
    json_t *lossy = json_string_lossy(text);
    fuzz_require(json_is_string(lossy));
    json_decref(lossy);
    free(text);
    return 0;
}
