// Keeps what a check-up finds, for tests. One thread.
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/test.h"

struct check_record {
    struct checks checks;
    char lines[16384]; // "level what: text: remedy\n" each
};

static inline void check_record_add(void *context, const struct check *check)
{
    struct check_record *record = context;
    size_t used = strlen(record->lines);
    snprintf(record->lines + used, sizeof(record->lines) - used, "%s %s: %s: %s\n", check_level_name(check->level),
        check->what, check->text, check->remedy != NULL ? check->remedy : "");
}

static inline void check_record_begin(struct check_record *record)
{
    *record = (struct check_record){.checks = {.context = record, .found = check_record_add, .what = "it"}};
}

// Whether a line of this level has all these words in it, in this order; `then` may be "".
static inline bool check_record_has(
    const struct check_record *record, const char *level, const char *words, const char *then)
{
    for (const char *line = record->lines; *line != '\0'; line += strcspn(line, "\n") + 1) {
        char one[2048];
        snprintf(one, sizeof(one), "%.*s", (int)strcspn(line, "\n"), line);
        const char *at = strncmp(one, level, strlen(level)) == 0 ? strstr(one, words) : NULL;
        if (at != NULL && strstr(at, then) != NULL)
            return true;
    }
    return false;
}

#define assert_check_says(record, level, words, then)                                                                  \
    do {                                                                                                               \
        if (!check_record_has(record, level, words, then))                                                             \
            fail_msg("no line \"%s\" says \"%s\" and \"%s\":\n%s", level, words, then, (record)->lines);               \
    } while (0)
