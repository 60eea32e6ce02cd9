#include "search/catalogue.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"
#include "search/label_refusals.h"
#include "search/labels.h"

#define VIDEOS_AT_ONCE 100
#define FRAMES_AT_ONCE META_LIST_MAX

struct class_counts {
    struct meta_project project; // as it was when they were counted
    uint64_t digest;             // of what was refused then
    struct catalogue_class *classes;
    size_t count;
};

struct catalogue {
    struct meta_store *meta;
    pthread_mutex_t lock;
    struct class_counts kept[CATALOGUE_PROJECTS_KEPT];
    size_t next; // slot that is given away next
};

struct catalogue *catalogue_new(struct meta_store *meta)
{
    struct catalogue *catalogue = mem_calloc(1, sizeof(*catalogue));
    catalogue->meta = meta;
    pthread_mutex_init(&catalogue->lock, NULL);
    return catalogue;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    for (size_t i = 0; i < CATALOGUE_PROJECTS_KEPT; i++)
        free(catalogue->kept[i].classes);
    pthread_mutex_destroy(&catalogue->lock);
    free(catalogue);
}

// ---- walking a project's frames

struct walk {
    struct catalogue *catalogue;
    const char *project;
    const char *const *videos;
    size_t video_count;
    struct cancel *cancel;
    void (*visit)(void *context, const char *video, const struct meta_frame *frame);
    void *context;
};

static enum err_code walk_video(const struct walk *walk, const char *video, struct err *err)
{
    struct meta_frame_range range = {
        .to_us = -1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = FRAMES_AT_ONCE};
    size_t count = FRAMES_AT_ONCE;
    while (count == FRAMES_AT_ONCE) {
        struct meta_frames frames = {0};
        enum err_code code = cancel_check(walk->cancel, err);
        if (code == ERR_NONE)
            code = meta_store_list_frames(walk->catalogue->meta, video, &range, &frames, err);
        if (code != ERR_NONE)
            return code;
        count = frames.count;
        for (size_t i = 0; i < count; i++) {
            range.after = frames.items[i].index;
            walk->visit(walk->context, video, &frames.items[i]);
        }
        meta_frames_release(&frames);
    }
    return ERR_NONE;
}

static bool is_asked_for(const struct walk *walk, const char *video)
{
    for (size_t i = 0; i < walk->video_count; i++) {
        if (strcmp(walk->videos[i], video) == 0)
            return true;
    }
    return walk->video_count == 0;
}

static enum err_code walk_project(const struct walk *walk, struct err *err)
{
    char after[VIDEO_ID_SIZE] = "";
    size_t count = VIDEOS_AT_ONCE;
    while (count == VIDEOS_AT_ONCE) {
        struct meta_video *videos = NULL;
        enum err_code code = meta_store_list_videos(walk->catalogue->meta, walk->project,
            after[0] != '\0' ? after : NULL, VIDEOS_AT_ONCE, &videos, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            memcpy(after, videos[i].id, sizeof(after));
            if (videos[i].state == VIDEO_DELETING || !is_asked_for(walk, videos[i].id))
                continue;
            code = walk_video(walk, videos[i].id, err);
            if (code == ERR_NOT_FOUND) {
                // Deleted in this moment.
                err_clear(err);
                code = ERR_NONE;
            }
        }
        free(videos);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

// ---- classes

struct class_list {
    struct catalogue_class *items;
    size_t count, capacity;
    size_t last; // the next object often is of the same class
};

static struct catalogue_class *find_class(struct class_list *list, const char *name)
{
    if (list->last < list->count && strcmp(list->items[list->last].name, name) == 0)
        return &list->items[list->last];
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0) {
            list->last = i;
            return &list->items[i];
        }
    }
    if (list->count == CATALOGUE_CLASSES_MAX)
        return NULL;
    if (list->count == list->capacity) {
        list->capacity = list->capacity > 0 ? 2 * list->capacity : 64;
        list->items = mem_realloc_array(list->items, list->capacity, sizeof(*list->items));
    }
    struct catalogue_class *added = &list->items[list->count++];
    *added = (struct catalogue_class){0};
    memcpy(added->name, name, strlen(name) + 1);
    return added;
}

struct count {
    struct class_list list;
    const struct label_refusals *refusals;
};

static bool is_refused(
    const struct label_refusals *refusals, const char *video, int32_t frame, size_t k, const struct meta_object *object)
{
    if (refusals == NULL)
        return false;
    struct label_key key = label_key_at(video, frame, (int32_t)k);
    return label_refusals_has(refusals, object->class_name, key, object->track);
}

static void count_classes(void *context, const char *video, const struct meta_frame *frame)
{
    struct count *count = context;
    for (size_t k = 0; k < frame->object_count; k++) {
        const struct meta_object *object = &frame->objects[k];
        struct catalogue_class *found = find_class(&count->list, object->class_name);
        if (found != NULL && !is_refused(count->refusals, video, frame->index, k, object))
            found->objects++;
    }
}

static int by_objects(const void *a, const void *b)
{
    const struct catalogue_class *x = a;
    const struct catalogue_class *y = b;
    if (x->objects != y->objects)
        return x->objects > y->objects ? -1 : 1;
    return strcmp(x->name, y->name);
}

// One of the same name that was begun anew is another, though it may have as many objects.
static bool is_as_it_was(const struct meta_project *was, const struct meta_project *is)
{
    return strcmp(was->name, is->name) == 0 && was->created_us == is->created_us && was->videos == is->videos &&
        was->frames == is->frames && was->objects == is->objects;
}

static bool find_kept(struct catalogue *catalogue, const struct meta_project *project, struct class_counts *found)
{
    *found = (struct class_counts){0};
    pthread_mutex_lock(&catalogue->lock);
    for (size_t i = 0; i < CATALOGUE_PROJECTS_KEPT && found->classes == NULL; i++) {
        const struct class_counts *kept = &catalogue->kept[i];
        if (kept->count == 0 || !is_as_it_was(&kept->project, project))
            continue;
        *found = *kept;
        found->classes = mem_dup(kept->classes, kept->count * sizeof(*kept->classes));
    }
    pthread_mutex_unlock(&catalogue->lock);
    return found->classes != NULL;
}

static void keep(struct catalogue *catalogue, const struct class_counts *counts)
{
    pthread_mutex_lock(&catalogue->lock);
    size_t slot = CATALOGUE_PROJECTS_KEPT;
    for (size_t i = 0; i < CATALOGUE_PROJECTS_KEPT; i++) {
        if (strcmp(catalogue->kept[i].project.name, counts->project.name) == 0)
            slot = i;
    }
    if (slot == CATALOGUE_PROJECTS_KEPT) {
        slot = catalogue->next;
        catalogue->next = (catalogue->next + 1) % CATALOGUE_PROJECTS_KEPT;
    }
    struct class_counts *kept = &catalogue->kept[slot];
    free(kept->classes);
    *kept = *counts;
    kept->classes = mem_dup(counts->classes, counts->count * sizeof(*counts->classes));
    pthread_mutex_unlock(&catalogue->lock);
}

// Counts anew, without what is refused. Classes of which nothing is left stay, with 0.
static enum err_code count_project(struct catalogue *catalogue, const char *project, struct cancel *cancel,
    const struct label_refusals *refusals, struct class_counts *counts, struct err *err)
{
    struct count count = {.refusals = refusals};
    const struct walk walk = {
        .catalogue = catalogue, .project = project, .cancel = cancel, .visit = count_classes, .context = &count};
    enum err_code code = walk_project(&walk, err);
    if (code != ERR_NONE) {
        free(count.list.items);
        return code;
    }
    if (count.list.count > 0)
        qsort(count.list.items, count.list.count, sizeof(*count.list.items), by_objects);
    free(counts->classes);
    counts->classes = count.list.items;
    counts->count = count.list.count;
    counts->digest = label_refusals_digest(refusals);
    return ERR_NONE;
}

// What is refused of the classes that were counted.
static enum err_code find_refusals(
    struct labels *labels, const struct class_counts *counts, struct label_refusals **refusals, struct err *err)
{
    *refusals = NULL;
    if (labels == NULL || counts->count == 0)
        return ERR_NONE;
    const char **names = mem_realloc_array(NULL, counts->count, sizeof(*names));
    for (size_t i = 0; i < counts->count; i++)
        names[i] = counts->classes[i].name;
    enum err_code code = labels_refusals(labels, counts->project.name, names, counts->count, refusals, err);
    free(names);
    return code;
}

enum err_code catalogue_classes(struct catalogue *catalogue, struct labels *labels, const char *project,
    struct cancel *cancel, struct catalogue_class **classes, size_t *count, struct err *err)
{
    *classes = NULL;
    *count = 0;
    struct meta_project facts;
    struct class_counts counts;
    struct label_refusals *refusals = NULL;
    enum err_code code = meta_store_get_project(catalogue->meta, project, &facts, err);
    if (code != ERR_NONE)
        return code;
    bool is_kept = find_kept(catalogue, &facts, &counts);
    counts.project = facts;
    if (!is_kept)
        code = count_project(catalogue, project, cancel, NULL, &counts, err);
    if (code == ERR_NONE)
        code = find_refusals(labels, &counts, &refusals, err);
    bool is_old = counts.digest != label_refusals_digest(refusals);
    if (code == ERR_NONE && is_old)
        code = count_project(catalogue, project, cancel, refusals, &counts, err);
    if (code == ERR_NONE && counts.count > 0 && (is_old || !is_kept))
        keep(catalogue, &counts);
    label_refusals_free(refusals);
    if (code != ERR_NONE) {
        free(counts.classes);
        return code;
    }
    *classes = counts.classes;
    while (*count < counts.count && counts.classes[*count].objects > 0)
        ++*count;
    return ERR_NONE;
}

// ---- browsing

struct browse {
    const struct catalogue_request *request;
    // A heap with the worst hit on top, of the best `most`.
    struct search_hit *heap;
    size_t count, most;
    size_t matching; // all there are
    // The best hit of each track of the video that is being walked: a hash table, empty where the track is negative.
    struct search_hit *tracks;
    size_t track_count, track_capacity;
    char video[VIDEO_ID_SIZE];
};

// Whether `a` comes after `b`.
static bool is_worse(const struct search_hit *a, const struct search_hit *b)
{
    return a->score != b->score ? a->score < b->score : strcmp(a->object, b->object) > 0;
}

static void sink(struct browse *browse, size_t at)
{
    for (;;) {
        size_t worst = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < browse->count; child++) {
            if (is_worse(&browse->heap[child], &browse->heap[worst]))
                worst = child;
        }
        if (worst == at)
            return;
        struct search_hit moved = browse->heap[at];
        browse->heap[at] = browse->heap[worst];
        browse->heap[worst] = moved;
        at = worst;
    }
}

static void offer(struct browse *browse, const struct search_hit *hit)
{
    browse->matching++;
    if (browse->count < browse->most) {
        size_t at = browse->count++;
        for (; at > 0 && is_worse(hit, &browse->heap[(at - 1) / 2]); at = (at - 1) / 2)
            browse->heap[at] = browse->heap[(at - 1) / 2];
        browse->heap[at] = *hit;
    } else if (is_worse(&browse->heap[0], hit)) {
        browse->heap[0] = *hit;
        sink(browse, 0);
    }
}

static struct search_hit *find_track(struct search_hit *slots, size_t capacity, int64_t track)
{
    size_t at = (size_t)((uint64_t)track * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (capacity - 1);
    while (slots[at].box.track >= 0 && slots[at].box.track != track)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow_tracks(struct browse *browse)
{
    size_t capacity = browse->track_capacity > 0 ? 2 * browse->track_capacity : 64;
    struct search_hit *slots = mem_calloc(capacity, sizeof(*slots));
    for (size_t i = 0; i < capacity; i++)
        slots[i].box.track = -1;
    for (size_t i = 0; i < browse->track_capacity; i++) {
        if (browse->tracks[i].box.track >= 0)
            *find_track(slots, capacity, browse->tracks[i].box.track) = browse->tracks[i];
    }
    free(browse->tracks);
    browse->tracks = slots;
    browse->track_capacity = capacity;
}

// No object of the video's tracks comes any more: their best ones are hits.
static void offer_tracks(struct browse *browse)
{
    for (size_t i = 0; i < browse->track_capacity; i++) {
        if (browse->tracks[i].box.track >= 0)
            offer(browse, &browse->tracks[i]);
        browse->tracks[i].box.track = -1;
    }
    browse->track_count = 0;
}

static void keep_best_of_track(struct browse *browse, const struct search_hit *hit)
{
    if (strcmp(browse->video, hit->video) != 0) {
        offer_tracks(browse);
        memcpy(browse->video, hit->video, sizeof(browse->video));
    }
    if (4 * (browse->track_count + 1) > 3 * browse->track_capacity)
        grow_tracks(browse);
    struct search_hit *slot = find_track(browse->tracks, browse->track_capacity, hit->box.track);
    browse->track_count += slot->box.track < 0;
    if (slot->box.track < 0 || is_worse(slot, hit))
        *slot = *hit;
}

static bool has_class(const struct catalogue_request *request, const char *name)
{
    for (size_t i = 0; i < request->class_count; i++) {
        if (strcmp(request->classes[i], name) == 0)
            return true;
    }
    return false;
}

static void browse_frame(void *context, const char *video, const struct meta_frame *frame)
{
    struct browse *browse = context;
    for (size_t k = 0; k < frame->object_count; k++) {
        const struct meta_object *object = &frame->objects[k];
        if (object->score < browse->request->min_score || !has_class(browse->request, object->class_name) ||
            is_refused(browse->request->refusals, video, frame->index, k, object))
            continue;
        struct search_hit hit = {.score = object->score,
            .frame_index = frame->index,
            .pts_us = frame->pts_us,
            .frame_width = frame->width,
            .frame_height = frame->height,
            .box = *object};
        memcpy(hit.video, video, sizeof(hit.video));
        object_id_make(video, frame->index, (int32_t)k, hit.object);
        if (browse->request->per_track && object->track >= 0)
            keep_best_of_track(browse, &hit);
        else
            offer(browse, &hit);
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct search_hit *x = a;
    const struct search_hit *y = b;
    return (int)is_worse(x, y) - (int)is_worse(y, x);
}

enum err_code catalogue_browse(
    struct catalogue *catalogue, const struct catalogue_request *request, struct search_result *result, struct err *err)
{
    *result = (struct search_result){0};
    if (request->class_count == 0)
        return err_set(err, ERR_INVALID, "name at least one class");
    if (request->limit < 1 || request->limit > SEARCH_LIMIT_MAX || request->offset > SEARCH_OFFSET_MAX)
        return err_set(err, ERR_INVALID, "limit must be between 1 and %d, and offset at most %d", SEARCH_LIMIT_MAX,
            SEARCH_OFFSET_MAX);
    struct meta_project facts;
    enum err_code code = meta_store_get_project(catalogue->meta, request->project, &facts, err);
    if (code != ERR_NONE)
        return code;

    struct browse browse = {.request = request, .most = request->offset + request->limit};
    browse.heap = mem_calloc(browse.most, sizeof(*browse.heap));
    const struct walk walk = {.catalogue = catalogue,
        .project = request->project,
        .videos = request->videos,
        .video_count = request->video_count,
        .cancel = request->cancel,
        .visit = browse_frame,
        .context = &browse};
    code = walk_project(&walk, err);
    offer_tracks(&browse);
    if (code == ERR_NONE && browse.count > request->offset) {
        qsort(browse.heap, browse.count, sizeof(*browse.heap), by_rank);
        result->count = browse.count - request->offset;
        result->more = browse.matching > browse.count;
        result->hits = mem_dup(browse.heap + request->offset, result->count * sizeof(*result->hits));
    }
    free(browse.heap);
    free(browse.tracks);
    return code;
}
