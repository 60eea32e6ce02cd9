#include "os/cond.h"

#include "base/clock.h"
#include "base/test.h"

static void a_time_that_is_over_ends_the_wait(void **state)
{
    (void)state;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    int64_t start_us = clock_monotonic_us(clock_system());
    pthread_mutex_lock(&mutex);
    assert_false(cond_wait_until(&cond, &mutex, start_us - 1));
    // Whoever is woken for no reason looks again.
    while (cond_wait_until(&cond, &mutex, start_us + 1500))
        ;
    pthread_mutex_unlock(&mutex);
    assert_true(clock_monotonic_us(clock_system()) >= start_us + 1500);
}

struct signal {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool was_sent;
};

static void *send_signal(void *arg)
{
    struct signal *signal = arg;
    pthread_mutex_lock(&signal->mutex);
    signal->was_sent = true;
    pthread_cond_signal(&signal->cond);
    pthread_mutex_unlock(&signal->mutex);
    return NULL;
}

static void a_signal_ends_the_wait(void **state)
{
    (void)state;
    struct signal signal = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    const int64_t never_us = INT64_MAX / 2;
    pthread_t sender;
    pthread_mutex_lock(&signal.mutex);
    assert_int_equal(pthread_create(&sender, NULL, send_signal, &signal), 0);
    while (!signal.was_sent)
        assert_true(cond_wait_until(&signal.cond, &signal.mutex, never_us));
    pthread_mutex_unlock(&signal.mutex);
    pthread_join(sender, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_that_is_over_ends_the_wait),
        cmocka_unit_test(a_signal_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
