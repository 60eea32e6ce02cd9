// Which node of a Redis Cluster holds which keys: 16384 slots, found by a checksum of the key's {tag}
// (Redis Cluster Specification, "Key distribution model").
//
// Nodes are never forgotten while the map lives, so a pointer to one stays good. Thread rule: the map guards itself.
#pragma once

#include "meta_store/redis_node.h"

#define REDIS_SLOTS 16384
#define REDIS_NODES_MAX 1000

struct redis_map;

// The slot of a key.
unsigned redis_slot(const char *key);

// A map with one node, which has everything. `options` are those of all nodes but for target and label.
struct redis_map *redis_map_new(const struct redis_node_options *options);
void redis_map_free(struct redis_map *map);
// The node of a key; NULL: any key.
struct redis_node *redis_map_node_of(struct redis_map *map, const char *key);
// By number: 0 is the one that was given.
struct redis_node *redis_map_node(struct redis_map *map, int number);
int redis_map_node_count(struct redis_map *map);

// Takes over the answer of CLUSTER SLOTS that node `from` gave. ERR_CORRUPT if it is none.
enum err_code redis_map_update(
    struct redis_map *map, const redisReply *slots, int from, struct err *err) ERR_MUST_CHECK;
// Reads "MOVED SLOT HOST:PORT" or "ASK …", as node `from` answered: the number of the node that is named, or -1. MOVED
// changes the map.
int redis_map_redirect(struct redis_map *map, const char *error, int from);
