#include "vision/nms.h"

#include <string.h>

#include "base/test.h"
#include "vision/test_manifest.h"

static void iou_is_shared_over_joint_area(void **state)
{
    (void)state;
    const struct detection a = {.x = 0, .y = 0, .width = 10, .height = 10};
    const struct detection b = {.x = 5, .y = 0, .width = 10, .height = 10};
    const struct detection c = {.x = 10, .y = 0, .width = 10, .height = 10};
    assert_near(detection_iou(&a, &b), 50.0 / 150.0, 1e-6);
    assert_near(detection_iou(&a, &a), 1.0, 1e-6);
    assert_near(detection_iou(&a, &c), 0.0, 0);
}

static void what_is_suppressed_suppresses_nothing(void **state)
{
    (void)state;
    // Each overlaps its neighbour by two thirds, and the next but one by little.
    struct detection items[] = {{10, 0, 20, 10, 0.8f, 0}, {6, 0, 20, 10, 0.9f, 0}, {14, 0, 20, 10, 0.7f, 0}};
    assert_int_equal(detections_suppress(items, 3, 0.5f, 10), 2);
    assert_near(items[0].x, 6, 0);
    assert_near(items[1].x, 14, 0);
}

static void other_classes_and_an_overlap_of_one_stay(void **state)
{
    (void)state;
    struct detection classes[] = {{0, 0, 10, 10, 0.9f, 0}, {0, 0, 10, 10, 0.8f, 1}};
    assert_int_equal(detections_suppress(classes, 2, 0.5f, 10), 2);
    struct detection equal[] = {{0, 0, 10, 10, 0.9f, 0}, {0, 0, 10, 10, 0.8f, 0}};
    assert_int_equal(detections_suppress(equal, 2, 1.0f, 10), 2);
    assert_int_equal(detections_suppress(equal, 2, 0.99f, 10), 1);
}

static void only_the_best_are_kept(void **state)
{
    (void)state;
    struct detection items[100];
    for (int i = 0; i < 100; i++)
        items[i] = (struct detection){(float)(20 * i), 0, 10, 10, (float)(i * 37 % 100) / 100.0f, 0};
    assert_int_equal(detections_suppress(items, 100, 0.5f, 3), 3);
    assert_near(items[0].score, 0.99, 1e-6);
    assert_near(items[2].score, 0.97, 1e-6);
    assert_int_equal(detections_suppress(items, 0, 0.5f, 3), 0);
}

static void the_order_does_not_depend_on_the_input(void **state)
{
    (void)state;
    const struct detection sorted[] = {{5, 5, 1, 1, 0.9f, 0}, {1, 2, 3, 3, 0.5f, 0}, {2, 2, 3, 3, 0.5f, 0},
        {0, 3, 2, 2, 0.5f, 1}, {0, 3, 2, 3, 0.5f, 0}, {0, 3, 3, 3, 0.5f, 0}, {0, 3, 3, 3, 0.5f, 1}};
    enum { COUNT = sizeof(sorted) / sizeof(sorted[0]) };
    for (int shift = 0; shift < COUNT; shift++) {
        struct detection items[COUNT];
        for (int i = 0; i < COUNT; i++)
            items[i] = sorted[(i * 3 + shift) % COUNT];
        detections_sort(items, COUNT);
        assert_memory_equal(items, sorted, sizeof(sorted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iou_is_shared_over_joint_area),
        cmocka_unit_test(what_is_suppressed_suppresses_nothing),
        cmocka_unit_test(other_classes_and_an_overlap_of_one_stay),
        cmocka_unit_test(only_the_best_are_kept),
        cmocka_unit_test(the_order_does_not_depend_on_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
