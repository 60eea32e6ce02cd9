#include "meta_store/archive_record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/frame_value.h"
#include "meta_store/meta_fields.h"

#define FIELDS_MAX 1000
#define VALUE_MAX ((size_t)4 * 1024 * 1024)

void archive_put_video(struct strbuf *out, const struct meta_video *video)
{
    struct strbuf text;
    strbuf_init(&text);
    value_put_uint(out, meta_field_count);
    for (size_t i = 0; i < meta_field_count; i++) {
        strbuf_reset(&text);
        meta_field_format(&meta_fields[i], video, &text);
        value_put_bytes(out, meta_fields[i].name, strlen(meta_fields[i].name));
        value_put_bytes(out, text.data, text.size);
    }
    strbuf_release(&text);
}

static const struct meta_field *find_field(const unsigned char *name, size_t size)
{
    for (size_t i = 0; i < meta_field_count; i++) {
        if (strlen(meta_fields[i].name) == size && memcmp(meta_fields[i].name, name, size) == 0)
            return &meta_fields[i];
    }
    return NULL;
}

void archive_take_video(struct value_reader *in, struct meta_video *video)
{
    *video = (struct meta_video){0};
    uint64_t count = value_take_uint(in);
    if (count > FIELDS_MAX)
        in->bad = true;
    for (uint64_t i = 0; i < count && !in->bad; i++) {
        size_t name_size;
        size_t size;
        const unsigned char *name = value_take_bytes(in, META_CLASS_SIZE, &name_size);
        const unsigned char *value = value_take_bytes(in, META_SOURCE_SIZE, &size);
        const struct meta_field *field = name != NULL && value != NULL ? find_field(name, name_size) : NULL;
        char *text = mem_strndup((const char *)(value != NULL ? value : (const unsigned char *)""), size);
        if (field == NULL || !meta_field_parse(field, text, size, video))
            in->bad = true;
        free(text);
    }
    if (!video_id_is_valid(video->id) || !project_name_is_valid(video->project) ||
        (unsigned)video->state > VIDEO_DELETING)
        in->bad = true;
}

void archive_put_segment(struct strbuf *out, const struct meta_segment *segment)
{
    const int64_t numbers[] = {segment->index, segment->start_us, segment->end_us, segment->prev_pts_us,
        segment->first_frame_number, segment->source_frames, segment->done, segment->failed, segment->frames};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        value_put_int(out, numbers[i]);
}

void archive_take_segment(struct value_reader *in, struct meta_segment *segment)
{
    segment->index = (int32_t)value_take_int_in(in, 0, SEGMENTS_PER_VIDEO_MAX - 1);
    segment->start_us = value_take_int(in);
    segment->end_us = value_take_int(in);
    segment->prev_pts_us = value_take_int(in);
    segment->first_frame_number = value_take_int(in);
    segment->source_frames = value_take_int(in);
    segment->done = value_take_int_in(in, 0, 1) != 0;
    segment->failed = value_take_int_in(in, 0, 1) != 0;
    segment->frames = value_take_int(in);
}

void archive_put_frame(struct strbuf *out, const struct meta_frame *frame)
{
    struct strbuf objects;
    strbuf_init(&objects);
    value_put_int(out, frame->index);
    value_put_int(out, frame->segment);
    value_put_int(out, frame->pts_us);
    value_put_int(out, frame->width);
    value_put_int(out, frame->height);
    value_put_int(out, frame->state);
    frame_value_encode(frame->objects, frame->object_count, &objects);
    value_put_bytes(out, objects.data, objects.size);
    strbuf_release(&objects);
}

void archive_take_frame(struct value_reader *in, struct meta_frame *frame)
{
    size_t size;
    struct err ignored = ERR_INIT;
    *frame = (struct meta_frame){0};
    frame->index = (int32_t)value_take_int_in(in, 0, FRAME_INDEX_MAX);
    frame->segment = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    frame->pts_us = value_take_int(in);
    frame->width = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    frame->height = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    frame->state = (enum frame_state)value_take_int_in(in, FRAME_EMITTED, FRAME_FAILED);
    const unsigned char *objects = value_take_bytes(in, VALUE_MAX, &size);
    if (objects != NULL &&
        frame_value_decode(objects, size, &frame->objects, &frame->object_count, &ignored) != ERR_NONE)
        in->bad = true;
}

void archive_put_track(struct strbuf *out, const struct meta_track *track)
{
    value_put_int(out, track->n);
    value_put_bytes(out, track->class_name, strnlen(track->class_name, META_CLASS_SIZE - 1));
    value_put_float(out, track->score);
    const int64_t numbers[] = {track->first_frame, track->last_frame, track->first_us, track->last_us, track->objects,
        track->best_frame, track->best_k, track->typical_frame, track->typical_k};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        value_put_int(out, numbers[i]);
}

void archive_take_track(struct value_reader *in, struct meta_track *track)
{
    *track = (struct meta_track){0};
    track->n = value_take_int_in(in, 0, INT64_MAX);
    value_take_text(in, track->class_name, sizeof(track->class_name));
    track->score = value_take_float(in);
    track->first_frame = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    track->last_frame = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    track->first_us = value_take_int(in);
    track->last_us = value_take_int(in);
    track->objects = value_take_int(in);
    track->best_frame = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    track->best_k = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    track->typical_frame = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    track->typical_k = (int32_t)value_take_int_in(in, INT32_MIN, INT32_MAX);
    if (!isfinite(track->score))
        in->bad = true;
}

void archive_put_totals(struct strbuf *out, const struct meta_archive_totals *totals)
{
    const int64_t numbers[] = {totals->settings, totals->projects, totals->entries, totals->videos, totals->segments,
        totals->frames, totals->objects, totals->tracks};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        value_put_int(out, numbers[i]);
}

void archive_take_totals(struct value_reader *in, struct meta_archive_totals *totals)
{
    totals->settings = value_take_int(in);
    totals->projects = value_take_int(in);
    totals->entries = value_take_int(in);
    totals->videos = value_take_int(in);
    totals->segments = value_take_int(in);
    totals->frames = value_take_int(in);
    totals->objects = value_take_int(in);
    totals->tracks = value_take_int(in);
}
