#include "ingest/indexer_batch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "blob_store/blob_store.h"

#define FRAME_SIZE_MAX ((size_t)64 << 20)
#define INFERENCE_TIMEOUT_MS 120000
// Crops that go to the embedder together: enough for full batches, few enough that pictures are not kept long.
#define EMBED_TOGETHER 32

static int64_t now_us(const struct index_batch *batch)
{
    return clock_monotonic_us(batch->indexer->ingest->clock);
}

static void drop_picture(struct index_slot *slot)
{
    image_unref(slot->picture);
    slot->picture = NULL;
    slot->pixels.data = NULL;
}

// ---- pictures

static void load(struct index_batch *batch, struct index_slot *slot)
{
    const struct indexer *indexer = batch->indexer;
    struct err *err = &slot->task->err;
    char key[BLOB_KEY_SIZE];
    void *bytes = NULL;
    size_t size = 0;
    int64_t start_us = now_us(batch);
    blob_key_frame(slot->task->video.project, slot->task->video.id, slot->message.frame, key);
    enum err_code code = blob_store_get(indexer->ingest->blobs, key, FRAME_SIZE_MAX, &bytes, &size, err);
    if (code == ERR_NOT_FOUND) { // what stored it was killed at a bad moment, and will do it again
        err_set(err, ERR_UNAVAILABLE, "the picture of the frame is not stored");
        return;
    }
    if (code != ERR_NONE)
        return;
    bool bgr = detector_manifest(indexer->detector)->input.colour == PIXELS_BGR;
    code = jpeg_decode(batch->jpeg_decoder, bytes, size, bgr ? IMAGE_BGR : IMAGE_RGB, 0, 0, 0, &slot->picture, err);
    free(bytes);
    if (code != ERR_NONE) {
        err_context(err, "the stored picture cannot be read");
        return;
    }
    slot->pixels = (struct pixels){.data = slot->picture->data,
        .width = slot->picture->width,
        .height = slot->picture->height,
        .stride_bytes = slot->picture->stride,
        .order = bgr ? PIXELS_BGR : PIXELS_RGB};
    slot->event.stage_us[STAGE_DECODE] = now_us(batch) - start_us;
}

// ---- embeddings

// Without embeddings there are no results: all frames that wait for some fail together.
static void fail_all(struct index_batch *batch, const struct err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (!index_slot_failed(&batch->slots[i]))
            batch->slots[i].task->err = *err;
    }
}

static bool collect_embeddings(struct index_batch *batch)
{
    struct err err = ERR_INIT;
    if (batch->embedding == NULL)
        return true;
    enum err_code code = embedding_wait(batch->embedding, INFERENCE_TIMEOUT_MS, batch->cancel,
        batch->vectors + batch->embedding_first * batch->indexer->dimension, NULL, &err);
    embedding_free(batch->embedding);
    batch->embedding = NULL;
    if (code != ERR_NONE)
        fail_all(batch, &err);
    return code == ERR_NONE;
}

// ---- detections

// False: the detector has no room, and some of what it holds is ours; that is to be taken first. Nobody waits for room
// in the detector or the embedder while holding some there, or two workers could wait for one another.
static bool submit(struct index_batch *batch, struct index_slot *slot, bool holding)
{
    struct detector *detector = batch->indexer->detector;
    struct err *err = &slot->task->err;
    if (slot->picture == NULL && !index_slot_failed(slot))
        load(batch, slot);
    if (index_slot_failed(slot))
        return true;
    slot->submitted_us = now_us(batch);
    enum err_code code = detector_submit(detector, &slot->pixels, 0, batch->cancel, &slot->detection, err);
    if (code != ERR_TIMEOUT)
        return true;
    err_clear(err);
    if (holding)
        return false;
    if (collect_embeddings(batch))
        (void)!detector_submit(detector, &slot->pixels, INFERENCE_TIMEOUT_MS, batch->cancel, &slot->detection, err);
    return true;
}

// ---- objects

static void make_objects(struct index_batch *batch, struct index_slot *slot, const struct detections *found)
{
    const struct indexer *indexer = batch->indexer;
    size_t most = (size_t)indexer->settings.max_objects;
    slot->object_count = found->count < most ? found->count : most;
    slot->objects = arena_alloc_array(batch->arena, slot->object_count + 1, sizeof(*slot->objects));
    for (size_t i = 0; i < slot->object_count; i++) {
        const struct detection *detection = &found->items[i];
        struct meta_object *object = &slot->objects[i];
        *object = (struct meta_object){.x = detection->x,
            .y = detection->y,
            .width = detection->width,
            .height = detection->height,
            .score = detection->score,
            .track = -1};
        snprintf(object->class_name, sizeof(object->class_name), "%s",
            manifest_class_name(detector_manifest(indexer->detector), detection->class_id));
    }
}

// One side of a crop: the box's with its margin, in whole pixels within the picture.
static void crop_side(float start, float length, double margin, int32_t limit, int32_t *first, int32_t *count)
{
    double begin = floor((double)start - (double)length * margin);
    double end = ceil((double)start + (double)length * (1 + margin));
    begin = fmin(fmax(begin, 0), limit - 1);
    end = fmin(fmax(end, begin + 1), limit);
    *first = (int32_t)begin;
    *count = (int32_t)(end - begin);
}

static enum err_code store_crop(struct index_batch *batch, struct index_slot *slot, size_t k, struct err *err)
{
    const struct indexer *indexer = batch->indexer;
    const struct meta_object *object = &slot->objects[k];
    char id[OBJECT_ID_SIZE];
    char key[BLOB_KEY_SIZE];
    int32_t x, y, width, height;
    crop_side(object->x, object->width, indexer->settings.crop_margin, slot->picture->width, &x, &width);
    crop_side(object->y, object->height, indexer->settings.crop_margin, slot->picture->height, &y, &height);
    enum err_code code = jpeg_encode_crop(
        batch->jpeg_encoder, slot->picture, x, y, width, height, indexer->settings.crop_quality, batch->jpeg, err);
    if (code != ERR_NONE)
        return code;
    object_id_make(slot->task->video.id, slot->message.frame, (int32_t)k, id);
    blob_key_object(slot->task->video.project, id, key);
    return blob_store_put(indexer->ingest->blobs, key, batch->jpeg->data, batch->jpeg->size, err);
}

static void add_crops(struct index_batch *batch, struct index_slot *slot)
{
    slot->first_crop = batch->crop_count;
    if (batch->crop_count + slot->object_count > batch->crop_capacity) {
        batch->crop_capacity = 2 * batch->crop_capacity + slot->object_count + EMBED_TOGETHER;
        batch->crops = mem_realloc_array(batch->crops, batch->crop_capacity, sizeof(*batch->crops));
    }
    for (size_t k = 0; k < slot->object_count; k++) {
        const struct meta_object *object = &slot->objects[k];
        batch->crops[batch->crop_count++] = (struct crop){
            .picture = &slot->pixels, .x = object->x, .y = object->y, .width = object->width, .height = object->height};
    }
}

// ---- crops to the embedder

// Pictures whose crops are all cut are not needed any more.
static void drop_pictures(struct index_batch *batch, size_t looked_at)
{
    for (size_t i = 0; i < looked_at; i++) {
        struct index_slot *slot = &batch->slots[i];
        if (slot->picture != NULL && slot->first_crop + slot->object_count <= batch->crops_submitted)
            drop_picture(slot);
    }
}

// Hands waiting crops to the embedder; with `all` the last ones too, which do not fill a batch.
static void embed(struct index_batch *batch, size_t looked_at, bool all)
{
    struct err err = ERR_INIT;
    size_t capacity = (size_t)embedder_capacity(batch->indexer->embedder);
    size_t together = capacity < EMBED_TOGETHER ? capacity : EMBED_TOGETHER;
    while (batch->crops_submitted < batch->crop_count) {
        size_t waiting = batch->crop_count - batch->crops_submitted;
        if (waiting < together && !all)
            break;
        size_t take = waiting < together ? waiting : together;
        // One job at a time, so that nobody waits for room while holding some.
        if (!collect_embeddings(batch))
            return;
        size_t needed = batch->crops_submitted + take;
        batch->vectors = mem_realloc_array(batch->vectors, needed * batch->indexer->dimension, sizeof(float));
        batch->embedding_first = batch->crops_submitted;
        enum err_code code = embedder_submit(batch->indexer->embedder, batch->crops + batch->crops_submitted, take,
            INFERENCE_TIMEOUT_MS, batch->cancel, &batch->embedding, &err);
        if (code != ERR_NONE) {
            fail_all(batch, &err);
            return;
        }
        batch->crops_submitted += take;
    }
    drop_pictures(batch, looked_at);
}

// ---- the batch

// Takes a frame's detections, stores its crops, and queues them for the embedder.
static void finish_slot(struct index_batch *batch, struct index_slot *slot)
{
    struct detections found = {0};
    struct err *err = &slot->task->err;
    slot->first_crop = batch->crop_count;
    if (index_slot_failed(slot)) {
        drop_picture(slot);
        return;
    }
    enum err_code code =
        detection_wait(slot->detection, INFERENCE_TIMEOUT_MS, batch->cancel, batch->arena, &found, err);
    detection_free(slot->detection);
    slot->detection = NULL;
    int64_t detected_us = now_us(batch);
    slot->event.stage_us[STAGE_DETECT] = detected_us - slot->submitted_us;
    if (code == ERR_NONE)
        make_objects(batch, slot, &found);
    for (size_t k = 0; k < slot->object_count && code == ERR_NONE; k++)
        code = store_crop(batch, slot, k, err);
    if (code == ERR_NONE)
        add_crops(batch, slot);
    slot->event.stage_us[STAGE_ENCODE] = now_us(batch) - detected_us;
    if (code != ERR_NONE || slot->object_count == 0)
        drop_picture(slot);
    if (code != ERR_NONE)
        slot->object_count = 0;
}

void index_batch_look(struct index_batch *batch)
{
    size_t most = (size_t)batch->indexer->settings.frames_in_flight;
    size_t submitted = 0;
    size_t finished = 0;
    while (finished < batch->count) {
        while (submitted < batch->count && submitted - finished < most) {
            bool holding = false;
            for (size_t i = finished; i < submitted; i++)
                holding = holding || batch->slots[i].detection != NULL;
            if (!submit(batch, &batch->slots[submitted], holding))
                break;
            submitted++;
        }
        finish_slot(batch, &batch->slots[finished++]);
        embed(batch, finished, false);
    }
    int64_t start_us = now_us(batch);
    embed(batch, finished, true);
    (void)collect_embeddings(batch);
    if (batch->count > 0)
        batch->slots[batch->count - 1].event.stage_us[STAGE_EMBED] = now_us(batch) - start_us;
}

void index_batch_release(struct index_batch *batch)
{
    embedding_free(batch->embedding);
    for (size_t i = 0; i < batch->count; i++) {
        detection_free(batch->slots[i].detection);
        drop_picture(&batch->slots[i]);
    }
    free(batch->crops);
    free(batch->vectors);
}
