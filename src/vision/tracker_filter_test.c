#include "vision/tracker_filter.h"

#include <math.h>

#include "base/test.h"

#define assert_close(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static struct box_place at(double cx, double cy)
{
    return (struct box_place){cx, cy, 50, 100};
}

static void a_steady_speed_is_learnt(void **state)
{
    (void)state;
    const struct tracker_settings s = tracker_settings_default();
    struct box_filter f;
    struct box_place seen = at(0, 0);
    filter_begin(&f, &seen, &s);
    for (int i = 1; i <= 30; i++) {
        seen = at(4.0 * i, -2.0 * i);
        filter_predict(&f, 0.04, &s);
        filter_update(&f, &seen, &s);
    }
    assert_close(f.axes[FILTER_CX].v, 100.0, 1.0);
    assert_close(f.axes[FILTER_CY].v, -50.0, 1.0);
    filter_predict(&f, 1.0, &s);
    assert_close(f.axes[FILTER_CX].x, 220.0, 2.0);
    assert_close(f.axes[FILTER_WIDTH].x, 50.0, 0.1);
}

// Noise that grows with frames instead of seconds would not pass this.
static void many_short_steps_are_as_unsure_as_a_long_one(void **state)
{
    (void)state;
    const struct tracker_settings s = tracker_settings_default();
    struct box_filter one;
    struct box_filter many;
    const struct box_place seen = at(10, 20);
    filter_begin(&one, &seen, &s);
    many = one;
    filter_predict(&one, 2.0, &s);
    for (int i = 0; i < 60; i++)
        filter_predict(&many, 2.0 / 60, &s);
    for (int i = 0; i < FILTER_AXES; i++) {
        assert_close(one.axes[i].pxx / many.axes[i].pxx, 1.0, 1e-9);
        assert_close(one.axes[i].pvv / many.axes[i].pvv, 1.0, 1e-9);
    }
}

// The two-by-two filter written out with matrices, in the textbook's way.
static void one_step_is_that_of_the_textbook(void **state)
{
    (void)state;
    const struct tracker_settings s = tracker_settings_default();
    struct box_filter f;
    struct box_place seen = at(0, 0);
    const double t = 0.5;
    double size = box_size(50, 100);
    double r = pow(s.box_noise * size, 2);
    double walk = pow(s.position_noise * size, 2);
    double q = pow(s.speed_noise * size, 2);
    filter_begin(&f, &seen, &s);
    double v0 = pow(s.first_speed * size, 2);
    double pxx = r + t * t * v0 + walk * t + q * t * t * t / 3;
    double pxv = t * v0 + q * t * t / 2;
    double pvv = v0 + q * t;
    seen = at(30, 0);
    filter_predict(&f, t, &s);
    filter_update(&f, &seen, &s);
    double gain = pxx / (pxx + r);
    assert_close(f.axes[FILTER_CX].x, 30 * gain, 1e-9);
    assert_close(f.axes[FILTER_CX].v, 30 * pxv / (pxx + r), 1e-9);
    assert_close(f.axes[FILTER_CX].pxx, (1 - gain) * pxx, 1e-6);
    assert_close(f.axes[FILTER_CX].pxv, (1 - gain) * pxv, 1e-6);
    assert_close(f.axes[FILTER_CX].pvv, pvv - pxv * pxv / (pxx + r), 1e-6);
}

static void smoothing_knows_the_future(void **state)
{
    (void)state;
    enum { COUNT = 20 };
    const struct tracker_settings s = tracker_settings_default();
    struct box_filter f[COUNT];
    double filtered = 0.0;
    double smoothed = 0.0;
    for (int i = 0; i < COUNT; i++) {
        // A straight way with an error that swings.
        const struct box_place seen = at(5.0 * i + (i % 2 == 0 ? 3.0 : -3.0), 0);
        if (i == 0) {
            filter_begin(&f[0], &seen, &s);
            continue;
        }
        f[i] = f[i - 1];
        filter_predict(&f[i], 0.2, &s);
        filter_update(&f[i], &seen, &s);
    }
    for (int i = 2; i < COUNT; i++)
        filtered += fabs(f[i].axes[FILTER_CX].x - 5.0 * i);
    for (int i = COUNT - 1; i-- > 0;) {
        double before = f[i].axes[FILTER_CX].pxx;
        filter_smooth(&f[i], &f[i + 1], 0.2, &s);
        assert_true(f[i].axes[FILTER_CX].pxx <= before);
        assert_true(f[i].axes[FILTER_CX].pxx > 0.0);
    }
    for (int i = 2; i < COUNT; i++)
        smoothed += fabs(f[i].axes[FILTER_CX].x - 5.0 * i);
    assert_true(smoothed < 0.7 * filtered);
}

static void sides_stay_sides_over_long_gaps(void **state)
{
    (void)state;
    const struct tracker_settings s = tracker_settings_default();
    struct box_filter f;
    struct box_place seen = {0, 0, 100, 100};
    filter_begin(&f, &seen, &s);
    for (int i = 1; i < 10; i++) {
        seen.width -= 8;
        filter_predict(&f, 0.04, &s);
        filter_update(&f, &seen, &s);
    }
    filter_predict(&f, 100.0, &s);
    assert_true(f.axes[FILTER_WIDTH].x >= 10.0);
    assert_true(isfinite(f.axes[FILTER_CX].pxx));
}

static void estimates_far_apart_for_what_they_know_are_distant(void **state)
{
    (void)state;
    const struct tracker_settings s = tracker_settings_default();
    struct box_filter a;
    struct box_filter b;
    const struct box_place here = at(0, 0);
    const struct box_place there = at(60, 0);
    filter_begin(&a, &here, &s);
    filter_begin(&b, &there, &s);
    assert_close(filter_distance(&a, &a), 0.0, 1e-12);
    double near = filter_distance(&a, &b);
    assert_close(near, 60 * 60 / (2 * pow(s.box_noise * box_size(50, 100), 2)), 1e-6);
    filter_predict(&a, 2.0, &s);
    assert_true(filter_distance(&a, &b) < near / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_speed_is_learnt),
        cmocka_unit_test(many_short_steps_are_as_unsure_as_a_long_one),
        cmocka_unit_test(one_step_is_that_of_the_textbook),
        cmocka_unit_test(smoothing_knows_the_future),
        cmocka_unit_test(sides_stay_sides_over_long_gaps),
        cmocka_unit_test(estimates_far_apart_for_what_they_know_are_distant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
