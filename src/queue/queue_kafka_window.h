// What of one work topic is in this process: the messages that came and are not done, in the order they came, and how
// far each partition is. Knows nothing of Kafka but partitions and offsets; the caller guards it.
//
// A partition's progress is the lowest offset that is not done: everything before it may be committed. Searches are
// linear: a window holds a few thousand messages at most, and each is looked at a few times.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/queue_backend.h"

#define WINDOW_MESSAGES_MAX 2000
#define WINDOW_BYTES_MAX ((size_t)64 * 1024 * 1024)
// From so many processes in a row that ended without progress on, a partition is delivered one by one.
#define WINDOW_CAREFUL_RUNS 2

struct window_entry {
    struct window_entry *next;
    int32_t partition;
    int64_t offset;
    char key[QUEUE_KEY_MAX + 1];
    char *body;
    size_t body_size;
    int attempts; // deliveries that failed or were never given back
    bool leased;
    bool alone;            // its last lease ran out: it is delivered alone
    int64_t published_us;  // wall clock
    int64_t not_before_us; // wall clock
    int64_t lease_until_us;
    int64_t token;
    char worker[QUEUE_WORKER_MAX + 1];
};

struct window_partition {
    int32_t id;
    int64_t next;      // the offset behind the newest message that came
    int64_t committed; // what the brokers were told last; -1: nothing
    int runs;          // processes before us, in a row, that had messages in hand and did not get past it
    int marked;        // what the brokers hold as that number; runs + 1 before we may have something in hand
};

struct window {
    struct window_entry *entries;
    struct window_entry **end;
    size_t count, leased_count, bytes;
    struct window_partition *partitions;
    size_t partition_count;
    int64_t last_token;
};

void window_init(struct window *window);
void window_release(struct window *window);

// The partition is ours from offset `start` on, as it was committed with `runs`; `committed` false: it never was.
void window_assign(struct window *window, int32_t partition, int64_t start, bool committed, int runs);
// It is somebody else's: its messages are gone from here, and leases of them are lost.
void window_revoke(struct window *window, int32_t partition);
struct window_partition *window_partition(struct window *window, int32_t partition); // NULL: not ours
// The lowest offset of the partition that is not done.
int64_t window_progress(const struct window *window, const struct window_partition *partition);

bool window_is_full(const struct window *window);
// A message came; `entry` is the window's from now on. One of a partition that is not ours is dropped.
void window_add(struct window *window, struct window_entry *entry);

struct window_take {
    const char *worker;
    size_t max;
    int64_t now_us, wall_us; // monotonic, wall
    int64_t lease_us;
    int max_attempts;
    int ends_max;
};
// Leases up to `max` messages that are due; those whose lease ran out count as not leased. Stops before an entry that
// must not be delivered any more and returns it (leased to nobody, in *dead): the caller buries it and asks again.
size_t window_take(
    struct window *window, const struct window_take *take, struct window_entry **taken, struct window_entry **dead);
// Whether a dead entry was not given back (else its process ended too often).
bool window_is_overdue(const struct window_entry *entry, const struct window_take *take);

// The entry of a message, or NULL when its lease was lost.
struct window_entry *window_find(struct window *window, const struct queue_message *message);
// Ends the lease; the entry stays in its place.
void window_unlease(struct window *window, struct window_entry *entry);
void window_remove(struct window *window, struct window_entry *entry); // done; frees it
// Everything of a video, leased or not.
void window_purge(struct window *window, const char *video);
void window_entry_free(struct window_entry *entry);
