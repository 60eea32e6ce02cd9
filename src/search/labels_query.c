// Answers from the book and the likely labels.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

const char *label_kind_name(enum label_kind kind)
{
    static const char *const names[] = {"none", "explicit", "probable"};
    return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

enum err_code labels_find(const struct project *p, const char *name, int32_t *label, struct err *err)
{
    char clean[LABEL_NAME_SIZE];
    enum err_code code = label_name_clean(name, clean, err);
    if (code != ERR_NONE)
        return code;
    *label = label_book_find(p->book, clean);
    if (*label < 0)
        return err_of_field(
            err, err_set(err, ERR_NOT_FOUND, "there is no label \"%s\" in project %s", clean, p->name), "label");
    return ERR_NONE;
}

enum err_code labels_check_limit(size_t limit, struct err *err)
{
    return limit >= 1 && limit <= LABELS_LIST_MAX
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "limit must be between 1 and %d", LABELS_LIST_MAX);
}

enum err_code labels_history(struct labels *labels, const char *project, int64_t before, size_t limit,
    struct label_step **steps, size_t *count, bool *more, struct err *err)
{
    *steps = NULL;
    *count = 0;
    *more = false;
    struct project *p = NULL;
    enum err_code code = labels_check_limit(limit, err);
    if (code == ERR_NONE && before < 0)
        code = err_set(err, ERR_INVALID, "%" PRId64 " is no step's number", before);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    int64_t version = label_book_version(p->book);
    int64_t id = before == 0 || before > version ? version : before - 1;
    *steps = mem_calloc((size_t)id < limit ? (size_t)id : limit, sizeof(**steps));
    for (; id > 0 && *count < limit; id--)
        label_book_step(p->book, id, &(*steps)[(*count)++]);
    *more = id > 0;
    labels_leave(labels, p);
    return ERR_NONE;
}

// ---- labels of objects

enum label_kind labels_kind_of(struct project *p, struct label_key key, int64_t track, int32_t *label, float *score)
{
    int64_t place = label_book_find_object(p->book, key);
    const struct label_book_object *object = place >= 0 ? label_book_object(p->book, (size_t)place) : NULL;
    const struct label_track *on = labels_track(p, key.video, track);
    *score = 1;
    if (object != NULL && object->label >= 0) {
        *label = object->label;
        return LABEL_EXPLICIT;
    }
    if (on != NULL && on->label >= 0 && (object == NULL || !label_book_is_negative(object, on->label))) {
        *label = on->label;
        return LABEL_EXPLICIT;
    }
    int64_t at = label_map_get(&p->likely_places, key);
    *score = 0;
    *label = -1;
    if (at < 0 || labels_is_refused_on(on, p->likely[at].label))
        return LABEL_NONE;
    *label = p->likely[at].label;
    *score = p->likely[at].confidence;
    return LABEL_PROBABLE;
}

void object_labels_release(struct object_labels *set)
{
    for (size_t i = 0; i < set->name_count; i++)
        free(set->names[i]);
    free(set->names);
    free(set->items);
    *set = (struct object_labels){0};
}

static enum err_code check_batch(const struct label_object *objects, size_t count, struct err *err)
{
    if (count > LABELS_BATCH_MAX)
        return err_set(
            err, ERR_LIMIT, "%zu objects are too many to ask about at once: at most %d", count, LABELS_BATCH_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!label_key_of(objects[i].object, &(struct label_key){0}))
            return err_set(err, ERR_INVALID, "\"%.64s\" is no object id", objects[i].object);
    }
    return ERR_NONE;
}

enum err_code labels_of_objects(struct labels *labels, const char *project, const struct label_object *objects,
    size_t count, struct object_labels *set, struct err *err)
{
    *set = (struct object_labels){.items = mem_calloc(count, sizeof(*set->items)), .count = count};
    for (size_t i = 0; i < count; i++)
        set->items[i].name = "";
    struct project *p = NULL;
    enum err_code code = check_batch(objects, count, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE) {
        object_labels_release(set);
        return code;
    }
    labels_combine(p);
    struct class_memo classes = {0};
    set->name_count = label_book_label_count(p->book);
    set->names = mem_calloc(set->name_count, sizeof(*set->names));
    for (size_t i = 0; i < count; i++) {
        struct object_label *item = &set->items[i];
        struct label_key key = {0};
        int32_t label = -1;
        (void)label_key_of(objects[i].object, &key);
        item->kind = labels_kind_of(p, key, objects[i].track, &label, &item->score);
        if (objects[i].class_name != NULL)
            item->class_refused =
                labels_refuses(p, key, objects[i].track, labels_class_label(p, objects[i].class_name, &classes));
        if (item->kind == LABEL_NONE)
            continue;
        if (set->names[label] == NULL)
            set->names[label] = mem_strdup(label_book_label(p->book, label)->name);
        item->name = set->names[label];
    }
    labels_leave(labels, p);
    return ERR_NONE;
}

enum err_code labels_match(struct labels *labels, const char *project, const char *label,
    const struct label_object *objects, size_t count, enum label_kind *kinds, struct err *err)
{
    struct project *p = NULL;
    int32_t wanted = -1;
    enum err_code code = check_batch(objects, count, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    code = labels_find(p, label, &wanted, err);
    labels_combine(p);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct label_key key = {0};
        int32_t found = -1;
        float score;
        (void)label_key_of(objects[i].object, &key);
        enum label_kind kind = labels_kind_of(p, key, objects[i].track, &found, &score);
        kinds[i] = found == wanted ? kind : LABEL_NONE;
    }
    labels_leave(labels, p);
    return code;
}

// ---- suggestions and candidates

static void take_hits(const struct label_hit *hits, size_t count, size_t limit, struct labelled_objects *out)
{
    out->more = count > limit;
    out->count = count < limit ? count : limit;
    out->items = mem_calloc(out->count, sizeof(*out->items));
    for (size_t i = 0; i < out->count; i++) {
        memcpy(out->items[i].object, hits[i].object, sizeof(out->items[i].object));
        out->items[i].score = hits[i].similarity;
        out->items[i].confidence = hits[i].confidence;
    }
}

// What the request says of a track. One that has a yes and a no is of two things, and says nothing of its other
// objects.
enum { TRACK_YES, TRACK_NO, TRACK_BOTH };

// What is not asked about or suggested, besides the examples: what is said, or follows for a track.
struct known {
    const char *project, *label; // label NULL: none
    struct label_map tracks;     // of the request's objects: which of the above
};

// Leaves out of the hits what is known already, in place.
static enum err_code drop_known(
    struct labels *labels, const struct known *known, struct label_hit *hits, size_t *count, struct err *err)
{
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, known->project, &p, err);
    if (code != ERR_NONE)
        return code;
    int32_t label = known->label != NULL ? label_book_find(p->book, known->label) : -1;
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct likely hit = {.track = hits[i].track, .label = label};
        if (!label_key_of(hits[i].object, &hit.key) || !labels_may_be(p, &hit))
            continue;
        struct label_key track = {.video = hit.key.video, .place = (uint64_t)hit.track};
        int64_t said = hit.track >= 0 ? label_map_get(&known->tracks, track) : -1;
        if (said < 0 || said == TRACK_BOTH)
            hits[kept++] = hits[i];
    }
    *count = kept;
    labels_leave(labels, p);
    return ERR_NONE;
}

// Ids as the ranking wants them, without one that is in two lists: the request's own word comes first.
struct lists {
    struct label_map seen;
    char (*texts)[OBJECT_ID_SIZE];
    size_t count, capacity;
    size_t *of[3];
    size_t counts[3];
};
enum { LIST_POSITIVE, LIST_NEGATIVE, LIST_OTHER };

static void add_to_list(struct lists *lists, int list, struct label_key key)
{
    if (lists->counts[list] >= LABEL_EXAMPLES_MAX || label_map_get(&lists->seen, key) >= 0)
        return;
    label_map_put(&lists->seen, key, list);
    if (lists->count == lists->capacity) {
        lists->capacity = lists->capacity != 0 ? lists->capacity * 2 : 64;
        lists->texts = mem_realloc_array(lists->texts, lists->capacity, sizeof(*lists->texts));
    }
    size_t *places = lists->of[list];
    size_t n = lists->counts[list];
    if ((n & (n - 1)) == 0)
        places = mem_realloc_array(places, n == 0 ? 1 : n * 2, sizeof(*places));
    label_key_format(key, lists->texts[lists->count]);
    places[n] = lists->count++;
    lists->of[list] = places;
    lists->counts[list]++;
}

static const char **ids_of(const struct lists *lists, int list)
{
    const char **ids = mem_realloc_array(NULL, lists->counts[list] + 1, sizeof(*ids));
    for (size_t i = 0; i < lists->counts[list]; i++)
        ids[i] = lists->texts[lists->of[list][i]];
    return ids;
}

static void lists_release(struct lists *lists)
{
    label_map_release(&lists->seen);
    free(lists->texts);
    for (int i = 0; i < 3; i++)
        free(lists->of[i]);
}

static void add_from_request(struct lists *lists, int list, const char *const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct label_key key = {0};
        if (label_key_of(ids[i], &key))
            add_to_list(lists, list, key);
    }
}

// `label` -1: one that is not there yet.
static void add_from_book(const struct project *p, int32_t label, struct lists *lists)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->missing)
            continue;
        if (label >= 0 && object->label == label)
            add_to_list(lists, LIST_POSITIVE, object->key);
        else if (label >= 0 && label_book_is_negative(object, label))
            add_to_list(lists, LIST_NEGATIVE, object->key);
        else if (object->label >= 0)
            add_to_list(lists, LIST_OTHER, object->key);
    }
}

// The surest that are not known already: at least limit + 1 of them where there are so many.
static enum err_code find_unknown(struct labels *labels, const struct label_model *model,
    const struct label_suggest *request, const struct known *known, struct label_hit **found, size_t *count,
    struct err *err)
{
    struct label_query query = {.filter = {.video = request->video},
        .min_confidence = LABEL_LIKELY_MIN,
        .per_track = request->per_track,
        .limit = 2 * (request->limit + 1)};
    for (;;) {
        enum err_code code = label_model_neighbours(model, &query, found, count, err);
        bool all = *count < query.limit || query.limit == LABEL_NEIGHBOURS_MAX;
        if (code == ERR_NONE)
            code = drop_known(labels, known, *found, count, err);
        if (code != ERR_NONE || all || *count > request->limit)
            return code;
        free(*found);
        *found = NULL;
        query.limit = LABEL_NEIGHBOURS_MAX;
    }
}

static enum err_code suggest(struct labels *labels, const struct label_suggest *request, const struct lists *lists,
    const struct known *known, struct labelled_objects *hits, struct err *err)
{
    const char **positive = ids_of(lists, LIST_POSITIVE);
    const char **negative = ids_of(lists, LIST_NEGATIVE);
    const char **other = ids_of(lists, LIST_OTHER);
    const struct label_fit fit = {.vectors = labels->config.vectors,
        .project = request->project,
        .positive = positive,
        .positive_count = lists->counts[LIST_POSITIVE],
        .negative = negative,
        .negative_count = lists->counts[LIST_NEGATIVE],
        .other = other,
        .other_count = lists->counts[LIST_OTHER]};
    struct label_model *model = NULL;
    struct label_hit *found = NULL;
    size_t count = 0;
    enum err_code code = label_model_fit(&fit, &model, err);
    if (code == ERR_NONE)
        code = find_unknown(labels, model, request, known, &found, &count, err);
    if (code == ERR_NONE)
        take_hits(found, count, request->limit, hits);
    free(found);
    label_model_free(model);
    free(positive);
    free(negative);
    free(other);
    return code;
}

static enum err_code check_suggest(const struct label_suggest *request, struct err *err)
{
    enum err_code code = labels_check_limit(request->limit, err);
    if (code == ERR_NONE)
        code = labels_check_video(request->video, err);
    if (code == ERR_NONE && request->positive_count == 0)
        code = err_set(err, ERR_INVALID, "no positive examples were named: say what to look for");
    if (code == ERR_NONE && (request->positive_count > LABELS_LIST_MAX || request->negative_count > LABELS_LIST_MAX))
        code = err_set(
            err, ERR_LIMIT, "at most %d positive and %d negative examples are taken", LABELS_LIST_MAX, LABELS_LIST_MAX);
    return code;
}

static enum err_code check_named(struct labels *labels, const struct project *p, const struct label_suggest *request,
    struct label_map *tracks, struct err *err)
{
    size_t count = request->positive_count + request->negative_count;
    struct object_ref *refs = mem_calloc(count, sizeof(*refs));
    for (size_t i = 0; i < request->positive_count; i++)
        refs[i] = (struct object_ref){.object = request->positive[i], .field = "positive"};
    for (size_t i = 0; i < request->negative_count; i++)
        refs[request->positive_count + i] = (struct object_ref){.object = request->negative[i], .field = "negative"};
    enum err_code code = labels_check_objects(labels, p, refs, count, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct label_key track = {.video = refs[i].key.video, .place = (uint64_t)refs[i].track};
        int64_t before = label_map_get(tracks, track);
        int64_t said = strcmp(refs[i].field, "negative") == 0 ? TRACK_NO : TRACK_YES;
        if (refs[i].track >= 0)
            label_map_put(tracks, track, before < 0 || before == said ? said : TRACK_BOTH);
    }
    free(refs);
    return code;
}

enum err_code labels_suggest(
    struct labels *labels, const struct label_suggest *request, struct labelled_objects *hits, struct err *err)
{
    *hits = (struct labelled_objects){0};
    struct project *p = NULL;
    char name[LABEL_NAME_SIZE];
    enum err_code code = check_suggest(request, err);
    if (code == ERR_NONE && request->label != NULL)
        code = label_name_clean(request->label, name, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, request->project, &p, err);
    if (code != ERR_NONE)
        return code;
    struct lists lists = {0};
    struct known known = {.project = request->project, .label = request->label != NULL ? name : NULL};
    code = check_named(labels, p, request, &known.tracks, err);
    if (code == ERR_NONE) {
        add_from_request(&lists, LIST_POSITIVE, request->positive, request->positive_count);
        add_from_request(&lists, LIST_NEGATIVE, request->negative, request->negative_count);
        add_from_book(p, request->label != NULL ? label_book_find(p->book, name) : -1, &lists);
    }
    labels_leave(labels, p);
    // Without the lock: nothing of the project is needed any more.
    if (code == ERR_NONE)
        code = suggest(labels, request, &lists, &known, hits, err);
    label_map_release(&known.tracks);
    lists_release(&lists);
    return code;
}

// The label's model, learnt anew if it is out of date; NULL when there is nothing to learn from.
static enum err_code current_model(
    struct labels *labels, struct project *p, const char *label, struct fitted **fitted, struct err *err)
{
    int32_t number = -1;
    *fitted = NULL;
    enum err_code code = labels_find(p, label, &number, err);
    const struct rank *rank = labels_rank(p, number);
    bool is_old = rank == NULL || rank->changed != label_book_label(p->book, number)->changed;
    if (code == ERR_NONE && is_old) {
        int64_t epoch = p->epoch;
        code = labels_learn(labels, p, number, err);
        if (code == ERR_NONE && p->epoch != epoch)
            code = labels_find(p, label, &number, err);
    }
    rank = labels_rank(p, number);
    if (code == ERR_NONE && rank != NULL)
        *fitted = fitted_ref(rank->fitted);
    return code;
}

// A model knows the tracks that there were when it was learnt; of the few that are asked about, those there are now
// count.
static enum err_code find_tracks(struct labels *labels, struct label_hit *hits, size_t *count, struct err *err)
{
    size_t kept = 0;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < *count && code == ERR_NONE; i++) {
        struct label_key key = {0};
        bool exists = false;
        if (label_key_of(hits[i].object, &key))
            code = labels_find_track(labels, key, &exists, &hits[i].track, err);
        if (exists)
            hits[kept++] = hits[i];
    }
    *count = kept;
    return code;
}

// What is known already was never asked for, so more are asked for than wanted.
static enum err_code ask_about_unknown(struct labels *labels, const struct label_model *model,
    const struct known *known, const char *video, size_t limit, struct label_questions *questions, struct err *err)
{
    struct label_query query = {.filter = {.video = video}, .limit = 2 * limit + 10};
    for (;;) {
        struct label_candidates candidates = {0};
        query.limit = query.limit < LABEL_CANDIDATES_MAX ? query.limit : LABEL_CANDIDATES_MAX;
        enum err_code code = label_model_candidates(model, &query, &candidates, err);
        bool all = candidates.count < query.limit || query.limit == LABEL_CANDIDATES_MAX;
        size_t before = candidates.count;
        if (code == ERR_NONE)
            code = find_tracks(labels, candidates.hits, &candidates.count, err);
        if (code == ERR_NONE)
            code = drop_known(labels, known, candidates.hits, &candidates.count, err);
        bool is_done = code != ERR_NONE || all || candidates.count >= limit;
        if (code == ERR_NONE && is_done) {
            take_hits(candidates.hits, candidates.count, limit, &questions->hits);
            // With nothing left but what is known, all is answered.
            questions->settled = candidates.settled || (before > 0 && candidates.count == 0);
            questions->is_estimated = candidates.is_estimated;
            questions->precision = candidates.precision;
            questions->missing = (int64_t)llround(candidates.missing);
        }
        label_candidates_release(&candidates);
        if (is_done)
            return code;
        query.limit = LABEL_CANDIDATES_MAX;
    }
}

enum err_code labels_candidates(struct labels *labels, const char *project, const char *label, const char *video,
    size_t limit, struct label_questions *questions, struct err *err)
{
    *questions = (struct label_questions){.settled = true};
    struct project *p = NULL;
    struct fitted *fitted = NULL;
    enum err_code code = labels_check_limit(limit, err);
    if (code == ERR_NONE)
        code = labels_check_video(video, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    code = current_model(labels, p, label, &fitted, err);
    labels_leave(labels, p);
    const struct known known = {.project = project, .label = label};
    if (code == ERR_NONE && fitted != NULL)
        code = ask_about_unknown(labels, fitted->model, &known, video, limit, questions, err);
    fitted_unref(fitted);
    return code;
}

void label_questions_release(struct label_questions *questions)
{
    labelled_objects_release(&questions->hits);
}
