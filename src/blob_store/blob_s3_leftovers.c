#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/xml.h"
#include "blob_store/blob_s3_internal.h"

struct leftover {
    char *key, *id;
    int64_t begun_us;
};

struct leftovers {
    struct blob_s3 *self;
    struct leftover *items;
    size_t count;
    char *key, *id;
    int64_t begun_us;
    char *next_key, *next_id; // where the next page begins; NULL: this was the last
    bool is_truncated;
};

static void keep(char **place, const char *text)
{
    free(*place);
    *place = mem_strdup(text);
}

static void end_leftover(struct leftovers *list)
{
    size_t prefix = strlen(list->self->prefix);
    const char *key =
        list->key != NULL && strncmp(list->key, list->self->prefix, prefix) == 0 ? list->key + prefix : "";
    if (blob_key_is_valid(key) && list->id != NULL) {
        list->items = mem_realloc_array(list->items, list->count + 1, sizeof(*list->items));
        list->items[list->count++] =
            (struct leftover){.key = mem_strdup(key), .id = mem_strdup(list->id), .begun_us = list->begun_us};
    }
    list->begun_us = 0;
}

static enum err_code take_upload(void *context, const char *path, const char *text, struct err *err)
{
    struct leftovers *list = context;
    const char *root = "ListMultipartUploadsResult/";
    (void)err;
    if (strncmp(path, root, strlen(root)) != 0)
        return ERR_NONE;
    path += strlen(root);
    if (strcmp(path, "Upload/Key") == 0)
        keep(&list->key, text);
    else if (strcmp(path, "Upload/UploadId") == 0)
        keep(&list->id, text);
    else if (strcmp(path, "Upload/Initiated") == 0 && !clock_parse(text, &list->begun_us))
        list->begun_us = 0;
    else if (strcmp(path, "Upload") == 0)
        end_leftover(list);
    else if (strcmp(path, "IsTruncated") == 0)
        list->is_truncated = strcmp(text, "true") == 0;
    else if (strcmp(path, "NextKeyMarker") == 0)
        keep(&list->next_key, text);
    else if (strcmp(path, "NextUploadIdMarker") == 0)
        keep(&list->next_id, text);
    return ERR_NONE;
}

static enum err_code list_page(struct leftovers *list, struct err *err)
{
    struct blob_s3 *self = list->self;
    struct http_header query[4] = {{"uploads", ""}, {"prefix", self->prefix}};
    struct s3_call call = {.query = query, .query_count = 2};
    struct s3_answer answer;
    if (list->next_key != NULL) {
        query[call.query_count++] = (struct http_header){"key-marker", list->next_key};
        query[call.query_count++] =
            (struct http_header){"upload-id-marker", list->next_id != NULL ? list->next_id : ""};
    }
    list->is_truncated = false;
    enum err_code code = blob_s3_send(self, &call, &answer, err);
    if (code == ERR_NONE)
        code = xml_walk(answer.http.body, answer.http.body_size, take_upload, list, err);
    // A server that knows no such list keeps none.
    if (answer.http.status == 501) {
        code = ERR_NONE;
        err_clear(err);
    }
    blob_s3_answer_release(&answer);
    return blob_s3_soften(code, err);
}

enum err_code blob_s3_list_unfinished(
    struct blob_store *store, blob_unfinished_visit *visit, void *context, struct err *err)
{
    struct leftovers list = {.self = blob_s3_of(store)};
    bool goes_on = true;
    enum err_code code;
    do {
        char *before = mem_strdup(list.next_key);
        code = list_page(&list, err);
        for (size_t i = 0; i < list.count; i++) {
            const struct leftover *item = &list.items[i];
            goes_on = goes_on && code == ERR_NONE && visit(context, item->key, item->id, item->begun_us);
            free(item->key);
            free(item->id);
        }
        list.count = 0;
        // A page that begins where the one before did would never end.
        goes_on = goes_on && list.is_truncated && list.next_key != NULL &&
            (before == NULL || strcmp(before, list.next_key) <= 0);
        free(before);
    } while (code == ERR_NONE && goes_on);
    free(list.items);
    free(list.key);
    free(list.id);
    free(list.next_key);
    free(list.next_id);
    return code;
}

enum err_code blob_s3_remove_unfinished(struct blob_store *store, const char *key, const char *id, struct err *err)
{
    return blob_s3_abort_upload(blob_s3_of(store), key, id, false, err);
}
