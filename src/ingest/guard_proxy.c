#include "ingest/guard_proxy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "net/address_guard.h"
#include "os/cancel.h"
#include "os/thread.h"

#define HEAD_SIZE_MAX 16384
#define HOST_SIZE 256
#define PASSWORD_BYTES 16
#define CONNECT_TIMEOUT_MS 10000
#define HEAD_TIMEOUT_MS 15000
#define IDLE_TIMEOUT_MS 120000
#define POLL_MS 200
#define RELAY_BYTES 65536

struct connection {
    struct guard_proxy *proxy;
    struct thread *thread;
    int client;
    bool used;
    bool ended; // the thread is about to return
};

struct guard_proxy {
    struct log *log;
    struct cancel *cancel;
    struct thread *listener;
    int fd;
    char url[160];
    char credentials[128]; // what the client sends: base64 of "framehound:password"
    pthread_mutex_t lock;
    struct connection connections[GUARD_PROXY_CONNECTIONS];
};

// ---- sockets

static bool wait_for(struct guard_proxy *proxy, int fd, short events, int64_t timeout_ms)
{
    for (int64_t waited = 0; waited < timeout_ms; waited += POLL_MS) {
        struct pollfd wait = {.fd = fd, .events = events};
        if (cancel_requested(proxy->cancel))
            return false;
        int ready = poll(&wait, 1, POLL_MS);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
    return false;
}

static bool send_all(struct guard_proxy *proxy, int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            return false;
        } else if (!wait_for(proxy, fd, POLLOUT, IDLE_TIMEOUT_MS)) {
            return false;
        }
    }
    return true;
}

static int connect_address(struct guard_proxy *proxy, const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int error = 0;
    socklen_t size = sizeof(error);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (errno == EINPROGRESS && wait_for(proxy, fd, POLLOUT, CONNECT_TIMEOUT_MS) &&
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
        return fd;
    close(fd);
    return -1;
}

// Connects to the first public address of the host that answers. *refused: there were others only.
static int connect_public(struct guard_proxy *proxy, const char *host, const char *port, bool *refused)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int fd = -1;
    *refused = false;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *address = found; address != NULL && fd < 0; address = address->ai_next) {
        if (!address_is_public(address->ai_addr))
            *refused = true;
        else
            fd = connect_address(proxy, address);
    }
    freeaddrinfo(found);
    return fd;
}

// ---- requests

struct head {
    char bytes[HEAD_SIZE_MAX + 1];
    size_t size;   // read so far
    size_t length; // of the head, with its empty line
};

static bool read_head(struct guard_proxy *proxy, int fd, struct head *head)
{
    while (head->size < HEAD_SIZE_MAX) {
        if (!wait_for(proxy, fd, POLLIN, HEAD_TIMEOUT_MS))
            return false;
        ssize_t got = recv(fd, head->bytes + head->size, HEAD_SIZE_MAX - head->size, 0);
        if (got <= 0)
            return false;
        head->size += (size_t)got;
        head->bytes[head->size] = '\0';
        const char *end = strstr(head->bytes, "\r\n\r\n");
        if (end != NULL) {
            head->length = (size_t)(end - head->bytes) + 4;
            return true;
        }
    }
    return false;
}

static const char *find_header(const struct head *head, const char *name)
{
    size_t length = strlen(name);
    const char *line = strstr(head->bytes, "\r\n");
    while (line != NULL && line + 2 < head->bytes + head->length - 2) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1 + strspn(line + length + 1, " \t");
        line = strstr(line, "\r\n");
    }
    return NULL;
}

static bool is_authorised(const struct guard_proxy *proxy, const struct head *head)
{
    char given[sizeof(proxy->credentials)];
    const char *value = find_header(head, "Proxy-Authorization");
    if (value == NULL || strncasecmp(value, "Basic ", 6) != 0)
        return false;
    size_t length = strcspn(value + 6, " \r\n");
    if (length >= sizeof(given))
        return false;
    memcpy(given, value + 6, length);
    given[length] = '\0';
    return hash_equal_secret(proxy->credentials, given);
}

// "host:port" or "[v6]:port", `fallback` without a port.
static bool split_authority(const char *text, size_t length, const char *fallback, char host[HOST_SIZE], char port[8])
{
    const char *end = text + length;
    const char *colon = NULL;
    if (length > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', length);
        if (close == NULL)
            return false;
        colon = close + 1 < end && close[1] == ':' ? close + 1 : NULL;
        text++;
        length = (size_t)(close - text);
    } else {
        colon = memchr(text, ':', length);
        length = colon != NULL ? (size_t)(colon - text) : length;
    }
    if (length == 0 || length >= HOST_SIZE)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    snprintf(port, 8, "%s", fallback);
    if (colon == NULL)
        return fallback[0] != '\0';
    size_t digits = (size_t)(end - colon) - 1;
    if (digits == 0 || digits > 5 || strspn(colon + 1, "0123456789") < digits)
        return false;
    snprintf(port, 8, "%.*s", (int)digits, colon + 1);
    return true;
}

static void answer(struct guard_proxy *proxy, int fd, const char *status, const char *header)
{
    char text[256];
    int size =
        snprintf(text, sizeof(text), "HTTP/1.1 %s\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n", status, header);
    (void)!send_all(proxy, fd, text, (size_t)size);
}

// Sends a plain request on in origin form, without what was meant for the proxy, one request per connection.
static bool forward_head(struct guard_proxy *proxy, int server, const struct head *head, const char *path)
{
    struct strbuf out;
    const char *line = head->bytes;
    const char *head_end = head->bytes + head->length - 2;
    strbuf_init(&out);
    strbuf_add(&out, head->bytes, strcspn(head->bytes, " ") + 1);
    if (*path != '/')
        strbuf_addc(&out, '/');
    strbuf_add(&out, path, strcspn(path, "\r"));
    strbuf_adds(&out, "\r\n");
    for (line = strstr(line, "\r\n") + 2; line < head_end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "Proxy-", 6) == 0 || strncasecmp(line, "Connection:", 11) == 0)
            continue;
        strbuf_add(&out, line, (size_t)(strstr(line, "\r\n") + 2 - line));
    }
    strbuf_adds(&out, "Connection: close\r\n\r\n");
    strbuf_add(&out, head->bytes + head->length, head->size - head->length);
    bool sent = send_all(proxy, server, out.data, out.size);
    strbuf_release(&out);
    return sent;
}

// One direction; false at its end.
static bool pass_on(struct guard_proxy *proxy, int from, int to, char *buffer)
{
    ssize_t got = recv(from, buffer, RELAY_BYTES, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    return got > 0 && send_all(proxy, to, buffer, (size_t)got);
}

static void relay(struct guard_proxy *proxy, int client, int server)
{
    char *buffer = mem_alloc(RELAY_BYTES);
    bool client_open = true;
    bool server_open = true;
    int64_t idle_ms = 0;
    while (server_open && idle_ms < IDLE_TIMEOUT_MS && !cancel_requested(proxy->cancel)) {
        struct pollfd wait[2] = {{.fd = client_open ? client : -1, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        int ready = poll(wait, 2, POLL_MS);
        if (ready < 0 && errno != EINTR)
            break;
        idle_ms = ready == 0 ? idle_ms + POLL_MS : 0;
        if (wait[1].revents != 0)
            server_open = pass_on(proxy, server, client, buffer);
        if (client_open && wait[0].revents != 0 && !pass_on(proxy, client, server, buffer)) {
            client_open = false;
            shutdown(server, SHUT_WR);
        }
    }
    free(buffer);
}

static void serve(struct guard_proxy *proxy, int client, struct head *head)
{
    char host[HOST_SIZE];
    char port[8];
    bool refused = false;
    if (!read_head(proxy, client, head))
        return;
    if (!is_authorised(proxy, head)) {
        answer(
            proxy, client, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"framehound\"\r\n");
        return;
    }
    const char *target = head->bytes + strcspn(head->bytes, " ");
    target += strspn(target, " ");
    bool tunnel = strncmp(head->bytes, "CONNECT ", 8) == 0;
    const char *authority = tunnel ? target : strncasecmp(target, "http://", 7) == 0 ? target + 7 : "";
    size_t length = strcspn(authority, " /?#\r");
    if (memchr(authority, '@', length) != NULL || !split_authority(authority, length, tunnel ? "" : "80", host, port)) {
        answer(proxy, client, "400 Bad Request", "");
        return;
    }
    int server = connect_public(proxy, host, port, &refused);
    if (server < 0) {
        log_debug(
            proxy->log, "%s:%s %s", host, port, refused ? "is no public address and is refused" : "does not answer");
        answer(proxy, client, refused ? "403 " GUARD_REFUSAL : "502 Bad Gateway", "");
        return;
    }
    static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    bool good = tunnel ? send_all(proxy, client, established, sizeof(established) - 1) &&
            send_all(proxy, server, head->bytes + head->length, head->size - head->length)
                       : forward_head(proxy, server, head, authority + length);
    if (good)
        relay(proxy, client, server);
    close(server);
}

// ---- connections

static void run_connection(void *arg)
{
    struct connection *connection = arg;
    struct guard_proxy *proxy = connection->proxy;
    struct head *head = mem_calloc(1, sizeof(*head));
    serve(proxy, connection->client, head);
    free(head);
    close(connection->client);
    pthread_mutex_lock(&proxy->lock);
    connection->ended = true;
    pthread_mutex_unlock(&proxy->lock);
}

static struct connection *free_place(struct guard_proxy *proxy)
{
    for (size_t i = 0; i < GUARD_PROXY_CONNECTIONS; i++) {
        struct connection *connection = &proxy->connections[i];
        pthread_mutex_lock(&proxy->lock);
        bool ended = connection->ended;
        pthread_mutex_unlock(&proxy->lock);
        if (ended) {
            thread_join(connection->thread);
            *connection = (struct connection){.used = false};
        }
        if (!connection->used)
            return connection;
    }
    return NULL;
}

static void run_listener(void *arg)
{
    struct guard_proxy *proxy = arg;
    while (!cancel_requested(proxy->cancel)) {
        struct pollfd wait = {.fd = proxy->fd, .events = POLLIN};
        struct connection *place = free_place(proxy);
        if (place == NULL) {
            cancel_wait(proxy->cancel, POLL_MS / 4);
            continue;
        }
        if (poll(&wait, 1, POLL_MS) <= 0)
            continue;
        int client = accept4(proxy->fd, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        *place = (struct connection){.proxy = proxy, .client = client, .used = true};
        if (thread_start("guard", run_connection, place, &place->thread, NULL) != ERR_NONE) {
            close(client);
            *place = (struct connection){.used = false};
        }
    }
}

static enum err_code listen_on_loopback(struct guard_proxy *proxy, uint16_t *port, struct err *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    proxy->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (proxy->fd < 0 || bind(proxy->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(proxy->fd, GUARD_PROXY_CONNECTIONS) != 0 ||
        getsockname(proxy->fd, (struct sockaddr *)&address, &size) != 0)
        return err_set_errno(err, errno, "the guard for fetching pages cannot listen");
    *port = ntohs(address.sin_port);
    return ERR_NONE;
}

static void make_password(struct guard_proxy *proxy, uint16_t port)
{
    unsigned char bytes[PASSWORD_BYTES];
    char password[2 * PASSWORD_BYTES + 1];
    char pair[64];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(password, sizeof(password), bytes, sizeof(bytes));
    int length = snprintf(pair, sizeof(pair), "framehound:%s", password);
    sodium_bin2base64(proxy->credentials, sizeof(proxy->credentials), (const unsigned char *)pair, (size_t)length,
        sodium_base64_VARIANT_ORIGINAL);
    snprintf(proxy->url, sizeof(proxy->url), "http://%s@127.0.0.1:%u", pair, (unsigned)port);
}

enum err_code guard_proxy_start(struct log *log, struct guard_proxy **proxy, struct err *err)
{
    struct guard_proxy *made = mem_calloc(1, sizeof(*made));
    uint16_t port = 0;
    made->log = log;
    made->cancel = cancel_new(NULL);
    pthread_mutex_init(&made->lock, NULL);
    enum err_code code = listen_on_loopback(made, &port, err);
    if (code == ERR_NONE) {
        make_password(made, port);
        code = thread_start("guard", run_listener, made, &made->listener, err);
    }
    if (code != ERR_NONE) {
        guard_proxy_stop(made);
        return code;
    }
    *proxy = made;
    return ERR_NONE;
}

void guard_proxy_stop(struct guard_proxy *proxy)
{
    if (proxy == NULL)
        return;
    cancel_request(proxy->cancel);
    thread_join(proxy->listener);
    for (size_t i = 0; i < GUARD_PROXY_CONNECTIONS; i++)
        thread_join(proxy->connections[i].thread);
    if (proxy->fd >= 0)
        close(proxy->fd);
    cancel_free(proxy->cancel);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

const char *guard_proxy_url(const struct guard_proxy *proxy)
{
    return proxy->url;
}
