#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

struct err bench_err;

void bench_die(const char *what)
{
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, bench_err.message);
    exit(1);
}

void bench_check(enum err_code code, const char *what)
{
    if (code != ERR_NONE)
        bench_die(what);
}

double bench_seconds(void)
{
    return (double)clock_monotonic_us(clock_system()) / 1e6;
}
