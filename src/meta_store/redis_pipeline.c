#include "meta_store/redis_pipeline.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void redis_pipeline_init(struct redis_pipeline *pipeline)
{
    *pipeline = (struct redis_pipeline){.arena = arena_new()};
}

static void forget_commands(struct redis_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->count; i++) {
        struct redis_command *command = &pipeline->commands[i];
        if (command->reply != NULL)
            freeReplyObject(command->reply);
        free(command->args);
        free(command->sizes);
    }
    pipeline->count = 0;
}

void redis_pipeline_release(struct redis_pipeline *pipeline)
{
    forget_commands(pipeline);
    free(pipeline->commands);
    arena_free(pipeline->arena);
    *pipeline = (struct redis_pipeline){0};
}

void redis_pipeline_reset(struct redis_pipeline *pipeline)
{
    forget_commands(pipeline);
    arena_reset(pipeline->arena);
}

static struct redis_command *begin(struct redis_pipeline *pipeline)
{
    if (pipeline->count == pipeline->capacity) {
        pipeline->capacity = pipeline->capacity == 0 ? 4 : pipeline->capacity * 2;
        pipeline->commands = mem_realloc_array(pipeline->commands, pipeline->capacity, sizeof(*pipeline->commands));
    }
    struct redis_command *command = &pipeline->commands[pipeline->count++];
    *command = (struct redis_command){.node = -1};
    return command;
}

void redis_add_borrowed(struct redis_pipeline *pipeline, const void *bytes, size_t size)
{
    assert(pipeline->count > 0);
    struct redis_command *command = &pipeline->commands[pipeline->count - 1];
    if (command->count == command->capacity) {
        command->capacity = command->capacity == 0 ? 8 : command->capacity * 2;
        command->args = mem_realloc_array(command->args, command->capacity, sizeof(*command->args));
        command->sizes = mem_realloc_array(command->sizes, command->capacity, sizeof(*command->sizes));
    }
    command->args[command->count] = bytes;
    command->sizes[command->count++] = size;
}

void redis_add_bytes(struct redis_pipeline *pipeline, const void *bytes, size_t size)
{
    redis_add_borrowed(pipeline, size > 0 ? arena_dup(pipeline->arena, bytes, size) : "", size);
}

void redis_add_text(struct redis_pipeline *pipeline, const char *text)
{
    redis_add_borrowed(pipeline, arena_strdup(pipeline->arena, text), strlen(text));
}

void redis_add_int(struct redis_pipeline *pipeline, int64_t number)
{
    const char *text = arena_sprintf(pipeline->arena, "%" PRId64, number);
    redis_add_borrowed(pipeline, text, strlen(text));
}

void redis_begin(struct redis_pipeline *pipeline, const char *name, const char *key)
{
    struct redis_command *command = begin(pipeline);
    redis_add_text(pipeline, name);
    if (key == NULL)
        return;
    redis_add_text(pipeline, key);
    command->key = command->args[1];
}

void redis_begin_script(
    struct redis_pipeline *pipeline, const struct redis_script *script, size_t key_count, const char *key)
{
    struct redis_command *command = begin(pipeline);
    command->script = script;
    redis_add_borrowed(pipeline, "EVALSHA", 7);
    redis_add_borrowed(pipeline, script->sha, strlen(script->sha));
    redis_add_int(pipeline, (int64_t)key_count);
    redis_add_text(pipeline, key);
    command->key = command->args[3];
}

void redis_send_once(struct redis_pipeline *pipeline)
{
    assert(pipeline->count > 0);
    pipeline->commands[pipeline->count - 1].once = true;
}

const redisReply *redis_answer(const struct redis_pipeline *pipeline, size_t n)
{
    assert(n < pipeline->count && pipeline->commands[n].reply != NULL);
    return pipeline->commands[n].reply;
}

int64_t redis_int(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    return reply->type == REDIS_REPLY_STRING ? strtoll(reply->str, NULL, 10) : 0;
}

bool redis_is(const redisReply *reply, const char *word)
{
    return (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS) && strcmp(reply->str, word) == 0;
}

size_t redis_items(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

const redisReply *redis_item(const redisReply *reply, size_t n)
{
    assert(reply->type == REDIS_REPLY_ARRAY && n < reply->elements);
    return reply->element[n];
}
