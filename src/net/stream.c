#include "net/stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/stream_internal.h"

#define WAIT_MOST_MS 1000000

int64_t stream_deadline_us(int64_t timeout_ms)
{
    return clock_monotonic_us(clock_system()) + timeout_ms * 1000;
}

static enum err_code too_late(struct err *err)
{
    return err_set(err, ERR_TIMEOUT, "it does not answer in time");
}

// What a socket's failure is for whoever hears of it.
static enum err_code socket_failed(int failure, struct err *err)
{
    switch (failure) {
    case ECONNREFUSED:
        return err_set(err, ERR_UNAVAILABLE, "it refuses connections: is the server running there?");
    case ENOENT:
        return err_set(err, ERR_UNAVAILABLE, "there is no such socket: is the server running?");
    case EACCES:
    case EPERM:
        return err_set(err, ERR_DENIED, "this user may not connect to it");
    case ECONNRESET:
    case EPIPE:
        return err_set(err, ERR_UNAVAILABLE, "it broke the connection off");
    case ETIMEDOUT:
        return too_late(err);
    default:
        // Whatever the network does may pass.
        return err_set(err, ERR_UNAVAILABLE, "it cannot be reached: %s", strerror(failure));
    }
}

// Waits until the socket can be read or written. What is there already counts, however late this process came to look.
static enum err_code wait_for(int fd, short events, int64_t deadline_us, struct err *err)
{
    for (;;) {
        int64_t left_us = deadline_us - clock_monotonic_us(clock_system());
        int64_t left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;
        struct pollfd entry = {.fd = fd, .events = events};
        int ready = poll(&entry, 1, (int)(left_ms < WAIT_MOST_MS ? left_ms : WAIT_MOST_MS));
        if (ready > 0)
            return ERR_NONE;
        if (ready < 0 && errno != EINTR)
            return err_set_errno(err, errno, "its socket cannot be waited for");
        if (left_us <= 0)
            return too_late(err);
    }
}

enum err_code stream_socket_write(
    struct stream *stream, const void *bytes, size_t size, int64_t deadline_us, struct err *err)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(stream->fd, at, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            at += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            enum err_code code = wait_for(stream->fd, POLLOUT, deadline_us, err);
            if (code != ERR_NONE)
                return code;
        } else if (errno != EINTR) {
            return socket_failed(errno, err);
        }
    }
    return ERR_NONE;
}

enum err_code stream_socket_read(
    struct stream *stream, void *bytes, size_t size, size_t *got, int64_t deadline_us, struct err *err)
{
    for (;;) {
        ssize_t received = recv(stream->fd, bytes, size, 0);
        if (received > 0) {
            *got = (size_t)received;
            return ERR_NONE;
        }
        if (received == 0)
            return err_set(err, ERR_UNAVAILABLE, "it closed the connection");
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            enum err_code code = wait_for(stream->fd, POLLIN, deadline_us, err);
            if (code != ERR_NONE)
                return code;
        } else if (errno != EINTR) {
            return socket_failed(errno, err);
        }
    }
}

// ---- opening

static enum err_code connect_to(
    int family, const struct sockaddr *address, socklen_t size, int64_t deadline_us, int *out, struct err *err)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set_errno(err, errno, "no socket can be made");
    enum err_code code = ERR_NONE;
    if (connect(fd, address, size) != 0) {
        int failure = errno;
        if (failure == EINPROGRESS) {
            socklen_t failure_size = sizeof(failure);
            code = wait_for(fd, POLLOUT, deadline_us, err);
            if (code == ERR_NONE && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &failure_size) != 0)
                failure = errno;
        } else if (failure == EAGAIN) {
            // A socket in the file system whose queue is full.
            failure = ECONNREFUSED;
        }
        if (code == ERR_NONE && failure != 0)
            code = socket_failed(failure, err);
    }
    if (code != ERR_NONE) {
        close(fd);
        return code;
    }
    if (family != AF_UNIX) {
        const int on = 1;
        // Requests are small and waited for; and a peer that vanished without a word is found out some day.
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    *out = fd;
    return ERR_NONE;
}

static enum err_code connect_path(const char *path, int64_t deadline_us, int *fd, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof(address.sun_path))
        return err_set(err, ERR_INVALID, "the path of a socket has at most %zu bytes", sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, length);
    return connect_to(AF_UNIX, (const struct sockaddr *)&address, sizeof(address), deadline_us, fd, err);
}

static enum err_code connect_host(const struct stream_target *target, int64_t deadline_us, int *fd, struct err *err)
{
    struct addrinfo *addresses = NULL;
    enum err_code code = stream_resolve(target->host, target->port, deadline_us, &addresses, err);
    if (code != ERR_NONE)
        return code;
    // A name may have addresses that nobody listens on ("localhost" is often ::1 as well), so each is tried; none may
    // take all the time while others are left.
    int left = 0;
    for (const struct addrinfo *at = addresses; at != NULL; at = at->ai_next)
        left++;
    code = ERR_UNAVAILABLE;
    for (const struct addrinfo *at = addresses; at != NULL && code != ERR_NONE; at = at->ai_next, left--) {
        int64_t now_us = clock_monotonic_us(clock_system());
        int64_t until_us = now_us + (deadline_us - now_us) / left;
        code = connect_to(at->ai_family, at->ai_addr, at->ai_addrlen, until_us, fd, err);
    }
    freeaddrinfo(addresses);
    return code;
}

enum err_code stream_open(const struct stream_target *target, int64_t deadline_us, struct stream **out, struct err *err)
{
    *out = NULL;
    struct stream *stream = mem_calloc(1, sizeof(*stream));
    stream->fd = -1;
    enum err_code code = target->path != NULL ? connect_path(target->path, deadline_us, &stream->fd, err)
                                              : connect_host(target, deadline_us, &stream->fd, err);
    if (code == ERR_NONE && target->tls != NULL)
        code = tls_session_open(stream, target->tls, target->host, deadline_us, err);
    if (code != ERR_NONE) {
        stream_free(stream);
        return code;
    }
    *out = stream;
    return ERR_NONE;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    tls_session_free(stream->session);
    if (stream->fd >= 0)
        close(stream->fd);
    free(stream);
}

enum err_code stream_write(struct stream *stream, const void *bytes, size_t size, int64_t deadline_us, struct err *err)
{
    return stream->session != NULL ? tls_session_write(stream, bytes, size, deadline_us, err)
                                   : stream_socket_write(stream, bytes, size, deadline_us, err);
}

enum err_code stream_read(
    struct stream *stream, void *bytes, size_t size, size_t *got, int64_t deadline_us, struct err *err)
{
    return stream->session != NULL ? tls_session_read(stream, bytes, size, got, deadline_us, err)
                                   : stream_socket_read(stream, bytes, size, got, deadline_us, err);
}

bool stream_is_quiet(const struct stream *stream)
{
    struct pollfd entry = {.fd = stream->fd, .events = POLLIN};
    return poll(&entry, 1, 0) == 0 && (stream->session == NULL || !tls_session_has_bytes(stream->session));
}
