// Pictures and videos: from the stored file, through this process from a store elsewhere, or by an address that leads
// there.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api_internal.h"
#include "base/mem.h"

// Kept by the browser, asked about each time: indexing again may change a picture.
#define CACHE_RULE "private, no-cache"
// An address may be used for hours; so long a browser need not ask for it again.
#define LINK_REMEMBERED_S 300

static enum err_code respond_file(struct api *api, struct http_request *request, struct http_response *response,
    const char *key, const char *type, const char *etag, const struct blob_info *info, struct err *err)
{
    struct blob_file file = {0};
    enum err_code code = blob_store_get_file(
        api->config.ingest->blobs, key, api->config.ingest->temp_dir, http_request_cancel(request), &file, err);
    if (code != ERR_NONE)
        return code;
    // The descriptor keeps the content alive when the blob, or its temporary
    // copy, is removed while it is sent.
    int fd = open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        code = err_set_errno(err, errno, "the stored file %s cannot be opened", key);
    } else {
        http_response_header(response, "Cache-Control", CACHE_RULE);
        http_response_file(response, type, fd, 0, (uint64_t)info->size_bytes, etag, info->modified_us);
    }
    blob_file_release(&file);
    return code;
}

struct remote_blob {
    struct blob_store *blobs;
    char key[BLOB_KEY_SIZE];
};

static enum err_code read_remote(void *arg, uint64_t offset, void *buffer, size_t size, size_t *got, struct err *err)
{
    const struct remote_blob *blob = arg;
    return blob_store_get_range(blob->blobs, blob->key, (int64_t)offset, buffer, size, got, err);
}

static void respond_remote(struct api *api, struct http_response *response, const char *key, const char *type,
    const char *etag, const struct blob_info *info)
{
    struct remote_blob *blob = mem_calloc(1, sizeof(*blob));
    blob->blobs = api->config.ingest->blobs;
    memcpy(blob->key, key, strlen(key) + 1);
    const struct http_reader reader = {.read = read_remote, .release = free, .arg = blob};
    http_response_header(response, "Cache-Control", CACHE_RULE);
    http_response_reader(response, type, &reader, (uint64_t)info->size_bytes, etag, info->modified_us);
}

enum err_code api_respond_blob(struct api *api, struct http_request *request, struct http_response *response,
    const char *key, const char *type, const char *etag, struct err *err)
{
    struct blob_store *blobs = api->config.ingest->blobs;
    struct blob_info info;
    char *url = NULL;
    enum err_code code = blob_store_stat(blobs, key, &info, err);
    if (code != ERR_NONE)
        return code;
    if (!blob_store_is_remote(blobs))
        return respond_file(api, request, response, key, type, etag, &info, err);
    if (api->config.media_origin == NULL) {
        respond_remote(api, response, key, type, etag, &info);
        return ERR_NONE;
    }
    code = blob_store_link(blobs, key, type, &url, err);
    if (code == ERR_NONE)
        http_response_redirect(response, url, LINK_REMEMBERED_S);
    free(url);
    return code;
}
