// The byte side of a source: one regular file or a piece of memory, nothing else.
#include "media/source_io.h"

#include <errno.h>
#include <fcntl.h>
#include <libavutil/common.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "media/ts_watch.h"

#define IO_BUFFER_BYTES (256 * 1024)

static ssize_t copy_bytes(const struct media_source *source, int64_t offset, uint8_t *buffer, size_t size)
{
    if (source->data != NULL) {
        memcpy(buffer, source->data + offset, size);
        return (ssize_t)size;
    }
    ssize_t got;
    do {
        got = pread(source->fd, buffer, size, offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static int read_bytes(void *opaque, uint8_t *buffer, int size)
{
    struct media_source *source = opaque;
    if (cancel_requested(source->cancel))
        return AVERROR_EXIT;
    int64_t left = source->end - source->position;
    if (left <= 0)
        return AVERROR_EOF;
    ssize_t got = copy_bytes(source, source->position, buffer, (size_t)(size < left ? size : left));
    if (got < 0)
        return AVERROR(errno);
    if (source->watch != NULL) {
        ts_watch_feed(source->watch, source->position, buffer, (size_t)got);
        source->end = FFMIN(source->end, ts_watch_end(source->watch));
        got = FFMIN(got, source->end - source->position);
    }
    if (got <= 0)
        return AVERROR_EOF;
    source->position += got;
    source->bytes_read += got;
    return (int)got;
}

int64_t source_io_read_at(const struct media_source *source, int64_t offset, uint8_t *buffer, int64_t size)
{
    int64_t left = source->size - offset;
    if (offset < 0 || left <= 0)
        return 0;
    ssize_t got = copy_bytes(source, offset, buffer, (size_t)(size < left ? size : left));
    return got > 0 ? got : 0;
}

static int64_t seek_bytes(void *opaque, int64_t offset, int whence)
{
    struct media_source *source = opaque;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return source->end - source->begin;
    case SEEK_SET:
        break;
    case SEEK_CUR:
        offset += source->position - source->begin;
        break;
    case SEEK_END:
        offset += source->end - source->begin;
        break;
    default:
        return AVERROR(EINVAL);
    }
    // Demuxers take an offset past the end as the end, and go on with what comes next in their index.
    if (offset < 0 || offset > source->end - source->begin)
        return AVERROR_EOF;
    source->position = source->begin + offset;
    return offset;
}

static enum err_code open_file(struct media_source *source, const char *path, struct err *err)
{
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (source->fd < 0)
        return err_set_errno(err, errno, "cannot open %s", path);
    struct stat st;
    if (fstat(source->fd, &st) != 0)
        return err_set_errno(err, errno, "cannot look at %s", path);
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is a directory, not a video file", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is no regular file", path);
    if (st.st_size == 0)
        return err_set(err, ERR_INVALID, "the file is empty (0 bytes)");
    source->size = st.st_size;
    return ERR_NONE;
}

static void close_io(struct media_source *source)
{
    if (source->io != NULL)
        av_freep(&source->io->buffer);
    avio_context_free(&source->io);
}

enum err_code source_io_rewind(struct media_source *source, struct err *err)
{
    close_io(source);
    source->position = source->bytes_read = source->begin;
    uint8_t *buffer = av_malloc(IO_BUFFER_BYTES);
    if (buffer != NULL)
        source->io = avio_alloc_context(buffer, IO_BUFFER_BYTES, 0, source, read_bytes, NULL, seek_bytes);
    if (source->io == NULL) {
        av_free(buffer);
        return err_set(err, ERR_UNAVAILABLE, "out of memory");
    }
    return ERR_NONE;
}

enum err_code source_io_open(struct media_source *source, const struct media_input *input, struct err *err)
{
    source->fd = -1;
    if (input->data != NULL) {
        if (input->size == 0)
            return err_set(err, ERR_INVALID, "the file is empty (0 bytes)");
        source->data = input->data;
        source->size = (int64_t)input->size;
    } else {
        enum err_code code = open_file(source, input->path, err);
        if (code != ERR_NONE)
            return code;
    }
    source->end = source->size;
    return source_io_rewind(source, err);
}

void source_io_close(struct media_source *source)
{
    close_io(source);
    ts_watch_free(source->watch);
    source->watch = NULL;
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}
