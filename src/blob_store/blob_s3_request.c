#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/mem.h"
#include "blob_store/blob_s3_internal.h"
#include "os/cancel.h"

// An attempt may last so long, and so much longer for each body; whether something moves is looked at meanwhile.
#define ATTEMPT_MS 60000
#define LEAST_BYTES_PER_MS 32
// Two cancels are looked at in turn while waiting.
#define LOOK_MS 50
// A missing object may be a missing bucket, unless that was seen so short a time ago.
#define BUCKET_SEEN_US (INT64_C(30) * 1000000)
#define DENIED_ATTEMPTS 3
#define HASH_BLOCK_BYTES ((size_t)1 << 16)

void blob_s3_answer_release(struct s3_answer *answer)
{
    http_answer_release(&answer->http);
    sodium_memzero(&answer->keys, sizeof(answer->keys));
}

void blob_s3_count_retry(struct blob_s3 *self, const char *why)
{
    metric_add(metrics_counter(self->metrics, "framehound_s3_retries_total",
                   "Requests to the S3 server that were sent again, by reason.", METRIC_LABELS({"reason", why})),
        1);
}

static enum err_code hash_file(int fd, uint64_t offset, uint64_t size, char hex[SHA256_HEX_SIZE], struct err *err)
{
    struct sha256 hash;
    unsigned char digest[SHA256_SIZE];
    unsigned char *block = mem_alloc(HASH_BLOCK_BYTES);
    enum err_code code = ERR_NONE;
    sha256_init(&hash);
    while (size > 0 && code == ERR_NONE) {
        ssize_t got = pread(fd, block, size < HASH_BLOCK_BYTES ? (size_t)size : HASH_BLOCK_BYTES, (off_t)offset);
        if (got <= 0) {
            code = err_set(err, ERR_UNAVAILABLE, "the file that is to be stored became shorter, or cannot be read");
            break;
        }
        sha256_update(&hash, block, (size_t)got);
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    sha256_final(&hash, digest);
    sha256_hex(digest, hex);
    free(block);
    return code;
}

static bool is_cancelled(const struct blob_s3 *self, const struct s3_call *call)
{
    return cancel_requested(call->cancel) || (!call->at_the_end && cancel_requested(self->cancel));
}

static void wait_for_turn(struct blob_s3 *self, const struct s3_call *call, int64_t delay_ms)
{
    while (delay_ms > 0 && !is_cancelled(self, call)) {
        int64_t slice_ms = delay_ms < LOOK_MS ? delay_ms : LOOK_MS;
        cancel_wait(call->at_the_end ? call->cancel : self->cancel, slice_ms);
        delay_ms -= slice_ms;
    }
}

static void note_clock(struct blob_s3 *self, const struct http_answer *answer)
{
    const char *date = http_answer_header(answer, "date");
    int64_t there_us;
    if (date == NULL || !http_date_parse(date, &there_us))
        return;
    atomic_store(&self->ahead_us, there_us - clock_wall_us(self->clock));
    atomic_store(&self->knows_clock, true);
}

static enum err_code attempt(struct blob_s3 *self, const struct s3_call *call, const char *payload_sha256,
    struct s3_answer *answer, struct err *err)
{
    struct arena *arena = arena_new();
    const char *path =
        call->key != NULL ? arena_sprintf(arena, "%s%s", self->address.base, call->key) : self->address.bucket;
    const struct aws_request request = {.method = call->method,
        .host = self->address.host,
        .path = path,
        .query = call->query,
        .query_count = call->query_count,
        .headers = call->headers,
        .header_count = call->header_count,
        .payload_sha256 = payload_sha256};
    struct aws_signed ready = aws_sign(&request, self->region, &answer->keys, clock_wall_us(self->clock), arena);
    const struct http_call http = {.method = call->method,
        .url = arena_sprintf(arena, "%s%s", self->address.origin, ready.target),
        .headers = ready.headers,
        .header_count = ready.header_count,
        .body = call->body,
        .body_size = (size_t)call->body_size,
        .body_fd = call->body_fd,
        .body_offset = call->body_offset,
        .timeout_ms = ATTEMPT_MS +
            (int64_t)((call->body_size > call->answer_limit ? call->body_size : call->answer_limit) /
                LEAST_BYTES_PER_MS),
        .low_speed_ms = call->stall_ms > 0 ? call->stall_ms : self->stall_ms,
        .answer_limit_bytes = call->answer_limit,
        .path_as_is = true,
        .once = call->counts_sending,
        .on_body = call->on_body,
        .body_arg = call->body_arg};
    enum err_code code = http_client_send(self->client, &http, call->cancel, &answer->http, err);
    arena_free(arena);
    note_clock(self, &answer->http);
    return code;
}

// Whether the failure may pass; `why` names it for the metrics.
static bool may_pass(const struct s3_answer *answer, enum err_code code, char why[S3_CODE_SIZE])
{
    if (code != ERR_NONE) {
        snprintf(why, S3_CODE_SIZE, "%s", err_code_name(code));
        return !answer->http.is_final && (code == ERR_UNAVAILABLE || code == ERR_TIMEOUT);
    }
    if (answer->code[0] != '\0')
        snprintf(why, S3_CODE_SIZE, "%s", answer->code);
    else
        snprintf(why, S3_CODE_SIZE, "%d", answer->http.status);
    // MinIO says so of a write whose folder goes away meanwhile; Amazon's, of rights that were given a moment ago.
    bool is_doubtful = strcmp(answer->code, "AccessDenied") == 0 && answer->attempts < DENIED_ATTEMPTS;
    return is_doubtful || blob_s3_is_passing(answer);
}

static enum err_code conclude(
    struct blob_s3 *self, const struct s3_call *call, struct s3_answer *answer, enum err_code code, struct err *err)
{
    if (code == ERR_NONE)
        return blob_s3_explain(self, call, answer, err);
    if (answer->http.is_final && code == ERR_UNAVAILABLE) {
        // Time does not mend it.
        if (err != NULL)
            err->code = ERR_INVALID;
        if (answer->http.lacks_tls)
            err_context(err, "the S3 server %s does not speak TLS: write http:// in --s3-endpoint", self->endpoint);
        else
            err_context(err,
                "the S3 server %s is not trusted; --s3-ca-file FILE may name the authority that vouches for it",
                self->endpoint);
        return ERR_INVALID;
    }
    if (code == ERR_UNAVAILABLE || code == ERR_TIMEOUT)
        return err_context(err, "the S3 server %s (--s3-endpoint) does not answer", self->endpoint);
    return code;
}

enum err_code blob_s3_send(struct blob_s3 *self, const struct s3_call *call, struct s3_answer *answer, struct err *err)
{
    *answer = (struct s3_answer){0};
    char hex[SHA256_HEX_SIZE] = AWS_UNSIGNED_PAYLOAD;
    bool is_tls = strncmp(self->address.origin, "https:", 6) == 0;
    struct retry retry;
    bool has_looked = false;
    enum err_code code = ERR_NONE;
    // Hashing large files takes longer than sending them; TLS has sums of its own.
    if (call->body_fd > 0 && !is_tls)
        code = hash_file(call->body_fd, call->body_offset, call->body_size, hex, err);
    else if (call->body_fd <= 0)
        sha256_of(call->body != NULL ? call->body : "", (size_t)call->body_size, hex);
    if (code != ERR_NONE)
        return code;
    retry_init(&retry, &self->retry, NULL, 0);
    for (;;) {
        char why[S3_CODE_SIZE];
        int64_t delay_ms = 0;
        http_answer_release(&answer->http);
        if (is_cancelled(self, call))
            return err_set(err, ERR_CANCELLED, "stopped before %s was done with the S3 server",
                call->key != NULL ? call->key : "all");
        code = aws_credentials_get(self->credentials, call->cancel, &answer->keys, err);
        if (code != ERR_NONE)
            return err_context(err, "the S3 server %s cannot be asked", self->endpoint);
        answer->attempts++;
        answer->code[0] = answer->message[0] = answer->region[0] = answer->server_time[0] = '\0';
        code = attempt(self, call, hex, answer, err);
        bool is_2xx = code == ERR_NONE && answer->http.status >= 200 && answer->http.status < 300;
        if (code == ERR_NONE && (!is_2xx || call->may_fail_late))
            blob_s3_read_error(answer);
        if (is_2xx && answer->code[0] == '\0')
            break;
        if (code == ERR_NONE && !has_looked && blob_s3_refuses_keys(answer)) {
            has_looked = true;
            if (aws_credentials_changed(self->credentials, &answer->keys, call->cancel))
                continue;
        }
        bool passes = may_pass(answer, code, why) && !call->is_once;
        if (passes && is_cancelled(self, call))
            continue; // where it is said
        bool again = passes && retry_next(&retry, ERR_UNAVAILABLE, answer->http.retry_after_ms, &delay_ms);
        if (!again)
            return conclude(self, call, answer, code, err);
        blob_s3_count_retry(self, why);
        wait_for_turn(self, call, delay_ms);
        if (call->restart != NULL)
            call->restart(call->body_arg);
    }
    atomic_store(&self->bucket_seen_us, clock_monotonic_us(clock_system()));
    err_clear(err);
    return ERR_NONE;
}

enum err_code blob_s3_soften(enum err_code code, struct err *err)
{
    if (code != ERR_DENIED && code != ERR_INVALID)
        return code;
    if (err != NULL)
        err->code = ERR_UNAVAILABLE;
    return ERR_UNAVAILABLE;
}

enum err_code blob_s3_failure(
    struct blob_s3 *self, const char *key, const struct s3_answer *answer, enum err_code code, struct err *err)
{
    if (code != ERR_NOT_FOUND)
        return blob_s3_soften(code, err);
    int64_t now_us = clock_monotonic_us(clock_system());
    bool is_key = strcmp(answer->code, "NoSuchKey") == 0;
    // An answer to HEAD has no body that would say what is missing.
    if (!is_key && now_us - atomic_load(&self->bucket_seen_us) > BUCKET_SEEN_US) {
        enum err_code why = blob_s3_ping(&self->store, err);
        if (why != ERR_NONE)
            return blob_s3_soften(why, err);
    }
    return blob_not_found(key, err);
}
