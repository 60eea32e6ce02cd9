// Secrets in addresses. Signed addresses (S3, Google, Azure, CloudFront and others) carry in their query what lets
// whoever has them fetch the video. The stored source keeps it, because a retry needs it; what is shown, logged or put
// into a sentence does not.
//
// No shared state: safe from all threads.
#pragma once

#include <stdbool.h>

#include "base/strbuf.h"

// Stands for a value; no normalised address has it (source_url.h).
#define SOURCE_HIDDEN "\u2026"

// Appends a source with the values of parameters that are called like secrets hidden: "…?v=7&token=…".
void source_hide_secrets(const char *source, struct strbuf *out);
// Appends text, such as the words of another program, with the queries of all addresses in it hidden.
void source_hide_queries(const char *text, struct strbuf *out);
// Whether something was hidden in this source, so that nothing can be fetched from it.
bool source_has_hidden(const char *source);
