#include "media/mp4_tables.h"

#include <string.h>

#include <libavutil/common.h>

#include "media/source_io.h"

// Samples of all tracks: a day of video at 60 frames a second with sound has half of them.
#define SAMPLES_MAX (20 * 1000 * 1000)
// Each sample takes a byte of the file at least; files that were cut off are let pass up to this.
#define SAMPLES_FREE (1000 * 1000)
// Raw sound gets an entry of the index for so many samples at least.
#define SOUND_SAMPLES_PER_ENTRY 512
// FFmpeg goes no deeper.
#define DEPTH_MAX 10
#define WINDOW_BYTES 4096
#define STEPS_PER_CANCEL_CHECK 4096

struct track {
    int64_t samples;
    int64_t chunks;
    int64_t stsc_at; // of its entries; 0: none
    int64_t stsc_count;
    bool sound;
    bool picture;
    bool even; // all samples have the duration 1
    bool uneven;
};

struct table_walk {
    struct media_source *source;
    uint8_t window[WINDOW_BYTES];
    int64_t window_at;
    int64_t window_size;
    struct track track;
    int64_t samples; // of the tracks before
    int64_t edits;   // of the longest list
    int64_t steps;
};

// Big-endian; zero past the end of the file.
static uint32_t read_u32(struct table_walk *walk, int64_t at)
{
    if (at < walk->window_at || at + 4 > walk->window_at + walk->window_size) {
        walk->window_at = at;
        walk->window_size = source_io_read_at(walk->source, at, walk->window, WINDOW_BYTES);
    }
    if (at + 4 > walk->window_at + walk->window_size)
        return 0;
    const uint8_t *b = walk->window + (at - walk->window_at);
    return MKBETAG(b[0], b[1], b[2], b[3]);
}

static int64_t add(int64_t a, int64_t b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t multiply(int64_t a, int64_t b)
{
    return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

static enum err_code count_step(struct table_walk *walk, struct err *err)
{
    return ++walk->steps % STEPS_PER_CANCEL_CHECK == 0 ? cancel_check(walk->source->cancel, err) : ERR_NONE;
}

// How many entries the index gets for raw sound, whose chunks are cut into pieces. No more than is too many is counted.
static enum err_code sound_entries(struct table_walk *walk, int64_t *entries, struct err *err)
{
    const struct track *track = &walk->track;
    *entries = track->chunks;
    enum err_code code = ERR_NONE;
    for (int64_t i = 0; i < track->stsc_count && *entries <= SAMPLES_MAX && code == ERR_NONE; i++) {
        int64_t at = track->stsc_at + 12 * i;
        int64_t first = read_u32(walk, at);
        int64_t per_chunk = read_u32(walk, at + 4);
        int64_t next = i + 1 < track->stsc_count ? (int64_t)read_u32(walk, at + 12) : track->chunks + 1;
        if (next > track->chunks + 1)
            next = track->chunks + 1;
        if (next > first)
            *entries = add(*entries, multiply(next - first, per_chunk / SOUND_SAMPLES_PER_ENTRY));
        code = count_step(walk, err);
    }
    return code;
}

static enum err_code end_track(struct table_walk *walk, struct err *err)
{
    const struct track *track = &walk->track;
    bool raw_sound = track->sound && !track->picture && track->even && !track->uneven;
    int64_t entries = track->samples;
    enum err_code code = raw_sound ? sound_entries(walk, &entries, err) : ERR_NONE;
    walk->samples = add(walk->samples, entries);
    walk->track = (struct track){0};
    return code;
}

// What begins at `at` and goes no further than `end`.
static void look_at_table(struct table_walk *walk, uint32_t type, int64_t at, int64_t end)
{
    struct track *track = &walk->track;
    int64_t count = read_u32(walk, at + 4);
    switch (type) {
    case MKBETAG('s', 't', 's', 'z'):
    case MKBETAG('s', 't', 'z', '2'):
        track->samples = add(track->samples, read_u32(walk, at + 8));
        break;
    case MKBETAG('t', 'r', 'u', 'n'):
        walk->samples = add(walk->samples, count);
        break;
    case MKBETAG('e', 'l', 's', 't'):
        walk->edits = count > walk->edits ? count : walk->edits;
        break;
    case MKBETAG('s', 't', 't', 's'):
        track->even = count == 1 && read_u32(walk, at + 12) == 1;
        track->uneven = track->uneven || !track->even;
        break;
    case MKBETAG('s', 't', 's', 'c'):
        // Of several, not every FFmpeg takes the same one.
        track->uneven = track->uneven || track->stsc_at > 0;
        track->stsc_at = at + 8;
        track->stsc_count = FFMIN(count, (end - track->stsc_at) / 12);
        break;
    case MKBETAG('s', 't', 'c', 'o'):
    case MKBETAG('c', 'o', '6', '4'):
        track->chunks = count > track->chunks ? count : track->chunks;
        break;
    case MKBETAG('h', 'd', 'l', 'r'):
        track->sound = track->sound || read_u32(walk, at + 8) == MKBETAG('s', 'o', 'u', 'n');
        track->picture = track->picture || read_u32(walk, at + 8) == MKBETAG('v', 'i', 'd', 'e');
        break;
    default:
        break;
    }
}

// Boxes may be anywhere in a sample description, behind fields of many kinds. It is short.
static enum err_code look_into_description(struct table_walk *walk, int64_t at, int64_t end, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (; at + 12 <= end && code == ERR_NONE; at++) {
        look_at_table(walk, read_u32(walk, at), at + 4, end);
        code = count_step(walk, err);
    }
    return code;
}

// Its boxes begin with the handler, in some files behind four bytes and in others at once.
static enum err_code first_in_meta(struct table_walk *walk, int64_t at, int64_t end, int64_t *first, struct err *err)
{
    enum err_code code = ERR_NONE;
    *first = end;
    for (; at + 4 <= end && *first == end && code == ERR_NONE; at += 4) {
        if (read_u32(walk, at) == MKBETAG('h', 'd', 'l', 'r'))
            *first = at - 4;
        code = count_step(walk, err);
    }
    return code;
}

// Where the boxes within a box begin; `end` if there can be none.
static enum err_code first_within(
    struct table_walk *walk, uint32_t type, int64_t at, int64_t end, int64_t *first, struct err *err)
{
    *first = end;
    switch (type) {
    case MKBETAG('m', 'd', 'a', 't'):
    case MKBETAG('s', 't', 's', 'z'):
    case MKBETAG('s', 't', 't', 's'):
    case MKBETAG('c', 't', 't', 's'):
    case MKBETAG('s', 't', 's', 'c'):
    case MKBETAG('s', 't', 's', 's'):
    case MKBETAG('s', 't', 'c', 'o'):
    case MKBETAG('c', 'o', '6', '4'):
    case MKBETAG('t', 'r', 'u', 'n'):
        return ERR_NONE;
    case MKBETAG('m', 'e', 't', 'a'):
        return first_in_meta(walk, at, end, first, err);
    default:
        *first = at;
        return ERR_NONE;
    }
}

// Every box is taken for one that may hold others: FFmpeg knows many that do, and finds tables in all of them.
static enum err_code walk_boxes(struct table_walk *walk, int64_t at, int64_t end, int depth, struct err *err)
{
    while (at + 8 <= end) {
        int64_t size = read_u32(walk, at);
        uint32_t type = read_u32(walk, at + 4);
        int64_t payload = at + 8;
        if (size == 1 && at + 16 <= end) {
            size = (int64_t)((uint64_t)read_u32(walk, at + 8) << 32 | read_u32(walk, at + 12));
            payload = at + 16;
        }
        int64_t next = size == 0 || size > end - at ? end : at + size;
        if (next < payload)
            break;
        enum err_code code = count_step(walk, err);
        if (code != ERR_NONE)
            return code;
        if (type == MKBETAG('c', 'm', 'o', 'v'))
            return err_set(err, ERR_INVALID,
                "the file's index is compressed (cmov), which is not read here: write the file anew, as with "
                "ffmpeg -i FILE -c copy NEW.mp4");
        if (type == MKBETAG('t', 'r', 'a', 'k'))
            code = end_track(walk, err);
        if (code != ERR_NONE)
            return code;
        look_at_table(walk, type, payload, next);
        if (type == MKBETAG('s', 't', 's', 'd')) {
            code = look_into_description(walk, payload, next, err);
        } else if (depth < DEPTH_MAX) {
            int64_t first;
            code = first_within(walk, type, payload, next, &first, err);
            if (code == ERR_NONE)
                code = walk_boxes(walk, first, next, depth + 1, err);
        }
        if (code != ERR_NONE)
            return code;
        at = next;
    }
    return ERR_NONE;
}

enum err_code mp4_tables_check(struct media_source *source, struct err *err)
{
    struct table_walk walk = {.source = source};
    enum err_code code = walk_boxes(&walk, 0, source->size, 0, err);
    if (code == ERR_NONE)
        code = end_track(&walk, err);
    if (code != ERR_NONE)
        return code;
    // Each edit may go through all samples again; a few are usual, and shown once.
    int64_t entries = multiply(walk.samples, 1 + walk.edits / 4);
    if (entries > SAMPLES_MAX)
        return err_set(err, ERR_LIMIT,
            "the file's index is too large: its tables list %lld samples in %lld edits, where up to %d samples are "
            "allowed; cut the video into parts",
            (long long)walk.samples, (long long)(walk.edits > 0 ? walk.edits : 1), SAMPLES_MAX);
    if (entries > SAMPLES_FREE && entries - SAMPLES_FREE > source->size)
        return err_set(err, ERR_LIMIT,
            "the file's index makes no sense: its tables list %lld samples in %lld edits, but the file has only %lld "
            "bytes",
            (long long)walk.samples, (long long)(walk.edits > 0 ? walk.edits : 1), (long long)source->size);
    return ERR_NONE;
}
