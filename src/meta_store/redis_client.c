#include "meta_store/redis_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "meta_store/redis_cluster.h"
#include "meta_store/redis_reply.h"
#include "net/retry.h"

#define CONNECT_TIMEOUT_MS 5000
#define LOOK_TIMEOUT_MS 1000
#define PAUSE_FIRST_MS 20
#define PAUSE_MOST_MS 1000

struct redis_client {
    struct redis_address address;
    char *user, *password;
    char name[32];
    struct stream_tls *tls;
    struct redis_map *map;
    char *mark;
    int64_t timeout_ms;
    atomic_bool is_cluster;
    struct metric_counter *again; // commands sent again
};

// ---- making one

static void make_map(struct redis_client *client, const struct redis_client_options *options)
{
    const struct redis_address *address = &client->address;
    const struct redis_node_options node = {
        .target = {.path = address->path, .host = address->host, .port = address->port, .tls = client->tls},
        .login = {.user = client->user,
            .password = client->password,
            .database = address->database,
            .name = client->name},
        .label = address->label,
        .connections_most = options->connections_most,
        .timeout_ms = options->timeout_ms,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .log = options->log != NULL ? options->log : log_none(),
        .connects = metrics_counter(
            options->metrics, "framehound_redis_connects_total", "Connections made to Redis.", METRIC_NO_LABELS),
    };
    client->map = redis_map_new(&node);
}

enum err_code redis_client_new(const struct redis_client_options *options, struct redis_client **out, struct err *err)
{
    *out = NULL;
    struct redis_client *client = mem_calloc(1, sizeof(*client));
    enum err_code code = redis_address_parse(options->address, &client->address, err);
    if (code == ERR_NONE && client->address.tls) {
        code = stream_tls_new(&options->tls, &client->tls, err);
    } else if (code == ERR_NONE && (options->tls.ca_file != NULL || options->tls.cert_file != NULL)) {
        code = err_set(err, ERR_INVALID,
            "certificates are given for a Redis server in the clear: write rediss:// in its address %s, or take "
            "--redis-ca and --redis-cert away",
            client->address.label);
    }
    if (code != ERR_NONE) {
        redis_client_free(client);
        return code;
    }
    client->user = mem_strdup(options->user != NULL ? options->user : client->address.user);
    client->password = mem_strdup(options->password != NULL ? options->password : client->address.password);
    client->timeout_ms = options->timeout_ms;
    client->again = metrics_counter(options->metrics, "framehound_redis_commands_again_total",
        "Commands sent to Redis again, because an answer was lost or said to.", METRIC_NO_LABELS);
    snprintf(client->name, sizeof(client->name), "framehound-%ld", (long)getpid());
    make_map(client, options);
    *out = client;
    return ERR_NONE;
}

void redis_client_free(struct redis_client *client)
{
    if (client == NULL)
        return;
    redis_map_free(client->map);
    free(client->mark);
    stream_tls_free(client->tls);
    redis_address_release(&client->address);
    free(client->user);
    free(client->password);
    free(client);
}

void redis_client_require(struct redis_client *client, const char *mark)
{
    if (atomic_load(&client->is_cluster))
        return;
    client->mark = mem_strdup(mark);
    redis_node_require(redis_map_node(client->map, 0), client->mark);
}

const char *redis_client_label(const struct redis_client *client)
{
    return client->address.label;
}

// ---- running

struct run {
    struct redis_client *client;
    struct redis_pipeline *pipeline;
    int64_t deadline_us;
    bool patient;
    const struct redis_node *asked; // last
    // What came of a round.
    bool again;      // some commands are to be sent again
    bool pause;      // but not at once
    bool map_is_old; // the cluster's nodes have other parts than we thought
    struct err why;
};

static struct redis_node *node_of(const struct run *run, const struct redis_command *command)
{
    struct redis_map *map = run->client->map;
    return command->node >= 0 ? redis_map_node(map, command->node) : redis_map_node_of(map, command->key);
}

static int number_of(struct redis_map *map, const struct redis_node *node)
{
    int count = redis_map_node_count(map);
    for (int i = 0; i < count; i++) {
        if (redis_map_node(map, i) == node)
            return i;
    }
    return 0;
}

// The answer says to ask again, perhaps elsewhere: true, and it is done away with.
static bool is_to_be_asked_again(struct run *run, const struct redis_node *node, struct redis_command *command)
{
    redisReply *reply = command->reply;
    struct redis_map *map = run->client->map;
    if (reply->type != REDIS_REPLY_ERROR)
        return false;
    bool moved = redis_reply_is(reply, "MOVED ");
    bool ask = redis_reply_is(reply, "ASK ");
    if (redis_reply_is(reply, "NOSCRIPT") && command->script != NULL && !command->whole_script) {
        command->whole_script = true;
    } else if (moved || ask) {
        int number = redis_map_redirect(map, reply->str, number_of(map, node));
        command->node = ask ? number : -1;
        run->map_is_old = run->map_is_old || moved;
        // The first time at once; when nodes disagree, not in a hot loop.
        run->pause = run->pause || number < 0 || run->why.code != ERR_NONE;
        err_set(&run->why, ERR_UNAVAILABLE, "its nodes send a command to and fro");
        redis_node_context(node, &run->why);
        atomic_store(&run->client->is_cluster, true);
    } else if (redis_reply_passes(reply)) {
        (void)!redis_reply_check(reply, &run->why);
        redis_node_context(node, &run->why);
        run->pause = true;
    } else {
        return false;
    }
    freeReplyObject(reply);
    command->reply = NULL;
    run->again = true;
    metric_add(run->client->again, 1);
    return true;
}

static bool has_part(const struct run *run, const struct redis_command *command, const struct redis_node *node)
{
    return command->reply == NULL && node_of(run, command) == node;
}

static void add_commands(const struct run *run, const struct redis_node *node, struct redis_connection *connection)
{
    static const char *asking_text = "ASKING";
    static size_t asking_size = 6;
    const struct redis_command asking = {.args = &asking_text, .sizes = &asking_size, .count = 1};
    for (size_t i = 0; i < run->pipeline->count; i++) {
        const struct redis_command *command = &run->pipeline->commands[i];
        if (!has_part(run, command, node))
            continue;
        if (command->node >= 0)
            redis_connection_add(connection, &asking);
        redis_connection_add(connection, command);
    }
}

static enum err_code receive_one(
    struct run *run, struct redis_connection *connection, struct redis_command *command, struct err *err)
{
    if (command->node >= 0) {
        redisReply *asking = NULL;
        enum err_code code = redis_connection_receive(connection, &asking, run->deadline_us, err);
        if (code != ERR_NONE)
            return code;
        freeReplyObject(asking);
        command->node = -1;
    }
    return redis_connection_receive(connection, &command->reply, run->deadline_us, err);
}

// A connection was lost: what was sent may or may not have been done.
static enum err_code lost(struct run *run, const struct redis_node *node, enum err_code code, struct err *err)
{
    for (size_t i = 0; i < run->pipeline->count; i++) {
        const struct redis_command *command = &run->pipeline->commands[i];
        if (!has_part(run, command, node))
            continue;
        metric_add(run->client->again, 1);
        if (command->once)
            return err_context(err, "it is not known whether this was stored, for the answer was lost");
    }
    if (code == ERR_TIMEOUT || !run->patient)
        return code;
    run->pause = run->pause || run->why.code != ERR_NONE;
    run->why = *err;
    run->again = true;
    return ERR_NONE;
}

// Sends what the node has to do and takes its answers. An error is final.
static enum err_code run_on(struct run *run, struct redis_node *node, struct err *err)
{
    struct redis_connection *connection;
    bool is_cluster = atomic_load(&run->client->is_cluster);
    run->asked = node;
    enum err_code code = redis_node_take(node, run->patient && !is_cluster, run->deadline_us, &connection, err);
    if (code == ERR_UNAVAILABLE && is_cluster && run->patient) {
        // Another node may have taken its place.
        run->why = *err;
        run->again = run->pause = run->map_is_old = true;
        return ERR_NONE;
    }
    if (code != ERR_NONE)
        return code;
    bool good = true;
    bool again = false;
    enum err_code failure = ERR_NONE;
    add_commands(run, node, connection);
    code = redis_connection_send(connection, run->deadline_us, err);
    // Which commands are this node's may change with the first answer, so it is settled before.
    size_t count = run->pipeline->count;
    bool *mine = mem_calloc(count, sizeof(*mine));
    for (size_t i = 0; i < count; i++)
        mine[i] = has_part(run, &run->pipeline->commands[i], node);
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        struct redis_command *command = &run->pipeline->commands[i];
        if (!mine[i])
            continue;
        code = receive_one(run, connection, command, err);
        if (code != ERR_NONE)
            break;
        good = good && !redis_reply_ends_connection(command->reply);
        if (failure != ERR_NONE)
            continue;
        if (is_to_be_asked_again(run, node, command)) {
            again = true;
        } else if (again && !command->once) {
            // What comes after a command that is sent again is sent again after it.
            freeReplyObject(command->reply);
            command->reply = NULL;
        } else {
            failure = redis_reply_check(command->reply, err);
        }
    }
    free(mine);
    redis_node_give(node, connection, good && code == ERR_NONE);
    if (failure != ERR_NONE)
        return redis_node_context(node, err);
    if (code != ERR_NONE) {
        redis_node_context(node, err);
        return lost(run, node, code, err);
    }
    return ERR_NONE;
}

static enum err_code run_round(struct run *run, struct err *err)
{
    enum err_code code = ERR_NONE;
    run->again = run->pause = false;
    size_t count = run->pipeline->count;
    bool *tried = mem_calloc(count, sizeof(*tried));
    for (size_t i = 0; i < count && code == ERR_NONE; i++) {
        if (tried[i] || run->pipeline->commands[i].reply != NULL)
            continue;
        struct redis_node *node = node_of(run, &run->pipeline->commands[i]);
        for (size_t k = i; k < count; k++)
            tried[k] = tried[k] || has_part(run, &run->pipeline->commands[k], node);
        code = run_on(run, node, err);
    }
    free(tried);
    return code;
}

static enum err_code read_map(struct redis_client *client, int number, struct err *err)
{
    struct redis_pipeline pipeline;
    struct redis_connection *connection;
    struct redis_node *node = redis_map_node(client->map, number);
    int64_t deadline_us = stream_deadline_us(LOOK_TIMEOUT_MS);
    redis_pipeline_init(&pipeline);
    redis_begin(&pipeline, "CLUSTER", NULL);
    redis_add_text(&pipeline, "SLOTS");
    enum err_code code = redis_node_take(node, false, deadline_us, &connection, err);
    if (code == ERR_NONE) {
        redisReply **reply = &pipeline.commands[0].reply;
        redis_connection_add(connection, &pipeline.commands[0]);
        code = redis_connection_send(connection, deadline_us, err);
        if (code == ERR_NONE)
            code = redis_connection_receive(connection, reply, deadline_us, err);
        redis_node_give(node, connection, code == ERR_NONE);
        if (code == ERR_NONE)
            code = redis_reply_check(*reply, err);
        if (code == ERR_NONE)
            code = redis_map_update(client->map, *reply, number, err);
        if (code != ERR_NONE)
            redis_node_context(node, err);
    }
    redis_pipeline_release(&pipeline);
    return code;
}

// Asks the first node that answers; the call that needs it finds out if none does.
static void read_map_anywhere(struct redis_client *client)
{
    struct err ignored = ERR_INIT;
    int count = redis_map_node_count(client->map);
    for (int i = 0; i < count; i++) {
        if (read_map(client, i, &ignored) == ERR_NONE)
            return;
    }
}

static enum err_code run_until(struct run *run, struct err *err)
{
    const struct retry_policy policy = {
        .attempts = INT32_MAX, .first_delay_ms = PAUSE_FIRST_MS, .most_delay_ms = PAUSE_MOST_MS};
    struct retry pauses;
    retry_init(&pauses, &policy, NULL, 0);
    for (;;) {
        enum err_code code = run_round(run, err);
        if (code != ERR_NONE || !run->again)
            return code;
        if (!run->patient && run->pause)
            break;
        if (run->map_is_old)
            read_map_anywhere(run->client);
        run->map_is_old = false;
        int64_t pause_ms = 0;
        if (run->pause)
            (void)retry_next(&pauses, ERR_UNAVAILABLE, PAUSE_FIRST_MS, &pause_ms);
        if (clock_monotonic_us(clock_system()) + pause_ms * 1000 >= run->deadline_us)
            break;
        if (pause_ms > 0)
            cancel_wait(NULL, pause_ms);
    }
    if (run->why.code != ERR_NONE)
        return err_set(err, run->why.code, "%s", run->why.message);
    // Nothing went wrong where a script is to be sent whole, but no time is left for it.
    (void)err_set(err, ERR_TIMEOUT, "it does not answer in time");
    return redis_node_context(run->asked, err);
}

enum err_code redis_client_run(struct redis_client *client, struct redis_pipeline *pipeline, struct err *err)
{
    struct run run = {
        .client = client, .pipeline = pipeline, .deadline_us = stream_deadline_us(client->timeout_ms), .patient = true};
    return run_until(&run, err);
}

enum err_code redis_client_try(
    struct redis_client *client, struct redis_pipeline *pipeline, int64_t timeout_ms, struct err *err)
{
    if (timeout_ms > client->timeout_ms)
        timeout_ms = client->timeout_ms;
    struct run run = {.client = client, .pipeline = pipeline, .deadline_us = stream_deadline_us(timeout_ms)};
    return run_until(&run, err);
}

enum err_code redis_client_look(struct redis_client *client, char **info, struct err *err)
{
    struct redis_pipeline pipeline;
    redis_pipeline_init(&pipeline);
    redis_begin(&pipeline, "INFO", NULL);
    enum err_code code = redis_client_run(client, &pipeline, err);
    const char *text = code == ERR_NONE ? redis_answer(&pipeline, 0)->str : NULL;
    if (code == ERR_NONE && strstr(text, "cluster_enabled:1") != NULL) {
        atomic_store(&client->is_cluster, true);
        code = read_map(client, 0, err);
    }
    if (code == ERR_NONE && info != NULL)
        *info = mem_strdup(text);
    redis_pipeline_release(&pipeline);
    return code;
}
