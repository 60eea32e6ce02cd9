// Segments, frames and the objects in them.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "meta_store/frame_value.h"
#include "meta_store/meta_sqlite_internal.h"

// Ends a change of a video's counts.
static void finish_counts(struct meta_store *store, struct db_tx *tx, int64_t number, struct meta_video *video)
{
    meta_video_update_expected(video);
    video->updated_us = meta_sqlite_now_us(store);
    meta_sqlite_store_counts(tx, number, video);
}

enum err_code meta_sqlite_put_segment(
    struct meta_store *store, const char *id, const struct meta_segment *segment, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    struct db_stmt *stmt = db_stmt(&tx,
        "INSERT INTO segments (video, position, start_us, end_us, prev_pts_us, first_frame_number, source_frames)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING");
    const int64_t values[] = {number, segment->index, segment->start_us, segment->end_us, segment->prev_pts_us,
        segment->first_frame_number, segment->source_frames};
    for (int i = 0; i < 7; i++)
        db_bind_int(stmt, i + 1, values[i]);
    db_run(stmt);
    if (db_changes(&tx) > 0) {
        if (!video.split_done)
            video.segments++;
        finish_counts(store, &tx, number, &video);
    } else {
        stmt = db_stmt(&tx,
            "UPDATE segments SET start_us = ?3, end_us = ?4, prev_pts_us = ?5, first_frame_number = ?6,"
            " source_frames = ?7 WHERE video = ?1 AND position = ?2");
        for (int i = 0; i < 7; i++)
            db_bind_int(stmt, i + 1, values[i]);
        db_run(stmt);
    }
    return db_end(&tx, err);
}

enum err_code meta_sqlite_finish_split(struct meta_store *store, const char *id, int64_t segments,
    int64_t frames_expected, int64_t duration_us, bool source_incomplete, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    video.split_done = true;
    video.segments = segments;
    video.frames_expected = frames_expected;
    video.source_incomplete = source_incomplete;
    finish_counts(store, &tx, number, &video);
    struct db_stmt *stmt = db_stmt(&tx, "UPDATE videos SET duration_us = ?2 WHERE number = ?1");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, duration_us);
    db_run(stmt);
    return db_end(&tx, err);
}

static int64_t count_frames_of(struct db_tx *tx, int64_t number, int32_t segment)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT count(*) FROM frames WHERE row >= ?1 AND row < ?2 AND segment = ?3");
    db_bind_int(stmt, 1, meta_sqlite_frame_row(number, 0));
    db_bind_int(stmt, 2, meta_sqlite_frame_row(number + 1, 0));
    db_bind_int(stmt, 3, segment);
    int64_t count = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    return count;
}

static void mark_segment_done(struct db_tx *tx, int64_t number, int32_t segment, int64_t frames, bool failed)
{
    struct db_stmt *stmt =
        db_stmt(tx, "UPDATE segments SET done = 1, failed = ?4, frames = ?3 WHERE video = ?1 AND position = ?2");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, segment);
    db_bind_int(stmt, 3, frames);
    db_bind_int(stmt, 4, failed);
    db_run(stmt);
}

enum err_code meta_sqlite_finish_segment(
    struct meta_store *store, const char *id, int32_t segment, int64_t frames, bool failed, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT done FROM segments WHERE video = ?1 AND position = ?2");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, segment);
    bool known = db_step(stmt);
    bool done = known && db_int(stmt, 0) != 0;
    db_stmt_done(stmt);
    if (!known) {
        struct err sentence = ERR_INIT;
        meta_no_segment(id, segment, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    // A segment that was finished is not failed by a late dead letter; a failed one that succeeds after all is whole.
    if (!(failed && done)) {
        mark_segment_done(&tx, number, segment, failed ? count_frames_of(&tx, number, segment) : frames, failed);
        video.segments_done += done ? 0 : 1;
        finish_counts(store, &tx, number, &video);
    }
    return db_end(&tx, err);
}

enum err_code meta_sqlite_list_segments(struct meta_store *store, const char *id, int32_t after, size_t limit,
    struct meta_segment **segments, size_t *count, struct err *err)
{
    struct meta_segment *found = NULL;
    size_t found_count = 0;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    int64_t number = meta_sqlite_find_video(&tx, id);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT position, start_us, end_us, prev_pts_us, first_frame_number, source_frames, done, frames, failed"
        " FROM segments WHERE video = ?1 AND position > ?2 ORDER BY position LIMIT ?3");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, after);
    db_bind_int(stmt, 3, (int64_t)limit);
    while (db_step(stmt)) {
        found = mem_realloc_array(found, found_count + 1, sizeof(*found));
        found[found_count++] = (struct meta_segment){
            .index = (int32_t)db_int(stmt, 0),
            .start_us = db_int(stmt, 1),
            .end_us = db_int(stmt, 2),
            .prev_pts_us = db_int(stmt, 3),
            .first_frame_number = db_int(stmt, 4),
            .source_frames = db_int(stmt, 5),
            .done = db_int(stmt, 6) != 0,
            .frames = db_int(stmt, 7),
            .failed = db_int(stmt, 8) != 0,
        };
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        free(found);
        return code;
    }
    *segments = found;
    *count = found_count;
    return ERR_NONE;
}

// ---- frames

static bool insert_frame(struct db_tx *tx, int64_t number, const struct meta_frame *frame)
{
    struct db_stmt *stmt = db_stmt(tx,
        "INSERT INTO frames (row, video, pts_us, segment, width, height, state, object_count, objects)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, x'') ON CONFLICT DO NOTHING");
    db_bind_int(stmt, 1, meta_sqlite_frame_row(number, frame->index));
    db_bind_int(stmt, 2, number);
    db_bind_int(stmt, 3, frame->pts_us);
    db_bind_int(stmt, 4, frame->segment);
    db_bind_int(stmt, 5, frame->width);
    db_bind_int(stmt, 6, frame->height);
    db_bind_int(stmt, 7, FRAME_EMITTED);
    db_run(stmt);
    return db_changes(tx) > 0;
}

// The state and number of objects of a frame; false if it is not there.
static bool find_frame(struct db_tx *tx, int64_t number, int32_t index, enum frame_state *state, int64_t *object_count)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT state, object_count FROM frames WHERE row = ?1");
    db_bind_int(stmt, 1, meta_sqlite_frame_row(number, index));
    bool found = db_step(stmt);
    if (found) {
        *state = (enum frame_state)db_int(stmt, 0);
        *object_count = db_int(stmt, 1);
    }
    db_stmt_done(stmt);
    return found;
}

enum err_code meta_sqlite_load_objects(
    struct db_tx *tx, int64_t row, struct meta_object **objects, size_t *count, struct err *err)
{
    enum err_code code = ERR_NOT_FOUND;
    *objects = NULL;
    *count = 0;
    struct db_stmt *stmt = db_stmt(tx, "SELECT objects FROM frames WHERE row = ?1");
    db_bind_int(stmt, 1, row);
    if (db_step(stmt)) {
        size_t size;
        const void *value = db_blob(stmt, 0, &size);
        code = frame_value_decode(value, size, objects, count, err);
    }
    db_stmt_done(stmt);
    return code;
}

// The frame's value, with the tracks of what was there.
static void encode_again(struct db_tx *tx, int64_t number, const struct meta_frame *frame, struct strbuf *value)
{
    size_t before_count;
    struct meta_object *before;
    struct err ignored = ERR_INIT;
    // A value that is damaged has no tracks to keep, and is replaced.
    (void)!meta_sqlite_load_objects(tx, meta_sqlite_frame_row(number, frame->index), &before, &before_count, &ignored);
    struct meta_object *objects = mem_dup(frame->objects, frame->object_count * sizeof(*objects));
    meta_keep_tracks(before, before_count, objects, frame->object_count);
    frame_value_encode(objects, frame->object_count, value);
    free(objects);
    free(before);
}

static void put_objects(
    struct db_tx *tx, int64_t number, const struct meta_frame *frame, struct strbuf *value, struct meta_video *video)
{
    enum frame_state state = FRAME_EMITTED;
    int64_t objects_before = 0;
    if (!find_frame(tx, number, frame->index, &state, &objects_before) && insert_frame(tx, number, frame))
        video->frames_emitted++;
    strbuf_reset(value);
    if (objects_before > 0 && frame->object_count > 0)
        encode_again(tx, number, frame, value);
    else
        frame_value_encode(frame->objects, frame->object_count, value);
    struct db_stmt *stmt = db_stmt(tx, "UPDATE frames SET state = ?2, object_count = ?3, objects = ?4 WHERE row = ?1");
    db_bind_int(stmt, 1, meta_sqlite_frame_row(number, frame->index));
    db_bind_int(stmt, 2, FRAME_INDEXED);
    db_bind_int(stmt, 3, (int64_t)frame->object_count);
    db_bind_blob(stmt, 4, value->data, value->size);
    db_run(stmt);
    video->frames_indexed += state != FRAME_INDEXED;
    video->frames_failed -= state == FRAME_FAILED;
    video->objects += (int64_t)frame->object_count - objects_before;
}

enum err_code meta_sqlite_put_frames(struct meta_store *store, const char *id, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct strbuf value;
    strbuf_init(&value);
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    for (size_t i = 0; i < count && db_ok(&tx); i++) {
        if (indexed)
            put_objects(&tx, number, &frames[i], &value, &video);
        else
            video.frames_emitted += insert_frame(&tx, number, &frames[i]);
    }
    finish_counts(store, &tx, number, &video);
    enum err_code code = db_end(&tx, err);
    strbuf_release(&value);
    return code;
}

enum err_code meta_sqlite_fail_frame(
    struct meta_store *store, const char *id, int32_t index, bool failed, struct err *err)
{
    int64_t number;
    int64_t objects;
    enum frame_state state = FRAME_INDEXED;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    if (!find_frame(&tx, number, index, &state, &objects)) {
        struct err sentence = ERR_INIT;
        meta_no_frame(id, index, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    } else if (state == (failed ? FRAME_EMITTED : FRAME_FAILED)) {
        struct db_stmt *stmt = db_stmt(&tx, "UPDATE frames SET state = ?2 WHERE row = ?1");
        db_bind_int(stmt, 1, meta_sqlite_frame_row(number, index));
        db_bind_int(stmt, 2, failed ? FRAME_FAILED : FRAME_EMITTED);
        db_run(stmt);
        video.frames_failed += failed ? 1 : -1;
        finish_counts(store, &tx, number, &video);
    }
    return db_end(&tx, err);
}

static void read_frame(struct db_tx *tx, const struct db_stmt *stmt, int64_t number, struct meta_frame *frame)
{
    *frame = (struct meta_frame){
        .index = (int32_t)(db_int(stmt, 0) - meta_sqlite_frame_row(number, 0)),
        .pts_us = db_int(stmt, 1),
        .segment = (int32_t)db_int(stmt, 2),
        .width = (int32_t)db_int(stmt, 3),
        .height = (int32_t)db_int(stmt, 4),
        .state = (enum frame_state)db_int(stmt, 5),
    };
    size_t size;
    const void *value = db_blob(stmt, 6, &size);
    struct err sentence = ERR_INIT;
    if (frame_value_decode(value, size, &frame->objects, &frame->object_count, &sentence) != ERR_NONE)
        db_fail(tx, sentence.code, "%s, frame %d: %s", db_path(tx->db), frame->index, sentence.message);
}

// The row at which the frames at or after `from_us` begin, and the one with which those before `to_us` end. Indices and
// times grow together, so this spares looking at the frames outside.
static void find_rows(
    struct db_tx *tx, int64_t number, const struct meta_frame_range *range, int64_t *first, int64_t *last)
{
    *first = meta_sqlite_frame_row(number, (int64_t)range->after + 1);
    *last = meta_sqlite_frame_row(number + 1, 0) - 1;
    struct db_stmt *stmt =
        db_stmt(tx, "SELECT row FROM frames WHERE video = ?1 AND pts_us >= ?2 ORDER BY pts_us, row LIMIT 1");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, range->from_us);
    int64_t row = db_step(stmt) ? db_int(stmt, 0) : *last + 1;
    db_stmt_done(stmt);
    *first = row > *first ? row : *first;
    stmt =
        db_stmt(tx, "SELECT row FROM frames WHERE video = ?1 AND pts_us < ?2 ORDER BY pts_us DESC, row DESC LIMIT 1");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, range->to_us);
    *last = db_step(stmt) ? db_int(stmt, 0) : *first - 1;
    db_stmt_done(stmt);
}

enum err_code meta_sqlite_list_frames(struct meta_store *store, const char *id, const struct meta_frame_range *range,
    struct meta_frames *frames, struct err *err)
{
    struct db_tx tx;
    int64_t first;
    int64_t last;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    int64_t number = meta_sqlite_find_video(&tx, id);
    find_rows(&tx, number, range, &first, &last);
    struct db_stmt *stmt = db_stmt(&tx,
        "SELECT row, pts_us, segment, width, height, state, objects FROM frames"
        " WHERE row >= ?1 AND row <= ?2 AND ((1 << state) & ?3) <> 0 ORDER BY row LIMIT ?4");
    db_bind_int(stmt, 1, first);
    db_bind_int(stmt, 2, last);
    db_bind_int(stmt, 3, range->state_mask != 0 ? range->state_mask : UINT32_MAX);
    db_bind_int(stmt, 4, (int64_t)range->limit);
    while (db_step(stmt)) {
        frames->items = mem_realloc_array(frames->items, frames->count + 1, sizeof(*frames->items));
        read_frame(&tx, stmt, number, &frames->items[frames->count++]);
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        meta_frames_release(frames);
    return code;
}
