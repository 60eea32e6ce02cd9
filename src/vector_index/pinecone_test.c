// The limits of Pinecone's service, against a server in memory that has them: it refuses to answer with more than 4 MB.
#include "base/test.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "net/http_server.h"
#include "vector_index/pinecone_internal.h"

#define PROJECT "test"
#define VIDEO "0123456789abcdef"
#define MODEL "model"
#define DIMENSION 4096
#define ANSWER_MAX 4000000

struct fixture {
    struct http_server *server;
    struct vector_index *index;
    char negatives[VECTOR_NEGATIVES_BYTES / 2 + 1]; // one name, in the metadata of every record
    int32_t records;                                // objects 0 to this, the first of each frame, by nearness
    bool forgets_filtered;                          // filters miss every seventh
    _Atomic int refused, upserted;
};

static struct err err;

static json_t *metadata_of(const struct fixture *f, const char *id)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s]}", "object", id, "video", VIDEO, "class", "person", "label", "",
        "track", "", "negatives", f->negatives);
}

static enum err_code answer(struct fixture *f, struct http_response *response, json_t *value)
{
    if (json_dumpb(value, NULL, 0, JSON_COMPACT) <= ANSWER_MAX) {
        http_response_json(response, 200, value);
        return ERR_NONE;
    }
    f->refused++;
    json_decref(value);
    http_response_json(response, 400, json_pack("{s:s}", "message", "the answer is too large"));
    return ERR_NONE;
}

static enum err_code list(
    void *context, struct http_request *request, struct http_response *response, struct err *failure)
{
    (void)context, (void)request, (void)failure;
    http_response_json(response, 200, json_object());
    return ERR_NONE;
}

static enum err_code fetch(
    void *context, struct http_request *request, struct http_response *response, struct err *failure)
{
    struct fixture *f = context;
    const char *ids[PINECONE_FETCH_MAX];
    size_t count = http_request_query_all(request, "ids", ids, PINECONE_FETCH_MAX);
    json_t *vectors = json_object();
    float values[DIMENSION];
    (void)failure;
    for (size_t i = 0; i < DIMENSION; i++)
        values[i] = -0.123456789f;
    for (size_t i = 0; i < count; i++) {
        json_t *metadata = strcmp(ids[i], "facts") == 0 ? json_pack("{s:s}", "model", MODEL) : metadata_of(f, ids[i]);
        json_set(vectors, ids[i],
            json_pack(
                "{s:s, s:o, s:o}", "id", ids[i], "values", pinecone_values(values, DIMENSION), "metadata", metadata));
    }
    return answer(f, response, json_pack("{s:o}", "vectors", vectors));
}

static enum err_code upsert(
    void *context, struct http_request *request, struct http_response *response, struct err *failure)
{
    struct fixture *f = context;
    json_t *body;
    size_t size;
    const char *text = http_request_body(request, &size);
    const struct json_limits limits = {.size_bytes = 2 << 20, .depth = 8};
    enum err_code code = json_parse(text, size, &limits, &body, failure);
    if (code != ERR_NONE)
        return code;
    f->upserted += (int)json_array_size(json_object_get(body, "vectors"));
    json_decref(body);
    http_response_json(response, 200, json_object());
    return ERR_NONE;
}

// The ids that a filter names; NULL: it names none.
static const json_t *named(const json_t *body)
{
    const json_t *all = json_object_get(json_object_get(body, "filter"), "$and");
    return json_object_get(json_object_get(json_array_get(all, 0), "object"), "$in");
}

static json_t *match_of(const struct fixture *f, const char *id, bool with_metadata)
{
    int32_t frame = 0, k = 0;
    (void)object_id_parse(id, NULL, &frame, &k);
    json_t *match = json_pack("{s:s, s:f}", "id", id, "score", 1 - frame * 1e-6);
    if (with_metadata)
        json_set(match, "metadata", metadata_of(f, id));
    return match;
}

static enum err_code query(
    void *context, struct http_request *request, struct http_response *response, struct err *failure)
{
    struct fixture *f = context;
    json_t *body, *matches = json_array();
    enum err_code code = http_request_json(request, &body, failure);
    if (code != ERR_NONE)
        return code;
    bool with_metadata = json_is_true(json_object_get(body, "includeMetadata"));
    int64_t top = json_integer_value(json_object_get(body, "topK"));
    const json_t *ids = named(body);
    size_t i;
    const json_t *id;
    json_array_foreach(ids, i, id)
    {
        if (!f->forgets_filtered || i % 7 != 0)
            json_array_append_new(matches, match_of(f, json_string_value(id), with_metadata));
    }
    for (int32_t n = 0; n < f->records && n < top && ids == NULL; n++) {
        char object[OBJECT_ID_SIZE];
        object_id_make(VIDEO, n, 0, object);
        json_array_append_new(matches, match_of(f, object, with_metadata));
    }
    json_decref(body);
    return answer(f, response, json_pack("{s:o}", "matches", matches));
}

static int set_up(void **state)
{
    static struct fixture f;
    char url[64];
    f = (struct fixture){.records = 10000};
    memset(f.negatives, 'n', sizeof(f.negatives) - 1);
    const struct http_server_options options = {.body_bytes_most = 4 << 20};
    assert_ok(http_server_new(&options, &f.server, &err), &err);
    http_server_add(f.server, &(struct http_route){HTTP_GET, "/vectors/list", list, &f, 0, 0, NULL});
    http_server_add(f.server, &(struct http_route){HTTP_GET, "/vectors/fetch", fetch, &f, 0, 0, NULL});
    http_server_add(f.server, &(struct http_route){HTTP_POST, "/vectors/upsert", upsert, &f, 0, 0, NULL});
    http_server_add(f.server, &(struct http_route){HTTP_POST, "/query", query, &f, 0, 0, NULL});
    assert_ok(http_server_start(f.server, &err), &err);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_server_port(f.server));
    const struct vector_index_pinecone_settings settings = {.url = url};
    assert_ok(vector_index_pinecone_open(&settings, log_none(), &f.index, &err), &err);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vector_index_free(f->index);
    http_server_free(f->server);
    return 0;
}

// The nearest `limit` are found, whole and in order.
static void assert_finds(struct fixture *f, size_t limit)
{
    float vector[DIMENSION] = {1};
    struct vector_hit *hits = NULL;
    size_t count = 0;
    const struct vector_query asked = {
        .project = PROJECT, .vector = vector, .dimension = DIMENSION, .limit = limit, .min_score = -1};
    assert_ok(vector_index_query(f->index, &asked, &hits, &count, &err), &err);
    assert_int_equal(count, limit);
    for (size_t i = 0; i < count; i++) {
        char object[OBJECT_ID_SIZE];
        object_id_make(VIDEO, (int32_t)i, 0, object);
        assert_string_equal(hits[i].object, object);
        assert_string_equal(hits[i].class_name, "person");
    }
    free(hits);
}

static void hits_whose_metadata_is_too_much_for_an_answer_are_found_all_the_same(void **state)
{
    struct fixture *f = *state;
    assert_finds(f, 300);
    assert_int_equal(f->refused, 0);
    assert_finds(f, 1000);
    assert_true(f->refused > 0);
}

static void what_a_filter_misses_of_them_is_fetched(void **state)
{
    struct fixture *f = *state;
    f->forgets_filtered = true;
    assert_finds(f, 500);
    assert_true(f->refused > 0);
}

static void as_many_hits_as_may_be_asked_for_come_in_one_answer_where_they_fit(void **state)
{
    struct fixture *f = *state;
    f->negatives[1] = '\0';
    assert_finds(f, VECTOR_QUERY_LIMIT_MAX);
    assert_int_equal(f->refused, 0);
}

static void large_records_are_changed_and_stored_without_asking_for_more_than_an_answer_holds(void **state)
{
    enum { COUNT = 120 };
    static struct vector_attributes changes[COUNT];
    static struct vector_item items[COUNT];
    static float vector[DIMENSION] = {1};
    struct fixture *f = *state;
    for (int32_t i = 0; i < COUNT; i++) {
        changes[i] = (struct vector_attributes){.set_label = true, .label = "thing"};
        object_id_make(VIDEO, i, 0, changes[i].object);
        items[i] = (struct vector_item){.class_name = "person", .track = -1, .vector = vector};
        object_id_make(VIDEO, i, 0, items[i].object);
    }
    assert_ok(vector_index_set_attributes(f->index, PROJECT, changes, COUNT, &err), &err);
    assert_int_equal(f->upserted, COUNT);
    assert_ok(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, COUNT, &err), &err);
    assert_int_equal(f->upserted, 2 * COUNT);
    assert_int_equal(f->refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            hits_whose_metadata_is_too_much_for_an_answer_are_found_all_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_filter_misses_of_them_is_fetched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            as_many_hits_as_may_be_asked_for_come_in_one_answer_where_they_fit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            large_records_are_changed_and_stored_without_asking_for_more_than_an_answer_holds, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("pinecone", tests, NULL, NULL);
}
