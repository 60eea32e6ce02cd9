#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_server_internal.h"

// How long `next` may wait at a time: so long may a client that left go unnoticed.
#define WAIT_MS 500
#define BLOCK_BYTES 16384
#define KEEP_ALIVE_DEFAULT_MS 15000

struct streaming {
    struct http_server *server;
    struct http_stream stream;
    struct cancel *cancel;
    int fd;
    bool is_events;
    int64_t keep_alive_ms;
    int64_t sent_ms;
    struct strbuf pending;
    size_t taken; // of pending
    bool ended;
};

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

static bool client_has_left(const struct streaming *streaming)
{
    struct pollfd polled = {.fd = streaming->fd, .events = POLLRDHUP};
    return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLERR | POLLHUP | POLLRDHUP)) != 0;
}

// Gets the next bytes into `pending`; returns at once when there is a reason to look around.
static void refill(struct streaming *streaming)
{
    strbuf_reset(&streaming->pending);
    streaming->taken = 0;
    int64_t wait_ms = WAIT_MS;
    int64_t quiet_ms = now_ms() - streaming->sent_ms;
    if (streaming->is_events && streaming->keep_alive_ms - quiet_ms < wait_ms)
        wait_ms = streaming->keep_alive_ms > quiet_ms ? streaming->keep_alive_ms - quiet_ms : 0;
    if (!streaming->stream.next(streaming->stream.arg, wait_ms, streaming->cancel, &streaming->pending))
        streaming->ended = true;
    bool is_quiet = now_ms() - streaming->sent_ms >= streaming->keep_alive_ms;
    if (streaming->is_events && streaming->pending.size == 0 && is_quiet && !streaming->ended)
        strbuf_adds(&streaming->pending, ":\n\n");
}

static bool ends_well(const struct streaming *streaming)
{
    if (streaming->stream.is_whole == NULL)
        return true;
    return streaming->ended && streaming->stream.is_whole(streaming->stream.arg);
}

static ssize_t give(void *arg, uint64_t position, char *out, size_t most)
{
    struct streaming *streaming = arg;
    (void)position;
    for (;;) {
        size_t left = streaming->pending.size - streaming->taken;
        if (left > 0) {
            size_t n = left < most ? left : most;
            memcpy(out, streaming->pending.data + streaming->taken, n);
            streaming->taken += n;
            streaming->sent_ms = now_ms();
            return (ssize_t)n;
        }
        if (streaming->ended || cancel_requested(streaming->cancel))
            return ends_well(streaming) ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
        if (client_has_left(streaming))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        refill(streaming);
    }
}

static void streaming_free(void *arg)
{
    struct streaming *streaming = arg;
    if (streaming->stream.release != NULL)
        streaming->stream.release(streaming->stream.arg);
    if (streaming->is_events)
        atomic_fetch_sub(&streaming->server->event_streams, 1);
    strbuf_release(&streaming->pending);
    free(streaming);
}

struct MHD_Response *http_stream_response(struct http_response *response)
{
    struct http_request *request = response->request;
    struct streaming *streaming = mem_calloc(1, sizeof(*streaming));
    streaming->stream = response->stream;
    streaming->cancel = request->server->streams_cancel;
    streaming->server = request->server;
    streaming->is_events = response->is_events;
    if (streaming->is_events)
        atomic_fetch_add(&request->server->event_streams, 1);
    streaming->keep_alive_ms = response->keep_alive_ms > 0 ? response->keep_alive_ms : KEEP_ALIVE_DEFAULT_MS;
    streaming->sent_ms = now_ms();
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    streaming->fd = info != NULL ? info->connect_fd : -1;
    strbuf_init(&streaming->pending);
    // A first byte at once makes browsers report that the stream is open.
    if (response->is_events && response->retry_ms > 0)
        strbuf_addf(&streaming->pending, "retry: %lld\n\n", (long long)response->retry_ms);
    else if (response->is_events)
        strbuf_adds(&streaming->pending, ":\n\n");
    struct MHD_Response *made =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, give, streaming, streaming_free);
    if (made == NULL)
        streaming_free(streaming);
    return made;
}

static void add_field(struct strbuf *out, const char *name, const char *value)
{
    // A line break would end the field and begin another.
    strbuf_addf(out, "%s: ", name);
    for (; *value != '\0'; value++) {
        if (*value != '\n' && *value != '\r')
            strbuf_addc(out, *value);
    }
    strbuf_addc(out, '\n');
}

void http_event_append(struct strbuf *out, const char *id, const char *event, const char *data)
{
    if (id != NULL)
        add_field(out, "id", id);
    if (event != NULL)
        add_field(out, "event", event);
    for (;;) {
        size_t length = strcspn(data, "\r\n");
        strbuf_adds(out, "data: ");
        strbuf_add(out, data, length);
        strbuf_addc(out, '\n');
        data += length;
        if (*data == '\0')
            break;
        data += data[0] == '\r' && data[1] == '\n' ? 2 : 1;
    }
    strbuf_addc(out, '\n');
}
