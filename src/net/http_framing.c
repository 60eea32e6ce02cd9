// Whether everybody between the client and us reads the request in the same way. The library takes what RFC 9112 (6.3)
// calls ambiguous; a proxy in front may take it for something else, and then one client's body is the next one's
// request.
#include <string.h>
#include <strings.h>

#include "net/http_server_internal.h"

struct framing {
    int hosts;
    int lengths;
    int encodings;
    bool is_other_encoding;
    bool is_malformed;
};

static bool is_token(const char *name, size_t size)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alphanumeric && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return size > 0;
}

static bool has_control(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static bool is_named(const char *name, size_t size, const char *wanted)
{
    return size == strlen(wanted) && strncasecmp(name, wanted, size) == 0;
}

static enum MHD_Result look_at(
    void *arg, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value, size_t value_size)
{
    struct framing *framing = arg;
    (void)kind;
    if (!is_token(name, name_size) || has_control(value, value_size))
        framing->is_malformed = true;
    framing->hosts += is_named(name, name_size, "Host");
    framing->lengths += is_named(name, name_size, "Content-Length");
    if (is_named(name, name_size, "Transfer-Encoding")) {
        framing->encodings++;
        framing->is_other_encoding = framing->is_other_encoding || !is_named(value, value_size, "chunked");
    }
    return MHD_YES;
}

enum err_code http_framing_check(const struct http_request *request, int *status, struct err *err)
{
    struct framing framing = {0};
    *status = 400;
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, look_at, &framing);
    if (framing.is_malformed)
        return err_set(err, ERR_INVALID, "a header has a name or a value with characters that are not allowed there");
    if (framing.hosts > 1)
        return err_set(err, ERR_INVALID, "the request has more than one Host header");
    if (framing.lengths > 1 || framing.encodings > 1 || (framing.lengths > 0 && framing.encodings > 0))
        return err_set(err, ERR_INVALID,
            "the request says in more than one way where its body ends: send one Content-Length, or one "
            "Transfer-Encoding: chunked");
    if (framing.is_other_encoding) {
        *status = 501;
        return err_set(err, ERR_INVALID, "the only Transfer-Encoding taken here is chunked");
    }
    return ERR_NONE;
}
