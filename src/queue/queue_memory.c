#include "queue/queue_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_backend.h"

// A message, in one of its topic's two lists (waiting in the order of ids, or leased), a dead letter, or a log entry.
struct entry {
    struct entry *next;
    int64_t id;
    char key[QUEUE_KEY_MAX + 1];
    char *body;
    size_t body_size;
    int attempts;
    bool alone; // its last lease ran out: it is delivered alone (see queue_sqlite.h)
    int64_t published_us, not_before_us, lease_until_us;
    int64_t token;
    char worker[QUEUE_WORKER_MAX + 1];
};

struct topic {
    struct topic *next;
    char name[QUEUE_TOPIC_SIZE];
    struct entry *waiting;
    struct entry **waiting_end;
    struct entry *leased;
    int64_t waiting_count, leased_count;
};

struct dead {
    struct dead *next;
    struct topic *topic;
    struct entry *entry;
    int64_t id, failed_us;
    char *reason;
};

struct queue_memory {
    struct queue queue;
    const struct clock *clock;
    struct queue_options options;
    struct queue_wait wait;
    pthread_mutex_t mutex; // guards all below
    struct topic *topics;
    struct dead *dead;
    struct dead **dead_end;
    int64_t last_id, last_token, last_dead_id;
    int64_t log_last; // of the topic that is a log
};

static struct queue_memory *self_of(struct queue *queue)
{
    return (struct queue_memory *)queue;
}

static struct topic *topic_of(struct queue_memory *self, const char *name)
{
    for (struct topic *topic = self->topics; topic != NULL; topic = topic->next) {
        if (strcmp(topic->name, name) == 0)
            return topic;
    }
    struct topic *topic = mem_calloc(1, sizeof(*topic));
    snprintf(topic->name, sizeof(topic->name), "%s", name);
    topic->waiting_end = &topic->waiting;
    topic->next = self->topics;
    self->topics = topic;
    return topic;
}

static void entry_free(struct entry *entry)
{
    free(entry->body);
    free(entry);
}

static void append(struct topic *topic, struct entry *entry)
{
    entry->next = NULL;
    *topic->waiting_end = entry;
    topic->waiting_end = &entry->next;
    topic->waiting_count++;
}

// Puts a message back where it was. It is an old one, so its place is near the front.
static void put_back(struct topic *topic, struct entry *entry)
{
    struct entry **at = &topic->waiting;
    while (*at != NULL && (*at)->id < entry->id)
        at = &(*at)->next;
    if (*at == NULL) {
        append(topic, entry);
        return;
    }
    entry->next = *at;
    *at = entry;
    topic->waiting_count++;
}

static struct entry *take_waiting(struct topic *topic, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    if (topic->waiting_end == &entry->next)
        topic->waiting_end = at;
    topic->waiting_count--;
    return entry;
}

static struct entry *take_leased(struct topic *topic, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    topic->leased_count--;
    return entry;
}

static void bury(struct queue_memory *self, struct topic *topic, struct entry *entry, const char *reason)
{
    struct dead *dead = mem_calloc(1, sizeof(*dead));
    *dead = (struct dead){
        .topic = topic,
        .entry = entry,
        .id = ++self->last_dead_id,
        .failed_us = clock_wall_us(self->clock),
        .reason = mem_strdup(reason),
    };
    *self->dead_end = dead;
    self->dead_end = &dead->next;
}

static struct entry *remove_dead(struct queue_memory *self, struct dead **at)
{
    struct dead *dead = *at;
    struct entry *entry = dead->entry;
    *at = dead->next;
    if (self->dead_end == &dead->next)
        self->dead_end = at;
    free(dead->reason);
    free(dead);
    return entry;
}

static void reclaim(struct queue_memory *self, struct topic *topic)
{
    int64_t now_us = clock_monotonic_us(self->clock);
    struct entry **at = &topic->leased;
    while (*at != NULL) {
        if ((*at)->lease_until_us > now_us) {
            at = &(*at)->next;
            continue;
        }
        struct entry *entry = take_leased(topic, at);
        if (entry->attempts < self->options.max_attempts) {
            entry->alone = true;
            entry->not_before_us = 0;
            put_back(topic, entry);
            continue;
        }
        char reason[QUEUE_REASON_MAX];
        queue_lost_reason(entry->worker, false, entry->attempts, &self->options, reason);
        bury(self, topic, entry, reason);
    }
}

static enum err_code memory_publish(
    struct queue *queue, const char *name, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    (void)err;
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    struct topic *topic = topic_of(self, name);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = mem_calloc(1, sizeof(*entry));
        entry->id = log ? ++self->log_last : ++self->last_id;
        entry->published_us = clock_wall_us(self->clock);
        snprintf(entry->key, sizeof(entry->key), "%s", items[i].key);
        entry->body = mem_alloc(items[i].body_size + 1);
        if (items[i].body_size > 0)
            memcpy(entry->body, items[i].body, items[i].body_size);
        entry->body_size = items[i].body_size;
        append(topic, entry);
    }
    while (log && topic->waiting_count > self->options.log_retention)
        entry_free(take_waiting(topic, &topic->waiting));
    pthread_mutex_unlock(&self->mutex);
    queue_wait_wake(&self->wait, name, count, log);
    return ERR_NONE;
}

struct receive {
    struct queue_memory *self;
    const char *topic;
    const char *worker;
    int64_t offset;
    size_t max;
    struct queue_message **messages;
};

static struct queue_message *message_of(const struct topic *topic, const struct entry *entry)
{
    struct queue_message *message = queue_message_new(topic->name, entry->key, entry->body, entry->body_size);
    message->published_us = entry->published_us;
    message->lease = entry->id;
    return message;
}

static struct queue_message *lease(const struct receive *receive, struct topic *topic, struct entry *entry)
{
    struct queue_memory *self = receive->self;
    entry->attempts++;
    entry->token = ++self->last_token;
    entry->lease_until_us = clock_monotonic_us(self->clock) + self->options.lease_ms * 1000;
    snprintf(entry->worker, sizeof(entry->worker), "%s", receive->worker);
    entry->next = topic->leased;
    topic->leased = entry;
    topic->leased_count++;
    struct queue_message *message = message_of(topic, entry);
    message->attempt = entry->attempts;
    snprintf(message->lease_token, sizeof(message->lease_token), "%" PRId64, entry->token);
    return message;
}

static enum err_code try_receive(void *context, bool polled, size_t *count, struct err *err)
{
    (void)polled;
    (void)err;
    const struct receive *receive = context;
    struct queue_memory *self = receive->self;
    *count = 0;
    pthread_mutex_lock(&self->mutex);
    struct topic *topic = topic_of(self, receive->topic);
    reclaim(self, topic);
    int64_t now_us = clock_monotonic_us(self->clock);
    struct entry **at = &topic->waiting;
    while (*at != NULL && *count < receive->max) {
        if ((*at)->not_before_us > now_us) {
            at = &(*at)->next;
            continue;
        }
        bool alone = (*at)->alone;
        if (!alone || *count == 0)
            receive->messages[(*count)++] = lease(receive, topic, take_waiting(topic, at));
        if (alone)
            break;
    }
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static enum err_code memory_receive(struct queue *queue, const char *topic, const char *worker, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct receive receive = {
        .self = self_of(queue), .topic = topic, .worker = worker, .max = max, .messages = messages};
    return queue_wait_run(&self_of(queue)->wait, topic, wait_ms, cancel, try_receive, &receive, count, err);
}

// Where the message's lease is, or NULL if it is no longer the caller's.
static struct entry **find_lease(struct queue_memory *self, const struct queue_message *message, struct topic **topic)
{
    *topic = topic_of(self, message->topic);
    int64_t token = strtoll(message->lease_token, NULL, 10);
    for (struct entry **at = &(*topic)->leased; *at != NULL; at = &(*at)->next) {
        if ((*at)->id == message->lease && (*at)->token == token)
            return at;
    }
    return NULL;
}

static enum err_code memory_ack(
    struct queue *queue, struct queue_message *const *messages, size_t count, struct err *err)
{
    struct queue_memory *self = self_of(queue);
    const struct queue_message *lost = NULL;
    pthread_mutex_lock(&self->mutex);
    for (size_t i = 0; i < count; i++) {
        struct topic *topic;
        struct entry **at = find_lease(self, messages[i], &topic);
        if (at != NULL)
            entry_free(take_leased(topic, at));
        else
            lost = messages[i];
    }
    pthread_mutex_unlock(&self->mutex);
    return lost != NULL ? queue_lease_lost(lost, err) : ERR_NONE;
}

static enum err_code memory_reject(struct queue *queue, const struct queue_message *message, const char *reason,
    bool at_once, bool *dead, struct err *err)
{
    struct queue_memory *self = self_of(queue);
    struct topic *topic;
    pthread_mutex_lock(&self->mutex);
    struct entry **at = find_lease(self, message, &topic);
    if (at != NULL) {
        struct entry *entry = take_leased(topic, at);
        *dead = at_once || entry->attempts >= self->options.max_attempts;
        entry->not_before_us = clock_monotonic_us(self->clock) + queue_backoff_us(&self->options, entry->attempts);
        entry->alone = false;
        if (*dead)
            bury(self, topic, entry, reason);
        else
            put_back(topic, entry);
    }
    pthread_mutex_unlock(&self->mutex);
    return at == NULL ? queue_lease_lost(message, err) : ERR_NONE;
}

static enum err_code memory_release(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_memory *self = self_of(queue);
    struct topic *topic;
    pthread_mutex_lock(&self->mutex);
    struct entry **at = find_lease(self, message, &topic);
    if (at != NULL) {
        struct entry *entry = take_leased(topic, at);
        entry->attempts--;
        entry->not_before_us = 0;
        put_back(topic, entry);
    }
    pthread_mutex_unlock(&self->mutex);
    if (at == NULL)
        return queue_lease_lost(message, err);
    queue_wait_wake(&self->wait, message->topic, 1, false);
    return ERR_NONE;
}

static enum err_code memory_extend(struct queue *queue, const struct queue_message *message, struct err *err)
{
    struct queue_memory *self = self_of(queue);
    struct topic *topic;
    pthread_mutex_lock(&self->mutex);
    struct entry **at = find_lease(self, message, &topic);
    if (at != NULL)
        (*at)->lease_until_us = clock_monotonic_us(self->clock) + self->options.lease_ms * 1000;
    pthread_mutex_unlock(&self->mutex);
    return at == NULL ? queue_lease_lost(message, err) : ERR_NONE;
}

static enum err_code memory_stats(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err)
{
    (void)err;
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    struct topic *found = topic_of(self, topic);
    stats->ready = found->waiting_count;
    stats->leased = found->leased_count;
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static bool belongs_to(const struct entry *entry, const char *video)
{
    char of[QUEUE_KEY_MAX + 1];
    queue_key_video(entry->key, of);
    return strcmp(of, video) == 0;
}

static bool has_of(const struct entry *entry, const char *video)
{
    while (entry != NULL && !belongs_to(entry, video))
        entry = entry->next;
    return entry != NULL;
}

static enum err_code memory_has(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err)
{
    (void)err;
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    const struct topic *found = topic_of(self, topic);
    *has = has_of(found->waiting, video) || has_of(found->leased, video);
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static enum err_code memory_purge(struct queue *queue, const char *video, struct err *err)
{
    (void)err;
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    for (struct topic *topic = self->topics; topic != NULL; topic = topic->next) {
        if (strcmp(topic->name, TOPIC_ACTIVITY) == 0)
            continue;
        for (struct entry **at = &topic->waiting; *at != NULL;) {
            if (belongs_to(*at, video))
                entry_free(take_waiting(topic, at));
            else
                at = &(*at)->next;
        }
        for (struct entry **at = &topic->leased; *at != NULL;) {
            if (belongs_to(*at, video))
                entry_free(take_leased(topic, at));
            else
                at = &(*at)->next;
        }
    }
    for (struct dead **at = &self->dead; *at != NULL;) {
        if (belongs_to((*at)->entry, video))
            entry_free(remove_dead(self, at));
        else
            at = &(*at)->next;
    }
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static void copy_letter(const struct dead *dead, struct queue_dead_letter *letter)
{
    *letter = (struct queue_dead_letter){
        .id = dead->id,
        .attempts = dead->entry->attempts,
        .failed_us = dead->failed_us,
        .reason = mem_strdup(dead->reason),
        .body = mem_alloc(dead->entry->body_size + 1),
        .body_size = dead->entry->body_size,
    };
    memcpy(letter->body, dead->entry->body, letter->body_size);
    letter->body[letter->body_size] = '\0';
    snprintf(letter->topic, sizeof(letter->topic), "%s", dead->topic->name);
    snprintf(letter->key, sizeof(letter->key), "%s", dead->entry->key);
}

static enum err_code memory_dead_letters(struct queue *queue, const char *video, int64_t after, size_t limit,
    struct queue_dead_letter **letters, size_t *count, struct err *err)
{
    (void)err;
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    for (const struct dead *dead = self->dead; dead != NULL && *count < limit; dead = dead->next) {
        if (dead->id <= after || (video != NULL && !belongs_to(dead->entry, video)))
            continue;
        *letters = mem_realloc_array(*letters, *count + 1, sizeof(**letters));
        copy_letter(dead, &(*letters)[(*count)++]);
    }
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static enum err_code memory_retry_dead_letter(
    struct queue *queue, int64_t id, struct queue_dead_letter **letter, struct err *err)
{
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    struct dead **at = &self->dead;
    while (*at != NULL && (*at)->id != id)
        at = &(*at)->next;
    bool found = *at != NULL;
    if (found) {
        struct topic *topic = (*at)->topic;
        *letter = mem_calloc(1, sizeof(**letter));
        copy_letter(*at, *letter);
        struct entry *entry = remove_dead(self, at);
        entry->id = ++self->last_id;
        entry->attempts = 0;
        entry->alone = false;
        entry->not_before_us = 0;
        entry->published_us = clock_wall_us(self->clock);
        append(topic, entry);
    }
    pthread_mutex_unlock(&self->mutex);
    if (!found)
        return queue_no_dead_letter(id, err);
    queue_wait_wake(&self->wait, (*letter)->topic, 1, false);
    return ERR_NONE;
}

static enum err_code try_log_read(void *context, bool polled, size_t *count, struct err *err)
{
    (void)polled;
    (void)err;
    const struct receive *read = context;
    struct queue_memory *self = read->self;
    *count = 0;
    pthread_mutex_lock(&self->mutex);
    const struct topic *topic = topic_of(self, read->topic);
    for (const struct entry *entry = topic->waiting; entry != NULL && *count < read->max; entry = entry->next) {
        if (entry->id > read->offset)
            read->messages[(*count)++] = message_of(topic, entry);
    }
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static enum err_code memory_log_read(struct queue *queue, const char *topic, int64_t offset, size_t max,
    int64_t wait_ms, struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    struct receive read = {.self = self_of(queue), .topic = topic, .offset = offset, .max = max, .messages = messages};
    return queue_wait_run(&self_of(queue)->wait, topic, wait_ms, cancel, try_log_read, &read, count, err);
}

static enum err_code memory_log_end(struct queue *queue, const char *topic, int64_t *offset, struct err *err)
{
    (void)topic;
    (void)err;
    struct queue_memory *self = self_of(queue);
    pthread_mutex_lock(&self->mutex);
    *offset = self->log_last;
    pthread_mutex_unlock(&self->mutex);
    return ERR_NONE;
}

static enum err_code memory_ping(struct queue *queue, struct err *err)
{
    (void)queue;
    (void)err;
    return ERR_NONE;
}

static void memory_free(struct queue *queue)
{
    struct queue_memory *self = self_of(queue);
    while (self->dead != NULL)
        entry_free(remove_dead(self, &self->dead));
    while (self->topics != NULL) {
        struct topic *topic = self->topics;
        self->topics = topic->next;
        while (topic->waiting != NULL)
            entry_free(take_waiting(topic, &topic->waiting));
        while (topic->leased != NULL)
            entry_free(take_leased(topic, &topic->leased));
        free(topic);
    }
    queue_wait_release(&self->wait);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

static const struct queue_ops memory_ops = {
    .name = "memory",
    .free = memory_free,
    .publish = memory_publish,
    .receive = memory_receive,
    .ack = memory_ack,
    .reject = memory_reject,
    .release = memory_release,
    .extend = memory_extend,
    .stats = memory_stats,
    .has = memory_has,
    .purge = memory_purge,
    .dead_letters = memory_dead_letters,
    .retry_dead_letter = memory_retry_dead_letter,
    .log_read = memory_log_read,
    .log_end = memory_log_end,
    .ping = memory_ping,
};

struct queue *queue_memory_new(const struct queue_options *options, const struct clock *clock)
{
    struct queue_memory *self = mem_calloc(1, sizeof(*self));
    self->queue.ops = &memory_ops;
    self->clock = clock;
    self->dead_end = &self->dead;
    if (options != NULL)
        self->options = *options;
    else
        queue_options_default(&self->options);
    queue_wait_init(&self->wait);
    pthread_mutex_init(&self->mutex, NULL);
    return &self->queue;
}
