// Storing objects, and changing what filters look at.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
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

// Objects, each once, in their order: the last of several items for one counts, with a label and a track that an
// earlier one gave and it does not.
static struct weaviate_object *merge(const struct vector_item *items, size_t count, size_t *merged_count)
{
    struct numbered *order = mem_calloc(count, sizeof(*order));
    struct weaviate_object *merged = mem_calloc(count, sizeof(*merged));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        order[i] = (struct numbered){vector_key_of(items[i].object), i};
    qsort(order, count, sizeof(*order), by_key_and_number);
    for (size_t i = 0; i < count; i++) {
        const struct vector_item *item = &items[order[i].number];
        if (kept == 0 || strcmp(merged[kept - 1].item.object, item->object) != 0) {
            merged[kept++].item = *item;
            continue;
        }
        const struct vector_item before = merged[kept - 1].item;
        struct vector_item *last = &merged[kept - 1].item;
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
    struct weaviate_object *objects; // in their order
    size_t count;
};

static void release_objects(struct merging *merging)
{
    for (size_t i = 0; i < merging->count; i++)
        weaviate_object_release(&merging->objects[i]);
    free(merging->objects);
}

static int compare_with_key(const void *key, const void *object)
{
    return vector_key_compare(
        *(const struct vector_key *)key, vector_key_of(((const struct weaviate_object *)object)->item.object));
}

static struct weaviate_object *find_object(const struct merging *merging, struct vector_key key)
{
    return bsearch(&key, merging->objects, merging->count, sizeof(*merging->objects), compare_with_key);
}

// What is stored stays where the item leaves it open, and its vector is not stored as it is.
static void complete(void *context, struct vector_key key, const json_t *row)
{
    struct weaviate_object *object = find_object(context, key);
    struct vector_hit stored = {0};
    if (object == NULL)
        return;
    weaviate_read_properties(row, &stored);
    object->is_doubled = !weaviate_is_doubled(row);
    if (object->item.label[0] == '\0')
        snprintf(object->item.label, sizeof(object->item.label), "%s", stored.label);
    if (object->item.track < 0)
        object->item.track = stored.track;
    weaviate_object_release(object);
    object->negatives = weaviate_read_negatives(row);
}

static void drop_taken(struct merging *merging)
{
    size_t kept = 0;
    for (size_t i = 0; i < merging->count; i++) {
        if (merging->objects[i].is_taken)
            weaviate_object_release(&merging->objects[i]);
        else
            merging->objects[kept++] = merging->objects[i];
    }
    merging->count = kept;
}

enum index { INDEX_AS_IT_IS, INDEX_ANEW };

// Tries until the server has taken all. What it shall index anew it has to be asked about before each attempt.
static enum err_code store_all(struct weaviate *self, const char *project, size_t dimension, enum index index,
    struct merging *merging, struct err *err)
{
    struct retry retry;
    enum err_code code = ERR_NONE;
    retry_init(&retry, &self->retry, NULL, 0);
    while (code == ERR_NONE && merging->count > 0) {
        size_t before = merging->count;
        if (index == INDEX_ANEW)
            code = weaviate_find(
                self, project, merging->objects, merging->count, WEAVIATE_ATTRIBUTES, complete, merging, err);
        if (code == ERR_NONE)
            code = weaviate_store(self, project, dimension, merging->objects, merging->count, err);
        drop_taken(merging);
        if (code == ERR_NONE && merging->count == before)
            code = err_set(err, ERR_UNAVAILABLE,
                "the vector index at %s (--vector-index) has stored %zu vectors that no search finds: its "
                "ASYNC_INDEXING "
                "must be off",
                self->address.label, before);
        if (merging->count < before)
            retry_init(&retry, &self->retry, NULL, 0);
        if ((code == ERR_UNAVAILABLE || code == ERR_TIMEOUT) && retry_wait(&retry, code, 0, NULL)) {
            err_clear(err);
            code = ERR_NONE;
        }
    }
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
    merging.objects = merge(items, count, &merging.count);
    code = store_all(self, project, dimension, INDEX_ANEW, &merging, err);
    if (code == ERR_NOT_FOUND) { // somebody has removed the project meanwhile: it begins anew
        err_clear(err);
        vector_facts_forget(&self->facts, project);
        code = weaviate_add_tenants(self, project, err);
        if (code == ERR_NONE)
            code = weaviate_check_facts(self, project, model, dimension, err);
        if (code == ERR_NONE)
            code = store_all(self, project, dimension, INDEX_ANEW, &merging, err);
    }
    release_objects(&merging);
    return code;
}

// ---- changing attributes: Weaviate changes one record a request, but stores many, so they are read and stored again

struct changing {
    struct merging known; // objects that are to change; without a vector: not there
    size_t dimension;
    float *vectors; // room for those of the objects that are still to come
    enum err_code code;
    struct err err;
};

static void read_record(void *context, struct vector_key key, const json_t *row)
{
    struct changing *changing = context;
    struct weaviate_object *object = find_object(&changing->known, key);
    struct vector_hit stored = {0};
    size_t dimension = 0;
    if (object == NULL || object->item.vector != NULL || changing->code != ERR_NONE)
        return;
    float *vector = changing->vectors;
    changing->vectors += changing->dimension;
    struct vector_item *item = &object->item;
    object->is_doubled = weaviate_is_doubled(row);
    changing->code = weaviate_read_vector(json_object_get(json_object_get(row, "_additional"), "vector"),
        object->is_doubled, vector, changing->dimension, &dimension, &changing->err);
    if (changing->code == ERR_NONE && dimension != changing->dimension)
        changing->code = err_set(&changing->err, ERR_CORRUPT, "the stored vector of %s has %zu dimensions, not %zu",
            item->object, dimension, changing->dimension);
    weaviate_read_properties(row, &stored);
    memcpy(item->class_name, stored.class_name, sizeof(item->class_name));
    memcpy(item->label, stored.label, sizeof(item->label));
    item->track = stored.track;
    item->vector = vector;
    object->negatives = weaviate_read_negatives(row);
}

static void change_negatives(struct weaviate_object *object, const struct vector_attributes *wanted)
{
    weaviate_object_release(object);
    if (wanted->negative_count == 0)
        return;
    object->negatives = json_array();
    for (size_t i = 0; i < wanted->negative_count; i++) {
        char *bracketed = mem_sprintf("<%s>", wanted->negatives[i]);
        json_array_append_new(object->negatives, json_string_lossy(bracketed));
        free(bracketed);
    }
}

static void change(struct changing *changing, const struct vector_attributes *wanted)
{
    struct weaviate_object *object = find_object(&changing->known, vector_key_of(wanted->object));
    if (object == NULL)
        return;
    if (wanted->set_label)
        snprintf(object->item.label, sizeof(object->item.label), "%s", wanted->label);
    if (wanted->set_track)
        object->item.track = wanted->track < 0 ? -1 : wanted->track;
    if (wanted->set_negatives)
        change_negatives(object, wanted);
}

// Leaves out what is not there.
static void keep_known(struct merging *known)
{
    size_t kept = 0;
    for (size_t i = 0; i < known->count; i++) {
        if (known->objects[i].item.vector != NULL)
            known->objects[kept++] = known->objects[i];
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
    changing.known.objects = merge(wanted, count, &changing.known.count);
    free(wanted);
    float *vectors = mem_calloc(changing.known.count, dimension * sizeof(*vectors));
    changing.vectors = vectors;
    enum err_code code = weaviate_find(
        self, project, changing.known.objects, changing.known.count, WEAVIATE_ALL, read_record, &changing, err);
    if (code == ERR_NONE && changing.code != ERR_NONE) {
        code = changing.code;
        if (err != NULL)
            *err = changing.err;
    }
    keep_known(&changing.known);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        change(&changing, &changes[i]);
    if (code == ERR_NONE)
        code = store_all(self, project, dimension, INDEX_AS_IT_IS, &changing.known, err);
    free(vectors);
    release_objects(&changing.known);
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
