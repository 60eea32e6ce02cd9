// Folders: opening paths beneath the root, walking, and removing.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "blob_store/blob_dir_internal.h"
#include "os/cancel.h"

#define FOLDER_MODE 0700

// One component of a path; returns what is behind it.
static const char *next_part(const char *path, char part[BLOB_KEY_MAX + 1])
{
    size_t length = strcspn(path, "/");
    memcpy(part, path, length);
    part[length] = '\0';
    return path[length] == '/' ? path + length + 1 : path + length;
}

int blob_dir_open_step_by_step(int root, const char *relative, int flags)
{
    int folder = dup(root);
    char part[BLOB_KEY_MAX + 1];
    const char *rest = relative;
    while (folder >= 0) {
        rest = next_part(rest, part);
        int step_flags = *rest == '\0' ? flags : O_PATH | O_DIRECTORY;
        int next = openat(folder, part, step_flags | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(folder);
        errno = error;
        if (next < 0 || *rest == '\0')
            return next;
        folder = next;
    }
    return -1;
}

int blob_dir_open_beneath(const struct blob_dir *self, const char *relative, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = syscall(SYS_openat2, self->root_fd, relative, &how, sizeof(how));
    // Old kernels say ENOSYS, the filters of old containers EPERM.
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return blob_dir_open_step_by_step(self->root_fd, relative, flags);
    return (int)fd;
}

// Makes the folders of a path and opens the last; ENOENT if somebody removed one meanwhile.
static int make_folders(const struct blob_dir *self, const char *relative)
{
    int folder = dup(self->root_fd);
    char part[BLOB_KEY_MAX + 1];
    const char *rest = relative;
    while (folder >= 0 && *rest != '\0') {
        rest = next_part(rest, part);
        int next = -1;
        if (mkdirat(folder, part, FOLDER_MODE) == 0 || errno == EEXIST)
            next = openat(folder, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(folder);
        errno = error;
        folder = next;
    }
    return folder;
}

int blob_dir_open_parent(const struct blob_dir *self, const char *key, bool make, const char **name)
{
    const char *slash = strrchr(key, '/');
    *name = slash != NULL ? slash + 1 : key;
    if (slash == NULL)
        return fcntl(self->root_fd, F_DUPFD_CLOEXEC, 0);
    char folder[BLOB_KEY_MAX + 1];
    size_t length = (size_t)(slash - key);
    memcpy(folder, key, length);
    folder[length] = '\0';
    int fd = blob_dir_open_beneath(self, folder, O_PATH | O_DIRECTORY);
    return fd < 0 && errno == ENOENT && make ? make_folders(self, folder) : fd;
}

void blob_dir_remove_empty_parents(const struct blob_dir *self, const char *key)
{
    char folder[BLOB_KEY_MAX + 1];
    size_t size = strlen(key) + 1;
    memcpy(folder, key, size);
    for (char *slash = strrchr(folder, '/'); slash != NULL; slash = strrchr(folder, '/')) {
        *slash = '\0';
        const char *name;
        int parent = blob_dir_open_parent(self, folder, false, &name);
        int failed = parent >= 0 ? unlinkat(parent, name, AT_REMOVEDIR) : -1;
        if (parent >= 0)
            close(parent);
        if (failed != 0)
            return;
    }
}

// ---- entries of a folder

struct entry {
    char *name; // a folder's ends with "/", so that comparing names orders keys
    bool folder;
};

struct entries {
    struct entry *items;
    size_t count;
};

static void entries_release(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->items[i].name);
    free(entries->items);
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static bool is_folder(int fd, const struct dirent *found)
{
    if (found->d_type != DT_UNKNOWN)
        return found->d_type == DT_DIR;
    struct stat info;
    return fstatat(fd, found->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

// Reads a folder, which is closed; names that begin with "." are the store's own. False with errno.
static bool read_entries(int fd, struct entries *entries)
{
    *entries = (struct entries){0};
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        close(fd);
        return false;
    }
    size_t capacity = 0;
    const struct dirent *found;
    while (errno = 0, (found = readdir(dir)) != NULL) {
        if (found->d_name[0] == '.')
            continue;
        if (entries->count == capacity) {
            capacity = capacity * 2 + 64;
            entries->items = mem_realloc_array(entries->items, capacity, sizeof(*entries->items));
        }
        bool folder = is_folder(dirfd(dir), found);
        entries->items[entries->count++] =
            (struct entry){.name = mem_sprintf("%s%s", found->d_name, folder ? "/" : ""), .folder = folder};
    }
    int error = errno;
    closedir(dir);
    errno = error;
    if (error == 0)
        return true;
    entries_release(entries);
    return false;
}

// Opens the folder of a prefix; "" is the root. A second descriptor of the root would share its reading position.
static int open_prefix(const struct blob_dir *self, const char *prefix)
{
    if (*prefix == '\0')
        return openat(self->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char folder[BLOB_KEY_MAX + 1];
    size_t length = strlen(prefix) - 1;
    memcpy(folder, prefix, length);
    folder[length] = '\0';
    return blob_dir_open_beneath(self, folder, O_RDONLY | O_DIRECTORY);
}

// ---- walking

struct walk {
    struct blob_dir *self;
    blob_visit *visit;
    void *context;
    struct err *err;
    enum err_code code;
    bool stopped;
};

static void visit_blob(struct walk *walk, const char *key)
{
    int fd = blob_dir_open_beneath(walk->self, key, O_PATH | O_NOFOLLOW);
    struct stat info;
    // What vanished meanwhile, and what is no file, is no blob.
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        const struct blob_info blob = {
            .size_bytes = info.st_size,
            .modified_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000,
        };
        walk->stopped = !walk->visit(walk->context, key, &blob);
    }
    if (fd >= 0)
        close(fd);
}

// Walks what lies under a prefix. The depth is bounded by the length of keys.
static void walk_folder(struct walk *walk, const char *prefix) // NOLINT(misc-no-recursion)
{
    struct entries entries;
    int fd = open_prefix(walk->self, prefix);
    if (fd < 0 || !read_entries(fd, &entries)) {
        if (errno != ENOENT)
            walk->code = err_set_errno(walk->err, errno, "cannot read %s/%s", walk->self->path, prefix);
        return;
    }
    if (entries.count > 0)
        qsort(entries.items, entries.count, sizeof(*entries.items), compare_entries);
    size_t length = strlen(prefix);
    for (size_t i = 0; i < entries.count && !walk->stopped && walk->code == ERR_NONE; i++) {
        char path[BLOB_KEY_MAX + 1];
        size_t name_length = strlen(entries.items[i].name);
        if (length + name_length > BLOB_KEY_MAX)
            continue;
        memcpy(path, prefix, length);
        memcpy(path + length, entries.items[i].name, name_length + 1);
        if (entries.items[i].folder)
            walk_folder(walk, path);
        else
            visit_blob(walk, path);
    }
    entries_release(&entries);
}

enum err_code blob_dir_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err)
{
    struct walk walk = {.self = blob_dir_of(store), .visit = visit, .context = context, .err = err};
    walk_folder(&walk, prefix);
    return walk.code;
}

// ---- removing

// Empties a folder, which is closed. Files that are put meanwhile may stay; then so does their folder.
static enum err_code empty_folder( // NOLINT(misc-no-recursion)
    const struct blob_dir *self, int fd, struct cancel *cancel, struct err *err)
{
    // Reading closes its descriptor, removing needs one.
    int folder = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    struct entries entries;
    if (folder < 0 || !read_entries(fd, &entries)) {
        enum err_code code = err_set_errno(err, errno, "cannot read a folder of %s", self->path);
        if (folder >= 0)
            close(folder);
        return code;
    }
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < entries.count && code == ERR_NONE; i++) {
        struct entry *entry = &entries.items[i];
        code = cancel_check(cancel, err);
        if (code != ERR_NONE)
            break;
        if (entry->folder) {
            entry->name[strlen(entry->name) - 1] = '\0';
            int inner = openat(folder, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inner >= 0)
                code = empty_folder(self, inner, cancel, err);
        }
        if (code == ERR_NONE && unlinkat(folder, entry->name, entry->folder ? AT_REMOVEDIR : 0) != 0 &&
            errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST)
            code = err_set_errno(err, errno, "cannot remove %s in %s", entry->name, self->path);
    }
    entries_release(&entries);
    close(folder);
    return code;
}

enum err_code blob_dir_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    const struct blob_dir *self = blob_dir_of(store);
    int fd = open_prefix(self, prefix);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_NONE
                                                   : err_set_errno(err, errno, "cannot read %s/%s", self->path, prefix);
    enum err_code code = empty_folder(self, fd, cancel, err);
    // The prefix ends with "/", so its own folder is among the parents.
    blob_dir_remove_empty_parents(self, prefix);
    return code;
}
