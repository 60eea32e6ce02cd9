#include "os/bounded_queue.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/test.h"
#include "os/thread.h"

static void items_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct bounded_queue *queue = bounded_queue_new(3);
    int items[5];
    // Twice around the ring.
    for (int i = 0; i < 5; i++) {
        void *got = NULL;
        assert_ok(bounded_queue_push(queue, &items[i], 0, NULL, &err), &err);
        assert_ok(bounded_queue_pop(queue, 0, NULL, &got, &err), &err);
        assert_ptr_equal(got, &items[i]);
    }
    assert_int_equal(bounded_queue_size(queue), 0);
    bounded_queue_free(queue, NULL);
}

static void full_and_empty_queues_time_out(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct bounded_queue *queue = bounded_queue_new(1);
    void *got = NULL;
    int item;
    assert_code(bounded_queue_pop(queue, 0, NULL, &got, &err), ERR_TIMEOUT);
    assert_code(bounded_queue_pop(queue, 2, NULL, &got, &err), ERR_TIMEOUT);
    assert_ok(bounded_queue_push(queue, &item, 0, NULL, &err), &err);
    assert_code(bounded_queue_push(queue, &item, 2, NULL, &err), ERR_TIMEOUT);
    bounded_queue_free(queue, NULL);
}

static void a_closed_queue_gives_what_is_left_and_takes_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct bounded_queue *queue = bounded_queue_new(2);
    void *got = NULL;
    int item;
    assert_ok(bounded_queue_push(queue, &item, 0, NULL, &err), &err);
    bounded_queue_close(queue);
    bounded_queue_close(queue);
    assert_true(bounded_queue_is_closed(queue));
    assert_code(bounded_queue_push(queue, &item, BOUNDED_QUEUE_FOREVER, NULL, &err), ERR_CONFLICT);
    assert_ok(bounded_queue_pop(queue, BOUNDED_QUEUE_FOREVER, NULL, &got, &err), &err);
    assert_code(bounded_queue_pop(queue, BOUNDED_QUEUE_FOREVER, NULL, &got, &err), ERR_NOT_FOUND);
    bounded_queue_free(queue, NULL);
}

static void items_left_are_freed_with_the_queue(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct bounded_queue *queue = bounded_queue_new(4);
    for (int i = 0; i < 3; i++)
        assert_ok(bounded_queue_push(queue, mem_alloc(16), 0, NULL, &err), &err);
    bounded_queue_free(queue, free);
    bounded_queue_free(NULL, free);
}

struct waiter {
    struct bounded_queue *queue;
    struct cancel *cancel;
    enum err_code code;
};

static void wait_for_item(void *arg)
{
    struct waiter *waiter = arg;
    void *got = NULL;
    waiter->code = bounded_queue_pop(waiter->queue, BOUNDED_QUEUE_FOREVER, waiter->cancel, &got, NULL);
}

static void waiting_ends_with_cancel_and_with_close(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct bounded_queue *queue = bounded_queue_new(1);
    struct cancel *cancel = cancel_new(NULL);
    struct waiter cancelled = {.queue = queue, .cancel = cancel};
    struct waiter closed = {.queue = queue};
    struct thread *threads[2] = {NULL};
    assert_ok(thread_start("cancelled", wait_for_item, &cancelled, &threads[0], &err), &err);
    assert_ok(thread_start("closed", wait_for_item, &closed, &threads[1], &err), &err);
    cancel_request(cancel);
    thread_join(threads[0]);
    bounded_queue_close(queue);
    thread_join(threads[1]);
    assert_code(cancelled.code, ERR_CANCELLED);
    assert_code(closed.code, ERR_NOT_FOUND);
    cancel_free(cancel);
    bounded_queue_free(queue, NULL);
}

#define PRODUCERS 3
#define CONSUMERS 3
#define ITEMS_EACH 2000

struct shared {
    struct bounded_queue *queue;
    atomic_llong sum;
};

static void produce(void *arg)
{
    struct shared *shared = arg;
    for (long i = 1; i <= ITEMS_EACH; i++) {
        if (bounded_queue_push(shared->queue, (void *)i, BOUNDED_QUEUE_FOREVER, NULL, NULL) != ERR_NONE)
            abort();
    }
}

static void consume(void *arg)
{
    struct shared *shared = arg;
    void *item = NULL;
    while (bounded_queue_pop(shared->queue, BOUNDED_QUEUE_FOREVER, NULL, &item, NULL) == ERR_NONE)
        atomic_fetch_add(&shared->sum, (long)item);
}

static void many_threads_lose_and_double_nothing(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct shared shared = {.queue = bounded_queue_new(7)};
    struct thread *producers[PRODUCERS], *consumers[CONSUMERS];
    for (int i = 0; i < CONSUMERS; i++)
        assert_ok(thread_start("consumer", consume, &shared, &consumers[i], &err), &err);
    for (int i = 0; i < PRODUCERS; i++)
        assert_ok(thread_start("producer", produce, &shared, &producers[i], &err), &err);
    for (int i = 0; i < PRODUCERS; i++)
        thread_join(producers[i]);
    bounded_queue_close(shared.queue);
    for (int i = 0; i < CONSUMERS; i++)
        thread_join(consumers[i]);
    assert_int_equal(atomic_load(&shared.sum), (long long)PRODUCERS * ITEMS_EACH * (ITEMS_EACH + 1) / 2);
    bounded_queue_free(shared.queue, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_they_went_in),
        cmocka_unit_test(full_and_empty_queues_time_out),
        cmocka_unit_test(a_closed_queue_gives_what_is_left_and_takes_nothing),
        cmocka_unit_test(items_left_are_freed_with_the_queue),
        cmocka_unit_test(waiting_ends_with_cancel_and_with_close),
        cmocka_unit_test(many_threads_lose_and_double_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
