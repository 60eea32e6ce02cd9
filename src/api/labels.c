// Labelling: which labels there are, and every change of them. What carries a label is in label_objects.c.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/plain_text.h"

#define EDITOR_LENGTH_MAX 100
#define HISTORY_LIMIT 100

// ---- what requests say

enum err_code api_clean_label(
    struct http_request *request, const char *given, const char *field, const char **name, struct err *err)
{
    char clean[LABEL_NAME_SIZE];
    enum err_code code = label_name_clean(given, clean, err);
    if (code == ERR_NONE)
        *name = arena_strdup(http_request_arena(request), clean);
    return err_of_field(err, code, field);
}

enum err_code api_param_label(struct http_request *request, const char **label, struct err *err)
{
    return api_clean_label(request, http_request_param(request, "l"), "label", label, err);
}

static enum err_code get_name(
    struct http_request *request, const json_t *body, const char *field, const char **name, struct err *err)
{
    const char *given = NULL;
    enum err_code code = json_get_string(body, field, &given, err);
    return code == ERR_NONE ? api_clean_label(request, given, field, name, err) : code;
}

enum err_code api_read_objects(struct http_request *request, json_t *body, const char *field, size_t most,
    const char *const **ids, size_t *count, struct err *err)
{
    json_t *array = NULL;
    *ids = NULL;
    *count = 0;
    enum err_code code = json_opt_array(body, field, most, &array, err);
    if (code != ERR_NONE || array == NULL)
        return code;
    size_t n = json_array_size(array);
    const char **list = arena_alloc_array(http_request_arena(request), n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = json_string_value(json_array_get(array, i));
        if (list[i] != NULL && object_id_parse(list[i], NULL, &(int32_t){0}, &(int32_t){0}))
            continue;
        err_set(err, ERR_INVALID,
            "item %zu of field \"%s\" is no object id: those look like 0123456789abcdef-00000042-007", i + 1, field);
        return err_of_field(err, ERR_INVALID, field);
    }
    *ids = list;
    *count = n;
    return ERR_NONE;
}

enum err_code api_check_editor(const char **by, struct err *err)
{
    if (*by == NULL)
        return ERR_NONE;
    enum err_code code = plain_text_check(*by, "the name of who says it", err);
    if (code == ERR_NONE && api_count_characters(*by) > EDITOR_LENGTH_MAX)
        code = err_set(err, ERR_INVALID, "the name of who says it has more than %d characters", EDITOR_LENGTH_MAX);
    if (code != ERR_NONE)
        return err_of_field(err, code, "by");
    if (**by == '\0')
        *by = NULL;
    return ERR_NONE;
}

enum err_code api_read_editor(const json_t *body, struct label_editor *editor, struct err *err)
{
    enum err_code code = json_opt_string(body, "by", &editor->by, err);
    if (code == ERR_NONE)
        code = json_opt_int64(body, "version", 0, INT64_MAX, &editor->expected_version, err);
    return code == ERR_NONE ? api_check_editor(&editor->by, err) : code;
}

enum err_code api_read_change(struct http_request *request, const char *const *allowed, const char **project,
    const char **label, json_t **body, struct err *err)
{
    enum err_code code = api_param_project(request, project, err);
    if (code == ERR_NONE)
        code = api_param_label(request, label, err);
    if (code == ERR_NONE)
        code = http_request_json(request, body, err);
    return code == ERR_NONE ? json_check_fields(*body, allowed, err) : code;
}

// For changes without a body: `version` and `by` in the query.
static enum err_code query_editor(const struct http_request *request, struct label_editor *editor, struct err *err)
{
    static const char *const allowed[] = {"version", "by", NULL};
    *editor = (struct label_editor){.expected_version = -1, .by = http_request_query(request, "by")};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "version", 0, INT64_MAX, -1, &editor->expected_version, err);
    return code == ERR_NONE ? api_check_editor(&editor->by, err) : code;
}

// ---- what there is

API_HANDLER(api_list_labels)
{
    struct api *api = context;
    static const char *const allowed[] = {NULL};
    const char *project = NULL;
    struct label_list list = {0};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = labels_list(api->config.labels, project, &list, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, shape_label_list(&list));
    label_list_release(&list);
    return code;
}

API_HANDLER(api_history)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", NULL};
    const char *project = NULL;
    struct label_step *steps = NULL;
    size_t count = 0;
    size_t limit = 0;
    int64_t before = 0;
    bool more = false;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, HISTORY_LIMIT, LABELS_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", 1, INT64_MAX, 0, &before, err);
    if (code == ERR_NONE)
        code = labels_history(api->config.labels, project, before, limit, &steps, &count, &more, err);
    if (code == ERR_NONE) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, shape_label_step(&steps[i]));
        json_t *answer = json_object();
        json_set(answer, "steps", list);
        json_set_string(answer, "next_cursor",
            more && count > 0 ? arena_sprintf(http_request_arena(request), "%lld", (long long)steps[count - 1].id)
                              : NULL);
        http_response_json(response, 200, answer);
    }
    free(steps);
    return code;
}

// ---- changes

enum err_code api_respond_change(
    struct http_response *response, enum err_code code, struct label_change *change, const struct err *err)
{
    if (code == ERR_NONE) {
        http_response_json(response, 200, shape_label_change(change));
    } else if (code == ERR_CONFLICT && change->version > 0 && err != NULL) {
        json_t *members = json_object();
        json_set_int64(members, "version", change->version);
        json_set_string(members, "by", change->step.by[0] != '\0' ? change->step.by : NULL);
        http_response_problem_members(response, err, members);
        code = ERR_NONE;
    }
    free(change);
    return code;
}

static enum err_code read_examples(
    struct http_request *request, json_t *body, struct label_examples *examples, struct err *err)
{
    enum err_code code = api_read_objects(
        request, body, "positive", LABELS_EXAMPLES_MAX, &examples->positive, &examples->positive_count, err);
    if (code == ERR_NONE)
        code = api_read_objects(
            request, body, "negative", LABELS_EXAMPLES_MAX, &examples->negative, &examples->negative_count, err);
    if (code == ERR_NONE)
        code = api_read_objects(
            request, body, "clear", LABELS_EXAMPLES_MAX, &examples->clear, &examples->clear_count, err);
    if (code != ERR_NONE)
        return code;
    if (examples->positive_count + examples->negative_count + examples->clear_count == 0)
        return err_of_field(err,
            err_set(err, ERR_INVALID, "no object is named: at least one must be in positive, negative or clear"),
            "positive");
    return ERR_NONE;
}

API_HANDLER(api_add_examples)
{
    struct api *api = context;
    static const char *const allowed[] = {"positive", "negative", "clear", "version", "by", NULL};
    const char *project = NULL;
    const char *label = NULL;
    json_t *body = NULL;
    struct label_examples examples = {0};
    struct label_editor editor = {.expected_version = -1};
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code = api_read_change(request, allowed, &project, &label, &body, err);
    if (code == ERR_NONE)
        code = read_examples(request, body, &examples, err);
    if (code == ERR_NONE)
        code = api_read_editor(body, &editor, err);
    if (code == ERR_NONE)
        code = labels_examples(api->config.labels, project, label, &examples, &editor, change, err);
    json_decref(body);
    return api_respond_change(response, code, change, err);
}

API_HANDLER(api_remove_example)
{
    struct api *api = context;
    const char *project = NULL;
    const char *label = NULL;
    const char *object = http_request_param(request, "o");
    struct label_editor editor;
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code = query_editor(request, &editor, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_param_label(request, &label, err);
    if (code == ERR_NONE && !object_id_parse(object, NULL, &(int32_t){0}, &(int32_t){0}))
        code = err_of_field(err,
            err_set(err, ERR_INVALID, "\"%.64s\" is no object id: it looks like 0123456789abcdef-00000042-007", object),
            "object");
    if (code == ERR_NONE)
        code = labels_clear(api->config.labels, project, label, object, &editor, change, err);
    return api_respond_change(response, code, change, err);
}

// Renaming and merging: both take another name and answer with the change.
static enum err_code change_to_other(struct api *api, struct http_request *request, struct http_response *response,
    const char *field,
    enum err_code (*change_label)(struct labels *labels, const char *project, const char *label, const char *other,
        const struct label_editor *editor, struct label_change *change, struct err *err),
    struct err *err)
{
    const char *const allowed[] = {field, "version", "by", NULL};
    const char *project = NULL;
    const char *label = NULL;
    const char *other = NULL;
    json_t *body = NULL;
    struct label_editor editor = {.expected_version = -1};
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code = api_read_change(request, allowed, &project, &label, &body, err);
    if (code == ERR_NONE)
        code = get_name(request, body, field, &other, err);
    if (code == ERR_NONE)
        code = api_read_editor(body, &editor, err);
    if (code == ERR_NONE) {
        code = change_label(api->config.labels, project, label, other, &editor, change, err);
        if (code != ERR_NONE && err != NULL && strcmp(err->field, "other") == 0)
            err_name_field(err, field);
    }
    json_decref(body);
    return api_respond_change(response, code, change, err);
}

API_HANDLER(api_rename_label)
{
    return change_to_other(context, request, response, "name", labels_rename, err);
}

API_HANDLER(api_merge_label)
{
    return change_to_other(context, request, response, "into", labels_merge, err);
}

API_HANDLER(api_delete_label)
{
    struct api *api = context;
    const char *project = NULL;
    const char *label = NULL;
    struct label_editor editor;
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code = query_editor(request, &editor, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_param_label(request, &label, err);
    if (code == ERR_NONE)
        code = labels_delete(api->config.labels, project, label, &editor, change, err);
    return api_respond_change(response, code, change, err);
}

static enum err_code step_back_or_forth(struct api *api, struct http_request *request, struct http_response *response,
    enum err_code (*go)(struct labels *labels, const char *project, const struct label_editor *editor,
        struct label_change *change, struct err *err),
    struct err *err)
{
    const char *project = NULL;
    struct label_editor editor;
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code = query_editor(request, &editor, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = go(api->config.labels, project, &editor, change, err);
    return api_respond_change(response, code, change, err);
}

API_HANDLER(api_undo)
{
    return step_back_or_forth(context, request, response, labels_undo, err);
}

API_HANDLER(api_redo)
{
    return step_back_or_forth(context, request, response, labels_redo, err);
}
