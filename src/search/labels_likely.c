// Likely labels: for each label a model of its examples (label_rank.h) and the objects that it lays claim to; for each
// object the label with the best claim.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

// Examples of other labels that take part, spread evenly: the model learns from fewer still.
#define OTHERS_MAX 2000
// A label that took longer to learn is left to the background, and so is what does not fit into this after a step.
#define QUICK_US INT64_C(250000)
// Looking for new vectors may take this share of the time, at most, while many come.
#define LEARN_SHARE 10

struct fitted *fitted_ref(struct fitted *fitted)
{
    if (fitted != NULL)
        atomic_fetch_add(&fitted->refs, 1);
    return fitted;
}

void fitted_unref(struct fitted *fitted)
{
    if (fitted != NULL && atomic_fetch_sub(&fitted->refs, 1) == 1) {
        label_model_free(fitted->model);
        free(fitted);
    }
}

static void rank_release(struct rank *rank)
{
    fitted_unref(rank->fitted);
    free(rank->hits);
}

void labels_forget_ranks(struct project *p)
{
    for (size_t i = 0; i < p->rank_count; i++)
        rank_release(&p->ranks[i]);
    free(p->ranks);
    p->ranks = NULL;
    p->rank_count = 0;
    free(p->likely);
    p->likely = NULL;
    p->likely_count = 0;
    label_map_release(&p->likely_places);
    p->is_combined = false;
    p->vectors_due_us = 0;
}

const struct rank *labels_rank(const struct project *p, int32_t label)
{
    return label >= 0 && (size_t)label < p->rank_count ? &p->ranks[label] : NULL;
}

static struct rank *rank_of(struct project *p, int32_t label)
{
    size_t count = label_book_label_count(p->book);
    if (p->rank_count < count) {
        p->ranks = mem_realloc_array(p->ranks, count, sizeof(*p->ranks));
        for (size_t i = p->rank_count; i < count; i++)
            p->ranks[i] = (struct rank){.changed = -1};
        p->rank_count = count;
    }
    return &p->ranks[label];
}

// ---- what is out of date

static bool is_stale(struct project *p, int32_t label)
{
    const struct label_book_label *l = label_book_label(p->book, label);
    const struct rank *rank = rank_of(p, label);
    return l->alive &&
        (rank->changed != l->changed || rank->generation != p->generation || rank->others < p->others ||
            rank->is_stale);
}

int32_t labels_stale_label(struct project *p)
{
    for (size_t i = 0; i < label_book_label_count(p->book); i++) {
        if (is_stale(p, (int32_t)i))
            return (int32_t)i;
    }
    return -1;
}

void labels_note_changes(struct labels *labels, struct project *p)
{
    (void)labels;
    size_t count = 0;
    const size_t *touched = label_book_touched(p->book, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t at = label_map_get(&p->likely_places, label_book_object(p->book, touched[i])->key);
        if (at >= 0)
            rank_of(p, p->likely[at].label)->is_stale = true;
    }
}

enum err_code labels_look_for_vectors(struct labels *labels, struct project *p, bool now, struct err *err)
{
    int64_t now_us = labels_now_us(labels);
    if (!now && now_us < p->vectors_due_us)
        return ERR_NONE;
    struct vector_stats stats = {0};
    enum err_code code = vector_index_stats(labels->config.vectors, p->name, NULL, &stats, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        code = ERR_NONE;
    }
    if (!now && labels_is_index_away(code)) {
        err_clear(err);
        p->vectors_due_us = now_us + LABELS_INDEX_AWAY_US;
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    int64_t wait_us = 0;
    bool has_other_vectors = stats.count != p->vector_count;
    if (has_other_vectors || label_book_carried(p->book) != p->others) {
        p->vector_count = stats.count;
        p->generation += has_other_vectors;
        p->others = label_book_carried(p->book);
        for (size_t i = 0; i < p->rank_count; i++)
            wait_us += p->ranks[i].took_us * LEARN_SHARE;
    }
    int64_t least_us = LABELS_LIKELY_CHECK_MS * INT64_C(1000);
    p->vectors_due_us = now_us + (wait_us > least_us ? wait_us : least_us);
    return ERR_NONE;
}

// ---- learning

struct id_list {
    char (*texts)[OBJECT_ID_SIZE];
    const char **ids;
    int64_t *tracks;
    size_t count;
};

static void add_id(struct id_list *list, const struct label_book_object *object)
{
    if (list->count >= LABEL_EXAMPLES_MAX)
        return;
    if ((list->count & (list->count - 1)) == 0) {
        size_t capacity = list->count == 0 ? 1 : list->count * 2;
        list->texts = mem_realloc_array(list->texts, capacity, sizeof(*list->texts));
        list->tracks = mem_realloc_array(list->tracks, capacity, sizeof(*list->tracks));
    }
    list->tracks[list->count] = object->track;
    label_key_format(object->key, list->texts[list->count++]);
}

static void finish_list(struct id_list *list)
{
    list->ids = mem_realloc_array(NULL, list->count + 1, sizeof(*list->ids));
    for (size_t i = 0; i < list->count; i++)
        list->ids[i] = list->texts[i];
}

static void id_list_release(struct id_list *list)
{
    free(list->texts);
    free(list->ids);
    free(list->tracks);
}

struct examples {
    struct id_list positive, negative, other;
};

static void collect(const struct project *p, int32_t label, struct examples *examples)
{
    *examples = (struct examples){0};
    size_t count = label_book_object_count(p->book);
    size_t labelled = 0;
    for (size_t i = 0; i < count; i++)
        labelled += label_book_object(p->book, i)->label >= 0;
    size_t step = labelled / OTHERS_MAX + 1;
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->missing)
            continue;
        bool is_negative = label_book_is_negative(object, label);
        if (object->label == label)
            add_id(&examples->positive, object);
        else if (is_negative)
            add_id(&examples->negative, object);
        else if (object->label >= 0 && seen++ % step == 0)
            add_id(&examples->other, object);
    }
    finish_list(&examples->positive);
    finish_list(&examples->negative);
    finish_list(&examples->other);
}

static void examples_release(struct examples *examples)
{
    id_list_release(&examples->positive);
    id_list_release(&examples->negative);
    id_list_release(&examples->other);
}

// Without a positive that has a vector there is nothing to learn: *model is NULL then.
static enum err_code fit(struct labels *labels, const char *project, const struct examples *examples,
    struct label_model **model, struct label_hit **hits, size_t *count, struct err *err)
{
    *model = NULL;
    *hits = NULL;
    *count = 0;
    if (examples->positive.count == 0)
        return ERR_NONE;
    const struct label_fit fit = {.vectors = labels->config.vectors,
        .project = project,
        .positive = examples->positive.ids,
        .positive_count = examples->positive.count,
        .negative = examples->negative.ids,
        .negative_count = examples->negative.count,
        .other = examples->other.ids,
        .other_count = examples->other.count,
        .positive_tracks = examples->positive.tracks,
        .negative_tracks = examples->negative.tracks,
        .other_tracks = examples->other.tracks};
    enum err_code code = label_model_fit(&fit, model, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    const struct label_query query = {.min_confidence = LABEL_LIKELY_MIN, .limit = LABEL_NEIGHBOURS_MAX};
    code = label_model_neighbours(*model, &query, hits, count, err);
    if (code != ERR_NONE) {
        label_model_free(*model);
        *model = NULL;
    }
    return code;
}

static void install(
    struct project *p, int32_t label, struct label_model *model, const struct label_hit *hits, size_t count)
{
    struct rank *rank = rank_of(p, label);
    fitted_unref(rank->fitted);
    free(rank->hits);
    rank->fitted = NULL;
    rank->has_info = model != NULL;
    if (model != NULL) {
        rank->fitted = mem_calloc(1, sizeof(*rank->fitted));
        rank->fitted->model = model;
        atomic_init(&rank->fitted->refs, 1);
        label_model_describe(model, &rank->info);
    }
    rank->hits = mem_calloc(count, sizeof(*rank->hits));
    rank->hit_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct likely *hit = &rank->hits[rank->hit_count];
        if (!label_key_of(hits[i].object, &hit->key))
            continue;
        hit->track = hits[i].track;
        hit->label = label;
        hit->class_ = labels_class(p, hits[i].class_name);
        hit->similarity = hits[i].similarity;
        hit->confidence = hits[i].confidence;
        rank->hit_count++;
    }
    p->is_combined = false;
}

enum err_code labels_learn(struct labels *labels, struct project *p, int32_t label, struct err *err)
{
    struct examples examples;
    collect(p, label, &examples);
    int64_t epoch = p->epoch;
    int64_t changed = label_book_label(p->book, label)->changed;
    int64_t generation = p->generation;
    int64_t others = label_book_carried(p->book);
    rank_of(p, label)->is_stale = false;
    pthread_mutex_unlock(&p->mutex);

    int64_t start_us = labels_now_us(labels);
    struct label_model *model = NULL;
    struct label_hit *hits = NULL;
    size_t count = 0;
    enum err_code code = fit(labels, p->name, &examples, &model, &hits, &count, err);
    examples_release(&examples);
    int64_t took_us = labels_now_us(labels) - start_us;

    pthread_mutex_lock(&p->mutex);
    // Somebody else may have learnt it from something newer meanwhile.
    struct rank *rank = p->epoch == epoch ? rank_of(p, label) : NULL;
    if (rank != NULL && rank->changed <= changed && rank->generation <= generation && rank->others <= others) {
        // After a failure what was known stays; the next change or vector is the next try.
        rank->changed = changed;
        rank->generation = generation;
        rank->others = others;
        rank->took_us = took_us;
        if (code == ERR_NONE) {
            install(p, label, model, hits, count);
            model = NULL;
        }
    }
    label_model_free(model);
    free(hits);
    return code;
}

void labels_learn_changed(struct labels *labels, struct project *p, int64_t version)
{
    int64_t end_us = labels_now_us(labels) + QUICK_US;
    int64_t epoch = p->epoch;
    for (size_t i = 0; p->epoch == epoch && i < label_book_label_count(p->book); i++) {
        int32_t label = (int32_t)i;
        const struct label_book_label *l = label_book_label(p->book, label);
        if (l->changed < version || !is_stale(p, label) || rank_of(p, label)->took_us > QUICK_US)
            continue;
        if (labels_now_us(labels) >= end_us)
            break;
        struct err err = ERR_INIT;
        if (labels_learn(labels, p, label, &err) != ERR_NONE)
            log_warn(labels->config.log, "the likely labels of project %s are out of date: %s", p->name, err.message);
    }
}

enum err_code labels_move_likely(struct project *p, const struct label_object *objects, size_t count, struct err *err)
{
    struct label_map moved = {0};
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct label_key key = {0};
        if (label_key_of(objects[i].object, &key))
            label_map_put(&moved, key, (int64_t)i);
        else
            code = err_set(err, ERR_INVALID, "\"%.64s\" is no object id", objects[i].object);
    }
    for (size_t i = 0; i < p->rank_count && code == ERR_NONE; i++) {
        for (size_t k = 0; k < p->ranks[i].hit_count; k++) {
            struct likely *hit = &p->ranks[i].hits[k];
            int64_t at = label_map_get(&moved, hit->key);
            if (at >= 0)
                hit->track = objects[at].track;
        }
    }
    label_map_release(&moved);
    p->is_combined = false;
    return code;
}

// ---- one label for each object

bool labels_may_be(struct project *p, const struct likely *hit)
{
    int64_t place = label_book_find_object(p->book, hit->key);
    const struct label_book_object *object = place >= 0 ? label_book_object(p->book, (size_t)place) : NULL;
    if (object != NULL && (object->label >= 0 || object->missing || label_book_is_negative(object, hit->label)))
        return false;
    const struct label_track *track = labels_track(p, hit->key.video, object != NULL ? object->track : hit->track);
    return track == NULL || (track->label < 0 && !labels_is_refused_on(track, hit->label));
}

static bool is_better(const struct likely *a, const struct likely *b)
{
    if (a->confidence != b->confidence)
        return a->confidence > b->confidence;
    return a->similarity != b->similarity ? a->similarity > b->similarity : a->label < b->label;
}

static void offer(struct project *p, const struct likely *hit)
{
    int64_t at = label_map_get(&p->likely_places, hit->key);
    if (at < 0) {
        label_map_put(&p->likely_places, hit->key, (int64_t)p->likely_count);
        p->likely[p->likely_count++] = *hit;
    } else if (is_better(hit, &p->likely[at])) {
        p->likely[at] = *hit;
    }
}

static bool is_in_living_video(const struct project *p, struct label_key key)
{
    int64_t at = label_map_get(&p->video_places, (struct label_key){.video = key.video});
    // Of a video nobody spoke about nothing is known; its vectors go before it does.
    return at < 0 || p->videos[at].is_alive;
}

void labels_combine(struct project *p)
{
    if (p->is_combined && p->combined_version == label_book_version(p->book))
        return;
    size_t most = 0;
    for (size_t i = 0; i < p->rank_count; i++)
        most += p->ranks[i].hit_count;
    free(p->likely);
    p->likely = mem_calloc(most, sizeof(*p->likely));
    p->likely_count = 0;
    label_map_release(&p->likely_places);
    for (size_t i = 0; i < p->rank_count; i++) {
        struct rank *rank = &p->ranks[i];
        rank->probable = 0;
        if (!label_book_label(p->book, (int32_t)i)->alive)
            continue;
        for (size_t k = 0; k < rank->hit_count; k++) {
            if (labels_may_be(p, &rank->hits[k]) && is_in_living_video(p, rank->hits[k].key))
                offer(p, &rank->hits[k]);
        }
    }
    for (size_t i = 0; i < p->likely_count; i++)
        p->ranks[p->likely[i].label].probable++;
    p->is_combined = true;
    p->combined_version = label_book_version(p->book);
}
