// Addresses as text: the normal form of http(s) ones (RFC 3986, 6.2), and percent-encoding of paths.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "meta_store/meta_store.h"

// Lower-case scheme and host, no default port, no fragment, "." and ".." removed, "/" for an empty path; unreserved
// characters are not percent-encoded, escapes are upper-case, and what must be encoded is. `name` is what to show.
// ERR_INVALID for what is no such address, and for user names and passwords.
enum err_code source_url_normalise(
    const char *text, char canonical[META_SOURCE_SIZE], char name[META_TITLE_SIZE], struct err *err) ERR_MUST_CHECK;
void source_url_encode_path(const char *path, struct strbuf *out);
// Percent-decodes; false for a bad escape, a NUL, or what does not fit.
bool source_url_decode(const char *text, size_t length, char *out, size_t capacity);
