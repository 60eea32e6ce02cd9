#include "net/retry.h"

#include <sodium.h>

#define DELAY_SHIFT_MAX 30

void retry_init(struct retry *retry, const struct retry_policy *policy, const struct clock *clock, uint64_t seed)
{
    *retry = (struct retry){
        .policy = policy != NULL ? *policy : RETRY_POLICY_DEFAULT,
        .clock = clock != NULL ? clock : clock_system(),
        .random = seed,
    };
    while (retry->random == 0)
        randombytes_buf(&retry->random, sizeof(retry->random));
    retry->started_us = clock_monotonic_us(retry->clock);
}

// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016): good enough
// to spread pauses.
static uint64_t next_random(struct retry *retry)
{
    retry->random ^= retry->random >> 12;
    retry->random ^= retry->random << 25;
    retry->random ^= retry->random >> 27;
    return retry->random * 0x2545F4914F6CDD1Du;
}

bool retry_next(struct retry *retry, enum err_code code, int64_t least_delay_ms, int64_t *delay_ms)
{
    const struct retry_policy *policy = &retry->policy;
    retry->failures++;
    *delay_ms = 0;
    // A cancelled call is retryable for a queue, but not here: whoever waits has asked to stop.
    if (!err_is_retryable(code) || code == ERR_CANCELLED || retry->failures >= policy->attempts)
        return false;
    int shift = retry->failures - 1 < DELAY_SHIFT_MAX ? retry->failures - 1 : DELAY_SHIFT_MAX;
    int64_t bound_ms = policy->most_delay_ms;
    if (policy->first_delay_ms < (policy->most_delay_ms >> shift))
        bound_ms = policy->first_delay_ms << shift;
    if (bound_ms > 0)
        *delay_ms = (int64_t)(next_random(retry) % ((uint64_t)bound_ms + 1));
    if (*delay_ms < least_delay_ms)
        *delay_ms = least_delay_ms;
    int64_t elapsed_ms = (clock_monotonic_us(retry->clock) - retry->started_us) / 1000;
    return policy->total_ms <= 0 || elapsed_ms + *delay_ms <= policy->total_ms;
}

bool retry_wait(struct retry *retry, enum err_code code, int64_t least_delay_ms, struct cancel *cancel)
{
    int64_t delay_ms;
    if (!retry_next(retry, code, least_delay_ms, &delay_ms))
        return false;
    return !cancel_wait(cancel, delay_ms);
}
