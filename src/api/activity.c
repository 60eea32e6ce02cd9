// What the workers do: live events, the state so far, and dead letters.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/lifecycle.h"

#define DEAD_LETTERS_LIMIT 100
#define RECONNECT_MS 1000

static enum err_code activity_of(struct api *api, struct activity_log **activity, struct err *err)
{
    *activity = api->config.activity;
    if (*activity == NULL)
        return err_set(err, ERR_UNAVAILABLE, "this server does not follow the activity of the workers");
    return ERR_NONE;
}

static bool next_events(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    struct activity_subscription *subscription = arg;
    struct activity_item item = {0};
    struct err err = ERR_INIT;
    enum err_code code = activity_subscription_next(subscription, wait_ms, cancel, &item, &err);
    if (code == ERR_TIMEOUT)
        return true;
    if (code != ERR_NONE)
        return false;
    static const char *const names[] = {
        [ACTIVITY_ITEM_SNAPSHOT] = "snapshot", [ACTIVITY_ITEM_MESSAGE] = "activity", [ACTIVITY_ITEM_QUEUES] = "queues"};
    char id[24];
    snprintf(id, sizeof(id), "%lld", (long long)item.id);
    http_event_append(out, item.kind == ACTIVITY_ITEM_QUEUES ? NULL : id, names[item.kind], item.json);
    free(item.json);
    return true;
}

static void release_subscription(void *arg)
{
    activity_subscription_free(arg);
}

API_HANDLER(api_events)
{
    struct api *api = context;
    struct activity_log *activity = NULL;
    enum err_code code = activity_of(api, &activity, err);
    if (code != ERR_NONE)
        return code;
    int64_t last = -1;
    const char *text = http_request_last_event_id(request);
    if (text != NULL && text[0] != '\0') {
        char *end = NULL;
        last = strtoll(text, &end, 10);
        if (*end != '\0' || last < 0)
            last = -1; // not one of ours: begin with a snapshot
    }
    struct http_stream stream = {
        .next = next_events, .release = release_subscription, .arg = activity_log_subscribe(activity, last)};
    http_response_events(response, RECONNECT_MS, 0, &stream);
    return ERR_NONE;
}

API_HANDLER(api_activity_state)
{
    struct activity_log *activity = NULL;
    (void)request;
    enum err_code code = activity_of(context, &activity, err);
    if (code == ERR_NONE)
        http_response_json(response, 200, activity_log_snapshot(activity));
    return code;
}

API_HANDLER(api_workers)
{
    struct activity_log *activity = NULL;
    (void)request;
    enum err_code code = activity_of(context, &activity, err);
    if (code == ERR_NONE) {
        json_t *answer = json_object();
        json_set(answer, "workers", activity_log_workers(activity));
        http_response_json(response, 200, answer);
    }
    return code;
}

API_HANDLER(api_list_dead_letters)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", "video", NULL};
    struct queue_dead_letter *letters = NULL;
    size_t count = 0;
    size_t limit = 0;
    int64_t after = 0;
    const char *video = NULL;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, DEAD_LETTERS_LIMIT, META_LIST_MAX, &limit, err);
    if (code == ERR_NONE)
        code = http_request_query_int64(request, "cursor", 0, INT64_MAX, 0, &after, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &video, err);
    if (code == ERR_NONE)
        code = queue_dead_letters(api->config.ingest->queue, video, after, limit, &letters, &count, err);
    if (code != ERR_NONE)
        return code;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, shape_dead_letter(&letters[i]));
    json_t *answer = json_object();
    json_set(answer, "dead_letters", list);
    if (count == limit)
        json_set_string(answer, "next_cursor",
            arena_sprintf(http_request_arena(request), "%lld", (long long)letters[count - 1].id));
    else
        json_set_string(answer, "next_cursor", NULL);
    http_response_json(response, 200, answer);
    queue_dead_letters_free(letters, count);
    return ERR_NONE;
}

API_HANDLER(api_retry_dead_letter)
{
    struct api *api = context;
    const char *text = http_request_param(request, "id");
    char *end = NULL;
    long long id = strtoll(text, &end, 10);
    if (*end != '\0' || end == text || id < 1)
        return err_of_field(err, err_set(err, ERR_INVALID, "\"%.32s\" is no dead letter's number", text), "id");

    struct queue_dead_letter *letters = NULL;
    size_t count = 0;
    enum err_code code = queue_dead_letters(api->config.ingest->queue, NULL, id - 1, 1, &letters, &count, err);
    if (code == ERR_NONE && (count == 0 || letters[0].id != id))
        code = err_set(err, ERR_NOT_FOUND, "there is no dead letter %lld", id);
    if (code == ERR_NONE)
        code = lifecycle_retry_dead_letter(api->config.ingest, id, err);
    if (code == ERR_NONE)
        http_response_json(response, 202, shape_dead_letter(&letters[0]));
    queue_dead_letters_free(letters, count);
    return code;
}
