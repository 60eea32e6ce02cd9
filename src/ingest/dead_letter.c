#include "ingest/dead_letter.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "ingest/source.h"
#include "ingest/tracking.h"
#include "meta_store/meta_store.h"
#include "queue/queue.h"

#define LETTERS_AT_ONCE 100

struct casualty {
    enum err_code cause; // ERR_NONE: not known
    bool is_final;       // trying again ends the same way
    char sentence[ERR_MESSAGE_MAX];
    struct activity_event event;
};

// The same bytes fail the same way. What is missing may come back, of what is in our hands or on this machine.
static bool is_final(enum err_code cause)
{
    return cause == ERR_INVALID || cause == ERR_CORRUPT || cause == ERR_LIMIT;
}

static bool is_gone_for_good(const struct meta_video *video)
{
    struct source source;
    return source_parse_canonical(video->source, &source, NULL) == ERR_NONE && source.kind != SOURCE_FILE;
}

// What stood in the way of fetching it (a program that is missing or too old, a limit) can be put right. A store that
// cannot say whether it was fetched keeps nobody from settling.
static void tell_finality(const struct ingest *ingest, const struct meta_video *video, struct casualty *casualty)
{
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    blob_key_source(video->project, video->id, key);
    if (casualty->cause == ERR_NOT_FOUND)
        casualty->is_final = is_gone_for_good(video);
    else if (is_final(casualty->cause) && blob_store_stat(ingest->blobs, key, &info, NULL) == ERR_NOT_FOUND)
        casualty->is_final = false;
}

static enum err_code fail_source(
    const struct ingest *ingest, const char *video, const char *reason, struct casualty *casualty, struct err *err)
{
    snprintf(casualty->sentence, sizeof(casualty->sentence), "%s", reason);
    // Nobody goes on with what was loaded of it, which may be as large as the video.
    settle_remove_fetched(ingest, video);
    // What was cut before it failed is worth indexing: the video then ends as incomplete, without it as failed.
    struct meta_video state;
    enum err_code code = meta_store_get_video(ingest->meta, video, &state, err);
    if (code == ERR_NONE)
        tell_finality(ingest, &state, casualty);
    if (code != ERR_NONE || state.split_done || video_state_is_final(state.state))
        return code;
    int64_t segments = state.segments;
    if (segments > 0)
        return meta_store_finish_split(
            ingest->meta, video, segments, state.frames_expected, state.media.duration_us, true, err);
    // The reason comes first: who sees that it failed wants to know why.
    code = meta_store_add_video_error(ingest->meta, video, casualty->sentence, casualty->is_final, err);
    if (code != ERR_NONE)
        return code;
    code = meta_store_set_video_state(
        ingest->meta, video, (1u << VIDEO_QUEUED) | (1u << VIDEO_RUNNING), VIDEO_FAILED, err);
    if (code == ERR_NONE)
        activity_report_video(ingest->activity, video, video_state_name(VIDEO_FAILED));
    return code == ERR_CONFLICT ? ERR_NONE : code;
}

static enum err_code fail_segment(const struct ingest *ingest, const char *video, const char *body, size_t size,
    const char *reason, struct casualty *casualty, struct err *err)
{
    struct segment_message message;
    enum err_code code = segment_message_decode(body, size, &message, err);
    if (code != ERR_NONE)
        return code;
    snprintf(casualty->sentence, sizeof(casualty->sentence), "segment %d (%.1f s to %.1f s) could not be decoded: %s",
        message.segment.index, (double)message.segment.start_us / 1e6, (double)message.segment.end_us / 1e6, reason);
    casualty->event.kind = ACTIVITY_SEGMENT_FAILED;
    casualty->event.segment = message.segment.index;
    return meta_store_fail_segment(ingest->meta, video, message.segment.index, err);
}

static enum err_code fail_frame(const struct ingest *ingest, const char *video, const char *body, size_t size,
    const char *reason, struct casualty *casualty, struct err *err)
{
    struct frame_message message;
    enum err_code code = frame_message_decode(body, size, &message, err);
    if (code != ERR_NONE)
        return code;
    snprintf(casualty->sentence, sizeof(casualty->sentence), "frame %d (at %.3f s) could not be indexed: %s",
        message.frame, (double)message.pts_us / 1e6, reason);
    casualty->event.kind = ACTIVITY_FRAME_FAILED;
    casualty->event.segment = message.segment;
    casualty->event.frame = message.frame;
    return meta_store_fail_frame(ingest->meta, video, message.frame, true, err);
}

static enum err_code has_more_errors(
    const struct ingest *ingest, const char *video, int64_t than, bool *has_more, struct err *err)
{
    struct meta_video now;
    enum err_code code = meta_store_get_video(ingest->meta, video, &now, err);
    *has_more = code == ERR_NONE && now.errors_count > than;
    return code;
}

// `errors_told`: how many the video had; where it gets no more, whoever settles again, or starts anew, tells nothing as
// news. -1: it is told in any case.
static enum err_code settle(const struct ingest *ingest, const char *topic, const char *key, const char *body,
    size_t body_size, const char *reason, enum err_code cause, int64_t errors_told, struct err *err)
{
    struct casualty casualty = {.cause = cause, .is_final = is_final(cause), .event = ACTIVITY_EVENT_INIT};
    char video[VIDEO_ID_SIZE];
    enum err_code code = ERR_NONE;
    casualty.event.kind = ACTIVITY_ERROR;
    if (!message_key_video(key, video))
        return ERR_NONE; // nobody's: it is shown among the dead letters
    if (strcmp(topic, TOPIC_SOURCES) == 0)
        code = fail_source(ingest, video, reason, &casualty, err);
    else if (strcmp(topic, TOPIC_SEGMENTS) == 0)
        code = fail_segment(ingest, video, body, body_size, reason, &casualty, err);
    else if (strcmp(topic, TOPIC_FRAMES) == 0)
        code = fail_frame(ingest, video, body, body_size, reason, &casualty, err);
    else if (strcmp(topic, TOPIC_DETECTIONS) == 0)
        snprintf(casualty.sentence, sizeof(casualty.sentence),
            "its objects could not be followed from frame to frame: %s", reason);
    else
        return ERR_NONE;

    if (code == ERR_INVALID) { // malformed: all that can be said is that something of this video was lost
        snprintf(casualty.sentence, sizeof(casualty.sentence), "a message about it was lost: %s", reason);
        casualty.is_final = false;
    } else if (code == ERR_NOT_FOUND) {
        return ERR_NONE; // the video is gone, or never had this frame
    } else if (code != ERR_NONE) {
        return code;
    }
    code = meta_store_add_video_error(ingest->meta, video, casualty.sentence, casualty.is_final, err);
    bool is_news = true;
    if (code == ERR_NONE && errors_told >= 0)
        code = has_more_errors(ingest, video, errors_told, &is_news, err);
    if (code != ERR_NONE)
        return code == ERR_NOT_FOUND ? ERR_NONE : code;
    memcpy(casualty.event.video, video, sizeof(video));
    snprintf(casualty.event.text, sizeof(casualty.event.text), "%.*s", ACTIVITY_TEXT_SIZE - 1, casualty.sentence);
    if (is_news)
        activity_report(ingest->activity, NULL, &casualty.event);
    return settle_video(ingest, video, err);
}

enum err_code dead_letter_settle(const struct ingest *ingest, const char *topic, const char *key, const char *body,
    size_t body_size, const char *reason, enum err_code cause, struct err *err)
{
    return settle(ingest, topic, key, body, body_size, reason, cause, -1, err);
}

// Who settled it before may have been stopped when its video had ended and was not yet to be tracked. `asked` is the
// video that the letter before was about: to ask once is enough. A video that cannot be tracked is not asked for again.
static enum err_code settle_again(
    const struct ingest *ingest, const struct queue_dead_letter *letter, char asked[VIDEO_ID_SIZE], struct err *err)
{
    struct meta_video before = {0};
    char video[VIDEO_ID_SIZE] = "";
    enum err_code code = ERR_NONE;
    bool is_known = message_key_video(letter->key, video);
    bool asks = strcmp(letter->topic, TOPIC_DETECTIONS) != 0 && is_known && strcmp(video, asked) != 0;
    if (asks)
        memcpy(asked, video, sizeof(video));
    if (is_known)
        code = meta_store_get_video(ingest->meta, video, &before, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    if (code == ERR_NONE)
        code = settle(ingest, letter->topic, letter->key, letter->body, letter->body_size, letter->reason, ERR_NONE,
            before.errors_count, err);
    return code == ERR_NONE && asks && tracking_is_due(&before) ? tracking_request(ingest, &before, err) : code;
}

enum err_code dead_letter_settle_new(const struct ingest *ingest, const char *topic, int64_t *after, struct err *err)
{
    char asked[VIDEO_ID_SIZE] = "";
    for (;;) {
        struct queue_dead_letter *letters = NULL;
        size_t count = 0;
        enum err_code code = queue_dead_letters(ingest->queue, NULL, *after, LETTERS_AT_ONCE, &letters, &count, err);
        if (code != ERR_NONE)
            return code;
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            const struct queue_dead_letter *letter = &letters[i];
            if (strcmp(letter->topic, topic) == 0)
                code = settle_again(ingest, letter, asked, err);
            if (code == ERR_CORRUPT) { // for good: the letters behind it are of others
                log_debug(ingest->log, "dead letter %lld is passed over: %s", (long long)letter->id, err->message);
                err_clear(err);
                code = ERR_NONE;
            }
            if (code == ERR_NONE)
                *after = letter->id;
        }
        queue_dead_letters_free(letters, count);
        if (code != ERR_NONE || count < LETTERS_AT_ONCE)
            return code;
    }
}
