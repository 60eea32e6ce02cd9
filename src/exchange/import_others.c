// A clip is known again by its boxes: a few entries, spread over what the file says of it, are looked for in the
// project's videos, at their very times.
#include "exchange/import_others.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/import_overlap.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

#define LOOKED_AT 16 // entries of each of the file's videos
// A video with frames at the times of so many, and none of the boxes, is another clip.
#define GIVEN_UP 4
// Where there are more to look for, one box alone may be at its place by chance.
#define FOUND_LEAST 2
// Videos of the project, the newest.
#define VIDEOS_MAX 500
#define VIDEOS_AT_ONCE 100

struct sample {
    const struct import_row *rows[LOOKED_AT];
    size_t count;
    size_t best; // found in the video that looks most like it
};

static int32_t video_of(const struct import_row *row)
{
    return row->video >= 0 ? row->video : row->object_video;
}

static bool says_when_and_where(const struct import_row *row)
{
    return row->has_box && row->pts_us >= 0 && row->pts_us < INT64_MAX;
}

static void take_sample(
    const struct import_file *file, int32_t video, struct imported_other *other, struct sample *sample)
{
    size_t usable = 0;
    size_t seen = 0;
    *sample = (struct sample){0};
    for (size_t i = 0; i < file->count; i++) {
        bool is_its = video_of(&file->rows[i]) == video;
        other->entries += is_its;
        usable += is_its && says_when_and_where(&file->rows[i]);
    }
    size_t wanted = usable < LOOKED_AT ? usable : LOOKED_AT;
    for (size_t i = 0; i < file->count && sample->count < wanted; i++) {
        if (video_of(&file->rows[i]) != video || !says_when_and_where(&file->rows[i]))
            continue;
        if (seen++ == sample->count * usable / wanted)
            sample->rows[sample->count++] = &file->rows[i];
    }
}

// How much of a sample a video has: of the entries for whose times it has a frame, those whose boxes are there. A video
// that is shorter, or sampled otherwise, has no frames for the others.
struct likeness {
    size_t looked, found;
};

static enum err_code look_for(const struct import_config *config, const char *video, const struct import_row *row,
    struct likeness *likeness, struct err *err)
{
    const struct meta_frame_range range = {
        .from_us = row->pts_us, .to_us = row->pts_us + 1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = 1};
    struct meta_frames frames = {0};
    bool is_there = false;
    enum err_code code = meta_store_list_frames(config->meta, video, &range, &frames, err);
    if (code == ERR_NONE && frames.count == 1) {
        const struct import_box box = import_box_of(row, &frames.items[0]);
        for (size_t k = 0; k < frames.items[0].object_count && !is_there; k++)
            is_there = import_overlap(&box, &frames.items[0].objects[k]) >= IMPORT_MIN_IOU_DEFAULT;
    }
    likeness->looked += frames.count;
    likeness->found += is_there;
    meta_frames_release(&frames);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static enum err_code compare(const struct import_config *config, const char *video, struct sample *sample,
    struct imported_other *other, struct err *err)
{
    struct likeness is = {0};
    size_t least = sample->count >= GIVEN_UP ? FOUND_LEAST : 1;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < sample->count && code == ERR_NONE && (is.looked < GIVEN_UP || is.found > 0); i++)
        code = look_for(config, video, sample->rows[i], &is, err);
    if (code == ERR_NONE && is.found > sample->best && is.found >= least && 2 * is.found > is.looked) {
        sample->best = is.found;
        memcpy(other->same, video, VIDEO_ID_SIZE);
    }
    return code;
}

// Nothing can look more like it.
static bool is_found_wholly(const struct sample *sample)
{
    return sample->count > 0 && sample->best == sample->count;
}

static bool are_found_wholly(const struct sample *samples, size_t count)
{
    size_t found = 0;
    while (found < count && is_found_wholly(&samples[found]))
        found++;
    return found == count;
}

static enum err_code compare_all(const struct import_config *config, const struct import_request *request,
    struct sample *samples, struct cancel *cancel, struct imported *imported, struct err *err)
{
    char after[VIDEO_ID_SIZE] = "";
    size_t looked = 0;
    size_t count = VIDEOS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (code == ERR_NONE && count == VIDEOS_AT_ONCE && looked < VIDEOS_MAX &&
        !are_found_wholly(samples, imported->other_count)) {
        struct meta_video *videos = NULL;
        code = meta_store_list_videos(
            config->meta, request->project, after[0] != '\0' ? after : NULL, VIDEOS_AT_ONCE, &videos, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            memcpy(after, videos[i].id, sizeof(after));
            code = cancel_check(cancel, err);
            for (size_t o = 0; o < imported->other_count && code == ERR_NONE && videos[i].state != VIDEO_DELETING;
                 o++) {
                if (!is_found_wholly(&samples[o]))
                    code = compare(config, videos[i].id, &samples[o], &imported->others[o], err);
            }
        }
        looked += count;
        free(videos);
    }
    return code;
}

enum err_code import_find_others(const struct import_config *config, const struct import_request *request,
    const struct import_file *file, const struct import_matching *matching, struct cancel *cancel,
    struct imported *imported, struct err *err)
{
    struct sample *samples = mem_calloc(IMPORT_OTHERS_MAX, sizeof(*samples));
    for (size_t v = 0; v < file->video_count && imported->other_count < IMPORT_OTHERS_MAX; v++) {
        struct imported_other *other = &imported->others[imported->other_count];
        if (!matching->is_other[v])
            continue;
        memcpy(other->video, file->videos[v], VIDEO_ID_SIZE);
        take_sample(file, (int32_t)v, other, &samples[imported->other_count]);
        // Of what is passed over only, nobody misses it.
        imported->other_count += other->entries > 0;
    }
    enum err_code code =
        imported->other_count > 0 ? compare_all(config, request, samples, cancel, imported, err) : ERR_NONE;
    free(samples);
    return code;
}
