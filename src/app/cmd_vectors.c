// `framehound vectors`: the embedded vector index as a service that others may share.
#include <stdio.h>
#include <stdlib.h>

#include "app/command.h"
#include "app/settings.h"
#include "app/ui.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "os/file.h"
#include "os/signals.h"
#include "vectors/service.h"

#define FOREVER_MS (INT64_C(1000) * 60 * 60 * 24 * 365)
#define DRAIN_MS 5000
#define HEADER_BYTES_MOST ((size_t)256 * 1024) // ids to be fetched are in the address

static const struct option_spec vectors_list[] = {
    {.name = "listen",
        .type = OPTION_STRING,
        .fallback = "127.0.0.1:8081",
        .value_name = "ADDR:PORT",
        .env = "FRAMEHOUND_VECTORS_LISTEN",
        .help = "Where to listen; any address but a loopback one needs --token-file."},
    {.name = "token-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "File with the key that clients must send as Api-Key; at least 16 characters."},
    {.name = "allow-host",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "NAME",
        .help = "Further host name under which the service may be addressed."},
    {.name = "index",
        .type = OPTION_STRING,
        .fallback = "framehound",
        .value_name = "NAME",
        .help = "The index's name, for clients that ask for it."},
};
static const struct option_table vectors_options = {
    .title = "Service", .options = vectors_list, .count = sizeof(vectors_list) / sizeof(vectors_list[0])};
static const struct option_table *const vectors_tables[] = {&data_options, &vectors_options, &log_options, NULL};

static enum err_code listen_on(const struct options *options, const char *address, uint16_t port, const char *token,
    struct log *log, struct service *service, struct http_server **server, struct err *err)
{
    size_t count = options_count(options, "allow-host");
    const char **hosts = mem_calloc(count + 1, sizeof(*hosts));
    for (size_t i = 0; i < count; i++)
        hosts[i] = options_string_at(options, "allow-host", i);
    const struct http_server_options settings = {.address = address,
        .port = port,
        .token = token,
        .key_header = "Api-Key",
        .allowed_hosts = hosts,
        .header_bytes_most = HEADER_BYTES_MOST,
        .log = log};
    enum err_code code = http_server_new(&settings, server, err);
    free(hosts);
    if (code != ERR_NONE)
        return code;
    service_add_routes(service, *server);
    return http_server_start(*server, err);
}

static enum err_code lock_folder(const char *dir, struct file_lock **lock, struct err *err)
{
    char *path = mem_sprintf("%s/vectors.lock", dir);
    enum err_code code = file_lock_acquire(path, "framehound vectors", lock, err);
    free(path);
    return code == ERR_CONFLICT
        ? err_context(err, "another process serves the vectors in %s; end it, or name another folder", dir)
        : code;
}

static enum err_code serve(
    const struct options *options, const char *address, uint16_t port, struct log *log, struct err *err)
{
    char dir[FILE_PATH_MAX];
    char *token = NULL;
    struct cancel *cancel = cancel_new(NULL);
    struct signals *signals = NULL;
    struct http_server *server = NULL;
    struct file_lock *lock = NULL;
    struct service service = {.name = options_string(options, "index")};
    enum err_code code = signals_start(cancel, log, &signals, err);
    if (code == ERR_NONE)
        code = settings_data_dir(options, dir, err);
    if (code == ERR_NONE)
        code = settings_token(options, &token, err);
    if (code == ERR_NONE)
        code = dir_make(dir, err);
    if (code == ERR_NONE)
        code = lock_folder(dir, &lock, err);
    if (code == ERR_NONE)
        code = records_open(dir, log, &service.records, err);
    if (code == ERR_NONE)
        code = listen_on(options, address, port, token, log, &service, &server, err);
    if (code == ERR_NONE) {
        log_info(log, "framehound %s keeps vectors in %s, on http://%s:%u", FRAMEHOUND_VERSION, dir, address,
            (unsigned)http_server_port(server));
        if (dir_is_open_to_others(dir))
            log_warn(log, "others on this machine may look into the data folder: run \"chmod 700 %s\"", dir);
        cancel_wait(cancel, FOREVER_MS);
        log_info(log, "stopping");
    }
    if (server != NULL)
        http_server_stop(server, DRAIN_MS);
    http_server_free(server);
    records_free(service.records);
    file_lock_release(lock);
    signals_stop(signals);
    cancel_free(cancel);
    free(token);
    return code;
}

static enum err_code run_vectors(const struct options *options, int *status, struct err *err)
{
    char address[64];
    uint16_t port;
    if (settings_listen(options_string(options, "listen"), address, &port, err) != ERR_NONE) {
        *status = 2;
        ui_error("--listen: %s", err->message);
        return ERR_NONE;
    }
    struct log *log = settings_log(options, LOG_INFO);
    enum err_code code = serve(options, address, port, log, err);
    log_free(log);
    return code;
}

const struct command command_vectors = {
    .spec = {.name = "vectors",
        .arguments = "",
        .summary = "Serve a vector index that speaks Pinecone's data plane, for many machines to share.",
        .details = "Records, their vectors and their metadata are in the data folder, which one such process uses at a "
                   "time.",
        .examples = "framehound vectors --data /var/lib/vectors --listen 0.0.0.0:8081 --token-file key",
        .tables = vectors_tables},
    .run = run_vectors};
