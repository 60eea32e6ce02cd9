// The check-up of a Redis server: everything about it, where opening a store ends with the first thing that is wrong.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_store/meta_redis_internal.h"

#define MEMORY_SHARE 0.9 // of maxmemory: fuller than this is worth a word
#define TRIAL_SECONDS 60 // what is left behind is gone by then

struct looking {
    struct meta_redis *self;
    const char *label;
    const char *info;
    struct checks *checks;
};

static const char *value_of(const struct looking *looking, const char *name, char value[64])
{
    meta_redis_info_value(looking->info, name, value, 64);
    return value;
}

static int64_t number_of(const struct looking *looking, const char *name)
{
    char value[64];
    return strtoll(value_of(looking, name, value), NULL, 10);
}

static void check_version(const struct looking *looking)
{
    char version[64];
    value_of(looking, "redis_version", version);
    if (version[0] == '\0')
        checks_warn(looking->checks, "give its user the right +info", "%s does not say its version", looking->label);
    else if (atoi(version) < META_REDIS_LEAST_VERSION)
        checks_wrong(looking->checks, "take Redis 7.0 or newer, or Valkey", "%s is of version %s, which is too old",
            looking->label, version);
    else
        checks_ok(looking->checks, "%s answers and lets us in; it is of version %s", looking->label, version);
    char role[64];
    if (strcmp(value_of(looking, "role", role), "slave") == 0)
        checks_wrong(looking->checks, "name its master with --meta-store", "%s is a replica, which takes no writes",
            looking->label);
    if (number_of(looking, "loading") != 0)
        checks_warn(looking->checks, "wait for it", "%s is still loading its data", looking->label);
    if (number_of(looking, "cluster_enabled") != 0)
        checks_ok(looking->checks,
            "%s is a node of a cluster: what is said here of memory and files is said of this node", looking->label);
}

static void check_memory(const struct looking *looking)
{
    char policy[64];
    value_of(looking, "maxmemory_policy", policy);
    int64_t most = number_of(looking, "maxmemory");
    int64_t used = number_of(looking, "used_memory");
    if (strncmp(policy, "allkeys-", 8) == 0)
        checks_wrong(looking->checks, "set its maxmemory-policy to noeviction",
            "%s throws data away when its memory is full (maxmemory-policy %s)", looking->label, policy);
    else if (policy[0] != '\0')
        checks_ok(looking->checks, "%s keeps what it has when its memory is full (maxmemory-policy %s)", looking->label,
            policy);
    if (most > 0 && (double)used > MEMORY_SHARE * (double)most)
        checks_warn(looking->checks, "raise its maxmemory, or delete videos",
            "%s is nearly full: %" PRId64 " of %" PRId64 " MiB are taken; work stops when they are", looking->label,
            used / 1048576, most / 1048576);
}

static void check_durability(const struct looking *looking)
{
    char value[64];
    value_of(looking, "aof_enabled", value);
    if (strcmp(value, "0") == 0)
        checks_warn(looking->checks, "set its appendonly to yes",
            "%s keeps no append-only file: what was stored since its last snapshot is lost when it ends",
            looking->label);
    else if (value[0] != '\0')
        checks_ok(looking->checks, "%s keeps an append-only file", looking->label);
    value_of(looking, "aof_last_write_status", value);
    if (value[0] != '\0' && strcmp(value, "ok") != 0)
        checks_wrong(looking->checks, "look at its disk", "%s could not write its append-only file", looking->label);
}

// Writes, reads, runs a script and removes, under the prefix.
static void check_rights(const struct looking *looking)
{
    struct err err = ERR_INIT;
    struct redis_pipeline pipeline;
    char nonce[META_REDIS_NONCE_SIZE];
    char part[sizeof(nonce) + 8];
    meta_redis_nonce(nonce);
    snprintf(part, sizeof(part), "check:%s", nonce);
    struct meta_redis_key key = meta_redis_common_key(looking->self, part);
    redis_pipeline_init(&pipeline);
    redis_begin(&pipeline, "SET", key.text);
    redis_add_text(&pipeline, nonce);
    redis_add_text(&pipeline, "EX");
    redis_add_int(&pipeline, TRIAL_SECONDS);
    redis_begin(&pipeline, "GET", key.text);
    redis_begin(&pipeline, "DEL", key.text);
    // By now the key is not there, so nothing is taken out of it.
    redis_begin_script(&pipeline, &redis_script_forget_video, 1, key.text);
    redis_add_text(&pipeline, nonce);
    redis_add_text(&pipeline, "0");
    enum err_code code = redis_client_run(looking->self->client, &pipeline, &err);
    if (code != ERR_NONE)
        checks_wrong(looking->checks,
            code == ERR_DENIED
                ? "give its user ~PREFIX:* +@read +@write +@scripting +@connection +info, in a cluster +cluster|slots"
                : NULL,
            "what the meta store needs is not possible under the prefix \"%s\": %s", looking->self->prefix,
            err.message);
    else if (!redis_is(redis_answer(&pipeline, 1), nonce))
        checks_wrong(looking->checks, "name another server with --meta-store", "%s gives back other than was stored",
            looking->label);
    else
        checks_ok(looking->checks, "%s may be written and read, and runs scripts, under the prefix \"%s\"",
            looking->label, looking->self->prefix);
    redis_pipeline_release(&pipeline);
}

void meta_store_redis_check(const struct meta_redis_options *options, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct meta_redis *self = NULL;
    char *info = NULL;
    enum err_code code = meta_redis_new(options, clock_system(), &self, &err);
    if (code == ERR_NONE)
        code = redis_client_look(self->client, &info, &err);
    if (code != ERR_NONE) {
        checks_wrong(checks, NULL, "%s", err.message);
    } else {
        const struct looking looking = {
            .self = self, .label = redis_client_label(self->client), .info = info, .checks = checks};
        check_version(&looking);
        check_memory(&looking);
        check_durability(&looking);
        check_rights(&looking);
    }
    free(info);
    meta_redis_free(self);
}
