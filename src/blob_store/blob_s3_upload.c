#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/xml.h"
#include "blob_store/blob_s3_internal.h"

// S3's bounds.
#define PARTS_MAX 10000
#define OBJECT_BYTES_MAX (INT64_C(5) << 40)
// Servers put the parts together before they answer.
#define COMPLETE_STALL_MS (10 * 60 * 1000)
#define ABORT_STALL_MS 5000
#define UPLOAD_ID_MAX 1024

static enum err_code note_outcome(struct blob_s3 *self, enum err_code code, const struct s3_answer *answer)
{
    if (code == ERR_NONE)
        atomic_store(&self->is_read_only, false);
    else if (code == ERR_DENIED && answer->http.status == 403)
        atomic_store(&self->is_read_only, true);
    return code;
}

// A write's failure: nothing is "not found" but the bucket.
static enum err_code write_failure(struct blob_s3 *self, const struct s3_call *call, const struct s3_answer *answer,
    enum err_code code, struct err *err)
{
    (void)call;
    code = note_outcome(self, code, answer);
    if (code == ERR_NOT_FOUND) {
        code = ERR_UNAVAILABLE;
        if (err != NULL)
            err->code = code;
    }
    return blob_s3_soften(code, err);
}

enum err_code blob_s3_put(struct blob_store *store, const char *key, const void *bytes, size_t size, struct err *err)
{
    struct blob_s3 *self = blob_s3_of(store);
    const struct s3_call call = {.method = HTTP_PUT, .key = key, .body = bytes, .body_size = size};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    code = write_failure(self, &call, &answer, code, err);
    blob_s3_answer_release(&answer);
    return code;
}

// ---- in parts

struct upload {
    struct blob_s3 *self;
    const char *key;
    char id[UPLOAD_ID_MAX];
    struct strbuf parts; // what completing it needs
};

static enum err_code take_id(void *context, const char *path, const char *text, struct err *err)
{
    struct upload *upload = context;
    (void)err;
    if (strcmp(path, "InitiateMultipartUploadResult/UploadId") == 0)
        snprintf(upload->id, sizeof(upload->id), "%s", text);
    return ERR_NONE;
}

static enum err_code begin_upload(struct upload *upload, struct err *err)
{
    const struct http_header query = {"uploads", ""};
    const struct s3_call call = {.method = HTTP_POST, .key = upload->key, .query = &query, .query_count = 1};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(upload->self, &call, &answer, err);
    code = write_failure(upload->self, &call, &answer, code, err);
    if (code == ERR_NONE)
        code = xml_walk(answer.http.body, answer.http.body_size, take_id, upload, err);
    if (code == ERR_NONE && upload->id[0] == '\0')
        code = err_set(
            err, ERR_UNAVAILABLE, "the S3 server %s does not name the upload that it began", upload->self->endpoint);
    blob_s3_answer_release(&answer);
    return code;
}

static enum err_code send_part(struct upload *upload, int number, int fd, int64_t offset, int64_t size, struct err *err)
{
    char digits[16];
    const struct http_header query[] = {{"partNumber", digits}, {"uploadId", upload->id}};
    const struct s3_call call = {.method = HTTP_PUT,
        .key = upload->key,
        .query = query,
        .query_count = 2,
        .body_fd = fd,
        .body_offset = (uint64_t)offset,
        .body_size = (uint64_t)size};
    struct s3_answer answer;
    snprintf(digits, sizeof(digits), "%d", number);
    enum err_code code = blob_s3_send(upload->self, &call, &answer, err);
    code = write_failure(upload->self, &call, &answer, code, err);
    const char *etag = http_answer_header(&answer.http, "etag");
    if (code == ERR_NONE) {
        strbuf_addf(&upload->parts, "<Part><PartNumber>%d</PartNumber><ETag>", number);
        if (etag == NULL || !xml_escape(&upload->parts, etag))
            code = err_set(err, ERR_UNAVAILABLE, "the S3 server %s gives no tag for a part of %s",
                upload->self->endpoint, upload->key);
        strbuf_adds(&upload->parts, "</ETag></Part>");
    }
    blob_s3_answer_release(&answer);
    return code;
}

static enum err_code complete_upload(struct upload *upload, int64_t size, struct err *err)
{
    const struct http_header query = {"uploadId", upload->id};
    struct strbuf body;
    struct s3_answer answer;
    strbuf_init(&body);
    strbuf_addf(&body,
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">%s</CompleteMultipartUpload>",
        upload->parts.data);
    const struct s3_call call = {.method = HTTP_POST,
        .key = upload->key,
        .query = &query,
        .query_count = 1,
        .body = body.data,
        .body_size = body.size,
        .stall_ms = COMPLETE_STALL_MS,
        .may_fail_late = true};
    enum err_code code = blob_s3_send(upload->self, &call, &answer, err);
    struct blob_info info;
    // An upload that is no more was completed by an attempt whose answer was lost.
    if (code == ERR_NOT_FOUND && answer.attempts > 1 && strcmp(answer.code, "NoSuchUpload") == 0 &&
        blob_s3_stat(&upload->self->store, upload->key, &info, NULL) == ERR_NONE && info.size_bytes == size) {
        code = ERR_NONE;
        err_clear(err);
    }
    code = write_failure(upload->self, &call, &answer, code, err);
    blob_s3_answer_release(&answer);
    strbuf_release(&body);
    return code;
}

static enum err_code abort_upload(
    struct blob_s3 *self, const char *key, const char *id, bool at_the_end, struct err *err)
{
    const struct http_header query = {"uploadId", id};
    const struct s3_call call = {.method = HTTP_DELETE,
        .key = key,
        .query = &query,
        .query_count = 1,
        .stall_ms = at_the_end ? ABORT_STALL_MS : 0,
        .is_once = at_the_end,
        .at_the_end = at_the_end};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NOT_FOUND && strcmp(answer.code, "NoSuchUpload") == 0) {
        code = ERR_NONE;
        err_clear(err);
    }
    blob_s3_answer_release(&answer);
    return blob_s3_soften(code, err);
}

// The part size for a file that would have too many parts otherwise.
static int64_t part_size(const struct blob_s3 *self, int64_t size)
{
    int64_t least = (size + PARTS_MAX - 1) / PARTS_MAX;
    int64_t mebibyte = INT64_C(1) << 20;
    return least <= self->part_bytes ? self->part_bytes : (least + mebibyte - 1) / mebibyte * mebibyte;
}

static enum err_code put_in_parts(struct blob_s3 *self, const char *key, int fd, int64_t size, struct err *err)
{
    struct upload upload = {.self = self, .key = key};
    int64_t part = part_size(self, size);
    struct err ignored = ERR_INIT;
    strbuf_init(&upload.parts);
    enum err_code code = begin_upload(&upload, err);
    for (int64_t at = 0; at < size && code == ERR_NONE; at += part)
        code = send_part(&upload, (int)(at / part) + 1, fd, at, size - at < part ? size - at : part, err);
    if (code == ERR_NONE)
        code = complete_upload(&upload, size, err);
    if (code != ERR_NONE && upload.id[0] != '\0' && abort_upload(self, key, upload.id, true, &ignored) != ERR_NONE)
        log_warn(self->log,
            "a failed upload of %s could not be cleared away, \"framehound doctor --repair\" will find it: %s", key,
            ignored.message);
    strbuf_release(&upload.parts);
    return code;
}

// ---- files

static enum err_code put_open_file(struct blob_s3 *self, const char *key, const char *path, int fd, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    if (!S_ISREG(info.st_mode))
        return err_set(err, ERR_INVALID, "%s is no regular file", path);
    if (info.st_size > OBJECT_BYTES_MAX)
        return err_set(
            err, ERR_LIMIT, "%s has %" PRId64 " bytes; an S3 server takes 5 TiB at most", path, (int64_t)info.st_size);
    if (info.st_size > self->part_bytes)
        return put_in_parts(self, key, fd, info.st_size, err);
    if (info.st_size == 0)
        return blob_s3_put(&self->store, key, NULL, 0, err);
    const struct s3_call call = {.method = HTTP_PUT, .key = key, .body_fd = fd, .body_size = (uint64_t)info.st_size};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    code = write_failure(self, &call, &answer, code, err);
    blob_s3_answer_release(&answer);
    return code;
}

enum err_code blob_s3_put_file(struct blob_store *store, const char *key, const char *path, bool move, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot read %s", path);
    enum err_code code = put_open_file(blob_s3_of(store), key, path, fd, err);
    close(fd);
    if (code == ERR_NONE && move && unlink(path) != 0)
        code = err_set_errno(err, errno, "cannot remove %s", path);
    return code;
}

// ---- what was left behind

struct leftover {
    char *key, *id;
    int64_t begun_us;
};

struct leftovers {
    struct blob_s3 *self;
    struct leftover *items;
    size_t count;
    char *key, *id;
    int64_t begun_us;
    char *next_key, *next_id; // where the next page begins; NULL: this was the last
    bool is_truncated;
};

static void keep(char **place, const char *text)
{
    free(*place);
    *place = mem_strdup(text);
}

static void end_leftover(struct leftovers *list)
{
    size_t prefix = strlen(list->self->prefix);
    const char *key =
        list->key != NULL && strncmp(list->key, list->self->prefix, prefix) == 0 ? list->key + prefix : "";
    if (blob_key_is_valid(key) && list->id != NULL) {
        list->items = mem_realloc_array(list->items, list->count + 1, sizeof(*list->items));
        list->items[list->count++] =
            (struct leftover){.key = mem_strdup(key), .id = mem_strdup(list->id), .begun_us = list->begun_us};
    }
    list->begun_us = 0;
}

static enum err_code take_upload(void *context, const char *path, const char *text, struct err *err)
{
    struct leftovers *list = context;
    const char *root = "ListMultipartUploadsResult/";
    (void)err;
    if (strncmp(path, root, strlen(root)) != 0)
        return ERR_NONE;
    path += strlen(root);
    if (strcmp(path, "Upload/Key") == 0)
        keep(&list->key, text);
    else if (strcmp(path, "Upload/UploadId") == 0)
        keep(&list->id, text);
    else if (strcmp(path, "Upload/Initiated") == 0 && !clock_parse(text, &list->begun_us))
        list->begun_us = 0;
    else if (strcmp(path, "Upload") == 0)
        end_leftover(list);
    else if (strcmp(path, "IsTruncated") == 0)
        list->is_truncated = strcmp(text, "true") == 0;
    else if (strcmp(path, "NextKeyMarker") == 0)
        keep(&list->next_key, text);
    else if (strcmp(path, "NextUploadIdMarker") == 0)
        keep(&list->next_id, text);
    return ERR_NONE;
}

static enum err_code list_page(struct leftovers *list, struct err *err)
{
    struct blob_s3 *self = list->self;
    struct http_header query[4] = {{"uploads", ""}, {"prefix", self->prefix}};
    struct s3_call call = {.query = query, .query_count = 2};
    struct s3_answer answer;
    if (list->next_key != NULL) {
        query[call.query_count++] = (struct http_header){"key-marker", list->next_key};
        query[call.query_count++] =
            (struct http_header){"upload-id-marker", list->next_id != NULL ? list->next_id : ""};
    }
    list->is_truncated = false;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NONE)
        code = xml_walk(answer.http.body, answer.http.body_size, take_upload, list, err);
    // A server that knows no such list keeps none.
    if (answer.http.status == 501) {
        code = ERR_NONE;
        err_clear(err);
    }
    blob_s3_answer_release(&answer);
    return blob_s3_soften(code, err);
}

enum err_code blob_s3_list_unfinished(
    struct blob_store *store, blob_unfinished_visit *visit, void *context, struct err *err)
{
    struct leftovers list = {.self = blob_s3_of(store)};
    bool goes_on = true;
    enum err_code code;
    do {
        char *before = mem_strdup(list.next_key);
        code = list_page(&list, err);
        for (size_t i = 0; i < list.count; i++) {
            const struct leftover *item = &list.items[i];
            goes_on = goes_on && code == ERR_NONE && visit(context, item->key, item->id, item->begun_us);
            free(item->key);
            free(item->id);
        }
        list.count = 0;
        // A page that begins where the one before did would never end.
        goes_on = goes_on && list.is_truncated && list.next_key != NULL &&
            (before == NULL || strcmp(before, list.next_key) <= 0);
        free(before);
    } while (code == ERR_NONE && goes_on);
    free(list.items);
    free(list.key);
    free(list.id);
    free(list.next_key);
    free(list.next_id);
    return code;
}

enum err_code blob_s3_remove_unfinished(struct blob_store *store, const char *key, const char *id, struct err *err)
{
    return abort_upload(blob_s3_of(store), key, id, false, err);
}
