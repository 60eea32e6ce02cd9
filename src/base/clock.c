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
    char text[sizeof("01-31T12:00:00")];
    strftime(text, sizeof(text), "%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_TEXT_MAX, "%04d-%s.%03dZ", tm.tm_year + 1900, text, (int)part);
}

// A number of exactly so many digits; -1 if they are none. Moves on.
static int take_digits(const char **at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++, ++*at) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool take(const char **at, char wanted)
{
    bool found = **at == wanted;
    *at += found;
    return found;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap);
}

// Days since 1970 in the Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_date(const char **at, int64_t *days)
{
    int year = take_digits(at, 4);
    bool dashes = take(at, '-');
    int month = dashes ? take_digits(at, 2) : -1;
    dashes = dashes && take(at, '-');
    int day = dashes ? take_digits(at, 2) : -1;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_of(year, month))
        return false;
    *days = days_since_1970(year, month, day);
    return true;
}

// Hours, minutes and seconds; a leap second counts as the one before it.
static bool take_clock(const char **at, int64_t *us)
{
    int hour = take_digits(at, 2);
    bool colons = take(at, ':');
    int minute = colons ? take_digits(at, 2) : -1;
    colons = colons && take(at, ':');
    int second = colons ? take_digits(at, 2) : -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *us = ((int64_t)hour * 3600 + minute * 60 + (second < 60 ? second : 59)) * 1000000;
    if (!take(at, '.'))
        return true;
    bool any = false;
    for (int64_t unit = 100000; **at >= '0' && **at <= '9'; unit /= 10, ++*at) {
        *us += (**at - '0') * unit;
        any = true;
    }
    return any;
}

static bool take_zone(const char **at, int64_t *offset_us)
{
    *offset_us = 0;
    if (take(at, 'Z') || take(at, 'z'))
        return true;
    int sign = take(at, '+') ? 1 : take(at, '-') ? -1 : 0;
    int hours = sign != 0 ? take_digits(at, 2) : -1;
    int minutes = hours >= 0 && take(at, ':') ? take_digits(at, 2) : -1;
    *offset_us = sign * ((int64_t)hours * 60 + minutes) * 60 * 1000000;
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

bool clock_parse(const char *text, int64_t *wall_us)
{
    const char *at = text;
    int64_t days = 0;
    int64_t us = 0;
    int64_t offset_us = 0;
    if (!take_date(&at, &days))
        return false;
    if (*at != '\0') {
        if (!take(&at, 'T') && !take(&at, 't') && !take(&at, ' '))
            return false;
        if (!take_clock(&at, &us) || !take_zone(&at, &offset_us) || *at != '\0')
            return false;
    }
    *wall_us = days * 86400 * 1000000 + us - offset_us;
    return true;
}
