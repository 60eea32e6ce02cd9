#include "api/journal_watch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/cond.h"

// How long a cancel may go unnoticed.
#define WAIT_SLICE_MS 200

// A journal that somebody waits for.
struct watched {
    struct watched *next;
    int readers;
    char project[PROJECT_NAME_SIZE];
    char journal[META_JOURNAL_NAME_MAX + 1];
    bool is_known; // it was looked at
    bool is_gone;  // the project is not there
    bool is_looking;
    int64_t looked_us;
    struct meta_journal_info info;
};

struct journal_watch {
    struct meta_store *meta;
    int64_t look_us;
    pthread_mutex_t lock; // what follows
    pthread_cond_t news;
    struct watched *all;
};

struct journal_reader {
    struct journal_watch *watch;
    struct watched *watched;
    bool was_told;
    struct meta_journal_info told;
};

static int64_t now_us(void)
{
    return clock_monotonic_us(clock_system());
}

struct journal_watch *journal_watch_new(struct meta_store *meta, int64_t look_ms)
{
    struct journal_watch *watch = mem_calloc(1, sizeof(*watch));
    watch->meta = meta;
    watch->look_us = look_ms * 1000;
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->news, NULL);
    return watch;
}

void journal_watch_free(struct journal_watch *watch)
{
    if (watch == NULL)
        return;
    pthread_cond_destroy(&watch->news);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

// ---- looking; with the lock held, which is let go of while the store is asked

static enum err_code look(struct journal_watch *watch, struct watched *watched, struct err *err)
{
    struct meta_journal_info info = {0};
    watched->is_looking = true;
    pthread_mutex_unlock(&watch->lock);
    enum err_code code = meta_store_get_journal(watch->meta, watched->project, watched->journal, &info, err);
    pthread_mutex_lock(&watch->lock);
    watched->is_looking = false;
    watched->looked_us = now_us();
    // Who opens a reader looks beside another look, whose answer may be the newer one.
    bool is_older = watched->is_known && info.begun_us == watched->info.begun_us && info.length < watched->info.length;
    if (code == ERR_NONE && !is_older) {
        watched->is_known = true;
        watched->info = info;
    }
    watched->is_gone = code == ERR_NOT_FOUND;
    pthread_cond_broadcast(&watch->news);
    return code;
}

static bool is_due(const struct journal_watch *watch, const struct watched *watched)
{
    return !watched->is_looking && now_us() - watched->looked_us >= watch->look_us;
}

// ---- readers

static struct watched *ref_watched(struct journal_watch *watch, const char *project, const char *journal)
{
    struct watched *w = watch->all;
    while (w != NULL && (strcmp(w->project, project) != 0 || strcmp(w->journal, journal) != 0))
        w = w->next;
    if (w == NULL) {
        w = mem_calloc(1, sizeof(*w));
        strcpy(w->project, project);
        strcpy(w->journal, journal);
        w->next = watch->all;
        watch->all = w;
    }
    w->readers++;
    return w;
}

static void unref_watched(struct journal_watch *watch, struct watched *watched)
{
    if (--watched->readers > 0)
        return;
    struct watched **link = &watch->all;
    while (*link != watched)
        link = &(*link)->next;
    *link = watched->next;
    free(watched);
}

enum err_code journal_watch_open(struct journal_watch *watch, const char *project, const char *journal,
    struct journal_reader **reader, struct err *err)
{
    enum err_code code = project_name_check(project, err);
    if (code != ERR_NONE)
        return code;
    pthread_mutex_lock(&watch->lock);
    struct watched *watched = ref_watched(watch, project, journal);
    code = look(watch, watched, err);
    if (code != ERR_NONE)
        unref_watched(watch, watched);
    pthread_mutex_unlock(&watch->lock);
    if (code != ERR_NONE)
        return code;
    *reader = mem_calloc(1, sizeof(**reader));
    (*reader)->watch = watch;
    (*reader)->watched = watched;
    return ERR_NONE;
}

void journal_reader_free(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    pthread_mutex_lock(&reader->watch->lock);
    unref_watched(reader->watch, reader->watched);
    pthread_mutex_unlock(&reader->watch->lock);
    free(reader);
}

// Takes note of what the reader is told now; false where that is nothing new.
static bool tell(struct journal_reader *reader, struct meta_journal_info *info)
{
    const struct meta_journal_info *now = &reader->watched->info;
    if (!reader->watched->is_known)
        return false;
    if (reader->was_told && now->length == reader->told.length && now->begun_us == reader->told.begun_us)
        return false;
    reader->was_told = true;
    reader->told = *info = *now;
    return true;
}

enum err_code journal_reader_next(struct journal_reader *reader, int64_t timeout_ms, struct cancel *cancel,
    struct meta_journal_info *info, struct err *err)
{
    struct journal_watch *watch = reader->watch;
    struct watched *watched = reader->watched;
    int64_t deadline_us = now_us() + timeout_ms * 1000;
    enum err_code code = ERR_TIMEOUT;
    pthread_mutex_lock(&watch->lock);
    for (;;) {
        if (watched->is_gone) {
            code = err_set(err, ERR_NOT_FOUND, "there is no project %s any more", watched->project);
            break;
        }
        if (tell(reader, info)) {
            code = ERR_NONE;
            break;
        }
        if (cancel_requested(cancel)) {
            code = err_set(err, ERR_CANCELLED, "waiting for changes of project %s was cancelled", watched->project);
            break;
        }
        if (is_due(watch, watched)) {
            (void)look(watch, watched, NULL);
            continue;
        }
        int64_t now = now_us();
        if (now >= deadline_us) {
            code = err_set(err, ERR_TIMEOUT, "nothing has changed in project %s", watched->project);
            break;
        }
        int64_t until_us = now + WAIT_SLICE_MS * 1000;
        if (!watched->is_looking && watched->looked_us + watch->look_us < until_us)
            until_us = watched->looked_us + watch->look_us;
        (void)cond_wait_until(&watch->news, &watch->lock, until_us < deadline_us ? until_us : deadline_us);
    }
    pthread_mutex_unlock(&watch->lock);
    return code;
}
