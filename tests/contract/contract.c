#include "contract.h"

#include <string.h>

#include "base/mem.h"

int contract_run(
    const char *group, const struct contract_part *const *parts, CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
    struct CMUnitTest *tests = NULL;
    size_t used = 0;
    for (; *parts != NULL; parts++) {
        tests = mem_realloc_array(tests, used + (*parts)->count, sizeof(*tests));
        memcpy(tests + used, (*parts)->tests, (*parts)->count * sizeof(*tests));
        used += (*parts)->count;
    }
    int failed = _cmocka_run_group_tests(group, tests, used, set_up, tear_down);
    free(tests);
    return failed;
}
