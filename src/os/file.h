// Files: reading under a limit, writing so that a reader or a crash sees the old or the new content but never half of
// it, copying, hashing, locks and free space.
//
// Paths are the caller's: this module never makes one from foreign text. Folders are made with mode 0700 and files with
// 0600, because videos are private. Errors name the path. Functions that can take long take a cancel (NULL: none). Safe
// from all threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "os/cancel.h"

#define FILE_PATH_MAX 4096

// How far a write must have got before it counts as done.
enum file_sync {
    FILE_SYNC_NONE, // atomic for readers; a power cut may lose it
    FILE_SYNC_FULL, // file and folder are flushed: survives a power cut
};

// Reads a regular file (or pipe) whole; `*bytes` is followed by a NUL and freed by the caller. ERR_LIMIT if larger.
enum err_code file_read(
    const char *path, size_t limit_bytes, char **bytes, size_t *size, struct err *err) ERR_MUST_CHECK;
// The same for a secret: ERR_DENIED if others may read or change the file. Its group may read it where it belongs to
// somebody else: so secrets are mounted into containers (root's, mode 0440).
enum err_code file_read_private(
    const char *path, size_t limit_bytes, char **bytes, size_t *size, struct err *err) ERR_MUST_CHECK;
// The file's content in memory as long as it is looked at, without reading it; another program that shortens it
// meanwhile ends this one, so only for files nobody else writes. An empty file is "".
struct file_map {
    const void *bytes;
    size_t size;
};
enum err_code file_map(const char *path, struct file_map *map, struct err *err) ERR_MUST_CHECK;
void file_unmap(struct file_map *map);
// Replaces the file, or makes it.
enum err_code file_write(
    const char *path, const void *bytes, size_t size, enum file_sync sync, struct err *err) ERR_MUST_CHECK;

// The same in pieces: bytes go to a temporary name beside `path`, and commit renames. Writing all to descriptor `fd`
// directly is fine too. One thread at a time.
struct file_writer;
enum err_code file_writer_open(const char *path, struct file_writer **out, struct err *err) ERR_MUST_CHECK;
int file_writer_fd(const struct file_writer *writer);
enum err_code file_writer_write(
    struct file_writer *writer, const void *bytes, size_t size, struct err *err) ERR_MUST_CHECK;
// Ends the writer in any case; on error nothing is left behind.
enum err_code file_writer_commit(struct file_writer *writer, enum file_sync sync, struct err *err) ERR_MUST_CHECK;
void file_writer_abort(struct file_writer *writer); // NULL is harmless

// Writes all of it, through interruptions and short writes; `name` is for the sentence.
enum err_code file_write_all(int fd, const void *bytes, size_t size, const char *name, struct err *err) ERR_MUST_CHECK;

struct file_info {
    uint64_t size_bytes;
    int64_t modified_us;
    bool is_directory;
    bool is_regular;
};
// Follows links. ERR_NOT_FOUND if there is nothing.
enum err_code file_stat(const char *path, struct file_info *info, struct err *err) ERR_MUST_CHECK;
bool file_exists(const char *path);

// Copies content, by sharing blocks where the file system can; atomic like file_write().
enum err_code file_copy(
    const char *from, const char *to, enum file_sync sync, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// A second name for the same content where possible, else a copy. Only for files that are never changed in place.
enum err_code file_link_or_copy(
    const char *from, const char *to, enum file_sync sync, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Renames, replacing; copies and removes across file systems.
enum err_code file_move(
    const char *from, const char *to, enum file_sync sync, struct cancel *cancel, struct err *err) ERR_MUST_CHECK;
// Nothing there is fine.
enum err_code file_remove(const char *path, struct err *err) ERR_MUST_CHECK;
// SHA-256 of the content as hex; `size_bytes` may be NULL.
enum err_code file_sha256(const char *path, struct cancel *cancel, char hex[SHA256_HEX_SIZE], uint64_t *size_bytes,
    struct err *err) ERR_MUST_CHECK;

// Makes the folder and those above it; one that exists is fine.
enum err_code dir_make(const char *path, struct err *err) ERR_MUST_CHECK;
// Whether others than its owner, who is this user, may look into the folder or, as its group, write to it. A folder of
// somebody else, such as a container's volume, is not for this user to close.
bool dir_is_open_to_others(const char *path);
// Makes the folder a path lies in.
enum err_code dir_make_parent(const char *path, struct err *err) ERR_MUST_CHECK;
// Removes a folder with all in it, never following a link out of it; nothing there is fine.
enum err_code dir_remove_tree(const char *path, struct err *err) ERR_MUST_CHECK;
// Removes the empty folders from `path` upwards, stopping at the first that is not empty, and at `top`, which stays.
void dir_remove_empty_upwards(const char *path, const char *top);
// Flushes a folder's entries.
enum err_code dir_sync(const char *path, struct err *err) ERR_MUST_CHECK;
// A new private folder `{parent}/{prefix}XXXXXX`; `parent` NULL: $TMPDIR or /tmp.
enum err_code dir_make_temporary(
    const char *parent, const char *prefix, char out[FILE_PATH_MAX], struct err *err) ERR_MUST_CHECK;
// The sum of the sizes of the regular files at or under `path`; 0 if there is nothing. Links are not followed.
uint64_t dir_size_bytes(const char *path);
// Bytes an ordinary user may still write to the file system of `path`, and its size (may be NULL).
enum err_code disk_free(const char *path, uint64_t *free_bytes, uint64_t *total_bytes, struct err *err) ERR_MUST_CHECK;
// What one file may take of it: all that is free but a fiftieth of the disk, 16 MiB to 1 GiB, which others need.
// UINT64_MAX where nobody knows: writing will tell.
uint64_t disk_usable(const char *path);

// A lock between processes, on a file that is made for it and stays. It goes with the process, however that ends. The
// file says who holds it (pid, since when, and `purpose`), for the sentence that others get.
struct file_lock;
// ERR_CONFLICT at once if another process (or another lock of this one) holds it.
enum err_code file_lock_acquire(
    const char *path, const char *purpose, struct file_lock **out, struct err *err) ERR_MUST_CHECK;
// Waits for the holder up to `timeout_ms` (< 0: for ever), then ERR_CONFLICT; ERR_CANCELLED. `cancel` may be NULL.
enum err_code file_lock_wait(const char *path, const char *purpose, int64_t timeout_ms, struct cancel *cancel,
    struct file_lock **out, struct err *err) ERR_MUST_CHECK;
void file_lock_release(struct file_lock *lock); // NULL is harmless
// A lock that any number of processes have at once. ERR_CONFLICT while one has it alone.
enum err_code file_lock_share(const char *path, struct file_lock **out, struct err *err) ERR_MUST_CHECK;
// Makes a shared lock the caller's alone; false if others have it too, and then it stays shared.
bool file_lock_take_alone(struct file_lock *lock, const char *purpose);
