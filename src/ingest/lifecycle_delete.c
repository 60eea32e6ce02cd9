#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "blob_store/blob_store.h"
#include "ingest/activity.h"
#include "ingest/lifecycle_internal.h"
#include "ingest/settle.h"
#include "ingest/track_corrections.h"
#include "ingest/tracking.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

static enum err_code remove_data(
    const struct ingest *ingest, const char *project, const char *video, struct cancel *cancel, struct err *err)
{
    char prefix[BLOB_KEY_SIZE];
    blob_key_prefix(project, video, prefix);
    enum err_code code = vector_index_remove_video(ingest->vectors, project, video, err);
    return code == ERR_NONE ? blob_store_remove_prefix(ingest->blobs, prefix, cancel, err) : code;
}

// Somebody may have asked for the same video again after its row was gone: what was purged of it is published again.
static enum err_code resume_if_back(const struct ingest *ingest, const char *id, struct cancel *cancel, struct err *err)
{
    struct meta_video video;
    enum err_code code = meta_store_get_video(ingest->meta, id, &video, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    return code == ERR_NONE ? lifecycle_resume(ingest, id, cancel, err) : code;
}

// Of a video that is marked. The row goes last, because it is what says that there is something to remove; and then the
// data once more, for a worker that was storing meanwhile and did not know yet. From then on the missing row tells it.
static enum err_code remove_marked(
    const struct ingest *ingest, const struct meta_video *video, struct cancel *cancel, struct err *err)
{
    enum err_code code = queue_purge(ingest->queue, video->id, err);
    if (code == ERR_NONE)
        code = remove_data(ingest, video->project, video->id, cancel, err);
    if (code == ERR_NONE)
        code = meta_store_remove_video(ingest->meta, video->id, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        code = ERR_NONE;
    }
    if (code == ERR_NONE)
        code = queue_purge(ingest->queue, video->id, err);
    if (code == ERR_NONE)
        code = settle_remove_stored(ingest, video, cancel, err);
    if (code == ERR_NONE)
        code = lifecycle_forget_resume(ingest, video->id, err);
    settle_remove_fetched(ingest, video->id);
    if (code == ERR_NONE)
        log_info(ingest->log, "video %s of project %s is removed", video->id, video->project);
    return code == ERR_NONE ? resume_if_back(ingest, video->id, cancel, err) : code;
}

// From then on it cannot be resumed, and workers drop what they have of it. Somebody else may do the same.
static enum err_code mark_video(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    enum err_code code = ERR_NONE;
    if (video->state != VIDEO_DELETING)
        code = meta_store_set_video_state(ingest->meta, video->id, ~0u & ~(1u << VIDEO_DELETING), VIDEO_DELETING, err);
    if (code == ERR_CONFLICT) {
        err_clear(err);
        code = ERR_NONE;
    }
    if (code == ERR_NONE)
        activity_report_video(ingest->activity, video->id, video_state_name(VIDEO_DELETING));
    return code;
}

enum err_code lifecycle_delete_video(
    const struct ingest *ingest, const char *id, struct cancel *cancel, struct err *err)
{
    struct meta_video video;
    enum err_code code = meta_store_get_video(ingest->meta, id, &video, err);
    if (code == ERR_NONE)
        code = mark_video(ingest, &video, err);
    return code == ERR_NONE ? remove_marked(ingest, &video, cancel, err) : code;
}

// ---- a project

// Whether there still is something to remove. Another process may remove the same project, and when that is done
// somebody may make it anew: from then on what has its name is not ours to remove.
static enum err_code is_marked(const struct ingest *ingest, const char *name, bool *marked, struct err *err)
{
    struct meta_project project;
    enum err_code code = meta_store_get_project(ingest->meta, name, &project, err);
    *marked = code == ERR_NONE && project.deleting;
    if (code != ERR_NOT_FOUND)
        return code;
    err_clear(err);
    return ERR_NONE;
}

static enum err_code stop_video(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    enum err_code code = mark_video(ingest, video, err);
    if (code == ERR_NOT_FOUND) {
        err_clear(err);
        return ERR_NONE;
    }
    return code == ERR_NONE ? queue_purge(ingest->queue, video->id, err) : code;
}

// Before anything of them goes: workers look at the video, not at its project, and one that did not find what is gone
// already would tell that as the video's error.
static enum err_code stop_videos(
    const struct ingest *ingest, const char *project, struct cancel *cancel, bool *marked, struct err *err)
{
    char after[VIDEO_ID_SIZE] = "";
    for (;;) {
        struct meta_video *videos = NULL;
        size_t count = 0;
        enum err_code code = meta_store_list_videos(
            ingest->meta, project, after[0] != '\0' ? after : NULL, LIFECYCLE_LIST_AT_ONCE, &videos, &count, err);
        if (code == ERR_NOT_FOUND && after[0] != '\0') { // somebody removed the page's last one: once more
            err_clear(err);
            after[0] = '\0';
            continue;
        }
        if (code == ERR_NONE && count > 0)
            code = is_marked(ingest, project, marked, err);
        for (size_t i = 0; i < count && *marked && code == ERR_NONE; i++) {
            memcpy(after, videos[i].id, sizeof(after));
            code = cancel_check(cancel, err);
            if (code == ERR_NONE)
                code = stop_video(ingest, &videos[i], err);
        }
        free(videos);
        if (code != ERR_NONE || count < LIFECYCLE_LIST_AT_ONCE || !*marked)
            return code;
    }
}

// A video of a project that is marked: nobody makes either of them anew until the project has gone, whose row says so
// long that there is something to remove. So its vectors and blobs go with those of all others.
static enum err_code delete_of_project(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    enum err_code code = meta_store_remove_video(ingest->meta, video->id, err);
    if (code == ERR_NONE)
        code = queue_purge(ingest->queue, video->id, err);
    if (code == ERR_NONE)
        code = lifecycle_forget_resume(ingest, video->id, err);
    settle_remove_fetched(ingest, video->id);
    if (code == ERR_NONE)
        log_info(ingest->log, "video %s of project %s is removed", video->id, video->project);
    return code;
}

// A page's last video is gone when the next page is asked for, so the first page is asked for until it is empty.
static enum err_code delete_videos(
    const struct ingest *ingest, const char *project, struct cancel *cancel, bool *marked, struct err *err)
{
    for (;;) {
        struct meta_video *videos = NULL;
        size_t count = 0;
        enum err_code code =
            meta_store_list_videos(ingest->meta, project, NULL, LIFECYCLE_LIST_AT_ONCE, &videos, &count, err);
        for (size_t i = 0; i < count && *marked && code == ERR_NONE; i++) {
            code = cancel_check(cancel, err);
            // One that was not stopped may be of a project that was made anew.
            if (code == ERR_NONE && videos[i].state != VIDEO_DELETING)
                code = is_marked(ingest, project, marked, err);
            if (code == ERR_NONE && *marked && videos[i].state != VIDEO_DELETING)
                code = stop_video(ingest, &videos[i], err);
            if (code == ERR_NONE && *marked)
                code = delete_of_project(ingest, &videos[i], err);
        }
        free(videos);
        if (code != ERR_NONE || count == 0 || !*marked)
            return code;
    }
}

static enum err_code sweep_project(
    const struct ingest *ingest, const char *project, struct cancel *cancel, bool *marked, struct err *err)
{
    char prefix[BLOB_KEY_SIZE];
    blob_key_prefix(project, NULL, prefix);
    enum err_code code = is_marked(ingest, project, marked, err);
    if (code == ERR_NONE && *marked)
        code = vector_index_remove_project(ingest->vectors, project, err);
    if (code == ERR_NONE && *marked)
        code = blob_store_remove_prefix(ingest->blobs, prefix, cancel, err);
    return code;
}

// Of a project that is marked. Vectors and blobs as a whole: for each of thousands of videos by itself, that was most
// of the work. They go before the rows, because they make room on a disk that is full, and once more behind them, for
// what a worker was storing meanwhile that did not know yet.
static enum err_code remove_marked_project(
    const struct ingest *ingest, const char *project, struct cancel *cancel, struct err *err)
{
    bool marked = true;
    enum err_code code = stop_videos(ingest, project, cancel, &marked, err);
    if (code == ERR_NONE && marked)
        code = sweep_project(ingest, project, cancel, &marked, err);
    if (code == ERR_NONE && marked)
        code = delete_videos(ingest, project, cancel, &marked, err);
    if (code == ERR_NONE && marked)
        code = sweep_project(ingest, project, cancel, &marked, err);
    if (code == ERR_NONE && marked)
        code = is_marked(ingest, project, &marked, err);
    if (code == ERR_NONE && marked)
        code = meta_store_remove_project(ingest->meta, project, err);
    if (code == ERR_NONE)
        log_info(ingest->log, "project %s is removed%s", project, marked ? "" : ", by another process");
    return code;
}

// The removals of this process. A second one of the same project would do the same work at the same time, and could be
// at it when the first has ended and the project is made anew.
struct removal {
    const struct meta_store *meta;
    const char *project;
    struct removal *next;
};
static pthread_mutex_t removals_lock = PTHREAD_MUTEX_INITIALIZER;
static struct removal *removals;

static bool removal_begin(struct removal *own)
{
    bool is_first = true;
    pthread_mutex_lock(&removals_lock);
    for (const struct removal *other = removals; other != NULL; other = other->next)
        is_first = is_first && (other->meta != own->meta || strcmp(other->project, own->project) != 0);
    if (is_first) {
        own->next = removals;
        removals = own;
    }
    pthread_mutex_unlock(&removals_lock);
    return is_first;
}

static void removal_end(struct removal *own)
{
    pthread_mutex_lock(&removals_lock);
    struct removal **at = &removals;
    while (*at != own)
        at = &(*at)->next;
    *at = own->next;
    pthread_mutex_unlock(&removals_lock);
}

enum err_code lifecycle_delete_project(
    const struct ingest *ingest, const char *project, struct cancel *cancel, struct err *err)
{
    struct removal removal = {.meta = ingest->meta, .project = project};
    enum err_code code = project_name_check(project, err);
    if (code != ERR_NONE)
        return code;
    if (!removal_begin(&removal))
        return err_set(err, ERR_CONFLICT,
            "project %s is being removed already: wait until it is gone from the list of projects", project);
    code = meta_store_mark_project_deleting(ingest->meta, project, err);
    if (code == ERR_NONE)
        code = remove_marked_project(ingest, project, cancel, err);
    removal_end(&removal);
    return code;
}

// ---- at the start

// What goes wrong with single videos and projects is told so often; further ones are only counted.
#define LEFT_OUT_TOLD_MAX 20

struct recovery {
    const struct ingest *ingest;
    struct cancel *cancel;
    bool queues_empty;
    struct recover_report *report;
};

static void tell_left_out(struct recovery *recovery, const char *sentence)
{
    if (recovery->report->left_out++ < LEFT_OUT_TOLD_MAX)
        log_error(recovery->ingest->log, "left as it is: %s", sentence);
}

static void tell_wrong(void *context, const char *sentence)
{
    tell_left_out(context, sentence);
}

// One that cannot be put right keeps nobody from the others; a store that cannot be used ends the start.
static enum err_code go_on(
    struct recovery *recovery, const char *kind, const char *name, enum err_code code, struct err *err)
{
    char sentence[ERR_MESSAGE_MAX + 128];
    if (code == ERR_NONE || err_is_retryable(code) || code == ERR_DENIED)
        return code;
    snprintf(sentence, sizeof(sentence), "%s %s could not be put right: %s", kind, name, err->message);
    tell_left_out(recovery, sentence);
    err_clear(err);
    return ERR_NONE;
}

static enum err_code settle_running(
    const struct ingest *ingest, const char *id, struct recovery *recovery, struct err *err)
{
    struct meta_video video;
    enum err_code code = settle_video(ingest, id, err);
    if (code == ERR_NONE)
        code = meta_store_get_video(ingest->meta, id, &video, err);
    if (code == ERR_NONE && video.state != VIDEO_RUNNING)
        recovery->report->videos_settled++;
    return code;
}

// Of a video that ended without its tracks, interrupted between its end and them, or of a program that had none; or
// whose tracks do not follow their corrections, interrupted between the journal and them, or of a program that had
// none.
static enum err_code request_tracks(const struct ingest *ingest, const struct meta_video *video, struct err *err)
{
    bool are_behind = false;
    if (tracking_is_due(video)) {
        enum err_code code = queue_purge(ingest->queue, video->id, err);
        return code == ERR_NONE ? tracking_request(ingest, video, err) : code;
    }
    enum err_code code = corrections_are_due(ingest, video, &are_behind, err);
    // Where it is being indexed again, it is tracked at the end of that.
    return code == ERR_NONE && are_behind ? tracking_request_anew(ingest, video, err) : code;
}

static enum err_code put_right(
    const struct ingest *ingest, const struct meta_video *video, struct recovery *recovery, struct err *err)
{
    bool interrupted = false;
    enum err_code code = ERR_NONE;
    switch (video->state) {
    case VIDEO_DELETING:
        recovery->report->deletions_finished++;
        return remove_marked(ingest, video, recovery->cancel, err);
    case VIDEO_QUEUED:
        return lifecycle_ensure_source(ingest, video, err);
    case VIDEO_CANCELLED:
        return queue_purge(ingest->queue, video->id, err);
    case VIDEO_RUNNING:
        code = lifecycle_resume_interrupted(ingest, video->id, &interrupted, err);
        if (code == ERR_NONE && (interrupted || recovery->queues_empty)) {
            recovery->report->videos_resumed++;
            return lifecycle_resume(ingest, video->id, recovery->cancel, err);
        }
        return code == ERR_NONE ? settle_running(ingest, video->id, recovery, err) : code;
    case VIDEO_DONE: // its leftovers, should it have been interrupted between its end and their removal
        code = request_tracks(ingest, video, err);
        return code == ERR_NONE ? settle_apply_retention(ingest, video->project, video->id, recovery->cancel, err)
                                : code;
    case VIDEO_INCOMPLETE:
        return request_tracks(ingest, video, err);
    case VIDEO_FAILED:
        break;
    }
    return ERR_NONE;
}

static enum err_code recover_video(
    const struct ingest *ingest, const struct meta_video *video, void *context, struct err *err)
{
    struct err why = ERR_INIT;
    enum err_code code = go_on(context, "video", video->id, put_right(ingest, video, context, &why), &why);
    return code == ERR_NONE ? code : err_set(err, code, "%s", why.message);
}

enum err_code lifecycle_queues_empty(const struct ingest *ingest, bool *empty, struct err *err)
{
    static const char *const topics[] = {TOPIC_SOURCES, TOPIC_SEGMENTS, TOPIC_FRAMES};
    *empty = true;
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        struct queue_stats stats;
        enum err_code code = queue_stats(ingest->queue, topics[i], &stats, err);
        if (code != ERR_NONE)
            return code;
        *empty = *empty && stats.ready == 0 && stats.leased == 0;
    }
    return ERR_NONE;
}

static enum err_code finish_project_deletions(const struct ingest *ingest, struct recovery *recovery, struct err *err)
{
    char after[PROJECT_NAME_SIZE] = "";
    for (;;) {
        struct meta_project *projects = NULL;
        size_t count = 0;
        enum err_code code = meta_store_list_projects(
            ingest->meta, after[0] != '\0' ? after : NULL, LIFECYCLE_LIST_AT_ONCE, &projects, &count, err);
        for (size_t i = 0; i < count && code == ERR_NONE; i++) {
            memcpy(after, projects[i].name, sizeof(after));
            if (!projects[i].deleting)
                continue;
            recovery->report->deletions_finished++;
            struct err why = ERR_INIT;
            code = lifecycle_delete_project(ingest, projects[i].name, recovery->cancel, &why);
            code = go_on(recovery, "project", projects[i].name, code, &why);
            if (code != ERR_NONE)
                code = err_set(err, code, "%s", why.message);
        }
        free(projects);
        if (code != ERR_NONE || count < LIFECYCLE_LIST_AT_ONCE)
            return code;
    }
}

enum err_code lifecycle_recover(
    const struct ingest *ingest, struct cancel *cancel, struct recover_report *report, struct err *err)
{
    struct recover_report unused;
    struct recovery recovery = {.ingest = ingest, .cancel = cancel, .report = report != NULL ? report : &unused};
    *recovery.report = (struct recover_report){0};
    enum err_code code = meta_store_find_wrong(ingest->meta, tell_wrong, &recovery, err);
    if (code == ERR_NONE)
        code = finish_project_deletions(ingest, &recovery, err);
    if (code == ERR_NONE)
        code = lifecycle_queues_empty(ingest, &recovery.queues_empty, err);
    if (code == ERR_NONE)
        code = lifecycle_each_video(ingest, NULL, cancel, recover_video, &recovery, err);
    if (recovery.report->left_out > 0)
        log_error(ingest->log,
            "%lld videos or projects are left as they are: the first are told above; "
            "\"framehound doctor\" says what to do",
            (long long)recovery.report->left_out);
    return code;
}
