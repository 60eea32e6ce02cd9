#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/xml.h"
#include "blob_store/blob_s3_internal.h"

static void take_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    }
}

static enum err_code take_field(void *context, const char *path, const char *text, struct err *err)
{
    struct s3_answer *answer = context;
    (void)err;
    if (strcmp(path, "Error/Code") == 0)
        take_text(answer->code, sizeof(answer->code), text);
    else if (strcmp(path, "Error/Message") == 0)
        take_text(answer->message, sizeof(answer->message), text);
    else if (strcmp(path, "Error/Region") == 0)
        take_text(answer->region, sizeof(answer->region), text);
    else if (strcmp(path, "Error/ServerTime") == 0)
        take_text(answer->server_time, sizeof(answer->server_time), text);
    return ERR_NONE;
}

void blob_s3_read_error(struct s3_answer *answer)
{
    struct err ignored = ERR_INIT;
    const char *region = http_answer_header(&answer->http, "x-amz-bucket-region");
    const char *date = http_answer_header(&answer->http, "date");
    int64_t wall_us;
    if (answer->http.body != NULL &&
        xml_walk(answer->http.body, answer->http.body_size, take_field, answer, &ignored) != ERR_NONE &&
        answer->code[0] == '\0' && answer->message[0] == '\0')
        take_text(answer->message, sizeof(answer->message), answer->http.body);
    if (answer->region[0] == '\0' && region != NULL)
        take_text(answer->region, sizeof(answer->region), region);
    if (answer->server_time[0] == '\0' && date != NULL && http_date_parse(date, &wall_us))
        clock_format_utc(wall_us, answer->server_time);
}

static bool is_one_of(const char *code, const char *const *codes)
{
    for (; *codes != NULL; codes++) {
        if (strcmp(code, *codes) == 0)
            return true;
    }
    return false;
}

bool blob_s3_is_passing(const struct s3_answer *answer)
{
    static const char *const codes[] = {"InternalError", "SlowDown", "SlowDownRead", "SlowDownWrite",
        "ServiceUnavailable", "RequestTimeout", "OperationAborted", "Throttling", "ThrottlingException",
        "TooManyRequests", "RequestLimitExceeded",
        // The body was damaged on the way.
        "BadDigest", "XAmzContentSHA256Mismatch",
        // What Versity's gateway says too when the folder went away while it put a file there.
        "ObjectParentIsFile", "ExistingObjectIsDirectory", NULL};
    int status = answer->http.status;
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504 ||
        is_one_of(answer->code, codes);
}

bool blob_s3_refuses_keys(const struct s3_answer *answer)
{
    static const char *const codes[] = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken",
        "TokenRefreshRequired", "InvalidClientTokenId",
        // Versity's gateway, with status 404.
        "XAdminUserNotFound", NULL};
    return is_one_of(answer->code, codes) || (answer->http.status == 401 && answer->code[0] == '\0');
}

static enum err_code explain_skew(const struct blob_s3 *self, const struct s3_answer *answer, struct err *err)
{
    char here[CLOCK_TEXT_MAX];
    clock_format_utc(clock_wall_us(self->clock), here);
    return err_set(err, ERR_DENIED,
        "the S3 server %s refuses requests because this machine's clock is not its own: here it is %s, there %s; set "
        "this machine's clock (by NTP, say)",
        self->endpoint, here, answer->server_time[0] != '\0' ? answer->server_time : "another time");
}

// "GetObject" and so on is what policies speak of.
static const char *right_of(const struct s3_call *call)
{
    if (call->key == NULL)
        return call->method == HTTP_POST ? "s3:DeleteObject" : "s3:ListBucket";
    switch (call->method) {
    case HTTP_DELETE:
        return "s3:DeleteObject";
    case HTTP_PUT:
    case HTTP_POST:
        return "s3:PutObject";
    default:
        return "s3:GetObject (and s3:ListBucket)";
    }
}

static enum err_code explain_denied(
    const struct blob_s3 *self, const struct s3_call *call, const struct s3_answer *answer, struct err *err)
{
    if (strcmp(answer->code, "RequestTimeTooSkewed") == 0)
        return explain_skew(self, answer, err);
    if (blob_s3_refuses_keys(answer))
        return err_set(err, ERR_DENIED,
            "the S3 server %s does not accept the key %.24s (%s): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or "
            "the profile that --s3-profile names",
            self->endpoint, answer->keys.id, answer->code[0] != '\0' ? answer->code : "401");
    return err_set(err, ERR_DENIED,
        "the S3 server %s does not let the key %.24s do what is needed in the bucket \"%s\" (%s%s%s): it must have the "
        "right to %s",
        self->endpoint, answer->keys.id, self->bucket, answer->code[0] != '\0' ? answer->code : "403",
        answer->message[0] != '\0' ? ": " : "", answer->message, right_of(call));
}

static enum err_code explain_region(const struct blob_s3 *self, const struct s3_answer *answer, struct err *err)
{
    if (answer->region[0] == '\0' || strcmp(answer->region, self->region) == 0)
        return err_set(err, ERR_INVALID,
            "the S3 server %s says that the bucket \"%s\" is somewhere else (%s): check --s3-endpoint and --s3-region",
            self->endpoint, self->bucket, answer->code[0] != '\0' ? answer->code : "a redirect");
    return err_set(err, ERR_INVALID, "the bucket \"%s\" lies in the region %s, and --s3-region is %s: set it to %s",
        self->bucket, answer->region, self->region, answer->region);
}

// MinIO's words, and Ceph's, with various statuses.
static bool is_full(const struct s3_answer *answer)
{
    static const char *const codes[] = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", NULL};
    return answer->http.status == 507 || is_one_of(answer->code, codes);
}

static enum err_code code_of_answer(const struct s3_answer *answer)
{
    int status = answer->http.status;
    if (is_full(answer))
        return ERR_FULL;
    switch (status) {
    case 404:
        return ERR_NOT_FOUND;
    case 409:
    case 412:
        return ERR_CONFLICT;
    case 413:
        return ERR_LIMIT;
    case 408:
    case 504:
        return ERR_TIMEOUT;
    default:
        return status >= 500 || status == 429 ? ERR_UNAVAILABLE : ERR_INVALID;
    }
}

enum err_code blob_s3_explain(
    const struct blob_s3 *self, const struct s3_call *call, const struct s3_answer *answer, struct err *err)
{
    // Over file systems a key cannot be the folder of another: Versity's words, and MinIO's.
    static const char *const conflicts[] = {"ObjectParentIsFile", "ExistingObjectIsDirectory", "ObjectIsDirectory",
        "XMinioParentIsObject", "XMinioObjectExistsAsDirectory", NULL};
    static const char *const elsewhere[] = {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException", NULL};
    int status = answer->http.status;
    if (strcmp(answer->code, "NoSuchBucket") == 0)
        return err_set(err, ERR_INVALID,
            "there is no bucket \"%s\" on the S3 server %s: make it there, or mend --blob-store", self->bucket,
            self->endpoint);
    if (call->key != NULL && is_one_of(answer->code, conflicts))
        return blob_folder_conflict(call->key, err);
    if ((status >= 300 && status < 400) || is_one_of(answer->code, elsewhere))
        return explain_region(self, answer, err);
    if (!is_full(answer) && (status == 401 || status == 403 || blob_s3_refuses_keys(answer)))
        return explain_denied(self, call, answer, err);
    const char *hint = http_answer_wants_tls(&answer->http) ? "; write https:// in --s3-endpoint" : "";
    char tries[32] = "";
    if (answer->attempts > 1)
        snprintf(tries, sizeof(tries), " (%d attempts)", answer->attempts);
    return err_set(err, code_of_answer(answer), "the S3 server %s answered %d%s%s%s%s to %s of %s%s%s", self->endpoint,
        status, answer->code[0] != '\0' ? " " : "", answer->code, answer->message[0] != '\0' ? ": " : "",
        answer->message, http_method_name(call->method), call->key != NULL ? call->key : self->bucket, tries, hint);
}
