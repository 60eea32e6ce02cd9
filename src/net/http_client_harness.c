#include "net/http_client_harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/test.h"
#include "os/thread.h"

const struct retry_policy quick = {.attempts = 4, .first_delay_ms = 1, .most_delay_ms = 2};

static void serve_one(struct script *script, int fd)
{
    size_t size = 0;
    char *request = script->last_request;
    request[0] = '\0';
    while (size + 1 < sizeof(script->last_request) && strstr(request, "\r\n\r\n") == NULL &&
        !(script->answers_anything && size > 0)) {
        ssize_t got = recv(fd, request + size, sizeof(script->last_request) - 1 - size, 0);
        if (got <= 0)
            return;
        size += (size_t)got;
        request[size] = '\0';
    }
    int n = atomic_fetch_add(&script->served, 1);
    int last = 0;
    while (script->answers[last + 1] != NULL)
        last++;
    const char *text = script->answers[n < last ? n : last];
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        return;
    size_t length = n == 0 && script->cut_after > 0 ? script->cut_after : script->body_size;
    for (size_t sent = n > 0 ? script->cut_after : 0; sent < length;) {
        ssize_t more = send(fd, script->body + sent, length - sent, MSG_NOSIGNAL);
        if (more <= 0)
            return;
        sent += (size_t)more;
    }
}

static void serve(void *arg)
{
    struct script *script = arg;
    int fd;
    while ((fd = accept4(script->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        serve_one(script, fd);
        close(fd);
    }
}

void script_start(struct script *script)
{
    struct err err = ERR_INIT;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    script->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(script->listening, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(script->listening, 8), 0);
    assert_int_equal(getsockname(script->listening, (struct sockaddr *)&address, &size), 0);
    script->port = ntohs(address.sin_port);
    assert_ok(thread_start("script", serve, script, &script->thread, &err), &err);
}

void script_stop(struct script *script)
{
    shutdown(script->listening, SHUT_RDWR);
    thread_join(script->thread);
    close(script->listening);
}

char *url_at(uint16_t port, const char *path)
{
    static char urls[4][256];
    static int next;
    char *url = urls[next++ % 4];
    snprintf(url, sizeof(urls[0]), "http://127.0.0.1:%u%s", (unsigned)port, path);
    return url;
}

struct http_client *client_make(bool allow_private)
{
    struct err err = ERR_INIT;
    struct http_client *client = NULL;
    assert_ok(http_client_new(&(struct http_client_options){.allow_private = allow_private}, &client, &err), &err);
    return client;
}
