// Inside the HTTP client: one request and its answer on the wire, without redirects and retries. Not for other modules.
#pragma once

#include <pthread.h>

#include <curl/curl.h>

#include "base/strbuf.h"
#include "net/http_client.h"

#define HTTP_URL_MAX 8192

// A transfer handle with the connections it keeps; used by one call at a time.
struct http_session {
    CURLM *multi;
    CURL *easy;
    struct http_session *next;
};

struct http_client {
    bool allow_private;
    char *proxy;
    char *user_agent;
    char *ca_file;
    int64_t connect_timeout_ms;
    size_t idle_most;
    struct log *log;
    struct metrics *metrics;
    pthread_mutex_t mutex;
    struct http_session *idle;
    size_t idle_count;
};

struct http_exchange {
    // What is asked.
    const struct http_call *call;
    const char *url;
    bool foreign; // redirected to another origin: credentials are not sent
    int64_t end_ms;
    struct cancel *cancel;
    const char *range;    // an extra header line "Range: …"; may be NULL
    const char *if_range; // likewise
    // Called once, when the headers of a 2xx answer are complete; may be NULL.
    enum err_code (*on_head)(void *arg, const struct http_exchange *exchange, struct err *err);
    void *head_arg;

    // What came back.
    struct http_answer answer;
    struct strbuf body;
    uint64_t received;      // of the body
    uint64_t announced;     // Content-Length; 0 if not said
    int64_t retry_after_ms; // 0 if not said
    char *redirect_url;     // absolute; NULL if the answer is no redirect
    bool is_final;          // a failure that trying again cannot mend
    bool lacks_tls;         // as http_answer's

    // While it runs.
    struct http_client *client;
    uint64_t sent;
    bool head_done;
    enum err_code stopped; // why a callback ended the transfer
    struct err *err;
    char refused[64]; // the address that the guard refused
};

int64_t http_now_ms(void);
// ERR_INVALID or ERR_DENIED for a URL that is not to be asked at all.
enum err_code http_check_url(const struct http_client *client, const char *url, struct err *err) ERR_MUST_CHECK;
enum err_code http_exchange_run(
    struct http_client *client, struct http_exchange *exchange, struct err *err) ERR_MUST_CHECK;
void http_exchange_release(struct http_exchange *exchange);
// Whether two URLs have the same scheme, host and port.
bool http_same_origin(const char *a, const char *b);
// Whether the status says that the same request may succeed later.
bool http_status_is_retryable(int status);
// Follows redirects and retries. The exchange is left with the last answer.
enum err_code http_client_follow(struct http_client *client, struct http_exchange *exchange, int redirects,
    char **final_url, struct err *err) ERR_MUST_CHECK;
