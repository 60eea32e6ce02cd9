// Classes that people refused: the noes of labels that are called like a class.
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

int32_t labels_class_label(const struct project *p, const char *class_name, struct class_memo *memo)
{
    for (size_t i = 0; i < memo->count; i++) {
        if (strcmp(memo->names[i], class_name) == 0)
            return memo->labels[i];
    }
    int32_t label = label_book_find(p->book, class_name);
    if (memo->count < CLASS_MEMO_SIZE) {
        memo->names[memo->count] = class_name;
        memo->labels[memo->count++] = label;
    }
    return label;
}

bool labels_refuses(struct project *p, struct label_key key, int64_t track, int32_t label)
{
    if (label < 0)
        return false;
    int64_t place = label_book_find_object(p->book, key);
    const struct label_book_object *object = place >= 0 ? label_book_object(p->book, (size_t)place) : NULL;
    if (object != NULL && object->label == label)
        return false;
    if (object != NULL && label_book_is_negative(object, label))
        return true;
    const struct label_track *on = labels_track(p, key.video, track);
    return on != NULL && on->label != label && labels_is_negative_on(on, label);
}

static size_t count_negatives(const struct project *p, int32_t label)
{
    size_t count = 0;
    for (size_t i = 0; i < label_book_object_count(p->book); i++)
        count += label_book_is_negative(label_book_object(p->book, i), label);
    return count;
}

// Whether the vector index is to leave them out. It may only where it knows all that was said: one that it still holds
// for refused would be missing.
static bool are_mirrored(struct labels *labels, struct project *p, const char *class_name)
{
    int32_t label = label_book_find(p->book, class_name);
    if (label < 0 || count_negatives(p, label) <= LABELS_NAMED_MAX)
        return false;
    struct err err = ERR_INIT;
    return labels_mirror(labels, p, &err) == ERR_NONE && !labels_is_mirror_behind(p);
}

static void add_class(struct project *p, const char *class_name, int32_t label, struct label_refusals *refusals)
{
    label_refusals_add_class(refusals, class_name);
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        bool is_negative = label_book_is_negative(object, label);
        if (!object->missing && (is_negative || object->label == label))
            label_refusals_add_object(refusals, object->key, is_negative);
    }
    labels_make_tracks(p);
    for (size_t i = 0; i < p->track_count; i++) {
        const struct label_track *track = &p->tracks[i];
        if (track->label != label && labels_is_negative_on(track, label))
            label_refusals_add_track(refusals, track->key);
    }
}

enum err_code labels_refusals(struct labels *labels, const char *project, const char *const *classes, size_t count,
    struct label_refusals **refusals, struct err *err)
{
    *refusals = NULL;
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    // An object that is not of the one class may be of the other.
    bool mirrored = count == 1 && are_mirrored(labels, p, classes[0]);
    for (size_t i = 0; i < count; i++) {
        int32_t label = label_book_find(p->book, classes[i]);
        if (label < 0)
            continue;
        if (*refusals == NULL)
            *refusals = label_refusals_new();
        add_class(p, classes[i], label, *refusals);
        if (mirrored)
            label_refusals_set_mirrored(*refusals, label_book_label(p->book, label)->name);
    }
    if (*refusals != NULL)
        label_refusals_add_state(*refusals, p->digest);
    labels_leave(labels, p);
    return ERR_NONE;
}
