#include "ingest/source_url.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/plain_text.h"
#include "ingest/source_secret.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_unreserved(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~", c) != NULL);
}

bool source_url_decode(const char *text, size_t length, char *out, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= length || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
                return false;
            c = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        }
        if (c == '\0' || n + 1 >= capacity)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

void source_url_encode_path(const char *path, struct strbuf *out)
{
    for (const char *p = path; *p != '\0'; p++) {
        if (is_unreserved(*p) || *p == '/')
            strbuf_addc(out, *p);
        else
            strbuf_addf(out, "%%%02X", (unsigned char)*p);
    }
}

// Path or query: escapes in their normal form, reserved characters as they are, all else encoded.
static bool normalise_part(const char *text, size_t length, const char *also_allowed, struct strbuf *out)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= length || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
                return false;
            char decoded = (char)(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            if (is_unreserved(decoded))
                strbuf_addc(out, decoded);
            else
                strbuf_addf(out, "%%%02X", (unsigned char)decoded);
            i += 2;
        } else if (is_unreserved(c) || strchr("!$&'()*+,;=:@/", c) != NULL || strchr(also_allowed, c) != NULL) {
            strbuf_addc(out, c);
        } else {
            strbuf_addf(out, "%%%02X", (unsigned char)c);
        }
    }
    return true;
}

// RFC 3986, 5.2.4, on a path that begins with "/".
static void remove_dot_segments(const char *path, struct strbuf *out)
{
    size_t start = out->size;
    const char *p = path;
    while (*p != '\0') {
        size_t length = 1 + strcspn(p + 1, "/");
        bool last = p[length] == '\0';
        bool dot = length == 2 && p[1] == '.';
        bool dots = length == 3 && p[1] == '.' && p[2] == '.';
        if (dots) {
            while (out->size > start && out->data[--out->size] != '/')
                continue;
            out->data[out->size] = '\0';
        }
        if (dot || dots) {
            if (last)
                strbuf_addc(out, '/');
        } else {
            strbuf_add(out, p, length);
        }
        p += length;
    }
}

static bool append_port(const char *port, size_t length, bool https, struct strbuf *out)
{
    long value = 0;
    if (length == 0)
        return true;
    if (length > 5 || strspn(port, "0123456789") < length)
        return false;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + (port[i] - '0');
    if (value < 1 || value > 65535)
        return false;
    if (value != (https ? 443 : 80))
        strbuf_addf(out, ":%ld", value);
    return true;
}

static bool append_host(const char *authority, size_t length, bool https, struct strbuf *out)
{
    size_t host = length;
    if (length > 0 && authority[0] == '[') {
        const char *end = memchr(authority, ']', length);
        if (end == NULL)
            return false;
        host = (size_t)(end - authority) + 1;
        if (strspn(authority + 1, "0123456789abcdefABCDEF:.") < host - 2)
            return false;
    } else {
        const char *colon = memchr(authority, ':', length);
        if (colon != NULL)
            host = (size_t)(colon - authority);
        for (size_t i = 0; i < host; i++) {
            unsigned char c = (unsigned char)authority[i];
            // Names beyond ASCII are passed on; the resolver knows what to do with them.
            if (!isalnum(c) && c < 0x80 && strchr("-._", c) == NULL)
                return false;
        }
    }
    if (host == 0 || host > 253)
        return false;
    for (size_t i = 0; i < host; i++)
        strbuf_addc(out, (char)tolower((unsigned char)authority[i]));
    if (host == length)
        return true;
    return authority[host] == ':' && append_port(authority + host + 1, length - host - 1, https, out);
}

static bool normalise(const char *text, bool https, struct strbuf *out)
{
    const char *authority = text + (https ? strlen("https://") : strlen("http://"));
    size_t authority_length = strcspn(authority, "/?#");
    const char *path = authority + authority_length;
    size_t path_length = strcspn(path, "?#");
    const char *query = path + path_length;
    struct strbuf encoded;
    strbuf_adds(out, https ? "https://" : "http://");
    if (!append_host(authority, authority_length, https, out))
        return false;
    strbuf_init(&encoded);
    if (path_length == 0)
        strbuf_addc(&encoded, '/');
    bool good = normalise_part(path, path_length, "", &encoded);
    if (good)
        remove_dot_segments(encoded.data, out);
    strbuf_release(&encoded);
    if (good && *query == '?') {
        strbuf_addc(out, '?');
        good = normalise_part(query + 1, strcspn(query + 1, "#"), "?", out);
    }
    return good;
}

// "host/last part of the path", decoded.
static void make_name(const char *canonical, char name[META_TITLE_SIZE])
{
    const char *host = strstr(canonical, "://") + 3;
    size_t host_length = strcspn(host, "/");
    const char *path = host + host_length;
    size_t path_length = strcspn(path, "?");
    while (path_length > 0 && path[path_length - 1] == '/')
        path_length--;
    const char *last = path + path_length;
    while (last > path && last[-1] != '/')
        last--;
    char raw[META_TITLE_SIZE / 2];
    char decoded[META_TITLE_SIZE / 2];
    size_t last_length = (size_t)(path + path_length - last);
    if (last_length == 0 || !source_url_decode(last, last_length, raw, sizeof(raw)))
        raw[0] = '\0';
    plain_text_copy(decoded, sizeof(decoded), raw);
    if (decoded[0] != '\0' && strchr(decoded, '.') != NULL)
        snprintf(name, META_TITLE_SIZE, "%s", decoded);
    else
        snprintf(name, META_TITLE_SIZE, "%.*s%s%s", (int)(host_length < 250 ? host_length : 250), host,
            decoded[0] != '\0' ? "/" : "", decoded);
}

enum err_code source_url_normalise(
    const char *text, char canonical[META_SOURCE_SIZE], char name[META_TITLE_SIZE], struct err *err)
{
    bool https = strncasecmp(text, "https://", 8) == 0;
    if (!https && strncasecmp(text, "http://", 7) != 0)
        return err_set(err, ERR_INVALID, "\"%.200s\" is no address: it must begin with http:// or https://", text);
    const char *authority = strstr(text, "://") + 3;
    struct strbuf out;
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '\\')
            return err_set(err, ERR_INVALID, "the address holds a space or control character: encode it as %%20");
    }
    if (memchr(authority, '@', strcspn(authority, "/?#")) != NULL)
        return err_set(err, ERR_INVALID,
            "the address holds a user name or password: sources are stored and shown, so leave them out");
    if (source_has_hidden(text))
        return err_set(err, ERR_INVALID,
            "the address holds \"=" SOURCE_HIDDEN
            "\", which stands for a secret where a source is shown: give the address "
            "itself, or resume its video");
    strbuf_init(&out);
    enum err_code code = ERR_NONE;
    if (!normalise(text, https, &out))
        code = err_set(err, ERR_INVALID, "\"%.200s\" is no address: check its host, port and escapes", text);
    else if (out.size >= META_SOURCE_SIZE)
        code = err_set(err, ERR_INVALID, "the address is longer than %d bytes", META_SOURCE_SIZE - 1);
    else
        memcpy(canonical, out.data, out.size + 1);
    strbuf_release(&out);
    if (code == ERR_NONE)
        make_name(canonical, name);
    return code;
}
