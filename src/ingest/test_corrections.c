#include "ingest/test_corrections.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "meta_store/meta_store.h"
#include "vector_index/vector_index.h"

struct err failure;

const float looks[WALKERS][DIMENSION] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};

void put_frame(struct pipeline *p, const char *video, int32_t index, size_t walkers, float shift)
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
    assert_ok(vector_index_upsert(p->ingest.vectors, "demo", "made", DIMENSION, items, walkers, &failure), &failure);
    assert_ok(meta_store_put_objects(p->ingest.meta, video, &frame, 1, &failure), &failure);
}

void index_video(struct pipeline *p, const char *id)
{
    struct meta_video video = {.project = "demo", .limit_us = -1, .chunk_us = 1000000, .sampling = {.fps_num = 5}};
    bool created = false;
    memcpy(video.id, id, sizeof(video.id));
    assert_ok(meta_store_create_video(p->ingest.meta, &video, &created, &failure), &failure);
    assert_ok(meta_store_set_video_state(p->ingest.meta, id, 1u << VIDEO_QUEUED, VIDEO_RUNNING, &failure), &failure);
    const struct meta_segment segment = {.end_us = FRAMES * INT64_C(200000), .prev_pts_us = -1};
    assert_ok(meta_store_put_segment(p->ingest.meta, id, &segment, &failure), &failure);
    assert_ok(meta_store_finish_split(p->ingest.meta, id, 1, FRAMES, segment.end_us, false, &failure), &failure);
    for (int32_t f = 0; f < FRAMES; f++)
        put_frame(p, id, f, WALKERS, 0);
    assert_ok(meta_store_finish_segment(p->ingest.meta, id, 0, FRAMES, &failure), &failure);
    assert_ok(meta_store_settle_video(p->ingest.meta, id, NULL, &failure), &failure);
    assert_string_equal(video_state_name(pipeline_video(p, id).state), "done");
}

void track(struct pipeline *p, const char *id)
{
    size_t tracks = 0;
    assert_ok(tracking_run(&p->ingest, id, NULL, &tracks, &failure), &failure);
}

void open_tracked(struct pipeline *p)
{
    pipeline_open(p);
    index_video(p, VIDEO);
    track(p, VIDEO);
    assert_int_equal(pipeline_video(p, VIDEO).tracks, WALKERS);
}

// ---- correcting

enum err_code change(struct pipeline *p, const struct correction_request *request, struct correction *done)
{
    struct correction unused;
    struct correction *correction = done != NULL ? done : &unused;
    enum err_code code = corrections_change(&p->ingest, VIDEO, request, NULL, correction, &failure);
    if (code == ERR_NONE && done == NULL)
        correction_release(correction);
    return code;
}

struct correction_request split_at(int64_t track, int64_t frame)
{
    return (struct correction_request){
        .kind = TRACK_STEP_SPLIT, .track = track, .at_us = frame * 200000, .expected_version = -1};
}

struct correction_request merge_of(int64_t track, int64_t into)
{
    return (struct correction_request){.kind = TRACK_STEP_MERGE, .track = track, .into = into, .expected_version = -1};
}

struct correction_request step(enum track_step_kind kind)
{
    return (struct correction_request){.kind = kind, .expected_version = -1};
}

void do_it(struct pipeline *p, struct correction_request request)
{
    assert_ok(change(p, &request, NULL), &failure);
}

// ---- what is stored

static int64_t track_in_vectors(struct pipeline *p, const char *object)
{
    float vector[DIMENSION];
    size_t dimension = 0;
    struct vector_hit *hits = NULL;
    size_t count = 0;
    int64_t found = -2;
    assert_ok(vector_index_fetch(p->ingest.vectors, "demo", object, vector, DIMENSION, &dimension, &failure), &failure);
    const struct vector_query query = {.project = "demo",
        .vector = vector,
        .dimension = DIMENSION,
        .limit = VECTOR_QUERY_LIMIT_MAX,
        .min_score = -1,
        .exact = true,
        .filter = {.video = VIDEO}};
    assert_ok(vector_index_query(p->ingest.vectors, &query, &hits, &count, &failure), &failure);
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

char *stored(struct pipeline *p)
{
    struct strbuf out;
    struct meta_frame_range range = {.to_us = -1, .after = -1, .limit = META_LIST_MAX};
    struct meta_frames frames = {0};
    struct meta_track *tracks = NULL;
    size_t count = 0;
    strbuf_init(&out);
    assert_ok(meta_store_list_frames(p->ingest.meta, VIDEO, &range, &frames, &failure), &failure);
    for (size_t i = 0; i < frames.count; i++)
        describe_frame(p, &frames.items[i], &out);
    meta_frames_release(&frames);
    assert_ok(meta_store_list_tracks(p->ingest.meta, VIDEO, -1, META_LIST_MAX, &tracks, &count, &failure), &failure);
    for (size_t i = 0; i < count; i++)
        strbuf_addf(&out, "%lld: %lld objects, frames %d to %d, best %d-%d\n", (long long)tracks[i].n,
            (long long)tracks[i].objects, tracks[i].first_frame, tracks[i].last_frame, tracks[i].best_frame,
            tracks[i].best_k);
    free(tracks);
    struct meta_video video = pipeline_video(p, VIDEO);
    strbuf_addf(&out, "%lld tracks after %lld corrections\n", (long long)video.tracks, (long long)video.track_steps);
    return strbuf_detach(&out, NULL);
}

void assert_follows(struct pipeline *p)
{
    char *now = stored(p);
    track(p, VIDEO);
    char *again = stored(p);
    assert_string_equal(now, again);
    assert_null(strstr(now, "filtered"));
    free(now);
    free(again);
}
