// Corrections of tracks as clients see them.
#include "api/shape.h"
#include "base/json.h"

json_t *shape_track_step(const char *video, const struct track_step *step)
{
    json_t *o = json_object();
    json_set_int64(o, "id", step->id);
    json_set_string(o, "kind", track_step_kind_name(step->kind));
    json_set_string(o, "about", track_step_kind_name(step->about));
    json_set(o, "step", step->step > 0 ? json_integer(step->step) : json_null());
    shape_set_track(o, "track", video, step->track);
    shape_set_track(o, "other", video, step->other);
    shape_set_track(o, "made", video, step->made);
    json_set_int64(o, "objects", step->objects);
    json_set_int64(o, "time_us", step->time_us);
    shape_set_time(o, "at", step->at_us);
    json_set_int64(o, "at_us", step->at_us);
    json_set_string(o, "by", step->by[0] != '\0' ? step->by : NULL);
    json_set_bool(o, "undone", step->undone);
    shape_set_time(o, "undone_at", step->undone_us);
    json_set_string(o, "passed_over", step->passed_over[0] != '\0' ? step->passed_over : NULL);
    return o;
}

static void set_step(json_t *o, const char *field, const char *video, bool has_step, const struct track_step *step)
{
    json_set(o, field, has_step ? shape_track_step(video, step) : json_null());
}

json_t *shape_correction(const char *video, const struct correction *correction)
{
    json_t *o = json_object();
    json_t *removed = json_array();
    for (size_t i = 0; i < correction->gone_count; i++) {
        char id[TRACK_ID_SIZE];
        track_id_make(video, correction->gone[i], id);
        json_array_append_new(removed, json_string(id));
    }
    json_set_int64(o, "version", correction->version);
    json_set(o, "step", shape_track_step(video, &correction->step));
    json_set(o, "removed", removed);
    set_step(o, "undo", video, correction->has_undo, &correction->undo);
    set_step(o, "redo", video, correction->has_redo, &correction->redo);
    return o;
}

json_t *shape_correction_list(const char *video, const struct correction_list *list)
{
    json_t *o = json_object();
    json_t *steps = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(steps, shape_track_step(video, &list->steps[i]));
    json_set_int64(o, "version", list->version);
    json_set(o, "steps", steps);
    set_step(o, "undo", video, list->has_undo, &list->undo);
    set_step(o, "redo", video, list->has_redo, &list->redo);
    return o;
}
