// Every call into the stores fails once, before or after it took effect, or a store cannot be used for a while;
// whatever failed, the video ends as it would have without.
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/outage.h"
#include "ingest/test_pipeline.h"
#include "vision/embedder.h"

#define SECONDS 2.0
#define FPS "1"
#define SWEEP_MAX 400

// The calls are counted over all stores; one of them fails.
static struct {
    atomic_int calls;
    atomic_int fails_at; // 0: none
    atomic_bool after;   // it fails, but has done its work
    atomic_int away;     // so many more looks find the meta store unusable; 0: it is there
    struct pipeline_ops own;
} fault;

static bool fails_now(void)
{
    return atomic_fetch_add(&fault.calls, 1) + 1 == atomic_load(&fault.fails_at);
}

static enum err_code failure(struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "a fault made by the test");
}

// Defines failing_<store>_<operation>, which calls the backend's own.
#define FAILING(store, operation, parameters, ...)                                                                     \
    static enum err_code failing_##store##_##operation parameters                                                      \
    {                                                                                                                  \
        bool fails = fails_now();                                                                                      \
        if (fails && !atomic_load(&fault.after))                                                                       \
            return failure(err);                                                                                       \
        enum err_code code = fault.own.store.operation(__VA_ARGS__);                                                   \
        return fails && code == ERR_NONE ? failure(err) : code;                                                        \
    }
// A change of the meta store, which is full or away for a while.
#define AWAY(operation, parameters, ...)                                                                               \
    static enum err_code away_##operation parameters                                                                   \
    {                                                                                                                  \
        return atomic_load(&fault.away) > 0 ? failure(err) : fault.own.meta.operation(__VA_ARGS__);                    \
    }
// The same for what only reads: it fails at once or not at all.
#define FAILING_READ(store, operation, parameters, ...)                                                                \
    static enum err_code failing_##store##_##operation parameters                                                      \
    {                                                                                                                  \
        return fails_now() ? failure(err) : fault.own.store.operation(__VA_ARGS__);                                    \
    }

FAILING(queue, publish,
    (struct queue * q, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err), q,
    topic, log, items, count, err)
FAILING(queue, ack, (struct queue * q, struct queue_message *const *messages, size_t count, struct err *err), q,
    messages, count, err)
FAILING(blobs, put, (struct blob_store * s, const char *key, const void *bytes, size_t size, struct err *err), s, key,
    bytes, size, err)
FAILING(blobs, put_file, (struct blob_store * s, const char *key, const char *path, bool move, struct err *err), s, key,
    path, move, err)
FAILING_READ(blobs, get,
    (struct blob_store * s, const char *key, size_t limit, void **bytes, size_t *size, struct err *err), s, key, limit,
    bytes, size, err)
FAILING_READ(blobs, get_file,
    (struct blob_store * s, const char *key, const char *dir, struct cancel *cancel, struct blob_file *file,
        struct err *err),
    s, key, dir, cancel, file, err)
FAILING(
    blobs, stat, (struct blob_store * s, const char *key, struct blob_info *info, struct err *err), s, key, info, err)
FAILING(blobs, flush, (struct blob_store * s, struct err *err), s, err)
FAILING(meta, set_video_state,
    (struct meta_store * m, const char *id, unsigned from, enum video_state to, struct err *err), m, id, from, to, err)
FAILING(meta, set_video_media, (struct meta_store * m, const char *id, const struct meta_media *media, struct err *err),
    m, id, media, err)
FAILING(meta, set_video_models,
    (struct meta_store * m, const char *id, const char *detector, const char *embedder, struct err *err), m, id,
    detector, embedder, err)
FAILING(meta, put_segment,
    (struct meta_store * m, const char *video, const struct meta_segment *segment, struct err *err), m, video, segment,
    err)
FAILING(meta, finish_split,
    (struct meta_store * m, const char *video, int64_t segments, int64_t frames, int64_t duration, bool incomplete,
        struct err *err),
    m, video, segments, frames, duration, incomplete, err)
FAILING(meta, finish_segment,
    (struct meta_store * m, const char *video, int32_t segment, int64_t frames, bool failed, struct err *err), m, video,
    segment, frames, failed, err)
FAILING_READ(meta, list_segments,
    (struct meta_store * m, const char *video, int32_t after, size_t limit, struct meta_segment **segments,
        size_t *count, struct err *err),
    m, video, after, limit, segments, count, err)
FAILING(meta, put_frames,
    (struct meta_store * m, const char *video, const struct meta_frame *frames, size_t count, bool indexed,
        struct err *err),
    m, video, frames, count, indexed, err)
FAILING_READ(meta, list_frames,
    (struct meta_store * m, const char *video, const struct meta_frame_range *range, struct meta_frames *frames,
        struct err *err),
    m, video, range, frames, err)
FAILING(meta, settle_video, (struct meta_store * m, const char *video, bool *settled, struct err *err), m, video,
    settled, err)
FAILING(vectors, upsert,
    (struct vector_index * v, const char *project, const char *model, size_t dimension, const struct vector_item *items,
        size_t count, struct err *err),
    v, project, model, dimension, items, count, err)

AWAY(put_frames,
    (struct meta_store * m, const char *video, const struct meta_frame *frames, size_t count, bool indexed,
        struct err *err),
    m, video, frames, count, indexed, err)
AWAY(finish_segment,
    (struct meta_store * m, const char *video, int32_t segment, int64_t frames, bool failed, struct err *err), m, video,
    segment, frames, failed, err)
AWAY(settle_video, (struct meta_store * m, const char *video, bool *settled, struct err *err), m, video, settled, err)

// What workers look with.
static enum err_code away_put_setting(struct meta_store *m, const char *key, const char *value, struct err *err)
{
    if (atomic_load(&fault.away) > 0 && atomic_fetch_sub(&fault.away, 1) > 1)
        return failure(err);
    return fault.own.meta.put_setting(m, key, value, err);
}

// Puts the failing operations into the stores of a pipeline.
static void make_failing(struct pipeline *p)
{
    static struct pipeline_ops ops;
    pipeline_intercept(p, &fault.own, &ops);
    ops.queue.publish = failing_queue_publish;
    ops.queue.ack = failing_queue_ack;
    ops.blobs.put = failing_blobs_put;
    ops.blobs.put_file = failing_blobs_put_file;
    ops.blobs.get = failing_blobs_get;
    ops.blobs.get_file = failing_blobs_get_file;
    ops.blobs.stat = failing_blobs_stat;
    ops.blobs.flush = failing_blobs_flush;
    ops.meta.set_video_state = failing_meta_set_video_state;
    ops.meta.set_video_media = failing_meta_set_video_media;
    ops.meta.set_video_models = failing_meta_set_video_models;
    ops.meta.put_segment = failing_meta_put_segment;
    ops.meta.finish_split = failing_meta_finish_split;
    ops.meta.finish_segment = failing_meta_finish_segment;
    ops.meta.list_segments = failing_meta_list_segments;
    ops.meta.put_frames = failing_meta_put_frames;
    ops.meta.list_frames = failing_meta_list_frames;
    ops.meta.settle_video = failing_meta_settle_video;
    ops.vectors.upsert = failing_vectors_upsert;
}

// One run with the n-th call failing; says how many calls there were. The description is to be freed.
static int run_with_fault(int n, bool after, char **description)
{
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct queue_options options;
    queue_options_default(&options);
    options.retry_base_ms = 1;
    options.lease_ms = 300; // what could not be acknowledged comes again soon
    options.max_attempts = 50;
    pipeline_open_with(&p, &options);
    make_failing(&p);
    atomic_store(&fault.fails_at, 0);
    pipeline_submit(&p, pipeline_street(), 1, SECONDS, FPS, id);
    atomic_store(&fault.calls, 0);
    atomic_store(&fault.after, after);
    atomic_store(&fault.fails_at, n);
    pipeline_start(&p, RUN_ALL);
    enum video_state end = pipeline_wait(&p, id);
    pipeline_stop(&p);
    atomic_store(&fault.fails_at, 0);
    int calls = atomic_load(&fault.calls);
    if (end != VIDEO_DONE)
        fail_msg("with call %d failing %s, the video ended as %s", n, after ? "after its work" : "at once",
            video_state_name(end));
    struct meta_video video = pipeline_video(&p, id);
    assert_int_equal(video.frames_emitted, 2);
    assert_int_equal(video.frames_indexed, 2);
    assert_int_equal(video.frames_failed, 0);
    assert_int_equal(video.segments_done, video.segments);
    *description = pipeline_describe(&p, id);
    pipeline_close(&p);
    return calls;
}

static void sweep(bool after)
{
    char *expected = NULL;
    (void)pipeline_street();
    int calls = run_with_fault(0, after, &expected);
    assert_in_range(calls, 20, SWEEP_MAX);
    for (int n = 1; n <= calls; n++) {
        char *found = NULL;
        run_with_fault(n, after, &found);
        if (strcmp(found, expected) != 0)
            fail_msg("with call %d failing, the results are\n%.400s\ninstead of\n%.400s", n, found, expected);
        free(found);
    }
    free(expected);
}

static void any_call_may_fail_once(void **state)
{
    (void)state;
    sweep(false);
}

static void any_call_may_fail_once_after_it_took_effect(void **state)
{
    (void)state;
    sweep(true);
}

// ---- a store that cannot be used for a while

// Two attempts are all a message has, and each finds a store away more often than that.
static void open_for_outage(struct pipeline *p, struct pipeline_ops *ops, char id[VIDEO_ID_SIZE])
{
    struct queue_options options;
    queue_options_default(&options);
    options.retry_base_ms = 1;
    options.max_attempts = 2;
    pipeline_open_with(p, &options);
    atomic_store(&fault.away, 0);
    pipeline_intercept(p, &fault.own, ops);
    pipeline_submit(p, pipeline_street(), 1, SECONDS, FPS, id);
    atomic_store(&fault.away, 5);
}

static void run_through_outage(struct pipeline *p, const char *id)
{
    pipeline_start(p, RUN_ALL);
    assert_int_equal(pipeline_wait(p, id), VIDEO_DONE);
    assert_int_equal(atomic_load(&fault.away), 0);
    pipeline_stop(p);
    struct meta_video video = pipeline_video(p, id);
    assert_int_equal(video.frames_indexed, 2);
    assert_int_equal(video.frames_failed, 0);
    assert_int_equal(video.errors_count, 0);
    pipeline_close(p);
}

static void an_outage_of_the_meta_store_makes_no_dead_letters(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    open_for_outage(&p, &ops, id);
    ops.meta.put_frames = away_put_frames;
    ops.meta.finish_segment = away_finish_segment;
    ops.meta.settle_video = away_settle_video;
    ops.meta.put_setting = away_put_setting;
    run_through_outage(&p, id);
}

static enum err_code revoked_put_setting(struct meta_store *m, const char *key, const char *value, struct err *err)
{
    if (atomic_load(&fault.away) > 0 && atomic_fetch_sub(&fault.away, 1) > 1)
        return err_set(err, ERR_DENIED, "the password is another one now");
    return fault.own.meta.put_setting(m, key, value, err);
}

static enum err_code revoked_put_frames(struct meta_store *m, const char *video, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    return atomic_load(&fault.away) > 0 ? err_set(err, ERR_DENIED, "the password is another one now")
                                        : fault.own.meta.put_frames(m, video, frames, count, indexed, err);
}

static void credentials_that_are_taken_back_for_a_while_make_no_dead_letters(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    open_for_outage(&p, &ops, id);
    ops.meta.put_frames = revoked_put_frames;
    ops.meta.put_setting = revoked_put_setting;
    run_through_outage(&p, id);
}

static enum err_code away_publish(
    struct queue *q, const char *topic, bool log, const struct queue_item *items, size_t count, struct err *err)
{
    return atomic_load(&fault.away) > 0 ? failure(err) : fault.own.queue.publish(q, topic, log, items, count, err);
}

static enum err_code away_queue_ping(struct queue *q, struct err *err)
{
    if (atomic_load(&fault.away) > 0 && atomic_fetch_sub(&fault.away, 1) > 1)
        return failure(err);
    return fault.own.queue.ping(q, err);
}

static void an_outage_of_the_queue_makes_no_dead_letters(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    open_for_outage(&p, &ops, id);
    ops.queue.publish = away_publish;
    ops.queue.ping = away_queue_ping;
    run_through_outage(&p, id);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static void want_of_room_that_becomes_an_outage_is_told_as_one(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    struct err err = ERR_INIT;
    char path[FILE_PATH_MAX + 16];
    char *text = NULL;
    size_t size = 0;
    pipeline_open(&p);
    pipeline_intercept(&p, &fault.own, &ops);
    ops.meta.put_setting = away_put_setting;
    snprintf(path, sizeof(path), "%s/log", p.dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct log *log = log_new(fd, LOG_INFO, false);
    struct outage outage = {.ingest = &p.ingest, .worker = "test", .log = log};
    atomic_store(&fault.away, 0);
    for (int rounds = 0; rounds < 2; rounds++) {
        err_clear(&err);
        assert_code(err_set(&err, ERR_FULL, "the disk is full"), ERR_FULL);
        assert_true(outage_is_met(&outage, "", &err));
        atomic_store(&fault.away, rounds == 0 ? 2 : 0);
        outage_wait(&outage);
        assert_false(outage.is_on);
    }
    outage_is_over(&outage);
    log_free(log);
    close(fd);
    assert_ok(file_read(path, 1 << 16, &text, &size, &err), &err);
    assert_int_equal(count_of(text, "work stops until there is room again"), 1);
    assert_int_equal(count_of(text, "work stops until the stores can be used again"), 1);
    assert_int_equal(count_of(text, "the stores can be used again: work goes on"), 1);
    assert_int_equal(count_of(text, "there is room again: work goes on"), 1);
    free(text);
    pipeline_close(&p);
}

// As Pinecone's servers put it: the request is wrong.
static enum err_code other_upsert(struct vector_index *v, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    if (atomic_load(&fault.away) > 0)
        return err_set(err, ERR_INVALID, "the vector's dimension is not the index's");
    return fault.own.vectors.upsert(v, project, model, dimension, items, count, err);
}

static enum err_code other_describe(struct vector_index *v, struct vector_index_facts *facts, struct err *err)
{
    enum err_code code = fault.own.vectors.describe(v, facts, err);
    if (atomic_load(&fault.away) > 0 && atomic_fetch_sub(&fault.away, 1) > 1)
        facts->dimension = 7;
    return code;
}

static void an_index_of_another_dimension_in_place_of_ours_makes_no_dead_letters(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    static struct vector_check made;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    struct detector *detector;
    struct embedder *embedder;
    open_for_outage(&p, &ops, id);
    pipeline_models(&detector, &embedder);
    made = (struct vector_check){
        .model = embedder_manifest(embedder)->name, .dimension = (size_t)embedder_dimension(embedder)};
    atomic_store(&p.ingest.makes_vectors, &made);
    ops.vectors.upsert = other_upsert;
    ops.vectors.describe = other_describe;
    run_through_outage(&p, id);
}

// ---- stores without room for what is larger than what workers look with

// How often each of them refuses yet; two attempts are all a message has.
static struct {
    atomic_int frames, crops, vectors, sources;
} room;

static bool has_room(atomic_int *refusals)
{
    return atomic_load(refusals) <= 0 || atomic_fetch_sub(refusals, 1) <= 0;
}

static enum err_code no_room(struct err *err)
{
    return err_set(err, ERR_FULL, "there is no room, says the test");
}

static enum err_code full_put_frames(struct meta_store *m, const char *video, const struct meta_frame *frames,
    size_t count, bool indexed, struct err *err)
{
    return has_room(&room.frames) ? fault.own.meta.put_frames(m, video, frames, count, indexed, err) : no_room(err);
}

static enum err_code full_put(struct blob_store *s, const char *key, const void *bytes, size_t size, struct err *err)
{
    bool fits = strstr(key, "/objects/") == NULL || has_room(&room.crops);
    return fits ? fault.own.blobs.put(s, key, bytes, size, err) : no_room(err);
}

static enum err_code full_put_file(struct blob_store *s, const char *key, const char *path, bool move, struct err *err)
{
    bool fits = strstr(key, "/source") == NULL || has_room(&room.sources);
    return fits ? fault.own.blobs.put_file(s, key, path, move, err) : no_room(err);
}

static enum err_code full_upsert(struct vector_index *v, const char *project, const char *model, size_t dimension,
    const struct vector_item *items, size_t count, struct err *err)
{
    return has_room(&room.vectors) ? fault.own.vectors.upsert(v, project, model, dimension, items, count, err)
                                   : no_room(err);
}

static void a_store_without_room_is_waited_for_and_nothing_counts_as_tried(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    char id[VIDEO_ID_SIZE];
    open_for_outage(&p, &ops, id);
    atomic_store(&fault.away, 0);
    atomic_store(&room.sources, 2);
    atomic_store(&room.frames, 2);
    atomic_store(&room.crops, 1);
    atomic_store(&room.vectors, 1);
    ops.meta.put_frames = full_put_frames;
    ops.blobs.put = full_put;
    ops.blobs.put_file = full_put_file;
    ops.vectors.upsert = full_upsert;
    run_through_outage(&p, id);
    assert_true(room.sources <= 0 && room.frames <= 0 && room.crops <= 0 && room.vectors <= 0);
}

static enum err_code full_receive(struct queue *q, const char *topic, const char *worker, size_t max, int64_t wait_ms,
    struct cancel *cancel, struct queue_message **messages, size_t *count, struct err *err)
{
    int left = strcmp(topic, TOPIC_SOURCES) == 0 ? atomic_fetch_sub(&room.sources, 1) : 0;
    if (left <= 0)
        return fault.own.queue.receive(q, topic, worker, max, wait_ms, cancel, messages, count, err);
    *count = 0;
    return left % 2 == 0 ? no_room(err) : ERR_NONE;
}

// A disk that is full to the last byte now and then takes what the queue notes for who finds nothing in it.
static void a_queue_without_room_is_told_once_and_once_that_it_has_room_again(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    struct err err = ERR_INIT;
    char id[VIDEO_ID_SIZE], path[FILE_PATH_MAX + 8];
    char *text = NULL;
    size_t size = 0;
    open_for_outage(&p, &ops, id);
    atomic_store(&fault.away, 0);
    atomic_store(&room.sources, 4);
    ops.queue.receive = full_receive;
    snprintf(path, sizeof(path), "%s/log", p.dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    p.ingest.log = log_new(fd, LOG_INFO, false);
    pipeline_start(&p, RUN_ALL);
    assert_int_equal(pipeline_wait(&p, id), VIDEO_DONE);
    pipeline_stop(&p);
    log_free(p.ingest.log);
    p.ingest.log = log_none();
    close(fd);
    assert_ok(file_read(path, 1 << 16, &text, &size, &err), &err);
    assert_int_equal(count_of(text, "there is no room, says the test"), 1);
    assert_int_equal(count_of(text, "work stops until there is room again"), 1);
    assert_int_equal(count_of(text, "again: work goes on"), 1);
    free(text);
    pipeline_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_call_may_fail_once),
        cmocka_unit_test(any_call_may_fail_once_after_it_took_effect),
        cmocka_unit_test(an_outage_of_the_meta_store_makes_no_dead_letters),
        cmocka_unit_test(credentials_that_are_taken_back_for_a_while_make_no_dead_letters),
        cmocka_unit_test(an_outage_of_the_queue_makes_no_dead_letters),
        cmocka_unit_test(a_store_without_room_is_waited_for_and_nothing_counts_as_tried),
        cmocka_unit_test(a_queue_without_room_is_told_once_and_once_that_it_has_room_again),
        cmocka_unit_test(want_of_room_that_becomes_an_outage_is_told_as_one),
        cmocka_unit_test(an_index_of_another_dimension_in_place_of_ours_makes_no_dead_letters),
    };
    return cmocka_run_group_tests(tests, NULL, pipeline_models_close);
}
