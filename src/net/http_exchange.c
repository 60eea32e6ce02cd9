#include "net/http_exchange.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/address_guard.h"

// How often cancel is looked at.
#define LOOK_MS 50
#define ANSWER_LIMIT_DEFAULT ((uint64_t)16 << 20)
// Of an answer that is no success: enough for a problem document or a page that explains.
#define ERROR_BODY_MAX ((uint64_t)64 << 10)
#define HEADERS_MAX 200
#define LOW_SPEED_DEFAULT_MS 30000
#define RETRY_AFTER_MAX_MS 3600000

int64_t http_now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

bool http_status_is_retryable(int status)
{
    return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

// The parts of a URL that make its origin; false if it is none.
static bool url_split(const char *url, char **scheme, char **host, char **port)
{
    CURLU *parsed = curl_url();
    *scheme = *host = *port = NULL;
    bool good = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_SCHEME, scheme, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, host, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_PORT, port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    curl_url_cleanup(parsed);
    return good;
}

static void url_parts_free(char *scheme, char *host, char *port)
{
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
}

bool http_same_origin(const char *a, const char *b)
{
    char *a_scheme, *a_host, *a_port, *b_scheme, *b_host, *b_port;
    bool a_good = url_split(a, &a_scheme, &a_host, &a_port);
    bool b_good = url_split(b, &b_scheme, &b_host, &b_port);
    bool same = a_good && b_good && strcasecmp(a_scheme, b_scheme) == 0 && strcasecmp(a_host, b_host) == 0 &&
        strcmp(a_port, b_port) == 0;
    url_parts_free(a_scheme, a_host, a_port);
    url_parts_free(b_scheme, b_host, b_port);
    return same;
}

static bool names_this_machine(const char *host)
{
    size_t length = strlen(host);
    if (length > 0 && host[length - 1] == '.')
        length--;
    return (length == 9 && strncasecmp(host, "localhost", 9) == 0) ||
        (length > 10 && strncasecmp(host + length - 10, ".localhost", 10) == 0);
}

enum err_code http_check_url(const struct http_client *client, const char *url, struct err *err)
{
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(url, shown);
    if (strlen(url) > HTTP_URL_MAX)
        return err_set(err, ERR_INVALID, "the URL %s is longer than %d bytes", shown, HTTP_URL_MAX);
    for (const char *c = url; *c != '\0'; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7F)
            return err_set(err, ERR_INVALID, "the URL %s has a space or control character in it", shown);
    }
    char *scheme, *host, *port;
    enum err_code code = ERR_NONE;
    bool is_literal = false;
    if (!url_split(url, &scheme, &host, &port))
        code = err_set(err, ERR_INVALID, "%s is not a URL", shown);
    else if (strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0)
        code = err_set(err, ERR_INVALID, "%s: only http and https URLs are fetched", shown);
    else if (!client->allow_private &&
        ((!address_text_is_public(host, &is_literal) && is_literal) || names_this_machine(host)))
        code = err_set(err, ERR_DENIED, "%s: fetching from private addresses is not allowed", shown);
    url_parts_free(scheme, host, port);
    return code;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_exchange *exchange = arg;
    // Through a proxy that was set on purpose, it is the proxy's address that is seen here.
    bool guards =
        !exchange->client->allow_private && (exchange->client->proxy == NULL || exchange->client->proxy[0] == '\0');
    if (guards && (purpose != CURLSOCKTYPE_IPCXN || !address_is_public(&address->addr))) {
        const void *bytes = &((const struct sockaddr_in *)(const void *)&address->addr)->sin_addr;
        if (address->family == AF_INET6)
            bytes = &((const struct sockaddr_in6 *)(const void *)&address->addr)->sin6_addr;
        if (inet_ntop(address->family, bytes, exchange->refused, sizeof(exchange->refused)) == NULL)
            snprintf(exchange->refused, sizeof(exchange->refused), "unknown");
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static uint64_t answer_limit(const struct http_exchange *exchange)
{
    uint64_t limit = exchange->call->answer_limit_bytes;
    return limit > 0 ? limit : ANSWER_LIMIT_DEFAULT;
}

static bool is_success(const struct http_exchange *exchange)
{
    return exchange->answer.status >= 200 && exchange->answer.status < 300;
}

static void headers_clear(struct http_answer *answer)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        free((char *)answer->headers[i].name);
        free((char *)answer->headers[i].value);
    }
    free(answer->headers);
    answer->headers = NULL;
    answer->header_count = 0;
}

static void take_retry_after(struct http_exchange *exchange, const char *value)
{
    int64_t ms;
    if (isdigit((unsigned char)value[0]))
        ms =
            strtoll(value, NULL, 10) < RETRY_AFTER_MAX_MS / 1000 ? strtoll(value, NULL, 10) * 1000 : RETRY_AFTER_MAX_MS;
    else
        ms = ((int64_t)curl_getdate(value, NULL) - clock_wall_us(clock_system()) / 1000000) * 1000;
    if (ms > 0)
        exchange->retry_after_ms = ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
}

static void header_add(struct http_exchange *exchange, const char *line, size_t length)
{
    struct http_answer *answer = &exchange->answer;
    const char *colon = memchr(line, ':', length);
    if (colon == NULL || answer->header_count >= HEADERS_MAX)
        return;
    const char *value = colon + 1;
    const char *end = line + length;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    char *name = mem_strndup(line, (size_t)(colon - line));
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    char *copy = mem_strndup(value, (size_t)(end - value));
    answer->headers = mem_realloc_array(answer->headers, answer->header_count + 1, sizeof(*answer->headers));
    answer->headers[answer->header_count++] = (struct http_header){name, copy};
    if (strcmp(name, "retry-after") == 0)
        take_retry_after(exchange, copy);
    if (strcmp(name, "content-length") == 0 && isdigit((unsigned char)copy[0]))
        exchange->announced = strtoull(copy, NULL, 10);
}

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_exchange *exchange = arg;
    size_t length = size * count;
    // A status line begins a new head: what came before was "100 Continue" or a proxy's answer.
    if (length > 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        headers_clear(&exchange->answer);
        const char *space = memchr(bytes, ' ', length);
        exchange->answer.status = space != NULL ? atoi(space + 1) : 0;
        exchange->announced = 0;
        exchange->retry_after_ms = 0;
        return length;
    }
    header_add(exchange, bytes, length);
    return length;
}

// Ends the transfer from a callback with an error of our own.
static size_t stop(struct http_exchange *exchange, enum err_code code)
{
    exchange->stopped = code;
    return 0;
}

static enum err_code too_large(struct http_exchange *exchange, uint64_t limit)
{
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(exchange->url, shown);
    if (exchange->announced > limit)
        return err_set(exchange->err, ERR_LIMIT, "%s has %llu bytes; at most %llu are allowed", shown,
            (unsigned long long)exchange->announced, (unsigned long long)limit);
    return err_set(
        exchange->err, ERR_LIMIT, "%s is larger than the allowed %llu bytes", shown, (unsigned long long)limit);
}

static enum err_code begin_body(struct http_exchange *exchange)
{
    exchange->head_done = true;
    if (!is_success(exchange))
        return ERR_NONE;
    if (exchange->announced > answer_limit(exchange) && exchange->call->method != HTTP_HEAD)
        return too_large(exchange, answer_limit(exchange));
    return exchange->on_head != NULL ? exchange->on_head(exchange->head_arg, exchange, exchange->err) : ERR_NONE;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_exchange *exchange = arg;
    size_t length = size * count;
    enum err_code code = exchange->head_done ? ERR_NONE : begin_body(exchange);
    if (code != ERR_NONE)
        return stop(exchange, code);
    if (!is_success(exchange)) {
        uint64_t room = ERROR_BODY_MAX - exchange->body.size;
        strbuf_add(&exchange->body, bytes, length < room ? length : (size_t)room);
        return length;
    }
    if (length > answer_limit(exchange) - exchange->received)
        return stop(exchange, too_large(exchange, answer_limit(exchange)));
    exchange->received += length;
    if (exchange->call->on_body == NULL) {
        strbuf_add(&exchange->body, bytes, length);
        return length;
    }
    code = exchange->call->on_body(exchange->call->body_arg, bytes, length, exchange->err);
    return code == ERR_NONE ? length : stop(exchange, code);
}

static size_t give_body(char *out, size_t size, size_t count, void *arg)
{
    struct http_exchange *exchange = arg;
    const struct http_call *call = exchange->call;
    size_t want = size * count;
    uint64_t left = call->body_size - exchange->sent;
    if (want > left)
        want = (size_t)left;
    if (want == 0)
        return 0;
    if (call->body_fd > 0) {
        ssize_t got;
        do {
            got = pread(call->body_fd, out, want, (off_t)(call->body_offset + exchange->sent));
        } while (got < 0 && errno == EINTR);
        if (got <= 0) {
            exchange->stopped = err_set_errno(exchange->err, got < 0 ? errno : EIO, "cannot read what is to be sent");
            return CURL_READFUNC_ABORT;
        }
        want = (size_t)got;
    } else {
        memcpy(out, (const char *)call->body + exchange->sent, want);
    }
    exchange->sent += want;
    return want;
}

static int seek_body(void *arg, curl_off_t offset, int origin)
{
    struct http_exchange *exchange = arg;
    if (origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    // curl sends again by itself what was sent over a kept connection that then ended.
    if (exchange->call->once && exchange->sent > 0)
        return CURL_SEEKFUNC_FAIL;
    exchange->sent = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static bool is_credential(const char *name)
{
    static const char *const names[] = {"authorization", "cookie", "proxy-authorization"};
    static const char *const ends[] = {"-key", "-token", "-secret", "-security-token"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t end = strlen(ends[i]);
        if (length >= end && strcasecmp(name + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

static struct curl_slist *header_line(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    return longer != NULL ? longer : list;
}

// curl asks before it sends any body (Expect: 100-continue), which costs a small one as much time again as it takes; a
// server that does not answer that costs a second.
static bool is_sent_unasked(const struct http_call *call)
{
    enum { SMALL_BYTES = 1 << 20 };
    return call->body_fd <= 0 && call->body_size <= SMALL_BYTES;
}

static struct curl_slist *header_lines(const struct http_exchange *exchange)
{
    struct curl_slist *list = NULL;
    if (is_sent_unasked(exchange->call))
        list = header_line(list, "Expect:");
    for (size_t i = 0; i < exchange->call->header_count; i++) {
        const struct http_header *header = &exchange->call->headers[i];
        if (exchange->foreign && is_credential(header->name))
            continue;
        // An empty value needs the semicolon, or curl takes the line as a removal.
        char *line = header->value[0] != '\0' ? mem_sprintf("%s: %s", header->name, header->value)
                                              : mem_sprintf("%s;", header->name);
        list = header_line(list, line);
        free(line);
    }
    if (exchange->range != NULL)
        list = header_line(list, exchange->range);
    if (exchange->if_range != NULL)
        list = header_line(list, exchange->if_range);
    return list;
}

static void set_method(CURL *easy, struct http_exchange *exchange)
{
    const struct http_call *call = exchange->call;
    bool has_body = call->body_size > 0 || call->method == HTTP_POST || call->method == HTTP_PUT;
    if (call->method == HTTP_HEAD) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (has_body) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_size);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
    }
    if (call->method != HTTP_HEAD && call->method != HTTP_GET)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http_method_name(call->method));
}

static void set_up(CURL *easy, struct http_exchange *exchange, char *reason, struct curl_slist *lines)
{
    const struct http_client *client = exchange->client;
    const struct http_call *call = exchange->call;
    int64_t left_ms = exchange->end_ms - http_now_ms();
    int64_t low_ms = call->low_speed_ms > 0 ? call->low_speed_ms : LOW_SPEED_DEFAULT_MS;
    curl_easy_setopt(easy, CURLOPT_URL, exchange->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)(call->low_speed_bytes > 0 ? call->low_speed_bytes : 1));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((low_ms + 999) / 1000));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    if (client->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, client->ca_file);
    // An empty text also keeps curl from looking at the environment.
    if (client->proxy != NULL || !client->allow_private)
        curl_easy_setopt(easy, CURLOPT_PROXY, client->proxy != NULL ? client->proxy : "");
    if (call->path_as_is)
        curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    set_method(easy, exchange);
}

static enum err_code explain(struct http_exchange *exchange, CURLcode result, const char *reason, struct err *err)
{
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(exchange->url, shown);
    if (reason[0] == '\0')
        reason = curl_easy_strerror(result);
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return err_set(err, ERR_UNAVAILABLE, "%s: the host name cannot be resolved", shown);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return err_set(err, ERR_UNAVAILABLE, "%s: the proxy's name cannot be resolved", shown);
    case CURLE_COULDNT_CONNECT:
        if (exchange->refused[0] == '\0')
            return err_set(err, ERR_UNAVAILABLE, "%s: cannot connect: %s", shown, reason);
        exchange->is_final = true;
        return err_set(err, ERR_DENIED, "%s: its address %s is private; fetching from there is not allowed", shown,
            exchange->refused);
    case CURLE_OPERATION_TIMEDOUT:
        // A server in the clear may wait for the end of what it takes for a line.
        return err_set(err, ERR_TIMEOUT, "%s: %s%s", shown, reason,
            strstr(reason, "SSL connection timeout") != NULL ? ": does it speak TLS there?" : "");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        exchange->is_final = true;
        return err_set(err, ERR_UNAVAILABLE, "%s: the server's certificate cannot be trusted: %s", shown, reason);
    case CURLE_SSL_CONNECT_ERROR:
        // OpenSSL's words for bytes that are none of TLS.
        exchange->lacks_tls = exchange->is_final = strstr(reason, "wrong version number") != NULL;
        return exchange->lacks_tls
            ? err_set(err, ERR_UNAVAILABLE, "%s: it does not speak TLS there; http:// may be meant", shown)
            : err_set(err, ERR_UNAVAILABLE, "%s: no secure connection: %s", shown, reason);
    case CURLE_OUT_OF_MEMORY: // in truth its own limits of a header, which curl does not tell apart
        exchange->is_final = true;
        return err_set(err, ERR_CORRUPT, "%s: the server's answer has headers that are too large", shown);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(err, ERR_INVALID, "%s: %s", shown, reason);
    default:
        return err_set(err, ERR_UNAVAILABLE, "%s: the connection broke: %s", shown, reason);
    }
}

// Drives the transfer to its end. CURLE_ABORTED_BY_CALLBACK when cancelled.
static CURLcode drive(struct http_session *session, const struct cancel *cancel)
{
    int running = 1;
    while (running > 0) {
        if (curl_multi_perform(session->multi, &running) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        if (running == 0)
            break;
        if (cancel_requested(cancel))
            return CURLE_ABORTED_BY_CALLBACK;
        curl_multi_poll(session->multi, NULL, 0, LOOK_MS, NULL);
    }
    int left;
    const CURLMsg *message = curl_multi_info_read(session->multi, &left);
    return message != NULL ? message->data.result : CURLE_RECV_ERROR;
}

static struct http_session *session_take(struct http_client *client)
{
    pthread_mutex_lock(&client->mutex);
    struct http_session *session = client->idle;
    if (session != NULL) {
        client->idle = session->next;
        client->idle_count--;
    }
    pthread_mutex_unlock(&client->mutex);
    if (session != NULL)
        return session;
    session = mem_calloc(1, sizeof(*session));
    session->multi = curl_multi_init();
    session->easy = curl_easy_init();
    if (session->multi != NULL)
        curl_multi_setopt(session->multi, CURLMOPT_MAXCONNECTS, 4L);
    return session;
}

static void session_free(struct http_session *session)
{
    if (session->easy != NULL)
        curl_easy_cleanup(session->easy);
    if (session->multi != NULL)
        curl_multi_cleanup(session->multi);
    free(session);
}

static void session_give(struct http_client *client, struct http_session *session)
{
    pthread_mutex_lock(&client->mutex);
    bool keep = client->idle_count < client->idle_most;
    if (keep) {
        session->next = client->idle;
        client->idle = session;
        client->idle_count++;
    }
    pthread_mutex_unlock(&client->mutex);
    if (!keep)
        session_free(session);
}

static void exchange_reset(struct http_exchange *exchange)
{
    headers_clear(&exchange->answer);
    free(exchange->redirect_url);
    exchange->redirect_url = NULL;
    exchange->answer.status = 0;
    if (exchange->body.data == NULL)
        strbuf_init(&exchange->body);
    strbuf_reset(&exchange->body);
    exchange->received = exchange->announced = exchange->sent = 0;
    exchange->retry_after_ms = 0;
    exchange->is_final = exchange->lacks_tls = exchange->head_done = false;
    exchange->stopped = ERR_NONE;
    exchange->refused[0] = '\0';
}

enum err_code http_exchange_run(struct http_client *client, struct http_exchange *exchange, struct err *err)
{
    exchange_reset(exchange);
    exchange->client = client;
    exchange->err = err;
    if (exchange->end_ms <= http_now_ms())
        return err_set(err, ERR_TIMEOUT, "no time is left for the request");
    struct http_session *session = session_take(client);
    if (session->easy == NULL || session->multi == NULL) {
        session_free(session);
        return err_set(err, ERR_UNAVAILABLE, "no transfer can be set up: out of memory");
    }
    char reason[CURL_ERROR_SIZE] = "";
    struct curl_slist *lines = header_lines(exchange);
    set_up(session->easy, exchange, reason, lines);
    curl_multi_add_handle(session->multi, session->easy);
    CURLcode result = drive(session, exchange->cancel);
    char *redirect = NULL;
    curl_easy_getinfo(session->easy, CURLINFO_REDIRECT_URL, &redirect);
    exchange->redirect_url = mem_strdup(redirect);
    curl_multi_remove_handle(session->multi, session->easy);
    curl_easy_reset(session->easy);
    curl_slist_free_all(lines);
    session_give(client, session);

    if (exchange->stopped != ERR_NONE) {
        exchange->is_final = true;
        return exchange->stopped;
    }
    if (result == CURLE_ABORTED_BY_CALLBACK)
        return err_set(err, ERR_CANCELLED, "the request was cancelled");
    if (result != CURLE_OK)
        return explain(exchange, result, reason, err);
    // An answer without a body.
    enum err_code code = exchange->head_done ? ERR_NONE : begin_body(exchange);
    exchange->is_final = code != ERR_NONE;
    return code;
}

void http_exchange_release(struct http_exchange *exchange)
{
    headers_clear(&exchange->answer);
    free(exchange->redirect_url);
    strbuf_release(&exchange->body);
    exchange->redirect_url = NULL;
}
