// The check-up of a blob store: the same for every backend, but for what only a server can have.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "blob_store/blob_store_backend.h"

// S3 refuses requests whose time is further from its own than this ("RequestTimeTooSkewed").
#define SKEW_REFUSED_US (INT64_C(15) * 60 * 1000000)
// A clock that somebody sets is closer.
#define SKEW_WARN_US (INT64_C(60) * 1000000)
// No project is called so, because of the dot.
#define TRIAL_PREFIX "doctor.check/"
#define TRIAL_BYTES 64

struct search {
    const char *key;
    bool found;
};

static bool look_for(void *context, const char *key, const struct blob_info *info)
{
    struct search *search = context;
    (void)info;
    search->found = search->found || strcmp(key, search->key) == 0;
    return !search->found;
}

static void check_clock(struct blob_store *store, const char *where, struct checks *checks)
{
    int64_t ahead_us;
    if (store->ops->clock_ahead == NULL || !store->ops->clock_ahead(store, &ahead_us))
        return;
    int64_t off_us = ahead_us < 0 ? -ahead_us : ahead_us;
    const char *way = ahead_us < 0 ? "ahead of" : "behind";
    static const char *const remedy = "set this machine's clock, by NTP for instance";
    if (off_us > SKEW_REFUSED_US)
        checks_wrong(checks, remedy,
            "this machine's clock is %" PRId64 " minutes %s that of %s, which refuses requests beyond 15 minutes",
            (off_us + 30000000) / 60000000, way, where);
    else if (off_us > SKEW_WARN_US)
        checks_warn(checks, remedy,
            "this machine's clock is %" PRId64 " seconds %s that of %s, which refuses requests beyond 15 minutes",
            (off_us + 500000) / 1000000, way, where);
    else
        checks_ok(checks, "this machine's clock and that of %s differ by less than a minute", where);
}

// Stores, reads, lists and removes one blob.
static void try_all(struct blob_store *store, const char *where, const char *key, struct checks *checks)
{
    struct err err = ERR_INIT;
    unsigned char bytes[TRIAL_BYTES];
    void *got = NULL;
    size_t size = 0;
    struct search search = {.key = key};
    randombytes_buf(bytes, sizeof(bytes));
    enum err_code code = blob_store_put(store, key, bytes, sizeof(bytes), &err);
    if (code != ERR_NONE) {
        checks_wrong(checks, "give its keys the rights that docs/distributed.md lists", "%s may not be written: %s",
            where, err.message);
        return;
    }
    checks_ok(checks, "%s may be written", where);
    code = blob_store_get(store, key, sizeof(bytes), &got, &size, &err);
    if (code != ERR_NONE)
        checks_wrong(checks, NULL, "%s may be written, and what was written cannot be read: %s", where, err.message);
    else if (size != sizeof(bytes) || memcmp(got, bytes, size) != 0)
        checks_wrong(checks, "look at what is between here and it, a proxy or cache",
            "%s gave other bytes than were stored", where);
    else
        checks_ok(checks, "%s may be read", where);
    free(got);
    code = blob_store_list(store, TRIAL_PREFIX, look_for, &search, &err);
    if (code != ERR_NONE)
        checks_wrong(checks, NULL, "%s cannot be listed: %s", where, err.message);
    else if (!search.found)
        checks_wrong(checks, "use a store whose lists show at once what was stored, as Amazon's do",
            "%s does not list what was stored a moment ago", where);
    else
        checks_ok(checks, "%s may be listed", where);
    code = blob_store_remove(store, key, &err);
    if (code != ERR_NONE)
        checks_wrong(checks, "give its keys the right to remove, and remove that blob by hand",
            "%s does not let blobs be removed (%s stays there): %s", where, key, err.message);
    else
        checks_ok(checks, "%s lets blobs be removed", where);
}

void blob_store_check(struct blob_store *store, const char *where, struct checks *checks)
{
    struct err err = ERR_INIT;
    unsigned char chance[8];
    char hex[2 * sizeof(chance) + 1];
    char key[sizeof(TRIAL_PREFIX) + sizeof(hex)];
    enum err_code code = blob_store_ping(store, &err);
    if (code == ERR_NONE)
        checks_ok(checks, "%s answers", where);
    else
        checks_wrong(checks, NULL, "%s", err.message);
    check_clock(store, where, checks);
    if (code != ERR_NONE)
        return;
    randombytes_buf(chance, sizeof(chance));
    sodium_bin2hex(hex, sizeof(hex), chance, sizeof(chance));
    snprintf(key, sizeof(key), TRIAL_PREFIX "%s", hex);
    try_all(store, where, key, checks);
}
