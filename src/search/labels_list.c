// What labels there are, and how many objects carry each.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

struct count {
    int64_t positives, negatives;
    int64_t explicit_; // positives, and what shares a track with them
    size_t example;    // place + 1; 0: none
};

static bool is_earlier(const struct label_book_object *a, const struct label_book_object *b)
{
    return a->step != b->step ? a->step < b->step : label_key_compare(a->key, b->key) < 0;
}

// An object counts by itself unless its track counts for it; one that is an exception in its track is taken off that.
static void count_explicit(struct project *p, const struct label_book_object *object, struct count *counts)
{
    const struct label_track *track = labels_track(p, object->key.video, object->track);
    int32_t of_track = track != NULL ? track->label : -1;
    if (object->label >= 0 && object->label != of_track)
        counts[object->label].explicit_++;
    if (of_track >= 0 &&
        ((object->label >= 0 && object->label != of_track) ||
            (object->label < 0 && label_book_is_negative(object, of_track))))
        counts[of_track].explicit_--;
}

static void count_tracks(struct labels *labels, struct project *p, struct count *counts)
{
    labels_make_tracks(p);
    for (size_t i = 0; i < p->track_count; i++) {
        if (p->tracks[i].label < 0)
            continue;
        counts[p->tracks[i].label].explicit_ += labels_track_size(labels, p, &p->tracks[i]);
    }
}

// Of all labels in one go.
static void count_all(struct labels *labels, struct project *p, struct count *counts)
{
    count_tracks(labels, p, counts);
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->missing)
            continue;
        count_explicit(p, object, counts);
        if (object->label >= 0) {
            struct count *count = &counts[object->label];
            count->positives++;
            if (count->example == 0 || is_earlier(object, label_book_object(p->book, count->example - 1)))
                count->example = i + 1;
        }
        for (size_t k = 0; k < object->negative_count; k++)
            counts[object->negatives[k].label].negatives++;
    }
}

static void summarise(const struct project *p, int32_t label, const struct count *count, struct label_summary *summary)
{
    const struct label_book_label *l = label_book_label(p->book, label);
    const struct rank *rank = labels_rank(p, label);
    *summary = (struct label_summary){.positives = count->positives,
        .negatives = count->negatives,
        .explicit_ = count->explicit_,
        .created_us = l->created_us,
        .updated_us = l->updated_us};
    strcpy(summary->name, l->name);
    if (count->example != 0)
        label_key_format(label_book_object(p->book, count->example - 1)->key, summary->example);
    if (rank != NULL) {
        summary->probable = rank->probable;
        summary->has_threshold = rank->has_info;
        summary->threshold = rank->has_info ? (double)rank->info.threshold : 0;
    }
}

void labels_summarise(struct labels *labels, struct project *p, int32_t label, struct label_summary *summary)
{
    struct count *counts = mem_calloc(label_book_label_count(p->book), sizeof(*counts));
    count_all(labels, p, counts);
    summarise(p, label, &counts[label], summary);
    free(counts);
}

struct sorted_label {
    const char *key;
    int32_t label;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct sorted_label *)a)->key, ((const struct sorted_label *)b)->key);
}

static void list_all(struct labels *labels, struct project *p, struct label_list *list)
{
    size_t most = label_book_label_count(p->book);
    struct count *counts = mem_calloc(most, sizeof(*counts));
    struct sorted_label *sorted = mem_calloc(most, sizeof(*sorted));
    count_all(labels, p, counts);
    for (size_t i = 0; i < most; i++) {
        const struct label_book_label *l = label_book_label(p->book, (int32_t)i);
        if (l->alive)
            sorted[list->count++] = (struct sorted_label){.key = l->key, .label = (int32_t)i};
    }
    qsort(sorted, list->count, sizeof(*sorted), compare_keys);
    list->items = mem_calloc(list->count, sizeof(*list->items));
    for (size_t i = 0; i < list->count; i++)
        summarise(p, sorted[i].label, &counts[sorted[i].label], &list->items[i]);
    free(sorted);
    free(counts);
}

void label_list_release(struct label_list *list)
{
    free(list->items);
    *list = (struct label_list){0};
}

enum err_code labels_list(struct labels *labels, const char *project, struct label_list *list, struct err *err)
{
    *list = (struct label_list){0};
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    labels_combine(p);
    list_all(labels, p, list);
    list->version = label_book_version(p->book);
    list->has_undo = label_book_undo_step(p->book) != 0;
    if (list->has_undo)
        label_book_step(p->book, label_book_undo_step(p->book), &list->undo);
    list->has_redo = label_book_redo_step(p->book) != 0;
    if (list->has_redo)
        label_book_step(p->book, label_book_redo_step(p->book), &list->redo);
    labels_leave(labels, p);
    return ERR_NONE;
}
