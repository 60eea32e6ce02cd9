// Leases: taking, giving back, running out, and those whose process ended.
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_sqlite_internal.h"

// How often a receiver looks for leases of processes that ended.
#define OWNER_CHECK_US ((int64_t)1000000)
#define OWNERS_MAX 64
// Leases taken back at a time; the queries below say LIMIT 32.
#define LEASE_PAGE 32

void queue_sqlite_bury(struct queue_sqlite *self, struct db_tx *tx, int64_t id, const char *reason)
{
    struct db_stmt *stmt = db_stmt(tx,
        "INSERT INTO dead_letters (topic, key, video, body, attempts, reason, failed_us)"
        " SELECT topic, key, video, body, attempts, ?2, ?3 FROM messages WHERE id = ?1");
    db_bind_int(stmt, 1, id);
    db_bind_text(stmt, 2, reason);
    db_bind_int(stmt, 3, clock_wall_us(self->clock));
    db_run(stmt);
    stmt = db_stmt(tx, "DELETE FROM messages WHERE id = ?1");
    db_bind_int(stmt, 1, id);
    db_run(stmt);
}

struct lost_lease {
    int64_t id;
    int attempts;
    int vanished; // how often in a row its worker did not give it back, before this time
    char worker[QUEUE_WORKER_MAX + 1];
};

// Takes back one lease that its worker did not end. The end of a process says little about the message that it had in
// hand, so it is not counted as an attempt, but after many of them the message is likely to be what ends them.
static void take_back(struct queue_sqlite *self, struct db_tx *tx, const struct lost_lease *lease, bool process_ended)
{
    int times = process_ended ? lease->vanished + 1 : lease->attempts;
    int most = process_ended ? queue_ends_max(&self->options) : self->options.max_attempts;
    struct db_stmt *stmt = db_stmt(tx,
        "UPDATE messages SET owner = NULL, worker = NULL, token = NULL, lease_until = NULL, not_before = 0,"
        " alone = alone + 1, attempts = ?2 WHERE id = ?1");
    db_bind_int(stmt, 1, lease->id);
    db_bind_int(stmt, 2, times >= most ? times : lease->attempts - process_ended);
    db_run(stmt);
    if (times >= most) {
        char reason[QUEUE_REASON_MAX];
        queue_lost_reason(lease->worker, process_ended, times, &self->options, reason);
        queue_sqlite_bury(self, tx, lease->id, reason);
    }
}

// Takes back what a query of (id, attempts, worker, alone) finds, at most a page, because burying changes the table
// that is being read. True if there may be more.
static bool take_back_page(struct queue_sqlite *self, struct db_tx *tx, struct db_stmt *found, bool process_ended)
{
    struct lost_lease page[LEASE_PAGE];
    size_t count = 0;
    while (count < LEASE_PAGE && db_step(found)) {
        page[count] = (struct lost_lease){
            .id = db_int(found, 0), .attempts = (int)db_int(found, 1), .vanished = (int)db_int(found, 3)};
        db_copy_text(found, 2, page[count].worker, sizeof(page[count].worker));
        count++;
    }
    db_stmt_done(found);
    for (size_t i = 0; i < count; i++)
        take_back(self, tx, &page[i], process_ended);
    return count == LEASE_PAGE && db_ok(tx);
}

static void reclaim_expired(struct queue_sqlite *self, struct db_tx *tx)
{
    struct db_stmt *stmt;
    do {
        stmt = db_stmt(tx,
            "SELECT id, attempts, worker, alone FROM messages WHERE owner IS NOT NULL AND lease_until <= ?1 LIMIT 32");
        db_bind_int(stmt, 1, queue_sqlite_now_us(self));
    } while (take_back_page(self, tx, stmt, false));
}

static void reclaim_of_owner(struct queue_sqlite *self, struct db_tx *tx, const char *owner)
{
    struct db_stmt *stmt;
    do {
        stmt = db_stmt(tx, "SELECT id, attempts, worker, alone FROM messages WHERE owner = ?1 LIMIT 32");
        db_bind_text(stmt, 1, owner);
    } while (take_back_page(self, tx, stmt, true));
}

static size_t list_owners(struct db_tx *tx, char owners[OWNERS_MAX][PROCESS_MARK_SIZE])
{
    size_t count = 0;
    struct db_stmt *stmt = db_stmt(tx, "SELECT DISTINCT owner FROM messages WHERE owner IS NOT NULL");
    while (count < OWNERS_MAX && db_step(stmt))
        db_copy_text(stmt, 0, owners[count++], PROCESS_MARK_SIZE);
    db_stmt_done(stmt);
    return count;
}

static bool has_ended(const struct queue_sqlite *self, const char *owner)
{
    return strcmp(owner, self->mark) != 0 && process_mark_is_dead(owner);
}

// What a change of the queue came to.
static void note_room(struct queue_sqlite *self, enum err_code code)
{
    int64_t since_us = atomic_load(&self->full_since_us);
    if (code == ERR_FULL && since_us == 0)
        (void)!atomic_compare_exchange_strong(&self->full_since_us, &since_us, queue_sqlite_now_us(self));
    else if (code == ERR_NONE && since_us != 0)
        atomic_store(&self->full_since_us, 0);
}

// While the disk was full nobody could extend a lease or give a message back: no lease ran out in that time. Others may
// have met the full disk as long before us as a lease lasts.
static void renew_leases(struct queue_sqlite *self, struct db_tx *tx)
{
    int64_t lease_us = self->options.lease_ms * 1000;
    int64_t since_us = atomic_load(&self->full_since_us);
    if (since_us == 0)
        return;
    struct db_stmt *stmt =
        db_stmt(tx, "UPDATE messages SET lease_until = ?1 WHERE owner IS NOT NULL AND lease_until BETWEEN ?2 AND ?1");
    db_bind_int(stmt, 1, queue_sqlite_now_us(self) + lease_us);
    db_bind_int(stmt, 2, since_us - lease_us);
    db_run(stmt);
}

void queue_sqlite_reclaim(struct queue_sqlite *self, struct db_tx *tx, bool owners)
{
    reclaim_expired(self, tx);
    if (!owners)
        return;
    char found[OWNERS_MAX][PROCESS_MARK_SIZE];
    size_t count = list_owners(tx, found);
    for (size_t i = 0; i < count; i++) {
        if (has_ended(self, found[i]))
            reclaim_of_owner(self, tx, found[i]);
    }
}

// Whether this caller is the one to look for ended processes now. Real time: processes end by it, not by a test's
// clock.
static bool owner_check_is_due(struct queue_sqlite *self)
{
    int64_t now_us = clock_monotonic_us(clock_system());
    int64_t due_us = atomic_load(&self->next_owner_check_us);
    return now_us >= due_us &&
        atomic_compare_exchange_strong(&self->next_owner_check_us, &due_us, now_us + OWNER_CHECK_US);
}

// What a waiter that was not called looks at, without the writer's lock: whether trying to lease is worth it.
static enum err_code look(struct queue_sqlite *self, const char *topic, bool owners, bool *worth, struct err *err)
{
    struct db_tx tx;
    *worth = false;
    db_begin(self->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT EXISTS (SELECT 1 FROM messages WHERE topic = ?1 AND owner IS NULL AND not_before <= ?2)"
        " OR EXISTS (SELECT 1 FROM messages WHERE owner IS NOT NULL AND lease_until <= ?2)");
    db_bind_text(stmt, 1, topic);
    db_bind_int(stmt, 2, queue_sqlite_now_us(self));
    if (db_step(stmt))
        *worth = db_int(stmt, 0) != 0;
    char found[OWNERS_MAX][PROCESS_MARK_SIZE];
    size_t count = owners && !*worth ? list_owners(&tx, found) : 0;
    enum err_code code = db_end(&tx, err);
    for (size_t i = 0; i < count && !*worth; i++)
        *worth = has_ended(self, found[i]);
    return code;
}

struct receive {
    struct queue_sqlite *self;
    const char *topic;
    const char *worker;
    size_t max;
    struct queue_message **messages;
};

// The next messages, oldest first. One whose worker vanished comes alone: it may be what ended the worker.
static size_t choose(const struct receive *receive, struct db_tx *tx, int64_t ids[QUEUE_RECEIVE_MAX])
{
    size_t count = 0;
    struct db_stmt *stmt = db_stmt(tx,
        "SELECT id, alone FROM messages WHERE topic = ?1 AND owner IS NULL AND not_before <= ?2"
        " ORDER BY id LIMIT ?3");
    db_bind_text(stmt, 1, receive->topic);
    db_bind_int(stmt, 2, queue_sqlite_now_us(receive->self));
    db_bind_int(stmt, 3, (int64_t)receive->max);
    while (count < receive->max && db_step(stmt)) {
        bool alone = db_int(stmt, 1) != 0;
        if (!alone || count == 0)
            ids[count++] = db_int(stmt, 0);
        if (alone)
            break;
    }
    db_stmt_done(stmt);
    return count;
}

static struct queue_message *lease(const struct receive *receive, struct db_tx *tx, int64_t id, int64_t token)
{
    struct queue_sqlite *self = receive->self;
    struct db_stmt *stmt = db_stmt(tx,
        "UPDATE messages SET owner = ?2, worker = ?3, token = ?4, lease_until = ?5, attempts = attempts + 1"
        " WHERE id = ?1 RETURNING key, body, attempts, published_us");
    db_bind_int(stmt, 1, id);
    db_bind_text(stmt, 2, self->mark);
    db_bind_text(stmt, 3, receive->worker);
    db_bind_int(stmt, 4, token);
    db_bind_int(stmt, 5, queue_sqlite_now_us(self) + self->options.lease_ms * 1000);
    if (!db_step(stmt))
        return NULL;
    size_t size;
    const void *body = db_blob(stmt, 1, &size);
    struct queue_message *message = queue_message_new(receive->topic, db_text(stmt, 0), body, size);
    message->attempt = (int)db_int(stmt, 2);
    message->published_us = db_int(stmt, 3);
    message->lease = id;
    snprintf(message->lease_token, sizeof(message->lease_token), "%" PRId64, token);
    db_run(stmt);
    return message;
}

static enum err_code try_receive(void *context, bool polled, size_t *count, struct err *err)
{
    const struct receive *receive = context;
    struct queue_sqlite *self = receive->self;
    bool owners = owner_check_is_due(self);
    *count = 0;
    if (polled) {
        bool worth;
        enum err_code code = look(self, receive->topic, owners, &worth, err);
        if (code != ERR_NONE || !worth)
            return code;
    }
    int64_t token;
    randombytes_buf(&token, sizeof(token));
    int64_t ids[QUEUE_RECEIVE_MAX];
    struct db_tx tx;
    db_begin(self->db, DB_WRITE, &tx);
    renew_leases(self, &tx);
    queue_sqlite_reclaim(self, &tx, owners);
    size_t chosen = choose(receive, &tx, ids);
    size_t leased = 0;
    while (leased < chosen && db_ok(&tx)) {
        struct queue_message *message = lease(receive, &tx, ids[leased], token);
        if (message != NULL)
            receive->messages[leased++] = message;
    }
    enum err_code code = db_end(&tx, err);
    note_room(self, code);
    if (code == ERR_NONE) {
        *count = leased;
        return ERR_NONE;
    }
    for (size_t i = 0; i < leased; i++)
        queue_message_free(receive->messages[i]);
    return code;
}

enum err_code queue_sqlite_receive(struct queue *queue, const char *topic, const char *worker, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct receive receive = {.self = self, .topic = topic, .worker = worker, .max = max, .messages = messages};
    return queue_wait_run(&self->wait, topic, wait_ms, cancel, try_receive, &receive, count, err);
}

// Binds the message's id and what proves that its lease is still ours.
static void bind_lease(struct db_stmt *stmt, const struct queue_message *message)
{
    db_bind_int(stmt, 1, message->lease);
    db_bind_int(stmt, 2, strtoll(message->lease_token, NULL, 10));
}

enum err_code queue_sqlite_ack(
    struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err)
{
    struct db_tx tx;
    const struct queue_message *lost = NULL;
    db_begin(queue_sqlite_of(queue)->db, DB_WRITE, &tx);
    for (size_t i = 0; i < count && db_ok(&tx); i++) {
        struct db_stmt *stmt = db_stmt(&tx, "DELETE FROM messages WHERE id = ?1 AND token = ?2");
        bind_lease(stmt, messages[i]);
        db_run(stmt);
        if (db_ok(&tx) && db_changes(&tx) == 0)
            lost = messages[i];
    }
    enum err_code code = db_end(&tx, err);
    // Those that are still ours are acknowledged all the same.
    return code == ERR_NONE && lost != NULL ? queue_lease_lost(lost, err) : code;
}

enum err_code queue_sqlite_reject(struct queue *queue, const struct queue_message *message, const char *reason,
    bool bury, bool *dead, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct db_tx tx;
    *dead = bury || message->attempt >= self->options.max_attempts;
    db_begin(self->db, DB_WRITE, &tx);
    struct db_stmt *stmt = db_stmt(&tx,
        "UPDATE messages SET owner = NULL, worker = NULL, token = NULL, lease_until = NULL, not_before = ?3, alone = 0"
        " WHERE id = ?1 AND token = ?2");
    bind_lease(stmt, message);
    db_bind_int(stmt, 3, queue_sqlite_now_us(self) + queue_backoff_us(&self->options, message->attempt));
    db_run(stmt);
    if (db_ok(&tx) && db_changes(&tx) == 0) {
        struct err lost = ERR_INIT;
        db_fail(&tx, queue_lease_lost(message, &lost), "%s", lost.message);
    }
    if (*dead)
        queue_sqlite_bury(self, &tx, message->lease, reason);
    return db_end(&tx, err);
}

enum err_code queue_sqlite_release(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct db_tx tx;
    db_begin(self->db, DB_WRITE, &tx);
    struct db_stmt *stmt = db_stmt(&tx,
        "UPDATE messages SET owner = NULL, worker = NULL, token = NULL, lease_until = NULL, not_before = 0,"
        " attempts = attempts - 1 WHERE id = ?1 AND token = ?2");
    bind_lease(stmt, message);
    db_run(stmt);
    bool ours = db_changes(&tx) > 0;
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        return code;
    if (!ours)
        return queue_lease_lost(message, err);
    queue_wait_wake(&self->wait, message->topic, 1, false);
    return ERR_NONE;
}

enum err_code queue_sqlite_extend(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct db_tx tx;
    db_begin(self->db, DB_WRITE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "UPDATE messages SET lease_until = ?3 WHERE id = ?1 AND token = ?2");
    bind_lease(stmt, message);
    db_bind_int(stmt, 3, queue_sqlite_now_us(self) + self->options.lease_ms * 1000);
    db_run(stmt);
    bool ours = db_changes(&tx) > 0;
    enum err_code code = db_end(&tx, err);
    // That there is room again is for the next receiver to find, which renews the leases.
    if (code == ERR_FULL)
        note_room(self, code);
    return code == ERR_NONE && !ours ? queue_lease_lost(message, err) : code;
}
