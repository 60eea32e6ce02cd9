// Commands that are sent together, and their answers.
//
// A pipeline is filled (begin a command, add its arguments), run by redis_client.h, and read. Texts and bytes are
// copied unless said otherwise. Any number of commands, in order; on a Redis Cluster the order holds among commands
// whose key has the same {tag}. One thread at a time.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hiredis/hiredis.h>

#include "base/err.h"
#include "base/mem.h"
#include "meta_store/redis_script.h"

struct redis_command {
    const char **args; // args[0] is the command's name
    size_t *sizes;
    size_t count, capacity;
    const struct redis_script *script; // NULL: no script
    const char *key;                   // what decides the node; NULL: any node
    bool once;                         // must not be sent again when its answer was lost
    // The client's own.
    redisReply *reply;
    bool whole_script; // the server does not know the script
    int node;          // -1: where the key lies; else where the server said (ASK)
};

struct redis_pipeline {
    struct arena *arena;
    struct redis_command *commands;
    size_t count, capacity;
};

void redis_pipeline_init(struct redis_pipeline *pipeline);
void redis_pipeline_release(struct redis_pipeline *pipeline);
// Forgets commands and answers, for the next round.
void redis_pipeline_reset(struct redis_pipeline *pipeline);

// Begins a command on a key, which becomes its first argument; NULL: none, and any node will do.
void redis_begin(struct redis_pipeline *pipeline, const char *name, const char *key);
// Begins a script; its keys follow as arguments, the first of them is given here.
void redis_begin_script(
    struct redis_pipeline *pipeline, const struct redis_script *script, size_t key_count, const char *key);
// Arguments of the command that was begun last.
void redis_add_text(struct redis_pipeline *pipeline, const char *text);
void redis_add_bytes(struct redis_pipeline *pipeline, const void *bytes, size_t size);
// Not copied: must live until the pipeline was run.
void redis_add_borrowed(struct redis_pipeline *pipeline, const void *bytes, size_t size);
void redis_add_int(struct redis_pipeline *pipeline, int64_t number);
// Says of the command that was begun last that it must not be sent twice.
void redis_send_once(struct redis_pipeline *pipeline);

// The answer of the n-th command, after it was run: never an error.
const redisReply *redis_answer(const struct redis_pipeline *pipeline, size_t n);

// ---- reading answers

static inline bool redis_is_nil(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_NIL;
}
// Of an integer, or of a text that is one; 0 for anything else.
int64_t redis_int(const redisReply *reply);
// Whether it is this word, as scripts answer.
bool redis_is(const redisReply *reply, const char *word);
// The items of a list; 0 for anything else.
size_t redis_items(const redisReply *reply);
const redisReply *redis_item(const redisReply *reply, size_t n);
