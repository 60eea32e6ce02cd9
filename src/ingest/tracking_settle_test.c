// Between the end of a video and the message that asks for its tracks anything may be stopped: whoever ended it, its
// objects are followed when the work is done once more.
#include <stdatomic.h>
#include <string.h>

#include "ingest/activity.h"
#include "ingest/dead_letter.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "ingest/test_corrections.h"
#include "meta_store/meta_store.h"
#include "queue/queue.h"

#define LOST 3 // frames that nobody can index

static struct {
    struct pipeline_ops own, ops;
    atomic_int refused; // so many messages for the tracker are refused, if they can be, before one goes through
    atomic_int asked;   // that went through
    struct pipeline *pipeline;
} fault;

static enum err_code refuse_some(
    struct queue *q, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    if (strcmp(topic, TOPIC_DETECTIONS) == 0) {
        if (atomic_load(&fault.refused) > 0) {
            atomic_fetch_sub(&fault.refused, 1);
            return err_set(err, ERR_UNAVAILABLE, "a fault made by the test");
        }
        atomic_fetch_add(&fault.asked, 1);
    }
    return fault.own.queue.publish(q, topic, log, items, count, err);
}

static void open_faulty(struct pipeline *p)
{
    pipeline_open(p);
    pipeline_intercept(p, &fault.own, &fault.ops);
    fault.ops.queue.publish = refuse_some;
    fault.pipeline = p;
    atomic_store(&fault.refused, 1);
    atomic_store(&fault.asked, 0);
}

// ---- frames that are missing for good

static void bury_frame(struct pipeline *p, const char *video, int32_t index)
{
    struct frame_message message = {
        .project = "demo", .frame = index, .pts_us = index * INT64_C(200000), .width = 1, .height = 1};
    struct queue_message *taken[1] = {0};
    char key[MESSAGE_KEY_SIZE];
    size_t count = 0;
    struct strbuf text;
    snprintf(message.video, sizeof(message.video), "%s", video);
    strbuf_init(&text);
    frame_message_encode(&message, &text);
    message_key_make(video, 0, key);
    const struct queue_item item = {.key = key, .body = text.data, .body_size = text.size};
    assert_ok(queue_publish(p->ingest.queue, TOPIC_FRAMES, &item, 1, &failure), &failure);
    assert_ok(queue_receive(p->ingest.queue, TOPIC_FRAMES, "test", 1, 0, NULL, taken, &count, &failure), &failure);
    assert_int_equal(count, 1);
    assert_ok(queue_bury(p->ingest.queue, taken[0], "it kills every indexer", &failure), &failure);
    queue_message_free(taken[0]);
    strbuf_release(&text);
}

// All frames are decoded; the first ones are indexed, the last LOST ones are dead letters that nobody has settled.
static void lose_the_end(struct pipeline *p, const char *id)
{
    struct meta_video video = {
        .project = "demo", .limit_us = -1, .chunk_us = 1000000, .sampling = {.fps_num = 5, .fps_den = 1}};
    const struct meta_segment segment = {.end_us = FRAMES * INT64_C(200000), .prev_pts_us = -1};
    snprintf(video.id, sizeof(video.id), "%s", id);
    assert_ok(meta_store_create_video(p->ingest.meta, &video, NULL, &failure), &failure);
    assert_ok(meta_store_set_video_state(p->ingest.meta, id, 1u << VIDEO_QUEUED, VIDEO_RUNNING, &failure), &failure);
    assert_ok(meta_store_put_segment(p->ingest.meta, id, &segment, &failure), &failure);
    for (int32_t i = 0; i < FRAMES; i++) {
        const struct meta_frame frame = {.index = i, .pts_us = i * INT64_C(200000), .width = 1000, .height = 500};
        assert_ok(meta_store_put_frames(p->ingest.meta, id, &frame, 1, &failure), &failure);
    }
    assert_ok(meta_store_finish_segment(p->ingest.meta, id, 0, FRAMES, &failure), &failure);
    assert_ok(meta_store_finish_split(p->ingest.meta, id, 1, FRAMES, segment.end_us, false, &failure), &failure);
    for (int32_t i = 0; i < FRAMES - LOST; i++)
        put_frame(p, id, i, WALKERS, 0);
    for (int32_t i = FRAMES - LOST; i < FRAMES; i++)
        bury_frame(p, id, i);
}

static void assert_tracked(struct pipeline *p, const char *id)
{
    pipeline_start(p, RUN_TRACKER);
    assert_in_the_end(pipeline_video(p, id).tracked_us > 0);
    pipeline_stop(p);
    const struct meta_video video = pipeline_video(p, id);
    assert_false(tracking_is_due(&video));
}

static void a_video_whose_last_frames_are_lost_is_tracked_although_its_end_was_interrupted(void **state)
{
    (void)state;
    struct pipeline p;
    int64_t after = 0;
    open_faulty(&p);
    lose_the_end(&p, VIDEO);
    assert_code(dead_letter_settle_new(&p.ingest, TOPIC_FRAMES, &after, &failure), ERR_UNAVAILABLE);
    struct meta_video video = pipeline_video(&p, VIDEO);
    assert_string_equal(video_state_name(video.state), "incomplete");
    assert_true(tracking_is_due(&video));
    // As the keeper of the same process does, and those of others that start.
    assert_ok(dead_letter_settle_new(&p.ingest, TOPIC_FRAMES, &after, &failure), &failure);
    assert_int_equal(atomic_load(&fault.asked), 1);
    after = 0;
    assert_ok(dead_letter_settle_new(&p.ingest, TOPIC_FRAMES, &after, &failure), &failure);
    assert_int_equal(atomic_load(&fault.asked), 2); // once, not for each of the lost frames
    assert_tracked(&p, VIDEO);
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS);
    after = 0;
    assert_ok(dead_letter_settle_new(&p.ingest, TOPIC_FRAMES, &after, &failure), &failure);
    assert_int_equal(atomic_load(&fault.asked), 2);
    pipeline_close(&p);
}

static enum err_code get_damaged(struct meta_store *m, const char *id, struct meta_video *video, struct err *err)
{
    return strcmp(id, VIDEO) == 0 ? err_set(err, ERR_CORRUPT, "damaged by the test")
                                  : fault.own.meta.get_video(m, id, video, err);
}

static enum err_code fail_damaged(struct meta_store *m, const char *id, int32_t index, bool new, struct err *err)
{
    return strcmp(id, VIDEO) == 0 ? err_set(err, ERR_CORRUPT, "damaged by the test")
                                  : fault.own.meta.fail_frame(m, id, index, new, err);
}

static void letters_behind_those_of_a_damaged_video_are_settled(void **state)
{
    (void)state;
    static const char other[] = "00000000000000bb";
    struct pipeline p;
    int64_t after = 0;
    open_faulty(&p);
    atomic_store(&fault.refused, 0);
    lose_the_end(&p, VIDEO);
    lose_the_end(&p, other);
    fault.ops.meta.get_video = get_damaged;
    fault.ops.meta.fail_frame = fail_damaged;
    assert_ok(dead_letter_settle_new(&p.ingest, TOPIC_FRAMES, &after, &failure), &failure);
    assert_string_equal(video_state_name(pipeline_video(&p, other).state), "incomplete");
    assert_int_equal(pipeline_video(&p, other).errors_count, LOST);
    pipeline_close(&p);
}

static int told_of_frames(struct pipeline *p)
{
    struct queue_message *messages[8] = {0};
    size_t count = 0;
    int64_t offset = 0;
    int told = 0;
    activity_flush(p->ingest.activity);
    for (;;) {
        assert_ok(
            queue_log_read(p->ingest.queue, TOPIC_ACTIVITY, offset, 8, 0, NULL, messages, &count, &failure), &failure);
        for (size_t i = 0; i < count; i++) {
            offset = messages[i]->lease;
            for (const char *at = messages[i]->body; (at = strstr(at, "\"frame_failed\"")) != NULL; at++)
                told++;
            queue_message_free(messages[i]);
        }
        if (count == 0)
            return told;
    }
}

// Beside `others` errors, of which the first META_VIDEO_ERRORS_MAX are kept.
static void start_twice(int others)
{
    struct pipeline p;
    open_faulty(&p);
    atomic_store(&fault.refused, 0);
    assert_ok(activity_new(p.ingest.queue, clock_system(), log_none(), NULL, &p.ingest.activity, &failure), &failure);
    lose_the_end(&p, VIDEO);
    for (int i = 0; i < others; i++) {
        char sentence[64];
        snprintf(sentence, sizeof(sentence), "segment %d could not be decoded", i);
        assert_ok(meta_store_add_video_error(p.ingest.meta, VIDEO, sentence, false, &failure), &failure);
    }
    for (int start = 0; start < 2; start++) {
        int64_t after = 0;
        assert_ok(dead_letter_settle_new(&p.ingest, TOPIC_FRAMES, &after, &failure), &failure);
        assert_int_equal(told_of_frames(&p), LOST);
    }
    assert_int_equal(pipeline_video(&p, VIDEO).errors_count, others + LOST);
    activity_free(p.ingest.activity);
    p.ingest.activity = NULL;
    pipeline_close(&p);
}

static void what_failed_is_told_once_and_not_by_everyone_who_starts(void **state)
{
    (void)state;
    start_twice(0);
}

static void so_is_what_failed_of_a_video_with_more_errors_than_are_kept(void **state)
{
    (void)state;
    start_twice(META_VIDEO_ERRORS_MAX - 1);
}

static void a_video_that_cannot_be_tracked_is_not_asked_for_again_and_again(void **state)
{
    (void)state;
    struct pipeline p;
    struct queue_message *taken[1] = {0};
    size_t count = 0;
    int64_t after = 0;
    open_faulty(&p);
    atomic_store(&fault.refused, 0);
    index_video(&p, VIDEO);
    const struct meta_video video = pipeline_video(&p, VIDEO);
    assert_ok(tracking_request(&p.ingest, &video, &failure), &failure);
    assert_ok(queue_receive(p.ingest.queue, TOPIC_DETECTIONS, "test", 1, 0, NULL, taken, &count, &failure), &failure);
    assert_int_equal(count, 1);
    assert_ok(queue_bury(p.ingest.queue, taken[0], "it kills every tracker", &failure), &failure);
    queue_message_free(taken[0]);
    atomic_store(&fault.asked, 0);
    assert_ok(dead_letter_settle_new(&p.ingest, TOPIC_DETECTIONS, &after, &failure), &failure);
    assert_int_equal(atomic_load(&fault.asked), 0);
    pipeline_close(&p);
}

// ---- the splitter or the downloader is the last to be done

// As if indexers had been quick: nothing was found.
static void index_what_is_emitted(struct pipeline *p, const char *video)
{
    struct err err = ERR_INIT;
    struct meta_frames frames = {0};
    const struct meta_frame_range range = {
        .from_us = INT64_MIN, .to_us = -1, .after = -1, .state_mask = 1u << FRAME_EMITTED, .limit = 100};
    if (meta_store_list_frames(p->ingest.meta, video, &range, &frames, &err) == ERR_NONE && frames.count > 0)
        (void)!meta_store_put_objects(p->ingest.meta, video, frames.items, frames.count, &err);
    meta_frames_release(&frames);
}

static enum err_code finish_segment_last(
    struct meta_store *m, const char *video, int32_t segment, int64_t frames, bool failed, struct err *err)
{
    index_what_is_emitted(fault.pipeline, video);
    return fault.own.meta.finish_segment(m, video, segment, frames, failed, err);
}

static bool is_split_apart_from_its_end(const char *id)
{
    struct meta_video video = {0};
    struct err err = ERR_INIT;
    return meta_store_get_video(fault.pipeline->ingest.meta, id, &video, &err) == ERR_NONE && video.segments > 0 &&
        video.segments_done == video.segments;
}

static enum err_code finish_split_last(struct meta_store *m, const char *video, int64_t segments, int64_t frames,
    int64_t duration, bool incomplete, struct err *err)
{
    // Whoever waits for the video fails if this never comes.
    while (!is_split_apart_from_its_end(video))
        cancel_wait(NULL, 2);
    return fault.own.meta.finish_split(m, video, segments, frames, duration, incomplete, err);
}

static void end_interrupted(bool by_splitter)
{
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    (void)pipeline_street();
    open_faulty(&p);
    fault.ops.meta.finish_segment = finish_segment_last;
    if (by_splitter)
        fault.ops.meta.finish_split = finish_split_last;
    pipeline_submit(&p, pipeline_street(), 60, 1, "2", id);
    pipeline_start(&p, RUN_SPLITTER | (by_splitter ? RUN_DOWNLOADER : 0));
    if (!by_splitter) {
        assert_in_the_end(pipeline_video(&p, id).split_done);
        pipeline_start(&p, RUN_DOWNLOADER);
    }
    assert_in_the_end(video_state_is_final(pipeline_video(&p, id).state));
    assert_in_the_end(atomic_load(&fault.asked) > 0);
    assert_int_equal(atomic_load(&fault.refused), 0);
    pipeline_stop(&p);
    assert_tracked(&p, id);
    pipeline_close(&p);
}

static void a_video_that_a_downloader_ends_is_tracked_although_that_was_interrupted(void **state)
{
    (void)state;
    end_interrupted(false);
}

static void a_video_that_a_splitter_ends_is_tracked_although_that_was_interrupted(void **state)
{
    (void)state;
    end_interrupted(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_video_whose_last_frames_are_lost_is_tracked_although_its_end_was_interrupted),
        cmocka_unit_test(letters_behind_those_of_a_damaged_video_are_settled),
        cmocka_unit_test(what_failed_is_told_once_and_not_by_everyone_who_starts),
        cmocka_unit_test(so_is_what_failed_of_a_video_with_more_errors_than_are_kept),
        cmocka_unit_test(a_video_that_cannot_be_tracked_is_not_asked_for_again_and_again),
        cmocka_unit_test(a_video_that_a_downloader_ends_is_tracked_although_that_was_interrupted),
        cmocka_unit_test(a_video_that_a_splitter_ends_is_tracked_although_that_was_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, pipeline_models_close);
}
