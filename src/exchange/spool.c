#include "exchange/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"

#define GATHERED_MAX ((size_t)256 * 1024)

struct spool {
    int fd;
    struct strbuf text; // not in the file yet
    uint64_t written, taken;
};

// Not every file system has files without a name.
static int open_nameless(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char *path = mem_sprintf("%s/spool-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    free(path);
    return fd;
}

enum err_code spool_new(const char *dir, struct spool **spool, struct err *err)
{
    *spool = NULL;
    int fd = open_nameless(dir);
    if (fd < 0)
        return err_set_errno(err, errno, "no file can be made in %s", dir);
    struct spool *made = mem_calloc(1, sizeof(*made));
    made->fd = fd;
    strbuf_init(&made->text);
    *spool = made;
    return ERR_NONE;
}

void spool_free(struct spool *spool)
{
    if (spool == NULL)
        return;
    close(spool->fd);
    strbuf_release(&spool->text);
    free(spool);
}

struct strbuf *spool_text(struct spool *spool)
{
    return &spool->text;
}

static enum err_code write_out(struct spool *spool, struct err *err)
{
    enum err_code code = file_write_all(spool->fd, spool->text.data, spool->text.size, "a temporary file", err);
    if (code == ERR_NONE)
        spool->written += spool->text.size;
    strbuf_reset(&spool->text);
    return code;
}

enum err_code spool_flush(struct spool *spool, struct err *err)
{
    return spool->text.size >= GATHERED_MAX ? write_out(spool, err) : ERR_NONE;
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->written + spool->text.size;
}

enum err_code spool_read(struct spool *spool, void *bytes, size_t most, size_t *got, struct err *err)
{
    *got = 0;
    // What stayed in memory is all there is.
    if (spool->written == 0) {
        size_t left = spool->text.size - (size_t)spool->taken;
        *got = left < most ? left : most;
        memcpy(bytes, spool->text.data + spool->taken, *got);
        spool->taken += *got;
        return ERR_NONE;
    }
    enum err_code code = spool->text.size > 0 ? write_out(spool, err) : ERR_NONE;
    if (code != ERR_NONE)
        return code;
    ssize_t count;
    do {
        count = pread(spool->fd, bytes, most, (off_t)spool->taken);
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return err_set_errno(err, errno, "a temporary file cannot be read");
    *got = (size_t)count;
    spool->taken += (uint64_t)count;
    return ERR_NONE;
}
