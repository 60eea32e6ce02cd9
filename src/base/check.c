#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_SIZE 1024

const char *check_level_name(enum check_level level)
{
    static const char *const names[] = {[CHECK_OK] = "ok", [CHECK_WARNING] = "warning", [CHECK_WRONG] = "wrong"};
    return names[level];
}

void checks_add(struct checks *checks, enum check_level level, const char *remedy, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    checks->wrong += level == CHECK_WRONG;
    const struct check check = {.level = level, .what = checks->what, .text = text, .remedy = remedy};
    checks->found(checks->context, &check);
}
