// Corrections over in-memory stores: what is stored after them, after failures at any point, and beside a tracker.
#include "ingest/track_corrections.h"

#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "blob_store/blob_store.h"
#include "blob_store/blob_store_backend.h"
#include "ingest/test_pipeline.h"
#include "meta_store/meta_store_backend.h"
#include "os/cancel.h"
#include "os/thread.h"
#include "vector_index/vector_index.h"
#include "vector_index/vector_index_backend.h"

#define VIDEO "0123456789abcdef"
#define OTHER "00000000000000aa"
#define FRAMES 12
#define WALKERS 3
#define DIMENSION 4

static struct err err;

// ---- a video that is indexed: walkers side by side, each seen in all frames

static const float looks[WALKERS][DIMENSION] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};

static void put_frame(struct pipeline *p, const char *video, int32_t index, size_t walkers, float shift)
{
    struct meta_object objects[WALKERS];
    struct vector_item items[WALKERS];
    for (size_t k = 0; k < walkers; k++) {
        objects[k] = (struct meta_object){.x = (float)k * 200.0f + (float)index * 4.0f + shift,
            .y = 50.0f,
            .width = 40.0f,
            .height = 90.0f,
            .score = 0.9f - (float)k / 10.0f,
            .class_name = "person",
            .track = -1};
        items[k] = (struct vector_item){.class_name = "person", .track = -1, .vector = looks[k]};
        object_id_make(video, index, (int32_t)k, items[k].object);
    }
    const struct meta_frame frame = {.index = index,
        .pts_us = index * INT64_C(200000),
        .width = 1000,
        .height = 500,
        .state = FRAME_INDEXED,
        .objects = objects,
        .object_count = walkers};
    assert_ok(vector_index_upsert(p->ingest.vectors, "demo", "made", DIMENSION, items, walkers, &err), &err);
    assert_ok(meta_store_put_objects(p->ingest.meta, video, &frame, 1, &err), &err);
}

static void index_video(struct pipeline *p, const char *id)
{
    struct meta_video video = {.project = "demo", .limit_us = -1, .chunk_us = 1000000, .sampling = {.fps_num = 5}};
    bool created = false;
    memcpy(video.id, id, sizeof(video.id));
    assert_ok(meta_store_create_video(p->ingest.meta, &video, &created, &err), &err);
    assert_ok(meta_store_set_video_state(p->ingest.meta, id, 1u << VIDEO_QUEUED, VIDEO_RUNNING, &err), &err);
    const struct meta_segment segment = {.end_us = FRAMES * INT64_C(200000), .prev_pts_us = -1};
    assert_ok(meta_store_put_segment(p->ingest.meta, id, &segment, &err), &err);
    assert_ok(meta_store_finish_split(p->ingest.meta, id, 1, FRAMES, segment.end_us, false, &err), &err);
    for (int32_t f = 0; f < FRAMES; f++)
        put_frame(p, id, f, WALKERS, 0);
    assert_ok(meta_store_finish_segment(p->ingest.meta, id, 0, FRAMES, &err), &err);
    assert_ok(meta_store_settle_video(p->ingest.meta, id, NULL, &err), &err);
    assert_string_equal(video_state_name(pipeline_video(p, id).state), "done");
}

static void track(struct pipeline *p, const char *id)
{
    size_t tracks = 0;
    assert_ok(tracking_run(&p->ingest, id, NULL, &tracks, &err), &err);
}

static void open_tracked(struct pipeline *p)
{
    pipeline_open(p);
    index_video(p, VIDEO);
    track(p, VIDEO);
    assert_int_equal(pipeline_video(p, VIDEO).tracks, WALKERS);
}

// ---- correcting

static enum err_code change(struct pipeline *p, const struct correction_request *request, struct correction *done)
{
    struct correction unused;
    struct correction *correction = done != NULL ? done : &unused;
    enum err_code code = corrections_change(&p->ingest, VIDEO, request, NULL, correction, &err);
    if (code == ERR_NONE && done == NULL)
        correction_release(correction);
    return code;
}

static struct correction_request split_at(int64_t track, int64_t frame)
{
    return (struct correction_request){
        .kind = TRACK_STEP_SPLIT, .track = track, .at_us = frame * 200000, .expected_version = -1};
}

static struct correction_request merge_of(int64_t track, int64_t into)
{
    return (struct correction_request){.kind = TRACK_STEP_MERGE, .track = track, .into = into, .expected_version = -1};
}

static struct correction_request step(enum track_step_kind kind)
{
    return (struct correction_request){.kind = kind, .expected_version = -1};
}

static void do_it(struct pipeline *p, struct correction_request request)
{
    assert_ok(change(p, &request, NULL), &err);
}

// ---- what is stored

static int64_t track_in_vectors(struct pipeline *p, const char *object)
{
    float vector[DIMENSION];
    size_t dimension = 0;
    struct vector_hit *hits = NULL;
    size_t count = 0;
    int64_t found = -2;
    assert_ok(vector_index_fetch(p->ingest.vectors, "demo", object, vector, DIMENSION, &dimension, &err), &err);
    const struct vector_query query = {.project = "demo",
        .vector = vector,
        .dimension = DIMENSION,
        .limit = VECTOR_QUERY_LIMIT_MAX,
        .min_score = -1,
        .exact = true,
        .filter = {.video = VIDEO}};
    assert_ok(vector_index_query(p->ingest.vectors, &query, &hits, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(hits[i].object, object) == 0)
            found = hits[i].track;
    }
    free(hits);
    return found;
}

static void describe_frame(struct pipeline *p, const struct meta_frame *frame, struct strbuf *out)
{
    for (size_t k = 0; k < frame->object_count; k++) {
        char id[OBJECT_ID_SIZE];
        object_id_make(VIDEO, frame->index, (int32_t)k, id);
        strbuf_addf(out, " %lld", (long long)frame->objects[k].track);
        int64_t filtered = track_in_vectors(p, id);
        if (filtered != frame->objects[k].track)
            strbuf_addf(out, " (filtered as %lld)", (long long)filtered);
    }
    strbuf_addc(out, '\n');
}

// All that says which object is of which track, as one text, to be freed.
static char *stored(struct pipeline *p)
{
    struct strbuf out;
    struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
    struct meta_frames frames = {0};
    struct meta_track *tracks = NULL;
    size_t count = 0;
    strbuf_init(&out);
    assert_ok(meta_store_list_frames(p->ingest.meta, VIDEO, &range, &frames, &err), &err);
    for (size_t i = 0; i < frames.count; i++)
        describe_frame(p, &frames.items[i], &out);
    meta_frames_release(&frames);
    assert_ok(meta_store_list_tracks(p->ingest.meta, VIDEO, -1, META_LIST_MAX, &tracks, &count, &err), &err);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(&out, "%lld: %lld objects, frames %d to %d, best %d-%d\n", (long long)tracks[i].n,
            (long long)tracks[i].objects, tracks[i].first_frame, tracks[i].last_frame, tracks[i].best_frame,
            tracks[i].best_k);
    free(tracks);
    struct meta_video video = pipeline_video(p, VIDEO);
    strbuf_addf(&out, "%lld tracks after %lld corrections\n", (long long)video.tracks, (long long)video.track_steps);
    return strbuf_detach(&out, NULL);
}

// Tracking again, from the objects, must give exactly what is there.
static void assert_follows(struct pipeline *p)
{
    char *now = stored(p);
    track(p, VIDEO);
    char *again = stored(p);
    assert_string_equal(now, again);
    assert_null(strstr(now, "filtered"));
    free(now);
    free(again);
}

// ---- tests

static void a_correction_is_stored_everywhere_and_kept_when_the_video_is_tracked_again(void **state)
{
    (void)state;
    struct pipeline p;
    struct correction done;
    open_tracked(&p);
    char *before = stored(&p);
    const struct correction_request split = split_at(2, 5);
    assert_ok(change(&p, &split, &done), &err);
    assert_int_equal(done.version, 1);
    assert_int_equal(done.object_count, FRAMES - 5);
    assert_int_equal(done.track_count, 2);
    assert_int_equal(done.tracks[0].n, 2);
    assert_int_equal(done.tracks[0].objects, 5);
    assert_int_equal(done.tracks[1].n, WALKERS + 1);
    assert_int_equal(done.gone_count, 0);
    assert_true(done.has_undo && !done.has_redo);
    correction_release(&done);
    assert_follows(&p);
    do_it(&p, step(TRACK_STEP_UNDO));
    assert_follows(&p);
    char *after = stored(&p);
    // All but how many corrections there were is as it was.
    assert_memory_equal(after, before, (size_t)(strstr(before, " tracks after") - before));
    do_it(&p, step(TRACK_STEP_REDO));
    assert_follows(&p);
    free(before);
    free(after);
    pipeline_close(&p);
}

static void many_corrections_are_stored_everywhere(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    static const char *const swapped[] = {VIDEO "-00000003-000", VIDEO "-00000004-000", VIDEO "-00000009-001"};
    do_it(&p, split_at(1, 4));
    do_it(&p, split_at(3, 4));
    do_it(&p, merge_of(WALKERS + 1, 3)); // the first walker's end to the third one's beginning
    do_it(&p,
        (struct correction_request){
            .kind = TRACK_STEP_GIVE, .into = 3, .objects = swapped, .count = 3, .expected_version = -1});
    assert_follows(&p);
    do_it(&p,
        (struct correction_request){
            .kind = TRACK_STEP_GIVE, .into = -1, .objects = swapped, .count = 2, .expected_version = -1});
    assert_follows(&p);
    for (int i = 0; i < 4; i++)
        do_it(&p, step(TRACK_STEP_UNDO));
    assert_follows(&p);
    for (int i = 0; i < 3; i++)
        do_it(&p, step(TRACK_STEP_REDO));
    do_it(&p, merge_of(WALKERS + 2, 1));
    assert_follows(&p);
    pipeline_close(&p);
}

static void what_cannot_be_corrected_yet_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct pipeline p;
    const struct correction_request split = split_at(1, 4);
    pipeline_open(&p);
    assert_code(change(&p, &split, NULL), ERR_NOT_FOUND);
    index_video(&p, VIDEO);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "were not followed yet"));
    track(&p, VIDEO);
    assert_ok(meta_store_set_video_state(p.ingest.meta, VIDEO, 1u << VIDEO_DONE, VIDEO_RUNNING, &err), &err);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "running"));
    assert_ok(meta_store_set_video_state(p.ingest.meta, VIDEO, 1u << VIDEO_RUNNING, VIDEO_DELETING, &err), &err);
    assert_code(change(&p, &split, NULL), ERR_NOT_FOUND);
    pipeline_close(&p);
}

static void a_video_that_is_being_indexed_again_is_not_corrected(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    put_frame(&p, VIDEO, 4, WALKERS - 1, 0);
    const struct correction_request split = split_at(1, 4);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "being indexed again"));
    put_frame(&p, VIDEO, 4, WALKERS, 1);
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    track(&p, VIDEO);
    assert_ok(change(&p, &split, NULL), &err);
    assert_follows(&p);
    pipeline_close(&p);
}

static void corrections_are_kept_when_the_objects_are_others(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    do_it(&p, split_at(3, 5));
    do_it(&p, merge_of(WALKERS + 2, 2)); // the third walker goes on from the second
    // Another detector: all boxes a little aside, and the first walker is not seen any more.
    for (int32_t f = 0; f < FRAMES; f++) {
        struct meta_object objects[WALKERS - 1];
        struct vector_item items[WALKERS - 1];
        for (size_t k = 0; k < WALKERS - 1; k++) {
            objects[k] = (struct meta_object){.x = (float)(k + 1) * 200.0f + (float)f * 4.0f + 5.0f,
                .y = 47.0f,
                .width = 44.0f,
                .height = 90.0f,
                .score = 0.7f,
                .class_name = "man",
                .track = -1};
            items[k] = (struct vector_item){.class_name = "man", .track = -1, .vector = looks[k + 1]};
            object_id_make(VIDEO, f, (int32_t)k, items[k].object);
        }
        const char *gone[] = {VIDEO "-00000000-002"};
        char text[OBJECT_ID_SIZE];
        object_id_make(VIDEO, f, 2, text);
        gone[0] = text;
        const struct meta_frame frame = {.index = f,
            .pts_us = f * INT64_C(200000),
            .width = 1000,
            .height = 500,
            .state = FRAME_INDEXED,
            .objects = objects,
            .object_count = WALKERS - 1};
        assert_ok(vector_index_remove(p.ingest.vectors, "demo", gone, 1, &err), &err);
        assert_ok(vector_index_upsert(p.ingest.vectors, "demo", "made", DIMENSION, items, WALKERS - 1, &err), &err);
        assert_ok(meta_store_put_objects(p.ingest.meta, VIDEO, &frame, 1, &err), &err);
    }
    track(&p, VIDEO);
    struct meta_frames frames = {0};
    assert_ok(meta_store_get_frame(p.ingest.meta, VIDEO, 0, &frames, &err), &err);
    int64_t second = frames.items[0].objects[0].track;
    meta_frames_release(&frames);
    assert_ok(meta_store_get_frame(p.ingest.meta, VIDEO, FRAMES - 1, &frames, &err), &err);
    assert_int_equal(frames.items[0].objects[1].track, second);
    assert_int_not_equal(frames.items[0].objects[0].track, second);
    meta_frames_release(&frames);
    struct correction_list list;
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 10, &list, &err), &err);
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++)
        assert_string_equal(list.steps[i].passed_over, "");
    correction_list_release(&list);
    pipeline_close(&p);
}

static void of_two_who_saw_the_same_version_the_second_is_refused(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    struct correction_request split = split_at(1, 4);
    split.expected_version = 0;
    split.by = "ann";
    assert_ok(change(&p, &split, NULL), &err);
    split.at_us = 400000;
    assert_code(change(&p, &split, NULL), ERR_CONFLICT);
    assert_non_null(strstr(err.message, "at version 1, not 0"));
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 1);
    pipeline_close(&p);
}

static void the_history_comes_newest_first_and_by_page(void **state)
{
    (void)state;
    struct pipeline p;
    struct correction_list list;
    open_tracked(&p);
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 10, &list, &err), &err);
    assert_int_equal(list.version, 0);
    assert_false(list.has_undo || list.has_redo || list.more);
    correction_list_release(&list);
    do_it(&p, split_at(1, 4));
    do_it(&p, split_at(2, 4));
    do_it(&p, step(TRACK_STEP_UNDO));
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 2, &list, &err), &err);
    assert_int_equal(list.count, 2);
    assert_true(list.more && list.has_undo && list.has_redo);
    assert_int_equal(list.steps[0].kind, TRACK_STEP_UNDO);
    assert_int_equal(list.steps[0].step, 2);
    assert_int_equal(list.undo.id, 1);
    assert_int_equal(list.undo.made, WALKERS + 1);
    assert_int_equal(list.redo.id, 2);
    assert_true(list.steps[1].undone);
    correction_list_release(&list);
    assert_ok(corrections_list(&p.ingest, VIDEO, 2, 2, &list, &err), &err);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.steps[0].id, 1);
    assert_false(list.more);
    correction_list_release(&list);
    assert_code(corrections_list(&p.ingest, OTHER, 0, 2, &list, &err), ERR_NOT_FOUND);
    pipeline_close(&p);
}

static void the_first_correction_tracks_a_video_of_an_earlier_program_again(void **state)
{
    (void)state;
    struct pipeline p;
    bool due = true;
    open_tracked(&p);
    struct meta_video video = pipeline_video(&p, VIDEO);
    assert_ok(corrections_are_due(&p.ingest, &video, &due, &err), &err);
    assert_false(due);
    assert_ok(blob_store_remove(p.ingest.blobs, "demo/" VIDEO "/tracks", &err), &err);
    assert_ok(corrections_are_due(&p.ingest, &video, &due, &err), &err);
    assert_true(due);
    do_it(&p, split_at(1, 4));
    assert_follows(&p);

    // Damaged, it is the same.
    assert_ok(blob_store_put(p.ingest.blobs, "demo/" VIDEO "/tracks", "FHTRACKS\1 no more", 17, &err), &err);
    do_it(&p, split_at(2, 4));
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS + 2);
    assert_follows(&p);
    pipeline_close(&p);
}

static void at_a_start_a_video_without_its_sheet_is_tracked_once(void **state)
{
    (void)state;
    struct pipeline p;
    struct queue_stats stats;
    open_tracked(&p);
    assert_ok(blob_store_remove(p.ingest.blobs, "demo/" VIDEO "/tracks", &err), &err);
    for (int start = 0; start < 3; start++)
        assert_ok(lifecycle_recover(&p.ingest, NULL, NULL, &err), &err);
    assert_ok(queue_stats(p.ingest.queue, TOPIC_DETECTIONS, &stats, &err), &err);
    assert_int_equal(stats.ready, 1);
    pipeline_start(&p, RUN_TRACKER);
    pipeline_wait_queues(&p);
    pipeline_stop(&p);
    assert_ok(lifecycle_recover(&p.ingest, NULL, NULL, &err), &err);
    assert_ok(queue_stats(p.ingest.queue, TOPIC_DETECTIONS, &stats, &err), &err);
    assert_int_equal(stats.ready, 0);
    pipeline_close(&p);
}

static void a_video_that_comes_back_is_corrected_as_before(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    char *before = stored(&p);
    assert_ok(lifecycle_delete_video(&p.ingest, VIDEO, NULL, &err), &err);
    struct blob_info info;
    assert_code(blob_store_stat(p.ingest.blobs, "demo/" VIDEO "/tracks", &info, &err), ERR_NOT_FOUND);
    index_video(&p, VIDEO);
    track(&p, VIDEO);
    char *after = stored(&p);
    assert_string_equal(after, before);
    free(before);
    free(after);

    // With the project the corrections go.
    assert_ok(lifecycle_delete_project(&p.ingest, "demo", NULL, &err), &err);
    index_video(&p, VIDEO);
    track(&p, VIDEO);
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 0);
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS);
    pipeline_close(&p);
}

static void an_entry_that_cannot_be_read_keeps_the_tracks_as_they_are(void **state)
{
    (void)state;
    struct pipeline p;
    static const char newer[] = "{\"format\":2,\"kind\":\"teleport\"}";
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    assert_ok(
        meta_store_append_journal(p.ingest.meta, "demo", "tracks-" VIDEO, 1, newer, sizeof(newer) - 1, NULL, &err),
        &err);
    const struct correction_request split = split_at(1, 5);
    assert_code(change(&p, &split, NULL), ERR_INVALID);
    assert_non_null(strstr(err.message, "correction 2"));
    assert_non_null(strstr(err.message, "newer Framehound"));
    assert_code(tracking_run(&p.ingest, VIDEO, NULL, NULL, &err), ERR_INVALID);
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS + 1);
    pipeline_close(&p);
}

// ---- failures

static struct {
    atomic_int calls;
    atomic_int fails_at; // 0: none
    bool for_good;       // all calls from it on fail, as when the process ends there
    bool after;          // it fails, but has done its work
    const struct blob_store_ops *blobs;
    const struct meta_store_ops *meta;
    const struct vector_index_ops *vectors;
} fault;

static bool fails_now(void)
{
    int call = atomic_fetch_add(&fault.calls, 1) + 1;
    int at = atomic_load(&fault.fails_at);
    return at > 0 && (fault.for_good ? call >= at : call == at);
}

#define FAILING(name, parameters, call)                                                                                \
    static enum err_code failing_##name parameters                                                                     \
    {                                                                                                                  \
        bool fails = fails_now();                                                                                      \
        enum err_code code = ERR_NONE;                                                                                 \
        if (!fails || fault.after)                                                                                     \
            code = (call);                                                                                             \
        return fails && code == ERR_NONE ? err_set(error, ERR_UNAVAILABLE, "a fault made by the test") : code;         \
    }

FAILING(append,
    (struct meta_store * m, const char *project, const char *journal, int64_t expected, const void *value, size_t size,
        int64_t *position, struct err *error),
    fault.meta->append_journal(m, project, journal, expected, value, size, position, error))
FAILING(put_frame_tracks,
    (struct meta_store * m, const char *video, const struct meta_frame_tracks *frames, size_t count, struct err *error),
    fault.meta->put_frame_tracks(m, video, frames, count, error))
FAILING(put_tracks,
    (struct meta_store * m, const char *video, const struct meta_track *tracks, size_t count, int64_t steps,
        struct err *error),
    fault.meta->put_tracks(m, video, tracks, count, steps, error))
FAILING(set_attributes,
    (struct vector_index * v, const char *project, const struct vector_attributes *changes, size_t count,
        struct err *error),
    fault.vectors->set_attributes(v, project, changes, count, error))
FAILING(put_blob, (struct blob_store * b, const char *key, const void *bytes, size_t size, struct err *error),
    fault.blobs->put(b, key, bytes, size, error))

static void make_failing(struct pipeline *p)
{
    static struct blob_store_ops blobs;
    static struct meta_store_ops meta;
    static struct vector_index_ops vectors;
    fault.blobs = p->ingest.blobs->ops;
    fault.meta = p->ingest.meta->ops;
    fault.vectors = p->ingest.vectors->ops;
    blobs = *fault.blobs;
    meta = *fault.meta;
    vectors = *fault.vectors;
    blobs.put = failing_put_blob;
    meta.append_journal = failing_append;
    meta.put_frame_tracks = failing_put_frame_tracks;
    meta.put_tracks = failing_put_tracks;
    vectors.set_attributes = failing_set_attributes;
    p->ingest.blobs->ops = &blobs;
    p->ingest.meta->ops = &meta;
    p->ingest.vectors->ops = &vectors;
}

static void fail_at(int call, bool for_good, bool after)
{
    fault.for_good = for_good;
    fault.after = after;
    atomic_store(&fault.calls, 0);
    atomic_store(&fault.fails_at, call);
}

// One correction with a call failing, and then what mends it. Says how many calls there were.
static int correct_with_fault(int call, bool for_good, bool after, void (*mend)(struct pipeline *p))
{
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(1, 3));
    make_failing(&p);
    fail_at(call, for_good, after);
    const struct correction_request split = split_at(2, 5);
    enum err_code code = change(&p, &split, NULL);
    int calls = atomic_load(&fault.calls);
    fail_at(0, false, false);
    assert_true((code == ERR_NONE) == (call == 0));
    struct correction_list list;
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 10, &list, &err), &err);
    int64_t version = list.version;
    correction_list_release(&list);
    mend(&p);
    struct meta_video video = pipeline_video(&p, VIDEO);
    assert_true(video.track_steps >= version);
    assert_int_equal(video.tracks, WALKERS + video.track_steps);
    assert_follows(&p);
    pipeline_close(&p);
    return calls;
}

static void sweep(void (*mend)(struct pipeline *p))
{
    int calls = correct_with_fault(0, false, false, mend);
    assert_in_range(calls, 4, 20);
    for (int call = 1; call <= calls; call++) {
        for (int kind = 0; kind < 4; kind++)
            correct_with_fault(call, (kind & 1) != 0, (kind & 2) != 0, mend);
    }
}

static void mend_by_a_start(struct pipeline *p)
{
    assert_ok(lifecycle_recover(&p->ingest, NULL, NULL, &err), &err);
    pipeline_start(p, RUN_TRACKER);
    pipeline_wait_queues(p);
    pipeline_stop(p);
}

// No start: whoever corrects next, after an interruption without a word.
static void mend_by_the_next_correction(struct pipeline *p)
{
    do_it(p, split_at(3, 7));
}

static void a_start_mends_a_correction_that_was_interrupted_anywhere(void **state)
{
    (void)state;
    sweep(mend_by_a_start);
}

static void the_next_correction_mends_one_that_was_interrupted_anywhere(void **state)
{
    (void)state;
    sweep(mend_by_the_next_correction);
}

static void a_correction_that_could_not_be_stored_is_stored_by_the_tracker(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    make_failing(&p);
    fail_at(4, false, false); // entry, vectors, frames, tracks
    const struct correction_request split = split_at(2, 5);
    assert_code(change(&p, &split, NULL), ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "the correction is kept"));
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS);
    pipeline_start(&p, RUN_TRACKER);
    pipeline_wait_queues(&p);
    pipeline_stop(&p);
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS + 1);
    assert_follows(&p);
    pipeline_close(&p);
}

static void a_tracker_that_was_interrupted_anywhere_loses_no_correction(void **state)
{
    (void)state;
    struct pipeline p;
    int calls = 0;
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    make_failing(&p);
    char *expected = stored(&p);
    fail_at(0, false, false);
    track(&p, VIDEO);
    calls = atomic_load(&fault.calls);
    assert_in_range(calls, 3, 20);
    for (int call = 1; call <= calls; call++) {
        // As after another model: nothing of the tracks is right.
        for (int32_t f = 0; f < FRAMES; f++)
            put_frame(&p, VIDEO, f, WALKERS, (float)(call % 2));
        fail_at(call, true, false);
        assert_code(tracking_run(&p.ingest, VIDEO, NULL, NULL, &err), ERR_UNAVAILABLE);
        fail_at(0, false, false);
        track(&p, VIDEO);
        char *now = stored(&p);
        assert_string_equal(now, expected);
        free(now);
    }
    free(expected);
    pipeline_close(&p);
}

// ---- several at once

struct rival {
    struct pipeline *p;
    atomic_bool stops;
    atomic_int runs;
};

static void track_all_the_time(void *arg)
{
    struct rival *rival = arg;
    struct err error = ERR_INIT;
    while (!atomic_load(&rival->stops)) {
        if (tracking_run(&rival->p->ingest, VIDEO, NULL, NULL, &error) == ERR_NONE)
            atomic_fetch_add(&rival->runs, 1);
    }
}

static void a_tracker_at_work_and_corrections_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct pipeline p;
    struct thread *threads[2];
    open_tracked(&p);
    struct rival rival = {.p = &p};
    for (size_t i = 0; i < 2; i++)
        assert_ok(thread_start("rival", track_all_the_time, &rival, &threads[i], &err), &err);
    for (int i = 0; i < 40; i++) {
        do_it(&p, split_at(2, 3 + i % 5));
        // As soon as it is answered it is so.
        struct meta_video video = pipeline_video(&p, VIDEO);
        assert_int_equal(video.tracks, WALKERS + 1);
        do_it(&p, step(TRACK_STEP_UNDO));
    }
    atomic_store(&rival.stops, true);
    for (size_t i = 0; i < 2; i++)
        thread_join(threads[i]);
    assert_true(atomic_load(&rival.runs) > 0);
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 80);
    assert_follows(&p);
    pipeline_close(&p);
}

// Another machine knows nothing of this one's lock.
static struct {
    const struct meta_store_ops *meta;
    int rounds; // that it still takes part in
} elsewhere;

static enum err_code put_tracks_while_another_machine_corrects(struct meta_store *m, const char *video,
    const struct meta_track *tracks, size_t count, int64_t steps, struct err *error)
{
    char text[80];
    if (elsewhere.rounds-- > 0) {
        // Undone and made again in turns.
        snprintf(text, sizeof(text), "{\"format\":1,\"kind\":\"%s\",\"step\":1}", steps % 2 == 1 ? "undo" : "redo");
        assert_ok(
            elsewhere.meta->append_journal(m, "demo", "tracks-" VIDEO, steps, text, strlen(text), &(int64_t){0}, error),
            error);
    }
    return elsewhere.meta->put_tracks(m, video, tracks, count, steps, error);
}

static void correct_beside_another_machine(int rounds, enum err_code expected)
{
    struct pipeline p;
    open_tracked(&p);
    elsewhere.meta = p.ingest.meta->ops;
    elsewhere.rounds = rounds;
    struct meta_store_ops ops = *elsewhere.meta;
    ops.put_tracks = put_tracks_while_another_machine_corrects;
    p.ingest.meta->ops = &ops;
    const struct correction_request split = split_at(2, 5);
    assert_code(change(&p, &split, NULL), expected);
    elsewhere.rounds = 0;
    if (expected == ERR_NONE)
        assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 1 + rounds);
    else
        track(&p, VIDEO);
    struct meta_video video = pipeline_video(&p, VIDEO);
    assert_int_equal(video.tracks, WALKERS + video.track_steps % 2);
    assert_follows(&p);
    // The tracker, too.
    elsewhere.rounds = 3;
    track(&p, VIDEO);
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, video.track_steps + 3);
    assert_follows(&p);
    p.ingest.meta->ops = elsewhere.meta;
    pipeline_close(&p);
}

static void what_another_machine_corrects_meanwhile_is_stored_in_the_end(void **state)
{
    (void)state;
    for (int rounds = 0; rounds < 5; rounds++)
        correct_beside_another_machine(rounds, ERR_NONE);
}

static void others_who_never_stop_are_said(void **state)
{
    (void)state;
    correct_beside_another_machine(1000, ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_correction_is_stored_everywhere_and_kept_when_the_video_is_tracked_again),
        cmocka_unit_test(many_corrections_are_stored_everywhere),
        cmocka_unit_test(what_cannot_be_corrected_yet_is_refused_with_the_reason),
        cmocka_unit_test(a_video_that_is_being_indexed_again_is_not_corrected),
        cmocka_unit_test(corrections_are_kept_when_the_objects_are_others),
        cmocka_unit_test(of_two_who_saw_the_same_version_the_second_is_refused),
        cmocka_unit_test(the_history_comes_newest_first_and_by_page),
        cmocka_unit_test(the_first_correction_tracks_a_video_of_an_earlier_program_again),
        cmocka_unit_test(at_a_start_a_video_without_its_sheet_is_tracked_once),
        cmocka_unit_test(a_video_that_comes_back_is_corrected_as_before),
        cmocka_unit_test(an_entry_that_cannot_be_read_keeps_the_tracks_as_they_are),
        cmocka_unit_test(a_start_mends_a_correction_that_was_interrupted_anywhere),
        cmocka_unit_test(the_next_correction_mends_one_that_was_interrupted_anywhere),
        cmocka_unit_test(a_correction_that_could_not_be_stored_is_stored_by_the_tracker),
        cmocka_unit_test(a_tracker_that_was_interrupted_anywhere_loses_no_correction),
        cmocka_unit_test(what_another_machine_corrects_meanwhile_is_stored_in_the_end),
        cmocka_unit_test(others_who_never_stop_are_said),
        cmocka_unit_test(a_tracker_at_work_and_corrections_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
