// Labels and labelling steps as clients see them.
#include "api/shape.h"
#include "base/json.h"

static json_t *shape_label(const struct label_summary *label)
{
    json_t *o = json_object();
    json_set_string(o, "name", label->name);
    json_set_int64(o, "positives", label->positives);
    json_set_int64(o, "negatives", label->negatives);
    json_set_int64(o, "explicit", label->explicit_);
    json_set_int64(o, "probable", label->probable);
    json_set(o, "threshold", label->has_threshold ? json_real(label->threshold) : json_null());
    json_set_string(o, "example", label->example[0] != '\0' ? label->example : NULL);
    shape_set_time(o, "created_at", label->created_us);
    shape_set_time(o, "updated_at", label->updated_us);
    return o;
}

json_t *shape_label_step(const struct label_step *step)
{
    json_t *o = json_object();
    json_set_int64(o, "id", step->id);
    json_set_string(o, "kind", label_step_kind_name(step->kind));
    json_set_string(o, "label", step->label);
    json_set_int64(o, "labels", step->labels);
    json_set_string(o, "other", step->other[0] != '\0' ? step->other : NULL);
    json_set_int64(o, "positive", step->positive);
    json_set_int64(o, "negative", step->negative);
    json_set_int64(o, "cleared", step->cleared);
    shape_set_time(o, "at", step->at_us);
    json_set_string(o, "by", step->by[0] != '\0' ? step->by : NULL);
    json_set_bool(o, "undone", step->undone);
    shape_set_time(o, "undone_at", step->undone_us);
    return o;
}

static void set_step(json_t *o, const char *field, bool has_step, const struct label_step *step)
{
    json_set(o, field, has_step ? shape_label_step(step) : json_null());
}

json_t *shape_label_list(const struct label_list *list)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(labels, shape_label(&list->items[i]));
    json_t *o = json_object();
    json_set(o, "labels", labels);
    json_set_int64(o, "version", list->version);
    set_step(o, "undo", list->has_undo, &list->undo);
    set_step(o, "redo", list->has_redo, &list->redo);
    return o;
}

json_t *shape_label_change(const struct label_change *change)
{
    json_t *o = json_object();
    json_set_int64(o, "version", change->version);
    set_step(o, "step", change->has_step, &change->step);
    json_set(o, "label", change->has_label ? shape_label(&change->label) : json_null());
    set_step(o, "undo", change->has_undo, &change->undo);
    set_step(o, "redo", change->has_redo, &change->redo);
    return o;
}
