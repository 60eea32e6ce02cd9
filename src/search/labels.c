// The service: projects, their books, and following the journal.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "os/cond.h"
#include "os/thread.h"
#include "search/labels_internal.h"

// Entries read at once.
#define PAGE_ENTRIES 256
// How often it is looked whether what could not be written to the vector index may be tried again.
#define MIRROR_RETRY_S 1

int64_t labels_now_us(const struct labels *labels)
{
    return clock_monotonic_us(labels->config.clock);
}

// ---- projects

static void begin_anew(struct project *p)
{
    label_book_free(p->book);
    p->book = label_book_new();
    p->epoch++;
    p->begun_us = 0;
    p->others = 0;
    p->is_loaded = false;
    free(p->videos);
    p->videos = NULL;
    p->video_count = 0;
    label_map_release(&p->video_places);
    labels_forget_mistakes(p);
    free(p->classes);
    p->classes = NULL;
    p->class_count = 0;
    p->resolved = 0;
    p->videos_due_us = 0;
    p->index_away_until_us = 0;
    p->digest = 0;
    p->has_mirror = false;
    p->is_mirror_checked = false;
    p->mirror_due_us = 0;
    p->mirror_failures = 0;
    labels_forget_tracks(p);
    free(p->tracks);
    p->tracks = NULL;
    label_map_release(&p->track_sizes);
    labels_forget_ranks(p);
}

static struct project *project_new(const char *name)
{
    struct project *p = mem_calloc(1, sizeof(*p));
    strcpy(p->name, name);
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->mirror_ended, NULL);
    begin_anew(p);
    return p;
}

static void project_free(struct project *p)
{
    begin_anew(p);
    label_book_free(p->book);
    pthread_cond_destroy(&p->mirror_ended);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}

// Takes a project out of the list; whoever uses it still frees it. Under labels->mutex.
static void unlink_project(struct labels *labels, struct project *p)
{
    struct project **link = &labels->projects;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    labels->project_count--;
    p->is_gone = true;
    if (p->refs == 0)
        project_free(p);
}

static struct project *find_project(struct labels *labels, const char *name)
{
    struct project *p = labels->projects;
    while (p != NULL && strcmp(p->name, name) != 0)
        p = p->next;
    return p;
}

static void make_room(struct labels *labels)
{
    struct project *oldest = NULL;
    for (struct project *p = labels->projects; p != NULL; p = p->next) {
        if (p->refs == 0 && (oldest == NULL || p->used < oldest->used))
            oldest = p;
    }
    if (oldest != NULL)
        unlink_project(labels, oldest);
}

static struct project *ref_project(struct labels *labels, const char *name)
{
    pthread_mutex_lock(&labels->mutex);
    struct project *p = find_project(labels, name);
    if (p == NULL) {
        if (labels->project_count >= LABELS_PROJECTS_MAX)
            make_room(labels);
        p = project_new(name);
        p->next = labels->projects;
        labels->projects = p;
        labels->project_count++;
    }
    p->refs++;
    p->used = ++labels->uses;
    pthread_mutex_unlock(&labels->mutex);
    return p;
}

static void unref_project(struct labels *labels, struct project *p)
{
    pthread_mutex_lock(&labels->mutex);
    if (--p->refs == 0 && p->is_gone)
        project_free(p);
    pthread_mutex_unlock(&labels->mutex);
}

void labels_forget(struct labels *labels, const char *project)
{
    pthread_mutex_lock(&labels->mutex);
    struct project *p = find_project(labels, project);
    if (p != NULL)
        unlink_project(labels, p);
    pthread_mutex_unlock(&labels->mutex);
}

// ---- following the journal

static enum err_code apply_entry(struct project *p, const struct meta_journal_entry *item, struct err *err)
{
    struct label_entry entry;
    enum err_code code = label_entry_decode(item->value, item->size, &entry, err);
    if (code == ERR_NONE) {
        code = label_book_apply(p->book, &entry, item->at_us, err);
        // It was checked before it was written.
        if (code != ERR_NONE)
            code = err_set(err, ERR_CORRUPT, "it does not follow from the steps before it");
        label_entry_release(&entry);
    }
    if (code != ERR_NONE)
        return err_context(
            err, "the labelling step %" PRId64 " of project %s cannot be read", item->position + 1, p->name);
    if (!p->is_loaded && p->has_mirror && label_book_version(p->book) == p->mirrored_version)
        label_book_forget_touched(p->book);
    return ERR_NONE;
}

static enum err_code apply_new_entries(struct labels *labels, struct project *p, int64_t length, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool is_cut = false;
    while (code == ERR_NONE && !is_cut && label_book_version(p->book) < length) {
        struct meta_journal_page page;
        code = meta_store_list_journal(
            labels->config.meta, p->name, LABELS_JOURNAL, label_book_version(p->book) - 1, PAGE_ENTRIES, &page, err);
        // Nothing where something was: the project is just being removed.
        is_cut = page.count == 0;
        for (size_t i = 0; i < page.count && code == ERR_NONE; i++)
            code = apply_entry(p, &page.items[i], err);
        meta_journal_page_release(&page);
    }
    return code;
}

enum err_code labels_catch_up(struct labels *labels, struct project *p, struct err *err)
{
    struct meta_journal_info info;
    enum err_code code = meta_store_get_journal(labels->config.meta, p->name, LABELS_JOURNAL, &info, err);
    if (code != ERR_NONE)
        return code;
    int64_t before = label_book_version(p->book);
    if (info.length < before || (before > 0 && info.begun_us != p->begun_us)) {
        begin_anew(p);
        before = 0;
    }
    p->begun_us = info.begun_us;
    if (!p->is_loaded && info.length > 0)
        code = labels_mirror_load(labels, p, err);
    if (code == ERR_NONE && info.length > before)
        code = apply_new_entries(labels, p, info.length, err);
    if (code != ERR_NONE)
        return code;
    p->is_loaded = true;
    if (label_book_version(p->book) > before)
        labels_note_changes(labels, p);
    return ERR_NONE;
}

enum err_code labels_enter(struct labels *labels, const char *name, struct project **project, struct err *err)
{
    *project = NULL;
    enum err_code code = project_name_check(name, err);
    if (code != ERR_NONE)
        return code;
    struct project *p = ref_project(labels, name);
    pthread_mutex_lock(&p->mutex);
    code = labels_catch_up(labels, p, err);
    if (code == ERR_NONE && label_book_version(p->book) > 0) {
        code = labels_resolve_objects(labels, p, false, err);
        if (code == ERR_NONE)
            code = labels_look_for_vectors(labels, p, false, err);
    }
    if (code == ERR_NONE) {
        *project = p;
        return ERR_NONE;
    }
    pthread_mutex_unlock(&p->mutex);
    if (code == ERR_NOT_FOUND)
        labels_forget(labels, name);
    unref_project(labels, p);
    return code;
}

// What could not be written is written later.
static void mirror_or_warn(struct labels *labels, struct project *p)
{
    struct err err = ERR_INIT;
    if (labels_mirror(labels, p, &err) != ERR_NONE)
        log_warn(labels->config.log, "%s", err.message);
}

static void wake_background(struct labels *labels)
{
    pthread_mutex_lock(&labels->mutex);
    labels->has_work = true;
    pthread_cond_signal(&labels->wake);
    pthread_mutex_unlock(&labels->mutex);
}

void labels_leave(struct labels *labels, struct project *p)
{
    bool has_work = labels_stale_label(p) >= 0 || labels_is_mirror_behind(p);
    pthread_mutex_unlock(&p->mutex);
    unref_project(labels, p);
    if (has_work)
        wake_background(labels);
}

// ---- the thread that writes and learns what nobody waits for

// A project with something to write or (*label >= 0) to learn, locked and with a reference; NULL: none.
static struct project *find_work(struct labels *labels, int32_t *label)
{
    struct project *found = NULL;
    pthread_mutex_lock(&labels->mutex);
    labels->has_unmirrored = false;
    for (struct project *p = labels->projects; p != NULL && found == NULL; p = p->next) {
        // One that is busy will say so when it is left.
        if (pthread_mutex_trylock(&p->mutex) != 0)
            continue;
        bool is_due = labels_is_mirror_due(labels, p);
        labels->has_unmirrored |= labels_is_mirror_behind(p);
        *label = is_due ? -1 : labels_stale_label(p);
        if (is_due || *label >= 0) {
            p->refs++;
            found = p;
        } else {
            pthread_mutex_unlock(&p->mutex);
        }
    }
    pthread_mutex_unlock(&labels->mutex);
    return found;
}

static bool wait_for_work(struct labels *labels)
{
    int64_t until_us = clock_monotonic_us(clock_system()) + MIRROR_RETRY_S * INT64_C(1000000);
    bool is_due = false;
    pthread_mutex_lock(&labels->mutex);
    while (!labels->has_work && !labels->is_stopping && !is_due) {
        if (labels->has_unmirrored)
            is_due = !cond_wait_until(&labels->wake, &labels->mutex, until_us);
        else
            pthread_cond_wait(&labels->wake, &labels->mutex);
    }
    labels->has_work = false;
    bool goes_on = !labels->is_stopping;
    pthread_mutex_unlock(&labels->mutex);
    return goes_on;
}

static bool is_stopping(struct labels *labels)
{
    pthread_mutex_lock(&labels->mutex);
    bool stopping = labels->is_stopping;
    pthread_mutex_unlock(&labels->mutex);
    return stopping;
}

void labels_run_background(void *arg)
{
    struct labels *labels = arg;
    while (wait_for_work(labels)) {
        int32_t label = -1;
        struct project *p;
        while (!is_stopping(labels) && (p = find_work(labels, &label)) != NULL) {
            struct err err = ERR_INIT;
            if (label < 0)
                mirror_or_warn(labels, p);
            else if (labels_learn(labels, p, label, &err) != ERR_NONE)
                log_warn(
                    labels->config.log, "the likely labels of project %s are out of date: %s", p->name, err.message);
            pthread_mutex_unlock(&p->mutex);
            unref_project(labels, p);
        }
    }
}

// ---- the service

struct labels *labels_new(const struct labels_config *config)
{
    struct labels *labels = mem_calloc(1, sizeof(*labels));
    labels->config = *config;
    pthread_mutex_init(&labels->mutex, NULL);
    pthread_cond_init(&labels->wake, NULL);
    struct err err = ERR_INIT;
    if (thread_start("labels", labels_run_background, labels, &labels->thread, &err) != ERR_NONE)
        log_warn(config->log, "likely labels are only brought up to date by labelling: %s", err.message);
    return labels;
}

void labels_free(struct labels *labels)
{
    if (labels == NULL)
        return;
    pthread_mutex_lock(&labels->mutex);
    labels->is_stopping = true;
    pthread_cond_signal(&labels->wake);
    pthread_mutex_unlock(&labels->mutex);
    thread_join(labels->thread);
    while (labels->projects != NULL) {
        struct project *next = labels->projects->next;
        project_free(labels->projects);
        labels->projects = next;
    }
    pthread_cond_destroy(&labels->wake);
    pthread_mutex_destroy(&labels->mutex);
    free(labels);
}

enum err_code labels_resolve(struct labels *labels, const char *project, const char *video, struct err *err)
{
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    code = labels_resolve_again(labels, p, video, err);
    // Likely objects are known with the tracks that they had when they were found.
    p->generation++;
    labels_leave(labels, p);
    return code;
}

enum err_code labels_follow_tracks(struct labels *labels, const char *project, const char *video,
    const struct label_object *objects, size_t count, struct err *err)
{
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    code = labels_resolve_again(labels, p, video, err);
    if (code == ERR_NONE)
        code = labels_move_likely(p, objects, count, err);
    labels_leave(labels, p);
    return code;
}

enum err_code labels_refresh(struct labels *labels, const char *project, struct err *err)
{
    struct project *p = NULL;
    enum err_code code = labels_enter(labels, project, &p, err);
    if (code != ERR_NONE)
        return code;
    code = labels_look_for_vectors(labels, p, true, err);
    if (code == ERR_NONE)
        code = labels_resolve_objects(labels, p, true, err);
    if (code == ERR_NONE)
        mirror_or_warn(labels, p);
    int32_t label;
    while (code == ERR_NONE && (label = labels_stale_label(p)) >= 0)
        code = labels_learn(labels, p, label, err);
    labels_leave(labels, p);
    return code;
}
