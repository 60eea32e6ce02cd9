// The truth of the embedded vector index: one SQLite database per project, from which all else can be made again.
//
// Every stored vector has a sequence number that is never used twice; replacing an object gives it a new one. Readers
// in this and other processes follow by two numbers: rows behind the last sequence number they have seen are new, and
// the journal of changes says which older rows were altered or removed. Files that hold a copy of the rows (see
// vector_chunk.h) carry the number of the last change they know, and the journal is kept from there on.
//
// Thread rule: all functions are safe from all threads. Errors: those of db.h, and vector_index.h's own.
#pragma once

#include "db/db.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_key.h"

struct vector_store;

enum err_code vector_store_open(const char *path, struct vector_store **store, struct err *err) ERR_MUST_CHECK;
void vector_store_free(struct vector_store *store); // NULL is harmless
struct db *vector_store_db(struct vector_store *store);

enum err_code vector_store_upsert(struct vector_store *store, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_set_attributes(
    struct vector_store *store, const struct vector_attributes *changes, size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_fetch(struct vector_store *store, const char *project, const char *object, float *vector,
    size_t capacity, size_t *dimension, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_remove(
    struct vector_store *store, const char *const *objects, size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_remove_frame(
    struct vector_store *store, const char *video, int32_t frame_index, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_remove_video(struct vector_store *store, const char *video, struct err *err) ERR_MUST_CHECK;
// Leaves an empty database, whose next upsert may bring another model. The file itself stays: another process may just
// be writing to it, and what it is told to be stored must not go with a name that is gone.
enum err_code vector_store_clear(struct vector_store *store, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_stats(
    struct vector_store *store, const char *video, struct vector_stats *stats, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_list(
    struct vector_store *store, const char *video, vector_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;

// Objects that have one of these labels among their negatives, in no order, once for each; to be freed with free().
// They are read anew for each question, and are in no file.
enum err_code vector_store_refused(struct vector_store *store, const char *const *labels, size_t label_count,
    struct vector_key **objects, size_t *count, struct err *err) ERR_MUST_CHECK;

// Tracks are beside all that readers follow: they take no sequence numbers and are in no file.
enum err_code vector_store_put_tracks(struct vector_store *store, const char *project, const char *model,
    size_t dimension, const struct vector_track_item *items, size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_keep_tracks(struct vector_store *store, const char *video, const int64_t *numbers,
    size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code vector_store_fetch_track(struct vector_store *store, const char *project,
    const struct vector_track *track, float *vector, size_t capacity, size_t *dimension,
    struct err *err) ERR_MUST_CHECK;

// Gives pages of removed rows back to the file system, at most `pages` of them.
enum err_code vector_store_shrink(struct vector_store *store, int64_t pages, struct err *err) ERR_MUST_CHECK;

// What readers follow; within one transaction, so that all of it is of one moment.
struct vector_store_state {
    int64_t version; // changes with every write
    int64_t epoch;   // changes when the project is removed
    int64_t layout;  // changes when files are added or dropped
    int64_t dimension;
    int64_t last_seq;
    int64_t last_change;
    int64_t pruned_change; // changes up to this one are no longer listed
};
void vector_store_state(struct db_tx *tx, struct vector_store_state *state);

struct vector_row {
    int64_t seq;
    struct vector_key key;
    int64_t track;
    uint32_t class_id;
    uint32_t label_id;
    const uint16_t *half; // `dimension` values
};
typedef void vector_row_visit(void *context, const struct vector_row *row);
// Rows with after < seq <= last, ascending, at most `limit` (-1: all).
void vector_store_rows(struct db_tx *tx, int64_t after, int64_t last, int64_t limit, size_t dimension,
    vector_row_visit *visit, void *context);

struct vector_change {
    int64_t id;
    bool whole_video; // all rows of the video up to `row.seq` were removed
    bool removed;     // the row is gone, else `row` has its present attributes
    struct vector_row row;
};
typedef void vector_change_visit(void *context, const struct vector_change *change);
// Changes with a number above `after`, ascending.
void vector_store_changes(struct db_tx *tx, int64_t after, vector_change_visit *visit, void *context);

// Names of classes and labels with ids above `after`; id 0 is "".
typedef void vector_name_visit(void *context, uint32_t id, const char *name);
void vector_store_names(struct db_tx *tx, int64_t after, vector_name_visit *visit, void *context);
