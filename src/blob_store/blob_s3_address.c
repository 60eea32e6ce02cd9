#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "blob_store/blob_s3_internal.h"

#define BUCKET_MIN 3
#define BUCKET_MAX 63
#define PREFIX_MAX 200

static bool is_bucket_name(const char *name, size_t length)
{
    if (length < BUCKET_MIN || length > BUCKET_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool inner = i > 0 && i + 1 < length;
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
            !(inner && (name[i] == '-' || name[i] == '.')))
            return false;
    }
    return true;
}

enum err_code blob_s3_parse_location(const char *location, char **bucket, char **prefix, struct err *err)
{
    const char *name = strncmp(location, "s3://", 5) == 0 ? location + 5 : "";
    size_t length = strcspn(name, "/");
    if (!is_bucket_name(name, length))
        return err_set(err, ERR_INVALID,
            "--blob-store: \"%.100s\" names no bucket; it is written s3://BUCKET or s3://BUCKET/PREFIX, with 3 to 63 "
            "lower-case letters, digits, '-' and '.' in the bucket's name",
            location);
    const char *path = name + length + (name[length] == '/');
    char *trimmed = mem_strdup(path);
    size_t size = strlen(trimmed);
    while (size > 0 && trimmed[size - 1] == '/')
        trimmed[--size] = '\0';
    if (size > PREFIX_MAX || (size > 0 && !blob_key_is_valid(trimmed))) {
        free(trimmed);
        return err_set(err, ERR_INVALID,
            "--blob-store: \"%.100s\" is no prefix: it has names of letters, digits, '-', '_' and '.', joined by '/', "
            "at most %d bytes in all",
            path, PREFIX_MAX);
    }
    *bucket = mem_strndup(name, length);
    *prefix = size > 0 ? mem_sprintf("%s/", trimmed) : mem_strdup("");
    free(trimmed);
    return ERR_NONE;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length >= size && strncmp(text + length - size, end, size) == 0;
}

static bool is_amazon(const char *host, size_t length)
{
    return ends_with(host, length, ".amazonaws.com") || ends_with(host, length, ".amazonaws.com.cn");
}

// A bucket's name with a dot in it is no single label, and certificates of the server do not cover it.
static bool goes_in_host(const struct blob_s3 *self, enum s3_addressing addressing, const char *host, size_t length)
{
    if (addressing == S3_ADDRESSING_AUTO)
        return is_amazon(host, length) && strchr(self->bucket, '.') == NULL;
    return addressing == S3_ADDRESSING_VIRTUAL;
}

static enum err_code bad_endpoint(const char *endpoint, const char *setting, struct err *err)
{
    char shown[HTTP_URL_SHOWN_MAX];
    http_url_show(endpoint, shown);
    return err_set(err, ERR_INVALID,
        "%s: \"%s\" is no server's address; it is written http://HOST:PORT or https://HOST:PORT", setting, shown);
}

enum err_code blob_s3_parse_endpoint(const struct blob_s3 *self, const char *endpoint, const char *setting,
    enum s3_addressing addressing, struct blob_s3_address *address, struct err *err)
{
    bool is_tls = strncmp(endpoint, "https://", 8) == 0;
    if (!is_tls && strncmp(endpoint, "http://", 7) != 0)
        return bad_endpoint(endpoint, setting, err);
    const char *authority = endpoint + (is_tls ? 8 : 7);
    size_t length = strcspn(authority, "/?#");
    size_t name = authority[0] == '[' ? strcspn(authority, "]") + 1 : strcspn(authority, ":/?#");
    const char *path = authority + length;
    size_t path_length = strlen(path);
    while (path_length > 0 && path[path_length - 1] == '/')
        path_length--;
    bool is_clean = length > 0 && name > 0 && name <= length && memchr(authority, '@', length) == NULL &&
        strpbrk(path, "?#%") == NULL;
    for (const char *c = endpoint; *c != '\0'; c++)
        is_clean = is_clean && (unsigned char)*c > 0x20 && (unsigned char)*c < 0x7F;
    const char *port = authority + name;
    size_t port_length = name <= length ? length - name : 0;
    for (size_t i = 0; i < port_length; i++)
        is_clean = is_clean && (i == 0 ? port[0] == ':' && port_length > 1 : isdigit((unsigned char)port[i]) != 0);
    if (!is_clean)
        return bad_endpoint(endpoint, setting, err);
    // Clients leave the scheme's own port out of the Host header.
    const char *own = is_tls ? ":443" : ":80";
    if (port_length == strlen(own) && strncmp(port, own, port_length) == 0)
        port_length = 0;
    bool in_host = goes_in_host(self, addressing, authority, name);
    if (in_host && (authority[0] == '[' || isdigit((unsigned char)authority[name - 1])))
        return err_set(err, ERR_INVALID,
            "--s3-addressing virtual puts the bucket's name in front of the server's, which %s gives as a number: use "
            "--s3-addressing path",
            setting);
    address->host = mem_sprintf(
        "%s%s%.*s%.*s", in_host ? self->bucket : "", in_host ? "." : "", (int)name, authority, (int)port_length, port);
    address->origin = mem_sprintf("%s://%s", is_tls ? "https" : "http", address->host);
    address->bucket = mem_sprintf("%.*s/%s", (int)path_length, path, in_host ? "" : self->bucket);
    address->base = mem_sprintf("%s%s%s", address->bucket, in_host ? "" : "/", self->prefix);
    return ERR_NONE;
}

void blob_s3_address_release(struct blob_s3_address *address)
{
    free(address->origin);
    free(address->host);
    free(address->base);
    free(address->bucket);
    *address = (struct blob_s3_address){0};
}
