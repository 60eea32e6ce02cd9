#include "queue/queue_kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "queue/queue_kafka_internal.h"

const char *const kafka_work_topics[KAFKA_WORK_TOPICS] = {
    TOPIC_SOURCES, TOPIC_SEGMENTS, TOPIC_FRAMES, TOPIC_DETECTIONS};

enum err_code kafka_topic_place(const char *topic, size_t *place, struct err *err)
{
    for (*place = 0; *place < KAFKA_WORK_TOPICS; (*place)++) {
        if (strcmp(kafka_work_topics[*place], topic) == 0)
            return ERR_NONE;
    }
    return err_set(err, ERR_INVALID, "'%.40s' is no topic of the queue over Kafka", topic);
}

void kafka_topic_name(const struct queue_kafka *self, const char *topic, char out[KAFKA_NAME_SIZE])
{
    snprintf(out, KAFKA_NAME_SIZE, "%s%s", self->prefix, topic);
}

static enum err_code kafka_publish(
    struct queue *queue, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    size_t place;
    enum err_code code = log ? ERR_NONE : kafka_topic_place(topic, &place, err);
    if (code != ERR_NONE)
        return code;
    struct kafka_record *records = mem_calloc(count, sizeof(*records));
    for (size_t i = 0; i < count; i++) {
        records[i] = (struct kafka_record){.topic = topic,
            .key = items[i].key,
            .body = items[i].body != NULL ? items[i].body : "",
            .body_size = items[i].body_size,
            .headers = rd_kafka_headers_new(1)};
        kafka_header_int(records[i].headers, "published-us", clock_wall_us(self->clock));
    }
    code = kafka_produce(self, records, count, err);
    free(records);
    if (log && code == ERR_NONE) {
        kafka_log_published(self, topic, count);
        queue_wait_wake(&self->wait, topic, count, true);
    }
    return code;
}

static enum err_code kafka_has(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err)
{
    (void)queue, (void)topic, (void)video, (void)err;
    *has = false;
    return ERR_NONE;
}

static enum err_code kafka_purge(struct queue *queue, const char *video, struct err *err)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    for (size_t i = 0; i < KAFKA_WORK_TOPICS; i++) {
        struct kafka_consumer *consumer = atomic_load(&self->consumers[i]);
        if (consumer == NULL)
            continue;
        pthread_mutex_lock(&consumer->mutex);
        window_purge(&consumer->window, video);
        pthread_mutex_unlock(&consumer->mutex);
    }
    return kafka_letters_purge(self, video, err);
}

static enum err_code kafka_ping(struct queue *queue, struct err *err)
{
    struct queue_kafka_topic topics[QUEUE_KAFKA_TOPICS];
    enum err_code code = queue_kafka_topics(queue, topics, err);
    for (size_t i = 0; i < QUEUE_KAFKA_TOPICS && code == ERR_NONE; i++) {
        if (topics[i].partitions == 0)
            code = err_set(err, ERR_UNAVAILABLE,
                "Kafka at %s (--queue) has no topic %s any more: make the topics with `framehound queue init`",
                queue_kafka_of(queue)->brokers, topics[i].name);
    }
    return code;
}

static void kafka_free(struct queue *queue)
{
    struct queue_kafka *self = queue_kafka_of(queue);
    bool is_known = false; // to a consumer that lives on
    kafka_end_soon(self);
    for (size_t i = 0; i < KAFKA_WORK_TOPICS; i++)
        kafka_consumer_end(atomic_load(&self->consumers[i]));
    for (size_t i = 0; i < KAFKA_WORK_TOPICS; i++) {
        is_known = !kafka_consumer_free(atomic_load(&self->consumers[i])) || is_known;
        if (self->observers[i] != NULL)
            rd_kafka_destroy_flags(self->observers[i], RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    cancel_request(self->stop);
    kafka_producer_stop(self);
    kafka_letters_release(&self->letters);
    if (self->log_topic.handle != NULL)
        rd_kafka_destroy_flags(self->log_topic.handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_destroy(&self->log_topic.mutex);
    pthread_mutex_destroy(&self->joining);
    pthread_mutex_destroy(&self->mutex);
    queue_wait_release(&self->wait);
    cancel_free(self->stop);
    free(self->brokers);
    free(self->prefix);
    free(self->config);
    if (!is_known)
        free(self);
}

static const struct queue_ops kafka_ops = {
    .name = "kafka",
    .free = kafka_free,
    .publish = kafka_publish,
    .receive = queue_kafka_receive,
    .ack = queue_kafka_ack,
    .reject = queue_kafka_reject,
    .release = queue_kafka_release,
    .extend = queue_kafka_extend,
    .stats = queue_kafka_stats,
    .has = kafka_has,
    .purge = kafka_purge,
    .dead_letters = queue_kafka_dead_letters,
    .retry_dead_letter = queue_kafka_retry_dead_letter,
    .log_read = queue_kafka_log_read,
    .log_end = queue_kafka_log_end,
    .ping = kafka_ping,
};

void queue_kafka_settings_default(struct queue_kafka_settings *settings)
{
    *settings = (struct queue_kafka_settings){.brokers = "127.0.0.1:9092",
        .prefix = "framehound.",
        .partitions = QUEUE_KAFKA_PARTITIONS,
        .replication = QUEUE_KAFKA_REPLICATION,
        .make_topics = true};
}

// What Kafka allows in names, and short enough that every topic's name fits.
static enum err_code check_prefix(const char *prefix, struct err *err)
{
    enum { PREFIX_MAX = 200 };
    size_t fine = strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    if (fine <= PREFIX_MAX && prefix[fine] == '\0')
        return ERR_NONE;
    return err_set(err, ERR_INVALID,
        "'%.60s' cannot begin the names of Kafka's topics (--queue): up to %d letters, digits, '.', '_' and '-'",
        prefix, PREFIX_MAX);
}

enum err_code kafka_new(const struct queue_kafka_settings *settings, const struct queue_options *options,
    const struct clock *clock, struct log *log, struct queue_kafka **out, struct err *err)
{
    *out = NULL;
    enum err_code code = check_prefix(settings->prefix, err);
    if (code != ERR_NONE)
        return code;
    struct queue_kafka *self = mem_calloc(1, sizeof(*self));
    self->queue.ops = &kafka_ops;
    self->opaque.self = self;
    if (options != NULL)
        self->options = *options;
    else
        queue_options_default(&self->options);
    self->clock = clock;
    self->log = log;
    self->brokers = mem_strdup(settings->brokers);
    self->prefix = mem_strdup(settings->prefix);
    self->config = mem_strdup(settings->config);
    self->partitions = settings->partitions;
    self->replication = settings->replication;
    self->told = settings->cancel;
    self->stop = cancel_new(NULL);
    pthread_mutex_init(&self->mutex, NULL);
    pthread_mutex_init(&self->joining, NULL);
    pthread_mutex_init(&self->letters.mutex, NULL);
    pthread_mutex_init(&self->log_topic.mutex, NULL);
    queue_wait_init(&self->wait);
    code = kafka_producer_start(self, err);
    if (code != ERR_NONE) {
        kafka_free(&self->queue);
        return code;
    }
    *out = self;
    return ERR_NONE;
}

enum err_code queue_kafka_open(const struct queue_kafka_settings *settings, const struct queue_options *options,
    const struct clock *clock, struct log *log, struct queue **queue, struct err *err)
{
    struct queue_kafka *self;
    *queue = NULL;
    enum err_code code = kafka_new(settings, options, clock, log, &self, err);
    if (code != ERR_NONE)
        return code;
    code = kafka_admin_prepare(self, settings->make_topics, err);
    if (code != ERR_NONE) {
        kafka_free(&self->queue);
        return code;
    }
    *queue = &self->queue;
    return ERR_NONE;
}
