// COCO: annotations that point at images and categories, which may come before them or after.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "exchange/import_internal.h"

// Bytes of one image, annotation or category: outlines of segmentations can be long.
#define ITEM_MAX ((size_t)4 << 20)
#define IMAGES_MAX 2000000

struct image {
    int64_t id;
    int64_t place; // in the list
    int32_t video, frame;
    int64_t pts_us;
    float width, height;
};

struct category {
    int64_t id;
    char *name;
    int32_t label; // -1: not looked at yet
};

// Of a row: what it points at.
struct pointer {
    int64_t image, category;
    int64_t id; // its own; INT64_MIN: none
};

struct coco {
    struct import_file *file;
    int32_t annotations, negatives; // sources
    struct image *images;
    size_t image_count;
    struct category *categories;
    size_t category_count;
    struct pointer *pointers; // of the rows
    bool has_annotations;
};

static void *room_for_one(void *items, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return mem_realloc_array(items, count == 0 ? 1 : count * 2, size);
}

// ---- images

static enum err_code read_image_place(struct coco *coco, const json_t *value, struct image *image, struct err *err)
{
    const char *name = NULL;
    const char *video = NULL;
    char of_name[VIDEO_ID_SIZE];
    int64_t frame = -1;
    enum err_code code = json_opt_string(value, "file_name", &name, err);
    if (code == ERR_NONE && name != NULL)
        code = import_check_path(name, err);
    // Fields of other programs may have these names for something else.
    if (code == ERR_NONE && json_is_string(json_object_get(value, "video")) &&
        video_id_is_valid(json_string_value(json_object_get(value, "video")))) {
        video = json_string_value(json_object_get(value, "video"));
        code = json_opt_int64(value, "frame_index", 0, FRAME_INDEX_MAX, &frame, err);
        if (code == ERR_NONE)
            code = json_opt_int64(value, "pts_us", 0, INT64_MAX, &image->pts_us, err);
        image->frame = (int32_t)frame;
    }
    if (code == ERR_NONE && video == NULL && name != NULL && import_frame_of_path(name, of_name, &image->frame))
        video = of_name;
    return code == ERR_NONE && video != NULL ? import_add_video(coco->file, video, &image->video, err) : code;
}

static enum err_code read_image(struct coco *coco, int64_t place, const json_t *value, struct err *err)
{
    struct image image = {.place = place, .video = -1, .frame = -1, .pts_us = -1};
    double width = 0;
    double height = 0;
    if (coco->image_count == IMAGES_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d images", IMAGES_MAX);
    enum err_code code = json_get_int64(value, "id", INT64_MIN + 1, INT64_MAX, &image.id, err);
    if (code == ERR_NONE)
        code = json_opt_double(value, "width", 0, 1e6, &width, err);
    if (code == ERR_NONE)
        code = json_opt_double(value, "height", 0, 1e6, &height, err);
    if (code == ERR_NONE)
        code = read_image_place(coco, value, &image, err);
    if (code != ERR_NONE)
        return code;
    image.width = (float)width;
    image.height = (float)height;
    coco->images = room_for_one(coco->images, coco->image_count, sizeof(*coco->images));
    coco->images[coco->image_count++] = image;
    return ERR_NONE;
}

// ---- categories

static enum err_code read_category(struct coco *coco, const json_t *value, struct err *err)
{
    int64_t id = 0;
    const char *name = NULL;
    if (coco->category_count == IMPORT_CATEGORIES_MAX)
        return err_set(err, ERR_LIMIT, "there are more than %d categories", IMPORT_CATEGORIES_MAX);
    enum err_code code = json_get_int64(value, "id", INT64_MIN, INT64_MAX, &id, err);
    if (code == ERR_NONE)
        code = json_get_string(value, "name", &name, err);
    if (code != ERR_NONE)
        return code;
    coco->categories = room_for_one(coco->categories, coco->category_count, sizeof(*coco->categories));
    coco->categories[coco->category_count++] = (struct category){.id = id, .name = mem_strdup(name), .label = -1};
    return ERR_NONE;
}

// ---- annotations

static enum err_code read_box(const json_t *value, struct import_row *row, struct err *err)
{
    json_t *list = NULL;
    double box[4];
    enum err_code code = json_get_array(value, "bbox", 4, &list, err);
    if (code == ERR_NONE && json_array_size(list) != 4)
        code = err_set(err, ERR_INVALID, "field \"bbox\" must have four numbers: x, y, width, height");
    for (size_t i = 0; i < 4 && code == ERR_NONE; i++) {
        const json_t *number = json_array_get(list, i);
        box[i] = json_number_value(number);
        if (!json_is_number(number))
            code = err_set(err, ERR_INVALID, "field \"bbox\" must have four numbers: x, y, width, height");
    }
    return code == ERR_NONE ? import_set_box(row, box, err) : code;
}

// What Framehound's own attributes say; those of other programs, whatever they are called, are none of them.
static enum err_code read_attributes(
    struct coco *coco, const json_t *value, struct import_row *row, bool *is_wanted, struct err *err)
{
    const json_t *attributes = json_object_get(value, "attributes");
    const char *id = json_string_value(json_object_get(attributes, "object_id"));
    const char *kind = json_string_value(json_object_get(attributes, "kind"));
    if (id == NULL || !object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
        return ERR_NONE;
    if (kind != NULL && (strcmp(kind, "probable") == 0 || strcmp(kind, "class") == 0)) {
        *is_wanted = false;
        return ERR_NONE;
    }
    if (kind != NULL && strcmp(kind, "track") == 0)
        row->word = IMPORT_TRACK;
    return import_set_object(coco->file, row, id, err);
}

static enum err_code add_row(struct coco *coco, int32_t source, int64_t place, struct import_row **row, struct err *err)
{
    size_t count = coco->file->count;
    enum err_code code = import_add_row(coco->file, row, err);
    if (code != ERR_NONE)
        return code;
    coco->pointers = room_for_one(coco->pointers, count, sizeof(*coco->pointers));
    coco->pointers[count] = (struct pointer){.id = INT64_MIN, .category = INT64_MIN};
    (*row)->source = source;
    (*row)->place = place;
    return ERR_NONE;
}

static enum err_code read_annotation(struct coco *coco, int64_t place, const json_t *value, struct err *err)
{
    struct import_row *row = NULL;
    int64_t crowd = 0;
    bool is_wanted = true;
    enum err_code code = add_row(coco, coco->annotations, place, &row, err);
    if (code != ERR_NONE)
        return code;
    struct pointer *pointer = &coco->pointers[coco->file->count - 1];
    code = json_opt_int64(value, "id", INT64_MIN + 1, INT64_MAX, &pointer->id, err);
    if (code == ERR_NONE)
        code = json_get_int64(value, "image_id", INT64_MIN + 1, INT64_MAX, &pointer->image, err);
    if (code == ERR_NONE)
        code = json_get_int64(value, "category_id", INT64_MIN + 1, INT64_MAX, &pointer->category, err);
    if (code == ERR_NONE)
        code = read_box(value, row, err);
    if (code == ERR_NONE)
        code = json_opt_int64(value, "iscrowd", 0, 1, &crowd, err);
    if (code == ERR_NONE)
        code = read_attributes(coco, value, row, &is_wanted, err);
    // Crowds are no objects. A row that is of no interest keeps its place until ids are compared.
    if (!is_wanted || crowd != 0)
        row->word = IMPORT_NEGATIVE + 1;
    return code;
}

static enum err_code read_negative(struct coco *coco, int64_t place, const json_t *value, struct err *err)
{
    struct import_row *row = NULL;
    const char *label = NULL;
    const char *id = NULL;
    enum err_code code = add_row(coco, coco->negatives, place, &row, err);
    if (code != ERR_NONE)
        return code;
    struct pointer *pointer = &coco->pointers[coco->file->count - 1];
    row->word = IMPORT_NEGATIVE;
    code = json_get_int64(value, "image_id", INT64_MIN + 1, INT64_MAX, &pointer->image, err);
    if (code == ERR_NONE)
        code = json_get_string(value, "label", &label, err);
    if (code == ERR_NONE)
        code = read_box(value, row, err);
    if (code == ERR_NONE)
        code = json_opt_string(value, "object_id", &id, err);
    if (code == ERR_NONE && id != NULL)
        code = import_set_object(coco->file, row, id, err);
    return code == ERR_NONE ? import_add_label(coco->file, label, &row->label, err) : code;
}

static enum err_code read_item(void *context, const char *field, int64_t index, const json_t *value, struct err *err)
{
    struct coco *coco = context;
    static const char *const lists[] = {"images", "annotations", "categories", "negatives", NULL};
    size_t which = 0;
    while (lists[which] != NULL && strcmp(lists[which], field) != 0)
        which++;
    if (lists[which] == NULL)
        return ERR_NONE;
    if (index < 0) {
        coco->has_annotations |= which == 1;
        // A list is announced without a value.
        return value == NULL ? ERR_NONE : err_set(err, ERR_INVALID, "field \"%s\" must be a list", field);
    }
    if (!json_is_object(value))
        return err_set(err, ERR_INVALID, "it must be a JSON object");
    switch (which) {
    case 0:
        return read_image(coco, index, value, err);
    case 1:
        return read_annotation(coco, index, value, err);
    case 2:
        return read_category(coco, value, err);
    default:
        return read_negative(coco, index, value, err);
    }
}

// ---- what points at what

static int compare_images(const void *a, const void *b)
{
    const struct image *x = a;
    const struct image *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int compare_categories(const void *a, const void *b)
{
    const struct category *x = a;
    const struct category *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum err_code sort_lists(struct coco *coco, struct err *err)
{
    if (coco->image_count > 1)
        qsort(coco->images, coco->image_count, sizeof(*coco->images), compare_images);
    if (coco->category_count > 1)
        qsort(coco->categories, coco->category_count, sizeof(*coco->categories), compare_categories);
    for (size_t i = 1; i < coco->image_count; i++) {
        if (coco->images[i].id == coco->images[i - 1].id)
            return err_set(err, ERR_INVALID,
                "the image id %" PRId64 " occurs twice, at images[%" PRId64 "] and images[%" PRId64 "]",
                coco->images[i].id, coco->images[i - 1].place, coco->images[i].place);
    }
    for (size_t i = 1; i < coco->category_count; i++) {
        if (coco->categories[i].id == coco->categories[i - 1].id)
            return err_set(err, ERR_INVALID, "the category id %" PRId64 " occurs twice, as \"%.40s\" and \"%.40s\"",
                coco->categories[i].id, coco->categories[i - 1].name, coco->categories[i].name);
    }
    return ERR_NONE;
}

static enum err_code check_ids(const struct coco *coco, struct err *err)
{
    size_t count = 0;
    int64_t *ids = mem_calloc(coco->file->count, sizeof(*ids));
    for (size_t i = 0; i < coco->file->count; i++) {
        if (coco->pointers[i].id != INT64_MIN)
            ids[count++] = coco->pointers[i].id;
    }
    enum err_code code = ERR_NONE;
    if (count > 1)
        qsort(ids, count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < count && code == ERR_NONE; i++) {
        if (ids[i] == ids[i - 1])
            code = err_set(err, ERR_INVALID, "the annotation id %" PRId64 " occurs twice", ids[i]);
    }
    free(ids);
    return code;
}

static enum err_code point_at_image(const struct coco *coco, int64_t id, struct import_row *row, struct err *err)
{
    const struct image key = {.id = id};
    const struct image *image =
        coco->image_count == 0 ? NULL : bsearch(&key, coco->images, coco->image_count, sizeof(key), compare_images);
    if (image == NULL)
        return err_set(err, ERR_INVALID, "there is no image %" PRId64 " in the file", id);
    row->video = image->video;
    row->frame = image->frame;
    row->pts_us = image->pts_us;
    row->frame_width = image->width;
    row->frame_height = image->height;
    // The image decides; an object of another place is not the one in it.
    if (row->object_frame >= 0 && image->frame >= 0 &&
        (row->object_frame != image->frame || row->object_video != image->video))
        return err_set(err, ERR_INVALID, "its object is not of its image's video and frame");
    return ERR_NONE;
}

static enum err_code point_at_category(struct coco *coco, int64_t id, struct import_row *row, struct err *err)
{
    const struct category key = {.id = id};
    struct category *category = coco->category_count == 0
        ? NULL
        : bsearch(&key, coco->categories, coco->category_count, sizeof(key), compare_categories);
    if (category == NULL)
        return err_set(err, ERR_INVALID, "there is no category %" PRId64 " in the file", id);
    enum err_code code =
        category->label < 0 ? import_add_label(coco->file, category->name, &category->label, err) : ERR_NONE;
    row->label = category->label;
    return code;
}

static enum err_code resolve_row(void *context, size_t i, struct import_row *row, bool *is_wanted, struct err *err)
{
    struct coco *coco = context;
    const struct pointer *pointer = &coco->pointers[i];
    *is_wanted = (int)row->word <= IMPORT_NEGATIVE;
    enum err_code code = point_at_image(coco, pointer->image, row, err);
    return code == ERR_NONE && *is_wanted && row->label < 0 ? point_at_category(coco, pointer->category, row, err)
                                                            : code;
}

static void coco_release(struct coco *coco)
{
    for (size_t i = 0; i < coco->category_count; i++)
        free(coco->categories[i].name);
    free(coco->categories);
    free(coco->images);
    free(coco->pointers);
}

enum err_code import_read_coco(struct import_file *file, const char *text, size_t size, struct err *err)
{
    struct coco coco = {.file = file};
    enum err_code code = import_add_source(file, "annotations", true, &coco.annotations, err);
    if (code == ERR_NONE)
        code = import_add_source(file, "negatives", true, &coco.negatives, err);
    if (code == ERR_NONE)
        code = json_walk(text, size, ITEM_MAX, read_item, &coco, err);
    if (code == ERR_NONE && !coco.has_annotations)
        code = err_set(err, ERR_INVALID, "there is no list \"annotations\": is it COCO's format for objects?");
    if (code == ERR_NONE)
        code = sort_lists(&coco, err);
    if (code == ERR_NONE)
        code = check_ids(&coco, err);
    if (code == ERR_NONE)
        code = import_file_sift(coco.file, resolve_row, &coco, err);
    coco_release(&coco);
    return code;
}
