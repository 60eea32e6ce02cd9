// What the files of the directory's blob store share.
#pragma once

#include <pthread.h>

#include "blob_store/blob_store_backend.h"
#include "os/process_mark.h"

struct blob_dir {
    struct blob_store store;
    char *path; // absolute
    int root_fd;
    int temp_fd;
    char mark[PROCESS_MARK_SIZE];

    // Puts get numbers; a flush covers those made before it began.
    pthread_mutex_t flush_mutex;
    pthread_cond_t flush_done;
    uint64_t put_count, flushed;
    bool flushing;
};

#define BLOB_TEMP_NAME_SIZE (PROCESS_MARK_SIZE + 24)

static inline struct blob_dir *blob_dir_of(struct blob_store *store)
{
    return (struct blob_dir *)store;
}

// Opens a path beneath the root; -1 with errno. Never follows a symbolic link (ELOOP).
int blob_dir_open_beneath(const struct blob_dir *self, const char *relative, int flags);
// What openat2 does, for kernels and containers without it: component by component, following no link.
int blob_dir_open_step_by_step(int root, const char *relative, int flags);
// Opens the folder a key lies in (O_PATH), making it where `make` is set; -1 with errno. *name: the part behind it.
int blob_dir_open_parent(const struct blob_dir *self, const char *key, bool make, const char **name);
// Removes the empty folders above a key.
void blob_dir_remove_empty_parents(const struct blob_dir *self, const char *key);

enum err_code blob_dir_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err);
enum err_code blob_dir_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err);
