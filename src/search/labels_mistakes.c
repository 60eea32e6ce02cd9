// Assertions that are probably mistakes, for review; and those that somebody confirmed.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/labels_internal.h"
#include "vector_index/vector_kernels.h"

// Of the objects of one track with the same word, so many are compared where there are too many in all.
#define OF_TRACK 4

// ---- what is compared

struct said {
    struct mistake_assertion assertion;
    int64_t step;
    bool is_kept;
};

struct said_list {
    struct said *items;
    size_t count, capacity;
};

static void add(struct said_list *list, const struct label_book_object *object, int32_t label, bool is_no, int64_t step,
    int64_t kept)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        list->items = mem_realloc_array(list->items, list->capacity, sizeof(*list->items));
    }
    list->items[list->count++] =
        (struct said){.assertion = {.key = object->key, .track = object->track, .label = label, .is_no = is_no},
            .step = step,
            .is_kept = kept != 0};
}

static int compare_words(const struct mistake_assertion *a, const struct mistake_assertion *b)
{
    if (a->label != b->label)
        return a->label < b->label ? -1 : 1;
    if (a->is_no != b->is_no)
        return a->is_no ? 1 : -1;
    if (a->key.video != b->key.video)
        return a->key.video < b->key.video ? -1 : 1;
    return (a->track > b->track) - (a->track < b->track);
}

static int compare_tracks(const void *a, const void *b)
{
    const struct mistake_assertion *x = &((const struct said *)a)->assertion;
    const struct mistake_assertion *y = &((const struct said *)b)->assertion;
    int order = compare_words(x, y);
    return order != 0 ? order : label_key_compare(x->key, y->key);
}

static int compare_newest(const void *a, const void *b)
{
    const struct said *x = a;
    const struct said *y = b;
    if (x->step != y->step)
        return x->step > y->step ? -1 : 1;
    return compare_tracks(a, b);
}

// What holds for one object holds for the same word about its track; where there are too many, a few of each track are
// left, and of those the newest.
static void settle_tracks(struct said_list *list)
{
    bool is_too_long = list->count > LABELS_MISTAKES_MAX;
    size_t kept = 0;
    qsort(list->items, list->count, sizeof(*list->items), compare_tracks);
    for (size_t first = 0; first < list->count;) {
        size_t end = first + 1;
        bool is_kept = list->items[first].is_kept;
        for (; end < list->count && list->items[first].assertion.track >= 0 &&
             compare_words(&list->items[first].assertion, &list->items[end].assertion) == 0;
             end++)
            is_kept = is_kept || list->items[end].is_kept;
        size_t count = end - first;
        size_t take = is_too_long && count > OF_TRACK ? OF_TRACK : count;
        for (size_t i = 0; i < take; i++) {
            list->items[kept] = list->items[first + i * count / take];
            list->items[kept++].is_kept = is_kept;
        }
        first = end;
    }
    list->count = kept;
    if (kept <= LABELS_MISTAKES_MAX)
        return;
    qsort(list->items, kept, sizeof(*list->items), compare_newest);
    list->count = LABELS_MISTAKES_MAX;
}

// Returns how many assertions there are in all.
static size_t collect(const struct project *p, struct said_list *list)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->missing)
            continue;
        if (object->label >= 0)
            add(list, object, object->label, false, object->step, object->kept);
        for (size_t k = 0; k < object->negative_count; k++)
            add(list, object, object->negatives[k].label, true, object->negatives[k].step, object->negatives[k].kept);
    }
    size_t all = list->count;
    if (all > 0)
        settle_tracks(list);
    return all;
}

// The vectors of the objects; assertions about an object without one are dropped.
static enum err_code fetch_vectors(struct labels *labels, const char *project, struct said_list *list,
    uint16_t **halves, size_t *dimension, struct cancel *cancel, struct err *err)
{
    float *vector = mem_calloc(VECTOR_DIMENSION_MAX, sizeof(*vector));
    enum err_code code = ERR_NONE;
    size_t kept = 0;
    *halves = NULL;
    *dimension = 0;
    for (size_t i = 0; i < list->count && code == ERR_NONE; i++) {
        char id[OBJECT_ID_SIZE];
        size_t here = 0;
        label_key_format(list->items[i].assertion.key, id);
        code = cancel_check(cancel, err);
        if (code == ERR_NONE)
            code = vector_index_fetch(labels->config.vectors, project, id, vector, VECTOR_DIMENSION_MAX, &here, err);
        if (code == ERR_NOT_FOUND || (code == ERR_NONE && *dimension != 0 && here != *dimension)) {
            err_clear(err);
            code = ERR_NONE;
            continue;
        }
        if (code != ERR_NONE)
            break;
        if (*halves == NULL) {
            *dimension = here;
            *halves = mem_calloc(list->count * here, sizeof(**halves));
        }
        vector_to_half(vector, *halves + kept * here, here);
        list->items[kept++] = list->items[i];
    }
    list->count = kept;
    free(vector);
    return code;
}

// ---- what is found

// One unit's mistake.
struct probable {
    struct label_key key;
    int32_t label, likely; // likely -1: none
    int64_t step;
    bool is_no;
    enum mistake_reason reason;
    float score;
    bool has_own;
    struct label_key own, other;
    float own_similarity, other_similarity;
    size_t alike_first, alike_count; // the others of its unit, in alike
};

struct mistakes {
    int64_t version, generation;
    uint64_t digest;
    size_t examined, all;
    struct probable *items; // surest first
    size_t count;
    struct label_key *alike;
    size_t alike_count;
};

static void mistakes_free(struct mistakes *mistakes)
{
    if (mistakes == NULL)
        return;
    free(mistakes->items);
    free(mistakes->alike);
    free(mistakes);
}

void labels_forget_mistakes(struct project *p)
{
    mistakes_free(p->mistakes);
    p->mistakes = NULL;
}

static int compare_surest(const void *a, const void *b)
{
    const struct probable *x = a;
    const struct probable *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return label_key_compare(x->key, y->key);
}

struct member {
    size_t unit, at;
    float other_similarity;
};

// Of a unit the one that says it best comes first.
static int compare_members(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    if (x->other_similarity != y->other_similarity)
        return x->other_similarity > y->other_similarity ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static void describe(const struct said_list *list, const struct mistake *found, size_t at, struct probable *out)
{
    const struct said *said = &list->items[at];
    const struct mistake *mistake = &found[at];
    *out = (struct probable){.key = said->assertion.key,
        .label = said->assertion.label,
        .likely = mistake->reason == MISTAKE_LIKE_NO ? -1 : list->items[mistake->other].assertion.label,
        .step = said->step,
        .is_no = said->assertion.is_no,
        .reason = mistake->reason,
        .score = mistake->score,
        .has_own = mistake->own != SIZE_MAX,
        .other = list->items[mistake->other].assertion.key,
        .own_similarity = mistake->own_similarity,
        .other_similarity = mistake->other_similarity};
    if (out->has_own)
        out->own = list->items[mistake->own].assertion.key;
}

static void sum_up(const struct said_list *list, const struct mistake *found, struct mistakes *mistakes)
{
    struct member *members = mem_calloc(list->count, sizeof(*members));
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!list->items[i].is_kept && found[i].score > 0)
            members[count++] = (struct member){found[i].unit, i, found[i].other_similarity};
    }
    qsort(members, count, sizeof(*members), compare_members);
    mistakes->items = mem_calloc(count, sizeof(*mistakes->items));
    mistakes->alike = mem_calloc(count, sizeof(*mistakes->alike));
    for (size_t first = 0; first < count;) {
        size_t end = first + 1;
        while (end < count && members[end].unit == members[first].unit)
            end++;
        if (found[members[first].at].other != SIZE_MAX) {
            struct probable *item = &mistakes->items[mistakes->count++];
            describe(list, found, members[first].at, item);
            item->alike_first = mistakes->alike_count;
            item->alike_count = end - first - 1;
            for (size_t i = first + 1; i < end; i++)
                mistakes->alike[mistakes->alike_count++] = list->items[members[i].at].assertion.key;
        }
        first = end;
    }
    free(members);
    if (mistakes->count > 0)
        qsort(mistakes->items, mistakes->count, sizeof(*mistakes->items), compare_surest);
}

// Lets go of the lock in between; the book may have been begun anew afterwards.
static enum err_code look(struct labels *labels, struct project *p, struct cancel *cancel, struct err *err)
{
    struct said_list list = {0};
    struct mistakes *mistakes = mem_calloc(1, sizeof(*mistakes));
    int64_t epoch = p->epoch;
    uint16_t *halves = NULL;
    size_t dimension = 0;
    *mistakes =
        (struct mistakes){.version = label_book_version(p->book), .generation = p->generation, .digest = p->digest};
    mistakes->all = collect(p, &list);
    pthread_mutex_unlock(&p->mutex);

    enum err_code code = fetch_vectors(labels, p->name, &list, &halves, &dimension, cancel, err);
    mistakes->examined = list.count;
    if (code == ERR_NONE && list.count > 0) {
        struct mistake_assertion *said = mem_calloc(list.count, sizeof(*said));
        struct mistake *found = mem_calloc(list.count, sizeof(*found));
        for (size_t i = 0; i < list.count; i++)
            said[i] = list.items[i].assertion;
        code = label_mistakes_find(said, list.count, halves, dimension, cancel, found, err);
        if (code == ERR_NONE)
            sum_up(&list, found, mistakes);
        free(found);
        free(said);
    }
    free(halves);
    free(list.items);

    pthread_mutex_lock(&p->mutex);
    if (code == ERR_NONE && p->epoch == epoch) {
        labels_forget_mistakes(p);
        p->mistakes = mistakes;
    } else {
        mistakes_free(mistakes);
    }
    return code;
}

// ---- pages

void label_mistakes_release(struct label_mistakes *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->items[i].alike);
    free(page->items);
    *page = (struct label_mistakes){0};
}

// A cursor is the place in the order: how sure, which label (by the number it has for good), which object.
static void write_cursor(const struct probable *last, char cursor[LABEL_CURSOR_SIZE])
{
    char object[OBJECT_ID_SIZE];
    uint32_t bits;
    memcpy(&bits, &last->score, sizeof(bits));
    label_key_format(last->key, object);
    snprintf(cursor, LABEL_CURSOR_SIZE, "%08" PRIx32 "%08" PRIx32 ".%s", bits, (uint32_t)last->label, object);
}

static enum err_code read_cursor(const char *cursor, struct probable *last, struct err *err)
{
    *last = (struct probable){0};
    uint64_t value = strtoull(cursor, NULL, 16);
    const uint32_t bits = (uint32_t)(value >> 32);
    memcpy(&last->score, &bits, sizeof(last->score));
    last->label = (int32_t)(value & INT32_MAX);
    if (strspn(cursor, "0123456789abcdef") == 16 && cursor[16] == '.' && label_key_of(cursor + 17, &last->key) &&
        last->score >= 0 && last->score <= 1)
        return ERR_NONE;
    return err_of_field(err,
        err_set(err, ERR_INVALID, "\"%.80s\" is no cursor of this list: give next_cursor of the page before", cursor),
        "cursor");
}

static bool still_stands(const struct project *p, const struct probable *item)
{
    int64_t at = label_book_find_object(p->book, item->key);
    const struct label_book_object *object = at >= 0 ? label_book_object(p->book, (size_t)at) : NULL;
    if (object == NULL || object->missing)
        return false;
    if (!item->is_no)
        return object->label == item->label && object->step == item->step && object->kept == 0;
    for (size_t i = 0; i < object->negative_count; i++) {
        if (object->negatives[i].label == item->label)
            return object->negatives[i].step == item->step && object->negatives[i].kept == 0;
    }
    return false;
}

static void copy_out(const struct project *p, const struct probable *item, struct label_mistake *out)
{
    struct assertion_hit *said = &out->said;
    label_key_format(item->key, said->object.object);
    said->object.score = said->object.confidence = 1;
    said->object.at_us = label_book_step_at_us(p->book, item->step);
    said->step = item->step;
    snprintf(said->label, sizeof(said->label), "%s", label_book_label(p->book, item->label)->name);
    snprintf(said->by, sizeof(said->by), "%s", label_book_step_by(p->book, item->step));
    out->is_no = item->is_no;
    out->score = item->score;
    out->reason = item->reason;
    if (item->likely >= 0)
        snprintf(out->likely, sizeof(out->likely), "%s", label_book_label(p->book, item->likely)->name);
    if (item->has_own)
        label_key_format(item->own, out->own);
    label_key_format(item->other, out->other);
    out->own_similarity = item->own_similarity;
    out->other_similarity = item->other_similarity;
    out->alike_count = item->alike_count;
    out->alike = mem_calloc(item->alike_count, sizeof(*out->alike));
    for (size_t i = 0; i < item->alike_count; i++)
        label_key_format(p->mistakes->alike[item->alike_first + i], out->alike[i]);
}

static void take_page(const struct project *p, int32_t label, float min_score, const struct probable *after,
    size_t limit, struct label_mistakes *page)
{
    const struct mistakes *mistakes = p->mistakes;
    const struct probable *last = NULL;
    page->version = mistakes->version;
    page->examined = mistakes->examined;
    page->all = mistakes->all;
    page->items = mem_calloc(limit, sizeof(*page->items));
    for (size_t i = 0; i < mistakes->count && mistakes->items[i].score >= min_score; i++) {
        const struct probable *item = &mistakes->items[i];
        if ((label >= 0 && item->label != label) || (after != NULL && compare_surest(item, after) <= 0) ||
            !still_stands(p, item))
            continue;
        if (page->count == limit && last != NULL) {
            write_cursor(last, page->next_cursor);
            break;
        }
        copy_out(p, item, &page->items[page->count++]);
        last = item;
    }
}

static bool is_current(const struct project *p)
{
    const struct mistakes *m = p->mistakes;
    return m != NULL && m->version == label_book_version(p->book) && m->generation == p->generation &&
        m->digest == p->digest;
}

enum err_code labels_mistakes(struct labels *labels, const char *project, const char *label, float min_score,
    const char *cursor, size_t limit, struct cancel *cancel, struct label_mistakes *page, struct err *err)
{
    *page = (struct label_mistakes){0};
    struct project *p = NULL;
    struct probable after;
    int32_t number = -1;
    enum err_code code = labels_check_limit(limit, err);
    if (code == ERR_NONE && cursor != NULL)
        code = read_cursor(cursor, &after, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    if (!is_current(p))
        code = look(labels, p, cancel, err);
    if (code == ERR_NONE && p->mistakes == NULL)
        code = err_set(err, ERR_NOT_FOUND, "there is no project %s any more", project);
    if (code == ERR_NONE && label != NULL)
        code = labels_find(p, label, &number, err);
    if (code == ERR_NONE)
        take_page(p, number, min_score, cursor != NULL ? &after : NULL, limit, page);
    labels_leave(labels, p);
    return code;
}

// ---- what is right all the same

struct keeping {
    const char *const *objects;
    size_t count;
    struct label_entry *entry;
    char (*yes)[OBJECT_ID_SIZE];
    char (*no)[OBJECT_ID_SIZE];
};

// Whether a yes or a no is meant is what the book says now.
static enum err_code sort_kept(struct labels *labels, struct project *p, void *context, struct err *err)
{
    (void)labels;
    struct keeping *keeping = context;
    struct label_entry *entry = keeping->entry;
    int32_t label = label_book_find(p->book, entry->label);
    struct label_map seen = {0};
    enum err_code code = ERR_NONE;
    entry->positive_count = entry->negative_count = 0;
    for (size_t i = 0; i < keeping->count && code == ERR_NONE; i++) {
        const char *id = keeping->objects[i];
        struct label_key key;
        if (!label_key_of(id, &key)) {
            code =
                err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007", id);
            break;
        }
        int64_t at = label_book_find_object(p->book, key);
        const struct label_book_object *object = at >= 0 ? label_book_object(p->book, (size_t)at) : NULL;
        if (label_map_get(&seen, key) >= 0)
            code = err_set(err, ERR_INVALID, "the object %s is named twice", id);
        else if (object != NULL && label >= 0 && label_book_is_negative(object, label))
            memcpy(keeping->no[entry->negative_count++], id, OBJECT_ID_SIZE);
        else if (object != NULL && label >= 0 && object->label == label)
            memcpy(keeping->yes[entry->positive_count++], id, OBJECT_ID_SIZE);
        else
            code = err_set(err, ERR_NOT_FOUND, "nothing was said of %s for the label \"%s\"", id, entry->label);
        label_map_put(&seen, key, 1);
    }
    label_map_release(&seen);
    return err_of_field(err, code, "objects");
}

enum err_code labels_keep(struct labels *labels, const char *project, const char *label, const char *const *objects,
    size_t count, const struct label_editor *editor, struct label_change *change, struct err *err)
{
    char name[LABEL_NAME_SIZE];
    enum err_code code = label_name_clean(label, name, err);
    if (code == ERR_NONE && (count < 1 || count > LABELS_EXAMPLES_MAX))
        code = err_of_field(err,
            err_set(err, count < 1 ? ERR_INVALID : ERR_LIMIT, "between 1 and %d objects can be kept at once",
                LABELS_EXAMPLES_MAX),
            "objects");
    if (code != ERR_NONE)
        return code;
    struct label_entry entry = {.kind = LABEL_STEP_KEEP, .label = name};
    struct keeping keeping = {.objects = objects,
        .count = count,
        .entry = &entry,
        .yes = mem_calloc(count, sizeof(*keeping.yes)),
        .no = mem_calloc(count, sizeof(*keeping.no))};
    entry.positive = (const char(*)[OBJECT_ID_SIZE])keeping.yes;
    entry.negative = (const char(*)[OBJECT_ID_SIZE])keeping.no;
    code = labels_commit(labels, project, &entry, editor, sort_kept, &keeping, change, err);
    free(keeping.yes);
    free(keeping.no);
    return code;
}
