// MOTChallenge: a folder for each video, with its tracks as ground truth.
//
// Frames are numbered from 1 in the order of the video's indexed frames, without gaps, as the format's tools want it;
// frames.csv says which frame each number is, and when it is shown.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "exchange/export_internal.h"
#include "vision/mot_file.h"

struct mot {
    struct spool *truth, *frames;
    int32_t width, height; // of the first frame
    int64_t *tracks;       // of the frame at hand
};

static enum err_code begin_video(struct export *e, struct err *err)
{
    if (e->own == NULL)
        e->own = mem_calloc(1, sizeof(struct mot));
    struct mot *mot = e->own;
    mot->width = mot->height = 0;
    enum err_code code = spool_new(e->config.temp_dir, &mot->truth, err);
    if (code == ERR_NONE)
        code = spool_new(e->config.temp_dir, &mot->frames, err);
    if (code == ERR_NONE)
        strbuf_adds(spool_text(mot->frames), "number,frame,pts_us,width,height,image\r\n");
    return code;
}

// A track is in a place once; the surer object counts.
static bool is_new(struct mot *mot, size_t count, int64_t track)
{
    for (size_t i = 0; i < count; i++) {
        if (mot->tracks[i] == track)
            return false;
    }
    mot->tracks[count] = track;
    return true;
}

static void add_rows(struct mot *mot, const struct export_frame *frame)
{
    size_t count = 0;
    mot->tracks = mem_realloc_array(mot->tracks, frame->count + 1, sizeof(*mot->tracks));
    for (size_t i = 0; i < frame->count; i++) {
        const struct export_object *object = &frame->objects[i];
        const struct meta_object *box = object->stored;
        const struct mot_row row = {.frame = frame->number,
            .id = box->track + 1,
            .x = (double)box->x,
            .y = (double)box->y,
            .width = (double)box->width,
            .height = (double)box->height,
            // Of truth this says whether the row counts.
            .confidence = object->is_refused ? 0 : 1,
            .class_id = (int32_t)object->category + 1,
            .visibility = 1};
        if (is_new(mot, count, box->track)) {
            mot_row_format(&row, spool_text(mot->truth));
            count++;
        }
    }
}

static enum err_code frame(struct export *e, const struct export_frame *frame, struct err *err)
{
    struct mot *mot = e->own;
    const struct meta_frame *stored = frame->stored;
    char image[64] = "";
    enum err_code code = ERR_NONE;
    if (mot->width == 0) {
        mot->width = stored->width;
        mot->height = stored->height;
    }
    if (frame->has_picture) {
        snprintf(image, sizeof(image), "%s/img1/%06d.jpg", e->video->id, (int)frame->number);
        code = export_put(e, image, frame->picture, frame->picture_size, false, err);
    }
    add_rows(mot, frame);
    strbuf_addf(spool_text(mot->frames), "%d,%d,%" PRId64 ",%d,%d,%s\r\n", (int)frame->number, (int)stored->index,
        stored->pts_us, (int)stored->width, (int)stored->height, image[0] != '\0' ? image + VIDEO_ID_LENGTH + 1 : "");
    if (code == ERR_NONE)
        code = spool_flush(mot->truth, err);
    return code == ERR_NONE ? spool_flush(mot->frames, err) : code;
}

// Whole frames a second, which is all that the format's tools take; frames.csv has the exact times.
static int frame_rate(const struct meta_video *video)
{
    const struct sampling *sampling = &video->sampling;
    double rate = sampling->all ? video->media.frame_rate : (double)sampling->fps_num / sampling->fps_den;
    return rate >= 1 && rate <= 1e6 ? (int)lround(rate) : 1;
}

static enum err_code put_texts(struct export *e, const struct mot *mot, struct err *err)
{
    char name[64];
    struct strbuf text;
    strbuf_init(&text);
    strbuf_addf(&text,
        "[Sequence]\nname=%s\nimDir=img1\nframeRate=%d\nseqLength=%d\nimWidth=%d\nimHeight=%d\nimExt=.jpg\n",
        e->video->id, frame_rate(e->video), (int)e->number, (int)mot->width, (int)mot->height);
    snprintf(name, sizeof(name), "%s/seqinfo.ini", e->video->id);
    enum err_code code = export_put(e, name, text.data, text.size, true, err);
    strbuf_reset(&text);
    for (size_t i = 0; i < e->categories.count; i++)
        strbuf_addf(&text, "%s\n", e->categories.items[i].name);
    snprintf(name, sizeof(name), "%s/gt/labels.txt", e->video->id);
    if (code == ERR_NONE)
        code = export_put(e, name, text.data, text.size, true, err);
    strbuf_reset(&text);
    categories_table(&e->categories, 1, &text);
    snprintf(name, sizeof(name), "%s/categories.csv", e->video->id);
    if (code == ERR_NONE)
        code = export_put(e, name, text.data, text.size, true, err);
    strbuf_release(&text);
    return code;
}

static enum err_code end_video(struct export *e, struct err *err)
{
    struct mot *mot = e->own;
    char name[64];
    enum err_code code = put_texts(e, mot, err);
    snprintf(name, sizeof(name), "%s/gt/gt.txt", e->video->id);
    if (code == ERR_NONE) {
        code = export_queue_spooled_file(e, name, mot->truth, err);
        mot->truth = NULL;
    }
    snprintf(name, sizeof(name), "%s/frames.csv", e->video->id);
    if (code == ERR_NONE) {
        code = export_queue_spooled_file(e, name, mot->frames, err);
        mot->frames = NULL;
    }
    return code;
}

static void release(struct export *e)
{
    struct mot *mot = e->own;
    if (mot == NULL)
        return;
    spool_free(mot->truth);
    spool_free(mot->frames);
    free(mot->tracks);
    free(mot);
}

const struct export_format export_mot = {
    .is_archive = true, .begin_video = begin_video, .frame = frame, .end_video = end_video, .release = release};
