// Reads the small XML documents with which S3 and its like answer.
//
// It knows elements, text with the predefined and numbered entities, CDATA, comments and processing instructions.
// Attributes and namespaces are passed over. A document type is refused, so there are no entities of its own to expand.
// Bounds: XML_DEPTH_MAX elements in one another, XML_PATH_MAX bytes of their names, XML_TEXT_MAX bytes of one text.
// One thread per call.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

#define XML_DEPTH_MAX 16
#define XML_PATH_MAX 256
#define XML_TEXT_MAX 65536

// Called at the end of each element: `path` is the names from the root on, joined by "/" ("Error/Code"), and `text`
// what stands between its own tags, decoded, without that of elements within. An error ends the walk with its code.
typedef enum err_code xml_visit(void *context, const char *path, const char *text, struct err *err);

// ERR_CORRUPT for what is no such document, ERR_LIMIT beyond the bounds. What was visited before stays visited.
enum err_code xml_walk(const char *bytes, size_t size, xml_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;

// Appends the text so that it reads as itself between two tags. False, with nothing appended, for one that no XML 1.0
// document can hold (control characters).
bool xml_escape(struct strbuf *out, const char *text);
