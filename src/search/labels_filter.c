// What a search that is filtered by labels has to know: which tracks carry them.
//
// The vector index knows the labels of objects that somebody spoke about (labels_mirror.c); a search waits until it
// knows all that was said before. What follows from them for the rest of their tracks is not written there, but told
// with the question: a track may have a hundred thousand objects, its label changes with one click, and tracks are made
// anew.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

static void name_labels(const struct project *p, const char *const *names, struct label_filter *filter, bool *wanted)
{
    for (size_t i = 0; i < filter->name_count; i++) {
        char clean[LABEL_NAME_SIZE];
        // Names were checked; one that no label has matches nothing.
        (void)!label_name_clean(names[i], clean, NULL);
        int32_t label = label_book_find(p->book, clean);
        filter->names[i] = mem_strdup(label >= 0 ? label_book_label(p->book, label)->name : clean);
        if (label >= 0)
            wanted[label] = true;
    }
}

static void take_tracks(struct project *p, const bool *wanted, struct label_filter *filter)
{
    labels_make_tracks(p);
    for (size_t i = 0; i < p->track_count; i++) {
        const struct label_track *track = &p->tracks[i];
        if (track->label < 0 || !wanted[track->label])
            continue;
        if ((filter->track_count & (filter->track_count - 1)) == 0)
            filter->tracks = mem_realloc_array(
                filter->tracks, filter->track_count == 0 ? 1 : filter->track_count * 2, sizeof(*filter->tracks));
        struct vector_track *taken = &filter->tracks[filter->track_count++];
        label_key_video(track->key, taken->video);
        taken->n = (int64_t)track->key.place;
    }
}

// Objects of these tracks that were said not to be it.
static void take_exceptions(struct project *p, const bool *wanted, struct label_filter *filter)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->label >= 0 || object->negative_count == 0)
            continue;
        const struct label_track *track = labels_track(p, object->key.video, object->track);
        if (track == NULL || track->label < 0 || !wanted[track->label] || !label_book_is_negative(object, track->label))
            continue;
        filter->exceptions =
            mem_realloc_array(filter->exceptions, filter->exception_count + 1, sizeof(*filter->exceptions));
        label_key_format(object->key, filter->exceptions[filter->exception_count++]);
    }
}

// With several labels an object that is not the one may be the other.
static void note_refused(struct label_filter *filter)
{
    if (filter->exception_count > LABELS_NAMED_MAX && filter->name_count == 1)
        filter->refused = filter->names[0];
}

static enum err_code check_names(const char *const *names, size_t count, struct err *err)
{
    char clean[LABEL_NAME_SIZE];
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = err_of_field(err, label_name_clean(names[i], clean, err), "label");
    return code;
}

enum err_code labels_filter(struct labels *labels, const char *project, const char *const *names, size_t count,
    struct label_filter *filter, struct err *err)
{
    *filter = (struct label_filter){0};
    struct project *p = NULL;
    enum err_code code = check_names(names, count, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    code = labels_mirror(labels, p, err);
    if (code != ERR_NONE) {
        labels_leave(labels, p);
        return code;
    }
    bool *wanted = mem_calloc(label_book_label_count(p->book), sizeof(*wanted));
    filter->names = mem_calloc(count, sizeof(*filter->names));
    filter->name_count = count;
    name_labels(p, names, filter, wanted);
    take_tracks(p, wanted, filter);
    take_exceptions(p, wanted, filter);
    note_refused(filter);
    free(wanted);
    labels_leave(labels, p);
    return ERR_NONE;
}

void label_filter_release(struct label_filter *filter)
{
    for (size_t i = 0; i < filter->name_count; i++)
        free(filter->names[i]);
    free(filter->names);
    free(filter->tracks);
    free(filter->exceptions);
    *filter = (struct label_filter){0};
}
