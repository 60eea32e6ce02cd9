// Labels as data: what was said of a project's objects, and what they probably are, by filters.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define ASSERTIONS_LIMIT 100

static enum err_code query_time(const struct http_request *request, const char *name, int64_t *wall_us, struct err *err)
{
    const char *text = http_request_query(request, name);
    if (text == NULL || clock_parse(text, wall_us))
        return ERR_NONE;
    err_set(err, ERR_INVALID,
        "%s must be a date or a time with its zone, such as 2026-01-31 or 2026-01-31T12:00:00Z, not \"%.40s\"", name,
        text);
    return err_of_field(err, ERR_INVALID, name);
}

static enum err_code query_score(
    const struct http_request *request, const char *name, double fallback, float *score, struct err *err)
{
    double value = fallback;
    enum err_code code = http_request_query_double(request, name, 0, 1, fallback, &value, err);
    *score = (float)value;
    return code;
}

static enum err_code read_filter(struct http_request *request, struct assertion_filter *filter, struct err *err)
{
    static const char *const allowed[] = {
        "kind", "label", "by", "from", "to", "video", "class", "min_score", "max_score", "limit", "cursor", NULL};
    const char *label = http_request_query(request, "label");
    *filter = ASSERTION_FILTER_ANY;
    filter->by = http_request_query(request, "by");
    filter->class_name = http_request_query(request, "class");
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_query_listing(request, &filter->listing, err);
    if (code == ERR_NONE && label != NULL)
        code = api_clean_label(request, label, "label", &filter->label, err);
    if (code == ERR_NONE)
        code = query_time(request, "from", &filter->from_us, err);
    if (code == ERR_NONE)
        code = query_time(request, "to", &filter->to_us, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &filter->video, err);
    if (code == ERR_NONE)
        code = query_score(request, "min_score", 0, &filter->min_score, err);
    if (code == ERR_NONE)
        code = query_score(request, "max_score", 1, &filter->max_score, err);
    return code;
}

json_t *api_shape_assertion(const struct assertion_hit *assertion, enum label_listing listing, json_t *hit)
{
    bool is_said = listing != LABEL_LIST_PROBABLE;
    json_t *o = json_object();
    json_set_string(o, "label", assertion->label);
    json_set_string(o, "kind", api_listing_name(listing));
    json_set_double(o, "score", (double)assertion->object.confidence);
    json_set_string(o, "by", assertion->by[0] != '\0' ? assertion->by : NULL);
    shape_set_time(o, "at", assertion->object.at_us);
    json_set(o, "step", is_said ? json_integer(assertion->step) : json_null());
    json_set(o, "hit", hit);
    return o;
}

enum err_code api_shape_said(struct api *api, const char *project, const struct assertion_hit *const *said,
    size_t count, json_t **hits, struct err *err)
{
    struct labelled_object *objects = mem_calloc(count + 1, sizeof(*objects));
    for (size_t i = 0; i < count; i++)
        objects[i] = said[i]->object;
    const struct labelled_objects list = {.items = objects, .count = count};
    json_t *found = NULL;
    enum err_code code = api_shape_label_hits(api, project, &list, &found, err);
    size_t used = 0;
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        json_t *hit = json_array_get(found, used);
        const char *id = json_string_value(json_object_get(hit, "object"));
        bool is_there = id != NULL && strcmp(id, said[i]->object.object) == 0;
        hits[i] = is_there ? json_incref(hit) : NULL;
        used += is_there;
    }
    json_decref(found);
    free(objects);
    return code;
}

static enum err_code shape_page(struct api *api, const char *project, const struct assertion_hits *page,
    enum label_listing listing, json_t **out, struct err *err)
{
    const struct assertion_hit **said = mem_calloc(page->count + 1, sizeof(*said));
    json_t **hits = mem_calloc(page->count + 1, sizeof(*hits));
    for (size_t i = 0; i < page->count; i++)
        said[i] = &page->items[i];
    enum err_code code = api_shape_said(api, project, said, page->count, hits, err);
    if (code == ERR_NONE) {
        *out = json_array();
        for (size_t i = 0; i < page->count; i++) {
            if (hits[i] != NULL)
                json_array_append_new(*out, api_shape_assertion(said[i], listing, hits[i]));
        }
    }
    free(hits);
    free(said);
    return code;
}

API_HANDLER(api_list_assertions)
{
    struct api *api = context;
    const char *project = NULL;
    size_t limit = 0;
    struct assertion_filter filter;
    struct assertion_hits page = {0};
    json_t *list = NULL;
    enum err_code code = read_filter(request, &filter, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, ASSERTIONS_LIMIT, LABELS_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = labels_assertions(
            api->config.labels, project, &filter, http_request_query(request, "cursor"), limit, &page, err);
    if (code == ERR_NONE)
        code = shape_page(api, project, &page, filter.listing, &list, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "assertions", list);
        json_set_string(answer, "next_cursor", page.next_cursor[0] != '\0' ? page.next_cursor : NULL);
        http_response_json(response, 200, answer);
    }
    assertion_hits_release(&page);
    return code;
}
