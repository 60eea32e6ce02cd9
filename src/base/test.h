// What every cmocka test needs, in the order cmocka wants it. Test names are sentences; see CONTRIBUTING.md.
#pragma once

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

// Asserts success and shows the error's sentence otherwise.
#define assert_ok(call, err)                                                                                           \
    do {                                                                                                               \
        if ((call) != ERR_NONE)                                                                                        \
            fail_msg("%s: %s: %s", #call, err_code_name((err)->code), (err)->message);                                 \
    } while (0)

#define assert_code(call, code) assert_string_equal(err_code_name(call), err_code_name(code))

// Ends the test as skipped, saying why.
#define skip_because(...)                                                                                              \
    do {                                                                                                               \
        print_message("skipped: " __VA_ARGS__);                                                                        \
        print_message("\n");                                                                                           \
        skip();                                                                                                        \
    } while (0)
