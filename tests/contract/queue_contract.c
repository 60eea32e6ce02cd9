// What every queue does, whatever is behind it. Run as: queue_contract BACKEND
#include "base/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/cancel.h"
#include "os/file.h"
#include "queue/queue.h"
#include "queue/queue_kafka.h"
#include "queue/queue_memory.h"
#include "queue/queue_sqlite.h"

#define VIDEO "00000000000000aa"
#define OTHER_VIDEO "00000000000000bb"
#define SECOND_US ((int64_t)1000000)
// Long enough for any machine; nothing waits this long unless it fails.
#define PATIENCE_MS 20000

static const char *backend;
static struct err err;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct clock_manual clock;
    struct queue *queue;
};

// Kafka's brokers, for which the caller has seen to (scripts/live-servers); each case has topics of its own.
#define KAFKA_VARIABLE "FRAMEHOUND_TEST_KAFKA"

static bool is_kafka(void)
{
    return strcmp(backend, "kafka") == 0;
}

static struct queue *open_kafka(const struct queue_options *options, const struct clock *clock)
{
    static int number;
    struct queue_kafka_settings settings;
    struct queue *queue;
    queue_kafka_settings_default(&settings);
    settings.brokers = getenv(KAFKA_VARIABLE);
    char *prefix = mem_sprintf("contract-%ld-%d-%d.", (long)time(NULL), (int)getpid(), number++);
    settings.prefix = prefix;
    settings.partitions = 1; // with more, messages of different videos come in any order
    settings.replication = 1;
    assert_ok(queue_kafka_open(&settings, options, clock, log_none(), &queue, &err), &err);
    free(prefix);
    return queue;
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    clock_manual_init(&f->clock, 1000 * SECOND_US);
    const struct queue_options options = {
        .max_attempts = 3, .lease_ms = 30000, .log_retention = 1000, .retry_base_ms = 1000};
    if (strcmp(backend, "sqlite") == 0) {
        assert_ok(dir_make_temporary(NULL, "queue-contract-", f->folder, &err), &err);
        char *path = mem_sprintf("%s/queue.db", f->folder);
        assert_ok(queue_sqlite_open(path, &options, &f->clock.clock, &f->queue, &err), &err);
        free(path);
    } else if (is_kafka()) {
        f->queue = open_kafka(&options, &f->clock.clock);
    } else {
        f->queue = queue_memory_new(&options, &f->clock.clock);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    queue_free(f->queue);
    if (f->folder[0] != '\0')
        assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

static void pass(struct fixture *f, int64_t us)
{
    f->clock.now_us += us;
}

static void publish(struct fixture *f, const char *topic, const char *key, const char *body)
{
    const struct queue_item item = {.key = key, .body = body, .body_size = strlen(body)};
    assert_ok(queue_publish(f->queue, topic, &item, 1, &err), &err);
}

static size_t receive_up_to(struct fixture *f, const char *topic, size_t max, struct queue_message **messages)
{
    size_t count = 0;
    if (is_kafka()) // messages are on their way to us, and whether any are left is not known without asking
        assert_ok(queue_kafka_catch_up(f->queue, topic, PATIENCE_MS, &err), &err);
    assert_ok(queue_receive(f->queue, topic, "worker-1", max, 0, NULL, messages, &count, &err), &err);
    return count;
}

// The one message that can be received now; NULL if there is none.
static struct queue_message *receive(struct fixture *f, const char *topic)
{
    struct queue_message *message = NULL;
    return receive_up_to(f, topic, 1, &message) == 1 ? message : NULL;
}

static struct queue_message *receive_some(struct fixture *f, const char *topic)
{
    struct queue_message *message = receive(f, topic);
    assert_non_null(message);
    return message;
}

static void assert_nothing(struct fixture *f, const char *topic)
{
    assert_null(receive(f, topic));
}

static void ack(struct fixture *f, struct queue_message *message)
{
    assert_ok(queue_ack(f->queue, &message, 1, &err), &err);
    queue_message_free(message);
}

static bool reject(struct fixture *f, struct queue_message *message, const char *reason)
{
    bool dead = false;
    assert_ok(queue_reject(f->queue, message, reason, &dead, &err), &err);
    queue_message_free(message);
    return dead;
}

static void assert_stats(struct fixture *f, const char *topic, int64_t ready, int64_t leased)
{
    struct queue_stats stats;
    assert_ok(queue_stats(f->queue, topic, &stats, &err), &err);
    assert_int_equal(stats.ready, ready);
    assert_int_equal(stats.leased, leased);
}

static size_t count_letters(struct fixture *f, const char *video)
{
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, video, 0, 1000, &letters, &count, &err), &err);
    queue_dead_letters_free(letters, count);
    return count;
}

// ---- publishing and receiving

static void a_message_is_gone_after_its_acknowledgement(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO "/0", "one");
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_string_equal(message->body, "one");
    assert_int_equal(message->body_size, 3);
    assert_string_equal(message->key, VIDEO "/0");
    assert_string_equal(message->topic, TOPIC_FRAMES);
    assert_int_equal(message->attempt, 1);
    assert_int_equal(message->published_us, 1000 * SECOND_US);
    assert_nothing(f, TOPIC_FRAMES);
    ack(f, message);
    pass(f, 3600 * SECOND_US);
    assert_nothing(f, TOPIC_FRAMES);
    assert_stats(f, TOPIC_FRAMES, 0, 0);
}

static void messages_come_in_the_order_of_publishing(void **state)
{
    struct fixture *f = *state;
    char bodies[100][8];
    struct queue_item items[100];
    for (int i = 0; i < 100; i++) {
        snprintf(bodies[i], sizeof(bodies[i]), "%d", i);
        items[i] = (struct queue_item){.key = VIDEO, .body = bodies[i], .body_size = strlen(bodies[i])};
    }
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, items, 50, &err), &err);
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, items + 50, 50, &err), &err);
    struct queue_message *messages[64];
    size_t got = receive_up_to(f, TOPIC_FRAMES, 64, messages);
    assert_int_equal(got, 64);
    for (size_t i = 0; i < got; i++)
        assert_string_equal(messages[i]->body, bodies[i]);
    assert_ok(queue_ack(f->queue, messages, got, &err), &err);
    for (size_t i = 0; i < got; i++)
        queue_message_free(messages[i]);
    assert_stats(f, TOPIC_FRAMES, 36, 0);
}

static void topics_do_not_mix(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_SEGMENTS, VIDEO, "segment");
    assert_nothing(f, TOPIC_FRAMES);
    ack(f, receive_some(f, TOPIC_SEGMENTS));
}

static void bodies_are_any_bytes_and_may_be_empty(void **state)
{
    struct fixture *f = *state;
    const char bytes[] = {0, 1, (char)0xFF, 0, '\n'};
    const struct queue_item items[] = {{.key = VIDEO, .body = bytes, .body_size = sizeof(bytes)}, {.key = VIDEO}};
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, items, 2, &err), &err);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->body_size, sizeof(bytes));
    assert_memory_equal(message->body, bytes, sizeof(bytes));
    ack(f, message);
    message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->body_size, 0);
    assert_string_equal(message->body, "");
    ack(f, message);
}

static void the_largest_body_fits_and_a_larger_one_publishes_nothing(void **state)
{
    struct fixture *f = *state;
    char *body = mem_calloc(1, QUEUE_BODY_MAX + 1);
    struct queue_item items[] = {
        {.key = VIDEO, .body = "small", .body_size = 5}, {.key = VIDEO, .body = body, .body_size = QUEUE_BODY_MAX + 1}};
    assert_code(queue_publish(f->queue, TOPIC_FRAMES, items, 2, &err), ERR_LIMIT);
    assert_nothing(f, TOPIC_FRAMES);
    items[1].body_size = QUEUE_BODY_MAX;
    assert_ok(queue_publish(f->queue, TOPIC_FRAMES, &items[1], 1, &err), &err);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->body_size, QUEUE_BODY_MAX);
    ack(f, message);
    free(body);
}

static void wrong_keys_and_topics_are_invalid(void **state)
{
    struct fixture *f = *state;
    char long_key[QUEUE_KEY_MAX + 2];
    memset(long_key, 'k', sizeof(long_key) - 1);
    long_key[sizeof(long_key) - 1] = '\0';
    const char *keys[] = {"", NULL, long_key};
    for (size_t i = 0; i < 3; i++) {
        const struct queue_item item = {.key = keys[i]};
        assert_code(queue_publish(f->queue, TOPIC_FRAMES, &item, 1, &err), ERR_INVALID);
    }
    const char *topics[] = {"", "With Space", "a-topic-with-a-name-that-is-far-too-long-for-it"};
    const struct queue_item item = {.key = VIDEO};
    for (size_t i = 0; i < 3; i++)
        assert_code(queue_publish(f->queue, topics[i], &item, 1, &err), ERR_INVALID);
    struct queue_message *message;
    size_t count;
    assert_code(queue_receive(f->queue, TOPIC_ACTIVITY, "w", 1, 0, NULL, &message, &count, &err), ERR_INVALID);
    assert_code(queue_log_read(f->queue, TOPIC_FRAMES, 0, 1, 0, NULL, &message, &count, &err), ERR_INVALID);
}

// ---- giving back

static void a_rejected_message_comes_back_after_a_growing_delay(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "fails");
    assert_false(reject(f, receive_some(f, TOPIC_FRAMES), "first"));
    assert_stats(f, TOPIC_FRAMES, 1, 0);
    pass(f, SECOND_US - 1);
    assert_nothing(f, TOPIC_FRAMES);
    pass(f, 1);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->attempt, 2);
    assert_false(reject(f, message, "second"));
    pass(f, 2 * SECOND_US - 1);
    assert_nothing(f, TOPIC_FRAMES);
    pass(f, 1);
    ack(f, receive_some(f, TOPIC_FRAMES));
}

static void others_are_delivered_while_one_waits_for_its_next_attempt(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "fails");
    publish(f, TOPIC_FRAMES, VIDEO, "next");
    reject(f, receive_some(f, TOPIC_FRAMES), "no");
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_string_equal(message->body, "next");
    ack(f, message);
}

static void after_the_last_attempt_it_is_a_dead_letter_with_its_reason(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO "/7", "poison");
    for (int attempt = 1; attempt <= 3; attempt++) {
        bool dead = reject(f, receive_some(f, TOPIC_FRAMES), attempt == 3 ? "the last reason" : "a reason");
        assert_int_equal(dead, attempt == 3);
        pass(f, 60 * SECOND_US);
    }
    assert_nothing(f, TOPIC_FRAMES);
    assert_stats(f, TOPIC_FRAMES, 0, 0);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, NULL, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(letters->reason, "the last reason");
    assert_string_equal(letters->topic, TOPIC_FRAMES);
    assert_string_equal(letters->key, VIDEO "/7");
    assert_string_equal(letters->body, "poison");
    assert_int_equal(letters->body_size, 6);
    assert_int_equal(letters->attempts, 3);
    assert_int_equal(letters->failed_us, f->clock.now_us - 60 * SECOND_US);
    queue_dead_letters_free(letters, count);
}

static void a_buried_message_is_dead_at_once(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_SEGMENTS, VIDEO, "hopeless");
    struct queue_message *message = receive_some(f, TOPIC_SEGMENTS);
    assert_ok(queue_bury(f->queue, message, "no video in it", &err), &err);
    assert_code(queue_ack(f->queue, &message, 1, &err), ERR_CONFLICT);
    queue_message_free(message);
    assert_nothing(f, TOPIC_SEGMENTS);
    assert_int_equal(count_letters(f, NULL), 1);
}

static void a_released_message_comes_back_at_once_without_counting(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "later");
    for (int i = 0; i < 10; i++) {
        struct queue_message *message = receive_some(f, TOPIC_FRAMES);
        assert_int_equal(message->attempt, 1);
        assert_ok(queue_release(f->queue, message, &err), &err);
        queue_message_free(message);
    }
    ack(f, receive_some(f, TOPIC_FRAMES));
}

static void a_released_message_keeps_its_place(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "1");
    publish(f, TOPIC_FRAMES, VIDEO, "2");
    publish(f, TOPIC_FRAMES, VIDEO, "3");
    struct queue_message *messages[3];
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 3, messages), 3);
    for (size_t i = 3; i-- > 0;) {
        assert_ok(queue_release(f->queue, messages[i], &err), &err);
        queue_message_free(messages[i]);
    }
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 3, messages), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(messages[i]->body[0], '1' + (int)i);
        ack(f, messages[i]);
    }
}

// ---- leases

static void a_lease_that_ran_out_is_delivered_again_and_lost_to_its_first_holder(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "slow");
    struct queue_message *slow = receive_some(f, TOPIC_FRAMES);
    pass(f, 30 * SECOND_US - 1);
    assert_nothing(f, TOPIC_FRAMES);
    pass(f, 1);
    struct queue_message *again = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(again->attempt, 2);
    assert_code(queue_ack(f->queue, &slow, 1, &err), ERR_CONFLICT);
    assert_code(queue_reject(f->queue, slow, "late", NULL, &err), ERR_CONFLICT);
    assert_code(queue_bury(f->queue, slow, "late", &err), ERR_CONFLICT);
    assert_code(queue_release(f->queue, slow, &err), ERR_CONFLICT);
    assert_code(queue_extend(f->queue, slow, &err), ERR_CONFLICT);
    queue_message_free(slow);
    ack(f, again);
    assert_int_equal(count_letters(f, NULL), 0);
}

static void an_extended_lease_starts_anew(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "long");
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    for (int i = 0; i < 10; i++) {
        pass(f, 29 * SECOND_US);
        assert_ok(queue_extend(f->queue, message, &err), &err);
        assert_nothing(f, TOPIC_FRAMES);
    }
    ack(f, message);
}

static void a_message_that_nobody_ever_gives_back_becomes_a_dead_letter(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_FRAMES, VIDEO, "hangs");
    for (int i = 0; i < 3; i++) {
        queue_message_free(receive_some(f, TOPIC_FRAMES));
        pass(f, 31 * SECOND_US);
    }
    assert_nothing(f, TOPIC_FRAMES);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, VIDEO, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_non_null(strstr(letters->reason, "worker-1"));
    assert_int_equal(letters->attempts, 3);
    queue_dead_letters_free(letters, count);
}

static void a_message_whose_worker_vanished_is_delivered_alone(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 4; i++)
        publish(f, TOPIC_FRAMES, VIDEO, "suspect");
    struct queue_message *messages[8];
    size_t count = receive_up_to(f, TOPIC_FRAMES, 3, messages);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        queue_message_free(messages[i]);
    pass(f, 31 * SECOND_US);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 8, messages), 1);
        assert_int_equal(messages[0]->attempt, 2);
        ack(f, messages[0]);
    }
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 8, messages), 1);
    ack(f, messages[0]);
}

static void of_a_batch_with_a_lost_lease_the_rest_is_acknowledged(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        publish(f, TOPIC_FRAMES, VIDEO, "batch");
    struct queue_message *messages[3];
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 3, messages), 3);
    assert_ok(queue_release(f->queue, messages[1], &err), &err);
    assert_code(queue_ack(f->queue, messages, 3, &err), ERR_CONFLICT);
    assert_stats(f, TOPIC_FRAMES, 1, 0);
    for (size_t i = 0; i < 3; i++)
        queue_message_free(messages[i]);
}

// ---- counting, purging, dead letters

static void stats_count_what_waits_and_what_is_leased(void **state)
{
    struct fixture *f = *state;
    assert_stats(f, TOPIC_FRAMES, 0, 0);
    for (int i = 0; i < 5; i++)
        publish(f, TOPIC_FRAMES, VIDEO, "x");
    publish(f, TOPIC_SEGMENTS, VIDEO, "x");
    struct queue_message *messages[2];
    assert_int_equal(receive_up_to(f, TOPIC_FRAMES, 2, messages), 2);
    assert_stats(f, TOPIC_FRAMES, 3, 2);
    ack(f, messages[0]);
    reject(f, messages[1], "again");
    assert_stats(f, TOPIC_FRAMES, 4, 0);
}

static void a_purged_video_has_no_messages_in_any_topic(void **state)
{
    struct fixture *f = *state;
    publish(f, TOPIC_SOURCES, VIDEO, "x");
    publish(f, TOPIC_SEGMENTS, VIDEO "/3", "buried");
    publish(f, TOPIC_FRAMES, VIDEO "/3", "leased");
    publish(f, TOPIC_FRAMES, VIDEO "/3", "waits");
    publish(f, TOPIC_FRAMES, OTHER_VIDEO "/3", "stays");
    publish(f, TOPIC_ACTIVITY, VIDEO, "what happened stays too");
    struct queue_message *message = receive_some(f, TOPIC_SEGMENTS);
    assert_ok(queue_bury(f->queue, message, "x", &err), &err);
    queue_message_free(message);
    struct queue_message *leased = receive_some(f, TOPIC_FRAMES);

    assert_ok(queue_purge(f->queue, VIDEO, &err), &err);
    if (!is_kafka()) // which deletes nothing that is not here yet: see queue_purge()
        assert_nothing(f, TOPIC_SOURCES);
    assert_int_equal(count_letters(f, NULL), 0);
    assert_code(queue_ack(f->queue, &leased, 1, &err), ERR_CONFLICT);
    queue_message_free(leased);
    message = receive_some(f, TOPIC_FRAMES);
    assert_string_equal(message->body, "stays");
    ack(f, message);
    assert_nothing(f, TOPIC_FRAMES);
    int64_t end;
    assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &err), &err);
    assert_int_equal(end, 1);
}

static void bury_some(struct fixture *f, const char *key, int count)
{
    for (int i = 0; i < count; i++) {
        publish(f, TOPIC_FRAMES, key, "body");
        struct queue_message *message = receive_some(f, TOPIC_FRAMES);
        assert_ok(queue_bury(f->queue, message, "reason", &err), &err);
        queue_message_free(message);
    }
}

static void dead_letters_are_listed_by_page_and_by_video(void **state)
{
    struct fixture *f = *state;
    bury_some(f, VIDEO "/1", 3);
    bury_some(f, OTHER_VIDEO, 2);
    assert_int_equal(count_letters(f, NULL), 5);
    assert_int_equal(count_letters(f, VIDEO), 3);
    assert_int_equal(count_letters(f, "00000000000000cc"), 0);
    int64_t after = 0;
    size_t seen = 0;
    for (;;) {
        struct queue_dead_letter *letters;
        size_t count;
        assert_ok(queue_dead_letters(f->queue, NULL, after, 2, &letters, &count, &err), &err);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++) {
            assert_true(letters[i].id > after);
            after = letters[i].id;
        }
        seen += count;
        queue_dead_letters_free(letters, count);
    }
    assert_int_equal(seen, 5);
}

static void a_retried_dead_letter_has_fresh_attempts(void **state)
{
    struct fixture *f = *state;
    bury_some(f, VIDEO "/1", 1);
    struct queue_dead_letter *letters;
    size_t count;
    assert_ok(queue_dead_letters(f->queue, NULL, 0, 10, &letters, &count, &err), &err);
    int64_t id = letters->id;
    queue_dead_letters_free(letters, count);
    struct queue_dead_letter *letter = NULL;
    assert_ok(queue_retry_dead_letter(f->queue, id, &letter, &err), &err);
    assert_string_equal(letter->key, VIDEO "/1");
    assert_string_equal(letter->reason, "reason");
    queue_dead_letters_free(letter, 1);
    assert_int_equal(count_letters(f, NULL), 0);
    struct queue_message *message = receive_some(f, TOPIC_FRAMES);
    assert_int_equal(message->attempt, 1);
    assert_string_equal(message->body, "body");
    ack(f, message);
    assert_code(queue_retry_dead_letter(f->queue, id, NULL, &err), ERR_NOT_FOUND);
    assert_code(queue_retry_dead_letter(f->queue, 4711, NULL, &err), ERR_NOT_FOUND);
}

// ---- waiting

struct publisher {
    struct fixture *f;
    const char *topic;
};

static void *publish_one(void *arg)
{
    const struct publisher *publisher = arg;
    const struct queue_item item = {.key = VIDEO, .body = "hello", .body_size = 5};
    struct err failure;
    return queue_publish(publisher->f->queue, publisher->topic, &item, 1, &failure) == ERR_NONE ? NULL : arg;
}

static void a_waiting_receiver_is_woken_by_a_publisher(void **state)
{
    struct fixture *f = *state;
    struct publisher publisher = {.f = f, .topic = TOPIC_FRAMES};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, publish_one, &publisher), 0);
    struct queue_message *message;
    size_t count = 0;
    assert_ok(queue_receive(f->queue, TOPIC_FRAMES, "w", 1, PATIENCE_MS, NULL, &message, &count, &err), &err);
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
    assert_ok(queue_receive(f->queue, TOPIC_FRAMES, "w", 1, 20, NULL, &message, &count, &err), &err);
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
        queue_receive(f->queue, TOPIC_FRAMES, "w", 1, PATIENCE_MS, cancel, &message, &count, &err), ERR_CANCELLED);
    assert_code(
        queue_log_read(f->queue, TOPIC_ACTIVITY, 0, 1, PATIENCE_MS, cancel, &message, &count, &err), ERR_CANCELLED);
    pthread_join(thread, NULL);
    cancel_free(cancel);
}

// ---- log topics

static size_t read_log(struct fixture *f, int64_t offset, struct queue_message **messages, size_t max)
{
    size_t count = 0;
    assert_ok(queue_log_read(f->queue, TOPIC_ACTIVITY, offset, max, 0, NULL, messages, &count, &err), &err);
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
        assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &err), &err);
        assert_int_equal(end, offset);
    }
}

static void an_empty_log_ends_at_zero(void **state)
{
    struct fixture *f = *state;
    int64_t end = 1;
    assert_ok(queue_log_end(f->queue, TOPIC_ACTIVITY, &end, &err), &err);
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
        assert_ok(queue_publish(f->queue, TOPIC_ACTIVITY, items, 10, &err), &err);
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
    assert_ok(queue_log_read(f->queue, TOPIC_ACTIVITY, 0, 1, PATIENCE_MS, NULL, &message, &count, &err), &err);
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
    struct err failure;
    for (int i = 0; i < PER_PRODUCER; i++) {
        int number = crowd->producer * PER_PRODUCER + i;
        const struct queue_item item = {.key = VIDEO, .body = &number, .body_size = sizeof(number)};
        if (queue_publish(crowd->f->queue, TOPIC_FRAMES, &item, 1, &failure) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
    }
    return NULL;
}

static void *consume(void *arg)
{
    const struct crowd *crowd = arg;
    struct err failure;
    while (atomic_load(crowd->acked) < PRODUCERS * PER_PRODUCER && atomic_load(crowd->failures) == 0) {
        struct queue_message *messages[16];
        size_t count = 0;
        if (queue_receive(crowd->f->queue, TOPIC_FRAMES, "w", 16, 50, NULL, messages, &count, &failure) != ERR_NONE)
            atomic_fetch_add(crowd->failures, 1);
        for (size_t i = 0; i < count; i++) {
            int number;
            memcpy(&number, messages[i]->body, sizeof(number));
            atomic_fetch_add(&crowd->deliveries[number], 1);
        }
        if (queue_ack(crowd->f->queue, messages, count, &failure) != ERR_NONE)
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
    assert_ok(queue_ping(f->queue, &err), &err);
}

#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    if (is_kafka() && getenv(KAFKA_VARIABLE) == NULL) {
        printf("1..0 # SKIP " KAFKA_VARIABLE " names no brokers; make test-live starts some\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        contract(a_message_is_gone_after_its_acknowledgement),
        contract(messages_come_in_the_order_of_publishing),
        contract(topics_do_not_mix),
        contract(bodies_are_any_bytes_and_may_be_empty),
        contract(the_largest_body_fits_and_a_larger_one_publishes_nothing),
        contract(wrong_keys_and_topics_are_invalid),
        contract(a_rejected_message_comes_back_after_a_growing_delay),
        contract(others_are_delivered_while_one_waits_for_its_next_attempt),
        contract(after_the_last_attempt_it_is_a_dead_letter_with_its_reason),
        contract(a_buried_message_is_dead_at_once),
        contract(a_released_message_comes_back_at_once_without_counting),
        contract(a_released_message_keeps_its_place),
        contract(a_lease_that_ran_out_is_delivered_again_and_lost_to_its_first_holder),
        contract(an_extended_lease_starts_anew),
        contract(a_message_that_nobody_ever_gives_back_becomes_a_dead_letter),
        contract(a_message_whose_worker_vanished_is_delivered_alone),
        contract(of_a_batch_with_a_lost_lease_the_rest_is_acknowledged),
        contract(stats_count_what_waits_and_what_is_leased),
        contract(a_purged_video_has_no_messages_in_any_topic),
        contract(dead_letters_are_listed_by_page_and_by_video),
        contract(a_retried_dead_letter_has_fresh_attempts),
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
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
