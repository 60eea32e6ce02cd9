// What removing a video or a project leaves: nothing, whenever it is interrupted and whoever works beside it.
#include <stdatomic.h>
#include <string.h>

#include "blob_store/blob_store.h"
#include "ingest/messages.h"
#include "ingest/test_pipeline.h"
#include "meta_store/meta_store.h"
#include "os/cancel.h"
#include "queue/queue.h"
#include "vector_index/vector_index.h"

static void submit_street(struct pipeline *p, double seconds, char video[VIDEO_ID_SIZE])
{
    assert_int_equal(pipeline_submit(p, pipeline_street(), 1, seconds, "1", video), SUBMIT_CREATED);
}

static bool count_key(void *context, const char *key, const struct blob_info *info)
{
    (void)key;
    (void)info;
    ++*(int *)context;
    return true;
}

static int blobs_of(struct pipeline *p, const char *prefix)
{
    int count = 0;
    struct err err = ERR_INIT;
    assert_ok(blob_store_list(p->ingest.blobs, prefix, count_key, &count, &err), &err);
    return count;
}

static void expect_gone(struct pipeline *p, const char *id)
{
    struct meta_video video;
    struct vector_stats vectors = {0};
    struct queue_dead_letter *letters = NULL;
    size_t count = 0;
    struct err err = ERR_INIT;
    assert_code(meta_store_get_video(p->ingest.meta, id, &video, &err), ERR_NOT_FOUND);
    assert_int_equal(blobs_of(p, "demo/"), 0);
    enum err_code code = vector_index_stats(p->ingest.vectors, "demo", id, &vectors, &err);
    assert_true(code == ERR_NOT_FOUND || (code == ERR_NONE && vectors.count == 0));
    assert_int_equal(
        pipeline_waiting(p, TOPIC_SOURCES) + pipeline_waiting(p, TOPIC_SEGMENTS) + pipeline_waiting(p, TOPIC_FRAMES),
        0);
    assert_ok(queue_dead_letters(p->ingest.queue, id, 0, 10, &letters, &count, &err), &err);
    assert_int_equal(count, 0);
    queue_dead_letters_free(letters, count);
    char **settings = NULL;
    assert_ok(meta_store_list_settings(p->ingest.meta, NULL, 1000, &settings, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        assert_null(strstr(settings[i], id));
    meta_strings_free(settings, count);
}

// With one video, which is done, and all parts at work.
static void open_with_street(struct pipeline *p, double seconds, char id[VIDEO_ID_SIZE])
{
    (void)pipeline_street();
    pipeline_open(p);
    pipeline_start(p, RUN_ALL);
    submit_street(p, seconds, id);
    assert_string_equal(video_state_name(pipeline_wait(p, id)), "done");
}

static void a_deleted_video_leaves_nothing(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    open_with_street(&p, 6, id);
    char setting[64]; // as older programs left it of every video that was resumed
    snprintf(setting, sizeof(setting), "resuming/%s", id);
    assert_ok(meta_store_put_setting(p.ingest.meta, setting, "no", &err), &err);
    assert_ok(lifecycle_delete_video(&p.ingest, id, NULL, &err), &err);
    expect_gone(&p, id);
    assert_code(lifecycle_delete_video(&p.ingest, id, NULL, &err), ERR_NOT_FOUND);
    pipeline_close(&p);
}

static void a_video_deleted_while_it_is_worked_on_leaves_nothing(void **state)
{
    (void)state;
    (void)pipeline_street();
    for (int64_t frames = 0; frames < 3; frames++) {
        struct pipeline p;
        char id[VIDEO_ID_SIZE];
        struct err err = ERR_INIT;
        pipeline_open(&p);
        pipeline_start(&p, RUN_ALL);
        submit_street(&p, 6, id);
        while (pipeline_video(&p, id).frames_emitted < frames)
            cancel_wait(NULL, 1);
        assert_ok(lifecycle_delete_video(&p.ingest, id, NULL, &err), &err);
        pipeline_wait_queues(&p);
        pipeline_stop(&p);
        expect_gone(&p, id);
        pipeline_close(&p);
    }
}

static void a_deletion_that_was_interrupted_is_finished_at_the_next_start(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    struct recover_report report;
    struct meta_video video;
    enum submit_outcome outcome;
    open_with_street(&p, 6, id);
    assert_ok(meta_store_set_video_state(p.ingest.meta, id, 1u << VIDEO_DONE, VIDEO_DELETING, &err), &err);
    struct submit_request request;
    submit_request_init(&request);
    request.project = "demo";
    request.source = pipeline_street();
    assert_ok(submit_request_set_chunk(&request, 1, &err), &err);
    assert_ok(submit_request_set_limit(&request, 6, &err), &err);
    assert_ok(submit_request_set_fps(&request, "1", &err), &err);
    assert_code(lifecycle_submit(&p.ingest, &request, NULL, &video, &outcome, &err), ERR_CONFLICT);
    assert_code(lifecycle_resume(&p.ingest, id, NULL, &err), ERR_CONFLICT);
    assert_ok(lifecycle_recover(&p.ingest, NULL, &report, &err), &err);
    assert_int_equal(report.deletions_finished, 1);
    expect_gone(&p, id);
    pipeline_close(&p);
}

static struct {
    struct pipeline_ops own, ops;
    int vectors, blobs;
    struct pipeline *pipeline;
    const char *late; // the video
} sweeps;

static enum err_code sweep_vectors(struct vector_index *index, const char *project, const char *video, struct err *err)
{
    sweeps.vectors++;
    return sweeps.own.vectors.remove_video(index, project, video, err);
}

static enum err_code sweep_blobs(struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    sweeps.blobs++;
    return sweeps.own.blobs.remove_prefix(store, prefix, cancel, err);
}

static void a_deleted_project_takes_its_videos_along(void **state)
{
    (void)state;
    struct pipeline p;
    char a[VIDEO_ID_SIZE];
    char b[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    struct meta_project project;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_ALL);
    submit_street(&p, 6, a);
    submit_street(&p, 2, b);
    pipeline_wait(&p, a);
    pipeline_wait(&p, b);
    pipeline_stop(&p);
    pipeline_intercept(&p, &sweeps.own, &sweeps.ops);
    sweeps.ops.vectors.remove_video = sweep_vectors;
    sweeps.ops.blobs.remove_prefix = sweep_blobs;
    sweeps.vectors = sweeps.blobs = 0;
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), &err);
    // What is swept as a whole is not swept for each video: of thousands that took longest.
    assert_int_equal(sweeps.vectors, 0);
    assert_int_equal(sweeps.blobs, 2);
    expect_gone(&p, a);
    expect_gone(&p, b);
    assert_code(meta_store_get_project(p.ingest.meta, "demo", &project, &err), ERR_NOT_FOUND);
    assert_code(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), ERR_NOT_FOUND);
    pipeline_close(&p);
}

// What a worker stored that did not know of the removal, before the index went away.
static enum err_code away_behind_the_videos(struct vector_index *index, const char *project, struct err *err)
{
    char key[BLOB_KEY_SIZE];
    if (sweeps.vectors++ == 0)
        return sweeps.own.vectors.remove_project(index, project, err);
    blob_key_frame(project, sweeps.late, 0, key);
    assert_ok(blob_store_put(sweeps.pipeline->ingest.blobs, key, "x", 1, err), err);
    return err_set(err, ERR_UNAVAILABLE, "the index is away, says the test");
}

// Its videos are gone already, and what they left may not be: the project says so.
static void a_projects_deletion_that_was_interrupted_behind_its_videos_is_finished(void **state)
{
    (void)state;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct err err = ERR_INIT;
    struct meta_project project;
    struct recover_report report;
    open_with_street(&p, 2, id);
    pipeline_stop(&p);
    pipeline_intercept(&p, &sweeps.own, &sweeps.ops);
    sweeps.ops.vectors.remove_project = away_behind_the_videos;
    sweeps.vectors = 0;
    sweeps.pipeline = &p;
    sweeps.late = id;
    assert_code(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), ERR_UNAVAILABLE);
    assert_ok(meta_store_get_project(p.ingest.meta, "demo", &project, &err), &err);
    assert_true(project.deleting);
    assert_int_equal(project.videos, 0);
    assert_int_equal(blobs_of(&p, "demo/"), 1);
    sweeps.ops.vectors.remove_project = sweeps.own.vectors.remove_project;
    assert_ok(lifecycle_recover(&p.ingest, NULL, &report, &err), &err);
    assert_int_equal(report.deletions_finished, 1);
    expect_gone(&p, id);
    assert_code(meta_store_get_project(p.ingest.meta, "demo", &project, &err), ERR_NOT_FOUND);
    pipeline_close(&p);
}

// A downloader that works beside a removal: its fetch of a segment waits for the first sweep.
static struct {
    atomic_bool in_hand, swept;
    atomic_int failed;
    char video[VIDEO_ID_SIZE];
} beside;

static enum err_code get_behind_the_sweep(struct blob_store *store, const char *key, const char *temp_dir,
    struct cancel *cancel, struct blob_file *file, struct err *err)
{
    atomic_store(&beside.in_hand, true);
    while (!atomic_load(&beside.swept))
        cancel_wait(NULL, 1);
    return sweeps.own.blobs.get_file(store, key, temp_dir, cancel, file, err);
}

static enum err_code count_rejections(struct queue *queue, const struct queue_message *message, const char *reason,
    bool bury, bool *dead, struct err *err)
{
    enum err_code code = sweeps.own.queue.reject(queue, message, reason, bury, dead, err);
    if (code == ERR_NONE)
        atomic_fetch_add(&beside.failed, 1);
    return code;
}

static enum err_code count_errors(
    struct meta_store *store, const char *video, const char *sentence, bool is_final, struct err *err)
{
    atomic_fetch_add(&beside.failed, 1);
    return sweeps.own.meta.add_video_error(store, video, sentence, is_final, err);
}

// The downloader comes to all segments before the rows of the videos go.
static enum err_code sweep_beside_a_worker(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    enum err_code code = sweeps.own.blobs.remove_prefix(store, prefix, cancel, err);
    if (sweeps.blobs++ == 0) {
        atomic_store(&beside.swept, true);
        assert_in_the_end(pipeline_waiting(sweeps.pipeline, TOPIC_SEGMENTS) == 0);
    }
    return code;
}

static void the_removal_of_a_project_that_is_ingested_is_no_error_of_its_videos(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    (void)pipeline_street();
    pipeline_open(&p);
    pipeline_start(&p, RUN_SPLITTER);
    submit_street(&p, 6, beside.video);
    assert_in_the_end(pipeline_video(&p, beside.video).split_done);
    pipeline_stop(&p);
    assert_true(pipeline_waiting(&p, TOPIC_SEGMENTS) > 1);
    pipeline_intercept(&p, &sweeps.own, &sweeps.ops);
    sweeps.ops.blobs.get_file = get_behind_the_sweep;
    sweeps.ops.blobs.remove_prefix = sweep_beside_a_worker;
    sweeps.ops.meta.add_video_error = count_errors;
    sweeps.ops.queue.reject = count_rejections;
    sweeps.blobs = 0;
    sweeps.pipeline = &p;
    pipeline_start(&p, RUN_DOWNLOADER);
    assert_in_the_end(atomic_load(&beside.in_hand));
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), &err);
    pipeline_stop(&p);
    assert_int_equal(atomic_load(&beside.failed), 0);
    expect_gone(&p, beside.video);
    pipeline_close(&p);
}

static enum err_code sweep_and_ask_again(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    struct err why = ERR_INIT;
    const struct ingest *ingest = &sweeps.pipeline->ingest;
    if (sweeps.blobs++ == 0) {
        assert_code(lifecycle_delete_project(ingest, "demo", NULL, &why), ERR_CONFLICT);
        assert_non_null(strstr(why.message, "already"));
        assert_ok(lifecycle_delete_project(ingest, "other", NULL, &why), &why);
    }
    return sweeps.own.blobs.remove_prefix(store, prefix, cancel, err);
}

static void a_project_is_removed_once_at_a_time_and_beside_others(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    struct meta_project project;
    char id[VIDEO_ID_SIZE];
    (void)pipeline_street();
    pipeline_open(&p);
    submit_street(&p, 2, id);
    assert_ok(meta_store_create_project(p.ingest.meta, "other", NULL, &err), &err);
    pipeline_intercept(&p, &sweeps.own, &sweeps.ops);
    sweeps.ops.blobs.remove_prefix = sweep_and_ask_again;
    sweeps.blobs = 0;
    sweeps.pipeline = &p;
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), &err);
    assert_int_equal(sweeps.blobs, 4);
    assert_code(meta_store_get_project(p.ingest.meta, "other", &project, &err), ERR_NOT_FOUND);
    expect_gone(&p, id);
    // It has ended: the name is free for the next.
    submit_street(&p, 2, id);
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), &err);
    expect_gone(&p, id);
    pipeline_close(&p);
}

// Another process removes the same project, and is done first; somebody makes it anew and adds the same video.
static enum err_code sweep_and_be_overtaken(
    struct blob_store *store, const char *prefix, struct cancel *cancel, struct err *err)
{
    char id[VIDEO_ID_SIZE];
    char key[BLOB_KEY_SIZE];
    const struct ingest *ingest = &sweeps.pipeline->ingest;
    enum err_code code = sweeps.own.blobs.remove_prefix(store, prefix, cancel, err);
    if (code != ERR_NONE || sweeps.blobs++ > 0)
        return code;
    assert_ok(meta_store_remove_video(ingest->meta, sweeps.late, err), err);
    assert_ok(meta_store_remove_project(ingest->meta, "demo", err), err);
    submit_street(sweeps.pipeline, 2, id);
    assert_string_equal(id, sweeps.late);
    blob_key_source("demo", id, key);
    assert_ok(blob_store_put(ingest->blobs, key, "x", 1, err), err);
    return ERR_NONE;
}

static void a_project_that_is_made_anew_while_it_is_removed_twice_stays(void **state)
{
    (void)state;
    struct pipeline p;
    struct err err = ERR_INIT;
    struct meta_project project;
    char id[VIDEO_ID_SIZE];
    (void)pipeline_street();
    pipeline_open(&p);
    submit_street(&p, 2, id);
    pipeline_intercept(&p, &sweeps.own, &sweeps.ops);
    sweeps.ops.blobs.remove_prefix = sweep_and_be_overtaken;
    sweeps.blobs = 0;
    sweeps.pipeline = &p;
    sweeps.late = id;
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), &err);
    assert_ok(meta_store_get_project(p.ingest.meta, "demo", &project, &err), &err);
    assert_false(project.deleting);
    assert_int_equal(project.videos, 1);
    assert_string_equal(video_state_name(pipeline_video(&p, id).state), "queued");
    assert_int_equal(pipeline_waiting(&p, TOPIC_SOURCES), 1);
    assert_int_equal(blobs_of(&p, "demo/"), 1);
    pipeline_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deleted_video_leaves_nothing),
        cmocka_unit_test(a_video_deleted_while_it_is_worked_on_leaves_nothing),
        cmocka_unit_test(a_deletion_that_was_interrupted_is_finished_at_the_next_start),
        cmocka_unit_test(a_deleted_project_takes_its_videos_along),
        cmocka_unit_test(a_projects_deletion_that_was_interrupted_behind_its_videos_is_finished),
        cmocka_unit_test(the_removal_of_a_project_that_is_ingested_is_no_error_of_its_videos),
        cmocka_unit_test(a_project_is_removed_once_at_a_time_and_beside_others),
        cmocka_unit_test(a_project_that_is_made_anew_while_it_is_removed_twice_stays),
    };
    return cmocka_run_group_tests(tests, NULL, pipeline_models_close);
}
