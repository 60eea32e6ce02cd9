#include "search/label_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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
    size_t old_state, new_state;  // of OP_LABEL: places in the step's states
};

struct step {
    enum label_step_kind kind;
    int32_t label, other;               // numbers; -1: none
    char *label_name, *other_name, *by; // as they were then; NULL: none
    int64_t positive, negative, cleared;
    int64_t at_us;
    int64_t about; // the step that an undo or redo is about
    bool undone, forgotten;
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
    struct label_book_object *objects;
    size_t object_count;
    struct label_map places; // of objects
    size_t *touched;
    size_t touched_count;
    char **texts; // names and keys of labels, once given
    size_t text_count;
};

// An array that doubles, without a field for its capacity: it is full when the count is a power of two.
static void *room_for_one(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return mem_realloc_array(items, count == 0 ? 1 : count * 2, size);
}

struct label_book *label_book_new(void)
{
    return mem_calloc(1, sizeof(struct label_book));
}

static void step_release(struct step *step)
{
    free(step->label_name);
    free(step->other_name);
    free(step->by);
    free(step->ops);
    free(step->states);
}

void label_book_free(struct label_book *book)
{
    if (book == NULL)
        return;
    for (size_t i = 0; i < book->step_count; i++)
        step_release(&book->steps[i]);
    for (size_t i = 0; i < book->object_count; i++)
        free(book->objects[i].negatives);
    for (size_t i = 0; i < book->text_count; i++)
        free(book->texts[i]);
    label_map_release(&book->places);
    free(book->texts);
    free(book->touched);
    free(book->objects);
    free(book->labels);
    free(book->undo);
    free(book->redo);
    free(book->steps);
    free(book);
}

// ---- looking

int64_t label_book_version(const struct label_book *book)
{
    return (int64_t)book->step_count;
}

int64_t label_book_undo_step(const struct label_book *book)
{
    return book->undo_count > 0 ? book->undo[book->undo_count - 1] : 0;
}

int64_t label_book_redo_step(const struct label_book *book)
{
    return book->redo_count > 0 ? book->redo[book->redo_count - 1] : 0;
}

static const struct step *step_of(const struct label_book *book, int64_t id)
{
    return &book->steps[id - 1];
}

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

void label_book_step(const struct label_book *book, int64_t id, struct label_step *out)
{
    const struct step *step = step_of(book, id);
    const struct step *about = step->about != 0 ? step_of(book, step->about) : step;
    *out = (struct label_step){.id = id,
        .kind = step->kind,
        .positive = about->positive,
        .negative = about->negative,
        .cleared = about->cleared,
        .at_us = step->at_us,
        .undone = step->undone};
    copy_text(out->label, sizeof(out->label), about->label_name);
    copy_text(out->other, sizeof(out->other), about->other_name);
    copy_text(out->by, sizeof(out->by), step->by);
}

int64_t label_book_step_at_us(const struct label_book *book, int64_t id)
{
    return step_of(book, id)->at_us;
}

int32_t label_book_step_label(const struct label_book *book, int64_t id)
{
    const struct step *step = step_of(book, id);
    const struct step *about = step->about != 0 ? step_of(book, step->about) : step;
    // A merge is about what both became; taken back, about what is there again.
    bool merged = about->kind == LABEL_STEP_MERGE && step->kind != LABEL_STEP_UNDO;
    int32_t label = merged ? about->other : about->label;
    return label >= 0 && book->labels[label].alive ? label : -1;
}

size_t label_book_label_count(const struct label_book *book)
{
    return book->label_count;
}

const struct label_book_label *label_book_label(const struct label_book *book, int32_t label)
{
    return &book->labels[label];
}

static int32_t find_key(const struct label_book *book, const char *key)
{
    for (size_t i = 0; i < book->label_count; i++) {
        if (book->labels[i].alive && strcmp(book->labels[i].key, key) == 0)
            return (int32_t)i;
    }
    return -1;
}

int32_t label_book_find(const struct label_book *book, const char *name)
{
    char *key = NULL;
    if (label_name_key(name, &key, NULL) != ERR_NONE)
        return -1;
    int32_t found = find_key(book, key);
    free(key);
    return found;
}

size_t label_book_object_count(const struct label_book *book)
{
    return book->object_count;
}

struct label_book_object *label_book_object(const struct label_book *book, size_t object)
{
    return &book->objects[object];
}

int64_t label_book_find_object(const struct label_book *book, struct label_key key)
{
    return label_map_get(&book->places, key);
}

static int64_t find_negative(const struct label_book_object *object, int32_t label)
{
    for (size_t i = 0; i < object->negative_count; i++) {
        if (object->negatives[i].label == label)
            return (int64_t)i;
    }
    return -1;
}

bool label_book_is_negative(const struct label_book_object *object, int32_t label)
{
    return find_negative(object, label) >= 0;
}

const size_t *label_book_touched(const struct label_book *book, size_t *count)
{
    *count = book->touched_count;
    return book->touched;
}

void label_book_touch(struct label_book *book, size_t object)
{
    if (book->objects[object].touched)
        return;
    book->objects[object].touched = true;
    book->touched = room_for_one(book->touched, book->touched_count, sizeof(*book->touched));
    book->touched[book->touched_count++] = object;
}

void label_book_forget_touched(struct label_book *book)
{
    for (size_t i = 0; i < book->touched_count; i++)
        book->objects[book->touched[i]].touched = false;
    free(book->touched);
    book->touched = NULL;
    book->touched_count = 0;
}

// ---- changing, with a way back

static void set_negative(struct label_book_object *object, int32_t label, int64_t step)
{
    int64_t at = find_negative(object, label);
    if (step == 0) {
        if (at >= 0)
            object->negatives[at] = object->negatives[--object->negative_count];
    } else if (at >= 0) {
        object->negatives[at].step = step;
    } else {
        object->negatives = room_for_one(object->negatives, object->negative_count, sizeof(*object->negatives));
        object->negatives[object->negative_count++] = (struct label_negative){.label = label, .step = step};
    }
}

static void touch_all_of(struct label_book *book, int32_t label)
{
    for (size_t i = 0; i < book->object_count; i++) {
        if (book->objects[i].label == label)
            label_book_touch(book, i);
    }
}

static void note_change(struct label_book *book, int32_t label)
{
    if (label >= 0)
        book->labels[label].changed = (int64_t)book->step_count;
}

static void set_label_state(struct label_book *book, int32_t number, const struct label_state *state)
{
    struct label_book_label *label = &book->labels[number];
    book->alive_count += (size_t)state->alive - (size_t)label->alive;
    if (label->alive != state->alive)
        note_change(book, number);
    if (strcmp(label->name, state->name) != 0)
        touch_all_of(book, number);
    label->name = state->name;
    label->key = state->key;
    label->alive = state->alive;
    label->created_us = state->created_us;
    label->updated_us = state->updated_us;
}

// Makes the change of an operation, or takes it back.
static void run_op(struct label_book *book, const struct step *step, const struct op *op, bool back)
{
    struct label_book_object *object = &book->objects[op->object];
    switch (op->kind) {
    case OP_YES:
        object->label = back ? op->old_label : op->new_label;
        object->step = back ? op->old_step : op->new_step;
        if (op->old_label != op->new_label)
            label_book_touch(book, op->object);
        note_change(book, op->old_label);
        note_change(book, op->new_label);
        break;
    case OP_NEGATIVE:
        set_negative(object, op->label, back ? op->old_step : op->new_step);
        note_change(book, op->label);
        break;
    case OP_LABEL:
        set_label_state(book, op->label, &step->states[back ? op->old_state : op->new_state]);
        break;
    }
}

static void do_op(struct label_book *book, struct step *step, struct op op)
{
    step->ops = room_for_one(step->ops, step->op_count, sizeof(*step->ops));
    step->ops[step->op_count++] = op;
    run_op(book, step, &op, false);
}

// `id`: the step in which it was said, for label >= 0.
static void say_yes(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id)
{
    const struct label_book_object *o = &book->objects[object];
    if (o->label == label && o->step == id)
        return;
    do_op(book, step,
        (struct op){.kind = OP_YES,
            .object = object,
            .old_label = o->label,
            .old_step = o->step,
            .new_label = label,
            .new_step = label >= 0 ? id : 0});
}

// `id` 0 takes the negative back.
static void say_no(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id)
{
    const struct label_book_object *o = &book->objects[object];
    int64_t at = find_negative(o, label);
    int64_t old_step = at >= 0 ? o->negatives[at].step : 0;
    if (old_step != id)
        do_op(book, step,
            (struct op){.kind = OP_NEGATIVE, .object = object, .label = label, .old_step = old_step, .new_step = id});
}

static size_t add_state(struct step *step, struct label_state state)
{
    step->states = room_for_one(step->states, step->state_count, sizeof(*step->states));
    step->states[step->state_count] = state;
    return step->state_count++;
}

static struct label_state state_of(const struct label_book *book, int32_t label)
{
    const struct label_book_label *l = &book->labels[label];
    return (struct label_state){.name = (char *)l->name,
        .key = (char *)l->key,
        .alive = l->alive,
        .created_us = l->created_us,
        .updated_us = l->updated_us};
}

static void change_label(struct label_book *book, struct step *step, int32_t label, struct label_state state)
{
    size_t old_state = add_state(step, state_of(book, label));
    size_t new_state = add_state(step, state);
    do_op(book, step, (struct op){.kind = OP_LABEL, .label = label, .old_state = old_state, .new_state = new_state});
}

static char *keep_text(struct label_book *book, char *text)
{
    book->texts = room_for_one(book->texts, book->text_count, sizeof(*book->texts));
    book->texts[book->text_count++] = text;
    return text;
}

static char *keep_key(struct label_book *book, const char *name)
{
    char *key = NULL;
    // label_book_check() has seen that the name has one.
    if (label_name_key(name, &key, NULL) != ERR_NONE)
        key = mem_strdup(name);
    return keep_text(book, key);
}

static int32_t add_label(struct label_book *book, struct step *step, const char *name)
{
    book->labels = room_for_one(book->labels, book->label_count, sizeof(*book->labels));
    int32_t label = (int32_t)book->label_count++;
    struct label_book_label *l = &book->labels[label];
    *l = (struct label_book_label){
        .name = keep_text(book, mem_strdup(name)), .key = keep_key(book, name), .created_us = step->at_us};
    struct label_state state = state_of(book, label);
    state.alive = true;
    state.updated_us = step->at_us;
    change_label(book, step, label, state);
    return label;
}

static size_t find_or_add_object(struct label_book *book, const char *id)
{
    struct label_key key = {0};
    // label_book_check() has seen that it is one.
    (void)label_key_of(id, &key);
    int64_t found = label_map_get(&book->places, key);
    if (found >= 0)
        return (size_t)found;
    book->objects = room_for_one(book->objects, book->object_count, sizeof(*book->objects));
    book->objects[book->object_count] = (struct label_book_object){.key = key, .label = -1, .track = -1};
    label_map_put(&book->places, key, (int64_t)book->object_count);
    return book->object_count++;
}

static void clear_object(struct label_book *book, struct step *step, size_t object, int32_t label)
{
    if (book->objects[object].label == label)
        say_yes(book, step, object, -1, 0);
    if (label_book_is_negative(&book->objects[object], label))
        say_no(book, step, object, label, 0);
}

static void apply_examples(
    struct label_book *book, struct step *step, const struct label_entry *entry, int32_t label, int64_t id)
{
    if (label < 0) {
        label = add_label(book, step, entry->label);
    } else {
        struct label_state state = state_of(book, label);
        state.updated_us = step->at_us;
        change_label(book, step, label, state);
    }
    step->label = label;
    step->positive = (int64_t)entry->positive_count;
    step->negative = (int64_t)entry->negative_count;
    step->cleared = (int64_t)entry->clear_count;
    for (size_t i = 0; i < entry->positive_count; i++) {
        size_t object = find_or_add_object(book, entry->positive[i]);
        say_no(book, step, object, label, 0);
        say_yes(book, step, object, label, id);
    }
    for (size_t i = 0; i < entry->negative_count; i++) {
        size_t object = find_or_add_object(book, entry->negative[i]);
        clear_object(book, step, object, label);
        say_no(book, step, object, label, id);
    }
    for (size_t i = 0; i < entry->clear_count; i++)
        clear_object(book, step, find_or_add_object(book, entry->clear[i]), label);
}

static void apply_rename(struct label_book *book, struct step *step, const struct label_entry *entry, int32_t label)
{
    struct label_state state = state_of(book, label);
    state.name = keep_text(book, mem_strdup(entry->other));
    state.key = keep_key(book, entry->other);
    state.updated_us = step->at_us;
    change_label(book, step, label, state);
}

static void remove_label(struct label_book *book, struct step *step, int32_t label)
{
    struct label_state state = state_of(book, label);
    state.alive = false;
    change_label(book, step, label, state);
}

// All yeses and noes of `label` go, to `into` if there is one (>= 0). They keep the step in which they were said.
static void hand_over(struct label_book *book, struct step *step, int32_t label, int32_t into)
{
    for (size_t i = 0; i < book->object_count; i++) {
        struct label_book_object *object = &book->objects[i];
        if (object->label == label) {
            int64_t said = object->step;
            say_yes(book, step, i, into, said);
            if (into >= 0)
                say_no(book, step, i, into, 0);
        }
        int64_t at = find_negative(object, label);
        if (at < 0)
            continue;
        int64_t said = object->negatives[at].step;
        say_no(book, step, i, label, 0);
        if (into >= 0 && object->label != into && !label_book_is_negative(object, into))
            say_no(book, step, i, into, said);
    }
    remove_label(book, step, label);
    if (into >= 0) {
        struct label_state state = state_of(book, into);
        state.updated_us = step->at_us;
        change_label(book, step, into, state);
    }
}

// ---- undo and redo

static void take_back(struct label_book *book, int64_t id)
{
    struct step *step = &book->steps[id - 1];
    for (size_t i = step->op_count; i-- > 0;)
        run_op(book, step, &step->ops[i], true);
    step->undone = true;
}

static void do_again(struct label_book *book, int64_t id)
{
    struct step *step = &book->steps[id - 1];
    for (size_t i = 0; i < step->op_count; i++)
        run_op(book, step, &step->ops[i], false);
    step->undone = false;
}

// A new step was done: what was undone before stays undone.
static void forget_redo(struct label_book *book)
{
    for (size_t i = 0; i < book->redo_count; i++) {
        struct step *step = &book->steps[book->redo[i] - 1];
        free(step->ops);
        free(step->states);
        step->ops = NULL;
        step->states = NULL;
        step->op_count = step->state_count = 0;
    }
    free(book->redo);
    book->redo = NULL;
    book->redo_count = 0;
}

static void push(int64_t **stack, size_t *count, int64_t id)
{
    *stack = room_for_one(*stack, *count, sizeof(**stack));
    (*stack)[(*count)++] = id;
}

// ---- steps

static enum err_code no_label(const char *name, const char *field, struct err *err)
{
    return err_of_field(err, err_set(err, ERR_NOT_FOUND, "there is no label \"%s\" in this project", name), field);
}

static enum err_code check_examples(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    char *key = NULL;
    enum err_code code = label_name_key(entry->label, &key, err);
    if (code != ERR_NONE)
        return code;
    int32_t label = find_key(book, key);
    free(key);
    if (label >= 0)
        return ERR_NONE;
    if (entry->positive_count + entry->negative_count == 0)
        return no_label(entry->label, "label", err);
    if (book->alive_count >= LABEL_BOOK_LABELS_MAX)
        return err_set(err, ERR_LIMIT, "the project has %d labels, as many as there can be: remove or merge some",
            LABEL_BOOK_LABELS_MAX);
    return ERR_NONE;
}

static enum err_code check_rename(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    int32_t label = label_book_find(book, entry->label);
    if (label < 0)
        return no_label(entry->label, "label", err);
    char *key = NULL;
    enum err_code code = label_name_key(entry->other, &key, err);
    if (code != ERR_NONE)
        return code;
    int32_t taken = find_key(book, key);
    free(key);
    if (taken >= 0 && taken != label)
        return err_of_field(err,
            err_set(err, ERR_CONFLICT, "another label is called \"%s\" already: choose another name, or merge the two",
                book->labels[taken].name),
            "other");
    return ERR_NONE;
}

static enum err_code check_merge(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    int32_t label = label_book_find(book, entry->label);
    int32_t into = label_book_find(book, entry->other);
    if (label < 0 || into < 0)
        return label < 0 ? no_label(entry->label, "label", err) : no_label(entry->other, "other", err);
    if (label == into)
        return err_of_field(err,
            err_set(err, ERR_INVALID, "the label \"%s\" cannot be merged into itself", book->labels[label].name),
            "other");
    return ERR_NONE;
}

enum err_code label_book_check(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    switch (entry->kind) {
    case LABEL_STEP_EXAMPLES:
        return check_examples(book, entry, err);
    case LABEL_STEP_RENAME:
        return check_rename(book, entry, err);
    case LABEL_STEP_MERGE:
        return check_merge(book, entry, err);
    case LABEL_STEP_DELETE:
        return label_book_find(book, entry->label) < 0 ? no_label(entry->label, "label", err) : ERR_NONE;
    case LABEL_STEP_UNDO:
        if (entry->step != 0 && entry->step == label_book_undo_step(book))
            return ERR_NONE;
        return err_set(err, ERR_CONFLICT, "step %" PRId64 " cannot be undone now", entry->step);
    case LABEL_STEP_REDO:
        if (entry->step != 0 && entry->step == label_book_redo_step(book))
            return ERR_NONE;
        return err_set(err, ERR_CONFLICT, "step %" PRId64 " cannot be done again now", entry->step);
    }
    return err_set(err, ERR_INVALID, "there is no such kind of step");
}

static void apply_step(struct label_book *book, struct step *step, const struct label_entry *entry, int64_t id)
{
    step->label = entry->label != NULL ? label_book_find(book, entry->label) : -1;
    step->other = entry->other != NULL && entry->kind == LABEL_STEP_MERGE ? label_book_find(book, entry->other) : -1;
    switch (entry->kind) {
    case LABEL_STEP_EXAMPLES:
        apply_examples(book, step, entry, step->label, id);
        break;
    case LABEL_STEP_RENAME:
        apply_rename(book, step, entry, step->label);
        break;
    case LABEL_STEP_MERGE:
        hand_over(book, step, step->label, step->other);
        break;
    case LABEL_STEP_DELETE:
        hand_over(book, step, step->label, -1);
        break;
    case LABEL_STEP_UNDO:
        take_back(book, entry->step);
        book->undo_count--;
        push(&book->redo, &book->redo_count, entry->step);
        return;
    case LABEL_STEP_REDO:
        do_again(book, entry->step);
        book->redo_count--;
        push(&book->undo, &book->undo_count, entry->step);
        return;
    }
    forget_redo(book);
    push(&book->undo, &book->undo_count, id);
}

enum err_code label_book_apply(struct label_book *book, const struct label_entry *entry, int64_t at_us, struct err *err)
{
    enum err_code code = label_book_check(book, entry, err);
    if (code != ERR_NONE)
        return code;
    struct step step = {.kind = entry->kind,
        .label = -1,
        .other = -1,
        .label_name = mem_strdup(entry->label),
        .other_name = mem_strdup(entry->other),
        .by = mem_strdup(entry->by),
        .at_us = at_us,
        .about = entry->step};
    book->steps = room_for_one(book->steps, book->step_count, sizeof(*book->steps));
    // The number first: what changes says in which version it did.
    int64_t id = (int64_t)++book->step_count;
    apply_step(book, &step, entry, id);
    book->steps[id - 1] = step;
    return ERR_NONE;
}
