#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "os/file.h"
#include "vision/coco_eval.h"

// What the caller gets is the first member; the arena holds all that it points to.
struct set_owner {
    struct coco_set set;
    struct arena *arena;
};

static int compare_ids(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_image_id(const void *left, const void *right)
{
    return compare_ids(((const struct coco_image *)left)->id, ((const struct coco_image *)right)->id);
}

static int by_category_id(const void *left, const void *right)
{
    return compare_ids(((const struct coco_category *)left)->id, ((const struct coco_category *)right)->id);
}

static bool has_image(const struct coco_set *set, int64_t id)
{
    const struct coco_image key = {.id = id};
    return bsearch(&key, set->images, set->image_count, sizeof(key), by_image_id) != NULL;
}

static bool has_category(const struct coco_set *set, int64_t id)
{
    const struct coco_category key = {.id = id};
    return bsearch(&key, set->categories, set->category_count, sizeof(key), by_category_id) != NULL;
}

static enum err_code read_image(struct arena *arena, const json_t *item, struct coco_image *image, struct err *err)
{
    const char *name = NULL;
    int64_t width = 0;
    int64_t height = 0;
    enum err_code code = json_get_int64(item, "id", INT64_MIN, INT64_MAX, &image->id, err);
    if (code == ERR_NONE)
        code = json_get_string(item, "file_name", &name, err);
    if (code == ERR_NONE)
        code = json_opt_int64(item, "width", 0, INT32_MAX, &width, err);
    if (code == ERR_NONE)
        code = json_opt_int64(item, "height", 0, INT32_MAX, &height, err);
    if (code != ERR_NONE)
        return code;
    image->file_name = arena_strdup(arena, name);
    image->width = (int)width;
    image->height = (int)height;
    return ERR_NONE;
}

static enum err_code read_images(struct arena *arena, const json_t *root, struct coco_set *set, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_get_array(root, "images", COCO_IMAGES_MAX, &list, err);
    if (code != ERR_NONE)
        return code;
    size_t count = json_array_size(list);
    set->images = arena_alloc_array(arena, count + 1, sizeof(*set->images));
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = read_image(arena, json_array_get(list, i), &set->images[i], err);
    if (code != ERR_NONE)
        return err_context(err, "\"images\"");
    set->image_count = count;
    qsort(set->images, count, sizeof(*set->images), by_image_id);
    for (size_t i = 1; i < count; i++) {
        if (set->images[i].id == set->images[i - 1].id)
            return err_set(err, ERR_INVALID, "\"images\": the id %lld occurs twice", (long long)set->images[i].id);
    }
    return ERR_NONE;
}

static enum err_code read_categories(struct arena *arena, const json_t *root, struct coco_set *set, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_get_array(root, "categories", COCO_IMAGES_MAX, &list, err);
    if (code != ERR_NONE)
        return code;
    size_t count = json_array_size(list);
    set->categories = arena_alloc_array(arena, count + 1, sizeof(*set->categories));
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        const json_t *item = json_array_get(list, i);
        const char *name = NULL;
        code = json_get_int64(item, "id", INT64_MIN, INT64_MAX, &set->categories[i].id, err);
        if (code == ERR_NONE)
            code = json_get_string(item, "name", &name, err);
        if (code == ERR_NONE)
            set->categories[i].name = arena_strdup(arena, name);
    }
    if (code != ERR_NONE)
        return err_context(err, "\"categories\"");
    set->category_count = count;
    qsort(set->categories, count, sizeof(*set->categories), by_category_id);
    for (size_t i = 1; i < count; i++) {
        if (set->categories[i].id == set->categories[i - 1].id)
            return err_set(
                err, ERR_INVALID, "\"categories\": the id %lld occurs twice", (long long)set->categories[i].id);
    }
    return ERR_NONE;
}

// "iscrowd" is 0 or 1 in COCO's own files, a truth value in some others.
static bool is_crowd(const json_t *item)
{
    const json_t *value = json_object_get(item, "iscrowd");
    return json_is_true(value) || json_number_value(value) > 0.0;
}

static enum err_code read_truth(
    const json_t *item, const struct coco_set *set, struct coco_truth *truth, struct err *err)
{
    json_t *box = NULL;
    enum err_code code = json_get_int64(item, "image_id", INT64_MIN, INT64_MAX, &truth->image_id, err);
    if (code == ERR_NONE)
        code = json_get_int64(item, "category_id", INT64_MIN, INT64_MAX, &truth->category_id, err);
    if (code == ERR_NONE)
        code = json_get_array(item, "bbox", 4, &box, err);
    if (code != ERR_NONE)
        return code;
    double numbers[4];
    for (size_t i = 0; i < 4; i++) {
        const json_t *number = json_array_get(box, i);
        if (!json_is_number(number))
            return err_set(err, ERR_INVALID, "\"bbox\" must hold four numbers");
        numbers[i] = json_number_value(number);
    }
    if (!has_image(set, truth->image_id))
        return err_set(err, ERR_INVALID, "there is no image %lld", (long long)truth->image_id);
    if (!has_category(set, truth->category_id))
        return err_set(err, ERR_INVALID, "there is no category %lld", (long long)truth->category_id);
    truth->x = numbers[0];
    truth->y = numbers[1];
    truth->width = numbers[2];
    truth->height = numbers[3];
    truth->crowd = is_crowd(item);
    return ERR_NONE;
}

static enum err_code read_truths(struct arena *arena, const json_t *root, struct coco_set *set, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_get_array(root, "annotations", COCO_BOXES_MAX, &list, err);
    if (code != ERR_NONE)
        return code;
    size_t count = json_array_size(list);
    set->truths = arena_alloc_array(arena, count + 1, sizeof(*set->truths));
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        code = read_truth(json_array_get(list, i), set, &set->truths[i], err);
        if (code != ERR_NONE)
            return err_context(err, "\"annotations\", number %zu", i + 1);
    }
    set->truth_count = count;
    return code;
}

enum err_code coco_set_parse(const char *json, size_t size, struct coco_set **set, struct err *err)
{
    *set = NULL;
    json_t *root = NULL;
    const struct json_limits limits = {.size_bytes = COCO_FILE_SIZE_MAX, .depth = 16};
    enum err_code code = json_parse(json, size, &limits, &root, err);
    if (code != ERR_NONE)
        return code;
    struct set_owner *owner = mem_calloc(1, sizeof(*owner));
    owner->arena = arena_new();
    if (!json_is_object(root))
        code = err_set(err, ERR_INVALID, "the annotations are no JSON object");
    if (code == ERR_NONE)
        code = read_images(owner->arena, root, &owner->set, err);
    if (code == ERR_NONE)
        code = read_categories(owner->arena, root, &owner->set, err);
    if (code == ERR_NONE)
        code = read_truths(owner->arena, root, &owner->set, err);
    json_decref(root);
    if (code != ERR_NONE) {
        coco_set_free(&owner->set);
        return code;
    }
    *set = &owner->set;
    return ERR_NONE;
}

enum err_code coco_set_load(const char *file, struct coco_set **set, struct err *err)
{
    char *json = NULL;
    size_t size = 0;
    *set = NULL;
    enum err_code code = file_read(file, COCO_FILE_SIZE_MAX, &json, &size, err);
    if (code != ERR_NONE)
        return code;
    code = coco_set_parse(json, size, set, err);
    free(json);
    return code == ERR_NONE ? ERR_NONE : err_context(err, "%s", file);
}

void coco_set_free(struct coco_set *set)
{
    if (set == NULL)
        return;
    struct set_owner *owner = (struct set_owner *)set;
    arena_free(owner->arena);
    free(owner);
}

const struct coco_category *coco_set_category(const struct coco_set *set, const char *name)
{
    for (size_t i = 0; i < set->category_count; i++) {
        if (strcmp(set->categories[i].name, name) == 0)
            return &set->categories[i];
    }
    return NULL;
}
