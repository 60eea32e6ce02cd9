// One labelling step: what a person did to a project's labels in one go, and how it is written in the journal.
//
// The journal "labels" of a project (meta_store.h) holds one step per entry, as JSON text:
//
//   {"format": 1, "kind": "examples", "label": "Bob", "by": "ann",
//    "positive": ["0123456789abcdef-00000042-007", …], "negative": […], "clear": […]}
//   {"format": 1, "kind": "rename", "label": "Bob", "other": "Robert"}
//   {"format": 1, "kind": "merge",  "label": "Bob", "other": "Robert"}    Bob's objects become Robert's
//   {"format": 1, "kind": "delete", "label": "Bob"}
//   {"format": 1, "kind": "undo",   "step": 17}
//   {"format": 1, "kind": "redo",   "step": 17}
//   {"format": 2, "kind": "import", "by": "ann",
//    "labels": [{"label": "Bob", "positive": […], "negative": […]}, …]}    several labels at once
//   {"format": 2, "kind": "keep", "label": "Bob", "positive": […], "negative": […]}
//                                 what was said of these, yes or no, is right though it looks like a mistake
//   {"format": 3, "kind": "examples", "label": "car", "clear": […], "remove_empty": true}
//                                 the label goes with it if nothing is said of it afterwards
//
// "by" and empty lists are left out. Names are as label_name_clean() leaves them. The time of a step is that of its
// entry, and its id the entry's position + 1. A program refuses steps of a format newer than its own.
//
// No shared state: safe from all threads. Errors: ERR_INVALID (newer format), ERR_CORRUPT (not such a text), ERR_LIMIT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/strbuf.h"
#include "search/label_name.h"

#define LABEL_STEP_FORMAT 3
#define LABEL_EDITOR_SIZE 401        // "by", with its NUL: 100 characters
#define LABEL_STEP_OBJECTS_MAX 30000 // named in one step, all three lists together; but of an import:
#define LABEL_STEP_IMPORT_OBJECTS_MAX 200000
#define LABEL_STEP_IMPORT_LABELS_MAX 1000

enum label_step_kind {
    LABEL_STEP_EXAMPLES,
    LABEL_STEP_RENAME,
    LABEL_STEP_MERGE,
    LABEL_STEP_DELETE,
    LABEL_STEP_UNDO,
    LABEL_STEP_REDO,
    LABEL_STEP_IMPORT,
    LABEL_STEP_KEEP,
};
const char *label_step_kind_name(enum label_step_kind kind);

// A step as it is shown.
struct label_step {
    int64_t id; // 1 for a project's first
    enum label_step_kind kind;
    char label[LABEL_NAME_SIZE];         // "" where it is about several
    int64_t labels;                      // how many it is about
    char other[LABEL_NAME_SIZE];         // the other name of a rename or merge; else ""
    int64_t positive, negative, cleared; // of keep: the yeses and noes that are right
    int64_t at_us;                       // wall clock
    char by[LABEL_EDITOR_SIZE];          // "": nobody said
    bool undone;
    int64_t undone_us; // when, wall clock; 0 where it is not undone
};

// What an import says of one label.
struct label_entry_group {
    const char *label;
    const char (*positive)[OBJECT_ID_SIZE];
    const char (*negative)[OBJECT_ID_SIZE];
    size_t positive_count, negative_count;
};

// A step as it is written.
struct label_entry {
    enum label_step_kind kind;
    const char *label, *other, *by;         // NULL: none
    const char (*positive)[OBJECT_ID_SIZE]; // it is this
    const char (*negative)[OBJECT_ID_SIZE]; // it is not this
    const char (*clear)[OBJECT_ID_SIZE];    // nothing is said of these any more
    size_t positive_count, negative_count, clear_count;
    bool removes_empty;                     // of examples: the label is gone if nothing is said of it afterwards
    const struct label_entry_group *groups; // of an import, each label once
    size_t group_count;
    int64_t step; // of undo and redo: which
    void *memory; // what label_entry_decode allocated
};

// Appends the text.
void label_entry_encode(const struct label_entry *entry, struct strbuf *out);
// Everything it points at is released with label_entry_release.
enum err_code label_entry_decode(
    const void *text, size_t size, struct label_entry *entry, struct err *err) ERR_MUST_CHECK;
void label_entry_release(struct label_entry *entry);
