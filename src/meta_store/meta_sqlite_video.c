// Videos: their rows, states, counts, errors and removal.
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "meta_store/meta_sqlite_internal.h"

// Frames removed in one transaction, so that a removal does not keep other writers waiting.
#define REMOVE_FRAMES_AT_ONCE 2000

#define VIDEO_COLUMNS                                                                                                  \
    "id, project, source, name, chunk_us, limit_us, sampling_all, fps_num, fps_den, remote_request, state,"            \
    " created_us, updated_us, finished_us, split_done, source_incomplete, segments, segments_done, frames_expected,"   \
    " frames_emitted, frames_indexed, frames_failed, objects, errors_count, detector, embedder,"                       \
    " title, container, codec, mime_type, playable_copy, width, height, sar_num, sar_den, rotation, has_audio,"        \
    " duration_us, media_offset_us, size_bytes, frame_rate, tracks, tracked_us, track_steps, number, errors_final"
#define MEDIA_COLUMN 26
#define TRACKS_COLUMN 41
#define NUMBER_COLUMN 44
#define FINAL_COLUMN 45

static void read_media(const struct db_stmt *stmt, struct meta_media *media)
{
    int at = MEDIA_COLUMN;
    db_copy_text(stmt, at++, media->title, sizeof(media->title));
    db_copy_text(stmt, at++, media->container, sizeof(media->container));
    db_copy_text(stmt, at++, media->codec, sizeof(media->codec));
    db_copy_text(stmt, at++, media->mime_type, sizeof(media->mime_type));
    media->playable_copy = db_int(stmt, at++) != 0;
    media->width = (int32_t)db_int(stmt, at++);
    media->height = (int32_t)db_int(stmt, at++);
    media->sar_num = (int32_t)db_int(stmt, at++);
    media->sar_den = (int32_t)db_int(stmt, at++);
    media->rotation = (int32_t)db_int(stmt, at++);
    media->has_audio = db_int(stmt, at++) != 0;
    media->duration_us = db_int(stmt, at++);
    media->media_offset_us = db_int(stmt, at++);
    media->size_bytes = db_int(stmt, at++);
    media->frame_rate = db_double(stmt, at);
}

// ERR_CORRUPT with a sentence that says which row it is, where it can be no video.
static enum err_code read_video(struct db_tx *tx, const struct db_stmt *stmt, struct meta_video *video, struct err *err)
{
    *video = (struct meta_video){
        .chunk_us = db_int(stmt, 4),
        .limit_us = db_int(stmt, 5),
        .sampling.all = db_int(stmt, 6) != 0,
        .sampling.fps_num = (int32_t)db_int(stmt, 7),
        .sampling.fps_den = (int32_t)db_int(stmt, 8),
        .remote_request = db_int(stmt, 9) != 0,
        .state = (enum video_state)db_int(stmt, 10),
        .created_us = db_int(stmt, 11),
        .updated_us = db_int(stmt, 12),
        .finished_us = db_int(stmt, 13),
        .split_done = db_int(stmt, 14) != 0,
        .source_incomplete = db_int(stmt, 15) != 0,
        .segments = db_int(stmt, 16),
        .segments_done = db_int(stmt, 17),
        .frames_expected = db_int(stmt, 18),
        .frames_emitted = db_int(stmt, 19),
        .frames_indexed = db_int(stmt, 20),
        .frames_failed = db_int(stmt, 21),
        .objects = db_int(stmt, 22),
        .errors_count = db_int(stmt, 23),
        .errors_final = db_int(stmt, FINAL_COLUMN),
        .tracks = db_int(stmt, TRACKS_COLUMN),
        .tracked_us = db_int(stmt, TRACKS_COLUMN + 1),
        .track_steps = db_int(stmt, TRACKS_COLUMN + 2),
    };
    db_copy_text(stmt, 0, video->id, sizeof(video->id));
    db_copy_text(stmt, 1, video->project, sizeof(video->project));
    db_copy_text(stmt, 2, video->source, sizeof(video->source));
    db_copy_text(stmt, 3, video->name, sizeof(video->name));
    db_copy_text(stmt, 24, video->detector, sizeof(video->detector));
    db_copy_text(stmt, 25, video->embedder, sizeof(video->embedder));
    read_media(stmt, &video->media);
    enum err_code code = meta_video_check(video, err);
    // One that was cut to fit would be another video's.
    if (code == ERR_NONE && strcmp(db_text(stmt, 0), video->id) != 0)
        code = err_set(err, ERR_CORRUPT, "its id is longer than 16 hexadecimal digits");
    if (code == ERR_NONE && strcmp(db_text(stmt, 1), video->project) != 0)
        code = err_set(err, ERR_CORRUPT, "its project's name is too long");
    if (code != ERR_NONE)
        err_context(err, "the video \"%.40s\" (row %lld of videos in %s) is damaged", db_text(stmt, 0),
            (long long)db_int(stmt, NUMBER_COLUMN), db_path(tx->db));
    return code;
}

static void no_video(struct db_tx *tx, const char *id)
{
    struct err sentence = ERR_INIT;
    meta_no_video(id, &sentence);
    meta_sqlite_fail(tx, &sentence);
}

int64_t meta_sqlite_find_video(struct db_tx *tx, const char *id)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT number FROM videos WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    int64_t number = 0;
    if (db_step(stmt))
        number = db_int(stmt, 0);
    else
        no_video(tx, id);
    db_stmt_done(stmt);
    return number;
}

void meta_sqlite_load_counts(struct db_tx *tx, const char *id, int64_t *number, struct meta_video *video)
{
    struct db_stmt *stmt = db_stmt(tx,
        "SELECT number, state, split_done, source_incomplete, segments, segments_done, frames_expected,"
        " frames_emitted, frames_indexed, frames_failed, objects, errors_count, errors_final, finished_us, tracked_us"
        " FROM videos WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    *number = 0;
    *video = (struct meta_video){0};
    if (!db_step(stmt)) {
        no_video(tx, id);
        return;
    }
    *number = db_int(stmt, 0);
    video->state = (enum video_state)db_int(stmt, 1);
    video->split_done = db_int(stmt, 2) != 0;
    video->source_incomplete = db_int(stmt, 3) != 0;
    video->segments = db_int(stmt, 4);
    video->segments_done = db_int(stmt, 5);
    video->frames_expected = db_int(stmt, 6);
    video->frames_emitted = db_int(stmt, 7);
    video->frames_indexed = db_int(stmt, 8);
    video->frames_failed = db_int(stmt, 9);
    video->objects = db_int(stmt, 10);
    video->errors_count = db_int(stmt, 11);
    video->errors_final = db_int(stmt, 12);
    video->finished_us = db_int(stmt, 13);
    video->tracked_us = db_int(stmt, 14);
    db_stmt_done(stmt);
    if (video->state == VIDEO_DELETING)
        no_video(tx, id);
}

void meta_sqlite_store_counts(struct db_tx *tx, int64_t number, const struct meta_video *video)
{
    struct db_stmt *stmt = db_stmt(tx,
        "UPDATE videos SET split_done = ?2, source_incomplete = ?3, segments = ?4, segments_done = ?5,"
        " frames_expected = ?6, frames_emitted = ?7, frames_indexed = ?8, frames_failed = ?9, objects = ?10,"
        " errors_count = ?11, updated_us = ?12, errors_final = ?13 WHERE number = ?1");
    db_bind_int(stmt, 1, number);
    db_bind_int(stmt, 2, video->split_done);
    db_bind_int(stmt, 3, video->source_incomplete);
    db_bind_int(stmt, 4, video->segments);
    db_bind_int(stmt, 5, video->segments_done);
    db_bind_int(stmt, 6, video->frames_expected);
    db_bind_int(stmt, 7, video->frames_emitted);
    db_bind_int(stmt, 8, video->frames_indexed);
    db_bind_int(stmt, 9, video->frames_failed);
    db_bind_int(stmt, 10, video->objects);
    db_bind_int(stmt, 11, video->errors_count);
    db_bind_int(stmt, 12, video->updated_us);
    db_bind_int(stmt, 13, video->errors_final);
    db_run(stmt);
}

static bool select_video(struct db_tx *tx, const char *id, struct meta_video *video)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT " VIDEO_COLUMNS " FROM videos WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    bool found = db_step(stmt);
    struct err sentence = ERR_INIT;
    if (found && read_video(tx, stmt, video, &sentence) != ERR_NONE)
        meta_sqlite_fail(tx, &sentence);
    db_stmt_done(stmt);
    return found;
}

static void update_media(struct db_tx *tx, const char *id, const struct meta_media *media, int64_t now_us)
{
    struct db_stmt *stmt = db_stmt(tx,
        "UPDATE videos SET title = ?2, container = ?3, codec = ?4, mime_type = ?5, playable_copy = ?6, width = ?7,"
        " height = ?8, sar_num = ?9, sar_den = ?10, rotation = ?11, has_audio = ?12, duration_us = ?13,"
        " media_offset_us = ?14, size_bytes = ?15, frame_rate = ?16, updated_us = ?17 WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    db_bind_text(stmt, 2, media->title);
    db_bind_text(stmt, 3, media->container);
    db_bind_text(stmt, 4, media->codec);
    db_bind_text(stmt, 5, media->mime_type);
    db_bind_int(stmt, 6, media->playable_copy);
    db_bind_int(stmt, 7, media->width);
    db_bind_int(stmt, 8, media->height);
    db_bind_int(stmt, 9, media->sar_num);
    db_bind_int(stmt, 10, media->sar_den);
    db_bind_int(stmt, 11, media->rotation);
    db_bind_int(stmt, 12, media->has_audio);
    db_bind_int(stmt, 13, media->duration_us);
    db_bind_int(stmt, 14, media->media_offset_us);
    db_bind_int(stmt, 15, media->size_bytes);
    db_bind_double(stmt, 16, media->frame_rate);
    db_bind_int(stmt, 17, now_us);
    db_run(stmt);
}

static void insert_video(struct db_tx *tx, const struct meta_video *video)
{
    struct db_stmt *stmt = db_stmt(tx,
        "INSERT INTO videos (id, project, source, name, chunk_us, limit_us, sampling_all, fps_num, fps_den,"
        " remote_request, state, created_us, updated_us, finished_us, split_done, source_incomplete, segments,"
        " segments_done, frames_expected, frames_emitted, frames_indexed, frames_failed, objects, errors_count,"
        " detector, embedder)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, ?13, ?14)");
    db_bind_text(stmt, 1, video->id);
    db_bind_text(stmt, 2, video->project);
    db_bind_text(stmt, 3, video->source);
    db_bind_text(stmt, 4, video->name);
    db_bind_int(stmt, 5, video->chunk_us);
    db_bind_int(stmt, 6, video->limit_us);
    db_bind_int(stmt, 7, video->sampling.all);
    db_bind_int(stmt, 8, video->sampling.fps_num);
    db_bind_int(stmt, 9, video->sampling.fps_den);
    db_bind_int(stmt, 10, video->remote_request);
    db_bind_int(stmt, 11, video->state);
    db_bind_int(stmt, 12, video->created_us);
    db_bind_text(stmt, 13, video->detector);
    db_bind_text(stmt, 14, video->embedder);
    db_run(stmt);
}

enum err_code meta_sqlite_create_video(
    struct meta_store *store, struct meta_video *video, bool *created, struct err *err)
{
    int64_t now_us = meta_sqlite_now_us(store);
    struct meta_video found;
    struct err sentence = ERR_INIT;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_add_project(&tx, video->project, now_us);
    bool known = db_ok(&tx) && select_video(&tx, video->id, &found);
    if (known && found.state == VIDEO_DELETING) {
        meta_video_deleting(video->id, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    } else if (known) {
        *video = found;
    } else if (db_ok(&tx)) {
        meta_video_init_new(video, now_us);
        insert_video(&tx, video);
        update_media(&tx, video->id, &video->media, now_us);
    }
    enum err_code code = db_end(&tx, err);
    *created = code == ERR_NONE && !known;
    return code;
}

enum err_code meta_sqlite_get_video(struct meta_store *store, const char *id, struct meta_video *video, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    if (!select_video(&tx, id, video))
        no_video(&tx, id);
    return db_end(&tx, err);
}

enum err_code meta_sqlite_list_videos(struct meta_store *store, const char *project, const char *after, size_t limit,
    struct meta_video **videos, size_t *count, struct err *err)
{
    struct meta_video *found = NULL;
    size_t found_count = 0;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    int64_t before = after != NULL ? meta_sqlite_find_video(&tx, after) : INT64_MAX;
    struct db_stmt *stmt = project != NULL
        ? db_stmt(&tx, "SELECT " VIDEO_COLUMNS " FROM videos WHERE number < ?1 AND project = ?2 ORDER BY number DESC")
        : db_stmt(&tx, "SELECT " VIDEO_COLUMNS " FROM videos WHERE number < ?1 ORDER BY number DESC");
    db_bind_int(stmt, 1, before);
    if (project != NULL)
        db_bind_text(stmt, 2, project);
    // Without the wrong ones the page is as long as any: a short one would be taken for the last.
    while (found_count < limit && db_step(stmt)) {
        found = mem_realloc_array(found, found_count + 1, sizeof(*found));
        struct err wrong = ERR_INIT;
        found_count += read_video(&tx, stmt, &found[found_count], &wrong) == ERR_NONE;
    }
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE) {
        free(found);
        return code;
    }
    *videos = found;
    *count = found_count;
    return ERR_NONE;
}

static void update_state(struct db_tx *tx, const char *id, enum video_state state, int64_t now_us, int64_t finished_us)
{
    struct db_stmt *stmt = db_stmt(tx, "UPDATE videos SET state = ?2, updated_us = ?3, finished_us = ?4 WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    db_bind_int(stmt, 2, state);
    db_bind_int(stmt, 3, now_us);
    db_bind_int(stmt, 4, finished_us);
    db_run(stmt);
}

enum err_code meta_sqlite_set_video_state(
    struct meta_store *store, const char *id, unsigned from, enum video_state to, struct err *err)
{
    struct err sentence = ERR_INIT;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT state FROM videos WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    if (!db_step(stmt)) {
        no_video(&tx, id);
    } else if ((from & (1u << db_int(stmt, 0))) == 0) {
        meta_wrong_state(id, (enum video_state)db_int(stmt, 0), to, &sentence);
        meta_sqlite_fail(&tx, &sentence);
    }
    db_stmt_done(stmt);
    int64_t now_us = meta_sqlite_now_us(store);
    update_state(&tx, id, to, now_us, video_state_is_final(to) ? now_us : 0);
    return db_end(&tx, err);
}

enum err_code meta_sqlite_set_video_media(
    struct meta_store *store, const char *id, const struct meta_media *media, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    update_media(&tx, id, media, meta_sqlite_now_us(store));
    return db_end(&tx, err);
}

enum err_code meta_sqlite_set_video_models(
    struct meta_store *store, const char *id, const char *detector, const char *embedder, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    struct db_stmt *stmt = db_stmt(&tx, "UPDATE videos SET detector = ?2, embedder = ?3 WHERE number = ?1");
    db_bind_int(stmt, 1, number);
    db_bind_text(stmt, 2, detector);
    db_bind_text(stmt, 3, embedder);
    db_run(stmt);
    return db_end(&tx, err);
}

enum err_code meta_sqlite_set_video_name(struct meta_store *store, const char *id, const char *name, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    struct db_stmt *stmt = db_stmt(&tx, "UPDATE videos SET name = ?2, updated_us = ?3 WHERE number = ?1");
    db_bind_int(stmt, 1, number);
    db_bind_text(stmt, 2, name);
    db_bind_int(stmt, 3, meta_sqlite_now_us(store));
    db_run(stmt);
    return db_end(&tx, err);
}

static int64_t count_failed_segments(struct db_tx *tx, int64_t number)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT count(*) FROM segments WHERE video = ?1 AND failed");
    db_bind_int(stmt, 1, number);
    int64_t count = db_step(stmt) ? db_int(stmt, 0) : 0;
    db_stmt_done(stmt);
    return count;
}

// Most calls find nothing to do, so they look without the writer's lock first.
static enum err_code settles(
    struct meta_store *store, enum db_mode mode, const char *id, bool *settled, struct err *err)
{
    int64_t number;
    struct meta_video video;
    enum video_state state;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), mode, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    *settled = db_ok(&tx) && meta_video_settles(&video, count_failed_segments(&tx, number), &state);
    int64_t now_us = meta_sqlite_now_us(store);
    if (*settled && mode != DB_READ)
        update_state(&tx, id, state, now_us, meta_video_settled_at(&video, now_us));
    enum err_code code = db_end(&tx, err);
    if (code != ERR_NONE)
        *settled = false;
    return code;
}

enum err_code meta_sqlite_settle_video(struct meta_store *store, const char *id, bool *settled, struct err *err)
{
    enum err_code code = settles(store, DB_READ, id, settled, err);
    if (code != ERR_NONE || !*settled)
        return code;
    return settles(store, DB_WRITE_DURABLE, id, settled, err);
}

enum err_code meta_sqlite_add_video_error(
    struct meta_store *store, const char *id, const char *sentence, bool is_final, struct err *err)
{
    char digest[SHA256_HEX_SIZE];
    sha256_of(sentence, strlen(sentence), digest);
    digest[32] = '\0';
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    if (video.errors_count < META_VIDEO_ERRORS_COUNTED_MAX) {
        struct db_stmt *stmt = db_stmt(
            &tx, "INSERT OR IGNORE INTO video_errors (video, digest, position, sentence) VALUES (?1, ?2, ?3, ?4)");
        db_bind_int(stmt, 1, number);
        db_bind_text(stmt, 2, digest);
        db_bind_int(stmt, 3, video.errors_count);
        db_bind_text(stmt, 4, video.errors_count < META_VIDEO_ERRORS_MAX ? sentence : NULL);
        db_run(stmt);
        int64_t added = db_changes(&tx);
        video.errors_count += added;
        video.errors_final += is_final ? added : 0;
        video.updated_us = meta_sqlite_now_us(store);
        meta_sqlite_store_counts(&tx, number, &video);
    }
    return db_end(&tx, err);
}

enum err_code meta_sqlite_clear_video_errors(struct meta_store *store, const char *id, struct err *err)
{
    int64_t number;
    struct meta_video video;
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    meta_sqlite_load_counts(&tx, id, &number, &video);
    struct db_stmt *stmt = db_stmt(&tx, "DELETE FROM video_errors WHERE video = ?1");
    db_bind_int(stmt, 1, number);
    db_run(stmt);
    video.errors_count = video.errors_final = 0;
    video.updated_us = meta_sqlite_now_us(store);
    meta_sqlite_store_counts(&tx, number, &video);
    return db_end(&tx, err);
}

enum err_code meta_sqlite_video_errors(
    struct meta_store *store, const char *id, char ***sentences, size_t *count, struct err *err)
{
    struct db_tx tx;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    int64_t number = meta_sqlite_find_video(&tx, id);
    struct db_stmt *stmt =
        db_stmt(&tx, "SELECT sentence FROM video_errors WHERE video = ?1 AND sentence IS NOT NULL ORDER BY position");
    db_bind_int(stmt, 1, number);
    return meta_sqlite_end_texts(&tx, stmt, sentences, count, err);
}

// Marks the video, so that nothing is added any more; its number, or 0 if there is none.
static enum err_code begin_removal(struct meta_store *store, const char *id, int64_t *number, struct err *err)
{
    struct db_tx tx;
    *number = 0;
    db_begin(meta_sqlite_db(store), DB_WRITE_DURABLE, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT number FROM videos WHERE id = ?1");
    db_bind_text(stmt, 1, id);
    if (db_step(stmt))
        *number = db_int(stmt, 0);
    db_stmt_done(stmt);
    if (*number != 0)
        update_state(&tx, id, VIDEO_DELETING, meta_sqlite_now_us(store), 0);
    return db_end(&tx, err);
}

static void remove_frames(struct db_tx *tx, int64_t number)
{
    struct db_stmt *stmt =
        db_stmt(tx, "DELETE FROM frames WHERE row IN (SELECT row FROM frames WHERE row >= ?1 AND row < ?2 LIMIT ?3)");
    db_bind_int(stmt, 1, meta_sqlite_frame_row(number, 0));
    db_bind_int(stmt, 2, meta_sqlite_frame_row(number + 1, 0));
    db_bind_int(stmt, 3, REMOVE_FRAMES_AT_ONCE);
    db_run(stmt);
}

static void remove_rest(struct db_tx *tx, int64_t number)
{
    static const char *const statements[] = {
        "DELETE FROM segments WHERE video = ?1",
        "DELETE FROM video_errors WHERE video = ?1",
        "DELETE FROM tracks WHERE video = ?1",
        "DELETE FROM videos WHERE number = ?1",
    };
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        struct db_stmt *stmt = db_stmt(tx, statements[i]);
        db_bind_int(stmt, 1, number);
        db_run(stmt);
    }
}

static enum err_code remove_numbered(struct meta_store *store, int64_t number, struct err *err)
{
    enum err_code code = ERR_NONE;
    bool more = true;
    while (code == ERR_NONE && more) {
        struct db_tx tx;
        db_begin(meta_sqlite_db(store), DB_WRITE, &tx);
        remove_frames(&tx, number);
        more = db_changes(&tx) == REMOVE_FRAMES_AT_ONCE;
        if (!more)
            remove_rest(&tx, number);
        code = db_end(&tx, err);
    }
    return code;
}

enum err_code meta_sqlite_remove_video(struct meta_store *store, const char *id, struct err *err)
{
    int64_t number;
    enum err_code code = begin_removal(store, id, &number, err);
    return code == ERR_NONE && number != 0 ? remove_numbered(store, number, err) : code;
}

// ---- what cannot be right

void meta_sqlite_find_wrong_videos(struct db_tx *tx, meta_wrong_visit *visit, void *context)
{
    struct db_stmt *stmt = db_stmt(tx, "SELECT " VIDEO_COLUMNS " FROM videos ORDER BY number");
    while (db_step(stmt)) {
        struct meta_video video;
        struct err sentence = ERR_INIT;
        if (read_video(tx, stmt, &video, &sentence) != ERR_NONE)
            visit(context, sentence.message);
    }
    stmt = db_stmt(
        tx, "SELECT id, number, project FROM videos WHERE project NOT IN (SELECT name FROM projects) ORDER BY number");
    while (db_step(stmt)) {
        struct err sentence = ERR_INIT;
        (void)!err_set(&sentence, ERR_CORRUPT,
            "the video \"%.40s\" (row %lld of videos in %s) is of the project \"%.80s\", which is not there",
            db_text(stmt, 0), (long long)db_int(stmt, 1), db_path(tx->db), db_text(stmt, 2));
        visit(context, sentence.message);
    }
}

enum err_code meta_sqlite_remove_wrong_videos(struct meta_store *store, const char *project, struct err *err)
{
    struct db_tx tx;
    int64_t *wrong = NULL;
    size_t count = 0;
    bool has_others = false;
    db_begin(meta_sqlite_db(store), DB_READ, &tx);
    struct db_stmt *stmt = db_stmt(&tx, "SELECT " VIDEO_COLUMNS " FROM videos WHERE project = ?1");
    db_bind_text(stmt, 1, project);
    while (db_step(stmt)) {
        struct meta_video video;
        struct err ignored = ERR_INIT;
        has_others = read_video(&tx, stmt, &video, &ignored) == ERR_NONE;
        if (has_others)
            break;
        wrong = mem_realloc_array(wrong, count + 1, sizeof(*wrong));
        wrong[count++] = db_int(stmt, NUMBER_COLUMN);
    }
    enum err_code code = db_end(&tx, err);
    for (size_t i = 0; i < count && !has_others && code == ERR_NONE; i++)
        code = remove_numbered(store, wrong[i], err);
    free(wrong);
    return code;
}
