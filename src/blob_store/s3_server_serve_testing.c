// What S3 does, as far as the blob store asks for it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/xml.h"
#include "blob_store/s3_server_internal_testing.h"
#include "net/http.h"

// ---- objects

static int compare_objects(const void *a, const void *b)
{
    return strcmp(((const struct s3_server_object *)a)->key, ((const struct s3_server_object *)b)->key);
}

struct s3_server_object *s3_server_find_object(struct s3_server *server, const char *key)
{
    for (size_t i = 0; i < server->object_count; i++) {
        if (server->objects[i].upload == NULL && strcmp(server->objects[i].key, key) == 0)
            return &server->objects[i];
    }
    return NULL;
}

void s3_server_remove_at(struct s3_server_object *list, size_t *count, size_t at)
{
    free(list[at].key);
    free(list[at].bytes);
    free(list[at].upload);
    memmove(&list[at], &list[at + 1], (--*count - at) * sizeof(*list));
}

struct s3_server_object *s3_server_add_object(
    struct s3_server *server, const char *key, const char *bytes, size_t size, const char *upload, int part)
{
    for (size_t i = 0; i < server->object_count; i++) {
        const struct s3_server_object *old = &server->objects[i];
        bool same = upload == NULL ? old->upload == NULL && strcmp(old->key, key) == 0
                                   : old->upload != NULL && strcmp(old->upload, upload) == 0 && old->part == part;
        if (same) {
            s3_server_remove_at(server->objects, &server->object_count, i);
            break;
        }
    }
    server->objects = mem_realloc_array(server->objects, server->object_count + 1, sizeof(*server->objects));
    char *copy = mem_alloc(size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    struct s3_server_object *object = &server->objects[server->object_count++];
    *object = (struct s3_server_object){.key = mem_strdup(key),
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
            s3_server_remove_at(server->objects, &server->object_count, i - 1);
    }
}

// ---- reading requests

const char *s3_server_head_value(const char *head, const char *name)
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
static char *query_value(const struct s3_server_request *request, const char *name)
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

// ---- answers

void s3_server_fail(struct s3_server_reply *reply, int status, const char *code, const char *extra)
{
    reply->status = status;
    strbuf_reset(&reply->body);
    if (code != NULL)
        strbuf_addf(&reply->body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>said by the test</Message>%s"
            "</Error>",
            code, extra != NULL ? extra : "");
}

static void add_etag(struct s3_server_reply *reply, const struct s3_server_object *object)
{
    strbuf_addf(&reply->headers, "ETag: \"v%d\"\r\n", object->version);
}

static void get_object(struct s3_server_request *request, const char *key, struct s3_server_reply *reply)
{
    const struct s3_server_object *object = s3_server_find_object(request->server, key);
    if (object == NULL) {
        s3_server_fail(reply, 404, strcmp(request->method, "HEAD") == 0 ? NULL : "NoSuchKey", NULL);
        return;
    }
    char etag[32];
    const char *match = s3_server_head_value(request->head, "If-Match");
    snprintf(etag, sizeof(etag), "\"v%d\"", object->version);
    if (match != NULL && strcmp(match, etag) != 0) {
        s3_server_fail(reply, 412, "PreconditionFailed", NULL);
        return;
    }
    long long first = 0, last = (long long)object->size - 1;
    const char *range = s3_server_head_value(request->head, "Range");
    if (range != NULL && sscanf(range, "bytes=%lld-%lld", &first, &last) == 2) {
        if (first >= (long long)object->size) {
            s3_server_fail(reply, 416, "InvalidRange", NULL);
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

static void list_objects(struct s3_server_request *request, struct s3_server_reply *reply)
{
    struct s3_server *server = request->server;
    char *prefix = query_value(request, "prefix");
    char *token = query_value(request, "continuation-token");
    char *most_text = query_value(request, "max-keys");
    int most = atoi(most_text);
    if (server->page_size > 0 && server->page_size < most)
        most = server->page_size;
    if (server->object_count > 0)
        qsort(server->objects, server->object_count, sizeof(*server->objects), compare_objects);
    strbuf_adds(&reply->body, "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>");
    int count = 0;
    const char *last = NULL;
    bool more = false;
    for (size_t i = 0; i < server->object_count && !more; i++) {
        const struct s3_server_object *object = &server->objects[i];
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

struct removing {
    struct s3_server *server;
    struct strbuf *answer;
};

static enum err_code remove_key(void *context, const char *path, const char *text, struct err *err)
{
    const struct removing *removing = context;
    struct s3_server *server = removing->server;
    (void)err;
    if (strcmp(path, "Delete/Object/Key") != 0)
        return ERR_NONE;
    struct s3_server_object *object = s3_server_find_object(server, text);
    if (object != NULL) {
        s3_server_remove_at(server->objects, &server->object_count, (size_t)(object - server->objects));
    } else {
        // Amazon does not say so, the Versity gateway does.
        strbuf_adds(removing->answer, "<Error><Key>");
        xml_escape(removing->answer, text);
        strbuf_adds(removing->answer, "</Key><Code>NoSuchKey</Code><Message>It does not exist.</Message></Error>");
    }
    return ERR_NONE;
}

static void list_uploads(struct s3_server *server, struct s3_server_reply *reply)
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

static void begin_upload(struct s3_server *server, const char *key, struct s3_server_reply *reply)
{
    server->uploads = mem_realloc_array(server->uploads, server->upload_count + 1, sizeof(*server->uploads));
    struct s3_server_object *upload = &server->uploads[server->upload_count++];
    *upload = (struct s3_server_object){.key = mem_strdup(key),
        .upload = mem_sprintf("upload+%d/=", ++server->next_version),
        .modified_us = clock_wall_us(clock_system())};
    strbuf_addf(&reply->body, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>",
        upload->upload);
}

static void complete_upload(
    struct s3_server_request *request, const char *key, const char *id, struct s3_server_reply *reply)
{
    struct s3_server *server = request->server;
    struct strbuf whole;
    strbuf_init(&whole);
    for (int part = 1; part <= 10000; part++) {
        const struct s3_server_object *found = NULL;
        for (size_t i = 0; i < server->object_count && found == NULL; i++) {
            const struct s3_server_object *o = &server->objects[i];
            if (o->upload != NULL && strcmp(o->upload, id) == 0 && o->part == part)
                found = o;
        }
        char tag[64];
        snprintf(tag, sizeof(tag), "<PartNumber>%d</PartNumber>", part);
        if (found == NULL || strstr(request->body, tag) == NULL)
            break;
        strbuf_add(&whole, found->bytes, found->size);
    }
    s3_server_add_object(server, key, whole.data, whole.size, NULL, 0);
    drop_parts(server, id);
    s3_server_remove_at(server->uploads, &server->upload_count, (size_t)find_upload(server, id));
    strbuf_release(&whole);
    strbuf_adds(&reply->body, "<CompleteMultipartUploadResult/>");
}

// Whether the request is of an upload; then it is answered.
static bool serve_upload(struct s3_server_request *request, const char *key, struct s3_server_reply *reply)
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
        s3_server_fail(reply, 404, "NoSuchUpload", NULL);
    } else if (id != NULL && part != NULL) {
        add_etag(reply, s3_server_add_object(server, key, request->body, request->body_size, id, atoi(part)));
    } else if (id != NULL && strcmp(request->method, "DELETE") == 0) {
        drop_parts(server, id);
        s3_server_remove_at(server->uploads, &server->upload_count, (size_t)find_upload(server, id));
        reply->status = 204;
    } else if (id != NULL) {
        complete_upload(request, key, id, reply);
    }
    free(uploads);
    free(id);
    free(part);
    return is_upload;
}

static bool has_right_hash(const struct s3_server_request *request)
{
    char hex[SHA256_HEX_SIZE];
    const char *said = s3_server_head_value(request->head, "x-amz-content-sha256");
    sha256_of(request->body, request->body_size, hex);
    return said != NULL && strcmp(said, hex) == 0;
}

void s3_server_serve(struct s3_server_request *request, struct s3_server_reply *reply)
{
    struct s3_server *server = request->server;
    size_t bucket = strlen(server->bucket);
    const char *key = request->path + 1 + bucket;
    if (strncmp(request->path + 1, server->bucket, bucket) != 0 || (*key != '/' && *key != '\0')) {
        s3_server_fail(reply, 404, strcmp(request->method, "HEAD") == 0 ? NULL : "NoSuchBucket", NULL);
        return;
    }
    key += *key == '/';
    if (s3_server_head_value(request->head, "Authorization") == NULL || !has_right_hash(request)) {
        s3_server_fail(reply, 400, "XAmzContentSHA256Mismatch", NULL);
        return;
    }
    if (serve_upload(request, key, reply))
        return;
    if (key[0] == '\0' && strcmp(request->method, "POST") == 0) {
        struct err err = ERR_INIT;
        struct removing removing = {.server = server, .answer = &reply->body};
        strbuf_adds(&reply->body, "<DeleteResult>");
        if (s3_server_head_value(request->head, "Content-MD5") == NULL ||
            xml_walk(request->body, request->body_size, remove_key, &removing, &err) != ERR_NONE)
            s3_server_fail(reply, 400, "MalformedXML", NULL);
        else
            strbuf_adds(&reply->body, "</DeleteResult>");
    } else if (key[0] == '\0') {
        list_objects(request, reply);
    } else if (strcmp(request->method, "PUT") == 0) {
        add_etag(reply, s3_server_add_object(server, key, request->body, request->body_size, NULL, 0));
    } else if (strcmp(request->method, "DELETE") == 0) {
        const struct s3_server_object *object = s3_server_find_object(server, key);
        if (object != NULL)
            s3_server_remove_at(server->objects, &server->object_count, (size_t)(object - server->objects));
        reply->status = 204;
    } else {
        get_object(request, key, reply);
    }
}
