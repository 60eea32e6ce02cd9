// What every vector index does with the vectors of tracks, for several threads at once, and when it is asked who it is.
#include "vector_index_contract.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

// ---- tracks

static enum err_code put_track(struct fixture *f, const char *video, int64_t n, const float *vector)
{
    struct vector_track_item item = {.track = {.n = n}, .vector = vector};
    strcpy(item.track.video, video);
    return vector_index_put_tracks(f->index, PROJECT, MODEL, DIMENSION, &item, 1, &failure);
}

// The first component of a track's vector; -1: it is not there.
static double track_component(struct fixture *f, const char *video, int64_t n)
{
    float vector[DIMENSION];
    size_t dimension = 0;
    struct vector_track track = {.n = n};
    strcpy(track.video, video);
    enum err_code code = vector_index_fetch_track(f->index, PROJECT, &track, vector, DIMENSION, &dimension, &failure);
    if (code == ERR_NOT_FOUND) {
        assert_non_null(strstr(failure.message, video));
        return -1;
    }
    assert_ok(code, &failure);
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
    assert_ok(put_track(f, VIDEO_A, 3, vector), &failure);
    assert_ok(put_track(f, VIDEO_B, 3, vector), &failure);
    assert_float_equal(track_component(f, VIDEO_A, 3), 1, 1e-3);
    assert_float_equal(track_component(f, VIDEO_A, 2), -1, 0);
    axis(vector, 1, 0);
    assert_ok(put_track(f, VIDEO_A, 3, vector), &failure);
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
        assert_ok(put_track(f, VIDEO_A, n, vector), &failure);
        assert_ok(put_track(f, VIDEO_B, n, vector), &failure);
    }
    const int64_t kept[] = {1, 4};
    assert_ok(vector_index_keep_tracks(f->index, PROJECT, VIDEO_A, kept, 2, &failure), &failure);
    for (int64_t n = 0; n < 6; n++) {
        assert_float_equal(track_component(f, VIDEO_A, n), n == 1 || n == 4 ? 1 : -1, 1e-3);
        assert_float_equal(track_component(f, VIDEO_B, n), 1, 1e-3);
    }
    assert_ok(vector_index_keep_tracks(f->index, PROJECT, VIDEO_A, NULL, 0, &failure), &failure);
    assert_float_equal(track_component(f, VIDEO_A, 4), -1, 0);
    assert_ok(vector_index_remove_video(f->index, PROJECT, VIDEO_B, &failure), &failure);
    assert_float_equal(track_component(f, VIDEO_B, 0), -1, 0);
    assert_ok(put_track(f, VIDEO_A, 0, vector), &failure);
    assert_ok(vector_index_remove_project(f->index, PROJECT, &failure), &failure);
    assert_float_equal(track_component(f, VIDEO_A, 0), -1, 0);
}

static void vectors_of_tracks_that_do_not_belong_are_refused(void **state)
{
    struct fixture *f = *state;
    float vector[DIMENSION];
    axis(vector, 0, 0);
    struct vector_track_item item = {.track = {.video = VIDEO_A, .n = 1}, .vector = vector};
    put_one(f, VIDEO_A, 0, 0, vector);
    assert_code(vector_index_put_tracks(f->index, PROJECT, "model-b", DIMENSION, &item, 1, &failure), ERR_CONFLICT);
    assert_code(vector_index_put_tracks(f->index, PROJECT, MODEL, DIMENSION - 1, &item, 1, &failure), ERR_INVALID);
    assert_code(put_track(f, VIDEO_A, -1, vector), ERR_INVALID);
    assert_code(put_track(f, "xyz", 1, vector), ERR_INVALID);
    vector[0] = NAN;
    assert_code(put_track(f, VIDEO_A, 1, vector), ERR_INVALID);
    const int64_t twice[] = {2, 2};
    assert_code(vector_index_keep_tracks(f->index, PROJECT, VIDEO_A, twice, 2, &failure), ERR_INVALID);
    assert_float_equal(track_component(f, VIDEO_A, 1), -1, 0);
}

// ---- threads

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
    assert_ok(vector_index_ping(f->index, &failure), &failure);
    assert_ok(vector_index_describe(f->index, &facts, &failure), &failure);
    assert_string_equal(facts.kind, backend);
    assert_int_equal(facts.where[0] == '\0', strcmp(backend, "flat") == 0);
}

static const struct CMUnitTest tests[] = {
    contract(a_track_has_a_vector_that_no_query_finds),
    contract(tracks_go_with_their_video_or_when_they_are_not_kept),
    contract(vectors_of_tracks_that_do_not_belong_are_refused),
    contract(threads_find_what_they_store_while_others_write_and_flush),
    contract(it_answers_a_ping_and_says_what_it_is),
};
CONTRACT_PART(track_part, tests);
