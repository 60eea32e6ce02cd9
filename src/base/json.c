#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/options.h"
#include "base/utf8.h"

// JavaScript's and Jansson's doubles hold whole numbers exactly up to here.
#define EXACT_DOUBLE_MAX 9007199254740992.0

struct shape {
    int depth;
    size_t values;
};

// Jansson's own bound on nesting is fixed at compile time (2048), and it has none on how many values there are, each of
// which takes many times the bytes that it has in the text: both are looked at before. Each value but the first of an
// array or object stands behind a comma.
static struct shape measure(const char *text, size_t size)
{
    struct shape shape = {0};
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            shape.values++;
            if (++depth > shape.depth)
                shape.depth = depth;
        } else if (c == ']' || c == '}') {
            depth--;
        } else if (c == ',') {
            shape.values++;
        }
    }
    return shape;
}

enum err_code json_parse(
    const char *text, size_t size, const struct json_limits *limits, json_t **value, struct err *err)
{
    const struct json_limits with = limits != NULL ? *limits : JSON_LIMITS_DEFAULT;
    *value = NULL;
    if (size > with.size_bytes)
        return err_set(err, ERR_LIMIT, "the JSON text has %zu bytes; at most %zu are allowed", size, with.size_bytes);
    const struct shape shape = measure(text, size);
    if (with.values > 0 && shape.values > with.values)
        return err_set(err, ERR_LIMIT, "the JSON text has more than %zu values", with.values);
    if (shape.depth > with.depth)
        return err_set(err, ERR_LIMIT, "the JSON text is nested deeper than %d levels", with.depth);
    json_error_t error;
    *value = json_loadb(text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (*value == NULL)
        return err_set(
            err, ERR_INVALID, "malformed JSON at line %d, column %d: %s", error.line, error.column, error.text);
    return ERR_NONE;
}

enum err_code json_parse_file(const char *path, const struct json_limits *limits, json_t **value, struct err *err)
{
    const struct json_limits with = limits != NULL ? *limits : JSON_LIMITS_DEFAULT;
    *value = NULL;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set_errno(err, errno, "%s", path);
    struct strbuf text;
    strbuf_init(&text);
    char chunk[8192];
    size_t got;
    enum err_code code = ERR_NONE;
    while (text.size <= with.size_bytes && (got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        strbuf_add(&text, chunk, got);
    if (ferror(file)) {
        code = err_set_errno(err, errno, "%s", path);
    } else if (text.size > with.size_bytes) {
        code = err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, with.size_bytes);
    } else {
        code = json_parse(text.data, text.size, &with, value, err);
        if (code != ERR_NONE)
            err_context(err, "%s", path);
    }
    strbuf_release(&text);
    fclose(file);
    return code;
}

enum err_code json_check_fields(const json_t *value, const char *const *allowed, struct err *err)
{
    if (!json_is_object(value))
        return err_set(err, ERR_INVALID, "a JSON object is expected");
    const char *field;
    json_t *item;
    json_object_foreach((json_t *)value, field, item)
    {
        size_t i = 0;
        while (allowed[i] != NULL && strcmp(allowed[i], field) != 0)
            i++;
        if (allowed[i] != NULL)
            continue;
        const char *nearest = text_nearest(field, allowed);
        if (nearest != NULL)
            err_set(err, ERR_INVALID, "unknown field \"%.64s\": did you mean \"%s\"?", field, nearest);
        else
            err_set(err, ERR_INVALID, "unknown field \"%.64s\"", field);
        return err_of_field(err, ERR_INVALID, field);
    }
    return ERR_NONE;
}

// The field's value, or NULL when it is missing or null.
static const json_t *find(const json_t *object, const char *field)
{
    const json_t *value = json_object_get(object, field);
    return json_is_null(value) ? NULL : value;
}

static enum err_code must(const char *field, const char *what, struct err *err)
{
    return err_of_field(err, err_set(err, ERR_INVALID, "field \"%s\" must be %s", field, what), field);
}

static enum err_code require(const json_t *object, const char *field, struct err *err)
{
    if (!json_is_object(object))
        return err_set(err, ERR_INVALID, "a JSON object is expected");
    if (find(object, field) == NULL)
        return err_of_field(err, err_set(err, ERR_INVALID, "field \"%s\" is missing", field), field);
    return ERR_NONE;
}

enum err_code json_opt_string(const json_t *object, const char *field, const char **out, struct err *err)
{
    const json_t *value = find(object, field);
    if (value == NULL)
        return ERR_NONE;
    if (!json_is_string(value))
        return must(field, "a text", err);
    *out = json_string_value(value);
    return ERR_NONE;
}

// The sentence for a number out of bounds, with the bounds that there are.
static enum err_code out_of_bounds(
    const char *field, bool has_least, double least, bool has_most, double most, struct err *err)
{
    if (has_least && has_most)
        err_set(err, ERR_INVALID, "field \"%s\" must be between %.15g and %.15g", field, least, most);
    else if (has_least)
        err_set(err, ERR_INVALID, "field \"%s\" must be at least %.15g", field, least);
    else
        err_set(err, ERR_INVALID, "field \"%s\" must be at most %.15g", field, most);
    return err_of_field(err, ERR_INVALID, field);
}

enum err_code json_opt_int64(
    const json_t *object, const char *field, int64_t least, int64_t most, int64_t *out, struct err *err)
{
    const json_t *value = find(object, field);
    if (value == NULL)
        return ERR_NONE;
    int64_t number;
    if (json_is_integer(value)) {
        number = json_integer_value(value);
    } else if (json_is_real(value)) {
        double real = json_real_value(value);
        if (fabs(real) > EXACT_DOUBLE_MAX || real != trunc(real))
            return must(field, "a whole number", err);
        number = (int64_t)real;
    } else {
        return must(field, "a whole number", err);
    }
    if (number < least || number > most)
        return out_of_bounds(field, least != INT64_MIN, (double)least, most != INT64_MAX, (double)most, err);
    *out = number;
    return ERR_NONE;
}

enum err_code json_opt_double(
    const json_t *object, const char *field, double least, double most, double *out, struct err *err)
{
    const json_t *value = find(object, field);
    if (value == NULL)
        return ERR_NONE;
    if (!json_is_number(value))
        return must(field, "a number", err);
    double number = json_number_value(value);
    if (number < least || number > most)
        return out_of_bounds(field, isfinite(least), least, isfinite(most), most, err);
    *out = number;
    return ERR_NONE;
}

enum err_code json_opt_bool(const json_t *object, const char *field, bool *out, struct err *err)
{
    const json_t *value = find(object, field);
    if (value == NULL)
        return ERR_NONE;
    if (!json_is_boolean(value))
        return must(field, "true or false", err);
    *out = json_is_true(value);
    return ERR_NONE;
}

enum err_code json_opt_object(const json_t *object, const char *field, json_t **out, struct err *err)
{
    const json_t *value = find(object, field);
    if (value == NULL)
        return ERR_NONE;
    if (!json_is_object(value))
        return must(field, "an object", err);
    *out = (json_t *)value;
    return ERR_NONE;
}

enum err_code json_opt_array(const json_t *object, const char *field, size_t most, json_t **out, struct err *err)
{
    const json_t *value = find(object, field);
    if (value == NULL)
        return ERR_NONE;
    if (!json_is_array(value))
        return must(field, "a list", err);
    if (json_array_size(value) > most)
        return err_of_field(err,
            err_set(err, ERR_INVALID, "field \"%s\" has %zu items; at most %zu are allowed", field,
                json_array_size(value), most),
            field);
    *out = (json_t *)value;
    return ERR_NONE;
}

enum err_code json_get_string(const json_t *object, const char *field, const char **out, struct err *err)
{
    enum err_code code = require(object, field, err);
    return code != ERR_NONE ? code : json_opt_string(object, field, out, err);
}

enum err_code json_get_int64(
    const json_t *object, const char *field, int64_t least, int64_t most, int64_t *out, struct err *err)
{
    enum err_code code = require(object, field, err);
    return code != ERR_NONE ? code : json_opt_int64(object, field, least, most, out, err);
}

enum err_code json_get_double(
    const json_t *object, const char *field, double least, double most, double *out, struct err *err)
{
    enum err_code code = require(object, field, err);
    return code != ERR_NONE ? code : json_opt_double(object, field, least, most, out, err);
}

enum err_code json_get_bool(const json_t *object, const char *field, bool *out, struct err *err)
{
    enum err_code code = require(object, field, err);
    return code != ERR_NONE ? code : json_opt_bool(object, field, out, err);
}

enum err_code json_get_object(const json_t *object, const char *field, json_t **out, struct err *err)
{
    enum err_code code = require(object, field, err);
    return code != ERR_NONE ? code : json_opt_object(object, field, out, err);
}

enum err_code json_get_array(const json_t *object, const char *field, size_t most, json_t **out, struct err *err)
{
    enum err_code code = require(object, field, err);
    return code != ERR_NONE ? code : json_opt_array(object, field, most, out, err);
}

json_t *json_string_lossy(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    struct strbuf clean;
    strbuf_init(&clean);
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;) {
        size_t length = utf8_sequence(at, (size_t)(end - at));
        if (length == 0)
            strbuf_adds(&clean, "\xEF\xBF\xBD");
        else
            strbuf_add(&clean, at, length);
        at += length == 0 ? 1 : length;
    }
    value = json_stringn_nocheck(clean.data, clean.size);
    strbuf_release(&clean);
    return value;
}

void json_set_string(json_t *object, const char *field, const char *text)
{
    json_object_set_new(object, field, json_string_lossy(text));
}

void json_set_int64(json_t *object, const char *field, int64_t number)
{
    json_object_set_new(object, field, json_integer(number));
}

void json_set_double(json_t *object, const char *field, double number)
{
    json_object_set_new(object, field, isfinite(number) ? json_real(number) : json_null());
}

void json_set_bool(json_t *object, const char *field, bool truth)
{
    json_object_set_new(object, field, json_boolean(truth));
}

void json_set(json_t *object, const char *field, json_t *value)
{
    json_object_set_new(object, field, value);
}

static int add_to_strbuf(const char *bytes, size_t size, void *out)
{
    strbuf_add(out, bytes, size);
    return 0;
}

void json_dump(const json_t *value, struct strbuf *out)
{
    json_dump_callback(value, add_to_strbuf, out, JSON_COMPACT | JSON_ENCODE_ANY);
}

void json_dump_pretty(const json_t *value, struct strbuf *out)
{
    json_dump_callback(value, add_to_strbuf, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
    strbuf_addc(out, '\n');
}
