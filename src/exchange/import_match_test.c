// Which of several objects an entry means, and which of several words about a track count. Run as:
// exchange_import_match_test BACKEND
#include "exchange/import.h"

#include <inttypes.h>
#include <string.h>

#include "base/test.h"
#include "exchange/test_exchange.h"

#define HEAD "video,frame,pts_us,x,y,width,height,label,kind\n"

// How many entries of a table match, then the first problem, or why it is refused.
static const char *outcome_of(struct exchange_fixture *f, const struct import_request *request, const char *text)
{
    static char told[1000];
    struct import_request with = *request;
    struct imported imported;
    with.format = EXCHANGE_CSV;
    if (try_import(f, &with, text, strlen(text), &imported) != ERR_NONE)
        return failure.message;
    snprintf(told, sizeof(told), "%" PRId64 " of %" PRId64 "%s%s", imported.matched, imported.entries,
        imported.problem_count > 0 ? ": " : "", imported.problem_count > 0 ? imported.problems[0] : "");
    imported_release(&imported);
    return told;
}

static const struct import_request plain;
static const struct import_request on_clip = {.video = CLIP};

static void an_object_that_is_meant_by_its_id_is_for_no_other_box(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] =
        "object,video,frame,x,y,width,height,label\n" CLIP "-00000000-001,,,,,,,Ann\n," CLIP ",0,100,50,20,60,Bea\n";
    assert_string_equal(outcome_of(f, &plain, text),
        "1 of 2: line 3: no object of frame 0 of video " CLIP " overlaps this box by 0.5 or more");
    assert_labels(f, CLIP "-00000000-001 is Ann, said\n");
}

static void a_box_is_one_object_whatever_it_reaches(void **state)
{
    struct exchange_fixture *f = *state;
    // It overlaps the car and the person.
    static const char text[] = HEAD ",0,0,10,20,110,90,Ann,\n";
    const struct import_request loose = {.video = CLIP, .min_iou = 0.05};
    assert_string_equal(outcome_of(f, &loose, text), "1 of 1");
    char *found = labels_text(f);
    assert_null(strstr(strstr(found, ", said") + 1, ", said"));
    free(found);
}

static void what_does_not_overlap_is_not_it_however_little_is_asked_for(void **state)
{
    struct exchange_fixture *f = *state;
    const struct import_request any = {.video = CLIP, .min_iou = 1e-9};
    assert_non_null(strstr(outcome_of(f, &any, HEAD ",0,0,500,300,10,10,Ann,\n"), "none of the 1 entries matches"));
    assert_labels(f, "");
}

static void ids_of_another_clip_mean_nothing_without_a_box(void **state)
{
    struct exchange_fixture *f = *state;
    const struct import_request mapped = {.video = CLIP, .from = "00000000000000ff"};
    assert_string_equal(outcome_of(f, &mapped, "object,pts_us,label\n00000000000000ff-00000000-001,0,Ann\n"),
        "none of the 1 entries matches a stored object: line 2: it has no box to compare with the objects of "
        "video " CLIP);
    assert_labels(f, "");
}

static void a_video_that_is_being_deleted_is_not_there(void **state)
{
    struct exchange_fixture *f = *state;
    assert_ok(meta_store_set_video_state(f->base->meta, CLIP, ~0u, VIDEO_DELETING, &failure), &failure);
    assert_string_equal(outcome_of(f, &plain, "object,label\n" CLIP "-00000000-001,Ann\n"),
        "none of the 1 entries matches a stored object: line 2: there is no video " CLIP);
}

static void two_labels_of_an_object_contradict_each_other_with_a_no_between(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] = HEAD ",0,0,100,50,20,60,Ann,\n,0,0,100,50,20,60,Bea,negative\n,0,0,100,50,20,60,Cid,\n";
    assert_string_equal(outcome_of(f, &on_clip, text),
        "line 2 and line 4 contradict each other: the object " CLIP
        "-00000000-001 is \"Ann\" and \"Cid\", but an object has one label");
}

static void track_the_car(struct exchange_fixture *f)
{
    for (int32_t i = 0; i < FRAMES; i++)
        add_frame(f->base, VIDEO_A, i, 1, 40);
    assert_ok(labels_resolve(f->base->labels, PROJECT, VIDEO_A, &failure), &failure);
}

static void where_a_track_has_two_labels_each_object_says_for_itself(void **state)
{
    struct exchange_fixture *f = *state;
    track_the_car(f);
    static const char text[] = "object,label,kind\n" VIDEO_A "-00000005-000,Bob,track\n" VIDEO_A
                               "-00000006-000,Ann,track\n" VIDEO_A "-00000007-000,Bob,track\n";
    assert_string_equal(outcome_of(f, &plain, text), "3 of 3");
    assert_labels(f,
        VIDEO_A "-00000005-000 is Bob, said\n" VIDEO_A "-00000006-000 is Ann, said\n" VIDEO_A
                "-00000007-000 is Bob, said\n");
}

static void classes_come_back_as_no_labels(void **state)
{
    struct exchange_fixture *f = *state;
    static const enum exchange_format formats[] = {EXCHANGE_COCO, EXCHANGE_CSV};
    label_the_clip(f);
    char *before = labels_text(f);
    for (size_t i = 0; i < 2; i++) {
        struct imported imported;
        char *text = export_text(f, &(struct export_request){.format = formats[i], .kind = EXPORT_ALL});
        forget_labels(f);
        assert_ok(
            try_import(f, &(struct import_request){.format = formats[i]}, text, strlen(text), &imported), &failure);
        assert_int_equal(imported.passed_over, 1);
        imported_release(&imported);
        free(text);
        assert_labels(f, before);
    }
    free(before);
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_clip(an_object_that_is_meant_by_its_id_is_for_no_other_box),
        with_clip(a_box_is_one_object_whatever_it_reaches),
        with_clip(what_does_not_overlap_is_not_it_however_little_is_asked_for),
        with_clip(ids_of_another_clip_mean_nothing_without_a_box),
        with_clip(a_video_that_is_being_deleted_is_not_there),
        with_clip(two_labels_of_an_object_contradict_each_other_with_a_no_between),
        with_clip(where_a_track_has_two_labels_each_object_says_for_itself),
        with_clip(classes_come_back_as_no_labels),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
