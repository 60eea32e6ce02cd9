// Which stored object each entry of an import file means (import.h says how). Not for other modules.
#pragma once

#include "exchange/import.h"
#include "exchange/import_file.h"
#include "search/label_map.h"

struct import_match {
    bool is_matched;
    struct label_key object;
    int64_t track; // as stored; -1: none
};

struct import_matching {
    struct import_match *items; // of each row
    int64_t matched, unmatched;
    int64_t ambiguous; // matched, and another object has the same box
    char *problems[IMPORT_PROBLEMS_MAX];
    size_t problem_count;
    bool *is_other; // of the file's videos: the project has none of that id, and nobody says which is the same
};
void import_matching_release(struct import_matching *matching);

enum err_code import_match(const struct import_config *config, const struct import_request *request,
    const struct import_file *file, struct cancel *cancel, struct import_matching *matching,
    struct err *err) ERR_MUST_CHECK;
