#include "vectors/service_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vectors/service.h"

const char *service_space(const char *given)
{
    return given != NULL && given[0] != '\0' ? given : SERVICE_DEFAULT_SPACE;
}

enum err_code service_read_values(
    const json_t *list, const char *what, float **values, size_t *dimension, struct err *err)
{
    size_t i;
    const json_t *number;
    *values = NULL;
    *dimension = 0;
    if (list == NULL || json_is_null(list))
        return ERR_NONE;
    if (!json_is_array(list) || json_array_size(list) > RECORD_DIMENSION_MAX)
        return err_set(err, ERR_INVALID, "%s must be a list of at most %d numbers", what, RECORD_DIMENSION_MAX);
    if (json_array_size(list) == 0)
        return ERR_NONE;
    float *made = mem_calloc(json_array_size(list), sizeof(*made));
    json_array_foreach(list, i, number)
    {
        made[i] = (float)json_number_value(number);
        if (json_is_number(number) && isfinite(made[i]))
            continue;
        free(made);
        return err_set(err, ERR_INVALID, "%s: value %zu is no finite number", what, i);
    }
    *values = made;
    *dimension = json_array_size(list);
    return ERR_NONE;
}

enum err_code service_read_record(const json_t *vector, struct record *record, struct err *err)
{
    const char *id = json_string_value(json_object_get(vector, "id"));
    json_t *metadata = json_object_get(vector, "metadata");
    *record = (struct record){0};
    if (id == NULL)
        return err_set(err, ERR_INVALID, "a vector needs an id, which is a text");
    if (json_object_get(vector, "sparseValues") != NULL)
        return err_set(err, ERR_INVALID, "the vector \"%.60s\" has sparse values, which this index does not keep", id);
    enum err_code code =
        service_read_values(json_object_get(vector, "values"), "values", &record->values, &record->dimension, err);
    if (code == ERR_NONE && record->values == NULL)
        code = err_set(err, ERR_INVALID, "the vector \"%.60s\" has no values", id);
    if (code != ERR_NONE)
        return code;
    record->id = mem_strdup(id);
    if (json_is_object(metadata))
        record->metadata = json_incref(metadata);
    return metadata == NULL || json_is_null(metadata) || json_is_object(metadata)
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "metadata must be an object");
}

json_t *service_write_values(const struct record *record)
{
    json_t *list = json_array();
    for (size_t i = 0; i < record->dimension; i++)
        json_array_append_new(list, json_real((double)record->values[i]));
    return list;
}

json_t *service_write_record(const struct record *record, bool score, bool values, bool metadata)
{
    json_t *o = json_object();
    json_set_string(o, "id", record->id);
    if (score)
        json_set_double(o, "score", (double)record->score);
    if (values)
        json_set(o, "values", service_write_values(record));
    if (metadata && record->metadata != NULL)
        json_set(o, "metadata", json_incref(record->metadata));
    return o;
}

enum err_code service_fail(struct http_response *response, const struct err *err)
{
    enum { INVALID_ARGUMENT = 3, NOT_FOUND = 5, RESOURCE_EXHAUSTED = 8, INTERNAL = 13, UNAVAILABLE = 14 };
    int status = 500, code = INTERNAL;
    if (err->code == ERR_INVALID || err->code == ERR_LIMIT) {
        status = 400;
        code = INVALID_ARGUMENT;
    } else if (err->code == ERR_NOT_FOUND) {
        status = 404;
        code = NOT_FOUND;
    } else if (err->code == ERR_FULL) {
        status = 507;
        code = RESOURCE_EXHAUSTED;
    } else if (err->code == ERR_UNAVAILABLE || err->code == ERR_TIMEOUT || err->code == ERR_CANCELLED) {
        status = 503;
        code = UNAVAILABLE;
    }
    json_t *o = json_object();
    json_set_int64(o, "code", code);
    json_set_string(o, "message", err->message);
    json_set(o, "details", json_array());
    http_response_json(response, status, o);
    return ERR_NONE;
}

enum err_code service_body(struct http_request *request, json_t **body, struct err *err)
{
    size_t size;
    const char *text = http_request_body(request, &size);
    *body = NULL;
    if (size == 0) {
        *body = json_object();
        return ERR_NONE;
    }
    struct json_limits limits = {.size_bytes = SERVICE_BODY_MAX, .depth = 32};
    enum err_code code = json_parse(text, size, &limits, body, err);
    if (code == ERR_NONE && !json_is_object(*body)) {
        json_decref(*body);
        *body = NULL;
        code = err_set(err, ERR_INVALID, "the body must be a JSON object");
    }
    if (code == ERR_NONE)
        return ERR_NONE;
    // Whatever is wrong with it, in the same words.
    return err->code = ERR_INVALID;
}
