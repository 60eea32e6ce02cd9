// What every queue does for those who wait, for readers of logs, and for several threads at once.
#include "queue_contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "os/cancel.h"

// ---- waiting

struct publisher {
    struct fixture *f;
    const char *topic;
};

static void *publish_one(void *arg)
{
    const struct publisher *publisher = arg;
    const struct queue_item item = {.key = VIDEO, .body = "hello", .body_size = 5};
    struct err err;
    return queue_publish(publisher->f->queue, publisher->topic, &item, 1, &err) == ERR_NONE ? NULL : arg;
}

static void a_waiting_receiver_is_woken_by_a_publisher(void **state)
{
    struct fixture *f = *state;
    struct publisher publisher = {.f = f, .topic = TOPIC_FRAMES};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, publish_one, &publisher), 0);
    struct queue_message *message;
    size_t count = 0;
    assert_ok(queue_receive(f->queue, TOPIC_FRAMES, "w", 1, PATIENCE_MS, NULL, &message, &count, &failure), &failure);
    assert_int_equal(count, 1);
    ack(f, message);
    void *failed;
    pthread_join(thread, &failed);
    assert_null(failed);
}

static void a_receiver_that_gets_nothing_in_time_is_no_error(void **state)
{
    struct fixture *f = *state;
    struct queue_message *message;
    size_t count = 1;
    assert_ok(queue_receive(f->queue, TOPIC_FRAMES, "w", 1, 20, NULL, &message, &count, &failure), &failure);
    assert_int_equal(count, 0);
}

static void *request_cancel(void *cancel)
{
    cancel_request(cancel);
    return NULL;
}

static void a_cancel_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    struct cancel *cancel = cancel_new(NULL);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, request_cancel, cancel), 0);
    struct queue_message *message;
    size_t count;
    assert_code(
        queue_receive(f->queue, TOPIC_FRAMES, "w", 1, PATIENCE_MS, cancel, &message, &count, &failure), ERR_CANCELLED);
    assert_code(
        queue_log_read(f->queue, TOPIC_ACTIVITY, 0, 1, PATIENCE_MS, cancel, &message, &count, &failure), ERR_CANCELLED);
    pthread_join(thread, NULL);
    cancel_free(cancel);
}

// ---- log topics

static size_t read_log(struct fixture *f, int64_t offset, struct queue_message **messages, size_t max)
{
    size_t count = 0;
    assert_ok(queue_log_read(f->queue, TOPIC_ACTIVITY, offset, max, 0, NULL, messages, &count, &failure), &failure);
    return count;
}

static void everybody_reads_the_whole_log(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_ACTIVITY, VIDEO, "a");
    publish(f, TOPIC_ACTIVITY, VIDEO, "b");
    publish(f, TOPIC_ACTIVITY, VIDEO, "c");
    for (int reader = 0; reader < 2; reader++) {
        int64_t offset = 0;
        for (int i = 0; i < 3; i++) {
            struct queue_message *message;
            assert_int_equal(read_log(f, offset, &message, 1), 1);
            assert_int_equal(message->body[0], 'a' + i);
            assert_true(message->lease > offset);
            offset = message->lease;
            queue_message_free(message);
        }
        struct queue_message *none;
        assert_int_equal(read_log(f, offset, &none, 1), 0);
        int64_t end;
        assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &failure), &failure);
        assert_int_equal(end, offset);
    }
}

static void an_empty_log_ends_at_zero(void **state)
{
    struct fixture *f = *state;
    int64_t end = 1;
    assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &failure), &failure);
    assert_int_equal(end, 0);
}

static void a_log_keeps_the_newest_messages(void **state)
{
    struct fixture *f = *state;
    enum { PUBLISHED = 3000, KEPT = 1000, SLACK = 256 };
    for (int i = 0; i < PUBLISHED; i += 10) {
        char bodies[10][8];
        struct queue_item items[10];
        for (int k = 0; k < 10; k++) {
            snprintf(bodies[k], sizeof(bodies[k]), "%d", i + k);
            items[k] = (struct queue_item){.key = VIDEO, .body = bodies[k], .body_size = strlen(bodies[k])};
        }
        assert_ok(queue_publish(f->queue, TOPIC_ACTIVITY, items, 10, &failure), &failure);
    }
    int seen = 0;
    int next = -1;
    int64_t offset = 0;
    struct queue_message *messages[100];
    for (size_t got = read_log(f, 0, messages, 100); got > 0; got = read_log(f, offset, messages, 100)) {
        for (size_t i = 0; i < got; i++) {
            if (next >= 0)
                assert_int_equal(atoi(messages[i]->body), next);
            next = atoi(messages[i]->body) + 1;
            offset = messages[i]->lease;
            queue_message_free(messages[i]);
        }
        seen += (int)got;
    }
    assert_int_equal(next, PUBLISHED);
    assert_in_range(seen, KEPT, KEPT + SLACK);
}

static void a_waiting_reader_of_the_log_is_woken(void **state)
{
    struct fixture *f = *state;
    struct publisher publisher = {.f = f, .topic = TOPIC_ACTIVITY};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, publish_one, &publisher), 0);
    struct queue_message *message;
    size_t count = 0;
    assert_ok(queue_log_read(f->queue, TOPIC_ACTIVITY, 0, 1, PATIENCE_MS, NULL, &message, &count, &failure), &failure);
    assert_int_equal(count, 1);
    queue_message_free(message);
    pthread_join(thread, NULL);
}

// ---- threads

#define PRODUCERS 3
#define CONSUMERS 3
#define PER_PRODUCER 200

struct crowd {
    struct fixture *f;
    int producer;
    atomic_int *deliveries; // PRODUCERS * PER_PRODUCER
    atomic_int *acked;
    atomic_int *failures;
};

static void *produce(void *arg)
{
    const struct crowd *crowd = arg;
    struct err err;
    for (int i = 0; i < PER_PRODUCER; i++) {
        int number = crowd->producer * PER_PRODUCER + i;
        const struct queue_item item = {.key = VIDEO, .body = &number, .body_size = sizeof(number)};
        if (queue_publish(crowd->f->queue, TOPIC_FRAMES, &item, 1, &err) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
    }
    return NULL;
}

static void *consume(void *arg)
{
    const struct crowd *crowd = arg;
    struct err err;
    while (atomic_load(crowd->acked) < PRODUCERS * PER_PRODUCER && atomic_load(crowd->failures) == 0) {
        struct queue_message *messages[16];
        size_t count = 0;
        if (queue_receive(crowd->f->queue, TOPIC_FRAMES, "w", 16, 50, NULL, messages, &count, &err) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
        for (size_t i = 0; i < count; i++) {
            int number;
            memcpy(&number, messages[i]->body, sizeof(number));
            atomic_fetch_add(&crowd->deliveries[number], 1);
        }
        if (queue_ack(crowd->f->queue, messages, count, &err) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
        atomic_fetch_add(crowd->acked, (int)count);
        for (size_t i = 0; i < count; i++)
            queue_message_free(messages[i]);
    }
    return NULL;
}

static void threads_share_the_work_and_each_message_is_done_once(void **state)
{
    struct fixture *f = *state;
    atomic_int *deliveries = mem_calloc(PRODUCERS * PER_PRODUCER, sizeof(*deliveries));
    atomic_int acked = 0;
    atomic_int failures = 0;
    struct crowd crowds[PRODUCERS + CONSUMERS];
    pthread_t threads[PRODUCERS + CONSUMERS];
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++) {
        crowds[i] =
            (struct crowd){.f = f, .producer = i, .deliveries = deliveries, .acked = &acked, .failures = &failures};
        assert_int_equal(pthread_create(&threads[i], NULL, i < PRODUCERS ? produce : consume, &crowds[i]), 0);
    }
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    for (int i = 0; i < PRODUCERS * PER_PRODUCER; i++)
        assert_int_equal(atomic_load(&deliveries[i]), 1);
    assert_stats(f, TOPIC_FRAMES, 0, 0);
    free(deliveries);
}

static void it_answers_a_ping(void **state)
{
    struct fixture *f = *state;
    assert_ok(queue_ping(f->queue, &failure), &failure);
}

static const struct CMUnitTest tests[] = {
    contract(a_waiting_receiver_is_woken_by_a_publisher),
    contract(a_receiver_that_gets_nothing_in_time_is_no_error),
    contract(a_cancel_ends_the_wait),
    contract(everybody_reads_the_whole_log),
    contract(an_empty_log_ends_at_zero),
    contract(a_log_keeps_the_newest_messages),
    contract(a_waiting_reader_of_the_log_is_woken),
    contract(threads_share_the_work_and_each_message_is_done_once),
    contract(it_answers_a_ping),
};
CONTRACT_PART(waiting_part, tests);
