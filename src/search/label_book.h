// The book: what is labelled in one project after so many steps.
//
// Built by applying the steps of the journal one after the other (label_step.h). Each step keeps what it changed,
// before and after, so that undoing and redoing it is to put that back: the former state exactly, at the cost of the
// step, not of the journal. Steps are undone in the reverse order in which they were done, and a new step forgets those
// that could have been redone.
//
// What the steps do:
// - examples: a positive gives the object this label (and takes another one away) and removes a negative of this label;
//   a negative removes this label from the object and is kept; clear removes either. The label is made if need be, and
//   gone afterwards where the step asks for that and nothing is said of it any more.
// - rename: the name; "other" may be another spelling of the same, but no other label's.
// - merge: objects of `label` become those of `other`, negatives too; where an object has a yes of one and a no of the
//   other, the yes stays. `label` is gone.
// - delete: the label with all that was said of it is gone.
// - import: what examples say, of several labels one after the other.
// - keep: what was said of the objects for this label is right; it is so until something else is said of them.
//
// Labels and objects are known by their numbers here, which never change; a label that is gone keeps its number,
// because undoing brings it back. One thread at a time. Errors: ERR_NOT_FOUND (label), ERR_CONFLICT (name taken, step
// cannot be undone now), ERR_INVALID (merged into itself), ERR_LIMIT (too many labels).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "search/label_map.h"
#include "search/label_step.h"

#define LABEL_BOOK_LABELS_MAX 10000

struct label_book;

struct label_book *label_book_new(void);
void label_book_free(struct label_book *book); // NULL is harmless

// Steps applied so far, undos and redos included: the id of the last one.
int64_t label_book_version(const struct label_book *book);

// Whether the step can be applied now, with a sentence for the person who wants it; the error's field is that of the
// entry which is wrong, "label" or "other". Undo and redo: entry->step must be
// what label_book_undo_step() or …_redo_step() says.
enum err_code label_book_check(
    const struct label_book *book, const struct label_entry *entry, struct err *err) ERR_MUST_CHECK;
// Whether it changes anything that is said, by itself: what follows for the rest of tracks is for whoever knows them.
// The step can be applied.
bool label_book_changes(const struct label_book *book, const struct label_entry *entry);
// Applies the next step, or nothing when label_book_check() would refuse it.
enum err_code label_book_apply(
    struct label_book *book, const struct label_entry *entry, int64_t at_us, struct err *err) ERR_MUST_CHECK;

// Steps that could be undone or redone next; 0: none.
int64_t label_book_undo_step(const struct label_book *book);
int64_t label_book_redo_step(const struct label_book *book);
// A step, 1 … version, as it is shown; an undo or redo with the names and counts of what it is about.
void label_book_step(const struct label_book *book, int64_t id, struct label_step *step);
int64_t label_book_step_at_us(const struct label_book *book, int64_t id);
const char *label_book_step_by(const struct label_book *book, int64_t id); // "": nobody said who
// The label that a step is about, after it; -1 when it is gone.
int32_t label_book_step_label(const struct label_book *book, int64_t id);

struct label_book_label {
    const char *name, *key; // borrowed until the next step
    bool alive;
    int64_t created_us, updated_us;
    int64_t changed; // version of the last step (undo, redo) that changed what is said of it
};
// Numbers 0 … count - 1.
size_t label_book_label_count(const struct label_book *book);
const struct label_book_label *label_book_label(const struct label_book *book, int32_t label);
// The step (undo, redo) that last changed which objects carry which label; 0: none.
int64_t label_book_carried(const struct label_book *book);
// By any spelling; -1 when there is none.
int32_t label_book_find(const struct label_book *book, const char *name);

struct label_negative {
    int32_t label;
    int64_t step;
    int64_t kept; // step in which somebody said that this is right; 0: none
};
struct label_book_object {
    struct label_key key;
    int32_t label; // that it was said to be; -1: none
    int64_t step;  // in which that was said
    int64_t kept;  // in which somebody said that this is right; 0: none
    size_t negative_count;
    struct label_negative *negatives; // in no order
    // For whoever owns the book; not part of the state.
    int64_t track;  // -1: none or not known
    int32_t class_; // -1: not known
    bool missing;   // it does not exist (any more)
    bool touched;   // see label_book_touched
};
size_t label_book_object_count(const struct label_book *book);
// Borrowed until the next step.
struct label_book_object *label_book_object(const struct label_book *book, size_t object);
// -1 when nothing was ever said of it.
int64_t label_book_find_object(const struct label_book *book, struct label_key key);
bool label_book_is_negative(const struct label_book_object *object, int32_t label);

// Objects whose label or negatives, or the names of these, changed since they were last forgotten. Borrowed until the
// next step.
const size_t *label_book_touched(const struct label_book *book, size_t *count);
void label_book_touch(struct label_book *book, size_t object);
void label_book_forget_touched(struct label_book *book);
