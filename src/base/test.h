// What every cmocka test needs, in the order cmocka wants it. Test names are sentences; see CONTRIBUTING.md.
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

// Asserts success and shows the error's sentence otherwise.
#define assert_ok(call, err)                                                                                           \
    do {                                                                                                               \
        if ((call) != ERR_NONE)                                                                                        \
            fail_msg("%s: %s: %s", #call, err_code_name((err)->code), (err)->message);                                 \
    } while (0)

#define assert_code(call, code) assert_string_equal(err_code_name(call), err_code_name(code))

// Asserts that these words are in the error's sentence.
#define assert_err_says(err, words)                                                                                    \
    do {                                                                                                               \
        const char *wanted_words = (words);                                                                            \
        if (strstr((err)->message, wanted_words) == NULL)                                                              \
            fail_msg("\"%s\" is not in: %s", wanted_words, (err)->message);                                            \
    } while (0)

// For what another thread or process does in its own time: looks every few milliseconds, and fails when it is not so
// after a minute. Only in the thread that runs the test, as all assertions.
#define assert_in_the_end(condition)                                                                                   \
    look_for_a_minute(condition, fail_msg("after a minute it is still not so: %s", #condition))
// The same for a call that is to succeed; shows the sentence of its last error.
#define assert_ok_in_the_end(call, err)                                                                                \
    look_for_a_minute((call) == ERR_NONE,                                                                              \
        fail_msg("after a minute still: %s: %s: %s", #call, err_code_name((err)->code), (err)->message))
#define look_for_a_minute(condition, otherwise)                                                                        \
    do {                                                                                                               \
        const int64_t minute_ends_us = clock_monotonic_us(clock_system()) + 60 * INT64_C(1000000);                     \
        for (bool last_look = false; !(condition);) {                                                                  \
            if (last_look)                                                                                             \
                otherwise;                                                                                             \
            usleep(2000);                                                                                              \
            last_look = clock_monotonic_us(clock_system()) >= minute_ends_us;                                          \
        }                                                                                                              \
    } while (0)

// Ends the test as skipped, saying why.
#define skip_because(...)                                                                                              \
    do {                                                                                                               \
        print_message("skipped: " __VA_ARGS__);                                                                        \
        print_message("\n");                                                                                           \
        skip();                                                                                                        \
    } while (0)
