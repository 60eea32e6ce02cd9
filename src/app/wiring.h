// A data folder: opened, checked, and wired to the backends behind the four interfaces, which are in the folder or, as
// store_options say, servers. Only wiring*.c name concrete backends.
//
// DIR/framehound.json    what the folder is, with its schema version
// DIR/meta.sqlite        meta store          DIR/blobs/     blob store; DIR/blobs.json: in which bucket, if in one
// DIR/queue.sqlite       queue               DIR/vectors/   vector index
// DIR/cache/             compiled networks   DIR/tmp/       files being made
// DIR/up.lock            held by `framehound up`; DIR/server.json says where it listens
// DIR/in-use.lock        held, together, by all processes that have the folder open
//
// Several processes may have one folder open; `up` is alone, and so are commands that work on a folder without a
// server.
#pragma once

#include "app/identity.h"
#include "base/check.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/options.h"
#include "ingest/ingest.h"
#include "os/file.h"

// What a data folder is marked with, so that an older program refuses it at the start: the schema of what in it is not
// opened then.
int64_t wiring_schema(void);

struct stores {
    char dir[FILE_PATH_MAX];
    char temp_dir[FILE_PATH_MAX];
    char cache_dir[FILE_PATH_MAX];
    struct identity identity;
    struct file_lock *in_use; // shared by all processes that have the folder open; NULL where there are no locks
    struct ingest ingest;     // the stores themselves; its activity is NULL until somebody sets it
};

struct store_settings {
    int max_attempts;
    struct retention retention;
    // Include store_options and blob_store_options, and outlive the stores. NULL: everything is in the folder, but for
    // blobs that it remembers to be elsewhere.
    const struct options *servers;
    bool is_brief;         // for a command that only looks: it does not wait for a bucket that it may not need
    struct cancel *cancel; // ends waiting for servers; outlives the stores; may be NULL
};
void store_settings_default(struct store_settings *settings);
// From options that include keep_options, store_options and blob_store_options.
void store_settings_read(const struct options *options, struct store_settings *settings);

// Makes the folder if it is not there (unless `must_exist`). ERR_CONFLICT for a folder of a newer program, and for a
// meta store that is not the one the folder was used with before; ERR_DENIED or ERR_UNAVAILABLE for one that cannot be
// written.
enum err_code stores_open(const char *dir, const struct store_settings *settings, bool must_exist, struct log *log,
    struct metrics *metrics, struct stores **stores, struct err *err) ERR_MUST_CHECK;
void stores_close(struct stores *stores);
// Keeps all other processes from opening the folder until the stores are closed; false if some have it open.
bool stores_take_alone(struct stores *stores, const char *purpose);
// Whether anything is on a server, so that other machines may be at work whatever the folder's locks say.
bool stores_are_shared(const struct stores *stores, const struct options *options);

// The check-up of every server that the settings, or what the folder remembers, name (there may be none, and no folder
// either). False if the stores cannot be used as they are.
struct wiring_check {
    const struct options *options; // include store_options and blob_store_options
    const char *dir;
    const char *model; // the embedder
    size_t dimension;  // of its vectors; 0: not known
    struct log *log;
};
bool wiring_check_servers(const struct wiring_check *check, struct checks *checks);

// The meta store alone: the one in the folder, or that of --meta-store. `options` include store_options, or are NULL.
enum err_code wiring_open_meta(const struct options *options, const char *dir, const struct clock *clock,
    struct log *log, struct metrics *metrics, struct meta_store **store, struct err *err) ERR_MUST_CHECK;
// --meta-store, which may have credentials in it; NULL where the meta store is in the folder.
const char *wiring_meta_address(const struct options *options);

// The queue's topics and what they are made with, for `framehound queue init`. Makes those that are missing if `make`.
struct queue_topic {
    char name[256];
    int partitions; // 0: it is missing
    int wanted;
    int replicas;
};
#define QUEUE_TOPICS_MAX 8
// *count is 0 where the queue is in the data folder and nothing needs to be made. `options` include store_options.
enum err_code wiring_queue_topics(const struct options *options, bool make, struct log *log,
    struct queue_topic topics[QUEUE_TOPICS_MAX], size_t *count, struct err *err) ERR_MUST_CHECK;

// Whether the folder is one that stores_open() would take, without making or changing anything. ERR_NOT_FOUND where
// nothing was stored yet.
enum err_code wiring_check(const char *dir, struct err *err) ERR_MUST_CHECK;
// Whether the meta store in the folder, which is open, is the one that the folder is used with. ERR_CONFLICT where it
// is used with one on a server, or another's.
enum err_code wiring_check_own_meta(const char *dir, struct meta_store *store, struct err *err) ERR_MUST_CHECK;
// The lock of the one process that runs everything. ERR_CONFLICT with a sentence that says who holds it.
enum err_code wiring_lock(const char *dir, struct file_lock **lock, struct err *err) ERR_MUST_CHECK;
