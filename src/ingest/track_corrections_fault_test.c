// Corrections that are interrupted anywhere, beside a tracker, and beside another machine: none is lost.
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "ingest/test_corrections.h"
#include "meta_store/meta_store.h"
#include "os/thread.h"

static struct fault fault;
static struct pipeline_ops own;

#define FAILING(name, parameters, call)                                                                                \
    static enum err_code failing_##name parameters                                                                     \
    {                                                                                                                  \
        FAULT_AROUND(&fault, call, error);                                                                             \
    }

FAILING(append,
    (struct meta_store * m, const char *project, const char *journal, int64_t expected, const void *value, size_t size,
        int64_t *position, struct err *error),
    own.meta.append_journal(m, project, journal, expected, value, size, position, error))
FAILING(put_frame_tracks,
    (struct meta_store * m, const char *video, const struct meta_frame_tracks *frames, size_t count, struct err *error),
    own.meta.put_frame_tracks(m, video, frames, count, error))
FAILING(put_tracks,
    (struct meta_store * m, const char *video, const struct meta_track *tracks, size_t count, int64_t steps,
        struct err *error),
    own.meta.put_tracks(m, video, tracks, count, steps, error))
FAILING(set_attributes,
    (struct vector_index * v, const char *project, const struct vector_attributes *changes, size_t count,
        struct err *error),
    own.vectors.set_attributes(v, project, changes, count, error))
FAILING(put_blob, (struct blob_store * b, const char *key, const void *bytes, size_t size, struct err *error),
    own.blobs.put(b, key, bytes, size, error))

static void make_failing(struct pipeline *p)
{
    static struct pipeline_ops ops;
    pipeline_intercept(p, &own, &ops);
    ops.blobs.put = failing_put_blob;
    ops.meta.append_journal = failing_append;
    ops.meta.put_frame_tracks = failing_put_frame_tracks;
    ops.meta.put_tracks = failing_put_tracks;
    ops.vectors.set_attributes = failing_set_attributes;
}

static void fail_at(int call, bool for_good, bool answer_lost)
{
    fault.at = call;
    fault.for_good = for_good;
    fault.answer_lost = answer_lost;
    atomic_store(&fault.calls, 0);
}

// One correction with a call failing, and then what mends it. Says how many calls there were.
static int correct_with_fault(int call, bool for_good, bool answer_lost, void (*mend)(struct pipeline *p))
{
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(1, 3));
    make_failing(&p);
    fail_at(call, for_good, answer_lost);
    const struct correction_request split = split_at(2, 5);
    enum err_code code = change(&p, &split, NULL);
    int calls = (int)atomic_load(&fault.calls);
    fail_at(0, false, false);
    assert_true((code == ERR_NONE) == (call == 0));
    struct correction_list list;
    assert_ok(corrections_list(&p.ingest, VIDEO, 0, 10, &list, &failure), &failure);
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
    assert_ok(lifecycle_recover(&p->ingest, NULL, NULL, &failure), &failure);
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

static void the_tracker_stores_a_split(struct pipeline *p)
{
    pipeline_start(p, RUN_TRACKER);
    pipeline_wait_queues(p);
    pipeline_stop(p);
    assert_int_equal(pipeline_video(p, VIDEO).tracks, WALKERS + 1);
    assert_follows(p);
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
    assert_non_null(strstr(failure.message, "the correction is kept"));
    assert_int_equal(pipeline_video(&p, VIDEO).tracks, WALKERS);
    the_tracker_stores_a_split(&p);
    pipeline_close(&p);
}

static bool is_appended;

static enum err_code append_and_note(struct meta_store *m, const char *project, const char *journal, int64_t expected,
    const void *value, size_t size, int64_t *position, struct err *error)
{
    is_appended = true;
    return own.meta.append_journal(m, project, journal, expected, value, size, position, error);
}

static enum err_code list_unless_appended(struct meta_store *m, const char *project, const char *journal, int64_t after,
    size_t limit, struct meta_journal_page *page, struct err *error)
{
    if (is_appended)
        return err_set(error, ERR_UNAVAILABLE, "the store went away");
    return own.meta.list_journal(m, project, journal, after, limit, page, error);
}

static void a_correction_that_cannot_be_read_back_is_stored_by_the_tracker(void **state)
{
    (void)state;
    static struct pipeline_ops ops;
    struct pipeline p;
    open_tracked(&p);
    pipeline_intercept(&p, &own, &ops);
    ops.meta.append_journal = append_and_note;
    ops.meta.list_journal = list_unless_appended;
    const struct correction_request split = split_at(2, 5);
    assert_code(change(&p, &split, NULL), ERR_UNAVAILABLE);
    assert_non_null(strstr(failure.message, "the correction is kept"));
    is_appended = false;
    the_tracker_stores_a_split(&p);
    pipeline_close(&p);
}

static void a_tracker_that_was_interrupted_anywhere_loses_no_correction(void **state)
{
    (void)state;
    struct pipeline p;
    open_tracked(&p);
    do_it(&p, split_at(2, 5));
    make_failing(&p);
    char *expected = stored(&p);
    fail_at(0, false, false);
    track(&p, VIDEO);
    int calls = (int)atomic_load(&fault.calls);
    assert_in_range(calls, 3, 20);
    for (int call = 1; call <= calls; call++) {
        // As after another model: nothing of the tracks is right.
        for (int32_t f = 0; f < FRAMES; f++)
            put_frame(&p, VIDEO, f, WALKERS, (float)(call % 2));
        fail_at(call, true, false);
        assert_code(tracking_run(&p.ingest, VIDEO, NULL, NULL, &failure), ERR_UNAVAILABLE);
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
    // Once at least, however late it is let run.
    while (!atomic_load(&rival->stops) || atomic_load(&rival->runs) == 0) {
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
        assert_ok(thread_start("rival", track_all_the_time, &rival, &threads[i], &failure), &failure);
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
static int rounds_elsewhere; // that it still takes part in

static enum err_code put_tracks_while_another_machine_corrects(struct meta_store *m, const char *video,
    const struct meta_track *tracks, size_t count, int64_t steps, struct err *error)
{
    char text[80];
    if (rounds_elsewhere-- > 0) {
        // Undone and made again in turns.
        snprintf(text, sizeof(text), "{\"format\":1,\"kind\":\"%s\",\"step\":1}", steps % 2 == 1 ? "undo" : "redo");
        assert_ok(own.meta.append_journal(m, "demo", "tracks-" VIDEO, steps, text, strlen(text), &(int64_t){0}, error),
            error);
    }
    return own.meta.put_tracks(m, video, tracks, count, steps, error);
}

static void correct_beside_another_machine(int rounds, enum err_code expected)
{
    static struct pipeline_ops ops;
    struct pipeline p;
    open_tracked(&p);
    pipeline_intercept(&p, &own, &ops);
    ops.meta.put_tracks = put_tracks_while_another_machine_corrects;
    rounds_elsewhere = rounds;
    const struct correction_request split = split_at(2, 5);
    assert_code(change(&p, &split, NULL), expected);
    rounds_elsewhere = 0;
    if (expected == ERR_NONE)
        assert_int_equal(pipeline_video(&p, VIDEO).track_steps, 1 + rounds);
    else
        track(&p, VIDEO);
    struct meta_video video = pipeline_video(&p, VIDEO);
    assert_int_equal(video.tracks, WALKERS + video.track_steps % 2);
    assert_follows(&p);
    // The tracker, too.
    rounds_elsewhere = 3;
    track(&p, VIDEO);
    assert_int_equal(pipeline_video(&p, VIDEO).track_steps, video.track_steps + 3);
    assert_follows(&p);
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
        cmocka_unit_test(a_start_mends_a_correction_that_was_interrupted_anywhere),
        cmocka_unit_test(the_next_correction_mends_one_that_was_interrupted_anywhere),
        cmocka_unit_test(a_correction_that_could_not_be_stored_is_stored_by_the_tracker),
        cmocka_unit_test(a_correction_that_cannot_be_read_back_is_stored_by_the_tracker),
        cmocka_unit_test(a_tracker_that_was_interrupted_anywhere_loses_no_correction),
        cmocka_unit_test(what_another_machine_corrects_meanwhile_is_stored_in_the_end),
        cmocka_unit_test(others_who_never_stop_are_said),
        cmocka_unit_test(a_tracker_at_work_and_corrections_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
