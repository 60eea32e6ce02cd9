// Projects.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/shape.h"
#include "base/json.h"
#include "ingest/lifecycle.h"

#define PROJECTS_LIMIT 100

API_HANDLER(api_list_projects)
{
    struct api *api = context;
    static const char *const allowed[] = {"limit", "cursor", NULL};
    struct meta_project *projects = NULL;
    size_t count = 0;
    size_t limit = 0;
    const char *cursor = http_request_query(request, "cursor");
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_query_limit(request, PROJECTS_LIMIT, META_LIST_MAX, &limit, err);
    if (code == ERR_NONE && cursor != NULL)
        code = err_of_field(err, project_name_check(cursor, err), "cursor");
    if (code == ERR_NONE)
        code = meta_store_list_projects(api->config.ingest->meta, cursor, limit, &projects, &count, err);
    if (code != ERR_NONE)
        return code;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, shape_project(&projects[i]));
    json_t *answer = json_object();
    json_set(answer, "projects", list);
    json_set_string(answer, "next_cursor", count == limit ? projects[count - 1].name : NULL);
    http_response_json(response, 200, answer);
    free(projects);
    return ERR_NONE;
}

static enum err_code respond_project(
    struct api *api, struct http_response *response, const char *name, int status, struct err *err)
{
    struct meta_project project;
    enum err_code code = meta_store_get_project(api->config.ingest->meta, name, &project, err);
    if (code == ERR_NONE)
        http_response_json(response, status, shape_project(&project));
    return code;
}

API_HANDLER(api_create_project)
{
    struct api *api = context;
    static const char *const allowed[] = {"name", NULL};
    json_t *body = NULL;
    const char *name = NULL;
    bool created = false;
    enum err_code code = http_request_json(request, &body, err);
    if (code == ERR_NONE)
        code = json_check_fields(body, allowed, err);
    if (code == ERR_NONE)
        code = json_get_string(body, "name", &name, err);
    if (code == ERR_NONE)
        code = err_of_field(err, project_name_check(name, err), "name");
    if (code == ERR_NONE)
        code = meta_store_create_project(api->config.ingest->meta, name, &created, err);
    if (code == ERR_NONE)
        code = respond_project(api, response, name, created ? 201 : 200, err);
    json_decref(body);
    return code;
}

API_HANDLER(api_get_project)
{
    const char *project = NULL;
    enum err_code code = api_param_project(request, &project, err);
    return code == ERR_NONE ? respond_project(context, response, project, 200, err) : code;
}

API_HANDLER(api_delete_project)
{
    struct api *api = context;
    const char *project = NULL;
    (void)response;
    enum err_code code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = lifecycle_delete_project(api->config.ingest, project, http_request_cancel(request), err);
    if (code == ERR_NONE)
        labels_forget(api->config.labels, project);
    return code;
}
