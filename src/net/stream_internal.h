// What the files of streams share.
#pragma once

#include "net/stream.h"
#include "os/cancel.h"

struct tls_session;

struct stream {
    int fd;
    struct tls_session *session; // NULL: in the clear
};

// Bytes on the socket itself.
enum err_code stream_socket_write(
    struct stream *stream, const void *bytes, size_t size, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
enum err_code stream_socket_read(
    struct stream *stream, void *bytes, size_t size, size_t *got, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;

// TLS on an open socket: the handshake, and bytes through it.
enum err_code tls_session_open(struct stream *stream, struct stream_tls *tls, const char *host, int64_t deadline_us,
    struct err *err) ERR_MUST_CHECK;
void tls_session_free(struct tls_session *session);
enum err_code tls_session_write(
    struct stream *stream, const void *bytes, size_t size, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
enum err_code tls_session_read(
    struct stream *stream, void *bytes, size_t size, size_t *got, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
// Whether decrypted bytes wait to be read.
bool tls_session_has_bytes(const struct tls_session *session);

// The addresses of a name, in the order in which to try them; to be freed with freeaddrinfo(). Waits no longer than the
// deadline, whatever the resolver does.
struct addrinfo;
enum err_code stream_resolve(
    const char *host, uint16_t port, int64_t deadline_us, struct addrinfo **addresses, struct err *err) ERR_MUST_CHECK;
