#include "net/http.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

static const char *const method_names[HTTP_METHOD_COUNT] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

const char *http_method_name(enum http_method method)
{
    return (unsigned)method < HTTP_METHOD_COUNT ? method_names[method] : "?";
}

bool http_method_from_name(const char *name, enum http_method *method)
{
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (strcmp(method_names[i], name) == 0) {
            *method = (enum http_method)i;
            return true;
        }
    }
    return false;
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {206, "Partial Content"},
        {301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
        {307, "Temporary Redirect"}, {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"},
        {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
        {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"}, {411, "Length Required"},
        {412, "Precondition Failed"}, {413, "Content Too Large"}, {414, "URI Too Long"},
        {415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"}, {421, "Misdirected Request"},
        {422, "Unprocessable Content"}, {428, "Precondition Required"}, {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"}, {499, "Client Closed Request"}, {500, "Internal Server Error"},
        {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"},
        {507, "Insufficient Storage"}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "";
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
        (c != '\0' && strchr("-._~", c) != NULL);
}

static void url_encode(struct strbuf *out, const char *text, char kept)
{
    for (; *text != '\0'; text++) {
        if (is_unreserved((unsigned char)*text) || *text == kept)
            strbuf_addc(out, *text);
        else
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

void http_url_encode(struct strbuf *out, const char *text)
{
    url_encode(out, text, '\0');
}

void http_url_encode_path(struct strbuf *out, const char *text)
{
    url_encode(out, text, '/');
}

void http_url_add_query(struct strbuf *url, const char *name, const char *value)
{
    strbuf_addf(url, "%c%s=", strchr(url->data, '?') != NULL ? '&' : '?', name);
    http_url_encode(url, value);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_url_decode(char *text, bool plus)
{
    char *out = text;
    bool is_clean = true;
    for (const char *in = text; *in != '\0'; in++) {
        char c = *in;
        if (c == '%') {
            int high = hex_value(in[1]);
            int low = high >= 0 ? hex_value(in[2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high << 4 | low);
            in += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        is_clean = is_clean && (unsigned char)c >= 0x20 && c != 0x7F;
        *out++ = c;
    }
    *out = '\0';
    return is_clean && utf8_is_valid(text, (size_t)(out - text));
}

bool http_date_parse(const char *text, int64_t *wall_us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char name[4] = "";
    char day[3] = "", year[5] = "", time[9] = "";
    char plain[CLOCK_TEXT_MAX];
    int used = 0;
    const char *comma = strchr(text, ',');
    if (comma == NULL ||
        sscanf(comma + 1, " %2[0-9] %3[A-Za-z] %4[0-9] %8[0-9:] GMT%n", day, name, year, time, &used) != 4 ||
        used == 0 || comma[1 + used] != '\0')
        return false;
    const char *month = strlen(name) == 3 ? strstr(months, name) : NULL;
    if (month == NULL || (month - months) % 3 != 0)
        return false;
    snprintf(plain, sizeof(plain), "%s-%02d-%sT%sZ", year, (int)(month - months) / 3 + 1, day, time);
    return clock_parse(plain, wall_us);
}

void http_url_show(const char *url, char out[HTTP_URL_SHOWN_MAX])
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end != NULL ? scheme_end + 3 : url;
    size_t authority = strcspn(host, "/?#");
    // Whatever stands before the last '@' of the authority may be a password.
    for (size_t i = 0; i < authority; i++) {
        if (host[i] == '@') {
            host += i + 1;
            authority -= i + 1;
            i = (size_t)-1;
        }
    }
    size_t path = strcspn(host, "?#");
    int scheme = scheme_end != NULL ? (int)(scheme_end - url) + 3 : 0;
    snprintf(out, HTTP_URL_SHOWN_MAX, "%.*s%.*s%s", scheme < 16 ? scheme : 16, url, (int)(path < 200 ? path : 200),
        host, host[path] == '?' ? "?…" : "");
    for (char *c = out; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    }
}
