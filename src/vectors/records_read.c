// Finding records: by id, by filter, by nearness.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vectors/records_internal.h"

// So many records are scored one by one rather than found through the index and filtered.
#define FEW 5000
// How many neighbours are looked at first for each that is wanted, where a filter will refuse some.
#define NEIGHBOURS_EACH 4
#define NEIGHBOURS_LEAST 200

// ---- by id

static void append(struct record_list *list, struct record *record)
{
    list->items = mem_realloc_array(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count++] = *record;
    *record = (struct record){0};
}

enum err_code records_fetch(struct records *records, const char *space, const char *const *ids, size_t count,
    struct record_list *list, struct err *err)
{
    struct db_tx tx;
    *list = (struct record_list){0};
    db_begin(records->db, DB_READ, &tx);
    int64_t number = records_space(&tx, space);
    for (size_t i = 0; i < count && number != 0 && db_ok(&tx); i++) {
        struct db_stmt *stmt =
            db_stmt(&tx, "SELECT id, vector, metadata FROM records WHERE space = ?1 AND id = ?2 AND state = 1");
        db_bind_int(stmt, 1, number);
        db_bind_text(stmt, 2, ids[i]);
        struct record record;
        if (db_step(stmt)) {
            records_read(stmt, 0, &record);
            append(list, &record);
        }
        db_stmt_done(stmt);
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        record_list_release(list);
    return code;
}

enum err_code records_list(struct records *records, const char *space, const char *prefix, const char *after,
    size_t limit, struct record_list *list, struct err *err)
{
    struct db_tx tx;
    size_t prefix_size = strlen(prefix);
    *list = (struct record_list){0};
    db_begin(records->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(
        &tx, "SELECT id FROM records WHERE space = ?1 AND id >= ?2 AND id > ?3 AND state = 1 ORDER BY id LIMIT ?4");
    db_bind_int(stmt, 1, records_space(&tx, space));
    db_bind_text(stmt, 2, prefix);
    db_bind_text(stmt, 3, after != NULL ? after : "");
    db_bind_int(stmt, 4, (int64_t)limit);
    // Ids are compared byte by byte, so those with the prefix are one behind the other.
    while (db_step(stmt) && strncmp(db_text(stmt, 0), prefix, prefix_size) == 0) {
        struct record record = {.id = mem_strdup(db_text(stmt, 0))};
        append(list, &record);
    }
    db_stmt_done(stmt);
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        record_list_release(list);
    return code;
}

// ---- by filter

enum err_code records_count_term(
    struct records *records, int64_t space, const json_t *filter, int64_t most, int64_t *count, struct err *err)
{
    struct metadata_term term;
    struct db_tx tx;
    struct strbuf text;
    *count = -1;
    if (filter == NULL || !metadata_filter_term(filter, &term))
        return ERR_NONE;
    *count = 0;
    strbuf_init(&text);
    db_begin(records->db, DB_READ, &tx);
    size_t values = term.single != NULL ? 1 : json_array_size(term.values);
    for (size_t i = 0; i < values && *count < most && db_ok(&tx); i++) {
        struct db_stmt *stmt = db_stmt(
            &tx, "SELECT count(*) FROM (SELECT 1 FROM terms WHERE space = ?1 AND field = ?2 AND value = ?3 LIMIT ?4)");
        strbuf_reset(&text);
        metadata_term_text(term.single != NULL ? term.single : json_array_get(term.values, i), &text);
        db_bind_int(stmt, 1, space);
        db_bind_text(stmt, 2, term.field);
        db_bind_text(stmt, 3, text.data);
        db_bind_int(stmt, 4, most - *count);
        if (db_step(stmt))
            *count += db_int(stmt, 0);
        db_stmt_done(stmt);
    }
    strbuf_release(&text);
    return db_end(&tx, err);
}

struct walk {
    const json_t *filter;
    record_visit *visit;
    void *context;
    bool ended;
};

// Columns row, id, vector, metadata.
static void offer(struct walk *walk, const struct db_stmt *stmt)
{
    struct record record;
    json_t *metadata = records_parse_metadata(db_text(stmt, 3));
    bool matches = metadata_filter_matches(walk->filter, metadata);
    json_decref(metadata);
    if (!matches)
        return;
    records_read(stmt, 1, &record);
    walk->ended = !walk->visit(walk->context, db_int(stmt, 0), &record);
}

static void walk_all(struct db_tx *tx, int64_t space, const char *after, struct walk *walk)
{
    struct db_stmt *stmt = db_stmt(
        tx, "SELECT row, id, vector, metadata FROM records WHERE space = ?1 AND id > ?2 AND state = 1 ORDER BY id");
    db_bind_int(stmt, 1, space);
    db_bind_text(stmt, 2, after);
    while (!walk->ended && db_step(stmt))
        offer(walk, stmt);
    db_stmt_done(stmt);
}

// By id too: a row with several of the values comes once.
static void walk_terms(
    struct db_tx *tx, int64_t space, const struct metadata_term *term, const char *after, struct walk *walk)
{
    json_t *list = json_array();
    size_t count = term->single != NULL ? 1 : json_array_size(term->values);
    for (size_t i = 0; i < count; i++) {
        struct strbuf text;
        strbuf_init(&text);
        metadata_term_text(term->single != NULL ? term->single : json_array_get(term->values, i), &text);
        json_array_append_new(list, json_string(text.data));
        strbuf_release(&text);
    }
    char *encoded = json_dumps(list, JSON_COMPACT);
    struct db_stmt *stmt = db_stmt(tx,
        "SELECT row, id, vector, metadata FROM records WHERE state = 1 AND id > ?4 AND row IN (SELECT row FROM terms "
        "WHERE space = ?1 AND field = ?2 AND value IN (SELECT value FROM json_each(?3))) ORDER BY id");
    db_bind_int(stmt, 1, space);
    db_bind_text(stmt, 2, term->field);
    db_bind_text(stmt, 3, encoded);
    db_bind_text(stmt, 4, after);
    while (!walk->ended && db_step(stmt))
        offer(walk, stmt);
    db_stmt_done(stmt);
    free(encoded);
    json_decref(list);
}

enum err_code records_walk(struct records *records, int64_t space, const json_t *filter, const char *after,
    record_visit *visit, void *context, struct err *err)
{
    struct walk walk = {.filter = filter, .visit = visit, .context = context};
    struct metadata_term term;
    struct db_tx tx;
    const char *from = after != NULL ? after : "";
    db_begin(records->db, DB_READ, &tx);
    if (filter != NULL && metadata_filter_term(filter, &term))
        walk_terms(&tx, space, &term, from, &walk);
    else
        walk_all(&tx, space, from, &walk);
    return db_end(&tx, err);
}

struct finding {
    struct record_list *list;
    size_t limit;
};

static bool keep(void *context, int64_t row, struct record *record)
{
    struct finding *finding = context;
    (void)row;
    append(finding->list, record);
    return finding->list->count < finding->limit;
}

enum err_code records_find(struct records *records, const char *space, const json_t *filter, const char *after,
    size_t limit, struct record_list *list, struct err *err)
{
    struct finding finding = {.list = list, .limit = limit};
    int64_t number = 0;
    *list = (struct record_list){0};
    enum err_code code = metadata_filter_check(filter, err);
    if (code == ERR_NONE)
        code = records_find_space(records, space, &number, err);
    if (code == ERR_NONE && number != 0)
        code = records_walk(records, number, filter, after, keep, &finding, err);
    if (code != ERR_NONE)
        record_list_release(list);
    return code;
}

// ---- by nearness

struct search {
    struct records *records;
    int64_t space;
    const float *values;
    size_t dimension;
    double norm;
    size_t top;
    const json_t *filter;
    struct record_list *list; // the best so far, in descending order
};

static float score_of(const struct search *search, const struct record *record)
{
    double dot = 0, norm = 0;
    for (size_t i = 0; i < search->dimension; i++) {
        dot += (double)search->values[i] * (double)record->values[i];
        norm += (double)record->values[i] * (double)record->values[i];
    }
    return (float)(dot / (search->norm * sqrt(norm)));
}

static bool comes_before(const struct record *a, const struct record *b)
{
    return a->score > b->score || (a->score >= b->score && strcmp(a->id, b->id) < 0);
}

// Takes the record over.
static bool rank(void *context, int64_t row, struct record *record)
{
    struct search *search = context;
    struct record_list *list = search->list;
    (void)row;
    record->score = score_of(search, record);
    if (list->count == search->top && !comes_before(record, &list->items[list->count - 1])) {
        record_release(record);
        return true;
    }
    if (list->count == search->top) {
        record_release(&list->items[--list->count]);
    } else {
        list->items = mem_realloc_array(list->items, list->count + 1, sizeof(*list->items));
    }
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (comes_before(&list->items[middle], record))
            low = middle + 1;
        else
            high = middle;
    }
    memmove(&list->items[low + 1], &list->items[low], (list->count - low) * sizeof(*list->items));
    list->items[low] = *record;
    list->count++;
    return true;
}

// Reads the neighbours' records and ranks those that match.
static enum err_code rank_hits(struct search *search, const struct vector_hit *hits, size_t count, struct err *err)
{
    struct walk walk = {.filter = search->filter, .visit = rank, .context = search};
    struct db_tx tx;
    db_begin(search->records->db, DB_READ, &tx);
    for (size_t i = 0; i < count && db_ok(&tx); i++) {
        struct db_stmt *stmt =
            db_stmt(&tx, "SELECT row, id, vector, metadata FROM records WHERE row = ?1 AND state = 1");
        db_bind_int(stmt, 1, records_row(hits[i].object));
        if (db_step(stmt))
            offer(&walk, stmt);
        db_stmt_done(stmt);
    }
    return db_end(&tx, err);
}

// Looks at more and more neighbours until enough match. *enough is false where even the most did not do.
static enum err_code search_neighbours(struct search *search, bool *enough, struct err *err)
{
    size_t limit = search->filter == NULL ? search->top + NEIGHBOURS_LEAST / 10 : search->top * NEIGHBOURS_EACH;
    char project[RECORDS_PROJECT_SIZE];
    enum err_code code = ERR_NONE;
    records_project(search->space, project);
    if (search->filter != NULL && limit < NEIGHBOURS_LEAST)
        limit = NEIGHBOURS_LEAST;
    *enough = false;
    while (code == ERR_NONE && !*enough) {
        struct vector_hit *hits = NULL;
        size_t count = 0;
        if (limit > VECTOR_QUERY_LIMIT_MAX)
            limit = VECTOR_QUERY_LIMIT_MAX;
        const struct vector_query query = {.project = project,
            .vector = search->values,
            .dimension = search->dimension,
            .limit = limit,
            .min_score = -1};
        code = vector_index_query(search->records->index, &query, &hits, &count, err);
        record_list_release(search->list);
        if (code == ERR_NONE)
            code = rank_hits(search, hits, count, err);
        free(hits);
        *enough = search->list->count == search->top || count < limit;
        if (limit == VECTOR_QUERY_LIMIT_MAX)
            break;
        limit *= NEIGHBOURS_EACH;
    }
    return code;
}

static enum err_code search_space(struct search *search, struct err *err)
{
    int64_t left = -1;
    bool enough = false;
    enum err_code code = records_count_term(search->records, search->space, search->filter, FEW + 1, &left, err);
    if (code == ERR_NONE && (left < 0 || left > FEW))
        code = search_neighbours(search, &enough, err);
    if (code == ERR_NONE && !enough) {
        record_list_release(search->list);
        code = records_walk(search->records, search->space, search->filter, NULL, rank, search, err);
    }
    return code;
}

static enum err_code check_query(struct records *records, const struct record_query *query, struct err *err)
{
    struct db_tx tx;
    db_begin(records->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT value FROM facts WHERE name = 'dimension'");
    int64_t stored = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        return code;
    if (query->top < 1 || query->top > RECORD_TOP_MAX)
        return err_set(err, ERR_INVALID, "topK must be between 1 and %d", RECORD_TOP_MAX);
    if (query->values != NULL && stored != 0 && (int64_t)query->dimension != stored)
        return err_set(err, ERR_INVALID, "Vector dimension %zu does not match the dimension of the index %lld",
            query->dimension, (long long)stored);
    return metadata_filter_check(query->filter, err);
}

enum err_code records_query(struct records *records, const char *space, const struct record_query *query,
    struct record_list *list, struct err *err)
{
    struct record_list own = {0};
    struct search search = {.records = records,
        .values = query->values,
        .dimension = query->dimension,
        .top = query->top,
        .filter = json_is_object(query->filter) && json_object_size(query->filter) > 0 ? query->filter : NULL,
        .list = list};
    *list = (struct record_list){0};
    enum err_code code = check_query(records, query, err);
    if (code == ERR_NONE && query->values == NULL)
        code = records_fetch(records, space, &query->id, 1, &own, err);
    if (code == ERR_NONE && query->values == NULL && own.count == 0)
        code = err_set(err, ERR_NOT_FOUND, "there is no record \"%.60s\" in this namespace", query->id);
    if (code == ERR_NONE && own.count > 0) {
        search.values = own.items[0].values;
        search.dimension = own.items[0].dimension;
    }
    for (size_t i = 0; code == ERR_NONE && i < search.dimension; i++)
        search.norm += (double)search.values[i] * (double)search.values[i];
    search.norm = sqrt(search.norm);
    if (code == ERR_NONE && (!isfinite(search.norm) || search.norm <= 0))
        code = err_set(err, ERR_INVALID, "the query's vector must be finite and not all zeros");
    if (code == ERR_NONE)
        code = records_find_space(records, space, &search.space, err);
    if (code == ERR_NONE && search.space != 0)
        code = search_space(&search, err);
    record_list_release(&own);
    if (code != ERR_NONE)
        record_list_release(list);
    return code;
}

// ---- counting

static bool count_one(void *context, int64_t row, struct record *record)
{
    (void)row;
    ++*(int64_t *)context;
    record_release(record);
    return true;
}

enum err_code records_stats(struct records *records, const json_t *filter, struct record_stats *stats, struct err *err)
{
    struct db_tx tx;
    int64_t *numbers = NULL;
    *stats = (struct record_stats){0};
    enum err_code code = metadata_filter_check(filter, err);
    if (code != ERR_NONE)
        return code;
    db_begin(records->db, DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT value FROM facts WHERE name = 'dimension'");
    if (db_step(stmt))
        stats->dimension = (size_t)db_int(stmt, 0);
    db_stmt_done(stmt);
    stmt = db_stmt(&tx, "SELECT space, name, live FROM spaces ORDER BY name");
    while (db_step(stmt)) {
        stats->spaces = mem_realloc_array(stats->spaces, stats->count + 1, sizeof(*stats->spaces));
        numbers = mem_realloc_array(numbers, stats->count + 1, sizeof(*numbers));
        numbers[stats->count] = db_int(stmt, 0);
        stats->spaces[stats->count++] =
            (struct record_space){.name = mem_strdup(db_text(stmt, 1)), .count = db_int(stmt, 2)};
    }
    code = db_end(&tx, err);
    for (size_t i = 0; numbers != NULL && i < stats->count && code == ERR_NONE; i++) {
        if (filter != NULL && json_object_size(filter) > 0) {
            stats->spaces[i].count = 0;
            code = records_walk(records, numbers[i], filter, NULL, count_one, &stats->spaces[i].count, err);
        }
        stats->total += stats->spaces[i].count;
    }
    free(numbers);
    if (code != ERR_NONE)
        record_stats_release(stats);
    return code;
}
