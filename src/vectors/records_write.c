// Storing, changing and removing records.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "vectors/records_internal.h"

// ---- what may be stored

static enum err_code check_name(const char *what, const char *name, size_t most, struct err *err)
{
    size_t length = strnlen(name, most + 1);
    return length > 0 && length <= most
        ? ERR_NONE
        : err_set(err, ERR_INVALID, "%s must have 1 to %zu bytes, and \"%.40s\" has not", what, most, name);
}

static enum err_code check_values(const char *id, const float *values, size_t dimension, struct err *err)
{
    double sum = 0;
    if (dimension < 1 || dimension > RECORD_DIMENSION_MAX)
        return err_set(err, ERR_INVALID, "the vector of \"%.60s\" has %zu values: 1 to %d are allowed", id, dimension,
            RECORD_DIMENSION_MAX);
    for (size_t i = 0; i < dimension; i++)
        sum += (double)values[i] * (double)values[i];
    if (!isfinite(sum))
        return err_set(err, ERR_INVALID, "the vector of \"%.60s\" has a value that is not finite", id);
    if (sum <= 0)
        return err_set(err, ERR_INVALID, "the vector of \"%.60s\" is all zeros, which has no direction", id);
    return ERR_NONE;
}

static enum err_code check_record(const struct record *record, struct err *err)
{
    enum err_code code = check_name("an id", record->id, RECORD_ID_MAX, err);
    if (code == ERR_NONE)
        code = check_values(record->id, record->values, record->dimension, err);
    return code == ERR_NONE ? metadata_check(record->metadata, err) : code;
}

static bool is_empty(struct db_tx *tx)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT 1 FROM records LIMIT 1");
    bool found = db_step(stmt);
    db_stmt_done(stmt);
    return !found;
}

static void check_dimension(struct db_tx *tx, size_t dimension)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT value FROM facts WHERE name = 'dimension'");
    int64_t stored = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    if (stored == 0 && db_ok(tx)) {
        stmt = db_stmt(tx, "INSERT INTO facts (name, value) VALUES ('dimension', ?1)");
        db_bind_int(stmt, 1, (int64_t)dimension);
        db_run(stmt);
    } else if (stored != (int64_t)dimension && is_empty(tx)) {
        stmt = db_stmt(tx, "UPDATE facts SET value = ?1 WHERE name = 'dimension'");
        db_bind_int(stmt, 1, (int64_t)dimension);
        db_run(stmt);
    } else if (stored != (int64_t)dimension) {
        db_fail(tx, ERR_INVALID, "Vector dimension %zu does not match the dimension of the index %" PRId64, dimension,
            stored);
    }
}

static int64_t make_space(struct db_tx *tx, const char *space)
{
    int64_t found = records_space(tx, space);
    if (found != 0 || !db_ok(tx))
        return found;
    struct db_stmt *stmt = db_stmt(tx, "INSERT INTO spaces (name) VALUES (?1)");
    db_bind_text(stmt, 1, space);
    db_run(stmt);
    return db_last_id(tx);
}

// ---- storing

struct batch {
    struct records *records;
    const struct record *items;
    size_t count;
    int64_t space;
    int64_t *rows;
};

static enum err_code announce(struct batch *batch, const char *space, struct err *err)
{
    struct db_tx tx;
    db_begin(batch->records->db, DB_WRITE, &tx);
    batch->space = make_space(&tx, space);
    for (size_t i = 0; i < batch->count && db_ok(&tx); i++) {
        const struct record *record = &batch->items[i];
        struct strbuf text;
        check_dimension(&tx, record->dimension);
        struct db_stmt *stmt =
            db_stmt(&tx, "INSERT INTO records (space, id, state, vector, metadata) VALUES (?1, ?2, 0, ?3, ?4)");
        strbuf_init(&text);
        if (record->metadata != NULL)
            json_dump(record->metadata, &text);
        db_bind_int(stmt, 1, batch->space);
        db_bind_text(stmt, 2, record->id);
        db_bind_blob(stmt, 3, record->values, record->dimension * sizeof(float));
        db_bind_text(stmt, 4, text.data);
        db_run(stmt);
        batch->rows[i] = db_last_id(&tx);
        strbuf_release(&text);
    }
    return db_end(&tx, err);
}

static enum err_code store_vectors(const struct batch *batch, struct err *err)
{
    struct vector_item *items = mem_calloc(batch->count, sizeof(*items));
    char project[RECORDS_PROJECT_SIZE];
    for (size_t i = 0; i < batch->count; i++) {
        items[i].track = -1;
        items[i].vector = batch->items[i].values;
        records_object(batch->rows[i], items[i].object);
    }
    records_project(batch->space, project);
    enum err_code code = vector_index_upsert(
        batch->records->index, project, RECORDS_MODEL, batch->items[0].dimension, items, batch->count, err);
    free(items);
    return code;
}

static void add_term(struct db_tx *tx, int64_t space, int64_t row, const char *field, const json_t *value)
{
    struct strbuf text;
    strbuf_init(&text);
    metadata_term_text(value, &text);
    struct db_stmt *stmt =
        db_stmt(tx, "INSERT OR IGNORE INTO terms (space, field, value, row) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(stmt, 1, space);
    db_bind_text(stmt, 2, field);
    db_bind_text(stmt, 3, text.data);
    db_bind_int(stmt, 4, row);
    db_run(stmt);
    strbuf_release(&text);
}

static void add_terms(struct db_tx *tx, int64_t space, int64_t row, json_t *metadata)
{
    const char *field;
    const json_t *value;
    json_object_foreach(metadata, field, value)
    {
        size_t i;
        const json_t *element;
        if (!json_is_array(value))
            add_term(tx, space, row, field, value);
        json_array_foreach(value, i, element) add_term(tx, space, row, field, element);
    }
}

static void remove_terms(struct db_tx *tx, int64_t row)
{
    struct db_stmt *stmt = db_stmt(tx, "DELETE FROM terms WHERE row = ?1");
    db_bind_int(stmt, 1, row);
    db_run(stmt);
}

static void count_live(struct db_tx *tx, int64_t space, int64_t change)
{
    struct db_stmt *stmt = db_stmt(tx, "UPDATE spaces SET live = live + ?1 WHERE space = ?2");
    db_bind_int(stmt, 1, change);
    db_bind_int(stmt, 2, space);
    db_run(stmt);
}

// What is shown is so no longer, and goes. Returns how many went: none if somebody was quicker.
static int64_t retire_row(struct db_tx *tx, int64_t row)
{
    struct db_stmt *stmt = db_stmt(tx, "UPDATE records SET state = 2 WHERE row = ?1 AND state = 1");
    db_bind_int(stmt, 1, row);
    db_run(stmt);
    int64_t count = db_changes(tx);
    remove_terms(tx, row);
    return count;
}

// The same for the record of an id, if there is one.
static int64_t retire(struct db_tx *tx, int64_t space, const char *id)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT row FROM records WHERE space = ?1 AND id = ?2 AND state = 1");
    db_bind_int(stmt, 1, space);
    db_bind_text(stmt, 2, id);
    int64_t row = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    return row != 0 ? retire_row(tx, row) : 0;
}

static enum err_code show(const struct batch *batch, struct err *err)
{
    struct db_tx tx;
    int64_t more = 0;
    db_begin(batch->records->db, DB_WRITE_DURABLE, &tx);
    for (size_t i = 0; i < batch->count && db_ok(&tx); i++) {
        more += 1 - retire(&tx, batch->space, batch->items[i].id);
        struct db_stmt *stmt = db_stmt(&tx, "UPDATE records SET state = 1 WHERE row = ?1");
        db_bind_int(stmt, 1, batch->rows[i]);
        db_run(stmt);
        add_terms(&tx, batch->space, batch->rows[i], batch->items[i].metadata);
    }
    count_live(&tx, batch->space, more);
    return db_end(&tx, err);
}

enum err_code records_upsert(
    struct records *records, const char *space, const struct record *items, size_t count, struct err *err)
{
    if (count == 0 || count > RECORD_AT_ONCE)
        return err_set(err, ERR_INVALID, "1 to %d records may be stored at once, not %zu", RECORD_AT_ONCE, count);
    enum err_code code = check_name("a namespace", space, RECORD_NAMESPACE_MAX, err);
    for (size_t i = 0; i < count && code == ERR_NONE; i++)
        code = check_record(&items[i], err);
    if (code != ERR_NONE)
        return code;
    struct batch batch = {
        .records = records, .items = items, .count = count, .rows = mem_calloc(count, sizeof(*batch.rows))};
    code = announce(&batch, space, err);
    if (code == ERR_NONE)
        code = store_vectors(&batch, err);
    if (code == ERR_NONE)
        code = show(&batch, err);
    if (code == ERR_NONE)
        code = records_sweep(records, batch.space, err);
    free(batch.rows);
    return code;
}

// ---- changing

static enum err_code set_metadata_of(
    struct db_tx *tx, int64_t space, int64_t row, const json_t *old, const json_t *set, struct err *err)
{
    struct strbuf text;
    json_t *metadata = old != NULL ? json_deep_copy(old) : json_object();
    json_object_update(metadata, (json_t *)(uintptr_t)set);
    enum err_code code = metadata_check(metadata, err);
    if (code == ERR_NONE) {
        strbuf_init(&text);
        json_dump(metadata, &text);
        struct db_stmt *stmt = db_stmt(tx, "UPDATE records SET metadata = ?1 WHERE row = ?2 AND state = 1");
        db_bind_text(stmt, 1, text.data);
        db_bind_int(stmt, 2, row);
        db_run(stmt);
        bool changed = db_changes(tx) > 0;
        strbuf_release(&text);
        if (changed) {
            remove_terms(tx, row);
            add_terms(tx, space, row, metadata);
        }
    }
    json_decref(metadata);
    return code == ERR_NONE ? ERR_NONE : db_fail(tx, code, "%s", err->message);
}

enum err_code records_update(struct records *records, const char *space, const char *id, const float *values,
    size_t dimension, const json_t *set_metadata, struct err *err)
{
    struct record_list found;
    enum err_code code = metadata_check(set_metadata, err);
    if (code == ERR_NONE)
        code = records_fetch(records, space, &id, 1, &found, err);
    if (code != ERR_NONE)
        return code;
    if (found.count == 0) {
        record_list_release(&found);
        return err_set(err, ERR_NOT_FOUND, "there is no record \"%.60s\" in this namespace", id);
    }
    if (set_metadata != NULL) {
        if (found.items[0].metadata == NULL)
            found.items[0].metadata = json_object();
        json_object_update(found.items[0].metadata, (json_t *)(uintptr_t)set_metadata);
    }
    if (values != NULL) {
        free(found.items[0].values);
        found.items[0].values = mem_dup(values, dimension * sizeof(*values));
        found.items[0].dimension = dimension;
    }
    code = records_upsert(records, space, found.items, 1, err);
    record_list_release(&found);
    return code;
}

struct matched {
    int64_t *rows;
    json_t **metadata;
    size_t count;
};

static bool collect(void *context, int64_t row, struct record *record)
{
    struct matched *matched = context;
    matched->rows = mem_realloc_array(matched->rows, matched->count + 1, sizeof(*matched->rows));
    matched->metadata = mem_realloc_array(matched->metadata, matched->count + 1, sizeof(*matched->metadata));
    matched->rows[matched->count] = row;
    matched->metadata[matched->count++] = json_incref(record->metadata);
    record_release(record);
    return true;
}

static void matched_release(struct matched *matched)
{
    for (size_t i = 0; i < matched->count; i++)
        json_decref(matched->metadata[i]);
    free(matched->metadata);
    free(matched->rows);
}

enum err_code records_update_matching(struct records *records, const char *space, const json_t *filter,
    const json_t *set_metadata, bool dry_run, int64_t *count, struct err *err)
{
    struct matched matched = {0};
    struct db_tx tx;
    int64_t number = 0;
    *count = 0;
    enum err_code code = metadata_filter_check(filter, err);
    if (code == ERR_NONE)
        code = metadata_check(set_metadata, err);
    if (code == ERR_NONE)
        code = records_find_space(records, space, &number, err);
    if (code == ERR_NONE && number != 0)
        code = records_walk(records, number, filter, NULL, collect, &matched, err);
    if (code == ERR_NONE && !dry_run && matched.count > 0) {
        db_begin(records->db, DB_WRITE_DURABLE, &tx);
        for (size_t i = 0; i < matched.count && db_ok(&tx); i++)
            (void)set_metadata_of(&tx, number, matched.rows[i], matched.metadata[i], set_metadata, err);
        code = db_end(&tx, err);
    }
    *count = (int64_t)matched.count;
    matched_release(&matched);
    return code;
}

// ---- removing

enum err_code records_delete(
    struct records *records, const char *space, const char *const *ids, size_t count, struct err *err)
{
    struct db_tx tx;
    int64_t gone = 0;
    db_begin(records->db, DB_WRITE_DURABLE, &tx);
    int64_t number = records_space(&tx, space);
    for (size_t i = 0; i < count && number != 0 && db_ok(&tx); i++)
        gone += retire(&tx, number, ids[i]);
    count_live(&tx, number, -gone);
    enum err_code code = db_end(&tx, err);
    return code == ERR_NONE && number != 0 ? records_sweep(records, number, err) : code;
}

enum err_code records_delete_matching(struct records *records, const char *space, const json_t *filter, struct err *err)
{
    struct matched matched = {0};
    struct db_tx tx;
    int64_t number = 0;
    enum err_code code = metadata_filter_check(filter, err);
    if (code == ERR_NONE)
        code = records_find_space(records, space, &number, err);
    if (code == ERR_NONE && number != 0)
        code = records_walk(records, number, filter, NULL, collect, &matched, err);
    if (code == ERR_NONE && matched.count > 0) {
        int64_t gone = 0;
        db_begin(records->db, DB_WRITE_DURABLE, &tx);
        for (size_t i = 0; i < matched.count && db_ok(&tx); i++)
            gone += retire_row(&tx, matched.rows[i]);
        count_live(&tx, number, -gone);
        code = db_end(&tx, err);
        if (code == ERR_NONE)
            code = records_sweep(records, number, err);
    }
    matched_release(&matched);
    return code;
}

enum err_code records_delete_space(struct records *records, const char *space, struct err *err)
{
    char project[RECORDS_PROJECT_SIZE];
    struct db_tx tx;
    db_begin(records->db, DB_WRITE_DURABLE, &tx);
    int64_t number = records_space(&tx, space);
    if (number != 0) {
        struct db_stmt *stmt = db_stmt(&tx, "DELETE FROM terms WHERE space = ?1");
        db_bind_int(stmt, 1, number);
        db_run(stmt);
        stmt = db_stmt(&tx, "DELETE FROM records WHERE space = ?1");
        db_bind_int(stmt, 1, number);
        db_run(stmt);
        stmt = db_stmt(&tx, "DELETE FROM spaces WHERE space = ?1");
        db_bind_int(stmt, 1, number);
        db_run(stmt);
    }
    enum err_code code = db_end(&tx, err);
    if (code == ERR_NONE && number == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no namespace \"%.60s\"", space);
    records_project(number, project);
    // Numbers of namespaces are never used twice: what a crash leaves of this one is found by nobody.
    return code == ERR_NONE ? vector_index_remove_project(records->index, project, err) : code;
}
