#define ERR_IMPLEMENTATION
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int http_status;
    bool retryable;
} codes[] = {
    [ERR_NONE] = {"none", 200, false},
    [ERR_NOT_FOUND] = {"not_found", 404, false},
    [ERR_CONFLICT] = {"conflict", 409, false},
    [ERR_INVALID] = {"invalid", 400, false},
    [ERR_UNAVAILABLE] = {"unavailable", 503, true},
    [ERR_FULL] = {"full", 507, true},
    [ERR_TIMEOUT] = {"timeout", 504, true},
    [ERR_CANCELLED] = {"cancelled", 499, true},
    [ERR_LIMIT] = {"limit", 413, false},
    [ERR_CORRUPT] = {"corrupt", 500, false},
    [ERR_DENIED] = {"denied", 403, false},
    [ERR_INTERNAL] = {"internal", 500, true},
};

#define CODE_COUNT (sizeof(codes) / sizeof(codes[0]))

// A cut in the middle of a UTF-8 sequence would make the JSON that carries the sentence invalid.
static void trim_partial_utf8(char *text, size_t capacity)
{
    size_t length = strlen(text);
    if (length + 1 < capacity)
        return;
    size_t start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < want)
        text[start - 1] = '\0';
}

enum err_code err_setv(struct err *err, enum err_code code, const char *format, va_list args)
{
    if (err == NULL)
        return code;
    err->code = code;
    err->field[0] = '\0';
    vsnprintf(err->message, sizeof(err->message), format, args);
    trim_partial_utf8(err->message, sizeof(err->message));
    return code;
}

enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_setv(err, code, format, args);
    va_end(args);
    return code;
}

static enum err_code code_from_errno(int value)
{
    switch (value) {
    case ENOENT:
    case ENOTDIR:
        return ERR_NOT_FOUND;
    case EEXIST:
    case EBUSY:
        return ERR_CONFLICT;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case EINVAL:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return ERR_INVALID;
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return ERR_UNAVAILABLE;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    case EFBIG:
        return ERR_LIMIT;
    default:
        return ERR_INTERNAL;
    }
}

enum err_code err_set_errno(struct err *err, int errno_value, const char *format, ...)
{
    enum err_code code = code_from_errno(errno_value);
    va_list args;
    va_start(args, format);
    err_setv(err, code, format, args);
    va_end(args);
    if (err != NULL) {
        size_t used = strlen(err->message);
        char reason[128] = "";
        // The GNU variant: it returns the text, which need not be in the buffer.
        const char *text = code == ERR_FULL ? ERR_FULL_WORDS : strerror_r(errno_value, reason, sizeof(reason));
        snprintf(err->message + used, sizeof(err->message) - used, ": %s", text);
        trim_partial_utf8(err->message, sizeof(err->message));
    }
    return code;
}

enum err_code err_context(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return ERR_INTERNAL;
    char old[ERR_MESSAGE_MAX];
    memcpy(old, err->message, sizeof(old));
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof(err->message) - used, ": %s", old);
    trim_partial_utf8(err->message, sizeof(err->message));
    return err->code;
}

void err_name_field(struct err *err, const char *field)
{
    if (err == NULL)
        return;
    snprintf(err->field, sizeof(err->field), "%s", field != NULL ? field : "");
    trim_partial_utf8(err->field, sizeof(err->field));
}

void err_clear(struct err *err)
{
    if (err != NULL) {
        err->code = ERR_NONE;
        err->message[0] = '\0';
        err->field[0] = '\0';
    }
}

const char *err_code_name(enum err_code code)
{
    return (size_t)code < CODE_COUNT ? codes[code].name : "internal";
}

enum err_code err_code_from_name(const char *name)
{
    for (size_t i = 0; i < CODE_COUNT; i++) {
        if (strcmp(codes[i].name, name) == 0)
            return (enum err_code)i;
    }
    return ERR_INTERNAL;
}

int err_http_status(enum err_code code)
{
    return (size_t)code < CODE_COUNT ? codes[code].http_status : 500;
}

bool err_is_retryable(enum err_code code)
{
    return (size_t)code < CODE_COUNT && codes[code].retryable;
}
