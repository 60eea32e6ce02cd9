#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/xml.h"
#include "blob_store/blob_s3_internal.h"
#include "os/thread.h"

// S3's bounds.
#define PARTS_MAX 10000
#define OBJECT_BYTES_MAX (INT64_C(5) << 40)
// Servers put the parts together before they answer.
#define COMPLETE_STALL_MS (10 * 60 * 1000)
#define ABORT_STALL_MS 5000
#define UPLOAD_ID_MAX 1024
#define PARTS_AT_ONCE 4

static enum err_code note_outcome(struct blob_s3 *self, enum err_code code, const struct s3_answer *answer)
{
    if (code == ERR_NONE)
        atomic_store(&self->is_read_only, false);
    else if (code == ERR_DENIED && answer->http.status == 403)
        atomic_store(&self->is_read_only, true);
    return code;
}

// A write's failure: nothing is "not found" but the bucket.
static enum err_code write_failure(
    struct blob_s3 *self, const struct s3_answer *answer, enum err_code code, struct err *err)
{
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
    code = write_failure(self, &answer, code, err);
    blob_s3_answer_release(&answer);
    return code;
}

// ---- in parts

struct upload {
    struct blob_s3 *self;
    const char *key;
    char id[UPLOAD_ID_MAX];
    int fd;
    int64_t size, part_bytes;
    int part_count;
    char **tags; // of each part

    pthread_mutex_t mutex; // guards all below
    int next;              // part to be sent
    struct err err;        // of the first that failed
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
    code = write_failure(upload->self, &answer, code, err);
    if (code == ERR_NONE)
        code = xml_walk(answer.http.body, answer.http.body_size, take_id, upload, err);
    if (code == ERR_NONE && upload->id[0] == '\0')
        code = err_set(
            err, ERR_UNAVAILABLE, "the S3 server %s does not name the upload that it began", upload->self->endpoint);
    blob_s3_answer_release(&answer);
    return code;
}

static enum err_code send_part(struct upload *upload, int part, struct err *err)
{
    char digits[16];
    int64_t offset = part * upload->part_bytes;
    int64_t left = upload->size - offset;
    const struct http_header query[] = {{"partNumber", digits}, {"uploadId", upload->id}};
    const struct s3_call call = {.method = HTTP_PUT,
        .key = upload->key,
        .query = query,
        .query_count = 2,
        .body_fd = upload->fd,
        .body_offset = (uint64_t)offset,
        .body_size = (uint64_t)(left < upload->part_bytes ? left : upload->part_bytes)};
    struct s3_answer answer;
    snprintf(digits, sizeof(digits), "%d", part + 1);
    enum err_code code = blob_s3_send(upload->self, &call, &answer, err);
    code = write_failure(upload->self, &answer, code, err);
    const char *etag = http_answer_header(&answer.http, "etag");
    if (code == ERR_NONE && etag == NULL)
        code = err_set(err, ERR_UNAVAILABLE, "the S3 server %s gives no tag for a part of %s", upload->self->endpoint,
            upload->key);
    if (code == ERR_NONE)
        upload->tags[part] = mem_strdup(etag);
    blob_s3_answer_release(&answer);
    return code;
}

// Sends one part after the other until none is left or one has failed.
static void send_parts(void *arg)
{
    struct upload *upload = arg;
    for (;;) {
        struct err err = ERR_INIT;
        pthread_mutex_lock(&upload->mutex);
        bool is_done = upload->next == upload->part_count || upload->err.code != ERR_NONE;
        int part = upload->next;
        upload->next += !is_done;
        pthread_mutex_unlock(&upload->mutex);
        if (is_done)
            return;
        if (send_part(upload, part, &err) == ERR_NONE)
            continue;
        pthread_mutex_lock(&upload->mutex);
        if (upload->err.code == ERR_NONE)
            upload->err = err;
        pthread_mutex_unlock(&upload->mutex);
    }
}

// Several at a time: one connection seldom fills a line to a server far away.
static enum err_code send_all_parts(struct upload *upload, struct err *err)
{
    struct thread *threads[PARTS_AT_ONCE - 1] = {0};
    for (int i = 0; i < PARTS_AT_ONCE - 1 && i + 1 < upload->part_count; i++) {
        // Without them, this thread does it all.
        if (thread_start("s3-part", send_parts, upload, &threads[i], NULL) != ERR_NONE)
            threads[i] = NULL;
    }
    send_parts(upload);
    for (int i = 0; i < PARTS_AT_ONCE - 1; i++)
        thread_join(threads[i]);
    if (upload->err.code != ERR_NONE && err != NULL)
        *err = upload->err;
    return upload->err.code;
}

static enum err_code list_parts(const struct upload *upload, struct strbuf *body, struct err *err)
{
    strbuf_adds(body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (int i = 0; i < upload->part_count; i++) {
        strbuf_addf(body, "<Part><PartNumber>%d</PartNumber><ETag>", i + 1);
        if (!xml_escape(body, upload->tags[i]))
            return err_set(err, ERR_UNAVAILABLE, "the S3 server %s gives a part of %s a tag that is no text",
                upload->self->endpoint, upload->key);
        strbuf_adds(body, "</ETag></Part>");
    }
    strbuf_adds(body, "</CompleteMultipartUpload>");
    return ERR_NONE;
}

static enum err_code complete_upload(struct upload *upload, struct err *err)
{
    const struct http_header query = {"uploadId", upload->id};
    struct strbuf body;
    struct s3_answer answer;
    strbuf_init(&body);
    enum err_code code = list_parts(upload, &body, err);
    if (code != ERR_NONE) {
        strbuf_release(&body);
        return code;
    }
    const struct s3_call call = {.method = HTTP_POST,
        .key = upload->key,
        .query = &query,
        .query_count = 1,
        .body = body.data,
        .body_size = body.size,
        .stall_ms = COMPLETE_STALL_MS,
        .counts_sending = true,
        .may_fail_late = true};
    code = blob_s3_send(upload->self, &call, &answer, err);
    struct blob_info info;
    // An upload that is no more was completed by an attempt whose answer was lost.
    if (code == ERR_NOT_FOUND && answer.attempts > 1 && strcmp(answer.code, "NoSuchUpload") == 0 &&
        blob_s3_stat(&upload->self->store, upload->key, &info, NULL) == ERR_NONE && info.size_bytes == upload->size) {
        code = ERR_NONE;
        err_clear(err);
    }
    code = write_failure(upload->self, &answer, code, err);
    blob_s3_answer_release(&answer);
    strbuf_release(&body);
    return code;
}

enum err_code blob_s3_abort_upload(
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
    struct upload upload = {
        .self = self, .key = key, .fd = fd, .size = size, .part_bytes = part_size(self, size), .err = ERR_INIT};
    struct err ignored = ERR_INIT;
    upload.part_count = (int)((size + upload.part_bytes - 1) / upload.part_bytes);
    upload.tags = mem_calloc((size_t)upload.part_count, sizeof(*upload.tags));
    pthread_mutex_init(&upload.mutex, NULL);
    enum err_code code = begin_upload(&upload, err);
    if (code == ERR_NONE)
        code = send_all_parts(&upload, err);
    if (code == ERR_NONE)
        code = complete_upload(&upload, err);
    if (code != ERR_NONE && upload.id[0] != '\0' &&
        blob_s3_abort_upload(self, key, upload.id, true, &ignored) != ERR_NONE)
        log_warn(self->log,
            "a failed upload of %s could not be cleared away, \"framehound doctor --repair\" will find it: %s", key,
            ignored.message);
    for (int i = 0; i < upload.part_count; i++)
        free(upload.tags[i]);
    free(upload.tags);
    pthread_mutex_destroy(&upload.mutex);
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
    code = write_failure(self, &answer, code, err);
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
