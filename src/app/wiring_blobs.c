// Where the blobs are: in the data folder, or in a bucket that the folder remembers.
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "app/wiring_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_dir.h"
#include "blob_store/blob_store_s3.h"
#include "net/retry.h"

const struct retry_policy wiring_start_wait = {
    .attempts = 100, .first_delay_ms = 500, .most_delay_ms = 2000, .total_ms = 15000};

// What the folder's file remembers, so that every command on the folder finds its blobs without being told. Secrets
// are not among it.
static const char *const remembered[] = {
    "location", "endpoint", "public_endpoint", "region", "ca_file", "profile", "credentials_file"};
#define REMEMBERED_COUNT (sizeof(remembered) / sizeof(remembered[0]))

static void list_fields(struct blob_store_s3_options *s3, const char **fields[REMEMBERED_COUNT])
{
    const char **const list[REMEMBERED_COUNT] = {&s3->location, &s3->endpoint, &s3->public_endpoint, &s3->region,
        &s3->ca_file, &s3->profile, &s3->credentials_file};
    memcpy(fields, list, sizeof(list));
}

static enum err_code record_path(const struct stores *s, char path[FILE_PATH_MAX], struct err *err)
{
    return wiring_join(path, s->dir, "blobs.json", err);
}

// *record is NULL where the blobs are in the folder; the caller owns it.
static enum err_code read_record(const struct stores *s, json_t **record, struct err *err)
{
    char path[FILE_PATH_MAX];
    const char *location = NULL;
    *record = NULL;
    enum err_code code = record_path(s, path, err);
    if (code != ERR_NONE || !file_exists(path))
        return code;
    code = json_parse_file(path, NULL, record, err);
    if (code == ERR_NONE)
        code = json_get_string(*record, "location", &location, err);
    return code == ERR_NONE ? code : err_context(err, "%s does not say where the blobs are", path);
}

static enum err_code write_record(const struct stores *s, const json_t *record, struct err *err)
{
    char path[FILE_PATH_MAX];
    struct strbuf text;
    strbuf_init(&text);
    json_dump_pretty(record, &text);
    enum err_code code = record_path(s, path, err);
    if (code == ERR_NONE)
        code = file_write(path, text.data, text.size, FILE_SYNC_FULL, err);
    strbuf_release(&text);
    return code;
}

static bool has_local_blobs(const struct stores *s)
{
    char path[FILE_PATH_MAX];
    bool found = false;
    if (wiring_join(path, s->dir, "blobs", NULL) != ERR_NONE)
        return false;
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
        found = entry->d_name[0] != '.';
    if (dir != NULL)
        closedir(dir);
    return found;
}

static size_t without_slashes(const char *location)
{
    size_t length = strlen(location);
    while (length > 0 && location[length - 1] == '/')
        length--;
    return length;
}

static bool same_location(const char *a, const char *b)
{
    size_t length = without_slashes(a);
    return length == without_slashes(b) && strncmp(a, b, length) == 0;
}

// Blobs that are somewhere else than the folder says would all seem to be lost.
static enum err_code check_place(const struct stores *s, const char *recorded, const char *given, struct err *err)
{
    if (recorded == NULL && given != NULL && has_local_blobs(s))
        return err_set(err, ERR_CONFLICT,
            "the videos and pictures of the data folder %s are in its folder blobs, and --blob-store says %.100s: copy "
            "them there (the names stay the same) and remove the folder, or leave --blob-store out",
            s->dir, given);
    if (recorded != NULL && given != NULL && !same_location(recorded, given))
        return err_set(err, ERR_CONFLICT,
            "the videos and pictures of the data folder %s are in %.100s, and --blob-store says %.100s: if they were "
            "moved, say so in %s/blobs.json",
            s->dir, recorded, given, s->dir);
    return ERR_NONE;
}

// Fills what the settings leave open from what the folder remembers. The texts are the record's.
static void recall(const json_t *record, struct blob_store_s3_options *s3)
{
    const char **fields[REMEMBERED_COUNT];
    list_fields(s3, fields);
    for (size_t i = 0; i < REMEMBERED_COUNT; i++) {
        if (*fields[i] == NULL)
            *fields[i] = json_string_value(json_object_get(record, remembered[i]));
    }
    if (s3->addressing == S3_ADDRESSING_AUTO)
        s3->addressing = (enum s3_addressing)json_integer_value(json_object_get(record, "addressing"));
}

static enum err_code remember(
    const struct stores *s, const json_t *before, struct blob_store_s3_options *s3, struct err *err)
{
    const char **fields[REMEMBERED_COUNT];
    json_t *record = json_object();
    list_fields(s3, fields);
    for (size_t i = 0; i < REMEMBERED_COUNT; i++) {
        if (*fields[i] != NULL)
            json_set_string(record, remembered[i], *fields[i]);
    }
    if (s3->addressing != S3_ADDRESSING_AUTO)
        json_set_int64(record, "addressing", (int64_t)s3->addressing);
    enum err_code code = json_equal(record, before) ? ERR_NONE : write_record(s, record, err);
    json_decref(record);
    return code;
}

// Waits a little for a server that does not answer, but not where somebody has to mend something.
static enum err_code wait_for_server(struct blob_store *store, struct cancel *cancel, struct err *err)
{
    struct retry retry;
    enum err_code code;
    retry_init(&retry, &wiring_start_wait, NULL, 0);
    do
        code = blob_store_ping(store, err);
    while ((code == ERR_UNAVAILABLE || code == ERR_TIMEOUT) && retry_wait(&retry, code, 0, cancel));
    return code;
}

static enum err_code open_bucket(const struct store_settings *settings, struct stores *s, const json_t *record,
    struct blob_store_s3_options *s3, struct err *err)
{
    s3->clock = s->ingest.clock;
    s3->log = s->ingest.log;
    s3->metrics = s->ingest.metrics;
    s3->cancel = settings->cancel;
    enum err_code code = blob_store_s3_open(s3, &s->ingest.blobs, err);
    if (code == ERR_NONE && !settings->is_brief)
        code = wait_for_server(s->ingest.blobs, settings->cancel, err);
    if (code == ERR_NONE && !settings->is_brief)
        code = remember(s, record, s3, err);
    // Left by processes that were killed; where blobs are local there are none.
    if (code == ERR_NONE)
        blob_file_clean(s->temp_dir);
    return code;
}

enum err_code wiring_open_blobs(const struct store_settings *settings, struct stores *s, struct err *err)
{
    char path[FILE_PATH_MAX];
    json_t *record = NULL;
    struct blob_store_s3_options s3 = {0};
    if (settings->servers != NULL)
        blob_store_s3_settings_read(settings->servers, &s3);
    enum err_code code = read_record(s, &record, err);
    if (code == ERR_NONE)
        code = check_place(s, json_string_value(json_object_get(record, "location")), s3.location, err);
    if (code == ERR_NONE && record != NULL)
        recall(record, &s3);
    if (code == ERR_NONE && s3.location != NULL) {
        code = open_bucket(settings, s, record, &s3, err);
    } else if (code == ERR_NONE) {
        code = wiring_join(path, s->dir, "blobs", err);
        if (code == ERR_NONE)
            code = blob_store_dir_open(path, &s->ingest.blobs, err);
    }
    json_decref(record);
    return code;
}

// ---- the doctor's

#define CHECK_ATTEMPTS 3
#define CHECK_TOTAL_MS 10000

static void check_bucket(struct stores *s, struct blob_store_s3_options *s3, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct blob_store *store = NULL;
    s3->clock = s->ingest.clock;
    s3->log = s->ingest.log;
    s3->retry = (struct retry_policy){
        .attempts = CHECK_ATTEMPTS, .first_delay_ms = 200, .most_delay_ms = 2000, .total_ms = CHECK_TOTAL_MS};
    if (blob_store_s3_open(s3, &store, &err) != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
        return;
    }
    char *where = mem_sprintf(
        "%s%s%s", s3->location, s3->endpoint != NULL ? " at " : "", s3->endpoint != NULL ? s3->endpoint : "");
    blob_store_check(store, where, checks);
    free(where);
    blob_store_free(store);
}

void wiring_check_blobs(const struct options *options, struct stores *s, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct blob_store_s3_options s3 = {0};
    json_t *record = NULL;
    blob_store_s3_settings_read(options, &s3);
    checks->what = "s3";
    enum err_code code = read_record(s, &record, &err);
    if (code == ERR_NONE)
        code = check_place(s, json_string_value(json_object_get(record, "location")), s3.location, &err);
    if (code == ERR_NONE && record != NULL)
        recall(record, &s3);
    if (code != ERR_NONE)
        checks_wrong(checks, NULL, "%s", err.message);
    else if (s3.location != NULL)
        check_bucket(s, &s3, checks);
    json_decref(record);
}
