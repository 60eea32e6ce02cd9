// The queue over real brokers, with several processes: run where FRAMEHOUND_TEST_KAFKA names some (make test-live).
#include "queue/queue_kafka.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "os/spawn_testing.h"
#include "queue/queue_backend.h"
#include "queue/queue_kafka_window.h"

#define VIDEO "00000000000000aa"
#define PATIENCE_MS 30000
#define MESSAGES 300
#define PARTITIONS 4

static struct err err;

static const char *brokers(void)
{
    return getenv("FRAMEHOUND_TEST_KAFKA");
}

static struct queue *open_with(const char *prefix, const char *config, int max_attempts)
{
    struct queue_options options;
    struct queue_kafka_settings settings;
    struct queue *queue;
    queue_options_default(&options);
    options.max_attempts = max_attempts;
    options.retry_base_ms = 10;
    queue_kafka_settings_default(&settings);
    settings.brokers = brokers();
    settings.prefix = prefix;
    settings.partitions = PARTITIONS;
    settings.replication = 1;
    settings.config = config;
    assert_ok(queue_kafka_open(&settings, &options, clock_system(), log_none(), &queue, &err), &err);
    return queue;
}

// A process that is killed is noticed by the group when its session ends; the shortest one the brokers allow.
#define QUICK_SESSION "session.timeout.ms=6000\nheartbeat.interval.ms=500\n"

static struct queue *open_queue(const char *prefix)
{
    return open_with(prefix, QUICK_SESSION, 5);
}

static char *new_prefix(void)
{
    static int number;
    return mem_sprintf("test-%ld-%d-%d.", (long)time(NULL), (int)getpid(), number++);
}

static void publish_numbers(struct queue *queue, int count)
{
    enum { BATCH = 50 };
    for (int first = 0; first < count; first += BATCH) {
        struct queue_item items[BATCH];
        char keys[BATCH][QUEUE_KEY_MAX + 1];
        int numbers[BATCH];
        int size = count - first < BATCH ? count - first : BATCH;
        for (int i = 0; i < size; i++) {
            numbers[i] = first + i;
            snprintf(keys[i], sizeof(keys[i]), VIDEO "/%d", numbers[i]);
            items[i] = (struct queue_item){.key = keys[i], .body = &numbers[i], .body_size = sizeof(numbers[i])};
        }
        assert_ok(queue_publish(queue, TOPIC_FRAMES, items, (size_t)size, &err), &err);
    }
}

static int number_of(const struct queue_message *message)
{
    int number;
    memcpy(&number, message->body, sizeof(number));
    return number;
}

// ---- roles

// Finishes messages one after the other and says each one's number once its acknowledgement is given.
static int work(char **args)
{
    struct queue *queue = open_queue(args[0]);
    for (;;) {
        struct queue_message *message;
        size_t count = 0;
        if (queue_receive(queue, TOPIC_FRAMES, "w", 1, 1000, NULL, &message, &count, &err) != ERR_NONE)
            return 1;
        if (count == 0)
            continue;
        int number = number_of(message);
        if (queue_ack(queue, &message, 1, &err) != ERR_NONE)
            return 1;
        queue_message_free(message);
        spawn_say("%d", number);
    }
}

// Takes up to args[1] messages and says how many it got, then waits to be killed.
static int hold(char **args)
{
    struct queue *queue = open_with(args[0], QUICK_SESSION, 1);
    struct queue_message *messages[QUEUE_RECEIVE_MAX];
    size_t count = 0;
    size_t max = (size_t)atoi(args[1]);
    // How many are handed out depends on how many have come.
    if (queue_kafka_catch_up(queue, TOPIC_FRAMES, PATIENCE_MS, &err) != ERR_NONE)
        return 1;
    while (count == 0) {
        if (queue_receive(queue, TOPIC_FRAMES, "w", max, 1000, NULL, messages, &count, &err) != ERR_NONE)
            return 1;
        struct queue_dead_letter *letters;
        size_t letter_count;
        if (count == 0 && queue_dead_letters(queue, NULL, 0, 1, &letters, &letter_count, &err) == ERR_NONE &&
            letter_count > 0) {
            spawn_say("buried");
            queue_free(queue);
            return 0;
        }
    }
    spawn_say("%zu", count);
    spawn_wait_for_go();
    return 0;
}

// ---- cases

static void no_message_is_lost_when_a_consumer_joins_and_another_is_killed(void **state)
{
    (void)state;
    char *prefix = new_prefix();
    struct queue *queue = open_queue(prefix);
    publish_numbers(queue, MESSAGES);
    bool done[MESSAGES] = {false};
    int done_count = 0;
    char line[64];
    struct spawned first = spawn("work", prefix, NULL);
    for (int i = 0; i < MESSAGES / 10; i++) {
        assert_true(spawned_line(&first, line, sizeof(line)));
        done_count += !done[atoi(line)];
        done[atoi(line)] = true;
    }
    struct spawned second = spawn("work", prefix, NULL);
    for (int i = 0; i < MESSAGES / 10 && done_count < MESSAGES; i++) {
        assert_true(spawned_line(&first, line, sizeof(line)));
        done_count += !done[atoi(line)];
        done[atoi(line)] = true;
    }
    spawned_kill(&first);
    while (done_count < MESSAGES) {
        assert_true(spawned_line(&second, line, sizeof(line)));
        done_count += !done[atoi(line)];
        done[atoi(line)] = true;
    }
    spawned_kill(&second);
    queue_free(queue);
    free(prefix);
}

// As many as it takes to be held back, all of them leased.
static size_t fill_window(struct queue *queue, struct queue_message **messages)
{
    size_t total = 0;
    while (total < WINDOW_MESSAGES_MAX) {
        size_t count = 0;
        size_t max = WINDOW_MESSAGES_MAX - total < QUEUE_RECEIVE_MAX ? WINDOW_MESSAGES_MAX - total : QUEUE_RECEIVE_MAX;
        assert_ok(
            queue_receive(queue, TOPIC_FRAMES, "w", max, PATIENCE_MS, NULL, messages + total, &count, &err), &err);
        assert_true(count > 0);
        total += count;
    }
    return total;
}

static void finish(struct queue *queue, struct queue_message **messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        // Those of partitions that are another process' by now are not ours to finish.
        (void)!queue_ack(queue, &messages[i], 1, &err);
        queue_message_free(messages[i]);
    }
}

// Whoever had more than it takes in at once when another one joined goes on with its own partitions afterwards, and
// with the other one's if that is gone again.
static void go_on_after_being_full(bool other_stays)
{
    char *prefix = new_prefix();
    struct queue *queue = open_queue(prefix);
    struct queue_message **messages = mem_calloc(WINDOW_MESSAGES_MAX, sizeof(struct queue_message *));
    struct queue_stats stats = {.ready = 1};
    char line[64];
    publish_numbers(queue, WINDOW_MESSAGES_MAX * 2);
    size_t held = fill_window(queue, messages);
    struct spawned other = spawn("work", prefix, NULL);
    assert_true(spawned_line(&other, line, sizeof(line)));
    if (!other_stays)
        spawned_kill(&other);
    finish(queue, messages, held);
    int64_t end_us = clock_monotonic_us(clock_system()) + PATIENCE_MS * INT64_C(1000);
    while (stats.ready + stats.leased > 0) {
        size_t count = 0;
        assert_ok(queue_receive(queue, TOPIC_FRAMES, "w", QUEUE_RECEIVE_MAX, 500, NULL, messages, &count, &err), &err);
        finish(queue, messages, count);
        assert_ok(queue_stats(queue, TOPIC_FRAMES, &stats, &err), &err);
        assert_true(count > 0 || clock_monotonic_us(clock_system()) < end_us);
    }
    if (other_stays)
        spawned_kill(&other);
    free((void *)messages);
    queue_free(queue);
    free(prefix);
}

static void a_consumer_that_was_full_when_another_joined_goes_on(void **state)
{
    (void)state;
    go_on_after_being_full(true);
}

static void partitions_given_up_while_full_come_back(void **state)
{
    (void)state;
    go_on_after_being_full(false);
}

static void what_a_leaving_process_finished_is_not_delivered_again(void **state)
{
    (void)state;
    char *prefix = new_prefix();
    struct queue *queue = open_queue(prefix);
    publish_numbers(queue, MESSAGES);
    struct queue_message *messages[QUEUE_RECEIVE_MAX];
    bool done[MESSAGES] = {false};
    assert_ok(queue_kafka_catch_up(queue, TOPIC_FRAMES, PATIENCE_MS, &err), &err);
    size_t count = 0;
    assert_ok(queue_receive(queue, TOPIC_FRAMES, "w", 100, 0, NULL, messages, &count, &err), &err);
    assert_int_equal(count, 100);
    for (size_t i = 0; i < count; i++)
        done[number_of(messages[i])] = true;
    assert_ok(queue_ack(queue, messages, count, &err), &err);
    for (size_t i = 0; i < count; i++)
        queue_message_free(messages[i]);
    queue_free(queue);

    queue = open_queue(prefix);
    size_t left = MESSAGES - count;
    while (left > 0) {
        assert_ok(queue_receive(queue, TOPIC_FRAMES, "w", 50, PATIENCE_MS, NULL, messages, &count, &err), &err);
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++) {
            assert_false(done[number_of(messages[i])]);
            done[number_of(messages[i])] = true;
        }
        assert_ok(queue_ack(queue, messages, count, &err), &err);
        for (size_t i = 0; i < count; i++)
            queue_message_free(messages[i]);
        left -= count;
    }
    struct queue_stats stats;
    assert_ok(queue_stats(queue, TOPIC_FRAMES, &stats, &err), &err);
    assert_int_equal(stats.ready + stats.leased, 0);
    queue_free(queue);
    free(prefix);
}

static void a_message_that_ends_process_after_process_becomes_a_dead_letter(void **state)
{
    (void)state;
    struct queue_options options;
    queue_options_default(&options);
    options.max_attempts = 1;
    int ends_max = queue_ends_max(&options);
    char *prefix = new_prefix();
    struct queue *queue = open_with(prefix, QUICK_SESSION, 1);
    const struct queue_item item = {.key = VIDEO, .body = "poison", .body_size = 6};
    const struct queue_item innocent = {.key = VIDEO, .body = "innocent", .body_size = 8};
    assert_ok(queue_publish(queue, TOPIC_FRAMES, &item, 1, &err), &err);
    assert_ok(queue_publish(queue, TOPIC_FRAMES, &innocent, 1, &err), &err);
    for (int end = 0; end < ends_max; end++) {
        char line[64];
        struct spawned child = spawn("hold", prefix, "8");
        assert_true(spawned_line(&child, line, sizeof(line)));
        // From the second end on it has the message to itself.
        assert_string_equal(line, end < WINDOW_CAREFUL_RUNS ? "2" : "1");
        spawned_kill(&child);
    }
    struct queue_message *message;
    size_t count = 0;
    assert_ok(queue_receive(queue, TOPIC_FRAMES, "w", 8, PATIENCE_MS, NULL, &message, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(message->body, "innocent");
    queue_message_free(message);
    struct queue_dead_letter *letters;
    assert_ok(queue_dead_letters(queue, NULL, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(letters[0].body, "poison");
    assert_non_null(strstr(letters[0].reason, "processes in a row ended"));
    queue_dead_letters_free(letters, count);
    queue_free(queue);
    free(prefix);
}

static void a_consumer_may_end_at_any_moment_of_its_joining(void **state)
{
    (void)state;
    char *prefix = new_prefix();
    for (int wait_ms = 0; wait_ms < 250; wait_ms += 10) {
        struct queue *queue = open_queue(prefix);
        struct queue_message *message;
        size_t count = 1;
        assert_ok(queue_receive(queue, TOPIC_FRAMES, "w", 1, wait_ms, NULL, &message, &count, &err), &err);
        assert_int_equal(count, 0);
        queue_free(queue);
    }
    free(prefix);
}

static void brokers_that_are_not_there_are_named_with_their_setting(void **state)
{
    (void)state;
    struct queue_kafka_settings settings;
    struct queue *queue;
    queue_kafka_settings_default(&settings);
    settings.brokers = "127.0.0.1:1";
    assert_code(queue_kafka_open(&settings, NULL, clock_system(), log_none(), &queue, &err), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "127.0.0.1:1 (--queue) does not answer"));
    assert_non_null(strstr(err.message, "Connection refused"));
    assert_null(queue);
}

static void properties_that_would_break_promises_or_are_unknown_are_refused(void **state)
{
    (void)state;
    const char *const configs[] = {"acks=0", "enable.auto.commit=true", "no.such.property=1", "nonsense",
        "sasl.password=hush\nsecurity.protocol=hush"};
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        struct queue_kafka_settings settings;
        struct queue *queue;
        queue_kafka_settings_default(&settings);
        settings.brokers = brokers();
        settings.config = configs[i];
        assert_code(queue_kafka_open(&settings, NULL, clock_system(), log_none(), &queue, &err), ERR_INVALID);
        assert_non_null(strstr(err.message, "--kafka-config"));
        assert_null(strstr(err.message, "hush")); // values may be secrets
    }
}

static void missing_topics_that_may_not_be_made_are_named(void **state)
{
    (void)state;
    struct queue_kafka_settings settings;
    struct queue *queue;
    char *prefix = new_prefix();
    queue_kafka_settings_default(&settings);
    settings.brokers = brokers();
    settings.prefix = prefix;
    settings.make_topics = false;
    assert_code(queue_kafka_open(&settings, NULL, clock_system(), log_none(), &queue, &err), ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, "framehound queue init"));
    assert_non_null(strstr(err.message, prefix));
    free(prefix);
}

int main(int argc, char **argv)
{
    (void)argc;
    const struct spawn_role roles[] = {{"work", work}, {"hold", hold}};
    spawn_role(argv, roles, sizeof(roles) / sizeof(roles[0]));
    if (brokers() == NULL) {
        printf("1..0 # SKIP FRAMEHOUND_TEST_KAFKA names no brokers; make test-live starts some\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_message_is_lost_when_a_consumer_joins_and_another_is_killed),
        cmocka_unit_test(a_consumer_that_was_full_when_another_joined_goes_on),
        cmocka_unit_test(partitions_given_up_while_full_come_back),
        cmocka_unit_test(what_a_leaving_process_finished_is_not_delivered_again),
        cmocka_unit_test(a_message_that_ends_process_after_process_becomes_a_dead_letter),
        cmocka_unit_test(a_consumer_may_end_at_any_moment_of_its_joining),
        cmocka_unit_test(brokers_that_are_not_there_are_named_with_their_setting),
        cmocka_unit_test(properties_that_would_break_promises_or_are_unknown_are_refused),
        cmocka_unit_test(missing_topics_that_may_not_be_made_are_named),
    };
    return cmocka_run_group_tests_name("queue_kafka", tests, NULL, NULL);
}
