// What people change in a project, live: that there is something new, and up to which version; what it is, clients ask
// for. Unlike the activity of the workers it is quiet, so that every open window may listen.
#include <stdlib.h>
#include <string.h>

#include "api/api_internal.h"
#include "api/journal_watch.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/track_corrections.h"

#define RECONNECT_MS 1000

struct followed {
    struct journal_reader *labels;
    struct journal_reader *corrections; // NULL: no video was asked about
    char video[VIDEO_ID_SIZE];
};

static void append_event(struct strbuf *out, const char *event, const char *video, const struct meta_journal_info *info)
{
    json_t *data = json_object();
    if (video != NULL)
        json_set_string(data, "video", video);
    json_set_int64(data, "version", info->length);
    struct strbuf text;
    strbuf_init(&text);
    json_dump(data, &text);
    json_decref(data);
    http_event_append(out, NULL, event, text.data);
    strbuf_release(&text);
}

// False where the stream is at its end.
static bool append_news(struct journal_reader *reader, int64_t wait_ms, struct cancel *cancel, const char *event,
    const char *video, struct strbuf *out)
{
    struct meta_journal_info info = {0};
    enum err_code code = journal_reader_next(reader, wait_ms, cancel, &info, NULL);
    if (code == ERR_NONE)
        append_event(out, event, video, &info);
    return code == ERR_NONE || code == ERR_TIMEOUT;
}

static bool next_changes(void *arg, int64_t wait_ms, struct cancel *cancel, struct strbuf *out)
{
    struct followed *followed = arg;
    if (followed->corrections == NULL)
        return append_news(followed->labels, wait_ms, cancel, "labels", NULL, out);
    return append_news(followed->labels, 0, cancel, "labels", NULL, out) &&
        append_news(followed->corrections, out->size > 0 ? 0 : wait_ms, cancel, "corrections", followed->video, out);
}

static void release_followed(void *arg)
{
    struct followed *followed = arg;
    journal_reader_free(followed->labels);
    journal_reader_free(followed->corrections);
    free(followed);
}

static enum err_code open_corrections(
    struct api *api, const char *project, const char *id, struct followed *followed, struct err *err)
{
    struct meta_video video;
    char journal[CORRECTIONS_JOURNAL_SIZE];
    enum err_code code = meta_store_get_video(api->config.ingest->meta, id, &video, err);
    if (code == ERR_NONE && strcmp(video.project, project) != 0)
        code = err_set(err, ERR_NOT_FOUND, "project %s has no video %s", project, id);
    if (code != ERR_NONE)
        return err_of_field(err, code, "video");
    strcpy(followed->video, id);
    corrections_journal(id, journal);
    return journal_watch_open(api->changes, project, journal, &followed->corrections, err);
}

API_HANDLER(api_follow_changes)
{
    struct api *api = context;
    static const char *const allowed[] = {"video", NULL};
    const char *project = NULL;
    const char *video = NULL;
    enum err_code code = http_request_check_query(request, allowed, err);
    if (code == ERR_NONE)
        code = api_param_project(request, &project, err);
    if (code == ERR_NONE)
        code = api_query_video(request, &video, err);
    if (code != ERR_NONE)
        return code;
    struct followed *followed = mem_calloc(1, sizeof(*followed));
    code = journal_watch_open(api->changes, project, LABELS_JOURNAL, &followed->labels, err);
    if (code == ERR_NONE && video != NULL)
        code = open_corrections(api, project, video, followed, err);
    if (code != ERR_NONE) {
        release_followed(followed);
        return code;
    }
    struct http_stream stream = {.next = next_changes, .release = release_followed, .arg = followed};
    http_response_events(response, RECONNECT_MS, 0, &stream);
    return ERR_NONE;
}
