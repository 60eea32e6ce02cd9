// An HTTP client: calls with deadlines, limits, retries and cancel, and downloads that resume.
//
// A client keeps connections and is shared by all threads. URLs are http or https only. Certificates are verified.
// Every answer is a success whatever its status; http_answer_check() turns a status into an error's sentence. Codes:
// ERR_INVALID (the URL, a redirect loop), ERR_DENIED (a forbidden address), ERR_UNAVAILABLE (host, connection, TLS),
// ERR_TIMEOUT, ERR_CANCELLED, ERR_LIMIT (larger than allowed). Sentences show URLs without credentials and query.
//
// Address guard: a client made without `allow_private` refuses every address that is not public (address_guard.h).
// Proxies: a client with `allow_private` honours http_proxy, https_proxy, all_proxy and no_proxy, as curl does. A
// guarded one ignores them, because a proxy resolves names where the guard cannot see; if `proxy` is set explicitly it
// is used, and then it is the proxy that must refuse private addresses: the guard still refuses literal ones.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/http.h"
#include "net/retry.h"
#include "os/cancel.h"

struct http_client;

struct http_client_options {
    bool allow_private;
    const char *proxy;          // "http://host:port"; NULL: as said above; "": none
    const char *user_agent;     // NULL: "framehound/<version>"
    const char *ca_file;        // NULL: the system's
    int64_t connect_timeout_ms; // 0: 10 s
    size_t idle_connections;    // kept for reuse, in all; 0: 16
    struct log *log;            // NULL: none
    struct metrics *metrics;    // NULL: none
};

enum err_code http_client_new(
    const struct http_client_options *options, struct http_client **out, struct err *err) ERR_MUST_CHECK;
// No call may be running.
void http_client_free(struct http_client *client);

struct http_call {
    enum http_method method;
    const char *url;
    const struct http_header *headers; // sent as they are; Authorization, Cookie and *-Key go to the first host only
    size_t header_count;
    const void *body; // sent if body_size > 0, or for POST and PUT
    size_t body_size;
    int body_fd; // > 0: the body is body_size bytes of this file from body_offset on, instead
    uint64_t body_offset;
    int64_t timeout_ms;          // for all attempts together; 0: 60 s
    int64_t low_speed_ms;        // give up when nearly nothing (< low_speed_bytes a second) comes for so long; 0: 30 s
    uint64_t low_speed_bytes;    // a second; 0: 1
    uint64_t answer_limit_bytes; // 0: 16 MiB
    int redirects;               // followed at most, for GET and HEAD only; 0: none
    // NULL: no retries. Else failures to connect, broken connections and statuses 429, 500, 502, 503, 504 are retried,
    // for methods that may be repeated (not POST and PATCH, unless `repeatable`), honouring Retry-After.
    const struct retry_policy *retry;
    bool repeatable;
    // Without `retry`: a body that was sent is never sent again, also not where a kept connection turns out to have
    // ended; else that is done unseen.
    bool once;
    bool path_as_is; // send the path exactly as given: for signed requests
    // Gets the body of a 2xx answer piece by piece instead of memory; another code than ERR_NONE ends the call with it.
    // With retries, `restart` is called before a body is sent again from its beginning; without it, a call that has
    // delivered bytes is not repeated.
    enum err_code (*on_body)(void *arg, const void *bytes, size_t size, struct err *err);
    void (*restart)(void *arg);
    void *body_arg;
};

struct http_answer {
    int status;
    struct http_header *headers; // names in lower case; of the last answer
    size_t header_count;
    char *body; // NUL-terminated, never NULL
    size_t body_size;
    char *url; // where it came from in the end
    int attempts;
    int64_t retry_after_ms; // what the server asked for; 0 if nothing
    // Of a call that failed: trying again cannot mend it (an untrusted certificate, a forbidden address, a callback's
    // error).
    bool is_final;
    bool lacks_tls; // of a call that failed, and finally: it was for a server over TLS, and this one speaks none
};

// The answer is to be released in any case. It has its status and headers also where `on_body` ended it.
enum err_code http_client_send(struct http_client *client, const struct http_call *call, struct cancel *cancel,
    struct http_answer *answer, struct err *err) ERR_MUST_CHECK;
void http_answer_release(struct http_answer *answer);
// NULL if there is none. The name in lower case.
const char *http_answer_header(const struct http_answer *answer, const char *name);
// ERR_NONE for 2xx; else a sentence with the status, and the detail of a problem document if the body is one. 404 and
// 410: ERR_NOT_FOUND; 401 and 403: ERR_DENIED; 409 and 412: ERR_CONFLICT; 408 and 504: ERR_TIMEOUT; 413: ERR_LIMIT;
// 429 and other 5xx: ERR_UNAVAILABLE; else ERR_INVALID.
enum err_code http_answer_check(const struct http_answer *answer, const char *url, struct err *err) ERR_MUST_CHECK;
// Whether it is that of a server over TLS which was asked in the clear: Go's, nginx and Apache say so, in words only.
bool http_answer_wants_tls(const struct http_answer *answer);

struct http_download {
    const char *url;
    const struct http_header *headers;
    size_t header_count;
    const char *path;     // written as "<path>.part", renamed when complete
    uint64_t limit_bytes; // > 0; looked at before (Content-Length) and while loading
    int64_t timeout_ms;   // for all of it; 0: 1 h
    int64_t low_speed_ms; // 0: 30 s below low_speed_bytes a second; 0: 1
    uint64_t low_speed_bytes;
    int redirects;                    // 0: 10
    const struct retry_policy *retry; // NULL: RETRY_POLICY_DEFAULT; progress starts the count anew
    // Continues "<path>.part" of an earlier try if the server says (ETag, Last-Modified) that it still is the same.
    bool resume;
    // `total_bytes` 0: not known. On the caller's thread, a few times a second at most.
    void (*on_progress)(void *arg, uint64_t done_bytes, uint64_t total_bytes);
    void *progress_arg;
};

struct http_downloaded {
    uint64_t size_bytes;
    uint64_t resumed_bytes; // that were there already
    char content_type[128]; // "" if not said
    char file_name[256];    // from Content-Disposition or the URL's last segment; "" if neither; not safe as a path
    bool time_is_up;        // of ERR_TIMEOUT: timeout_ms left no room for another try; else it was the server's silence
};

// On error the part stays where resuming can use it, and is removed where it cannot (limit, not found, other content).
enum err_code http_client_download(struct http_client *client, const struct http_download *download,
    struct cancel *cancel, struct http_downloaded *result, struct err *err) ERR_MUST_CHECK;
