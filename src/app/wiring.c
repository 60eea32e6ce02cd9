#include "app/wiring_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/settings.h"
#include "base/clock.h"
#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "meta_store/meta_store.h"
#include "meta_store/meta_store_redis.h"
#include "meta_store/meta_store_sqlite.h"
#include "queue/queue.h"
#include "queue/queue_kafka.h"
#include "queue/queue_sqlite.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_pinecone.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_index_weaviate.h"
#include "vector_index/weaviate_address.h"

// Settings of a meta store: which one it is, and, for one on a server, which data folder has the rest.
#define STORE_SETTING "meta-store"
#define HOME_SETTING "data-folder"

enum err_code wiring_join(char out[FILE_PATH_MAX], const char *dir, const char *name, struct err *err)
{
    if (snprintf(out, FILE_PATH_MAX, "%s/%s", dir, name) >= FILE_PATH_MAX)
        return err_set(err, ERR_INVALID, "the data folder's path is too long");
    return ERR_NONE;
}

// ---- the queue

#define KAFKA_SCHEME "kafka://"
#define KAFKA_CONFIG_BYTES_MAX ((size_t)64 * 1024)

enum err_code wiring_kafka_settings(
    const struct options *options, const char *address, struct wiring_kafka *kafka, struct err *err)
{
    *kafka = (struct wiring_kafka){.brokers = mem_strdup(address + strlen(KAFKA_SCHEME))};
    size_t config_size;
    char *slash = strchr(kafka->brokers, '/');
    const char *config_path = options_string(options, "kafka-config");
    enum err_code code = ERR_NONE;
    queue_kafka_settings_default(&kafka->settings);
    if (slash != NULL) {
        *slash = '\0';
        if (slash[1] != '\0')
            kafka->settings.prefix = slash + 1;
    }
    if (config_path != NULL)
        code = file_read(config_path, KAFKA_CONFIG_BYTES_MAX, &kafka->config, &config_size, err);
    if (code != ERR_NONE)
        err_context(err, "the file of --kafka-config cannot be read");
    if (code == ERR_NONE && kafka->brokers[0] == '\0')
        code = err_set(err, ERR_INVALID, "--queue: \"%.80s\" names no brokers: kafka://HOST:PORT,HOST:PORT", address);
    kafka->settings.brokers = kafka->brokers;
    kafka->settings.config = kafka->config;
    kafka->settings.partitions = (int)options_int(options, "kafka-partitions");
    kafka->settings.replication = (int)options_int(options, "kafka-replication");
    kafka->settings.make_topics = options_bool(options, "kafka-make-topics");
    return code;
}

void wiring_kafka_release(struct wiring_kafka *kafka)
{
    free(kafka->brokers);
    free(kafka->config);
}

static enum err_code open_kafka(const struct options *options, const char *address, bool make_topics,
    const struct queue_options *queue_options, struct cancel *cancel, struct log *log, struct queue **queue,
    struct err *err)
{
    struct wiring_kafka kafka;
    enum err_code code = wiring_kafka_settings(options, address, &kafka, err);
    kafka.settings.make_topics = make_topics;
    kafka.settings.cancel = cancel;
    if (code == ERR_NONE)
        code = queue_kafka_open(&kafka.settings, queue_options, clock_system(), log, queue, err);
    wiring_kafka_release(&kafka);
    return code;
}

enum err_code wiring_queue_address(const struct options *options, const char **address, struct err *err)
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
    enum err_code code = wiring_queue_address(settings->servers, &address, err);
    if (code == ERR_NONE && address != NULL)
        return open_kafka(settings->servers, address, options_bool(settings->servers, "kafka-make-topics"),
            &queue_options, settings->cancel, s->ingest.log, &s->ingest.queue, err);
    if (code == ERR_NONE)
        code = wiring_join(path, s->dir, "queue.sqlite", err);
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
    enum err_code code = wiring_queue_address(options, &address, err);
    if (code != ERR_NONE || address == NULL)
        return code;
    code = open_kafka(options, address, make, NULL, NULL, log, &queue, err);
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

static bool is_web_address(const char *url)
{
    return strncmp(url, "http://", strlen("http://")) == 0 || strncmp(url, "https://", strlen("https://")) == 0;
}

static enum err_code open_vector_server(
    const struct options *options, const char *url, struct log *log, struct vector_index **index, struct err *err)
{
    const char *key_path = options_string(options, "vector-key-file");
    const char *ca_file = options_string(options, "vector-ca-file");
    char *key = NULL;
    size_t size = 0;
    if (!is_web_address(url) && !weaviate_address_is_one(url))
        return err_set(err, ERR_INVALID,
            "--vector-index: \"%.80s\" is no address of a vector index: use https://HOST or http://HOST:PORT for what "
            "speaks Pinecone's data plane, weaviate://HOST:PORT or weaviates://HOST for Weaviate, or leave it out for "
            "the index in the data folder",
            url);
    if (key_path != NULL && settings_secret(key_path, &key, &size, err) != ERR_NONE)
        return err_context(err, "the file of --vector-key-file cannot be used");
    const struct vector_index_pinecone_settings pinecone = {.url = url, .key = key, .ca_file = ca_file};
    const struct vector_index_weaviate_settings weaviate = {
        .address = url, .key = key, .ca_file = ca_file, .replicas = (int)options_int(options, "vector-replicas")};
    enum err_code code = weaviate_address_is_one(url) ? vector_index_weaviate_open(&weaviate, log, index, err)
                                                      : vector_index_pinecone_open(&pinecone, log, index, err);
    free(key);
    return code;
}

enum err_code wiring_open_vectors(const struct store_settings *settings, struct stores *s, struct err *err)
{
    char path[FILE_PATH_MAX];
    const char *url = settings->servers != NULL ? options_string(settings->servers, "vector-index") : NULL;
    if (url != NULL)
        return open_vector_server(settings->servers, url, s->ingest.log, &s->ingest.vectors, err);
    enum err_code code = wiring_join(path, s->dir, "vectors", err);
    if (code == ERR_NONE)
        code = vector_index_usearch_open(path, NULL, s->ingest.log, &s->ingest.vectors, err);
    return code;
}

// ---- the meta store

enum err_code wiring_redis_options(
    const struct options *options, struct meta_redis_options *redis, char **password, struct err *err)
{
    const char *password_path = options_string(options, "redis-password-file");
    size_t password_size = 0;
    *password = NULL;
    if (password_path != NULL && settings_secret(password_path, password, &password_size, err) != ERR_NONE)
        return err_context(err, "the file of --redis-password-file cannot be used");
    *redis = (struct meta_redis_options){.address = wiring_meta_address(options),
        .user = options_string(options, "redis-user"),
        .password = *password,
        .ca_file = options_string(options, "redis-ca"),
        .cert_file = options_string(options, "redis-cert"),
        .key_file = options_string(options, "redis-key"),
        .prefix = options_string(options, "redis-prefix"),
        .connections_most = (int)options_int(options, "redis-connections"),
        .timeout_ms = options_duration_us(options, "redis-timeout") / 1000};
    return ERR_NONE;
}

static enum err_code open_redis(const struct options *options, const struct clock *clock, struct log *log,
    struct metrics *metrics, struct meta_store **store, struct err *err)
{
    struct meta_redis_options redis;
    char *password;
    enum err_code code = wiring_redis_options(options, &redis, &password, err);
    if (code != ERR_NONE)
        return code;
    redis.log = log;
    redis.metrics = metrics;
    code = meta_store_redis_open(&redis, clock, store, err);
    free(password);
    return code == ERR_NONE ? code : err_context(err, "--meta-store");
}

enum err_code wiring_open_meta(const struct options *options, const char *dir, const struct clock *clock,
    struct log *log, struct metrics *metrics, struct meta_store **store, struct err *err)
{
    char path[FILE_PATH_MAX];
    if (wiring_meta_address(options) != NULL)
        return open_redis(options, clock, log, metrics, store, err);
    enum err_code code = wiring_join(path, dir, "meta.sqlite", err);
    return code == ERR_NONE ? meta_store_sqlite_open(path, clock, store, err) : code;
}

const char *wiring_meta_address(const struct options *options)
{
    return options != NULL ? options_string(options, "meta-store") : NULL;
}

// `where` is the meta store, in words.
static enum err_code compare_meta(
    const char *dir, const struct identity *identity, struct meta_store *store, const char *where, struct err *err)
{
    char *id = NULL;
    enum err_code code = meta_store_get_setting(store, STORE_SETTING, &id, err);
    if (code == ERR_NOT_FOUND || (code == ERR_NONE && strcmp(id, identity->meta_store) != 0))
        code = err_set(err, ERR_CONFLICT,
            "the data folder %s is used with another meta store than %s, which %s: see --meta-store and "
            "--redis-prefix, take the data over with \"framehound meta export\" and \"framehound meta import\", or "
            "name another folder with --data",
            dir, where, code == ERR_NONE ? "is of another folder" : "is empty");
    free(id);
    return code;
}

// Work in the queue, pictures and vectors are of videos that a meta store knows; with another one they would be of
// videos that are gone, and be removed. So a folder keeps to the meta store that it was first used with.
static enum err_code check_meta_is_same(struct stores *s, const char *where, struct err *err)
{
    char *id = NULL;
    char made[IDENTITY_ID_SIZE];
    if (s->identity.meta_store[0] != '\0')
        return compare_meta(s->dir, &s->identity, s->ingest.meta, where, err);
    identity_make_id(made);
    enum err_code code = meta_store_keep_setting(s->ingest.meta, STORE_SETTING, made, &id, err);
    if (code == ERR_NONE) {
        snprintf(s->identity.meta_store, sizeof(s->identity.meta_store), "%s", id);
        code = identity_write(s->dir, &s->identity, err);
    }
    free(id);
    return code;
}

enum err_code wiring_check_own_meta(const char *dir, struct meta_store *store, struct err *err)
{
    struct identity identity;
    enum err_code code = identity_read(dir, &identity, err);
    return code == ERR_NONE && identity.meta_store[0] != '\0' ? compare_meta(dir, &identity, store, "its own", err)
                                                              : code;
}

// The other way round, for a meta store on a server: with work, pictures or vectors in a folder it is that folder's.
static enum err_code check_folder_is_same(const struct stores *s, struct err *err)
{
    char *home = NULL;
    enum err_code code = meta_store_keep_setting(s->ingest.meta, HOME_SETTING, s->identity.id, &home, err);
    if (code == ERR_NONE && strcmp(home, s->identity.id) != 0)
        code = err_set(err, ERR_CONFLICT,
            "the meta store of --meta-store belongs to another data folder than %s: name that folder with --data, or "
            "give this one a --redis-prefix of its own",
            s->dir);
    free(home);
    return code;
}

// ---- all of them

// Waits a little for an index that does not answer, but not where somebody has to mend something.
static enum err_code open_vectors(const struct store_settings *settings, struct stores *s, struct err *err)
{
    struct retry retry;
    enum err_code code;
    retry_init(&retry, &wiring_start_wait, NULL, 0);
    do
        code = wiring_open_vectors(settings, s, err);
    while ((code == ERR_UNAVAILABLE || code == ERR_TIMEOUT) && !settings->is_brief &&
        retry_wait(&retry, code, 0, settings->cancel));
    return code;
}

// Whether anything of the installation is in the folder: each machine has one of its own where nothing is.
static bool has_something(const struct store_settings *settings, const struct stores *s)
{
    return options_string(settings->servers, "queue") == NULL ||
        options_string(settings->servers, "vector-index") == NULL || !blob_store_is_remote(s->ingest.blobs);
}

static enum err_code open_all(
    const struct store_settings *settings, struct stores *s, struct metrics *metrics, struct err *err)
{
    enum err_code code =
        wiring_open_meta(settings->servers, s->dir, s->ingest.clock, s->ingest.log, metrics, &s->ingest.meta, err);
    const char *address = wiring_meta_address(settings->servers);
    if (code == ERR_NONE)
        code = check_meta_is_same(s, address != NULL ? "that of --meta-store" : "its own", err);
    if (code == ERR_NONE)
        code = wiring_open_blobs(settings, s, err);
    if (code == ERR_NONE && address != NULL && has_something(settings, s))
        code = check_folder_is_same(s, err);
    if (code == ERR_NONE)
        code = open_queue(settings, s, err);
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

int64_t wiring_schema(void)
{
    return vector_index_usearch_schema();
}

// Makes the folder and those in it, and finds out what it is.
static enum err_code open_folder(const char *dir, bool must_exist, struct stores *s, struct err *err)
{
    enum err_code code = must_exist ? wiring_check(dir, err) : ERR_NONE;
    if (code == ERR_NONE)
        code = dir_make(dir, err);
    if (code == ERR_NONE && realpath(dir, s->dir) == NULL)
        code = err_set_errno(err, errno, "the data folder %s cannot be used", dir);
    if (code == ERR_NONE)
        code = identity_open(s->dir, &s->identity, err);
    if (code == ERR_NONE)
        code = wiring_join(s->temp_dir, s->dir, "tmp", err);
    if (code == ERR_NONE)
        code = dir_make(s->temp_dir, err);
    if (code == ERR_NONE)
        code = wiring_join(s->cache_dir, s->dir, "cache", err);
    if (code == ERR_NONE)
        code = dir_make(s->cache_dir, err);
    return code;
}

// Every process with an open folder has this lock together with the others, until it ends in whatever way.
static enum err_code join_users(struct stores *s, struct err *err)
{
    char path[FILE_PATH_MAX];
    struct err why = ERR_INIT;
    enum err_code code = wiring_join(path, s->dir, "in-use.lock", err);
    if (code != ERR_NONE)
        return code;
    code = file_lock_share(path, &s->in_use, &why);
    if (code == ERR_CONFLICT)
        return err_set(err, code, "the data folder %s is being looked after, try again when that is done: %s", s->dir,
            why.message);
    // Where there are no locks, nobody can be known to be alone.
    if (code != ERR_NONE)
        log_debug(s->ingest.log, "%s", why.message);
    return ERR_NONE;
}

bool stores_take_alone(struct stores *stores, const char *purpose)
{
    return stores->in_use != NULL && file_lock_take_alone(stores->in_use, purpose);
}

bool stores_are_shared(const struct stores *stores, const struct options *options)
{
    return options_string(options, "queue") != NULL || options_string(options, "vector-index") != NULL ||
        wiring_meta_address(options) != NULL || blob_store_is_remote(stores->ingest.blobs);
}

enum err_code stores_open(const char *dir, const struct store_settings *settings, bool must_exist, struct log *log,
    struct metrics *metrics, struct stores **stores, struct err *err)
{
    struct stores *s = mem_calloc(1, sizeof(*s));
    *stores = NULL;
    s->ingest.clock = clock_system();
    s->ingest.log = log;
    s->ingest.metrics = metrics;
    s->ingest.temp_dir = s->temp_dir;
    s->ingest.retention = settings->retention;

    enum err_code code = open_folder(dir, must_exist, s, err);
    if (code == ERR_NONE)
        code = join_users(s, err);
    bool is_of_folder = code != ERR_NONE || wiring_meta_address(settings->servers) == NULL;
    if (code == ERR_NONE)
        code = open_all(settings, s, metrics, err);
    // A server that refuses us says so itself.
    if (code == ERR_DENIED && is_of_folder && access(dir, W_OK) != 0)
        err_context(err, "this user may not write to the data folder %s; name another with --data", dir);
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
    file_lock_release(stores->in_use);
    free(stores);
}

enum err_code wiring_check(const char *dir, struct err *err)
{
    struct identity unused;
    if (!file_exists(dir))
        return err_set(err, ERR_NOT_FOUND, "the data folder %s does not exist", dir);
    return identity_read(dir, &unused, err);
}

enum err_code wiring_lock(const char *dir, struct file_lock **lock, struct err *err)
{
    char path[FILE_PATH_MAX];
    enum err_code code = wiring_join(path, dir, "up.lock", err);
    if (code == ERR_NONE)
        code = file_lock_acquire(path, "framehound", lock, err);
    if (code == ERR_CONFLICT)
        err_context(err, "another process works on the data folder %s; end it, or name another folder", dir);
    return code;
}
