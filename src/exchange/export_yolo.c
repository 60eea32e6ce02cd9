// YOLO, as Ultralytics lays it out: a text a frame under labels/, the names in data.yaml and classes.txt.
#include <inttypes.h>
#include <stdio.h>

#include "exchange/export_internal.h"
#include "exchange/text.h"

static enum err_code begin(struct export *e, struct err *err)
{
    struct spool *frames = NULL;
    enum err_code code = spool_new(e->config.temp_dir, &frames, err);
    if (code != ERR_NONE)
        return code;
    strbuf_adds(spool_text(frames), "file,video,frame,pts_us,width,height,image\r\n");
    e->own = frames;
    return ERR_NONE;
}

static double share(double value, double whole)
{
    double part = whole > 0 ? value / whole : 0;
    return part < 0 ? 0 : part > 1 ? 1 : part;
}

static void add_box(struct strbuf *out, const struct export_object *object, const struct meta_frame *frame)
{
    const struct meta_object *box = object->stored;
    double x = (double)box->x + (double)box->width / 2;
    double y = (double)box->y + (double)box->height / 2;
    strbuf_addf(out, "%zu %.8f %.8f %.8f %.8f\n", object->category, share(x, frame->width), share(y, frame->height),
        share((double)box->width, frame->width), share((double)box->height, frame->height));
}

static enum err_code frame(struct export *e, const struct export_frame *frame, struct err *err)
{
    struct spool *frames = e->own;
    const struct meta_frame *stored = frame->stored;
    char id[FRAME_ID_SIZE];
    char image[64] = "";
    char name[64];
    struct strbuf text;
    if (!frame->is_wanted)
        return ERR_NONE;
    frame_id_make(e->video->id, stored->index, id);
    snprintf(name, sizeof(name), "labels/train/%s.txt", id);
    if (frame->has_picture)
        snprintf(image, sizeof(image), "images/train/%s.jpg", id);
    strbuf_init(&text);
    for (size_t i = 0; i < frame->count; i++)
        add_box(&text, &frame->objects[i], stored);
    enum err_code code = export_put(e, name, text.data, text.size, true, err);
    strbuf_release(&text);
    if (code == ERR_NONE && frame->has_picture)
        code = export_put(e, image, frame->picture, frame->picture_size, false, err);
    strbuf_addf(spool_text(frames), "%s,%s,%d,%" PRId64 ",%d,%d,%s\r\n", name, e->video->id, (int)stored->index,
        stored->pts_us, (int)stored->width, (int)stored->height, image);
    return code == ERR_NONE ? spool_flush(frames, err) : code;
}

static enum err_code put_names(struct export *e, struct err *err)
{
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < e->categories.count; i++)
        strbuf_addf(&text, "%s\n", e->categories.items[i].name);
    enum err_code code = export_put(e, "classes.txt", text.data, text.size, true, err);
    strbuf_reset(&text);
    // A JSON string is one of YAML's quoted forms. Without `path` the pictures are looked for beside this file.
    strbuf_addf(&text, "train: images/train\nval: images/train\nnc: %zu\nnames:%s\n", e->categories.count,
        e->categories.count == 0 ? " []" : "");
    for (size_t i = 0; i < e->categories.count; i++)
        strbuf_addf(&text, "  %zu: %s\n", i, e->categories.items[i].json);
    if (code == ERR_NONE)
        code = export_put(e, "data.yaml", text.data, text.size, true, err);
    strbuf_reset(&text);
    categories_table(&e->categories, 0, &text);
    if (code == ERR_NONE)
        code = export_put(e, "categories.csv", text.data, text.size, true, err);
    strbuf_release(&text);
    return code;
}

static enum err_code end(struct export *e, struct err *err)
{
    struct spool *frames = e->own;
    enum err_code code = put_names(e, err);
    e->own = NULL;
    if (code == ERR_NONE)
        return export_queue_spooled_file(e, "frames.csv", frames, err);
    spool_free(frames);
    return code;
}

static void release(struct export *e)
{
    spool_free(e->own);
}

const struct export_format export_yolo = {
    .is_archive = true, .begin = begin, .frame = frame, .end = end, .release = release};
