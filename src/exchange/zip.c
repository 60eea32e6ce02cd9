#include "exchange/zip.h"

#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "os/file.h"

#define BLOCK_BYTES ((size_t)64 * 1024)

// ---- writing

struct zip_writer {
    struct archive *archive;
    struct archive_entry *entry;
    struct strbuf *out;
    time_t at;
};

static la_ssize_t gather(struct archive *archive, void *context, const void *bytes, size_t size)
{
    (void)archive;
    struct zip_writer *writer = context;
    strbuf_add(writer->out, bytes, size);
    return (la_ssize_t)size;
}

static enum err_code writer_error(struct zip_writer *writer, struct err *err)
{
    const char *reason = archive_error_string(writer->archive);
    return err_set(
        err, ERR_INTERNAL, "the archive cannot be written: %.200s", reason != NULL ? reason : "no reason given");
}

enum err_code zip_writer_new(struct strbuf *out, int64_t at_us, struct zip_writer **writer, struct err *err)
{
    *writer = NULL;
    struct zip_writer *made = mem_calloc(1, sizeof(*made));
    made->out = out;
    made->at = (time_t)(at_us / 1000000);
    made->archive = archive_write_new();
    made->entry = archive_entry_new();
    enum err_code code = ERR_NONE;
    // No padding to blocks of a tape.
    if (made->archive == NULL || made->entry == NULL || archive_write_set_format_zip(made->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(made->archive, 0) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(made->archive, 1) != ARCHIVE_OK ||
        archive_write_open(made->archive, made, NULL, gather, NULL) != ARCHIVE_OK)
        code = made->archive != NULL ? writer_error(made, err)
                                     : err_set(err, ERR_INTERNAL, "there is no memory for an archive");
    if (code != ERR_NONE) {
        zip_writer_free(made);
        return code;
    }
    *writer = made;
    return ERR_NONE;
}

void zip_writer_free(struct zip_writer *writer)
{
    if (writer == NULL)
        return;
    archive_entry_free(writer->entry);
    archive_write_free(writer->archive);
    free(writer);
}

enum err_code zip_writer_begin(
    struct zip_writer *writer, const char *name, uint64_t size, bool compress, struct err *err)
{
    struct archive_entry *entry = archive_entry_clear(writer->entry);
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, writer->at, 0);
    int done = compress ? archive_write_zip_set_compression_deflate(writer->archive)
                        : archive_write_zip_set_compression_store(writer->archive);
    if (done == ARCHIVE_OK)
        done = archive_write_header(writer->archive, entry);
    return done == ARCHIVE_OK ? ERR_NONE : writer_error(writer, err);
}

enum err_code zip_writer_add(struct zip_writer *writer, const void *bytes, size_t size, struct err *err)
{
    la_ssize_t written = size > 0 ? archive_write_data(writer->archive, bytes, size) : 0;
    return written == (la_ssize_t)size ? ERR_NONE : writer_error(writer, err);
}

enum err_code zip_writer_put(
    struct zip_writer *writer, const char *name, const void *bytes, size_t size, bool compress, struct err *err)
{
    enum err_code code = zip_writer_begin(writer, name, size, compress, err);
    return code == ERR_NONE ? zip_writer_add(writer, bytes, size, err) : code;
}

enum err_code zip_writer_finish(struct zip_writer *writer, struct err *err)
{
    return archive_write_close(writer->archive) == ARCHIVE_OK ? ERR_NONE : writer_error(writer, err);
}

// ---- reading

struct zip_reader {
    struct archive *archive;
    struct archive_entry *entry; // owned by the library
    struct zip_limits limits;
    uint64_t unpacked;
    size_t members;
    char name[ZIP_NAME_MAX + 1];
    struct strbuf content;
};

static enum err_code reader_error(struct zip_reader *reader, struct err *err)
{
    const char *reason = archive_error_string(reader->archive);
    return err_set(
        err, ERR_INVALID, "the archive is damaged or cut off: %.200s", reason != NULL ? reason : "it cannot be read");
}

bool zip_is_one(const void *bytes, size_t size)
{
    return size >= 4 && (memcmp(bytes, "PK\x03\x04", 4) == 0 || memcmp(bytes, "PK\x05\x06", 4) == 0);
}

enum err_code zip_reader_new(
    const void *bytes, size_t size, const struct zip_limits *limits, struct zip_reader **reader, struct err *err)
{
    *reader = NULL;
    if (!zip_is_one(bytes, size))
        return err_set(err, ERR_INVALID, "the file is no zip archive");
    struct zip_reader *made = mem_calloc(1, sizeof(*made));
    made->limits = *limits;
    strbuf_init(&made->content);
    made->archive = archive_read_new();
    enum err_code code = ERR_NONE;
    if (made->archive == NULL || archive_read_support_format_zip_seekable(made->archive) != ARCHIVE_OK ||
        archive_read_open_memory(made->archive, bytes, size) != ARCHIVE_OK)
        code = made->archive != NULL ? reader_error(made, err)
                                     : err_set(err, ERR_INTERNAL, "there is no memory for an archive");
    if (code != ERR_NONE) {
        zip_reader_free(made);
        return code;
    }
    *reader = made;
    return ERR_NONE;
}

void zip_reader_free(struct zip_reader *reader)
{
    if (reader == NULL)
        return;
    archive_read_free(reader->archive);
    strbuf_release(&reader->content);
    free(reader);
}

static bool is_clean_name(const char *name)
{
    if (name[0] == '/' || name[0] == '\0' || !utf8_is_valid(name, strlen(name)))
        return false;
    for (const char *at = name; *at != '\0'; at++) {
        bool begins = at == name || at[-1] == '/';
        size_t length = strcspn(at, "/");
        if ((unsigned char)*at < 0x20 || *at == 0x7F || *at == '\\')
            return false;
        if (begins && (length == 0 || (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.')))
            return false;
    }
    return true;
}

// Bytes that are shown to a person.
static void show_name(const char *name, char out[64])
{
    size_t used = 0;
    for (; *name != '\0' && used < 63; name++)
        out[used++] = (unsigned char)*name >= 0x20 && (unsigned char)*name < 0x7F ? *name : '?';
    out[used] = '\0';
}

static enum err_code check_member(struct zip_reader *reader, struct err *err)
{
    const char *name = archive_entry_pathname_utf8(reader->entry);
    if (name == NULL)
        name = archive_entry_pathname(reader->entry);
    if (name == NULL)
        return err_set(err, ERR_INVALID, "the archive has a member without a name");
    char shown[64];
    show_name(name, shown);
    size_t length = strlen(name);
    if (length > ZIP_NAME_MAX)
        return err_set(
            err, ERR_LIMIT, "the archive has a member with a name of %zu bytes: at most %d", length, ZIP_NAME_MAX);
    bool is_folder = archive_entry_filetype(reader->entry) == AE_IFDIR;
    memcpy(reader->name, name, length + 1);
    if (is_folder && length > 0 && name[length - 1] == '/')
        reader->name[length - 1] = '\0';
    if (!is_clean_name(reader->name))
        return err_set(
            err, ERR_INVALID, "the archive has a member called \"%s\", which leads out of it or is no name", shown);
    if (!is_folder &&
        (archive_entry_filetype(reader->entry) != AE_IFREG || archive_entry_hardlink(reader->entry) != NULL))
        return err_set(err, ERR_INVALID, "the archive's member \"%s\" is no plain file but a link or a device", shown);
    if (archive_entry_is_encrypted(reader->entry))
        return err_set(err, ERR_INVALID, "the archive's member \"%s\" is encrypted", shown);
    return ERR_NONE;
}

enum err_code zip_next(struct zip_reader *reader, const char **name, struct err *err)
{
    *name = NULL;
    for (;;) {
        int done = archive_read_next_header(reader->archive, &reader->entry);
        if (done == ARCHIVE_EOF)
            return ERR_NONE;
        if (done != ARCHIVE_OK && done != ARCHIVE_WARN)
            return reader_error(reader, err);
        if (++reader->members > ZIP_MEMBERS_MAX)
            return err_set(err, ERR_LIMIT, "the archive has more than %d members", ZIP_MEMBERS_MAX);
        enum err_code code = check_member(reader, err);
        if (code != ERR_NONE)
            return code;
        if (archive_entry_filetype(reader->entry) == AE_IFREG) {
            *name = reader->name;
            return ERR_NONE;
        }
    }
}

// A small archive can hold a thousand times its size.
static enum err_code count_unpacked(struct zip_reader *reader, uint64_t size, uint64_t member, struct err *err)
{
    reader->unpacked += size;
    if (member > reader->limits.member_bytes)
        return err_set(err, ERR_LIMIT, "\"%.64s\" in the archive is larger than %llu bytes", reader->name,
            (unsigned long long)reader->limits.member_bytes);
    if (reader->unpacked > reader->limits.total_bytes)
        return err_set(err, ERR_LIMIT, "the archive unpacks to more than %llu bytes",
            (unsigned long long)reader->limits.total_bytes);
    return ERR_NONE;
}

enum err_code zip_read(struct zip_reader *reader, const char **bytes, size_t *size, struct err *err)
{
    char block[8192];
    la_ssize_t got;
    strbuf_reset(&reader->content);
    while ((got = archive_read_data(reader->archive, block, sizeof(block))) > 0) {
        enum err_code code = count_unpacked(reader, (uint64_t)got, reader->content.size + (size_t)got, err);
        if (code != ERR_NONE)
            return code;
        strbuf_add(&reader->content, block, (size_t)got);
    }
    if (got < 0)
        return reader_error(reader, err);
    *bytes = reader->content.data;
    *size = reader->content.size;
    return ERR_NONE;
}

enum err_code zip_read_to(struct zip_reader *reader, const char *path, struct err *err)
{
    struct file_writer *file = NULL;
    uint64_t member = 0;
    char *block = mem_alloc(BLOCK_BYTES);
    la_ssize_t got = 0;
    enum err_code code = file_writer_open(path, &file, err);
    while (code == ERR_NONE && (got = archive_read_data(reader->archive, block, BLOCK_BYTES)) > 0) {
        member += (uint64_t)got;
        code = count_unpacked(reader, (uint64_t)got, member, err);
        if (code == ERR_NONE)
            code = file_writer_write(file, block, (size_t)got, err);
    }
    if (code == ERR_NONE && got < 0)
        code = reader_error(reader, err);
    if (code == ERR_NONE)
        code = file_writer_commit(file, FILE_SYNC_NONE, err);
    else
        file_writer_abort(file);
    free(block);
    return code;
}
