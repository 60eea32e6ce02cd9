// Fuzzer: any bytes as the XML that S3 servers answer with, and any text written into such a document.
#include <stdlib.h>
#include <string.h>

#include "base/xml.h"
#include "fuzz.h"

void fuzz_seeds(fuzz_seed_add add, void *context)
{
    static const char *const texts[] = {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>a &amp; b</Message></Error>",
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true</IsTruncated><Contents>"
        "<Key>a/b</Key><Size>3</Size><LastModified>2026-01-31T12:00:00.000Z</LastModified></Contents></"
        "ListBucketResult>",
        "<a><b/><!-- c --><![CDATA[<d>]]>&#x20AC;&lt;&#65;</a>",
        "<a b='>' c=\"<\"><b></b ></a>",
    };
    fuzz_add_texts(texts, sizeof(texts) / sizeof(texts[0]), add, context);
}

struct seen {
    char *wanted; // NULL: nothing in particular
    int elements;
};

static enum err_code note(void *context, const char *path, const char *text, struct err *err)
{
    struct seen *seen = context;
    (void)err;
    seen->elements++;
    fuzz_require(path[0] != '\0' && strlen(path) < XML_PATH_MAX && strlen(text) <= XML_TEXT_MAX);
    fuzz_require(seen->wanted == NULL || strcmp(text, seen->wanted) == 0);
    return ERR_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct seen seen = {0};
    struct err err = ERR_INIT;
    enum err_code code = xml_walk(text, size, note, &seen, &err);
    fuzz_require_sentence(code, &err);
    fuzz_require(code != ERR_NONE || seen.elements > 0);

    // What is escaped reads as itself.
    struct strbuf document;
    strbuf_init(&document);
    strbuf_adds(&document, "<a>");
    if (xml_escape(&document, text) && strlen(text) <= XML_TEXT_MAX) {
        strbuf_adds(&document, "</a>");
        seen = (struct seen){.wanted = text};
        fuzz_require(xml_walk(document.data, document.size, note, &seen, &err) == ERR_NONE);
        fuzz_require(seen.elements == 1);
    }
    strbuf_release(&document);
    free(text);
    return 0;
}
