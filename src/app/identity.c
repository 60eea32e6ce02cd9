#include "app/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "app/wiring.h"
#include "base/json.h"
#include "os/file.h"

void identity_make_id(char out[IDENTITY_ID_SIZE])
{
    unsigned char bytes[(IDENTITY_ID_SIZE - 1) / 2];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(out, IDENTITY_ID_SIZE, bytes, sizeof(bytes));
}

static enum err_code path_of(const char *dir, const char *suffix, char path[FILE_PATH_MAX], struct err *err)
{
    if (snprintf(path, FILE_PATH_MAX, "%s/framehound.json%s", dir, suffix) >= FILE_PATH_MAX)
        return err_set(err, ERR_INVALID, "the data folder's path is too long");
    return ERR_NONE;
}

static enum err_code write_to(const char *path, const struct identity *identity, struct err *err)
{
    json_t *o = json_object();
    struct strbuf text;
    strbuf_init(&text);
    json_set_string(o, "format", "framehound-data");
    json_set_int64(o, "schema", wiring_schema());
    json_set_string(o, "written_by", FRAMEHOUND_VERSION);
    json_set_string(o, "id", identity->id);
    if (identity->meta_store[0] != '\0')
        json_set_string(o, "meta_store", identity->meta_store);
    json_dump_pretty(o, &text);
    enum err_code code = file_write(path, text.data, text.size, FILE_SYNC_FULL, err);
    strbuf_release(&text);
    json_decref(o);
    return code == ERR_NONE ? code : err_context(err, "the data folder cannot be written");
}

enum err_code identity_write(const char *dir, const struct identity *identity, struct err *err)
{
    char path[FILE_PATH_MAX];
    enum err_code code = path_of(dir, "", path, err);
    return code == ERR_NONE ? write_to(path, identity, err) : code;
}

enum err_code identity_read(const char *dir, struct identity *identity, struct err *err)
{
    char path[FILE_PATH_MAX];
    json_t *o = NULL;
    const char *format = NULL;
    const char *id = "";
    const char *meta_store = "";
    int64_t schema = 0;
    *identity = (struct identity){0};
    enum err_code code = path_of(dir, "", path, err);
    if (code == ERR_NONE && !file_exists(path))
        code = err_set(err, ERR_NOT_FOUND, "%s is no data folder of Framehound: nothing was ingested there yet", dir);
    if (code != ERR_NONE)
        return code;
    code = json_parse_file(path, NULL, &o, err);
    if (code == ERR_NONE)
        code = json_get_string(o, "format", &format, err);
    if (code == ERR_NONE)
        code = json_get_int64(o, "schema", 1, INT64_MAX, &schema, err);
    if (code == ERR_NONE)
        code = json_opt_string(o, "id", &id, err);
    if (code == ERR_NONE)
        code = json_opt_string(o, "meta_store", &meta_store, err);
    if (code == ERR_NONE && strcmp(format, "framehound-data") != 0)
        code = err_set(err, ERR_CORRUPT, "it says its format is \"%.40s\"", format);
    if (code != ERR_NONE)
        err_context(err, "%s is no data folder this program can use", dir);
    else if (schema > wiring_schema())
        code = err_set(err, ERR_CONFLICT,
            "the data folder %s was written by a newer Framehound (schema %lld; this is %s, which knows %lld): upgrade "
            "this program, or use another folder",
            dir, (long long)schema, FRAMEHOUND_VERSION, (long long)wiring_schema());
    if (code == ERR_NONE) {
        identity->schema = schema;
        snprintf(identity->id, sizeof(identity->id), "%s", id);
        snprintf(identity->meta_store, sizeof(identity->meta_store), "%s", meta_store);
    }
    json_decref(o);
    return code;
}

// Makes the file unless another process has made it meanwhile.
static enum err_code make(const char *dir, struct err *err)
{
    char path[FILE_PATH_MAX];
    char own_path[FILE_PATH_MAX];
    char suffix[64];
    struct identity identity = {0};
    identity_make_id(identity.id);
    snprintf(suffix, sizeof(suffix), ".%s", identity.id);
    enum err_code code = path_of(dir, "", path, err);
    if (code == ERR_NONE)
        code = path_of(dir, suffix, own_path, err);
    if (code == ERR_NONE)
        code = write_to(own_path, &identity, err);
    if (code != ERR_NONE)
        return code;
    if (link(own_path, path) != 0 && errno != EEXIST)
        // A file system without links: who comes last is heard.
        code = file_move(own_path, path, FILE_SYNC_FULL, NULL, err);
    unlink(own_path);
    return code;
}

enum err_code identity_open(const char *dir, struct identity *identity, struct err *err)
{
    enum err_code code = identity_read(dir, identity, err);
    if (code == ERR_NOT_FOUND) {
        code = make(dir, err);
        if (code == ERR_NONE)
            code = identity_read(dir, identity, err);
    }
    if (code != ERR_NONE || (identity->id[0] != '\0' && identity->schema == wiring_schema()))
        return code;
    if (identity->id[0] == '\0')
        identity_make_id(identity->id);
    return identity_write(dir, identity, err);
}
