// The labelling service and its stores: several services, the vector index, learning, tracks, faults. Run as:
// labels_store_test BACKEND
#include "search/labels.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "meta_store_fault.h"
#include "search/test_labels.h"
#include "search/test_vector_count.h"
#include "vector_index/vector_index_backend.h"

// ---- several services

struct writer {
    struct fixture *f;
    struct labels *labels;
    int frame;
    pthread_t thread;
    int done;
    struct err err;
};

static void *label_a_video(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < 20; i++) {
        char id[OBJECT_ID_SIZE];
        char name[32];
        object_id_make(w->frame == 0 ? VIDEO_A : VIDEO_B, i % FRAMES, i / FRAMES, id);
        snprintf(name, sizeof(name), "label %d", i % 3);
        const char *yes = id;
        struct label_change change;
        const struct label_examples examples = {.positive = &yes, .positive_count = 1};
        w->done += labels_examples(w->labels, PROJECT, name, &examples, &anybody, &change, &w->err) == ERR_NONE;
    }
    return NULL;
}

static void services_that_share_a_store_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct labels *second = new_labels(f);
    struct writer writers[2] = {{.f = f, .labels = f->labels}, {.f = f, .labels = second, .frame = 1}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&writers[i].thread, NULL, label_a_video, &writers[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(writers[i].thread, NULL);
    for (int i = 0; i < 2; i++) {
        if (writers[i].done != 20)
            fail_msg("only %d of 20: %s", writers[i].done, writers[i].err.message);
    }
    struct label_list lists[2];
    assert_ok(labels_list(f->labels, PROJECT, &lists[0], &failure), &failure);
    assert_ok(labels_list(second, PROJECT, &lists[1], &failure), &failure);
    int64_t positives = 0;
    for (size_t i = 0; i < lists[0].count; i++) {
        positives += lists[0].items[i].positives;
        assert_int_equal(lists[0].items[i].positives, lists[1].items[i].positives);
    }
    assert_int_equal(positives, 40);
    assert_int_equal(lists[0].version, 40);
    assert_int_equal(lists[1].version, 40);
    label_list_release(&lists[0]);
    label_list_release(&lists[1]);
    assert_int_equal(count_searched(f, "label 0") + count_searched(f, "label 1") + count_searched(f, "label 2"), 40);
    labels_free(second);
}

static void a_service_sees_what_another_one_did(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(listed(f), "");
    struct labels *second = new_labels(f);
    struct labels *first = f->labels;
    f->labels = second;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    f->labels = first;
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "red");
    assert_ok(labels_refresh(first, PROJECT, &failure), &failure);
    assert_string_equal(shown(f, object_of(VIDEO_A, 2, 0)), "red?");
    labels_free(second);
}

static void a_project_made_again_begins_without_labels(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &failure), &failure);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_B, &failure), &failure);
    assert_ok(meta_store_remove_project(f->meta, PROJECT, &failure), &failure);
    struct label_list list;
    assert_code(labels_list(f->labels, PROJECT, &list, &failure), ERR_NOT_FOUND);
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "-");
    pass_seconds(f, 5);
    ingest(f, PROJECT, VIDEO_A);
    assert_string_equal(listed(f), "");
    say_yes(f, "blue", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 1, 0));
    assert_int_equal(count_found(f, "blue", LABEL_LIST_EXPLICIT, NULL, NULL), 2);
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "blue");
}

static void a_project_that_others_made_again_begins_anew_here_too(void **state)
{
    struct fixture *f = *state;
    struct labels *first = f->labels;
    // More was said than will be.
    for (int i = 0; i < 3; i++)
        say_yes(f, "red", object_of(VIDEO_A, 3 * i, 0));
    assert_int_equal(count_searched(f, "red"), 3); // nothing is done in the background any more
    assert_ok(meta_store_remove_video(f->meta, VIDEO_A, &failure), &failure);
    assert_ok(meta_store_remove_video(f->meta, VIDEO_B, &failure), &failure);
    assert_ok(meta_store_remove_project(f->meta, PROJECT, &failure), &failure);
    pass_seconds(f, 5);
    ingest(f, PROJECT, VIDEO_A);
    add_frame(f, VIDEO_A, 1, THINGS, 7);
    add_frame(f, VIDEO_A, 5, THINGS, 7);
    f->labels = new_labels(f);
    say_yes(f, "blue", object_of(VIDEO_A, 1, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 2, 0));
    labels_free(f->labels);
    f->labels = first;
    assert_string_equal(shown(f, object_of(VIDEO_A, 1, 0)), "blue");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 5, 0), 7), "blue");
    assert_string_not_equal(shown(f, object_of(VIDEO_A, 0, 0)), "red");
    struct label_list list;
    assert_ok(labels_list(f->labels, PROJECT, &list, &failure), &failure);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.version, 2);
    label_list_release(&list);
}

// ---- the vector index

static void searches_filter_by_explicit_labels(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_int_equal(count_searched(f, "red"), 2);
    assert_ok(labels_rename(f->labels, PROJECT, "red", "crimson", &anybody, &change, &failure), &failure);
    assert_int_equal(count_searched(f, "red"), 0);
    assert_int_equal(count_searched(f, "crimson"), 2);
    say_no(f, "crimson", object_of(VIDEO_A, 0, 0));
    assert_int_equal(count_searched(f, "crimson"), 1);
    undo(f);
    undo(f);
    assert_int_equal(count_searched(f, "red"), 2);
    assert_ok(labels_delete(f->labels, PROJECT, "red", &anybody, &change, &failure), &failure);
    assert_int_equal(count_searched(f, "red"), 0);
    undo(f);
    assert_int_equal(count_searched(f, "red"), 2);
    // Indexing the frames again writes the vectors anew, and keeps the labels.
    add_vectors(f, PROJECT, VIDEO_A);
    assert_int_equal(count_searched(f, "red"), 2);
}

static void a_step_whose_writer_died_before_the_index_knew_is_made_up_for(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_int_equal(count_searched(f, "red"), 1);
    static const char entry[] = "{\"format\": 1, \"kind\": \"examples\", \"label\": \"red\","
                                " \"positive\": [\"" VIDEO_A "-00000002-000\"],"
                                " \"negative\": [\"" VIDEO_A "-00000003-000\"]}";
    assert_ok(meta_store_append_journal(f->meta, PROJECT, "labels", 1, entry, strlen(entry), NULL, &failure), &failure);
    assert_int_equal(count_indexed(f, "red"), 1);
    restart(f);
    assert_string_equal(shown(f, VIDEO_A "-00000002-000"), "red");
    assert_int_equal(count_searched(f, "red"), 2);
    assert_int_equal(count_negatives(f, "red"), 1);
}

static void steps_of_a_newer_program_are_refused_with_advice(void **state)
{
    struct fixture *f = *state;
    static const char entry[] = "{\"format\": 999, \"kind\": \"examples\"}";
    assert_ok(meta_store_append_journal(f->meta, PROJECT, "labels", 0, entry, strlen(entry), NULL, &failure), &failure);
    struct label_list list;
    assert_code(labels_list(f->labels, PROJECT, &list, &failure), ERR_INVALID);
    assert_says("step 1 of project demo");
    assert_says("upgrade the program");
    assert_code(try_say(f, "red", object_of(VIDEO_A, 0, 0), NULL), ERR_INVALID);
}

// ---- learning

static void new_vectors_get_likely_labels_within_seconds(void **state)
{
    struct fixture *f = *state;
    assert_ok(vector_index_remove_video(f->vectors, PROJECT, VIDEO_B, &failure), &failure);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(shown(f, object_of(VIDEO_B, 4, 0)), "-");
    add_vectors(f, PROJECT, VIDEO_B);
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_string_equal(shown(f, object_of(VIDEO_B, 4, 0)), "red?");
}

// Of a word only the label that it is about is learnt at once, and nothing is asked for the others.
static void a_word_is_learnt_for_its_label_alone(void **state)
{
    struct fixture *f = *state;
    struct vector_count count;
    f->vectors = vector_count_new(f->vectors, &count);
    restart(f);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 0, 1));
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_true(count.along[0] > 0 && count.along[1] > 0);
    count = (struct vector_count){0};
    say_yes(f, "red", object_of(VIDEO_B, 3, 0));
    assert_true(count.along[0] > 0);
    assert_int_equal(count.along[1], 0);
    // Also where what the other knows of this one is out of date: that is left to the background.
    pass_seconds(f, 2);
    say_yes(f, "red", object_of(VIDEO_B, 4, 0));
    assert_int_equal(count.along[1], 0);
    assert_string_equal(shown(f, object_of(VIDEO_B, 7, 0)), "red?");
    assert_string_equal(shown(f, object_of(VIDEO_B, 7, 1)), "blue?");
    // Where nothing was said and nothing came, nothing is learnt.
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    count = (struct vector_count){0};
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    assert_int_equal(count.queries, 0);
}

static enum err_code query_fails(struct vector_index *index, const struct vector_query *query, struct vector_hit **hits,
    size_t *count, struct err *err)
{
    (void)index;
    (void)query;
    (void)hits;
    (void)count;
    return err_set(err, ERR_UNAVAILABLE, "the index does not answer");
}

// What is likely stays as it was learnt last, but for what was said since.
static void what_is_said_holds_while_nothing_can_be_learnt(void **state)
{
    struct fixture *f = *state;
    const struct vector_index_ops *own = f->vectors->ops;
    static struct vector_index_ops ops; // also when the test ends here
    ops = *own;
    const char *rejected = object_of(VIDEO_A, 5, 0);
    const char *other = object_of(VIDEO_A, 6, 0);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    size_t likely = count_found(f, "red", LABEL_LIST_PROBABLE, NULL, NULL);
    ops.query = query_fails;
    f->vectors->ops = &ops;
    say_no(f, "red", rejected);
    assert_string_equal(shown(f, rejected), "-");
    assert_int_equal(count_found(f, "red", LABEL_LIST_PROBABLE, NULL, rejected), likely - 1);
    say_yes(f, "blue", other);
    assert_int_equal(count_found(f, "red", LABEL_LIST_PROBABLE, NULL, other), likely - 2);
    assert_string_equal(shown(f, object_of(VIDEO_A, 7, 0)), "red?");
    labels_free(f->labels);
    f->vectors->ops = own;
    f->labels = new_labels(f);
}

// An index that takes a second to answer this thread, and lets others wait.
static struct {
    struct fixture *f;
    const struct vector_index_ops *own;
    pthread_t asking;
    pthread_mutex_t mutex; // guards is_open
    pthread_cond_t opened;
    bool is_open;
} slow = {.mutex = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};

static enum err_code query_slowly(struct vector_index *index, const struct vector_query *query,
    struct vector_hit **hits, size_t *count, struct err *err)
{
    if (pthread_equal(pthread_self(), slow.asking) != 0) {
        pass_seconds(slow.f, 1);
    } else {
        pthread_mutex_lock(&slow.mutex);
        while (!slow.is_open)
            pthread_cond_wait(&slow.opened, &slow.mutex);
        pthread_mutex_unlock(&slow.mutex);
    }
    return slow.own->query(index, query, hits, count, err);
}

static void let_others_ask(void)
{
    pthread_mutex_lock(&slow.mutex);
    slow.is_open = true;
    pthread_cond_broadcast(&slow.opened);
    pthread_mutex_unlock(&slow.mutex);
}

// What is slow to learn is learnt in the background, but nobody is asked by what was said before.
static void questions_are_about_what_was_said_last_however_slow_that_is_to_learn(void **state)
{
    struct fixture *f = *state;
    static struct vector_index_ops ops;
    slow.f = f;
    slow.own = f->vectors->ops;
    slow.asking = pthread_self();
    slow.is_open = false;
    ops = *slow.own;
    ops.query = query_slowly;
    f->vectors->ops = &ops;
    const char *const first[] = {object_of(VIDEO_A, 0, 0), object_of(VIDEO_A, 3, 0)};
    const char *const then[] = {object_of(VIDEO_A, 0, 1), object_of(VIDEO_A, 3, 1)};
    const struct label_examples other = {.positive = then,
        .positive_count = 1,
        .negative = then + 1,
        .negative_count = 1,
        .clear = first,
        .clear_count = 2};
    struct label_change change;
    struct label_questions questions = {0};
    enum err_code code = try_say(f, "red", first[0], first[1]);
    if (code == ERR_NONE)
        code = labels_examples(f->labels, PROJECT, "red", &other, &anybody, &change, &failure);
    if (code == ERR_NONE)
        code = labels_candidates(f->labels, PROJECT, "red", VIDEO_B, 10, &questions, &failure);
    // Whatever came of it: the service cannot end while its thread waits.
    let_others_ask();
    labels_free(f->labels);
    f->vectors->ops = slow.own;
    f->labels = new_labels(f);
    assert_ok(code, &failure);
    assert_true(questions.hits.count > 0);
    for (size_t i = 0; i < questions.hits.count; i++)
        assert_string_equal(questions.hits.items[i].object + OBJECT_ID_SIZE - 4, "001");
    label_questions_release(&questions);
}

static void what_is_said_of_an_object_holds_for_its_track(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 1, 1));
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 7, 2), 40), "red");
    // The tracker comes: object k of every frame is on track 40 + k.
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f, VIDEO_A, i, THINGS, 40);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &failure), &failure);
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "red");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 1), 41), "blue");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 2), 42), "-");
    // An object's own word counts for itself, the latest for the rest.
    say_yes(f, "green", object_of(VIDEO_A, 5, 0));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 0, 0), 40), "red");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 5, 0), 40), "green");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "green");
    say_no(f, "green", object_of(VIDEO_A, 6, 0));
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "green");
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 40), "green?");
}

// As a correction stores it: object k of the frame comes to a track.
static void give(struct fixture *f, int32_t frame, int32_t k, int64_t n)
{
    int64_t numbers[THINGS] = {-1, -1, -1};
    numbers[k] = n;
    const struct meta_frame_tracks tracks = {.frame = frame, .tracks = numbers, .count = THINGS};
    const struct meta_track track = {.n = n, .first_frame = frame, .last_frame = frame, .objects = 1};
    struct vector_attributes change = {.set_track = true, .track = n};
    strcpy(change.object, object_of(VIDEO_A, frame, k));
    assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &change, 1, &failure), &failure);
    assert_ok(meta_store_put_frame_tracks(f->meta, VIDEO_A, &tracks, 1, &failure), &failure);
    pass_seconds(f, 1);
    assert_ok(meta_store_put_tracks(f->meta, VIDEO_A, &track, n >= 0, 0, &failure), &failure);
    const struct label_object moved = {.object = change.object, .track = n};
    assert_ok(labels_follow_tracks(f->labels, PROJECT, VIDEO_A, &moved, 1, &failure), &failure);
}

static void what_likely_is_follows_a_correction_at_once(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 8, 1));
    assert_ok(labels_refresh(f->labels, PROJECT, &failure), &failure);
    size_t likely = count_found(f, "red", LABEL_LIST_PROBABLE, VIDEO_A, NULL);
    assert_string_equal(shown(f, object_of(VIDEO_A, 7, 0)), "red?");
    give(f, 8, 1, 60);
    assert_int_equal(count_found(f, "red", LABEL_LIST_PROBABLE, VIDEO_A, NULL), likely);
    // Now it is of a track that is blue, and counts there.
    give(f, 7, 0, 60);
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 7, 0), 60), "blue");
    assert_int_equal(count_found(f, "red", LABEL_LIST_PROBABLE, VIDEO_A, object_of(VIDEO_A, 7, 0)), likely - 1);
    give(f, 7, 0, -1);
    assert_string_equal(shown(f, object_of(VIDEO_A, 7, 0)), "red?");
    assert_int_equal(count_found(f, "red", LABEL_LIST_PROBABLE, VIDEO_A, NULL), likely);
    // Frames may tell of a track before labelling was told: what was said on it holds.
    say_no(f, "red", object_of(VIDEO_A, 8, 1));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 9, 0), -1), "red?");
    say_no(f, "blue", object_of(VIDEO_A, 8, 1));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 9, 0), 60), "-");
    const struct label_object none = {.object = "x", .track = 1};
    assert_code(labels_follow_tracks(f->labels, PROJECT, VIDEO_A, &none, 1, &failure), ERR_INVALID);
}

// The tracker took two things for one: what is said of both divides the track.
static void a_track_that_is_both_is_divided_between_yes_and_no(void **state)
{
    struct fixture *f = *state;
    for (int32_t i = 0; i < FRAMES; i++)
        give(f, i, i < FRAMES / 2 ? 0 : 1, 60);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 3, 0), 60), "red");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 8, 1), 60), "red");
    say_no(f, "red", object_of(VIDEO_A, 11, 1));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 3, 0), 60), "red?");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 8, 1), 60), "-");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 11, 1), 60), "-");
    // With the no taken back the track is one thing again.
    undo(f);
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 8, 1), 60), "red");
    // Only noes refuse all of it.
    say_no(f, "blue", object_of(VIDEO_A, 1, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 9, 2));
    assert_string_not_equal(shown_on(f, object_of(VIDEO_A, 8, 1), 60), "blue?");
}

// Not in the middle in time but where the track goes over to the other thing; and undone everything is as before.
static void a_track_is_divided_where_it_goes_over_to_another_thing(void **state)
{
    struct fixture *f = *state;
    const int change = 9;
    for (int32_t i = 0; i < FRAMES; i++)
        give(f, i, i < change ? 0 : 1, 60);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "red", object_of(VIDEO_A, 11, 1));
    for (int i = 1; i < FRAMES; i++)
        assert_string_equal(shown_on(f, object_of(VIDEO_A, i, i < change ? 0 : 1), 60), i < change ? "red?" : "-");
    // Undone, a further word leaves nothing behind.
    say_no(f, "red", object_of(VIDEO_A, 8, 0));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 8, 0), 60), "-");
    undo(f);
    for (int i = 1; i < FRAMES; i++)
        assert_string_equal(shown_on(f, object_of(VIDEO_A, i, i < change ? 0 : 1), 60), i < change ? "red?" : "-");
    undo(f);
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 10, 1), 60), "red");
}

// A later yes gives the rest of the track back, also around the no, but never what the no was about.
static void what_was_rejected_stays_so_between_two_yeses(void **state)
{
    struct fixture *f = *state;
    char no[OBJECT_ID_SIZE];
    object_id_make(VIDEO_A, 5, 0, no);
    for (int32_t i = 0; i < FRAMES; i++)
        give(f, i, 0, 60);
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    say_no(f, "red", no);
    say_yes(f, "red", object_of(VIDEO_A, 9, 0));
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 4, 0), 60), "red");
    assert_string_equal(shown_on(f, no, 60), "-");
    for (int listing = LABEL_LIST_EXPLICIT; listing <= LABEL_LIST_PROBABLE; listing++)
        (void)count_found(f, "red", (enum label_listing)listing, NULL, no);
    struct label_filter filter;
    const char *label = "red";
    assert_ok(labels_filter(f->labels, PROJECT, &label, 1, &filter, &failure), &failure);
    assert_int_equal(filter.track_count, 1);
    assert_int_equal(filter.exception_count, 1);
    assert_string_equal(filter.exceptions[0], no);
    label_filter_release(&filter);
    struct label_questions questions;
    assert_ok(labels_candidates(f->labels, PROJECT, "red", NULL, 100, &questions, &failure), &failure);
    for (size_t i = 0; i < questions.hits.count; i++)
        assert_string_not_equal(questions.hits.items[i].object, no);
    label_questions_release(&questions);
    // One more word, also taken back, changes nothing in that.
    say_yes(f, "red", object_of(VIDEO_A, 6, 0));
    undo(f);
    restart(f);
    assert_string_equal(shown_on(f, no, 60), "-");
    assert_string_equal(shown_on(f, object_of(VIDEO_A, 6, 0), 60), "red");
}

static struct fixture *a_second_later(struct fixture *f)
{
    pass_seconds(f, 1);
    return f;
}

// Without anybody asking for it: the thread in the background finds the new vectors' labels.
static void a_video_that_comes_later_gets_labels_learnt_before(void **state)
{
    struct fixture *f = *state;
    static const char later[] = "a0000000000000ee";
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_string_equal(shown(f, object_of(VIDEO_B, 4, 0)), "red?");
    ingest(f, PROJECT, later);
    assert_in_the_end(strcmp(shown(a_second_later(f), object_of(later, 4, 0)), "red?") == 0);
    assert_string_equal(shown(f, object_of(later, 4, 1)), "-");
    assert_int_equal(count_found(f, "red", LABEL_LIST_PROBABLE, later, NULL), FRAMES);
}

// ---- all or nothing

#define BULK 5000

// What a service that knows nothing yet finds.
static int64_t positives_found(struct fixture *f)
{
    struct labels *fresh = new_labels(f);
    struct label_list list;
    f->fault->at = 0;
    assert_ok(labels_list(fresh, PROJECT, &list, &failure), &failure);
    int64_t positives = list.count > 0 ? list.items[0].positives : 0;
    label_list_release(&list);
    labels_free(fresh);
    return positives;
}

static void five_thousand_objects_are_labelled_all_or_none(void **state)
{
    struct fixture *f = *state;
    static char ids[BULK][OBJECT_ID_SIZE];
    static const char *yes[BULK];
    static const char video[] = "00000000000000dd";
    add_video(f, PROJECT, video);
    for (int32_t i = 0; i < BULK / 1000; i++)
        add_frame(f, video, i, 1000, -1);
    for (int i = 0; i < BULK; i++) {
        object_id_make(video, i / 1000, i % 1000, ids[i]);
        yes[i] = ids[i];
    }
    const struct label_examples examples = {.positive = yes, .positive_count = BULK};
    for (int lost = 0; lost < 2; lost++) {
        f->fault->answer_lost = lost == 1;
        bool struck = true;
        for (int64_t at = 1; struck; at++) {
            struct label_change change;
            restart(f);
            atomic_store(&f->fault->calls, 0);
            f->fault->at = at;
            enum err_code code = labels_examples(f->labels, PROJECT, "crowd", &examples, &anybody, &change, &failure);
            struck = atomic_load(&f->fault->calls) >= at;
            f->fault->at = 0;
            int64_t found = positives_found(f);
            assert_true(found == 0 || found == BULK);
            assert_true(code != ERR_NONE || found == BULK);
            // The service that met the fault goes on, and takes it back.
            if (found == BULK)
                assert_ok(labels_delete(f->labels, PROJECT, "crowd", &anybody, &change, &failure), &failure);
            assert_int_equal(positives_found(f), 0);
            assert_true(at < 200);
        }
    }
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(services_that_share_a_store_lose_nothing),
        with_stores(a_service_sees_what_another_one_did),
        with_stores(a_project_made_again_begins_without_labels),
        with_stores(a_project_that_others_made_again_begins_anew_here_too),
        with_stores(searches_filter_by_explicit_labels),
        with_stores(a_step_whose_writer_died_before_the_index_knew_is_made_up_for),
        with_stores(steps_of_a_newer_program_are_refused_with_advice),
        with_stores(new_vectors_get_likely_labels_within_seconds),
        with_stores(a_word_is_learnt_for_its_label_alone),
        with_stores(what_is_said_holds_while_nothing_can_be_learnt),
        with_stores(questions_are_about_what_was_said_last_however_slow_that_is_to_learn),
        with_stores(what_is_said_of_an_object_holds_for_its_track),
        with_stores(what_likely_is_follows_a_correction_at_once),
        with_stores(a_track_that_is_both_is_divided_between_yes_and_no),
        with_stores(a_track_is_divided_where_it_goes_over_to_another_thing),
        with_stores(what_was_rejected_stays_so_between_two_yeses),
        with_stores(a_video_that_comes_later_gets_labels_learnt_before),
        with_stores(five_thousand_objects_are_labelled_all_or_none),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
