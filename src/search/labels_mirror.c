// What was said of objects in the vector index, where searches filter by it. What follows from it for the rest of their
// tracks is told with each search (labels_filter.c).
//
// The setting "labels/mirrored/{project}" says up to which step that was done, of which journal, and for which videos
// (a video that was removed and ingested again has new vectors). Doing it again does no harm, so the setting is written
// after the labels, and a crash in between costs nothing but the repetition.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

#define AT_ONCE 1000
#define RETRY_US INT64_C(1000000)

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
    // Anything unexpected means that all is done again.
    p->has_mirror =
        sscanf(value, "%" SCNd64 " %" SCNd64 " %" SCNx64, &begun_us, &p->mirrored_version, &p->mirrored_digest) == 3 &&
        begun_us == p->begun_us;
    free(value);
    return ERR_NONE;
}

static void touch_labelled(struct project *p)
{
    for (size_t i = 0; i < label_book_object_count(p->book); i++) {
        if (label_book_object(p->book, i)->label >= 0)
            label_book_touch(p->book, i);
    }
}

static enum err_code write_labels(struct labels *labels, struct project *p, struct err *err)
{
    size_t count = 0;
    const size_t *touched = label_book_touched(p->book, &count);
    struct vector_attributes *changes = mem_calloc(count < AT_ONCE ? count : AT_ONCE, sizeof(*changes));
    enum err_code code = ERR_NONE;
    for (size_t first = 0; first < count && code == ERR_NONE; first += AT_ONCE) {
        size_t n = 0;
        for (size_t i = first; i < count && n < AT_ONCE; i++) {
            const struct label_book_object *object = label_book_object(p->book, touched[i]);
            struct vector_attributes *change = &changes[n++];
            *change = (struct vector_attributes){.set_label = true};
            label_key_format(object->key, change->object);
            if (object->label >= 0 && !object->missing)
                strcpy(change->label, label_book_label(p->book, object->label)->name);
        }
        code = vector_index_set_attributes(labels->config.vectors, p->name, changes, n, err);
    }
    free(changes);
    return code;
}

static enum err_code write_setting(struct labels *labels, struct project *p, struct err *err)
{
    char key[128];
    char value[80];
    setting_key(p, key);
    snprintf(
        value, sizeof(value), "%" PRId64 " %" PRId64 " %" PRIx64, p->begun_us, label_book_version(p->book), p->digest);
    return meta_store_put_setting(labels->config.meta, key, value, err);
}

void labels_mirror(struct labels *labels, struct project *p)
{
    size_t count = 0;
    if (!p->is_mirror_checked && (!p->has_mirror || p->mirrored_digest != p->digest))
        touch_labelled(p);
    p->is_mirror_checked = true;
    label_book_touched(p->book, &count);
    bool is_done = count == 0 && p->has_mirror && p->mirrored_digest == p->digest;
    if (is_done || labels_now_us(labels) < p->mirror_due_us)
        return;
    struct err err = ERR_INIT;
    enum err_code code = write_labels(labels, p, &err);
    if (code == ERR_NONE)
        code = write_setting(labels, p, &err);
    if (code == ERR_NONE) {
        label_book_forget_touched(p->book);
        p->has_mirror = true;
        p->mirrored_version = label_book_version(p->book);
        p->mirrored_digest = p->digest;
        return;
    }
    log_warn(labels->config.log, "searches in project %s do not know the newest labels yet: %s", p->name, err.message);
    p->mirror_due_us = labels_now_us(labels) + RETRY_US;
}
