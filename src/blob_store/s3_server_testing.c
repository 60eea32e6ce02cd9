#include "blob_store/s3_server_testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/xml.h"
#include "net/http.h"

#define HEAD_MAX 65536
#define LOG_MAX 4096
#define CONNECTIONS_MAX 64

struct object {
    char *key;
    char *bytes;
    size_t size;
    int64_t modified_us;
    int version;
    char *upload; // of a part: the upload it belongs to; NULL for an object
    int part;
};

struct logged {
    char method[8];
    char *target;
};

struct s3_server {
    char *bucket;
    char url[64];
    int listening;
    pthread_t accepter;
    pthread_mutex_t mutex; // guards all below
    struct object *objects;
    size_t object_count;
    struct object *uploads; // key and id
    size_t upload_count;
    int next_version;
    struct s3_fault fault;
    bool has_fault;
    int page_size;
    struct logged *log;
    size_t log_count;
    char last_head[HEAD_MAX];
    char header[1024];
    int fds[CONNECTIONS_MAX];
    pthread_t threads[CONNECTIONS_MAX];
    size_t connection_count;
};

struct request {
    struct s3_server *server;
    int fd;
    char head[HEAD_MAX];
    char method[8];
    char *target; // in head
    char *path;   // decoded
    char *query;
    char *body;
    size_t body_size;
};

struct reply {
    int status;
    struct strbuf headers;
    struct strbuf body;
    size_t length; // of the body, as said; differs for HEAD
};

// ---- objects

static int compare_objects(const void *a, const void *b)
{
    return strcmp(((const struct object *)a)->key, ((const struct object *)b)->key);
}

static struct object *find_object(struct s3_server *server, const char *key)
{
    for (size_t i = 0; i < server->object_count; i++) {
        if (server->objects[i].upload == NULL && strcmp(server->objects[i].key, key) == 0)
            return &server->objects[i];
    }
    return NULL;
}

static void remove_at(struct object *list, size_t *count, size_t at)
{
    free(list[at].key);
    free(list[at].bytes);
    free(list[at].upload);
    memmove(&list[at], &list[at + 1], (--*count - at) * sizeof(*list));
}

static struct object *add_object(
    struct s3_server *server, const char *key, const char *bytes, size_t size, const char *upload, int part)
{
    for (size_t i = 0; i < server->object_count; i++) {
        const struct object *old = &server->objects[i];
        bool same = upload == NULL ? old->upload == NULL && strcmp(old->key, key) == 0
                                   : old->upload != NULL && strcmp(old->upload, upload) == 0 && old->part == part;
        if (same) {
            remove_at(server->objects, &server->object_count, i);
            break;
        }
    }
    server->objects = mem_realloc_array(server->objects, server->object_count + 1, sizeof(*server->objects));
    char *copy = mem_alloc(size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    struct object *object = &server->objects[server->object_count++];
    *object = (struct object){.key = mem_strdup(key),
        .bytes = copy,
        .size = size,
        .modified_us = clock_wall_us(clock_system()),
        .version = ++server->next_version,
        .upload = mem_strdup(upload),
        .part = part};
    return object;
}

static int find_upload(struct s3_server *server, const char *id)
{
    for (size_t i = 0; i < server->upload_count; i++) {
        if (id != NULL && strcmp(server->uploads[i].upload, id) == 0)
            return (int)i;
    }
    return -1;
}

static void drop_parts(struct s3_server *server, const char *id)
{
    for (size_t i = server->object_count; i > 0; i--) {
        if (server->objects[i - 1].upload != NULL && strcmp(server->objects[i - 1].upload, id) == 0)
            remove_at(server->objects, &server->object_count, i - 1);
    }
}

// ---- requests

static const char *head_value(const char *head, const char *name)
{
    static _Thread_local char value[1024];
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *from = line + length + 1 + strspn(line + length + 1, " ");
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(from, "\r\n"), from);
            return value;
        }
    }
    return NULL;
}

// A query's value, decoded, to be freed; NULL if the field is not there.
static char *query_value(const struct request *request, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = request->query; at != NULL && *at != '\0';) {
        size_t end = strcspn(at, "&");
        if (strncmp(at, name, length) == 0 && (at[length] == '=' || length == end)) {
            char *value = length < end ? mem_strndup(at + length + 1, end - length - 1) : mem_strdup("");
            http_url_decode(value, false);
            return value;
        }
        at += end + (at[end] == '&');
    }
    return NULL;
}

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
static bool read_request(struct request *request)
{
    size_t size = 0;
    char *end = NULL;
    request->head[0] = '\0';
    while (end == NULL) {
        ssize_t got = size + 1 < HEAD_MAX ? recv(request->fd, request->head + size, HEAD_MAX - 1 - size, 0) : 0;
        if (got <= 0)
            return false;
        size += (size_t)got;
        request->head[size] = '\0';
        end = strstr(request->head, "\r\n\r\n");
    }
    size_t head_size = (size_t)(end - request->head) + 4;
    const char *length = head_value(request->head, "Content-Length");
    request->body_size = length != NULL ? strtoull(length, NULL, 10) : 0;
    const char *expect = head_value(request->head, "Expect");
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

static void take_target(struct request *request)
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

static void fail(struct reply *reply, int status, const char *code, const char *extra)
{
    reply->status = status;
    strbuf_reset(&reply->body);
    if (code != NULL)
        strbuf_addf(&reply->body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>said by the test</Message>%s"
            "</Error>",
            code, extra != NULL ? extra : "");
}

// ---- what S3 does

static void add_etag(struct reply *reply, const struct object *object)
{
    strbuf_addf(&reply->headers, "ETag: \"v%d\"\r\n", object->version);
}

static void get_object(struct request *request, const char *key, struct reply *reply)
{
    const struct object *object = find_object(request->server, key);
    if (object == NULL) {
        fail(reply, 404, strcmp(request->method, "HEAD") == 0 ? NULL : "NoSuchKey", NULL);
        return;
    }
    char etag[32];
    const char *match = head_value(request->head, "If-Match");
    snprintf(etag, sizeof(etag), "\"v%d\"", object->version);
    if (match != NULL && strcmp(match, etag) != 0) {
        fail(reply, 412, "PreconditionFailed", NULL);
        return;
    }
    long long first = 0, last = (long long)object->size - 1;
    const char *range = head_value(request->head, "Range");
    if (range != NULL && sscanf(range, "bytes=%lld-%lld", &first, &last) == 2) {
        if (first >= (long long)object->size) {
            fail(reply, 416, "InvalidRange", NULL);
            return;
        }
        last = last < (long long)object->size ? last : (long long)object->size - 1;
        reply->status = 206;
        strbuf_addf(&reply->headers, "Content-Range: bytes %lld-%lld/%zu\r\n", first, last, object->size);
    }
    time_t seconds = (time_t)(object->modified_us / 1000000);
    struct tm tm;
    char date[64];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
    strbuf_addf(&reply->headers, "Last-Modified: %s\r\n", date);
    add_etag(reply, object);
    reply->length = (size_t)(last - first + 1);
    if (strcmp(request->method, "HEAD") != 0)
        strbuf_add(&reply->body, object->bytes + first, reply->length);
}

static void list_objects(struct request *request, struct reply *reply)
{
    struct s3_server *server = request->server;
    char *prefix = query_value(request, "prefix");
    char *token = query_value(request, "continuation-token");
    char *most_text = query_value(request, "max-keys");
    int most = atoi(most_text);
    if (server->page_size > 0 && server->page_size < most)
        most = server->page_size;
    qsort(server->objects, server->object_count, sizeof(*server->objects), compare_objects);
    strbuf_adds(&reply->body, "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>");
    int count = 0;
    const char *last = NULL;
    bool more = false;
    for (size_t i = 0; i < server->object_count && !more; i++) {
        const struct object *object = &server->objects[i];
        if (object->upload != NULL || strncmp(object->key, prefix, strlen(prefix)) != 0 ||
            (token != NULL && strcmp(object->key, token) <= 0))
            continue;
        more = count == most;
        if (more)
            continue;
        char modified[CLOCK_TEXT_MAX];
        clock_format_utc(object->modified_us, modified);
        strbuf_adds(&reply->body, "<Contents><Key>");
        http_url_encode_path(&reply->body, object->key);
        strbuf_addf(
            &reply->body, "</Key><LastModified>%s</LastModified><Size>%zu</Size></Contents>", modified, object->size);
        last = object->key;
        count++;
    }
    strbuf_addf(&reply->body, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
    if (more) {
        strbuf_adds(&reply->body, "<NextContinuationToken>");
        xml_escape(&reply->body, last);
        strbuf_adds(&reply->body, "</NextContinuationToken>");
    }
    strbuf_adds(&reply->body, "</ListBucketResult>");
    free(prefix);
    free(token);
    free(most_text);
}

static enum err_code remove_key(void *context, const char *path, const char *text, struct err *err)
{
    struct s3_server *server = context;
    (void)err;
    struct object *object = strcmp(path, "Delete/Object/Key") == 0 ? find_object(server, text) : NULL;
    if (object != NULL)
        remove_at(server->objects, &server->object_count, (size_t)(object - server->objects));
    return ERR_NONE;
}

static void list_uploads(struct s3_server *server, struct reply *reply)
{
    strbuf_adds(&reply->body, "<ListMultipartUploadsResult>");
    for (size_t i = 0; i < server->upload_count; i++) {
        char begun[CLOCK_TEXT_MAX];
        clock_format_utc(server->uploads[i].modified_us, begun);
        strbuf_addf(&reply->body, "<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>",
            server->uploads[i].key, server->uploads[i].upload, begun);
    }
    strbuf_adds(&reply->body, "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
}

static void begin_upload(struct s3_server *server, const char *key, struct reply *reply)
{
    server->uploads = mem_realloc_array(server->uploads, server->upload_count + 1, sizeof(*server->uploads));
    struct object *upload = &server->uploads[server->upload_count++];
    *upload = (struct object){.key = mem_strdup(key),
        .upload = mem_sprintf("upload+%d/=", ++server->next_version),
        .modified_us = clock_wall_us(clock_system())};
    strbuf_addf(&reply->body, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>",
        upload->upload);
}

static void complete_upload(struct request *request, const char *key, const char *id, struct reply *reply)
{
    struct s3_server *server = request->server;
    struct strbuf whole;
    strbuf_init(&whole);
    for (int part = 1; part <= 10000; part++) {
        const struct object *found = NULL;
        for (size_t i = 0; i < server->object_count && found == NULL; i++) {
            const struct object *o = &server->objects[i];
            if (o->upload != NULL && strcmp(o->upload, id) == 0 && o->part == part)
                found = o;
        }
        char tag[64];
        snprintf(tag, sizeof(tag), "<PartNumber>%d</PartNumber>", part);
        if (found == NULL || strstr(request->body, tag) == NULL)
            break;
        strbuf_add(&whole, found->bytes, found->size);
    }
    add_object(server, key, whole.data, whole.size, NULL, 0);
    drop_parts(server, id);
    remove_at(server->uploads, &server->upload_count, (size_t)find_upload(server, id));
    strbuf_release(&whole);
    strbuf_adds(&reply->body, "<CompleteMultipartUploadResult/>");
}

// Whether the request is of an upload; then it is answered.
static bool serve_upload(struct request *request, const char *key, struct reply *reply)
{
    struct s3_server *server = request->server;
    char *uploads = query_value(request, "uploads");
    char *id = query_value(request, "uploadId");
    char *part = query_value(request, "partNumber");
    bool is_upload = uploads != NULL || id != NULL;
    if (uploads != NULL && key[0] == '\0') {
        list_uploads(server, reply);
    } else if (uploads != NULL) {
        begin_upload(server, key, reply);
    } else if (id != NULL && find_upload(server, id) < 0) {
        fail(reply, 404, "NoSuchUpload", NULL);
    } else if (id != NULL && part != NULL) {
        add_etag(reply, add_object(server, key, request->body, request->body_size, id, atoi(part)));
    } else if (id != NULL && strcmp(request->method, "DELETE") == 0) {
        drop_parts(server, id);
        remove_at(server->uploads, &server->upload_count, (size_t)find_upload(server, id));
        reply->status = 204;
    } else if (id != NULL) {
        complete_upload(request, key, id, reply);
    }
    free(uploads);
    free(id);
    free(part);
    return is_upload;
}

static bool has_right_hash(const struct request *request)
{
    char hex[SHA256_HEX_SIZE];
    const char *said = head_value(request->head, "x-amz-content-sha256");
    sha256_of(request->body, request->body_size, hex);
    return said != NULL && strcmp(said, hex) == 0;
}

static void serve(struct request *request, struct reply *reply)
{
    struct s3_server *server = request->server;
    size_t bucket = strlen(server->bucket);
    const char *key = request->path + 1 + bucket;
    if (strncmp(request->path + 1, server->bucket, bucket) != 0 || (*key != '/' && *key != '\0')) {
        fail(reply, 404, strcmp(request->method, "HEAD") == 0 ? NULL : "NoSuchBucket", NULL);
        return;
    }
    key += *key == '/';
    if (head_value(request->head, "Authorization") == NULL || !has_right_hash(request)) {
        fail(reply, 400, "XAmzContentSHA256Mismatch", NULL);
        return;
    }
    if (serve_upload(request, key, reply))
        return;
    if (key[0] == '\0' && strcmp(request->method, "POST") == 0) {
        struct err err = ERR_INIT;
        if (head_value(request->head, "Content-MD5") == NULL ||
            xml_walk(request->body, request->body_size, remove_key, server, &err) != ERR_NONE)
            fail(reply, 400, "MalformedXML", NULL);
        else
            strbuf_adds(&reply->body, "<DeleteResult/>");
    } else if (key[0] == '\0') {
        list_objects(request, reply);
    } else if (strcmp(request->method, "PUT") == 0) {
        add_etag(reply, add_object(server, key, request->body, request->body_size, NULL, 0));
    } else if (strcmp(request->method, "DELETE") == 0) {
        const struct object *object = find_object(server, key);
        if (object != NULL)
            remove_at(server->objects, &server->object_count, (size_t)(object - server->objects));
        reply->status = 204;
    } else {
        get_object(request, key, reply);
    }
}

// ---- connections

// The fault that befalls the request, if any; counts it.
static const struct s3_fault *fault_of(struct s3_server *server, const struct request *request)
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

static void note(struct s3_server *server, const struct request *request)
{
    if (server->log_count == LOG_MAX)
        return;
    server->log = mem_realloc_array(server->log, server->log_count + 1, sizeof(*server->log));
    struct logged *logged = &server->log[server->log_count++];
    memcpy(logged->method, request->method, sizeof(logged->method));
    logged->target = mem_strdup(request->target);
    memcpy(server->last_head, request->head, sizeof(server->last_head));
}

// Answers the request; false when the connection is to be closed.
static bool answer(struct request *request)
{
    struct s3_server *server = request->server;
    struct reply reply = {.status = 200};
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
        fail(&reply, fault.kind == S3_FAULT_STATUS ? fault.status : 200, fault.code, fault.extra);
    else if (found == NULL || (fault.kind != S3_FAULT_CLOSE && fault.kind != S3_FAULT_SILENCE))
        serve(request, &reply);
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
    struct request *request = arg;
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
        if (server->connection_count == CONNECTIONS_MAX) {
            // The tests have few at a time: the oldest is idle, or has ended.
            shutdown(server->fds[0], SHUT_RDWR);
            pthread_join(server->threads[0], NULL);
            close(server->fds[0]);
            server->connection_count--;
            memmove(server->fds, server->fds + 1, server->connection_count * sizeof(server->fds[0]));
            memmove(server->threads, server->threads + 1, server->connection_count * sizeof(server->threads[0]));
        }
        struct request *request = mem_calloc(1, sizeof(*request));
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
        remove_at(server->objects, &server->object_count, 0);
    while (server->upload_count > 0)
        remove_at(server->uploads, &server->upload_count, 0);
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
        const struct logged *logged = &server->log[i];
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
    add_object(server, key, text, strlen(text), NULL, 0);
    pthread_mutex_unlock(&server->mutex);
}

char *s3_server_get(struct s3_server *server, const char *key, size_t *size)
{
    pthread_mutex_lock(&server->mutex);
    const struct object *object = find_object(server, key);
    char *copy = object != NULL ? mem_dup(object->bytes, object->size + 1) : NULL;
    if (object != NULL && size != NULL)
        *size = object->size;
    pthread_mutex_unlock(&server->mutex);
    return copy;
}

const char *s3_server_header(struct s3_server *server, const char *name)
{
    pthread_mutex_lock(&server->mutex);
    const char *value = head_value(server->last_head, name);
    snprintf(server->header, sizeof(server->header), "%s", value != NULL ? value : "");
    pthread_mutex_unlock(&server->mutex);
    return server->header;
}
