#include "vector_index/vector_index_flat.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_kernels.h"
#include "vector_index/vector_key.h"
#include "vector_index/vector_top.h"
#include "vector_index/vector_track_set.h"

struct record {
    struct vector_key key;
    int64_t track;
    char class_name[VECTOR_CLASS_SIZE];
    char label[VECTOR_LABEL_SIZE];
    char **negatives;
    size_t negative_count;
    uint16_t *vector;
};

struct track_record {
    struct vector_track_entry key;
    uint16_t *vector;
};

struct space {
    struct space *next;
    char project[PROJECT_NAME_SIZE];
    char model[sizeof(((struct vector_stats *)NULL)->model)];
    size_t dimension;
    struct record *records; // by key
    size_t count;
    size_t capacity;
    struct track_record *tracks; // by key
    size_t track_count;
};

struct flat {
    struct vector_index index;
    pthread_rwlock_t lock;
    struct space *spaces;
};

static struct flat *flat_of(struct vector_index *index)
{
    return (struct flat *)index;
}

static struct space *space_find(const struct flat *flat, const char *project)
{
    struct space *s = flat->spaces;
    while (s != NULL && strcmp(s->project, project) != 0)
        s = s->next;
    return s;
}

// The first record whose key is not before `key`.
static size_t lower_bound(const struct space *space, struct vector_key key)
{
    size_t from = 0;
    size_t to = space->count;
    // Objects mostly come in order.
    if (to > 0 && vector_key_compare(space->records[to - 1].key, key) < 0)
        return to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (vector_key_compare(space->records[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct record *record_find(const struct space *space, struct vector_key key)
{
    size_t i = lower_bound(space, key);
    return i < space->count && vector_key_compare(space->records[i].key, key) == 0 ? &space->records[i] : NULL;
}

// Those of a video but the ones kept, which ascend.
static void tracks_remove(struct space *space, uint64_t video, const int64_t *kept, size_t kept_count)
{
    size_t left = 0;
    size_t k = 0;
    for (size_t i = 0; i < space->track_count; i++) {
        const struct track_record *t = &space->tracks[i];
        bool is_in = t->key.video == video;
        while (is_in && k < kept_count && kept[k] < t->key.n)
            k++;
        if (is_in && (k == kept_count || kept[k] != t->key.n))
            free(t->vector);
        else
            space->tracks[left++] = *t;
    }
    space->track_count = left;
}

static void forget_negatives(struct record *record)
{
    for (size_t i = 0; i < record->negative_count; i++)
        free(record->negatives[i]);
    free(record->negatives);
    record->negatives = NULL;
    record->negative_count = 0;
}

static void record_release(struct record *record)
{
    forget_negatives(record);
    free(record->vector);
}

static void space_clear(struct space *space)
{
    for (size_t i = 0; i < space->track_count; i++)
        free(space->tracks[i].vector);
    free(space->tracks);
    space->tracks = NULL;
    space->track_count = 0;
    for (size_t i = 0; i < space->count; i++)
        record_release(&space->records[i]);
    free(space->records);
    space->records = NULL;
    space->count = space->capacity = 0;
}

static void records_erase(struct space *space, size_t from, size_t to)
{
    if (from == to)
        return;
    for (size_t i = from; i < to; i++)
        record_release(&space->records[i]);
    memmove(&space->records[from], &space->records[to], (space->count - to) * sizeof(*space->records));
    space->count -= to - from;
}

static void flat_free(struct vector_index *index)
{
    struct flat *flat = flat_of(index);
    while (flat->spaces != NULL) {
        struct space *next = flat->spaces->next;
        space_clear(flat->spaces);
        free(flat->spaces);
        flat->spaces = next;
    }
    pthread_rwlock_destroy(&flat->lock);
    free(flat);
}

static void put_item(struct space *space, const struct vector_item *item)
{
    struct vector_key key = vector_key_of(item->object);
    size_t i = lower_bound(space, key);
    if (i == space->count || vector_key_compare(space->records[i].key, key) != 0) {
        if (space->count == space->capacity) {
            space->capacity = space->capacity != 0 ? space->capacity * 2 : 64;
            space->records = mem_realloc_array(space->records, space->capacity, sizeof(*space->records));
        }
        memmove(&space->records[i + 1], &space->records[i], (space->count - i) * sizeof(*space->records));
        space->records[i] =
            (struct record){.key = key, .track = -1, .vector = mem_alloc(space->dimension * sizeof(uint16_t))};
        space->count++;
    }
    struct record *r = &space->records[i];
    if (item->track >= 0)
        r->track = item->track;
    strcpy(r->class_name, item->class_name);
    if (item->label[0] != '\0')
        strcpy(r->label, item->label);
    vector_to_half(item->vector, r->vector, space->dimension);
}

// The space that takes such vectors, made if need be.
static enum err_code space_for(
    struct flat *flat, const char *project, const char *model, size_t dimension, struct space **out, struct err *err)
{
    struct space *space = space_find(flat, project);
    if (space == NULL) {
        space = mem_calloc(1, sizeof(*space));
        strcpy(space->project, project);
        space->next = flat->spaces;
        flat->spaces = space;
    }
    if (space->dimension == 0) {
        space->dimension = dimension;
        strcpy(space->model, model);
    }
    *out = space;
    return vector_index_check_kind(project, space->model, space->dimension, model, dimension, err);
}

static enum err_code flat_upsert(struct vector_index *index, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    struct flat *flat = flat_of(index);
    struct space *space;
    pthread_rwlock_wrlock(&flat->lock);
    enum err_code code = space_for(flat, project, model, dimension, &space, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        put_item(space, &items[i]);
    pthread_rwlock_unlock(&flat->lock);
    return code;
}

static void set_negatives(struct record *record, const struct vector_attributes *change)
{
    forget_negatives(record);
    record->negatives = mem_calloc(change->negative_count, sizeof(*record->negatives));
    for (size_t i = 0; i < change->negative_count; i++)
        record->negatives[record->negative_count++] = mem_strdup(change->negatives[i]);
}

static enum err_code flat_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    (void)err;
    struct flat *flat = flat_of(index);
    pthread_rwlock_wrlock(&flat->lock);
    struct space *space = space_find(flat, project);
    for (size_t i = 0; i < count && space != NULL; i++) {
        struct record *r = record_find(space, vector_key_of(changes[i].object));
        if (r == NULL)
            continue;
        if (changes[i].set_label)
            strcpy(r->label, changes[i].label);
        if (changes[i].set_track)
            r->track = changes[i].track;
        if (changes[i].set_negatives)
            set_negatives(r, &changes[i]);
    }
    pthread_rwlock_unlock(&flat->lock);
    return ERR_NONE;
}

static bool is_any_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, list[i]) == 0)
            return true;
    }
    return count == 0;
}

static bool is_refused(const struct record *record, const struct vector_filter *filter)
{
    bool is_one = false;
    for (size_t i = 0; i < record->negative_count && filter->refused_count > 0 && !is_one; i++)
        is_one = is_any_of(record->negatives[i], filter->refused, filter->refused_count);
    return is_one;
}

struct track_sets {
    struct vector_track_set labelled;
    struct vector_track_set excluded;
};

static bool carries_label(const struct record *record, const struct vector_filter *filter, struct track_sets *sets)
{
    return is_any_of(record->label, filter->labels, filter->label_count) ||
        (record->label[0] == '\0' && vector_track_set_has(&sets->labelled, record->key.video, record->track));
}

static bool matches(const struct record *record, const struct vector_filter *filter, struct track_sets *sets)
{
    char object[OBJECT_ID_SIZE];
    char video[VIDEO_ID_SIZE];
    vector_key_format(record->key, object);
    snprintf(video, sizeof(video), "%.*s", VIDEO_ID_LENGTH, object);
    return (filter->video == NULL || strcmp(video, filter->video) == 0) &&
        is_any_of(video, filter->videos, filter->video_count) &&
        (!filter->has_track || record->track == filter->track) &&
        is_any_of(record->class_name, filter->classes, filter->class_count) && carries_label(record, filter, sets) &&
        !vector_track_set_has(&sets->excluded, record->key.video, record->track) && !is_refused(record, filter) &&
        (filter->exclude_count == 0 || !is_any_of(object, filter->exclude, filter->exclude_count));
}

static struct vector_hit *hits_of(const struct space *space, const struct vector_top *top)
{
    struct vector_hit *hits = mem_calloc(top->count, sizeof(*hits));
    for (size_t i = 0; i < top->count; i++) {
        const struct record *r = &space->records[top->entries[i].ref];
        vector_key_format(r->key, hits[i].object);
        strcpy(hits[i].class_name, r->class_name);
        strcpy(hits[i].label, r->label);
        hits[i].track = r->track;
        hits[i].score = top->entries[i].score;
    }
    return hits;
}

static void scan(const struct space *space, const struct vector_query *query, struct vector_top *top)
{
    struct track_sets sets;
    vector_track_set_init(&sets.labelled, query->filter.labelled, query->filter.labelled_count);
    vector_track_set_init(&sets.excluded, query->filter.exclude_tracks, query->filter.exclude_track_count);
    for (size_t i = 0; i < space->count; i++) {
        const struct record *r = &space->records[i];
        float score = vector_dot_half(query->vector, r->vector, space->dimension);
        if (score < query->min_score || score < vector_top_floor(top) || !matches(r, &query->filter, &sets))
            continue;
        vector_top_add(top, (struct vector_candidate){.score = score, .ref = (uint32_t)i, .key = r->key});
    }
    vector_track_set_release(&sets.labelled);
    vector_track_set_release(&sets.excluded);
    vector_top_sort(top);
}

static enum err_code flat_query(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    struct flat *flat = flat_of(index);
    enum err_code code = ERR_NONE;
    pthread_rwlock_rdlock(&flat->lock);
    const struct space *space = space_find(flat, query->project);
    if (space != NULL && space->dimension != 0 && space->dimension != query->dimension) {
        code = vector_index_wrong_dimension(err, query->project, space->dimension, query->dimension);
    } else if (space != NULL && space->count > 0) {
        struct vector_top top;
        vector_top_init(&top, query->limit < space->count ? query->limit : space->count);
        scan(space, query, &top);
        *count = top.count;
        *hits = hits_of(space, &top);
        vector_top_release(&top);
    }
    pthread_rwlock_unlock(&flat->lock);
    return code;
}

// The first track whose key is not before `key`.
static size_t track_place(const struct space *space, struct vector_track_entry key)
{
    size_t from = 0;
    size_t to = space->track_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (vector_track_compare(&space->tracks[middle].key, &key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool is_track_at(const struct space *space, size_t place, struct vector_track_entry key)
{
    return place < space->track_count && vector_track_compare(&space->tracks[place].key, &key) == 0;
}

static enum err_code flat_fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    struct flat *flat = flat_of(index);
    enum err_code code = ERR_NONE;
    pthread_rwlock_rdlock(&flat->lock);
    const struct space *space = space_find(flat, project);
    const struct record *r = space != NULL ? record_find(space, vector_key_of(object)) : NULL;
    if (r == NULL) {
        code = vector_index_no_object(err, project, object);
    } else if (space->dimension > capacity) {
        code = vector_index_wrong_dimension(err, project, space->dimension, capacity);
    } else {
        *dimension = space->dimension;
        vector_from_half(r->vector, vector, space->dimension);
    }
    pthread_rwlock_unlock(&flat->lock);
    return code;
}

static enum err_code flat_remove(
    struct vector_index *index, const char *project, const char *const *objects, size_t count, struct err *err)
{
    (void)err;
    struct flat *flat = flat_of(index);
    pthread_rwlock_wrlock(&flat->lock);
    struct space *space = space_find(flat, project);
    for (size_t i = 0; i < count && space != NULL; i++) {
        const struct record *r = record_find(space, vector_key_of(objects[i]));
        if (r != NULL)
            records_erase(space, (size_t)(r - space->records), (size_t)(r - space->records) + 1);
    }
    pthread_rwlock_unlock(&flat->lock);
    return ERR_NONE;
}

static void erase_range(struct flat *flat, const char *project, struct vector_key first, struct vector_key last)
{
    pthread_rwlock_wrlock(&flat->lock);
    struct space *space = space_find(flat, project);
    if (space != NULL) {
        size_t from = lower_bound(space, first);
        size_t to = lower_bound(space, last);
        if (to < space->count && vector_key_compare(space->records[to].key, last) == 0)
            to++;
        records_erase(space, from, to);
    }
    pthread_rwlock_unlock(&flat->lock);
}

static enum err_code flat_remove_frame(
    struct vector_index *index, const char *project, const char *video, int32_t frame_index, struct err *err)
{
    (void)err;
    struct vector_key first = vector_key_first_of_frame(video, frame_index);
    struct vector_key last = {first.video, first.position + OBJECTS_PER_FRAME_MAX - 1};
    erase_range(flat_of(index), project, first, last);
    return ERR_NONE;
}

static void track_insert(struct space *space, size_t place, struct vector_track_entry key)
{
    space->tracks = mem_realloc_array(space->tracks, space->track_count + 1, sizeof(*space->tracks));
    memmove(&space->tracks[place + 1], &space->tracks[place], (space->track_count - place) * sizeof(*space->tracks));
    space->tracks[place] = (struct track_record){.key = key, .vector = mem_calloc(space->dimension, sizeof(uint16_t))};
    space->track_count++;
}

static enum err_code flat_put_tracks(struct vector_index *index, const char *project, const char *model,
    size_t dimension, const struct vector_track_item *items, size_t count, struct err *err)
{
    struct flat *flat = flat_of(index);
    struct space *space;
    pthread_rwlock_wrlock(&flat->lock);
    enum err_code code = space_for(flat, project, model, dimension, &space, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct vector_track_entry key = {vector_key_video(items[i].track.video), items[i].track.n};
        size_t place = track_place(space, key);
        if (!is_track_at(space, place, key))
            track_insert(space, place, key);
        vector_to_half(items[i].vector, space->tracks[place].vector, dimension);
    }
    pthread_rwlock_unlock(&flat->lock);
    return code;
}

static enum err_code flat_keep_tracks(struct vector_index *index, const char *project, const char *video,
    const int64_t *numbers, size_t count, struct err *err)
{
    (void)err;
    struct flat *flat = flat_of(index);
    pthread_rwlock_wrlock(&flat->lock);
    struct space *space = space_find(flat, project);
    if (space != NULL)
        tracks_remove(space, vector_key_video(video), numbers, count);
    pthread_rwlock_unlock(&flat->lock);
    return ERR_NONE;
}

static enum err_code flat_fetch_track(struct vector_index *index, const char *project, const struct vector_track *track,
    float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    struct flat *flat = flat_of(index);
    enum err_code code = ERR_NONE;
    pthread_rwlock_rdlock(&flat->lock);
    const struct space *space = space_find(flat, project);
    struct vector_track_entry key = {vector_key_video(track->video), track->n};
    size_t place = space != NULL ? track_place(space, key) : 0;
    if (space == NULL || !is_track_at(space, place, key)) {
        code = vector_index_no_track(err, project, track);
    } else if (space->dimension > capacity) {
        code = vector_index_wrong_dimension(err, project, space->dimension, capacity);
    } else {
        *dimension = space->dimension;
        vector_from_half(space->tracks[place].vector, vector, space->dimension);
    }
    pthread_rwlock_unlock(&flat->lock);
    return code;
}

static enum err_code flat_remove_video(
    struct vector_index *index, const char *project, const char *video, struct err *err)
{
    uint64_t number = vector_key_video(video);
    erase_range(flat_of(index), project, (struct vector_key){number, 0}, (struct vector_key){number, UINT64_MAX});
    return flat_keep_tracks(index, project, video, NULL, 0, err);
}

// The namespace is forgotten with its model and dimension, so that it can be filled with another model's vectors.
static enum err_code flat_remove_project(struct vector_index *index, const char *project, struct err *err)
{
    (void)err;
    struct flat *flat = flat_of(index);
    pthread_rwlock_wrlock(&flat->lock);
    for (struct space **link = &flat->spaces; *link != NULL; link = &(*link)->next) {
        struct space *space = *link;
        if (strcmp(space->project, project) == 0) {
            *link = space->next;
            space_clear(space);
            free(space);
            break;
        }
    }
    pthread_rwlock_unlock(&flat->lock);
    return ERR_NONE;
}

static enum err_code flat_stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *stats, struct err *err)
{
    (void)err;
    struct flat *flat = flat_of(index);
    pthread_rwlock_rdlock(&flat->lock);
    const struct space *space = space_find(flat, project);
    if (space != NULL) {
        stats->count = space->count;
        if (video != NULL) {
            uint64_t number = vector_key_video(video);
            stats->count = lower_bound(space, (struct vector_key){number, UINT64_MAX}) -
                lower_bound(space, (struct vector_key){number, 0});
        }
        stats->dimension = space->dimension;
        strcpy(stats->model, space->model);
    }
    pthread_rwlock_unlock(&flat->lock);
    return ERR_NONE;
}

static enum err_code flat_list(struct vector_index *index, const char *project, const char *video, vector_visit *visit,
    void *context, struct err *err)
{
    (void)err;
    struct flat *flat = flat_of(index);
    // Copied, so that the visitor may call the index.
    struct vector_key *keys = NULL;
    size_t count = 0;
    pthread_rwlock_rdlock(&flat->lock);
    const struct space *space = space_find(flat, project);
    if (space != NULL) {
        uint64_t number = vector_key_video(video);
        size_t from = lower_bound(space, (struct vector_key){number, 0});
        count = lower_bound(space, (struct vector_key){number, UINT64_MAX}) - from;
        keys = mem_calloc(count, sizeof(*keys));
        for (size_t i = 0; i < count; i++)
            keys[i] = space->records[from + i].key;
    }
    pthread_rwlock_unlock(&flat->lock);
    for (size_t i = 0; i < count; i++) {
        char object[OBJECT_ID_SIZE];
        vector_key_format(keys[i], object);
        if (!visit(context, object))
            break;
    }
    free(keys);
    return ERR_NONE;
}

static enum err_code flat_ping(struct vector_index *index, struct err *err)
{
    (void)index;
    (void)err;
    return ERR_NONE;
}

static enum err_code flat_describe(struct vector_index *index, struct vector_index_facts *facts, struct err *err)
{
    (void)index;
    (void)facts;
    (void)err;
    return ERR_NONE;
}

static const struct vector_index_ops flat_ops = {
    .name = "flat",
    .free = flat_free,
    .upsert = flat_upsert,
    .set_attributes = flat_set_attributes,
    .query = flat_query,
    .fetch = flat_fetch,
    .remove = flat_remove,
    .remove_frame = flat_remove_frame,
    .remove_video = flat_remove_video,
    .remove_project = flat_remove_project,
    .stats = flat_stats,
    .list = flat_list,
    .put_tracks = flat_put_tracks,
    .keep_tracks = flat_keep_tracks,
    .fetch_track = flat_fetch_track,
    .ping = flat_ping,
    .describe = flat_describe,
};

struct vector_index *vector_index_flat_new(void)
{
    struct flat *flat = mem_calloc(1, sizeof(*flat));
    flat->index.ops = &flat_ops;
    pthread_rwlock_init(&flat->lock, NULL);
    return &flat->index;
}
