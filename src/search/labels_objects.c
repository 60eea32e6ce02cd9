// Objects by what is said of them: of one label in pages, of the whole project by filters and with a cursor.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

// A found object, to be sorted.
struct found {
    struct label_key key;
    int64_t track; // -1: none
    int32_t label;
    int64_t step; // 0: nobody said it
    float similarity, confidence;
};

struct found_list {
    struct found *items;
    size_t count, capacity;
};

// What is wanted, in the book's numbers.
struct wanted {
    const struct assertion_filter *filter;
    int32_t label;  // -1: any
    uint64_t video; // with filter->video
    int32_t class_; // with filter->class_name; -1: one that no object is of
};

static int compare_newest_first(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;
    if (x->step != y->step)
        return x->step > y->step ? -1 : 1;
    int order = label_key_compare(x->key, y->key);
    // One step, an import's, may say of one object that it is none of several labels.
    return order != 0 ? order : (x->label > y->label) - (x->label < y->label);
}

static int compare_surest_first(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    if (x->similarity != y->similarity)
        return x->similarity > y->similarity ? -1 : 1;
    return label_key_compare(x->key, y->key);
}

typedef int compare_found(const void *a, const void *b);
static compare_found *order_of(enum label_listing listing)
{
    return listing == LABEL_LIST_PROBABLE ? compare_surest_first : compare_newest_first;
}

static void add_found(struct found_list *list, const struct found *found)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        list->items = mem_realloc_array(list->items, list->capacity, sizeof(*list->items));
    }
    list->items[list->count++] = *found;
}

static bool is_wanted(const struct wanted *w, const struct found *found, int32_t class_)
{
    const struct assertion_filter *filter = w->filter;
    return (w->label < 0 || found->label == w->label) && (filter->video == NULL || found->key.video == w->video) &&
        (filter->class_name == NULL || (class_ >= 0 && class_ == w->class_)) &&
        found->confidence >= filter->min_score && found->confidence <= filter->max_score;
}

static bool was_said_so(const struct project *p, const struct assertion_filter *filter, int64_t step)
{
    int64_t at_us = label_book_step_at_us(p->book, step);
    return at_us >= filter->from_us && at_us < filter->to_us &&
        (filter->by == NULL || strcmp(filter->by, label_book_step_by(p->book, step)) == 0);
}

static void offer(const struct project *p, const struct wanted *w, const struct label_book_object *object,
    int32_t label, int64_t step, struct found_list *list)
{
    const struct found found = {
        .key = object->key, .track = object->track, .label = label, .step = step, .similarity = 1, .confidence = 1};
    if (is_wanted(w, &found, object->class_) && was_said_so(p, w->filter, step))
        add_found(list, &found);
}

static void find_said(const struct project *p, const struct wanted *w, struct found_list *list)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->missing)
            continue;
        if (w->filter->listing == LABEL_LIST_EXPLICIT && object->label >= 0)
            offer(p, w, object, object->label, object->step, list);
        for (size_t k = 0; w->filter->listing == LABEL_LIST_NEGATIVE && k < object->negative_count; k++)
            offer(p, w, object, object->negatives[k].label, object->negatives[k].step, list);
    }
}

static void find_likely(const struct project *p, const struct wanted *w, struct found_list *list)
{
    for (size_t i = 0; i < p->likely_count; i++) {
        const struct likely *likely = &p->likely[i];
        const struct found found = {.key = likely->key,
            .track = likely->track,
            .label = likely->label,
            .similarity = likely->similarity,
            .confidence = likely->confidence};
        if (is_wanted(w, &found, likely->class_))
            add_found(list, &found);
    }
}

// Sorted; the project is locked.
static void find_all(struct project *p, const struct wanted *w, struct found_list *list)
{
    labels_combine(p);
    if (w->filter->listing == LABEL_LIST_PROBABLE)
        find_likely(p, w, list);
    else
        find_said(p, w, list);
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(*list->items), order_of(w->filter->listing));
}

static void describe(const struct project *p, const struct found *found, struct labelled_object *out)
{
    label_key_format(found->key, out->object);
    out->score = found->similarity;
    out->confidence = found->confidence;
    out->at_us = found->step != 0 ? label_book_step_at_us(p->book, found->step) : 0;
}

// The parts of the tracks of a page; NULL for what does not carry its label. The project is locked.
static struct label_parts *gather_parts(
    struct project *p, enum label_listing listing, const struct found *found, size_t count)
{
    if (listing == LABEL_LIST_NEGATIVE)
        return NULL;
    struct label_carrier *carriers = mem_calloc(count, sizeof(*carriers));
    for (size_t i = 0; i < count; i++)
        carriers[i] = (struct label_carrier){.key = found[i].key, .track = found[i].track, .label = found[i].label};
    return label_parts_gather(p, carriers, count);
}

// ---- of one label

void labelled_objects_release(struct labelled_objects *hits)
{
    free(hits->items);
    *hits = (struct labelled_objects){0};
}

enum err_code labels_check_video(const char *video, struct err *err)
{
    return video == NULL || video_id_is_valid(video) ? ERR_NONE
                                                     : err_set(err, ERR_INVALID, "\"%.40s\" is no video's id", video);
}

enum err_code labels_objects(struct labels *labels, const char *project, const char *label, enum label_listing listing,
    const char *video, size_t offset, size_t limit, struct labelled_objects *hits, struct err *err)
{
    *hits = (struct labelled_objects){0};
    struct project *p = NULL;
    struct assertion_filter filter = ASSERTION_FILTER_ANY;
    filter.listing = listing;
    filter.video = video;
    struct wanted wanted = {.filter = &filter, .video = video != NULL ? strtoull(video, NULL, 16) : 0};
    enum err_code code = labels_check_limit(limit, err);
    if (code == ERR_NONE)
        code = labels_check_video(video, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    struct label_parts *parts = NULL;
    code = labels_find(p, label, &wanted.label, err);
    if (code == ERR_NONE) {
        struct found_list list = {0};
        find_all(p, &wanted, &list);
        hits->items = mem_calloc(limit, sizeof(*hits->items));
        for (size_t i = offset; i < list.count && hits->count < limit; i++)
            describe(p, &list.items[i], &hits->items[hits->count++]);
        hits->more = list.count > offset && list.count - offset > hits->count;
        if (hits->count > 0)
            parts = gather_parts(p, listing, &list.items[offset], hits->count);
        free(list.items);
    }
    labels_leave(labels, p);
    for (size_t i = 0; i < hits->count && parts != NULL && code == ERR_NONE; i++)
        code = label_parts_tell(labels, parts, i, &hits->items[i].part, err);
    label_parts_free(parts);
    if (code != ERR_NONE)
        labelled_objects_release(hits);
    return code;
}

// ---- of the whole project

#define PROBABLE_DIGITS 16 // confidence, similarity
#define SAID_DIGITS 24     // step, label

// A cursor says after what a page begins: where that is in the order, and the object's id.
static void write_cursor(enum label_listing listing, const struct found *last, char cursor[LABEL_CURSOR_SIZE])
{
    char object[OBJECT_ID_SIZE];
    uint32_t bits[2];
    memcpy(&bits[0], &last->confidence, sizeof(bits[0]));
    memcpy(&bits[1], &last->similarity, sizeof(bits[1]));
    label_key_format(last->key, object);
    if (listing == LABEL_LIST_PROBABLE)
        snprintf(cursor, LABEL_CURSOR_SIZE, "%08" PRIx32 "%08" PRIx32 ".%s", bits[0], bits[1], object);
    else
        snprintf(
            cursor, LABEL_CURSOR_SIZE, "%016" PRIx64 "%08" PRIx32 ".%s", last->step, (uint32_t)last->label, object);
}

static bool read_place(enum label_listing listing, const char *text, size_t length, struct found *last)
{
    bool is_said = listing != LABEL_LIST_PROBABLE;
    char first[PROBABLE_DIGITS + 1] = "";
    if (length != (is_said ? SAID_DIGITS : PROBABLE_DIGITS) || strspn(text, "0123456789abcdef") != length)
        return false;
    memcpy(first, text, PROBABLE_DIGITS);
    uint64_t value = strtoull(first, NULL, 16);
    if (is_said) {
        last->step = (int64_t)(value & INT64_MAX);
        last->label = (int32_t)(strtoull(text + PROBABLE_DIGITS, NULL, 16) & INT32_MAX);
        return true;
    }
    const uint32_t bits[2] = {(uint32_t)(value >> 32), (uint32_t)value};
    memcpy(&last->confidence, &bits[0], sizeof(last->confidence));
    memcpy(&last->similarity, &bits[1], sizeof(last->similarity));
    // What is no number would be in no order.
    return last->confidence >= 0 && last->confidence <= 1 && last->similarity >= -2 && last->similarity <= 2;
}

static enum err_code read_cursor(enum label_listing listing, const char *cursor, struct found *last, struct err *err)
{
    const char *dot = strchr(cursor, '.');
    if (dot != NULL && read_place(listing, cursor, (size_t)(dot - cursor), last) && label_key_of(dot + 1, &last->key))
        return ERR_NONE;
    return err_of_field(err,
        err_set(err, ERR_INVALID,
            "\"%.80s\" is no cursor of this list: give next_cursor of the page before, with the same kind", cursor),
        "cursor");
}

static enum err_code check_filter(const struct assertion_filter *filter, struct err *err)
{
    bool asks_who = filter->by != NULL || filter->from_us != INT64_MIN || filter->to_us != INT64_MAX;
    if (filter->listing == LABEL_LIST_PROBABLE && asks_who)
        return err_of_field(err,
            err_set(err, ERR_INVALID,
                "nobody said what is only probable: by, from and to go with the kinds explicit and negative"),
            filter->by != NULL                 ? "by"
                : filter->from_us != INT64_MIN ? "from"
                                               : "to");
    if (filter->from_us >= filter->to_us)
        return err_of_field(err, err_set(err, ERR_INVALID, "from must be before to"), "to");
    if (!(filter->min_score <= filter->max_score))
        return err_of_field(err, err_set(err, ERR_INVALID, "min_score must not be above max_score"), "max_score");
    return err_of_field(err, labels_check_video(filter->video, err), "video");
}

static struct label_parts *take_page(struct project *p, const struct found_list *list, const struct found *after,
    const struct assertion_filter *filter, size_t limit, struct assertion_hits *page)
{
    size_t first = 0;
    while (after != NULL && first < list->count && order_of(filter->listing)(&list->items[first], after) <= 0)
        first++;
    page->count = list->count - first < limit ? list->count - first : limit;
    page->items = mem_calloc(page->count, sizeof(*page->items));
    for (size_t i = 0; i < page->count; i++) {
        const struct found *found = &list->items[first + i];
        struct assertion_hit *item = &page->items[i];
        describe(p, found, &item->object);
        item->step = found->step;
        snprintf(item->label, sizeof(item->label), "%s", label_book_label(p->book, found->label)->name);
        if (found->step != 0)
            snprintf(item->by, sizeof(item->by), "%s", label_book_step_by(p->book, found->step));
    }
    if (first + page->count < list->count)
        write_cursor(filter->listing, &list->items[first + page->count - 1], page->next_cursor);
    return page->count > 0 ? gather_parts(p, filter->listing, &list->items[first], page->count) : NULL;
}

void assertion_hits_release(struct assertion_hits *page)
{
    free(page->items);
    *page = (struct assertion_hits){0};
}

enum err_code labels_assertions(struct labels *labels, const char *project, const struct assertion_filter *filter,
    const char *cursor, size_t limit, struct assertion_hits *page, struct err *err)
{
    *page = (struct assertion_hits){0};
    struct project *p = NULL;
    struct found after = {0};
    struct wanted wanted = {
        .filter = filter, .label = -1, .video = filter->video != NULL ? strtoull(filter->video, NULL, 16) : 0};
    enum err_code code = labels_check_limit(limit, err);
    if (code == ERR_NONE)
        code = check_filter(filter, err);
    if (code == ERR_NONE && cursor != NULL)
        code = read_cursor(filter->listing, cursor, &after, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    struct label_parts *parts = NULL;
    if (filter->label != NULL)
        code = labels_find(p, filter->label, &wanted.label, err);
    if (code == ERR_NONE) {
        struct found_list list = {0};
        wanted.class_ = filter->class_name != NULL ? labels_find_class(p, filter->class_name) : -1;
        find_all(p, &wanted, &list);
        parts = take_page(p, &list, cursor != NULL ? &after : NULL, filter, limit, page);
        free(list.items);
    }
    labels_leave(labels, p);
    for (size_t i = 0; i < page->count && parts != NULL && code == ERR_NONE; i++)
        code = label_parts_tell(labels, parts, i, &page->items[i].object.part, err);
    label_parts_free(parts);
    if (code != ERR_NONE)
        assertion_hits_release(page);
    return code;
}
