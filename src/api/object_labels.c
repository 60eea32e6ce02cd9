// The labels of what is shown: of objects in frames, and of hits.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"

// Objects to ask about, with their ids.
struct asked {
    struct label_object *objects;
    char (*ids)[OBJECT_ID_SIZE];
    size_t count;
};

static void asked_init(struct asked *asked, size_t capacity)
{
    asked->objects = mem_realloc_array(NULL, capacity + 1, sizeof(*asked->objects));
    asked->ids = mem_realloc_array(NULL, capacity + 1, sizeof(*asked->ids));
    asked->count = 0;
}

static void asked_release(struct asked *asked)
{
    free(asked->objects);
    free(asked->ids);
}

static void ask_frames(struct asked *asked, const char *video, const struct meta_frame *frames, size_t count)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += frames[i].object_count;
    asked_init(asked, total);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < frames[i].object_count; k++) {
            char *id = asked->ids[asked->count];
            object_id_make(video, frames[i].index, (int32_t)k, id);
            const struct meta_object *object = &frames[i].objects[k];
            asked->objects[asked->count++] =
                (struct label_object){.object = id, .track = object->track, .class_name = object->class_name};
        }
    }
}

enum err_code api_labels_of_frames(struct api *api, const char *project, const char *video,
    const struct meta_frame *frames, size_t count, struct object_labels *set, struct err *err)
{
    struct asked asked;
    ask_frames(&asked, video, frames, count);
    enum err_code code = labels_of_objects(api->config.labels, project, asked.objects, asked.count, set, err);
    asked_release(&asked);
    return code;
}

enum err_code api_match_frames(struct api *api, const char *project, const char *video, const char *label,
    const struct meta_frame *frames, size_t count, enum label_kind **kinds, struct err *err)
{
    struct asked asked;
    ask_frames(&asked, video, frames, count);
    *kinds = mem_realloc_array(NULL, asked.count + 1, sizeof(**kinds));
    enum err_code code = err_of_field(
        err, labels_match(api->config.labels, project, label, asked.objects, asked.count, *kinds, err), "label");
    asked_release(&asked);
    if (code != ERR_NONE) {
        free(*kinds);
        *kinds = NULL;
    }
    return code;
}

enum err_code api_label_of(
    struct api *api, const char *id, const struct object_info *info, struct object_labels *set, struct err *err)
{
    const struct label_object object = {
        .object = id, .track = info->object.track, .class_name = info->object.class_name};
    return labels_of_objects(api->config.labels, info->project, &object, 1, set, err);
}

enum err_code api_shape_hits(struct api *api, const char *project, const struct search_hit *hits,
    const float *confidences, size_t count, json_t **out, struct err *err)
{
    struct object_labels set = {0};
    struct label_object *objects = mem_realloc_array(NULL, count + 1, sizeof(*objects));
    for (size_t i = 0; i < count; i++)
        objects[i] = (struct label_object){
            .object = hits[i].object, .track = hits[i].box.track, .class_name = hits[i].box.class_name};
    enum err_code code = labels_of_objects(api->config.labels, project, objects, count, &set, err);
    if (code == ERR_NONE) {
        *out = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(*out, shape_hit(&hits[i], &set.items[i], confidences != NULL ? confidences[i] : -1));
    }
    object_labels_release(&set);
    free(objects);
    return code;
}

enum err_code api_shape_label_hits(
    struct api *api, const char *project, const struct labelled_objects *hits, json_t **out, struct err *err)
{
    struct search_hit *found = mem_calloc(hits->count + 1, sizeof(*found));
    float *confidences = mem_calloc(hits->count + 1, sizeof(*confidences));
    const struct label_part **parts = mem_calloc(hits->count + 1, sizeof(*parts));
    size_t count = 0;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < hits->count && code == ERR_NONE; i++) {
        code = search_describe(api->config.search, hits->items[i].object, hits->items[i].score, &found[count], err);
        if (code == ERR_NOT_FOUND) { // its video is being deleted
            err_clear(err);
            code = ERR_NONE;
        } else if (code == ERR_NONE) {
            parts[count] = &hits->items[i].part;
            confidences[count++] = hits->items[i].confidence;
        }
    }
    if (code == ERR_NONE)
        code = api_shape_hits(api, project, found, confidences, count, out, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        if (parts[i]->objects > 0)
            json_set(json_array_get(*out, i), "followed",
                shape_followed(parts[i]->objects, parts[i]->first_us, parts[i]->last_us));
    }
    free(parts);
    free(found);
    free(confidences);
    return code;
}

enum err_code api_tell_followed(struct api *api, json_t *hits, struct err *err)
{
    enum err_code code = ERR_NONE;
    json_t *told = json_object(); // by track: several hits may be of one
    for (size_t i = 0; i < json_array_size(hits) && code == ERR_NONE; i++) {
        json_t *hit = json_array_get(hits, i);
        const char *id = json_string_value(json_object_get(hit, "track"));
        char video[VIDEO_ID_SIZE];
        int64_t n = -1;
        if (id == NULL || !track_id_parse(id, video, &n))
            continue;
        json_t *followed = json_object_get(told, id);
        if (followed == NULL) {
            struct meta_track track;
            code = meta_store_get_track(api->config.ingest->meta, video, n, &track, err);
            if (code == ERR_NOT_FOUND) { // tracked again in just this moment
                err_clear(err);
                code = ERR_NONE;
            } else if (code == ERR_NONE) {
                followed = shape_followed(track.objects, track.first_us, track.last_us);
                json_set(told, id, followed);
            }
        }
        if (followed != NULL)
            json_set(hit, "followed", json_incref(followed));
    }
    json_decref(told);
    return code;
}

enum err_code api_label_filter(struct api *api, struct http_request *request, const char *project, const char *field,
    struct vector_filter *filter, struct err *err)
{
    struct label_filter carried = {0};
    if (filter->label_count == 0)
        return ERR_NONE;
    enum err_code code = labels_filter(api->config.labels, project, filter->labels, filter->label_count, &carried, err);
    if (code != ERR_NONE)
        return code == ERR_INVALID ? err_of_field(err, code, field) : code;
    // The filter lives as long as the request.
    struct arena *arena = http_request_arena(request);
    const char **names = arena_alloc_array(arena, carried.name_count, sizeof(*names));
    for (size_t i = 0; i < carried.name_count; i++)
        names[i] = arena_strdup(arena, carried.names[i]);
    size_t excluded_count = filter->exclude_count + carried.exception_count;
    const char **excluded = arena_alloc_array(arena, excluded_count + 1, sizeof(*excluded));
    for (size_t i = 0; i < filter->exclude_count; i++)
        excluded[i] = filter->exclude[i];
    for (size_t i = 0; i < carried.exception_count; i++)
        excluded[filter->exclude_count + i] = arena_strdup(arena, carried.exceptions[i]);
    filter->labels = names;
    if (carried.track_count > 0)
        filter->labelled = arena_dup(arena, carried.tracks, carried.track_count * sizeof(*carried.tracks));
    filter->labelled_count = carried.track_count;
    if (carried.refused != NULL) {
        filter->refused = arena_dup(arena, &names[0], sizeof(names[0]));
        filter->refused_count = 1;
    }
    filter->exclude = excluded;
    filter->exclude_count = excluded_count;
    label_filter_release(&carried);
    return ERR_NONE;
}
