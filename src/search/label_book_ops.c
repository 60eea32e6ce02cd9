// Single changes of the book, with what was there before, so that they can be taken back and made again.
#include <string.h>

#include "search/label_book_internal.h"

static void set_negative(struct label_book_object *object, int32_t label, int64_t step, int64_t kept)
{
    int64_t at = book_find_negative(object, label);
    if (step == 0) {
        if (at >= 0)
            object->negatives[at] = object->negatives[--object->negative_count];
    } else if (at >= 0) {
        object->negatives[at].step = step;
        object->negatives[at].kept = kept;
    } else {
        object->negatives = book_room_for_one(object->negatives, object->negative_count, sizeof(*object->negatives));
        object->negatives[object->negative_count++] =
            (struct label_negative){.label = label, .step = step, .kept = kept};
    }
}

static void touch_all_of(struct label_book *book, int32_t label)
{
    for (size_t i = 0; i < book->object_count; i++) {
        if (book->objects[i].label == label || label_book_is_negative(&book->objects[i], label))
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
    // A label may be made before there is any object.
    struct label_book_object *object = op->kind != OP_LABEL ? &book->objects[op->object] : NULL;
    // Nothing is learnt from that something is right.
    bool is_said = op->old_label != op->new_label || op->old_step != op->new_step;
    switch (op->kind) {
    case OP_YES:
        object->label = back ? op->old_label : op->new_label;
        object->step = back ? op->old_step : op->new_step;
        object->kept = back ? op->old_kept : op->new_kept;
        if (op->old_label != op->new_label) {
            label_book_touch(book, op->object);
            book->carried = (int64_t)book->step_count;
        }
        note_change(book, is_said ? op->old_label : -1);
        note_change(book, is_said ? op->new_label : -1);
        break;
    case OP_NEGATIVE:
        set_negative(object, op->label, back ? op->old_step : op->new_step, back ? op->old_kept : op->new_kept);
        if ((op->old_step == 0) != (op->new_step == 0))
            label_book_touch(book, op->object);
        note_change(book, is_said ? op->label : -1);
        break;
    case OP_LABEL:
        set_label_state(book, op->label, &step->states[back ? op->old_state : op->new_state]);
        break;
    }
}

static void do_op(struct label_book *book, struct step *step, struct op op)
{
    step->ops = book_room_for_one(step->ops, step->op_count, sizeof(*step->ops));
    step->ops[step->op_count++] = op;
    run_op(book, step, &op, false);
}

void book_say_yes(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id)
{
    const struct label_book_object *o = &book->objects[object];
    if (o->label == label && o->step == id)
        return;
    do_op(book, step,
        (struct op){.kind = OP_YES,
            .object = object,
            .old_label = o->label,
            .old_step = o->step,
            .old_kept = o->kept,
            .new_label = label,
            .new_step = label >= 0 ? id : 0});
}

void book_say_no(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id)
{
    const struct label_book_object *o = &book->objects[object];
    int64_t at = book_find_negative(o, label);
    struct label_negative before = at >= 0 ? o->negatives[at] : (struct label_negative){0};
    if (before.step != id)
        do_op(book, step,
            (struct op){.kind = OP_NEGATIVE,
                .object = object,
                .label = label,
                .old_step = before.step,
                .old_kept = before.kept,
                .new_step = id});
}

void book_keep_yes(struct label_book *book, struct step *step, size_t object, int64_t id)
{
    const struct label_book_object *o = &book->objects[object];
    if (o->kept != id)
        do_op(book, step,
            (struct op){.kind = OP_YES,
                .object = object,
                .old_label = o->label,
                .new_label = o->label,
                .old_step = o->step,
                .new_step = o->step,
                .old_kept = o->kept,
                .new_kept = id});
}

void book_keep_no(struct label_book *book, struct step *step, size_t object, int32_t label, int64_t id)
{
    int64_t at = book_find_negative(&book->objects[object], label);
    if (at < 0 || book->objects[object].negatives[at].kept == id)
        return;
    struct label_negative before = book->objects[object].negatives[at];
    do_op(book, step,
        (struct op){.kind = OP_NEGATIVE,
            .object = object,
            .label = label,
            .old_step = before.step,
            .new_step = before.step,
            .old_kept = before.kept,
            .new_kept = id});
}

static size_t add_state(struct step *step, struct label_state state)
{
    step->states = book_room_for_one(step->states, step->state_count, sizeof(*step->states));
    step->states[step->state_count] = state;
    return step->state_count++;
}

struct label_state book_state_of(const struct label_book *book, int32_t label)
{
    const struct label_book_label *l = &book->labels[label];
    return (struct label_state){.name = (char *)l->name,
        .key = (char *)l->key,
        .alive = l->alive,
        .created_us = l->created_us,
        .updated_us = l->updated_us};
}

void book_change_label(struct label_book *book, struct step *step, int32_t label, struct label_state state)
{
    size_t old_state = add_state(step, book_state_of(book, label));
    size_t new_state = add_state(step, state);
    do_op(book, step, (struct op){.kind = OP_LABEL, .label = label, .old_state = old_state, .new_state = new_state});
}

static char *keep_text(struct label_book *book, char *text)
{
    book->texts = book_room_for_one(book->texts, book->text_count, sizeof(*book->texts));
    book->texts[book->text_count++] = text;
    return text;
}

char *book_keep_name(struct label_book *book, const char *name)
{
    return keep_text(book, mem_strdup(name));
}

char *book_keep_key(struct label_book *book, const char *name)
{
    char *key = NULL;
    // label_book_check() has seen that the name has one.
    if (label_name_key(name, &key, NULL) != ERR_NONE)
        key = mem_strdup(name);
    return keep_text(book, key);
}

int32_t book_add_label(struct label_book *book, struct step *step, const char *name)
{
    book->labels = book_room_for_one(book->labels, book->label_count, sizeof(*book->labels));
    int32_t label = (int32_t)book->label_count++;
    struct label_book_label *l = &book->labels[label];
    *l = (struct label_book_label){
        .name = book_keep_name(book, name), .key = book_keep_key(book, name), .created_us = step->at_us};
    struct label_state state = book_state_of(book, label);
    state.alive = true;
    state.updated_us = step->at_us;
    book_change_label(book, step, label, state);
    return label;
}

size_t book_find_or_add_object(struct label_book *book, const char *id)
{
    struct label_key key = {0};
    // label_book_check() has seen that it is one.
    (void)label_key_of(id, &key);
    int64_t found = label_map_get(&book->places, key);
    if (found >= 0)
        return (size_t)found;
    book->objects = book_room_for_one(book->objects, book->object_count, sizeof(*book->objects));
    book->objects[book->object_count] = (struct label_book_object){.key = key, .label = -1, .track = -1, .class_ = -1};
    label_map_put(&book->places, key, (int64_t)book->object_count);
    return book->object_count++;
}

void book_take_back(struct label_book *book, int64_t id, int64_t at_us)
{
    struct step *step = &book->steps[id - 1];
    for (size_t i = step->op_count; i-- > 0;)
        run_op(book, step, &step->ops[i], true);
    step->undone = true;
    step->undone_us = at_us;
}

void book_do_again(struct label_book *book, int64_t id)
{
    struct step *step = &book->steps[id - 1];
    for (size_t i = 0; i < step->op_count; i++)
        run_op(book, step, &step->ops[i], false);
    step->undone = false;
    step->undone_us = 0;
}
