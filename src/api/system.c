// Health, metrics, the contract itself, sessions and the web application's
// files.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api_internal.h"
#include "api/openapi_json.h"
#include "api/probes.h"
#include "base/json.h"
#include "ingest/lifecycle.h"

#define WEB_PATH_MAX 4096

API_HANDLER(api_healthz)
{
    (void)context;
    (void)request;
    (void)err;
    probes_answer_health(response);
    return ERR_NONE;
}

API_HANDLER(api_readyz)
{
    struct api *api = context;
    (void)err;
    probes_answer_ready(api->config.ingest, request, response);
    return ERR_NONE;
}

API_HANDLER(api_metrics)
{
    struct api *api = context;
    (void)request;
    (void)err;
    probes_answer_metrics(api->config.ingest, response);
    return ERR_NONE;
}

API_HANDLER(api_openapi)
{
    (void)context;
    (void)request;
    (void)err;
    http_response_owned(response, 200, "application/json", (void *)openapi_json, sizeof(openapi_json) - 1, NULL);
    return ERR_NONE;
}

API_HANDLER(api_start_session)
{
    (void)context;
    static const char *const allowed[] = {"token", NULL};
    json_t *body = NULL;
    const char *token = NULL;
    enum err_code code = http_request_json(request, &body, err);
    if (code == ERR_NONE)
        code = json_check_fields(body, allowed, err);
    if (code == ERR_NONE)
        code = json_get_string(body, "token", &token, err);
    if (code == ERR_NONE) {
        const char *scheme = http_request_header(request, "X-Forwarded-Proto");
        bool secure = scheme != NULL && strcmp(scheme, "https") == 0;
        if (!http_response_start_session(response, request, token, secure))
            code = err_set(err, ERR_DENIED, "this is not the server's token");
    }
    json_decref(body);
    return code;
}

API_HANDLER(api_server)
{
    struct api *api = context;
    struct submit_request submission;
    (void)err;
    submit_request_init(&submission);
    json_t *defaults = json_object();
    json_set_double(defaults, "chunk_seconds", (double)submission.chunk_us / 1e6);
    json_set_double(defaults, "fps", (double)submission.sampling.fps_num / submission.sampling.fps_den);
    json_t *answer = json_object();
    json_set_string(answer, "version", FRAMEHOUND_VERSION);
    json_set_bool(answer, "token_required", api->config.token_required);
    json_set_bool(answer, "local", api->config.allow_local_files || api_request_is_local(api, request));
    json_set_int64(answer, "upload_bytes_max", (int64_t)api->config.upload_bytes_most);
    json_set_int64(answer, "picture_bytes_max", SEARCH_PICTURE_SIZE_MAX);
    json_set_bool(answer, "text_search", false);
    json_set(answer, "defaults", defaults);
    http_response_json(response, 200, answer);
    return ERR_NONE;
}

static const char *web_content_type(const char *path)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"}, {".js", "text/javascript"},
        {".css", "text/css"}, {".svg", "image/svg+xml"}, {".png", "image/png"}, {".ico", "image/x-icon"},
        {".json", "application/json"}, {".woff2", "font/woff2"}, {".webmanifest", "application/manifest+json"},
        {".map", "application/json"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(dot, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

static const char welcome_page[] = "<!doctype html><html lang=\"en\"><meta "
                                   "charset=\"utf-8\"><title>Framehound</title>"
                                   "<style>body{font:16px/1.5 system-ui;max-width:40rem;margin:4rem "
                                   "auto;padding:0 1rem}</style>"
                                   "<h1>Framehound</h1><p>The server is running. The web application is not "
                                   "installed here; what is stored can be "
                                   "reached through the <a href=\"/api/v1/openapi.json\">HTTP interface</a>: "
                                   "<a href=\"/api/v1/projects\">projects</a>, <a "
                                   "href=\"/api/v1/videos\">videos</a>, "
                                   "<a href=\"/api/v1/workers\">workers</a>, <a "
                                   "href=\"/api/v1/activity/state\">activity</a>.</p></html>";

// Opens what lies at a path below the folder; -1 if there is nothing. The path is clean already (see http_server.h),
// but that it leads nowhere else does not rest on that: it is walked name by name, and links are not followed.
static int open_below(int directory, const char *path)
{
    char copy[WEB_PATH_MAX];
    char *rest = copy;
    const char *name;
    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
        return -1;
    int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    while (at >= 0 && (name = strsep(&rest, "/")) != NULL) {
        bool is_name = name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        int kind = rest != NULL ? O_DIRECTORY : O_NONBLOCK;
        int next = is_name ? openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | kind) : -1;
        close(at);
        at = next;
    }
    return at;
}

static int open_web_file(int directory, const char *path, struct stat *st)
{
    int fd = open_below(directory, path);
    if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

// The page's scripts, styles and requests are its own; React sets style attributes. What is pasted into a search is
// shown from a blob: or data: address.
#define WEB_POLICY                                                                                                     \
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:%s%s; "        \
    "media-src 'self' blob:%s%s; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "         \
    "frame-ancestors 'none'"

// The file, or a compressed copy beside it ("x.js.br", "x.js.gz", made with the application) where the client takes
// one.
static int open_web_variant(int directory, const char *path, const struct http_request *request,
    struct http_response *response, struct stat *st)
{
    static const struct {
        const char *coding, *suffix;
    } copies[] = {{"br", ".br"}, {"gzip", ".gz"}};
    int fd = open_web_file(directory, path, st);
    bool varies = false;
    for (size_t i = 0; fd >= 0 && i < sizeof(copies) / sizeof(copies[0]); i++) {
        char name[WEB_PATH_MAX];
        struct stat copy_st = {0};
        if (snprintf(name, sizeof(name), "%s%s", path, copies[i].suffix) >= (int)sizeof(name))
            break;
        int copy = open_web_file(directory, name, &copy_st);
        if (copy < 0)
            continue;
        varies = true;
        // A copy that is older than its file is of another build.
        if (http_request_accepts_coding(request, copies[i].coding) && copy_st.st_mtim.tv_sec >= st->st_mtim.tv_sec) {
            http_response_header(response, "Content-Encoding", copies[i].coding);
            close(fd);
            fd = copy;
            *st = copy_st;
            break;
        }
        close(copy);
    }
    if (varies)
        http_response_header(response, "Vary", "Accept-Encoding");
    return fd;
}

// Files of the web application; a path that is none of them and looks like no
// file is a view of the application, which finds its way by the address.
API_HANDLER(api_web_file)
{
    struct api *api = context;
    const char *path = http_request_param(request, "file");
    if (strncmp(path, "api/", 4) == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no %s: see /api/v1/openapi.json", http_request_path(request));
    int directory = -1;
    if (api->config.web_dir != NULL)
        directory = open(api->config.web_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        if (path[0] != '\0')
            return err_set(err, ERR_NOT_FOUND, "there is no %s", http_request_path(request));
        http_response_owned(
            response, 200, "text/html; charset=utf-8", (void *)welcome_page, sizeof(welcome_page) - 1, NULL);
        return ERR_NONE;
    }

    struct stat st = {0};
    const char *name = path[0] != '\0' ? path : "index.html";
    int fd = open_web_variant(directory, name, request, response, &st);
    const char *slash = strrchr(name, '/');
    if (fd < 0 && strchr(slash != NULL ? slash : name, '.') == NULL) {
        name = "index.html";
        fd = open_web_variant(directory, name, request, response, &st);
    }
    close(directory);
    if (fd < 0)
        return err_set(err, ERR_NOT_FOUND, "there is no %s", http_request_path(request));
    // Built files carry a hash of their content in their names; the page itself
    // does not.
    bool hashed = strncmp(name, "assets/", 7) == 0;
    const char *type = web_content_type(name);
    http_response_header(response, "Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (strncmp(type, "text/html", 9) == 0) {
        const char *origin = api->config.media_origin;
        const char *space = origin != NULL ? " " : "";
        origin = origin != NULL ? origin : "";
        http_response_header(response, "Content-Security-Policy",
            arena_sprintf(http_request_arena(request), WEB_POLICY, space, origin, space, origin));
    }
    http_response_file(response, type, fd, 0, (uint64_t)st.st_size, NULL, (int64_t)st.st_mtim.tv_sec * 1000000);
    return ERR_NONE;
}
