// The tracker as a part: messages in any order and number, videos that are incomplete, empty, crowded or indexed again.
// Indexers are played by the test, over in-memory stores.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/dead_letter.h"
#include "ingest/messages.h"
#include "ingest/settle.h"
#include "ingest/test_pipeline.h"
#include "ingest/track_sheet.h"
#include "meta_store/meta_store.h"
#include "vector_index/vector_index.h"

#define DIMENSION 8
#define MODEL "model-a"
#define FRAMES 24
#define STEP_US INT64_C(200000)
#define PERMUTATIONS 1000

static struct err err;
static uint64_t random_state = 20;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % below);
}

// ---- what the indexer would have found

struct found {
    struct meta_object objects[OBJECTS_PER_FRAME_MAX];
    float vectors[OBJECTS_PER_FRAME_MAX][DIMENSION];
    size_t count;
};

static void add(struct found *found, float x, float y, float score, const char *class_name, int look, float noise)
{
    struct meta_object *object = &found->objects[found->count];
    float *vector = found->vectors[found->count++];
    *object = (struct meta_object){.x = x, .y = y, .width = 40, .height = 90, .score = score, .track = -1};
    strcpy(object->class_name, class_name);
    memset(vector, 0, DIMENSION * sizeof(*vector));
    vector[look] = 1;
    vector[7] = noise;
}

// Two people cross, and a dog is hidden for a second.
static void find_street(int32_t frame, struct found *found)
{
    found->count = 0;
    add(found, 20.0f + 22.0f * (float)frame, 100, 0.9f, "person", 0, 0.1f * (float)(frame % 5));
    add(found, 560.0f - 22.0f * (float)frame, 120, 0.8f, "person", 1, 0.02f * (float)(frame % 3));
    if (frame < 9 || frame > 13)
        add(found, 300, 300, 0.7f, "dog", 2, 0.01f * (float)(frame % 4));
}

static void find_nothing(int32_t frame, struct found *found)
{
    (void)frame;
    found->count = 0;
}

typedef void find_fn(int32_t frame, struct found *found);

// ---- videos

static struct meta_frame frame_at(int32_t index)
{
    return (struct meta_frame){.index = index, .pts_us = index * STEP_US, .width = 640, .height = 480};
}

static void index_frame_with(struct pipeline *p, const char *video, int32_t index, find_fn *find, const char *model)
{
    struct found *found = mem_calloc(1, sizeof(*found));
    struct vector_item *items = mem_calloc(OBJECTS_PER_FRAME_MAX, sizeof(*items));
    struct meta_frame frame = frame_at(index);
    find(index, found);
    frame.objects = found->objects;
    frame.object_count = found->count;
    for (size_t k = 0; k < found->count; k++) {
        items[k] = (struct vector_item){.track = -1, .vector = found->vectors[k]};
        object_id_make(video, index, (int32_t)k, items[k].object);
        strcpy(items[k].class_name, found->objects[k].class_name);
    }
    assert_ok(vector_index_upsert(p->ingest.vectors, "demo", model, DIMENSION, items, found->count, &err), &err);
    struct meta_video before = pipeline_video(p, video);
    assert_ok(meta_store_put_objects(p->ingest.meta, video, &frame, 1, &err), &err);
    assert_ok(settle_video(&p->ingest, video, &err), &err);
    assert_ok(tracking_request_when_whole(&p->ingest, &before, &err), &err);
    free(items);
    free(found);
}

static void index_frame(struct pipeline *p, const char *video, int32_t index, find_fn *find)
{
    index_frame_with(p, video, index, find, MODEL);
}

// A video whose frames are decoded, and none indexed; `together` frames each have one time.
static void begin_video_of(struct pipeline *p, const char *id, int32_t frames, int32_t together)
{
    struct meta_video *video = mem_calloc(1, sizeof(*video));
    strcpy(video->id, id);
    strcpy(video->project, "demo");
    strcpy(video->source, "file:///street.mp4");
    video->chunk_us = 10000000;
    video->limit_us = -1;
    video->sampling = (struct sampling){.fps_num = 5, .fps_den = 1};
    assert_ok(meta_store_create_video(p->ingest.meta, video, NULL, &err), &err);
    free(video);
    assert_ok(meta_store_set_video_state(p->ingest.meta, id, 1u << VIDEO_QUEUED, VIDEO_RUNNING, &err), &err);
    const struct meta_segment segment = {.end_us = frames * STEP_US, .prev_pts_us = -1, .source_frames = frames};
    assert_ok(meta_store_put_segment(p->ingest.meta, id, &segment, &err), &err);
    for (int32_t i = 0; i < frames; i++) {
        struct meta_frame frame = frame_at(i);
        frame.pts_us = i / together * together * STEP_US;
        assert_ok(meta_store_put_frames(p->ingest.meta, id, &frame, 1, &err), &err);
    }
    assert_ok(meta_store_finish_segment(p->ingest.meta, id, 0, frames, &err), &err);
    assert_ok(meta_store_finish_split(p->ingest.meta, id, 1, frames, frames * STEP_US, false, &err), &err);
}

static void begin_video(struct pipeline *p, const char *id, int32_t frames)
{
    begin_video_of(p, id, frames, 1);
}

// Waits until no message is left, and says what there is.
static char *tracked(struct pipeline *p, const char *video)
{
    pipeline_wait_queues(p);
    struct meta_video state = pipeline_video(p, video);
    assert_true(video_state_is_final(state.state));
    assert_false(tracking_is_due(&state));
    return pipeline_describe(p, video);
}

static struct pipeline *open_pipeline(int workers)
{
    struct pipeline *p = mem_calloc(1, sizeof(*p));
    pipeline_open(p);
    p->tracking_settings.workers = workers;
    pipeline_start(p, RUN_TRACKER);
    return p;
}

static void close_pipeline(struct pipeline *p)
{
    pipeline_close(p);
    free(p);
}

static char *track_video(struct pipeline *p, const char *id, int32_t frames, find_fn *find)
{
    begin_video(p, id, frames);
    for (int32_t i = 0; i < frames; i++)
        index_frame(p, id, i, find);
    return tracked(p, id);
}

static char *track_street(struct pipeline *p, const char *id)
{
    return track_video(p, id, FRAMES, find_street);
}

static struct meta_track *list(struct pipeline *p, const char *video, size_t *count)
{
    struct meta_track *tracks;
    assert_ok(meta_store_list_tracks(p->ingest.meta, video, -1, META_LIST_MAX, &tracks, count, &err), &err);
    return tracks;
}

static void assert_same(const char *a, const char *b)
{
    if (strcmp(a, b) != 0)
        fail_msg("the results differ:\n%s\ninstead of\n%s", b, a);
}

// ---- results

static void everybody_is_followed_through_crossing_and_hiding(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    free(track_street(p, "00000000000000aa"));
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 3);
    assert_int_equal(tracks[0].objects, FRAMES);
    assert_int_equal(tracks[1].objects, FRAMES);
    assert_int_equal(tracks[2].objects, FRAMES - 5);
    assert_string_equal(tracks[2].class_name, "dog");
    assert_int_equal(tracks[2].last_us, (FRAMES - 1) * STEP_US);
    free(tracks);
    close_pipeline(p);
}

static void a_track_looks_like_the_mean_of_its_objects(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    float vector[DIMENSION];
    size_t dimension;
    free(track_street(p, "00000000000000aa"));
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    const struct vector_track id = {.video = "00000000000000aa", .n = tracks[0].n};
    assert_ok(vector_index_fetch_track(p->ingest.vectors, "demo", &id, vector, DIMENSION, &dimension, &err), &err);
    // 0 to 0.4 in turn: of the five, the one in the middle is nearest to the mean.
    assert_float_equal(vector[0], 0.98, 5e-3);
    assert_float_equal(vector[7], 0.19, 1e-2);
    assert_int_equal(tracks[0].typical_frame % 5, 2);
    assert_int_equal(tracks[0].typical_k, 0);
    free(tracks);
    close_pipeline(p);
}

// ---- messages

static void publish_detections(struct pipeline *p, const char *video, int32_t frame)
{
    struct detections_message message = {.project = "demo", .segment = frame >= 0 ? 0 : -1, .frame = frame};
    char key[MESSAGE_KEY_SIZE];
    struct strbuf text;
    strbuf_init(&text);
    memcpy(message.video, video, VIDEO_ID_SIZE);
    detections_message_encode(&message, &text);
    message_key_make(video, message.segment, key);
    const struct queue_item item = {.key = key, .body = text.data, .body_size = text.size};
    assert_ok(queue_publish(p->ingest.queue, TOPIC_DETECTIONS, &item, 1, &err), &err);
    strbuf_release(&text);
}

enum event_kind { EVENT_INDEXED, EVENT_FRAME, EVENT_VIDEO };
struct event {
    enum event_kind kind;
    int32_t frame;
};

// Every frame is indexed once to three times and said to be as often; that the video is complete is said once to three
// times too, wherever: also before it is true.
static size_t shuffle_events(struct event *events)
{
    size_t count = 0;
    for (int32_t i = 0; i < FRAMES; i++) {
        for (uint32_t n = 1 + draw(3); n > 0; n--)
            events[count++] = (struct event){EVENT_INDEXED, i};
        for (uint32_t n = draw(3); n > 0; n--)
            events[count++] = (struct event){EVENT_FRAME, i};
    }
    for (uint32_t n = 1 + draw(3); n > 0; n--)
        events[count++] = (struct event){EVENT_VIDEO, -1};
    for (size_t i = count - 1; i > 0; i--) {
        size_t other = draw((uint32_t)i + 1);
        struct event swapped = events[i];
        events[i] = events[other];
        events[other] = swapped;
    }
    return count;
}

struct shuffled {
    char id[VIDEO_ID_SIZE];
    struct event events[FRAMES * 5 + 3];
    size_t count, done;
};

static void take_event(struct pipeline *p, struct shuffled *video)
{
    const struct event *event = &video->events[video->done++];
    if (event->kind == EVENT_INDEXED)
        index_frame(p, video->id, event->frame, find_street);
    else
        publish_detections(p, video->id, event->frame);
}

static void check_and_delete(struct pipeline *p, const char *id, const char *expected)
{
    char *found = tracked(p, id);
    assert_same(expected, found);
    free(found);
    assert_ok(lifecycle_delete_video(&p->ingest, id, NULL, &err), &err);
}

static void a_thousand_orders_of_messages_give_the_same_tracks(void **state)
{
    (void)state;
    enum { TOGETHER = 20 };
    struct pipeline *p = open_pipeline(2);
    char *expected = track_street(p, "00000000000000aa");
    struct shuffled *videos = mem_calloc(TOGETHER, sizeof(*videos));
    for (int n = 0; n < PERMUTATIONS; n += TOGETHER) {
        size_t left = TOGETHER;
        for (int v = 0; v < TOGETHER; v++) {
            videos[v] = (struct shuffled){0};
            snprintf(videos[v].id, sizeof(videos[v].id), "%016llx", 0x9e3779b97f4a7c15ull * (unsigned)(n + v + 1));
            videos[v].count = shuffle_events(videos[v].events);
            begin_video(p, videos[v].id, FRAMES);
        }
        while (left > 0) {
            struct shuffled *video = &videos[draw(TOGETHER)];
            if (video->done == video->count)
                continue;
            take_event(p, video);
            left -= video->done == video->count;
        }
        for (int v = 0; v < TOGETHER; v++)
            check_and_delete(p, videos[v].id, expected);
    }
    free(videos);
    free(expected);
    close_pipeline(p);
}

static void two_videos_at_once_do_not_mix(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(2);
    char *alone = track_street(p, "00000000000000aa");
    begin_video(p, "00000000000000bb", FRAMES);
    begin_video(p, "00000000000000cc", FRAMES);
    for (int32_t i = 0; i < FRAMES; i++) {
        index_frame(p, "00000000000000bb", i, find_street);
        index_frame(p, "00000000000000cc", FRAMES - 1 - i, find_street);
    }
    char *one = tracked(p, "00000000000000bb");
    char *other = tracked(p, "00000000000000cc");
    assert_same(alone, one);
    assert_same(alone, other);
    free(alone);
    free(one);
    free(other);
    close_pipeline(p);
}

// ---- videos that are not as they should be

static void bury_frame(struct pipeline *p, const char *video, int32_t index)
{
    struct frame_message message = {
        .project = "demo", .frame = index, .pts_us = index * STEP_US, .width = 640, .height = 480};
    char key[MESSAGE_KEY_SIZE];
    struct strbuf text;
    strbuf_init(&text);
    memcpy(message.video, video, VIDEO_ID_SIZE);
    frame_message_encode(&message, &text);
    message_key_make(video, 0, key);
    assert_ok(dead_letter_settle(
                  &p->ingest, TOPIC_FRAMES, key, text.data, text.size, "it kills every indexer", ERR_NONE, &err),
        &err);
    strbuf_release(&text);
}

static void frames_missing_for_good_do_not_stall_a_video(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    begin_video(p, "00000000000000aa", FRAMES);
    // The last one to arrive is one that never will.
    for (int32_t i = 0; i < FRAMES; i++) {
        if (i != 4 && i != 5 && i != FRAMES - 1)
            index_frame(p, "00000000000000aa", i, find_street);
    }
    bury_frame(p, "00000000000000aa", 4);
    bury_frame(p, "00000000000000aa", 5);
    assert_false(video_state_is_final(pipeline_video(p, "00000000000000aa").state));
    bury_frame(p, "00000000000000aa", FRAMES - 1);
    free(tracked(p, "00000000000000aa"));
    assert_string_equal(video_state_name(pipeline_video(p, "00000000000000aa").state), "incomplete");
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 3);
    assert_int_equal(tracks[0].objects, FRAMES - 3);
    free(tracks);
    // Found after all, the frames belong to the same tracks.
    assert_ok(meta_store_fail_frame(p->ingest.meta, "00000000000000aa", 4, false, &err), &err);
    index_frame(p, "00000000000000aa", 4, find_street);
    pipeline_wait_queues(p);
    tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 3);
    assert_int_equal(tracks[0].objects, FRAMES - 2);
    free(tracks);
    close_pipeline(p);
}

static void a_video_without_objects_has_no_tracks_and_is_tracked(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    free(track_video(p, "00000000000000aa", FRAMES, find_nothing));
    assert_int_equal(pipeline_video(p, "00000000000000aa").tracks, 0);
    close_pipeline(p);
}

static void a_video_of_one_frame_is_tracked(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    free(track_video(p, "00000000000000aa", 1, find_street));
    // Who is seen once must be sure.
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 2);
    assert_int_equal(tracks[0].objects, 1);
    assert_int_equal(tracks[0].typical_frame, 0);
    free(tracks);
    close_pipeline(p);
}

static void find_crowd(int32_t frame, struct found *found)
{
    found->count = 0;
    for (int k = 0; k < OBJECTS_PER_FRAME_MAX; k++)
        add(found, 60.0f * (float)(k % 40) + (float)frame, 100.0f * (float)(k / 40), 0.9f - 0.0004f * (float)k,
            "person", k % 7, 0.1f * (float)(k % 5));
}

static void as_many_boxes_as_a_frame_may_have_are_all_followed(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    free(track_video(p, "00000000000000aa", 4, find_crowd));
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, OBJECTS_PER_FRAME_MAX);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tracks[i].objects, 4);
    free(tracks);
    close_pipeline(p);
}

// Every frame of a video of which some are of one time: milliseconds are all that some containers know.
static void frames_of_one_time_are_followed_in_their_order(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    const char *id = "00000000000000aa";
    begin_video_of(p, id, FRAMES, 2);
    for (int32_t i = 0; i < FRAMES; i++)
        index_frame(p, id, i, find_street);
    free(tracked(p, id));
    struct meta_track *tracks = list(p, id, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_true(tracks[i].objects >= FRAMES - 6);
    free(tracks);
    // What is stored beside them can be read again.
    const struct meta_video video = pipeline_video(p, id);
    struct track_sheet sheet;
    assert_ok(track_sheet_get(&p->ingest, &video, &sheet, &err), &err);
    assert_int_equal(sheet.frame_count, FRAMES);
    assert_int_equal(sheet.frames[1].pts_us, 0);
    track_sheet_release(&sheet);
    close_pipeline(p);
}

static void find_copies(int32_t frame, struct found *found)
{
    found->count = 0;
    for (int k = 0; k < 5; k++)
        add(found, 100.0f + 5.0f * (float)frame, 100, 0.9f, "person", 0, 0);
}

static void boxes_that_are_all_the_same_have_a_track_each(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    char *first = track_video(p, "00000000000000aa", FRAMES, find_copies);
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tracks[i].objects, FRAMES);
    free(tracks);
    publish_detections(p, "00000000000000aa", -1);
    char *second = tracked(p, "00000000000000aa");
    assert_same(first, second);
    free(first);
    free(second);
    close_pipeline(p);
}

// Among a street's objects, boxes without an area, in no picture, or too far away to compute with.
static void find_flat_things(int32_t frame, struct found *found)
{
    find_street(frame, found);
    size_t first = found->count;
    for (int k = 0; k < 3; k++)
        add(found, 10, 10, 0.1f, "kite", 5, 0);
    found->objects[first].width = 0;
    found->objects[first + 1].height = 0;
    found->objects[first + 2].x = 1e30f;
}

static void boxes_that_are_none_have_no_track_and_disturb_nobody(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    char *text = track_video(p, "00000000000000aa", FRAMES, find_flat_things);
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_string_not_equal(tracks[i].class_name, "kite");
    assert_non_null(strstr(text, "kite 0.100 at 10.0 10.0 0.0 90.0 track -1"));
    free(tracks);
    free(text);
    close_pipeline(p);
}

// ---- tracked again

// Another detector and another embedder: one person only, and other looks.
static void find_one(int32_t frame, struct found *found)
{
    found->count = 0;
    add(found, 30.0f + 22.0f * (float)frame, 90, 0.95f, "human", 4, 0.5f);
}

static void a_video_indexed_by_another_model_gets_other_tracks(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    size_t count;
    float vector[DIMENSION];
    size_t dimension;
    free(track_street(p, "00000000000000aa"));
    // As lifecycle_reindex_project() begins.
    assert_ok(vector_index_remove_project(p->ingest.vectors, "demo", &err), &err);
    for (int32_t i = 0; i < FRAMES; i++)
        index_frame_with(p, "00000000000000aa", i, find_one, "model-b");
    free(tracked(p, "00000000000000aa"));
    struct meta_track *tracks = list(p, "00000000000000aa", &count);
    assert_int_equal(count, 1);
    assert_string_equal(tracks[0].class_name, "human");
    assert_int_equal(tracks[0].objects, FRAMES);
    free(tracks);
    for (int64_t n = 1; n <= 3; n++) {
        const struct vector_track id = {.video = "00000000000000aa", .n = n};
        enum err_code code =
            vector_index_fetch_track(p->ingest.vectors, "demo", &id, vector, DIMENSION, &dimension, &err);
        assert_int_equal(code, n == 1 ? ERR_NONE : ERR_NOT_FOUND);
    }
    close_pipeline(p);
}

static void nothing_of_the_tracks_stays_of_a_removed_video(void **state)
{
    (void)state;
    struct pipeline *p = open_pipeline(1);
    float vector[DIMENSION];
    size_t dimension;
    const struct vector_track id = {.video = "00000000000000aa", .n = 1};
    free(track_street(p, "00000000000000aa"));
    assert_ok(vector_index_fetch_track(p->ingest.vectors, "demo", &id, vector, DIMENSION, &dimension, &err), &err);
    assert_ok(lifecycle_delete_video(&p->ingest, "00000000000000aa", NULL, &err), &err);
    assert_code(
        vector_index_fetch_track(p->ingest.vectors, "demo", &id, vector, DIMENSION, &dimension, &err), ERR_NOT_FOUND);
    close_pipeline(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_is_followed_through_crossing_and_hiding),
        cmocka_unit_test(a_track_looks_like_the_mean_of_its_objects),
        cmocka_unit_test(a_thousand_orders_of_messages_give_the_same_tracks),
        cmocka_unit_test(two_videos_at_once_do_not_mix),
        cmocka_unit_test(frames_missing_for_good_do_not_stall_a_video),
        cmocka_unit_test(a_video_without_objects_has_no_tracks_and_is_tracked),
        cmocka_unit_test(a_video_of_one_frame_is_tracked),
        cmocka_unit_test(as_many_boxes_as_a_frame_may_have_are_all_followed),
        cmocka_unit_test(frames_of_one_time_are_followed_in_their_order),
        cmocka_unit_test(boxes_that_are_all_the_same_have_a_track_each),
        cmocka_unit_test(boxes_that_are_none_have_no_track_and_disturb_nobody),
        cmocka_unit_test(a_video_indexed_by_another_model_gets_other_tracks),
        cmocka_unit_test(nothing_of_the_tracks_stays_of_a_removed_video),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
