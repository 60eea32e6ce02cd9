#include "blob_store/blob_store_s3.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "blob_store/blob_s3_internal.h"

#define PART_BYTES_DEFAULT ((int64_t)16 << 20)
#define STALL_MS_DEFAULT 20000
#define LINK_VALID_S_DEFAULT (6 * 60 * 60)
#define CONNECT_TIMEOUT_MS 5000
#define IDLE_CONNECTIONS 64

static enum err_code s3_get(
    struct blob_store *store, const char *key, size_t limit, void **bytes, size_t *size, struct err *err)
{
    struct blob_s3 *self = blob_s3_of(store);
    // 0 would mean the client's own bound.
    const struct s3_call call = {.key = key, .answer_limit = limit > 0 ? limit : 1};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NONE && answer.http.body_size > limit)
        code = ERR_LIMIT;
    struct blob_info info = {0};
    if (code == ERR_LIMIT) {
        if (blob_s3_stat(store, key, &info, err) == ERR_NONE)
            blob_too_large(key, info.size_bytes, limit, err);
        else
            err_set(err, ERR_LIMIT, "the blob %s has more than the %zu bytes allowed", key, limit);
    } else if (code == ERR_NONE) {
        *bytes = answer.http.body;
        *size = answer.http.body_size;
        answer.http.body = NULL;
    } else {
        code = blob_s3_failure(self, key, &answer, code, err);
    }
    blob_s3_answer_release(&answer);
    return code;
}

enum err_code blob_s3_stat(struct blob_store *store, const char *key, struct blob_info *info, struct err *err)
{
    struct blob_s3 *self = blob_s3_of(store);
    const struct s3_call call = {.method = HTTP_HEAD, .key = key};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NONE) {
        const char *length = http_answer_header(&answer.http, "content-length");
        const char *modified = http_answer_header(&answer.http, "last-modified");
        *info = (struct blob_info){0};
        if (length == NULL || modified == NULL || sscanf(length, "%" SCNd64, &info->size_bytes) != 1 ||
            !http_date_parse(modified, &info->modified_us))
            code = err_set(
                err, ERR_UNAVAILABLE, "the S3 server %s does not say how large or old %s is", self->endpoint, key);
    } else {
        code = blob_s3_failure(self, key, &answer, code, err);
    }
    blob_s3_answer_release(&answer);
    return code;
}

static enum err_code s3_remove(struct blob_store *store, const char *key, struct err *err)
{
    struct blob_s3 *self = blob_s3_of(store);
    const struct s3_call call = {.method = HTTP_DELETE, .key = key};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code != ERR_NONE)
        code = blob_s3_failure(self, key, &answer, code, err);
    // Servers over file systems may say that there is nothing, or that a folder is there.
    if (code == ERR_NOT_FOUND || code == ERR_CONFLICT) {
        code = ERR_NONE;
        err_clear(err);
    }
    blob_s3_answer_release(&answer);
    return code;
}

static enum err_code s3_flush(struct blob_store *store, struct err *err)
{
    (void)store;
    (void)err;
    return ERR_NONE;
}

// The same address for a quarter of its life, so that browsers may keep what they got under it.
static enum err_code s3_link(
    struct blob_store *store, const char *key, const char *content_type, char **url, struct err *err)
{
    struct blob_s3 *self = blob_s3_of(store);
    const struct blob_s3_address *address =
        self->public_address.origin != NULL ? &self->public_address : &self->address;
    struct aws_keys keys;
    enum err_code code = aws_credentials_get(self->credentials, NULL, &keys, err);
    if (code != ERR_NONE)
        return blob_s3_soften(code, err);
    int64_t step_us = self->link_valid_s * 1000000 / 4;
    int64_t now_us = clock_wall_us(self->clock);
    struct arena *arena = arena_new();
    const struct http_header query[] = {
        {"response-content-type", content_type}, {"response-cache-control", "private, no-cache"}};
    const struct aws_request request = {.method = HTTP_GET,
        .host = address->host,
        .path = arena_sprintf(arena, "%s%s", address->base, key),
        .query = query,
        .query_count = 2};
    const char *target =
        aws_sign_link(&request, self->region, &keys, now_us - now_us % step_us, self->link_valid_s, arena);
    *url = mem_sprintf("%s%s", address->origin, target);
    arena_free(arena);
    return ERR_NONE;
}

static bool s3_clock_ahead(struct blob_store *store, int64_t *ahead_us)
{
    struct blob_s3 *self = blob_s3_of(store);
    *ahead_us = atomic_load(&self->ahead_us);
    return atomic_load(&self->knows_clock);
}

static void s3_free(struct blob_store *store)
{
    struct blob_s3 *self = blob_s3_of(store);
    aws_credentials_free(self->credentials);
    http_client_free(self->client);
    blob_s3_address_release(&self->address);
    blob_s3_address_release(&self->public_address);
    free(self->bucket);
    free(self->prefix);
    free(self->endpoint);
    free(self->region);
    free(self);
}

static const struct blob_store_ops s3_ops = {
    .name = "s3",
    .is_remote = true,
    .free = s3_free,
    .put = blob_s3_put,
    .put_file = blob_s3_put_file,
    .get = s3_get,
    .get_range = blob_s3_get_range,
    .get_file = blob_s3_get_file,
    .stat = blob_s3_stat,
    .remove = s3_remove,
    .remove_prefix = blob_s3_remove_prefix,
    .list = blob_s3_list,
    .flush = s3_flush,
    .ping = blob_s3_ping,
    .link = s3_link,
    .list_unfinished = blob_s3_list_unfinished,
    .remove_unfinished = blob_s3_remove_unfinished,
    .clock_ahead = s3_clock_ahead,
};

static void find_region(struct blob_s3 *self, const struct blob_store_s3_options *options)
{
    char region[AWS_REGION_SIZE];
    if (options->region != NULL)
        self->region = mem_strdup(options->region);
    else
        self->region = mem_strdup(aws_find_region(options->profile, region) ? region : "us-east-1");
}

static enum err_code find_addresses(struct blob_s3 *self, const struct blob_store_s3_options *options, struct err *err)
{
    enum err_code code = blob_s3_parse_location(options->location, &self->bucket, &self->prefix, err);
    if (code != ERR_NONE)
        return code;
    self->endpoint = options->endpoint != NULL
        ? mem_strdup(options->endpoint)
        : mem_sprintf("https://s3.%s.amazonaws.com%s", self->region, strncmp(self->region, "cn-", 3) == 0 ? ".cn" : "");
    code = blob_s3_parse_endpoint(self, self->endpoint, "--s3-endpoint", options->addressing, &self->address, err);
    if (code == ERR_NONE && options->public_endpoint != NULL)
        code = blob_s3_parse_endpoint(
            self, options->public_endpoint, "--s3-public-endpoint", options->addressing, &self->public_address, err);
    return code;
}

enum err_code blob_store_s3_open(
    const struct blob_store_s3_options *options, struct blob_store **store, struct err *err)
{
    struct blob_s3 *self = mem_calloc(1, sizeof(*self));
    *store = NULL;
    self->store.ops = &s3_ops;
    self->part_bytes = options->part_bytes > 0 ? options->part_bytes : PART_BYTES_DEFAULT;
    self->stall_ms = options->stall_ms > 0 ? options->stall_ms : STALL_MS_DEFAULT;
    self->link_valid_s = options->link_valid_s > 0 ? options->link_valid_s : LINK_VALID_S_DEFAULT;
    self->retry = options->retry.attempts > 0
        ? options->retry
        : (struct retry_policy){.attempts = 6, .first_delay_ms = 200, .most_delay_ms = 8000, .total_ms = 60000};
    self->clock = options->clock;
    self->log = options->log != NULL ? options->log : log_none();
    self->metrics = options->metrics;
    self->cancel = options->cancel;
    find_region(self, options);
    enum err_code code = find_addresses(self, options, err);
    if (code == ERR_NONE)
        code = http_client_new(&(struct http_client_options){.allow_private = true,
                                   .ca_file = options->ca_file,
                                   .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                   .idle_connections = IDLE_CONNECTIONS,
                                   .log = options->log,
                                   .metrics = options->metrics},
            &self->client, err);
    if (code != ERR_NONE) {
        s3_free(&self->store);
        return code;
    }
    self->credentials = aws_credentials_new(&(struct aws_credentials_options){.profile = options->profile,
        .file = options->credentials_file,
        .region = self->region,
        .ca_file = options->ca_file,
        .clock = options->clock,
        .log = options->log});
    *store = &self->store;
    return ERR_NONE;
}
