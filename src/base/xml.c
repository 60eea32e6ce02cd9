#include "base/xml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *at, *end;
    char path[XML_PATH_MAX];
    size_t starts[XML_DEPTH_MAX]; // where each element's name begins in `path`
    struct strbuf texts[XML_DEPTH_MAX];
    size_t depth;
    bool has_root;
    xml_visit *visit;
    void *context;
    struct err *err;
};

static enum err_code bad(struct reader *r, const char *what)
{
    return err_set(r->err, ERR_CORRUPT, "the XML document is broken: %s", what);
}

static bool starts_with(const struct reader *r, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(r->end - r->at) >= length && memcmp(r->at, text, length) == 0;
}

// The next place where `text` stands; NULL if it does not.
static const char *find(const struct reader *r, const char *text)
{
    return memmem(r->at, (size_t)(r->end - r->at), text, strlen(text));
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == ':' || (unsigned char)c >= 0x80;
}

static enum err_code add_text(struct reader *r, const char *bytes, size_t size)
{
    if (r->depth == 0)
        return ERR_NONE;
    struct strbuf *text = &r->texts[r->depth - 1];
    if (memchr(bytes, '\0', size) != NULL)
        return bad(r, "it has a NUL in it");
    if (size > XML_TEXT_MAX - text->size)
        return err_set(r->err, ERR_LIMIT, "a text in the XML document has more than %d bytes", XML_TEXT_MAX);
    strbuf_add(text, bytes, size);
    return ERR_NONE;
}

// UTF-8 of a code point that XML 1.0 allows; 0 bytes for another.
static size_t utf8(unsigned long c, char out[4])
{
    bool allowed = c == 9 || c == 10 || c == 13 || (c >= 0x20 && c < 0xD800) || (c >= 0xE000 && c <= 0x10FFFF);
    if (!allowed)
        return 0;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF0UL << (4 - size)) | c);
    return size;
}

// At '&'.
static enum err_code take_entity(struct reader *r)
{
    static const struct {
        const char *name, *text;
    } known[] = {{"lt", "<"}, {"gt", ">"}, {"amp", "&"}, {"quot", "\""}, {"apos", "'"}};
    char name[16];
    const char *end = find(r, ";");
    size_t length = end != NULL ? (size_t)(end - r->at) - 1 : 0;
    if (length == 0 || length >= sizeof(name))
        return bad(r, "an entity does not end");
    memcpy(name, r->at + 1, length);
    name[length] = '\0';
    r->at = end + 1;
    if (name[0] == '#') {
        char *rest;
        char bytes[4];
        bool is_hex = name[1] == 'x';
        const char *digits = name + (is_hex ? 2 : 1);
        unsigned long c = isxdigit((unsigned char)*digits) ? strtoul(digits, &rest, is_hex ? 16 : 10) : 0;
        size_t size = c != 0 && *rest == '\0' ? utf8(c, bytes) : 0;
        return size > 0 ? add_text(r, bytes, size) : bad(r, "an entity names no character");
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, name) == 0)
            return add_text(r, known[i].text, 1);
    }
    return bad(r, "it has an unknown entity");
}

static enum err_code close_element(struct reader *r)
{
    enum err_code code = r->visit(r->context, r->path, r->texts[r->depth - 1].data, r->err);
    r->depth--;
    size_t start = r->starts[r->depth];
    r->path[start > 0 ? start - 1 : 0] = '\0';
    return code;
}

static enum err_code open_element(struct reader *r, const char *name, size_t length)
{
    size_t used = strlen(r->path);
    if (r->depth == 0 && r->has_root)
        return bad(r, "it has two roots");
    if (r->depth == XML_DEPTH_MAX || used + 1 + length >= XML_PATH_MAX)
        return err_set(r->err, ERR_LIMIT, "the XML document is nested too deeply");
    r->has_root = true;
    if (used > 0)
        r->path[used++] = '/';
    r->starts[r->depth] = used;
    memcpy(r->path + used, name, length);
    r->path[used + length] = '\0';
    strbuf_reset(&r->texts[r->depth++]);
    return ERR_NONE;
}

// Behind the attributes of a tag, at its '>' or "/>"; false if it does not end.
static bool skip_attributes(struct reader *r)
{
    char quote = '\0';
    for (; r->at < r->end; r->at++) {
        char c = *r->at;
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>' || starts_with(r, "/>"))
            return true;
        else if (c == '<')
            return false;
    }
    return false;
}

static enum err_code take_tag(struct reader *r)
{
    bool closes = r->at + 1 < r->end && r->at[1] == '/';
    const char *name = r->at + (closes ? 2 : 1);
    const char *stop = name;
    while (stop < r->end && is_name_byte(*stop))
        stop++;
    size_t length = (size_t)(stop - name);
    r->at = stop;
    if (length == 0 || !skip_attributes(r))
        return bad(r, "a tag does not end");
    if (closes) {
        const char *open = r->depth > 0 ? r->path + r->starts[r->depth - 1] : "";
        if (*r->at != '>' || strlen(open) != length || memcmp(open, name, length) != 0)
            return bad(r, "a closing tag closes nothing");
        r->at++;
        return close_element(r);
    }
    bool is_empty = *r->at == '/';
    enum err_code code = open_element(r, name, length);
    r->at += is_empty ? 2 : 1;
    return code == ERR_NONE && is_empty ? close_element(r) : code;
}

// A comment, an instruction or CDATA, that ends with `ending`; `keep` if what it holds is text.
static enum err_code take_special(struct reader *r, size_t opening, const char *ending, bool keep)
{
    r->at += opening;
    const char *end = find(r, ending);
    if (end == NULL)
        return bad(r, "it ends too early");
    enum err_code code = keep ? add_text(r, r->at, (size_t)(end - r->at)) : ERR_NONE;
    r->at = end + strlen(ending);
    return code;
}

static enum err_code take_next(struct reader *r)
{
    if (*r->at == '&' && r->depth > 0)
        return take_entity(r);
    if (*r->at == '<') {
        if (starts_with(r, "<!--"))
            return take_special(r, 4, "-->", false);
        if (starts_with(r, "<?"))
            return take_special(r, 2, "?>", false);
        if (starts_with(r, "<![CDATA[") && r->depth > 0)
            return take_special(r, 9, "]]>", true);
        if (starts_with(r, "<!"))
            return bad(r, "it has a document type");
        return take_tag(r);
    }
    const char *from = r->at;
    while (r->at < r->end && *r->at != '<' && (*r->at != '&' || r->depth == 0)) {
        if (r->depth == 0 && !isspace((unsigned char)*r->at))
            return bad(r, "there is text outside of its root");
        r->at++;
    }
    return add_text(r, from, (size_t)(r->at - from));
}

enum err_code xml_walk(const char *bytes, size_t size, xml_visit *visit, void *context, struct err *err)
{
    struct reader r = {.at = bytes, .end = bytes + size, .visit = visit, .context = context, .err = err};
    enum err_code code = ERR_NONE;
    for (size_t i = 0; i < XML_DEPTH_MAX; i++)
        strbuf_init(&r.texts[i]);
    if (starts_with(&r, "\xEF\xBB\xBF"))
        r.at += 3;
    while (r.at < r.end && code == ERR_NONE)
        code = take_next(&r);
    if (code == ERR_NONE && (r.depth > 0 || !r.has_root))
        code = bad(&r, "it ends too early");
    for (size_t i = 0; i < XML_DEPTH_MAX; i++)
        strbuf_release(&r.texts[i]);
    return code;
}

bool xml_escape(struct strbuf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r')
            return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '&')
            strbuf_adds(out, "&amp;");
        else if (*c == '<')
            strbuf_adds(out, "&lt;");
        else if (*c == '>')
            strbuf_adds(out, "&gt;");
        else if (*c == '\r') // a reader would make a line feed of it
            strbuf_adds(out, "&#13;");
        else
            strbuf_addc(out, *c);
    }
    return true;
}
