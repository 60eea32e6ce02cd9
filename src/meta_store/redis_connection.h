// One connection to a Redis server: commands go out and answers come back in the same order (RESP2, by hiredis, over
// the streams of net/stream.h).
//
// After an error of sending or receiving the connection is of no use any more and is to be freed. One thread at a time.
#pragma once

#include <hiredis/hiredis.h>

#include "base/err.h"
#include "meta_store/redis_pipeline.h"
#include "net/stream.h"

struct redis_connection;

struct redis_login {
    const char *user, *password; // NULL: none
    int database;
    const char *name; // shown by CLIENT LIST
    const char *mark; // a key that must be there: without it the server has lost what it held; NULL: none
};

// Connects and logs in. ERR_DENIED if the server wants other credentials, or TLS where we speak none or the other way
// round; ERR_INVALID if it has no such database, ERR_UNAVAILABLE also without the mark.
enum err_code redis_connection_open(const struct stream_target *target, const struct redis_login *login,
    int64_t deadline_us, struct redis_connection **out, struct err *err) ERR_MUST_CHECK;
void redis_connection_free(struct redis_connection *connection); // NULL is harmless
// Whether a connection that has lain idle can be used: the server has neither closed it nor said anything.
bool redis_connection_is_good(const struct redis_connection *connection);

// Puts a command into what is sent next.
void redis_connection_add(struct redis_connection *connection, const struct redis_command *command);
enum err_code redis_connection_send(
    struct redis_connection *connection, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
// The next answer, to be freed with freeReplyObject(); errors of the server are answers too.
enum err_code redis_connection_receive(
    struct redis_connection *connection, redisReply **reply, int64_t deadline_us, struct err *err) ERR_MUST_CHECK;
