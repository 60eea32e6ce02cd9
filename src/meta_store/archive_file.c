#include "meta_store/archive_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "meta_store/meta_store.h"
#include "os/file.h"

#define MAGIC "FHMETA01"
#define MAGIC_SIZE 8
#define MAGIC_KIND 6 // of its bytes, those that do not say the version
#define SIZE_BYTES 4
// A block ends when it has so much; a record may be as large as an entry of a journal.
#define BLOCK_BYTES ((size_t)1024 * 1024)
#define BLOCK_BYTES_MAX (BLOCK_BYTES + META_JOURNAL_ENTRY_MAX + (size_t)64 * 1024)

static void chain(
    unsigned char digest[SHA256_SIZE], const unsigned char size[SIZE_BYTES], const void *bytes, size_t count)
{
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, digest, SHA256_SIZE);
    sha256_update(&hash, size, SIZE_BYTES);
    sha256_update(&hash, bytes, count);
    sha256_final(&hash, digest);
}

// ---- writing

struct archive_writer {
    int fd;
    const char *name;
    struct strbuf block;
    unsigned char digest[SHA256_SIZE];
    bool begun;
};

struct archive_writer *archive_writer_new(int fd, const char *name)
{
    struct archive_writer *writer = mem_calloc(1, sizeof(*writer));
    writer->fd = fd;
    writer->name = name;
    strbuf_init(&writer->block);
    return writer;
}

void archive_writer_free(struct archive_writer *writer)
{
    if (writer == NULL)
        return;
    strbuf_release(&writer->block);
    free(writer);
}

enum err_code archive_writer_finish(struct archive_writer *writer, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (!writer->begun)
        code = file_write_all(writer->fd, MAGIC, MAGIC_SIZE, writer->name, err);
    writer->begun = true;
    if (code != ERR_NONE || writer->block.size == 0)
        return code;
    unsigned char size[SIZE_BYTES];
    for (size_t i = 0; i < SIZE_BYTES; i++)
        size[i] = (unsigned char)(writer->block.size >> (8 * i));
    chain(writer->digest, size, writer->block.data, writer->block.size);
    code = file_write_all(writer->fd, size, SIZE_BYTES, writer->name, err);
    if (code == ERR_NONE)
        code = file_write_all(writer->fd, writer->block.data, writer->block.size, writer->name, err);
    if (code == ERR_NONE)
        code = file_write_all(writer->fd, writer->digest, SHA256_SIZE, writer->name, err);
    strbuf_reset(&writer->block);
    return code;
}

enum err_code archive_writer_add(
    struct archive_writer *writer, enum archive_kind kind, const struct strbuf *record, struct err *err)
{
    strbuf_addc(&writer->block, (char)kind);
    value_put_bytes(&writer->block, record->data, record->size);
    return writer->block.size >= BLOCK_BYTES ? archive_writer_finish(writer, err) : ERR_NONE;
}

// ---- reading

struct archive_reader {
    int fd;
    const char *name;
    unsigned char *block;
    int64_t blocks;           // read so far
    struct value_reader rest; // of the block
    unsigned char digest[SHA256_SIZE];
};

static enum err_code damaged(const struct archive_reader *reader, const char *how, struct err *err)
{
    return err_set(err, ERR_CORRUPT,
        "%s is damaged in its block %" PRId64 ": %s; nothing of it is used: copy or export it again", reader->name,
        reader->blocks, how);
}

enum err_code archive_reader_damaged(const struct archive_reader *reader, struct err *err)
{
    return damaged(reader, "a record has no sense", err);
}

// Reads so many bytes; fewer at the end of the file.
static enum err_code read_some(
    const struct archive_reader *reader, void *bytes, size_t size, size_t *got, struct err *err)
{
    *got = 0;
    while (*got < size) {
        ssize_t count = read(reader->fd, (char *)bytes + *got, size - *got);
        if (count == 0)
            break;
        if (count > 0)
            *got += (size_t)count;
        else if (errno != EINTR)
            return err_set_errno(err, errno, "%s cannot be read", reader->name);
    }
    return ERR_NONE;
}

static enum err_code read_block(struct archive_reader *reader, struct err *err)
{
    unsigned char size_bytes[SIZE_BYTES];
    unsigned char digest[SHA256_SIZE];
    size_t got;
    size_t size = 0;
    reader->blocks++;
    enum err_code code = read_some(reader, size_bytes, SIZE_BYTES, &got, err);
    if (code == ERR_NONE && got < SIZE_BYTES)
        code = damaged(reader, "it ends too early", err);
    if (code != ERR_NONE)
        return code;
    for (size_t i = 0; i < SIZE_BYTES; i++)
        size |= (size_t)size_bytes[i] << (8 * i);
    if (size == 0 || size > BLOCK_BYTES_MAX)
        return damaged(reader, "its size makes no sense", err);
    free(reader->block);
    reader->block = mem_alloc(size);
    code = read_some(reader, reader->block, size, &got, err);
    if (code == ERR_NONE && got == size)
        code = read_some(reader, digest, SHA256_SIZE, &got, err);
    if (code == ERR_NONE && got != SHA256_SIZE)
        code = damaged(reader, "it ends too early", err);
    if (code != ERR_NONE)
        return code;
    chain(reader->digest, size_bytes, reader->block, size);
    if (memcmp(reader->digest, digest, SHA256_SIZE) != 0)
        return damaged(reader, "its checksum is wrong", err);
    value_reader_init(&reader->rest, reader->block, size);
    return ERR_NONE;
}

enum err_code archive_reader_open(int fd, const char *name, struct archive_reader **out, struct err *err)
{
    char magic[MAGIC_SIZE];
    size_t got;
    struct archive_reader *reader = mem_calloc(1, sizeof(*reader));
    *out = NULL;
    reader->fd = fd;
    reader->name = name;
    enum err_code code = read_some(reader, magic, MAGIC_SIZE, &got, err);
    if (code == ERR_NONE && (got < MAGIC_SIZE || memcmp(magic, MAGIC, MAGIC_KIND) != 0))
        code = err_set(err, ERR_CORRUPT, "%s is no file that \"framehound meta export\" has written", name);
    else if (code == ERR_NONE && memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
        code = err_set(err, ERR_CONFLICT, "%s was exported by another version of Framehound (format %.2s; this is %s)",
            name, magic + MAGIC_KIND, MAGIC + MAGIC_KIND);
    if (code != ERR_NONE) {
        archive_reader_free(reader);
        return code;
    }
    *out = reader;
    return ERR_NONE;
}

void archive_reader_free(struct archive_reader *reader)
{
    if (reader == NULL)
        return;
    free(reader->block);
    free(reader);
}

enum err_code archive_reader_next(
    struct archive_reader *reader, enum archive_kind *kind, struct value_reader *record, struct err *err)
{
    size_t size;
    size_t got = 0;
    char more;
    enum err_code code = reader->rest.at == reader->rest.end ? read_block(reader, err) : ERR_NONE;
    if (code != ERR_NONE)
        return code;
    const unsigned char *kind_byte = value_take(&reader->rest, 1);
    const unsigned char *bytes = value_take_bytes(&reader->rest, BLOCK_BYTES_MAX, &size);
    if (kind_byte == NULL || bytes == NULL)
        return archive_reader_damaged(reader, err);
    *kind = (enum archive_kind) * kind_byte;
    value_reader_init(record, bytes, size);
    if (*kind != ARCHIVE_TOTALS)
        return ERR_NONE;
    code = read_some(reader, &more, 1, &got, err);
    if (code == ERR_NONE && (got > 0 || reader->rest.at != reader->rest.end))
        code = damaged(reader, "something follows its end", err);
    return code;
}

void archive_reader_digest(const struct archive_reader *reader, char hex[SHA256_HEX_SIZE])
{
    sha256_hex(reader->digest, hex);
}
