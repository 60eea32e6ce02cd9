#include "app/settings.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "meta_store/meta_store_redis.h"

#define SECRET_SIZE_MAX 4096
#define TOKEN_LENGTH_MIN 16

#define OPTION_TABLE(name, heading, ...)                                                                               \
    static const struct option_spec name##_list[] = {__VA_ARGS__};                                                     \
    const struct option_table name = {                                                                                 \
        .title = (heading), .options = name##_list, .count = sizeof(name##_list) / sizeof(name##_list[0])}

static const char *const log_levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const log_formats[] = {"text", "json", NULL};

OPTION_TABLE(log_options, "Log",
    {.name = "log-level", .type = OPTION_ENUM, .choices = log_levels, .help = "Least important messages to write."},
    {.name = "log-format",
        .type = OPTION_ENUM,
        .choices = log_formats,
        .fallback = "text",
        .help = "Lines for people, or JSON lines for machines."});

OPTION_TABLE(data_options, "Data",
    {.name = "data",
        .type = OPTION_PATH,
        .value_name = "DIR",
        .help = "Folder that holds everything stored; by default framehound in the user's data folder."});

OPTION_TABLE(model_options, "Models",
    {.name = "models",
        .type = OPTION_PATH,
        .value_name = "DIR",
        .help = "Folder with one folder per model; by default the one that set-up filled."},
    {.name = "detector",
        .type = OPTION_STRING,
        .fallback = DEFAULT_DETECTOR,
        .value_name = "NAME",
        .help = "Model that finds objects."},
    {.name = "embedder",
        .type = OPTION_STRING,
        .fallback = DEFAULT_EMBEDDER,
        .value_name = "NAME",
        .help = "Model that describes objects; a project is indexed with one embedder."},
    {.name = "score-threshold",
        .type = OPTION_FLOAT,
        .least = "0.01",
        .most = "1",
        .help = "Least score of a detection; by default the model's own."},
    {.name = "inference-threads",
        .type = OPTION_INT,
        .fallback = "0",
        .least = "0",
        .most = "256",
        .help = "Processor threads for inference; 0: as many as there are processors."});

OPTION_TABLE(scale_options, "Scale",
    {.name = "workers",
        .type = OPTION_INT,
        .fallback = "0",
        .least = "0",
        .most = "64",
        .value_name = "N",
        .help = "Workers of each part; 0: as the machine's processors suggest."});

OPTION_TABLE(keep_options, "What is kept, and how often work is tried",
    {.name = "keep-segments",
        .type = OPTION_BOOL,
        .fallback = "false",
        .help = "Keep the segments after a video is indexed; the source is always kept."},
    {.name = "keep-frames",
        .type = OPTION_BOOL,
        .fallback = "true",
        .help = "Keep the pictures of the frames after a video is indexed; the objects' pictures always stay."},
    {.name = "max-attempts",
        .type = OPTION_INT,
        .fallback = "5",
        .least = "1",
        .most = "100",
        .help = "How often a piece of work is tried before it becomes a dead letter."});

OPTION_TABLE(store_options, "Servers for what is shared (docs/distributed.md); without them it is in the data folder",
    {.name = "queue",
        .type = OPTION_STRING,
        .value_name = "ADDRESS",
        .help = "Queue of the work: kafka://HOST:PORT,HOST:PORT/PREFIX; the prefix begins topics' names."},
    {.name = "kafka-config",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "Properties for Kafka's brokers, a name=value a line, as librdkafka has them: security, passwords."},
    {.name = "kafka-partitions",
        .type = OPTION_INT,
        .fallback = "64",
        .least = "1",
        .most = "10000",
        .help = "Partitions of topics that are made: so many workers of a part can be of use."},
    {.name = "kafka-replication",
        .type = OPTION_INT,
        .fallback = "-1",
        .least = "-1",
        .most = "100",
        .help = "Replicas of topics that are made; -1: the brokers' default."},
    {.name = "kafka-make-topics",
        .type = OPTION_BOOL,
        .fallback = "true",
        .help = "Make missing topics at the start; else \"framehound queue init\" makes them."},
    {.name = "vector-index",
        .type = OPTION_STRING,
        .value_name = "URL",
        .help = "Vector index: https://HOST or http://HOST:PORT (Pinecone's, or \"framehound vectors\"), "
                "weaviate://HOST:PORT/PREFIX, weaviates:// for TLS."},
    {.name = "vector-key-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "File with the key of the vector index."},
    {.name = "vector-ca-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "Certificates of the authorities that vouch for the vector index; default: the system's."},
    {.name = "vector-replicas",
        .type = OPTION_INT,
        .fallback = "1",
        .least = "1",
        .most = "100",
        .help = "Replicas of collections that are made in Weaviate."},
    {.name = "meta-store",
        .type = OPTION_STRING,
        .value_name = "ADDRESS",
        .help = "Meta store: redis://HOST:PORT/DATABASE, rediss:// for TLS, unix:///SOCKET; a server or a cluster."},
    {.name = "redis-user", .type = OPTION_STRING, .value_name = "NAME", .help = "User of the Redis server."},
    {.name = "redis-password-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "File with the password for the Redis server."},
    {.name = "redis-ca",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "Certificates (PEM) that the Redis server's must come from; by default the system's."},
    {.name = "redis-cert",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "Our certificate (PEM), for a Redis server that asks for one."},
    {.name = "redis-key",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "Its key (PEM); by default it is in the file of --redis-cert."},
    {.name = "redis-prefix",
        .type = OPTION_STRING,
        .fallback = META_REDIS_PREFIX_DEFAULT,
        .value_name = "NAME",
        .help = "Begins the names of all keys, so that several installations may share a server."},
    {.name = "redis-timeout",
        .type = OPTION_DURATION,
        .fallback = "10s",
        .least = "100ms",
        .most = "5m",
        .help = "How long a call to Redis may take, with all attempts; shorter outages are not noticed."},
    {.name = "redis-connections",
        .type = OPTION_INT,
        .fallback = "16",
        .least = "1",
        .most = "1000",
        .help = "Connections to each Redis server at most."});

OPTION_TABLE(server_options, "Server",
    {.name = "listen",
        .type = OPTION_STRING,
        .fallback = "127.0.0.1:8080",
        .value_name = "ADDR:PORT",
        .help = "Where to listen; any address but a loopback one needs --token-file."},
    {.name = "token-file",
        .type = OPTION_PATH,
        .value_name = "FILE",
        .help = "File with the token that clients must send; at least 16 characters."},
    {.name = "allow-host",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "NAME",
        .help = "Further host name under which the server may be addressed."},
    {.name = "allow-origin",
        .type = OPTION_STRING,
        .repeatable = true,
        .value_name = "URL",
        .help = "Web origin whose pages may use the interface."},
    {.name = "web",
        .type = OPTION_PATH,
        .value_name = "DIR",
        .help = "Folder of the built web application; default: the one built with the program."},
    {.name = "max-upload", .type = OPTION_SIZE, .fallback = "20G", .least = "1M", .help = "Largest upload."});

OPTION_TABLE(probe_options, "For supervisors",
    {.name = "probe-listen",
        .type = OPTION_STRING,
        .value_name = "ADDR:PORT",
        .help = "Where /healthz, /readyz and /metrics are answered; any address but a loopback one needs --token-file, "
                "which /metrics then asks for."},
    {.name = "token-file", .type = OPTION_PATH, .value_name = "FILE", .help = "File with the token for /metrics."});

OPTION_TABLE(client_options, "Server to talk to",
    {.name = "server",
        .type = OPTION_STRING,
        .value_name = "URL",
        .help = "Server to use; by default the one on the data folder, or http://127.0.0.1:8080."},
    {.name = "token-file", .type = OPTION_PATH, .value_name = "FILE", .help = "File with the server's token."});

OPTION_TABLE(json_options, "Output", {.name = "json", .type = OPTION_BOOL, .help = "JSON for machines."});

// A log file that is copied and emptied while it is written to (logrotate's copytruncate) goes on at its new end.
static void append_to_log(int fd)
{
    struct stat info;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        (void)fcntl(fd, F_SETFL, flags | O_APPEND);
}

struct log *settings_log(const struct options *options, enum log_level fallback)
{
    enum log_level level = fallback;
    const char *name = options_string(options, "log-level");
    if (name != NULL)
        log_level_from_name(name, &level);
    append_to_log(STDERR_FILENO);
    return log_new(STDERR_FILENO, level, strcmp(options_string(options, "log-format"), "json") == 0);
}

enum err_code settings_data_dir(const struct options *options, char path[FILE_PATH_MAX], struct err *err)
{
    const char *given = options_string(options, "data");
    const char *base = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int n;
    if (given != NULL)
        n = snprintf(path, FILE_PATH_MAX, "%s", given);
    else if (base != NULL && base[0] == '/')
        n = snprintf(path, FILE_PATH_MAX, "%s/framehound", base);
    else if (home != NULL && home[0] == '/')
        n = snprintf(path, FILE_PATH_MAX, "%s/.local/share/framehound", home);
    else
        return err_set(err, ERR_INVALID, "there is no home folder to keep data in: name a folder with --data DIR");
    if (n >= FILE_PATH_MAX)
        return err_set(err, ERR_INVALID, "the data folder's path is too long");
    return ERR_NONE;
}

const char *settings_models_dir(const struct options *options)
{
    const char *given = options_string(options, "models");
    return given != NULL ? given : DEFAULT_MODELS_DIR;
}

const char *settings_yt_dlp(const struct options *options)
{
    const char *given = options_string(options, "yt-dlp");
    return given != NULL ? given : DEFAULT_YT_DLP;
}

const char *settings_web_dir(const struct options *options)
{
    const char *given = options_string(options, "web");
    return given != NULL ? given : DEFAULT_WEB_DIR;
}

// Reads a file without the white space at its end.
static enum err_code read_secret(const char *path, char **secret, size_t *size, struct err *err)
{
    *secret = NULL;
    enum err_code code = file_read_private(path, SECRET_SIZE_MAX, secret, size, err);
    while (code == ERR_NONE && *size > 0 && isspace((unsigned char)(*secret)[*size - 1]))
        (*secret)[--*size] = '\0';
    return code;
}

static enum err_code keep_if_good(enum err_code code, char **secret)
{
    if (code != ERR_NONE) {
        free(*secret);
        *secret = NULL;
    }
    return code;
}

enum err_code settings_secret(const char *path, char **secret, size_t *size, struct err *err)
{
    return keep_if_good(read_secret(path, secret, size, err), secret);
}

enum err_code settings_token(const struct options *options, char **token, struct err *err)
{
    const char *path = options_string(options, "token-file");
    size_t size = 0;
    *token = NULL;
    if (path == NULL)
        return ERR_NONE;
    enum err_code code = read_secret(path, token, &size, err);
    if (code != ERR_NONE)
        return err_context(err, "the token file cannot be read");
    if (size < TOKEN_LENGTH_MIN || strlen(*token) != size)
        code = err_set(err, ERR_INVALID,
            "the token in %s must have at least %d characters on one line: write one with "
            "\"head -c 24 /dev/urandom | base64\"",
            path, TOKEN_LENGTH_MIN);
    return keep_if_good(code, token);
}

enum err_code settings_listen(const char *text, char address[64], uint16_t *port, struct err *err)
{
    const char *colon = strrchr(text, ':');
    const char *digits = colon != NULL ? colon + 1 : text;
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    char *end = NULL;
    long value = strtol(digits, &end, 10);
    bool bracketed = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (!isdigit((unsigned char)digits[0]) || *end != '\0' || value > 65535 || length >= 60 ||
        (!bracketed && memchr(text, ':', length) != NULL))
        return err_set(err, ERR_INVALID,
            "\"%.80s\" is nothing to listen on: use ADDRESS:PORT with a port up to 65535, such as 127.0.0.1:8080 or "
            "[::1]:8080",
            text);
    if (bracketed)
        snprintf(address, 64, "%.*s", (int)(length - 2), text + 1);
    else if (length == 0)
        snprintf(address, 64, "127.0.0.1");
    else
        snprintf(address, 64, "%.*s", (int)length, text);
    *port = (uint16_t)value;
    return ERR_NONE;
}
