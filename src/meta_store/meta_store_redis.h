// The meta store for many machines: one Redis server (7.0 or newer, or Valkey), or a Redis Cluster.
//
// Where things lie. PREFIX is a setting; {…} is the tag by which a cluster chooses the node:
//
//   PREFIX:{VIDEO}             hash     fields of the video and its counts
//   PREFIX:{VIDEO}:f:BUCKET    hash     frames by index, each one compact value with its objects (redis_frame.h)
//   PREFIX:{VIDEO}:times       sorted   its buckets, by the time of their first frame
//   PREFIX:{VIDEO}:segments    sorted   segments by index        …:emitted   hash   frames emitted, by segment
//   PREFIX:{VIDEO}:tracks      sorted   tracks by number
//   PREFIX:{VIDEO}:digests     set      of the error sentences   …:sentences list   the first of them
//   PREFIX:{PROJECT}           hash     the project              …:videos    sorted its videos by age
//   PREFIX:{PROJECT}:j:NAME    list     a journal                …:journals  set    names of the journals
//   PREFIX:projects, PREFIX:videos, PREFIX:settings, PREFIX:number, PREFIX:format
//
// What is atomic. Everything of one video, and everything of one project with its journals, changes in one Lua script
// and lies on one node. Nothing needs two nodes to change together: lists (of projects, of a project's videos, of all
// videos) only say where to look, and what they name may be gone. A video is listed before it is made and is taken off
// the lists after it is gone, so no crash hides one; leftovers in lists are passed over. A project that is removed
// first fences what it lists but has no video yet (a creation under way), with the project's incarnation, so that the
// creation fails instead of making a video in a project that is gone.
//
// A call whose answer was lost is repeated: changes carry the number of who asks where doing them twice would show.
//
// What survives is up to the server: with appendfsync always what a call has stored survives a power cut; with everysec
// the last second may be lost, and so may be what a master had not sent to the replica that takes its place.
//
// Errors besides meta_store.h's: ERR_DENIED (credentials, certificates). Every call ends within the timeout; sentences
// name the server and the setting.
#pragma once

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "meta_store/meta_store.h"

#define META_REDIS_PREFIX_DEFAULT "framehound"
#define META_REDIS_PREFIX_MAX 40

struct meta_redis_options {
    const char *address;                        // redis_address.h
    const char *user, *password;                // NULL: those of the address, or none
    const char *ca_file, *cert_file, *key_file; // for rediss://; NULL: as in net/stream.h
    const char *prefix;                         // [A-Za-z0-9._:-]; NULL: the default
    int connections_most;                       // 0: 16
    int64_t timeout_ms;                         // of a call; 0: 10 s
    struct log *log;                            // may be NULL
    struct metrics *metrics;                    // may be NULL
};

// Connects (a server that is loading its data is waited for) and looks whether the server is fit: ERR_INVALID for one
// that is too old, or that drops data when its memory is full. What is risky but allowed (no append-only file) is
// logged. `clock` outlives the store.
enum err_code meta_store_redis_open(const struct meta_redis_options *options, const struct clock *clock,
    struct meta_store **store, struct err *err) ERR_MUST_CHECK;

// Everything that is to be said of the server, good or bad, without opening a store: whether it answers and lets us in,
// its version, memory, files and cluster, and whether it may be written, read and run scripts on. Leaves nothing
// behind.
void meta_store_redis_check(const struct meta_redis_options *options, struct checks *checks);
