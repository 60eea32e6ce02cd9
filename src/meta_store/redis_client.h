// A Redis server or cluster, for all threads: pipelines are run to their end, through lost connections, servers that
// load their data, scripts that are not known yet, and data that has moved to another node.
//
// A command whose answer was lost is sent again on another connection, so commands must be such that doing them twice
// does no harm (redis_send_once() says which is not). A pipeline ends with its first command that failed: then nothing
// is said about the others.
//
// Errors: ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_DENIED, ERR_INVALID, ERR_CORRUPT, ERR_INTERNAL; sentences name the server.
#pragma once

#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "meta_store/redis_address.h"
#include "meta_store/redis_pipeline.h"
#include "net/stream.h"

struct redis_client;

struct redis_client_options {
    const char *address;  // redis_address.h
    const char *user;     // NULL: the address's
    const char *password; // NULL: the address's
    struct stream_tls_options tls;
    int connections_most;
    int64_t timeout_ms; // of a call
    struct log *log;
    struct metrics *metrics; // may be NULL
};
#define REDIS_CONNECTIONS_DEFAULT 16
#define REDIS_CONNECTIONS_MAX 1000
#define REDIS_TIMEOUT_DEFAULT_MS 10000
#define REDIS_TIMEOUT_MAX_MS 300000

// Looks at the settings only: nothing is connected to. ERR_INVALID.
enum err_code redis_client_new(
    const struct redis_client_options *options, struct redis_client **out, struct err *err) ERR_MUST_CHECK;
void redis_client_free(struct redis_client *client); // no call may be running; NULL is harmless
// The address without credentials.
const char *redis_client_label(const struct redis_client *client);

// Finds out whether the server is a node of a cluster, and which nodes hold what. Until then it is taken for a single
// server. `answers` (may be NULL) gets what INFO said, to be freed.
enum err_code redis_client_look(struct redis_client *client, char **info, struct err *err) ERR_MUST_CHECK;

// From now on a server that does not have this key is taken for one that has lost its data, and not used (a single
// server; in a cluster the key is on one node only). The key is copied.
void redis_client_require(struct redis_client *client, const char *mark);

enum err_code redis_client_run(
    struct redis_client *client, struct redis_pipeline *pipeline, struct err *err) ERR_MUST_CHECK;
// The same without patience: one attempt, for `timeout_ms` at most.
enum err_code redis_client_try(
    struct redis_client *client, struct redis_pipeline *pipeline, int64_t timeout_ms, struct err *err) ERR_MUST_CHECK;
