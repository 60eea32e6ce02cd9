// Storing objects, and changing what filters look at.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/weaviate_internal.h"

// ---- storing

struct numbered {
    struct vector_key key;
    size_t number;
};

static int by_key_and_number(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = vector_key_compare(x->key, y->key);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

// Items of distinct objects, by object: the last of several for one counts, with a label and a track that an earlier
// one gave and it does not.
static struct vector_item *merge(const struct vector_item *items, size_t count, size_t *merged_count)
{
    struct numbered *order = mem_calloc(count, sizeof(*order));
    struct vector_item *merged = mem_calloc(count, sizeof(*merged));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        order[i] = (struct numbered){vector_key_of(items[i].object), i};
    qsort(order, count, sizeof(*order), by_key_and_number);
    for (size_t i = 0; i < count; i++) {
        const struct vector_item *item = &items[order[i].number];
        if (kept == 0 || strcmp(merged[kept - 1].object, item->object) != 0) {
            merged[kept++] = *item;
            continue;
        }
        struct vector_item before = merged[kept - 1];
        struct vector_item *last = &merged[kept - 1];
        *last = *item;
        if (last->label[0] == '\0')
            memcpy(last->label, before.label, sizeof(last->label));
        if (last->track < 0)
            last->track = before.track;
    }
    free(order);
    *merged_count = kept;
    return merged;
}

struct merging {
    struct vector_item *items; // by object
    size_t count;
};

static int key_of_item(const void *key, const void *item)
{
    return vector_key_compare(
        *(const struct vector_key *)key, vector_key_of(((const struct vector_item *)item)->object));
}

static struct vector_item *find_item(const struct merging *merging, struct vector_key key)
{
    return bsearch(&key, merging->items, merging->count, sizeof(*merging->items), key_of_item);
}

// What is stored stays where the item leaves it open.
static void complete(void *context, struct vector_key key, const json_t *row)
{
    struct vector_item *item = find_item(context, key);
    struct vector_hit stored = {0};
    weaviate_read_properties(row, &stored);
    if (item != NULL && item->label[0] == '\0')
        snprintf(item->label, sizeof(item->label), "%s", stored.label);
    if (item != NULL && item->track < 0)
        item->track = stored.track;
}

// Those that leave something open, to be looked for.
static enum err_code complete_all(struct weaviate *self, const char *project, struct merging *merging, struct err *err)
{
    struct vector_item *open = mem_calloc(merging->count, sizeof(*open));
    size_t open_count = 0;
    for (size_t i = 0; i < merging->count; i++) {
        if (merging->items[i].label[0] == '\0' || merging->items[i].track < 0)
            open[open_count++] = merging->items[i];
    }
    enum err_code code = weaviate_find(self, project, open, open_count, WEAVIATE_ATTRIBUTES, complete, merging, err);
    free(open);
    return code;
}

enum err_code weaviate_upsert(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    struct merging merging;
    enum err_code code = weaviate_check_facts(self, project, model, dimension, err);
    if (code != ERR_NONE)
        return code;
    merging.items = merge(items, count, &merging.count);
    code = complete_all(self, project, &merging, err);
    if (code == ERR_NONE)
        code = weaviate_store(self, project, dimension, merging.items, merging.count, err);
    if (code == ERR_NOT_FOUND) { // somebody has removed the project meanwhile: it begins anew
        err_clear(err);
        vector_facts_forget(&self->facts, project);
        code = weaviate_add_tenants(self, project, err);
        if (code == ERR_NONE)
            code = weaviate_check_facts(self, project, model, dimension, err);
        if (code == ERR_NONE)
            code = weaviate_store(self, project, dimension, merging.items, merging.count, err);
    }
    free(merging.items);
    return code;
}

// ---- changing attributes: Weaviate changes one record a request, but stores many, so they are read and stored again

struct changing {
    struct merging known; // objects that are to change; without a vector: not there
    size_t dimension;
    enum err_code code;
    struct err err;
};

static void read_record(void *context, struct vector_key key, const json_t *row)
{
    struct changing *changing = context;
    struct vector_item *item = find_item(&changing->known, key);
    struct vector_hit stored = {0};
    size_t dimension = 0;
    if (item == NULL || item->vector != NULL || changing->code != ERR_NONE)
        return;
    float *vector = mem_calloc(changing->dimension, sizeof(*vector));
    changing->code = weaviate_read_vector(json_object_get(json_object_get(row, "_additional"), "vector"), vector,
        changing->dimension, &dimension, &changing->err);
    if (changing->code == ERR_NONE && dimension != changing->dimension)
        changing->code = err_set(&changing->err, ERR_CORRUPT, "the stored vector of %s has %zu dimensions, not %zu",
            item->object, dimension, changing->dimension);
    weaviate_read_properties(row, &stored);
    memcpy(item->class_name, stored.class_name, sizeof(item->class_name));
    memcpy(item->label, stored.label, sizeof(item->label));
    item->track = stored.track;
    item->vector = vector;
}

static void change(struct changing *changing, const struct vector_attributes *wanted)
{
    struct vector_item *item = find_item(&changing->known, vector_key_of(wanted->object));
    if (item == NULL)
        return;
    if (wanted->set_label)
        snprintf(item->label, sizeof(item->label), "%s", wanted->label);
    if (wanted->set_track)
        item->track = wanted->track < 0 ? -1 : wanted->track;
}

// Leaves out what is not there.
static void keep_known(struct merging *known)
{
    size_t kept = 0;
    for (size_t i = 0; i < known->count; i++) {
        if (known->items[i].vector != NULL)
            known->items[kept++] = known->items[i];
    }
    known->count = kept;
}

static enum err_code change_some(struct weaviate *self, const char *project, size_t dimension,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    struct changing changing = {.dimension = dimension};
    struct vector_item *wanted = mem_calloc(count, sizeof(*wanted));
    for (size_t i = 0; i < count; i++)
        memcpy(wanted[i].object, changes[i].object, sizeof(wanted[i].object));
    changing.known.items = merge(wanted, count, &changing.known.count);
    free(wanted);
    enum err_code code = weaviate_find(
        self, project, changing.known.items, changing.known.count, WEAVIATE_ALL, read_record, &changing, err);
    if (code == ERR_NONE && changing.code != ERR_NONE) {
        code = changing.code;
        if (err != NULL)
            *err = changing.err;
    }
    keep_known(&changing.known);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        change(&changing, &changes[i]);
    if (code == ERR_NONE && changing.known.count > 0)
        code = weaviate_store(self, project, dimension, changing.known.items, changing.known.count, err);
    for (size_t i = 0; i < changing.known.count; i++)
        free((void *)(uintptr_t)changing.known.items[i].vector);
    free(changing.known.items);
    return code;
}

enum err_code weaviate_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    struct weaviate *self = weaviate_of(index);
    struct vector_facts facts;
    enum err_code code = weaviate_read_facts(self, project, &facts, err);
    if (code != ERR_NONE || facts.dimension == 0)
        return code;
    for (size_t from = 0; from < count && code == ERR_NONE; from += WEAVIATE_IDS_MAX) {
        size_t here = count - from < WEAVIATE_IDS_MAX ? count - from : WEAVIATE_IDS_MAX;
        code = change_some(self, project, facts.dimension, changes + from, here, err);
    }
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err); // the project is gone, and with it what was to change
    return ERR_NONE;
}
