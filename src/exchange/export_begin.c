// What an export is about: checked and looked up before its first byte, so that a refusal is an answer.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "exchange/export_internal.h"
#include "search/catalogue.h"

#define VIDEOS_AT_ONCE 100

// ---- videos

static enum err_code add_video(struct export *e, const struct meta_video *video, struct err *err)
{
    if (video->state == VIDEO_DELETING)
        return ERR_NONE;
    if (e->video_count == EXPORT_VIDEOS_MAX)
        return err_set(
            err, ERR_LIMIT, "the project has more than %d videos: export one after the other", EXPORT_VIDEOS_MAX);
    if ((e->video_count & (e->video_count - 1)) == 0)
        e->videos = mem_realloc_array(e->videos, e->video_count == 0 ? 1 : e->video_count * 2, sizeof(*e->videos));
    memcpy(e->videos[e->video_count++], video->id, VIDEO_ID_SIZE);
    return ERR_NONE;
}

// Oldest first, so that a video that comes later changes no number.
static void turn_round(struct export *e)
{
    for (size_t i = 0; i < e->video_count / 2; i++) {
        char swap[VIDEO_ID_SIZE];
        char *one = e->videos[i];
        char *other = e->videos[e->video_count - 1 - i];
        memcpy(swap, one, VIDEO_ID_SIZE);
        memcpy(one, other, VIDEO_ID_SIZE);
        memcpy(other, swap, VIDEO_ID_SIZE);
    }
}

static enum err_code find_all_videos(struct export *e, struct err *err)
{
    char after[VIDEO_ID_SIZE] = "";
    size_t count = VIDEOS_AT_ONCE;
    enum err_code code = ERR_NONE;
    while (count == VIDEOS_AT_ONCE && code == ERR_NONE) {
        struct meta_video *videos = NULL;
        code = meta_store_list_videos(
            e->config.meta, e->request.project, after[0] != '\0' ? after : NULL, VIDEOS_AT_ONCE, &videos, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            memcpy(after, videos[i].id, sizeof(after));
            code = add_video(e, &videos[i], err);
        }
        free(videos);
    }
    turn_round(e);
    return code;
}

static enum err_code find_video(struct export *e, const char *id, struct err *err)
{
    enum err_code code = meta_store_get_video(e->config.meta, id, e->video, err);
    if (code == ERR_NONE && strcmp(e->video->project, e->request.project) != 0)
        code = err_set(err, ERR_NOT_FOUND, "there is no video %s in project %s: it belongs to %s", id,
            e->request.project, e->video->project);
    else if (code == ERR_NONE && e->request.format == EXCHANGE_MOT && e->video->tracked_us == 0)
        code = err_set(err, ERR_CONFLICT,
            "the objects of video %s have not been followed yet: wait until it is tracked, and try again", id);
    if (code != ERR_NONE)
        return err_of_field(err, code, "video");
    return add_video(e, e->video, err);
}

// ---- labels and classes

struct named {
    char *key;
    const char *name;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->key, ((const struct named *)b)->key);
}

static struct named *sort_names(const struct label_names *names, size_t *count)
{
    struct named *sorted = mem_calloc(names->count, sizeof(*sorted));
    *count = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct named *label = &sorted[*count];
        if (names->items[i] == NULL || label_name_key(names->items[i], &label->key, NULL) != ERR_NONE)
            continue;
        label->name = names->items[i];
        ++*count;
    }
    if (*count > 1)
        qsort(sorted, *count, sizeof(*sorted), compare_keys);
    return sorted;
}

static enum err_code find_label(
    struct export *e, const char *name, const struct named *labels, size_t count, struct err *err)
{
    struct named wanted = {0};
    enum err_code code = label_name_key(name, &wanted.key, err);
    const struct named *found =
        code == ERR_NONE && count > 0 ? bsearch(&wanted, labels, count, sizeof(*labels), compare_keys) : NULL;
    if (found != NULL)
        e->label = mem_strdup(found->name);
    else if (code == ERR_NONE)
        code = err_set(err, ERR_NOT_FOUND, "there is no label \"%s\" in project %s", name, e->request.project);
    free(wanted.key);
    return err_of_field(err, code, "label");
}

// In the order in which labels are listed. All from one look: what is renamed meanwhile has one name here.
static enum err_code take_labels(struct export *e, struct err *err)
{
    enum err_code code = labels_names(e->config.labels, e->request.project, &e->names, err);
    if (code != ERR_NONE)
        return code;
    size_t count = 0;
    struct named *labels = sort_names(&e->names, &count);
    if (e->request.label != NULL)
        code = find_label(e, e->request.label, labels, count, err);
    for (size_t i = 0; i < count; i++) {
        if (code == ERR_NONE && export_wants_label(e, labels[i].name))
            categories_find_or_add(&e->categories, labels[i].name, true);
        free(labels[i].key);
    }
    free(labels);
    return code;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err_code take_classes(struct export *e, struct err *err)
{
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    enum err_code code = catalogue_classes(e->config.catalogue, NULL, e->request.project, NULL, &classes, &count, err);
    const char **names = mem_calloc(count, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = classes[i].name;
    if (count > 1)
        qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++)
        categories_find_or_add(&e->categories, names[i], false);
    if (code == ERR_NONE && count > 0)
        code = labels_refusals(e->config.labels, e->request.project, names, count, &e->refusals, err);
    free(names);
    free(classes);
    return code;
}

// ---- pictures

// That pictures were kept at all is seen by a video's first frame.
static enum err_code check_pictures(struct export *e, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < e->video_count && code == ERR_NONE; i++) {
        const struct meta_frame_range range = {.to_us = -1, .after = -1, .state_mask = 1u << FRAME_INDEXED, .limit = 1};
        struct meta_frames first = {0};
        struct blob_info info;
        char key[BLOB_KEY_SIZE];
        code = meta_store_list_frames(e->config.meta, e->videos[i], &range, &first, err);
        if (code == ERR_NONE && first.count == 1) {
            blob_key_frame(e->request.project, e->videos[i], first.items[0].index, key);
            code = blob_store_stat(e->config.blobs, key, &info, err);
            if (code == ERR_NOT_FOUND)
                code = err_of_field(err,
                    err_set(err, ERR_NOT_FOUND,
                        "the pictures of video %s were not kept (--no-keep-frames): export without images",
                        e->videos[i]),
                    "images");
        }
        meta_frames_release(&first);
    }
    return code;
}

// ---- the export

static enum err_code check_request(const struct export_request *request, struct err *err)
{
    if (request->format == EXCHANGE_CSV && request->images)
        return err_of_field(err,
            err_set(err, ERR_INVALID, "CSV has no pictures in it: leave images out, or take coco, yolo or mot"),
            "images");
    if (request->format == EXCHANGE_CSV && request->all_frames)
        return err_of_field(err,
            err_set(err, ERR_INVALID, "CSV has one line an object, so it cannot have frames without one"), "frames");
    return ERR_NONE;
}

static const struct export_format *format_of(enum exchange_format format)
{
    switch (format) {
    case EXCHANGE_COCO:
        return &export_coco;
    case EXCHANGE_YOLO:
        return &export_yolo;
    case EXCHANGE_CSV:
        return &export_csv;
    case EXCHANGE_MOT:
        return &export_mot;
    }
    return NULL;
}

static enum err_code look_up(struct export *e, struct err *err)
{
    struct meta_project project;
    enum err_code code = meta_store_get_project(e->config.meta, e->request.project, &project, err);
    if (code == ERR_NONE && e->request.video != NULL)
        code = find_video(e, e->request.video, err);
    else if (code == ERR_NONE)
        code = find_all_videos(e, err);
    if (code == ERR_NONE)
        code = take_labels(e, err);
    if (code == ERR_NONE && e->request.kind == EXPORT_ALL && e->label == NULL)
        code = take_classes(e, err);
    if (code == ERR_NONE && e->request.images)
        code = check_pictures(e, err);
    return code;
}

static enum err_code open_archive(struct export *e, struct err *err)
{
    bool is_archive = e->format->is_archive || e->request.images;
    const char *about = e->request.video != NULL ? e->request.video : e->request.project;
    snprintf(e->file_name, sizeof(e->file_name), "%s-%s.%s", about, exchange_format_name(e->request.format),
        is_archive ? "zip" : e->format->extension);
    return is_archive ? zip_writer_new(&e->gathered, e->config.now_us, &e->zip, err) : ERR_NONE;
}

enum err_code export_new(
    const struct export_config *config, const struct export_request *request, struct export **export, struct err *err)
{
    *export = NULL;
    enum err_code code = project_name_check(request->project, err);
    if (code == ERR_NONE)
        code = check_request(request, err);
    if (code != ERR_NONE)
        return code;
    struct export *e = mem_calloc(1, sizeof(*e));
    e->config = *config;
    e->request = *request;
    e->project = mem_strdup(request->project);
    e->request.project = e->project;
    e->format = format_of(request->format);
    // A sequence with gaps is none.
    e->request.all_frames |= request->format == EXCHANGE_MOT;
    e->video = mem_calloc(1, sizeof(*e->video));
    strbuf_init(&e->gathered);
    code = look_up(e, err);
    if (code == ERR_NONE)
        code = open_archive(e, err);
    // The caller's texts.
    e->request.video = e->request.label = NULL;
    if (code == ERR_NONE)
        *export = e;
    else
        export_free(e);
    return code;
}
