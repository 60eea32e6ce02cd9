// What the files of the wiring share.
#pragma once

#include "app/wiring.h"
#include "base/check.h"
#include "meta_store/meta_store_redis.h"
#include "net/retry.h"
#include "queue/queue_kafka.h"

enum err_code wiring_join(char out[FILE_PATH_MAX], const char *dir, const char *name, struct err *err) ERR_MUST_CHECK;
// How long a server that starts beside us is waited for.
extern const struct retry_policy wiring_start_wait;

// s->dir, s->temp_dir and the shared parts of s->ingest are there; opens s->ingest.blobs.
enum err_code wiring_open_blobs(
    const struct store_settings *settings, struct stores *s, struct err *err) ERR_MUST_CHECK;
// The same for s->ingest.vectors.
enum err_code wiring_open_vectors(
    const struct store_settings *settings, struct stores *s, struct err *err) ERR_MUST_CHECK;

// ---- what the settings say of each server; what is given out is to be released also after an error

// --queue; NULL where the queue is in the data folder.
enum err_code wiring_queue_address(const struct options *options, const char **address, struct err *err) ERR_MUST_CHECK;
struct wiring_kafka {
    struct queue_kafka_settings settings;
    char *brokers, *config;
};
enum err_code wiring_kafka_settings(
    const struct options *options, const char *address, struct wiring_kafka *kafka, struct err *err) ERR_MUST_CHECK;
void wiring_kafka_release(struct wiring_kafka *kafka);
// `password` is to be freed after `redis` was used.
enum err_code wiring_redis_options(
    const struct options *options, struct meta_redis_options *redis, char **password, struct err *err) ERR_MUST_CHECK;
// Looks after the bucket that the settings or the folder name, if one is named.
void wiring_check_blobs(const struct options *options, struct stores *s, struct checks *checks);
