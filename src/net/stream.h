// A connection to a server, as a stream of bytes: TCP, a socket in the file system, or TLS over TCP.
//
// Every call has a deadline (on the system's monotonic clock), from looking up the name to the last byte. TLS is 1.2 or
// newer; the server's certificate is verified against its name or address, always. A stream belongs to one thread at a
// time; a `struct stream_tls` is shared by all threads.
//
// Errors are sentences that begin with what went wrong ("it refuses connections"), so that callers can put the server's
// name before them: ERR_UNAVAILABLE (no such host, refused, unreachable, closed by the other side), ERR_TIMEOUT (the
// deadline passed), ERR_DENIED (TLS: a certificate is not trusted, or the server wants another one of ours),
// ERR_INVALID (a file of certificates or keys is wrong).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct stream;
struct stream_tls;

struct stream_tls_options {
    const char *ca_file;   // PEM; whose certificates are trusted; NULL: the system's
    const char *cert_file; // PEM; our certificate with its chain, for servers that ask for one; NULL: none
    const char *key_file;  // PEM; its key; NULL: it is in cert_file
};
enum err_code stream_tls_new(
    const struct stream_tls_options *options, struct stream_tls **out, struct err *err) ERR_MUST_CHECK;
void stream_tls_free(struct stream_tls *tls); // no stream may be using it; NULL is harmless

struct stream_target {
    const char *path; // of a socket in the file system; NULL: TCP
    const char *host; // a name or an address, without brackets
    uint16_t port;
    struct stream_tls *tls; // NULL: in the clear
};

// A deadline so many milliseconds from now.
int64_t stream_deadline_us(int64_t timeout_ms);

enum err_code stream_open(
    const struct stream_target *target, int64_t deadline_us, struct stream **out, struct err *err) ERR_MUST_CHECK;
void stream_free(struct stream *stream); // NULL is harmless
// Sends all of it.
enum err_code stream_write(
    struct stream *stream, const void *bytes, size_t size, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
// Waits for bytes and gives those that are there, at least one. The other side's end is ERR_UNAVAILABLE.
enum err_code stream_read(
    struct stream *stream, void *bytes, size_t size, size_t *got, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
// Whether a stream on which nothing is expected is still good: not closed, and nothing came.
bool stream_is_quiet(const struct stream *stream);

// Whether what listens there speaks TLS: over a connection of its own it is greeted as TLS clients greet. For saying
// why a stream in the clear was closed; `target->tls` is not looked at. False also where nothing is told.
bool stream_speaks_tls(const struct stream_target *target, int64_t deadline_us);
