#include "base/test.h"

#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "ingest/activity.h"
#include "ingest/activity_log.h"
#include "os/cancel.h"
#include "queue/queue.h"
#include "queue/queue_backend.h"
#include "queue/queue_memory.h"

#define VIDEO "0123456789abcdef"
#define WAIT_MS 20000

struct scene {
    struct queue *queue;
    struct activity *activity;
    struct activity_worker *worker;
    struct activity_log *log;
};

static void open_scene(struct scene *scene)
{
    struct queue_options options;
    struct err err = ERR_INIT;
    queue_options_default(&options);
    scene->queue = queue_memory_new(&options, clock_system());
    assert_ok(activity_new(scene->queue, clock_system(), log_none(), NULL, &scene->activity, &err), &err);
    scene->worker = activity_worker_new(scene->activity, "indexer-test-0", "indexer");
    assert_ok(activity_log_start(scene->queue, clock_system(), log_none(), &scene->log, &err), &err);
}

static void close_scene(struct scene *scene)
{
    activity_worker_free(scene->worker);
    activity_free(scene->activity);
    activity_log_stop(scene->log);
    queue_free(scene->queue);
}

static void index_frame(struct scene *scene, int32_t frame, int64_t objects)
{
    struct activity_event event = ACTIVITY_EVENT_INIT;
    event.kind = ACTIVITY_FRAME_INDEXED;
    memcpy(event.video, VIDEO, sizeof(VIDEO));
    event.segment = 0;
    event.frame = frame;
    event.count = objects;
    event.stage_us[STAGE_DETECT] = 1000;
    activity_report(scene->activity, scene->worker, &event);
}

// Reads on until an event of this kind about this frame came; says how many items were read.
static int read_until_frame(struct activity_subscription *subscription, int32_t frame, int *snapshots)
{
    char mark[32];
    int items = 0;
    snprintf(mark, sizeof(mark), "\"frame\":%d,", frame);
    for (bool found = false; !found; items++) {
        struct activity_item item;
        struct err err = ERR_INIT;
        assert_ok(activity_subscription_next(subscription, WAIT_MS, NULL, &item, &err), &err);
        *snapshots += item.kind == ACTIVITY_ITEM_SNAPSHOT;
        found = strstr(item.json, mark) != NULL;
        free(item.json);
    }
    return items;
}

static int64_t total(struct scene *scene, const char *name)
{
    json_t *snapshot = activity_log_snapshot(scene->log);
    int64_t value = json_integer_value(json_object_get(json_object_get(snapshot, "totals"), name));
    json_decref(snapshot);
    return value;
}

static void a_client_gets_the_state_so_far_and_then_what_happens(void **state)
{
    (void)state;
    struct scene scene;
    int snapshots = 0;
    open_scene(&scene);
    index_frame(&scene, 1, 3);
    index_frame(&scene, 2, 4);
    activity_flush(scene.activity);
    struct activity_subscription *early = activity_log_subscribe(scene.log, -1);
    read_until_frame(early, 2, &snapshots);
    assert_int_equal(total(&scene, "indexed"), 2);
    assert_int_equal(total(&scene, "objects"), 7);

    snapshots = 0;
    struct activity_subscription *late = activity_log_subscribe(scene.log, -1);
    assert_int_equal(read_until_frame(late, 2, &snapshots), 1);
    assert_int_equal(snapshots, 1);
    index_frame(&scene, 3, 1);
    activity_flush(scene.activity);
    read_until_frame(late, 3, &snapshots);
    assert_int_equal(snapshots, 1);
    activity_subscription_free(early);
    activity_subscription_free(late);
    close_scene(&scene);
}

static void a_client_goes_on_where_it_was(void **state)
{
    (void)state;
    struct scene scene;
    struct activity_item item;
    struct err err = ERR_INIT;
    int snapshots = 0;
    open_scene(&scene);
    struct activity_subscription *first = activity_log_subscribe(scene.log, -1);
    assert_ok(activity_subscription_next(first, WAIT_MS, NULL, &item, &err), &err);
    assert_int_equal(item.kind, ACTIVITY_ITEM_SNAPSHOT);
    int64_t seen = item.id;
    free(item.json);
    activity_subscription_free(first);
    index_frame(&scene, 7, 1);
    activity_flush(scene.activity);
    struct activity_subscription *again = activity_log_subscribe(scene.log, seen);
    read_until_frame(again, 7, &snapshots);
    assert_int_equal(snapshots, 0);
    activity_subscription_free(again);
    // An id that was never given out is of another server.
    struct activity_subscription *foreign = activity_log_subscribe(scene.log, seen + 1000000);
    assert_ok(activity_subscription_next(foreign, WAIT_MS, NULL, &item, &err), &err);
    assert_int_equal(item.kind, ACTIVITY_ITEM_SNAPSHOT);
    free(item.json);
    activity_subscription_free(foreign);
    close_scene(&scene);
}

static void a_slow_client_gets_a_snapshot_instead_of_a_backlog(void **state)
{
    (void)state;
    struct scene scene;
    struct activity_item item;
    struct err err = ERR_INIT;
    open_scene(&scene);
    struct activity_subscription *slow = activity_log_subscribe(scene.log, -1);
    assert_ok(activity_subscription_next(slow, WAIT_MS, NULL, &item, &err), &err);
    free(item.json);
    for (int32_t i = 0; i < ACTIVITY_LOG_EVENTS + 10; i++) {
        index_frame(&scene, i, 1);
        activity_flush(scene.activity);
    }
    while (total(&scene, "indexed") < ACTIVITY_LOG_EVENTS + 10)
        cancel_wait(NULL, 1);
    assert_ok(activity_subscription_next(slow, WAIT_MS, NULL, &item, &err), &err);
    assert_int_equal(item.kind, ACTIVITY_ITEM_SNAPSHOT);
    free(item.json);
    assert_code(activity_subscription_next(slow, 0, NULL, &item, &err), ERR_TIMEOUT);
    activity_subscription_free(slow);
    close_scene(&scene);
}

static void frames_do_not_push_other_news_out_of_a_snapshot(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    activity_report_video(scene.activity, VIDEO, "running");
    for (int32_t i = 0; i < 2 * ACTIVITY_LOG_RECENT; i++)
        index_frame(&scene, i, 1);
    activity_flush(scene.activity);
    while (total(&scene, "indexed") < 2 * ACTIVITY_LOG_RECENT)
        cancel_wait(NULL, 1);
    json_t *snapshot = activity_log_snapshot(scene.log);
    const json_t *recent = json_object_get(snapshot, "recent");
    assert_int_equal(json_array_size(recent), 1 + ACTIVITY_LOG_RECENT);
    assert_string_equal(json_string_value(json_object_get(json_array_get(recent, 0), "kind")), "video");
    json_decref(snapshot);
    close_scene(&scene);
}

static struct {
    const struct queue_ops *own;
    struct cancel *opened;
} gate;

static enum err_code publish_when_it_is_open(
    struct queue *queue, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    cancel_wait(gate.opened, INT32_MAX);
    return gate.own->publish(queue, topic, log, items, count, err);
}

// As many are being published as there may be, as many are pending, and the queue takes none.
static void too_many_events_are_dropped_and_counted(void **state)
{
    (void)state;
    struct queue_options options;
    struct err err = ERR_INIT;
    struct activity *activity = NULL;
    struct metrics *metrics = metrics_new();
    queue_options_default(&options);
    struct queue *queue = queue_memory_new(&options, clock_system());
    gate.own = queue->ops;
    gate.opened = cancel_new(NULL);
    struct queue_ops ops = *queue->ops;
    ops.publish = publish_when_it_is_open;
    queue->ops = &ops;
    assert_ok(activity_new(queue, clock_system(), log_none(), metrics, &activity, &err), &err);
    for (int i = 0; i < 2 * ACTIVITY_EVENTS_MAX + 1; i++)
        activity_report_video(activity, VIDEO, "running");
    struct metric_counter *dropped = metrics_counter(metrics, "framehound_activity_dropped_total",
        "Activity events that were dropped because too many were pending.", METRIC_NO_LABELS);
    assert_true(metric_count(dropped) > 0);
    cancel_request(gate.opened);
    activity_free(activity);
    cancel_free(gate.opened);
    queue_free(queue);
    metrics_free(metrics);
}

static void workers_are_shown_with_what_they_do(void **state)
{
    (void)state;
    struct scene scene;
    int snapshots = 0;
    open_scene(&scene);
    activity_worker_busy(scene.worker, VIDEO, 4);
    index_frame(&scene, 1, 2);
    activity_flush(scene.activity);
    struct activity_subscription *subscription = activity_log_subscribe(scene.log, -1);
    read_until_frame(subscription, 1, &snapshots);
    activity_subscription_free(subscription);
    json_t *workers = activity_log_workers(scene.log);
    assert_int_equal(json_array_size(workers), 1);
    const json_t *worker = json_array_get(workers, 0);
    assert_string_equal(json_string_value(json_object_get(worker, "id")), "indexer-test-0");
    assert_string_equal(json_string_value(json_object_get(worker, "state")), "busy");
    assert_string_equal(json_string_value(json_object_get(worker, "video")), VIDEO);
    assert_int_equal(json_integer_value(json_object_get(worker, "segment")), 4);
    assert_int_equal(json_integer_value(json_object_get(worker, "indexed")), 1);
    assert_int_equal(json_integer_value(json_object_get(worker, "objects")), 2);
    json_decref(workers);
    close_scene(&scene);
}

static int64_t waiting_frames(const json_t *answer)
{
    size_t i;
    json_t *depth;
    json_array_foreach(json_object_get(answer, "queues"), i, depth)
    {
        if (strcmp(json_string_value(json_object_get(depth, "topic")), TOPIC_FRAMES) == 0)
            return json_integer_value(json_object_get(depth, "waiting"));
    }
    return -1;
}

static void a_client_hears_of_the_queues_when_they_change(void **state)
{
    (void)state;
    struct scene scene;
    struct activity_item item;
    struct err err = ERR_INIT;
    open_scene(&scene);
    struct activity_subscription *subscription = activity_log_subscribe(scene.log, -1);
    assert_ok(activity_subscription_next(subscription, WAIT_MS, NULL, &item, &err), &err);
    assert_int_equal(item.kind, ACTIVITY_ITEM_SNAPSHOT);
    json_t *snapshot = json_loads(item.json, 0, NULL);
    assert_int_equal(waiting_frames(snapshot), 0);
    json_decref(snapshot);
    free(item.json);

    const struct queue_item frames[] = {
        {.key = VIDEO "/0", .body = "{}", .body_size = 2}, {.key = VIDEO "/1", .body = "{}", .body_size = 2}};
    assert_ok(queue_publish(scene.queue, TOPIC_FRAMES, frames, 2, &err), &err);
    int64_t seen = item.id;
    for (bool found = false; !found;) {
        assert_ok(activity_subscription_next(subscription, WAIT_MS, NULL, &item, &err), &err);
        found = item.kind == ACTIVITY_ITEM_QUEUES;
        if (found) {
            json_t *queues = json_loads(item.json, 0, NULL);
            assert_int_equal(waiting_frames(queues), 2);
            json_decref(queues);
            assert_int_equal(item.id, seen);
        }
        seen = item.id;
        free(item.json);
    }
    json_t *state_so_far = activity_log_snapshot(scene.log);
    assert_int_equal(waiting_frames(state_so_far), 2);
    json_decref(state_so_far);
    activity_subscription_free(subscription);
    close_scene(&scene);
}

// A query engine that has begun a moment ago reads what there is message by message.
static void a_client_that_knows_more_than_the_log_hears_nothing_twice(void **state)
{
    (void)state;
    enum { MESSAGES = 1000 };
    struct scene scene;
    struct activity_log *behind;
    struct activity_item item;
    struct err err = ERR_INIT;
    int64_t end = 0;
    open_scene(&scene);
    for (int32_t i = 1; i <= MESSAGES; i++) {
        index_frame(&scene, i, 1);
        activity_flush(scene.activity);
    }
    assert_ok(queue_log_end(scene.queue, TOPIC_ACTIVITY, &end, &err), &err);
    assert_ok(activity_log_start(scene.queue, clock_system(), log_none(), &behind, &err), &err);
    struct activity_subscription *subscription = activity_log_subscribe(behind, end);
    index_frame(&scene, MESSAGES + 1, 1);
    activity_flush(scene.activity);
    do {
        assert_ok(activity_subscription_next(subscription, WAIT_MS, NULL, &item, &err), &err);
        assert_int_not_equal(item.kind, ACTIVITY_ITEM_SNAPSHOT);
        free(item.json);
    } while (item.kind == ACTIVITY_ITEM_QUEUES);
    assert_true(item.id > end);
    activity_subscription_free(subscription);
    activity_log_stop(behind);
    close_scene(&scene);
}

static void malformed_messages_are_passed_over(void **state)
{
    (void)state;
    static const char *const bodies[] = {"", "[]", "{", "{\"workers\":3,\"events\":[1,{\"kind\":\"none\"},{}]}",
        "{\"workers\":[{\"id\":5},{}],\"events\":[{\"kind\":\"frame_indexed\",\"video\":\"x\",\"count\":\"y\"}]}"};
    struct scene scene;
    struct err err = ERR_INIT;
    int snapshots = 0;
    open_scene(&scene);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct queue_item item = {.key = "k", .body = bodies[i], .body_size = strlen(bodies[i])};
        assert_ok(queue_publish(scene.queue, TOPIC_ACTIVITY, &item, 1, &err), &err);
    }
    index_frame(&scene, 1, 2);
    activity_flush(scene.activity);
    struct activity_subscription *subscription = activity_log_subscribe(scene.log, -1);
    read_until_frame(subscription, 1, &snapshots);
    activity_subscription_free(subscription);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_gets_the_state_so_far_and_then_what_happens),
        cmocka_unit_test(a_client_goes_on_where_it_was),
        cmocka_unit_test(a_slow_client_gets_a_snapshot_instead_of_a_backlog),
        cmocka_unit_test(frames_do_not_push_other_news_out_of_a_snapshot),
        cmocka_unit_test(too_many_events_are_dropped_and_counted),
        cmocka_unit_test(workers_are_shown_with_what_they_do),
        cmocka_unit_test(a_client_hears_of_the_queues_when_they_change),
        cmocka_unit_test(a_client_that_knows_more_than_the_log_hears_nothing_twice),
        cmocka_unit_test(malformed_messages_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
