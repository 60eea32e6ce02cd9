#include "net/retry.h"

#include "base/test.h"

static const struct retry_policy policy = {
    .attempts = 6, .first_delay_ms = 100, .most_delay_ms = 1000, .total_ms = 60000};

static void pauses_grow_up_to_their_bound(void **state)
{
    (void)state;
    static const int64_t bounds[] = {100, 200, 400, 800, 1000};
    int64_t largest[5] = {0};
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct retry retry;
        struct clock_manual clock;
        clock_manual_init(&clock, 0);
        retry_init(&retry, &policy, &clock.clock, seed * 7919);
        for (int i = 0; i < 5; i++) {
            int64_t delay_ms = -1;
            assert_true(retry_next(&retry, ERR_UNAVAILABLE, 0, &delay_ms));
            assert_in_range(delay_ms, 0, bounds[i]);
            largest[i] = delay_ms > largest[i] ? delay_ms : largest[i];
        }
        int64_t delay_ms;
        assert_false(retry_next(&retry, ERR_UNAVAILABLE, 0, &delay_ms));
    }
    for (int i = 0; i < 5; i++)
        assert_true(largest[i] > bounds[i] * 9 / 10);
}

static void what_cannot_succeed_is_not_tried_again(void **state)
{
    (void)state;
    struct retry retry;
    int64_t delay_ms;
    retry_init(&retry, &policy, NULL, 1);
    assert_false(retry_next(&retry, ERR_NOT_FOUND, 0, &delay_ms));
    retry_init(&retry, &policy, NULL, 1);
    assert_false(retry_next(&retry, ERR_CANCELLED, 0, &delay_ms));
}

static void the_other_side_may_ask_for_a_longer_pause(void **state)
{
    (void)state;
    struct retry retry;
    struct clock_manual clock;
    int64_t delay_ms;
    clock_manual_init(&clock, 5000000);
    retry_init(&retry, &policy, &clock.clock, 1);
    assert_true(retry_next(&retry, ERR_UNAVAILABLE, 30000, &delay_ms));
    assert_int_equal(delay_ms, 30000);
    // Not longer than the whole may take.
    assert_false(retry_next(&retry, ERR_UNAVAILABLE, 60001, &delay_ms));
}

static void no_attempt_begins_after_the_whole_time(void **state)
{
    (void)state;
    struct retry retry;
    struct clock_manual clock;
    int64_t delay_ms;
    clock_manual_init(&clock, 0);
    retry_init(&retry, &policy, &clock.clock, 1);
    clock.now_us = 60001000;
    assert_false(retry_next(&retry, ERR_UNAVAILABLE, 0, &delay_ms));
}

static void waiting_ends_when_cancelled(void **state)
{
    (void)state;
    struct cancel *cancel = cancel_new(NULL);
    struct retry retry;
    retry_init(&retry, &policy, NULL, 0);
    cancel_request(cancel);
    assert_false(retry_wait(&retry, ERR_UNAVAILABLE, 50000, cancel));
    cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_up_to_their_bound),
        cmocka_unit_test(what_cannot_succeed_is_not_tried_again),
        cmocka_unit_test(the_other_side_may_ask_for_a_longer_pause),
        cmocka_unit_test(no_attempt_begins_after_the_whole_time),
        cmocka_unit_test(waiting_ends_when_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
