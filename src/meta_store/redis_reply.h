// What a server's error means: a code of ours, a sentence that says what to do, and whether it passes by itself.
#pragma once

#include <stdbool.h>

#include <hiredis/hiredis.h>

#include "base/err.h"

// ERR_NONE for what is no error. Sentences begin with what is wrong, so that the server's name can stand before them.
enum err_code redis_reply_check(const redisReply *reply, struct err *err) ERR_MUST_CHECK;
// Whether it is the error that begins with this word.
bool redis_reply_is(const redisReply *reply, const char *word);
// Whether it is an error that is worth a moment's patience: the server is loading, busy, or being replaced.
bool redis_reply_passes(const redisReply *reply);
// Whether the connection is of no use after it: this server has become a replica.
bool redis_reply_ends_connection(const redisReply *reply);
