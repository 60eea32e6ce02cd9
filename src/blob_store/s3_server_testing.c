// The connections of the S3 server for tests, the faults, and what the tests ask it.
#include "blob_store/s3_server_testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/s3_server_internal_testing.h"
#include "net/http.h"

#define LOG_MAX 4096

// ---- requests

static bool send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

// Reads one request; false at the connection's end.
static bool read_request(struct s3_server_request *request)
{
    size_t size = 0;
    char *end = NULL;
    request->head[0] = '\0';
    while (end == NULL) {
        ssize_t got = size + 1 < S3_SERVER_HEAD_MAX
            ? recv(request->fd, request->head + size, S3_SERVER_HEAD_MAX - 1 - size, 0)
            : 0;
        if (got <= 0)
            return false;
        size += (size_t)got;
        request->head[size] = '\0';
        end = strstr(request->head, "\r\n\r\n");
    }
    size_t head_size = (size_t)(end - request->head) + 4;
    const char *length = s3_server_head_value(request->head, "Content-Length");
    request->body_size = length != NULL ? strtoull(length, NULL, 10) : 0;
    const char *expect = s3_server_head_value(request->head, "Expect");
    if (expect != NULL && !send_all(request->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25))
        return false;
    request->body = mem_alloc(request->body_size + 1);
    size_t have = size - head_size < request->body_size ? size - head_size : request->body_size;
    memcpy(request->body, request->head + head_size, have);
    while (have < request->body_size) {
        ssize_t got = recv(request->fd, request->body + have, request->body_size - have, 0);
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    request->body[request->body_size] = '\0';
    end[2] = '\0';
    return true;
}

static void take_target(struct s3_server_request *request)
{
    size_t method = strcspn(request->head, " ");
    snprintf(request->method, sizeof(request->method), "%.*s", (int)method, request->head);
    const char *target = request->head + method + 1;
    request->target = mem_strndup(target, strcspn(target, " \r"));
    size_t path = strcspn(request->target, "?");
    request->path = mem_strndup(request->target, path);
    request->query = request->target[path] == '?' ? request->target + path + 1 : NULL;
    http_url_decode(request->path, false);
}

// ---- connections

// The fault that befalls the request, if any; counts it.
static const struct s3_fault *fault_of(struct s3_server *server, const struct s3_server_request *request)
{
    struct s3_fault *fault = &server->fault;
    bool matches = server->has_fault && fault->times != 0 &&
        (fault->method == NULL || strcmp(fault->method, request->method) == 0) &&
        (fault->target == NULL || strstr(request->target, fault->target) != NULL);
    if (!matches || fault->skip-- > 0)
        return NULL;
    fault->skip = 0;
    if (fault->times > 0)
        fault->times--;
    return fault;
}

static void note(struct s3_server *server, const struct s3_server_request *request)
{
    if (server->log_count == LOG_MAX)
        return;
    server->log = mem_realloc_array(server->log, server->log_count + 1, sizeof(*server->log));
    struct s3_server_logged *logged = &server->log[server->log_count++];
    memcpy(logged->method, request->method, sizeof(logged->method));
    logged->target = mem_strdup(request->target);
    memcpy(server->last_head, request->head, sizeof(server->last_head));
}

// Answers the request; false when the connection is to be closed.
static bool answer(struct s3_server_request *request)
{
    struct s3_server *server = request->server;
    struct s3_server_reply reply = {.status = 200};
    struct s3_fault fault = {0};
    char byte;
    strbuf_init(&reply.headers);
    strbuf_init(&reply.body);
    pthread_mutex_lock(&server->mutex);
    note(server, request);
    const struct s3_fault *found = fault_of(server, request);
    if (found != NULL)
        fault = *found;
    bool refuses = found != NULL && (fault.kind == S3_FAULT_STATUS || fault.kind == S3_FAULT_LATE_ERROR);
    if (refuses)
        s3_server_fail(&reply, fault.kind == S3_FAULT_STATUS ? fault.status : 200, fault.code, fault.extra);
    else if (found == NULL || (fault.kind != S3_FAULT_CLOSE && fault.kind != S3_FAULT_SILENCE))
        s3_server_serve(request, &reply);
    pthread_mutex_unlock(&server->mutex);
    bool is_head = strcmp(request->method, "HEAD") == 0;
    size_t length = is_head ? reply.length : reply.body.size;
    size_t sent = reply.body.size;
    bool goes_on = true;
    if (found != NULL && fault.kind == S3_FAULT_SILENCE) {
        while (recv(request->fd, &byte, 1, 0) > 0)
            continue;
    }
    if (found != NULL &&
        (fault.kind == S3_FAULT_CLOSE || fault.kind == S3_FAULT_LOSE_ANSWER || fault.kind == S3_FAULT_SILENCE))
        goes_on = false;
    if (goes_on) {
        if (found != NULL && (fault.kind == S3_FAULT_CUT_BODY || fault.kind == S3_FAULT_SHORT_BODY))
            sent /= 2;
        if (found != NULL && fault.kind == S3_FAULT_SHORT_BODY)
            length = sent;
        char *head = mem_sprintf("HTTP/1.1 %d %s\r\nContent-Length: %zu\r\n%s%s\r\n", reply.status,
            http_status_text(reply.status), length, reply.headers.data,
            refuses && fault.headers != NULL ? fault.headers : "");
        goes_on =
            send_all(request->fd, head, strlen(head)) && (is_head || send_all(request->fd, reply.body.data, sent));
        goes_on = goes_on && (found == NULL || fault.kind != S3_FAULT_CUT_BODY);
        free(head);
    }
    strbuf_release(&reply.headers);
    strbuf_release(&reply.body);
    return goes_on;
}

static void *run_connection(void *arg)
{
    struct s3_server_request *request = arg;
    bool goes_on = true;
    while (goes_on && read_request(request)) {
        take_target(request);
        goes_on = answer(request);
        free(request->target);
        free(request->path);
        free(request->body);
        request->body = NULL;
    }
    free(request->body);
    // The descriptor stays taken until the server stops, so that no other connection gets its number.
    shutdown(request->fd, SHUT_RDWR);
    free(request);
    return NULL;
}

static void *run_accepter(void *arg)
{
    struct s3_server *server = arg;
    int fd;
    while ((fd = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        const int at_once = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
        if (server->connection_count == S3_SERVER_CONNECTIONS_MAX) {
            // The tests have few at a time: the oldest is idle, or has ended.
            shutdown(server->fds[0], SHUT_RDWR);
            pthread_join(server->threads[0], NULL);
            close(server->fds[0]);
            server->connection_count--;
            memmove(server->fds, server->fds + 1, server->connection_count * sizeof(server->fds[0]));
            memmove(server->threads, server->threads + 1, server->connection_count * sizeof(server->threads[0]));
        }
        struct s3_server_request *request = mem_calloc(1, sizeof(*request));
        request->server = server;
        request->fd = fd;
        server->fds[server->connection_count] = fd;
        if (pthread_create(&server->threads[server->connection_count], NULL, run_connection, request) != 0)
            abort();
        server->connection_count++;
    }
    return NULL;
}

struct s3_server *s3_server_start(const char *bucket)
{
    struct s3_server *server = mem_calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    server->bucket = mem_strdup(bucket);
    pthread_mutex_init(&server->mutex, NULL);
    server->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listening, (const struct sockaddr *)&address, size) != 0 || listen(server->listening, 64) != 0 ||
        getsockname(server->listening, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&server->accepter, NULL, run_accepter, server) != 0)
        abort();
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return server;
}

void s3_server_stop(struct s3_server *server)
{
    if (server == NULL)
        return;
    shutdown(server->listening, SHUT_RDWR);
    pthread_join(server->accepter, NULL);
    close(server->listening);
    for (size_t i = 0; i < server->connection_count; i++) {
        shutdown(server->fds[i], SHUT_RDWR);
        pthread_join(server->threads[i], NULL);
        close(server->fds[i]);
    }
    while (server->object_count > 0)
        s3_server_remove_at(server->objects, &server->object_count, 0);
    while (server->upload_count > 0)
        s3_server_remove_at(server->uploads, &server->upload_count, 0);
    for (size_t i = 0; i < server->log_count; i++)
        free(server->log[i].target);
    free(server->log);
    free(server->objects);
    free(server->uploads);
    free(server->bucket);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

// ---- for the tests

const char *s3_server_url(const struct s3_server *server)
{
    return server->url;
}

void s3_server_fault(struct s3_server *server, const struct s3_fault *fault)
{
    pthread_mutex_lock(&server->mutex);
    server->has_fault = fault != NULL;
    if (fault != NULL)
        server->fault = *fault;
    pthread_mutex_unlock(&server->mutex);
}

void s3_server_page_size(struct s3_server *server, int keys)
{
    pthread_mutex_lock(&server->mutex);
    server->page_size = keys;
    pthread_mutex_unlock(&server->mutex);
}

int s3_server_count(struct s3_server *server, const char *method, const char *target)
{
    int count = 0;
    pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < server->log_count; i++) {
        const struct s3_server_logged *logged = &server->log[i];
        count += (method[0] == '\0' || strcmp(logged->method, method) == 0) &&
            (target == NULL || strstr(logged->target, target) != NULL);
    }
    pthread_mutex_unlock(&server->mutex);
    return count;
}

int s3_server_uploads(struct s3_server *server)
{
    pthread_mutex_lock(&server->mutex);
    int count = (int)server->upload_count;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

void s3_server_put(struct s3_server *server, const char *key, const char *text)
{
    pthread_mutex_lock(&server->mutex);
    s3_server_add_object(server, key, text, strlen(text), NULL, 0);
    pthread_mutex_unlock(&server->mutex);
}

char *s3_server_get(struct s3_server *server, const char *key, size_t *size)
{
    pthread_mutex_lock(&server->mutex);
    const struct s3_server_object *object = s3_server_find_object(server, key);
    char *copy = object != NULL ? mem_dup(object->bytes, object->size + 1) : NULL;
    if (object != NULL && size != NULL)
        *size = object->size;
    pthread_mutex_unlock(&server->mutex);
    return copy;
}

const char *s3_server_header(struct s3_server *server, const char *name)
{
    pthread_mutex_lock(&server->mutex);
    const char *value = s3_server_head_value(server->last_head, name);
    snprintf(server->header, sizeof(server->header), "%s", value != NULL ? value : "");
    pthread_mutex_unlock(&server->mutex);
    return server->header;
}
