// The tests of one contract, in several files, run as one group.
#pragma once

#include "base/test.h"

struct contract_part {
    const struct CMUnitTest *tests;
    size_t count;
};
// Defines `name`, which has the tests of the array.
#define CONTRACT_PART(name, array)                                                                                     \
    const struct contract_part name = {.tests = array, .count = sizeof(array) / sizeof((array)[0])}

// `parts` ends with NULL.
int contract_run(
    const char *group, const struct contract_part *const *parts, CMFixtureFunction set_up, CMFixtureFunction tear_down);
