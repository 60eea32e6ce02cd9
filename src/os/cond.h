// Waiting on condition variables until a time of the monotonic clock, which nobody turns. They are made as usual,
// without attributes.
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

// `until_us` is on the scale of clock_monotonic_us(clock_system()); the mutex is held. Returns false where the time is
// up, else true: after a signal, or without one, as condition variables may.
bool cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_us);
