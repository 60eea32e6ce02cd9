// What was said of objects in the vector index, where searches filter by it: an object's label, and the labels that it
// is not. What follows from it for the rest of their tracks is told with each search (labels_filter.c).
//
// The journal is the truth and does not wait for the index: the background thread writes what changed, tries again
// where that fails, and a search that is filtered waits for it (labels_mirror). The project is not locked meanwhile,
// and one thread writes at a time. Several engines write what they read from the journal, so one that is slow may put
// back what a quicker one has written since; therefore each looks into the journal after it has written, and writes
// what came.
//
// The setting "labels/mirrored/{project}" says up to which step that was done, of which journal, for which videos (a
// video that was removed and ingested again has new vectors), and in which form. Doing it again does no harm, so the
// setting is written after the index, and a crash in between costs nothing but the repetition.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

#define AT_ONCE 1000
// After a failure, twice as long after each that follows.
#define RETRY_US INT64_C(1000000)
#define RETRY_DOUBLINGS_MAX 5
// How often what came meanwhile is written before somebody who waits goes on; others have the rest.
#define ROUNDS_MAX 8
// Goes up when more is written: what an older program wrote is written again. 1 (not said): without negatives.
#define FORM 2

static void setting_key(const struct project *p, char key[128])
{
    snprintf(key, 128, "labels/mirrored/%s", p->name);
}

enum err_code labels_mirror_load(struct labels *labels, struct project *p, struct err *err)
{
    char key[128];
    char *value = NULL;
    setting_key(p, key);
    enum err_code code = meta_store_get_setting(labels->config.meta, key, &value, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    int64_t begun_us = 0;
    int form = 0;
    // Anything unexpected means that all is done again.
    p->has_mirror = sscanf(value, "%" SCNd64 " %" SCNd64 " %" SCNx64 " %d", &begun_us, &p->mirrored_version,
                        &p->mirrored_digest, &form) == 4 &&
        begun_us == p->begun_us && form == FORM;
    free(value);
    return ERR_NONE;
}

static void touch_all(struct project *p)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        const struct label_book_object *object = label_book_object(p->book, i);
        if (object->label >= 0 || object->negative_count > 0)
            label_book_touch(p->book, i);
    }
}

// ---- what is to be written, taken out of the book

struct batch {
    size_t *objects; // of the book
    struct vector_attributes *changes;
    size_t count;
    int64_t version, begun_us, epoch;
    uint64_t digest;
};

static int newest_first(const void *a, const void *b)
{
    const struct label_negative *x = a;
    const struct label_negative *y = b;
    if (x->step != y->step)
        return x->step > y->step ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

// The newest, as many as an object may have there. Searches do not rely on it that all are.
static void take_negatives(
    const struct label_book *book, const struct label_book_object *object, struct vector_attributes *change)
{
    struct label_negative *sorted = mem_dup(object->negatives, object->negative_count * sizeof(*sorted));
    size_t most = object->negative_count < VECTOR_NEGATIVES_MAX ? object->negative_count : VECTOR_NEGATIVES_MAX;
    const char **names = mem_calloc(most, sizeof(*names));
    size_t bytes = 0;
    qsort(sorted, object->negative_count, sizeof(*sorted), newest_first);
    for (size_t i = 0; i < most; i++) {
        const char *name = label_book_label(book, sorted[i].label)->name;
        bytes += strlen(name) + 1;
        if (bytes > VECTOR_NEGATIVES_BYTES)
            break;
        names[change->negative_count++] = mem_strdup(name);
    }
    change->negatives = names;
    free(sorted);
}

static void take_batch(struct project *p, struct batch *batch)
{
    size_t count = 0;
    const size_t *touched = label_book_touched(p->book, &count);
    *batch = (struct batch){.objects = mem_calloc(count, sizeof(*batch->objects)),
        .changes = mem_calloc(count, sizeof(*batch->changes)),
        .count = count,
        .version = label_book_version(p->book),
        .begun_us = p->begun_us,
        .epoch = p->epoch,
        .digest = p->digest};
    for (size_t i = 0; i < count; i++) {
        const struct label_book_object *object = label_book_object(p->book, touched[i]);
        struct vector_attributes *change = &batch->changes[i];
        batch->objects[i] = touched[i];
        *change = (struct vector_attributes){.set_label = true, .set_negatives = true};
        label_key_format(object->key, change->object);
        if (object->label >= 0 && !object->missing)
            strcpy(change->label, label_book_label(p->book, object->label)->name);
        if (object->negative_count > 0 && !object->missing)
            take_negatives(p->book, object, change);
    }
    label_book_forget_touched(p->book);
}

static void batch_release(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t k = 0; k < batch->changes[i].negative_count; k++)
            free((char *)(uintptr_t)batch->changes[i].negatives[k]);
        free((void *)(uintptr_t)batch->changes[i].negatives);
    }
    free(batch->changes);
    free(batch->objects);
}

// ---- writing

static enum err_code write_setting(
    struct labels *labels, const struct project *p, const struct batch *batch, struct err *err)
{
    char key[128];
    char value[96];
    setting_key(p, key);
    snprintf(value, sizeof(value), "%" PRId64 " %" PRId64 " %" PRIx64 " %d", batch->begun_us, batch->version,
        batch->digest, FORM);
    return meta_store_put_setting(labels->config.meta, key, value, err);
}

// The project is not locked.
static enum err_code write_batch(
    struct labels *labels, const struct project *p, const struct batch *batch, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t first = 0; first < batch->count && code == ERR_NONE; first += AT_ONCE) {
        size_t count = batch->count - first < AT_ONCE ? batch->count - first : AT_ONCE;
        code = vector_index_set_attributes(labels->config.vectors, p->name, batch->changes + first, count, err);
    }
    return code == ERR_NONE ? write_setting(labels, p, batch, err) : code;
}

// Lets go of the lock in between; the book may have been begun anew afterwards.
static enum err_code write_round(struct labels *labels, struct project *p, struct err *err)
{
    struct batch batch;
    take_batch(p, &batch);
    p->is_mirroring = true;
    pthread_mutex_unlock(&p->mutex);
    enum err_code code = write_batch(labels, p, &batch, err);
    pthread_mutex_lock(&p->mutex);
    p->is_mirroring = false;
    pthread_cond_broadcast(&p->mirror_ended);
    if (p->epoch == batch.epoch) {
        for (size_t i = 0; i < batch.count && code != ERR_NONE; i++)
            label_book_touch(p->book, batch.objects[i]);
        if (code == ERR_NONE) {
            p->has_mirror = true;
            p->mirrored_version = batch.version;
            p->mirrored_digest = batch.digest;
        }
    }
    bool has_written = batch.count > 0;
    batch_release(&batch);
    if (code == ERR_NONE && has_written && p->epoch == batch.epoch)
        code = labels_catch_up(labels, p, err);
    // What came meanwhile is of tracks that are not known yet.
    return code == ERR_NONE ? labels_resolve_objects(labels, p, false, err) : code;
}

bool labels_is_mirror_behind(struct project *p)
{
    size_t count = 0;
    if (label_book_version(p->book) == 0)
        return false;
    if (!p->is_mirror_checked && (!p->has_mirror || p->mirrored_digest != p->digest))
        touch_all(p);
    p->is_mirror_checked = true;
    label_book_touched(p->book, &count);
    return p->is_mirroring || count > 0 || !p->has_mirror || p->mirrored_digest != p->digest;
}

bool labels_is_mirror_due(struct labels *labels, struct project *p)
{
    return labels_is_mirror_behind(p) && !p->is_mirroring && labels_now_us(labels) >= p->mirror_due_us;
}

enum err_code labels_mirror(struct labels *labels, struct project *p, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (int round = 0; round < ROUNDS_MAX && code == ERR_NONE && labels_is_mirror_behind(p); round++) {
        while (p->is_mirroring)
            pthread_cond_wait(&p->mirror_ended, &p->mutex);
        if (labels_is_mirror_behind(p))
            code = write_round(labels, p, err);
    }
    if (code == ERR_NONE) {
        p->mirror_failures = 0;
        return ERR_NONE;
    }
    int doublings = p->mirror_failures < RETRY_DOUBLINGS_MAX ? p->mirror_failures++ : RETRY_DOUBLINGS_MAX;
    p->mirror_due_us = labels_now_us(labels) + (RETRY_US << doublings);
    return err_context(err, "searches in project %s do not know the newest labels yet", p->name);
}
