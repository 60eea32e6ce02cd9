// What fetch.c and its parts share.
#pragma once

#include "base/err.h"
#include "ingest/fetch.h"
#include "ingest/source.h"
#include "os/cancel.h"
#include "os/file.h"

struct guard_proxy;
struct http_client;

struct fetch {
    struct fetch_settings settings;
    char *yt_dlp;
    char *deno; // NULL as in the settings
    struct log *log;
    struct http_client *guarded; // for remote requests: public addresses only
    struct http_client *free;    // for the local command line
};

enum err_code fetch_url_open(struct fetch *fetch, struct err *err) ERR_MUST_CHECK;
void fetch_url_close(struct fetch *fetch);
// A direct file is downloaded, a page handed to fetch_page().
enum err_code fetch_url(struct fetch *fetch, const struct fetch_request *request, const struct source *source,
    struct cancel *cancel, struct fetched *fetched, struct err *err) ERR_MUST_CHECK;
#define FETCH_RUNTIME_SIZE (FILE_PATH_MAX + 8)
#define FETCH_RUNTIME_ARGUMENTS_MAX 2
// What yt-dlp is to be told about the program for scripts (fetch_settings): appends to its arguments and returns how
// many. They point to `value`.
size_t fetch_scripts_arguments(const char *deno, char value[FETCH_RUNTIME_SIZE], const char **argv);
// Through yt-dlp.
enum err_code fetch_page(struct fetch *fetch, const struct fetch_request *request, const char *url,
    struct cancel *cancel, struct fetched *fetched, struct err *err) ERR_MUST_CHECK;
