// What the files of the book share (label_book.h says what it does). Not for other modules.
#pragma once

#include <stdlib.h>

#include "base/mem.h"
#include "search/label_book.h"

// One change that a step made, with what was there before, so that it can be taken back and made again.
enum op_kind { OP_YES, OP_NEGATIVE, OP_LABEL };

// What undoing brings back of a label.
struct label_state {
    char *name; // owned by the book's list of names
    char *key;
    bool alive;
    int64_t created_us, updated_us;
};

struct op {
    enum op_kind kind;
    int32_t label;
    size_t object;
    int32_t old_label, new_label; // of OP_YES
    int64_t old_step, new_step;   // 0: nothing was said
    int64_t old_kept, new_kept;   // 0: nobody said that it is right
    size_t old_state, new_state;  // of OP_LABEL: places in the step's states
};

struct step {
    enum label_step_kind kind;
    int32_t label, other;               // numbers; -1: none, or several
    int64_t labels;                     // how many it is about
    char *label_name, *other_name, *by; // as they were then; NULL: none
    int64_t positive, negative, cleared;
    int64_t at_us;
    int64_t about; // the step that an undo or redo is about
    bool undone;
    int64_t undone_us; // 0 where it is not
    struct op *ops;
    size_t op_count;
    struct label_state *states;
    size_t state_count;
};

struct label_book {
    struct step *steps;
    size_t step_count;
    int64_t *undo, *redo; // ids, the next one last
    size_t undo_count, redo_count;
    struct label_book_label *labels;
    size_t label_count, alive_count;
    int64_t carried; // see label_book_carried
    struct label_book_object *objects;
    size_t object_count;
    struct label_map places; // of objects
    size_t *touched;
    size_t touched_count;
    char **texts; // names and keys of labels, once given
    size_t text_count;
};

// An array that doubles, without a field for its capacity: it is full when the count is a power of two.
static inline void *book_room_for_one(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return mem_realloc_array(items, count == 0 ? 1 : count * 2, size);
}

// The label with this key that is there; -1: none.
int32_t book_find_key(const struct label_book *book, const char *key);
// The place among the object's negatives; -1: none.
int64_t book_find_negative(const struct label_book_object *object, int32_t label);

// ---- label_book_ops.c: single changes, each kept in its step with a way back

// That the object is this label, said in step `id`; `label` -1: none.
void book_say_yes(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id);
// That it is not, said in step `id`; 0 takes that back.
void book_say_no(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id);
// That what was said is right, as step `id` says; 0: nobody says so.
void book_keep_yes(struct label_book *book, struct step *step, size_t object, int64_t id);
void book_keep_no(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id);
// Its name, time of change and whether it is there.
struct label_state book_state_of(const struct label_book *book, int32_t label);
void book_change_label(struct label_book *book, struct step *step, int32_t label, struct label_state state);
// Texts that live as long as the book. The name was checked.
char *book_keep_name(struct label_book *book, const char *name);
char *book_keep_key(struct label_book *book, const char *name);
int32_t book_add_label(struct label_book *book, struct step *step, const char *name);
// The id was checked.
size_t book_find_or_add_object(struct label_book *book, const char *id);
// Takes back, at `at_us`, and makes again what a step changed.
void book_take_back(struct label_book *book, int64_t id, int64_t at_us);
void book_do_again(struct label_book *book, int64_t id);
