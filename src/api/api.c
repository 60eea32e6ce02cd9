#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "base/mem.h"
#include "exchange/import_file.h"
#include "ingest/track_step.h"
#include "search/catalogue.h"

// A picture to search by travels as Base64 in JSON.
#define SEARCH_BODY_MAX (SEARCH_PICTURE_SIZE_MAX / 3 * 4 + 1024 * 1024)

// Three full lists of object ids, with room for a generous layout.
#define EXAMPLES_BODY_MAX ((uint64_t)3 * LABELS_EXAMPLES_MAX * 48)

// So late, at most, is a change seen that another process made.
#define CHANGES_LOOK_MS 1000

struct route {
    enum http_method method;
    const char *pattern;
    http_handler handler;
    unsigned flags;
    uint64_t body_bytes_most;
};

// Whoever has no token may send this.
#define SESSION_BODY_MAX 4096

// A full list of objects to give to a track.
#define GIVE_BODY_MAX ((uint64_t)TRACK_STEP_OBJECTS_MAX * 48)

#define V1 "/api/v1"

// In the order of api/openapi.yaml. The body limit of uploads comes from the
// configuration.
static const struct route routes[] = {
    {HTTP_GET, V1 "/projects", api_list_projects, 0, 0},
    {HTTP_POST, V1 "/projects", api_create_project, 0, 0},
    {HTTP_GET, V1 "/projects/{p}", api_get_project, 0, 0},
    {HTTP_DELETE, V1 "/projects/{p}", api_delete_project, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/classes", api_list_classes, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/videos", api_list_project_videos, 0, 0},
    {HTTP_POST, V1 "/projects/{p}/videos", api_submit_video, 0, 0},
    {HTTP_PUT, V1 "/projects/{p}/uploads/{name}", api_upload_video, HTTP_ROUTE_BODY_FILE, 0},
    {HTTP_GET, V1 "/videos", api_list_videos, 0, 0},
    {HTTP_GET, V1 "/videos/{v}", api_get_video, 0, 0},
    {HTTP_DELETE, V1 "/videos/{v}", api_delete_video, 0, 0},
    {HTTP_POST, V1 "/videos/{v}/cancel", api_cancel_video, 0, 0},
    {HTTP_POST, V1 "/videos/{v}/resume", api_resume_video, 0, 0},
    {HTTP_POST, V1 "/videos/{v}/rename", api_rename_video, 0, 0},
    {HTTP_GET, V1 "/videos/{v}/segments", api_list_segments, 0, 0},
    {HTTP_GET, V1 "/videos/{v}/frames", api_list_frames, 0, 0},
    {HTTP_GET, V1 "/videos/{v}/tracks", api_list_tracks, 0, 0},
    {HTTP_POST, V1 "/videos/{v}/tracks", api_make_track, 0, GIVE_BODY_MAX},
    {HTTP_GET, V1 "/tracks/{t}", api_get_track, 0, 0},
    {HTTP_GET, V1 "/tracks/{t}/objects", api_list_track_objects, 0, 0},
    {HTTP_GET, V1 "/tracks/{t}/boxes", api_list_track_boxes, 0, 0},
    {HTTP_POST, V1 "/tracks/{t}/split", api_split_track, 0, 0},
    {HTTP_POST, V1 "/tracks/{t}/merge", api_merge_track, 0, 0},
    {HTTP_POST, V1 "/tracks/{t}/objects", api_give_objects, 0, GIVE_BODY_MAX},
    {HTTP_GET, V1 "/videos/{v}/corrections", api_list_corrections, 0, 0},
    {HTTP_POST, V1 "/videos/{v}/corrections/undo", api_undo_correction, 0, 0},
    {HTTP_POST, V1 "/videos/{v}/corrections/redo", api_redo_correction, 0, 0},
    {HTTP_GET, V1 "/videos/{v}/timeline", api_timeline, 0, 0},
    {HTTP_GET, V1 "/videos/{v}/image", api_video_image, 0, 0},
    {HTTP_GET, V1 "/videos/{v}/stream", api_stream_video, 0, 0},
    {HTTP_GET, V1 "/frames/{f}", api_get_frame, 0, 0},
    {HTTP_GET, V1 "/frames/{f}/image", api_frame_image, 0, 0},
    {HTTP_GET, V1 "/objects/{o}", api_get_object, 0, 0},
    {HTTP_GET, V1 "/objects/{o}/image", api_object_image, 0, 0},
    {HTTP_PUT, V1 "/objects/{o}/track", api_put_object_track, 0, 0},
    {HTTP_GET, V1 "/objects/{o}/similar", api_similar, 0, 0},
    {HTTP_POST, V1 "/search", api_search, 0, SEARCH_BODY_MAX},
    {HTTP_GET, V1 "/projects/{p}/labels", api_list_labels, 0, 0},
    {HTTP_DELETE, V1 "/projects/{p}/labels/{l}", api_delete_label, HTTP_ROUTE_SLASHES, 0},
    {HTTP_POST, V1 "/projects/{p}/labels/{l}/examples", api_add_examples, HTTP_ROUTE_SLASHES, EXAMPLES_BODY_MAX},
    {HTTP_DELETE, V1 "/projects/{p}/labels/{l}/examples/{o}", api_remove_example, HTTP_ROUTE_SLASHES, 0},
    {HTTP_POST, V1 "/projects/{p}/labels/{l}/keep", api_keep, HTTP_ROUTE_SLASHES, EXAMPLES_BODY_MAX},
    {HTTP_POST, V1 "/projects/{p}/labels/{l}/rename", api_rename_label, HTTP_ROUTE_SLASHES, 0},
    {HTTP_POST, V1 "/projects/{p}/labels/{l}/merge", api_merge_label, HTTP_ROUTE_SLASHES, 0},
    {HTTP_GET, V1 "/projects/{p}/labels/{l}/objects", api_label_objects, HTTP_ROUTE_SLASHES, 0},
    {HTTP_GET, V1 "/projects/{p}/labels/{l}/candidates", api_candidates, HTTP_ROUTE_SLASHES, 0},
    {HTTP_POST, V1 "/projects/{p}/suggestions", api_suggestions, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/assertions", api_list_assertions, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/mistakes", api_list_mistakes, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/changes", api_follow_changes, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/history", api_history, 0, 0},
    {HTTP_POST, V1 "/projects/{p}/undo", api_undo, 0, 0},
    {HTTP_POST, V1 "/projects/{p}/redo", api_redo, 0, 0},
    {HTTP_GET, V1 "/projects/{p}/export", api_export, 0, 0},
    {HTTP_POST, V1 "/projects/{p}/import", api_import, HTTP_ROUTE_BODY_FILE, IMPORT_SIZE_MAX},
    {HTTP_GET, V1 "/activity", api_events, 0, 0},
    {HTTP_GET, V1 "/activity/state", api_activity_state, 0, 0},
    {HTTP_GET, V1 "/workers", api_workers, 0, 0},
    {HTTP_GET, V1 "/dead-letters", api_list_dead_letters, 0, 0},
    {HTTP_POST, V1 "/dead-letters/{id}/retry", api_retry_dead_letter, 0, 0},
    {HTTP_GET, V1 "/server", api_server, 0, 0},
    {HTTP_GET, V1 "/openapi.json", api_openapi, HTTP_ROUTE_OPEN, 0},
    {HTTP_POST, V1 "/session", api_start_session, HTTP_ROUTE_OPEN, SESSION_BODY_MAX},
    {HTTP_GET, "/healthz", api_healthz, HTTP_ROUTE_OPEN, 0},
    {HTTP_GET, "/readyz", api_readyz, HTTP_ROUTE_OPEN, 0},
    {HTTP_GET, "/metrics", api_metrics, 0, 0},
    {HTTP_GET, "/{file...}", api_web_file, HTTP_ROUTE_OPEN, 0},
};

struct api *api_new(const struct api_config *config)
{
    struct api *api = mem_calloc(1, sizeof(*api));
    api->config = *config;
    if (api->config.upload_bytes_most == 0)
        api->config.upload_bytes_most = API_UPLOAD_MAX_DEFAULT;
    api->catalogue = catalogue_new(config->ingest->meta);
    api->changes = journal_watch_new(config->ingest->meta, CHANGES_LOOK_MS);
    return api;
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    catalogue_free(api->catalogue);
    journal_watch_free(api->changes);
    free(api);
}

void api_add_routes(struct api *api, struct http_server *server)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        const struct route *r = &routes[i];
        struct http_route route = {.method = r->method,
            .pattern = r->pattern,
            .handler = r->handler,
            .context = api,
            .flags = r->flags,
            .body_bytes_most = r->body_bytes_most,
            // Elsewhere the body comes in a moment.
            .check = r->handler == api_upload_video ? api_check_upload : NULL};
        // What says nothing else is a video.
        if ((r->flags & HTTP_ROUTE_BODY_FILE) != 0 && r->body_bytes_most == 0)
            route.body_bytes_most = api->config.upload_bytes_most;
        http_server_add(server, &route);
    }
}

bool api_request_is_local(const struct api *api, const struct http_request *request)
{
    // Behind a proxy on this machine everybody comes from the loopback.
    return !api->config.token_required && http_request_is_loopback(request) && !http_request_is_proxied(request);
}

enum err_code api_query_limit(
    const struct http_request *request, size_t fallback, size_t most, size_t *limit, struct err *err)
{
    int64_t value = 0;
    enum err_code code = http_request_query_int64(request, "limit", 1, (int64_t)most, (int64_t)fallback, &value, err);
    *limit = (size_t)value;
    return code;
}

enum err_code api_query_flag(const struct http_request *request, const char *name, bool *flag, struct err *err)
{
    const char *text = http_request_query(request, name);
    *flag = text != NULL && (strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
    if (text != NULL && !*flag && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        return err_of_field(
            err, err_set(err, ERR_INVALID, "%s must be true or false, not \"%.32s\"", name, text), name);
    return ERR_NONE;
}

enum err_code api_param_project(const struct http_request *request, const char **project, struct err *err)
{
    *project = http_request_param(request, "p");
    return err_of_field(err, project_name_check(*project, err), "project");
}

enum err_code api_param_video(const struct http_request *request, const char **video, struct err *err)
{
    *video = http_request_param(request, "v");
    if (!video_id_is_valid(*video))
        return api_bad_video(*video, "video", err);
    return ERR_NONE;
}

enum err_code api_bad_video(const char *id, const char *field, struct err *err)
{
    err_set(err, ERR_INVALID, "\"%.64s\" is no video id: it has 16 digits from 0 to f", id);
    return err_of_field(err, ERR_INVALID, field);
}

enum err_code api_query_video(const struct http_request *request, const char **video, struct err *err)
{
    *video = http_request_query(request, "video");
    return *video == NULL || video_id_is_valid(*video) ? ERR_NONE : api_bad_video(*video, "video", err);
}

size_t api_count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}
