// What one process sees of one project's vectors: chunks and a graph over them, mapped, and the newest rows in memory.
//
// Refreshing follows rows and changes: after it the view is what was committed in the store when it began. Adopting
// exchanges the files that it looks through; it can wait, because files never take part in what is true: rows that no
// adopted chunk holds are in memory. So queries refresh, and a background thread adopts, which opens the files before
// it takes a lock and keeps queries out for the exchange alone.
//
// Thread rule: refresh and adopt are safe from all threads. Searches hold `lock` for reading; the fields may be read
// under it.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "vector_index/vector_chunk.h"
#include "vector_index/vector_graph.h"
#include "vector_index/vector_manifest.h"
#include "vector_index/vector_store.h"

struct log;

struct vector_view {
    pthread_rwlock_t lock;
    pthread_mutex_t refresh_mutex; // held by whoever changes the view; taken before `lock`
    pthread_mutex_t adopt_mutex;   // one adoption at a time; taken before `refresh_mutex`
    char *folder;
    struct log *log;
    struct vector_store_state state; // up to where rows and changes were followed
    int64_t layout;                  // of the files adopted; 0: none yet

    struct vector_chunk **chunks;
    size_t chunk_count;
    struct vector_block **tail; // rows in memory
    size_t tail_count;
    int64_t tail_after; // rows with greater numbers are in memory or in a chunk; smaller ones may be in memory
    size_t tail_capacity;
    struct vector_block **blocks; // of the chunks, then the tail's
    size_t block_count;

    struct vector_graph *graph; // over the chunks with info.in_graph; may be NULL
    int64_t graph_generation;
    uint16_t *block_of_chunk; // by chunk number

    char **names; // by id; names[0] is ""
    size_t name_count;
    atomic_bool damaged; // a file could not be used: the builder should look
};

void vector_view_init(struct vector_view *view, const char *folder, size_t tail_capacity, struct log *log);
void vector_view_release(struct vector_view *view);
// Brings the view to what is committed in the store. *adopt says whether there are other files to adopt.
enum err_code vector_view_refresh(
    struct vector_view *view, struct vector_store *store, bool *adopt, struct err *err) ERR_MUST_CHECK;
enum err_code vector_view_adopt(struct vector_view *view, struct vector_store *store, struct err *err) ERR_MUST_CHECK;

// Whether the view cannot follow the store to `now`, because the project was removed or the journal no longer reaches
// back to what it knows. The caller holds `refresh_mutex` or `lock`.
bool vector_view_is_lost(const struct vector_view *view, const struct vector_store_state *now);
