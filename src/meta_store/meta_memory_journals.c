// Journals.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/meta_memory_internal.h"

void meta_memory_free_journals(struct memory_project *project)
{
    for (size_t i = 0; i < project->journal_count; i++) {
        struct memory_journal *journal = &project->journals[i];
        for (size_t k = 0; k < journal->count; k++)
            free(journal->entries[k].value);
        free(journal->entries);
        free(journal->name);
    }
    free(project->journals);
    project->journals = NULL;
    project->journal_count = 0;
}

static struct memory_journal *find_journal(const struct memory_project *project, const char *name)
{
    for (size_t i = 0; i < project->journal_count; i++) {
        if (strcmp(project->journals[i].name, name) == 0)
            return &project->journals[i];
    }
    return NULL;
}

static struct memory_journal *find_or_add_journal(struct memory_project *project, const char *name)
{
    struct memory_journal *found = find_journal(project, name);
    if (found != NULL)
        return found;
    size_t at = project->journal_count;
    project->journals = meta_memory_insert(project->journals, &project->journal_count, at, sizeof(*project->journals));
    project->journals[at].name = mem_strdup(name);
    return &project->journals[at];
}

enum err_code meta_memory_append_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t expected, const void *value, size_t size, int64_t *position, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    struct memory_project *found = meta_memory_find_project(self, project);
    if (found == NULL || found->deleting)
        return meta_memory_unlock(self, meta_no_project(project, err));
    struct memory_journal *j = find_journal(found, journal);
    int64_t length = j != NULL ? (int64_t)j->count : 0;
    if (expected >= 0 && expected != length)
        return meta_memory_unlock(self, meta_journal_moved(project, journal, expected, length, err));
    j = find_or_add_journal(found, journal);
    struct meta_journal_page page = {.items = j->entries, .count = j->count};
    size_t bytes = 0;
    // An empty sum of bytes: whatever it holds, a journal has room.
    meta_journal_page_add(&page, length, meta_memory_now_us(self), value, size, &bytes);
    *j = (struct memory_journal){.name = j->name, .entries = page.items, .count = page.count};
    *position = length;
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_get_journal(
    struct meta_store *store, const char *project, const char *journal, struct meta_journal_info *info, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_project *found = meta_memory_find_project(self, project);
    if (found == NULL)
        return meta_memory_unlock(self, meta_no_project(project, err));
    const struct memory_journal *j = find_journal(found, journal);
    if (j != NULL)
        *info = (struct meta_journal_info){.length = (int64_t)j->count, .begun_us = j->entries[0].at_us};
    return meta_memory_unlock(self, ERR_NONE);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err_code meta_memory_list_journals(
    struct meta_store *store, const char *project, char ***names, size_t *count, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_project *found = meta_memory_find_project(self, project);
    if (found == NULL)
        return meta_memory_unlock(self, meta_no_project(project, err));
    *names = mem_calloc(found->journal_count + 1, sizeof(char *));
    for (size_t i = 0; i < found->journal_count; i++)
        (*names)[(*count)++] = mem_strdup(found->journals[i].name);
    qsort(*names, *count, sizeof(char *), compare_texts);
    return meta_memory_unlock(self, ERR_NONE);
}

enum err_code meta_memory_list_journal(struct meta_store *store, const char *project, const char *journal,
    int64_t after, size_t limit, struct meta_journal_page *page, struct err *err)
{
    struct meta_memory *self = meta_memory_lock(store);
    const struct memory_project *found = meta_memory_find_project(self, project);
    if (found == NULL)
        return meta_memory_unlock(self, meta_no_project(project, err));
    const struct memory_journal *j = find_journal(found, journal);
    size_t bytes = 0;
    for (int64_t at = after + 1; j != NULL && at < (int64_t)j->count && page->count < limit; at++) {
        const struct meta_journal_entry *entry = &j->entries[at];
        if (!meta_journal_page_add(page, at, entry->at_us, entry->value, entry->size, &bytes))
            break;
    }
    return meta_memory_unlock(self, ERR_NONE);
}
