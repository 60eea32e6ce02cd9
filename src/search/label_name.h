// Names of labels: 1 to 100 characters of any script, kept in Unicode's composed form (NFC), without control
// characters, without marks that turn the direction of the text around them (bidirectional embeddings, overrides and
// isolates; plain right-to-left text is fine), without space at the ends. "." and ".." are none: addresses drop them.
//
// Two names that differ only in case or in Unicode form ("Café", "CAFÉ", "Cafe" + combining acute) are the same label:
// names are compared by their key, which is Unicode's NFKC_Casefold (Unicode Standard Annex 31).
//
// No shared state: safe from all threads.
#pragma once

#include <stddef.h>

#include "base/err.h"

#define LABEL_NAME_LENGTH_MAX 100 // characters (code points) after composition
#define LABEL_NAME_SIZE 401       // bytes, with the NUL

// The name as it is stored. ERR_INVALID with a sentence that says what is wrong and what is allowed.
enum err_code label_name_clean(const char *given, char name[LABEL_NAME_SIZE], struct err *err) ERR_MUST_CHECK;
// What tells names apart: equal keys are the same label; free() it. ERR_INVALID like label_name_clean; never for a
// clean name.
enum err_code label_name_key(const char *name, char **key, struct err *err) ERR_MUST_CHECK;
