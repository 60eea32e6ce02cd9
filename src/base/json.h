// Helpers over Jansson for contracts: JSON from outside is parsed under limits, read field by field with typed getters,
// and refused with a sentence that names the field and says what it must be; the error carries the field too.
//
// The getters take the object first and never change its reference count: texts and values they hand out are borrowed
// from it. `json_get_*` fail when the field is missing; `json_opt_*` leave `*out` as it is when it is missing or null.
// All errors are ERR_INVALID unless said otherwise. Thread rule: as for any json_t, one thread at a time per value.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

struct json_limits {
    size_t size_bytes; // of the text
    int depth;         // of nested arrays and objects
    size_t values;     // of all kinds, in all arrays and objects; 0: only the size limits them
};

// For requests, messages and small settings.
#define JSON_LIMITS_DEFAULT ((struct json_limits){.size_bytes = 1 << 20, .depth = 32})

// Parses one JSON text of any kind; `limits` NULL means JSON_LIMITS_DEFAULT. Refuses duplicate keys, NUL characters,
// invalid UTF-8 and anything after the value. The caller owns `*value`. ERR_LIMIT when larger, deeper or with
// more values than allowed.
enum err_code json_parse(
    const char *text, size_t size, const struct json_limits *limits, json_t **value, struct err *err) ERR_MUST_CHECK;
// The same from a file; the sentence names the path.
enum err_code json_parse_file(
    const char *path, const struct json_limits *limits, json_t **value, struct err *err) ERR_MUST_CHECK;

// That `value` is an object and has no other fields than the NULL-terminated `allowed`; names the unknown field and the
// nearest known one.
enum err_code json_check_fields(const json_t *value, const char *const *allowed, struct err *err) ERR_MUST_CHECK;

enum err_code json_get_string(
    const json_t *object, const char *field, const char **out, struct err *err) ERR_MUST_CHECK;
// Whole numbers only; 3.0 is one. Bounds are inclusive: INT64_MIN and INT64_MAX for none.
enum err_code json_get_int64(
    const json_t *object, const char *field, int64_t least, int64_t most, int64_t *out, struct err *err) ERR_MUST_CHECK;
// Any finite number. Bounds are inclusive: -INFINITY and INFINITY for none.
enum err_code json_get_double(
    const json_t *object, const char *field, double least, double most, double *out, struct err *err) ERR_MUST_CHECK;
enum err_code json_get_bool(const json_t *object, const char *field, bool *out, struct err *err) ERR_MUST_CHECK;
enum err_code json_get_object(const json_t *object, const char *field, json_t **out, struct err *err) ERR_MUST_CHECK;
enum err_code json_get_array(
    const json_t *object, const char *field, size_t most, json_t **out, struct err *err) ERR_MUST_CHECK;

enum err_code json_opt_string(
    const json_t *object, const char *field, const char **out, struct err *err) ERR_MUST_CHECK;
enum err_code json_opt_int64(
    const json_t *object, const char *field, int64_t least, int64_t most, int64_t *out, struct err *err) ERR_MUST_CHECK;
enum err_code json_opt_double(
    const json_t *object, const char *field, double least, double most, double *out, struct err *err) ERR_MUST_CHECK;
enum err_code json_opt_bool(const json_t *object, const char *field, bool *out, struct err *err) ERR_MUST_CHECK;
enum err_code json_opt_object(const json_t *object, const char *field, json_t **out, struct err *err) ERR_MUST_CHECK;
enum err_code json_opt_array(
    const json_t *object, const char *field, size_t most, json_t **out, struct err *err) ERR_MUST_CHECK;

// Building. A NULL text becomes null; bytes that are no UTF-8 become U+FFFD, so a strange file name cannot spoil a
// document. Numbers that JSON has no form for (NaN, infinities) become null.
json_t *json_string_lossy(const char *text);
void json_set_string(json_t *object, const char *field, const char *text);
void json_set_int64(json_t *object, const char *field, int64_t number);
void json_set_double(json_t *object, const char *field, double number);
void json_set_bool(json_t *object, const char *field, bool truth);
// Takes over the caller's reference of `value`.
void json_set(json_t *object, const char *field, json_t *value);

// Appends the value without line breaks, keys in the order they were set; doubles keep 17 significant digits at most.
void json_dump(const json_t *value, struct strbuf *out);
// The same with indentation, ending in a line break: for people.
void json_dump_pretty(const json_t *value, struct strbuf *out);
