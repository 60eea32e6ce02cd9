#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/xml.h"
#include "blob_store/blob_s3_internal.h"
#include "os/cancel.h"

// S3's bound of what one request removes, and what one page lists.
#define BATCH_MAX 1000
#define ROUNDS_MAX 5

struct item {
    char *key; // at first as it is listed, then decoded and without the store's prefix
    struct blob_info info;
};

struct page {
    struct blob_s3 *self;
    struct item *items;
    size_t count;
    struct item next; // being read
    char *token;      // where the next page begins; NULL: this was the last
    bool is_truncated;
    bool is_encoded; // keys are as in URLs: not every server does what it is asked to
};

static void page_clear(struct page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->items[i].key);
    free(page->items);
    free(page->next.key);
    free(page->token);
    *page = (struct page){.self = page->self};
}

static void end_item(struct page *page)
{
    if (page->next.key != NULL) {
        page->items = mem_realloc_array(page->items, page->count + 1, sizeof(*page->items));
        page->items[page->count++] = page->next;
    }
    page->next = (struct item){0};
}

static enum err_code end_page(struct page *page, struct err *err)
{
    const char *prefix = page->self->prefix;
    size_t length = strlen(prefix);
    for (size_t i = 0; i < page->count; i++) {
        char *key = page->items[i].key;
        char *decoded = mem_strdup(key);
        // A key that is no text is none of ours; its escaped form is not either.
        if (!page->is_encoded || !http_url_decode(decoded, true))
            memcpy(decoded, key, strlen(key) + 1);
        bool is_ours = strncmp(decoded, prefix, length) == 0;
        free(key);
        page->items[i].key = is_ours ? mem_strdup(decoded + length) : mem_strdup("");
        free(decoded);
        if (!is_ours)
            return err_set(
                err, ERR_UNAVAILABLE, "the S3 server %s lists keys that it was not asked for", page->self->endpoint);
    }
    return ERR_NONE;
}

static enum err_code take_field(void *context, const char *path, const char *text, struct err *err)
{
    struct page *page = context;
    const char *root = "ListBucketResult/";
    if (strncmp(path, root, strlen(root)) != 0)
        return ERR_NONE;
    path += strlen(root);
    if (strcmp(path, "Contents/Key") == 0) {
        free(page->next.key);
        page->next.key = mem_strdup(text);
    } else if (strcmp(path, "Contents/Size") == 0) {
        page->next.info.size_bytes = strtoll(text, NULL, 10);
    } else if (strcmp(path, "Contents/LastModified") == 0) {
        if (!clock_parse(text, &page->next.info.modified_us))
            return err_set(err, ERR_UNAVAILABLE, "the S3 server %s lists no times", page->self->endpoint);
    } else if (strcmp(path, "Contents") == 0) {
        end_item(page);
    } else if (strcmp(path, "EncodingType") == 0) {
        page->is_encoded = strcmp(text, "url") == 0;
    } else if (strcmp(path, "IsTruncated") == 0) {
        page->is_truncated = strcmp(text, "true") == 0;
    } else if (strcmp(path, "NextContinuationToken") == 0) {
        free(page->token);
        page->token = mem_strdup(text);
    }
    return ERR_NONE;
}

// The page after `token` (NULL: the first) of what begins with `prefix`, which is in front of the store's own keys.
static enum err_code get_page(
    struct page *page, const char *prefix, const char *token, const char *most, struct cancel *cancel, struct err *err)
{
    struct blob_s3 *self = page->self;
    char *start = mem_sprintf("%s%s", self->prefix, prefix);
    struct http_header query[5] = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", most}, {"prefix", start}};
    struct s3_call call = {.query = query, .query_count = 4, .cancel = cancel};
    struct s3_answer answer;
    if (token != NULL)
        query[call.query_count++] = (struct http_header){"continuation-token", token};
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NONE)
        code = xml_walk(answer.http.body, answer.http.body_size, take_field, page, err);
    if (code == ERR_NONE)
        code = end_page(page, err);
    if (code == ERR_NONE && page->is_truncated && page->token == NULL)
        code = err_set(err, ERR_UNAVAILABLE, "the S3 server %s does not say how its list goes on", self->endpoint);
    if (code == ERR_CORRUPT || code == ERR_LIMIT)
        code = err_context(err, "the S3 server %s does not answer as one", self->endpoint);
    blob_s3_answer_release(&answer);
    free(start);
    return code;
}

enum err_code blob_s3_list(
    struct blob_store *store, const char *prefix, blob_visit *visit, void *context, struct err *err)
{
    struct page page = {.self = blob_s3_of(store)};
    char *token = NULL;
    bool goes_on = true;
    enum err_code code;
    do {
        code = blob_s3_soften(get_page(&page, prefix, token, "1000", NULL, err), err);
        for (size_t i = 0; i < page.count && goes_on && code == ERR_NONE; i++) {
            // What others have put into the bucket is not ours to show.
            if (blob_key_is_valid(page.items[i].key))
                goes_on = visit(context, page.items[i].key, &page.items[i].info);
        }
        free(token);
        token = page.is_truncated ? mem_strdup(page.token) : NULL;
        page_clear(&page);
    } while (code == ERR_NONE && goes_on && token != NULL);
    free(token);
    return code;
}

// ---- removing many

struct removal {
    char code[S3_CODE_SIZE];
    char *key;
    char *message;
    bool has_failed;
};

static enum err_code take_error(void *context, const char *path, const char *text, struct err *err)
{
    struct removal *removal = context;
    (void)err;
    // Only the first is told.
    if (removal->has_failed)
        return ERR_NONE;
    if (strcmp(path, "DeleteResult/Error/Code") == 0) {
        snprintf(removal->code, sizeof(removal->code), "%s", text);
    } else if (strcmp(path, "DeleteResult/Error/Key") == 0) {
        free(removal->key);
        removal->key = mem_strdup(text);
    } else if (strcmp(path, "DeleteResult/Error/Message") == 0) {
        free(removal->message);
        removal->message = mem_strdup(text);
    } else if (strcmp(path, "DeleteResult/Error") == 0) {
        // What is not there any more is removed; some servers say so when others were quicker.
        removal->has_failed = strcmp(removal->code, "NoSuchKey") != 0;
    }
    return ERR_NONE;
}

static enum err_code send_removal(
    struct blob_s3 *self, const struct strbuf *body, struct removal *removal, struct cancel *cancel, struct err *err)
{
    unsigned char digest[MD5_SIZE];
    char base64[sodium_base64_ENCODED_LEN(MD5_SIZE, sodium_base64_VARIANT_ORIGINAL)];
    md5_of(body->data, body->size, digest);
    sodium_bin2base64(base64, sizeof(base64), digest, sizeof(digest), sodium_base64_VARIANT_ORIGINAL);
    const struct http_header query = {"delete", ""};
    const struct http_header headers[] = {{"Content-MD5", base64}, {"Content-Type", "application/xml"}};
    const struct s3_call call = {.method = HTTP_POST,
        .query = &query,
        .query_count = 1,
        .headers = headers,
        .header_count = 2,
        .body = body->data,
        .body_size = body->size,
        .cancel = cancel};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NONE)
        code = xml_walk(answer.http.body, answer.http.body_size, take_error, removal, err);
    blob_s3_answer_release(&answer);
    return code;
}

static void add_object(const struct blob_s3 *self, const char *key, struct strbuf *body)
{
    struct strbuf text;
    strbuf_init(&text);
    if (xml_escape(&text, self->prefix) && xml_escape(&text, key))
        strbuf_addf(body, "<Object><Key>%s</Key></Object>", text.data);
    else
        log_warn(self->log, "the bucket \"%s\" has a key that no request can name; it stays", self->bucket);
    strbuf_release(&text);
}

static enum err_code remove_page(const struct page *page, struct cancel *cancel, struct err *err)
{
    struct blob_s3 *self = page->self;
    struct removal removal = {0};
    struct strbuf body;
    strbuf_init(&body);
    strbuf_adds(&body, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
    for (size_t i = 0; i < page->count; i++)
        add_object(self, page->items[i].key, &body);
    strbuf_adds(&body, "</Delete>");
    enum err_code code = send_removal(self, &body, &removal, cancel, err);
    if (code == ERR_NONE && removal.has_failed)
        code = err_set(err, strcmp(removal.code, "AccessDenied") == 0 ? ERR_DENIED : ERR_UNAVAILABLE,
            "the S3 server %s does not remove %.120s: %s%s%.120s%s", self->endpoint,
            removal.key != NULL ? removal.key : "a key", removal.code, removal.message != NULL ? ": " : "",
            removal.message != NULL ? removal.message : "",
            strcmp(removal.code, "AccessDenied") == 0 ? " (the right to s3:DeleteObject is missing)" : "");
    free(removal.key);
    free(removal.message);
    strbuf_release(&body);
    return code;
}

// Each page is the first of what is left. A page that is there again, although nothing was said to be wrong, is asked
// to go once more, and then is an error.
enum err_code blob_s3_remove_prefix(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    struct page page = {.self = blob_s3_of(store)};
    char *first = mem_strdup("");
    int rounds = 0;
    enum err_code code = cancel_check(cancel, err);
    bool goes_on = code == ERR_NONE;
    while (goes_on) {
        code = get_page(&page, prefix, NULL, "1000", cancel, err);
        goes_on = code == ERR_NONE && page.count > 0;
        if (goes_on) {
            rounds = strcmp(first, page.items[0].key) == 0 ? rounds + 1 : 0;
            free(first);
            first = mem_strdup(page.items[0].key);
            code = rounds < ROUNDS_MAX
                ? remove_page(&page, cancel, err)
                : err_set(err, ERR_UNAVAILABLE, "the S3 server %s says that it removes %s, but it stays",
                      page.self->endpoint, first);
            goes_on = code == ERR_NONE;
        }
        page_clear(&page);
    }
    free(first);
    return blob_s3_soften(code, err);
}

// ---- whether it works

static enum err_code probe_write(struct blob_s3 *self, struct err *err)
{
    // No key of a blob begins so, so no list shows it.
    const struct s3_call call = {.method = HTTP_PUT, .key = ".framehound-probe", .is_once = true};
    const struct s3_call removal = {.method = HTTP_DELETE, .key = ".framehound-probe", .is_once = true};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    blob_s3_answer_release(&answer);
    if (code != ERR_NONE)
        return code;
    atomic_store(&self->is_read_only, false);
    if (blob_s3_send(self, &removal, &answer, NULL) != ERR_NONE)
        log_debug(self->log, "the probe of the bucket \"%s\" stays there", self->bucket);
    blob_s3_answer_release(&answer);
    return ERR_NONE;
}

enum err_code blob_s3_ping(struct blob_store *store, struct err *err)
{
    struct blob_s3 *self = blob_s3_of(store);
    char *start = mem_strdup(self->prefix);
    const struct http_header query[] = {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", start}};
    const struct s3_call call = {.query = query, .query_count = 3, .is_once = true, .stall_ms = self->stall_ms / 2};
    struct s3_answer answer;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    blob_s3_answer_release(&answer);
    free(start);
    // Reading alone does not show whether a bucket that was read-only still is.
    return code == ERR_NONE && atomic_load(&self->is_read_only) ? probe_write(self, err) : code;
}
