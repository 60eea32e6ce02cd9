#include <stdlib.h>
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

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void tracker_settings_fit_scores(struct tracker_settings *settings, double *scores, size_t count)
{
    if (count == 0 || !(settings->score_quantile > 0.0))
        return;
    qsort(scores, count, sizeof(*scores), compare);
    double sure = scores[(size_t)(settings->score_quantile * (double)(count - 1))];
    settings->high_score *= sure;
    settings->low_score *= sure;
    settings->sure_score *= sure;
    settings->alone_score *= sure;
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
