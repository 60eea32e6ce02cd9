// What the HTTP client and server share: methods, header pairs and the escaping of URLs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT,
};

struct http_header {
    const char *name;
    const char *value;
};

const char *http_method_name(enum http_method method);
// False for a method that is none of these.
bool http_method_from_name(const char *name, enum http_method *method);
// "Not Found"; "" for an unknown status.
const char *http_status_text(int status);

// Appends the text with everything but A-Z a-z 0-9 - . _ ~ percent-encoded: for one path segment or query value.
void http_url_encode(struct strbuf *out, const char *text);
// The same for a path: '/' stays.
void http_url_encode_path(struct strbuf *out, const char *text);
// Undoes it in place ('+' becomes a space if `plus`). False, with `text` in an undefined state, for a broken escape, a
// NUL, a control character or bytes that are no UTF-8.
bool http_url_decode(char *text, bool plus);
// Appends a parameter to the query of a URL or a path, which is begun if there is none. The value is encoded.
void http_url_add_query(struct strbuf *url, const char *name, const char *value);
// A date as headers have it, "Sun, 06 Nov 1994 08:49:37 GMT"; false for anything else.
bool http_date_parse(const char *text, int64_t *wall_us);
// The URL without user name, password, query values and fragment, for logs and sentences; `out` is always terminated.
#define HTTP_URL_SHOWN_MAX 256
void http_url_show(const char *url, char out[HTTP_URL_SHOWN_MAX]);
