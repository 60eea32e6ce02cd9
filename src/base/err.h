// Errors: a code for programs, a sentence for the person who meets it.
//
// Fallible functions return `enum err_code` and fill the caller's `struct err` (which may be NULL when the caller does
// not want the sentence). Nothing here allocates, so an error can be reported when memory is short. Messages are cut at
// ERR_MESSAGE_MAX bytes, at a character's border. Thread rule: an `err` belongs to one thread at a time.
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#define ERR_MESSAGE_MAX 512
#define ERR_FIELD_MAX 64

// Few, because each has one meaning everywhere: one place maps them to HTTP status, exit status, retry and
// dead-lettering.
enum err_code {
    ERR_NONE = 0,
    ERR_NOT_FOUND,   // the thing named does not exist
    ERR_CONFLICT,    // it exists already, or somebody else changed or holds it
    ERR_INVALID,     // the input is wrong; trying again with the same input is of no use
    ERR_UNAVAILABLE, // a server, disk or device does not answer; trying again later may help
    ERR_FULL,      // a disk or store of ours has no room: nothing is wrong with the work, which goes on where there is
    ERR_TIMEOUT,   // the deadline passed
    ERR_CANCELLED, // somebody asked to stop
    ERR_LIMIT,     // a stated maximum would be exceeded
    ERR_CORRUPT,   // stored or received bytes are not what they should be
    ERR_DENIED,    // not permitted: a missing token, a forbidden address
    ERR_INTERNAL,  // a defect of this program, or of a library under it
};

struct err {
    enum err_code code;
    char message[ERR_MESSAGE_MAX];
    char field[ERR_FIELD_MAX]; // of what was asked for, the field that is wrong; "" for none
};

#define ERR_INIT ((struct err){0})

#define ERR_MUST_CHECK __attribute__((warn_unused_result))

// Sets the code and the formatted sentence, and returns the code, so that `return err_set(err, …)` reads well.
enum err_code err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum err_code err_setv(struct err *err, enum err_code code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

// What is said of a full disk or quota everywhere, behind what could not be stored: what it is, and what to do.
#define ERR_FULL_WORDS "the disk is full; free some space and try again"

// Sets code and sentence from errno: "<formatted>: <strerror>", or ERR_FULL_WORDS for the latter. The code follows from
// errno (ENOENT: not found, ENOSPC and EDQUOT: full, EMFILE and EIO: unavailable, EACCES, EPERM and EROFS: denied,
// EEXIST: conflict, else internal).
enum err_code err_set_errno(struct err *err, int errno_value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Puts "<formatted>: " before the sentence that is there, keeping the code; returns the code.
enum err_code err_context(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Says which field of the request, form or document `code` is about, so that it can be shown there; the last word
// counts, so callers can use the name that the outside knows. Setting an error anew forgets it; context keeps it. NULL:
// none.
void err_name_field(struct err *err, const char *field);
// The same for an outcome, which is handed through: `code = err_of_field(err, set_chunk(…, err), "chunk_seconds")`.
static inline enum err_code err_of_field(struct err *err, enum err_code code, const char *field)
{
    if (code != ERR_NONE)
        err_name_field(err, field);
    return code;
}

// The static analyzer does not look into err.c: without these it believes that an error may be returned as ERR_NONE.
#if defined(__clang_analyzer__) && !defined(ERR_IMPLEMENTATION)
#define err_set(err, code, ...) ((void)err_set(err, code, __VA_ARGS__), (code))
#define err_set_errno(err, errno_value, ...) ((void)err_set_errno(err, errno_value, __VA_ARGS__), ERR_INTERNAL)
#define err_context(err, ...) ((void)err_context(err, __VA_ARGS__), ERR_INTERNAL)
#endif

void err_clear(struct err *err);

// The code's name for logs and JSON: "not_found", "conflict", …
const char *err_code_name(enum err_code code);
// ERR_INTERNAL for a name that is none.
enum err_code err_code_from_name(const char *name);
// The HTTP status a code is answered with: 404, 409, 400, 503, 507, 504, 499, 413, 500, 403, 500.
int err_http_status(enum err_code code);
// Whether the same work may succeed when it is tried again later.
bool err_is_retryable(enum err_code code);
