// Belonging to a group of consumers: which partitions are ours, how far we are with each, and leaving.
//
// A commit's metadata holds one number: how many processes in a row had messages in hand at the committed offset and
// did not leave in an orderly way. It is written one higher before the first message is handed out; progress sets it to
// one (us), and leaving takes us out again.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

#define POLL_MS 50
#define COMMIT_PERIOD_US INT64_C(100000)
#define FIRST_ASSIGNMENT_MS 10000
#define ANSWER_MS 5000 // to a commit that is waited for
#define MARK_MS 2000   // to one that workers wait for
#define LEAVE_MS 5000

static void set_metadata(rd_kafka_topic_partition_t *partition, int runs)
{
    partition->metadata = mem_sprintf("%d", runs);
    partition->metadata_size = strlen(partition->metadata);
}

static int read_metadata(const rd_kafka_topic_partition_t *partition)
{
    char text[16] = "";
    size_t length = partition->metadata_size < sizeof(text) ? partition->metadata_size : sizeof(text) - 1;
    if (partition->metadata != NULL)
        memcpy(text, partition->metadata, length);
    long runs = strtol(text, NULL, 10);
    return runs > 0 && runs < INT16_MAX ? (int)runs : 0;
}

static void note_trouble(struct kafka_consumer *consumer, rd_kafka_resp_err_t code, const char *what)
{
    struct err err = ERR_INIT;
    kafka_error(consumer->opaque.self, code, what, &err);
    pthread_mutex_lock(&consumer->mutex);
    consumer->trouble = err;
    pthread_mutex_unlock(&consumer->mutex);
}

// ---- committing

// What the brokers do not know yet; NULL when they know all. `leaving`: all our partitions, or those of `only`.
static rd_kafka_topic_partition_list_t *progress_to_commit(
    struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *only, bool leaving)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    pthread_mutex_lock(&consumer->mutex);
    for (size_t i = 0; i < consumer->window.partition_count; i++) {
        struct window_partition *partition = &consumer->window.partitions[i];
        int64_t progress = window_progress(&consumer->window, partition);
        if (only != NULL &&
            rd_kafka_topic_partition_list_find(
                (rd_kafka_topic_partition_list_t *)(uintptr_t)only, consumer->name, partition->id) == NULL)
            continue;
        if (progress < 0 || (progress == partition->committed && !leaving))
            continue;
        partition->committed = progress;
        partition->marked = leaving ? partition->runs : partition->runs + 1;
        if (list == NULL)
            list = rd_kafka_topic_partition_list_new((int)consumer->window.partition_count);
        rd_kafka_topic_partition_t *added = rd_kafka_topic_partition_list_add(list, consumer->name, partition->id);
        added->offset = progress;
        set_metadata(added, partition->marked);
    }
    pthread_mutex_unlock(&consumer->mutex);
    return list;
}

struct commit_answer {
    rd_kafka_resp_err_t code;
    bool is_there;
};

static void on_answer(
    rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    (void)handle;
    (void)offsets;
    *(struct commit_answer *)opaque = (struct commit_answer){.code = code, .is_there = true};
}

// librdkafka's own call waits for a group's broker for as long as there is none.
static rd_kafka_resp_err_t commit_and_wait(
    struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list, int64_t most_ms)
{
    struct queue_kafka *self = consumer->opaque.self;
    struct kafka_patience patience = kafka_patience_new(most_ms);
    struct commit_answer answer = {.code = RD_KAFKA_RESP_ERR__TIMED_OUT};
    rd_kafka_queue_t *answers = rd_kafka_queue_new(consumer->handle);
    rd_kafka_resp_err_t code = rd_kafka_commit_queue(consumer->handle, list, answers, on_answer, &answer);
    int left_ms;
    while (code == RD_KAFKA_RESP_ERR_NO_ERROR && !answer.is_there &&
        (left_ms = kafka_patience_left_ms(self, &patience)) > 0)
        rd_kafka_queue_poll_callback(answers, left_ms < POLL_MS ? left_ms : POLL_MS);
    rd_kafka_queue_destroy(answers); // an answer that comes later calls nobody
    return code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : answer.code;
}

static void commit(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *only, bool leaving)
{
    rd_kafka_topic_partition_list_t *list = progress_to_commit(consumer, only, leaving);
    if (list == NULL)
        return;
    rd_kafka_resp_err_t code =
        leaving ? commit_and_wait(consumer, list, ANSWER_MS) : rd_kafka_commit(consumer->handle, list, 1);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__NO_OFFSET)
        log_debug(consumer->opaque.self->log,
            "%s: progress could not be committed, some messages will be done again: %s", consumer->name,
            rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
}

void kafka_group_mark(struct kafka_consumer *consumer, struct window_entry *const *taken, size_t count)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (size_t i = 0; i < count; i++) {
        struct window_partition *partition = window_partition(&consumer->window, taken[i]->partition);
        if (partition->marked > partition->runs)
            continue;
        partition->marked = partition->runs + 1;
        partition->committed = window_progress(&consumer->window, partition);
        if (list == NULL)
            list = rd_kafka_topic_partition_list_new((int)count);
        rd_kafka_topic_partition_t *added = rd_kafka_topic_partition_list_add(list, consumer->name, partition->id);
        added->offset = partition->committed;
        set_metadata(added, partition->marked);
    }
    if (list == NULL)
        return;
    // Not taken, it is written with the next progress; only the suspicion begins later.
    (void)commit_and_wait(consumer, list, MARK_MS);
    rd_kafka_topic_partition_list_destroy(list);
}

// An asynchronous commit was answered. What was not taken is committed again with the next progress.
static void on_commit(
    rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *offsets, void *opaque)
{
    struct kafka_consumer *consumer = ((struct kafka_opaque *)opaque)->consumer;
    (void)handle;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET || offsets == NULL)
        return;
    pthread_mutex_lock(&consumer->mutex);
    for (int i = 0; i < offsets->cnt; i++) {
        struct window_partition *partition = window_partition(&consumer->window, offsets->elems[i].partition);
        if (partition != NULL)
            partition->committed = -1;
    }
    pthread_mutex_unlock(&consumer->mutex);
}

// ---- rebalances

// From where each partition is to be read, and how many processes ended there. Without an answer: from what the brokers
// have as committed, found by themselves, with nobody under suspicion.
static void find_starts(struct kafka_consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    struct queue_kafka *self = consumer->opaque.self;
    rd_kafka_topic_partition_list_t *stored = rd_kafka_topic_partition_list_copy(partitions);
    rd_kafka_topic_partition_list_t *new = rd_kafka_topic_partition_list_new(partitions->cnt);
    rd_kafka_resp_err_t code = kafka_committed(self, consumer->handle, stored);
    for (int i = 0; i < stored->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        if (stored->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && stored->elems[i].offset < 0)
            rd_kafka_topic_partition_list_add(new, consumer->name, stored->elems[i].partition);
    }
    bool has_begins = kafka_offsets(self, consumer->handle, new, KAFKA_EARLIEST, NULL) == ERR_NONE;
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_topic_partition_t *partition = &partitions->elems[i];
        int64_t start = RD_KAFKA_OFFSET_INVALID;
        int runs = 0;
        bool is_stored = code == RD_KAFKA_RESP_ERR_NO_ERROR && stored->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
            stored->elems[i].offset >= 0;
        const rd_kafka_topic_partition_t *begin =
            rd_kafka_topic_partition_list_find(new, consumer->name, partition->partition);
        if (is_stored) {
            start = stored->elems[i].offset;
            runs = read_metadata(&stored->elems[i]);
        } else if (has_begins && begin != NULL) {
            start = begin->offset;
        }
        partition->offset = start;
        pthread_mutex_lock(&consumer->mutex);
        window_assign(&consumer->window, partition->partition, start, is_stored, runs);
        pthread_mutex_unlock(&consumer->mutex);
    }
    rd_kafka_topic_partition_list_destroy(stored);
    rd_kafka_topic_partition_list_destroy(new);
}

static void take_partitions(struct kafka_consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    find_starts(consumer, partitions);
    rd_kafka_error_t *failure = rd_kafka_incremental_assign(consumer->handle, partitions);
    if (failure != NULL) {
        note_trouble(consumer, rd_kafka_error_code(failure), "taking over partitions");
        rd_kafka_error_destroy(failure);
    }
    // Held back or not, all partitions are. Those that stay with us are not resumed by this, and it may bring none; and
    // one that comes back is still paused if it was when it was given up.
    if (consumer->is_paused)
        rd_kafka_pause_partitions(consumer->handle, partitions);
    else
        rd_kafka_resume_partitions(consumer->handle, partitions);
}

static void give_up_partitions(struct kafka_consumer *consumer, rd_kafka_topic_partition_list_t *partitions)
{
    if (!rd_kafka_assignment_lost(consumer->handle))
        commit(consumer, partitions, true);
    pthread_mutex_lock(&consumer->mutex);
    for (int i = 0; i < partitions->cnt; i++)
        window_revoke(&consumer->window, partitions->elems[i].partition);
    pthread_mutex_unlock(&consumer->mutex);
    rd_kafka_error_t *failure = rd_kafka_incremental_unassign(consumer->handle, partitions);
    if (failure != NULL)
        rd_kafka_error_destroy(failure);
}

static int64_t session_us(const struct kafka_consumer *consumer)
{
    char text[24] = "";
    size_t size = sizeof(text);
    if (rd_kafka_conf_get(rd_kafka_conf(consumer->handle), "session.timeout.ms", text, &size) != RD_KAFKA_CONF_OK)
        return 0;
    return strtoll(text, NULL, 10) * 1000;
}

// What we give up ourselves, or others get as the group grows, is no loss. It may come in several pieces. Much sooner
// than a session ends, it is not for silence: a heartbeat has crossed with others' joining, and it joins again.
static void note_loss(struct kafka_consumer *consumer)
{
    const struct queue_kafka *self = consumer->opaque.self;
    if (consumer->is_thrown_out || !rd_kafka_assignment_lost(consumer->handle) ||
        clock_monotonic_us(clock_system()) - consumer->assigned_us < session_us(consumer) / 2)
        return;
    consumer->is_thrown_out = true;
    log_warn(self->log,
        "Kafka at %s (--queue) has thrown this process out of the group %s: it was not heard of for longer than "
        "session.timeout.ms, or took nothing in for longer than max.poll.interval.ms (--kafka-config); others have its "
        "work now, and it joins again",
        self->brokers, consumer->name);
}

static void on_rebalance(
    rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    struct kafka_consumer *consumer = ((struct kafka_opaque *)opaque)->consumer;
    (void)handle;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        consumer->is_thrown_out = false;
        consumer->was_assigned = true;
        consumer->assigned_us = clock_monotonic_us(clock_system());
    } else {
        note_loss(consumer);
    }
    log_debug(consumer->opaque.self->log, "%s: %s %d partitions", consumer->name,
        code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "taking over" : "giving up", partitions->cnt);
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS)
        take_partitions(consumer, partitions);
    else
        give_up_partitions(consumer, partitions);
}

// ---- the thread

static void hold_back_or_go_on(struct kafka_consumer *consumer)
{
    pthread_mutex_lock(&consumer->mutex);
    bool full = window_is_full(&consumer->window);
    bool roomy = consumer->window.count < WINDOW_MESSAGES_MAX / 2 && consumer->window.bytes < WINDOW_BYTES_MAX / 2;
    pthread_mutex_unlock(&consumer->mutex);
    bool pause = full && !consumer->is_paused;
    bool resume = roomy && consumer->is_paused;
    if (!pause && !resume)
        return;
    consumer->is_paused = pause;
    rd_kafka_topic_partition_list_t *ours = NULL;
    if (rd_kafka_assignment(consumer->handle, &ours) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    if (pause)
        rd_kafka_pause_partitions(consumer->handle, ours);
    else
        rd_kafka_resume_partitions(consumer->handle, ours);
    rd_kafka_topic_partition_list_destroy(ours);
}

static struct window_entry *entry_of(const rd_kafka_message_t *message)
{
    struct window_entry *entry = mem_calloc(1, sizeof(*entry));
    entry->partition = message->partition;
    entry->offset = message->offset;
    size_t key_size = message->key_len <= QUEUE_KEY_MAX ? message->key_len : QUEUE_KEY_MAX;
    if (key_size > 0)
        memcpy(entry->key, message->key, key_size);
    entry->body = mem_alloc(message->len + 1);
    if (message->len > 0)
        memcpy(entry->body, message->payload, message->len);
    entry->body[message->len] = '\0';
    entry->body_size = message->len;
    entry->attempts = (int)kafka_message_int(message, "attempts", 0);
    entry->not_before_us = kafka_message_int(message, "not-before-us", 0);
    int64_t timestamp_ms = rd_kafka_message_timestamp(message, NULL);
    entry->published_us = kafka_message_int(message, "published-us", timestamp_ms > 0 ? timestamp_ms * 1000 : 0);
    return entry;
}

static void take_in(struct kafka_consumer *consumer, const rd_kafka_message_t *message)
{
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        note_trouble(consumer, message->err, "messages cannot be received");
        return;
    }
    pthread_mutex_lock(&consumer->mutex);
    window_add(&consumer->window, entry_of(message));
    err_clear(&consumer->trouble);
    pthread_mutex_unlock(&consumer->mutex);
    queue_wait_wake(&consumer->opaque.self->wait, consumer->topic, 1, false);
}

static void poll_once(struct kafka_consumer *consumer)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->handle, POLL_MS);
    if (message != NULL) {
        take_in(consumer, message);
        rd_kafka_message_destroy(message);
    }
}

// Whether the group has answered us.
static bool is_member(const struct kafka_consumer *consumer)
{
    char *id = rd_kafka_memberid(consumer->handle);
    bool is = id != NULL && id[0] != '\0';
    if (id != NULL)
        rd_kafka_mem_free(consumer->handle, id);
    return is;
}

// librdkafka before 2.3.0 (its issue 4312) ends the process if a consumer is ended between being taken into its group
// and its first assignment, which follow closely.
static void await_first_assignment(struct kafka_consumer *consumer)
{
    struct kafka_patience patience = kafka_patience_new(FIRST_ASSIGNMENT_MS);
    while (
        !consumer->was_assigned && is_member(consumer) && kafka_patience_left_ms(consumer->opaque.self, &patience) > 0)
        poll_once(consumer);
}

// Gives the partitions up and leaves the group, if its broker answers. If not, the group finds out when our session
// ends, and whoever has the partitions then begins with what we had committed.
static void leave(struct kafka_consumer *consumer)
{
    struct queue_kafka *self = consumer->opaque.self;
    struct kafka_patience patience = kafka_patience_new(LEAVE_MS);
    rd_kafka_queue_t *events = rd_kafka_queue_new(consumer->handle);
    rd_kafka_error_t *failure = rd_kafka_consumer_close_queue(consumer->handle, events);
    while (
        failure == NULL && !rd_kafka_consumer_closed(consumer->handle) && kafka_patience_left_ms(self, &patience) > 0) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(events, POLL_MS);
        if (event == NULL)
            continue;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            on_rebalance(consumer->handle, rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event),
                &consumer->opaque);
        rd_kafka_event_destroy(event);
    }
    if (failure != NULL)
        rd_kafka_error_destroy(failure);
    consumer->has_left = rd_kafka_consumer_closed(consumer->handle) != 0;
    if (!consumer->has_left)
        log_info(self->log, "the group %s was not left in an orderly way: its broker does not answer", consumer->name);
    rd_kafka_queue_destroy(events);
}

static void run(void *arg)
{
    struct kafka_consumer *consumer = arg;
    int64_t committed_us = 0;
    while (!cancel_requested(consumer->cancel)) {
        poll_once(consumer);
        hold_back_or_go_on(consumer);
        int64_t now_us = clock_monotonic_us(clock_system());
        if (now_us - committed_us < COMMIT_PERIOD_US)
            continue;
        commit(consumer, NULL, false);
        committed_us = now_us;
    }
    await_first_assignment(consumer);
    leave(consumer);
}

static enum err_code subscribe(struct kafka_consumer *consumer, struct err *err)
{
    struct queue_kafka *self = consumer->opaque.self;
    char group[KAFKA_NAME_SIZE + 16];
    snprintf(group, sizeof(group), "%s", consumer->name);
    rd_kafka_conf_t *conf = kafka_client_conf(self, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_commit);
    enum err_code code = kafka_client_new(self, group, conf, &consumer->handle, err);
    if (code != ERR_NONE)
        return code;
    rd_kafka_poll_set_consumer(consumer->handle);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, consumer->name, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t failure = rd_kafka_subscribe(consumer->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error(self, failure, "joining a group of consumers", err);
    return thread_start("kafka-consumer", run, consumer, &consumer->thread, err);
}

enum err_code kafka_group_join(
    struct queue_kafka *self, size_t place, struct kafka_consumer **consumer, struct err *err)
{
    pthread_mutex_lock(&self->joining);
    struct kafka_consumer *made = self->consumers[place];
    enum err_code code = ERR_NONE;
    if (made == NULL) {
        made = mem_calloc(1, sizeof(*made));
        made->opaque = (struct kafka_opaque){.self = self, .consumer = made};
        made->topic = kafka_work_topics[place];
        made->cancel = cancel_new(NULL);
        window_init(&made->window);
        pthread_mutex_init(&made->mutex, NULL);
        kafka_topic_name(self, made->topic, made->name);
        code = subscribe(made, err);
        if (code == ERR_NONE) {
            atomic_store(&self->consumers[place], made);
        } else {
            (void)kafka_consumer_free(made);
            made = NULL;
        }
    }
    pthread_mutex_unlock(&self->joining);
    *consumer = made;
    return code;
}

void kafka_consumer_end(struct kafka_consumer *consumer)
{
    if (consumer != NULL)
        cancel_request(consumer->cancel);
}

bool kafka_consumer_free(struct kafka_consumer *consumer)
{
    if (consumer == NULL)
        return true;
    bool was_in_group = consumer->thread != NULL;
    kafka_consumer_end(consumer);
    thread_join(consumer->thread);
    window_release(&consumer->window);
    cancel_free(consumer->cancel);
    pthread_mutex_destroy(&consumer->mutex);
    if (was_in_group && !consumer->has_left) {
        // It would wait for its broker as long as a session lasts, and nothing makes it stop. The process is to end
        // and takes it along; until then it says nothing, and what it may be saying right now stays.
        rd_kafka_set_log_level(consumer->handle, -1);
        return false;
    }
    if (consumer->handle != NULL)
        rd_kafka_destroy_flags(consumer->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    free(consumer);
    return true;
}

enum err_code kafka_group_check(struct kafka_consumer *consumer, struct err *err)
{
    struct queue_kafka *self = consumer->opaque.self;
    struct err trouble;
    pthread_mutex_lock(&consumer->mutex);
    trouble = consumer->trouble;
    pthread_mutex_unlock(&consumer->mutex);
    if (trouble.code == ERR_NONE)
        return ERR_NONE;
    // It was so a while ago; nothing tells when it is over but an answer.
    struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS];
    if (queue_kafka_topics(&self->queue, topics, NULL) == ERR_NONE) {
        pthread_mutex_lock(&consumer->mutex);
        err_clear(&consumer->trouble);
        pthread_mutex_unlock(&consumer->mutex);
    }
    *err = trouble;
    return trouble.code;
}
