// Search: what is similar to an object, a track, a picture or examples.
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "search/catalogue.h"

#define SIMILAR_LIMIT 20
// Lists in filters.
#define FILTER_VALUES_MAX 100

// What the detector called so, without an example to compare with.
static enum err_code browse(
    struct api *api, const struct search_request *question, struct search_result *result, struct err *err)
{
    if (question->filter.label_count > 0 || question->filter.exclude_count > 0)
        return err_of_field(err,
            err_set(err, ERR_INVALID,
                "without an object, a track, a picture or positive examples only classes, videos and min_score can be "
                "filtered "
                "by; the objects of a label are listed at …/labels/{label}/objects"),
            "filters");
    const struct catalogue_request request = {.project = question->project,
        .classes = question->filter.classes,
        .class_count = question->filter.class_count,
        .refusals = question->refusals,
        .videos = question->filter.videos,
        .video_count = question->filter.video_count,
        .min_score = question->min_score,
        .per_track = question->per_track,
        .offset = question->offset,
        .limit = question->limit,
        .cancel = question->cancel};
    return catalogue_browse(api->catalogue, &request, result, err);
}

// `label_field`: where the filter's labels were given.
static enum err_code run_search(struct api *api, struct http_request *request, struct http_response *response,
    struct search_request *question, const char *label_field, struct err *err)
{
    struct search_result result = {0};
    struct label_refusals *refusals = NULL;
    json_t *hits = NULL;
    enum err_code code = api_label_filter(api, request, question->project, label_field, &question->filter, err);
    if (code == ERR_NONE && question->filter.class_count > 0)
        code = labels_refusals(api->config.labels, question->project, question->filter.classes,
            question->filter.class_count, &refusals, err);
    question->refusals = refusals;
    bool no_example = question->object == NULL && question->track == NULL && question->picture == NULL &&
        question->positive_count == 0;
    if (code == ERR_NONE && no_example && question->filter.class_count > 0)
        code = browse(api, question, &result, err);
    else if (code == ERR_NONE)
        code = search_run(api->config.search, question, &result, err);
    if (code == ERR_NONE)
        code = api_shape_hits(api, question->project, result.hits, NULL, result.count, &hits, err);
    if (code == ERR_NONE && question->per_track)
        code = api_tell_followed(api, hits, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "hits", json_incref(hits));
        json_set_bool(answer, "more", result.more);
        http_response_json(response, 200, answer);
    }
    json_decref(hits);
    search_result_release(&result);
    label_refusals_free(refusals);
    return code;
}

API_HANDLER(api_similar)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "offset", "min_score", "scope", "per_track", "class", "label", NULL};
    const char *id = http_request_param(request, "o");
    struct object_info info;
    double min_score = -1;
    int64_t offset = 0;
    struct search_request question = {.object = id, .cancel = http_request_cancel(request)};
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, SIMILAR_LIMIT, SEARCH_LIMIT_MAX, &question.limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "offset", 0, SEARCH_OFFSET_MAX, 0, &offset, err);
    if (code == ERR_NONE)
        code = http_request_query_double(request, "min_score", -1, 1, -1, &min_score, err);
    if (code == ERR_NONE)
        code = api_query_flag(request, "per_track", &question.per_track, err);
    const char *scope = http_request_query(request, "scope");
    if (code == ERR_NONE && scope != NULL && strcmp(scope, "video") != 0 && strcmp(scope, "project") != 0)
        code = err_of_field(
            err, err_set(err, ERR_INVALID, "scope must be video or project, not \"%.32s\"", scope), "scope");
    if (code == ERR_NONE)
        code = err_of_field(err, search_object(api->config.search, id, &info, err), "object");
    if (code != ERR_NONE)
        return code;

    const char *class_name = http_request_query(request, "class");
    const char *label = http_request_query(request, "label");
    question.project = info.project;
    question.offset = (size_t)offset;
    question.min_score = (float)min_score;
    question.filter.video = scope != NULL && strcmp(scope, "video") == 0 ? info.video : NULL;
    question.filter.classes = &class_name;
    question.filter.class_count = class_name != NULL;
    question.filter.labels = &label;
    question.filter.label_count = label != NULL;
    return run_search(api, request, response, &question, "label", err);
}

// A list of texts, in the request's arena.
static enum err_code read_texts(struct http_request *request, json_t *object, const char *field, size_t most,
    const char *const **texts, size_t *count, struct err *err)
{
    json_t *array = NULL;
    enum err_code code = json_opt_array(object, field, most, &array, err);
    if (code != ERR_NONE || array == NULL)
        return code;
    size_t n = json_array_size(array);
    const char **list = arena_alloc_array(http_request_arena(request), n + 1, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = json_string_value(json_array_get(array, i));
        if (list[i] == NULL)
            return err_of_field(err, err_set(err, ERR_INVALID, "field \"%s\" must be a list of texts", field), field);
    }
    *texts = list;
    *count = n;
    return ERR_NONE;
}

static enum err_code read_filters(
    struct http_request *request, json_t *body, struct search_request *question, struct err *err)
{
    static const char *const allowed[] = {"videos", "classes", "labels", "exclude", "min_score", NULL};
    json_t *filters = NULL;
    double min_score = -1;
    struct vector_filter *filter = &question->filter;
    enum err_code code = json_opt_object(body, "filters", &filters, err);
    if (code != ERR_NONE || filters == NULL)
        return code;
    code = json_check_fields(filters, allowed, err);
    if (code == ERR_NONE)
        code = read_texts(request, filters, "videos", FILTER_VALUES_MAX, &filter->videos, &filter->video_count, err);
    if (code == ERR_NONE)
        code = read_texts(request, filters, "classes", FILTER_VALUES_MAX, &filter->classes, &filter->class_count, err);
    if (code == ERR_NONE)
        code = read_texts(request, filters, "labels", FILTER_VALUES_MAX, &filter->labels, &filter->label_count, err);
    if (code == ERR_NONE)
        code =
            read_texts(request, filters, "exclude", SEARCH_EXAMPLES_MAX, &filter->exclude, &filter->exclude_count, err);
    if (code == ERR_NONE)
        code = json_opt_double(filters, "min_score", -1, 1, &min_score, err);
    question->min_score = (float)min_score;
    for (size_t i = 0; i < filter->video_count && code == ERR_NONE; i++) {
        if (!video_id_is_valid(filter->videos[i]))
            code = api_bad_video(filter->videos[i], "videos", err);
    }
    // What is wrong here is wrong in "filters".
    if (code != ERR_NONE && err != NULL)
        err_name_field(err, arena_sprintf(http_request_arena(request), "filters.%s", err->field));
    return code;
}

// The picture as Base64, with or without a data URL in front.
static enum err_code read_picture(
    struct http_request *request, const char *text, struct search_request *question, struct err *err)
{
    if (strncmp(text, "data:", 5) == 0) {
        const char *comma = strchr(text, ',');
        if (comma == NULL || comma - text < 7 || strncmp(comma - 7, ";base64", 7) != 0)
            return err_of_field(
                err, err_set(err, ERR_INVALID, "field \"image\" is a data URL without \";base64,\""), "image");
        text = comma + 1;
    }
    size_t length = strlen(text);
    size_t capacity = length / 4 * 3 + 3;
    unsigned char *bytes = arena_alloc(http_request_arena(request), capacity);
    const char *end = NULL;
    if (sodium_base642bin(bytes, capacity, text, length, " \r\n", &question->picture_size, &end,
            sodium_base64_VARIANT_ORIGINAL) != 0 ||
        *end != '\0')
        return err_of_field(err, err_set(err, ERR_INVALID, "field \"image\" must be a picture as Base64"), "image");
    question->picture = bytes;
    return ERR_NONE;
}

API_HANDLER(api_list_classes)
{
    struct api *api = context;
    const char *project = NULL;
    struct catalogue_class *classes = NULL;
    size_t count = 0;
    enum err_code code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = catalogue_classes(
            api->catalogue, api->config.labels, project, http_request_cancel(request), &classes, &count, err);
    if (code != ERR_NONE)
        return code;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        json_set_string(item, "name", classes[i].name);
        json_set(item, "objects", json_integer(classes[i].objects));
        json_array_append_new(list, item);
    }
    free(classes);
    json_t *answer = json_object();
    json_set(answer, "classes", list);
    http_response_json(response, 200, answer);
    return ERR_NONE;
}

API_HANDLER(api_search)
{
    struct api *api = context;
    static const char *const allowed[] = {"project", "object", "track", "image", "text", "positive", "negative",
        "filters", "limit", "offset", "per_track", NULL};
    json_t *body = NULL;
    const char *image = NULL;
    const char *text = NULL;
    int64_t limit = SIMILAR_LIMIT;
    int64_t offset = 0;
    struct search_request question = {.min_score = -1, .cancel = http_request_cancel(request)};
    enum err_code code = http_request_json(request, &body, err);
    if (code == ERR_NONE)
        code = json_check_fields(body, allowed, err);
    if (code == ERR_NONE)
        code = json_get_string(body, "project", &question.project, err);
    if (code == ERR_NONE)
        code = json_opt_string(body, "object", &question.object, err);
    if (code == ERR_NONE)
        code = json_opt_string(body, "track", &question.track, err);
    if (code == ERR_NONE)
        code = json_opt_string(body, "image", &image, err);
    if (code == ERR_NONE)
        code = json_opt_string(body, "text", &text, err);
    if (code == ERR_NONE && text != NULL)
        code = err_of_field(err,
            err_set(err, ERR_INVALID,
                "search by text needs a text encoder that goes with the embedder, and no such model is installed"),
            "text");
    if (code == ERR_NONE)
        code = read_texts(
            request, body, "positive", SEARCH_EXAMPLES_MAX, &question.positive, &question.positive_count, err);
    if (code == ERR_NONE)
        code = read_texts(
            request, body, "negative", SEARCH_EXAMPLES_MAX, &question.negative, &question.negative_count, err);
    if (code == ERR_NONE)
        code = json_opt_int64(body, "limit", 1, SEARCH_LIMIT_MAX, &limit, err);
    if (code == ERR_NONE)
        code = json_opt_int64(body, "offset", 0, SEARCH_OFFSET_MAX, &offset, err);
    if (code == ERR_NONE)
        code = json_opt_bool(body, "per_track", &question.per_track, err);
    if (code == ERR_NONE)
        code = read_filters(request, body, &question, err);
    if (code == ERR_NONE && image != NULL)
        code = read_picture(request, image, &question, err);
    if (code == ERR_NONE && question.project != NULL) {
        struct meta_project project;
        code = err_of_field(err, project_name_check(question.project, err), "project");
        if (code == ERR_NONE)
            code = meta_store_get_project(api->config.ingest->meta, question.project, &project, err);
    }
    question.limit = (size_t)limit;
    question.offset = (size_t)offset;
    if (code == ERR_NONE)
        code = run_search(api, request, response, &question, "filters.labels", err);
    json_decref(body);
    return code;
}
