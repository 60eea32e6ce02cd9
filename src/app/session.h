// What client commands talk to: a running server, or an instance in this very process over a data folder.
//
// --server URL (or FRAMEHOUND_SERVER): that server. --data DIR: the server running on DIR, or none running, DIR itself.
// Neither: the server at http://127.0.0.1:8080.
#pragma once

#include <jansson.h>

#include "app/instance.h"
#include "base/err.h"
#include "base/log.h"
#include "base/options.h"
#include "base/strbuf.h"
#include "net/http_client.h"
#include "os/cancel.h"

// The settings of a command that only looks; for its tables.
#define CLIENT_TABLES                                                                                                  \
    &client_options, &data_options, &options_further, &store_options, &blob_store_options, &log_options

#define SESSION_SERVER_DEFAULT "http://127.0.0.1:8080"

struct session {
    struct http_client *client;
    struct instance *instance; // NULL when it is somebody else's server
    struct log *log;
    struct cancel *cancel; // requested by SIGINT and SIGTERM
    struct signals *signals;
    char *url;
    char *token;
    bool local;         // the server sits on this machine and takes paths of it
    int64_t timeout_ms; // of calls from now on; 0: ten minutes
    // The last call was refused by a Framehound server itself, not by what stands before it.
    bool is_told;
};

// `parts`: what an instance in this process needs; 0 for commands that only look at what is stored. `options` include
// CLIENT_TABLES, and INSTANCE_TABLES instead of the four last of them if `parts` is not 0.
enum err_code session_open(
    const struct options *options, unsigned parts, struct session *session, struct err *err) ERR_MUST_CHECK;
void session_close(struct session *session);

// One call of the HTTP interface; `path` begins with a slash. `body` (may be NULL) is sent as JSON. An answer that is
// no success is an error with the server's sentence. `answer` (may be NULL) is the JSON that came back.
enum err_code session_call(struct session *session, enum http_method method, const char *path, const json_t *body,
    json_t **answer, struct err *err) ERR_MUST_CHECK;
static inline enum err_code session_get(struct session *session, const char *path, json_t **answer, struct err *err)
{
    return session_call(session, HTTP_GET, path, NULL, answer, err);
}
// Appends an option to the query of a path, under the option's name; nothing where it is not set.
void session_add_option(struct strbuf *path, const struct options *options, const char *option);
// Sends a local file as the body, by PUT or POST.
enum err_code session_upload(struct session *session, enum http_method method, const char *path, const char *file,
    json_t **answer, struct err *err) ERR_MUST_CHECK;
// Hands over the body of an answer piece by piece, however large it is. An answer that is cut off is an error.
typedef enum err_code session_sink(void *context, const void *bytes, size_t size, struct err *err);
enum err_code session_download(
    struct session *session, const char *path, session_sink *sink, void *context, struct err *err) ERR_MUST_CHECK;
// Calls back for each item of a list over all its pages. `path` has no query, or ends in one that can be added to.
typedef enum err_code session_visit(void *context, const json_t *item, struct err *err);
enum err_code session_each(struct session *session, const char *path, const char *list, session_visit *visit,
    void *context, struct err *err) ERR_MUST_CHECK;
