// What the files of the S3 server for tests share: what it keeps, a request and its answer.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "blob_store/s3_server_testing.h"

#define S3_SERVER_HEAD_MAX 65536
#define S3_SERVER_CONNECTIONS_MAX 64

struct s3_server_object {
    char *key;
    char *bytes;
    size_t size;
    int64_t modified_us;
    int version;
    char *upload; // of a part: the upload it belongs to; NULL for an object
    int part;
};

struct s3_server_logged {
    char method[8];
    char *target;
};

struct s3_server {
    char *bucket;
    char url[64];
    int listening;
    pthread_t accepter;
    pthread_mutex_t mutex; // guards all below
    struct s3_server_object *objects;
    size_t object_count;
    struct s3_server_object *uploads; // key and id
    size_t upload_count;
    int next_version;
    struct s3_fault fault;
    bool has_fault;
    int page_size;
    struct s3_server_logged *log;
    size_t log_count;
    char last_head[S3_SERVER_HEAD_MAX];
    char header[1024];
    int fds[S3_SERVER_CONNECTIONS_MAX];
    pthread_t threads[S3_SERVER_CONNECTIONS_MAX];
    size_t connection_count;
};

struct s3_server_request {
    struct s3_server *server;
    int fd;
    char head[S3_SERVER_HEAD_MAX];
    char method[8];
    char *target; // in head
    char *path;   // decoded
    char *query;
    char *body;
    size_t body_size;
};

struct s3_server_reply {
    int status;
    struct strbuf headers;
    struct strbuf body;
    size_t length; // of the body, as said; differs for HEAD
};

// The value of a head's field, in a place of this thread that the next call uses again; NULL if it is not there.
const char *s3_server_head_value(const char *head, const char *name);
// Makes the answer an error's document; no document with a code of NULL. `extra` are further elements, or NULL.
void s3_server_fail(struct s3_server_reply *reply, int status, const char *code, const char *extra);
// Does what is asked and fills the answer. With the mutex held, as the following.
void s3_server_serve(struct s3_server_request *request, struct s3_server_reply *reply);

struct s3_server_object *s3_server_find_object(struct s3_server *server, const char *key);
// Puts an object in place of the one that was there, or a part of an upload.
struct s3_server_object *s3_server_add_object(
    struct s3_server *server, const char *key, const char *bytes, size_t size, const char *upload, int part);
// Takes one out of a list of objects or uploads.
void s3_server_remove_at(struct s3_server_object *list, size_t *count, size_t at);
