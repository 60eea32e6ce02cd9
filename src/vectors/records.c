#include "vectors/records.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "os/file.h"
#include "vector_index/vector_index_usearch.h"
#include "vectors/records_internal.h"

#define APPLICATION_ID 0x46485652 // "FHVR"

static const char *const migrations[] = {
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE spaces (space INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " live INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE records (row INTEGER PRIMARY KEY AUTOINCREMENT, space INTEGER NOT NULL, id TEXT NOT NULL,"
    " state INTEGER NOT NULL, vector BLOB NOT NULL, metadata TEXT);"
    "CREATE UNIQUE INDEX records_live ON records (space, id) WHERE state = 1;"
    "CREATE INDEX records_passing ON records (space) WHERE state <> 1;"
    "CREATE TABLE terms (space INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, row INTEGER NOT NULL,"
    " PRIMARY KEY (space, field, value, row)) WITHOUT ROWID;"
    "CREATE INDEX terms_row ON terms (row);",
};

// ---- names in the index

void records_project(int64_t space, char out[RECORDS_PROJECT_SIZE])
{
    snprintf(out, RECORDS_PROJECT_SIZE, "space-%" PRId64, space);
}

#define ROWS_PER_FRAME 1000
#define NO_VIDEO "0000000000000000"

void records_object(int64_t row, char out[OBJECT_ID_SIZE])
{
    object_id_make(NO_VIDEO, (int32_t)(row / ROWS_PER_FRAME), (int32_t)(row % ROWS_PER_FRAME), out);
}

int64_t records_row(const char *object)
{
    long long frame;
    int k;
    if (sscanf(object, NO_VIDEO "-%8lld-%3d", &frame, &k) != 2)
        return -1;
    return frame * ROWS_PER_FRAME + k;
}

// ---- records in memory

void record_release(struct record *record)
{
    free(record->id);
    free(record->values);
    json_decref(record->metadata);
    *record = (struct record){0};
}

void record_list_release(struct record_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        record_release(&list->items[i]);
    free(list->items);
    *list = (struct record_list){0};
}

void record_stats_release(struct record_stats *stats)
{
    for (size_t i = 0; i < stats->count; i++)
        free(stats->spaces[i].name);
    free(stats->spaces);
    *stats = (struct record_stats){0};
}

json_t *records_parse_metadata(const char *text)
{
    json_t *metadata = NULL;
    if (text[0] == '\0' || json_parse(text, strlen(text), NULL, &metadata, NULL) != ERR_NONE)
        return NULL;
    return metadata;
}

void records_read(const struct db_stmt *stmt, int column, struct record *record)
{
    size_t size;
    const void *values = db_blob(stmt, column + 1, &size);
    *record = (struct record){.id = mem_strdup(db_text(stmt, column)),
        .values = size > 0 ? mem_dup(values, size) : NULL,
        .dimension = size / sizeof(float),
        .metadata = records_parse_metadata(db_text(stmt, column + 2))};
}

enum err_code records_find_space(struct records *records, const char *space, int64_t *number, struct err *err)
{
    struct db_tx tx;
    db_begin(records->db, DB_READ, &tx);
    *number = records_space(&tx, space);
    return db_end(&tx, err);
}

int64_t records_space(struct db_tx *tx, const char *space)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT space FROM spaces WHERE name = ?1");
    db_bind_text(stmt, 1, space);
    int64_t found = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    return found;
}

// ---- opening

// What a crash left: vectors whose record was never shown, and records that were already replaced.
static enum err_code sweep_all(struct records *records, struct err *err)
{
    struct db_tx tx;
    int64_t *spaces = NULL;
    size_t count = 0;
    db_begin(records->db, DB_WRITE, &tx);
    db_exec(&tx, "UPDATE records SET state = 2 WHERE state = 0");
    struct db_stmt *stmt = db_stmt(&tx, "SELECT DISTINCT space FROM records WHERE state <> 1");
    while (db_step(stmt)) {
        spaces = mem_realloc_array(spaces, count + 1, sizeof(*spaces));
        spaces[count++] = db_int(stmt, 0);
    }
    enum err_code code = db_end(&tx, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = records_sweep(records, spaces[i], err);
    free(spaces);
    return code;
}

enum err_code records_open(const char *dir, struct log *log, struct records **records, struct err *err)
{
    struct records *made = mem_calloc(1, sizeof(*made));
    char *database = mem_sprintf("%s/records.sqlite", dir);
    char *index = mem_sprintf("%s/index", dir);
    const struct db_options options = {.path = database,
        .kind = "store of records",
        .application_id = APPLICATION_ID,
        .migrations = migrations,
        .migration_count = sizeof(migrations) / sizeof(migrations[0])};
    made->log = log;
    *records = NULL;
    enum err_code code = dir_make(dir, err);
    if (code == ERR_NONE)
        code = dir_make(index, err);
    if (code == ERR_NONE)
        code = db_open(&options, &made->db, err);
    if (code == ERR_NONE)
        code = vector_index_usearch_open(index, NULL, log, &made->index, err);
    if (code == ERR_NONE)
        code = sweep_all(made, err);
    free(database);
    free(index);
    if (code != ERR_NONE) {
        records_free(made);
        return code;
    }
    *records = made;
    return ERR_NONE;
}

void records_free(struct records *records)
{
    if (records == NULL)
        return;
    vector_index_free(records->index);
    db_free(records->db);
    free(records);
}

enum err_code records_flush(struct records *records, struct err *err)
{
    return vector_index_flush(records->index, err);
}

enum err_code records_ping(struct records *records, struct err *err)
{
    enum err_code code = db_ping(records->db, err);
    return code == ERR_NONE ? vector_index_ping(records->index, err) : code;
}

// ---- rows that go

// Takes up to RECORD_AT_ONCE of them; *more says whether there may be others.
static enum err_code sweep_some(struct records *records, int64_t space, bool *more, struct err *err)
{
    char objects[RECORD_AT_ONCE][OBJECT_ID_SIZE];
    const char *pointers[RECORD_AT_ONCE];
    int64_t rows[RECORD_AT_ONCE];
    size_t count = 0;
    char project[RECORDS_PROJECT_SIZE];
    struct db_tx tx;
    db_begin(records->db, DB_READ, &tx);
    struct db_stmt *stmt =
        db_stmt(&tx, "SELECT row FROM records WHERE state <> 1 AND state = 2 AND space = ?1 LIMIT 1000");
    db_bind_int(stmt, 1, space);
    while (count < RECORD_AT_ONCE && db_step(stmt)) {
        rows[count] = db_int(stmt, 0);
        records_object(rows[count], objects[count]);
        pointers[count] = objects[count];
        count++;
    }
    db_stmt_done(stmt);
    enum err_code code = db_end(&tx, err);
    records_project(space, project);
    if (code == ERR_NONE && count > 0)
        code = vector_index_remove(records->index, project, pointers, count, err);
    if (code == ERR_NOT_FOUND) { // nothing was ever stored there
        err_clear(err);
        code = ERR_NONE;
    }
    if (code == ERR_NONE && count > 0) {
        db_begin(records->db, DB_WRITE, &tx);
        struct db_stmt *remove = db_stmt(&tx, "DELETE FROM records WHERE row = ?1 AND state = 2");
        for (size_t i = 0; i < count; i++) {
            db_bind_int(remove, 1, rows[i]);
            db_run(remove);
        }
        code = db_end(&tx, err);
    }
    *more = count == RECORD_AT_ONCE;
    return code;
}

enum err_code records_sweep(struct records *records, int64_t space, struct err *err)
{
    enum err_code code = ERR_NONE;
    for (bool more = true; more && code == ERR_NONE;)
        code = sweep_some(records, space, &more, err);
    return code;
}
