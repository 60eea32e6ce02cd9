// The check-up of the servers that the settings name.
#include <stdio.h>
#include <stdlib.h>

#include "app/wiring_internal.h"
#include "base/clock.h"
#include "base/mem.h"
#include "vector_index/vector_index.h"

// False also where topics are missing, which a part may make but the doctor does not.
static bool check_queue(const struct wiring_check *check, struct checks *checks)
{
    const char *address;
    struct err err = ERR_INIT;
    struct wiring_kafka kafka = {0};
    checks->what = "kafka";
    enum err_code code = wiring_queue_address(check->options, &address, &err);
    if (code == ERR_NONE && address == NULL)
        return true;
    if (code == ERR_NONE)
        code = wiring_kafka_settings(check->options, address, &kafka, &err);
    bool usable = code == ERR_NONE && queue_kafka_check(&kafka.settings, check->log, checks);
    if (code != ERR_NONE)
        checks_wrong(checks, NULL, "%s", err.message);
    wiring_kafka_release(&kafka);
    return usable;
}

static void check_meta(const struct wiring_check *check, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct meta_redis_options redis;
    char *password = NULL;
    checks->what = "redis";
    if (wiring_meta_address(check->options) == NULL)
        return;
    if (wiring_redis_options(check->options, &redis, &password, &err) == ERR_NONE)
        meta_store_redis_check(&redis, checks);
    else
        checks_wrong(checks, NULL, "%s", err.message);
    free(password);
}

static void check_vectors(const struct wiring_check *check, struct stores *s, struct checks *checks)
{
    struct err err = ERR_INIT;
    struct store_settings settings;
    const struct vector_check vectors = {.model = check->model, .dimension = check->dimension};
    checks->what = "vectors";
    if (options_string(check->options, "vector-index") == NULL)
        return;
    store_settings_default(&settings);
    settings.servers = check->options;
    if (wiring_open_vectors(&settings, s, &err) == ERR_NONE)
        vector_index_check(s->ingest.vectors, &vectors, checks);
    else
        checks_wrong(checks, NULL, "%s", err.message);
    vector_index_free(s->ingest.vectors);
    s->ingest.vectors = NULL;
}

bool wiring_check_servers(const struct wiring_check *check, struct checks *checks)
{
    // What opening a bucket or an index wants to know of a folder; it may not be there.
    struct stores *s = mem_calloc(1, sizeof(*s));
    int before = checks->wrong;
    snprintf(s->dir, sizeof(s->dir), "%s", check->dir);
    s->ingest.clock = clock_system();
    s->ingest.log = check->log;
    bool usable = check_queue(check, checks);
    wiring_check_blobs(check->options, s, checks);
    check_meta(check, checks);
    check_vectors(check, s, checks);
    free(s);
    return usable && checks->wrong == before;
}
