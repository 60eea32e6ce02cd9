#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"
#include "vision/model_store.h"

// Where the parts of a model to be added lie.
struct source {
    const char *dir;          // of the manifest's files
    const char *network_file; // instead of the file that the manifest calls "network"; NULL: none
    const char *manifest_file;
};

static enum err_code read_source(const struct source *source, struct manifest **manifest, struct err *err)
{
    char *json = NULL;
    size_t size = 0;
    *manifest = NULL;
    enum err_code code = file_read(source->manifest_file, MANIFEST_SIZE_MAX, &json, &size, err);
    if (code == ERR_NONE)
        code = manifest_parse(source->manifest_file, source->dir, json, size, manifest, err);
    free(json);
    return code;
}

static enum err_code copy_bounded(const char *from, const char *to, struct err *err)
{
    struct file_info info;
    enum err_code code = file_stat(from, &info, err);
    if (code != ERR_NONE)
        return code;
    if (!info.is_regular || info.size_bytes > NETWORK_FILE_SIZE_MAX)
        return err_set(err, ERR_INVALID, "%s: a file of a model is a regular file of at most %llu GiB", from,
            (unsigned long long)(NETWORK_FILE_SIZE_MAX >> 30));
    return file_copy(from, to, FILE_SYNC_FULL, NULL, err);
}

static enum err_code copy_files(
    const struct source *source, const struct manifest *manifest, const char *folder, struct err *err)
{
    enum err_code code = dir_make(folder, err);
    char *to = mem_sprintf("%s/%s", folder, MANIFEST_FILE);
    if (code == ERR_NONE)
        code = copy_bounded(source->manifest_file, to, err);
    free(to);
    for (size_t i = 0; i < manifest->file_count && code == ERR_NONE; i++) {
        const char *name = manifest->files[i].name;
        bool replaced = source->network_file != NULL && strcmp(name, manifest->network) == 0;
        char *from = replaced ? mem_strdup(source->network_file) : mem_sprintf("%s/%s", source->dir, name);
        to = mem_sprintf("%s/%s", folder, name);
        code = copy_bounded(from, to, err);
        free(to);
        free(from);
    }
    return code;
}

// Puts the verified folder in its place. Where one is replaced, both change places in one step, and the old one ends up
// in `folder`, to be removed with it.
static enum err_code put_in_place(
    const char *folder, const char *target, const char *name, bool replace, struct err *err)
{
    if (rename(folder, target) == 0)
        return ERR_NONE;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return err_set_errno(err, errno, "cannot put the model at %s", target);
    if (!replace)
        return err_set(err, ERR_CONFLICT, "there is a model \"%s\" already; replacing it must be asked for", name);
    if (renameat2(AT_FDCWD, folder, AT_FDCWD, target, RENAME_EXCHANGE) == 0)
        return ERR_NONE;
    // Not every file system can do that.
    char *aside = mem_sprintf("%s.old", folder);
    enum err_code code = ERR_NONE;
    if (rename(target, aside) != 0) {
        code = err_set_errno(err, errno, "cannot replace the model at %s", target);
    } else if (rename(folder, target) != 0) {
        code = err_set_errno(err, errno, "cannot replace the model at %s", target);
        (void)rename(aside, target);
    }
    free(aside);
    return code;
}

static enum err_code add(struct engine *engine, const char *models_dir, const struct source *source, bool replace,
    const struct pixels *picture, struct model_report *report, char **name, struct err *err)
{
    struct manifest *manifest = NULL;
    struct manifest *copied = NULL;
    char incoming[FILE_PATH_MAX];
    char *folder = NULL;
    char *target = NULL;
    incoming[0] = '\0';
    if (name != NULL)
        *name = NULL;
    enum err_code code = read_source(source, &manifest, err);
    if (code != ERR_NONE)
        goto out;
    target = mem_sprintf("%s/%s", models_dir, manifest->name);
    if (!replace && file_exists(target)) {
        code = err_set(
            err, ERR_CONFLICT, "there is a model \"%s\" already; replacing it must be asked for", manifest->name);
        goto out;
    }
    code = dir_make(models_dir, err);
    if (code == ERR_NONE)
        code = dir_make_temporary(models_dir, ".incoming-", incoming, err);
    if (code != ERR_NONE)
        goto out;
    folder = mem_sprintf("%s/%s", incoming, manifest->name);
    code = copy_files(source, manifest, folder, err);
    // What is verified is the copy: the source may change meanwhile.
    if (code == ERR_NONE)
        code = manifest_load(folder, &copied, err);
    if (code == ERR_NONE)
        code = model_verify(engine, copied, picture, report, err);
    if (code == ERR_NONE)
        code = put_in_place(folder, target, manifest->name, replace, err);
    if (code == ERR_NONE)
        code = dir_sync(models_dir, err);
    if (code == ERR_NONE && name != NULL)
        *name = mem_strdup(manifest->name);
out:
    if (incoming[0] != '\0' && dir_remove_tree(incoming, NULL) != ERR_NONE && code == ERR_NONE)
        code = err_set(err, ERR_UNAVAILABLE, "the model was added, but %s could not be removed", incoming);
    manifest_free(copied);
    manifest_free(manifest);
    free(folder);
    free(target);
    return code;
}

enum err_code model_add(struct engine *engine, const char *models_dir, const char *source_dir, bool replace,
    const struct pixels *picture, struct model_report *report, char **name, struct err *err)
{
    char *manifest_file = mem_sprintf("%s/%s", source_dir, MANIFEST_FILE);
    const struct source source = {.dir = source_dir, .manifest_file = manifest_file};
    enum err_code code = add(engine, models_dir, &source, replace, picture, report, name, err);
    free(manifest_file);
    return code;
}

enum err_code model_add_file(struct engine *engine, const char *models_dir, const char *network_file,
    const char *manifest_file, bool replace, const struct pixels *picture, struct model_report *report, char **name,
    struct err *err)
{
    const char *slash = strrchr(network_file, '/');
    char *dir = slash != NULL ? mem_strndup(network_file, (size_t)(slash - network_file)) : mem_strdup(".");
    const struct source source = {.dir = dir, .network_file = network_file, .manifest_file = manifest_file};
    enum err_code code = add(engine, models_dir, &source, replace, picture, report, name, err);
    free(dir);
    return code;
}
