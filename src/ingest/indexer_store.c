#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "blob_store/blob_store.h"
#include "ingest/indexer_batch.h"
#include "ingest/settle.h"
#include "ingest/tracking.h"
#include "meta_store/meta_store.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

static enum err_code remove_crop(
    const struct ingest *ingest, const struct meta_video *video, int32_t frame, size_t k, struct err *err)
{
    char id[OBJECT_ID_SIZE];
    char key[BLOB_KEY_SIZE];
    object_id_make(video->id, frame, (int32_t)k, id);
    blob_key_object(video->project, id, key);
    return blob_store_remove(ingest->blobs, key, err);
}

// A frame that was indexed before may have had more objects: the surplus goes before the new objects become visible, so
// that a crash in between leaves work that is done again, not leftovers.
static enum err_code remove_surplus(const struct ingest *ingest, struct index_slot *slot, struct err *err)
{
    const struct meta_video *video = &slot->task->video;
    struct meta_frames frames = {0};
    enum err_code code = meta_store_get_frame(ingest->meta, video->id, slot->message.frame, &frames, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    size_t known = frames.count > 0 ? frames.items[0].object_count : 0;
    meta_frames_release(&frames);
    for (size_t k = slot->object_count; k < known && code == ERR_NONE; k++) {
        char id[OBJECT_ID_SIZE];
        const char *object = id;
        object_id_make(video->id, slot->message.frame, (int32_t)k, id);
        code = vector_index_remove(ingest->vectors, video->project, &object, 1, err);
        if (code == ERR_NONE)
            code = remove_crop(ingest, video, slot->message.frame, k, err);
    }
    return code;
}

// The frames of a batch that belong to one video and are well.
struct group {
    struct index_slot *slots[INDEXER_BATCH_MAX];
    size_t count;
    size_t objects;
};

static void take_group(struct index_batch *batch, size_t first, struct group *group)
{
    const char *video = batch->slots[first].task->video.id;
    *group = (struct group){0};
    for (size_t i = first; i < batch->count; i++) {
        struct index_slot *slot = &batch->slots[i];
        if (slot->stored || strcmp(slot->task->video.id, video) != 0)
            continue;
        slot->stored = true;
        if (index_slot_failed(slot))
            continue;
        group->slots[group->count++] = slot;
        group->objects += slot->object_count;
    }
}

static enum err_code store_vectors(struct index_batch *batch, const struct group *group, struct err *err)
{
    struct indexer *indexer = batch->indexer;
    const struct meta_video *video = &group->slots[0]->task->video;
    if (group->objects == 0)
        return ERR_NONE;
    struct vector_item *items = mem_calloc(group->objects, sizeof(*items));
    size_t n = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct index_slot *slot = group->slots[i];
        for (size_t k = 0; k < slot->object_count; k++, n++) {
            object_id_make(video->id, slot->message.frame, (int32_t)k, items[n].object);
            memcpy(items[n].class_name, slot->objects[k].class_name, sizeof(items[n].class_name));
            items[n].track = -1;
            items[n].vector = batch->vectors + (slot->first_crop + k) * indexer->dimension;
        }
    }
    enum err_code code = vector_index_upsert(
        indexer->ingest->vectors, video->project, indexer->model, indexer->dimension, items, n, err);
    free(items);
    return code;
}

static enum err_code store_objects(struct index_batch *batch, const struct group *group, struct err *err)
{
    const struct meta_video *video = &group->slots[0]->task->video;
    struct meta_frame frames[INDEXER_BATCH_MAX];
    for (size_t i = 0; i < group->count; i++) {
        const struct index_slot *slot = group->slots[i];
        frames[i] = (struct meta_frame){.index = slot->message.frame,
            .segment = slot->message.segment,
            .pts_us = slot->message.pts_us,
            .width = slot->message.width,
            .height = slot->message.height,
            .state = FRAME_INDEXED,
            .objects = slot->objects,
            .object_count = slot->object_count};
    }
    return meta_store_put_objects(batch->indexer->ingest->meta, video->id, frames, group->count, err);
}

static enum err_code store_models(struct index_batch *batch, const struct meta_video *video, struct err *err)
{
    const char *detector = detector_manifest(batch->indexer->detector)->name;
    const char *embedder = embedder_manifest(batch->indexer->embedder)->name;
    if (strcmp(video->detector, detector) == 0 && strcmp(video->embedder, embedder) == 0)
        return ERR_NONE;
    return meta_store_set_video_models(batch->indexer->ingest->meta, video->id, detector, embedder, err);
}

static enum err_code publish_detections(struct index_batch *batch, const struct group *group, struct err *err)
{
    if (!batch->indexer->settings.publish_detections)
        return ERR_NONE;
    struct queue_item items[INDEXER_BATCH_MAX];
    char keys[INDEXER_BATCH_MAX][MESSAGE_KEY_SIZE];
    size_t ends[INDEXER_BATCH_MAX];
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < group->count; i++) {
        const struct index_slot *slot = group->slots[i];
        struct detections_message message = {.segment = slot->message.segment,
            .frame = slot->message.frame,
            .pts_us = slot->message.pts_us,
            .objects = (int32_t)slot->object_count};
        memcpy(message.project, slot->message.project, sizeof(message.project));
        memcpy(message.video, slot->message.video, sizeof(message.video));
        detections_message_encode(&message, &text);
        message_key_make(message.video, message.segment, keys[i]);
        ends[i] = text.size;
    }
    for (size_t i = 0, start = 0; i < group->count; start = ends[i], i++)
        items[i] = (struct queue_item){.key = keys[i], .body = text.data + start, .body_size = ends[i] - start};
    enum err_code code = queue_publish(batch->indexer->ingest->queue, TOPIC_DETECTIONS, items, group->count, err);
    strbuf_release(&text);
    return code;
}

static enum err_code store_group(struct index_batch *batch, const struct group *group, struct err *err)
{
    const struct ingest *ingest = batch->indexer->ingest;
    const struct meta_video *video = &group->slots[0]->task->video;
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < group->count && code == ERR_NONE; i++)
        code = remove_surplus(ingest, group->slots[i], err);
    if (code == ERR_NONE)
        code = blob_store_flush(ingest->blobs, err);
    if (code == ERR_NONE)
        code = store_vectors(batch, group, err);
    if (code == ERR_NONE)
        code = store_models(batch, video, err);
    if (code == ERR_NONE)
        code = store_objects(batch, group, err);
    if (code == ERR_NONE)
        code = publish_detections(batch, group, err);
    if (code == ERR_NONE)
        code = settle_video(ingest, video->id, err);
    // One that had settled before is being indexed again.
    if (code == ERR_NONE)
        code = tracking_request_when_whole(ingest, video, err);
    return code;
}

void index_batch_store(struct index_batch *batch)
{
    const struct ingest *ingest = batch->indexer->ingest;
    for (size_t first = 0; first < batch->count; first++) {
        struct group group;
        struct err err = ERR_INIT;
        if (batch->slots[first].stored)
            continue;
        take_group(batch, first, &group);
        if (group.count == 0)
            continue;
        int64_t start_us = clock_monotonic_us(ingest->clock);
        enum err_code code = store_group(batch, &group, &err);
        // What storing took together is said with the last frame.
        group.slots[group.count - 1]->event.stage_us[STAGE_STORE] = clock_monotonic_us(ingest->clock) - start_us;
        for (size_t i = 0; i < group.count; i++) {
            struct index_slot *slot = group.slots[i];
            if (code != ERR_NONE) {
                slot->task->err = err;
                continue;
            }
            slot->event.count = (int64_t)slot->object_count;
            activity_report(ingest->activity, worker_activity(batch->worker), &slot->event);
        }
    }
}
