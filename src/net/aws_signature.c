#include "net/aws_signature.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "base/hash.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define STAMP_SIZE 17 // "20130524T000000Z"

// What becomes of a request on the way to its signature.
struct signing {
    const struct aws_request *request;
    const char *region;
    const struct aws_keys *keys;
    struct arena *arena;
    char stamp[STAMP_SIZE];
    const char *scope;
    struct http_header *headers; // names in lower case, sorted
    size_t header_count;
    const char *names; // of the signed headers, joined by ';'
    const char *payload;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct http_header *left = a;
    const struct http_header *right = b;
    int names = strcmp(left->name, right->name);
    return names != 0 ? names : strcmp(left->value, right->value);
}

static const char *encoded(struct arena *arena, const char *text, void (*encode)(struct strbuf *out, const char *text))
{
    struct strbuf out;
    strbuf_init(&out);
    encode(&out, text);
    const char *copy = arena_strdup(arena, out.data);
    strbuf_release(&out);
    return copy;
}

static const char *query_text(const struct http_header *query, size_t count, struct arena *arena)
{
    struct http_header *pairs = arena_alloc_array(arena, count + 1, sizeof(*pairs));
    struct strbuf out;
    strbuf_init(&out);
    // Sorted by what is sent, not by what it means.
    for (size_t i = 0; i < count; i++) {
        pairs[i].name = encoded(arena, query[i].name, http_url_encode);
        pairs[i].value = encoded(arena, query[i].value, http_url_encode);
    }
    qsort(pairs, count, sizeof(*pairs), compare_pairs);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(&out, "%s%s=%s", i > 0 ? "&" : "", pairs[i].name, pairs[i].value);
    const char *copy = arena_strdup(arena, out.data);
    strbuf_release(&out);
    return copy;
}

static void start(struct signing *s, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(s->stamp, sizeof(s->stamp), "%Y%m%dT%H%M%SZ", &tm);
    s->scope = arena_sprintf(s->arena, "%.8s/%s/s3/aws4_request", s->stamp, s->region);
}

// Names in lower case; runs of spaces in values count as one.
static struct http_header canonical_header(struct arena *arena, const struct http_header *header)
{
    char *name = arena_strdup(arena, header->name);
    char *value = arena_strdup(arena, header->value);
    char *out = value;
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    for (const char *in = value + strspn(value, " "); *in != '\0'; in++) {
        if (*in != ' ' || (in[1] != ' ' && in[1] != '\0'))
            *out++ = *in;
    }
    *out = '\0';
    return (struct http_header){name, value};
}

static void take_headers(struct signing *s, const struct http_header *headers, size_t count)
{
    struct strbuf names;
    s->headers = arena_alloc_array(s->arena, count, sizeof(*s->headers));
    s->header_count = count;
    for (size_t i = 0; i < count; i++)
        s->headers[i] = canonical_header(s->arena, &headers[i]);
    qsort(s->headers, count, sizeof(*s->headers), compare_pairs);
    strbuf_init(&names);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(&names, "%s%s", i > 0 ? ";" : "", s->headers[i].name);
    s->names = arena_strdup(s->arena, names.data);
    strbuf_release(&names);
}

static const char *signature(const struct signing *s, const char *path, const char *query)
{
    struct strbuf text;
    unsigned char key[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    strbuf_init(&text);
    strbuf_addf(&text, "%s\n%s\n%s\n", http_method_name(s->request->method), path, query);
    for (size_t i = 0; i < s->header_count; i++)
        strbuf_addf(&text, "%s:%s\n", s->headers[i].name, s->headers[i].value);
    strbuf_addf(&text, "\n%s\n%s", s->names, s->payload);
    sha256_of(text.data, text.size, hex);
    strbuf_reset(&text);
    strbuf_addf(&text, ALGORITHM "\n%s\n%s\n%s", s->stamp, s->scope, hex);

    char secret[sizeof(s->keys->secret) + 4];
    int length = snprintf(secret, sizeof(secret), "AWS4%s", s->keys->secret);
    hmac_sha256(secret, (size_t)length, s->stamp, 8, key);
    hmac_sha256(key, sizeof(key), s->region, strlen(s->region), key);
    hmac_sha256(key, sizeof(key), "s3", 2, key);
    hmac_sha256(key, sizeof(key), "aws4_request", 12, key);
    hmac_sha256(key, sizeof(key), text.data, text.size, key);
    sha256_hex(key, hex);
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(key, sizeof(key));
    strbuf_release(&text);
    return arena_strdup(s->arena, hex);
}

struct aws_signed aws_sign(const struct aws_request *request, const char *region, const struct aws_keys *keys,
    int64_t wall_us, struct arena *arena)
{
    struct signing s = {
        .request = request, .region = region, .keys = keys, .arena = arena, .payload = request->payload_sha256};
    start(&s, wall_us);
    // The first is signed, but sent by the transport itself.
    struct http_header *headers = arena_alloc_array(arena, request->header_count + 5, sizeof(*headers));
    size_t count = 0;
    headers[count++] = (struct http_header){"host", request->host};
    headers[count++] = (struct http_header){"x-amz-content-sha256", s.payload};
    headers[count++] = (struct http_header){"x-amz-date", arena_strdup(arena, s.stamp)};
    if (keys->token[0] != '\0')
        headers[count++] = (struct http_header){"x-amz-security-token", arena_strdup(arena, keys->token)};
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] = request->headers[i];
    take_headers(&s, headers, count);

    const char *path = encoded(arena, request->path, http_url_encode_path);
    const char *query = query_text(request->query, request->query_count, arena);
    headers[0] = (struct http_header){"Authorization",
        arena_sprintf(arena, ALGORITHM " Credential=%s/%s,SignedHeaders=%s,Signature=%s", keys->id, s.scope, s.names,
            signature(&s, path, query))};
    return (struct aws_signed){.target = arena_sprintf(arena, "%s%s%s", path, query[0] != '\0' ? "?" : "", query),
        .headers = headers,
        .header_count = count};
}

const char *aws_sign_link(const struct aws_request *request, const char *region, const struct aws_keys *keys,
    int64_t wall_us, int64_t seconds, struct arena *arena)
{
    struct signing s = {
        .request = request, .region = region, .keys = keys, .arena = arena, .payload = AWS_UNSIGNED_PAYLOAD};
    start(&s, wall_us);
    const struct http_header host = {"host", request->host};
    take_headers(&s, &host, 1);
    struct http_header *pairs = arena_alloc_array(arena, request->query_count + 6, sizeof(*pairs));
    size_t count = 0;
    for (; count < request->query_count; count++)
        pairs[count] = request->query[count];
    pairs[count++] = (struct http_header){"X-Amz-Algorithm", ALGORITHM};
    pairs[count++] = (struct http_header){"X-Amz-Credential", arena_sprintf(arena, "%s/%s", keys->id, s.scope)};
    pairs[count++] = (struct http_header){"X-Amz-Date", s.stamp};
    pairs[count++] = (struct http_header){"X-Amz-Expires", arena_sprintf(arena, "%lld", (long long)seconds)};
    pairs[count++] = (struct http_header){"X-Amz-SignedHeaders", "host"};
    if (keys->token[0] != '\0')
        pairs[count++] = (struct http_header){"X-Amz-Security-Token", arena_strdup(arena, keys->token)};
    const char *path = encoded(arena, request->path, http_url_encode_path);
    const char *query = query_text(pairs, count, arena);
    return arena_sprintf(arena, "%s?%s&X-Amz-Signature=%s", path, query, signature(&s, path, query));
}
