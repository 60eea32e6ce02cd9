#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t system_wall_us(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_us(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
    static const struct clock system = {.wall_us = system_wall_us, .monotonic_us = system_monotonic_us};
    return &system;
}

static int64_t manual_now_us(const struct clock *clock)
{
    return ((const struct clock_manual *)clock)->now_us;
}

void clock_manual_init(struct clock_manual *manual, int64_t now_us)
{
    manual->clock = (struct clock){.wall_us = manual_now_us, .monotonic_us = manual_now_us};
    manual->now_us = now_us;
}

void clock_format_utc(int64_t wall_us, char out[CLOCK_TEXT_MAX])
{
    int64_t ms = wall_us / 1000;
    int64_t part = ms % 1000;
    if (part < 0)
        part += 1000;
    time_t seconds = (time_t)((ms - part) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char text[24];
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_TEXT_MAX, "%s.%03dZ", text, (int)part);
}
