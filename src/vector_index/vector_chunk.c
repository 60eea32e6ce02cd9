#include "vector_index/vector_chunk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/file.h"
#include "vector_index/vector_checksum.h"
#include "vector_index/vector_kernels.h"

#define MAGIC_ROWS 0x3153574f52564846u    // "FHVROWS1"
#define MAGIC_VECTORS 0x3153434556564846u // "FHVVECS1"
// Codes begin at a page, and the rows' first column at a cache line.
#define VECTORS_HEADER_SIZE ((size_t)4096)
#define ROWS_HEADER_SIZE ((size_t)64)

struct header {
    uint64_t magic;
    uint64_t number;
    int64_t generation;
    int64_t first_seq;
    int64_t last_seq;
    uint64_t count;
    uint64_t dimension;
    uint64_t checksum; // of what follows the header, then of the fields above
};

_Static_assert(sizeof(struct header) == ROWS_HEADER_SIZE, "the rows' header is a cache line");

void vector_chunk_rows_name(const struct vector_chunk_info *info, char *out, size_t out_size)
{
    snprintf(out, out_size, "%05u-%lld.rows", (unsigned)info->number, (long long)info->rows_generation);
}

void vector_chunk_vectors_name(const struct vector_chunk_info *info, char *out, size_t out_size)
{
    snprintf(out, out_size, "%05u-%lld.vectors", (unsigned)info->number, (long long)info->vectors_generation);
}

static size_t align(size_t size, size_t to)
{
    return (size + to - 1) / to * to;
}

static size_t halves_offset(size_t count, size_t code_size)
{
    return align(VECTORS_HEADER_SIZE + count * code_size, 64);
}

static size_t vectors_size(size_t count, size_t dimension)
{
    return halves_offset(count, vector_code_size(dimension)) + count * dimension * sizeof(uint16_t);
}

// Four columns of 8 bytes, two of 4 and one of 1, each after the other; all are aligned because of this order.
static size_t rows_size(size_t count)
{
    return ROWS_HEADER_SIZE + count * (4 * 8 + 2 * 4 + 1);
}

static struct header header_of(uint64_t magic, const struct vector_chunk_info *info, size_t dimension)
{
    return (struct header){.magic = magic,
        .number = info->number,
        .generation = magic == MAGIC_ROWS ? info->rows_generation : info->vectors_generation,
        .first_seq = info->first_seq,
        .last_seq = info->last_seq,
        .count = (uint64_t)info->count,
        .dimension = dimension};
}

static uint64_t seal(const struct header *header, const void *bytes, size_t size)
{
    return vector_checksum(header, offsetof(struct header, checksum), vector_checksum(bytes, size, 0));
}

static void lay_out_columns(struct vector_block *block, void *map, size_t count)
{
    block->videos = (uint64_t *)(void *)((uint8_t *)map + ROWS_HEADER_SIZE);
    block->positions = block->videos + count;
    block->seqs = (int64_t *)(void *)(block->positions + count);
    block->tracks = block->seqs + count;
    block->classes = (uint32_t *)(void *)(block->tracks + count);
    block->labels = block->classes + count;
    block->live = (uint8_t *)(block->labels + count);
}

static enum err_code write_buffer(const char *folder, const char *name, void *buffer, size_t size, size_t header_size,
    struct header header, struct err *err)
{
    header.checksum = seal(&header, (uint8_t *)buffer + header_size, size - header_size);
    memcpy(buffer, &header, sizeof(header));
    char *path = mem_sprintf("%s/%s", folder, name);
    enum err_code code = file_write(path, buffer, size, FILE_SYNC_FULL, err);
    free(path);
    return code;
}

// Rows in the order given by `order` (NULL: as they are).
static enum err_code write_rows(const char *folder, const struct vector_block *block, const uint32_t *order,
    const struct vector_chunk_info *info, struct err *err)
{
    size_t count = (size_t)info->count;
    size_t size = rows_size(count);
    uint8_t *buffer = mem_calloc(size, 1);
    struct vector_block out = {0};
    lay_out_columns(&out, buffer, count);
    for (size_t i = 0; i < count; i++) {
        size_t from = order != NULL ? order[i] : i;
        out.videos[i] = block->videos[from];
        out.positions[i] = block->positions[from];
        out.seqs[i] = block->seqs[from];
        out.tracks[i] = block->tracks[from];
        out.classes[i] = block->classes[from];
        out.labels[i] = block->labels[from];
        out.live[i] = block->live[from];
    }
    char name[64];
    vector_chunk_rows_name(info, name, sizeof(name));
    enum err_code code =
        write_buffer(folder, name, buffer, size, ROWS_HEADER_SIZE, header_of(MAGIC_ROWS, info, block->dimension), err);
    free(buffer);
    return code;
}

static enum err_code write_vectors(const char *folder, const struct vector_block *block, const uint32_t *order,
    const struct vector_chunk_info *info, struct err *err)
{
    size_t count = (size_t)info->count;
    size_t half_size = block->dimension * sizeof(uint16_t);
    size_t size = vectors_size(count, block->dimension);
    uint8_t *buffer = mem_calloc(size, 1);
    for (size_t i = 0; i < count; i++) {
        memcpy(
            buffer + VECTORS_HEADER_SIZE + i * block->code_size, vector_block_code(block, order[i]), block->code_size);
        memcpy(buffer + halves_offset(count, block->code_size) + i * half_size, vector_block_half(block, order[i]),
            half_size);
    }
    char name[64];
    vector_chunk_vectors_name(info, name, sizeof(name));
    enum err_code code = write_buffer(
        folder, name, buffer, size, VECTORS_HEADER_SIZE, header_of(MAGIC_VECTORS, info, block->dimension), err);
    free(buffer);
    return code;
}

static int by_object(const void *a, const void *b, void *context)
{
    const struct vector_block *block = context;
    return vector_key_compare(
        vector_block_key(block, *(const uint32_t *)a), vector_block_key(block, *(const uint32_t *)b));
}

enum err_code vector_chunk_write(
    const char *folder, const struct vector_block *block, struct vector_chunk_info *info, struct err *err)
{
    uint32_t *order = mem_calloc(block->count, sizeof(*order));
    size_t count = 0;
    for (size_t i = 0; i < block->count; i++) {
        if (block->live[i] != 0)
            order[count++] = (uint32_t)i;
    }
    qsort_r(order, count, sizeof(*order), by_object, (void *)block);
    info->count = (int64_t)count;
    info->first_seq = block->first_seq;
    info->last_seq = block->last_seq;
    enum err_code code = write_vectors(folder, block, order, info, err);
    if (code == ERR_NONE)
        code = write_rows(folder, block, order, info, err);
    free(order);
    return code;
}

enum err_code vector_chunk_write_rows(
    const char *folder, const struct vector_chunk *chunk, const struct vector_chunk_info *info, struct err *err)
{
    return write_rows(folder, &chunk->block, NULL, info, err);
}

static enum err_code check_header(const void *map, struct header expected, const char *path, struct err *err)
{
    struct header stored;
    memcpy(&stored, map, sizeof(stored));
    expected.checksum = stored.checksum;
    if (memcmp(&stored, &expected, sizeof(stored)) != 0)
        return err_set(err, ERR_CORRUPT, "%s is damaged: its header is not that of the chunk", path);
    return ERR_NONE;
}

// Maps a whole file that must have `size` bytes.
static enum err_code map_file(const char *folder, const char *name, size_t size, int protection, void **map,
    struct header expected, struct err *err)
{
    char *path = mem_sprintf("%s/%s", folder, name);
    enum err_code code = ERR_NONE;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    *map = NULL;
    if (fd < 0 || fstat(fd, &st) != 0) {
        code = err_set_errno(err, errno, "cannot open %s", path);
    } else if (st.st_size < 0 || (size_t)st.st_size != size) {
        code = err_set(
            err, ERR_CORRUPT, "%s is damaged: it has %lld bytes instead of %zu", path, (long long)st.st_size, size);
    } else {
        *map = mmap(NULL, size, protection, MAP_PRIVATE, fd, 0);
        if (*map == MAP_FAILED) {
            *map = NULL;
            code = err_set_errno(err, errno, "cannot map %s", path);
        } else {
            code = check_header(*map, expected, path, err);
        }
    }
    if (fd >= 0)
        close(fd);
    free(path);
    return code;
}

static enum err_code map_both(struct vector_chunk *chunk, const char *folder, size_t dimension, struct err *err)
{
    const struct vector_chunk_info *info = &chunk->info;
    char name[64];
    chunk->rows_size = rows_size((size_t)info->count);
    chunk->vectors_size = vectors_size((size_t)info->count, dimension);
    struct header header = header_of(MAGIC_ROWS, info, dimension);
    vector_chunk_rows_name(info, name, sizeof(name));
    enum err_code code =
        map_file(folder, name, chunk->rows_size, PROT_READ | PROT_WRITE, &chunk->rows_map, header, err);
    if (code != ERR_NONE)
        return code;
    if (seal(&header, (uint8_t *)chunk->rows_map + ROWS_HEADER_SIZE, chunk->rows_size - ROWS_HEADER_SIZE) !=
        ((struct header *)chunk->rows_map)->checksum)
        return err_set(err, ERR_CORRUPT, "%s/%s is damaged: its checksum is wrong", folder, name);
    vector_chunk_vectors_name(info, name, sizeof(name));
    header = header_of(MAGIC_VECTORS, info, dimension);
    return map_file(folder, name, chunk->vectors_size, PROT_READ, &chunk->vectors_map, header, err);
}

static void lay_out_block(struct vector_chunk *chunk, size_t dimension)
{
    struct vector_block *b = &chunk->block;
    size_t count = (size_t)chunk->info.count;
    b->count = count;
    b->dimension = dimension;
    b->code_size = vector_code_size(dimension);
    b->first_seq = chunk->info.first_seq;
    b->last_seq = chunk->info.last_seq;
    b->by_key = true;
    lay_out_columns(b, chunk->rows_map, count);
    b->codes = (uint8_t *)chunk->vectors_map + VECTORS_HEADER_SIZE;
    b->halves = (uint16_t *)(void *)((uint8_t *)chunk->vectors_map + halves_offset(count, b->code_size));
    for (size_t i = 0; i < count; i++)
        b->live_count += b->live[i];
}

enum err_code vector_chunk_open(const char *folder, const struct vector_chunk_info *info, size_t dimension,
    struct vector_chunk **out, struct err *err)
{
    if (info->count < 0 || (size_t)info->count > VECTOR_BLOCK_MAX || info->number >= VECTOR_BLOCK_MAX)
        return err_set(err, ERR_CORRUPT, "%s: the store names an impossible chunk", folder);
    struct vector_chunk *chunk = mem_calloc(1, sizeof(*chunk));
    chunk->info = *info;
    enum err_code code = map_both(chunk, folder, dimension, err);
    if (code != ERR_NONE) {
        vector_chunk_close(chunk);
        return code;
    }
    lay_out_block(chunk, dimension);
    *out = chunk;
    return ERR_NONE;
}

void vector_chunk_close(struct vector_chunk *chunk)
{
    if (chunk == NULL)
        return;
    if (chunk->rows_map != NULL)
        munmap(chunk->rows_map, chunk->rows_size);
    if (chunk->vectors_map != NULL)
        munmap(chunk->vectors_map, chunk->vectors_size);
    free(chunk);
}

enum err_code vector_chunk_verify(const struct vector_chunk *chunk, struct err *err)
{
    struct header header;
    memcpy(&header, chunk->vectors_map, sizeof(header));
    if (seal(&header, (uint8_t *)chunk->vectors_map + VECTORS_HEADER_SIZE, chunk->vectors_size - VECTORS_HEADER_SIZE) ==
        header.checksum)
        return ERR_NONE;
    char name[64];
    vector_chunk_vectors_name(&chunk->info, name, sizeof(name));
    return err_set(err, ERR_CORRUPT, "%s is damaged: its checksum is wrong", name);
}
