// Probable mistakes among what was said, for review, and confirming what is right.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"

#define MISTAKES_LIMIT 100
#define SCORE_DEFAULT 0.7

static json_t *shape_evidence(const char *object, float similarity)
{
    if (object[0] == '\0')
        return json_null();
    json_t *o = json_object();
    json_set_string(o, "object", object);
    json_set_double(o, "similarity", (double)similarity);
    return o;
}

// A sentence for the person who reviews.
static const char *explain(struct arena *arena, const struct label_mistake *m)
{
    const char *label = m->said.label;
    const char *rest = m->own[0] != '\0'
        ? arena_sprintf(arena, " than like the rest of \"%s\" (%.2f)", label, (double)m->own_similarity)
        : "";
    double alike = (double)m->other_similarity;
    switch (m->reason) {
    case MISTAKE_OTHER_LABEL:
        return arena_sprintf(
            arena, "it looks %slike \"%s\" (%.2f)%s", rest[0] != '\0' ? "more " : "", m->likely, alike, rest);
    case MISTAKE_LIKE_NO:
        return arena_sprintf(arena, "it looks %slike what was said not to be \"%s\" (%.2f)%s",
            rest[0] != '\0' ? "more " : "", label, alike, rest);
    case MISTAKE_LIKE_YES:
        return arena_sprintf(arena, "it was said not to be \"%s\", and looks like it (%.2f)", label, alike);
    }
    return "";
}

static json_t *shape_mistake(struct arena *arena, const struct label_mistake *m, json_t *hit)
{
    json_t *alike = json_array();
    for (size_t i = 0; i < m->alike_count; i++)
        json_array_append_new(alike, json_string(m->alike[i]));
    json_t *o = json_object();
    json_set(o, "assertion", api_shape_assertion(&m->said, m->is_no ? LABEL_LIST_NEGATIVE : LABEL_LIST_EXPLICIT, hit));
    json_set_double(o, "score", (double)m->score);
    json_set_string(o, "reason", mistake_reason_name(m->reason));
    json_set_string(o, "detail", explain(arena, m));
    json_set_string(o, "likely", m->likely[0] != '\0' ? m->likely : NULL);
    json_set(o, "own", shape_evidence(m->own, m->own_similarity));
    json_set(o, "other", shape_evidence(m->other, m->other_similarity));
    json_set(o, "alike", alike);
    return o;
}

static enum err_code shape_page(struct api *api, struct http_request *request, const char *project,
    const struct label_mistakes *page, json_t **out, struct err *err)
{
    const struct assertion_hit **said = mem_calloc(page->count + 1, sizeof(*said));
    json_t **hits = mem_calloc(page->count + 1, sizeof(*hits));
    for (size_t i = 0; i < page->count; i++)
        said[i] = &page->items[i].said;
    enum err_code code = api_shape_said(api, project, said, page->count, hits, err);
    if (code == ERR_NONE) {
        *out = json_array();
        for (size_t i = 0; i < page->count; i++) {
            if (hits[i] != NULL)
                json_array_append_new(*out, shape_mistake(http_request_arena(request), &page->items[i], hits[i]));
        }
    }
    free(hits);
    free(said);
    return code;
}

API_HANDLER(api_list_mistakes)
{
    struct api *api = context;
    static const char *const allowed[] = {"label", "min_score", "limit", "cursor", NULL};
    const char *project = NULL;
    const char *label = http_request_query(request, "label");
    double min_score = SCORE_DEFAULT;
    size_t limit = 0;
    struct label_mistakes page = {0};
    json_t *list = NULL;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE && label != NULL)
        code = api_clean_label(request, label, "label", &label, err);
    if (code == ERR_NONE)
        code = http_request_query_double(request, "min_score", 0, 1, SCORE_DEFAULT, &min_score, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, MISTAKES_LIMIT, LABELS_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = labels_mistakes(api->config.labels, project, label, (float)min_score,
            http_request_query(request, "cursor"), limit, http_request_cancel(request), &page, err);
    if (code == ERR_NONE)
        code = shape_page(api, request, project, &page, &list, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "mistakes", list);
        json_set_string(answer, "next_cursor", page.next_cursor[0] != '\0' ? page.next_cursor : NULL);
        json_set_int64(answer, "version", page.version);
        json_set_int64(answer, "examined", (int64_t)page.examined);
        json_set_int64(answer, "assertions", (int64_t)page.all);
        http_response_json(response, 200, answer);
    }
    label_mistakes_release(&page);
    return code;
}

API_HANDLER(api_keep)
{
    struct api *api = context;
    static const char *const allowed[] = {"objects", "version", "by", NULL};
    const char *project = NULL;
    const char *label = NULL;
    const char *const *objects = NULL;
    size_t count = 0;
    json_t *body = NULL;
    struct label_editor editor = {.expected_version = -1};
    struct label_change *change = mem_calloc(1, sizeof(*change));
    enum err_code code = api_read_change(request, allowed, &project, &label, &body, err);
    if (code == ERR_NONE)
        code = api_read_objects(request, body, "objects", LABELS_EXAMPLES_MAX, &objects, &count, err);
    if (code == ERR_NONE)
        code = api_read_editor(body, &editor, err);
    if (code == ERR_NONE)
        code = labels_keep(api->config.labels, project, label, objects, count, &editor, change, err);
    json_decref(body);
    return api_respond_change(response, code, change, err);
}
