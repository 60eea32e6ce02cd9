#include "vision/coco_eval.h"

#include <math.h>
#include <string.h>

#include "base/test.h"
#include "vision/test_manifest.h"

// Pictures out of order, a crowd, a category without boxes; ' stands for ".
static const char truth[] =
    "{'images':[{'id':3,'file_name':'c.jpg','width':100,'height':100},{'id':1,'file_name':'a.jpg'},"
    "{'id':2,'file_name':'b.jpg','width':100,'height':100,'licence':4}],"
    "'categories':[{'id':7,'name':'dog'},{'id':1,'name':'cat'},{'id':9,'name':'bird'}],"
    "'annotations':["
    "{'id':1,'image_id':1,'category_id':1,'bbox':[10,10,30,40],'area':1200,'iscrowd':0},"
    "{'id':2,'image_id':1,'category_id':1,'bbox':[50,20,20,20],'area':400,'iscrowd':0},"
    "{'id':3,'image_id':1,'category_id':1,'bbox':[60,60,40,40],'area':1600,'iscrowd':1},"
    "{'id':4,'image_id':2,'category_id':1,'bbox':[5,5,80,60],'area':4800},"
    "{'id':5,'image_id':2,'category_id':7,'bbox':[20,30,25.5,35.25],'area':898,'iscrowd':0},"
    "{'id':6,'image_id':3,'category_id':7,'bbox':[0,0,50,50],'area':2500,'iscrowd':0},"
    "{'id':7,'image_id':3,'category_id':7,'bbox':[40,40,50,50],'area':2500,'iscrowd':0}]}";

static const struct coco_result results[] = {
    {1, 1, 11, 12, 29, 37, 0.9},
    {1, 1, 49, 19, 22, 23, 0.8},
    {1, 1, 62, 61, 10, 12, 0.85},
    {1, 1, 80, 80, 15, 15, 0.4},
    {1, 1, 12, 10, 30, 44, 0.7},
    {1, 1, 0, 70, 20, 20, 0.6},
    {2, 1, 8, 9, 70, 55, 0.95},
    {2, 1, 5, 5, 80, 60, 0.3},
    {2, 7, 21, 33, 25, 30, 0.5},
    {2, 7, 60, 10, 10, 10, 0.5},
    {3, 7, 2, 3, 45, 49, 0.65},
    {3, 7, 35, 42, 50, 50, 0.55},
    {3, 7, 10, 10, 40, 40, 0.75},
    {1, 7, 10, 10, 30, 40, 0.2},
    {3, 1, 1, 1, 50, 50, 0.1},
    {2, 9, 1, 1, 5, 5, 0.9},
};
#define RESULTS (sizeof(results) / sizeof(results[0]))

static struct coco_set *load_truth(void)
{
    struct err err = ERR_INIT;
    struct coco_set *set = NULL;
    char *json = test_json(truth);
    assert_ok(coco_set_parse(json, strlen(json), &set, &err), &err);
    free(json);
    return set;
}

static void assert_scores(const struct coco_scores *scores, double ap, double ap50, double ap75, double ar100)
{
    assert_true(fabs(scores->ap - ap) < 1e-12);
    assert_true(fabs(scores->ap50 - ap50) < 1e-12);
    assert_true(fabs(scores->ap75 - ap75) < 1e-12);
    assert_true(fabs(scores->ar100 - ar100) < 1e-12);
}

static void scores_equal_those_of_the_reference_implementation(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct coco_scores scores;
    struct coco_set *set = load_truth();
    // pycocotools 2.0, COCOeval(…, "bbox"): stats 0, 1, 2 and 8.
    assert_ok(coco_evaluate(set, results, RESULTS, &scores, &err), &err);
    assert_scores(&scores, 0.606848184818482, 0.917079207920792, 0.875, 0.733333333333333);
    assert_ok(coco_evaluate(set, results, 6, &scores, &err), &err);
    assert_scores(&scores, 0.232673267326733, 0.331683168316832, 0.331683168316832, 0.233333333333333);
    coco_set_free(set);
}

static void perfect_detections_score_one_and_none_score_zero(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct coco_scores scores;
    struct coco_set *set = load_truth();
    struct coco_result perfect[16];
    size_t count = 0;
    for (size_t i = 0; i < set->truth_count; i++) {
        const struct coco_truth *it = &set->truths[i];
        if (!it->crowd)
            perfect[count++] =
                (struct coco_result){it->image_id, it->category_id, it->x, it->y, it->width, it->height, 0.9};
    }
    assert_ok(coco_evaluate(set, perfect, count, &scores, &err), &err);
    assert_scores(&scores, 1, 1, 1, 1);
    assert_ok(coco_evaluate(set, NULL, 0, &scores, &err), &err);
    assert_scores(&scores, 0, 0, 0, 0);
    coco_set_free(set);
}

static void without_labelled_boxes_nothing_is_defined(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct coco_scores scores;
    struct coco_set *set = NULL;
    static const char empty[] = "{\"images\":[],\"categories\":[],\"annotations\":[]}";
    assert_ok(coco_set_parse(empty, strlen(empty), &set, &err), &err);
    assert_ok(coco_evaluate(set, results, RESULTS, &scores, &err), &err);
    assert_scores(&scores, -1, -1, -1, -1);
    coco_set_free(set);
}

static void only_a_hundred_detections_of_a_picture_count(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct coco_scores scores;
    struct coco_set *set = load_truth();
    static struct coco_result many[COCO_DETECTIONS_PER_IMAGE + 1];
    for (size_t i = 0; i < COCO_DETECTIONS_PER_IMAGE; i++)
        many[i] = (struct coco_result){2, 1, 90, 90, 5, 5, 0.9};
    many[COCO_DETECTIONS_PER_IMAGE] = (struct coco_result){2, 1, 5, 5, 80, 60, 0.8};
    assert_ok(coco_evaluate(set, many, COCO_DETECTIONS_PER_IMAGE + 1, &scores, &err), &err);
    assert_scores(&scores, 0, 0, 0, 0);
    coco_set_free(set);
}

static void the_set_is_sorted_and_found_by_name(void **state)
{
    (void)state;
    struct coco_set *set = load_truth();
    assert_int_equal(set->image_count, 3);
    assert_int_equal(set->images[0].id, 1);
    assert_string_equal(set->images[2].file_name, "c.jpg");
    assert_int_equal(set->truth_count, 7);
    assert_int_equal(coco_set_category(set, "dog")->id, 7);
    assert_null(coco_set_category(set, "cow"));
    coco_set_free(set);
}

static void what_is_not_cocos_format_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{'images':[],'annotations':[]}",
        "{'images':[{'id':1}],'categories':[],'annotations':[]}",
        "{'images':[{'id':1,'file_name':'a'},{'id':1,'file_name':'b'}],'categories':[],'annotations':[]}",
        "{'images':[],'categories':[],'annotations':[{'image_id':1,'category_id':1,'bbox':[1,2,3,4]}]}",
        "{'images':[{'id':1,'file_name':'a'}],'categories':[{'id':1,'name':'x'}],"
        "'annotations':[{'image_id':1,'category_id':1,'bbox':[1,2,3]}]}",
        "{'images':[{'id':1,'file_name':'a'}],'categories':[{'id':1,'name':'x'}],"
        "'annotations':[{'image_id':1,'category_id':2,'bbox':[1,2,3,4]}]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err err = ERR_INIT;
        struct coco_set *set = NULL;
        char *json = test_json(bad[i]);
        assert_code(coco_set_parse(json, strlen(json), &set, &err), ERR_INVALID);
        assert_null(set);
        assert_true(err.message[0] != '\0');
        free(json);
    }
}

static void detections_that_are_no_numbers_are_refused(void **state)
{
    (void)state;
    struct err err = ERR_INIT;
    struct coco_scores scores;
    struct coco_set *set = load_truth();
    const struct coco_result bad = {1, 1, 0, 0, 1, 1, NAN};
    assert_code(coco_evaluate(set, &bad, 1, &scores, &err), ERR_INVALID);
    coco_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_equal_those_of_the_reference_implementation),
        cmocka_unit_test(perfect_detections_score_one_and_none_score_zero),
        cmocka_unit_test(without_labelled_boxes_nothing_is_defined),
        cmocka_unit_test(only_a_hundred_detections_of_a_picture_count),
        cmocka_unit_test(the_set_is_sorted_and_found_by_name),
        cmocka_unit_test(what_is_not_cocos_format_is_refused),
        cmocka_unit_test(detections_that_are_no_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
