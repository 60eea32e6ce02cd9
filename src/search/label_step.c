#include "search/label_step.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "meta_store/meta_store.h"

static const char *const kind_names[] = {
    [LABEL_STEP_EXAMPLES] = "examples",
    [LABEL_STEP_RENAME] = "rename",
    [LABEL_STEP_MERGE] = "merge",
    [LABEL_STEP_DELETE] = "delete",
    [LABEL_STEP_UNDO] = "undo",
    [LABEL_STEP_REDO] = "redo",
};
#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

const char *label_step_kind_name(enum label_step_kind kind)
{
    return (size_t)kind < KIND_COUNT ? kind_names[kind] : "unknown";
}

// ---- writing

static void add_objects(json_t *text, const char *field, const char (*objects)[OBJECT_ID_SIZE], size_t count)
{
    if (count == 0)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(objects[i]));
    json_set(text, field, list);
}

void label_entry_encode(const struct label_entry *entry, struct strbuf *out)
{
    json_t *text = json_object();
    json_set_int64(text, "format", LABEL_STEP_FORMAT);
    json_set_string(text, "kind", label_step_kind_name(entry->kind));
    if (entry->label != NULL)
        json_set_string(text, "label", entry->label);
    if (entry->other != NULL)
        json_set_string(text, "other", entry->other);
    if (entry->step != 0)
        json_set_int64(text, "step", entry->step);
    if (entry->by != NULL)
        json_set_string(text, "by", entry->by);
    add_objects(text, "positive", entry->positive, entry->positive_count);
    add_objects(text, "negative", entry->negative, entry->negative_count);
    add_objects(text, "clear", entry->clear, entry->clear_count);
    json_dump(text, out);
    json_decref(text);
}

// ---- reading

// What an entry's pointers lead to.
struct memory {
    json_t *text; // owns the names
    char (*objects)[OBJECT_ID_SIZE];
};

static enum err_code read_objects(const json_t *text, const char *field, char (*objects)[OBJECT_ID_SIZE], size_t *used,
    const char (**list)[OBJECT_ID_SIZE], size_t *count, struct err *err)
{
    json_t *array = NULL;
    enum err_code code = json_opt_array(text, field, LABEL_STEP_OBJECTS_MAX, &array, err);
    *list = (const char(*)[OBJECT_ID_SIZE])(objects + *used);
    *count = code == ERR_NONE ? json_array_size(array) : 0;
    if (*used + *count > LABEL_STEP_OBJECTS_MAX)
        return err_set(err, ERR_LIMIT, "it names more than %d objects", LABEL_STEP_OBJECTS_MAX);
    for (size_t i = 0; i < *count && code == ERR_NONE; i++) {
        const char *id = json_string_value(json_array_get(array, i));
        if (id == NULL || !object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
            return err_set(err, ERR_INVALID, "\"%s\" has something that is no object's id", field);
        memcpy(objects[(*used)++], id, OBJECT_ID_SIZE);
    }
    return code;
}

static enum err_code read_kind(const json_t *text, enum label_step_kind *kind, struct err *err)
{
    const char *name = NULL;
    enum err_code code = json_get_string(text, "kind", &name, err);
    for (size_t i = 0; i < KIND_COUNT && code == ERR_NONE; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *kind = (enum label_step_kind)i;
            return ERR_NONE;
        }
    }
    return code != ERR_NONE ? code : err_set(err, ERR_INVALID, "\"%.40s\" is no kind of step", name);
}

static enum err_code read_name(const json_t *text, const char *field, const char **name, struct err *err)
{
    enum err_code code = json_get_string(text, field, name, err);
    if (code == ERR_NONE && (**name == '\0' || strlen(*name) >= LABEL_NAME_SIZE))
        code = err_set(err, ERR_INVALID, "\"%s\" is no label's name", field);
    return code;
}

static enum err_code read_fields(
    const json_t *text, struct label_entry *entry, char (*objects)[OBJECT_ID_SIZE], struct err *err)
{
    enum err_code code = read_kind(text, &entry->kind, err);
    if (code == ERR_NONE)
        code = json_opt_string(text, "by", &entry->by, err);
    if (code == ERR_NONE && entry->by != NULL && strlen(entry->by) >= LABEL_EDITOR_SIZE)
        code = err_set(err, ERR_INVALID, "\"by\" is too long");
    if (code != ERR_NONE)
        return code;
    size_t used = 0;
    switch (entry->kind) {
    case LABEL_STEP_UNDO:
    case LABEL_STEP_REDO:
        return json_get_int64(text, "step", 1, INT64_MAX, &entry->step, err);
    case LABEL_STEP_RENAME:
    case LABEL_STEP_MERGE:
        code = read_name(text, "other", &entry->other, err);
        break;
    case LABEL_STEP_EXAMPLES:
        code = read_objects(text, "positive", objects, &used, &entry->positive, &entry->positive_count, err);
        if (code == ERR_NONE)
            code = read_objects(text, "negative", objects, &used, &entry->negative, &entry->negative_count, err);
        if (code == ERR_NONE)
            code = read_objects(text, "clear", objects, &used, &entry->clear, &entry->clear_count, err);
        break;
    case LABEL_STEP_DELETE:
        break;
    }
    return code != ERR_NONE ? code : read_name(text, "label", &entry->label, err);
}

static size_t count_objects(const json_t *text)
{
    size_t count = json_array_size(json_object_get(text, "positive")) +
        json_array_size(json_object_get(text, "negative")) + json_array_size(json_object_get(text, "clear"));
    return count < LABEL_STEP_OBJECTS_MAX ? count : LABEL_STEP_OBJECTS_MAX;
}

enum err_code label_entry_decode(const void *text, size_t size, struct label_entry *entry, struct err *err)
{
    *entry = (struct label_entry){0};
    struct memory *memory = mem_calloc(1, sizeof(*memory));
    entry->memory = memory;
    const struct json_limits limits = {.size_bytes = META_JOURNAL_ENTRY_MAX, .depth = 4};
    int64_t format = 0;
    struct err reason = ERR_INIT;
    enum err_code code = json_parse(text, size, &limits, &memory->text, &reason);
    if (code == ERR_NONE)
        code = json_get_int64(memory->text, "format", 1, INT64_MAX, &format, &reason);
    if (code == ERR_NONE && format > LABEL_STEP_FORMAT) {
        label_entry_release(entry);
        return err_set(err, ERR_INVALID,
            "it was written by a newer Framehound (format %lld; this program knows %d): upgrade the program",
            (long long)format, LABEL_STEP_FORMAT);
    }
    if (code == ERR_NONE) {
        memory->objects = mem_calloc(count_objects(memory->text) + 1, sizeof(*memory->objects));
        code = read_fields(memory->text, entry, memory->objects, &reason);
    }
    if (code == ERR_NONE)
        return ERR_NONE;
    label_entry_release(entry);
    return err_set(err, ERR_CORRUPT, "it is not what labelling writes: %.300s", reason.message);
}

void label_entry_release(struct label_entry *entry)
{
    struct memory *memory = entry->memory;
    if (memory != NULL) {
        json_decref(memory->text);
        free(memory->objects);
        free(memory);
    }
    *entry = (struct label_entry){0};
}
