// Labels of many objects at once, out and in: what export and import need of the labelling service (labels.h).
//
// Thread rule and errors as in labels.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "search/labels.h"

// ---- out

struct label_state {
    enum label_kind kind;
    bool said;        // of explicit ones: of this very object, not of another one of its track
    const char *name; // owned by the set; "" for none
    float score;      // how sure it is, 0 … 1; 1 for explicit
    // Labels that this very object was said not to carry: names[first … first + count - 1] of the set's negatives.
    size_t negative_first, negative_count;
};

// What labels are called, by their numbers, which stay whatever happens to them; NULL: not told yet. Who asks for the
// states of many objects, some at a time, is told of a label by the same name from the first to the last.
struct label_names {
    char **items;
    size_t count;
};
void label_names_release(struct label_names *names);
// All labels that there are now. A project that is not there has none.
enum err_code labels_names(
    struct labels *labels, const char *project, struct label_names *names, struct err *err) ERR_MUST_CHECK;

struct label_states {
    struct label_state *items; // one for each object asked about, in that order
    size_t count;
    const char **negatives;
    size_t negative_count;
    struct label_names own;
};
void label_states_release(struct label_states *set);

// A project without labels, or one that is not there, gives LABEL_NONE for all. The set's texts are those of `names`,
// which outlives it, and of which those that were not told yet are added (NULL: as the labels are called now).
enum err_code labels_states(struct labels *labels, const char *project, const struct label_object *objects,
    size_t count, struct label_names *names, struct label_states *set, struct err *err) ERR_MUST_CHECK;

// ---- in

enum label_word {
    LABEL_WORD_YES,
    LABEL_WORD_NO,
    LABEL_WORD_CARRIES, // it carries the label, by its own word or its track's: nothing is said where it does already
    LABEL_WORD_FOLLOWS, // so it will, because another word gives it to its track, unless its own stands against that
};

struct label_assertion {
    const char *object;
    int64_t track; // as stored; -1: none
    size_t label;  // which of the names
    enum label_word word;
};

// What is so already is not said again. ERR_INVALID where two labels are given to one object, or one label both ways.
struct labels_import {
    const char *project;
    const char *const *names; // of the labels, no two the same to label_name_key(); 1 … LABEL_STEP_IMPORT_LABELS_MAX
    size_t name_count;
    const struct label_assertion *items; // at most LABEL_STEP_IMPORT_OBJECTS_MAX that are not so already
    size_t count;
    bool dry_run; // only says what would be done
    struct label_editor editor;
};

// What was newly said of one label.
struct label_counts {
    char name[LABEL_NAME_SIZE]; // as it is called, however the request spells it
    bool made;                  // it was not there
    int64_t positives, negatives;
};

struct labels_imported {
    struct label_counts *labels; // of each name
    size_t label_count;
    int64_t unchanged; // assertions that were so already
    int64_t moved;     // objects that were said to be something else before
    int64_t version;
    int64_t step; // 0: nothing was done
};
void labels_imported_release(struct labels_imported *imported);

// One step of the journal: all of it, or nothing.
enum err_code labels_import(struct labels *labels, const struct labels_import *request,
    struct labels_imported *imported, struct err *err) ERR_MUST_CHECK;
