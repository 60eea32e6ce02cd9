#include "app/instance.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "api/api.h"
#include "api/probes.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/activity.h"
#include "ingest/activity_log.h"
#include "ingest/downloader.h"
#include "ingest/indexer.h"
#include "ingest/lifecycle.h"
#include "ingest/splitter.h"
#include "net/http_server.h"
#include "os/cancel.h"
#include "os/held_dir.h"
#include "os/proc.h"
#include "queue/queue.h"
#include "search/labels.h"
#include "search/search.h"
#include "vector_index/vector_index.h"

#define DRAIN_MS 5000
#define TOKEN_BYTES 24

struct instance {
    struct instance_config config;
    struct stores *stores;
    struct file_lock *lock;
    struct metrics *metrics;
    struct models *models;
    struct cancel *cancel;
    struct activity *activity;
    struct worker_pool *splitter, *downloader, *indexer, *tracker;
    struct activity_log *activity_log;
    struct search *search;
    struct labels *labels;
    struct api *api;
    struct http_server *server;
    struct held_dir *uploads;
    char *media_origin;
    char *token;
    char *url;
    bool announced; // server.json is ours
    struct vector_check makes;
};

struct stores *instance_stores(struct instance *instance)
{
    return instance->stores;
}

struct models *instance_models(struct instance *instance)
{
    return instance->models;
}

const char *instance_url(const struct instance *instance)
{
    return instance->url;
}

const char *instance_token(const struct instance *instance)
{
    return instance->token;
}

// ---- workers

// Workers of a part: what was said for it, else for all, else as many as the processors are good for. Inference has
// threads of its own, so few indexers keep them busy.
static int worker_count(const struct options *options, int own, int least)
{
    int all = (int)options_int(options, "workers");
    if (own > 0)
        return own;
    if (all > 0)
        return all;
    int half = proc_cpu_count() / 2;
    return half > least ? half : least;
}

static enum err_code start_workers(struct instance *in, struct err *err)
{
    const struct options *options = in->config.options;
    const struct ingest *ingest = &in->stores->ingest;
    enum err_code code = ERR_NONE;
    if (in->config.parts & PART_SPLITTER) {
        struct splitter_settings settings;
        splitter_settings_read(options, &settings);
        settings.fetch.yt_dlp = settings_yt_dlp(options);
        settings.workers = worker_count(options, settings.workers, 1);
        code = splitter_start(ingest, &settings, in->cancel, &in->splitter, err);
    }
    if (code == ERR_NONE && (in->config.parts & PART_DOWNLOADER)) {
        struct downloader_settings settings;
        downloader_settings_read(options, &settings);
        settings.workers = worker_count(options, settings.workers, 1);
        code = downloader_start(ingest, &settings, in->cancel, &in->downloader, err);
    }
    if (code == ERR_NONE && (in->config.parts & PART_INDEXER)) {
        struct indexer_settings settings;
        struct detector *detector = NULL;
        struct embedder *embedder = NULL;
        indexer_settings_read(options, &settings);
        // One stores its batch while the other keeps the networks busy.
        settings.workers = worker_count(options, settings.workers, 2);
        code = models_detector(in->models, &detector, err);
        if (code == ERR_NONE)
            code = models_embedder(in->models, &embedder, NULL, err);
        // Of an index of another dimension no frame would be indexed.
        if (code == ERR_NONE) {
            in->makes = (struct vector_check){
                .model = options_string(options, "embedder"), .dimension = (size_t)embedder_dimension(embedder)};
            code = vector_index_fits(ingest->vectors, &in->makes, err);
        }
        if (code == ERR_NONE)
            atomic_store(&in->stores->ingest.makes_vectors, &in->makes);
        if (code == ERR_NONE)
            code = indexer_start(ingest, &settings, detector, embedder, in->cancel, &in->indexer, err);
    }
    if (code == ERR_NONE && (in->config.parts & PART_TRACKER)) {
        struct tracking_settings settings;
        tracking_settings_read(options, &settings);
        if (settings.workers > 0)
            code = tracking_start(ingest, &settings, in->cancel, &in->tracker, err);
    }
    return code;
}

// ---- the query engine

static enum err_code give_embedder(void *context, struct embedder **embedder, const char **model, struct err *err)
{
    struct instance *in = context;
    return models_embedder(in->models, embedder, model, err);
}

// The lists of a repeatable option, NULL-terminated, to be freed.
static const char **option_list(const struct options *options, const char *name)
{
    size_t count = options_count(options, name);
    const char **list = mem_calloc(count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = options_string_at(options, name, i);
    return list;
}

static void make_token(struct instance *in)
{
    unsigned char bytes[TOKEN_BYTES];
    in->token = mem_alloc(2 * TOKEN_BYTES + 1);
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(in->token, 2 * TOKEN_BYTES + 1, bytes, sizeof(bytes));
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}

// Where clients or supervisors reach this process: the address, and the token, which others than this machine need.
static enum err_code read_listen(
    struct instance *in, const char *option, char address[64], uint16_t *port, struct err *err)
{
    const struct options *options = in->config.options;
    enum err_code code = settings_listen(options_string(options, option), address, port, err);
    if (code == ERR_NONE)
        code = settings_token(options, &in->token, err);
    if (code == ERR_NONE && in->token == NULL && !is_loopback(address))
        code = err_set(err, ERR_INVALID,
            "listening on %s lets other machines in: --token-file FILE must name a file with the token that "
            "clients have to send (SECURITY.md)",
            address);
    return code;
}

// Uploads may be large, and what a killed process leaves of them is removed by the next that takes uploads here.
static enum err_code make_upload_folder(struct instance *in, struct err *err)
{
    const char *temp_dir = in->stores->temp_dir;
    size_t left = held_dir_clean(temp_dir, INGEST_UPLOADS_PREFIX);
    if (left > 0)
        log_info(in->config.log, "removed what a process that ended left of uploads");
    return held_dir_make(temp_dir, INGEST_UPLOADS_PREFIX, &in->uploads, err);
}

static enum err_code open_server(struct instance *in, struct err *err)
{
    const struct options *options = in->config.options;
    char address[64] = "127.0.0.1";
    struct http_server_options server = {.log = in->config.log, .metrics = in->metrics};
    const char **hosts = NULL;
    const char **origins = NULL;
    enum err_code code = make_upload_folder(in, err);
    if (code != ERR_NONE)
        return code;
    server.upload_directory = held_dir_path(in->uploads);
    if (in->config.private_server) {
        make_token(in);
    } else {
        code = read_listen(in, "listen", address, &server.port, err);
        if (code != ERR_NONE)
            return code;
        hosts = option_list(options, "allow-host");
        origins = option_list(options, "allow-origin");
    }
    server.address = address;
    server.token = in->token;
    server.allowed_hosts = hosts;
    server.allowed_origins = origins;
    code = http_server_new(&server, &in->server, err);
    free(hosts);
    free(origins);
    if (code != ERR_NONE)
        return code;
    api_add_routes(in->api, in->server);
    code = http_server_start(in->server, err);
    if (code != ERR_NONE)
        return code;
    bool v6 = strchr(address, ':') != NULL;
    in->url =
        mem_sprintf("http://%s%s%s:%u", v6 ? "[" : "", address, v6 ? "]" : "", (unsigned)http_server_port(in->server));
    return ERR_NONE;
}

// A part that has no HTTP interface answers supervisors, where it was told to.
static enum err_code open_probes(struct instance *in, struct err *err)
{
    char address[64];
    struct http_server_options server = {.address = address, .log = in->config.log, .metrics = in->metrics};
    if (options_string(in->config.options, "probe-listen") == NULL)
        return ERR_NONE;
    enum err_code code = read_listen(in, "probe-listen", address, &server.port, err);
    server.token = in->token;
    if (code == ERR_NONE)
        code = http_server_new(&server, &in->server, err);
    if (code != ERR_NONE)
        return code;
    probes_add_routes(&in->stores->ingest, in->server);
    code = http_server_start(in->server, err);
    if (code == ERR_NONE)
        log_info(
            in->config.log, "supervisors are answered on %s, port %u", address, (unsigned)http_server_port(in->server));
    return code;
}

// Where browsers get pictures and videos, if not here: "https://host".
static enum err_code find_media_origin(struct instance *in, struct err *err)
{
    const struct options *options = in->config.options;
    struct blob_store *blobs = in->stores->ingest.blobs;
    char *url = NULL;
    if (in->config.private_server || strcmp(options_string(options, "media"), "presigned") != 0)
        return ERR_NONE;
    if (!blob_store_has_links(blobs))
        return err_set(
            err, ERR_INVALID, "--media presigned is for what is kept in a bucket: it needs --blob-store s3://BUCKET");
    // Any blob's address begins with it.
    enum err_code code = blob_store_link(blobs, "origin", "text/plain", &url, err);
    if (code == ERR_NONE) {
        const char *host = strstr(url, "://") + 3;
        in->media_origin = mem_strndup(url, (size_t)(host - url) + strcspn(host, "/"));
    }
    free(url);
    return code;
}

static enum err_code start_query(struct instance *in, struct err *err)
{
    const struct options *options = in->config.options;
    const struct ingest *ingest = &in->stores->ingest;
    enum err_code code = activity_log_start(ingest->queue, ingest->clock, in->config.log, &in->activity_log, err);
    if (code != ERR_NONE)
        return code;
    in->search = search_new(&(struct search_config){
        .meta = ingest->meta, .vectors = ingest->vectors, .embedder = give_embedder, .context = in});
    in->labels = labels_new(&(struct labels_config){
        .meta = ingest->meta, .vectors = ingest->vectors, .clock = ingest->clock, .log = in->config.log});
    bool private = in->config.private_server;
    code = find_media_origin(in, err);
    if (code != ERR_NONE)
        return code;
    in->api = api_new(&(struct api_config){.ingest = ingest,
        .search = in->search,
        .labels = in->labels,
        .activity = in->activity_log,
        .media_origin = in->media_origin,
        .web_dir = private ? NULL : settings_web_dir(options),
        .upload_bytes_most = private ? 0 : (uint64_t)options_size_bytes(options, "max-upload"),
        .allow_local_files = !private && options_bool(options, "allow-local-files"),
        .token_required = !private && options_string(options, "token-file") != NULL});
    return open_server(in, err);
}

// ---- where the server listens, for commands that are given the data folder only

static void server_file(const char *data_dir, char path[FILE_PATH_MAX])
{
    // A path that is too long for this was too long for the stores before.
    if (snprintf(path, FILE_PATH_MAX, "%s/server.json", data_dir) >= FILE_PATH_MAX)
        path[0] = '\0';
}

static enum err_code announce(struct instance *in, struct err *err)
{
    char path[FILE_PATH_MAX];
    struct strbuf text;
    json_t *o = json_object();
    json_set_string(o, "url", in->url);
    json_set_int64(o, "pid", getpid());
    json_set_string(o, "version", FRAMEHOUND_VERSION);
    strbuf_init(&text);
    json_dump_pretty(o, &text);
    server_file(in->stores->dir, path);
    enum err_code code = file_write(path, text.data, text.size, FILE_SYNC_NONE, err);
    in->announced = code == ERR_NONE;
    strbuf_release(&text);
    json_decref(o);
    return code;
}

enum err_code instance_find_server(const char *data_dir, char **url, struct err *err)
{
    char path[FILE_PATH_MAX];
    json_t *o = NULL;
    const char *text = NULL;
    server_file(data_dir, path);
    if (!file_exists(path))
        return err_set(err, ERR_NOT_FOUND, "no server is running on %s", data_dir);
    enum err_code code = json_parse_file(path, NULL, &o, err);
    if (code == ERR_NONE)
        code = json_get_string(o, "url", &text, err);
    if (code == ERR_NONE)
        *url = mem_strdup(text);
    json_decref(o);
    return code;
}

// ---- start and stop

static enum err_code recover(struct instance *in, struct err *err)
{
    struct recover_report report = {0};
    enum err_code code = lifecycle_recover(&in->stores->ingest, in->cancel, &report, err);
    if (code == ERR_NONE && report.deletions_finished + report.videos_resumed + report.videos_settled > 0)
        log_info(in->config.log,
            "put right what an earlier run left: %lld deletions finished, %lld videos resumed, %lld settled",
            (long long)report.deletions_finished, (long long)report.videos_resumed, (long long)report.videos_settled);
    return code;
}

// Whoever starts a second server on a folder mostly wants the one that is there.
static enum err_code take_folder(struct instance *in, struct err *err)
{
    struct err why = ERR_INIT;
    char *url = NULL;
    enum err_code code = wiring_lock(in->config.dir, &in->lock, err);
    if (code == ERR_CONFLICT && instance_find_server(in->config.dir, &url, &why) == ERR_NONE)
        err_context(err, "Framehound is to be opened at %s/ already", url);
    free(url);
    return code;
}

enum err_code instance_start(const struct instance_config *config, struct instance **instance, struct err *err)
{
    struct instance *in = mem_calloc(1, sizeof(*in));
    const char *dir = config->dir;
    struct store_settings store_settings;
    struct model_settings model_settings;
    enum err_code code = ERR_NONE;
    in->config = *config;
    in->metrics = metrics_new();
    in->cancel = cancel_new(config->cancel);
    proc_raise_open_files();

    if (config->options != NULL) {
        store_settings_read(config->options, &store_settings);
        model_settings_read(config->options, &model_settings);
    } else {
        store_settings_default(&store_settings);
        model_settings_default(&model_settings);
    }
    if (config->servers != NULL)
        store_settings.servers = config->servers;
    store_settings.is_brief = config->options == NULL;
    store_settings.cancel = in->cancel;
    // The lock comes before the stores are opened, so that two that start at once do not both migrate.
    if (config->must_exist)
        code = wiring_check(dir, err);
    else if (config->alone)
        code = dir_make(dir, err);
    if (code == ERR_NONE && config->alone)
        code = take_folder(in, err);
    if (code == ERR_DENIED)
        err_context(err, "this user may not write to the data folder %s; name another with --data", dir);
    if (code == ERR_NONE)
        code = stores_open(dir, &store_settings, config->must_exist, config->log, in->metrics, &in->stores, err);
    if (code == ERR_NONE) {
        struct ingest *ingest = &in->stores->ingest;
        in->models = models_new(&model_settings, in->stores->cache_dir, config->log);
        code = activity_new(ingest->queue, ingest->clock, config->log, in->metrics, &in->activity, err);
        ingest->activity = in->activity;
    }
    // What an earlier run left is the work of whoever works: a command that only looks need not wait for it.
    if (code == ERR_NONE && config->alone && (config->parts & PART_INGEST))
        code = recover(in, err);
    if (code == ERR_NONE && (config->parts & PART_QUERY))
        code = start_query(in, err);
    if (code == ERR_NONE)
        code = start_workers(in, err);
    if (code == ERR_NONE && !(config->parts & PART_QUERY))
        code = open_probes(in, err);
    if (code == ERR_NONE && (config->parts & PART_QUERY) && !config->private_server)
        code = announce(in, err);
    if (code != ERR_NONE) {
        instance_stop(in);
        return code;
    }
    *instance = in;
    return ERR_NONE;
}

void instance_stop(struct instance *in)
{
    if (in == NULL)
        return;
    char path[FILE_PATH_MAX];
    cancel_request(in->cancel);
    worker_pool_stop(in->splitter);
    worker_pool_stop(in->downloader);
    worker_pool_stop(in->indexer);
    worker_pool_stop(in->tracker);
    if (in->server != NULL)
        http_server_stop(in->server, DRAIN_MS);
    http_server_free(in->server);
    held_dir_free(in->uploads);
    api_free(in->api);
    search_free(in->search);
    labels_free(in->labels);
    activity_free(in->activity);
    if (in->activity_log != NULL)
        activity_log_stop(in->activity_log);
    models_free(in->models);
    if (in->announced) {
        server_file(in->stores->dir, path);
        unlink(path);
    }
    stores_close(in->stores);
    file_lock_release(in->lock);
    metrics_free(in->metrics);
    cancel_free(in->cancel);
    free(in->media_origin);
    free(in->token);
    free(in->url);
    free(in);
}
