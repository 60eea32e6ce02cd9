#include "base/metrics.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/test.h"

static void assert_shows(struct metrics *metrics, const char *expected)
{
    struct strbuf out;
    strbuf_init(&out);
    metrics_show(metrics, &out);
    assert_string_equal(out.data, expected);
    strbuf_release(&out);
}

static void metrics_are_shown_as_prometheus_reads_them(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric_counter *frames = metrics_counter(metrics, "frames_total", "Frames \\ seen.\nAll of them.",
        METRIC_LABELS({"part", "in\"dex\ner"}, {"model", "x"}));
    metric_add(frames, 41);
    metric_add(frames, 1);
    struct metric_gauge *depth = metrics_gauge(metrics, "depth", "Waiting.", METRIC_NO_LABELS);
    metric_set(depth, 2.5);
    metric_shift(depth, -1);
    const double bounds[] = {0.1, 1};
    struct metric_histogram *took =
        metrics_histogram(metrics, "took_seconds", "Time.", bounds, 2, METRIC_LABELS({"part", "x"}));
    metric_observe(took, 0.1);
    metric_observe(took, 0.5);
    metric_observe(took, 7);
    assert_shows(metrics,
        "# HELP depth Waiting.\n"
        "# TYPE depth gauge\n"
        "depth 1.5\n"
        "# HELP frames_total Frames \\\\ seen.\\nAll of them.\n"
        "# TYPE frames_total counter\n"
        "frames_total{part=\"in\\\"dex\\ner\",model=\"x\"} 42\n"
        "# HELP took_seconds Time.\n"
        "# TYPE took_seconds histogram\n"
        "took_seconds_bucket{part=\"x\",le=\"0.1\"} 1\n"
        "took_seconds_bucket{part=\"x\",le=\"1\"} 2\n"
        "took_seconds_bucket{part=\"x\",le=\"+Inf\"} 3\n"
        "took_seconds_sum{part=\"x\"} 7.6\n"
        "took_seconds_count{part=\"x\"} 3\n");
    metrics_free(metrics);
}

static void the_same_name_and_labels_are_the_same_metric(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    struct metric_counter *a = metrics_counter(metrics, "n_total", "N.", METRIC_LABELS({"part", "a"}));
    struct metric_counter *b = metrics_counter(metrics, "n_total", "N.", METRIC_LABELS({"part", "b"}));
    assert_ptr_equal(a, metrics_counter(metrics, "n_total", "N.", METRIC_LABELS({"part", "a"})));
    assert_ptr_not_equal(a, b);
    metrics_free(metrics);
}

static void too_many_label_values_are_counted_together(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    char value[32];
    for (int i = 0; i < 2 * METRICS_SERIES_MAX; i++) {
        snprintf(value, sizeof(value), "v%d", i);
        metric_add(metrics_counter(metrics, "n_total", "N.", METRIC_LABELS({"who", value})), 1);
    }
    struct metric_counter *other = metrics_counter(metrics, "n_total", "N.", METRIC_LABELS({"who", "yet another"}));
    assert_int_equal(metric_count(other), METRICS_SERIES_MAX);
    metrics_free(metrics);
}

static double read_seven(void *arg)
{
    return *(double *)arg;
}

static void a_read_gauge_asks_when_it_is_shown(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    double value = 7;
    metrics_gauge_read(metrics, "rss_bytes", "Memory.", read_seven, &value, METRIC_NO_LABELS);
    assert_shows(metrics, "# HELP rss_bytes Memory.\n# TYPE rss_bytes gauge\nrss_bytes 7\n");
    value = INFINITY;
    assert_shows(metrics, "# HELP rss_bytes Memory.\n# TYPE rss_bytes gauge\nrss_bytes +Inf\n");
    metrics_gauge_read(metrics, "rss_bytes", "Memory.", NULL, NULL, METRIC_NO_LABELS);
    assert_shows(metrics, "# HELP rss_bytes Memory.\n# TYPE rss_bytes gauge\n");
    metrics_free(metrics);
}

static void without_a_registry_nothing_happens(void **state)
{
    (void)state;
    metric_add(metrics_counter(NULL, "n_total", "N.", METRIC_NO_LABELS), 1);
    metric_set(metrics_gauge(NULL, "n", "N.", METRIC_NO_LABELS), 1);
    metric_observe(metrics_histogram(NULL, "n", "N.", METRICS_SECONDS_BUCKETS, METRIC_NO_LABELS), 1);
    metrics_gauge_read(NULL, "n", "N.", read_seven, NULL, METRIC_NO_LABELS);
    metrics_free(NULL);
}

#define THREADS 4
#define ROUNDS 20000

static void *count_a_lot(void *arg)
{
    struct metrics *metrics = arg;
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(metrics_counter(metrics, "n_total", "N.", METRIC_NO_LABELS), 1);
        metric_observe(metrics_histogram(metrics, "s", "S.", METRICS_SECONDS_BUCKETS, METRIC_NO_LABELS), 1);
    }
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_new();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_a_lot, metrics), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_count(metrics_counter(metrics, "n_total", "N.", METRIC_NO_LABELS)), THREADS * ROUNDS);
    double sum = 0;
    struct metric_histogram *s = metrics_histogram(metrics, "s", "S.", METRICS_SECONDS_BUCKETS, METRIC_NO_LABELS);
    assert_int_equal(metric_observations(s, &sum), THREADS * ROUNDS);
    assert_true(sum == THREADS * ROUNDS);
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_shown_as_prometheus_reads_them),
        cmocka_unit_test(the_same_name_and_labels_are_the_same_metric),
        cmocka_unit_test(too_many_label_values_are_counted_together),
        cmocka_unit_test(a_read_gauge_asks_when_it_is_shown),
        cmocka_unit_test(without_a_registry_nothing_happens),
        cmocka_unit_test(threads_lose_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
