// Sweeps faults over a worker's loop: whatever call fails, no message is lost.
#include "queue_fault.h"

#include <string.h>

#include "base/test.h"
#include "queue/queue_memory.h"

#define MESSAGES 5

static struct err err;

// Publishes numbers, trying again until it works.
static void publish_all(struct queue *queue)
{
    for (char i = 0; i < MESSAGES; i++) {
        const struct queue_item item = {.key = "k", .body = &i, .body_size = 1};
        while (queue_publish(queue, TOPIC_FRAMES, &item, 1, &err) != ERR_NONE)
            ;
    }
}

// A worker that goes on after every error; `done` says which numbers were worked on.
static void work(struct queue *queue, struct clock_manual *clock, bool done[MESSAGES])
{
    for (int idle = 0; idle < 3; clock->now_us += 60 * 1000000) {
        struct queue_message *message;
        size_t count = 0;
        if (queue_receive(queue, TOPIC_FRAMES, "w", 1, 0, NULL, &message, &count, &err) == ERR_NONE && count == 0)
            idle++;
        if (count == 0)
            continue;
        idle = 0;
        done[(int)message->body[0]] = true;
        if (queue_ack(queue, &message, 1, &err) != ERR_NONE)
            assert_true(err.code == ERR_UNAVAILABLE);
        queue_message_free(message);
    }
}

static void run_with(struct fault *fault)
{
    struct clock_manual clock;
    clock_manual_init(&clock, 1000000);
    struct queue *queue = queue_fault_new(queue_memory_new(NULL, &clock.clock), fault);
    bool done[MESSAGES] = {0};
    publish_all(queue);
    work(queue, &clock, done);
    for (int i = 0; i < MESSAGES; i++)
        assert_true(done[i]);
    struct queue_stats stats;
    while (queue_stats(queue, TOPIC_FRAMES, &stats, &err) != ERR_NONE)
        ;
    assert_int_equal(stats.ready + stats.leased, 0);
    queue_free(queue);
}

static void whatever_call_fails_once_no_message_is_lost(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct fault fault = {.answer_lost = lost == 1};
        do {
            atomic_store(&fault.calls, 0);
            fault.at++;
            run_with(&fault);
        } while (atomic_load(&fault.calls) >= fault.at);
        assert_true(fault.at > 10);
    }
}

static void a_fault_for_good_fails_every_call_from_it_on(void **state)
{
    (void)state;
    struct fault fault = {.at = 2, .for_good = true};
    struct clock_manual clock;
    clock_manual_init(&clock, 1000000);
    struct queue *queue = queue_fault_new(queue_memory_new(NULL, &clock.clock), &fault);
    assert_ok(queue_ping(queue, &err), &err);
    for (int i = 0; i < 3; i++)
        assert_code(queue_ping(queue, &err), ERR_UNAVAILABLE);
    queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_call_fails_once_no_message_is_lost),
        cmocka_unit_test(a_fault_for_good_fails_every_call_from_it_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
