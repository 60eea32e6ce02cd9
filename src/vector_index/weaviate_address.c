#include "vector_index/weaviate_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PORT 8080
#define PORT_MAX 65535

bool weaviate_address_is_one(const char *text)
{
    return strncmp(text, WEAVIATE_SCHEME, strlen(WEAVIATE_SCHEME)) == 0 ||
        strncmp(text, WEAVIATE_SCHEME_TLS, strlen(WEAVIATE_SCHEME_TLS)) == 0;
}

static enum err_code wrong(struct err *err, const char *what)
{
    return err_set(err, ERR_INVALID,
        "the address of the Weaviate server (--vector-index) is wrong: %s; write " WEAVIATE_SCHEME
        "HOST:PORT or " WEAVIATE_SCHEME "HOST:PORT/PREFIX, " WEAVIATE_SCHEME_TLS " for TLS",
        what);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static enum err_code read_prefix(const char *text, struct weaviate_address *address, struct err *err)
{
    size_t length = strlen(text);
    if (length == 0) {
        snprintf(address->prefix, sizeof(address->prefix), "%s", WEAVIATE_PREFIX_DEFAULT);
        return ERR_NONE;
    }
    bool is_good = length < sizeof(address->prefix) && text[0] >= 'A' && text[0] <= 'Z';
    for (size_t i = 0; i < length && is_good; i++)
        is_good = is_letter(text[i]) || (text[i] >= '0' && text[i] <= '9') || text[i] == '_';
    if (!is_good)
        return wrong(err,
            "its prefix is no beginning of a collection's name (a capital letter, then letters, digits and "
            "underscores, 64 at most)");
    snprintf(address->prefix, sizeof(address->prefix), "%s", text);
    return ERR_NONE;
}

// Where the port begins in HOST:PORT or [IPV6]:PORT; NULL: there is none.
static const char *port_of(const char *host)
{
    const char *bracket = strrchr(host, ']');
    const char *colon = strchr(bracket != NULL ? bracket : host, ':');
    return colon != NULL ? colon + 1 : NULL;
}

static bool host_is_good(const char *host)
{
    size_t length = strcspn(host, ":");
    if (host[0] == '[') {
        const char *end = strchr(host, ']');
        return end != NULL && end > host + 1 && (end[1] == '\0' || end[1] == ':') &&
            strspn(host + 1, "0123456789abcdefABCDEF:.") == (size_t)(end - host - 1);
    }
    return length > 0 && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == length;
}

static bool port_is_good(const char *port)
{
    size_t length = strlen(port);
    return length > 0 && length <= 5 && strspn(port, "0123456789") == length && atoi(port) > 0 &&
        atoi(port) <= PORT_MAX;
}

enum err_code weaviate_address_parse(const char *text, struct weaviate_address *address, struct err *err)
{
    *address = (struct weaviate_address){0};
    if (!weaviate_address_is_one(text))
        return wrong(err, "it begins with neither of " WEAVIATE_SCHEME " and " WEAVIATE_SCHEME_TLS);
    bool tls = strncmp(text, WEAVIATE_SCHEME, strlen(WEAVIATE_SCHEME)) != 0;
    const char *rest = text + strlen(tls ? WEAVIATE_SCHEME_TLS : WEAVIATE_SCHEME);
    if (strchr(rest, '@') != NULL)
        return wrong(err, "it holds a name or a key, which belongs into the file of --vector-key-file");
    size_t length = strcspn(rest, "/");
    char *host = mem_strndup(rest, length);
    const char *port = port_of(host);
    enum err_code code = ERR_NONE;
    if (!host_is_good(host))
        code = wrong(err, "it names no host");
    else if (port != NULL && !port_is_good(port))
        code = wrong(err, "its port is no number from 1 to 65535");
    else
        code = read_prefix(rest[length] == '/' ? rest + length + 1 : "", address, err);
    if (code == ERR_NONE) {
        char default_port[16] = "";
        if (port == NULL && !tls)
            snprintf(default_port, sizeof(default_port), ":%d", PORT);
        address->label = mem_sprintf("%s%s%s", tls ? WEAVIATE_SCHEME_TLS : WEAVIATE_SCHEME, host, default_port);
        address->url = mem_sprintf("%s://%s%s", tls ? "https" : "http", host, default_port);
    }
    free(host);
    return code;
}

void weaviate_address_release(struct weaviate_address *address)
{
    free(address->label);
    free(address->url);
    *address = (struct weaviate_address){0};
}
