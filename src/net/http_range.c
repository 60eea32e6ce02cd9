#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/http_server_internal.h"

static const char *parse_number(const char *text, uint64_t *number)
{
    if (!isdigit((unsigned char)*text))
        return NULL;
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return errno == 0 ? end : NULL;
}

enum http_range_kind http_range_parse(const char *text, uint64_t size, uint64_t *first, uint64_t *length)
{
    *first = 0;
    *length = size;
    if (text == NULL || strncasecmp(text, "bytes=", 6) != 0 || strchr(text, ',') != NULL)
        return HTTP_RANGE_ALL;
    const char *at = text + 6;
    uint64_t from = 0, to = 0;
    if (*at == '-') {
        // The last so many bytes.
        at = parse_number(at + 1, &to);
        if (at == NULL || *at != '\0')
            return HTTP_RANGE_ALL;
        if (to == 0 || size == 0)
            return HTTP_RANGE_NONE;
        *length = to < size ? to : size;
        *first = size - *length;
        return HTTP_RANGE_PART;
    }
    at = parse_number(at, &from);
    if (at == NULL || *at++ != '-')
        return HTTP_RANGE_ALL;
    if (*at == '\0') {
        to = UINT64_MAX;
    } else {
        at = parse_number(at, &to);
        if (at == NULL || *at != '\0' || to < from)
            return HTTP_RANGE_ALL;
    }
    if (from >= size)
        return HTTP_RANGE_NONE;
    *first = from;
    *length = (to < size - 1 ? to : size - 1) - from + 1;
    return HTTP_RANGE_PART;
}

bool http_etag_matches(const char *list, const char *etag, bool weakly)
{
    if (list == NULL || etag == NULL)
        return false;
    size_t length = strlen(etag);
    for (const char *at = list; *at != '\0';) {
        at += strspn(at, " \t,");
        if (*at == '*')
            return weakly;
        bool is_weak = strncmp(at, "W/", 2) == 0;
        at += is_weak ? 2 : 0;
        if (*at != '"')
            return false;
        const char *end = strchr(at + 1, '"');
        if (end == NULL)
            return false;
        bool same = (size_t)(end - at - 1) == length && memcmp(at + 1, etag, length) == 0;
        if (same && (weakly || !is_weak))
            return true;
        at = end + 1;
    }
    return false;
}

void http_date_format(int64_t wall_us, char out[HTTP_DATE_SIZE])
{
    // Not strftime(): names of days and months must not follow the locale.
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(out, HTTP_DATE_SIZE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * tm.tm_wday, tm.tm_mday % 100,
        months + 3 * tm.tm_mon, (tm.tm_year + 1900) % 10000, tm.tm_hour % 100, tm.tm_min % 100, tm.tm_sec % 100);
}

// Dates are compared as texts: a client sends back what it was given.
bool http_response_is_fresh(const struct http_response *response)
{
    const struct http_request *request = response->request;
    if (request->method != HTTP_GET && request->method != HTTP_HEAD)
        return false;
    const char *none_match = http_request_header(request, "If-None-Match");
    if (none_match != NULL)
        return http_etag_matches(none_match, response->etag, true);
    const char *since = http_request_header(request, "If-Modified-Since");
    char modified[HTTP_DATE_SIZE];
    if (since == NULL || response->modified_us <= 0)
        return false;
    http_date_format(response->modified_us, modified);
    return strcmp(since, modified) == 0;
}

// Whether the range may be answered although the file may have changed (RFC 9110, 13.1.5).
static bool range_still_holds(const struct http_response *response)
{
    const char *condition = http_request_header(response->request, "If-Range");
    if (condition == NULL)
        return true;
    if (condition[0] == '"')
        return http_etag_matches(condition, response->etag, false);
    char modified[HTTP_DATE_SIZE];
    if (response->modified_us <= 0)
        return false;
    http_date_format(response->modified_us, modified);
    return strcmp(condition, modified) == 0;
}

void http_range_apply(struct http_response *response)
{
    const struct http_request *request = response->request;
    http_response_header(response, "Accept-Ranges", "bytes");
    if (request->method != HTTP_GET || response->status != 200)
        return;
    const char *text = range_still_holds(response) ? http_request_header(request, "Range") : NULL;
    uint64_t first, length;
    uint64_t size = response->size_bytes;
    switch (http_range_parse(text, size, &first, &length)) {
    case HTTP_RANGE_ALL:
        return;
    case HTTP_RANGE_PART:
        response->status = 206;
        response->offset += first;
        response->size_bytes = length;
        http_response_header(response, "Content-Range",
            arena_sprintf(request->arena, "bytes %llu-%llu/%llu", (unsigned long long)first,
                (unsigned long long)(first + length - 1), (unsigned long long)size));
        return;
    case HTTP_RANGE_NONE: {
        char *whole = arena_sprintf(request->arena, "bytes */%llu", (unsigned long long)size);
        struct err err = ERR_INIT;
        err_set(&err, ERR_INVALID, "the range lies beyond the end");
        http_response_problem_status(response, 416, &err);
        http_response_header(response, "Content-Range", whole);
        return;
    }
    }
}
