// What the two files of the SQLite queue share.
#pragma once

#include <stdatomic.h>

#include "db/db.h"
#include "os/process_mark.h"
#include "queue/queue_backend.h"

struct queue_sqlite {
    struct queue queue;
    struct db *db;
    const struct clock *clock;
    struct queue_options options;
    struct queue_wait wait;
    char mark[PROCESS_MARK_SIZE];
    _Atomic int64_t next_owner_check_us; // when to look for leases of ended processes again
    _Atomic int64_t full_since_us;       // since when the disk has no room for this queue; 0: it has
};

static inline struct queue_sqlite *queue_sqlite_of(struct queue *queue)
{
    return (struct queue_sqlite *)queue;
}

static inline int64_t queue_sqlite_now_us(const struct queue_sqlite *self)
{
    return clock_monotonic_us(self->clock);
}

// Gives back the leases that ran out, and with `owners` those of processes that ended. In a transaction.
void queue_sqlite_reclaim(struct queue_sqlite *self, struct db_tx *tx, bool owners);
// Moves a message to the dead letters.
void queue_sqlite_bury(struct queue_sqlite *self, struct db_tx *tx, int64_t id, const char *reason);

enum err_code queue_sqlite_receive(struct queue *queue, const char *topic, const char *worker, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err);
enum err_code queue_sqlite_ack(
    struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err);
enum err_code queue_sqlite_reject(struct queue *queue, const struct queue_message *message, const char *reason,
    bool bury, bool *dead, struct err *err);
enum err_code queue_sqlite_release(struct queue *queue, const struct queue_message *message, struct err *err);
enum err_code queue_sqlite_extend(struct queue *queue, const struct queue_message *message, struct err *err);
