// What every vector index does, whatever is behind it. Run as: vector_index_contract BACKEND
//
// Random data is compared with a reference that keeps everything in plain arrays and computes in double precision.
#include "base/test.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "os/file.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_flat.h"
#include "vector_index/vector_index_pinecone.h"
#include "vector_index/vector_index_usearch.h"
#include "vector_index/vector_index_weaviate.h"

#define DIMENSION 48
#define MODEL "model-a"
#define PROJECT "demo"
#define OTHER_PROJECT "other"
#define VIDEO_A "00000000000000aa"
#define VIDEO_B "f0000000000000bb"

// Stored components are rounded to 11 bits.
#define SCORE_TOLERANCE 2e-3

static const char *backend;

struct fixture {
    char folder[FILE_PATH_MAX];
    struct vector_index *index;
    uint64_t random;
};

static struct err err;

static uint32_t draw(struct fixture *f, uint32_t below)
{
    f->random = f->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((f->random >> 33) % below);
}

static float draw_component(struct fixture *f)
{
    float sum = 0;
    for (int i = 0; i < 6; i++)
        sum += (float)draw(f, 20001) / 10000.0f - 1.0f;
    return sum;
}

static void draw_vector(struct fixture *f, float vector[DIMENSION])
{
    for (int i = 0; i < DIMENSION; i++)
        vector[i] = draw_component(f);
}

// A service that speaks Pinecone's data plane, or a Weaviate server; the cases follow each other in the same projects.
#define VECTORS_VARIABLE "FRAMEHOUND_TEST_VECTORS"
#define KEY_VARIABLE "FRAMEHOUND_TEST_VECTORS_KEY"

static bool is_on_a_server(void)
{
    return strcmp(backend, "pinecone") == 0 || strcmp(backend, "weaviate") == 0;
}

static void open_server(struct fixture *f)
{
    const char *address = getenv(VECTORS_VARIABLE), *key = getenv(KEY_VARIABLE);
    const struct vector_index_pinecone_settings pinecone = {.url = address, .key = key};
    const struct vector_index_weaviate_settings weaviate = {.address = address, .key = key};
    enum err_code code = strcmp(backend, "pinecone") == 0
        ? vector_index_pinecone_open(&pinecone, log_none(), &f->index, &err)
        : vector_index_weaviate_open(&weaviate, log_none(), &f->index, &err);
    assert_ok(code, &err);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &err), &err);
    assert_ok(vector_index_remove_project(f->index, OTHER_PROJECT, &err), &err);
}

static void open_index(struct fixture *f)
{
    if (is_on_a_server()) {
        open_server(f);
        return;
    }
    if (strcmp(backend, "flat") == 0) {
        f->index = vector_index_flat_new();
        return;
    }
    // Small files and no background work: flushes at known moments take the place of both.
    struct vector_index_usearch_options options = {.tail_vectors = 64, .no_background = true};
    assert_ok(vector_index_usearch_open(f->folder, &options, log_none(), &f->index, &err), &err);
}

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof(*f));
    f->random = 42;
    assert_ok(dir_make_temporary(NULL, "vectors-", f->folder, &err), &err);
    open_index(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    vector_index_free(f->index);
    assert_ok(dir_remove_tree(f->folder, &err), &err);
    free(f);
    return 0;
}

static struct vector_item item_of(const char *video, int32_t frame, int32_t k, const float *vector)
{
    struct vector_item item = {.track = -1, .vector = vector};
    object_id_make(video, frame, k, item.object);
    strcpy(item.class_name, "car");
    return item;
}

static void put(struct fixture *f, const struct vector_item *items, size_t count)
{
    assert_ok(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, count, &err), &err);
}

static void put_one(struct fixture *f, const char *video, int32_t frame, int32_t k, const float *vector)
{
    struct vector_item item = item_of(video, frame, k, vector);
    put(f, &item, 1);
}

static struct vector_query query_for(const float *vector, size_t limit)
{
    return (struct vector_query){
        .project = PROJECT, .vector = vector, .dimension = DIMENSION, .limit = limit, .min_score = -1};
}

static size_t ask(struct fixture *f, const struct vector_query *query, struct vector_hit **hits)
{
    size_t count = 0;
    assert_ok(vector_index_query(f->index, query, hits, &count, &err), &err);
    assert_true(count <= query->limit);
    return count;
}

// The ids of all hits, joined by spaces.
static void ask_text(struct fixture *f, const struct vector_query *query, char *text, size_t size)
{
    struct vector_hit *hits;
    size_t count = ask(f, query, &hits);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s", i > 0 ? " " : "", hits[i].object);
    }
    free(hits);
}

static size_t count_in(struct fixture *f, const char *video)
{
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, PROJECT, video, &stats, &err), &err);
    return stats.count;
}

static void axis(float vector[DIMENSION], int main_axis, float other)
{
    memset(vector, 0, DIMENSION * sizeof(float));
    vector[main_axis] = 1;
    vector[(main_axis + 1) % DIMENSION] = other;
}

static void an_object_is_found_by_the_query_after_its_upsert(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    draw_vector(f, vector);
    put_one(f, VIDEO_A, 7, 2, vector);
    struct vector_query query = query_for(vector, 5);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].object, VIDEO_A "-00000007-002");
    assert_string_equal(hits[0].class_name, "car");
    assert_string_equal(hits[0].label, "");
    assert_int_equal(hits[0].track, -1);
    assert_float_equal(hits[0].score, 1, SCORE_TOLERANCE);
    free(hits);
}

static void scores_are_cosines_whatever_the_lengths(void **state)
{
    struct fixture *f = *state;
    float stored[DIMENSION];
    float asked[DIMENSION];
    axis(stored, 3, 1);
    axis(asked, 3, 0);
    for (int i = 0; i < DIMENSION; i++) {
        stored[i] *= 1e30f;
        asked[i] *= 1e-30f;
    }
    put_one(f, VIDEO_A, 0, 0, stored);
    struct vector_query query = query_for(asked, 1);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_float_equal(hits[0].score, sqrt(0.5), SCORE_TOLERANCE);
    free(hits);
}

static void equal_scores_are_ordered_by_object(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    put_one(f, VIDEO_B, 1, 0, vector);
    put_one(f, VIDEO_A, 2, 1, vector);
    put_one(f, VIDEO_A, 2, 0, vector);
    put_one(f, VIDEO_A, 10, 0, vector);
    struct vector_query query = query_for(vector, 3);
    char text[256];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000002-000 " VIDEO_A "-00000002-001 " VIDEO_A "-00000010-000");
}

static void an_upsert_replaces_vector_and_class(void **state)
{
    struct fixture *f = *state;
    float before[DIMENSION];
    float after[DIMENSION];
    axis(before, 0, 0);
    axis(after, 5, 0);
    struct vector_item item = item_of(VIDEO_A, 1, 0, before);
    strcpy(item.label, "old");
    put(f, &item, 1);
    item = item_of(VIDEO_A, 1, 0, after);
    strcpy(item.class_name, "truck");
    strcpy(item.label, "new");
    item.track = 4;
    put(f, &item, 1);
    struct vector_query query = query_for(after, 5);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_float_equal(hits[0].score, 1, SCORE_TOLERANCE);
    assert_string_equal(hits[0].class_name, "truck");
    assert_string_equal(hits[0].label, "new");
    assert_int_equal(hits[0].track, 4);
    free(hits);
    assert_int_equal(count_in(f, NULL), 1);
}

static void an_upsert_without_label_or_track_keeps_those_there_are(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    struct vector_item item = item_of(VIDEO_A, 1, 0, vector);
    strcpy(item.label, "red");
    item.track = 7;
    put(f, &item, 1);
    item = item_of(VIDEO_A, 1, 0, vector);
    put(f, &item, 1);
    put(f, &item, 1);
    const char *red = "red";
    struct vector_query query = query_for(vector, 5);
    query.filter.labels = &red;
    query.filter.label_count = 1;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].label, "red");
    assert_int_equal(hits[0].track, 7);
    free(hits);
    // What was removed takes them along.
    const char *object = item.object;
    assert_ok(vector_index_remove(f->index, PROJECT, &object, 1, &err), &err);
    put(f, &item, 1);
    query = query_for(vector, 5);
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].label, "");
    assert_int_equal(hits[0].track, -1);
    free(hits);
}

static void the_last_of_two_items_for_one_object_wins(void **state)
{
    struct fixture *f = *state;
    float vectors[2][DIMENSION];
    axis(vectors[0], 0, 0);
    axis(vectors[1], 1, 0);
    struct vector_item items[2] = {item_of(VIDEO_A, 1, 0, vectors[0]), item_of(VIDEO_A, 1, 0, vectors[1])};
    put(f, items, 2);
    struct vector_query query = query_for(vectors[1], 5);
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_float_equal(hits[0].score, 1, SCORE_TOLERANCE);
    free(hits);
}

static void hits_below_the_least_score_are_left_out(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    for (int i = 0; i < 20; i++) {
        axis(vector, 0, (float)i / 4.0f);
        put_one(f, VIDEO_A, i, 0, vector);
    }
    axis(vector, 0, 0);
    struct vector_query query = query_for(vector, 20);
    query.min_score = 0.7f;
    struct vector_hit *hits;
    // 1 / sqrt(1 + (i / 4)^2) >= 0.7 for i <= 4
    assert_int_equal(ask(f, &query, &hits), 5);
    free(hits);
}

static void a_wrong_dimension_is_invalid_and_says_both(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION + 1] = {1, 2, 3};
    put_one(f, VIDEO_A, 0, 0, vector);
    struct vector_item item = item_of(VIDEO_A, 1, 0, vector);
    assert_code(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION + 1, &item, 1, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "48"));
    assert_non_null(strstr(err.message, "49"));
    struct vector_query query = query_for(vector, 1);
    query.dimension = DIMENSION - 1;
    struct vector_hit *hits;
    size_t count;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    assert_int_equal(count_in(f, NULL), 1);
}

static void vectors_of_another_model_are_a_conflict_that_says_both(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    put_one(f, VIDEO_A, 0, 0, vector);
    struct vector_item item = item_of(VIDEO_A, 1, 0, vector);
    assert_code(vector_index_upsert(f->index, PROJECT, "model-b", DIMENSION, &item, 1, &err), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "model-a"));
    assert_non_null(strstr(err.message, "model-b"));
    assert_ok(vector_index_upsert(f->index, OTHER_PROJECT, "model-b", DIMENSION, &item, 1, &err), &err);
}

static void vectors_that_are_zero_or_not_finite_are_invalid_and_store_nothing(void **state)
{
    struct fixture *f = *state;
    float good[DIMENSION] = {1};
    float zero[DIMENSION] = {0};
    float nan_inside[DIMENSION] = {1, NAN};
    float infinite[DIMENSION] = {1, -INFINITY};
    const float *bad[] = {zero, nan_inside, infinite};
    for (size_t i = 0; i < 3; i++) {
        struct vector_item items[2] = {item_of(VIDEO_A, 0, 0, good), item_of(VIDEO_A, 0, 1, bad[i])};
        assert_code(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, items, 2, &err), ERR_INVALID);
        assert_int_equal(count_in(f, NULL), 0);
        struct vector_query query = query_for(bad[i], 1);
        struct vector_hit *hits;
        size_t count;
        assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    }
}

static void ids_limits_and_filters_that_make_no_sense_are_invalid(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    struct vector_item item = item_of(VIDEO_A, 0, 0, vector);
    struct vector_hit *hits;
    size_t count;
    assert_code(vector_index_upsert(f->index, "../x", MODEL, DIMENSION, &item, 1, &err), ERR_INVALID);
    strcpy(item.object, "not-an-object");
    assert_code(vector_index_upsert(f->index, PROJECT, MODEL, DIMENSION, &item, 1, &err), ERR_INVALID);
    struct vector_query query = query_for(vector, 0);
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    query.limit = VECTOR_QUERY_LIMIT_MAX + 1;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    query = query_for(vector, 1);
    query.filter.video = "xyz";
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    query = query_for(vector, 1);
    query.filter.has_track = true;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    const struct vector_track track = {.video = VIDEO_A, .n = -1};
    query = query_for(vector, 1);
    query.filter.exclude_tracks = &track;
    query.filter.exclude_track_count = 1;
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_INVALID);
    query.filter = (struct vector_filter){.labelled = &track, .labelled_count = VECTOR_TRACKS_MAX + 1};
    assert_code(vector_index_query(f->index, &query, &hits, &count, &err), ERR_LIMIT);
}

static void an_unknown_project_has_no_hits_and_nothing_to_remove(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    struct vector_query query = query_for(vector, 5);
    query.project = "nobody";
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
    const char *object = VIDEO_A "-00000000-000";
    assert_ok(vector_index_remove(f->index, "nobody", &object, 1, &err), &err);
    assert_ok(vector_index_remove_frame(f->index, "nobody", VIDEO_A, 0, &err), &err);
    assert_ok(vector_index_remove_video(f->index, "nobody", VIDEO_A, &err), &err);
    assert_ok(vector_index_remove_project(f->index, "nobody", &err), &err);
    struct vector_attributes change = {.set_track = true};
    strcpy(change.object, object);
    assert_ok(vector_index_set_attributes(f->index, "nobody", &change, 1, &err), &err);
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, "nobody", NULL, &stats, &err), &err);
    assert_int_equal(stats.count, 0);
    assert_int_equal(stats.dimension, 0);
    size_t dimension;
    assert_code(vector_index_fetch(f->index, "nobody", object, vector, DIMENSION, &dimension, &err), ERR_NOT_FOUND);
}

static void a_stored_vector_can_be_fetched_with_length_one(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    float fetched[DIMENSION];
    size_t dimension = 0;
    draw_vector(f, vector);
    put_one(f, VIDEO_B, 3, 1, vector);
    const char *object = VIDEO_B "-00000003-001";
    assert_ok(vector_index_fetch(f->index, PROJECT, object, fetched, DIMENSION, &dimension, &err), &err);
    assert_int_equal(dimension, DIMENSION);
    double norm = 0;
    for (int i = 0; i < DIMENSION; i++)
        norm += (double)vector[i] * (double)vector[i];
    for (int i = 0; i < DIMENSION; i++)
        assert_float_equal(fetched[i], vector[i] / (float)sqrt(norm), 1e-3);
    assert_code(vector_index_fetch(f->index, PROJECT, VIDEO_B "-00000003-002", fetched, DIMENSION, &dimension, &err),
        ERR_NOT_FOUND);
    assert_code(vector_index_fetch(f->index, PROJECT, object, fetched, DIMENSION - 1, &dimension, &err), ERR_INVALID);
}

static void put_grid(struct fixture *f)
{
    float vector[DIMENSION];
    for (int frame = 0; frame < 10; frame++) {
        for (int k = 0; k < 3; k++) {
            draw_vector(f, vector);
            put_one(f, VIDEO_A, frame, k, vector);
            put_one(f, VIDEO_B, frame, k, vector);
        }
    }
}

static void what_was_removed_is_found_no_more(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_int_equal(count_in(f, NULL), 60);
    const char *objects[] = {VIDEO_A "-00000004-001", VIDEO_A "-00000004-009"};
    assert_ok(vector_index_remove(f->index, PROJECT, objects, 2, &err), &err);
    assert_int_equal(count_in(f, VIDEO_A), 29);
    assert_ok(vector_index_remove_frame(f->index, PROJECT, VIDEO_A, 5, &err), &err);
    assert_int_equal(count_in(f, VIDEO_A), 26);
    assert_int_equal(count_in(f, VIDEO_B), 30);
    assert_ok(vector_index_flush(f->index, &err), &err);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_B, &err), &err);
    assert_int_equal(count_in(f, VIDEO_B), 0);
    float vector[DIMENSION] = {1};
    struct vector_query query = query_for(vector, 100);
    struct vector_hit *hits;
    size_t count = ask(f, &query, &hits);
    assert_int_equal(count, 26);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(hits[i].object, VIDEO_A, VIDEO_ID_LENGTH);
        assert_string_not_equal(hits[i].object, objects[0]);
        assert_null(strstr(hits[i].object, "-00000005-"));
    }
    free(hits);
}

static void a_removed_object_can_come_back(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_A, &err), &err);
    float vector[DIMENSION];
    axis(vector, 9, 0);
    put_one(f, VIDEO_A, 3, 0, vector);
    struct vector_query query = query_for(vector, 1);
    char text[64];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000003-000");
    assert_int_equal(count_in(f, VIDEO_A), 1);
}

static void a_removed_project_can_be_filled_by_another_model(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_ok(vector_index_flush(f->index, &err), &err);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &err), &err);
    assert_int_equal(count_in(f, NULL), 0);
    float vector[8] = {1};
    struct vector_query query = {.project = PROJECT, .vector = vector, .dimension = 8, .limit = 5, .min_score = -1};
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
    struct vector_item item = item_of(VIDEO_A, 0, 0, vector);
    strcpy(item.class_name, "dog");
    assert_ok(vector_index_upsert(f->index, PROJECT, "model-b", 8, &item, 1, &err), &err);
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].class_name, "dog");
    free(hits);
    struct vector_stats stats;
    assert_ok(vector_index_stats(f->index, PROJECT, NULL, &stats, &err), &err);
    assert_int_equal(stats.dimension, 8);
    assert_string_equal(stats.model, "model-b");
}

struct walk {
    char objects[64][OBJECT_ID_SIZE];
    size_t count;
    size_t stop_after;
};

static bool remember(void *context, const char *object)
{
    struct walk *walk = context;
    strcpy(walk->objects[walk->count++], object);
    return walk->count != walk->stop_after;
}

static void listing_a_video_gives_its_objects_in_order_until_told_to_stop(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION] = {1};
    for (int i = 9; i >= 0; i--)
        put_one(f, VIDEO_B, i * 7 % 10, 9 - i, vector);
    put_one(f, VIDEO_A, 0, 0, vector);
    struct walk walk = {0};
    assert_ok(vector_index_list(f->index, PROJECT, VIDEO_B, remember, &walk, &err), &err);
    assert_int_equal(walk.count, 10);
    for (size_t i = 1; i < walk.count; i++)
        assert_true(strcmp(walk.objects[i - 1], walk.objects[i]) < 0);
    walk = (struct walk){.stop_after = 4};
    assert_ok(vector_index_list(f->index, PROJECT, VIDEO_B, remember, &walk, &err), &err);
    assert_int_equal(walk.count, 4);
}

static void changed_attributes_show_in_hits_and_filters(void **state)
{
    struct fixture *f = *state;
    put_grid(f);
    assert_ok(vector_index_flush(f->index, &err), &err);
    struct vector_attributes changes[3] = {
        {.set_label = true, .label = "Bob's bike"}, {.set_track = true, .track = 77}, {.set_label = true}};
    strcpy(changes[0].object, VIDEO_A "-00000002-001");
    strcpy(changes[1].object, VIDEO_A "-00000002-001");
    strcpy(changes[2].object, VIDEO_A "-00000002-009"); // not there
    assert_ok(vector_index_set_attributes(f->index, PROJECT, changes, 3, &err), &err);
    float vector[DIMENSION] = {1};
    const char *labels[] = {"Bob's bike", "nobody's"};
    struct vector_query query = query_for(vector, 100);
    query.filter.labels = labels;
    query.filter.label_count = 2;
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 1);
    assert_string_equal(hits[0].label, "Bob's bike");
    assert_int_equal(hits[0].track, 77);
    free(hits);
    labels[0] = "";
    assert_int_equal(ask(f, &query, &hits), 59);
    free(hits);
    query = query_for(vector, 100);
    query.filter.video = VIDEO_A;
    query.filter.has_track = true;
    query.filter.track = 77;
    assert_int_equal(ask(f, &query, &hits), 1);
    free(hits);
    query.filter.video = VIDEO_B;
    assert_int_equal(ask(f, &query, &hits), 0);
    free(hits);
}

static void a_label_of_a_track_is_that_of_its_objects_without_their_own(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    char text[256];
    for (int32_t i = 0; i < 4; i++) {
        axis(vector, 0, (float)i * 0.1f);
        struct vector_item item = item_of(i == 3 ? VIDEO_B : VIDEO_A, i, 0, vector);
        item.track = i == 1 ? -1 : 5;
        strcpy(item.label, i == 2 ? "blue" : "");
        put(f, &item, 1);
    }
    axis(vector, 0, 0);
    struct vector_query query = query_for(vector, 10);
    const char *wanted[] = {"red", "blue"};
    struct vector_track track = {.video = VIDEO_A, .n = 5};
    query.filter.labels = wanted;
    query.filter.label_count = 1;
    query.filter.labelled = &track;
    query.filter.labelled_count = 1;
    // Neither what has no track, nor what was said to be something else, nor the other video's track of that number.
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000000-000");
    query.filter.label_count = 2;
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000000-000 " VIDEO_A "-00000002-000");
    query.filter = (struct vector_filter){.exclude_tracks = &track, .exclude_track_count = 1};
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000001-000 " VIDEO_B "-00000003-000");
}

static void excluded_objects_make_room_for_the_next(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    for (int i = 0; i < 6; i++) {
        axis(vector, 0, (float)i);
        put_one(f, VIDEO_A, i, 0, vector);
    }
    axis(vector, 0, 0);
    const char *exclude[] = {VIDEO_A "-00000001-000", VIDEO_A "-00000000-000", VIDEO_B "-00000000-000"};
    struct vector_query query = query_for(vector, 2);
    query.filter.exclude = exclude;
    query.filter.exclude_count = 3;
    char text[128];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000002-000 " VIDEO_A "-00000003-000");
}

// More than any server takes in a list at once.
#define LONG_LIST 2500

static void lists_of_any_length_are_whole(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    for (int i = 0; i < 30; i++) {
        axis(vector, 0, (float)i * 0.1f);
        struct vector_item item = item_of(VIDEO_A, i, 0, vector);
        item.track = i;
        put(f, &item, 1);
    }
    axis(vector, 0, 0);
    char(*ids)[OBJECT_ID_SIZE] = mem_calloc(LONG_LIST, sizeof(*ids));
    const char **exclude = mem_calloc(LONG_LIST, sizeof(*exclude));
    struct vector_track *tracks = mem_calloc(LONG_LIST, sizeof(*tracks));
    for (int i = 0; i < LONG_LIST; i++) {
        // Those that are there stand at both ends: frames 0 … 3 at the beginning, 4 … 7 at the end.
        int frame = i < 4 ? i : i >= LONG_LIST - 4 ? i - (LONG_LIST - 4) + 4 : 1000 + i;
        object_id_make(VIDEO_A, frame, 0, ids[i]);
        exclude[i] = ids[i];
        strcpy(tracks[i].video, VIDEO_A);
        tracks[i].n = frame;
    }
    struct vector_query query = query_for(vector, 2);
    char text[1024];
    query.filter = (struct vector_filter){.exclude = exclude, .exclude_count = LONG_LIST};
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000008-000 " VIDEO_A "-00000009-000");
    query.filter = (struct vector_filter){.exclude_tracks = tracks, .exclude_track_count = LONG_LIST};
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000008-000 " VIDEO_A "-00000009-000");
    const char *label = "red";
    query.limit = 20;
    query.filter =
        (struct vector_filter){.labels = &label, .label_count = 1, .labelled = tracks, .labelled_count = LONG_LIST};
    struct vector_hit *hits;
    assert_int_equal(ask(f, &query, &hits), 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(hits[i].track, i);
    free(hits);
    free(tracks);
    free(exclude);
    free(ids);
}

static void texts_of_any_kind_are_told_apart(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"red", "Red", " red", "red ", "r*", "?", "<red>", "<>", "the",
        "\"\\/\b\n\t\x01", "\xc3\xb6\xf0\x9f\x98\x80", "{path:[\"id\"]}", "$name", "\\u0041"};
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    float vector[DIMENSION];
    axis(vector, 0, 0);
    for (int i = 0; i < TEXTS; i++) {
        struct vector_item item = item_of(VIDEO_A, i, 0, vector);
        strcpy(item.label, texts[i]);
        strcpy(item.class_name, texts[TEXTS - 1 - i]);
        put(f, &item, 1);
    }
    for (int i = 0; i < TEXTS; i++) {
        struct vector_query query = query_for(vector, TEXTS);
        struct vector_hit *hits;
        query.filter = (struct vector_filter){.labels = &texts[i], .label_count = 1};
        assert_int_equal(ask(f, &query, &hits), 1);
        assert_string_equal(hits[0].label, texts[i]);
        assert_string_equal(hits[0].class_name, texts[TEXTS - 1 - i]);
        free(hits);
        query.filter = (struct vector_filter){.classes = &texts[i], .class_count = 1};
        assert_int_equal(ask(f, &query, &hits), 1);
        assert_string_equal(hits[0].class_name, texts[i]);
        free(hits);
    }
}

// The reference: what a vector index says in a few plain loops.
#define MODEL_SIZE 600

struct reference {
    struct vector_item items[MODEL_SIZE];
    float vectors[MODEL_SIZE][DIMENSION];
    bool present[MODEL_SIZE];
    char videos[6][VIDEO_ID_SIZE];
};

static const char *const classes[] = {"car", "person", "dog", "bus", "kite"};
static const char *const labels[] = {"", "", "", "red", "blue", "green"};

static void reference_init(struct reference *r)
{
    for (int v = 0; v < 6; v++)
        snprintf(r->videos[v], VIDEO_ID_SIZE, "%016llx", 0x9e3779b97f4a7c15ull * (unsigned long long)(v + 1));
}

static void reference_put(struct fixture *f, struct reference *r, size_t i)
{
    struct vector_item old = r->items[i];
    draw_vector(f, r->vectors[i]);
    r->items[i] = item_of(r->videos[i % 6], (int32_t)(i / 12), (int32_t)(i / 6 % 2), r->vectors[i]);
    strcpy(r->items[i].class_name, classes[draw(f, 5)]);
    strcpy(r->items[i].label, labels[draw(f, 6)]);
    r->items[i].track = (int64_t)draw(f, 5) - 1;
    if (r->present[i] && r->items[i].label[0] == '\0')
        strcpy(r->items[i].label, old.label);
    if (r->present[i] && r->items[i].track < 0)
        r->items[i].track = old.track;
    r->present[i] = true;
}

static double reference_score(const struct reference *r, size_t i, const float *vector)
{
    double dot = 0;
    double a = 0;
    double b = 0;
    for (int d = 0; d < DIMENSION; d++) {
        dot += (double)r->vectors[i][d] * (double)vector[d];
        a += (double)r->vectors[i][d] * (double)r->vectors[i][d];
        b += (double)vector[d] * (double)vector[d];
    }
    return dot / sqrt(a * b);
}

static bool listed(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], text) == 0)
            return true;
    }
    return count == 0;
}

static bool is_of_a_track(const struct vector_item *item, const struct vector_track *tracks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(item->object, tracks[i].video, VIDEO_ID_LENGTH) == 0 && item->track == tracks[i].n)
            return true;
    }
    return false;
}

static bool reference_matches(const struct vector_item *item, const struct vector_filter *filter)
{
    char video[VIDEO_ID_SIZE];
    snprintf(video, sizeof(video), "%.16s", item->object);
    bool by_track = item->label[0] == '\0' && is_of_a_track(item, filter->labelled, filter->labelled_count);
    return (filter->video == NULL || strcmp(filter->video, video) == 0) &&
        listed(video, filter->videos, filter->video_count) &&
        listed(item->class_name, filter->classes, filter->class_count) &&
        (listed(item->label, filter->labels, filter->label_count) || by_track) &&
        (!filter->has_track || item->track == filter->track) &&
        !is_of_a_track(item, filter->exclude_tracks, filter->exclude_track_count) &&
        (filter->exclude_count == 0 || !listed(item->object, filter->exclude, filter->exclude_count));
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x < y) - (x > y);
}

// Scores that rounding can swap are allowed to swap: place by place the scores must agree.
static void compare_with_reference(struct fixture *f, const struct reference *r, const struct vector_query *query)
{
    double expected[MODEL_SIZE];
    size_t expected_count = 0;
    for (size_t i = 0; i < MODEL_SIZE; i++) {
        if (!r->present[i] || !reference_matches(&r->items[i], &query->filter))
            continue;
        double score = reference_score(r, i, query->vector);
        if (score >= (double)query->min_score)
            expected[expected_count++] = score;
    }
    qsort(expected, expected_count, sizeof(double), descending);
    struct vector_hit *hits;
    size_t count = ask(f, query, &hits);
    assert_int_equal(count, expected_count < query->limit ? expected_count : query->limit);
    for (size_t h = 0; h < count; h++) {
        size_t i = 0;
        while (i < MODEL_SIZE && !(r->present[i] && strcmp(r->items[i].object, hits[h].object) == 0))
            i++;
        assert_true(i < MODEL_SIZE);
        assert_true(reference_matches(&r->items[i], &query->filter));
        assert_string_equal(hits[h].class_name, r->items[i].class_name);
        assert_string_equal(hits[h].label, r->items[i].label);
        assert_int_equal(hits[h].track, r->items[i].track);
        assert_float_equal(hits[h].score, reference_score(r, i, query->vector), SCORE_TOLERANCE);
        assert_float_equal(hits[h].score, expected[h], SCORE_TOLERANCE);
        assert_true(h == 0 || hits[h - 1].score >= hits[h].score);
    }
    free(hits);
}

static size_t some_tracks(struct fixture *f, const struct reference *r, struct vector_track tracks[12])
{
    size_t count = 1 + draw(f, 12);
    for (size_t i = 0; i < count; i++) {
        strcpy(tracks[i].video, r->videos[draw(f, 6)]);
        tracks[i].n = draw(f, 4);
    }
    return count;
}

static void ask_something(struct fixture *f, const struct reference *r)
{
    float vector[DIMENSION];
    draw_vector(f, vector);
    struct vector_query query = query_for(vector, 1 + draw(f, 40));
    const char *videos[3];
    const char *some_classes[2];
    const char *some_labels[2];
    const char *exclude[8];
    struct vector_track labelled[12];
    struct vector_track exclude_tracks[12];
    struct vector_filter *filter = &query.filter;
    query.exact = draw(f, 3) == 0;
    if (draw(f, 3) == 0)
        filter->video = r->videos[draw(f, 6)];
    if (draw(f, 3) == 0) {
        filter->videos = videos;
        filter->video_count = 1 + draw(f, 3);
        for (size_t i = 0; i < filter->video_count; i++)
            videos[i] = r->videos[draw(f, 6)];
    }
    if (draw(f, 3) == 0) {
        filter->classes = some_classes;
        filter->class_count = 1 + draw(f, 2);
        for (size_t i = 0; i < filter->class_count; i++)
            some_classes[i] = classes[draw(f, 5)];
    }
    if (draw(f, 3) == 0) {
        filter->labels = some_labels;
        filter->label_count = 1 + draw(f, 2);
        for (size_t i = 0; i < filter->label_count; i++)
            some_labels[i] = labels[draw(f, 6)];
    }
    if (filter->label_count > 0 && draw(f, 2) == 0) {
        filter->labelled = labelled;
        filter->labelled_count = some_tracks(f, r, labelled);
    }
    if (draw(f, 3) == 0) {
        filter->exclude_tracks = exclude_tracks;
        filter->exclude_track_count = some_tracks(f, r, exclude_tracks);
    }
    if (filter->video != NULL && draw(f, 3) == 0) {
        filter->has_track = true;
        filter->track = draw(f, 4);
    }
    if (draw(f, 2) == 0) {
        filter->exclude = exclude;
        filter->exclude_count = 1 + draw(f, 8);
        for (size_t i = 0; i < filter->exclude_count; i++) {
            const char *object = r->items[draw(f, MODEL_SIZE)].object;
            exclude[i] = object[0] != '\0' ? object : VIDEO_A "-00000000-000";
        }
    }
    compare_with_reference(f, r, &query);
}

static void change_something(struct fixture *f, struct reference *r)
{
    size_t i = draw(f, MODEL_SIZE);
    const char *object = r->items[i].object;
    uint32_t what = draw(f, 10);
    if (what < 6 || !r->present[i]) {
        reference_put(f, r, i);
        put(f, &r->items[i], 1);
    } else if (what < 8) {
        assert_ok(vector_index_remove(f->index, PROJECT, &object, 1, &err), &err);
        r->present[i] = false;
    } else {
        struct vector_attributes change = {.set_label = draw(f, 2) != 0, .set_track = true, .track = draw(f, 4)};
        strcpy(change.object, object);
        strcpy(change.label, labels[draw(f, 6)]);
        assert_ok(vector_index_set_attributes(f->index, PROJECT, &change, 1, &err), &err);
        r->items[i].track = change.track;
        if (change.set_label)
            strcpy(r->items[i].label, change.label);
    }
}

static void drop_a_video(struct fixture *f, struct reference *r)
{
    size_t v = draw(f, 6);
    assert_ok(vector_index_remove_video(f->index, PROJECT, r->videos[v], &err), &err);
    for (size_t i = v; i < MODEL_SIZE; i += 6)
        r->present[i] = false;
}

static void random_changes_and_filters_agree_with_the_reference(void **state)
{
    struct fixture *f = *state;
    struct reference *r = mem_calloc(1, sizeof(*r));
    reference_init(r);
    for (size_t i = 0; i < MODEL_SIZE; i++) {
        reference_put(f, r, i);
        if (i % 50 == 49)
            put(f, &r->items[i - 49], 50);
    }
    for (int round = 0; round < 400; round++) {
        for (int k = 0; k < 3; k++)
            change_something(f, r);
        if (round % 150 == 149)
            drop_a_video(f, r);
        if (round % 40 == 20)
            assert_ok(vector_index_flush(f->index, &err), &err);
        ask_something(f, r);
    }
    size_t present = 0;
    for (size_t i = 0; i < MODEL_SIZE; i++)
        present += r->present[i];
    assert_int_equal(count_in(f, NULL), present);
    free(r);
}

// ---- tracks

static enum err_code put_track(struct fixture *f, const char *video, int64_t n, const float *vector)
{
    struct vector_track_item item = {.track = {.n = n}, .vector = vector};
    strcpy(item.track.video, video);
    return vector_index_put_tracks(f->index, PROJECT, MODEL, DIMENSION, &item, 1, &err);
}

// The first component of a track's vector; -1: it is not there.
static double track_component(struct fixture *f, const char *video, int64_t n)
{
    float vector[DIMENSION];
    size_t dimension = 0;
    struct vector_track track = {.n = n};
    strcpy(track.video, video);
    enum err_code code = vector_index_fetch_track(f->index, PROJECT, &track, vector, DIMENSION, &dimension, &err);
    if (code == ERR_NOT_FOUND) {
        assert_non_null(strstr(err.message, video));
        return -1;
    }
    assert_ok(code, &err);
    assert_int_equal(dimension, DIMENSION);
    return (double)vector[0];
}

static void a_track_has_a_vector_that_no_query_finds(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    put_one(f, VIDEO_A, 0, 0, vector);
    vector[0] = 5;
    assert_ok(put_track(f, VIDEO_A, 3, vector), &err);
    assert_ok(put_track(f, VIDEO_B, 3, vector), &err);
    assert_float_equal(track_component(f, VIDEO_A, 3), 1, 1e-3);
    assert_float_equal(track_component(f, VIDEO_A, 2), -1, 0);
    axis(vector, 1, 0);
    assert_ok(put_track(f, VIDEO_A, 3, vector), &err);
    assert_float_equal(track_component(f, VIDEO_A, 3), 0, 1e-3);
    assert_float_equal(track_component(f, VIDEO_B, 3), 1, 1e-3);
    struct vector_query query = query_for(vector, 10);
    char text[256];
    ask_text(f, &query, text, sizeof(text));
    assert_string_equal(text, VIDEO_A "-00000000-000");
    assert_int_equal(count_in(f, NULL), 1);
    assert_int_equal(count_in(f, VIDEO_B), 0);
}

static void tracks_go_with_their_video_or_when_they_are_not_kept(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    for (int64_t n = 0; n < 6; n++) {
        assert_ok(put_track(f, VIDEO_A, n, vector), &err);
        assert_ok(put_track(f, VIDEO_B, n, vector), &err);
    }
    const int64_t kept[] = {1, 4};
    assert_ok(vector_index_keep_tracks(f->index, PROJECT, VIDEO_A, kept, 2, &err), &err);
    for (int64_t n = 0; n < 6; n++) {
        assert_float_equal(track_component(f, VIDEO_A, n), n == 1 || n == 4 ? 1 : -1, 1e-3);
        assert_float_equal(track_component(f, VIDEO_B, n), 1, 1e-3);
    }
    assert_ok(vector_index_keep_tracks(f->index, PROJECT, VIDEO_A, NULL, 0, &err), &err);
    assert_float_equal(track_component(f, VIDEO_A, 4), -1, 0);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_B, &err), &err);
    assert_float_equal(track_component(f, VIDEO_B, 0), -1, 0);
    assert_ok(put_track(f, VIDEO_A, 0, vector), &err);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &err), &err);
    assert_float_equal(track_component(f, VIDEO_A, 0), -1, 0);
}

static void vectors_of_tracks_that_do_not_belong_are_refused(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    struct vector_track_item item = {.track = {.video = VIDEO_A, .n = 1}, .vector = vector};
    put_one(f, VIDEO_A, 0, 0, vector);
    assert_code(vector_index_put_tracks(f->index, PROJECT, "model-b", DIMENSION, &item, 1, &err), ERR_CONFLICT);
    assert_code(vector_index_put_tracks(f->index, PROJECT, MODEL, DIMENSION - 1, &item, 1, &err), ERR_INVALID);
    assert_code(put_track(f, VIDEO_A, -1, vector), ERR_INVALID);
    assert_code(put_track(f, "xyz", 1, vector), ERR_INVALID);
    vector[0] = NAN;
    assert_code(put_track(f, VIDEO_A, 1, vector), ERR_INVALID);
    const int64_t twice[] = {2, 2};
    assert_code(vector_index_keep_tracks(f->index, PROJECT, VIDEO_A, twice, 2, &err), ERR_INVALID);
    assert_float_equal(track_component(f, VIDEO_A, 1), -1, 0);
}

#define WRITERS 3
#define OBJECTS_EACH 300

struct worker {
    struct fixture *fixture;
    int number;
    pthread_t thread;
    const char *wrong; // what was wrong, if anything
};

static const char *write_and_find(struct worker *worker, int frame)
{
    struct fixture own = {.random = (uint64_t)(worker->number * 1000 + frame)};
    char video[VIDEO_ID_SIZE];
    float vector[DIMENSION];
    struct err e = ERR_INIT;
    snprintf(video, sizeof(video), "%016x", worker->number + 1);
    draw_vector(&own, vector);
    struct vector_item item = item_of(video, frame, 0, vector);
    if (vector_index_upsert(worker->fixture->index, PROJECT, MODEL, DIMENSION, &item, 1, &e) != ERR_NONE)
        return "upsert failed";
    struct vector_query query = query_for(vector, 1);
    struct vector_hit *hits = NULL;
    size_t count = 0;
    if (vector_index_query(worker->fixture->index, &query, &hits, &count, &e) != ERR_NONE)
        return "query failed";
    bool found = count == 1 && strcmp(hits[0].object, item.object) == 0;
    free(hits);
    return found ? NULL : "the object just stored was not found";
}

static void *run_writer(void *arg)
{
    struct worker *worker = arg;
    for (int frame = 0; frame < OBJECTS_EACH && worker->wrong == NULL; frame++)
        worker->wrong = write_and_find(worker, frame);
    return NULL;
}

static void *run_flusher(void *arg)
{
    struct worker *worker = arg;
    struct err e = ERR_INIT;
    for (int i = 0; i < 10; i++) {
        if (vector_index_flush(worker->fixture->index, &e) != ERR_NONE)
            worker->wrong = "flush failed";
    }
    return NULL;
}

static void threads_find_what_they_store_while_others_write_and_flush(void **state)
{
    struct fixture *f = *state;
    struct worker workers[WRITERS + 1] = {0};
    for (int i = 0; i <= WRITERS; i++) {
        workers[i] = (struct worker){.fixture = f, .number = i};
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, i < WRITERS ? run_writer : run_flusher, &workers[i]), 0);
    }
    for (int i = 0; i <= WRITERS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i <= WRITERS; i++) {
        if (workers[i].wrong != NULL)
            fail_msg("thread %d: %s", i, workers[i].wrong);
    }
    assert_int_equal(count_in(f, NULL), WRITERS * OBJECTS_EACH);
}

static void it_answers_a_ping_and_says_what_it_is(void **state)
{
    struct fixture *f = *state;
    struct vector_index_facts facts;
    assert_ok(vector_index_ping(f->index, &err), &err);
    assert_ok(vector_index_describe(f->index, &facts, &err), &err);
    assert_string_equal(facts.kind, backend);
    assert_int_equal(facts.where[0] == '\0', strcmp(backend, "flat") == 0);
}

#define contract(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "flat";
    if (is_on_a_server() && getenv(VECTORS_VARIABLE) == NULL) {
        printf("1..0 # SKIP " VECTORS_VARIABLE
               " names no server; tests/integration/test_vectors.py and test_weaviate.py start one\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        contract(an_object_is_found_by_the_query_after_its_upsert),
        contract(scores_are_cosines_whatever_the_lengths),
        contract(equal_scores_are_ordered_by_object),
        contract(an_upsert_replaces_vector_and_class),
        contract(an_upsert_without_label_or_track_keeps_those_there_are),
        contract(the_last_of_two_items_for_one_object_wins),
        contract(hits_below_the_least_score_are_left_out),
        contract(a_wrong_dimension_is_invalid_and_says_both),
        contract(vectors_of_another_model_are_a_conflict_that_says_both),
        contract(vectors_that_are_zero_or_not_finite_are_invalid_and_store_nothing),
        contract(ids_limits_and_filters_that_make_no_sense_are_invalid),
        contract(an_unknown_project_has_no_hits_and_nothing_to_remove),
        contract(a_stored_vector_can_be_fetched_with_length_one),
        contract(what_was_removed_is_found_no_more),
        contract(a_removed_object_can_come_back),
        contract(a_removed_project_can_be_filled_by_another_model),
        contract(listing_a_video_gives_its_objects_in_order_until_told_to_stop),
        contract(changed_attributes_show_in_hits_and_filters),
        contract(a_label_of_a_track_is_that_of_its_objects_without_their_own),
        contract(excluded_objects_make_room_for_the_next),
        contract(lists_of_any_length_are_whole),
        contract(texts_of_any_kind_are_told_apart),
        contract(a_track_has_a_vector_that_no_query_finds),
        contract(tracks_go_with_their_video_or_when_they_are_not_kept),
        contract(vectors_of_tracks_that_do_not_belong_are_refused),
        contract(random_changes_and_filters_agree_with_the_reference),
        contract(threads_find_what_they_store_while_others_write_and_flush),
        contract(it_answers_a_ping_and_says_what_it_is),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
