#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "blob_store/blob_s3_internal.h"
#include "os/cancel.h"
#include "os/file.h"

// A broken connection costs at most so much of a large object.
#define PIECE_BYTES ((int64_t)32 << 20)

// Where the bytes of a range go: a buffer or a file.
struct sink {
    char *buffer;
    int fd;
    const char *path;
    int64_t start; // in the file
    int64_t size;  // wanted at most
    int64_t got;
};

static enum err_code take_bytes(void *arg, const void *bytes, size_t size, struct err *err)
{
    struct sink *sink = arg;
    if ((int64_t)size > sink->size - sink->got)
        return err_set(err, ERR_CORRUPT, "the S3 server sends more than it was asked for");
    if (sink->buffer != NULL) {
        memcpy(sink->buffer + sink->got, bytes, size);
    } else {
        enum err_code code = file_write_all(sink->fd, bytes, size, sink->path, err);
        if (code != ERR_NONE)
            return code;
    }
    sink->got += (int64_t)size;
    return ERR_NONE;
}

static void start_again(void *arg)
{
    struct sink *sink = arg;
    sink->got = 0;
    // What is too much is overwritten, and the file is cut at its end.
    if (sink->buffer == NULL)
        lseek(sink->fd, sink->start, SEEK_SET);
}

// "bytes 0-9/100": where it begins and how long the object is.
static bool parse_content_range(const char *text, int64_t *first, int64_t *total)
{
    int64_t last;
    return text != NULL && sscanf(text, "bytes %" SCNd64 "-%" SCNd64 "/%" SCNd64, first, &last, total) == 3 &&
        *first >= 0 && last >= *first && *total > last;
}

struct piece {
    int64_t total;  // of the object
    char etag[128]; // "" if not said
};

// Up to sink->size bytes from `offset` on; fewer only at the object's end. `same` is the tag of the object that the
// pieces before are of; NULL for the first.
static enum err_code read_piece(struct blob_s3 *self, const char *key, int64_t offset, const char *same,
    struct sink *sink, struct cancel *cancel, struct piece *piece, struct err *err)
{
    char range[64];
    struct http_header headers[2] = {{"Range", range}};
    struct s3_call call = {.key = key,
        .headers = headers,
        .header_count = 1,
        .answer_limit = (uint64_t)sink->size,
        .on_body = take_bytes,
        .restart = start_again,
        .body_arg = sink,
        .cancel = cancel};
    struct s3_answer answer;
    int64_t last = offset > INT64_MAX - sink->size ? INT64_MAX : offset + sink->size - 1;
    snprintf(range, sizeof(range), "bytes=%" PRId64 "-%" PRId64, offset, last);
    if (same != NULL && same[0] != '\0')
        headers[call.header_count++] = (struct http_header){"If-Match", same};
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    const char *etag = http_answer_header(&answer.http, "etag");
    int64_t first = 0;
    *piece = (struct piece){0};
    snprintf(piece->etag, sizeof(piece->etag), "%s", etag != NULL ? etag : "");
    if (code == ERR_NONE && answer.http.status == 206) {
        bool said = parse_content_range(http_answer_header(&answer.http, "content-range"), &first, &piece->total);
        int64_t wanted = said && piece->total - offset < sink->size ? piece->total - offset : sink->size;
        if (!said || first != offset || sink->got != wanted)
            code = err_set(err, ERR_UNAVAILABLE, "the S3 server %s sent another part of %s than it was asked for",
                self->endpoint, key);
    } else if (code == ERR_NONE && offset == 0) {
        // The whole of it, from a server that does not answer ranges of what is small or empty.
        piece->total = sink->got;
    } else if (code == ERR_NONE) {
        code = err_set(err, ERR_UNAVAILABLE, "the S3 server %s does not answer ranges", self->endpoint);
    } else if (answer.http.status == 416) {
        // Nothing lies there.
        sink->got = 0;
        piece->total = offset;
        code = ERR_NONE;
        err_clear(err);
    } else if (answer.http.status == 412) {
        code = err_set(err, ERR_UNAVAILABLE, "the blob %s was replaced while it was read", key);
    } else {
        code = blob_s3_failure(self, key, &answer, code, err);
    }
    blob_s3_answer_release(&answer);
    return code;
}

enum err_code blob_s3_get_range(
    struct blob_store *store, const char *key, int64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    struct blob_info info;
    struct piece piece;
    if (size == 0 || offset > INT64_MAX - (int64_t)size)
        return blob_s3_stat(store, key, &info, err);
    struct sink sink = {.buffer = buffer, .size = (int64_t)size};
    enum err_code code = read_piece(blob_s3_of(store), key, offset, NULL, &sink, NULL, &piece, err);
    if (code == ERR_NONE)
        *got = (size_t)sink.got;
    return code;
}

static enum err_code read_all(
    struct blob_s3 *self, const char *key, int fd, const char *path, struct cancel *cancel, struct err *err)
{
    struct piece first = {0};
    enum err_code code;
    int64_t at = 0;
    do {
        struct piece piece;
        struct sink sink = {.fd = fd, .path = path, .start = at, .size = PIECE_BYTES};
        code = read_piece(self, key, at, at > 0 ? first.etag : NULL, &sink, cancel, &piece, err);
        if (at == 0)
            first = piece;
        at += sink.got;
        if (code == ERR_NONE && at < first.total && sink.got == 0)
            code = err_set(err, ERR_UNAVAILABLE, "the blob %s became shorter while it was read", key);
    } while (code == ERR_NONE && at < first.total);
    // What an attempt that broke may have left behind the end.
    if (code == ERR_NONE && ftruncate(fd, at) != 0)
        code = err_set(err, ERR_UNAVAILABLE, "cannot write %s", path);
    return code;
}

enum err_code blob_s3_get_file(struct blob_store *store, const char *key, const char *temp_dir, struct cancel *cancel,
    struct blob_file *file, struct err *err)
{
    int fd = -1;
    enum err_code code = cancel_check(cancel, err);
    if (code == ERR_NONE)
        code = blob_file_make(temp_dir, key, file, &fd, err);
    if (code != ERR_NONE)
        return code;
    code = read_all(blob_s3_of(store), key, fd, file->path, cancel, err);
    close(fd);
    if (code != ERR_NONE)
        blob_file_release(file);
    return code;
}
