// Which of the objects spoken about exist, and which track each belongs to.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

static struct label_key video_key(struct label_key object)
{
    return (struct label_key){.video = object.video};
}

static uint64_t digest_of(const struct label_video *video)
{
    // FNV-1a over the bytes of what matters (Fowler, Noll, Vo).
    const uint64_t words[] = {video->key.video, video->is_alive ? (uint64_t)video->created_us : 0,
        video->is_alive ? (uint64_t)video->tracked_us : 0};
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int shift = 0; shift < 64; shift += 8)
            hash = (hash ^ ((words[i] >> shift) & 0xff)) * 0x100000001b3ULL;
    }
    return hash;
}

// The sum does not depend on the order in which videos were first spoken about.
static void sum_up_digest(struct project *p)
{
    p->digest = 0;
    for (size_t i = 0; i < p->video_count; i++)
        p->digest += digest_of(&p->videos[i]);
}

// The vector index is not asked any more when it did not answer once: each time would take seconds.
static enum err_code look_at_video(struct labels *labels, const struct project *p, const struct label_video *video,
    bool *is_away, struct label_video *now, struct err *err)
{
    char id[VIDEO_ID_SIZE];
    label_key_video(video->key, id);
    *now = (struct label_video){.key = video->key};
    struct meta_video *found = mem_calloc(1, sizeof(*found));
    enum err_code code = meta_store_get_video(labels->config.meta, id, found, err);
    if (code == ERR_NONE && strcmp(found->project, p->name) == 0 && found->state != VIDEO_DELETING) {
        now->is_alive = true;
        now->created_us = found->created_us;
        now->tracked_us = found->tracked_us;
        struct vector_stats stats = {.count = video->vectors};
        if (!*is_away)
            code = vector_index_stats(labels->config.vectors, p->name, id, &stats, err);
        *is_away |= labels_is_index_away(code);
        now->vectors = *is_away ? video->vectors : stats.count;
        if (labels_is_index_away(code)) {
            err_clear(err);
            code = ERR_NONE;
        }
    }
    free(found);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static void note_index(struct labels *labels, struct project *p, bool is_away)
{
    int64_t now_us = labels_now_us(labels);
    if (is_away && now_us >= p->index_away_until_us)
        p->index_away_until_us = now_us + LABELS_INDEX_AWAY_US;
}

static enum err_code add_video(struct labels *labels, struct project *p, struct label_key key, struct err *err)
{
    if (label_map_get(&p->video_places, key) >= 0)
        return ERR_NONE;
    struct label_video video = {.key = key};
    bool is_away = labels_now_us(labels) < p->index_away_until_us;
    enum err_code code = look_at_video(labels, p, &video, &is_away, &video, err);
    note_index(labels, p, is_away);
    if (code != ERR_NONE)
        return code;
    p->videos = mem_realloc_array(p->videos, p->video_count + 1, sizeof(*p->videos));
    label_map_put(&p->video_places, key, (int64_t)p->video_count);
    p->videos[p->video_count++] = video;
    return ERR_NONE;
}

static bool is_alive(const struct project *p, struct label_key object)
{
    int64_t at = label_map_get(&p->video_places, video_key(object));
    return at >= 0 && p->videos[at].is_alive;
}

// ---- objects

struct place {
    struct label_key key;
    size_t object;
};

static int compare_places(const void *a, const void *b)
{
    return label_key_compare(((const struct place *)a)->key, ((const struct place *)b)->key);
}

enum err_code labels_get_frame(struct labels *labels, struct label_key key, struct meta_frames *frames, struct err *err)
{
    char video[VIDEO_ID_SIZE];
    label_key_video(key, video);
    enum err_code code = meta_store_get_frame(labels->config.meta, video, label_key_frame(key), frames, err);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static bool same_frame(struct label_key a, struct label_key b)
{
    return a.video == b.video && label_key_frame(a) == label_key_frame(b);
}

static const struct meta_object *object_in(const struct meta_frames *frames, struct label_key key)
{
    size_t k = (size_t)label_key_k(key);
    return frames->count == 1 && k < frames->items[0].object_count ? &frames->items[0].objects[k] : NULL;
}

int32_t labels_find_class(const struct project *p, const char *class_name)
{
    for (size_t i = 0; i < p->class_count; i++) {
        if (strcmp(p->classes[i], class_name) == 0)
            return (int32_t)i;
    }
    return -1;
}

int32_t labels_class(struct project *p, const char *class_name)
{
    int32_t found = labels_find_class(p, class_name);
    if (found >= 0 || p->class_count == LABELS_CLASSES_MAX)
        return found;
    p->classes = mem_realloc_array(p->classes, p->class_count + 1, sizeof(*p->classes));
    memccpy(p->classes[p->class_count], class_name, '\0', sizeof(*p->classes));
    return (int32_t)p->class_count++;
}

static void set_found(struct project *p, size_t number, const struct meta_object *found)
{
    struct label_book_object *object = label_book_object(p->book, number);
    bool missing = found == NULL;
    if (object->missing != missing)
        label_book_touch(p->book, number);
    object->missing = missing;
    object->track = missing ? -1 : found->track;
    object->class_ = missing ? -1 : labels_class(p, found->class_name);
}

// Each frame is read once.
static enum err_code look_for(
    struct labels *labels, struct project *p, struct place *places, size_t count, struct err *err)
{
    qsort(places, count, sizeof(*places), compare_places);
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < count && code == ERR_NONE;) {
        struct meta_frames frames = {0};
        struct label_key first = places[i].key;
        code = add_video(labels, p, video_key(first), err);
        if (code == ERR_NONE && is_alive(p, first))
            code = labels_get_frame(labels, first, &frames, err);
        for (; code == ERR_NONE && i < count && same_frame(places[i].key, first); i++)
            set_found(p, places[i].object, object_in(&frames, places[i].key));
        meta_frames_release(&frames);
    }
    p->tracks_version = -1;
    p->is_combined = false;
    return code;
}

// Objects from `first` on, of one video (NULL: any); all of them, or those that are missing.
static enum err_code look_for_objects(struct labels *labels, struct project *p, size_t first,
    const struct label_key *video, bool only_missing, struct err *err)
{
    size_t end = label_book_object_count(p->book);
    struct place *places = mem_realloc_array(NULL, end - first + 1, sizeof(*places));
    size_t count = 0;
    for (size_t i = first; i < end; i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if ((video == NULL || object->key.video == video->video) && (!only_missing || object->missing))
            places[count++] = (struct place){.key = object->key, .object = i};
    }
    enum err_code code = only_missing && count == 0 ? ERR_NONE : look_for(labels, p, places, count, err);
    free(places);
    return code;
}

static void touch_video(struct project *p, struct label_key video)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->key.video == video.video && (object->label >= 0 || object->negative_count > 0))
            label_book_touch(p->book, i);
    }
}

static enum err_code check_videos(struct labels *labels, struct project *p, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool is_away = labels_now_us(labels) < p->index_away_until_us;
    for (size_t i = 0; i < p->video_count && code == ERR_NONE; i++) {
        struct label_video now;
        struct label_video before = p->videos[i];
        code = look_at_video(labels, p, &before, &is_away, &now, err);
        if (code != ERR_NONE)
            break;
        p->videos[i] = now;
        bool is_other = now.is_alive != before.is_alive || now.created_us != before.created_us ||
            now.tracked_us != before.tracked_us;
        bool has_other_vectors = now.vectors != before.vectors;
        if (is_other) {
            label_map_release(&p->track_sizes);
            p->generation++;
        }
        // Of a video that is ingested again the frames come one after the other, and maybe not all.
        if (is_other || has_other_vectors)
            code = look_for_objects(labels, p, 0, &now.key, !is_other, err);
        // Vectors that came need their labels.
        if (code == ERR_NONE && (is_other || has_other_vectors))
            touch_video(p, now.key);
        if (code != ERR_NONE)
            p->videos[i] = before;
    }
    note_index(labels, p, is_away);
    sum_up_digest(p);
    return code;
}

enum err_code labels_resolve_objects(struct labels *labels, struct project *p, bool now, struct err *err)
{
    enum err_code code = ERR_NONE;
    int64_t now_us = labels_now_us(labels);
    if (now || now_us >= p->videos_due_us) {
        code = check_videos(labels, p, err);
        if (code == ERR_NONE)
            p->videos_due_us = now_us + LABELS_VIDEOS_CHECK_MS * INT64_C(1000);
    }
    if (code == ERR_NONE && p->resolved < label_book_object_count(p->book)) {
        code = look_for_objects(labels, p, p->resolved, NULL, false, err);
        if (code == ERR_NONE)
            p->resolved = label_book_object_count(p->book);
        sum_up_digest(p);
    }
    return code;
}

enum err_code labels_resolve_again(struct labels *labels, struct project *p, const char *video, struct err *err)
{
    if (video != NULL && !video_id_is_valid(video))
        return err_set(err, ERR_INVALID, "\"%.40s\" is no video's id", video);
    enum err_code code = check_videos(labels, p, err);
    struct label_key key = {.video = video != NULL ? strtoull(video, NULL, 16) : 0};
    if (code == ERR_NONE)
        code = look_for_objects(labels, p, 0, video != NULL ? &key : NULL, false, err);
    return code;
}

// ---- tracks

static struct label_track *find_or_add_track(struct project *p, struct label_key key)
{
    int64_t at = label_map_get(&p->track_places, key);
    if (at >= 0)
        return &p->tracks[at];
    p->tracks = mem_realloc_array(p->tracks, p->track_count + 1, sizeof(*p->tracks));
    p->tracks[p->track_count] = (struct label_track){.key = key, .label = -1};
    label_map_put(&p->track_places, key, (int64_t)p->track_count);
    return &p->tracks[p->track_count++];
}

static void add_to_track(struct project *p, const struct label_book_object *object)
{
    struct label_key key = {.video = object->key.video, .place = (uint64_t)object->track};
    struct label_track *track = find_or_add_track(p, key);
    // Two labels in one step (an import's) are no one word for the rest.
    bool is_split = object->label >= 0 && object->step == track->step && object->label != track->label;
    if (object->label >= 0 && object->step >= track->step) {
        track->label = is_split ? -1 : object->label;
        track->step = object->step;
    }
    track->said += !object->missing;
    track->negatives = mem_realloc_array(
        track->negatives, track->negative_count + object->negative_count + 1, sizeof(*track->negatives));
    for (size_t i = 0; i < object->negative_count; i++)
        track->negatives[track->negative_count++] = object->negatives[i];
    if (object->label >= 0) {
        track->positives = mem_realloc_array(track->positives, track->positive_count + 1, sizeof(*track->positives));
        track->positives[track->positive_count++] = object->label;
    }
}

// A no that came after the yes, or with it, takes it away from the rest of the track.
static void weigh_negatives(struct label_track *track)
{
    for (size_t i = 0; i < track->negative_count; i++) {
        if (track->negatives[i].label == track->label && track->negatives[i].step >= track->step)
            track->label = -1;
    }
}

void labels_forget_tracks(struct project *p)
{
    for (size_t i = 0; i < p->track_count; i++) {
        free(p->tracks[i].negatives);
        free(p->tracks[i].positives);
    }
    p->track_count = 0;
    label_map_release(&p->track_places);
    p->tracks_version = -1;
}

void labels_make_tracks(struct project *p)
{
    if (p->tracks_version == label_book_version(p->book))
        return;
    labels_forget_tracks(p);
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->track >= 0 && (object->label >= 0 || object->negative_count > 0))
            add_to_track(p, object);
    }
    for (size_t i = 0; i < p->track_count; i++)
        weigh_negatives(&p->tracks[i]);
    p->tracks_version = label_book_version(p->book);
}

const struct label_track *labels_track(struct project *p, uint64_t video, int64_t track)
{
    if (track < 0)
        return NULL;
    labels_make_tracks(p);
    int64_t at = label_map_get(&p->track_places, (struct label_key){.video = video, .place = (uint64_t)track});
    return at >= 0 ? &p->tracks[at] : NULL;
}

bool labels_is_negative_on(const struct label_track *track, int32_t label)
{
    for (size_t i = 0; track != NULL && i < track->negative_count; i++) {
        if (track->negatives[i].label == label)
            return true;
    }
    return false;
}

bool labels_is_refused_on(const struct label_track *track, int32_t label)
{
    for (size_t i = 0; track != NULL && i < track->positive_count; i++) {
        if (track->positives[i] == label)
            return false;
    }
    return labels_is_negative_on(track, label);
}

int64_t labels_track_size(struct labels *labels, struct project *p, const struct label_track *track)
{
    int64_t size = label_map_get(&p->track_sizes, track->key);
    if (size >= 0)
        return size > 0 ? size : track->said;
    char video[VIDEO_ID_SIZE];
    struct meta_track stored = {0};
    label_key_video(track->key, video);
    // Only a count to show: without an answer it is too small until the tracks are looked at again.
    (void)!meta_store_get_track(labels->config.meta, video, (int64_t)track->key.place, &stored, NULL);
    label_map_put(&p->track_sizes, track->key, stored.objects);
    return stored.objects > 0 ? stored.objects : track->said;
}

enum err_code labels_find_track(
    struct labels *labels, struct label_key key, bool *exists, int64_t *track, struct err *err)
{
    struct meta_frames frames = {0};
    enum err_code code = labels_get_frame(labels, key, &frames, err);
    const struct meta_object *found = code == ERR_NONE ? object_in(&frames, key) : NULL;
    *exists = found != NULL;
    *track = found != NULL ? found->track : -1;
    meta_frames_release(&frames);
    return code;
}

// ---- objects that a request names

static int compare_refs(const void *a, const void *b)
{
    return label_key_compare(((const struct object_ref *)a)->key, ((const struct object_ref *)b)->key);
}

static enum err_code no_object(const char *object, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no object %s", object);
}

// That the video is one of this project.
static enum err_code check_home(
    struct labels *labels, const struct project *p, const struct object_ref *ref, struct err *err)
{
    char id[VIDEO_ID_SIZE];
    label_key_video(ref->key, id);
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    enum err_code code = meta_store_get_video(labels->config.meta, id, video, err);
    if (code == ERR_NOT_FOUND || (code == ERR_NONE && video->state == VIDEO_DELETING))
        code = err_set(err, ERR_NOT_FOUND, "there is no object %s: its video is not there", ref->object);
    else if (code == ERR_NONE && strcmp(video->project, p->name) != 0)
        code = err_set(err, ERR_INVALID,
            "the object %s belongs to project %s, not to %s: label it there, or ingest its video here", ref->object,
            video->project, p->name);
    free(video);
    return code;
}

static bool needs_a_look(const struct project *p, const struct object_ref *ref)
{
    return !ref->may_be_gone || label_book_find_object(p->book, ref->key) < 0;
}

static enum err_code check_exist(
    struct labels *labels, const struct project *p, struct object_ref *refs, size_t count, struct err *err)
{
    enum err_code code = ERR_NONE;
    const struct object_ref *home = NULL; // whose video was looked at last
    const struct object_ref *in = NULL;   // whose frame was
    struct meta_frames frames = {0};
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct object_ref *ref = &refs[i];
        ref->track = -1;
        if (!needs_a_look(p, ref))
            continue;
        if (home == NULL || home->key.video != ref->key.video)
            code = check_home(labels, p, ref, err);
        home = ref;
        if (code == ERR_NONE && (in == NULL || !same_frame(in->key, ref->key))) {
            meta_frames_release(&frames);
            code = labels_get_frame(labels, ref->key, &frames, err);
            in = ref;
        }
        const struct meta_object *found = code == ERR_NONE ? object_in(&frames, ref->key) : NULL;
        if (found != NULL)
            ref->track = found->track;
        else if (code == ERR_NONE)
            code = no_object(ref->object, err);
        err_of_field(err, code, ref->field);
    }
    meta_frames_release(&frames);
    return code;
}

enum err_code labels_check_objects(
    struct labels *labels, const struct project *p, struct object_ref *refs, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!label_key_of(refs[i].object, &refs[i].key))
            return err_of_field(err,
                err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007",
                    refs[i].object),
                refs[i].field);
    }
    qsort(refs, count, sizeof(*refs), compare_refs);
    for (size_t i = 1; i < count; i++) {
        if (label_key_compare(refs[i - 1].key, refs[i].key) == 0)
            return err_of_field(err,
                err_set(err, ERR_INVALID, "the object %s is named twice: say of each object once what it is",
                    refs[i].object),
                refs[i].field);
    }
    return check_exist(labels, p, refs, count, err);
}
