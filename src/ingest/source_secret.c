#include "ingest/source_secret.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

// Longer names than this are nobody's.
#define NAME_SIZE 128

static bool begins(const char *name, const char *start)
{
    return strncasecmp(name, start, strlen(start)) == 0;
}

static bool ends(const char *name, const char *end)
{
    size_t length = strlen(name);
    size_t wanted = strlen(end);
    return length >= wanted && strcasecmp(name + length - wanted, end) == 0;
}

// By the names that those who sign addresses use, and by words: a value too many that is hidden does no harm.
static bool is_secret(const char *name)
{
    static const char *const starts[] = {"X-Amz-", "X-Goog-", "hdn"};
    static const char *const words[] = {"token", "secret", "signature", "passw", "credential", "session"};
    static const char *const last[] = {"sig", "key", "keyid"};
    static const char *const whole[] = {"auth", "authorization", "hmac", "jwt", "pass", "pwd", "sign"};
    bool secret = false;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        secret = secret || begins(name, starts[i]);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        secret = secret || strcasestr(name, words[i]) != NULL;
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
        secret = secret || ends(name, last[i]);
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        secret = secret || strcasecmp(name, whole[i]) == 0;
    return secret;
}

static bool is_address(const char *text)
{
    return begins(text, "http://") || begins(text, "https://");
}

// One "name=value" of a query.
static void show_parameter(const char *text, size_t size, struct strbuf *out)
{
    char name[NAME_SIZE];
    const char *equals = memchr(text, '=', size);
    size_t length = equals != NULL ? (size_t)(equals - text) : size;
    snprintf(name, sizeof(name), "%.*s", (int)(length < NAME_SIZE ? length : NAME_SIZE - 1), text);
    if (equals != NULL && length + 1 < size && is_secret(name)) {
        strbuf_add(out, text, length + 1);
        strbuf_adds(out, SOURCE_HIDDEN);
    } else {
        strbuf_add(out, text, size);
    }
}

void source_hide_secrets(const char *source, struct strbuf *out)
{
    const char *query = is_address(source) ? strchr(source, '?') : NULL;
    if (query == NULL) {
        strbuf_adds(out, source);
        return;
    }
    strbuf_add(out, source, (size_t)(query + 1 - source));
    for (const char *at = query + 1; *at != '\0';) {
        size_t size = strcspn(at, "&;");
        show_parameter(at, size, out);
        at += size;
        if (*at != '\0')
            strbuf_addc(out, *at++);
    }
}

void source_hide_queries(const char *text, struct strbuf *out)
{
    for (const char *at = text; *at != '\0';) {
        if (!is_address(at)) {
            strbuf_addc(out, *at++);
            continue;
        }
        size_t end = strcspn(at, " \t\r\n\"'<>");
        size_t query = strcspn(at, "?# \t\r\n\"'<>");
        strbuf_add(out, at, query);
        if (query < end)
            strbuf_addf(out, "%c" SOURCE_HIDDEN, at[query]);
        at += end;
    }
}

bool source_has_hidden(const char *source)
{
    return is_address(source) && strstr(source, "=" SOURCE_HIDDEN) != NULL;
}
