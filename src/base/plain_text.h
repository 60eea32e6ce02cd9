// Foreign text, such as names, titles and what servers say, as it may stand on a terminal or in a line of a log. Some
// characters would not be shown but obeyed: controls (C0, DEL, C1) move the cursor and set colours and titles, line
// breaks forge lines, and Unicode's embeddings, overrides and isolates (U+202A-202E, U+2066-2069) turn the text around
// them, so that it reads other than it is (CVE-2021-42574). Plain right-to-left text needs none of them.
//
// No shared state: safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

// Whether the character is one of these.
bool plain_text_forbids(uint32_t character);
// Appends `size` bytes of text as one line: line breaks and tabs are spaces, whatever else is forbidden or no UTF-8 is
// U+FFFD.
void plain_text_add(struct strbuf *out, const char *text, size_t size);
// The same into `out`, cut between two characters if it does not fit; `out` is always terminated.
void plain_text_copy(char *out, size_t size, const char *text);
// For what people call things: ERR_INVALID for text that is no UTF-8 or has such a character. `whose` begins the
// sentence: "a label's name".
enum err_code plain_text_check(const char *text, const char *whose, struct err *err) ERR_MUST_CHECK;
