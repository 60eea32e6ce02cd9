// From a file to one step of labelling.
#include "exchange/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/import_file.h"
#include "exchange/import_match.h"
#include "exchange/import_others.h"
#include "meta_store/meta_store.h"

_Static_assert(IMPORT_LABELS_MAX <= LABEL_STEP_IMPORT_LABELS_MAX, "all labels of a file go into one step");

void imported_release(struct imported *imported)
{
    for (size_t i = 0; i < imported->problem_count; i++)
        free(imported->problems[i]);
    free(imported->problems);
    free(imported->labels);
    *imported = (struct imported){0};
}

// ---- what follows from tracks

// What the file says of objects of a track, for the objects that only carry a label because of it.
struct on_track {
    struct label_key track; // its video and number
    int32_t label;
    enum import_word word;
};

static int compare_on_tracks(const void *a, const void *b)
{
    const struct on_track *x = a;
    const struct on_track *y = b;
    int order = label_key_compare(x->track, y->track);
    if (order != 0)
        return order;
    if (x->word != y->word)
        return x->word < y->word ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

static struct label_key track_key(const struct import_match *match)
{
    return (struct label_key){.video = match->object.video, .place = (uint64_t)match->track};
}

struct assertions {
    const struct import_file *file;
    const struct import_matching *matching;
    struct on_track *on_tracks;
    size_t on_track_count;
    struct label_assertion *items;
    size_t *rows; // of the items
    char (*ids)[OBJECT_ID_SIZE];
    size_t count;
};

static void collect_tracks(struct assertions *a)
{
    a->on_tracks = mem_calloc(a->file->count, sizeof(*a->on_tracks));
    for (size_t i = 0; i < a->file->count; i++) {
        const struct import_match *match = &a->matching->items[i];
        const struct import_row *row = &a->file->rows[i];
        if (match->is_matched && match->track >= 0)
            a->on_tracks[a->on_track_count++] =
                (struct on_track){.track = track_key(match), .label = row->label, .word = row->word};
    }
    if (a->on_track_count > 1)
        qsort(a->on_tracks, a->on_track_count, sizeof(*a->on_tracks), compare_on_tracks);
    // What is said of thousands of a track's objects is looked through for each of them: the same counts once.
    size_t kept = 0;
    for (size_t i = 0; i < a->on_track_count; i++) {
        if (kept == 0 || compare_on_tracks(&a->on_tracks[kept - 1], &a->on_tracks[i]) != 0)
            a->on_tracks[kept++] = a->on_tracks[i];
    }
    a->on_track_count = kept;
}

static size_t first_on(const struct assertions *a, struct label_key track)
{
    size_t low = 0;
    size_t high = a->on_track_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (label_key_compare(a->on_tracks[middle].track, track) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Whether the track will carry the label by the word of one of its objects: one label is given to it, and not denied.
static bool follows(const struct assertions *a, const struct import_match *match, int32_t label)
{
    struct label_key track = track_key(match);
    bool is_given = false;
    if (match->track < 0)
        return false;
    for (size_t i = first_on(a, track); i < a->on_track_count && label_key_compare(a->on_tracks[i].track, track) == 0;
         i++) {
        const struct on_track *on = &a->on_tracks[i];
        if (on->word == IMPORT_EXPLICIT && on->label != label)
            return false;
        if (on->word == IMPORT_NEGATIVE && on->label == label)
            return false;
        is_given |= on->word == IMPORT_EXPLICIT;
    }
    return is_given;
}

// Objects that all carry a label because of one that the file does not have need a word themselves: one of them.
static bool is_first_of_track(
    const struct assertions *a, struct label_map *seen, const struct import_match *match, const struct import_row *row)
{
    struct label_key track = track_key(match);
    size_t first = first_on(a, track);
    const struct on_track *on = &a->on_tracks[first];
    // Something else is said of the track: each object says for itself.
    if (match->track < 0 || on->word != IMPORT_TRACK || on->label != row->label)
        return true;
    for (size_t i = first; i < a->on_track_count && label_key_compare(a->on_tracks[i].track, track) == 0; i++) {
        if (a->on_tracks[i].label != row->label || a->on_tracks[i].word != IMPORT_TRACK)
            return true;
    }
    if (label_map_get(seen, track) >= 0)
        return false;
    label_map_put(seen, track, 1);
    return true;
}

static enum label_word word_of(
    const struct assertions *a, struct label_map *seen, const struct import_match *match, const struct import_row *row)
{
    switch (row->word) {
    case IMPORT_NEGATIVE:
        return LABEL_WORD_NO;
    case IMPORT_EXPLICIT:
        return LABEL_WORD_YES;
    case IMPORT_TRACK:
        break;
    }
    if (follows(a, match, row->label))
        return LABEL_WORD_FOLLOWS;
    return is_first_of_track(a, seen, match, row) ? LABEL_WORD_CARRIES : LABEL_WORD_FOLLOWS;
}

static void make_assertions(struct assertions *a)
{
    struct label_map seen = {0};
    collect_tracks(a);
    a->items = mem_calloc(a->file->count, sizeof(*a->items));
    a->rows = mem_calloc(a->file->count, sizeof(*a->rows));
    a->ids = mem_calloc(a->file->count, sizeof(*a->ids));
    for (size_t i = 0; i < a->file->count; i++) {
        const struct import_match *match = &a->matching->items[i];
        const struct import_row *row = &a->file->rows[i];
        if (!match->is_matched)
            continue;
        label_key_format(match->object, a->ids[a->count]);
        a->rows[a->count] = i;
        a->items[a->count] = (struct label_assertion){.object = a->ids[a->count],
            .track = match->track,
            .label = (size_t)row->label,
            .word = word_of(a, &seen, match, row)};
        a->count++;
    }
    label_map_release(&seen);
}

static void assertions_release(struct assertions *a)
{
    free(a->on_tracks);
    free(a->items);
    free(a->rows);
    free(a->ids);
}

// ---- contradictions, by their places in the file

// By object, then label, then as the file has them.
static int compare_by_object(const void *a, const void *b, void *context)
{
    const struct assertions *all = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int order = strcmp(all->items[x].object, all->items[y].object);
    if (order == 0)
        order = (all->items[x].label > all->items[y].label) - (all->items[x].label < all->items[y].label);
    return order != 0 ? order : (x > y) - (x < y);
}

static bool contradict(const struct label_assertion *a, const struct label_assertion *b)
{
    bool yes = a->word != LABEL_WORD_NO;
    bool also_yes = b->word != LABEL_WORD_NO;
    return a->label == b->label ? yes != also_yes : yes && also_yes;
}

static enum err_code refuse_pair(const struct assertions *a, size_t one, size_t other, struct err *err)
{
    char first[IMPORT_PLACE_SIZE];
    char second[IMPORT_PLACE_SIZE];
    const struct label_assertion *x = &a->items[one];
    const struct label_assertion *y = &a->items[other];
    import_file_place(a->file, &a->file->rows[a->rows[one]], first);
    import_file_place(a->file, &a->file->rows[a->rows[other]], second);
    if (x->label == y->label)
        return err_set(err, ERR_INVALID, "%s and %s contradict each other: the object %s is \"%s\" and is not", first,
            second, x->object, a->file->labels[x->label]);
    return err_set(err, ERR_INVALID,
        "%s and %s contradict each other: the object %s is \"%s\" and \"%s\", but an object has one label", first,
        second, x->object, a->file->labels[x->label], a->file->labels[y->label]);
}

static enum err_code check_contradictions(struct assertions *a, struct err *err)
{
    size_t *order = mem_calloc(a->count, sizeof(*order));
    for (size_t i = 0; i < a->count; i++)
        order[i] = i;
    if (a->count > 1)
        qsort_r(order, a->count, sizeof(*order), compare_by_object, a);
    enum err_code code = ERR_NONE;
    size_t yes = SIZE_MAX; // what gives the object at hand a label
    for (size_t i = 0; i < a->count && code == ERR_NONE; i++) {
        const struct label_assertion *item = &a->items[order[i]];
        bool is_same = i > 0 && strcmp(a->items[order[i - 1]].object, item->object) == 0;
        if (!is_same)
            yes = SIZE_MAX;
        if (is_same && contradict(&a->items[order[i - 1]], item))
            code = refuse_pair(a, order[i - 1], order[i], err);
        else if (yes != SIZE_MAX && contradict(&a->items[yes], item))
            code = refuse_pair(a, yes, order[i], err);
        if (item->word != LABEL_WORD_NO)
            yes = order[i];
    }
    free(order);
    return code;
}

// ---- the import

static void take_problems(struct imported *imported, struct import_matching *matching)
{
    imported->problems = mem_calloc(matching->problem_count, sizeof(*imported->problems));
    imported->problem_count = matching->problem_count;
    for (size_t i = 0; i < matching->problem_count; i++)
        imported->problems[i] = matching->problems[i];
    matching->problem_count = 0;
}

// What may help where a file matches nothing: one of its videos is the same clip as one that is there.
static void add_advice(const struct imported *imported, struct strbuf *text)
{
    for (size_t i = 0; i < imported->other_count; i++) {
        const struct imported_other *other = &imported->others[i];
        if (other->same[0] == '\0')
            continue;
        strbuf_addf(text,
            "; what the file calls %s looks like video %s: if they are the same clip, say so (same=%s:%s)",
            other->video, other->same, other->video, other->same);
        return;
    }
}

static enum err_code check_matching(
    const struct import_request *request, const struct imported *imported, struct err *err)
{
    bool is_none = imported->matched == 0;
    if (imported->entries == 0)
        return err_set(err, ERR_INVALID,
            "the file gives no object a label (%" PRId64 " entries are passed over: probable labels, classes, crowds)",
            imported->passed_over);
    // Who only asks what would be done is told: nothing, and why.
    if (request->strict ? imported->unmatched == 0 : !is_none || request->dry_run)
        return ERR_NONE;
    struct strbuf text;
    strbuf_init(&text);
    if (is_none)
        strbuf_addf(&text, "none of the %" PRId64 " entries matches a stored object: ", imported->entries);
    else
        strbuf_addf(&text, "%" PRId64 " of %" PRId64 " entries match no stored object: ", imported->unmatched,
            imported->entries);
    strbuf_adds(&text, imported->problems[0]);
    if (request->video == NULL)
        add_advice(imported, &text);
    enum err_code code = err_set(err, ERR_INVALID, "%s", text.data);
    strbuf_release(&text);
    return code;
}

static void describe(const struct import_file *file, const struct labels_imported *done, struct imported *imported)
{
    imported->labels = mem_calloc(file->label_count, sizeof(*imported->labels));
    imported->label_count = file->label_count;
    for (size_t i = 0; i < file->label_count; i++) {
        struct imported_label *label = &imported->labels[i];
        const char *name = i < done->label_count ? done->labels[i].name : file->labels[i];
        memcpy(label->name, name, strlen(name) + 1);
        if (i >= done->label_count)
            continue;
        label->made = done->labels[i].made;
        label->positives = done->labels[i].positives;
        label->negatives = done->labels[i].negatives;
    }
    imported->unchanged = done->unchanged;
    imported->moved = done->moved;
    imported->step = done->step;
    imported->version = done->version;
}

static enum err_code label_objects(const struct import_config *config, const struct import_request *request,
    const struct import_file *file, const struct import_matching *matching, struct imported *imported, struct err *err)
{
    struct assertions a = {.file = file, .matching = matching};
    struct labels_imported done = {.version = imported->version};
    make_assertions(&a);
    enum err_code code = check_contradictions(&a, err);
    const struct labels_import wanted = {.project = request->project,
        .names = (const char *const *)file->labels,
        .name_count = file->label_count,
        .items = a.items,
        .count = a.count,
        .dry_run = request->dry_run,
        .editor = request->editor};
    if (code == ERR_NONE && a.count > 0)
        code = labels_import(config->labels, &wanted, &done, err);
    if (code == ERR_NONE)
        describe(file, &done, imported);
    labels_imported_release(&done);
    assertions_release(&a);
    return code;
}

// That a video is one of the project's; the error's field is that of the request.
static enum err_code check_video(const struct import_config *config, const struct import_request *request,
    const char *id, const char *field, struct err *err)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    enum err_code code = meta_store_get_video(config->meta, id, video, err);
    if (code == ERR_NONE && strcmp(video->project, request->project) != 0)
        code = err_set(err, ERR_NOT_FOUND, "there is no video %s in project %s: it belongs to %s", id, request->project,
            video->project);
    free(video);
    return err_of_field(err, code, field);
}

static int compare_same(const void *a, const void *b)
{
    return strcmp(((const struct import_same *)a)->file, ((const struct import_same *)b)->file);
}

// Each of the file's videos is one of ours at most.
static enum err_code check_same(
    const struct import_config *config, const struct import_request *request, struct err *err)
{
    enum err_code code = ERR_NONE;
    struct import_same *sorted = mem_dup(request->same, request->same_count * sizeof(*sorted));
    for (size_t i = 0; i < request->same_count && code == ERR_NONE; i++)
        code = check_video(config, request, request->same[i].video, "same", err);
    if (request->same_count > 1)
        qsort(sorted, request->same_count, sizeof(*sorted), compare_same);
    for (size_t i = 1; i < request->same_count && code == ERR_NONE; i++) {
        if (compare_same(&sorted[i - 1], &sorted[i]) == 0)
            code = err_of_field(
                err, err_set(err, ERR_INVALID, "the file's video %s is named twice", sorted[i].file), "same");
    }
    free(sorted);
    return code;
}

static enum err_code check_request(const struct import_config *config, const struct import_request *request,
    struct imported *imported, struct err *err)
{
    struct label_list list = {0};
    enum err_code code = labels_list(config->labels, request->project, &list, err);
    imported->version = list.version;
    label_list_release(&list);
    if (code == ERR_NONE && request->video != NULL)
        code = check_video(config, request, request->video, "video", err);
    if (code == ERR_NONE && request->from != NULL && request->video == NULL)
        code = err_of_field(
            err, err_set(err, ERR_INVALID, "from says what the file calls the video: name that video too"), "from");
    return code == ERR_NONE && request->same_count > 0 ? check_same(config, request, err) : code;
}

enum err_code import_run(const struct import_config *config, const struct import_request *request, const void *bytes,
    size_t size, struct cancel *cancel, struct imported *imported, struct err *err)
{
    const struct import_hints hints = {.label = request->label};
    struct import_file *file = NULL;
    struct import_matching matching = {0};
    *imported = (struct imported){0};
    enum err_code code = check_request(config, request, imported, err);
    if (code == ERR_NONE)
        code = import_file_parse(request->format, bytes, size, &hints, &file, err);
    if (code == ERR_NONE)
        code = import_match(config, request, file, cancel, &matching, err);
    if (code == ERR_NONE) {
        imported->entries = (int64_t)file->count;
        imported->passed_over = file->passed_over;
        imported->matched = matching.matched;
        imported->unmatched = matching.unmatched;
        imported->ambiguous = matching.ambiguous;
        take_problems(imported, &matching);
        code = import_find_others(config, request, file, &matching, cancel, imported, err);
    }
    if (code == ERR_NONE)
        code = check_matching(request, imported, err);
    if (code == ERR_NONE)
        code = label_objects(config, request, file, &matching, imported, err);
    import_matching_release(&matching);
    import_file_free(file);
    if (code != ERR_NONE)
        imported_release(imported);
    return code;
}
