// Time. Code that decides by time takes a `struct clock`, so that tests can turn it by hand.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock {
    // Microseconds since 1970 (UTC): for people and for what is stored.
    int64_t (*wall_us)(const struct clock *clock);
    // Microseconds on a clock that only goes forward: for deadlines and durations.
    int64_t (*monotonic_us)(const struct clock *clock);
};

// The machine's own clock. Safe from all threads.
const struct clock *clock_system(void);

static inline int64_t clock_wall_us(const struct clock *clock)
{
    return clock->wall_us(clock);
}

static inline int64_t clock_monotonic_us(const struct clock *clock)
{
    return clock->monotonic_us(clock);
}

// A clock for tests: both times are what the field says, which may be set while other threads look.
struct clock_manual {
    struct clock clock;
    _Atomic int64_t now_us;
};
void clock_manual_init(struct clock_manual *manual, int64_t now_us);

// RFC 3339 in UTC with milliseconds, "2026-01-31T12:00:00.000Z"; `out` holds at least 32 bytes.
#define CLOCK_TEXT_MAX 32
void clock_format_utc(int64_t wall_us, char out[CLOCK_TEXT_MAX]);
// A time as people and programs write it: RFC 3339 ("2026-01-31T12:00:00Z", "…12:00:00.25+01:00"), or a date, which is
// its beginning in UTC ("2026-01-31"). Years 0001 to 9999; parts of a second below a microsecond are cut off. False for
// anything else.
bool clock_parse(const char *text, int64_t *wall_us);
