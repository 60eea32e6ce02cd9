// What the files of the records share.
#pragma once

#include "base/log.h"
#include "db/db.h"
#include "vector_index/vector_index.h"
#include "vectors/metadata.h"
#include "vectors/records.h"

struct records {
    struct db *db;
    struct vector_index *index;
    struct log *log;
};

// A stored vector's state: being stored, to be seen, or on its way out.
enum row_state { ROW_COMING = 0, ROW_LIVE = 1, ROW_GOING = 2 };

#define RECORDS_PROJECT_SIZE 24
#define RECORDS_MODEL "records"

// A namespace's name in the index.
void records_project(int64_t space, char out[RECORDS_PROJECT_SIZE]);
// A stored vector's id in the index, and back; -1 for what is none.
void records_object(int64_t row, char out[OBJECT_ID_SIZE]);
int64_t records_row(const char *object);

// The namespace's number; 0 where there is none.
int64_t records_space(struct db_tx *tx, const char *space);
enum err_code records_find_space(
    struct records *records, const char *space, int64_t *number, struct err *err) ERR_MUST_CHECK;
// Columns id, vector, metadata of the current row, from `column` on.
void records_read(const struct db_stmt *stmt, int column, struct record *record);
void record_release(struct record *record);
json_t *records_parse_metadata(const char *text);
// Rows that go: out of the index, then out of the database. All of one namespace.
enum err_code records_sweep(struct records *records, int64_t space, struct err *err) ERR_MUST_CHECK;

// Calls back with every live record of the namespace that matches, by id; false ends the walk. Looks only at what an
// indexed term leaves, where the filter has one.
typedef bool record_visit(void *context, int64_t row, struct record *record);
enum err_code records_walk(struct records *records, int64_t space, const json_t *filter, const char *after,
    record_visit *visit, void *context, struct err *err) ERR_MUST_CHECK;
// How many live records one term of the filter leaves, counted up to `most`; -1: it has no indexed term.
enum err_code records_count_term(struct records *records, int64_t space, const json_t *filter, int64_t most,
    int64_t *count, struct err *err) ERR_MUST_CHECK;
