// Labels as data: what was said by filters, and classes that are refused. Run
// as: labels_data_test BACKEND
#include <string.h>

#include "base/test.h"
#include "search/labels.h"
#include "search/labels_exchange.h"
#include "search/test_labels.h"

// ---- what was said, by filters

static void said_by(struct fixture *f, const char *who, const char *label, const char *yes, const char *no)
{
    struct label_change change;
    const struct label_examples examples = {
        .positive = &yes, .positive_count = yes != NULL, .negative = &no, .negative_count = no != NULL};
    const struct label_editor editor = {.by = who, .expected_version = -1};
    assert_ok(labels_examples(f->labels, PROJECT, label, &examples, &editor, &change, &failure), &failure);
}

// "label object who, …" over all pages of so many, with the objects' places:
// "red A0.1 ann, red B2.0 -".
static const char *assertions(struct fixture *f, const struct assertion_filter *filter, size_t limit)
{
    static char text[8192];
    char cursor[LABEL_CURSOR_SIZE] = "";
    size_t used = 0;
    text[0] = '\0';
    do {
        struct assertion_hits page;
        assert_ok(
            labels_assertions(f->labels, PROJECT, filter, cursor[0] != '\0' ? cursor : NULL, limit, &page, &failure),
            &failure);
        assert_true(page.count <= limit);
        for (size_t i = 0; i < page.count; i++) {
            const struct assertion_hit *item = &page.items[i];
            char video[VIDEO_ID_SIZE];
            int32_t frame;
            int32_t k;
            assert_true(object_id_parse(item->object.object, video, &frame, &k));
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %c%d.%d %s", used > 0 ? ", " : "",
                item->label, strcmp(video, VIDEO_A) == 0 ? 'A' : 'B', frame, k, item->by[0] != '\0' ? item->by : "-");
            assert_true(used < sizeof(text));
        }
        memcpy(cursor, page.next_cursor, sizeof(cursor));
        assertion_hits_release(&page);
    } while (cursor[0] != '\0');
    return text;
}

static void what_was_said_is_found_by_label_person_time_video_and_class(void **state)
{
    struct fixture *f = *state;
    int64_t start_us = f->clock.now_us;
    said_by(f, "ann", "red", object_of(VIDEO_A, 0, 0), object_of(VIDEO_A, 0, 1));
    pass_seconds(f, 10);
    said_by(f, "bob", "red", object_of(VIDEO_B, 1, 0), NULL);
    pass_seconds(f, 10);
    said_by(f, NULL, "blue", object_of(VIDEO_A, 2, 1), object_of(VIDEO_B, 3, 0));
    struct assertion_filter any = ASSERTION_FILTER_ANY;
    assert_string_equal(assertions(f, &any, 1), "blue A2.1 -, red B1.0 bob, red A0.0 ann");
    struct assertion_filter filter = any;
    filter.listing = LABEL_LIST_NEGATIVE;
    assert_string_equal(assertions(f, &filter, 10), "blue B3.0 -, red A0.1 ann");
    filter.label = "RED";
    assert_string_equal(assertions(f, &filter, 10), "red A0.1 ann");
    filter = any;
    filter.by = "bob";
    assert_string_equal(assertions(f, &filter, 10), "red B1.0 bob");
    filter.by = "";
    assert_string_equal(assertions(f, &filter, 10), "blue A2.1 -");
    // From is in it, to is not.
    filter = any;
    filter.from_us = start_us + 10000000;
    filter.to_us = start_us + 20000000;
    assert_string_equal(assertions(f, &filter, 10), "red B1.0 bob");
    filter = any;
    filter.video = VIDEO_A;
    assert_string_equal(assertions(f, &filter, 10), "blue A2.1 -, red A0.0 ann");
    filter.class_name = "car";
    assert_string_equal(assertions(f, &filter, 10), "blue A2.1 -, red A0.0 ann");
    filter.class_name = "bus";
    assert_string_equal(assertions(f, &filter, 10), "");
    filter = any;
    filter.max_score = 0.99f;
    assert_string_equal(assertions(f, &filter, 10), "");
}

static void what_is_probable_is_found_by_its_certainty(void **state)
{
    struct fixture *f = *state;
    say_yes(f, "red", object_of(VIDEO_A, 0, 0));
    say_yes(f, "blue", object_of(VIDEO_A, 0, 1));
    struct assertion_filter filter = ASSERTION_FILTER_ANY;
    filter.listing = LABEL_LIST_PROBABLE;
    size_t all = strlen(assertions(f, &filter, 1000));
    assert_int_equal(strlen(assertions(f, &filter, 1)), all);
    assert_int_equal(strlen(assertions(f, &filter, 7)), all);
    struct assertion_hits page;
    assert_ok(labels_assertions(f->labels, PROJECT, &filter, NULL, 1000, &page, &failure), &failure);
    assert_int_equal(page.count, 2 * (2 * FRAMES - 1));
    float middle = page.items[page.count / 2].object.confidence;
    size_t above = 0;
    for (size_t i = 0; i < page.count; i++) {
        above += page.items[i].object.confidence >= middle;
        assert_int_equal(page.items[i].step, 0);
        assert_true(i == 0 || page.items[i - 1].object.confidence >= page.items[i].object.confidence);
    }
    assertion_hits_release(&page);
    filter.min_score = middle;
    assert_ok(labels_assertions(f->labels, PROJECT, &filter, NULL, 1000, &page, &failure), &failure);
    assert_int_equal(page.count, above);
    assertion_hits_release(&page);
    filter.min_score = 0;
    filter.class_name = "car";
    filter.video = VIDEO_B;
    filter.label = "red";
    assert_ok(labels_assertions(f->labels, PROJECT, &filter, NULL, 1000, &page, &failure), &failure);
    assert_int_equal(page.count, FRAMES);
    assertion_hits_release(&page);
}

static void what_is_taken_back_is_not_said_any_more_and_says_who_when_it_is_again(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const struct assertion_filter any = ASSERTION_FILTER_ANY;
    said_by(f, "ann", "red", object_of(VIDEO_A, 0, 0), NULL);
    pass_seconds(f, 10);
    said_by(f, "bob", "blue", object_of(VIDEO_A, 0, 0), NULL);
    assert_string_equal(assertions(f, &any, 10), "blue A0.0 bob");
    const struct label_editor cid = {.by = "cid", .expected_version = -1};
    assert_ok(labels_undo(f->labels, PROJECT, &cid, &change, &failure), &failure);
    assert_string_equal(assertions(f, &any, 10), "red A0.0 ann");
    assert_ok(labels_rename(f->labels, PROJECT, "red", "crimson", &cid, &change, &failure), &failure);
    said_by(f, "bob", "green", object_of(VIDEO_A, 1, 0), NULL);
    assert_ok(labels_merge(f->labels, PROJECT, "green", "crimson", &cid, &change, &failure), &failure);
    assert_string_equal(assertions(f, &any, 10), "crimson A1.0 bob, crimson A0.0 ann");
    assert_ok(labels_delete(f->labels, PROJECT, "crimson", &cid, &change, &failure), &failure);
    assert_string_equal(assertions(f, &any, 10), "");
}

static void pages_that_follow_are_not_shifted_by_what_is_said_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct assertion_filter any = ASSERTION_FILTER_ANY;
    for (int i = 0; i < 4; i++)
        say_yes(f, "red", object_of(VIDEO_A, i, 0));
    struct assertion_hits first;
    struct assertion_hits second;
    assert_ok(labels_assertions(f->labels, PROJECT, &any, NULL, 2, &first, &failure), &failure);
    say_yes(f, "red", object_of(VIDEO_A, 5, 0));
    assert_ok(labels_assertions(f->labels, PROJECT, &any, first.next_cursor, 2, &second, &failure), &failure);
    assert_string_equal(second.items[0].object.object, object_of(VIDEO_A, 1, 0));
    assert_string_equal(second.items[1].object.object, object_of(VIDEO_A, 0, 0));
    assert_string_equal(second.next_cursor, "");
    assertion_hits_release(&first);
    assertion_hits_release(&second);
}

static void one_object_that_is_none_of_several_labels_is_told_of_each_on_whatever_pages(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"red", "blue", "green"};
    struct label_assertion items[6];
    for (size_t i = 0; i < 6; i++)
        items[i] = (struct label_assertion){
            .object = object_of(VIDEO_A, (int)i / 3, 0), .track = -1, .label = i % 3, .word = LABEL_WORD_NO};
    const struct labels_import request = {.project = PROJECT,
        .names = names,
        .name_count = 3,
        .items = items,
        .count = 6,
        .editor = {.expected_version = -1}};
    struct labels_imported imported;
    assert_ok(labels_import(f->labels, &request, &imported, &failure), &failure);
    labels_imported_release(&imported);
    struct assertion_filter filter = ASSERTION_FILTER_ANY;
    filter.listing = LABEL_LIST_NEGATIVE;
    for (size_t limit = 1; limit <= 7; limit++)
        assert_string_equal(assertions(f, &filter, limit),
            "red A0.0 -, blue A0.0 -, green A0.0 -, red A1.0 -, "
            "blue A1.0 -, green A1.0 -");
}

static void questions_that_make_no_sense_are_refused_with_their_field(void **state)
{
    struct fixture *f = *state;
    struct assertion_hits page;
    static const char *const cursors[] = {"x", "", ".", "1.x", "-1." VIDEO_A "-00000000-000",
        "99999999999999999999." VIDEO_A "-00000000-000", "1" VIDEO_A "-00000000-000",
        "0000000000000001." VIDEO_A "-00000000-000", "00000000000000010000000g." VIDEO_A "-00000000-000",
        "000000000000000100000000." VIDEO_A "-00000000-x"};
    struct assertion_filter filter = ASSERTION_FILTER_ANY;
    for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
        assert_code(labels_assertions(f->labels, PROJECT, &filter, cursors[i], 1, &page, &failure), ERR_INVALID);
        assert_string_equal(failure.field, "cursor");
    }
    filter.listing = LABEL_LIST_PROBABLE;
    assert_code(
        labels_assertions(f->labels, PROJECT, &filter, "7fc000007fc00000." VIDEO_A "-00000000-000", 1, &page, &failure),
        ERR_INVALID);
    filter.by = "ann";
    assert_code(labels_assertions(f->labels, PROJECT, &filter, NULL, 1, &page, &failure), ERR_INVALID);
    assert_string_equal(failure.field, "by");
    filter = ASSERTION_FILTER_ANY;
    filter.from_us = filter.to_us = 7;
    assert_code(labels_assertions(f->labels, PROJECT, &filter, NULL, 1, &page, &failure), ERR_INVALID);
    assert_string_equal(failure.field, "to");
    filter = ASSERTION_FILTER_ANY;
    filter.min_score = 1;
    filter.max_score = 0;
    assert_code(labels_assertions(f->labels, PROJECT, &filter, NULL, 1, &page, &failure), ERR_INVALID);
    filter = ASSERTION_FILTER_ANY;
    filter.label = "nobody";
    assert_code(labels_assertions(f->labels, PROJECT, &filter, NULL, 1, &page, &failure), ERR_NOT_FOUND);
    assert_string_equal(failure.field, "label");
}

// ---- classes that are refused

static bool is_refused(struct fixture *f, const char *object, int64_t track, const char *class_name)
{
    struct object_labels set;
    const struct label_object asked = {.object = object, .track = track, .class_name = class_name};
    assert_ok(labels_of_objects(f->labels, PROJECT, &asked, 1, &set, &failure), &failure);
    bool refused = set.items[0].class_refused;
    object_labels_release(&set);
    // Filters by class see the same.
    struct label_refusals *refusals = NULL;
    assert_ok(labels_refusals(f->labels, PROJECT, &class_name, 1, &refusals, &failure), &failure);
    assert_int_equal(label_refusals_has_id(refusals, class_name, object, track), refused);
    label_refusals_free(refusals);
    return refused;
}

static void no_for_a_label_called_like_a_class_refuses_the_class(void **state)
{
    struct fixture *f = *state;
    const char *object = object_of(VIDEO_A, 0, 0);
    assert_false(is_refused(f, object, -1, "car"));
    say_no(f, "red", object);
    assert_false(is_refused(f, object, -1, "car"));
    say_no(f, "CAR", object);
    assert_true(is_refused(f, object, -1, "car"));
    assert_false(is_refused(f, object, -1, "bus"));
    assert_false(is_refused(f, object_of(VIDEO_A, 1, 0), -1, "car"));
    undo(f);
    assert_false(is_refused(f, object, -1, "car"));
    say_no(f, "car", object);
    say_yes(f, "car", object);
    assert_false(is_refused(f, object, -1, "car"));
    assert_string_equal(shown(f, object), "car");
}

static void a_refused_class_holds_for_the_track_until_somebody_says_yes(void **state)
{
    struct fixture *f = *state;
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f, VIDEO_A, i, THINGS, 40);
    say_no(f, "car", object_of(VIDEO_A, 0, 0));
    assert_true(is_refused(f, object_of(VIDEO_A, 7, 0), 40, "car"));
    assert_false(is_refused(f, object_of(VIDEO_A, 7, 1), 41, "car"));
    assert_false(is_refused(f, object_of(VIDEO_B, 7, 0), 40, "car"));
    // Its own word, and the latest for the rest.
    say_yes(f, "car", object_of(VIDEO_A, 3, 0));
    assert_true(is_refused(f, object_of(VIDEO_A, 0, 0), 40, "car"));
    assert_false(is_refused(f, object_of(VIDEO_A, 3, 0), 40, "car"));
    assert_false(is_refused(f, object_of(VIDEO_A, 7, 0), 40, "car"));
    say_no(f, "car", object_of(VIDEO_A, 5, 0));
    assert_true(is_refused(f, object_of(VIDEO_A, 7, 0), 40, "car"));
    assert_false(is_refused(f, object_of(VIDEO_A, 3, 0), 40, "car"));
}

static void what_is_refused_is_gone_with_its_label(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *object = object_of(VIDEO_A, 0, 0);
    say_no(f, "car", object);
    assert_ok(labels_rename(f->labels, PROJECT, "car", "my car", &anybody, &change, &failure), &failure);
    assert_false(is_refused(f, object, -1, "car"));
    undo(f);
    assert_true(is_refused(f, object, -1, "car"));
    assert_ok(labels_delete(f->labels, PROJECT, "car", &anybody, &change, &failure), &failure);
    assert_false(is_refused(f, object, -1, "car"));
    restart(f);
    undo(f);
    assert_true(is_refused(f, object, -1, "car"));
}

static void take_back(struct fixture *f, const char *label, const char *object, const char *left)
{
    struct label_change change;
    const struct label_examples examples = {.clear = &object, .clear_count = 1};
    assert_ok(labels_examples(f->labels, PROJECT, label, &examples, &anybody, &change, &failure), &failure);
    assert_string_equal(listed(f), left);
    assert_int_equal(change.has_label, strstr(left, label) != NULL);
}

static void taking_back_the_last_refusal_of_a_class_leaves_no_label(void **state)
{
    struct fixture *f = *state;
    struct label_change change;
    const char *one = object_of(VIDEO_A, 0, 0);
    const char *other = object_of(VIDEO_A, 0, 1);
    say_no(f, "car", one);
    say_no(f, "car", other);
    take_back(f, "car", one, "car 0/1/0");
    take_back(f, "car", other, "");
    assert_false(is_refused(f, other, -1, "car"));
    undo(f);
    assert_string_equal(listed(f), "car 0/1/0");
    assert_true(is_refused(f, other, -1, "car"));
    // By the other way too, and others read the same.
    assert_ok(labels_clear(f->labels, PROJECT, "Car", other, &anybody, &change, &failure), &failure);
    assert_false(change.has_label);
    restart(f);
    assert_string_equal(listed(f), "");
}

static void taking_back_what_was_said_of_a_label_that_somebody_made_leaves_it(void **state)
{
    struct fixture *f = *state;
    const char *object = object_of(VIDEO_A, 0, 0);
    say_no(f, "red", object);
    take_back(f, "red", object, "red 0/0/0");
    say_yes(f, "car", object);
    take_back(f, "car", object, "car 0/0/0, red 0/0/0");
}

// ---- probable mistakes

// "label object score", surest first: "red A3.1 other_label blue (+2)".
static const char *mistakes(struct fixture *f, const char *label, size_t limit)
{
    static char text[2048];
    char cursor[LABEL_CURSOR_SIZE] = "";
    size_t used = 0;
    text[0] = '\0';
    do {
        struct label_mistakes page;
        assert_ok(labels_mistakes(
                      f->labels, PROJECT, label, 0.7f, cursor[0] != '\0' ? cursor : NULL, limit, NULL, &page, &failure),
            &failure);
        assert_true(page.count <= limit);
        for (size_t i = 0; i < page.count; i++) {
            const struct label_mistake *item = &page.items[i];
            char video[VIDEO_ID_SIZE];
            int32_t frame;
            int32_t k;
            assert_true(item->score >= 0.7f && item->score <= 1);
            assert_true(object_id_parse(item->said.object.object, video, &frame, &k));
            used +=
                (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s %c%d.%d %s %s (+%zu)", used > 0 ? ", " : "",
                    item->is_no ? "not " : "", item->said.label, strcmp(video, VIDEO_A) == 0 ? 'A' : 'B', frame, k,
                    mistake_reason_name(item->reason), item->likely[0] != '\0' ? item->likely : "-", item->alike_count);
        }
        memcpy(cursor, page.next_cursor, sizeof(cursor));
        label_mistakes_release(&page);
    } while (cursor[0] != '\0');
    return text;
}

static enum err_code keep(struct fixture *f, const char *label, const char *object)
{
    struct label_change change;
    return labels_keep(f->labels, PROJECT, label, &object, 1, &anybody, &change, &failure);
}

// Things 0 and 1 of both videos, all frames, rightly.
static void label_both_things(struct fixture *f)
{
    static char ids[2][2 * FRAMES][OBJECT_ID_SIZE];
    static const char *lists[2][2 * FRAMES];
    struct label_change change;
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 2 * FRAMES; i++) {
            object_id_make(i < FRAMES ? VIDEO_A : VIDEO_B, i % FRAMES, k, ids[k][i]);
            lists[k][i] = ids[k][i];
        }
        const struct label_examples examples = {.positive = lists[k], .positive_count = 2 * FRAMES};
        assert_ok(labels_examples(f->labels, PROJECT, k == 0 ? "red" : "blue", &examples, &anybody, &change, &failure),
            &failure);
    }
}

static void what_is_right_is_no_mistake_and_a_planted_one_is_the_first(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(mistakes(f, NULL, 10), "");
    label_both_things(f);
    assert_string_equal(mistakes(f, NULL, 10), "");
    said_by(f, "ann", "red", object_of(VIDEO_A, 5, 1), NULL);
    assert_string_equal(mistakes(f, NULL, 10), "red A5.1 other_label blue (+0)");
    struct label_mistakes page;
    assert_ok(labels_mistakes(f->labels, PROJECT, "red", 0, NULL, 10, NULL, &page, &failure), &failure);
    assert_string_equal(page.items[0].said.object.object, object_of(VIDEO_A, 5, 1));
    assert_string_equal(page.items[0].said.by, "ann");
    assert_int_equal(page.items[0].said.step, 3);
    assert_true(page.items[0].other_similarity > 0.9f);
    assert_int_equal(page.examined, 4 * FRAMES);
    assert_int_equal(page.all, 4 * FRAMES);
    assert_int_equal(page.version, 3);
    label_mistakes_release(&page);
    assert_string_equal(mistakes(f, "blue", 10), "");
    undo(f);
    assert_string_equal(mistakes(f, NULL, 10), "");
}

static void what_is_gone_is_neither_a_mistake_nor_compared(void **state)
{
    struct fixture *f = *state;
    struct label_mistakes page;
    label_both_things(f);
    say_yes(f, "red", object_of(VIDEO_A, 5, 1));
    assert_string_equal(mistakes(f, NULL, 10), "red A5.1 other_label blue (+0)");
    add_frame(f, VIDEO_A, 5, 1, -1);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &failure), &failure);
    say_yes(f, "red", object_of(VIDEO_A, 4, 0));
    assert_ok(labels_mistakes(f->labels, PROJECT, NULL, 0, NULL, 10, NULL, &page, &failure), &failure);
    assert_int_equal(page.count, 0);
    assert_int_equal(page.examined, 4 * FRAMES - 1);
    assert_int_equal(page.all, 4 * FRAMES - 1);
    label_mistakes_release(&page);
}

static void several_mistakes_come_surest_first_and_in_pages(void **state)
{
    struct fixture *f = *state;
    label_both_things(f);
    say_yes(f, "red", object_of(VIDEO_A, 5, 1));
    say_no(f, "red", object_of(VIDEO_B, 3, 0));
    char all[256];
    snprintf(all, sizeof(all), "%s", mistakes(f, NULL, 10));
    assert_non_null(strstr(all, "red A5.1 other_label blue (+0)"));
    assert_non_null(strstr(all, "not red B3.0 like_yes red (+0)"));
    assert_string_equal(mistakes(f, NULL, 1), all);
}

static void a_mistake_that_somebody_kept_is_not_listed_again(void **state)
{
    struct fixture *f = *state;
    const char *odd = "00000000000000aa-00000005-001";
    label_both_things(f);
    say_yes(f, "red", odd);
    assert_code(keep(f, "blue", odd), ERR_NOT_FOUND);
    assert_string_equal(failure.field, "objects");
    assert_code(keep(f, "green", odd), ERR_NOT_FOUND);
    assert_code(keep(f, "red", "nonsense"), ERR_INVALID);
    assert_ok(keep(f, "RED", odd), &failure);
    assert_string_equal(mistakes(f, NULL, 10), "");
    restart(f);
    assert_string_equal(mistakes(f, NULL, 10), "");
    // Other mistakes are; and this one is again once the word is taken back or
    // something else was said.
    say_yes(f, "red", object_of(VIDEO_B, 7, 1));
    assert_string_equal(mistakes(f, NULL, 10), "red B7.1 other_label blue (+0)");
    undo(f);
    undo(f);
    assert_string_equal(mistakes(f, NULL, 10), "red A5.1 other_label blue (+0)");
    struct label_change change;
    assert_ok(labels_redo(f->labels, PROJECT, &anybody, &change, &failure), &failure);
    assert_int_equal(change.step.kind, LABEL_STEP_REDO);
    assert_int_equal(change.step.positive, 1);
    say_yes(f, "blue", odd);
    say_yes(f, "red", odd);
    assert_string_equal(mistakes(f, NULL, 10), "red A5.1 other_label blue (+0)");
}

static void what_is_kept_of_one_object_holds_for_its_track(void **state)
{
    struct fixture *f = *state;
    label_both_things(f);
    // A track of three frames of the blue thing, said to be red.
    for (int32_t i = 4; i < 7; i++)
        add_frame(f, VIDEO_A, i, THINGS, 40);
    assert_ok(labels_resolve(f->labels, PROJECT, VIDEO_A, &failure), &failure);
    for (int i = 4; i < 7; i++)
        say_yes(f, "red", object_of(VIDEO_A, i, 1));
    assert_string_equal(mistakes(f, NULL, 10), "red A4.1 other_label blue (+2)");
    assert_ok(keep(f, "red", object_of(VIDEO_A, 6, 1)), &failure);
    assert_string_equal(mistakes(f, NULL, 10), "");
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_stores(what_was_said_is_found_by_label_person_time_video_and_class),
        with_stores(what_is_probable_is_found_by_its_certainty),
        with_stores(what_is_taken_back_is_not_said_any_more_and_says_who_when_it_is_again),
        with_stores(pages_that_follow_are_not_shifted_by_what_is_said_meanwhile),
        with_stores(one_object_that_is_none_of_several_labels_is_told_of_each_on_whatever_pages),
        with_stores(questions_that_make_no_sense_are_refused_with_their_field),
        with_stores(no_for_a_label_called_like_a_class_refuses_the_class),
        with_stores(a_refused_class_holds_for_the_track_until_somebody_says_yes),
        with_stores(what_is_refused_is_gone_with_its_label),
        with_stores(taking_back_the_last_refusal_of_a_class_leaves_no_label),
        with_stores(taking_back_what_was_said_of_a_label_that_somebody_made_leaves_it),
        with_stores(what_is_right_is_no_mistake_and_a_planted_one_is_the_first),
        with_stores(what_is_gone_is_neither_a_mistake_nor_compared),
        with_stores(several_mistakes_come_surest_first_and_in_pages),
        with_stores(a_mistake_that_somebody_kept_is_not_listed_again),
        with_stores(what_is_kept_of_one_object_holds_for_its_track),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
