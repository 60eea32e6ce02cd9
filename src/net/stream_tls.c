// TLS for streams, by OpenSSL. The library never touches the socket: it reads and writes memory, and this file carries
// the bytes, so that deadlines are those of every other stream.
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "net/stream_internal.h"

#define RECORD_BYTES 16384
#define RECORD_ALERT 21 // the first byte of a record
#define RECORD_HANDSHAKE 22

struct stream_tls {
    SSL_CTX *context;
};

struct tls_session {
    SSL *ssl;
    BIO *in, *out; // owned by ssl
    char buffer[RECORD_BYTES];
};

// The reason of the newest error of this thread.
static const char *reason(void)
{
    unsigned long number = ERR_peek_last_error();
    const char *text = number != 0 ? ERR_reason_error_string(number) : NULL;
    return text != NULL ? text : "no reason is given";
}

static enum err_code use_files(SSL_CTX *context, const struct stream_tls_options *options, struct err *err)
{
    const char *key = options->key_file != NULL ? options->key_file : options->cert_file;
    if (options->ca_file != NULL && SSL_CTX_load_verify_file(context, options->ca_file) != 1)
        return err_set(err, ERR_INVALID, "%s cannot be used as a file of trusted certificates (PEM): %s",
            options->ca_file, reason());
    if (options->ca_file == NULL && SSL_CTX_set_default_verify_paths(context) != 1)
        return err_set(err, ERR_INVALID, "the system's trusted certificates cannot be used: %s", reason());
    if (options->cert_file == NULL)
        return ERR_NONE;
    if (SSL_CTX_use_certificate_chain_file(context, options->cert_file) != 1)
        return err_set(err, ERR_INVALID, "%s cannot be used as a certificate (PEM): %s", options->cert_file, reason());
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return err_set(err, ERR_INVALID, "%s cannot be used as the key of %s (PEM, without a password): %s", key,
            options->cert_file, reason());
    return ERR_NONE;
}

enum err_code stream_tls_new(const struct stream_tls_options *options, struct stream_tls **out, struct err *err)
{
    *out = NULL;
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return err_set(err, ERR_INTERNAL, "TLS cannot be initialised: %s", reason());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    enum err_code code = use_files(context, options, err);
    if (code != ERR_NONE) {
        SSL_CTX_free(context);
        return code;
    }
    struct stream_tls *tls = mem_calloc(1, sizeof(*tls));
    tls->context = context;
    *out = tls;
    return ERR_NONE;
}

void stream_tls_free(struct stream_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

// ---- carrying bytes

static enum err_code send_pending(struct stream *stream, int64_t deadline_us, struct err *err)
{
    struct tls_session *session = stream->session;
    int size;
    while ((size = BIO_read(session->out, session->buffer, sizeof(session->buffer))) > 0) {
        enum err_code code = stream_socket_write(stream, session->buffer, (size_t)size, deadline_us, err);
        if (code != ERR_NONE)
            return code;
    }
    return ERR_NONE;
}

static enum err_code receive(struct stream *stream, int64_t deadline_us, struct err *err)
{
    struct tls_session *session = stream->session;
    size_t got = 0;
    enum err_code code = stream_socket_read(stream, session->buffer, sizeof(session->buffer), &got, deadline_us, err);
    if (code == ERR_NONE && BIO_write(session->in, session->buffer, (int)got) != (int)got)
        code = err_set(err, ERR_INTERNAL, "TLS takes no more bytes");
    return code;
}

static enum err_code session_failed(const struct tls_session *session, int failure, struct err *err)
{
    long verdict = SSL_get_verify_result(session->ssl);
    if (verdict != X509_V_OK)
        return err_set(err, ERR_DENIED, "its certificate is not trusted: %s", X509_verify_cert_error_string(verdict));
    if (failure == SSL_ERROR_ZERO_RETURN)
        return err_set(err, ERR_UNAVAILABLE, "it closed the connection");
    int number = ERR_GET_REASON(ERR_peek_last_error());
    if (number == SSL_R_WRONG_VERSION_NUMBER)
        return err_set(err, ERR_DENIED, "it does not speak TLS there");
    // Alerts of the server about what we sent or did not send.
    if (number >= SSL_AD_REASON_OFFSET)
        return err_set(err, ERR_DENIED, "it refuses the TLS connection: %s", reason());
    return err_set(err, ERR_UNAVAILABLE, "TLS: %s", reason());
}

// Sending failed. A server that refuses us says why and closes, and what it said may be there still: that is the better
// sentence.
static enum err_code sending_failed(struct stream *stream, enum err_code code, struct err *err)
{
    struct tls_session *session = stream->session;
    char unused;
    size_t got = 0;
    ERR_clear_error();
    if (code != ERR_UNAVAILABLE || receive(stream, stream_deadline_us(0), NULL) != ERR_NONE)
        return code;
    int outcome = SSL_peek_ex(session->ssl, &unused, 1, &got);
    int failure = SSL_get_error(session->ssl, outcome);
    return failure == SSL_ERROR_SSL ? session_failed(session, failure, err) : code;
}

// What follows a call of the library that returned `outcome`: bytes are carried if it waits for some. ERR_NONE: call it
// again.
static enum err_code carry_on(struct stream *stream, int outcome, int64_t deadline_us, struct err *err)
{
    int failure = SSL_get_error(stream->session->ssl, outcome);
    enum err_code sent = send_pending(stream, deadline_us, failure == SSL_ERROR_WANT_READ ? err : NULL);
    if (failure != SSL_ERROR_WANT_READ)
        return session_failed(stream->session, failure, err);
    return sent == ERR_NONE ? receive(stream, deadline_us, err) : sending_failed(stream, sent, err);
}

// ---- sessions

static bool name_server(SSL *ssl, const char *host)
{
    struct in6_addr unused;
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);
    if (inet_pton(AF_INET, host, &unused) == 1 || inet_pton(AF_INET6, host, &unused) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(wanted, host, 0) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

enum err_code tls_session_open(
    struct stream *stream, struct stream_tls *tls, const char *host, int64_t deadline_us, struct err *err)
{
    struct tls_session *session = mem_calloc(1, sizeof(*session));
    stream->session = session;
    ERR_clear_error();
    session->ssl = SSL_new(tls->context);
    session->in = BIO_new(BIO_s_mem());
    session->out = BIO_new(BIO_s_mem());
    if (session->ssl == NULL || session->in == NULL || session->out == NULL || !name_server(session->ssl, host)) {
        BIO_free(session->in);
        BIO_free(session->out);
        return err_set(err, ERR_INTERNAL, "TLS cannot be prepared: %s", reason());
    }
    SSL_set_bio(session->ssl, session->in, session->out);
    SSL_set_connect_state(session->ssl);
    for (;;) {
        ERR_clear_error();
        int outcome = SSL_do_handshake(session->ssl);
        enum err_code code =
            outcome == 1 ? send_pending(stream, deadline_us, err) : carry_on(stream, outcome, deadline_us, err);
        if (code != ERR_NONE || outcome == 1)
            return code;
    }
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL)
        return;
    SSL_free(session->ssl);
    free(session);
}

enum err_code tls_session_write(
    struct stream *stream, const void *bytes, size_t size, int64_t deadline_us, struct err *err)
{
    const char *at = bytes;
    while (size > 0) {
        size_t taken = 0;
        ERR_clear_error();
        int outcome = SSL_write_ex(stream->session->ssl, at, size < RECORD_BYTES ? size : RECORD_BYTES, &taken);
        enum err_code code =
            outcome == 1 ? send_pending(stream, deadline_us, err) : carry_on(stream, outcome, deadline_us, err);
        if (code != ERR_NONE && outcome == 1)
            code = sending_failed(stream, code, err);
        if (code != ERR_NONE)
            return code;
        at += taken;
        size -= taken;
    }
    return ERR_NONE;
}

enum err_code tls_session_read(
    struct stream *stream, void *bytes, size_t size, size_t *got, int64_t deadline_us, struct err *err)
{
    for (;;) {
        ERR_clear_error();
        int outcome = SSL_read_ex(stream->session->ssl, bytes, size, got);
        if (outcome == 1)
            return ERR_NONE;
        enum err_code code = carry_on(stream, outcome, deadline_us, err);
        if (code != ERR_NONE)
            return code;
    }
}

bool tls_session_has_bytes(const struct tls_session *session)
{
    return SSL_has_pending(session->ssl) == 1;
}

// ---- telling it apart

// The greeting of a client.
static enum err_code greet(struct stream *stream, int64_t deadline_us)
{
    enum err_code code = ERR_INTERNAL;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context != NULL ? SSL_new(context) : NULL;
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (ssl != NULL && in != NULL && out != NULL) {
        char *bytes = NULL;
        SSL_set_bio(ssl, in, out);
        SSL_set_connect_state(ssl);
        (void)SSL_do_handshake(ssl); // wants an answer
        long size = BIO_get_mem_data(out, &bytes);
        if (size > 0)
            code = stream_socket_write(stream, bytes, (size_t)size, deadline_us, NULL);
    } else {
        BIO_free(in);
        BIO_free(out);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    ERR_clear_error();
    return code;
}

bool stream_speaks_tls(const struct stream_target *target, int64_t deadline_us)
{
    struct stream_target in_the_clear = *target;
    struct stream *stream = NULL;
    unsigned char first = 0;
    size_t got = 0;
    in_the_clear.tls = NULL;
    bool answers = stream_open(&in_the_clear, deadline_us, &stream, NULL) == ERR_NONE &&
        greet(stream, deadline_us) == ERR_NONE &&
        stream_socket_read(stream, &first, sizeof(first), &got, deadline_us, NULL) == ERR_NONE;
    stream_free(stream);
    return answers && (first == RECORD_HANDSHAKE || first == RECORD_ALERT);
}
