#include "vision/mot_metrics.h"

#include <math.h>
#include <string.h>

#include "base/test.h"

#define assert_close(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static struct mot_scores measure(const char *truth, const char *tracks)
{
    struct err err = ERR_INIT;
    struct mot_file *t = NULL;
    struct mot_file *k = NULL;
    struct mot_scores scores;
    assert_ok(mot_file_parse("gt", truth, strlen(truth), &t, &err), &err);
    assert_ok(mot_file_parse("tracks", tracks, strlen(tracks), &k, &err), &err);
    assert_ok(mot_evaluate("gt", t, "tracks", k, NULL, &scores, &err), &err);
    mot_file_free(t);
    mot_file_free(k);
    return scores;
}

#define TRUTH "1,1,0,0,10,10\n2,1,0,0,10,10\n3,1,0,0,10,10\n4,1,0,0,10,10\n"

static void the_truth_itself_is_perfect(void **state)
{
    (void)state;
    struct mot_scores s = measure(TRUTH, TRUTH);
    assert_close(s.mota, 1.0);
    assert_close(s.motp, 1.0);
    assert_close(s.idf1, 1.0);
    assert_close(s.hota, 1.0);
    assert_int_equal(s.switches + s.fragments + s.misses + s.false_alarms, 0);
}

static void nothing_found_is_nothing(void **state)
{
    (void)state;
    struct mot_scores s = measure(TRUTH, "");
    assert_close(s.mota, 0.0);
    assert_close(s.idf1, 0.0);
    assert_close(s.hota, 0.0);
    assert_int_equal(s.misses, 4);
    s = measure("", TRUTH);
    assert_int_equal(s.false_alarms, 4);
    s = measure("", "");
    assert_close(s.mota, 0.0);
    assert_close(s.hota, 0.0);
}

static void another_id_halfway_is_a_switch(void **state)
{
    (void)state;
    struct mot_scores s = measure(TRUTH, "1,7,0,0,10,10\n2,7,0,0,10,10\n3,8,0,0,10,10\n4,8,0,0,10,10\n");
    assert_int_equal(s.switches, 1);
    assert_int_equal(s.fragments, 0);
    assert_close(s.mota, 0.75);
    assert_close(s.idf1, 0.5); // half of the boxes are the right track's
    assert_close(s.deta, 1.0);
    assert_close(s.assa, 0.5); // each track has two boxes of four
    assert_close(s.hota, sqrt(0.5));
}

static void a_hole_is_a_fragment_only_where_other_boxes_are(void **state)
{
    (void)state;
    static const char *const hole = "1,7,0,0,10,10\n2,9,500,0,10,10\n3,7,0,0,10,10\n4,7,0,0,10,10\n";
    struct mot_scores s = measure(TRUTH, hole);
    assert_int_equal(s.fragments, 1);
    assert_int_equal(s.switches, 0);
    assert_int_equal(s.misses, 1);
    assert_int_equal(s.false_alarms, 1);
    assert_close(s.mota, 0.5);
    // The reference passes over frames in which nothing was found.
    s = measure(TRUTH, "1,7,0,0,10,10\n3,7,0,0,10,10\n4,7,0,0,10,10\n");
    assert_int_equal(s.fragments, 0);
    assert_int_equal(s.misses, 1);
}

static void a_pair_is_kept_as_long_as_it_overlaps_enough(void **state)
{
    (void)state;
    // In frame 2 another track lies better, but the first still overlaps by more than half.
    struct mot_scores s = measure("1,1,0,0,10,10\n2,1,0,0,10,10\n", "1,7,0,0,10,10\n2,7,2,0,10,10\n2,8,0,0,10,10\n");
    assert_int_equal(s.switches, 0);
    assert_int_equal(s.false_alarms, 1);
    assert_close(s.motp, (1.0 + 8.0 / 12.0) / 2);
}

static void less_than_half_of_overlap_is_no_match(void **state)
{
    (void)state;
    // Overlap 1/3: too little for MOTA and IDF1; HOTA has it at six of its nineteen overlaps.
    struct mot_scores s = measure("1,1,0,0,10,10\n", "1,7,5,0,10,10\n");
    assert_close(s.mota, -1.0);
    assert_close(s.idf1, 0.0);
    assert_close(s.hota, 6.0 / 19.0);
}

static void truth_that_does_not_count_takes_its_boxes_with_it(void **state)
{
    (void)state;
    struct mot_scores s =
        measure("1,1,0,0,10,10,1,1,1\n1,2,100,0,10,10,0,1,1\n", "1,7,0,0,10,10\n1,8,101,0,10,10\n1,9,300,0,10,10\n");
    assert_int_equal(s.truth_boxes, 1);
    assert_int_equal(s.track_boxes, 2);
    assert_int_equal(s.false_alarms, 1);
    assert_int_equal(s.matches, 1);
}

static void other_classes_can_be_left_out(void **state)
{
    (void)state;
    static const char *const truth = "1,1,0,0,10,10,1,1,1\n1,2,100,0,10,10,1,3,1\n";
    static const char *const tracks = "1,7,0,0,10,10\n1,8,100,0,10,10\n";
    struct err err = ERR_INIT;
    struct mot_file *t = NULL;
    struct mot_file *k = NULL;
    struct mot_scores s;
    assert_ok(mot_file_parse("gt", truth, strlen(truth), &t, &err), &err);
    assert_ok(mot_file_parse("tracks", tracks, strlen(tracks), &k, &err), &err);
    assert_ok(mot_evaluate("gt", t, "tracks", k, &(struct mot_options){.class_id = 3}, &s, &err), &err);
    assert_int_equal(s.truth_boxes, 1);
    assert_int_equal(s.track_boxes, 1);
    assert_close(s.mota, 1.0);
    mot_file_free(t);
    mot_file_free(k);
}

static void two_boxes_with_one_id_are_refused(void **state)
{
    (void)state;
    static const char *const twice = "1,7,0,0,10,10\n1,7,50,0,10,10\n";
    struct err err = ERR_INIT;
    struct mot_file *t = NULL;
    struct mot_scores s;
    assert_ok(mot_file_parse("gt", twice, strlen(twice), &t, &err), &err);
    assert_code(mot_evaluate("gt", t, "tracks", t, NULL, &s, &err), ERR_INVALID);
    mot_file_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_itself_is_perfect),
        cmocka_unit_test(nothing_found_is_nothing),
        cmocka_unit_test(another_id_halfway_is_a_switch),
        cmocka_unit_test(a_hole_is_a_fragment_only_where_other_boxes_are),
        cmocka_unit_test(a_pair_is_kept_as_long_as_it_overlaps_enough),
        cmocka_unit_test(less_than_half_of_overlap_is_no_match),
        cmocka_unit_test(truth_that_does_not_count_takes_its_boxes_with_it),
        cmocka_unit_test(other_classes_can_be_left_out),
        cmocka_unit_test(two_boxes_with_one_id_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
