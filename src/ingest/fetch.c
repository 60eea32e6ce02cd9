#include "ingest/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ingest/fetch_internal.h"
#include "ingest/source.h"
#include "os/file.h"

// ---- settings

static const struct option_spec fetch_specs[] = {
    {.name = "allow-local-files",
        .type = OPTION_BOOL,
        .fallback = "false",
        .help = "Let clients from other machines name files of this one; those on this machine always may."},
    {.name = "max-download",
        .type = OPTION_SIZE,
        .fallback = "20G",
        .least = "1K",
        .help = "Largest video that is fetched."},
    {.name = "download-timeout",
        .type = OPTION_DURATION,
        .fallback = "2h",
        .least = "1s",
        .help = "Longest time a video may take to fetch."},
    {.name = "yt-dlp",
        .type = OPTION_STRING,
        .value_name = "PROGRAM",
        .help =
            "Program that fetches videos from web pages; by default the one that set-up installed, empty for none."},
    {.name = "deno",
        .type = OPTION_STRING,
        .value_name = "PROGRAM",
        .help = "Deno, with which yt-dlp runs the scripts of pages such as YouTube's; by default the one that set-up "
                "installed, else the one in PATH, empty for none."},
    {.name = "page-height",
        .type = OPTION_INT,
        .fallback = "1080",
        .least = "144",
        .most = "8192",
        .help = "Greatest height in pixels that is asked for where a page offers several."},
};
const struct option_table fetch_options = {
    .title = "Fetching", .options = fetch_specs, .count = sizeof(fetch_specs) / sizeof(fetch_specs[0])};

// The program that set-up installed, else the one in PATH.
static const char *default_yt_dlp(void)
{
#ifdef FRAMEHOUND_YT_DLP
    if (access(FRAMEHOUND_YT_DLP, X_OK) == 0)
        return FRAMEHOUND_YT_DLP;
#endif
    return "yt-dlp";
}

// NULL: yt-dlp looks beside itself and in PATH.
static const char *default_deno(void)
{
#ifdef FRAMEHOUND_DENO
    if (access(FRAMEHOUND_DENO, X_OK) == 0)
        return FRAMEHOUND_DENO;
#endif
    return NULL;
}

void fetch_settings_default(struct fetch_settings *settings)
{
    *settings = (struct fetch_settings){.size_limit_bytes = INT64_C(20) << 30,
        .timeout_ms = INT64_C(2) * 3600 * 1000,
        .yt_dlp = default_yt_dlp(),
        .deno = default_deno(),
        .page_height_max = 1080};
}

void fetch_settings_read(const struct options *options, struct fetch_settings *settings)
{
    fetch_settings_default(settings);
    settings->allow_local_files = options_bool(options, "allow-local-files");
    settings->size_limit_bytes = options_size_bytes(options, "max-download");
    settings->timeout_ms = options_duration_us(options, "download-timeout") / 1000;
    if (options_string(options, "yt-dlp") != NULL)
        settings->yt_dlp = options_string(options, "yt-dlp");
    if (options_string(options, "deno") != NULL)
        settings->deno = options_string(options, "deno");
    settings->page_height_max = (int)options_int(options, "page-height");
}

// ---- life

enum err_code fetch_new(const struct fetch_settings *settings, struct log *log, struct fetch **fetch, struct err *err)
{
    struct fetch *made = mem_calloc(1, sizeof(*made));
    made->settings = *settings;
    made->yt_dlp = mem_strdup(settings->yt_dlp != NULL ? settings->yt_dlp : "");
    made->settings.yt_dlp = made->yt_dlp;
    made->deno = settings->deno != NULL ? mem_strdup(settings->deno) : NULL;
    made->settings.deno = made->deno;
    made->log = log;
    enum err_code code = fetch_url_open(made, err);
    if (code != ERR_NONE) {
        fetch_free(made);
        return code;
    }
    *fetch = made;
    return ERR_NONE;
}

void fetch_free(struct fetch *fetch)
{
    if (fetch == NULL)
        return;
    fetch_url_close(fetch);
    free(fetch->yt_dlp);
    free(fetch->deno);
    free(fetch);
}

const struct fetch_settings *fetch_settings_of(const struct fetch *fetch)
{
    return &fetch->settings;
}

// ---- fetching

static enum err_code fetch_file(struct fetch *fetch, const struct fetch_request *request, const struct source *source,
    struct cancel *cancel, struct fetched *fetched, struct err *err)
{
    struct file_info info;
    char fingerprint[SHA256_HEX_SIZE];
    if (request->remote && !fetch->settings.allow_local_files)
        return err_set(err, ERR_DENIED, "this server does not read files of its own machine for its clients");
    enum err_code code = file_stat(source->path, &info, err);
    if (code != ERR_NONE)
        return code;
    if (!info.is_regular)
        return err_set(err, ERR_INVALID, "%s is no regular file", source->path);
    if (info.size_bytes > (uint64_t)fetch->settings.size_limit_bytes)
        return err_set(err, ERR_LIMIT, "%s has %llu bytes, more than the %lld that --max-download allows", source->path,
            (unsigned long long)info.size_bytes, (long long)fetch->settings.size_limit_bytes);
    code = source_fingerprint(source->path, cancel, fingerprint, err);
    if (code != ERR_NONE)
        return code;
    if (strcmp(fingerprint, source->sha256) != 0)
        return err_set(err, ERR_CONFLICT,
            "%s is not the file any more that was submitted: submit it again to ingest what it holds now",
            source->path);
    snprintf(fetched->path, sizeof(fetched->path), "%s", source->path);
    fetched->size_bytes = (int64_t)info.size_bytes;
    if (request->progress != NULL)
        request->progress(request->context, fetched->size_bytes, fetched->size_bytes);
    return ERR_NONE;
}

enum err_code fetch_source(struct fetch *fetch, const struct fetch_request *request, struct cancel *cancel,
    struct fetched *fetched, struct err *err)
{
    struct source source;
    *fetched = (struct fetched){0};
    enum err_code code = source_parse_canonical(request->source, &source, err);
    if (code != ERR_NONE)
        return code;
    switch (source.kind) {
    case SOURCE_FILE:
        return fetch_file(fetch, request, &source, cancel, fetched, err);
    case SOURCE_URL:
        return fetch_url(fetch, request, &source, cancel, fetched, err);
    case SOURCE_UPLOAD:
        break;
    }
    return err_set(err, ERR_NOT_FOUND, "the uploaded video is no longer stored: upload it again");
}
