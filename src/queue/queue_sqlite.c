#include "queue/queue_sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_sqlite_internal.h"

// Marks the file as a queue: "FHqu".
#define APPLICATION_ID 0x46487175
// A log topic may exceed its retention by this many messages, so that trimming costs little per message.
#define LOG_TRIM_EVERY 256

static const char *const migrations[] = {
    // `owner`, `worker`, `token` and `lease_until` are set while leased. `video` is the key up to "/". `alone`: how
    // often in a row a worker vanished with it.
    "CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE messages ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  topic TEXT NOT NULL,"
    "  owner TEXT,"
    "  worker TEXT,"
    "  token INTEGER,"
    "  lease_until INTEGER,"
    "  not_before INTEGER NOT NULL DEFAULT 0,"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  alone INTEGER NOT NULL DEFAULT 0,"
    "  published_us INTEGER NOT NULL,"
    "  key TEXT NOT NULL,"
    "  video TEXT NOT NULL,"
    "  body BLOB NOT NULL"
    ");"
    "CREATE INDEX messages_ready ON messages (topic, id, not_before) WHERE owner IS NULL;"
    "CREATE INDEX messages_leased ON messages (lease_until) WHERE owner IS NOT NULL;"
    "CREATE INDEX messages_owner ON messages (owner) WHERE owner IS NOT NULL;"
    "CREATE INDEX messages_video ON messages (video);"
    "CREATE TABLE dead_letters ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  topic TEXT NOT NULL,"
    "  key TEXT NOT NULL,"
    "  video TEXT NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  failed_us INTEGER NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  body BLOB NOT NULL"
    ");"
    "CREATE INDEX dead_letters_video ON dead_letters (video);"
    "CREATE TABLE log ("
    "  topic TEXT NOT NULL,"
    "  position INTEGER NOT NULL,"
    "  published_us INTEGER NOT NULL,"
    "  key TEXT NOT NULL,"
    "  body BLOB NOT NULL,"
    "  PRIMARY KEY (topic, position)"
    ") WITHOUT ROWID;",
};

static void sqlite_free(struct queue *queue)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    db_free(self->db);
    queue_wait_release(&self->wait);
    free(self);
}

static void insert_work(
    struct queue_sqlite *self, struct db_tx *tx, const char *topic, const struct queue_item *items, size_t count)
{
    int64_t now_us = clock_wall_us(self->clock);
    for (size_t i = 0; i < count && db_ok(tx); i++) {
        char video[QUEUE_KEY_MAX + 1];
        queue_key_video(items[i].key, video);
        struct db_stmt *stmt =
            db_stmt(tx, "INSERT INTO messages (topic, published_us, key, video, body) VALUES (?1, ?2, ?3, ?4, ?5)");
        db_bind_text(stmt, 1, topic);
        db_bind_int(stmt, 2, now_us);
        db_bind_text(stmt, 3, items[i].key);
        db_bind_text(stmt, 4, video);
        db_bind_blob(stmt, 5, items[i].body, items[i].body_size);
        db_run(stmt);
    }
}

static int64_t log_last(struct db_tx *tx, const char *topic)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT max(position) FROM log WHERE topic = ?1");
    db_bind_text(stmt, 1, topic);
    int64_t last = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    return last;
}

// Positions have no gaps, so what to trim follows from the last one.
static void append_log(
    struct queue_sqlite *self, struct db_tx *tx, const char *topic, const struct queue_item *items, size_t count)
{
    int64_t now_us = clock_wall_us(self->clock);
    int64_t first = log_last(tx, topic) + 1;
    for (size_t i = 0; i < count && db_ok(tx); i++) {
        struct db_stmt *stmt =
            db_stmt(tx, "INSERT INTO log (topic, position, published_us, key, body) VALUES (?1, ?2, ?3, ?4, ?5)");
        db_bind_text(stmt, 1, topic);
        db_bind_int(stmt, 2, first + (int64_t)i);
        db_bind_int(stmt, 3, now_us);
        db_bind_text(stmt, 4, items[i].key);
        db_bind_blob(stmt, 5, items[i].body, items[i].body_size);
        db_run(stmt);
    }
    int64_t last = first + (int64_t)count - 1;
    if (first / LOG_TRIM_EVERY == (last + 1) / LOG_TRIM_EVERY)
        return;
    struct db_stmt *stmt = db_stmt(tx, "DELETE FROM log WHERE topic = ?1 AND position <= ?2");
    db_bind_text(stmt, 1, topic);
    db_bind_int(stmt, 2, last - self->options.log_retention);
    db_run(stmt);
}

static enum err_code sqlite_publish(
    struct queue *queue, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct db_tx tx;
    bool first_of_chain = strcmp(topic, TOPIC_SOURCES) == 0;
    db_begin(self->db, first_of_chain ? DB_WRITE_DURABLE : DB_WRITE, &tx);
    if (log)
        append_log(self, &tx, topic, items, count);
    else
        insert_work(self, &tx, topic, items, count);
    enum err_code code = db_end(&tx, err);
    if (code == ERR_NONE)
        queue_wait_wake(&self->wait, topic, count, log);
    return code;
}

static enum err_code sqlite_stats(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err)
{
    struct db_tx tx;
    db_begin(queue_sqlite_of(queue)->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT (SELECT count(*) FROM messages WHERE topic = ?1 AND owner IS NULL),"
        " (SELECT count(*) FROM messages INDEXED BY messages_owner WHERE topic = ?1 AND owner IS NOT NULL)");
    db_bind_text(stmt, 1, topic);
    if (db_step(stmt)) {
        stats->ready = db_int(stmt, 0);
        stats->leased = db_int(stmt, 1);
    }
    return db_end(&tx, err);
}

static enum err_code sqlite_has(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err)
{
    struct db_tx tx;
    db_begin(queue_sqlite_of(queue)->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT 1 FROM messages WHERE video = ?1 AND topic = ?2 LIMIT 1");
    db_bind_text(stmt, 1, video);
    db_bind_text(stmt, 2, topic);
    *has = db_step(stmt);
    return db_end(&tx, err);
}

static enum err_code sqlite_purge(struct queue *queue, const char *video, struct err *err)
{
    struct db_tx tx;
    db_begin(queue_sqlite_of(queue)->db, DB_WRITE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "DELETE FROM messages WHERE video = ?1");
    db_bind_text(stmt, 1, video);
    db_run(stmt);
    stmt = db_stmt(&tx, "DELETE FROM dead_letters WHERE video = ?1");
    db_bind_text(stmt, 1, video);
    db_run(stmt);
    return db_end(&tx, err);
}

static void read_letter(const struct db_stmt *stmt, struct queue_dead_letter *letter)
{
    size_t size;
    const void *body = db_blob(stmt, 6, &size);
    *letter = (struct queue_dead_letter){
        .id = db_int(stmt, 0),
        .attempts = (int)db_int(stmt, 3),
        .failed_us = db_int(stmt, 4),
        .reason = mem_strdup(db_text(stmt, 5)),
        .body = mem_alloc(size + 1),
        .body_size = size,
    };
    if (size > 0)
        memcpy(letter->body, body, size);
    letter->body[size] = '\0';
    db_copy_text(stmt, 1, letter->topic, sizeof(letter->topic));
    db_copy_text(stmt, 2, letter->key, sizeof(letter->key));
}

static enum err_code sqlite_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err)
{
    struct db_tx tx;
    struct queue_dead_letter *found = NULL;
    size_t found_count = 0;
    db_begin(queue_sqlite_of(queue)->db, DB_READ, &tx);
    struct db_stmt *stmt = video != NULL
        ? db_stmt(&tx,
              "SELECT id, topic, key, attempts, failed_us, reason, body FROM dead_letters"
              " WHERE id > ?1 AND video = ?3 ORDER BY id LIMIT ?2")
        : db_stmt(&tx,
              "SELECT id, topic, key, attempts, failed_us, reason, body FROM dead_letters"
              " WHERE id > ?1 ORDER BY id LIMIT ?2");
    db_bind_int(stmt, 1, after);
    db_bind_int(stmt, 2, (int64_t)limit);
    if (video != NULL)
        db_bind_text(stmt, 3, video);
    while (db_step(stmt)) {
        found = mem_realloc_array(found, found_count + 1, sizeof(*found));
        read_letter(stmt, &found[found_count++]);
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        queue_dead_letters_free(found, found_count);
        return code;
    }
    *letters = found;
    *count = found_count;
    return ERR_NONE;
}

static enum err_code sqlite_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct queue_dead_letter *found = NULL;
    struct db_tx tx;
    db_begin(self->db, DB_WRITE, &tx);
    struct db_stmt *stmt =
        db_stmt(&tx, "SELECT id, topic, key, attempts, failed_us, reason, body FROM dead_letters WHERE id = ?1");
    db_bind_int(stmt, 1, id);
    if (db_step(stmt)) {
        found = mem_calloc(1, sizeof(*found));
        read_letter(stmt, found);
        db_stmt_done(stmt);
        struct queue_item item = {.key = found->key, .body = found->body, .body_size = found->body_size};
        insert_work(self, &tx, found->topic, &item, 1);
        stmt = db_stmt(&tx, "DELETE FROM dead_letters WHERE id = ?1");
        db_bind_int(stmt, 1, id);
        db_run(stmt);
    } else {
        struct err missing = ERR_INIT;
        db_fail(&tx, queue_no_dead_letter(id, &missing), "%s", missing.message);
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        queue_dead_letters_free(found, found != NULL ? 1 : 0);
        return code;
    }
    queue_wait_wake(&self->wait, found->topic, 1, false);
    *letter = found;
    return ERR_NONE;
}

struct log_read {
    struct queue_sqlite *self;
    const char *topic;
    int64_t offset;
    size_t max;
    struct queue_message **messages;
};

static enum err_code try_log_read(void *context, bool polled, size_t *count, struct err *err)
{
    (void)polled;
    const struct log_read *read = context;
    struct db_tx tx;
    size_t found = 0;
    db_begin(read->self->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT position, published_us, key, body FROM log WHERE topic = ?1 AND position > ?2"
        " ORDER BY position LIMIT ?3");
    db_bind_text(stmt, 1, read->topic);
    db_bind_int(stmt, 2, read->offset);
    db_bind_int(stmt, 3, (int64_t)read->max);
    while (found < read->max && db_step(stmt)) {
        size_t size;
        const void *body = db_blob(stmt, 3, &size);
        struct queue_message *message = queue_message_new(read->topic, db_text(stmt, 2), body, size);
        message->lease = db_int(stmt, 0);
        message->published_us = db_int(stmt, 1);
        read->messages[found++] = message;
    }
    enum err_code code = db_end(&tx, err);
    for (size_t i = 0; i < found && code != ERR_NONE; i++)
        queue_message_free(read->messages[i]);
    *count = code == ERR_NONE ? found : 0;
    return code;
}

static enum err_code sqlite_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct queue_sqlite *self = queue_sqlite_of(queue);
    struct log_read read = {.self = self, .topic = topic, .offset = offset, .max = max, .messages = messages};
    return queue_wait_run(&self->wait, topic, wait_ms, cancel, try_log_read, &read, count, err);
}

static enum err_code sqlite_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err)
{
    struct db_tx tx;
    db_begin(queue_sqlite_of(queue)->db, DB_READ, &tx);
    *offset = log_last(&tx, topic);
    return db_end(&tx, err);
}

static enum err_code sqlite_ping(struct queue *queue, struct err *err)
{
    return db_ping(queue_sqlite_of(queue)->db, err);
}

static const struct queue_ops sqlite_ops = {
    .name = "sqlite",
    .free = sqlite_free,
    .publish = sqlite_publish,
    .receive = queue_sqlite_receive,
    .ack = queue_sqlite_ack,
    .reject = queue_sqlite_reject,
    .release = queue_sqlite_release,
    .extend = queue_sqlite_extend,
    .stats = sqlite_stats,
    .has = sqlite_has,
    .purge = sqlite_purge,
    .dead_letters = sqlite_dead_letters,
    .retry_dead_letter = sqlite_retry_dead_letter,
    .log_read = sqlite_log_read,
    .log_end = sqlite_log_end,
    .ping = sqlite_ping,
};

// After a start of the machine all workers are gone, and times on its monotonic clock mean nothing any more.
static void forget_other_boots(struct db_tx *tx)
{
    char boot[BOOT_ID_SIZE];
    boot_id_read(boot);
    struct db_stmt *stmt = db_stmt(tx, "SELECT value FROM state WHERE name = 'boot'");
    bool same = db_step(stmt) && strcmp(db_text(stmt, 0), boot) == 0;
    db_stmt_done(stmt);
    if (same || !db_ok(tx))
        return;
    db_exec(tx, "UPDATE messages SET not_before = 0 WHERE not_before <> 0");
    db_exec(tx, "UPDATE messages SET lease_until = 0 WHERE owner IS NOT NULL");
    stmt = db_stmt(tx, "INSERT OR REPLACE INTO state (name, value) VALUES ('boot', ?1)");
    db_bind_text(stmt, 1, boot);
    db_run(stmt);
}

enum err_code queue_sqlite_open(const char *path, const struct queue_options *options, const struct clock *clock,
    struct queue **out, struct err *err)
{
    *out = NULL;
    const struct db_options db_options = {
        .path = path,
        .kind = "queue",
        .application_id = APPLICATION_ID,
        .migrations = migrations,
        .migration_count = sizeof(migrations) / sizeof(migrations[0]),
    };
    struct db *db = NULL;
    enum err_code code = db_open(&db_options, &db, err);
    if (code != ERR_NONE)
        return code;
    struct queue_sqlite *self = mem_calloc(1, sizeof(*self));
    *self = (struct queue_sqlite){.queue.ops = &sqlite_ops, .db = db, .clock = clock};
    queue_wait_init(&self->wait);
    process_mark_self(self->mark);
    if (options != NULL)
        self->options = *options;
    else
        queue_options_default(&self->options);

    struct db_tx tx;
    db_begin(db, DB_WRITE, &tx);
    forget_other_boots(&tx);
    queue_sqlite_reclaim(self, &tx, true);
    code = db_end(&tx, err);
    if (code != ERR_NONE) {
        sqlite_free(&self->queue);
        return code;
    }
    *out = &self->queue;
    return ERR_NONE;
}
