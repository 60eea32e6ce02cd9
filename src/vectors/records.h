// Records with an id, a vector and metadata, in namespaces: what a service that speaks Pinecone's data plane keeps.
//
// The truth is one SQLite database: ids, vectors as they were given, metadata, and the terms that filters look up.
// Nearness is the embedded vector index's (vector_index.h), under a number for each stored vector. A record that is
// replaced gets a new number, and the old one goes when the new one is in place, so whoever reads meanwhile sees one or
// the other, and what a crash leaves half-done is cleared at the next start.
//
// A query without a filter is the index's own. With a filter it is exact where an indexed condition leaves few records;
// otherwise more and more neighbours are looked at until enough of them match, and if that does not suffice, all
// records.
//
// Thread rule: all functions are safe from all threads; one process at a time has the folder open. Errors: ERR_INVALID
// (dimension, values, metadata, filter, names), ERR_NOT_FOUND, ERR_UNAVAILABLE, ERR_CORRUPT.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

struct log;
struct records;

#define RECORD_ID_MAX 512
#define RECORD_NAMESPACE_MAX 512
#define RECORD_AT_ONCE 1000
#define RECORD_TOP_MAX 10000
#define RECORD_LIST_MAX 100
#define RECORD_DIMENSION_MAX 4096

// Opens or makes DIR/records.sqlite and DIR/index/.
enum err_code records_open(const char *dir, struct log *log, struct records **records, struct err *err) ERR_MUST_CHECK;
void records_free(struct records *records); // NULL is harmless
// Waits until what was stored is in the index's files; start-up is faster afterwards.
enum err_code records_flush(struct records *records, struct err *err) ERR_MUST_CHECK;
enum err_code records_ping(struct records *records, struct err *err) ERR_MUST_CHECK;

struct record {
    char *id;
    float *values;
    size_t dimension;
    json_t *metadata; // an object, or NULL
    float score;      // of queries
};
struct record_list {
    struct record *items;
    size_t count;
};
void record_list_release(struct record_list *list);

// Inserts or replaces, at most RECORD_AT_ONCE; of an id that occurs twice the last counts. The first vector of an
// empty store decides the dimension of all namespaces.
enum err_code records_upsert(struct records *records, const char *space, const struct record *items, size_t count,
    struct err *err) ERR_MUST_CHECK;
// New values (NULL: as they are) and fields of metadata to be set. ERR_NOT_FOUND for an unknown id.
enum err_code records_update(struct records *records, const char *space, const char *id, const float *values,
    size_t dimension, const json_t *set_metadata, struct err *err) ERR_MUST_CHECK;
// The same fields for all that match; *matched says how many. `dry_run`: only says so.
enum err_code records_update_matching(struct records *records, const char *space, const json_t *filter,
    const json_t *set_metadata, bool dry_run, int64_t *matched, struct err *err) ERR_MUST_CHECK;

// Those that are there, in the order of `ids`.
enum err_code records_fetch(struct records *records, const char *space, const char *const *ids, size_t count,
    struct record_list *list, struct err *err) ERR_MUST_CHECK;
// Those that match, by id, behind `after` (NULL: from the first), at most `limit`.
enum err_code records_find(struct records *records, const char *space, const json_t *filter, const char *after,
    size_t limit, struct record_list *list, struct err *err) ERR_MUST_CHECK;
// Ids that begin with `prefix`, ascending, behind `after`, at most `limit`; only ids are filled.
enum err_code records_list(struct records *records, const char *space, const char *prefix, const char *after,
    size_t limit, struct record_list *list, struct err *err) ERR_MUST_CHECK;

// Unknown ids and namespaces are no error.
enum err_code records_delete(
    struct records *records, const char *space, const char *const *ids, size_t count, struct err *err) ERR_MUST_CHECK;
enum err_code records_delete_matching(
    struct records *records, const char *space, const json_t *filter, struct err *err) ERR_MUST_CHECK;
// The namespace itself goes too; ERR_NOT_FOUND where there is none.
enum err_code records_delete_space(struct records *records, const char *space, struct err *err) ERR_MUST_CHECK;

struct record_query {
    const float *values; // or NULL: those of the record `id`
    size_t dimension;
    const char *id;
    size_t top;           // 1 … RECORD_TOP_MAX
    const json_t *filter; // may be NULL
};
// In descending cosine, ties by id. An unknown namespace has none; an unknown id is ERR_NOT_FOUND.
enum err_code records_query(struct records *records, const char *space, const struct record_query *query,
    struct record_list *list, struct err *err) ERR_MUST_CHECK;

struct record_space {
    char *name;
    int64_t count;
};
struct record_stats {
    struct record_space *spaces; // by name
    size_t count;
    int64_t total;
    size_t dimension; // 0: nothing was stored yet
};
void record_stats_release(struct record_stats *stats);
// `filter` (may be NULL): counts only those that match.
enum err_code records_stats(
    struct records *records, const json_t *filter, struct record_stats *stats, struct err *err) ERR_MUST_CHECK;
