// What the programs that measure have in common. What goes wrong ends the program with a message.
#pragma once

#include "base/err.h"

extern struct err bench_err; // of the last call of the main thread

void bench_check(enum err_code code, const char *what);
// Ends the program, saying what and bench_err.
__attribute__((noreturn)) void bench_die(const char *what);
double bench_seconds(void); // of a clock that is never set
