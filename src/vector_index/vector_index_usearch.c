#include "vector_index/vector_index_usearch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "os/cancel.h"
#include "os/cond.h"
#include "os/file.h"
#include "os/thread.h"
#include "vector_index/vector_builder.h"
#include "vector_index/vector_index_backend.h"
#include "vector_index/vector_search.h"
#include "vector_index/vector_store.h"
#include "vector_index/vector_view.h"

#define DEFAULT_TAIL_VECTORS 16384
// How often the background thread looks for work that nobody told it of (another process's).
#define LOOK_MS 1000
// How often it looks for dead rows that nobody told it of.
#define COMPACT_US ((int64_t)60 * 1000 * 1000)
// How long it waits after a failure (a full disk) before it tries again, and says so again.
#define RETRY_US ((int64_t)30 * 1000 * 1000)
// Its place behind all that somebody waits for.
#define BACKGROUND_NICE 10

// One project that is open in this process. Spaces stay until the index is freed.
struct space {
    struct space *next;
    char project[PROJECT_NAME_SIZE];
    char *folder;
    struct vector_store *store;
    struct vector_view view;
    pthread_mutex_t build_mutex; // one builder in this process
    int64_t built_version;       // of the store, when the builder last found nothing more to do
    bool is_verified;            // the builder has looked at all files once
    int64_t compact_us;          // when it looks for dead rows again
    int64_t retry_us;            // not before then; all under build_mutex
    struct err said;             // what the log was told last; the background's
    atomic_bool has_removed;     // somebody removed many rows: it should look at once
};

struct embedded {
    struct vector_index index;
    char *root;
    struct log *log;
    struct vector_index_usearch_options options;
    struct cancel *cancel;
    struct thread *background;
    pthread_mutex_t mutex; // guards the list and what follows; spaces themselves are safe from all threads
    struct space *spaces;
    pthread_cond_t wake;
    bool is_woken;
};

static struct embedded *embedded_of(struct vector_index *index)
{
    return (struct embedded *)index;
}

static void space_free(struct space *space)
{
    pthread_mutex_destroy(&space->build_mutex);
    vector_view_release(&space->view);
    vector_store_free(space->store);
    free(space->folder);
    free(space);
}

static enum err_code space_open(
    struct embedded *e, const char *project, bool create, struct space **out, struct err *err)
{
    char *folder = mem_sprintf("%s/%s", e->root, project);
    char *path = mem_sprintf("%s/vectors.sqlite", folder);
    enum err_code code = ERR_NONE;
    *out = NULL;
    if (!create && !file_exists(path))
        goto out;
    code = dir_make(folder, err);
    if (code != ERR_NONE)
        goto out;
    struct vector_store *store = NULL;
    code = vector_store_open(path, &store, err);
    if (code != ERR_NONE)
        goto out;
    struct space *space = mem_calloc(1, sizeof(*space));
    strcpy(space->project, project);
    space->folder = folder;
    folder = NULL;
    space->store = store;
    vector_view_init(&space->view, space->folder, e->options.tail_vectors, e->log);
    pthread_mutex_init(&space->build_mutex, NULL);
    space->next = e->spaces;
    e->spaces = space;
    *out = space;
out:
    free(path);
    free(folder);
    return code;
}

// Without `create`, *out is NULL for a project that nobody has stored anything in.
static enum err_code space_get(
    struct embedded *e, const char *project, bool create, struct space **out, struct err *err)
{
    enum err_code code = ERR_NONE;
    pthread_mutex_lock(&e->mutex);
    *out = e->spaces;
    while (*out != NULL && strcmp((*out)->project, project) != 0)
        *out = (*out)->next;
    if (*out == NULL)
        code = space_open(e, project, create, out, err);
    pthread_mutex_unlock(&e->mutex);
    return code != ERR_NONE ? err_context(err, "project \"%s\"", project) : ERR_NONE;
}

static void wake_background(struct embedded *e)
{
    pthread_mutex_lock(&e->mutex);
    e->is_woken = true;
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->mutex);
}

// Takes over new files if somebody searches here.
static enum err_code adopt_if_searched(struct space *space, struct err *err)
{
    bool adopt = false;
    pthread_rwlock_rdlock(&space->view.lock);
    bool is_searched = space->view.layout != 0;
    pthread_rwlock_unlock(&space->view.lock);
    if (!is_searched)
        return ERR_NONE;
    enum err_code code = vector_view_refresh(&space->view, space->store, &adopt, err);
    return code == ERR_NONE && adopt ? vector_view_adopt(&space->view, space->store, err) : code;
}

// ERR_CONFLICT: another process is at it, or the project was removed under our hands; either way all is well.
static enum err_code build(struct embedded *e, struct space *space, enum vector_build what, struct err *err)
{
    int64_t now_us = clock_monotonic_us(clock_system());
    struct vector_builder builder = {.folder = space->folder,
        .store = space->store,
        .chunk_rows = e->options.tail_vectors,
        .build_threads = e->options.build_threads,
        .may_compact = now_us >= space->compact_us || atomic_exchange(&space->has_removed, false),
        .cancel = e->cancel,
        .log = e->log};
    if (builder.may_compact)
        space->compact_us = now_us + COMPACT_US;
    enum err_code code = vector_builder_run(&builder, what, err);
    if (code == ERR_NONE)
        space->is_verified = true;
    else if (code == ERR_CORRUPT || code == ERR_NOT_FOUND)
        space->is_verified = false;
    return code;
}

static enum err_code store_version(struct space *space, int64_t *version, struct err *err)
{
    struct vector_store_state state;
    struct db_tx tx;
    db_begin(vector_store_db(space->store), DB_READ, &tx);
    vector_store_state(&tx, &state);
    *version = state.version;
    return db_end(&tx, err);
}

static void tend(struct embedded *e, struct space *space)
{
    struct err err = ERR_INIT;
    int64_t version = 0;
    pthread_mutex_lock(&space->build_mutex);
    enum err_code code = store_version(space, &version, &err);
    if (atomic_exchange(&space->view.damaged, false))
        space->is_verified = false;
    int64_t now_us = clock_monotonic_us(clock_system());
    bool is_due = version != space->built_version || !space->is_verified;
    if (code == ERR_NONE && is_due && now_us >= space->retry_us) {
        code = build(e, space, space->is_verified ? VECTOR_BUILD_DUE : VECTOR_BUILD_VERIFY, &err);
        // What was written meanwhile is looked at in the next round.
        if (code == ERR_NONE)
            space->built_version = version;
        else if (code != ERR_CONFLICT)
            space->retry_us = now_us + RETRY_US;
    }
    pthread_mutex_unlock(&space->build_mutex);
    if (code == ERR_NONE || code == ERR_CONFLICT)
        code = adopt_if_searched(space, &err);
    // It is looked at each second; what stays as it is is said once.
    if (code != ERR_NONE && code != ERR_CANCELLED && strcmp(err.message, space->said.message) != 0)
        log_warn(e->log, "vector index of project \"%s\": %s", space->project, err.message);
    space->said = err;
}

static void wait_for_work(struct embedded *e)
{
    int64_t until_us = clock_monotonic_us(clock_system()) + LOOK_MS * INT64_C(1000);
    bool is_due = false;
    pthread_mutex_lock(&e->mutex);
    while (!e->is_woken && !is_due)
        is_due = !cond_wait_until(&e->wake, &e->mutex, until_us);
    e->is_woken = false;
    pthread_mutex_unlock(&e->mutex);
}

// Spaces are only ever added at the head, so a list once read stays valid.
static struct space *list_spaces(struct embedded *e)
{
    pthread_mutex_lock(&e->mutex);
    struct space *spaces = e->spaces;
    pthread_mutex_unlock(&e->mutex);
    return spaces;
}

static void run_background(void *arg)
{
    struct embedded *e = arg;
    // Only this thread and those it starts; without the right to it, all goes on as it is.
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), BACKGROUND_NICE);
    while (!cancel_requested(e->cancel)) {
        for (struct space *s = list_spaces(e); s != NULL && !cancel_requested(e->cancel); s = s->next)
            tend(e, s);
        if (!cancel_requested(e->cancel))
            wait_for_work(e);
    }
}

static void embedded_free(struct vector_index *index)
{
    struct embedded *e = embedded_of(index);
    cancel_request(e->cancel);
    wake_background(e);
    thread_join(e->background);
    while (e->spaces != NULL) {
        struct space *next = e->spaces->next;
        space_free(e->spaces);
        e->spaces = next;
    }
    cancel_free(e->cancel);
    pthread_cond_destroy(&e->wake);
    pthread_mutex_destroy(&e->mutex);
    free(e->root);
    free(e);
}

static enum err_code embedded_upsert(struct vector_index *index, const char *project, const char *model,
    size_t dimension, const struct vector_item *items, size_t count, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, true, &space, err);
    if (code == ERR_NONE)
        code = vector_store_upsert(space->store, project, model, dimension, items, count, err);
    return code;
}

static enum err_code embedded_set_attributes(struct vector_index *index, const char *project,
    const struct vector_attributes *changes, size_t count, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    return vector_store_set_attributes(space->store, changes, count, err);
}

static enum err_code embedded_query(struct vector_index *index, const struct vector_query *query,
    struct vector_hit **hits, size_t *count, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), query->project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    bool adopt = false;
    code = vector_view_refresh(&space->view, space->store, &adopt, err);
    if (code != ERR_NONE)
        return code;
    if (adopt)
        wake_background(embedded_of(index));
    struct vector_key *refused = NULL;
    size_t refused_count = 0;
    const struct vector_filter *filter = &query->filter;
    if (filter->refused_count > 0)
        code =
            vector_store_refused(space->store, filter->refused, filter->refused_count, &refused, &refused_count, err);
    if (code != ERR_NONE) {
        free(refused);
        return code;
    }
    struct vector_view *view = &space->view;
    pthread_rwlock_rdlock(&view->lock);
    size_t dimension = (size_t)view->state.dimension;
    if (dimension != 0 && dimension != query->dimension)
        code = vector_index_wrong_dimension(err, query->project, dimension, query->dimension);
    else if (dimension != 0)
        vector_search(view, query, refused, refused_count, hits, count);
    pthread_rwlock_unlock(&view->lock);
    free(refused);
    return code;
}

static enum err_code embedded_fetch(struct vector_index *index, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE)
        return code;
    if (space == NULL)
        return vector_index_no_object(err, project, object);
    return vector_store_fetch(space->store, project, object, vector, capacity, dimension, err);
}

static enum err_code embedded_remove(
    struct vector_index *index, const char *project, const char *const *objects, size_t count, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    return vector_store_remove(space->store, objects, count, err);
}

static enum err_code embedded_remove_frame(
    struct vector_index *index, const char *project, const char *video, int32_t frame_index, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    return vector_store_remove_frame(space->store, video, frame_index, err);
}

// Gives the room of what was removed back: the database's at once, that of the files when enough of them is dead.
static enum err_code reclaim(struct embedded *e, struct space *space, struct err *err)
{
    enum err_code code = vector_store_shrink(space->store, INT64_MAX, err);
    atomic_store(&space->has_removed, true);
    wake_background(e);
    return code;
}

static enum err_code embedded_remove_video(
    struct vector_index *index, const char *project, const char *video, struct err *err)
{
    struct embedded *e = embedded_of(index);
    struct space *space;
    enum err_code code = space_get(e, project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    code = vector_store_remove_video(space->store, video, err);
    return code == ERR_NONE ? reclaim(e, space, err) : code;
}

static enum err_code embedded_remove_project(struct vector_index *index, const char *project, struct err *err)
{
    struct embedded *e = embedded_of(index);
    struct space *space;
    enum err_code code = space_get(e, project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    code = vector_store_clear(space->store, err);
    if (code == ERR_NONE)
        code = reclaim(e, space, err);
    // The files are nobody's now and are swept away: here, unless a builder is at work, which sees to it itself.
    if (code == ERR_NONE && pthread_mutex_trylock(&space->build_mutex) == 0) {
        code = build(e, space, VECTOR_BUILD_DUE, err);
        pthread_mutex_unlock(&space->build_mutex);
    }
    return code == ERR_CONFLICT ? ERR_NONE : code;
}

static enum err_code embedded_stats(
    struct vector_index *index, const char *project, const char *video, struct vector_stats *stats, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    stats->bytes = (int64_t)dir_size_bytes(space->folder);
    return vector_store_stats(space->store, video, stats, err);
}

static enum err_code embedded_list(struct vector_index *index, const char *project, const char *video,
    vector_visit *visit, void *context, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    return vector_store_list(space->store, video, visit, context, err);
}

static enum err_code embedded_put_tracks(struct vector_index *index, const char *project, const char *model,
    size_t dimension, const struct vector_track_item *items, size_t count, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, true, &space, err);
    if (code == ERR_NONE)
        code = vector_store_put_tracks(space->store, project, model, dimension, items, count, err);
    return code;
}

static enum err_code embedded_keep_tracks(struct vector_index *index, const char *project, const char *video,
    const int64_t *numbers, size_t count, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE || space == NULL)
        return code;
    return vector_store_keep_tracks(space->store, video, numbers, count, err);
}

static enum err_code embedded_fetch_track(struct vector_index *index, const char *project,
    const struct vector_track *track, float *vector, size_t capacity, size_t *dimension, struct err *err)
{
    struct space *space;
    enum err_code code = space_get(embedded_of(index), project, false, &space, err);
    if (code != ERR_NONE)
        return code;
    if (space == NULL)
        return vector_index_no_track(err, project, track);
    return vector_store_fetch_track(space->store, project, track, vector, capacity, dimension, err);
}

static enum err_code embedded_flush(struct vector_index *index, struct err *err)
{
    struct embedded *e = embedded_of(index);
    enum err_code code = ERR_NONE;
    for (struct space *s = list_spaces(e); s != NULL && code == ERR_NONE; s = s->next) {
        pthread_mutex_lock(&s->build_mutex);
        code = build(e, s, VECTOR_BUILD_ALL, err);
        pthread_mutex_unlock(&s->build_mutex);
        if (code == ERR_NONE || code == ERR_CONFLICT)
            code = adopt_if_searched(s, err);
    }
    return code;
}

static enum err_code embedded_ping(struct vector_index *index, struct err *err)
{
    struct embedded *e = embedded_of(index);
    struct file_info info;
    return file_stat(e->root, &info, err);
}

static enum err_code embedded_describe(struct vector_index *index, struct vector_index_facts *facts, struct err *err)
{
    snprintf(facts->where, sizeof(facts->where), "%s", embedded_of(index)->root);
    return embedded_ping(index, err);
}

static const struct vector_index_ops embedded_ops = {
    .name = "usearch",
    .free = embedded_free,
    .upsert = embedded_upsert,
    .set_attributes = embedded_set_attributes,
    .query = embedded_query,
    .fetch = embedded_fetch,
    .remove = embedded_remove,
    .remove_frame = embedded_remove_frame,
    .remove_video = embedded_remove_video,
    .remove_project = embedded_remove_project,
    .stats = embedded_stats,
    .list = embedded_list,
    .put_tracks = embedded_put_tracks,
    .keep_tracks = embedded_keep_tracks,
    .fetch_track = embedded_fetch_track,
    .flush = embedded_flush,
    .ping = embedded_ping,
    .describe = embedded_describe,
};

enum err_code vector_index_usearch_open(const char *root, const struct vector_index_usearch_options *options,
    struct log *log, struct vector_index **index, struct err *err)
{
    enum err_code code = dir_make(root, err);
    if (code != ERR_NONE)
        return code;
    struct embedded *e = mem_calloc(1, sizeof(*e));
    e->index.ops = &embedded_ops;
    e->root = mem_strdup(root);
    e->log = log != NULL ? log : log_none();
    if (options != NULL)
        e->options = *options;
    if (e->options.tail_vectors == 0 || e->options.tail_vectors > VECTOR_BLOCK_MAX)
        e->options.tail_vectors = DEFAULT_TAIL_VECTORS;
    if (e->options.build_threads == 0)
        e->options.build_threads = 1;
    e->cancel = cancel_new(NULL);
    pthread_mutex_init(&e->mutex, NULL);
    pthread_cond_init(&e->wake, NULL);
    if (!e->options.no_background)
        code = thread_start("vectors", run_background, e, &e->background, err);
    if (code != ERR_NONE) {
        embedded_free(&e->index);
        return code;
    }
    *index = &e->index;
    return ERR_NONE;
}
