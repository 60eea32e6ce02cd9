#include "app/wiring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_dir.h"
#include "meta_store/meta_store.h"
#include "meta_store/meta_store_sqlite.h"
#include "queue/queue.h"
#include "queue/queue_kafka.h"
#include "queue/queue_sqlite.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_pinecone.h"
#include "vector_index/vector_index_usearch.h"

static enum err_code join(char out[FILE_PATH_MAX], const char *dir, const char *name, struct err *err)
{
    if (snprintf(out, FILE_PATH_MAX, "%s/%s", dir, name) >= FILE_PATH_MAX)
        return err_set(err, ERR_INVALID, "the data folder's path is too long");
    return ERR_NONE;
}

static enum err_code write_identity(const char *path, struct err *err)
{
    json_t *o = json_object();
    struct strbuf text;
    strbuf_init(&text);
    json_set_string(o, "format", "framehound-data");
    json_set_int64(o, "schema", DATA_SCHEMA);
    json_set_string(o, "written_by", FRAMEHOUND_VERSION);
    json_dump_pretty(o, &text);
    enum err_code code = file_write(path, text.data, text.size, FILE_SYNC_FULL, err);
    strbuf_release(&text);
    json_decref(o);
    return code;
}

// What the folder says it is; a new folder is made one of ours.
static enum err_code check_identity(const char *dir, bool must_exist, struct err *err)
{
    char path[FILE_PATH_MAX];
    json_t *o = NULL;
    const char *format = NULL;
    int64_t schema = 0;
    enum err_code code = join(path, dir, "framehound.json", err);
    if (code != ERR_NONE)
        return code;
    if (!file_exists(path)) {
        if (must_exist)
            return err_set(
                err, ERR_NOT_FOUND, "%s is no data folder of Framehound: nothing was ingested there yet", dir);
        code = write_identity(path, err);
        return code == ERR_NONE ? code : err_context(err, "the data folder cannot be written");
    }
    code = json_parse_file(path, NULL, &o, err);
    if (code == ERR_NONE)
        code = json_get_string(o, "format", &format, err);
    if (code == ERR_NONE)
        code = json_get_int64(o, "schema", 1, INT64_MAX, &schema, err);
    if (code == ERR_NONE && strcmp(format, "framehound-data") != 0)
        code = err_set(err, ERR_CORRUPT, "it says its format is \"%.40s\"", format);
    if (code != ERR_NONE)
        err_context(err, "%s is no data folder this program can use", dir);
    else if (schema > DATA_SCHEMA)
        code = err_set(err, ERR_CONFLICT,
            "the data folder %s was written by a newer Framehound (schema %lld; this is %s, which knows %d): upgrade "
            "this program, or use another folder",
            dir, (long long)schema, FRAMEHOUND_VERSION, DATA_SCHEMA);
    json_decref(o);
    return code;
}

// ---- the queue

#define KAFKA_SCHEME "kafka://"
#define KAFKA_CONFIG_BYTES_MAX ((size_t)64 * 1024)

static enum err_code open_kafka(const struct options *options, const char *address, bool make_topics,
    const struct queue_options *queue_options, struct log *log, struct queue **queue, struct err *err)
{
    struct queue_kafka_settings settings;
    char *brokers = mem_strdup(address + strlen(KAFKA_SCHEME));
    char *config = NULL;
    size_t config_size;
    char *slash = strchr(brokers, '/');
    const char *config_path = options_string(options, "kafka-config");
    enum err_code code = ERR_NONE;
    queue_kafka_settings_default(&settings);
    if (slash != NULL) {
        *slash = '\0';
        if (slash[1] != '\0')
            settings.prefix = slash + 1;
    }
    if (config_path != NULL)
        code = file_read(config_path, KAFKA_CONFIG_BYTES_MAX, &config, &config_size, err);
    if (code != ERR_NONE)
        err_context(err, "the file of --kafka-config cannot be read");
    if (code == ERR_NONE && brokers[0] == '\0')
        code = err_set(err, ERR_INVALID, "--queue: \"%.80s\" names no brokers: kafka://HOST:PORT,HOST:PORT", address);
    settings.brokers = brokers;
    settings.config = config;
    settings.partitions = (int)options_int(options, "kafka-partitions");
    settings.replication = (int)options_int(options, "kafka-replication");
    settings.make_topics = make_topics;
    if (code == ERR_NONE)
        code = queue_kafka_open(&settings, queue_options, clock_system(), log, queue, err);
    free(brokers);
    free(config);
    return code;
}

// Where the queue is, if not in the data folder; NULL.
static enum err_code queue_address(const struct options *options, const char **address, struct err *err)
{
    *address = options != NULL ? options_string(options, "queue") : NULL;
    if (*address == NULL || strncmp(*address, KAFKA_SCHEME, strlen(KAFKA_SCHEME)) == 0)
        return ERR_NONE;
    return err_set(err, ERR_INVALID,
        "--queue: \"%.80s\" is no address of a queue: use kafka://HOST:PORT,HOST:PORT/PREFIX, or leave it out for the "
        "queue in the data folder",
        *address);
}

static enum err_code open_queue(const struct store_settings *settings, struct stores *s, struct err *err)
{
    char path[FILE_PATH_MAX];
    const char *address;
    struct queue_options queue_options;
    queue_options_default(&queue_options);
    queue_options.max_attempts = settings->max_attempts;
    s->ingest.lease_ms = queue_options.lease_ms;
    enum err_code code = queue_address(settings->servers, &address, err);
    if (code == ERR_NONE && address != NULL)
        return open_kafka(settings->servers, address, options_bool(settings->servers, "kafka-make-topics"),
            &queue_options, s->ingest.log, &s->ingest.queue, err);
    if (code == ERR_NONE)
        code = join(path, s->dir, "queue.sqlite", err);
    if (code == ERR_NONE)
        code = queue_sqlite_open(path, &queue_options, s->ingest.clock, &s->ingest.queue, err);
    return code;
}

enum err_code wiring_queue_topics(const struct options *options, bool make, struct log *log,
    struct queue_topic topics[QUEUE_TOPICS_MAX], size_t *count, struct err *err)
{
    const char *address;
    struct queue *queue = NULL;
    struct queue_kafka_topic found[QUEUE_KAFKA_TOPICS];
    _Static_assert(QUEUE_KAFKA_TOPICS <= QUEUE_TOPICS_MAX, "all of them fit");
    *count = 0;
    enum err_code code = queue_address(options, &address, err);
    if (code != ERR_NONE || address == NULL)
        return code;
    code = open_kafka(options, address, make, NULL, log, &queue, err);
    if (code == ERR_NONE)
        code = queue_kafka_topics(queue, found, err);
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS && code == ERR_NONE; i++) {
        topics[i] = (struct queue_topic){
            .partitions = found[i].partitions, .wanted = found[i].wanted, .replicas = found[i].replicas};
        memcpy(topics[i].name, found[i].name, sizeof(topics[i].name));
        *count = i + 1;
    }
    queue_free(queue);
    return code;
}

// ---- the vector index

#define KEY_BYTES_MAX ((size_t)4096)

static enum err_code open_pinecone(
    const struct options *options, const char *url, struct log *log, struct vector_index **index, struct err *err)
{
    const char *key_path = options_string(options, "vector-key-file");
    char *key = NULL;
    size_t size = 0;
    enum err_code code = ERR_NONE;
    if (strncmp(url, "http://", strlen("http://")) != 0 && strncmp(url, "https://", strlen("https://")) != 0)
        return err_set(err, ERR_INVALID,
            "--vector-index: \"%.80s\" is no address of a vector index: use https://HOST or http://HOST:PORT, or leave "
            "it "
            "out for the index in the data folder",
            url);
    if (key_path != NULL)
        code = file_read(key_path, KEY_BYTES_MAX, &key, &size, err);
    if (code != ERR_NONE)
        return err_context(err, "the file of --vector-key-file cannot be read");
    while (size > 0 && (key[size - 1] == '\n' || key[size - 1] == '\r' || key[size - 1] == ' '))
        key[--size] = '\0';
    const struct vector_index_pinecone_settings settings = {
        .url = url, .key = key, .ca_file = options_string(options, "vector-ca-file")};
    code = vector_index_pinecone_open(&settings, log, index, err);
    free(key);
    return code;
}

static enum err_code open_vectors(const struct store_settings *settings, struct stores *s, struct err *err)
{
    char path[FILE_PATH_MAX];
    const char *url = settings->servers != NULL ? options_string(settings->servers, "vector-index") : NULL;
    if (url != NULL)
        return open_pinecone(settings->servers, url, s->ingest.log, &s->ingest.vectors, err);
    enum err_code code = join(path, s->dir, "vectors", err);
    if (code == ERR_NONE)
        code = vector_index_usearch_open(path, NULL, s->ingest.log, &s->ingest.vectors, err);
    return code;
}

// ---- all of them

static enum err_code open_all(const struct store_settings *settings, struct stores *s, struct err *err)
{
    char path[FILE_PATH_MAX];
    enum err_code code = join(path, s->dir, "meta.sqlite", err);
    if (code == ERR_NONE)
        code = meta_store_sqlite_open(path, s->ingest.clock, &s->ingest.meta, err);
    if (code == ERR_NONE)
        code = open_queue(settings, s, err);
    if (code == ERR_NONE)
        code = join(path, s->dir, "blobs", err);
    if (code == ERR_NONE)
        code = blob_store_dir_open(path, &s->ingest.blobs, err);
    if (code == ERR_NONE)
        code = open_vectors(settings, s, err);
    return code;
}

void store_settings_default(struct store_settings *settings)
{
    struct queue_options queue;
    queue_options_default(&queue);
    *settings = (struct store_settings){.max_attempts = queue.max_attempts, .retention = RETENTION_INIT};
}

void store_settings_read(const struct options *options, struct store_settings *settings)
{
    *settings = (struct store_settings){.max_attempts = (int)options_int(options, "max-attempts"),
        .retention = {.keep_segments = options_bool(options, "keep-segments"),
            .keep_frames = options_bool(options, "keep-frames")},
        .servers = options};
}

enum err_code stores_open(const char *dir, const struct store_settings *settings, bool must_exist, struct log *log,
    struct metrics *metrics, struct stores **stores, struct err *err)
{
    struct stores *s = mem_calloc(1, sizeof(*s));
    enum err_code code = ERR_NONE;
    *stores = NULL;
    s->ingest.clock = clock_system();
    s->ingest.log = log;
    s->ingest.metrics = metrics;
    s->ingest.temp_dir = s->temp_dir;
    s->ingest.retention = settings->retention;

    if (must_exist)
        code = wiring_check(dir, err);
    if (code == ERR_NONE)
        code = dir_make(dir, err);
    if (code == ERR_NONE && realpath(dir, s->dir) == NULL)
        code = err_set_errno(err, errno, "the data folder %s cannot be used", dir);
    if (code == ERR_NONE)
        code = check_identity(s->dir, must_exist, err);
    if (code == ERR_NONE)
        code = join(s->temp_dir, s->dir, "tmp", err);
    if (code == ERR_NONE)
        code = dir_make(s->temp_dir, err);
    if (code == ERR_NONE)
        code = join(s->cache_dir, s->dir, "cache", err);
    if (code == ERR_NONE)
        code = dir_make(s->cache_dir, err);
    if (code == ERR_NONE)
        code = open_all(settings, s, err);
    if (code != ERR_NONE) {
        stores_close(s);
        return code;
    }
    *stores = s;
    return ERR_NONE;
}

void stores_close(struct stores *stores)
{
    if (stores == NULL)
        return;
    vector_index_free(stores->ingest.vectors);
    blob_store_free(stores->ingest.blobs);
    queue_free(stores->ingest.queue);
    meta_store_free(stores->ingest.meta);
    free(stores);
}

enum err_code wiring_check(const char *dir, struct err *err)
{
    if (!file_exists(dir))
        return err_set(err, ERR_NOT_FOUND, "the data folder %s does not exist", dir);
    return check_identity(dir, true, err);
}

enum err_code wiring_lock(const char *dir, struct file_lock **lock, struct err *err)
{
    char path[FILE_PATH_MAX];
    enum err_code code = join(path, dir, "up.lock", err);
    if (code == ERR_NONE)
        code = file_lock_acquire(path, "framehound", lock, err);
    if (code == ERR_CONFLICT)
        err_context(err, "another process works on the data folder %s; end it, or name another folder", dir);
    return code;
}
