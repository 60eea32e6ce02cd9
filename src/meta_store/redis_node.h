// One Redis server and the connections to it, shared by all threads.
//
// When the server cannot be reached, one thread at a time tries again, with growing pauses; the others wait for the
// outcome. A call waits as long as its deadline allows, so that a restart of the server is not noticed by callers; but
// when the outage has lasted longer than a call may take, calls fail at once with what was wrong at the last attempt,
// so that nothing piles up. Being down and being up again is logged once.
#pragma once

#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "meta_store/redis_connection.h"

struct redis_node;

struct redis_node_options {
    struct stream_target target; // host and path are copied
    struct redis_login login;    // borrowed
    const char *label;           // for sentences; copied
    int connections_most;
    int64_t timeout_ms;         // of a call
    int64_t connect_timeout_ms; // of one attempt to connect
    struct log *log;
    struct metric_counter *connects; // counts connections made
};

struct redis_node *redis_node_new(const struct redis_node_options *options);
void redis_node_free(struct redis_node *node); // no connection may be taken
// Connections made from now on must find this key (redis_connection.h); borrowed.
void redis_node_require(struct redis_node *node, const char *mark);
const char *redis_node_label(const struct redis_node *node);
bool redis_node_is_at(const struct redis_node *node, const char *host, uint16_t port);

// A connection for the caller alone. ERR_UNAVAILABLE, ERR_TIMEOUT, ERR_DENIED, ERR_INVALID, with the server's name.
// `patient` false: does not wait for a server that is known to be down.
enum err_code redis_node_take(struct redis_node *node, bool patient, int64_t deadline_us,
    struct redis_connection **connection, struct err *err) ERR_MUST_CHECK;
// Gives it back: to be used again, or to be closed.
void redis_node_give(struct redis_node *node, struct redis_connection *connection, bool good);
// Puts the server's name before a sentence about it; returns the code.
enum err_code redis_node_context(const struct redis_node *node, struct err *err);
