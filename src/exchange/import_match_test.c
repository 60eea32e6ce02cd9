// Which of several objects an entry means, and which of several words about a track count. Run as:
// exchange_import_match_test BACKEND
#include "exchange/import.h"

#include <inttypes.h>
#include <string.h>

#include "base/test.h"
#include "exchange/test_exchange.h"
#include "meta_store/meta_store_backend.h"

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

// The detector took the person for a doll as well, and the car for a bus.
static void add_twins(struct exchange_fixture *f)
{
    struct meta_object objects[] = {
        {.x = 10.5f, .y = 20, .width = 30, .height = 40, .score = 0.9f, .class_name = "car", .track = 0},
        {.x = 100.123f, .y = 50, .width = 20, .height = 60, .score = 0.8f, .class_name = "person", .track = 5},
        {.x = 100.123f, .y = 50, .width = 20, .height = 60, .score = 0.7f, .class_name = "doll", .track = 6},
        {.x = 10.5f, .y = 20, .width = 30, .height = 40, .score = 0.6f, .class_name = "bus", .track = 7}};
    put_frame(f->base, CLIP, 0, objects, 4);
    track_the_clip(f);
    assert_ok(labels_resolve(f->base->labels, PROJECT, CLIP, &failure), &failure);
}

static void objects_of_one_box_come_back_each_with_its_label(void **state)
{
    struct exchange_fixture *f = *state;
    static const enum exchange_format formats[] = {EXCHANGE_YOLO, EXCHANGE_MOT}; // those without ids
    add_twins(f);
    say_yes(f->base, "Ann", object_of(CLIP, 0, 1));
    say_yes(f->base, "her doll", object_of(CLIP, 0, 2));
    say_yes(f->base, "Bus 7", object_of(CLIP, 0, 0));
    say_yes(f->base, "Bus 7", object_of(CLIP, 0, 3));
    say_yes(f->base, "Bus 7", object_of(CLIP, 2, 0));
    char *before = labels_text(f);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct imported imported;
        const struct import_request request = {.format = formats[i], .video = CLIP, .strict = true};
        struct strbuf bytes = export_bytes(f, &(struct export_request){.format = formats[i]});
        forget_labels(f);
        assert_ok(try_import(f, &request, bytes.data, bytes.size, &imported), &failure);
        imported_release(&imported);
        strbuf_release(&bytes);
        assert_labels(f, before);
    }
    free(before);
}

static int64_t count_ambiguous(struct exchange_fixture *f, const char *text)
{
    struct imported imported;
    const struct import_request request = {.format = EXCHANGE_CSV, .video = CLIP, .dry_run = true};
    assert_ok(try_import(f, &request, text, strlen(text), &imported), &failure);
    int64_t ambiguous = imported.ambiguous;
    imported_release(&imported);
    return ambiguous;
}

static void of_a_box_that_two_objects_have_it_is_said_that_one_is_left_over(void **state)
{
    struct exchange_fixture *f = *state;
    static const char once[] = HEAD ",0,0,100.123,50,20,60,Ann,\n,0,0,10.5,20,30,40,Bus 7,\n";
    assert_int_equal(count_ambiguous(f, once), 0);
    add_twins(f);
    assert_int_equal(count_ambiguous(f, once), 2);
    static const char twice[] = HEAD ",0,0,100.123,50,20,60,Ann,\n,0,0,100.123,50,20,60,her doll,\n";
    assert_int_equal(count_ambiguous(f, twice), 0);
    static const char by_id[] = "object,video,frame,x,y,width,height,label\n" CLIP "-00000000-002,,,,,,,Ann\n";
    assert_int_equal(count_ambiguous(f, by_id), 0);
}

// By its ids, whatever order its rows have; where there is no second object it is a contradiction.
static void rows_of_one_box_are_about_the_objects_that_the_file_knows(void **state)
{
    struct exchange_fixture *f = *state;
    static const char text[] = "object,pts_us,x,y,width,height,label,kind\n"
                               "00000000000000ff-00000000-004,0,100.123,50,20,60,Cid,negative\n"
                               "00000000000000ff-00000000-004,0,100.123,50,20,60,Ann,\n"
                               "00000000000000ff-00000000-009,0,100.123,50,20,60,Ann,negative\n"
                               "00000000000000ff-00000000-009,0,100.123,50,20,60,Cid,\n";
    const struct import_request mapped = {.video = CLIP, .from = "00000000000000ff"};
    assert_non_null(strstr(outcome_of(f, &mapped, text), "contradict each other"));
    add_twins(f);
    assert_string_equal(outcome_of(f, &mapped, text), "4 of 4");
    assert_labels(f,
        CLIP "-00000000-001 is Ann, said\n" CLIP "-00000000-001 is not Cid\n" CLIP "-00000000-002 is Cid, said\n" CLIP
             "-00000000-002 is not Ann\n");
    static const char three[] =
        HEAD ",0,0,100.123,50,20,60,Ann,\n,0,0,100.123,50,20,60,Bea,\n,0,0,100.123,50,20,60,Cid,\n";
    assert_non_null(strstr(outcome_of(f, &on_clip, three), "line 3 and line 4 contradict each other"));
}

static void what_does_not_overlap_is_not_it_however_little_is_asked_for(void **state)
{
    struct exchange_fixture *f = *state;
    const struct import_request any = {.video = CLIP, .min_iou = NO_OVERLAP};
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

// How many frames were read of videos that are not the clip.
static const struct meta_store_ops *own_ops;
static size_t read_elsewhere;

static enum err_code list_frames_counted(struct meta_store *store, const char *video,
    const struct meta_frame_range *range, struct meta_frames *frames, struct err *err)
{
    read_elsewhere += strcmp(video, CLIP) != 0;
    return own_ops->list_frames(store, video, range, frames, err);
}

static void a_clip_that_was_found_wholly_is_not_looked_for_in_others(void **state)
{
    struct exchange_fixture *f = *state;
    static const char all[] = "object,video,pts_us,x,y,width,height,label\n"
                              ",00000000000000ff,0,100,50,20,60,Ann\n,00000000000000ff,400123,300,100,64,36,Rex\n";
    static const char half[] = "object,video,pts_us,x,y,width,height,label\n"
                               ",00000000000000ff,0,100,50,20,60,Ann\n,00000000000000ff,400123,300,100,6,6,Rex\n";
    const char *const texts[] = {half, all};
    const struct import_request look = {.format = EXCHANGE_CSV, .dry_run = true};
    static struct meta_store_ops ops;
    own_ops = f->base->meta->ops;
    ops = *own_ops;
    ops.list_frames = list_frames_counted;
    f->base->meta->ops = &ops;
    for (size_t i = 0; i < 2; i++) {
        struct imported imported;
        read_elsewhere = 0;
        enum err_code code = try_import(f, &look, texts[i], strlen(texts[i]), &imported);
        if (i == 1)
            f->base->meta->ops = own_ops;
        assert_ok(code, &failure);
        assert_int_equal(imported.other_count, 1);
        assert_string_equal(imported.others[0].same, i == 1 ? CLIP : "");
        imported_release(&imported);
        assert_int_equal(read_elsewhere > 0, i == 0);
    }
}

int main(int argc, char **argv)
{
    backend = argc > 1 ? argv[1] : "memory";
    const struct CMUnitTest tests[] = {
        with_clip(an_object_that_is_meant_by_its_id_is_for_no_other_box),
        with_clip(a_box_is_one_object_whatever_it_reaches),
        with_clip(objects_of_one_box_come_back_each_with_its_label),
        with_clip(of_a_box_that_two_objects_have_it_is_said_that_one_is_left_over),
        with_clip(rows_of_one_box_are_about_the_objects_that_the_file_knows),
        with_clip(what_does_not_overlap_is_not_it_however_little_is_asked_for),
        with_clip(ids_of_another_clip_mean_nothing_without_a_box),
        with_clip(a_video_that_is_being_deleted_is_not_there),
        with_clip(two_labels_of_an_object_contradict_each_other_with_a_no_between),
        with_clip(where_a_track_has_two_labels_each_object_says_for_itself),
        with_clip(classes_come_back_as_no_labels),
        with_clip(a_clip_that_was_found_wholly_is_not_looked_for_in_others),
    };
    return cmocka_run_group_tests_name(backend, tests, NULL, NULL);
}
