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
    [LABEL_STEP_IMPORT] = "import",
    [LABEL_STEP_KEEP] = "keep",
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

static json_t *groups_text(const struct label_entry *entry)
{
    json_t *list = json_array();
    for (size_t i = 0; i < entry->group_count; i++) {
        const struct label_entry_group *group = &entry->groups[i];
        json_t *text = json_object();
        json_set_string(text, "label", group->label);
        add_objects(text, "positive", group->positive, group->positive_count);
        add_objects(text, "negative", group->negative, group->negative_count);
        json_array_append_new(list, text);
    }
    return list;
}

// Programs that know no such steps go on reading projects without one.
static int format_of(const struct label_entry *entry)
{
    if (entry->removes_empty)
        return 3;
    return entry->kind == LABEL_STEP_IMPORT || entry->kind == LABEL_STEP_KEEP ? 2 : 1;
}

void label_entry_encode(const struct label_entry *entry, struct strbuf *out)
{
    json_t *text = json_object();
    json_set_int64(text, "format", format_of(entry));
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
    if (entry->removes_empty)
        json_set_bool(text, "remove_empty", true);
    if (entry->kind == LABEL_STEP_IMPORT)
        json_set(text, "labels", groups_text(entry));
    json_dump(text, out);
    json_decref(text);
}

// ---- reading

// What an entry's pointers lead to.
struct memory {
    json_t *text; // owns the names
    char (*objects)[OBJECT_ID_SIZE];
    size_t used, room; // of objects
    struct label_entry_group *groups;
};

static enum err_code read_objects(const json_t *text, const char *field, struct memory *memory,
    const char (**list)[OBJECT_ID_SIZE], size_t *count, struct err *err)
{
    json_t *array = NULL;
    enum err_code code = json_opt_array(text, field, memory->room, &array, err);
    *list = (const char(*)[OBJECT_ID_SIZE])(memory->objects + memory->used);
    *count = code == ERR_NONE ? json_array_size(array) : 0;
    if (memory->used + *count > memory->room)
        return err_set(err, ERR_LIMIT, "it names more than %zu objects", memory->room);
    for (size_t i = 0; i < *count && code == ERR_NONE; i++) {
        const char *id = json_string_value(json_array_get(array, i));
        if (id == NULL || !object_id_parse(id, NULL, &(int32_t){0}, &(int32_t){0}))
            return err_set(err, ERR_INVALID, "\"%s\" has something that is no object's id", field);
        memcpy(memory->objects[memory->used++], id, OBJECT_ID_SIZE);
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

static enum err_code read_groups(const json_t *text, struct label_entry *entry, struct memory *memory, struct err *err)
{
    json_t *array = NULL;
    enum err_code code = json_get_array(text, "labels", LABEL_STEP_IMPORT_LABELS_MAX, &array, err);
    size_t count = code == ERR_NONE ? json_array_size(array) : 0;
    memory->groups = mem_calloc(count + 1, sizeof(*memory->groups));
    entry->groups = memory->groups;
    entry->group_count = count;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        const json_t *item = json_array_get(array, i);
        struct label_entry_group *group = &memory->groups[i];
        code = read_name(item, "label", &group->label, err);
        if (code == ERR_NONE)
            code = read_objects(item, "positive", memory, &group->positive, &group->positive_count, err);
        if (code == ERR_NONE)
            code = read_objects(item, "negative", memory, &group->negative, &group->negative_count, err);
    }
    return code;
}

static enum err_code read_fields(const json_t *text, struct label_entry *entry, struct memory *memory, struct err *err)
{
    enum err_code code = json_opt_string(text, "by", &entry->by, err);
    if (code == ERR_NONE && entry->by != NULL && strlen(entry->by) >= LABEL_EDITOR_SIZE)
        code = err_set(err, ERR_INVALID, "\"by\" is too long");
    if (code != ERR_NONE)
        return code;
    switch (entry->kind) {
    case LABEL_STEP_UNDO:
    case LABEL_STEP_REDO:
        return json_get_int64(text, "step", 1, INT64_MAX, &entry->step, err);
    case LABEL_STEP_RENAME:
    case LABEL_STEP_MERGE:
        code = read_name(text, "other", &entry->other, err);
        break;
    case LABEL_STEP_EXAMPLES:
    case LABEL_STEP_KEEP:
        code = read_objects(text, "positive", memory, &entry->positive, &entry->positive_count, err);
        if (code == ERR_NONE)
            code = read_objects(text, "negative", memory, &entry->negative, &entry->negative_count, err);
        if (code == ERR_NONE && entry->kind == LABEL_STEP_EXAMPLES)
            code = read_objects(text, "clear", memory, &entry->clear, &entry->clear_count, err);
        if (code == ERR_NONE && entry->kind == LABEL_STEP_EXAMPLES)
            code = json_opt_bool(text, "remove_empty", &entry->removes_empty, err);
        break;
    case LABEL_STEP_IMPORT:
        return read_groups(text, entry, memory, err);
    case LABEL_STEP_DELETE:
        break;
    }
    return code != ERR_NONE ? code : read_name(text, "label", &entry->label, err);
}

static size_t count_objects(const json_t *text)
{
    return json_array_size(json_object_get(text, "positive")) + json_array_size(json_object_get(text, "negative")) +
        json_array_size(json_object_get(text, "clear"));
}

// How many objects it may name; no more than it has texts, so that a short entry takes little memory.
static size_t object_room(const json_t *text, const struct label_entry *entry)
{
    const json_t *labels = json_object_get(text, "labels");
    bool is_import = entry->kind == LABEL_STEP_IMPORT;
    size_t most = is_import ? LABEL_STEP_IMPORT_OBJECTS_MAX : LABEL_STEP_OBJECTS_MAX;
    size_t count = is_import ? 0 : count_objects(text);
    for (size_t i = 0; is_import && i < json_array_size(labels); i++)
        count += count_objects(json_array_get(labels, i));
    return count < most ? count : most;
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
    if (code == ERR_NONE)
        code = read_kind(memory->text, &entry->kind, &reason);
    if (code == ERR_NONE) {
        memory->room = object_room(memory->text, entry);
        memory->objects = mem_calloc(memory->room + 1, sizeof(*memory->objects));
        code = read_fields(memory->text, entry, memory, &reason);
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
        free(memory->groups);
        free(memory);
    }
    *entry = (struct label_entry){0};
}
