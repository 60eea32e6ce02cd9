#include "media/split_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A header's duration is no promise to the frame: only a clear difference says that the end is missing.
#define MISSING_MIN_US 1000000
#define MISSING_MIN_SHARE 50 // of the duration

static void set_reason(struct split_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void set_reason(struct split_result *result, const char *format, ...)
{
    if (result->incomplete)
        return;
    result->incomplete = true;
    va_list args;
    va_start(args, format);
    vsnprintf(result->reason, sizeof(result->reason), format, args);
    va_end(args);
}

void split_report_rest(struct split_result *result, int64_t kept_us, const struct err *why)
{
    set_reason(result, "only the first %.1f s could be read, not what follows there as another video: %s",
        (double)kept_us / 1e6, why->message);
}

void split_report_empty(struct split_result *result, int64_t kept_us)
{
    if (kept_us == 0)
        set_reason(result, "what comes first as another video was left out: no frame of it can be decoded");
    else
        set_reason(result, "what follows after %.1f s as another video was left out: no frame of it can be decoded",
            (double)kept_us / 1e6);
}

// How many packets the file's index lists, edit lists considered; 0 where there is no index of all.
static int64_t listed_packets(const struct media_source *source)
{
    if (strncmp(source->format->iformat->name, "mov,", 4) != 0)
        return 0;
    return avformat_index_get_entries_count(source->video);
}

static void find_missing_parts(
    struct split_result *result, const struct media_source *source, const struct timeline_stats *stats)
{
    int64_t listed = listed_packets(source);
    int64_t whole = stats->packets - stats->damaged;
    if (whole < listed)
        set_reason(result,
            "the file ends early or parts of it cannot be read: %" PRId64 " of %" PRId64 " coded pictures are there",
            whole, listed);
    if (stats->ended_by_error)
        set_reason(result, "the file could not be read to its end: after %.1f s no more data could be found in it",
            (double)result->duration_us / 1e6);
    bool one_stream = source->format->nb_streams == 1;
    bool has_header_duration = strcmp(source->format->iformat->name, "matroska,webm") == 0 ||
        strcmp(source->format->iformat->name, "flv") == 0 || strcmp(source->format->iformat->name, "avi") == 0;
    int64_t stated = result->info.duration_us;
    // These headers count from zero, wherever the first picture is.
    int64_t before = result->info.container_start_us > 0 ? result->info.container_start_us : 0;
    int64_t missing = stated - before - result->duration_us;
    if (has_header_duration && one_stream && stated > 0 && missing > MISSING_MIN_US &&
        missing > stated / MISSING_MIN_SHARE)
        set_reason(result, "the file ends early: its header says %.1f s, but there are only %.1f s of video in it",
            (double)stated / 1e6, (double)result->duration_us / 1e6);
    const char *last = media_log_last();
    if (strstr(last, "ended prematurely") != NULL || strstr(last, "partial file") != NULL)
        set_reason(result, "the file ends early: it was cut off in the middle of a coded picture");
    if (stats->damaged > 0)
        set_reason(result, "parts of the file are damaged: %" PRId64 " of %" PRId64 " coded pictures are not whole",
            stats->damaged, stats->packets);
}

void split_report(struct split_result *result, const struct media_source *source, const struct timeline_stats *stats,
    bool to_the_end, struct log *log)
{
    result->packets = stats->packets;
    result->skipped = stats->skipped;
    result->damaged = stats->damaged;
    if (to_the_end)
        find_missing_parts(result, source, stats);
    if (result->misplaced > 0)
        set_reason(result,
            "parts of the file are damaged: the times of %" PRId64 " of %" PRId64
            " coded pictures make no sense, and they were left out",
            result->misplaced, stats->packets);
    if (stats->skipped > 0)
        log_warn(log,
            "%" PRId64 " coded pictures before a keyframe, at the beginning or where another recording begins, were "
            "left out",
            stats->skipped);
    if (stats->jumps > 0)
        log_warn(log, "time stamps jump back %" PRId64 " times; what follows was shifted to go on", stats->jumps);
    if (stats->mended > 0)
        log_warn(log, "%" PRId64 " time stamps could not be right among those around them; they were made anew",
            stats->mended);
    if (stats->derived)
        log_info(log, "the file has no presentation times; they follow from the coding order");
    if (result->incomplete)
        log_warn(log, "%s", result->reason);
}
