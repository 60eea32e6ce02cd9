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

// Which ends of a track are objects of which something else was said.
struct refused_ends {
    bool first, last;
};

// Counts the objects that are something else.
static int64_t count_others(const struct label_parts *parts, const struct parted_track *track,
    const struct meta_track *stored, struct refused_ends *ends)
{
    int64_t others = 0;
    const struct word *before = NULL;
    *ends = (struct refused_ends){0};
    for (size_t i = track->first; i < track->first + track->count; i++) {
        const struct word *word = &parts->words[i];
        if (!is_other(word, track->label))
            continue;
        int32_t frame = label_key_frame(word->key);
        others += before == NULL || !is_same(before, word);
        ends->first |= frame <= stored->first_frame;
        ends->last |= frame >= stored->last_frame;
        before = word;
    }
    return others;
}

static bool is_said_other(const struct label_parts *parts, const struct parted_track *track, struct label_key key)
{
    size_t low = track->first;
    size_t end = track->first + track->count;
    for (size_t high = end; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (label_key_compare(parts->words[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < end && label_key_compare(parts->words[low].key, key) == 0; low++) {
        if (is_other(&parts->words[low], track->label))
            return true;
    }
    return false;
}

static bool carries(const struct label_parts *parts, const struct parted_track *track, const char *video,
    const struct meta_frame *frame)
{
    for (size_t k = 0; k < frame->object_count; k++) {
        if (frame->objects[k].track == (int64_t)track->key.place &&
            !is_said_other(parts, track, label_key_at(video, frame->index, (int32_t)k)))
            return true;
    }
    return false;
}

// The first or the last of a page's frames, up to `last_frame`, in which the track carries its label.
static bool find_in_page(const struct label_parts *parts, const struct parted_track *track, const char *video,
    const struct meta_frames *page, int32_t last_frame, bool from_end, int64_t *pts_us)
{
    for (size_t n = 0; n < page->count; n++) {
        const struct meta_frame *frame = &page->items[from_end ? page->count - 1 - n : n];
        if (frame->index <= last_frame && carries(parts, track, video, frame)) {
            *pts_us = frame->pts_us;
            return true;
        }
    }
    return false;
}

// Goes from an end of the track to the nearest frame in which it carries its label. Most have one in the first page.
static enum err_code find_end(struct labels *labels, const struct label_parts *parts, const struct parted_track *track,
    const struct meta_track *stored, bool from_end, int64_t *pts_us, struct err *err)
{
    char video[VIDEO_ID_SIZE];
    label_key_video(track->key, video);
    for (int64_t passed = 0; passed <= (int64_t)stored->last_frame - stored->first_frame; passed += PAGE_FRAMES) {
        struct meta_frames page = {0};
        int64_t last = stored->last_frame - (from_end ? passed : 0);
        int64_t after = from_end ? last - PAGE_FRAMES : stored->first_frame + passed - 1;
        const struct meta_frame_range range = {.from_us = stored->first_us,
            .to_us = stored->last_us + 1,
            .after = (int32_t)(after > -1 ? after : -1),
            .limit = PAGE_FRAMES};
        enum err_code code = meta_store_list_frames(labels->config.meta, video, &range, &page, err);
        bool found = code == ERR_NONE && find_in_page(parts, track, video, &page, (int32_t)last, from_end, pts_us);
        meta_frames_release(&page);
        if (code != ERR_NONE || found)
            return code;
    }
    return ERR_NONE;
}

static enum err_code find_whole(
    struct labels *labels, const struct label_parts *parts, struct parted_track *track, struct err *err)
{
    char video[VIDEO_ID_SIZE];
    struct meta_track stored;
    struct refused_ends ends;
    struct label_part whole = {0};
    label_key_video(track->key, video);
    enum err_code code = meta_store_get_track(labels->config.meta, video, (int64_t)track->key.place, &stored, err);
    if (code == ERR_NONE) {
        int64_t others = count_others(parts, track, &stored, &ends);
        whole = (struct label_part){.objects = stored.objects > others ? stored.objects - others : 0,
            .first_us = stored.first_us,
            .last_us = stored.last_us};
    }
    if (code == ERR_NONE && ends.first)
        code = find_end(labels, parts, track, &stored, false, &whole.first_us, err);
    if (code == ERR_NONE && ends.last)
        code = find_end(labels, parts, track, &stored, true, &whole.last_us, err);
    if (code == ERR_NOT_FOUND) { // tracked again, or removed, in just this moment
        err_clear(err);
        return ERR_NONE;
    }
    track->whole = whole;
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
