#include "net/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_server_internal.h"
#include "os/cond.h"
#include "os/thread.h"

#define CONNECTIONS_DEFAULT 256
#define IDLE_DEFAULT_MS 60000
#define HEADER_DEFAULT_MS 15000
#define HEADER_BYTES_DEFAULT ((size_t)32 << 10)
#define BODY_BYTES_DEFAULT ((size_t)1 << 20)
#define BODIES_BYTES_DEFAULT ((size_t)256 << 20)
// Such a part of the connections is kept free for new ones, by cutting idle ones.
#define SPARE_SHARE 16
// Such a part of the connections can be no event streams.
#define STREAMLESS_SHARE 4
#define TOKEN_LENGTH_LEAST 16
#define BACKLOG 128
// Handlers may use databases and inference; only what is touched costs memory.
#define STACK_BYTES ((size_t)2 << 20)
// Of the connection's memory, besides the request's headers: the response's headers and what streams through.
#define MEMORY_EXTRA_BYTES ((size_t)32 << 10)
#define WATCHDOG_MS 1000
// From asking handlers to end to cutting their connections.
#define CANCEL_GRACE_MS 2000

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

static char **copy_list(const char *const *list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    char **copy = mem_calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = mem_strdup(list[i]);
    return copy;
}

static void free_list(char **list)
{
    for (char **item = list; item != NULL && *item != NULL; item++)
        free(*item);
    free(list);
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof(in6));
    const unsigned char *bytes = in6.sin6_addr.s6_addr;
    bool is_mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
    return address->sa_family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr) || (is_mapped && bytes[12] == 127));
}

// The socket address of a literal address, or of "localhost".
static enum err_code resolve(
    const struct http_server *server, struct sockaddr_storage *address, socklen_t *size, struct err *err)
{
    const char *text = strcmp(server->address, "localhost") == 0 ? "127.0.0.1" : server->address;
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];
    snprintf(port, sizeof(port), "%u", (unsigned)server->port);
    if (getaddrinfo(text, port, &hints, &found) != 0)
        return err_set(err, ERR_INVALID, "\"%.64s\" is not an address to listen on", server->address);
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *size = found->ai_addrlen;
    freeaddrinfo(found);
    return ERR_NONE;
}

static void take_limits(struct http_server *server, const struct http_server_options *options)
{
    server->connections_most = options->connections_most > 0 ? options->connections_most : CONNECTIONS_DEFAULT;
    server->idle_timeout_ms = options->idle_timeout_ms > 0 ? options->idle_timeout_ms : IDLE_DEFAULT_MS;
    server->header_timeout_ms = options->header_timeout_ms > 0 ? options->header_timeout_ms : HEADER_DEFAULT_MS;
    server->header_bytes_most = options->header_bytes_most > 0 ? options->header_bytes_most : HEADER_BYTES_DEFAULT;
    server->body_bytes_most = options->body_bytes_most > 0 ? options->body_bytes_most : BODY_BYTES_DEFAULT;
    server->bodies_bytes_most = options->bodies_bytes_most > 0 ? options->bodies_bytes_most : BODIES_BYTES_DEFAULT;
}

enum err_code http_server_new(const struct http_server_options *options, struct http_server **out, struct err *err)
{
    *out = NULL;
    struct http_server *server = mem_calloc(1, sizeof(*server));
    server->address = mem_strdup(options->address != NULL ? options->address : "127.0.0.1");
    server->port = options->port;
    server->token = mem_strdup(options->token);
    server->key_header = mem_strdup(options->key_header);
    server->allowed_hosts = copy_list(options->allowed_hosts);
    server->allowed_origins = copy_list(options->allowed_origins);
    server->upload_directory = mem_strdup(options->upload_directory);
    server->log = options->log != NULL ? options->log : log_none();
    server->metrics = options->metrics;
    take_limits(server, options);
    server->active_gauge =
        metrics_gauge(server->metrics, "framehound_http_requests_active", "Requests being answered.", METRIC_NO_LABELS);
    server->connections_gauge =
        metrics_gauge(server->metrics, "framehound_http_connections", "Open connections.", METRIC_NO_LABELS);
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->changed, NULL);
    server->cancel = cancel_new(NULL);
    server->streams_cancel = cancel_new(server->cancel);

    struct sockaddr_storage address;
    socklen_t size;
    enum err_code code = resolve(server, &address, &size, err);
    if (code == ERR_NONE)
        server->on_loopback = is_loopback((const struct sockaddr *)&address);
    if (code == ERR_NONE && server->token != NULL && strlen(server->token) < TOKEN_LENGTH_LEAST)
        code = err_set(err, ERR_INVALID, "the token must have at least %d characters", TOKEN_LENGTH_LEAST);
    if (code == ERR_NONE && server->token == NULL && !server->on_loopback)
        code = err_set(
            err, ERR_INVALID, "listening on %s needs a token: only loopback addresses go without", server->address);
    if (code != ERR_NONE) {
        http_server_free(server);
        return code;
    }
    if (server->token != NULL)
        http_access_make_session(server->token, server->session);
    *out = server;
    return ERR_NONE;
}

void http_server_add(struct http_server *server, const struct http_route *route)
{
    assert(server->daemon == NULL);
    struct http_route_entry *entry = http_route_make(route);
    entry->next = server->routes;
    server->routes = entry;
}

static void count_active(struct http_server *server, int by)
{
    pthread_mutex_lock(&server->mutex);
    server->active = (unsigned)((int)server->active + by);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
    metric_shift(server->active_gauge, by);
}

// The connection's record for the watchdog.
static struct http_peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

void http_peer_expect(struct http_server *server, struct http_peer *peer, int64_t until_ms)
{
    if (peer == NULL)
        return;
    pthread_mutex_lock(&server->mutex);
    peer->end_ms = until_ms;
    pthread_mutex_unlock(&server->mutex);
}

void http_peer_keep(struct http_server *server, struct http_peer *peer)
{
    if (peer == NULL)
        return;
    pthread_mutex_lock(&server->mutex);
    peer->is_busy = true;
    pthread_mutex_unlock(&server->mutex);
}

static void peer_rest(struct http_server *server, struct http_peer *peer)
{
    if (peer == NULL)
        return;
    pthread_mutex_lock(&server->mutex);
    peer->is_busy = false;
    peer->idle_ms = now_ms();
    peer->end_ms = peer->is_cut ? INT64_MAX : peer->idle_ms + server->idle_timeout_ms;
    pthread_mutex_unlock(&server->mutex);
}

unsigned http_event_streams_most(const struct http_server *server)
{
    return server->connections_most - server->connections_most / STREAMLESS_SHARE;
}

static void cut(struct http_server *server, struct http_peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    peer->end_ms = INT64_MAX;
    server->peer_count -= !peer->is_cut;
    peer->is_cut = true;
}

// Connections cost nothing, and whoever has no token could take all there are: the one that has asked for nothing for
// the longest time goes.
static void make_room(struct http_server *server)
{
    struct http_peer *longest = NULL;
    for (struct http_peer *peer = server->peers; peer != NULL; peer = peer->next) {
        if (!peer->is_busy && !peer->is_cut && (longest == NULL || peer->idle_ms <= longest->idle_ms))
            longest = peer;
    }
    if (longest != NULL)
        cut(server, longest);
}

static void peer_add(struct http_server *server, struct MHD_Connection *connection, void **context)
{
    struct http_peer *peer = mem_calloc(1, sizeof(*peer));
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    peer->fd = info != NULL ? info->connect_fd : -1;
    peer->idle_ms = now_ms();
    peer->end_ms = peer->idle_ms + server->header_timeout_ms;
    pthread_mutex_lock(&server->mutex);
    if (++server->peer_count > server->connections_most - server->connections_most / SPARE_SHARE)
        make_room(server);
    peer->next = server->peers;
    if (server->peers != NULL)
        server->peers->prev = peer;
    server->peers = peer;
    pthread_mutex_unlock(&server->mutex);
    metric_shift(server->connections_gauge, 1);
    *context = peer;
}

static void peer_remove(struct http_server *server, struct http_peer *peer)
{
    pthread_mutex_lock(&server->mutex);
    server->peer_count -= !peer->is_cut;
    if (peer->prev != NULL)
        peer->prev->next = peer->next;
    else
        server->peers = peer->next;
    if (peer->next != NULL)
        peer->next->prev = peer->prev;
    pthread_mutex_unlock(&server->mutex);
    metric_shift(server->connections_gauge, -1);
    free(peer);
}

static void end_request(struct http_server *server, struct http_request *request)
{
    if (request->peer != NULL)
        request->peer->request = NULL;
    http_request_free(request);
    count_active(server, -1);
}

static void on_connection(
    void *arg, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        peer_add(arg, connection, context);
    } else if (*context != NULL) {
        struct http_peer *peer = *context;
        // The library tells the end only of requests that were handed over whole: not where headers are cut off or
        // too large, which takes no token.
        if (peer->request != NULL)
            end_request(arg, peer->request);
        peer_remove(arg, peer);
    }
}

// Cuts connections whose request does not get complete: the library only knows connections on which nothing moves.
static void watch(void *arg)
{
    struct http_server *server = arg;
    pthread_mutex_lock(&server->mutex);
    while (!atomic_load(&server->stopping)) {
        (void)cond_wait_until(&server->changed, &server->mutex, (now_ms() + WATCHDOG_MS) * 1000);
        int64_t now = now_ms();
        for (struct http_peer *peer = server->peers; peer != NULL; peer = peer->next) {
            if (now > peer->end_ms)
                cut(server, peer);
        }
    }
    pthread_mutex_unlock(&server->mutex);
}

// The library hands over the raw target before it takes anything apart: the request begins here.
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = arg;
    struct http_request *request = http_request_new(server, connection, target);
    request->peer = peer_of(connection);
    if (request->peer != NULL)
        request->peer->request = request;
    count_active(server, 1);
    return request;
}

// Targets are decoded by us, segment by segment; the library must not touch them.
static size_t leave_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

static void on_completed(
    void *arg, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode why)
{
    struct http_server *server = arg;
    struct http_request *request = *context;
    (void)connection;
    (void)why;
    if (request == NULL)
        return;
    *context = NULL;
    peer_rest(server, request->peer);
    log_debug(server->log, "%s %s: %d, %lld ms", http_method_name(request->method),
        request->path != NULL ? request->path : "?", request->status, (long long)(now_ms() - request->started_ms));
    end_request(server, request);
}

__attribute__((format(printf, 2, 0))) static void on_library_message(void *arg, const char *format, va_list args)
{
    struct http_server *server = arg;
    if (!log_enabled(server->log, LOG_DEBUG))
        return;
    char text[256];
    vsnprintf(text, sizeof(text), format, args);
    log_debug(server->log, "%s", text);
}

static enum err_code listen_on(struct http_server *server, int *fd, struct err *err)
{
    struct sockaddr_storage address;
    socklen_t size;
    enum err_code code = resolve(server, &address, &size, err);
    if (code != ERR_NONE)
        return code;
    const int on = 1;
    *fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return err_set_errno(err, errno, "cannot listen on %s port %u", server->address, (unsigned)server->port);
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(*fd, (const struct sockaddr *)&address, size) != 0 || listen(*fd, BACKLOG) != 0 ||
        getsockname(*fd, (struct sockaddr *)&address, &size) != 0) {
        int failure = errno;
        close(*fd);
        if (failure == EADDRINUSE)
            return err_set(err, ERR_CONFLICT, "port %u of %s is in use by another program", (unsigned)server->port,
                server->address);
        if (failure == EADDRNOTAVAIL)
            return err_set(err, ERR_INVALID, "%s is not an address of this machine", server->address);
        return err_set_errno(err, failure, "cannot listen on %s port %u", server->address, (unsigned)server->port);
    }
    server->port = ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                       : ((struct sockaddr_in *)&address)->sin_port);
    return ERR_NONE;
}

enum err_code http_server_start(struct http_server *server, struct err *err)
{
    int fd = -1;
    enum err_code code = listen_on(server, &fd, err);
    if (code != ERR_NONE)
        return code;
    // The library sends files in a way that would end the process when the client has left.
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    code = thread_start("http-watchdog", watch, server, &server->watchdog, err);
    if (code != ERR_NONE) {
        close(fd);
        return code;
    }
    server->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, http_handle, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_message, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, server->connections_most,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((server->idle_timeout_ms + 999) / 1000),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, server->header_bytes_most + MEMORY_EXTRA_BYTES,
        MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon != NULL)
        return ERR_NONE;
    close(fd);
    http_server_stop(server, 0);
    return err_set(err, ERR_UNAVAILABLE, "the HTTP server cannot be started: %s", strerror(errno));
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

// Waits until no request is active; false when the time is up.
static bool wait_for_requests(struct http_server *server, int64_t timeout_ms)
{
    int64_t end_ms = now_ms() + timeout_ms;
    pthread_mutex_lock(&server->mutex);
    while (server->active > 0 && now_ms() < end_ms)
        (void)cond_wait_until(&server->changed, &server->mutex, end_ms * 1000);
    bool none = server->active == 0;
    pthread_mutex_unlock(&server->mutex);
    return none;
}

void http_server_stop(struct http_server *server, int64_t drain_ms)
{
    atomic_store(&server->stopping, true);
    pthread_mutex_lock(&server->mutex);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
    thread_join(server->watchdog);
    server->watchdog = NULL;
    if (server->daemon == NULL)
        return;
    int listening = MHD_quiesce_daemon(server->daemon);
    cancel_request(server->streams_cancel);
    bool drained = wait_for_requests(server, drain_ms);
    cancel_request(server->cancel);
    if (!drained && !wait_for_requests(server, CANCEL_GRACE_MS))
        log_warn(server->log, "connections are cut: some requests did not end in time");
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    http_server_stop(server, 0);
    while (server->routes != NULL) {
        struct http_route_entry *entry = server->routes;
        server->routes = entry->next;
        http_route_free(entry);
    }
    cancel_free(server->streams_cancel);
    cancel_free(server->cancel);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free_list(server->allowed_hosts);
    free_list(server->allowed_origins);
    free(server->upload_directory);
    free(server->address);
    free(server->token);
    free(server->key_header);
    free(server);
}
