// Asking the brokers: how long a call waits for them, which failures pass, and requests that are made again.
#include <string.h>

#include "queue/queue_kafka_internal.h"

#define TRY_MS 3000 // of one request: no call of librdkafka can be woken
#define PAUSE_MS 100
#define ENDING_MS 5000 // what calls have, all together, once the process is told to end
// What each of them has even after that: brokers that are well answer in it. But publishing: when one call gives up,
// all do.
#define LAST_MS 500
#define NEW_TOPIC_MS 5000 // how long brokers may not know of a topic that others have made

// ---- patience

void kafka_end_soon(struct queue_kafka *self)
{
    int64_t never = 0;
    atomic_compare_exchange_strong(&self->ending_us, &never, clock_monotonic_us(clock_system()));
}

void kafka_notice_ending(struct queue_kafka *self)
{
    if (cancel_requested(self->told))
        kafka_end_soon(self);
}

struct kafka_patience kafka_patience_new(int64_t most_ms)
{
    int64_t now_us = clock_monotonic_us(clock_system());
    return (struct kafka_patience){.begun_us = now_us, .end_us = now_us + most_ms * 1000};
}

int kafka_patience_left_ms(struct queue_kafka *self, const struct kafka_patience *patience)
{
    int64_t end_us = patience->end_us;
    kafka_notice_ending(self);
    int64_t told_us = atomic_load(&self->ending_us);
    if (told_us > 0) {
        int64_t shared_us = told_us + ENDING_MS * INT64_C(1000);
        int64_t last_us = patience->begun_us + LAST_MS * INT64_C(1000);
        int64_t most_us = shared_us > last_us ? shared_us : last_us;
        end_us = end_us < most_us ? end_us : most_us;
    }
    int64_t left_ms = (end_us - clock_monotonic_us(clock_system()) + 999) / 1000;
    return left_ms <= 0 ? 0 : left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
}

rd_kafka_event_t *kafka_await_event(struct queue_kafka *self, rd_kafka_queue_t *answers, int64_t most_ms)
{
    struct kafka_patience patience = kafka_patience_new(most_ms);
    rd_kafka_event_t *event = NULL;
    int left_ms;
    while (event == NULL && (left_ms = kafka_patience_left_ms(self, &patience)) > 0)
        event = rd_kafka_queue_poll(answers, left_ms < PAUSE_MS ? left_ms : PAUSE_MS);
    return event;
}

// ---- asking again

static bool is_among(rd_kafka_resp_err_t code, const rd_kafka_resp_err_t *codes, size_t count)
{
    size_t i = 0;
    while (i < count && codes[i] != code)
        i++;
    return i < count;
}

// Nobody was there, or somebody else is the one to be asked now: what follows when a broker comes, goes or is
// restarted.
static bool is_passing(rd_kafka_resp_err_t code)
{
    static const rd_kafka_resp_err_t codes[] = {RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE};
    return is_among(code, codes, sizeof(codes) / sizeof(codes[0]));
}

static bool is_unknown_topic(rd_kafka_resp_err_t code)
{
    static const rd_kafka_resp_err_t codes[] = {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR__NOENT};
    return is_among(code, codes, sizeof(codes) / sizeof(codes[0]));
}

// With at most `timeout_ms` for it.
typedef rd_kafka_resp_err_t request(void *arg, int timeout_ms);

static rd_kafka_resp_err_t ask_for(struct queue_kafka *self, request *make, void *arg, int64_t most_ms, int64_t news_ms)
{
    struct kafka_patience patience = kafka_patience_new(most_ms);
    struct kafka_patience news = kafka_patience_new(news_ms);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    int left_ms;
    while ((left_ms = kafka_patience_left_ms(self, &patience)) > 0) {
        code = make(arg, left_ms < TRY_MS ? left_ms : TRY_MS);
        bool is_unknown = is_unknown_topic(code) && kafka_patience_left_ms(self, &news) > 0;
        if (!is_passing(code) && !is_unknown)
            break;
        cancel_wait(NULL, PAUSE_MS);
    }
    return code;
}

static rd_kafka_resp_err_t ask(struct queue_kafka *self, request *make, void *arg)
{
    return ask_for(self, make, arg, KAFKA_REQUEST_MS, NEW_TOPIC_MS);
}

// ---- the requests

struct metadata_asked {
    rd_kafka_t *handle;
    const char *name; // of the topic, where it is about one
    const struct rd_kafka_metadata *metadata;
};

static rd_kafka_resp_err_t ask_metadata(void *arg, int timeout_ms)
{
    struct metadata_asked *asked = arg;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(asked->handle, asked->name, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(asked->handle, 0, topic, &asked->metadata, timeout_ms);
    rd_kafka_topic_destroy(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    code = asked->metadata->topic_cnt == 1 ? asked->metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(asked->metadata);
    return code;
}

static rd_kafka_topic_partition_list_t *partitions_of(const struct rd_kafka_metadata_topic *topic, const char *name)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(topic->partition_cnt);
    for (int i = 0; i < topic->partition_cnt; i++)
        rd_kafka_topic_partition_list_add(list, name, topic->partitions[i].id);
    return list;
}

enum err_code kafka_partitions(struct queue_kafka *self, rd_kafka_t *handle, const char *name,
    rd_kafka_topic_partition_list_t **list, struct err *err)
{
    struct metadata_asked asked = {.handle = handle, .name = name};
    *list = NULL;
    rd_kafka_resp_err_t code = ask(self, ask_metadata, &asked);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return kafka_error(self, code, "asking for a topic's partitions", err);
    *list = partitions_of(&asked.metadata->topics[0], name);
    rd_kafka_metadata_destroy(asked.metadata);
    return ERR_NONE;
}

struct offsets_asked {
    rd_kafka_t *handle;
    rd_kafka_topic_partition_list_t *list;
    enum kafka_end which;
    bool again;
};

// librdkafka remembers who leads a partition until it is told of another, also when he is dead.
static void look_for_leaders(const struct offsets_asked *asked, int timeout_ms)
{
    struct metadata_asked topic = {.handle = asked->handle, .name = asked->list->elems[0].topic};
    if (ask_metadata(&topic, timeout_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(topic.metadata);
}

static rd_kafka_resp_err_t ask_offsets(void *arg, int timeout_ms)
{
    struct offsets_asked *asked = arg;
    if (asked->again) {
        timeout_ms = (timeout_ms + 1) / 2;
        look_for_leaders(asked, timeout_ms);
    }
    asked->again = true;
    for (int i = 0; i < asked->list->cnt; i++)
        asked->list->elems[i].offset = asked->which;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(asked->handle, asked->list, timeout_ms);
    for (int i = 0; i < asked->list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        code = asked->list->elems[i].err;
    return code;
}

// Not rd_kafka_query_watermark_offsets(): it forgets its time-out as long as the leader that it knows is dead.
enum err_code kafka_offsets(struct queue_kafka *self, rd_kafka_t *handle, rd_kafka_topic_partition_list_t *list,
    enum kafka_end which, struct err *err)
{
    struct offsets_asked asked = {.handle = handle, .list = list, .which = which};
    if (list->cnt == 0)
        return ERR_NONE;
    rd_kafka_resp_err_t code = ask(self, ask_offsets, &asked);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ERR_NONE
                                              : kafka_error(self, code, "asking how much is in a topic", err);
}

enum err_code kafka_offset(struct queue_kafka *self, rd_kafka_t *handle, const char *name, enum kafka_end which,
    int64_t *offset, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, 0);
    enum err_code code = kafka_offsets(self, handle, list, which, err);
    *offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return code;
}

enum err_code kafka_await_topic(struct queue_kafka *self, const char *name, int64_t most_ms, struct err *err)
{
    struct metadata_asked topic = {.handle = self->producer, .name = name};
    struct offsets_asked ends = {.handle = self->producer, .which = KAFKA_LATEST};
    struct kafka_patience patience = kafka_patience_new(most_ms);
    rd_kafka_resp_err_t code = ask_for(self, ask_metadata, &topic, most_ms, most_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ends.list = partitions_of(&topic.metadata->topics[0], name);
        rd_kafka_metadata_destroy(topic.metadata);
        most_ms = kafka_patience_left_ms(self, &patience);
        code = ask_for(self, ask_offsets, &ends, most_ms, most_ms);
        rd_kafka_topic_partition_list_destroy(ends.list);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return ERR_NONE;
    if (is_passing(code) || is_unknown_topic(code))
        return err_set(err, ERR_UNAVAILABLE,
            "Kafka at %s (--queue) took the topic %s but does not answer for all of its partitions yet: %s: "
            "look at the brokers, and start this again",
            self->brokers, name, rd_kafka_err2str(code));
    return kafka_error(self, code, "looking at a topic that was made", err);
}

static rd_kafka_resp_err_t ask_committed(void *arg, int timeout_ms)
{
    struct offsets_asked *asked = arg;
    return rd_kafka_committed(asked->handle, asked->list, timeout_ms);
}

rd_kafka_resp_err_t kafka_committed(
    struct queue_kafka *self, rd_kafka_t *handle, rd_kafka_topic_partition_list_t *partitions)
{
    struct offsets_asked asked = {.handle = handle, .list = partitions};
    return ask(self, ask_committed, &asked);
}

static rd_kafka_resp_err_t ask_topics(void *arg, int timeout_ms)
{
    struct metadata_asked *asked = arg;
    return rd_kafka_metadata(asked->handle, 1, NULL, &asked->metadata, timeout_ms);
}

enum err_code kafka_all_topics(
    struct queue_kafka *self, const struct rd_kafka_metadata **metadata, int timeout_ms, struct err *err)
{
    struct metadata_asked asked = {.handle = self->producer};
    rd_kafka_resp_err_t code = timeout_ms > 0 ? ask_topics(&asked, timeout_ms) : ask(self, ask_topics, &asked);
    *metadata = asked.metadata;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? ERR_NONE : kafka_error(self, code, "asking for its topics", err);
}
