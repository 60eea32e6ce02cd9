#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "net/http_exchange.h"
#include "os/file.h"

#define TIMEOUT_DEFAULT_MS 3600000
#define REDIRECTS_DEFAULT 10
#define PROGRESS_MS 250
#define VALIDATOR_MAX 256

// A download under way. Beside the part lies "<path>.part.info" with what says whether the part still fits.
struct loading {
    const struct http_download *download;
    struct http_downloaded *result;
    char *part_path;
    char *info_path;
    int fd;
    uint64_t done;                 // bytes in the part
    uint64_t total;                // 0: not known
    char validator[VALIDATOR_MAX]; // a strong ETag or Last-Modified; "": the part cannot be continued
    struct strbuf range;           // header lines of the attempt
    struct strbuf if_range;
    int64_t shown_ms;
};

static void forget_validator(struct loading *loading)
{
    loading->validator[0] = '\0';
    unlink(loading->info_path);
}

static enum err_code start_over(struct loading *loading, struct err *err)
{
    loading->done = 0;
    loading->total = 0;
    loading->result->resumed_bytes = 0;
    if (ftruncate(loading->fd, 0) != 0)
        return err_set_errno(err, errno, "cannot write %s", loading->part_path);
    return ERR_NONE;
}

// What an earlier try left, if it was of the same URL.
static void read_info(struct loading *loading)
{
    json_t *info = NULL;
    const char *url = NULL, *validator = NULL;
    struct err err = ERR_INIT;
    if (json_parse_file(loading->info_path, NULL, &info, &err) == ERR_NONE &&
        json_get_string(info, "url", &url, &err) == ERR_NONE &&
        json_get_string(info, "validator", &validator, &err) == ERR_NONE && strcmp(url, loading->download->url) == 0 &&
        strlen(validator) < sizeof(loading->validator))
        snprintf(loading->validator, sizeof(loading->validator), "%s", validator);
    json_decref(info);
}

// Only to make resuming possible: a failure costs a fresh start and nothing else.
static void write_info(struct loading *loading)
{
    json_t *info = json_object();
    struct strbuf text;
    strbuf_init(&text);
    json_set_string(info, "url", loading->download->url);
    json_set_string(info, "validator", loading->validator);
    json_dump(info, &text);
    if (file_write(loading->info_path, text.data, text.size, FILE_SYNC_NONE, NULL) != ERR_NONE)
        unlink(loading->info_path);
    strbuf_release(&text);
    json_decref(info);
}

static void remember_validator(struct loading *loading, const struct http_answer *answer)
{
    const char *etag = http_answer_header(answer, "etag");
    const char *modified = http_answer_header(answer, "last-modified");
    // Weak tags say nothing about single bytes (RFC 9110, 13.1.5).
    const char *validator = etag != NULL && etag[0] == '"' ? etag : modified;
    loading->validator[0] = '\0';
    if (validator != NULL && strlen(validator) < sizeof(loading->validator))
        snprintf(loading->validator, sizeof(loading->validator), "%s", validator);
    if (loading->validator[0] != '\0' && loading->download->resume)
        write_info(loading);
    else
        unlink(loading->info_path);
}

static bool parse_number(const char **at, uint64_t *number)
{
    if (!isdigit((unsigned char)**at))
        return false;
    char *end;
    errno = 0;
    *number = strtoull(*at, &end, 10);
    *at = end;
    return errno == 0;
}

// "bytes 5-9/10" or "bytes 5-9/*" or "bytes */10".
static bool parse_content_range(const char *text, bool *has_range, uint64_t *first, uint64_t *total)
{
    uint64_t last;
    *first = *total = 0;
    *has_range = false;
    if (text == NULL || strncasecmp(text, "bytes ", 6) != 0)
        return false;
    text += 6;
    if (*text == '*') {
        text++;
    } else {
        *has_range = true;
        if (!parse_number(&text, first) || *text++ != '-' || !parse_number(&text, &last))
            return false;
    }
    if (*text++ != '/')
        return false;
    return *text == '*' || parse_number(&text, total);
}

static enum err_code too_large(const struct loading *loading, uint64_t total, struct err *err)
{
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(loading->download->url, shown);
    if (total > 0)
        return err_set(err, ERR_LIMIT, "%s has %llu bytes; at most %llu are allowed", shown, (unsigned long long)total,
            (unsigned long long)loading->download->limit_bytes);
    return err_set(err, ERR_LIMIT, "%s is larger than the allowed %llu bytes", shown,
        (unsigned long long)loading->download->limit_bytes);
}

static enum err_code take_head(void *arg, const struct http_exchange *exchange, struct err *err)
{
    struct loading *loading = arg;
    const struct http_answer *answer = &exchange->answer;
    uint64_t first = 0, total = 0;
    bool has_range = false;
    if (answer->status == 206) {
        const char *range = http_answer_header(answer, "content-range");
        if (!parse_content_range(range, &has_range, &first, &total) || !has_range || first != loading->done)
            return err_set(err, ERR_CORRUPT, "the server answered with another part than was asked for");
        loading->total = total;
    } else {
        enum err_code code = start_over(loading, err);
        if (code != ERR_NONE)
            return code;
        loading->total = exchange->announced;
        remember_validator(loading, answer);
    }
    if (loading->total > loading->download->limit_bytes)
        return too_large(loading, loading->total, err);
    const char *type = http_answer_header(answer, "content-type");
    if (type != NULL)
        snprintf(loading->result->content_type, sizeof(loading->result->content_type), "%s", type);
    return ERR_NONE;
}

static void show_progress(struct loading *loading, bool at_end)
{
    int64_t now_ms = http_now_ms();
    if (loading->download->on_progress == NULL || (!at_end && now_ms - loading->shown_ms < PROGRESS_MS))
        return;
    loading->shown_ms = now_ms;
    loading->download->on_progress(loading->download->progress_arg, loading->done, loading->total);
}

static enum err_code take_bytes(void *arg, const void *bytes, size_t size, struct err *err)
{
    struct loading *loading = arg;
    if (size > loading->download->limit_bytes - loading->done)
        return too_large(loading, 0, err);
    if (lseek(loading->fd, (off_t)loading->done, SEEK_SET) < 0)
        return err_set_errno(err, errno, "cannot write %s", loading->part_path);
    enum err_code code = file_write_all(loading->fd, bytes, size, loading->part_path, err);
    if (code != ERR_NONE)
        return code;
    loading->done += size;
    show_progress(loading, false);
    return ERR_NONE;
}

// The value of a parameter of Content-Disposition, plain or quoted.
static bool disposition_value(const char *text, const char *name, char *out, size_t capacity)
{
    size_t length = strlen(name);
    for (const char *at = strchr(text, ';'); at != NULL; at = strchr(at, ';')) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, name, length) != 0 || at[length] != '=')
            continue;
        at += length + 1;
        bool quoted = *at == '"';
        at += quoted;
        size_t n = 0;
        for (; *at != '\0' && *at != (quoted ? '"' : ';') && n + 1 < capacity; at++) {
            if (quoted && *at == '\\' && at[1] != '\0')
                at++;
            out[n++] = *at;
        }
        out[n] = '\0';
        return n > 0;
    }
    return false;
}

static void name_from_url(const char *url, char *out, size_t capacity)
{
    const char *scheme_end = strstr(url, "://");
    const char *path = strchr(scheme_end != NULL ? scheme_end + 3 : url, '/');
    if (path == NULL)
        return;
    size_t length = strcspn(path, "?#");
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    snprintf(out, capacity, "%.*s", (int)(length - start), path + start);
    if (!http_url_decode(out, false))
        out[0] = '\0';
}

// RFC 6266: filename* is percent-encoded UTF-8 and wins.
static void take_file_name(struct loading *loading, const struct http_answer *answer, const char *final_url)
{
    char *out = loading->result->file_name;
    size_t capacity = sizeof(loading->result->file_name);
    const char *disposition = http_answer_header(answer, "content-disposition");
    char value[512];
    if (disposition != NULL && disposition_value(disposition, "filename*", value, sizeof(value)) &&
        strncasecmp(value, "utf-8''", 7) == 0 && http_url_decode(value + 7, false)) {
        snprintf(out, capacity, "%.*s", (int)capacity - 1, value + 7);
        return;
    }
    if (disposition != NULL && disposition_value(disposition, "filename", value, sizeof(value))) {
        snprintf(out, capacity, "%.*s", (int)capacity - 1, value);
        return;
    }
    name_from_url(final_url, out, capacity);
}

// 416: the part is all there is, or it is more than there is.
static enum err_code judge_unsatisfiable(struct loading *loading, const struct http_answer *answer, struct err *err)
{
    uint64_t first, total;
    bool has_range;
    if (parse_content_range(http_answer_header(answer, "content-range"), &has_range, &first, &total) &&
        total == loading->done && total > 0) {
        loading->total = total;
        return ERR_NONE;
    }
    forget_validator(loading);
    enum err_code code = start_over(loading, err);
    return code != ERR_NONE ? code : err_set(err, ERR_UNAVAILABLE, "what was loaded before no longer fits");
}

// One try. ERR_NONE when everything is in the part.
static enum err_code attempt(
    struct http_client *client, struct loading *loading, struct http_exchange *exchange, struct err *err)
{
    const struct http_download *download = loading->download;
    enum err_code code = ERR_NONE;
    exchange->range = exchange->if_range = NULL;
    if (loading->done > 0 && loading->validator[0] == '\0')
        code = start_over(loading, err);
    if (code != ERR_NONE)
        return code;
    if (loading->done > 0) {
        strbuf_reset(&loading->range);
        strbuf_reset(&loading->if_range);
        strbuf_addf(&loading->range, "Range: bytes=%llu-", (unsigned long long)loading->done);
        strbuf_addf(&loading->if_range, "If-Range: %s", loading->validator);
        exchange->range = loading->range.data;
        exchange->if_range = loading->if_range.data;
    }
    char *final_url = NULL;
    code = http_client_follow(
        client, exchange, download->redirects > 0 ? download->redirects : REDIRECTS_DEFAULT, &final_url, err);
    const struct http_answer *answer = &exchange->answer;
    if (code == ERR_NONE && answer->status == 416 && loading->done > 0) {
        code = judge_unsatisfiable(loading, answer, err);
    } else if (code == ERR_NONE) {
        struct http_answer shown = *answer;
        shown.body = exchange->body.data;
        shown.body_size = exchange->body.size;
        code = http_answer_check(&shown, download->url, err);
        exchange->is_final = code != ERR_NONE && !http_status_is_retryable(answer->status);
    }
    if (code == ERR_NONE)
        take_file_name(loading, answer, final_url);
    free(final_url);
    return code;
}

static enum err_code load(struct http_client *client, struct loading *loading, struct cancel *cancel, struct err *err)
{
    const struct http_download *download = loading->download;
    const struct http_call call = {
        .method = HTTP_GET,
        .url = download->url,
        .headers = download->headers,
        .header_count = download->header_count,
        .low_speed_ms = download->low_speed_ms,
        .low_speed_bytes = download->low_speed_bytes,
        .answer_limit_bytes = UINT64_MAX, // the limit is on the whole, which take_bytes() knows
        .on_body = take_bytes,
        .body_arg = loading,
    };
    struct http_exchange exchange = {
        .call = &call,
        .url = download->url,
        .end_ms = http_now_ms() + (download->timeout_ms > 0 ? download->timeout_ms : TIMEOUT_DEFAULT_MS),
        .cancel = cancel,
        .on_head = take_head,
        .head_arg = loading,
    };
    struct retry retry;
    retry_init(&retry, download->retry, NULL, 0);
    enum err_code code;
    for (;;) {
        uint64_t before = loading->done;
        code = attempt(client, loading, &exchange, err);
        int64_t delay_ms;
        if (code == ERR_NONE || exchange.is_final)
            break;
        if (loading->done > before)
            retry_init(&retry, download->retry, NULL, 0);
        bool may_retry = retry_next(&retry, code, exchange.retry_after_ms, &delay_ms);
        bool has_time = http_now_ms() + delay_ms < exchange.end_ms;
        loading->result->time_is_up = code == ERR_TIMEOUT && !has_time;
        if (!may_retry || !has_time)
            break;
        if (cancel_wait(cancel, delay_ms)) {
            code = err_set(err, ERR_CANCELLED, "the download was cancelled");
            break;
        }
    }
    http_exchange_release(&exchange);
    return code;
}

static enum err_code finish(struct loading *loading, struct err *err)
{
    show_progress(loading, true);
    loading->result->size_bytes = loading->done;
    int failed = close(loading->fd);
    loading->fd = -1;
    if (failed != 0)
        return err_set_errno(err, errno, "cannot write %s", loading->part_path);
    unlink(loading->info_path);
    if (rename(loading->part_path, loading->download->path) != 0)
        return err_set_errno(err, errno, "cannot make %s", loading->download->path);
    return ERR_NONE;
}

enum err_code http_client_download(struct http_client *client, const struct http_download *download,
    struct cancel *cancel, struct http_downloaded *result, struct err *err)
{
    *result = (struct http_downloaded){0};
    struct loading loading = {.download = download, .result = result};
    loading.part_path = mem_sprintf("%s.part", download->path);
    loading.info_path = mem_sprintf("%s.part.info", download->path);
    strbuf_init(&loading.range);
    strbuf_init(&loading.if_range);
    enum err_code code = ERR_NONE;
    loading.fd = open(loading.part_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (loading.fd < 0)
        code = err_set_errno(err, errno, "cannot make %s", loading.part_path);
    if (code == ERR_NONE && download->resume) {
        off_t size = lseek(loading.fd, 0, SEEK_END);
        read_info(&loading);
        loading.done = loading.validator[0] != '\0' && size > 0 ? (uint64_t)size : 0;
        result->resumed_bytes = loading.done;
    }
    if (code == ERR_NONE && loading.done > download->limit_bytes)
        code = start_over(&loading, err);
    if (code == ERR_NONE && loading.done == 0)
        code = start_over(&loading, err);
    if (code == ERR_NONE)
        code = load(client, &loading, cancel, err);
    if (code == ERR_NONE)
        code = finish(&loading, err);
    if (loading.fd >= 0)
        close(loading.fd);
    bool can_resume = download->resume && loading.validator[0] != '\0' && loading.done > 0 &&
        (err_is_retryable(code) || code == ERR_CANCELLED);
    if (code != ERR_NONE && !can_resume) {
        unlink(loading.part_path);
        unlink(loading.info_path);
    }
    strbuf_release(&loading.range);
    strbuf_release(&loading.if_range);
    free(loading.part_path);
    free(loading.info_path);
    return code;
}
