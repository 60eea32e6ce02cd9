#include <string.h>

#include "blob_store/blob_store.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "ingest/source.h"
#include "ingest/test_pipeline.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"
#include "vector_index/vector_index.h"

#define SECONDS 6.0
#define FPS "1"
#define FRAMES 6

static enum submit_outcome submit_street(struct pipeline *p, char video[VIDEO_ID_SIZE])
{
    return pipeline_submit(p, pipeline_street(), 1, SECONDS, FPS, video);
}

static const char *state_of(struct pipeline *p, const char *video)
{
    return video_state_name(pipeline_video(p, video).state);
}

// What an undisturbed run gives; to be freed.
static char *undisturbed(void)
{
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    submit_street(&p, id);
    assert_string_equal(video_state_name(pipeline_wait(&p, id)), "done");
    char *text = pipeline_describe(&p, id);
    pipeline_close(&p);
    return text;
}

// Runs one part until its topic is empty.
static void run_part(struct pipeline *p, int part, const char *topic)
{
    pipeline_start(p, part);
    while (pipeline_waiting(p, topic) > 0)
        cancel_wait(NULL, 5);
    pipeline_stop(p);
}

static void finish_and_compare(struct pipeline *p, const char *id, char *expected)
{
    pipeline_stop(p);
    pipeline_start(p, RUN_ALL);
    assert_string_equal(video_state_name(pipeline_wait(p, id)), "done");
    char *found = pipeline_describe(p, id);
    assert_string_equal(found, expected);
    free(found);
    free(expected);
    pipeline_close(p);
}

static void a_cancelled_video_is_left_alone_and_resumed_where_it_was(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    (void)pipeline_street();
    char *expected = undisturbed();
    pipeline_open(&p);
    submit_street(&p, id);
    run_part(&p, RUN_SPLITTER, TOPIC_SOURCES);
    assert_true(pipeline_waiting(&p, TOPIC_SEGMENTS) > 0);
    assert_ok(lifecycle_cancel(&p.ingest, id, &err), &err);
    assert_string_equal(state_of(&p, id), "cancelled");
    assert_int_equal(pipeline_waiting(&p, TOPIC_SEGMENTS), 0);
    assert_code(lifecycle_cancel(&p.ingest, id, &err), ERR_CONFLICT);
    assert_int_equal(submit_street(&p, id), SUBMIT_RESUMED);
    assert_int_equal(pipeline_waiting(&p, TOPIC_SOURCES), 0);
    assert_true(pipeline_waiting(&p, TOPIC_SEGMENTS) > 0);
    finish_and_compare(&p, id, expected);
}

static void a_video_is_resumed_before_between_and_after_its_parts(void **state)
{
    (void)state;
    (void)pipeline_street();
    char *expected = undisturbed();
    for (int stage = 0; stage < 3; stage++) {
        struct pipeline p;
        char id[VIDEO_ID_SIZE];
        struct err err = ERR_INIT;
        pipeline_open(&p);
        submit_street(&p, id);
        if (stage >= 1)
            run_part(&p, RUN_SPLITTER, TOPIC_SOURCES);
        if (stage >= 2)
            run_part(&p, RUN_DOWNLOADER, TOPIC_SEGMENTS);
        // All messages are lost.
        assert_ok(queue_purge(p.ingest.queue, id, &err), &err);
        struct recover_report report;
        assert_ok(lifecycle_recover(&p.ingest, NULL, &report, &err), &err);
        assert_int_equal(report.videos_resumed, stage == 0 ? 0 : 1);
        finish_and_compare(&p, id, strdup(expected));
    }
    free(expected);
}

// Whatever is started or asked for again, a video that waits keeps its place, and one that lost its message gets one.
static void a_start_keeps_the_order_of_what_waits(void **state)
{
    (void)state;
    static const char *const rates[] = {"1", "2", "3"};
    struct pipeline p;
    char ids[3][VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    pipeline_open(&p);
    for (int i = 0; i < 3; i++)
        pipeline_submit(&p, pipeline_street(), 10, 0, rates[i], ids[i]);
    for (int lost = 0; lost < 2; lost++) {
        struct queue_message *messages[3];
        size_t count;
        for (int i = 0; i < 3 && lost; i++)
            assert_ok(queue_purge(p.ingest.queue, ids[i], &err), &err);
        for (int starts = 0; starts < 2; starts++)
            assert_ok(lifecycle_recover(&p.ingest, NULL, NULL, &err), &err);
        assert_int_equal(pipeline_submit(&p, pipeline_street(), 10, 0, rates[0], ids[0]), SUBMIT_RUNNING);
        assert_int_equal(pipeline_waiting(&p, TOPIC_SOURCES), 3);
        assert_ok(queue_receive(p.ingest.queue, TOPIC_SOURCES, "test", 3, 0, NULL, messages, &count, &err), &err);
        assert_int_equal(count, 3);
        for (int i = 0; i < 3; i++) {
            assert_string_equal(messages[i]->key, ids[i]);
            assert_ok(queue_release(p.ingest.queue, messages[i], &err), &err);
            queue_message_free(messages[i]);
        }
    }
    pipeline_close(&p);
}

// ---- a row that is damaged

static struct {
    struct pipeline_ops own, ops;
    char wrong[VIDEO_ID_SIZE], unqueued[VIDEO_ID_SIZE];
} damage;

static enum err_code get_damaged(struct meta_store *store, const char *id, struct meta_video *video, struct err *err)
{
    return strcmp(id, damage.wrong) == 0 ? err_set(err, ERR_CORRUPT, "damaged by the test")
                                         : damage.own.meta.get_video(store, id, video, err);
}

static enum err_code find_damaged(struct meta_store *store, meta_wrong_visit *visit, void *context, struct err *err)
{
    (void)store, (void)err;
    visit(context, "a project that is damaged");
    return ERR_NONE;
}

static enum err_code has_damaged(struct queue *queue, const char *topic, const char *video, bool *has, struct err *err)
{
    return strcmp(video, damage.unqueued) == 0 ? err_set(err, ERR_CORRUPT, "damaged by the test")
                                               : damage.own.queue.has(queue, topic, video, has, err);
}

static void what_is_damaged_keeps_no_start_from_the_others(void **state)
{
    (void)state;
    static const char *const rates[] = {"1", "2", "3"};
    struct pipeline p;
    char ids[3][VIDEO_ID_SIZE];
    struct recover_report report;
    struct err err = ERR_INIT;
    pipeline_open(&p);
    for (int i = 0; i < 3; i++) {
        pipeline_submit(&p, pipeline_street(), 10, 0, rates[i], ids[i]);
        assert_ok(queue_purge(p.ingest.queue, ids[i], &err), &err);
    }
    pipeline_intercept(&p, &damage.own, &damage.ops);
    memcpy(damage.unqueued, ids[0], sizeof(damage.unqueued));
    memcpy(damage.wrong, ids[1], sizeof(damage.wrong));
    damage.ops.meta.get_video = get_damaged;
    damage.ops.meta.find_wrong = find_damaged;
    damage.ops.queue.has = has_damaged;
    assert_ok(lifecycle_recover(&p.ingest, NULL, &report, &err), &err);
    assert_int_equal(report.left_out, 2);
    assert_int_equal(pipeline_waiting(&p, TOPIC_SOURCES), 1);
    pipeline_close(&p);
}

static void a_source_that_is_no_video_fails_with_a_sentence(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    char path[FILE_PATH_MAX + 16];
    char **sentences = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    pipeline_open(&p);
    snprintf(path, sizeof(path), "%s/text.mp4", p.dir);
    assert_ok(file_write(path, "this is no video\n", 17, FILE_SYNC_NONE, &err), &err);
    pipeline_submit(&p, path, 10, 0, "5", id);
    pipeline_start(&p, RUN_SPLITTER);
    assert_string_equal(video_state_name(pipeline_wait(&p, id)), "failed");
    assert_ok(meta_store_video_errors(p.ingest.meta, id, &sentences, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_int_equal(pipeline_video(&p, id).errors_final, 1);
    meta_strings_free(sentences, count);
    // Asked for again, it is tried again.
    assert_int_equal(pipeline_submit(&p, path, 10, 0, "5", id), SUBMIT_RESUMED);
    assert_string_equal(video_state_name(pipeline_wait(&p, id)), "failed");
    assert_ok(meta_store_video_errors(p.ingest.meta, id, &sentences, &count, &err), &err);
    assert_int_equal(count, 1);
    meta_strings_free(sentences, count);
    pipeline_close(&p);
}

// A frame whose picture is damaged becomes a dead letter, and counts; mended and retried, the video is whole.
static void a_frame_that_cannot_be_indexed_does_not_stop_the_others(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    char key[BLOB_KEY_SIZE];
    void *good = NULL;
    size_t size = 0;
    struct queue_dead_letter *letters = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    (void)pipeline_street();
    char *expected = undisturbed();
    pipeline_open(&p);
    submit_street(&p, id);
    run_part(&p, RUN_SPLITTER, TOPIC_SOURCES);
    run_part(&p, RUN_DOWNLOADER, TOPIC_SEGMENTS);
    blob_key_frame("demo", id, 2, key);
    assert_ok(blob_store_get(p.ingest.blobs, key, 1 << 24, &good, &size, &err), &err);
    assert_ok(blob_store_put(p.ingest.blobs, key, "no picture", 10, &err), &err);
    pipeline_start(&p, RUN_ALL);
    assert_string_equal(video_state_name(pipeline_wait(&p, id)), "incomplete");
    struct meta_video video = pipeline_video(&p, id);
    assert_int_equal(video.frames_indexed, FRAMES - 1);
    assert_int_equal(video.frames_failed, 1);
    assert_int_equal(video.errors_count, 1);
    assert_ok(queue_dead_letters(p.ingest.queue, id, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 1);

    assert_ok(blob_store_put(p.ingest.blobs, key, good, size, &err), &err);
    assert_ok(lifecycle_retry_dead_letter(&p.ingest, letters[0].id, &err), &err);
    assert_code(lifecycle_retry_dead_letter(&p.ingest, letters[0].id, &err), ERR_NOT_FOUND);
    queue_dead_letters_free(letters, count);
    pipeline_wait_queues(&p);
    free(good);
    finish_and_compare(&p, id, expected);
}

static void malformed_messages_are_buried_and_stop_nothing(void **state)
{
    (void)state;
    static const char *const topics[] = {TOPIC_SOURCES, TOPIC_SEGMENTS, TOPIC_FRAMES};
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct queue_dead_letter *letters = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    submit_street(&p, id);
    for (size_t i = 0; i < 3; i++) {
        struct queue_item of_video = {.key = id, .body = "{\"v\":1}", .body_size = 7};
        struct queue_item of_nobody = {.key = "nobody", .body = "", .body_size = 0};
        assert_ok(queue_publish(p.ingest.queue, topics[i], &of_video, 1, &err), &err);
        assert_ok(queue_publish(p.ingest.queue, topics[i], &of_nobody, 1, &err), &err);
    }
    pipeline_start(&p, RUN_ALL);
    enum video_state end = pipeline_wait(&p, id);
    assert_true(end == VIDEO_DONE || end == VIDEO_FAILED || end == VIDEO_INCOMPLETE);
    assert_ok(queue_dead_letters(p.ingest.queue, NULL, 0, 100, &letters, &count, &err), &err);
    assert_int_equal(count, 6);
    queue_dead_letters_free(letters, count);
    pipeline_close(&p);
}

static enum submit_outcome upload_street(
    struct pipeline *p, const struct submit_request *request, struct meta_video *video)
{
    struct err err = ERR_INIT;
    enum submit_outcome outcome;
    char path[FILE_PATH_MAX + 16];
    snprintf(path, sizeof(path), "%s/upload", p->dir);
    assert_ok(file_copy(pipeline_street(), path, FILE_SYNC_NONE, NULL, &err), &err);
    assert_ok(
        lifecycle_submit_upload(&p->ingest, request, path, NULL, "street.mp4", NULL, video, &outcome, &err), &err);
    assert_false(file_exists(path));
    return outcome;
}

static struct pipeline_ops well, ill;

static enum err_code refuse_file(struct blob_store *s, const char *key, const char *path, bool move, struct err *err)
{
    (void)s, (void)key, (void)path, (void)move;
    return err_set(err, ERR_FULL, "there is no room, says the test");
}

static enum err_code do_not_answer(struct blob_store *s, const char *key, struct blob_info *info, struct err *err)
{
    (void)s, (void)key, (void)info;
    return err_set(err, ERR_TIMEOUT, "the bucket does not answer, says the test");
}

static enum err_code do_not_flush(struct blob_store *s, struct err *err)
{
    (void)s;
    return err_set(err, ERR_UNAVAILABLE, "the bucket went away, says the test");
}

static enum err_code do_not_publish(
    struct queue *s, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    (void)s, (void)topic, (void)log, (void)items, (void)count;
    return err_set(err, ERR_UNAVAILABLE, "the queue is away, says the test");
}

// Only its client can send it again, and is told to.
static void expect_not_taken(struct pipeline *p, enum err_code code)
{
    struct err err = ERR_INIT;
    struct submit_request request;
    struct meta_video video;
    enum submit_outcome outcome;
    char path[FILE_PATH_MAX + 16];
    submit_request_init(&request);
    request.project = "demo";
    request.remote = true;
    assert_ok(submit_request_set_limit(&request, 1, &err), &err);
    snprintf(path, sizeof(path), "%s/upload", p->dir);
    assert_ok(file_copy(pipeline_street(), path, FILE_SYNC_NONE, NULL, &err), &err);
    assert_code(
        lifecycle_submit_upload(&p->ingest, &request, path, NULL, "street.mp4", NULL, &video, &outcome, &err), code);
    assert_non_null(strstr(err.message, "says the test"));
    assert_string_equal(state_of(p, video.id), "failed");
    assert_int_equal(pipeline_video(p, video.id).errors_count, 1);
    ill = well;
    assert_int_equal(upload_street(p, &request, &video), SUBMIT_RESUMED);
    pipeline_start(p, RUN_ALL);
    assert_string_equal(video_state_name(pipeline_wait(p, video.id)), "done");
    assert_int_equal(pipeline_video(p, video.id).errors_count, 0);
    pipeline_stop(p);
}

static void an_upload_that_is_not_taken_does_not_wait_for_its_turn_and_may_be_sent_again(void **state)
{
    (void)state;
    const enum err_code codes[] = {ERR_FULL, ERR_TIMEOUT, ERR_UNAVAILABLE, ERR_UNAVAILABLE};
    (void)pipeline_street();
    for (int fault = 0; fault < 4; fault++) {
        struct pipeline p;
        pipeline_open(&p);
        pipeline_intercept(&p, &well, &ill);
        if (fault == 0)
            ill.blobs.put_file = refuse_file;
        else if (fault == 1)
            ill.blobs.stat = do_not_answer;
        else if (fault == 2)
            ill.blobs.flush = do_not_flush;
        else
            ill.queue.publish = do_not_publish;
        expect_not_taken(&p, codes[fault]);
        pipeline_close(&p);
    }
}

static void an_upload_is_ingested_by_its_content(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    struct submit_request request;
    struct meta_video video;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    submit_request_init(&request);
    request.project = "demo";
    request.remote = true;
    assert_ok(submit_request_set_limit(&request, 2, &err), &err);
    assert_ok(submit_request_set_fps_number(&request, 1, &err), &err);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(upload_street(&p, &request, &video), i == 0 ? SUBMIT_CREATED : SUBMIT_DONE);
        assert_string_equal(video.name, "street.mp4");
        assert_string_equal(video_state_name(pipeline_wait(&p, video.id)), "done");
    }
    pipeline_close(&p);
}

static struct {
    struct pipeline_ops own, ops;
    struct pipeline *pipeline;
    struct submit_request request;
} again;

// Somebody sends the same upload in the moment when the row is gone and the rest is not yet.
static enum err_code remove_and_send_again(struct meta_store *store, const char *id, struct err *err)
{
    struct meta_video video;
    enum err_code code = again.own.meta.remove_video(store, id, err);
    assert_int_equal(upload_street(again.pipeline, &again.request, &video), SUBMIT_CREATED);
    assert_string_equal(video.id, id);
    return code;
}

static void an_upload_that_is_sent_again_while_it_is_removed_stays(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    struct meta_video video;
    struct blob_info info;
    char source[BLOB_KEY_SIZE], frame[BLOB_KEY_SIZE];
    (void)pipeline_street();
    pipeline_open(&p);
    submit_request_init(&again.request);
    again.request.project = "demo";
    again.request.remote = true;
    again.pipeline = &p;
    assert_ok(submit_request_set_limit(&again.request, 1, &err), &err);
    assert_int_equal(upload_street(&p, &again.request, &video), SUBMIT_CREATED);
    blob_key_source("demo", video.id, source);
    blob_key_frame("demo", video.id, 0, frame);
    pipeline_intercept(&p, &again.own, &again.ops);
    again.ops.meta.remove_video = remove_and_send_again;
    assert_ok(lifecycle_delete_video(&p.ingest, video.id, NULL, &err), &err);
    assert_ok(blob_store_stat(p.ingest.blobs, source, &info, &err), &err);
    // So it does for the worker that only now notices that what it worked on was removed.
    assert_ok(blob_store_put(p.ingest.blobs, frame, "x", 1, &err), &err);
    settle_remove_leftovers(&p.ingest, &video);
    assert_code(blob_store_stat(p.ingest.blobs, frame, &info, &err), ERR_NOT_FOUND);
    pipeline_start(&p, RUN_ALL);
    assert_string_equal(video_state_name(pipeline_wait(&p, video.id)), "done");
    pipeline_close(&p);
}

// As after a power failure that took the file's bytes and left its name.
static void an_upload_that_is_not_whole_is_stored_again(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    struct submit_request request;
    struct meta_video video;
    char key[BLOB_KEY_SIZE];
    (void)pipeline_street();
    pipeline_open(&p);
    submit_request_init(&request);
    request.project = "demo";
    request.remote = true;
    assert_ok(submit_request_set_limit(&request, 1, &err), &err);
    assert_int_equal(upload_street(&p, &request, &video), SUBMIT_CREATED);
    blob_key_source(video.project, video.id, key);
    assert_ok(blob_store_put(p.ingest.blobs, key, "", 0, &err), &err);
    assert_int_equal(upload_street(&p, &request, &video), SUBMIT_RUNNING);
    pipeline_start(&p, RUN_ALL);
    assert_string_equal(video_state_name(pipeline_wait(&p, video.id)), "done");
    pipeline_close(&p);
}

static void expect_refused(double chunk, double limit, const char *fps)
{
    struct submit_request request;
    struct err err = ERR_INIT;
    submit_request_init(&request);
    if (chunk != 0)
        assert_code(submit_request_set_chunk(&request, chunk, &err), ERR_INVALID);
    if (limit != 0)
        assert_code(submit_request_set_limit(&request, limit, &err), ERR_INVALID);
    if (fps != NULL)
        assert_code(submit_request_set_fps(&request, fps, &err), ERR_INVALID);
    assert_true(err.message[0] != '\0');
}

static void numbers_out_of_range_are_refused(void **state)
{
    (void)state;
    struct submit_request request;
    struct err err = ERR_INIT;
    char text[SAMPLING_TEXT_SIZE];
    double nan = strtod("nan", NULL);
    double inf = strtod("inf", NULL);
    expect_refused(0.5, -1, "0");
    expect_refused(3601, 1e9, "-1");
    expect_refused(-5, inf, "1e9");
    expect_refused(nan, nan, "fast");
    expect_refused(inf, -inf, "");
    submit_request_init(&request);
    assert_code(submit_request_set_chunk(&request, 0, &err), ERR_INVALID);
    assert_code(submit_request_set_limit(&request, 0, &err), ERR_INVALID);
    assert_code(submit_request_set_fps_number(&request, 0, &err), ERR_INVALID);
    assert_code(submit_request_set_fps_number(&request, nan, &err), ERR_INVALID);
    assert_ok(submit_request_set_fps_number(&request, 29.97, &err), &err);
    sampling_format(&request.sampling, text);
    assert_string_equal(text, "2997/100");
    assert_ok(submit_request_set_fps_number(&request, 0.5, &err), &err);
    sampling_format(&request.sampling, text);
    assert_string_equal(text, "1/2");
    assert_ok(submit_request_set_chunk(&request, 2.5, &err), &err);
    assert_int_equal(request.chunk_us, 2500000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancelled_video_is_left_alone_and_resumed_where_it_was),
        cmocka_unit_test(a_video_is_resumed_before_between_and_after_its_parts),
        cmocka_unit_test(a_start_keeps_the_order_of_what_waits),
        cmocka_unit_test(what_is_damaged_keeps_no_start_from_the_others),
        cmocka_unit_test(a_source_that_is_no_video_fails_with_a_sentence),
        cmocka_unit_test(a_frame_that_cannot_be_indexed_does_not_stop_the_others),
        cmocka_unit_test(malformed_messages_are_buried_and_stop_nothing),
        cmocka_unit_test(an_upload_that_is_not_taken_does_not_wait_for_its_turn_and_may_be_sent_again),
        cmocka_unit_test(an_upload_is_ingested_by_its_content),
        cmocka_unit_test(an_upload_that_is_sent_again_while_it_is_removed_stays),
        cmocka_unit_test(an_upload_that_is_not_whole_is_stored_again),
        cmocka_unit_test(numbers_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, pipeline_models_close);
}
