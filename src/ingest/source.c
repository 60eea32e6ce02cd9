#include "ingest/source.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/plain_text.h"
#include "base/strbuf.h"
#include "ingest/source_url.h"

#define FINGERPRINT_WHOLE_MAX ((int64_t)64 << 20)
#define FINGERPRINT_PIECE ((size_t)1 << 20)
#define FINGERPRINT_PIECES 64
#define FINGERPRINT_MARK "#sha256="
#define UPLOAD_PREFIX "sha256:"

static bool is_sha256(const char *text)
{
    size_t length = 0;
    while ((text[length] >= '0' && text[length] <= '9') || (text[length] >= 'a' && text[length] <= 'f'))
        length++;
    return length == SHA256_HEX_SIZE - 1 && text[length] == '\0';
}

// ---- fingerprints

static enum err_code hash_range(struct sha256 *hash, int fd, const char *path, int64_t offset, int64_t size,
    char *buffer, struct cancel *cancel, struct err *err)
{
    while (size > 0) {
        enum err_code code = cancel_check(cancel, err);
        if (code != ERR_NONE)
            return code;
        size_t want = size < (int64_t)FINGERPRINT_PIECE ? (size_t)size : FINGERPRINT_PIECE;
        ssize_t got = pread(fd, buffer, want, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, errno, "%s cannot be read", path);
        if (got == 0)
            return err_set(err, ERR_UNAVAILABLE, "%s became shorter while it was read", path);
        sha256_update(hash, buffer, (size_t)got);
        offset += got;
        size -= got;
    }
    return ERR_NONE;
}

enum err_code source_fingerprint(const char *path, struct cancel *cancel, char hex[SHA256_HEX_SIZE], struct err *err)
{
    struct sha256 hash;
    struct stat st;
    char size_text[32];
    unsigned char digest[SHA256_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return err_set_errno(err, errno, "%s cannot be read", path);
    if (fstat(fd, &st) != 0) {
        enum err_code failed = err_set_errno(err, errno, "%s cannot be read", path);
        close(fd);
        return failed;
    }
    int64_t size = st.st_size;
    char *buffer = mem_alloc(FINGERPRINT_PIECE);
    enum err_code code = ERR_NONE;
    sha256_init(&hash);
    snprintf(size_text, sizeof(size_text), "%lld:", (long long)size);
    sha256_update(&hash, size_text, strlen(size_text));
    if (size <= FINGERPRINT_WHOLE_MAX) {
        code = hash_range(&hash, fd, path, 0, size, buffer, cancel, err);
    } else {
        int64_t step = (size - (int64_t)FINGERPRINT_PIECE) / (FINGERPRINT_PIECES - 1);
        for (int64_t i = 0; i < FINGERPRINT_PIECES && code == ERR_NONE; i++) {
            int64_t offset = i == FINGERPRINT_PIECES - 1 ? size - (int64_t)FINGERPRINT_PIECE : i * step;
            code = hash_range(&hash, fd, path, offset, (int64_t)FINGERPRINT_PIECE, buffer, cancel, err);
        }
    }
    free(buffer);
    close(fd);
    if (code != ERR_NONE)
        return code;
    sha256_final(&hash, digest);
    sha256_hex(digest, hex);
    return ERR_NONE;
}

// ---- files

static enum err_code check_file(const char *given, const char *path, struct err *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set_errno(err, errno, "%s cannot be read", given);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is a folder: name a video file in it", given);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is no regular file: save the video to a file first", given);
    if (st.st_size == 0)
        return err_set(err, ERR_INVALID, "%s is empty", given);
    return ERR_NONE;
}

static enum err_code resolve_file(
    const char *given, const char *path, struct cancel *cancel, struct source *source, struct err *err)
{
    char real[PATH_MAX];
    if (realpath(path, real) == NULL)
        return errno == ENOENT || errno == ENOTDIR ? err_set(err, ERR_NOT_FOUND, "there is no file %s", given)
                                                   : err_set_errno(err, errno, "%s cannot be read", given);
    enum err_code code = check_file(given, real, err);
    if (code == ERR_NONE)
        code = source_fingerprint(real, cancel, source->sha256, err);
    if (code != ERR_NONE)
        return code;
    struct strbuf canonical;
    strbuf_init(&canonical);
    strbuf_adds(&canonical, "file://");
    source_url_encode_path(real, &canonical);
    strbuf_addf(&canonical, FINGERPRINT_MARK "%s", source->sha256);
    if (canonical.size >= sizeof(source->canonical) || strlen(real) >= sizeof(source->path))
        code = err_set(err, ERR_INVALID, "%.100s… is too long for a source", given);
    else
        memcpy(source->canonical, canonical.data, canonical.size + 1);
    strbuf_release(&canonical);
    if (code != ERR_NONE)
        return code;
    source->kind = SOURCE_FILE;
    snprintf(source->path, sizeof(source->path), "%s", real);
    const char *slash = strrchr(real, '/');
    plain_text_copy(source->name, sizeof(source->name), slash != NULL ? slash + 1 : real);
    return ERR_NONE;
}

// file:///path, file://localhost/path and file:/path (RFC 8089).
static enum err_code file_url_path(const char *url, char path[META_SOURCE_SIZE], struct err *err)
{
    const char *rest = url + strlen("file:");
    if (strncmp(rest, "//", 2) == 0) {
        rest += 2;
        if (strncasecmp(rest, "localhost/", 10) == 0)
            rest += 9;
        else if (rest[0] != '/')
            return err_set(err, ERR_INVALID, "%.200s names another machine: only files of this one can be read", url);
    }
    if (rest[0] != '/' || !source_url_decode(rest, strcspn(rest, "?#"), path, META_SOURCE_SIZE))
        return err_set(err, ERR_INVALID, "%.200s is no address of a file: write file:///path", url);
    return ERR_NONE;
}

// ---- all kinds

// "scheme:" of an address with an authority, or "file:"; 0 for a path. "a:b.mp4" is a file.
static size_t scheme_length(const char *text)
{
    size_t n = 0;
    if (!isalpha((unsigned char)text[0]))
        return 0;
    while (isalnum((unsigned char)text[n]) || text[n] == '+' || text[n] == '-' || text[n] == '.')
        n++;
    if (text[n] != ':')
        return 0;
    if (strncmp(text + n, "://", 3) == 0 || (n == 4 && strncasecmp(text, "file", 4) == 0))
        return n;
    return 0;
}

static bool scheme_is(const char *text, size_t length, const char *scheme)
{
    return length == strlen(scheme) && strncasecmp(text, scheme, length) == 0;
}

enum err_code source_resolve(const char *text, bool remote, bool allow_local_files, struct cancel *cancel,
    struct source *source, struct err *err)
{
    *source = (struct source){0};
    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_INVALID, "no source was given: name a video file or an address (http, https)");
    if (strlen(text) >= META_SOURCE_SIZE)
        return err_set(err, ERR_INVALID, "the source is longer than %d bytes", META_SOURCE_SIZE - 1);
    size_t scheme = scheme_length(text);
    if (scheme_is(text, scheme, "http") || scheme_is(text, scheme, "https")) {
        source->kind = SOURCE_URL;
        return source_url_normalise(text, source->canonical, source->name, err);
    }
    if (scheme > 0 && !scheme_is(text, scheme, "file"))
        return err_set(err, ERR_INVALID, "\"%.*s\" addresses are not supported: use a file, http or https",
            (int)(scheme < 30 ? scheme : 30), text);
    if (remote && !allow_local_files)
        return err_set(err, ERR_DENIED,
            "this server does not read files of its own machine for its clients: upload the video, or give an http or "
            "https address");
    if (scheme == 0)
        return resolve_file(text, text, cancel, source, err);
    char path[META_SOURCE_SIZE];
    enum err_code code = file_url_path(text, path, err);
    return code == ERR_NONE ? resolve_file(text, path, cancel, source, err) : code;
}

enum err_code source_parse_canonical(const char *canonical, struct source *source, struct err *err)
{
    *source = (struct source){0};
    snprintf(source->canonical, sizeof(source->canonical), "%s", canonical);
    if (strncmp(canonical, "http://", 7) == 0 || strncmp(canonical, "https://", 8) == 0) {
        source->kind = SOURCE_URL;
        return ERR_NONE;
    }
    if (strncmp(canonical, UPLOAD_PREFIX, strlen(UPLOAD_PREFIX)) == 0 && is_sha256(canonical + strlen(UPLOAD_PREFIX))) {
        source->kind = SOURCE_UPLOAD;
        memcpy(source->sha256, canonical + strlen(UPLOAD_PREFIX), SHA256_HEX_SIZE);
        return ERR_NONE;
    }
    const char *mark = strstr(canonical, FINGERPRINT_MARK);
    if (strncmp(canonical, "file:///", 8) == 0 && mark != NULL && is_sha256(mark + strlen(FINGERPRINT_MARK)) &&
        source_url_decode(canonical + 7, (size_t)(mark - canonical) - 7, source->path, sizeof(source->path))) {
        source->kind = SOURCE_FILE;
        memcpy(source->sha256, mark + strlen(FINGERPRINT_MARK), SHA256_HEX_SIZE);
        const char *slash = strrchr(source->path, '/');
        plain_text_copy(source->name, sizeof(source->name), slash != NULL ? slash + 1 : source->path);
        return ERR_NONE;
    }
    return err_set(err, ERR_CORRUPT, "\"%.100s\" is no source as it is stored", canonical);
}

bool source_is_upload(const char *canonical)
{
    return strncmp(canonical, UPLOAD_PREFIX, strlen(UPLOAD_PREFIX)) == 0;
}

void source_make_upload(const char *sha256, const char *file_name, struct source *source)
{
    *source = (struct source){.kind = SOURCE_UPLOAD};
    snprintf(source->sha256, sizeof(source->sha256), "%s", sha256);
    snprintf(source->canonical, sizeof(source->canonical), UPLOAD_PREFIX "%s", source->sha256);
    plain_text_copy(
        source->name, sizeof(source->name), file_name != NULL && file_name[0] != '\0' ? file_name : "upload");
}
