// How objects carry their labels, with whose word that is.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_exchange.h"
#include "search/labels_internal.h"

void label_names_release(struct label_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct label_names){0};
}

void label_states_release(struct label_states *set)
{
    label_names_release(&set->own);
    free(set->negatives);
    free(set->items);
    *set = (struct label_states){0};
}

static void make_room(const struct project *p, struct label_names *names)
{
    size_t count = label_book_label_count(p->book);
    if (count <= names->count)
        return;
    names->items = mem_realloc_array(names->items, count, sizeof(*names->items));
    memset(names->items + names->count, 0, (count - names->count) * sizeof(*names->items));
    names->count = count;
}

static const char *name_of(const struct project *p, int32_t label, struct label_names *names)
{
    if (names->items[label] == NULL)
        names->items[label] = mem_strdup(label_book_label(p->book, label)->name);
    return names->items[label];
}

enum err_code labels_names(struct labels *labels, const char *project, struct label_names *names, struct err *err)
{
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    make_room(p, names);
    for (size_t i = 0; i < names->count; i++) {
        if (label_book_label(p->book, (int32_t)i)->alive)
            (void)name_of(p, (int32_t)i, names);
    }
    labels_leave(labels, p);
    return ERR_NONE;
}

static void add_negatives(const struct project *p, const struct label_book_object *object, struct label_names *names,
    struct label_states *set, struct label_state *state)
{
    size_t count = object->negative_count;
    set->negatives = mem_realloc_array(set->negatives, set->negative_count + count, sizeof(*set->negatives));
    for (size_t i = 0; i < count; i++)
        set->negatives[set->negative_count++] = name_of(p, object->negatives[i].label, names);
    state->negative_count = count;
}

static void find_state(struct project *p, const struct label_object *asked, struct label_names *names,
    struct label_states *set, struct label_state *state)
{
    struct label_key key = {0};
    int32_t label = -1;
    *state = (struct label_state){.name = "", .negative_first = set->negative_count};
    if (!label_key_of(asked->object, &key))
        return;
    state->kind = labels_kind_of(p, key, asked->track, &label, &state->score);
    if (state->kind != LABEL_NONE)
        state->name = name_of(p, label, names);
    int64_t place = label_book_find_object(p->book, key);
    if (place < 0)
        return;
    const struct label_book_object *object = label_book_object(p->book, (size_t)place);
    state->said = object->label >= 0;
    if (object->negative_count > 0)
        add_negatives(p, object, names, set, state);
}

enum err_code labels_states(struct labels *labels, const char *project, const struct label_object *objects,
    size_t count, struct label_names *names, struct label_states *set, struct err *err)
{
    *set = (struct label_states){.items = mem_calloc(count, sizeof(*set->items)), .count = count};
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code == ERR_NONE) {
        labels_combine(p);
        names = names != NULL ? names : &set->own;
        make_room(p, names);
        for (size_t i = 0; i < count; i++)
            find_state(p, &objects[i], names, set, &set->items[i]);
        labels_leave(labels, p);
    } else if (code == ERR_NOT_FOUND) {
        err_clear(err);
        code = ERR_NONE;
        for (size_t i = 0; i < count; i++)
            set->items[i].name = "";
    } else {
        label_states_release(set);
    }
    return code;
}
