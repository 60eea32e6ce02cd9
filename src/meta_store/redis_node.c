#include "meta_store/redis_node.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/retry.h"
#include "os/cond.h"

#define PAUSE_FIRST_MS 50
#define PAUSE_MOST_MS 2000

struct redis_node {
    struct redis_node_options options;
    char *path, *host, *label;

    pthread_mutex_t mutex; // guards all below
    pthread_cond_t changed;
    struct redis_connection **idle;
    int idle_count;
    int open; // idle, taken, and being opened
    // While it cannot be reached.
    bool down, trying;
    int64_t down_since_us, next_try_us;
    struct retry pauses;
    struct err why;
};

static int64_t now_us(void)
{
    return clock_monotonic_us(clock_system());
}

struct redis_node *redis_node_new(const struct redis_node_options *options)
{
    struct redis_node *node = mem_calloc(1, sizeof(*node));
    node->options = *options;
    node->path = mem_strdup(options->target.path);
    node->host = mem_strdup(options->target.host);
    node->label = mem_strdup(options->label);
    node->options.target.path = node->path;
    node->options.target.host = node->host;
    node->options.label = node->label;
    node->idle = mem_calloc((size_t)options->connections_most, sizeof(struct redis_connection *));
    pthread_mutex_init(&node->mutex, NULL);
    pthread_cond_init(&node->changed, NULL);
    return node;
}

void redis_node_free(struct redis_node *node)
{
    if (node == NULL)
        return;
    for (int i = 0; i < node->idle_count; i++)
        redis_connection_free(node->idle[i]);
    pthread_cond_destroy(&node->changed);
    pthread_mutex_destroy(&node->mutex);
    free(node->idle);
    free(node->path);
    free(node->host);
    free(node->label);
    free(node);
}

void redis_node_require(struct redis_node *node, const char *mark)
{
    pthread_mutex_lock(&node->mutex);
    node->options.login.mark = mark;
    pthread_mutex_unlock(&node->mutex);
}

const char *redis_node_label(const struct redis_node *node)
{
    return node->label;
}

bool redis_node_is_at(const struct redis_node *node, const char *host, uint16_t port)
{
    return node->host != NULL && strcmp(node->host, host) == 0 && node->options.target.port == port;
}

enum err_code redis_node_context(const struct redis_node *node, struct err *err)
{
    return err_context(err, "the Redis server %s", node->label);
}

// ---- with the mutex held

static struct redis_connection *take_idle(struct redis_node *node)
{
    while (node->idle_count > 0) {
        struct redis_connection *connection = node->idle[--node->idle_count];
        if (redis_connection_is_good(connection))
            return connection;
        redis_connection_free(connection);
        node->open--;
    }
    return NULL;
}

static void note_failure(struct redis_node *node, const struct err *why)
{
    static const struct retry_policy policy = {
        .attempts = INT32_MAX, .first_delay_ms = PAUSE_FIRST_MS, .most_delay_ms = PAUSE_MOST_MS};
    int64_t pause_ms = 0;
    if (!node->down) {
        node->down = true;
        node->down_since_us = now_us();
        retry_init(&node->pauses, &policy, NULL, 0);
        log_warn(node->options.log, "the Redis server %s cannot be used, trying again: %s", node->label, why->message);
    }
    node->why = *why;
    // Whatever the reason, trying again is all that can be done, and pauses keep it cheap.
    (void)retry_next(&node->pauses, ERR_UNAVAILABLE, PAUSE_FIRST_MS, &pause_ms);
    node->next_try_us = now_us() + pause_ms * 1000;
}

static void note_success(struct redis_node *node)
{
    if (node->down)
        log_info(node->options.log, "the Redis server %s can be used again", node->label);
    node->down = false;
}

// Opens a connection, for which there is room, with the mutex released meanwhile.
static struct redis_connection *open_one(struct redis_node *node, int64_t deadline_us)
{
    struct redis_connection *connection = NULL;
    struct err why = ERR_INIT;
    int64_t until_us = now_us() + node->options.connect_timeout_ms * 1000;
    const struct redis_login login = node->options.login;
    node->open++;
    node->trying = node->down;
    pthread_mutex_unlock(&node->mutex);
    enum err_code code = redis_connection_open(
        &node->options.target, &login, until_us < deadline_us ? until_us : deadline_us, &connection, &why);
    pthread_mutex_lock(&node->mutex);
    node->trying = false;
    if (code == ERR_NONE) {
        metric_add(node->options.connects, 1);
        note_success(node);
    } else {
        node->open--;
        // That the caller had no time left for this try says less than what ended those before.
        if (code == ERR_TIMEOUT && node->down && deadline_us < until_us)
            why = node->why;
        note_failure(node, &why);
    }
    pthread_cond_broadcast(&node->changed);
    return connection;
}

// Whether waiting for a server that is down is of no use to this call.
static bool gives_up(const struct redis_node *node, bool patient, int64_t deadline_us)
{
    if (!node->down)
        return false;
    int64_t patience_us = patient ? node->options.timeout_ms * 1000 : 0;
    // Wrong credentials do not become right by waiting.
    return node->why.code == ERR_DENIED || node->why.code == ERR_INVALID || deadline_us <= now_us() ||
        node->next_try_us >= deadline_us || now_us() - node->down_since_us > patience_us;
}

enum err_code redis_node_take(
    struct redis_node *node, bool patient, int64_t deadline_us, struct redis_connection **connection, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool tried = false;
    *connection = NULL;
    pthread_mutex_lock(&node->mutex);
    while (code == ERR_NONE) {
        *connection = take_idle(node);
        bool may_open = node->open < node->options.connections_most &&
            (!node->down || (!node->trying && node->next_try_us <= now_us()));
        if (*connection == NULL && may_open && !(tried && gives_up(node, patient, deadline_us))) {
            *connection = open_one(node, deadline_us);
            tried = true;
        }
        if (*connection != NULL)
            break;
        if (gives_up(node, patient, deadline_us)) {
            code = err_set(err, node->why.code, "%s", node->why.message);
        } else if (deadline_us <= now_us()) {
            code = err_set(err, ERR_TIMEOUT, "has no connection free: all %d are in use; see --redis-connections",
                node->options.connections_most);
        } else {
            bool pausing = node->down && !node->trying && node->next_try_us < deadline_us;
            (void)cond_wait_until(&node->changed, &node->mutex, pausing ? node->next_try_us : deadline_us);
        }
    }
    pthread_mutex_unlock(&node->mutex);
    return code == ERR_NONE ? code : redis_node_context(node, err);
}

void redis_node_give(struct redis_node *node, struct redis_connection *connection, bool good)
{
    pthread_mutex_lock(&node->mutex);
    if (good)
        node->idle[node->idle_count++] = connection;
    else
        node->open--;
    pthread_cond_signal(&node->changed);
    pthread_mutex_unlock(&node->mutex);
    if (!good)
        redis_connection_free(connection);
}
