#include <string.h>

#include "vision/tracker.h"

static const struct {
    const char *name;
    size_t offset;
    double value, least, most;
} table[] = {
#define ROW(name, value, least, most, help, source)                                                                    \
    {#name, offsetof(struct tracker_settings, name), value, least, most},
    TRACKER_SETTINGS(ROW)
#undef ROW
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

struct tracker_settings tracker_settings_default(void)
{
    struct tracker_settings settings;
    for (size_t i = 0; i < TABLE_SIZE; i++)
        memcpy((char *)&settings + table[i].offset, &table[i].value, sizeof(double));
    return settings;
}

enum err_code tracker_settings_set(struct tracker_settings *settings, const char *name, double value, struct err *err)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        if (!(value >= table[i].least && value <= table[i].most))
            return err_set(
                err, ERR_INVALID, "%s must be from %g to %g, not %g", name, table[i].least, table[i].most, value);
        memcpy((char *)settings + table[i].offset, &value, sizeof(double));
        return ERR_NONE;
    }
    return err_set(err, ERR_NOT_FOUND, "the tracker has no setting \"%s\"; docs/tracking.md lists them", name);
}
