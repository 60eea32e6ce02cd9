// Steps: what is checked before one counts, and what each kind changes.
#include <inttypes.h>
#include <string.h>

#include "search/label_book_internal.h"

static void clear_object(struct label_book *book, struct step *step, size_t object, int32_t label)
{
    if (book->objects[object].label == label)
        book_say_yes(book, step, object, -1, 0);
    if (label_book_is_negative(&book->objects[object], label))
        book_say_no(book, step, object, label, 0);
}

static int32_t find_or_add_label(struct label_book *book, struct step *step, const char *name)
{
    int32_t label = label_book_find(book, name);
    if (label < 0)
        return book_add_label(book, step, name);
    struct label_state state = book_state_of(book, label);
    state.updated_us = step->at_us;
    book_change_label(book, step, label, state);
    return label;
}

static int32_t apply_group(
    struct label_book *book, struct step *step, const struct label_entry_group *group, int64_t id)
{
    int32_t label = find_or_add_label(book, step, group->label);
    step->positive += (int64_t)group->positive_count;
    step->negative += (int64_t)group->negative_count;
    for (size_t i = 0; i < group->positive_count; i++) {
        size_t object = book_find_or_add_object(book, group->positive[i]);
        book_say_no(book, step, object, label, 0);
        book_say_yes(book, step, object, label, id);
    }
    for (size_t i = 0; i < group->negative_count; i++) {
        size_t object = book_find_or_add_object(book, group->negative[i]);
        clear_object(book, step, object, label);
        book_say_no(book, step, object, label, id);
    }
    return label;
}

static void remove_label(struct label_book *book, struct step *step, int32_t label)
{
    struct label_state state = book_state_of(book, label);
    state.alive = false;
    book_change_label(book, step, label, state);
}

static bool is_empty(const struct label_book *book, int32_t label)
{
    for (size_t i = 0; i < book->object_count; i++) {
        if (book->objects[i].label == label || label_book_is_negative(&book->objects[i], label))
            return false;
    }
    return true;
}

static void apply_examples(struct label_book *book, struct step *step, const struct label_entry *entry, int64_t id)
{
    const struct label_entry_group group = {.label = entry->label,
        .positive = entry->positive,
        .positive_count = entry->positive_count,
        .negative = entry->negative,
        .negative_count = entry->negative_count};
    step->label = apply_group(book, step, &group, id);
    step->cleared = (int64_t)entry->clear_count;
    for (size_t i = 0; i < entry->clear_count; i++)
        clear_object(book, step, book_find_or_add_object(book, entry->clear[i]), step->label);
    if (entry->removes_empty && is_empty(book, step->label))
        remove_label(book, step, step->label);
}

static void apply_import(struct label_book *book, struct step *step, const struct label_entry *entry, int64_t id)
{
    int32_t label = -1;
    for (size_t i = 0; i < entry->group_count; i++)
        label = apply_group(book, step, &entry->groups[i], id);
    step->labels = (int64_t)entry->group_count;
    if (entry->group_count == 1) {
        step->label = label;
        step->label_name = mem_strdup(entry->groups[0].label);
    }
}

static void apply_keep(struct label_book *book, struct step *step, const struct label_entry *entry, int64_t id)
{
    step->positive = (int64_t)entry->positive_count;
    step->negative = (int64_t)entry->negative_count;
    for (size_t i = 0; i < entry->positive_count; i++)
        book_keep_yes(book, step, book_find_or_add_object(book, entry->positive[i]), id);
    for (size_t i = 0; i < entry->negative_count; i++)
        book_keep_no(book, step, book_find_or_add_object(book, entry->negative[i]), step->label, id);
}

static void apply_rename(struct label_book *book, struct step *step, const struct label_entry *entry, int32_t label)
{
    struct label_state state = book_state_of(book, label);
    state.name = book_keep_name(book, entry->other);
    state.key = book_keep_key(book, entry->other);
    state.updated_us = step->at_us;
    book_change_label(book, step, label, state);
}

// All yeses and noes of `label` go, to `into` if there is one (>= 0). They keep the step in which they were said.
static void hand_over(struct label_book *book, struct step *step, int32_t label, int32_t into)
{
    for (size_t i = 0; i < book->object_count; i++) {
        struct label_book_object *object = &book->objects[i];
        if (object->label == label) {
            int64_t said = object->step;
            int64_t kept = object->kept;
            book_say_yes(book, step, i, into, said);
            if (into >= 0) {
                book_keep_yes(book, step, i, kept);
                book_say_no(book, step, i, into, 0);
            }
        }
        int64_t at = book_find_negative(object, label);
        if (at < 0)
            continue;
        struct label_negative said = object->negatives[at];
        book_say_no(book, step, i, label, 0);
        if (into >= 0 && object->label != into && !label_book_is_negative(object, into)) {
            book_say_no(book, step, i, into, said.step);
            book_keep_no(book, step, i, into, said.kept);
        }
    }
    remove_label(book, step, label);
    if (into >= 0) {
        struct label_state state = book_state_of(book, into);
        state.updated_us = step->at_us;
        book_change_label(book, step, into, state);
    }
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
    *stack = book_room_for_one(*stack, *count, sizeof(**stack));
    (*stack)[(*count)++] = id;
}

// ---- steps

static enum err_code no_label(const char *name, const char *field, struct err *err)
{
    return err_of_field(err, err_set(err, ERR_NOT_FOUND, "there is no label \"%s\" in this project", name), field);
}

// ERR_INVALID for what is no name; -1 when there is none of that name.
static enum err_code find_name(const struct label_book *book, const char *name, int32_t *label, struct err *err)
{
    char *key = NULL;
    enum err_code code = label_name_key(name, &key, err);
    *label = code == ERR_NONE ? book_find_key(book, key) : -1;
    free(key);
    return code;
}

// Room for so many labels more.
static enum err_code check_room(const struct label_book *book, size_t count, struct err *err)
{
    if (book->alive_count + count <= LABEL_BOOK_LABELS_MAX)
        return ERR_NONE;
    if (count > 1)
        return err_set(err, ERR_LIMIT, "%zu labels would come to the %zu there are, and a project can have %d", count,
            book->alive_count, LABEL_BOOK_LABELS_MAX);
    return err_set(err, ERR_LIMIT, "the project has %d labels, as many as there can be: remove or merge some",
        LABEL_BOOK_LABELS_MAX);
}

static enum err_code check_examples(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    int32_t label = -1;
    enum err_code code = find_name(book, entry->label, &label, err);
    if (code != ERR_NONE || label >= 0)
        return code;
    if (entry->positive_count + entry->negative_count == 0)
        return no_label(entry->label, "label", err);
    return check_room(book, 1, err);
}

static enum err_code check_import(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    size_t made = 0;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < entry->group_count && code == ERR_NONE; i++) {
        int32_t label = -1;
        code = find_name(book, entry->groups[i].label, &label, err);
        made += label < 0;
    }
    return code == ERR_NONE ? check_room(book, made, err) : code;
}

static const struct label_book_object *find_object(const struct label_book *book, const char *id)
{
    struct label_key key;
    int64_t at = label_key_of(id, &key) ? label_book_find_object(book, key) : -1;
    return at >= 0 ? &book->objects[at] : NULL;
}

// Of each object that must have been said.
static enum err_code check_keep(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    int32_t label = label_book_find(book, entry->label);
    if (label < 0)
        return no_label(entry->label, "label", err);
    for (size_t i = 0; i < entry->positive_count + entry->negative_count; i++) {
        bool is_yes = i < entry->positive_count;
        const char *id = is_yes ? entry->positive[i] : entry->negative[i - entry->positive_count];
        const struct label_book_object *object = find_object(book, id);
        if (object == NULL || (is_yes ? object->label != label : !label_book_is_negative(object, label)))
            return err_of_field(err,
                err_set(err, ERR_NOT_FOUND, "nothing was said of %s for the label \"%s\"", id, entry->label),
                "objects");
    }
    return ERR_NONE;
}

static enum err_code check_rename(const struct label_book *book, const struct label_entry *entry, struct err *err)
{
    int32_t label = label_book_find(book, entry->label);
    if (label < 0)
        return no_label(entry->label, "label", err);
    int32_t taken = -1;
    enum err_code code = find_name(book, entry->other, &taken, err);
    if (code != ERR_NONE)
        return code;
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
    case LABEL_STEP_IMPORT:
        return check_import(book, entry, err);
    case LABEL_STEP_KEEP:
        return check_keep(book, entry, err);
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

static bool examples_change(const struct label_book *book, const struct label_entry *entry, int32_t label)
{
    for (size_t i = 0; i < entry->positive_count; i++) {
        const struct label_book_object *object = find_object(book, entry->positive[i]);
        if (object == NULL || object->label != label)
            return true;
    }
    for (size_t i = 0; i < entry->negative_count; i++) {
        const struct label_book_object *object = find_object(book, entry->negative[i]);
        if (object == NULL || !label_book_is_negative(object, label))
            return true;
    }
    for (size_t i = 0; i < entry->clear_count; i++) {
        const struct label_book_object *object = find_object(book, entry->clear[i]);
        if (object != NULL && (object->label == label || label_book_is_negative(object, label)))
            return true;
    }
    return false;
}

static bool keep_changes(const struct label_book *book, const struct label_entry *entry, int32_t label)
{
    for (size_t i = 0; i < entry->positive_count; i++) {
        if (find_object(book, entry->positive[i])->kept == 0)
            return true;
    }
    for (size_t i = 0; i < entry->negative_count; i++) {
        const struct label_book_object *object = find_object(book, entry->negative[i]);
        if (object->negatives[book_find_negative(object, label)].kept == 0)
            return true;
    }
    return false;
}

bool label_book_changes(const struct label_book *book, const struct label_entry *entry)
{
    int32_t label = entry->label != NULL ? label_book_find(book, entry->label) : -1;
    switch (entry->kind) {
    case LABEL_STEP_EXAMPLES:
        return label < 0 || examples_change(book, entry, label);
    case LABEL_STEP_KEEP:
        return keep_changes(book, entry, label);
    case LABEL_STEP_RENAME:
        return strcmp(book->labels[label].name, entry->other) != 0;
    case LABEL_STEP_IMPORT:
        return entry->group_count > 0;
    case LABEL_STEP_MERGE:
    case LABEL_STEP_DELETE:
    case LABEL_STEP_UNDO:
    case LABEL_STEP_REDO:
        return true;
    }
    return true;
}

static void apply_step(struct label_book *book, struct step *step, const struct label_entry *entry, int64_t id)
{
    step->label = entry->label != NULL ? label_book_find(book, entry->label) : -1;
    step->other = entry->other != NULL && entry->kind == LABEL_STEP_MERGE ? label_book_find(book, entry->other) : -1;
    switch (entry->kind) {
    case LABEL_STEP_EXAMPLES:
        apply_examples(book, step, entry, id);
        break;
    case LABEL_STEP_KEEP:
        apply_keep(book, step, entry, id);
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
    case LABEL_STEP_IMPORT:
        apply_import(book, step, entry, id);
        break;
    case LABEL_STEP_UNDO:
        book_take_back(book, entry->step, step->at_us);
        book->undo_count--;
        push(&book->redo, &book->redo_count, entry->step);
        return;
    case LABEL_STEP_REDO:
        book_do_again(book, entry->step);
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
        .labels = 1,
        .label_name = mem_strdup(entry->label),
        .other_name = mem_strdup(entry->other),
        .by = mem_strdup(entry->by),
        .at_us = at_us,
        .about = entry->step};
    book->steps = book_room_for_one(book->steps, book->step_count, sizeof(*book->steps));
    // The number first: what changes says in which version it did.
    int64_t id = (int64_t)++book->step_count;
    apply_step(book, &step, entry, id);
    book->steps[id - 1] = step;
    return ERR_NONE;
}
