#include "meta_store/redis_address.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TEXT_MAX 2048
#define HOST_MAX 253

static enum err_code wrong(struct err *err, const char *why)
{
    return err_set(err, ERR_INVALID,
        "the address of the Redis server is wrong: %s; write redis://HOST:PORT/DATABASE, rediss:// for TLS, or "
        "unix:///PATH",
        why);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The text with its %XX decoded, to be freed; NULL if one is none, or stands for a NUL.
static char *decode(const char *text, size_t size)
{
    char *out = mem_alloc(size + 1);
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '%') {
            int high = size - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = size - i > 2 ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                free(out);
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[length++] = c;
    }
    out[length] = '\0';
    return out;
}

static bool parse_number(const char *text, size_t size, long most, long *out)
{
    char *end;
    if (size == 0 || size > 9 || strspn(text, "0123456789") < size)
        return false;
    *out = strtol(text, &end, 10);
    return *out <= most;
}

static enum err_code take_credentials(const char *text, size_t size, struct redis_address *address, struct err *err)
{
    const char *colon = memchr(text, ':', size);
    if (colon == NULL)
        return wrong(err, "before the @ stand a user and a password, with a colon between them");
    size_t user_size = (size_t)(colon - text);
    if (user_size > 0)
        address->user = decode(text, user_size);
    address->password = decode(colon + 1, size - user_size - 1);
    if ((user_size > 0 && address->user == NULL) || address->password == NULL)
        return wrong(err, "the user or the password has a % that does not begin a code such as %40");
    return ERR_NONE;
}

// "HOST", "HOST:PORT" or "[ADDRESS]:PORT".
static enum err_code take_host(const char *text, size_t size, struct redis_address *address, struct err *err)
{
    const char *host = text;
    const char *end = text + size;
    const char *host_end;
    if (size > 0 && text[0] == '[') {
        host++;
        host_end = memchr(text, ']', size);
        if (host_end == NULL)
            return wrong(err, "a [ is not closed");
        text = host_end + 1;
    } else {
        host_end = memchr(text, ':', size);
        host_end = host_end != NULL ? host_end : end;
        text = host_end;
    }
    size_t host_size = (size_t)(host_end - host);
    if (host_size == 0 || host_size > HOST_MAX)
        return wrong(err, "it names no host");
    for (size_t i = 0; i < host_size; i++) {
        if ((unsigned char)host[i] <= ' ' || (unsigned char)host[i] >= 0x7F || strchr("\"\\<>@[]", host[i]) != NULL)
            return wrong(err, "the host has characters that no name has");
    }
    address->host = mem_strndup(host, host_size);
    long port = REDIS_PORT;
    if (text < end &&
        (*text != ':' || !parse_number(text + 1, (size_t)(end - text) - 1, UINT16_MAX, &port) || port == 0))
        return wrong(err, "the port is a number from 1 to 65535");
    address->port = (uint16_t)port;
    return ERR_NONE;
}

static enum err_code take_database(const char *text, struct redis_address *address, struct err *err)
{
    long database = 0;
    if (text[0] != '\0' && !parse_number(text, strlen(text), REDIS_DATABASE_MAX, &database))
        return wrong(err, "the database is a number, such as /0");
    address->database = (int)database;
    return ERR_NONE;
}

static enum err_code parse_network(const char *rest, struct redis_address *address, struct err *err)
{
    // A password may have a slash, the database not: so the last @ ends the credentials.
    const char *at = strrchr(rest, '@');
    enum err_code code = ERR_NONE;
    if (at != NULL) {
        code = take_credentials(rest, (size_t)(at - rest), address, err);
        rest = at + 1;
    }
    size_t host_size = strcspn(rest, "/?#");
    if (code == ERR_NONE)
        code = take_host(rest, host_size, address, err);
    rest += host_size;
    if (code == ERR_NONE && rest[0] == '/')
        code = take_database(rest + 1, address, err);
    else if (code == ERR_NONE && rest[0] != '\0')
        code = wrong(err, "after the port nothing but /DATABASE may follow");
    if (code != ERR_NONE)
        return code;
    bool v6 = strchr(address->host, ':') != NULL;
    address->label = mem_sprintf("redis%s://%s%s%s:%u/%d", address->tls ? "s" : "", v6 ? "[" : "", address->host,
        v6 ? "]" : "", (unsigned)address->port, address->database);
    return ERR_NONE;
}

static enum err_code parse_path(const char *rest, struct redis_address *address, struct err *err)
{
    size_t size = strcspn(rest, "?");
    if (rest[0] != '/' || size < 2)
        return wrong(err, "the path of a socket begins with a slash, as in unix:///run/redis/redis.sock");
    address->path = mem_strndup(rest, size);
    rest += size;
    enum err_code code = ERR_NONE;
    if (strncmp(rest, "?db=", 4) == 0)
        code = take_database(rest + 4, address, err);
    else if (rest[0] != '\0')
        code = wrong(err, "after the path of a socket nothing but ?db=DATABASE may follow");
    if (code == ERR_NONE)
        address->label = mem_sprintf("unix://%s?db=%d", address->path, address->database);
    return code;
}

enum err_code redis_address_parse(const char *text, struct redis_address *address, struct err *err)
{
    enum err_code code;
    *address = (struct redis_address){0};
    if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
        return wrong(err, "it is too long");
    address->tls = strncmp(text, "rediss://", 9) == 0;
    if (address->tls || strncmp(text, "redis://", 8) == 0)
        code = parse_network(strstr(text, "://") + 3, address, err);
    else if (strncmp(text, "unix://", 7) == 0)
        code = parse_path(text + 7, address, err);
    else
        code = wrong(err, "it begins with none of redis://, rediss:// and unix://");
    if (code != ERR_NONE)
        redis_address_release(address);
    return code;
}

void redis_address_release(struct redis_address *address)
{
    free(address->path);
    free(address->host);
    free(address->user);
    free(address->password);
    free(address->label);
    *address = (struct redis_address){0};
}
