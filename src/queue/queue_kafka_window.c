#include "queue/queue_kafka_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void window_init(struct window *window)
{
    *window = (struct window){0};
    window->end = &window->entries;
}

void window_entry_free(struct window_entry *entry)
{
    if (entry == NULL)
        return;
    free(entry->body);
    free(entry);
}

static void drop_at(struct window *window, struct window_entry **at)
{
    struct window_entry *entry = *at;
    *at = entry->next;
    if (window->end == &entry->next)
        window->end = at;
    window->count--;
    window->bytes -= entry->body_size;
    if (entry->leased)
        window->leased_count--;
    window_entry_free(entry);
}

void window_release(struct window *window)
{
    while (window->entries != NULL)
        drop_at(window, &window->entries);
    free(window->partitions);
    window_init(window);
}

struct window_partition *window_partition(struct window *window, int32_t partition)
{
    for (size_t i = 0; i < window->partition_count; i++) {
        if (window->partitions[i].id == partition)
            return &window->partitions[i];
    }
    return NULL;
}

void window_assign(struct window *window, int32_t partition, int64_t start, bool committed, int runs)
{
    window_revoke(window, partition);
    window->partitions =
        mem_realloc_array(window->partitions, window->partition_count + 1, sizeof(*window->partitions));
    window->partitions[window->partition_count++] = (struct window_partition){
        .id = partition, .next = start, .committed = committed ? start : -1, .runs = runs, .marked = runs};
}

void window_revoke(struct window *window, int32_t partition)
{
    struct window_partition *found = window_partition(window, partition);
    if (found == NULL)
        return;
    *found = window->partitions[--window->partition_count];
    for (struct window_entry **at = &window->entries; *at != NULL;) {
        if ((*at)->partition == partition)
            drop_at(window, at);
        else
            at = &(*at)->next;
    }
}

// The entries of a partition came in the order of their offsets, so the first in the list is the lowest.
static struct window_entry *first_of(const struct window *window, int32_t partition)
{
    struct window_entry *entry = window->entries;
    while (entry != NULL && entry->partition != partition)
        entry = entry->next;
    return entry;
}

int64_t window_progress(const struct window *window, const struct window_partition *partition)
{
    const struct window_entry *first = first_of(window, partition->id);
    return first != NULL ? first->offset : partition->next;
}

bool window_is_full(const struct window *window)
{
    return window->count >= WINDOW_MESSAGES_MAX || window->bytes >= WINDOW_BYTES_MAX;
}

void window_add(struct window *window, struct window_entry *entry)
{
    struct window_partition *partition = window_partition(window, entry->partition);
    // Behind an assignment that began anew, the same message may come twice.
    if (partition == NULL || entry->offset < partition->next) {
        window_entry_free(entry);
        return;
    }
    partition->next = entry->offset + 1;
    entry->next = NULL;
    *window->end = entry;
    window->end = &entry->next;
    window->count++;
    window->bytes += entry->body_size;
}

// ---- leases

static void reclaim(struct window *window, const struct window_take *take)
{
    for (struct window_entry *entry = window->entries; entry != NULL; entry = entry->next) {
        if (!entry->leased || entry->lease_until_us > take->now_us)
            continue;
        window_unlease(window, entry);
        entry->alone = true;
        entry->not_before_us = 0;
    }
}

bool window_is_overdue(const struct window_entry *entry, const struct window_take *take)
{
    return entry->attempts >= take->max_attempts;
}

static void lease(struct window *window, struct window_entry *entry, const struct window_take *take)
{
    entry->leased = true;
    window->leased_count++;
    entry->token = ++window->last_token;
    entry->lease_until_us = take->now_us + take->lease_us;
    snprintf(entry->worker, sizeof(entry->worker), "%s", take->worker);
}

size_t window_take(
    struct window *window, const struct window_take *take, struct window_entry **taken, struct window_entry **dead)
{
    size_t count = 0;
    *dead = NULL;
    reclaim(window, take);
    for (struct window_entry *entry = window->entries; entry != NULL && count < take->max; entry = entry->next) {
        if (entry->leased || entry->not_before_us > take->wall_us)
            continue;
        const struct window_partition *partition = window_partition(window, entry->partition);
        bool careful = partition->runs >= WINDOW_CAREFUL_RUNS;
        if (careful && entry != first_of(window, entry->partition))
            continue;
        if (window_is_overdue(entry, take) || (careful && partition->runs >= take->ends_max)) {
            char last[sizeof(entry->worker)];
            memcpy(last, entry->worker, sizeof(last));
            lease(window, entry, take);
            memcpy(entry->worker, last, sizeof(last)); // the reason names who had it
            *dead = entry;
            break;
        }
        bool alone = entry->alone || careful;
        if (!alone || count == 0) {
            lease(window, entry, take);
            entry->attempts++;
            taken[count++] = entry;
        }
        if (alone)
            break;
    }
    return count;
}

struct window_entry *window_find(struct window *window, const struct queue_message *message)
{
    int64_t token = strtoll(message->lease_token, NULL, 10);
    for (struct window_entry *entry = window->entries; entry != NULL; entry = entry->next) {
        if (entry->leased && entry->token == token && entry->offset == message->lease)
            return entry;
    }
    return NULL;
}

void window_unlease(struct window *window, struct window_entry *entry)
{
    entry->leased = false;
    window->leased_count--;
}

void window_remove(struct window *window, struct window_entry *entry)
{
    struct window_partition *partition = window_partition(window, entry->partition);
    if (partition != NULL && entry == first_of(window, entry->partition))
        partition->runs = 0; // it got past the offset where earlier processes ended
    struct window_entry **at = &window->entries;
    while (*at != NULL && *at != entry)
        at = &(*at)->next;
    if (*at != NULL)
        drop_at(window, at);
}

void window_purge(struct window *window, const char *video)
{
    char of[QUEUE_KEY_MAX + 1];
    for (struct window_entry *entry = window->entries, *next; entry != NULL; entry = next) {
        next = entry->next;
        queue_key_video(entry->key, of);
        if (strcmp(of, video) == 0)
            window_remove(window, entry);
    }
}
