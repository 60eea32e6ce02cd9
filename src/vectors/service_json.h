// Records, vectors and errors as the data plane writes them.
#pragma once

#include <jansson.h>

#include "net/http_server.h"
#include "vectors/records.h"

// A list of numbers; *values is NULL where there is none. To be freed.
enum err_code service_read_values(
    const json_t *list, const char *what, float **values, size_t *dimension, struct err *err) ERR_MUST_CHECK;
// {"id", "values", "metadata"?}; the record is the caller's.
enum err_code service_read_record(const json_t *vector, struct record *record, struct err *err) ERR_MUST_CHECK;
json_t *service_write_values(const struct record *record);
// {"id", "values"?, "metadata"?}; with `score` also the score.
json_t *service_write_record(const struct record *record, bool score, bool values, bool metadata);
// The answer to what went wrong. Always ERR_NONE: it is answered.
enum err_code service_fail(struct http_response *response, const struct err *err);
// The body of a request: an object. Errors are ERR_INVALID.
enum err_code service_body(struct http_request *request, json_t **body, struct err *err) ERR_MUST_CHECK;
// "" and null are the default namespace.
const char *service_space(const char *given);
