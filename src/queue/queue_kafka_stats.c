// How much waits in a work topic: what this process holds, what is behind that in its partitions, and what the group
// has not committed in the partitions of others.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

static enum err_code observer_of(struct queue_kafka *self, size_t place, rd_kafka_t **observer, struct err *err)
{
    char name[KAFKA_NAME_SIZE];
    enum err_code code = ERR_NONE;
    kafka_topic_name(self, kafka_work_topics[place], name);
    pthread_mutex_lock(&self->joining);
    if (self->observers[place] == NULL)
        code = kafka_client_new_observer(self, name, &self->observers[place], err);
    *observer = self->observers[place];
    pthread_mutex_unlock(&self->joining);
    return code;
}

static int64_t at_least_zero(int64_t value)
{
    return value > 0 ? value : 0;
}

// `ends`, `committed` and `begins` have the same partitions in the same order.
static void add_up(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *begins,
    const rd_kafka_topic_partition_list_t *ends, const rd_kafka_topic_partition_list_t *committed,
    struct queue_stats *stats)
{
    if (consumer != NULL)
        pthread_mutex_lock(&consumer->mutex);
    for (int i = 0; i < ends->cnt; i++) {
        const struct window_partition *ours =
            consumer != NULL ? window_partition(&consumer->window, ends->elems[i].partition) : NULL;
        int64_t from = committed->elems[i].offset >= begins->elems[i].offset ? committed->elems[i].offset
                                                                             : begins->elems[i].offset;
        if (ours != NULL && ours->next >= 0)
            from = ours->next;
        stats->ready += at_least_zero(ends->elems[i].offset - from);
    }
    if (consumer != NULL) {
        stats->ready += (int64_t)(consumer->window.count - consumer->window.leased_count);
        stats->leased += (int64_t)consumer->window.leased_count;
        pthread_mutex_unlock(&consumer->mutex);
    }
}

enum err_code queue_kafka_stats(struct queue *queue, const char *topic, struct queue_stats *stats, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    rd_kafka_topic_partition_list_t *ends = NULL, *begins = NULL, *committed = NULL;
    rd_kafka_t *observer = NULL;
    char name[KAFKA_NAME_SIZE];
    size_t place;
    enum err_code code = kafka_topic_place(topic, &place, err);
    if (code == ERR_NONE)
        code = observer_of(self, place, &observer, err);
    if (code != ERR_NONE)
        return code;
    kafka_topic_name(self, topic, name);
    code = kafka_partitions(self, observer, name, &ends, err);
    if (code == ERR_NONE) {
        begins = rd_kafka_topic_partition_list_copy(ends);
        committed = rd_kafka_topic_partition_list_copy(ends);
        rd_kafka_resp_err_t failure = kafka_committed(self, observer, committed);
        if (failure != RD_KAFKA_RESP_ERR_NO_ERROR)
            code = kafka_error(self, failure, "asking how far a group is", err);
    }
    if (code == ERR_NONE)
        code = kafka_offsets(self, observer, begins, KAFKA_EARLIEST, err);
    if (code == ERR_NONE)
        code = kafka_offsets(self, observer, ends, KAFKA_LATEST, err);
    if (code == ERR_NONE)
        add_up(atomic_load(&self->consumers[place]), begins, ends, committed, stats);
    if (ends != NULL)
        rd_kafka_topic_partition_list_destroy(ends);
    if (begins != NULL)
        rd_kafka_topic_partition_list_destroy(begins);
    if (committed != NULL)
        rd_kafka_topic_partition_list_destroy(committed);
    return code;
}

static bool has_all(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *ends)
{
    bool all = true;
    pthread_mutex_lock(&consumer->mutex);
    for (int i = 0; i < ends->cnt && all; i++) {
        const struct window_partition *ours = window_partition(&consumer->window, ends->elems[i].partition);
        all = ours != NULL && ours->next >= ends->elems[i].offset;
    }
    pthread_mutex_unlock(&consumer->mutex);
    return all;
}

enum err_code queue_kafka_catch_up(struct queue *queue, const char *topic, int64_t timeout_ms, struct err *err)
{
    enum { PAUSE_MS = 5 };
    struct queue_kafka *self = queue_kafka_of(queue);
    struct kafka_consumer *consumer;
    rd_kafka_topic_partition_list_t *ends = NULL;
    size_t place;
    enum err_code code = kafka_topic_place(topic, &place, err);
    if (code == ERR_NONE)
        code = kafka_group_join(self, place, &consumer, err);
    if (code == ERR_NONE)
        code = kafka_partitions(self, self->producer, consumer->name, &ends, err);
    if (code == ERR_NONE)
        code = kafka_offsets(self, self->producer, ends, KAFKA_LATEST, err);
    int64_t end_us = clock_monotonic_us(clock_system()) + timeout_ms * 1000;
    while (code == ERR_NONE && !has_all(consumer, ends)) {
        if (clock_monotonic_us(clock_system()) >= end_us)
            code = err_set(
                err, ERR_TIMEOUT, "%s: not everything came within %lld ms", consumer->name, (long long)timeout_ms);
        cancel_wait(self->stop, PAUSE_MS);
    }
    if (ends != NULL)
        rd_kafka_topic_partition_list_destroy(ends);
    return code;
}
