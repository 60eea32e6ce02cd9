// What the files of the S3 blob store share.
#pragma once

#include <stdatomic.h>

#include "blob_store/blob_store_backend.h"
#include "blob_store/blob_store_s3.h"
#include "net/aws_credentials.h"
#include "net/http_client.h"

#define S3_CODE_SIZE 64

// A server, as its address says.
struct blob_s3_address {
    char *origin; // "http://host:port", with the bucket in front of the host where it is addressed so
    char *host;   // as the Host header says it
    char *base;   // the path in front of keys: "/bucket/prefix/", "/prefix/"
    char *bucket; // the path of the bucket itself: "/bucket", "/"
};

struct blob_s3 {
    struct blob_store store;
    char *bucket;
    char *prefix;   // "" or ends with "/"
    char *endpoint; // as shown to people
    char *region;
    struct blob_s3_address address, public_address;
    int64_t part_bytes, stall_ms, link_valid_s;
    struct retry_policy retry;
    struct http_client *client;
    struct aws_credentials *credentials;
    const struct clock *clock;
    struct log *log;
    struct metrics *metrics;
    struct cancel *cancel;
    // Monotonic time at which the bucket was last seen to be there; 0: never.
    _Atomic int64_t bucket_seen_us;
    atomic_bool is_read_only; // the last write was refused for want of rights
    // The server's clock less ours, by the last answer's Date.
    _Atomic int64_t ahead_us;
    atomic_bool knows_clock;
};

static inline struct blob_s3 *blob_s3_of(struct blob_store *store)
{
    return (struct blob_s3 *)store;
}

// ---- blob_s3_address.c

// "s3://bucket/prefix" as bucket and prefix.
enum err_code blob_s3_parse_location(
    const char *location, char **bucket, char **prefix, struct err *err) ERR_MUST_CHECK;
// `setting` names where the endpoint came from.
enum err_code blob_s3_parse_endpoint(const struct blob_s3 *self, const char *endpoint, const char *setting,
    enum s3_addressing addressing, struct blob_s3_address *address, struct err *err) ERR_MUST_CHECK;
void blob_s3_address_release(struct blob_s3_address *address);

// ---- blob_s3_request.c

struct s3_call {
    enum http_method method;
    const char *key; // NULL: the bucket
    const struct http_header *query;
    size_t query_count;
    const struct http_header *headers;
    size_t header_count;
    const void *body;
    uint64_t body_size;
    int body_fd; // > 0: the body is of this file, from body_offset on
    uint64_t body_offset;
    uint64_t answer_limit;                                                                // 0: 16 MiB
    enum err_code (*on_body)(void *arg, const void *bytes, size_t size, struct err *err); // as of http_call
    void (*restart)(void *arg);
    void *body_arg;
    struct cancel *cancel; // the caller's; may be NULL
    int64_t stall_ms;      // 0: the store's
    bool is_once;          // a single attempt
    bool counts_sending;   // a body is not sent again unseen, so `attempts` tells how often it may have been acted on
    bool may_fail_late;    // an answer of status 200 may still be an error's document
    bool at_the_end;       // goes on although the store is about to be closed
};

struct s3_answer {
    struct http_answer http;
    char code[S3_CODE_SIZE]; // S3's own: "NoSuchKey"; "" if it said none
    char message[200];
    char region[AWS_REGION_SIZE]; // where the bucket lies, if the server says so
    char server_time[CLOCK_TEXT_MAX];
    int attempts;
    struct aws_keys keys; // that the last attempt was signed with
};

// Signs and sends, again and again if need be. ERR_NONE for 2xx only; otherwise the sentence is there and the answer
// says more. The answer is to be released in any case.
enum err_code blob_s3_send(
    struct blob_s3 *self, const struct s3_call *call, struct s3_answer *answer, struct err *err) ERR_MUST_CHECK;
void blob_s3_answer_release(struct s3_answer *answer);
// What the operator has to mend becomes what the work may wait for.
enum err_code blob_s3_soften(enum err_code code, struct err *err);
// For an operation on a key that failed: a missing object is ERR_NOT_FOUND, but not where it is the bucket that is
// missing; other codes are softened.
enum err_code blob_s3_failure(
    struct blob_s3 *self, const char *key, const struct s3_answer *answer, enum err_code code, struct err *err);
void blob_s3_count_retry(struct blob_s3 *self, const char *why);

// ---- blob_s3_error.c

// Reads S3's error document, if there is one.
void blob_s3_read_error(struct s3_answer *answer);
bool blob_s3_is_passing(const struct s3_answer *answer);
bool blob_s3_refuses_keys(const struct s3_answer *answer);
enum err_code blob_s3_explain(
    const struct blob_s3 *self, const struct s3_call *call, const struct s3_answer *answer, struct err *err);

// ---- blob_s3_upload.c

// Ends an upload in parts without a result; one that is not there is no error. `at_the_end`: one quick attempt, also
// while the store is being closed.
enum err_code blob_s3_abort_upload(
    struct blob_s3 *self, const char *key, const char *id, bool at_the_end, struct err *err) ERR_MUST_CHECK;

// ---- the operations

enum err_code blob_s3_get_range(
    struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size, size_t *got, struct err *err);
enum err_code blob_s3_get_file(struct blob_store *store, const char *key, const char *temp_dir, struct cancel *cancel,
    struct blob_file *file, struct err *err);
enum err_code blob_s3_put(struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err);
enum err_code blob_s3_put_file(struct blob_store *store, const char *key, const char *path, bool move, struct err *err);
enum err_code blob_s3_stat(struct blob_store *store, const char *key, struct blob_info *info, struct err *err);
enum err_code blob_s3_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err);
enum err_code blob_s3_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err);
enum err_code blob_s3_ping(struct blob_store *store, struct err *err);
enum err_code blob_s3_list_unfinished(
    struct blob_store *store, blob_unfinished_visit *visit, void *context, struct err *err);
enum err_code blob_s3_remove_unfinished(struct blob_store *store, const char *key, const char *id, struct err *err);
