// Many assertions about several labels as one step.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_exchange.h"
#include "search/labels_internal.h"

// An assertion, once: sorted by object, then label.
struct word {
    struct label_key key;
    const struct label_assertion *said;
    bool is_new; // not so already
};

struct importing {
    const struct labels_import *request;
    struct labels_imported *imported;
    struct word *words;
    size_t count;
    struct object_ref *refs; // each object once
    size_t ref_count;
    int32_t *numbers; // of the labels in the book; -1: not there
    struct label_entry entry;
    struct label_entry_group *groups;
    char (*texts)[OBJECT_ID_SIZE];
};

void labels_imported_release(struct labels_imported *imported)
{
    free(imported->labels);
    *imported = (struct labels_imported){0};
}

// ---- what is said

static int compare_words(const void *a, const void *b)
{
    const struct word *x = a;
    const struct word *y = b;
    int order = label_key_compare(x->key, y->key);
    if (order != 0)
        return order;
    if (x->said->label != y->said->label)
        return x->said->label < y->said->label ? -1 : 1;
    // Saying yes includes that it carries it, so of the same the former stays.
    return (int)x->said->word - (int)y->said->word;
}

static const char *name_of(const struct importing *it, const struct word *word)
{
    return it->request->names[word->said->label];
}

static bool is_yes(const struct word *word)
{
    return word->said->word != LABEL_WORD_NO;
}

// Against a word of the same object.
static enum err_code check_against(
    const struct importing *it, const struct word *word, const struct word *before, struct err *err)
{
    if (word->said->label == before->said->label && is_yes(word) != is_yes(before))
        return err_set(err, ERR_INVALID, "the object %s is said to be \"%s\" and not to be it", word->said->object,
            name_of(it, word));
    if (word->said->label != before->said->label && is_yes(word) && is_yes(before))
        return err_set(err, ERR_INVALID,
            "the object %s is said to be \"%s\" and \"%s\": an object has one label at most", word->said->object,
            name_of(it, before), name_of(it, word));
    return ERR_NONE;
}

// Takes out what is said twice; refuses what contradicts itself.
static enum err_code settle_words(struct importing *it, struct err *err)
{
    size_t kept = 0;
    const struct word *yes = NULL; // of the object at hand
    for (size_t i = 0; i < it->count; i++) {
        const struct word word = it->words[i];
        bool same_object = kept > 0 && label_key_compare(it->words[kept - 1].key, word.key) == 0;
        const struct word *before = same_object ? &it->words[kept - 1] : NULL;
        if (!same_object)
            yes = NULL;
        enum err_code code = before != NULL ? check_against(it, &word, before, err) : ERR_NONE;
        if (code == ERR_NONE && yes != NULL && yes != before)
            code = check_against(it, &word, yes, err);
        if (code != ERR_NONE)
            return code;
        if (before != NULL && before->said->label == word.said->label)
            continue;
        it->words[kept] = word;
        if (is_yes(&word))
            yes = &it->words[kept];
        kept++;
    }
    it->count = kept;
    return ERR_NONE;
}

static enum err_code collect_words(struct importing *it, struct err *err)
{
    const struct labels_import *request = it->request;
    it->words = mem_calloc(request->count, sizeof(*it->words));
    for (size_t i = 0; i < request->count; i++) {
        const struct label_assertion *said = &request->items[i];
        if (!label_key_of(said->object, &it->words[i].key))
            return err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007",
                said->object);
        it->words[i].said = said;
    }
    it->count = request->count;
    qsort(it->words, it->count, sizeof(*it->words), compare_words);
    return settle_words(it, err);
}

// ---- what of it is new

static bool is_so(struct project *p, const struct word *word, int32_t number)
{
    int64_t place = label_book_find_object(p->book, word->key);
    const struct label_book_object *object = place >= 0 ? label_book_object(p->book, (size_t)place) : NULL;
    int32_t carried = -1;
    float score = 0;
    if (number < 0)
        return word->said->word == LABEL_WORD_FOLLOWS;
    switch (word->said->word) {
    case LABEL_WORD_YES:
        return object != NULL && object->label == number;
    case LABEL_WORD_NO:
        return object != NULL && label_book_is_negative(object, number);
    case LABEL_WORD_CARRIES:
        return labels_kind_of(p, word->key, word->said->track, &carried, &score) == LABEL_EXPLICIT && carried == number;
    case LABEL_WORD_FOLLOWS:
        return object == NULL ||
            ((object->label < 0 || object->label == number) && !label_book_is_negative(object, number));
    }
    return false;
}

static bool is_moved(const struct project *p, const struct word *word, int32_t number)
{
    int64_t place = is_yes(word) ? label_book_find_object(p->book, word->key) : -1;
    int32_t label = place >= 0 ? label_book_object(p->book, (size_t)place)->label : -1;
    return label >= 0 && label != number;
}

static void count_new(struct project *p, struct importing *it)
{
    struct labels_imported *imported = it->imported;
    memset(imported->labels, 0, it->request->name_count * sizeof(*imported->labels));
    imported->unchanged = imported->moved = 0;
    for (size_t i = 0; i < it->request->name_count; i++) {
        const char *name = it->request->names[i];
        it->numbers[i] = label_book_find(p->book, name);
        if (it->numbers[i] >= 0)
            name = label_book_label(p->book, it->numbers[i])->name;
        snprintf(imported->labels[i].name, sizeof(imported->labels[i].name), "%s", name);
    }
    for (size_t i = 0; i < it->count; i++) {
        struct word *word = &it->words[i];
        int32_t number = it->numbers[word->said->label];
        struct label_counts *counts = &imported->labels[word->said->label];
        word->is_new = !is_so(p, word, number);
        if (!word->is_new) {
            imported->unchanged++;
            continue;
        }
        counts->made = number < 0;
        counts->positives += is_yes(word);
        counts->negatives += !is_yes(word);
        imported->moved += is_moved(p, word, number);
    }
}

// Where the next object of a label comes, among all texts.
struct places {
    size_t positive, negative;
};

static struct places *lay_out(const struct importing *it, struct label_entry_group *all)
{
    struct places *places = mem_calloc(it->request->name_count, sizeof(*places));
    size_t used = 0;
    for (size_t i = 0; i < it->request->name_count; i++) {
        const struct label_counts *counts = &it->imported->labels[i];
        places[i].positive = used;
        places[i].negative = used + (size_t)counts->positives;
        all[i] = (struct label_entry_group){.label = it->request->names[i],
            .positive = (const char(*)[OBJECT_ID_SIZE])(it->texts + places[i].positive),
            .negative = (const char(*)[OBJECT_ID_SIZE])(it->texts + places[i].negative),
            .positive_count = (size_t)counts->positives,
            .negative_count = (size_t)counts->negatives};
        used = places[i].negative + (size_t)counts->negatives;
    }
    return places;
}

// The entry that says what is new: labels in the order of the names, those without anything new left out.
static void make_entry(struct importing *it)
{
    struct label_entry_group *all = mem_calloc(it->request->name_count, sizeof(*all));
    struct places *places = lay_out(it, all);
    for (size_t i = 0; i < it->count; i++) {
        const struct word *word = &it->words[i];
        struct places *of = &places[word->said->label];
        if (word->is_new)
            label_key_format(word->key, it->texts[is_yes(word) ? of->positive++ : of->negative++]);
    }
    size_t kept = 0;
    for (size_t i = 0; i < it->request->name_count; i++) {
        if (all[i].positive_count + all[i].negative_count > 0)
            it->groups[kept++] = all[i];
    }
    it->entry.kind = LABEL_STEP_IMPORT;
    it->entry.groups = it->groups;
    it->entry.group_count = kept;
    free(places);
    free(all);
}

static enum err_code check_size(const struct importing *it, struct err *err)
{
    int64_t count = 0;
    for (size_t i = 0; i < it->request->name_count; i++)
        count += it->imported->labels[i].positives + it->imported->labels[i].negatives;
    if (count <= LABEL_STEP_IMPORT_OBJECTS_MAX)
        return ERR_NONE;
    return err_set(err, ERR_LIMIT,
        "%lld assertions are too many for one step: at most %d; import one video, or one label, after the other",
        (long long)count, LABEL_STEP_IMPORT_OBJECTS_MAX);
}

static void list_objects(struct importing *it)
{
    it->refs = mem_calloc(it->count, sizeof(*it->refs));
    for (size_t i = 0; i < it->count; i++) {
        if (i == 0 || label_key_compare(it->words[i - 1].key, it->words[i].key) != 0)
            it->refs[it->ref_count++] = (struct object_ref){.object = it->words[i].said->object};
    }
}

// Once more for each try of the change: somebody else may have said something meanwhile.
static enum err_code prepare(struct labels *labels, struct project *p, void *context, struct err *err)
{
    struct importing *it = context;
    count_new(p, it);
    enum err_code code = check_size(it, err);
    if (code == ERR_NONE)
        code = labels_check_objects(labels, p, it->refs, it->ref_count, err);
    if (code == ERR_NONE)
        make_entry(it);
    // What does not follow on the book must never be written.
    return code == ERR_NONE ? label_book_check(p->book, &it->entry, err) : code;
}

// What would be done; and whether that is anything.
static enum err_code look(struct labels *labels, struct importing *it, bool *is_any, struct err *err)
{
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, it->request->project, &p, err);
    if (code != ERR_NONE)
        return code;
    labels_combine(p);
    code = labels_check_version(p, &it->request->editor, err);
    if (code == ERR_NONE)
        code = prepare(labels, p, it, err);
    it->imported->version = label_book_version(p->book);
    *is_any = it->entry.group_count > 0;
    labels_leave(labels, p);
    return code;
}

static enum err_code do_it(struct labels *labels, struct importing *it, struct err *err)
{
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code =
        labels_commit(labels, it->request->project, &it->entry, &it->request->editor, prepare, it, change, err);
    it->imported->version = change->version;
    it->imported->step = change->step.id;
    free(change);
    return code;
}

static enum err_code check_request(const struct labels_import *request, struct err *err)
{
    if (request->count == 0 || request->name_count == 0)
        return err_set(err, ERR_INVALID, "there is nothing to import: no object is given a label");
    if (request->name_count > LABEL_STEP_IMPORT_LABELS_MAX)
        return err_set(err, ERR_LIMIT, "%zu labels are too many for one import: at most %d", request->name_count,
            LABEL_STEP_IMPORT_LABELS_MAX);
    return ERR_NONE;
}

enum err_code labels_import(
    struct labels *labels, const struct labels_import *request, struct labels_imported *imported, struct err *err)
{
    *imported = (struct labels_imported){0};
    enum err_code code = check_request(request, err);
    if (code != ERR_NONE)
        return code;
    imported->labels = mem_calloc(request->name_count, sizeof(*imported->labels));
    imported->label_count = request->name_count;
    struct importing it = {.request = request,
        .imported = imported,
        .numbers = mem_calloc(request->name_count, sizeof(*it.numbers)),
        .groups = mem_calloc(request->name_count, sizeof(*it.groups)),
        .texts = mem_calloc(request->count, sizeof(*it.texts))};
    bool is_any = false;
    code = collect_words(&it, err);
    if (code == ERR_NONE) {
        list_objects(&it);
        code = look(labels, &it, &is_any, err);
    }
    if (code == ERR_NONE && is_any && !request->dry_run)
        code = do_it(labels, &it, err);
    if (code != ERR_NONE)
        labels_imported_release(imported);
    free(it.words);
    free(it.refs);
    free(it.numbers);
    free(it.groups);
    free(it.texts);
    return code;
}
