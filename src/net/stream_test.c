// Streams against servers of this process: in the clear and over TLS, and what goes wrong.
#include "base/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/stream.h"
#include "net/tls_testing.h"
#include "os/file.h"

#define PATIENT_MS 30000
#define SHORT_MS 200

static struct err err;

// ---- servers: each takes one connection

enum manner { ECHOES, CLOSES, SAYS_NOTHING };

struct server {
    pthread_t thread;
    int listener;
    enum manner manner;
    SSL_CTX *tls; // NULL: in the clear
    uint16_t port;
    int done[2]; // closed when the test is over, for a server that waits
};

static void echo(int fd)
{
    char bytes[65536];
    for (ssize_t size; (size = recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
        if (send(fd, bytes, (size_t)size, MSG_NOSIGNAL) != size)
            break;
    }
}

static void echo_tls(SSL_CTX *context, int fd)
{
    char bytes[16384];
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
        for (int size; (size = SSL_read(ssl, bytes, sizeof(bytes))) > 0;) {
            if (SSL_write(ssl, bytes, size) != size)
                break;
        }
    }
    SSL_free(ssl);
}

static void *serve(void *arg)
{
    struct server *server = arg;
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0)
        return NULL;
    char unused;
    if (server->tls != NULL)
        echo_tls(server->tls, fd);
    else if (server->manner == ECHOES)
        echo(fd);
    else if (server->manner == SAYS_NOTHING)
        (void)!read(server->done[0], &unused, 1);
    close(fd);
    return NULL;
}

static void start_on(struct server *server, struct sockaddr *address, socklen_t size)
{
    server->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->listener, address, size), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(pipe(server->done), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void start_tcp(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    start_on(server, (struct sockaddr *)&address, size);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
}

static void stop(struct server *server)
{
    close(server->done[1]);
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->done[0]);
}

static struct stream *open_to(const struct server *server, const char *host, struct stream_tls *tls)
{
    struct stream *stream = NULL;
    const struct stream_target target = {.host = host, .port = server->port, .tls = tls};
    assert_ok(stream_open(&target, stream_deadline_us(PATIENT_MS), &stream, &err), &err);
    return stream;
}

// Sends so much that no buffer between takes it at once, and wants the same back.
static void assert_echo(struct stream *stream)
{
    const size_t size = 3000;
    unsigned char out[3000];
    unsigned char in[3000];
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < size; i++)
            out[i] = (unsigned char)(i * 7 + (size_t)round);
        assert_ok(stream_write(stream, out, size, stream_deadline_us(PATIENT_MS), &err), &err);
        for (size_t at = 0; at < size;) {
            size_t got = 0;
            assert_ok(stream_read(stream, in + at, size - at, &got, stream_deadline_us(PATIENT_MS), &err), &err);
            at += got;
        }
        assert_memory_equal(in, out, size);
    }
    assert_true(stream_is_quiet(stream));
}

// ---- in the clear

static void bytes_go_both_ways_over_tcp_by_address_and_by_name(void **state)
{
    (void)state;
    const char *const hosts[] = {"127.0.0.1", "localhost"};
    for (size_t i = 0; i < 2; i++) {
        struct server server = {.manner = ECHOES};
        start_tcp(&server);
        struct stream *stream = open_to(&server, hosts[i], NULL);
        assert_echo(stream);
        stream_free(stream);
        stop(&server);
    }
}

static void bytes_go_both_ways_over_a_socket_in_the_file_system(void **state)
{
    (void)state;
    char folder[FILE_PATH_MAX];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct server server = {.manner = ECHOES};
    struct stream *stream = NULL;
    assert_ok(dir_make_temporary("/tmp", "stream-", folder, &err), &err);
    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/socket", folder);
    start_on(&server, (struct sockaddr *)&address, sizeof(address));
    const struct stream_target target = {.path = address.sun_path};
    assert_ok(stream_open(&target, stream_deadline_us(PATIENT_MS), &stream, &err), &err);
    assert_echo(stream);
    stream_free(stream);
    stop(&server);
    assert_ok(dir_remove_tree(folder, &err), &err);
}

static void nobody_there_is_said_so(void **state)
{
    (void)state;
    struct stream *stream = NULL;
    const struct stream_target nobody = {.host = "127.0.0.1", .port = 1};
    assert_code(stream_open(&nobody, stream_deadline_us(PATIENT_MS), &stream, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "refuses connections"));
    assert_null(stream);
    const struct stream_target no_path = {.path = "/nowhere/at/all"};
    assert_code(stream_open(&no_path, stream_deadline_us(PATIENT_MS), &stream, &err), ERR_UNAVAILABLE);
    const struct stream_target no_host = {.host = "no-such-host.invalid", .port = 1};
    enum err_code code = stream_open(&no_host, stream_deadline_us(SHORT_MS), &stream, &err);
    assert_true(code == ERR_UNAVAILABLE || code == ERR_TIMEOUT);
    assert_non_null(strstr(err.message, "looked up"));
}

static void silence_ends_at_the_deadline(void **state)
{
    (void)state;
    struct server server = {.manner = SAYS_NOTHING};
    char byte;
    size_t got;
    start_tcp(&server);
    struct stream *stream = open_to(&server, "127.0.0.1", NULL);
    assert_code(stream_read(stream, &byte, 1, &got, stream_deadline_us(SHORT_MS), &err), ERR_TIMEOUT);
    // More than the buffers between take.
    char *bytes = mem_calloc(1, (size_t)64 * 1024 * 1024);
    assert_code(stream_write(stream, bytes, (size_t)64 * 1024 * 1024, stream_deadline_us(SHORT_MS), &err), ERR_TIMEOUT);
    free(bytes);
    stream_free(stream);
    stop(&server);
}

static void the_other_sides_end_is_noticed(void **state)
{
    (void)state;
    struct server server = {.manner = CLOSES};
    char byte;
    size_t got;
    start_tcp(&server);
    struct stream *stream = open_to(&server, "127.0.0.1", NULL);
    assert_code(stream_read(stream, &byte, 1, &got, stream_deadline_us(PATIENT_MS), &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "closed the connection"));
    assert_false(stream_is_quiet(stream));
    stream_free(stream);
    stop(&server);
}

// ---- TLS

struct authority {
    char folder[FILE_PATH_MAX];
    struct tls_identity root, server, client, stranger;
};

static int make_authority(void **state)
{
    struct authority *a = mem_calloc(1, sizeof(*a));
    assert_ok(dir_make_temporary("/tmp", "stream-tls-", a->folder, &err), &err);
    a->root = tls_testing_make("root", NULL, NULL);
    a->server = tls_testing_make("server", &a->root, "DNS:localhost,IP:127.0.0.1");
    a->client = tls_testing_make("client", &a->root, NULL);
    a->stranger = tls_testing_make("stranger", NULL, NULL);
    tls_testing_write(&a->root, a->folder, "root");
    tls_testing_write(&a->client, a->folder, "client");
    tls_testing_write(&a->stranger, a->folder, "stranger");
    *state = a;
    return 0;
}

static int free_authority(void **state)
{
    struct authority *a = *state;
    tls_testing_free(&a->root);
    tls_testing_free(&a->server);
    tls_testing_free(&a->client);
    tls_testing_free(&a->stranger);
    assert_ok(dir_remove_tree(a->folder, &err), &err);
    free(a);
    return 0;
}

static SSL_CTX *server_context(struct authority *a, const struct tls_identity *identity, bool asks_for_client)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(context, identity->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, identity->key), 1);
    if (asks_for_client) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), a->root.certificate);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return context;
}

static struct stream_tls *trust(const struct authority *a, const char *root, const char *client)
{
    struct stream_tls *tls = NULL;
    char *ca_file = mem_sprintf("%s/%s.pem", a->folder, root);
    char *cert_file = client != NULL ? mem_sprintf("%s/%s.pem", a->folder, client) : NULL;
    const struct stream_tls_options options = {.ca_file = ca_file, .cert_file = cert_file};
    assert_ok(stream_tls_new(&options, &tls, &err), &err);
    free(ca_file);
    free(cert_file);
    return tls;
}

// Opens to a server with this identity; what comes of it, and of the first bytes.
static enum err_code try_tls(struct authority *a, const struct tls_identity *identity, bool asks_for_client,
    const char *host, struct stream_tls *tls)
{
    struct stream *stream = NULL;
    char byte = 'x';
    size_t got = 0;
    struct server server = {.tls = server_context(a, identity, asks_for_client)};
    start_tcp(&server);
    const struct stream_target target = {.host = host, .port = server.port, .tls = tls};
    enum err_code code = stream_open(&target, stream_deadline_us(PATIENT_MS), &stream, &err);
    if (code == ERR_NONE)
        code = stream_write(stream, &byte, 1, stream_deadline_us(PATIENT_MS), &err);
    if (code == ERR_NONE)
        code = stream_read(stream, &byte, 1, &got, stream_deadline_us(PATIENT_MS), &err);
    stream_free(stream);
    stop(&server);
    SSL_CTX_free(server.tls);
    return code;
}

static void bytes_go_both_ways_over_tls(void **state)
{
    struct authority *a = *state;
    struct stream_tls *tls = trust(a, "root", NULL);
    const char *const hosts[] = {"localhost", "127.0.0.1"};
    for (size_t i = 0; i < 2; i++) {
        struct server server = {.tls = server_context(a, &a->server, false)};
        start_tcp(&server);
        struct stream *stream = open_to(&server, hosts[i], tls);
        assert_echo(stream);
        stream_free(stream);
        stop(&server);
        SSL_CTX_free(server.tls);
    }
    stream_tls_free(tls);
}

static void a_certificate_of_another_authority_or_name_is_refused(void **state)
{
    struct authority *a = *state;
    struct stream_tls *tls = trust(a, "stranger", NULL);
    assert_code(try_tls(a, &a->server, false, "localhost", tls), ERR_DENIED);
    assert_non_null(strstr(err.message, "certificate is not trusted"));
    stream_tls_free(tls);
    tls = trust(a, "root", NULL);
    // The client's has no name of a host.
    assert_code(try_tls(a, &a->client, false, "localhost", tls), ERR_DENIED);
    assert_non_null(strstr(err.message, "certificate is not trusted"));
    stream_tls_free(tls);
}

static void a_server_that_asks_for_a_certificate_gets_ours(void **state)
{
    struct authority *a = *state;
    struct stream_tls *tls = trust(a, "root", "client");
    assert_ok(try_tls(a, &a->server, true, "localhost", tls), &err);
    stream_tls_free(tls);
    tls = trust(a, "root", NULL);
    assert_code(try_tls(a, &a->server, true, "localhost", tls), ERR_DENIED);
    assert_non_null(strstr(err.message, "refuses the TLS connection"));
    stream_tls_free(tls);
}

static void a_server_in_the_clear_is_no_tls_server(void **state)
{
    struct authority *a = *state;
    struct stream_tls *tls = trust(a, "root", NULL);
    struct server server = {.manner = ECHOES};
    struct stream *stream = NULL;
    start_tcp(&server);
    const struct stream_target target = {.host = "localhost", .port = server.port, .tls = tls};
    assert_true(stream_open(&target, stream_deadline_us(PATIENT_MS), &stream, &err) != ERR_NONE);
    stop(&server);
    stream_tls_free(tls);
}

static bool speaks_tls(struct server *server, int64_t timeout_ms)
{
    start_tcp(server);
    const struct stream_target target = {.host = "127.0.0.1", .port = server->port};
    bool speaks = stream_speaks_tls(&target, stream_deadline_us(timeout_ms));
    stop(server);
    SSL_CTX_free(server->tls);
    return speaks;
}

static void servers_are_told_apart_by_whether_they_speak_tls(void **state)
{
    struct authority *a = *state;
    struct server open_to_all = {.tls = server_context(a, &a->server, false)};
    struct server asks_for_ours = {.tls = server_context(a, &a->stranger, true)};
    struct server closes = {.manner = CLOSES};
    struct server silent = {.manner = SAYS_NOTHING};
    assert_true(speaks_tls(&open_to_all, PATIENT_MS));
    assert_true(speaks_tls(&asks_for_ours, PATIENT_MS));
    assert_false(speaks_tls(&closes, PATIENT_MS));
    assert_false(speaks_tls(&silent, SHORT_MS));
    const struct stream_target nobody = {.host = "127.0.0.1", .port = 1};
    assert_false(stream_speaks_tls(&nobody, stream_deadline_us(PATIENT_MS)));
}

static void files_that_are_no_certificates_are_refused_by_name(void **state)
{
    struct authority *a = *state;
    struct stream_tls *tls = NULL;
    char *root = mem_sprintf("%s/root.pem", a->folder);
    const struct stream_tls_options no_authority = {.ca_file = "/etc/hostname"};
    assert_code(stream_tls_new(&no_authority, &tls, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "/etc/hostname"));
    const struct stream_tls_options no_key = {.ca_file = root, .cert_file = root, .key_file = "/nowhere.key"};
    assert_code(stream_tls_new(&no_key, &tls, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "/nowhere.key"));
    assert_null(tls);
    free(root);
}

#define over_tls(name) cmocka_unit_test_setup_teardown(name, make_authority, free_authority)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways_over_tcp_by_address_and_by_name),
        cmocka_unit_test(bytes_go_both_ways_over_a_socket_in_the_file_system),
        cmocka_unit_test(nobody_there_is_said_so),
        cmocka_unit_test(silence_ends_at_the_deadline),
        cmocka_unit_test(the_other_sides_end_is_noticed),
        over_tls(bytes_go_both_ways_over_tls),
        over_tls(a_certificate_of_another_authority_or_name_is_refused),
        over_tls(a_server_that_asks_for_a_certificate_gets_ours),
        over_tls(a_server_in_the_clear_is_no_tls_server),
        over_tls(servers_are_told_apart_by_whether_they_speak_tls),
        over_tls(files_that_are_no_certificates_are_refused_by_name),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
