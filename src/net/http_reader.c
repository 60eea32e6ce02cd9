#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_server_internal.h"

// What is asked of the reader at a time: little at first, because players often leave after the beginning, and more and
// more, because each asking takes its time.
#define BLOCK_FIRST_BYTES ((size_t)256 << 10)
#define BLOCK_MOST_BYTES ((size_t)4 << 20)
// What the connection takes at a time.
#define PIECE_BYTES ((size_t)64 << 10)

struct reading {
    struct http_reader reader;
    struct log *log;
    uint64_t offset; // of what is read next, in the whole
    uint64_t left;   // to be read
    size_t block_bytes;
    char *block;
    size_t size, taken; // of the block
};

static bool refill(struct reading *reading)
{
    struct err err = ERR_INIT;
    size_t want = reading->left < reading->block_bytes ? (size_t)reading->left : reading->block_bytes;
    reading->size = reading->taken = 0;
    free(reading->block);
    reading->block = mem_alloc(want > 0 ? want : 1);
    enum err_code code =
        reading->reader.read(reading->reader.arg, reading->offset, reading->block, want, &reading->size, &err);
    if (code != ERR_NONE || reading->size == 0 || reading->size > want) {
        if (code != ERR_CANCELLED)
            log_warn(reading->log, "an answer is cut off: %s",
                code != ERR_NONE ? err.message : "its content ended too early");
        return false;
    }
    reading->offset += reading->size;
    reading->left -= reading->size;
    reading->block_bytes = reading->block_bytes * 2 < BLOCK_MOST_BYTES ? reading->block_bytes * 2 : BLOCK_MOST_BYTES;
    return true;
}

static ssize_t give(void *arg, uint64_t position, char *out, size_t most)
{
    struct reading *reading = arg;
    (void)position;
    if (reading->taken == reading->size && reading->left == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (reading->taken == reading->size && !refill(reading))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = reading->size - reading->taken < most ? reading->size - reading->taken : most;
    memcpy(out, reading->block + reading->taken, n);
    reading->taken += n;
    return (ssize_t)n;
}

static void reading_free(void *arg)
{
    struct reading *reading = arg;
    if (reading->reader.release != NULL)
        reading->reader.release(reading->reader.arg);
    free(reading->block);
    free(reading);
}

struct MHD_Response *http_reader_response(struct http_response *response)
{
    struct reading *reading = mem_calloc(1, sizeof(*reading));
    reading->reader = response->reader;
    reading->log = response->request->server->log;
    reading->offset = response->offset;
    reading->left = response->size_bytes;
    reading->block_bytes = BLOCK_FIRST_BYTES;
    struct MHD_Response *made =
        MHD_create_response_from_callback(response->size_bytes, PIECE_BYTES, give, reading, reading_free);
    if (made == NULL)
        reading_free(reading);
    return made;
}
