// An S3 server for tests, in memory, that misbehaves as told. It knows what the blob store asks for and nothing else,
// and looks at no signature: that is for real servers (tests/live). Safe from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct s3_server;

enum s3_fault_kind {
    S3_FAULT_STATUS,      // answers with the status and code, and does nothing
    S3_FAULT_CLOSE,       // closes the connection instead of answering, and does nothing
    S3_FAULT_LOSE_ANSWER, // does what was asked, then closes the connection
    S3_FAULT_CUT_BODY,    // sends half of the answer's body, then closes the connection
    S3_FAULT_SHORT_BODY,  // says that half of the body is all of it
    S3_FAULT_SILENCE,     // says nothing until the client goes
    S3_FAULT_LATE_ERROR,  // status 200 with an error's document
};

struct s3_fault {
    enum s3_fault_kind kind;
    const char *method; // "PUT"; NULL: any
    const char *target; // a part of the request's path and query; NULL: any
    int skip;           // so many that match go well before
    int times;          // then so many fail; -1: all
    int status;
    const char *code;    // of the error's document; NULL: no document
    const char *headers; // further lines, each with its end; may be NULL
    const char *extra;   // further elements of the document; may be NULL
};

struct s3_server *s3_server_start(const char *bucket);
void s3_server_stop(struct s3_server *server); // NULL is harmless
const char *s3_server_url(const struct s3_server *server);

// Replaces what was told before; NULL: behaves. The texts are borrowed.
void s3_server_fault(struct s3_server *server, const struct s3_fault *fault);
// So many keys a page at most, whatever is asked for.
void s3_server_page_size(struct s3_server *server, int keys);
// Requests whose method and target match so far ("" and NULL: any).
int s3_server_count(struct s3_server *server, const char *method, const char *target);
int s3_server_uploads(struct s3_server *server); // that were begun and not ended
// Puts an object past the blob store.
void s3_server_put(struct s3_server *server, const char *key, const char *text);
// The bytes of an object, to be freed; NULL if it is not there.
char *s3_server_get(struct s3_server *server, const char *key, size_t *size);
// The last header of that name that came, "" if none; valid until the next call.
const char *s3_server_header(struct s3_server *server, const char *name);
