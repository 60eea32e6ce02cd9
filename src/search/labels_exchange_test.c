// Labels of many objects, out and in. Run as: labels_exchange_test BACKEND
#include "search/labels_exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/test.h"
#include "fault.h"
#include "meta_store/meta_store_backend.h"
#include "search/test_labels.h"

#define EACH 4 // objects of each frame here; object k is on track k, but the last one on none

static void add_objects(struct fixture *f, const char *video, int32_t frames, size_t count)
{
    struct meta_object *objects = mem_calloc(count, sizeof(*objects));
    for (size_t k = 0; k < count; k++)
        objects[k] = thing_on(k, k + 1 < count ? (int64_t)k : -1);
    for (int32_t i = 0; i < frames; i++)
        put_frame(f, video, i, objects, count);
    free(objects);
}

static int set_up_tracked(void **state)
{
    int failed = set_up(state);
    if (failed == 0)
        add_objects(*state, VIDEO_A, FRAMES, EACH);
    return failed;
}

// ---- saying

// More than test_labels.h has room for.
static const char *id_of(const char *video, int frame, int k)
{
    static char ids[32][OBJECT_ID_SIZE];
    static int next;
    char *id = ids[next++ % 32];
    object_id_make(video, frame, k, id);
    return id;
}

static const char *const names[] = {"red", "blue", "gr\u00fcn"};

static struct labels_import request_of(const struct label_assertion *items, size_t count)
{
    return (struct labels_import){.project = PROJECT,
        .names = names,
        .name_count = 3,
        .items = items,
        .count = count,
        .editor = {.expected_version = -1}};
}

static struct label_assertion word_of(int frame, int k, size_t label, enum label_word word)
{
    return (struct label_assertion){
        .object = id_of(VIDEO_A, frame, k), .track = k + 1 < EACH ? k : -1, .label = label, .word = word};
}

static enum err_code try_import(struct fixture *f, const struct label_assertion *items, size_t count)
{
    struct labels_imported imported;
    const struct labels_import request = request_of(items, count);
    enum err_code code = labels_import(f->labels, &request, &imported, &failure);
    labels_imported_release(&imported);
    return code;
}

// ---- seeing

// Everything that is so, as text: each object's label, by whose word, and what it is said not to be.
static char *states_text(struct fixture *f)
{
    struct label_object asked[FRAMES * EACH];
    for (int i = 0; i < FRAMES * EACH; i++) {
        int k = i % EACH;
        char *id = mem_alloc(OBJECT_ID_SIZE);
        object_id_make(VIDEO_A, i / EACH, k, id);
        asked[i] = (struct label_object){.object = id, .track = k + 1 < EACH ? k : -1};
    }
    struct label_states set;
    assert_ok(labels_states(f->labels, PROJECT, asked, FRAMES * EACH, NULL, &set, &failure), &failure);
    struct strbuf text;
    strbuf_init(&text);
    for (int i = 0; i < FRAMES * EACH; i++) {
        const struct label_state *state = &set.items[i];
        if (state->kind != LABEL_NONE)
            strbuf_addf(&text, "%s %s%s\n", asked[i].object + 17, state->name, state->said ? " said" : "");
        for (size_t n = 0; n < state->negative_count; n++)
            strbuf_addf(&text, "%s not %s\n", asked[i].object + 17, set.negatives[state->negative_first + n]);
        free((char *)(uintptr_t)asked[i].object);
    }
    label_states_release(&set);
    return strbuf_detach(&text, NULL);
}

static void assert_states(struct fixture *f, const char *wanted)
{
    char *text = states_text(f);
    assert_string_equal(text, wanted);
    free(text);
}

// ---- out

static void states_tell_an_objects_own_word_from_its_tracks(void **state)
{
    struct fixture *f = *state;
    assert_states(f, "");
    say_yes(f, "red", id_of(VIDEO_A, 0, 3));
    say_yes(f, "blue", id_of(VIDEO_A, 2, 0));
    say_no(f, "blue", id_of(VIDEO_A, 0, 3));
    say_no(f, "green", id_of(VIDEO_A, 0, 3));
    say_no(f, "blue", id_of(VIDEO_A, 7, 1));
    assert_states(f,
        "00000000-000 blue\n"
        "00000000-003 red said\n"
        "00000000-003 not blue\n"
        "00000000-003 not green\n"
        "00000001-000 blue\n"
        "00000002-000 blue said\n"
        "00000003-000 blue\n"
        "00000004-000 blue\n"
        "00000005-000 blue\n"
        "00000006-000 blue\n"
        "00000007-000 blue\n"
        "00000007-001 not blue\n"
        "00000008-000 blue\n"
        "00000009-000 blue\n"
        "00000010-000 blue\n"
        "00000011-000 blue\n");
}

static void a_project_that_is_not_there_has_no_labels(void **state)
{
    struct fixture *f = *state;
    const struct label_object asked = {.object = "0123456789abcdef-00000000-000", .track = -1};
    struct label_states set;
    assert_ok(labels_states(f->labels, "nowhere", &asked, 1, NULL, &set, &failure), &failure);
    assert_int_equal(set.items[0].kind, LABEL_NONE);
    assert_string_equal(set.items[0].name, "");
    label_states_release(&set);
}

// ---- in

static void several_labels_are_imported_in_one_step_that_is_undone_as_one(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", id_of(VIDEO_A, 0, 3));
    const struct label_assertion items[] = {
        word_of(0, 3, 1, LABEL_WORD_YES),
        word_of(1, 3, 0, LABEL_WORD_YES),
        word_of(2, 3, 2, LABEL_WORD_NO),
        word_of(1, 3, 2, LABEL_WORD_NO),
        word_of(1, 3, 0, LABEL_WORD_YES),
    };
    struct labels_imported imported;
    struct labels_import request = request_of(items, 5);
    request.dry_run = true;
    assert_ok(labels_import(f->labels, &request, &imported, &failure), &failure);
    assert_int_equal(imported.step, 0);
    assert_int_equal(imported.version, 1);
    assert_int_equal(imported.labels[0].positives, 1);
    labels_imported_release(&imported);
    assert_states(f, "00000000-003 red said\n");

    request.dry_run = false;
    request.editor.by = "ann";
    assert_ok(labels_import(f->labels, &request, &imported, &failure), &failure);
    assert_int_equal(imported.step, 2);
    assert_int_equal(imported.version, 2);
    assert_false(imported.labels[0].made);
    assert_true(imported.labels[1].made);
    assert_true(imported.labels[2].made);
    assert_int_equal(imported.labels[0].positives, 1);
    assert_int_equal(imported.labels[1].positives, 1);
    assert_int_equal(imported.labels[2].negatives, 2);
    assert_int_equal(imported.moved, 1);
    assert_int_equal(imported.unchanged, 0);
    labels_imported_release(&imported);
    static const char after[] = "00000000-003 blue said\n"
                                "00000001-003 red said\n"
                                "00000001-003 not gr\u00fcn\n"
                                "00000002-003 not gr\u00fcn\n";
    assert_states(f, after);
    restart(f);
    assert_states(f, after);
    undo(f);
    assert_states(f, "00000000-003 red said\n");
}

static void what_is_so_already_makes_no_step(void **state)
{
    struct fixture *f = *state;
    const struct label_assertion items[] = {
        word_of(0, 3, 0, LABEL_WORD_YES),
        word_of(1, 0, 1, LABEL_WORD_YES),
        word_of(2, 0, 1, LABEL_WORD_CARRIES),
        word_of(3, 0, 1, LABEL_WORD_FOLLOWS),
        word_of(1, 1, 1, LABEL_WORD_NO),
    };
    struct labels_imported imported;
    const struct labels_import request = request_of(items, 5);
    assert_ok(labels_import(f->labels, &request, &imported, &failure), &failure);
    // Nobody gave it to the track before, so the one that only carries it is said to be it too.
    assert_int_equal(imported.labels[1].positives, 2);
    assert_int_equal(imported.unchanged, 1);
    labels_imported_release(&imported);
    assert_ok(labels_import(f->labels, &request, &imported, &failure), &failure);
    assert_int_equal(imported.step, 0);
    assert_int_equal(imported.version, 1);
    assert_int_equal(imported.unchanged, 5);
    assert_int_equal(imported.labels[1].positives, 0);
    labels_imported_release(&imported);
}

static void an_objects_own_word_does_not_stand_against_what_follows_from_its_track(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", id_of(VIDEO_A, 4, 0));
    say_no(f, "blue", id_of(VIDEO_A, 5, 0));
    const struct label_assertion items[] = {
        word_of(1, 0, 1, LABEL_WORD_YES),
        word_of(3, 0, 1, LABEL_WORD_FOLLOWS),
        word_of(4, 0, 1, LABEL_WORD_FOLLOWS),
        word_of(5, 0, 1, LABEL_WORD_FOLLOWS),
    };
    assert_ok(try_import(f, items, 4), &failure);
    assert_states(f,
        "00000000-000 blue\n"
        "00000001-000 blue said\n"
        "00000002-000 blue\n"
        "00000003-000 blue\n"
        "00000004-000 blue said\n"
        "00000005-000 blue said\n"
        "00000006-000 blue\n"
        "00000007-000 blue\n"
        "00000008-000 blue\n"
        "00000009-000 blue\n"
        "00000010-000 blue\n"
        "00000011-000 blue\n");
}

static void a_no_that_comes_with_the_yes_keeps_the_rest_of_the_track_unlabelled(void **state)
{
    struct fixture *f = *state;
    const struct label_assertion items[] = {
        word_of(1, 0, 1, LABEL_WORD_YES),
        word_of(3, 0, 1, LABEL_WORD_NO),
        word_of(4, 0, 1, LABEL_WORD_CARRIES),
    };
    assert_ok(try_import(f, items, 3), &failure);
    assert_states(f,
        "00000001-000 blue said\n"
        "00000003-000 not blue\n"
        "00000004-000 blue said\n");
}

static void two_labels_for_a_track_in_one_step_leave_its_rest_unlabelled(void **state)
{
    struct fixture *f = *state;
    const struct label_assertion items[] = {
        word_of(1, 0, 1, LABEL_WORD_YES),
        word_of(3, 0, 0, LABEL_WORD_YES),
        word_of(5, 0, 1, LABEL_WORD_YES),
    };
    assert_ok(try_import(f, items, 3), &failure);
    static const char wanted[] = "00000001-000 blue said\n"
                                 "00000003-000 red said\n"
                                 "00000005-000 blue said\n";
    assert_states(f, wanted);
    // The latest word counts for the rest again.
    say_yes(f, "red", id_of(VIDEO_A, 6, 0));
    assert_ok(try_import(f, items, 3), &failure);
    char *text = states_text(f);
    assert_non_null(strstr(text, "00000007-000 red\n"));
    free(text);
}

static void what_contradicts_itself_or_is_not_there_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct label_assertion items[] = {
        word_of(0, 3, 0, LABEL_WORD_YES),
        word_of(1, 3, 0, LABEL_WORD_NO),
        word_of(1, 3, 2, LABEL_WORD_YES),
        word_of(1, 3, 1, LABEL_WORD_YES),
    };
    assert_code(try_import(f, items, 4), ERR_INVALID);
    assert_non_null(strstr(failure.message, "\"blue\" and \"gr\u00fcn\": an object has one label at most"));
    items[3] = word_of(1, 3, 0, LABEL_WORD_YES);
    assert_code(try_import(f, items, 4), ERR_INVALID);
    assert_non_null(strstr(failure.message, "\"red\" and not to be it"));
    // With a no between them.
    struct label_assertion apart[] = {
        word_of(1, 3, 0, LABEL_WORD_YES),
        word_of(1, 3, 1, LABEL_WORD_NO),
        word_of(1, 3, 2, LABEL_WORD_YES),
    };
    assert_code(try_import(f, apart, 3), ERR_INVALID);
    assert_non_null(strstr(failure.message, "\"red\" and \"gr\u00fcn\": an object has one label at most"));
    items[3].object = id_of(VIDEO_A, FRAMES, 0);
    assert_code(try_import(f, items, 4), ERR_NOT_FOUND);
    items[3].object = "00000000000000cc-00000000-000";
    assert_code(try_import(f, items, 4), ERR_INVALID);
    assert_non_null(strstr(failure.message, "belongs to project other"));
    items[3].object = "../x";
    assert_code(try_import(f, items, 4), ERR_INVALID);
    assert_code(try_import(f, items, 0), ERR_INVALID);
    struct labels_import late = request_of(items, 1);
    late.editor.expected_version = 7;
    struct labels_imported imported;
    assert_code(labels_import(f->labels, &late, &imported, &failure), ERR_CONFLICT);
    late.project = "nowhere";
    assert_code(labels_import(f->labels, &late, &imported, &failure), ERR_NOT_FOUND);
    late.project = PROJECT;
    late.name_count = LABEL_STEP_IMPORT_LABELS_MAX + 1;
    assert_code(labels_import(f->labels, &late, &imported, &failure), ERR_LIMIT);
    assert_states(f, "");
}

// ---- all or nothing

#define BULK 12000

static struct label_assertion *bulk_items(char (*ids)[OBJECT_ID_SIZE])
{
    struct label_assertion *items = mem_calloc(BULK, sizeof(*items));
    for (int i = 0; i < BULK; i++) {
        object_id_make("00000000000000dd", i / 1000, i % 1000, ids[i]);
        items[i] = (struct label_assertion){.object = ids[i],
            .track = -1,
            .label = (size_t)i % 3,
            .word = i % 10 == 0 ? LABEL_WORD_NO : LABEL_WORD_YES};
    }
    return items;
}

// Said yes of or no, by a service that knows nothing yet.
static int64_t assertions_found(struct fixture *f)
{
    struct labels *fresh = new_labels(f);
    struct label_list list;
    int64_t count = 0;
    assert_ok(labels_list(fresh, PROJECT, &list, &failure), &failure);
    for (size_t i = 0; i < list.count; i++)
        count += list.items[i].positives + list.items[i].negatives;
    label_list_release(&list);
    labels_free(fresh);
    return count;
}

static void an_import_of_twelve_thousand_happens_whole_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    add_video(f, PROJECT, "00000000000000dd");
    add_objects(f, "00000000000000dd", BULK / 1000, 1000);
    static char ids[BULK][OBJECT_ID_SIZE];
    struct label_assertion *items = bulk_items(ids);
    for (int lost = 0; lost < 2; lost++) {
        f->fault->answer_lost = lost == 1;
        bool struck = true;
        for (int64_t at = 1; struck; at++) {
            restart(f);
            atomic_store(&f->fault->calls, 0);
            f->fault->at = at;
            enum err_code code = try_import(f, items, BULK);
            struck = atomic_load(&f->fault->calls) >= at;
            f->fault->at = 0;
            int64_t found = assertions_found(f);
            assert_true(found == 0 || found == BULK);
            assert_true(code != ERR_NONE || found == BULK);
            if (found == BULK)
                undo(f);
            assert_int_equal(assertions_found(f), 0);
            assert_true(at < 200);
        }
    }
    free(items);
}

static void an_import_that_is_too_large_is_refused_with_a_way_out(void **state)
{
    struct fixture *f = *state;
    size_t count = LABEL_STEP_IMPORT_OBJECTS_MAX + 1;
    char(*ids)[OBJECT_ID_SIZE] = mem_calloc(count, sizeof(*ids));
    struct label_assertion *items = mem_calloc(count, sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        object_id_make(VIDEO_A, (int32_t)(i / 1000), (int32_t)(i % 1000), ids[i]);
        items[i] = (struct label_assertion){.object = ids[i], .track = -1, .word = LABEL_WORD_YES};
    }
    assert_code(try_import(f, items, count), ERR_LIMIT);
    assert_non_null(strstr(failure.message, "one video"));
    free(items);
    free(ids);
}

// ---- beside another machine

static const struct meta_store_ops *own;
static struct labels *elsewhere;
static void (*happens)(void); // once, when a change looks for a video

static enum err_code get_video_late(
    struct meta_store *store, const char *id, struct meta_video *video, struct err *error)
{
    void (*now)(void) = happens;
    happens = NULL;
    if (now != NULL)
        now();
    return own->get_video(store, id, video, error);
}

static void let_happen(struct fixture *f, void (*what)(void))
{
    static struct meta_store_ops ops;
    if (elsewhere == NULL) {
        own = f->meta->ops;
        ops = *own;
        ops.get_video = get_video_late;
        f->meta->ops = &ops;
        elsewhere = new_labels(f);
    }
    happens = what;
}

static int tear_down_both(void **state)
{
    labels_free(elsewhere);
    elsewhere = NULL;
    happens = NULL;
    return tear_down(state);
}

static void make_labels(struct labels *labels, size_t from, size_t count)
{
    struct labels_imported imported;
    struct label_assertion *items = mem_calloc(count, sizeof(*items));
    const char **made = mem_calloc(count, sizeof(*made));
    const char *object = id_of(VIDEO_A, 0, 0);
    for (size_t i = 0; i < count; i++) {
        made[i] = mem_sprintf("label %zu", from + i);
        items[i] = (struct label_assertion){.object = object, .track = 0, .label = i, .word = LABEL_WORD_NO};
    }
    const struct labels_import request = {.project = PROJECT,
        .names = made,
        .name_count = count,
        .items = items,
        .count = count,
        .editor = {.expected_version = -1}};
    assert_ok(labels_import(labels, &request, &imported, &failure), &failure);
    labels_imported_release(&imported);
    for (size_t i = 0; i < count; i++)
        free((char *)(uintptr_t)made[i]);
    free((void *)made);
    free(items);
}

static void replace_red_by_another_label(void)
{
    struct label_change change;
    assert_ok(labels_delete(elsewhere, PROJECT, "red", &anybody, &change, &failure), &failure);
    make_labels(elsewhere, LABELS_PER_PROJECT_MAX, 1);
}

static void what_others_made_impossible_meanwhile_is_never_written(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", id_of(VIDEO_A, 0, 3));
    // With blue there will be as many as can be.
    for (size_t made = 0; made < LABELS_PER_PROJECT_MAX - 2;) {
        size_t some = LABELS_PER_PROJECT_MAX - 2 - made;
        some = some < LABEL_STEP_IMPORT_LABELS_MAX ? some : LABEL_STEP_IMPORT_LABELS_MAX;
        make_labels(f->labels, made, some);
        made += some;
    }
    let_happen(f, replace_red_by_another_label);
    // That it is red is so already, until it is not.
    const struct label_assertion items[] = {word_of(0, 3, 0, LABEL_WORD_YES), word_of(1, 3, 1, LABEL_WORD_YES)};
    assert_code(try_import(f, items, 2), ERR_LIMIT);
    assert_null(happens);
    restart(f);
    struct label_list list;
    assert_ok(labels_list(f->labels, PROJECT, &list, &failure), &failure);
    assert_int_equal(list.count, LABELS_PER_PROJECT_MAX - 1);
    label_list_release(&list);
}

static void say_elsewhere(const char *label, const char *object)
{
    const struct label_examples examples = {.positive = &object, .positive_count = 1};
    struct label_change change;
    assert_ok(labels_examples(elsewhere, PROJECT, label, &examples, &anybody, &change, &failure), &failure);
}

static void say_blue(void)
{
    say_elsewhere("blue", id_of(VIDEO_A, 0, 3));
}

static void say_red(void)
{
    say_elsewhere("red", id_of(VIDEO_A, 0, 3));
}

static void a_change_that_somebody_overtook_is_made_after_theirs(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *other = id_of(VIDEO_A, 1, 3);
    const struct label_examples examples = {.positive = &other, .positive_count = 1};
    say_yes(f, "red", id_of(VIDEO_A, 0, 3));
    let_happen(f, say_blue);
    assert_ok(labels_examples(f->labels, PROJECT, "red", &examples, &anybody, &change, &failure), &failure);
    assert_null(happens);
    assert_int_equal(change.version, 3);
    assert_states(f, "00000000-003 blue said\n00000001-003 red said\n");
    // Unless it was meant for what there was before.
    const struct label_editor careful = {.by = "ann", .expected_version = 3};
    let_happen(f, say_red);
    assert_code(labels_examples(f->labels, PROJECT, "green", &examples, &careful, &change, &failure), ERR_CONFLICT);
    assert_int_equal(change.version, 4);
    assert_states(f, "00000000-003 red said\n00000001-003 red said\n");
}

static void what_somebody_said_meanwhile_is_no_step_of_its_own(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *object = id_of(VIDEO_A, 0, 3);
    const struct label_examples examples = {.positive = &object, .positive_count = 1};
    const struct label_assertion items[] = {word_of(0, 3, 0, LABEL_WORD_YES)};
    say_yes(f, "blue", object);
    let_happen(f, say_red);
    assert_ok(labels_examples(f->labels, PROJECT, "Red", &examples, &anybody, &change, &failure), &failure);
    assert_null(happens);
    assert_false(change.has_step);
    assert_int_equal(change.version, 2);
    assert_string_equal(change.label.name, "red");
    say_yes(f, "blue", object);
    let_happen(f, say_red);
    assert_ok(try_import(f, items, 1), &failure);
    assert_null(happens);
    struct label_step *steps;
    size_t count;
    bool more;
    assert_ok(labels_history(f->labels, PROJECT, 0, 10, &steps, &count, &more, &failure), &failure);
    assert_int_equal(count, 4);
    free(steps);
    // So undo takes back what changed something.
    undo(f);
    assert_states(f, "00000000-003 blue said\n");
}

static void what_was_so_already_and_is_not_any_more_is_imported(void **state)
{
    struct fixture *f = *state;
    const struct label_assertion items[] = {word_of(0, 3, 0, LABEL_WORD_YES), word_of(1, 3, 0, LABEL_WORD_YES)};
    say_yes(f, "red", id_of(VIDEO_A, 0, 3));
    let_happen(f, say_blue);
    assert_ok(try_import(f, items, 2), &failure);
    assert_null(happens);
    assert_states(f, "00000000-003 red said\n00000001-003 red said\n");
}

#define tracked(name) cmocka_unit_test_setup_teardown(name, set_up_tracked, tear_down)
#define overtaken(name) cmocka_unit_test_setup_teardown(name, set_up_tracked, tear_down_both)

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        tracked(states_tell_an_objects_own_word_from_its_tracks),
        tracked(a_project_that_is_not_there_has_no_labels),
        tracked(several_labels_are_imported_in_one_step_that_is_undone_as_one),
        tracked(what_is_so_already_makes_no_step),
        tracked(an_objects_own_word_does_not_stand_against_what_follows_from_its_track),
        tracked(a_no_that_comes_with_the_yes_keeps_the_rest_of_the_track_unlabelled),
        tracked(two_labels_for_a_track_in_one_step_leave_its_rest_unlabelled),
        tracked(what_contradicts_itself_or_is_not_there_changes_nothing),
        tracked(an_import_of_twelve_thousand_happens_whole_or_not_at_all),
        tracked(an_import_that_is_too_large_is_refused_with_a_way_out),
        overtaken(what_others_made_impossible_meanwhile_is_never_written),
        overtaken(a_change_that_somebody_overtook_is_made_after_theirs),
        overtaken(what_somebody_said_meanwhile_is_no_step_of_its_own),
        overtaken(what_was_so_already_and_is_not_any_more_is_imported),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
