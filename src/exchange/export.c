// The walk: which objects are exported, frame by frame. What becomes of them is in export_{coco,yolo,csv,mot}.c.
#include "exchange/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "exchange/export_internal.h"
#include "os/cancel.h"

#define FRAMES_AT_ONCE 100
#define CHUNK_BYTES ((size_t)256 * 1024)

bool export_wants_label(const struct export *e, const char *label)
{
    return e->label == NULL || strcmp(e->label, label) == 0;
}

struct strbuf *export_out(struct export *e)
{
    return e->out;
}

// ---- what is queued

static enum err_code check_files(struct export *e, struct err *err)
{
    if (++e->files <= EXPORT_ARCHIVE_FILES_MAX)
        return ERR_NONE;
    return err_set(err, ERR_LIMIT, "the archive would have more than %d files: export one video after the other",
        EXPORT_ARCHIVE_FILES_MAX);
}

enum err_code export_put(
    struct export *e, const char *name, const void *bytes, size_t size, bool compress, struct err *err)
{
    enum err_code code = check_files(e, err);
    return code == ERR_NONE ? zip_writer_put(e->zip, name, bytes, size, compress, err) : code;
}

static struct export_piece *add_piece(struct export *e)
{
    e->pieces = mem_realloc_array(e->pieces, e->piece_count + 1, sizeof(*e->pieces));
    struct export_piece *piece = &e->pieces[e->piece_count++];
    *piece = (struct export_piece){0};
    return piece;
}

enum err_code export_queue_file(struct export *e, const char *name, uint64_t size, struct err *err)
{
    enum err_code code = check_files(e, err);
    if (code != ERR_NONE)
        return code;
    struct export_piece *piece = add_piece(e);
    piece->member = mem_strdup(name);
    piece->size = size;
    return ERR_NONE;
}

void export_queue_text(struct export *e, const char *text, size_t size)
{
    struct export_piece *piece = add_piece(e);
    piece->text = mem_dup(text, size);
    piece->text_size = size;
}

void export_queue_spool(struct export *e, struct spool *spool)
{
    add_piece(e)->spool = spool;
}

enum err_code export_queue_spooled_file(struct export *e, const char *name, struct spool *spool, struct err *err)
{
    enum err_code code = export_queue_file(e, name, spool_size(spool), err);
    export_queue_spool(e, spool);
    return code;
}

static void release_pieces(struct export *e)
{
    for (size_t i = 0; i < e->piece_count; i++) {
        free(e->pieces[i].member);
        free(e->pieces[i].text);
        spool_free(e->pieces[i].spool);
    }
    free(e->pieces);
    e->pieces = NULL;
    e->piece_count = e->piece_place = 0;
    e->piece_begun = false;
}

static enum err_code give(struct export *e, const void *bytes, size_t size, struct err *err)
{
    if (e->zip != NULL)
        return zip_writer_add(e->zip, bytes, size, err);
    strbuf_add(e->out, bytes, size);
    return ERR_NONE;
}

static enum err_code begin_piece(struct export *e, const struct export_piece *piece, struct err *err)
{
    enum err_code code =
        piece->member != NULL ? zip_writer_begin(e->zip, piece->member, piece->size, true, err) : ERR_NONE;
    if (code == ERR_NONE && piece->text != NULL)
        code = give(e, piece->text, piece->text_size, err);
    return code;
}

// One block of what is queued.
static enum err_code give_queued(struct export *e, struct err *err)
{
    struct export_piece *piece = &e->pieces[e->piece_place];
    enum err_code code = e->piece_begun ? ERR_NONE : begin_piece(e, piece, err);
    size_t got = 0;
    e->piece_begun = true;
    if (code == ERR_NONE && piece->spool != NULL) {
        char *block = mem_alloc(CHUNK_BYTES / 4);
        code = spool_read(piece->spool, block, CHUNK_BYTES / 4, &got, err);
        if (code == ERR_NONE)
            code = give(e, block, got, err);
        free(block);
    }
    if (got == 0) {
        e->piece_begun = false;
        if (++e->piece_place == e->piece_count)
            release_pieces(e);
    }
    return code;
}

// ---- videos

static bool is_hidden(const struct meta_video *video)
{
    return video->state == VIDEO_DELETING;
}

static enum err_code open_video(struct export *e, struct err *err)
{
    enum err_code code = meta_store_get_video(e->config.meta, e->videos[e->video_place], e->video, err);
    if (code == ERR_NOT_FOUND || (code == ERR_NONE && is_hidden(e->video))) {
        // Deleted in this moment.
        err_clear(err);
        e->video_place++;
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    e->in_video = e->has_more_frames = true;
    e->after = -1;
    e->number = 0;
    return e->format->begin_video != NULL ? e->format->begin_video(e, err) : ERR_NONE;
}

static enum err_code close_video(struct export *e, struct err *err)
{
    e->in_video = false;
    e->video_place++;
    return e->format->end_video != NULL ? e->format->end_video(e, err) : ERR_NONE;
}

// ---- frames

static void release_page(struct export *e)
{
    label_states_release(&e->states);
    meta_frames_release(&e->page);
    e->page_place = e->state_place = 0;
}

static enum err_code read_states(struct export *e, struct err *err)
{
    size_t total = 0;
    size_t count = 0;
    for (size_t i = 0; i < e->page.count; i++)
        total += e->page.items[i].object_count;
    struct label_object *asked = mem_calloc(total, sizeof(*asked));
    char(*ids)[OBJECT_ID_SIZE] = mem_calloc(total, sizeof(*ids));
    for (size_t i = 0; i < e->page.count; i++) {
        const struct meta_frame *frame = &e->page.items[i];
        for (size_t k = 0; k < frame->object_count; k++) {
            object_id_make(e->video->id, frame->index, (int32_t)k, ids[count]);
            asked[count] = (struct label_object){.object = ids[count], .track = frame->objects[k].track};
            count++;
        }
    }
    enum err_code code = labels_states(e->config.labels, e->request.project, asked, count, &e->names, &e->states, err);
    free(asked);
    free(ids);
    return code;
}

static enum err_code read_page(struct export *e, struct cancel *cancel, struct err *err)
{
    const struct meta_frame_range range = {
        .to_us = -1, .after = e->after, .state_mask = 1u << FRAME_INDEXED, .limit = FRAMES_AT_ONCE};
    release_page(e);
    enum err_code code = cancel_check(cancel, err);
    if (code == ERR_NONE)
        code = meta_store_list_frames(e->config.meta, e->video->id, &range, &e->page, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        e->has_more_frames = false;
        return ERR_NONE;
    }
    e->has_more_frames = e->page.count == FRAMES_AT_ONCE;
    return code == ERR_NONE ? read_states(e, err) : code;
}

static bool takes_probable(const struct export *e)
{
    // Where all are exported a probable label must be told from one that was said.
    return e->request.kind == EXPORT_PROBABLE || (e->request.kind == EXPORT_ALL && e->format->has_kinds);
}

static bool carries(const struct export *e, const struct label_state *state)
{
    if (state->kind == LABEL_NONE || (state->kind == LABEL_PROBABLE && !takes_probable(e)))
        return false;
    return export_wants_label(e, state->name);
}

// Whether the object is exported, and as what.
static bool take_object(struct export *e, const struct meta_object *stored, struct export_object *object)
{
    bool is_mot = e->request.format == EXCHANGE_MOT;
    if ((e->request.tracks || is_mot) && stored->track < 0)
        return false;
    if (carries(e, object->state)) {
        object->category = categories_find_or_add(&e->categories, object->state->name, true);
        return true;
    }
    if (e->request.kind != EXPORT_ALL || e->label != NULL)
        return false;
    object->is_class = true;
    object->is_refused = label_refusals_has_id(e->refusals, stored->class_name, object->id, stored->track);
    // A format that can say that something is not to count has it all the same.
    if (object->is_refused && !is_mot)
        return false;
    object->category = categories_find_or_add(&e->categories, stored->class_name, false);
    return true;
}

static size_t take_objects(struct export *e, const struct meta_frame *stored)
{
    size_t count = 0;
    e->objects = mem_realloc_array(e->objects, stored->object_count + 1, sizeof(*e->objects));
    for (size_t k = 0; k < stored->object_count; k++) {
        struct export_object *object = &e->objects[count];
        *object = (struct export_object){
            .k = k, .stored = &stored->objects[k], .state = &e->states.items[e->state_place + k]};
        object_id_make(e->video->id, stored->index, (int32_t)k, object->id);
        count += take_object(e, object->stored, object);
    }
    return count;
}

static bool has_negatives(const struct export *e, const struct export_frame *frame)
{
    for (size_t k = 0; k < frame->stored->object_count; k++) {
        const struct label_state *state = &frame->states->items[frame->state_first + k];
        for (size_t i = 0; i < state->negative_count; i++) {
            if (export_wants_label(e, frame->states->negatives[state->negative_first + i]))
                return true;
        }
    }
    return false;
}

// A picture that was not kept is no error: the side list says that it is not there.
static enum err_code read_picture(
    struct export *e, const struct meta_frame *frame, void **bytes, size_t *size, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    blob_key_frame(e->request.project, e->video->id, frame->index, key);
    enum err_code code = blob_store_get(e->config.blobs, key, EXPORT_PICTURE_SIZE_MAX, bytes, size, err);
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static enum err_code give_frame(struct export *e, struct err *err)
{
    const struct meta_frame *stored = &e->page.items[e->page_place++];
    struct export_frame frame = {.stored = stored,
        .number = ++e->number,
        .states = &e->states,
        .state_first = e->state_place,
        .count = take_objects(e, stored)};
    frame.objects = e->objects;
    frame.is_wanted = frame.count > 0 || e->request.all_frames || (e->format->has_kinds && has_negatives(e, &frame));
    void *picture = NULL;
    enum err_code code = ERR_NONE;
    if (e->request.images && frame.is_wanted)
        code = read_picture(e, stored, &picture, &frame.picture_size, err);
    frame.picture = picture;
    frame.has_picture = picture != NULL;
    if (code == ERR_NONE)
        code = e->format->frame(e, &frame, err);
    free(picture);
    e->after = stored->index;
    e->state_place += stored->object_count;
    return code;
}

// ---- step by step

static enum err_code finish(struct export *e, bool *done, struct err *err)
{
    if (!e->is_ended) {
        e->is_ended = true;
        return e->format->end != NULL ? e->format->end(e, err) : ERR_NONE;
    }
    *done = true;
    return e->zip != NULL ? zip_writer_finish(e->zip, err) : ERR_NONE;
}

static enum err_code go_on(struct export *e, struct cancel *cancel, bool *done, struct err *err)
{
    if (e->piece_place < e->piece_count)
        return give_queued(e, err);
    if (!e->is_begun) {
        e->is_begun = true;
        return e->format->begin != NULL ? e->format->begin(e, err) : ERR_NONE;
    }
    if (!e->in_video)
        return e->video_place < e->video_count ? open_video(e, err) : finish(e, done, err);
    if (e->page_place < e->page.count)
        return give_frame(e, err);
    if (e->has_more_frames)
        return read_page(e, cancel, err);
    return close_video(e, err);
}

enum err_code export_next(struct export *e, struct cancel *cancel, struct strbuf *out, bool *done, struct err *err)
{
    size_t before = out->size;
    enum err_code code = ERR_NONE;
    e->out = out;
    *done = false;
    while (code == ERR_NONE && !*done && out->size + e->gathered.size < before + CHUNK_BYTES)
        code = go_on(e, cancel, done, err);
    strbuf_add(out, e->gathered.data, e->gathered.size);
    strbuf_reset(&e->gathered);
    return code;
}

const char *export_type(const struct export *e)
{
    return e->zip != NULL ? "application/zip" : e->format->type;
}

const char *export_file_name(const struct export *e)
{
    return e->file_name;
}

void export_free(struct export *e)
{
    if (e == NULL)
        return;
    if (e->format->release != NULL)
        e->format->release(e);
    release_pieces(e);
    release_page(e);
    zip_writer_free(e->zip);
    strbuf_release(&e->gathered);
    categories_release(&e->categories);
    label_names_release(&e->names);
    label_refusals_free(e->refusals);
    free(e->project);
    free(e->label);
    free(e->videos);
    free(e->video);
    free(e->objects);
    free(e);
}
