#include "meta_store/redis_cluster.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct redis_map {
    struct redis_node_options options;
    pthread_mutex_t mutex; // guards all below
    struct redis_node *nodes[REDIS_NODES_MAX];
    int node_count;
    uint16_t owner[REDIS_SLOTS]; // number of the node
};

// CRC-16/XMODEM, as the specification of Redis Cluster gives it.
static uint16_t crc16(const char *bytes, size_t size)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < size; i++) {
        crc = (uint16_t)(crc ^ ((unsigned char)bytes[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

unsigned redis_slot(const char *key)
{
    size_t size = strlen(key);
    const char *open = strchr(key, '{');
    const char *close = open != NULL ? strchr(open + 1, '}') : NULL;
    if (close != NULL && close > open + 1) {
        key = open + 1;
        size = (size_t)(close - key);
    }
    return crc16(key, size) % REDIS_SLOTS;
}

struct redis_map *redis_map_new(const struct redis_node_options *options)
{
    struct redis_map *map = mem_calloc(1, sizeof(*map));
    pthread_mutex_init(&map->mutex, NULL);
    map->options = *options;
    map->nodes[map->node_count++] = redis_node_new(options);
    return map;
}

void redis_map_free(struct redis_map *map)
{
    if (map == NULL)
        return;
    for (int i = 0; i < map->node_count; i++)
        redis_node_free(map->nodes[i]);
    pthread_mutex_destroy(&map->mutex);
    free(map);
}

struct redis_node *redis_map_node_of(struct redis_map *map, const char *key)
{
    pthread_mutex_lock(&map->mutex);
    struct redis_node *node = map->nodes[key != NULL ? map->owner[redis_slot(key)] : 0];
    pthread_mutex_unlock(&map->mutex);
    return node;
}

struct redis_node *redis_map_node(struct redis_map *map, int number)
{
    pthread_mutex_lock(&map->mutex);
    struct redis_node *node = map->nodes[number];
    pthread_mutex_unlock(&map->mutex);
    return node;
}

int redis_map_node_count(struct redis_map *map)
{
    pthread_mutex_lock(&map->mutex);
    int count = map->node_count;
    pthread_mutex_unlock(&map->mutex);
    return count;
}

// With the mutex held. A node that does not say its own name (empty, or "?") is where it was asked.
static int find_or_add(struct redis_map *map, const char *host, long port, int from)
{
    if (host[0] == '\0' || strcmp(host, "?") == 0)
        return from;
    for (int i = 0; i < map->node_count; i++) {
        if (redis_node_is_at(map->nodes[i], host, (uint16_t)port))
            return i;
    }
    if (map->node_count == REDIS_NODES_MAX || port < 1 || port > UINT16_MAX)
        return -1;
    struct redis_node_options options = map->options;
    bool v6 = strchr(host, ':') != NULL;
    char *label = mem_sprintf(
        "redis%s://%s%s%s:%ld", options.target.tls != NULL ? "s" : "", v6 ? "[" : "", host, v6 ? "]" : "", port);
    options.target.path = NULL;
    options.target.host = host;
    options.target.port = (uint16_t)port;
    options.label = label;
    map->nodes[map->node_count] = redis_node_new(&options);
    free(label);
    return map->node_count++;
}

static bool is_range(const redisReply *range)
{
    if (redis_items(range) < 3)
        return false;
    const redisReply *master = redis_item(range, 2);
    return redis_item(range, 0)->type == REDIS_REPLY_INTEGER && redis_item(range, 1)->type == REDIS_REPLY_INTEGER &&
        redis_items(master) >= 2 &&
        (redis_item(master, 0)->type == REDIS_REPLY_STRING || redis_is_nil(redis_item(master, 0))) &&
        redis_item(master, 1)->type == REDIS_REPLY_INTEGER;
}

enum err_code redis_map_update(struct redis_map *map, const redisReply *slots, int from, struct err *err)
{
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&map->mutex);
    for (size_t i = 0; i < redis_items(slots) && code == ERR_NONE; i++) {
        const redisReply *range = redis_item(slots, i);
        if (!is_range(range)) {
            code = err_set(err, ERR_CORRUPT, "its map of the cluster cannot be read");
            break;
        }
        const redisReply *master = redis_item(range, 2);
        const redisReply *host = redis_item(master, 0);
        int number =
            find_or_add(map, redis_is_nil(host) ? "" : host->str, (long)redis_int(redis_item(master, 1)), from);
        int64_t last = redis_int(redis_item(range, 1));
        if (number < 0 || last >= REDIS_SLOTS)
            code = err_set(err, ERR_CORRUPT, "its map of the cluster names too many nodes, or none");
        for (int64_t slot = redis_int(redis_item(range, 0)); slot >= 0 && slot <= last && code == ERR_NONE; slot++)
            map->owner[slot] = (uint16_t)number;
    }
    pthread_mutex_unlock(&map->mutex);
    return code;
}

int redis_map_redirect(struct redis_map *map, const char *error, int from)
{
    // "MOVED 3999 127.0.0.1:6381"; an IPv6 address has no brackets here, so the last colon is the port's.
    char host[256];
    char *end;
    bool moved = strncmp(error, "MOVED ", 6) == 0;
    const char *at = strchr(error, ' ');
    long slot = at != NULL ? strtol(at, &end, 10) : -1;
    if (slot < 0 || slot >= REDIS_SLOTS || end == at || *end != ' ')
        return -1;
    at = end + 1;
    const char *colon = strrchr(at, ':');
    if (colon == NULL || (size_t)(colon - at) >= sizeof(host))
        return -1;
    memcpy(host, at, (size_t)(colon - at));
    host[colon - at] = '\0';
    pthread_mutex_lock(&map->mutex);
    int number = find_or_add(map, host, strtol(colon + 1, NULL, 10), from);
    if (moved && number >= 0)
        map->owner[slot] = (uint16_t)number;
    pthread_mutex_unlock(&map->mutex);
    return number;
}
