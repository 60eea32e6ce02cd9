#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ingest/fetch_internal.h"
#include "net/http_client.h"
#include "os/file.h"

#define REDIRECTS_MAX 10
#define LOOK_TIMEOUT_MS 30000
#define LOOK_BYTES 512

enum err_code fetch_url_open(struct fetch *fetch, struct err *err)
{
    struct http_client_options options = {.log = fetch->log};
    enum err_code code = http_client_new(&options, &fetch->guarded, err);
    options.allow_private = true;
    if (code == ERR_NONE)
        code = http_client_new(&options, &fetch->free, err);
    return code;
}

void fetch_url_close(struct fetch *fetch)
{
    http_client_free(fetch->guarded);
    http_client_free(fetch->free);
}

// ---- file or page

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

// Whether a content type says that it is no video but something for a browser.
static bool is_page_type(const char *content_type)
{
    return has_prefix(content_type, "text/html") || has_prefix(content_type, "application/xhtml+xml");
}

// Servers that do not know better call videos plain text or octets, and some call pages nothing at all.
static bool looks_like_page(const char *content_type, const char *body, size_t size)
{
    if (is_page_type(content_type))
        return true;
    if (content_type[0] != '\0' && !has_prefix(content_type, "text/") &&
        !has_prefix(content_type, "application/octet-stream"))
        return false;
    size_t at = 0;
    while (at < size && isspace((unsigned char)body[at]))
        at++;
    return size - at > 14 && (has_prefix(body + at, "<!doctype html") || has_prefix(body + at, "<html"));
}

// Playlists name the addresses of their pieces; what fetches those must be guarded too, and knows the format.
static bool is_playlist_type(const char *content_type)
{
    return has_prefix(content_type, "application/vnd.apple.mpegurl") ||
        has_prefix(content_type, "application/x-mpegurl") || has_prefix(content_type, "audio/mpegurl") ||
        has_prefix(content_type, "application/dash+xml");
}

struct beginning {
    char bytes[LOOK_BYTES + 1];
    size_t size;
};

static enum err_code keep_beginning(void *arg, const void *bytes, size_t size, struct err *err)
{
    struct beginning *beginning = arg;
    size_t room = LOOK_BYTES - beginning->size;
    size_t take = size < room ? size : room;
    memcpy(beginning->bytes + beginning->size, bytes, take);
    beginning->size += take;
    // Enough is known; the rest is loaded by the download.
    return beginning->size == LOOK_BYTES ? err_set(err, ERR_LIMIT, "enough") : ERR_NONE;
}

static enum err_code look_at(
    struct http_client *client, const char *url, struct cancel *cancel, bool *page, struct err *err)
{
    struct beginning beginning = {.size = 0};
    struct http_answer answer = {0};
    const struct http_header range = {.name = "Range", .value = "bytes=0-511"};
    // Not repeated here: the queue brings the video back after a while.
    const struct http_call call = {.method = HTTP_GET,
        .url = url,
        .headers = &range,
        .header_count = 1,
        .timeout_ms = LOOK_TIMEOUT_MS,
        .redirects = REDIRECTS_MAX,
        // Many servers know no ranges and announce the whole file, of which only the beginning is taken.
        .answer_limit_bytes = UINT64_MAX,
        .on_body = keep_beginning,
        .body_arg = &beginning};
    enum err_code code = http_client_send(client, &call, cancel, &answer, err);
    bool enough = code == ERR_LIMIT && beginning.size == LOOK_BYTES;
    if (enough) {
        err_clear(err);
        code = ERR_NONE;
    }
    // An empty file cannot give a range of itself: the download will say what it is.
    if (code == ERR_NONE && !enough && answer.status != 416)
        code = http_answer_check(&answer, url, err);
    if (code == ERR_NONE) {
        const char *type = http_answer_header(&answer, "content-type");
        type = type != NULL ? type : "";
        *page = is_playlist_type(type) || looks_like_page(type, beginning.bytes, beginning.size) ||
            (beginning.size > 7 && memcmp(beginning.bytes, "#EXTM3U", 7) == 0);
    }
    http_answer_release(&answer);
    return code;
}

// ---- direct files

struct loaded {
    const struct fetch_request *request;
    uint64_t done_bytes;
    uint64_t total_bytes; // 0: nobody said
};

static void download_progress(void *arg, uint64_t done_bytes, uint64_t total_bytes)
{
    struct loaded *loaded = arg;
    const struct fetch_request *request = loaded->request;
    loaded->done_bytes = done_bytes;
    loaded->total_bytes = total_bytes;
    if (request->progress != NULL)
        request->progress(request->context, (int64_t)done_bytes, total_bytes > 0 ? (int64_t)total_bytes : -1);
}

static enum err_code download(struct fetch *fetch, struct http_client *client, const struct fetch_request *request,
    const char *url, struct cancel *cancel, struct fetched *fetched, struct err *err)
{
    struct http_downloaded downloaded = {0};
    char shown[HTTP_URL_SHOWN_MAX];
    struct loaded loaded = {.request = request};
    if (snprintf(fetched->path, sizeof(fetched->path), "%s/download", request->dir) >= (int)sizeof(fetched->path))
        return err_set(err, ERR_INVALID, "the temporary folder's path is too long");
    const struct http_download what = {.url = url,
        .path = fetched->path,
        .limit_bytes = (uint64_t)fetch->settings.size_limit_bytes,
        .timeout_ms = fetch->settings.timeout_ms,
        .redirects = REDIRECTS_MAX,
        .resume = true,
        .on_progress = download_progress,
        .progress_arg = &loaded};
    enum err_code code = http_client_download(client, &what, cancel, &downloaded, err);
    http_url_show(url, shown);
    // What has a size goes on next time where it was; what has none begins anew, and does not end either.
    if (code == ERR_TIMEOUT && downloaded.time_is_up && loaded.done_bytes > 0 && loaded.total_bytes == 0)
        return err_set(err, ERR_LIMIT,
            "%s gave %llu bytes in the %lld s of --download-timeout and never said how many there are: a live stream "
            "has no end; for a recording, allow more time",
            shown, (unsigned long long)loaded.done_bytes, (long long)(fetch->settings.timeout_ms / 1000));
    if (code == ERR_LIMIT)
        return err_set(err, ERR_LIMIT, "%s is larger than the %lld bytes that --max-download allows", shown,
            (long long)fetch->settings.size_limit_bytes);
    if (code != ERR_NONE)
        return code;
    if (downloaded.size_bytes == 0)
        return err_set(err, ERR_INVALID, "%s is empty", shown);
    fetched->owned = true;
    fetched->size_bytes = (int64_t)downloaded.size_bytes;
    return ERR_NONE;
}

enum err_code fetch_url(struct fetch *fetch, const struct fetch_request *request, const struct source *source,
    struct cancel *cancel, struct fetched *fetched, struct err *err)
{
    struct http_client *client = request->remote ? fetch->guarded : fetch->free;
    bool page = false;
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(source->canonical, shown);
    enum err_code code = look_at(client, source->canonical, cancel, &page, err);
    if (code != ERR_NONE)
        return code;
    log_debug(fetch->log, "%s is %s", shown, page ? "a page" : "a file");
    return page ? fetch_page(fetch, request, source->canonical, cancel, fetched, err)
                : download(fetch, client, request, source->canonical, cancel, fetched, err);
}
