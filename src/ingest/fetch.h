// Fetching: brings the bytes of a source to a local file.
//
// Files are used where they are, http(s) addresses are downloaded, and addresses that answer with a page are handed to
// yt-dlp. For requests that came over the network nothing but public addresses is connected to: the HTTP client refuses
// others after name resolution and at every redirect, and yt-dlp runs behind a proxy of this process that does the same
// (guard_proxy.h). Safe from all threads.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/options.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"

struct fetch;

struct fetch_settings {
    bool allow_local_files;   // for remote requests; the local command line always may
    int64_t size_limit_bytes; // of a download or upload
    int64_t timeout_ms;       // of a download
    const char *yt_dlp;       // program; NULL or "": pages are refused
    const char *deno;         // runs scripts of pages for yt-dlp; NULL: the one that it finds itself; "": none does
    int page_height_max;      // the best video up to this height is asked for
};
void fetch_settings_default(struct fetch_settings *settings);

extern const struct option_table fetch_options;
// Texts are borrowed from `options`.
void fetch_settings_read(const struct options *options, struct fetch_settings *settings);

// `settings` is copied, its texts too.
enum err_code fetch_new(
    const struct fetch_settings *settings, struct log *log, struct fetch **fetch, struct err *err) ERR_MUST_CHECK;
void fetch_free(struct fetch *fetch);
const struct fetch_settings *fetch_settings_of(const struct fetch *fetch);

struct fetch_request {
    const char *source; // canonical (source.h)
    bool remote;        // asked for over the network
    const char *dir;    // existing; for what is downloaded. Kept from an earlier try, a download goes on where it was
    void *context;      //
    void (*progress)(void *context, int64_t done_bytes, int64_t total_bytes); // may be NULL; total -1: unknown
};

struct fetched {
    char path[META_SOURCE_SIZE]; // the file
    bool owned;                  // it lies in the request's dir and may be moved; else it is the person's own
    char title[META_TITLE_SIZE]; // of a page; "" if there is none
    int64_t size_bytes;
};

// What yt-dlp runs the scripts of pages such as YouTube's with, as it says itself.
struct fetch_scripts {
    char runtime[64]; // "deno-2.9.8"; "" if it finds none, or none that is new enough
    bool has_solver;  // whether it has yt-dlp-ejs, without which the runtime is of no use
};
// Errors: yt-dlp does not run, or is too old to know of scripts.
enum err_code fetch_find_scripts(
    const struct fetch_settings *settings, struct fetch_scripts *scripts, struct err *err) ERR_MUST_CHECK;

// Errors: ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID (a page yt-dlp cannot handle), ERR_LIMIT (too large), ERR_UNAVAILABLE,
// ERR_FULL (our disk), ERR_TIMEOUT, ERR_CANCELLED, ERR_CONFLICT (the file is not the one it was when it was submitted).
enum err_code fetch_source(struct fetch *fetch, const struct fetch_request *request, struct cancel *cancel,
    struct fetched *fetched, struct err *err) ERR_MUST_CHECK;
