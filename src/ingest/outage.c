#include "ingest/outage.h"

#include <stdio.h>

#include "blob_store/blob_store.h"
#include "ingest/ingest_check.h"
#include "meta_store/meta_store.h"
#include "os/file.h"

#define LOOK_PERIOD_MS 1000
#define FULL_PAUSE_MOST_MS 30000
// What somebody has made room by; less comes and goes with the work of others.
#define ROOM_BYTES ((uint64_t)1 << 20)
#define DOWN_SENTENCE "work stops until the stores can be used again"
// What is written to see whether the meta store takes changes.
#define PROBE_SETTING "worker"

// Whether the stores take what work leaves in them. Reading is not enough: memory or disk may be full.
static enum err_code look(const struct outage *outage, struct err *err)
{
    const struct ingest *ingest = outage->ingest;
    enum err_code code = meta_store_put_setting(ingest->meta, PROBE_SETTING, outage->worker, err);
    if (code == ERR_NONE)
        code = blob_store_ping(ingest->blobs, err);
    if (code == ERR_NONE)
        code = ingest_check_vectors(ingest, err);
    if (code == ERR_NONE)
        code = queue_ping(ingest->queue, err);
    return code;
}

static uint64_t free_bytes(const struct outage *outage)
{
    uint64_t bytes = 0;
    return disk_free(outage->ingest->temp_dir, &bytes, NULL, NULL) == ERR_NONE ? bytes : 0;
}

static void tell(const struct outage *outage, const char *video, const char *what, const struct err *why)
{
    char sentence[ERR_MESSAGE_MAX + 64];
    snprintf(sentence, sizeof(sentence), "%s: %s", what, why->message);
    log_error(outage->log, "%s", sentence);
    activity_report_error(outage->ingest->activity, outage->activity, video, sentence);
}

void outage_begin_batch(struct outage *outage)
{
    outage->has_looked = false;
}

bool outage_is_met(struct outage *outage, const char *video, const struct err *why)
{
    struct err found = ERR_INIT;
    if (why->code == ERR_FULL) {
        if (!outage->is_full)
            tell(outage, video, "work stops until there is room again", why);
        outage->is_on = outage->is_full = true;
        outage->free_bytes = free_bytes(outage);
    }
    if (!outage->is_on && !outage->has_looked && look(outage, &found) != ERR_NONE) {
        tell(outage, video, DOWN_SENTENCE, &found);
        outage->is_on = outage->is_down = true;
    }
    outage->has_looked = true;
    return outage->is_on;
}

static void wait_for_room(struct outage *outage)
{
    int64_t longer_ms = outage->pause_ms * 2;
    outage->pause_ms = longer_ms < LOOK_PERIOD_MS ? LOOK_PERIOD_MS
        : longer_ms > FULL_PAUSE_MOST_MS          ? FULL_PAUSE_MOST_MS
                                                  : longer_ms;
    for (int64_t waited_ms = 0; waited_ms < outage->pause_ms; waited_ms += LOOK_PERIOD_MS) {
        if (cancel_wait(outage->cancel, LOOK_PERIOD_MS) || free_bytes(outage) >= outage->free_bytes + ROOM_BYTES)
            return;
    }
}

void outage_wait(struct outage *outage)
{
    struct err err = ERR_INIT;
    if (!outage->is_on)
        return;
    if (outage->is_full && !outage->is_down)
        wait_for_room(outage);
    while (!cancel_requested(outage->cancel) && look(outage, &err) != ERR_NONE) {
        // Want of room may have become something else meanwhile.
        if (!outage->is_down && err.code != ERR_FULL)
            tell(outage, "", DOWN_SENTENCE, &err);
        outage->is_down = outage->is_down || err.code != ERR_FULL;
        cancel_wait(outage->cancel, LOOK_PERIOD_MS);
    }
    if (cancel_requested(outage->cancel))
        return;
    if (outage->is_down)
        log_info(outage->log, "the stores can be used again: work goes on");
    outage->is_on = outage->is_down = false;
}

void outage_is_over(struct outage *outage)
{
    if (outage->is_full)
        log_info(outage->log, "there is room again: work goes on");
    outage->is_full = false;
    outage->pause_ms = 0;
}

enum err_code outage_release(const struct outage *outage, const struct queue_message *message, struct err *err)
{
    enum err_code code;
    while ((code = queue_release(outage->ingest->queue, message, err)) == ERR_FULL &&
        !cancel_wait(outage->cancel, LOOK_PERIOD_MS))
        ;
    return code;
}

enum err_code outage_ack(
    const struct outage *outage, struct queue_message *const *messages, size_t count, struct err *err)
{
    enum err_code code;
    while ((code = queue_ack(outage->ingest->queue, messages, count, err)) == ERR_FULL &&
        !cancel_wait(outage->cancel, LOOK_PERIOD_MS))
        ;
    return code;
}
