// Fuzzer: any bytes as the source that a remote user names, and as a stored one. No file is looked at.
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "ingest/source.h"
#include "ingest/source_url.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "HTTP://Example.ORG:80/x/../a/./b.mp4#t=3",
        "https://example.org/watch?v=AbC&list=1",
        "http://[2001:DB8::1]:81/%7euser/%c3%a9.mp4",
        "http://user:secret@example.org/a",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "file:///videos/a%20b.mp4#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "/videos/a.mp4",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

// The normal form of a normal form is itself, or one video would have several ids.
static void normalise(const char *text)
{
    char canonical[META_SOURCE_SIZE], name[META_TITLE_SIZE];
    char again[META_SOURCE_SIZE], again_name[META_TITLE_SIZE];
    struct err err = ERR_INIT;
    enum err_code code = source_url_normalise(text, canonical, name, &err);
    fuzz_require_sentence(code, &err);
    if (code != ERR_NONE)
        return;
    fuzz_require(strlen(canonical) < sizeof(canonical) && strlen(name) < sizeof(name));
    fuzz_require(strncmp(canonical, "http://", 7) == 0 || strncmp(canonical, "https://", 8) == 0);
    fuzz_require(strchr(canonical, '#') == NULL);
    const char *host = strstr(canonical, "://") + 3;
    fuzz_require(memchr(host, '@', strcspn(host, "/?")) == NULL);
    fuzz_require(source_url_normalise(canonical, again, again_name, &err) == ERR_NONE);
    fuzz_require(strcmp(canonical, again) == 0);
    struct source source;
    fuzz_require(source_parse_canonical(canonical, &source, &err) == ERR_NONE && source.kind == SOURCE_URL);
}

static void resolve(const char *text)
{
    struct source source, again;
    struct err err = ERR_INIT;
    enum err_code code = source_resolve(text, true, false, NULL, &source, &err);
    fuzz_require_sentence(code, &err);
    if (code != ERR_NONE)
        return;
    fuzz_require(source.kind != SOURCE_FILE);
    fuzz_require(source_parse_canonical(source.canonical, &again, &err) == ERR_NONE && again.kind == source.kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    normalise(text);
    resolve(text);
    struct source source;
    struct err err = ERR_INIT;
    enum err_code code = source_parse_canonical(text, &source, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code == ERR_NONE || code == ERR_CORRUPT);
    if (code == ERR_NONE && source.kind == SOURCE_FILE)
        fuzz_require(source.path[0] == '/');
    char decoded[64];
    if (source_url_decode(text, size, decoded, sizeof(decoded)))
        fuzz_require(strlen(decoded) < sizeof(decoded));
    free(text);
    return 0;
}
