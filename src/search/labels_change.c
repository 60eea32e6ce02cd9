// Changes: checked against the book, appended to the journal at the end that was looked at, applied from there.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "search/labels_internal.h"

// How often a change that demands no version is tried again because somebody else was quicker.
#define ATTEMPTS 20

enum err_code labels_check_version(const struct project *p, const struct label_editor *editor, struct err *err)
{
    int64_t version = label_book_version(p->book);
    int64_t expected = editor->expected_version;
    if (expected < 0 || expected == version)
        return ERR_NONE;
    if (expected > version)
        return err_set(err, ERR_CONFLICT,
            "the labels are at version %" PRId64 ", not %" PRId64 ": the project was begun anew; look at them again",
            version, expected);
    const char *who = label_book_step_by(p->book, version);
    bool others = false;
    for (int64_t id = expected + 1; id < version && !others; id++)
        others = strcmp(label_book_step_by(p->book, id), who) != 0;
    return err_set(err, ERR_CONFLICT,
        "the labels were changed by %.100s%s: they are at version %" PRId64 ", not %" PRId64
        "; look at them again and repeat the change if it still is right",
        who[0] != '\0' ? who : "somebody else", others ? " and others" : "", version, expected);
}

// What the labels are at, for whoever made a change for an older version.
static void describe_conflict(const struct project *p, const struct label_editor *editor, struct label_change *change)
{
    int64_t version = label_book_version(p->book);
    *change = (struct label_change){0};
    if (editor->expected_version < 0 || editor->expected_version == version || version == 0)
        return;
    change->version = version;
    change->has_step = true;
    label_book_step(p->book, version, &change->step);
}

// Undo and redo are about what is last now.
static enum err_code aim(const struct project *p, struct label_entry *entry, struct err *err)
{
    if (entry->kind == LABEL_STEP_UNDO) {
        entry->step = label_book_undo_step(p->book);
        if (entry->step == 0)
            return err_set(err, ERR_CONFLICT, "there is nothing to undo in project %s", p->name);
    } else if (entry->kind == LABEL_STEP_REDO) {
        entry->step = label_book_redo_step(p->book);
        if (entry->step == 0)
            return err_set(err, ERR_CONFLICT, "there is nothing to do again in project %s", p->name);
    }
    return ERR_NONE;
}

// NULL: nothing was ever said of it.
static const struct label_book_object *find_object(const struct project *p, const char *id)
{
    struct label_key key;
    int64_t at = label_key_of(id, &key) ? label_book_find_object(p->book, key) : -1;
    return at >= 0 ? label_book_object(p->book, (size_t)at) : NULL;
}

// Whether it takes back that objects are not of their class and does nothing else. The label came with the first such
// word and goes with the last: nobody made it.
static bool takes_back_refusals(const struct project *p, const struct label_entry *entry)
{
    struct class_memo memo = {0};
    int32_t label = entry->kind == LABEL_STEP_EXAMPLES ? label_book_find(p->book, entry->label) : -1;
    if (label < 0 || entry->positive_count + entry->negative_count > 0)
        return false;
    for (size_t i = 0; i < entry->clear_count; i++) {
        const struct label_book_object *object = find_object(p, entry->clear[i]);
        if (object == NULL || object->class_ < 0 || !label_book_is_negative(object, label) ||
            labels_class_label(p, p->classes[object->class_], &memo) != label)
            return false;
    }
    return true;
}

// Whether examples that are all so already, said once more, would be the latest word for the rest of a track that
// carries something else now.
static bool changes_tracks(struct project *p, const struct label_entry *entry)
{
    int32_t label = label_book_find(p->book, entry->label);
    struct label_map refused = {0}; // tracks
    bool changes = false;
    for (size_t i = 0; i < entry->negative_count && !changes; i++) {
        const struct label_book_object *object = find_object(p, entry->negative[i]);
        const struct label_track *track = labels_track(p, object->key.video, object->track);
        if (track != NULL)
            label_map_put(&refused, track->key, 1);
        changes = track != NULL && track->label == label;
    }
    for (size_t i = 0; i < entry->positive_count && !changes; i++) {
        const struct label_book_object *object = find_object(p, entry->positive[i]);
        const struct label_track *track = labels_track(p, object->key.video, object->track);
        // A yes and a no in one step are no word for the rest.
        changes = track != NULL && track->label != (label_map_get(&refused, track->key) < 0 ? label : -1);
    }
    label_map_release(&refused);
    return changes;
}

static bool changes_anything(struct project *p, const struct label_entry *entry)
{
    return label_book_changes(p->book, entry) || (entry->kind == LABEL_STEP_EXAMPLES && changes_tracks(p, entry));
}

static enum err_code append(
    struct labels *labels, const struct project *p, const struct label_entry *entry, int64_t *position, struct err *err)
{
    struct strbuf text;
    strbuf_init(&text);
    label_entry_encode(entry, &text);
    enum err_code code = meta_store_append_journal(
        labels->config.meta, p->name, LABELS_JOURNAL, label_book_version(p->book), text.data, text.size, position, err);
    strbuf_release(&text);
    return code;
}

// `step` 0: nothing had to be done.
static void describe(struct labels *labels, struct project *p, const struct label_entry *entry, int64_t step,
    struct label_change *change)
{
    *change = (struct label_change){.version = label_book_version(p->book), .has_step = step != 0};
    if (change->has_step)
        label_book_step(p->book, step, &change->step);
    labels_combine(p);
    int32_t label = change->has_step ? label_book_step_label(p->book, step)
        : entry->label != NULL       ? label_book_find(p->book, entry->label)
                                     : -1;
    change->has_label = label >= 0;
    if (label >= 0)
        labels_summarise(labels, p, label, &change->label);
    change->has_undo = label_book_undo_step(p->book) != 0;
    if (change->has_undo)
        label_book_step(p->book, label_book_undo_step(p->book), &change->undo);
    change->has_redo = label_book_redo_step(p->book) != 0;
    if (change->has_redo)
        label_book_step(p->book, label_book_redo_step(p->book), &change->redo);
}

// *position is -1 where everything is so already.
static enum err_code try_once(struct labels *labels, struct project *p, struct label_entry *entry,
    const struct label_editor *editor, labels_change_check *check, void *context, int64_t *position, struct err *err)
{
    *position = -1;
    enum err_code code = labels_check_version(p, editor, err);
    if (code == ERR_NONE)
        code = aim(p, entry, err);
    if (code == ERR_NONE)
        code = label_book_check(p->book, entry, err);
    if (code == ERR_NONE && check != NULL)
        code = check(labels, p, context, err);
    entry->removes_empty = code == ERR_NONE && takes_back_refusals(p, entry);
    if (code != ERR_NONE || !changes_anything(p, entry))
        return code;
    return append(labels, p, entry, position, err);
}

static enum err_code check_editor(const struct label_editor *editor, struct label_entry *entry, struct err *err)
{
    if (editor->by == NULL || editor->by[0] == '\0')
        return ERR_NONE;
    if (strnlen(editor->by, LABEL_EDITOR_SIZE) == LABEL_EDITOR_SIZE)
        return err_set(err, ERR_INVALID, "the name of who says it has at most 100 characters");
    entry->by = editor->by;
    return ERR_NONE;
}

// Applies what was appended, and what follows from it.
static enum err_code follow(struct labels *labels, struct project *p, int64_t position, struct err *err)
{
    enum err_code code = labels_catch_up(labels, p, err);
    if (code == ERR_NONE && label_book_version(p->book) <= position)
        code = err_set(err, ERR_NOT_FOUND, "there is no project %s any more", p->name);
    if (code != ERR_NONE)
        return err_context(err, "the change is stored, but cannot be shown yet");
    // The change counts: what cannot be looked up now is looked up by the next call.
    struct err later = ERR_INIT;
    if (labels_resolve_objects(labels, p, false, &later) != ERR_NONE)
        log_warn(
            labels->config.log, "the objects labelled in project %s cannot be looked up: %s", p->name, later.message);
    return ERR_NONE;
}

enum err_code labels_commit(struct labels *labels, const char *project, struct label_entry *entry,
    const struct label_editor *editor, labels_change_check *check, void *context, struct label_change *change,
    struct err *err)
{
    struct project *p = NULL;
    int64_t position;
    enum err_code code = check_editor(editor, entry, err);
    if (code == ERR_NONE)
        code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    int64_t seen = -1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        seen = label_book_version(p->book);
        code = try_once(labels, p, entry, editor, check, context, &position, err);
        if (code != ERR_CONFLICT)
            break;
        // Whether the conflict is one of the journal shows in what it has gained.
        struct err reason = *err;
        code = labels_catch_up(labels, p, err);
        if (code != ERR_NONE)
            break;
        if (label_book_version(p->book) == seen) {
            *err = reason;
            code = reason.code;
            break;
        }
        code = err_set(err, ERR_CONFLICT,
            "others are changing the labels of project %s all the time: try again in a moment", p->name);
    }
    bool is_done = code == ERR_NONE && position >= 0;
    if (is_done)
        code = follow(labels, p, position, err);
    int64_t epoch = p->epoch;
    if (is_done && code == ERR_NONE)
        labels_learn_changed(labels, p, position + 1);
    if (code == ERR_NONE && p->epoch != epoch)
        code = err_set(err, ERR_NOT_FOUND, "there is no project %s any more", project);
    if (code == ERR_NONE)
        describe(labels, p, entry, position + 1, change);
    else
        describe_conflict(p, editor, change);
    labels_leave(labels, p);
    return code;
}

// ---- examples

struct wanted {
    struct object_ref *refs;
    size_t count;
};

static enum err_code check_wanted(struct labels *labels, struct project *p, void *context, struct err *err)
{
    const struct wanted *wanted = context;
    return labels_check_objects(labels, p, wanted->refs, wanted->count, err);
}

static enum err_code check_size(size_t count, const char *which, struct err *err)
{
    if (count <= LABELS_EXAMPLES_MAX)
        return ERR_NONE;
    return err_set(
        err, ERR_LIMIT, "%zu %s objects are too many for one step: at most %d", count, which, LABELS_EXAMPLES_MAX);
}

// Ids are checked before they are copied: nothing longer than an id is.
static void copy_ids(const char *const *ids, size_t count, const char *field, bool may_be_gone, struct wanted *wanted,
    char (*texts)[OBJECT_ID_SIZE], const char (**list)[OBJECT_ID_SIZE])
{
    *list = (const char(*)[OBJECT_ID_SIZE])(texts + wanted->count);
    for (size_t i = 0; i < count; i++) {
        snprintf(texts[wanted->count], OBJECT_ID_SIZE, "%s", ids[i]);
        wanted->refs[wanted->count++] =
            (struct object_ref){.object = ids[i], .field = field, .may_be_gone = may_be_gone};
    }
}

enum err_code labels_examples(struct labels *labels, const char *project, const char *label,
    const struct label_examples *examples, const struct label_editor *editor, struct label_change *change,
    struct err *err)
{
    char name[LABEL_NAME_SIZE];
    size_t count = examples->positive_count + examples->negative_count + examples->clear_count;
    enum err_code code = label_name_clean(label, name, err);
    if (code == ERR_NONE)
        code = check_size(examples->positive_count, "positive", err);
    if (code == ERR_NONE)
        code = check_size(examples->negative_count, "negative", err);
    if (code == ERR_NONE)
        code = check_size(examples->clear_count, "cleared", err);
    if (code == ERR_NONE && count == 0)
        code = err_set(err, ERR_INVALID, "no objects were named: say which are \"%s\", which are not, or both", name);
    if (code != ERR_NONE)
        return code;
    char(*texts)[OBJECT_ID_SIZE] = mem_calloc(count, sizeof(*texts));
    struct wanted wanted = {.refs = mem_calloc(count, sizeof(*wanted.refs))};
    struct label_entry entry = {.kind = LABEL_STEP_EXAMPLES,
        .label = name,
        .positive_count = examples->positive_count,
        .negative_count = examples->negative_count,
        .clear_count = examples->clear_count};
    copy_ids(examples->positive, examples->positive_count, "positive", false, &wanted, texts, &entry.positive);
    copy_ids(examples->negative, examples->negative_count, "negative", false, &wanted, texts, &entry.negative);
    copy_ids(examples->clear, examples->clear_count, "clear", true, &wanted, texts, &entry.clear);
    code = labels_commit(labels, project, &entry, editor, check_wanted, &wanted, change, err);
    free(wanted.refs);
    free(texts);
    return code;
}

struct cleared {
    const char *label, *object;
};

static enum err_code check_cleared(struct labels *labels, struct project *p, void *context, struct err *err)
{
    (void)labels;
    const struct cleared *cleared = context;
    if (!label_key_of(cleared->object, &(struct label_key){0}))
        return err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007",
            cleared->object);
    int32_t label = label_book_find(p->book, cleared->label);
    const struct label_book_object *object = find_object(p, cleared->object);
    if (object != NULL && (object->label == label || label_book_is_negative(object, label)))
        return ERR_NONE;
    err_set(err, ERR_NOT_FOUND, "nothing was said of %s for the label \"%s\"", cleared->object, cleared->label);
    return err_of_field(err, ERR_NOT_FOUND, label < 0 ? "label" : "object");
}

enum err_code labels_clear(struct labels *labels, const char *project, const char *label, const char *object,
    const struct label_editor *editor, struct label_change *change, struct err *err)
{
    char name[LABEL_NAME_SIZE];
    char text[1][OBJECT_ID_SIZE];
    enum err_code code = label_name_clean(label, name, err);
    if (code != ERR_NONE)
        return code;
    snprintf(text[0], sizeof(text[0]), "%s", object);
    struct label_entry entry = {
        .kind = LABEL_STEP_EXAMPLES, .label = name, .clear = (const char(*)[OBJECT_ID_SIZE])text, .clear_count = 1};
    struct cleared cleared = {.label = name, .object = object};
    return labels_commit(labels, project, &entry, editor, check_cleared, &cleared, change, err);
}

// ---- labels as a whole

enum err_code labels_rename(struct labels *labels, const char *project, const char *label, const char *name,
    const struct label_editor *editor, struct label_change *change, struct err *err)
{
    char from[LABEL_NAME_SIZE];
    char to[LABEL_NAME_SIZE];
    enum err_code code = label_name_clean(label, from, err);
    if (code == ERR_NONE)
        code = label_name_clean(name, to, err);
    struct label_entry entry = {.kind = LABEL_STEP_RENAME, .label = from, .other = to};
    return code != ERR_NONE ? code : labels_commit(labels, project, &entry, editor, NULL, NULL, change, err);
}

enum err_code labels_merge(struct labels *labels, const char *project, const char *label, const char *into,
    const struct label_editor *editor, struct label_change *change, struct err *err)
{
    char from[LABEL_NAME_SIZE];
    char to[LABEL_NAME_SIZE];
    enum err_code code = label_name_clean(label, from, err);
    if (code == ERR_NONE)
        code = label_name_clean(into, to, err);
    struct label_entry entry = {.kind = LABEL_STEP_MERGE, .label = from, .other = to};
    return code != ERR_NONE ? code : labels_commit(labels, project, &entry, editor, NULL, NULL, change, err);
}

enum err_code labels_delete(struct labels *labels, const char *project, const char *label,
    const struct label_editor *editor, struct label_change *change, struct err *err)
{
    char name[LABEL_NAME_SIZE];
    enum err_code code = label_name_clean(label, name, err);
    struct label_entry entry = {.kind = LABEL_STEP_DELETE, .label = name};
    return code != ERR_NONE ? code : labels_commit(labels, project, &entry, editor, NULL, NULL, change, err);
}

enum err_code labels_undo(struct labels *labels, const char *project, const struct label_editor *editor,
    struct label_change *change, struct err *err)
{
    struct label_entry entry = {.kind = LABEL_STEP_UNDO};
    return labels_commit(labels, project, &entry, editor, NULL, NULL, change, err);
}

enum err_code labels_redo(struct labels *labels, const char *project, const struct label_editor *editor,
    struct label_change *change, struct err *err)
{
    struct label_entry entry = {.kind = LABEL_STEP_REDO};
    return labels_commit(labels, project, &entry, editor, NULL, NULL, change, err);
}
