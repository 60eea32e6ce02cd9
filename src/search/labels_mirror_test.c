// What was said reaches the vector index behind the answer's back, and searches are exact while it does. Run as:
// labels_mirror_test BACKEND
#include "search/labels.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "search/label_refusals.h"
#include "search/search.h"
#include "search/test_labels.h"
#include "search/test_vector_count.h"
#include "search/test_vector_gate.h"

static struct vector_gate gate;

// Labels over the fixture's index with a gate before it; the fixture's helpers ask the index itself.
static struct labels *labels_behind_the_gate(struct fixture *f, struct vector_index **index)
{
    struct vector_index *inner = f->vectors;
    *index = f->vectors = vector_gate_new(inner, true, &gate);
    struct labels *labels = new_labels(f);
    f->vectors = inner;
    return labels;
}

static void put_behind_the_gate(struct fixture *f, struct vector_index **index)
{
    labels_free(f->labels);
    f->labels = labels_behind_the_gate(f, index);
}

static void take_away_the_gate(struct fixture *f, struct vector_index *index)
{
    vector_gate_set(&gate, false, false);
    restart(f);
    vector_index_free(index);
}

static enum err_code filter_by(struct fixture *f, const char *label)
{
    struct label_filter filter = {0};
    enum err_code code = labels_filter(f->labels, PROJECT, &label, 1, &filter, &failure);
    label_filter_release(&filter);
    return code;
}

// For a look at what is tried again later: a failure may be noted only after the index is back, and waits from then on.
static struct fixture *a_minute_later(struct fixture *f)
{
    pass_seconds(f, 60);
    return f;
}

// ---- behind the answer's back

static void an_answer_does_not_wait_for_the_index(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    put_behind_the_gate(f, &index);
    vector_gate_set(&gate, true, false);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "red", object_of(VIDEO_A, 0, 1));
    assert_in_the_end(vector_gate_waiting(&gate) == 1);
    // Nor do further words and questions wait while one is on its way.
    say_no(f, "red", object_of(VIDEO_A, 0, 2));
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 0)), "red");
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 2);
    assert_int_equal(count_indexed(f, "red"), 0);
    assert_int_equal(count_indexed_negatives(f, "red"), 0);
    vector_gate_set(&gate, false, false);
    assert_in_the_end(count_indexed(f, "red") == 1);
    assert_in_the_end(count_indexed_negatives(f, "red") == 2);
    take_away_the_gate(f, index);
}

static void what_could_not_be_written_is_written_later_without_a_call(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    put_behind_the_gate(f, &index);
    vector_gate_set(&gate, false, true);
    say_no(f, "red", object_of(VIDEO_A, 0, 1));
    assert_in_the_end(vector_gate_came(&gate) > 0);
    vector_gate_set(&gate, false, false);
    assert_in_the_end(count_indexed_negatives(a_minute_later(f), "red") == 1);
    take_away_the_gate(f, index);
}

static void what_is_said_while_the_index_is_away_counts_at_once(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    put_behind_the_gate(f, &index);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    vector_gate_set_away(&gate, true);
    pass_seconds(f, 20);
    say_no(f, "red", object_of(VIDEO_B, 0, 1));
    say_yes(f, "blue", object_of(VIDEO_A, 0, 2));
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 2)), "blue");
    assert_int_equal(count_found(f, "red", LABEL_LIST_NEGATIVE, NULL, NULL), 1);
    undo(f);
    assert_string_equal(shown(f, object_of(VIDEO_A, 0, 2)), "-");
    vector_gate_set_away(&gate, false);
    assert_in_the_end(count_indexed_negatives(a_minute_later(f), "red") == 1);
    assert_in_the_end(count_indexed(a_minute_later(f), "red") == 1);
    take_away_the_gate(f, index);
}

static void a_search_filtered_by_labels_fails_rather_than_leaves_out_the_newest(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    put_behind_the_gate(f, &index);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_ok(filter_by(f, "red"), &failure);
    assert_int_equal(count_indexed(f, "red"), 1);
    vector_gate_set(&gate, false, true);
    say_yes(f, "red", object_of(VIDEO_A, 1, 0));
    assert_code(filter_by(f, "red"), ERR_UNAVAILABLE);
    assert_says("project demo do not know the newest labels yet: the index is away");
    vector_gate_set(&gate, false, false);
    assert_ok(filter_by(f, "red"), &failure);
    assert_int_equal(count_indexed(f, "red"), 2);
    take_away_the_gate(f, index);
}

// It read the journal, and wrote when the word was taken back already: what it wrote is no longer so.
static void an_engine_that_was_slow_puts_nothing_old_back_for_good(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    struct labels *quick = f->labels;
    say_no(f, "blue", object_of(VIDEO_B, 0, 0));
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "blue", object_of(VIDEO_A, 0, 0));
    assert_ok(filter_by(f, "red"), &failure);
    struct labels *slow = labels_behind_the_gate(f, &index);
    vector_gate_set(&gate, true, false);
    f->labels = slow;
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    assert_in_the_end(vector_gate_waiting(&gate) == 1);
    f->labels = quick;
    undo(f);
    assert_ok(filter_by(f, "red"), &failure);
    assert_int_equal(count_indexed(f, "red"), 1);
    assert_int_equal(count_indexed_negatives(f, "red"), 0);
    vector_gate_set(&gate, false, false);
    assert_in_the_end(vector_gate_came(&gate) > 1 && count_indexed(f, "red") == 1);
    assert_int_equal(count_indexed_negatives(f, "red"), 0);
    assert_int_equal(count_indexed_negatives(f, "blue"), 2);
    labels_free(slow);
    vector_index_free(index);
}

struct filtering {
    struct fixture *f;
    struct label_filter filter;
    enum err_code code;
};

static void *run_filtering(void *arg)
{
    struct filtering *filtering = arg;
    struct err err = ERR_INIT;
    const char *red = "red";
    filtering->code = labels_filter(filtering->f->labels, PROJECT, &red, 1, &filtering->filter, &err);
    return NULL;
}

static void a_search_that_waited_knows_the_tracks_of_what_was_said_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    struct labels *quick = f->labels;
    add_frame(f, VIDEO_A, FRAMES, 1, 5);
    struct labels *slow = f->labels = labels_behind_the_gate(f, &index);
    // The search is to be the one that waits: the background thread fails once, and has no reason to try again.
    vector_gate_set(&gate, false, true);
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    assert_in_the_end(vector_gate_came(&gate) > 0);
    vector_gate_set(&gate, true, false);
    struct filtering filtering = {.f = f};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_filtering, &filtering), 0);
    assert_in_the_end(vector_gate_waiting(&gate) == 1);
    struct fixture others = {.labels = quick};
    say_yes(&others, "red", object_of(VIDEO_A, FRAMES, 0));
    vector_gate_set(&gate, false, false);
    pthread_join(thread, NULL);
    assert_int_equal(filtering.code, ERR_NONE);
    assert_int_equal(filtering.filter.track_count, 1);
    assert_string_equal(filtering.filter.tracks[0].video, VIDEO_A);
    assert_int_equal(filtering.filter.tracks[0].n, 5);
    label_filter_release(&filtering.filter);
    labels_free(slow);
    f->labels = quick;
    vector_index_free(index);
}

// ---- negatives

static void negatives_follow_the_steps(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    say_no(f, "red", object_of(VIDEO_A, 0, 1));
    say_no(f, "blue", object_of(VIDEO_A, 0, 1));
    assert_int_equal(count_negatives(f, "red"), 2);
    assert_int_equal(count_negatives(f, "blue"), 1);
    undo(f);
    assert_int_equal(count_negatives(f, "blue"), 0);
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
    assert_int_equal(count_negatives(f, "blue"), 1);
    assert_ok(labels_rename(f->labels, PROJECT, "red", "Crimson", &anybody, &change, &failure), &failure);
    assert_int_equal(count_negatives(f, "red"), 0);
    assert_int_equal(count_negatives(f, "Crimson"), 2);
    assert_ok(labels_merge(f->labels, PROJECT, "Crimson", "blue", &anybody, &change, &failure), &failure);
    assert_int_equal(count_negatives(f, "Crimson"), 0);
    assert_int_equal(count_negatives(f, "blue"), 2);
    undo(f);
    assert_int_equal(count_negatives(f, "Crimson"), 2);
    assert_int_equal(count_negatives(f, "blue"), 1);
    assert_ok(labels_delete(f->labels, PROJECT, "Crimson", &anybody, &change, &failure), &failure);
    assert_int_equal(count_negatives(f, "Crimson"), 0);
    undo(f);
    assert_int_equal(count_negatives(f, "Crimson"), 2);
    // A yes takes the no back.
    say_yes(f, "Crimson", object_of(VIDEO_A, 0, 1));
    assert_int_equal(count_negatives(f, "Crimson"), 1);
    assert_int_equal(count_negatives(f, "blue"), 1);
    assert_ok(
        labels_clear(f->labels, PROJECT, "Crimson", object_of(VIDEO_A, 0, 0), &anybody, &change, &failure), &failure);
    assert_int_equal(count_negatives(f, "Crimson"), 0);
    // Indexing the frames again loses nothing.
    add_vectors(f, PROJECT, VIDEO_A);
    assert_int_equal(count_indexed_negatives(f, "blue"), 1);
}

static void of_many_negatives_of_an_object_the_newest_are_there(void **state)
{
    struct fixture *f = *state;
    char name[32];
    for (int i = 0; i < VECTOR_NEGATIVES_MAX + 3; i++) {
        snprintf(name, sizeof(name), "label %d", i);
        say_no(f, name, object_of(VIDEO_A, 0, 0));
    }
    assert_int_equal(count_negatives(f, "label 2"), 0);
    assert_int_equal(count_negatives(f, "label 3"), 1);
    assert_int_equal(count_negatives(f, name), 1);
}

static void what_an_older_program_wrote_is_written_again_with_negatives(void **state)
{
    struct fixture *f = *state;
    say_no(f, "red", object_of(VIDEO_A, 0, 0));
    assert_int_equal(count_negatives(f, "red"), 1);
    // As such a program left it: the setting without a form, the index without negatives.
    char *setting = NULL;
    assert_ok(meta_store_get_setting(f->meta, "labels/mirrored/" PROJECT, &setting, &failure), &failure);
    *strrchr(setting, ' ') = '\0';
    assert_ok(meta_store_put_setting(f->meta, "labels/mirrored/" PROJECT, setting, &failure), &failure);
    free(setting);
    struct vector_attributes none = {.set_negatives = true};
    strcpy(none.object, object_of(VIDEO_A, 0, 0));
    assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &none, 1, &failure), &failure);
    restart(f);
    assert_int_equal(count_negatives(f, "red"), 1);
}

// ---- many of them

#define MANY 1001
#define CROWD "00000000000000dd"

// A video whose first frames have MANY objects, all like thing 0, on track 7, and one that is less like it.
static void add_a_crowd(struct fixture *f)
{
    static struct meta_object objects[MANY - 1];
    static float vectors[MANY + 1][DIMENSION];
    static struct vector_item items[MANY + 1];
    add_video(f, PROJECT, CROWD);
    for (int i = 0; i < MANY - 1; i++)
        objects[i] = thing_on(0, 7);
    put_frame(f, CROWD, 0, objects, MANY - 1);
    put_frame(f, CROWD, 1, objects, 2);
    for (int i = 0; i < MANY + 1; i++) {
        vectors[i][0] = 1;
        vectors[i][DIMENSION - 1] = i < MANY ? 0.01f : 0.5f;
        items[i] = (struct vector_item){.class_name = "car", .track = 7, .vector = vectors[i]};
        object_id_make(CROWD, i / (MANY - 1), i % (MANY - 1), items[i].object);
    }
    assert_ok(vector_index_upsert(f->vectors, PROJECT, "model", DIMENSION, items, MANY + 1, &failure), &failure);
}

static void refuse_the_crowd(struct fixture *f, const char *label)
{
    static char ids[MANY][OBJECT_ID_SIZE];
    static const char *no[MANY];
    struct label_change change;
    for (int i = 0; i < MANY; i++) {
        object_id_make(CROWD, i / (MANY - 1), i % (MANY - 1), ids[i]);
        no[i] = ids[i];
    }
    const struct label_examples examples = {.negative = no, .negative_count = MANY};
    assert_ok(labels_examples(f->labels, PROJECT, label, &examples, &anybody, &change, &failure), &failure);
}

static struct label_refusals *refusals_of(struct fixture *f, const char *first, const char *second)
{
    const char *classes[] = {first, second};
    struct label_refusals *refusals;
    assert_ok(labels_refusals(f->labels, PROJECT, classes, second != NULL ? 2 : 1, &refusals, &failure), &failure);
    return refusals;
}

static bool is_left_to_the_index(struct fixture *f, const char *first, const char *second)
{
    struct label_refusals *refusals = refusals_of(f, first, second);
    const char *label = label_refusals_mirrored(refusals);
    bool is_left = label != NULL;
    if (is_left)
        assert_string_equal(label, "Car");
    label_refusals_free(refusals);
    return is_left;
}

static void many_refusals_of_a_class_are_left_to_an_index_that_knows_all(void **state)
{
    struct fixture *f = *state;
    struct vector_index *index;
    add_a_crowd(f);
    put_behind_the_gate(f, &index);
    refuse_the_crowd(f, "Car");
    assert_true(is_left_to_the_index(f, "car", NULL));
    // What is no car may be a dog, and be wanted.
    assert_false(is_left_to_the_index(f, "car", "dog"));
    assert_false(is_left_to_the_index(f, "dog", NULL));
    // An index that still holds one for refused must not leave it out.
    vector_gate_set(&gate, false, true);
    undo(f);
    refuse_the_crowd(f, "Car");
    say_yes(f, "Car", object_of(CROWD, 1, 1));
    assert_false(is_left_to_the_index(f, "car", NULL));
    vector_gate_set(&gate, false, false);
    assert_true(is_left_to_the_index(f, "car", NULL));
    // As many as can be named are named.
    struct label_change change;
    assert_ok(labels_clear(f->labels, PROJECT, "car", object_of(CROWD, 1, 0), &anybody, &change, &failure), &failure);
    assert_false(is_left_to_the_index(f, "car", NULL));
    take_away_the_gate(f, index);
}

// What is left of the crowd with these refusals, and how many questions to the index that took.
static size_t questions_for_the_rest(struct fixture *f, const struct label_refusals *refusals)
{
    struct vector_count count;
    struct vector_index *counting = vector_count_new(f->vectors, &count);
    struct search *search = search_new(&(struct search_config){.meta = f->meta, .vectors = counting});
    const char *car = "car";
    const struct search_request request = {.project = PROJECT,
        .object = CROWD "-00000000-000",
        .filter = {.classes = &car, .class_count = 1, .video = CROWD},
        .refusals = refusals,
        .min_score = -1,
        .limit = 5};
    struct search_result result;
    assert_ok(search_run(search, &request, &result, &failure), &failure);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.hits[0].object, CROWD "-00000001-001");
    search_result_release(&result);
    search_free(search);
    vector_count_release(counting);
    return count.queries;
}

static void refused_objects_take_no_places_of_a_question(void **state)
{
    struct fixture *f = *state;
    add_a_crowd(f);
    // Of another track, so that the noes do not reach it.
    struct meta_object other[2] = {thing_on(0, 7), thing_on(0, -1)};
    const struct vector_attributes untracked = {.object = CROWD "-00000001-001", .set_track = true, .track = -1};
    put_frame(f, CROWD, 1, other, 2);
    assert_ok(vector_index_set_attributes(f->vectors, PROJECT, &untracked, 1, &failure), &failure);
    refuse_the_crowd(f, "Car");
    struct label_refusals *left_to_it = refusals_of(f, "car", NULL);
    struct label_refusals *named = refusals_of(f, "car", "dog");
    assert_int_equal(questions_for_the_rest(f, left_to_it), 1);
    // Without the index's help the same comes out, after the refused ones came and went.
    assert_true(questions_for_the_rest(f, named) > 1);
    label_refusals_free(left_to_it);
    label_refusals_free(named);
}

static void many_exceptions_of_a_label_are_left_to_the_index(void **state)
{
    struct fixture *f = *state;
    add_a_crowd(f);
    say_yes(f, "Bob", object_of(CROWD, 1, 1));
    refuse_the_crowd(f, "Ann");
    struct label_filter filter;
    const char *labels[] = {"bob", "ann"};
    assert_ok(labels_filter(f->labels, PROJECT, labels, 1, &filter, &failure), &failure);
    assert_int_equal(filter.exception_count, 0);
    assert_null(filter.refused);
    label_filter_release(&filter);
    // A yes after the noes gives the rest of the track the label.
    struct label_change change;
    refuse_the_crowd(f, "Bob");
    assert_ok(labels_clear(f->labels, PROJECT, "Bob", object_of(CROWD, 1, 1), &anybody, &change, &failure), &failure);
    say_yes(f, "Bob", object_of(CROWD, 1, 1));
    assert_ok(labels_filter(f->labels, PROJECT, labels, 1, &filter, &failure), &failure);
    assert_int_equal(filter.exception_count, MANY);
    assert_string_equal(filter.refused, "Bob");
    label_filter_release(&filter);
    assert_ok(labels_filter(f->labels, PROJECT, labels, 2, &filter, &failure), &failure);
    assert_null(filter.refused);
    label_filter_release(&filter);
    assert_int_equal(count_indexed_negatives(f, "Bob"), MANY);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(an_answer_does_not_wait_for_the_index),
        with_stores(what_could_not_be_written_is_written_later_without_a_call),
        with_stores(what_is_said_while_the_index_is_away_counts_at_once),
        with_stores(a_search_filtered_by_labels_fails_rather_than_leaves_out_the_newest),
        with_stores(an_engine_that_was_slow_puts_nothing_old_back_for_good),
        with_stores(a_search_that_waited_knows_the_tracks_of_what_was_said_meanwhile),
        with_stores(negatives_follow_the_steps),
        with_stores(of_many_negatives_of_an_object_the_newest_are_there),
        with_stores(what_an_older_program_wrote_is_written_again_with_negatives),
        with_stores(many_refusals_of_a_class_are_left_to_an_index_that_knows_all),
        with_stores(refused_objects_take_no_places_of_a_question),
        with_stores(many_exceptions_of_a_label_are_left_to_the_index),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
