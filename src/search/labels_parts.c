// The part of a track that carries a label. A track that is one thing is carried as a whole, but for the objects that
// were said to be something else. Where the latest word for the whole is another one, or none because the track is
// divided between a yes and a no (label_rank_divide.c), the part is what carries the label between those objects of
// which something else was said.
#include <stdlib.h>

#include "base/mem.h"
#include "search/labels_internal.h"

#define PAGE_FRAMES 100

enum { SAID_YES, SAID_NO, IS_LIKELY };

// What is so of one object of a track.
struct word {
    size_t track;
    struct label_key key;
    int32_t label;
    int kind;
};

struct parted_track {
    struct label_key key; // its video and n
    int32_t label;        // what all of it carries, but for what was said to be something else; -1: none
    size_t first, count;  // its words
    bool is_known;        // `whole` is found
    struct label_part whole;
};

struct frame_time {
    int64_t pts_us;
    bool is_there;
};

struct label_parts {
    struct label_carrier *carriers;
    struct parted_track *tracks;
    size_t track_count;
    struct label_map places; // of tracks
    struct word *words;      // by track, then in the order of time
    size_t word_count;
    struct frame_time *times;
    size_t time_count;
    struct label_map time_places; // by frame
};

void label_parts_free(struct label_parts *parts)
{
    if (parts == NULL)
        return;
    label_map_release(&parts->places);
    label_map_release(&parts->time_places);
    free(parts->carriers);
    free(parts->tracks);
    free(parts->words);
    free(parts->times);
    free(parts);
}

// ---- what is said, and what follows

static int64_t place_of(const struct label_parts *parts, struct label_key object, int64_t track)
{
    return track < 0
        ? -1
        : label_map_get(&parts->places, (struct label_key){.video = object.video, .place = (uint64_t)track});
}

static void add_track(struct project *p, struct label_parts *parts, struct label_key object, int64_t track)
{
    if (track < 0 || place_of(parts, object, track) >= 0)
        return;
    const struct label_track *said = labels_track(p, object.video, track);
    struct parted_track *added = &parts->tracks[parts->track_count];
    *added = (struct parted_track){
        .key = {.video = object.video, .place = (uint64_t)track}, .label = said != NULL ? said->label : -1};
    label_map_put(&parts->places, added->key, (int64_t)parts->track_count++);
}

static void add_word(struct label_parts *parts, int64_t track, struct label_key key, int32_t label, int kind)
{
    // Doubled when the count is a power of two.
    if ((parts->word_count & (parts->word_count - 1)) == 0)
        parts->words =
            mem_realloc_array(parts->words, parts->word_count == 0 ? 1 : 2 * parts->word_count, sizeof(*parts->words));
    parts->words[parts->word_count++] = (struct word){.track = (size_t)track, .key = key, .label = label, .kind = kind};
    parts->tracks[track].count++;
}

static void add_said(const struct project *p, struct label_parts *parts)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        int64_t at = object->missing ? -1 : place_of(parts, object->key, object->track);
        if (at >= 0 && object->label >= 0)
            add_word(parts, at, object->key, object->label, SAID_YES);
        for (size_t k = 0; at >= 0 && k < object->negative_count; k++)
            add_word(parts, at, object->key, object->negatives[k].label, SAID_NO);
    }
}

static void add_likely(const struct project *p, struct label_parts *parts)
{
    for (size_t i = 0; i < p->likely_count; i++) {
        int64_t at = place_of(parts, p->likely[i].key, p->likely[i].track);
        if (at >= 0)
            add_word(parts, at, p->likely[i].key, p->likely[i].label, IS_LIKELY);
    }
}

static int compare_words(const void *a, const void *b)
{
    const struct word *x = a;
    const struct word *y = b;
    return x->track != y->track ? (x->track > y->track) - (x->track < y->track) : label_key_compare(x->key, y->key);
}

struct label_parts *label_parts_gather(struct project *p, struct label_carrier *carriers, size_t count)
{
    struct label_parts *parts = mem_calloc(1, sizeof(*parts));
    parts->carriers = carriers;
    parts->tracks = mem_calloc(count, sizeof(*parts->tracks));
    for (size_t i = 0; i < count; i++)
        add_track(p, parts, carriers[i].key, carriers[i].track);
    if (parts->track_count == 0)
        return parts;
    add_said(p, parts);
    add_likely(p, parts);
    qsort(parts->words, parts->word_count, sizeof(*parts->words), compare_words);
    size_t first = 0;
    for (size_t i = 0; i < parts->track_count; i++) {
        parts->tracks[i].first = first;
        first += parts->tracks[i].count;
    }
    return parts;
}

// ---- the part

// Something else than this label was said of the object.
static bool is_other(const struct word *word, int32_t label)
{
    return word->kind == SAID_NO ? word->label == label : word->kind == SAID_YES && word->label != label;
}

static bool is_same(const struct word *a, const struct word *b)
{
    return label_key_compare(a->key, b->key) == 0;
}

struct span {
    struct label_key first, last;
    int64_t objects;
};

// What carries the label around this object, up to where something else was said.
static struct span span_around(
    const struct label_parts *parts, const struct parted_track *track, const struct label_carrier *carrier)
{
    struct span span = {0};
    for (size_t i = track->first; i < track->first + track->count; i++) {
        const struct word *word = &parts->words[i];
        if (is_other(word, carrier->label)) {
            if (label_key_compare(word->key, carrier->key) > 0)
                break;
            span = (struct span){0};
        } else if (word->kind != SAID_NO && word->label == carrier->label) {
            if (span.objects++ == 0)
                span.first = word->key;
            span.last = word->key;
        }
    }
    return span;
}

// A frame that is not there any more is no error.
static enum err_code find_time(struct labels *labels, struct label_parts *parts, struct label_key object,
    const struct frame_time **time, struct err *err)
{
    struct label_key frame = {.video = object.video, .place = (uint64_t)label_key_frame(object)};
    int64_t at = label_map_get(&parts->time_places, frame);
    if (at < 0) {
        struct meta_frames frames = {0};
        enum err_code code = labels_get_frame(labels, object, &frames, err);
        if (code != ERR_NONE)
            return code;
        at = (int64_t)parts->time_count;
        parts->times = mem_realloc_array(parts->times, parts->time_count + 1, sizeof(*parts->times));
        parts->times[parts->time_count++] = (struct frame_time){
            .is_there = frames.count == 1, .pts_us = frames.count == 1 ? frames.items[0].pts_us : 0};
        label_map_put(&parts->time_places, frame, at);
        meta_frames_release(&frames);
    }
    *time = &parts->times[at];
    return ERR_NONE;
}

static enum err_code tell_span(
    struct labels *labels, struct label_parts *parts, const struct span *span, struct label_part *part, struct err *err)
{
    const struct frame_time *time = NULL;
    enum err_code code = find_time(labels, parts, span->first, &time, err);
    if (code != ERR_NONE || !time->is_there)
        return code;
    part->first_us = time->pts_us;
    code = find_time(labels, parts, span->last, &time, err);
    if (code != ERR_NONE || !time->is_there)
        return code;
    part->last_us = time->pts_us;
    part->objects = span->objects;
    return ERR_NONE;
}

// ---- a track of one thing

// Counts the objects that are something else, and says whether one is at an end of the track.
static int64_t count_others(
    const struct label_parts *parts, const struct parted_track *track, const struct meta_track *stored, bool *is_at_end)
{
    int64_t others = 0;
    const struct word *before = NULL;
    *is_at_end = false;
    for (size_t i = track->first; i < track->first + track->count; i++) {
        const struct word *word = &parts->words[i];
        if (!is_other(word, track->label))
            continue;
        int32_t frame = label_key_frame(word->key);
        others += before == NULL || !is_same(before, word);
        *is_at_end |= frame <= stored->first_frame || frame >= stored->last_frame;
        before = word;
    }
    return others;
}

static bool is_said_other(const struct label_parts *parts, const struct parted_track *track, struct label_key key)
{
    for (size_t i = track->first; i < track->first + track->count; i++) {
        const struct word *word = &parts->words[i];
        if (label_key_compare(word->key, key) == 0 && is_other(word, track->label))
            return true;
    }
    return false;
}

static void widen(const struct label_parts *parts, struct parted_track *track, const char *video,
    const struct meta_frame *frame, bool *has_first)
{
    for (size_t k = 0; k < frame->object_count; k++) {
        if (frame->objects[k].track != (int64_t)track->key.place ||
            is_said_other(parts, track, label_key_at(video, frame->index, (int32_t)k)))
            continue;
        if (!*has_first)
            track->whole.first_us = frame->pts_us;
        *has_first = true;
        track->whole.last_us = frame->pts_us;
    }
}

// Looks through the frames of a track of which an end is something else.
static enum err_code find_ends(struct labels *labels, const struct label_parts *parts, struct parted_track *track,
    const char *video, struct err *err)
{
    struct meta_frame_range range = {
        .from_us = track->whole.first_us, .to_us = track->whole.last_us + 1, .after = -1, .limit = PAGE_FRAMES};
    bool has_first = false;
    for (;;) {
        struct meta_frames frames = {0};
        enum err_code code = meta_store_list_frames(labels->config.meta, video, &range, &frames, err);
        for (size_t i = 0; i < frames.count; i++)
            widen(parts, track, video, &frames.items[i], &has_first);
        size_t count = frames.count;
        if (count > 0)
            range.after = frames.items[count - 1].index;
        meta_frames_release(&frames);
        if (code != ERR_NONE || count < range.limit)
            return code;
    }
}

static enum err_code find_whole(
    struct labels *labels, const struct label_parts *parts, struct parted_track *track, struct err *err)
{
    char video[VIDEO_ID_SIZE];
    struct meta_track stored;
    bool is_at_end = false;
    label_key_video(track->key, video);
    enum err_code code = meta_store_get_track(labels->config.meta, video, (int64_t)track->key.place, &stored, err);
    if (code == ERR_NOT_FOUND) { // tracked again in just this moment
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    track->whole = (struct label_part){.first_us = stored.first_us, .last_us = stored.last_us};
    int64_t others = count_others(parts, track, &stored, &is_at_end);
    if (is_at_end)
        code = find_ends(labels, parts, track, video, err);
    track->whole.objects = stored.objects > others ? stored.objects - others : 0;
    return code;
}

enum err_code label_parts_tell(
    struct labels *labels, struct label_parts *parts, size_t number, struct label_part *part, struct err *err)
{
    const struct label_carrier *carrier = &parts->carriers[number];
    *part = (struct label_part){0};
    int64_t at = place_of(parts, carrier->key, carrier->track);
    if (at < 0)
        return ERR_NONE;
    struct parted_track *track = &parts->tracks[at];
    if (track->label != carrier->label) {
        const struct span span = span_around(parts, track, carrier);
        return span.objects > 0 ? tell_span(labels, parts, &span, part, err) : ERR_NONE;
    }
    enum err_code code = track->is_known ? ERR_NONE : find_whole(labels, parts, track, err);
    track->is_known = true;
    *part = track->whole;
    return code;
}
