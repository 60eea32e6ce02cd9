#include "ingest/track_step.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "meta_store/meta_store.h"

static const char *const kind_names[] = {
    [TRACK_STEP_SPLIT] = "split",
    [TRACK_STEP_MERGE] = "merge",
    [TRACK_STEP_GIVE] = "give",
    [TRACK_STEP_UNDO] = "undo",
    [TRACK_STEP_REDO] = "redo",
};
#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

// Of a float, which keeps the numbers that are read in it.
#define COORDINATE_MAX 1e30

const char *track_step_kind_name(enum track_step_kind kind)
{
    return (size_t)kind < KIND_COUNT ? kind_names[kind] : "unknown";
}

// ---- writing

static json_t *anchor_text(const struct track_anchor *anchor, const char *video)
{
    char id[OBJECT_ID_SIZE];
    json_t *text = json_object();
    json_t *box = json_array();
    object_id_make(video, anchor->index, anchor->k, id);
    json_set_string(text, "object", id);
    for (size_t i = 0; i < 4; i++)
        json_array_append_new(box, json_real((double)anchor->box[i]));
    json_set(text, "box", box);
    return text;
}

void track_entry_encode(const struct track_entry *entry, const char *video, struct strbuf *out)
{
    json_t *text = json_object();
    bool is_change = entry->kind != TRACK_STEP_UNDO && entry->kind != TRACK_STEP_REDO;
    json_set_int64(text, "format", TRACK_STEP_FORMAT);
    json_set_string(text, "kind", track_step_kind_name(entry->kind));
    if (entry->by != NULL)
        json_set_string(text, "by", entry->by);
    if (!is_change)
        json_set_int64(text, "step", entry->step);
    else
        json_set_int64(text, "time_us", entry->time_us);
    if (is_change && entry->track >= 0)
        json_set_int64(text, "track", entry->track);
    if (is_change && entry->other >= 0)
        json_set_int64(text, "other", entry->other);
    if (entry->kind == TRACK_STEP_SPLIT || entry->kind == TRACK_STEP_MERGE)
        json_set(text, "at", anchor_text(&entry->at, video));
    if (entry->kind == TRACK_STEP_GIVE) {
        json_t *objects = json_array();
        for (size_t i = 0; i < entry->count; i++)
            json_array_append_new(objects, anchor_text(&entry->objects[i], video));
        json_set(text, "objects", objects);
    }
    if (entry->kind == TRACK_STEP_MERGE || (entry->kind == TRACK_STEP_GIVE && entry->has_to))
        json_set(text, "to", anchor_text(&entry->to, video));
    json_dump(text, out);
    json_decref(text);
}

// ---- reading

// What an entry's pointers lead to.
struct memory {
    char *by;
    struct track_anchor *objects;
};

static enum err_code read_box(const json_t *text, float box[4], struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_get_array(text, "box", 4, &list, err);
    if (code == ERR_NONE && json_array_size(list) != 4)
        code = err_set(err, ERR_INVALID, "\"box\" has not four numbers");
    for (size_t i = 0; i < 4 && code == ERR_NONE; i++) {
        const json_t *number = json_array_get(list, i);
        double value = json_number_value(number);
        if (!json_is_number(number) || !(value >= -COORDINATE_MAX && value <= COORDINATE_MAX))
            return err_set(err, ERR_INVALID, "\"box\" has something that is no coordinate");
        box[i] = (float)value;
    }
    return code;
}

static enum err_code read_anchor(const json_t *text, const char *video, struct track_anchor *anchor, struct err *err)
{
    char of[VIDEO_ID_SIZE];
    const char *id = NULL;
    if (!json_is_object(text))
        return err_set(err, ERR_INVALID, "it names an object by something that is none");
    enum err_code code = json_get_string(text, "object", &id, err);
    if (code == ERR_NONE && (!object_id_parse(id, of, &anchor->index, &anchor->k) || strcmp(of, video) != 0))
        code = err_set(err, ERR_INVALID, "\"%.40s\" is no object of video %s", id, video);
    return code == ERR_NONE ? read_box(text, anchor->box, err) : code;
}

static enum err_code get_anchor(
    const json_t *text, const char *field, const char *video, struct track_anchor *anchor, struct err *err)
{
    json_t *object = NULL;
    enum err_code code = json_get_object(text, field, &object, err);
    return code == ERR_NONE ? read_anchor(object, video, anchor, err) : code;
}

static enum err_code read_objects(
    const json_t *text, const char *video, struct track_entry *entry, struct memory *memory, struct err *err)
{
    json_t *list = NULL;
    enum err_code code = json_get_array(text, "objects", TRACK_STEP_OBJECTS_MAX, &list, err);
    if (code != ERR_NONE)
        return code;
    size_t count = json_array_size(list);
    if (count == 0)
        return err_set(err, ERR_INVALID, "\"objects\" is empty");
    memory->objects = mem_calloc(count, sizeof(*memory->objects));
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        code = read_anchor(json_array_get(list, i), video, &memory->objects[i], err);
        if (code == ERR_NONE && i > 0 && memory->objects[i].index <= memory->objects[i - 1].index)
            code = err_set(err, ERR_INVALID, "\"objects\" do not ascend by frame");
    }
    entry->objects = memory->objects;
    entry->count = count;
    return code;
}

static enum err_code read_kind(const json_t *text, enum track_step_kind *kind, struct err *err)
{
    const char *name = NULL;
    enum err_code code = json_get_string(text, "kind", &name, err);
    for (size_t i = 0; i < KIND_COUNT && code == ERR_NONE; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *kind = (enum track_step_kind)i;
            return ERR_NONE;
        }
    }
    return code != ERR_NONE ? code : err_set(err, ERR_INVALID, "\"%.40s\" is no kind of correction", name);
}

static enum err_code read_change(
    const json_t *text, const char *video, struct track_entry *entry, struct memory *memory, struct err *err)
{
    enum err_code code = json_get_int64(text, "time_us", 0, INT64_MAX, &entry->time_us, err);
    if (code == ERR_NONE)
        code = json_opt_int64(text, "track", 0, UINT32_MAX, &entry->track, err);
    if (code == ERR_NONE)
        code = json_opt_int64(text, "other", 0, UINT32_MAX, &entry->other, err);
    if (code == ERR_NONE && entry->kind != TRACK_STEP_GIVE)
        code = get_anchor(text, "at", video, &entry->at, err);
    if (code == ERR_NONE && entry->kind == TRACK_STEP_GIVE)
        code = read_objects(text, video, entry, memory, err);
    entry->has_to =
        entry->kind == TRACK_STEP_MERGE || (entry->kind == TRACK_STEP_GIVE && json_object_get(text, "to") != NULL);
    if (code == ERR_NONE && entry->has_to)
        code = get_anchor(text, "to", video, &entry->to, err);
    return code;
}

static enum err_code read_fields(
    const json_t *text, const char *video, struct track_entry *entry, struct memory *memory, struct err *err)
{
    enum err_code code = read_kind(text, &entry->kind, err);
    if (code == ERR_NONE)
        code = json_opt_string(text, "by", &entry->by, err);
    if (code == ERR_NONE && entry->by != NULL && strlen(entry->by) >= TRACK_EDITOR_SIZE)
        code = err_set(err, ERR_INVALID, "\"by\" is too long");
    if (code != ERR_NONE)
        return code;
    if (entry->kind == TRACK_STEP_UNDO || entry->kind == TRACK_STEP_REDO)
        return json_get_int64(text, "step", 1, INT64_MAX, &entry->step, err);
    return read_change(text, video, entry, memory, err);
}

enum err_code track_entry_decode(
    const void *text, size_t size, const char *video, struct track_entry *entry, struct err *err)
{
    struct memory *memory = mem_calloc(1, sizeof(*memory));
    *entry = (struct track_entry){.track = -1, .other = -1, .memory = memory};
    const struct json_limits limits = {.size_bytes = META_JOURNAL_ENTRY_MAX, .depth = 5};
    int64_t format = 0;
    json_t *parsed = NULL;
    struct err reason = ERR_INIT;
    enum err_code code = json_parse(text, size, &limits, &parsed, &reason);
    if (code == ERR_NONE)
        code = json_get_int64(parsed, "format", 1, INT64_MAX, &format, &reason);
    bool is_newer = code == ERR_NONE && format > TRACK_STEP_FORMAT;
    if (code == ERR_NONE && !is_newer)
        code = read_fields(parsed, video, entry, memory, &reason);
    // Kept without the parsed text, which takes many times the room.
    memory->by = mem_strdup(entry->by);
    entry->by = memory->by;
    json_decref(parsed);
    if (code == ERR_NONE && !is_newer)
        return ERR_NONE;
    track_entry_release(entry);
    if (is_newer)
        return err_set(err, ERR_INVALID,
            "it was written by a newer Framehound (format %lld; this program knows %d): upgrade the program",
            (long long)format, TRACK_STEP_FORMAT);
    return err_set(err, ERR_CORRUPT, "it is no correction of tracks: %.300s", reason.message);
}

void track_entry_release(struct track_entry *entry)
{
    struct memory *memory = entry->memory;
    if (memory != NULL) {
        free(memory->by);
        free(memory->objects);
        free(memory);
    }
    *entry = (struct track_entry){.track = -1, .other = -1};
}
