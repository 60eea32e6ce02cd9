// CSV: a line for each object, and one for each label that it is said not to carry.
#include <inttypes.h>

#include "exchange/csv.h"
#include "exchange/export_internal.h"
#include "exchange/text.h"

static enum err_code begin(struct export *e, struct err *err)
{
    (void)err;
    strbuf_adds(export_out(e),
        "video,frame,pts_us,frame_width,frame_height,object,track,class,score,x,y,width,height,label,kind,label_"
        "score\r\n");
    return ERR_NONE;
}

static void add_object(struct export *e, const struct export_frame *frame, size_t k, const struct meta_object *object)
{
    struct strbuf *out = export_out(e);
    char id[OBJECT_ID_SIZE];
    char track[TRACK_ID_SIZE] = "";
    object_id_make(e->video->id, frame->stored->index, (int32_t)k, id);
    if (object->track >= 0)
        track_id_make(e->video->id, object->track, track);
    strbuf_addf(out, "%s,%d,%" PRId64 ",%d,%d,%s,%s,", e->video->id, (int)frame->stored->index, frame->stored->pts_us,
        (int)frame->stored->width, (int)frame->stored->height, id, track);
    csv_add_text(out, object->class_name);
    const float numbers[] = {object->score, object->x, object->y, object->width, object->height};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        strbuf_addc(out, ',');
        text_add_float(out, numbers[i]);
    }
    strbuf_addc(out, ',');
}

static void add_carried(struct export *e, const struct export_frame *frame, const struct export_object *object)
{
    struct strbuf *out = export_out(e);
    const struct label_state *state = object->state;
    add_object(e, frame, object->k, object->stored);
    if (object->is_class) {
        strbuf_adds(out, ",,\r\n");
        return;
    }
    csv_add_text(out, state->name);
    if (state->kind == LABEL_PROBABLE) {
        strbuf_adds(out, ",probable,");
        text_add_float(out, state->score);
    } else {
        strbuf_adds(out, state->said ? ",explicit," : ",track,");
    }
    strbuf_adds(out, "\r\n");
}

static void add_negatives(struct export *e, const struct export_frame *frame, size_t k)
{
    const struct label_state *state = &frame->states->items[frame->state_first + k];
    for (size_t i = 0; i < state->negative_count; i++) {
        const char *label = frame->states->negatives[state->negative_first + i];
        if (!export_wants_label(e, label))
            continue;
        add_object(e, frame, k, &frame->stored->objects[k]);
        csv_add_text(export_out(e), label);
        strbuf_adds(export_out(e), ",negative,\r\n");
    }
}

static enum err_code frame(struct export *e, const struct export_frame *frame, struct err *err)
{
    (void)err;
    size_t next = 0;
    for (size_t k = 0; k < frame->stored->object_count; k++) {
        if (next < frame->count && frame->objects[next].k == k)
            add_carried(e, frame, &frame->objects[next++]);
        add_negatives(e, frame, k);
    }
    return ERR_NONE;
}

const struct export_format export_csv = {
    .extension = "csv", .type = "text/csv; charset=utf-8", .has_kinds = true, .begin = begin, .frame = frame};
