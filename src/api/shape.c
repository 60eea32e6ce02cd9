#include "api/shape.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "ingest/source_secret.h"
#include "ingest/source_url.h"

void shape_set_time(json_t *object, const char *field, int64_t wall_us)
{
    if (wall_us <= 0) {
        json_set_string(object, field, NULL);
        return;
    }
    char text[CLOCK_TEXT_MAX];
    clock_format_utc(wall_us, text);
    json_set_string(object, field, text);
}

json_t *shape_project(const struct meta_project *project)
{
    json_t *o = json_object();
    json_set_string(o, "name", project->name);
    shape_set_time(o, "created_at", project->created_us);
    json_set_bool(o, "deleting", project->deleting);
    json_set_int64(o, "videos", project->videos);
    json_set_int64(o, "frames", project->frames);
    json_set_int64(o, "objects", project->objects);
    return o;
}

static json_t *shape_media(const struct meta_media *media)
{
    json_t *o = json_object();
    json_set_string(o, "title", media->title);
    json_set_string(o, "container", media->container);
    json_set_string(o, "codec", media->codec);
    json_set_string(o, "mime_type", media->mime_type[0] != '\0' ? media->mime_type : NULL);
    json_set_int64(o, "width", media->width);
    json_set_int64(o, "height", media->height);
    json_t *aspect = json_array();
    json_array_append_new(aspect, json_integer(media->sar_num > 0 ? media->sar_num : 1));
    json_array_append_new(aspect, json_integer(media->sar_den > 0 ? media->sar_den : 1));
    json_set(o, "sample_aspect_ratio", aspect);
    json_set_int64(o, "rotation", media->rotation);
    json_set_bool(o, "has_audio", media->has_audio);
    json_set_int64(o, "duration_us", media->duration_us);
    json_set_int64(o, "media_offset_us", media->media_offset_us);
    json_set_int64(o, "size_bytes", media->size_bytes);
    json_set_double(o, "frame_rate", media->frame_rate);
    return o;
}

static json_t *shape_progress(const struct meta_video *video)
{
    json_t *o = json_object();
    json_set_bool(o, "split_done", video->split_done);
    json_set_int64(o, "segments", video->segments);
    json_set_int64(o, "segments_done", video->segments_done);
    if (video->frames_expected < 0)
        json_set(o, "frames_expected", json_null());
    else
        json_set_int64(o, "frames_expected", video->frames_expected);
    json_set_int64(o, "frames_emitted", video->frames_emitted);
    json_set_int64(o, "frames_indexed", video->frames_indexed);
    json_set_int64(o, "frames_failed", video->frames_failed);
    json_set_int64(o, "objects", video->objects);
    json_set_int64(o, "tracks", video->tracks);
    json_set_bool(o, "tracked", video_state_is_final(video->state) && video->tracked_us >= video->finished_us);
    return o;
}

static json_t *shape_fps(const struct sampling *sampling)
{
    if (sampling->all)
        return json_string("all");
    if (sampling->fps_den == 1)
        return json_integer(sampling->fps_num);
    return json_real((double)sampling->fps_num / sampling->fps_den);
}

// What to show it as: for a page with a video in it, once it is known, the page's title says more than its address,
// which is the name where nobody gave another.
static const char *name_of(const struct meta_video *video)
{
    char canonical[META_SOURCE_SIZE];
    char name[META_TITLE_SIZE];
    bool is_address = strncmp(video->source, "http://", 7) == 0 || strncmp(video->source, "https://", 8) == 0;
    bool is_default = is_address && video->media.title[0] != '\0' &&
        source_url_normalise(video->source, canonical, name, NULL) == ERR_NONE && strcmp(name, video->name) == 0;
    return is_default ? video->media.title : video->name;
}

// Whoever may look at a video need not be able to fetch it from where it came.
static void set_source(json_t *o, const char *source)
{
    struct strbuf shown;
    strbuf_init(&shown);
    source_hide_secrets(source, &shown);
    json_set_string(o, "source", shown.data);
    strbuf_release(&shown);
}

// Whether something is missing that doing it again may bring.
static bool is_resumable(const struct meta_video *video)
{
    if (video->state == VIDEO_CANCELLED)
        return true;
    return (video->state == VIDEO_FAILED || video->state == VIDEO_INCOMPLETE) &&
        (video->errors_count == 0 || video->errors_final < video->errors_count);
}

json_t *shape_video(const struct meta_video *video, bool has_thumbnail, char *const *errors, size_t error_count)
{
    json_t *o = json_object();
    json_set_string(o, "id", video->id);
    json_set_string(o, "project", video->project);
    json_set_string(o, "name", name_of(video));
    set_source(o, video->source);
    json_set_string(o, "state", video_state_name(video->state));
    json_set_double(o, "chunk_seconds", (double)video->chunk_us / 1e6);
    if (video->limit_us < 0)
        json_set(o, "limit_seconds", json_null());
    else
        json_set_double(o, "limit_seconds", (double)video->limit_us / 1e6);
    json_set(o, "fps", shape_fps(&video->sampling));
    shape_set_time(o, "created_at", video->created_us);
    shape_set_time(o, "updated_at", video->updated_us);
    shape_set_time(o, "finished_at", video->finished_us);
    json_set(o, "media", shape_media(&video->media));
    json_set(o, "progress", shape_progress(video));
    json_t *models = json_object();
    json_set_string(models, "detector", video->detector[0] != '\0' ? video->detector : NULL);
    json_set_string(models, "embedder", video->embedder[0] != '\0' ? video->embedder : NULL);
    json_set(o, "models", models);
    json_set_bool(o, "source_incomplete", video->source_incomplete);
    json_set_bool(o, "thumbnail", has_thumbnail);
    json_set_bool(o, "resumable", is_resumable(video));
    json_set_int64(o, "errors_count", video->errors_count);
    json_t *list = json_array();
    for (size_t i = 0; i < error_count; i++)
        json_array_append_new(list, json_string_lossy(errors[i]));
    json_set(o, "errors", list);
    return o;
}

json_t *shape_segment(const struct meta_segment *segment)
{
    json_t *o = json_object();
    json_set_int64(o, "index", segment->index);
    json_set_int64(o, "start_us", segment->start_us);
    json_set_int64(o, "end_us", segment->end_us);
    json_set_int64(o, "source_frames", segment->source_frames);
    json_set_bool(o, "done", segment->done);
    json_set_int64(o, "frames", segment->frames);
    return o;
}

static json_t *shape_box(const struct meta_object *object)
{
    json_t *box = json_array();
    json_array_append_new(box, json_real((double)object->x));
    json_array_append_new(box, json_real((double)object->y));
    json_array_append_new(box, json_real((double)object->width));
    json_array_append_new(box, json_real((double)object->height));
    return box;
}

void shape_set_track(json_t *object, const char *field, const char *video, int64_t n)
{
    char id[TRACK_ID_SIZE];
    if (n >= 0)
        track_id_make(video, n, id);
    json_set_string(object, field, n >= 0 ? id : NULL);
}

static void set_label(json_t *o, const struct object_label *label)
{
    if (label->class_refused)
        json_set_bool(o, "class_refused", true);
    if (label->kind == LABEL_NONE) {
        json_set(o, "label", json_null());
        return;
    }
    json_t *value = json_object();
    json_set_string(value, "name", label->name);
    json_set_string(value, "kind", label_kind_name(label->kind));
    json_set_double(value, "score", (double)label->score);
    json_set(o, "label", value);
}

// One object of a frame.
static json_t *shape_object(const char *video, int32_t frame_index, int32_t k, const struct meta_object *object,
    const struct object_label *label)
{
    char id[OBJECT_ID_SIZE];
    object_id_make(video, frame_index, k, id);
    json_t *o = json_object();
    json_set_string(o, "id", id);
    json_set(o, "box", shape_box(object));
    json_set_string(o, "class", object->class_name);
    json_set_double(o, "score", (double)object->score);
    shape_set_track(o, "track", video, object->track);
    set_label(o, label);
    return o;
}

json_t *shape_track_object(const char *video, const struct meta_frame *frame, int32_t k)
{
    const struct meta_object *object = &frame->objects[k];
    char id[OBJECT_ID_SIZE];
    char frame_id[FRAME_ID_SIZE];
    object_id_make(video, frame->index, k, id);
    frame_id_make(video, frame->index, frame_id);
    json_t *o = json_object();
    json_set_string(o, "id", id);
    json_set_string(o, "frame", frame_id);
    json_set_int64(o, "index", frame->index);
    json_set_int64(o, "pts_us", frame->pts_us);
    json_set(o, "box", shape_box(object));
    json_set_string(o, "class", object->class_name);
    json_set_double(o, "score", (double)object->score);
    return o;
}

json_t *shape_track_box(
    const char *video, int64_t pts_us, const struct meta_object *box, int32_t frame_index, int32_t k)
{
    char id[OBJECT_ID_SIZE];
    object_id_make(video, frame_index, k < 0 ? 0 : k, id);
    json_t *o = json_object();
    json_set_int64(o, "pts_us", pts_us);
    json_set(o, "box", shape_box(box));
    json_set_string(o, "object", k < 0 ? NULL : id);
    return o;
}

json_t *shape_frame(const char *video, const struct meta_frame *frame, const struct object_label *labels)
{
    char id[FRAME_ID_SIZE];
    frame_id_make(video, frame->index, id);
    json_t *o = json_object();
    json_set_string(o, "id", id);
    json_set_int64(o, "index", frame->index);
    json_set_int64(o, "pts_us", frame->pts_us);
    json_set_int64(o, "width", frame->width);
    json_set_int64(o, "height", frame->height);
    json_set_string(o, "state", frame_state_name(frame->state));
    json_t *objects = json_array();
    for (size_t k = 0; k < frame->object_count; k++)
        json_array_append_new(objects, shape_object(video, frame->index, (int32_t)k, &frame->objects[k], &labels[k]));
    json_set(o, "objects", objects);
    return o;
}

json_t *shape_object_info(const char *id, const struct object_info *info, const struct object_label *label)
{
    int32_t index;
    int32_t k = 0;
    object_id_parse(id, NULL, &index, &k);
    char frame[FRAME_ID_SIZE];
    frame_id_make(info->video, info->frame_index, frame);
    json_t *o = shape_object(info->video, info->frame_index, k, &info->object, label);
    json_set_string(o, "project", info->project);
    json_set_string(o, "video", info->video);
    json_set_string(o, "frame", frame);
    json_set_int64(o, "index", info->frame_index);
    json_set_int64(o, "pts_us", info->pts_us);
    json_set_int64(o, "frame_width", info->frame_width);
    json_set_int64(o, "frame_height", info->frame_height);
    return o;
}

json_t *shape_track(const char *video, const struct meta_track *track, const struct object_label *label)
{
    char track_id[TRACK_ID_SIZE];
    char frame_id[FRAME_ID_SIZE];
    char object_id[OBJECT_ID_SIZE];
    json_t *o = json_object();
    track_id_make(video, track->n, track_id);
    json_set_string(o, "id", track_id);
    json_set_string(o, "video", video);
    json_set_string(o, "class", track->class_name);
    json_set_double(o, "score", (double)track->score);
    json_set_int64(o, "objects", track->objects);
    json_set_int64(o, "first_us", track->first_us);
    json_set_int64(o, "last_us", track->last_us);
    frame_id_make(video, track->first_frame, frame_id);
    json_set_string(o, "first_frame", frame_id);
    frame_id_make(video, track->last_frame, frame_id);
    json_set_string(o, "last_frame", frame_id);
    object_id_make(video, track->best_frame, track->best_k, object_id);
    json_set_string(o, "best", object_id);
    object_id_make(video, track->typical_frame, track->typical_k, object_id);
    json_set_string(o, "typical", object_id);
    set_label(o, label);
    return o;
}

json_t *shape_followed(int64_t objects, int64_t first_us, int64_t last_us)
{
    json_t *o = json_object();
    json_set_int64(o, "objects", objects);
    json_set_int64(o, "first_us", first_us);
    json_set_int64(o, "last_us", last_us);
    return o;
}

json_t *shape_hit(const struct search_hit *hit, const struct object_label *label, float confidence)
{
    char frame[FRAME_ID_SIZE];
    frame_id_make(hit->video, hit->frame_index, frame);
    json_t *o = json_object();
    json_set_string(o, "object", hit->object);
    json_set_double(o, "score", (double)hit->score);
    if (confidence >= 0)
        json_set_double(o, "confidence", (double)confidence);
    json_set_string(o, "video", hit->video);
    json_set_string(o, "frame", frame);
    json_set_int64(o, "index", hit->frame_index);
    json_set_int64(o, "pts_us", hit->pts_us);
    json_set_int64(o, "frame_width", hit->frame_width);
    json_set_int64(o, "frame_height", hit->frame_height);
    json_set(o, "box", shape_box(&hit->box));
    json_set_string(o, "class", hit->box.class_name);
    json_set_double(o, "detector_score", (double)hit->box.score);
    shape_set_track(o, "track", hit->video, hit->box.track);
    set_label(o, label);
    return o;
}

json_t *shape_dead_letter(const struct queue_dead_letter *letter)
{
    json_t *o = json_object();
    // A message may be dead because nobody could read it.
    json_t *message = NULL;
    if (json_parse(letter->body, letter->body_size, NULL, &message, NULL) != ERR_NONE)
        message = NULL;
    json_set_int64(o, "id", letter->id);
    json_set_string(o, "topic", letter->topic);
    json_set_string(o, "project", json_string_value(json_object_get(message, "project")));
    json_set_string(o, "key", letter->key);
    json_set_string(o, "reason", letter->reason);
    json_set_int64(o, "attempts", letter->attempts);
    shape_set_time(o, "failed_at", letter->failed_us);
    json_decref(message);
    return o;
}
