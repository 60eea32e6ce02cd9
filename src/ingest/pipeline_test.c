#include <string.h>

#include "base/mem.h"
#include "blob_store/blob_store.h"
#include "ingest/dead_letter.h"
#include "ingest/messages.h"
#include "ingest/test_pipeline.h"
#include "meta_store/meta_store.h"
#include "vector_index/vector_index.h"

#define SECONDS 8.0
#define FPS "1"
#define FRAMES 8

static void expect_same(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return;
    size_t at = 0;
    while (a[at] == b[at])
        at++;
    while (at > 0 && a[at - 1] != '\n')
        at--;
    fail_msg("the results differ:\n%.300s\ninstead of\n%.300s", b + at, a + at);
}

// Ingests the street scene and describes what came out; the description is to be freed.
static char *ingest_street(struct pipeline *pipeline, double chunk_s, char video[VIDEO_ID_SIZE])
{
    assert_int_equal(pipeline_submit(pipeline, pipeline_street(), chunk_s, SECONDS, FPS, video), SUBMIT_CREATED);
    assert_string_equal(video_state_name(pipeline_wait(pipeline, video)), "done");
    return pipeline_describe(pipeline, video);
}

static void a_file_becomes_searchable_objects(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct vector_stats vectors;
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    char *text = ingest_street(&p, 1, id);
    struct meta_video video = pipeline_video(&p, id);
    assert_true(video.split_done);
    assert_int_equal(video.segments_done, video.segments);
    assert_int_equal(video.frames_emitted, FRAMES);
    assert_int_equal(video.frames_indexed, FRAMES);
    assert_int_equal(video.frames_expected, FRAMES);
    assert_int_equal(video.errors_count, 0);
    assert_true(video.objects > FRAMES);
    assert_string_equal(video.detector, "ssdlite-mobilenet-v2");
    assert_true(video.media.width > 0 && video.media.height > 0);
    assert_ok(vector_index_stats(p.ingest.vectors, "demo", id, &vectors, &err), &err);
    assert_int_equal((int64_t)vectors.count, video.objects);
    assert_non_null(strstr(text, "person"));
    assert_true(video.tracks > 0);
    assert_false(tracking_is_due(&video));
    free(text);
    pipeline_close(&p);
}

static void ids_do_not_depend_on_the_chunk_length(void **state)
{
    (void)state;
    struct pipeline p;
    char a[VIDEO_ID_SIZE];
    char b[VIDEO_ID_SIZE];
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    char *short_chunks = ingest_street(&p, 1, a);
    char *long_chunks = ingest_street(&p, 60, b);
    assert_string_not_equal(a, b);
    expect_same(short_chunks, long_chunks);
    free(short_chunks);
    free(long_chunks);
    pipeline_close(&p);
}

static void submitting_twice_does_nothing_twice(void **state)
{
    (void)state;
    struct pipeline p;
    char a[VIDEO_ID_SIZE];
    char b[VIDEO_ID_SIZE];
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    char *before = ingest_street(&p, 1, a);
    assert_int_equal(pipeline_submit(&p, pipeline_street(), 1, SECONDS, FPS, b), SUBMIT_DONE);
    assert_string_equal(a, b);
    pipeline_wait_queues(&p);
    char *after = pipeline_describe(&p, a);
    expect_same(before, after);
    free(before);
    free(after);
    pipeline_close(&p);
}

// Publishes again whatever is on the topic now, so that every message comes at least twice.
static void publish_twice(struct pipeline *p, const char *topic)
{
    struct queue_message *messages[QUEUE_RECEIVE_MAX] = {0};
    size_t count = 0;
    struct err err = ERR_INIT;
    assert_ok(queue_receive(p->ingest.queue, topic, "test", QUEUE_RECEIVE_MAX, 0, NULL, messages, &count, &err), &err);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        struct queue_item item = {
            .key = messages[i]->key, .body = messages[i]->body, .body_size = messages[i]->body_size};
        assert_ok(queue_publish(p->ingest.queue, topic, &item, 1, &err), &err);
        assert_ok(queue_release(p->ingest.queue, messages[i], &err), &err);
        queue_message_free(messages[i]);
    }
}

static void run_until_empty(struct pipeline *p, int parts)
{
    pipeline_start(p, parts);
    pipeline_wait_queues(p);
    pipeline_stop(p);
}

// Waits for one topic only: the next part's messages stay.
static void run_topic(struct pipeline *p, int part, const char *topic)
{
    struct queue_stats stats = {.ready = 1};
    struct err err = ERR_INIT;
    pipeline_start(p, part);
    while (stats.ready + stats.leased > 0) {
        assert_ok(queue_stats(p->ingest.queue, topic, &stats, &err), &err);
        cancel_wait(NULL, 5);
    }
    pipeline_stop(p);
}

// What the vector index knows of tracks is what filters go by.
static void vectors_know_the_tracks_of_their_objects(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    char object[OBJECT_ID_SIZE];
    float vector[VECTOR_DIMENSION_MAX];
    size_t dimension;
    struct meta_track *tracks;
    size_t count;
    struct vector_hit *hits;
    size_t hit_count;
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    free(ingest_street(&p, 1, id));
    assert_ok(meta_store_list_tracks(p.ingest.meta, id, -1, META_LIST_MAX, &tracks, &count, &err), &err);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        object_id_make(id, tracks[i].best_frame, tracks[i].best_k, object);
        assert_ok(
            vector_index_fetch(p.ingest.vectors, "demo", object, vector, VECTOR_DIMENSION_MAX, &dimension, &err), &err);
        const struct vector_query query = {.project = "demo",
            .vector = vector,
            .dimension = dimension,
            .limit = 1000,
            .min_score = -1,
            .exact = true,
            .filter = {.video = id, .has_track = true, .track = tracks[i].n}};
        assert_ok(vector_index_query(p.ingest.vectors, &query, &hits, &hit_count, &err), &err);
        assert_int_equal((int64_t)hit_count, tracks[i].objects);
        assert_string_equal(hits[0].object, object);
        free(hits);
    }
    free(tracks);
    pipeline_close(&p);
}

static void a_tracker_that_comes_late_or_never_changes_nothing_else(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_SPLITTER | RUN_DOWNLOADER | RUN_INDEXER);
    free(ingest_street(&p, 1, id));
    struct meta_video video = pipeline_video(&p, id);
    assert_int_equal(video.tracks, 0);
    assert_true(tracking_is_due(&video));
    pipeline_stop(&p);
    // As at the start of a server whose queue was lost.
    assert_ok(queue_purge(p.ingest.queue, id, &err), &err);
    assert_ok(lifecycle_recover(&p.ingest, NULL, NULL, &err), &err);
    run_until_empty(&p, RUN_TRACKER);
    video = pipeline_video(&p, id);
    assert_true(video.tracks > 0);
    assert_false(tracking_is_due(&video));
    pipeline_close(&p);
}

static void messages_that_come_twice_change_nothing(void **state)
{
    (void)state;
    struct pipeline once;
    struct pipeline twice;
    char a[VIDEO_ID_SIZE];
    char b[VIDEO_ID_SIZE];
    (void)pipeline_street();
    pipeline_open(&once);
    pipeline_start(&once, RUN_ALL);
    char *expected = ingest_street(&once, 1, a);
    struct meta_video undisturbed = pipeline_video(&once, a);
    pipeline_close(&once);

    pipeline_open(&twice);
    assert_int_equal(pipeline_submit(&twice, pipeline_street(), 1, SECONDS, FPS, b), SUBMIT_CREATED);
    assert_string_equal(a, b);
    publish_twice(&twice, TOPIC_SOURCES);
    run_topic(&twice, RUN_SPLITTER, TOPIC_SOURCES);
    publish_twice(&twice, TOPIC_SEGMENTS);
    run_topic(&twice, RUN_DOWNLOADER, TOPIC_SEGMENTS);
    publish_twice(&twice, TOPIC_FRAMES);
    run_topic(&twice, RUN_INDEXER, TOPIC_FRAMES);
    publish_twice(&twice, TOPIC_DETECTIONS);
    run_until_empty(&twice, RUN_TRACKER);
    char *found = pipeline_describe(&twice, b);
    expect_same(expected, found);
    struct meta_video video = pipeline_video(&twice, b);
    assert_string_equal(video_state_name(video.state), "done");
    assert_int_equal(video.objects, undisturbed.objects);
    assert_int_equal(video.frames_emitted, undisturbed.frames_emitted);
    assert_int_equal(video.frames_indexed, undisturbed.frames_indexed);
    assert_int_equal(video.segments_done, undisturbed.segments_done);
    free(expected);
    free(found);
    pipeline_close(&twice);
}

static void segments_and_frames_go_when_they_are_not_to_be_kept(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    char key[BLOB_KEY_SIZE];
    struct blob_info info;
    (void)pipeline_street();
    pipeline_open(&p);
    p.ingest.retention = (struct retention){.keep_segments = false, .keep_frames = false};
    pipeline_start(&p, RUN_ALL);
    free(ingest_street(&p, 1, id));
    pipeline_stop(&p);
    blob_key_segment("demo", id, 0, key);
    assert_code(blob_store_stat(p.ingest.blobs, key, &info, NULL), ERR_NOT_FOUND);
    blob_key_frame("demo", id, 0, key);
    assert_code(blob_store_stat(p.ingest.blobs, key, &info, NULL), ERR_NOT_FOUND);
    blob_key_source("demo", id, key);
    assert_code(blob_store_stat(p.ingest.blobs, key, &info, NULL), ERR_NONE);
    pipeline_close(&p);
}

static void indexing_again_gives_the_same_objects(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    char *before = ingest_street(&p, 1, id);
    assert_ok(lifecycle_reindex_project(&p.ingest, "demo", NULL, &err), &err);
    pipeline_wait_queues(&p);
    char *after = pipeline_describe(&p, id);
    expect_same(before, after);
    free(before);
    free(after);
    pipeline_close(&p);
}

// With fewer objects than before, nothing of the surplus stays.
static void objects_that_are_gone_leave_nothing_behind(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct vector_stats vectors;
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    free(ingest_street(&p, 1, id));
    pipeline_stop(&p);
    p.indexer_settings.max_objects = 1;

    pipeline_start(&p, RUN_INDEXER);
    assert_ok(lifecycle_reindex_project(&p.ingest, "demo", NULL, &err), &err);
    pipeline_wait_queues(&p);
    struct meta_video video = pipeline_video(&p, id);
    assert_true(video.objects > 0 && video.objects <= FRAMES);
    assert_ok(vector_index_stats(p.ingest.vectors, "demo", id, &vectors, &err), &err);
    assert_int_equal((int64_t)vectors.count, video.objects);
    char *text = pipeline_describe(&p, id);
    assert_null(strstr(text, "-001.jpg"));
    free(text);
    pipeline_close(&p);
}

// A file in a folder beneath the temporary one.
static void plant(const struct pipeline *p, const char *folder, char path[FILE_PATH_MAX + 64])
{
    struct err err = ERR_INIT;
    snprintf(path, FILE_PATH_MAX + 64, "%s/%s/left", p->dir, folder);
    assert_ok(dir_make_parent(path, &err), &err);
    assert_ok(file_write(path, "x", 1, FILE_SYNC_NONE, &err), &err);
}

static void what_killed_splitters_left_goes_when_one_starts(void **state)
{
    (void)state;
    struct pipeline p;
    char cut[FILE_PATH_MAX + 64];
    char copy[FILE_PATH_MAX + 64];
    pipeline_open(&p);
    plant(&p, "cut-abcdef", cut);
    plant(&p, "copy-abcdef", copy);
    pipeline_start(&p, RUN_SPLITTER);
    assert_false(file_exists(cut));
    assert_false(file_exists(copy));
    pipeline_stop(&p);
    pipeline_close(&p);
}

static void what_was_loaded_of_a_source_goes_when_it_is_given_up(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    char id[VIDEO_ID_SIZE];
    char folder[64];
    char part[FILE_PATH_MAX + 64];
    char key[BLOB_KEY_SIZE];
    pipeline_open(&p);
    pipeline_submit(&p, pipeline_street(), 1, 1, "1", id);
    snprintf(folder, sizeof(folder), "fetch-%s", id);
    plant(&p, folder, part);
    assert_ok(dead_letter_settle(
                  &p.ingest, TOPIC_SOURCES, id, "", 0, "the connection broke too often", ERR_UNAVAILABLE, &err),
        &err);
    assert_int_equal(pipeline_video(&p, id).state, VIDEO_FAILED);
    assert_int_equal(pipeline_video(&p, id).errors_count, 1);
    assert_int_equal(pipeline_video(&p, id).errors_final, 0);
    // A file may be put back where it was, and what fetches it can be mended; what it is does not change.
    assert_ok(dead_letter_settle(&p.ingest, TOPIC_SOURCES, id, "", 0, "it is gone", ERR_NOT_FOUND, &err), &err);
    assert_int_equal(pipeline_video(&p, id).errors_final, 0);
    assert_ok(dead_letter_settle(&p.ingest, TOPIC_SOURCES, id, "", 0, "no yt-dlp", ERR_INVALID, &err), &err);
    assert_ok(dead_letter_settle(&p.ingest, TOPIC_SOURCES, id, "", 0, "too large", ERR_LIMIT, &err), &err);
    assert_int_equal(pipeline_video(&p, id).errors_final, 0);
    blob_key_source("demo", id, key);
    assert_ok(blob_store_put(p.ingest.blobs, key, "x", 1, &err), &err);
    assert_ok(dead_letter_settle(&p.ingest, TOPIC_SOURCES, id, "", 0, "it is no video", ERR_INVALID, &err), &err);
    assert_int_equal(pipeline_video(&p, id).errors_final, 1);
    assert_false(file_exists(part));
    pipeline_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_searchable_objects),
        cmocka_unit_test(vectors_know_the_tracks_of_their_objects),
        cmocka_unit_test(a_tracker_that_comes_late_or_never_changes_nothing_else),
        cmocka_unit_test(ids_do_not_depend_on_the_chunk_length),
        cmocka_unit_test(submitting_twice_does_nothing_twice),
        cmocka_unit_test(messages_that_come_twice_change_nothing),
        cmocka_unit_test(segments_and_frames_go_when_they_are_not_to_be_kept),
        cmocka_unit_test(indexing_again_gives_the_same_objects),
        cmocka_unit_test(what_killed_splitters_left_goes_when_one_starts),
        cmocka_unit_test(what_was_loaded_of_a_source_goes_when_it_is_given_up),
        cmocka_unit_test(objects_that_are_gone_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, pipeline_models_close);
}
