#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/http_server_internal.h"

#define COOKIE_SECONDS (30 * 86400)

void http_access_make_session(const char *token, char out[SHA256_HEX_SIZE])
{
    static const char purpose[] = "framehound session";
    struct sha256 hash;
    unsigned char digest[SHA256_SIZE];
    sha256_init(&hash);
    sha256_update(&hash, purpose, sizeof(purpose));
    sha256_update(&hash, token, strlen(token));
    sha256_final(&hash, digest);
    sha256_hex(digest, out);
}

// Whether `host`, as in a Host header, is `name` with or without a port.
static bool host_is(const char *host, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(host, name, length) == 0 && (host[length] == '\0' || host[length] == ':');
}

static bool is_listed(char *const *list, const char *text, bool as_host)
{
    for (; list != NULL && *list != NULL; list++) {
        if (as_host ? host_is(text, *list) : strcasecmp(text, *list) == 0)
            return true;
    }
    return false;
}

// A page of another site whose name was made to point here still sends its own name.
static bool host_is_good(const struct http_request *request, const char *host)
{
    if (!request->server->on_loopback || host == NULL)
        return true;
    return host_is(host, "localhost") || host_is(host, "127.0.0.1") || host_is(host, "[::1]") ||
        host_is(host, request->server->address) || is_listed(request->server->allowed_hosts, host, true);
}

static bool origin_is_own(const char *origin, const char *host)
{
    const char *name = strstr(origin, "://");
    return name != NULL && host != NULL && strcasecmp(name + 3, host) == 0;
}

const char *http_access_cross_origin(const struct http_request *request)
{
    const char *origin = http_request_header(request, "Origin");
    return origin != NULL && is_listed(request->server->allowed_origins, origin, false) ? origin : NULL;
}

static bool is_safe(enum http_method method)
{
    return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS;
}

static bool token_is_right(const struct http_request *request)
{
    const struct http_server *server = request->server;
    if (server->token == NULL)
        return true;
    const char *header = http_request_header(request, "Authorization");
    if (header != NULL && strncasecmp(header, "Bearer ", 7) == 0) {
        header += 7 + strspn(header + 7, " ");
        return hash_equal_secret(server->token, header);
    }
    const char *key = server->key_header != NULL ? http_request_header(request, server->key_header) : NULL;
    if (key != NULL)
        return hash_equal_secret(server->token, key);
    const char *cookie = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, HTTP_SESSION_COOKIE);
    return cookie != NULL && hash_equal_secret(server->session, cookie);
}

enum err_code http_access_check(struct http_request *request, int *status, struct err *err)
{
    const char *host = http_request_header(request, "Host");
    const char *origin = http_request_header(request, "Origin");
    if (!host_is_good(request, host)) {
        *status = 421;
        return err_set(err, ERR_DENIED, "the host name \"%.64s\" is not one of this server's", host);
    }
    if (origin != NULL && !is_safe(request->method) && !origin_is_own(origin, host) &&
        http_access_cross_origin(request) == NULL) {
        *status = 403;
        return err_set(err, ERR_DENIED, "requests from pages of %.64s are not taken", origin);
    }
    request->is_authorised = token_is_right(request);
    bool is_open = request->route != NULL && (request->route->route.flags & HTTP_ROUTE_OPEN) != 0;
    if (!request->is_authorised && !is_open) {
        *status = 401;
        return err_set(err, ERR_DENIED, "a token is needed: send Authorization: Bearer <token>, or log in");
    }
    return ERR_NONE;
}

bool http_response_start_session(
    struct http_response *response, const struct http_request *request, const char *token, bool secure)
{
    const struct http_server *server = request->server;
    if (server->token == NULL || token == NULL || !hash_equal_secret(server->token, token))
        return false;
    http_response_header(response, "Set-Cookie",
        arena_sprintf(request->arena, "%s=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", HTTP_SESSION_COOKIE,
            server->session, COOKIE_SECONDS, secure ? "; Secure" : ""));
    return true;
}

void http_response_end_session(struct http_response *response)
{
    http_response_header(response, "Set-Cookie", HTTP_SESSION_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}
