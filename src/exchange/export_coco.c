// COCO: one JSON document with images, annotations and categories.
//
// What is Framehound's own stands where other readers do not mind it: in the images (`video`, `frame_index`, `pts_us`),
// in the annotations' `attributes`, and in the list `negatives`, because a negative as an annotation would be a
// positive to everybody else.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "exchange/export_internal.h"
#include "exchange/text.h"

// Image ids are a video's place times this, plus its frame's index, plus 1.
#define FRAMES_PER_VIDEO (INT64_C(1) + FRAME_INDEX_MAX)

struct coco {
    struct spool *annotations; // NULL where they go out at once
    struct spool *images, *negatives;
    struct strbuf head, videos;
    int64_t annotation_count;
    bool has_image, has_negative;
};

static void write_head(const struct export *e, struct strbuf *out)
{
    char now[CLOCK_TEXT_MAX];
    clock_format_utc(e->config.now_us, now);
    strbuf_addf(out,
        "{\"info\":{\"description\":\"Framehound, project %s\",\"version\":\"1\",\"date_created\":\"%s\","
        "\"framehound\":\"" FRAMEHOUND_VERSION "\"},\"licenses\":[],\"annotations\":[",
        e->request.project, now);
}

static enum err_code begin(struct export *e, struct err *err)
{
    struct coco *coco = mem_calloc(1, sizeof(*coco));
    e->own = coco;
    strbuf_init(&coco->head);
    strbuf_init(&coco->videos);
    enum err_code code = spool_new(e->config.temp_dir, &coco->images, err);
    if (code == ERR_NONE)
        code = spool_new(e->config.temp_dir, &coco->negatives, err);
    // In an archive the document comes last: pictures are members of their own.
    if (code == ERR_NONE && e->zip != NULL)
        code = spool_new(e->config.temp_dir, &coco->annotations, err);
    write_head(e, e->zip != NULL ? &coco->head : export_out(e));
    return code;
}

static enum err_code begin_video(struct export *e, struct err *err)
{
    (void)err;
    struct coco *coco = e->own;
    const struct meta_video *video = e->video;
    strbuf_addf(&coco->videos, "%s{\"id\":\"%s\",\"name\":", coco->videos.size > 0 ? "," : "", video->id);
    text_add_json(&coco->videos, video->name);
    strbuf_addf(&coco->videos, ",\"width\":%d,\"height\":%d,\"duration_us\":%" PRId64 "}", (int)video->media.width,
        (int)video->media.height, video->media.duration_us);
    return ERR_NONE;
}

// ---- a frame

static int64_t image_id(const struct export *e, const struct meta_frame *frame)
{
    return (int64_t)e->video_place * FRAMES_PER_VIDEO + frame->index + 1;
}

static void add_box(struct strbuf *out, const struct meta_object *box)
{
    const float numbers[] = {box->x, box->y, box->width, box->height};
    strbuf_adds(out, "\"bbox\":[");
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            strbuf_addc(out, ',');
        text_add_float(out, numbers[i]);
    }
    strbuf_addc(out, ']');
}

static const char *kind_of(const struct export_object *object)
{
    if (object->is_class)
        return "class";
    if (object->state->kind == LABEL_PROBABLE)
        return "probable";
    return object->state->said ? "explicit" : "track";
}

static void add_attributes(struct strbuf *out, const struct export *e, const struct export_object *object)
{
    char track[TRACK_ID_SIZE];
    strbuf_addf(out, "\"attributes\":{\"object_id\":\"%s\",\"kind\":\"%s\",\"class\":", object->id, kind_of(object));
    text_add_json(out, object->stored->class_name);
    strbuf_adds(out, ",\"score\":");
    text_add_float(out, object->stored->score);
    if (object->stored->track >= 0) {
        track_id_make(e->video->id, object->stored->track, track);
        strbuf_addf(out, ",\"track_id\":\"%s\"", track);
    }
    if (!object->is_class && object->state->kind == LABEL_PROBABLE) {
        strbuf_adds(out, ",\"label_score\":");
        text_add_float(out, object->state->score);
    }
    strbuf_adds(out, "}}");
}

static void add_annotation(struct export *e, const struct meta_frame *frame, const struct export_object *object)
{
    struct coco *coco = e->own;
    struct strbuf *out = coco->annotations != NULL ? spool_text(coco->annotations) : export_out(e);
    const struct meta_object *box = object->stored;
    strbuf_addf(out, "%s{\"id\":%" PRId64 ",\"image_id\":%" PRId64 ",\"category_id\":%zu,",
        coco->annotation_count > 0 ? ",\n" : "\n", coco->annotation_count + 1, image_id(e, frame),
        object->category + 1);
    coco->annotation_count++;
    add_box(out, box);
    strbuf_adds(out, ",\"area\":");
    text_add_float(out, box->width * box->height);
    // Some readers want an outline to be there, even if it is none.
    strbuf_adds(out, ",\"segmentation\":[],\"iscrowd\":0,");
    add_attributes(out, e, object);
}

static void add_negatives(struct export *e, const struct export_frame *frame, size_t k)
{
    struct coco *coco = e->own;
    struct strbuf *out = spool_text(coco->negatives);
    const struct label_state *state = &frame->states->items[frame->state_first + k];
    char id[OBJECT_ID_SIZE];
    object_id_make(e->video->id, frame->stored->index, (int32_t)k, id);
    for (size_t i = 0; i < state->negative_count; i++) {
        const char *label = frame->states->negatives[state->negative_first + i];
        if (!export_wants_label(e, label))
            continue;
        strbuf_addf(out, "%s{\"image_id\":%" PRId64 ",\"object_id\":\"%s\",", coco->has_negative ? ",\n" : "\n",
            image_id(e, frame->stored), id);
        coco->has_negative = true;
        add_box(out, &frame->stored->objects[k]);
        strbuf_adds(out, ",\"label\":");
        text_add_json(out, label);
        strbuf_addc(out, '}');
    }
}

static void add_image(struct export *e, const struct meta_frame *frame, const char *id)
{
    struct coco *coco = e->own;
    strbuf_addf(spool_text(coco->images),
        "%s{\"id\":%" PRId64 ",\"file_name\":\"%s.jpg\",\"width\":%d,\"height\":%d,\"video\":\"%s\","
        "\"frame_index\":%d,\"pts_us\":%" PRId64 "}",
        coco->has_image ? ",\n" : "\n", image_id(e, frame), id, (int)frame->width, (int)frame->height, e->video->id,
        (int)frame->index, frame->pts_us);
    coco->has_image = true;
}

static enum err_code frame(struct export *e, const struct export_frame *frame, struct err *err)
{
    struct coco *coco = e->own;
    char id[FRAME_ID_SIZE];
    char name[64];
    if (!frame->is_wanted)
        return ERR_NONE;
    frame_id_make(e->video->id, frame->stored->index, id);
    for (size_t i = 0; i < frame->count; i++)
        add_annotation(e, frame->stored, &frame->objects[i]);
    for (size_t k = 0; k < frame->stored->object_count; k++)
        add_negatives(e, frame, k);
    add_image(e, frame->stored, id);
    snprintf(name, sizeof(name), "images/default/%s.jpg", id);
    enum err_code code = coco->annotations != NULL ? spool_flush(coco->annotations, err) : ERR_NONE;
    if (code == ERR_NONE)
        code = spool_flush(coco->images, err);
    if (code == ERR_NONE)
        code = spool_flush(coco->negatives, err);
    if (code == ERR_NONE && frame->has_picture)
        code = export_put(e, name, frame->picture, frame->picture_size, false, err);
    return code;
}

// ---- the end

static void write_tail(const struct export *e, struct strbuf *out)
{
    const struct coco *coco = e->own;
    strbuf_addf(out, "],\"videos\":[%s],\"categories\":[", coco->videos.data);
    for (size_t i = 0; i < e->categories.count; i++)
        strbuf_addf(out, "%s{\"id\":%zu,\"name\":%s,\"supercategory\":\"\"}", i > 0 ? "," : "", i + 1,
            e->categories.items[i].json);
    strbuf_adds(out, "]}\n");
}

static void queue_spool(struct export *e, struct spool **spool)
{
    export_queue_spool(e, *spool);
    *spool = NULL;
}

static enum err_code end(struct export *e, struct err *err)
{
    static const char images[] = "],\"images\":[";
    static const char negatives[] = "],\"negatives\":[";
    struct coco *coco = e->own;
    struct strbuf tail;
    strbuf_init(&tail);
    write_tail(e, &tail);
    enum err_code code = ERR_NONE;
    if (e->zip != NULL) {
        uint64_t size = coco->head.size + spool_size(coco->annotations) + sizeof(images) - 1 +
            spool_size(coco->images) + sizeof(negatives) - 1 + spool_size(coco->negatives) + tail.size;
        code = export_queue_file(e, "annotations/instances_default.json", size, err);
        if (code == ERR_NONE) {
            export_queue_text(e, coco->head.data, coco->head.size);
            queue_spool(e, &coco->annotations);
        }
    }
    if (code == ERR_NONE) {
        export_queue_text(e, images, sizeof(images) - 1);
        queue_spool(e, &coco->images);
        export_queue_text(e, negatives, sizeof(negatives) - 1);
        queue_spool(e, &coco->negatives);
        export_queue_text(e, tail.data, tail.size);
    }
    strbuf_release(&tail);
    return code;
}

static void release(struct export *e)
{
    struct coco *coco = e->own;
    if (coco == NULL)
        return;
    spool_free(coco->annotations);
    spool_free(coco->images);
    spool_free(coco->negatives);
    strbuf_release(&coco->head);
    strbuf_release(&coco->videos);
    free(coco);
}

const struct export_format export_coco = {.extension = "json",
    .type = "application/json",
    .has_kinds = true,
    .begin = begin,
    .begin_video = begin_video,
    .frame = frame,
    .end = end,
    .release = release};
