// What carries a label, what probably is it, and what to ask about next.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"

#define OBJECTS_LIMIT 100
#define CANDIDATES_LIMIT 20
#define SUGGESTIONS_LIMIT 100
#define OFFSET_MAX 1000000

static const char *const listing_names[] = {
    [LABEL_LIST_EXPLICIT] = "explicit", [LABEL_LIST_PROBABLE] = "probable", [LABEL_LIST_NEGATIVE] = "negative"};

const char *api_listing_name(enum label_listing listing)
{
    return listing_names[listing];
}

enum err_code api_query_listing(const struct http_request *request, enum label_listing *listing, struct err *err)
{
    const char *text = http_request_query(request, "kind");
    *listing = LABEL_LIST_EXPLICIT;
    if (text == NULL)
        return ERR_NONE;
    for (size_t i = 0; i < sizeof(listing_names) / sizeof(listing_names[0]); i++) {
        if (strcmp(text, listing_names[i]) == 0) {
            *listing = (enum label_listing)i;
            return ERR_NONE;
        }
    }
    err_set(err, ERR_INVALID, "kind must be explicit, probable or negative, not \"%.32s\"", text);
    return err_of_field(err, ERR_INVALID, "kind");
}

// Answers with hits, and whether there are more.
static enum err_code respond_hits(struct api *api, struct http_response *response, const char *project,
    struct labelled_objects *hits, enum err_code code, struct err *err)
{
    json_t *list = NULL;
    if (code == ERR_NONE)
        code = api_shape_label_hits(api, project, hits, &list, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "hits", json_incref(list));
        json_set_bool(answer, "more", hits->more);
        http_response_json(response, 200, answer);
    }
    json_decref(list);
    labelled_objects_release(hits);
    return code;
}

API_HANDLER(api_label_objects)
{
    struct api *api = context;
    static const char *const allowed[] = {"kind", "video", "limit", "offset", NULL};
    const char *project = NULL;
    const char *label = NULL;
    const char *video = NULL;
    size_t limit = 0;
    int64_t offset = 0;
    enum label_listing listing = LABEL_LIST_EXPLICIT;
    struct labelled_objects hits = {0};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_param_label(request, &label, err);
    if (code == ERR_NONE)
        code = api_query_listing(request, &listing, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &video, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, OBJECTS_LIMIT, LABELS_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "offset", 0, OFFSET_MAX, 0, &offset, err);
    if (code == ERR_NONE)
        code = labels_objects(api->config.labels, project, label, listing, video, (size_t)offset, limit, &hits, err);
    return respond_hits(api, response, project, &hits, code, err);
}

static enum err_code respond_questions(struct api *api, struct http_response *response, const char *project,
    struct label_questions *questions, enum err_code code, struct err *err)
{
    json_t *list = NULL;
    if (code == ERR_NONE)
        code = api_shape_label_hits(api, project, &questions->hits, &list, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "candidates", list);
        json_set_bool(answer, "settled", questions->settled);
        json_set(answer, "precision", questions->is_estimated ? json_real(questions->precision) : json_null());
        json_set(answer, "missing", questions->is_estimated ? json_integer(questions->missing) : json_null());
        http_response_json(response, 200, answer);
    }
    label_questions_release(questions);
    return code;
}

API_HANDLER(api_candidates)
{
    struct api *api = context;
    static const char *const allowed[] = {"video", "limit", NULL};
    const char *project = NULL;
    const char *label = NULL;
    const char *video = NULL;
    size_t limit = 0;
    struct label_questions questions = {0};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_param_label(request, &label, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &video, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, CANDIDATES_LIMIT, LABELS_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = labels_candidates(api->config.labels, project, label, video, limit, &questions, err);
    return respond_questions(api, response, project, &questions, code, err);
}

static enum err_code read_suggestion(
    struct http_request *request, json_t *body, struct label_suggest *wanted, struct err *err)
{
    static const char *const allowed[] = {"positive", "negative", "label", "video", "per_track", "limit", NULL};
    int64_t limit = SUGGESTIONS_LIMIT;
    enum err_code code = json_check_fields(body, allowed, err);
    if (code == ERR_NONE)
        code = api_read_objects(
            request, body, "positive", LABELS_LIST_MAX, &wanted->positive, &wanted->positive_count, err);
    if (code == ERR_NONE && wanted->positive_count == 0)
        code = err_of_field(err, err_set(err, ERR_INVALID, "at least one object must be in positive"), "positive");
    if (code == ERR_NONE)
        code = api_read_objects(
            request, body, "negative", LABELS_LIST_MAX, &wanted->negative, &wanted->negative_count, err);
    if (code == ERR_NONE && json_is_string(json_object_get(body, "label")))
        code =
            api_clean_label(request, json_string_value(json_object_get(body, "label")), "label", &wanted->label, err);
    else if (code == ERR_NONE)
        code = json_opt_string(body, "label", &wanted->label, err);
    if (code == ERR_NONE)
        code = json_opt_string(body, "video", &wanted->video, err);
    if (code == ERR_NONE && wanted->video != NULL && !video_id_is_valid(wanted->video))
        code = api_bad_video(wanted->video, "video", err);
    if (code == ERR_NONE)
        code = json_opt_bool(body, "per_track", &wanted->per_track, err);
    if (code == ERR_NONE)
        code = json_opt_int64(body, "limit", 1, LABELS_LIST_MAX, &limit, err);
    wanted->limit = (size_t)limit;
    return code;
}

API_HANDLER(api_suggestions)
{
    struct api *api = context;
    json_t *body = NULL;
    struct label_suggest wanted = {0};
    struct labelled_objects hits = {0};
    enum err_code code = api_param_project(request, &wanted.project, err);
    if (code == ERR_NONE)
        code = http_request_json(request, &body, err);
    if (code == ERR_NONE)
        code = read_suggestion(request, body, &wanted, err);
    if (code == ERR_NONE)
        code = labels_suggest(api->config.labels, &wanted, &hits, err);
    code = respond_hits(api, response, wanted.project, &hits, code, err);
    json_decref(body);
    return code;
}
