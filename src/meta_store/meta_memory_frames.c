// Segments, frames and the objects in them.
#include <stdlib.h>

#include "base/mem.h"
#include "meta_store/meta_memory_internal.h"

static size_t segment_place(const struct memory_video *video, int32_t index)
{
    size_t at = video->segment_count;
    while (at > 0 && video->segments[at - 1].segment.index >= index)
        at--;
    return at;
}

static struct memory_segment *find_segment(const struct memory_video *video, int32_t index)
{
    size_t at = segment_place(video, index);
    bool found = at < video->segment_count && video->segments[at].segment.index == index;
    return found ? &video->segments[at] : NULL;
}

enum err_code meta_memory_put_segment(
    struct meta_store *store, const char *id, const struct meta_segment *given, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    struct memory_segment *segment = find_segment(video, given->index);
    if (segment == NULL) {
        size_t at = segment_place(video, given->index);
        video->segments = meta_memory_insert(video->segments, &video->segment_count, at, sizeof(*video->segments));
        segment = &video->segments[at];
        if (!video->meta.split_done)
            video->meta.segments++;
    }
    bool done = segment->segment.done;
    int64_t frames = segment->segment.frames;
    segment->segment = *given;
    segment->segment.done = done;
    segment->segment.frames = frames;
    meta_memory_touch(self, video);
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_finish_split(struct meta_store *store, const char *id, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    video->meta.split_done = true;
    video->meta.segments = segments;
    video->meta.frames_expected = frames_expected;
    video->meta.source_incomplete = source_incomplete;
    video->meta.media.duration_us = duration_us;
    meta_memory_touch(self, video);
    return meta_memory_unlock(self, ERR_NONE);
}

static int64_t count_frames_of(const struct memory_video *video, int32_t segment)
{
    int64_t count = 0;
    for (size_t i = 0; i < video->frame_count; i++)
        count += video->frames[i].segment == segment;
    return count;
}

enum err_code meta_memory_finish_segment(
    struct meta_store *store, const char *id, int32_t index, int64_t frames, bool failed, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    struct memory_segment *segment = find_segment(video, index);
    if (segment == NULL)
        return meta_memory_unlock(self, meta_no_segment(id, index, err));
    if (failed && segment->segment.done)
        return meta_memory_unlock(self, ERR_NONE);
    video->meta.segments_done += !segment->segment.done;
    segment->segment.done = true;
    segment->segment.frames = failed ? count_frames_of(video, index) : frames;
    segment->failed = failed;
    meta_memory_touch(self, video);
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_list_segments(struct meta_store *store, const char *id, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_video *video = meta_memory_find(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    for (size_t i = 0; i < video->segment_count && *count < limit; i++) {
        if (video->segments[i].segment.index <= after)
            continue;
        *segments = mem_realloc_array(*segments, *count + 1, sizeof(**segments));
        (*segments)[*count] = video->segments[i].segment;
        (*segments)[(*count)++].failed = video->segments[i].failed;
    }
    return meta_memory_unlock(self, ERR_NONE);
}

// ---- frames

static size_t frame_place(const struct memory_video *video, int32_t index)
{
    size_t low = 0;
    size_t high = video->frame_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (video->frames[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct meta_frame *find_frame(const struct memory_video *video, int32_t index)
{
    size_t at = frame_place(video, index);
    return at < video->frame_count && video->frames[at].index == index ? &video->frames[at] : NULL;
}

static struct meta_frame *find_or_add_frame(struct memory_video *video, const struct meta_frame *given)
{
    struct meta_frame *frame = find_frame(video, given->index);
    if (frame != NULL)
        return frame;
    size_t at = frame_place(video, given->index);
    video->frames = meta_memory_insert(video->frames, &video->frame_count, at, sizeof(*video->frames));
    frame = &video->frames[at];
    *frame = *given;
    frame->state = FRAME_EMITTED;
    frame->objects = NULL;
    frame->object_count = 0;
    video->meta.frames_emitted++;
    return frame;
}

static struct meta_object *copy_objects(const struct meta_frame *frame)
{
    return frame->object_count > 0 ? mem_dup(frame->objects, frame->object_count * sizeof(*frame->objects)) : NULL;
}

static void put_objects(struct memory_video *video, const struct meta_frame *given)
{
    struct meta_frame *frame = find_or_add_frame(video, given);
    video->meta.objects += (int64_t)given->object_count - (int64_t)frame->object_count;
    video->meta.frames_indexed += frame->state != FRAME_INDEXED;
    video->meta.frames_failed -= frame->state == FRAME_FAILED;
    struct meta_object *before = frame->objects;
    frame->objects = copy_objects(given);
    meta_keep_tracks(before, frame->object_count, frame->objects, given->object_count);
    free(before);
    frame->object_count = given->object_count;
    frame->state = FRAME_INDEXED;
}

enum err_code meta_memory_put_frames(struct meta_store *store, const char *id, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    for (size_t i = 0; i < count; i++) {
        if (indexed)
            put_objects(video, &frames[i]);
        else
            find_or_add_frame(video, &frames[i]);
    }
    meta_memory_touch(self, video);
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_fail_frame(
    struct meta_store *store, const char *id, int32_t index, bool failed, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    struct meta_frame *frame = find_frame(video, index);
    if (frame == NULL)
        return meta_memory_unlock(self, meta_no_frame(id, index, err));
    if (frame->state != (failed ? FRAME_EMITTED : FRAME_FAILED))
        return meta_memory_unlock(self, ERR_NONE);
    frame->state = failed ? FRAME_FAILED : FRAME_EMITTED;
    video->meta.frames_failed += failed ? 1 : -1;
    meta_memory_touch(self, video);
    return meta_memory_unlock(self, ERR_NONE);
}

static bool in_range(const struct meta_frame *frame, const struct meta_frame_range *range)
{
    return frame->index > range->after && frame->pts_us >= range->from_us && frame->pts_us < range->to_us &&
        (range->state_mask == 0 || (range->state_mask & (1u << frame->state)) != 0);
}

enum err_code meta_memory_list_frames(struct meta_store *store, const char *id, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_video *video = meta_memory_find(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    for (size_t i = 0; i < video->frame_count && frames->count < range->limit; i++) {
        if (!in_range(&video->frames[i], range))
            continue;
        frames->items = mem_realloc_array(frames->items, frames->count + 1, sizeof(*frames->items));
        frames->items[frames->count] = video->frames[i];
        frames->items[frames->count++].objects = copy_objects(&video->frames[i]);
    }
    return meta_memory_unlock(self, ERR_NONE);
}

// ---- tracks

enum err_code meta_memory_put_frame_tracks(
    struct meta_store *store, const char *id, const struct meta_frame_tracks *frames, size_t count, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    for (size_t i = 0; i < count; i++) {
        struct meta_frame *frame = find_frame(video, frames[i].frame);
        if (frame == NULL || frame->object_count != frames[i].count)
            continue;
        for (size_t k = 0; k < frames[i].count; k++)
            frame->objects[k].track = frames[i].tracks[k];
    }
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_put_tracks(struct meta_store *store, const char *id, const struct meta_track *tracks,
    size_t count, int64_t track_steps, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_video *video = meta_memory_find_to_change(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    free(video->tracks);
    video->tracks = count > 0 ? mem_dup(tracks, count * sizeof(*tracks)) : NULL;
    video->meta.tracks = (int64_t)count;
    video->meta.tracked_us = meta_video_tracked_at(&video->meta, meta_memory_now_us(self));
    video->meta.track_steps = track_steps;
    meta_memory_touch(self, video);
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_list_tracks(struct meta_store *store, const char *id, int64_t after, size_t limit,
    struct meta_track **tracks, size_t *count, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_video *video = meta_memory_find(self, id, err);
    if (video == NULL)
        return meta_memory_unlock(self, ERR_NOT_FOUND);
    for (int64_t i = 0; i < video->meta.tracks && *count < limit; i++) {
        if (video->tracks[i].n <= after)
            continue;
        *tracks = mem_realloc_array(*tracks, *count + 1, sizeof(**tracks));
        (*tracks)[(*count)++] = video->tracks[i];
    }
    return meta_memory_unlock(self, ERR_NONE);
}
