#include "media/split.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/mem.h"
#include "media/segment_file.h"
#include "media/source.h"
#include "media/split_report.h"
#include "media/timeline.h"

// A leading picture follows its keyframe before this many pictures that do not lead it (see REORDER_DEPTH).
#define TRAILING_MAX 17
// Pictures held while it is not yet known whether more lead the keyframe; more than this come from broken streams only.
#define HELD_MAX 128
#define PROGRESS_PICTURES 64

// Pictures in decoding order.
struct picture_list {
    struct coded_picture *items;
    size_t count;
    size_t capacity;
};

struct splitter {
    const struct media_input *input;
    const struct split_options *options;
    struct split_result *result;
    struct media_source *source;
    struct timeline *timeline;
    struct log *log;
    AVRational time_base;
    struct picture_list again; // to be taken before the timeline's next
    struct picture_list held;  // from the boundary on, while the segment before is being closed

    // The open segment.
    struct segment_file *file;
    char *path;
    int64_t start_pts; // of its keyframe
    int64_t *shown;    // times of its frames, in decoding order
    size_t shown_count;
    size_t shown_capacity;
    int64_t last_duration; // of the frame that shows last

    bool closing;
    bool at_limit;      // the boundary is the time limit: nothing follows
    size_t held_needed; // so many of the held pictures belong into the closing segment's file
    int held_trailing;

    bool first_known;
    int64_t first_pts; // of the video; the smallest so far until first_known
    int64_t prev_pts_us;
    int64_t shown_max; // AV_NOPTS_VALUE before the first
    int parts;         // see media_source_open_rest()
    bool done;
};

static void list_push(struct picture_list *list, const struct coded_picture *picture)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 32 : 2 * list->capacity;
        list->items = mem_realloc_array(list->items, list->capacity, sizeof(*list->items));
    }
    list->items[list->count++] = *picture;
}

static void list_drop_first(struct picture_list *list)
{
    list->count--;
    memmove(list->items, list->items + 1, list->count * sizeof(*list->items));
}

static void list_release(struct picture_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        coded_picture_release(&list->items[i]);
    free(list->items);
    *list = (struct picture_list){0};
}

static int64_t to_us(const struct splitter *splitter, int64_t pts)
{
    return av_rescale_q(pts - splitter->first_pts, splitter->time_base, AV_TIME_BASE_Q);
}

static bool is_past_limit(const struct splitter *splitter, int64_t pts)
{
    return splitter->options->limit_us >= 0 && splitter->shown_max != AV_NOPTS_VALUE &&
        to_us(splitter, pts) >= splitter->options->limit_us;
}

static void count_shown(struct splitter *splitter, const struct coded_picture *picture)
{
    if (splitter->shown_count == splitter->shown_capacity) {
        splitter->shown_capacity = splitter->shown_capacity == 0 ? 512 : 2 * splitter->shown_capacity;
        splitter->shown = mem_realloc_array(splitter->shown, splitter->shown_capacity, sizeof(*splitter->shown));
    }
    splitter->shown[splitter->shown_count++] = picture->pts;
    if (!splitter->first_known && (splitter->shown_max == AV_NOPTS_VALUE || picture->pts < splitter->first_pts))
        splitter->first_pts = picture->pts;
    if (splitter->shown_max == AV_NOPTS_VALUE || picture->pts > splitter->shown_max) {
        splitter->shown_max = picture->pts;
        splitter->last_duration = picture->duration;
    }
}

// Writes a picture into the open segment's file; `counts` if it is one of the segment's frames.
static enum err_code write_picture(
    struct splitter *splitter, const struct coded_picture *picture, bool counts, struct err *err)
{
    bool kept;
    enum err_code code = segment_file_write(splitter->file, picture, &kept, err);
    if (code != ERR_NONE)
        return code;
    // One that only leads to the segment's frames was counted with those that it is one of.
    if (!kept)
        splitter->result->misplaced += counts;
    else if (counts && picture->presented)
        count_shown(splitter, picture);
    return ERR_NONE;
}

static enum err_code begin_segment(struct splitter *splitter, const struct coded_picture *first, struct err *err)
{
    int32_t most = splitter->options->segments_max > 0 ? splitter->options->segments_max : SEGMENTS_PER_VIDEO_MAX;
    if (splitter->result->segments >= most)
        return err_set(err, ERR_LIMIT, "the video would have more than %d segments: choose a longer chunk", most);
    splitter->path = mem_sprintf("%s/segment-%05d.part", splitter->options->directory, splitter->result->segments);
    splitter->start_pts = first->pts;
    splitter->shown_count = 0;
    return segment_file_create(splitter->path, splitter->source->video, first, &splitter->file, err);
}

// The frames of the open segment that show before `end_us`, and the last of them.
static int64_t count_frames(const struct splitter *splitter, int64_t end_us, int64_t *last_us)
{
    int64_t frames = 0;
    *last_us = -1;
    for (size_t i = 0; i < splitter->shown_count; i++) {
        int64_t us = to_us(splitter, splitter->shown[i]);
        if (us >= end_us)
            continue;
        frames++;
        if (us > *last_us)
            *last_us = us;
    }
    return frames;
}

static int64_t segment_end_us(const struct splitter *splitter, bool last, int64_t boundary_pts)
{
    if (!last)
        return to_us(splitter, boundary_pts);
    int64_t limit_us = splitter->options->limit_us;
    if (splitter->at_limit)
        return limit_us;
    int64_t end_us = to_us(splitter, splitter->shown_max + splitter->last_duration);
    return limit_us >= 0 && end_us > limit_us ? limit_us : end_us;
}

static enum err_code hand_over(struct splitter *splitter, struct split_segment *done, struct err *err)
{
    done->packets = segment_file_packets(splitter->file);
    enum err_code code = segment_file_finish(splitter->file, &done->size_bytes, err);
    if (code != ERR_NONE)
        return code;
    segment_file_free(splitter->file);
    splitter->file = NULL;
    done->path = splitter->path;
    code = splitter->options->segment(splitter->options->context, done, err);
    unlink(splitter->path);
    free(splitter->path);
    splitter->path = NULL;
    return code;
}

// Ends the open segment at the boundary and hands it over. One without frames (an edit list hides all) is dropped.
static enum err_code finish_segment(
    struct splitter *splitter, bool last, int64_t boundary_pts, int64_t packets_past_end, struct err *err)
{
    struct split_result *result = splitter->result;
    int64_t last_us = -1;
    int64_t end_us = 0;
    int64_t frames = 0;
    if (splitter->shown_count > 0) {
        end_us = segment_end_us(splitter, last, boundary_pts);
        frames = count_frames(splitter, end_us, &last_us);
    }
    if (frames == 0) {
        segment_file_free(splitter->file);
        splitter->file = NULL;
        free(splitter->path);
        splitter->path = NULL;
        return ERR_NONE;
    }
    bool first = !splitter->first_known;
    splitter->first_known = true;
    struct split_segment done = {
        .segment =
            {
                .index = result->segments,
                .start_us = first ? 0 : to_us(splitter, splitter->start_pts),
                .end_us = end_us,
                .prev_pts_us = first ? -1 : splitter->prev_pts_us,
                .first_frame_number = result->frames,
                .frames = frames,
                .time_base_num = splitter->time_base.num,
                .time_base_den = splitter->time_base.den,
                .pts_offset = segment_file_offset(splitter->file) - splitter->first_pts,
                .rotation = result->info.rotation,
                .flip = result->info.flip,
            },
        .packets_past_end = packets_past_end,
        .last = last,
    };
    splitter->prev_pts_us = last_us;
    result->frames += frames;
    result->segments++;
    result->duration_us = end_us;
    return hand_over(splitter, &done, err);
}

static enum err_code end_closing(struct splitter *splitter, struct err *err)
{
    struct picture_list held = splitter->held;
    splitter->held = (struct picture_list){0};
    splitter->closing = false;
    int64_t boundary_pts = held.items[0].pts;
    enum err_code code = ERR_NONE;
    int64_t past_end = 0;
    for (size_t i = 0; i < splitter->held_needed && code == ERR_NONE; i++) {
        bool belongs =
            splitter->at_limit ? !is_past_limit(splitter, held.items[i].pts) : held.items[i].pts < boundary_pts;
        past_end += !belongs;
        code = write_picture(splitter, &held.items[i], belongs, err);
    }
    if (code == ERR_NONE)
        code = finish_segment(splitter, splitter->at_limit, boundary_pts, past_end, err);
    if (code != ERR_NONE || splitter->at_limit) {
        splitter->done = true;
        list_release(&held);
        return code;
    }
    for (size_t i = 0; i < splitter->again.count; i++)
        list_push(&held, &splitter->again.items[i]);
    free(splitter->again.items);
    splitter->again = held;
    code = begin_segment(splitter, &held.items[0], err);
    if (code == ERR_NONE)
        code = write_picture(splitter, &held.items[0], true, err);
    coded_picture_release(&held.items[0]);
    list_drop_first(&splitter->again);
    return code;
}

// Takes a picture while it is open which of those to come belong to the segment that is being closed.
static enum err_code hold(struct splitter *splitter, const struct coded_picture *picture, struct err *err)
{
    list_push(&splitter->held, picture);
    const struct coded_picture *boundary = &splitter->held.items[0];
    bool leads = splitter->at_limit ? !is_past_limit(splitter, picture->pts) : picture->pts < boundary->pts;
    if (leads && picture->presented) {
        splitter->held_needed = splitter->held.count;
    } else if (splitter->held.count > 1) {
        splitter->held_trailing++;
    }
    bool certain = splitter->held.count == 1 ? picture->info.no_leading && picture->presented
                                             : !splitter->at_limit && picture->info.trailing && !leads;
    if (certain || splitter->held_trailing >= TRAILING_MAX || splitter->held.count >= HELD_MAX)
        return end_closing(splitter, err);
    return ERR_NONE;
}

static bool is_cut_point(const struct splitter *splitter, const struct coded_picture *picture)
{
    return picture->info.clean && picture->presented && splitter->shown_max != AV_NOPTS_VALUE &&
        to_us(splitter, picture->pts) > to_us(splitter, splitter->shown_max) &&
        av_rescale_q(picture->pts - splitter->start_pts, splitter->time_base, AV_TIME_BASE_Q) >=
        splitter->options->chunk_us;
}

// Takes the next picture, which becomes the splitter's.
static enum err_code take(struct splitter *splitter, struct coded_picture *picture, struct err *err)
{
    if (splitter->closing)
        return hold(splitter, picture, err);
    enum err_code code = ERR_NONE;
    if (splitter->file == NULL) {
        code = begin_segment(splitter, picture, err);
    } else {
        splitter->at_limit = picture->presented && is_past_limit(splitter, picture->pts);
        if (splitter->at_limit || is_cut_point(splitter, picture)) {
            splitter->closing = true;
            splitter->held_needed = 0;
            splitter->held_trailing = 0;
            return hold(splitter, picture, err);
        }
    }
    if (code == ERR_NONE) {
        // Pictures that lead this segment's keyframe are frames of the segment before.
        bool counts = !splitter->first_known || picture->pts >= splitter->start_pts;
        code = write_picture(splitter, picture, counts, err);
    }
    coded_picture_release(picture);
    return code;
}

static void tell_progress(const struct splitter *splitter)
{
    if (splitter->options->progress == NULL)
        return;
    int64_t duration_us = splitter->source->info.duration_us;
    if (splitter->options->limit_us >= 0 && (duration_us < 0 || duration_us > splitter->options->limit_us))
        duration_us = splitter->options->limit_us;
    struct split_progress progress = {
        .position_us = splitter->shown_max == AV_NOPTS_VALUE ? 0 : to_us(splitter, splitter->shown_max),
        .duration_us = duration_us,
        .frames = splitter->result->frames + (int64_t)splitter->shown_count,
        .bytes = splitter->source->bytes_read,
        .size_bytes = splitter->source->size,
    };
    splitter->options->progress(splitter->options->context, &progress);
}

static enum err_code next_picture(struct splitter *splitter, struct coded_picture *picture, bool *end, struct err *err)
{
    *end = false;
    if (splitter->again.count > 0) {
        *picture = splitter->again.items[0];
        list_drop_first(&splitter->again);
        return ERR_NONE;
    }
    return timeline_next(splitter->timeline, picture, end, err);
}

// Reads the first pictures of what goes on after the source, enough to know its first frame's time; `*none` if it has
// no picture.
static enum err_code begin_part(
    struct splitter *splitter, struct media_source *source, int64_t *first_pts, bool *none, struct err *err)
{
    timeline_go_on(splitter->timeline, source);
    *none = true;
    for (int i = 0; i <= TRAILING_MAX; i++) {
        struct coded_picture picture;
        bool end;
        enum err_code code = timeline_next(splitter->timeline, &picture, &end, err);
        if (code != ERR_NONE || end)
            return code;
        if (picture.presented && (*none || picture.pts < *first_pts)) {
            *first_pts = picture.pts;
            *none = false;
        }
        list_push(&splitter->again, &picture);
    }
    return ERR_NONE;
}

// Ends the open segment where the video goes on as another one, and begins the next with that.
static enum err_code cross_over(
    struct splitter *splitter, struct media_source *source, int64_t first_pts, struct err *err)
{
    log_info(splitter->log, "from %.3f s on the video is another one: %s, %dx%d pixels",
        (double)to_us(splitter, first_pts) / 1e6, source->info.video_codec, source->info.width, source->info.height);
    splitter->at_limit = is_past_limit(splitter, first_pts);
    enum err_code code =
        splitter->file != NULL ? finish_segment(splitter, splitter->at_limit, first_pts, 0, err) : ERR_NONE;
    media_source_close(splitter->source);
    splitter->source = source;
    splitter->done = splitter->at_limit;
    if (code == ERR_NONE && !splitter->done)
        code = begin_segment(splitter, &splitter->again.items[0], err);
    splitter->start_pts = first_pts;
    return code;
}

// What follows the source in its file; `*more` is false where nothing does that can be read.
static enum err_code next_part(struct splitter *splitter, bool *more, struct err *err)
{
    *more = false;
    int64_t rest = media_source_rest(splitter->source);
    bool none_yet = splitter->shown_max == AV_NOPTS_VALUE;
    int64_t kept_us = none_yet ? 0 : to_us(splitter, splitter->shown_max);
    if (none_yet && rest >= 0)
        split_report_empty(splitter->result, 0);
    while (rest >= 0) {
        struct media_source *source = NULL;
        enum err_code code = media_source_open_rest(splitter->input, rest, &splitter->parts, splitter->options->limits,
            splitter->options->cancel, &source, err);
        if (code == ERR_NOT_FOUND || code == ERR_LIMIT) {
            split_report_rest(splitter->result, kept_us, err);
            err_clear(err);
            return ERR_NONE;
        }
        if (code != ERR_NONE)
            return code;
        if (source->follows_damaged)
            split_report_empty(splitter->result, kept_us);
        int64_t first_pts = 0;
        bool none = true;
        code = begin_part(splitter, source, &first_pts, &none, err);
        *more = code == ERR_NONE && !none;
        if (*more)
            return cross_over(splitter, source, first_pts, err);
        rest = media_source_rest(source);
        list_release(&splitter->again);
        media_source_close(source);
        if (code != ERR_NONE)
            return code;
        split_report_empty(splitter->result, kept_us);
    }
    return ERR_NONE;
}

static enum err_code split_all(struct splitter *splitter, struct err *err)
{
    for (int64_t i = 0; !splitter->done; i++) {
        struct coded_picture picture;
        bool end;
        enum err_code code = next_picture(splitter, &picture, &end, err);
        if (code != ERR_NONE)
            return code;
        if (end && !splitter->closing) {
            bool more;
            code = next_part(splitter, &more, err);
            if (code != ERR_NONE)
                return code;
            if (!more)
                break;
            continue;
        }
        code = end ? end_closing(splitter, err) : take(splitter, &picture, err);
        if (code != ERR_NONE)
            return code;
        if (i % PROGRESS_PICTURES == 0)
            tell_progress(splitter);
    }
    if (!splitter->done && splitter->file != NULL) {
        enum err_code code = finish_segment(splitter, true, 0, 0, err);
        if (code != ERR_NONE)
            return code;
    }
    tell_progress(splitter);
    if (splitter->result->frames == 0)
        return err_set(err, ERR_INVALID, "no frame of the video can be decoded: %s",
            timeline_stats(splitter->timeline)->packets == 0 ? "there are no coded pictures in the file"
                                                             : "it has no keyframe to begin with");
    return ERR_NONE;
}

enum err_code media_split(
    const struct media_input *input, const struct split_options *options, struct split_result *result, struct err *err)
{
    *result = (struct split_result){0};
    if (options->chunk_us <= 0)
        return err_set(err, ERR_INVALID, "the chunk length must be greater than zero");
    if (options->limit_us == 0 || options->limit_us < -1)
        return err_set(err, ERR_INVALID, "the time limit must be greater than zero");
    struct splitter splitter = {
        .input = input,
        .options = options,
        .result = result,
        .log = options->log != NULL ? options->log : log_none(),
        .shown_max = AV_NOPTS_VALUE,
    };
    enum err_code code =
        media_source_open(input, MEDIA_SOURCE_FOREIGN, options->limits, options->cancel, &splitter.source, err);
    if (code != ERR_NONE)
        return code;
    result->info = splitter.source->info;
    splitter.time_base = splitter.source->video->time_base;
    splitter.timeline = timeline_new(splitter.source);
    media_log_clear();
    if (splitter.source->follows_damaged)
        split_report_empty(result, 0);
    if (options->opened != NULL)
        code = options->opened(options->context, &result->info, err);
    if (code == ERR_NONE)
        code = split_all(&splitter, err);
    split_report(result, splitter.source, timeline_stats(splitter.timeline), code == ERR_NONE && !splitter.at_limit,
        splitter.log);
    list_release(&splitter.held);
    list_release(&splitter.again);
    segment_file_free(splitter.file);
    free(splitter.path);
    free(splitter.shown);
    timeline_free(splitter.timeline);
    media_source_close(splitter.source);
    return code;
}
