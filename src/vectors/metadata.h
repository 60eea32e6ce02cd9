// Metadata of records and the filters over it, with the meaning that Pinecone's data plane gives them.
//
// Metadata is an object whose values are texts, numbers, truth values or lists of texts. A filter is an object: fields
// with a value (equal) or with operators ($eq $ne $in $nin $gt $gte $lt $lte $exists), and $and and $or over filters. A
// list matches if any of its elements does; $ne and $nin are the opposites of $eq and $in, so that they hold for
// records without the field.
//
// Pure functions, safe from all threads. Errors: ERR_INVALID with a sentence that names field or operator.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

#define METADATA_BYTES_MAX ((size_t)40960)
#define METADATA_FILTER_DEPTH 16

// Whether this is metadata that may be stored; NULL is none.
enum err_code metadata_check(const json_t *metadata, struct err *err) ERR_MUST_CHECK;
// Whether this is a filter. NULL and {} match everything.
enum err_code metadata_filter_check(const json_t *filter, struct err *err) ERR_MUST_CHECK;
// `filter` has been checked.
bool metadata_filter_matches(const json_t *filter, const json_t *metadata);

// A condition that every match fulfils and that an index of terms can look up: `field` has one of `values`, a list of
// texts, numbers or truth values. False if there is none. Both are borrowed of the filter; *single is set where the
// filter names one value, which is then not in a list.
struct metadata_term {
    const char *field;
    const json_t *values; // a list; NULL: `single`
    const json_t *single;
};
bool metadata_filter_term(const json_t *filter, struct metadata_term *term);
// The text under which an index keeps a value: equal values have equal texts.
void metadata_term_text(const json_t *value, struct strbuf *out);
