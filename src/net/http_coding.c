// Answers in fewer bytes: JSON repeats its names in every entry, and lists of thousands of them go over slow lines too.
//
// What is compressed has no secret in it that is worth guessing from its size: tokens and cookies are in no body.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "base/mem.h"
#include "net/http_server_internal.h"

// Below this an answer is a packet or two anyway.
#define LEAST_BYTES 4096
// The fastest: on JSON the next ones save a few parts in a hundred for twice the time.
#define LEVEL 1
#define WINDOW_BITS_GZIP (15 + 16)
#define MEMORY_LEVEL 8

// Of one entry of the header, "name;q=0.5".
static bool has_quality(const char *entry, size_t length)
{
    for (const char *at = strchr(entry, ';'); at != NULL && at < entry + length; at = strchr(at, ';')) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "q=", 2) == 0)
            return strtod(at + 2, NULL) > 0;
    }
    return true;
}

bool http_request_accepts_coding(const struct http_request *request, const char *coding)
{
    const char *at = http_request_header(request, "Accept-Encoding");
    bool others = false;
    while (at != NULL && *at != '\0') {
        at += strspn(at, " \t,");
        size_t length = strcspn(at, ",");
        size_t name = strcspn(at, " \t;,");
        // What is said of it by its name counts, wherever it stands.
        if (name == strlen(coding) && strncasecmp(at, coding, name) == 0)
            return has_quality(at, length);
        if (name == 1 && *at == '*')
            others = has_quality(at, length);
        at += length;
    }
    return others;
}

// Bytes to be freed; NULL where nothing would be saved.
static void *gzip(const void *bytes, size_t size, size_t *made)
{
    z_stream stream = {0};
    if (size > UINT32_MAX ||
        deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    // What does not fit into less than there was is not worth it.
    unsigned char *out = mem_alloc(size);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)size;
    int result = deflate(&stream, Z_FINISH);
    *made = stream.total_out;
    deflateEnd(&stream);
    if (result == Z_STREAM_END)
        return out;
    free(out);
    return NULL;
}

void http_response_compress(struct http_response *response)
{
    bool is_json = response->type != NULL && strcmp(response->type, "application/json") == 0;
    // A validator would have to be another one for other bytes.
    if (response->kind != HTTP_BODY_MEMORY || !is_json || response->size < LEAST_BYTES || response->etag != NULL)
        return;
    http_response_header(response, "Vary", "Accept-Encoding");
    if (!http_request_accepts_coding(response->request, "gzip"))
        return;
    size_t size = 0;
    void *bytes = gzip(response->bytes, response->size, &size);
    if (bytes == NULL)
        return;
    if (!response->borrowed)
        response->release(response->bytes);
    response->bytes = bytes;
    response->size = size;
    response->release = free;
    response->borrowed = false;
    http_response_header(response, "Content-Encoding", "gzip");
}
